"""A sweep from its plan to its results, whoever works: local processes, a cluster, or one shard of many.

Only what is on disk counts as done. This process alone writes: workers hand back what they found.
"""

from __future__ import annotations

import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from optimizer.errors import ClusterError, InputError, InterruptedSweepError, Problem, UsageError
from optimizer.export.folder import locked
from optimizer.export.sweep_folder import (
    PLAN,
    RUNS,
    Done,
    check_sweep_folder,
    clear_drafts,
    read_done,
    read_plan,
    read_statistics,
    replace_files,
    table_files,
    take_runs,
    write_plan,
    write_point,
)
from optimizer.export.sweep_tables import published, result_files, statistics_frame
from optimizer.run_engine import Call, Died, Engine, LocalEngine, Outcome
from optimizer.run_groups import Families, anchor_points, store_anchor, stored_anchor
from optimizer.run_points import AnchorResult, AnchorTask, PointResult, make_group_anchor, solve_point
from optimizer.run_sweep_plan import Planned, SweepOptions, SweepPlan
from optimizer.scenario.compared import read_compared
from optimizer.scenario.options import ProgressCallback

DEATHS = {
    "died": (
        "the process that solved it ended twice (out of memory? killed?)",
        "計算プロセスが2度終了しました",
    ),
    "memory": (
        "it needs more memory than limits.memory_per_point_mb",
        "limits.memory_per_point_mb を超えました",
    ),
    "time": (
        "it did not end within limits.time_per_point_s",
        "limits.time_per_point_s の時間内に終わりませんでした",
    ),
}
DIED_EXIT = 5
MOST_COMPARED = 200
"""Points on the page that compares them; `wattbit compare` shows any others."""


@dataclass(frozen=True)
class SweepReport:
    """How a sweep ended."""

    folder: Path
    points: int
    ok: int
    failed: int
    missing: int
    """Points nobody has solved yet: those of other shards."""

    reused: int
    """Points that were done before."""

    wall_s: float


MakeEngine = Callable[[SweepPlan], Engine]


def run_sweep(
    plan: SweepPlan, progress: ProgressCallback, make_engine: MakeEngine | None = None
) -> SweepReport:
    """Solve every point of a plan that is not done yet, and write the results.

    Args:
        plan: from `run_sweep_check.plan_sweep`.
        progress: called with `point` after every point, and with `results` at the end.
        make_engine: starts who does the work; None takes processes on this machine.

    Returns:
        How many points are solved; the files are in the folder of the plan's options.

    Raises:
        InterruptedSweepError: somebody interrupted; what was done is saved.
        ClusterError: the cluster stayed away, or has other versions; what was done is saved.
        UsageError, LockedError, DiskError: the folder cannot be used or written.
    """
    started, options = time.monotonic(), plan.options
    folder = options.folder.resolve()
    resume = options.resume or options.retry_failed
    with locked(folder):
        check_sweep_folder(folder, resume)
        clear_drafts(folder)
        write_plan(folder, plan.content(), plan.points.sweep.file.text)
        done = read_done(folder, [one.id for one in plan.planned])
        reused = {key: one for key, one in done.items() if one.status == "ok" or not options.retry_failed}
        work = _Work(plan, folder, [one for one in plan.mine() if one.id not in reused], progress)
        try:
            if work.count:
                with closing((make_engine or engine_of(plan))(plan)) as engine:
                    work.all_with(engine)
            progress("results", {})
            report = write_results(folder, started, options.lang)
        except KeyboardInterrupt:
            raise InterruptedSweepError(_saved(work, folder, options.lang)) from None
        except ClusterError as error:
            raise ClusterError(f"{error}\n{_saved(work, folder, options.lang)}") from error
    return replace(report, reused=sum(one.id in reused for one in plan.mine()))


def engine_of(plan: SweepPlan) -> MakeEngine:
    """Return what starts those who do the work of a plan."""
    if plan.options.cluster is None:
        return local_engine
    from optimizer.run_cluster import cluster_engine  # Dask is an extra

    return cluster_engine


def local_engine(plan: SweepPlan) -> Engine:
    """Start worker processes on this machine."""
    limits = plan.points.sweep.sweep.limits
    return LocalEngine(plan.options.jobs, limits.memory_per_point_mb, limits.time_per_point_s)


