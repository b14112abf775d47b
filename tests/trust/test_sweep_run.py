"""Sweeps of a real, small country: from the command line to the files, with anchors, shards and failures."""

from __future__ import annotations

import hashlib
import json
import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from one_area import NOTHING, one_area_pack
from sweep_toy import InlineEngine, digests, silent, with_options

from optimizer.analyse.compare import compare_runs
from optimizer.cli import main
from optimizer.export.sweep_folder import read_done
from optimizer.run_points import solve_point
from optimizer.run_sweep import merge_sweeps, run_sweep
from optimizer.run_sweep_check import plan_sweep
from optimizer.run_sweep_plan import SweepOptions, SweepPlan
from optimizer.scenario.compared import read_compared
from optimizer.scenario.sweep import load_sweep

SWEEP = """\
base: ./scenario.yaml
name: small
grid:
  demand.growth_it_mw: [150, 300]
  grid.headroom_factor: [0.5, 1]
"""
"""Four points of one grid; 300 MW on half the headroom cannot be served, as nothing may be reinforced."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("small")
    one_area_pack(made, *NOTHING)
    (made / "sweep.yaml").write_text(SWEEP, "utf-8")
    return made


@pytest.fixture(scope="module")
def plan(folder: Path) -> SweepPlan:
    return plan_sweep(load_sweep(folder / "sweep.yaml"), SweepOptions(folder / "whole", preview=True))


@pytest.fixture(scope="module")
def whole(folder: Path) -> Path:
    """The sweep as a user runs it: a spawned worker, files on disk; exit code 7 as one point fails."""
    words = [
        "sweep",
        str(folder / "sweep.yaml"),
        "-o",
        str(folder / "whole"),
        "--preview",
        "--lang",
        "en",
        "--json",
    ]
    assert main(words) == 7
    return folder / "whole"


def test_from_the_command_line_to_the_files(whole: Path) -> None:
    """With nothing to build but halls, twice the load costs twice as much, to a percent (fuel gets dearer)."""
    results = pd.read_parquet(whole / "results.parquet")
    assert results["status"].tolist() == ["ok", "ok", "failed", "ok"]
    assert results["demand.growth_it_mw"].tolist() == [150, 150, 300, 300]
    assert results["it_mw_built"][3] == pytest.approx(2 * results["it_mw_built"][1])
    cost = results["cost_jpy_bn_per_a"]
    assert cost[3] == pytest.approx(2 * cost[1], rel=0.01)
    assert (results["gap"].dropna() <= 1e-4).all()
    failures = pd.read_csv(whole / "failures.csv", encoding="utf-8-sig")
    assert failures["exit_code"].tolist() == [4]
    assert "headroom" in failures["message"][0]
    point = whole / "runs" / str(results["id"][0])
    assert sorted(path.name for path in (point / "tables").iterdir()) == [
        f"{name}.parquet" for name in ("areas", "capture", "flows", "interties", "options", "prices", "sites", "stack")
    ]  # fmt: skip
    assert pd.read_parquet(point / "tables" / "sites.parquet")["it_mw"].sum() == pytest.approx(
        results["it_mw_built"][0]
    )
    assert len(list((whole / "anchors").glob("*.npz"))) == 1


def test_a_point_keeps_what_it_was_asked(folder: Path, whole: Path, plan: SweepPlan, tmp_path: Path) -> None:
    """The scenario as resolved and the hashes of its data; against a run of it nothing has changed."""
    planned = plan.planned[0]
    asked = json.loads((whole / "runs" / planned.id / "asked.json").read_text("utf-8"))
    assert asked["scenario"] == plan.points.scenario(planned.point).resolved
    assert asked["scenario"]["demand"]["growth_it_mw"] == 150
    assert hashlib.sha256(json.dumps(asked["hashes"], sort_keys=True).encode()).hexdigest() == planned.data
    assert len(read_done(whole, [planned.id])) == 1  # asked.json is in its manifest
    sets = ["--set", "demand.growth_it_mw=150", "--set", "grid.headroom_factor=0.5"]
    run = tmp_path / "run"
    assert main(["run", str(folder / "scenario.yaml"), *sets, "--preview", "-o", str(run)]) == 0
    others = [whole / "runs" / one.id for one in (planned, plan.planned[1])]
    inputs = compare_runs(read_compared([run, *others])).inputs
    assert inputs[["kind", "name", "state"]].to_numpy().tolist() == [
        ["scenario", "grid.headroom_factor", "differs"]
    ]


def test_a_point_from_its_anchor_is_the_point_solved_afresh(whole: Path, plan: SweepPlan) -> None:
    """Upper bounds of one optimum, each within 1e-4 of the plan's cost above it; same capacity in all."""
    results = pd.read_parquet(whole / "results.parquet").set_index("id")
    planned = plan.planned[3]
    fresh = solve_point(None, plan.task(planned))
    for figure, allowed in (("cost_jpy_bn_per_a", 1e-4), ("it_mw_built", 1e-6)):
        assert results.loc[planned.id, figure] == pytest.approx(fresh.summary[figure], rel=allowed)


