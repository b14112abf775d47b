r"""The dearest years instead of the mean: CVaR and the worst year over weather years, in one programme.

With the cost :math:`c_k` of year k less its cost without the plan, and N years alike,

.. math:: \min_{y, t} \; c^\top y + t + \sum_k \theta_k, \quad
   \theta_k \ge \hat p\,(c_k(z) - t), \; \theta_k \ge 0, \quad \hat p = \frac{1}{\max(1, (1 - \alpha) N)}

(Rockafellar and Uryasev, Optimization of conditional value-at-risk, 2000). The level :math:`t` is one more
column the cuts speak of, so every year has one cost variable and the master problem is that of any programme.
With :math:`\hat p = 1` this is the dearest year.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from optimizer.milestones import Array, LinearProgramme, Programme
from optimizer.risk_measures import cvar, tail_share
from optimizer.settings import Settings
from optimizer.solve.decompose import Search, close_gap
from optimizer.solve.master import Cuts, Master
from optimizer.solve.record import Record
from optimizer.solve.workers import Evaluation
from optimizer.solve.years import YearsEvaluator


@dataclass(frozen=True)
class RiskAnswer:
    """The plan whose dearest years cost least."""

    y: Array
    """Siting decision."""

    cost: float
    """Siting, and the measure of the years' dispatch less the same without the plan. [JPY bn/a]"""

    lower_bound: float
    years: Array
    """Dispatch cost of every year with the plan. [JPY bn/a]"""


@dataclass(frozen=True)
class _Excess:
    """What years cost above a level, beyond their cost without the plan."""

    before: Array
    alpha: float

    def of(self, found: Sequence[Evaluation], level: float) -> list[Evaluation]:
        """Return years as the excess of what the plan costs in them; the level is their last column."""
        share = tail_share(len(self.before), self.alpha)
        return [
            replace(
                one,
                cost=max(0.0, share * (one.cost - self.before[one.period] - level)),
                bound=share * (one.bound - self.before[one.period] - level),
                gradient=np.append(share * one.gradient, -share),
                rents={},
            )
            for one in found
        ]

    def measure(self, found: Sequence[Evaluation]) -> float:
        """Return the measure of the years' costs less those without the plan. [JPY bn/a]"""
        return cvar(np.array([one.cost for one in found]) - self.before, self.alpha)


@dataclass(frozen=True)
class _RiskSearch(Search):
    """A search whose trial points are judged at the best level for them, not at the level they came with."""

    years: YearsEvaluator | None = None
    excess: _Excess | None = None

    def evaluate(self, y: Array) -> float:
        """Return siting and measure of a decision, and add its cuts."""
        if self.years is None or self.excess is None:
            raise ValueError("a search for the dearest years needs years")
        level = float(y[self.interface[-1]])
        z = np.maximum(y[self.interface[:-1]], 0.0)
        found = self.years.by_year(self.periods, z)
        self.record.note(found)
        self.master.add_cuts(self.excess.of(found, level), np.append(z, level))
        return self.master.siting_cost(y) - level + self.excess.measure(found)


def solve_risk(
    programme: Programme,
    settings: Settings,
    asked: tuple[YearsEvaluator, Array, float],
    cuts: Sequence[Cuts],
    record: Record,
) -> RiskAnswer:
    """Find the plan with the least CVaR over the years, to a certified gap.

    Args:
        programme: of the first year; its siting problem holds for all.
        settings: gap and limits.
        asked: evaluator of the years, their costs without the plan [JPY bn/a], and alpha [1].
        cuts: of every year as one evaluation, known before.
        record: where bounds and residuals are kept.

    Raises:
        InfeasibleError, LimitError, CertificateError: as a single year does.
    """
    years, before, alpha = asked
    excess = _Excess(before, alpha)
    siting = _with_level(programme.siting)
    interface = np.append(programme.interface, len(programme.siting.cost))
    master = Master(siting, interface, len(before))
    for found, z in cuts:
        record.rely_on(found)
        master.add_cuts(excess.of(found, 0.0), np.append(z, 0.0))
    periods = tuple(range(len(programme.periods)))
    search = _RiskSearch(
        master, years, interface, periods, settings, record, "year", 0.0, years=years, excess=excess
    )
    vertex, upper, lower = close_gap(search, None, settings.gap)
    costs = np.array([years.costs[year] for year in range(len(before))])
    return RiskAnswer(vertex.y[:-1], upper, lower, costs)


def _with_level(siting: LinearProgramme) -> LinearProgramme:
    """Return the siting problem with one more column: the level above which years count."""
    empty = sp.csr_matrix((siting.matrix.shape[0], 1))
    return replace(
        siting,
        matrix=sp.csr_matrix(sp.hstack([siting.matrix, empty])),
        cost=np.append(siting.cost, 1.0),
        column_lower=np.append(siting.column_lower, -np.inf),
        column_upper=np.append(siting.column_upper, np.inf),
    )
