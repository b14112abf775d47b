"""Interties, fleets, renewables and storage of Germany; figures recalled or judged, see `sources.toml`."""

from __future__ import annotations

import pandas as pd
from germany_sites import JPY_PER_EUR, states

LINKS = (
    # from, to, name_ja, name_en, MW each way today, loss share, expansion limit MW, EUR/kW of expansion
    ("north", "west", "北部・西部間", "North-West lines (Dollern, Emden to the Rhine)", 8000, 0.01, 2000, 600),
    ("north", "central", "北部・中部間", "North-Central lines (Wahle-Mecklar)", 5000, 0.01, 2000, 400),
    ("north", "east", "北部・東部間", "North-East lines (Helmstedt, Hamburg)", 5000, 0.01, 2000, 300),
    ("east", "central", "東部・中部間", "East-Central lines (Vieselbach-Mecklar)", 2500, 0.01, 1000, 400),
    ("east", "south_east", "東部・南東部間", "Thuringian power bridge and SuedOstLink", 5000, 0.015, 2000, 1800),
    ("west", "central", "西部・中部間", "Rhine lines", 7000, 0.01, 2000, 300),
    ("west", "south_west", "西部・南西部間", "Ultranet corridor", 0, 0.02, 2000, 1200),
    ("central", "south_west", "中部・南西部間", "Central-South-west lines (Buerstadt-Daxlanden)", 6000, 0.01, 2000, 300),
    ("central", "south_east", "中部・南東部間", "Central-South-east lines (Dettingen, Bergrheinfeld)", 4000, 0.01, 2000, 300),
    ("south_west", "south_east", "南西部・南東部間", "Southern ring", 4500, 0.01, 1500, 300),
    ("north", "south_west", "北部・南西部間", "SuedLink corridor to Baden-Wuerttemberg", 0, 0.03, 2000, 2500),
    ("north", "south_east", "北部・南東部間", "SuedLink corridor to Bavaria", 0, 0.03, 2000, 2500),
)  # fmt: skip
PROJECTS = (
    ("west-south_west", "Ultranet, Osterath-Philippsburg 2 GW, in service about 2026-2027", 2028, 2000),
    ("north-west", "A-Nord, Emden-Osterath 2 GW, in service about 2027", 2028, 2000),
    ("east-south_east", "SuedOstLink, Wolmirstedt-Isar 2 GW, in service about 2027", 2028, 2000),
    ("north-south_west", "SuedLink, Brunsbuettel-Grossgartach 2 GW, in service end of 2028", 2029, 2000),
    ("north-south_east", "SuedLink, Wilster-Bergrheinfeld 2 GW, in service end of 2028", 2029, 2000),
)
FLEETS = {
    # MW net expected to be in the market (or in the grid reserve) in 2030
    "lignite": {"east": 6000},
    "coal": {"west": 2500, "north": 1000, "south_west": 2600, "east": 500, "central": 500},
    "gas_cc": {
        "west": 8500,
        "north": 4500,
        "east": 5000,
        "central": 3000,
        "south_west": 2200,
        "south_east": 4800,
    },
    "gas_gt": {
        "west": 3000,
        "north": 1200,
        "east": 1500,
        "central": 1200,
        "south_west": 800,
        "south_east": 1500,
    },
    "oil": {"west": 500, "north": 600, "east": 500, "central": 300, "south_west": 700, "south_east": 400},
    "reserve": {"west": 3000, "north": 500, "central": 1300, "south_west": 2000, "south_east": 1500},
    "abroad": {
        "north": 4500,
        "west": 5000,
        "south_west": 5500,
        "south_east": 5000,
        "east": 3500,
        "central": 2000,
    },
}
KIND = {
    # availability, least share, EUR/MWh without CO2 at home, kg CO2/kWh at home
    "lignite": (0.85, 0.35, 20, 1.05),
    "coal": (0.85, 0.20, 37, 0.82),
    "gas_cc": (0.90, 0.05, 60, 0.36),
    "gas_gt": (0.90, 0.00, 88, 0.53),
    "oil": (0.90, 0.00, 140, 0.75),
    "reserve": (0.85, 0.00, 220, 0.85),
    "abroad": (0.50, 0.00, 92, 0.0),
}
EXISTING = {
    # solar, onshore, offshore MW in service about mid-2025
    "north": (13800, 22700, 7400), "east": (29300, 21900, 1800), "west": (12500, 8000, 0),
    "central": (12200, 7500, 0), "south_west": (13500, 2000, 0), "south_east": (30000, 2700, 0),
}  # fmt: skip
POTENTIAL = {
    # MW new plants by 2030 open to contracts with data centers: about a fifth of the national build-out
    "DE-BW": (2000, 350, 0), "DE-BY": (4500, 350, 0), "DE-BE": (60, 0, 0), "DE-BB": (1700, 900, 0),
    "DE-HB": (30, 20, 0), "DE-HH": (40, 10, 0), "DE-HE": (900, 400, 0), "DE-MV": (1100, 500, 500),
    "DE-NI": (2000, 1300, 1800), "DE-NW": (1800, 900, 0), "DE-RP": (900, 400, 0), "DE-SL": (200, 60, 0),
    "DE-SN": (900, 250, 0), "DE-ST": (1200, 600, 0), "DE-SH": (800, 900, 700), "DE-TH": (700, 300, 0),
}  # fmt: skip
NEW_CF = {
    # capacity factor of new plants: solar, onshore, offshore
    "north": (0.108, 0.33, 0.43), "east": (0.115, 0.30, 0.43), "west": (0.108, 0.28, 0.43),
    "central": (0.113, 0.27, 0.43), "south_west": (0.120, 0.24, 0.43), "south_east": (0.122, 0.25, 0.43),
}  # fmt: skip
PUMPED_MW = {"east": 2800, "south_west": 1900, "west": 300, "north": 340, "central": 1920, "south_east": 400}
PUMPED_HOURS = 6
PUMPED_EFFICIENCY = 0.87
BATTERY_MW = {"east": 700, "south_west": 200, "west": 400, "north": 500, "central": 100, "south_east": 300}
BATTERY_HOURS = 2
BATTERY_EFFICIENCY = 0.93
BATTERY_LIMIT_MW = {
    "east": 3000,
    "south_west": 2500,
    "west": 4000,
    "north": 3000,
    "central": 2500,
    "south_east": 3000,
}
TECHNOLOGIES = ("solar", "onshore", "offshore")