class _Work:
    """What is still to do, and what came of it: first what groups start from, then their points."""

    def __init__(
        self, plan: SweepPlan, folder: Path, todo: Sequence[Planned], progress: ProgressCallback
    ) -> None:
        self._plan, self._folder, self._progress = plan, folder, progress
        self._ready: deque[tuple[Planned, Path | None]] = deque()
        self._groups: deque[str] = deque()
        self._waiting: dict[str, list[Planned]] = {}
        self._tree = Families(plan.groups())
        self._anchors: dict[str, Path | None] = {}
        self._after: dict[str, list[str]] = {}
        self._open: dict[str, Planned] = {}
        self._making: set[str] = set()
        self.count = len(todo)
        self._started: float | None = None
        """When the first point began: the time left does not count what groups start from."""

        self.finished = 0
        for planned in todo:
            self._waiting.setdefault(planned.group, []).append(planned)
        for group in self._waiting:
            self._arrange(group)

    def all_with(self, engine: Engine) -> None:
        """Hand out every point, neighbours after one another, and write what comes back."""
        while self.finished < self.count:
            while engine.room() > 0 and (call := self._next()) is not None:
                engine.submit(call)
            for outcome in engine.collect():
                if outcome.key in self._open:
                    self._take(outcome)
                else:
                    self._take_anchor(outcome)

    def _arrange(self, group: str) -> None:
        """Let the points of a group begin, or what they start from be made first."""
        lead = self._tree.lead(group)
        if not self._tree.needs_anchor(group):
            self._begin(group, self._anchors.get(lead))
        elif group != lead and lead not in self._anchors:
            self._after.setdefault(lead, []).append(group)
            if lead not in self._waiting and self._after[lead] == [group]:
                self._find(lead)
        elif len(self._tree.members[group]) == 1 and group != lead:
            self._begin(group, self._anchors[lead])
        else:
            self._find(group)

    def _find(self, group: str) -> None:
        """Take a group's anchor from disk, or queue its making."""
        known, file = stored_anchor(self._folder, group, self._tree.made_from(group))
        if known:
            self._have(group, file)
        else:
            self._groups.append(group)

    def _have(self, group: str, file: Path | None) -> None:
        self._anchors[group] = file
        if group in self._waiting:
            self._begin(group, file)
        for other in self._after.pop(group, ()):
            self._arrange(other)

    def _begin(self, group: str, anchor: Path | None) -> None:
        self._ready.extend((planned, anchor) for planned in self._waiting[group])

    def _next(self) -> Call | None:
        """Return the next call: a point that may begin, else what a group starts from."""
        if self._ready:
            planned, anchor = self._ready.popleft()
            self._started = self._started or time.monotonic()
            self._open[planned.id] = planned
            return Call(planned.id, solve_point, (anchor, self._plan.task(planned)))
        if not self._groups:
            return None
        group = self._groups.popleft()
        points = tuple(self._plan.task(planned) for planned in anchor_points(self._tree.members[group]))
        alone, options = not (self._groups or self._open or self._making), self._plan.options
        self._making.add(group)
        source = self._anchors.get(self._tree.lead(group))
        workers, cluster = (options.jobs, options.cluster) if alone else (1, None)
        task = AnchorTask(group, points, workers, self._tree.is_source(group), cluster, source)
        self._progress("anchor", {"points": len(points)})
        return Call(group, make_group_anchor, (task,), solves=len(points))

    def _take_anchor(self, outcome: Outcome) -> None:
        """Keep what a group starts from; where its maker died, every point is solved for itself."""
        file = None
        self._making.discard(outcome.key)
        if isinstance(outcome.value, AnchorResult):
            made_from = self._tree.made_from(outcome.key)
            file = store_anchor(self._folder, outcome.key, made_from, outcome.value.anchor)
        self._have(outcome.key, file)

    def _take(self, outcome: Outcome) -> None:
        planned = self._open.pop(outcome.key)
        result = _result_of(outcome)
        point = planned.point
        done = Done(
            id=planned.id,
            name=point.name,
            case=point.case,
            axes=dict(point.axes),
            status=result.status,
            summary=dict(result.summary),
            error=dict(result.error) if result.error is not None else None,
        )
        asked = self._plan.asked(planned)
        write_point(self._folder, done, published(result.tables), result.statistics, asked)
        self.finished += 1
        elapsed = time.monotonic() - (self._started or time.monotonic())
        left = elapsed / self.finished * (self.count - self.finished)
        self._progress("point", {
            "done": self.finished, "points": self.count, "name": point.name, "status": result.status,
            "wall_s": result.statistics.get("wall_s", 0.0), "left_s": left, "error": result.error,
        })  # fmt: skip


