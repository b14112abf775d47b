"""Scenario and pack in, `Inputs` out: internal units, yearly costs, routes that exist, hourly PUE, load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.finance import annuity
from optimizer.inputs.announced import announced_load, announced_table, with_announced
from optimizer.inputs.between import between_areas
from optimizer.inputs.network import FibreNetwork, links_in_service, network_over, network_parameters
from optimizer.inputs.pack import Pack
from optimizer.inputs.pack_parameters import check_given_values
from optimizer.inputs.rules import (
    area_caps,
    firm_now,
    rule_faults,
    site_resources,
    steps_in_time,
    today_share,
)
from optimizer.milestones import Array, HourlyYear, Inputs
from optimizer.scenario.options import RunOptions
from optimizer.scenario.schema import MODES, Scenario
from optimizer.scenario.tables import TECHNOLOGIES
from optimizer.settings import Settings

MW_PER_GW = 1000.0
JPY_BN_PER_GWH = 1e-3
"""One JPY/kWh in JPY bn/GWh."""

KT_PER_MT = 1000.0
JPY_BN_PER_KT = 1e-6
"""One JPY/t in JPY bn/kt."""

M2_PER_KM2 = 1e6
HM3_PER_GWH = 1e-3
"""One litre per kWh in hm3 (million m3) per GWh."""

JPY_BN_PER_GWH_CO2 = 1e-6
"""One JPY/t times one kg/kWh in JPY bn/GWh."""


def scenario_parameters(scenario: Scenario, pack: Pack) -> pd.DataFrame:
    """Return the pack's parameters with the scenario's own values in place.

    Raises:
        InputError: E360, the scenario names a parameter, area or class the pack does not have; E332, it
            gives a parameter a value without a meaning; E361, rules that no plan could meet in this pack.
    """
    problems = [
        Problem(
            f"scenario:{key}", "E360",
            f"{key}: '{name}' is not in pack '{pack.name}'; it has {', '.join(sorted(map(str, known))[:80])}",
            f"{key}: 「{name}」はデータパック「{pack.name}」にありません",
        )
        for key, names, known in _names_used(scenario, pack)
        for name in names
        if name not in known
    ]  # fmt: skip
    problems += check_given_values(_own_values(scenario), "scenario:parameters")
    problems += rule_faults(scenario, pack)
    if problems:
        raise InputError(problems)
    table, own = pack.parameters.copy(), _own_values(scenario)
    for column in ("value", "low", "high"):
        table.loc[list(own), column] = list(own.values())
    table.loc[list(own), ["grade", "source"]] = ["assumed", f"scenario '{scenario.name}'"]
    return table


def _names_used(scenario: Scenario, pack: Pack) -> list[tuple[str, list[str], set[str]]]:
    workloads = set(pack.tables["workloads"].index)
    return [
        ("parameters", list(scenario.parameters), set(pack.parameters.index)),
        (
            "policy.metropolitan_areas",
            list(scenario.policy.metropolitan_areas),
            set(pack.tables["areas"].index),
        ),
        ("policy.max_area_share", list(scenario.policy.max_area_share), set(pack.tables["areas"].index)),
        ("demand.workload_shares", list(scenario.demand.workload_shares or {}), workloads),
        (
            "demand.announced_foreign_mw",
            list(scenario.demand.announced_foreign_mw),
            set(pack.tables["areas"].index),
        ),
        ("policy.operator_mix_by_workload", list(scenario.policy.operator_mix_by_workload), workloads),
        ("network.rtt_limit_ms", list(scenario.network.rtt_limit_ms or {}), workloads),
    ]


def _own_values(scenario: Scenario) -> dict[str, float]:
    values = dict(scenario.parameters)
    if scenario.grid.co2_price_jpy_per_t is not None:
        values["co2_price_jpy_per_t"] = scenario.grid.co2_price_jpy_per_t
    if scenario.network.route_factor is not None:
        values["route_factor"] = scenario.network.route_factor
    return values


def assemble(
    scenario: Scenario, pack: Pack, parameters: pd.DataFrame, year: HourlyYear, options: RunOptions
) -> Inputs:
    """Join everything the programme needs.

    Args:
        scenario: resolved scenario.
        pack: checked pack, tables sorted by key.
        parameters: from :func:`scenario_parameters`.
        year: hourly weather and demand; axes in the pack's order.
        options: what the command line adds (weeks, preview, workers).

    Returns:
        Inputs in internal units (GW, GWh, JPY bn/a).
    """
    value = {str(name): float(number) for name, number in parameters["value"].items()}
    workloads = _workloads(scenario, pack)
    temperature = np.maximum(0.0, year.temperature_c - value["pue_threshold_c"])
    pue = np.minimum(value["pue_cap"], value["pue_floor"] + value["pue_slope_per_k"] * temperature)
    sites = _sites(scenario, pack, value, pue)
    nodes = pack.tables["nodes"]
    own = network_parameters(value, photonic=scenario.network.photonic)
    graph = _fibre(scenario, pack, own)
    routes, network = network_over((nodes, sites), workloads, graph, own)
    profile = _profile(pack, workloads, year)
    foreign = announced_load(scenario.demand.announced_foreign_mw, sites, (pue, profile, workloads), value)
    background = year.demand_gw * value["background_demand_ratio"]
    return Inputs(
        name=scenario.name,
        title=scenario.title.model_dump(),
        pack=pack.name,
        settings=_settings(scenario, pack, value, options),
        areas=_areas(pack),
        sites=sites,
        reinforcements=_reinforcements(scenario, pack, value),
        renewables=_renewables(scenario, pack, value),
        renewables_existing_gw=_existing(pack),
        technologies=TECHNOLOGIES,
        workloads=workloads,
        operator_mix=_operator_mix(scenario, workloads),
        modes=_modes(pack, value),
        demand=_demand(pack, workloads, value),
        nodes=nodes[["name_ja", "name_en", "lon", "lat"]],
        routes=routes,
        interties=_interties(scenario, pack, value),
        storage=_storage(scenario, pack, value),
        fleets=_fleets(pack, value),
        hours=replace(year, demand_gw=with_announced(background, foreign, pack.tables["areas"].index)),
        pue=pue,
        profile=profile,
        accounts=pack.tables["accounts"],
        workload_accounts=pack.tables["workload_accounts"][["share"]],
        parameters=parameters,
        between_areas=between_areas(pack.tables["areas"], graph, own),
        site_resources=site_resources(pack),
        resolved=scenario.model_dump(mode="json"),
        fibre_nodes=network.nodes,
        fibre_links=network.links,
        fibre_paths=network.paths,
        fibre_reach=network.reach,
        announced_foreign=announced_table(scenario.demand.announced_foreign_mw, foreign),
    )


def _fibre(scenario: Scenario, pack: Pack, value: Mapping[str, float]) -> FibreNetwork | None:
    """Return nodes and links of the pack's fibre graph; None where the fibre is leased."""
    if scenario.network.fibre == "leased":
        return None
    yearly = annuity(scenario.finance.discount_rate, value["fibre_life_a"]) + value["fibre_opex_share"]
    nodes = pack.tables["fibre_nodes"]
    links = links_in_service(nodes, pack.tables["fibre_links"], scenario.year, value, yearly)
    links["capacity_tbps"] *= scenario.network.fibre_capacity_factor
    return FibreNetwork(nodes[["name_ja", "name_en", "kind", "lon", "lat"]], links)


