r"""The dispatch problem's laws: one period, hour by hour, one copper plate per area.

No coefficient of a variable varies with time: demand, availability, data-center load and capacity
enter as right-hand sides, so one block serves every period, scenario and weather year.

Symbols
    :math:`a \in A` area, :math:`f` fleet, :math:`s` storage, :math:`\ell` intertie, :math:`t` hour.
    :math:`P_{at}` data-center load, written by :mod:`optimizer.model.coupling` from the siting problem.
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from optimizer.model.flexible import taken_off, taken_on


def energy_balance(m: Any, a: str, t: int) -> Any:
    r"""Supply meets demand in every area and hour.

    .. math:: \sum_f g_{aft} + v_{at} + \sum_s (d_{ast} - c_{ast})
       + \sum_{\ell \to a} (1 - \lambda_\ell)\, w_{\ell t} - \sum_{a \to \ell} w_{\ell t}
       + u_{at} - o_{at} + R_{at} = D_{at} + P_{at} \qquad \forall a, t

    ================  ===================  =============================================  ====
    symbol            name                 meaning                                        unit
    ================  ===================  =============================================  ====
    :math:`g`         ``gen``              output of a fleet                              GW
    :math:`v`         ``used_renewable``   solar and wind used                            GW
    :math:`d, c`      ``discharge``,       storage delivering, drawing                    GW
                      ``charge``
    :math:`w`         ``forward``,         flow sent over an intertie, by direction       GW
                      ``backward``
    :math:`\lambda`   ``loss``             share lost on the way                          1
    :math:`u, o`      ``shed``, ``spill``  load shed; must-run output beyond all uses     GW
    :math:`R`         ``interrupt``,       data-center load interrupted, put off, sent    GW
                      ``shift_down``,      elsewhere, less work of other hours and areas
                      ``moved_out``,       done now
                      ``shift_up``,
                      ``moved_in``
    :math:`D`         ``net_demand``       demand less must-run                           GW
    :math:`P`         ``dc_load``          electricity of the plan's data centers         GW
    ================  ===================  =============================================  ====

    Dual: **energy price of the area**. [JPY bn/GWh]
    """
    supply = pyo.quicksum(m.gen[a, f, t] for f in m.fleets_in[a]) + m.used_renewable[a, t]
    stored = pyo.quicksum(m.discharge[a, s, t] - m.charge[a, s, t] for s in m.storages_in[a])
    inflow = pyo.quicksum((1 - m.loss[i]) * m.forward[i, t] for i in m.links_into[a])
    inflow += pyo.quicksum((1 - m.loss[i]) * m.backward[i, t] for i in m.links_from[a])
    outflow = pyo.quicksum(m.forward[i, t] for i in m.links_from[a])
    outflow += pyo.quicksum(m.backward[i, t] for i in m.links_into[a])
    slack = m.shed[a, t] - m.spill[a, t]
    response = taken_off(m, a, t) - taken_on(m, a, t)
    return supply + stored + inflow - outflow + slack + response == m.net_demand[a, t] + m.dc_load[a, t]


def renewable_available(m: Any, a: str, t: int) -> Any:
    r"""Solar and wind are used or curtailed, never more than the weather gives.

    .. math:: v_{at} \le V_{at} + \sum_{r \in a, g} \phi_{rgt}\, e_{rg} \qquad \forall a, t

    ================  ========================  ========================================  ====
    symbol            name                      meaning                                   unit
    ================  ========================  ========================================  ====
    :math:`v`         ``used_renewable``        solar and wind used                       GW
    :math:`V`         ``existing_available``    output of the existing, before curtailment GW
    :math:`\phi e`    ``new_available``         capacity factor times new capacity        GW
    ================  ========================  ========================================  ====

    Dual, negated: value of one more GWh of weather; the slack is curtailment. [JPY bn/GWh]
    """
    return m.used_renewable[a, t] <= m.existing_available[a, t] + m.new_available[a, t]


def fleet_available(m: Any, a: str, f: str, t: int) -> Any:
    r"""A fleet gives no more than is in service.

    .. math:: g_{aft} \le \bar g_{af} \qquad \forall a, f, t

    ================  ===================  =============================================  ====
    symbol            name                 meaning                                        unit
    ================  ===================  =============================================  ====
    :math:`g`         ``gen``              output of the fleet                            GW
    :math:`\bar g`    ``available``        capacity in service                            GW
    ================  ===================  =============================================  ====

    Dual, negated: scarcity rent of the fleet. [JPY bn/GWh]
    """
    return m.gen[a, f, t] <= m.available[a, f, t]


def fleet_minimum(m: Any, a: str, f: str, t: int) -> Any:
    r"""A fleet gives no less than its technical and contractual minimum.

    .. math:: g_{aft} \ge \underline g_{af} \qquad \forall a, f, t

    ====================  ===================  =========================================  ====
    symbol                name                 meaning                                    unit
    ====================  ===================  =========================================  ====
    :math:`g`             ``gen``              output of the fleet                        GW
    :math:`\underline g`  ``minimum``          least output                               GW
    ====================  ===================  =========================================  ====

    Dual: cost of running when not wanted. [JPY bn/GWh]
    """
    return m.gen[a, f, t] >= m.minimum[a, f, t]


def storage_level(m: Any, a: str, s: str, t: int) -> Any:
    r"""Storage keeps what it was given, less losses, and ends the period as it began.

    .. math:: l_{ast} = l_{as,t-1} + \eta^c_s c_{ast} - d_{ast} / \eta^d_s \qquad \forall a, s, t

    ================  ========================  ========================================  ====
    symbol            name                      meaning                                   unit
    ================  ========================  ========================================  ====
    :math:`l`         ``level``                 energy stored at the end of the hour      GWh
    :math:`c, d`      ``charge``, ``discharge`` power drawn, delivered                    GW
    :math:`\eta`      ``charge_efficiency``,    energy kept on the way in, out            1
                      ``discharge_efficiency``
    ================  ========================  ========================================  ====

    Dual, negated: value of one more stored GWh. [JPY bn/GWh]
    """
    before = m.level[a, s, m.HOURS.prevw(t)]
    gained = m.charge_efficiency[a, s] * m.charge[a, s, t] * m.one_hour
    taken = m.discharge[a, s, t] / m.discharge_efficiency[a, s] * m.one_hour
    return m.level[a, s, t] - before - gained + taken == 0.0 * m.one_hour * m.one_gw


def storage_charge_power(m: Any, a: str, s: str, t: int) -> Any:
    r"""Storage draws no more than its power.

    .. math:: c_{ast} \le \bar p_{as} \qquad \forall a, s, t

    ================  ===================  =============================================  ====
    symbol            name                 meaning                                        unit
    ================  ===================  =============================================  ====
    :math:`c`         ``charge``           power drawn                                    GW
    :math:`\bar p`    ``storage_power``    power in service, with the plan's batteries    GW
    ================  ===================  =============================================  ====

    Dual, negated: rent of charging power. [JPY bn/GWh]
    """
    return m.charge[a, s, t] <= m.storage_power[a, s, t]


def storage_discharge_power(m: Any, a: str, s: str, t: int) -> Any:
    r"""Storage delivers no more than its power.

    .. math:: d_{ast} \le \bar p_{as} \qquad \forall a, s, t

    ================  ===================  =============================================  ====
    symbol            name                 meaning                                        unit
    ================  ===================  =============================================  ====
    :math:`d`         ``discharge``        power delivered                                GW
    :math:`\bar p`    ``storage_power``    power in service, with the plan's batteries    GW
    ================  ===================  =============================================  ====

    Dual, negated: rent of discharging power. [JPY bn/GWh]
    """
    return m.discharge[a, s, t] <= m.storage_power[a, s, t]


def storage_energy(m: Any, a: str, s: str, t: int) -> Any:
    r"""Storage holds no more than its energy.

    .. math:: l_{ast} \le \bar l_{as} \qquad \forall a, s, t

    ================  ===================  =============================================  ====
    symbol            name                 meaning                                        unit
    ================  ===================  =============================================  ====
    :math:`l`         ``level``            energy stored                                  GWh
    :math:`\bar l`    ``storage_energy_limit``  energy in service, with new batteries     GWh
    ================  ===================  =============================================  ====

    Dual, negated: rent of storage energy. [JPY bn/GWh]
    """
    return m.level[a, s, t] <= m.storage_energy_limit[a, s, t]


def intertie_forward(m: Any, link: str, t: int) -> Any:
    r"""Flow from the first end to the second stays within capacity.

    .. math:: w^+_{\ell t} \le \bar w^+_\ell + y_\ell \qquad \forall \ell, t

    ================  =====================  ===========================================  ====
    symbol            name                   meaning                                      unit
    ================  =====================  ===========================================  ====
    :math:`w^+`       ``forward``            flow sent, first end to second               GW
    :math:`\bar w^+`  ``forward_capacity``   capacity with the plan's expansion           GW
    ================  =====================  ===========================================  ====

    Dual, negated: congestion rent. [JPY bn/GWh]
    """
    return m.forward[link, t] <= m.forward_capacity[link, t]


def intertie_backward(m: Any, link: str, t: int) -> Any:
    r"""Flow from the second end to the first stays within capacity.

    .. math:: w^-_{\ell t} \le \bar w^-_\ell + y_\ell \qquad \forall \ell, t

    ================  =====================  ===========================================  ====
    symbol            name                   meaning                                      unit
    ================  =====================  ===========================================  ====
    :math:`w^-`       ``backward``           flow sent, second end to first               GW
    :math:`\bar w^-`  ``backward_capacity``  capacity with the plan's expansion           GW
    ================  =====================  ===========================================  ====

    Dual, negated: congestion rent. [JPY bn/GWh]
    """
    return m.backward[link, t] <= m.backward_capacity[link, t]
