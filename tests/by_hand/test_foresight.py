"""Rolling foresight by hand: a store that should have been filled before anybody saw why."""

from __future__ import annotations

import numpy as np
import pytest
from toy import change, programme_of, solved, toy

from optimizer.analyse.foresight import foresight_figures, windows
from optimizer.errors import UsageError
from optimizer.run_foresight import rolling_weeks
from optimizer.solve.workers import SerialEvaluator

HOURS = 72
DEMAND = np.where(np.arange(HOURS) < 50, 4.0, 4.6)
"""With 1 GW of data centers 5 GW for 50 h, then 5.6 GW for 22 h."""


def rolled(ahead: int):
    """Cheap power 5.5 GW at 0.01 JPY bn/GWh, dear power at 0.05; a store of 1 GWh that keeps 0.3 of what it draws.

    A stored GWh costs 0.0333, saves 0.05, and is worth the mean price (50 · 0.01 + 22 · 0.05) / 72 = 0.0222.
    """
    inputs = toy(
        {
            "fleets": {
                ("A", "cheap"): {"available_gw": 5.5, "cost_jpy_bn_per_gwh": 0.01},
                ("A", "dear"): {"available_gw": 9.0, "cost_jpy_bn_per_gwh": 0.05},
            },
            "storage": {("A", "pumped"): {"power_gw": 1.0, "energy_gwh": 1.0, "charge_efficiency": 0.3}},
        },
        hours=HOURS,
    )
    inputs = change(inputs, "demand_gw", DEMAND)
    programme = programme_of(inputs)
    y = solved(inputs).siting["hosted"].to_numpy()
    z = np.zeros(len(programme.interface))
    z[: len(y)] = y
    weeks = rolling_weeks(inputs, programme, z, ahead, SerialEvaluator())
    return weeks, foresight_figures(weeks, ahead)


def test_a_day_ahead_fills_the_store_too_late():
    """Known: 3.333 GWh drawn for 1 GWh, 2.5 + 0.03333 + 1.21 + 1.2 · 0.05 = 3.80333 in 72 h.

    One day ahead: nobody sees hour 50 before hour 48; the two hours left give 1 GWh for 0.3: 2.5 + 0.01 + 1.21 +
    1.9 · 0.05 = 3.815. Not knowing costs 0.011667.
    """
    weeks, figures = rolled(24)
    assert weeks["perfect_jpy_bn"].iloc[0] == pytest.approx(3.803333333, rel=1e-9)
    assert weeks["rolling_jpy_bn"].iloc[0] == pytest.approx(3.815, rel=1e-9)
    assert figures["cost_of_not_knowing_jpy_bn_per_a"] == pytest.approx(0.0116666667 * 8760 / 72, rel=1e-6)
    assert weeks["rolling_shed_gwh"].iloc[0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("ahead", [48, 72, 168])
def test_two_days_ahead_are_enough(ahead):
    """The window of hours 24 to 72 sees the dear hours and 26 hours with power to spare: nothing is lost."""
    weeks, _ = rolled(ahead)
    assert weeks["cost_of_not_knowing_jpy_bn"].iloc[0] == pytest.approx(0.0, abs=1e-9)


def test_windows_begin_every_day_and_end_with_the_week():
    assert windows(72, 48) == [(0, 48), (24, 72), (48, 72)]
    assert windows(24, 48) == [(0, 24)]
    assert len(windows(168, 48)) == 7


@pytest.mark.parametrize("ahead", [0, 12, 36])
def test_hours_that_are_no_days_are_refused(ahead):
    with pytest.raises(UsageError, match="whole days"):
        rolled(ahead)
