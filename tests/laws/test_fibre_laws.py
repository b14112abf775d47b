"""A fibre graph in random systems: one answer however it is solved, prices that are slopes, off is off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fibre_toy import on_fibre, star
from toy import change, programme_of, random_system, silent, solved

from optimizer.analyse.fibre import rent_by_route, traffic_by_link
from optimizer.milestones import Inputs
from optimizer.model.build import build_siting
from optimizer.solve.compile import compile_programme
from optimizer.solve.decompose import solve_programme
from optimizer.solve.stacked import solve_stacked
from optimizer.solve.workers import SerialEvaluator

SEEDS = (0, 1, 2, 8)


def stacked_cost(inputs: Inputs, periods) -> float:
    return solve_stacked(programme_of(inputs, periods), 60.0).objective


def with_capacity(inputs: Inputs, link: str, more_tbps: float) -> Inputs:
    links = inputs.fibre_links.copy()
    links.loc[link, "capacity_tbps"] += more_tbps
    return replace(inputs, fibre_links=links)


@pytest.mark.parametrize("seed", SEEDS)
def test_decomposed_cost_equals_extensive_form_with_fibre(seed):
    """Links so narrow that some are widened; without them the same system is cheaper."""
    inputs, periods = random_system(seed)
    narrow = star(inputs, seed)
    programme = programme_of(narrow, periods)
    solution = solve_programme(programme, narrow.settings, SerialEvaluator(), silent)
    assert solution.cost == pytest.approx(solve_stacked(programme, 60.0).objective, rel=1e-6)
    assert float(solution.siting["fibre"].sum()) > 1e-3
    assert solution.cost > stacked_cost(inputs, periods) * (1 + 1e-9)


@pytest.mark.parametrize("seed", SEEDS[:1])
def test_fibre_rent_is_the_finite_difference(seed):
    """Every link: capacity a little up and down, stacked; where both slopes agree the rent is that slope."""
    inputs, periods = random_system(seed)
    narrow = star(inputs, seed)
    rent = -solved(narrow, periods).siting_duals["within_fibre"]
    step, compared = 1e-3, 0
    here = stacked_cost(narrow, periods)
    for link in list(narrow.fibre_links.index)[:4]:
        up = stacked_cost(with_capacity(narrow, link, step), periods)
        down = stacked_cost(with_capacity(narrow, link, -step), periods)
        if abs((down - here) - (here - up)) > 1e-5 * max(1e-3, abs(down - up)):
            continue  # a kink
        assert rent[link] == pytest.approx((down - up) / (2 * step), rel=1e-4, abs=1e-4), link
        compared += 1
    assert compared >= 2


@pytest.mark.parametrize("seed", SEEDS[2:])
def test_more_fibre_never_costs_more(seed):
    """Twice the capacity costs no more, a tenth no less; without any law both would be equal."""
    inputs, periods = random_system(seed)
    narrow = star(inputs, seed)

    def scaled(factor: float) -> float:
        links = narrow.fibre_links.assign(capacity_tbps=narrow.fibre_links["capacity_tbps"] * factor)
        return stacked_cost(replace(narrow, fibre_links=links), periods)

    costs = [scaled(factor) for factor in (0.1, 1.0, 2.0, 1000.0)]
    assert (np.diff(costs) <= 1e-9 * costs[0]).all()
    assert costs[0] > costs[-1] * (1 + 1e-6)
    assert costs[-1] == pytest.approx(stacked_cost(inputs, periods), rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_links_carry_what_was_sold_and_no_more_than_they_can(seed):
    """Traffic by hand, route by route; a widened link earns its cost, a route pays the rents of both its spokes."""
    inputs, periods = random_system(seed)
    narrow = star(inputs, seed)
    solution = solved(narrow, periods)
    carried = traffic_by_link(narrow, solution)
    counted = dict.fromkeys(narrow.fibre_links.index, 0.0)
    for (node, workload, site), gw in zip(narrow.routes.index, solution.siting["sold"], strict=True):
        for link in (f"{node}-hub", f"{site}-hub"):
            counted[link] += gw * narrow.workloads.loc[workload, "gbps_per_mw"]
    assert carried.to_dict() == pytest.approx(counted, abs=1e-9)
    room = narrow.fibre_links["capacity_tbps"] + solution.siting["fibre"]
    assert (carried <= room + 1e-7).all()
    rent = -solution.siting_duals["within_fibre"]
    built, limit = solution.siting["fibre"], narrow.fibre_links["limit_tbps"]
    inside = (built > 1e-6) & (built < limit - 1e-6)
    assert rent[inside].to_numpy() == pytest.approx(
        narrow.fibre_links["expansion_jpy_bn_per_tbps_a"][inside].to_numpy(), rel=1e-6
    )
    paid = rent_by_route(narrow, solution)
    for (node, workload, site), money in paid.items():
        both = rent[f"{node}-hub"] + rent[f"{site}-hub"]
        assert money == pytest.approx(both * narrow.workloads.loc[workload, "gbps_per_mw"], abs=1e-9)


def test_leased_fibre_is_exactly_the_simpler_programme():
    """No row and no column of links; with a graph the rest of the matrix is the same, entry by entry."""
    inputs, _ = random_system(3)
    leased = compile_programme(build_siting(inputs), hourly=False)
    for name in ("within_fibre", "within_fibre_limit"):
        assert len(leased.equations[name].at) == 0
    assert len(leased.variables["fibre"].at) == 0
    graph = compile_programme(build_siting(star(inputs, 3)), hourly=False)
    rows = np.setdiff1d(
        np.arange(len(graph.lower)),
        np.concatenate([graph.equations[n].at for n in ("within_fibre", "within_fibre_limit")]),
    )
    columns = np.setdiff1d(np.arange(len(graph.cost)), graph.variables["fibre"].at)
    assert (graph.matrix[rows][:, columns] != leased.matrix).nnz == 0
    assert (graph.cost[columns] == leased.cost).all()
    assert (graph.lower[rows] == leased.lower).all()
    assert (graph.upper[rows] == leased.upper).all()


def test_wide_links_change_nothing():
    """Capacity for everything: cost and plan are those of leased fibre, every rent is zero."""
    inputs, periods = random_system(5)
    inputs = change(inputs, "settings.gap", 1e-9)
    wide = {f"{r}": {"capacity_tbps": 1e3} for r in inputs.sites.index}
    paths = {(n, r): [r] for n in inputs.nodes.index for r in inputs.sites.index}
    solution, plain = solved(on_fibre(inputs, wide, paths), periods), solved(inputs, periods)
    assert solution.cost == pytest.approx(plain.cost, rel=1e-9)
    assert (solution.siting_duals["within_fibre"].abs() < 1e-9).all()
    pd.testing.assert_series_equal(solution.siting["it"], plain.siting["it"], atol=1e-6)
