"""Where the year starts: what the representative days found, with their shares of yearly rules spread out.

What is shared out over periods (hours of interruption, matched energy, CO2) has other periods in the year
than in the days. The days also say what a unit of each share is worth. At that price every period says how
much it would use if it could buy what it likes; these uses, scaled so that the yearly rule holds, are its
shares. At the right price they are the optimal ones.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.milestones import Array, LinearProgramme, Programme, Rows
from optimizer.solve.workers import Evaluator

NUDGE = 1e-6
"""Least price of a unit of a share: worth nothing, it should not be used up. [JPY bn per unit]"""


@dataclass(frozen=True)
class Shared:
    """What one yearly rule shares out: its columns by period, in the year and in the days, and its price."""

    year: tuple[int, ...]
    days: tuple[int, ...]
    price: float
    """d(cost)/d(yearly total) as the days see it."""


def start_of_year(programme: Programme, found: Array, dual: Array, evaluator: Evaluator) -> Array:
    """Return a decision of the year's siting problem from one of the seed's.

    Args:
        programme: the compiled programme; its periods are loaded into the evaluator, before the seed's.
        found: decision of the seed's siting problem.
        dual: duals of the seed's siting rows.
        evaluator: asks the periods.
    """
    if programme.seed_siting is programme.siting:
        return found
    start, rules = np.zeros(len(programme.siting.cost)), []
    for name, place in programme.siting.variables.items():
        seeded = programme.seed_siting.variables[name]
        if place.keys == seeded.keys:
            start[place.at] = found[seeded.at]
        else:
            rules += _rules((place, seeded), programme.seed_siting, dual)
    start = np.clip(start, programme.siting.column_lower, programme.siting.column_upper)
    used = _used(programme, rules, np.maximum(start[programme.interface], 0.0), evaluator)
    for rule in rules:
        year, days = list(rule.year), list(rule.days)
        total = float(found[days] @ [programme.seed[i].weight for i in range(len(days))])
        weight = np.array([programme.periods[i].weight for i in range(len(year))])
        wanted = used[year] if used[year].sum() > 0 else np.ones(len(year))
        start[year] = wanted * (total / float(wanted @ weight))
    return start


def _rules(places: tuple[Rows, Rows], seed: LinearProgramme, dual: Array) -> list[Shared]:
    """Return the yearly rules behind a variable; its keys end with the number of the period."""
    year, days = (_by_owner(place) for place in places)
    rules = []
    for owner, columns in days.items():
        row = int(seed.matrix[:, [columns[0]]].nonzero()[0][0])
        rules.append(Shared(tuple(year[owner]), tuple(columns), float(dual[row])))
    return rules


def _by_owner(place: Rows) -> dict[Any, list[int]]:
    columns: dict[Any, list[int]] = defaultdict(list)
    for key, column in zip(place.keys, place.at, strict=True):
        columns[key[:-1] if isinstance(key, tuple) else ()].append(int(column))
    return columns


def _used(programme: Programme, rules: list[Shared], z: Array, evaluator: Evaluator) -> Array:
    """Return what every period would use of each share at its price, by column of the siting problem."""
    price = {column: rule.price for rule in rules for column in rule.year}
    position = {column: i for i, column in enumerate(programme.interface.tolist()) if column in price}
    columns, places = list(position), list(position.values())
    relaxed: dict[int, dict[int, float]] = {}
    owner: dict[tuple[int, int], int] = {}
    for number, period in enumerate(programme.periods):
        block = programme.blocks[len(period.hours)]
        rows, which = period.coupling[:, places].nonzero()
        relaxed[number] = {}
        for row, at in zip(rows.tolist(), which.tolist(), strict=True):
            least = NUDGE if np.isfinite(block.lower[row]) else -NUDGE
            found = price[columns[at]]
            relaxed[number][row] = found if abs(found) > NUDGE else least
            owner[number, row] = columns[at]
    used = np.zeros(len(programme.siting.cost))
    for number, activity in evaluator.relaxed(relaxed, z).items():
        for row, value in activity.items():
            used[owner[number, row]] = max(0.0, value)
    return used
