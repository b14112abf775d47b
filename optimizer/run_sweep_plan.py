"""What a sweep will do, known before the first solve: points in order, by name and group."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from optimizer.run_points import PointTask
from optimizer.scenario.options import RunOptions
from optimizer.scenario.points import Point, Points

ID_LETTERS = 16


@dataclass(frozen=True)
class SweepOptions:
    """What a user asks of a sweep besides its file."""

    folder: Path
    jobs: int = 1
    shard: tuple[int, int] | None = None
    """K of N, from 1: every N-th point of the order, beginning with the K-th."""

    resume: bool = False
    retry_failed: bool = False
    weeks: int | None = None
    preview: bool = False
    lang: str = "en"
    cluster: str | None = None
    """Address of a Dask scheduler instead of processes on this machine."""

    def of_run(self) -> RunOptions:
        """Return what every point is solved with."""
        return RunOptions(None, None, self.preview, "en", self.weeks, False, 1)


@dataclass(frozen=True)
class Planned:
    """One point as it will be solved."""

    point: Point
    id: str
    data: str
    """Digest of the pack's files."""

    group: str
    """Grid fingerprint: points that share it share what was learned about the grid."""

    family: str = ""
    """Cost fingerprint: groups that share it can start from one another's duals."""

    pack: str = ""
    title: Mapping[str, str] = field(default_factory=dict)
    """Heading of its results in both languages."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of the pack's files, of which `data` is the digest."""


@dataclass(frozen=True)
class SweepPlan:
    """All points of a sweep, checked, each once, in order."""

    points: Points
    planned: tuple[Planned, ...]
    options: SweepOptions
    same: int
    """Points left out because an earlier one is the same scenario."""

    area_hours: float
    """Grid areas times hours solved, of the largest point."""

    def task(self, planned: Planned) -> PointTask:
        """Return what a worker needs to know to solve a point."""
        point = planned.point
        return PointTask(
            id=planned.id,
            number=point.number,
            name=point.name,
            case=point.case,
            axes=point.axes,
            loaded=self.points.scenario(point),
            data=planned.data,
            family=planned.family,
            options=self.options.of_run(),
            time_limit_s=self.points.sweep.sweep.limits.time_per_point_s,
        )

    def asked(self, planned: Planned) -> dict[str, Any]:
        """Return what a point is asked: its scenario as resolved, and the hashes of its data."""
        resolved = self.points.scenario(planned.point).resolved
        return {"scenario": dict(resolved), "pack": planned.pack, "hashes": dict(planned.hashes)}

    def mine(self) -> list[Planned]:
        """Return the points of this shard, in order."""
        if self.options.shard is None:
            return list(self.planned)
        k, n = self.options.shard
        return list(self.planned[k - 1 :: n])

    def groups(self) -> dict[str, list[Planned]]:
        """Return the points of the whole sweep by group, in the order the groups appear."""
        found: dict[str, list[Planned]] = {}
        for planned in self.planned:
            found.setdefault(planned.group, []).append(planned)
        return found

    def content(self) -> dict[str, Any]:
        """Return what `sweep.json` says: the same for every shard and whoever does the work."""
        sweep = self.points.sweep.sweep
        return {
            "name": sweep.name,
            "title": sweep.title.model_dump(),
            "wattbit": version("wattbit"),
            "weeks": self.options.weeks,
            "preview": self.options.preview,
            "points": [
                {"number": p.point.number, "id": p.id, "name": p.point.name, "case": p.point.case,
                 "axes": dict(p.point.axes), "pack": p.pack, "title": dict(p.title)}
                for p in self.planned
            ],
        }  # fmt: skip


def digest(content: Any) -> str:
    """Return the SHA-256 of plain values, keys in any order."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


FRESH_S, POINT_S = (5.0, 0.8e-3), (1.5, 0.03e-3)
"""Seconds at least, and per hour and grid area, to solve a group's first point and each further one: measured
with the shipped packs, one process, 2026. A rough guess until the folder has points of its own."""


def counted(plan: SweepPlan) -> dict[str, Any]:
    """Return what `--dry-run` says: how many points, of which groups, and roughly how long."""
    mine = Counter(one.group for one in plan.mine())
    groups = [{"group": group[:ID_LETTERS], "points": mine[group]} for group in plan.groups() if mine[group]]
    seconds = len(groups) * (FRESH_S[0] + FRESH_S[1] * plan.area_hours)
    seconds += len(plan.mine()) * (POINT_S[0] + POINT_S[1] * plan.area_hours)
    told = {"points": len(plan.mine()), "of": len(plan.planned), "same": plan.same, "groups": groups}
    return told | {"estimate_s": round(seconds / min(plan.options.jobs, max(1, len(plan.mine()))), 1)}
