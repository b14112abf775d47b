r"""Clean power: one ledger of contracted renewables, matched by the year or by the hour; a cap on CO2.

The plan's new renewables are contracted by its data centers. A contracted MWh counts once: when it is used in
the system, and, if matching is hourly, in an hour in which the data centers of the same zone draw it or after
a battery of the plan kept it. Annual rules are shared out over the periods by budget variables, exactly.
Symbols as in :mod:`optimizer.model.dispatch`; :math:`z \in Z` zone: an area, or the nation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyomo.environ as pyo

from optimizer.milestones import Inputs
from optimizer.model import units as u
from optimizer.model.components import index_set, number, param, variable
from optimizer.model.flexible import taken_off, taken_on

NATION = "nation"


def zones(inputs: Inputs) -> dict[str, list[str]]:
    """Areas of every zone in which contracted power counts as delivered; empty without matching."""
    settings = inputs.settings
    areas = list(inputs.areas.index)
    if settings.matching == "none":
        return {}
    if settings.matching == "hourly" and settings.delivered_within == "area":
        return {area: [area] for area in areas}
    return {NATION: areas}


def add_matching(m: Any, inputs: Inputs, weights: Sequence[float]) -> None:
    """Declare the share of the yearly rule each period must reach; nothing without matching."""
    on = inputs.settings.matching != "none"
    index_set(m, "MATCH_PERIODS", range(len(weights)) if on else [])
    index_set(m, "MATCHED_NATION", [NATION] if on else [])
    param(m, "match_weight", m.MATCH_PERIODS, dict(enumerate(weights)), u.PER_YEAR)
    number(m, "matching_share", inputs.settings.matching_share, u.ONE)
    variable(m, "match_budget", m.MATCH_PERIODS, u.ENERGY)


def matching(m: Any, z: str) -> Any:
    r"""A share of the data centers' yearly power is matched by contracted renewables.

    .. math:: \sum_w \omega_w M_w = \mu \sum_{r,c} D_{rc}\, q_{rc}

    ================  ====================  ==========================================  ====
    symbol            name                  meaning                                     unit
    ================  ====================  ==========================================  ====
    :math:`\omega`    ``match_weight``      how many such periods the year has          1/a
    :math:`M`         ``match_budget``      energy to be matched in a period            GWh
    :math:`\mu`       ``matching_share``    share to be matched                         1
    :math:`D`         ``load_hours``        yearly electricity per IT load, with PUE    h/a
    :math:`q`         ``hosted``            IT load of class c at r                     GW
    ================  ====================  ==========================================  ====

    Dual: price of one more matched GWh, the clean premium. [JPY bn/GWh]
    """
    shared = pyo.quicksum(m.match_weight[w] * m.match_budget[w] for w in m.MATCH_PERIODS)
    drawn = pyo.quicksum(m.load_hours[r, c] * m.hosted[r, c] for r in m.SITES for c in m.WORKLOADS)
    return shared == m.matching_share * drawn


def add_co2_cap(m: Any, inputs: Inputs, weights: Sequence[float]) -> None:
    """Declare each period's part of the yearly cap on CO2; nothing without a cap."""
    cap = inputs.settings.co2_cap_kt
    index_set(m, "CO2_PERIODS", range(len(weights)) if cap is not None else [])
    index_set(m, "CAPPED", [NATION] if cap is not None else [])
    param(m, "co2_weight", m.CO2_PERIODS, dict(enumerate(weights)), u.PER_YEAR)
    number(m, "co2_limit", cap or 0.0, u.YEARLY_CO2)
    variable(m, "co2_budget", m.CO2_PERIODS, u.CO2)


def co2_cap(m: Any, z: str) -> Any:
    r"""The year's cap on the CO2 of all power stations is shared out over the periods.

    .. math:: \sum_w \omega_w C_w = \bar C

    ================  ====================  ==========================================  ====
    symbol            name                  meaning                                     unit
    ================  ====================  ==========================================  ====
    :math:`\omega`    ``co2_weight``        how many such periods the year has          1/a
    :math:`C`         ``co2_budget``        CO2 allowed in a period                     kt
    :math:`\bar C`    ``co2_limit``         cap of the year                             kt/a
    ================  ====================  ==========================================  ====

    Dual, negated: price of CO2 under the cap, beside the price on fuel. [JPY bn/kt]
    """
    return pyo.quicksum(m.co2_weight[w] * m.co2_budget[w] for w in m.CO2_PERIODS) == m.co2_limit


