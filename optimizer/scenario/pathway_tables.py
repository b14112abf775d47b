"""What each table of a pathway holds, beside the tables of every target year."""

from __future__ import annotations

from optimizer.scenario.result_tables import PLAN_TABLES
from optimizer.scenario.tables import Column

_YEAR = Column("year", "1", "target year")

PATHWAY_TABLES: dict[str, tuple[Column, ...]] = {
    "pathway": (
        _YEAR,
        Column("site", "text", "site identifier"),
        Column("name_ja", "text", "Japanese name"),
        Column("name_en", "text", "English name"),
        Column("area", "text", "grid area"),
        Column("it_mw", "MW", "IT capacity that stands"),
        Column("new_it_mw", "MW", "of it: built since the target year before"),
        Column("served_it_mw", "MW", "IT load served, mean over the year"),
        Column("connection_mw", "MW", "grid connection that stands"),
        Column("new_connection_mw", "MW", "of it: built since the target year before"),
        Column("reinforcement_mw", "MW", "grid reinforcement that stands"),
        Column("solar_mw", "MW", "new solar that stands"),
        Column("onshore_mw", "MW", "new onshore wind that stands"),
        Column("offshore_mw", "MW", "new offshore wind that stands"),
        Column("grid_rent_jpy_per_kw_a", "JPY/kW/a", "value of one more kW of grid headroom in the year"),
        Column("waiting_jpy_per_kw_a", "JPY/kW/a", "value of one more kW of IT built here by the year"),
    ),
    "pathway_areas": (
        _YEAR,
        Column("area", "text", "grid area"),
        Column("name_ja", "text", "Japanese name"),
        Column("name_en", "text", "English name"),
        Column("it_mw", "MW", "IT capacity that stands"),
        Column("new_it_mw", "MW", "of it: built since the target year before"),
        Column("it_share", "1", "share of the nation's IT capacity that stands"),
        Column("new_renewable_mw", "MW", "new solar and wind that stand"),
        Column("battery_mw", "MW", "new battery power that stands"),
        Column("price_jpy_per_kwh", "JPY/kWh", "mean energy price over the year, with the plan"),
        Column("price_before_jpy_per_kwh", "JPY/kWh", "mean energy price without the plan"),
        Column("curtailment_share", "1", "curtailed share of available solar and wind, with the plan"),
    ),
    "pathway_interties": (
        _YEAR,
        Column("intertie", "text", "link"),
        Column("name_ja", "text", "Japanese name"),
        Column("name_en", "text", "English name"),
        Column("forward_mw", "MW", "capacity in service by then, first to second end, before expansion"),
        Column("reverse_mw", "MW", "capacity in service by then, second to first end, before expansion"),
        Column("expansion_mw", "MW", "expansion of the plan that stands"),
        Column("congested_hours", "h/a", "hours at the limit in either direction"),
    ),
    "pathway_prices": (
        Column("equation", "text", "law between target years; anchor in docs/formulation.md"),
        _YEAR,
        Column("index", "text", "what and where"),
        Column("price", "as `unit`", "positive where scarce; in money of the year, not of the mean year"),
        Column("unit", "text", "unit of price"),
        Column("meaning", "text", "in a planner's words"),
        Column("meaning_ja", "text", "the same in Japanese"),
    ),
}
"""Columns of the tables of a pathway, in file order."""

RESULT_TABLES = PLAN_TABLES | PATHWAY_TABLES
"""Columns of every table a run can hold, of one target year or of a pathway."""

PATHWAY_MEANINGS = {
    "pathway": "What stands at each site by each target year, and what of it is new.",
    "pathway_areas": "The same by grid area, with energy prices.",
    "pathway_interties": "Links between grid areas by target year: in service, expansion, congestion.",
    "pathway_prices": "Prices of the laws between target years: of keeping, of waiting, of lead times.",
}
