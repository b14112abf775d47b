"""Build `data/japan/fibre_nodes.csv` and `data/japan/fibre_links.csv`: trunk fibre along corridors of rail, road and sea.

Usage: python data/make/japan_fibre.py

No carrier publishes its routes, spare capacity or cost of new capacity, so the graph is a method, graded assumed:
neighbouring prefectural capitals along trunk railways and expressways are joined; exchanges and landing stations hang
on the nearest corridor. Length is great circle times a route factor: on land the factor that fits published and quoted
round-trip times best (`fitted_land_factor`), under the sea that of one published cable. Spare capacity and cost
go by kind of link. Afterwards run `data/make/register.py` and `data/make/datapackage.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

TARGET = Path(__file__).resolve().parents[1] / "japan"
TOKYO, OSAKA, NAGOYA, FUKUOKA = "ix-tokyo", "ix-osaka", "ix-nagoya", "ix-fukuoka"

EXCHANGES = (
    # Exchanges with a site published by their operator (JPIX); coordinates of the district
    (TOKYO, "東京（大手町）", "Tokyo (Otemachi)", 139.765, 35.688, "published"),
    (NAGOYA, "名古屋（IX）", "Nagoya (exchange)", 136.91, 35.17, "published"),
    (OSAKA, "大阪（堂島）", "Osaka (Dojima)", 135.497, 34.697, "published"),
    (FUKUOKA, "福岡（IX）", "Fukuoka (exchange)", 130.42, 33.595, "published"),
)
LANDINGS = (
    # Landing stations; coordinates of the town. Published: named by their operator or in press copies read; Tomakomai
    # and Itoshima are planned for the second half of 2028 and matter here only as places on the corridor
    ("ls-ishikari", "石狩", "Ishikari", 141.29, 43.20, "assumed"),
    ("ls-otaru", "小樽", "Otaru", 141.00, 43.19, "published"),
    ("ls-tomakomai", "苫小牧", "Tomakomai", 141.60, 42.63, "published"),
    ("ls-kitaibaraki", "北茨城", "Kitaibaraki", 140.75, 36.80, "published"),
    ("ls-ajigaura", "阿字ヶ浦", "Ajigaura", 140.61, 36.38, "assumed"),
    ("ls-minamiboso", "南房総", "Minamiboso", 139.97, 34.99, "published"),
    ("ls-ninomiya", "二宮", "Ninomiya", 139.25, 35.30, "assumed"),
    ("ls-naoetsu", "直江津", "Naoetsu", 138.24, 37.18, "assumed"),
    ("ls-shima", "志摩", "Shima", 136.83, 34.32, "published"),
    ("ls-kitakyushu", "北九州", "Kitakyushu", 130.88, 33.88, "published"),
    ("ls-itoshima", "糸島", "Itoshima", 130.17, 33.56, "published"),
    ("ls-okinawa", "沖縄", "Okinawa", 127.74, 26.13, "assumed"),
)

KINDS = {
    # spare Gb/s, most new Gb/s, capital cost JPY k/(Gb/s)/km
    "metro": (10_000, 100_000, 0.30),
    "trunk": (4_000, 80_000, 0.30),
    "regional": (1_500, 40_000, 0.30),
    "landing": (1_500, 40_000, 0.30),
    "sea": (2_000, 40_000, 0.35),
}
"""All assumed. Spare: a fifth of what carriers together may have lit by 2030 (trunk about 20 Tb/s; the nation's broadband
downloads about 38 Tb/s in 2025). Most new: one to three further fibre pairs filled (C and L band, about 40 Tb/s each).
Cost: a new cable in existing ducts (JPY 5 m/km) for about 16 Tb/s of demand; under the sea JPY 22 m/km (subsidy of the
Japan Sea cable over its length) for about 64 Tb/s. With the price of use it comes to the leased price."""

SEA_FACTOR = 1.25
"""Cable per great circle: 760 km Hioki to Nago (80 Tb/s, in service 2020, published) over 608 km."""

METRO = (
    (TOKYO, "13"), (TOKYO, "11"), (TOKYO, "12"), (TOKYO, "14"), (NAGOYA, "23"), (NAGOYA, "21"),
    (OSAKA, "27"), (OSAKA, "28"), (OSAKA, "26"), (OSAKA, "29"), (FUKUOKA, "40"),
)  # fmt: skip
TRUNK = (
    # Hokkaido and Tohoku main lines, Tokaido, Sanyo
    ("01", "ls-tomakomai"), ("ls-tomakomai", "02"), ("02", "03"), ("03", "04"), ("04", "07"), ("07", "09"), ("09", "11"),
    ("14", "ls-ninomiya"), ("ls-ninomiya", "22"), ("22", NAGOYA), ("21", "25"), ("25", "26"), ("28", "33"),
    ("33", "34"), ("34", "35"), ("35", "ls-kitakyushu"), ("ls-kitakyushu", FUKUOKA),
)  # fmt: skip
REGIONAL = (
    # Tohoku: Ou, Akita, Senzan, Yamagata, Uetsu, Yoneyama, Ban'etsu; Joban
    ("02", "05"), ("03", "05"), ("05", "06"), ("04", "06"), ("06", "07"), ("06", "15"), ("05", "15"), ("07", "15"),
    ("04", "ls-kitaibaraki"), ("ls-kitaibaraki", "08"), (TOKYO, "08"), ("08", "09"), ("08", "12"), ("09", "10"),
    # Joetsu, Hokuriku, Chuo, Minobu, Takayama
    ("10", "11"), ("10", "15"), ("10", "20"), (TOKYO, "19"), ("19", "20"), ("19", "22"), ("20", NAGOYA),
    ("20", "ls-naoetsu"), ("ls-naoetsu", "15"), ("ls-naoetsu", "16"), ("16", "17"), ("17", "18"), ("18", "25"),
    ("16", "21"),
    # Kansai, Shin-Meishin, Hanwa, San'in
    (NAGOYA, "24"), ("24", "25"), ("24", "29"), ("26", "29"), (OSAKA, "30"), ("26", "31"), ("31", "32"), ("31", "33"),
    ("32", "34"), ("32", "35"),
    # Shikoku over its three bridges
    ("33", "37"), ("28", "36"), ("34", "38"), ("36", "37"), ("37", "38"), ("37", "39"), ("38", "39"), ("36", "39"),
    # Kyushu
    (FUKUOKA, "41"), (FUKUOKA, "43"), ("41", "42"), ("43", "44"), ("43", "45"), ("43", "46"), ("44", "45"),
    ("45", "46"), ("ls-kitakyushu", "44"),
)  # fmt: skip
LANDING = (
    ("ls-ishikari", "01"), ("ls-otaru", "01"), ("ls-ajigaura", "08"), ("ls-minamiboso", "12"),
    ("ls-shima", "24"), ("ls-itoshima", FUKUOKA), ("ls-okinawa", "47"),
)  # fmt: skip
SEA = (
    # ends, first full fiscal year of service (empty: in service), what is known of it
    ("ls-otaru", "05", None, "160 Tb/s by design, 2023, published; ends Otaru and Akita"),
    ("ls-minamiboso", "ls-shima", None, "domestic Pacific cables"),
    ("38", "44", None, "Bungo channel"),
    ("46", "47", None, "760 km, 80 Tb/s by design, 2020, published; ends Hioki and Nago"),
    ("45", "ls-okinawa", None, "two cables Miyazaki to Yaese, published"),
    ("05", "ls-kitakyushu", 2028, "Japan Sea cable, planned for FY2026-27; its end in Kyushu is not known"),
)

ANCHORS = (
    # quoted round-trip times between cities: from, to, ms, weight (published counts twice, Tokyo-Osaka from many quotes)
    (TOKYO, OSAKA, 8.5, 2.0), (TOKYO, FUKUOKA, 15.0, 2.0), (TOKYO, "01", 17.0, 1.0), (TOKYO, "04", 6.0, 1.0),
    (TOKYO, NAGOYA, 5.0, 1.0), (TOKYO, "15", 6.0, 1.0), (TOKYO, "17", 9.0, 1.0), (TOKYO, "34", 13.0, 1.0),
    (TOKYO, "37", 12.0, 1.0), (TOKYO, "02", 12.0, 1.0), (TOKYO, "05", 10.0, 1.0), (TOKYO, "47", 28.0, 1.0),
    (OSAKA, FUKUOKA, 9.5, 1.0), (OSAKA, "34", 6.0, 1.0), (OSAKA, "01", 24.0, 1.0), (OSAKA, "37", 4.5, 1.0),
)  # fmt: skip
NODE_COLUMNS = ["fibre_node", "name_ja", "name_en", "kind", "lon", "lat", "grade"]


def identifier(word: str) -> str:
    """Return the identifier of an end: two digits are a prefecture's capital."""
    return f"JP-{word}" if word.isdigit() else word


