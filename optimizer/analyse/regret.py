r"""Plans in futures nobody can choose: what each costs in each, what one would regret, which to pick.

Regret of plan p in future f is what it costs more than the best of the plans there,
:math:`r_{pf} = c_{pf} - \min_q c_{qf}`. Futures are alike: nobody says how likely each is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.milestones import Array
from optimizer.risk_measures import cvar

MEASURES = ("expected", "cvar", "worst", "worst_regret", "expected_regret")
"""Measures of a plan over all futures; each picks the plan in which it is least."""


@dataclass(frozen=True)
class Regret:
    """Plans over all futures."""

    regret: Array
    """[plan, future]; NaN where the plan breaks the future's rules. [JPY bn/a]"""

    table: pd.DataFrame
    """One row per plan: plan, the measures [JPY bn/a], eligible, picked_by."""

    picks: dict[str, str]
    """Plan by measure; of equal ones the first; empty where every plan breaks the rules of some future."""


def regret_of(plans: Sequence[str], cost: Array, keeps: npt.NDArray[np.bool_], alpha: float) -> Regret:
    """Return the regret of every plan in every future and what each measure picks.

    A plan that breaks a future's rules there is no answer to it: it is not the best one of this future, its
    regret there is not a number, and no measure picks it.

    Args:
        plans: names.
        cost: [plan, future]. [JPY bn/a]
        keeps: whether the plan keeps the siting rules of the future.
        alpha: CVaR is the mean of the dearest 1 - alpha of the futures. [1]
    """
    allowed = np.where(keeps, cost, np.inf)
    best = allowed.min(axis=0)
    regret = np.where(keeps, cost - np.where(np.isfinite(best), best, np.nan), np.nan)
    eligible = np.asarray(keeps.all(axis=1), dtype=bool)
    rows = []
    for number, plan in enumerate(plans):
        own = cost[number]
        rows.append(
            {
                "plan": plan,
                "expected_jpy_bn_per_a": float(own.mean()),
                "cvar_jpy_bn_per_a": cvar(own, alpha),
                "worst_jpy_bn_per_a": float(own.max()),
                "worst_regret_jpy_bn_per_a": float(regret[number].max()),
                "expected_regret_jpy_bn_per_a": float(regret[number].mean()),
                "eligible": float(eligible[number]),
            }
        )
    table = pd.DataFrame(rows)
    picks: dict[str, str] = {}
    if eligible.any():
        for measure in MEASURES:
            values = np.where(eligible, table[f"{measure}_jpy_bn_per_a"], np.inf)
            picks[measure] = plans[int(np.argmin(values))]
    table["picked_by"] = [", ".join(m for m, p in picks.items() if p == plan) for plan in plans]
    return Regret(regret, table, picks)
