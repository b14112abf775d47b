r"""What one more MW of each class would cost at each site, chosen or not, taken apart: the price stack.

An activity is a direction :math:`d` in the siting problem: one GW of load sold to the best of its users,
hosted, run in the site's modes, on machines built and connected for it (or, where the site only uses
machines that stand idle today, on these, at their rent). With the duals :math:`y` and the value :math:`g` of
what the grid sees, strong duality takes its cost apart without a remainder:

.. math:: c^\top d + g^\top d - \sum_{\text{laws}} y^\top A d = \lambda_{nc} + \text{gap}, \qquad
   \text{gap} \ge 0

where :math:`\lambda` is the price of serving the users; the gap is zero where the plan serves them from here.
A law added to the model shows up here by itself, under its own name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from optimizer.analyse.emissions import co2_of_load
from optimizer.analyse.site_table import mode_shares
from optimizer.milestones import Array, Inputs, LinearProgramme, Solution

SERVED = "serve_demand"
BALANCED = ("load_at_site", "load_by_mode", "within_connection")
"""Laws an activity keeps by its own: they carry no price of their own here."""

NEAR_TIE = 0.001
"""A site where nothing is built, whose gap is below this part of the price, could as well be chosen."""

DUST_GW = 1e-9

PLANNED = ("hosted", "run", "it", "connection", "nonfirm")
"""Variables whose values in the plan decide what an activity is made of."""

MOVED = ("sold", *PLANNED)
"""Variables that an activity moves."""

COST_OF = {"connection": "connection", "nonfirm": "connection", "sold": "fibre"}
"""Component that the cost of a variable belongs to; machines are split into building, land and premium."""

ENERGY, CO2 = "energy", "co2"

VALUE_OF = {"hosted": ENERGY}
"""Component that the grid's value of a variable belongs to; any other is `grid_response`."""


Key = tuple[str, ...] | str
Amounts = dict[Key, float]


@dataclass(frozen=True)
class Activity:
    """One more GW of a class at a site: columns of the siting problem and how much of each."""

    site: str
    workload: str
    node: str
    columns: dict[tuple[str, Key], float]


def price_stacks(inputs: Inputs, solution: Solution) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the cost of one more MW apart, for every site and class that has users within reach.

    Args:
        inputs: what was asked.
        solution: the certified answer.

    Returns:
        Long table site, area, workload, component, jpy_m_per_mw_a (per MW of IT load served, positive is a
        cost, negative a credit); and one row per site and class: area, node, served_mw, cost_jpy_m_per_mw_a,
        price_jpy_m_per_mw_a, gap_jpy_m_per_mw_a, rank, near_tie.
    """
    activities = _activities(inputs, solution)
    places = [(one.site, one.workload) for one in activities]
    co2 = _by_key(co2_of_load(inputs, solution))
    parts = _with_co2_apart(_taken_apart(inputs, solution, activities), [co2[place] for place in places])
    area = inputs.sites["area"].to_dict()
    keys = pd.DataFrame(
        {
            "site": [site for site, _ in places],
            "area": [area[site] for site, _ in places],
            "workload": [workload for _, workload in places],
        }
    )
    hosted, served = _by_key(solution.siting["hosted"]), _by_key(solution.siting_duals[SERVED])
    price = np.array([served[one.node, one.workload] for one in activities])
    cost = parts.sum(axis=1).to_numpy()
    gap = cost - price
    options = keys.assign(
        node=[one.node for one in activities],
        served_mw=[1000.0 * max(0.0, hosted[place]) for place in places],
        cost_jpy_m_per_mw_a=cost,
        price_jpy_m_per_mw_a=price,
        gap_jpy_m_per_mw_a=gap,
    )
    options["rank"] = options.groupby("workload")["gap_jpy_m_per_mw_a"].rank(method="min")
    built = solution.siting["it"].to_numpy().reshape(len(inputs.sites), -1).sum(axis=1)
    unbuilt = keys["site"].isin(inputs.sites.index[built <= DUST_GW])
    options["near_tie"] = (unbuilt & (gap < NEAR_TIE * np.abs(price))).astype(float)
    return _long(keys, parts), options


def _long(keys: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Return one row per activity and component that is not zero, components by name."""
    components = np.sort(parts.columns)
    values = parts[components].to_numpy()
    row, column = np.nonzero(values)
    table = keys.iloc[row].assign(component=components[column], jpy_m_per_mw_a=values[row, column])
    return table.reset_index(drop=True)


