"""Which sites can serve which users in time, and what the fibre costs: leased, or over a graph of links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from optimizer.milestones import Array, no_links

EARTH_RADIUS_KM = 6371.0
MONTHS_PER_YEAR = 12.0
ENDS = 2
GBPS_PER_TBPS = 1000.0
SMALLEST_MS = 1e-9
"""Round trip of a link without length: a zero would be no link."""

Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ways:
    """How each node reaches each site."""

    rtt_ms: Array
    """Round-trip time with equipment [node, site]; infinite where there is no way."""

    jpy_per_gbps_month: Array
    """Use of the fibre with both ends [node, site]."""


@dataclass(frozen=True)
class FibreNetwork:
    """What the programme needs of a fibre graph; without a graph every table is empty."""

    nodes: pd.DataFrame = field(default_factory=pd.DataFrame)
    links: pd.DataFrame = field(default_factory=no_links)
    paths: pd.DataFrame = field(default_factory=pd.DataFrame)
    reach: pd.DataFrame = field(default_factory=pd.DataFrame)


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


def network_parameters(value: Mapping[str, float], *, photonic: bool) -> dict[str, float]:
    """Return the parameters of the network as it is, or as it would be all-photonic.

    All-photonic links change the equipment and the price of use, by parameters of their own; the speed of
    light and the length of the fibre stay.
    """
    if not photonic:
        return dict(value)
    ratio = value["photonic_use_cost_ratio"]
    return dict(value) | {
        "rtt_equipment_ms": value["photonic_equipment_rtt_ms"],
        "fibre_hop_rtt_ms": value["photonic_hop_rtt_ms"],
        "fibre_use_jpy_per_gbps_km_month": value["fibre_use_jpy_per_gbps_km_month"] * ratio,
        "fibre_jpy_per_gbps_km_month": value["fibre_jpy_per_gbps_km_month"] * ratio,
    }


def routes_within_latency(
    nodes: pd.DataFrame, sites: pd.DataFrame, workloads: pd.DataFrame, value: Mapping[str, float]
) -> pd.DataFrame:
    """List the routes that exist over leased fibre, at a price by distance plus both ends.

    Returns:
        As :func:`routes_of`.
    """
    distance = great_circle_km(nodes, sites)
    price = value["fibre_jpy_per_gbps_km_month"] * distance + ENDS * value["fibre_end_jpy_per_gbps_month"]
    return routes_of(Ways(round_trip_ms(distance, value), price), nodes, sites, workloads)


def routes_of(ways: Ways, nodes: pd.DataFrame, sites: pd.DataFrame, workloads: pd.DataFrame) -> pd.DataFrame:
    """List the routes that exist: a pair beyond the class's limit is absent, not zero.

    Returns:
        Index node, workload, site. rtt_ms; fibre_jpy_bn_per_gw_a: use of the fibre per GW of IT load.
    """
    limit_ms = workloads["rtt_limit_ms"].to_numpy(dtype=float)
    gbps_per_gw = workloads["gbps_per_mw"].to_numpy(dtype=float) * 1000.0
    near = ways.rtt_ms[:, None, :] <= limit_ms[:, None]
    node, workload, site = np.nonzero(near)
    yearly = ways.jpy_per_gbps_month[node, site] * MONTHS_PER_YEAR
    names = ["node", "workload", "site"]
    pairs = pd.MultiIndex.from_product([nodes.index, workloads.index, sites.index], names=names)
    table = pd.DataFrame(
        {
            "rtt_ms": ways.rtt_ms[node, site],
            "fibre_jpy_bn_per_gw_a": yearly * gbps_per_gw[workload] / 1e9,
        },
        index=pairs[near.ravel()],
    )
    return table.sort_index()


def network_over(
    places: tuple[pd.DataFrame, pd.DataFrame],
    workloads: pd.DataFrame,
    graph: FibreNetwork | None,
    value: Mapping[str, float],
) -> tuple[pd.DataFrame, FibreNetwork]:
    """Return the routes that exist and the network they use.

    Args:
        places: demand nodes and sites, each with lon, lat.
        workloads: index workload; rtt_limit_ms, gbps_per_mw.
        graph: nodes and links from :func:`links_in_service`; None where the fibre is leased.
        value: parameters, from :func:`network_parameters`.
    """
    if graph is None:
        return routes_within_latency(*places, workloads, value), _leased()
    ways, network = ways_over_graph(places, graph, value)
    return routes_of(ways, *places, workloads), network


@cache
def _leased() -> FibreNetwork:
    return FibreNetwork()


def links_in_service(
    nodes: pd.DataFrame, links: pd.DataFrame, year: int, value: Mapping[str, float], yearly_share: float
) -> pd.DataFrame:
    """Return the links of a pack's graph in the units of the programme.

    Args:
        nodes: index fibre_node; lon, lat, name_ja, name_en.
        links: index fibre_link; columns of the pack's table.
        year: target year; a link due later is left out.
        value: parameters of the network.
        yearly_share: yearly cost per capital cost of new capacity. [1/a]

    Returns:
        Index fibre_link. name_ja, name_en, from_node, to_node, kind, km, rtt_ms, capacity_tbps, limit_tbps,
        expansion_jpy_bn_per_tbps_a.
    """
    due = links["in_service_year"].isna() | (links["in_service_year"] <= year)
    kept = links[due]
    first, second = nodes.loc[kept["from_node"]], nodes.loc[kept["to_node"]]
    straight = np.array(
        [great_circle_km(first.iloc[[i]], second.iloc[[i]])[0, 0] for i in range(len(kept))], dtype=float
    )
    km = straight * kept["route_factor"]
    names = {
        name: [f"{a} – {b}" for a, b in zip(first[name], second[name], strict=True)]
        for name in ("name_ja", "name_en")
    }
    return kept[["from_node", "to_node", "kind"]].assign(
        **names,
        km=km,
        rtt_ms=np.maximum(km * value["fibre_rtt_ms_per_km"] + value["fibre_hop_rtt_ms"], SMALLEST_MS),
        capacity_tbps=kept["capacity_gbps"] / GBPS_PER_TBPS,
        limit_tbps=kept["expansion_limit_gbps"] / GBPS_PER_TBPS,
        expansion_jpy_bn_per_tbps_a=kept["expansion_jpy_k_per_gbps"] * yearly_share / 1000.0,
    )


def ways_over_graph(
    places: tuple[pd.DataFrame, pd.DataFrame], network: FibreNetwork, value: Mapping[str, float]
) -> tuple[Ways, FibreNetwork]:
    """Find the quickest way of every pair of node and site over the links.

    Every place hangs on the fibre node nearest to it, over leased fibre as long as the great circle times
    `route_factor`. `rtt = rtt_equipment_ms + Σ (fibre_rtt_ms_per_km · km + fibre_hop_rtt_ms)` over the links
    of the path (Dijkstra's algorithm). Of two links between the same nodes the quicker carries.

    Args:
        places: demand nodes and sites, each with lon, lat.
        network: nodes and links of the graph, from :func:`links_in_service`.
        value: parameters of the network.

    Returns:
        Ways with round trip and price of use, and the network with its paths (columns node, site, fibre_link,
        one row per link passed) and reach (see :func:`reach_of`).
    """
    nodes, sites = places
    graph, link_at = _graph(network)
    (node_at, node_km), (site_at, site_km) = (_nearest(place, network.nodes) for place in places)
    least, before = dijkstra(graph, directed=False, indices=site_at, return_predecessors=True)
    paths = _walk(before, node_at, link_at)
    length = np.zeros((len(nodes), len(sites)))
    np.add.at(length, (paths["node"], paths["site"]), network.links["km"].to_numpy()[paths["link"]])
    tail = node_km[:, None] + site_km[None, :]
    per_km = value["fibre_rtt_ms_per_km"] * value["route_factor"]
    price = (
        value["fibre_use_jpy_per_gbps_km_month"] * length
        + value["fibre_jpy_per_gbps_km_month"] * tail
        + ENDS * value["fibre_end_jpy_per_gbps_month"]
    )
    rtt = value["rtt_equipment_ms"] + least[:, node_at].T + per_km * tail
    named = pd.DataFrame(
        {
            "node": nodes.index[paths["node"]],
            "site": sites.index[paths["site"]],
            "fibre_link": network.links.index[paths["link"]],
        }
    )
    reach = reach_of(sites, network.nodes, value["rtt_equipment_ms"] + least + per_km * site_km[:, None])
    return Ways(rtt, price), FibreNetwork(network.nodes, network.links, named, reach)


def reach_of(sites: pd.DataFrame, fibre_nodes: pd.DataFrame, rtt_ms: Array) -> pd.DataFrame:
    """Return the exchange and the landing station each site reaches soonest.

    Args:
        sites: index site.
        fibre_nodes: index fibre_node; kind.
        rtt_ms: round trip with equipment [site, fibre node].

    Returns:
        Columns site, kind (`exchange`, `landing`), fibre_node, rtt_ms; no row where none is within reach.
    """
    parts = [pd.DataFrame(columns=["site", "kind", "fibre_node", "rtt_ms"])]
    for kind in ("exchange", "landing"):
        at = np.flatnonzero((fibre_nodes["kind"] == kind).to_numpy())
        if not len(at):
            continue
        soonest, least = at[rtt_ms[:, at].argmin(axis=1)], rtt_ms[:, at].min(axis=1)
        found = {"site": sites.index, "kind": kind, "fibre_node": fibre_nodes.index[soonest], "rtt_ms": least}
        parts.append(pd.DataFrame(found)[np.isfinite(least)])
    filled = [part for part in parts if len(part)] or parts
    return pd.concat(filled).sort_values(["site", "kind"]).reset_index(drop=True)


def _graph(network: FibreNetwork) -> tuple[csr_array, Index]:
    """Return the graph by round-trip time, and the number of the link between two nodes (−1: none)."""
    count, links = len(network.nodes), network.links
    ends = np.sort(
        np.stack([network.nodes.index.get_indexer(pd.Index(links[end])) for end in ("from_node", "to_node")]),
        axis=0,
    )
    slowest_first = np.argsort(-links["rtt_ms"].to_numpy(), kind="stable")
    link_at = np.full((count, count), -1, dtype=np.int64)
    link_at[ends[0, slowest_first], ends[1, slowest_first]] = slowest_first
    first, second = np.nonzero(link_at >= 0)
    ms = links["rtt_ms"].to_numpy()[link_at[first, second]]
    graph = csr_array((ms, (first, second)), shape=(count, count))
    return graph, np.maximum(link_at, link_at.T)


def _nearest(places: pd.DataFrame, fibre_nodes: pd.DataFrame) -> tuple[Index, Array]:
    """Return the fibre node nearest to each place, and how far it is. [km]"""
    distance = great_circle_km(places, fibre_nodes)
    at = distance.argmin(axis=1)
    return at, distance[np.arange(len(places)), at]


def _walk(before: npt.NDArray[np.int32], node_at: Index, link_at: Index) -> dict[str, Index]:
    """Follow all shortest paths at once from the nodes towards the sites; one entry per link passed.

    Args:
        before: fibre node before each one on the way from the site [site, fibre node]; negative at the end.
        node_at: fibre node of each demand node.
        link_at: link between two fibre nodes.

    Returns:
        Numbers of `node`, `site` and `link`, sorted.
    """
    node, site = (grid.ravel() for grid in np.indices((len(node_at), len(before))))
    here = node_at[node]
    found = []
    while len(here):
        there = before[site, here]
        going = there >= 0
        node, site, here, there = node[going], site[going], here[going], there[going]
        found.append(np.stack([node, site, link_at[here, there]]))
        here = there.astype(np.int64)
    steps = np.concatenate(found, axis=1)
    steps = steps[:, np.lexsort(steps[::-1])]
    return dict(zip(("node", "site", "link"), steps, strict=True))
