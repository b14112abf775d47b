"""The fibre graph in the user's words: what each link carries, what is added, what one more Gb/s is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.milestones import Inputs, Solution

GBPS_PER_TBPS = 1000.0
JPY_PER_GBPS = 1e6
"""One JPY bn/(Tb/s) in JPY/(Gb/s)."""

TINY_GBPS = 1e-4
"""Traffic below this is rounding of the solver."""


def fibre_table(inputs: Inputs, solution: Solution) -> pd.DataFrame:
    """Return one row per link with the columns of `PLAN_TABLES['fibre']`; none where fibre is leased."""
    links, nodes = inputs.fibre_links, inputs.fibre_nodes
    if not len(links):
        return pd.DataFrame(columns=_COLUMNS)
    added = solution.siting["fibre"].reindex(links.index).clip(lower=0.0) * GBPS_PER_TBPS
    used = traffic_by_link(inputs, solution) * GBPS_PER_TBPS
    capacity = links["capacity_tbps"] * GBPS_PER_TBPS
    room = capacity + added
    rent = -solution.siting_duals["within_fibre"].reindex(links.index) * JPY_PER_GBPS
    ends = {
        f"{end}_{axis}": nodes[axis].loc[links[f"{end}_node"]].to_numpy()
        for end in ("from", "to")
        for axis in ("lon", "lat")
    }
    table = links[["name_ja", "name_en", "kind", "from_node", "to_node", "km", "rtt_ms"]].assign(
        **ends,
        capacity_gbps=capacity,
        used_gbps=used.where(used > TINY_GBPS, 0.0),
        expansion_gbps=added.where(added > TINY_GBPS, 0.0),
        loading_share=np.divide(used, room, out=np.zeros(len(links)), where=room.to_numpy() > 0),
        expansion_jpy_per_gbps_a=links["expansion_jpy_bn_per_tbps_a"] * JPY_PER_GBPS,
        rent_jpy_per_gbps_a=rent.where(rent > 1e-3, 0.0),
    )
    return table.reset_index(names="fibre_link")


_COLUMNS = [
    "fibre_link", "name_ja", "name_en", "kind", "from_node", "to_node", "km", "rtt_ms", "from_lon",
    "from_lat", "to_lon", "to_lat", "capacity_gbps", "used_gbps", "expansion_gbps", "loading_share",
    "expansion_jpy_per_gbps_a", "rent_jpy_per_gbps_a",
]  # fmt: skip


def reach_table(inputs: Inputs) -> pd.DataFrame:
    """Return which exchange and landing station each site reaches soonest; nothing where fibre is leased."""
    columns = ["site", "kind", "fibre_node", "name_ja", "name_en", "rtt_ms"]
    if not len(inputs.fibre_reach):
        return pd.DataFrame(columns=columns)
    names = inputs.fibre_nodes[["name_ja", "name_en"]].loc[inputs.fibre_reach["fibre_node"]]
    return inputs.fibre_reach.assign(name_ja=names["name_ja"].to_numpy(), name_en=names["name_en"].to_numpy())


def traffic_by_link(inputs: Inputs, solution: Solution) -> pd.Series:
    """Traffic each link carries. [Tb/s]"""
    sold = solution.siting["sold"].set_axis(inputs.routes.index)
    taken = sold * inputs.workloads["gbps_per_mw"].reindex(sold.index, level="workload")
    by_pair = taken.groupby(level=["node", "site"]).sum()
    pairs = pd.MultiIndex.from_frame(inputs.fibre_paths[["node", "site"]])
    along = by_pair.reindex(pairs, fill_value=0.0).to_numpy()
    carried = pd.Series(along).groupby(inputs.fibre_paths["fibre_link"].to_numpy()).sum()
    return carried.reindex(inputs.fibre_links.index, fill_value=0.0)


def rent_by_route(inputs: Inputs, solution: Solution) -> pd.Series:
    """Rents of all links a route passes, per GW of IT load; zero where fibre is leased. [JPY bn/GW/a]

    Returns:
        Indexed like `Inputs.routes`. Price of use is apart: `routes.fibre_jpy_bn_per_gw_a`.
    """
    routes = inputs.routes.index
    if not len(inputs.fibre_links):
        return pd.Series(0.0, index=routes)
    rent = -solution.siting_duals["within_fibre"]
    along = inputs.fibre_paths["fibre_link"].map(rent.to_dict())
    by_pair = along.groupby([inputs.fibre_paths["node"], inputs.fibre_paths["site"]]).sum()
    pairs = pd.MultiIndex.from_arrays([routes.get_level_values("node"), routes.get_level_values("site")])
    per_traffic = by_pair.reindex(pairs, fill_value=0.0).to_numpy()
    traffic = inputs.workloads["gbps_per_mw"].reindex(routes.get_level_values("workload")).to_numpy()
    return pd.Series(np.asarray(per_traffic * traffic, dtype=float), index=routes)


def fibre_figures(inputs: Inputs, solution: Solution) -> dict[str, float]:
    """Return the network's headline figures: yearly cost, capacity added, mean round trip of what is sold."""
    sold = solution.siting["sold"].to_numpy().clip(min=0.0)
    use = float(sold @ inputs.routes["fibre_jpy_bn_per_gw_a"].to_numpy())
    added = solution.siting["fibre"].reindex(inputs.fibre_links.index).to_numpy(dtype=float)
    widened = float(added @ inputs.fibre_links["expansion_jpy_bn_per_tbps_a"].to_numpy())
    mean = float(sold @ inputs.routes["rtt_ms"].to_numpy()) / max(float(sold.sum()), 1e-12)
    return {
        "fibre_jpy_bn_per_a": use + widened,
        "fibre_expansion_gbps": float(added.sum()) * GBPS_PER_TBPS,
        "rtt_mean_ms": mean,
    }