def add_clean(m: Any, inputs: Inputs) -> None:
    """Declare the ledger and the CO2 count of a dispatch block; nothing where the scenario has neither."""
    settings, areas = inputs.settings, list(inputs.areas.index)
    zoned = zones(inputs)
    hourly = settings.matching == "hourly"
    batteries = [a for a, s in inputs.storage.index if s == "battery"] if hourly else []
    m.areas_in_zone = zoned
    m.CONTRACT_AREAS = pyo.Set(initialize=areas if zoned else [])
    m.ZONES = pyo.Set(initialize=list(zoned))
    m.HOURLY_ZONES = pyo.Set(initialize=list(zoned) if hourly else [])
    m.KEEPING_AREAS = pyo.Set(initialize=batteries)
    m.MATCHED_PERIOD = pyo.Set(initialize=[NATION] if zoned else [])
    m.CAPPED_PERIOD = pyo.Set(initialize=[NATION] if settings.co2_cap_kt is not None else [])
    m.unmatched_cost = pyo.Param(initialize=settings.unmatched_jpy_bn_per_gwh, units=u.MONEY_PER_ENERGY)
    m.overshoot_cost = pyo.Param(initialize=settings.co2_overshoot_jpy_bn_per_kt, units=u.MONEY_PER_CO2)
    param(m, "co2_rate", m.FLEETS, inputs.fleets["co2_kt_per_gwh"], u.CO2_PER_ENERGY)
    for name in ("contractable", "unavoidable_spill"):
        index = m.CONTRACT_AREAS * m.HOURS
        m.add_component(name, pyo.Param(index, default=0.0, mutable=True, units=u.POWER))
    m.to_match = pyo.Param(m.MATCHED_PERIOD, default=0.0, mutable=True, units=u.ENERGY)
    m.co2_allowed = pyo.Param(m.CAPPED_PERIOD, default=0.0, mutable=True, units=u.CO2)
    variable(m, "contracted", m.CONTRACT_AREAS * m.HOURS, u.POWER)
    variable(m, "matched", m.ZONES * m.HOURS, u.POWER)
    variable(m, "kept_in", m.KEEPING_AREAS * m.HOURS, u.POWER)
    variable(m, "kept_out", m.KEEPING_AREAS * m.HOURS, u.POWER)
    variable(m, "kept", m.KEEPING_AREAS * m.HOURS, u.ENERGY)
    variable(m, "unmatched", m.MATCHED_PERIOD, u.ENERGY)
    variable(m, "overshoot", m.CAPPED_PERIOD, u.CO2)


def contracted_available(m: Any, a: str, t: int) -> Any:
    r"""Only what the plan's own renewables give can be contracted.

    .. math:: k_{at} \le \sum_{r \in a, g} \phi_{rgt}\, e_{rg} \qquad \forall a, t

    ================  ======================  ==========================================  ====
    symbol            name                    meaning                                     unit
    ================  ======================  ==========================================  ====
    :math:`k`         ``contracted``          contracted power used in the system         GW
    :math:`\phi e`    ``contractable``        output of the plan's renewables             GW
    ================  ======================  ==========================================  ====

    Dual, negated: value of one more GWh of the plan's renewables as clean power. [JPY bn/GWh]
    """
    return m.contracted[a, t] <= m.contractable[a, t]


def contracted_is_used(m: Any, a: str, t: int) -> Any:
    r"""Contracted power counts when the system takes it: neither curtailed nor spilled to be counted.

    .. math:: k_{at} + o_{at} \le v_{at} + \underline o_{at} \qquad \forall a, t

    ======================  =======================  ===================================  ====
    symbol                  name                     meaning                              unit
    ======================  =======================  ===================================  ====
    :math:`k`               ``contracted``           contracted power used                GW
    :math:`o`               ``spill``                must-run output beyond all uses      GW
    :math:`v`               ``used_renewable``       solar and wind used                  GW
    :math:`\underline o`    ``unavoidable_spill``    must-run output beyond demand        GW
    ======================  =======================  ===================================  ====

    Dual, negated: value of one more GWh the system can take. [JPY bn/GWh]
    """
    return m.contracted[a, t] + m.spill[a, t] <= m.used_renewable[a, t] + m.unavoidable_spill[a, t]


