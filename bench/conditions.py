"""What must be known of a year so that today's pack can stand for its power system, and where it comes from.

From the year's own actuals: nuclear output by month, largest pumping, largest output by fuel. From
`backtest_conditions.csv`, or a file like it: what links could carry, fuel cost against the pack's, day-ahead
prices, largest outputs of the year the pack was made for. Everything else is the pack's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.analyse.backtest import by_hour
from optimizer.errors import InputError, Problem
from optimizer.inputs.importers.jepx import read as read_jepx
from optimizer.milestones import Inputs

SHIPPED = Path(__file__).with_name("backtest_conditions.csv")
KINDS = ("intertie", "price", "fuel_cost", "peak")
COLUMNS = ("kind", "name", "year", "forward", "reverse", "unit", "grade", "source")
HIGH_QUANTILE = 0.99
"""What is called the largest output or pumping of a year: one hour alone may be a trial or an error."""

LEAST_PEAK_MW = 50.0
"""Below it a ratio of largest outputs says nothing."""

HOURS = 8760
MW_PER_GW = 1000.0


@dataclass(frozen=True)
class Conditions:
    """Conditions of one year."""

    table: pd.DataFrame
    """Rows of the conditions file that hold for the year: its own, or those of `all` years."""

    price: pd.Series
    """Mean day-ahead price by area. [JPY/kWh]"""

    notes: list[tuple[str, str, str]]
    """What was taken, its figures, and whether it comes from the judged year."""


def read_conditions(path: Path, year: str, spot: Path | None, hours: pd.DataFrame) -> Conditions:
    """Read a conditions file for a year.

    Args:
        path: CSV with `COLUMNS`; kinds as in `KINDS`, year YYYY (in which the year begins) or `all`.
        year: year in which the measured year begins.
        spot: `spot_summary` files of the exchange (one, or a folder), or `actuals_spot_prices.csv`.
        hours: the measured year.

    Raises:
        InputError: E384 the file lacks a column or has an unknown kind; E380 to E389 of the spot files.
    """
    table = pd.read_csv(path, dtype={"year": str})
    gone = sorted(set(COLUMNS) - set(table))
    odd = [] if gone else sorted(set(table["kind"]) - set(KINDS))
    if gone or odd:
        message = f'column "{gone[0]}" is missing' if gone else f'kind "{odd[0]}" is not {", ".join(KINDS)}'
        raise InputError([Problem(str(path), "E384", message)])
    own, usual = table[table["year"] == year], table[table["year"] == "all"]
    known = set(zip(own["kind"], own["name"], strict=True))
    usual = usual[[key not in known for key in zip(usual["kind"], usual["name"], strict=True)]]
    made_for = table[(table["kind"] == "peak")]  # of the year the pack was made for, whichever is judged
    kept = pd.concat([own[own["kind"] != "peak"], usual[usual["kind"] != "peak"], made_for])
    price, note = _prices(kept, spot, hours)
    return Conditions(kept, price, [("mean day-ahead price", note, "measured, to compare with")])


def under_conditions(inputs: Inputs, hours: pd.DataFrame, conditions: Conditions) -> Inputs:
    """Nuclear output, pumping, plants, fuel cost and links as they were; the notes tell what was done."""
    inputs, of_nuclear = _nuclear(inputs, hours)
    inputs, of_plants = _plants(inputs, hours, conditions.table)
    inputs, of_pumping = _pumping(inputs, hours)
    costs = _rows(conditions.table, "fuel_cost")["forward"].astype(float)
    fuel = pd.Index([_fuel(name) for _, name in inputs.fleets.index])
    factor = costs.reindex(fuel).fillna(1.0).to_numpy()
    fleets = inputs.fleets.assign(cost_jpy_bn_per_gwh=inputs.fleets["cost_jpy_bn_per_gwh"] * factor)
    links = inputs.interties.copy()
    limits = _rows(conditions.table, "intertie")
    for name, row in limits.iterrows():
        links.loc[str(name), ["forward_gw", "reverse_gw"]] = [
            row["forward"] / MW_PER_GW, row["reverse"] / MW_PER_GW
        ]  # fmt: skip
    conditions.notes.extend(
        (
            of_nuclear,
            of_plants,
            of_pumping,
            ("fuel cost", ", ".join(f"{k} × {x:.2f}" for k, x in costs.items()), "conditions file"),
            ("capacity of links", f"{len(limits)} of {len(links)} replaced", "conditions file"),
            ("coal and gas blocks, minima, costs", "as the pack has them", "fitted to FY2024"),
        )
    )
    return replace(inputs, fleets=fleets, interties=links)


def _nuclear(inputs: Inputs, hours: pd.DataFrame) -> tuple[Inputs, tuple[str, str, str]]:
    """Put nuclear output, mean of each month, among the must-run stations; take the pack's units out."""
    areas = list(inputs.areas.index)
    output = by_hour(hours, "nuclear", areas) / MW_PER_GW
    month = pd.DatetimeIndex(np.sort(hours["hour"].unique())).month.to_numpy()
    for number in range(1, 13):
        output[:, month == number] = output[:, month == number].mean(axis=1, keepdims=True)
    units = inputs.fleets.index.get_level_values("fleet") == "nuclear"
    must_run = np.concatenate([inputs.hours.must_run_gw, output[:, None]], axis=1)
    note = f"{output.sum() / MW_PER_GW:.1f} TWh, mean of each month"
    return replace(inputs, fleets=inputs.fleets[~units], hours=replace(inputs.hours, must_run_gw=must_run)), (
        "nuclear output",
        note,
        "judged year: an input",
    )


