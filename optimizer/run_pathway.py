"""A pathway from file to folder: every target year as a run of its own makes it, all solved as one."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from optimizer.analyse.pathway import mean_resting, pathway_figures, pathway_tables
from optimizer.analyse.pathway_years import split_years, with_own_fleets
from optimizer.analyse.provenance_shares import resting, table_grades
from optimizer.errors import InfeasibleError
from optimizer.finance import year_weights, years_discounted
from optimizer.inputs.common_fleets import with_common_fleets
from optimizer.inputs.pack import Pack
from optimizer.milestones import Capture, Inputs, LinearProgramme, Plan, Programme, Solution
from optimizer.model.pathway import PathwayRules, build_pathway
from optimizer.model.stack_years import stack_years
from optimizer.run import (
    RunResult,
    judge,
    make_inputs,
    make_programme,
    make_record,
    make_summary,
    read_asked_pack,
    sources_behind,
    statistics_since,
    with_names,
    write_lock,
)
from optimizer.scenario.load import LoadedScenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.scenario.schema_pathway import Pathway
from optimizer.solve.compile import compile_programme
from optimizer.solve.decompose import solve_programme
from optimizer.solve.workers import Evaluator, start_workers

MW_PER_GW = 1000.0
CO2_PRICE = "co2_price_jpy_per_t"

Answers = dict[int, tuple[Plan, Capture, dict[str, Any], list[dict[str, Any]]]]
"""Plan, capture, summary and what its lines rest on, by target year."""


def run_pathway(loaded: LoadedScenario, options: RunOptions, progress: ProgressCallback) -> RunResult:
    """Solve all target years of a scenario as one programme and write the run folder.

    Args:
        loaded: checked scenario with a `pathway`.
        options: output folder, weeks, preview, workers, language.
        progress: called with a stage name and its figures.

    Returns:
        Summary of the pathway; plan and capture of its last year.

    Raises:
        OptimizerError: whatever is wrong with the input, the programme, the proof or the disk.
    """
    started = time.monotonic()
    pathway = pathway_of(loaded)
    rules = rules_of(pathway, loaded.scenario.finance.discount_rate)
    with ExitStack() as stack:
        write_lock(options, stack)
        evaluator = start_workers(options.workers or loaded.scenario.solve.workers, options.cluster)
        stack.callback(evaluator.close)
        progress("inputs", {})
        pack = read_asked_pack(loaded, options)
        inputs = {year: make_inputs(of_year(loaded, year), pack, options) for year in pathway.years}
        progress("compile", {"years": len(inputs)})
        whole, solution, each = _together(inputs, rules, evaluator, progress)
        peak_mb = evaluator.workers_peak_rss_mb()
        evaluator.close()
        answers = _answers(inputs, each, pack)
        shares, lines = mean_resting({year: one[3] for year, one in answers.items()}, rules.weight)
        summary = _summary(loaded, solution, answers) | shares
        if options.output is not None:
            from optimizer.export.pathway import PathwayRecord, write_pathway

            progress("write", {})
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            files = model_files(whole, scratch) if options.keep_model else {}
            tables = pathway_tables({y: one[0] for y, one in answers.items()}, solution, rules.weight)
            so_far = partial(statistics_since, started, peak_mb)  # every folder counts its own writing too
            record = PathwayRecord(
                years={
                    year: make_record(of_year(loaded, year), options, (pack, inputs[year]), one, so_far())
                    for year, one in answers.items()
                },
                tables=tables,
                summary=summary,
                resting=lines,
                scenario=loaded.resolved_yaml(),
                title=loaded.scenario.title.model_dump(),
                statistics=so_far(),
                model_files=files,
            )
            write_pathway(record, options.output)
    statistics = statistics_since(started, peak_mb)
    last = answers[pathway.years[-1]]
    return RunResult(options.output, summary | statistics(), last[0], last[1])


def model_files(programme: Programme, folder: Path) -> dict[str, Path]:
    """Write the programme for any other solver; return the file by its name."""
    from optimizer.solve.stacked import write_stacked

    file = folder / "stacked.mps.gz"
    write_stacked(programme, file)
    return {file.name: file}


def pathway_of(loaded: LoadedScenario) -> Pathway:
    """Return the scenario's pathway.

    Raises:
        ValueError: it has none.
    """
    if loaded.scenario.pathway is None:
        raise ValueError("the scenario has no pathway")
    return loaded.scenario.pathway


def rules_of(pathway: Pathway, discount_rate: float) -> PathwayRules:
    """Return what ties the target years together, in internal units."""

    def in_gw(rate_mw: float | None) -> float | None:
        return None if rate_mw is None else rate_mw / MW_PER_GW

    return PathwayRules(
        start_year=pathway.start_year,
        weight=year_weights(pathway.years, discount_rate),
        site_rate_gw_per_a=in_gw(pathway.site_rate_mw_per_a),
        nation_rate_gw_per_a=in_gw(pathway.nation_rate_mw_per_a),
        lead_a={str(kind): lead for kind, lead in pathway.lead_a.items()},
    )


def of_year(loaded: LoadedScenario, year: int) -> LoadedScenario:
    """Return the scenario of one target year alone: its `year`, load and parameters, without a pathway."""
    pathway, scenario = pathway_of(loaded), loaded.scenario
    number = pathway.years.index(year)
    load = pathway.growth_it_mw[number]
    values = {str(name): by_year[number] for name, by_year in pathway.parameters.items()}
    grid = {"co2_price_jpy_per_t": None} if CO2_PRICE in values else {}
    alone = scenario.model_copy(
        update={
            "name": f"{scenario.name}-{year}",
            "title": scenario.title.model_copy(
                update={"ja": f"{scenario.title.ja} · {year}", "en": f"{scenario.title.en} · {year}"}
            ),
            "year": year,
            "demand": scenario.demand.model_copy(update={"growth_it_mw": load}),
            "grid": scenario.grid.model_copy(update=grid),
            "parameters": scenario.parameters | values,
            "pathway": None,
        }
    )
    return replace(loaded, scenario=alone, resolved=alone.model_dump(mode="json"))


def tie(programmes: dict[int, Programme], rules: PathwayRules) -> Programme:
    """Return the programmes of all target years as one, with the laws between them."""
    siting = {year: programme.siting for year, programme in programmes.items()}
    between: LinearProgramme | None = compile_programme(build_pathway(siting, rules), hourly=False)
    if between is not None and not len(between.lower):
        between = None
    return stack_years(programmes, rules.weight, between)


def _together(
    inputs: dict[int, Inputs], rules: PathwayRules, evaluator: Evaluator, progress: ProgressCallback
) -> tuple[Programme, Solution, dict[int, Solution]]:
    """Return the whole programme, its answer, and the answer of each year."""
    first = next(iter(inputs.values()))
    programmes = {year: make_programme(one) for year, one in with_common_fleets(inputs).items()}
    whole = tie(programmes, rules)
    try:
        solution = solve_programme(whole, first.settings, evaluator, progress)
        each = split_years(solution, programmes, rules.weight)
        return whole, solution, {year: with_own_fleets(one, inputs[year], year) for year, one in each.items()}
    except InfeasibleError as error:
        raise with_names(error, first.sites) from None


def _answers(inputs: dict[int, Inputs], solutions: dict[int, Solution], pack: Pack) -> Answers:
    grades = table_grades(sources_behind(pack), pack.folder.name)
    answers: Answers = {}
    for year, solution in solutions.items():
        plan, capture = judge(inputs[year], solution)
        rests = resting(plan, inputs[year], capture, grades)
        lines = rests.pop("lines")
        answers[year] = plan, capture, make_summary(plan, capture) | rests, lines
    return answers


def _summary(loaded: LoadedScenario, solution: Solution, answers: Answers) -> dict[str, Any]:
    pathway = pathway_of(loaded)
    rate = loaded.scenario.finance.discount_rate
    summaries = {year: summary for year, (_, _, summary, _) in answers.items()}
    weight, stands_for = year_weights(pathway.years, rate), years_discounted(pathway.years, rate)
    return {
        "scenario": loaded.scenario.name,
        **pathway_figures(solution, summaries, weight, stands_for),
        "years": {str(year): summary for year, summary in summaries.items()},
    }
