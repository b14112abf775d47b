"""What non-firm connections, flexible work and rules of clean power did in the year, where they are on."""

from __future__ import annotations

import numpy as np

from optimizer.analyse.year import MW
from optimizer.milestones import Array, Inputs, Solution


def instrument_figures(inputs: Inputs, solution: Solution) -> dict[str, float]:
    """Return the quantities behind each choice that is on; a choice that is off has none.

    Matching and the cap on CO2 are rules one may buy out of: what is missing, and what is paid for it, is
    part of the answer.

    Returns:
        nonfirm_mw [MW], interrupted_gwh, shifted_gwh, moved_gwh, unmatched_gwh [GWh/a], co2_overshoot_kt
        [kt/a], missed_rules_jpy_bn_per_a [JPY bn/a].
    """
    settings = inputs.settings
    figures: dict[str, float] = {}
    if (inputs.sites["nonfirm_limit_gw"] > 0).any():
        figures["nonfirm_mw"] = (
            float(np.maximum(solution.siting["nonfirm"].to_numpy(dtype=float), 0.0).sum()) * MW
        )
        figures["interrupted_gwh"] = _hourly(solution, "interrupt")
    if settings.shift:
        figures["shifted_gwh"] = _hourly(solution, "shift_down")
    if settings.move:
        figures["moved_gwh"] = _hourly(solution, "moved_out")
    unmatched, overshoot = _by_period(solution, "unmatched"), _by_period(solution, "overshoot")
    if settings.matching != "none":
        figures["unmatched_gwh"] = unmatched
    if settings.co2_cap_kt is not None:
        figures["co2_overshoot_kt"] = overshoot
    if settings.matching != "none" or settings.co2_cap_kt is not None:
        figures["missed_rules_jpy_bn_per_a"] = (
            settings.unmatched_jpy_bn_per_gwh * unmatched + settings.co2_overshoot_jpy_bn_per_kt * overshoot
        )
    return figures


def _hourly(solution: Solution, name: str) -> float:
    """Return an hourly quantity summed over places and the year."""
    values: Array = np.maximum(solution.dispatch[name], 0.0)
    return float(np.sum(values * solution.weight))


def _by_period(solution: Solution, name: str) -> float:
    """Return a quantity of whole periods summed over the year."""
    values: Array = np.maximum(solution.dispatch[name], 0.0)
    if not values.size:
        return 0.0
    return float(np.sum(values * _period_weight(solution, values.shape[1])))


def _period_weight(solution: Solution, periods: int) -> Array:
    """Return how often each period counts; periods of unlike length (52 weeks and a day) count alike."""
    weight = solution.weight
    if (weight == weight[0]).all():
        return np.full(periods, weight[0])
    return np.asarray(weight[:: len(weight) // periods])
