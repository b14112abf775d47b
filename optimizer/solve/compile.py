"""From a Pyomo model to arrays, once; after this no Pyomo object is needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyomo.environ as pyo
import scipy.sparse as sp
from pyomo.common.gc_manager import PauseGC
from pyomo.repn import generate_standard_repn

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
        ValueError: a component's index is not in the order the axes promise; a law is not linear.
    """
    columns = list(model.component_data_objects(pyo.Var, active=True))
    names = [variable.name for variable in model.component_objects(pyo.Var, active=True)]
    laws = [law.name for law in model.component_objects(pyo.Constraint, active=True)]
    number = {id(variable): i for i, variable in enumerate(columns)}
    with PauseGC():
        rows = _stacked(
            [_walked(law, number) for law in model.component_data_objects(pyo.Constraint, active=True)],
            len(columns),
        )
        return LinearProgramme(
            matrix=rows.matrix,
            cost=_priced(_walked_objective(model, number), len(columns)),
            lower=rows.lower,
            upper=rows.upper,
            column_lower=np.array([-np.inf if v.lb is None else float(v.lb) for v in columns]),
            column_upper=np.array([np.inf if v.ub is None else float(v.ub) for v in columns]),
            equations=_places(rows.laws, laws, hourly, without_hour),
            variables=_places(columns, names, hourly, without_hour),
        )


class Compiler:
    """A model without hours whose parameters take new values; of each law that meets some, terms are kept."""

    def __init__(self, model: pyo.ConcreteModel) -> None:
        self.programme = compile_programme(model, hourly=False)
        self._model = model
        self._number = {id(v): i for i, v in enumerate(model.component_data_objects(pyo.Var, active=True))}
        self._rows = {
            name: _rows_of(self.programme, place) for name, place in self.programme.equations.items()
        }
        self._terms: dict[str, list[_Terms]] = {}

    def again(self, differ: Collection[str], rewritten: Collection[str]) -> LinearProgramme:
        """Compile the model with new values of its parameters.

        Args:
            differ: names of the laws whose parameters have other values than at the last time; `objective`
                among them where it has.
            rewritten: those of them that were also written again.

        Returns:
            The same programme, entry by entry, as :func:`compile_programme` makes of the model.
        """
        for name in rewritten:
            self._terms.pop(name, None)
        with PauseGC():
            self._rows |= {name: self._law(name) for name in self._rows if name in differ}
            cost = self._cost() if "objective" in differ else self.programme.cost
        parts = self._rows.values()
        starts = np.cumsum([0, *(len(part.keys) for part in parts)])
        self.programme = replace(
            self.programme,
            matrix=sp.csr_matrix(sp.vstack([part.matrix for part in parts], format="csr")),
            lower=np.concatenate([part.lower for part in parts]),
            upper=np.concatenate([part.upper for part in parts]),
            cost=cost,
            equations={
                name: Rows(part.keys, np.arange(start, start + len(part.keys), dtype=np.int64))
                for (name, part), start in zip(self._rows.items(), starts[:-1], strict=True)
            },
        )
        return self.programme

    def _law(self, name: str) -> _Rows:
        if name not in self._terms:
            rows = self._model.component(name).values()
            self._terms[name] = [_walked(row, self._number, symbols=True) for row in rows]
        return _stacked(self._terms[name], len(self._number))

    def _cost(self) -> npt.NDArray[np.float64]:
        if "objective" not in self._terms:
            self._terms["objective"] = _walked_objective(self._model, self._number, symbols=True)
        return _priced(self._terms["objective"], len(self._number))


@dataclass(frozen=True)
class _Terms:
    """A law or an objective, walked once; coefficients and limits may be expressions of parameters."""

    law: Any
    columns: list[int]
    coefficients: tuple[Any, ...]
    constant: Any
    low: Any
    high: Any


@dataclass(frozen=True)
class _Rows:
    laws: list[Any]
    keys: tuple[Any, ...]
    matrix: sp.csr_matrix
    lower: npt.NDArray[np.float64]
    upper: npt.NDArray[np.float64]


def _walked(law: Any, number: Mapping[int, int], *, symbols: bool = False) -> _Terms:
    low, body, high = law.to_bounded_expression()
    return _linear(law, body, number, (low, high), symbols)


def _walked_objective(
    model: pyo.ConcreteModel, number: Mapping[int, int], *, symbols: bool = False
) -> list[_Terms]:
    found = model.component_data_objects(pyo.Objective, active=True)
    return [_linear(objective, objective.expr, number, (None, None), symbols) for objective in found]


def _linear(
    law: Any, expression: Any, number: Mapping[int, int], limits: tuple[Any, Any], symbols: bool
) -> _Terms:
    """Return the terms of an expression, with the values parameters have now or, as symbols, will have."""
    found = generate_standard_repn(expression, compute_values=not symbols)
    if not found.is_linear():
        raise ValueError(f"'{law.name}' is not linear")
    columns = [number[id(variable)] for variable in found.linear_vars]
    return _Terms(law, columns, found.linear_coefs, found.constant, *limits)


def _now(figure: Any) -> Any:
    """Return the value of a number or of an expression of parameters; None stays None."""
    return figure() if callable(figure) else figure


def _stacked(terms: list[_Terms], width: int) -> _Rows:
    """Return rows with the values parameters have now; a law without a variable is no row."""
    laws: list[Any] = []
    limits: list[tuple[float, float]] = []
    columns: list[int] = []
    values: list[float] = []
    ends = [0]
    for one in terms:
        low, high, constant = _now(one.low), _now(one.high), _now(one.constant)
        least = -np.inf if low is None else low - constant
        most = np.inf if high is None else high - constant
        own = [(i, value) for i, c in zip(one.columns, one.coefficients, strict=True) if (value := _now(c))]
        if not own:
            if least > 0 or most < 0:
                raise ValueError(f"law '{one.law.name}' has no variable and does not hold")
            continue
        columns += [column for column, _ in own]
        values += [value for _, value in own]
        ends.append(len(columns))
        laws.append(one.law)
        limits.append((least, most))
    matrix = sp.csr_matrix(
        (np.array(values, dtype=float), np.array(columns, dtype=np.int32), np.array(ends, dtype=np.int32)),
        shape=(len(laws), width),
    )
    matrix.sort_indices()
    lower, upper = np.array(limits, dtype=float).reshape(-1, 2).T
    return _Rows(laws, tuple(law.index() for law in laws), matrix, lower.copy(), upper.copy())


def _rows_of(programme: LinearProgramme, place: Rows) -> _Rows:
    """Return the rows of a law; laws follow one another, so each has one stretch."""
    own = slice(place.at[0], place.at[-1] + 1) if len(place.at) else slice(0)
    return _Rows([], place.keys, programme.matrix[own], programme.lower[own], programme.upper[own])


def _priced(objectives: list[_Terms], width: int) -> npt.NDArray[np.float64]:
    cost = np.zeros(width)
    for one in objectives:
        cost[one.columns] = [_now(c) or 0.0 for c in one.coefficients]  # no cost is 0, not -0
    return cost


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
