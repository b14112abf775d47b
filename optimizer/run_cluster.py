"""A sweep on a Dask cluster: the same calls as on this machine, made by its workers, one at a time each.

Workers need no disk in common with us and write nothing that lasts: anchors and packs of our own travel to
them once, answers come back, and this process alone writes the sweep's folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from optimizer.cluster import MOST_DEATHS, Crew, Done, Failed, Held, Job, Lost, Parcel
from optimizer.cluster_worker import folder_parcel
from optimizer.errors import ClusterError
from optimizer.inputs.pack import find_pack
from optimizer.run_engine import GRACE_S, Call, Died, Outcome
from optimizer.run_points import (
    AnchorResult,
    AnchorTask,
    PointResult,
    PointTask,
    make_group_anchor,
    solve_point,
)
from optimizer.run_sweep_plan import SweepPlan
from optimizer.scenario.sources import shipped_folder

ANCHOR_DEATHS = 12
"""Workers that may die while they make what a group starts from: every point of it rests on that."""


class ClusterEngine:
    """The workers of a Dask cluster as an engine of a sweep."""

    def __init__(self, address: str, memory_mb: float | None = None, time_s: float | None = None) -> None:
        """Connect.

        Args:
            address: of the scheduler, `tcp://HOST:PORT`.
            memory_mb: memory of a worker beyond which it is started anew.
            time_s: time limit of a point.

        Raises:
            ClusterError: Dask is not installed, nobody answers, or versions differ.
        """
        self._crew, self._time_s = Crew(address, memory_mb), time_s
        self._own: list[Outcome] = []

    def room(self) -> int:
        """Return how many calls may be handed over now."""
        return self._crew.room()

    def submit(self, call: Call) -> None:
        """Hand over one call; an anchor nobody waits beside is made here, its periods by all workers."""
        if call.function is make_group_anchor and call.arguments[0].cluster is not None:
            self._own.append(Outcome(call.key, make_group_anchor(*call.arguments)))
            return
        self._crew.hand_over(self._job(call))

    def collect(self) -> list[Outcome]:
        """Wait a little for calls that are done.

        Raises:
            ClusterError: the scheduler or all workers stayed away.
        """
        own, self._own = self._own, []
        return own or [_outcome(done) for done in self._crew.collect()]

    def close(self) -> None:
        """Withdraw calls that are not done; the workers stay."""
        self._crew.close()

    def _job(self, call: Call) -> Job:
        patience = None if self._time_s is None else (2 * self._time_s + GRACE_S) * call.solves
        if call.function is solve_point:
            anchor, task = call.arguments
            parcels = [_file_parcel(anchor), _pack_parcel(task)]
            arguments: tuple[Any, ...] = (*map(_held, parcels), task)
            function: Any = solve_point_there
        elif call.function is make_group_anchor:
            task = call.arguments[0]
            parcels = [_file_parcel(task.source), _pack_parcel(task.points[0])]
            arguments = (*map(_held, parcels), replace(task, source=None))
            function = make_anchor_there
        else:
            return Job(call.key, call.function, call.arguments, patience_s=patience)
        deaths = MOST_DEATHS if function is solve_point_there else ANCHOR_DEATHS
        sent = tuple(parcel for parcel in parcels if parcel is not None)
        return Job(call.key, function, arguments, sent, deaths, patience)


def cluster_engine(plan: SweepPlan) -> ClusterEngine:
    """Connect to the cluster of a sweep's options.

    Raises:
        ClusterError: Dask is not installed, nobody answers, or versions differ.
    """
    limits = plan.points.sweep.sweep.limits
    if plan.options.cluster is None:
        raise ValueError("the sweep is to be solved on this machine")
    return ClusterEngine(plan.options.cluster, limits.memory_per_point_mb, limits.time_per_point_s)


def _outcome(done: Done) -> Outcome:
    if isinstance(done.value, Lost):
        return Outcome(done.key, Died(done.value.reason))
    if isinstance(done.value, Failed):
        raise ClusterError(f"{done.worker}: {done.value.error!r}") from done.value.error
    return Outcome(done.key, done.value)


def _held(parcel: Parcel | None) -> Held | None:
    return None if parcel is None else Held(parcel.name)


def _file_parcel(file: Any) -> Parcel | None:
    """Return an anchor's file as a parcel, named by its content."""
    if file is None:
        return None
    with Path(file).open("rb") as content:
        name = hashlib.file_digest(content, "sha256").hexdigest()
    return Parcel(f"{name}.npz", Path(file).read_bytes)


def _pack_parcel(task: PointTask) -> Parcel | None:
    """Return the pack of a point as a parcel, named by the digest of its files; shipped ones are there."""
    folder = find_pack(task.loaded.scenario.pack, task.loaded.folders()).resolve()
    if folder.is_relative_to(shipped_folder("data").resolve()):
        return None
    return Parcel(f"{task.data}.tar", lambda: folder_parcel(_files_of(folder)))


def _files_of(folder: Path) -> Sequence[tuple[Path, str]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    named = [(path, f"{folder.name}/{path.relative_to(folder)}") for path in files]
    beside = folder.parent / "parameters.csv"
    return [*named, (beside, beside.name)] if beside.is_file() else named


def solve_point_there(anchor: Path | None, pack: Path | None, task: PointTask) -> PointResult:
    """Solve a point on a worker; see `run_points.solve_point`.

    Args:
        anchor: file of the state its group starts from.
        pack: folder that holds its pack; None where the pack is shipped.
        task: the point.
    """
    return solve_point(anchor, _with_pack(task, pack))


def make_anchor_there(source: Path | None, pack: Path | None, task: AnchorTask) -> AnchorResult:
    """Make what a group starts from on a worker; see `run_points.make_group_anchor`."""
    points = tuple(_with_pack(point, pack) for point in task.points)
    return make_group_anchor(replace(task, source=source, points=points, workers=1))


def _with_pack(task: PointTask, folder: Path | None) -> PointTask:
    """Return a point whose pack is found in a folder of this worker."""
    if folder is None:
        return task
    own = next(path for path in folder.iterdir() if path.is_dir())
    scenario = task.loaded.scenario.model_copy(update={"pack": str(own)})
    return replace(task, loaded=replace(task.loaded, scenario=scenario))
