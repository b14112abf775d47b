"""The programme's chords against the capture model itself, on solved plans with the researched parameters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from aims import capturing
from capture_fixtures import LINES, accounts, parameters
from toy import change, solved, toy

from optimizer.analyse.goal import captured_by_chords, goal_figures
from optimizer.analyse.plan import make_plan
from optimizer.capture import estimate_capture, with_capture_terms
from optimizer.capture.accounts import market
from optimizer.capture.cells import cells_of
from optimizer.capture.curve import gross_capture
from optimizer.capture.leakage import keep_ledger
from optimizer.capture.ranges import as_draws, read_ranges
from optimizer.milestones import Inputs

CLASSES = ("web", "reason", "train")
MIX = {
    ("web", "iaas"): 0.8,
    ("web", "saas"): 0.2,
    ("reason", "ai_inf"): 1.0,
    ("train", "ai_train"): 0.9,
    ("train", "iaas"): 0.1,
}


def country(load_gw: float, platform_share: float = 0.0) -> Inputs:
    """A site, three classes that sell into all four lines, domestic and platform capacity dearer than the rest."""
    inputs = toy(workloads=CLASSES)
    index = pd.MultiIndex.from_tuples(list(MIX), names=["workload", "account"])
    inputs = replace(
        inputs,
        parameters=parameters(),
        accounts=accounts(),
        workload_accounts=pd.DataFrame({"share": list(MIX.values())}, index=index),
    )
    for key, value in {
        "demand.demand_gw": load_gw,
        "modes.premium_jpy_bn_per_gw_a": [20.0, 25.0, 0.0, 0.0],
        "operator_mix.min_share": {(c, "platform"): platform_share for c in CLASSES},
    }.items():
        inputs = change(inputs, key, value)
    return with_capture_terms(inputs)


@pytest.mark.parametrize(("share", "load_gw"), [(0.03, 0.2), (0.08, 0.4), (0.12, 1.5)])
def test_chords_of_a_domestic_plan_are_those_of_the_capture_model(share, load_gw):
    """Exact curve less the published chord error is what the programme counts, line by line, to 1e-9."""
    inputs = capturing(country(load_gw), share)
    solution = solved(inputs)
    capture = estimate_capture(make_plan(inputs, solution), inputs)
    base = capture.by_account.query("case == 'base'").set_index("account").loc[list(LINES)]
    counted = captured_by_chords(inputs, solution)
    assert counted.to_numpy() == pytest.approx(
        (base["gross_jpy_bn"] - base["chord_error_jpy_bn"]).to_numpy(), rel=1e-9, abs=1e-9
    )
    assert (base["chord_error_jpy_bn"] <= 0.01 * base["ceiling_jpy_bn"]).all()
    assert counted.sum() == pytest.approx(share * base["outflow_jpy_bn"].sum(), rel=1e-9)
    values = solution.siting["capture_segment"]
    slope, kept = inputs.capture_segments["slope"], inputs.capture_lines["platform_kept"]
    filled = sum(
        gw * slope[j] * (kept[i] if seller == "home" else 1 - kept[i])
        for (i, seller, j), gw in values.items()
    )
    assert filled == pytest.approx(float(counted.sum()), rel=1e-9)
    assert goal_figures(inputs, solution)["marginal_cost_jpy_per_captured_jpy"] > 0.0


@pytest.mark.parametrize("share", [0.05, 0.09])
def test_chords_of_a_plan_with_platforms_are_the_strict_curve(share):
    """Half of every class sold through platforms: within 1 % of the ceilings below the strict exact curve.

    Gross by the single curve, less the excess the capture model warns of, is that strict curve.
    """
    inputs = capturing(country(0.6, platform_share=0.5), share)
    solution = solved(inputs)
    plan = make_plan(inputs, solution)
    ranges = read_ranges(inputs.parameters)
    values = as_draws([ranges.base])
    ledger = keep_ledger(cells_of(plan, inputs), values, ranges.base, 2030)
    strict = (ledger.lines["gross_jpy_bn"] - ledger.platform_excess)[:, 0]
    ceiling = market(values, 2030).ceiling[:, 0]
    counted = captured_by_chords(inputs, solution).to_numpy()
    assert (counted <= strict + 1e-9).all()
    assert (strict - counted <= 0.01 * ceiling).all()
    assert ledger.platform_excess.sum() > 1.0


def test_terms_are_the_market_of_the_capture_model():
    """Ceilings and outflow by line; a GW sold displaces what is on paper; the chords lie within 1 %."""
    inputs = country(1.0)
    values = as_draws([read_ranges(inputs.parameters).base])
    national = market(values, 2030)
    assert inputs.capture_lines["ceiling_jpy_bn"].to_numpy() == pytest.approx(national.ceiling[:, 0])
    assert inputs.capture_lines["outflow_jpy_bn"].to_numpy() == pytest.approx(national.outflow[:, 0])
    one_gw = inputs.capture_offers["displaced_jpy_bn_per_gw_a"]
    assert one_gw["web", "iaas"] == pytest.approx(0.8 * 0.65 * 0.65 * 2.2 * 1000)
    assert one_gw["reason", "ai_inf"] == pytest.approx(0.75 * 0.75 * 2.1 * 1000)
    displaced = np.linspace(0, 4000, 2000)
    ceiling = np.full_like(displaced, 300.0)
    ends = inputs.capture_segments["width"].cumsum().to_numpy() * 300.0
    starts = ends - inputs.capture_segments["width"].to_numpy() * 300.0
    filled = np.clip(displaced[:, None], starts, ends) - starts
    chord = filled @ inputs.capture_segments["slope"].to_numpy()
    exact = gross_capture(displaced, ceiling)
    assert (chord <= exact + 1e-9).all()
    assert (exact - chord).max() <= 0.01 * 300.0
