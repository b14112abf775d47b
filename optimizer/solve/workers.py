"""Evaluate dispatch blocks at a siting decision: in this process, or in processes that keep their bases.

A worker holds one solver per block length and one basis per period. A new decision changes right-hand sides
only, so the dual simplex method starts from the period's last basis; the first time, from a reference's.
Processes (optimizer.solve.processes) are spawned, one solver thread each. No Pyomo is imported here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.milestones import Array, LinearProgramme, Period
from optimizer.solve.bounds import Limits, Reduced, reduce_programme, shared_rows
from optimizer.solve.certificate import Certificate
from optimizer.solve.highs import Answer, BasisCodes, LinearSolver, basis_codes, basis_of

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

    row_dual: Array | None = None
    """Dual of every row that is not a bound, unweighted; only where asked for: see `Evaluator.load`."""


@dataclass(frozen=True)
class Detail:
    """One period at a decision in full: its evaluation, hourly values and duals by name."""

    evaluation: Evaluation
    primal: dict[str, Array]
    dual: dict[str, Array]


@dataclass(frozen=True)
class Solved:
    """The last decision a period was solved at, and the answer."""

    z: Array
    x: Array
    dual: Array
    evaluation: Evaluation


SharePrices = dict[int, tuple[Array, Array]]
"""Number of a period → price of a unit of each of its shares of yearly totals, in the order of its rows, and
the most it may buy."""

Bought = list[tuple[Evaluation, Array]]
"""Evaluation of a period at the shares it buys, and these shares."""


class Evaluator(Protocol):
    """Evaluates many periods at one decision."""

    def load(
        self, blocks: dict[int, LinearProgramme], periods: Sequence[Period], keep_duals: bool = False
    ) -> None:
        """Take the blocks and periods to evaluate, and forget what was solved before.

        The same objects again are not passed on again. With `keep_duals` evaluations carry `row_dual`.
        """

    def start_from(self, bases: Mapping[int, BasisCodes], name: str) -> None:
        """Let the periods start from these bases, whatever was solved before; a name stands for its bases."""

    def bases(self, periods: Sequence[int]) -> dict[int, BasisCodes]:
        """Return the last basis of each period."""

    def evaluate(self, periods: Sequence[int], z: Array) -> list[Evaluation]:
        """Solve the periods at interface values z."""

    def details(self, periods: Sequence[int], z: Array) -> list[Detail]:
        """Return hourly values of the periods at interface values z."""

    def relaxed(self, prices: SharePrices, z: Array) -> Bought:
        """Solve periods whose shares of yearly totals are bought at prices instead of given."""

    def workers_peak_rss_mb(self) -> float:
        """Return the peak memory of all workers together; zero where this process does the work. [MB]"""

    def close(self) -> None:
        """End all workers."""


def start_workers(workers: int, cluster: str | None = None) -> Evaluator:
    """Start so many worker processes, or evaluate in this process if one is enough.

    Args:
        workers: processes on this machine.
        cluster: address of a Dask scheduler whose workers evaluate instead.

    Raises:
        ClusterError: nobody answers there, or versions differ.
    """
    if cluster is not None:
        from optimizer.solve.cluster import ClusterEvaluator

        return ClusterEvaluator(cluster)
    from optimizer.solve.processes import ProcessEvaluator  # it is made of this module's parts

    return ProcessEvaluator(workers) if workers > 1 else SerialEvaluator()


class BlockSolvers:
    """All periods of one worker: one solver per block length, one basis per period.

    A period's first solve starts from the basis of the reference period of its length, so that what a period
    answers depends on nothing but the decisions it was asked about, whichever worker holds it.

    A share of a yearly total is a column of its own, fixed at the share or free at a price: going from one to
    the other, the last basis stays a good one.
    """

    keep_duals = False
    """Whether evaluations carry the duals of the rows."""

    def __init__(
        self, blocks: dict[int, LinearProgramme], periods: dict[int, Period], reference: dict[int, Period]
    ) -> None:
        self._reduced: dict[int, Reduced] = {length: reduce_programme(b) for length, b in blocks.items()}
        self._shared = {
            length: np.searchsorted(reduced.kept, shared_rows(reduced.programme))
            for length, reduced in self._reduced.items()
        }
        self._periods = periods
        self._reference = reference
        self._solvers: dict[int, LinearSolver] = {}
        self._bases: dict[int, Any] = {}
        self._first: dict[int, Any] = {}
        self._last: dict[int, Solved] = {}
        self._given: tuple[str, dict[int, Any]] = ("", {})

    def forget(self) -> None:
        """Let every period start from the reference's basis again."""
        self._bases, self._last = {}, {}

    def start_from(self, bases: Mapping[int, BasisCodes], name: str) -> None:
        """Let the periods start from these bases; a name that was given before stands for its bases."""
        if name != self._given[0]:
            self._given = name, {n: basis_of(bases[n]) for n in self._periods if n in bases}
        self.forget()
        self._bases.update(self._given[1])

    def bases(self, numbers: Sequence[int]) -> dict[int, BasisCodes]:
        """Return the last basis of each period."""
        return {number: basis_codes(self._bases[number]) for number in numbers}

    def evaluate(self, number: int, z: Array) -> Evaluation:
        """Solve one period at interface values z."""
        answer, dual = self._solve(number, z)
        found = self._evaluation(number, answer, dual)
        self._last[number] = Solved(z.copy(), answer.x, dual, found)
        return found

    def detail(self, number: int, z: Array) -> Detail:
        """Return hourly values of one period at interface values z; solve it if it was not the last asked."""
        if number not in self._last or not np.array_equal(self._last[number].z, z):
            self.evaluate(number, z)
        last = self._last[number]
        block = self._reduced[len(self._periods[number].hours)].programme
        return Detail(
            evaluation=last.evaluation,
            primal={name: last.x[place.at] for name, place in block.variables.items()},
            dual={name: last.dual[place.at] for name, place in block.equations.items()}
            | last.evaluation.prices,
        )

    def relaxed(self, number: int, prices: Array, most: Array, z: Array) -> tuple[Evaluation, Array]:
        r"""Solve one period with its shares of yearly totals bought at prices (Lagrangian relaxation).

        .. math:: \min_{x,\, 0 \le s \le \bar s} c^\top x - \lambda^\top s

        At the shares :math:`s` it buys, the period costs this optimum plus :math:`\lambda^\top s`, and the
        duals of their rows are its prices of them: a cut like any other.

        Args:
            number: the period.
            prices: price of a unit of each share, JPY bn; the sign of its row's dual.
            most: what it may buy of each share.
            z: interface values; the shares among them do not matter.

        Returns:
            The evaluation at the shares the period buys, and these shares.
        """
        reduced, solver, limits = self._made_ready(number, z)
        cost = reduced.programme.cost
        limits.column_lower[len(cost) :], limits.column_upper[len(cost) :] = 0.0, most
        solver.set_cost(np.concatenate([cost, -prices]))
        try:
            answer = self._answered(number, solver, limits)
        finally:
            solver.set_cost(np.concatenate([cost, np.zeros(len(prices))]))
        shares = answer.x[len(cost) :]
        dual = reduced.duals(limits, answer.row_dual, answer.reduced_cost)
        return self._evaluation(number, answer, dual, float(prices @ shares)), shares

    def _evaluation(self, number: int, answer: Answer, dual: Array, bought: float = 0.0) -> Evaluation:
        period = self._periods[number]
        reduced = self._reduced[len(period.hours)]
        block = reduced.programme
        prices = {name: dual[block.equations[name].at] for name in PRICED if name in block.equations}
        if block.emission is not None:
            prices[MARGINAL_CO2] = self._marginal_co2(reduced, block.emission)
        return Evaluation(
            period=number,
            cost=period.weight * (answer.objective + bought),
            bound=period.weight * (answer.certificate.dual_objective + bought),
            gradient=period.weight * (period.coupling.T @ dual),
            iterations=answer.iterations,
            certificate=answer.certificate,
            attempt=answer.attempt,
            prices=prices,
            rents=law_rents(block, (period.lower, period.upper), period.weight * dual),
            row_dual=answer.row_dual if self.keep_duals else None,
        )

    def _marginal_co2(self, reduced: Reduced, emission: Array) -> Array:
        """CO2 of one more GWh of load by area and hour, at the basis just found. [kt/GWh]"""
        rate = np.zeros(len(reduced.programme.lower))
        length = reduced.programme.equations["energy_balance"].at.shape[1]
        given = np.zeros(len(self._shared[length]))
        rate[reduced.kept] = self._solvers[length].revalue(np.concatenate([emission, given]))
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
        limits = reduced.limits(period.lower + shift, period.upper + shift)
        return reduced, self._solver(length), _with_shares(limits, self._shared[length])

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
            rows = self._shared[length]
            limits = _with_shares(reduced.limits(period.lower, period.upper), rows)
            places = (np.full(len(rows), -1.0), (rows, np.arange(len(rows))))
            shares = sp.csr_matrix(places, shape=(reduced.matrix.shape[0], len(rows)))
            solver = LinearSolver(
                sp.csr_matrix(sp.hstack([reduced.matrix, shares])),
                np.concatenate([reduced.programme.cost, np.zeros(len(rows))]),
                (limits.row_lower, limits.row_upper),
                (limits.column_lower, limits.column_upper),
                f"dispatch of {length} hours",
            )
            solver.solve()
            self._solvers[length], self._first[length] = solver, solver.basis
        return self._solvers[length]


