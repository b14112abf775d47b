r"""How much of each limit the plan leaves unused: a price on a limit with room is an artefact of the gap.

Prices belong to the proven lower bound, the plan to the upper one. Where a limit with price :math:`y` is
left with room :math:`s`, the two account for :math:`y s` of the gap (complementary slackness): the closer
the bounds, the smaller the price of whatever the plan does not use up.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.milestones import Array, Inputs, LinearProgramme, Solution

NOTHING = 1e-12
"""Limits below this are zero limits: everything of them is used."""

SHARED_OUT = {"co2_cap": "co2_budget", "matching": "match_budget", "interrupt_hours": "interrupt_budget"}
"""Yearly rules, each an equality that shares its limit out over the periods, and what it shares out."""


def unused_shares(inputs: Inputs, solution: Solution) -> dict[str, pd.Series]:
    """Return the share of every limit of the siting problem that the plan leaves unused.

    Args:
        inputs: what was asked.
        solution: the certified answer.

    Returns:
        By law, indexed like its duals: distance to the nearest limit over the larger of the limit and what
        the row adds up, from 0 (used up) to 1 (untouched). [1] Yearly rules shared out over the periods
        (cap on CO2, matching, hours of interruption) count what the periods truly use.
    """
    programme = solution.programme
    plan = np.zeros(len(programme.cost))
    for name, columns in programme.variables.items():
        plan[columns.at] = np.maximum(solution.siting[name].to_numpy(dtype=float), 0.0)
    unused = _unused_of_rows(programme, plan)
    shares = {
        name: pd.Series(unused[rows.at], index=solution.siting_duals[name].index)
        for name, rows in programme.equations.items()
    }
    return shares | _unused_of_yearly_rules(inputs, solution, plan)


def _unused_of_rows(programme: LinearProgramme, plan: Array) -> Array:
    used = programme.matrix @ plan
    moved = abs(programme.matrix) @ plan
    lower, upper = np.asarray(programme.lower, dtype=float), np.asarray(programme.upper, dtype=float)
    room = np.minimum(_distance(used, lower), _distance(upper, used))
    limit = np.where(np.isfinite(upper), np.abs(upper), np.where(np.isfinite(lower), np.abs(lower), 0.0))
    scale = np.maximum(limit, moved)
    share = np.divide(room, scale, out=np.zeros_like(room), where=scale > NOTHING)
    return np.asarray(np.clip(share, 0.0, 1.0))


def _distance(more: Array, less: Array) -> Array:
    """Return how far the larger is above the smaller; a limit at infinity is infinitely far."""
    finite = np.isfinite(more) & np.isfinite(less)
    return np.where(finite, np.maximum(np.where(finite, more - less, 0.0), 0.0), np.inf)


def _unused_of_yearly_rules(inputs: Inputs, solution: Solution, plan: Array) -> dict[str, pd.Series]:
    """Return the unused part of each rule whose limit the periods share out, by what they truly use."""
    programme, weight = solution.programme, solution.weight
    unused: dict[str, pd.Series] = {}
    for law, budget in SHARED_OUT.items():
        rows = programme.equations[law].at
        if not len(rows):
            continue
        columns = programme.variables[budget].at
        allowed = programme.matrix[rows][:, columns] @ plan[columns]
        if law == "co2_cap":
            rate = inputs.fleets["co2_kt_per_gwh"].to_numpy(dtype=float)
            left = allowed - rate @ (solution.dispatch["gen"] @ weight)
        elif law == "matching":
            left = np.sum(solution.dispatch["matched"] @ weight) - allowed
        else:
            left = allowed - solution.dispatch["interrupt"] @ weight
        share = np.divide(left, allowed, out=np.zeros_like(allowed), where=allowed > NOTHING)
        unused[law] = pd.Series(np.clip(share, 0.0, 1.0), index=solution.siting_duals[law].index)
    return unused
