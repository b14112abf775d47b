r"""Yearly rules shared out over the periods: who uses how much.

Hours of interruption, matched energy and CO2 have a yearly total, and every period a share of it. Shares far
from the best make weeks that are slow to solve and tell nothing, and cuts alone say little about shares
nobody tried. So the periods are asked what they would buy at the prices of the yearly rules, and the total is
shared out as the cheapest mix of shares they were asked about:

.. math:: \min_{\alpha \ge 0} \sum_{w,k} \alpha_{wk}\, \check v_{wk}, \quad
   \sum_k \alpha_{wk} = 1, \quad \sum_{w,k} \omega_w \alpha_{wk} s_{wk} \le S

with the cost :math:`\check v_{wk}` the cuts give period w at share :math:`s_{wk}`; at least :math:`S`
where the total is one to reach. Costs are convex: a mix of shares costs at most the mix of their costs.
What is left of a total then goes to all in proportion, and harms nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.milestones import Array, LinearProgramme, Period, Programme
from optimizer.solve.bounds import shared_rows
from optimizer.solve.highs import LinearSolver
from optimizer.solve.master import Cuts
from optimizer.solve.workers import Evaluation, Evaluator

Index = npt.NDArray[np.int64]

NUDGE = 1e-6
"""Least price of a unit of a share: worth nothing, it should not be used up. [JPY bn per unit]"""

OUT_OF_REACH = 10.0
"""Price of missing a whole total by mixing, relative to the largest difference of the costs mixed. [1]"""


@dataclass(frozen=True)
class Place:
    """Where the shares of one period are, in the order of the rows of its block."""

    column: Index
    """Columns of the siting problem."""

    at: Index
    """The same among the interface values."""

    row: Index
    """Rows of the siting problem that keep their totals: the yearly rules."""

    least: Array
    """Least price of each: worth nothing, a share should not be used up."""


class Shares:
    """The shares of all yearly rules of a programme."""

    def __init__(self, programme: Programme, evaluator: Evaluator) -> None:
        """Find the shares: the columns that open the shared rows of the blocks."""
        self._programme, self._evaluator = programme, evaluator
        self._weight = np.array([period.weight for period in programme.periods])
        self._places = places_of(programme.blocks, programme.periods, programme.siting, programme.interface)
        self._rows = np.unique(np.concatenate([place.row for place in self._places]))

    @property
    def any(self) -> bool:
        """Whether there is a yearly rule at all."""
        return bool(len(self._rows))

    def start(self, found: Array) -> Array:
        """Return where the year starts: the seed's decision, its totals shared out evenly.

        Args:
            found: decision of the seed's siting problem.
        """
        programme = self._programme
        year, seed = programme.siting, programme.seed_siting
        start = np.zeros(len(year.cost))
        for name, columns in year.variables.items():
            seeded = seed.variables[name]
            if columns.keys == seeded.keys:
                start[columns.at] = found[seeded.at]
        start = np.clip(start, year.column_lower, year.column_upper)
        days = places_of(programme.blocks, programme.seed, seed, programme.seed_interface)
        weight = np.array([period.weight for period in programme.seed])
        even = _totals(found, days, weight, len(seed.lower)) / self._weight.sum()
        for place in self._places:
            start[place.column] = even[place.row]
        return start

    def bought(self, y: Array, dual: Array) -> tuple[list[Evaluation], Array]:
        """Let every period buy what shares it likes at the prices of the yearly rules.

        Args:
            y: decision of the siting problem; of its shares only the totals matter: a period may buy all.
            dual: duals of the rows of the siting problem, or of the seed's.

        Returns:
            The evaluations at the shares the periods buy, and the interface values with these.
        """
        z = np.maximum(y[self._programme.interface], 0.0)
        totals = np.maximum(self._totals(y), 0.0)
        asked = {
            number: (
                np.where(np.abs(dual[place.row]) > NUDGE, dual[place.row], place.least),
                totals[place.row] / self._weight[number],
            )
            for number, place in enumerate(self._places)
        }
        found = self._evaluator.relaxed(asked, z)
        for evaluation, shares in found:
            z[self._places[evaluation.period].at] = shares
        return [evaluation for evaluation, _ in found], z

    def mixed(self, y: Array, pool: Sequence[Cuts]) -> Array:
        """Return a decision with its totals shared out as the cheapest mix of shares in the pool.

        Args:
            y: decision of the siting problem; only the totals of its shares matter.
            pool: evaluations of all periods so far, with the interface values at which they were found.
        """
        z = np.maximum(y[self._programme.interface], 0.0)
        asked = np.array([there for _, there in pool])
        value = np.array([_values(pool, w, place.at, z) for w, place in enumerate(self._places)])
        used = np.zeros((len(self._programme.siting.lower), len(self._places), len(pool)))
        for w, place in enumerate(self._places):
            np.add.at(used[:, w], place.row, self._weight[w] * asked[:, place.at].T)
        totals = self._totals(y)
        to_reach = np.zeros(len(totals), dtype=bool)
        for place in self._places:
            to_reach[place.row] = place.least > 0.0
        mix = _cheapest_mix(value, used[self._rows], totals[self._rows], to_reach[self._rows])
        shared = y.copy()
        for w, place in enumerate(self._places):
            shared[place.column] = mix[w] @ asked[:, place.at]
        reached = self._totals(shared)
        scale = np.divide(totals, reached, out=np.zeros_like(totals), where=reached > 0.0)
        rest = np.where(reached > 0.0, 0.0, totals / self._weight.sum())
        for place in self._places:
            shared[place.column] = shared[place.column] * scale[place.row] + rest[place.row]
        return shared

    def _totals(self, y: Array) -> Array:
        return _totals(y, self._places, self._weight, len(self._programme.siting.lower))


def _totals(y: Array, places: Sequence[Place], weight: Array, rows: int) -> Array:
    """Return the totals of the yearly rules by their rows of the siting problem; zero elsewhere."""
    totals = np.zeros(rows)
    for one, place in zip(weight, places, strict=True):
        np.add.at(totals, place.row, one * y[place.column])
    return totals


def _values(pool: Sequence[Cuts], number: int, at: npt.NDArray[np.int64], z: Array) -> Array:
    """Return what the cuts say a period costs at each share it was asked about, all else at z."""
    asked = np.array([there for _, there in pool])
    gradient = np.array([found[number].gradient for found, _ in pool])
    bound = np.array([found[number].bound for found, _ in pool]) - np.einsum("kz,kz->k", gradient, asked)
    rest = z.copy()
    rest[at] = 0.0
    cuts = (bound + gradient @ rest)[:, None] + gradient[:, at] @ asked[:, at].T
    return np.asarray(cuts.max(axis=0))


def _cheapest_mix(value: Array, used: Array, totals: Array, to_reach: npt.NDArray[np.bool_]) -> Array:
    """Return the weights [period, point] of the cheapest mix that keeps the totals, as far as a mix can.

    Args:
        value: cost of each point [period, point].
        used: what each point uses of each rule's total [rule, period, point].
        totals: of each rule.
        to_reach: whether a total is one to reach; else it is one to stay within.
    """
    periods, points = value.shape
    rules = len(totals)
    scale = np.maximum(np.abs(used).max(axis=(1, 2), initial=0.0), np.maximum(NUDGE, np.abs(totals)))
    penalty = OUT_OF_REACH * max(1.0, float(np.ptp(value)))
    missing, excess = np.where(to_reach, penalty, 0.0), np.where(to_reach, 0.0, penalty)
    one = sp.csr_matrix(sp.kron(sp.identity(periods), np.ones((1, points))))
    part = used.reshape(rules, periods * points) / scale[:, None]
    total = sp.csr_matrix(np.where(np.abs(part) > NUDGE, part, 0.0))
    off = sp.csr_matrix(sp.kron(sp.identity(rules), np.array([[1.0, -1.0]])))
    alone = sp.csr_matrix((periods, 2 * rules))
    matrix = sp.csr_matrix(sp.vstack([sp.hstack([one, alone]), sp.hstack([total, off])]))
    sides = np.concatenate([np.ones(periods), totals / scale])
    cost = np.concatenate([value.ravel(), np.stack([missing, excess], axis=1).ravel()])
    bounds = np.zeros(len(cost)), np.full(len(cost), np.inf)
    answer = LinearSolver(matrix, cost, (sides, sides), bounds, "shares of yearly rules").solve()
    return answer.x[: periods * points].reshape(periods, points)


def places_of(
    blocks: Mapping[int, LinearProgramme],
    periods: Sequence[Period],
    siting: LinearProgramme,
    interface: Index,
) -> list[Place]:
    """Return where the shares of each period are.

    Args:
        blocks: dispatch blocks by length.
        periods: of the year, or of the seed.
        siting: the siting problem that shares out their totals.
        interface: its columns that the grid sees.
    """
    rule = sp.csc_matrix(siting.matrix)
    return [_place(blocks[len(period.hours)], period, rule, interface) for period in periods]


def _place(block: LinearProgramme, period: Period, siting: sp.csc_matrix, interface: Index) -> Place:
    rows = shared_rows(block)
    opened = period.coupling[rows].tocoo()
    at = np.zeros(len(rows), dtype=np.int64)
    at[opened.row] = opened.col
    column = interface[at]
    return Place(
        column=column,
        at=at,
        row=siting.indices[siting.indptr[column]].astype(np.int64),
        least=np.where(np.isfinite(block.lower[rows]), NUDGE, -NUDGE),
    )