def contracted_not_curtailed(m: Any, a: str, t: int) -> Any:
    r"""Contracted power that is curtailed does not count, even in hours in which must-run output is spilled.

    .. math:: k_{at} \le v_{at} \qquad \forall a, t

    ================  ==================  ==============================================  ====
    symbol            name                meaning                                         unit
    ================  ==================  ==============================================  ====
    :math:`k`         ``contracted``      contracted power used                           GW
    :math:`v`         ``used_renewable``  solar and wind used                             GW
    ================  ==================  ==============================================  ====

    Dual, negated: value of one more GWh of solar and wind in use. [JPY bn/GWh]
    """
    return m.contracted[a, t] - m.used_renewable[a, t] <= 0.0 * m.one_gw


def matched_from_contracted(m: Any, z: str, t: int) -> Any:
    r"""What is matched was contracted in the zone, now or kept in a battery since.

    .. math:: h_{zt} \le \sum_{a \in z} (k_{at} - i_{at} + j_{at}) \qquad \forall z, t

    ================  ==========================  ======================================  ====
    symbol            name                        meaning                                 unit
    ================  ==========================  ======================================  ====
    :math:`h`         ``matched``                 contracted power matched with load      GW
    :math:`k`         ``contracted``              contracted power used                   GW
    :math:`i, j`      ``kept_in``, ``kept_out``   put into and taken from the battery     GW
    ================  ==========================  ======================================  ====

    Dual, negated: value of one more contracted GWh now. [JPY bn/GWh]
    """
    areas = m.areas_in_zone[z]
    direct = pyo.quicksum(m.contracted[a, t] for a in areas)
    keeping = [a for a in areas if a in m.KEEPING_AREAS]
    kept = pyo.quicksum(m.kept_out[a, t] - m.kept_in[a, t] for a in keeping)
    return m.matched[z, t] - direct - kept <= 0.0 * m.one_gw


def matched_within_load(m: Any, z: str, t: int) -> Any:
    r"""Hour by hour, no more is matched than the zone's data centers draw.

    .. math:: h_{zt} \le \sum_{a \in z} (P_{at} + s^+_{at} + m^+_{at} - s^-_{at} - m^-_{at} - z_{at})
       \qquad \forall z, t

    ================  ==========================  ======================================  ====
    symbol            name                        meaning                                 unit
    ================  ==========================  ======================================  ====
    :math:`h`         ``matched``                 contracted power matched with load      GW
    :math:`P`         ``dc_load``                 electricity of the plan's data centers  GW
    :math:`s, m`      ``shift_up``, ``moved_in``  flexible work taken on, and likewise    GW
                      ``shift_down``, ``moved_out``  taken off
    :math:`z_{at}`    ``interrupt``               load interrupted                        GW
    ================  ==========================  ======================================  ====

    Dual, negated: value of one more GWh of load in this hour. [JPY bn/GWh]
    """
    areas = m.areas_in_zone[z]
    changed = pyo.quicksum(taken_on(m, a, t) - taken_off(m, a, t) for a in areas)
    return m.matched[z, t] - changed <= pyo.quicksum(m.dc_load[a, t] for a in areas)


def kept_level(m: Any, a: str, t: int) -> Any:
    r"""The ledger of contracted energy in batteries, less losses; ends the period as it began.

    .. math:: k'_{at} = k'_{a,t-1} + \eta^c i_{at} - j_{at} / \eta^d \qquad \forall a, t

    ================  ==========================  ======================================  ====
    symbol            name                        meaning                                 unit
    ================  ==========================  ======================================  ====
    :math:`k'`        ``kept``                    contracted energy in the battery        GWh
    :math:`i, j`      ``kept_in``, ``kept_out``   put in, taken out                       GW
    :math:`\eta`      ``charge_efficiency``,      energy kept on the way in, out          1
                      ``discharge_efficiency``
    ================  ==========================  ======================================  ====

    Dual, negated: value of one more contracted GWh kept. [JPY bn/GWh]
    """
    battery = (a, "battery")
    before = m.kept[a, m.HOURS.prevw(t)]
    gained = m.charge_efficiency[battery] * m.kept_in[a, t] * m.one_hour
    taken = m.kept_out[a, t] / m.discharge_efficiency[battery] * m.one_hour
    return m.kept[a, t] - before - gained + taken == 0.0 * m.one_hour * m.one_gw


