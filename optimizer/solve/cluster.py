"""Evaluate dispatch blocks on a Dask cluster by pure functions: a worker's death changes no bit.

A call says all its answer depends on: blocks and periods (a parcel that travels to a worker once), period,
interface values z, and the basis to start from. The answer brings the new basis back. Which worker made it
makes no difference; a worker only remembers what it made last, so that hourly values need no second solve.
"""

from __future__ import annotations

import hashlib
import pickle
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optimizer.cluster import Crew, Failed, Held, Job, Lost, Parcel
from optimizer.errors import ClusterError, OptimizerError
from optimizer.milestones import Array, LinearProgramme, Period
from optimizer.solve.highs import BasisCodes
from optimizer.solve.pool import bases_name
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

Bases = dict[int, BasisCodes]


@dataclass(frozen=True)
class Asked:
    """What is asked about some periods; the answer is a function of this and of the parcel alone."""

    what: str
    """`evaluate`, `details` or `relaxed`."""

    periods: tuple[int, ...]
    z: Array
    start: Bases
    """Where periods start from; those that are not named start from the reference's basis."""

    prices: SharePrices
    keep_duals: bool


@dataclass(frozen=True)
class Told:
    """Answers in the order asked, and the basis of every period after it."""

    answers: list[Any]
    bases: Bases


class ClusterEvaluator:
    """Evaluates on the workers of a Dask cluster."""

    def __init__(self, address: str) -> None:
        """Connect.

        Raises:
            ClusterError: Dask is not installed, nobody answers, or versions differ.
        """
        self._crew = Crew(address)
        self._loaded: Loaded = ({}, ())
        self._parcel: Parcel | None = None
        self._keep_duals = False
        self._now: Bases = {}
        self._last: dict[int, tuple[Array, BasisCodes | None]] = {}
        self._at: list[str] = []

    def load(
        self, blocks: dict[int, LinearProgramme], periods: Sequence[Period], keep_duals: bool = False
    ) -> None:
        """Pack what the workers need to know, unless they know these very periods already."""
        if not same_work(self._loaded, (blocks, periods)):
            self._loaded = (blocks, tuple(periods))
            content = pickle.dumps((blocks, list(periods)), protocol=pickle.HIGHEST_PROTOCOL)
            self._parcel = Parcel(f"{hashlib.sha256(content).hexdigest()}.blocks", lambda: content)
        self._keep_duals = keep_duals
        self._now, self._last = {}, {}

    def start_from(self, bases: Mapping[int, BasisCodes], name: str) -> None:
        """Let the periods start from these bases."""
        self._now, self._last = dict(bases), {}

    def bases(self, periods: Sequence[int]) -> Bases:
        """Return the last basis of each period."""
        return {number: self._now[number] for number in periods}

    def evaluate(self, periods: Sequence[int], z: Array) -> list[Evaluation]:
        """Solve the periods on all workers."""
        start = {number: self._now.get(number) for number in periods}
        told = self._ask("evaluate", start, z)
        self._last |= {number: (z.copy(), basis) for number, basis in start.items()}
        self._now |= told.bases
        found: list[Evaluation] = told.answers
        return sorted(found, key=lambda one: one.period)

    def details(self, periods: Sequence[int], z: Array) -> list[Detail]:
        """Return hourly values: of the last answer where z is the same, else of a new one."""
        known = {
            n: self._last[n][1] for n in periods if n in self._last and np.array_equal(self._last[n][0], z)
        }
        start = {number: known[number] if number in known else self._now.get(number) for number in periods}
        told = self._ask("details", start, z)
        fresh = [number for number in periods if number not in known]
        self._last |= {number: (z.copy(), start[number]) for number in fresh}
        self._now |= {number: told.bases[number] for number in fresh}
        found: list[Detail] = told.answers
        return sorted(found, key=lambda one: one.evaluation.period)

    def relaxed(self, prices: SharePrices, z: Array) -> Bought:
        """Solve periods that buy their shares, on all workers."""
        told = self._ask("relaxed", {number: self._now.get(number) for number in prices}, z, prices)
        self._now |= told.bases
        found: Bought = told.answers
        return sorted(found, key=lambda one: one[0].period)

    def workers_peak_rss_mb(self) -> float:
        """Return the sum of the workers' peaks, on whatever machine. [MB]"""
        return float(sum(self._crew.on_every(peak_rss_mb).values()))

    def close(self) -> None:
        """Leave the cluster; its workers stay."""
        self._crew.close()

    def _ask(
        self, what: str, start: Mapping[int, BasisCodes | None], z: Array, prices: SharePrices | None = None
    ) -> Told:
        """Deal periods out to the workers, those of a number always to the same one as long as it lives."""
        self._at = [worker for worker in self._at if worker in self._crew.workers]
        self._at += [worker for worker in self._crew.workers if worker not in self._at]
        shares = max(1, len(self._at))
        jobs = []
        for share in range(shares):
            numbers = tuple(number for number in start if number % shares == share)
            if numbers:
                given = {n: basis for n in numbers if (basis := start[n]) is not None}
                bought = {n: prices[n] for n in numbers} if prices else {}
                asked = Asked(what, numbers, z, given, bought, self._keep_duals)
                jobs.append(self._job(share, asked))
        told = [_told(done.value) for done in self._crew.all_of(jobs).values()]
        bases = {number: basis for one in told for number, basis in one.bases.items()}
        return Told([answer for one in told for answer in one.answers], bases)

    def _job(self, share: int, asked: Asked) -> Job:
        if self._parcel is None:
            raise ValueError("nothing was loaded")
        worker = self._at[share] if share < len(self._at) else None
        arguments = (Held(self._parcel.name), asked)
        return Job(str(share), tell, arguments, (self._parcel,), worker=worker)


