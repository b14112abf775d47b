"""Where the plan's power comes from: contracted renewables first, the area's mix for the rest."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.analyse.year import Year, add_by, existing_weather, positions
from optimizer.milestones import Array, Inputs, Solution
from optimizer.scenario.tables import MUST_RUN

MADE_GWH = 1e-9
"""Energy below this is rounding of the solver. [GWh/a]"""

RENEWABLE_MUST_RUN = ("hydro", "geothermal", "biomass")


def contracted_share(inputs: Inputs, solution: Solution, year: Year, dc_gwh: float) -> float:
    """Share of the data centers' yearly power that the plan's new renewables give, after curtailment. [1]"""
    new = year.available - existing_weather(inputs, solution)
    used = np.divide(year.used_renewable, year.available, out=np.ones_like(new), where=year.available > 0)
    return min(1.0, float((new * used @ year.weight).sum()) / dc_gwh) if dc_gwh > 0 else 0.0


def renewable_share(inputs: Inputs, solution: Solution, year: Year, dc_gwh: Array) -> pd.Series:
    r"""Share of the data centers' power that is domestic renewable energy, by area. [1]

    One ledger: new renewables the plan contracts are shared by all its data centers, :math:`\rho`; the rest
    takes the mix of the area without them, :math:`m_a`, imports carrying the mix of where they come from:
    :math:`s_a = \rho + (1 - \rho) m_a` with :math:`m_a (G_a + \sum_b I_{ba}) = R_a + \sum_b I_{ba} m_b`.
    """
    contracted = contracted_share(inputs, solution, year, float(dc_gwh.sum()))
    kinds = [MUST_RUN.index(kind) for kind in RENEWABLE_MUST_RUN]
    must_run = inputs.hours.must_run_gw[:, :, solution.hour]
    existing = np.minimum(existing_weather(inputs, solution), year.used_renewable)
    renewable = year.total(must_run[:, kinds].sum(axis=1) + existing)
    area = inputs.fleets.index.get_level_values("area")
    thermal = add_by(year.total(year.gen)[:, None], area, inputs.areas.index)[:, 0]
    own = renewable + year.total(must_run[:, [MUST_RUN.index("other_thermal")]].sum(axis=1)) + thermal
    mix = np.clip(traced(inputs, year, renewable, own), 0.0, 1.0)
    return pd.Series(contracted + (1.0 - contracted) * mix, index=inputs.areas.index, name="renewable_share")


def traced(inputs: Inputs, year: Year, carried: Array, own: Array) -> Array:
    """Return what a unit of energy supplied in each area carries, imports included.

    Args:
        inputs: what was asked.
        year: flows.
        carried: what the areas' own generation carries over the year: renewable energy, CO2.
        own: the areas' own generation. [GWh]

    Returns:
        Carried per GWh supplied, by area. An area that nothing reaches that was made anywhere (it makes none,
        imports none or only what others like it send round in circles) has 0: nothing is carried there.
    """
    count = len(inputs.areas)
    into = np.zeros((count, count))
    first = positions(inputs.areas.index, inputs.interties["from_area"])
    second = positions(inputs.areas.index, inputs.interties["to_area"])
    arrives = 1.0 - inputs.interties["loss_share"].to_numpy()
    np.add.at(into, (second, first), year.total(year.forward) * arrives)
    np.add.at(into, (first, second), year.total(year.backward) * arrives)
    supply = own + into.sum(axis=1)
    fed = np.flatnonzero(_fed(own > MADE_GWH, into > MADE_GWH))
    per_supply = np.zeros(count)
    matrix = np.diag(supply[fed]) - into[np.ix_(fed, fed)]
    per_supply[fed] = np.linalg.solve(
        matrix, carried[fed]
    )  # regular: every fed row leads to one with own > 0
    return per_supply


def _fed(makes: npt.NDArray[np.bool_], sends: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which areas get something that was made: where it is made, and wherever those send it."""
    fed = makes
    for _ in makes:
        fed = fed | (sends & fed).any(axis=1)
    return fed
