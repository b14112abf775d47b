"""Evaluate dispatch blocks at a siting decision: in this process, or in processes that keep their bases.

A worker holds one solver per block length and one basis per period. A new decision changes right-hand sides
only, so the dual simplex method starts from the period's last basis; the first time, from a reference's.
Processes are spawned, one solver thread each. No Pyomo is imported here.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np

from optimizer.errors import OptimizerError
from optimizer.milestones import Array, LinearProgramme, Period
from optimizer.solve.bounds import Limits, Reduced, reduce_programme
from optimizer.solve.certificate import Certificate
from optimizer.solve.highs import Answer, LinearSolver

T = TypeVar("T")

PRICED = ("energy_balance", "intertie_forward", "intertie_backward")
"""Dispatch equations whose duals are published as prices."""

MARGINAL_CO2 = "co2_marginal"
"""Name under which the CO2 of one more GWh of load goes with the prices, by area and hour. [kt/GWh]"""


@dataclass(frozen=True)
class Evaluation:
    """Cost of one period at a decision, and how it changes: the stuff of a cut. Weighted to the year."""

    period: int
    cost: float
    """Cost of the period times its weight, JPY bn/a."""

    bound: float
    """Dual objective times weight: at most the true optimum."""

    gradient: Array
    """d(cost)/d(interface column)."""

    iterations: int
    certificate: Certificate
    attempt: str
    prices: dict[str, Array]
    """Hourly duals of the equations in :data:`PRICED`, and :data:`MARGINAL_CO2`, unweighted."""

    rents: dict[str, float]
    """Dual times limit without the plan, summed over the rows of each law: the cut at no plan. [JPY bn/a]"""


@dataclass(frozen=True)
class Detail:
    """One period at a decision in full: its evaluation, hourly values and duals by name."""

    evaluation: Evaluation
    primal: dict[str, Array]
    dual: dict[str, Array]


Multipliers = dict[int, dict[int, float]]
"""Number of a period → row of its block → price of a unit of the row's limit, or what the row uses."""


class Evaluator(Protocol):
    """Evaluates many periods at one decision."""

    def load(self, blocks: dict[int, LinearProgramme], periods: Sequence[Period]) -> None:
        """Take the blocks and periods to evaluate."""

    def evaluate(self, periods: Sequence[int], z: Array) -> list[Evaluation]:
        """Solve the periods at interface values z."""

    def details(self, periods: Sequence[int], z: Array) -> list[Detail]:
        """Return hourly values of the periods at interface values z."""

    def relaxed(self, multipliers: Multipliers, z: Array) -> Multipliers:
        """Solve periods with some rows priced instead of kept; return the activity of these rows."""

    def workers_peak_rss_mb(self) -> float:
        """Return the peak memory of all workers together; zero where this process does the work. [MB]"""

    def close(self) -> None:
        """End all workers."""


def start_workers(workers: int) -> Evaluator:
    """Start so many worker processes, or evaluate in this process if one is enough."""
    return ProcessEvaluator(workers) if workers > 1 else SerialEvaluator()


