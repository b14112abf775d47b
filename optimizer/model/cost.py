r"""What the programme minimises. Symbols as in the laws."""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from optimizer.model.adequacy import adequacy_cost
from optimizer.model.clean import clean_cost
from optimizer.model.fibre import fibre_cost
from optimizer.model.flexible import flexible_cost, nonfirm_at
from optimizer.model.goals import goals_cost


def siting_cost(m: Any) -> Any:
    r"""Yearly cost of what is built, of the fibre used, of firm capacity, and the bill of what stays abroad.

    .. math:: \min \sum_{r,k} \beta_r b_{rk} + \sum_r \gamma_r (f_r + i_r) + \sum_{r,j} \rho_{rj} p_{rj}
       + \sum_{r,g} \epsilon_g e_{rg} + \sum_a (\pi_a p_a + \psi_a l_a) + \sum_\ell \nu_\ell y_\ell
       + \sum_{n,c,r} \omega_{nr} x_{ncr} + \sum_e \xi_e y_e + \sum_{n,c} \alpha_c u_{nc}
       + \zeta \sum_a F_a + \sum_{r,k} \beta_k b_{rk} - \lambda \sum_i G_i \qquad [\mathrm{JPY\ bn/a}]

    Where the goal is a budget, :math:`\lambda` is what a captured yen is worth; else it is 0.
    """
    it = pyo.quicksum(m.it_cost[r] * m.it[r, k] for r in m.SITES for k in m.MODES)
    connection = pyo.quicksum(m.connection_cost[r] * (m.connection[r] + nonfirm_at(m, r)) for r in m.SITES)
    grid = pyo.quicksum(m.step_cost[i] * m.reinforce[i] for i in m.STEPS)
    renewable = pyo.quicksum(m.renewable_cost[i] * m.renewable[i] for i in m.RENEWABLES)
    battery = pyo.quicksum(
        m.battery_power_cost[a] * m.battery_power[a] + m.battery_energy_cost[a] * m.battery_energy[a]
        for a in m.BATTERY_AREAS
    )
    line = pyo.quicksum(m.line_cost[i] * m.line[i] for i in m.LINKS)
    fibre = pyo.quicksum(m.fibre_cost[i] * m.sold[i] for i in m.ROUTES)
    abroad = pyo.quicksum(m.abroad_cost[i] * m.abroad[i] for i in m.ABROAD)
    return (
        it
        + connection
        + grid
        + renewable
        + battery
        + line
        + fibre
        + fibre_cost(m)
        + abroad
        + adequacy_cost(m)
        + goals_cost(m)
    )


def dispatch_cost(m: Any) -> Any:
    r"""Fuel and CO2 of the period; what is shed, spilled, interrupted, shifted, moved or missed at its price.

    .. math:: \min \sum_{a,t} \Bigl( \sum_f \kappa_{af} g_{aft} + V u_{at} + S o_{at}
       + Z z_{at} + \Sigma s^-_{at} + M m^-_{at} \Bigr) + U n + X b \qquad [\mathrm{JPY\ bn}]
    """
    fuel = pyo.quicksum(m.fuel_cost[a, f] * m.gen[a, f, t] for a, f in m.FLEETS for t in m.HOURS)
    slack = pyo.quicksum(
        m.voll * m.shed[a, t] + m.spill_cost * m.spill[a, t] for a in m.AREAS for t in m.HOURS
    )
    return (fuel + slack + flexible_cost(m)) * m.one_hour + clean_cost(m)
