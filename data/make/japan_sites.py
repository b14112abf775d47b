"""Areas, sites, climate, reinforcement steps and boundaries of Japan."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
AREAS = (
    ("hokkaido", "北海道", "Hokkaido", 50, 141.35, 43.06, "Sapporo"),
    ("tohoku", "東北", "Tohoku", 50, 140.87, 38.27, "Sendai"),
    ("tokyo", "東京", "Tokyo", 50, 139.69, 35.69, "Tokyo"),
    ("chubu", "中部", "Chubu", 60, 136.91, 35.18, "Nagoya"),
    ("hokuriku", "北陸", "Hokuriku", 60, 137.21, 36.70, "Toyama"),
    ("kansai", "関西", "Kansai", 60, 135.52, 34.69, "Osaka"),
    ("chugoku", "中国", "Chugoku", 60, 132.46, 34.40, "Hiroshima"),
    ("shikoku", "四国", "Shikoku", 60, 134.04, 34.34, "Takamatsu"),
    ("kyushu", "九州", "Kyushu", 60, 130.42, 33.61, "Fukuoka"),
    ("okinawa", "沖縄", "Okinawa", 60, 127.68, 26.21, "Naha"),
)
JPY_PER_USD = 149.57
BUILDING_USD_PER_W = {"JP-13": 15.15, "JP-12": 15.15, "JP-11": 15.15, "JP-14": 15.15, "JP-27": 14.12}
BUILDING_USD_PER_W_ELSEWHERE = 14.12
CONNECTION_JPY_K_PER_KW = 20.0
HEADROOM_SHARE_OF_PEAK = 0.02
HEADROOM_SHARE_OF_PEAK_TIGHT = 0.005
TIGHT_CLASSES = ("city", "metro")
STEPS = {
    # class: (size as a share of site_limit_mw, cost in JPY k/kW) per step, cheapest first
    "regional": ((0.4, 50.0), (0.6, 110.0), (1.0, 180.0)),
    "metro_edge": ((0.4, 110.0), (0.5, 183.0), (0.6, 280.0)),
    "metro": ((0.4, 140.0), (0.5, 220.0), (0.6, 320.0)),
    "city": ((0.4, 200.0), (0.5, 300.0), (0.6, 450.0)),
    "island": ((0.5, 80.0), (0.5, 160.0)),
}


FIRST_STEP_YEAR = 2028
"""Fiscal year the first step can be in service; each further step a year later. Holds for works decided by 2025:
greater Tokyo quotes 5 to 10 years to who asks in 2026 (scenario key `grid.reinforcement_delay_a`)."""


def prefectures(researched: Path) -> pd.DataFrame:
    """Return the 47 prefectures, indexed by site id, with area ids in lower case."""
    table = pd.read_csv(researched / "geo/prefectures.csv", dtype={"code": str})
    table["area"] = table["grid_area"].str.lower()
    return table.set_index("iso_3166_2").rename_axis("site").sort_index()


def by_site(researched: Path, name: str, column: str) -> pd.Series:
    """Return one column of a researched table by site id."""
    table = pd.read_csv(researched / name, dtype={"code": str})
    return table.set_index("JP-" + table["code"])[column]


def power_metric(researched: Path, metric: str) -> pd.Series:
    """Return one metric of the prefectural power table by site id."""
    table = pd.read_csv(researched / "power/prefectures_power.csv")
    table = table[table["metric"] == metric]
    index = "JP-" + table["pref_code"].astype(int).astype(str).str.zfill(2)
    return pd.Series(table["value"].astype(float).to_numpy(), index=index)


def assumptions() -> pd.DataFrame:
    """Return the stated assumptions per prefecture."""
    return pd.read_csv(HERE / "site_assumptions.csv").set_index("site")


def area_metric(researched: Path, metric: str) -> pd.Series:
    """Return one metric of the area table by area."""
    table = pd.read_csv(researched / "power/area_facts.csv")
    table = table[table["metric"] == metric]
    return table.set_index("area")["value"].astype(float)


def headroom(researched: Path) -> pd.Series:
    """Return headroom by site: a share of the area's peak by demand, plus the stated grid credit."""
    sites = prefectures(researched)
    stated = assumptions()
    demand = power_metric(researched, "electricity_demand_total").reindex(sites.index)
    within = demand / demand.groupby(sites["area"]).transform("sum")
    peak = sites["area"].map(area_metric(researched, "peak_demand_hourly"))
    share = (
        stated["reinforcement_class"]
        .isin(TIGHT_CLASSES)
        .map({True: HEADROOM_SHARE_OF_PEAK_TIGHT, False: HEADROOM_SHARE_OF_PEAK})
    )
    # eastern TEPCO headroom is stated whole in the grid credit: no share of peak on top of it
    share = share.where(~((sites["area"] == "tokyo") & (stated["grid_credit_mw"] >= 500)), 0.0)
    return ((within * peak * share + stated["grid_credit_mw"]) / 10).round() * 10


