"""Goals and operating modes, one hand-solved programme each. Base case of `toy`: 187.6 JPY bn/a for 1 GW of IT load.

The market of `aims` on paper: outflow 200, ceiling 50; a GW sold at home displaces 100, of which 0.8 is captured up
to 50 displaced and 0.4 up to 100; a platform keeps half of what a domestic operator does. A GW of either has a
premium of 20 JPY bn/a unless said otherwise.
"""

from __future__ import annotations

import pandas as pd
import pytest
from aims import PAPER, budgeted, capturing, with_market
from toy import change, planned, price, solved, toy

from optimizer.analyse.goal import captured_by_chords, goal_figures
from optimizer.errors import InfeasibleError
from optimizer.inputs.announced import announced_load, announced_table, with_announced
from optimizer.milestones import Inputs, Solution

ABROAD = {"settings.allow_abroad": True}


def market(changes: dict[str, object] | None = None, chords: pd.DataFrame = PAPER) -> Inputs:
    """A toy with the market on paper, what is sold at home 20 JPY bn/GW/a dearer than the rest."""
    dearer = {"modes.premium_jpy_bn_per_gw_a": [20.0, 20.0, 0.0, 0.0]}
    return with_market(toy(dearer | (changes or {})), chords=chords)


def cost(solution: Solution) -> float:
    return solution.cost - solution.baseline_cost


def domestic(solution: Solution) -> float:
    return float(solution.siting["run"]["A1", "general", "domestic"])


def test_captured_yen_need_domestic_sales():
    """A tenth of 200 is 20: 0.25 GW at 80 captured a GW. 187.6 + 0.25 · 20 = 192.6; Without the aim 187.6, nothing."""
    solution, plan = planned(capturing(market(), 0.1))
    assert cost(solution) == pytest.approx(192.6)
    assert domestic(solution) == pytest.approx(0.25)
    assert plan.figures["cost_jpy_bn_per_a"] == pytest.approx(192.6)
    free, _ = planned(market())
    assert cost(free) == pytest.approx(187.6)
    assert domestic(free) == pytest.approx(0.0)


def test_capture_target_has_the_price_of_the_dearer_mode():
    """20 a GW for 80 captured: 0.25 JPY per captured yen. Without a premium it costs nothing: modes are alike."""
    inputs = capturing(market(), 0.1)
    solution, plan = planned(inputs)
    assert price(plan, "capture_target", "nation") == (pytest.approx(0.25), "JPY/JPY")
    figures = goal_figures(inputs, solution)
    assert figures["marginal_cost_jpy_per_captured_jpy"] == pytest.approx(0.25)
    assert figures["captured_jpy_bn_per_a"] == pytest.approx(20.0)
    assert figures["captured_share_of_outflow"] == pytest.approx(0.1)
    _, alike = planned(change(inputs, "modes.premium_jpy_bn_per_gw_a", 0.0))
    assert price(alike, "capture_target", "nation") == (0.0, "JPY/JPY")


def test_within_capture_segment_makes_the_next_yen_dearer():
    """A quarter of 200 is 50: 40 on the first chord (0.5 GW), 10 on the second (0.25 GW): 187.6 + 15 = 202.6.

    The next yen costs 20 / 40 = 0.5. Without the width of the first chord 0.625 GW would do: 200.1.
    """
    solution, plan = planned(capturing(market(), 0.25))
    assert cost(solution) == pytest.approx(202.6)
    assert domestic(solution) == pytest.approx(0.75)
    assert price(plan, "capture_target", "nation") == (pytest.approx(0.5), "JPY/JPY")
    straight = pd.DataFrame({"width": [9.0], "slope": [0.8]})
    assert cost(solved(capturing(market(chords=straight), 0.25))) == pytest.approx(200.1)


def test_captured_through_a_platform_is_half_and_ends_at_half():
    """No domestic sales: 0.5 GW through the platform for 20. Half of 60 is all it ever keeps: 0.15 of 200.

    Without the strict reading, platforms would fill the chords of the nation: 0.2 would be within reach.
    """
    only = {"operator_mix.max_share": {("general", "domestic"): 0.0}}
    alike = {"modes.premium_jpy_bn_per_gw_a": [0.0, 20.0, 0.0, 0.0]}
    inputs = market(only | alike)
    solution = solved(capturing(inputs, 0.1))
    assert cost(solution) == pytest.approx(197.6)
    assert captured_by_chords(inputs, solution).sum() == pytest.approx(20.0)
    with pytest.raises(InfeasibleError, match=r"lower aim\.capture_share to 0\.1500"):
        solved(capturing(inputs, 0.2))


def test_capture_target_beyond_reach_names_the_largest_share():
    """1 GW at home displaces 100 and keeps 60: 0.3 of 200. 0.35 asks for 70: 10 short."""
    with pytest.raises(InfeasibleError, match=r"share asked for: 10\.0 JPY bn/a .*to 0\.3000 or less"):
        solved(capturing(market(), 0.35))
    assert captured_by_chords(market(), solved(capturing(market(), 0.3))).sum() == pytest.approx(60.0)


