r"""The siting problem's laws: what is built where, and whom it serves. Static, fine in space.

Symbols
    :math:`r \in R` site in area :math:`a(r)`, :math:`n \in N` demand node, :math:`c \in C` class of
    computing, :math:`k \in K` operating mode, :math:`j` reinforcement step, :math:`g \in G` technology,
    :math:`\ell \in L` intertie. A route :math:`(n,c,r)` exists only within the class's latency limit.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from optimizer.model.flexible import nonfirm_at


def serve_demand(m: Any, n: str, c: str) -> Any:
    r"""Every GW of IT load asked for is served by a site near enough, or left abroad where allowed.

    .. math:: \sum_{r : (n,c,r)} x_{ncr} + u_{nc} = d_{nc} \qquad \forall n, c

    ==========  ==================  ==================================================  ====
    symbol      name                meaning                                             unit
    ==========  ==================  ==================================================  ====
    :math:`x`   ``sold``            IT load of class c from node n run at site r        GW
    :math:`u`   ``abroad``          IT load left to clouds abroad (if allowed)          GW
    :math:`d`   ``demand``          IT load asked for                                   GW
    ==========  ==================  ==================================================  ====

    Dual: cost of serving one more GW of class c at n. [JPY bn/GW/a]
    """
    served = pyo.quicksum(m.sold[n, c, r] for r in m.sites_near[n, c])
    left = m.abroad[n, c] if (n, c) in m.ABROAD else 0.0 * m.one_gw
    return served + left == m.demand[n, c]


def load_at_site(m: Any, r: str, c: str) -> Any:
    r"""What a site runs of a class is what it was sold for.

    .. math:: \sum_{n : (n,c,r)} x_{ncr} = q_{rc} \qquad \forall r, c

    ==========  ==================  ==================================================  ====
    symbol      name                meaning                                             unit
    ==========  ==================  ==================================================  ====
    :math:`x`   ``sold``            IT load of class c from node n run at site r        GW
    :math:`q`   ``hosted``          IT load of class c at site r: what the grid sees    GW
    ==========  ==================  ==================================================  ====

    Dual, negated: cost of running one more GW of class c at r. [JPY bn/GW/a]
    """
    if not m.nodes_near[r, c]:
        return m.hosted[r, c] == 0.0 * m.one_gw
    return pyo.quicksum(m.sold[n, c, r] for n in m.nodes_near[r, c]) == m.hosted[r, c]


def load_by_mode(m: Any, r: str, c: str) -> Any:
    r"""Every GW a site runs is run in some operating mode.

    .. math:: \sum_{k} q_{rck} = q_{rc} \qquad \forall r, c

    ================  ==================  ============================================  ====
    symbol            name                meaning                                       unit
    ================  ==================  ============================================  ====
    :math:`q_{rck}`   ``run``             IT load of class c at r in mode k             GW
    :math:`q_{rc}`    ``hosted``          IT load of class c at r                       GW
    ================  ==================  ============================================  ====

    Dual: cost of running one more GW of class c at r. [JPY bn/GW/a]
    """
    return pyo.quicksum(m.run[r, c, k] for k in m.MODES) == m.hosted[r, c]


def within_built_capacity(m: Any, r: str, k: str) -> Any:
    r"""Capacity sells at its utilisation, and only what was built in the mode can sell.

    .. math:: \sum_c q_{rck} / u_c \le b_{rk} + s_{rk} \qquad \forall r, k

    ==========  ==================  ==================================================  ====
    symbol      name                meaning                                             unit
    ==========  ==================  ==================================================  ====
    :math:`q`   ``run``             IT load of class c at r in mode k                   GW
    :math:`u`   ``utilisation``     IT load sold per IT capacity built                  1
    :math:`b`   ``it``              new IT capacity of mode k at r                      GW
    :math:`s`   ``spare_it``        idle IT capacity standing today, by mode            GW
    ==========  ==================  ==================================================  ====

    Dual, negated: rent of built capacity. [JPY bn/GW/a]
    """
    used = pyo.quicksum(m.run[r, c, k] / m.utilisation[c] for c in m.WORKLOADS)
    return used <= m.it[r, k] + m.spare_it[r, k]


def within_connection(m: Any, r: str) -> Any:
    r"""The connection carries the full IT capacity at the hottest hour's PUE.

    .. math:: \hat\eta_r \sum_k b_{rk} \le f_r + i_r \qquad \forall r

    ===============  ==================  =============================================  ====
    symbol           name                meaning                                        unit
    ===============  ==================  =============================================  ====
    :math:`\hat\eta` ``pue_peak``        largest facility power per IT power            1
    :math:`b`        ``it``              new IT capacity of mode k at r                 GW
    :math:`f`        ``connection``      firm grid connection                           GW
    :math:`i`        ``nonfirm``         non-firm grid connection (where allowed)       GW
    ===============  ==================  =============================================  ====

    Dual, negated: rent of a connection. [JPY bn/GW/a]
    """
    return m.pue_peak[r] * pyo.quicksum(m.it[r, k] for k in m.MODES) <= m.connection[r] + nonfirm_at(m, r)


def within_grid_headroom(m: Any, r: str) -> Any:
    r"""Connections take no more than the grid can spare there, plus what is reinforced.

    .. math:: f_r \le h_r + \sum_j p_{rj} \qquad \forall r

    ==========  ==================  ==================================================  ====
    symbol      name                meaning                                             unit
    ==========  ==================  ==================================================  ====
    :math:`f`   ``connection``      firm grid connection                                GW
    :math:`h`   ``headroom``        spare grid capacity today                           GW
    :math:`p`   ``reinforce``       reinforcement built, by step                        GW
    ==========  ==================  ==================================================  ====

    Dual, negated: **grid rent at r**. [JPY bn/GW/a]
    """
    return m.connection[r] <= m.headroom[r] + pyo.quicksum(m.reinforce[r, j] for j in m.steps_at[r])


def within_reinforcement_step(m: Any, r: str, j: int) -> Any:
    r"""A reinforcement step is no larger than it is.

    .. math:: p_{rj} \le \bar p_{rj} \qquad \forall r, j

    ================  ==================  ============================================  ====
    symbol            name                meaning                                       unit
    ================  ==================  ============================================  ====
    :math:`p`         ``reinforce``       reinforcement built                           GW
    :math:`\bar p`    ``step_size``       headroom the step adds                        GW
    ================  ==================  ============================================  ====

    Dual, negated: value of a larger step. [JPY bn/GW/a]
    """
    return m.reinforce[r, j] <= m.step_size[r, j]


def within_site(m: Any, r: str) -> Any:
    r"""Land, water and builders allow so much IT capacity by the target year.

    .. math:: \sum_k b_{rk} \le \bar b_r \qquad \forall r

    ================  ==================  ============================================  ====
    symbol            name                meaning                                       unit
    ================  ==================  ============================================  ====
    :math:`b`         ``it``              new IT capacity of mode k at r                GW
    :math:`\bar b`    ``site_limit``      IT capacity the site allows                   GW
    ================  ==================  ============================================  ====

    Dual, negated: land rent. [JPY bn/GW/a]
    """
    return pyo.quicksum(m.it[r, k] for k in m.MODES) <= m.site_limit[r]


def within_renewable_potential(m: Any, r: str, g: str) -> Any:
    r"""New renewables stay within what the site can still host.

    .. math:: e_{rg} \le \bar e_{rg} \qquad \forall r, g

    ================  =====================  =========================================  ====
    symbol            name                   meaning                                    unit
    ================  =====================  =========================================  ====
    :math:`e`         ``renewable``          new solar or wind                          GW
    :math:`\bar e`    ``renewable_limit``    potential not yet used                     GW
    ================  =====================  =========================================  ====

    Dual, negated: renewable rent. [JPY bn/GW/a]
    """
    return m.renewable[r, g] <= m.renewable_limit[r, g]


def within_battery_limit(m: Any, a: str) -> Any:
    r"""New battery power stays within what the area allows.

    .. math:: p_a \le \bar p_a \qquad \forall a

    ================  =====================  =========================================  ====
    symbol            name                   meaning                                    unit
    ================  =====================  =========================================  ====
    :math:`p`         ``battery_power``      new battery power                          GW
    :math:`\bar p`    ``battery_limit``      largest new battery power                  GW
    ================  =====================  =========================================  ====

    Dual, negated: rent of battery sites. [JPY bn/GW/a]
    """
    return m.battery_power[a] <= m.battery_limit[a]


def within_line_limit(m: Any, link: str) -> Any:
    r"""Intertie expansion stays within what can be built by the target year.

    .. math:: y_\ell \le \bar y_\ell \qquad \forall \ell

    ================  =====================  =========================================  ====
    symbol            name                   meaning                                    unit
    ================  =====================  =========================================  ====
    :math:`y`         ``line``               intertie expansion, both directions        GW
    :math:`\bar y`    ``line_limit``         largest expansion                          GW
    ================  =====================  =========================================  ====

    Dual, negated: rent of the right of way. [JPY bn/GW/a]
    """
    return m.line[link] <= m.line_limit[link]
