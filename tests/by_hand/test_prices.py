"""Published prices: sign, unit, weight; the price stack of a site; negative prices and what they tempt to."""

from __future__ import annotations

import numpy as np
import pytest
from toy import planned, price, toy


def cost(solution) -> float:
    return solution.cost - solution.baseline_cost


def test_price_is_negative_where_must_run_spills():
    """8 GW must run against 5: each GWh used saves the spill price 0.001: 100 − 8.76 = 91.24; −1 JPY/kWh."""
    solution, plan = planned(toy({"must_run_gw": 2.0}))
    assert cost(solution) == pytest.approx(91.24)
    assert price(plan, "energy_balance", "A")[0] == pytest.approx(-1.0)
    assert price(plan, "serve_demand", "N / general")[0] == pytest.approx(91.24)
    assert plan.tables["hours"]["spill_mw"].to_numpy() == pytest.approx(np.full(24, 2000.0))


def test_storage_may_burn_what_would_be_spilled():
    """A known limit of a linear programme: charging and discharging at once wastes 20 % and so avoids the spill price.

    3 GW to spill, 2 with the plan; 20 GW · 0.2 can waste 4 GW: nothing is spilled, price 0, not −1; cost 100, not 91.24.
    """
    storage = {("A", "pumped"): {"power_gw": 20.0, "energy_gwh": 10.0, "charge_efficiency": 0.8}}
    solution, plan = planned(toy({"must_run_gw": 2.0, "storage": storage}))
    assert cost(solution) == pytest.approx(100.0)
    assert price(plan, "energy_balance", "A")[0] == pytest.approx(0.0)


def test_storage_does_not_burn_at_positive_prices():
    """At 10 JPY/kWh a loop through storage only costs: charge and discharge stay at zero."""
    storage = {("A", "pumped"): {"power_gw": 5.0, "energy_gwh": 10.0, "charge_efficiency": 0.8}}
    solution, _ = planned(toy({"storage": storage}))
    assert np.minimum(solution.dispatch["charge"], solution.dispatch["discharge"]).max() == pytest.approx(0.0)


def test_price_stack_of_a_site_adds_up_to_the_price_of_demand():
    """Building 100 + land 5 + 1.4 · (connection 10 + rent 20) + 1.2 · 87.6 = 252.12 per MW built, used at 0.5:

    one more MW served needs two built, but its energy only once: 2 · (100 + 5 + 42) + 105.12 = 399.12.
    """
    changes = {
        "sites.land_jpy_bn_per_gw_a": 5.0, "sites.connection_jpy_bn_per_gw_a": 10.0, "sites.pue_peak": 1.4,
        "sites.headroom_gw": 0.4, "reinforcements": {("A1", 1): {"size_gw": 5.0, "cost_jpy_bn_per_gw_a": 20.0}},
        "pue": 1.2, "workloads.utilisation": 0.5,
    }  # fmt: skip
    solution, plan = planned(toy(changes))
    site = plan.tables["sites"].iloc[0]
    assert site["connection_jpy_m_per_mw_a"] == pytest.approx(14.0)
    assert site["grid_jpy_m_per_mw_a"] == pytest.approx(28.0)
    assert site["energy_jpy_m_per_mw_a"] == pytest.approx(0.5 * 1.2 * 87.6)
    assert site["all_in_jpy_m_per_mw_a"] == pytest.approx(147.0 + 52.56)
    assert price(plan, "serve_demand", "N / general")[0] == pytest.approx(399.12)
    assert cost(solution) == pytest.approx(399.12 - 0.4 * 20.0)


def test_price_stack_is_told_for_sites_not_chosen():
    """A2 costs 130 and stays empty; its stack still says 217.6 against 187.6."""
    inputs = toy({"sites.building_jpy_bn_per_gw_a": [100.0, 130.0]}, sites={"A1": "A", "A2": "A"})
    solution, plan = planned(inputs)
    assert list(plan.tables["sites"]["it_mw"]) == pytest.approx([1000.0, 0.0])
    assert list(plan.tables["sites"]["all_in_jpy_m_per_mw_a"]) == pytest.approx([187.6, 217.6])
    assert solution.siting_reduced["it"]["A2", "domestic"] == pytest.approx(30.0)


def test_an_unbuilt_site_is_a_near_tie_only_within_a_thousandth():
    """A2 costs 0.1 more than A1 of 187.6: 0.05 %, a near-tie. 1 more: 0.5 %, none. The chosen A1 never is."""
    for extra, tie in ((0.1, 1.0), (1.0, 0.0)):
        inputs = toy({"sites.building_jpy_bn_per_gw_a": [100.0, 100.0 + extra]}, sites={"A1": "A", "A2": "A"})
        options = planned(inputs)[1].tables["options"].set_index("site")
        assert list(options["near_tie"].loc[["A1", "A2"]]) == [0.0, tie]


def test_co2_is_counted_with_and_without_the_plan():
    """0.5 kt/GWh: 5 GW give 21,900 kt/a, the plan's GW adds 4,380."""
    _, plan = planned(toy())
    area = plan.tables["areas"].iloc[0]
    assert (area["co2_kt"], area["co2_before_kt"]) == pytest.approx((26_280.0, 21_900.0))
    assert plan.figures["co2_change_kt_per_a"] == pytest.approx(4380.0)


def test_zero_growth_costs_nothing_and_prints_no_nan():
    """No load: no capacity, no cost, and every published figure is a number (halls are not asked for: empty)."""
    solution, plan = planned(toy({"demand.demand_gw": 0.0, "workloads.load_gw": 0.0}))
    assert cost(solution) == pytest.approx(0.0)
    for name in ("sites", "areas", "prices", "hours"):
        numbers = plan.tables[name].select_dtypes("number").drop(columns="halls", errors="ignore")
        assert np.isfinite(numbers.to_numpy()).all(), name
    assert plan.tables["sites"]["energy_jpy_m_per_mw_a"].iloc[0] == pytest.approx(87.6)


def test_modes_in_the_site_table_add_up_to_what_was_built():
    """0.5 GW idle and domestic, half of the load foreign: 0.5 GW foreign is built and nothing else."""
    mix = {"operator_mix.min_share": {("general", "foreign"): 0.5}}
    solution, plan = planned(toy(mix | {"sites.spare_it_gw": 0.5}))
    built = solution.siting["it"].groupby(lambda key: key[1]).sum() * 1000
    site = plan.tables["sites"].iloc[0]
    assert built["foreign"] == pytest.approx(500.0)
    for mode in ("domestic", "platform", "leased", "foreign"):
        assert site[f"it_mw_{mode}"] == pytest.approx(built[mode], abs=1e-6), mode
