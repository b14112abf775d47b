"""Benders decomposition with level regularisation: the whole year, certified.

1. The master problem gives a lower bound; dispatch at any decision gives an upper bound and cuts.
2. Trial points are interior points of the level set {cuts' value ≤ LB + 0.3 (UB − LB)}: vertices zig-zag.
   While the cuts know little, the trial points stay near the start; once they know the surroundings of the
   optimum, vertices close the gap faster, as long as each halves it or is close to the accepted gap.
3. The gap is measured against the plan's own cost: the system with the plan less the system without it.
   When the lower bound has settled, the vertex is tried: interior points only halve the gap.
4. Where yearly rules are shared out over periods, the shares of a trial point are chosen by solve.shares: it
   may be a vertex still, for shares cost nothing by themselves, and a vertex's duals stay its own. Only where
   the lower bound is stuck are they the vertex's own: extreme ones, slow to solve, and news to the cuts.
5. What is published is a vertex of the master problem whose true cost is within the gap.

Level regularisation after Pecci and Jenkins, Regularized Benders Decomposition for High Performance
Capacity Expansion Models, IEEE Transactions on Power Systems (2025).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from optimizer.errors import InfeasibleError, LimitError
from optimizer.milestones import Array, Programme, Solution
from optimizer.settings import Settings
from optimizer.solve.answer import Known, joined, make_solution
from optimizer.solve.elastic import NoWholeHallsError, explain_infeasible
from optimizer.solve.frontier import capture_frontier
from optimizer.solve.master import Master, Vertex
from optimizer.solve.record import Record, Report, plan_gap
from optimizer.solve.shares import Shares
from optimizer.solve.workers import Evaluation, Evaluator

LEVEL = 0.3
"""How far from the lower to the upper bound the level set reaches."""

FAR = 0.1
"""Gap, of the plan, above which the cuts know too little to be followed far from a good start."""

NEAR = 0.2
"""How far towards the level set a trial point then goes."""

CLOSE = 0.02
"""Gap, of the plan, below which the cuts know enough around the optimum to follow their vertices."""

HALF = 0.5
"""Part of the gap a vertex must leave at most to be followed by another vertex."""

CLOSE_BY = 5.0
"""How many times the accepted gap is so little that another vertex costs less than a point inside."""

SETTLED = 0.1
"""When the lower bound rises by less than this part of the gap, the cuts know the optimum: try the vertex."""

STUCK = 1e-3
"""When the lower bound rises by less than this part of the gap, the cuts need the vertex's own shares."""

SEED_GAP = 1e-3
"""Gap, or rise of the lower bound, of the plan, at which representative days have told us where to start."""


@dataclass(frozen=True)
class Search:
    """One decomposition: master, evaluator, the periods it covers."""

    master: Master
    evaluator: Evaluator
    interface: npt.NDArray[np.int64]
    periods: tuple[int, ...]
    settings: Settings
    record: Record
    stage: str
    baseline: float
    shares: Shares | None = None
    """Shares of yearly rules over the periods, where there are any."""

    rough: bool = False
    """Whether a vertex will do whose lower bound has settled, proven or not: enough to start from."""

    def shared_out(self, y: Array, dual: Array) -> Array:
        """Return a decision with its yearly totals shared out anew; what the periods would buy makes cuts."""
        if self.shares is None:
            return y
        found, z = self.shares.bought(y, dual)
        self.record.note(found)
        self.master.add_cuts(found, z)
        return self.shares.mixed(y, self.master.pool)

    def evaluate(self, y: Array) -> float:
        """Return the true cost of a decision and add its cuts."""
        z = np.maximum(y[self.interface], 0.0)
        found = self.evaluator.evaluate(self.periods, z)
        self.record.note(found)
        first = min(self.periods)
        shifted = [_renumber(evaluation, first) for evaluation in found]
        self.master.add_cuts(shifted, z)
        return self.master.siting_cost(y) + sum(evaluation.cost for evaluation in found)


