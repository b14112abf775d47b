"""Which sites can serve which users in time, and what the fibre costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimizer.milestones import Array

EARTH_RADIUS_KM = 6371.0
MONTHS_PER_YEAR = 12.0
ENDS = 2


def great_circle_km(a: pd.DataFrame, b: pd.DataFrame) -> Array:
    """Return great-circle distances between the rows of two tables with `lon`, `lat` [deg]. [km]

    Haversine formula on a sphere of radius 6,371 km; shape rows of a × rows of b.
    """
    lon_a, lat_a = np.radians(a["lon"].to_numpy())[:, None], np.radians(a["lat"].to_numpy())[:, None]
    lon_b, lat_b = np.radians(b["lon"].to_numpy())[None, :], np.radians(b["lat"].to_numpy())[None, :]
    half = np.sin((lat_b - lat_a) / 2) ** 2
    half = half + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
    distance: Array = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return distance


def round_trip_ms(distance_km: Array, value: Mapping[str, float]) -> Array:
    """Return the round-trip time over fibre that follows roads and sea beds, with equipment. [ms]

    `rtt = rtt_equipment_ms + fibre_rtt_ms_per_km · route_factor · distance`.
    """
    per_km = value["fibre_rtt_ms_per_km"] * value["route_factor"]
    return value["rtt_equipment_ms"] + per_km * distance_km


def routes_within_latency(
    nodes: pd.DataFrame, sites: pd.DataFrame, workloads: pd.DataFrame, value: Mapping[str, float]
) -> pd.DataFrame:
    """List the routes that exist: a pair beyond the class's limit is absent, not zero.

    Returns:
        Index node, workload, site. rtt_ms; fibre_jpy_bn_per_gw_a: leased capacity by distance plus both ends.
    """
    distance = great_circle_km(nodes, sites)
    rtt = round_trip_ms(distance, value)
    per_gbps_month = (
        value["fibre_jpy_per_gbps_km_month"] * distance + ENDS * value["fibre_end_jpy_per_gbps_month"]
    )
    parts = []
    for name, workload in workloads.iterrows():
        node, site = np.nonzero(rtt <= workload["rtt_limit_ms"])
        gbps_per_gw = workload["gbps_per_mw"] * 1000.0
        parts.append(
            pd.DataFrame(
                {
                    "node": nodes.index[node],
                    "workload": name,
                    "site": sites.index[site],
                    "rtt_ms": rtt[node, site],
                    "fibre_jpy_bn_per_gw_a": per_gbps_month[node, site] * MONTHS_PER_YEAR * gbps_per_gw / 1e9,
                }
            )
        )
    return pd.concat(parts).set_index(["node", "workload", "site"]).sort_index()
