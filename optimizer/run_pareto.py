"""A front: the least cost of so much of an aim, point by point, each certified, from one pool of cuts."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.analyse.pareto import (
    AXES,
    Axis,
    Point,
    area_table,
    drawn_gwh,
    front_table,
    missed_by,
    place_of,
    price_of,
    reached_by,
    violation,
)
from optimizer.errors import InfeasibleError, InputError, UsageError
from optimizer.export.front_folder import FrontRecord
from optimizer.export.provenance import version_of
from optimizer.milestones import Array, Inputs, Plan, Programme, Solution
from optimizer.model.fingerprint import grid_fingerprint
from optimizer.run import compiled_like, judge, make_programme, with_names, write_lock
from optimizer.run_desk import Desk
from optimizer.run_ranges import refuse_what_has_no_cost
from optimizer.scenario.load import LoadedScenario, load_scenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.solve.pool import Anchor
from optimizer.solve.reach import largest_capture, largest_share
from optimizer.solve.reuse import enrich, make_anchor, solve_from
from optimizer.solve.workers import Evaluator, start_workers

LEAST_CAPTURE = 0.0001
"""The least share the scenario schema takes: it asks for nothing."""

SHORT_OF_REACH = 1e-5
"""The last point of capture asks for so much less than the most there can be. [1]"""


@dataclass(frozen=True)
class FrontOptions:
    """What the command line asks."""

    axis: str
    points: int
    begin: float | None
    """First value of the scenario's key; None finds it."""

    end: float | None
    sets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Solved:
    """One solved scenario."""

    asked: float | None
    inputs: Inputs
    programme: Programme
    solution: Solution
    plan: Plan
    start: str


class Line:
    """Scenarios of one axis, solved one after another; those of one grid start from one pool of cuts."""

    def __init__(
        self, name: str, options: FrontOptions, run: RunOptions, tools: tuple[Evaluator, ProgressCallback]
    ) -> None:
        self.axis, self._name, self._options, self._run = AXES[options.axis], name, options, run
        self._evaluator, self._progress = tools
        self._desk = Desk()
        self._programmes: dict[str, Programme] = {}
        self._anchors: dict[str, Anchor] = {}

    def loaded(self, asked: float | None) -> LoadedScenario:
        """Return the scenario that asks for so much; None for nothing."""
        return load_scenario(self._name, (*self._options.sets, *self._asking(asked)))

    def _asking(self, asked: float | None) -> tuple[str, ...]:
        axis = self.axis
        if axis.name == "capture":
            value = LEAST_CAPTURE if asked is None else asked
            return ("goal=capture", f"{axis.key}={value:.12g}")
        nothing = "null" if axis.name == "co2" else "0"
        matching = ("clean.matching=annual",) if axis.name == "clean" and self.turned_on() else ()
        return (*matching, f"{axis.key}={nothing if asked is None else format(asked, '.12g')}")

    def turned_on(self) -> bool:
        """Tell whether the axis is clean power and the scenario itself matches none: then by the year."""
        scenario = load_scenario(self._name, self._options.sets).scenario
        return self.axis.name == "clean" and scenario.clean.matching == "none"

    def inputs(self, asked: float | None) -> Inputs:
        """Return the inputs of a point."""
        loaded = self.loaded(asked)
        try:
            return self._desk.inputs(loaded, self._run)
        except InputError as error:
            raise InputError(loaded.located(error.problems)) from None

    def solve(self, asked: float | None, explore: bool = False) -> Solved:
        """Solve a point, from the cuts of its grid where there are any.

        Args:
            asked: value of the scenario's key; None for nothing.
            explore: keep what it finds for the points to come.
        """
        inputs = self.inputs(asked)
        grid = grid_fingerprint(inputs)
        try:
            programme = self._programme(inputs, grid)
            tools = (programme, inputs.settings, self._evaluator, self._progress)
            start = "shared" if grid in self._anchors else "fresh"
            if start == "fresh":
                solution, self._anchors[grid] = make_anchor(*tools)
            else:
                if explore:
                    self._anchors[grid] = enrich(self._anchors[grid], *tools)
                solution = solve_from(self._anchors[grid], *tools)
        except InfeasibleError as error:
            raise with_names(error, inputs.sites) from None
        plan, _ = judge(inputs, solution)
        return Solved(asked, inputs, programme, solution, plan, start)

    def _programme(self, inputs: Inputs, grid: str) -> Programme:
        if grid in self._programmes:
            return compiled_like(self._programmes[grid], inputs)
        self._programmes[grid] = make_programme(inputs)
        return self._programmes[grid]


