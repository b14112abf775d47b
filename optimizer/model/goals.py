r"""What a plan may be asked for beside least cost: a share of the cloud outflow captured, or a budget kept.

Symbols as in :mod:`optimizer.model.siting`. Here :math:`i` is a line of the cloud market, and :math:`s` who
sells: ``domestic`` counts what a domestic operator sells itself, ``home`` also what goes through a foreign
platform. :math:`M_s` are the operating modes of the seller, :math:`\xi_i` is the share of a displaced payment
that stays when it goes through a platform. Captured on a line, with the curve's chords :math:`\sigma_j`:

.. math:: G_i = (1 - \xi_i) \sum_j \sigma_j z_{i,domestic,j} + \xi_i \sum_j \sigma_j z_{i,home,j}

The chords fall, so the programme fills them in order by itself wherever a captured yen is worth anything.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyomo.environ as pyo

from optimizer.milestones import Inputs
from optimizer.model import units as u
from optimizer.model.components import group, index_set, lookup, number, param, variable
from optimizer.model.flexible import nonfirm_at

SELLERS = {"domestic": ("domestic",), "home": ("domestic", "platform")}
"""Operating modes of each seller of the strict curve: see `optimizer.capture.terms`."""

NATION = "nation"


def captured(m: Any, i: str, s: str) -> Any:
    r"""No more payments abroad are displaced than what is sold at home could displace.

    .. math:: \sum_j z_{isj} \le \sum_r \sum_c \sum_{k \in M_s} \delta_{ci} \, q_{rck} \qquad \forall i, s

    ==============  ====================  ===================================================  ========
    symbol          name                  meaning                                              unit
    ==============  ====================  ===================================================  ========
    :math:`z`       ``capture_segment``   displaced payment counted in chord j of the curve    JPY bn/a
    :math:`q`       ``run``               IT load of class c at r in mode k                    GW
    :math:`\delta`  ``displaced``         payment abroad a GW sold would displace              JPY
                                                                                               bn/GW/a
    ==============  ====================  ===================================================  ========

    Beyond five times the ceiling nothing more is captured, so sales may exceed what the chords hold.

    Dual, negated: value of one more displaced yen. [JPY/JPY]
    """
    filled = pyo.quicksum(m.capture_segment[i, s, j] for j in m.segments_of[i, s])
    offered = pyo.quicksum(
        m.displaced[c, i] * m.run[r, c, k]
        for c in m.classes_selling[i]
        for r in m.SITES
        for k in SELLERS[s]
        if k in m.MODES
    )
    return filled <= offered


def within_capture_segment(m: Any, i: str, s: str, j: int) -> Any:
    r"""A chord of the capture curve is no wider than it is.

    .. math:: z_{isj} \le w_j K_i \qquad \forall i, s, j

    ============  ====================  =====================================================  ========
    symbol        name                  meaning                                                unit
    ============  ====================  =====================================================  ========
    :math:`z`     ``capture_segment``   displaced payment counted in chord j of the curve      JPY bn/a
    :math:`w K`   ``segment_limit``     width of the chord times the line's ceiling            JPY bn/a
    ============  ====================  =====================================================  ========

    Dual, negated: value of one more displaced yen counted at this chord's slope. [JPY/JPY]
    """
    return m.capture_segment[i, s, j] <= m.segment_limit[i, s, j]


def capture_target(m: Any, n: str) -> Any:
    r"""At least a share of the cloud outflow is captured.

    .. math:: \sum_i G_i = \sum_{i,s,j} \theta_{isj} \, z_{isj} \ge \gamma \sum_i O_i

    ======================  ====================  =============================================  ========
    symbol                  name                  meaning                                        unit
    ======================  ====================  =============================================  ========
    :math:`z`               ``capture_segment``   displaced payment counted in chord j           JPY bn/a
    :math:`\theta`          ``segment_value``     captured per displaced yen: the chord's slope  1
                                                  times :math:`1 - \xi_i` or :math:`\xi_i`
    :math:`\gamma \sum O`   ``capture_floor``     share asked for, times the outflow             JPY bn/a
    ======================  ====================  =============================================  ========

    Dual: **marginal cost of one more captured yen**. [JPY/JPY]
    """
    return captured_yen(m) >= m.capture_floor[n]


def budget(m: Any, n: str) -> Any:
    r"""What is spent once on building stays within the budget, whoever pays.

    .. math:: \sum_{r,k} \hat\beta_r b_{rk} + \sum_r \hat\gamma_r (f_r + i_r)
       + \sum_{r,j} \hat\rho_{rj} p_{rj}
       + \sum_{r,g} \hat\epsilon_g e_{rg} + \sum_a (\hat\pi_a p_a + \hat\psi_a l_a)
       + \sum_\ell \hat\nu_\ell y_\ell \le B

    ===================  ==========================  =========================================  =========
    symbol               name                        meaning                                    unit
    ===================  ==========================  =========================================  =========
    :math:`b`            ``it``                      new IT capacity                            GW
    :math:`f`            ``connection``              firm grid connection                       GW
    :math:`i`            ``nonfirm``                 non-firm grid connection (where allowed)   GW
    :math:`p_{rj}`       ``reinforce``               reinforcement built, by step               GW
    :math:`e`            ``renewable``               new solar or wind                          GW
    :math:`p_a`          ``battery_power``           new battery power                          GW
    :math:`l`            ``battery_energy``          new battery energy                         GWh
    :math:`y`            ``line``                    intertie expansion                         GW
    :math:`\hat\beta`    ``it_capex``                building and land                          JPY bn/GW
    :math:`\hat\gamma`   ``connection_capex``        connection                                 JPY bn/GW
    :math:`\hat\rho`     ``step_capex``              reinforcement                              JPY bn/GW
    :math:`\hat\epsilon` ``renewable_capex``         solar and wind                             JPY bn/GW
    :math:`\hat\pi`      ``battery_power_capex``     battery converters                         JPY bn/GW
    :math:`\hat\psi`     ``battery_energy_capex``    battery cells                              JPY
                                                                                                bn/GWh
    :math:`\hat\nu`      ``line_capex``              interties                                  JPY bn/GW
    :math:`B`            ``capital``                 the budget, public and private             JPY bn
    ===================  ==========================  =========================================  =========

    Dual, negated: value of one more yen of budget, captured yen at :math:`\lambda`, less cost. [1/a]
    """
    return capital_spent(m) <= m.capital[n]


def captured_yen(m: Any) -> Any:
    """Return the expression of gross capture by the chords. [JPY bn/a]"""
    return pyo.quicksum(m.segment_value[q] * m.capture_segment[q] for q in m.CAPTURE_SEGMENTS)


def capital_spent(m: Any) -> Any:
    """Return the expression of what is spent once on everything built. [JPY bn]"""
    it = pyo.quicksum(m.it_capex[r] * m.it[r, k] for r in m.SITES for k in m.MODES)
    connection = pyo.quicksum(m.connection_capex[r] * (m.connection[r] + nonfirm_at(m, r)) for r in m.SITES)
    grid = pyo.quicksum(m.step_capex[q] * m.reinforce[q] for q in m.STEPS)
    renewable = pyo.quicksum(m.renewable_capex[q] * m.renewable[q] for q in m.RENEWABLES)
    battery = pyo.quicksum(
        m.battery_power_capex[a] * m.battery_power[a] + m.battery_energy_capex[a] * m.battery_energy[a]
        for a in m.BATTERY_AREAS
    )
    line = pyo.quicksum(m.line_capex[q] * m.line[q] for q in m.LINKS)
    return it + connection + grid + renewable + battery + line


def goals_cost(m: Any) -> Any:
    """Return premiums of modes, less captured yen at their value where the goal is a budget. [JPY bn/a]"""
    premium = pyo.quicksum(m.mode_premium[k] * m.it[r, k] for k in m.PREMIUM_MODES for r in m.SITES)
    return premium - m.capture_value * captured_yen(m)


def add_goals(m: Any, inputs: Inputs) -> None:
    """Add sets, parameters and variables of the modes' premiums and of the goals; none where off."""
    premium = inputs.modes["premium_jpy_bn_per_gw_a"]
    index_set(m, "PREMIUM_MODES", premium.index[premium != 0.0])
    param(m, "mode_premium", m.PREMIUM_MODES, premium, u.POWER_RATE)
    _add_curve(m, inputs)
    settings = inputs.settings
    number(m, "capture_value", settings.capture_value_jpy_per_jpy, u.ONE)
    index_set(m, "CAPTURE_AIMS", [] if settings.capture_share is None else [NATION])
    outflow = float(inputs.capture_lines["outflow_jpy_bn"].sum()) if len(m.CAPTURE_AIMS) else 0.0
    floor = {NATION: (settings.capture_share or 0.0) * outflow}
    param(m, "capture_floor", m.CAPTURE_AIMS, floor, u.MONEY_PER_YEAR)
    index_set(m, "BUDGETS", [] if settings.budget_jpy_bn is None else [NATION])
    param(m, "capital", m.BUDGETS, {NATION: settings.budget_jpy_bn or 0.0}, u.MONEY)
    if settings.budget_jpy_bn is not None:
        _add_capex(m, inputs)


