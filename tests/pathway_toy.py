"""Pathways over toy systems: two target years, each a system of `toy`, solved as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from toy import Periods, programme_of, silent

from optimizer.analyse.pathway_years import split_years
from optimizer.finance import year_weights
from optimizer.milestones import Inputs, Programme, Solution
from optimizer.model.pathway import PathwayRules, build_pathway
from optimizer.model.stack_years import stack_years
from optimizer.solve.compile import compile_programme
from optimizer.solve.decompose import solve_programme
from optimizer.solve.workers import SerialEvaluator

START = 2025


def rules_of(years: Mapping[int, Inputs], rate: float = 0.0, **rules) -> PathwayRules:
    """Rules of a pathway that starts in 2025; years weighted at the discount rate."""
    return PathwayRules(START, year_weights(list(years), rate), **rules)


def stacked_programme(
    years: Mapping[int, Inputs], rules: PathwayRules, periods: Periods | None = None
) -> tuple[Programme, dict[int, Programme]]:
    """Compile every year, and all of them as one."""
    programmes = {year: programme_of(inputs, periods) for year, inputs in years.items()}
    between = build_pathway({year: programme.siting for year, programme in programmes.items()}, rules)
    whole = stack_years(programmes, rules.weight, compile_programme(between, hourly=False))
    return whole, programmes


def pathway(
    years: Mapping[int, Inputs], rules: PathwayRules, periods: Periods | None = None
) -> tuple[Solution, dict[int, Solution]]:
    """Solve a pathway by the decomposition: the whole, and each year's share of it."""
    whole, programmes = stacked_programme(years, rules, periods)
    settings = next(iter(years.values())).settings
    solution = solve_programme(whole, replace(settings, gap=1e-10), SerialEvaluator(), silent)
    return solution, split_years(solution, programmes, rules.weight)
