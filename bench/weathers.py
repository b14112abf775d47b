"""Points with other weather and demand, from the duals of the first one's hours, against fresh solves.

    python -m bench.weathers [--base japan-2030] [--seeds 4] [--weeks N]

The anchor of the first year is made once, with duals. Every other year is then solved from it by the process
that made it, and afresh in a process of its own that has read and compiled nothing, alternating. Python's
start and imports are not counted, nothing is written, one core. Costs must agree within their gaps.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.sweeps import timed, timed_afresh
from optimizer.run_points import AnchorTask, make_group_anchor
from optimizer.run_sweep_check import plan_sweep
from optimizer.run_sweep_plan import SweepOptions
from optimizer.scenario.sweep import load_sweep

SWEEP = "base: {base}\nname: weathers\ngrid:\n  weather.year_seed: {seeds}\n"


def main(
    base: Annotated[str, typer.Option(help="scenario")] = "japan-2030",
    seeds: Annotated[int, typer.Option(help="how many years, the first makes the anchor")] = 4,
    weeks: Annotated[int, typer.Option(help="weeks of the year; 0 is all of them")] = 0,
) -> None:
    """Measure, print, judge."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "weathers.yaml"
        file.write_text(SWEEP.format(base=base, seeds=list(range(1, seeds + 1))), "utf-8")
        plan = plan_sweep(load_sweep(str(file)), SweepOptions(Path(), weeks=weeks or None))
    first, *others = [plan.task(points[0]) for points in plan.groups().values()]
    group = next(iter(plan.groups()))
    began = time.perf_counter()
    anchor = make_group_anchor(AnchorTask(group, (first,), keep_duals=True)).anchor
    console = Console(width=110)
    console.print(f"{base}: anchor with duals {time.perf_counter() - began:.0f} s")
    ratios = []
    for task in others:
        quick, cost = timed(anchor, task)
        slow, other = timed_afresh(task)
        if cost is None or other is None:
            raise SystemExit(f"{task.name}: no plan meets its limits")
        ratios.append(quick / slow)
        apart = abs(cost - other) / max(1.0, abs(other))
        console.print(
            f"{task.name}: {quick:.1f} s from the duals, {slow:.1f} s afresh, {ratios[-1]:.2f} x; "
            f"costs differ by {apart:.1e}"
        )
    console.print(f"median {statistics.median(ratios):.2f} x (asked at most 0.5)")


if __name__ == "__main__":
    typer.run(main)
