"""Laws that hold for every system: what relaxes never costs more, scaling scales, order and twins change nothing.

Drawn systems have everything on; each example is one half-day, solved whole. A planner's limit that cannot be met
costs infinity.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import Periods, change, planned, programme_of, random_system, solved

from optimizer.errors import InfeasibleError
from optimizer.milestones import Inputs, Plan, Solution
from optimizer.solve.stacked import solve_stacked, stack, stacked_solver

SLACK = 1e-7
few = settings(max_examples=3, deadline=None, derandomize=True, database=None)
seeds = st.integers(0, 10_000)
factors = st.floats(1.0, 3.0)
MONEY = (
    "sites.building_jpy_bn_per_gw_a", "sites.land_jpy_bn_per_gw_a", "sites.connection_jpy_bn_per_gw_a",
    "reinforcements.cost_jpy_bn_per_gw_a", "renewables.cost_jpy_bn_per_gw_a", "demand.abroad_jpy_bn_per_gw_a",
    "routes.fibre_jpy_bn_per_gw_a", "interties.expansion_jpy_bn_per_gw_a", "storage.power_jpy_bn_per_gw_a",
    "storage.energy_jpy_bn_per_gwh_a", "fleets.cost_jpy_bn_per_gwh", "settings.voll_jpy_bn_per_gwh",
    "settings.spill_jpy_bn_per_gwh",
)  # fmt: skip


@cache
def drawn(seed: int) -> Inputs:
    return random_system(seed)[0]


def half_day() -> Periods:
    return [(np.arange(6, 18), 730.0)]


def read(inputs: Inputs, key: str):
    table, _, column = key.partition(".")
    if not column:
        return getattr(inputs, table, None) if hasattr(inputs, table) else getattr(inputs.hours, table)
    held = getattr(inputs, table)
    return getattr(held, column) if table == "settings" else held[column].to_numpy()


def scaled(inputs: Inputs, key: str, factor: float) -> Inputs:
    return change(inputs, key, read(inputs, key) * factor)


def least_cost(inputs: Inputs) -> float:
    """System cost [JPY bn/a]; infinite where no plan exists."""
    try:
        return solve_stacked(programme_of(inputs, half_day()), 60.0).objective
    except InfeasibleError:
        return np.inf


@cache
def answered(seed: int) -> tuple[Inputs, Solution, Plan]:
    inputs, periods = random_system(seed)
    return inputs, *planned(inputs, periods)


@cache
def base_cost(seed: int) -> float:
    return least_cost(drawn(seed))


def not_more(low: float, high: float) -> bool:
    return high == np.inf or low <= high + SLACK * abs(high)


@pytest.mark.parametrize(
    "key",
    [
        "sites.headroom_gw", "sites.site_limit_gw", "reinforcements.size_gw", "renewables.limit_gw",
        "storage.expansion_limit_gw", "interties.expansion_limit_gw", "interties.forward_gw", "fleets.available_gw",
        "settings.additionality", "storage.energy_gwh", "sites.spare_it_gw",
    ],
)  # fmt: skip
@settings(few, max_examples=2)
@given(seeds, factors)
def test_more_room_never_costs_more(key, seed, factor):
    assert not_more(least_cost(scaled(drawn(seed), key, factor)), base_cost(seed))


@pytest.mark.parametrize(
    "key", [*MONEY[:1], "fleets.cost_jpy_bn_per_gwh", "interties.loss_share", "fleets.min_gw"]
)
@settings(few, max_examples=2)
@given(seeds, factors)
def test_dearer_or_stiffer_never_costs_less(key, seed, factor):
    factor = 1 + (factor - 1) / 4 if key == "fleets.min_gw" else factor
    assert not_more(base_cost(seed), least_cost(scaled(drawn(seed), key, factor)))


@few
@given(seeds, st.floats(0.3, 0.95))
def test_tighter_latency_never_costs_less(seed, kept):
    inputs = drawn(seed)
    near = np.random.default_rng(seed).random(len(inputs.routes)) < kept
    assert not_more(base_cost(seed), least_cost(replace(inputs, routes=inputs.routes[near])))


@few
@given(seeds)
def test_one_site_more_never_costs_more(seed):
    """The last site is closed: nothing may be sold there, no renewables stand there."""
    inputs = drawn(seed)
    last = inputs.sites.index[-1]
    without = replace(
        inputs,
        routes=inputs.routes[inputs.routes.index.get_level_values("site") != last],
        renewables=inputs.renewables[inputs.renewables.index.get_level_values("site") != last],
    )
    assert not_more(base_cost(seed), least_cost(without))


@few
@given(seeds, st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_higher_regional_floor_never_costs_less(seed, low, more):
    free = change(drawn(seed), "settings.distribution", "free")
    costs = [least_cost(change(free, "settings.min_regional_share", share)) for share in (low, low + more)]
    assert not_more(*costs)


@few
@given(seeds)
def test_distribution_as_today_never_costs_less_than_free(seed):
    inputs = change(drawn(seed), "settings.min_regional_share", 0.0)
    costs = [least_cost(change(inputs, "settings.distribution", rule)) for rule in ("free", "as_today")]
    assert not_more(*costs)


@few
@given(seeds)
def test_leave_to_go_abroad_never_costs_more(seed):
    costs = [least_cost(change(drawn(seed), "settings.allow_abroad", may)) for may in (True, False)]
    assert not_more(*costs)


@few
@given(seeds, st.floats(0.1, 10.0))
def test_scaling_all_money_scales_the_cost(seed, factor):
    inputs = drawn(seed)
    for key in MONEY:
        inputs = scaled(inputs, key, factor)
    assert least_cost(inputs) == pytest.approx(factor * base_cost(seed), rel=SLACK)


@few
@given(seeds)
def test_zero_growth_never_costs_more_than_nothing(seed):
    """No load to place: the plan may save money with lines and batteries, it cannot cost any."""
    inputs = change(drawn(seed), "demand.demand_gw", 0.0)
    solution = solved(change(inputs, "operator_mix.min_share", 0.0), half_day())
    assert solution.cost <= solution.baseline_cost * (1 + SLACK)
    assert solution.siting["it"].sum() == pytest.approx(0.0, abs=1e-9)


@few
@given(seeds, st.floats(0.2, 0.8))
def test_splitting_a_site_into_twins_changes_nothing(seed, share):
    assert least_cost(split(drawn(seed), share)) == pytest.approx(base_cost(seed), rel=SLACK)


def split(inputs: Inputs, share: float) -> Inputs:
    """Cut the first site in two: same place, same costs, room shared out."""
    first = inputs.sites.index[0]
    name = f"{first}-twin"

    def both(table: pd.DataFrame, columns: tuple[str, ...]) -> pd.DataFrame:
        index = table.index.to_frame(index=False)
        mine = index["site"] == first
        twin = table[mine.to_numpy()].copy()
        keys = index[mine].assign(site=name)
        twin.index = pd.MultiIndex.from_frame(keys) if len(keys.columns) > 1 else pd.Index(keys["site"])
        kept = table.copy()
        for column in columns:
            kept.loc[mine.to_numpy(), column] *= share
            twin[column] *= 1 - share
        return pd.concat([kept, twin])

    year = inputs.hours
    return replace(
        inputs,
        sites=both(inputs.sites, ("headroom_gw", "site_limit_gw", "spare_it_gw")),
        reinforcements=both(inputs.reinforcements, ("size_gw",)),
        renewables=both(inputs.renewables, ("limit_gw",)),
        routes=both(inputs.routes, ()),
        pue=np.vstack([inputs.pue, inputs.pue[:1]]),
        hours=replace(
            year,
            site_cf=np.concatenate([year.site_cf, year.site_cf[:1]]),
            temperature_c=np.concatenate([year.temperature_c, year.temperature_c[:1]]),
        ),
    )


def shuffled(inputs: Inputs, seed: int) -> Inputs:
    """The same system, the rows of every table in another order, axes with them."""
    draw = np.random.default_rng(seed)
    site, area, work = (draw.permutation(len(t)) for t in (inputs.sites, inputs.areas, inputs.workloads))
    mixed = {
        name: getattr(inputs, name).iloc[draw.permutation(len(getattr(inputs, name)))]
        for name in ("reinforcements", "renewables", "operator_mix", "demand", "routes", "interties", "storage", "fleets")
    }  # fmt: skip
    year = inputs.hours
    return replace(
        inputs, sites=inputs.sites.iloc[site], areas=inputs.areas.iloc[area], workloads=inputs.workloads.iloc[work],
        pue=inputs.pue[site], profile=inputs.profile[work],
        renewables_existing_gw=inputs.renewables_existing_gw[area],
        hours=replace(
            year, demand_gw=year.demand_gw[area], must_run_gw=year.must_run_gw[area],
            existing_cf=year.existing_cf[area], site_cf=year.site_cf[site], temperature_c=year.temperature_c[site],
        ),
        **mixed,
    )  # fmt: skip


@pytest.mark.parametrize("seed", [1, 14])
def test_row_order_changes_nothing(seed):
    """Every table shuffled: same plan per site, area and link once sorted, same grid rent.

    Energy prices are left out: where the optimum expands a line or a battery, the hourly duals are one of many.
    """
    inputs, periods = random_system(seed)
    (_, one), (_, two) = (planned(i, periods[:1]) for i in (inputs, shuffled(inputs, seed)))
    for table, key, columns in (
        ("sites", "site", ["it_mw", "served_it_mw", "connection_mw", "solar_mw", "grid_rent_jpy_per_kw_a"]),
        ("areas", "area", ["it_mw", "battery_mw", "net_import_gwh", "co2_kt"]),
        ("interties", "intertie", ["expansion_mw", "forward_gwh", "reverse_gwh"]),
    ):
        left, right = (plan.tables[table].set_index(key)[columns].sort_index() for plan in (one, two))
        pd.testing.assert_frame_equal(left, right, rtol=1e-6, atol=1e-5)
    assert one.figures["system_cost_jpy_bn_per_a"] == pytest.approx(
        two.figures["system_cost_jpy_bn_per_a"], rel=1e-9
    )


@pytest.mark.parametrize("seed", [0, 12])
def test_prices_explain_the_cost(seed):
    """Strong duality: every limit times its price, added up, is the system cost; column bounds are all zero."""
    inputs, periods = random_system(seed)
    programme = programme_of(inputs, periods)
    whole = stack(programme)
    solver, reduced = stacked_solver(programme)
    answer = solver.solve()
    limits = reduced.limits(whole.lower, whole.upper)
    dual = reduced.duals(limits, answer.row_dual, answer.reduced_cost)
    limit = np.where(dual > 0, whole.lower, whole.upper)
    explained = float(dual[dual != 0] @ limit[dual != 0])
    assert explained == pytest.approx(answer.objective, rel=1e-8)
    assert (whole.column_lower == 0).all()
    assert np.isposinf(whole.column_upper).all()


@pytest.mark.parametrize("seed", [5, 19])
def test_energy_balances_in_every_hour_of_the_table(seed):
    """Demand + data centers + spill = must-run + renewables + thermal + storage + imports + shed, to a watt."""
    inputs, _, plan = answered(seed)
    hours = plan.tables["hours"]
    supply = hours[
        ["must_run_mw", "renewable_mw", "thermal_mw", "storage_mw", "net_import_mw", "shed_mw"]
    ].sum(axis=1)
    use = hours[["demand_mw", "dc_load_mw", "spill_mw"]].sum(axis=1)
    assert np.abs(supply - use).max() < 1e-5
    weather = hours["renewable_available_mw"] - hours["renewable_mw"] - hours["curtailed_mw"]
    assert np.abs(weather).max() < 1e-5
    assert hours["weight"].groupby(hours["area"]).sum().to_numpy() == pytest.approx(
        np.full(len(inputs.areas), 8760.0)
    )


@pytest.mark.parametrize("seed", [5, 19])
def test_it_load_is_served_and_built_exactly(seed):
    """Σ served + abroad = demand; new and idle capacity times utilisation covers what is served."""
    inputs, solution, plan = answered(seed)
    demand = inputs.demand["demand_gw"].sum() * 1000
    served = plan.tables["sites"]["served_it_mw"].sum()
    assert served + plan.figures["it_mw_abroad"] == pytest.approx(demand)
    needed = (
        solution.siting["hosted"].to_numpy().reshape(len(inputs.sites), -1)
        / inputs.workloads["utilisation"].to_numpy()
    )
    spare = float(inputs.sites["spare_it_gw"].sum())
    assert needed.sum() - spare - 1e-9 <= plan.figures["it_mw_built"] / 1000 <= needed.sum() + 1e-9


def slope(inputs: Inputs, key: str, row, step: float, periods: Periods) -> tuple[float, float]:
    """Left and right slope of the system cost along one number of a table or one setting."""
    table, column = key.split(".")
    here = (
        getattr(inputs.settings, column) if table == "settings" else getattr(inputs, table).loc[row, column]
    )
    costs = []
    for value in (here - step, here, here + step):
        moved = change(inputs, key, value if table == "settings" else {row: value})
        costs.append(solve_stacked(programme_of(moved, periods), 60.0).objective)
    return (costs[1] - costs[0]) / step, (costs[2] - costs[1]) / step


@pytest.mark.parametrize("seed", [5])
def test_prices_are_finite_differences_of_the_cost(seed):
    """Rent of headroom, price of demand, price of the floor: change the number by a little, solve again, compare.

    Where left and right slope differ (a kink) a dual is any slope between them; where they agree it is that one.
    """
    inputs, periods = random_system(seed)
    periods = periods[:1]
    solution = solved(inputs, periods)
    duals, step = solution.siting_duals, 1e-5
    rent = duals["within_grid_headroom"]
    cases = [("sites.headroom_gw", rent.index[int(np.argmin(rent))], float(rent.min()))]
    node = duals["serve_demand"].index[0]
    cases.append(("demand.demand_gw", node, float(duals["serve_demand"][node])))
    if inputs.settings.min_regional_share > 0:
        built = float(solution.siting["it"].sum())
        cases.append(("settings.min_regional_share", None, float(duals["dispersion"].iloc[0]) * built))
    smooth = 0
    for key, row, dual in cases:
        left, right = slope(inputs, key, row, step, periods)
        allowed = 1e-4 * max(1.0, abs(dual))
        assert min(left, right) - allowed <= dual <= max(left, right) + allowed, key
        smooth += abs(left - right) <= allowed
    assert cases[1][2] > 0
    assert smooth >= 2, "the point is a kink in too many directions to prove a price"
