r"""Decisions that cost nearly the least: how far they reach, from outside and from inside.

All decisions within a budget :math:`B` are a convex set :math:`\{y : F(y) \le B\}`, with the true cost
:math:`F(y) = c^\top y + \sum_w Q_w(z(y))`. The cuts hold it from outside: the most of anything linear over
{siting rows, cuts, :math:`c^\top y + \sum_w \theta_w \le B`} is a **proven bound**. Decisions whose dispatch
was solved hold it from inside: the cost is convex, so a mix of :math:`y_1` (within the budget) and
:math:`y_2` (beyond it) costs at most the mix of their costs, and with

.. math:: t = \frac{B - F(y_1)}{F(y_2) - F(y_1)}, \qquad y = y_1 + t\,(y_2 - y_1)

it is **certified reachable**. A decision the cuts propose is evaluated: it widens the inside or cuts the
outside, for this question and for every later one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from optimizer.milestones import Array, Programme, Solution
from optimizer.solve.certificate import TOLERANCE, Certificate
from optimizer.solve.highs import Answer, LinearSolver
from optimizer.solve.master import Cuts, Master
from optimizer.solve.shares import Shares
from optimizer.solve.workers import Evaluation, Evaluator

CHEAPLY = 0.1
"""Of decisions that reach equally far the cheaper is wanted: the whole budget is worth this part of the
tolerance. The bound allows for it."""

STEPS = (1.0, 0.5)
"""How far from the best decision known towards the one the cuts propose the next trial lies, in turn: the far
one widens the inside where the cuts are right, the near one is a deep cut where they are wrong."""

MW = 1000.0
"""MW per GW."""


@dataclass(frozen=True)
class Reached:
    """A decision with its true cost."""

    y: Array
    """Siting decision."""

    cost: float
    """Siting and dispatch. [JPY bn/a]"""


@dataclass(frozen=True)
class Extreme:
    """How far a direction reaches."""

    outer: float
    """Nothing within the budget reaches beyond: proven. [MW]"""

    inner: float
    """Reached by a decision within the budget: certified. [MW]"""

    y: Array
    """That decision."""

    evaluations: int
    """Looks at the whole dispatch it took."""


@dataclass
class Residuals:
    """Worst residuals of all that the bounds rest on."""

    worst: dict[str, float] = field(default_factory=lambda: {"primal": 0.0, "dual": 0.0, "gap": 0.0})

    def keep(self, found: Certificate) -> None:
        """Remember the worse."""
        for name, value in (("primal", found.primal), ("dual", found.dual), ("gap", found.gap)):
            self.worst[name] = max(self.worst[name], value)

    @property
    def passed(self) -> bool:
        """Whether all are within the tolerance of certificates."""
        return max(self.worst.values()) <= TOLERANCE


class CutSet(Master):
    """The siting problem with its cuts, held under a budget instead of for least cost."""

    def __init__(self, programme: Programme, budget: float) -> None:
        super().__init__(programme.siting, programme.interface, len(programme.periods))
        self._periods_count = len(programme.periods)
        self._under = LinearSolver(*self._level_set)
        self._under.set_row(self._level_row, -np.inf, budget)
        self._level = self._under

    def furthest(self, direction: Array, price: float) -> Answer:
        """Return the optimum of the least `−direction · y + price · cost` over the set."""
        total = np.concatenate([price * self._cost - direction, np.full(self._periods_count, price)])
        self._under.set_cost(total)
        return self._under.solve()

    def money(self, answer: Answer) -> Array:
        """Return duals of the siting rows in yen: what the budget could buy, by its own price."""
        row_dual = answer.row_dual
        price = max(-float(row_dual[self._level_row]), 1e-12)
        reduced = answer.reduced_cost[: self.columns]
        return self._reduced.duals(self._limits, row_dual[: self._level_row], reduced) / price


class NearOptimal:
    """What is known of all decisions within a budget.

    Args:
        programme: siting problem and periods; the evaluator holds its periods, the year first.
        evaluator: solves dispatch.
        solution: the least-cost plan.
        pool: cuts found so far.
        budget: most a decision may cost. [JPY bn/a]
    """

    def __init__(
        self,
        programme: Programme,
        evaluator: Evaluator,
        solution: Solution,
        pool: Sequence[Cuts],
        budget: float,
    ) -> None:
        self.programme, self.budget = programme, budget
        self.set = CutSet(programme, budget)
        self.set.add_pool(pool)
        self.residuals = Residuals()
        for evaluations, _ in pool:
            self._rely_on(evaluations)
        self.evaluator = evaluator
        self._shares = Shares(programme, evaluator)
        self.evaluations = 0
        self.plan = Reached(decision_of(programme, solution), solution.cost)
        self._reached = [self.plan]

    def _rely_on(self, evaluations: Sequence[Evaluation]) -> None:
        for found in evaluations:
            self.residuals.keep(found.certificate)

    def evaluate(self, y: Array) -> Reached:
        """Solve the dispatch of a decision: its true cost, and cuts."""
        z = np.maximum(y[self.programme.interface], 0.0)
        found = self.evaluator.evaluate(range(len(self.programme.periods)), z)
        self._rely_on(found)
        self.set.add_cuts(found, z)
        self.evaluations += 1
        reached = Reached(y, self.set.siting_cost(y) + sum(one.cost for one in found))
        self._reached.append(reached)
        return reached

    def inside(self, direction: Array) -> tuple[float, Array]:
        """Return how far the evaluated decisions and their mixes reach within the budget, and the mix."""
        value = np.array([direction @ one.y for one in self._reached])
        over = np.array([one.cost for one in self._reached]) - self.budget
        within = np.flatnonzero(over <= 0.0)
        best = within[int(np.argmax(value[within]))]
        reach, y = float(value[best]), self._reached[best].y
        beyond = np.flatnonzero((over > 0.0) & (value > reach))
        if not len(beyond):
            return reach, y
        part = -over[within][:, None] / (over[beyond][None, :] - over[within][:, None])
        mixed = value[within][:, None] + part * (value[beyond][None, :] - value[within][:, None])
        i, j = np.unravel_index(int(np.argmax(mixed)), mixed.shape)
        if mixed[i, j] <= reach:
            return reach, y
        near, far = self._reached[within[i]].y, self._reached[beyond[j]].y
        return float(mixed[i, j]), near + part[i, j] * (far - near)

    def furthest(self, direction: Array, tolerance: float, patience: int) -> Extreme:
        """Find how far a direction reaches within the budget.

        Args:
            direction: coefficient of every siting column. [MW per unit]
            tolerance: accepted distance between what is proven and what is reached. [MW]
            patience: most looks at the dispatch.
        """
        outer, (inner, y) = self._by_bounds(direction), self.inside(direction)
        begun = self.evaluations
        price = CHEAPLY * tolerance / max(self.budget - self.plan.cost, 1e-9)
        while outer - inner > tolerance:
            answer = self.set.furthest(direction, price)
            self.residuals.keep(answer.certificate)
            outer = min(outer, price * self.budget - answer.certificate.dual_objective)
            spent = self.evaluations - begun
            if outer - inner <= tolerance or spent >= patience:
                break
            proposed = answer.x[: self.set.columns]
            part = STEPS[spent % len(STEPS)]
            self.evaluate(self._shared_out(y + part * (proposed - y), answer))
            inner, y = self.inside(direction)
        return Extreme(max(outer, inner), inner, y, self.evaluations - begun)

    def _by_bounds(self, direction: Array) -> float:
        """Return how far the bounds of the columns alone let a direction reach."""
        siting, used = self.programme.siting, direction != 0.0
        bound = np.where(direction > 0.0, siting.column_upper, siting.column_lower)
        return float(direction[used] @ bound[used])

    def _shared_out(self, y: Array, answer: Answer) -> Array:
        """Return a decision with its yearly totals shared out as the periods would buy them."""
        if not self._shares.any:
            return y
        found, z = self._shares.bought(y, self.set.money(answer))
        self._rely_on(found)
        self.set.add_cuts(found, z)
        return self._shares.mixed(y, self.set.pool)


def decision_of(programme: Programme, solution: Solution) -> Array:
    """Return the siting decision of a solution, column by column."""
    y = np.zeros(len(programme.siting.cost))
    for name, place in programme.siting.variables.items():
        y[place.at] = solution.siting[name].to_numpy(dtype=float)
    return y


def capacity_of(programme: Programme, sites: Sequence[str]) -> Array:
    """Return the direction that counts the new IT capacity of these sites. [MW per GW of a column]"""
    place, chosen = programme.siting.variables["it"], set(sites)
    direction = np.zeros(len(programme.siting.cost))
    for column, key in zip(place.at.tolist(), place.keys, strict=True):
        direction[column] = MW if key[0] in chosen else 0.0
    return direction