def run_pareto(name: str, options: FrontOptions, run: RunOptions, progress: ProgressCallback) -> FrontRecord:
    """Solve the points of a front and write its folder.

    Args:
        name: of a shipped scenario, or a file.
        options: axis, number of points, ends.
        run: output folder, weeks, preview, workers, language.
        progress: called with a stage name and its figures.

    Returns:
        Everything the folder was written from.

    Raises:
        UsageError: no such axis, or ends that are none.
        OptimizerError: whatever is wrong with the input, the programme, the proof or the disk.
    """
    started = time.monotonic()
    loaded = load_scenario(name, options.sets)
    refuse_what_has_no_cost("pareto", loaded)
    with ExitStack() as stack:
        write_lock(run, stack)
        evaluator = start_workers(run.workers or loaded.scenario.solve.workers)
        stack.callback(evaluator.close)
        line = Line(name, options, run, (evaluator, progress))
        _check_ends(line, options)
        found = _points(line, options, progress)
        record = _record(line, found, options, loaded)
        progress("write", {})
        if run.output is not None:
            from optimizer.export.front_folder import write_front

            write_front(record, run.output, "ja" if run.lang == "ja" else "en")
    return replace(record, statistics={"wall_s": round(time.monotonic() - started, 1)})


def _check_ends(line: Line, options: FrontOptions) -> None:
    """Refuse ends that are given and are none, before anything is solved.

    Raises:
        UsageError: an end the scenario's key does not take, or a front without length.
    """
    for option, value in (("--from", options.begin), ("--to", options.end)):
        if value is None:
            continue
        if not np.isfinite(value):
            raise UsageError(
                f"{option} {value:g}: write a number, a value of {line.axis.key}",
                f"{option} {value:g}: {line.axis.key} の値を数で書いてください",
            )
        try:
            line.loaded(value)
        except InputError as error:
            found = error.problems[0]
            words_ja = found.message_ja or found.message
            raise UsageError(f"{option}: {found.message}", f"{option}: {words_ja}") from None
    if options.begin is not None and options.end is not None:
        _check_length(line.axis, options.begin, options.end)


def _check_length(axis: Axis, begin: float, end: float) -> None:
    if axis.more * (end - begin) > 0.0:
        return
    side, side_ja = ("below", "小さく") if axis.more > 0 else ("above", "大きく")
    ends = f"{axis.key} {begin:.6g} → {end:.6g}"
    words = f"the front has no length: {ends}: give a --from {side} --to"
    words_ja = f"フロントの長さがありません: {ends}。--from を --to より{side_ja}してください"
    if axis.name == "capture":
        words += ", or leave open who sells: --set 'policy.operator_mix={}'"
        words_ja += "。または事業者を自由に: --set 'policy.operator_mix={}'"
    raise UsageError(words, words_ja)


def _points(line: Line, options: FrontOptions, progress: ProgressCallback) -> list[Point]:
    """Solve the ends, then all points between them, in order."""
    first = line.solve(None) if options.begin is None else line.solve(options.begin)
    begin = options.begin if options.begin is not None else _key_of(line.axis, first)
    end = options.end if options.end is not None else _farthest(line, first)
    _check_length(line.axis, begin, end)
    asked = np.linspace(begin, end, options.points)
    last = line.solve(float(asked[-1]), explore=True)
    found: list[Point] = []
    for number, value in enumerate(asked.tolist(), 1):
        ends = {1: first, options.points: last}
        solved = ends[number] if number in ends else line.solve(value)
        found.append(_point(line.axis, solved))
        _tell(progress, found, options)
    return found


def _tell(progress: ProgressCallback, found: Sequence[Point], options: FrontOptions) -> None:
    last = found[-1]
    told: dict[str, Any] = {"done": len(found), "of": options.points, "x": last.x, "cost": last.cost}
    progress("point", told | {"price": last.price_shown})


def _key_of(axis: Axis, solved: Solved) -> float:
    """Return what a plan reaches as a value of the scenario's key."""
    reached = reached_by(axis, solved.inputs, solved.solution, solved.plan)
    return reached / place_of(axis, 1.0, solved.inputs)


