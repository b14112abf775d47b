"""Laws of capture: what must hold for every plan and every parameter set, not only for ours."""

import os
from itertools import pairwise
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from capture_fixtures import LINES, RANGES, UTILISATION, make_inputs, make_plan, parameters, prototype_rows
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.capture import estimate_capture
from optimizer.capture.accounts import outflow_at_rate
from optimizer.capture.cells import MODES, cells_of
from optimizer.capture.curve import chord_error, gross_capture, segment_capture
from optimizer.capture.leakage import keep_ledger
from optimizer.capture.ranges import DIRECTIONS, NAMES, as_draws, draw, read_ranges, stem_of

EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "10"))
"""Plans drawn per law; the full test run asks for 50."""

FEW = settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
AREAS = ("hokkaido", "tokyo", "kyushu")
MONEY = ("gross_jpy_bn", "net_jpy_bn")


@st.composite
def plans(draw_from, modes=MODES):
    """Up to eight rows of sales anywhere, with some capacity unsold."""
    rows = []
    for number in range(draw_from(st.integers(1, 8))):
        line = draw_from(st.sampled_from(LINES))
        sold = draw_from(st.floats(0.0, 800.0))
        built = sold / UTILISATION[line] * draw_from(st.floats(1.0, 2.0))
        area, mode = draw_from(st.sampled_from(AREAS)), draw_from(st.sampled_from(modes))
        rows.append((f"s{number}", area, line, mode, sold, built))
    power = {area: draw_from(st.floats(0.0, 1.0)) for area in AREAS}
    return make_plan(rows, power)


@st.composite
def parameter_sets(draw_from):
    """One value inside the range of every parameter."""
    position = st.floats(0.0, 1.0)
    return {name: low + draw_from(position) * (high - low) for name, (low, _, high) in RANGES.items()}


def cases_of(plan, table=None, year=2030):
    return estimate_capture(plan, make_inputs(table, year)).cases


def gross(plan, table=None):
    return cases_of(plan, table)["base"]["gross_jpy_bn"]


@FEW
@given(plans(), parameter_sets(), st.integers(2025, 2040))
def test_bounds_hold_for_every_plan_and_parameter_set(plan, values, year):
    capture = estimate_capture(plan, make_inputs(parameters(**values), year))
    for _, line in capture.by_account.iterrows():
        order = [0, *(line[f"{name}_jpy_bn"] for name in ("gross", "ceiling", "addressable", "outflow"))]
        assert all(np.diff(order) >= -1e-9)
        assert line["net_jpy_bn"] <= line["gross_jpy_bn"] + 1e-9
        leaks = [line[f"leakage_{part}_jpy_bn"] for part in ("goods", "services", "income")]
        assert min(leaks) >= 0
        assert line["net_jpy_bn"] == pytest.approx(line["gross_jpy_bn"] - sum(leaks), abs=1e-9)
        assert line["idle_imports_jpy_bn"] >= -1e-9
        assert 0 <= line["share_of_outflow"] <= line["share_of_addressable"] <= 1


def test_bounds_hold_for_ten_thousand_draws():
    """Vectorised: 10,000 parameter sets over a plan of mixed modes."""
    rows = [row for n, mode in enumerate(MODES) for row in prototype_rows(300, mode, f"s{n}", AREAS[n % 3])]
    inputs = make_inputs()
    ranges = read_ranges(inputs.parameters)
    cells = cells_of(make_plan(rows), inputs)
    lines = keep_ledger(cells, draw(ranges, 10_000, 3, 0.5), ranges.base, 2030).lines
    order = [lines[f"{name}_jpy_bn"] for name in ("gross", "ceiling", "addressable", "outflow")]
    assert (order[0] >= 0).all()
    for small, large in pairwise(order):
        assert (small <= large + 1e-9).all()
    assert (lines["net_jpy_bn"] <= lines["gross_jpy_bn"]).all()
    assert (lines["net_jpy_bn"] < 0).any()


@FEW
@given(plans(modes=("leased", "foreign")))
def test_leased_and_foreign_capacity_captures_nothing(plan):
    for lines in cases_of(plan).values():
        assert [lines[line] for line in (*MONEY, "revenue_jpy_bn", "idle_imports_jpy_bn")] == [0, 0, 0, 0]
        assert lines["outflow_jpy_bn"] > 0


