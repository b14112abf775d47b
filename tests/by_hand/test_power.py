"""What a unit of energy carries through the interties, on paper: mixes of imports, and areas nothing is made in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from toy import solved, toy

from optimizer.analyse.power import traced
from optimizer.analyse.year import with_plan

CHAIN = {"AB": {"from_area": "A", "to_area": "B"}, "BC": {"from_area": "B", "to_area": "C"}}


def carried_by(own: list[float], forward: list[float], backward: list[float]) -> list[float]:
    """A, B, C in a row; own energy, all of it carrying 0.8, and flows A to B and B to C and back. [GWh]"""
    inputs = toy({"interties": CHAIN}, sites={"A1": "A", "B1": "B", "C1": "C"})
    year = with_plan(inputs, solved(inputs))
    one_hour = {
        "weight": np.array([1.0]), "forward": np.array(forward)[:, None], "backward": np.array(backward)[:, None]
    }  # fmt: skip
    return [
        float(share)
        for share in traced(inputs, replace(year, **one_hour), 0.8 * np.array(own), np.array(own))
    ]


def test_imports_carry_the_mix_of_where_they_come_from():
    """All that is made carries 0.8, so everything does. B makes nothing and takes 2 from A: 0.8 too, C after it."""
    assert carried_by([10.0, 0.0, 5.0], [2.0, 1.0], [0.0, 0.0]) == pytest.approx([0.8, 0.8, 0.8])


def test_energy_in_a_circle_carries_nothing():
    """B and C make nothing and send the same GWh to and fro: nothing that was made reaches them, so 0, not an error.

    One GWh from A into the circle, and all of it is A's: 0.8 in every area.
    """
    assert carried_by([10.0, 0.0, 0.0], [0.0, 1.0], [0.0, 1.0]) == pytest.approx([0.8, 0.0, 0.0])
    assert carried_by([10.0, 0.0, 0.0], [1.0, 1.0], [0.0, 1.0]) == pytest.approx([0.8, 0.8, 0.8])


def test_what_comes_from_nowhere_thins_the_mix():
    """A makes 1 GWh (0.8) and takes 1 from B, which made none (it sheds its users): half of A's supply carries 0.8."""
    assert carried_by([1.0, 0.0, 0.0], [0.0, 0.0], [1.0, 0.0]) == pytest.approx([0.4, 0.0, 0.0])
