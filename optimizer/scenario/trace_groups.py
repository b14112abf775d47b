"""Inputs that go together: the groups that traces of figures are written with."""

from __future__ import annotations

from dataclasses import dataclass

_FINANCE = ("scenario:finance.discount_rate",)
GROUPS: dict[str, tuple[str, ...]] = {
    "load": (
        "scenario:pathway", "scenario:demand.growth_it_mw", "scenario:demand.workload_shares",
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
        "parameter:fossil_fuel_price_ratio",
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


def references(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return references with every group taken apart, in order, each once."""
    found: dict[str, None] = {}
    for name in names:
        inner = references(GROUPS[name]) if name in GROUPS else (name,)
        found.update(dict.fromkeys(inner))
    return tuple(found)


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


def trace(how: str, inputs: str = "", laws: str = "", kind: str = "") -> Trace:
    """Return how a figure is made; inputs and laws are written apart by spaces."""
    return Trace(how, references(tuple(inputs.split())), tuple(laws.split()), kind)