@dataclass(frozen=True)
class Found:
    """A certified answer, and what further points can start from."""

    solution: Solution
    known: Known
    """The year as known now, with all cuts."""

    plan: Array
    """Interface values of the published vertex."""


def _renumber(found: Evaluation, first: int) -> Evaluation:
    return replace(found, period=found.period - first)


def close_gap(search: Search, start: Array | None, gap: float) -> tuple[Vertex, float, float]:
    """Iterate until a vertex of the master problem is proven within the gap.

    Args:
        search: the decomposition.
        start: first trial point; None for the master's vertex.
        gap: accepted gap, relative to the plan's cost.

    Returns:
        The vertex, its true cost (upper bound) and the lower bound, JPY bn/a. The vertex is accepted when
        the master problem it is an optimum of proves the gap by itself: then its decision, duals and prices
        belong together, and prices explain costs without a remainder. A rough search may end unproven.

    Raises:
        LimitError: iterations or time ran out; the bounds reached are in the message.
    """
    tried: Vertex | None
    if start is None:
        tried = _solve_master(search)
        y, lower = tried.y, tried.lower_bound
    else:
        tried, y, lower = None, start, -np.inf
    upper, apart = np.inf, np.inf
    settings, record = search.settings, search.record
    for _ in range(settings.max_iterations):
        cost = search.evaluate(y)
        if tried is not None and plan_gap(tried.lower_bound, cost, search.baseline) <= gap:
            lower = max(lower, tried.lower_bound)
            record.bounds(search.stage, lower, cost, search.baseline)
            return tried, cost, lower
        vertex = _solve_master(search)
        before, lower, upper = lower, max(lower, vertex.lower_bound), min(upper, cost)
        wider, apart = apart, plan_gap(lower, upper, search.baseline)
        record.bounds(search.stage, lower, upper, search.baseline)
        if time.monotonic() - record.started > settings.time_limit_s:
            break
        rise = (lower - before) / max(1.0, abs(upper - search.baseline))
        if search.rough and rise <= gap:
            return vertex, upper, lower
        settled = lower - before <= SETTLED * (upper - lower) and tried is None
        halved = tried is None or apart <= max(HALF * wider, CLOSE_BY * gap)
        close = search.shares is None and apart <= CLOSE and halved
        done = settled or close or apart <= gap
        centre = None if done else search.master.centre(lower + LEVEL * (upper - lower))
        if centre is not None and start is not None and apart > FAR:
            centre = start + NEAR * (centre - start)
        tried = vertex if centre is None else None
        y = vertex.y if centre is None else centre
        if lower - before > STUCK * (upper - lower):
            y = search.shared_out(y, vertex.dual)
            tried = None if tried is None else replace(tried, y=y)
    raise LimitError(
        f"stopped without proof: lower bound {lower:.6g}, upper bound {upper:.6g} JPY bn/a, gap of the plan "
        f"{apart:.2e}, wanted {gap:.0e}; raise solve.max_iterations or "
        f"solve.time_limit_s",
        f"証明の途中で停止しました: 下界 {lower:.6g}、上界 {upper:.6g} 十億円/年、計画の幅 "
        f"{apart:.2e}（目標 {gap:.0e}）。"
        f"solve.max_iterations か solve.time_limit_s を大きくしてください",
    )


def _solve_master(search: Search) -> Vertex:
    vertex = search.master.solve()
    search.record.note_vertex(vertex)
    return vertex


def solve_programme(
    programme: Programme, settings: Settings, evaluator: Evaluator, report: Report
) -> Solution:
    """Solve the compiled programme to a certified gap.

    Args:
        programme: siting problem, dispatch blocks, periods and seed.
        settings: gap and limits.
        evaluator: workers that evaluate the periods, from :func:`optimizer.solve.workers.start_workers`.
        report: called with a stage name and its figures as they come.

    Returns:
        Values, duals and bounds at a vertex within the gap.

    Raises:
        InfeasibleError: the siting limits contradict each other.
        LimitError: a limit came before the proof.
        CertificateError: an answer did not pass the certificate.
    """
    evaluator.load(programme.blocks, (*programme.periods, *programme.seed))
    return search_year(programme, settings, evaluator, report).solution