def _told(value: Any) -> Told:
    if isinstance(value, Failed):
        raise value.error
    if isinstance(value, Lost):
        raise OptimizerError(
            "workers of the cluster died of the same periods again and again (out of memory?)"
        )
    if not isinstance(value, Told):
        raise ClusterError(f"a worker of the cluster answered with something else: {value!r:.100}")
    return value


_made: list[tuple[str, BlockSolvers]] = []
"""This worker's solvers, by the name of the parcel they were made from; the last one only."""

_memory: list[tuple[Any, ...]] = []
"""What the solvers were asked last: they still know these answers in full."""


def tell(file: Path, asked: Asked) -> Told:
    """Answer what is asked about some periods.

    Args:
        file: blocks and periods, as `ClusterEvaluator.load` packed them.
        asked: everything else the answer depends on.

    Raises:
        OptimizerError: a period has no certified optimum.
    """
    solvers = _solvers(file)
    solvers.keep_duals = asked.keep_duals
    name = bases_name(asked.start)
    situation = (file.name, asked.periods, name, asked.z.tobytes(), asked.keep_duals)
    if asked.what != "details" or _memory != [situation]:
        _memory.clear()
        solvers.start_from(asked.start, f"{name} {asked.periods}")
    if asked.what == "relaxed":
        bought = [solvers.relaxed(number, *prices, asked.z) for number, prices in asked.prices.items()]
        return Told(bought, solvers.bases(asked.periods))
    if asked.what == "evaluate":
        answers: list[Any] = [solvers.evaluate(number, asked.z) for number in asked.periods]
    else:
        answers = [solvers.detail(number, asked.z) for number in asked.periods]
    _memory[:] = [situation]
    return Told(answers, solvers.bases(asked.periods))


def _solvers(file: Path) -> BlockSolvers:
    """Return solvers of the blocks in a file, made once."""
    if not _made or _made[0][0] != file.name:
        _made.clear()
        blocks, periods = pickle.loads(file.read_bytes())
        solvers = BlockSolvers(blocks, dict(enumerate(periods)), reference_periods(periods))
        _made[:] = [(file.name, solvers)]
    return _made[0][1]


def peak_rss_mb() -> float:
    """Return the peak memory of this process. [MB]"""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
