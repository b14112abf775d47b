"""Does the existing system, dispatched by the model, behave as it did in a measured year?

    actuals (hourly, MW) ─▶ hourly year ─▶ dispatch without the plan ─▶ the same tables, measured and modelled

Energy in TWh, shares in 1, prices in JPY/kWh. The targets are those of `docs/backtest.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.analyse.year import MW, Year, without_plan
from optimizer.milestones import Array, HourlyYear, Inputs, Solution
from optimizer.scenario.tables import MUST_RUN

FUELS = ("nuclear", "coal", "lng", "oil")
"""Fuels compared; a fleet belongs to the fuel its name begins with."""

_ACTUAL_MUST_RUN = {"other_thermal": "thermal_other"}
GWH_PER_TWH = 1000.0
MIN_SHARE = 0.01
"""A fuel below this share of its area's generation is shown, not judged: too small to mean anything."""


@dataclass(frozen=True)
class Backtest:
    """Measured beside modelled; index area, or area and fuel, or intertie."""

    energy: pd.DataFrame
    """Index area, fuel: measured_twh, modelled_twh, error (relative), judged (material in its area)."""

    curtailment: pd.DataFrame
    """Index area: measured, modelled, shares of available solar and wind. [1]"""

    flows: pd.DataFrame
    """Index intertie: measured_twh, modelled_twh (positive from first to second end), exact, same_way."""

    prices: pd.DataFrame
    """Index area: measured, modelled, error; areas without a market left out; measured is empty where no
    price of the year is known. [JPY/kWh, 1]"""

    shed_gwh: float
    """Load shed in the modelled year."""


def actual_year(actuals: pd.DataFrame, inputs: Inputs) -> HourlyYear:
    """Put a measured year in the place of the drawn one.

    Args:
        actuals: hour, area, demand, solar, solar_curt, wind, wind_curt, hydro, geothermal, biomass,
            thermal_other [MW], 8,760 hours of each area.
        inputs: areas, capacity in service and everything about sites, which stays.

    Returns:
        Demand and must-run [GW] and capacity factors in service [1] as measured, before curtailment.
    """
    areas = list(inputs.areas.index)
    capacity = inputs.renewables_existing_gw * MW
    solar = by_hour(actuals, "solar", areas) + by_hour(actuals, "solar_curt", areas)
    wind = by_hour(actuals, "wind", areas) + by_hour(actuals, "wind_curt", areas)
    solar_cf = _per_capacity(solar, capacity[:, 0])
    wind_cf = _per_capacity(wind, capacity[:, 1:].sum(axis=1))  # measured as one, land and sea together
    must_run = [by_hour(actuals, _ACTUAL_MUST_RUN.get(kind, kind), areas) for kind in MUST_RUN]
    return HourlyYear(
        time=inputs.hours.time,
        demand_gw=by_hour(actuals, "demand", areas) / MW,
        must_run_gw=np.stack(must_run, axis=1) / MW,
        existing_cf=np.stack([solar_cf, wind_cf, wind_cf], axis=1),
        site_cf=inputs.hours.site_cf,
        temperature_c=inputs.hours.temperature_c,
    )


def _per_capacity(output: Array, capacity: Array) -> Array:
    """Output over capacity, zero where there is none. [1]"""
    whole = np.broadcast_to(capacity[:, None], output.shape)
    return np.divide(output, whole, out=np.zeros_like(output), where=whole > 0)


def by_hour(actuals: pd.DataFrame, column: str, areas: list[str]) -> Array:
    """Return one column as [A, T], hours in order."""
    wide = actuals.pivot(index="area", columns="hour", values=column).sort_index(axis=1)
    return wide.loc[areas].to_numpy(dtype=float)


def compare(
    inputs: Inputs,
    solution: Solution,
    actuals: pd.DataFrame,
    price_jpy_per_kwh: pd.Series,
    given: tuple[str, ...] = (),
) -> Backtest:
    """Compare the system without the plan with a measured year.

    Args:
        inputs: what was solved; its hours are the measured ones or drawn ones.
        solution: its baseline is compared.
        actuals: the measured year: also nuclear, coal, lng, oil and interconn (imports positive). [MW]
        price_jpy_per_kwh: mean day-ahead price by area; areas without one are shown, not judged.
        given: fuels whose output was put in, not dispatched: equal by construction, so not judged.

    Returns:
        The four tables.
    """
    year = without_plan(inputs, solution)
    total = actuals.groupby("area").sum(numeric_only=True).reindex(inputs.areas.index) / 1e6
    return Backtest(
        energy=_energy(inputs, year, total, given),
        curtailment=_curtailment(inputs, year, total),
        flows=_flows(inputs, year, actuals),
        prices=_prices(inputs, year, price_jpy_per_kwh),
        shed_gwh=float(year.total(year.shed).sum()),
    )


