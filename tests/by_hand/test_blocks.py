"""Whole halls: against every combination of numbers of halls, and where they do not fit."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from aims import PAPER, budgeted, capturing, with_market
from pathway_toy import pathway, rules_of
from toy import change, planned, programme_of, random_system, solved, toy

from optimizer.analyse.goal import goal_figures
from optimizer.analyse.plan import make_plan
from optimizer.errors import InfeasibleError
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.milestones import Inputs
from optimizer.run import make_inputs
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions
from optimizer.solve.certificate import whole_residual
from optimizer.solve.stacked import solve_stacked

TWO = {"A1": "A", "A2": "A"}


def two_sites(block_gw: float | None) -> Inputs:
    """A1 costs 100 and allows 0.75 GW, A2 costs 130 and allows 10; 1 GW to place, energy 87.6 anywhere."""
    changes = {"sites.building_jpy_bn_per_gw_a": [100.0, 130.0], "sites.site_limit_gw": [0.75, 10.0]}
    return change(toy(changes, sites=TWO), "settings.block_gw", block_gw)


def best_by_hand(inputs: Inputs, periods=None) -> tuple[float, tuple[int, ...]]:
    """Solve the whole problem at once for every combination of numbers of halls, and take the best."""
    size = inputs.settings.block_gw
    programme = programme_of(inputs, periods)
    at = programme.siting.variables["halls"].at
    room = inputs.sites["site_limit_gw"].to_numpy()
    need = (inputs.demand["demand_gw"].groupby("workload").sum() / inputs.workloads["utilisation"]).sum()
    most = [int(min(np.floor(limit / size + 1e-9), np.ceil(need / size))) for limit in room]
    costs = {}
    for numbers in product(*(range(n + 1) for n in most)):
        lower, upper = programme.siting.column_lower.copy(), programme.siting.column_upper.copy()
        lower[at] = upper[at] = numbers
        siting = replace(programme.siting, column_lower=lower, column_upper=upper)
        try:
            costs[numbers] = solve_stacked(replace(programme, siting=siting), 60.0).objective
        except InfeasibleError:
            continue
    best = min(costs, key=costs.__getitem__)
    return costs[best], best


def test_whole_blocks_on_paper():
    """Any size: 0.75 GW at A1 and 0.25 at A2 cost 75 + 32.5 = 107.5. Halls of 0.5: one each, 50 + 65 = 115, 7.5 more.

    Without whole numbers (null) the answer is 107.5 again, and there is no figure of halls.
    """
    solution, plan = planned(two_sites(0.5))
    assert solution.siting["halls"].tolist() == [1.0, 1.0]
    assert solution.siting_cost == pytest.approx(115.0)
    assert plan.figures["wholeness_jpy_bn_per_a"] == pytest.approx(7.5)
    assert plan.figures["gap_blocks"] <= 1e-9
    assert plan.tables["sites"]["halls"].tolist() == [1.0, 1.0]
    free, plan = planned(two_sites(None))
    assert free.siting_cost == pytest.approx(107.5)
    assert free.blocks == {}
    assert "gap_blocks" not in plan.figures
    assert plan.tables["sites"]["halls"].isna().all()


def selling(block_gw: float | None) -> Inputs:
    """The two sites, selling into the market on paper; what is sold at home is 20 JPY bn/GW/a dearer than the rest."""
    inputs = change(two_sites(block_gw), "modes.premium_jpy_bn_per_gw_a", [20.0, 20.0, 0.0, 0.0])
    return with_market(inputs, chords=PAPER)


def test_whole_halls_keep_a_share_of_the_outflow():
    """Halls of 0.5, a tenth of 200 captured: one hall each, 115, and 0.25 GW sold at home, 5: 120, 7.5 of it for wholeness.

    Without whole halls 107.5 + 5 = 112.5; without the aim 115.
    """
    solution, plan = planned(capturing(selling(0.5), 0.1))
    assert solution.siting["halls"].tolist() == [1.0, 1.0]
    assert solution.siting_cost == pytest.approx(120.0)
    assert plan.figures["wholeness_jpy_bn_per_a"] == pytest.approx(7.5)
    assert goal_figures(capturing(selling(0.5), 0.1), solution)["captured_jpy_bn_per_a"] == pytest.approx(
        20.0
    )
    assert solved(capturing(selling(None), 0.1)).siting_cost == pytest.approx(112.5)
    assert solved(selling(0.5)).siting_cost == pytest.approx(115.0)


@pytest.mark.parametrize("budget", [300.0, 700.0])
def test_whole_halls_within_a_budget_against_every_combination(budget):
    """What the budget does not pay for stays abroad; the best numbers of halls of all are found, at their cost."""
    inputs = budgeted(change(selling(0.25), "settings.allow_abroad", True), budget)
    solution = solved(inputs)
    cost, halls = best_by_hand(inputs)
    assert solution.cost == pytest.approx(cost, rel=1e-7)
    assert tuple(solution.siting["halls"]) == halls
    assert 0 < sum(halls) <= 4
    figures = goal_figures(inputs, solution)
    assert 0 < figures["capital_jpy_bn"] <= budget * (1 + 1e-9)
    assert 0 < figures["captured_jpy_bn_per_a"] <= figures["capture_reach_jpy_bn_per_a"] * (1 + 1e-9)
    assert solution.certificate["passed"]


def test_an_aim_beyond_reach_of_whole_halls_says_what_to_do():
    """Halls of 20 GW fit no site (0.75 and 10 GW), and nothing is captured abroad: the message names block_mw."""
    inputs = change(capturing(selling(20.0), 0.1), "settings.allow_abroad", True)
    with pytest.raises(InfeasibleError, match="block_mw"):
        solved(inputs)


def test_hall_larger_than_all_load_is_built_once_and_stands_partly_empty():
    """Halls of 2 GW for 1 GW: A1 (0.75 GW) holds none, A2 one: 260. Without the limit A1 would: 200."""
    solution = solved(two_sites(2.0))
    assert solution.siting["halls"].tolist() == [0.0, 1.0]
    assert solution.siting_cost == pytest.approx(260.0)
    assert solution.siting["hosted"].sum() == pytest.approx(1.0)
    roomy = solved(change(two_sites(2.0), "sites.site_limit_gw", 10.0))
    assert roomy.siting["halls"].tolist() == [1.0, 0.0]
    assert roomy.siting_cost == pytest.approx(200.0)


def test_prices_are_those_of_the_fixed_halls():
    """2 GW hall for 1 GW: one more MW finds room in it and costs its energy alone, 87.6, not 130 + 87.6 as built anew."""
    solution = solved(two_sites(2.0))
    assert solution.siting_duals["serve_demand"].iloc[0] == pytest.approx(87.6)
    assert solved(two_sites(None)).siting_duals["serve_demand"].iloc[0] == pytest.approx(217.6)
    assert solution.siting_duals["whole_blocks"].iloc[0] == 0.0
    assert solution.certificate["passed"]
    assert solution.certificate["duality"] < 1e-9


def test_no_plan_of_whole_halls_is_said_with_the_way_out():
    """Sites of 0.75 and 10 GW cannot hold a hall of 20 GW. Without halls they hold the load with ease."""
    with pytest.raises(InfeasibleError, match=r"solve\.block_mw smaller or null"):
        solved(two_sites(20.0))


def test_halls_off_leave_the_programme_as_it_was():
    """No site has halls: no row and no column of the compiled siting problem knows of them."""
    siting = programme_of(two_sites(None)).siting
    assert siting.variables["halls"].keys == ()
    assert siting.equations["whole_blocks"].keys == ()
    with_halls = programme_of(two_sites(0.5)).siting
    assert len(with_halls.cost) == len(siting.cost) + 2
    assert len(with_halls.lower) == len(siting.lower) + 2


@pytest.mark.parametrize(("seed", "block_gw"), [(2, 0.5), (3, 0.9)])
def test_random_systems_agree_with_every_combination(seed, block_gw):
    """Cost within 1e-6 of the best of all combinations; bounds around it; never cheaper than any size."""
    inputs, periods = random_system(seed)
    inputs = change(change(inputs, "settings.distribution", "free"), "settings.block_gw", block_gw)
    solution = solved(inputs, periods[:1])
    cost, numbers = best_by_hand(inputs, periods[:1])
    assert solution.cost == pytest.approx(cost, rel=1e-6)
    assert solution.lower_bound <= cost * (1 + 1e-9)
    assert tuple(solution.siting["halls"].astype(int)) == numbers
    assert solution.blocks["integrality"] < 1e-6
    assert solution.blocks["wholeness_jpy_bn_per_a"] >= -1e-6 * cost
    built = solution.siting["it"].groupby(lambda key: key[0]).sum().reindex(inputs.sites.index)
    assert built.to_numpy() == pytest.approx(block_gw * solution.siting["halls"].to_numpy(), abs=1e-9)
    assert solution.bounds["stage"].iloc[-1] == "blocks"


def test_residual_sees_a_broken_row_and_a_part_of_a_hall():
    """x = 1.25 is a quarter off; activity 3 over a limit of 2 is 1 / (1 + 3) off; NaN is infinitely off."""
    rows, columns = (np.array([-np.inf]), np.array([2.0])), (np.array([0.0]), np.array([np.inf]))
    whole = np.array([1.25])
    assert whole_residual(np.array([2.0]), rows, whole, columns, whole) == pytest.approx(0.25)
    assert whole_residual(np.array([3.0]), rows, np.array([1.0]), columns, np.array([1.0])) == pytest.approx(
        0.25
    )
    assert whole_residual(np.array([1.0]), rows, np.array([np.nan]), columns, whole) == np.inf


def test_halls_stand_from_year_to_year():
    """0.4 GW in 2027 and 1.2 in 2030, halls of 0.5: one at A1 (room for one), then two more at A2. Any size: 28.25 less.

    2030: 0.75 · 100 + 0.45 · 130 = 133.5 against 50 + 130 = 180; 2027: 40 against 50; half of each: 28.25.
    """
    changes = {"sites.building_jpy_bn_per_gw_a": [100.0, 130.0], "sites.site_limit_gw": [0.75, 10.0]}
    years = {
        year: toy(
            changes | {"demand.demand_gw": load, "settings.block_gw": 0.5, "settings.year": year}, sites=TWO
        )
        for year, load in ((2027, 0.4), (2030, 1.2))
    }
    whole, by_year = pathway(years, rules_of(years))
    assert by_year[2027].siting["halls"].tolist() == [1.0, 0.0]
    assert by_year[2030].siting["halls"].tolist() == [1.0, 2.0]
    assert whole.blocks["wholeness_jpy_bn_per_a"] == pytest.approx(28.25)
    assert whole.certificate["duality"] < 1e-9
    plan = make_plan(years[2030], by_year[2030])
    assert plan.tables["rents"].empty
    assert "explained_jpy_bn_per_a" not in plan.figures


def test_scenario_key_is_in_mw():
    """`--set solve.block_mw=50` is 0.05 GW; without it there is no size."""
    options = RunOptions(None, None, False, "en", None, False, 1)
    for overrides, size in ((["solve.block_mw=50"], 0.05), ([], None)):
        loaded = load_scenario("germany-2030", overrides)
        inputs = make_inputs(loaded, read_pack(find_pack(loaded.scenario.pack)), options)
        assert inputs.settings.block_gw == size
        assert inputs.settings.block_gap is None
