"""The solved hours as a planner's quantities: load, weather, prices, flows. One place for signs and units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.milestones import Array, Inputs, Solution

JPY_PER_KWH = 1000.0
"""One JPY bn/GWh in JPY/kWh."""

JPY_PER_KW = 1000.0
"""One JPY bn/GW in JPY/kW."""

JPY_PER_M2 = 1000.0
"""One JPY bn/km2 in JPY/m2."""

JPY_PER_M3 = 1000.0
"""One JPY bn/hm3 in JPY/m3."""

MW = 1000.0
"""One GW in MW."""


@dataclass(frozen=True)
class Year:
    """Hourly arrays of one dispatch, [area or key, T]; GW and JPY/kWh."""

    weight: Array
    """Hours of the year each column stands for."""

    gen: Array
    used_renewable: Array
    available: Array
    """Solar and wind before curtailment."""

    storage: Array
    """Discharge less charge, by area."""

    net_import: Array
    forward: Array
    backward: Array
    shed: Array
    spill: Array
    price: Array
    """Energy price, JPY/kWh."""

    def total(self, values: Array) -> Array:
        """Yearly total of an hourly array. [GWh]"""
        return np.asarray(values @ self.weight)


def dc_load(inputs: Inputs, solution: Solution) -> Array:
    """Electricity of the plan's data centers by area and hour: PUE · profile · IT load. [GW]"""
    hosted = hosted_load(inputs, solution)
    hour = solution.hour
    by_site = inputs.pue[:, hour] * (hosted.to_numpy() @ inputs.profile[:, hour])
    return add_by(by_site, inputs.sites["area"], inputs.areas.index)


def hosted_load(inputs: Inputs, solution: Solution) -> pd.DataFrame:
    """IT load hosted, sites × classes. [GW]"""
    values = solution.siting["hosted"].to_numpy().reshape(len(inputs.sites), len(inputs.workloads))
    return pd.DataFrame(np.maximum(values, 0.0), index=inputs.sites.index, columns=inputs.workloads.index)


def with_plan(inputs: Inputs, solution: Solution) -> Year:
    """Return the hours with the plan."""
    site, technology, built = new_renewables(inputs, solution)
    output = inputs.hours.site_cf[site, technology].take(solution.hour, axis=1) * built[:, None]
    new = add_by(output, inputs.sites["area"].iloc[site], inputs.areas.index)
    return _year(
        inputs, solution, solution.dispatch, solution.dispatch_duals, existing_weather(inputs, solution) + new
    )


def new_renewables(
    inputs: Inputs, solution: Solution
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Array]:
    """Return position of the site, position of the technology and capacity of all that is built. [GW]"""
    planned = solution.siting["renewable"]
    built = [(key, gw) for key, gw in zip(planned.index, planned.tolist(), strict=True) if gw > 0.0]
    site = positions(inputs.sites.index, [key[0] for key, _ in built])
    technology = positions(pd.Index(inputs.technologies), [key[1] for key, _ in built])
    return site, technology, np.array([gw for _, gw in built])


def without_plan(inputs: Inputs, solution: Solution) -> Year:
    """Return the hours of the same system without the plan."""
    return _year(
        inputs, solution, solution.baseline, solution.baseline_duals, existing_weather(inputs, solution)
    )


def existing_weather(inputs: Inputs, solution: Solution) -> Array:
    """Output of solar and wind in service before curtailment, by area and hour. [GW]"""
    cf = inputs.hours.existing_cf[:, :, solution.hour]
    return np.asarray(np.einsum("agt,ag->at", cf, inputs.renewables_existing_gw))


def _year(
    inputs: Inputs, solution: Solution, dispatch: dict[str, Array], duals: dict[str, Array], available: Array
) -> Year:
    areas, links = inputs.areas.index, inputs.interties
    arrives = (1.0 - links["loss_share"].to_numpy())[:, None]
    forward, backward = dispatch["forward"], dispatch["backward"]
    net_import = add_by(forward * arrives - backward, links["to_area"], areas)
    net_import += add_by(backward * arrives - forward, links["from_area"], areas)
    return Year(
        weight=solution.weight,
        gen=dispatch["gen"],
        used_renewable=dispatch["used_renewable"],
        available=available,
        storage=add_by(
            dispatch["discharge"] - dispatch["charge"], inputs.storage.index.get_level_values("area"), areas
        ),
        net_import=net_import,
        forward=forward,
        backward=backward,
        shed=dispatch["shed"],
        spill=dispatch["spill"],
        price=duals["energy_balance"] * JPY_PER_KWH,
    )


def positions(index: pd.Index, keys: pd.Series | pd.Index | list[Any]) -> npt.NDArray[np.intp]:
    """Where each key stands in an index."""
    return index.get_indexer(pd.Index(keys))


def add_by(values: Array, group: pd.Series | pd.Index, index: pd.Index) -> Array:
    """Add the rows of an array that belong to the same group; one row per entry of the index."""
    total = np.zeros((len(index), values.shape[1]))
    for row, value in zip(positions(index, group), values, strict=True):
        total[row] += value
    return total
