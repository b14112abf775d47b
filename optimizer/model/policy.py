r"""Rules a government may set on the siting problem. Symbols as in :mod:`optimizer.model.siting`.

A law with `≥` keeps all variables on the left: with variables on both sides Pyomo writes it as `≤`,
and its dual changes sign.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo


def additionality(m: Any) -> Any:
    r"""The plan builds renewables for its own data centers; it does not re-plan the national fleet.

    .. math:: \sum_{r,g} T_{rg} \, e_{rg} \le \kappa \sum_{r,c} D_{rc} \, q_{rc}

    ==============  =======================  ===========================================  ======
    symbol          name                     meaning                                      unit
    ==============  =======================  ===========================================  ======
    :math:`e`       ``renewable``            new solar or wind                            GW
    :math:`T`       ``renewable_hours``      yearly energy per capacity, uncurtailed      h/a
    :math:`q`       ``hosted``               IT load of class c at r                      GW
    :math:`D`       ``load_hours``           yearly electricity per IT load, with PUE     h/a
    :math:`\kappa`  ``additionality_share``  new renewable energy per data-center energy  1
    ==============  =======================  ===========================================  ======

    Dual, negated: value of one more yearly GWh of new renewables allowed. [JPY bn/GWh]
    """
    built = pyo.quicksum(m.renewable_hours[r, g] * m.renewable[r, g] for r, g in m.RENEWABLES)
    drawn = pyo.quicksum(m.load_hours[r, c] * m.hosted[r, c] for r in m.SITES for c in m.WORKLOADS)
    return built <= m.additionality_share * drawn


def operator_mix_least(m: Any, c: str, k: str) -> Any:
    r"""At least a share of each class is run in the mode.

    .. math:: \sum_r q_{rck} \ge \underline\mu_{ck} \sum_r q_{rc} \qquad \forall c, k

    =====================  ===============  ============================================  ====
    symbol                 name             meaning                                       unit
    =====================  ===============  ============================================  ====
    :math:`q_{rck}`        ``run``          IT load of class c at r in mode k             GW
    :math:`q_{rc}`         ``hosted``       IT load of class c at r                       GW
    :math:`\underline\mu`  ``least_share``  least share of the mode                       1
    =====================  ===============  ============================================  ====

    Dual: price of the mode rule. [JPY bn/GW/a]
    """
    in_mode = pyo.quicksum(m.run[r, c, k] for r in m.SITES)
    share = m.least_share[c, k] * pyo.quicksum(m.hosted[r, c] for r in m.SITES)
    return in_mode - share >= 0.0 * m.one_gw


def operator_mix_most(m: Any, c: str, k: str) -> Any:
    r"""At most a share of each class is run in the mode.

    .. math:: \sum_r q_{rck} \le \bar\mu_{ck} \sum_r q_{rc} \qquad \forall c, k

    =====================  ===============  ============================================  ====
    symbol                 name             meaning                                       unit
    =====================  ===============  ============================================  ====
    :math:`q_{rck}`        ``run``          IT load of class c at r in mode k             GW
    :math:`q_{rc}`         ``hosted``       IT load of class c at r                       GW
    :math:`\bar\mu`        ``most_share``   largest share of the mode                     1
    =====================  ===============  ============================================  ====

    Dual, negated: price of the mode rule. [JPY bn/GW/a]
    """
    in_mode = pyo.quicksum(m.run[r, c, k] for r in m.SITES)
    return in_mode <= m.most_share[c, k] * pyo.quicksum(m.hosted[r, c] for r in m.SITES)


def dispersion(m: Any) -> Any:
    r"""At least a share of the new IT capacity stands outside the metropolitan areas.

    .. math:: \sum_{r : a(r) \notin M} \sum_k b_{rk} \ge \sigma \sum_{r,k} b_{rk}

    ==============  ===================  ===============================================  ====
    symbol          name                 meaning                                          unit
    ==============  ===================  ===============================================  ====
    :math:`b`       ``it``               new IT capacity of mode k at r                   GW
    :math:`\sigma`  ``regional_share``   least share outside the metropolitan areas M     1
    ==============  ===================  ===============================================  ====

    Dual: **price of dispersion**, of one more GW that must stand outside. [JPY bn/GW/a]
    """
    outside = pyo.quicksum(m.it[r, k] for r in m.REGIONAL_SITES for k in m.MODES)
    total = pyo.quicksum(m.it[r, k] for r in m.SITES for k in m.MODES)
    return outside - m.regional_share * total >= 0.0 * m.one_gw


def distribution_as_today(m: Any, a: str) -> Any:
    r"""Each area gets the share of new IT capacity that it has of today's.

    .. math:: \sum_{r \in a} \sum_k b_{rk} = \tau_a \sum_{r,k} b_{rk} \qquad \forall a

    ==============  ===================  ===============================================  ====
    symbol          name                 meaning                                          unit
    ==============  ===================  ===============================================  ====
    :math:`b`       ``it``               new IT capacity of mode k at r                   GW
    :math:`\tau`    ``today_share``      area's share of the IT load standing today       1
    ==============  ===================  ===============================================  ====

    Dual: cost of one more GW forced into the area. [JPY bn/GW/a]
    """
    inside = pyo.quicksum(m.it[r, k] for r in m.sites_in[a] for k in m.MODES)
    total = pyo.quicksum(m.it[r, k] for r in m.SITES for k in m.MODES)
    return inside == m.today_share[a] * total
