"""The price stack: every part of the cost of one more MW, and strong duality on random systems."""

from __future__ import annotations

import pytest
from toy import full_system, planned, random_system, seeds, solved, toy

from optimizer.analyse.stacks import price_stacks


def test_stack_of_two_sites_on_paper():
    """1 GW at A1 (building 100, land 5, connection 3, fuel 8,760 h · 0.01 = 87.6: 195.6); A2 costs 20 more.

    A1 has room for 2 GW, so the price of one more MW is 195.6 and A2's gap is 20. Without A1's room (0.5 GW) A2
    is used too, the price is A2's 215.6, and A1 earns a site rent of 20.
    """
    changes = {
        "sites.building_jpy_bn_per_gw_a": [100.0, 120.0],
        "sites.land_jpy_bn_per_gw_a": 5.0,
        "sites.connection_jpy_bn_per_gw_a": 3.0,
        "sites.site_limit_gw": [2.0, 10.0],
    }
    places = {"A1": "A", "A2": "A"}
    inputs = toy(changes, sites=places)
    stack, options = price_stacks(inputs, solved(inputs))
    paid = stack[stack["site"] == "A1"].set_index("component")["jpy_m_per_mw_a"]
    assert paid.to_dict() == pytest.approx(
        {"building": 100.0, "land": 5.0, "connection": 3.0, "energy": 87.6}
    )
    assert options["price_jpy_m_per_mw_a"].tolist() == pytest.approx([195.6, 195.6])
    assert options["gap_jpy_m_per_mw_a"].tolist() == pytest.approx([0.0, 20.0], abs=1e-9)
    tight = toy(changes | {"sites.site_limit_gw": [0.5, 10.0]}, sites=places)
    stack, options = price_stacks(tight, solved(tight))
    paid = stack[stack["site"] == "A1"].set_index("component")["jpy_m_per_mw_a"]
    assert paid["within_site"] == pytest.approx(20.0)
    assert options["price_jpy_m_per_mw_a"].tolist() == pytest.approx([215.6, 215.6])
    assert options["gap_jpy_m_per_mw_a"].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)


def test_site_that_uses_idle_machines_is_priced_on_them():
    """0.3 GW stand idle at A1 and cost nothing: they serve first, their rent is the 100 that new machines cost.

    Without them (next test) the same GW would be built: cost and price are equal in both cases.
    """
    inputs = toy(
        {"sites.spare_it_gw": [0.3, 0.0], "sites.site_limit_gw": [0.0, 10.0]}, sites={"A1": "A", "A2": "A"}
    )
    stack, options = price_stacks(inputs, solved(inputs))
    paid = stack[stack["site"] == "A1"].set_index("component")["jpy_m_per_mw_a"]
    assert paid.to_dict() == pytest.approx({"within_built_capacity": 100.0, "energy": 87.6})
    assert options["gap_jpy_m_per_mw_a"].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("seed", seeds([0, 2], range(6)))
@pytest.mark.parametrize("make", [random_system, full_system])
def test_stack_of_a_chosen_site_is_its_price(seed, make):
    """Strong duality: cost and price of every served option agree to 1e-6, and no option is cheaper than its price."""
    inputs, periods = make(seed)
    _, options = price_stacks(inputs, solved(inputs, periods))
    served = options[options["served_mw"] > 1e-3]
    assert len(served) > 0
    assert served["cost_jpy_m_per_mw_a"].to_numpy() == pytest.approx(served["price_jpy_m_per_mw_a"], rel=1e-6)
    assert (options["gap_jpy_m_per_mw_a"] >= -1e-6 * options["price_jpy_m_per_mw_a"]).all()


def test_watt_against_bit_on_paper():
    """Line 10 JPY bn/GW/a = 10,000 JPY/kW/a, no loss; fibre 60,000 JPY/(Gb/s)/a · 2 Gb/s/MW / 1,000 = 120 JPY/kW/a.

    Power costs 10 JPY/kWh in A and 12 in B: the difference pays 2 · 8,760 = 17,520 JPY/kW/a for a wire from A to
    B, nothing from B to A. Without the full link (1 GW, used up by demand of 5 GW in B) the prices would be equal.
    """
    from dataclasses import replace

    import pandas as pd

    inputs = toy(
        {
            "fleets": {("A", "coal"): {}, ("B", "lng"): {"cost_jpy_bn_per_gwh": 0.012}},
            "interties": {"AB": {}},
            "workloads.gbps_per_mw": 2.0,
        },
        sites={"A1": "A"},
        areas=("A", "B"),
    )
    index = pd.MultiIndex.from_tuples([("A", "B"), ("B", "A")], names=["from_area", "to_area"])
    pairs = pd.DataFrame({"distance_km": 100.0, "fibre_jpy_per_gbps_a": 60_000.0}, index=index)
    _, plan = planned(replace(inputs, between_areas=pairs))
    table = plan.tables["watt_bit"].set_index(["power_area", "user_area"])
    assert table.loc[("A", "B"), "wire_jpy_per_kw_a"] == pytest.approx(10_000.0)
    assert table.loc[("A", "B"), "wire_rent_jpy_per_kw_a"] == pytest.approx(17_520.0)
    assert table.loc[("B", "A"), "wire_rent_jpy_per_kw_a"] == pytest.approx(0.0)
    assert table.loc[("A", "B"), "fibre_jpy_per_kw_a"] == pytest.approx(120.0)
    assert table.loc[("A", "B"), "wire_per_fibre"] == pytest.approx(10_000.0 / 120.0)


def test_reasons_name_what_decides_and_what_limits():
    """A1 is 20 cheaper to build and full (limit 0.4 GW); A2 takes the rest; A3 costs 50 more and gets nothing."""
    inputs = toy(
        {
            "sites.building_jpy_bn_per_gw_a": [100.0, 120.0, 170.0],
            "sites.site_limit_gw": [0.4, 10.0, 10.0],
            "nodes.lon": 137.0,
        },
        sites={"A1": "A", "A2": "A", "A3": "A"},
    )
    _, plan = planned(inputs)
    words = plan.tables["reasons"].set_index("site")
    assert words["it_mw"].to_dict() == pytest.approx({"A2": 600.0, "A1": 400.0, "A3": 0.0})
    assert words.loc["A1", "words"] == (
        "A1 gets 400 MW; cheaper by building 20 than the middle of all sites; more would be built but for the IT "
        "capacity the site allows (JPY m per MW of load and year)."
    )
    assert words.loc["A3", "words"] == (
        "A3 gets nothing; dearer by building 50 than the middle of all sites; 50 too dear to be chosen (JPY m per "
        "MW of load and year)."
    )
    assert words.loc["A1", "words_ja"].startswith(
        "A1は400 MW。全地点の中央値より建設費 20安い。立地の受入容量が上限"
    )
