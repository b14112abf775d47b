"""Sweeps and runs on a Dask cluster: the bytes of one machine, whoever dies."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cluster_toy import (
    Killer,
    Machines,
    fake_anchor_there,
    fake_point_there,
    machines,
    read_length,
    software_elsewhere,
)
from one_area import NOTHING, one_area_pack
from sweep_calls import die, double, wait_for
from sweep_toy import InlineEngine, digests, fake_plan, fakes, silent, with_options

from optimizer import cluster, run_cluster
from optimizer.cli import main
from optimizer.cluster import Crew, Held, Job, Lost, Parcel
from optimizer.cluster_worker import drop
from optimizer.errors import ClusterError
from optimizer.milestones import Programme
from optimizer.run import make_inputs, make_programme, read_asked_pack, run_scenario
from optimizer.run_cluster import ClusterEngine
from optimizer.run_sweep import MakeEngine, run_sweep
from optimizer.run_sweep_check import plan_sweep
from optimizer.run_sweep_plan import SweepOptions, SweepPlan
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions
from optimizer.scenario.sweep import load_sweep
from optimizer.settings import Settings
from optimizer.solve.cluster import ClusterEvaluator
from optimizer.solve.decompose import solve_programme
from optimizer.solve.workers import Evaluator, SerialEvaluator

SWEEP = """\
base: ./scenario.yaml
name: small
grid:
  demand.growth_it_mw: [150, 300]
  grid.headroom_factor: [0.5, 1]
"""
POINTS = 24


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    with machines(tmp_path_factory.mktemp("machines")) as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("small")
    one_area_pack(made, *NOTHING)
    (made / "sweep.yaml").write_text(SWEEP, "utf-8")
    return made


@pytest.fixture
def faked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Points and anchors without solving; no pack to send."""
    monkeypatch.setattr(run_cluster, "solve_point_there", fake_point_there)
    monkeypatch.setattr(run_cluster, "make_anchor_there", fake_anchor_there)
    monkeypatch.setattr(run_cluster, "_pack_parcel", lambda task: None)
    monkeypatch.setattr(run_cluster, "MOST_DEATHS", 1000)


def fake_sweep(place: Path, **options: Any) -> SweepPlan:
    """24 points in three groups."""
    return fake_plan(place, POINTS, 3, **options)


def on(there: Machines) -> MakeEngine:
    """An engine of a cluster; all calls travel, those that make anchors, too."""
    return lambda plan: ClusterEngine(there.address)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The fake sweep on this machine."""
    place = tmp_path_factory.mktemp("alone") / "sweep"
    run_sweep(fake_sweep(place), silent, lambda plan: fakes())
    return digests(place)


def test_a_sweep_from_the_command_line_is_that_of_one_machine(
    folder: Path, there: Machines, tmp_path: Path
) -> None:
    """A pack of our own travels; anchor by period, points by scenario, one point fails: the same bytes, tables included."""
    words = ["sweep", str(folder / "sweep.yaml"), "-o", str(tmp_path / "there"), "--preview", "--lang", "en"]
    assert main([*words, "--json", "--cluster", there.address]) == 7
    plan = plan_sweep(load_sweep(folder / "sweep.yaml"), SweepOptions(tmp_path / "here", preview=True))
    run_sweep(plan, silent, lambda plan: InlineEngine())
    assert digests(tmp_path / "there") == digests(tmp_path / "here")
    for planned in plan.planned:
        ours, theirs = (tmp_path / where / "runs" / planned.id for where in ("here", "there"))
        for file in ["DONE.json", *(f"tables/{path.name}" for path in (ours / "tables").glob("*"))]:
            assert (ours / file).read_bytes() == (theirs / file).read_bytes(), file
    anchors = [sorted((tmp_path / where / "anchors").glob("*.npz")) for where in ("here", "there")]
    assert [one.read_bytes() for one in anchors[0]] == [one.read_bytes() for one in anchors[1]]


@pytest.mark.usefixtures("faked")
@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.full)])
def test_workers_killed_at_random_moments_change_nothing(
    there: Machines, alone: dict[str, str], tmp_path: Path, kills: int
) -> None:
    """As many sweeps as it takes for so many blows to hit."""
    hits, sweeps = 0, 0
    while hits < kills:
        killer, place = Killer(kills - hits, sweeps, there.kill_worker), tmp_path / str(sweeps)
        run_sweep(fake_sweep(place), killer, on(there))
        killer.wait()
        hits, sweeps = hits + killer.hits, sweeps + 1
        assert digests(place) == alone
        assert len(list((place / "runs").iterdir())) == POINTS
    assert hits == kills


@pytest.mark.full
def test_real_points_and_their_anchor_survive_kills(
    folder: Path, there: Machines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight points of two grids of one family: anchors from anchors, six kills, the bytes of one process."""
    monkeypatch.setattr(run_cluster, "MOST_DEATHS", 1000)
    (folder / "more.yaml").write_text(SWEEP + "  weather.year_seed: [1, 2]\n", "utf-8")
    plan = plan_sweep(load_sweep(folder / "more.yaml"), SweepOptions(tmp_path / "here", preview=True))
    run_sweep(plan, silent, lambda plan: InlineEngine())
    killer = Killer(6, 5, there.kill_worker)
    run_sweep(with_options(plan, folder=tmp_path / "there"), killer, on(there))
    killer.wait()
    assert killer.hits >= 2
    assert digests(tmp_path / "there") == digests(tmp_path / "here")


