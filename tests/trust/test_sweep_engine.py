"""Worker processes of a sweep: a death, a leak or a hang is the trouble of one point alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sweep_calls import die, die_once, double, grow, wait_for

from optimizer import run_engine
from optimizer.run_engine import Call, Died, LocalEngine


@contextmanager
def engine(jobs: int = 1, **limits: float) -> Iterator[LocalEngine]:
    started = LocalEngine(jobs, **limits)
    try:
        yield started
    finally:
        started.close()


def all_of(workers: LocalEngine, calls: list[Call]) -> dict[str, object]:
    found: dict[str, object] = {}
    waiting = list(calls)
    while len(found) < len(calls):
        while waiting and workers.room():
            workers.submit(waiting.pop(0))
        found |= {outcome.key: outcome.value for outcome in workers.collect()}
    return found


def test_a_worker_that_dies_is_replaced_and_its_call_made_once_more(tmp_path: Path) -> None:
    """`die` dies twice and is told so; `die_once` (a crash in compiled code) is answered; nobody else notices."""
    with engine(2) as workers:
        calls = [Call(f"double {n}", double, (n,)) for n in range(6)]
        calls[2:2] = [Call("die", die, (1,)), Call("once", die_once, (str(tmp_path / "died"), 7))]
        found = all_of(workers, calls)
    assert found == {f"double {n}": 2 * n for n in range(6)} | {"die": Died("died"), "once": 7}


def test_a_worker_killed_while_it_waits_is_replaced() -> None:
    with engine() as workers:
        assert all_of(workers, [Call("a", double, (1,))]) == {"a": 2}
        os.kill(workers._workers[0].process.pid, signal.SIGKILL)
        workers._workers[0].process.join()
        assert all_of(workers, [Call("b", double, (2,))]) == {"b": 4}


def test_memory_and_time_limits_end_the_call_not_the_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    """400 MB against a limit of 250; 30 s against 2 x 0.1 s and 2 s of grace: without limits both would go on."""
    monkeypatch.setattr(run_engine, "GRACE_S", 2.0)
    monkeypatch.setattr(run_engine, "LOOK_EVERY_S", 0.1)
    with engine(memory_mb=250.0) as workers:
        began = time.monotonic()
        assert all_of(workers, [Call("grow", grow, (400,)), Call("a", double, (1,))]) == {
            "grow": Died("memory"),
            "a": 2,
        }
        assert time.monotonic() - began < 15
    with engine(time_s=0.1) as workers:
        assert all_of(workers, [Call("hang", wait_for, (30.0,)), Call("a", double, (1,))]) == {
            "hang": Died("time"),
            "a": 2,
        }


def test_closing_ends_every_process() -> None:
    with engine(2) as workers:
        workers.submit(Call("long", wait_for, (60.0,)))
        numbers = [worker.process.pid for worker in workers._workers]
    assert not any(psutil.pid_exists(number) for number in numbers)


PARENT = """\
import sys
sys.path[:0] = {paths!r}
from optimizer.run_engine import Call, LocalEngine
from sweep_calls import wait_for
if __name__ == "__main__":
    workers = LocalEngine(1)
    workers.submit(Call("long", wait_for, (60.0,)))
    print(workers._workers[0].process.pid, flush=True)
    workers.collect()
"""


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    here = Path(__file__).resolve()
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(paths=[str(here.parents[2]), str(here.parents[1])]), "utf-8")
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    time.sleep(1.0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 10
    while time.monotonic() < until and _alive(worker):
        time.sleep(0.1)
    assert not _alive(worker)


def _alive(number: int) -> bool:
    try:
        return psutil.Process(number).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
