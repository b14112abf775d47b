"""Why a site has halls or none, in words: the fixed number of halls is no cost of the place."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from toy import planned, toy

from optimizer.milestones import Inputs

THREE = {"A1": "A", "A2": "A", "A3": "A"}


def three_sites(block_gw: float | None) -> Inputs:
    """1 GW to place: A1 costs 100 and holds 0.75 GW, A2 130, A3 160; energy 87.6 anywhere. The users are near them all."""
    return toy(
        {
            "sites.building_jpy_bn_per_gw_a": [100.0, 130.0, 160.0],
            "sites.site_limit_gw": [0.75, 10.0, 10.0],
            "settings.block_gw": block_gw,
        },
        sites=THREE,
    )


def told(inputs: Inputs, language: str = "words") -> tuple[pd.Series, pd.DataFrame]:
    _, plan = planned(inputs)
    return plan.tables["reasons"].set_index("site")[language], plan.tables["stack"]


def test_whole_halls_are_no_cost_of_a_place():
    """Halls of 0.5: one at A1 and one at A2, both full. A1's fixed hall is credited in its stack, A3 has none.

    The credit stays in the stack, where it adds up; no sentence names it as cheaper or dearer.
    """
    words, stack = told(three_sites(0.5))
    assert stack.loc[stack["component"] == "whole_blocks", "jpy_m_per_mw_a"].abs().max() > 10.0
    assert not words.str.contains(r"(?:cheaper|dearer) by[^;]*whole halls").any()
    assert "cheaper by building 30" in words["A1"]
    assert "sizes are whole halls of 500 MW, here 1" in words["A1"]


def test_a_place_without_a_hall_is_told_that_sizes_are_whole():
    """A3 is 60 dearer to build than A1. No price says how far its first hall is: that would be made up."""
    changed = three_sites(0.5)
    far = changed.sites.assign(lon=[140.0, 140.0, 135.0])
    inputs = replace(changed, sites=far)
    words, _ = told(inputs)
    assert "A3 gets nothing" in words["A3"]
    assert (
        "sizes are whole halls of 500 MW, and the cheapest plan of whole halls has none here" in words["A3"]
    )
    assert "too dear to be chosen" not in words["A3"]
    assert "500 MWのホール単位" in told(inputs, "words_ja")[0]["A3"]


def test_without_halls_the_price_decides():
    """Any size: A2 sets the price, 130 + 87.6; A3 is 30 too dear; A1 is held by the room it has."""
    changed = three_sites(None)
    far = changed.sites.assign(lon=[140.0, 140.0, 135.0])
    words, _ = told(replace(changed, sites=far))
    assert "30 too dear to be chosen" in words["A3"]
    assert "more would be built but for the IT capacity the site allows" in words["A1"]
    assert "halls" not in " ".join(words)


def test_the_stack_still_adds_up():
    """Cost of an option is the sum of its components, those of whole halls among them."""
    _, plan = planned(three_sites(0.5))
    summed = plan.tables["stack"].groupby("site")["jpy_m_per_mw_a"].sum()
    cost = plan.tables["options"].set_index("site")["cost_jpy_m_per_mw_a"]
    assert summed[cost.index].to_numpy() == pytest.approx(cost.to_numpy())


def test_places_with_nothing_share_their_rank():
    """A1 takes all of the GW; A2 and A3 have nothing and stand second together, not second and third."""
    inputs = toy({"sites.building_jpy_bn_per_gw_a": [100.0, 130.0, 130.0]}, sites=THREE)
    far = inputs.sites.assign(lon=[140.0, 140.0, 135.0])
    _, plan = planned(replace(inputs, sites=far))
    assert plan.tables["reasons"].set_index("site")["rank"].to_dict() == {"A1": 1.0, "A3": 2.0}