def test_a_call_that_kills_three_workers_is_lost_and_nobody_else_is(there: Machines) -> None:
    crew = Crew(there.address)
    try:
        jobs = [Job(f"double {n}", double, (n,)) for n in range(6)]
        found = crew.all_of([jobs[0], Job("die", die, (1,)), *jobs[1:]])
    finally:
        crew.close()
    assert {key: done.value for key, done in found.items()} == {f"double {n}": 2 * n for n in range(6)} | {
        "die": Lost("died")
    }


def test_a_call_that_hangs_is_ended_and_its_worker_started_anew(there: Machines) -> None:
    """60 s against a patience of 1 s."""
    crew = Crew(there.address)
    try:
        began = time.monotonic()
        found = crew.all_of([Job("hang", wait_for, (60.0,), patience_s=1.0), Job("double", double, (4,))])
    finally:
        crew.close()
    assert (found["hang"].value, found["double"].value) == (Lost("time"), 8)
    assert time.monotonic() - began < 45


def test_a_parcel_travels_once_to_a_worker_and_again_where_it_was_lost(there: Machines) -> None:
    read: list[int] = []

    def content() -> bytes:
        read.append(1)
        return b"twelve bytes"

    parcel = Parcel("some.npz", content)
    crew = Crew(there.address)
    try:
        jobs = [Job(str(n), read_length, (Held("some.npz"), n), (parcel,)) for n in range(8)]
        answers = [done.value for _, done in sorted(crew.all_of(jobs).items())]
        assert answers == [12 + n for n in range(8)]
        assert len(read) <= len(crew.workers)
        crew.on_every(drop, ["some.npz"])
        again = crew.all_of([replace(jobs[0], key="again")])
        assert again["again"].value == 12
    finally:
        crew.close()


@pytest.mark.usefixtures("faked")
@pytest.mark.full
def test_a_scheduler_that_comes_back_in_time_is_used_again(alone: dict[str, str], tmp_path: Path) -> None:
    with machines(tmp_path) as own:

        def again(draw: random.Random) -> bool:
            own.kill_scheduler()
            time.sleep(1.0)
            own.start()
            return True

        killer = Killer(1, 3, again)
        run_sweep(fake_sweep(tmp_path / "s"), killer, on(own))
        killer.wait()
    assert killer.hits == 1
    assert digests(tmp_path / "s") == alone


@pytest.mark.usefixtures("faked")
@pytest.mark.parametrize("restarts", [1, pytest.param(3, marks=pytest.mark.full)])
def test_a_scheduler_that_stays_away_ends_the_command_and_resume_loses_nothing(
    alone: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restarts: int
) -> None:
    monkeypatch.setattr(cluster, "RECONNECT_S", 2.0)
    done: list[int] = []
    with machines(tmp_path) as own:
        for number in range(restarts):
            killer = Killer(1, number, lambda draw: own.kill_scheduler() or True)
            plan = fake_sweep(tmp_path / "s", resume=number > 0)
            with pytest.raises(ClusterError, match="--resume") as ended:
                run_sweep(plan, killer, on(own))
            killer.wait()
            assert ended.value.exit_code == 69
            done.append(len(list((tmp_path / "s" / "runs").iterdir())))
            own.start()
        report = run_sweep(with_options(plan, resume=True), silent, on(own))
    assert 0 < done[0] < POINTS
    assert report.reused == done[-1]
    assert digests(tmp_path / "s") == alone