def test_budget_builds_what_it_pays_for():
    """1,000 JPY bn a GW once: 400 builds 0.4 GW, the rest stays abroad at 2,000: 0.4 · 187.6 + 0.6 · 2,000 = 1,275.04.

    Captured 0.8 · 40 = 32; 80 per 1,000: 0.08 a yen. The price counts 10 yen per captured yen, and what building
    saves a year: 0.8 + (2,000 − 187.6) / 1,000 = 2.6124. Without the budget 1 GW is built, 60 captured.
    """
    inputs = budgeted(change(market(ABROAD), "modes.premium_jpy_bn_per_gw_a", 0.0), 400.0)
    inputs = change(inputs, "settings.public_share", 0.25)
    solution, plan = planned(inputs)
    figures = goal_figures(inputs, solution)
    assert plan.figures["it_mw_built"] == pytest.approx(400.0)
    assert plan.figures["cost_jpy_bn_per_a"] == pytest.approx(1275.04)
    assert figures["captured_jpy_bn_per_a"] == pytest.approx(32.0)
    assert figures["capital_jpy_bn"] == pytest.approx(400.0)
    assert figures["capital_jpy_bn_by_kind"]["building"] == pytest.approx(400.0)
    assert figures["capture_reach_jpy_bn_per_a"] == pytest.approx(32.0)
    assert figures["marginal_capture_jpy_per_budget_jpy"] == pytest.approx(0.08)
    assert figures["captured_jpy_a_per_public_jpy"] == pytest.approx(0.32)
    assert price(plan, "budget", "nation") == (pytest.approx(2.6124), "1/a")
    rich = change(inputs, "settings.budget_jpy_bn", 9000.0)
    assert captured_by_chords(rich, solved(rich)).sum() == pytest.approx(60.0)


def test_budget_counts_every_kind_of_building():
    """A connection at 50 a GW once and land at 30 beside the building's 1,000: 1 GW is 1,080. Without them 1,000."""
    dear = {"sites.connection_jpy_bn_per_gw": 50.0, "sites.land_jpy_bn_per_gw": 30.0}
    enough = budgeted(market(dear), 1080.0)
    assert goal_figures(enough, solved(enough))["capital_jpy_bn"] == pytest.approx(1080.0)
    with pytest.raises(
        InfeasibleError, match=r"budget short .* 30\.0 JPY bn in all .*raise aim\.budget_jpy_bn"
    ):
        solved(budgeted(market(dear), 1050.0))


def test_premium_of_a_mode_is_what_the_mode_rule_costs():
    """At least 0.3 domestic at a premium of 20: 187.6 + 6 = 193.6; the rule's price is the premium, 20,000 JPY/kW."""
    rule = {"operator_mix.min_share": {("general", "domestic"): 0.3}}
    solution, plan = planned(market(rule))
    assert cost(solution) == pytest.approx(193.6)
    assert price(plan, "operator_mix_least", "general / domestic") == (pytest.approx(20_000.0), "JPY/kW/a")


def test_premium_of_a_mode_does_not_choose_its_site():
    """Two sites, B 10 dearer and needed for 0.5 GW: every site still runs the nation's mix, 0.3 domestic.

    Cost 187.6 + 0.5 · 10 + 0.3 · 20 = 198.6 whichever site runs the domestic part.
    """
    changes = {
        "sites.building_jpy_bn_per_gw_a": [100.0, 110.0],
        "sites.site_limit_gw": [0.5, 10.0],
        "modes.premium_jpy_bn_per_gw_a": [20.0, 0.0, 0.0, 0.0],
        "operator_mix.min_share": {("general", "domestic"): 0.3},
    }
    solution, plan = planned(toy(changes, sites={"A1": "A", "B1": "A"}))
    assert cost(solution) == pytest.approx(198.6)
    sites = plan.tables["sites"].set_index("site")
    assert sites["it_mw_domestic"].to_dict() == pytest.approx({"A1": 150.0, "B1": 150.0})


def test_announced_foreign_capacity_is_load_like_any_other():
    """200 MW in A at utilisation 0.75, PUE 1.25 (the standing site's), profile 0.8 and 1.2: 150 and 225 MW.

    0.1875 GW on average: 1,642.5 GWh a year. Area B has nothing announced; Without capacity demand is untouched.
    """
    sites = pd.DataFrame({"area": ["A", "A", "B"], "existing_it_gw": [1.0, 0.0, 1.0]})
    pue = pd.DataFrame([[1.25, 1.25], [2.0, 2.0], [1.5, 1.5]]).to_numpy()
    profile = pd.DataFrame([[0.7, 1.3], [0.9, 1.1]]).to_numpy()
    workloads = pd.DataFrame({"share": [0.5, 0.5]})
    load = announced_load({"A": 200.0, "B": 0.0}, sites, (pue, profile, workloads), {"u_for": 0.75})
    assert load.to_dict("index") == {"A": pytest.approx({0: 0.15, 1: 0.225})}
    table = announced_table({"A": 200.0, "B": 0.0}, load)
    assert table.to_dict("index") == {"A": pytest.approx({"it_gw": 0.2, "electricity_gwh": 1642.5})}
    demand = pd.DataFrame([[5.0, 5.0], [3.0, 3.0]]).to_numpy()
    higher = with_announced(demand, load, pd.Index(["A", "B"]))
    assert higher.tolist() == [pytest.approx([5.15, 5.225]), [3.0, 3.0]]
    nothing = announced_load({}, sites, (pue, profile, workloads), {})
    assert with_announced(demand, nothing, pd.Index(["A", "B"])) is demand
    assert announced_table({}, nothing).empty
