"""Where every published figure comes from: how it is made, by which laws, from which inputs.

One entry per key of `summary.json` and per column of a table of the plan or of a pathway; a test fails when
one has none. An input is written as `table.column` of the pack, `table` (all of it), `parameter:NAME` (`*`
for any ending), `scenario:KEY`, or the name of a group of these. Read by `scenario/trace_read.py`.
"""

from __future__ import annotations

from optimizer.scenario.pathway_tables import RESULT_TABLES
from optimizer.scenario.trace_groups import Trace, trace
from optimizer.scenario.trace_pathway import PATHWAY_TRACES

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


ONLY_WHERE: dict[str, tuple[str, str]] = {
    "fibre_nodes": ("network.fibre", "graph"),
    "fibre_links": ("network.fibre", "graph"),
}
"""Tables of the pack that count only where the scenario has this value."""

_COSTS = "siting_cost dispatch_cost"
_SERVE = "serve_demand load_at_site within_built_capacity within_site within_connection within_grid_headroom"
_MIX = "load_by_mode operator_mix_least operator_mix_most"
_HOURS = "energy_balance renewable_available fleet_available fleet_minimum"
_NONFIRM = trace("decided", "plan scenario:grid.nonfirm_share scenario:grid.nonfirm_hours", "interrupt_hours")
_SHIFTED = trace("summed", "plan scenario:flexibility.shift", "shift_conserves_day")
_MOVED = trace("summed", "plan scenario:flexibility.move", "moved_work_arrives move_within_gateway")

_SUMMARY: dict[str, Trace] = {
    "scenario status iterations periods hours certificate wall_s peak_rss_mb": trace("counted"),
    "gap gap_system": trace("counted", laws=_COSTS),
    "year": trace("given", "scenario:year"),
    "areas": trace("given", "areas.area"),
    "sites": trace("given", "sites.site scenario:sites"),
    "cost_jpy_bn_per_a lower_bound_jpy_bn_per_a system_cost_jpy_bn_per_a": trace(
        "decided", "plan", _COSTS, "cost"
    ),
    "present_value_jpy_bn": trace("decided", "plan scenario:pathway", f"{_COSTS} build_is_kept", "cost"),
    "weight_by_year discounted_years_by_year": trace(
        "given", "scenario:pathway.years scenario:finance.discount_rate"
    ),
    "siting_cost_jpy_bn_per_a": trace("decided", "plan", "siting_cost", "cost"),
    "dispatch_cost_jpy_bn_per_a": trace("decided", "plan", "dispatch_cost", "cost"),
    "baseline_cost_jpy_bn_per_a": trace("decided", "system", "dispatch_cost"),
    "it_mw_built it_mw_served it_mw_abroad": trace("decided", "load", _SERVE),
    "it_mw_by_area regional_share": trace("decided", "plan", f"{_SERVE} dispersion distribution_as_today"),
    "dispersion_price_jpy_per_kw_a dispersion_price_jpy_bn_per_point": trace("price", "plan", "dispersion"),
    "new_renewable_mw new_renewable_mw_by_technology": trace(
        "decided", "plan", "within_renewable_potential additionality"
    ),
    "new_battery_mw": trace("decided", "plan", "within_battery_limit storage_level"),
    "intertie_expansion_mw": trace("decided", "plan", "within_line_limit intertie_forward intertie_backward"),
    "reinforcement_mw": trace("decided", "plan", "within_reinforcement_step within_grid_headroom"),
    "fibre_jpy_bn_per_a fibre_expansion_gbps": trace("decided", "plan", "within_fibre within_fibre_limit"),
    "rtt_mean_ms": trace("decided", "plan", "serve_demand"),
    "nonfirm_mw interrupted_gwh": _NONFIRM,
    "shifted_gwh": _SHIFTED,
    "moved_gwh": _MOVED,
    "unmatched_gwh matched_share": trace("summed", "plan scenario:clean", "matching matched_reaches_budget"),
    "co2_cap_kt": trace("given", "scenario:clean.co2_cap_mt"),
    "co2_kt_per_a": trace("summed", "plan", _HOURS),
    "co2_before_kt_per_a": trace("summed", "system", _HOURS),
    "co2_overshoot_kt": trace("summed", "plan scenario:clean.co2_cap_mt", "co2_cap co2_within_budget"),
    "missed_rules_jpy_bn_per_a": trace(
        "summed", "plan scenario:clean", "matched_reaches_budget co2_within_budget", "cost"
    ),
    "dc_electricity_gwh": trace("summed", "plan", "load_at_site energy_balance"),
    "contracted_renewable_share": trace("summed", "plan", "additionality renewable_available"),
    "curtailment_share co2_change_kt_per_a shed_gwh": trace("summed", "plan", _HOURS),
    "curtailment_before_share": trace("summed", "system", _HOURS),
    "firm_capacity_mw": trace("decided", "plan", "adequacy assist_within_intertie"),
    "capacity_margin_by_area capacity_margin_share": trace(
        "summed", "plan", "adequacy assist_within_intertie"
    ),
    "firm_capacity_lacking_mw capacity_margin_before_by_area capacity_margin_before_share": trace(
        "summed", "system firm", "adequacy"
    ),
    "seismic_exposure_share": trace("summed", "plan", "hazard_exposure"),
    "largest_area_share": trace("summed", "plan", "regional_cap"),
    "explained_jpy_bn_per_a rent_change_jpy_bn_by_owner": trace("price", "plan", _COSTS),
    "gap_blocks": trace("counted", laws=_COSTS),
    "wholeness_jpy_bn_per_a": trace("decided", "plan scenario:solve.block_mw", "whole_blocks"),
    "price_jpy_per_kwh_by_area": trace("price", "plan", "energy_balance"),
    "price_before_jpy_per_kwh_by_area": trace("price", "system", "energy_balance"),
    "assumed_share_of_cost": trace("share", "plan", kind="cost"),
    "assumed_share_of_capture": trace("share", "gross", kind="capture"),
    "goal capture_share_asked budget_jpy_bn": trace("given", "scenario:goal scenario:aim"),
    "public_jpy_bn": trace("given", "scenario:aim"),
    "capital_jpy_bn capital_jpy_bn_by_kind": trace("summed", "plan", "budget"),
    "announced_foreign_it_mw announced_foreign_gwh": trace("given", "foreign"),
    "captured_jpy_bn_per_a captured_share_of_outflow captured_jpy_a_per_public_jpy": trace(
        "captured", "plan", "captured within_capture_segment"
    ),
    "marginal_cost_jpy_per_captured_jpy": trace("price", "plan", "capture_target"),
    "capture_reach_jpy_bn_per_a": trace("captured", "plan", "captured budget"),
    "marginal_capture_jpy_per_budget_jpy": trace("price", "plan", "captured budget"),
    "capture.outflow_jpy_bn": trace("captured", "outflow"),
    "capture.addressable_jpy_bn": trace("captured", "outflow"),
    "capture.ceiling_jpy_bn": trace("captured", "outflow"),
    "capture.gross_jpy_bn": trace("captured", "gross", kind="capture"),
    "capture.share_of_outflow capture.share_of_addressable": trace("captured", "gross", kind="capture"),
    "capture.net_jpy_bn": trace("captured", "net"),
    "capture.digital_account_jpy_bn": trace("captured", "net"),
    "capture.idle_imports_jpy_bn": trace("captured", "net"),
}

