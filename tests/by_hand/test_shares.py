"""How much of a result rests on assumed figures, solved on paper and against the capture model itself."""

from __future__ import annotations

from dataclasses import replace

import capture_fixtures as fixtures
import pandas as pd
import pytest
from toy import planned, toy

from optimizer.analyse.provenance_shares import (
    Figure,
    Line,
    _Book,
    assumed_share,
    cost_lines,
    resting,
    table_grades,
)
from optimizer.capture import estimate_capture
from optimizer.finance import annuity
from optimizer.milestones import Inputs

ASSUMED, PUBLISHED = "assumed", "published"


def line(jpy_bn: float, *figures: tuple[str, float]) -> Line:
    return Line("line", jpy_bn, tuple(Figure(f"f{i}", grade, e) for i, (grade, e) in enumerate(figures)))


def test_a_line_counts_by_the_elasticities_of_its_assumed_figures() -> None:
    """Price published (1), life assumed (-0.5): 0.5 / 1.5 is a third; were the price assumed too, all of it."""
    third = line(30.0, (PUBLISHED, 1.0), (ASSUMED, -0.5))
    assert third.assumed_share == pytest.approx(1 / 3)
    assert line(30.0, (ASSUMED, 1.0), (ASSUMED, -0.5)).assumed_share == 1.0
    assert line(30.0, (PUBLISHED, 1.0), ("derived", -0.5)).assumed_share == 0.0


def test_lines_are_weighted_by_their_yen_and_savings_count_like_costs() -> None:
    """30 at a third, 60 at none, a saving of 10 at all: (10 + 0 + 10) / 100 = 0.2; by signs it were 0 / 80."""
    lines = [
        line(30.0, (PUBLISHED, 2.0), (ASSUMED, 1.0)),
        line(60.0, (PUBLISHED, 1.0)),
        line(-10.0, (ASSUMED, 1.0)),
    ]
    assert assumed_share(lines) == pytest.approx(0.2)
    assert assumed_share([]) == 0.0


def graded(inputs: Inputs, **grades: str) -> Inputs:
    """The inputs with every parameter published, but for those named, and all that the shares ask for."""
    names = {
        "battery_life_a": 20.0, "battery_opex_share": 0.015, "building_life_a": 20.0, "building_opex_share": 0.04,
        "connection_life_a": 25.0, "reinforcement_life_a": 36.0, "grid_opex_share": 0.012, "intertie_life_a": 36.0,
        "intertie_opex_share": 0.012, "land_m2_per_mw": 600.0, "co2_price_jpy_per_t": 3000.0,
        "fibre_jpy_per_gbps_km_month": 12.0, "fibre_end_jpy_per_gbps_month": 3000.0,
    }  # fmt: skip
    for kind in ("solar", "onshore", "offshore"):
        names |= {
            f"{kind}_life_a": 25.0,
            f"{kind}_capex_jpy_k_per_kw": 200.0,
            f"{kind}_opex_jpy_k_per_kw_a": 5.0,
        }
    table = pd.DataFrame({"value": names}).rename_axis("name")
    table = pd.concat([inputs.parameters[["value"]], table]).groupby(level=0).last()
    table["grade"] = PUBLISHED
    for name, grade in grades.items():
        table.loc[name, "grade"] = grade
    workloads = inputs.workloads.assign(gbps_per_mw=2.5)
    return replace(
        inputs, parameters=table, workloads=workloads, resolved={"finance": {"discount_rate": 0.04}}
    )


def test_lines_of_cost_add_up_to_the_cost_of_the_plan() -> None:
    inputs = graded(toy())
    _, plan = planned(inputs)
    lines = cost_lines(plan, _Book(inputs, {}))
    assert sum(one.jpy_bn_per_a for one in lines) == pytest.approx(
        plan.figures["cost_jpy_bn_per_a"], rel=1e-6
    )
    assert {one.name: one.jpy_bn_per_a for one in lines}["building"] > 0.0


def test_firm_capacity_is_a_line_of_its_own() -> None:
    """6 GW of stations, margin 10 %: 0.6 GW bought at 10 are 6 JPY bn/a, and the lines still add up to the cost."""
    rule = {"settings.adequacy_margin": 0.1, "settings.firm_capacity_jpy_bn_per_gw_a": 10.0}
    inputs = graded(toy(rule | {"fleets.available_gw": 6.0}))
    _, plan = planned(inputs)
    lines = {one.name: one.jpy_bn_per_a for one in cost_lines(plan, _Book(inputs, {}))}
    assert lines["firm capacity"] == pytest.approx(6.0)
    assert sum(lines.values()) == pytest.approx(plan.figures["cost_jpy_bn_per_a"], rel=1e-6)


