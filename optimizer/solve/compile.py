"""From a Pyomo model to arrays, once; after this no Pyomo object is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from optimizer.milestones import LinearProgramme, Rows


def compile_programme(model: pyo.ConcreteModel, *, hourly: bool) -> LinearProgramme:
    """Turn a linear Pyomo model into arrays, rows and columns in the model's own order.

    Args:
        model: a model whose constraints are single-sided or equalities.
        hourly: whether the last index of every component is the hour, to be split off as second axis.

    Returns:
        `lower ≤ A x ≤ upper` with the place of every equation and variable by name.

    Raises:
        ValueError: a component's index is not in the order the axes promise.
    """
    form = LinearStandardFormCompiler().write(
        model,
        mixed_form=True,
        set_sense=pyo.minimize,
        row_order=list(model.component_data_objects(pyo.Constraint, active=True)),
        column_order=list(model.component_data_objects(pyo.Var, active=True)),
    )
    columns = list(form.columns)
    matrix = form.A.tocsr()
    right = np.asarray(form.rhs, dtype=float)
    kind = np.array([row.bound_type for row in form.rows])
    lower = np.where(kind == 1, -np.inf, right)
    upper = np.where(kind == -1, np.inf, right)
    cost = np.asarray(form.c.todense(), dtype=float).ravel()
    return LinearProgramme(
        matrix=matrix,
        cost=cost,
        lower=lower,
        upper=upper,
        column_lower=np.array([-np.inf if v.lb is None else float(v.lb) for v in columns]),
        column_upper=np.array([np.inf if v.ub is None else float(v.ub) for v in columns]),
        equations=_places([row.constraint for row in form.rows], hourly),
        variables=_places(columns, hourly),
    )


def _places(components: list[Any], hourly: bool) -> dict[str, Rows]:
    keys: dict[str, list[Any]] = {}
    numbers: dict[str, list[int]] = {}
    for number, data in enumerate(components):
        name = data.parent_component().name
        keys.setdefault(name, []).append(data.index())
        numbers.setdefault(name, []).append(number)
    return {name: _rows(name, keys[name], numbers[name], hourly) for name in keys}


def _rows(name: str, keys: list[Any], numbers: list[int], hourly: bool) -> Rows:
    at = np.array(numbers, dtype=np.int64)
    if not hourly:
        return Rows(tuple(keys), at)
    hours = 1 + max(key[-1] for key in keys)
    first = [key[:-1] if len(key) > 2 else key[0] for key in keys[::hours]]
    expected = [
        (*(key if isinstance(key, tuple) else (key,)), hour) for key in first for hour in range(hours)
    ]
    if keys != expected:
        raise ValueError(f"index of '{name}' is not [key, hour] in order")
    return Rows(tuple(first), at.reshape(len(first), hours))
