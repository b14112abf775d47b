"""How far one looks ahead: the windows of a week, and what not knowing the rest of it costs."""

from __future__ import annotations

from typing import Any

import pandas as pd

HOURS_PER_DAY = 24


def windows(hours: int, ahead: int) -> list[tuple[int, int]]:
    """Return start and end of every window: each begins a day after the one before and sees so far ahead.

    Args:
        hours: length of the period. [h]
        ahead: hours known at the start of each day; whole days. [h]

    Example:
        >>> windows(72, 48)
        [(0, 48), (24, 72), (48, 72)]
    """
    return [(start, min(start + ahead, hours)) for start in range(0, hours, HOURS_PER_DAY)]


def foresight_figures(weeks: pd.DataFrame, ahead: int) -> dict[str, Any]:
    """Return the year in short: what dispatch costs more, and sheds more, than with the weeks known.

    Args:
        weeks: table `foresight`.
        ahead: hours known. [h]
    """
    weight = weeks["weight"]
    perfect = float((weeks["perfect_jpy_bn"] * weight).sum())
    rolling = float((weeks["rolling_jpy_bn"] * weight).sum())
    shed = float(((weeks["rolling_shed_gwh"] - weeks["perfect_shed_gwh"]) * weight).sum())
    return {
        "hours_ahead": ahead,
        "perfect_jpy_bn_per_a": perfect,
        "rolling_jpy_bn_per_a": rolling,
        "cost_of_not_knowing_jpy_bn_per_a": rolling - perfect,
        "share_of_dispatch": (rolling - perfect) / perfect if perfect else 0.0,
        "more_shed_gwh": shed,
    }
