"""How far areas lie from one another, and what fibre between them costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimizer.inputs.network import (
    ENDS,
    GBPS_PER_TBPS,
    MONTHS_PER_YEAR,
    FibreNetwork,
    great_circle_km,
    ways_over_graph,
)
from optimizer.milestones import Array

JPY_PER_BN = 1e9


def between_areas(
    areas: pd.DataFrame, graph: FibreNetwork | None, value: Mapping[str, float]
) -> pd.DataFrame:
    """Return distance and price of fibre between the label points of every two areas.

    Leased fibre costs by straight-line distance and two ends. Over a graph one Gb/s more takes the quickest
    way: the use of its fibre and two ends, and new capacity on every link of it, as a new wire is counted.

    Args:
        areas: index area; lon, lat. [deg]
        graph: nodes and links in service; None where the fibre is leased.
        value: parameters by name, from :func:`optimizer.inputs.network.network_parameters`.

    Returns:
        Index from_area, to_area, without pairs of an area with itself and pairs no fibre joins; distance_km
        (straight) [km] and fibre_jpy_per_gbps_a [JPY/(Gb/s)/a].
    """
    distance = great_circle_km(areas, areas)
    index = pd.MultiIndex.from_product([areas.index, areas.index], names=["from_area", "to_area"])
    yearly = _leased(distance, value) if graph is None else _over_graph(areas, graph, value)
    table = pd.DataFrame(
        {"distance_km": distance.ravel(), "fibre_jpy_per_gbps_a": yearly.ravel()}, index=index
    )
    joined = np.isfinite(table["fibre_jpy_per_gbps_a"].to_numpy())
    elsewhere = np.asarray(index.get_level_values(0) != index.get_level_values(1))
    kept: pd.DataFrame = table[joined & elsewhere]
    return kept


def _leased(distance_km: Array, value: Mapping[str, float]) -> Array:
    monthly = (
        value["fibre_jpy_per_gbps_km_month"] * distance_km + ENDS * value["fibre_end_jpy_per_gbps_month"]
    )
    return np.asarray(monthly * MONTHS_PER_YEAR)


def _over_graph(areas: pd.DataFrame, graph: FibreNetwork, value: Mapping[str, float]) -> Array:
    """Price of one Gb/s more between areas over the quickest way; infinite where there is none."""
    ways, network = ways_over_graph((areas, areas), graph, value)
    passed = network.paths
    cost = network.links["expansion_jpy_bn_per_tbps_a"].loc[passed["fibre_link"]].to_numpy(dtype=float)
    widened = np.zeros((len(areas), len(areas)))
    ends = (areas.index.get_indexer(pd.Index(passed[end])) for end in ("node", "site"))
    np.add.at(widened, tuple(ends), cost * JPY_PER_BN / GBPS_PER_TBPS)
    price = ways.jpy_per_gbps_month * MONTHS_PER_YEAR + widened
    return np.where(np.isfinite(ways.rtt_ms), price, np.inf)
