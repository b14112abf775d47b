"""Back-test on paper: which flows areas' imports prove, and what the tables say of a system one can add up."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from toy import toy

from optimizer.analyse.backtest import actual_year, compare, flows_of

HOURS = 8760


def links(*ends: tuple[str, str, float]) -> pd.DataFrame:
    table = pd.DataFrame(
        ends, columns=["from_area", "to_area", "forward_gw"], index=[a + b for a, b, _ in ends]
    )
    return table.assign(reverse_gw=table["forward_gw"])


def test_flows_of_a_chain_are_what_one_side_lacks() -> None:
    """A sends 5, C takes 3, B takes 2: A-B carries 5, B-C 3. Ignoring who is behind B would give 2."""
    flow, exact = flows_of(
        np.array([[-5.0], [2.0], [3.0]]), ["A", "B", "C"], links(("A", "B", 1.0), ("B", "C", 1.0))
    )
    assert flow[:, 0] == pytest.approx([5.0, 3.0])
    assert exact.tolist() == [True, True]


def test_flows_of_a_loop_go_where_there_is_room() -> None:
    """A sends 6 to C directly (capacity 2) or over B (1 and 1, in series worth ½): 6 · 2 / 2.5 = 4.8 directly.

    Without weights the split would be 4 and 2. D hangs on C by one link: exact.
    """
    table = links(("A", "B", 1.0), ("B", "C", 1.0), ("A", "C", 2.0), ("C", "D", 1.0))
    flow, exact = flows_of(np.array([[-6.0], [0.0], [5.0], [1.0]]), ["A", "B", "C", "D"], table)
    assert flow[:, 0] == pytest.approx([1.2, 1.2, 4.8, 1.0])
    assert exact.tolist() == [False, False, False, True]


def two_areas() -> Any:
    """A has coal of 5 GW, B oil of 5 GW, a link of 4 GW without loss; 1 GW of solar in A."""
    inputs = toy(
        {
            "fleets": {("A", "coal"): {}, ("B", "oil_base"): {"cost_jpy_bn_per_gwh": 0.03}},
            "interties": {"AB": {"forward_gw": 4.0, "reverse_gw": 4.0, "loss_share": 0.0}},
        },
        areas=("A", "B"),
        hours=HOURS,
    )
    return replace(inputs, renewables_existing_gw=np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]))


def measured() -> pd.DataFrame:
    """A: demand 2 GW, coal 3, sends 1.4, solar 400 MW and 100 MW curtailed; B: demand 1.4 GW, oil 0."""
    hour = pd.date_range("2025-04-01", periods=HOURS, freq="h").strftime("%Y-%m-%d %H:%M")
    zero = dict.fromkeys(
        ("wind", "wind_curt", "nuclear", "lng", "hydro", "geothermal", "biomass", "thermal_other"), 0.0
    )
    a = zero | {
        "area": "A",
        "demand": 2000.0,
        "coal": 3000.0,
        "oil": 0.0,
        "solar": 400.0,
        "solar_curt": 100.0,
    }
    b = zero | {"area": "B", "demand": 1400.0, "coal": 0.0, "oil": 0.0, "solar": 0.0, "solar_curt": 0.0}
    rows = [
        pd.DataFrame({"hour": hour, **(a | {"interconn": -1400.0})}),
        pd.DataFrame({"hour": hour, **(b | {"interconn": 1400.0})}),
    ]
    return pd.concat(rows)


def test_measured_hours_take_the_place_of_drawn_ones() -> None:
    """Available solar is what was used and what was curtailed: (400 + 100) / 1000 MW; used alone is 0.4."""
    inputs = two_areas()
    year = actual_year(measured(), inputs)
    assert year.demand_gw.shape == (2, HOURS)
    assert (year.demand_gw == np.array([[2.0], [1.4]])).all()
    assert year.existing_cf[0, 0] == pytest.approx(0.5)
    assert (year.existing_cf[1] == 0.0).all()


def solution(inputs: Any) -> Any:
    """Coal 2.9 all year, solar 0.5 all used, 1.4 sent to B; prices 9 and 12 JPY/kWh."""
    ones = np.ones((1, HOURS))
    fleets, stores = len(inputs.fleets), len(inputs.storage)
    gen = np.zeros((fleets, HOURS))
    gen[[key == ("A", "coal") for key in inputs.fleets.index]] = 2.9
    return SimpleNamespace(
        baseline={
            "gen": gen,
            "used_renewable": np.vstack([0.5 * ones, 0 * ones]),
            "charge": np.zeros((stores, HOURS)),
            "discharge": np.zeros((stores, HOURS)),
            "forward": 1.4 * ones,
            "backward": 0 * ones,
            "shed": np.vstack([0 * ones, 0.001 * ones]),
            "spill": np.zeros((2, HOURS)),
        },
        baseline_duals={"energy_balance": np.vstack([0.009 * ones, 0.012 * ones])},
        hour=np.arange(HOURS),
        weight=np.ones(HOURS),
    )


def test_tables_add_up() -> None:
    """Coal 2.9 against 3.0 GW is −3.3 %; nothing curtailed against a fifth; price 9 against 10 is −10 %."""
    inputs = two_areas()
    inputs = replace(inputs, hours=actual_year(measured(), inputs))
    found = compare(inputs, solution(inputs), measured(), pd.Series({"A": 10.0}))
    coal = found.energy.loc[("A", "coal")]
    assert coal["measured_twh"] == pytest.approx(26.28)
    assert coal["error"] == pytest.approx(-0.1 / 3.0)
    assert bool(coal["judged"])
    assert not found.energy.loc[("A", "lng"), "judged"]
    assert found.energy.loc[("all", "coal"), "modelled_twh"] == pytest.approx(2.9 * 8.76)
    assert found.curtailment.loc["A"].tolist() == pytest.approx([0.2, 0.0])
    assert found.flows.loc["AB", ["measured_twh", "modelled_twh"]].tolist() == pytest.approx([12.264, 12.264])
    assert bool(found.flows.loc["AB", "same_way"])
    assert found.prices["error"].tolist() == pytest.approx([-0.1])
    assert found.shed_gwh == pytest.approx(8.76)
