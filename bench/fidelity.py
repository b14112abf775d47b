"""Synthetic years beside a measured one, both ways.

    python -m bench.fidelity --actuals FOLDER_OR_CSV [--capacity CSV] [--folder data/japan] [--seeds 10]

Does the method hold? Statistics are taken from the measured year, years drawn from them and compared with
that year: judged. Does the shipped climate hold? Years drawn from the shipped statistics are compared
with the measured year: weather and growth differ, so this is shown, not judged. Exits 1 on a missed target.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from bench.measures import INFORMATION, TARGETS, Days, Series, low_spells, measure
from optimizer.errors import InputError, Problem
from optimizer.inputs.calibrate import MeasuredYear, calibrate, read_capacity, read_year
from optimizer.inputs.weather import build_year, read_weather_statistics
from optimizer.milestones import Array, HourlyYear

Statistics = dict[str, pd.DataFrame]
Errors = list[dict[str, Array]]
PACK = Path("data/japan")
SEEDS = 10
NOT_JUDGED = (
    "Shown, not judged: another year has other weather, more demand and more panels. 'energy made equal' "
    "scales each area's demand, sun and wind to the year's annual mean first; what is left is weather and, "
    "for sun and wind, capacity that grew within the year. Targets stand beside it for orientation."
)


@dataclass(frozen=True)
class Seen:
    """A measured year as arrays, beside the figures of its statistics."""

    series: Series
    annual: pd.DataFrame
    month: Days


def main(
    actuals: Annotated[Path, typer.Option(help="folder of operators' files, or one hourly table")],
    capacity: Annotated[
        Path | None, typer.Option(help="area, technology, value [MW] in service that year")
    ] = None,
    folder: Annotated[Path, typer.Option(help="pack with weather_*.csv")] = PACK,
    seeds: Annotated[int, typer.Option(help="number of synthetic years, seeds 0, 1, …")] = SEEDS,
) -> None:
    """Draw, measure, print, judge."""
    console = Console(width=200)
    try:
        met = fidelity(console, read_year(actuals, folder), (capacity, folder), seeds)
    except InputError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False)
        sys.exit(error.exit_code)
    sys.exit(0 if met else 1)


def fidelity(console: Console, year: MeasuredYear, places: tuple[Path | None, Path], seeds: int) -> bool:
    """Print both comparisons; say whether the method meets every target.

    Args:
        console: where to print.
        year: the measured year.
        places: table of solar and wind in service that year, None for the pack's; folder of the pack.
        seeds: number of synthetic years.
    """
    capacity, folder = places
    all_areas(year, folder)
    tables = statistics_of(year, capacity, folder)
    seen = observed(year, tables)
    drawn = draw(tables, seeds)
    errors = [measure(seen.series, one, seen.annual, seen.month) for one in drawn]
    span = f"{year.calendar['date'].iloc[0]} to {year.calendar['date'].iloc[-1]}"
    console.print(judged_table(errors, f"Does the METHOD hold? Statistics of {span}, its years against it"))
    console.print(by_area(errors, [str(area) for area in seen.annual.index]))
    console.print(spells(seen, drawn))
    shipped = read_weather_statistics(folder)
    others = draw(shipped, seeds)
    console.print(shipped_table(seen, others, f"Does the SHIPPED climate hold? Its years against {span}"))
    console.print(NOT_JUDGED, width=150)
    return met(errors)


def met(errors: Errors) -> bool:
    """Say whether every target is met in every area for every seed."""
    return all(max(e[name].max() for e in errors) <= limit for name, (limit, _) in TARGETS.items())


def all_areas(year: MeasuredYear, folder: Path) -> None:
    """Refuse a year in which an area of the pack is missing altogether."""
    gone = sorted(set(pd.read_csv(folder / "areas.csv")["area"]) - set(year.hours["area"]))
    if gone:
        raise InputError(
            [Problem("actuals", "E387", f"{area}: missing: the whole year; add its files") for area in gone]
        )


def statistics_of(year: MeasuredYear, capacity: Path | None, folder: Path) -> Statistics:
    """Statistics of the year as `wattbit calibrate` writes them, read and checked again."""
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch)
        hourly = target / "actuals.csv"
        year.hours.to_csv(hourly, index=False)
        read_capacity(capacity, folder, sorted(year.hours["area"].unique()))
        tables = calibrate(hourly, capacity, folder)
        shutil.copy(folder / "weather_parameters.csv", target)
        year.calendar.to_csv(target / "weather_calendar.csv", index=False)
        for name, table in tables.items():
            table.to_csv(target / f"{name}.csv", index=False)
        return read_weather_statistics(target)


def observed(year: MeasuredYear, tables: Statistics) -> Seen:
    """The measured year: demand, and capacity factors before curtailment."""
    annual = tables["annual"].set_index("area").sort_index()
    frame = year.hours.sort_values(["area", "hour"])
    series = {"demand": frame["demand"].to_numpy(float).reshape(len(annual), -1)}
    for name in ("solar", "wind"):
        energy = (frame[name] + frame[f"{name}_curt"]).to_numpy(float).reshape(len(annual), -1)
        series[name] = energy / annual[f"{name}_capacity_mw"].to_numpy(float)[:, None]
    month = pd.DatetimeIndex(year.calendar["date"]).month.to_numpy(np.int64)
    return Seen(series, annual, month)


def draw(tables: Statistics, seeds: int) -> list[Series]:
    """Synthetic years of the statistics, seeds 0, 1, …"""
    least = areas_only(sorted(tables["annual"]["area"]))
    return [_series(build_year(tables, least, pd.DataFrame(), seed)) for seed in range(seeds)]


def _series(year: HourlyYear) -> Series:
    return {"demand": year.demand_gw * 1e3, "solar": year.existing_cf[:, 0], "wind": year.existing_cf[:, 1]}


def areas_only(areas: list[str]) -> dict[str, pd.DataFrame]:
    """The least pack: one site per area, nothing to build."""
    climate = pd.DataFrame(
        [(area, m, 15.0) for area in areas for m in range(1, 13)], columns=["site", "month", "temperature_c"]
    )
    return {
        "areas": pd.DataFrame({"area": areas}),
        "sites": pd.DataFrame({"site": areas, "area": areas}),
        "climate": climate,
        "renewable_potential": pd.DataFrame({"site": areas, "technology": "solar", "cf_annual": 0.15}),
    }


def _made_equal(one: Series, like: Series) -> Series:
    """Scale each area's demand, sun and wind to another year's annual mean."""
    return {
        name: values * (like[name].mean(axis=1, keepdims=True) / values.mean(axis=1, keepdims=True))
        for name, values in one.items()
    }


def judged_table(errors: Errors, title: str) -> Table:
    """Every figure: target, worst area of the worst seed, mean of areas and seeds, met or not."""
    table = Table(title=f"{title}, {len(errors)} seeds")
    for column in ("figure", "target ≤", "worst area and seed", "mean", "met"):
        table.add_column(column)
    for name in (*TARGETS, *INFORMATION):
        limit, form = _form(name)
        worst, mean = _worst_and_mean(errors, name)
        verdict = "–" if limit is None else "yes" if worst <= limit else "NO"
        table.add_row(name, "–" if limit is None else form(limit), form(worst), form(mean), verdict)
    return table


def shipped_table(seen: Seen, others: list[Series], title: str) -> Table:
    """The same figures for years of other statistics, as they are and with the year's energy."""
    table = Table(title=f"{title}, {len(others)} seeds")
    for column in (
        "figure",
        "target of (a)",
        "as shipped: worst",
        "mean",
        "energy made equal: worst",
        "mean ",
    ):
        table.add_column(column)
    plain = [measure(seen.series, one, seen.annual, seen.month) for one in others]
    equal = [measure(seen.series, _made_equal(one, seen.series), seen.annual, seen.month) for one in others]
    for name in (*TARGETS, *INFORMATION):
        limit, form = _form(name)
        figures = [form(x) for errors in (plain, equal) for x in _worst_and_mean(errors, name)]
        table.add_row(name, "–" if limit is None else form(limit), *figures)
    return table


