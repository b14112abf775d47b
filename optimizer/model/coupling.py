r"""What the grid sees of the siting problem, hour by hour: right-hand sides and the coupling matrix.

The data-center load of an area is :math:`P_{at} = \sum_{r \in a} \eta_{rt} \sum_c \varphi_{ct}\, q_{rc}` with
hourly PUE :math:`\eta` and load profile :math:`\varphi`; new renewables give :math:`\sum \phi_{rgt} e_{rg}`;
batteries and lines add their capacity. All linear in the siting decisions. No Pyomo here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.milestones import Array, Inputs, LinearProgramme, Period

INTERFACE = (
    "hosted", "renewable", "battery_power", "battery_energy", "line",
    "nonfirm", "interrupt_budget", "match_budget", "co2_budget",
)  # fmt: skip
"""Siting variables the grid sees, in the order of the interface columns; the budgets are one per period."""

BUDGETS = ("interrupt_budget", "match_budget", "co2_budget")
"""Interface variables of which every period has its own."""

SHARED = ("interrupt_within_budget", "matched_reaches_budget", "co2_within_budget")
"""Dispatch equations that the budgets limit."""

NEGLIGIBLE = 1e-9
"""Coupling below this, one watt per GW (sunrise), is none: solvers drop it in silence, we drop it for all."""

Periods = Sequence[tuple[npt.NDArray[np.int64], float]]
"""Hours of the year and weight of each period."""

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


def without_plan(inputs: Inputs, siting: LinearProgramme, periods: Periods) -> Array:
    """Return the interface values of the system without the plan: nothing built, and no cap on CO2."""
    values = {name: np.zeros(len(siting.variables[name].at)) for name in INTERFACE}
    if len(values["co2_budget"]):
        hourly = float(inputs.fleets["available_gw"].to_numpy() @ inputs.fleets["co2_kt_per_gwh"].to_numpy())
        values["co2_budget"] = np.array([hourly * len(hours) for hours, _ in periods])
    return np.concatenate([values[name] for name in INTERFACE])


def make_periods(
    inputs: Inputs,
    blocks: Mapping[int, LinearProgramme],
    periods: Periods,
) -> tuple[Period, ...]:
    """Stamp the periods of a year: limits of the block's rows without the plan, and the coupling matrix."""
    return tuple(
        _make_period(inputs, blocks[len(hours)], (hours, weight), (number, len(periods)))
        for number, (hours, weight) in enumerate(periods)
    )


def _make_period(
    inputs: Inputs,
    block: LinearProgramme,
    period: tuple[npt.NDArray[np.int64], float],
    place: tuple[int, int],
) -> Period:
    hours, weight = period
    lower, upper = period_limits(inputs, block, hours)
    return Period(hours, weight, lower, upper, coupling_matrix(inputs, block, hours, place))


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
    if rows["contracted_is_used"].keys:
        upper[rows["contracted_is_used"].at] = np.maximum(_least_output(inputs)[:, None] - net_demand, 0.0)
    upper[rows["move_within_gateway"].at] = inputs.settings.gateway_gw
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


def _least_output(inputs: Inputs) -> Array:
    """Least output of each area's fleets together. [GW]"""
    least = inputs.fleets["min_gw"].groupby(level="area").sum()
    return np.asarray(least.reindex(inputs.areas.index, fill_value=0.0), dtype=float)


def coupling_matrix(
    inputs: Inputs, block: LinearProgramme, hours: npt.NDArray[np.int64], place: tuple[int, int] = (0, 1)
) -> sp.csr_matrix:
    """Return what one unit of each interface column adds to the limits of the block's rows.

    Args:
        inputs: checked inputs.
        block: the compiled dispatch block.
        hours: hours of the year the period covers.
        place: number of the period and how many there are: whose budgets these are.

    Returns:
        Rows of the block × interface columns; GW of limit per GW (or GWh) built, GWh (kt) per GWh (kt) of
        budget.
    """
    battery = [i for i, (_, kind) in enumerate(inputs.storage.index) if kind == "battery"]
    groups = (
        _load(inputs, block, hours),
        _renewable(inputs, block, hours),
        _ones(block, ("storage_charge_power", "storage_discharge_power"), battery),
        _ones(block, ("storage_energy",), battery),
        _ones(block, ("intertie_forward", "intertie_backward"), list(range(len(inputs.interties)))),
        _nonfirm(inputs, block),
        _budget(block, "interrupt_within_budget", place),
        _budget(block, "matched_reaches_budget", place),
        _budget(block, "co2_within_budget", place),
    )
    return _assemble(groups, len(block.lower))


