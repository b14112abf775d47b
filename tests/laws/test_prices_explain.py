"""Strong duality: what every limit is worth, added up by law, is the cost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from toy import full_system, planned, programme_of, random_system, seeds, solved, toy

from optimizer.errors import CertificateError
from optimizer.run import judge
from optimizer.solve.duality import explained_difference
from optimizer.solve.master import Master
from optimizer.solve.workers import SerialEvaluator


def test_who_gets_the_money_on_paper():
    """1 GW of computing pays 187.6; 5 GW of other demand pays 438 with and without the plan. Owners earn nothing.

    With A1's room cut to 0.5 GW and 20 more at A2, users pay 207.6 and A1's owner earns 0.5 · 20 = 10: 197.6.
    """
    _, plan = planned(toy())
    table = plan.tables["rents"].set_index("law")
    assert table["change_jpy_bn_per_a"].to_dict() == pytest.approx(
        {"serve_demand": 187.6, "energy_balance": 0.0}
    )
    assert table.loc["energy_balance", "jpy_bn_per_a"] == pytest.approx(438.0)
    assert table.loc["serve_demand", ["part", "owner"]].tolist() == ["general", "users of computing"]
    changes = {"sites.building_jpy_bn_per_gw_a": [100.0, 120.0], "sites.site_limit_gw": [0.5, 10.0]}
    _, plan = planned(toy(changes, sites={"A1": "A", "A2": "A"}))
    paid = plan.figures["rent_change_jpy_bn_by_owner"]
    assert paid["users of computing"] == pytest.approx(207.6)
    assert paid["sites"] == pytest.approx(-10.0)
    assert plan.figures["explained_jpy_bn_per_a"] == pytest.approx(197.6)
    assert plan.figures["cost_jpy_bn_per_a"] == pytest.approx(197.6)


@pytest.mark.parametrize("make", [random_system, full_system])
@pytest.mark.parametrize("seed", seeds([0], [1, 2]))
def test_rents_add_up_to_the_cost(seed, make):
    """Relative 1e-9 to the bound that the published prices prove; the column before is the cost without the plan."""
    inputs, periods = make(seed)
    solution, plan = planned(inputs, periods)
    assert solution.certificate["duality"] < 1e-9
    table = plan.tables["rents"]
    assert table["jpy_bn_per_a"].sum() == pytest.approx(solution.cost, rel=1e-6)
    assert table["before_jpy_bn_per_a"].sum() == pytest.approx(solution.baseline_cost, rel=1e-9)
    plan_cost = solution.cost - solution.baseline_cost
    assert plan.figures["explained_jpy_bn_per_a"] == pytest.approx(plan_cost, abs=1e-6 * solution.cost)


def test_rents_of_published_energy_prices_are_those_of_the_table():
    """The row of the balance is Σ weight · price · (demand − must-run): recomputed here from the hours as published."""
    inputs, periods = random_system(2)
    solution, plan = planned(inputs, periods)
    demand = inputs.hours.demand_gw[:, solution.hour] - inputs.hours.must_run_gw[:, :, solution.hour].sum(
        axis=1
    )
    paid = float((solution.dispatch_duals["energy_balance"] * demand @ solution.weight).sum())
    table = plan.tables["rents"].set_index("law")
    assert table.loc["energy_balance", "jpy_bn_per_a"] == pytest.approx(paid, rel=1e-6)


def test_prices_that_do_not_explain_the_cost_are_refused():
    """One dual 1 % too high: off by far more than 1e-6. A certificate that failed by it stops the run."""
    inputs, periods = random_system(0)
    programme = programme_of(inputs, periods)
    evaluator = SerialEvaluator()
    evaluator.load(programme.blocks, programme.periods)
    master = Master(programme.siting, programme.interface, len(programme.periods))
    master.add_cuts(evaluator.evaluate(range(len(programme.periods)), programme.baseline), programme.baseline)
    vertex = master.solve()
    assert explained_difference(programme.siting, vertex) < 1e-9
    wrong = vertex.dual.copy()
    wrong[programme.siting.equations["serve_demand"].at] *= 1.01
    assert explained_difference(programme.siting, replace(vertex, dual=wrong)) > 1e-4
    solution = solved(toy())
    failed = replace(solution, certificate=solution.certificate | {"duality": 1e-3, "passed": False})
    with pytest.raises(CertificateError, match="duality"):
        judge(toy(), failed)
