"""One scenario from file to folder: the only module that knows all stages."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from pyomo.common.gc_manager import PauseGC

from optimizer.analyse.goal import goal_figures
from optimizer.analyse.plan import make_plan
from optimizer.analyse.provenance_shares import resting, table_grades
from optimizer.capture import estimate_capture, with_capture_terms
from optimizer.errors import CertificateError, InfeasibleError, InputError, Problem
from optimizer.export.assembled import assembled_files
from optimizer.export.folder import check_target, locked
from optimizer.export.record import RunRecord
from optimizer.inputs.assemble import assemble, scenario_parameters
from optimizer.inputs.boundaries import require_outlines
from optimizer.inputs.candidates import drawn_for, outlines_of, with_sites, year_of_sites
from optimizer.inputs.fibre_tables import with_fibre
from optimizer.inputs.hourly import with_hourly_files
from optimizer.inputs.pack import Pack, find_pack, read_pack
from optimizer.inputs.weather import build_year, read_weather_statistics
from optimizer.milestones import CAPTURE_LINES, Capture, Inputs, LinearProgramme, Plan, Programme, Solution
from optimizer.model.build import WITHOUT_HOUR, build_dispatch
from optimizer.model.coupling import (
    SHARED,
    Periods,
    interface_columns,
    make_periods,
    representative_days,
    without_plan,
    year_of_weeks,
)
from optimizer.model.emissions import with_emissions
from optimizer.run_siting import SitingDesk
from optimizer.scenario.load import LoadedScenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.scenario.sources import shipped_folder, sources_of
from optimizer.solve.compile import compile_programme
from optimizer.solve.decompose import solve_programme
from optimizer.solve.workers import Evaluator, start_workers

KIB_PER_MIB = 1024.0


@dataclass(frozen=True)
class RunResult:
    """What a run leaves behind."""

    folder: Path | None
    summary: dict[str, Any]
    plan: Plan
    capture: Capture


def run_scenario(loaded: LoadedScenario, options: RunOptions, progress: ProgressCallback) -> RunResult:
    """Solve a scenario and write its run folder.

    Args:
        loaded: checked scenario with its files.
        options: output folder, weeks, preview, workers, language.
        progress: called with a stage name and its figures.

    Returns:
        Summary, plan, capture and where the files are.

    Raises:
        OptimizerError: whatever is wrong with the input, the programme, the proof or the disk.
    """
    if loaded.scenario.pathway is not None:
        from optimizer.run_pathway import run_pathway

        return run_pathway(loaded, options, progress)
    started = time.monotonic()
    with ExitStack() as stack:
        write_lock(options, stack)
        workers = options.workers or loaded.scenario.solve.workers
        evaluator = start_workers(workers, options.cluster)
        stack.callback(evaluator.close)
        progress("inputs", {})
        pack = read_asked_pack(loaded, options)
        inputs = make_inputs(loaded, pack, options)
        progress("compile", {})
        programme = make_programme(inputs)
        try:
            solution = solve_programme(programme, inputs.settings, evaluator, progress)
        except InfeasibleError as error:
            raise with_names(error, inputs.sites) from None
        statistics = statistics_since(started, evaluator.workers_peak_rss_mb())
        evaluator.close()
        plan, capture = judge(inputs, solution)
        rests = resting(plan, inputs, capture, table_grades(sources_behind(pack), pack.folder.name))
        lines = rests.pop("lines")
        summary = make_summary(plan, capture) | rests
        if options.output is not None:
            progress("write", {})
            _write(loaded, options, (pack, inputs, programme), (plan, capture, summary, lines), statistics)
    return RunResult(options.output, summary | statistics(), plan, capture)


def write_lock(options: RunOptions, stack: ExitStack) -> None:
    """Refuse a folder the run may not become, and hold the right to write it while the stack is open."""
    if options.output is not None:
        check_target(options.output)
        stack.enter_context(locked(options.output))


def read_asked_pack(loaded: LoadedScenario, options: RunOptions) -> Pack:
    """Read the scenario's pack with its sites and fibre; what could not be drawn is not worth solving."""
    pack = read_pack(find_pack(loaded.scenario.pack, loaded.folders()))
    pack = with_sites(with_fibre(pack, loaded.scenario.network.fibre), loaded.scenario.sites)
    if options.output is not None:
        names = pack.tables["sites"].index, pack.tables["areas"].index
        require_outlines(outlines_of(pack), pack.folder, *names)
    return pack


def statistics_since(started: float, workers_peak_rss_mb: float) -> Callable[[], dict[str, float]]:
    """Return a function that tells the time and the peak memory so far; its first answer is its last."""

    @cache
    def so_far() -> dict[str, float]:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MIB
        return {
            "wall_s": round(time.monotonic() - started, 2),
            "peak_rss_mb": round(own + workers_peak_rss_mb, 1),
        }

    return so_far


