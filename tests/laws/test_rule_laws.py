"""Adequacy, caps, land and water on random systems: nothing when off, exact when on, prices that are slopes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from rules_toy import with_rules
from toy import change, plan_cost, programme_of, random_system, silent

from optimizer.milestones import Inputs, Programme
from optimizer.model.build import build_siting
from optimizer.solve.compile import compile_programme
from optimizer.solve.decompose import solve_programme
from optimizer.solve.stacked import solve_stacked
from optimizer.solve.workers import SerialEvaluator

LAWS = (
    "regional_cap", "hazard_exposure", "within_land", "within_water", "adequacy", "assist_within_intertie",
    "firm_battery_power", "firm_battery_energy",
)  # fmt: skip
VARIABLES = ("assist", "firm_capacity", "firm_battery")
RELIEF = ("relief_within_nonfirm", "relief_within_load", "relief_within_allowance")


def interruptible(inputs: Inputs) -> Inputs:
    """Let each site have a small non-firm connection that may be interrupted for eight hours a year."""
    weak = {
        "sites.nonfirm_limit_gw": 0.1,
        "settings.nonfirm_hours": 8.0,
        "settings.interrupt_jpy_bn_per_gwh": 0.1,
    }
    for key, value in weak.items():
        inputs = change(inputs, key, value)
    return inputs


def free(seed: int):
    """A random system without rules that could contradict a cap."""
    inputs, periods = random_system(seed)
    inputs = change(inputs, "settings.distribution", "free")
    inputs = change(inputs, "settings.allow_abroad", True)
    return change(inputs, "settings.min_regional_share", 0.0), periods


def test_off_is_the_simpler_programme():
    """Without the rules no row and no column is theirs; with them the others keep their numbers, entry by entry."""
    inputs, _ = free(1)
    off = compile_programme(build_siting(inputs), hourly=False)
    for name in LAWS:
        assert name not in off.equations or off.equations[name].at.size == 0, name
    for name in VARIABLES:
        assert name not in off.variables or off.variables[name].at.size == 0, name
    ruled = replace(with_rules(inputs, 1), fleets=inputs.fleets)
    on = compile_programme(build_siting(ruled), hourly=False)
    assert all(on.equations[name].at.size for name in LAWS)
    theirs = np.concatenate([on.equations[name].at.ravel() for name in LAWS])
    columns = np.concatenate([on.variables[name].at.ravel() for name in VARIABLES])
    rows = np.setdiff1d(np.arange(len(on.lower)), theirs)
    kept = np.setdiff1d(np.arange(len(on.cost)), columns)
    assert (on.matrix[rows][:, kept] != off.matrix).nnz == 0
    assert on.matrix[rows][:, columns].nnz == 0
    assert (on.lower[rows] == off.lower).all()
    assert (on.upper[rows] == off.upper).all()
    assert (on.cost[kept] == off.cost).all()


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 6, 9])
def test_decomposed_cost_equals_extensive_form(seed):
    inputs, periods = free(seed)
    inputs = with_rules(inputs, seed)
    programme = programme_of(inputs, periods)
    solution = solve_programme(programme, inputs.settings, SerialEvaluator(), silent)
    assert solution.cost == pytest.approx(solve_stacked(programme, 60.0).objective, rel=1e-6)
    assert solution.certificate["passed"]


@pytest.mark.parametrize("seed", [1, 4])
def test_decomposed_cost_equals_extensive_form_with_load_to_interrupt(seed):
    inputs, periods = free(seed)
    programme = programme_of(interruptible(with_rules(inputs, seed)), periods)
    solution = solve_programme(programme, inputs.settings, SerialEvaluator(), silent)
    assert solution.cost == pytest.approx(solve_stacked(programme, 60.0).objective, rel=1e-6)
    assert solution.siting["relief"].sum() > 0


def test_without_non_firm_connections_no_load_is_relieved():
    """A margin alone gives no row and no column of relief; non-firm connections alone give none either."""
    inputs, _ = free(1)
    for off in (with_rules(inputs, 1), interruptible(inputs)):
        programme = compile_programme(build_siting(off), hourly=False)
        for name in RELIEF:
            assert name not in programme.equations or programme.equations[name].at.size == 0
        assert "relief" not in programme.variables or programme.variables["relief"].at.size == 0
    on = compile_programme(build_siting(interruptible(with_rules(inputs, 1))), hourly=False)
    assert all(on.equations[name].at.size for name in RELIEF)


def test_nothing_to_place_costs_nothing_though_capacity_lacks():
    """The plan does not pay for what lacks without it: no load, no renewables worth their cost, no bill."""
    inputs, periods = random_system(3)
    for key, value in (
        ("demand.demand_gw", 0.0), ("settings.additionality", 0.0), ("storage.expansion_limit_gw", 0.0),
        ("interties.expansion_limit_gw", 0.0), ("settings.min_regional_share", 0.0), ("settings.distribution", "free"),
    ):  # fmt: skip
        inputs = change(inputs, key, value)
    ruled = change(with_rules(inputs, 3), "settings.adequacy_margin", 2.0)
    assert plan_cost(ruled, periods) == pytest.approx(0.0, abs=1e-9)


def half_day():
    return [(np.arange(6, 18), 730.0)]


def moved(programme: Programme, row: int, step: float) -> float:
    """Cost with the right-hand side of one siting row moved."""
    siting = programme.siting
    lower, upper = siting.lower.copy(), siting.upper.copy()
    lower[row], upper[row] = lower[row] + step, upper[row] + step
    return solve_stacked(replace(programme, siting=replace(siting, lower=lower, upper=upper)), 60.0).objective


def test_prices_are_finite_differences():
    """Every dual of these laws that binds is the slope of the cost in its right-hand side, to 1e-4; kinks are skipped."""
    compared: dict[str, int] = {}
    for seed in (3, 5, 6):
        inputs = with_rules(free(seed)[0], seed)
        inputs = change(inputs, "demand.abroad_jpy_bn_per_gw_a", 5000.0)  # all at home: the rules bind
        for name, count in slopes_compared(inputs, LAWS).items():
            compared[name] = compared.get(name, 0) + count
    assert sum(compared.values()) >= 8, compared
    assert compared["adequacy"] >= 2, compared


def test_prices_of_load_to_interrupt_are_finite_differences():
    compared = slopes_compared(interruptible(with_rules(free(3)[0], 3)), RELIEF)
    assert sum(compared.values()) >= 2, compared


def slopes_compared(inputs: Inputs, laws: tuple[str, ...]) -> dict[str, int]:
    """Compare the two largest duals of each law with the slope of the cost; return how many were no kinks."""
    compared, step = dict.fromkeys(laws, 0), 1e-4
    inputs = change(inputs, "settings.gap", 1e-10)
    programme = programme_of(inputs, half_day())
    solution = solve_programme(programme, inputs.settings, SerialEvaluator(), silent)
    middle = moved(programme, 0, 0.0)
    for name in laws:
        duals = solution.siting_duals[name].to_numpy()
        for number in np.argsort(-abs(duals), kind="stable")[:2]:
            if abs(duals[number]) < 1e-3:
                continue
            row = int(programme.siting.equations[name].at.ravel()[number])
            up, down = moved(programme, row, step) - middle, middle - moved(programme, row, -step)
            if abs(up - down) > 1e-3 * abs(up + down):
                continue  # a kink: left and right slopes differ
            assert duals[number] == pytest.approx((up + down) / (2 * step), rel=1e-4, abs=1e-3), name
            compared[name] += 1
    return compared
