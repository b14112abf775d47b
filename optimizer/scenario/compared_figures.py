"""Which figures of a run are compared, with unit and words; and its price stacks in one mix of classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.scenario.compared import ComparedRun
from optimizer.scenario.result_tables import PLAN_TABLES

Array = npt.NDArray[np.float64]

BUILT = "it_mw"
ALL_IN = "cost_jpy_m_per_mw_a"
KEYS = ["table", "place", "part", "figure"]
"""Columns that name a compared figure; `part` is the class of computing, empty without one."""


@dataclass(frozen=True)
class Figure:
    """One compared figure: its name, unit, and how to say it."""

    name: str
    unit: str
    en: str
    ja: str
    digits: int = 0
    """Decimals on the page; shares are shown as percentages."""


HEADLINES = (
    Figure("cost_jpy_bn_per_a", "JPY bn/a", "Cost of the plan", "計画の費用", 1),
    Figure(
        "capture.base.gross_jpy_bn", "JPY bn/a", "Outflow kept at home, gross", "国内に残る流出額（総額）", 1
    ),
    Figure("capture.low.gross_jpy_bn", "JPY bn/a", "– gross, low case", "– 総額・低位", 1),
    Figure("capture.high.gross_jpy_bn", "JPY bn/a", "– gross, high case", "– 総額・高位", 1),
    Figure("capture.base.net_jpy_bn", "JPY bn/a", "Kept at home, net of imports", "輸入等控除後（純額）", 1),
    Figure("capture.low.net_jpy_bn", "JPY bn/a", "– net, low case", "– 純額・低位", 1),
    Figure("capture.high.net_jpy_bn", "JPY bn/a", "– net, high case", "– 純額・高位", 1),
    Figure(
        "cost_per_captured_jpy", "JPY/JPY", "Cost per captured yen, gross", "残る1円あたりの費用（総額）", 2
    ),
    Figure(
        "cost_per_net_captured_jpy", "JPY/JPY", "Cost per captured yen, net", "残る1円あたりの費用（純額）", 2
    ),
    Figure("it_mw_built", "MW", "New IT capacity", "新設IT容量"),
    Figure("regional_share", "1", "Outside the metropolitan areas", "大都市圏外の割合", 1),
    Figure("new_renewable_mw", "MW", "New solar and wind", "新設の太陽光・風力"),
    Figure("new_battery_mw", "MW", "New batteries", "新設の蓄電池"),
    Figure("reinforcement_mw", "MW", "Local grid reinforcement", "地内系統の増強"),
    Figure("intertie_expansion_mw", "MW", "Interties expanded", "連系線の増強"),
    Figure("co2_kt", "kt/a", "CO2 of the power system", "電力系統のCO2排出"),
    Figure("co2_of_plan_kt", "kt/a", "CO2 the plan adds", "計画によるCO2の増分"),
    Figure("matched_share", "1", "Matched by contracted renewables", "契約再エネの調達率", 1),
    Figure("missed_rules_jpy_bn_per_a", "JPY bn/a", "Paid for rules not met", "未達規則の代償", 1),
    Figure("curtailment_share", "1", "Solar and wind curtailed", "太陽光・風力の抑制率", 2),
    Figure("rtt_mean_ms", "ms", "Mean round trip", "平均往復遅延", 2),
    Figure("gap", "1", "Proven gap of the plan", "証明済みの差", 5),
)
"""Figures of the nation, in the order of showing; those a run does not have are absent."""

_OF_SITE = (
    (BUILT, "New IT capacity", "新設IT容量", 0),
    ("grid_rent_jpy_per_kw_a", "Grid rent", "系統接続枠の価値", 0),
)
_OF_AREA = (
    (BUILT, "New IT capacity", "新設IT容量", 0),
    ("new_renewable_mw", "New solar and wind", "新設の太陽光・風力", 0),
    ("price_jpy_per_kwh", "Energy price", "電力価格", 2),
    ("curtailment_share", "Solar and wind curtailed", "太陽光・風力の抑制率", 2),
    ("co2_kt", "CO2 of power stations", "発電のCO2排出", 0),
)


def _of_table(table: str, rows: tuple[tuple[str, str, str, int], ...]) -> tuple[Figure, ...]:
    units = {column.name: column.unit for column in PLAN_TABLES[table]}
    return tuple(Figure(name, units[name], en, ja, digits) for name, en, ja, digits in rows)


FIGURES: dict[str, tuple[Figure, ...]] = {
    "nation": HEADLINES,
    "areas": _of_table("areas", _OF_AREA),
    "sites": _of_table("sites", _OF_SITE),
    "classes": (
        Figure(ALL_IN, "JPY m/MW/a", "One more MW at the cheapest site", "最も安い地点で追加1MW", 1),
    ),
}
"""Compared figures by table: the nation, areas, sites, and areas by class of computing."""


def figure_of(table: str, name: str) -> Figure:
    """Return unit and words of a compared figure."""
    return next(one for one in FIGURES[table] if one.name == name)


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of figures by table, those of the nation in the order of :data:`HEADLINES`."""
    tables = {name: number for number, name in enumerate(FIGURES)}
    lines = {one.name: number for number, one in enumerate(HEADLINES)}
    line = frame["figure"].map(lines).where(frame["table"] == "nation", 0)
    order = np.lexsort([line.to_numpy(dtype=float), frame["table"].map(tables).to_numpy(dtype=float)])
    return frame.iloc[order].reset_index(drop=True)