_PLANNED = trace("decided", "plan", _SERVE)
_BY_MODE = trace("decided", "plan", f"{_SERVE} {_MIX}")
_ADDED_UP = trace("summed", "plan", _HOURS)
_NAMED = "given"

_TABLES: dict[str, dict[str, Trace]] = {
    "sites": {
        **{
            name: trace(_NAMED, f"sites.{name} candidate_sites.{name}")
            for name in ("site", "name_ja", "name_en", "lon", "lat")
        },
        "area": trace(_NAMED, "sites.area"),
        "existing_it_mw": trace(_NAMED, "sites.existing_it_mw"),
        "it_mw connection_mw": _PLANNED,
        "it_mw_domestic it_mw_platform it_mw_leased it_mw_foreign": _BY_MODE,
        "halls": trace("decided", "plan scenario:solve.block_mw", "whole_blocks"),
        "served_it_mw": trace("decided", "plan", "serve_demand load_at_site"),
        "headroom_mw": trace(
            _NAMED, "sites.headroom_mw candidate_sites.it_mw candidate_sites.receiving_mw "
            "scenario:grid.headroom_factor scenario:sites parameter:pue_cap parameter:pue_floor"
        ),
        "site_limit_mw": trace(
            _NAMED, "sites.site_limit_mw candidate_sites.it_mw candidate_sites.receiving_mw "
            "scenario:grid.site_limit_factor scenario:sites parameter:pue_floor"
        ),
        "nonfirm_mw": _NONFIRM,
        "reinforcement_mw": trace("decided", "plan", "within_reinforcement_step within_grid_headroom"),
        "solar_mw onshore_mw offshore_mw": trace(
            "decided", "plan", "within_renewable_potential additionality"
        ),
        "electricity_gwh": trace("summed", "plan", "load_at_site"),
        "water_m3": trace("summed", "plan", "within_water"),
        "seismic_share_30a": trace(_NAMED, "sites.seismic_share_30a"),
        "capacity_jpy_m_per_mw_a": trace("price", "plan", "adequacy"),
        "pue_mean": trace(_NAMED, "cooling"),
        "grid_rent_jpy_per_kw_a grid_jpy_m_per_mw_a": trace("price", "plan", "within_grid_headroom"),
        "site_rent_jpy_per_kw_a": trace("price", "plan", "within_site"),
        "building_jpy_m_per_mw_a": trace("yearly", "building"),
        "land_jpy_m_per_mw_a": trace("yearly", "land"),
        "connection_jpy_m_per_mw_a": trace("yearly", "connection cooling"),
        "energy_jpy_m_per_mw_a": trace("price", "plan", "energy_balance"),
        "all_in_jpy_m_per_mw_a": trace("price", "plan", "within_grid_headroom energy_balance"),
        "gross_capture_jpy_bn": trace("captured", "gross"),
        "net_capture_jpy_bn": trace("captured", "net"),
    },
    "flows": {
        "node": trace(_NAMED, "nodes.node"),
        "workload": trace(_NAMED, "workloads.workload"),
        "site": trace(_NAMED, "sites.site"),
        "served_it_mw": trace("decided", "plan", "serve_demand"),
        "rtt_ms": trace(_NAMED, "latency"),
    },
    "areas": {
        **{name: trace(_NAMED, f"areas.{name}") for name in ("area", "name_ja", "name_en")},
        "it_mw it_share served_it_mw": _PLANNED,
        "dc_electricity_gwh peak_demand_mw curtailed_gwh curtailment_share": _ADDED_UP,
        "net_import_gwh shed_gwh co2_kt": _ADDED_UP,
        "nonfirm_mw interrupted_gwh": _NONFIRM,
        "shifted_gwh": _SHIFTED,
        "moved_out_gwh moved_in_gwh": _MOVED,
        "demand_gwh": trace(_NAMED, "weather"),
        "new_renewable_mw": trace("decided", "plan", "within_renewable_potential additionality"),
        "battery_mw battery_mwh": trace("decided", "plan", "within_battery_limit"),
        "price_jpy_per_kwh price_p05_jpy_per_kwh price_p95_jpy_per_kwh": trace(
            "price", "plan", "energy_balance"
        ),
        "price_before_jpy_per_kwh": trace("price", "system", "energy_balance"),
        "curtailment_before_share co2_before_kt": trace("summed", "system", _HOURS),
        "co2_average_kg_per_kwh co2_marginal_kg_per_kwh": _ADDED_UP,
        "stressed_hour capacity_margin_before_share capacity_margin_assisted_before_share "
        "firm_capacity_lacking_mw": trace("summed", "system firm", "adequacy"),
        "capacity_margin_share capacity_margin_assisted_share": trace("summed", "plan", "adequacy"),
        "interruptible_mw": trace(
            "decided", "plan", "relief_within_nonfirm relief_within_load relief_within_allowance"
        ),
        "firm_capacity_mw": trace("decided", "plan", "adequacy assist_within_intertie"),
    },
    "generation": {
        "area": trace(_NAMED, "areas.area"),
        "source": trace(_NAMED, "fleets.fleet"),
        "energy_gwh max_mw": _ADDED_UP,
        "energy_before_gwh": trace("summed", "system", _HOURS),
        "available_mw": trace(_NAMED, "fleets.capacity_mw fleets.availability_share"),
    },
    "interties": {
        **{
            name: trace(_NAMED, f"interties.{name}")
            for name in ("intertie", "name_ja", "name_en", "from_area", "to_area")
        },
        "forward_mw reverse_mw": trace(_NAMED, "links"),
        "expansion_mw": trace("decided", "plan", "within_line_limit"),
        "forward_gwh reverse_gwh loading_share congested_hours": trace(
            "summed", "plan", "intertie_forward intertie_backward"
        ),
        "congestion_rent_jpy_bn": trace(
            "price", "plan", "energy_balance intertie_forward intertie_backward"
        ),
    },
    "fibre": {
        **{
            name: trace(_NAMED, f"fibre_links.{name}")
            for name in ("fibre_link", "kind", "from_node", "to_node")
        },
        "name_ja": trace(_NAMED, "fibre_nodes.name_ja"),
        "name_en": trace(_NAMED, "fibre_nodes.name_en"),
        "from_lon to_lon": trace(_NAMED, "fibre_nodes.lon"),
        "from_lat to_lat": trace(_NAMED, "fibre_nodes.lat"),
        "km": trace(_NAMED, "fibre_links.route_factor fibre_nodes.lon fibre_nodes.lat"),
        "rtt_ms": trace(_NAMED, "latency"),
        "capacity_gbps": trace(_NAMED, "fibre_links.capacity_gbps"),
        "used_gbps expansion_gbps loading_share": trace(
            "decided", "plan", "within_fibre within_fibre_limit"
        ),
        "expansion_jpy_per_gbps_a": trace("yearly", "fibre"),
        "rent_jpy_per_gbps_a": trace("price", "plan", "within_fibre"),
    },
    "fibre_reach": {
        "site": trace(_NAMED, "sites.site"),
        **{
            name: trace(_NAMED, f"fibre_nodes.{name}")
            for name in ("kind", "fibre_node", "name_ja", "name_en")
        },
        "rtt_ms": trace(_NAMED, "latency"),
    },
    "rents": {
        "law owner owner_ja": trace("counted"),
        "part": trace(_NAMED, "workloads.workload"),
        "jpy_bn_per_a change_jpy_bn_per_a": trace("price", "plan"),
        "before_jpy_bn_per_a": trace("price", "system"),
    },
    "stack": {
        "site": trace(_NAMED, "sites.site"),
        "area": trace(_NAMED, "sites.area"),
        "workload": trace(_NAMED, "workloads.workload"),
        "component": trace("counted"),
        "jpy_m_per_mw_a": trace("price", "plan"),
    },
    "options": {
        "site": trace(_NAMED, "sites.site"),
        "area": trace(_NAMED, "sites.area"),
        "workload": trace(_NAMED, "workloads.workload"),
        "node": trace(_NAMED, "nodes.node"),
        "served_mw": trace("decided", "plan", "load_at_site"),
        "cost_jpy_m_per_mw_a gap_jpy_m_per_mw_a rank near_tie": trace("price", "plan"),
        "price_jpy_m_per_mw_a": trace("price", "plan", "serve_demand"),
    },
    "reasons": {
        "site": trace(_NAMED, "sites.site"),
        "rank it_mw": _PLANNED,
        "words words_ja": trace("price", "plan"),
    },
    "watt_bit": {
        "power_area user_area": trace(_NAMED, "areas.area"),
        "distance_km": trace(_NAMED, "areas.lon areas.lat"),
        "wire_jpy_per_kw_a": trace("yearly", "links"),
        "wire_rent_jpy_per_kw_a": trace("price", "plan", "energy_balance"),
        "fibre_jpy_per_kw_a": trace("yearly", "fibre"),
        "wire_per_fibre": trace("yearly", "links fibre"),
    },
    "prices": {
        "equation index unit meaning meaning_ja": trace("counted"),
        "price": trace("price", "plan"),
        "unused_share": trace("yearly", "plan"),
    },
    "hours": {
        "time weight": trace("counted"),
        "area": trace(_NAMED, "areas.area"),
        "demand_mw must_run_mw": trace(_NAMED, "weather"),
        "dc_load_mw": trace("summed", "plan", "load_at_site"),
        "renewable_available_mw": trace("summed", "plan", "renewable_available"),
        "renewable_mw curtailed_mw thermal_mw storage_mw net_import_mw shed_mw spill_mw": trace(
            "decided", "plan", _HOURS
        ),
        "price_jpy_per_kwh": trace("price", "plan", "energy_balance"),
        "price_before_jpy_per_kwh": trace("price", "system", "energy_balance"),
        "co2_marginal_kg_per_kwh": trace("summed", "plan", _HOURS),
    },
}  # fmt: skip


def _spread(entries: dict[str, Trace], prefix: str = "") -> dict[str, Trace]:
    return {f"{prefix}{name}": one for names, one in entries.items() for name in names.split()}


TRACES: dict[str, Trace] = _spread(_SUMMARY) | {
    name: one
    for table in RESULT_TABLES
    for name, one in _spread((_TABLES | PATHWAY_TRACES).get(table, {}), f"{table}.").items()
}
"""By key of the summary (`capture.LINE` for every case, `it_mw_by_area` for every area) or `table.column`."""


def trace_of(name: str) -> Trace | None:
    """Return how a figure is made, e.g. `capture.base.gross_jpy_bn` or `sites.it_mw`; or None."""
    parts = name.split(".")
    if parts[0] == "years" and len(parts) > 2:  # of a pathway: the figure of one target year
        return trace_of(".".join(parts[2:]))
    if parts[0] == "capture" and len(parts) == 3:
        return TRACES.get(f"capture.{parts[2]}")
    return TRACES.get(name) or (TRACES.get(parts[0]) if parts[0] not in RESULT_TABLES else None)