def _result_of(outcome: Outcome) -> PointResult:
    """Return what a point answered, or that its process died."""
    if isinstance(outcome.value, PointResult):
        return outcome.value
    reason = outcome.value.reason if isinstance(outcome.value, Died) else "died"
    message, message_ja = DEATHS[reason]
    error = {"exit_code": DIED_EXIT, "kind": "Died", "message": message, "message_ja": message_ja}
    return PointResult(outcome.key, "failed", error=error)


def _saved(work: _Work, folder: Path, lang: str) -> str:
    finished, count = work.finished, work.count
    if lang == "ja":
        return f"中断しました。{count} 点のうち {finished} 点を {folder} に保存済みです。続きは --resume で。"
    return f"Interrupted. {finished} of {count} points are saved in {folder}; --resume does the rest."


def write_results(folder: Path, started: float, lang: str) -> SweepReport:
    """Write everything that is made from the DONE files of a sweep folder.

    Args:
        folder: of the sweep; this process holds its lock.
        started: `time.monotonic()` when the command began.
        lang: language the page opens in.

    Raises:
        InputError: E315, it is no folder of a sweep.
        DiskError: a file could not be written.
    """
    plan = read_plan(folder)
    ids = [point["id"] for point in plan["points"]]
    done = read_done(folder, ids)
    statistics = statistics_frame(plan["points"], read_statistics(folder, done))
    files = result_files(plan, done)
    files |= table_files("statistics", "Seconds and memory by point.", statistics, parquet=False)
    solved = [one.id for one in done.values() if one.status == "ok"]
    replace_files(folder, files)
    replace_files(folder, compare_page(folder, solved, lang))
    ok = sum(one.status == "ok" for one in done.values())
    return SweepReport(
        folder=folder, points=len(ids), ok=ok, failed=len(done) - ok, missing=len(ids) - len(done),
        reused=0, wall_s=round(time.monotonic() - started, 2),
    )  # fmt: skip


def compare_page(folder: Path, solved: Sequence[str], lang: str) -> dict[str, bytes]:
    """Return the page that compares points with the first, by name; none where none can be made.

    Args:
        folder: of the sweep.
        solved: points that were solved, in order; of more than `MOST_COMPARED` every n-th is shown.
        lang: language the page opens in.
    """
    shown = solved[:: -(-len(solved) // MOST_COMPARED) or 1]
    try:
        runs = read_compared([folder / RUNS / one for one in shown])
        if len(runs) < 2:
            return {}
        from optimizer.export.compare_page import write_compare_page  # heavy: not before there is a page

        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "compare.html"
            write_compare_page(file, runs, runs[0].key, "ja" if lang == "ja" else "en")
            return {file.name: file.read_bytes()}
    except (InputError, UsageError):  # points of two countries stand side by side in the tables alone
        return {}


def merge_sweeps(sources: Sequence[Path], target: Path, lang: str = "en") -> SweepReport:
    """Join the folders of a sweep's shards into one, with the results of all.

    Args:
        sources: folders of the same sweep.
        target: a new folder, or one that holds some of its points already.
        lang: language the page opens in.

    Returns:
        How many points there are; `missing` are in none of the folders.

    Raises:
        InputError: E315, a folder is no sweep; E375, they are of different sweeps.
        UsageError, LockedError, DiskError: the target cannot be used or written.
    """
    started = time.monotonic()
    everything = [*sources, target] if (target / PLAN).is_file() else [*sources]
    plans = {source: read_plan(source) for source in everything}
    first = plans[sources[0]]
    for source, plan in plans.items():
        if plan != first:
            raise InputError([_another(source, sources[0], plan, first)])
    target = target.resolve()
    with locked(target):
        check_sweep_folder(target, resume=True)
        clear_drafts(target)
        write_plan(target, first, (sources[0] / "sweep.yaml").read_text("utf-8"))
        ids = [point["id"] for point in first["points"]]
        have = read_done(target, ids)
        for source in sources:
            found = read_done(source, ids)
            better = [
                one
                for one in found
                if one not in have or (have[one].status, found[one].status) == ("failed", "ok")
            ]
            take_runs(source, target, better)
            have |= {one: found[one] for one in better}
        return write_results(target, started, lang)


def _another(source: Path, first: Path, plan: Mapping[str, Any], other: Mapping[str, Any]) -> Problem:
    differing = [key for key in other if plan.get(key) != other[key]]
    words = (
        f"another sweep than that of {first}: {', '.join(differing)} differ; merge shards of one sweep file"
    )
    words_ja = f"{first} と別のスイープです ({'、'.join(differing)})。同じファイルの分割だけを統合できます"
    return Problem(str(source), "E375", words, words_ja)


__all__ = ["SweepOptions", "SweepReport", "local_engine", "merge_sweeps", "run_sweep", "write_results"]