def by_area(errors: Errors, areas: list[str]) -> Table:
    """Worst over the seeds, area by area."""
    table = Table(title="Worst over seeds, by area")
    table.add_column("figure")
    for area in areas:
        table.add_column(area, justify="right")
    for name in (*TARGETS, *INFORMATION):
        form = _form(name)[1]
        table.add_row(name, *(form(float(x)) for x in np.max([e[name] for e in errors], axis=0)))
    return table


def spells(seen: Seen, years: list[Series]) -> Table:
    """Longest low spells, measured and drawn."""
    table = Table(title="Longest run of days below half the mean of solar and wind, days")
    table.add_column("year")
    for area in seen.annual.index:
        table.add_column(str(area), justify="right")
    table.add_row("actuals", *map(str, low_spells(seen.series, seen.annual)))
    drawn = np.stack([low_spells(year, seen.annual) for year in years])
    ends = zip(drawn.min(axis=0), drawn.max(axis=0), strict=True)
    table.add_row("synthetic", *(f"{low}–{high}" for low, high in ends))
    return table


def _worst_and_mean(errors: Errors, name: str) -> tuple[float, float]:
    values = np.stack([error[name] for error in errors])
    return float(values.max()), float(values.mean())


def _form(name: str) -> tuple[float | None, Callable[[float], str]]:
    """Target of a figure, None without one, and how it is written."""
    limit, unit = TARGETS[name] if name in TARGETS else (None, INFORMATION[name])
    forms: dict[str, Callable[[float], str]] = {
        "%": lambda x: f"{100.0 * x:.1f} %",
        "abs": lambda x: f"{x:.3f}",
        "days": lambda x: f"{x:.1f} d".replace(".0 d", " d"),
    }
    return limit, forms[unit]


if __name__ == "__main__":
    typer.run(main)
