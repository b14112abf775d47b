"""Benders decomposition with level regularisation: the whole year, certified.

1. The master problem gives a lower bound; dispatch at any decision gives an upper bound and cuts.
2. Trial points are interior points of the level set {cuts' value ≤ LB + ½ (UB − LB)}: vertices zig-zag.
3. The gap is measured against the plan's own cost: the system with the plan less the system without it.
   When the lower bound has settled, the vertex is tried: interior points only halve the gap.
4. Where yearly rules are shared out over periods, the shares of a centre follow prices (solve.shares); those
   of a vertex do so or follow the cuts, in turn. Shares are no prices: a vertex's duals stay its own.
5. What is published is a vertex of the master problem whose true cost is within the gap.

Level regularisation after Pecci and Jenkins, Regularized Benders Decomposition for High Performance
Capacity Expansion Models, IEEE Transactions on Power Systems (2025).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.errors import InfeasibleError, LimitError
from optimizer.milestones import Array, Period, Programme, Solution
from optimizer.settings import Settings
from optimizer.solve.certificate import TOLERANCE
from optimizer.solve.duality import explained_difference, rent_table
from optimizer.solve.elastic import NoWholeHallsError, explain_infeasible
from optimizer.solve.frontier import capture_frontier
from optimizer.solve.master import Master, Vertex
from optimizer.solve.shares import Shares
from optimizer.solve.workers import Detail, Evaluation, Evaluator

Report = Callable[[str, dict[str, Any]], None]

LEVEL = 0.5
"""How far from the lower to the upper bound the level set reaches."""

SETTLED = 0.1
"""When the lower bound rises by less than this part of the gap, the cuts know the optimum: try the vertex."""

SEED_GAP = 1e-3
"""Gap, of the plan, at which the representative days have told us enough about where to start."""


@dataclass
class Record:
    """What happened: bounds by iteration, worst certificates, log lines."""

    started: float
    report: Report
    rows: list[dict[str, Any]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=lambda: {"primal": 0.0, "dual": 0.0, "gap": 0.0})
    solves: int = 0
    retries: int = 0

    def note(self, evaluations: Sequence[Evaluation]) -> None:
        """Keep the worst residuals over all solves."""
        for found in evaluations:
            self._keep(found.certificate.primal, found.certificate.dual, found.certificate.gap)
            self.retries += found.attempt != "warm"
        self.solves += len(evaluations)

    def note_vertex(self, vertex: Vertex) -> None:
        """Keep the residuals of a master solve."""
        found = vertex.answer.certificate
        self._keep(found.primal, found.dual, found.gap)
        self.solves += 1
        self.retries += vertex.answer.attempt != "warm"

    def _keep(self, primal: float, dual: float, gap: float) -> None:
        for name, value in (("primal", primal), ("dual", dual), ("gap", gap)):
            self.worst[name] = max(self.worst[name], value)

    def bounds(self, stage: str, lower: float, upper: float, baseline: float) -> None:
        """Record the bounds after an iteration and report them."""
        row = {
            "stage": stage,
            "iteration": len(self.rows) + 1,
            "lower_jpy_bn_per_a": lower,
            "upper_jpy_bn_per_a": upper,
            "gap_plan": plan_gap(lower, upper, baseline),
            "gap_system": (upper - lower) / max(1e-9, abs(upper)),
            "elapsed_s": time.monotonic() - self.started,
        }
        self.rows.append(row)
        self.log.append(
            f"{stage:<8} {row['iteration']:3d}  lower {lower:14.6f}  "
            f"upper {upper:14.6f}  gap of plan {row['gap_plan']:9.2e}"
        )
        self.report("bounds", row)


def plan_gap(lower: float, upper: float, baseline: float) -> float:
    """Gap relative to the plan's own cost, `(UB − LB) / (UB − baseline)`.

    A plan that costs (almost) nothing, or saves, is measured against 1 JPY bn/a at least.
    """
    return (upper - lower) / max(1.0, abs(upper - baseline))


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

    def evaluate(self, y: Array) -> float:
        """Return the true cost of a decision and add its cuts."""
        z = np.maximum(y[self.interface], 0.0)
        found = self.evaluator.evaluate(self.periods, z)
        self.record.note(found)
        first = min(self.periods)
        shifted = [_renumber(evaluation, first) for evaluation in found]
        self.master.add_cuts(shifted, z)
        return self.master.siting_cost(y) + sum(evaluation.cost for evaluation in found)


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
        belong together, and prices explain costs without a remainder.

    Raises:
        LimitError: iterations or time ran out; the bounds reached are in the message.
    """
    tried: Vertex | None
    if start is None:
        tried = _solve_master(search)
        y, lower = tried.y, tried.lower_bound
    else:
        tried, y, lower = None, start, -np.inf
    upper, priced = np.inf, False
    settings, record = search.settings, search.record
    for _ in range(settings.max_iterations):
        cost = search.evaluate(y)
        vertex = _solve_master(search)
        before, lower, upper = lower, max(lower, vertex.lower_bound), min(upper, cost)
        if tried is not None and plan_gap(tried.lower_bound, cost, search.baseline) <= gap:
            record.bounds(search.stage, lower, cost, search.baseline)
            return tried, cost, lower
        record.bounds(search.stage, lower, upper, search.baseline)
        if time.monotonic() - record.started > settings.time_limit_s:
            break
        settled = lower - before <= SETTLED * (upper - lower) and tried is None
        done = settled or plan_gap(lower, upper, search.baseline) <= gap
        centre = None if done else search.master.centre(lower + LEVEL * (upper - lower))
        tried = vertex if centre is None else None
        y = vertex.y if centre is None else centre
        priced = not priced if done else centre is not None
        if search.shares is not None and priced:
            y = search.shares.again(y, vertex.dual)
            tried = None if tried is None else replace(tried, y=y)
    raise LimitError(
        f"stopped without proof: lower bound {lower:.6g}, upper bound {upper:.6g} JPY bn/a, gap of the plan "
        f"{plan_gap(lower, upper, search.baseline):.2e}, wanted {gap:.0e}; raise solve.max_iterations or "
        f"solve.time_limit_s"
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
    record = Record(time.monotonic(), report)
    evaluator.load(programme.blocks, (*programme.periods, *programme.seed))
    try:
        return _solve_year(programme, settings, record, evaluator)
    except NoWholeHallsError:
        raise
    except InfeasibleError:  # dispatch can always shed or spill: it is the siting limits
        raise explain_infeasible(programme.siting, settings.capture_share) from None


def _solve_year(programme: Programme, settings: Settings, record: Record, evaluator: Evaluator) -> Solution:
    year = tuple(range(len(programme.periods)))
    hint = _seed(programme, settings, record, evaluator)
    nothing = programme.baseline
    before = evaluator.details(year, nothing)
    without = [detail.evaluation for detail in before]
    record.note(without)
    master = Master(programme.siting, programme.interface, len(programme.periods))
    master.add_cuts(without, nothing)
    baseline = sum(found.cost for found in without)
    record.report("baseline", {"cost_jpy_bn_per_a": baseline})
    shares = Shares(programme, evaluator)
    search = Search(
        master, evaluator, programme.interface, year, settings, record, "year", baseline,
        shares if shares.any else None,
    )  # fmt: skip
    start = None if hint is None else shares.start(hint.y, hint.dual)
    vertex, upper, lower = close_gap(search, start, settings.gap)
    blocks: dict[str, float] = {}
    if settings.block_gw is not None:
        from optimizer.solve.blocks import whole_halls  # it is made of this module's parts

        whole = whole_halls(search, programme.siting, (upper, lower))
        programme = replace(programme, siting=whole.siting)
        vertex, upper, lower, blocks = whole.vertex, whole.upper, whole.lower, whole.figures
    after = evaluator.details(year, np.maximum(vertex.y[programme.interface], 0.0))
    frontier = capture_frontier(programme.siting, settings.capture_value_jpy_per_jpy)
    solution = _solution(programme, record, (vertex, upper, lower, baseline), (before, after), frontier)
    return replace(solution, blocks=blocks)


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
    search = Search(master, evaluator, interface, days, settings, record, "days", baseline)
    try:
        vertex, _, _ = close_gap(search, None, SEED_GAP)
    except LimitError:  # only a seed: the year starts without it
        return None
    return vertex


def _solution(
    programme: Programme, record: Record, found: tuple[Vertex, float, float, float],
    details: tuple[list[Detail], list[Detail]], frontier: dict[str, float],
) -> Solution:  # fmt: skip
    vertex, upper, lower, baseline = found
    before, after = details
    siting = programme.siting
    duality = explained_difference(siting, vertex)
    return Solution(
        siting={n: pd.Series(vertex.y[p.at], index=list(p.keys)) for n, p in siting.variables.items()},
        siting_duals={
            n: pd.Series(vertex.dual[p.at], index=list(p.keys)) for n, p in siting.equations.items()
        },
        siting_reduced={
            n: pd.Series(vertex.reduced_cost[p.at], index=list(p.keys)) for n, p in siting.variables.items()
        },
        siting_value={
            n: pd.Series(vertex.dispatch_value[p.at], index=list(p.keys)) for n, p in siting.variables.items()
        },
        programme=siting,
        dispatch=_join([detail.primal for detail in after]),
        dispatch_duals=_join([detail.dual | vertex.prices.get(n, {}) for n, detail in enumerate(after)]),
        dispatch_index=_index(programme),
        baseline=_join([detail.primal for detail in before]),
        baseline_duals=_join([detail.dual for detail in before]),
        hour=np.concatenate([period.hours for period in programme.periods]),
        weight=_weights(programme.periods),
        cost=upper,
        lower_bound=lower,
        baseline_cost=baseline,
        siting_cost=float(siting.cost @ vertex.y),
        bounds=pd.DataFrame(record.rows),
        certificate=_certificate(record, duality),
        periods=len(programme.periods),
        iterations=len(record.rows),
        log=tuple(record.log),
        period_cost=np.array([detail.evaluation.cost for detail in after]),
        baseline_period_cost=np.array([detail.evaluation.cost for detail in before]),
        rents=rent_table(siting, vertex, [detail.evaluation for detail in before]),
        frontier=frontier,
    )


def _certificate(record: Record, duality: float) -> dict[str, Any]:
    return {
        **record.worst,
        "duality": duality,
        "passed": max(*record.worst.values(), duality) <= TOLERANCE,
        "tolerance": TOLERANCE,
        "solves": record.solves,
        "solved_again": record.retries,
    }


def _index(programme: Programme) -> dict[str, tuple[Any, ...]]:
    block = next(iter(programme.blocks.values()))
    return {name: rows.keys for name, rows in (block.variables | block.equations).items()}


def _weights(periods: Sequence[Period]) -> Array:
    return np.concatenate([np.full(len(period.hours), period.weight) for period in periods])


def _join(parts: list[dict[str, Array]]) -> dict[str, Array]:
    """Put the periods side by side; what is counted by day has other keys in longer ones and is left out."""
    same = [name for name in parts[0] if len({len(part[name]) for part in parts}) == 1]
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in same}
