"""What must hold for any pathway: one year is the plain run, free years are separate runs, split and whole agree."""

from dataclasses import replace

import numpy as np
import pytest
from pathway_toy import pathway, rules_of, stacked_programme
from pyomo.util.check_units import assert_units_consistent
from toy import change, full_system, programme_of, random_system, seeds, silent, solved

from optimizer.analyse.plan import make_plan
from optimizer.model.pathway import build_pathway
from optimizer.model.stack_years import stack_years
from optimizer.solve.decompose import solve_programme
from optimizer.solve.stacked import solve_stacked
from optimizer.solve.workers import SerialEvaluator


def grown(seed, make=random_system):
    """A random system in two years: a fifth more load in 2030."""
    inputs, periods = make(seed)
    more = change(inputs, "demand.demand_gw", 1.2 * inputs.demand["demand_gw"].to_numpy())
    return {2027: inputs, 2030: more}, periods


def tight(years, seed):
    """Rules of which some bind: the nation may build a little less than it would by 2030, solar comes late."""
    load = sum(inputs.demand["demand_gw"].sum() for inputs in years.values())
    return rules_of(
        years, 0.04, nation_rate_gw_per_a=0.6 * float(load), site_rate_gw_per_a=0.5 * float(load),
        lead_a={"solar": 4, "line": 4} if seed % 2 else {"battery": 4},
    )  # fmt: skip


def test_a_pathway_of_one_year_is_the_plain_run():
    """The very programme, hence the very answer; with laws between years that cannot bind, the same to 1e-9."""
    inputs, periods = random_system(2)
    plain = programme_of(inputs, periods)
    assert stack_years({2030: plain}, {2030: 1.0}, None) is plain
    alone = solved(inputs, periods)
    whole, each = pathway({2030: inputs}, rules_of({2030: inputs}, nation_rate_gw_per_a=1e3), periods)
    assert whole.cost == pytest.approx(alone.cost, rel=1e-9)
    assert each[2030].cost == pytest.approx(alone.cost, rel=1e-9)
    assert each[2030].baseline_cost == pytest.approx(alone.baseline_cost, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_years_that_nothing_ties_are_separate_runs(seed):
    years, periods = grown(seed)
    programmes = {year: programme_of(inputs, periods) for year, inputs in years.items()}
    rules = rules_of(years, 0.04)
    whole = stack_years(programmes, rules.weight, None)
    together = solve_programme(whole, years[2027].settings, SerialEvaluator(), silent)
    alone = {year: solved(inputs, periods).cost for year, inputs in years.items()}
    assert together.cost == pytest.approx(sum(rules.weight[y] * alone[y] for y in years), rel=1e-8)
    assert rules.weight[2027] > rules.weight[2030]


@pytest.mark.parametrize("seed", seeds([1, 2], range(4)))
def test_decomposed_is_stacked_with_laws_between_years(seed):
    years, periods = grown(seed, full_system if seed == 3 else random_system)
    rules = tight(years, seed)
    whole, programmes = stacked_programme(years, rules, periods)
    found, each = pathway(years, rules, periods)
    assert found.cost == pytest.approx(solve_stacked(whole, 300).objective, rel=1e-6)
    total = sum(rules.weight[year] * each[year].cost for year in years)
    assert total == pytest.approx(found.cost, rel=1e-9)
    alone = stack_years(programmes, rules.weight, None)
    free = solve_programme(alone, years[2027].settings, SerialEvaluator(), silent).cost
    assert found.cost > free + 1e-6, "no law between the years binds: the test shows nothing"


@pytest.mark.parametrize("seed", range(3))
def test_what_is_built_stays(seed):
    years, periods = grown(seed)
    _, each = pathway(years, tight(years, seed), periods)
    for name in ("it", "connection", "reinforce", "renewable", "battery_power", "battery_energy", "line"):
        first, second = (each[year].siting[name].to_numpy() for year in years)
        assert (second >= first - 1e-7).all(), name


def test_price_of_waiting_is_the_finite_difference():
    """One more MW a year: the cost falls by the price times the three years it counts for."""
    years, periods = grown(1)
    rules = tight(years, 1)
    step = 1e-3
    found, _ = pathway(years, rules, periods)
    price = found.siting_duals["within_nation_build_rate"].to_numpy()
    faster = replace(rules, nation_rate_gw_per_a=rules.nation_rate_gw_per_a + step)
    change_of_cost = pathway(years, faster, periods)[0].cost - found.cost
    assert change_of_cost == pytest.approx(step * float(price @ np.array([2.0, 3.0])), rel=1e-4, abs=1e-9)


@pytest.mark.parametrize("seed", range(2))
def test_the_stack_of_a_chosen_site_is_its_price_in_every_year(seed):
    """Laws between years are parts of the stack: without them chosen sites would show a gap."""
    years, periods = grown(seed)
    _, each = pathway(years, tight(years, seed), periods)
    for year, inputs in years.items():
        options = make_plan(inputs, each[year]).tables["options"]
        chosen = options[options["served_mw"] > 1.0]
        assert len(chosen)
        assert (chosen["gap_jpy_m_per_mw_a"].abs() < 1e-5 * chosen["price_jpy_m_per_mw_a"]).all()


def test_units_of_the_laws_between_years():
    years, periods = grown(0, full_system)
    siting = {year: programme_of(inputs, periods).siting for year, inputs in years.items()}
    assert_units_consistent(build_pathway(siting, tight(years, 1)))


def test_other_fuel_prices_in_one_year_are_refused():
    """The blocks are shared: a dearer fuel in 2030 only would be priced as in 2027."""
    years, periods = grown(0)
    years[2030] = change(years[2030], "fleets.cost_jpy_bn_per_gwh", 0.02)
    with pytest.raises(ValueError, match="fuel"):
        stacked_programme(years, rules_of(years), periods)