def _settings(scenario: Scenario, pack: Pack, value: Mapping[str, float], options: RunOptions) -> Settings:
    policy, solve = scenario.policy, scenario.solve
    return Settings(
        goal=options.goal or scenario.goal,
        year=scenario.year,
        metropolitan_areas=tuple(policy.metropolitan_areas),
        min_regional_share=policy.min_regional_share,
        additionality=policy.additionality,
        distribution=policy.distribution,
        allow_abroad=scenario.demand.allow_abroad,
        voll_jpy_bn_per_gwh=value["voll_jpy_per_kwh"] * JPY_BN_PER_GWH,
        spill_jpy_bn_per_gwh=value["spill_jpy_per_kwh"] * JPY_BN_PER_GWH,
        gap=solve.gap,
        block_gw=None if solve.block_mw is None else solve.block_mw / MW_PER_GW,
        block_gap=solve.block_gap,
        max_iterations=solve.max_iterations,
        time_limit_s=solve.time_limit_s,
        workers=options.workers or solve.workers,
        weeks=options.weeks,
        preview=options.preview,
        nonfirm_hours=scenario.grid.nonfirm_hours,
        interrupt_jpy_bn_per_gwh=value["interrupt_jpy_per_kwh"] * JPY_BN_PER_GWH,
        shift=scenario.flexibility.shift,
        shift_jpy_bn_per_gwh=value["shift_jpy_per_kwh"] * JPY_BN_PER_GWH,
        move=scenario.flexibility.move,
        move_jpy_bn_per_gwh=value["move_jpy_per_kwh"] * JPY_BN_PER_GWH,
        gateway_gw=value["gateway_gbps"] / value["move_gbps_per_mw"] / MW_PER_GW,
        matching=scenario.clean.matching,
        matching_share=scenario.clean.share,
        delivered_within=scenario.clean.delivered_within,
        unmatched_jpy_bn_per_gwh=value["unmatched_jpy_per_kwh"] * JPY_BN_PER_GWH,
        co2_cap_kt=None if scenario.clean.co2_cap_mt is None else scenario.clean.co2_cap_mt * KT_PER_MT,
        co2_overshoot_jpy_bn_per_kt=value["co2_overshoot_jpy_per_t"] * JPY_BN_PER_KT,
        area_caps=area_caps(policy, pack.tables["areas"].index),
        max_hazard=policy.max_hazard,
        land_km2_per_gw=value["land_m2_per_mw"] * MW_PER_GW / M2_PER_KM2,
        water_hm3_per_gwh=value["water_l_per_kwh_it"] * HM3_PER_GWH,
        adequacy_margin=scenario.grid.adequacy_margin,
        firm_capacity_jpy_bn_per_gw_a=value["firm_capacity_jpy_k_per_kw_a"],
        storage_credit_hours=value["storage_credit_hours"],
        **_aim(scenario, options.goal or scenario.goal, value),
    )


