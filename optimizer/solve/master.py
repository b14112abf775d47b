"""The siting problem with one cost variable per period and the cuts found so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.milestones import Array, LinearProgramme
from optimizer.solve.bounds import reduce_programme
from optimizer.solve.highs import GATE, Answer, LinearSolver
from optimizer.solve.workers import Evaluation

WHOLE = 1e-6
"""Rounding allowed where the multipliers of a period's cuts are summed to one."""

DUST = 1e-9
"""Cut coefficients below this are left out; it weakens a cut by less than the certificate can see."""


MOST_JOIN = 3
"""How many cuts of a period join at once: the most broken ones; others may hold by then."""


Cuts = tuple[tuple[Evaluation, ...], Array]
"""Evaluations of all periods at one decision, and its interface values."""


@dataclass(frozen=True)
class Vertex:
    """A basic optimum of the master problem."""

    lower_bound: float
    y: Array
    """Siting decision."""

    dual: Array
    """Dual of every siting row."""

    reduced_cost: Array
    """Reduced cost of every siting column, with the cuts' prices."""

    dispatch_value: Array
    """d(dispatch cost)/d(siting column), mixed over the cuts that prove the bound."""

    answer: Answer
    prices: dict[int, dict[str, Array]]
    """Hourly prices of each period at this vertex, see :meth:`Master.solve`."""

    rents: dict[str, float]
    """Price times limit of every dispatch law over the year; with the siting rents, the bound. [JPY bn/a]"""


