"""Small words the model files share: a parameter, a variable, a grouping, each checked and with its unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo


def param(m: Any, name: str, index: Any, values: Mapping[Any, float] | pd.Series, unit: Any) -> None:
    """Add an indexed parameter with its unit.

    Raises:
        ValueError: a value is not finite.
    """
    by_key = values.to_dict() if isinstance(values, pd.Series) else values  # a lookup in a Series is slow
    table = {key: float(by_key[key]) for key in index}
    if not np.isfinite(list(table.values())).all():
        bad = [key for key, value in table.items() if not np.isfinite(value)]
        raise ValueError(f"{name}{bad} is not a finite number")
    m.add_component(name, pyo.Param(index, initialize=table, units=unit))


def variable(m: Any, name: str, index: Any, unit: Any) -> None:
    """Add an indexed variable, zero or more, with its unit."""
    m.add_component(name, pyo.Var(index, domain=pyo.NonNegativeReals, units=unit))


def group(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """Group pairs by their first member; a key without a pair gives an empty list."""
    groups: dict[Any, list[Any]] = defaultdict(list)
    for key, member in pairs:
        groups[key].append(member)
    return groups