def intertie_tables() -> dict[str, pd.DataFrame]:
    """Return `interties` and `intertie_projects`."""
    rows = [
        (f"{a}-{b}", ja, en, a, b, mw, mw, loss, limit, round(eur * JPY_PER_EUR / 1000, 1))
        for a, b, ja, en, mw, loss, limit, eur in LINKS
    ]
    columns = [
        "intertie", "name_ja", "name_en", "from_area", "to_area", "forward_mw", "reverse_mw", "loss_share",
        "expansion_limit_mw", "expansion_jpy_k_per_kw",
    ]  # fmt: skip
    projects = [(link, name, year, mw, mw) for link, name, year, mw in PROJECTS]
    return {
        "interties": pd.DataFrame(rows, columns=columns),
        "intertie_projects": pd.DataFrame(
            projects, columns=["intertie", "project", "in_service_year", "forward_mw", "reverse_mw"]
        ),
    }


def fleet_table() -> pd.DataFrame:
    """Return the table `fleets`."""
    rows = [
        (
            area,
            fleet,
            mw,
            KIND[fleet][0],
            KIND[fleet][1],
            round(KIND[fleet][2] * JPY_PER_EUR / 1000, 2),
            KIND[fleet][3],
        )
        for fleet, areas in FLEETS.items()
        for area, mw in areas.items()
    ]
    columns = [
        "area", "fleet", "capacity_mw", "availability_share", "min_share", "cost_jpy_per_kwh", "co2_kg_per_kwh",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).sort_values(["area", "fleet"])


def storage_table() -> pd.DataFrame:
    """Return the table `storage`."""
    rows = []
    for area in sorted(PUMPED_MW):
        power, pumped = BATTERY_MW[area], PUMPED_MW[area]
        rows += [
            (
                area,
                "battery",
                power,
                power * BATTERY_HOURS,
                BATTERY_EFFICIENCY,
                BATTERY_EFFICIENCY,
                BATTERY_LIMIT_MW[area],
            ),
            (area, "pumped", pumped, pumped * PUMPED_HOURS, PUMPED_EFFICIENCY, PUMPED_EFFICIENCY, 0),
        ]
    columns = [
        "area", "storage", "power_mw", "energy_mwh", "charge_efficiency", "discharge_efficiency", "expansion_limit_mw",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def tables() -> dict[str, pd.DataFrame]:
    """Return interties, projects, fleets, renewables and storage."""
    area = states().set_index("site")["area"]
    existing = [(a, g, mw) for a in sorted(EXISTING) for g, mw in zip(TECHNOLOGIES, EXISTING[a], strict=True)]
    potential = [
        (site, g, mw, cf)
        for site in sorted(POTENTIAL)
        for g, mw, cf in zip(TECHNOLOGIES, POTENTIAL[site], NEW_CF[area[site]], strict=True)
    ]
    return {
        **intertie_tables(),
        "fleets": fleet_table(),
        "renewables_existing": pd.DataFrame(existing, columns=["area", "technology", "capacity_mw"]),
        "renewable_potential": pd.DataFrame(
            potential, columns=["site", "technology", "potential_mw", "cf_annual"]
        ),
        "storage": storage_table(),
    }