def with_names(error: InfeasibleError, sites: pd.DataFrame) -> InfeasibleError:
    """Say the names of sites where the programme says their identifiers, in both languages."""
    message, message_ja = str(error), error.message_ja
    for site, english, japanese in zip(sites.index, sites["name_en"], sites["name_ja"], strict=True):
        message = message.replace(str(site), str(english))
        message_ja = message_ja.replace(str(site), str(japanese))
    return InfeasibleError(message, message_ja)


def make_inputs(loaded: LoadedScenario, pack: Pack, options: RunOptions) -> Inputs:
    """Read, draw and join everything the programme needs."""
    scenario = loaded.scenario
    parameters = scenario_parameters(scenario, pack)
    statistics = read_weather_statistics(pack.folder)
    tables = drawn_for(pack).tables
    year = build_year(statistics, tables, parameters, scenario.weather.year_seed)
    year = year_of_sites(with_hourly_files(pack.folder, tables, year), pack)
    inputs = assemble(scenario, pack, parameters, year, options)
    return inputs if inputs.settings.goal == "serve" else with_capture_terms(inputs)


def make_programme(
    inputs: Inputs, desk: SitingDesk | None = None, given: dict[int, LinearProgramme] | None = None
) -> Programme:
    """Write both problems in Pyomo, compile them once, and stamp every period the settings ask for.

    Args:
        inputs: checked inputs.
        desk: where siting problems of other points were written; None writes afresh.
        given: blocks of a point with the same `optimizer.model.fingerprint.cost_fingerprint`; None compiles
            them.
    """
    settings = inputs.settings
    days = representative_days(inputs)
    year, seed = (days, ()) if settings.preview else (year_of_weeks(settings.weeks), days)
    return compiled(inputs, year, seed, given, desk)


def compiled(
    inputs: Inputs,
    year: Periods,
    seed: Periods,
    given: dict[int, LinearProgramme] | None = None,
    desk: SitingDesk | None = None,
) -> Programme:
    """Return the programme over the given periods, with the seed's periods to start from.

    Args:
        inputs: checked inputs.
        year: hours and weight of each period; Σ weight · hours = 8,760.
        seed: the same for the periods that are solved first; none is allowed.
        given: blocks by length that were compiled before; None compiles them.
        desk: where siting problems of other points were written; None writes afresh.
    """
    siting, seed_siting = (desk or SitingDesk()).problems(inputs, year, seed)
    lengths = sorted({len(hours) for hours, _ in (*year, *seed)})
    blocks = given or {length: _compiled_block(inputs, length) for length in lengths}
    return Programme(
        siting=siting,
        interface=interface_columns(siting),
        blocks=blocks,
        periods=make_periods(inputs, blocks, year),
        seed=make_periods(inputs, blocks, seed),
        seed_siting=seed_siting,
        seed_interface=interface_columns(seed_siting),
        baseline=without_plan(inputs, siting, year),
        seed_baseline=without_plan(inputs, seed_siting, seed),
    )


def compiled_like(programme: Programme, inputs: Inputs, desk: SitingDesk | None = None) -> Programme:
    """Return the programme of a further point on the same grid: only its siting problem is compiled.

    Args:
        programme: of another point with the same `optimizer.model.fingerprint.grid_fingerprint`.
        inputs: checked inputs of the point.
        desk: where siting problems of other points were written; None writes afresh.

    Returns:
        Blocks, periods and coupling are the very objects of the other point.

    Raises:
        ValueError: the grid sees the two points through different columns, so it cannot be the same grid.
        InfeasibleError: somebody asks for load that no site may serve.
    """
    year, seed = ([(p.hours, p.weight) for p in periods] for periods in (programme.periods, programme.seed))
    siting, seed_siting = (desk or SitingDesk()).problems(inputs, year, seed)
    columns = interface_columns(siting), interface_columns(seed_siting)
    if (len(columns[0]), len(columns[1])) != (len(programme.interface), len(programme.seed_interface)):
        raise ValueError("the point is of another grid: it sees other columns")
    return replace(
        programme,
        siting=siting,
        interface=columns[0],
        seed_siting=seed_siting,
        seed_interface=columns[1],
    )


def restamped(programme: Programme, inputs: Inputs) -> Programme:
    """Return the programme of a point with other demand, weather or load; blocks and seed days are another's.

    Args:
        programme: of another point with the same `optimizer.model.fingerprint.cost_fingerprint`.
        inputs: checked inputs of the point.

    Raises:
        InfeasibleError: somebody asks for load that no site may serve.
    """
    year, seed = ([(p.hours, p.weight) for p in periods] for periods in (programme.periods, programme.seed))
    return compiled(inputs, year, seed, programme.blocks)


def _compiled_block(inputs: Inputs, length: int) -> LinearProgramme:
    with PauseGC():
        block = compile_programme(build_dispatch(inputs, length), hourly=True, without_hour=WITHOUT_HOUR)
    return replace(with_emissions(inputs, block), shared=SHARED)


