"""Areas, sites, climate, reinforcements and demand nodes of Germany.

No operator file stands behind these figures: nearly all are recalled or judged, and graded `assumed` in
`sources.toml`. Money in EUR here; converted at `JPY_PER_EUR`.
"""

from __future__ import annotations

import math

import pandas as pd

JPY_PER_EUR = 169.0
"""2025 mean, from 149.57 JPY/USD (Federal Reserve) and about 1.13 USD/EUR; the second is recalled, unverified."""

AREAS = (
    # Not market zones: Germany is one. Cut where the transmission grid is known to congest.
    ("central", "中部", "Central", 8.3, 50.1, "Frankfurt"),
    ("east", "東部", "East", 12.9, 52.0, "Berlin"),
    ("north", "北部", "North", 9.6, 53.2, "Hamburg"),
    ("south_east", "南東部", "South-east", 11.6, 48.8, "Munich"),
    ("south_west", "南西部", "South-west", 9.1, 48.6, "Stuttgart"),
    ("west", "西部", "West", 7.3, 51.5, "Cologne"),
)
SITES = (
    # site, name_ja, name_en, area, lon, lat, existing IT MW, headroom MW, site limit MW, EUR m/MW, land EUR/m2,
    # class of reinforcement, seismic share, population in thousands, share of GDP %, mean and half range of degC
    ("DE-BW", "バーデン＝ヴュルテンベルク州", "Baden-Württemberg", "south_west", 9.18, 48.78, 270, 150, 350, 10.5, 300, "metro", 0.006, 11339, 15.0, 10.6, 9.0),
    ("DE-BY", "バイエルン州", "Bavaria", "south_east", 11.58, 48.14, 390, 200, 500, 10.8, 400, "metro", 0.002, 13435, 18.7, 9.7, 9.3),
    ("DE-BE", "ベルリン", "Berlin", "east", 13.40, 52.52, 200, 100, 250, 10.8, 350, "metro", 0.0005, 3782, 4.7, 10.2, 9.3),
    ("DE-BB", "ブランデンブルク州", "Brandenburg", "east", 13.06, 52.40, 60, 300, 700, 10.0, 70, "regional", 0.0005, 2582, 2.4, 9.8, 9.3),
    ("DE-HB", "ブレーメン", "Bremen", "north", 8.80, 53.08, 30, 50, 80, 10.0, 90, "metro", 0.0005, 691, 1.0, 9.8, 8.1),
    ("DE-HH", "ハンブルク", "Hamburg", "north", 9.99, 53.55, 120, 100, 150, 10.6, 300, "metro", 0.0005, 1910, 3.6, 9.7, 8.2),
    ("DE-HE", "ヘッセン州", "Hesse", "central", 8.68, 50.11, 1080, 100, 900, 11.5, 800, "metro", 0.003, 6420, 8.6, 10.9, 9.2),
    ("DE-MV", "メクレンブルク＝フォアポンメルン州", "Mecklenburg-Vorpommern", "east", 12.10, 54.09, 15, 300, 250, 10.0, 35, "regional", 0.0005, 1629, 1.4, 9.6, 8.4),
    ("DE-NI", "ニーダーザクセン州", "Lower Saxony", "north", 9.73, 52.37, 120, 300, 500, 10.0, 80, "regional", 0.0005, 8161, 8.8, 10.0, 8.5),
    ("DE-NW", "ノルトライン＝ヴェストファーレン州", "North Rhine-Westphalia", "west", 6.77, 51.23, 420, 500, 900, 10.4, 200, "regional", 0.004, 18190, 20.4, 11.0, 8.2),
    ("DE-RP", "ラインラント＝プファルツ州", "Rhineland-Palatinate", "central", 8.27, 50.00, 70, 150, 350, 10.4, 180, "regional", 0.004, 4174, 4.2, 10.9, 9.0),
    ("DE-SL", "ザールラント州", "Saarland", "central", 7.00, 49.24, 25, 150, 120, 10.0, 60, "regional", 0.002, 994, 1.0, 10.0, 8.8),
    ("DE-SN", "ザクセン州", "Saxony", "east", 13.74, 51.05, 80, 200, 250, 10.0, 60, "regional", 0.001, 4090, 3.8, 9.8, 9.2),
    ("DE-ST", "ザクセン＝アンハルト州", "Saxony-Anhalt", "east", 11.63, 52.13, 25, 300, 350, 10.0, 35, "regional", 0.0005, 2180, 1.9, 10.1, 9.0),
    ("DE-SH", "シュレースヴィヒ＝ホルシュタイン州", "Schleswig-Holstein", "north", 10.14, 54.32, 40, 300, 400, 10.0, 60, "regional", 0.0005, 2966, 3.0, 9.3, 7.9),
    ("DE-TH", "テューリンゲン州", "Thuringia", "east", 11.03, 50.98, 25, 100, 150, 10.0, 40, "regional", 0.001, 2123, 1.8, 9.0, 9.0),
)  # fmt: skip
COLUMNS = (
    "site", "name_ja", "name_en", "area", "lon", "lat", "existing_it_mw", "headroom_mw", "site_limit_mw",
    "building_eur_m_per_mw", "land_eur_per_m2", "class", "seismic_share_30a", "population_k", "gdp_percent",
    "mean_c", "half_range_c",
)  # fmt: skip
STEPS = {"regional": ((0.4, 250), (0.6, 500), (1.0, 900)), "metro": ((0.4, 500), (0.6, 900), (1.0, 1500))}
"""Share of the site limit and EUR/kW of each step of reinforcement."""
FIRST_STEP_YEAR = 2028
"""Year the first step can be in service, each further step a year later: works decided already."""
CONNECTION_EUR_PER_KW = 120
COLDEST_MONTH = 1.05


