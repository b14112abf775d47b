"""Watt against bit: for each pair of areas, moving a kW of power by wire against moving the work by fibre.

By wire, the users' data centers stand in one area and live on power of the other: the cheapest way over
interties, built anew, and what the price difference of the year already pays for it. By fibre, the data
centers stand where the power is and the users' data travel: over leased fibre, or over new capacity on the
quickest way of the fibre graph (:attr:`optimizer.milestones.Inputs.between_areas`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from optimizer.analyse.year import JPY_PER_KW, Year
from optimizer.milestones import Array, Inputs

COLUMNS = [
    "power_area", "user_area", "distance_km", "wire_jpy_per_kw_a", "wire_rent_jpy_per_kw_a",
    "fibre_jpy_per_kw_a", "wire_per_fibre",
]  # fmt: skip

KW_PER_MW = 1000.0

UNREACHED = -9999
"""What the shortest-path routine writes where there is no predecessor."""


def watt_bit(inputs: Inputs, year: Year) -> pd.DataFrame:
    """Compare wire and fibre for every ordered pair of areas that interties join.

    Args:
        inputs: interties with cost of expansion, workloads with their traffic, routes with their price.
        year: hourly area prices with the plan. [JPY/kWh]

    Returns:
        One row per pair: power_area, user_area, distance_km (between label points), wire_jpy_per_kw_a
        (expansion along the cheapest way and energy lost on it), wire_rent_jpy_per_kw_a (what the price
        difference pays in a year), fibre_jpy_per_kw_a (for the plan's mix of classes, per kW of facility
        power), wire_per_fibre [1].
    """
    names = list(inputs.areas.index)
    cost, arrives = _wires(inputs)
    fibre = _fibre(inputs)
    per_kw, distance = fibre["jpy_per_kw_a"].to_dict(), fibre["distance_km"].to_dict()
    mean = year.price @ year.weight
    rows = []
    for source, power in enumerate(names):
        for target, user in enumerate(names):
            if source == target or not np.isfinite(cost[source, target]) or (power, user) not in per_kw:
                continue
            bit = float(per_kw[power, user])
            gain = year.price[target] * arrives[source, target] - year.price[source]
            lost = (1.0 - arrives[source, target]) * mean[source]
            wire = float(cost[source, target] * JPY_PER_KW + lost)
            rows.append(
                {
                    "power_area": power,
                    "user_area": user,
                    "distance_km": float(distance[power, user]),
                    "wire_jpy_per_kw_a": wire,
                    "wire_rent_jpy_per_kw_a": float(np.maximum(gain, 0.0) @ year.weight),
                    "fibre_jpy_per_kw_a": bit,
                    "wire_per_fibre": wire / bit if bit > 0 else np.nan,
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _wires(inputs: Inputs) -> tuple[Array, Array]:
    """Cost of a new kW along the cheapest way [JPY bn/GW/a], and the share of the energy that arrives [1]."""
    count = len(inputs.areas)
    first = inputs.areas.index.get_indexer(pd.Index(inputs.interties["from_area"]))
    second = inputs.areas.index.get_indexer(pd.Index(inputs.interties["to_area"]))
    price = inputs.interties["expansion_jpy_bn_per_gw_a"].to_numpy()
    kept = -np.log(1.0 - inputs.interties["loss_share"].to_numpy())
    best = np.full((count, count), np.inf)
    loss = np.zeros((count, count))
    for a, b, way, lost in zip(first, second, price, kept, strict=True):
        if way < best[a, b]:
            best[a, b] = best[b, a] = max(way, 1e-9)
            loss[a, b] = loss[b, a] = lost
    graph = csr_array(np.where(np.isfinite(best), best, 0.0))
    cost, before = dijkstra(graph, directed=False, return_predecessors=True)
    total = np.zeros((count, count))
    for source in range(count):
        for target in range(count):
            at = target
            while before[source, at] != UNREACHED:
                total[source, target] += loss[before[source, at], at]
                at = before[source, at]
    return np.asarray(cost), np.exp(-total)


def _fibre(inputs: Inputs) -> pd.DataFrame:
    """Distance [km], and fibre for a kW of data centers with the plan's mix of classes [JPY/kW/a]."""
    load = inputs.workloads["load_gw"].to_numpy()
    share = load / load.sum() if load.sum() > 0 else np.full(len(load), 1.0 / len(load))
    gbps_per_mw = float(share @ inputs.workloads["gbps_per_mw"].to_numpy())
    pue = float(inputs.sites["pue_mean"].mean())
    price = inputs.between_areas["fibre_jpy_per_gbps_a"] * gbps_per_mw / KW_PER_MW / pue
    return inputs.between_areas[["distance_km"]].assign(jpy_per_kw_a=price)
