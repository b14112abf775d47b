"""Back-test: the existing system, dispatched without a plan, against a measured year.

    python -m bench.backtest --actuals FOLDER_OR_CSV [--spot FILE_OR_FOLDER] [--conditions CSV]
                             [--weeks N] [--seed N] [--markdown FILE] [--as-shipped] [--skip-synthetic]

FOLDER: `eria_jukyu_YYYYMM_AA.csv` of one year; CSV: the same as one hourly table. Solves the measured hours
and a synthetic year of that year's own statistics, prints target and measured by area, exits 1 when a target
is missed on the measured hours. What is taken from the judged year itself is printed first
(`conditions.py`); --as-shipped takes nothing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from bench.conditions import SHIPPED, read_conditions, under_conditions
from bench.fidelity import areas_only, statistics_of
from optimizer.analyse.backtest import FUELS, Backtest, actual_year, compare
from optimizer.errors import InputError, Problem
from optimizer.inputs.calibrate import MeasuredYear, read_year
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.inputs.weather import build_year
from optimizer.milestones import HourlyYear, Inputs
from optimizer.run import make_inputs, solve_inputs
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions
from optimizer.solve.workers import start_workers

SCENARIO = "japan-2030"
PACK = "japan"
OVERRIDES = ("year=2025", "demand.growth_it_mw=1", "grid.co2_price_jpy_per_t=0")
"""Interties as they stand, no plan worth speaking of, no CO2 price in dispatch before FY2026."""

TARGETS = {"energy": 0.15, "curtailment": 0.015, "links": 8 / 9, "price": 0.20}
PUT_IN = ("nuclear",)
"""Fuels whose measured output is an input."""


@dataclass(frozen=True)
class Asked:
    """What a back-test is asked for."""

    conditions: Path | None = SHIPPED
    """Conditions of the year; None leaves the pack as it is."""

    spot: Path | None = None
    weeks: int | None = None
    seed: int | None = 1
    """Seed of a synthetic year beside the measured hours; None solves the measured hours only."""


def main(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    *,
    actuals: Annotated[Path, typer.Option(help="folder of operators' files, or one hourly table")],
    spot: Annotated[Path | None, typer.Option(help="spot_summary files, or actuals_spot_prices.csv")] = None,
    conditions: Annotated[Path, typer.Option(help="conditions of the year")] = SHIPPED,
    weeks: Annotated[int | None, typer.Option(help="evenly spaced weeks instead of the year")] = None,
    seed: Annotated[int, typer.Option(help="synthetic year beside the measured one")] = 1,
    markdown: Annotated[Path | None, typer.Option(help="write the tables here too")] = None,
    as_shipped: Annotated[bool, typer.Option("--as-shipped", help="the pack's own plants and links")] = False,
    skip_synthetic: Annotated[bool, typer.Option("--skip-synthetic", help="measured hours only")] = False,
) -> None:
    """Solve, compare, print, judge."""
    console = Console(width=150)
    asked = Asked(None if as_shipped else conditions, spot, weeks, None if skip_synthetic else seed)
    try:
        good, written = backtest(console, read_year(actuals, find_pack(PACK)), asked)
    except InputError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False)
        sys.exit(error.exit_code)
    if markdown is not None:
        markdown.write_text("\n".join(written), encoding="utf-8")
    sys.exit(0 if good else 1)


def backtest(console: Console, year: MeasuredYear, asked: Asked) -> tuple[bool, list[str]]:
    """Solve, compare and print; say whether every target is met on the measured hours, and the Markdown.

    Raises:
        InputError: E380 to E389: columns the comparison needs, the conditions file, the spot prices.
    """
    hours = year.hours
    _fuels_are_there(hours)
    begins = str(hours["hour"].min())[:4]
    known = read_conditions(asked.conditions or SHIPPED, begins, asked.spot, hours)
    drawn = build(asked.weeks)
    cases = {"measured hours": replace(drawn, hours=actual_year(hours, drawn))}
    if asked.seed is not None:
        cases["synthetic year"] = replace(drawn, hours=_synthetic(year, drawn, asked.seed))
    written: list[str] = []
    found = {}
    for name, inputs in cases.items():
        conditions = replace(known, notes=list(known.notes))
        given = () if asked.conditions is None else PUT_IN
        under = inputs if asked.conditions is None else under_conditions(inputs, hours, conditions)
        if not found:
            written += report_notes(console, begins, conditions.notes)
        found[name] = solve(under, hours, known.price, given)
        written += report(console, name, found[name])
    met = verdict(found["measured hours"])
    console.print(f"{sum(met.values())} of {len(met)} targets of the back-test met on measured hours.")
    return all(met.values()), written


def _fuels_are_there(hours: pd.DataFrame) -> None:
    """Refuse actuals whose thermal output is not told by fuel."""
    gone = [name for name in (*FUELS, "pumped", "interconn") if name not in hours]
    if gone:
        message = f"the back-test needs the columns {', '.join(gone)} too [MW]; statistics do without them"
        raise InputError([Problem("actuals", "E384", message)])


def build(weeks: int | None) -> Inputs:
    """Inputs of the existing system."""
    loaded = load_scenario(SCENARIO, OVERRIDES)
    options = RunOptions(None, None, False, "en", weeks, False, 1)
    return make_inputs(loaded, read_pack(find_pack(loaded.scenario.pack)), options)


def _synthetic(year: MeasuredYear, inputs: Inputs, seed: int) -> HourlyYear:
    """One synthetic year of the measured year's own statistics; sites stay as they are."""
    tables = statistics_of(year, None, find_pack(PACK))
    least = areas_only(list(inputs.areas.index))
    drawn = build_year(tables, least, pd.DataFrame(), seed)
    return replace(drawn, site_cf=inputs.hours.site_cf, temperature_c=inputs.hours.temperature_c)


