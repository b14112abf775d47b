"""Sweeps for tests: engines without processes, points without solving, and the country of one area for real ones."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from optimizer.run_engine import Call, Outcome
from optimizer.run_points import AnchorResult, AnchorTask, PointResult, PointTask, solve_point
from optimizer.run_sweep_plan import Planned, SweepOptions, SweepPlan
from optimizer.scenario.points import Point
from optimizer.scenario.sweep import Limits

TABLE_ROWS = 200
RESULTS = ("results.csv", "results.parquet", "summary.xlsx", "failures.csv")


class InlineEngine:
    """Makes calls in this process: all that are handed over first, then in the order asked for."""

    def __init__(
        self,
        order: Callable[[list[Call]], list[Call]] = list,
        room: int = 1000,
        instead: Mapping[Any, Any] | None = None,
    ) -> None:
        self._order, self._room, self._instead = order, room, instead or {}
        self._calls: list[Call] = []
        self.made: list[str] = []

    def room(self) -> int:
        return self._room - len(self._calls)

    def submit(self, call: Call) -> None:
        self._calls.append(call)

    def collect(self) -> list[Outcome]:
        self._calls = self._order(self._calls)
        call = self._calls.pop(0)
        self.made.append(call.key)
        function = self._instead.get(call.function, call.function)
        return [Outcome(call.key, function(*call.arguments))]

    def close(self) -> None:
        self._calls = []


@dataclass(frozen=True)
class FakeAnchor:
    """Stands for what a group starts from."""

    content: bytes

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.draft")
        scratch.write_bytes(self.content)
        os.replace(scratch, path)


def fake_anchor(task: AnchorTask) -> AnchorResult:
    """A group starts from the names of its first and far points."""
    time.sleep(0.01)
    return AnchorResult(task.group, FakeAnchor(" ".join(p.id for p in task.points).encode() * 2000), 0.0)  # type: ignore[arg-type]


def fake_point(anchor: Path | None, task: PointTask) -> PointResult:
    """A point without solving: figures from its axes and its anchor; every seventh fails. Notes that it was begun."""
    if log := os.environ.get("SWEEP_LOG"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{task.id}\n")
    time.sleep(0.004)
    value = float(task.axes["x"])
    if task.number % 7 == 0:
        error = {"exit_code": 4, "kind": "InfeasibleError", "message": "=cannot", "message_ja": "無理"}
        return PointResult(task.id, "failed", error=error, statistics={"wall_s": 0.0, "peak_rss_mb": 1.0})
    start = hashlib.sha256(anchor.read_bytes()).hexdigest() if anchor is not None else ""
    summary = {"scenario": task.name, "cost_jpy_bn_per_a": value / 3, "start": int(start[:8] or "0", 16)}
    table = pd.DataFrame(
        {"site": [f"S{n}" for n in range(TABLE_ROWS)], "it_mw": [value * n for n in range(TABLE_ROWS)]}
    )
    statistics = {"wall_s": time.monotonic() % 1, "peak_rss_mb": 1.0}
    return PointResult(task.id, "ok", summary, {"sites": table}, None, statistics)


def fake_plan(folder: Path, count: int = 20, groups: int = 2, **options: Any) -> SweepPlan:
    """A plan of points that need no solving, in groups that take turns; no file, no pack."""
    points = [
        Point(n, f"p-{n:03d}", "", {"x": n * 0.5, "kind": "odd" if n % 2 else "=even"})
        for n in range(1, count + 1)
    ]
    planned = [
        Planned(p, hashlib.sha256(p.name.encode()).hexdigest()[:16], "data", f"group{p.number % groups}")
        for p in points
    ]
    words = SimpleNamespace(model_dump=lambda: {"ja": "試し", "en": "a try"})
    sweep = SimpleNamespace(name="p", title=words, limits=Limits())
    source = SimpleNamespace(sweep=sweep, file=SimpleNamespace(text="name: p\n"))
    fake: Any = SimpleNamespace(
        sweep=source, scenario=lambda point: SimpleNamespace(resolved=dict(point.axes))
    )
    return SweepPlan(fake, tuple(planned), SweepOptions(folder, **options), 0, 0.0)


def fakes(**more: Any) -> InlineEngine:
    """An engine of fake points and anchors."""
    from optimizer.run_points import make_group_anchor

    return InlineEngine(instead={solve_point: fake_point, make_group_anchor: fake_anchor}, **more)


def silent(stage: str, fields: Mapping[str, Any]) -> None:
    """Report nothing."""


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of the files a sweep ends with."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in RESULTS}


def with_options(plan: SweepPlan, **changes: Any) -> SweepPlan:
    """Return the plan with other options."""
    return replace(plan, options=replace(plan.options, **changes))
