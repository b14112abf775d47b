"""One point of a sweep, from its scenario to its figures: what a worker does, whoever started it.

What a point answers is a function of the point (and of the state its group starts from) alone: not of the
worker, the order, or what the worker did before. Only what was read from files is kept between points.
"""

from __future__ import annotations

import hashlib
import json
import resource
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from optimizer.capture import with_capture_terms
from optimizer.errors import InfeasibleError, InputError, OptimizerError, Problem
from optimizer.inputs.assemble import assemble, scenario_parameters
from optimizer.inputs.candidates import drawn_for, with_sites, year_of_sites
from optimizer.inputs.fibre_tables import with_fibre
from optimizer.inputs.hourly import with_hourly_files
from optimizer.inputs.pack import Pack, find_pack, read_pack
from optimizer.inputs.weather import build_year, read_weather_statistics
from optimizer.milestones import HourlyYear, Inputs
from optimizer.run import judge, make_programme, make_summary, with_names
from optimizer.scenario.load import LoadedScenario
from optimizer.scenario.options import RunOptions
from optimizer.solve.decompose import solve_programme
from optimizer.solve.workers import start_workers

KIB_PER_MIB = 1024.0
BUG = 70
KEPT_PACKS, KEPT_YEARS = 4, 3
"""How much a worker keeps of what it has read: its memory does not grow with the number of points."""


@dataclass(frozen=True)
class PointTask:
    """What a worker needs to know to solve one point."""

    id: str
    """Name of its folder: a hash of everything its answer depends on."""

    number: int
    name: str
    case: str
    axes: Mapping[str, Any]
    loaded: LoadedScenario
    data: str
    """Digest of the pack's files as they were when the sweep was checked."""

    options: RunOptions
    """Weeks and preview; no output, one process."""

    time_limit_s: float | None = None


@dataclass(frozen=True)
class PointResult:
    """What a point answered: its figures and small tables, or why there are none."""

    id: str
    status: str
    """`ok` or `failed`."""

    summary: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    """exit_code, kind, message, message_ja."""

    statistics: Mapping[str, Any] = field(default_factory=dict)
    """wall_s, peak_rss_mb: differ from run to run."""


class Desk:
    """What one process has read: packs and drawn years, the last few of each."""

    def __init__(self) -> None:
        self._packs: OrderedDict[tuple[str, str, str], Pack] = OrderedDict()
        self._years: OrderedDict[tuple[Any, ...], HourlyYear] = OrderedDict()

    def pack(self, loaded: LoadedScenario) -> Pack:
        """Return the scenario's pack with its sites and fibre.

        Raises:
            InputError: faults of the pack, E320 to E349.
        """
        scenario = loaded.scenario
        folder = find_pack(scenario.pack, loaded.folders())
        key = (str(folder.resolve()), scenario.sites, scenario.network.fibre)
        if key not in self._packs:
            pack = with_sites(with_fibre(read_pack(folder), scenario.network.fibre), scenario.sites)
            _keep(self._packs, key, pack, KEPT_PACKS)
        return self._packs[key]

    def year(self, pack: Pack, parameters: pd.DataFrame, seed: int) -> HourlyYear:
        """Return the hourly year of a pack, drawn with a seed and the weather's own parameters."""
        weather = parameters.loc[parameters.index.str.startswith("weather_"), "value"]
        sites = hashlib.sha256("\n".join(map(str, pack.tables["sites"].index)).encode()).hexdigest()
        key = (str(pack.folder.resolve()), sites, seed, tuple(weather.items()))
        if key not in self._years:
            tables = drawn_for(pack).tables
            year = build_year(read_weather_statistics(pack.folder), tables, parameters, seed)
            year = year_of_sites(with_hourly_files(pack.folder, tables, year), pack)
            _keep(self._years, key, year, KEPT_YEARS)
        return self._years[key]

    def inputs(self, loaded: LoadedScenario, options: RunOptions) -> Inputs:
        """Return the inputs of a scenario, as `run.make_inputs` does, with what was read before.

        Raises:
            InputError: what is wrong, located in the scenario's files.
        """
        try:
            pack = self.pack(loaded)
            parameters = scenario_parameters(loaded.scenario, pack)
            year = self.year(pack, parameters, loaded.scenario.weather.year_seed)
            inputs = assemble(loaded.scenario, pack, parameters, year, options)
        except InputError as error:
            raise InputError(loaded.located(error.problems)) from None
        return inputs if inputs.settings.goal == "serve" else with_capture_terms(inputs)


def _keep(store: OrderedDict[Any, Any], key: Any, value: Any, most: int) -> None:
    store[key] = value
    while len(store) > most:
        store.popitem(last=False)


_desk = Desk()
"""What this process has read."""


def data_digest(pack: Pack) -> str:
    """Return the digest of the files a pack was read from."""
    return hashlib.sha256(json.dumps(pack.hashes, sort_keys=True).encode()).hexdigest()


def solve_point(anchor: Any, task: PointTask) -> PointResult:
    """Solve one point; whatever goes wrong is its result, never an exception.

    Args:
        anchor: the state its group starts from; None solves the point afresh.
        task: the point.

    Returns:
        Figures and tables, or status `failed` with the reason.
    """
    started = time.monotonic()
    try:
        summary, tables = _solved(anchor, task)
        result = PointResult(task.id, "ok", summary, tables)
    except Exception as error:  # even a bug in one point is no reason to lose the others
        result = PointResult(task.id, "failed", error=_error(error))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
    statistics = {"wall_s": round(time.monotonic() - started, 2), "peak_rss_mb": round(peak, 1)}
    return replace(result, statistics=statistics)


def _solved(anchor: Any, task: PointTask) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    from optimizer.export.sweep_tables import point_tables

    inputs = point_inputs(task)
    programme = make_programme(inputs)
    evaluator = start_workers(1)
    try:
        solution = solve_programme(programme, inputs.settings, evaluator, _silent)
    except InfeasibleError as error:
        raise InfeasibleError(with_names(str(error), inputs.sites["name_en"])) from None
    finally:
        evaluator.close()
    plan, capture = judge(inputs, solution)
    return make_summary(plan, capture), point_tables(plan, capture)


def point_inputs(task: PointTask) -> Inputs:
    """Return the inputs of a point.

    Raises:
        InputError: E321, files of the pack are not those the sweep was checked with; other faults of inputs.
    """
    if data_digest(_desk.pack(task.loaded)) != task.data:
        folder = task.loaded.scenario.pack
        words = "the data changed while the sweep ran; start it again"
        raise InputError([Problem(folder, "E321", words, "計算中にデータが変わりました。やり直してください")])
    inputs = _desk.inputs(task.loaded, task.options)
    if task.time_limit_s is None:
        return inputs
    return replace(inputs, settings=replace(inputs.settings, time_limit_s=task.time_limit_s))


def _error(error: Exception) -> dict[str, Any]:
    """Return what failed, in both languages; the same words whoever solved the point."""
    kind = type(error).__name__
    if isinstance(error, InputError):
        words, words_ja = ("\n".join(p.line(lang) for p in error.problems) for lang in ("en", "ja"))
        return {"exit_code": error.exit_code, "kind": kind, "message": words, "message_ja": words_ja}
    if isinstance(error, OptimizerError):
        return {"exit_code": error.exit_code, "kind": kind, "message": str(error), "message_ja": ""}
    words = " ".join(f"{kind}: {error}".split())[:400]
    return {"exit_code": BUG, "kind": kind, "message": words, "message_ja": ""}


def _silent(stage: str, fields: Mapping[str, Any]) -> None:
    """Say nothing: a sweep tells one line per point."""
