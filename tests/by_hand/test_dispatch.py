"""The dispatch laws, one hand-solved day each, 365 such days a year; no data centers, so `baseline_cost` is the law's.

5 GW for a year at 10 JPY/kWh cost 5 · 8,760 · 0.01 = 438 JPY bn/a; at 30 JPY/kWh three times that.
"""

from __future__ import annotations

import numpy as np
import pytest
from toy import planned, price, toy

NO_LOAD = {"demand.demand_gw": 0.0}
PEAK = {"fleets": {("A", "base"): {"available_gw": 6.0}, ("A", "peak"): {"cost_jpy_bn_per_gwh": 0.03}}}


def pumped(**columns: float) -> dict:
    return {"storage": {("A", "pumped"): {"power_gw": 10.0, "energy_gwh": 100.0} | columns}}


def day(low_hours: int) -> dict:
    """Demand 5 GW for so many hours (1 GW of base idles), then 7 GW (1 GW of peak runs)."""
    return {"demand_gw": [5.0] * low_hours + [7.0] * (24 - low_hours)}


def test_energy_balance_is_paid_by_the_last_unit():
    """5 GW · 8,760 h · 0.01 = 438; price 10 JPY/kWh in every hour. Without it nothing would run: 0."""
    solution, plan = planned(toy(NO_LOAD))
    assert solution.cost == pytest.approx(438.0)
    assert price(plan, "energy_balance", "A") == (pytest.approx(10.0), "JPY/kWh")
    assert plan.tables["hours"]["price_jpy_per_kwh"].to_numpy() == pytest.approx(np.full(24, 10.0))


def test_energy_balance_sheds_at_its_price_rather_than_break():
    """4.5 GW of fleet: 0.5 GW shed at 1 JPY bn/GWh: 394.2 + 4,380 = 4,774.2; price 1,000 JPY/kWh. Unshed: 438."""
    solution, plan = planned(toy(NO_LOAD | {"fleets": {("A", "coal"): {"available_gw": 4.5}}}))
    assert solution.cost == pytest.approx(4774.2)
    assert price(plan, "energy_balance", "A")[0] == pytest.approx(1000.0)
    assert plan.figures["shed_gwh"] == pytest.approx(4380.0)


def test_renewable_available_caps_what_the_sun_gives():
    """2 GW at half output give 1 GW free: 4 · 87.6 = 350.4; one more GWh is worth 0.01. Without it: 0."""
    sun = {"renewables_existing_gw": [[2.0, 0.0, 0.0]], "existing_cf": 0.5}
    solution, plan = planned(toy(NO_LOAD | sun))
    assert solution.cost == pytest.approx(350.4)
    assert solution.dispatch_duals["renewable_available"] == pytest.approx(np.full((1, 24), -0.01))
    assert plan.figures["curtailment_share"] == pytest.approx(0.0)


def test_renewable_available_leaves_the_rest_as_curtailment():
    """16 GW at half output against 5 GW of demand: 3 of 8 GW curtailed, price and cost 0."""
    sun = {"renewables_existing_gw": [[16.0, 0.0, 0.0]], "existing_cf": 0.5}
    solution, plan = planned(toy(NO_LOAD | sun))
    assert solution.cost == pytest.approx(0.0)
    assert plan.figures["curtailment_share"] == pytest.approx(3 / 8)
    assert price(plan, "energy_balance", "A")[0] == pytest.approx(0.0)


def test_fleet_available_brings_in_the_next_fleet():
    """4.4 GW at 10, 0.6 GW at 30 JPY/kWh: 385.44 + 157.68 = 543.12; scarcity rent 0.02. Without it: 438."""
    fleets = {("A", "coal"): {"available_gw": 4.4}, ("A", "oil"): {"cost_jpy_bn_per_gwh": 0.03}}
    solution, plan = planned(toy(NO_LOAD | {"fleets": fleets}))
    assert solution.cost == pytest.approx(543.12)
    assert solution.dispatch_duals["fleet_available"][0] == pytest.approx(np.full(24, -0.02))
    table = plan.tables["generation"].set_index("source")
    assert table.loc["coal", "max_mw"] == pytest.approx(4400.0)
    assert table.loc["oil", "energy_gwh"] == pytest.approx(0.6 * 8760)


def test_fleet_minimum_runs_what_nobody_wants():
    """0.5 GW at 30 must run: 394.2 + 131.4 = 525.6; each GWh of it costs 0.02 too much. Without it: 438."""
    fleets = {("A", "coal"): {}, ("A", "oil"): {"cost_jpy_bn_per_gwh": 0.03, "min_gw": 0.5}}
    solution, _ = planned(toy(NO_LOAD | {"fleets": fleets}))
    assert solution.cost == pytest.approx(525.6)
    assert solution.dispatch_duals["fleet_minimum"][1] == pytest.approx(np.full(24, 0.02))


def test_fleet_minimum_equal_to_available_is_a_must_run():
    """Oil at exactly 0.5 GW, coal the rest: 525.6 again; both prices of the fixed output add up to 0.02."""
    fleets = {
        ("A", "coal"): {},
        ("A", "oil"): {"cost_jpy_bn_per_gwh": 0.03, "min_gw": 0.5, "available_gw": 0.5},
    }
    solution, _ = planned(toy(NO_LOAD | {"fleets": fleets}))
    assert solution.cost == pytest.approx(525.6)
    duals = solution.dispatch_duals
    assert duals["fleet_minimum"][1] + duals["fleet_available"][1] == pytest.approx(np.full(24, 0.02))