def _add_curve(m: Any, inputs: Inputs) -> None:
    """Add the capture curve of each line of the market that some class sells into."""
    offers, lines, segments = inputs.capture_offers, inputs.capture_lines, inputs.capture_segments
    index_set(m, "OFFERS", list(offers.index) if len(offers) else [], 2)
    lookup(m, "classes_selling", group((i, c) for c, i in m.OFFERS))
    keys = [(i, s) for i in lines.index if m.classes_selling[i] for s in SELLERS]
    index_set(m, "CAPTURE_SALES", keys, 2)
    chords = [(i, s, j) for i, s in keys for j in segments.index]
    index_set(m, "CAPTURE_SEGMENTS", chords, 3)
    lookup(m, "segments_of", group(((i, s), j) for i, s, j in chords))
    displaced = _column(offers, "displaced_jpy_bn_per_gw_a")
    param(m, "displaced", m.OFFERS, displaced, u.POWER_RATE)
    ceiling, kept = _column(lines, "ceiling_jpy_bn"), _column(lines, "platform_kept")
    width, slope = _column(segments, "width"), _column(segments, "slope")
    limit = {(i, s, j): width[j] * ceiling[i] for i, s, j in chords}
    value = {(i, s, j): slope[j] * (kept[i] if s == "home" else 1.0 - kept[i]) for i, s, j in chords}
    param(m, "segment_limit", m.CAPTURE_SEGMENTS, limit, u.MONEY_PER_YEAR)
    param(m, "segment_value", m.CAPTURE_SEGMENTS, value, u.ONE)
    variable(m, "capture_segment", m.CAPTURE_SEGMENTS, u.MONEY_PER_YEAR)


