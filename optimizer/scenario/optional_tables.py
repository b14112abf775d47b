"""Tables a pack may hold and a plan does not need: announced projects, and a graph of fibre links."""

from __future__ import annotations

from optimizer.scenario.columns import Column, TableSchema, share_column, text_column

_TABLES = (
    TableSchema(
        "candidates",
        "Announced and standing data centers by name: where, how large, and who owns them.",
        ("candidate",),
        (
            text_column("candidate", "identifier"),
            text_column("name_en", "name as announced"),
            text_column("operator", "who builds or runs it"),
            text_column(
                "ownership",
                "who owns it; developer: a domestic building let to others",
                choices=("domestic", "developer", "joint", "foreign"),
            ),
            text_column("region", "code of the prefecture it lies in, ISO 3166-2"),
            text_column("locality", "town"),
            Column("lon", "deg", "longitude, WGS 84, of the town unless known better", -180, 180),
            Column("lat", "deg", "latitude, WGS 84", -90, 90),
            Column("mw_now", "MW", "capacity in service; empty: not known", 0, 5e4, optional=True),
            Column("mw_final", "MW", "capacity when complete; empty: not known", 0, 5e4, optional=True),
            Column(
                "mw_basis",
                "text",
                "what the MW count; empty: not said",
                optional=True,
                choices=("it", "receiving"),
            ),
            text_column(
                "status",
                "state of the project",
                choices=("operating", "expanding", "construction", "planned", "proposed"),
            ),
            text_column("source", "where the figures were read"),
            text_column("grade", "how sure the MW are", choices=("published", "derived", "assumed")),
        ),
        may_be_empty=True,
    ),
    TableSchema(
        "candidate_sites",
        "Announced projects as sites, one per town; a scenario asks for them with `sites: candidates`.",
        ("site",),
        (
            text_column("site", "identifier"),
            text_column("name_ja", "Japanese name"),
            text_column("name_en", "English name"),
            Column("lon", "deg", "longitude, WGS 84", -180, 180),
            Column("lat", "deg", "latitude, WGS 84", -90, 90),
            text_column("projects", "their identifiers in `candidates`, separated by blanks"),
            Column("it_mw", "MW", "announced beyond what stands, where the IT load is counted", 0, 5e4),
            Column("receiving_mw", "MW", "announced beyond what stands, where the connection is", 0, 5e4),
            share_column("domestic_share", "announced MW owned at home, share"),
            share_column("leased_share", "announced MW of developers and joint ventures, share"),
            share_column("foreign_share", "announced MW owned abroad, share"),
            text_column("grade", "how sure the MW are", choices=("published", "derived", "assumed")),
        ),
    ),
    TableSchema(
        "fibre_nodes",
        "Places fibre links join: towns, exchanges, landing stations. Users and sites hang on the nearest.",
        ("fibre_node",),
        (
            text_column("fibre_node", "identifier"),
            text_column("name_ja", "Japanese name"),
            text_column("name_en", "English name"),
            text_column("kind", "what is there", choices=("town", "exchange", "landing")),
            Column("lon", "deg", "longitude, WGS 84", -180, 180),
            Column("lat", "deg", "latitude, WGS 84", -90, 90),
            text_column("grade", "how sure it is there", choices=("published", "derived", "assumed")),
        ),
    ),
    TableSchema(
        "fibre_links",
        "Fibre between two nodes, both ways alike; a scenario asks for them with `network.fibre: graph`.",
        ("fibre_link",),
        (
            text_column("fibre_link", "identifier"),
            text_column("from_node", "one end", refers="fibre_nodes.fibre_node"),
            text_column("to_node", "the other end", refers="fibre_nodes.fibre_node"),
            text_column("kind", "how it is laid", choices=("land", "submarine")),
            Column("route_factor", "1", "length of the fibre over the great circle", 1, 10),
            Column("capacity_gbps", "Gb/s", "capacity it can spare for new data centers", 0, 1e7),
            Column("expansion_limit_gbps", "Gb/s", "most capacity that can be added", 0, 1e7),
            Column("expansion_jpy_k_per_gbps", "JPY k/(Gb/s)", "capital cost of added capacity", 0, 1e6),
            Column(
                "in_service_year",
                "FY",
                "first full fiscal year of service; empty: stands",
                1900,
                2200,
                optional=True,
            ),
            text_column("note", "what it follows, and what is known of it"),
        ),
    ),
    TableSchema(
        "site_resources",
        "What else holds a site back: land, water, waiting years. A site left out has no limit.",
        ("site",),
        (
            text_column("site", "site", refers="sites.site"),
            Column("land_ha", "ha", "land for new data centers; empty: no limit", 0, 1e6, optional=True),
            Column(
                "water_m3_per_a",
                "m3/a",
                "water new data centers may draw in a year; empty: no limit",
                0,
                1e10,
                optional=True,
            ),
            Column(
                "firm_from_year",
                "FY",
                "first fiscal year of a new firm connection, before it only non-firm; empty: no wait",
                1900,
                2200,
                optional=True,
            ),
        ),
        may_be_empty=True,
    ),
)

OPTIONAL_TABLES: dict[str, TableSchema] = {table.name: table for table in _TABLES}
"""Tables a pack may hold and a plan does not need; checked where they are there."""

LIMIT_TABLES = ("site_resources",)
"""Of `OPTIONAL_TABLES`: those a plan keeps to where they are there."""
