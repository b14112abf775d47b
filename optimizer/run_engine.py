"""Who does the work of a sweep: an engine takes calls of plain functions and hands back what they returned.

The local engine keeps spawned processes, one solver thread each, and watches them: one that dies (killed, out
of memory, crashed in compiled code) or grows beyond its limit is replaced, and its call is tried once more in
the fresh process. A second death is that call's result, and nobody else's.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

import psutil

LOOK_EVERY_S = 0.5
"""How often memory and time of the workers are looked at."""

GRACE_S = 60.0
"""A call may take so much longer than its time limit (twice that limit, and this) before it is ended."""

PATIENCE_S = 5.0
"""How long a worker at rest may take to end."""

BYTES_PER_MB = 1024.0**2


@dataclass(frozen=True)
class Died:
    """A call that never returned: the process that made it ended, twice, or was ended."""

    reason: str
    """`died`, `memory` or `time`."""


@dataclass(frozen=True)
class Outcome:
    """What came of one call."""

    key: str
    value: Any
    """What the function returned, or :class:`Died`."""


@dataclass
class Call:
    """One call of a plain function; function and arguments can be pickled."""

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    solves: int = 1
    """Points it solves: what its time limit is multiplied by."""

    attempts: int = 0
    """How often it was handed to a process."""


class Engine(Protocol):
    """Takes calls, hands back outcomes in whatever order they come."""

    def room(self) -> int:
        """Return how many calls may be handed over now."""

    def submit(self, call: Call) -> None:
        """Hand over one call."""

    def collect(self) -> list[Outcome]:
        """Wait until at least one call is done."""

    def close(self) -> None:
        """End all workers; calls that are not done are lost."""


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    call: Call | None = None
    since: float = 0.0


class LocalEngine:
    """Worker processes on this machine."""

    def __init__(self, jobs: int, memory_mb: float | None = None, time_s: float | None = None) -> None:
        for pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(pool, "1")
        self._memory_mb, self._time_s = memory_mb, time_s
        self._looked = 0.0
        self._jobs = jobs
        self._workers: list[_Worker] = []

    def room(self) -> int:
        """Return how many calls may be handed over: workers start when they are needed."""
        return self._jobs - sum(worker.call is not None for worker in self._workers)

    def submit(self, call: Call) -> None:
        """Hand a call to a worker that has nothing to do."""
        self._hand_over(call)

    def collect(self) -> list[Outcome]:
        """Return the outcomes of calls that are done, at least one."""
        found: list[Outcome] = []
        while not found:
            busy = [worker for worker in self._workers if worker.call is not None]
            if not busy:
                raise ValueError("nothing to wait for")
            handles = [handle for worker in busy for handle in (worker.pipe, worker.process.sentinel)]
            ready = wait(handles, LOOK_EVERY_S)
            for worker in busy:
                if worker.pipe in ready or worker.process.sentinel in ready:
                    found += self._finished(worker)
            found += self._watch()
        return found

    def close(self) -> None:
        """End the workers: those at rest by themselves, those at work at once."""
        for worker in self._workers:
            worker.pipe.close()
            if worker.call is not None:
                worker.process.kill()
        for worker in self._workers:
            worker.process.join(PATIENCE_S)
            worker.process.kill()
            worker.process.join()

    def _hand_over(self, call: Call) -> None:
        at = next((n for n, worker in enumerate(self._workers) if worker.call is None), len(self._workers))
        if at == len(self._workers):
            self._workers.append(_start())
        call.attempts += 1
        for _ in range(2):  # a worker may have died while it waited
            worker = self._workers[at]
            worker.call, worker.since = call, time.monotonic()
            try:
                worker.pipe.send((call.function, call.arguments))
                return
            except (BrokenPipeError, ConnectionResetError):
                self._replace(worker)

    def _finished(self, worker: _Worker) -> list[Outcome]:
        """Take the answer of a worker, or see that it died."""
        call = worker.call
        if call is None:
            return []
        try:
            if worker.pipe.poll():
                value = worker.pipe.recv()
                worker.call = None
                return [Outcome(call.key, value)]
        except (EOFError, OSError):
            pass
        return self._ended(worker, "died")

    def _ended(self, worker: _Worker, reason: str) -> list[Outcome]:
        """Replace a worker that ended; its call is made once more unless it ran out of time."""
        call = worker.call
        self._replace(worker)
        if call is None:
            return []
        if call.attempts >= 2 or reason == "time":
            return [Outcome(call.key, Died(reason))]
        self._hand_over(call)
        return []

    def _replace(self, worker: _Worker) -> None:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        self._workers[self._workers.index(worker)] = _start()

    def _patience_s(self, call: Call | None) -> float:
        return (2 * (self._time_s or 0.0) + GRACE_S) * (call.solves if call is not None else 1)

    def _watch(self) -> list[Outcome]:
        """End workers beyond their limits."""
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY_S:
            return []
        self._looked = now
        found: list[Outcome] = []
        for worker in [worker for worker in self._workers if worker.call is not None]:
            if self._time_s is not None and now - worker.since > self._patience_s(worker.call):
                found += self._ended(worker, "time")
            elif self._memory_mb is not None and _rss_mb(worker.process.pid) > self._memory_mb:
                found += self._ended(worker, "memory")
        return found


def _rss_mb(pid: int) -> float:
    try:
        return float(psutil.Process(pid).memory_info().rss) / BYTES_PER_MB
    except psutil.Error:
        return 0.0


def _start() -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,))  # no daemon: an anchor may share work
    with _deaf():
        process.start()
    theirs.close()
    return _Worker(process, ours)


@contextmanager
def _deaf() -> Iterator[None]:
    """Start a process that does not hear Ctrl-C, not even while it starts: its parent ends it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, heard)


def _serve(pipe: Connection) -> None:
    """Make the calls that come through the pipe, until it closes; a worker never outlives its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    multiprocessing.set_start_method("fork", force=True)  # locks that libraries make here need no tracker
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    while True:
        try:
            function, arguments = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(function(*arguments))


def _end_after(parent: Any) -> None:
    parent.join()
    os._exit(1)
