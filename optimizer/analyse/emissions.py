r"""What a kWh emits: the average of what an area consumes, and what one kWh more would emit.

Average, traced over the flows of the year: :math:`m_a (G_a + \sum_b I_{ba}) = E_a + \sum_b I_{ba} m_b`, with
own generation :math:`G`, its CO2 :math:`E` and what arrives from other areas, :math:`I`. Marginal: at the
basis of the optimum, one more GWh of load in an hour is met by the units that are free to move, wherever they
stand and at whatever hour storage brings it from; :math:`\mu_{at} = e_B B^{-1}` at the row of the balance.
Where an hour is a kink (a fleet is exactly used up) this is the emission to one side of it.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.analyse.power import traced
from optimizer.analyse.year import Year, add_by, positions
from optimizer.milestones import Array, Inputs, Solution

MARGINAL = "co2_marginal"
"""Name of the marginal rates among the hourly duals. [kt/GWh], which is kg/kWh"""

CO2_PRICE = "co2_price_jpy_per_t"
JPY_BN_PER_KT = 1e-6
"""One JPY/t in JPY bn/kt."""


def emission_columns(inputs: Inputs, solution: Solution, year: Year) -> dict[str, Array]:
    """Return `co2_average_kg_per_kwh` and `co2_marginal_kg_per_kwh` by area, over the year. [kg/kWh]"""
    return {
        "co2_average_kg_per_kwh": average_rate(inputs, solution, year),
        "co2_marginal_kg_per_kwh": marginal_rate(solution) @ solution.weight / solution.weight.sum(),
    }


def average_rate(inputs: Inputs, solution: Solution, year: Year) -> Array:
    """CO2 of a kWh supplied in each area, imports with the rate of where they come from. [kg/kWh]"""
    area = inputs.fleets.index.get_level_values("area")
    energy = year.total(year.gen)
    made = np.column_stack([energy, energy * inputs.fleets["co2_kt_per_gwh"].to_numpy()])
    thermal, emitted = add_by(made, area, inputs.areas.index).T
    must_run = inputs.hours.must_run_gw.sum(axis=1)[:, solution.hour]
    own = thermal + year.total(must_run) + year.total(year.used_renewable)
    return traced(inputs, year, emitted, own)


def marginal_rate(solution: Solution) -> Array:
    """CO2 of one more kWh of load by area and hour, mixed as the published prices are. [kg/kWh]"""
    return np.asarray(solution.dispatch_duals[MARGINAL], dtype=float)


def co2_of_load(inputs: Inputs, solution: Solution) -> pd.Series:
    """CO2 price on the marginal emissions of one GW of IT load, by site and class. [JPY bn/GW/a]

    Part of what the load's energy costs; nothing where the pack gives no CO2 price.
    """
    prices = inputs.parameters["value"]
    price = float(prices[CO2_PRICE]) * JPY_BN_PER_KT if CO2_PRICE in prices.index else 0.0
    area = positions(inputs.areas.index, inputs.sites["area"])
    drawn = inputs.pue[:, solution.hour] * marginal_rate(solution)[area] * solution.weight
    paid = price * (drawn @ inputs.profile[:, solution.hour].T)
    index = pd.MultiIndex.from_product([inputs.sites.index, inputs.workloads.index])
    return pd.Series(paid.ravel(), index=index)
