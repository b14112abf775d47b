"""What the plan leaves unused of each limit: hand-computed, each with its counterfactual."""

import pytest

from tests.by_hand.test_clean import capped
from tests.toy import planned, toy


def unused(inputs, law, index):
    """Unused share of a limit, as the price table publishes it."""
    table = planned(inputs)[1].tables["prices"]
    row = table[(table["equation"] == law) & (table["index"] == index)]
    assert len(row) == 1
    return float(row["unused_share"].iloc[0])


def test_a_cap_on_co2_above_the_emissions_is_not_used_up():
    """47,304 kt of coal power under a cap of 50,000: 2,696 kt are left, 5.392 %. Under 43,800 kt nothing is."""
    assert unused(toy(capped(50_000.0)), "co2_cap", "nation") == pytest.approx(0.05392)
    assert unused(toy(capped(43_800.0)), "co2_cap", "nation") == pytest.approx(0.0, abs=1e-9)


def test_a_cap_that_is_bought_out_of_is_used_up():
    """Overshot by 3,504 kt: nothing of the cap is left."""
    assert unused(toy(capped(43_800.0, beyond=0.005)), "co2_cap", "nation") == 0.0


def test_headroom_is_used_by_what_is_connected():
    """1 GW at a PUE of 1 behind 2 GW of headroom leaves half; behind 1 GW nothing."""
    for headroom, left in ((2.0, 0.5), (1.0, 0.0)):
        inputs = toy({"sites.headroom_gw": headroom, "sites.connection_jpy_bn_per_gw_a": 1.0})
        assert unused(inputs, "within_grid_headroom", "A1") == pytest.approx(left, abs=1e-9)


def test_an_unbuilt_site_leaves_all_of_its_limit():
    """A2 is dearer and stays empty: all of its headroom is left. A1 uses what it uses."""
    dearer = {"sites.building_jpy_bn_per_gw_a": [100.0, 130.0], "sites.connection_jpy_bn_per_gw_a": 1.0}
    inputs = toy(dearer, sites={"A1": "A", "A2": "A"})
    assert unused(inputs, "within_grid_headroom", "A1") == pytest.approx(0.9)
    assert unused(inputs, "within_grid_headroom", "A2") == pytest.approx(1.0)
