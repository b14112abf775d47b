"""Low spells: no drawn year has a longer run of days short of sun and wind than the year it is drawn from.

Days are drawn month by month; by chance the dark days of two months of one area can fall side by side. Such a
run is broken by exchanging two days of the same month, in every area and variable at once: the month keeps
its energy, its distribution and the correlation of its days; only their order changes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from optimizer.inputs.weather_statistics import LOW_SHARE, longest_low_spell

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_MOST_EXCHANGES = 60


def without_longer_spells(
    scores: Array, daily_share: Callable[[Array], Array], month: Whole, longest_days: int
) -> Array:
    """Exchange days until no area has a run of low days longer than `longest_days`.

    Args:
        scores: latent scores of the days [V, A, D].
        daily_share: output of sun and wind over its mean, by area and day [A, D], from scores.
        month: month of each day [D].
        longest_days: longest run seen in any area of the measured year.

    Returns:
        The scores themselves where nothing was too long, otherwise a copy with days exchanged; after
        60 exchanges, or where no exchange helps, the best found.
    """
    for _ in range(_MOST_EXCHANGES):
        share = daily_share(scores)
        area, run = _longest_run(share)
        if len(run) <= longest_days:
            break
        middle = run[len(run) // 2]
        others = np.setdiff1d(np.flatnonzero(month == month[middle]), run)
        others = others[share[area, others] >= LOW_SHARE]
        if not len(others):
            break
        excess = [_excess(share, (middle, other), longest_days) for other in others]
        best = int(np.argmin(excess))
        if excess[best] >= _excess(share, (middle, middle), longest_days):
            break
        scores = _exchanged(scores, (middle, int(others[best])))
    return scores


def _longest_run(share: Array) -> tuple[int, Whole]:
    """Area with the longest run of low days, and the days of that run."""
    area = int(np.argmax(longest_low_spell(share, LOW_SHARE)))
    low = np.concatenate([[False], share[area] < LOW_SHARE, [False]]).astype(np.int64)
    first, after = np.flatnonzero(np.diff(low) == 1), np.flatnonzero(np.diff(low) == -1)
    if not len(first):
        return area, np.empty(0, dtype=np.int64)
    longest = int(np.argmax(after - first))
    return area, np.arange(first[longest], after[longest])


def _excess(share: Array, pair: tuple[int, int], longest_days: int) -> float:
    """Days by which the areas' longest runs exceed what was seen, with two days exchanged; then all runs."""
    spells = longest_low_spell(_exchanged(share, pair), LOW_SHARE)
    return float(np.maximum(spells - longest_days, 0).sum() + spells.sum() / (1e3 * len(spells)))


def _exchanged(values: Array, pair: tuple[int, int]) -> Array:
    """Copy with two days in each other's place; days are the last axis."""
    first, second = pair
    moved = values.copy()
    moved[..., first], moved[..., second] = values[..., second], values[..., first]
    return moved
