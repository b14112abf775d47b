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
from optimizer.milestones import Array, Inputs, Solution

SERVED = "serve_demand"
BALANCED = ("load_at_site", "load_by_mode", "within_connection")
"""Laws an activity keeps by its own: they carry no price of their own here."""

NEAR_TIE = 0.001
"""A site where nothing is built, whose gap is below this part of the price, could as well be chosen."""

DUST_GW = 1e-9

COST_OF = {"connection": "connection", "nonfirm": "connection", "sold": "fibre"}
"""Component that the cost of a variable belongs to; machines are split into building, land and premium."""

ENERGY, CO2 = "energy", "co2"

VALUE_OF = {"hosted": ENERGY}
"""Component that the grid's value of a variable belongs to; any other is `grid_response`."""


Key = tuple[str, ...] | str


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
    co2 = co2_of_load(inputs, solution)
    parts = _with_co2_apart(
        _taken_apart(inputs, solution, activities), [_at(co2, (one.site, one.workload)) for one in activities]
    )
    keys = pd.DataFrame(
        {
            "site": [one.site for one in activities],
            "area": [inputs.sites["area"][one.site] for one in activities],
            "workload": [one.workload for one in activities],
        }
    )
    options = keys.assign(node=[one.node for one in activities])
    options["served_mw"] = [
        1000.0 * max(0.0, _at(solution.siting["hosted"], (one.site, one.workload))) for one in activities
    ]
    price = [_at(solution.siting_duals[SERVED], (one.node, one.workload)) for one in activities]
    options["cost_jpy_m_per_mw_a"] = parts.sum(axis=1)
    options["price_jpy_m_per_mw_a"] = price
    options["gap_jpy_m_per_mw_a"] = options["cost_jpy_m_per_mw_a"] - options["price_jpy_m_per_mw_a"]
    options["rank"] = options.groupby("workload")["gap_jpy_m_per_mw_a"].rank(method="min")
    built = solution.siting["it"].groupby(lambda key: key[0]).sum()
    unbuilt = options["site"].map(built).to_numpy() <= DUST_GW
    options["near_tie"] = (unbuilt & (options["gap_jpy_m_per_mw_a"] < NEAR_TIE * np.abs(price))).astype(float)
    stack = (
        keys.join(parts)
        .melt(["site", "area", "workload"], var_name="component", value_name="jpy_m_per_mw_a")
        .query("jpy_m_per_mw_a != 0")
        .sort_values(["site", "workload", "component"], kind="stable", ignore_index=True)
    )
    return stack, options


def _with_co2_apart(parts: pd.DataFrame, co2: list[float]) -> pd.DataFrame:
    """Split what energy costs into the CO2 price on its marginal emissions, and the rest; the sum stays."""
    if not np.any(co2) or ENERGY not in parts:
        return parts
    apart = parts.copy()
    apart[CO2] = np.asarray(co2)
    apart[ENERGY] = apart[ENERGY] - apart[CO2]
    return apart


def _activities(inputs: Inputs, solution: Solution) -> list[Activity]:
    """Return an activity for every site and class with users in reach, for the users who gain most by it."""
    margin = solution.siting_duals[SERVED].reindex(pd.MultiIndex.from_tuples(
        [(n, c) for n, c, _ in inputs.routes.index]
    )).to_numpy() - _price_of_route(solution)  # fmt: skip
    routes = inputs.routes.index.to_frame(index=False).assign(margin=margin)
    best = routes.loc[routes.groupby(["site", "workload"])["margin"].idxmax()]
    shares = mode_shares(inputs, solution)
    ordered = best.sort_values(["site", "workload"])[["site", "workload", "node"]].astype(str)
    places = list(zip(ordered["site"], ordered["workload"], ordered["node"], strict=True))
    return [Activity(*place, _columns(inputs, solution, place, shares)) for place in places]


def _price_of_route(solution: Solution) -> Array:
    """Cost of each route, rents of the fibre on it included. [JPY bn/GW/a]"""
    rows = solution.programme.variables["sold"].at
    apart = {SERVED, *BALANCED}
    dual = np.zeros(len(solution.programme.lower))
    for name, place in solution.programme.equations.items():
        if name not in apart:
            dual[place.at] = solution.siting_duals[name].to_numpy()
    return np.asarray(solution.programme.cost[rows] - (solution.programme.matrix.T @ dual)[rows])