def _with_co2_apart(parts: pd.DataFrame, co2: list[float]) -> pd.DataFrame:
    """Split what energy costs into the CO2 price on its marginal emissions, and the rest; the sum stays."""
    if not np.any(co2) or ENERGY not in parts:
        return parts
    apart = parts.copy()
    apart[CO2] = np.asarray(co2)
    apart[ENERGY] = apart[ENERGY] - apart[CO2]
    return apart


@dataclass(frozen=True)
class _Known:
    """What activities are made from, by key."""

    plan: dict[str, Amounts]
    """What the plan builds and runs. [GW]"""

    utilisation: Amounts
    pue_peak: Amounts
    mix: dict[str, dict[str, float]]
    """Share of each mode in each class, nation-wide. [1]"""


def _activities(inputs: Inputs, solution: Solution) -> list[Activity]:
    """Return an activity for every site and class with users in reach, for the users who gain most by it."""
    served = _by_key(solution.siting_duals[SERVED])
    routes = solution.programme.variables["sold"].keys
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for (node, workload, site), price in zip(routes, _price_of_route(solution).tolist(), strict=True):
        margin = served[node, workload] - price
        if (site, workload) not in best or margin > best[site, workload][0]:
            best[site, workload] = margin, node
    shares = mode_shares(inputs, solution)
    mix = zip(shares.index, shares.to_numpy().tolist(), strict=True)
    known = _Known(
        plan={name: _by_key(solution.siting[name]) for name in PLANNED},
        utilisation=_by_key(inputs.workloads["utilisation"]),
        pue_peak=_by_key(inputs.sites["pue_peak"]),
        mix={str(name): dict(zip(inputs.modes.index, row, strict=True)) for name, row in mix},
    )
    places = [(site, workload, best[site, workload][1]) for site, workload in sorted(best)]
    return [Activity(*place, _columns(known, place)) for place in places]


def _price_of_route(solution: Solution) -> Array:
    """Cost of each route, rents of the fibre on it included. [JPY bn/GW/a]"""
    rows = solution.programme.variables["sold"].at
    apart = {SERVED, *BALANCED}
    dual = np.zeros(len(solution.programme.lower))
    for name, place in solution.programme.equations.items():
        if name not in apart:
            dual[place.at] = solution.siting_duals[name].to_numpy()
    return np.asarray(solution.programme.cost[rows] - (solution.programme.matrix.T @ dual)[rows])


def _columns(known: _Known, place: tuple[str, str, str]) -> dict[tuple[str, Key], float]:
    site, workload, node = place
    per_load = 1.0 / known.utilisation[workload]
    connected = per_load * known.pue_peak[site]
    columns: dict[tuple[str, Key], float] = {
        ("sold", (node, workload, site)): 1.0,
        ("hosted", (site, workload)): 1.0,
    }
    idle, built = known.plan["hosted"][site, workload] <= DUST_GW, 0.0
    for mode, share in _modes_here(known, site, workload).items():
        columns["run", (site, workload, mode)] = share
        if idle or known.plan["it"][site, mode] > DUST_GW:
            columns["it", (site, mode)] = share * per_load
            built += share
    firm = _firm_share(known, site)
    if built > 0.0:
        columns["connection", site] = connected * built * firm
    if built > 0.0 and firm < 1.0:
        columns["nonfirm", site] = connected * built * (1.0 - firm)
    return columns