class BlockSolvers:
    """All periods of one worker: one solver per block length, one basis per period.

    A period's first solve starts from the basis of the reference period of its length, so that what a period
    answers depends on nothing but the decisions it was asked about, whichever worker holds it.
    """

    def __init__(
        self, blocks: dict[int, LinearProgramme], periods: dict[int, Period], reference: dict[int, Period]
    ) -> None:
        self._reduced: dict[int, Reduced] = {length: reduce_programme(b) for length, b in blocks.items()}
        self._periods = periods
        self._reference = reference
        self._solvers: dict[int, LinearSolver] = {}
        self._bases: dict[int, Any] = {}
        self._first: dict[int, Any] = {}

    def evaluate(self, number: int, z: Array) -> Evaluation:
        """Solve one period at interface values z."""
        return self._evaluation(number, *self._solve(number, z))

    def detail(self, number: int, z: Array) -> Detail:
        """Solve one period at interface values z and keep its hourly values."""
        answer, dual = self._solve(number, z)
        block = self._reduced[len(self._periods[number].hours)].programme
        evaluation = self._evaluation(number, answer, dual)
        return Detail(
            evaluation=evaluation,
            primal={name: answer.x[place.at] for name, place in block.variables.items()},
            dual={name: dual[place.at] for name, place in block.equations.items()} | evaluation.prices,
        )

    def relaxed(self, number: int, multipliers: dict[int, float], z: Array) -> dict[int, float]:
        """Solve one period with some rows priced instead of kept (Lagrangian relaxation).

        Args:
            number: the period.
            multipliers: price of a unit of the limit of each such row, JPY bn; the sign of the row's dual.
            z: interface values.

        Returns:
            Activity of these rows at the optimum.
        """
        reduced, solver, limits = self._made_ready(number, z)
        rows = np.searchsorted(reduced.kept, list(multipliers))
        limits.row_lower[rows], limits.row_upper[rows] = -np.inf, np.inf
        cost = reduced.programme.cost
        solver.set_cost(cost - reduced.matrix[rows].T @ np.array(list(multipliers.values())))
        try:
            answer = self._answered(number, solver, limits)
        finally:
            solver.set_cost(cost)
        activity = reduced.matrix[rows] @ answer.x
        return {row: float(value) for row, value in zip(multipliers, activity, strict=True)}

    def _evaluation(self, number: int, answer: Answer, dual: Array) -> Evaluation:
        period = self._periods[number]
        reduced = self._reduced[len(period.hours)]
        block = reduced.programme
        prices = {name: dual[block.equations[name].at] for name in PRICED if name in block.equations}
        if block.emission is not None:
            prices[MARGINAL_CO2] = self._marginal_co2(reduced, block.emission)
        return Evaluation(
            period=number,
            cost=period.weight * answer.objective,
            bound=period.weight * answer.certificate.dual_objective,
            gradient=period.weight * (period.coupling.T @ dual),
            iterations=answer.iterations,
            certificate=answer.certificate,
            attempt=answer.attempt,
            prices=prices,
            rents=law_rents(block, (period.lower, period.upper), period.weight * dual),
        )

    def _marginal_co2(self, reduced: Reduced, emission: Array) -> Array:
        """CO2 of one more GWh of load by area and hour, at the basis just found. [kt/GWh]"""
        rate = np.zeros(len(reduced.programme.lower))
        length = reduced.programme.equations["energy_balance"].at.shape[1]
        rate[reduced.kept] = self._solvers[length].revalue(emission)
        return rate[reduced.programme.equations["energy_balance"].at]

    def _solve(self, number: int, z: Array) -> tuple[Answer, Array]:
        """Return the answer and the dual of every row of the block."""
        reduced, solver, limits = self._made_ready(number, z)
        answer = self._answered(number, solver, limits)
        return answer, reduced.duals(limits, answer.row_dual, answer.reduced_cost)

    def _made_ready(self, number: int, z: Array) -> tuple[Reduced, LinearSolver, Limits]:
        """Return the block of a period, its solver, and the limits at interface values z."""
        period = self._periods[number]
        length = len(period.hours)
        reduced, shift = self._reduced[length], period.coupling @ z
        return reduced, self._solver(length), reduced.limits(period.lower + shift, period.upper + shift)

    def _answered(self, number: int, solver: LinearSolver, limits: Limits) -> Answer:
        """Solve within the limits from the period's last basis, and keep the new one."""
        length = len(self._periods[number].hours)
        solver.set_bounds((limits.row_lower, limits.row_upper), (limits.column_lower, limits.column_upper))
        solver.start_from(self._bases.get(number, self._first[length]))
        answer = solver.solve()
        self._bases[number] = solver.basis
        return answer

    def _solver(self, length: int) -> LinearSolver:
        """Return the solver of a block length, with the reference period solved once for its basis."""
        if length not in self._solvers:
            reduced, period = self._reduced[length], self._reference[length]
            limits = reduced.limits(period.lower, period.upper)
            solver = LinearSolver(
                reduced.matrix,
                reduced.programme.cost,
                (limits.row_lower, limits.row_upper),
                (limits.column_lower, limits.column_upper),
                f"dispatch of {length} hours",
            )
            solver.solve()
            self._solvers[length], self._first[length] = solver, solver.basis
        return self._solvers[length]


def law_rents(block: LinearProgramme, limits: tuple[Array, Array], dual: Array) -> dict[str, float]:
    """Return dual times the limit it pushes against, summed over the rows of every law."""
    limit = np.where(dual > 0, limits[0], limits[1])
    rent = np.multiply(dual, limit, out=np.zeros_like(dual), where=dual != 0)
    return {name: float(rent[place.at].sum()) for name, place in block.equations.items() if place.at.size}


class SerialEvaluator:
    """Evaluates in this process: for small systems and tests."""

    def __init__(self) -> None:
        self._solvers = BlockSolvers({}, {}, {})

    def load(self, blocks: dict[int, LinearProgramme], periods: Sequence[Period]) -> None:
        """Take the periods."""
        self._solvers = BlockSolvers(blocks, dict(enumerate(periods)), _reference(periods))

    def evaluate(self, periods: Sequence[int], z: Array) -> list[Evaluation]:
        """Solve the periods one after another."""
        return [self._solvers.evaluate(number, z) for number in periods]

    def details(self, periods: Sequence[int], z: Array) -> list[Detail]:
        """Return hourly values, one period after another."""
        return [self._solvers.detail(number, z) for number in periods]

    def relaxed(self, multipliers: Multipliers, z: Array) -> Multipliers:
        """Solve the periods one after another."""
        return {number: self._solvers.relaxed(number, rows, z) for number, rows in multipliers.items()}

    def workers_peak_rss_mb(self) -> float:
        """There are none."""
        return 0.0

    def close(self) -> None:
        """Nothing to end."""


