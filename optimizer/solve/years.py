r"""Many weather years seen as one: the mean over years of what every period of the year costs.

Dispatch of year k costs :math:`v_{kw}(z)` in period w. With probabilities :math:`p_k` the mean
:math:`\bar v_w(z) = \sum_k p_k v_{kw}(z)` is convex, and the mean of the years' cuts is a cut of it. So the
master problem of many years is as large as that of one, and the decomposition is the same. Prices, hours and
rents are means over the years: the blocks have one matrix, so a mean of dispatches keeps the mean of the
limits.

Memory does not grow with the number of years: each worker has one year at a time before it; bases of the
others, like their weather, are on disk.
"""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from optimizer.errors import OptimizerError
from optimizer.milestones import Array, LinearProgramme, Period, Programme
from optimizer.solve.certificate import Certificate
from optimizer.solve.highs import BasisCodes
from optimizer.solve.master import Cuts
from optimizer.solve.pool import Anchor
from optimizer.solve.processes import _end_with_parent, _peak_rss_mb
from optimizer.solve.reuse import recut
from optimizer.solve.workers import (
    BlockSolvers,
    Bought,
    Detail,
    Evaluation,
    SharePrices,
    reference_periods,
)

T = TypeVar("T")


class YearSource(Protocol):
    """Knows the periods of every year; made once, used in every worker."""

    def periods(self, year: int) -> tuple[Period, ...]:
        """Return the periods of a year, all of the same hours, weights, blocks and columns."""


@dataclass(frozen=True)
class Years:
    """The years of one programme."""

    programme: Programme
    """Siting problem, blocks and periods of the first year."""

    source: YearSource
    probability: tuple[float, ...]
    """Of every year; sums to 1."""

    scratch: Path
    """Folder for what no process keeps in memory."""


def mean_evaluation(parts: Sequence[tuple[float, Evaluation]], period: int) -> Evaluation:
    """Return the weighted sum of evaluations at one decision; its certificate is the worst of theirs."""
    rents: dict[str, float] = {}
    for weight, found in parts:
        for law, rent in found.rents.items():
            rents[law] = rents.get(law, 0.0) + weight * rent
    retried = [found.attempt for _, found in parts if found.attempt != "warm"]
    return Evaluation(
        period=period,
        cost=sum(weight * found.cost for weight, found in parts),
        bound=sum(weight * found.bound for weight, found in parts),
        gradient=np.asarray(sum(weight * found.gradient for weight, found in parts)),
        iterations=sum(found.iterations for _, found in parts),
        certificate=_worst([found.certificate for _, found in parts]),
        attempt=retried[0] if retried else "warm",
        prices={n: np.asarray(sum(w * one.prices[n] for w, one in parts)) for n in parts[0][1].prices},
        rents=rents,
    )


def _worst(found: Sequence[Certificate]) -> Certificate:
    return replace(
        found[0],
        primal=max(one.primal for one in found),
        dual=max(one.dual for one in found),
        gap=max(one.gap for one in found),
        dual_objective=sum(one.dual_objective for one in found),
    )


def mean_detail(parts: Sequence[tuple[float, Detail]], period: int) -> Detail:
    """Return the weighted sum of periods in full."""

    def mean(of: Callable[[Detail], dict[str, Array]]) -> dict[str, Array]:
        return {n: np.asarray(sum(w * of(one)[n] for w, one in parts)) for n in of(parts[0][1])}

    return Detail(
        mean_evaluation([(w, one.evaluation) for w, one in parts], period),
        mean(lambda one: one.primal),
        mean(lambda one: one.dual),
    )


class YearSolvers(BlockSolvers):
    """The solvers of one worker, which has one year at a time before it."""

    def __init__(self, years: Years) -> None:
        periods = years.programme.periods
        super().__init__(years.programme.blocks, {}, reference_periods(periods))
        self._scratch, self._source, self._year = years.scratch, years.source, -1

    def enter(self, year: int) -> None:
        """Put away the year that is before us, and take up another: its periods, and where its bases are."""
        if year == self._year:
            return
        self.leave()
        self._year, self._periods = year, dict(enumerate(self._source.periods(year)))
        self._given = ("", {})
        file = self._file(year)
        bases = _read_bases(file if file.exists() else self._file(0))
        self.start_from(bases, f"year {year}")

    def leave(self) -> None:
        """Keep the bases of the year on disk."""
        if self._year >= 0 and self._bases:
            _write_bases(self._file(self._year), self.bases(sorted(self._bases)))
        self._year = -1

    def _file(self, year: int) -> Path:
        return self._scratch / f"bases-{year}.npz"


