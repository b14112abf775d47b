"""From a published vertex and its hours to the `Solution`, and what is known of a year without the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.milestones import Array, Period, Programme, Solution
from optimizer.solve.certificate import TOLERANCE
from optimizer.solve.duality import explained_difference, rent_table
from optimizer.solve.master import Cuts, Vertex
from optimizer.solve.record import Record
from optimizer.solve.workers import Detail


@dataclass(frozen=True)
class Known:
    """What is known of a year before the search: the system without the plan, and the cuts found so far."""

    pool: tuple[Cuts, ...]
    """The first are those of the system without the plan."""

    primal: dict[str, Array]
    """Hourly values without the plan by name, all periods side by side."""

    dual: dict[str, Array]
    """Hourly duals without the plan."""

    near: Array | None = None
    """Interface values the plan is expected near, where another point's plan is known."""


def make_solution(
    programme: Programme, record: Record, found: tuple[Vertex, float, float, float],
    details: tuple[Known, list[Detail]], frontier: dict[str, float],
) -> Solution:  # fmt: skip
    """Put the answer together.

    Args:
        programme: the programme that was solved.
        record: what happened.
        found: published vertex, its cost, the lower bound, the cost without the plan. [JPY bn/a]
        details: the system without the plan, and every period with it.
        frontier: what :func:`optimizer.solve.frontier.capture_frontier` found.
    """
    vertex, upper, lower, baseline = found
    before, after = details
    without = before.pool[0][0]
    dispatch, dispatch_duals = joined(after, vertex.prices)
    siting = programme.siting
    duality = explained_difference(siting, vertex)
    return Solution(
        siting={n: pd.Series(vertex.y[p.at], index=list(p.keys)) for n, p in siting.variables.items()},
        siting_duals={
            n: pd.Series(vertex.dual[p.at], index=list(p.keys)) for n, p in siting.equations.items()
        },
        siting_reduced={
            n: pd.Series(vertex.reduced_cost[p.at], index=list(p.keys)) for n, p in siting.variables.items()
        },
        siting_value={
            n: pd.Series(vertex.dispatch_value[p.at], index=list(p.keys)) for n, p in siting.variables.items()
        },
        programme=siting,
        dispatch=dispatch,
        dispatch_duals=dispatch_duals,
        dispatch_index=_index(programme),
        baseline=before.primal,
        baseline_duals=before.dual,
        hour=np.concatenate([period.hours for period in programme.periods]),
        weight=_weights(programme.periods),
        cost=upper,
        lower_bound=lower,
        baseline_cost=baseline,
        siting_cost=float(siting.cost @ vertex.y),
        bounds=pd.DataFrame(record.rows),
        certificate=_certificate(record, duality),
        periods=len(programme.periods),
        iterations=len(record.rows),
        log=tuple(record.log),
        period_cost=np.array([detail.evaluation.cost for detail in after]),
        baseline_period_cost=np.array([found.cost for found in without]),
        rents=rent_table(siting, vertex, without),
        frontier=frontier,
    )


def _certificate(record: Record, duality: float) -> dict[str, Any]:
    return {
        **record.worst,
        "duality": duality,
        "passed": max(*record.worst.values(), duality) <= TOLERANCE,
        "tolerance": TOLERANCE,
        "solves": record.solves,
        "solved_again": record.retries,
    }


def _index(programme: Programme) -> dict[str, tuple[Any, ...]]:
    block = next(iter(programme.blocks.values()))
    return {name: rows.keys for name, rows in (block.variables | block.equations).items()}


def _weights(periods: Sequence[Period]) -> Array:
    return np.concatenate([np.full(len(period.hours), period.weight) for period in periods])


def joined(
    details: Sequence[Detail], prices: Mapping[int, dict[str, Array]] | None = None
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Put hourly values and duals of the periods side by side; given prices replace a period's own."""
    given = prices or {}
    duals = [detail.dual | given.get(number, {}) for number, detail in enumerate(details)]
    return _join([detail.primal for detail in details]), _join(duals)


def _join(parts: list[dict[str, Array]]) -> dict[str, Array]:
    """Put the periods side by side; what is counted by day has other keys in longer ones and is left out."""
    same = [name for name in parts[0] if len({len(part[name]) for part in parts}) == 1]
    return {name: np.concatenate([part[name] for part in parts], axis=1) for name in same}
