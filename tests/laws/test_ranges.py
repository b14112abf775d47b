"""Near-optimal ranges: true by solving afresh with a site held just inside and just outside them."""

from __future__ import annotations

import numpy as np
import pytest
from near_toy import directions, near_of, solved_held
from toy import change, full_system, random_system, seeds, silent, toy

from optimizer.analyse.ranges import places_of
from optimizer.errors import InfeasibleError
from optimizer.run_ranges import RangesOptions, Search, _range, ranges_of, room_of
from optimizer.solve.alternatives import different_plans
from optimizer.solve.near import Extreme, NearOptimal

SLACK = 0.02
GAP = 1e-7
BEYOND_MW = 1.0
PATIENCE = 30


def two_sites():
    """One GW to place; building costs 100 at A1 and 120 at A2; power is the same.

    The plan is all at A1: 1 GW · 100 + 8,760 GWh · 0.01 = 187.6 JPY bn/a.
    """
    inputs = toy(sites={"A1": "A", "A2": "A"})
    return change(inputs, "sites.building_jpy_bn_per_gw_a", {"A1": 100.0, "A2": 120.0})


def test_two_percent_of_the_plan_moves_what_the_dearer_site_costs_more():
    """2 % of 187.6 is 3.752; a GW at A2 costs 20 more: 3.752 / 20 = 187.6 MW may stand there."""
    inputs = two_sites()
    near, programme, _ = near_of(inputs, SLACK)
    first, second = directions(inputs, programme)
    most = near.furthest(second, 0.01, 10)
    least = near.furthest(-first, 0.01, 10)
    assert most.inner == pytest.approx(187.6, abs=0.02)
    assert most.outer == pytest.approx(187.6, abs=0.02)
    assert (-least.outer, -least.inner) == (pytest.approx(812.4, abs=0.02), pytest.approx(812.4, abs=0.02))
    # counterfactual: without slack nothing moves, and with half the difference twice as much does
    assert near_of(inputs, 1e-6)[0].furthest(second, 0.01, 10).inner < 0.02
    cheaper = change(inputs, "sites.building_jpy_bn_per_gw_a", {"A1": 100.0, "A2": 110.0})
    assert near_of(cheaper, SLACK)[0].furthest(second, 0.01, 10).inner == pytest.approx(375.2, abs=0.02)


def test_no_more_is_proven_than_the_site_allows():
    """A2 may hold 100 MW and the slack pays for 187.6: the most is 100, without the tolerance of 5 MW on top."""
    inputs = change(two_sites(), "sites.site_limit_gw", {"A1": 5.0, "A2": 0.1})
    near, programme, _ = near_of(inputs, SLACK)
    places = places_of(
        inputs.sites.assign(name_en="", name_ja=""), inputs.areas.assign(name_en="", name_ja="")
    )
    options = RangesOptions(SLACK, 0, 0.005, PATIENCE)
    found = dict(zip(places, ranges_of(Search(near, places, options, 5.0), silent)[0], strict=True))
    second = next(one for place, one in found.items() if place.sites == ("A2",))
    assert second.most_inner <= second.most_outer <= 100.0 + 1e-6
    assert room_of(programme, ("A2",)) == pytest.approx(100.0)
    assert room_of(programme, ("A1", "A2")) == pytest.approx(5100.0)
    # counterfactual: what the budget's price leaves on top of the limit is cut off, nothing that is reached
    loose = Extreme(100.7, 99.9, near.plan.y, 0)
    assert _range(0.0, Extreme(0.0, 0.0, near.plan.y, 0), loose, 100.0).most_outer == 100.0


def drawn(seed):
    inputs, periods = (full_system if seed == 2 else random_system)(seed)
    inputs = change(inputs, "settings.gap", GAP)
    return inputs, *near_of(inputs, SLACK, periods)


def tolerance_of(near: NearOptimal, sites) -> float:
    return 1e-3 * float(sites.sum(axis=0) @ near.plan.y)


