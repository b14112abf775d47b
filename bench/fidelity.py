"""Side by side: synthetic years against one year of hourly actuals.

    python bench/fidelity.py --actuals FILE [--folder data/japan] [--seeds 5]

FILE: hourly actuals as one CSV, or a folder of operators' files (docs/importers.md). Prints targets, worst
figures over all seeds, and every area; exits 1 when a target is missed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
import typer
from rich.console import Console
from rich.table import Table
from scipy.stats import ks_2samp

from optimizer.inputs.calibrate import read_actuals
from optimizer.inputs.weather import build_year, read_weather_statistics
from optimizer.inputs.weather_statistics import longest_low_spell
from optimizer.milestones import HourlyYear

Array = npt.NDArray[np.float64]

TARGETS = {
    "annual energy, CF": (0.02, "%"),
    "monthly energy, CF": (0.05, "%"),
    "daily-mean spread": (0.15, "%"),
    "correlation of areas, daily means": (0.10, "abs"),
    "correlation of areas, hours": (0.10, "abs"),
    "load duration KS": (0.05, "abs"),
    "residual load duration KS": (0.05, "abs"),
    "peak demand": (0.03, "%"),
    "low spell outside observed range": (0.0, "days"),
}
"""What a synthetic year must keep, and the largest error allowed."""

INFORMATION = (
    "correlation demand-solar-wind, daily",
    "residual peak",
    "wind duration KS",
    "solar duration KS",
    "hour-to-hour change",
    "day-to-day persistence",
)
"""Measured and shown, without a target."""


def main(
    actuals: Annotated[Path, typer.Option(help="folder of operators' files, or hourly CSV")],
    folder: Annotated[Path, typer.Option(help="pack with weather_*.csv")] = Path("data/japan"),
    seeds: Annotated[int, typer.Option(help="number of synthetic years, seeds 0, 1, …")] = 5,
) -> None:
    """Build years, measure, print, judge."""
    tables = read_weather_statistics(folder)
    annual = tables["annual"].set_index("area").sort_index()
    observed = _observed(read_actuals(actuals), annual)
    month = pd.DatetimeIndex(tables["calendar"]["date"]).month.to_numpy()
    pack = _areas_only(annual.index)
    years = [_series(build_year(tables, pack, pd.DataFrame(), seed)) for seed in range(seeds)]
    errors = [measure(observed, year, annual, month) for year in years]
    worst = {name: np.max([error[name] for error in errors], axis=0) for name in errors[0]}
    console = Console(width=200)
    console.print(_summary(worst, errors))
    console.print(_by_area(worst, list(annual.index)))
    console.print(_spells(observed, years, annual))
    if any(worst[name].max() > limit for name, (limit, _) in TARGETS.items()):
        sys.exit(1)


def _series(year: HourlyYear) -> dict[str, Array]:
    return {"demand": year.demand_gw * 1e3, "solar": year.existing_cf[:, 0], "wind": year.existing_cf[:, 1]}


def _observed(actuals: pd.DataFrame, annual: pd.DataFrame) -> dict[str, Array]:
    frame = actuals.sort_values(["area", "hour"])
    series = {"demand": frame["demand"].to_numpy(float).reshape(len(annual), -1)}
    for name in ("solar", "wind"):
        energy = (frame[name] + frame[f"{name}_curt"]).to_numpy(float).reshape(len(annual), -1)
        series[name] = energy / annual[f"{name}_capacity_mw"].to_numpy(float)[:, None]
    return series


def _areas_only(areas: pd.Index) -> dict[str, pd.DataFrame]:
    """The least pack: one site per area, nothing to build."""
    climate = pd.DataFrame(
        [(area, m, 15.0) for area in areas for m in range(1, 13)], columns=["site", "month", "temperature_c"]
    )
    potential = pd.DataFrame({"site": areas, "technology": "solar", "cf_annual": 0.15})
    sites = pd.DataFrame({"site": areas, "area": areas})
    return {
        "areas": pd.DataFrame({"area": areas}),
        "sites": sites,
        "climate": climate,
        "renewable_potential": potential,
    }


def measure(
    observed: dict[str, Array], synthetic: dict[str, Array], annual: pd.DataFrame, month: Array
) -> dict[str, Array]:
    """Errors of one synthetic year by area [A], named as in `TARGETS` and `INFORMATION`."""
    names = ("demand", "solar", "wind")
    ratio = {n: np.stack([synthetic[n].mean(axis=1) / observed[n].mean(axis=1) - 1.0]) for n in names}
    monthly = {n: _monthly(synthetic[n], month) / _monthly(observed[n], month) - 1.0 for n in names}
    daily_observed = np.stack([_daily_anomaly(observed[n], month) for n in names])
    daily = np.stack([_daily_anomaly(synthetic[n], month) for n in names])
    cross = np.abs(_correlation(daily) - _correlation(daily_observed))
    areas = len(annual)
    same = np.stack([cross[i * areas : (i + 1) * areas, i * areas : (i + 1) * areas] for i in range(3)])
    hourly = np.stack([np.abs(np.corrcoef(synthetic[n]) - np.corrcoef(observed[n])) for n in names])
    residual, residual_observed = _residual(synthetic, annual), _residual(observed, annual)
    return {
        "annual energy, CF": np.abs(np.concatenate(list(ratio.values()))).max(axis=0),
        "monthly energy, CF": np.abs(np.stack(list(monthly.values()))).max(axis=(0, 2)),
        "daily-mean spread": np.abs(daily.std(axis=2) / daily_observed.std(axis=2) - 1.0).max(axis=0),
        "correlation of areas, daily means": same.max(axis=(0, 2)),
        "correlation of areas, hours": hourly.max(axis=(0, 2)),
        "correlation demand-solar-wind, daily": cross.max(axis=1).reshape(3, -1).max(axis=0),
        "load duration KS": _ks(synthetic["demand"], observed["demand"]),
        "residual load duration KS": _ks(residual, residual_observed),
        "peak demand": np.abs(synthetic["demand"].max(axis=1) / observed["demand"].max(axis=1) - 1.0),
        "low spell outside observed range": _spell_excess(synthetic, observed, annual),
        "residual peak": np.abs(residual.max(axis=1) / residual_observed.max(axis=1) - 1.0),
        "wind duration KS": _ks(synthetic["wind"], observed["wind"]),
        "solar duration KS": _ks(synthetic["solar"], observed["solar"]),
        "hour-to-hour change": np.stack(
            [
                np.abs(np.diff(synthetic[n]).std(axis=1) / np.diff(observed[n]).std(axis=1) - 1.0)
                for n in names
            ]
        ).max(axis=0),
        "day-to-day persistence": np.abs(_lag(daily) - _lag(daily_observed)).max(axis=0),
    }


def _monthly(values: Array, month: Array) -> Array:
    days = values.reshape(len(values), -1, 24).mean(axis=2)
    return np.stack([days[:, month == m].mean(axis=1) for m in range(1, 13)], axis=1)


def _daily_anomaly(values: Array, month: Array) -> Array:
    days = values.reshape(len(values), -1, 24).mean(axis=2)
    return np.asarray(days - _monthly(values, month)[:, month - 1])


def _correlation(daily: Array) -> Array:
    return np.corrcoef(daily.reshape(-1, daily.shape[2]))


def _lag(daily: Array) -> Array:
    return np.asarray((daily[:, :, 1:] * daily[:, :, :-1]).mean(axis=2) / (daily**2).mean(axis=2))


def _residual(series: dict[str, Array], annual: pd.DataFrame) -> Array:
    renewable = (series[n] * annual[f"{n}_capacity_mw"].to_numpy(float)[:, None] for n in ("solar", "wind"))
    return np.asarray(series["demand"] - sum(renewable))


def _ks(one: Array, two: Array) -> Array:
    return np.array([ks_2samp(a, b, method="asymp").statistic for a, b in zip(one, two, strict=True)])


def low_spells(series: dict[str, Array], annual: pd.DataFrame, share: float = 0.5) -> npt.NDArray[np.int64]:
    """Longest run of days with solar and wind below a share of the year's mean [A]."""
    output = sum(series[n] * annual[f"{n}_capacity_mw"].to_numpy(float)[:, None] for n in ("solar", "wind"))
    daily = np.asarray(output).reshape(len(annual), -1, 24).mean(axis=2)
    return longest_low_spell(daily / daily.mean(axis=1, keepdims=True), share)