def _columns(
    inputs: Inputs, solution: Solution, place: tuple[str, str, str], shares: pd.DataFrame
) -> dict[tuple[str, Key], float]:
    site, workload, node = place
    per_load = 1.0 / _at(inputs.workloads["utilisation"], workload)
    connected = per_load * _at(inputs.sites["pue_peak"], site)
    columns: dict[tuple[str, Key], float] = {
        ("sold", (node, workload, site)): 1.0,
        ("hosted", (site, workload)): 1.0,
    }
    idle, built = _at(solution.siting["hosted"], (site, workload)) <= DUST_GW, 0.0
    for mode, share in _modes_here(inputs, solution, (site, workload), shares).items():
        columns["run", (site, workload, mode)] = share
        if idle or _at(solution.siting["it"], (site, mode)) > DUST_GW:
            columns["it", (site, mode)] = share * per_load
            built += share
    firm = _firm_share(solution, site)
    if built > 0.0:
        columns["connection", site] = connected * built * firm
    if built > 0.0 and firm < 1.0:
        columns["nonfirm", site] = connected * built * (1.0 - firm)
    return columns


def _modes_here(
    inputs: Inputs, solution: Solution, place: tuple[str, str], shares: pd.DataFrame
) -> dict[str, float]:
    """Modes the site runs the class in; where it runs none, the nation's mix. [1]"""
    here = {mode: max(0.0, _at(solution.siting["run"], (*place, mode))) for mode in inputs.modes.index}
    total = sum(here.values())
    if total > DUST_GW:
        return {mode: value / total for mode, value in here.items() if value > 0}
    nation = shares.to_numpy()[shares.index.get_loc(place[1])]
    if float(nation.sum()) <= 0:
        return {str(inputs.modes.index[0]): 1.0}
    return {str(mode): float(share) for mode, share in zip(shares.columns, nation, strict=True) if share > 0}


def _firm_share(solution: Solution, site: str) -> float:
    firm = max(0.0, _at(solution.siting["connection"], site))
    weak = solution.siting["nonfirm"]
    weak_gw = max(0.0, _at(weak, site)) if site in weak.index else 0.0
    return firm / (firm + weak_gw) if firm + weak_gw > DUST_GW else 1.0


Columns = dict[str, dict[Key, int]]
"""Column of the siting problem by variable and key."""


def _taken_apart(inputs: Inputs, solution: Solution, activities: Sequence[Activity]) -> pd.DataFrame:
    """Costs of activities by component, one row each. [JPY bn/GW/a], which is JPY m/MW/a"""
    at: Columns = {
        name: dict(zip(place.keys, place.at.tolist(), strict=True))
        for name, place in solution.programme.variables.items()
    }
    parts = _costs(inputs, solution, activities, at)
    joined = pd.concat([pd.DataFrame(parts), _rents(solution, activities, at)], axis=1)
    return joined.loc[:, (joined != 0.0).any(axis=0)]


def _costs(
    inputs: Inputs, solution: Solution, activities: Sequence[Activity], at: Columns
) -> dict[str, Array]:
    """Costs of the variables themselves and what the grid's response to them is worth, by component."""
    cost = solution.programme.cost
    worth = np.zeros(len(cost))
    for name, place in solution.programme.variables.items():
        worth[place.at] = solution.siting_value[name].to_numpy(dtype=float)
    land = inputs.sites["land_jpy_bn_per_gw_a"].to_dict()
    premium = inputs.modes["premium_jpy_bn_per_gw_a"].to_dict()
    parts: dict[str, Array] = {}
    for row, one in enumerate(activities):
        for (name, key), amount in one.columns.items():
            column = at[name][key]
            split = {COST_OF.get(name, name): float(cost[column])}
            if name == "it":
                split = {"land": land[one.site], "mode_premium": premium[key[1]]}
                split["building"] = float(cost[column]) - sum(split.values())
            value = {VALUE_OF.get(name, "grid_response"): float(worth[column])}
            for component, unit in (*split.items(), *value.items()):
                parts.setdefault(component, np.zeros(len(activities)))[row] += unit * amount
    return parts


def _rents(solution: Solution, activities: Sequence[Activity], at: Columns) -> pd.DataFrame:
    """Rents of the laws that stand in the way of activities or pay for them: one column per law."""
    programme = solution.programme
    entries = np.array(
        [
            (at[name][key], row, amount)
            for row, one in enumerate(activities)
            for (name, key), amount in one.columns.items()
        ]
    ).reshape(-1, 3)
    column, row, amount = entries[:, 0].astype(int), entries[:, 1].astype(int), entries[:, 2]
    shape = (len(programme.cost), len(activities))
    touched = sp.csr_matrix(programme.matrix @ sp.csr_matrix((amount, (column, row)), shape=shape))
    return pd.DataFrame(
        {
            name: -(touched[place.at].T @ solution.siting_duals[name].to_numpy(dtype=float))
            for name, place in programme.equations.items()
            if name not in (SERVED, *BALANCED)
        }
    )


def _at(series: pd.Series, key: Key) -> float:
    """Return the number at a key."""
    return float(np.asarray(series.to_numpy()[series.index.get_loc(key)]))