def _farthest(line: Line, first: Solved) -> float:
    """Return the value of the scenario's key beyond which nothing more is reached.

    Capture and dispersion: what sites and operators allow. CO2 and clean power: what is reached where all is
    asked for and what is missing pays the penalty of the pack's parameters.
    """
    axis, programme = line.axis, first.programme
    if axis.name == "capture":
        most = largest_capture(programme.siting, _captured_by_column(first.inputs, programme))
        outflow = place_of(axis, 1.0, first.inputs)
        return float(np.floor(most / outflow * (1.0 - SHORT_OF_REACH) * 1e9) / 1e9)
    if axis.name == "dispersion":
        part, whole = _capacity_by_column(first.inputs, programme)
        return largest_share(programme.siting, part, whole, "dispersion")
    return min(1.0, _key_of(axis, line.solve(1.0))) if axis.name == "clean" else _least_co2(line)


def _least_co2(line: Line) -> float:
    return _key_of(line.axis, line.solve(0.0))


def _captured_by_column(inputs: Inputs, programme: Programme) -> Array:
    """Return the captured yen of one unit of every column of the siting problem."""
    shares = inputs.capture_lines["platform_kept"].to_dict()
    slopes = inputs.capture_segments["slope"].to_dict()
    value = np.zeros(len(programme.siting.cost))
    place = programme.siting.variables["capture_segment"]
    for column, (account, seller, segment) in zip(place.at.tolist(), place.keys, strict=True):
        kept = float(shares[account])
        value[column] = float(slopes[segment]) * (kept if seller == "home" else 1.0 - kept)
    return value


def _capacity_by_column(inputs: Inputs, programme: Programme) -> tuple[Array, Array]:
    """Return new IT capacity outside the metropolises, and in all, by column. [GW per unit]"""
    area = inputs.sites["area"]
    outside = set(area.index[~area.isin(inputs.settings.metropolitan_areas)])
    part, whole = np.zeros(len(programme.siting.cost)), np.zeros(len(programme.siting.cost))
    place = programme.siting.variables["it"]
    for column, key in zip(place.at.tolist(), place.keys, strict=True):
        whole[column] = 1.0
        part[column] = float(key[0] in outside)
    return part, whole


def _point(axis: Axis, solved: Solved) -> Point:
    inputs, solution, plan = solved.inputs, solved.solution, solved.plan
    reached = reached_by(axis, inputs, solution, plan)
    price, shown = price_of(axis, inputs, solution, plan) if solved.asked is not None else (0.0, 0.0)
    figures = plan.figures
    return Point(
        asked=solved.asked,
        x=reached if solved.asked is None else place_of(axis, solved.asked, inputs),
        reached=reached,
        price=price,
        price_shown=shown,
        cost=float(figures["cost_jpy_bn_per_a"]),
        lower=float(figures["lower_bound_jpy_bn_per_a"]) - float(figures["baseline_cost_jpy_bn_per_a"]),
        gap=float(figures["gap"]),
        start=solved.start,
        penalty=missed_by(axis, solution, drawn_gwh(inputs, solution)),
        it_mw=dict(figures["it_mw_by_area"]),
    )


def _record(
    line: Line, points: Sequence[Point], options: FrontOptions, loaded: LoadedScenario
) -> FrontRecord:
    axis = line.axis
    inputs = line.inputs(points[-1].asked)
    scale = max(1.0, *(abs(point.cost) for point in points))
    worst = violation(points, axis)
    summary = {
        "front": True,
        "scenario": loaded.scenario.name,
        "title": {"ja": loaded.scenario.title.ja, "en": loaded.scenario.title.en},
        "version": version_of("wattbit"),
        "axis": axis.name,
        "key": axis.key,
        "unit": axis.unit,
        "price_unit": axis.price_unit,
        "matching": inputs.settings.matching if axis.name == "clean" else None,
        "points": len(points),
        "gap_asked": inputs.settings.gap,
        "largest_gap": max(point.gap for point in points),
        "fresh_solves": sum(point.start == "fresh" for point in points),
        "prices_and_costs_agree": worst <= 1e-6 * scale,
        "worst_disagreement_jpy_bn_per_a": max(0.0, worst),
        "found_ends": [options.begin is None, options.end is None],
    }
    tables = {"front": front_table(points), "front_areas": area_table(points, inputs.areas)}
    return FrontRecord(axis, tables, summary)
