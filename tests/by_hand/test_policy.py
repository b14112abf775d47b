"""The rules of policy, one hand-solved programme each. Base case of `toy`: 187.6 JPY bn/a for 1 GW of IT load."""

from __future__ import annotations

import pytest
from toy import planned, price, toy

REGIONS = {"A1": "A", "B1": "B"}
DEARER = {"sites.building_jpy_bn_per_gw_a": [100.0, 130.0]}


def cost(solution) -> float:
    return solution.cost - solution.baseline_cost


def test_additionality_stops_the_plan_from_replanning_the_fleet():
    """Wind at full output for 50 saves 87.6: 37.6 a GW. κ = 0.5 allows 0.5 GW: 187.6 − 18.8 = 168.8.

    Worth 37.6 / 8,760 h = 4.292 JPY/kWh. Without the rule all 6 GW of load go to wind: 187.6 − 225.6 = −38.
    """
    wind = {"renewables": {("A1", "onshore"): {"cost_jpy_bn_per_gw_a": 50.0}}, "site_cf": 1.0}
    solution, plan = planned(toy(wind | {"settings.additionality": 0.5}))
    assert cost(solution) == pytest.approx(168.8)
    assert price(plan, "additionality", "nation") == (pytest.approx(37.6 / 8.76), "JPY/kWh")
    assert plan.figures["contracted_renewable_share"] == pytest.approx(0.5)
    assert cost(planned(toy(wind | {"settings.additionality": 100.0}))[0]) == pytest.approx(-38.0)


def test_operator_mix_least_cannot_be_met_by_idle_domestic_capacity():
    """0.5 GW idle, domestic. 0.8 foreign must be built: 80 + 87.6 = 167.6, price 100,000 JPY/kW. Without: 137.6."""
    idle = {"sites.spare_it_gw": 0.5}
    solution, plan = planned(toy(idle | {"operator_mix.min_share": {("general", "foreign"): 0.8}}))
    assert cost(solution) == pytest.approx(167.6)
    assert price(plan, "operator_mix_least", "general / foreign") == (pytest.approx(100_000.0), "JPY/kW/a")
    assert solution.siting["run"]["A1", "general", "foreign"] == pytest.approx(0.8)
    assert cost(planned(toy(idle))[0]) == pytest.approx(137.6)


def test_operator_mix_most_leaves_idle_domestic_capacity_idle():
    """0.5 GW idle, domestic at most 0.3: 0.7 built, 70 + 87.6 = 157.6, price 100,000 JPY/kW. Without: 137.6."""
    mix = {"operator_mix.max_share": {("general", "domestic"): 0.3}}
    solution, plan = planned(toy(mix | {"sites.spare_it_gw": 0.5}))
    assert cost(solution) == pytest.approx(157.6)
    assert price(plan, "operator_mix_most", "general / domestic") == (pytest.approx(100_000.0), "JPY/kW/a")


def test_dispersion_has_the_price_of_the_dearer_region():
    """0.6 GW at 100, 0.4 GW at 130: +12 → 199.6; 30,000 JPY/kW, 0.3 JPY bn/a a point of share. Without: 187.6."""
    solution, plan = planned(toy(DEARER | {"settings.min_regional_share": 0.4}, sites=REGIONS))
    assert cost(solution) == pytest.approx(199.6)
    assert price(plan, "dispersion", "nation") == (pytest.approx(30_000.0), "JPY/kW/a")
    assert price(plan, "dispersion", "share") == (pytest.approx(0.3), "JPY bn/a per %-point")
    assert plan.figures["dispersion_price_jpy_per_kw_a"] == pytest.approx(30_000.0)
    assert plan.figures["regional_share"] == pytest.approx(0.4)
    assert cost(planned(toy(DEARER, sites=REGIONS))[0]) == pytest.approx(187.6)


def test_dispersion_costs_nothing_where_the_region_is_cheaper():
    """Region at 70: all of it there, 157.6, price 0 and still listed."""
    changes = {"sites.building_jpy_bn_per_gw_a": [100.0, 70.0], "settings.min_regional_share": 0.4}
    solution, plan = planned(toy(changes, sites=REGIONS))
    assert cost(solution) == pytest.approx(157.6)
    assert price(plan, "dispersion", "nation") == (0.0, "JPY/kW/a")


def test_dispersion_needs_no_region_when_nothing_is_asked():
    """Every area a metropolis and no floor: an empty law, no crash, price 0, 187.6."""
    solution, plan = planned(toy({"settings.metropolitan_areas": ("A",)}))
    assert cost(solution) == pytest.approx(187.6)
    assert plan.figures["dispersion_price_jpy_per_kw_a"] == 0.0


def test_distribution_as_today_fixes_every_area():
    """0.3 GW at 100, 0.7 GW at 130: 208.6; one GW moved from A to B costs 30. Free: 187.6."""
    today = {"settings.distribution": "as_today", "areas.as_today_share": [0.3, 0.7]}
    solution, plan = planned(toy(DEARER | today, sites=REGIONS))
    assert cost(solution) == pytest.approx(208.6)
    assert plan.figures["it_mw_by_area"] == pytest.approx({"A": 300.0, "B": 700.0})
    forced = solution.siting_duals["distribution_as_today"]
    assert forced["B"] - forced["A"] == pytest.approx(30.0)
