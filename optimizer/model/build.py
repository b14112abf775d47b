"""The two problems on one page each: sets, parameters, variables, equations, objective."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pyomo.environ as pyo

from optimizer.errors import InfeasibleError
from optimizer.milestones import Inputs
from optimizer.model import (
    adequacy,
    blocks,
    clean,
    cost,
    dispatch,
    fibre,
    flexible,
    goals,
    policy,
    risk,
    siting,
)
from optimizer.model import units as u
from optimizer.model.components import Reader, blank, group, index_set, lookup, number, param, variable

Equation = tuple[Callable[..., Any], tuple[str, ...]]

SITING_EQUATIONS: tuple[Equation, ...] = (
    (siting.serve_demand, ("DEMANDS",)),
    (siting.load_at_site, ("SITES", "WORKLOADS")),
    (siting.load_by_mode, ("SITES", "WORKLOADS")),
    (siting.within_built_capacity, ("SITES", "MODES")),
    (siting.within_connection, ("SITES",)),
    (flexible.within_nonfirm_limit, ("NONFIRM_SITES",)),
    (flexible.nonfirm_within_need, ("NONFIRM_SITES",)),
    (flexible.interrupt_hours, ("NONFIRM_AREAS",)),
    (siting.within_grid_headroom, ("SITES",)),
    (siting.within_reinforcement_step, ("STEPS",)),
    (siting.within_site, ("SITES",)),
    (blocks.whole_blocks, ("BLOCK_SITES",)),
    (siting.within_renewable_potential, ("RENEWABLES",)),
    (siting.within_battery_limit, ("BATTERY_AREAS",)),
    (siting.within_line_limit, ("LINKS",)),
    (fibre.within_fibre, ("FIBRES",)),
    (fibre.within_fibre_limit, ("FIBRES",)),
    (policy.additionality, ()),
    (clean.matching, ("MATCHED_NATION",)),
    (clean.co2_cap, ("CAPPED",)),
    (policy.operator_mix_least, ("LEAST_MIX",)),
    (policy.operator_mix_most, ("MOST_MIX",)),
    (policy.dispersion, ()),
    (policy.distribution_as_today, ("AS_TODAY",)),
    (risk.regional_cap, ("CAPPED_AREAS",)),
    (risk.hazard_exposure, ("HAZARD_RULES",)),
    (risk.within_land, ("LAND_SITES",)),
    (risk.within_water, ("WATER_SITES",)),
    (adequacy.adequacy, ("FIRM_AREAS", "STRESSED_HOURS")),
    (adequacy.relief_within_nonfirm, ("RELIEF_AREAS", "STRESSED_HOURS")),
    (adequacy.relief_within_load, ("RELIEF_AREAS", "STRESSED_HOURS")),
    (adequacy.relief_within_allowance, ("RELIEF_AREAS",)),
    (adequacy.assist_within_intertie, ("LINKS", "DIRECTIONS", "STRESSED_HOURS")),
    (adequacy.firm_battery_power, ("FIRM_BATTERIES",)),
    (adequacy.firm_battery_energy, ("FIRM_BATTERIES",)),
    (goals.captured, ("CAPTURE_SALES",)),
    (goals.within_capture_segment, ("CAPTURE_SEGMENTS",)),
    (goals.capture_target, ("CAPTURE_AIMS",)),
    (goals.budget, ("BUDGETS",)),
)
"""Laws of the siting problem in reading order; the function's name is the constraint's name."""

DISPATCH_EQUATIONS: tuple[Equation, ...] = (
    (dispatch.energy_balance, ("AREAS", "HOURS")),
    (dispatch.renewable_available, ("AREAS", "HOURS")),
    (dispatch.fleet_available, ("FLEETS", "HOURS")),
    (dispatch.fleet_minimum, ("FLEETS", "HOURS")),
    (dispatch.storage_level, ("STORAGES", "HOURS")),
    (dispatch.storage_charge_power, ("STORAGES", "HOURS")),
    (dispatch.storage_discharge_power, ("STORAGES", "HOURS")),
    (dispatch.storage_energy, ("STORAGES", "HOURS")),
    (dispatch.intertie_forward, ("LINKS", "HOURS")),
    (dispatch.intertie_backward, ("LINKS", "HOURS")),
    (flexible.interrupt_only_nonfirm, ("INTERRUPT_AREAS", "HOURS")),
    (flexible.interrupt_within_load, ("INTERRUPT_AREAS", "HOURS")),
    (flexible.interrupt_within_budget, ("INTERRUPT_AREAS",)),
    (flexible.shift_within_flexible, ("FLEXIBLE_AREAS", "HOURS")),
    (flexible.shift_within_machines, ("FLEXIBLE_AREAS", "HOURS")),
    (flexible.shift_conserves_day, ("SHIFT_AREAS", "DAYS")),
    (flexible.moved_work_arrives, ("MOVING", "HOURS")),
    (flexible.move_within_gateway, ("MOVE_AREAS", "HOURS")),
    (clean.contracted_available, ("CONTRACT_AREAS", "HOURS")),
    (clean.contracted_is_used, ("CONTRACT_AREAS", "HOURS")),
    (clean.contracted_not_curtailed, ("CONTRACT_AREAS", "HOURS")),
    (clean.matched_from_contracted, ("ZONES", "HOURS")),
    (clean.matched_within_load, ("HOURLY_ZONES", "HOURS")),
    (clean.kept_level, ("KEEPING_AREAS", "HOURS")),
    (clean.kept_while_charging, ("KEEPING_AREAS", "HOURS")),
    (clean.kept_until_discharged, ("KEEPING_AREAS", "HOURS")),
    (clean.kept_within_level, ("KEEPING_AREAS", "HOURS")),
    (clean.matched_reaches_budget, ("MATCHED_PERIOD",)),
    (clean.co2_within_budget, ("CAPPED_PERIOD",)),
)
"""Laws of the dispatch problem in reading order; those of the whole period end without ``HOURS``."""

WITHOUT_HOUR = frozenset(
    {rule.__name__ for rule, index in DISPATCH_EQUATIONS if index[-1] != "HOURS"} | {"unmatched", "overshoot"}
)
"""Components of a dispatch block that belong to the period, not to one of its hours."""

EQUATIONS = SITING_EQUATIONS + DISPATCH_EQUATIONS


WHOLE_YEAR = (1.0,)
"""Weights of a year that is one period."""


def build_siting(inputs: Inputs, weights: Sequence[float] = WHOLE_YEAR) -> pyo.ConcreteModel:
    """Write the siting problem. Reads no files, solves nothing.

    Args:
        inputs: checked inputs, internal units.
        weights: how many of each period the year has; yearly allowances are shared out over the periods.

    Returns:
        A Pyomo model with units on every Param and Var, objective `siting_cost` [JPY bn/a].

    Raises:
        InfeasibleError: somebody asks for load that no site may serve.
    """
    m = blank("siting")
    _say_siting(m, inputs, weights)
    m.sites_near = group(((n, c), r) for n, c, r in m.ROUTES)
    m.nodes_near = group(((r, c), n) for n, c, r in m.ROUTES)
    m.steps_at = group(m.STEPS)
    for rule, index in SITING_EQUATIONS:
        m.add_component(rule.__name__, pyo.Constraint(*(getattr(m, name) for name in index)))
        _write_law(m, rule)
    m.objective = pyo.Objective(expr=0.0, sense=pyo.minimize)
    _write_objective(m)
    return m


def restate_siting(
    m: pyo.ConcreteModel, inputs: Inputs, weights: Sequence[float] = WHOLE_YEAR
) -> tuple[set[str], set[str]]:
    """Give a siting problem the figures of other inputs with the same sets.

    Args:
        m: from :func:`build_siting`; to be thrown away if this fails.
        inputs: checked inputs, internal units.
        weights: as many as the model was built with.

    Returns:
        Names of the laws that read what differs, `objective` among them if it does; and those of them that
        sum over other groups, which were written again.

    Raises:
        InfeasibleError: somebody asks for load that no site may serve.
        OtherSetsError: these inputs have other sets: other sites, routes, rules.
    """
    m.changed.clear()
    m.regrouped.clear()
    _say_siting(m, inputs, weights)
    differ = {name for name, read in m.readers.items() if (m.changed | m.regrouped) & vars(read).keys()}
    regrouped = {name for name, read in m.readers.items() if m.regrouped & vars(read).keys()}
    for rule, _ in SITING_EQUATIONS:
        if rule.__name__ in regrouped:
            _write_law(m, rule)
    if "objective" in regrouped:
        _write_objective(m)
    return differ, regrouped


def _write_law(m: Any, rule: Callable[..., Any]) -> None:
    reader = m.readers[rule.__name__] = Reader(m)
    law = m.component(rule.__name__)
    law.clear()
    for key in law.index_set():
        law.add(key, rule(reader, *(key if isinstance(key, tuple) else () if key is None else (key,))))


def _write_objective(m: Any) -> None:
    reader = m.readers["objective"] = Reader(m)
    m.objective.set_value(cost.siting_cost(reader))


def _say_siting(m: Any, inputs: Inputs, weights: Sequence[float]) -> None:
    """Say sets, parameters and variables, for the first time or again."""
    _check_reachable(inputs)
    number(m, "one_gw", 1.0, u.POWER)
    _siting_sets(m, inputs)
    _siting_site_parameters(m, inputs)
    _siting_policy_parameters(m, inputs)
    _siting_variables(m)
    flexible.add_nonfirm(m, inputs, weights)
    clean.add_matching(m, inputs, weights)
    clean.add_co2_cap(m, inputs, weights)
    fibre.add_fibre(m, inputs)
    risk.add_risk(m, inputs)
    adequacy.add_adequacy(m, inputs)
    goals.add_goals(m, inputs)
    blocks.add_blocks(m, inputs)


def _check_reachable(inputs: Inputs) -> None:
    """Refuse demand without a route: a law without a variable is no row, so the solver could not name it."""
    reached = set(inputs.routes["rtt_ms"].droplevel("site").index)
    asked = inputs.demand.index[inputs.demand["demand_gw"] > 0]
    lost = [(node, workload) for node, workload in asked if (node, workload) not in reached]
    if lost and not inputs.settings.allow_abroad:
        listed = ", ".join(f"{node} / {workload}" for node, workload in lost[:5])
        raise InfeasibleError(
            f"no site is within the latency limit of {len(lost)} of the demands (node / class): {listed}"
            f"{', …' if len(lost) > 5 else ''}: raise network.rtt_limit_ms, or set demand.allow_abroad",
            f"遅延の上限内に立地のない需要が {len(lost)} 件あります (需要地 / 種別): {listed}"
            f"{', …' if len(lost) > 5 else ''}。network.rtt_limit_ms を上げるか、"
            f"demand.allow_abroad を有効にしてください",
        )


def _siting_sets(m: Any, inputs: Inputs) -> None:
    settings = inputs.settings
    index_set(m, "SITES", inputs.sites.index)
    index_set(m, "WORKLOADS", inputs.workloads.index)
    index_set(m, "MODES", inputs.modes.index)
    index_set(m, "LINKS", inputs.interties.index)
    index_set(m, "DEMANDS", inputs.demand.index, 2)
    index_set(m, "ABROAD", list(inputs.demand.index) if settings.allow_abroad else [], 2)
    index_set(m, "ROUTES", inputs.routes.index, 3)
    index_set(m, "STEPS", inputs.reinforcements.index, 2)
    index_set(m, "RENEWABLES", inputs.renewables.index, 2)
    index_set(m, "BATTERY_AREAS", [a for a, s in inputs.storage.index if s == "battery"])
    mix = inputs.operator_mix
    index_set(m, "LEAST_MIX", mix.index[mix["min_share"] > 0], 2)
    index_set(m, "MOST_MIX", mix.index[mix["max_share"] < 1], 2)
    as_today = settings.distribution == "as_today"
    index_set(m, "AS_TODAY", list(inputs.areas.index) if as_today else [])
    outside = ~inputs.sites["area"].isin(settings.metropolitan_areas)
    index_set(m, "REGIONAL_SITES", inputs.sites.index[outside])
    lookup(m, "sites_in", group((area, site) for site, area in inputs.sites["area"].items()))


def _siting_site_parameters(m: Any, inputs: Inputs) -> None:
    sites = inputs.sites
    param(m, "headroom", m.SITES, sites["headroom_gw"], u.POWER)
    param(m, "site_limit", m.SITES, sites["site_limit_gw"], u.POWER)
    param(m, "pue_peak", m.SITES, sites["pue_peak"], u.ONE)
    param(
        m, "it_cost", m.SITES, sites["building_jpy_bn_per_gw_a"] + sites["land_jpy_bn_per_gw_a"], u.POWER_RATE
    )
    param(m, "connection_cost", m.SITES, sites["connection_jpy_bn_per_gw_a"], u.POWER_RATE)
    spare = {(r, k): 0.0 for r in sites.index for k in inputs.modes.index}
    spare |= {
        (r, "domestic"): gw for r, gw in sites["spare_it_gw"].items() if "domestic" in inputs.modes.index
    }
    param(m, "spare_it", m.SITES * m.MODES, spare, u.POWER)
    param(m, "step_size", m.STEPS, inputs.reinforcements["size_gw"], u.POWER)
    param(m, "step_cost", m.STEPS, inputs.reinforcements["cost_jpy_bn_per_gw_a"], u.POWER_RATE)
    param(m, "renewable_limit", m.RENEWABLES, inputs.renewables["limit_gw"], u.POWER)
    param(m, "renewable_cost", m.RENEWABLES, inputs.renewables["cost_jpy_bn_per_gw_a"], u.POWER_RATE)
    battery = (
        inputs.storage.xs("battery", level="storage") if len(m.BATTERY_AREAS) else inputs.storage.iloc[:0]
    )
    param(m, "battery_limit", m.BATTERY_AREAS, battery["expansion_limit_gw"], u.POWER)
    param(m, "battery_power_cost", m.BATTERY_AREAS, battery["power_jpy_bn_per_gw_a"], u.POWER_RATE)
    param(m, "battery_energy_cost", m.BATTERY_AREAS, battery["energy_jpy_bn_per_gwh_a"], u.ENERGY_RATE)
    param(m, "line_limit", m.LINKS, inputs.interties["expansion_limit_gw"], u.POWER)
    param(m, "line_cost", m.LINKS, inputs.interties["expansion_jpy_bn_per_gw_a"], u.POWER_RATE)


def _siting_policy_parameters(m: Any, inputs: Inputs) -> None:
    settings = inputs.settings
    param(m, "utilisation", m.WORKLOADS, inputs.workloads["utilisation"], u.ONE)
    param(m, "demand", m.DEMANDS, inputs.demand["demand_gw"], u.POWER)
    param(m, "abroad_cost", m.DEMANDS, inputs.demand["abroad_jpy_bn_per_gw_a"], u.POWER_RATE)
    param(m, "fibre_cost", m.ROUTES, inputs.routes["fibre_jpy_bn_per_gw_a"], u.POWER_RATE)
    param(m, "load_hours", m.SITES * m.WORKLOADS, load_hours(inputs), u.YEARLY_ENERGY_PER_POWER)
    param(m, "renewable_hours", m.RENEWABLES, renewable_hours(inputs), u.YEARLY_ENERGY_PER_POWER)
    param(m, "least_share", m.LEAST_MIX, inputs.operator_mix["min_share"], u.ONE)
    param(m, "most_share", m.MOST_MIX, inputs.operator_mix["max_share"], u.ONE)
    param(m, "today_share", m.AS_TODAY, inputs.areas["as_today_share"], u.ONE)
    number(m, "additionality_share", settings.additionality, u.ONE)
    number(m, "regional_share", settings.min_regional_share, u.ONE)


def _siting_variables(m: Any) -> None:
    variable(m, "it", m.SITES * m.MODES, u.POWER)
    variable(m, "hosted", m.SITES * m.WORKLOADS, u.POWER)
    variable(m, "run", m.SITES * m.WORKLOADS * m.MODES, u.POWER)
    variable(m, "sold", m.ROUTES, u.POWER)
    variable(m, "abroad", m.ABROAD, u.POWER)
    variable(m, "connection", m.SITES, u.POWER)
    variable(m, "reinforce", m.STEPS, u.POWER)
    variable(m, "renewable", m.RENEWABLES, u.POWER)
    variable(m, "battery_power", m.BATTERY_AREAS, u.POWER)
    variable(m, "battery_energy", m.BATTERY_AREAS, u.ENERGY)
    variable(m, "line", m.LINKS, u.POWER)


def build_dispatch(inputs: Inputs, hours: int) -> pyo.ConcreteModel:
    """Write one dispatch block of so many hours; every right-hand side is zero until it is stamped.

    Args:
        inputs: checked inputs, internal units.
        hours: length of the period. [h]

    Returns:
        A Pyomo model with units, objective `dispatch_cost` [JPY bn]. The right-hand sides are mutable
        parameters: :func:`optimizer.model.coupling.period_limits` gives their values by period.
    """
    m = blank(f"dispatch_{hours}h")
    m.one_gw = pyo.Param(initialize=1.0, units=u.POWER)
    m.one_hour = pyo.Param(initialize=1.0, units=u.HOUR)
    m.HOURS = pyo.Set(initialize=list(range(hours)), ordered=True)
    m.AREAS = pyo.Set(initialize=list(inputs.areas.index))
    m.FLEETS = pyo.Set(dimen=2, initialize=list(inputs.fleets.index))
    m.STORAGES = pyo.Set(dimen=2, initialize=list(inputs.storage.index))
    m.LINKS = pyo.Set(initialize=list(inputs.interties.index))
    m.fleets_in = group(inputs.fleets.index)
    m.storages_in = group(inputs.storage.index)
    m.links_from = group((area, link) for link, area in inputs.interties["from_area"].items())
    m.links_into = group((area, link) for link, area in inputs.interties["to_area"].items())
    _dispatch_parameters(m, inputs)
    _dispatch_variables(m)
    flexible.add_flexible(m, inputs)
    clean.add_clean(m, inputs)
    _add_equations(m, DISPATCH_EQUATIONS)
    m.objective = pyo.Objective(rule=cost.dispatch_cost, sense=pyo.minimize)
    return m


def _dispatch_parameters(m: Any, inputs: Inputs) -> None:
    param(m, "loss", m.LINKS, inputs.interties["loss_share"], u.ONE)
    param(m, "charge_efficiency", m.STORAGES, inputs.storage["charge_efficiency"], u.ONE)
    param(m, "discharge_efficiency", m.STORAGES, inputs.storage["discharge_efficiency"], u.ONE)
    param(m, "fuel_cost", m.FLEETS, inputs.fleets["cost_jpy_bn_per_gwh"], u.MONEY_PER_ENERGY)
    m.voll = pyo.Param(initialize=inputs.settings.voll_jpy_bn_per_gwh, units=u.MONEY_PER_ENERGY)
    m.spill_cost = pyo.Param(initialize=inputs.settings.spill_jpy_bn_per_gwh, units=u.MONEY_PER_ENERGY)
    for name, index, unit in (
        ("net_demand", m.AREAS, u.POWER),
        ("dc_load", m.AREAS, u.POWER),
        ("existing_available", m.AREAS, u.POWER),
        ("new_available", m.AREAS, u.POWER),
        ("available", m.FLEETS, u.POWER),
        ("minimum", m.FLEETS, u.POWER),
        ("storage_power", m.STORAGES, u.POWER),
        ("storage_energy_limit", m.STORAGES, u.ENERGY),
        ("forward_capacity", m.LINKS, u.POWER),
        ("backward_capacity", m.LINKS, u.POWER),
    ):
        m.add_component(name, pyo.Param(index, m.HOURS, default=0.0, mutable=True, units=unit))


def _dispatch_variables(m: Any) -> None:
    variable(m, "gen", m.FLEETS * m.HOURS, u.POWER)
    variable(m, "used_renewable", m.AREAS * m.HOURS, u.POWER)
    variable(m, "charge", m.STORAGES * m.HOURS, u.POWER)
    variable(m, "discharge", m.STORAGES * m.HOURS, u.POWER)
    variable(m, "level", m.STORAGES * m.HOURS, u.ENERGY)
    variable(m, "forward", m.LINKS * m.HOURS, u.POWER)
    variable(m, "backward", m.LINKS * m.HOURS, u.POWER)
    variable(m, "shed", m.AREAS * m.HOURS, u.POWER)
    variable(m, "spill", m.AREAS * m.HOURS, u.POWER)


def load_hours(inputs: Inputs) -> dict[tuple[str, str], float]:
    """Yearly electricity per GW of IT load, by site and class: the sum of PUE times profile. [h/a]"""
    table = inputs.pue @ inputs.profile.T * (8760.0 / inputs.pue.shape[1])
    return {
        (r, c): float(table[i, j])
        for i, r in enumerate(inputs.sites.index)
        for j, c in enumerate(inputs.workloads.index)
    }


def renewable_hours(inputs: Inputs) -> dict[tuple[str, str], float]:
    """Yearly energy per GW of new renewables before curtailment, by site and technology. [h/a]"""
    yearly = inputs.hours.site_cf.mean(axis=2) * 8760.0
    row = {site: i for i, site in enumerate(inputs.sites.index)}
    column = {technology: j for j, technology in enumerate(inputs.technologies)}
    return {(r, g): float(yearly[row[r], column[g]]) for r, g in inputs.renewables.index}


def _add_equations(m: Any, equations: Iterable[Equation]) -> None:
    for rule, index in equations:
        sets = [getattr(m, name) for name in index]
        m.add_component(rule.__name__, pyo.Constraint(*sets, rule=rule))
