r"""Whole halls: the number of halls per site is an integer, the rest of the plan stays continuous.

1. The continuous plan is proven first; its cuts know what dispatch costs, and stay valid.
2. The master problem with all cuts and whole numbers :math:`n_r` of halls is solved by branch and bound: its
   dual bound is a lower bound of every plan of whole halls.
3. The numbers found are fixed; the linear programme that is left is closed by the same decomposition. Its
   cost is an upper bound, its cuts join the pool.
4. Repeat until the bounds meet. What is published is the linear programme at the best numbers: its answer and
   its dispatch carry our certificate; its prices are those of the fixed halls, not of one more hall.

Halls are counted per site, not per operating mode: a hall is a building, and whoever sells the machines in it
may share it; whole halls per mode would contradict a mix of modes given as exact shares.

The certificate cannot cover the branch and bound bound (it has no dual solution of polynomial size): it is
HiGHS's own. The continuous lower bound, ours, is kept where it is higher.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from optimizer.errors import InfeasibleError, LimitError
from optimizer.milestones import Array, LinearProgramme
from optimizer.solve.decompose import Search, close_gap
from optimizer.solve.elastic import NoWholeHallsError
from optimizer.solve.master import Master, Vertex
from optimizer.solve.record import plan_gap

HALLS = "halls"
LAW = "whole_blocks"

INNER = 0.5
"""Part of the accepted gap that the plan at fixed halls may use; the rest is for the search over numbers."""

BRANCH = 0.25
"""Part of the accepted gap at which branch and bound may stop."""

WHOLE_MW = 1e-9
"""How far the room of a site may fall short of a hall that still fits. [1]"""


@dataclass(frozen=True)
class WholePlan:
    """The best plan of whole halls and its proof."""

    siting: LinearProgramme
    """The siting problem with the numbers of halls fixed."""

    vertex: Vertex
    upper: float
    """Cost of the system. [JPY bn/a]"""

    lower: float
    """No plan of whole halls costs less. [JPY bn/a]"""

    figures: dict[str, float]
    """gap_blocks [1], wholeness_jpy_bn_per_a (cost over the continuous plan), integrality [1]."""


def whole_halls(search: Search, siting: LinearProgramme, proven: tuple[float, float]) -> WholePlan:
    """Return the plan of whole halls after the continuous plan was proven.

    Args:
        search: the decomposition, with the cuts that proved the continuous plan.
        siting: the siting problem; its variable `halls` is to be whole.
        proven: cost and lower bound of the continuous plan. [JPY bn/a]

    Raises:
        NoWholeHallsError: no numbers of halls meet every limit of the siting problem.
        LimitError: iterations or time ran out before the gap was closed.
    """
    settings, record = search.settings, search.record
    continuous, bound = proven
    accepted = settings.gap if settings.block_gap is None else settings.block_gap
    columns = siting.variables[HALLS].at
    most = _most_halls(siting)
    best: WholePlan | None = None
    for _ in range(settings.max_iterations):
        reached = continuous if best is None else best.upper
        slack = BRANCH * accepted * max(1.0, abs(reached - search.baseline))
        found, proof = _numbers(search, (columns, most), slack)
        bound = max(bound, proof)
        if best is None or plan_gap(bound, best.upper, search.baseline) > accepted:
            plan = _at(search, siting, found, INNER * accepted)
            best = plan if best is None or plan.upper < best.upper else best
        gap = plan_gap(bound, best.upper, search.baseline)
        record.bounds("blocks", bound, best.upper, search.baseline)
        if gap <= accepted:
            figures = best.figures | {"gap_blocks": gap, "wholeness_jpy_bn_per_a": best.upper - continuous}
            return replace(best, lower=bound, figures=figures)
        if time.monotonic() - record.started > settings.time_limit_s:
            break
    raise LimitError(
        f"stopped without proof of whole halls: gap of the plan {gap:.2e}, wanted {accepted:.0e}; raise "
        f"solve.block_gap, solve.max_iterations or solve.time_limit_s",
        f"一棟単位の計画の証明の途中で停止しました: 計画の幅 {gap:.2e}（目標 {accepted:.0e}）。"
        f"solve.block_gap、solve.max_iterations、solve.time_limit_s のいずれかを大きくしてください",
    )


def _most_halls(siting: LinearProgramme) -> Array:
    """Return how many halls fit into each site by its own limit alone."""
    place, rooms = siting.equations[LAW], siting.equations["within_site"]
    room = dict(zip(rooms.keys, siting.upper[rooms.at], strict=True))
    size = -np.asarray(siting.matrix[place.at][:, siting.variables[HALLS].at].diagonal())
    return np.array([np.floor(room[key] / b + WHOLE_MW) for key, b in zip(place.keys, size, strict=True)])


def _numbers(search: Search, halls: tuple[npt.NDArray[np.int64], Array], slack: float) -> tuple[Array, float]:
    """Return numbers of halls and a lower bound, from branch and bound over all cuts."""
    spent = time.monotonic() - search.record.started
    left = max(1.0, search.settings.time_limit_s - spent)
    try:
        x, proof = search.master.solve_whole(*halls, slack, left)
    except InfeasibleError:
        raise NoWholeHallsError(
            "no plan of whole halls meets every limit of the scenario: make solve.block_mw smaller or null, "
            "or relax what fixes capacities exactly (policy.distribution: as_today, shares of areas)",
            "ホール単位の計画では、すべての制約を満たせません。solve.block_mw を小さくするか null にするか、"
            "容量を一意に決める規則 (policy.distribution: as_today、エリアの割合) を緩めてください",
        ) from None
    search.record.solves += 1
    return np.round(x), proof


def _at(search: Search, siting: LinearProgramme, halls: Array, gap: float) -> WholePlan:
    """Return the proven plan at fixed numbers of halls; its cuts join the pool."""
    columns = siting.variables[HALLS].at
    lower, upper = siting.column_lower.copy(), siting.column_upper.copy()
    lower[columns] = upper[columns] = halls
    fixed = replace(siting, column_lower=lower, column_upper=upper)
    master = Master(fixed, search.interface, len(search.periods))
    known = len(search.master.pool)
    master.add_pool(search.master.pool)
    vertex, cost, proven = close_gap(replace(search, master=master, stage="halls"), None, gap)
    for evaluations, z in master.pool[known:]:
        search.master.add_cuts(evaluations, z)
    place = fixed.equations[LAW]
    off = float(np.abs(fixed.matrix[place.at] @ vertex.y).max(initial=0.0))
    return WholePlan(
        fixed, _without_rent_of_nothing(fixed, vertex, halls), cost, proven, {"integrality": off}
    )


def _without_rent_of_nothing(siting: LinearProgramme, vertex: Vertex, halls: Array) -> Vertex:
    """Take the rent off halls that are not there: any is a dual, and none tells how far off a site is."""
    dual = vertex.dual.copy()
    dual[siting.equations[LAW].at[halls == 0]] = 0.0
    reduced = siting.cost + vertex.dispatch_value - siting.matrix.T @ dual
    at = np.concatenate([siting.variables[name].at for name in ("it", HALLS)])
    cost = vertex.reduced_cost.copy()
    cost[at] = reduced[at]
    return replace(vertex, dual=dual, reduced_cost=cost)
