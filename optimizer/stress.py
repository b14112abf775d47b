"""Stressed hours: when each grid area is shortest of power, and what can then be counted on.

Pure readings of `Inputs` that the model and its report share. Firm capability counts power stations at their
mean availability, must-run output, and solar and wind at their output of that very hour; storage counts with
the power it can hold for so many hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp
from scipy.optimize import linprog

from optimizer.errors import CertificateError
from optimizer.milestones import Array, Inputs

DIRECTIONS = ("forward", "backward")
"""Ways along an intertie: from its first end to its second, and back."""

_ORDER = 1e-6
"""Preference for the earlier area where several could buy the same capacity: makes the answer one."""


@dataclass(frozen=True)
class Stress:
    """The stressed hours of the year; each area's demand and firm capability in them, without the plan."""

    hours: npt.NDArray[np.int64]
    """Hours of the year, each once, ascending [S]."""

    own: npt.NDArray[np.int64]
    """Where in `hours` the most stressed hour of each area stands [A]."""

    demand_gw: Array
    """Demand without the plan's data centers [A, S]."""

    firm_gw: Array
    """Own firm capability without the plan: no interties, no new capacity [A, S]."""


def residual_load_gw(inputs: Inputs) -> Array:
    """Return demand less must-run output less solar and wind in service, by area and hour [A, T]. [GW]"""
    year = inputs.hours
    weather = np.einsum("agt,ag->at", year.existing_cf, inputs.renewables_existing_gw)
    return np.asarray(year.demand_gw - year.must_run_gw.sum(axis=1) - weather)


