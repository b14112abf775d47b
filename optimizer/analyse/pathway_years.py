"""One answer for several target years taken apart: what the solver said of each, as if it stood alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from optimizer.milestones import Array, Inputs, LinearProgramme, Programme, Rows, Solution


def split_years(
    solution: Solution, programmes: Mapping[int, Programme], weight: Mapping[int, float]
) -> dict[int, Solution]:
    """Return the answer of every target year.

    Costs and prices are those of the year itself: what the whole programme says, divided by the year's
    weight. The laws between years that touch a year stand among its laws, so that prices still explain costs.
    The lower bound is of the year given what is decided for the others: the whole gap could lie in it.

    Args:
        solution: the answer of the whole.
        programmes: the programme of every target year, in order.
        weight: how much each year counts. [1]
    """
    if solution.programme is next(iter(programmes.values())).siting:
        return {next(iter(programmes)): solution}
    return {year: _one(solution, programmes, weight[year], year) for year in programmes}


def with_own_fleets(solution: Solution, inputs: Inputs, year: int) -> Solution:
    """Return the answer of a target year with its own fleets only, in the order of its inputs.

    Args:
        solution: of one year, its fleets as :mod:`optimizer.inputs.common_fleets` lists them.
        inputs: of that year, as they were before.
        year: the target year.
    """
    own = list(inputs.fleets.index)
    common = solution.dispatch_index["gen"]
    place = {key: row for row, key in enumerate(common)}
    if list(common) == own:
        return solution
    rows = [place.get(key, place.get((key[0], f"{key[1]} @ {year}"), -1)) for key in own]
    names = {name for name, keys in solution.dispatch_index.items() if keys == common}

    def kept(arrays: Mapping[str, Array]) -> dict[str, Array]:
        return {name: values[rows] if name in names else values for name, values in arrays.items()}

    return replace(
        solution,
        dispatch=kept(solution.dispatch),
        dispatch_duals=kept(solution.dispatch_duals),
        baseline=kept(solution.baseline),
        baseline_duals=kept(solution.baseline_duals),
        dispatch_index={n: tuple(own) if n in names else keys for n, keys in solution.dispatch_index.items()},
    )


def _one(solution: Solution, programmes: Mapping[int, Programme], weight: float, year: int) -> Solution:
    number = list(programmes).index(year)
    own, tied, rows = _programme(solution.programme, programmes, year)
    duals = _of_year(solution.siting_duals, programmes, year, laws=True)
    duals |= {
        name: pd.Series(solution.siting_duals[name].to_numpy()[at], index=list(tied[name].keys))
        for name, at in rows.items()
    }
    siting = _of_year(solution.siting, programmes, year, laws=False)
    count = len(programmes)
    values = np.concatenate([[0.0], *(siting[name].to_numpy() for name in siting)])
    places = np.concatenate([[0], *(own.variables[name].at + 1 for name in siting)])
    decided = np.zeros(len(own.cost) + 1)
    decided[places] = values
    siting_cost = float(own.cost @ decided[1:])
    dispatch_cost = float(np.split(solution.period_cost, count)[number].sum()) / weight
    without = float(np.split(solution.baseline_period_cost, count)[number].sum()) / weight
    cost = siting_cost + dispatch_cost
    reduced = _of_year(solution.siting_reduced, programmes, year, laws=False)
    value = _of_year(solution.siting_value, programmes, year, laws=False)
    return replace(
        solution,
        siting=siting,
        siting_duals={name: dual / weight for name, dual in duals.items()},
        siting_reduced={name: cost / weight for name, cost in reduced.items()},
        siting_value={name: cost / weight for name, cost in value.items()},
        programme=own,
        dispatch=_share(solution.dispatch, count, number),
        dispatch_duals=_share(solution.dispatch_duals, count, number),
        baseline=_share(solution.baseline, count, number),
        baseline_duals=_share(solution.baseline_duals, count, number),
        hour=np.split(solution.hour, count)[number],
        weight=np.split(solution.weight, count)[number] / weight,
        cost=cost,
        lower_bound=cost - (solution.cost - solution.lower_bound) / weight,
        baseline_cost=without,
        siting_cost=siting_cost,
        periods=len(programmes[year].periods),
        period_cost=np.split(solution.period_cost, count)[number] / weight,
        baseline_period_cost=np.split(solution.baseline_period_cost, count)[number] / weight,
        rents=pd.DataFrame(),  # those of the whole do not split into years: what is kept is paid in one
        blocks={},
    )


def _of_year(
    by_name: Mapping[str, pd.Series], programmes: Mapping[int, Programme], year: int, *, laws: bool
) -> dict[str, pd.Series]:
    """Return the entries of one year under its own keys; entries stand year by year in the whole."""
    places = {y: p.siting.equations if laws else p.siting.variables for y, p in programmes.items()}
    found = {}
    for name, place in places[year].items():
        start = sum(len(places[y][name].keys) for y in programmes if y < year)
        found[name] = pd.Series(
            by_name[name].to_numpy()[start : start + len(place.keys)], index=list(place.keys)
        )
    return found


def _programme(
    whole: LinearProgramme, programmes: Mapping[int, Programme], year: int
) -> tuple[LinearProgramme, dict[str, Rows], dict[str, npt.NDArray[np.intp]]]:
    """Return the year's siting problem with the laws between years that touch it, and where those stand."""
    own = programmes[year].siting
    start = sum(len(programmes[y].siting.cost) for y in programmes if y < year)
    mine = sp.csc_matrix(whole.matrix)[:, start : start + len(own.cost)].tocsr()
    tied: dict[str, Rows] = {}
    chosen: dict[str, npt.NDArray[np.intp]] = {}
    rows: list[npt.NDArray[np.int64]] = []
    end = len(own.lower)
    for name, place in whole.equations.items():
        if name in own.equations:
            continue
        touching = np.flatnonzero(np.diff(mine.indptr)[place.at] > 0) if len(place.at) else np.zeros(0, int)
        tied[name] = Rows(
            tuple(place.keys[i] for i in touching), np.arange(end, end + len(touching), dtype=np.int64)
        )
        chosen[name] = touching
        rows.append(place.at[touching])
        end += len(touching)
    at = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
    return (
        replace(
            own,
            matrix=sp.csr_matrix(sp.vstack([own.matrix, mine[at]])),
            lower=np.concatenate([own.lower, whole.lower[at]]),
            upper=np.concatenate([own.upper, whole.upper[at]]),
            equations=own.equations | tied,
        ),
        tied,
        chosen,
    )


def _share(arrays: Mapping[str, Array], count: int, number: int) -> dict[str, Array]:
    """Return one year's part of hourly arrays: every year has the same periods."""
    return {name: np.split(values, count, axis=1)[number] for name, values in arrays.items()}
