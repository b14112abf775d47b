"""Firm capacity by hand. Base of `toy`: 187.6 JPY bn/a for 1 GW of IT beside 5 GW of demand; firm capacity costs 10 a GW.

With a margin of 10 % and 6 GW of power stations, 1.1 · 6 = 6.6 GW are needed: 0.6 GW are bought for 6 JPY bn/a.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from toy import change, planned, price, solved, toy

from optimizer.milestones import Inputs
from optimizer.stress import (
    helped_margins,
    inherited_shortfall_gw,
    link_capacity_gw,
    stress_of,
    stressed_hours,
)

TWO = {"A1": "A", "B1": "B"}
RULE = {
    "settings.adequacy_margin": 0.1,
    "settings.firm_capacity_jpy_bn_per_gw_a": 10.0,
    "settings.storage_credit_hours": 4.0,
}
SIX = {"fleets": {("A", "coal"): {"available_gw": 6.0}}}


def cost(solution) -> float:
    return solution.cost - solution.baseline_cost


def helped(reverse_gw: float, **link: float) -> Inputs:
    """A is short, B has plenty; only A's site can be built on."""
    rows = {
        "fleets": {("A", "coal"): {"available_gw": 6.0}, ("B", "coal"): {"available_gw": 20.0}},
        "interties": {"AB": {"reverse_gw": reverse_gw, **link}},
    }
    return toy(rows | RULE | {"sites.site_limit_gw": [10.0, 0.0]}, sites=TWO)


def test_adequacy_buys_what_the_margin_lacks():
    """0.6 GW · 10: 187.6 + 6 = 193.6; 10,000 JPY/kW a year; margin 20 % before, 10 % after. Without: 187.6, margin 0 %."""
    solution, plan = planned(toy(SIX | RULE))
    assert cost(solution) == pytest.approx(193.6)
    assert price(plan, "adequacy", "A") == (pytest.approx(10_000.0), "JPY/kW/a")
    area = plan.tables["areas"].iloc[0]
    assert (area["firm_capacity_mw"], area["firm_capacity_lacking_mw"]) == pytest.approx((600.0, 0.0))
    assert area["capacity_margin_before_share"] == pytest.approx(0.2)
    assert area["capacity_margin_share"] == pytest.approx(0.1)
    assert plan.figures["firm_capacity_mw"] == pytest.approx(600.0)
    assert plan.figures["capacity_margin_share"] == pytest.approx(0.1)
    assert plan.figures["capacity_margin_before_share"] == pytest.approx(0.2)
    free, off = planned(toy(SIX))
    assert cost(free) == pytest.approx(187.6)
    assert off.tables["areas"]["capacity_margin_share"].iloc[0] == pytest.approx(0.0)
    assert not (off.tables["prices"]["equation"] == "adequacy").any()


def test_adequacy_does_not_charge_the_plan_for_what_lacks_without_it():
    """Margin 50 %, 6.5 GW: 1.0 GW lacks without the plan, 2.5 with it: 1.5 are the plan's, 202.6. Without that: 212.6."""
    rows = {"fleets": {("A", "coal"): {"available_gw": 6.5}}}
    solution, plan = planned(toy(rows | RULE | {"settings.adequacy_margin": 0.5}))
    assert cost(solution) == pytest.approx(202.6)
    assert plan.figures["firm_capacity_lacking_mw"] == pytest.approx(1000.0)
    assert plan.figures["firm_capacity_mw"] == pytest.approx(1500.0)


def test_adequacy_asks_at_the_stressed_hour_not_on_average():
    """At 18 h demand is 5 and PUE 1.2, else 4 and 1.0: 1.1 · 6.2 − 6.3 = 0.52 GW. Without the hour's PUE: 0.3 GW.

    One more GW of IT there needs 1.1 · 1.2 GW at 10 JPY bn: 13.2 JPY m/MW in the price stack of the site.
    """
    demand, pue = np.full(24, 4.0), np.ones(24)
    demand[18], pue[18] = 5.0, 1.2
    solution, plan = planned(toy(SIX | RULE | {"demand_gw": demand, "pue": pue, "fleets.available_gw": 6.3}))
    assert solution.siting["firm_capacity"].sum() == pytest.approx(0.52)
    assert plan.tables["areas"]["stressed_hour"].iloc[0] == "2030-04-01 18:00"
    assert plan.tables["sites"]["capacity_jpy_m_per_mw_a"].iloc[0] == pytest.approx(13.2)


