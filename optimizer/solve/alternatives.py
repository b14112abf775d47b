r"""Plans of nearly the least cost that differ most: each one as far as may be from all before it.

The distance of two plans is the capacity that stands elsewhere, :math:`\tfrac12 \sum_r |x_r - x'_r|`. To be
far is to maximise a convex function, so no linear programme finds the farthest for certain. The next plan
starts from the best of what is known already (every extreme of a site or an area is a plan within the
budget), and climbs: in the direction of the signs of its differences from the nearest plan before it, as long
as it helps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.milestones import Array
from optimizer.solve.near import NearOptimal

CLIMBS = 4
"""Most steps up from where a plan starts."""

STEP = 0.02
"""A step up counts if it gains this part of the distance. [1]"""


@dataclass(frozen=True)
class Alternative:
    """One plan within the budget."""

    y: Array
    """Siting decision."""

    cost: float
    """True cost. [JPY bn/a]"""

    distance: float
    """Capacity that stands elsewhere than in the nearest of the plans before it. [MW]"""


def different_plans(
    near: NearOptimal, sites: Array, known: Sequence[Array], asked: tuple[int, float, int]
) -> list[Alternative]:
    """Return plans within the budget, each far from all before it; the first is the least-cost plan.

    Args:
        near: the set of decisions within the budget.
        sites: capacity of each site by column [site, column]. [MW per unit]
        known: decisions within the budget to start from.
        asked: how many plans beside the first; tolerance of a bound [MW]; most looks at dispatch per step.

    Returns:
        Fewer plans where nothing differs by more than the tolerance.
    """
    count, tolerance, patience = asked
    plans = [Alternative(near.plan.y, near.plan.cost, 0.0)]
    for _ in range(count):
        taken = np.array([sites @ plan.y for plan in plans])
        start = max(known, key=lambda y: _distance(sites @ y, taken), default=near.plan.y)
        y = _climbed(near, sites, start, taken, (tolerance, patience))
        distance = _distance(sites @ y, taken)
        if distance <= tolerance:
            break
        reached = near.evaluate(y)  # a mix of evaluated decisions: costs are convex, it is within the budget
        plans.append(Alternative(reached.y, reached.cost, _distance(sites @ reached.y, taken)))
    return plans


def _climbed(near: NearOptimal, sites: Array, y: Array, taken: Array, asked: tuple[float, int]) -> Array:
    """Climb from a decision, step by step away from the nearest plan."""
    best = _distance(sites @ y, taken)
    for _ in range(CLIMBS):
        here = sites @ y
        nearest = taken[int(np.argmin(np.abs(taken - here).sum(axis=1)))]
        sign = np.where(np.abs(here - nearest) > asked[0], np.sign(here - nearest), _leaning(nearest))
        found = near.furthest(sign @ sites, *asked).y
        distance = _distance(sites @ found, taken)
        if distance <= best * (1.0 + STEP):
            break
        y, best = found, distance
    return y


def _leaning(nearest: Array) -> Array:
    """Return where a site that does not differ yet should go: less where something stands, more elsewhere."""
    return np.where(nearest > 0.0, -1.0, 1.0)


def _distance(here: Array, taken: Array) -> float:
    """Return the capacity that stands elsewhere than in the nearest plan. [MW]"""
    return 0.5 * float(np.abs(taken - here).sum(axis=1).min())
