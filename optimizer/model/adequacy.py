r"""Capacity for the worst hours: a margin over the load of the stressed hours, with help over interties.

The stressed hours are those of :func:`optimizer.stress.stress_of`: each area's hour of largest residual load,
and the nation's. Their dispatch has no margin; here no fuel is burnt, only capability is counted. The plan
does not pay for what the system lacks without it (:func:`optimizer.stress.inherited_shortfall_gw`).

Load behind a non-firm connection may be interrupted, so it needs no firm capacity: as far as it draws power
in the hour, and as far as the year's hours of interruption last. This is the year the margin is kept for, not
the mean year of the dispatch: the allowance counts in full in either.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimizer.milestones import Inputs
from optimizer.model import units as u
from optimizer.model.components import group, index_set, lookup, number, param, variable
from optimizer.model.coupling import NEGLIGIBLE
from optimizer.stress import DIRECTIONS, Stress, inherited_shortfall_gw, link_capacity_gw, stress_of


def adequacy(m: Any, a: str, s: int) -> Any:
    r"""In every stressed hour an area's firm capability, help included, exceeds its load by the margin.

    .. math:: \sum_{r \in a, g} \phi_{rgs}\, e_{rg} + v_a + F_a
       + \sum_{\ell d \to a} (1 - \lambda_\ell)\, h_{\ell ds} - \sum_{a \to \ell d} h_{\ell ds}
       - (1 + \mu) \Bigl( \sum_{r \in a, c} D_{rcs}\, q_{rc} - z_{as} \Bigr)
       \ge (1 + \mu)\, d_{as} - K_{as} - F^0_a \qquad \forall a, s

    ==============  ====================  ==============================================  ====
    symbol          name                  meaning                                         unit
    ==============  ====================  ==============================================  ====
    :math:`e`       ``renewable``         new solar or wind                               GW
    :math:`\phi`    ``stressed_cf``       its output in the hour, per capacity            1
    :math:`v`       ``firm_battery``      power new batteries can hold                    GW
    :math:`F`       ``firm_capacity``     firm capacity the plan buys                     GW
    :math:`h`       ``assist``            help sent over intertie l in direction d        GW
    :math:`\lambda` ``assist_loss``       share lost on the way                           1
    :math:`q`       ``hosted``            IT load of class c at r                         GW
    :math:`D`       ``stressed_draw``     power drawn in the hour per IT load: PUE times  1
                                          the load profile
    :math:`z`       ``relief``            load that non-firm connections let interrupt    GW
    :math:`\mu`     ``margin``            capacity margin asked for                       1
    :math:`d`       ``stressed_demand``   demand without the data centers                 GW
    :math:`K`       ``stressed_firm``     firm capability without the plan                GW
    :math:`F^0`     ``inherited_firm``    capacity that is lacking without the plan       GW
    ==============  ====================  ==============================================  ====

    Dual: price of firm capacity in a in the hour; the sum over hours is the area's. [JPY bn/GW/a]
    """
    new = pyo.quicksum(m.stressed_cf[r, g, s] * m.renewable[r, g] for r, g in m.renewables_in[a])
    held = m.firm_battery[a] if a in m.FIRM_BATTERIES else 0.0 * m.one_gw
    need = (1.0 + m.margin) * m.stressed_demand[a, s] - m.stressed_firm[a, s] - m.inherited_firm[a]
    return (
        new + held + m.firm_capacity[a] + _net_help(m, a, s) - (1.0 + m.margin) * counted_load(m, a, s)
        >= need
    )


def counted_load(m: Any, a: str, s: int) -> Any:
    """Return the load of an area's new data centers that must be covered in a stressed hour. [GW]"""
    relief = m.relief[a, s] if a in m.RELIEF_AREAS else 0.0 * m.one_gw
    return _drawn(m, a, s) - relief


