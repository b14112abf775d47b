"""Laws of flexible computing, non-firm connections, clean matching and the CO2 cap on drawn systems with everything on.

Costs are of a day in two periods, solved whole, so that a law is read off the programme and not off a gap. Coal, LNG and oil
differ in CO2, so that the cap can be met by running other power stations.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from toy import CLEAN, RESPONSE, change, planned, programme_of, random_system, solved

from optimizer.milestones import Inputs, Plan, Solution
from optimizer.solve.stacked import solve_stacked

SLACK = 1e-7
SEEDS = (7, 10)
"""Systems in which all four yearly rules have a price."""

AS_DRAWN = "as drawn"
CO2 = {"coal": 0.9, "lng": 0.4, "oil": 0.7}
HALVES = [(np.arange(12), 365.0), (np.arange(12, 24), 365.0)]
"""Night and morning, afternoon and evening: yearly rules are shared out over two periods."""


@cache
def drawn(seed: int) -> Inputs:
    """A drawn system, every choice and rule on, a cap at 97 % of what it emits unforced."""
    inputs, _ = random_system(seed)
    rate = [CO2[fleet] for _, fleet in inputs.fleets.index]
    inputs = change(inputs, "fleets.co2_kt_per_gwh", rate)
    free = solved(inputs, HALVES)
    rules = {"settings.additionality": 1.0, "settings.matching_share": 0.6}
    for key, value in (RESPONSE | CLEAN | rules).items():
        inputs = change(inputs, key, value)
    emitted = float(np.array(rate) @ free.dispatch["gen"] @ free.weight)
    return change(inputs, "settings.co2_cap_kt", 0.97 * emitted)


def cost(seed: int, key: str, value: Any) -> float:
    """System cost with one key changed, solved whole. [JPY bn/a]"""
    return _cost(seed, "", "") if value == AS_DRAWN else _cost(seed, key, value)


@cache
def _cost(seed: int, key: str, value: Any) -> float:
    inputs = drawn(seed)
    if key:
        inputs = change(inputs, key, list(value) if isinstance(value, tuple) else value)
    return solve_stacked(programme_of(inputs, HALVES), 60.0).objective


@cache
def answered(seed: int) -> tuple[Solution, Plan]:
    return planned(drawn(seed), HALVES)


@pytest.mark.parametrize(
    ("key", "freer", "stiffer"),
    [
        ("workloads.flexible_share", AS_DRAWN, (0.0, 0.0)),
        ("workloads.flexible_share", (0.0, 0.8), AS_DRAWN),
        ("settings.shift", AS_DRAWN, False),
        ("settings.move", AS_DRAWN, False),
        ("settings.gateway_gw", AS_DRAWN, 0.001),
        ("settings.move_jpy_bn_per_gwh", 0.0, AS_DRAWN),
        ("settings.nonfirm_hours", 200.0, AS_DRAWN),
        ("settings.nonfirm_hours", AS_DRAWN, 0.0),
        ("sites.nonfirm_limit_gw", AS_DRAWN, 0.0),
        ("settings.interrupt_jpy_bn_per_gwh", 0.0, AS_DRAWN),
        ("settings.matching_share", AS_DRAWN, 0.8),
        ("settings.delivered_within", "nation", AS_DRAWN),
        ("settings.matching", "none", "annual"),
        ("settings.matching", "annual", AS_DRAWN),
        ("settings.unmatched_jpy_bn_per_gwh", 0.001, AS_DRAWN),
        ("settings.co2_overshoot_jpy_bn_per_kt", 0.005, AS_DRAWN),
    ],
)
def test_less_freedom_never_costs_less(key, freer, stiffer):
    """Less flexible work, a shorter allowance, a higher share, a smaller zone never cost less; here they cost more."""
    low, high = (cost(SEEDS[1], key, value) for value in (freer, stiffer))
    assert low <= high + SLACK * abs(high)
    assert high > low * (1 + 1e-9) or key == "settings.matching", "the key does something in this system"


@pytest.mark.parametrize("seed", SEEDS)
def test_tighter_cap_never_costs_less(seed):
    cap = drawn(seed).settings.co2_cap_kt
    costs = [cost(seed, "settings.co2_cap_kt", value) for value in (None, AS_DRAWN, 0.8 * cap)]
    assert all(low <= high + SLACK * abs(high) for low, high in pairwise(costs)), costs
    assert costs[2] > costs[1] * (1 + 1e-6) > costs[0], "the cap binds: the law says something"


@pytest.mark.parametrize("seed", SEEDS)
def test_what_waits_is_done_and_what_leaves_arrives(seed):
    """Day by day and area by area, hour by hour over the nation; no machine and no gateway beyond its size."""
    inputs, (solution, _) = drawn(seed), answered(seed)
    hours = solution.dispatch
    halves = [slice(0, 12), slice(12, 24)]
    for half in halves:
        up, down = hours["shift_up"][:, half].sum(axis=1), hours["shift_down"][:, half].sum(axis=1)
        assert up == pytest.approx(down, abs=1e-7)
    cooling = np.array(
        [inputs.pue[(inputs.sites["area"] == a).to_numpy()].mean() for a in inputs.areas.index]
    )
    arrives = (hours["moved_in"] / cooling[:, None]).sum(axis=0)
    assert arrives == pytest.approx((hours["moved_out"] / cooling[:, None]).sum(axis=0), abs=1e-7)
    assert (hours["moved_in"] + hours["moved_out"]).max() <= inputs.settings.gateway_gw + 1e-7
    moved = hours["shift_down"] + hours["moved_out"]
    slow = flexible_load(inputs, solution)
    assert (moved <= slow + 1e-7).all()
    assert moved.sum() > 1e-3, "something waits or leaves: the laws say something"


def flexible_load(inputs: Inputs, solution: Solution) -> np.ndarray:
    """Flexible part of the load by area and hour: PUE · profile · share · IT load. [GW]"""
    hosted = solution.siting["hosted"].to_numpy().reshape(len(inputs.sites), -1)
    share = inputs.workloads["flexible_share"].to_numpy()[:, None]
    by_site = inputs.pue[:, solution.hour] * (hosted @ (inputs.profile[:, solution.hour] * share))
    return np.array([by_site[(inputs.sites["area"] == a).to_numpy()].sum(axis=0) for a in inputs.areas.index])


@pytest.mark.parametrize("seed", SEEDS)
def test_energy_balances_with_every_choice(seed):
    """Supply = demand in every area and hour: data centers draw what is left after waiting, leaving and stopping."""
    inputs, (solution, _) = drawn(seed), answered(seed)
    hours, areas = solution.dispatch, list(inputs.areas.index)
    hosted = solution.siting["hosted"].to_numpy().reshape(len(inputs.sites), -1)
    load = inputs.pue[:, solution.hour] * (hosted @ inputs.profile[:, solution.hour])
    year, links = inputs.hours, inputs.interties
    for i, a in enumerate(areas):
        at = {key: [j for j, (one, _) in enumerate(table.index) if one == a]
              for key, table in (("fleets", inputs.fleets), ("storage", inputs.storage))}  # fmt: skip
        supply = hours["gen"][at["fleets"]].sum(axis=0) + hours["used_renewable"][i]
        supply += year.must_run_gw[i][:, solution.hour].sum(axis=0) + hours["shed"][i] - hours["spill"][i]
        supply += (hours["discharge"] - hours["charge"])[at["storage"]].sum(axis=0)
        for j, link in enumerate(links.itertuples()):
            kept = 1.0 - link.loss_share
            supply += (link.to_area == a) * (kept * hours["forward"][j] - hours["backward"][j])
            supply += (link.from_area == a) * (kept * hours["backward"][j] - hours["forward"][j])
        draws = load[(inputs.sites["area"] == a).to_numpy()].sum(axis=0) - stopped(inputs, solution, a)
        draws += (hours["shift_up"] - hours["shift_down"] + hours["moved_in"] - hours["moved_out"])[i]
        assert supply == pytest.approx(year.demand_gw[i][solution.hour] + draws, abs=1e-6)


def stopped(inputs: Inputs, solution: Solution, area: str) -> np.ndarray:
    keys = list(solution.dispatch_index["interrupt"])
    return solution.dispatch["interrupt"][keys.index(area)] if area in keys else np.zeros(24)


@pytest.mark.parametrize("seed", SEEDS)
def test_yearly_rules_are_kept_over_the_year(seed):
    """Stopped GWh within the allowance, matched and missing GWh make the share, CO2 within the cap or paid for."""
    inputs, (solution, _) = drawn(seed), answered(seed)
    hours, weight, rules = solution.dispatch, solution.weight, inputs.settings
    allowance = rules.nonfirm_hours * solution.siting["nonfirm"].sum()
    assert float(hours["interrupt"].sum(axis=0) @ weight) <= allowance + 1e-6
    hosted = solution.siting["hosted"].to_numpy().reshape(len(inputs.sites), -1)
    yearly = inputs.pue @ inputs.profile.T * (8760.0 / inputs.pue.shape[1])
    missing = float(hours["unmatched"][0] @ [365.0, 365.0])
    matched = float(hours["matched"].sum(axis=0) @ weight)
    assert matched + missing >= rules.matching_share * float((yearly * hosted).sum()) - 1e-5
    emitted = float(inputs.fleets["co2_kt_per_gwh"].to_numpy() @ hours["gen"] @ weight)
    assert emitted <= rules.co2_cap_kt + float(hours["overshoot"][0] @ [365.0, 365.0]) + 1e-5
    assert matched > 1.0


def slopes(seed: int, key: str, row: str | None, step: float) -> tuple[float, float]:
    """Left and right slope of the system cost along a setting, or one site's number."""
    inputs = drawn(seed)
    column = key.split(".")[1]
    here = getattr(inputs.settings, column) if row is None else inputs.sites.loc[row, column]
    middle = cost(seed, key, AS_DRAWN)
    low, high = (
        solve_stacked(programme_of(change(inputs, key, to), HALVES), 60.0).objective
        for to in (here + s * step if row is None else {row: here + s * step} for s in (-1, 1))
    )
    return (middle - low) / step, (high - middle) / step