class Master:
    """The master problem, held twice: to optimise (simplex) and to find interior points of level sets.

    To optimise, a cut joins when it is the latest or when the optimum breaks it: of many cuts known before,
    few matter for one siting problem. All hold for the answer.
    """

    def __init__(self, siting: LinearProgramme, interface: npt.NDArray[np.int64], periods: int) -> None:
        self._reduced = reduce_programme(siting)
        self._interface = interface
        self._limits = self._reduced.limits(siting.lower, siting.upper)
        self.columns, self._periods = len(siting.cost), periods
        theta = np.zeros(periods)
        matrix = sp.hstack([self._reduced.matrix, sp.csr_matrix((self._reduced.matrix.shape[0], periods))])
        cost = np.concatenate([siting.cost, theta + 1.0])
        rows = (self._limits.row_lower, self._limits.row_upper)
        columns = (
            np.concatenate([self._limits.column_lower, theta]),
            np.concatenate([self._limits.column_upper, theta + np.inf]),
        )
        self._cost = siting.cost
        self._optimum = LinearSolver(matrix, cost, rows, columns, "siting problem")
        level = sp.vstack([matrix, sp.csr_matrix(cost)])
        self._level_row = matrix.shape[0]
        level_rows = (np.append(rows[0], -np.inf), np.append(rows[1], np.inf))
        self._cuts: list[Evaluation] = []
        self._rows = sp.csr_matrix((0, len(cost)))
        self._lower = np.zeros(0)
        self._joined = self._next = np.zeros(0, dtype=np.int64)
        self.pool: list[Cuts] = []
        self._level_set = (level, np.zeros(len(cost)), level_rows, columns, "level set")
        self._level: LinearSolver | None = None

    def siting_cost(self, y: Array) -> float:
        """Cost of the siting decision itself. [JPY bn/a]"""
        return float(self._cost @ y)

    def add_cuts(self, evaluations: Sequence[Evaluation], z: Array) -> None:
        r"""Add `θ_w ≥ v_w + g_w · (z' − z)` for every evaluation at interface values z."""
        self.add_pool([(tuple(evaluations), z)])

    def add_pool(self, pool: Sequence[Cuts], near: Array | None = None) -> None:
        """Add many cuts at once.

        Args:
            pool: evaluations of all periods with their interface values.
            near: interface values the optimum is expected near: the cuts that say most there take part first;
                None for the latest ones.
        """
        first = len(self._cuts)
        self.pool += pool
        cuts = [(found, z) for evaluations, z in pool for found in evaluations]
        self._cuts += [found for found, _ in cuts]
        lower = np.array([found.bound - found.gradient @ z for found, z in cuts])
        matrix = self._cut_rows([found for found, _ in cuts])
        self._rows = sp.csr_matrix(sp.vstack([self._rows, matrix]))
        self._lower = np.concatenate([self._lower, lower])
        if self._level is not None:
            self._level.add_rows(matrix, lower, np.full(len(lower), np.inf))
        number = np.arange(first, len(self._cuts))
        if near is None:
            chosen = number[-len(pool[-1][0]) :]
        else:
            says = np.array([found.gradient @ near for found, _ in cuts]) + lower
            chosen = number[self._highest(number, says, 1)]
        self._next = np.concatenate([self._next, chosen])

    def _highest(self, cuts: npt.NDArray[np.int64], value: Array, most: int) -> npt.NDArray[np.int64]:
        """Return which of these cuts have the highest values of their period, so many of each at most."""
        period = np.array([self._cuts[cut].period for cut in cuts.tolist()], dtype=np.int64)
        order = np.lexsort((-value, period))
        first = np.searchsorted(period[order], period[order])
        return order[np.arange(len(order)) - first < most]

    def _join(self, cuts: npt.NDArray[np.int64]) -> None:
        """Let cuts take part in the siting problem; those that do already stay."""
        new = np.setdiff1d(cuts, self._joined)
        self._joined = np.concatenate([self._joined, new])
        self._optimum.add_rows(self._rows[new], self._lower[new], np.full(len(new), np.inf))

    def _broken(self, answer: Answer) -> npt.NDArray[np.int64]:
        """Return the cuts an answer is below by more than a rounding, the most broken of each period."""
        value = np.asarray(self._rows @ answer.x)
        below = self._lower - value
        broken = np.setdiff1d(np.flatnonzero(below > GATE * (1.0 + np.abs(value))), self._joined)
        return broken[self._highest(broken, below[broken], MOST_JOIN)]

    def _cut_rows(self, cuts: Sequence[Evaluation]) -> sp.csr_matrix:
        gradient = np.array([found.gradient for found in cuts]).reshape(len(cuts), len(self._interface))
        row, at = np.nonzero(np.abs(gradient) > DUST)
        values = np.concatenate([-gradient[row, at], np.ones(len(cuts))])
        column = np.concatenate(
            [self._interface[at], np.array([self.columns + found.period for found in cuts], dtype=np.int64)]
        )
        places = (np.concatenate([row, np.arange(len(cuts))]), column)
        matrix = sp.csr_matrix((values, places), shape=(len(cuts), self.columns + self._periods))
        matrix.sort_indices()
        return matrix

    def solve(self) -> Vertex:
        """Return the optimal vertex; its objective is a lower bound of the whole problem.

        Where a decision sits on a kink of the dispatch cost (a line is built just so far), one dispatch has
        many dual solutions and any single one may contradict the decision. The cuts' multipliers say how to
        mix the duals behind the cuts so that they and the siting duals prove the bound: these are the prices.
        """
        answer = self._optimum_of_all()
        width, rows = self.columns, self._level_row
        multiplier = np.zeros(len(self._cuts))
        multiplier[self._joined] = answer.row_dual[rows:]
        return Vertex(
            lower_bound=answer.certificate.dual_objective,
            y=answer.x[:width],
            dual=self._reduced.duals(self._limits, answer.row_dual[:rows], answer.reduced_cost[:width]),
            reduced_cost=answer.reduced_cost[:width],
            dispatch_value=answer.reduced_cost[:width]
            - self._cost
            + self._reduced.matrix.T @ answer.row_dual[:rows],
            answer=answer,
            prices=self._mixed_prices(multiplier),
            rents=self._mixed_rents(multiplier),
        )

    def _optimum_of_all(self) -> Answer:
        """Return the optimum over all cuts: those it breaks join until there are none."""
        while True:
            self._join(self._next)
            answer = self._optimum.solve()
            self._next = self._broken(answer)
            if not len(self._next):
                return answer

    def _mixed_rents(self, multiplier: Array) -> dict[str, float]:
        mixed: dict[str, float] = {}
        for weight, cut in zip(multiplier, self._cuts, strict=True):
            if weight > 0.0:
                for law, rent in cut.rents.items():
                    mixed[law] = mixed.get(law, 0.0) + float(weight) * rent
        return mixed

    def _mixed_prices(self, multiplier: Array) -> dict[int, dict[str, Array]]:
        total = np.zeros(self._periods)
        mixed: dict[int, dict[str, Array]] = {}
        for weight, cut in zip(np.maximum(multiplier, 0.0), self._cuts, strict=True):
            if weight == 0.0:
                continue
            total[cut.period] += weight
            here = mixed.setdefault(cut.period, {name: np.zeros_like(v) for name, v in cut.prices.items()})
            for name, values in cut.prices.items():
                here[name] += weight * values
        whole = {period: here for period, here in mixed.items() if abs(total[period] - 1.0) < WHOLE}
        return {period: {n: v / total[period] for n, v in here.items()} for period, here in whole.items()}

    def solve_whole(
        self, columns: npt.NDArray[np.int64], most: Array, gap: float, time_limit_s: float
    ) -> tuple[Array, float]:
        """Return values of siting columns that must be whole, and a lower bound of the whole problem.

        See :meth:`LinearSolver.solve_whole`.
        """
        self._join(np.arange(len(self._cuts)))
        x, bound = self._optimum.solve_whole(columns, most, gap, time_limit_s)
        return x[columns], bound

    def centre(self, level: float) -> Array | None:
        """Return a siting decision inside the set of those the cuts value at no more than the level."""
        if self._level is None:
            self._level = LinearSolver(*self._level_set)
            self._level.add_rows(self._rows, self._lower, np.full(len(self._lower), np.inf))
        self._level.set_row(self._level_row, -np.inf, level)
        point = self._level.interior_point()
        if point is None:
            return None
        return np.clip(point[: self.columns], self._limits.column_lower, self._limits.column_upper)