def states() -> pd.DataFrame:
    """Return the sixteen states with every figure of `SITES`."""
    table = pd.DataFrame(SITES, columns=list(COLUMNS))
    return table.sort_values("site", ignore_index=True)


def exact(values: pd.Series, digits: int) -> pd.Series:
    """Scale to a sum of one, round, and put the remainder on the largest value."""
    rounded = (values / values.sum()).round(digits)
    rounded[rounded.idxmax()] += 1.0 - rounded.sum()
    return rounded.round(digits)


def site_table() -> pd.DataFrame:
    """Return the table `sites`."""
    table = states()
    plain = [
        "site",
        "name_ja",
        "name_en",
        "area",
        "lon",
        "lat",
        "existing_it_mw",
        "headroom_mw",
        "site_limit_mw",
    ]
    return table[plain].assign(
        building_jpy_m_per_mw=(table["building_eur_m_per_mw"] * JPY_PER_EUR).round().astype(int),
        land_jpy_per_m2=(table["land_eur_per_m2"] * JPY_PER_EUR).round(-2).astype(int),
        connection_jpy_k_per_kw=round(CONNECTION_EUR_PER_KW * JPY_PER_EUR / 1000, 1),
        seismic_share_30a=table["seismic_share_30a"],
    )


def climate_table() -> pd.DataFrame:
    """Return the table `climate`: a sine through the year's mean and half range, coldest in mid-January."""
    rows = [
        (
            row["site"],
            month,
            round(
                row["mean_c"] - row["half_range_c"] * math.cos(2 * math.pi * (month - COLDEST_MONTH) / 12), 1
            ),
        )
        for _, row in states().iterrows()
        for month in range(1, 13)
    ]
    return pd.DataFrame(rows, columns=["site", "month", "temperature_c"])


def reinforcement_table() -> pd.DataFrame:
    """Return the table `reinforcements`."""
    rows = [
        (
            row["site"],
            step,
            round(share * row["site_limit_mw"] / 10) * 10,
            round(eur * JPY_PER_EUR / 1000, 1),
            FIRST_STEP_YEAR + step - 1,
        )
        for _, row in states().iterrows()
        for step, (share, eur) in enumerate(STEPS[row["class"]], start=1)
    ]
    return pd.DataFrame(rows, columns=["site", "step", "size_mw", "cost_jpy_k_per_kw", "earliest_year"])


def node_table() -> pd.DataFrame:
    """Return the table `nodes`: half population, half gross domestic product."""
    table = states()
    people, product = table["population_k"], table["gdp_percent"]
    return pd.DataFrame(
        {
            "node": table["site"],
            **{name: table[name] for name in ("name_ja", "name_en", "lon", "lat")},
            "population_persons": people * 1000,
            "demand_share": exact(0.5 * people / people.sum() + 0.5 * product / product.sum(), 6),
        }
    )


def tables() -> dict[str, pd.DataFrame]:
    """Return areas, sites, climate, reinforcements and nodes."""
    areas = pd.DataFrame(AREAS, columns=["area", "name_ja", "name_en", "lon", "lat", "hub"])
    areas.insert(3, "frequency_hz", 50)
    return {
        "areas": areas,
        "sites": site_table(),
        "climate": climate_table(),
        "reinforcements": reinforcement_table(),
        "nodes": node_table(),
    }