def _plants(inputs: Inputs, hours: pd.DataFrame, table: pd.DataFrame) -> tuple[Inputs, tuple[str, str, str]]:
    """Scale the plants of an area and fuel by the year's largest output over that the pack was made for."""
    made_for = _rows(table, "peak")["forward"].astype(float)
    largest = hours.groupby("area")[["coal", "lng", "oil"]].quantile(HIGH_QUANTILE).stack()
    largest.index = [f"{area}:{fuel}" for area, fuel in largest.index]
    ratio = (largest / made_for.where(made_for >= LEAST_PEAK_MW)).dropna()
    names = [f"{area}:{_fuel(name)}" for area, name in inputs.fleets.index]
    factor = ratio.reindex(names).fillna(1.0).to_numpy()
    available = inputs.fleets["available_gw"] * factor
    least = inputs.fleets["min_gw"].clip(upper=available)  # new units need not run in every hour
    fleets = inputs.fleets.assign(available_gw=available, min_gw=least)
    spread = "unchanged" if not len(ratio) else f"× {ratio.min():.2f} to {ratio.max():.2f} by area and fuel"
    return replace(inputs, fleets=fleets), (
        "plants",
        spread,
        "judged year: 99 % of its hours, by area and fuel",
    )


def _pumping(inputs: Inputs, hours: pd.DataFrame) -> tuple[Inputs, tuple[str, str, str]]:
    """Let pumped hydro pump no more than in all but the highest hours of the year."""
    storage = inputs.storage.copy()
    most = -hours.groupby("area")["pumped"].quantile(1.0 - HIGH_QUANTILE) / MW_PER_GW
    shares = []
    for area, kind in storage.index[storage["power_gw"] > 0]:
        if kind == "pumped":
            shares.append(float(np.clip(most[area] / storage.at[(area, kind), "power_gw"], 0.0, 1.0)))
            storage.loc[(area, kind), ["power_gw", "energy_gwh"]] *= shares[-1]
    note = f"{min(shares, default=1.0):.0%} to {max(shares, default=1.0):.0%} of nameplate"
    return replace(inputs, storage=storage), ("pumping", note, "judged year: 99 % of its hours")


def _prices(table: pd.DataFrame, spot: Path | None, hours: pd.DataFrame) -> tuple[pd.Series, str]:
    """Mean day-ahead price by area, and what it rests on."""
    if spot is None:
        rows = _rows(table, "price")
        if not len(rows):
            return pd.Series(dtype=float), "none known for this year: prices are shown, not judged"
        return rows["forward"].astype(float), str(rows["source"].iloc[0])
    if spot.is_file() and spot.suffix != ".gz" and spot.read_bytes()[:5] == b"hour,":
        prices = pd.read_csv(spot)
    else:
        files = sorted(spot.rglob("*spot_summary*.csv")) if spot.is_dir() else [spot]
        if not files:
            raise InputError(
                [Problem(str(spot), "E380", "no spot_summary_YYYY.csv in this folder or below it")]
            )
        prices = read_jepx(files, {})["actuals_spot_prices"]
    prices = prices[prices["hour"].isin(set(hours["hour"])) & (prices["area"] != "system")]
    by_area = prices.groupby("area")["price_jpy_per_kwh"]
    if not len(prices):
        raise InputError([Problem(str(spot), "E388", "no hour of the measured year has a price here")])
    return by_area.mean(), f"{spot.name}: {by_area.count().min() / HOURS:.0%} of the hours"


def _rows(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    return table[table["kind"] == kind].set_index("name")


def _fuel(fleet: object) -> str:
    return str(fleet).split("_", maxsplit=1)[0]
