r"""Load that may wait, move or be interrupted: non-firm connections and flexible computing.

Shifting moves work of flexible classes within a day; moving sends it over fibre to machines that stand idle
in another area for that hour; interruption stops non-firm load for a price. Symbols as in
:mod:`optimizer.model.siting` and :mod:`optimizer.model.dispatch`; :math:`w \in W` period of weight
:math:`\omega_w`. An annual allowance is shared out over the periods by budget variables, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyomo.environ as pyo

from optimizer.milestones import Inputs
from optimizer.model import units as u
from optimizer.model.components import group, index_set, lookup, number, param, variable

HOURS_PER_DAY = 24


def add_nonfirm(m: Any, inputs: Inputs, weights: Sequence[float]) -> None:
    """Declare non-firm connections and what each period gets of the allowance; nothing if none is allowed."""
    limit = inputs.sites["nonfirm_limit_gw"]
    sites = list(inputs.sites.index[limit > 0])
    areas = list(dict.fromkeys(inputs.sites["area"].loc[sites]))
    index_set(m, "NONFIRM_SITES", sites)
    index_set(m, "NONFIRM_AREAS", [a for a in inputs.areas.index if a in areas])
    index_set(m, "NONFIRM_PERIODS", range(len(weights)) if sites else [])
    lookup(m, "nonfirm_sites_in", group((a, r) for r, a in inputs.sites["area"].loc[sites].items()))
    param(m, "nonfirm_limit", m.NONFIRM_SITES, limit, u.POWER)
    param(m, "period_weight", m.NONFIRM_PERIODS, dict(enumerate(weights)), u.PER_YEAR)
    number(m, "nonfirm_hours", inputs.settings.nonfirm_hours, u.YEARLY_ENERGY_PER_POWER)
    variable(m, "nonfirm", m.NONFIRM_SITES, u.POWER)
    variable(m, "interrupt_budget", m.NONFIRM_AREAS * m.NONFIRM_PERIODS, u.ENERGY)


def nonfirm_at(m: Any, r: str) -> Any:
    """Non-firm connection of a site; zero where none is allowed. [GW]"""
    return m.nonfirm[r] if r in m.NONFIRM_SITES else 0


def within_nonfirm_limit(m: Any, r: str) -> Any:
    r"""Non-firm connections take no more than the site may have of them.

    .. math:: i_r \le \bar i_r \qquad \forall r

    ================  ==================  ============================================  ====
    symbol            name                meaning                                       unit
    ================  ==================  ============================================  ====
    :math:`i`         ``nonfirm``         non-firm grid connection                      GW
    :math:`\bar i`    ``nonfirm_limit``   largest non-firm connection                   GW
    ================  ==================  ============================================  ====

    Dual, negated: rent of a place that may be interrupted. [JPY bn/GW/a]
    """
    return m.nonfirm[r] <= m.nonfirm_limit[r]


def nonfirm_within_need(m: Any, r: str) -> Any:
    r"""A non-firm connection feeds machines of the plan: nobody takes one to stop the load of others.

    .. math:: i_r \le \hat\eta_r \sum_k b_{rk} \qquad \forall r

    ================  ==================  ============================================  ====
    symbol            name                meaning                                       unit
    ================  ==================  ============================================  ====
    :math:`i`         ``nonfirm``         non-firm grid connection                      GW
    :math:`\hat\eta`  ``pue_peak``        largest facility power per IT power           1
    :math:`b`         ``it``              new IT capacity of mode k at r                GW
    ================  ==================  ============================================  ====

    Dual, negated: value of one more GW of load that may be interrupted here. [JPY bn/GW/a]
    """
    need = m.pue_peak[r] * pyo.quicksum(m.it[r, k] for k in m.MODES)
    return m.nonfirm[r] - need <= 0.0 * m.one_gw


def interrupt_hours(m: Any, a: str) -> Any:
    r"""The year's allowance of interruption is shared out over the periods.

    .. math:: \sum_w \omega_w B_{aw} = H \sum_{r \in a} i_r \qquad \forall a

    ================  ====================  ==========================================  ====
    symbol            name                  meaning                                     unit
    ================  ====================  ==========================================  ====
    :math:`\omega`    ``period_weight``     how many such periods the year has          1/a
    :math:`B`         ``interrupt_budget``  energy that may be interrupted in a period  GWh
    :math:`H`         ``nonfirm_hours``     allowance                                   h/a
    :math:`i`         ``nonfirm``           non-firm grid connection                    GW
    ================  ====================  ==========================================  ====

    Dual, negated: value of one more GWh that may be interrupted. [JPY bn/GWh]
    """
    shared = pyo.quicksum(m.period_weight[w] * m.interrupt_budget[a, w] for w in m.NONFIRM_PERIODS)
    return shared == m.nonfirm_hours * pyo.quicksum(m.nonfirm[r] for r in m.nonfirm_sites_in[a])


def add_flexible(m: Any, inputs: Inputs) -> None:
    """Declare interruption, shifting and moving in a dispatch block; nothing where the scenario has none."""
    settings = inputs.settings
    areas, hours = list(inputs.areas.index), list(m.HOURS)
    m.INTERRUPT_AREAS = pyo.Set(initialize=_areas_with(inputs, inputs.sites["nonfirm_limit_gw"] > 0))
    m.SHIFT_AREAS = pyo.Set(initialize=areas if settings.shift else [])
    m.MOVE_AREAS = pyo.Set(initialize=areas if settings.move else [])
    m.FLEXIBLE_AREAS = pyo.Set(initialize=areas if settings.shift or settings.move else [])
    m.MOVING = pyo.Set(initialize=["nation"] if settings.move else [])
    m.hours_of_day = group((t // HOURS_PER_DAY, t) for t in hours)
    m.DAYS = pyo.Set(initialize=list(m.hours_of_day))
    m.interrupt_cost = pyo.Param(initialize=settings.interrupt_jpy_bn_per_gwh, units=u.MONEY_PER_ENERGY)
    m.shift_cost = pyo.Param(initialize=settings.shift_jpy_bn_per_gwh, units=u.MONEY_PER_ENERGY)
    m.move_cost = pyo.Param(initialize=settings.move_jpy_bn_per_gwh, units=u.MONEY_PER_ENERGY)
    mean_pue = {a: inputs.pue[(inputs.sites["area"] == a).to_numpy()] for a in areas}
    param(
        m,
        "area_pue",
        m.MOVE_AREAS,
        {a: float(x.mean()) if x.size else 1.0 for a, x in mean_pue.items()},
        u.ONE,
    )
    for name, index in (
        ("nonfirm_connection", m.INTERRUPT_AREAS * m.HOURS),
        ("flexible_load", m.FLEXIBLE_AREAS * m.HOURS),
        ("idle_computing", m.FLEXIBLE_AREAS * m.HOURS),
        ("gateway", m.MOVE_AREAS * m.HOURS),
    ):
        m.add_component(name, pyo.Param(index, default=0.0, mutable=True, units=u.POWER))
    m.interruptible = pyo.Param(m.INTERRUPT_AREAS, default=0.0, mutable=True, units=u.ENERGY)
    variable(m, "interrupt", m.INTERRUPT_AREAS * m.HOURS, u.POWER)
    variable(m, "shift_up", m.SHIFT_AREAS * m.HOURS, u.POWER)
    variable(m, "shift_down", m.SHIFT_AREAS * m.HOURS, u.POWER)
    variable(m, "moved_in", m.MOVE_AREAS * m.HOURS, u.POWER)
    variable(m, "moved_out", m.MOVE_AREAS * m.HOURS, u.POWER)


def _areas_with(inputs: Inputs, chosen: Any) -> list[str]:
    return [a for a in inputs.areas.index if a in set(inputs.sites["area"][chosen])]


def taken_off(m: Any, a: str, t: int) -> Any:
    """Data-center load of the hour that is interrupted, put off or sent elsewhere. [GW]"""
    parts = [m.interrupt[a, t]] if a in m.INTERRUPT_AREAS else []
    return pyo.quicksum(parts) + flexible_off(m, a, t)


def flexible_off(m: Any, a: str, t: int) -> Any:
    """Flexible load that is put off or sent elsewhere. [GW]"""
    parts = [m.shift_down[a, t]] if a in m.SHIFT_AREAS else []
    return pyo.quicksum(parts + ([m.moved_out[a, t]] if a in m.MOVE_AREAS else []))


def taken_on(m: Any, a: str, t: int) -> Any:
    """Flexible load done here now that belonged to another hour or area. [GW]"""
    parts = [m.shift_up[a, t]] if a in m.SHIFT_AREAS else []
    return pyo.quicksum(parts + ([m.moved_in[a, t]] if a in m.MOVE_AREAS else []))


def interrupt_only_nonfirm(m: Any, a: str, t: int) -> Any:
    r"""Only load behind a non-firm connection is interrupted.

    .. math:: z_{at} \le \sum_{r \in a} i_r \qquad \forall a, t

    ================  ======================  ==========================================  ====
    symbol            name                    meaning                                     unit
    ================  ======================  ==========================================  ====
    :math:`z`         ``interrupt``           load interrupted                            GW
    :math:`i`         ``nonfirm_connection``  non-firm connections of the area            GW
    ================  ======================  ==========================================  ====

    Dual, negated: value of one more GWh that may be interrupted now. [JPY bn/GWh]
    """
    return m.interrupt[a, t] <= m.nonfirm_connection[a, t]


def interrupt_within_load(m: Any, a: str, t: int) -> Any:
    r"""No more is interrupted, put off and sent elsewhere than the data centers draw.

    .. math:: z_{at} + s^-_{at} + m^-_{at} \le P_{at} \qquad \forall a, t

    ================  =================  ===============================================  ====
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ====
    :math:`z`         ``interrupt``      load interrupted                                 GW
    :math:`s^-`       ``shift_down``     load put off                                     GW
    :math:`m^-`       ``moved_out``      load sent elsewhere                              GW
    :math:`P`         ``dc_load``        electricity of the plan's data centers           GW
    ================  =================  ===============================================  ====

    Dual, negated: value of more load to take off. [JPY bn/GWh]
    """
    return taken_off(m, a, t) <= m.dc_load[a, t]


def interrupt_within_budget(m: Any, a: str) -> Any:
    r"""Interruption keeps within the period's part of the year's allowance.

    .. math:: \sum_t z_{at} \le B_{aw} \qquad \forall a

    ================  =================  ===============================================  ====
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ====
    :math:`z`         ``interrupt``      load interrupted                                 GW
    :math:`B`         ``interruptible``  allowance of the period                          GWh
    ================  =================  ===============================================  ====

    Dual, negated: value of one more GWh of allowance. [JPY bn/GWh]
    """
    return pyo.quicksum(m.interrupt[a, t] for t in m.HOURS) * m.one_hour <= m.interruptible[a]


def shift_within_flexible(m: Any, a: str, t: int) -> Any:
    r"""Only flexible work is put off or sent elsewhere.

    .. math:: s^-_{at} + m^-_{at} \le \sum_{r \in a} \eta_{rt} \sum_c f_c \varphi_{ct} q_{rc}
       \qquad \forall a, t

    =====================  ==================  =========================================  ====
    symbol                 name                meaning                                    unit
    =====================  ==================  =========================================  ====
    :math:`s^-`            ``shift_down``      load put off                               GW
    :math:`m^-`            ``moved_out``       load sent elsewhere                        GW
    :math:`f \varphi q`    ``flexible_load``   flexible share of the load, with PUE       GW
    =====================  ==================  =========================================  ====

    Dual, negated: value of one more GWh of flexible work now. [JPY bn/GWh]
    """
    return flexible_off(m, a, t) <= m.flexible_load[a, t]


def shift_within_machines(m: Any, a: str, t: int) -> Any:
    r"""Work from other hours and areas needs machines of flexible classes that stand idle.

    .. math:: s^+_{at} + m^+_{at} \le \sum_{r \in a} \eta_{rt} \sum_{c : f_c > 0}
       \max(0, 1 / u_c - \varphi_{ct}) \, q_{rc} \qquad \forall a, t

    Machines built for a class are :math:`q / u`; what they are connected for is their peak, so the
    connection is respected too.

    =====================  ===================  ========================================  ====
    symbol                 name                 meaning                                   unit
    =====================  ===================  ========================================  ====
    :math:`s^+`            ``shift_up``         work of other hours done now              GW
    :math:`m^+`            ``moved_in``         work of other areas done here             GW
    :math:`1/u - \varphi`  ``idle_computing``   load the idle machines could draw         GW
    =====================  ===================  ========================================  ====

    Dual, negated: value of one more idle machine now. [JPY bn/GWh]
    """
    return taken_on(m, a, t) <= m.idle_computing[a, t]


def shift_conserves_day(m: Any, a: str, d: int) -> Any:
    r"""What is put off is done within the day.

    .. math:: \sum_{t \in d} s^+_{at} = \sum_{t \in d} s^-_{at} \qquad \forall a, d

    ================  =================  ===============================================  ====
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ====
    :math:`s^+`       ``shift_up``       work of other hours done now                     GW
    :math:`s^-`       ``shift_down``     load put off                                     GW
    ================  =================  ===============================================  ====

    Dual: price of energy at which the day's work is shifted. [JPY bn/GWh]
    """
    return pyo.quicksum(m.shift_up[a, t] - m.shift_down[a, t] for t in m.hours_of_day[d]) == 0.0 * m.one_gw


def moved_work_arrives(m: Any, z: str, t: int) -> Any:
    r"""Work sent away in an hour is done in that hour, somewhere; machines elsewhere need other cooling.

    .. math:: \sum_a m^+_{at} / \bar\eta_a = \sum_a m^-_{at} / \bar\eta_a \qquad \forall t

    ================  =================  ===============================================  ====
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ====
    :math:`m^+`       ``moved_in``       work of other areas done here                    GW
    :math:`m^-`       ``moved_out``      load sent elsewhere                              GW
    :math:`\bar\eta`  ``area_pue``       mean facility power per IT power of the area     1
    ================  =================  ===============================================  ====

    Dual: price of work on the move, per GWh of IT. [JPY bn/GWh]
    """
    return (
        pyo.quicksum((m.moved_in[a, t] - m.moved_out[a, t]) / m.area_pue[a] for a in m.MOVE_AREAS)
        == 0.0 * m.one_gw
    )


def move_within_gateway(m: Any, a: str, t: int) -> Any:
    r"""Moving work takes fibre out of and into the area.

    .. math:: m^+_{at} + m^-_{at} \le \bar m_a \qquad \forall a, t

    ================  =================  ===============================================  ====
    symbol            name               meaning                                          unit
    ================  =================  ===============================================  ====
    :math:`m^+`       ``moved_in``       work of other areas done here                    GW
    :math:`m^-`       ``moved_out``      load sent elsewhere                              GW
    :math:`\bar m`    ``gateway``        work the area's fibre can carry at once          GW
    ================  =================  ===============================================  ====

    Dual, negated: rent of the fibre. [JPY bn/GWh]
    """
    return m.moved_in[a, t] + m.moved_out[a, t] <= m.gateway[a, t]


def flexible_cost(m: Any) -> Any:
    """Prices of interruption, of work put off and of work sent elsewhere, per hour. [JPY bn/h]"""
    interrupted = pyo.quicksum(m.interrupt[i] for i in m.INTERRUPT_AREAS * m.HOURS)
    shifted = pyo.quicksum(m.shift_down[i] for i in m.SHIFT_AREAS * m.HOURS)
    moved = pyo.quicksum(m.moved_out[i] for i in m.MOVE_AREAS * m.HOURS)
    return m.interrupt_cost * interrupted + m.shift_cost * shifted + m.move_cost * moved
