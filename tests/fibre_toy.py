"""Fibre graphs for the tiny systems of `toy`: links with round numbers, and which of them each pair passes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.milestones import Inputs

LINK = {
    "name_ja": "区間", "name_en": "link", "from_node": "X", "to_node": "Y", "kind": "land", "km": 100.0, "rtt_ms": 1.0,
    "capacity_tbps": 1.0, "limit_tbps": 0.0, "expansion_jpy_bn_per_tbps_a": 10.0,
}  # fmt: skip


def on_fibre(
    inputs: Inputs,
    links: Mapping[str, Mapping[str, Any]],
    paths: Mapping[tuple[str, str], Sequence[str]],
    gbps_per_mw: float | Sequence[float] = 1.0,
) -> Inputs:
    """Return the inputs with a fibre graph.

    Args:
        inputs: a toy system.
        links: what differs from `LINK`, by link; one Tb/s is free, none can be added.
        paths: links passed, by (node, site); a pair not named passes none.
        gbps_per_mw: fibre taken per MW, by class.
    """
    index = pd.Index(list(links), name="fibre_link", dtype=object)
    rows = [
        (node, site, link)
        for (node, site), passed in paths.items()
        if node in inputs.nodes.index and site in inputs.sites.index
        for link in passed
    ]
    ends = sorted(
        {str(row.get(end, LINK[end])) for row in links.values() for end in ("from_node", "to_node")}
    )
    nodes = pd.DataFrame(
        {"name_ja": ends, "name_en": ends, "kind": "town", "lon": 135.0 + np.arange(len(ends)), "lat": 35.0},
        index=pd.Index(ends, name="fibre_node"),
    )
    return replace(
        inputs,
        workloads=inputs.workloads.assign(gbps_per_mw=gbps_per_mw),
        fibre_nodes=nodes,
        fibre_links=pd.DataFrame([LINK | dict(row) for row in links.values()], index=index),
        fibre_paths=pd.DataFrame(rows, columns=["node", "site", "fibre_link"]),
        fibre_reach=pd.DataFrame(
            {"site": inputs.sites.index, "kind": "exchange", "fibre_node": ends[0], "rtt_ms": 2.0}
        ),
    )


def star(inputs: Inputs, seed: int) -> Inputs:
    """Return the system with one spoke per node and per site around a hub, drawn so narrow that some bind."""
    draw = np.random.default_rng(seed)
    spokes = [f"{place}-hub" for place in (*inputs.nodes.index, *inputs.sites.index)]
    links = {
        spoke: {
            "from_node": spoke.removesuffix("-hub"), "to_node": "hub",
            "capacity_tbps": float(draw.uniform(0.02, 0.3)), "limit_tbps": float(draw.uniform(0.3, 3.0)),
            "expansion_jpy_bn_per_tbps_a": float(draw.uniform(2, 15)),
        }
        for spoke in spokes
    }  # fmt: skip
    paths = {(n, r): [f"{n}-hub", f"{r}-hub"] for n in inputs.nodes.index for r in inputs.sites.index}
    return on_fibre(inputs, links, paths, draw.uniform(0.5, 2.0, len(inputs.workloads)).tolist())
