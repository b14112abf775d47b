"""Calls of pure functions on a Dask cluster: one worker each, and made again elsewhere where a worker dies.

The caller places every call on a worker that has nothing to do, so it knows what a death cost. What many
calls need (a *parcel*: an anchor, a pack, blocks) travels once to every worker that needs it and stays in its
local folder. Calls and answers are pickled here: the scheduler passes on bytes. Whoever may connect to the
scheduler may run anything on the workers: trusted networks only.
"""

from __future__ import annotations

import pickle
import queue
import threading
import time
import uuid
from asyncio import CancelledError
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from optimizer.cluster_worker import Failed, Held, NotHeld, answer, drop, keep, software
from optimizer.errors import ClusterError

RECONNECT_S = 60.0
"""How long a scheduler may be away: one that is started again at its address is used again."""

NO_WORKER_S = 600.0
"""How long a cluster may be without any worker."""

LOOK_EVERY_S = 1.0
"""How often workers are looked at."""

GATHER_S = 20.0
"""How long an answer may take to arrive before the worker that holds it is looked at again."""

MOST_DEATHS = 3
"""Workers that may die of one call."""

BYTES_PER_MB = 1024.0**2


@dataclass(frozen=True)
class Parcel:
    """What calls need: content by name; equal names, equal content."""

    name: str
    read: Callable[[], bytes]


@dataclass
class Job:
    """One call. Arguments that are a :class:`Held` arrive as the file of the parcel of that name."""

    key: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    parcels: tuple[Parcel, ...] = ()
    most_deaths: int = MOST_DEATHS
    patience_s: float | None = None
    """Time after which its worker is started anew."""

    worker: str | None = None
    """Worker that should make it, if it has nothing to do."""

    deaths: int = 0


@dataclass(frozen=True)
class Done:
    """What came of a call."""

    key: str
    value: Any
    """What the function returned, or :class:`Lost`; what it raised, as :class:`Failed`."""

    worker: str


@dataclass(frozen=True)
class Lost:
    """A call that never returned."""

    reason: str
    """`died`, `memory` or `time`."""


@dataclass
class _Running:
    job: Job
    worker: str
    future: Any
    since: float = field(default_factory=time.monotonic)


