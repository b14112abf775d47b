"""One point of a sweep: what a worker is asked, and what it answers. The work itself is in `run_desk`.

What a point answers is a function of the point (and of the state its group starts from) alone: not of the
worker, the order, or what the worker did before.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.errors import ClusterError, InputError, OptimizerError
from optimizer.scenario.load import LoadedScenario
from optimizer.scenario.options import RunOptions

if TYPE_CHECKING:
    from optimizer.solve.pool import Anchor

KIB_PER_MIB = 1024.0
BUG = 70


@dataclass(frozen=True)
class PointTask:
    """What a worker needs to know to solve one point."""

    id: str
    """Name of its folder: a hash of everything its answer depends on."""

    number: int
    name: str
    case: str
    axes: Mapping[str, Any]
    loaded: LoadedScenario
    data: str
    """Digest of the pack's files as they were when the sweep was checked."""

    options: RunOptions
    """Weeks and preview; no output, one process."""

    time_limit_s: float | None = None
    family: str = ""
    """Cost fingerprint of its inputs, as the sweep's plan has it."""


@dataclass(frozen=True)
class PointResult:
    """What a point answered: its figures and small tables, or why there are none."""

    id: str
    status: str
    """`ok` or `failed`."""

    summary: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    """exit_code, kind, message, message_ja."""

    statistics: Mapping[str, Any] = field(default_factory=dict)
    """wall_s, peak_rss_mb: differ from run to run."""


@dataclass(frozen=True)
class AnchorTask:
    """What a worker needs to know to make the state that the points of a group start from."""

    group: str
    """Grid fingerprint."""

    points: tuple[PointTask, ...]
    """The group's first point, which is solved afresh, and points far from it and from one another."""

    workers: int = 1
    """Processes that share the work; they make no difference to what comes out."""

    keep_duals: bool = False
    """Whether other groups of the family start from this one."""

    cluster: str | None = None
    """Address of a Dask scheduler whose workers share the work instead, period by period."""

    source: Anchor | Path | None = None
    """The family's first anchor, with duals, where this group is another; None makes it afresh."""


@dataclass(frozen=True)
class AnchorResult:
    """The state a group starts from; None where none of its points could be solved."""

    group: str
    anchor: Anchor | None
    wall_s: float


def make_group_anchor(task: AnchorTask) -> AnchorResult:
    """Make the state a group starts from; points that cannot be solved are passed over.

    Raises:
        ClusterError: the cluster whose workers share the work stayed away: no fault of a point.
    """
    started = time.monotonic()
    try:
        from optimizer.run_desk import group_anchor  # heavy: not before there is work

        anchor = group_anchor(task)
    except ClusterError:
        raise
    except Exception:  # its points say what is wrong, each for itself
        anchor = None
    return AnchorResult(task.group, anchor, round(time.monotonic() - started, 2))


def solve_point(anchor: Anchor | Path | None, task: PointTask) -> PointResult:
    """Solve one point; whatever goes wrong is its result, never an exception.

    Args:
        anchor: the state its group starts from, or the first of its family, or the file that holds it; None
            solves the point afresh.
        task: the point.

    Returns:
        Figures and tables, or status `failed` with the reason.
    """
    started = time.monotonic()
    try:
        from optimizer.run_desk import solved_point  # heavy: not before there is work

        summary, tables = solved_point(anchor, task)
        result = PointResult(task.id, "ok", summary, tables)
    except Exception as error:  # even a bug in one point is no reason to lose the others
        result = PointResult(task.id, "failed", error=_error(error))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
    statistics = {"wall_s": round(time.monotonic() - started, 2), "peak_rss_mb": round(peak, 1)}
    return replace(result, statistics=statistics)


def _error(error: Exception) -> dict[str, Any]:
    """Return what failed, in both languages; the same words whoever solved the point."""
    kind = type(error).__name__
    if isinstance(error, InputError):
        words, words_ja = ("\n".join(p.line(lang) for p in error.problems) for lang in ("en", "ja"))
        return {"exit_code": error.exit_code, "kind": kind, "message": words, "message_ja": words_ja}
    if isinstance(error, OptimizerError):
        told = {"message": str(error), "message_ja": error.message_ja}
        return {"exit_code": error.exit_code, "kind": kind} | told
    words = " ".join(f"{kind}: {error}".split())[:400]
    return {"exit_code": BUG, "kind": kind, "message": words, "message_ja": ""}
