"""Goals and premiums on random systems: decomposed as stacked, prices as differences, off as if never there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from aims import CURVE, with_market
from toy import change, plan_cost, programme_of, random_system, silent, solved, toy, with_every_goal

from optimizer.analyse.goal import captured_by_chords
from optimizer.milestones import Inputs
from optimizer.solve.decompose import solve_programme
from optimizer.solve.frontier import capture_frontier
from optimizer.solve.stacked import solve_stacked
from optimizer.solve.workers import SerialEvaluator

Periods = Sequence[tuple[np.ndarray, float]]
PREMIUM = [30.0, 10.0, 5.0, 0.0]
OUTFLOW = 400.0


def system(seed: int) -> tuple[Inputs, Periods]:
    """A random system that sells into two lines of a market, domestic capacity dearest, load may stay abroad."""
    inputs, periods = random_system(seed)
    offers = {("fast", "inference"): 120.0, ("slow", "cloud"): 60.0, ("slow", "inference"): 30.0}
    inputs = with_market(inputs, offers, CURVE)
    inputs = change(inputs, "settings.allow_abroad", True)
    return change(inputs, "modes.premium_jpy_bn_per_gw_a", PREMIUM), periods


def reach(inputs: Inputs) -> float:
    """Largest share of the outflow these systems can capture."""
    rich = programme_of(with_budget(inputs, 1e6), None).siting
    return capture_frontier(rich, 10.0)["capture_jpy_bn"] / OUTFLOW


def with_target(inputs: Inputs, share: float) -> Inputs:
    return change(inputs, "settings.capture_share", share)


def with_budget(inputs: Inputs, budget: float) -> Inputs:
    inputs = change(inputs, "settings.capture_value_jpy_per_jpy", 10.0)
    return change(inputs, "settings.budget_jpy_bn", budget)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("goal", ["capture", "budget"])
def test_decomposed_cost_equals_extensive_form_with_a_goal(seed, goal):
    inputs, periods = system(seed)
    share = 0.9 * reach(inputs)
    inputs = with_target(inputs, share) if goal == "capture" else with_budget(inputs, 300.0)
    programme = programme_of(inputs, periods)
    solution = solve_programme(programme, inputs.settings, SerialEvaluator(), silent)
    assert solution.cost == pytest.approx(solve_stacked(programme, 60.0).objective, rel=1e-6)
    assert solution.certificate["passed"]
    captured = float(captured_by_chords(inputs, solution).sum())
    if goal == "capture":
        assert captured == pytest.approx(share * OUTFLOW, rel=1e-7)
    else:
        assert 0.0 < captured <= solution.frontier["capture_jpy_bn"] * (1 + 1e-9)


@pytest.mark.parametrize("seed", [5])
def test_price_of_captured_yen_is_the_finite_difference(seed):
    """Two targets 0.2 % apart: cost per captured yen between them is the dual, JPY/JPY."""
    inputs, periods = system(seed)
    base = 0.91 * reach(inputs)
    step = 0.001 * base
    dual = float(solved(with_target(inputs, base), periods).siting_duals["capture_target"].sum())
    ends = [plan_cost(with_target(inputs, base + sign * step), periods) for sign in (-1, 1)]
    assert dual > 0.01
    assert (ends[1] - ends[0]) / (2 * step * OUTFLOW) == pytest.approx(dual, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("seed", [5])
def test_yen_per_yen_of_budget_is_the_finite_difference(seed):
    """The frontier at two budgets 1 JPY bn apart, and the objective's own price of a yen."""
    inputs, periods = system(seed)
    found = [solved(with_budget(inputs, budget), periods) for budget in (299.5, 300.0, 300.5)]
    reach = [one.frontier["capture_jpy_bn"] for one in found]
    assert reach[2] - reach[0] == pytest.approx(found[1].frontier["jpy_per_budget_jpy"], rel=1e-4)
    assert found[1].frontier["jpy_per_budget_jpy"] > 0.01
    worth = -float(found[1].siting_duals["budget"].sum())
    objective = [one.cost - one.baseline_cost for one in found]
    assert objective[0] - objective[2] == pytest.approx(worth, rel=1e-4)


def test_more_capture_costs_more_and_each_yen_more_than_the_last():
    """The front of cost over capture is convex: what makes its dual a price."""
    inputs, periods = system(2)
    most = reach(inputs)
    shares = [0.5 * most, 0.65 * most, 0.8 * most, 0.95 * most]
    costs = np.array([plan_cost(with_target(inputs, share), periods) for share in shares])
    steps = np.diff(costs)
    assert (steps >= -1e-7).all()
    assert (np.diff(steps) >= -1e-6).all()
    assert steps[-1] > 0.1


def test_goals_off_is_the_programme_without_them():
    """Empty sets: no row, no column, no cost; with every goal on there are some of each."""
    plain = programme_of(toy()).siting
    priced = programme_of(with_every_goal(toy())).siting
    names = ("captured", "within_capture_segment", "capture_target", "budget")
    assert [len(plain.equations[name].at) for name in names] == [0, 0, 0, 0]
    assert len(plain.variables["capture_segment"].at) == 0
    assert [len(priced.equations[name].at) for name in names] == [2, 4, 1, 1]
    kept = np.setdiff1d(
        np.arange(priced.matrix.shape[0]), np.concatenate([priced.equations[name].at for name in names])
    )
    columns = np.setdiff1d(np.arange(priced.matrix.shape[1]), priced.variables["capture_segment"].at)
    assert (priced.matrix[kept][:, columns] != plain.matrix).nnz == 0
    assert (priced.lower[kept] == plain.lower).all()
    dearer = pd.Series(priced.cost[columns] - plain.cost)
    assert sorted(dearer[dearer != 0.0]) == [5.0, 10.0, 20.0]
