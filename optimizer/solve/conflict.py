"""Which limits contradict each other: a smallest set of them, how far each must give, what share is in reach.

The siting problem is small, so families of limits are left out one by one; what cannot be left out without
ending the contradiction is the set (deletion filter: Chinneck and Dravnieks, Locating Minimal Infeasible
Constraint Sets in Linear Programs, ORSA Journal on Computing 3 (1991)).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.errors import OptimizerError
from optimizer.milestones import Array, LinearProgramme
from optimizer.solve.highs import LinearSolver
from optimizer.solve.limits import DEMAND, LIMITS, Limit

NOTHING = 1e-6
"""Violation below this is rounding. [GW, GW of exposure, JPY bn/a]"""

SHARES = 2.0
"""Bound of a share, to keep the search for it finite."""

MOST = 3
"""Contradictions that are told; a planner takes them one by one."""


@dataclass(frozen=True)
class Relaxed:
    """Least violation of one family of limits while the others hold."""

    amounts: Array
    """By row of the family, internal units."""

    new_it_gw: float
    """New IT capacity of the plan found."""


def conflicts(siting: LinearProgramme) -> list[tuple[Limit, ...]]:
    """Return sets of limits that cannot hold together while all load is served; none shares a rule.

    Args:
        siting: the siting problem nobody can meet.

    Returns:
        Up to `MOST` sets, each so small that without any one of its limits it can be met (beside the load
        asked for); empty sets where the load alone cannot be met, none where all limits can be met.
    """
    present = [limit for limit in LIMITS if _rows(siting, limit) is not None]
    elastic = _Elastic(siting, [*present, DEMAND])
    found: list[tuple[Limit, ...]] = []
    while len(found) < MOST and elastic.violated(present):
        kept = list(present)
        for limit in present:
            without = [one for one in kept if one is not limit]
            kept = without if elastic.violated(without) else kept
        found.append(tuple(kept))
        if not kept:
            break
        present = [limit for limit in present if limit not in given_up(kept)]
    return found


def given_up(conflict: Sequence[Limit]) -> list[Limit]:
    """Return what is left out to see other contradictions: rules of the planner, or limits where none is."""
    return [limit for limit in conflict if limit.is_rule] or list(conflict)


def without(siting: LinearProgramme, limits: Collection[Limit]) -> LinearProgramme:
    """Return the siting problem without some families of limits."""
    lower, upper = siting.lower.copy(), siting.upper.copy()
    for limit in limits:
        rows = _rows(siting, limit)
        if rows is not None:
            lower[rows], upper[rows] = -np.inf, np.inf
    return replace(siting, lower=lower, upper=upper)


def least_violation(siting: LinearProgramme, limit: Limit) -> Relaxed | None:
    """Return how far each row of a family must give while all else holds; None where that is of no use."""
    rows = _rows(siting, limit)
    if rows is None:
        return None
    slack = _slack(siting, limit)
    extra, width = slack.shape[1], len(siting.cost)
    cost = np.concatenate([np.zeros(width), np.ones(extra)])
    try:
        answer = _solver(siting, slack, cost, f"elastic {limit.equation}").solve()
    except OptimizerError:
        return None
    amounts = answer.x[width:].reshape(-1, len(rows)).sum(axis=0)
    built = float(answer.x[siting.variables["it"].at].sum())
    return Relaxed(amounts, built) if amounts.sum() > NOTHING else None


def best_share(siting: LinearProgramme, limit: Limit, asked: float) -> float | None:
    r"""Return the share of the new IT capacity at which a rule on it can just be met while all else holds.

    The rule's rows are :math:`N_i x - \theta D x` with :math:`D x` the new IT capacity. With
    :math:`y = x / D x` and :math:`\tau = 1 / D x` the best :math:`\theta` is one linear programme
    (Charnes and Cooper, Programming with linear fractional functionals, Naval Research Logistics Quarterly 9
    (1962)).

    Args:
        siting: the siting problem.
        limit: the rule; each row asks for a share of the new IT capacity.
        asked: the share asked for. [1]

    Returns:
        Largest share that can be met where the rule asks for a least one, else the smallest; None where the
        new capacity may be zero, or where no share helps.
    """
    rows = _rows(siting, limit)
    if rows is None:
        return None
    total = np.zeros(len(siting.cost))
    total[siting.variables["it"].at] = 1.0
    rule = siting.matrix[rows] + asked * sp.csr_matrix(np.tile(total, (len(rows), 1)))
    is_least = limit.sign > 0
    matrix, ends = _over_capacity(without(siting, [limit]), sp.csr_matrix(rule), total, is_least=is_least)
    width = len(total)
    cost = np.concatenate([np.zeros(width + 1), [-1.0 if is_least else 1.0]])
    lowest = np.concatenate([np.where(siting.column_lower < 0, -np.inf, 0.0), [0.0, -SHARES]])
    highest = np.concatenate([np.full(width + 1, np.inf), [SHARES]])
    try:
        return float(LinearSolver(matrix, cost, ends, (lowest, highest), "share in reach").solve().x[-1])
    except OptimizerError:
        return None


def _over_capacity(
    siting: LinearProgramme, rule: sp.csr_matrix, total: Array, *, is_least: bool
) -> tuple[sp.csr_matrix, tuple[Array, Array]]:
    """Return rows over y, tau and theta: the siting problem's, the rule's, and that the capacity is one."""
    bounds = np.where(siting.column_lower == 0.0, -np.inf, siting.column_lower)  # zero stays a bound of y
    lower, upper = np.concatenate([siting.lower, bounds]), np.concatenate([siting.upper, siting.column_upper])
    inner = sp.vstack([siting.matrix, sp.identity(len(total), format="csr")]).tocsr()
    above, below, count = (
        np.flatnonzero(np.isfinite(lower)),
        np.flatnonzero(np.isfinite(upper)),
        rule.shape[0],
    )
    theta = sp.csr_matrix(np.full((count, 1), -1.0))
    blocks = [
        [inner[above], sp.csr_matrix(-lower[above][:, None]), None],
        [inner[below], sp.csr_matrix(-upper[below][:, None]), None],
        [rule, None, theta],
        [sp.csr_matrix(total[None, :]), None, None],
    ]
    kinds = np.concatenate([np.full(len(above), True), np.full(len(below), False), np.full(count, is_least)])
    least = np.concatenate([np.where(kinds, 0.0, -np.inf), [1.0]])
    most = np.concatenate([np.where(kinds, np.inf, 0.0), [1.0]])
    return sp.csr_matrix(sp.bmat(blocks)), (least, most)


class _Elastic:
    """The siting problem with slack in every family of limits; a family holds where its slack has a price."""

    def __init__(self, siting: LinearProgramme, limits: list[Limit]) -> None:
        slacks = [_slack(siting, limit) for limit in limits]
        ends = np.cumsum([len(siting.cost), *(slack.shape[1] for slack in slacks)])
        self._at = {limit.equation: slice(a, b) for limit, a, b in zip(limits, ends, ends[1:], strict=False)}
        self._width = int(ends[-1])
        self._solver = _solver(siting, sp.hstack(slacks), np.zeros(self._width), "elastic")

    def violated(self, limits: list[Limit]) -> bool:
        """Tell whether these limits and the load asked for cannot hold together."""
        cost = np.zeros(self._width)
        for limit in (*limits, DEMAND):
            cost[self._at[limit.equation]] = 1.0
        self._solver.set_cost(cost)
        return self._solver.solve().objective > NOTHING


def _rows(siting: LinearProgramme, limit: Limit) -> npt.NDArray[np.int64] | None:
    place = siting.equations.get(limit.equation)
    return place.at if place is not None and len(place.at) else None


def _slack(siting: LinearProgramme, limit: Limit) -> sp.csr_matrix:
    """Columns that let each row of a family give, in the directions of the family."""
    rows = siting.equations[limit.equation].at
    count = len(rows)
    directions = (1.0, -1.0) if limit.sign == 0 else (limit.sign,)
    shape = (len(siting.lower), count)
    return sp.hstack(
        [sp.csr_matrix((np.full(count, d), (rows, np.arange(count))), shape=shape) for d in directions]
    )


def _solver(siting: LinearProgramme, slack: sp.csr_matrix, cost: Array, name: str) -> LinearSolver:
    extra = slack.shape[1]
    return LinearSolver(
        sp.hstack([siting.matrix, slack]),
        cost,
        (siting.lower, siting.upper),
        (
            np.concatenate([siting.column_lower, np.zeros(extra)]),
            np.concatenate([siting.column_upper, np.full(extra, np.inf)]),
        ),
        name,
    )