def test_adequacy_counts_new_wind_at_its_output_of_the_hour():
    """0.4 GW of wind at 0.5 gives 0.2 GW: 0.4 are bought, +4. Without its output: 0.6, +6."""
    wind = {"renewables": {("A1", "onshore"): {"limit_gw": 0.4}}, "site_cf": 0.5}
    solution, _ = planned(toy(SIX | RULE | wind))
    assert solution.siting["firm_capacity"].sum() == pytest.approx(0.4)
    assert cost(solution) == pytest.approx(187.6 + 0.4 * 10 - 0.4 * 0.5 * 8760 * 0.01 + 4.0)


def test_adequacy_counts_a_store_with_what_it_holds_for_the_credited_hours():
    """Pumped 0.5 GW, 1.2 GWh over 4 h: 0.3 GW, so 0.3 are bought, +3. Without the credit hours: 0.1, +1."""
    rows = {"storage": {("A", "pumped"): {"power_gw": 0.5, "energy_gwh": 1.2}}}
    solution, _ = planned(toy(SIX | RULE | rows))
    assert cost(solution) == pytest.approx(190.6)


def test_assist_within_intertie_limits_the_help():
    """0.2 GW of help, 0.4 GW bought: 191.6; a kW of link is worth 10,000 JPY. Without the limit: 187.6, nothing bought."""
    solution, plan = planned(helped(0.2))
    assert cost(solution) == pytest.approx(191.6)
    assert price(plan, "assist_within_intertie", "AB / backward") == (pytest.approx(10_000.0), "JPY/kW/a")
    areas = plan.tables["areas"].set_index("area")
    assert areas.at["A", "capacity_margin_assisted_before_share"] == pytest.approx(6.2 / 5 - 1)
    assert areas.at["A", "capacity_margin_assisted_share"] == pytest.approx(6.6 / 6 - 1)
    assert cost(planned(helped(2.0))[0]) == pytest.approx(187.6)


def test_assist_within_intertie_loses_on_the_way():
    """1 GW sent, 25 % lost of 0.4 GW: 0.3 arrive, 0.3 are bought: 190.6. Without the loss: 0.4 arrive, 189.6."""
    assert cost(planned(helped(0.4, loss_share=0.25))[0]) == pytest.approx(190.6)


def test_assist_within_intertie_grows_with_the_line():
    """Expansion at 4 JPY bn/GW is cheaper than capacity at 10: 0.4 GW more of line, 189.2. Without expansion: 191.6."""
    solution, _ = planned(helped(0.2, expansion_limit_gw=1.0, expansion_jpy_bn_per_gw_a=4.0))
    assert cost(solution) == pytest.approx(189.2)


NONFIRM = {
    "sites.nonfirm_limit_gw": 0.3,
    "settings.nonfirm_hours": 100.0,
    "settings.interrupt_jpy_bn_per_gwh": 1.0,
}
"""0.3 GW behind a non-firm connection; at 1,000 JPY/kWh the dispatch leaves it alone."""


def test_adequacy_does_not_cover_what_may_be_interrupted():
    """1.1 · (6 − 0.3) − 6 = 0.27 GW bought: 190.3, margin 6.27 / 5.7 − 1. Without the non-firm connection: 0.6 GW, 193.6."""
    solution, plan = planned(toy(SIX | RULE | NONFIRM))
    assert cost(solution) == pytest.approx(190.3)
    assert solution.siting["firm_capacity"].sum() == pytest.approx(0.27)
    areas = plan.tables["areas"].iloc[0]
    assert areas["interruptible_mw"] == pytest.approx(300.0)
    assert areas["capacity_margin_share"] == pytest.approx(0.1)
    assert plan.figures["capacity_margin_share"] == pytest.approx(0.1)
    assert cost(planned(toy(SIX | RULE))[0]) == pytest.approx(193.6)