def _drawn(m: Any, a: str, s: int) -> Any:
    """Power the area's new data centers would draw if nobody interrupted them. [GW]"""
    return pyo.quicksum(m.stressed_draw[r, c, s] * m.hosted[r, c] for r in m.sites_in[a] for c in m.WORKLOADS)


def relief_within_nonfirm(m: Any, a: str, s: int) -> Any:
    r"""Interruption relieves the hour of what the non-firm connections carry in it, not of their size.

    .. math:: z_{as} \le \sum_{r \in a} \delta_{rs}\, i_r \qquad \forall a, s, \qquad
       \delta_{rs} = \min \bigl(1, \min_c u_c D_{rcs} / \hat\eta_r \bigr)

    The connection is made for machines at full load in the hottest hour; in the stressed hour a class draws
    :math:`u_c D_{rcs}` of that. Nobody knows which class stands behind the non-firm part: the least counts.

    ==============  ====================  ==============================================  ====
    symbol          name                  meaning                                         unit
    ==============  ====================  ==============================================  ====
    :math:`z`       ``relief``            load that non-firm connections let interrupt    GW
    :math:`\delta`  ``stressed_use``      load in the hour per connection, at least       1
    :math:`i`       ``nonfirm``           non-firm grid connection                        GW
    ==============  ====================  ==============================================  ====

    Dual, negated: value of one more GW of load that may be interrupted in the hour. [JPY bn/GW/a]
    """
    return m.relief[a, s] <= pyo.quicksum(m.stressed_use[r, s] * m.nonfirm[r] for r in m.nonfirm_sites_in[a])


def relief_within_load(m: Any, a: str, s: int) -> Any:
    r"""No more is interrupted in a stressed hour than is drawn.

    .. math:: z_{as} \le \sum_{r \in a, c} D_{rcs}\, q_{rc} \qquad \forall a, s

    ==============  ====================  ==============================================  ====
    symbol          name                  meaning                                         unit
    ==============  ====================  ==============================================  ====
    :math:`z`       ``relief``            load that non-firm connections let interrupt    GW
    :math:`D`       ``stressed_draw``     power drawn in the hour per IT load             1
    :math:`q`       ``hosted``            IT load of class c at r                         GW
    ==============  ====================  ==============================================  ====

    Dual, negated: value of one more GW of load to interrupt in the hour. [JPY bn/GW/a]
    """
    return m.relief[a, s] <= _drawn(m, a, s)


def relief_within_allowance(m: Any, a: str) -> Any:
    r"""The year's hours of interruption must last for all stressed hours that count on it.

    .. math:: H^+ \sum_s z_{as} \le H \sum_{r \in a} i_r \qquad \forall a

    A stressed hour is the worst of an evening that lasts as long as a store must hold out to count. An area
    may spend its allowance on the hours it is short in, and leave the others to stations and neighbours.

    ==============  ====================  ==============================================  ====
    symbol          name                  meaning                                         unit
    ==============  ====================  ==============================================  ====
    :math:`H^+`     ``stressed_spell``    hours a year that one stressed hour stands for  h/a
    :math:`z`       ``relief``            load that non-firm connections let interrupt    GW
    :math:`H`       ``nonfirm_hours``     allowance of interruption                       h/a
    :math:`i`       ``nonfirm``           non-firm grid connection                        GW
    ==============  ====================  ==============================================  ====

    Dual, negated: value of one more GWh a year that may be interrupted in stressed hours. [JPY bn/GWh]
    """
    asked = m.stressed_spell * pyo.quicksum(m.relief[a, s] for s in m.STRESSED_HOURS)
    return asked <= m.nonfirm_hours * pyo.quicksum(m.nonfirm[r] for r in m.nonfirm_sites_in[a])


def _net_help(m: Any, a: str, s: int) -> Any:
    received = pyo.quicksum((1.0 - m.assist_loss[i]) * m.assist[i, d, s] for i, d in m.assist_into[a])
    sent = pyo.quicksum(m.assist[i, d, s] for i, d in m.assist_from[a])
    return received - sent


