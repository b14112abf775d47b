"""The folder of a sweep: killed at any moment, cut, corrupted, sharded or resumed, it ends with the same bytes."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sweep_toy import (
    RESULTS,
    InlineEngine,
    digests,
    fake_anchor,
    fake_plan,
    fake_point,
    fakes,
    silent,
    with_options,
)

from optimizer.errors import InputError, InterruptedSweepError, LockedError, UsageError
from optimizer.export.folder import locked
from optimizer.export.sweep_folder import read_done
from optimizer.run_engine import Died, Outcome
from optimizer.run_groups import anchor_points
from optimizer.run_points import PointResult, make_group_anchor, solve_point
from optimizer.run_sweep import merge_sweeps, run_sweep

VICTIM = Path(__file__).parents[1] / "sweep_victim.py"
COUNT = 20


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A sweep of twenty points nobody disturbed; points 7 and 14 fail."""
    report = run_sweep(fake_plan(tmp_path / "whole", COUNT), silent, lambda plan: fakes())
    assert (report.points, report.ok, report.failed, report.missing) == (20, 18, 2, 0)
    return tmp_path / "whole"


def killed(folder: Path, rounds: int, seed: int, kind: str) -> dict[str, Any]:
    words = [sys.executable, str(VICTIM), str(folder), str(rounds), str(seed), kind]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=1800)
    answer: dict[str, Any] = json.loads(done.stdout)
    assert done.stderr == ""
    return answer


@pytest.mark.parametrize(
    ("rounds", "kind"),
    [
        (12, "inline"),
        pytest.param(200, "inline", marks=pytest.mark.full),
        pytest.param(20, "processes", marks=pytest.mark.full),
    ],
)
def test_killed_at_random_moments_loses_and_doubles_nothing(
    whole: Path, tmp_path: Path, rounds: int, kind: str
) -> None:
    """SIGKILL to the whole process group; counterfactual: no point that is done is ever begun again."""
    found = killed(tmp_path / "victim", rounds, 20261122, kind)
    assert found["hits"] >= rounds // 3
    assert (found["code"], found["again"], found["runs"], found["done"], found["left"]) == (
        0,
        0,
        COUNT,
        COUNT,
        [],
    )
    assert found["digests"] == digests(whole)


def test_killed_before_anything_was_written_is_begun_again(tmp_path: Path) -> None:
    """Found by the kills: only `runs` and a draft of ours in the folder; a stranger's file is refused."""
    for name in (".writing-abc", "runs/.0123456789abcdef.writing-xyz", "anchors/.group1.npz.tmp"):
        (tmp_path / "s" / name).mkdir(parents=True)
    run_sweep(fake_plan(tmp_path / "s", 3), silent, lambda plan: fakes())
    assert not list((tmp_path / "s").rglob(".*"))
    (tmp_path / "t").mkdir()
    (tmp_path / "t" / ".git").mkdir()
    with pytest.raises(UsageError, match="not empty"):
        run_sweep(fake_plan(tmp_path / "t", 3), silent, lambda plan: fakes())


def test_order_and_batches_make_no_difference(whole: Path, tmp_path: Path) -> None:
    for name, engine in {
        "reversed": fakes(order=lambda calls: calls[::-1]),
        "one": fakes(room=1),
        "any": fakes(order=lambda calls: random.Random(len(calls)).sample(calls, len(calls))),
    }.items():
        run_sweep(fake_plan(tmp_path / name, COUNT), silent, lambda plan, engine=engine: engine)
        assert digests(tmp_path / name) == digests(whole), name
        assert runs_of(tmp_path / name) == runs_of(whole)


