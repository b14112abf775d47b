"""Interties, fleets, renewables and storage of Japan."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from japan_sites import area_metric, assumptions, power_metric, prefectures

LINKS = (
    # from, to, name_ja, name_en, loss_share, expansion_limit_mw, expansion_jpy_k_per_kw
    ("hokkaido", "tohoku", "北海道・本州間連系設備", "Hokkaido-Honshu HVDC", 0.03, 600, 160.0),
    ("tohoku", "tokyo", "相馬双葉・いわき幹線", "Soma-Futaba and Iwaki lines", 0.01, 2000, 80.0),
    ("tokyo", "chubu", "周波数変換設備", "Frequency converters", 0.02, 2700, 154.0),
    ("chubu", "kansai", "三重東近江線", "Mie-Higashiomi line", 0.01, 2000, 60.0),
    ("chubu", "hokuriku", "南福光連系所", "Minami-Fukumitsu BTB", 0.02, 300, 100.0),
    ("hokuriku", "kansai", "越前嶺南線", "Echizen-Reinan line", 0.01, 1000, 60.0),
    (
        "kansai",
        "chugoku",
        "西播東岡山・山崎智頭線",
        "Seiban-Higashiokayama and Yamasaki-Chizu lines",
        0.01,
        2000,
        80.0,
    ),
    ("kansai", "shikoku", "阿南紀北直流幹線", "Anan-Kihoku HVDC", 0.03, 700, 250.0),
    ("chugoku", "shikoku", "本四連系線", "Honshu-Shikoku line", 0.01, 600, 250.0),
    ("chugoku", "kyushu", "関門連系線", "Kanmon line", 0.01, 2000, 440.0),
)
PROJECTS = (
    # intertie, project, first full fiscal year, forward_mw, reverse_mw
    ("hokkaido-tohoku", "Shin-Kitahon expansion, in service March 2028", 2028, 300, 300),
    ("tohoku-tokyo", "Second AC route, in service November 2027", 2028, 4550, 0),
    ("tokyo-chubu", "Frequency converters to 3,000 MW, in service FY2027", 2028, 900, 900),
    ("chugoku-kyushu", "Kanmon second link, in service FY2038", 2039, 1000, 1000),
)
COST_JPY_PER_KWH = {
    "nuclear": 2.0, "coal": 9.0, "coal_reserve": 12.8, "lng_new": 10.8, "lng_cc": 11.7, "lng_steam": 14.5,
    "oil_base": 10.0, "oil": 25.0,
}  # fmt: skip
"""Without CO2. `coal_reserve`: not its fuel, but the cost at which it ran in FY2024; see docs/backtest.md."""
LNG_CC_COST_JPY_PER_KWH = {"hokkaido": 12.0, "tohoku": 12.0, "tokyo": 12.0, "kansai": 11.55}
"""Fitted so that the areas share LNG generation as in FY2024; the east paid more than the west all year."""
CO2_KG_PER_KWH = {
    "nuclear": 0.0, "coal": 0.864, "coal_reserve": 0.864, "lng_new": 0.345, "lng_cc": 0.375, "lng_steam": 0.5,
    "oil_base": 0.695, "oil": 0.695,
}  # fmt: skip
AVAILABILITY = {"nuclear": 0.84, "coal": 0.84, "lng": 0.9, "oil": 0.9}
COAL_BASE_SHARE = {
    "hokkaido": 0.87, "tohoku": 0.81, "tokyo": 0.83, "chubu": 0.65, "hokuriku": 0.77, "kansai": 0.68,
    "chugoku": 0.69, "shikoku": 0.56, "kyushu": 0.80, "okinawa": 0.76,
}  # fmt: skip
"""Share of coal that runs first: energy of FY2024 over largest output and availability, fitted within 5 %."""
NEWEST_COMBINED_CYCLE_MW = {
    "hokkaido": 569, "tohoku": 2798, "tokyo": 8460, "chubu": 2376, "hokuriku": 425, "kansai": 2919,
    "shikoku": 289, "kyushu": 1100,
}  # fmt: skip
"""Above about 58 % efficiency, in service 2012-2026; from memory of the plants, unverified."""
OIL_BASE_MARGIN = 1.15
"""Islands, refineries and joint plants: room above the mean output of FY2024."""
MUST_RUN_QUANTILE = {"coal": 0.05, "lng": 0.05, "oil": 0.10}
"""What ran in nearly every hour of FY2024: minimum load and fuel that was bought."""
NEW_COMBINED_CYCLE_MW = {"kyushu": 620}
"""In service since FY2024 and so not in its largest output: Hibiki, March 2026; recalled, unverified."""
OKINAWA_SUPPLY_AT_PEAK_MW = 1642 + 393
"""Area demand of 2026-07-28 plus the operator's supply margin of that day (`supply_minus_demand_at_summer2026_peak`)."""
LNG_CC_SHARE = {
    "hokkaido": 0.9, "tohoku": 0.8, "tokyo": 0.75, "chubu": 0.75, "hokuriku": 1.0,
    "kansai": 0.8, "chugoku": 0.8, "shikoku": 0.65, "kyushu": 0.75, "okinawa": 1.0,
}  # fmt: skip
OFFSHORE_EXISTING_MW = {"hokkaido": 112, "tohoku": 139, "kyushu": 2}
SOLAR_SHARE_OF_POTENTIAL = 0.04
SOLAR_PROXY_GW_HOKKAIDO = 30.0
ONSHORE_SHARE_OF_POTENTIAL = 0.06
ONSHORE_CAP_MW = 1500
NEW_SOLAR_CF_NATIONAL = 0.183
NEW_ONSHORE_CF_NATIONAL = 0.291
NEW_OFFSHORE_CF_NATIONAL = 0.332
WIND_CF_HOKURIKU = 0.17
SUNSHINE_WEIGHT = 0.6
PUMPED_HOURS = 6
PUMPED_EFFICIENCY = 0.85
BATTERY_EFFICIENCY = 0.93
BATTERY_LIMIT_SHARE_OF_PEAK = 0.25


