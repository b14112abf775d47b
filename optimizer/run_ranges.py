"""Near-optimal ranges of one scenario: least and most by site and area, and plans that differ most."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.analyse.ranges import Place, Range, capacity_table, places_of, plan_table, range_table
from optimizer.errors import CertificateError, InfeasibleError, UsageError
from optimizer.export.provenance import version_of
from optimizer.inputs.candidates import outlines_of
from optimizer.inputs.pack import Pack
from optimizer.milestones import Array, Inputs, Programme
from optimizer.run import judge, make_inputs, make_programme, read_asked_pack, with_names, write_lock
from optimizer.scenario.load import LoadedScenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.solve.alternatives import Alternative, different_plans
from optimizer.solve.decompose import Found, search_year
from optimizer.solve.near import Extreme, NearOptimal, capacity_of
from optimizer.solve.workers import Evaluator, start_workers

if TYPE_CHECKING:
    from optimizer.export.ranges_folder import RangesRecord


MW_PER_GW = 1000.0


@dataclass(frozen=True)
class RangesOptions:
    """What the command line asks."""

    slack: float
    """How much more than the least-cost plan a plan may cost, relative to that plan's cost. [1]"""

    plans: int
    """Plans beside the least-cost one."""

    tolerance: float
    """Accepted distance of what is proven and what is reached, of the nation's new IT capacity. [1]"""

    patience: int
    """Most looks at the dispatch for one bound."""


@dataclass(frozen=True)
class Search:
    """What the ranges are searched with."""

    near: NearOptimal
    places: Sequence[Place]
    options: RangesOptions
    tolerance_mw: float


def run_ranges(
    loaded: LoadedScenario, options: RangesOptions, run: RunOptions, progress: ProgressCallback
) -> RangesRecord:
    """Solve a scenario, find its near-optimal ranges and plans, and write the folder.

    Args:
        loaded: checked scenario with its files.
        options: slack, plans, tolerance and patience.
        run: output folder, weeks, preview, workers, language.
        progress: called with a stage name and its figures.

    Returns:
        Everything the folder was written from.

    Raises:
        UsageError: the scenario is a pathway, builds whole halls, or has a budget for its goal.
        OptimizerError: whatever is wrong with the input, the programme, the proof or the disk.
    """
    refuse_what_has_no_cost("ranges", loaded)
    started = time.monotonic()
    with ExitStack() as stack:
        write_lock(run, stack)
        evaluator = start_workers(run.workers or loaded.scenario.solve.workers)
        stack.callback(evaluator.close)
        progress("inputs", {})
        pack = read_asked_pack(loaded, run)
        inputs = make_inputs(loaded, pack, run)
        progress("compile", {})
        programme = make_programme(inputs)
        found = _solved(programme, inputs, evaluator, progress)
        record = _searched((pack, inputs, programme), found, evaluator, options, progress)
        progress("write", {})
        if run.output is not None:
            from optimizer.export.ranges_folder import write_ranges

            write_ranges(record, run.output, "ja" if run.lang == "ja" else "en")
    return replace(record, statistics={"wall_s": round(time.monotonic() - started, 1)})


def refuse_what_has_no_cost(command: str, loaded: LoadedScenario) -> None:
    """Refuse scenarios whose plans are not compared by the cost of one year and any size of site.

    Raises:
        UsageError: says what to change.
    """
    scenario = loaded.scenario
    if scenario.pathway is not None:
        raise UsageError(f"{command} is for one target year; add --set pathway=null")
    if scenario.solve.block_mw is not None:
        raise UsageError(f"{command} is for sites of any size; add --set solve.block_mw=null")
    if scenario.goal == "budget":
        raise UsageError(f"{command} compares costs, and goal budget has none; add --set goal=serve")


def _solved(programme: Programme, inputs: Inputs, evaluator: Evaluator, progress: ProgressCallback) -> Found:
    """Return the least-cost plan and the cuts that prove it; refused where it fails its certificate."""
    evaluator.load(programme.blocks, (*programme.periods, *programme.seed))
    try:
        found = search_year(programme, inputs.settings, evaluator, progress)
    except InfeasibleError as error:
        raise with_names(error, inputs.sites) from None
    judge(inputs, found.solution)
    return found