_FIRST = ("building", "land", "connection", "energy", "co2", "fibre")
"""Components in the order they are built up; rents follow by name."""


def run_figures(run: ComparedRun) -> pd.DataFrame:
    """Return every compared figure of one run.

    Returns:
        Columns table, place (site, area, empty for the nation), part, name_en, name_ja, figure, value.
        A figure the run does not have has no row.

    Raises:
        InputError: E378, a cell that is empty or not finite.
    """
    rows: list[dict[str, Any]] = [_row("nation", name, value) for name, value in nation_figures(run).items()]
    for table, key in (("areas", "area"), ("sites", "site")):
        frame = run.tables[table]
        for figure in FIGURES[table]:
            if figure.name in frame.columns:
                columns = (frame[name] for name in (key, "name_en", "name_ja", figure.name))
                for place, en, ja, value in zip(*columns, strict=True):
                    rows.append(_row(table, figure.name, value, (str(place), str(en), str(ja))))
    rows += _classes(run)
    for row in rows:
        if not np.isfinite(row["value"]):
            where = ":".join(filter(None, (f"{row['table']}.{row['figure']}", row["place"])))
            words = f"{where}: empty or not finite", f"{where}: 値がないか有限でありません"
            raise InputError([Problem(str(run.folder), "E378", *words)])
    return pd.DataFrame(rows)


def _row(table: str, figure: str, value: Any, place: tuple[str, str, str] = ("", "", "")) -> dict[str, Any]:
    """One row of the figures; place is identifier, English and Japanese name."""
    keys = dict(zip(("place", "name_en", "name_ja"), place, strict=True))
    number = float("nan") if value is None else float(value)
    return {"table": table, "part": "", **keys, "figure": figure, "value": number}


def nation_figures(run: ComparedRun) -> dict[str, float]:
    """Return the nation's figures a run has, by name; a ratio to money that is not positive is absent."""
    areas = run.tables["areas"]
    found = {one.name: _deep(run.summary, one.name) for one in HEADLINES}
    if "co2_kt" in areas.columns:
        found["co2_kt"] = float(areas["co2_kt"].sum())
    if {"co2_kt", "co2_before_kt"} <= set(areas.columns):
        found["co2_of_plan_kt"] = float((areas["co2_kt"] - areas["co2_before_kt"]).sum())
    cost = found["cost_jpy_bn_per_a"]
    for name, line in (("cost_per_captured_jpy", "gross"), ("cost_per_net_captured_jpy", "net")):
        kept = found[f"capture.base.{line}_jpy_bn"]
        if cost is not None and kept is not None and kept > 0:
            found[name] = cost / kept
    return {name: float(value) for name, value in found.items() if value is not None}


def _deep(content: Mapping[str, Any], path: str) -> Any:
    node: Any = content
    for part in path.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return None
        node = node[part]
    return node


def _classes(run: ComparedRun) -> Iterable[dict[str, Any]]:
    """Cost of one more MW of every class at the cheapest site of every area it can be served from."""
    if "stack" not in run.tables:
        return
    areas = run.tables["areas"]
    columns = (areas[name].astype(str) for name in ("area", "name_en", "name_ja"))
    names = {area: (area, en, ja) for area, en, ja in zip(*columns, strict=True)}
    cost: dict[tuple[str, ...], float] = {}
    keys = _columns(run.tables["stack"], "area", "workload", "site")
    for key, value in zip(keys, run.tables["stack"]["jpy_m_per_mw_a"].tolist(), strict=True):
        cost[key] = cost.get(key, 0.0) + value
    least: dict[tuple[str, str], float] = {}
    for (area, workload, _), value in sorted(cost.items()):
        least[area, workload] = min(value, least.get((area, workload), np.inf))
    for (area, workload), value in least.items():
        yield _row("classes", ALL_IN, value, names[area]) | {"part": workload}


