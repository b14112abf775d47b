r"""Dispersion, hazard, land and water: what keeps the plan from standing in one place.

Symbols as in :mod:`optimizer.model.siting`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyomo.environ as pyo

from optimizer.milestones import Inputs
from optimizer.model import units as u
from optimizer.model.components import index_set, number, param

NATION = "nation"


def regional_cap(m: Any, a: str) -> Any:
    r"""No area has more than its largest share of the new IT capacity.

    .. math:: \sum_{r \in a} \sum_k b_{rk} \le \bar\sigma_a \sum_{r,k} b_{rk} \qquad \forall a

    A least number of areas N is the same law: where no area may have more than 1/N, at least N have some.

    ===================  =================  ============================================  ====
    symbol               name               meaning                                       unit
    ===================  =================  ============================================  ====
    :math:`b`            ``it``             new IT capacity of mode k at r                GW
    :math:`\bar\sigma`   ``area_cap``       largest share of the area                     1
    ===================  =================  ============================================  ====

    Dual, negated: price of the cap, of one more GW that must stand elsewhere. [JPY bn/GW/a]
    """
    inside = pyo.quicksum(m.it[r, k] for r in m.sites_in[a] for k in m.MODES)
    total = pyo.quicksum(m.it[r, k] for r in m.SITES for k in m.MODES)
    return inside <= m.area_cap[a] * total


def hazard_exposure(m: Any, n: str) -> Any:
    r"""The mean seismic hazard of the new IT capacity stays within the cap.

    .. math:: \sum_r z_r \sum_k b_{rk} \le Z \sum_{r,k} b_{rk}

    ==============  =================  =================================================  ====
    symbol          name               meaning                                            unit
    ==============  =================  =================================================  ====
    :math:`b`       ``it``             new IT capacity of mode k at r                     GW
    :math:`z`       ``hazard``         probability of JMA 6-lower or more in 30 years     1
    :math:`Z`       ``hazard_cap``     largest mean over the new capacity                 1
    ==============  =================  =================================================  ====

    Dual, negated: price of one GW standing where the hazard is certain, not nil. [JPY bn/GW/a]
    """
    exposed = pyo.quicksum(m.hazard[r] * m.it[r, k] for r in m.SITES for k in m.MODES)
    total = pyo.quicksum(m.it[r, k] for r in m.SITES for k in m.MODES)
    return exposed <= m.hazard_cap[n] * total


def within_land(m: Any, r: str) -> Any:
    r"""New data centers stand on the land there is for them.

    .. math:: \Lambda \sum_k b_{rk} \le A_r \qquad \forall r \text{ with a limit}

    ==============  =================  =================================================  ======
    symbol          name               meaning                                            unit
    ==============  =================  =================================================  ======
    :math:`b`       ``it``             new IT capacity of mode k at r                     GW
    :math:`\Lambda` ``land_need``      land per IT capacity                               km2/GW
    :math:`A`       ``land``           land for data centers at r                         km2
    ==============  =================  =================================================  ======

    Dual, negated: rent of land at r. [JPY bn/km2/a]
    """
    return m.land_need * pyo.quicksum(m.it[r, k] for k in m.MODES) <= m.land[r]


def within_water(m: Any, r: str) -> Any:
    r"""New data centers draw no more water in a year than there is for them.

    .. math:: W \sum_c T_c \, q_{rc} \le Q_r \qquad \forall r \text{ with a limit}

    ==============  =================  =================================================  =======
    symbol          name               meaning                                            unit
    ==============  =================  =================================================  =======
    :math:`q`       ``hosted``         IT load of class c at r                            GW
    :math:`T`       ``it_hours``       yearly IT energy per IT load                       h/a
    :math:`W`       ``water_need``     water per IT energy (WUE)                          hm3/GWh
    :math:`Q`       ``water``          water for data centers at r (hm3: a million m3)    hm3/a
    ==============  =================  =================================================  =======

    Dual, negated: rent of water at r. [JPY bn/hm3]
    """
    drawn = pyo.quicksum(m.it_hours[c] * m.hosted[r, c] for c in m.WORKLOADS)
    return m.water_need * drawn <= m.water[r]


def add_risk(m: Any, inputs: Inputs) -> None:
    """Add caps and limits; all empty where the scenario and the pack set none."""
    settings = inputs.settings
    caps = {a: cap for a, cap in settings.area_caps.items() if cap < 1.0}
    index_set(m, "CAPPED_AREAS", sorted(caps))
    param(m, "area_cap", m.CAPPED_AREAS, caps, u.ONE)
    index_set(m, "HAZARD_RULES", [] if settings.max_hazard is None else [NATION])
    param(m, "hazard_cap", m.HAZARD_RULES, {NATION: settings.max_hazard or 0.0}, u.ONE)
    param(m, "hazard", m.SITES, inputs.sites["seismic_share_30a"], u.ONE)
    land, water = (_limits(inputs, column) for column in ("land_km2", "water_hm3_per_a"))
    index_set(m, "LAND_SITES", land.index)
    index_set(m, "WATER_SITES", water.index)
    param(m, "land", m.LAND_SITES, land, u.AREA)
    param(m, "water", m.WATER_SITES, water, u.YEARLY_WATER)
    number(m, "land_need", settings.land_km2_per_gw, u.AREA_PER_POWER)
    number(m, "water_need", settings.water_hm3_per_gwh, u.WATER_PER_ENERGY)
    hours = dict(zip(inputs.workloads.index, inputs.profile.mean(axis=1) * 8760.0, strict=True))
    param(m, "it_hours", m.WORKLOADS, hours, u.YEARLY_ENERGY_PER_POWER)


def _limits(inputs: Inputs, column: str) -> pd.Series:
    """Limits of the sites that have one, in order of the sites."""
    table = inputs.site_resources
    known = table[column].dropna() if column in table else pd.Series(dtype=float)
    return known[known.index.isin(inputs.sites.index)]