def stressed_hours(residual_gw: Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the hours of largest residual load: each area's and the nation's.

    Args:
        residual_gw: residual load [A, T].

    Returns:
        The distinct hours, ascending [S]; where in them each area's own stands [A]. Of equal hours the first.
    """
    own = residual_gw.argmax(axis=1)
    hours = np.unique(np.append(own, residual_gw.sum(axis=0).argmax()))
    return hours.astype(np.int64), np.searchsorted(hours, own).astype(np.int64)


def stress_of(inputs: Inputs) -> Stress:
    """Return the stressed hours of the year with demand and firm capability without the plan."""
    residual = residual_load_gw(inputs)
    hours, own = stressed_hours(residual)
    demand = inputs.hours.demand_gw[:, hours]
    dispatchable = _by_area(inputs.fleets["available_gw"], inputs) + _by_area(_held_power(inputs), inputs)
    return Stress(hours, own, demand, demand - residual[:, hours] + dispatchable[:, None])


def _held_power(inputs: Inputs) -> pd.Series:
    """Power each store in service can hold for the credited hours. [GW]"""
    held = inputs.storage["energy_gwh"] / inputs.settings.storage_credit_hours
    return pd.Series(np.minimum(inputs.storage["power_gw"], held))


def _by_area(values: pd.Series, inputs: Inputs) -> Array:
    total = values.groupby(level="area").sum().reindex(inputs.areas.index, fill_value=0.0)
    return total.to_numpy(dtype=float)


def link_capacity_gw(inputs: Inputs) -> Array:
    """Return what each intertie carries in each of `DIRECTIONS`, after its derate [L, 2]. [GW]"""
    return inputs.interties[["forward_gw", "reverse_gw"]].to_numpy(dtype=float)


def arrivals(inputs: Inputs) -> Array:
    """Return what one GW over each link and way adds to each area: −1 sent, 1 − loss received [A, 2L]."""
    links, areas = inputs.interties, inputs.areas.index
    first, second = (areas.get_indexer(pd.Index(links[end])) for end in ("from_area", "to_area"))
    number = np.arange(len(links))
    arrives = 1.0 - links["loss_share"].to_numpy(dtype=float)
    matrix = np.zeros((len(areas), 2 * len(links)))
    for column, (sender, receiver) in enumerate(((first, second), (second, first))):
        np.add.at(matrix, (sender, 2 * number + column), -1.0)
        np.add.at(matrix, (receiver, 2 * number + column), arrives)
    return matrix


def inherited_shortfall_gw(inputs: Inputs, stress: Stress) -> Array:
    """Return the firm capacity the system without the plan already lacks, by area [A]. [GW]

    The least capacity which, bought without the plan, brings every area to its margin in every stressed hour
    with its neighbours' help. The plan does not pay for it: it costs the difference to the system without it.
    """
    margin = inputs.settings.adequacy_margin
    if margin is None:
        return np.zeros(len(inputs.areas))
    areas, hours = stress.demand_gw.shape
    needed = (1.0 + margin) * stress.demand_gw - stress.firm_gw
    flows = arrivals(inputs)
    rows = np.hstack([np.tile(np.eye(areas), (hours, 1)), np.kron(np.eye(hours), flows)])
    cost = np.concatenate([1.0 + _ORDER * np.arange(areas), np.zeros(hours * flows.shape[1])])
    limits = [(0.0, None)] * areas + [(0.0, gw) for gw in np.tile(link_capacity_gw(inputs).ravel(), hours)]
    answer = linprog(cost, A_ub=-rows, b_ub=-needed.T.ravel(), bounds=limits, method="highs")
    return _found(answer.x)[:areas]  # always feasible: any shortfall may be bought


def helped_margins(
    inputs: Inputs, helped: npt.NDArray[np.int64], system: tuple[Array, Array], link_gw: Array
) -> Array:
    """Return the margins areas reach in an hour with help from those better off, who keep as much.

    Areas that end below the margin neither help nor are helped; help may pass through them. Helpers join in
    the order of their own margins for as long as they are better off than what is reached without them.

    Args:
        inputs: areas and interties.
        helped: who is helped in each case, its number [K].
        system: own firm capability and load of each area in each case [A, K] each. [GW]
        link_gw: what each intertie carries each way, expansion included [L, 2].

    Raises:
        CertificateError: the solver found no answer.
    """
    firm, load = system
    own = np.divide(firm, load, out=np.full_like(firm, np.inf), where=load > 0.0) - 1.0
    best = own[helped, np.arange(len(helped))]
    flows = arrivals(inputs)
    if not flows.shape[1] or len(firm) == 1:
        return best
    order = np.argsort(-own, axis=0, kind="stable")
    helpers = np.array([order[order[:, case] != area, case] for case, area in enumerate(helped)])
    with_all = _margins_by_helpers(flows, (helped, helpers), (firm, load), link_gw)
    for case, others in enumerate(helpers):
        for joined, other in enumerate(others):
            if own[other, case] <= best[case]:
                break
            best[case] = max(best[case], with_all[case, joined])
    return best


def _margins_by_helpers(
    flows: Array,
    asked: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    system: tuple[Array, Array],
    link_gw: Array,
) -> Array:
    """Return the margin of each case when only the first, the first two, ... helpers join [K, A − 1].

    Each is a small linear programme: the most margin that all who take part can keep. They are solved as one.
    """
    (helped, helpers), (firm, load) = asked, system
    spare = firm - load
    laws = np.zeros((*helpers.shape, len(firm), flows.shape[1] + 1))
    laws[..., :-1] = -flows
    limits = np.zeros(laws.shape[:-1])
    for case, joined in np.ndindex(helpers.shape):
        others = helpers[case, : joined + 1]
        part = np.append(others, helped[case])
        keeping, free = laws[case, joined, :, -1], limits[case, joined]
        keeping[part] = load[part, case]
        free[:] = np.where(keeping > 0.0, spare[:, case], 0.0)
        free[others] = spare[others, case]
    width = laws.shape[-1]
    cost = np.tile(-np.eye(width)[-1], helpers.size)
    bounds = [*((0.0, gw) for gw in link_gw.ravel()), (-1.0, None)] * helpers.size
    rows: Any = _block_diagonal(laws.reshape(helpers.size, len(firm), width))
    answer = linprog(cost, A_ub=rows, b_ub=limits.ravel(), bounds=bounds, method="highs")
    return _found(answer.x).reshape(*helpers.shape, width)[:, :, -1]


def _block_diagonal(blocks: Array) -> sp.csr_array:
    """Return the blocks [N, rows, columns] along the diagonal of one matrix."""
    count, height, width = blocks.shape
    block, row, column = np.nonzero(blocks)
    place = block * height + row, block * width + column
    return sp.csr_array((blocks[block, row, column], place), shape=(count * height, count * width))


def _found(x: Array | None) -> Array:
    """Return what the solver found.

    Raises:
        CertificateError: it found nothing.
    """
    if x is None:
        raise CertificateError("the capacity margin could not be computed")
    return np.asarray(x)
