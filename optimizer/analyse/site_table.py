"""The site table: what stands where, and what one more MW would cost there, chosen or not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.analyse.instruments import nonfirm_mw
from optimizer.analyse.year import JPY_PER_KW, JPY_PER_KWH, MW, Year, hosted_load, positions
from optimizer.milestones import Array, Inputs, Solution

M3_PER_HM3 = 1e6
DUST_GW = 1e-9
"""Capacity below this (one watt) is rounding of the solver."""


def mode_shares(inputs: Inputs, solution: Solution) -> pd.DataFrame:
    """Share of each operating mode in each class, nation-wide: classes × modes. [1]

    A mode's premium is the same at every site, so which site runs which mode is not the optimizer's to say:
    every site gets the nation's mix. That is an optimum too, and it does not flip with row order.
    """
    shape = (len(inputs.sites), len(inputs.workloads), len(inputs.modes))
    run = np.maximum(solution.siting["run"].to_numpy().reshape(shape), 0.0).sum(axis=0)
    total = run.sum(axis=1, keepdims=True)
    share = np.divide(run, total, out=np.zeros_like(run), where=total > DUST_GW)
    return pd.DataFrame(share, index=inputs.workloads.index, columns=inputs.modes.index)


def built_by_mode(inputs: Inputs, solution: Solution) -> pd.DataFrame:
    """New IT capacity, sites × modes; beside idle domestic capacity, the nation's mix of what is new. [GW]"""
    shape = (len(inputs.sites), len(inputs.modes))
    by_mode = np.maximum(solution.siting["it"].to_numpy().reshape(shape), 0.0)
    built = by_mode.sum(axis=1)
    if inputs.sites["spare_it_gw"].sum() > DUST_GW:
        share = by_mode.sum(axis=0) / max(by_mode.sum(), DUST_GW)
        return pd.DataFrame(np.outer(built, share), index=inputs.sites.index, columns=inputs.modes.index)
    needed = hosted_load(inputs, solution).to_numpy() / inputs.workloads["utilisation"].to_numpy()
    weight = needed @ mode_shares(inputs, solution).to_numpy()
    total = weight.sum(axis=1, keepdims=True)
    share = np.divide(weight, total, out=np.zeros_like(weight), where=total > DUST_GW)
    built = np.where(built > DUST_GW, built, 0.0)
    return pd.DataFrame(share * built[:, None], index=inputs.sites.index, columns=inputs.modes.index)


def sold_table(inputs: Inputs, solution: Solution) -> pd.DataFrame:
    """IT load sold and the capacity behind it, by site, class and mode; long form. [MW]"""
    hosted = hosted_load(inputs, solution).to_numpy()
    share = mode_shares(inputs, solution).to_numpy()
    sold = hosted[:, :, None] * share[None]
    behind = sold / inputs.workloads["utilisation"].to_numpy()[None, :, None]
    index = pd.MultiIndex.from_product(
        [inputs.sites.index, inputs.workloads.index, inputs.modes.index], names=["site", "workload", "mode"]
    )
    table = pd.DataFrame({"sold_mw": sold.ravel() * MW, "built_mw": behind.ravel() * MW}, index=index)
    table = table[table["sold_mw"] > DUST_GW].reset_index()
    table.insert(1, "area", inputs.sites["area"].loc[table["site"]].to_numpy())
    return table


def site_table(inputs: Inputs, solution: Solution, year: Year) -> pd.DataFrame:
    """One row per site with the columns of `PLAN_TABLES['sites']`; captured yen are added by the run."""
    sites, siting = inputs.sites, solution.siting
    built, hosted = built_by_mode(inputs, solution), hosted_load(inputs, solution)
    new = dict(zip(siting["renewable"].index, siting["renewable"], strict=True))
    reinforced = siting["reinforce"].groupby([site for site, _ in siting["reinforce"].index]).sum()
    kept = ("name_ja", "name_en", "area", "lon", "lat", "pue_mean", "seismic_share_30a")
    columns: dict[str, Any] = {name: sites[name] for name in kept}
    columns |= {f"it_mw_{mode}": built[mode] * MW for mode in inputs.modes.index}
    columns |= {
        f"{technology}_mw": [new.get((site, technology), 0.0) * MW for site in sites.index]
        for technology in inputs.technologies
    }
    table = pd.DataFrame(
        {
            **columns,
            "existing_it_mw": sites["existing_it_gw"] * MW,
            "it_mw": built.sum(axis=1) * MW,
            "halls": siting["halls"].reindex(sites.index).to_numpy(dtype=float),
            "served_it_mw": hosted.sum(axis=1) * MW,
            "connection_mw": siting["connection"].to_numpy() * MW,
            "nonfirm_mw": nonfirm_mw(inputs, solution),
            "headroom_mw": sites["headroom_gw"] * MW,
            "reinforcement_mw": reinforced.reindex(sites.index, fill_value=0.0) * MW,
            "site_limit_mw": sites["site_limit_gw"] * MW,
            "electricity_gwh": _electricity(inputs, hosted, solution),
            "water_m3": _water(inputs, hosted, solution),
            "grid_rent_jpy_per_kw_a": _rent(solution, "within_grid_headroom") * JPY_PER_KW,
            "site_rent_jpy_per_kw_a": _rent(solution, "within_site") * JPY_PER_KW,
            **_stack(inputs, solution, year),
            "gross_capture_jpy_bn": 0.0,
            "net_capture_jpy_bn": 0.0,
        },
        index=sites.index,
    )
    return table.reset_index(names="site")


