r"""Fibre as a graph of links: what each can carry, and what more would cost.

Work of node :math:`n` done at site :math:`r` goes the quickest way :math:`P_{nr}` over the links
:math:`e \in E`, fixed before anything is solved: a full link is widened, or avoided by serving from
elsewhere, never driven around. Without a graph every set is empty. Symbols as in
:mod:`optimizer.model.siting`.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from optimizer.milestones import Inputs
from optimizer.model import units as u
from optimizer.model.components import group, index_set, lookup, number, param, variable


def within_fibre(m: Any, e: str) -> Any:
    r"""Traffic over a link stays within what it can carry today and what is added.

    .. math:: \sum_{n,c,r : e \in P_{nr}} \tau_c \, x_{ncr} \le \kappa_e + y_e \qquad \forall e

    ==============  ====================  =============================================  =======
    symbol          name                  meaning                                        unit
    ==============  ====================  =============================================  =======
    :math:`x`       ``sold``              IT load of class c from node n run at site r   GW
    :math:`\tau`    ``traffic``           fibre taken per IT load of the class           Tb/s/GW
    :math:`\kappa`  ``fibre_capacity``    capacity the link can spare today              Tb/s
    :math:`y`       ``fibre``             capacity added                                 Tb/s
    ==============  ====================  =============================================  =======

    Dual, negated: **fibre rent of the link**. [JPY bn/(Tb/s)/a]
    """
    routes = m.routes_over[e]
    carried = pyo.quicksum(m.traffic[c] * m.sold[n, c, r] for n, c, r in routes) if routes else m.no_traffic
    return carried <= m.fibre_capacity[e] + m.fibre[e]


def within_fibre_limit(m: Any, e: str) -> Any:
    r"""No more capacity is added to a link than can be by the target year.

    .. math:: y_e \le \bar y_e \qquad \forall e

    ================  ==================  ============================================  ====
    symbol            name                meaning                                       unit
    ================  ==================  ============================================  ====
    :math:`y`         ``fibre``           capacity added                                Tb/s
    :math:`\bar y`    ``fibre_limit``     most capacity that can be added               Tb/s
    ================  ==================  ============================================  ====

    Dual, negated: value of one more Tb/s that may be added. [JPY bn/(Tb/s)/a]
    """
    return m.fibre[e] <= m.fibre_limit[e]


def add_fibre(m: Any, inputs: Inputs) -> None:
    """Declare links, their capacity and cost, and which routes pass over each.

    Args:
        m: the siting problem, with its sets `ROUTES` and `WORKLOADS`.
        inputs: `fibre_links` and `fibre_paths`; both empty where fibre is leased.
    """
    links = inputs.fibre_links
    index_set(m, "FIBRES", links.index)
    index_set(m, "CARRIED", list(inputs.workloads.index) if len(links) else [])
    number(m, "no_traffic", 0.0, u.TRAFFIC)
    lookup(m, "routes_over", routes_over(inputs))
    per_load = inputs.workloads["gbps_per_mw"]  # one Gb/s per MW is one Tb/s per GW
    param(m, "traffic", m.CARRIED, per_load, u.TRAFFIC_PER_POWER)
    param(m, "fibre_capacity", m.FIBRES, links["capacity_tbps"], u.TRAFFIC)
    param(m, "fibre_limit", m.FIBRES, links["limit_tbps"], u.TRAFFIC)
    param(m, "fibre_expansion_cost", m.FIBRES, links["expansion_jpy_bn_per_tbps_a"], u.TRAFFIC_RATE)
    variable(m, "fibre", m.FIBRES, u.TRAFFIC)


def fibre_cost(m: Any) -> Any:
    """Return the yearly cost of the capacity added to links. [JPY bn/a]"""
    return pyo.quicksum(m.fibre_expansion_cost[e] * m.fibre[e] for e in m.FIBRES)


def routes_over(inputs: Inputs) -> dict[str, list[tuple[str, str, str]]]:
    """Return the routes (node, class, site) that pass over each link; none gives an empty list."""
    if not len(inputs.fibre_paths):
        return group([])
    routes = inputs.routes.index.to_frame(index=False)
    passed = routes.merge(inputs.fibre_paths, on=["node", "site"], how="inner")
    keys = zip(passed["node"], passed["workload"], passed["site"], strict=True)
    return group(zip(passed["fibre_link"], keys, strict=True))