def _searched(
    asked: tuple[Pack, Inputs, Programme],
    found: Found,
    evaluator: Evaluator,
    options: RangesOptions,
    progress: ProgressCallback,
) -> RangesRecord:
    from optimizer.export.ranges_folder import RangesRecord

    pack, inputs, programme = asked
    solution = found.solution
    budget = solution.cost + options.slack * max(1.0, abs(solution.cost - solution.baseline_cost))
    near = NearOptimal(programme, evaluator, solution, found.known.pool, budget)
    sites = np.array([capacity_of(programme, [str(site)]) for site in inputs.sites.index])
    places = places_of(inputs.sites, inputs.areas)
    tolerance = options.tolerance * max(float(sites.sum(axis=0) @ near.plan.y), 1.0)
    search = Search(near, places, options, tolerance)
    ranges, known = ranges_of(search, progress)
    spent = near.evaluations
    plans = different_plans(near, sites, known, (options.plans, tolerance, options.patience))
    progress("plans", {"plans": len(plans), "evaluations": near.evaluations - spent})
    if not near.residuals.passed:
        raise CertificateError(f"an answer did not pass its certificate: {near.residuals.worst}")
    tables = _tables(search, ranges, plans, (inputs, sites, found))
    summary = _summary(search, plans, (inputs, found, tables["ranges"]))
    outlines = outlines_of(pack)
    boundaries = {
        "prefectures": outlines.sites.reset_index(),
        "grid_areas": outlines.areas.reset_index(),
        "context": outlines.land,
    }
    return RangesRecord(inputs, boundaries, tables, summary)


def ranges_of(search: Search, progress: ProgressCallback) -> tuple[list[Range], list[Array]]:
    """Return the range of every place, and the plans within the budget that reach its ends."""
    near, found, known = search.near, [], []
    for number, place in enumerate(search.places, 1):
        direction = capacity_of(near.programme, place.sites)
        asked = (search.tolerance_mw, search.options.patience)
        most, least = near.furthest(direction, *asked), near.furthest(-direction, *asked)
        known += [most.y, least.y]
        room = room_of(near.programme, place.sites)
        found.append(_range(float(direction @ near.plan.y), least, most, room))
        told = {"done": number, "of": len(search.places), "evaluations": near.evaluations}
        progress("ranges", told)
    return [_widened(near, one, place) for one, place in zip(found, search.places, strict=True)], known


def _widened(near: NearOptimal, found: Range, place: Place) -> Range:
    """Return the range with all that was reached meanwhile: later plans may reach farther, at no cost."""
    direction = capacity_of(near.programme, place.sites)
    most = max(found.most_inner, near.inside(direction)[0])
    least = min(found.least_inner, -near.inside(-direction)[0])
    return replace(found, least_inner=max(least, found.least_outer), most_inner=min(most, found.most_outer))


def _range(plan: float, least: Extreme, most: Extreme, room: float) -> Range:
    """Return a range; the least was sought in the opposite direction, and the sites' limits are exact."""
    spent = least.evaluations + most.evaluations
    outer = max(most.inner, min(most.outer, room))
    return Range(plan, -least.outer, -least.inner, most.inner, outer, spent)


def room_of(programme: Programme, sites: Sequence[str]) -> float:
    """Return the IT capacity that the limits of sites allow together: no plan has more. [MW]"""
    rooms = programme.siting.equations["within_site"]
    room = dict(zip(rooms.keys, programme.siting.upper[rooms.at], strict=True))
    return sum(float(room.get(site, np.inf)) for site in sites) * MW_PER_GW


def _tables(
    search: Search,
    ranges: Sequence[Range],
    plans: Sequence[Alternative],
    asked: tuple[Inputs, Array, Found],
) -> dict[str, pd.DataFrame]:
    inputs, sites, found = asked
    capacity = pd.DataFrame([sites @ plan.y for plan in plans], columns=list(inputs.sites.index))
    solution = found.solution
    best = {"cost": solution.cost, "lower": solution.lower_bound, "baseline": solution.baseline_cost}
    costs, distances = [plan.cost for plan in plans], [plan.distance for plan in plans]
    return {
        "ranges": range_table(search.places, ranges, search.tolerance_mw),
        "plans": plan_table(costs, distances, capacity, best),
        "plan_places": capacity_table(capacity, search.places),
    }


def _summary(
    search: Search, plans: Sequence[Alternative], asked: tuple[Inputs, Found, pd.DataFrame]
) -> dict[str, Any]:
    inputs, found, table = asked
    near, solution = search.near, found.solution
    least = solution.cost - solution.baseline_cost
    counted = {
        kind: {str(n): int(c) for n, c in rows["class"].value_counts().sort_index().items()}
        for kind, rows in table.groupby("kind")
    }
    return {
        "ranges": True,
        "scenario": inputs.name,
        "title": dict(inputs.title),
        "version": version_of("wattbit"),
        "slack": search.options.slack,
        "cost_jpy_bn_per_a": least,
        "least_cost_proven_jpy_bn_per_a": solution.lower_bound - solution.baseline_cost,
        "budget_jpy_bn_per_a": near.budget - solution.baseline_cost,
        "it_mw": float(table.loc[table["kind"] == "site", "plan_mw"].sum()),
        "tolerance_mw": search.tolerance_mw,
        "patience": search.options.patience,
        "evaluations": near.evaluations,
        "open_bounds": int((table["settled"] == "no").sum()),
        "classes": counted,
        "plans": len(plans),
        "certificate": {**near.residuals.worst, "passed": near.residuals.passed},
    }
