"""Where a worker solves points of a sweep: what it has read stays on its desk, nothing else does."""

from __future__ import annotations

import hashlib
import json
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.capture import with_capture_terms
from optimizer.errors import ClusterError, InfeasibleError, InputError, LimitError, OptimizerError, Problem
from optimizer.export.sweep_tables import point_tables
from optimizer.inputs.assemble import assemble, scenario_parameters
from optimizer.inputs.candidates import drawn_for, with_sites, year_of_sites
from optimizer.inputs.fibre_tables import with_fibre
from optimizer.inputs.hourly import with_hourly_files
from optimizer.inputs.pack import Pack, find_pack, read_pack
from optimizer.inputs.weather import build_year, read_weather_statistics
from optimizer.milestones import HourlyYear, Inputs, Programme
from optimizer.model.fingerprint import cost_fingerprint, grid_fingerprint
from optimizer.run import compiled_like, judge, make_programme, make_summary, with_names
from optimizer.run_points import AnchorTask, PointTask
from optimizer.run_siting import SitingDesk
from optimizer.scenario.load import LoadedScenario
from optimizer.scenario.options import RunOptions
from optimizer.solve.decompose import solve_programme
from optimizer.solve.pool import Anchor
from optimizer.solve.reuse import anchor_from, enrich, make_anchor, solve_from, solve_from_duals
from optimizer.solve.workers import Evaluator, start_workers

KEPT_PACKS, KEPT_YEARS = 4, 3
"""How much a worker keeps of what it has read: its memory does not grow with the number of points."""


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


class Bench:
    """The grid a worker is at: blocks compiled once, solvers that stay, the state its points start from.

    None of it makes a difference to an answer: solvers forget what they solved before every point.
    """

    def __init__(self) -> None:
        self._grid, self._family = "", ""
        self._programme: Programme | None = None
        self._siting = SitingDesk()
        self._evaluator: Evaluator = start_workers(1)
        self._anchor: tuple[Path | None, Anchor | None] = (None, None)

    def programme(self, inputs: Inputs, grid: str) -> Programme:
        """Return the programme of a point; only its siting problem is compiled where the grid stays.

        Blocks are compiled again only where their matrix or cost differs, not for other demand or weather.
        """
        if self._programme is not None and self._grid == grid:
            return compiled_like(self._programme, inputs, self._siting)
        family = cost_fingerprint(inputs)
        last = self._programme
        blocks = last.blocks if last is not None and self._family == family else None
        self._programme, self._grid, self._family = None, grid, family
        self._evaluator.close()
        self._evaluator = start_workers(1)
        self._programme = make_programme(inputs, self._siting, blocks)
        return self._programme

    @property
    def evaluator(self) -> Evaluator:
        """Solvers of the grid's periods, in this process."""
        return self._evaluator

    def anchor(self, given: Anchor | Path | None) -> Anchor | None:
        """Return the state to start from; a file is read once.

        Raises:
            OptimizerError: the file cannot be read.
        """
        if not isinstance(given, Path):
            return given
        if self._anchor[0] != given:
            try:
                self._anchor = (given, Anchor.load(given))
            except (OSError, ValueError) as error:
                words = f"{error}; delete the folder {given.parent.name} and solve again with --retry-failed"
                raise OptimizerError(words) from None
        return self._anchor[1]


_desk, _bench = Desk(), Bench()
"""What this process has read and compiled."""


def data_digest(pack: Pack) -> str:
    """Return the digest of the files a pack was read from."""
    return hashlib.sha256(json.dumps(pack.hashes, sort_keys=True).encode()).hexdigest()


def solved_point(
    given: Anchor | Path | None, task: PointTask
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Return summary and small tables of a point; see `run_points.solve_point`.

    Raises:
        OptimizerError: whatever is wrong with the input, the programme or the proof.
    """
    inputs = point_inputs(task)
    grid = grid_fingerprint(inputs)
    anchor = _bench.anchor(given)
    with _names_of(inputs), _limit_of(task):
        programme = _bench.programme(inputs, grid)
        asked = (programme, inputs.settings, _bench.evaluator, _silent)
        if anchor is not None and anchor.grid == grid:
            solution = solve_from(anchor, *asked)
        elif anchor is not None and anchor.with_duals and task.family == cost_fingerprint(inputs):
            solution = solve_from_duals(anchor, *asked)
        else:
            solution = solve_programme(*asked)
    plan, capture = judge(inputs, solution)
    return make_summary(plan, capture), point_tables(plan, capture)


def group_anchor(task: AnchorTask) -> Anchor | None:
    """Return the state the points of a group start from; see `run_points.make_group_anchor`.

    The first of its points that can be solved is solved afresh; the others add what they find where they are.
    """
    anchor: Anchor | None = None
    shared = task.workers > 1 or task.cluster is not None
    evaluator = start_workers(task.workers, task.cluster) if shared else None
    try:
        for point in task.points:
            try:
                anchor = _with_point(anchor, task, point, evaluator or _bench.evaluator)
            except ClusterError:
                raise
            except OptimizerError:
                continue
    finally:
        if evaluator is not None:
            evaluator.close()
    return anchor


def _with_point(
    anchor: Anchor | None, task: AnchorTask, point: PointTask, evaluator: Evaluator
) -> Anchor | None:
    inputs = point_inputs(point)
    if grid_fingerprint(inputs) != task.group:
        return anchor
    programme = _bench.programme(inputs, task.group)
    asked = (programme, inputs.settings, evaluator, _silent)
    if anchor is not None:
        return enrich(anchor, *asked)
    source = _bench.anchor(task.source)
    if source is not None and source.with_duals and point.family == cost_fingerprint(inputs):
        return replace(anchor_from(source, *asked)[1], grid=task.group)
    return replace(make_anchor(*asked, keep_duals=task.keep_duals)[1], grid=task.group)


@contextmanager
def _limit_of(task: PointTask) -> Iterator[None]:
    """Name the sweep's limit of time where that, not one of the scenario, ended the search for a proof."""
    started, limit_s = time.monotonic(), task.time_limit_s
    try:
        yield
    except LimitError as error:
        if limit_s is None or time.monotonic() - started < limit_s:
            raise
        reached, reached_ja = str(error).partition("; raise ")[0], error.message_ja.partition("。")[0]
        raise LimitError(
            f"{reached}; raise limits.time_per_point_s ({limit_s:g} s)",
            f"{reached_ja or '証明の途中で停止しました'}。"
            f"limits.time_per_point_s ({limit_s:g} 秒) を大きくしてください",
        ) from None


@contextmanager
def _names_of(inputs: Inputs) -> Iterator[None]:
    """Say the names of sites where a message says their identifiers."""
    try:
        yield
    except InfeasibleError as error:
        raise with_names(error, inputs.sites) from None


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


def _silent(stage: str, fields: Mapping[str, Any]) -> None:
    """Say nothing: a sweep tells one line per point."""
