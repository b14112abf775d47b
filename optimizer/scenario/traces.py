"""Where every published figure comes from: how it is made, by which laws, from which inputs.

One entry per key of `summary.json` and per column of a table of the plan; a test fails when one has none.
An input is written as `table.column` of the pack, `table` (all of it), `parameter:NAME` (`*` for any ending),
`scenario:KEY`, or the name of a group of these. Read by `scenario/trace_read.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.scenario.result_tables import PLAN_TABLES

HOW: dict[str, dict[str, str]] = {
    "given": {
        "en": "taken from the inputs below, in the units of the result",
        "ja": "下の入力から取り、結果の単位に直した値",
    },
    "decided": {
        "en": "decided by the linear program: the cheapest plan that all inputs below allow together",
        "ja": "線形計画が決めた値。下の入力すべてのもとで費用が最小になる計画",
    },
    "summed": {
        "en": "added up from the plan and its hours, which rest on all inputs below",
        "ja": "計画と時間別の結果を集計した値。計画は下の入力すべてに基づく",
    },
    "yearly": {
        "en": "price of the inputs below, spread over the life at the discount rate",
        "ja": "下の価格を割引率と寿命で年額に直した値",
    },
    "price": {
        "en": "shadow price: what one more unit would save, the dual of the laws named",
        "ja": "影の価格。1単位の余裕が節約する額で、下の制約の双対変数",
    },
    "captured": {
        "en": "computed by the capture model from the IT load sold, by who sells it",
        "ja": "販売主体別のIT負荷から、資金流出モデルで計算した値",
    },
    "share": {
        "en": "part of each line's elasticities that belongs to assumed figures, mean weighted by yen",
        "ja": "各項目の弾力性のうち仮定値に属する割合を、金額で加重平均した値",
    },
    "counted": {
        "en": "counted or measured while solving; no figure of the data stands behind it",
        "ja": "求解中に数えた、または測った値。データの数値には基づかない",
    },
}
"""The ways a figure is made, in words."""

_FINANCE = ("scenario:finance.discount_rate",)
GROUPS: dict[str, tuple[str, ...]] = {
    "load": (
        "scenario:demand.growth_it_mw", "scenario:demand.workload_shares",
        "scenario:demand.existing_spare_share", "scenario:demand.allow_abroad", "sites.existing_it_mw",
        "workloads.share", "workloads.utilisation", "workload_profiles.load_pu", "nodes.demand_share",
    ),
    "room": (
        "scenario:sites", "candidate_sites.it_mw", "candidate_sites.receiving_mw", "sites.headroom_mw",
        "scenario:grid.headroom_factor", "reinforcements.size_mw", "scenario:grid.reinforcement_factor",
        "sites.site_limit_mw", "scenario:grid.site_limit_factor", "parameter:headroom_derate_share",
        "reinforcements.earliest_year", "scenario:grid.reinforcement_delay_a",
        "site_resources.firm_from_year",
    ),
    "resources": (
        "site_resources.land_ha", "site_resources.water_m3_per_a", "parameter:land_m2_per_mw",
        "parameter:water_l_per_kwh_it",
    ),
    "firm": ("scenario:grid.adequacy_margin", "parameter:firm_capacity_*", "parameter:storage_credit_hours"),
    "building": (
        "sites.building_jpy_m_per_mw", "parameter:building_life_a", "parameter:building_opex_share",
        *_FINANCE,
    ),
    "land": ("sites.land_jpy_per_m2", "parameter:land_m2_per_mw", *_FINANCE),
    "connection": (
        "sites.connection_jpy_k_per_kw", "parameter:connection_life_a", "parameter:grid_opex_share",
        *_FINANCE,
    ),
    "reinforcement": (
        "reinforcements.cost_jpy_k_per_kw", "parameter:reinforcement_life_a", "parameter:grid_opex_share",
        *_FINANCE,
    ),
    "latency": (
        "workloads.rtt_limit_ms", "scenario:network.rtt_limit_ms", "parameter:fibre_rtt_ms_per_km",
        "parameter:rtt_equipment_ms", "parameter:route_factor", "scenario:network.route_factor",
        "nodes.lon", "nodes.lat", "sites.lon", "sites.lat", "scenario:network.fibre", "fibre_nodes.lon",
        "fibre_nodes.lat", "fibre_links.route_factor", "parameter:fibre_hop_rtt_ms", "parameter:photonic_*",
    ),
    "fibre": (
        "workloads.gbps_per_mw", "parameter:fibre_jpy_per_gbps_km_month",
        "parameter:fibre_end_jpy_per_gbps_month", "fibre_links.capacity_gbps",
        "scenario:network.fibre_capacity_factor",
        "fibre_links.expansion_limit_gbps", "fibre_links.expansion_jpy_k_per_gbps",
        "fibre_links.in_service_year", "parameter:fibre_use_*", "parameter:fibre_life_a",
        "parameter:fibre_opex_share",
    ),
    "cooling": (
        "climate.temperature_c", "parameter:pue_*", "parameter:weather_temperature_*",
        "scenario:weather.year_seed",
    ),
    "renewables": (
        "renewable_potential.potential_mw", "renewable_potential.cf_annual",
        "scenario:grid.renewable_potential_factor", "scenario:grid.new_renewables",
        "scenario:policy.additionality", "parameter:solar_*", "parameter:onshore_*",
        "parameter:offshore_*", *_FINANCE,
    ),
    "batteries": (
        "storage.expansion_limit_mw", "scenario:grid.new_batteries", "parameter:battery_*", *_FINANCE,
    ),
    "links": (
        "interties.forward_mw", "interties.reverse_mw", "intertie_projects.in_service_year",
        "intertie_projects.forward_mw", "intertie_projects.reverse_mw", "scenario:year",
        "parameter:intertie_derate_share", "interties.loss_share", "interties.expansion_limit_mw",
        "scenario:grid.intertie_expansion", "interties.expansion_jpy_k_per_kw", "parameter:intertie_life_a",
        "parameter:intertie_opex_share", *_FINANCE,
    ),
    "power": (
        "fleets.capacity_mw", "fleets.availability_share", "fleets.min_share", "fleets.cost_jpy_per_kwh",
        "fleets.co2_kg_per_kwh", "parameter:co2_price_jpy_per_t", "scenario:grid.co2_price_jpy_per_t",
        "renewables_existing.capacity_mw", "storage.power_mw", "storage.energy_mwh",
        "storage.charge_efficiency", "storage.discharge_efficiency", "parameter:voll_jpy_per_kwh",
        "parameter:spill_jpy_per_kwh",
    ),
    "weather": (
        "weather_annual", "weather_calendar", "weather_correlation", "weather_daily", "weather_demand",
        "weather_profiles", "weather_quantiles", "parameter:weather_offshore_*", "parameter:weather_site_*",
        "parameter:background_demand_ratio", "scenario:weather.year_seed", "foreign",
    ),
    "rules": (
        "scenario:policy.operator_mix", "scenario:policy.min_regional_share",
        "scenario:policy.metropolitan_areas", "scenario:policy.distribution", "scenario:policy.additionality",
        "scenario:policy.max_area_share", "scenario:policy.min_areas", "scenario:policy.max_hazard",
        "sites.seismic_share_30a",
        "mix", "parameter:mode_premium_*",
    ),
    "goal": ("scenario:goal", "scenario:aim", "parameter:capture_value_*", "gross"),
    "foreign": ("scenario:demand.announced_foreign_mw", "parameter:u_for", "cooling"),
    "flexible": (
        "scenario:grid.nonfirm_share", "scenario:grid.nonfirm_hours", "parameter:interrupt_*",
        "workloads.flexible_share", "scenario:flexibility", "parameter:shift_*", "parameter:move_*",
        "parameter:gateway_*",
    ),
    "clean": ("scenario:clean", "parameter:unmatched_*", "parameter:co2_overshoot_*"),
    "mix": ("scenario:policy.operator_mix", "scenario:policy.operator_mix_by_workload"),
    "prices": ("building", "land", "connection", "reinforcement", "fibre"),
    "system": ("power", "weather", "links"),
    "plan": (
        "load", "room", "prices", "latency", "cooling", "renewables", "batteries", "system", "rules",
        "flexible", "clean", "resources", "firm", "goal",
    ),
    "outflow": (
        "parameter:S_*", "parameter:mix_iaas", "parameter:for_*", "parameter:g_*", "parameter:switch",
        "parameter:alpha_*", "parameter:rho_*", "scenario:year",
    ),
    "sales": (
        "workload_accounts.share", "workloads.share", "workloads.utilisation", "scenario:demand.growth_it_mw",
        "mix", "parameter:phi_*", "parameter:v_*", "parameter:u_*", "parameter:omega",
    ),
    "leakage": (
        "parameter:H_*", "parameter:delta_*", "parameter:m_*", "parameter:sw_*", "parameter:fac",
        "parameter:el", "parameter:re", "parameter:re_for", "parameter:own_for", "parameter:margin",
        "parameter:pi", "parameter:jpy_per_usd",
    ),
    "gross": ("outflow", "sales"),
    "net": ("gross", "leakage"),
}  # fmt: skip
"""Inputs that go together, by name."""

ONLY_WHERE: dict[str, tuple[str, str]] = {
    "fibre_nodes": ("network.fibre", "graph"),
    "fibre_links": ("network.fibre", "graph"),
}
"""Tables of the pack that count only where the scenario has this value."""


@dataclass(frozen=True)
class Trace:
    """How one figure is made."""

    how: str
    """Key of `HOW`."""

    inputs: tuple[str, ...] = ()
    """References, groups taken apart, each once."""

    laws: tuple[str, ...] = ()
    """Anchors in `docs/formulation.md`."""

    kind: str = ""
    """`cost` or `capture`, where the shares of the lines say what it rests on."""


def references(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return references with every group taken apart, in order, each once."""
    found: dict[str, None] = {}
    for name in names:
        inner = references(GROUPS[name]) if name in GROUPS else (name,)
        found.update(dict.fromkeys(inner))
    return tuple(found)


