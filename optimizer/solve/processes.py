"""Evaluate in worker processes that keep their periods and bases: spawned, one solver thread each."""

from __future__ import annotations

import multiprocessing
import os
import resource
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any, TypeVar

import numpy as np

from optimizer.errors import OptimizerError
from optimizer.milestones import Array, LinearProgramme, Period
from optimizer.solve.highs import BasisCodes
from optimizer.solve.workers import (
    BlockSolvers,
    Bought,
    Detail,
    Evaluation,
    Loaded,
    SharePrices,
    reference_periods,
    same_work,
)

T = TypeVar("T")


class ProcessEvaluator:
    """Evaluates in worker processes; each keeps the periods it was given and their bases.

    The processes start at once and import what they need while the caller still compiles; `load` gives them
    their work.
    """

    def __init__(self, workers: int) -> None:
        self._loaded: Loaded = ({}, ())
        self._keep_duals = False
        self._given: tuple[str, Mapping[int, BasisCodes]] = ("", {})
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

    def load(
        self, blocks: dict[int, LinearProgramme], periods: Sequence[Period], keep_duals: bool = False
    ) -> None:
        """Deal the periods out to the workers, unless they hold these very periods already."""
        if not same_work(self._loaded, (blocks, periods)):
            self._deal_out(blocks, periods)
        self._keep_duals = keep_duals
        for pool in self._pools:
            pool.submit(_forget, keep_duals)

    def _deal_out(self, blocks: dict[int, LinearProgramme], periods: Sequence[Period]) -> None:
        workers = len(self._pools)
        self._reference, self._given = reference_periods(periods), ("", {})
        self._loaded, self._owner = (blocks, tuple(periods)), np.arange(len(periods)) % workers
        self._shares = [
            {i: p for i, p in enumerate(periods) if i % workers == worker} for worker in range(workers)
        ]
        for worker, pool in enumerate(self._pools):
            pool.submit(_begin, blocks, self._shares[worker], self._reference)

    def start_from(self, bases: Mapping[int, BasisCodes], name: str) -> None:
        """Let the periods start from these bases; they travel to the workers once per name."""
        known = name == self._given[0]
        self._given = name, bases
        for share, pool in zip(self._shares, self._pools, strict=True):
            pool.submit(_start_from, {} if known else {n: bases[n] for n in share if n in bases}, name)

    def bases(self, periods: Sequence[int]) -> dict[int, BasisCodes]:
        """Return the last basis of each period."""
        found = self._ask(_bases, periods, np.zeros(0))
        merged = {number: codes for worker in found for number, codes in worker.items()}
        return {number: merged[number] for number in periods}

    def evaluate(self, periods: Sequence[int], z: Array) -> list[Evaluation]:
        """Solve the periods in parallel; a worker that died is started anew, once."""
        found = [result for worker in self._ask(_evaluate, periods, z) for result in worker]
        return sorted(found, key=lambda result: result.period)

    def details(self, periods: Sequence[int], z: Array) -> list[Detail]:
        """Return hourly values, in parallel."""
        found = [detail for worker in self._ask(_details, periods, z) for detail in worker]
        return sorted(found, key=lambda detail: detail.evaluation.period)

    def relaxed(self, prices: SharePrices, z: Array) -> Bought:
        """Solve the periods in parallel."""
        found = [one for worker in self._ask(partial(_relaxed, prices), list(prices), z) for one in worker]
        return sorted(found, key=lambda one: one[0].period)

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
            self._begin_again(worker)
        try:
            return self._pools[worker].submit(task, share, z).result()
        except BrokenProcessPool as error:
            raise OptimizerError("a solver process died twice (out of memory?)") from error

    def _begin_again(self, worker: int) -> None:
        pool, share, (name, bases) = self._start(), self._shares[worker], self._given
        pool.submit(_begin, self._loaded[0], share, self._reference)
        pool.submit(_forget, self._keep_duals)
        pool.submit(_start_from, {n: bases[n] for n in share if n in bases}, name)
        self._pools[worker] = pool

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


def _begin(
    blocks: dict[int, LinearProgramme], periods: dict[int, Period], reference: dict[int, Period]
) -> None:
    _solvers[:] = [BlockSolvers(blocks, periods, reference)]


def _forget(keep_duals: bool) -> None:
    _solvers[0].forget()
    _solvers[0].keep_duals = keep_duals


def _start_from(bases: Mapping[int, BasisCodes], name: str) -> None:
    _solvers[0].start_from(bases, name)


def _bases(periods: Sequence[int], _: Array) -> dict[int, BasisCodes]:
    return _solvers[0].bases(periods)


def _peak_rss_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def _evaluate(periods: Sequence[int], z: Array) -> list[Evaluation]:
    return [_solvers[0].evaluate(number, z) for number in periods]


def _details(periods: Sequence[int], z: Array) -> list[Detail]:
    return [_solvers[0].detail(number, z) for number in periods]


def _relaxed(prices: SharePrices, periods: Sequence[int], z: Array) -> Bought:
    return [_solvers[0].relaxed(number, *prices[number], z) for number in periods]