def _aim(scenario: Scenario, goal: str, value: Mapping[str, float]) -> dict[str, Any]:
    """Return the settings of the goal; the aims of other goals are none."""
    aim = scenario.aim
    if goal == "capture":
        return {"capture_share": aim.capture_share}
    if goal == "budget":
        return {
            "budget_jpy_bn": aim.budget_jpy_bn,
            "capture_value_jpy_per_jpy": value["capture_value_jpy_per_jpy"],
            "public_share": aim.public_share,
        }
    return {}


def _areas(pack: Pack) -> pd.DataFrame:
    areas = pack.tables["areas"].copy()
    areas["as_today_share"] = today_share(pack)
    return areas


def _sites(scenario: Scenario, pack: Pack, value: Mapping[str, float], pue: Array) -> pd.DataFrame:
    table, rate = pack.tables["sites"], scenario.finance.discount_rate
    building = annuity(rate, value["building_life_a"]) + value["building_opex_share"]
    connection = annuity(rate, value["connection_life_a"]) + value["grid_opex_share"]
    secure = scenario.grid.headroom_factor * (1.0 - value["headroom_derate_share"])
    land_jpy_bn_per_gw = table["land_jpy_per_m2"] * value["land_m2_per_mw"] / 1e6
    pue_peak = pue.max(axis=1)
    return table[["name_ja", "name_en", "area", "lon", "lat", "seismic_share_30a"]].assign(
        existing_it_gw=table["existing_it_mw"] / MW_PER_GW,
        spare_it_gw=table["existing_it_mw"] * scenario.demand.existing_spare_share / MW_PER_GW,
        headroom_gw=table["headroom_mw"] * firm_now(scenario, pack) * secure / MW_PER_GW,
        site_limit_gw=table["site_limit_mw"] * scenario.grid.site_limit_factor / MW_PER_GW,
        nonfirm_limit_gw=table["site_limit_mw"]
        * scenario.grid.site_limit_factor
        * scenario.grid.nonfirm_share
        * pue_peak
        / MW_PER_GW,
        pue_peak=pue_peak,
        pue_mean=pue.mean(axis=1),
        building_jpy_bn_per_gw_a=table["building_jpy_m_per_mw"] * building,
        land_jpy_bn_per_gw_a=land_jpy_bn_per_gw * rate,
        connection_jpy_bn_per_gw_a=table["connection_jpy_k_per_kw"] * connection,
        building_jpy_bn_per_gw=table["building_jpy_m_per_mw"],
        land_jpy_bn_per_gw=land_jpy_bn_per_gw,
        connection_jpy_bn_per_gw=table["connection_jpy_k_per_kw"],
    )


