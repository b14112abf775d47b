"""Points that share a grid share what is known about it: cuts, bases, the system without the plan.

A cut says what dispatch costs as a function of what the grid sees; it does not depend on the cost of sites,
limits, policies, latency or goals. So a further point starts with every cut of its grid's *anchor*, and is
usually proven by one look at the dispatch of its own vertex. The duals behind a cut are valid for any other
limits of the same blocks: other demand, weather or load make other cuts from them, without solving.

A point's answer is a function of its anchor and the point, bit for bit, whatever the evaluator solved before.
"""

from __future__ import annotations

from dataclasses import replace

from optimizer.milestones import Array, Period, Programme, Solution
from optimizer.settings import Settings
from optimizer.solve.bounds import Reduced, reduce_programme
from optimizer.solve.certificate import dual_value
from optimizer.solve.decompose import Found, search_year, without_plan
from optimizer.solve.master import Cuts
from optimizer.solve.pool import Anchor, bases_name
from optimizer.solve.record import Report
from optimizer.solve.workers import PRICED, Evaluation, Evaluator, law_rents


def make_anchor(
    programme: Programme, settings: Settings, evaluator: Evaluator, report: Report, keep_duals: bool = False
) -> tuple[Solution, Anchor]:
    """Solve a programme afresh, as `optimizer.solve.decompose.solve_programme` does, and keep what it found.

    Args:
        programme: siting problem, dispatch blocks, periods and seed.
        settings: gap and limits.
        evaluator: workers that evaluate the periods.
        report: called with a stage name and its figures as they come.
        keep_duals: whether the cuts keep the duals they came from, for :func:`recut`.

    Returns:
        The fresh answer and the anchor.

    Raises:
        OptimizerError: as a fresh solve does.
    """
    evaluator.load(programme.blocks, (*programme.periods, *programme.seed), keep_duals)
    found = search_year(programme, settings, evaluator, report)
    return found.solution, _anchor(programme, evaluator, found)


def _anchor(programme: Programme, evaluator: Evaluator, found: Found) -> Anchor:
    bases = evaluator.bases(range(len(programme.periods)))
    return Anchor(found.known, bases, found.plan, name=bases_name(bases))


def solve_from(
    anchor: Anchor, programme: Programme, settings: Settings, evaluator: Evaluator, report: Report
) -> Solution:
    """Solve a point of the anchor's grid, starting from all the anchor knows.

    Args:
        anchor: of the same grid fingerprint.
        programme: the point's siting problem; blocks, periods and coupling of the anchor's grid. The very
            objects of the point before it save passing them on again.
        settings: gap and limits of the point.
        evaluator: workers that evaluate the periods; what they solved before makes no difference.
        report: called with a stage name and its figures as they come.

    Returns:
        Values, duals and bounds at a vertex within the gap: a function of anchor, programme and settings.

    Raises:
        ValueError: the anchor belongs to another grid.
        OptimizerError: as a fresh solve does.
    """
    return _search_from(anchor, programme, settings, (evaluator, report), False).solution


def enrich(
    anchor: Anchor, programme: Programme, settings: Settings, evaluator: Evaluator, report: Report
) -> Anchor:
    """Return the anchor with the cuts of another point of its grid added: explore there once, for all others.

    Args:
        anchor: of the same grid fingerprint; its bases and plan stay.
        programme: of the far point.
        settings: gap and limits of the far point.
        evaluator: workers that evaluate the periods.
        report: called with a stage name and its figures as they come.

    Raises:
        ValueError: the anchor belongs to another grid.
        OptimizerError: as a fresh solve does.
    """
    found = _search_from(anchor, programme, settings, (evaluator, report), anchor.with_duals)
    return replace(anchor, known=found.known)


def _search_from(
    anchor: Anchor,
    programme: Programme,
    settings: Settings,
    tools: tuple[Evaluator, Report],
    keep_duals: bool,
) -> Found:
    _check_grid(anchor, programme)
    evaluator, report = tools
    evaluator.load(programme.blocks, (*programme.periods, *programme.seed), keep_duals)
    evaluator.start_from(anchor.bases, anchor.name)
    return search_year(programme, settings, evaluator, report, replace(anchor.known, near=anchor.plan))


