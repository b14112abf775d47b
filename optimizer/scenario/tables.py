"""What each table of a data pack holds: columns, units, bounds, meaning.

A pack is a folder `data/<pack>/` with one CSV per entry of `PACK_TABLES` (UTF-8, comma, header)
and `boundaries.gpkg`. The same definitions check the files, write their documentation
and their JSON Schema. Files are for people: MW, MWh, JPY; the model works in GW, GWh, JPY bn.
"""

from __future__ import annotations

from optimizer.scenario.columns import Column, TableSchema
from optimizer.scenario.columns import share_column as _share
from optimizer.scenario.columns import text_column as _text
from optimizer.scenario.optional_tables import LIMIT_TABLES, OPTIONAL_TABLES

__all__ = [
    "LIMIT_TABLES",
    "MUST_RUN",
    "OPTIONAL_TABLES",
    "PACK_TABLES",
    "PARAMETER_COLUMNS",
    "STORAGES",
    "TECHNOLOGIES",
    "Column",
    "TableSchema",
]

TECHNOLOGIES = ("solar", "onshore", "offshore")
STORAGES = ("pumped", "battery")
MUST_RUN = ("hydro", "geothermal", "biomass", "other_thermal")

_TABLES = (
    TableSchema(
        "areas",
        "Grid areas: copper plates joined by interties.",
        ("area",),
        (
            _text("area", "identifier"),
            _text("name_ja", "Japanese name"),
            _text("name_en", "English name"),
            Column("frequency_hz", "Hz", "system frequency", 50, 60),
            Column("lon", "deg", "longitude of the label point, WGS 84", -180, 180),
            Column("lat", "deg", "latitude of the label point, WGS 84", -90, 90),
            _text("hub", "name of the area's main load centre (words only)"),
        ),
    ),
    TableSchema(
        "sites",
        "Candidate sites, and weather cells one to one with them.",
        ("site",),
        (
            _text("site", "identifier, ISO 3166-2 code for prefectures"),
            _text("name_ja", "Japanese name"),
            _text("name_en", "English name"),
            _text("area", "grid area the site is connected to", refers="areas.area"),
            Column("lon", "deg", "longitude, WGS 84", -180, 180),
            Column("lat", "deg", "latitude, WGS 84", -90, 90),
            Column("existing_it_mw", "MW", "IT load of data centers standing today", 0, 5e4),
            Column("headroom_mw", "MW", "spare grid capacity without reinforcement", 0, 1e5),
            Column("site_limit_mw", "MW", "IT capacity that land, water and builders allow", 0, 1e5),
            Column("building_jpy_m_per_mw", "JPY m/MW", "building and M&E cost per MW of IT", 0, 1e5),
            Column("land_jpy_per_m2", "JPY/m2", "price of industrial land", 0, 1e8),
            Column("connection_jpy_k_per_kw", "JPY k/kW", "cost of connection line and switchgear", 0, 1e4),
            Column("seismic_share_30a", "1", "probability of JMA 6-lower or more in 30 years", 0, 1),
        ),
    ),
    TableSchema(
        "climate",
        "Monthly mean air temperature at each site (1991-2020 normals).",
        ("site", "month"),
        (
            _text("site", "site", refers="sites.site"),
            Column("month", "1", "calendar month", 1, 12),
            Column("temperature_c", "degC", "monthly mean air temperature", -60, 60),
        ),
    ),
    TableSchema(
        "reinforcements",
        "Steps of local grid reinforcement, cheapest first.",
        ("site", "step"),
        (
            _text("site", "site", refers="sites.site"),
            Column("step", "1", "number of the step", 1, 20),
            Column("size_mw", "MW", "headroom the step adds", 0, 1e5),
            Column("cost_jpy_k_per_kw", "JPY k/kW", "capital cost of the step", 0, 1e4),
            Column(
                "earliest_year",
                "FY",
                "earliest fiscal year the step can be in service; empty: in any",
                1900,
                2200,
                optional=True,
            ),
        ),
        may_be_empty=True,
    ),
    TableSchema(
        "nodes",
        "Demand nodes: where the users of data centers are.",
        ("node",),
        (
            _text("node", "identifier"),
            _text("name_ja", "Japanese name"),
            _text("name_en", "English name"),
            Column("lon", "deg", "longitude, WGS 84", -180, 180),
            Column("lat", "deg", "latitude, WGS 84", -90, 90),
            Column("population_persons", "persons", "resident population", 0, 2e9),
            _share("demand_share", "share of the nation's new IT load asked for here"),
        ),
    ),
    TableSchema(
        "workloads",
        "Classes of computing and what they need.",
        ("workload",),
        (
            _text("workload", "identifier"),
            _text("name_ja", "Japanese name"),
            _text("name_en", "English name"),
            _share("share", "share of the new IT load"),
            Column("rtt_limit_ms", "ms", "largest round-trip time to the user", 0.1, 1e4),
            Column("utilisation", "1", "IT load sold per MW of IT built", 0.05, 1),
            Column("gbps_per_mw", "Gb/s/MW", "fibre capacity per MW of IT load", 0, 1e3),
            Column("flexible_share", "1", "share of the load that may move within the day", 0, 1),
        ),
    ),
    TableSchema(
        "workload_profiles",
        "Load of each class by hour of day, mean 1 over the day.",
        ("workload", "hour"),
        (
            _text("workload", "class", refers="workloads.workload"),
            Column("hour", "h", "hour of day, start, local time", 0, 23),
            Column("load_pu", "1", "load relative to the daily mean", 0, 5),
        ),
    ),
    TableSchema(
        "workload_accounts",
        "Which line of the cloud market a class of computing is sold in.",
        ("workload", "account"),
        (
            _text("workload", "class", refers="workloads.workload"),
            _text("account", "market line", choices=("iaas", "saas", "ai_inf", "ai_train")),
            _share("share", "share of the class's IT load sold in the line; sums to 1 per class"),
        ),
    ),
    TableSchema(
        "modes",
        "Operating modes: who owns and who sells the capacity.",
        ("mode",),
        (
            _text("mode", "identifier", choices=("domestic", "platform", "leased", "foreign")),
            _text("name_ja", "Japanese name"),
            _text("name_en", "English name"),
        ),
    ),
    TableSchema(
        "interties",
        "Links between grid areas as they stand, both directions.",
        ("intertie",),
        (
            _text("intertie", "identifier, from-to"),
            _text("name_ja", "Japanese name"),
            _text("name_en", "English name"),
            _text("from_area", "area of the first end", refers="areas.area"),
            _text("to_area", "area of the second end", refers="areas.area"),
            Column("forward_mw", "MW", "capacity from the first end to the second", 0, 1e6),
            Column("reverse_mw", "MW", "capacity from the second end to the first", 0, 1e6),
            Column("loss_share", "1", "share of the energy lost on the way", 0, 0.3),
            Column("expansion_limit_mw", "MW", "largest expansion the plan may build", 0, 1e6),
            Column("expansion_jpy_k_per_kw", "JPY k/kW", "capital cost of expansion", 0, 1e5),
        ),
        may_be_empty=True,
    ),
    TableSchema(
        "intertie_projects",
        "Committed intertie projects and the fiscal year they enter service.",
        ("intertie", "project"),
        (
            _text("intertie", "link", refers="interties.intertie"),
            _text("project", "name"),
            Column("in_service_year", "FY", "first full fiscal year of service", 1900, 2200),
            Column("forward_mw", "MW", "capacity added, first end to second", 0, 1e6),
            Column("reverse_mw", "MW", "capacity added, second end to first", 0, 1e6),
        ),
        may_be_empty=True,
    ),
    TableSchema(
        "fleets",
        "Existing dispatchable power stations by area and fuel.",
        ("area", "fleet"),
        (
            _text("area", "grid area", refers="areas.area"),
            _text("fleet", "fuel or technology, e.g. nuclear, coal, lng_cc, lng_steam, oil"),
            Column("capacity_mw", "MW", "net capacity, sending end", 0, 1e6),
            Column("availability_share", "1", "share of the capacity available on average", 0, 1),
            Column("min_share", "1", "least output as a share of what is available", 0, 1),
            Column("cost_jpy_per_kwh", "JPY/kWh", "fuel and variable cost, without CO2", 0, 1e3),
            Column("co2_kg_per_kwh", "kg/kWh", "CO2 at the sending end", 0, 2),
        ),
        may_be_empty=True,
    ),
    TableSchema(
        "renewables_existing",
        "Solar and wind in service, by area.",
        ("area", "technology"),
        (
            _text("area", "grid area", refers="areas.area"),
            _text("technology", "technology", choices=TECHNOLOGIES),
            Column("capacity_mw", "MW", "AC capacity in service", 0, 1e6),
        ),
        may_be_empty=True,
    ),
    TableSchema(
        "renewable_potential",
        "New renewables a site can still host, and how good they are.",
        ("site", "technology"),
        (
            _text("site", "site", refers="sites.site"),
            _text("technology", "technology", choices=TECHNOLOGIES),
            Column("potential_mw", "MW", "capacity that can still be built by the target year", 0, 1e6),
            Column("cf_annual", "1", "annual capacity factor before curtailment", 0, 0.8),
        ),
        may_be_empty=True,
    ),
    TableSchema(
        "storage",
        "Storage in service by area; `battery` rows also open new batteries there.",
        ("area", "storage"),
        (
            _text("area", "grid area", refers="areas.area"),
            _text("storage", "kind", choices=STORAGES),
            Column("power_mw", "MW", "charging and discharging power in service", 0, 1e6),
            Column("energy_mwh", "MWh", "energy in service", 0, 1e8),
            Column("charge_efficiency", "1", "energy stored per energy drawn", 0.3, 1),
            Column("discharge_efficiency", "1", "energy delivered per energy taken out", 0.3, 1),
            Column("expansion_limit_mw", "MW", "new power the plan may build", 0, 1e6),
        ),
        may_be_empty=True,
    ),
    TableSchema(
        "accounts",
        "The country's digital account by calendar year.",
        ("year",),
        (
            Column("year", "year", "calendar year", 1990, 2100),
            Column("payments_jpy_bn", "JPY bn", "paid abroad, five items", 0, 1e6),
            Column("receipts_jpy_bn", "JPY bn", "received from abroad, five items", 0, 1e6),
            Column("deficit_jpy_bn", "JPY bn", "payments less receipts, as published", -1e6, 1e6),
            Column(
                "computer_payments_jpy_bn",
                "JPY bn",
                "of payments: computer services",
                0,
                1e6,
                optional=True,
            ),
            _text("grade", "how sure", choices=("published", "derived", "assumed")),
        ),
    ),
)

PACK_TABLES: dict[str, TableSchema] = {table.name: table for table in _TABLES}

PARAMETER_COLUMNS = (
    _text("name", "identifier used by the code"),
    Column("value", "as `unit`", "the value used (base case)"),
    _text("unit", "unit of value, low and high"),
    Column("price_year", "year", "year of the money, empty for physical figures", optional=True),
    Column("low", "as `unit`", "low end of the range", optional=True),
    Column("high", "as `unit`", "high end of the range", optional=True),
    _text("grade", "how sure", choices=("published", "derived", "assumed")),
    _text("source", "document, address or reasoning"),
    _text("meaning", "what the number is"),
)
"""Columns of `data/parameters.csv` and `data/<pack>/parameters.csv` (the pack's rows win)."""