def test_shards_solved_elsewhere_in_another_order_are_the_whole(
    folder: Path, whole: Path, plan: SweepPlan
) -> None:
    """One process instead of a spawned one, points backwards, two shards: the same bytes, tables included."""
    for k in (1, 2):
        shard = with_options(plan, folder=folder / f"shard{k}", shard=(k, 2))
        run_sweep(shard, silent, lambda plan: InlineEngine(order=lambda calls: calls[::-1]))
    report = merge_sweeps([folder / "shard1", folder / "shard2"], folder / "joined")
    assert (report.ok, report.failed, report.missing) == (3, 1, 0)
    assert digests(folder / "joined") == digests(whole)
    assert (folder / "joined" / "compare.html").read_bytes() == (whole / "compare.html").read_bytes()
    for planned in plan.planned:
        ours, theirs = (place / "runs" / planned.id for place in (whole, folder / "joined"))
        for file in [
            "DONE.json",
            "asked.json",
            *(f"tables/{path.name}" for path in (ours / "tables").glob("*")),
        ]:
            assert (ours / file).read_bytes() == (theirs / file).read_bytes(), file


FAMILIES = """\
base: ./scenario.yaml
name: families
grid:
  parameters.background_demand_ratio: [1, 1.02]
  weather.year_seed: [1, 2]
  grid.headroom_factor: [1, 1.5]
  grid.co2_price_jpy_per_t: [3000, 5000]
"""


@pytest.mark.full
def test_points_of_other_weather_demand_and_fuel_are_those_solved_afresh(
    folder: Path, tmp_path: Path
) -> None:
    """Eight grids of two families: every point within the gap of a fresh solve, in any order the same bytes."""
    (folder / "families.yaml").write_text(FAMILIES, "utf-8")
    plan = plan_sweep(load_sweep(folder / "families.yaml"), SweepOptions(tmp_path / "a", preview=True))
    assert (len(plan.groups()), len({planned.family for planned in plan.planned})) == (8, 2)
    run_sweep(plan, silent, lambda plan: InlineEngine())
    turned = with_options(plan, folder=tmp_path / "b")
    run_sweep(turned, silent, lambda plan: InlineEngine(order=lambda calls: calls[::-1]))
    assert digests(tmp_path / "a") == digests(tmp_path / "b")
    results = pd.read_parquet(tmp_path / "a" / "results.parquet").set_index("id")
    for planned in plan.planned:
        fresh = solve_point(None, plan.task(planned)).summary["cost_jpy_bn_per_a"]
        assert results.loc[planned.id, "cost_jpy_bn_per_a"] == pytest.approx(fresh, rel=1e-4)


