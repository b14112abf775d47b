"""Near-optimal sets of tiny systems: how far a site reaches, and the same system with a site held there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp
from toy import Periods, programme_of, silent

from optimizer.milestones import Array, Inputs, Programme, Solution
from optimizer.solve.decompose import search_year, solve_programme
from optimizer.solve.near import NearOptimal, capacity_of
from optimizer.solve.workers import SerialEvaluator


def near_of(
    inputs: Inputs, slack: float, periods: Periods | None = None
) -> tuple[NearOptimal, Programme, Solution]:
    """Solve, and return the set of plans within a share of the plan's cost beyond the least."""
    programme = programme_of(inputs, periods)
    evaluator = SerialEvaluator()
    evaluator.load(programme.blocks, (*programme.periods, *programme.seed))
    found = search_year(programme, inputs.settings, evaluator, silent)
    solution = found.solution
    budget = solution.cost + slack * (solution.cost - solution.baseline_cost)
    return (
        NearOptimal(programme, evaluator, solution, found.known.pool, budget),
        programme,
        solution,
    )


def directions(inputs: Inputs, programme: Programme) -> Array:
    """Return the direction that counts the MW of each site, one row per site."""
    return np.array([capacity_of(programme, [site]) for site in inputs.sites.index])


def held(programme: Programme, direction: Array, least_mw: float, most_mw: float) -> Programme:
    """Return the programme with one more siting row: a site kept between two capacities."""
    siting = programme.siting
    row = sp.csr_matrix(direction / 1000.0)
    more = replace(
        siting,
        matrix=sp.csr_matrix(sp.vstack([siting.matrix, row])),
        lower=np.append(siting.lower, least_mw / 1000.0),
        upper=np.append(siting.upper, most_mw / 1000.0),
    )
    return replace(programme, siting=more, seed=(), seed_siting=more)


def solved_held(
    inputs: Inputs, programme: Programme, direction: Array, least_mw: float, most_mw: float
) -> Solution:
    """Solve afresh with the site held: no cut of the set is used."""
    asked = held(programme, direction, least_mw, most_mw)
    return solve_programme(asked, inputs.settings, SerialEvaluator(), silent)