def _columns(frame: pd.DataFrame, *names: str) -> list[tuple[str, ...]]:
    """Rows of some columns of words as tuples: faster than an index where each is used once."""
    return list(zip(*(frame[name].astype("str").tolist() for name in names), strict=True))


@dataclass(frozen=True)
class Stacks:
    """Price stacks of several runs, per MW of one mix of the classes. [JPY m/MW/a]"""

    sites: tuple[str, ...]
    components: tuple[str, ...]
    values: Array
    """[run, site, component]; NaN throughout a site that a run has not, or serves no common class from."""


def stacks_of(runs: Sequence[ComparedRun]) -> Stacks:
    """Return the price stacks of several runs side by side.

    A stack is published by class of computing; it is compared for one mix of the classes, the mean of what
    the runs serve, and at each site for the classes that every run with this site can serve from it. So a
    difference between two runs is one of prices, never of the mix. A component that a run does not name at
    a site it has is zero there. Where a run kept no such stack (a point of a sweep), all runs are compared by
    the stack of the table of sites, per MW of IT built.
    """
    if any("stack" not in run.tables for run in runs):
        return _stacks_of_sites(runs)
    mix = _mean_mix(runs)
    keys = [_columns(run.tables["stack"], "site", "workload", "component") for run in runs]
    sites = sorted({site for rows in keys for site, _, _ in rows})
    found = {name for rows in keys for _, _, name in rows}
    components = sorted(found, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
    dense = [
        _dense(rows, run.tables["stack"]["jpy_m_per_mw_a"].tolist(), (sites, list(mix.index), components))
        for run, rows in zip(runs, keys, strict=True)
    ]
    reached = np.array([~np.isnan(part).all(axis=2) for part in dense])
    has: npt.NDArray[np.bool_] = np.asarray(reached.any(axis=2))
    unreached = has[:, :, None] & ~reached
    weight = np.where(~unreached.any(axis=0), mix.to_numpy(), 0.0)
    total = weight.sum(axis=1)
    share = np.divide(weight, total[:, None], out=np.zeros_like(weight), where=total[:, None] > 0)
    values = np.array([np.einsum("sc,sck->sk", share, np.nan_to_num(part)) for part in dense])
    values[~(has & (total > 0))] = np.nan
    return Stacks(tuple(sites), tuple(components), values)


_OF_SITES = {
    "building": "building",
    "land": "land",
    "connection": "connection",
    "energy": "energy",
    "capacity": "adequacy",
    "grid": "within_grid_headroom",
}
"""Columns of the table of sites (`<name>_jpy_m_per_mw_a`), and what they are called in a stack."""


def _stacks_of_sites(runs: Sequence[ComparedRun]) -> Stacks:
    sites = sorted({str(site) for run in runs for site in run.tables["sites"]["site"]})
    columns = [f"{name}_jpy_m_per_mw_a" for name in _OF_SITES]
    values = [
        run.tables["sites"].set_index("site")[columns].reindex(sites).to_numpy(dtype=float) for run in runs
    ]
    return Stacks(tuple(sites), tuple(_OF_SITES.values()), np.array(values))


def _mean_mix(runs: Sequence[ComparedRun]) -> pd.Series:
    """Mean share of each class in what the runs serve; classes count alike where no run says. [1]"""
    classes = sorted({str(name) for run in runs for name in run.tables["stack"]["workload"].unique()})
    shares = []
    for run in runs:
        for table, column in (("options", "served_mw"), ("flows", "served_it_mw")):
            if table in run.tables:
                served = run.tables[table].groupby("workload")[column].sum()
                if float(served.sum()) > 0:
                    shares.append(served / float(served.sum()))
                break
    if not shares:
        return pd.Series(1.0 / max(len(classes), 1), index=classes)
    return pd.concat(shares, axis=1).reindex(classes).fillna(0.0).mean(axis=1)


def _dense(
    keys: list[tuple[str, ...]], values: list[float], axes: tuple[list[str], list[str], list[str]]
) -> Array:
    """Stack as an array [site, class, component]; NaN where nothing is named."""
    places = [{name: number for number, name in enumerate(axis)} for axis in axes]
    array = np.full([len(axis) for axis in axes], np.nan)
    for (site, workload, component), value in zip(keys, values, strict=True):
        at = places[0][site], places[1][workload], places[2][component]
        array[at] = value if np.isnan(array[at]) else array[at] + value
    return array
