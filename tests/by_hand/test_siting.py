"""The siting laws, one hand-solved programme each. Base case of `toy`: 1 GW of IT load costs

building 1 GW · 100 + energy 1 GW · 8,760 h · 0.01 = 187.6 JPY bn/a; every test states what its law adds to that.
"""

from __future__ import annotations

import pytest
from toy import planned, price, toy

BASE = 187.6
TWO = {"A1": "A", "A2": "A"}


def cost(solution) -> float:
    return solution.cost - solution.baseline_cost


def test_serve_demand_costs_what_one_more_gigawatt_costs():
    """Fibre 3: 187.6 + 3 = 190.6 per GW; 0.5 GW → 95.3, price 190.6 JPY m/MW/a. Without it nothing is built: 0."""
    solution, plan = planned(toy({"demand.demand_gw": 0.5, "routes.fibre_jpy_bn_per_gw_a": 3.0}))
    assert cost(solution) == pytest.approx(95.3)
    assert price(plan, "serve_demand", "N / general") == (pytest.approx(190.6), "JPY m/MW/a")
    assert solution.siting["sold"].sum() == pytest.approx(0.5)


def test_serve_demand_leaves_abroad_what_is_dearer_at_home():
    """Abroad 150 < 187.6: all of it abroad, cost 150, nothing built. Without allow_abroad: 187.6."""
    changes = {"demand.abroad_jpy_bn_per_gw_a": 150.0}
    solution, plan = planned(toy(changes | {"settings.allow_abroad": True}))
    assert cost(solution) == pytest.approx(150.0)
    assert solution.siting["it"].sum() == pytest.approx(0.0)
    assert plan.figures["it_mw_abroad"] == pytest.approx(1000.0)
    assert cost(planned(toy(changes))[0]) == pytest.approx(BASE)


def test_load_at_site_adds_up_all_nodes():
    """Two nodes of 0.5 GW: the site hosts 1 GW, 187.6. Without it the grid would see no load and cost 0."""
    solution, plan = planned(toy({"demand.demand_gw": 0.5}, nodes=("N", "S")))
    assert solution.siting["hosted"].sum() == pytest.approx(1.0)
    assert cost(solution) == pytest.approx(BASE)
    assert solution.siting_duals["load_at_site"]["A1", "general"] == pytest.approx(-BASE)
    assert plan.tables["sites"]["served_it_mw"].sum() == pytest.approx(1000.0)


def test_load_at_site_holds_nothing_where_no_route_leads():
    """A site out of reach hosts nothing, though it is free; 187.6 at the other. Without it, 87.6 could hide there."""
    inputs = toy({"sites.building_jpy_bn_per_gw_a": [100.0, 0.0]}, sites=TWO)
    near = inputs.routes[inputs.routes.index.get_level_values("site") == "A1"]
    inputs = type(inputs)(**{**vars(inputs), "routes": near})
    solution, _ = planned(inputs)
    assert solution.siting["hosted"]["A2", "general"] == pytest.approx(0.0)
    assert cost(solution) == pytest.approx(BASE)


def test_load_by_mode_needs_capacity_in_some_mode():
    """One more GW run needs one more GW built: 100, energy is paid by `hosted`. Without it: 87.6, no building."""
    solution, _ = planned(toy())
    assert solution.siting["run"].sum() == pytest.approx(1.0)
    assert solution.siting_duals["load_by_mode"]["A1", "general"] == pytest.approx(100.0)


def test_within_built_capacity_sells_at_utilisation():
    """Half used: 2 GW built, 200 + 87.6 = 287.6; rent 100. Without it (all sold): 187.6."""
    solution, plan = planned(toy({"workloads.utilisation": 0.5}))
    assert cost(solution) == pytest.approx(287.6)
    assert plan.figures["it_mw_built"] == pytest.approx(2000.0)
    assert solution.siting_duals["within_built_capacity"].to_numpy() == pytest.approx([-100.0] * 4)


def test_within_built_capacity_fills_what_stands_idle_first():
    """Half used, 0.5 GW idle today: 1.5 GW built, 150 + 87.6 = 237.6. Without the idle: 287.6."""
    solution, _ = planned(toy({"workloads.utilisation": 0.5, "sites.spare_it_gw": 0.5}))
    assert cost(solution) == pytest.approx(237.6)
    assert solution.siting["it"].sum() == pytest.approx(1.5)


def test_within_connection_carries_the_hottest_hour():
    """PUE 1.4 at peak (1.0 in the hours drawn), connection 10: 1.4 GW · 10 = 14 → 201.6; without it 187.6."""
    solution, plan = planned(toy({"sites.pue_peak": 1.4, "sites.connection_jpy_bn_per_gw_a": 10.0}))
    assert cost(solution) == pytest.approx(201.6)
    assert plan.tables["sites"]["connection_mw"].sum() == pytest.approx(1400.0)
    assert solution.siting_duals["within_connection"]["A1"] == pytest.approx(-10.0)
    assert plan.tables["sites"]["connection_jpy_m_per_mw_a"].iloc[0] == pytest.approx(14.0)


def test_within_grid_headroom_pays_for_reinforcement():
    """0.4 GW to spare, 0.6 GW reinforced at 10: +6 → 193.6; grid rent 10 bn/GW = 10,000 JPY/kW. Without: 187.6."""
    steps = {"reinforcements": {("A1", 1): {"size_gw": 1.0, "cost_jpy_bn_per_gw_a": 10.0}}}
    solution, plan = planned(toy(steps | {"sites.headroom_gw": 0.4}))
    assert cost(solution) == pytest.approx(193.6)
    assert price(plan, "within_grid_headroom", "A1") == (pytest.approx(10_000.0), "JPY/kW/a")
    site = plan.tables["sites"].iloc[0]
    assert (site["reinforcement_mw"], site["grid_rent_jpy_per_kw_a"]) == pytest.approx((600.0, 10_000.0))