def programme_of(folder: Path) -> tuple[Programme, Settings]:
    loaded = load_scenario(str(folder / "scenario.yaml"), ())
    options = RunOptions(None, None, False, "en", 4, False, 1)
    inputs = make_inputs(loaded, read_asked_pack(loaded, options), options)
    return make_programme(inputs), inputs.settings


class Killing:
    """An evaluator of whose workers one is killed before every third question, hourly values included."""

    def __init__(self, evaluator: Evaluator, there: Machines) -> None:
        self._evaluator, self._there, self._asked = evaluator, there, 0
        self.kills = 0

    def __getattr__(self, name: str) -> Any:
        if name in ("evaluate", "details", "relaxed"):
            self._asked += 1
            if name == "details" or self._asked % 3 == 0:
                self.kills += self._there.kill_worker(random.Random(self._asked))
        return getattr(self._evaluator, name)


def test_a_year_solved_by_period_is_that_of_one_process_whoever_dies(folder: Path, there: Machines) -> None:
    """Values, duals and bounds, bit for bit; workers die before hourly values are asked, when they know the answers."""
    programme, settings = programme_of(folder)
    here = solve_programme(programme, settings, SerialEvaluator(), silent)
    evaluator = ClusterEvaluator(there.address)
    try:
        killing: Any = Killing(evaluator, there)
        found = solve_programme(programme, settings, killing, silent)
        quiet = solve_programme(programme, settings, evaluator, silent)
        assert evaluator.workers_peak_rss_mb() > 0
    finally:
        evaluator.close()
    assert killing.kills >= 2
    for one in (found, quiet):
        assert one.cost == here.cost
        for name in ("siting", "siting_duals", "siting_value", "dispatch", "dispatch_duals", "baseline"):
            ours, theirs = getattr(here, name), getattr(one, name)
            assert ours.keys() == theirs.keys()
            assert all(np.array_equal(ours[key], theirs[key]) for key in ours), name


def test_a_run_on_a_cluster_is_the_run_on_this_machine(folder: Path, there: Machines) -> None:
    loaded = load_scenario(str(folder / "scenario.yaml"), ())
    options = RunOptions(None, None, True, "en", None, False, 1)
    here = run_scenario(loaded, options, silent).summary
    found = run_scenario(loaded, replace(options, cluster=there.address), silent).summary
    assert {**found, "wall_s": 0, "peak_rss_mb": 0} == {**here, "wall_s": 0, "peak_rss_mb": 0}
    assert found["certificate"]["passed"]


def test_other_versions_are_refused_by_name(there: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = cluster.software()
    monkeypatch.setattr(cluster, "software", _Software(ours | {"highspy": "1.0.0"}))
    with pytest.raises(ClusterError, match=rf"highspy {ours['highspy']} instead of 1\.0\.0"):
        Crew(there.address)


class _Software:
    """Tells one thing here and the truth where it is sent."""

    def __init__(self, here: dict[str, str]) -> None:
        self._here = here

    def __call__(self) -> dict[str, str]:
        return self._here

    def __reduce__(self) -> tuple[Any, ...]:
        return software_elsewhere, ()


def test_a_cluster_that_is_not_there_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 69 where nobody answers or Dask is missing, 2 where the address is none or the words contradict each other."""
    monkeypatch.setattr(cluster, "RECONNECT_S", 1.0)
    words = ["sweep", str(folder / "sweep.yaml"), "-o", str(tmp_path / "s"), "--preview", "--lang", "en"]
    assert main([*words, "--cluster", "tcp://127.0.0.1:9"]) == 69
    assert "no Dask scheduler answers" in capsys.readouterr().err
    assert main([*words, "--cluster", "10.0.0.5"]) == 2
    assert main([*words, "--cluster", "tcp://127.0.0.1:9", "--jobs", "2"]) == 2
    run = ["run", str(folder / "scenario.yaml"), "-o", str(tmp_path / "r"), "--preview"]
    assert main([*run, "--cluster", "tcp://127.0.0.1:9", "--workers", "2"]) == 2
    assert main([*run, "--cluster", "tcp://127.0.0.1:9"]) == 69
    monkeypatch.setitem(sys.modules, "distributed", None)
    capsys.readouterr()
    assert main([*words, "--resume", "--cluster", "tcp://127.0.0.1:9"]) == 69
    assert "requirements-cluster.txt" in capsys.readouterr().err
    assert not any(thread.name.startswith("Dask") and not thread.daemon for thread in threading.enumerate())