def search_year(
    programme: Programme, settings: Settings, evaluator: Evaluator, report: Report, known: Known | None = None
) -> Found:
    """Solve a programme whose periods the evaluator holds; see :func:`solve_programme`.

    Args:
        programme: siting problem, dispatch blocks, periods and seed.
        settings: gap and limits.
        evaluator: holds the periods of the year and the seed, in this order.
        report: called with a stage name and its figures as they come.
        known: cuts and the system without the plan; None solves the seed and finds them.
    """
    record = Record(time.monotonic(), report)
    try:
        hint = None
        if known is None:
            hint = _seed(programme, settings, record, evaluator)
            known = without_plan(programme, evaluator)
            record.note(known.pool[0][0])
        return _solve_year(programme, settings, (record, evaluator), known, hint)
    except NoWholeHallsError:
        raise
    except InfeasibleError:  # dispatch can always shed or spill: it is the siting limits
        raise explain_infeasible(programme.siting, settings) from None


def without_plan(programme: Programme, evaluator: Evaluator) -> Known:
    """Solve every period of the system without the plan: what is known before any cut."""
    details = evaluator.details(range(len(programme.periods)), programme.baseline)
    cuts = (tuple(detail.evaluation for detail in details), programme.baseline)
    return Known((cuts,), *joined(details))


def _solve_year(
    programme: Programme, settings: Settings, tools: tuple[Record, Evaluator], known: Known,
    hint: Vertex | None,
) -> Found:  # fmt: skip
    record, evaluator = tools
    year = tuple(range(len(programme.periods)))
    for evaluations, _ in known.pool:
        record.rely_on(evaluations)
    master = Master(programme.siting, programme.interface, len(programme.periods))
    master.add_pool(known.pool, known.near)
    baseline = sum(found.cost for found in known.pool[0][0])
    record.report("baseline", {"cost_jpy_bn_per_a": baseline})
    shares = Shares(programme, evaluator)
    search = Search(
        master, evaluator, programme.interface, year, settings, record, "year", baseline,
        shares if shares.any else None,
    )  # fmt: skip
    start = None if hint is None else hint.y
    if hint is not None and shares.any:
        start = search.shared_out(shares.start(hint.y), hint.dual)
    vertex, upper, lower = close_gap(search, start, settings.gap)
    blocks: dict[str, float] = {}
    if settings.block_gw is not None:
        from optimizer.solve.blocks import whole_halls  # it is made of this module's parts

        whole = whole_halls(search, programme.siting, (upper, lower))
        programme = replace(programme, siting=whole.siting)
        vertex, upper, lower, blocks = whole.vertex, whole.upper, whole.lower, whole.figures
    z = np.maximum(vertex.y[programme.interface], 0.0)
    after = evaluator.details(year, z)
    frontier = capture_frontier(programme.siting, settings.capture_value_jpy_per_jpy)
    solution = make_solution(programme, record, (vertex, upper, lower, baseline), (known, after), frontier)
    return Found(replace(solution, blocks=blocks), replace(known, pool=tuple(master.pool)), z)


def _seed(programme: Programme, settings: Settings, record: Record, evaluator: Evaluator) -> Vertex | None:
    """Solve the representative days first; their plan is where the year starts."""
    if not programme.seed:
        return None
    count = len(programme.periods)
    days = tuple(range(count, count + len(programme.seed)))
    nothing = programme.seed_baseline
    without = evaluator.evaluate(days, nothing)
    baseline = sum(found.cost for found in without)
    siting = programme.seed_siting
    interface = programme.seed_interface
    master = Master(siting, interface, len(days))
    master.add_cuts([_renumber(found, count) for found in without], nothing)
    search = Search(master, evaluator, interface, days, settings, record, "days", baseline, rough=True)
    try:
        vertex, _, _ = close_gap(search, None, SEED_GAP)
    except LimitError:  # only a seed: the year starts without it
        return None
    return vertex
