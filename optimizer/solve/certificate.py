"""Our own check of a solver's answer: feasibility, dual feasibility, gap. No solver needed.

For `min c x, L ≤ A x ≤ U, l ≤ x ≤ u` with row duals y and reduced costs z recomputed as `c − Aᵀ y`:
the answer is optimal if x is feasible, every y and z pushes against a finite bound, and the dual
objective `Σ (y⁺ L + y⁻ U) + Σ (z⁺ l + z⁻ u)` equals `c x`. All figures are relative.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from optimizer.milestones import Array

TOLERANCE = 1e-6
"""Largest accepted relative residual; simplex answers are expected near 1e-9."""


@dataclass(frozen=True)
class Certificate:
    """Relative residuals of one answer."""

    primal: float
    """Largest violation of a row limit or column bound, relative to one plus the value's size."""

    dual: float
    """Largest reduced cost or row dual that pushes against no bound, relative to costs."""

    gap: float
    """Difference of primal and dual objective, relative to the objective."""

    dual_objective: float
    """A valid bound on the optimum when `dual` is zero."""

    @property
    def passed(self) -> bool:
        """Whether every residual is a number within :data:`TOLERANCE`."""
        worst = max(self.primal, self.dual, self.gap)
        return bool(np.isfinite([self.primal, self.dual, self.gap]).all()) and worst <= TOLERANCE


def certify(
    matrix: sp.csr_matrix, cost: Array, row_bounds: tuple[Array, Array], column_bounds: tuple[Array, Array],
    answer: tuple[Array, Array],
) -> Certificate:  # fmt: skip
    """Check an answer against the programme it answers.

    Args:
        matrix: A, rows × columns.
        cost: c.
        row_bounds: L, U.
        column_bounds: l, u.
        answer: primal values x and row duals y.

    Returns:
        Relative residuals; NaN anywhere gives infinite residuals.
    """
    x, y = answer
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return Certificate(np.inf, np.inf, np.inf, -np.inf)
    activity = matrix @ x
    reduced = cost - matrix.T @ y
    primal = max(_violation(activity, *row_bounds), _violation(x, *column_bounds))
    scale = max(1e-12, float(np.abs(cost).max(initial=0.0)))
    loose = max(_unbounded_push(y, *row_bounds), _unbounded_push(reduced, *column_bounds)) / scale
    objective = float(np.sum(cost * x))  # `@` would start threads that cost more than the sum
    bound = dual_value(y, *row_bounds) + dual_value(reduced, *column_bounds)
    return Certificate(primal, loose, abs(objective - bound) / max(1.0, abs(objective)), bound)


def _violation(value: Array, lower: Array, upper: Array) -> float:
    beyond = np.maximum(lower - value, value - upper) / (1.0 + np.abs(value))
    return float(max(beyond.max(initial=0.0), 0.0))


def _unbounded_push(dual: Array, lower: Array, upper: Array) -> float:
    up = dual[np.isneginf(lower)].max(initial=0.0)
    down = (-dual[np.isposinf(upper)]).max(initial=0.0)
    return float(max(up, down))


def dual_value(dual: Array, lower: Array, upper: Array) -> float:
    """Return what duals (or reduced costs) prove with the limits they push against; none if infinite."""
    low = np.where(np.isneginf(lower), 0.0, lower)
    high = np.where(np.isposinf(upper), 0.0, upper)
    return float(np.sum(np.maximum(dual, 0.0) * low) + np.sum(np.minimum(dual, 0.0) * high))


def whole_residual(
    activity: Array,
    row_bounds: tuple[Array, Array],
    x: Array,
    column_bounds: tuple[Array, Array],
    whole: Array,
) -> float:
    """Return the largest violation of a row, a bound, or wholeness, relative to one plus the value's size.

    Args:
        activity: A x.
        row_bounds: L, U.
        x: values of the columns.
        column_bounds: l, u.
        whole: those values that must be whole.

    Returns:
        Infinity where a value is no number. [1]
    """
    if not (len(x) and np.isfinite(x).all()):
        return float("inf")
    off = float(np.abs(whole - np.round(whole)).max(initial=0.0))
    return max(off, _violation(activity, *row_bounds), _violation(x, *column_bounds))
