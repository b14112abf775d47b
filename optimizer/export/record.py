"""What a run folder is written from: one frozen record of everything the run produced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from optimizer.milestones import Capture, Inputs, Plan

if TYPE_CHECKING:
    import geopandas as gpd

Language = Literal["ja", "en"]
LANGUAGES: tuple[Language, ...] = ("en", "ja")

UNSTEADY_KEYS = ("wall_s", "peak_rss_mb")
"""Keys of `summary.json` that differ from run to run: shown in no other file."""


@dataclass(frozen=True)
class RunRecord:
    """One finished run, as `write_run` takes it."""

    plan: Plan
    capture: Capture
    inputs: Inputs
    boundaries: dict[str, gpd.GeoDataFrame]
    """`prefectures` (column site), `grid_areas` (column area), `context` (neighbouring land); EPSG:4326."""

    summary: dict[str, Any]
    """Content of `summary.json`, complete."""

    sources: list[dict[str, Any]]
    """The register of sources, one mapping per table or document."""

    input_files: dict[str, bytes]
    """Copies that go into `inputs/`, by relative path with forward slashes."""

    model_files: dict[str, Path]
    """Files that move into `model/`, by name, e.g. `solver.log`, `stacked.mps.gz`."""

    lang: Language
    generated: datetime
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds per stage, for provenance only."""

    statistics: Callable[[], dict[str, float]] = dict
    """Time and memory of the run so far; asked last, so that `summary.json` counts the writing too."""

    resting: list[dict[str, Any]] = field(default_factory=list)
    """Lines of cost and capture with the figures they rest on and their grades, for provenance."""

    @property
    def steady_summary(self) -> dict[str, Any]:
        """The summary without the figures that differ from run to run."""
        return {key: value for key, value in self.summary.items() if key not in UNSTEADY_KEYS}