def runs_of(folder: Path, *without: str) -> dict[str, str]:
    """Return the SHA-256 of every file of every point, statistics (and the manifest that names them) left out."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((folder / "runs").rglob("*"))
        if path.is_file() and path.name not in ("statistics.json", "MANIFEST.sha256")
        and path.relative_to(folder).parts[1] not in without
    }  # fmt: skip


@pytest.mark.parametrize("count", [2, 3, 7])
def test_shards_merged_are_the_whole(whole: Path, tmp_path: Path, count: int) -> None:
    shards = [tmp_path / f"shard{k}" for k in range(1, count + 1)]
    for k, shard in enumerate(shards, start=1):
        report = run_sweep(fake_plan(shard, COUNT, shard=(k, count)), silent, lambda plan: fakes())
        assert report.missing == COUNT - len(range(k, COUNT + 1, count))
    report = merge_sweeps(shards[:-1], tmp_path / "joined")
    assert report.missing == len(range(count, COUNT + 1, count))
    assert merge_sweeps(shards, tmp_path / "joined").missing == 0
    assert digests(tmp_path / "joined") == digests(whole)
    assert runs_of(tmp_path / "joined") == runs_of(whole)


def test_folders_of_different_sweeps_are_not_merged(whole: Path, tmp_path: Path) -> None:
    run_sweep(fake_plan(tmp_path / "other", 4), silent, lambda plan: fakes())
    with pytest.raises(InputError, match=r"E375  another sweep than that of .*: points differ"):
        merge_sweeps([whole, tmp_path / "other"], tmp_path / "joined")
    with pytest.raises(InputError, match=r"E315  not the folder of a sweep"):
        merge_sweeps([tmp_path], tmp_path / "joined")


def test_failure_of_one_point_leaves_the_others_as_they_are(whole: Path, tmp_path: Path) -> None:
    plan = fake_plan(tmp_path / "one", COUNT)
    victim = plan.planned[9].id

    def failing(anchor: Any, task: Any) -> Any:
        if task.id == victim:
            return Died("memory")
        return fake_point(anchor, task)

    engine = fakes()
    engine._instead = {**engine._instead, solve_point: failing}
    report = run_sweep(plan, silent, lambda plan: engine)
    assert report.failed == 3
    assert runs_of(tmp_path / "one", victim) == runs_of(whole, victim)
    failures = pd.read_csv(tmp_path / "one" / "failures.csv", encoding="utf-8-sig")
    assert failures["number"].tolist() == [7, 10, 14]
    assert "memory_per_point_mb" in failures["message"][1]
    rows = pd.read_parquet(tmp_path / "one" / "results.parquet").set_index("number")
    others = pd.read_parquet(whole / "results.parquet").set_index("number")
    pd.testing.assert_frame_equal(rows.drop(10), others.drop(10))
    assert rows.loc[10, "status"] == "failed"
    assert pd.isna(rows.loc[10, "cost_jpy_bn_per_a"])
    again = fakes()
    report = run_sweep(with_options(plan, retry_failed=True), silent, lambda plan: again)
    assert sorted(again.made) == sorted([plan.planned[6].id, victim, plan.planned[13].id])
    assert digests(tmp_path / "one") == digests(whole)


FAULTS = {
    "cut": lambda run: (run / "DONE.json").write_text((run / "DONE.json").read_text("utf-8")[:40], "utf-8"),
    "empty": lambda run: (run / "DONE.json").write_bytes(b""),
    "changed": lambda run: (run / "DONE.json").write_text(
        (run / "DONE.json").read_text("utf-8").replace('"ok"', '"failed"'), "utf-8"
    ),
    "table cut": lambda run: (run / "tables/sites.parquet").write_bytes(b"PAR1"),
    "table gone": lambda run: (run / "tables/sites.parquet").unlink(),
    "no manifest": lambda run: (run / "MANIFEST.sha256").unlink(),
    "another's": lambda run: shutil.copytree(run, run.with_name("f" * 16)) and shutil.rmtree(run),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_point_that_is_not_whole_is_done_again(whole: Path, tmp_path: Path, fault: str) -> None:
    before, plan = digests(whole), fake_plan(whole, COUNT, resume=True)
    FAULTS[fault](whole / "runs" / plan.planned[4].id)
    (whole / "runs" / f".{plan.planned[5].id}.writing-killed").mkdir()
    engine = fakes()
    report = run_sweep(plan, silent, lambda plan: engine)
    assert (engine.made, report.reused) == ([plan.planned[4].id], 19)
    assert digests(whole) == before
    assert not list(whole.rglob(".*"))


def test_an_anchor_that_is_not_whole_is_made_again(whole: Path) -> None:
    before, plan = digests(whole), fake_plan(whole, COUNT, resume=True)
    for planned in plan.planned[:2]:  # one of each group
        shutil.rmtree(whole / "runs" / planned.id)
    file = whole / "anchors" / "group1.npz"
    file.write_bytes(file.read_bytes()[:100])
    engine = fakes()
    run_sweep(plan, silent, lambda plan: engine)
    assert engine.made.count("group1") == 1
    assert "group0" not in engine.made
    assert digests(whole) == before


def test_groups_of_a_family_start_from_the_first_and_of_another_do_not(tmp_path: Path) -> None:
    """Groups A (2 points), B (1), C (2) of family f, D (1) of g: A keeps its duals, B and C start from it, D from nothing."""
    plan = fake_plan(tmp_path / "s", 6)
    groups, families = ("A", "A", "B", "C", "C", "D"), ("f", "f", "f", "f", "f", "g")
    planned = tuple(
        replace(one, group=group, family=family)
        for one, group, family in zip(plan.planned, groups, families, strict=True)
    )
    tasks: dict[str, Any] = {}
    started: dict[int, str] = {}

    def anchor(task: Any) -> Any:
        tasks[task.group] = task
        return fake_anchor(task)

    def point(path: Path | None, task: Any) -> Any:
        started[task.number] = path.stem if path else ""
        return fake_point(path, task)

    engine = InlineEngine(instead={make_group_anchor: anchor, solve_point: point})
    run_sweep(replace(plan, planned=planned), silent, lambda plan: engine)
    assert list(tasks) == ["A", "C"]
    assert (tasks["A"].keep_duals, tasks["A"].source) == (True, None)
    assert (tasks["C"].keep_duals, tasks["C"].source) == (
        False,
        (tmp_path / "s" / "anchors" / "A.npz").resolve(),
    )
    assert started == {1: "A", 2: "A", 3: "A", 4: "C", 5: "C", 6: ""}
    alone = with_options(replace(plan, planned=planned), folder=tmp_path / "t", shard=(3, 6))
    again = fakes()
    run_sweep(alone, silent, lambda plan: again)
    assert again.made == ["A", planned[2].id], "a shard makes what its one point starts from"


def test_far_points_are_the_corners_of_the_axes(tmp_path: Path) -> None:
    """On a line of 9 points there is room for two far ones: the other end, then the middle."""
    group = fake_plan(tmp_path / "s", 9, groups=1).planned
    line = [replace(one, point=replace(one.point, axes={"x": one.point.axes["x"]})) for one in group]
    assert [one.point.number for one in anchor_points(line)] == [1, 9, 5]
    assert [one.point.number for one in anchor_points(line[:4])] == [1]


def test_what_is_there_is_not_overwritten(whole: Path) -> None:
    with pytest.raises(UsageError, match="--resume"):
        run_sweep(fake_plan(whole, COUNT), silent, lambda plan: fakes())
    engine = fakes()
    report = run_sweep(fake_plan(whole, COUNT, resume=True), silent, lambda plan: engine)
    assert (engine.made, report.reused) == ([], 20)
    with locked(whole), pytest.raises(LockedError):
        run_sweep(fake_plan(whole, COUNT, resume=True), silent, lambda plan: fakes())


class Interrupted(InlineEngine):
    """Ctrl-C after five calls."""

    def collect(self) -> list[Outcome]:
        if len(self.made) == 5:
            raise KeyboardInterrupt
        return super().collect()


def test_interrupted_keeps_what_is_done(whole: Path, tmp_path: Path) -> None:
    """One of the five calls made the first anchor, four are points."""
    plan = fake_plan(tmp_path / "s", COUNT)
    with pytest.raises(InterruptedSweepError, match=r"4 of 20 points are saved .* --resume") as stopped:
        run_sweep(plan, silent, lambda plan: Interrupted(instead=fakes()._instead))
    assert stopped.value.exit_code == 130
    assert len(read_done(tmp_path / "s", [planned.id for planned in plan.planned])) == 4
    run_sweep(with_options(plan, resume=True), silent, lambda plan: fakes())
    assert digests(tmp_path / "s") == digests(whole)


def test_results_hold_axes_figures_and_no_live_formula(whole: Path) -> None:
    results = pd.read_parquet(whole / "results.parquet")
    assert results.columns.tolist() == [
        "number",
        "name",
        "id",
        "case",
        "status",
        "x",
        "kind",
        "cost_jpy_bn_per_a",
        "start",
    ]
    assert results["number"].tolist() == list(range(1, 21))
    assert results["x"].tolist() == [n / 2 for n in range(1, 21)]
    assert results["cost_jpy_bn_per_a"][3] == 2 / 3
    text = (whole / "results.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    assert b'"\'=even"' in text
    book = openpyxl.load_workbook(whole / "summary.xlsx")
    assert book.sheetnames == ["Sweep", "Results", "Failures"]
    kinds = {cell.value: cell.data_type for row in book["Results"].iter_rows() for cell in row}
    assert kinds["=even"] == "s"
    assert [row[7].value for row in book["Failures"].iter_rows(min_row=2)] == ["=cannot"] * 2
    assert {row[7].data_type for row in book["Failures"].iter_rows(min_row=2)} == {"s"}
    statistics = pd.read_csv(whole / "statistics.csv", encoding="utf-8-sig")
    assert statistics.columns.tolist() == ["number", "name", "id", "wall_s", "peak_rss_mb"]
    assert set(RESULTS) | {"statistics.csv", "sweep.json", "sweep.yaml", "runs", "anchors"} == {
        path.name for path in whole.iterdir()
    }


def test_a_sweep_where_everything_fails_still_ends(tmp_path: Path) -> None:
    def never(anchor: Any, task: Any) -> PointResult:
        return PointResult(
            task.id, "failed", error={"exit_code": 5, "kind": "LimitError", "message": "m", "message_ja": ""}
        )

    engine = fakes()
    engine._instead = {**engine._instead, solve_point: never}
    report = run_sweep(fake_plan(tmp_path / "s", 3), silent, lambda plan: engine)
    assert (report.ok, report.failed) == (0, 3)
    assert pd.read_parquet(tmp_path / "s" / "results.parquet")["status"].tolist() == ["failed"] * 3