def _reinforcements(scenario: Scenario, pack: Pack, value: Mapping[str, float]) -> pd.DataFrame:
    table = pack.tables["reinforcements"]
    yearly = annuity(scenario.finance.discount_rate, value["reinforcement_life_a"]) + value["grid_opex_share"]
    factor = scenario.grid.reinforcement_factor / MW_PER_GW
    return pd.DataFrame(
        {
            "size_gw": table["size_mw"] * steps_in_time(scenario, pack) * factor,
            "cost_jpy_bn_per_gw_a": table["cost_jpy_k_per_kw"] * yearly,
            "cost_jpy_bn_per_gw": table["cost_jpy_k_per_kw"],
        }
    )


def _renewables(scenario: Scenario, pack: Pack, value: Mapping[str, float]) -> pd.DataFrame:
    table, rate = pack.tables["renewable_potential"], scenario.finance.discount_rate
    yearly = {
        g: value[f"{g}_capex_jpy_k_per_kw"] * annuity(rate, value[f"{g}_life_a"])
        + value[f"{g}_opex_jpy_k_per_kw_a"]
        for g in TECHNOLOGIES
    }
    factor = scenario.grid.renewable_potential_factor * scenario.grid.new_renewables
    return pd.DataFrame(
        {
            "limit_gw": table["potential_mw"] * factor / MW_PER_GW,
            "cost_jpy_bn_per_gw_a": [yearly[g] for _, g in table.index],
            "cost_jpy_bn_per_gw": [value[f"{g}_capex_jpy_k_per_kw"] for _, g in table.index],
        },
        index=table.index,
    )


def _existing(pack: Pack) -> Array:
    capacity = pack.tables["renewables_existing"]["capacity_mw"].unstack("technology")
    wide = capacity.reindex(index=pack.tables["areas"].index, columns=list(TECHNOLOGIES)).fillna(0.0)
    return np.asarray(wide, dtype=float) / MW_PER_GW


def _workloads(scenario: Scenario, pack: Pack) -> pd.DataFrame:
    table = pack.tables["workloads"].copy()
    for name, share in (scenario.demand.workload_shares or {}).items():
        table.loc[name, "share"] = share
    if scenario.demand.workload_shares is not None:
        table.loc[~table.index.isin(list(scenario.demand.workload_shares)), "share"] = 0.0
    for name, limit in (scenario.network.rtt_limit_ms or {}).items():
        table.loc[name, "rtt_limit_ms"] = limit
    table["load_gw"] = table["share"] * scenario.demand.growth_it_mw / MW_PER_GW
    return table


def _operator_mix(scenario: Scenario, workloads: pd.DataFrame) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([workloads.index, MODES], names=["workload", "mode"])
    bounds = [scenario.policy.mode_bounds(mode, workload) for workload, mode in index]
    return pd.DataFrame(bounds, index=index, columns=["min_share", "max_share"])


def _modes(pack: Pack, value: Mapping[str, float]) -> pd.DataFrame:
    premium = [value[f"mode_premium_{mode}_jpy_m_per_mw_a"] for mode in MODES]
    return pack.tables["modes"].loc[list(MODES)].assign(premium_jpy_bn_per_gw_a=premium)