def assist_within_intertie(m: Any, link: str, d: str, s: int) -> Any:
    r"""Help in a stressed hour is deliverable: within the intertie, after its derate, and its expansion.

    .. math:: h_{\ell ds} \le \bar h_{\ell d} + y_\ell \qquad \forall \ell, d, s

    ==============  ====================  ==============================================  ====
    symbol          name                  meaning                                         unit
    ==============  ====================  ==============================================  ====
    :math:`h`       ``assist``            help sent over intertie l in direction d        GW
    :math:`\bar h`  ``assist_limit``      capacity of the direction                       GW
    :math:`y`       ``line``              intertie expansion, both directions             GW
    ==============  ====================  ==============================================  ====

    Dual, negated: value of one more GW of intertie in the stressed hour. [JPY bn/GW/a]
    """
    return m.assist[link, d, s] <= m.assist_limit[link, d] + m.line[link]


def firm_battery_power(m: Any, a: str) -> Any:
    r"""A new battery counts with no more than its power.

    .. math:: v_a \le p_a \qquad \forall a

    ==============  ====================  ==============================================  ====
    symbol          name                  meaning                                         unit
    ==============  ====================  ==============================================  ====
    :math:`v`       ``firm_battery``      power new batteries can hold                    GW
    :math:`p`       ``battery_power``     new battery power                               GW
    ==============  ====================  ==============================================  ====

    Dual, negated: value of battery power as firm capacity. [JPY bn/GW/a]
    """
    return m.firm_battery[a] <= m.battery_power[a]


def firm_battery_energy(m: Any, a: str) -> Any:
    r"""A new battery counts with the power its energy can hold for the credited hours.

    .. math:: H v_a \le l_a \qquad \forall a

    ==============  ====================  ==============================================  ====
    symbol          name                  meaning                                         unit
    ==============  ====================  ==============================================  ====
    :math:`v`       ``firm_battery``      power new batteries can hold                    GW
    :math:`H`       ``credit_hours``      hours a store must hold out to count            h
    :math:`l`       ``battery_energy``    new battery energy                              GWh
    ==============  ====================  ==============================================  ====

    Dual, negated: value of battery energy as firm capacity. [JPY bn/GWh/a]
    """
    return m.credit_hours * m.firm_battery[a] <= m.battery_energy[a]


def add_adequacy(m: Any, inputs: Inputs) -> None:
    """Add stressed hours, help over interties and firm capacity; all empty where no margin is asked for."""
    settings = inputs.settings
    on = settings.adequacy_margin is not None
    areas, links = list(inputs.areas.index), list(inputs.interties.index)
    stress = stress_of(inputs) if on else _no_stress(len(areas))
    index_set(m, "FIRM_AREAS", areas if on else [])
    index_set(m, "FIRM_BATTERIES", list(m.BATTERY_AREAS) if on else [])
    index_set(m, "STRESSED_HOURS", [int(hour) for hour in stress.hours])
    index_set(m, "DIRECTIONS", DIRECTIONS)
    index_set(m, "RELIEF_AREAS", list(m.NONFIRM_AREAS) if on else [])
    into, out = _ends(inputs)
    lookup(m, "assist_into", into)
    lookup(m, "assist_from", out)
    area = inputs.sites["area"].to_dict()
    lookup(m, "renewables_in", group((area[r], (r, g)) for r, g in inputs.renewables.index))
    number(m, "margin", settings.adequacy_margin or 0.0, u.ONE)
    number(m, "credit_hours", settings.storage_credit_hours, u.HOUR)
    spell = settings.storage_credit_hours
    number(m, "stressed_spell", spell, u.YEARLY_ENERGY_PER_POWER)
    number(m, "firm_cost", settings.firm_capacity_jpy_bn_per_gw_a, u.POWER_RATE)
    by_hour = {(a, int(hour)): (i, j) for i, a in enumerate(areas) for j, hour in enumerate(stress.hours)}
    demand = {key: stress.demand_gw[at] for key, at in by_hour.items()}
    firm = {key: stress.firm_gw[at] for key, at in by_hour.items()}
    param(m, "stressed_demand", m.FIRM_AREAS * m.STRESSED_HOURS, demand, u.POWER)
    param(m, "stressed_firm", m.FIRM_AREAS * m.STRESSED_HOURS, firm, u.POWER)
    lacking = dict(zip(areas, inherited_shortfall_gw(inputs, stress), strict=True))
    param(m, "inherited_firm", m.FIRM_AREAS, lacking, u.POWER)
    limits = dict(zip(links, link_capacity_gw(inputs), strict=True))
    limit = {(i, d): limits[i][n] for i in links for n, d in enumerate(DIRECTIONS)}
    param(m, "assist_limit", m.LINKS * m.DIRECTIONS, limit, u.POWER)
    param(m, "assist_loss", m.LINKS, inputs.interties["loss_share"], u.ONE)
    _stressed_rates(m, inputs)
    variable(m, "assist", m.LINKS * m.DIRECTIONS * m.STRESSED_HOURS, u.POWER)
    variable(m, "firm_capacity", m.FIRM_AREAS, u.POWER)
    variable(m, "firm_battery", m.FIRM_BATTERIES, u.POWER)
    variable(m, "relief", m.RELIEF_AREAS * m.STRESSED_HOURS, u.POWER)