@pytest.mark.parametrize("seed", seeds([3], [1, 4, 6, 7, 9]))
def test_a_site_forced_in_and_out_costs_what_its_range_says(seed):
    inputs, near, programme, solution = drawn(seed)
    sites = directions(inputs, programme)
    tolerance = tolerance_of(near, sites)
    allowed = GAP * (solution.cost - solution.baseline_cost) + 1e-6
    for direction in sites:
        for sign in (1.0, -1.0):
            found = near.furthest(sign * direction, tolerance, PATIENCE)
            assert found.inner <= found.outer
            assert found.outer - found.inner <= tolerance
            inside = solved_held(inputs, programme, sign * direction, found.inner - 1e-6, np.inf)
            assert inside.lower_bound <= near.budget + allowed
            if sign < 0 and found.outer >= -BEYOND_MW:
                continue  # less than nothing is nowhere
            try:
                outside = solved_held(inputs, programme, sign * direction, found.outer + BEYOND_MW, np.inf)
            except InfeasibleError:
                continue  # the site allows no more: outside of any budget
            assert outside.cost > near.budget - allowed


def test_what_few_cuts_allow_is_beyond_the_budget():
    """Counterfactual: cuts that never looked there promise capacity that costs more than the budget."""
    inputs, near, programme, solution = drawn(3)
    direction = directions(inputs, programme)[1]
    poor = NearOptimal(programme, near.evaluator, solution, near.set.pool[:1], near.budget)
    promised, known = (one.furthest(direction, 1e-3, patience) for one, patience in ((poor, 0), (near, 30)))
    assert promised.outer > known.outer + 10.0
    forced = solved_held(inputs, programme, direction, promised.outer - BEYOND_MW, np.inf)
    assert forced.lower_bound > near.budget


def test_ranges_with_yearly_rules_hold_from_both_sides():
    """With matching by the hour and a cap on CO2 bounds may stay apart; both stay true."""
    inputs, near, programme, solution = drawn(2)
    direction = directions(inputs, programme)[1]
    found = near.furthest(direction, 5.0, 6)
    allowed = GAP * (solution.cost - solution.baseline_cost) + 1e-6
    inside = solved_held(inputs, programme, direction, found.inner - 1e-6, np.inf)
    assert inside.lower_bound <= near.budget + allowed
    try:
        outside = solved_held(inputs, programme, direction, found.outer + BEYOND_MW, np.inf)
    except InfeasibleError:
        return
    assert outside.cost > near.budget - allowed


@pytest.mark.parametrize("seed", seeds([3], [4]))
def test_different_plans_are_within_the_budget_and_far_from_one_another(seed):
    inputs, near, programme, _ = drawn(seed)
    sites = directions(inputs, programme)
    tolerance = tolerance_of(near, sites)
    known = [near.furthest(sign * one, tolerance, 8).y for one in sites for sign in (1.0, -1.0)]
    plans = different_plans(near, sites, known, (3, tolerance, 8))
    assert len(plans) == 4
    for number, plan in enumerate(plans):
        assert plan.cost <= near.budget + 1e-6
        assert near.evaluate(plan.y).cost == pytest.approx(plan.cost, rel=1e-9)
        others = [0.5 * np.abs(sites @ (plan.y - other.y)).sum() for other in plans[:number]]
        assert plan.distance == pytest.approx(min(others, default=0.0), abs=1e-9)
    # counterfactual: the extremes alone are less far than where the climb ends
    first = max(0.5 * np.abs(sites @ (y - near.plan.y)).sum() for y in known)
    assert plans[1].distance >= first - 1e-9


def test_a_mix_needs_a_decision_within_the_budget_and_lies_on_it():
    """Plan at cost 10 in a budget of 12, another at 18: a quarter of the way, t = 2 / 8."""
    inputs = two_sites()
    near, programme, _ = near_of(inputs, SLACK)
    direction = directions(inputs, programme)[1]
    far = near.evaluate(_all_at(near, programme, "A2"))
    part = (near.budget - near.plan.cost) / (far.cost - near.plan.cost)
    reach, y = near.inside(direction)
    assert reach == pytest.approx(part * 1000.0)
    assert near.set.siting_cost(y) <= near.budget
    near.budget = far.cost + 1.0
    assert near.inside(direction)[0] == pytest.approx(1000.0)


def _all_at(near: NearOptimal, programme, site: str):
    """Return the plan with everything that stands at A1 at another site instead."""
    y = np.zeros(len(near.plan.y))
    for place in programme.siting.variables.values():
        at = dict(zip(map(_key, place.keys), place.at.tolist(), strict=True))
        for key, column in at.items():
            y[at[tuple(site if part == "A1" else part for part in key)]] += near.plan.y[column]
    return y


def _key(key):
    return key if isinstance(key, tuple) else (key,)
