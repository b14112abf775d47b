"""Dispersion and risk by hand: area A builds at 100 JPY bn/GW/a, area B at 130, 1 GW of IT, energy 87.6 in both."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from toy import planned, price, programme_of, toy

from optimizer.errors import InfeasibleError
from optimizer.solve.elastic import explain_infeasible

REGIONS = {"A1": "A", "B1": "B"}
DEARER = {"sites.building_jpy_bn_per_gw_a": [100.0, 130.0]}


def cost(solution) -> float:
    return solution.cost - solution.baseline_cost


def limited(**columns: list[float]):
    """Both sites with land or water limits; 0.6 km2 per GW, 0.0018 hm3 per GWh of IT."""
    table = pd.DataFrame({"land_km2": float("nan"), "water_hm3_per_a": float("nan")}, index=["A1", "B1"])
    needs = {"settings.land_km2_per_gw": 0.6, "settings.water_hm3_per_gwh": 0.0018}
    return replace(toy(DEARER | needs, sites=REGIONS), site_resources=table.assign(**columns))


def test_regional_cap_moves_the_rest_to_the_dearer_area():
    """Cap 0.6 on A: 0.6 · 100 + 0.4 · 130 + 87.6 = 199.6; a kW more allowed saves 30,000 JPY/a. Without: 187.6."""
    solution, plan = planned(toy(DEARER | {"settings.area_caps": {"A": 0.6, "B": 1.0}}, sites=REGIONS))
    assert cost(solution) == pytest.approx(199.6)
    assert price(plan, "regional_cap", "A") == (pytest.approx(30_000.0), "JPY/kW/a")
    assert plan.figures["largest_area_share"] == pytest.approx(0.6)
    assert cost(planned(toy(DEARER, sites=REGIONS))[0]) == pytest.approx(187.6)


def test_regional_cap_of_one_over_n_gives_n_areas():
    """Least two areas: half each, 50 + 65 + 87.6 = 202.6. Without the rule all stands in A: 187.6."""
    solution, plan = planned(toy(DEARER | {"settings.area_caps": {"A": 0.5, "B": 0.5}}, sites=REGIONS))
    assert cost(solution) == pytest.approx(202.6)
    assert plan.figures["it_mw_by_area"] == pytest.approx({"A": 500.0, "B": 500.0})


def test_hazard_exposure_moves_capacity_to_safer_ground():
    """0.26 at A, 0.06 at B, mean at most 0.10: 0.8 GW at B, 20 + 104 + 87.6 = 211.6. Without: 187.6, mean 0.26.

    One point less (0.09) moves 0.05 GW more: 1.5 JPY bn/a; per GW of exposure 30 / 0.2 = 150.
    """
    hazard = {"sites.seismic_share_30a": [0.26, 0.06]}
    solution, plan = planned(toy(DEARER | hazard | {"settings.max_hazard": 0.10}, sites=REGIONS))
    assert cost(solution) == pytest.approx(211.6)
    assert price(plan, "hazard_exposure", "nation") == (pytest.approx(150_000.0), "JPY/kW/a")
    assert price(plan, "hazard_exposure", "share") == (pytest.approx(1.5), "JPY bn/a per %-point")
    assert plan.figures["seismic_exposure_share"] == pytest.approx(0.10)
    free = planned(toy(DEARER | hazard, sites=REGIONS))[1]
    assert free.figures["seismic_exposure_share"] == pytest.approx(0.26)


def test_within_land_leaves_no_more_than_fits():
    """0.3 km2 at A holds 0.5 GW: 50 + 65 + 87.6 = 202.6; 30 / 0.6 = 50 JPY bn/km2, 50,000 JPY/m2. Without: 187.6."""
    solution, plan = planned(limited(land_km2=[0.3, float("nan")]))
    assert cost(solution) == pytest.approx(202.6)
    assert price(plan, "within_land", "A1") == (pytest.approx(50_000.0), "JPY/m2/a")
    assert cost(planned(limited())[0]) == pytest.approx(187.6)


def test_within_water_leaves_no_more_than_there_is():
    """7.884 hm3 at 15.768 a GW: 0.5 GW, 202.6; 30 / 15.768 JPY bn/hm3 = 1,902.6 JPY/m3. Without: 187.6."""
    solution, plan = planned(limited(water_hm3_per_a=[7.884, float("nan")]))
    assert cost(solution) == pytest.approx(202.6)
    assert price(plan, "within_water", "A1") == (pytest.approx(1_902.6, abs=0.1), "JPY/m3")
    assert plan.tables["sites"]["water_m3"].tolist() == pytest.approx([7.884e6, 7.884e6])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"settings.area_caps": {"A": 0.5}, "sites.site_limit_gw": [10.0, 0.2]},
         "IT capacity above the largest share of an area: 300.0 MW in all (A 300.0 MW): raise policy.max_area_share"),
        ({"settings.max_hazard": 0.05}, "IT capacity times seismic hazard above the cap: 50.0 MW in all (nation 50.0 MW)"),
    ],
)  # fmt: skip
def test_infeasible_rules_are_told_in_the_planners_words(changes, words):
    """Half of 1 GW may stand in A and B takes 0.2: 0.3 too much in A. All ground at hazard 0.1, cap 0.05: 50 MW too much."""
    error = explain_infeasible(programme_of(toy(changes, sites=REGIONS)).siting)
    assert isinstance(error, InfeasibleError)
    assert words in str(error)


def test_infeasible_land_is_told_in_hectares():
    """0.1 km2 at each of two sites for 0.6: 40 ha are missing."""
    error = explain_infeasible(programme_of(limited(land_km2=[0.1, 0.1])).siting)
    assert "land missing at sites: 40.0 ha in all" in str(error)