@pytest.mark.parametrize("law", ["within_nonfirm_limit", "interrupt_hours", "matching", "co2_cap"])
def test_published_price_is_the_finite_difference(law):
    """The number behind the price is moved a little and the system solved again; at a kink the price lies between.

    Per unit of the setting: an hour of allowance is worth its price times the non-firm GW, a share of matching costs
    its premium times the yearly load.
    """
    seed = SEEDS[1]
    inputs, (solution, plan) = drawn(seed), answered(seed)
    table = plan.tables["prices"].query("equation == @law")
    jpy_bn = table["price"].to_numpy() / {"co2_cap": 1e6}.get(law, 1e3)
    keys, step, row, sign = {
        "within_nonfirm_limit": ("sites.nonfirm_limit_gw", 1e-5, None, -1.0),
        "interrupt_hours": ("settings.nonfirm_hours", 1e-3, None, -1.0),
        "matching": ("settings.matching_share", 1e-5, None, 1.0),
        "co2_cap": ("settings.co2_cap_kt", 1e-2, None, -1.0),
    }[law]
    expected = float(jpy_bn.sum())
    if law == "within_nonfirm_limit":
        best = table.loc[table["price"].idxmax()]
        row, expected = str(best["index"]), float(best["price"]) / 1e3
    if law == "interrupt_hours":
        weak = solution.siting["nonfirm"].groupby(inputs.sites["area"]).sum()
        expected = float((table.set_index("index")["price"] / 1e3 * weak).sum())
    if law == "matching":
        hosted = solution.siting["hosted"].to_numpy().reshape(len(inputs.sites), -1)
        yearly = inputs.pue @ inputs.profile.T * (8760.0 / inputs.pue.shape[1])
        expected *= float((yearly * hosted).sum())
    left, right = slopes(seed, keys, row, step)
    allowed = 1e-4 * max(1.0, abs(expected))
    assert expected > 0, "the law binds in this system"
    assert min(left, right) - allowed <= sign * expected <= max(left, right) + allowed