def _rent(solution: Solution, equation: str) -> Array:
    return np.asarray(np.maximum(-solution.siting_duals[equation].to_numpy(), 0.0))


def _electricity(inputs: Inputs, hosted: pd.DataFrame, solution: Solution) -> Array:
    pue, profile = inputs.pue[:, solution.hour], inputs.profile[:, solution.hour]
    return np.asarray(
        np.einsum("rt,ct,rc,t->r", pue, profile, hosted.to_numpy(), solution.weight, optimize=True)
    )


def _stack(inputs: Inputs, solution: Solution, year: Year) -> dict[str, Array]:
    """Yearly cost of one more MW of IT built with the nation's mix of classes, site and power. [JPY m/MW/a]

    Not in it: fibre, CO2, rents of rules, who operates it. They differ by class: `optimizer.analyse.stacks`.
    """
    sites = inputs.sites
    peak = sites["pue_peak"].to_numpy()
    stack = {
        "building_jpy_m_per_mw_a": sites["building_jpy_bn_per_gw_a"].to_numpy(),
        "land_jpy_m_per_mw_a": sites["land_jpy_bn_per_gw_a"].to_numpy(),
        "connection_jpy_m_per_mw_a": sites["connection_jpy_bn_per_gw_a"].to_numpy() * peak,
        "grid_jpy_m_per_mw_a": _rent(solution, "within_grid_headroom") * peak,
        "energy_jpy_m_per_mw_a": _energy_per_built(inputs, solution, year),
        "capacity_jpy_m_per_mw_a": _capacity_per_built(inputs, solution),
    }
    return stack | {"all_in_jpy_m_per_mw_a": np.asarray(sum(stack.values()))}


def _energy_per_built(inputs: Inputs, solution: Solution, year: Year) -> Array:
    """Yearly electricity bill at area prices per GW of IT built; classes alike if none asked [JPY bn/GW/a]"""
    mean_load = _load_per_built(inputs) @ inputs.profile[:, solution.hour]
    area = positions(inputs.areas.index, inputs.sites["area"])
    price = year.price[area] / JPY_PER_KWH
    return np.asarray((inputs.pue[:, solution.hour] * price) @ (mean_load * year.weight))


def _load_per_built(inputs: Inputs) -> Array:
    """IT load of each class per IT built, in the nation's mix; classes alike if none is asked for [C]. [1]"""
    load = inputs.workloads["load_gw"].to_numpy()
    built = load / inputs.workloads["utilisation"].to_numpy()
    if built.sum() <= 0.0:
        load, built = np.ones(len(load)), 1.0 / inputs.workloads["utilisation"].to_numpy()
    return np.asarray(load / built.sum())


def _capacity_per_built(inputs: Inputs, solution: Solution) -> Array:
    """Cost of firm capacity that one GW of IT built asks for, with its margin [R]. [JPY bn/GW/a]"""
    duals = solution.siting_duals.get("adequacy", pd.Series(dtype=float))
    margin, total = 1.0 + (inputs.settings.adequacy_margin or 0.0), np.zeros(len(inputs.sites))
    per_built = _load_per_built(inputs)
    for key, price in duals.items():
        area, hour = key if isinstance(key, tuple) else ("", 0)
        here = inputs.sites["area"].to_numpy() == area
        drawn = inputs.pue[:, hour] * float(per_built @ inputs.profile[:, hour])
        total += here * drawn * max(0.0, float(price)) * margin
    return total


def _water(inputs: Inputs, hosted: pd.DataFrame, solution: Solution) -> Array:
    """Water drawn in a year by site: IT energy times water per IT energy. [m3/a]"""
    hours = inputs.profile[:, solution.hour] @ solution.weight
    return np.asarray(hosted.to_numpy() @ hours * inputs.settings.water_hm3_per_gwh * M3_PER_HM3)
