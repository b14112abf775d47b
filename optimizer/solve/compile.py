"""From a Pyomo model to arrays, once; after this no Pyomo object is needed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

from optimizer.milestones import LinearProgramme, Rows


def compile_programme(
    model: pyo.ConcreteModel, *, hourly: bool, without_hour: Collection[str] = ()
) -> LinearProgramme:
    """Turn a linear Pyomo model into arrays, rows and columns in the model's own order.

    Args:
        model: a model whose constraints are single-sided or equalities.
        hourly: whether the last index of a component is the hour, to be split off as second axis.
        without_hour: components of an hourly model that have no hour; their second axis has one entry.

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
    columns = list(model.component_data_objects(pyo.Var, active=True))
    place = _columns_in(columns, form.columns)
    matrix = _spread(form.A, place, len(columns))
    right = np.asarray(form.rhs, dtype=float)
    kind = np.array([row.bound_type for row in form.rows])
    lower = np.where(kind == 1, -np.inf, right)
    upper = np.where(kind == -1, np.inf, right)
    cost = np.asarray(_spread(form.c, place, len(columns)).todense(), dtype=float).ravel()
    laws = [law.name for law in model.component_objects(pyo.Constraint, active=True)]
    names = [variable.name for variable in model.component_objects(pyo.Var, active=True)]
    return LinearProgramme(
        matrix=matrix,
        cost=cost,
        lower=lower,
        upper=upper,
        column_lower=np.array([-np.inf if v.lb is None else float(v.lb) for v in columns]),
        column_upper=np.array([np.inf if v.ub is None else float(v.ub) for v in columns]),
        equations=_places([row.constraint for row in form.rows], laws, hourly, without_hour),
        variables=_places(columns, names, hourly, without_hour),
    )


def _columns_in(columns: list[Any], compiled: list[Any]) -> npt.NDArray[np.int64]:
    """Return where each compiled column stands; Pyomo leaves out those without a coefficient."""
    number = {id(variable): i for i, variable in enumerate(columns)}
    return np.array([number[id(variable)] for variable in compiled], dtype=np.int64)


def _spread(matrix: sp.csc_array, place: npt.NDArray[np.int64], width: int) -> sp.csr_matrix:
    entries = sp.coo_array(matrix)
    at = (entries.coords[0], place[entries.coords[1]])
    return sp.csr_matrix((entries.data, at), shape=(matrix.shape[0], width))


def _places(
    components: list[Any], names: list[str], hourly: bool, without_hour: Collection[str]
) -> dict[str, Rows]:
    """Return the places of every component, also of those that have no member."""
    keys: dict[str, list[Any]] = {name: [] for name in names}
    numbers: dict[str, list[int]] = {name: [] for name in names}
    named: dict[int, str] = {}
    for number, data in enumerate(components):
        parent = data.parent_component()
        name = named.get(id(parent)) or named.setdefault(id(parent), parent.name)
        keys[name].append(data.index())
        numbers[name].append(number)
    by_hour = {name: some for name, some in keys.items() if hourly and name not in without_hour}
    hours = 1 + max((key[-1] for some in by_hour.values() for key in some), default=0)
    places = {}
    for name, some in keys.items():
        if name in by_hour:
            places[name] = _rows(name, some, numbers[name], hours)
        else:
            at = np.array(numbers[name], dtype=np.int64)
            places[name] = Rows(tuple(some), at[:, None] if hourly else at)
    return places


def _rows(name: str, keys: list[Any], numbers: list[int], hours: int) -> Rows:
    at = np.array(numbers, dtype=np.int64)
    first = [key[:-1] if len(key) > 2 else key[0] for key in keys[::hours]]
    expected = [
        (*(key if isinstance(key, tuple) else (key,)), hour) for key in first for hour in range(hours)
    ]
    if keys != expected:
        raise ValueError(f"index of '{name}' is not [key, hour] in order")
    return Rows(tuple(first), at.reshape(len(first), hours))