def solve_inputs(inputs: Inputs, evaluator: Evaluator, progress: Callable[..., None]) -> Solution:
    """Compile and solve; for callers that already have inputs."""
    return solve_programme(make_programme(inputs), inputs.settings, evaluator, progress)


def judge(inputs: Inputs, solution: Solution) -> tuple[Plan, Capture]:
    """Turn the answer into a plan and what it captures; refuse an answer that failed its certificate."""
    if not solution.certificate["passed"]:
        raise CertificateError(f"the answer did not pass its certificate: {solution.certificate}")
    plan = make_plan(inputs, solution)
    plan = replace(plan, figures=plan.figures | goal_figures(inputs, solution))
    capture = estimate_capture(plan, inputs)
    by_site = capture.attribution[capture.attribution["case"] == "base"].groupby("site")[
        ["gross_jpy_bn", "net_jpy_bn"]
    ].sum()  # fmt: skip
    sites = plan.tables["sites"]
    captured = by_site.reindex(sites["site"], fill_value=0.0)
    sites = sites.assign(
        gross_capture_jpy_bn=captured["gross_jpy_bn"].to_numpy(),
        net_capture_jpy_bn=captured["net_jpy_bn"].to_numpy(),
    )
    return replace(plan, tables=plan.tables | {"sites": sites}), capture


def make_summary(plan: Plan, capture: Capture) -> dict[str, Any]:
    """Return the content of `summary.json` without run statistics."""
    certificate = {key: plan.certificate[key] for key in ("primal", "dual", "gap", "duality", "passed")}
    cases = {
        case: {line: float(lines[line]) for line in (*CAPTURE_LINES, "idle_imports_jpy_bn")}
        for case, lines in capture.cases.items()
    }
    return {**plan.figures, "certificate": certificate, "capture": cases}


Answered = tuple[Plan, Capture, dict[str, Any], list[dict[str, Any]]]
"""Plan, capture, summary and what its lines rest on."""


def _write(
    loaded: LoadedScenario,
    options: RunOptions,
    asked: tuple[Pack, Inputs, Programme],
    answered: Answered,
    statistics: Callable[[], dict[str, float]],
) -> None:
    from optimizer.export.run_folder import write_run

    pack, inputs, programme = asked
    with tempfile.TemporaryDirectory() as scratch:
        model_files: dict[str, Path] = {}
        if options.keep_model:
            from optimizer.solve.stacked import write_stacked

            model_files["stacked.mps.gz"] = Path(scratch) / "stacked.mps.gz"
            write_stacked(programme, model_files["stacked.mps.gz"])
        record = make_record(loaded, options, (pack, inputs), answered, statistics)
        if options.output is None:
            raise ValueError("no folder to write to")
        write_run(replace(record, model_files=model_files), options.output)


def make_record(
    loaded: LoadedScenario,
    options: RunOptions,
    asked: tuple[Pack, Inputs],
    answered: Answered,
    statistics: Callable[[], dict[str, float]],
) -> RunRecord:
    """Return everything a run folder is written from."""
    pack, inputs = asked
    plan, capture, summary, lines = answered
    outlines = outlines_of(pack)
    return RunRecord(
        plan=plan,
        capture=capture,
        inputs=inputs,
        boundaries={
            "prefectures": outlines.sites.reset_index(),
            "grid_areas": outlines.areas.reset_index(),
            "context": outlines.land,
        },
        summary=summary,
        sources=sources_behind(pack),
        resting=lines,
        input_files=_input_files(loaded, pack) | assembled_files(inputs),
        model_files={},
        lang="ja" if options.lang == "ja" else "en",
        generated=datetime.now(UTC),
        statistics=statistics,
    )


def sources_behind(pack: Pack) -> list[dict[str, Any]]:
    """Who answers for the files the pack was read from."""
    return [dict(entry) for entry in sources_of(pack.hashes, pack.folder.parent)]


def _input_files(loaded: LoadedScenario, pack: Pack) -> dict[str, bytes]:
    """Copies of everything the run was made from: scenario files, and every table of the pack."""
    files = {"scenario.resolved.yaml": loaded.resolved_yaml().encode()}
    for number, source in enumerate(loaded.files):
        files[f"scenario/{number}-{source.path.name}"] = source.text.encode()
    for name in pack.hashes:
        file = pack.folder.parent / name
        if not file.is_file() and "/" not in name:
            file = shipped_folder("data") / name
        if not file.is_file():
            raise InputError([Problem(name, "E321", "the file disappeared while it was read")])
        files[f"data/{name}"] = file.read_bytes()
    return files


__all__ = [
    "RunResult",
    "compiled",
    "compiled_like",
    "judge",
    "make_inputs",
    "make_programme",
    "make_record",
    "make_summary",
    "read_asked_pack",
    "restamped",
    "run_scenario",
    "solve_inputs",
    "sources_behind",
    "statistics_since",
    "with_names",
    "write_lock",
]
