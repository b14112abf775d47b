"""Where the year starts: what the representative days found, with their shares of yearly rules spread out.

What is shared out over periods (hours of interruption, matched energy, CO2) has other periods in the year
than in the days. Each period of the year takes over the hourly share of the day nearest to it, and all are
scaled so that the yearly rule holds: the decision stays feasible, and near the optimum.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from optimizer.milestones import Array, LinearProgramme, Period, Programme, Rows


def start_of_year(programme: Programme, found: Array) -> Array:
    """Return a decision of the year's siting problem from one of the seed's.

    Args:
        programme: the compiled programme.
        found: decision of the seed's siting problem.
    """
    if programme.seed_siting is programme.siting:
        return found
    start = np.zeros(len(programme.siting.cost))
    for name, place in programme.siting.variables.items():
        seeded = programme.seed_siting.variables[name]
        if place.keys == seeded.keys:
            start[place.at] = found[seeded.at]
        else:
            _spread(programme, (place, seeded), found, start)
    return _within(programme.siting, start)


def _spread(programme: Programme, places: tuple[Rows, Rows], found: Array, start: Array) -> None:
    """Spread what the seed's periods share out over the year's; keys end with the number of the period."""
    year, seed = (_by_owner(place) for place in places)
    for owner, columns in year.items():
        shares = found[seed[owner]]
        periods, days = programme.periods[: len(columns)], programme.seed[: len(shares)]
        hourly = shares / [len(day.hours) for day in days]
        nearest = [_nearest(period, days) for period in periods]
        guess = hourly[nearest] * [len(period.hours) for period in periods]
        total = float(shares @ [day.weight for day in days])
        reached = float(guess @ [period.weight for period in periods])
        start[columns] = guess * (total / reached) if reached > 0 else guess


def _by_owner(place: Rows) -> dict[Any, list[int]]:
    columns: dict[Any, list[int]] = defaultdict(list)
    for key, column in zip(place.keys, place.at, strict=True):
        columns[key[:-1] if isinstance(key, tuple) else ()].append(int(column))
    return columns


def _nearest(period: Period, days: Sequence[Period]) -> int:
    return int(np.argmin([abs(float(period.hours.mean() - day.hours.mean())) for day in days]))


def _within(siting: LinearProgramme, values: Array) -> Array:
    return np.clip(values, siting.column_lower, siting.column_upper)