def kept_while_charging(m: Any, a: str, t: int) -> Any:
    r"""Contracted power goes into a battery only while the battery draws power.

    .. math:: i_{at} \le c_{a,\mathrm{battery},t} \qquad \forall a, t

    ================  =================  ===============================================  ====
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ====
    :math:`i`         ``kept_in``        contracted power put into the battery            GW
    :math:`c`         ``charge``         power drawn by the battery                       GW
    ================  =================  ===============================================  ====

    Dual, negated: value of one more GWh charged. [JPY bn/GWh]
    """
    return m.kept_in[a, t] - m.charge[a, "battery", t] <= 0.0 * m.one_gw


def kept_until_discharged(m: Any, a: str, t: int) -> Any:
    r"""Contracted power comes out of a battery only while the battery delivers.

    .. math:: j_{at} \le d_{a,\mathrm{battery},t} \qquad \forall a, t

    ================  =================  ===============================================  ====
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ====
    :math:`j`         ``kept_out``       contracted power taken from the battery          GW
    :math:`d`         ``discharge``      power delivered by the battery                   GW
    ================  =================  ===============================================  ====

    Dual, negated: value of one more GWh delivered. [JPY bn/GWh]
    """
    return m.kept_out[a, t] - m.discharge[a, "battery", t] <= 0.0 * m.one_gw


def kept_within_level(m: Any, a: str, t: int) -> Any:
    r"""Contracted energy that is kept is in the battery: the ledger holds no more than the battery does.

    .. math:: k'_{at} \le l_{a,\mathrm{battery},t} \qquad \forall a, t

    ================  =================  ===============================================  ====
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ====
    :math:`k'`        ``kept``           contracted energy in the battery                 GWh
    :math:`l`         ``level``          energy stored in the battery                     GWh
    ================  =================  ===============================================  ====

    Dual, negated: value of one more GWh in the battery. [JPY bn/GWh]
    """
    return m.kept[a, t] - m.level[a, "battery", t] <= 0.0 * m.one_hour * m.one_gw


def matched_reaches_budget(m: Any, z: str) -> Any:
    r"""The period matches its part of the year's rule, or pays for what is missing.

    .. math:: \sum_{z,t} h_{zt} + n \ge M_w

    ================  =================  ===============================================  ====
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ====
    :math:`h`         ``matched``        contracted power matched with load               GW
    :math:`n`         ``unmatched``      energy missing, bought out                       GWh
    :math:`M`         ``to_match``       energy to be matched in the period               GWh
    ================  =================  ===============================================  ====

    Dual: price of one more matched GWh in the period. [JPY bn/GWh]
    """
    matched = pyo.quicksum(m.matched[zone, t] for zone in m.ZONES for t in m.HOURS) * m.one_hour
    return matched + m.unmatched[z] >= m.to_match[z]


def co2_within_budget(m: Any, z: str) -> Any:
    r"""Power stations emit no more than the period's part of the cap, or pay for what is beyond.

    .. math:: \sum_{a,f,t} \epsilon_{af}\, g_{aft} - b \le C_w

    ================  =================  ===============================================  ======
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ======
    :math:`\epsilon`  ``co2_rate``       CO2 of the fleet                                 kt/GWh
    :math:`g`         ``gen``            output of the fleet                              GW
    :math:`b`         ``overshoot``      CO2 beyond the cap, paid for                     kt
    :math:`C`         ``co2_allowed``    CO2 allowed in the period                        kt
    ================  =================  ===============================================  ======

    Dual, negated: price of CO2 under the cap. [JPY bn/kt]
    """
    emitted = pyo.quicksum(m.co2_rate[f] * m.gen[f, t] for f in m.FLEETS for t in m.HOURS) * m.one_hour
    return emitted - m.overshoot[z] <= m.co2_allowed[z]


def clean_cost(m: Any) -> Any:
    """What is paid for missing matches and for CO2 beyond the cap. [JPY bn]"""
    missing = pyo.quicksum(m.unmatched[z] for z in m.MATCHED_PERIOD)
    beyond = pyo.quicksum(m.overshoot[z] for z in m.CAPPED_PERIOD)
    return m.unmatched_cost * missing + m.overshoot_cost * beyond