def _no_stress(areas: int) -> Stress:
    none = np.empty(0, dtype=np.int64)
    return Stress(none, none, np.empty((areas, 0)), np.empty((areas, 0)))


def _ends(inputs: Inputs) -> tuple[dict[str, list[tuple[str, str]]], dict[str, list[tuple[str, str]]]]:
    """Links and directions into each area, and out of it."""
    into: dict[str, list[tuple[str, str]]] = {a: [] for a in inputs.areas.index}
    out: dict[str, list[tuple[str, str]]] = {a: [] for a in inputs.areas.index}
    ends = (inputs.interties[end].tolist() for end in ("from_area", "to_area"))
    for link, first, second in zip(inputs.interties.index, *ends, strict=True):
        for d, sender, receiver in (("forward", first, second), ("backward", second, first)):
            out[sender].append((link, d))
            into[receiver].append((link, d))
    return into, out


def _stressed_rates(m: Any, inputs: Inputs) -> None:
    """Output of new renewables and draw of IT load in the stressed hours, per GW. [1]"""
    hours = list(m.STRESSED_HOURS)
    row = {r: i for i, r in enumerate(inputs.sites.index)}
    given = inputs.hours.site_cf[:, :, hours]
    output = np.where(given >= NEGLIGIBLE, given, 0.0)
    column = {g: i for i, g in enumerate(inputs.technologies)}
    cf = {(r, g, s): output[row[r], column[g], i] for r, g in m.RENEWABLES for i, s in enumerate(hours)}
    draw = {
        (r, c, s): inputs.pue[i, s] * inputs.profile[j, s]
        for r, i in row.items()
        for j, c in enumerate(inputs.workloads.index)
        for s in hours
    }
    param(m, "stressed_cf", m.RENEWABLES * m.STRESSED_HOURS, cf, u.ONE)
    param(m, "stressed_draw", m.SITES * m.WORKLOADS * m.STRESSED_HOURS, draw, u.ONE)
    used, peak = inputs.workloads["utilisation"].to_dict(), inputs.sites["pue_peak"].to_dict()
    use = {
        (r, s): min(1.0, *(used[c] * draw[r, c, s] / peak[r] for c in m.WORKLOADS))
        for r in m.NONFIRM_SITES
        for s in hours
    }
    param(m, "stressed_use", m.NONFIRM_SITES * m.STRESSED_HOURS, use, u.ONE)


def adequacy_cost(m: Any) -> Any:
    """Return the yearly cost of the firm capacity the plan buys. [JPY bn/a]"""
    return m.firm_cost * pyo.quicksum(m.firm_capacity[a] for a in m.FIRM_AREAS)
