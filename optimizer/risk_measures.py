"""Measures of costs that are alike: the mean of the dearest of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def tail_share(count: int, alpha: float) -> float:
    """Return what the dearest of so many costs weighs in their CVaR: at most all of it. [1]"""
    return 1.0 / max(1.0, (1.0 - alpha) * count)


def cvar(costs: npt.NDArray[np.float64], alpha: float) -> float:
    """Return the mean of the dearest (1 - alpha) of costs that are alike; at least of one of them.

    Args:
        costs: of every year or future.
        alpha: 0 is the mean of all; near 1 the dearest. [1]

    Example:
        >>> cvar(np.array([1.0, 2.0, 3.0, 6.0]), 0.5)
        4.5
    """
    share = tail_share(len(costs), alpha)
    taken, left = 0.0, 1.0
    for cost in np.sort(costs)[::-1]:
        part = min(share, left)
        taken, left = taken + part * float(cost), left - part
    return taken
