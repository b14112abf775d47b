"""Target years tied together, on paper. The years 2027 and 2030 stand for three years each: weight ½ without discount.

One GW of IT costs 100 JPY bn/a to hold and 87.6 to run (8,760 h at 10 JPY/kWh).
"""

import pytest
from pathway_toy import pathway, rules_of, stacked_programme
from toy import change, random_system, solved, toy

from optimizer.analyse.pathway_years import with_own_fleets
from optimizer.analyse.plan import make_plan
from optimizer.inputs.common_fleets import with_common_fleets
from optimizer.milestones import Inputs
from optimizer.solve.stacked import solve_stacked


def two_years(first_gw: float, second_gw: float, base: Inputs | None = None) -> dict[int, Inputs]:
    system = change(base or toy(), "operator_mix.min_share", {("general", "domestic"): 1.0})
    return {
        2027: change(system, "demand.demand_gw", first_gw),
        2030: change(system, "demand.demand_gw", second_gw),
    }


def plan_cost(solution) -> float:
    return solution.cost - solution.baseline_cost


def test_build_is_kept_although_the_load_goes():
    """2 GW in 2027, 1 GW in 2030: 2 GW stand in both. 2 · 187.6 = 375.2, then 200 + 87.6 = 287.6; mean 331.4.

    Without the law 2030 would hold 1 GW: 187.6, mean 281.4. One more GW to keep costs 100 in 2030.
    """
    years = two_years(2.0, 1.0)
    whole, each = pathway(years, rules_of(years))
    assert plan_cost(whole) == pytest.approx(331.4, rel=1e-9)
    assert plan_cost(each[2027]) == pytest.approx(375.2, rel=1e-9)
    assert plan_cost(each[2030]) == pytest.approx(287.6, rel=1e-9)
    kept = each[2030].siting_duals["build_is_kept"]
    assert kept[2030, "it", "A1 / domestic"] == pytest.approx(100.0, rel=1e-9)


def test_within_nation_build_rate_builds_before_it_is_needed():
    """1 GW in 2027, 3.5 GW in 2030, at most 0.8 GW/a: 2.4 GW between, so 1.1 GW must stand in 2027 already.

    2027: 110 + 87.6 = 197.6. 2030: 3.5 · 187.6 = 656.6. Mean 427.1. Without the law nothing stands idle: mean 422.1.
    Price of waiting: one more GW built between spares a year-2027 GW, 100 · ½ of the mean year, 100 in 2030's money.
    """
    years = two_years(1.0, 3.5)
    whole, each = pathway(years, rules_of(years, nation_rate_gw_per_a=0.8))
    assert plan_cost(whole) == pytest.approx(427.1, rel=1e-9)
    assert each[2027].siting["it"].sum() == pytest.approx(1.1, rel=1e-9)
    assert whole.siting_duals["within_nation_build_rate"].to_list() == pytest.approx([0.0, -50.0], abs=1e-9)
    assert each[2030].siting_duals["within_nation_build_rate"].to_list() == pytest.approx([-100.0], rel=1e-9)
    free, _ = pathway(years, rules_of(years))
    assert plan_cost(free) == pytest.approx(422.1, rel=1e-9)


def test_within_nation_build_rate_counts_from_the_start_and_says_what_is_missing():
    """0.8 GW/a from the end of 2025 is 1.6 GW by 2027: 1.7 GW cannot be served. Without the law it could."""
    from optimizer.errors import InfeasibleError

    years = two_years(1.7, 2.0)
    with pytest.raises(InfeasibleError, match=r"builders.*\(2027 100\.0 MW\).*nation_rate_mw_per_a"):
        pathway(years, rules_of(years, nation_rate_gw_per_a=0.8))
    pathway(years, rules_of(years, nation_rate_gw_per_a=0.9))


def test_within_site_build_rate_sends_the_rest_to_the_dearer_site():
    """A1 costs 100, A2 110; at most 0.5 GW/a each; 0.9 GW in 2027, 3.5 in 2030: A1 reaches 0.9 + 1.5 = 2.4 GW.

    2027: 90 + 78.84 = 168.84. 2030: 240 + 121 + 306.6 = 667.6. Mean 418.22. Without the law A1 takes all: 412.72.
    Price of waiting at A1 in 2030: 10.
    """
    sites = change(toy(sites={"A1": "A", "A2": "A"}), "sites.building_jpy_bn_per_gw_a", [100.0, 110.0])
    years = two_years(0.9, 3.5, sites)
    whole, each = pathway(years, rules_of(years, site_rate_gw_per_a=0.5))
    assert plan_cost(whole) == pytest.approx(418.22, rel=1e-9)
    assert each[2030].siting["it"]["A1", "domestic"] == pytest.approx(2.4, rel=1e-9)
    rent = each[2030].siting_duals["within_site_build_rate"]
    assert rent[2030, "A1"] == pytest.approx(-10.0, rel=1e-9)
    assert rent[2030, "A2"] == pytest.approx(0.0, abs=1e-9)
    free, _ = pathway(years, rules_of(years))
    assert plan_cost(free) == pytest.approx(412.72, rel=1e-9)


