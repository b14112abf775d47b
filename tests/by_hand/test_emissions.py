"""CO2 of a kWh, average and marginal: on paper, and against another solve with a little more load."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from toy import full_system, planned, programme_of, random_system, solved, toy

from optimizer.analyse.stacks import price_stacks
from optimizer.solve.workers import BlockSolvers

COAL_AND_GAS = {
    "fleets": {
        ("A", "coal"): {"available_gw": 4.0, "cost_jpy_bn_per_gwh": 0.006, "co2_kt_per_gwh": 0.9},
        ("A", "lng"): {"available_gw": 100.0, "cost_jpy_bn_per_gwh": 0.012, "co2_kt_per_gwh": 0.4},
    }
}
"""5 GW of demand and 1 GW of data centers: 4 GW of coal, 2 GW of gas."""


def test_average_and_marginal_of_one_area():
    """Average (4 · 0.9 + 2 · 0.4) / 6 = 0.7333 kg/kWh; one more kWh is gas: 0.4. Without spare gas it would be shed: 0."""
    _, plan = planned(toy(COAL_AND_GAS))
    area = plan.tables["areas"].iloc[0]
    assert area["co2_average_kg_per_kwh"] == pytest.approx(4.4 / 6.0)
    assert area["co2_marginal_kg_per_kwh"] == pytest.approx(0.4)
    assert plan.tables["hours"]["co2_marginal_kg_per_kwh"].to_numpy() == pytest.approx(np.full(24, 0.4))
    scarce = {
        key: row | ({"available_gw": 1.5} if key[1] == "lng" else {})
        for key, row in COAL_AND_GAS["fleets"].items()
    }
    _, plan = planned(toy({"fleets": scarce}))
    assert plan.tables["areas"]["co2_marginal_kg_per_kwh"].iloc[0] == pytest.approx(0.0)


def test_rates_follow_the_line():
    """B has no power station: 5 GW arrive over a link that loses 10 %. Average as in A; marginal 0.4 / 0.9 = 0.444.

    Without the loss it would be A's 0.4.
    """
    changes = COAL_AND_GAS | {"interties": {"AB": {"forward_gw": 20.0, "loss_share": 0.1}}}
    _, plan = planned(toy(changes, areas=("A", "B")))
    table = plan.tables["areas"].set_index("area")
    assert table.loc["B", "co2_marginal_kg_per_kwh"] == pytest.approx(0.4 / 0.9)
    assert table.loc["A", "co2_marginal_kg_per_kwh"] == pytest.approx(0.4)
    own = 4.0 * 0.9 + (6.0 + 5.0 / 0.9 - 4.0) * 0.4
    assert table.loc["A", "co2_average_kg_per_kwh"] == pytest.approx(own / (6.0 + 5.0 / 0.9))
    assert table.loc["B", "co2_average_kg_per_kwh"] == pytest.approx(own / (6.0 + 5.0 / 0.9))


@pytest.mark.parametrize("make", [random_system, full_system])
@pytest.mark.parametrize("seed", [0, 1, 3])
def test_marginal_emission_is_what_another_solve_says(seed, make):
    """Load ± 0.1 MW in one hour, solved again: the rate is the slope; at a kink, between the two slopes."""
    inputs, periods = make(seed)
    programme = programme_of(inputs, periods)
    rates = inputs.fleets["co2_kt_per_gwh"].to_numpy()
    period, step = programme.periods[0], 1e-4
    block = programme.blocks[len(period.hours)]

    def emitted(row: int, more: float) -> tuple[float, np.ndarray]:
        lower, upper = period.lower.copy(), period.upper.copy()
        lower[row] += more
        upper[row] += more
        moved = replace(period, lower=lower, upper=upper)
        found = BlockSolvers(programme.blocks, {0: moved}, {len(period.hours): period}).detail(
            0, programme.baseline
        )
        return float((rates @ found.primal["gen"]).sum()), found.dual["co2_marginal"]

    draw, smooth = np.random.default_rng(seed), 0
    balance = block.equations["energy_balance"].at
    here, marginal = emitted(int(balance[0, 0]), 0.0)
    for _ in range(6):
        area, hour = int(draw.integers(balance.shape[0])), int(draw.integers(balance.shape[1]))
        row = int(balance[area, hour])
        left, right = ((emitted(row, sign * step)[0] - here) / (sign * step) for sign in (-1.0, 1.0))
        assert min(left, right) - 1e-4 <= marginal[area, hour] <= max(left, right) + 1e-4
        smooth += abs(left - right) < 1e-4
    assert smooth >= 3, "too many kinks to prove a rate"


def test_energy_splits_into_energy_and_co2_with_the_same_sum():
    """Gas at 0.012 with 5,000 JPY/t · 0.4 kg/kWh = 0.002 of it CO2: 17.52 of 105.12 JPY bn/GW/a. Without a price: none."""
    inputs = toy(COAL_AND_GAS)
    priced = replace(
        inputs,
        parameters=pd.DataFrame({"value": [5000.0]}, index=pd.Index(["co2_price_jpy_per_t"], name="name")),
    )
    whole, _ = price_stacks(inputs, solved(inputs))
    apart, _ = price_stacks(priced, solved(priced))
    whole = whole.set_index("component")["jpy_m_per_mw_a"]
    apart = apart.set_index("component")["jpy_m_per_mw_a"]
    assert whole["energy"] == pytest.approx(105.12)
    assert "co2" not in whole
    assert apart["co2"] == pytest.approx(17.52)
    assert apart["energy"] == pytest.approx(87.6)
    assert apart.sum() == pytest.approx(whole.sum())
