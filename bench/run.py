"""Every performance target, side by side with peers, in one run.

    python -m bench.run [--weeks 1,2,4] [--limit-s 900] [--actuals FOLDER_OR_CSV] [--spot FILE] [--skip-year]

Prints tables, appends one line of JSON to `runs/bench.jsonl`, exits 1 when a target is missed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bench.peers import Ours, Theirs, programme_of, second_opinion, solve_ours, solve_theirs
from bench.whole import Watched, watch

SCENARIO = "japan-2030"
TARGETS = {"wall_s": 60.0, "peak_rss_mb": 2048.0, "gap": 1e-4}
"""Full year on two cores."""

RATIO_WEEKS, RATIO = 4, 10.0
"""At so many weeks we are at least so many times faster than HiGHS on the stacked programme."""

AGREEMENT = 1e-6
"""Beyond the proven gap, relative to the system's cost."""

RESULTS = Path("runs") / "bench.jsonl"


def main(
    weeks: Annotated[str, typer.Option(help="weeks to compare at")] = "1,2,4",
    limit_s: Annotated[float, typer.Option(help="time limit of a peer")] = 900.0,
    actuals: Annotated[
        Path | None, typer.Option(help="a year of actuals: fidelity and back-test first")
    ] = None,
    spot: Annotated[Path | None, typer.Option(help="day-ahead prices of that year")] = None,
    *,
    skip_year: Annotated[bool, typer.Option("--skip-year", help="compare with peers only")] = False,
) -> None:
    """Measure, print, judge."""
    console = Console(width=130)
    line: dict[str, Any] = {"when": datetime.now(UTC).isoformat(timespec="seconds")}
    met: list[bool] = [] if actuals is None else [_measured_year(actuals, spot)]
    if not skip_year:
        year = _year()
        console.print(year_table(year))
        met += [figure <= TARGETS[name] for name, figure in year_figures(year).items()]
        line["year"] = asdict(year)
    line["opinion"] = opinion = _opinion()
    console.print(opinion_table(opinion))
    met += [difference <= opinion["allowed"] for difference in opinion["difference"].values()]
    line["peers"] = []
    for count in (int(word) for word in weeks.split(",")):
        ours, peers = compare(count, limit_s)
        console.print(peer_table(count, ours, peers, limit_s))
        met += judge(count, ours, peers, limit_s)
        line["peers"].append(
            {"weeks": count, "ours": asdict(ours), **{name: asdict(peer) for name, peer in peers.items()}}
        )
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    console.print(f"{sum(met)} of {len(met)} targets met.")
    sys.exit(0 if all(met) else 1)


def _measured_year(actuals: Path, spot: Path | None) -> bool:
    """Fidelity and back-test in a process of their own: whether every target is met."""
    words = [sys.executable, "-m", "bench.measured_year", "--actuals", str(actuals)]
    words += [] if spot is None else ["--spot", str(spot)]
    return subprocess.run(words, check=False).returncode == 0


def _year() -> Watched:
    with tempfile.TemporaryDirectory() as folder:
        return watch(SCENARIO, Path(folder) / "plan")


def _opinion() -> dict[str, Any]:
    """One week through the command, its MPS file read afresh by another reader."""
    with tempfile.TemporaryDirectory() as folder:
        run = watch(SCENARIO, Path(folder) / "plan", weeks=1)
        scipy = second_opinion(Path(folder) / "plan" / "model" / "stacked.mps.gz")
    ours = run.summary["system_cost_jpy_bn_per_a"]
    return {
        "ours": ours,
        "found": {"scipy linprog": scipy},
        "difference": {"scipy linprog": abs(ours - scipy) / abs(scipy)},
        "allowed": run.summary["gap_system"] + AGREEMENT,
    }


def compare(weeks: int, limit_s: float) -> tuple[Ours, dict[str, Theirs]]:
    """Solve the same weeks with ours and with every method of HiGHS, one after another."""
    inputs, programme = programme_of(SCENARIO, weeks)
    ours = solve_ours(inputs, programme)
    return ours, {
        method: solve_theirs(programme, method, limit_s) for method in ("simplex", "interior point")
    }


def judge(weeks: int, ours: Ours, peers: dict[str, Theirs], limit_s: float) -> list[bool]:
    """Say which targets of a comparison are met."""
    simplex = peers["simplex"]
    found = simplex.objective
    met = [ours.gap <= TARGETS["gap"]]
    if found is not None:
        slack = AGREEMENT * abs(found)
        met.append(ours.lower_bound - slack <= found <= ours.cost + slack)
    if weeks == RATIO_WEEKS:
        met.append(min(simplex.seconds, limit_s) / ours.seconds >= RATIO)
    return met


def year_figures(year: Watched) -> dict[str, float]:
    """Return the figures that have targets."""
    return {"wall_s": year.wall_s, "peak_rss_mb": year.peak_rss_mb, "gap": year.summary["gap"]}


def year_table(year: Watched) -> Table:
    """Full year: time by stage, memory, gap, each against its target."""
    table = Table(title=f"{SCENARIO}, {year.summary['hours']:,} hours, the whole command")
    for name in ("figure", "measured", "target", "share of target"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for stage, seconds in year.stages.items():
        table.add_row(f"  {stage}", f"{seconds:.1f} s", "", "")
    for name, figure in year_figures(year).items():
        target = TARGETS[name]
        table.add_row(name, _plain(figure), f"≤ {_plain(target)}", f"{figure / target:.0%}")
    return table


def opinion_table(opinion: dict[str, Any]) -> Table:
    """Our optimum against whoever reads the file afresh."""
    table = Table(title="One week, model/stacked.mps.gz read afresh [JPY bn/a]")
    for name in ("solver", "system cost", "relative difference", "allowed"):
        table.add_column(name, justify="left" if name == "solver" else "right")
    table.add_row("wattbit", f"{opinion['ours']:.6f}", "", "")
    for name, found in opinion["found"].items():
        table.add_row(name, f"{found:.6f}", f"{opinion['difference'][name]:.1e}", f"{opinion['allowed']:.1e}")
    return table


def peer_table(weeks: int, ours: Ours, peers: dict[str, Theirs], limit_s: float) -> Table:
    """Ours and HiGHS on the same weeks."""
    size = next(iter(peers.values()))
    table = Table(title=f"{weeks} weeks stacked: {size.rows:,} rows, {size.columns:,} columns")
    for name in ("solver", "seconds", "times ours", "system cost [JPY bn/a]", "relative difference"):
        table.add_column(name, justify="left" if name == "solver" else "right")
    table.add_row(f"wattbit (gap {ours.gap:.0e})", f"{ours.seconds:.1f}", "1.0", f"{ours.cost:.6f}", "")
    for method, peer in peers.items():
        least = "≥ " if peer.objective is None and peer.seconds >= limit_s else ""
        found, difference = "no optimum", ""
        if peer.objective is not None:
            found = f"{peer.objective:.6f}"
            difference = f"{abs(ours.cost - peer.objective) / abs(peer.objective):.1e}"
        table.add_row(
            f"HiGHS {method}",
            f"{least}{peer.seconds:.1f}",
            f"{least}{peer.seconds / ours.seconds:.1f}",
            found,
            difference,
        )
    return table


def _plain(figure: float) -> str:
    return f"{figure:.1e}" if figure < 0.01 else f"{figure:,.0f}"


if __name__ == "__main__":
    typer.run(main)