@FEW
@given(plans(), st.sampled_from(["alpha", "rho", "for"]))
def test_nothing_addressable_or_leaving_gives_nothing(plan, stem):
    table = parameters(**{f"{stem}_{line}": 0.0 for line in LINES})
    for lines in cases_of(plan, table).values():
        assert [lines[line] for line in MONEY] == [0, 0]


def test_the_empty_plan_captures_nothing_and_the_outflow_stays():
    for lines in cases_of(make_plan([])).values():
        assert [lines[line] for line in (*MONEY, "digital_account_jpy_bn", "share_of_outflow")] == [
            0,
            0,
            0,
            0,
        ]
        assert lines["outflow_jpy_bn"] > 1000


@FEW
@given(plans(), parameter_sets(), st.sampled_from(["alpha", "v", "u", "phi"]), st.floats(1.0, 1.5))
def test_gross_rises_with_alpha_price_utilisation_and_diversion(plan, values, stem, factor):
    inputs = make_inputs(parameters())
    base = read_ranges(inputs.parameters)
    start = {
        name: value * (1000.0 if name.startswith("S_") else 1.0)
        for name, value in values.items()
        if name in NAMES
    }
    more = {**start, **{f"{stem}_{line}": start[f"{stem}_{line}"] * factor for line in LINES}}
    lines = keep_ledger(cells_of(plan, inputs), as_draws([start, more]), base.base, 2030).lines[
        "gross_jpy_bn"
    ]
    assert (lines[:, 1] >= lines[:, 0] - 1e-9).all()


@FEW
@given(plans(), st.floats(1.0, 3.0))
def test_more_megawatts_never_capture_less_and_each_adds_less(plan, factor):
    """G(0) = 0, G rises, and G is concave along every ray: G(f q) <= f G(q)."""
    larger = make_plan(
        plan.sold_mw.assign(**{c: plan.sold_mw[c] * factor for c in ("sold_mw", "built_mw")}).itertuples(
            index=False
        ),
        plan.renewable_share.to_dict(),
    )
    small, large = gross(plan), gross(larger)
    assert small - 1e-9 <= large <= factor * small + 1e-9


@FEW
@given(plans(), st.floats(0.0, 1.0), st.integers(0, 7))
def test_splitting_a_site_changes_nothing(plan, part, number):
    rows = list(plan.sold_mw.itertuples(index=False, name=None))
    site, area, line, mode, sold, built = rows[number % len(rows)]
    twins = [
        (site, area, line, mode, sold * part, built * part),
        (site + "b", area, line, mode, sold * (1 - part), built * (1 - part)),
    ]
    others = [row for row in rows if row[0] != site]
    split = make_plan(others + twins, plan.renewable_share.to_dict())
    whole = cases_of(plan)
    for case, lines in cases_of(split).items():
        assert lines == pytest.approx(whole[case], rel=1e-9, abs=1e-9)


