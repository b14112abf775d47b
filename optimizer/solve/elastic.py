"""Why no plan exists: which of the planner's limits would have to give, and by how much.

For each family of limits alone, the least total violation is found that makes the siting problem feasible.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from optimizer.errors import InfeasibleError, OptimizerError
from optimizer.milestones import Array, LinearProgramme
from optimizer.solve.highs import LinearSolver

MW = 1000.0
HA = 100.0
"""One km2 in hectares."""

M3 = 1e6
"""One hm3 in m3."""

SHOWN = 5
NOTHING = 1e-6


class NoWholeHallsError(InfeasibleError):
    """A plan exists, but none of whole halls: the message says what to do."""


@dataclass(frozen=True)
class Limit:
    """A family of limits a planner owns."""

    equation: str
    sign: float
    """+1: relaxing adds to the row's activity, −1: takes from it, 0: either way."""

    words: str
    remedy: str
    unit: str = "MW"
    factor: float = MW
    """From the row's internal unit to `unit`."""


LIMITS = (
    Limit("serve_demand", 1, "IT load that cannot be hosted within its latency limit",
          "lower demand.growth_it_mw, or set demand.allow_abroad"),
    Limit("within_site", -1, "IT capacity missing at sites", "raise grid.site_limit_factor"),
    Limit("within_grid_headroom", -1, "grid headroom missing at sites",
          "raise grid.headroom_factor or grid.reinforcement_factor, or lower grid.reinforcement_delay_a"),
    Limit("dispersion", 1, "IT capacity short of the regional share", "lower policy.min_regional_share"),
    Limit("distribution_as_today", 0, "IT capacity away from today's distribution",
          "set policy.distribution: free"),
    Limit("operator_mix_least", 1, "IT load short of an operating mode's least share",
          "lower policy.operator_mix"),
    Limit("operator_mix_most", -1, "IT load above an operating mode's largest share",
          "raise policy.operator_mix"),
    Limit("within_fibre_limit", -1, "capacity missing on fibre links",
          "raise expansion_limit_gbps in fibre_links.csv or network.fibre_capacity_factor", "Gb/s", MW),
    Limit("regional_cap", -1, "IT capacity above the largest share of an area",
          "raise policy.max_area_share or lower policy.min_areas"),
    Limit("hazard_exposure", -1, "IT capacity times seismic hazard above the cap", "raise policy.max_hazard"),
    Limit("within_land", -1, "land missing at sites", "raise land_ha in site_resources.csv", "ha", HA),
    Limit("within_water", -1, "water missing at sites", "raise water_m3_per_a in site_resources.csv",
          "m3/a", M3),
    Limit("budget", -1, "budget short of the least a plan costs to build",
          "raise aim.budget_jpy_bn by as much, or set demand.allow_abroad", "JPY bn", 1.0),
    Limit("capture_target", 1, "capture short of the share asked for", "lower aim.capture_share",
          "JPY bn/a", 1.0),
    Limit("within_site_build_rate", -1, "IT capacity builders cannot add in time at sites",
          "raise pathway.site_rate_mw_per_a"),
    Limit("within_nation_build_rate", -1, "IT capacity builders cannot add in time",
          "raise pathway.nation_rate_mw_per_a"),
)  # fmt: skip


def explain_infeasible(siting: LinearProgramme, capture_share: float | None = None) -> InfeasibleError:
    """Return an error that names, in the planner's words, each limit that alone could restore feasibility.

    Args:
        siting: the siting problem nobody can meet.
        capture_share: share of the outflow asked for, to say which would be within reach. [1]
    """
    lines = ["no plan meets every limit of the scenario. Relaxing any one of these would be enough:"]
    for limit in LIMITS:
        amounts = _least_violation(siting, limit)
        if amounts is None:
            continue
        lines.append(_told(siting, limit, amounts))
        if limit.equation == "capture_target" and capture_share is not None:
            lines[-1] += _within_reach(siting, float(amounts.sum()), capture_share)
    if len(lines) == 1:
        pair = ", ".join(limit.words for limit in LIMITS)
        lines = [f"no plan meets every limit of the scenario, and no single one is enough to relax: {pair}"]
    return InfeasibleError("\n  ".join(lines))


def _least_violation(siting: LinearProgramme, limit: Limit) -> Array | None:
    """Return how far each row of the family must give, in published units; None where that is of no use."""
    place = siting.equations.get(limit.equation)
    if place is None or not len(place.at):
        return None
    directions = (1.0, -1.0) if limit.sign == 0 else (limit.sign,)
    count, width = len(place.at), len(siting.cost)
    slack = sp.hstack(
        [
            sp.csr_matrix((np.full(count, d), (place.at, np.arange(count))), shape=(len(siting.lower), count))
            for d in directions
        ]
    )
    extra = count * len(directions)
    solver = LinearSolver(
        sp.hstack([siting.matrix, slack]),
        np.concatenate([np.zeros(width), np.ones(extra)]),
        (siting.lower, siting.upper),
        (
            np.concatenate([siting.column_lower, np.zeros(extra)]),
            np.concatenate([siting.column_upper, np.full(extra, np.inf)]),
        ),
        f"elastic {limit.equation}",
    )
    try:
        answer = solver.solve()
    except OptimizerError:
        return None
    amounts: Array = answer.x[width:].reshape(len(directions), count).sum(axis=0) * limit.factor
    return amounts if amounts.sum() > NOTHING else None


def _told(siting: LinearProgramme, limit: Limit, amounts: Array) -> str:
    keys, unit = siting.equations[limit.equation].keys, limit.unit
    largest = [i for i in np.argsort(-amounts)[:SHOWN] if amounts[i] > NOTHING]
    where = ", ".join(f"{_words(keys[i])} {amounts[i]:,.1f} {unit}" for i in largest)
    return f"{limit.words}: {amounts.sum():,.1f} {unit} in all ({where}): {limit.remedy}"


def _within_reach(siting: LinearProgramme, short: float, share: float) -> str:
    """Return the largest share that can be captured, rounded down so that it can be asked for."""
    asked = float(siting.lower[siting.equations["capture_target"].at].sum())
    reach = np.floor(share * (1.0 - short / asked) * 1e4) / 1e4
    return f" to {reach:.4f} or less ({asked - short:,.1f} of {asked:,.1f} JPY bn/a is within reach)"


def _words(key: object) -> str:
    return "nation" if key is None else " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)
