"""The capture curve: how displaced payments become captured ones under one national ceiling.

    G(x, K) = K (1 - exp(-x / K))        slope 1 at x = 0, concave, never above x nor above K

x is the payment abroad that the plan's sales would displace were each of them certain, K the
contestable ceiling, G what is captured; all JPY bn/a. The linear program sees the same curve as
eight segments: it fills them in order by itself, because each is worth less than the one before.
"""

from __future__ import annotations

import numpy as np

from optimizer.milestones import Array

BREAKPOINTS: Array = np.array([0.0, 0.15, 0.35, 0.6, 1.0, 1.5, 2.2, 3.2, 5.0])
"""Ends of the eight segments, as multiples of the ceiling K. [1]"""

WIDTHS: Array = np.diff(BREAKPOINTS)
"""Widths of the segments, as multiples of K: segment j holds `0 <= seg_j <= K WIDTHS[j]`. [1]"""

SLOPES: Array = np.diff(-np.expm1(-BREAKPOINTS)) / WIDTHS
"""Captured yen per displaced yen in each segment, strictly falling. [1]"""


def gross_capture(displaced: Array, ceiling: Array) -> Array:
    """Return the exact curve `K (1 - exp(-x / K))`; zero where the ceiling is zero.

    Args:
        displaced: Displaced payments x, at least 0 [JPY bn/a], any shape.
        ceiling: Contestable ceiling K, at least 0 [JPY bn/a], the same shape.

    Returns:
        Gross capture G [JPY bn/a], with `0 <= G <= min(x, K)`.
    """
    open_market = ceiling > 0.0
    safe = np.where(open_market, ceiling, 1.0)
    # A vanishing ceiling overflows the ratio to infinity, and exp(-inf) is the right 0.
    with np.errstate(over="ignore", under="ignore"):
        captured = safe * -np.expm1(-displaced / safe)
    return np.where(open_market, np.minimum(captured, displaced), 0.0)


def segment_capture(displaced: Array, ceiling: Array) -> Array:
    """Return the programme's eight-segment curve: chords of the exact one, flat beyond 5 K.

    Args:
        displaced: Displaced payments x, at least 0 [JPY bn/a], any shape.
        ceiling: Contestable ceiling K, at least 0 [JPY bn/a], the same shape.

    Returns:
        `sum_j SLOPES[j] seg_j` with the segments filled in order [JPY bn/a].
    """
    start, width = (array.reshape(-1, *([1] * displaced.ndim)) for array in (BREAKPOINTS[:-1], WIDTHS))
    filled = np.clip(displaced - start * ceiling, 0.0, width * ceiling)
    return np.tensordot(SLOPES, filled, axes=1)


def chord_error(displaced: Array, ceiling: Array) -> Array:
    """Return exact curve less segments, at least 0 and below 1 % of K at any x. [JPY bn/a]"""
    error: Array = np.maximum(0.0, gross_capture(displaced, ceiling) - segment_capture(displaced, ceiling))
    return error
