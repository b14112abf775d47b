"""Back-test: the existing system, dispatched without a plan, against a measured year.

    python -m bench.backtest --actuals FOLDER_OR_CSV [--weeks N] [--seed N] [--markdown FILE] [--as-shipped]

FOLDER: `eria_jukyu_YYYYMM_AA.csv` of one fiscal year; CSV: the same as one hourly table. Solves the measured
hours and a synthetic year, prints target and measured by area, exits 1 when a target is missed on the
measured hours. What a year's actuals say about plants is taken from them: nuclear output, largest pumping.
What they do not say is in `backtest_conditions.csv`. --as-shipped does none of this.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from optimizer.analyse.backtest import Backtest, actual_year, compare
from optimizer.inputs.calibrate import read_actuals
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.milestones import Inputs
from optimizer.run import make_inputs, solve_inputs
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions
from optimizer.solve.workers import start_workers

SCENARIO = "japan-2030"
OVERRIDES = ("year=2025", "demand.growth_it_mw=1", "grid.co2_price_jpy_per_t=0")
"""Interties as they stand, no plan worth speaking of, no CO2 price in dispatch before FY2026."""

CONDITIONS = Path(__file__).with_name("backtest_conditions.csv")
TARGETS = {"energy": 0.15, "curtailment": 0.015, "links": 8 / 9, "price": 0.20}
PUMPING_QUANTILE = 0.99
MW_PER_GW = 1000.0


def main(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    actuals: Annotated[Path, typer.Option(help="folder of operators' files, or one hourly table")],
    weeks: Annotated[int | None, typer.Option(help="evenly spaced weeks instead of the year")] = None,
    seed: Annotated[int, typer.Option(help="synthetic year beside the measured one")] = 1,
    markdown: Annotated[Path | None, typer.Option(help="write the tables here too")] = None,
    *,
    as_shipped: Annotated[bool, typer.Option("--as-shipped", help="the pack's own plants and links")] = False,
    skip_synthetic: Annotated[bool, typer.Option("--skip-synthetic", help="measured hours only")] = False,
) -> None:
    """Solve, compare, print, judge."""
    measured = read_actuals(actuals)
    measured = measured[measured["hour"].str.slice(5, 10) != "02-29"]
    conditions = pd.read_csv(CONDITIONS, dtype={"year": str})
    drawn = build(seed, weeks)
    if not as_shipped:
        drawn = under_conditions(drawn, measured, conditions)
    price = prices(conditions, measured)
    cases = {"measured hours": replace(drawn, hours=actual_year(measured, drawn))}
    if not skip_synthetic:
        cases["synthetic year"] = drawn
    found = {name: solve(inputs, measured, price) for name, inputs in cases.items()}
    console = Console(width=150)
    written: list[str] = []
    for name, result in found.items():
        written += report(console, name, result)
    if markdown is not None:
        markdown.write_text("\n".join(written), encoding="utf-8")
    met = verdict(found["measured hours"])
    console.print(f"{sum(met.values())} of {len(met)} targets met on measured hours.")
    sys.exit(0 if all(met.values()) else 1)


def build(seed: int, weeks: int | None) -> Inputs:
    """Inputs of the existing system with a synthetic year."""
    loaded = load_scenario(SCENARIO, (*OVERRIDES, f"weather.year_seed={seed}"))
    options = RunOptions(None, None, False, "en", weeks, False, 1)
    return make_inputs(loaded, read_pack(find_pack(loaded.scenario.pack)), options)


def under_conditions(inputs: Inputs, actuals: pd.DataFrame, conditions: pd.DataFrame) -> Inputs:
    """Nuclear units, pumping and links as they were, where they differ from the pack's."""
    grouped = actuals.groupby("area")
    nuclear = grouped["nuclear"].mean() / MW_PER_GW
    fleets = inputs.fleets[inputs.fleets.index.get_level_values("fleet") != "nuclear"]
    like = inputs.fleets.xs("nuclear", level="fleet").iloc[0]
    rows = pd.DataFrame(
        {
            (area, "nuclear"): {**like, "available_gw": gw, "min_gw": gw}
            for area, gw in nuclear.items()
            if gw > 0
        }
    ).T
    rows.index = rows.index.set_names(["area", "fleet"])
    storage = inputs.storage.copy()
    pumping = -grouped["pumped"].quantile(1.0 - PUMPING_QUANTILE) / MW_PER_GW
    for area, kind in storage.index[storage["power_gw"] > 0]:
        if kind == "pumped":
            share = min(1.0, pumping[area] / storage.at[(area, kind), "power_gw"])
            storage.loc[(area, kind), ["power_gw", "energy_gwh"]] *= share
    links = inputs.interties.copy()
    for _, row in conditions[conditions["kind"] == "intertie"].iterrows():
        links.loc[row["name"], ["forward_gw", "reverse_gw"]] = [
            row["forward"] / MW_PER_GW, row["reverse"] / MW_PER_GW
        ]  # fmt: skip
    table = pd.concat([fleets, rows]).sort_index()
    return replace(inputs, fleets=table, storage=storage, interties=links)


def prices(conditions: pd.DataFrame, actuals: pd.DataFrame) -> pd.Series:
    """Mean day-ahead price by area of the fiscal year the actuals begin in."""
    year = str(actuals["hour"].min())[:4]
    table = conditions[(conditions["kind"] == "price") & (conditions["year"] == year)]
    return table.set_index("name")["forward"].astype(float)


def solve(inputs: Inputs, actuals: pd.DataFrame, price: pd.Series) -> Backtest:
    """Solve one case and compare it."""
    evaluator = start_workers(1)
    try:
        solution = solve_inputs(inputs, evaluator, lambda *_: None)
    finally:
        evaluator.close()
    return compare(inputs, solution, actuals, price)


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
    if len(found.prices):
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