def test_relief_within_nonfirm_is_the_load_of_the_hour_not_the_connection():
    """Machines at half load: 2 GW built and connected for 1 GW, 0.3 GW of connection carry 0.15: 0.435 GW bought,

    287.6 + 4.35. One more kW of load to interrupt saves 1.1 kW at 10,000 JPY. Without it, by size: 0.27 GW, 290.3.
    """
    solution, plan = planned(toy(SIX | RULE | NONFIRM | {"workloads.utilisation": 0.5}))
    assert cost(solution) == pytest.approx(291.95)
    assert price(plan, "relief_within_nonfirm", "A") == (pytest.approx(11_000.0), "JPY/kW/a")


def test_relief_within_allowance_lasts_the_stressed_evening():
    """Two hours a year in an evening of four: half of 0.3 GW counts, 0.435 GW bought: 191.95. Without the rule: 190.3.

    One more hour for 1 GW a year covers 0.25 GW: 0.25 · 1.1 · 10 JPY bn/GWh = 2,750 JPY/kWh.
    """
    solution, plan = planned(toy(SIX | RULE | NONFIRM | {"settings.nonfirm_hours": 2.0}))
    assert cost(solution) == pytest.approx(191.95)
    assert price(plan, "relief_within_allowance", "A") == (pytest.approx(2_750.0), "JPY/kWh")


def test_relief_within_load_frees_no_capacity_for_a_neighbour():
    """A and B host 1 GW each, all of B's non-firm: B needs none, A buys 1.1 GW at 1,000: 375.2 + 1,100 = 1,475.2.

    Without the law B builds 1 GW of idle machines for 100, "interrupts" them and lends 1.1 GW to A: 475.2.
    """
    rows = {
        "fleets": {("A", "coal"): {"available_gw": 5.5}, ("B", "coal"): {"available_gw": 5.5}},
        "interties": {"AB": {"forward_gw": 9.0, "reverse_gw": 9.0}},
        "sites.nonfirm_limit_gw": [0.0, 5.0],
    }
    inputs = toy(RULE | NONFIRM | rows, sites=TWO, nodes=("NA", "NB"))
    inputs = change(inputs, "settings.firm_capacity_jpy_bn_per_gw_a", 1000.0)
    inputs = change(inputs, "settings.voll_jpy_bn_per_gwh", 0.01)  # lost load as dear as fuel: out of the way
    own = [(node[1] == site[0]) for node, _, site in inputs.routes.index]
    solution = solved(replace(inputs, routes=inputs.routes[own]))
    assert cost(solution) == pytest.approx(1475.2)
    assert solution.siting["relief"].max() == pytest.approx(1.0)


BATTERY = {"power_jpy_bn_per_gw_a": 2.0, "energy_jpy_bn_per_gwh_a": 1.0, "expansion_limit_gw": 5.0}


def test_firm_battery_power_must_be_built():
    """0.6 GW · 2 + 2.4 GWh · 1 = 3.6 < 6: 191.2. Without paying for power: 190.0."""
    solution, plan = planned(toy(SIX | RULE | {"storage": {("A", "battery"): BATTERY}}))
    assert cost(solution) == pytest.approx(191.2)
    assert plan.tables["areas"]["battery_mw"].iloc[0] == pytest.approx(600.0)
    assert price(plan, "adequacy", "A")[0] == pytest.approx(6_000.0)
    assert plan.tables["areas"]["capacity_margin_share"].iloc[0] == pytest.approx(0.1)


