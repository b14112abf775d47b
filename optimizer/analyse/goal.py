"""What the goals say of a plan: captured yen as the programme counts them, capital, and what a yen buys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.analyse.year import MW
from optimizer.milestones import Inputs, Solution

HOME = ("domestic", "platform")
"""Modes that displace payments abroad."""

BUILT = (
    "it", "connection", "nonfirm", "reinforce", "renewable", "battery_power", "battery_energy", "line",
)  # fmt: skip
"""Variables of what is built and paid for once."""


def in_yen_alone(inputs: Inputs, solution: Solution) -> Solution:
    """Return the solution with costs that are costs: without what the objective credits for captured yen."""
    value = inputs.settings.capture_value_jpy_per_jpy
    if value == 0.0 or inputs.capture_lines.empty:
        return solution
    credit = value * _counted(inputs, solution)
    return replace(
        solution,
        cost=solution.cost + credit,
        lower_bound=solution.lower_bound + credit,
        siting_cost=solution.siting_cost + credit,
    )


def _counted(inputs: Inputs, solution: Solution) -> float:
    """Return captured yen in the chords the solver filled. [JPY bn/a]"""
    chords = solution.siting["capture_segment"]
    kept = dict(zip(inputs.capture_lines.index, _floats(inputs.capture_lines, "platform_kept"), strict=True))
    slope = dict(zip(inputs.capture_segments.index, _floats(inputs.capture_segments, "slope"), strict=True))
    total = 0.0
    for (account, seller, segment), filled in zip(chords.index, chords.to_numpy(), strict=True):
        share = kept[account] if seller == "home" else 1.0 - kept[account]
        total += max(float(filled), 0.0) * slope[segment] * share
    return total


def _floats(table: pd.DataFrame, column: str) -> list[float]:
    return [float(value) for value in table[column].to_numpy()]


def captured_by_chords(inputs: Inputs, solution: Solution) -> pd.Series:
    """Return what the plan captures by market line as the programme counts it: strict, by chords. [JPY bn/a]

    Computed from what is sold, so it also holds where no goal made the solver fill the chords.
    """
    lines, segments = inputs.capture_lines, inputs.capture_segments
    ends = segments["width"].cumsum().to_numpy()
    starts = ends - segments["width"].to_numpy()
    own, home = (_displaced(inputs, solution, modes) for modes in (("domestic",), HOME))

    def chord(displaced: pd.Series) -> pd.Series:
        ceiling = lines["ceiling_jpy_bn"].to_numpy()[:, None]
        filled = np.clip(displaced.to_numpy()[:, None], starts * ceiling, ends * ceiling) - starts * ceiling
        return pd.Series(filled @ segments["slope"].to_numpy(), index=lines.index)

    kept = lines["platform_kept"]
    total: pd.Series = (1.0 - kept) * chord(own) + kept * chord(home)
    return total


def _displaced(inputs: Inputs, solution: Solution, modes: tuple[str, ...]) -> pd.Series:
    """Payment abroad that sales in these modes could displace, by market line. [JPY bn/a]"""
    run = solution.siting["run"]
    keys = pd.MultiIndex.from_tuples(list(run.index), names=["site", "workload", "mode"])
    sold = pd.Series(np.maximum(run.to_numpy(), 0.0), index=keys)
    by_class = sold[sold.index.isin(modes, level="mode")].groupby(level="workload").sum()
    offers = inputs.capture_offers["displaced_jpy_bn_per_gw_a"]
    workload = offers.index.get_level_values("workload")
    yen = offers * by_class.reindex(workload, fill_value=0.0).to_numpy()
    by_line: pd.Series = yen.groupby(level="account").sum()
    return by_line.reindex(inputs.capture_lines.index).fillna(0.0)


def capital_by_kind(inputs: Inputs, solution: Solution) -> dict[str, float]:
    """Return what is spent once on everything built, public and private, machines not counted. [JPY bn]"""
    sites, modes = inputs.sites, len(inputs.modes)
    siting = {name: solution.siting[name].clip(lower=0.0) for name in BUILT}
    built = siting["it"].to_numpy().reshape(len(sites), modes).sum(axis=1)
    battery = inputs.storage[inputs.storage.index.get_level_values("storage") == "battery"]
    connected = siting["connection"].add(siting["nonfirm"], fill_value=0.0).reindex(sites.index)
    power, energy = siting["battery_power"].to_numpy(), siting["battery_energy"].to_numpy()
    return {
        "building": float(built @ sites["building_jpy_bn_per_gw"]),
        "land": float(built @ sites["land_jpy_bn_per_gw"]),
        "connection": float(connected.to_numpy() @ sites["connection_jpy_bn_per_gw"]),
        "reinforcement": float(siting["reinforce"].to_numpy() @ inputs.reinforcements["cost_jpy_bn_per_gw"]),
        "renewables": float(siting["renewable"].to_numpy() @ inputs.renewables["cost_jpy_bn_per_gw"]),
        "storage": float(power @ battery["power_jpy_bn_per_gw"] + energy @ battery["energy_jpy_bn_per_gwh"]),
        "lines": float(siting["line"].to_numpy() @ inputs.interties["expansion_jpy_bn_per_gw"]),
    }


def goal_figures(inputs: Inputs, solution: Solution) -> dict[str, Any]:
    """Return the goal's part of `summary.json`: goal, capital by kind, and what the goal alone has to say."""
    capital = capital_by_kind(inputs, solution)
    figures: dict[str, Any] = {
        "goal": inputs.settings.goal,
        "capital_jpy_bn": sum(capital.values()),
        "capital_jpy_bn_by_kind": capital,
    }
    if not inputs.announced_foreign.empty:
        foreign = inputs.announced_foreign
        figures["announced_foreign_it_mw"] = float(foreign["it_gw"].sum() * MW)
        figures["announced_foreign_gwh"] = float(foreign["electricity_gwh"].sum())
    if inputs.capture_lines.empty:
        return figures
    captured = float(captured_by_chords(inputs, solution).sum())
    figures["captured_jpy_bn_per_a"] = captured
    figures["captured_share_of_outflow"] = captured / float(inputs.capture_lines["outflow_jpy_bn"].sum())
    return figures | _of_target(inputs, solution) | _of_budget(inputs, solution, captured)


def _of_target(inputs: Inputs, solution: Solution) -> dict[str, float]:
    if inputs.settings.capture_share is None:
        return {}
    return {
        "capture_share_asked": inputs.settings.capture_share,
        "marginal_cost_jpy_per_captured_jpy": max(0.0, float(solution.siting_duals["capture_target"].sum())),
    }


def _of_budget(inputs: Inputs, solution: Solution, captured: float) -> dict[str, float]:
    budget = inputs.settings.budget_jpy_bn
    if budget is None:
        return {}
    figures = {"budget_jpy_bn": budget}
    if solution.frontier:
        figures["capture_reach_jpy_bn_per_a"] = solution.frontier["capture_jpy_bn"]
        figures["marginal_capture_jpy_per_budget_jpy"] = solution.frontier["jpy_per_budget_jpy"]
    public = budget * inputs.settings.public_share
    if public > 0.0:
        figures["public_jpy_bn"] = public
        figures["captured_jpy_a_per_public_jpy"] = captured / public
    return figures
