"""Points of a sweep against fresh solves and against HiGHS on the stacked programme, side by side in one run.

    python -m bench.sweeps [SWEEP] [--points 200] [--fresh 5] [--weeks N] [--stacked-weeks 4]

The group's anchor is made once; then points are taken evenly over the sweep's order: from the anchor, and
some of them afresh, each in a process of its own that has read and compiled nothing, alternating. Python's
start and imports are not counted, nothing is written, one core. Costs must agree within their gaps. The loop
over the stacked programme is compared with the same points at its own number of weeks.
Points without any plan (exit 4) are counted and left out of the times; any other failure ends it all.
"""

from __future__ import annotations

import importlib
import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from bench.peers import solve_theirs
from optimizer.errors import InfeasibleError
from optimizer.run import make_programme
from optimizer.run_desk import point_inputs
from optimizer.run_groups import anchor_points
from optimizer.run_points import AnchorTask, PointTask, make_group_anchor, solve_point
from optimizer.run_sweep_check import plan_sweep
from optimizer.run_sweep_plan import SweepOptions
from optimizer.scenario.sweep import load_sweep
from optimizer.solve.pool import Anchor

STACKED = 2
"""How many points are solved stacked."""

CORES = 2
"""Cores of the machine asked for: two points are solved at once there, so a point counts half its seconds."""


def main(
    sweep: Annotated[str, typer.Argument(help="a sweep whose points share one grid")] = "uncertain-2030",
    points: Annotated[int, typer.Option(help="how many points from the anchor")] = 200,
    fresh: Annotated[int, typer.Option(help="how many of them also afresh")] = 5,
    weeks: Annotated[int, typer.Option(help="weeks of the year; 0 is all of them")] = 0,
    stacked_weeks: Annotated[int, typer.Option(help="weeks of the stacked programme; 0 leaves it out")] = 4,
) -> None:
    """Measure, print, judge."""
    tasks, anchor, anchor_s = _prepared(sweep, weeks, points)
    again = {tasks[i].id for i in np.unique(np.linspace(0, len(tasks) - 1, fresh).astype(int))}
    quick, slow, apart = [], [], []
    for task in tasks:
        seconds, cost = timed(anchor, task)
        if cost is None:
            continue
        quick.append(seconds)
        if task.id in again:
            seconds, other = timed_afresh(task)
            slow.append(seconds)
            apart.append(np.inf if other is None else abs(cost - other) / max(1.0, abs(other)))
    console = Console(width=110)
    table = Table(title=f"{sweep}: {len(tasks)} points, one core, anchor {anchor_s:.0f} s")
    for name in ("what", "median s", "95th percentile s", "number"):
        table.add_column(name)
    for name, values in (("from the anchor", quick), ("afresh", slow)):
        table.add_row(
            name, f"{statistics.median(values):.2f}", f"{np.quantile(values, 0.95):.2f}", str(len(values))
        )
    console.print(table)
    console.print(f"points without a plan: {len(tasks) - len(quick)}")
    ratio = statistics.mean(slow) / statistics.mean(quick)
    with_anchor = statistics.mean(slow) * len(quick) / (anchor_s + sum(quick))
    console.print(
        f"afresh / from the anchor {ratio:.1f}, with making the anchor {with_anchor:.1f} (asked 10)"
    )
    console.print(f"on {CORES} cores: median {statistics.median(quick) / CORES:.2f} s a point (asked 2)")
    console.print(f"costs of the plan differ by {max(apart):.1e} at most")
    if stacked_weeks:
        _against_stacked(console, sweep, stacked_weeks, points)


def _against_stacked(console: Console, sweep: str, weeks: int, points: int) -> None:
    """Compare the same points, at so many weeks, with a loop that compiles, stacks and solves each."""
    tasks, anchor, anchor_s = _prepared(sweep, weeks, points)
    quick = [seconds for seconds, cost in (timed(anchor, task) for task in tasks) if cost is not None]
    slow: list[tuple[float, float]] = []
    for task in tasks:
        if len(slow) == STACKED:
            break
        began = time.perf_counter()
        programme = make_programme(point_inputs(task))
        built = time.perf_counter() - began
        theirs = solve_theirs(programme, "simplex", 900.0)
        if theirs.objective is not None:
            slow.append((built, theirs.seconds))
    built_s, solved_s = (statistics.mean(parts) for parts in zip(*slow, strict=True))
    mean = statistics.mean(quick)
    console.print(
        f"at {weeks} weeks, {len(quick)} points: {mean:.2f} s from the anchor (anchor {anchor_s:.0f} s); "
        f"stacked {built_s:.1f} s to build and {solved_s:.1f} s to solve ({len(slow)} points): "
        f"{(built_s + solved_s) / mean:.0f} x, HiGHS alone {solved_s / mean:.0f} x (asked 30)"
    )


def _prepared(sweep: str, weeks: int, points: int) -> tuple[list[PointTask], Anchor | None, float]:
    """Return points taken evenly over the sweep's largest group, its anchor, and the seconds it took."""
    plan = plan_sweep(load_sweep(sweep), SweepOptions(Path(), weeks=weeks or None))
    group = max(plan.groups().values(), key=len)
    chosen = [group[i] for i in np.unique(np.linspace(0, len(group) - 1, points).astype(int))]
    began = time.perf_counter()
    first = tuple(plan.task(planned) for planned in anchor_points(group))
    anchor = make_group_anchor(AnchorTask(group[0].group, first)).anchor
    return [plan.task(planned) for planned in chosen], anchor, time.perf_counter() - began


def timed(anchor: Anchor | None, task: PointTask) -> tuple[float, float | None]:
    """Return the seconds a point takes and the cost of its plan, None where no plan meets its limits."""
    began = time.perf_counter()
    result = solve_point(anchor, task)
    if result.error is not None and result.error["exit_code"] == InfeasibleError.exit_code:
        return time.perf_counter() - began, None
    if result.status != "ok":
        raise SystemExit(f"{task.name}: {dict(result.error or {})}")
    return time.perf_counter() - began, float(result.summary["cost_jpy_bn_per_a"])


def timed_afresh(task: PointTask) -> tuple[float, float | None]:
    """Return what :func:`timed` does, from a new process with everything imported."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        process.submit(_import_all).result()
        return process.submit(timed, None, task).result()


def _import_all() -> None:
    importlib.import_module("optimizer.run_desk")


if __name__ == "__main__":
    typer.run(main)
