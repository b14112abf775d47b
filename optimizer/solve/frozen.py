"""A plan frozen: its siting columns fixed, so that only dispatch is left to decide; and the rules it breaks.

In another year or another future the plan stands as it was built. Yearly rules still share their totals out
over the periods: rows and columns that do so stay free. All other rules are only looked at: what a frozen
plan breaks is told, not mended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from optimizer.milestones import Array, LinearProgramme
from optimizer.solve.highs import LinearSolver

DUST = 1e-6
"""Amounts below this are rounding: a kilowatt where the rule counts power. [row's unit]"""


@dataclass(frozen=True)
class Frozen:
    """A siting problem in which a plan stands as it is."""

    siting: LinearProgramme
    broken: pd.DataFrame
    """Rules the plan breaks. Columns law, amount [the rule's own unit], share of what the rule weighs [1]."""


def freeze(
    siting: LinearProgramme, values: Mapping[str, pd.Series], shared: Sequence[str], interface: Sequence[str]
) -> Frozen:
    """Fix the columns of a siting problem to those of a plan made elsewhere.

    Args:
        siting: of the year or future the plan is put into.
        values: value of every siting variable of the plan by name, indexed by its key.
        shared: variables that share yearly totals out over periods; they and their rules stay as they are.
        interface: variables the grid sees; those of the plan must exist in the future.

    Returns:
        The problem with fixed columns, and what the plan breaks of all other rules.

    Raises:
        ValueError: the plan has built something that does not exist in this siting problem.
    """
    _check_places(siting, values, shared, interface)
    fixed = columns_of(siting, values)
    free = np.zeros(len(siting.cost), dtype=bool)
    for name in shared:
        free[siting.variables[name].at] = True
    fixed[free] = np.nan
    known = ~np.isnan(fixed)
    lower, upper = siting.column_lower.copy(), siting.column_upper.copy()
    lower[known] = upper[known] = fixed[known]
    rules = np.asarray(abs(siting.matrix)[:, free].sum(axis=1)).ravel() > 0
    unknown = ~known & ~free
    broken = _broken(replace(siting, column_lower=lower, column_upper=upper), ~rules)
    upper[unknown] = lower[unknown] = np.maximum(siting.column_lower[unknown], 0.0)
    frozen = replace(
        siting,
        column_lower=lower,
        column_upper=upper,
        lower=np.where(rules, siting.lower, -np.inf),
        upper=np.where(rules, siting.upper, np.inf),
    )
    return Frozen(frozen, broken)


def completed(
    siting: LinearProgramme, values: Mapping[str, pd.Series], within: float
) -> dict[str, pd.Series]:
    """Return all siting values of a plan of which only what the grid sees is known, at least cost.

    Dispatch depends on nothing else, so an optimal plan is the cheapest one around what the grid sees.

    Args:
        siting: the problem the plan was made in.
        values: known values by variable and key.
        within: how exactly they are known. [GW]

    Raises:
        InfeasibleError: there is no plan around these values.
    """
    fixed = columns_of(siting, values)
    known = ~np.isnan(fixed)
    lower, upper = siting.column_lower.copy(), siting.column_upper.copy()
    lower[known] = np.clip(fixed[known] - within, lower[known], upper[known])
    upper[known] = np.clip(fixed[known] + within, lower[known], upper[known])
    solver = LinearSolver(
        siting.matrix, siting.cost, (siting.lower, siting.upper), (lower, upper), "siting of a finished run"
    )
    return by_name(siting, solver.solve().x)


def by_name(siting: LinearProgramme, y: Array) -> dict[str, pd.Series]:
    """Return a siting decision by variable and key."""
    return {name: pd.Series(y[place.at], index=list(place.keys)) for name, place in siting.variables.items()}


def columns_of(siting: LinearProgramme, values: Mapping[str, pd.Series]) -> Array:
    """Return the plan's value of every column; NaN where it says nothing."""
    fixed = np.full(len(siting.cost), np.nan)
    for name, place in siting.variables.items():
        if name in values and len(place.at):
            known = dict(zip(values[name].index, values[name].to_numpy(dtype=float), strict=True))
            fixed[place.at] = [known.get(key, np.nan) for key in place.keys]
    return np.where(np.isnan(fixed), np.nan, np.maximum(fixed, siting.column_lower))


def _check_places(
    siting: LinearProgramme,
    values: Mapping[str, pd.Series],
    shared: Sequence[str],
    interface: Sequence[str],
) -> None:
    for name in interface:
        if name in shared or name not in values:
            continue
        there = set(siting.variables[name].keys)
        lost = [key for key, value in values[name].items() if value > DUST and key not in there]
        if lost:
            raise ValueError(f"the plan's {name} at {lost[0]} has no place in this future")


def _broken(siting: LinearProgramme, rules: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return by how much the rows must give for the fixed columns, by law; the others bend as they can."""
    rows = np.flatnonzero(rules)
    count, width = len(rows), len(siting.cost)
    middle = np.nan_to_num(np.clip(0.0, siting.column_lower, siting.column_upper))
    weighs = abs(siting.matrix[rows]) @ np.abs(middle)
    for limit in (siting.lower[rows], siting.upper[rows]):
        weighs = np.maximum(weighs, np.where(np.isfinite(limit), np.abs(limit), 0.0))
    weighs = np.maximum(weighs, DUST)
    slack = sp.identity(count, format="csr")
    solver = LinearSolver(
        sp.csr_matrix(sp.hstack([siting.matrix[rows], slack, -slack])),
        np.concatenate([np.zeros(width), np.tile(1.0 / np.maximum(weighs, 1e-3), 2)]),
        (siting.lower[rows], siting.upper[rows]),
        (
            np.concatenate([siting.column_lower, np.zeros(2 * count)]),
            np.concatenate([siting.column_upper, np.full(2 * count, np.inf)]),
        ),
        "rules of a frozen plan",
    )
    gives = solver.solve().x[width:].reshape(2, count).sum(axis=0)
    amount, share = np.zeros(len(siting.lower)), np.zeros(len(siting.lower))
    amount[rows], share[rows] = gives, gives / weighs
    found = [
        (law, float(amount[place.at].sum()), float(share[place.at].max()))
        for law, place in siting.equations.items()
        if len(place.at) and amount[place.at].max() > DUST
    ]
    return pd.DataFrame(found, columns=["law", "amount", "share"]).astype({"amount": float, "share": float})
