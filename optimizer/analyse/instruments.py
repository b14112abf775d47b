"""What non-firm connections, flexible work and rules of clean power did in the year, where they are on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.analyse.year import MW, hosted_load, positions
from optimizer.milestones import Array, Inputs, Solution

HOURS_PER_YEAR = 8760.0


def nonfirm_mw(inputs: Inputs, solution: Solution) -> pd.Series:
    """Return the non-firm connection of every site, beside its firm one; zero where none is allowed. [MW]"""
    allowed = inputs.sites.index[inputs.sites["nonfirm_limit_gw"] > 0]
    if not len(allowed):
        return pd.Series(0.0, index=inputs.sites.index)
    built = solution.siting["nonfirm"].reindex(inputs.sites.index, fill_value=0.0)
    return built.astype(float).clip(lower=0.0) * MW


def instrument_columns(inputs: Inputs, solution: Solution) -> dict[str, Array]:
    """Return what the choices did in each area; zero where a choice is off.

    Interruption, waiting and moving are decided by area: which of its sites stops or waits is not the
    program's to say.

    Returns:
        nonfirm_mw [MW], interrupted_gwh, shifted_gwh, moved_out_gwh, moved_in_gwh [GWh/a], all [A].
    """
    settings, areas = inputs.settings, inputs.areas.index
    may_stop = inputs.sites["area"][inputs.sites["nonfirm_limit_gw"] > 0]
    stopping = areas[areas.isin(may_stop)]
    shifting, moving = (areas if on else areas[:0] for on in (settings.shift, settings.move))
    nonfirm = nonfirm_mw(inputs, solution).groupby(inputs.sites["area"]).sum()
    return {
        "nonfirm_mw": nonfirm.reindex(areas, fill_value=0.0).to_numpy(dtype=float),
        "interrupted_gwh": _hourly(inputs, solution, "interrupt", stopping),
        "shifted_gwh": _hourly(inputs, solution, "shift_down", shifting),
        "moved_out_gwh": _hourly(inputs, solution, "moved_out", moving),
        "moved_in_gwh": _hourly(inputs, solution, "moved_in", moving),
    }


def instrument_figures(inputs: Inputs, solution: Solution, areas: pd.DataFrame) -> dict[str, float]:
    """Return the quantities behind each choice that is on; a choice that is off has none.

    Matching and the cap on CO2 are rules one may buy out of: what is missing, and what is paid for it, is
    part of the answer.

    Args:
        inputs: what was asked.
        solution: the certified answer.
        areas: the table of areas of the plan.

    Returns:
        nonfirm_mw [MW], interrupted_gwh, shifted_gwh, moved_gwh [GWh/a], and those of the rules.
    """
    figures: dict[str, float] = {}
    if (inputs.sites["nonfirm_limit_gw"] > 0).any():
        figures["nonfirm_mw"] = float(areas["nonfirm_mw"].sum())
        figures["interrupted_gwh"] = float(areas["interrupted_gwh"].sum())
    if inputs.settings.shift:
        figures["shifted_gwh"] = float(areas["shifted_gwh"].sum())
    if inputs.settings.move:
        figures["moved_gwh"] = float(areas["moved_out_gwh"].sum())
    return figures | _rule_figures(inputs, solution, areas)


def _rule_figures(inputs: Inputs, solution: Solution, areas: pd.DataFrame) -> dict[str, float]:
    """Return unmatched_gwh, matched_share, co2_*_kt, missed_rules_jpy_bn_per_a of the rules that are on."""
    settings = inputs.settings
    figures: dict[str, float] = {}
    unmatched, overshoot = _by_period(solution, "unmatched"), _by_period(solution, "overshoot")
    if settings.matching != "none":
        figures["unmatched_gwh"] = unmatched
        figures["matched_share"] = _matched_share(inputs, solution, unmatched)
    if settings.co2_cap_kt is not None:
        figures["co2_cap_kt"] = settings.co2_cap_kt
        figures["co2_kt_per_a"] = float(areas["co2_kt"].sum())
        figures["co2_before_kt_per_a"] = float(areas["co2_before_kt"].sum())
        figures["co2_overshoot_kt"] = overshoot
    if settings.matching != "none" or settings.co2_cap_kt is not None:
        figures["missed_rules_jpy_bn_per_a"] = (
            settings.unmatched_jpy_bn_per_gwh * unmatched + settings.co2_overshoot_jpy_bn_per_kt * overshoot
        )
    return figures


def _matched_share(inputs: Inputs, solution: Solution, unmatched: float) -> float:
    """Share of the data centers' yearly power matched: what the law `matching` asks for less what is missing.

    Power matched beyond the share asked for is not counted. Nothing drawn is nothing missing. [1]
    """
    per_load = inputs.pue @ inputs.profile.T * (HOURS_PER_YEAR / inputs.pue.shape[1])
    drawn = float((per_load * hosted_load(inputs, solution).to_numpy()).sum())
    missing = unmatched / drawn if drawn > 0.0 else 0.0
    return max(0.0, inputs.settings.matching_share - missing)


def _hourly(inputs: Inputs, solution: Solution, name: str, rows: pd.Index) -> Array:
    """Return an hourly quantity summed over the year, by area; `rows` are the areas it has. [GWh/a]"""
    total = np.zeros(len(inputs.areas))
    if len(rows):
        values: Array = np.maximum(solution.dispatch[name], 0.0)
        total[positions(inputs.areas.index, rows)] = values @ solution.weight
    return total


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
