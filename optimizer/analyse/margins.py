"""The capacity margin of every area in its most stressed hour, without the plan and with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.analyse.year import MW, add_by, new_renewables, positions
from optimizer.milestones import Array, Inputs, Solution
from optimizer.stress import Stress, helped_margins, inherited_shortfall_gw, link_capacity_gw, stress_of


def capacity_margins(inputs: Inputs, solution: Solution) -> tuple[pd.DataFrame, tuple[float, float]]:
    """Return firm capability over load, less one, in each area's most stressed hour, and in the nation's.

    Own: without help. Assisted: with help over interties from areas better off, who keep as much margin
    themselves. With the plan: its data centers, renewables, batteries, lines and bought capacity.

    Returns:
        Index area, columns as in the table `areas`, from `stressed_hour` on; the nation's margin in its worst
        hour without the plan and with it, everywhere helping everywhere.
    """
    stress = stress_of(inputs)
    links = link_capacity_gw(inputs)
    load, firm = (
        stress.demand_gw + _new_load(inputs, solution, stress),
        _firm_with_plan(inputs, solution, stress),
    )
    expansion = np.maximum(solution.siting["line"].to_numpy(dtype=float), 0.0)[:, None]
    before = _margins(inputs, stress, (stress.firm_gw, stress.demand_gw), links)
    after = _margins(inputs, stress, (firm, load), links + expansion)
    bought = _bought(inputs, solution)
    areas = pd.DataFrame(
        {
            "stressed_hour": inputs.hours.time[stress.hours[stress.own]].strftime("%Y-%m-%d %H:%M"),
            "capacity_margin_share": after[0],
            "capacity_margin_before_share": before[0],
            "capacity_margin_assisted_share": after[1],
            "capacity_margin_assisted_before_share": before[1],
            "interruptible_mw": _relief(inputs, solution, stress)[np.arange(len(bought)), stress.own] * MW,
            "firm_capacity_mw": bought * MW,
            "firm_capacity_lacking_mw": inherited_shortfall_gw(inputs, stress) * MW,
        },
        index=inputs.areas.index,
    )
    return areas, (_national(stress.firm_gw, stress.demand_gw), _national(firm, load))


def _national(firm: Array, load: Array) -> float:
    return float(_less_one(firm.sum(axis=0), load.sum(axis=0)).min())


def _bought(inputs: Inputs, solution: Solution) -> Array:
    bought = solution.siting.get("firm_capacity", pd.Series(dtype=float))
    here = bought.reindex(inputs.areas.index, fill_value=0.0).to_numpy(dtype=float)
    return np.asarray(np.maximum(here, 0.0))


def _new_load(inputs: Inputs, solution: Solution, stress: Stress) -> Array:
    """Power of the plan's data centers in the stressed hours, less what may be interrupted [A, S]. [GW]"""
    hosted = solution.siting["hosted"].to_numpy(dtype=float).reshape(len(inputs.sites), len(inputs.workloads))
    drawn = inputs.pue[:, stress.hours] * (np.maximum(hosted, 0.0) @ inputs.profile[:, stress.hours])
    all_drawn = np.asarray(add_by(drawn, inputs.sites["area"], inputs.areas.index))
    return np.asarray(all_drawn - _relief(inputs, solution, stress))


def _relief(inputs: Inputs, solution: Solution, stress: Stress) -> Array:
    """Load behind non-firm connections that the margin counts on to be interrupted [A, S]. [GW]"""
    relief = solution.siting.get("relief", pd.Series(dtype=float))
    found = np.zeros((len(inputs.areas), len(stress.hours)))
    area = positions(inputs.areas.index, [key[0] for key in relief.index])
    hour = np.searchsorted(stress.hours, [key[1] for key in relief.index])
    found[area, hour] = np.maximum(relief.to_numpy(dtype=float), 0.0)
    return found


def _firm_with_plan(inputs: Inputs, solution: Solution, stress: Stress) -> Array:
    """Own firm capability with what the plan builds and buys [A, S]. [GW]"""
    areas = inputs.areas.index
    site, technology, built = new_renewables(inputs, solution)
    output = inputs.hours.site_cf[:, :, stress.hours][site, technology] * built[:, None]
    new = add_by(output, inputs.sites["area"].iloc[site], areas)
    power, energy = (
        solution.siting[name].reindex(areas, fill_value=0.0).to_numpy(dtype=float).clip(0.0)
        for name in ("battery_power", "battery_energy")
    )
    held = np.minimum(power, energy / inputs.settings.storage_credit_hours)
    return np.asarray(stress.firm_gw + new + (held + _bought(inputs, solution))[:, None])


def _margins(
    inputs: Inputs, stress: Stress, system: tuple[Array, Array], link_gw: Array
) -> tuple[Array, Array]:
    """Own and assisted margin of each area in its own hour [A]. [1]"""
    firm, load = system
    rows = np.arange(len(inputs.areas))
    own, asked = firm[rows, stress.own], load[rows, stress.own]
    helped = helped_margins(inputs, rows, (firm[:, stress.own], load[:, stress.own]), link_gw)
    return _less_one(own, asked), np.where(asked > 0.0, helped, 0.0)


def _less_one(firm: Array, load: Array) -> Array:
    return np.divide(firm, load, out=np.ones_like(firm), where=load > 0.0) - 1.0
