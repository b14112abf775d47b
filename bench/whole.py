"""The whole command, watched from outside: wall time by stage, memory of all its processes, gap."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil

STAGES = ("inputs", "compile", "solve", "analyse", "write")
SAMPLING_S = 0.1


@dataclass(frozen=True)
class Watched:
    """What one run took."""

    wall_s: float
    """From starting Python to its end."""

    stages: dict[str, float]
    """Seconds in `start` (imports, scenario) and each of `STAGES`; they add up to `wall_s`."""

    peak_rss_mb: float
    """Largest sum over the command's processes at one moment; shared pages count once per process."""

    summary: dict[str, Any]
    """Content of `summary.json`."""


def watch(scenario: str, folder: Path, weeks: int | None = None) -> Watched:
    """Run a scenario into a new folder and measure it.

    Args:
        scenario: name of a shipped scenario.
        folder: run folder to write.
        weeks: evenly spaced weeks to solve, keeping the stacked programme; None for the year.

    Raises:
        RuntimeError: the run failed; its last words.
    """
    words = [sys.executable, "-m", "bench.year", scenario, str(folder)]
    started = time.time()
    words += [] if weeks is None else [str(weeks)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        peak = 0.0
        while child.poll() is None:
            peak = max(peak, _memory_mb(child.pid))
            time.sleep(SAMPLING_S)
        ended = time.time()
        told, complaint = child.communicate()
    if child.returncode != 0:
        raise RuntimeError(complaint.strip()[-2000:])
    report = json.loads(told.splitlines()[-1])
    edges = [started, *(report["began"][stage] for stage in STAGES), ended]
    spans = [after - before for before, after in pairwise(edges)]
    return Watched(
        ended - started, dict(zip(("start", *STAGES), spans, strict=True)), peak, report["summary"]
    )


def _memory_mb(pid: int) -> float:
    """Memory of a process and all it started, now. [MB]"""
    total = 0.0
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return total
    for member in family:
        try:
            total += member.memory_info().rss / 2**20
        except psutil.NoSuchProcess:
            continue
    return total