@FEW
@given(plans(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(plan, random):
    rows = list(plan.sold_mw.itertuples(index=False, name=None))
    random.shuffle(rows)
    shuffled = make_plan(rows, plan.renewable_share.to_dict())
    before = cases_of(plan)
    for case, lines in cases_of(shuffled).items():
        assert lines == pytest.approx(before[case], rel=1e-12, abs=1e-12)


@FEW
@given(plans())
def test_regions_sites_classes_and_modes_sum_to_the_nation(plan):
    capture = estimate_capture(plan, make_inputs())
    for key in ("site", "area", "workload", "mode"):
        parts = capture.attribution.groupby(["case", key])[list(MONEY)].sum().groupby("case").sum()
        for case, lines in capture.cases.items():
            for line in MONEY:
                assert parts.at[case, line] == pytest.approx(lines[line], abs=1e-9)
    by_line = capture.by_account.groupby("case").sum(numeric_only=True)
    for case, lines in capture.cases.items():
        for line in ("outflow_jpy_bn", "ceiling_jpy_bn", *MONEY, "revenue_jpy_bn"):
            assert by_line.at[case, line] == pytest.approx(lines[line], abs=1e-9)


@FEW
@given(plans(modes=("domestic", "platform")))
def test_no_site_nets_more_than_it_grosses(plan):
    table = estimate_capture(plan, make_inputs()).attribution
    assert (table["net_jpy_bn"] <= table["gross_jpy_bn"] + 1e-12).all()


@pytest.mark.parametrize("built_mw", [10, 500, 4000])
def test_domestic_beats_platform_beats_leased_and_foreign(built_mw):
    by_mode = {mode: cases_of(make_plan(prototype_rows(built_mw, mode)))["base"] for mode in MODES}
    for line in MONEY:
        assert by_mode["domestic"][line] > by_mode["platform"][line] > by_mode["leased"][line]
        assert by_mode["leased"][line] == by_mode["foreign"][line] == 0


@FEW
@given(plans())
def test_the_sampled_median_lies_between_the_corners(plan):
    capture = estimate_capture(plan, make_inputs())
    sampled = capture.sampled.set_index("line")
    assert (sampled["p05"] <= sampled["p50"] + 1e-12).all()
    assert (sampled["p50"] <= sampled["p95"] + 1e-12).all()
    for line in ("outflow_jpy_bn", "ceiling_jpy_bn", "gross_jpy_bn"):
        assert capture.cases["low"][line] <= sampled.at[line, "p05"] + 1e-9
        assert sampled.at[line, "p95"] <= capture.cases["high"][line] + 1e-9


@FEW
@given(plans(modes=("domestic",)))
def test_cases_are_ordered_for_domestic_plans(plan):
    cases = cases_of(plan)
    if cases["base"]["net_jpy_bn"] < 0:
        return  # where imports exceed what stays, more of it is not better: docs/capture.md, Range
    for line in ("outflow_jpy_bn", "ceiling_jpy_bn", *MONEY):
        assert cases["low"][line] <= cases["base"][line] + 1e-9 <= cases["high"][line] + 2e-9


@FEW
@given(plans(modes=("domestic",)))
def test_every_direction_is_the_one_stated(plan):
    """Net at the cautious end of each parameter with a known sign is at most net at the hopeful end."""
    capture = estimate_capture(plan, make_inputs())
    if (capture.by_account.query("case == 'base'")["net_jpy_bn"] < 0).any():
        return
    for row in capture.tornado.itertuples():
        sign = DIRECTIONS[stem_of(row.parameter)]
        assert sign * (row.net_at_high - row.net_at_low) >= -1e-9, row.parameter


@FEW
@given(st.floats(0.0, 1e5), st.floats(1e-6, 1e4))
def test_segments_stay_below_the_curve_by_less_than_one_percent(displaced, ceiling):
    x, k = np.array([displaced]), np.array([ceiling])
    assert 0 <= chord_error(x, k)[0] < 0.01 * ceiling
    assert segment_capture(x, k)[0] <= gross_capture(x, k)[0] + 1e-12 * ceiling
    assert gross_capture(x, k)[0] <= min(displaced, ceiling)


@FEW
@given(st.floats(100.0, 1e4), st.floats(80.0, 200.0))
def test_a_ten_percent_stronger_yen_lowers_the_outflow_by_about_seven_percent(outflow, rate):
    fall = 1 - outflow_at_rate(outflow, rate * 0.9, rate, 0.7) / outflow
    assert fall == pytest.approx(0.07, abs=0.005)


def test_a_national_plan_is_estimated_in_half_a_second():
    """47 sites x 4 classes x 4 modes, 2,000 draws, tornado and cases."""
    rows = [
        (f"JP-{site:02d}", f"area{site % 10}", line, mode, 1.0 + site, 2.0 * (1.0 + site))
        for site in range(47)
        for line in LINES
        for mode in MODES
    ]
    plan, inputs = make_plan(rows), make_inputs()
    estimate_capture(plan, inputs)
    start = perf_counter()
    capture = estimate_capture(plan, inputs)
    assert perf_counter() - start < 2.0  # half a second alone; the machine may be shared
    assert len(capture.attribution) == 3 * len(rows)
    assert isinstance(capture.sampled, pd.DataFrame)