def _column(table: pd.DataFrame, name: str) -> dict[Any, float]:
    """Return a column by key; nothing where the table is empty."""
    return {} if table.empty else dict(zip(table.index, table[name].astype(float), strict=True))


def _add_capex(m: Any, inputs: Inputs) -> None:
    """Add what one GW or GWh of everything that can be built costs once."""
    sites, storage = inputs.sites, inputs.storage
    param(m, "it_capex", m.SITES, sites["building_jpy_bn_per_gw"] + sites["land_jpy_bn_per_gw"], u.CAPITAL)
    param(m, "connection_capex", m.SITES, sites["connection_jpy_bn_per_gw"], u.CAPITAL)
    param(m, "step_capex", m.STEPS, inputs.reinforcements["cost_jpy_bn_per_gw"], u.CAPITAL)
    param(m, "renewable_capex", m.RENEWABLES, inputs.renewables["cost_jpy_bn_per_gw"], u.CAPITAL)
    battery = storage.xs("battery", level="storage") if len(m.BATTERY_AREAS) else storage.iloc[:0]
    param(m, "battery_power_capex", m.BATTERY_AREAS, battery["power_jpy_bn_per_gw"], u.CAPITAL)
    param(m, "battery_energy_capex", m.BATTERY_AREAS, battery["energy_jpy_bn_per_gwh"], u.MONEY_PER_ENERGY)
    param(m, "line_capex", m.LINKS, inputs.interties["expansion_jpy_bn_per_gw"], u.CAPITAL)
