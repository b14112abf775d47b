"""Fibre links that fill up, one hand-solved programme each. Base case of `toy`: 187.6 JPY bn/a for 1 GW of IT load.

Site A1 at 100 is reached over link E, which spares 0.4 Tb/s; A2 at 130 stands where the users are. 1 Tb/s per GW.
"""

from __future__ import annotations

import pytest
from fibre_toy import on_fibre
from toy import planned, price, toy

from optimizer.errors import InfeasibleError
from optimizer.milestones import Inputs


def two_sites(link: dict[str, float], gbps_per_mw: float = 1.0) -> Inputs:
    changes = {"sites.building_jpy_bn_per_gw_a": [100.0, 130.0]}
    inputs = toy(changes, sites={"A1": "A", "A2": "A"})
    return on_fibre(inputs, {"E": {"capacity_tbps": 0.4} | link}, {("N", "A1"): ["E"]}, gbps_per_mw)


def test_within_fibre_limit_is_named_where_it_leaves_no_plan():
    """Only A1, 1 Tb/s asked, 0.4 + 0.2 possible: 400 Gb/s missing. Without the limit 0.6 are added: no error."""
    inputs = on_fibre(toy(), {"E": {"capacity_tbps": 0.4, "limit_tbps": 0.2}}, {("N", "A1"): ["E"]})
    with pytest.raises(InfeasibleError, match=r"fibre links: 400\.0 Gb/s in all \(E 400\.0 Gb/s\)"):
        planned(inputs)
    wide = on_fibre(toy(), {"E": {"capacity_tbps": 0.4, "limit_tbps": 9.0}}, {("N", "A1"): ["E"]})
    assert cost(planned(wide)[0]) == pytest.approx(193.6)


def cost(solution) -> float:
    return solution.cost - solution.baseline_cost


def test_within_fibre_sends_the_rest_to_the_dearer_site():
    """0.4 GW at 100, 0.6 at 130: 205.6; rent 30 JPY bn/(Tb/s)/a is 30 m JPY/(Gb/s)/a. Without the link: 187.6."""
    solution, plan = planned(two_sites({}))
    assert cost(solution) == pytest.approx(205.6)
    assert price(plan, "within_fibre", "E") == (pytest.approx(30e6), "JPY/(Gb/s)/a")
    row = plan.tables["fibre"].iloc[0]
    assert (row["used_gbps"], row["capacity_gbps"], row["expansion_gbps"]) == pytest.approx(
        (400.0, 400.0, 0.0)
    )
    assert row["rent_jpy_per_gbps_a"] == pytest.approx(30e6)
    free = toy({"sites.building_jpy_bn_per_gw_a": [100.0, 130.0]}, sites={"A1": "A", "A2": "A"})
    assert cost(planned(free)[0]) == pytest.approx(187.6)


def test_within_fibre_is_widened_where_that_is_cheaper():
    """0.6 Tb/s at 10 a Tb/s: 187.6 + 6 = 193.6, and the rent is what capacity costs, 10. Without it: 205.6."""
    solution, plan = planned(two_sites({"limit_tbps": 5.0}))
    assert cost(solution) == pytest.approx(193.6)
    assert price(plan, "within_fibre", "E") == (pytest.approx(10e6), "JPY/(Gb/s)/a")
    assert plan.tables["fibre"]["expansion_gbps"].iloc[0] == pytest.approx(600.0)
    assert plan.figures["fibre_expansion_gbps"] == pytest.approx(600.0)


def test_within_fibre_counts_gbps_per_mw():
    """At 2 Gb/s per MW the same 0.4 Tb/s carry 0.2 GW: 187.6 + 0.8 · 30 = 211.6, rent 15. Without: 187.6."""
    solution, plan = planned(two_sites({}, gbps_per_mw=2.0))
    assert cost(solution) == pytest.approx(211.6)
    assert price(plan, "within_fibre", "E") == (pytest.approx(15e6), "JPY/(Gb/s)/a")


def test_within_fibre_adds_up_along_the_way():
    """Over E then F (0.4 and 0.3 Tb/s) only 0.3 GW get through, F earns 30, E nothing: 187.6 + 21 = 208.6.

    Without F: 205.6.
    """
    inputs = toy({"sites.building_jpy_bn_per_gw_a": [100.0, 130.0]}, sites={"A1": "A", "A2": "A"})
    links = {"E": {"capacity_tbps": 0.4}, "F": {"capacity_tbps": 0.3}}
    solution, plan = planned(on_fibre(inputs, links, {("N", "A1"): ["E", "F"]}))
    assert cost(solution) == pytest.approx(208.6)
    rent = plan.tables["fibre"].set_index("fibre_link")["rent_jpy_per_gbps_a"]
    assert rent.to_dict() == pytest.approx({"E": 0.0, "F": 30e6})


def test_within_fibre_limit_stops_what_can_be_added():
    """0.2 Tb/s may be added at 10: 0.6 GW at A1, 0.4 at A2: 187.6 + 2 + 12 = 201.6.

    Rent 30, of which 20 for leave to add more. Without the limit: 193.6.
    """
    solution, plan = planned(two_sites({"limit_tbps": 0.2}))
    assert cost(solution) == pytest.approx(201.6)
    assert price(plan, "within_fibre", "E") == (pytest.approx(30e6), "JPY/(Gb/s)/a")
    assert price(plan, "within_fibre_limit", "E") == (pytest.approx(20e6), "JPY/(Gb/s)/a")