def intertie_table(researched: Path) -> pd.DataFrame:
    """Return the table `interties` with planning capacities in both directions."""
    table = pd.read_csv(researched / "power/interconnections.csv")
    table = table[table["metric"] == "planning_capacity"]
    capacity = {
        (row["area_from"], row["area_to"], row["direction"]): float(row["value"])
        for _, row in table.iterrows()
    }
    rows = [
        (
            f"{a}-{b}",
            ja,
            en,
            a,
            b,
            capacity[a, b, f"{a}->{b}"],
            capacity[a, b, f"{b}->{a}"],
            loss,
            limit,
            cost,
        )
        for a, b, ja, en, loss, limit, cost in LINKS
    ]
    columns = [
        "intertie",
        "name_ja",
        "name_en",
        "from_area",
        "to_area",
        "forward_mw",
        "reverse_mw",
        "loss_share",
        "expansion_limit_mw",
        "expansion_jpy_k_per_kw",
    ]
    return pd.DataFrame(rows, columns=columns)


def output_figures(hourly: Path) -> pd.DataFrame:
    """Return largest, mean and nearly always exceeded hourly output of FY2024 by area and fuel, MW."""
    grouped = pd.read_csv(hourly).groupby("area")
    figures = {}
    for fuel, quantile in MUST_RUN_QUANTILE.items():
        output = grouped[fuel]
        figures |= {
            f"{fuel}_max": output.max(), f"{fuel}_mean": output.mean(), f"{fuel}_least": output.quantile(quantile)
        }  # fmt: skip
    return pd.DataFrame(figures)