def _write_bases(file: Path, bases: Mapping[int, BasisCodes]) -> None:
    arrays = {f"{part}{n}": codes[at] for n, codes in bases.items() for at, part in enumerate("cr")}
    with file.open("wb") as content:
        np.savez(content, allow_pickle=False, **arrays)


def _read_bases(file: Path) -> dict[int, BasisCodes]:
    if not file.exists():
        return {}
    with np.load(file, allow_pickle=False) as found:
        return {int(n[1:]): (found[n], found[f"r{n[1:]}"]) for n in found.files if n[0] == "c"}


class YearWorker:
    """What one worker does with the years that are its own."""

    def __init__(self, years: Years, own: Sequence[int]) -> None:
        self._years, self._own = years, tuple(own)
        self._solvers = YearSolvers(years)

    def evaluate(self, numbers: Sequence[int], z: Array) -> tuple[list[Evaluation], dict[int, float]]:
        """Return every period's weighted sum over the own years, and the cost of each year."""
        parts: dict[int, list[tuple[float, Evaluation]]] = {number: [] for number in numbers}
        costs: dict[int, float] = {}
        for year, weight in self._each():
            for number in numbers:
                parts[number].append((weight, self._solvers.evaluate(number, z)))
            costs[year] = sum(parts[number][-1][1].cost for number in numbers)
            parts = {n: [(1.0, mean_evaluation(found, n))] for n, found in parts.items()}
        return [found[0][1] for found in parts.values()], costs

    def details(self, numbers: Sequence[int], z: Array) -> tuple[list[Detail], dict[int, float]]:
        """Return the same in full."""
        parts: dict[int, list[tuple[float, Detail]]] = {number: [] for number in numbers}
        costs: dict[int, float] = {}
        for year, weight in self._each():
            for number in numbers:
                parts[number].append((weight, self._solvers.detail(number, z)))
            costs[year] = sum(parts[number][-1][1].evaluation.cost for number in numbers)
            parts = {n: [(1.0, mean_detail(found, n))] for n, found in parts.items()}
        return [found[0][1] for found in parts.values()], costs

    def by_year(self, numbers: Sequence[int], z: Array) -> list[Evaluation]:
        """Return every own year as one evaluation, without hourly prices."""
        found = []
        for year, _ in self._each():
            each = [replace(self._solvers.evaluate(number, z), prices={}) for number in numbers]
            found.append(mean_evaluation([(1.0, one) for one in each], year))
        return found

    def recut(self, anchor: Anchor | Path) -> list[tuple[list[Evaluation], list[Evaluation]]]:
        """Return an anchor's cuts for the own years by iteration: sums by period, and each year as one."""
        known = _unpacked(anchor) if isinstance(anchor, Path) else anchor
        sums: list[list[Evaluation]] = []
        alone: list[list[Evaluation]] = [[] for _ in known.known.pool]
        for year in self._own:
            programme = replace(self._years.programme, periods=self._years.source.periods(year))
            weight = self._years.probability[year]
            made = [list(cuts) for cuts, _ in recut(known, programme)]
            for at, cuts in enumerate(made):
                bare = [(1.0, replace(one, prices={}, row_dual=None)) for one in cuts]
                alone[at].append(mean_evaluation(bare, year))
            scaled = [[mean_evaluation([(weight, one)], one.period) for one in cuts] for cuts in made]
            sums = [_added(*pair) for pair in zip(sums, scaled, strict=True)] if sums else scaled
        return list(zip(sums, alone, strict=True))

    def _each(self) -> Iterator[tuple[int, float]]:
        """Yield every own year with its probability, each before the solvers in its turn."""
        for year in self._own:
            self._solvers.enter(year)
            yield year, self._years.probability[year]


def _unpacked(file: Path) -> Anchor:
    """Return the anchor of our own scratch file."""
    with file.open("rb") as content:
        found = pickle.load(content)
    if not isinstance(found, Anchor):
        raise TypeError(f"{file.name} is no anchor")
    return found


def _added(one: Sequence[Evaluation], other: Sequence[Evaluation]) -> list[Evaluation]:
    """Return the sums of evaluations of the same periods, side by side."""
    return [mean_evaluation([(1.0, a), (1.0, b)], a.period) for a, b in zip(one, other, strict=True)]