def _demand(pack: Pack, workloads: pd.DataFrame, value: Mapping[str, float]) -> pd.DataFrame:
    nodes, accounts = pack.tables["nodes"], pack.tables["workload_accounts"]
    bill: dict[str, float] = {}
    for (c, account), share in zip(accounts.index, accounts["share"].tolist(), strict=True):
        bill[c] = bill.get(c, 0.0) + share * value[f"v_{account}"]
    index = pd.MultiIndex.from_product([nodes.index, workloads.index], names=["node", "workload"])
    load = np.outer(nodes["demand_share"], workloads["load_gw"]).ravel()
    return pd.DataFrame(
        {"demand_gw": load, "abroad_jpy_bn_per_gw_a": [MW_PER_GW * bill[c] for _, c in index]}, index=index
    )


def _interties(scenario: Scenario, pack: Pack, value: Mapping[str, float]) -> pd.DataFrame:
    table, projects = pack.tables["interties"], pack.tables["intertie_projects"]
    due = projects[projects["in_service_year"] <= scenario.year]
    added = due[["forward_mw", "reverse_mw"]].groupby("intertie").sum().reindex(table.index, fill_value=0.0)
    yearly = annuity(scenario.finance.discount_rate, value["intertie_life_a"]) + value["intertie_opex_share"]
    secure = (1.0 - value["intertie_derate_share"]) / MW_PER_GW
    return table[["name_ja", "name_en", "from_area", "to_area", "loss_share"]].assign(
        forward_gw=(table["forward_mw"] + added["forward_mw"]) * secure,
        reverse_gw=(table["reverse_mw"] + added["reverse_mw"]) * secure,
        expansion_limit_gw=table["expansion_limit_mw"] * scenario.grid.intertie_expansion / MW_PER_GW,
        expansion_jpy_bn_per_gw_a=table["expansion_jpy_k_per_kw"] * yearly,
        expansion_jpy_bn_per_gw=table["expansion_jpy_k_per_kw"],
    )


def _storage(scenario: Scenario, pack: Pack, value: Mapping[str, float]) -> pd.DataFrame:
    table = pack.tables["storage"]
    yearly = annuity(scenario.finance.discount_rate, value["battery_life_a"]) + value["battery_opex_share"]
    return pd.DataFrame(
        {
            "power_gw": table["power_mw"] / MW_PER_GW,
            "energy_gwh": table["energy_mwh"] / MW_PER_GW,
            "charge_efficiency": table["charge_efficiency"],
            "discharge_efficiency": table["discharge_efficiency"],
            "expansion_limit_gw": table["expansion_limit_mw"] * scenario.grid.new_batteries / MW_PER_GW,
            "power_jpy_bn_per_gw_a": value["battery_power_capex_jpy_k_per_kw"] * yearly,
            "energy_jpy_bn_per_gwh_a": value["battery_energy_capex_jpy_k_per_kwh"] * yearly,
            "power_jpy_bn_per_gw": value["battery_power_capex_jpy_k_per_kw"],
            "energy_jpy_bn_per_gwh": value["battery_energy_capex_jpy_k_per_kwh"],
        }
    )


def _fleets(pack: Pack, value: Mapping[str, float]) -> pd.DataFrame:
    table = pack.tables["fleets"]
    available = table["capacity_mw"] * table["availability_share"] / MW_PER_GW
    fuel = table["cost_jpy_per_kwh"].where(
        table["co2_kg_per_kwh"] <= 0, table["cost_jpy_per_kwh"] * value["fossil_fuel_price_ratio"]
    )
    co2 = table["co2_kg_per_kwh"] * value["co2_price_jpy_per_t"] * JPY_BN_PER_GWH_CO2
    return pd.DataFrame(
        {
            "available_gw": available,
            "min_gw": available * table["min_share"],
            "cost_jpy_bn_per_gwh": fuel * JPY_BN_PER_GWH + co2,
            "co2_kt_per_gwh": table["co2_kg_per_kwh"],
        }
    )


def _profile(pack: Pack, workloads: pd.DataFrame, year: HourlyYear) -> Array:
    by_hour = pack.tables["workload_profiles"]["load_pu"].unstack("hour").loc[workloads.index]
    return np.asarray(by_hour, dtype=float)[:, year.time.hour]
