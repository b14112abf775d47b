r"""What the grid sees of the siting problem, hour by hour: right-hand sides and the coupling matrix.

The data-center load of an area is :math:`P_{at} = \sum_{r \in a} \eta_{rt} \sum_c \varphi_{ct}\, q_{rc}` with
hourly PUE :math:`\eta` and load profile :math:`\varphi`; new renewables give :math:`\sum \phi_{rgt} e_{rg}`;
batteries and lines add their capacity. All linear in the siting decisions. No Pyomo here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from optimizer.milestones import Array, Inputs, LinearProgramme, Period

INTERFACE = ("hosted", "renewable", "battery_power", "battery_energy", "line")
"""Siting variables the grid sees, in the order of the interface columns."""

NEGLIGIBLE = 1e-9
"""Coupling below this, one watt per GW (sunrise), is none: solvers drop it in silence, we drop it for all."""

HOURS_PER_YEAR = 8760
WEEK = 168


def interface_columns(siting: LinearProgramme) -> npt.NDArray[np.int64]:
    """Return the siting columns the grid sees, in the order of :data:`INTERFACE`."""
    return np.concatenate([siting.variables[name].at for name in INTERFACE])


def year_of_weeks(weeks: int | None) -> list[tuple[npt.NDArray[np.int64], float]]:
    """Cut the year into periods with their weights.

    Args:
        weeks: None for all 52 weeks and the remaining day; otherwise so many evenly spaced weeks,
            each standing for 8760 / (168 · weeks) weeks.

    Returns:
        Hours and weight of each period; Σ weight · hours = 8,760.
    """
    if weeks is None:
        starts = range(0, HOURS_PER_YEAR, WEEK)
        return [(np.arange(start, min(start + WEEK, HOURS_PER_YEAR)), 1.0) for start in starts]
    first = [round(i * 52 / weeks) * WEEK for i in range(weeks)]
    return [(np.arange(start, start + WEEK), HOURS_PER_YEAR / (WEEK * weeks)) for start in first]


def representative_days(inputs: Inputs) -> list[tuple[npt.NDArray[np.int64], float]]:
    """Pick the medoid day of each calendar month by residual load and weight it by the month's days."""
    hours = inputs.hours
    available = np.einsum("agt,ag->at", hours.existing_cf, inputs.renewables_existing_gw)
    residual = hours.demand_gw - hours.must_run_gw.sum(axis=1) - available
    days = residual.reshape(len(inputs.areas), -1, 24).transpose(1, 0, 2).reshape(-1, len(inputs.areas) * 24)
    month = hours.time[::24].month.to_numpy()
    chosen = []
    for number in dict.fromkeys(month):
        members = np.flatnonzero(month == number)
        distance = np.abs(days[members][:, None, :] - days[members][None, :, :]).sum(axis=(1, 2))
        medoid = members[int(np.argmin(distance))]
        chosen.append((medoid * 24 + np.arange(24), float(len(members))))
    return chosen


def make_period(
    inputs: Inputs, block: LinearProgramme, hours: npt.NDArray[np.int64], weight: float
) -> Period:
    """Stamp one period: limits of the block's rows without the plan, and the coupling matrix."""
    lower, upper = period_limits(inputs, block, hours)
    return Period(hours, weight, lower, upper, coupling_matrix(inputs, block, hours))


def period_limits(
    inputs: Inputs, block: LinearProgramme, hours: npt.NDArray[np.int64]
) -> tuple[Array, Array]:
    """Return lower and upper limits of every row of the block in these hours, without the plan. [GW, GWh]"""
    lower, upper = block.lower.copy(), block.upper.copy()
    year = inputs.hours
    net_demand = year.demand_gw[:, hours] - year.must_run_gw[:, :, hours].sum(axis=1)
    available = np.einsum("agt,ag->at", year.existing_cf[:, :, hours], inputs.renewables_existing_gw)
    rows = block.equations
    lower[rows["energy_balance"].at] = net_demand
    upper[rows["energy_balance"].at] = net_demand
    upper[rows["renewable_available"].at] = available
    lower[rows["fleet_minimum"].at] = inputs.fleets["min_gw"].to_numpy()[:, None]
    for name, table, column in (
        ("fleet_available", inputs.fleets, "available_gw"),
        ("storage_charge_power", inputs.storage, "power_gw"),
        ("storage_discharge_power", inputs.storage, "power_gw"),
        ("storage_energy", inputs.storage, "energy_gwh"),
        ("intertie_forward", inputs.interties, "forward_gw"),
        ("intertie_backward", inputs.interties, "reverse_gw"),
    ):
        upper[rows[name].at] = table[column].to_numpy(dtype=float)[:, None]
    return lower, upper


def coupling_matrix(inputs: Inputs, block: LinearProgramme, hours: npt.NDArray[np.int64]) -> sp.csr_matrix:
    """Return what one unit of each interface column adds to the limits of the block's rows.

    Shape: rows of the block × interface columns; GW of limit per GW (or GWh) built.
    """
    area = inputs.areas.index.get_indexer(pd.Index(inputs.sites["area"]))
    balance, weather = block.equations["energy_balance"].at, block.equations["renewable_available"].at
    drawn = inputs.pue[:, None, hours] * inputs.profile[None, :, hours]
    load = (np.repeat(balance[area], drawn.shape[1], axis=0), drawn.reshape(-1, len(hours)))
    site, technology = _renewable_axes(inputs)
    given = inputs.hours.site_cf[site, technology][:, hours]
    renewable = (weather[area[site]], given)
    battery = [i for i, (_, kind) in enumerate(inputs.storage.index) if kind == "battery"]
    power = _ones(block, ("storage_charge_power", "storage_discharge_power"), battery)
    energy = _ones(block, ("storage_energy",), battery)
    line = _ones(block, ("intertie_forward", "intertie_backward"), list(range(len(inputs.interties))))
    return _assemble((load, renewable, power, energy, line), len(block.lower))


def _renewable_axes(inputs: Inputs) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    site = inputs.sites.index.get_indexer(inputs.renewables.index.get_level_values("site"))
    names = list(inputs.technologies)
    technology = np.array([names.index(g) for _, g in inputs.renewables.index], dtype=np.intp)
    return site, technology


Entries = tuple[npt.NDArray[np.int64], Array]
"""Row numbers and values, each [column, entry]."""


def _ones(block: LinearProgramme, names: tuple[str, ...], keys: list[int]) -> Entries:
    rows = np.concatenate([block.equations[name].at[keys] for name in names], axis=1)
    return rows, np.ones(rows.shape)


def _assemble(groups: tuple[Entries, ...], row_count: int) -> sp.csr_matrix:
    row, column, value, start = [], [], [], 0
    for rows, values in groups:
        row.append(rows.ravel())
        column.append(np.repeat(np.arange(start, start + len(rows)), rows.shape[1]))
        value.append(values.ravel())
        start += len(rows)
    values = np.concatenate(value)
    values = np.where(np.abs(values) >= NEGLIGIBLE, values, 0.0)
    entries = (values, (np.concatenate(row), np.concatenate(column)))
    matrix = sp.csr_matrix(entries, shape=(row_count, start))
    matrix.eliminate_zeros()
    return matrix
