"""Foreign capacity that is announced and placed already: load in the background, nothing to decide.

    load_at = announced_a  u_for  eta_at  sum_c share_c phi_ct

with PUE eta of the area's sites, weighted by what stands there today, and the load profile phi of the
classes in the shares of what is asked for. u_for is the foreign operators' utilisation, as in capture.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimizer.milestones import Array

MW_PER_GW = 1000.0
HOURS_PER_YEAR = 8760.0


def announced_load(
    announced_mw: Mapping[str, float], sites: pd.DataFrame, shapes: tuple[Array, Array, pd.DataFrame],
    value: Mapping[str, float],
) -> pd.DataFrame:  # fmt: skip
    """Return the hourly power of announced foreign capacity.

    Args:
        announced_mw: IT capacity by grid area [MW].
        sites: area and existing_it_gw of every site, rows as in PUE.
        shapes: PUE [R, T], profile [C, T] and the workloads (share), rows as in the profile.
        value: parameters by name; u_for is used where something is announced.

    Returns:
        Hours by area [GW], areas with capacity only; columns are hours.
    """
    pue, profile, workloads = shapes
    share = workloads["share"].to_numpy(dtype=float)
    shape = share / share.sum() @ profile
    rows = {}
    for area, capacity_mw in announced_mw.items():
        inside = np.flatnonzero((sites["area"] == area).to_numpy())
        if capacity_mw <= 0.0 or not len(inside):
            continue
        standing = sites["existing_it_gw"].to_numpy(dtype=float)[inside]
        weight = standing if standing.sum() > 0.0 else np.ones(len(inside))
        power = weight / weight.sum() @ pue[inside]
        rows[area] = capacity_mw / MW_PER_GW * value["u_for"] * power * shape
    hours = profile.shape[1]
    return pd.DataFrame(np.array(list(rows.values())).reshape(-1, hours), index=list(rows))


def with_announced(demand_gw: Array, announced: pd.DataFrame, areas: pd.Index) -> Array:
    """Return the demand of the areas [A, T] with the announced load on top. [GW]"""
    if announced.empty:
        return demand_gw
    return np.asarray(demand_gw + announced.reindex(areas, fill_value=0.0).to_numpy())


def announced_table(announced_mw: Mapping[str, float], announced: pd.DataFrame) -> pd.DataFrame:
    """Return IT capacity and yearly electricity of what is announced, by area; empty without any.

    Index area. it_gw, electricity_gwh.
    """
    if announced.empty:
        return pd.DataFrame()
    return pd.DataFrame(
        {
            "it_gw": [announced_mw[str(area)] / MW_PER_GW for area in announced.index],
            "electricity_gwh": announced.mean(axis=1) * HOURS_PER_YEAR,
        },
        index=announced.index.rename("area"),
    )
