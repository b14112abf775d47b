"""What a user may ask of one run besides the scenario: where to write, how much to solve, how to speak."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ProgressCallback = Callable[[str, Mapping[str, Any]], None]
"""Called as `progress(stage, fields)`. Stage `bounds` carries one row of `Solution.bounds`
(iteration, lower_jpy_bn_per_a, upper_jpy_bn_per_a, gap_plan, elapsed_s); any other stage is
announced by its name."""


@dataclass(frozen=True)
class RunOptions:
    """Options of one run; `None` leaves the choice to the scenario or to the run."""

    output: Path | None
    """Run folder to write; `None` writes nothing."""

    goal: str | None
    """Goal asked for on the command line, already merged into the scenario by the loader."""

    preview: bool
    """Solve representative days only; bounds then speak of that reduced year."""

    lang: str
    """Language of the printed plan: `ja` or `en`. Files always carry both."""

    weeks: int | None
    """Number of evenly spaced weeks to solve instead of the full year."""

    keep_model: bool
    """Write the stacked linear program as `model/stacked.mps.gz`."""

    workers: int | None
    """Worker processes, instead of the scenario's `solve.workers`."""

    cluster: str | None = None
    """Address of a Dask scheduler whose workers solve the periods instead."""