def test_firm_battery_energy_must_last():
    """Four hours of 0.6 GW: 2.4 GWh. With eight: 4.8, and buying at 10 is as cheap as 2 + 8. Without energy: 188.8."""
    solution, plan = planned(toy(SIX | RULE | {"storage": {("A", "battery"): BATTERY}}))
    assert plan.tables["areas"]["battery_mwh"].iloc[0] == pytest.approx(2400.0)
    assert solution.siting_duals["firm_battery_energy"]["A"] == pytest.approx(-1.0)
    dear = toy(SIX | RULE | {"storage": {("A", "battery"): BATTERY}, "settings.storage_credit_hours": 9.0})
    assert cost(planned(dear)[0]) == pytest.approx(193.6)


def test_stressed_hours_are_those_of_each_area_and_of_the_nation():
    """Area 0 at hour 1, area 1 at hours 3 and 4 alike (the first counts), both together at hour 2."""
    residual = np.array([[1.0, 9.0, 8.0, 1.0, 1.0], [2.0, 1.0, 8.0, 9.0, 9.0]])
    hours, own = stressed_hours(residual)
    assert hours.tolist() == [1, 2, 3]
    assert own.tolist() == [0, 2]


def test_capability_of_the_hour_is_stations_must_run_weather_and_storage():
    """6 + 0.3 must-run + 2 GW of wind at 0.25 + 0.2 pumped: 7.0 GW at any hour of a flat day."""
    rows = {"storage": {("A", "pumped"): {"power_gw": 0.2, "energy_gwh": 9.0}}}
    inputs = toy(SIX | RULE | rows | {"existing_cf": 0.25, "renewables_existing_gw": [[0.0, 2.0, 0.0]]})
    inputs = change(inputs, "must_run_gw", np.array([0.3, 0.0, 0.0, 0.0])[None, :, None])
    stress = stress_of(inputs)
    assert stress.firm_gw == pytest.approx(7.0)
    assert stress.demand_gw == pytest.approx(5.0)


def chain() -> Inputs:
    """A – B – C, 1.5 GW from B to A, 1 GW from C to B, nothing lost."""
    rows = {
        "fleets": {("A", "coal"): {"available_gw": 3.0}, ("B", "coal"): {"available_gw": 6.0}, ("C", "coal"): {"available_gw": 9.0}},
        "interties": {"AB": {"reverse_gw": 1.5}, "BC": {"from_area": "B", "to_area": "C", "reverse_gw": 1.0}},
    }  # fmt: skip
    return toy(rows | RULE, sites={"A1": "A", "B1": "B", "C1": "C"})


def test_help_passes_through_and_stops_at_the_narrowest_link():
    """Load 5 each, A 3, B 6, C 9 GW. C's 1.0 passes B, B adds 0.5: A reaches 4.5 / 5, −10 %; B keeps 10 %.

    Without B's own help: 4 / 5, −20 %. Were the link to A 5 GW, A and B would share: (3 + 6 + 1) / 10, 0 % each.
    """
    inputs = chain()
    links = link_capacity_gw(inputs)
    firm = np.array([[3.0, 3.0, 3.0], [6.0, 4.0, 6.0], [9.0, 9.0, 9.0]])
    cases = (firm, np.full((3, 3), 5.0))
    assert helped_margins(inputs, np.array([0, 0, 2]), cases, links) == pytest.approx([-0.1, -0.2, 0.8])
    wide = links.copy()
    wide[0, 1] = 5.0
    assert helped_margins(inputs, np.array([0]), (firm[:, :1], np.full((3, 1), 5.0)), wide) == pytest.approx(
        0.0, abs=1e-9
    )


def test_shortfall_without_the_plan_is_the_least_that_mends_it():
    """A needs 5.5 and has 3, B spares 0.5 and passes on 1.0 of C's: 1.0 GW lacks. Without help 2.5 would."""
    inputs = chain()
    assert inherited_shortfall_gw(inputs, stress_of(inputs)) == pytest.approx([1.0, 0.0, 0.0])
    alone = replace(inputs, interties=inputs.interties.iloc[:0])
    assert inherited_shortfall_gw(alone, stress_of(alone)) == pytest.approx([2.5, 0.0, 0.0])
    assert isinstance(alone.interties, pd.DataFrame)