def fleet_blocks(area: str, capacity: dict[str, float], seen: pd.Series) -> list[tuple[str, float, float]]:
    """Return fleets as (name, capacity MW, least share of what is available), cheapest first per fuel."""
    coal = capacity["coal"] * COAL_BASE_SHARE[area]
    newest = min(NEWEST_COMBINED_CYCLE_MW.get(area, 0), capacity["lng_cc"])
    base = min(OIL_BASE_MARGIN * seen["oil_mean"] / AVAILABILITY["oil"], capacity["oil"])
    lng_rest = max(0.0, seen["lng_least"] - newest * AVAILABILITY["lng"])
    blocks = [
        ("nuclear", capacity["nuclear"], capacity["nuclear"] * AVAILABILITY["nuclear"]),
        ("coal", coal, seen["coal_least"]),
        ("coal_reserve", capacity["coal"] - coal, 0.0),
        ("lng_new", newest, seen["lng_least"] - lng_rest),
        ("lng_cc", capacity["lng_cc"] - newest, lng_rest),
        ("lng_steam", capacity["lng_steam"], 0.0),
        ("oil_base", base, seen["oil_least"]),
        ("oil", capacity["oil"] - base, 0.0),
    ]
    return [
        (name, megawatt, min(1.0, least / (megawatt * AVAILABILITY[name.split("_")[0]])))
        for name, megawatt, least in blocks
        if megawatt >= 10
    ]


def fleet_table(researched: Path, hourly: Path) -> pd.DataFrame:
    """Return the table `fleets`: the larger of two observed maxima per fuel, nuclear by nameplate."""
    seen = output_figures(hourly)
    plants = {fuel: area_metric(researched, f"observed_max_output_{fuel}") for fuel in ("coal", "gas", "oil")}
    nuclear = area_metric(researched, "nuclear_in_operation_nameplate")
    rows = []
    for area in sorted(seen.index):
        lng = max(seen.at[area, "lng_max"], plants["gas"].get(area, 0.0))
        capacity = {
            "nuclear": nuclear[area],
            "coal": max(seen.at[area, "coal_max"], plants["coal"].get(area, 0.0)),
            "lng_cc": lng * LNG_CC_SHARE[area] + NEW_COMBINED_CYCLE_MW.get(area, 0),
            "lng_steam": lng * (1 - LNG_CC_SHARE[area]),
            "oil": max(seen.at[area, "oil_max"], plants["oil"].get(area, 0.0)),
        }
        if (
            area == "okinawa"
        ):  # no intertie: the fleet must cover what the operator had on the peak day of 2026
            capacity["oil"] = OKINAWA_SUPPLY_AT_PEAK_MW - capacity["coal"] - lng
        for fleet, megawatt, least in fleet_blocks(area, capacity, seen.loc[area]):
            cost = LNG_CC_COST_JPY_PER_KWH if fleet == "lng_cc" else {}
            rows.append(
                (area, fleet, round(megawatt), AVAILABILITY[fleet.split("_")[0]], round(least, 3),
                 cost.get(area, COST_JPY_PER_KWH[fleet]), CO2_KG_PER_KWH[fleet])
            )  # fmt: skip
    columns = [
        "area",
        "fleet",
        "capacity_mw",
        "availability_share",
        "min_share",
        "cost_jpy_per_kwh",
        "co2_kg_per_kwh",
    ]
    return pd.DataFrame(rows, columns=columns)


def installed(researched: Path) -> pd.DataFrame:
    """Return solar and wind in service by area and kind, MW."""
    table = pd.read_csv(researched / "power/vre_capacity_fy2024.csv")
    return table.pivot(index="area", columns="technology", values="value").sort_index()


def existing_table(researched: Path) -> pd.DataFrame:
    """Return the table `renewables_existing`; offshore is taken out of the wind total."""
    rows = []
    for area, row in installed(researched).iterrows():
        offshore = OFFSHORE_EXISTING_MW.get(area, 0)
        rows += [
            (area, "solar", row["solar"]),
            (area, "onshore", row["wind"] - offshore),
            (area, "offshore", offshore),
        ]
    return pd.DataFrame(rows, columns=["area", "technology", "capacity_mw"])


def annual_cf(researched: Path, technology: str) -> pd.Series:
    """Return the FY2024 capacity factor by area, Hokuriku wind corrected."""
    table = pd.read_csv(researched / "power/capacity_factors.csv")
    table = table[(table["metric"] == "annual_cf") & (table["technology"] == technology)]
    series = table[table["area"] != "national"].set_index("area")["value"].astype(float)
    if technology == "wind_onshore":
        series["hokuriku"] = WIND_CF_HOKURIKU
    return series