def test_not_before_lead_time_solar_waits():
    """1 GW of solar at 20 % saves 17.52 of fuel and costs 10: 7.52 a year. With 4 years from 2025 it is there in 2030 only.

    187.6 − ½ · 7.52 = 183.84. Without the law 180.08. Price of the lead time in 2027: 7.52.
    """
    solar = change(
        toy({"renewables": {("A1", "solar"): {"limit_gw": 1.0, "cost_jpy_bn_per_gw_a": 10.0}}}),
        "site_cf",
        0.2,
    )
    years = two_years(1.0, 1.0, solar)
    whole, each = pathway(years, rules_of(years, lead_a={"solar": 4}))
    assert plan_cost(whole) == pytest.approx(183.84, rel=1e-9)
    assert each[2027].siting["renewable"].sum() == pytest.approx(0.0, abs=1e-9)
    assert each[2030].siting["renewable"].sum() == pytest.approx(1.0, rel=1e-9)
    price = each[2027].siting_duals["not_before_lead_time"]
    assert price[2027, "renewable", "A1 / solar"] == pytest.approx(-7.52, rel=1e-9)
    free, _ = pathway(years, rules_of(years, lead_a={"solar": 2}))
    assert plan_cost(free) == pytest.approx(180.08, rel=1e-9)


def two_prices():
    """1 GW in both years; coal at 10 JPY/kWh in 2027 and at 20 in 2030, nuclear (half a GW) at 1 in both."""
    rows = {
        ("A", "coal"): {},
        ("A", "nuclear"): {"available_gw": 0.5, "cost_jpy_bn_per_gwh": 0.001, "co2_kt_per_gwh": 0.0},
    }
    cheap = toy({"fleets": rows})
    dear = change(cheap, "fleets.cost_jpy_bn_per_gwh", {("A", "coal"): 0.02})
    return {2027: cheap, 2030: dear}


def test_fuel_costs_what_it_costs_in_its_year():
    """187.6 in 2027, 100 + 175.2 = 275.2 in 2030, 231.4 in the mean year; without years of their own: 187.6 in both."""
    years = two_prices()
    common = with_common_fleets(years)
    assert list(common[2027].fleets.index) == [("A", "coal @ 2027"), ("A", "coal @ 2030"), ("A", "nuclear")]
    assert common[2030].fleets["available_gw"].tolist() == [0.0, 100.0, 0.5]
    whole, each = pathway(common, rules_of(years))
    assert whole.cost - whole.baseline_cost == pytest.approx(231.4)
    for year, cost, price in ((2027, 187.6, 10.0), (2030, 275.2, 20.0)):
        own = with_own_fleets(each[year], years[year], year)
        assert own.cost - own.baseline_cost == pytest.approx(cost)
        plan = make_plan(years[year], own)
        assert plan.tables["areas"]["price_jpy_per_kwh"].iloc[0] == pytest.approx(price)
        rows = plan.tables["generation"].set_index("source")
        assert rows.loc["coal", "energy_gwh"] == pytest.approx(5.5 * 8760)
        assert rows.loc["nuclear", "energy_gwh"] == pytest.approx(0.5 * 8760)
        assert rows.loc["coal", "energy_before_gwh"] == pytest.approx(4.5 * 8760)
        assert not any("@" in source for source in rows.index)


def test_years_of_one_price_are_left_as_they_are():
    years = two_prices()
    alike = {2027: years[2027], 2030: years[2027]}
    assert with_common_fleets(alike) == alike
    whole, each = pathway(alike, rules_of(alike))
    assert with_own_fleets(each[2030], alike[2030], 2030) is each[2030]
    assert whole.dispatch_index["gen"] == (("A", "coal"), ("A", "nuclear"))


@pytest.mark.parametrize("seed", [1, 2])
def test_years_with_prices_of_their_own_as_the_stacked_programme(seed):
    """Random systems, fossil fuel a third dearer in the second year: decomposed as stacked, one year as alone."""
    inputs, periods = random_system(seed)
    emits = inputs.fleets["co2_kt_per_gwh"] > 0
    dearer = inputs.fleets["cost_jpy_bn_per_gwh"].where(~emits, inputs.fleets["cost_jpy_bn_per_gwh"] * 4 / 3)
    years = {2027: inputs, 2030: change(inputs, "fleets.cost_jpy_bn_per_gwh", dearer.to_list())}
    common = with_common_fleets(years)
    rules = rules_of(years)
    programme, _ = stacked_programme(common, rules, periods)
    whole, each = pathway(common, rules, periods)
    assert whole.cost == pytest.approx(solve_stacked(programme, 60.0).objective, rel=1e-6)
    own = with_own_fleets(each[2030], years[2030], 2030)
    alone = solved(years[2030], periods)
    assert own.baseline_cost == pytest.approx(alone.baseline_cost, rel=1e-9)
    assert own.cost >= alone.cost * (1 - 1e-8)
    assert own.dispatch["gen"].shape == alone.dispatch["gen"].shape