def site_table(researched: Path) -> pd.DataFrame:
    """Return the table `sites`."""
    sites = prefectures(researched)
    usd = pd.Series(BUILDING_USD_PER_W).reindex(sites.index).fillna(BUILDING_USD_PER_W_ELSEWHERE)
    land = by_site(researched, "geo/land_price.csv", "industrial_2025_est_jpy_m2")
    seismic = by_site(researched, "geo/seismic.csv", "p30_jma6lower_2016_pct")
    stock = by_site(researched, "geo/dc_stock_by_prefecture_estimate.csv", "existing_it_mw_est")
    return pd.DataFrame(
        {
            "site": sites.index,
            "name_ja": sites["name_ja"],
            "name_en": sites["name_en"],
            "area": sites["area"],
            "lon": sites["capital_lon"].round(4),
            "lat": sites["capital_lat"].round(4),
            "existing_it_mw": stock.reindex(sites.index),
            "headroom_mw": headroom(researched).astype(int),
            "site_limit_mw": assumptions()["site_limit_mw"],
            "building_jpy_m_per_mw": (usd * JPY_PER_USD).round(0).astype(int),
            "land_jpy_per_m2": land.reindex(sites.index).round(0).astype(int),
            "connection_jpy_k_per_kw": CONNECTION_JPY_K_PER_KW,
            "seismic_share_30a": (seismic.reindex(sites.index) / 100).round(4),
        }
    )


def climate_table(researched: Path) -> pd.DataFrame:
    """Return the table `climate`."""
    table = pd.read_csv(researched / "geo/climate.csv", dtype={"code": str})
    months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    rows = [
        ("JP-" + row["code"], number, row[f"t_{month}_c"])
        for _, row in table.sort_values("code").iterrows()
        for number, month in enumerate(months, start=1)
    ]
    return pd.DataFrame(rows, columns=["site", "month", "temperature_c"])


def reinforcement_table(researched: Path) -> pd.DataFrame:
    """Return the table `reinforcements`: steps sized by the site limit, priced by the kind of place."""
    stated = assumptions()
    rows = [
        (site, step, round(share * row["site_limit_mw"] / 10) * 10, cost, FIRST_STEP_YEAR + step - 1)
        for site, row in stated.iterrows()
        for step, (share, cost) in enumerate(STEPS[row["reinforcement_class"]], start=1)
    ]
    return pd.DataFrame(rows, columns=["site", "step", "size_mw", "cost_jpy_k_per_kw", "earliest_year"])


def tables(researched: Path) -> dict[str, pd.DataFrame]:
    """Return areas, sites, climate and reinforcements."""
    areas = pd.DataFrame(
        AREAS, columns=["area", "name_ja", "name_en", "frequency_hz", "lon", "lat", "hub"]
    ).sort_values("area")
    return {
        "areas": areas,
        "sites": site_table(researched),
        "climate": climate_table(researched),
        "reinforcements": reinforcement_table(researched),
    }


def write_boundaries(researched: Path, target: Path) -> None:
    """Write prefectures, grid areas and neighbouring land as one GeoPackage."""
    import geopandas as gpd
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-11-22T00:00:00.000Z"})  # same bytes every time
    folder = researched / "geo"
    simple = gpd.read_file(folder / "japan_prefectures_ne10m_simplified.geojson").set_crs(
        4326, allow_override=True
    )
    simple["site"] = "JP-" + simple["code"].astype(str)
    simple["area"] = simple["grid_area"].str.lower()
    grid = simple[["area", "geometry"]].dissolve("area").reset_index()
    land = gpd.read_file(folder / "context_land_ne50m.geojson").set_crs(4326, allow_override=True)
    target.unlink(missing_ok=True)
    simple[["site", "geometry"]].sort_values("site").to_file(target, layer="prefectures", driver="GPKG")
    grid[["area", "geometry"]].to_file(target, layer="grid_areas", driver="GPKG")
    land[["name", "geometry"]].sort_values("name").to_file(target, layer="land", driver="GPKG")
