"""A Dask cluster for tests: scheduler and workers as processes of their own, which can be killed and started again."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from sweep_toy import fake_anchor, fake_point

from optimizer.cluster_worker import software
from optimizer.run_points import AnchorResult, AnchorTask, PointResult, PointTask

HERE = Path(__file__).resolve().parent
STARTED_S = 60.0


class Machines:
    """One scheduler and two workers on this machine."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self._folder, self._count = folder, workers
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = int(probe.getsockname()[1])
        self.address = f"tcp://127.0.0.1:{self._port}"
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start scheduler and workers; return when the scheduler listens."""
        words = ["--host", "127.0.0.1", "--port", str(self._port), "--no-dashboard"]
        self._processes = [self._process("dask_scheduler", words)]
        words = [self.address, "--nworkers", str(self._count), "--nthreads", "1", "--no-dashboard"]
        self._processes.append(self._process("dask_worker", [*words, "--local-directory", str(self._folder)]))
        until = time.monotonic() + STARTED_S
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError("the scheduler does not listen")

    def _process(self, module: str, words: list[str]) -> subprocess.Popen[bytes]:
        paths = os.pathsep.join([str(HERE), str(HERE.parent)])
        with (self._folder / f"{module}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *words],
                env=os.environ | {"PYTHONPATH": paths}, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def workers(self) -> list[psutil.Process]:
        """Return the processes that make calls, not their nannies."""
        found = []
        for child in psutil.Process(self._processes[1].pid).children(recursive=True):
            try:
                if "spawn_main" in " ".join(child.cmdline()):
                    found.append(child)
            except psutil.Error:
                continue
        return found

    def kill_worker(self, draw: random.Random) -> bool:
        """End one worker by SIGKILL; tell whether there was one."""
        found = self.workers()
        if found:
            draw.choice(found).kill()
        return bool(found)

    def kill_scheduler(self) -> None:
        """End the scheduler by SIGKILL; its workers are ended, too: they would end by themselves."""
        self._processes[0].kill()
        self.stop()

    def stop(self) -> None:
        """End everything."""
        for process in self._processes:
            children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.kill()
            process.wait()
            for child in children:
                with_no_mercy(child)
        self._processes = []


def with_no_mercy(process: psutil.Process) -> None:
    """End a process that may be gone."""
    try:
        process.kill()
        process.wait(10)
    except psutil.Error:
        return


@contextmanager
def machines(folder: Path, workers: int = 2) -> Iterator[Machines]:
    """Start a cluster, and end it."""
    cluster = Machines(folder, workers)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


class Killer:
    """Hears how a sweep goes on, and kills at random moments after points that are done."""

    def __init__(self, kills: int, seed: int, kill: Any, longest_s: float = 1.0) -> None:
        self._left, self._kill, self._longest_s = kills, kill, longest_s
        self._draw = random.Random(seed)
        self._timer: threading.Timer | None = None
        self.hits = 0

    def __call__(self, stage: str, fields: Mapping[str, Any]) -> None:
        busy = self._timer is not None and self._timer.is_alive()
        if stage == "point" and self._left and not busy:
            self._left -= 1
            self._timer = threading.Timer(self._draw.uniform(0.0, self._longest_s), self._strike)
            self._timer.start()

    def _strike(self) -> None:
        self.hits += bool(self._kill(self._draw))

    def wait(self) -> None:
        """Let the last blow fall."""
        if self._timer is not None:
            self._timer.join()


def fake_point_there(anchor: Path | None, pack: Path | None, task: PointTask) -> PointResult:
    """A point without solving that takes a while."""
    time.sleep(0.15)
    return fake_point(anchor, task)


def fake_anchor_there(source: Path | None, pack: Path | None, task: AnchorTask) -> AnchorResult:
    """An anchor without solving."""
    return fake_anchor(task)


def read_length(file: Path, add: int) -> int:
    """Return how long a file is, and more."""
    return len(file.read_bytes()) + add


def software_elsewhere() -> Any:
    """Return what tells the software of the machine it is unpickled on."""
    return software
