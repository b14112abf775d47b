"""Rows with a single variable are bounds: give them to the solver as such, and read their prices back.

A dispatch block has about five such rows per row that couples variables. As bounds they cost the simplex
method nothing; their dual is the reduced cost of the column, divided by the coefficient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.milestones import Array, LinearProgramme

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Limits:
    """Bounds of the reduced programme, ready for the solver."""

    row_lower: Array
    row_upper: Array
    column_lower: Array
    column_upper: Array
    lower_row: Index
    """Which single row gives each column its lower bound; −1 where none does."""

    upper_row: Index
    """Which single row gives each column its upper bound; −1 where none does."""


@dataclass(frozen=True)
class Reduced:
    """A programme whose single-variable rows have become bounds."""

    programme: LinearProgramme
    matrix: sp.csr_matrix
    """Rows that couple variables × columns."""

    kept: Index
    """Rows of the programme that remain rows."""

    single: Index
    """Rows of the programme that became bounds."""

    column: Index
    """Column of each single row."""

    factor: Array
    """Coefficient of each single row, positive or negative."""

    def limits(self, lower: Array, upper: Array) -> Limits:
        """Split limits of the programme's rows into row limits and column bounds."""
        base = self.programme
        with np.errstate(invalid="ignore"):
            ends = np.stack([lower[self.single] / self.factor, upper[self.single] / self.factor])
        column_lower, lower_row = _tightest(
            base.column_lower, self.column, ends.min(axis=0), np.greater_equal
        )
        column_upper, upper_row = _tightest(base.column_upper, self.column, ends.max(axis=0), np.less_equal)
        return Limits(lower[self.kept], upper[self.kept], column_lower, column_upper, lower_row, upper_row)

    def duals(self, limits: Limits, row_dual: Array, reduced_cost: Array) -> Array:
        """Return the dual of every row of the programme from the reduced programme's answer.

        Columns the solver was given beyond the programme's own are left aside.
        """
        dual = np.zeros(len(self.programme.lower))
        dual[self.kept] = row_dual
        reduced_cost = reduced_cost[: len(limits.lower_row)]
        chosen = np.where(reduced_cost > 0, limits.lower_row, limits.upper_row)
        pushed = np.flatnonzero((chosen >= 0) & (reduced_cost != 0))
        rows = chosen[pushed]
        dual[self.single[rows]] = reduced_cost[pushed] / self.factor[rows]
        return dual


def _tightest(base: Array, column: Index, bound: Array, tighter: np.ufunc) -> tuple[Array, Index]:
    """Apply bounds to columns; at most one single row per column and side may bind (checked at compile)."""
    result, owner = base.copy(), np.full(len(base), -1, dtype=np.int64)
    binds = np.flatnonzero(np.isfinite(bound) & tighter(bound, base[column]))
    result[column[binds]] = bound[binds]
    owner[column[binds]] = binds
    return result, owner


def reduce_programme(programme: LinearProgramme) -> Reduced:
    """Find the single-variable rows of a programme.

    A row stays a row where another single row already bounds the same column from the same side, or where
    its limit is a share of a yearly total.
    """
    matrix = sp.csr_matrix(programme.matrix)
    matrix.eliminate_zeros()
    candidates = np.setdiff1d(np.flatnonzero(np.diff(matrix.indptr) == 1), shared_rows(programme))
    column = matrix.indices[matrix.indptr[candidates]]
    value = matrix.data[matrix.indptr[candidates]]
    first = _first_per_side(programme, candidates, column, value)
    single, column, value = candidates[first], column[first], value[first]
    kept = np.setdiff1d(np.arange(matrix.shape[0]), single)
    return Reduced(programme, sp.csr_matrix(matrix[kept]), kept, single, column.astype(np.int64), value)


def _first_per_side(
    programme: LinearProgramme, rows: Index, column: npt.NDArray[np.int32], value: Array
) -> npt.NDArray[np.bool_]:
    """Mark the rows that are the first to bound their column from their side."""
    low_side = np.where(value > 0, np.isfinite(programme.lower[rows]), np.isfinite(programme.upper[rows]))
    high_side = np.where(value > 0, np.isfinite(programme.upper[rows]), np.isfinite(programme.lower[rows]))
    taken_low: set[int] = set()
    taken_high: set[int] = set()
    keep = np.zeros(len(rows), dtype=bool)
    for i, (at, low, high) in enumerate(zip(column.tolist(), low_side, high_side, strict=True)):
        if (low and at in taken_low) or (high and at in taken_high):
            continue
        keep[i] = True
        if low:
            taken_low.add(at)
        if high:
            taken_high.add(at)
    return keep


def shared_rows(programme: LinearProgramme) -> Index:
    """Return the rows of a block whose limits are the period's shares of yearly totals."""
    rows = [programme.equations[name].at.ravel() for name in programme.shared]
    return np.concatenate([np.zeros(0, dtype=np.int64), *rows])