class ProcessEvaluator:
    """Evaluates in worker processes; each keeps the periods it was given and their bases.

    The processes start at once and import what they need while the caller still compiles; `load` gives them
    their work.
    """

    def __init__(self, workers: int) -> None:
        self._blocks: dict[int, LinearProgramme] = {}
        self._shares: list[dict[int, Period]] = [{} for _ in range(workers)]
        self._reference: dict[int, Period] = {}
        self._owner = np.zeros(0, dtype=np.int64)
        self._pools = [self._start() for _ in range(workers)]

    @staticmethod
    def _start() -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(max_workers=1, mp_context=context, initializer=_end_with_parent)
        pool.submit(_begin, {}, {}, {})
        return pool

    def load(self, blocks: dict[int, LinearProgramme], periods: Sequence[Period]) -> None:
        """Deal the periods out to the workers."""
        workers = len(self._pools)
        self._reference = _reference(periods)
        self._blocks, self._owner = blocks, np.arange(len(periods)) % workers
        self._shares = [
            {i: p for i, p in enumerate(periods) if i % workers == worker} for worker in range(workers)
        ]
        for worker, pool in enumerate(self._pools):
            pool.submit(_begin, blocks, self._shares[worker], self._reference)

    def evaluate(self, periods: Sequence[int], z: Array) -> list[Evaluation]:
        """Solve the periods in parallel; a worker that died is started anew, once."""
        found = [result for worker in self._ask(_evaluate, periods, z) for result in worker]
        return sorted(found, key=lambda result: result.period)

    def details(self, periods: Sequence[int], z: Array) -> list[Detail]:
        """Return hourly values, in parallel."""
        found = [detail for worker in self._ask(_details, periods, z) for detail in worker]
        return sorted(found, key=lambda detail: detail.evaluation.period)

    def relaxed(self, multipliers: Multipliers, z: Array) -> Multipliers:
        """Solve the periods in parallel."""
        found = self._ask(partial(_relaxed, multipliers), list(multipliers), z)
        return {number: rows for worker in found for number, rows in worker.items()}

    def _ask(self, task: Callable[[list[int], Array], T], periods: Sequence[int], z: Array) -> list[T]:
        shares = [[i for i in periods if self._owner[i] == worker] for worker in range(len(self._pools))]
        futures = [pool.submit(task, share, z) for pool, share in zip(self._pools, shares, strict=True)]
        return [
            self._result(worker, futures[worker], task, shares[worker], z) for worker in range(len(futures))
        ]

    def _result(
        self,
        worker: int,
        future: Future[T],
        task: Callable[[list[int], Array], T],
        share: list[int],
        z: Array,
    ) -> T:
        try:
            return future.result()
        except BrokenProcessPool:
            self._pools[worker] = self._start()
            self._pools[worker].submit(_begin, self._blocks, self._shares[worker], self._reference)
        try:
            return self._pools[worker].submit(task, share, z).result()
        except BrokenProcessPool as error:
            raise OptimizerError("a solver process died twice (out of memory?)") from error

    def workers_peak_rss_mb(self) -> float:
        """Return the sum of the workers' peaks: at least the true peak. [MB]"""
        return sum(pool.submit(_peak_rss_mb).result() for pool in self._pools)

    def close(self) -> None:
        """End the worker processes."""
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)


_solvers: list[BlockSolvers] = []
"""The worker process's own solvers; filled once by `_begin`."""


def _end_with_parent() -> None:
    """End this worker when the process it works for ends, however that ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_and_end, args=(parent,), daemon=True).start()


def _wait_and_end(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _reference(periods: Sequence[Period]) -> dict[int, Period]:
    """Return the first period of each length."""
    return {len(period.hours): period for period in reversed(periods)}


def _begin(
    blocks: dict[int, LinearProgramme], periods: dict[int, Period], reference: dict[int, Period]
) -> None:
    _solvers[:] = [BlockSolvers(blocks, periods, reference)]


def _peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _evaluate(periods: Sequence[int], z: Array) -> list[Evaluation]:
    return [_solvers[0].evaluate(number, z) for number in periods]


def _details(periods: Sequence[int], z: Array) -> list[Detail]:
    return [_solvers[0].detail(number, z) for number in periods]


def _relaxed(multipliers: Multipliers, periods: Sequence[int], z: Array) -> Multipliers:
    return {number: _solvers[0].relaxed(number, multipliers[number], z) for number in periods}
