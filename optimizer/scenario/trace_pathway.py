"""Where the figures of a pathway's own tables come from; those of each year are in its folder."""

from __future__ import annotations

from optimizer.scenario.trace_groups import Trace, trace

_YEARS = "scenario:pathway.years"
_BUILT = "build_is_kept within_site_build_rate within_nation_build_rate not_before_lead_time"
_PLACED = "serve_demand within_built_capacity within_site within_connection within_grid_headroom"
_STANDS = trace("decided", "plan", f"{_PLACED} {_BUILT}")
_RENEWABLE = trace("decided", "plan", f"within_renewable_potential additionality {_BUILT}")

PATHWAY_TRACES: dict[str, dict[str, Trace]] = {
    "pathway": {
        "year": trace("given", _YEARS),
        **{
            name: trace("given", f"sites.{name} candidate_sites.{name}")
            for name in ("site", "name_ja", "name_en")
        },
        "area": trace("given", "sites.area"),
        "it_mw new_it_mw connection_mw new_connection_mw": _STANDS,
        "served_it_mw": trace("decided", "plan", "serve_demand load_at_site"),
        "reinforcement_mw": trace(
            "decided", "plan", f"within_reinforcement_step within_grid_headroom {_BUILT}"
        ),
        "solar_mw onshore_mw offshore_mw": _RENEWABLE,
        "grid_rent_jpy_per_kw_a": trace("price", "plan", "within_grid_headroom"),
        "waiting_jpy_per_kw_a": trace("price", "plan", "within_site_build_rate within_nation_build_rate"),
    },
    "pathway_areas": {
        "year": trace("given", _YEARS),
        **{name: trace("given", f"areas.{name}") for name in ("area", "name_ja", "name_en")},
        "it_mw new_it_mw it_share": _STANDS,
        "new_renewable_mw": _RENEWABLE,
        "battery_mw": trace("decided", "plan", f"within_battery_limit {_BUILT}"),
        "price_jpy_per_kwh": trace("price", "plan", "energy_balance"),
        "price_before_jpy_per_kwh": trace("price", "system", "energy_balance"),
        "curtailment_share": trace("summed", "plan", "energy_balance renewable_available"),
    },
    "pathway_interties": {
        "year": trace("given", _YEARS),
        **{name: trace("given", f"interties.{name}") for name in ("intertie", "name_ja", "name_en")},
        "forward_mw reverse_mw": trace("given", f"links {_YEARS}"),
        "expansion_mw": trace("decided", "plan", f"within_line_limit {_BUILT}"),
        "congested_hours": trace("summed", "plan", "intertie_forward intertie_backward"),
    },
    "pathway_prices": {
        "equation index unit meaning meaning_ja": trace("counted"),
        "year": trace("given", _YEARS),
        "price": trace("price", "plan", _BUILT),
    },
}
"""By table and column; columns made alike share an entry."""