def node_table() -> pd.DataFrame:
    towns = pd.read_csv(TARGET / "nodes.csv").rename(columns={"node": "fibre_node"})
    towns = towns.assign(kind="town", grade="published")
    others = [
        pd.DataFrame(rows, columns=["fibre_node", "name_ja", "name_en", "lon", "lat", "grade"]).assign(
            kind=kind
        )
        for kind, rows in (("exchange", EXCHANGES), ("landing", LANDINGS))
    ]
    return pd.concat([towns, *others], ignore_index=True)[NODE_COLUMNS].sort_values("fibre_node")


def great_circle_km(a: pd.DataFrame, b: pd.DataFrame) -> np.ndarray:
    lon_a, lat_a, lon_b, lat_b = (
        np.radians(t[c].to_numpy(dtype=float)) for t in (a, b) for c in ("lon", "lat")
    )
    half = np.sin((lat_b - lat_a) / 2) ** 2 + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371.0 * np.arcsin(np.sqrt(half))


def link_rows() -> pd.DataFrame:
    rows = [
        (identifier(a), identifier(b), kind, None, "")
        for kind, pairs in (("metro", METRO), ("trunk", TRUNK), ("regional", REGIONAL), ("landing", LANDING))
        for a, b in pairs
    ]
    rows += [(identifier(a), identifier(b), "sea", year, note) for a, b, year, note in SEA]
    links = pd.DataFrame(rows, columns=["from_node", "to_node", "tier", "in_service_year", "note"])
    nodes = node_table().set_index("fibre_node")
    straight = great_circle_km(nodes.loc[links["from_node"]], nodes.loc[links["to_node"]])
    return links.assign(straight_km=straight)


