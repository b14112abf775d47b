"""Non-firm connections, interruption, waiting and moving by place: who does it is said where it is done."""

from __future__ import annotations

import pandas as pd
import pytest
from toy import planned, toy

from optimizer.milestones import Plan

CHOICES = ("nonfirm_mw", "interrupted_gwh", "shifted_gwh", "moved_out_gwh", "moved_in_gwh")
NATIONAL = {
    "nonfirm_mw": "nonfirm_mw", "interrupted_gwh": "interrupted_gwh", "shifted_gwh": "shifted_gwh",
    "moved_gwh": "moved_out_gwh",
}  # fmt: skip
"""Headline figure and the column of areas that adds up to it."""


def areas_of(plan: Plan) -> pd.DataFrame:
    return plan.tables["areas"].set_index("area")[list(CHOICES)]


def assert_adds_up(plan: Plan) -> None:
    areas = areas_of(plan)
    assert plan.tables["sites"]["nonfirm_mw"].sum() == pytest.approx(areas["nonfirm_mw"].sum())
    for figure, column in NATIONAL.items():
        assert areas[column].sum() == pytest.approx(plan.figures.get(figure, 0.0))


def test_interruption_is_told_in_the_area_that_has_it():
    """B1 and B2 take all they may, 0.3 and 0.2 GW; 1,000 h of 0.5 GW are stopped at 20 instead of 30: 500 GWh in B.

    A, the first area, may not: told by place in the list, B's would be A's. B1 and B2 alike would be 250 MW each.
    """
    changes = {
        "fleets": {("A", "coal"): {}, ("B", "oil"): {"cost_jpy_bn_per_gwh": 0.03}},
        "sites.site_limit_gw": [0.4, 0.3, 0.3], "sites.nonfirm_limit_gw": [0.0, 0.3, 0.2],
        "settings.nonfirm_hours": 1000.0, "settings.interrupt_jpy_bn_per_gwh": 0.02,
    }  # fmt: skip
    _, plan = planned(toy(changes, sites={"A1": "A", "B1": "B", "B2": "B"}))
    assert plan.tables["sites"]["nonfirm_mw"].tolist() == pytest.approx([0.0, 300.0, 200.0])
    assert plan.figures["interrupted_gwh"] == pytest.approx(500.0)
    assert areas_of(plan).loc["A"].tolist() == [0.0] * 5
    assert areas_of(plan).loc["B"].tolist() == pytest.approx([500.0, 500.0, 0.0, 0.0, 0.0])
    assert_adds_up(plan)


def test_waiting_is_told_in_the_area_whose_hours_differ():
    """0.5 GW each; 0.4 of it waits through the 4,380 dear hours of B: 876 GWh; A's hours cost the same, nobody waits."""
    fleets = {
        ("A", "coal"): {}, ("B", "base"): {"available_gw": 6.0}, ("B", "peak"): {"cost_jpy_bn_per_gwh": 0.03},
    }  # fmt: skip
    changes = {
        "fleets": fleets, "demand_gw": [3.0] * 12 + [7.0] * 12, "sites.site_limit_gw": 1.0,
        "workloads.utilisation": 0.5, "workloads.flexible_share": 0.4,
        "settings.shift": True, "settings.shift_jpy_bn_per_gwh": 0.005,
    }  # fmt: skip
    _, plan = planned(toy(changes, sites={"A1": "A", "B1": "B"}))
    assert areas_of(plan)["shifted_gwh"].tolist() == pytest.approx([0.0, 876.0], abs=1e-6)
    assert_adds_up(plan)


def test_moved_work_leaves_one_area_and_arrives_in_another():
    """0.3 GW at a PUE of 1.5 leave A all year, 2,628 GWh; in B they take 1.2 / 1.5 of that, 2,102.4 GWh.

    The nation's figure is what leaves; without the cooling the two would be alike, without moving both nothing.
    """
    changes = {
        "fleets": {("A", "oil"): {"cost_jpy_bn_per_gwh": 0.03}, ("B", "coal"): {}},
        "sites.site_limit_gw": 1.0, "workloads.utilisation": 0.5, "workloads.flexible_share": 0.4,
        "settings.move": True, "settings.move_jpy_bn_per_gwh": 0.002, "pue": [[1.5], [1.2]],
        "settings.gateway_gw": 1.0,
    }  # fmt: skip
    _, plan = planned(toy(changes, sites={"A1": "A", "B1": "B"}))
    assert areas_of(plan)["moved_out_gwh"].tolist() == pytest.approx([2628.0, 0.0], abs=1e-6)
    assert areas_of(plan)["moved_in_gwh"].tolist() == pytest.approx([0.0, 2102.4], abs=1e-6)
    assert plan.figures["moved_gwh"] == pytest.approx(2628.0)
    assert_adds_up(plan)


def test_choices_that_are_off_are_zero_everywhere():
    _, plan = planned(toy())
    assert areas_of(plan).to_numpy().tolist() == [[0.0] * 5]
    assert plan.tables["sites"]["nonfirm_mw"].tolist() == [0.0]
    assert not {*NATIONAL} & {*plan.figures}
