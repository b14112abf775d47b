"""Regret by hand: three plans, three futures, and what each measure picks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy import change, full_system, programme_of, silent, solved, toy

from optimizer.analyse.regret import regret_of
from optimizer.milestones import Inputs
from optimizer.model.coupling import BUDGETS, INTERFACE
from optimizer.solve.decompose import solve_programme
from optimizer.solve.frozen import by_name, completed, freeze
from optimizer.solve.workers import SerialEvaluator

PLANS = ("A", "B", "C")
COST = np.array([[10.0, 10.0, 36.0], [21.0, 21.0, 21.0], [14.0, 14.0, 30.0]])
ALL = np.ones((3, 3), dtype=bool)


def test_each_measure_picks_its_own():
    """Best in each future: 10, 10, 21. Regret of A 0, 0, 15; of B 11, 11, 0; of C 4, 4, 9.

    Means 18.67, 21, 19.33: A. Dearest third 36, 21, 30: B. Largest regret 15, 11, 9: C. Mean regret 5, 7.33, 5.67: A.
    """
    found = regret_of(PLANS, COST, ALL, 2 / 3)
    assert found.regret.tolist() == [[0, 0, 15], [11, 11, 0], [4, 4, 9]]
    assert found.picks == {
        "expected": "A", "cvar": "B", "worst": "B", "worst_regret": "C", "expected_regret": "A",
    }  # fmt: skip
    assert found.table["expected_jpy_bn_per_a"].tolist() == pytest.approx([56 / 3, 21, 58 / 3])
    assert found.table["cvar_jpy_bn_per_a"].tolist() == pytest.approx([36, 21, 30])
    assert found.table["picked_by"].tolist() == ["expected, expected_regret", "cvar, worst", "worst_regret"]


def test_cvar_with_little_aversion_is_between():
    """The dearest two thirds: A (36 + 10) / 2 = 23, B 21, C (30 + 14) / 2 = 22."""
    found = regret_of(PLANS, COST, ALL, 1 / 3)
    assert found.table["cvar_jpy_bn_per_a"].tolist() == pytest.approx([23, 21, 22])


def test_a_plan_that_breaks_rules_is_neither_best_nor_picked():
    """A cannot stand in the second future: there 14 is the best, and C's regret is 0 where it was 4."""
    keeps = ALL.copy()
    keeps[0, 1] = False
    found = regret_of(PLANS, COST, keeps, 2 / 3)
    assert np.isnan(found.regret[0, 1])
    assert found.regret[2].tolist() == [4, 0, 9]
    assert found.regret[1].tolist() == [11, 7, 0]
    assert "A" not in found.picks.values()
    assert found.picks["expected"] == "C"
    assert regret_of(PLANS, COST, np.zeros_like(ALL), 0.5).picks == {}


# --- a plan that stands


def two_sites(cost: float = 120.0, limit: float = 0.7) -> Inputs:
    """1 GW for two sites of one area: A1 at 100 JPY bn/GW/a up to a limit, A2 at another price."""
    inputs = toy(sites={"A1": "A", "A2": "A"})
    inputs = change(inputs, "sites.building_jpy_bn_per_gw_a", {"A1": 100.0, "A2": cost})
    return change(inputs, "sites.site_limit_gw", {"A1": limit})


def stood(plan: Inputs, future: Inputs):
    values = solved(plan).siting
    programme = programme_of(future)
    frozen = freeze(programme.siting, values, BUDGETS, INTERFACE)
    solution = solve_programme(
        replace(programme, siting=frozen.siting), future.settings, SerialEvaluator(), silent
    )
    return solution, frozen.broken


def test_a_standing_plan_costs_what_it_costs_in_the_other_future():
    """0.7 GW at A1, 0.3 at A2: 0.7 · 100 + 0.3 · 120 + 87.6 = 193.6. Where A2 costs 80 it is 70 + 24 + 87.6 = 181.6;
    a plan made for that future puts all into A2: 80 + 87.6 = 167.6, so the regret is 14."""
    there = two_sites(80.0)
    solution, broken = stood(two_sites(), there)
    assert solution.cost - solution.baseline_cost == pytest.approx(181.6, rel=1e-9)
    assert not len(broken)
    fresh = solved(there)
    assert fresh.cost - fresh.baseline_cost == pytest.approx(167.6, rel=1e-9)
    assert solution.certificate["passed"]


def test_a_rule_that_a_standing_plan_breaks_is_told():
    """A1 with 0.7 GW in a future that allows 0.4: 0.3 GW too much, 0.3 / 0.7 of what the rule weighs; cost unchanged."""
    solution, broken = stood(two_sites(), two_sites(limit=0.4))
    assert broken["law"].tolist() == ["within_site"]
    assert broken["amount"].tolist() == pytest.approx([0.3], rel=1e-9)
    assert broken["share"].tolist() == pytest.approx([0.3 / 0.7], rel=1e-9)
    assert solution.cost - solution.baseline_cost == pytest.approx(193.6, rel=1e-9)


def test_another_price_of_fuel_is_paid():
    """Fuel at 0.02 JPY bn/GWh: 70 + 36 + 2 · 87.6 = 281.2, the plan as it stands."""
    solution, _ = stood(two_sites(), change(two_sites(), "fleets.cost_jpy_bn_per_gwh", 0.02))
    assert solution.cost - solution.baseline_cost == pytest.approx(281.2, rel=1e-9)


def test_a_plan_elsewhere_has_no_place():
    with pytest.raises(ValueError, match="has no place"):
        freeze(programme_of(toy()).siting, solved(two_sites()).siting, BUDGETS, INTERFACE)


def test_a_plan_read_from_what_the_grid_sees_is_the_plan():
    """Hosted load alone says what must be built: the same siting cost."""
    inputs = two_sites()
    solution, siting = solved(inputs), programme_of(inputs).siting
    seen = {name: solution.siting[name] for name in ("hosted", "renewable", "battery_power", "line")}
    values = completed(siting, seen, 1e-6)
    cost = sum(
        float(siting.cost[place.at] @ values[name].to_numpy()) for name, place in siting.variables.items()
    )
    assert cost == pytest.approx(solution.siting_cost, rel=1e-5)
    assert set(by_name(siting, np.zeros(len(siting.cost)))) == set(siting.variables)


def test_with_every_yearly_rule_a_plan_stands_at_its_own_cost():
    """Frozen where it was made, totals of yearly rules are shared out anew: the same cost, and no rule is broken."""
    inputs, periods = full_system(1)
    solution = solved(inputs, periods)
    programme = programme_of(inputs, periods)
    frozen = freeze(programme.siting, solution.siting, BUDGETS, INTERFACE)
    assert any(len(programme.siting.variables[name].at) for name in BUDGETS)
    assert not len(frozen.broken)
    again = solve_programme(
        replace(programme, siting=frozen.siting), inputs.settings, SerialEvaluator(), silent
    )
    assert again.cost == pytest.approx(solution.cost, rel=1e-6)
    for name in ("hosted", "renewable", "line"):
        assert again.siting[name].to_numpy() == pytest.approx(solution.siting[name].to_numpy(), abs=1e-9)