def _load(inputs: Inputs, block: LinearProgramme, hours: npt.NDArray[np.int64]) -> Entries:
    """What a GW of IT load hosted of each class at each site draws, and how much of it is flexible."""
    area = inputs.sites["area"].to_numpy()
    pue, profile = inputs.pue[:, None, hours], inputs.profile[None, :, hours]
    drawn = pue * profile
    flexible = inputs.workloads["flexible_share"].to_numpy()[:, None]
    machines = 1.0 / inputs.workloads["utilisation"].to_numpy()[:, None]
    idle = pue * np.where(flexible > 0, np.maximum(machines - profile[0], 0.0), 0.0)[None]
    return _joined(
        [
            _at_areas(block, "energy_balance", area, drawn),
            _at_areas(block, "interrupt_within_load", area, drawn),
            _at_areas(block, "shift_within_flexible", area, drawn * flexible),
            _at_areas(block, "shift_within_machines", area, idle),
            _at_areas(block, "matched_within_load", area, drawn),
        ]
    )


def _renewable(inputs: Inputs, block: LinearProgramme, hours: npt.NDArray[np.int64]) -> Entries:
    site, technology = _renewable_axes(inputs)
    area = inputs.sites["area"].to_numpy()[site]
    given = inputs.hours.site_cf[site, technology][:, None, hours]
    return _joined(
        [_at_areas(block, name, area, given) for name in ("renewable_available", "contracted_available")]
    )


def _nonfirm(inputs: Inputs, block: LinearProgramme) -> Entries:
    sites = inputs.sites["nonfirm_limit_gw"] > 0
    area = inputs.sites["area"].to_numpy()[sites.to_numpy()]
    width = block.equations["interrupt_only_nonfirm"].at.shape[1]
    return _at_areas(block, "interrupt_only_nonfirm", area, np.ones((len(area), 1, width)))


def _budget(block: LinearProgramme, equation: str, place: tuple[int, int]) -> Entries:
    """Each key's budget of this period opens its row; those of other periods do nothing here."""
    number, count = place
    rows = np.repeat(block.equations[equation].at, count, axis=0)
    mine = np.tile(np.arange(count) == number, len(block.equations[equation].at))
    return rows, mine[:, None].astype(float) * np.ones(rows.shape)


def _at_areas(block: LinearProgramme, equation: str, area: Array, values: Array) -> Entries:
    """Rows and values of an equation by area (or by the one zone of all areas); none where it has no row.

    Args:
        block: the compiled dispatch block.
        equation: a law with one row per area and hour.
        area: area of each first-axis entry of the values.
        values: [site, class or one, hour].
    """
    place = block.equations[equation]
    columns = values.reshape(-1, values.shape[-1])
    if not place.keys:
        empty = np.zeros((len(columns), 0))
        return empty.astype(np.int64), empty
    number = {key: i for i, key in enumerate(place.keys)}
    everywhere = number.get("nation", -1)
    at = np.array([number.get(a, everywhere) for a in area], dtype=np.int64)
    rows = np.repeat(place.at[np.maximum(at, 0)], values.shape[1], axis=0)
    there = np.repeat(at >= 0, values.shape[1])
    return rows, np.where(there[:, None], columns, 0.0)


def _joined(parts: list[Entries]) -> Entries:
    """Put the entries of the same columns into several equations side by side."""
    return np.concatenate([rows for rows, _ in parts], axis=1), np.concatenate([v for _, v in parts], axis=1)


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
