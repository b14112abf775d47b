"""What the grid sees of the siting problem: load by PUE and profile, weather by site, capacity, weights."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from toy import change, dispatch_block, planned, price, programme_of, solved, toy

from optimizer.model.coupling import coupling_matrix, representative_days, year_of_weeks


def cost(solution) -> float:
    return solution.cost - solution.baseline_cost


def test_load_is_pue_times_profile_hour_by_hour():
    """PUE 1.5 by day and 1.1 by night, load 1.2 by day and 0.8 by night: (1.8 + 0.88) / 2 = 1.34 GW on average.

    100 + 1.34 · 87.6 = 217.384. With means multiplied (1.3 · 1.0) it would be 213.88: hours matter.
    """
    inputs = toy({"pue": [1.5] * 12 + [1.1] * 12, "profile": [1.2] * 12 + [0.8] * 12})
    solution, plan = planned(inputs)
    assert cost(solution) == pytest.approx(217.384)
    hours = plan.tables["hours"]["dc_load_mw"]
    assert list(hours) == pytest.approx([1800.0] * 12 + [880.0] * 12)
    assert plan.figures["dc_electricity_gwh"] == pytest.approx(1.34 * 8760)
    assert plan.tables["sites"]["electricity_gwh"].sum() == pytest.approx(1.34 * 8760)


def test_new_renewables_give_their_own_sites_weather():
    """Wind of A2 blows at 0.5, of A1 not at all: 1 GW at A2 saves 43.8 for 20: 187.6 − 2 · 23.8 = 140 (κ = 1).

    κ counts energy before curtailment: 8,760 GWh allow 2 GW at 0.5. Were A1's weather read for A2, none is built.
    """
    cf = np.zeros((2, 3, 24))
    cf[1, 1] = 0.5
    rows = {
        ("A1", "onshore"): {"cost_jpy_bn_per_gw_a": 20.0},
        ("A2", "onshore"): {"cost_jpy_bn_per_gw_a": 20.0},
    }
    solution, plan = planned(toy({"renewables": rows, "site_cf": cf}, sites={"A1": "A", "A2": "A"}))
    assert cost(solution) == pytest.approx(140.0)
    assert list(plan.tables["sites"]["onshore_mw"]) == pytest.approx([0.0, 2000.0])


def test_weights_make_a_year_of_unequal_periods():
    """A day of 300 at 10 JPY/kWh, a day of 65 where oil at 30 is all there is: 1 GW costs 24 · (3 + 1.95) = 118.8.

    Demand 0 first day, 5 second; coal 5 GW at 10, oil at 30: price mean (300 · 10 + 65 · 30) / 365 = 13.56.
    Unweighted it would be 20.
    """
    fleets = {("A", "coal"): {"available_gw": 5.0}, ("A", "oil"): {"cost_jpy_bn_per_gwh": 0.03}}
    inputs = toy({"fleets": fleets, "demand_gw": [0.0] * 24 + [5.0] * 24}, hours=48)
    periods = [(np.arange(24), 300.0), (np.arange(24, 48), 65.0)]
    solution, plan = planned(inputs, periods)
    assert solution.baseline_cost == pytest.approx(65 * 24 * 0.05)
    assert cost(solution) == pytest.approx(100 + 24 * (300 * 0.01 + 65 * 0.03))
    assert price(plan, "energy_balance", "A")[0] == pytest.approx((3000 + 1950) / 365)


def test_batteries_and_lines_raise_the_limits_they_are_named_for():
    """One unit of each interface column adds exactly one to each of its own rows and nothing elsewhere."""
    rows = {
        "storage": {("A", "battery"): {}, ("A", "pumped"): {}, ("B", "battery"): {}},
        "interties": {"AB": {}, "BA": {"from_area": "B", "to_area": "A"}},
    }
    inputs = toy(rows, sites={"A1": "A", "B1": "B"})
    block = dispatch_block(inputs)
    matrix = coupling_matrix(inputs, block, np.arange(24)).toarray()
    load, power, energy, line = matrix[:, :2], matrix[:, 2:4], matrix[:, 4:6], matrix[:, 6:]
    place = block.equations
    assert (load[place["energy_balance"].at] == np.eye(2)[:, None, :]).all()
    batteries = [0, 2]
    for name in ("storage_charge_power", "storage_discharge_power"):
        assert (power[place[name].at[batteries]] == np.eye(2)[:, None, :]).all()
        assert not power[place[name].at[1]].any()
    assert (energy[place["storage_energy"].at[batteries]] == np.eye(2)[:, None, :]).all()
    for name in ("intertie_forward", "intertie_backward"):
        assert (line[place[name].at] == np.eye(2)[:, None, :]).all()
    assert [load.sum(), power.sum(), energy.sum(), line.sum()] == [48, 96, 48, 96]


def test_year_of_weeks_covers_every_hour_once():
    periods = year_of_weeks(None)
    assert len(periods) == 53
    assert (np.concatenate([hours for hours, _ in periods]) == np.arange(8760)).all()
    assert [len(hours) for hours, _ in periods[-2:]] == [168, 24]


@pytest.mark.parametrize("weeks", [1, 2, 4, 13, 52])
def test_evenly_spaced_weeks_stand_for_the_year(weeks):
    periods = year_of_weeks(weeks)
    assert sum(len(hours) * weight for hours, weight in periods) == pytest.approx(8760.0)
    starts = [hours[0] for hours, _ in periods]
    assert all(start % 168 == 0 for start in starts)
    assert len(set(starts)) == weeks
    assert max(hours[-1] for hours, _ in periods) < 8760


def test_representative_days_are_the_medoids_of_their_months():
    """Three days of one month with demand 1, 5 and 6: the middle one stands for all three."""
    inputs = toy({"demand_gw": np.repeat([1.0, 5.0, 6.0], 24)}, hours=72)
    days = representative_days(inputs)
    assert [(int(hours[0]), weight) for hours, weight in days] == [(24, 3.0)]
    year = toy(hours=8760)
    assert sum(weight for _, weight in representative_days(year)) == 365.0
    assert len(representative_days(year)) == 12


def test_a_site_draws_from_its_own_area_only():
    """The same IT in B, where power costs 30: 100 + 262.8. In A: 187.6."""
    fleets = {("A", "coal"): {}, ("B", "oil"): {"cost_jpy_bn_per_gwh": 0.03}}
    assert cost(solved(toy({"fleets": fleets}, sites={"B1": "B"}, areas=("A", "B")))) == pytest.approx(362.8)
    assert cost(solved(toy({"fleets": fleets}, sites={"A1": "A"}, areas=("A", "B")))) == pytest.approx(187.6)


def test_the_programme_does_not_depend_on_what_it_was_stamped_with():
    """One block serves two data sets: matrices and costs are equal, only limits and couplings differ."""
    first = toy({"renewables": {("A1", "onshore"): {}}, "site_cf": 0.3})
    second = change(change(first, "demand_gw", np.linspace(1, 9, 24)), "site_cf", 0.7)
    one, two = programme_of(first), programme_of(second)
    assert (one.blocks[24].matrix != two.blocks[24].matrix).nnz == 0
    assert (one.blocks[24].cost == two.blocks[24].cost).all()
    assert not (one.periods[0].lower == two.periods[0].lower).all()
    assert isinstance(one.periods[0].hours, np.ndarray)
    assert pd.Series(one.periods[0].coupling.data).max() == pytest.approx(1.0)