def anchor_from(
    anchor: Anchor, programme: Programme, settings: Settings, evaluator: Evaluator, report: Report
) -> tuple[Solution, Anchor]:
    """Solve a programme with other demand, weather or load, starting from the duals of another grid.

    Args:
        anchor: of the same `optimizer.model.fingerprint.cost_fingerprint`, made with `keep_duals`.
        programme: its blocks are those of the anchor's grid; limits and coupling are its own.
        settings: gap and limits.
        evaluator: workers that evaluate the periods; what they solved before makes no difference.
        report: called with a stage name and its figures as they come.

    Returns:
        The answer, certified as ever, and the anchor of its grid.

    Raises:
        ValueError: the anchor has no duals, or its blocks are others.
        OptimizerError: as a fresh solve does.
    """
    found = _search_from_duals(anchor, programme, settings, (evaluator, report), True)
    return found.solution, _anchor(programme, evaluator, found)


def solve_from_duals(
    anchor: Anchor, programme: Programme, settings: Settings, evaluator: Evaluator, report: Report
) -> Solution:
    """Solve a programme as :func:`anchor_from` does, where no other point starts from it."""
    return _search_from_duals(anchor, programme, settings, (evaluator, report), False).solution


def _search_from_duals(
    anchor: Anchor,
    programme: Programme,
    settings: Settings,
    tools: tuple[Evaluator, Report],
    keep_duals: bool,
) -> Found:
    evaluator, report = tools
    cuts = recut(anchor, programme)
    evaluator.load(programme.blocks, (*programme.periods, *programme.seed), keep_duals)
    evaluator.start_from(anchor.bases, anchor.name)
    known = without_plan(programme, evaluator)
    known = replace(known, pool=(*known.pool, *cuts), near=anchor.plan)
    return search_year(programme, settings, evaluator, report, known)


def recut(anchor: Anchor, programme: Programme) -> tuple[Cuts, ...]:
    r"""Return the anchor's cuts as they are for other limits and coupling of the same blocks.

    Duals :math:`y` of a block with reduced costs :math:`c - A^\top y` bound its cost from below whatever its
    limits :math:`b_w + C_w z` are. With the new ones, at the interface values :math:`z` of the old cut,

    .. math:: v_w = \omega_w\, y^\top (b_w + C_w z), \qquad g_w = \omega_w\, C_w^\top y

    Args:
        anchor: made with `keep_duals`.
        programme: limits and coupling; matrix and cost of its blocks are those the duals came from.

    Raises:
        ValueError: the anchor has no duals, or its blocks or columns are others.
    """
    cuts, z = anchor.known.pool[0]
    if len(cuts) != len(programme.periods) or len(z) != len(programme.interface):
        raise ValueError("the anchor is of other periods, or of other columns that the grid sees")
    reduced = {length: reduce_programme(block) for length, block in programme.blocks.items()}
    return tuple(
        (
            tuple(_recut(found, (programme.periods[found.period], reduced), z) for found in evaluations),
            z,
        )
        for evaluations, z in anchor.known.pool
    )


def _recut(found: Evaluation, stamped: tuple[Period, dict[int, Reduced]], z: Array) -> Evaluation:
    period, blocks = stamped
    reduced = blocks[len(period.hours)]
    block, row_dual = reduced.programme, found.row_dual
    if row_dual is None or len(row_dual) != reduced.matrix.shape[0]:
        raise ValueError("the anchor has no duals for these blocks")
    left = block.cost - reduced.matrix.T @ row_dual
    shift = period.coupling @ z
    limits = reduced.limits(period.lower + shift, period.upper + shift)
    dual = reduced.duals(limits, row_dual, left)
    bound = period.weight * (
        dual_value(row_dual, limits.row_lower, limits.row_upper)
        + dual_value(left, limits.column_lower, limits.column_upper)
    )
    return replace(
        found,
        cost=bound,
        bound=bound,
        gradient=period.weight * (period.coupling.T @ dual),
        prices=found.prices | {n: dual[block.equations[n].at] for n in PRICED if n in found.prices},
        rents=law_rents(block, (period.lower, period.upper), period.weight * dual),
    )


def _check_grid(anchor: Anchor, programme: Programme) -> None:
    """Refuse an anchor that cannot be of this grid; that it is, the grid fingerprint says."""
    cuts, z = anchor.known.pool[0]
    same = len(cuts) == len(programme.periods) and len(z) == len(programme.interface)
    if not (same and (z == programme.baseline).all()):
        raise ValueError("the anchor belongs to another grid: other periods, or other columns that it sees")


__all__ = ["Anchor", "anchor_from", "enrich", "make_anchor", "recut", "solve_from", "solve_from_duals"]
