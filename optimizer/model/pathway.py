r"""Several target years in one programme: what is built stays, and can only be built so fast.

Every target year :math:`y` is a whole programme of its own (siting, periods, blocks). They stand side by
side, each with the weight :math:`f_y` of the years it stands for, discounted
(:func:`optimizer.finance.year_weights`), so that the objective is the cost of the discounted mean year, in
JPY bn/a. The laws here are all that ties them; :math:`y^-` is the target year before :math:`y`, and
:math:`b_{y^-} = 0` before the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pyomo.environ as pyo

from optimizer.milestones import LinearProgramme
from optimizer.model import units as u
from optimizer.model.build import Equation
from optimizer.model.components import blank, group, param, variable

LINKED = {
    "it": u.POWER, "connection": u.POWER, "nonfirm": u.POWER, "reinforce": u.POWER, "renewable": u.POWER,
    "battery_power": u.POWER, "battery_energy": u.ENERGY, "line": u.POWER, "fibre": u.TRAFFIC,
}  # fmt: skip
"""Variables of the siting problem that are built and stay, with their units."""

KINDS = ("it", "reinforce", "solar", "onshore", "offshore", "battery", "line", "fibre")
"""What a lead time may be given for."""

Stock = tuple[Any, ...]
"""Year, variable and its key."""

_KIND_OF = {"battery_power": "battery", "battery_energy": "battery"}


@dataclass(frozen=True)
class PathwayRules:
    """What ties the target years together, in internal units."""

    start_year: int
    """Nothing of the plan stands at the end of this year."""

    weight: dict[int, float]
    """How much each target year counts; sums to 1. [1]"""

    site_rate_gw_per_a: float | None = None
    nation_rate_gw_per_a: float | None = None
    lead_a: dict[str, int] = field(default_factory=dict)
    """Years from the start until something of a kind (:data:`KINDS`) can stand. [a]"""


def build_is_kept(m: Any, y: int, name: str, *key: Any) -> Any:
    r"""What was built by one target year stands in the next.

    .. math:: b_{yi} - b_{y^- i} \ge 0 \qquad \forall y, i

    ==========  ====================  =====================================================  ========
    symbol      name                  meaning                                                unit
    ==========  ====================  =====================================================  ========
    :math:`b`   ``it``                new IT capacity, by site and mode                      GW
    :math:`b`   ``connection``        firm grid connection                                   GW
    :math:`b`   ``nonfirm``           firm and non-firm connection together: what is          GW
                                      non-firm may become firm
    :math:`b`   ``reinforce``         grid reinforcement, by step                            GW
    :math:`b`   ``renewable``         new solar or wind                                      GW
    :math:`b`   ``battery_power``     new battery power                                      GW
    :math:`b`   ``battery_energy``    new battery energy                                     GWh
    :math:`b`   ``line``              intertie expansion                                     GW
    :math:`b`   ``fibre``             fibre capacity added                                   Tb/s
    ==========  ====================  =====================================================  ========

    Dual: what it costs year y to keep one GW more than it would build afresh. [JPY bn/GW/a]
    """
    return _stock(m, y, name, key) - _stock(m, m.before[y], name, key) >= 0.0 * LINKED[name]


def within_site_build_rate(m: Any, y: int, r: str) -> Any:
    r"""A site is not built faster than builders can.

    .. math:: \sum_k b_{yrk} - \sum_k b_{y^- rk} \le \beta\, \Delta_y \qquad \forall y, r

    ================  ==================  ============================================  ====
    symbol            name                meaning                                       unit
    ================  ==================  ============================================  ====
    :math:`b`         ``it``              new IT capacity of mode k at r                GW
    :math:`\beta`     ``site_rate``       most IT capacity a site can add a year        GW/a
    :math:`\Delta`    ``span``            years since the target year before            a
    ================  ==================  ============================================  ====

    Dual, negated: **price of waiting at r**: value of one more GW built by year y. [JPY bn/GW/a]
    """
    return _added(m, y, (r,)) <= m.site_rate * m.span[y]


def within_nation_build_rate(m: Any, y: int) -> Any:
    r"""The nation is not built faster than its builders can.

    .. math:: \sum_{r,k} b_{yrk} - \sum_{r,k} b_{y^- rk} \le B\, \Delta_y \qquad \forall y

    ================  ==================  ============================================  ====
    symbol            name                meaning                                       unit
    ================  ==================  ============================================  ====
    :math:`b`         ``it``              new IT capacity of mode k at r                GW
    :math:`B`         ``nation_rate``     most IT capacity the nation can add a year    GW/a
    :math:`\Delta`    ``span``            years since the target year before            a
    ================  ==================  ============================================  ====

    Dual, negated: **price of waiting**: value of one more GW built by year y. [JPY bn/GW/a]
    """
    return _added(m, y, m.sites_in[y]) <= m.nation_rate * m.span[y]


def not_before_lead_time(m: Any, y: int, name: str, *key: Any) -> Any:
    r"""Nothing stands before its lead time is over.

    .. math:: b_{yi} \le 0 \qquad \forall y, i : y < y_0 + \ell_i

    ==========  ====================  =====================================================  ========
    symbol      name                  meaning                                                unit
    ==========  ====================  =====================================================  ========
    :math:`b`   ``it``                new IT capacity, by site and mode                      GW
    :math:`b`   ``reinforce``         grid reinforcement, by step                            GW
    :math:`b`   ``renewable``         new solar or wind                                      GW
    :math:`b`   ``battery_power``     new battery power                                      GW
    :math:`b`   ``battery_energy``    new battery energy                                     GWh
    :math:`b`   ``line``              intertie expansion                                     GW
    :math:`b`   ``fibre``             fibre capacity added                                   Tb/s
    ==========  ====================  =====================================================  ========

    Here :math:`y_0` is the start and :math:`\ell_i` the lead time of the kind of :math:`i`.
    Dual, negated: price of its lead time: value of one GW of it in year y already. [JPY bn/GW/a]
    """
    return m.component(name)[(y, *key)] <= 0.0 * LINKED[name]


PATHWAY_EQUATIONS: tuple[Equation, ...] = (
    (build_is_kept, ("KEPT",)),
    (within_site_build_rate, ("SITE_RATED",)),
    (within_nation_build_rate, ("NATION_RATED",)),
    (not_before_lead_time, ("TOO_EARLY",)),
)
"""Laws between target years in reading order."""


def build_pathway(siting: Mapping[int, LinearProgramme], rules: PathwayRules) -> pyo.ConcreteModel:
    """Write the laws between target years over the stocks of each. It has no cost of its own.

    Args:
        siting: compiled siting problem of every target year, years increasing.
        rules: what ties the years together.

    Returns:
        A Pyomo model whose variables have the names and keys of the siting problems', the year in front.
    """
    m = blank("pathway")
    years = list(siting)
    m.YEARS = pyo.Set(initialize=years, ordered=True)
    m.before = {after: before for before, after in pairwise([None, *years])}
    span = {after: float(after - before) for before, after in pairwise([rules.start_year, *years])}
    param(m, "span", m.YEARS, span, u.YEAR)
    m.site_rate = pyo.Param(initialize=rules.site_rate_gw_per_a or 0.0, units=u.POWER_PER_YEAR)
    m.nation_rate = pyo.Param(initialize=rules.nation_rate_gw_per_a or 0.0, units=u.POWER_PER_YEAR)
    stocks = _stocks(siting)
    for name, unit in LINKED.items():
        index = [(y, *key) for y, one, *key in stocks if one == name]
        m.add_component(f"{name}_index", pyo.Set(dimen=None, initialize=index))
        variable(m, name, m.component(f"{name}_index"), unit)
    _pathway_sets(m, stocks, rules)
    for rule, sets in PATHWAY_EQUATIONS:
        m.add_component(rule.__name__, pyo.Constraint(*(m.component(name) for name in sets), rule=rule))
    m.objective = pyo.Objective(expr=0.0)
    return m


def _pathway_sets(m: Any, stocks: list[Stock], rules: PathwayRules) -> None:
    sites = list(dict.fromkeys((y, key[0]) for y, name, *key in stocks if name == "it"))
    m.modes_at = group(((y, key[0]), key[1]) for y, name, *key in stocks if name == "it")
    m.sites_in = group(sites)
    known = set(stocks)
    kept = [stock for stock in stocks if (m.before[stock[0]], *stock[1:]) in known]
    m.KEPT = pyo.Set(dimen=None, initialize=kept)
    m.SITE_RATED = pyo.Set(dimen=2, initialize=sites if rules.site_rate_gw_per_a is not None else [])
    rated = list(m.YEARS) if rules.nation_rate_gw_per_a is not None else []
    m.NATION_RATED = pyo.Set(initialize=rated)
    ready = {kind: rules.start_year + lead for kind, lead in rules.lead_a.items()}
    early = [stock for stock in stocks if stock[0] < ready.get(_kind(stock), rules.start_year)]
    m.TOO_EARLY = pyo.Set(dimen=None, initialize=early)


def _stocks(siting: Mapping[int, LinearProgramme]) -> list[Stock]:
    """Return year, variable and key of everything that is built and stays."""
    return [
        (year, name, *whole_key(key))
        for year, programme in siting.items()
        for name in LINKED
        for key in programme.variables[name].keys
    ]


def whole_key(key: Any) -> tuple[Any, ...]:
    """Return the key of a component as a tuple: empty where it has none."""
    if key is None:
        return ()
    return key if isinstance(key, tuple) else (key,)


def _kind(stock: Stock) -> str:
    """Return the kind a lead time is given for; a connection has none of its own."""
    _, name, *key = stock
    return str(key[1]) if name == "renewable" else _KIND_OF.get(str(name), str(name))


def _stock(m: Any, y: int, name: str, key: tuple[Any, ...]) -> Any:
    built = m.component(name)[(y, *key)]
    return built + m.connection[(y, *key)] if name == "nonfirm" else built


def _added(m: Any, y: int, sites: Iterable[str]) -> Any:
    """IT capacity added at the sites since the target year before. [GW]"""
    before = m.before[y]
    stands = pyo.quicksum(m.it[y, r, k] for r in sites for k in m.modes_at[y, r])
    if before is None:
        return stands
    return stands - pyo.quicksum(m.it[before, r, k] for r in sites for k in m.modes_at[before, r])
