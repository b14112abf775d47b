"""What the page's charts show, as plain arrays: weeks worth seeing, duration curves, map metrics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.export.tables import Published
from optimizer.export.words import Both

WEEK_HOURS = 168
CURVE_POINTS = 201


@dataclass(frozen=True)
class Metric:
    """One thing the map can show: column name, label, and value per site."""

    key: str
    label: Both
    values: npt.NDArray[np.float64]


def map_metrics(tables: dict[str, Published]) -> list[Metric]:
    """Return the metrics of the picker; figures of an area are repeated on each of its sites."""
    sites, areas = tables["sites"].frame, tables["areas"].frame.set_index("area")

    def of_site(column: str) -> npt.NDArray[np.float64]:
        return sites[column].to_numpy(dtype=float)

    def of_area(column: str) -> npt.NDArray[np.float64]:
        return sites["area"].map(areas[column]).to_numpy(dtype=float)

    return [
        Metric("it_mw", {"en": "New IT capacity [MW]", "ja": "新設IT容量 [MW]"}, of_site("it_mw")),
        Metric(
            "grid_rent",
            {"en": "Grid rent [JPY/kW/a]", "ja": "系統接続枠の価値 [円/kW/年]"},
            of_site("grid_rent_jpy_per_kw_a"),
        ),
        Metric(
            "all_in",
            {
                "en": "One more MW: site and power [JPY m/MW/a]",
                "ja": "追加1MWの費用（立地と電力）[百万円/MW/年]",
            },
            of_site("all_in_jpy_m_per_mw_a"),
        ),
        Metric(
            "price",
            {"en": "Energy price of the area [JPY/kWh]", "ja": "エリアの電力価格 [円/kWh]"},
            of_area("price_jpy_per_kwh"),
        ),
        Metric(
            "curtailment",
            {"en": "Solar and wind curtailed in the area [%]", "ja": "エリアの太陽光・風力抑制率 [%]"},
            of_area("curtailment_share") * 100,
        ),
        Metric(
            "captured",
            {"en": "Captured outflow, gross [JPY bn/a]", "ja": "国内に残る流出額（総額）[十億円/年]"},
            of_site("gross_capture_jpy_bn"),
        ),
    ]


@dataclass(frozen=True)
class Stretch:
    """A week (or shorter run of hours) of the year, and why it is shown."""

    key: str
    label: Both
    start: int
    stop: int


def stretches(hours: pd.DataFrame) -> list[Stretch]:
    """Return up to four stretches of consecutive hours: most demand, dearest, most curtailed, most ordinary.

    A stretch is at most a week; a year of representative days gives days.
    """
    time = pd.to_datetime(pd.Series(hours["time"].unique()))
    pieces = _pieces(time)
    grouped = hours.groupby("time", sort=False)
    demand = grouped["demand_mw"].sum().to_numpy()
    curtailed = grouped["curtailed_mw"].sum().to_numpy()
    weighted = hours["price_jpy_per_kwh"] * hours["demand_mw"]
    price = weighted.groupby(hours["time"], sort=False).sum().to_numpy() / np.maximum(demand, 1e-9)

    def means(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.array([values[start:stop].mean() for start, stop in pieces])

    ordinary = -np.abs(means(price) - np.median(means(price)))
    chosen = [
        ("demand", {"en": "highest demand", "ja": "需要が最大"}, means(demand)),
        ("price", {"en": "highest price", "ja": "価格が最高"}, means(price)),
        ("curtailed", {"en": "most curtailment", "ja": "抑制が最大"}, means(curtailed)),
        ("ordinary", {"en": "median price", "ja": "価格が中央値"}, ordinary),
    ]
    found: list[Stretch] = []
    for key, why, score in chosen:
        start, stop = pieces[int(np.argmax(score))]
        day = f"{time.iloc[start]:%Y-%m-%d}"
        if all(stretch.start != start for stretch in found):
            found.append(
                Stretch(key, {"en": f"from {day}: {why['en']}", "ja": f"{day}から：{why['ja']}"}, start, stop)
            )
    return found


def by_area(hours: pd.DataFrame, column: str) -> dict[str, npt.NDArray[np.float64]]:
    """Return one column as an array per area, in the order of time."""
    return {
        str(area): group[column].to_numpy(dtype=float) for area, group in hours.groupby("area", sort=False)
    }


def duration_curve(
    price: npt.NDArray[np.float64], weight: npt.NDArray[np.float64]
) -> npt.NDArray[np.float32]:
    """Return the price exceeded in 0, 0.5, … 100 % of the year, highest first."""
    order = np.argsort(-price, kind="stable")
    passed = np.cumsum(weight[order]) / weight.sum()
    at = np.searchsorted(passed, np.linspace(0, 1, CURVE_POINTS) - 1e-9)
    return price[order][np.minimum(at, price.size - 1)].astype(np.float32)


def dispatch_series(hours: pd.DataFrame) -> dict[str, dict[str, npt.NDArray[np.float64]]]:
    """Return, per area, what the dispatch plot stacks [GW]; exports and charging are negative."""
    columns = {
        name: by_area(hours, f"{name}_mw")
        for name in ("must_run", "thermal", "renewable", "net_import", "storage", "shed", "demand", "dc_load")
    }
    series: dict[str, dict[str, npt.NDArray[np.float64]]] = {}
    price = by_area(hours, "price_jpy_per_kwh")
    for area in columns["demand"]:
        gigawatt = {name: values[area] / 1e3 for name, values in columns.items()}
        series[area] = {
            "must_run": gigawatt["must_run"],
            "thermal": gigawatt["thermal"],
            "renewable": gigawatt["renewable"],
            "imports": np.maximum(gigawatt["net_import"], 0),
            "discharge": np.maximum(gigawatt["storage"], 0),
            "shed": gigawatt["shed"],
            "exports": np.minimum(gigawatt["net_import"], 0),
            "charging": np.minimum(gigawatt["storage"], 0),
            "demand": gigawatt["demand"],
            "with_dc": gigawatt["demand"] + gigawatt["dc_load"],
            "price": price[area],
        }
    return series


def _pieces(time: pd.Series) -> list[tuple[int, int]]:
    steps = np.flatnonzero(time.diff().ne(pd.Timedelta(hours=1)).to_numpy())
    ends = [*steps[1:].tolist(), len(time)]
    pieces: list[tuple[int, int]] = []
    for first, end in zip(steps.tolist(), ends, strict=True):
        whole = range(first, max(end - WEEK_HOURS, first) + 1, WEEK_HOURS)
        pieces += [(start, min(start + WEEK_HOURS, end)) for start in whole]
    return pieces
