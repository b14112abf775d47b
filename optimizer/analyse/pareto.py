r"""Fronts of cost against an aim: where a point lies, its marginal price, and whether prices and costs agree.

A point asks for so much of the aim and pays the least for it. The dual of the row that asks is the slope of
the front: more precisely a *subgradient*. The bound that proves point i holds for every other point, so

.. math:: C_j \ge \underline C_i + p_i (x_j - x_i) \qquad \forall i, j

with the cost :math:`C`, its proven lower bound :math:`\underline C`, price :math:`p` and place :math:`x`. So
the slope from one point to the next lies between their prices, within the gaps, and the front is convex.

Where a share is asked for (dispersion, matching), the price is that of a GW or a GWh times the whole it is a
share of. The law is exact where the whole is the same in all points; where it moves with the plan, by as much
less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.milestones import Inputs, Plan, Solution

PERCENT = 100.0
KT_PER_MT = 1000.0
JPY_PER_T = 1e6
"""JPY/t per JPY bn/kt."""

JPY_PER_KWH = 1e3
"""JPY/kWh per JPY bn/GWh."""

JPY_PER_KW = 1e3
"""JPY/kW per JPY bn/GW."""


@dataclass(frozen=True)
class Axis:
    """What cost is held against."""

    name: str
    key: str
    """What the scenario calls it."""

    unit: str
    """Of places on the axis."""

    factor: float
    """Unit of the axis per unit of the scenario's key; for capture the outflow decides."""

    en: str
    ja: str
    price_unit: str
    """Of the price as it is published elsewhere."""

    more: float
    """+1 where more of the unit is more of the aim, −1 where less is."""