def test_within_grid_headroom_has_no_rent_where_there_is_room():
    """The same step with 10 GW to spare: nothing reinforced, rent exactly 0, still listed."""
    _, plan = planned(toy({"reinforcements": {("A1", 1): {}}}))
    assert price(plan, "within_grid_headroom", "A1") == (0.0, "JPY/kW/a")


def test_within_reinforcement_step_makes_the_next_step_dearer():
    """0.4 free, 0.3 at 10, 0.3 at 30: +3 + 9 → 199.6; a larger first step is worth 20,000 JPY/kW. Without: 193.6."""
    steps = {
        ("A1", 1): {"size_gw": 0.3, "cost_jpy_bn_per_gw_a": 10.0},
        ("A1", 2): {"cost_jpy_bn_per_gw_a": 30.0},
    }
    solution, plan = planned(toy({"reinforcements": steps, "sites.headroom_gw": 0.4}))
    assert cost(solution) == pytest.approx(199.6)
    assert price(plan, "within_reinforcement_step", "A1 / 1") == (pytest.approx(20_000.0), "JPY/kW/a")
    assert price(plan, "within_grid_headroom", "A1")[0] == pytest.approx(30_000.0)


def test_within_site_sends_the_rest_elsewhere():
    """0.6 GW at 100, 0.4 GW at 130: +12 → 199.6; land rent 30,000 JPY/kW. Without it all at the first: 187.6."""
    changes = {"sites.building_jpy_bn_per_gw_a": [100.0, 130.0], "sites.site_limit_gw": [0.6, 10.0]}
    solution, plan = planned(toy(changes, sites=TWO))
    assert cost(solution) == pytest.approx(199.6)
    assert price(plan, "within_site", "A1") == (pytest.approx(30_000.0), "JPY/kW/a")
    assert list(plan.tables["sites"]["it_mw"]) == pytest.approx([600.0, 400.0])
    assert plan.tables["sites"]["site_rent_jpy_per_kw_a"].iloc[1] == pytest.approx(0.0)


def test_within_renewable_potential_earns_a_rent():
    """Wind at full output for 50 replaces 87.6 of fuel: 37.6 a GW. 0.4 GW: 187.6 − 15.04 = 172.56; without: 150."""
    changes = {
        "renewables": {("A1", "onshore"): {"limit_gw": 0.4, "cost_jpy_bn_per_gw_a": 50.0}},
        "site_cf": 1.0,
    }
    solution, plan = planned(toy(changes))
    assert cost(solution) == pytest.approx(172.56)
    assert price(plan, "within_renewable_potential", "A1 / onshore") == (pytest.approx(37_600.0), "JPY/kW/a")
    assert plan.figures["new_renewable_mw_by_technology"] == pytest.approx(
        {"solar": 0, "onshore": 400, "offshore": 0}
    )


def test_within_battery_limit_earns_a_rent():
    """Half the day 1 GW of base (10 JPY/kWh) idles, half the day 1 GW of peak (30) runs: moving 12 GWh a day

    saves 12 · 0.02 · 365 = 87.6 per GW and costs 10 + 12 · 1 = 22: rent 65.6. 0.5 GW: 275.2 − 32.8 = 242.4, where
    275.2 = 100 + 613.2 − 438 is the plan without a battery. Without the limit: 275.2 − 65.6 = 209.6.
    """
    fleets = {("A", "base"): {"available_gw": 6.0}, ("A", "peak"): {"cost_jpy_bn_per_gwh": 0.03}}
    storage = {("A", "battery"): {"expansion_limit_gw": 0.5}}
    solution, plan = planned(
        toy({"fleets": fleets, "storage": storage, "demand_gw": [4.0] * 12 + [6.0] * 12})
    )
    assert cost(solution) == pytest.approx(242.4)
    assert price(plan, "within_battery_limit", "A") == (pytest.approx(65_600.0), "JPY/kW/a")
    area = plan.tables["areas"].iloc[0]
    assert (area["battery_mw"], area["battery_mwh"]) == pytest.approx((500.0, 6000.0))


def test_within_line_limit_earns_a_rent():
    """Power at 30 JPY/kWh in B, 10 in A: a GW of line saves 0.02 · 8,760 = 175.2 for 20: rent 155.2.

    1 GW of IT in B: 100 + 262.8 − 0.4 · 155.2 = 300.72. Without the limit 6 GW: 362.8 − 931.2 = −568.4.
    """
    fleets = {("A", "coal"): {}, ("B", "oil"): {"cost_jpy_bn_per_gwh": 0.03}}
    link = {
        "AB": {
            "forward_gw": 0.0,
            "reverse_gw": 0.0,
            "expansion_limit_gw": 0.4,
            "expansion_jpy_bn_per_gw_a": 20.0,
        }
    }
    solution, plan = planned(toy({"fleets": fleets, "interties": link}, sites={"B1": "B"}, areas=("A", "B")))
    assert cost(solution) == pytest.approx(300.72)
    assert price(plan, "within_line_limit", "AB") == (pytest.approx(155_200.0), "JPY/kW/a")
    row = plan.tables["interties"].iloc[0]
    assert (row["expansion_mw"], row["congested_hours"]) == pytest.approx((400.0, 8760.0))
    assert row["congestion_rent_jpy_bn"] == pytest.approx(0.4 * 175.2)