def _trace(how: str, inputs: str = "", laws: str = "", kind: str = "") -> Trace:
    return Trace(how, references(tuple(inputs.split())), tuple(laws.split()), kind)


_COSTS = "siting_cost dispatch_cost"
_SERVE = "serve_demand load_at_site within_built_capacity within_site within_connection within_grid_headroom"
_MIX = "load_by_mode operator_mix_least operator_mix_most"
_HOURS = "energy_balance renewable_available fleet_available fleet_minimum"

_SUMMARY: dict[str, Trace] = {
    "scenario status iterations periods hours certificate wall_s peak_rss_mb": _trace("counted"),
    "gap gap_system": _trace("counted", laws=_COSTS),
    "year": _trace("given", "scenario:year"),
    "areas": _trace("given", "areas.area"),
    "sites": _trace("given", "sites.site scenario:sites"),
    "cost_jpy_bn_per_a lower_bound_jpy_bn_per_a system_cost_jpy_bn_per_a": _trace(
        "decided", "plan", _COSTS, "cost"
    ),
    "siting_cost_jpy_bn_per_a": _trace("decided", "plan", "siting_cost", "cost"),
    "dispatch_cost_jpy_bn_per_a": _trace("decided", "plan", "dispatch_cost", "cost"),
    "baseline_cost_jpy_bn_per_a": _trace("decided", "system", "dispatch_cost"),
    "it_mw_built it_mw_served it_mw_abroad": _trace("decided", "load", _SERVE),
    "it_mw_by_area regional_share": _trace("decided", "plan", f"{_SERVE} dispersion distribution_as_today"),
    "dispersion_price_jpy_per_kw_a dispersion_price_jpy_bn_per_point": _trace("price", "plan", "dispersion"),
    "new_renewable_mw new_renewable_mw_by_technology": _trace(
        "decided", "plan", "within_renewable_potential additionality"
    ),
    "new_battery_mw": _trace("decided", "plan", "within_battery_limit storage_level"),
    "intertie_expansion_mw": _trace(
        "decided", "plan", "within_line_limit intertie_forward intertie_backward"
    ),
    "reinforcement_mw": _trace("decided", "plan", "within_reinforcement_step within_grid_headroom"),
    "fibre_jpy_bn_per_a fibre_expansion_gbps": _trace("decided", "plan", "within_fibre within_fibre_limit"),
    "rtt_mean_ms": _trace("decided", "plan", "serve_demand"),
    "dc_electricity_gwh": _trace("summed", "plan", "load_at_site energy_balance"),
    "contracted_renewable_share": _trace("summed", "plan", "additionality renewable_available"),
    "curtailment_share co2_change_kt_per_a shed_gwh": _trace("summed", "plan", _HOURS),
    "curtailment_before_share": _trace("summed", "system", _HOURS),
    "firm_capacity_mw": _trace("decided", "plan", "adequacy assist_within_intertie"),
    "capacity_margin_by_area capacity_margin_share": _trace(
        "summed", "plan", "adequacy assist_within_intertie"
    ),
    "firm_capacity_lacking_mw capacity_margin_before_by_area capacity_margin_before_share": _trace(
        "summed", "system firm", "adequacy"
    ),
    "seismic_exposure_share": _trace("summed", "plan", "hazard_exposure"),
    "largest_area_share": _trace("summed", "plan", "regional_cap"),
    "explained_jpy_bn_per_a rent_change_jpy_bn_by_owner": _trace("price", "plan", _COSTS),
    "gap_blocks": _trace("counted", laws=_COSTS),
    "wholeness_jpy_bn_per_a": _trace("decided", "plan scenario:solve.block_mw", "whole_blocks"),
    "price_jpy_per_kwh_by_area": _trace("price", "plan", "energy_balance"),
    "price_before_jpy_per_kwh_by_area": _trace("price", "system", "energy_balance"),
    "assumed_share_of_cost": _trace("share", "plan", kind="cost"),
    "assumed_share_of_capture": _trace("share", "gross", kind="capture"),
    "goal capture_share_asked budget_jpy_bn": _trace("given", "scenario:goal scenario:aim"),
    "public_jpy_bn": _trace("given", "scenario:aim"),
    "capital_jpy_bn capital_jpy_bn_by_kind": _trace("summed", "plan", "budget"),
    "announced_foreign_it_mw announced_foreign_gwh": _trace("given", "foreign"),
    "captured_jpy_bn_per_a captured_share_of_outflow captured_jpy_a_per_public_jpy": _trace(
        "captured", "plan", "captured within_capture_segment"
    ),
    "marginal_cost_jpy_per_captured_jpy": _trace("price", "plan", "capture_target"),
    "capture_reach_jpy_bn_per_a": _trace("captured", "plan", "captured budget"),
    "marginal_capture_jpy_per_budget_jpy": _trace("price", "plan", "captured budget"),
    "capture.outflow_jpy_bn": _trace("captured", "outflow"),
    "capture.addressable_jpy_bn": _trace("captured", "outflow"),
    "capture.ceiling_jpy_bn": _trace("captured", "outflow"),
    "capture.gross_jpy_bn": _trace("captured", "gross", kind="capture"),
    "capture.share_of_outflow capture.share_of_addressable": _trace("captured", "gross", kind="capture"),
    "capture.net_jpy_bn": _trace("captured", "net"),
    "capture.digital_account_jpy_bn": _trace("captured", "net"),
    "capture.idle_imports_jpy_bn": _trace("captured", "net"),
}

