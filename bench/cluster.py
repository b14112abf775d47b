"""A sweep and a run on one Dask worker and on two, side by side: how much faster are two?

    python -m bench.cluster [--points 40] [--base japan-2030] [--weeks N] [--preview]

Scheduler and workers are processes of this machine; results must be the same bytes. Exits 1 where two workers
do less than 1.7 times what one does, points by the minute once all have begun.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from optimizer.run import run_scenario
from optimizer.run_sweep import run_sweep
from optimizer.run_sweep_check import plan_sweep
from optimizer.run_sweep_plan import SweepOptions
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions
from optimizer.scenario.sweep import load_sweep

RATIO = 1.7
WORKERS = (1, 2)
BEGUN = 4
"""Points done when every worker has read the data and compiled: from here on it is counted."""

SWEEP = """\
base: {base}
name: bench-cluster
sample:
  method: sobol
  points: {points}
  seed: 1
  over:
    finance.discount_rate: {{low: 0.02, high: 0.06}}
    grid.headroom_factor: {{low: 0.8, high: 1.6}}
"""


@dataclass(frozen=True)
class Measured:
    """What so many workers took."""

    sweep_s: float
    points_per_min: float
    run_s: float
    digest: str
    cost: float


def measure(workers: int, sweep: Path, base: str, asked: tuple[int | None, bool]) -> Measured:
    """Solve the sweep and its base on so many workers."""
    from distributed import LocalCluster

    weeks, preview = asked
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=None
        ) as cluster,
    ):
        cluster.wait_for_workers(workers)
        address = str(cluster.scheduler_address)
        target = Path(folder) / "sweep"
        options = SweepOptions(target, weeks=weeks, preview=preview, cluster=address)
        plan = plan_sweep(load_sweep(sweep), options)
        done: list[float] = []
        began = time.monotonic()
        run_sweep(plan, lambda stage, fields: _note(done, stage, fields))
        swept = time.monotonic() - began
        rate = (len(done) - BEGUN) / (done[-1] - done[BEGUN - 1]) * 60.0
        digest = hashlib.sha256((target / "results.parquet").read_bytes()).hexdigest()
        began = time.monotonic()
        run = RunOptions(None, None, preview, "en", weeks, False, None, address)
        cost = run_scenario(load_scenario(base), run, lambda stage, fields: None).summary["cost_jpy_bn_per_a"]
        return Measured(swept, rate, time.monotonic() - began, digest, float(cost))


def _note(done: list[float], stage: str, fields: Mapping[str, Any]) -> None:
    if stage == "point":
        done.append(time.monotonic())


def main(
    points: Annotated[int, typer.Option(min=8, help="points of the sweep")] = 40,
    base: Annotated[str, typer.Option(help="scenario the points change")] = "japan-2030",
    weeks: Annotated[int | None, typer.Option(help="evenly spaced weeks instead of the year")] = None,
    *,
    preview: Annotated[bool, typer.Option("--preview", help="representative days only")] = False,
) -> None:
    """Measure, print, judge."""
    console = Console(width=130)
    with tempfile.TemporaryDirectory() as scratch:
        sweep = Path(scratch) / "sweep.yaml"
        sweep.write_text(SWEEP.format(base=base, points=points), "utf-8")
        found = {workers: measure(workers, sweep, base, (weeks, preview)) for workers in WORKERS}
    for workers, one in found.items():
        console.print(
            f"{workers} worker(s): sweep of {points} points {one.sweep_s:.1f} s, once begun "
            f"{one.points_per_min:.1f} points/min; one run by period {one.run_s:.1f} s"
        )
    one, two = (found[workers] for workers in WORKERS)
    ratio = two.points_per_min / one.points_per_min
    same = one.digest == two.digest and one.cost == two.cost
    console.print(
        f"two against one: points {ratio:.2f} × (asked {RATIO} ×), whole sweep "
        f"{one.sweep_s / two.sweep_s:.2f} ×, run by period {one.run_s / two.run_s:.2f} ×; "
        f"same results: {'yes' if same else 'NO'}"
    )
    sys.exit(0 if same and ratio >= RATIO else 1)


if __name__ == "__main__":
    typer.run(main)