def test_one_assumed_life_by_hand() -> None:
    """20 years at 4 %: annuity 0.073582; slope -0.43 of the line's cost; 1, 0.43 and 0.35 are the elasticities.

    Only the life assumed: 0.43 / 1.78 of the building line. Without the elasticities it were a third.
    """
    inputs = graded(toy(), building_life_a=ASSUMED)
    _, plan = planned(inputs)
    tables = dict.fromkeys(("sites", "reinforcements", "interties", "fleets", "workloads"), PUBLISHED)
    building = next(one for one in cost_lines(plan, _Book(inputs, tables)) if one.name == "building")
    capital = annuity(0.04, 20.0)
    slope = (annuity(0.04, 20.02) - annuity(0.04, 19.98)) / 0.04 * 20.0 / (capital + 0.04)
    fixed = 0.04 / (capital + 0.04)
    assert building.assumed_share == pytest.approx(-slope / (1.0 - slope + fixed), rel=1e-4)
    assert building.assumed_share == pytest.approx(0.24, abs=0.005)


def test_a_table_nobody_registered_counts_as_assumed() -> None:
    inputs = graded(toy())
    _, plan = planned(inputs)
    registered = dict.fromkeys(("sites", "reinforcements", "interties", "fleets", "workloads"), PUBLISHED)
    assert assumed_share(cost_lines(plan, _Book(inputs, registered))) == pytest.approx(0.0, abs=1e-9)
    assert assumed_share(cost_lines(plan, _Book(inputs, {}))) > 0.3


def capture_case(**changed: float) -> tuple[object, Inputs]:
    plan = fixtures.make_plan(
        [("s", "a", "iaas", "domestic", 200.0, 310.0), ("s", "a", "iaas", "platform", 50.0, 77.0)]
    )
    inputs = fixtures.make_inputs()
    table = inputs.parameters.copy()
    for name, factor in changed.items():
        table.loc[name, ["value", "low", "high"]] = float(table["value"].to_dict()[name]) * factor
    return plan, replace(inputs, parameters=table)


NAMES = (
    "rho_iaas",
    "omega",
    "phi_iaas",
    "v_iaas",
    "S_cloud_2025",
    "mix_iaas",
    "for_iaas",
    "alpha_iaas",
    "g_iaas",
    "switch",
)


@pytest.mark.parametrize("name", NAMES)
def test_elasticities_of_capture_are_those_of_the_capture_model(name: str) -> None:
    """Move one parameter by ±0.01 % in the model itself: the relative change must be the elasticity published."""
    plan, inputs = capture_case()
    step = 1e-4
    up, down = (
        estimate_capture(*capture_case(**{name: factor})).cases["base"]["gross_jpy_bn"]
        for factor in (1 + step, 1 - step)
    )
    capture = estimate_capture(plan, inputs)
    measured = (up - down) / (2 * step * capture.cases["base"]["gross_jpy_bn"])
    assert published(plan, inputs, capture)[name] == pytest.approx(measured, rel=1e-4, abs=1e-6)


def published(plan: object, inputs: Inputs, capture: object) -> dict[str, float]:
    from optimizer.analyse.provenance_shares import capture_lines

    (only,) = capture_lines(plan, capture, _Book(inputs, {}))
    return {figure.name: figure.elasticity for figure in only.figures}


def test_figures_that_drive_nothing_are_not_counted() -> None:
    """A foreign plan captures nothing: no line, and no share of it."""
    plan, inputs = capture_case()
    foreign = replace(plan, sold_mw=plan.sold_mw.assign(mode="foreign"))  # type: ignore[type-var,attr-defined]
    capture = estimate_capture(foreign, inputs)
    from optimizer.analyse.provenance_shares import capture_lines

    assert capture_lines(foreign, capture, _Book(inputs, {})) == []


def test_grades_are_those_of_the_packs_own_files() -> None:
    """The shared parameters and another pack's sites say nothing about this pack's sites."""
    entries = [
        {"file": "mine/sites.csv", "grade": "derived"},
        {"file": "other/sites.csv", "grade": "published"},
        {"file": "parameters.csv", "grade": "published"},
        {"file": "mine/boundaries.gpkg", "grade": "published"},
    ]
    assert table_grades(entries, "mine") == {"sites": "derived", "boundaries": "published"}
    assert table_grades(entries, "third") == {}


def test_the_whole_report_names_every_line_and_figure() -> None:
    inputs = graded(toy())
    _, plan = planned(inputs)
    capture = estimate_capture(*capture_case())
    none = replace(capture, by_account=capture.by_account.iloc[:0])
    report = resting(plan, inputs, none, {})
    assert set(report) == {"assumed_share_of_cost", "assumed_share_of_capture", "lines"}
    assert report["assumed_share_of_capture"] == 0.0
    assert 0.0 < report["assumed_share_of_cost"] <= 1.0
    assert all(figure["grade"] for row in report["lines"] for figure in row["figures"])