class YearsEvaluator:
    """Evaluates every period as the mean over all years; years are dealt out to worker processes."""

    def __init__(self, years: Years, workers: int) -> None:
        count = len(years.probability)
        workers = min(workers, count)
        self.costs: dict[int, float] = {}
        """Dispatch cost of every year at the decision evaluated last. [JPY bn/a]"""

        self._years = years
        self._here: YearWorker | None = None
        self._pools: list[ProcessPoolExecutor] = []
        if workers == 1:
            self._here = YearWorker(years, range(count))
            return
        context = multiprocessing.get_context("spawn")
        for worker in range(workers):
            pool = ProcessPoolExecutor(1, mp_context=context, initializer=_end_with_parent)
            pool.submit(_begin, years, list(range(worker, count, workers)))
            self._pools.append(pool)

    def evaluate(self, periods: Sequence[int], z: Array) -> list[Evaluation]:
        """Solve the periods of all years at interface values z; return their means."""
        found = self._ask(YearWorker.evaluate, list(periods), z)
        self.costs = {year: cost for _, costs in found for year, cost in costs.items()}
        total = found[0][0]
        for more, _ in found[1:]:
            total = _added(total, more)
        return total

    def details(self, periods: Sequence[int], z: Array) -> list[Detail]:
        """Return the mean hours of the periods over all years."""
        found = self._ask(YearWorker.details, list(periods), z)
        self.costs = {year: cost for _, costs in found for year, cost in costs.items()}
        return [
            mean_detail([(1.0, part) for part in parts], parts[0].evaluation.period)
            for parts in zip(*(details for details, _ in found), strict=True)
        ]

    def by_year(self, periods: Sequence[int], z: Array) -> list[Evaluation]:
        """Return every year as one evaluation, its number in place of the period's."""
        found = [one for worker in self._ask(YearWorker.by_year, list(periods), z) for one in worker]
        self.costs = {one.period: one.cost for one in found}
        return sorted(found, key=lambda one: one.period)

    def recut(self, anchor: Anchor) -> tuple[list[Cuts], list[Cuts]]:
        """Return the cuts of the first year's anchor made anew for all years: nothing is solved.

        Args:
            anchor: of the first year, with duals.

        Returns:
            By iteration: the means of the periods, and every year as one evaluation.
        """
        _write_bases(self._years.scratch / "bases-0.npz", anchor.bases)
        given: Anchor | Path = anchor
        if self._here is None:
            given = self._years.scratch / "anchor.pickle"
            with given.open("wb") as content:
                pickle.dump(anchor, content, protocol=pickle.HIGHEST_PROTOCOL)
        found = self._ask(YearWorker.recut, given)
        means, alone = [], []
        for at, (_, z) in enumerate(anchor.known.pool):
            total = found[0][at][0]
            for more in found[1:]:
                total = _added(total, more[at][0])
            means.append((tuple(total), z))
            years = sorted((one for part in found for one in part[at][1]), key=lambda one: one.period)
            alone.append((tuple(years), z))
        return means, alone

    def workers_peak_rss_mb(self) -> float:
        """Return the peak memory of all workers together; zero where this process does the work. [MB]"""
        return sum(pool.submit(_peak_rss_mb).result() for pool in self._pools)

    def close(self) -> None:
        """End all workers."""
        for pool in self._pools:
            pool.shutdown(cancel_futures=True)

    def load(
        self, blocks: dict[int, LinearProgramme], periods: Sequence[Period], keep_duals: bool = False
    ) -> None:
        """Do nothing: the years were given at the start."""

    def start_from(self, bases: Mapping[int, BasisCodes], name: str) -> None:
        """Do nothing: every year starts from its own bases, the first time from those of the first year."""

    def bases(self, periods: Sequence[int]) -> dict[int, BasisCodes]:
        """Return nothing: bases stay with the years."""
        return {}

    def relaxed(self, prices: SharePrices, z: Array) -> Bought:
        """Refuse: shares of yearly rules would be others in every year.

        Raises:
            ValueError: always.
        """
        raise ValueError("yearly rules cannot be shared out over the periods of many years at once")

    def _ask(self, task: Callable[..., T], *asked: Any) -> list[T]:
        if self._here is not None:
            return [task(self._here, *asked)]
        try:
            futures = [pool.submit(_work, task, asked) for pool in self._pools]
            return [future.result() for future in futures]
        except BrokenProcessPool as error:
            raise OptimizerError("a solver process died (out of memory?)") from error


_worker: list[YearWorker] = []
"""The worker process's own years; filled once by `_begin`."""


def _begin(years: Years, own: Sequence[int]) -> None:
    _worker[:] = [YearWorker(years, own)]


def _work(task: Callable[..., T], asked: tuple[Any, ...]) -> T:
    return task(_worker[0], *asked)