def test_resume_retries_failed_points_only_if_asked(
    folder: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(whole)
    words = ["sweep", str(folder / "sweep.yaml"), "-o", str(whole), "--preview", "--lang", "en", "--json"]
    assert main(words) == 2
    assert "--resume" in capsys.readouterr().err
    assert main([*words, "--resume"]) == 7
    told = json.loads(capsys.readouterr().out)
    assert (told["points"], told["ok"], told["failed"], told["reused"]) == (4, 3, 1, 4)
    assert digests(whole) == before


def test_a_dry_run_counts_and_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sweep", str(folder / "sweep.yaml"), "-o", str(folder / "dry"), "--preview", "--dry-run"]
    assert main([*words, "--lang", "ja", "--shard", "2/3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 点（全 4 点のうち）"
    assert lines[1] == "グループ 1"
    assert not (folder / "dry").exists()
    for bad in ("0/2", "3/2", "1", "a/b"):
        assert main([*words, "--shard", bad]) == 2


def test_data_that_change_while_a_sweep_runs_are_noticed(plan: SweepPlan) -> None:
    task = replace(plan.task(plan.planned[0]), data="another digest")
    answer = solve_point(None, task)
    assert answer.error is not None
    assert (answer.error["exit_code"], "the data changed" in answer.error["message"]) == (3, True)


def test_whatever_breaks_in_a_point_is_its_result(plan: SweepPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    from optimizer import run_desk

    def broken(*given: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(run_desk, "judge", broken)
    answer = solve_point(None, plan.task(plan.planned[0]))
    assert answer.status == "failed"
    assert answer.error == {
        "exit_code": 70,
        "kind": "ZeroDivisionError",
        "message": "ZeroDivisionError: a bug",
        "message_ja": "",
    }


STOPPED = (
    "stopped without proof: lower bound 8, upper bound 9 JPY bn/a; raise solve.max_iterations or solve.time_limit_s",
    "証明の途中で停止しました: 下界 8、上界 9 十億円/年。solve.max_iterations か solve.time_limit_s を大きくしてください",
)


@pytest.mark.parametrize(
    ("limit_s", "told", "told_ja"),
    [
        (
            0.0,
            "stopped without proof: lower bound 8, upper bound 9 JPY bn/a; raise limits.time_per_point_s (0 s)",
            "証明の途中で停止しました: 下界 8、上界 9 十億円/年。limits.time_per_point_s (0 秒) を大きくしてください",
        ),
        (1000.0, *STOPPED),
        (None, *STOPPED),
    ],
)
def test_the_limit_that_struck_is_named(
    plan: SweepPlan,
    monkeypatch: pytest.MonkeyPatch,
    limit_s: float | None,
    told: str,
    told_ja: str,
) -> None:
    """A sweep's own limit of 0 s is over; of 1,000 s it is not, so the scenario's limit of iterations was it."""
    from optimizer import run_desk
    from optimizer.errors import LimitError

    def stopped(*given: Any) -> None:
        raise LimitError(*STOPPED)

    monkeypatch.setattr(run_desk, "solve_programme", stopped)
    answer = solve_point(None, replace(plan.task(plan.planned[0]), time_limit_s=limit_s))
    assert answer.error == {"exit_code": 5, "kind": "LimitError", "message": told, "message_ja": told_ja}


@pytest.mark.parametrize(("count", "settled"), [(5, 3), pytest.param(1000, 50, marks=pytest.mark.full)])
def test_a_worker_does_not_grow_with_the_number_of_points(plan: SweepPlan, count: int, settled: int) -> None:
    """Real points of one grid, one after another in this process: less than 5 % growth after the first ones."""
    task = plan.task(plan.planned[0])
    early = 0.0
    for number in range(count):
        assert solve_point(None, task).status == "ok"
        if number + 1 == settled:
            early = _rss_mb()
    assert _rss_mb() < 1.05 * early


def _rss_mb() -> float:
    """Memory now, not the peak. [MB]"""
    pages = int(Path("/proc/self/statm").read_text("utf-8").split()[1])
    return pages * resource.getpagesize() / 2**20
