"""Demand nodes and workload classes of Japan."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from japan_sites import power_metric, prefectures

WORKLOADS = (
    # workload, name_ja, name_en, share, rtt_limit_ms, utilisation, gbps_per_mw, flexible_share
    ("interactive", "対話・取引", "Interactive", 0.20, 10, 0.65, 20.0, 0.0),
    ("general", "一般クラウド", "General cloud", 0.35, 20, 0.65, 2.5, 0.05),
    ("inference", "AI推論", "AI inference", 0.30, 50, 0.60, 1.0, 0.10),
    ("training", "AI学習", "AI training", 0.15, 300, 0.65, 1.5, 0.50),
)
SHAPES = {
    # relative load 0..23 h, scaled below to a mean of exactly 1
    "interactive": (
        72,
        64,
        58,
        55,
        55,
        60,
        72,
        88,
        104,
        116,
        122,
        123,
        121,
        122,
        121,
        119,
        117,
        115,
        114,
        115,
        117,
        114,
        102,
        86,
    ),
    "general": (
        88,
        85,
        83,
        82,
        82,
        84,
        89,
        96,
        105,
        111,
        113,
        113,
        110,
        112,
        113,
        112,
        110,
        107,
        104,
        103,
        103,
        101,
        97,
        93,
    ),
    "inference": (
        76,
        68,
        62,
        59,
        58,
        61,
        70,
        84,
        102,
        115,
        120,
        121,
        118,
        120,
        120,
        118,
        116,
        114,
        113,
        115,
        117,
        116,
        108,
        92,
    ),
    "training": (100,) * 24,
}
ACCOUNTS = (
    # one eleventh of interactive and general is SaaS: .55 x 1/11 = .05 of the nation
    ("interactive", "iaas", 0.909091), ("interactive", "saas", 0.090909),
    ("general", "iaas", 0.909091), ("general", "saas", 0.090909),
    ("inference", "ai_inf", 1.0), ("training", "ai_train", 1.0),
)  # fmt: skip
MODES = (
    ("domestic", "国内事業者", "Domestic operator"),
    ("platform", "国内設備・外資基盤", "Domestic machines, foreign platform"),
    ("leased", "外資への賃貸", "Leased to a foreign cloud"),
    ("foreign", "外資直営", "Foreign owned and sold"),
)


def exact(values: pd.Series, total: float, digits: int) -> pd.Series:
    """Round and put the remainder on the largest value, so that the sum is exactly `total`."""
    rounded = values.round(digits)
    rounded[rounded.idxmax()] += total - rounded.sum()
    return rounded.round(digits)


def node_table(researched: Path) -> pd.DataFrame:
    """Return the table `nodes`: half population, half electricity sold at high voltage."""
    sites = prefectures(researched)
    people = sites["population_2020_persons"]
    business = power_metric(researched, "electricity_demand_hv").reindex(sites.index)
    share = exact(0.5 * people / people.sum() + 0.5 * business / business.sum(), 1.0, 6)
    return pd.DataFrame(
        {
            "node": sites.index,
            "name_ja": sites["name_ja"],
            "name_en": sites["name_en"],
            "lon": sites["capital_lon"].round(4),
            "lat": sites["capital_lat"].round(4),
            "population_persons": people,
            "demand_share": share,
        }
    )


def tables(researched: Path) -> dict[str, pd.DataFrame]:
    """Return nodes, workloads, profiles, accounts per workload and operating modes."""
    profiles = []
    for workload, shape in SHAPES.items():
        values = exact(pd.Series(shape, dtype=float) * 24 / sum(shape), 24.0, 4)
        profiles += [(workload, hour, value) for hour, value in values.items()]
    columns = [
        "workload",
        "name_ja",
        "name_en",
        "share",
        "rtt_limit_ms",
        "utilisation",
        "gbps_per_mw",
        "flexible_share",
    ]
    return {
        "nodes": node_table(researched),
        "workloads": pd.DataFrame(WORKLOADS, columns=columns),
        "workload_profiles": pd.DataFrame(profiles, columns=["workload", "hour", "load_pu"]),
        "workload_accounts": pd.DataFrame(ACCOUNTS, columns=["workload", "account", "share"]),
        "modes": pd.DataFrame(MODES, columns=["mode", "name_ja", "name_en"]),
    }
