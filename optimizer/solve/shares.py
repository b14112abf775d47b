"""Yearly rules shared out over the periods: who uses how much, at one price.

Hours of interruption, matched energy and CO2 have a yearly total, and every period a share of it. Asked at a
price, every period says how much it would use if it could buy what it likes; these uses, scaled so that the
yearly total holds, are its shares. At the right price they are the optimal ones; shares far from them make
weeks that are slow to solve, and tell nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.milestones import Array, LinearProgramme, Programme, Rows
from optimizer.solve.workers import Evaluator, Multipliers

NUDGE = 1e-6
"""Least price of a unit of a share: worth nothing, it should not be used up. [JPY bn per unit]"""


@dataclass(frozen=True)
class Rule:
    """One yearly rule: the columns of its shares by period, and its row in the siting problem."""

    columns: npt.NDArray[np.int64]
    row: int


class Shares:
    """The shares of all yearly rules of a programme."""

    def __init__(self, programme: Programme, evaluator: Evaluator) -> None:
        """Find the rules: their shares are the variables that the seed has for other periods."""
        self._programme, self._evaluator = programme, evaluator
        self._rules = _rules(programme.siting, programme.seed_siting)
        self._weight = np.array([period.weight for period in programme.periods])
        self._places = _places(programme, self._rules)

    @property
    def any(self) -> bool:
        """Whether there is a yearly rule at all."""
        return bool(self._rules)

    def start(self, found: Array, dual: Array) -> Array:
        """Return where the year starts: the seed's decision, its totals shared out at the seed's prices.

        Args:
            found: decision of the seed's siting problem.
            dual: duals of the seed's siting rows.
        """
        year, seed = self._programme.siting, self._programme.seed_siting
        if not self.any:
            return found
        start = np.zeros(len(year.cost))
        for name, place in year.variables.items():
            seeded = seed.variables[name]
            if place.keys == seeded.keys:
                start[place.at] = found[seeded.at]
        start = np.clip(start, year.column_lower, year.column_upper)
        days = np.array([period.weight for period in self._programme.seed])
        rules = _rules(seed, year)
        totals = [float(found[rule.columns] @ days[: len(rule.columns)]) for rule in rules]
        return self._shared_out(start, totals, [float(dual[rule.row]) for rule in rules])

    def again(self, y: Array, dual: Array) -> Array:
        """Return a decision with its totals shared out anew, at the prices of the yearly rules.

        Args:
            y: decision of the siting problem.
            dual: duals of its rows.
        """
        totals = [float(y[rule.columns] @ self._weight[: len(rule.columns)]) for rule in self._rules]
        return self._shared_out(y, totals, [float(dual[rule.row]) for rule in self._rules])

    def _shared_out(self, y: Array, totals: list[float], prices: list[float]) -> Array:
        used = self._used(y, prices)
        result = y.copy()
        for rule, total in zip(self._rules, totals, strict=True):
            weight = self._weight[: len(rule.columns)]
            wanted = used[rule.columns] if used[rule.columns].sum() > 0 else np.ones(len(rule.columns))
            result[rule.columns] = wanted * (total / float(wanted @ weight))
        return result

    def _used(self, y: Array, prices: list[float]) -> Array:
        """Return what every period would use of each share at its price, by column of the siting problem."""
        price = {
            int(column): value
            for rule, value in zip(self._rules, prices, strict=True)
            for column in rule.columns
        }
        asked: Multipliers = {
            number: {
                row: price[column] if abs(price[column]) > NUDGE else least
                for row, (column, least) in places.items()
            }
            for number, places in self._places.items()
        }
        used = np.zeros(len(y))
        z = np.maximum(y[self._programme.interface], 0.0)
        for number, activity in self._evaluator.relaxed(asked, z).items():
            for row, value in activity.items():
                used[self._places[number][row][0]] = max(0.0, value)
        return used


def _places(programme: Programme, rules: list[Rule]) -> dict[int, dict[int, tuple[int, float]]]:
    """Return, by period and row of its block, whose share it keeps: the column, and its least price."""
    shared = {int(column) for rule in rules for column in rule.columns}
    position = {column: i for i, column in enumerate(programme.interface.tolist()) if column in shared}
    columns, interface = list(position), list(position.values())
    places: dict[int, dict[int, tuple[int, float]]] = {}
    for number, period in enumerate(programme.periods if shared else ()):
        lower = programme.blocks[len(period.hours)].lower
        rows, which = period.coupling[:, interface].nonzero()
        places[number] = {
            row: (columns[at], NUDGE if np.isfinite(lower[row]) else -NUDGE)
            for row, at in zip(rows.tolist(), which.tolist(), strict=True)
        }
    return places


def _rules(siting: LinearProgramme, other: LinearProgramme) -> list[Rule]:
    """Return the yearly rules: behind the variables whose keys, ending with the period, differ."""
    rules = []
    for name, place in siting.variables.items():
        if place.keys == other.variables[name].keys:
            continue
        for columns in _by_owner(place).values():
            row = int(siting.matrix[:, [columns[0]]].nonzero()[0][0])
            rules.append(Rule(np.array(columns), row))
    return rules


def _by_owner(place: Rows) -> dict[Any, list[int]]:
    columns: dict[Any, list[int]] = defaultdict(list)
    for key, column in zip(place.keys, place.at, strict=True):
        columns[key[:-1] if isinstance(key, tuple) else ()].append(int(column))
    return columns
