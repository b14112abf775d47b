"""Small words the model files share: a set, a parameter, a variable, a grouping, checked and with their unit.

All may be said again of the same model with other figures (:func:`optimizer.model.build.restate_siting`): a
parameter takes its new values; ``m.changed`` and ``m.regrouped`` note the names of what differs, and a
:class:`Reader` tells which laws read it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo


class OtherSetsError(Exception):
    """The model would have other sets, so other rows and columns: it must be written afresh."""


class Reader:
    """A model as a law sees it; ``vars`` of it are what was read so far, by name."""

    def __init__(self, m: Any) -> None:
        self._model = m

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.__dict__["_model"], name)
        self.__dict__[name] = found
        return found


def blank(name: str) -> Any:
    """Return a model without anything in it, ready for the words below."""
    m = pyo.ConcreteModel(name=name)
    m.said, m.readers = {}, {}
    m.changed, m.regrouped = set(), set()
    return m


def index_set(m: Any, name: str, keys: Iterable[Any], dimen: int = 1) -> None:
    """Add a set of keys.

    Raises:
        OtherSetsError: the model has the set with other keys.
    """
    listed = list(keys)
    if name not in m.said:
        m.add_component(name, pyo.Set(dimen=dimen, initialize=listed))
    elif m.said[name] != listed:
        raise OtherSetsError(name)
    m.said[name] = listed


def param(m: Any, name: str, index: Any, values: Mapping[Any, float] | pd.Series, unit: Any) -> None:
    """Add an indexed parameter with its unit.

    Raises:
        ValueError: a value is not finite.
    """
    if isinstance(values, pd.Series):  # a lookup in a Series is slow
        values = dict(zip(values.index, values.tolist(), strict=True))
    table = {key: float(values[key]) for key in index}
    if not np.isfinite(list(table.values())).all():
        bad = [key for key, value in table.items() if not np.isfinite(value)]
        raise ValueError(f"{name}{bad} is not a finite number")
    if m.component(name) is None:
        m.add_component(name, pyo.Param(index, mutable=True, units=unit))
    elif m.said[name] == table:
        return
    m.component(name).store_values(table, check=False)  # the keys are the index, the values are checked above
    m.said[name] = table
    m.changed.add(name)


def number(m: Any, name: str, value: float, unit: Any) -> None:
    """Add a parameter without index, with its unit."""
    if m.component(name) is None:
        m.add_component(name, pyo.Param(initialize=value, mutable=True, units=unit))
    elif m.component(name).value != value:
        m.component(name).set_value(value)
        m.changed.add(name)


def variable(m: Any, name: str, index: Any, unit: Any) -> None:
    """Add an indexed variable, zero or more, with its unit."""
    if m.component(name) is None:
        m.add_component(name, pyo.Var(index, domain=pyo.NonNegativeReals, units=unit))


def lookup(m: Any, name: str, groups: Mapping[Any, list[Any]]) -> None:
    """Add a grouping of keys that laws sum over."""
    if m.said.get(name) != groups:
        m.said[name] = dict(groups)  # a copy: a law that looks up a missing key adds it to the original
        setattr(m, name, groups)
        m.regrouped.add(name)


def group(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """Group pairs by their first member; a key without a pair gives an empty list."""
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, member in pairs:
        groups[key].append(member)
    return groups
