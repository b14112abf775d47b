"""Fronts by hand: cost against dispersion and capture with prices on paper, and what a wrong price would say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from aims import capturing, with_market
from toy import change, planned, programme_of, random_system, seeds, toy

from optimizer.analyse.pareto import AXES, Point, front_table, place_of, price_of, reached_by, violation
from optimizer.analyse.ranges import Range, class_of, range_table
from optimizer.errors import UsageError
from optimizer.milestones import Inputs
from optimizer.solve.reach import largest_share

GAP = 1e-7


def point(inputs: Inputs, name: str, asked: float, periods=None) -> Point:
    """Solve, and say where the point lies, as a front does."""
    axis = AXES[name]
    solution, plan = planned(inputs, periods)
    price, shown = price_of(axis, inputs, solution, plan)
    built = plan.tables["areas"].set_index("area")["it_mw"]
    return Point(
        asked=asked,
        x=place_of(axis, asked, inputs),
        reached=_reached(name, inputs, solution, plan),
        price=price,
        price_shown=shown,
        cost=solution.cost - solution.baseline_cost,
        lower=solution.lower_bound - solution.baseline_cost,
        gap=0.0,
        start="fresh",
        penalty=0.0,
        it_mw=built.to_dict(),
    )


def _reached(name, inputs, solution, plan) -> float:
    if name == "dispersion":
        table = plan.tables["areas"].set_index("area")["it_mw"]
        figures = {"regional_share": 1.0 - table.get("A", 0.0) / table.sum()}
        plan = replace(plan, figures=plan.figures | figures)
    return reached_by(AXES[name], inputs, solution, plan) if name == "dispersion" else 0.0


def two_areas() -> Inputs:
    """One GW to place; A (the metropolis) costs 100, B 120 up to 0.3 GW at B1 and 150 at B2."""
    inputs = toy(sites={"A1": "A", "B1": "B", "B2": "B"})
    for key, value in {
        "sites.building_jpy_bn_per_gw_a": {"A1": 100.0, "B1": 120.0, "B2": 150.0},
        "sites.site_limit_gw": {"B1": 0.3},
        "settings.metropolitan_areas": ("A",),
        "settings.gap": GAP,
    }.items():
        inputs = change(inputs, key, value)
    return inputs


def test_a_point_of_dispersion_costs_0_2_bn_up_to_thirty_percent_and_half_a_bn_beyond():
    """1 GW in all: one percentage point is 10 MW. At B1 that is 20 · 0.01 = 0.2 JPY bn/a, at B2 50 · 0.01 = 0.5.

    Cost at 20 %: 187.6 + 0.2 · 20 = 191.6; at 50 %: 187.6 + 0.3 · 20 + 0.2 · 50 = 203.6.
    """
    points = [
        point(change(two_areas(), "settings.min_regional_share", s), "dispersion", s) for s in (0.2, 0.5)
    ]
    assert [one.x for one in points] == [20.0, 50.0]
    assert [one.reached for one in points] == [pytest.approx(20.0), pytest.approx(50.0)]
    assert [one.cost for one in points] == [pytest.approx(191.6), pytest.approx(203.6)]
    assert [one.price for one in points] == [pytest.approx(0.2), pytest.approx(0.5)]
    assert [one.price_shown for one in points] == [
        pytest.approx(20_000.0),
        pytest.approx(50_000.0),
    ]  # JPY/kW/a
    table = front_table(points)
    assert np.isnan(table["slope_before_jpy_bn_per_a_per_unit"][0])
    assert table["slope_before_jpy_bn_per_a_per_unit"][1] == pytest.approx(12.0 / 30.0)
    assert violation(points, AXES["dispersion"]) <= 1e-6
    # counterfactual: a price per GW taken for one per point lies above the front at once
    wrong = [replace(one, price=one.price * 100.0) for one in points]
    assert violation(wrong, AXES["dispersion"]) > 100.0


def test_a_captured_yen_costs_the_premium_of_who_keeps_it():
    """Domestic operation costs 30 JPY bn/GW more; what a captured yen costs is the slope between two shares."""
    inputs = with_market(toy())
    inputs = change(inputs, "modes.premium_jpy_bn_per_gw_a", {"domestic": 30.0, "platform": 30.0})
    inputs = change(inputs, "settings.gap", GAP)
    shares = (0.02, 0.05, 0.08)
    points = [point(capturing(inputs, share), "capture", share) for share in shares]
    outflow = float(inputs.capture_lines["outflow_jpy_bn"].sum())
    assert [one.x for one in points] == [pytest.approx(share * outflow) for share in shares]
    slopes = [(b.cost - a.cost) / (b.x - a.x) for a, b in pairwise(points)]
    for before, slope, after in zip(points, slopes, points[1:], strict=False):
        assert before.price - 1e-6 <= slope <= after.price + 1e-6
        assert slope > 0.0
    assert violation(points, AXES["capture"]) <= 1e-6


@pytest.mark.parametrize("seed", seeds([3], [1]))
def test_prices_of_drawn_systems_are_subgradients_of_their_fronts(seed):
    inputs, periods = random_system(seed)
    inputs = change(inputs, "settings.gap", GAP)
    inputs = change(inputs, "settings.metropolitan_areas", ("B",))
    most = _largest(inputs, periods)
    shares = np.linspace(0.5 * most, most * (1 - 1e-6), 4).tolist()
    points = [
        point(change(inputs, "settings.min_regional_share", s), "dispersion", s, periods) for s in shares
    ]
    total = [sum(one.it_mw.values()) for one in points]
    # where the whole moves with the plan, the law holds by as much less
    moved = max(total) / min(total) - 1.0
    reach = points[-1].x - points[0].x
    allowed = 1e-4 + moved * max(one.price for one in points) * reach
    assert violation(points, AXES["dispersion"]) <= allowed
    assert points[-1].price > 0.0
    steeper = [replace(one, price=10.0 * one.price) for one in points]
    assert violation(steeper, AXES["dispersion"]) > allowed


def _largest(inputs: Inputs, periods) -> float:
    programme = programme_of(inputs, periods)
    part, whole = _coefficients(inputs, programme.siting)
    return largest_share(programme.siting, part, whole, "dispersion")


def _coefficients(inputs: Inputs, siting):
    part, whole = np.zeros(len(siting.cost)), np.zeros(len(siting.cost))
    metropolitan = set(inputs.settings.metropolitan_areas)
    place = siting.variables["it"]
    for column, key in zip(place.at.tolist(), place.keys, strict=True):
        whole[column] = 1.0
        part[column] = float(inputs.sites["area"][key[0]] not in metropolitan)
    return part, whole


def test_the_largest_share_is_what_sites_allow():
    """0.3 GW at B1 and, with B2 limited to 0.1, 0.4 of 1 GW in all: 40 %; without limits everything."""
    inputs = two_areas()
    assert _largest(inputs, None) == pytest.approx(1.0)
    assert _largest(change(inputs, "sites.site_limit_gw", {"B2": 0.1}), None) == pytest.approx(0.4)


def test_co2_is_more_of_the_aim_where_there_is_less():
    """1,000 kt less a year costs 5, then 15 more: prices 5 and 15 per Mt bracket the slopes; 20 does not."""
    base = Point(None, 10.0, 10.0, 0.0, 0.0, 100.0, 100.0, 0.0, "fresh", 0.0, {})
    points = [base, replace(base, asked=9.0, x=9.0, price=5.0, cost=105.0, lower=105.0)]
    points.append(replace(base, asked=8.0, x=8.0, price=15.0, cost=120.0, lower=120.0))
    assert violation(points, AXES["co2"]) == pytest.approx(0.0)
    assert violation([*points[:1], replace(points[1], price=20.0), points[2]], AXES["co2"]) == pytest.approx(
        5.0
    )


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((12.0, 13.0, 40.0, 41.0), "always"),
        ((0.0, 0.0, 40.0, 41.0), "sometimes"),
        ((0.0, 0.0, 3.0, 9.0), "never"),
        ((0.0, 0.0, 3.0, 11.0), "open"),  # proven to be able, not reached
        ((9.0, 11.0, 40.0, 41.0), "open"),
    ],
)
def test_a_class_needs_its_proof(bounds, expected):
    least_outer, least_inner, most_inner, most_outer = bounds
    found = Range(10.0, least_outer, least_inner, most_inner, most_outer, 1)
    assert class_of(found, 10.0) == expected


def test_a_row_is_settled_where_proof_and_plan_meet():
    from optimizer.analyse.ranges import Place

    place = Place("site", "A1", "A", "A1", "A1", ("A1",))
    near, far = Range(5.0, -1e-9, 0.0, 20.0, 21.0, 2), Range(5.0, 0.0, 0.0, 20.0, 25.0, 2)
    table = range_table([place, place], [near, far], 2.0)
    assert table["settled"].tolist() == ["yes", "no"]
    assert table["least_proven_mw"].tolist() == [0.0, 0.0]
    assert isinstance(table, pd.DataFrame)


@pytest.mark.parametrize("text", ["0", "-1%", "two", "101%", "nan", ""])
def test_a_slack_that_is_none_is_refused(text):
    from optimizer.cli_front import share_of

    with pytest.raises(UsageError, match="--slack"):
        share_of(text, "--slack")


def test_a_slack_is_a_share_or_percent():
    from optimizer.cli_front import share_of

    assert [share_of(text, "--slack") for text in ("2%", "0.02", " 2 % ", "２％")] == [0.02] * 4
