r"""Prices explain the cost: every limit times its price, added up over all laws, is the cost that was proven.

For the siting problem with duals :math:`y`, what the grid values a decision at, :math:`g`, and what is left
of each column's cost, :math:`z = c + g - A^\top y`; and for dispatch with duals :math:`\pi_w`, mixed as the
master problem mixes its cuts, at the limits :math:`b_w` without the plan:

.. math:: \text{cost} = \sum_{\text{siting laws}} y^\top b + \sum_{\text{columns}} z^\top \bar y
   + \sum_w \omega_w \sum_{\text{dispatch laws}} \pi_w^\top b_w

What the plan changes in the limits of dispatch is counted once, in :math:`g`. No solver is asked.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from optimizer.milestones import Array, LinearProgramme
from optimizer.solve.master import Vertex
from optimizer.solve.workers import Evaluation

BOUNDS = "bounds"
"""Rents of columns with bounds of their own: fixed numbers of halls, for instance."""


def explained_difference(siting: LinearProgramme, vertex: Vertex) -> float:
    """Return how far the rents of all laws are from the proven cost, relative to the cost. [1]

    Args:
        siting: the siting problem that was solved.
        vertex: its duals, the values of the grid, and the rents of dispatch.
    """
    rents = [*siting_rents(siting, vertex).to_numpy(), *vertex.rents.values()]
    off = abs(float(np.sum(rents)) - vertex.lower_bound)
    return off / max(1.0, abs(vertex.lower_bound)) if np.isfinite(off) else float("inf")


def rent_table(siting: LinearProgramme, vertex: Vertex, before: Iterable[Evaluation]) -> pd.DataFrame:
    """Return price times limit of every law with the plan and without it. [JPY bn/a]

    Args:
        siting: the siting problem that was solved.
        vertex: the published decision and its prices.
        before: every period of the same system without the plan.

    Returns:
        Columns law, key (of siting laws; empty for dispatch), jpy_bn_per_a, before_jpy_bn_per_a; what is zero
        in both is left out.
    """
    paid = siting_rents(siting, vertex)
    without: dict[str, float] = {}
    for found in before:
        for law, rent in found.rents.items():
            without[law] = without.get(law, 0.0) + rent
    laws = list(dict.fromkeys([*vertex.rents, *without]))
    table = pd.DataFrame(
        {
            "law": [law for law, _ in paid.index] + laws,
            "key": [key for _, key in paid.index] + [""] * len(laws),
            "jpy_bn_per_a": [*paid, *(vertex.rents.get(law, 0.0) for law in laws)],
            "before_jpy_bn_per_a": [0.0] * len(paid) + [without.get(law, 0.0) for law in laws],
        }
    )
    kept = (table["jpy_bn_per_a"] != 0) | (table["before_jpy_bn_per_a"] != 0)
    return table[kept].reset_index(drop=True)


def siting_rents(siting: LinearProgramme, vertex: Vertex) -> pd.Series:
    """Return dual times limit of every siting row, and what bounded columns add. [JPY bn/a]

    Returns:
        Index law, key (words); the bounds of all columns together under :data:`BOUNDS`.
    """
    rent = _pushed(vertex.dual, siting.lower, siting.upper)
    left = siting.cost + vertex.dispatch_value - siting.matrix.T @ vertex.dual
    bound = _pushed(left, siting.column_lower, siting.column_upper)
    index, values = [], []
    for law, place in siting.equations.items():
        for key, row in zip(place.keys, place.at, strict=True):
            index.append((law, " / ".join(map(str, key)) if isinstance(key, tuple) else str(key or "")))
            values.append(rent[row])
    index.append((BOUNDS, ""))
    values.append(bound.sum())
    return pd.Series(values, index=pd.MultiIndex.from_tuples(index, names=["law", "key"]), dtype=float)


def _pushed(dual: Array, lower: Array, upper: Array) -> Array:
    """Dual times the limit it pushes against; where there is none, nothing: the certificate judges that."""
    limit = np.where(dual > 0, lower, upper)
    usable = (dual != 0) & np.isfinite(limit)
    return np.asarray(np.multiply(dual, limit, out=np.zeros_like(dual), where=usable))