def quoted_and_modelled(links: pd.DataFrame, land_factor: float, hop_ms: float) -> pd.DataFrame:
    """Return round-trip times of the anchors over the graph. [ms]"""
    links = links[links["in_service_year"].isna()]
    names = sorted(set(links["from_node"]) | set(links["to_node"]))
    at = {name: i for i, name in enumerate(names)}
    factor = np.where(links["tier"] == "sea", SEA_FACTOR, land_factor)
    ms = 0.0098 * factor * links["straight_km"].to_numpy() + hop_ms
    ends = ([at[n] for n in links["from_node"]], [at[n] for n in links["to_node"]])
    graph = coo_array((ms, ends), shape=(len(names), len(names)))
    least = dijkstra(graph.tocsr(), directed=False)
    return pd.DataFrame(
        [
            (a, b, quoted, 0.5 + least[at[identifier(a)], at[identifier(b)]], weight)
            for a, b, quoted, weight in ANCHORS
        ],
        columns=["from", "to", "quoted_ms", "model_ms", "weight"],
    )


def fitted_land_factor(links: pd.DataFrame, hop_ms: float = 0.1) -> float:
    """Return the land factor with the least squared error of the quoted round-trip times, weighted. [1]"""

    def squares(factor: float) -> float:
        table = quoted_and_modelled(links, factor, hop_ms)
        return float((table["weight"] * (table["model_ms"] / table["quoted_ms"] - 1) ** 2).sum())

    return round(float(minimize_scalar(squares, bounds=(1.0, 3.0), method="bounded").x), 2)


def link_table(links: pd.DataFrame) -> pd.DataFrame:
    kind = links["tier"]
    factor = np.where(kind == "sea", SEA_FACTOR, fitted_land_factor(links))
    figures = pd.DataFrame([KINDS[k] for k in kind], columns=["spare", "most", "cost"])
    cost = figures["cost"] * links["straight_km"] * factor
    return pd.DataFrame(
        {
            "fibre_link": links["from_node"] + "_" + links["to_node"],
            "from_node": links["from_node"],
            "to_node": links["to_node"],
            "kind": np.where(kind == "sea", "submarine", "land"),
            "route_factor": factor,
            "capacity_gbps": figures["spare"],
            "expansion_limit_gbps": figures["most"],
            "expansion_jpy_k_per_gbps": cost.round(2),
            "in_service_year": links["in_service_year"].astype("Int64"),
            "note": links["note"].where(links["note"] != "", kind.map("{} corridor".format)),
        }
    ).sort_values("fibre_link")


def main() -> None:
    links = link_rows()
    for name, table in (("fibre_nodes", node_table()), ("fibre_links", link_table(links))):
        table.to_csv(TARGET / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
    report = quoted_and_modelled(links, fitted_land_factor(links), 0.1)
    sys.stdout.write(f"land factor {fitted_land_factor(links)}\n{report.round(1).to_string(index=False)}\n")


if __name__ == "__main__":
    main()