def _with_shares(limits: Limits, rows: npt.NDArray[np.int64]) -> Limits:
    """Move the shares from the limits of their rows to columns that are fixed at them."""
    lower, upper = limits.row_lower.copy(), limits.row_upper.copy()
    share = np.where(np.isfinite(lower[rows]), lower[rows], upper[rows])
    lower[rows] = np.where(np.isfinite(lower[rows]), 0.0, -np.inf)
    upper[rows] = np.where(np.isfinite(upper[rows]), 0.0, np.inf)
    return replace(
        limits,
        row_lower=lower,
        row_upper=upper,
        column_lower=np.concatenate([limits.column_lower, share]),
        column_upper=np.concatenate([limits.column_upper, share]),
    )


def law_rents(block: LinearProgramme, limits: tuple[Array, Array], dual: Array) -> dict[str, float]:
    """Return dual times the limit it pushes against, summed over the rows of every law."""
    limit = np.where(dual > 0, limits[0], limits[1])
    rent = np.multiply(dual, limit, out=np.zeros_like(dual), where=dual != 0)
    return {name: float(rent[place.at].sum()) for name, place in block.equations.items() if place.at.size}


class SerialEvaluator:
    """Evaluates in this process: for small systems and tests."""

    def __init__(self) -> None:
        self._solvers = BlockSolvers({}, {}, {})
        self._loaded: Loaded = ({}, ())

    def load(
        self, blocks: dict[int, LinearProgramme], periods: Sequence[Period], keep_duals: bool = False
    ) -> None:
        """Take the periods, or forget what was solved where they are the ones already here."""
        if not same_work(self._loaded, (blocks, periods)):
            self._solvers = BlockSolvers(blocks, dict(enumerate(periods)), reference_periods(periods))
            self._loaded = (blocks, tuple(periods))
        self._solvers.forget()
        self._solvers.keep_duals = keep_duals

    def start_from(self, bases: Mapping[int, BasisCodes], name: str) -> None:
        """Let the periods start from these bases."""
        self._solvers.start_from(bases, name)

    def bases(self, periods: Sequence[int]) -> dict[int, BasisCodes]:
        """Return the last basis of each period."""
        return self._solvers.bases(periods)

    def evaluate(self, periods: Sequence[int], z: Array) -> list[Evaluation]:
        """Solve the periods one after another."""
        return [self._solvers.evaluate(number, z) for number in periods]

    def details(self, periods: Sequence[int], z: Array) -> list[Detail]:
        """Return hourly values, one period after another."""
        return [self._solvers.detail(number, z) for number in periods]

    def relaxed(self, prices: SharePrices, z: Array) -> Bought:
        """Solve the periods one after another."""
        return [self._solvers.relaxed(number, *asked, z) for number, asked in prices.items()]

    def workers_peak_rss_mb(self) -> float:
        """There are none."""
        return 0.0

    def close(self) -> None:
        """Nothing to end."""


Loaded = tuple[dict[int, LinearProgramme], Sequence[Period]]
"""Blocks and periods an evaluator was given."""


def same_work(old: Loaded, new: Loaded) -> bool:
    """Tell whether blocks and periods are the very same objects as before."""
    same_periods = len(old[1]) == len(new[1]) and all(a is b for a, b in zip(old[1], new[1], strict=True))
    return bool(new[1]) and old[0] is new[0] and same_periods


def reference_periods(periods: Sequence[Period]) -> dict[int, Period]:
    """Return the first period of each length."""
    return {len(period.hours): period for period in reversed(periods)}
