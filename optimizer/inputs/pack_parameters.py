"""What each single number may be at all: outside, the equations have no meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import inf, isnan

import pandas as pd

from optimizer.errors import Problem
from optimizer.inputs.pack_table import read_text_table
from optimizer.scenario.sources import shipped_folder

MARKET_UNITS = ("JPY tn", "JPY bn")
"""Units of the market sizes `S_…`: the capture model converts these and no others."""

_BARELY = 1e-9
_ENDS = ("value", "low", "high")


@dataclass(frozen=True)
class Limit:
    """What the parameters whose name matches may be."""

    pattern: str
    low: float
    high: float
    why: str
    why_ja: str


_SHARE = "a share lies between 0 and 1"
_COST = "a cost is zero or more"
LIMITS = (
    Limit(r"\w+_life_a", 0.5, 500.0, "a life is some years", "耐用年数"),
    Limit(r"\w+_opex_share", 0.0, 1.0, _SHARE, "割合"),
    Limit(
        r"\w+_(capex|opex)_jpy_k_per_\w+|\w+_jpy_per_(t|gbps\w*)|land_m2_per_mw", 0.0, inf, _COST, "0 以上"
    ),
    Limit(r"intertie_derate_share|mix_iaas", 0.0, 1.0 - _BARELY, "it must leave something", "1 未満の割合"),
    Limit(r"voll_jpy_per_kwh", _BARELY, inf, "lost load must cost something", "正の数"),
    Limit(
        r"spill_jpy_per_kwh|fibre_rtt_ms_per_km|rtt_equipment_ms|pue_slope_per_k", 0.0, inf, _COST, "0 以上"
    ),
    Limit(r"route_factor", 1.0, inf, "no fibre is shorter than the straight line", "1 以上"),
    Limit(r"pue_floor|pue_cap", 1.0, 5.0, "facility power per IT power is 1 or more", "1 以上"),
    Limit(r"background_demand_ratio", 0.01, 100.0, "it multiplies today's demand", "現在の需要に掛ける数"),
    Limit(r"fossil_fuel_price_ratio", 0.0, 100.0, "it multiplies fuel costs", "燃料費に掛ける数"),
    Limit(
        r"(for|rho|alpha|phi|sw)_\w+|switch|omega|re|re_for|own_for|m_\w+|margin", 0.0, 1.0, _SHARE, "割合"
    ),
    Limit(r"computer_share_of_cloud|growth_correlation", 0.0, 1.0, _SHARE, "割合"),
    Limit(r"u_\w+", _BARELY, 1.0, "a utilisation lies above 0 and up to 1", "0 より大きく 1 以下"),
    Limit(r"(S|v|H)_\w+|fac|el|pi", 0.0, inf, "money is zero or more", "0 以上"),
    Limit(r"g_\w+", -0.99, 10.0, "growth a year, 0.1 is 10 %", "年成長率。10 % は 0.1"),
    Limit(r"jpy_per_\w+", _BARELY, inf, "an exchange rate is above zero", "正の数"),
    Limit(r"weather_temperature_day_lag", 0.0, 1.0 - _BARELY, "a correlation below 1", "1 未満の相関"),
    Limit(r"weather_temperature_demand_correlation", -1.0, 1.0, "a correlation", "相関"),
    Limit(r"weather_temperature_band_c", _BARELY, inf, "it divides", "正の数"),
    Limit(r"weather_offshore_smoothing_h", 1.0, 8760.0, "whole hours, one or more", "1 時間以上"),
)
"""The first whose pattern is the whole name counts; a name without one may be any finite number."""


def limit_of(name: str) -> Limit | None:
    """Return what a parameter may be, or None where any finite number has a meaning."""
    return next((limit for limit in LIMITS if re.fullmatch(limit.pattern, name)), None)


def check_parameter_values(table: pd.DataFrame) -> list[Problem]:
    """Return values and ends outside what a name may be (E332), and figures in another unit (E335).

    Args:
        table: columns name, value, unit, low, high; the index of every row is its place.
    """
    problems = []
    ends = [column for column in _ENDS if column in table]
    for place, name in table["name"].items():
        limit = limit_of(str(name))
        figures = {end: float(table[end].to_dict()[place]) for end in ends} if limit is not None else {}
        problems += [
            _outside(str(place), f"{name}: {end}", figure, limit)
            for end, figure in figures.items()
            if limit is not None and not limit.low <= figure <= limit.high and not isnan(figure)
        ]
    if "unit" in table:
        for place, row in table.iterrows():
            allowed = _units_of(str(row["name"]))
            if allowed and row["unit"] not in (*allowed, ""):  # an empty cell is named already
                either = "one of " if len(allowed) > 1 else ""
                message = f'{row["name"]}: unit "{row["unit"]}" is not allowed; {either}{", ".join(allowed)}'
                message_ja = f"{row['name']}: 単位「{row['unit']}」は使えません。{'、'.join(allowed)} です"
                problems.append(Problem(str(place), "E335", message, message_ja))
    return problems


def _units_of(name: str) -> tuple[str, ...]:
    """Return the units a parameter may have; none where the name is the pack's own."""
    if name.startswith("S_"):
        return MARKET_UNITS
    unit = _shipped_units().get(name)
    return () if unit is None else (unit,)


@cache
def _shipped_units() -> Mapping[str, str]:
    """Return the unit of every shipped parameter: the equations take the figure in this unit and no other."""
    data = shipped_folder("data")
    units: dict[str, str] = {}
    for file in ("parameters.csv", "japan/parameters.csv", "japan/weather_parameters.csv"):
        text = read_text_table(data / file, [])
        if text is not None and {"name", "unit"} <= set(text.header):
            at, to = text.header.index("name"), text.header.index("unit")
            units |= {row[at]: row[to] for row in text.rows}
    return units


def check_given_values(values: dict[str, float], place: str) -> list[Problem]:
    """Return the same for values a scenario gives, by name (E332)."""
    found = [(name, figure, limit_of(name)) for name, figure in values.items()]
    return [
        _outside(place, f"parameters.{name}:", figure, limit)
        for name, figure, limit in found
        if limit is not None and not limit.low <= figure <= limit.high
    ]


def _outside(place: str, what: str, figure: float, limit: Limit) -> Problem:
    allowed = f"{limit.low:.6g} or more" if limit.high == inf else f"{limit.low:.6g} to {limit.high:.6g}"
    allowed_ja = f"{limit.low:.6g} 以上" if limit.high == inf else f"{limit.low:.6g}〜{limit.high:.6g}"
    return Problem(
        place,
        "E332",
        f"{what} {figure:g} is outside {allowed}: {limit.why}",
        f"{what} {figure:g} は範囲外です（{allowed_ja}、{limit.why_ja}）",
    )