def _spell_excess(synthetic: dict[str, Array], observed: dict[str, Array], annual: pd.DataFrame) -> Array:
    """Days by which the longest spell lies outside what the areas of the year saw [A].

    One year has one longest spell per area: what was seen is widened by moving the threshold, one half, by
    a fifth either way.
    """
    built = low_spells(synthetic, annual)
    shortest, longest = low_spells(observed, annual, 0.4).min(), low_spells(observed, annual, 0.6).max()
    return np.asarray(np.maximum(np.maximum(shortest - built, built - longest), 0).astype(float))


def _spells(observed: dict[str, Array], years: list[dict[str, Array]], annual: pd.DataFrame) -> Table:
    table = Table(title="Longest run of days below half the mean of solar and wind, days")
    table.add_column("year")
    for area in annual.index:
        table.add_column(str(area), justify="right")
    table.add_row("actuals", *map(str, low_spells(observed, annual)))
    spells = np.stack([low_spells(year, annual) for year in years])
    table.add_row(
        "synthetic",
        *(f"{low}–{high}" for low, high in zip(spells.min(axis=0), spells.max(axis=0), strict=True)),
    )
    return table


def _text(value: float, unit: str) -> str:
    return f"{100.0 * value:.1f} %" if unit == "%" else f"{value:.3f}" if unit == "abs" else f"{value:.0f} d"


def _summary(worst: dict[str, Array], errors: list[dict[str, Array]]) -> Table:
    table = Table(title=f"Synthetic years against actuals, {len(errors)} seeds")
    for column in ("figure", "target ≤", "worst area and seed", "mean", "met"):
        table.add_column(column)
    for name, values in worst.items():
        limit, unit = TARGETS.get(
            name, (None, "%" if name in ("residual peak", "hour-to-hour change") else "abs")
        )
        mean = float(np.mean([error[name].mean() for error in errors]))
        met = "–" if limit is None else "yes" if values.max() <= limit else "NO"
        table.add_row(
            name,
            "–" if limit is None else _text(limit, unit),
            _text(float(values.max()), unit),
            _text(mean, unit),
            met,
        )
    return table


def _by_area(worst: dict[str, Array], areas: list[str]) -> Table:
    table = Table(title="Worst over seeds, by area")
    table.add_column("figure")
    for area in areas:
        table.add_column(area, justify="right")
    for name, values in worst.items():
        unit = TARGETS.get(name, (0.0, "%" if name in ("residual peak", "hour-to-hour change") else "abs"))[1]
        table.add_row(name, *(_text(float(value), unit) for value in values))
    return table


if __name__ == "__main__":
    typer.run(main)
