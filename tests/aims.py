"""Goals for the tiny systems of `toy`: a market line on paper, or the lines and curve of the capture model.

On paper: outflow 200 JPY bn/a, ceiling 50, a GW sold at home displaces 100 of it, a platform keeps half. Two
chords: 0.8 captured per displaced yen up to 50, 0.4 up to 100, then nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from toy import change

from optimizer.capture.curve import SLOPES, WIDTHS
from optimizer.milestones import Inputs

PAPER = pd.DataFrame({"width": [1.0, 1.0], "slope": [0.8, 0.4]})
CURVE = pd.DataFrame({"width": WIDTHS, "slope": SLOPES})


def with_market(
    inputs: Inputs, displaced: Mapping[tuple[str, str], float] | None = None, chords: pd.DataFrame = PAPER
) -> Inputs:
    """Return the inputs with a cloud market; every class displaces 100 JPY bn/GW/a of it unless told otherwise."""
    offers = displaced or {(workload, "cloud"): 100.0 for workload in inputs.workloads.index}
    accounts = sorted({account for _, account in offers})
    lines = pd.DataFrame(
        {"outflow_jpy_bn": 200.0, "ceiling_jpy_bn": 50.0, "platform_kept": 0.5},
        index=pd.Index(accounts, name="account"),
    )
    index = pd.MultiIndex.from_tuples(list(offers), names=["workload", "account"])
    return replace(
        inputs,
        capture_lines=lines,
        capture_offers=pd.DataFrame({"displaced_jpy_bn_per_gw_a": list(offers.values())}, index=index),
        capture_segments=chords.rename_axis("segment"),
    )


def capturing(inputs: Inputs, share: float) -> Inputs:
    """Return the inputs with the goal of capturing a share of the outflow."""
    return change(change(inputs, "settings.goal", "capture"), "settings.capture_share", share)


def budgeted(inputs: Inputs, budget_jpy_bn: float, value: float = 10.0) -> Inputs:
    """Return the inputs with the goal of capturing most within a budget; a captured yen is worth `value`."""
    for key, number in (
        ("goal", "budget"),
        ("budget_jpy_bn", budget_jpy_bn),
        ("capture_value_jpy_per_jpy", value),
    ):
        inputs = change(inputs, f"settings.{key}", number)
    return inputs