def potential_table(researched: Path) -> pd.DataFrame:
    """Return the table `renewable_potential`.

    Capacity factors are the area's FY2024 figure x the site's sunshine relative to its area
    x the published figure for new plants relative to the national fleet.
    """
    sites, stated, fleet = prefectures(researched), assumptions(), installed(researched)
    solar, wind = annual_cf(researched, "solar"), annual_cf(researched, "wind_onshore")
    proxy_solar = power_metric(researched, "solar_potential_capacity_est").reindex(sites.index) * 1000
    proxy_solar["JP-01"] = SOLAR_PROXY_GW_HOKKAIDO * 1000
    proxy_wind = power_metric(researched, "onshore_wind_potential_capacity_est").reindex(sites.index) * 1000
    sunshine = power_metric(researched, "sunshine_hours_normal").reindex(sites.index)
    mean_sun = (sunshine * proxy_solar).groupby(sites["area"]).transform("sum") / proxy_solar.groupby(
        sites["area"]
    ).transform("sum")
    new_solar = NEW_SOLAR_CF_NATIONAL / ((solar * fleet["solar"]).sum() / fleet["solar"].sum())
    mean_wind = (wind * fleet["wind"]).sum() / fleet["wind"].sum()
    rows = []
    for site, area in sites["area"].items():
        sun = 1 + SUNSHINE_WEIGHT * (sunshine[site] / mean_sun[site] - 1)
        wind_mw = min(ONSHORE_CAP_MW, ONSHORE_SHARE_OF_POTENTIAL * proxy_wind[site])
        relative = wind[area] / mean_wind
        rows += [
            (
                site,
                "solar",
                round(SOLAR_SHARE_OF_POTENTIAL * proxy_solar[site], -1),
                round(solar[area] * sun * new_solar, 4),
            ),
            (site, "onshore", round(wind_mw, -1), round(min(0.34, NEW_ONSHORE_CF_NATIONAL * relative), 4)),
            (
                site,
                "offshore",
                stated.at[site, "offshore_mw"],
                round(NEW_OFFSHORE_CF_NATIONAL * (0.5 + 0.5 * min(relative, 1.2)), 4),
            ),
        ]
    table = pd.DataFrame(rows, columns=["site", "technology", "potential_mw", "cf_annual"])
    table["potential_mw"] = table["potential_mw"].astype(int)
    return table


def storage_table(researched: Path) -> pd.DataFrame:
    """Return the table `storage`: pumped hydro in service, batteries open everywhere."""
    pumped = area_metric(researched, "pumped_hydro_capacity")
    peak = area_metric(researched, "peak_demand_hourly")
    rows = []
    for area in sorted(peak.index):
        limit = round(BATTERY_LIMIT_SHARE_OF_PEAK * peak[area], -2)
        rows.append((area, "battery", 0, 0, BATTERY_EFFICIENCY, BATTERY_EFFICIENCY, limit))
        if pumped[area] > 0:
            energy = pumped[area] * PUMPED_HOURS
            rows.append((area, "pumped", pumped[area], energy, PUMPED_EFFICIENCY, PUMPED_EFFICIENCY, 0))
    columns = [
        "area",
        "storage",
        "power_mw",
        "energy_mwh",
        "charge_efficiency",
        "discharge_efficiency",
        "expansion_limit_mw",
    ]
    return pd.DataFrame(rows, columns=columns)


def tables(researched: Path, hourly: Path | None) -> dict[str, pd.DataFrame]:
    """Return all tables of the power system; fleets only where the hourly actuals are at hand."""
    projects = pd.DataFrame(
        PROJECTS, columns=["intertie", "project", "in_service_year", "forward_mw", "reverse_mw"]
    )
    result = {
        "interties": intertie_table(researched),
        "intertie_projects": projects,
        "renewables_existing": existing_table(researched),
        "renewable_potential": potential_table(researched),
        "storage": storage_table(researched),
    }
    if hourly is not None:
        result["fleets"] = fleet_table(researched, hourly)
    return result