def _energy(inputs: Inputs, year: Year, total: pd.DataFrame, given: tuple[str, ...]) -> pd.DataFrame:
    """Energy by area and fuel, and `all` areas together."""
    fuel = [next((f for f in FUELS if str(name).startswith(f)), str(name)) for _, name in inputs.fleets.index]
    area = [name for name, _ in inputs.fleets.index]
    modelled = pd.Series(year.total(year.gen) / GWH_PER_TWH).groupby([pd.Series(area), pd.Series(fuel)]).sum()
    measured = total[list(FUELS)].stack()
    table = pd.DataFrame({"measured_twh": measured, "modelled_twh": modelled.reindex(measured.index)}).fillna(
        0.0
    )
    table.index = table.index.set_names(["area", "fuel"])
    put_in = table.index.get_level_values("fuel").isin(given)
    table.loc[put_in, "modelled_twh"] = table.loc[put_in, "measured_twh"]
    nation = table.groupby("fuel").sum()
    nation.index = pd.MultiIndex.from_product([["all"], nation.index], names=["area", "fuel"])
    table = pd.concat([table, nation])
    of_area = table["measured_twh"] / table.groupby("area")["measured_twh"].transform("sum")
    measured_or_one = table["measured_twh"].where(table["measured_twh"] > 0, 1.0)
    table["error"] = table["modelled_twh"] / measured_or_one - (table["measured_twh"] > 0)
    table["judged"] = (of_area >= MIN_SHARE) & ~table.index.get_level_values("fuel").isin(given)
    return table


def _curtailment(inputs: Inputs, year: Year, total: pd.DataFrame) -> pd.DataFrame:
    """Curtailed share of available solar and wind."""
    curtailed = total["solar_curt"] + total["wind_curt"]
    available = year.total(year.available)
    used = np.divide(
        year.total(year.used_renewable), available, out=np.ones_like(available), where=available > 0
    )
    return pd.DataFrame(
        {"measured": curtailed / (curtailed + total["solar"] + total["wind"]), "modelled": 1.0 - used},
        index=inputs.areas.index,
    ).fillna(0.0)


def _prices(inputs: Inputs, year: Year, measured: pd.Series) -> pd.DataFrame:
    modelled = pd.Series(year.total(year.price) / year.weight.sum(), index=inputs.areas.index)
    shown = measured if len(measured) else pd.Series(np.nan, index=modelled.index)
    table = pd.DataFrame({"measured": shown, "modelled": modelled.reindex(shown.index)})
    table["error"] = table["modelled"] / table["measured"] - 1.0
    return table


def _flows(inputs: Inputs, year: Year, actuals: pd.DataFrame) -> pd.DataFrame:
    """Net flow over every link, and whether it goes the same way."""
    areas, links = list(inputs.areas.index), inputs.interties
    measured, exact = flows_of(by_hour(actuals, "interconn", areas), areas, links)
    table = pd.DataFrame(
        {
            "measured_twh": measured.sum(axis=1) / 1e6,
            "modelled_twh": (year.total(year.forward) - year.total(year.backward)) / GWH_PER_TWH,
            "exact": exact,
        },
        index=links.index,
    )
    table["same_way"] = np.sign(table["measured_twh"]) == np.sign(table["modelled_twh"])
    return table


def flows_of(net_import: Array, areas: list[str], links: pd.DataFrame) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Split net imports of areas among links; losses are left out.

    A link whose removal cuts the network in two carries what one side lacks: exact. Inside loops the split
    is not known from areas alone: the one with the least sum of squared flows over capacities is taken.

    Args:
        net_import: by area and hour, same unit as the result. [A, T]
        areas: names along the first axis.
        links: from_area, to_area, forward_gw, reverse_gw.

    Returns:
        Flow from the first to the second end [L, T], and whether it is exact [L].
    """
    first = [areas.index(name) for name in links["from_area"]]
    second = [areas.index(name) for name in links["to_area"]]
    incidence = np.zeros((len(areas), len(links)))
    incidence[second, range(len(links))] = 1.0
    incidence[first, range(len(links))] = -1.0
    width = np.sqrt(np.maximum(links[["forward_gw", "reverse_gw"]].max(axis=1).to_numpy(), 1e-3))
    flow = width[:, None] * (np.linalg.pinv(incidence * width) @ net_import)
    rank = np.linalg.matrix_rank(incidence)
    exact = [bool(np.linalg.matrix_rank(np.delete(incidence, k, axis=1)) < rank) for k in range(len(links))]
    return np.asarray(flow), np.array(exact)