def solve(inputs: Inputs, actuals: pd.DataFrame, price: pd.Series, given: tuple[str, ...]) -> Backtest:
    """Solve one case and compare it."""
    evaluator = start_workers(1)
    try:
        solution = solve_inputs(inputs, evaluator, lambda *_: None)
    finally:
        evaluator.close()
    return compare(inputs, solution, actuals, price, given)


def verdict(found: Backtest) -> dict[str, bool]:
    """Say which targets are met."""
    judged = found.energy[found.energy["judged"]]
    nation = judged.index.get_level_values("area") == "all"
    curtailment = (found.curtailment["modelled"] - found.curtailment["measured"]).abs()
    met = {
        "energy by fuel, nation": bool((judged[nation]["error"].abs() <= TARGETS["energy"]).all()),
        "energy by fuel and area": bool((judged[~nation]["error"].abs() <= TARGETS["energy"]).all()),
        "curtailment by area": bool((curtailment <= TARGETS["curtailment"]).all()),
        "direction of links": bool(found.flows["same_way"].mean() >= TARGETS["links"]),
    }
    if found.prices["measured"].notna().all():
        met["mean price by area"] = bool((found.prices["error"].abs() <= TARGETS["price"]).all())
    return met


def report(console: Console, name: str, found: Backtest) -> list[str]:
    """Print the tables of one case; return them as Markdown."""
    lines = [f"### {name[0].upper()}{name[1:]}", ""]
    for title, headers, rows in tables(found):
        table = Table(title=f"{name}: {title}")
        for header in headers:
            table.add_column(header, justify="right")
        for row in rows:
            table.add_row(*row)
        console.print(table)
        lines += [f"{title}:", "", f"| {' | '.join(headers)} |", "|" + "---|" * len(headers)]
        lines += [f"| {' | '.join(row)} |" for row in rows] + [""]
    summary = ", ".join(f"{what}: {'met' if ok else 'MISSED'}" for what, ok in verdict(found).items())
    console.print(f"{name}: {summary}; load shed {found.shed_gwh:.1f} GWh\n")
    return [*lines, f"{summary}; load shed {found.shed_gwh:.1f} GWh.", ""]


def report_notes(console: Console, begins: str, notes: list[tuple[str, str, str]]) -> list[str]:
    """Print what the year's conditions are and where they come from; return it as Markdown."""
    headers = ["condition", "figures", "from"]
    table = Table(title=f"Conditions of the year that begins in {begins}; what comes from it is in-sample")
    for header in headers:
        table.add_column(header)
    for row in notes:
        table.add_row(*row)
    console.print(table)
    rows = [f"| {' | '.join(row)} |" for row in notes]
    return [f"| {' | '.join(headers)} |", "|---|---|---|", *rows, ""]


def tables(found: Backtest) -> list[tuple[str, list[str], list[list[str]]]]:
    """Every table as text: title, headers, rows. Misses carry a star."""
    fuels = found.energy.index.get_level_values("fuel").unique()
    energy = []
    for area, group in found.energy.groupby("area", sort=False):
        by_fuel = group.droplevel("area")
        energy.append([str(area), *(_energy_cell(by_fuel.loc[fuel]) for fuel in fuels)])
    curtailed = [
        [str(area), f"{row['measured']:.2%}", f"{row['modelled']:.2%}",
         _starred((row["modelled"] - row["measured"]) * 100, TARGETS["curtailment"] * 100, "+.2f")]
        for area, row in found.curtailment.iterrows()
    ]  # fmt: skip
    flows = [
        [str(link), f"{row['measured_twh']:+.1f}", "yes" if row["exact"] else "least squares",
         f"{row['modelled_twh']:+.1f}", "same" if row["same_way"] else "OTHER *"]
        for link, row in found.flows.iterrows()
    ]  # fmt: skip
    price = [
        [str(area), f"{row['measured']:.2f}", f"{row['modelled']:.2f}",
         _starred(row["error"] * 100, TARGETS["price"] * 100, "+.0f")]
        if pd.notna(row["measured"])
        else [str(area), "not known", f"{row['modelled']:.2f}", "not judged"]
        for area, row in found.prices.iterrows()
    ]  # fmt: skip
    return [
        ("energy, TWh: measured → modelled (error; target 15 %)", ["area", *map(str, fuels)], energy),
        ("curtailed share of solar, wind (target 1.5 points)", ["area", "measured", "model", "points"],
         curtailed),
        ("net flow, TWh, first to second end (target: 8 of 9 the same way)",
         ["link", "measured", "known exactly", "model", "direction"], flows),
        ("mean price, JPY/kWh (target 20 %)", ["area", "day-ahead", "model", "error %"], price),
    ]  # fmt: skip


def _energy_cell(row: pd.Series) -> str:
    figures = f"{row['measured_twh']:.1f} → {row['modelled_twh']:.1f}"
    return (
        f"{figures} ({_starred(row['error'] * 100, TARGETS['energy'] * 100, '+.0f')})"
        if row["judged"]
        else figures
    )


def _starred(value: float, limit: float, form: str) -> str:
    return f"{value:{form}}{' *' if abs(value) > limit else ''}"


if __name__ == "__main__":
    typer.run(main)
