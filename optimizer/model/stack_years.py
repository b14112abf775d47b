"""The programmes of several target years side by side, as one: what the decomposition solves. Arrays only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer.milestones import LinearProgramme, Period, Programme, Rows
from optimizer.model.pathway import whole_key

ByYear = Mapping[int, Programme]


def stack_years(
    programmes: ByYear, weight: Mapping[int, float], between: LinearProgramme | None
) -> Programme:
    """Put the programmes of the target years side by side, each weighted, and tie them together.

    Args:
        programmes: compiled programme of every target year, years increasing; periods alike in every year.
        weight: how much each year counts; sums to 1. [1]
        between: the compiled laws between years, from :func:`optimizer.model.pathway.build_pathway`; None
            where nothing ties them.

    Returns:
        One programme; names of equations and variables as in each year, keys with the year in front. Its
        cost is that of the weighted mean year. [JPY bn/a]

    Raises:
        ValueError: the dispatch blocks of the years differ: fuel and CO2 must cost the same in all of them.
    """
    years = list(programmes)
    blocks = programmes[years[0]].blocks
    for programme in programmes.values():
        if not _same_blocks(blocks, programme.blocks):
            raise ValueError("the target years must share fuel and CO2 prices, fleets and storage")
    if len(years) == 1 and between is None and weight[years[0]] == 1.0:
        return programmes[years[0]]
    siting = _siting({y: programmes[y].siting for y in years}, weight, between)
    alike = all(programme.seed_siting is programme.siting for programme in programmes.values())
    seed = {y: programmes[y].seed_siting for y in years}
    return Programme(
        siting=siting,
        interface=_interface({y: p.siting for y, p in programmes.items()}, programmes, seed=False),
        blocks=blocks,
        periods=_periods(programmes, weight, seed=False),
        seed=_periods(programmes, weight, seed=True),
        seed_siting=siting if alike else _siting(seed, weight, between),
        seed_interface=_interface(seed, programmes, seed=True),
        baseline=np.concatenate([programme.baseline for programme in programmes.values()]),
        seed_baseline=np.concatenate([programme.seed_baseline for programme in programmes.values()]),
    )


def with_year(year: int, key: Any) -> tuple[Any, ...]:
    """Return the key of a component with its year in front."""
    return (year, *whole_key(key))


def first_columns(siting: Mapping[int, LinearProgramme]) -> dict[int, int]:
    """Return where the columns of each year begin in the stacked siting problem."""
    widths = np.cumsum([0, *(len(programme.cost) for programme in siting.values())])
    return {year: int(start) for year, start in zip(siting, widths, strict=False)}


def _same_blocks(one: Mapping[int, LinearProgramme], two: Mapping[int, LinearProgramme]) -> bool:
    return one.keys() == two.keys() and all(
        one[n] is two[n]
        or (
            one[n].matrix.shape == two[n].matrix.shape
            and abs(one[n].matrix - two[n].matrix).sum() == 0
            and np.array_equal(one[n].cost, two[n].cost)
        )
        for n in one
    )


def _siting(
    siting: Mapping[int, LinearProgramme], weight: Mapping[int, float], between: LinearProgramme | None
) -> LinearProgramme:
    rows = np.cumsum([0, *(len(programme.lower) for programme in siting.values())])
    columns = first_columns(siting)
    parts = list(siting.values())
    own = sp.block_diag([programme.matrix for programme in parts], format="csr")
    equations = _places({y: p.equations for y, p in siting.items()}, dict(zip(siting, rows, strict=False)))
    variables = _places({y: p.variables for y, p in siting.items()}, columns)
    lower, upper = [p.lower for p in parts], [p.upper for p in parts]
    matrix = own
    if between is not None:
        matrix = sp.csr_matrix(sp.vstack([own, _spread(between, variables, own.shape[1])]))
        lower.append(between.lower)
        upper.append(between.upper)
        equations |= {
            name: Rows(tuple(_named(key) for key in place.keys), place.at + int(rows[-1]))
            for name, place in between.equations.items()
        }
    return LinearProgramme(
        matrix=sp.csr_matrix(matrix),
        cost=np.concatenate([weight[y] * p.cost for y, p in siting.items()]),
        lower=np.concatenate(lower),
        upper=np.concatenate(upper),
        column_lower=np.concatenate([p.column_lower for p in parts]),
        column_upper=np.concatenate([p.column_upper for p in parts]),
        equations=equations,
        variables=variables,
    )


def _named(key: Any) -> tuple[Any, ...]:
    """Return the key of a law between years with what it is about in one word: year, variable, key."""
    year, *rest = whole_key(key)
    return (year, *rest) if len(rest) < 2 else (year, rest[0], " / ".join(map(str, rest[1:])))


def _places(by_year: Mapping[int, Mapping[str, Rows]], start: Mapping[int, int]) -> dict[str, Rows]:
    names = dict.fromkeys(name for places in by_year.values() for name in places)
    empty = Rows((), np.zeros(0, dtype=np.int64))
    return {
        name: Rows(
            tuple(with_year(y, key) for y, places in by_year.items() for key in places.get(name, empty).keys),
            np.concatenate([places.get(name, empty).at + int(start[y]) for y, places in by_year.items()]),
        )
        for name in names
    }


def _spread(between: LinearProgramme, variables: Mapping[str, Rows], width: int) -> sp.csr_matrix:
    """Return the laws between years over the columns of the stacked siting problem."""
    place = np.zeros(len(between.cost), dtype=np.int64)
    for name, columns in between.variables.items():
        at = dict(zip(variables[name].keys, variables[name].at, strict=True))
        for key, column in zip(columns.keys, columns.at, strict=True):
            place[column] = at[whole_key(key)]
    entries = sp.coo_matrix(between.matrix)
    shape = (entries.shape[0], width)
    return sp.csr_matrix((entries.data, (entries.row, place[entries.col])), shape=shape)


def _interface(siting: Mapping[int, LinearProgramme], programmes: ByYear, *, seed: bool) -> Any:
    start = first_columns(siting)
    return np.concatenate(
        [(p.seed_interface if seed else p.interface) + start[y] for y, p in programmes.items()]
    )


def _periods(programmes: ByYear, weight: Mapping[int, float], *, seed: bool) -> tuple[Period, ...]:
    """Return the periods of all years, each blind to what the other years decide."""
    widths = [len(p.seed_interface if seed else p.interface) for p in programmes.values()]
    ends = np.cumsum(widths)
    found = []
    for number, (year, programme) in enumerate(programmes.items()):
        before, after = int(ends[number] - widths[number]), int(ends[-1] - ends[number])
        for period in programme.seed if seed else programme.periods:
            rows = period.coupling.shape[0]
            wide = sp.hstack(
                [sp.csr_matrix((rows, before)), period.coupling, sp.csr_matrix((rows, after))], format="csr"
            )
            found.append(replace(period, weight=weight[year] * period.weight, coupling=sp.csr_matrix(wide)))
    return tuple(found)