def test_storage_level_loses_on_the_way_in_and_out():
    """1 GW of idle base for 12 h → 12 GWh · 0.8 stored → 8.64 GWh delivered instead of peak:

    8.64 · 0.03 − 12 · 0.01 = 0.1392 a day → 613.2 − 50.808 = 562.392; a stored GWh is worth 0.9 · 0.03 = 0.027.
    Without losses 525.6; without the law storage would give for ever: 438.
    """
    losses = pumped(charge_efficiency=0.8, discharge_efficiency=0.9)
    solution, plan = planned(toy(NO_LOAD | PEAK | losses | day(12)))
    assert solution.cost == pytest.approx(562.392)
    assert solution.dispatch_duals["storage_level"] == pytest.approx(np.full((1, 24), -0.027))
    storage = plan.tables["generation"].set_index("source").loc["storage", "energy_gwh"]
    assert storage == pytest.approx((8.64 - 12.0) * 365)


def test_storage_level_ends_the_period_as_it_began():
    """Two half-days apart: nothing can move from one to the other, 613.2; as one period 12 GWh move: 525.6."""
    inputs = toy(NO_LOAD | PEAK | pumped() | day(12))
    halves = [(np.arange(12), 365.0), (np.arange(12, 24), 365.0)]
    assert planned(inputs, halves)[0].cost == pytest.approx(613.2)
    assert planned(inputs)[0].cost == pytest.approx(525.6)


def test_storage_charge_power_limits_the_short_night():
    """6 h of 0.5 GW: 3 GWh a day, 0.06 saved of 1.92: 1.86 · 365 = 678.9; rent 0.02. Without it 6 GWh: 657."""
    solution, _ = planned(toy(NO_LOAD | PEAK | pumped(power_gw=0.5) | day(6)))
    assert solution.cost == pytest.approx(678.9)
    duals = solution.dispatch_duals
    assert duals["storage_charge_power"][0] == pytest.approx(np.array([-0.02] * 6 + [0.0] * 18))
    assert duals["storage_discharge_power"] == pytest.approx(np.zeros((1, 24)))


def test_storage_discharge_power_limits_the_short_peak():
    """6 h of 0.5 GW: 3 GWh a day, 0.06 saved of 1.44: 1.38 · 365 = 503.7; rent 0.02. Without it 6 GWh: 481.8."""
    solution, _ = planned(toy(NO_LOAD | PEAK | pumped(power_gw=0.5) | day(18)))
    assert solution.cost == pytest.approx(503.7)
    duals = solution.dispatch_duals
    assert duals["storage_discharge_power"][0] == pytest.approx(np.array([0.0] * 18 + [-0.02] * 6))
    assert duals["storage_charge_power"] == pytest.approx(np.zeros((1, 24)))


def test_storage_energy_limits_what_a_day_moves():
    """3 GWh once a day save 0.06 of 1.68: 1.62 · 365 = 591.3; rent 0.02 a day. Without it 12 GWh: 525.6."""
    solution, _ = planned(toy(NO_LOAD | PEAK | pumped(energy_gwh=3.0) | day(12)))
    assert solution.cost == pytest.approx(591.3)
    assert solution.dispatch_duals["storage_energy"].sum() == pytest.approx(-0.02)


LINK = {"fleets": {("A", "coal"): {}, ("B", "oil"): {"cost_jpy_bn_per_gwh": 0.03}}}
ENDS = {"sites": {"A1": "A"}, "areas": ("A", "B")}


def test_intertie_forward_carries_cheap_power_to_its_limit():
    """0.4 GW from A (10) to B (30): 5.4 · 87.6 + 4.6 · 262.8 = 1,681.92; rent 0.02 · 8,760 h. Without: 876."""
    link = {"interties": {"AB": {"forward_gw": 0.4}}}
    solution, plan = planned(toy(NO_LOAD | LINK | link, **ENDS))
    assert solution.cost == pytest.approx(1681.92)
    assert price(plan, "intertie_forward", "AB") == (pytest.approx(175_200.0), "JPY/kW/a")
    assert price(plan, "intertie_backward", "AB")[0] == pytest.approx(0.0)
    row = plan.tables["interties"].iloc[0]
    assert (row["forward_gwh"], row["reverse_gwh"]) == pytest.approx((0.4 * 8760, 0.0))


def test_intertie_backward_carries_it_the_other_way_less_losses():
    """Link from B to A turned round, 10 % lost: 0.4 sent, 0.36 arrive: 5.4 · 87.6 + 4.64 · 262.8 = 1,692.432.

    Rent (0.9 · 0.03 − 0.01) · 8,760 = 148.92. Without the limit: 5.556 GW sent, 438 + 486.67 = 924.67.
    """
    link = {"interties": {"BA": {"from_area": "B", "to_area": "A", "reverse_gw": 0.4, "loss_share": 0.1}}}
    solution, plan = planned(toy(NO_LOAD | LINK | link, **ENDS))
    assert solution.cost == pytest.approx(1692.432)
    assert price(plan, "intertie_backward", "BA") == (pytest.approx(148_920.0), "JPY/kW/a")
    areas = plan.tables["areas"].set_index("area")["net_import_gwh"]
    assert list(areas) == pytest.approx([-0.4 * 8760, 0.36 * 8760])
    assert plan.tables["interties"]["congestion_rent_jpy_bn"].iloc[0] == pytest.approx(0.4 * 148.92)


def test_an_area_without_fleet_lives_on_its_link():
    """B has nothing of its own: 4 of 5 GW arrive, 1 GW shed at 1 JPY bn/GWh: 9 · 87.6 + 8,760 = 9,548.4."""
    rows = {"fleets": {("A", "coal"): {}}, "interties": {"AB": {"forward_gw": 4.0}}}
    solution, plan = planned(toy(NO_LOAD | rows, **ENDS))
    assert solution.cost == pytest.approx(9548.4)
    assert price(plan, "energy_balance", "B")[0] == pytest.approx(1000.0)