_PLANNED = _trace("decided", "plan", _SERVE)
_BY_MODE = _trace("decided", "plan", f"{_SERVE} {_MIX}")
_ADDED_UP = _trace("summed", "plan", _HOURS)
_NAMED = "given"

_TABLES: dict[str, dict[str, Trace]] = {
    "sites": {
        **{
            name: _trace(_NAMED, f"sites.{name} candidate_sites.{name}")
            for name in ("site", "name_ja", "name_en", "lon", "lat")
        },
        "area": _trace(_NAMED, "sites.area"),
        "existing_it_mw": _trace(_NAMED, "sites.existing_it_mw"),
        "it_mw connection_mw": _PLANNED,
        "it_mw_domestic it_mw_platform it_mw_leased it_mw_foreign": _BY_MODE,
        "halls": _trace("decided", "plan scenario:solve.block_mw", "whole_blocks"),
        "served_it_mw": _trace("decided", "plan", "serve_demand load_at_site"),
        "headroom_mw": _trace(
            _NAMED, "sites.headroom_mw candidate_sites.it_mw candidate_sites.receiving_mw "
            "scenario:grid.headroom_factor scenario:sites parameter:pue_cap parameter:pue_floor"
        ),
        "site_limit_mw": _trace(
            _NAMED, "sites.site_limit_mw candidate_sites.it_mw candidate_sites.receiving_mw "
            "scenario:grid.site_limit_factor scenario:sites parameter:pue_floor"
        ),
        "reinforcement_mw": _trace("decided", "plan", "within_reinforcement_step within_grid_headroom"),
        "solar_mw onshore_mw offshore_mw": _trace(
            "decided", "plan", "within_renewable_potential additionality"
        ),
        "electricity_gwh": _trace("summed", "plan", "load_at_site"),
        "water_m3": _trace("summed", "plan", "within_water"),
        "seismic_share_30a": _trace(_NAMED, "sites.seismic_share_30a"),
        "capacity_jpy_m_per_mw_a": _trace("price", "plan", "adequacy"),
        "pue_mean": _trace(_NAMED, "cooling"),
        "grid_rent_jpy_per_kw_a grid_jpy_m_per_mw_a": _trace("price", "plan", "within_grid_headroom"),
        "site_rent_jpy_per_kw_a": _trace("price", "plan", "within_site"),
        "building_jpy_m_per_mw_a": _trace("yearly", "building"),
        "land_jpy_m_per_mw_a": _trace("yearly", "land"),
        "connection_jpy_m_per_mw_a": _trace("yearly", "connection cooling"),
        "energy_jpy_m_per_mw_a": _trace("price", "plan", "energy_balance"),
        "all_in_jpy_m_per_mw_a": _trace("price", "plan", "within_grid_headroom energy_balance"),
        "gross_capture_jpy_bn": _trace("captured", "gross"),
        "net_capture_jpy_bn": _trace("captured", "net"),
    },
    "flows": {
        "node": _trace(_NAMED, "nodes.node"),
        "workload": _trace(_NAMED, "workloads.workload"),
        "site": _trace(_NAMED, "sites.site"),
        "served_it_mw": _trace("decided", "plan", "serve_demand"),
        "rtt_ms": _trace(_NAMED, "latency"),
    },
    "areas": {
        **{name: _trace(_NAMED, f"areas.{name}") for name in ("area", "name_ja", "name_en")},
        "it_mw it_share served_it_mw": _PLANNED,
        "dc_electricity_gwh peak_demand_mw curtailed_gwh curtailment_share": _ADDED_UP,
        "net_import_gwh shed_gwh co2_kt": _ADDED_UP,
        "demand_gwh": _trace(_NAMED, "weather"),
        "new_renewable_mw": _trace("decided", "plan", "within_renewable_potential additionality"),
        "battery_mw battery_mwh": _trace("decided", "plan", "within_battery_limit"),
        "price_jpy_per_kwh price_p05_jpy_per_kwh price_p95_jpy_per_kwh": _trace(
            "price", "plan", "energy_balance"
        ),
        "price_before_jpy_per_kwh": _trace("price", "system", "energy_balance"),
        "curtailment_before_share co2_before_kt": _trace("summed", "system", _HOURS),
        "co2_average_kg_per_kwh co2_marginal_kg_per_kwh": _ADDED_UP,
        "stressed_hour capacity_margin_before_share capacity_margin_assisted_before_share "
        "firm_capacity_lacking_mw": _trace("summed", "system firm", "adequacy"),
        "capacity_margin_share capacity_margin_assisted_share": _trace("summed", "plan", "adequacy"),
        "firm_capacity_mw": _trace("decided", "plan", "adequacy assist_within_intertie"),
    },
    "generation": {
        "area": _trace(_NAMED, "areas.area"),
        "source": _trace(_NAMED, "fleets.fleet"),
        "energy_gwh max_mw": _ADDED_UP,
        "energy_before_gwh": _trace("summed", "system", _HOURS),
        "available_mw": _trace(_NAMED, "fleets.capacity_mw fleets.availability_share"),
    },
    "interties": {
        **{
            name: _trace(_NAMED, f"interties.{name}")
            for name in ("intertie", "name_ja", "name_en", "from_area", "to_area")
        },
        "forward_mw reverse_mw": _trace(_NAMED, "links"),
        "expansion_mw": _trace("decided", "plan", "within_line_limit"),
        "forward_gwh reverse_gwh loading_share congested_hours": _trace(
            "summed", "plan", "intertie_forward intertie_backward"
        ),
        "congestion_rent_jpy_bn": _trace(
            "price", "plan", "energy_balance intertie_forward intertie_backward"
        ),
    },
    "fibre": {
        **{
            name: _trace(_NAMED, f"fibre_links.{name}")
            for name in ("fibre_link", "kind", "from_node", "to_node")
        },
        "name_ja": _trace(_NAMED, "fibre_nodes.name_ja"),
        "name_en": _trace(_NAMED, "fibre_nodes.name_en"),
        "from_lon to_lon": _trace(_NAMED, "fibre_nodes.lon"),
        "from_lat to_lat": _trace(_NAMED, "fibre_nodes.lat"),
        "km": _trace(_NAMED, "fibre_links.route_factor fibre_nodes.lon fibre_nodes.lat"),
        "rtt_ms": _trace(_NAMED, "latency"),
        "capacity_gbps": _trace(_NAMED, "fibre_links.capacity_gbps"),
        "used_gbps expansion_gbps loading_share": _trace(
            "decided", "plan", "within_fibre within_fibre_limit"
        ),
        "expansion_jpy_per_gbps_a": _trace("yearly", "fibre"),
        "rent_jpy_per_gbps_a": _trace("price", "plan", "within_fibre"),
    },
    "fibre_reach": {
        "site": _trace(_NAMED, "sites.site"),
        **{
            name: _trace(_NAMED, f"fibre_nodes.{name}")
            for name in ("kind", "fibre_node", "name_ja", "name_en")
        },
        "rtt_ms": _trace(_NAMED, "latency"),
    },
    "rents": {
        "law owner owner_ja": _trace("counted"),
        "part": _trace(_NAMED, "workloads.workload"),
        "jpy_bn_per_a change_jpy_bn_per_a": _trace("price", "plan"),
        "before_jpy_bn_per_a": _trace("price", "system"),
    },
    "stack": {
        "site": _trace(_NAMED, "sites.site"),
        "area": _trace(_NAMED, "sites.area"),
        "workload": _trace(_NAMED, "workloads.workload"),
        "component": _trace("counted"),
        "jpy_m_per_mw_a": _trace("price", "plan"),
    },
    "options": {
        "site": _trace(_NAMED, "sites.site"),
        "area": _trace(_NAMED, "sites.area"),
        "workload": _trace(_NAMED, "workloads.workload"),
        "node": _trace(_NAMED, "nodes.node"),
        "served_mw": _trace("decided", "plan", "load_at_site"),
        "cost_jpy_m_per_mw_a gap_jpy_m_per_mw_a rank near_tie": _trace("price", "plan"),
        "price_jpy_m_per_mw_a": _trace("price", "plan", "serve_demand"),
    },
    "reasons": {
        "site": _trace(_NAMED, "sites.site"),
        "rank it_mw": _PLANNED,
        "words words_ja": _trace("price", "plan"),
    },
    "watt_bit": {
        "power_area user_area": _trace(_NAMED, "areas.area"),
        "distance_km": _trace(_NAMED, "areas.lon areas.lat"),
        "wire_jpy_per_kw_a": _trace("yearly", "links"),
        "wire_rent_jpy_per_kw_a": _trace("price", "plan", "energy_balance"),
        "fibre_jpy_per_kw_a": _trace("yearly", "fibre"),
        "wire_per_fibre": _trace("yearly", "links fibre"),
    },
    "prices": {
        "equation index unit meaning meaning_ja": _trace("counted"),
        "price": _trace("price", "plan"),
    },
    "hours": {
        "time weight": _trace("counted"),
        "area": _trace(_NAMED, "areas.area"),
        "demand_mw must_run_mw": _trace(_NAMED, "weather"),
        "dc_load_mw": _trace("summed", "plan", "load_at_site"),
        "renewable_available_mw": _trace("summed", "plan", "renewable_available"),
        "renewable_mw curtailed_mw thermal_mw storage_mw net_import_mw shed_mw spill_mw": _trace(
            "decided", "plan", _HOURS
        ),
        "price_jpy_per_kwh": _trace("price", "plan", "energy_balance"),
        "price_before_jpy_per_kwh": _trace("price", "system", "energy_balance"),
        "co2_marginal_kg_per_kwh": _trace("summed", "plan", _HOURS),
    },
}  # fmt: skip


def _spread(entries: dict[str, Trace], prefix: str = "") -> dict[str, Trace]:
    return {f"{prefix}{name}": trace for names, trace in entries.items() for name in names.split()}


TRACES: dict[str, Trace] = _spread(_SUMMARY) | {
    name: trace
    for table in PLAN_TABLES
    for name, trace in _spread(_TABLES.get(table, {}), f"{table}.").items()
}
"""By key of the summary (`capture.LINE` for every case, `it_mw_by_area` for every area) or `table.column`."""


def trace_of(name: str) -> Trace | None:
    """Return how a figure is made, e.g. `capture.base.gross_jpy_bn` or `sites.it_mw`; or None."""
    parts = name.split(".")
    if parts[0] == "capture" and len(parts) == 3:
        return TRACES.get(f"capture.{parts[2]}")
    return TRACES.get(name) or (TRACES.get(parts[0]) if parts[0] not in PLAN_TABLES else None)