AXES = {
    "capture": Axis(
        "capture", "aim.capture_share", "JPY bn/a", 1.0, "cloud outflow kept at home, gross",
        "国内に残る流出額（総額）", "JPY/JPY", 1.0,
    ),
    "dispersion": Axis(
        "dispersion", "policy.min_regional_share", "%", PERCENT, "new IT capacity outside the metropolises",
        "大都市圏外の新設IT容量", "JPY/kW/a", 1.0,
    ),
    "co2": Axis(
        "co2", "clean.co2_cap_mt", "Mt/a", 1.0, "CO2 of all power stations", "発電所全体のCO2", "JPY/t", -1.0
    ),
    "clean": Axis(
        "clean", "clean.share", "%", PERCENT, "data-center power matched by contracted renewables",
        "再エネ調達で賄うDC電力", "JPY/kWh", 1.0,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Point:
    """One solved point of a front."""

    asked: float | None
    """Value of the scenario's key; None where nothing is asked."""

    x: float
    """Where it lies: what is asked, in the unit of the axis; what is reached where nothing is asked."""

    reached: float
    price: float
    """Slope of the front: cost of one more unit of the aim. [JPY bn/a per unit of the axis]"""

    price_shown: float
    """The same in the unit it has elsewhere, `Axis.price_unit`."""

    cost: float
    """Of the plan: the system with it less the system without. [JPY bn/a]"""

    lower: float
    """Proven: no plan for this aim costs less. [JPY bn/a]"""

    gap: float
    start: str
    """`fresh`, or `shared`: from the cuts of the points before."""

    penalty: float
    """What the point misses of what is asked and pays the penalty for, in the unit of the axis."""

    it_mw: Mapping[str, float]
    """New IT capacity by area."""


def place_of(axis: Axis, asked: float, inputs: Inputs) -> float:
    """Return where a value of the scenario's key lies on the axis."""
    if axis.name == "capture":
        return asked * float(inputs.capture_lines["outflow_jpy_bn"].sum())
    return asked * axis.factor


def reached_by(axis: Axis, inputs: Inputs, solution: Solution, plan: Plan) -> float:
    """Return how much of the aim the plan has, in the unit of the axis."""
    if axis.name == "capture":
        return float(plan.figures["captured_jpy_bn_per_a"])
    if axis.name == "dispersion":
        return float(plan.figures["regional_share"]) * PERCENT
    if axis.name == "co2":
        return float(plan.tables["areas"]["co2_kt"].sum()) / KT_PER_MT
    drawn = drawn_gwh(inputs, solution)
    return inputs.settings.matching_share * PERCENT - missed_by(axis, solution, drawn)


def missed_by(axis: Axis, solution: Solution, drawn: float) -> float:
    """Return what is paid the penalty for instead of being kept, in the unit of the axis; 0 without one."""
    name = {"co2": "overshoot", "clean": "unmatched"}.get(axis.name, "")
    if name not in solution.dispatch or not solution.dispatch[name].size:
        return 0.0
    values = np.maximum(solution.dispatch[name], 0.0).reshape(-1)
    missed = float(values @ period_weights(solution))
    return missed / KT_PER_MT if axis.name == "co2" else missed / max(drawn, 1e-9) * PERCENT


def period_weights(solution: Solution) -> np.ndarray:
    """Return the weight of every period: hours that follow one another with one weight are told apart."""
    starts = np.flatnonzero(np.diff(solution.hour, prepend=-2) != 1)
    if len(starts) != solution.periods:
        length = len(solution.hour) // solution.periods
        starts = np.arange(solution.periods) * length
    return np.asarray(solution.weight[starts])


def drawn_gwh(inputs: Inputs, solution: Solution) -> float:
    """Return the yearly electricity of the data centers that a share to be matched is a share of. [GWh/a]"""
    share = inputs.settings.matching_share
    budget = solution.siting["match_budget"].to_numpy(dtype=float)
    if share <= 0.0 or not len(budget):
        return 0.0
    return float(budget @ period_weights(solution)) / share


def price_of(axis: Axis, inputs: Inputs, solution: Solution, plan: Plan) -> tuple[float, float]:
    """Return the slope of the front at a point, and the price as it is published elsewhere.

    Returns:
        JPY bn/a per unit of the axis (of one more unit of the aim), and `Axis.price_unit`.
    """
    row = {"capture": "capture_target", "dispersion": "dispersion", "co2": "co2_cap", "clean": "matching"}
    duals = solution.siting_duals.get(row[axis.name], pd.Series(dtype=float))
    dual = float(duals.sum()) if len(duals) else 0.0
    dual = max(0.0, -dual if axis.name == "co2" else dual)
    if axis.name == "capture":
        return dual, dual
    if axis.name == "dispersion":
        built = float(plan.tables["areas"]["it_mw"].sum()) / 1e3
        return dual * built / PERCENT, dual * JPY_PER_KW
    if axis.name == "co2":
        return dual * KT_PER_MT, dual * JPY_PER_T
    return dual * drawn_gwh(inputs, solution) / PERCENT, dual * JPY_PER_KWH


def violation(points: Sequence[Point], axis: Axis) -> float:
    """Return by how much the law above is broken at worst; 0 or less where it holds. [JPY bn/a]"""
    cost = np.array([point.cost for point in points])
    lower = np.array([point.lower for point in points])
    price = np.array([axis.more * point.price for point in points])
    x = np.array([point.x for point in points])
    tangent = lower[:, None] + price[:, None] * (x[None, :] - x[:, None])
    return float((tangent - cost[None, :]).max())


def front_table(points: Sequence[Point]) -> pd.DataFrame:
    """Return one row per point, in order: asked, reached, cost, proof, prices, slope from the last."""
    rows, before = [], None
    for number, point in enumerate(points, 1):
        slope = np.nan
        if before is not None and abs(point.x - before.x) > 1e-12:
            slope = (point.cost - before.cost) / abs(point.x - before.x)
        rows.append(
            {
                "point": float(number),
                "asked": np.nan if point.asked is None else point.asked,
                "x": point.x,
                "reached": point.reached,
                "missed": point.penalty,
                "cost_jpy_bn_per_a": point.cost,
                "lower_bound_jpy_bn_per_a": point.lower,
                "gap": point.gap,
                "over_first_jpy_bn_per_a": point.cost - points[0].cost,
                "price_jpy_bn_per_a_per_unit": point.price,
                "price": point.price_shown,
                "slope_before_jpy_bn_per_a_per_unit": slope,
                "start": point.start,
            }
        )
        before = point
    return pd.DataFrame(rows)


def area_table(points: Sequence[Point], areas: pd.DataFrame) -> pd.DataFrame:
    """Return new IT capacity by point and area, long. [MW]"""
    return pd.DataFrame(
        [
            {
                "point": float(number),
                "x": point.x,
                "area": str(area),
                "name_en": str(row["name_en"]),
                "name_ja": str(row["name_ja"]),
                "it_mw": float(point.it_mw.get(str(area), 0.0)),
            }
            for number, point in enumerate(points, 1)
            for area, row in areas.iterrows()
        ]
    )
