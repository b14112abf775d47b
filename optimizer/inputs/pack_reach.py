"""Which users no site can serve in time."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from optimizer.inputs.network import routes_within_latency


def unserved_nodes(
    nodes: pd.DataFrame, sites: pd.DataFrame, workloads: pd.DataFrame, value: Mapping[str, float]
) -> list[tuple[str, list[str], float]]:
    """Return the classes with users no site reaches in time: class, nodes that ask for it, its limit [ms].

    Args:
        nodes: index node; lon, lat, demand_share.
        sites: index site; lon, lat.
        workloads: index workload; share, rtt_limit_ms, gbps_per_mw.
        value: parameters of the fibre, by name.
    """
    routes = routes_within_latency(nodes, sites, workloads, value)
    reached = {(node, workload) for node, workload, _ in routes.index}
    asking = [str(node) for node in nodes.index[nodes["demand_share"] > 0.0]]
    shares, limits = workloads["share"].to_dict(), workloads["rtt_limit_ms"].to_dict()
    lost = {
        str(workload): [node for node in asking if (node, workload) not in reached]
        for workload in workloads.index
        if shares[workload] > 0.0
    }
    return [(workload, missed, float(limits[workload])) for workload, missed in lost.items() if missed]