class Crew:
    """The workers of a Dask cluster, one call at a time each."""

    def __init__(self, address: str, memory_mb: float | None = None) -> None:
        """Connect, and refuse workers with other software.

        Args:
            address: of the scheduler, `tcp://HOST:PORT`.
            memory_mb: a worker that grows beyond this is started anew.

        Raises:
            ClusterError: Dask is not installed, nobody answers, or versions differ.
        """
        self._address, self._memory_mb = address, memory_mb
        self._client = _connected(address)
        self._ours = software()
        self._held: dict[str, set[str]] = {}
        self._running: dict[str, _Running] = {}
        self._waiting: deque[Job] = deque()
        self._ready: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._lost: list[Done] = []
        self._looked, self._seen = -LOOK_EVERY_S, time.monotonic()
        self._memory: dict[str, float] = {}
        try:
            self._look()
        except BaseException:
            self.close()
            raise

    @property
    def workers(self) -> list[str]:
        """Workers that are there, by address."""
        return sorted(self._held)

    def room(self) -> int:
        """Return how many calls may be handed over now."""
        self._look()
        return max(0, len(self._held) - len(self._running) - len(self._waiting))

    def hand_over(self, job: Job) -> None:
        """Hand over a call; it waits where no worker is free."""
        self._waiting.append(job)
        self._place()

    def collect(self) -> list[Done]:
        """Wait a little, and return the calls that are done, if any.

        Raises:
            ClusterError: the scheduler or all workers stayed away.
        """
        self._look()
        found, self._lost = self._lost, []
        if not found:
            try:
                found = self._taken(self._ready.get(timeout=LOOK_EVERY_S))
            except queue.Empty:
                return []
        while not self._ready.empty():
            found += self._taken(self._ready.get())
        self._place()
        return found

    def all_of(self, jobs: Sequence[Job]) -> dict[str, Done]:
        """Make all calls and return what came of each, by key.

        Raises:
            ClusterError: the scheduler or all workers stayed away.
        """
        found: dict[str, Done] = {}
        for job in jobs:
            self.hand_over(job)
        while len(found) < len(jobs):
            found |= {done.key: done for done in self.collect()}
        return found

    def on_every(self, function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
        """Return what a short function says on every worker that is there and answers."""
        try:
            found = self._client.run(function, *arguments, on_error="ignore")
            return dict(found or {})
        except (OSError, RuntimeError, ValueError):
            return {}

    def close(self) -> None:
        """Withdraw calls that are not done, empty the shelves, leave the cluster as it is."""
        running = [one.future for one in self._running.values()]
        self._running, self._waiting = {}, deque()
        if self._client.status == "running":
            if running:
                self._client.cancel(running, force=True)
            names = sorted(set().union(*self._held.values())) if self._held else []
            self.on_every(drop, names)
        self._client.close(timeout=GATHER_S)

    def _place(self) -> None:
        """Give waiting calls to workers that have nothing to do."""
        if self._client.status != "running":
            return
        busy = {one.worker for one in self._running.values()}
        free = [worker for worker in self.workers if worker not in busy]
        while self._waiting and free:
            job = self._waiting.popleft()
            worker = job.worker if job.worker in free else free[0]
            free.remove(worker)
            if self._supplied(worker, job.parcels):
                self._start(job, worker)
            else:
                self._waiting.appendleft(job)

    def _supplied(self, worker: str, parcels: Sequence[Parcel]) -> bool:
        """Send a worker the parcels it does not hold; False where it is not there any more."""
        for parcel in parcels:
            if parcel.name in self._held[worker]:
                continue
            content = parcel.read()
            try:
                self._client.run(keep, parcel.name, content, workers=[worker])
            except (OSError, RuntimeError, ValueError, KeyError):
                self._looked = -LOOK_EVERY_S
                self._held.pop(worker, None)
                return False
            self._held[worker].add(parcel.name)
        return True

    def _start(self, job: Job, worker: str) -> None:
        import dask
        from distributed.client import ClosedClientError

        token = f"wattbit-{uuid.uuid4().hex}"
        call = pickle.dumps((job.function, job.arguments))
        where = {"workers": [worker], "allow_other_workers": False}
        try:
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
                future = self._client.submit(answer, call, key=token, pure=False, **where)
        except ClosedClientError:  # the next look says so
            self._looked = -LOOK_EVERY_S
            self._waiting.appendleft(job)
            return
        self._running[token] = _Running(job, worker, future)
        future.add_done_callback(lambda done: self._ready.put(token))

    def _taken(self, token: str) -> list[Done]:
        """Return the answer of a call, if it is one."""
        one = self._running.get(token)
        if one is None or one.future.status not in ("finished", "error"):
            return []
        try:
            value = pickle.loads(one.future.result(timeout=GATHER_S))
        except TimeoutError:  # its worker may be gone: the next look says
            threading.Timer(LOOK_EVERY_S, self._ready.put, (token,)).start()
            return []
        except (Exception, CancelledError) as error:
            return self._broken(token, error)
        if isinstance(value, NotHeld):
            self._held.get(one.worker, set()).discard(value.name)
            self._again(token)
            return []
        del self._running[token]
        return [Done(one.job.key, value, one.worker)]

    def _broken(self, token: str, error: BaseException) -> list[Done]:
        """A call that Dask could not make: its worker died, or cannot read it."""
        from distributed.scheduler import KilledWorker

        if isinstance(error, KilledWorker):
            return self._dead(token, "died")
        if isinstance(error, CancelledError) or self._running[token].future.cancelled():
            self._again(token)
            return []
        raise ClusterError(f"{self._address}: a worker cannot make our calls: {error!r}") from error

    def _again(self, token: str) -> None:
        """Make a call once more: it is nobody's fault."""
        self._waiting.appendleft(self._running.pop(token).job)

    def _dead(self, token: str, reason: str) -> list[Done]:
        """Make a call once more whose worker ended, unless that happened too often."""
        one = self._running.pop(token)
        one.job.deaths += 1
        if one.job.deaths >= one.job.most_deaths or reason == "time":
            return [Done(one.job.key, Lost(reason), one.worker)]
        self._waiting.appendleft(one.job)
        return []

    @staticmethod
    def _withdraw(one: _Running) -> None:
        """Tell the scheduler that nobody waits for a call any more, if it still listens."""
        with suppress(OSError, RuntimeError):
            one.future.cancel(force=True)

    def _look(self) -> None:
        """Look who is there, at most every second; take up what was lost.

        Raises:
            ClusterError: the scheduler or all workers stayed away, or a worker has other software.
        """
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        if self._client.status == "closed":
            raise ClusterError(
                f"{self._address}: the scheduler ended and was not back within {RECONNECT_S:g} s"
            )
        if self._client.status == "running" and (there := self._there()) is not None:
            for worker in [worker for worker in self._held if worker not in there]:
                del self._held[worker]
            self._check([worker for worker in there if worker not in self._held])
            self._take_up()
            self._watch(now)
        if self._held:
            self._seen = now
        elif now - self._seen > NO_WORKER_S:
            raise ClusterError(f"{self._address}: no worker for {NO_WORKER_S:g} s; start some")
        self._place()

    def _there(self) -> Mapping[str, Any] | None:
        try:
            workers: dict[str, Any] = dict(self._client.scheduler_info()["workers"])
        except (OSError, RuntimeError):
            return None
        ready = {worker: told for worker, told in workers.items() if told.get("status") == "running"}
        self._memory = {worker: told["metrics"].get("memory", 0.0) for worker, told in ready.items()}
        return ready

    def _check(self, fresh: Sequence[str]) -> None:
        """Take in workers that were not there before.

        Raises:
            ClusterError: their software is another.
        """
        for worker in fresh:
            try:
                theirs = self._client.run(software, workers=[worker])[worker]
            except (OSError, RuntimeError, ValueError, KeyError):
                continue  # it is gone again
            except Exception as error:  # Dask passes on what it cannot unpickle there as words
                raise ClusterError(f"{worker}: cannot run wattbit: {error}") from error
            if theirs != self._ours:
                raise ClusterError(f"{worker}: {differences(self._ours, theirs)}")
            self._held[worker] = set()

    def _take_up(self) -> None:
        """Make calls again whose worker, or whose scheduler, is gone."""
        for token, one in list(self._running.items()):
            if one.future.status in ("cancelled", "lost"):
                self._again(token)
            elif one.worker not in self._held:
                self._withdraw(one)
                self._lost += self._dead(token, "died")

    def _watch(self, now: float) -> None:
        """Start workers anew that take too long or too much memory."""
        for token, one in list(self._running.items()):
            slow = one.job.patience_s is not None and now - one.since > one.job.patience_s
            used = self._memory.get(one.worker, 0.0) / BYTES_PER_MB
            if slow or (self._memory_mb is not None and used > self._memory_mb):
                self._withdraw(one)
                with suppress(OSError, ValueError, RuntimeError):  # without a nanny it goes on for nobody
                    self._client.restart_workers([one.worker], timeout=GATHER_S, raise_for_error=False)
                self._held.pop(one.worker, None)
                self._lost += self._dead(token, "time" if slow else "memory")


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> str:
    """Return which versions differ, in words."""
    names = sorted({*ours, *theirs})
    told = [
        f"{n} {theirs.get(n, 'none')} instead of {ours.get(n, 'none')}"
        for n in names
        if ours.get(n) != theirs.get(n)
    ]
    return f"{', '.join(told)}; install the same versions on every machine (requirements-cluster.txt)"


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        words = "--cluster needs Dask: pip install --require-hashes -r requirements-cluster.txt"
        raise ClusterError(f"{words} ({error})") from error
    try:
        return Client(address, timeout=RECONNECT_S, set_as_default=False, name="wattbit")
    except (OSError, ValueError) as error:
        raise ClusterError(f"{address}: no Dask scheduler answers there: {error}") from error


__all__ = ["Crew", "Done", "Failed", "Held", "Job", "Lost", "Parcel", "differences"]
