"""A climate small enough for paper: two areas, flat demand, a triangle of sun, steady wind."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from optimizer.scenario.tables import MUST_RUN

AREAS = ("east", "west")
SUN = np.concatenate([np.zeros(6), np.minimum(np.arange(1, 13), np.arange(12, 0, -1)) / 10.0, np.zeros(6)])
"""0.1 to 0.6 and back between 06:00 and 18:00: sum 4.2, mean 0.175."""

WIND = 0.3
DEMAND_MW = {"workday": 1000.0, "holiday": 800.0}
SPREAD = {"demand": 0.1, "solar": 0.3, "wind": 0.5}
MUST_RUN_MW = dict(zip(MUST_RUN, (40.0, 30.0, 20.0, 10.0), strict=True))


def weather_tables(spread: dict[str, float] | None = None) -> dict[str, pd.DataFrame]:
    """Every table of `read_weather_statistics`; every seventh day is a holiday."""
    spread = SPREAD if spread is None else spread
    date = pd.date_range("2024-04-01", periods=365)
    kind = np.where(np.arange(365) % 7 == 6, "holiday", "workday")
    profile = {
        "demand_response": 1.0,
        "demand_solar_response": 0.0,
        **{f"{name}_mw": mw for name, mw in MUST_RUN_MW.items()},
    }
    probability = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
    labels = [(area, name) for name in SPREAD for area in AREAS]
    pairs = [(one, two) for i, one in enumerate(labels) for two in labels[:i]]
    scales = [("day", 12), ("day", 3), ("day", 6), ("day", 9), ("year", 0), ("hour", 0)]
    rows = [
        (*scale, *one, *two, 0.5 if one[1] == two[1] else 0.0)
        for scale in scales
        for one, two in pairs
        if scale[0] != "hour" or one[1] == two[1]
    ]
    columns = ["scale", "month_group", "area", "variable", "other_area", "other_variable", "correlation"]
    return {
        "calendar": pd.DataFrame({"date": date.strftime("%Y-%m-%d"), "day_type": kind, "name_en": ""}),
        "demand": pd.DataFrame(
            [
                (a, m, k, h, mw)
                for a in AREAS
                for m in range(1, 13)
                for k, mw in DEMAND_MW.items()
                for h in range(24)
            ],
            columns=["area", "month", "day_type", "hour", "demand_mw"],
        ),
        "profiles": pd.DataFrame(
            [
                {
                    "area": a,
                    "month": m,
                    "hour": h,
                    "solar_cf": SUN[h],
                    "solar_response_cf": SUN[h],
                    "wind_cf": WIND,
                    **profile,
                }
                for a in AREAS
                for m in range(1, 13)
                for h in range(24)
            ]
        ),
        "daily": pd.DataFrame(
            [
                (a, name, m, spread[name], 0.0, spread[name] / 5, 0.4, 0.8)
                for a in AREAS
                for name in SPREAD
                for m in range(1, 13)
            ],
            columns=[
                "area",
                "variable",
                "month",
                "day_spread",
                "month_drift",
                "hour_spread",
                "day_lag",
                "hour_lag",
            ],
        ),
        "quantiles": pd.DataFrame(
            [
                (a, name, group, p, float(norm.ppf(min(max(p, 0.02), 0.98))))
                for a in AREAS
                for name in SPREAD
                for group in (12, 3, 6, 9)
                for p in probability
            ],
            columns=["area", "variable", "month_group", "probability", "deviations"],
        ),
        "correlation": pd.DataFrame(rows, columns=columns),
        "annual": pd.DataFrame([_annual(area) for area in AREAS]),
        "parameters": weather_parameters(),
    }


def _annual(area: str) -> dict[str, object]:
    figures: dict[str, object] = {
        "area": area,
        "demand_gwh": 8500.0,
        "demand_peak_mw": 1500.0,
        "demand_min_mw": 500.0,
    }
    figures["demand_p98_mw"] = 1200.0
    for name, mean, top, zero in (("solar", 0.175, 0.9, 0.5), ("wind", WIND, 0.9, 0.0)):
        figures |= {
            f"{name}_capacity_mw": 100.0,
            f"{name}_cf": mean,
            f"{name}_zero_share": zero,
            f"{name}_cf_max": top,
        }
    figures |= {f"{name}_gwh": mw * 8.76 for name, mw in MUST_RUN_MW.items()}
    return figures | {"low_spell_days": 3}


def weather_parameters() -> pd.DataFrame:
    values = {
        "site_solar_share": 0.1,
        "site_wind_share": 0.2,
        "offshore_smoothing_h": 6,
        "temperature_spread_c": 3.0,
        "temperature_warm_spread_c": 2.0,
        "temperature_day_lag": 0.6,
        "temperature_demand_correlation": 0.8,
        "temperature_balance_c": 17.0,
        "temperature_band_c": 5.0,
        "temperature_half_range_c": 4.0,
        "temperature_sun_share": 0.3,
        "temperature_peak_h": 14,
    }
    table = pd.DataFrame({"name": [f"weather_{name}" for name in values], "value": list(values.values())})
    text = {"unit": "1", "price_year": None, "low": None, "high": None}
    return table.assign(**text, grade="assumed", source="paper", meaning="a number for a test")


def pack_tables() -> dict[str, pd.DataFrame]:
    """Two sites in the east, one in the west; offshore wind at one of them."""
    sites = pd.DataFrame({"site": ["a", "b", "c"], "area": ["east", "east", "west"]})
    normals = [
        (site, month, 15.0 - 10.0 * np.cos((month - 1.5) * np.pi / 6))
        for site in "abc"
        for month in range(1, 13)
    ]
    potential = (
        [(site, "solar", 0.16) for site in "abc"]
        + [(site, "onshore", 0.35) for site in "abc"]
        + [("a", "offshore", 0.45)]
    )
    return {
        "areas": pd.DataFrame({"area": list(AREAS)}).set_index("area"),
        "sites": sites.set_index("site"),
        "climate": pd.DataFrame(normals, columns=["site", "month", "temperature_c"]).set_index(
            ["site", "month"]
        ),
        "renewable_potential": pd.DataFrame(potential, columns=["site", "technology", "cf_annual"]).set_index(
            ["site", "technology"]
        ),
    }