def _modes_here(known: _Known, site: str, workload: str) -> dict[str, float]:
    """Modes the site runs the class in; where it runs none, the nation's mix. [1]"""
    nation, run = known.mix[workload], known.plan["run"]
    here = {mode: max(0.0, run[site, workload, mode]) for mode in nation}
    total = sum(here.values())
    if total > DUST_GW:
        return {mode: value / total for mode, value in here.items() if value > 0}
    if sum(nation.values()) <= 0:
        return {next(iter(nation)): 1.0}
    return {mode: share for mode, share in nation.items() if share > 0}


def _firm_share(known: _Known, site: str) -> float:
    firm = max(0.0, known.plan["connection"][site])
    weak = max(0.0, known.plan["nonfirm"].get(site, 0.0))
    return firm / (firm + weak) if firm + weak > DUST_GW else 1.0


def _taken_apart(inputs: Inputs, solution: Solution, activities: Sequence[Activity]) -> pd.DataFrame:
    """Costs of activities by component, one row each. [JPY bn/GW/a], which is JPY m/MW/a"""
    directions = _directions(solution.programme, activities)
    parts = {name: directions @ units for name, units in _unit_costs(inputs, solution).items()}
    joined = pd.concat([pd.DataFrame(parts), _rents(solution, directions)], axis=1)
    return joined.loc[:, (joined != 0.0).any(axis=0)]


def _directions(programme: LinearProgramme, activities: Sequence[Activity]) -> sp.csr_matrix:
    """How much of every column of the siting problem each activity takes [activities, columns]."""
    at = {
        (name, key): column
        for name in MOVED
        for key, column in zip(
            programme.variables[name].keys, programme.variables[name].at.tolist(), strict=True
        )
    }
    entries = [
        (row, at[column], amount)
        for row, one in enumerate(activities)
        for column, amount in one.columns.items()
    ]
    row, column, amount = np.array(entries, dtype=float).reshape(-1, 3).T
    shape = (len(activities), len(programme.cost))
    return sp.csr_matrix((amount, (row.astype(int), column.astype(int))), shape=shape)


def _unit_costs(inputs: Inputs, solution: Solution) -> dict[str, Array]:
    """Cost of a unit of each column and what the grid's response to it is worth, by component."""
    cost = solution.programme.cost
    units: dict[str, Array] = {}
    for name in MOVED:
        place = solution.programme.variables[name]
        split = {COST_OF.get(name, name): cost[place.at]}
        if name == "it":
            land = inputs.sites["land_jpy_bn_per_gw_a"].loc[[site for site, _ in place.keys]].to_numpy()
            premium = inputs.modes["premium_jpy_bn_per_gw_a"].loc[[mode for _, mode in place.keys]].to_numpy()
            split = {"land": land, "mode_premium": premium, "building": cost[place.at] - (land + premium)}
        split[VALUE_OF.get(name, "grid_response")] = solution.siting_value[name].to_numpy(dtype=float)
        for component, unit in split.items():
            units.setdefault(component, np.zeros(len(cost)))[place.at] += unit
    return units


def _rents(solution: Solution, directions: sp.csr_matrix) -> pd.DataFrame:
    """Rents of the laws that stand in the way of activities or pay for them: one column per law."""
    programme = solution.programme
    touched = sp.coo_matrix(programme.matrix @ directions.T)
    law, dual = np.zeros(len(programme.lower), dtype=int), np.zeros(len(programme.lower))
    for number, (name, place) in enumerate(programme.equations.items()):
        law[place.at], dual[place.at] = number, solution.siting_duals[name].to_numpy(dtype=float)
    shape = (len(programme.equations), directions.shape[0])
    paid = np.bincount(
        np.ravel_multi_index((law[touched.row], touched.col), shape),
        weights=touched.data * dual[touched.row],
        minlength=np.prod(shape),
    ).reshape(shape)
    return pd.DataFrame(
        {
            name: -rent
            for name, rent in zip(programme.equations, paid, strict=True)
            if name not in (SERVED, *BALANCED)
        }
    )


def _by_key(values: pd.Series) -> Amounts:
    return dict(zip(values.index, values.to_numpy(dtype=float).tolist(), strict=True))
