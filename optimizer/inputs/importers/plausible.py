"""Is each column what its name says? Swapped columns keep their sum, so the balance cannot tell.

What is checked is physical and holds in every file of the ten operators for FY2024: no sun at night, no
output below zero, nuclear plants that keep their level. The likely swap is named.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimizer.inputs.importers.common import SHOWN, Faults

DARK_HOURS = (21, 22, 23, 0, 1, 2)
"""Hours (start) without sun on any day of the year, from Okinawa to Hokkaido."""

_NOON_HOURS = (10, 11, 12, 13)
_TRACE_MW = 5.0
"""Metering noise: dark output up to this counts as none; FY2024 has 1 MW at most."""

_BELOW_ZERO_MW = -10.0
"""Own consumption of calm wind farms; FY2024 has −2 MW at least."""

_BOTH_SIGNS = ("pumped", "battery", "interconn", "other")
_LARGEST_MW = 200_000.0
"""More than the whole country takes: kW."""

_LEAST_PEAK_MW = 100.0
"""Okinawa, the smallest area, peaks at ten times that: GW."""

_STEP = 0.02
_BUSY_SHARE = 0.09
"""Share of hours that differ from the one before by more than `_STEP` of the median output. FY2024, by area
and month: nuclear 0.054 at most, LNG 0.150 at least where any ran."""

_LEAST_HOURS = 168
_LEAST_MW = 20.0
_FLAT_CANDIDATES = ("lng", "coal", "oil", "thermal_other", "hydro", "biomass", "geothermal")


def check_plausible(
    values: pd.DataFrame, moments: pd.Series, named: tuple[pd.Series, Mapping[str, str]], faults: Faults
) -> None:
    """Note columns whose content is not what their name says (E389).

    Args:
        values: one column per quantity under our names, MW, one row per period.
        moments: start of each period, local time.
        named: line of the file each row stands on, and the file's name of each column.
        faults: where to note; each fault names a line and the column that was likely meant.
    """
    lines, titles = named
    _check_scale(values, lines, titles, faults)
    _check_signs(values, lines, titles, faults)
    if _check_sun(values, moments, named, faults):
        _check_nuclear(values, moments, named, faults)


def _check_scale(values: pd.DataFrame, lines: pd.Series, titles: Mapping[str, str], faults: Faults) -> None:
    """Note kW and GW in a file of MW: the balance holds in any unit."""
    for name, title in titles.items():
        most = values[name].abs()
        at = most.index[int(np.argmax(most.to_numpy()))]
        if most.loc[at] > _LARGEST_MW:
            unit, limit = "kW", f"more than {_LARGEST_MW:,.0f}"
        elif name == "demand" and most.loc[at] < _LEAST_PEAK_MW:
            unit, limit = "GW", f"less than {_LEAST_PEAK_MW:,.0f}"
        else:
            continue
        faults.add(
            int(lines.loc[at]),
            "E389",
            f'"{title}" is {most.loc[at]:,.6g} MW at most, {limit}: is it {unit}?',
            f"「{title}」の最大が {most.loc[at]:,.6g} MW です。{unit} ではありませんか",
        )


def _check_signs(values: pd.DataFrame, lines: pd.Series, titles: Mapping[str, str], faults: Faults) -> None:
    for name in [name for name in titles if name not in _BOTH_SIGNS]:
        below = values.index[values[name] < _BELOW_ZERO_MW]
        if not len(below):
            continue
        first, title = float(values[name].loc[below].iloc[0]), titles[name]
        others = [other for other in _BOTH_SIGNS if other in titles and bool((values[other] >= 0).all())]
        guess = " or ".join(f'"{titles[other]}"' for other in others) or '"揚水"'
        faults.add(
            int(lines.loc[below[0]]),
            "E389",
            f'"{title}" is {first:,.0f} MW, below zero ({len(below)} rows); is it swapped with {guess}, or a '
            "sign lost?",
            f"「{title}」が {first:,.0f} MW と負です（{len(below)} 行）。"
            "列の入れ替わりか符号の誤りではありませんか",
        )


def _check_sun(
    values: pd.DataFrame, moments: pd.Series, named: tuple[pd.Series, Mapping[str, str]], faults: Faults
) -> bool:
    """Note sunshine at night, and another column that shines by day only; True where there was none."""
    lines, titles = named
    hour = moments.dt.hour
    dark, noon = hour.isin(DARK_HOURS), hour.isin(_NOON_HOURS)
    sunny = [name for name in titles if _is_sunny(values[name], dark, noon)]
    meant = next((name for name in sunny if name not in ("solar", "solar_curt", *_BOTH_SIGNS)), None)
    night = values["solar"].where(dark, 0.0)
    shining = night.index[night > _TRACE_MW]
    guess, guess_ja = "is it another column, or a clock 12 hours off?", "別の列か、時刻の誤りではありませんか"
    if meant is not None:
        guess = f'"{titles[meant]}" has output by day only: are the two columns swapped?'
        guess_ja = f"「{titles[meant]}」は昼だけ出力があります。列が入れ替わっていませんか"
    for at in shining[:SHOWN]:
        faults.add(
            int(lines.loc[at]),
            "E389",
            f'"{titles["solar"]}" is {night.at[at]:,.0f} MW at {moments.at[at]:%H:%M}, at night; {guess}',
            f"「{titles['solar']}」が夜間 {moments.at[at]:%H:%M} に {night.at[at]:,.0f} MW です。{guess_ja}",
        )
    if (more := len(shining) - SHOWN) > 0:
        faults.add(
            0, "E389", f"{more} more rows with sunshine at night", f"他 {more} 行も夜間に太陽光があります"
        )
    if len(shining) or meant is None or "solar" in sunny:
        return not len(shining)
    faults.add(
        int(lines.iloc[int(np.argmax(values[meant].to_numpy()))]),
        "E389",
        f'"{titles[meant]}" has output by day only and "{titles["solar"]}" has none: are the two columns '
        "swapped?",
        f"「{titles[meant]}」は昼だけ、「{titles['solar']}」は出力なしです。列が入れ替わっていませんか",
    )
    return False


def _is_sunny(output: pd.Series, dark: pd.Series, noon: pd.Series) -> bool:
    """Whether a column has output at nearly every noon and nearly never at night."""
    at_night, at_noon = output[dark], output[noon]
    return bool(
        len(at_night)
        and len(at_noon)
        and (at_night.abs() <= _TRACE_MW).mean() > 0.98
        and (at_noon > 2 * _TRACE_MW).mean() > 0.8
    )


def _check_nuclear(
    values: pd.DataFrame, moments: pd.Series, named: tuple[pd.Series, Mapping[str, str]], faults: Faults
) -> None:
    """Note nuclear output that follows demand, as no plant in this country does."""
    lines, titles = named
    hour = moments.dt.floor("h")
    hourly = values.groupby(hour).mean()
    busy = _busy_share(hourly["nuclear"])
    if len(hourly) < _LEAST_HOURS or busy <= _BUSY_SHARE:
        return
    shares = {name: _busy_share(hourly[name]) for name in _FLAT_CANDIDATES}
    meant = "lng" if shares["lng"] <= _BUSY_SHARE else min(shares, key=lambda name: shares[name])
    step = values["nuclear"].diff().abs().fillna(0.0)
    at = step.index[int(np.argmax(step.to_numpy()))]
    title, other = titles["nuclear"], titles[meant]
    faults.add(
        int(lines.loc[at]),
        "E389",
        f'"{title}" changes by more than {_STEP:.0%} from hour to hour in {busy:.0%} of the hours, most '
        f'here; nuclear plants keep their level. "{other}" does so in {shares[meant]:.0%}: are the two '
        "columns swapped?",
        f"「{title}」が {busy:.0%} の時間で前の時間から {_STEP:.0%} を超えて変わります（原子力はほぼ一定）。"
        f"「{other}」は {shares[meant]:.0%} です。列が入れ替わっていませんか",
    )


def _busy_share(hourly: pd.Series) -> float:
    """Share of hours that differ from the one before by more than `_STEP` of the median while running."""
    running = hourly[hourly > _TRACE_MW]
    if hourly.max() < _LEAST_MW:
        return 0.0
    return float((hourly.diff().abs() > _STEP * float(running.median())).mean())
