"""Non-firm connections and flexible computing, one hand-solved system each. Base case of `toy`: 1 GW of IT load costs

building 1 GW · 100 + energy 1 GW · 8,760 h · 0.01 = 187.6 JPY bn/a; every test states what its law adds to that.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from toy import dispatch_block, planned, price, solved, toy

from optimizer.milestones import Solution

DAYS = [(np.arange(24), 355.0), (np.arange(24, 48), 10.0)]
"""An ordinary day, and one of which the year has ten."""

PEAK = {"fleets": {("A", "base"): {"available_gw": 6.0}, ("A", "peak"): {"cost_jpy_bn_per_gwh": 0.03}}}
TURNS = {"demand_gw": [3.0] * 12 + [7.0] * 12}
"""Half of the day at 10 JPY/kWh, half at 30: 1 GW costs 4,380 · 0.01 + 4,380 · 0.03 = 175.2."""

SHIFT = {"settings.shift": True, "settings.shift_jpy_bn_per_gwh": 0.005}
FLEXIBLE = ("shift_up", "shift_down", "moved_in", "moved_out", "interrupt")


def cost(solution: Solution) -> float:
    return solution.cost - solution.baseline_cost


def nonfirm(limit: float, hours: float, interrupt: float) -> dict:
    return {
        "sites.nonfirm_limit_gw": limit, "settings.nonfirm_hours": hours, "settings.interrupt_jpy_bn_per_gwh": interrupt,
    }  # fmt: skip


def test_within_nonfirm_limit_takes_no_headroom():
    """0.4 GW to spare, 0.5 non-firm, 0.1 reinforced at 10: 187.6 + 1 = 188.6; rent 10,000 JPY/kW.

    Without non-firm 193.6; without the limit all of the rest would be non-firm: 187.6.
    """
    steps = {"reinforcements": {("A1", 1): {"size_gw": 1.0, "cost_jpy_bn_per_gw_a": 10.0}}}
    solution, plan = planned(toy(steps | {"sites.headroom_gw": 0.4} | nonfirm(0.5, 0.0, 0.0)))
    assert cost(solution) == pytest.approx(188.6)
    assert solution.siting["nonfirm"]["A1"] == pytest.approx(0.5)
    assert solution.siting["connection"]["A1"] == pytest.approx(0.5)
    assert price(plan, "within_nonfirm_limit", "A1") == (pytest.approx(10_000.0), "JPY/kW/a")
    assert price(plan, "within_grid_headroom", "A1") == (pytest.approx(10_000.0), "JPY/kW/a")


def test_nonfirm_within_need_gives_no_leave_to_interrupt_load_behind_a_firm_connection():
    """0.3 GW non-firm at A2, which builds nothing, stop nothing at A1: 100 + 262.8 (oil at 30 JPY/kWh) = 362.8.

    Without the law they would stop 0.3 GW of A1 for 10 instead of 30 at all hours: 362.8 − 52.56 = 310.24.
    """
    two = {"sites.building_jpy_bn_per_gw_a": [100.0, 500.0], "sites.nonfirm_limit_gw": {"A2": 0.3}}
    fleets = {"fleets": {("A", "oil"): {"cost_jpy_bn_per_gwh": 0.03}}}
    changes = fleets | {"settings.nonfirm_hours": 8760.0, "settings.interrupt_jpy_bn_per_gwh": 0.01}
    solution, _ = planned(toy(changes | two, sites={"A1": "A", "A2": "A"}))
    assert cost(solution) == pytest.approx(362.8)
    assert solution.siting["nonfirm"].sum() == pytest.approx(0.0)


@cache
def rare(hours: float) -> tuple:
    """Demand 6 of 6 GW base on ten days of the year: the data center is fed at 110 JPY/kWh, or stopped at 30."""
    fleets = {("A", "base"): {"available_gw": 6.0}, ("A", "peak"): {"cost_jpy_bn_per_gwh": 0.11}}
    demand = [4.0] * 24 + [6.0] * 24
    inputs = toy({"fleets": fleets, "demand_gw": demand} | nonfirm(0.5, hours, 0.03), hours=48)
    return planned(inputs, DAYS)


def test_interrupt_hours_go_where_they_are_worth_most():
    """120 h · 0.5 GW = 60 GWh, all on the ten dear days: 100 + 85.2 + 26.4 − 60 · 0.08 = 206.8; 80 JPY/kWh.

    Shared evenly over the days 60 · 10 / 365 GWh would help: 211.47. Without an allowance 211.6, without the law 202.0.
    """
    solution, plan = rare(120.0)
    assert cost(solution) == pytest.approx(206.8)
    budget = solution.siting["interrupt_budget"]
    assert [budget["A", 0], budget["A", 1]] == pytest.approx([0.0, 6.0])
    assert solution.dispatch["interrupt"] @ solution.weight == pytest.approx([60.0])
    assert price(plan, "interrupt_hours", "A") == (pytest.approx(80.0), "JPY/kWh")
    assert price(plan, "within_nonfirm_limit", "A1")[0] == pytest.approx(120 * 80.0)
    assert cost(rare(0.0)[0]) == pytest.approx(211.6)


def test_interrupt_hours_beyond_the_dear_hours_are_worth_nothing():
    """240 h are all of the ten days: 120 GWh, 211.6 − 9.6 = 202.0; 1,000 h change nothing, the price is 0."""
    assert cost(rare(240.0)[0]) == pytest.approx(202.0)
    solution, plan = rare(1000.0)
    assert cost(solution) == pytest.approx(202.0)
    table = plan.tables["prices"]
    assert table.loc[table["equation"] == "interrupt_hours", "price"].sum() == pytest.approx(0.0, abs=1e-9)


def test_interrupt_within_budget_is_paid_by_the_dear_day():
    """One more GWh of allowance on a dear day stops 1 GWh of 110 for 30: 0.08; on a cheap day nothing.

    Without it 0.5 GW would stop on all ten days: 202.0 instead of 206.8.
    """
    solution, _ = rare(120.0)
    assert solution.dispatch_duals["interrupt_within_budget"] == pytest.approx(np.array([[0.0, -0.08]]))
    assert solution.dispatch["interrupt"][0, :24] == pytest.approx(np.zeros(24))


def test_interrupt_only_nonfirm_stops_no_firm_load():
    """0.3 GW stopped for 20 instead of 30 in 4,380 h: 275.2 − 0.3 · 43.8 = 262.06; one more GWh is worth 0.01.

    Without it the allowance of 0.3 · 8,760 h would stop 0.6 GW in the dear half: 248.92.
    """
    solution, _ = planned(toy(PEAK | TURNS | nonfirm(0.3, 8760.0, 0.02)))
    assert cost(solution) == pytest.approx(262.06)
    assert solution.dispatch["interrupt"][0] == pytest.approx(np.array([0.0] * 12 + [0.3] * 12))
    assert solution.dispatch_duals["interrupt_only_nonfirm"][0, 12:] == pytest.approx(np.full(12, -0.01))


def test_interrupt_within_load_stops_no_more_than_is_drawn():
    """Load 0.5 by day, 1.5 by night behind 1.5 GW non-firm, stopped for 4 instead of 10: 100 + 8,760 · 0.004 = 135.04.

    Without it 1.5 GW would stop by day as well: 0.5 · 8,760 · 0.006 less, 108.76.
    """
    machines = {"workloads.utilisation": 1.0, "sites.pue_peak": 1.5, "profile": [0.5] * 12 + [1.5] * 12}
    solution, _ = planned(toy(machines | nonfirm(1.5, 8760.0, 0.004)))
    assert cost(solution) == pytest.approx(135.04)
    assert solution.dispatch["interrupt"][0] == pytest.approx(np.array([0.5] * 12 + [1.5] * 12))


def test_interrupt_within_load_counts_what_was_put_off_already():
    """All load is flexible and non-firm: 1 GW of the dear half is put off for 5 or stopped for 1, not both.

    Stopped at all hours: 200 + 8,760 · 0.001 = 208.76. Without it another 1 GW of it would be put off.
    """
    machines = {"workloads.utilisation": 0.5, "workloads.flexible_share": 1.0, "sites.pue_peak": 0.5}
    solution, _ = planned(toy(PEAK | TURNS | SHIFT | machines | nonfirm(1.0, 8760.0, 0.001)))
    assert cost(solution) == pytest.approx(208.76)
    off = solution.dispatch["interrupt"] + solution.dispatch["shift_down"]
    assert off.max() == pytest.approx(1.0)


def test_shift_within_flexible_moves_only_what_may_wait():
    """0.4 of 1 GW waits for 5 and is done at 10, not 30: 200 + 175.2 − 0.4 · 65.7 = 348.92; worth 0.015 a GWh.

    Half-used machines: 2 GW built. Without the law all of it would wait: 309.5; without shifting 375.2.
    """
    changes = PEAK | TURNS | {"workloads.utilisation": 0.5, "workloads.flexible_share": 0.4}
    solution, _ = planned(toy(changes | SHIFT))
    assert cost(solution) == pytest.approx(348.92)
    assert solution.dispatch["shift_down"][0] == pytest.approx(np.array([0.0] * 12 + [0.4] * 12))
    assert solution.dispatch_duals["shift_within_flexible"][0, 12:] == pytest.approx(np.full(12, -0.015))
    assert cost(solved(toy(changes))) == pytest.approx(375.2)


def test_shift_within_machines_needs_machines_that_stand_idle():
    """u = 0.8, load 1.1 in the cheap and 0.9 in the dear half, PUE 1.2: idle 1.2 · (1.25 − 1.1) = 0.18 GW.

    125 + 1.2 · (1.1 · 43.8 + 0.9 · 131.4) − 0.18 · 65.7 = 312.902. Without it 1.08 GW would wait: 253.772.
    """
    machines = {"workloads.utilisation": 0.8, "workloads.flexible_share": 1.0, "pue": 1.2}
    load = {"profile": [1.1] * 12 + [0.9] * 12}
    solution, _ = planned(toy(PEAK | TURNS | SHIFT | machines | load))
    assert cost(solution) == pytest.approx(312.902)
    assert solution.dispatch["shift_up"][0] == pytest.approx(np.array([0.18] * 12 + [0.0] * 12))
    assert solution.dispatch_duals["shift_within_machines"][0, :12] == pytest.approx(np.full(12, -0.015))


def test_shift_within_machines_counts_only_machines_of_flexible_classes():
    """A class that never waits has idle machines, too, but they are not for others: nothing moves, 375.2.

    Without the condition f > 0 its 0.5 GW would take 0.4 GW of the other's work: 0.4 · 65.7 · 0.5 less.
    """
    machines = {"workloads.utilisation": [0.5, 1.0], "workloads.flexible_share": [0.0, 0.8]}
    inputs = toy(PEAK | TURNS | SHIFT | machines | {"demand.demand_gw": 0.5}, workloads=("fast", "slow"))
    assert cost(solved(inputs)) == pytest.approx(150.0 + 175.2)


def test_shift_conserves_day_carries_no_work_over_midnight():
    """A cheap day and a dear day: nothing waits overnight, 200 + 175.2 = 375.2. Without it 348.92.

    The same hours dealt out half and half to each day: 348.92, and what was put off is done, day by day.
    """
    flexible = PEAK | SHIFT | {"workloads.utilisation": 0.5, "workloads.flexible_share": 0.4}
    apart = solved(toy(flexible | {"demand_gw": [3.0] * 24 + [7.0] * 24}, hours=48))
    assert cost(apart) == pytest.approx(375.2)
    mixed = solved(toy(flexible | {"demand_gw": TURNS["demand_gw"] * 2}, hours=48))
    assert cost(mixed) == pytest.approx(348.92)
    up, down = (mixed.dispatch[name][0].reshape(2, 24).sum(axis=1) for name in ("shift_up", "shift_down"))
    assert up == pytest.approx(down)
    assert down == pytest.approx(np.full(2, 4.8))


MOVE = {
    "fleets": {("A", "oil"): {"cost_jpy_bn_per_gwh": 0.03}, ("B", "coal"): {}},
    "sites.site_limit_gw": 1.0, "workloads.utilisation": 0.5, "workloads.flexible_share": 0.4,
    "settings.move": True, "settings.move_jpy_bn_per_gwh": 0.002, "pue": [[1.5], [1.2]],
}  # fmt: skip
"""0.5 GW of IT load in A (30 JPY/kWh, PUE 1.5) and in B (10, PUE 1.2), machines half used: 200 + 197.1 + 52.56."""

ENDS = {"sites": {"A1": "A", "B1": "B"}}


def test_moved_work_arrives_with_the_cooling_of_where_it_is_done():
    """0.3 GW leave A and are 0.24 GW in B: 449.66 − 78.84 + 21.024 + 5.256 (moving) = 397.1.

    With one PUE it would be 402.356; without the law nothing arrives: 376.076. One more GWh of IT costs 0.012 in B.
    """
    solution, _ = planned(toy(MOVE | {"settings.gateway_gw": 1.0}, **ENDS))
    assert cost(solution) == pytest.approx(397.1)
    assert solution.dispatch["moved_out"] == pytest.approx(np.array([[0.3] * 24, [0.0] * 24]))
    assert solution.dispatch["moved_in"] == pytest.approx(np.array([[0.0] * 24, [0.24] * 24]))
    assert solution.dispatch_duals["moved_work_arrives"] == pytest.approx(np.full((1, 24), 0.012))


def test_move_within_gateway_is_limited_by_fibre():
    """0.1 GW leave A: 449.66 − 0.1 · 175.2 = 432.14; one more GWh through A's gateway is worth 0.02. Without: 397.1."""
    solution, _ = planned(toy(MOVE | {"settings.gateway_gw": 0.1}, **ENDS))
    assert cost(solution) == pytest.approx(432.14)
    expected = np.array([[-0.02] * 24, [0.0] * 24])
    assert solution.dispatch_duals["move_within_gateway"] == pytest.approx(expected)


def test_no_choice_leaves_the_simpler_programme():
    """Off is off: prices of what is not allowed change no number; the block has no column of any choice."""
    off = {
        "settings.nonfirm_hours": 40.0, "settings.interrupt_jpy_bn_per_gwh": 0.02, "settings.gateway_gw": 0.2,
        "settings.shift_jpy_bn_per_gwh": 0.01, "settings.move_jpy_bn_per_gwh": 0.01, "workloads.flexible_share": 0.5,
    }  # fmt: skip
    plain, other = dispatch_block(toy(PEAK | TURNS)), dispatch_block(toy(PEAK | TURNS | off))
    assert (plain.matrix != other.matrix).nnz == 0
    assert (plain.cost == other.cost).all()
    assert [plain.variables[name].at.size for name in FLEXIBLE] == [0] * len(FLEXIBLE)
    assert plain.matrix.shape == (24 * 6, 24 * 5)
    one, two = solved(toy(PEAK | TURNS)), solved(toy(PEAK | TURNS | off))
    assert one.cost == two.cost
