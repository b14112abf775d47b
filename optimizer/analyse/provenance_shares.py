"""How much of a result rests on assumed figures: of the plan's cost, and of its gross capture.

A line of cost (or of capture) is a function of several figures. Each figure counts with its elasticity, the
percentage the line moves when the figure moves by one percent and the plan stays as it is. The assumed share
of a line is the part of these elasticities that belongs to figures graded `assumed`; the share of the whole
is the mean over the lines, weighted by their yen. Definition in words: `docs/assumed.md`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import expm1, log1p
from typing import Any

import numpy as np
import pandas as pd

from optimizer.finance import annuity
from optimizer.milestones import Capture, Inputs, Plan

MW_PER_GW = 1000.0
ASSUMED = "assumed"
DIGITS = 6
"""Digits published: the same plan gives the same bytes."""

_MARKET = "S_cloud_2025"
"""Market size whose name carries the year from which growth counts."""

_LARGEST_FILL = 1.0 - 1e-12


@dataclass(frozen=True)
class Figure:
    """A figure behind a line: a parameter by name, or a column of a table of the pack."""

    name: str
    grade: str
    elasticity: float
    """Relative change of the line per relative change of the figure, the plan kept. [1]"""


@dataclass(frozen=True)
class Line:
    """One line of cost or capture and the figures it is made from."""

    name: str
    jpy_bn_per_a: float
    figures: tuple[Figure, ...]

    @property
    def assumed_share(self) -> float:
        """Part of the line's elasticities that belongs to assumed figures. [1]"""
        whole = sum(abs(figure.elasticity) for figure in self.figures)
        assumed = sum(abs(figure.elasticity) for figure in self.figures if figure.grade == ASSUMED)
        return assumed / whole if whole > 0.0 else 0.0


def assumed_share(lines: Iterable[Line]) -> float:
    """Return the mean assumed share of the lines, weighted by the size of their yen; 0 without any. [1]"""
    counted = list(lines)
    whole = sum(abs(line.jpy_bn_per_a) for line in counted)
    assumed = sum(abs(line.jpy_bn_per_a) * line.assumed_share for line in counted)
    return assumed / whole if whole > 0.0 else 0.0


def resting(plan: Plan, inputs: Inputs, capture: Capture, table_grades: Mapping[str, str]) -> dict[str, Any]:
    """Return what share of cost and of gross capture rests on assumed figures, line by line.

    Args:
        plan: the answer; its tables and `sold_mw`.
        inputs: prices and parameters with their grades.
        capture: gross capture by market line, base case.
        table_grades: grade of each table of the pack, by name; one that is not there counts as assumed.

    Returns:
        `assumed_share_of_cost`, `assumed_share_of_capture` and `lines`: one mapping per line with kind,
        line, jpy_bn_per_a, assumed_share and its figures (name, grade, elasticity).
    """
    book = _Book(inputs, table_grades)
    groups = {"cost": cost_lines(plan, book), "capture": capture_lines(plan, capture, book)}
    return {
        **{f"assumed_share_of_{kind}": round(assumed_share(lines), DIGITS) for kind, lines in groups.items()},
        "lines": [_row(kind, line) for kind, lines in groups.items() for line in lines],
    }


def table_grades(sources: Iterable[Mapping[str, Any]], pack: str) -> dict[str, str]:
    """Return the grade of each table of a pack by name, from the entries of the register (file, grade).

    A file that is not registered is not there, and so counts as assumed.
    """
    named = ((str(source["file"]).split("/"), str(source["grade"])) for source in sources)
    return {path[-1].rsplit(".", 1)[0]: grade for path, grade in named if path[:-1] == [pack]}


def _row(kind: str, line: Line) -> dict[str, Any]:
    return {
        "kind": kind,
        "line": line.name,
        "jpy_bn_per_a": round(line.jpy_bn_per_a, DIGITS),
        "assumed_share": round(line.assumed_share, DIGITS),
        "figures": [
            {"name": one.name, "grade": one.grade, "elasticity": round(one.elasticity, DIGITS)}
            for one in line.figures
        ],
    }


@dataclass(frozen=True)
class _Book:
    """Inputs with the grades of tables and parameters at hand."""

    inputs: Inputs
    table_grades: Mapping[str, str]

    def table(self, name: str, column: str, elasticity: float = 1.0) -> Figure:
        return Figure(f"{name}.{column}", self.table_grades.get(name, ASSUMED), elasticity)

    def parameter(self, name: str, elasticity: float = 1.0) -> Figure:
        table = self.inputs.parameters
        grade = str(table.at[name, "grade"]) if "grade" in table and name in table.index else ASSUMED
        return Figure(name, grade, elasticity)

    def value(self, name: str) -> float:
        return float(self.inputs.parameters["value"].to_dict()[name])

    def yearly(self, life: str, fixed: str = "") -> tuple[Figure, ...]:
        """Return life and fixed cost with the elasticities of `annuity(rate, life) + fixed`."""
        rate, years = float(self.inputs.resolved["finance"]["discount_rate"]), self.value(life)
        capital, share = annuity(rate, years), self.value(fixed) if fixed else 0.0
        step = 1e-4
        slope = (annuity(rate, years * (1 + step)) - annuity(rate, years * (1 - step))) / (2 * step)
        lasting = self.parameter(life, slope / (capital + share))
        return (lasting, self.parameter(fixed, share / (capital + share))) if fixed else (lasting,)


def cost_lines(plan: Plan, book: _Book) -> list[Line]:
    """Return the plan's cost by what is bought; the lines add up to `cost_jpy_bn_per_a`."""
    lines = [
        *_site_lines(plan, book),
        *_premium_lines(plan, book),
        *_renewable_lines(plan, book),
        *_grid_lines(plan, book),
    ]
    abroad = float(plan.figures["siting_cost_jpy_bn_per_a"]) - sum(line.jpy_bn_per_a for line in lines)
    if float(plan.figures["it_mw_abroad"]) > 0.0:
        prices = tuple(book.parameter(f"v_{account}") for account in _accounts(book.inputs))
        lines.append(Line("bill of what stays abroad", abroad, prices))
    return [*lines, *_dispatch_lines(plan, book)]


def _accounts(inputs: Inputs) -> list[str]:
    return sorted({str(account) for _, account in inputs.workload_accounts.index})


def _site_lines(plan: Plan, book: _Book) -> list[Line]:
    """Building, land, connection, reinforcement."""
    sites, built = book.inputs.sites, plan.tables["sites"].set_index("site")
    it_gw = built["it_mw"].reindex(sites.index) / MW_PER_GW
    connected = built["connection_mw"].reindex(sites.index) / MW_PER_GW
    grid = ("grid_opex_share",)
    money = {
        "building": float((it_gw * sites["building_jpy_bn_per_gw_a"]).sum()),
        "land": float((it_gw * sites["land_jpy_bn_per_gw_a"]).sum()),
        "connection": float((connected * sites["connection_jpy_bn_per_gw_a"]).sum()),
        "reinforcement": _reinforcement(built["reinforcement_mw"] / MW_PER_GW, book.inputs),
    }
    figures = {
        "building": (
            book.table("sites", "building_jpy_m_per_mw"),
            *book.yearly("building_life_a", "building_opex_share"),
        ),
        "land": (book.table("sites", "land_jpy_per_m2"), book.parameter("land_m2_per_mw")),
        "connection": (
            book.table("sites", "connection_jpy_k_per_kw"),
            *book.yearly("connection_life_a", *grid),
        ),
        "reinforcement": (
            book.table("reinforcements", "cost_jpy_k_per_kw"),
            *book.yearly("reinforcement_life_a", *grid),
        ),
    }
    return [Line(name, money[name], figures[name]) for name in money]


def _premium_lines(plan: Plan, book: _Book) -> list[Line]:
    """What operating modes cost beyond their buildings; none where they cost alike."""
    built = plan.tables["sites"][[f"it_mw_{mode}" for mode in book.inputs.modes.index]].sum().to_numpy()
    premium = book.inputs.modes["premium_jpy_bn_per_gw_a"].to_numpy() * built / MW_PER_GW
    if not premium.any():
        return []
    figures = tuple(
        book.parameter(f"mode_premium_{mode}_jpy_m_per_mw_a", float(part / premium.sum()))
        for mode, part in zip(book.inputs.modes.index, premium, strict=True)
        if part != 0.0
    )
    return [Line("premium of operating modes", float(premium.sum()), figures)]


def _reinforcement(built_gw: pd.Series, inputs: Inputs) -> float:
    """Cost of reinforcing each site by so much, cheapest steps first. [JPY bn/a]"""
    total = 0.0
    built = built_gw.to_dict()
    for site, unsorted in inputs.reinforcements.groupby(level="site"):
        steps = unsorted.sort_values("cost_jpy_bn_per_gw_a")
        before = steps["size_gw"].cumsum() - steps["size_gw"]
        used = np.clip(float(built.get(site, 0.0)) - before, 0.0, steps["size_gw"])
        total += float((used * steps["cost_jpy_bn_per_gw_a"]).sum())
    return total


def _renewable_lines(plan: Plan, book: _Book) -> list[Line]:
    built, prices = plan.tables["sites"].set_index("site"), book.inputs.renewables["cost_jpy_bn_per_gw_a"]
    lines = []
    for kind in book.inputs.technologies:
        price = prices[prices.index.get_level_values("technology") == kind].droplevel("technology")
        money = float((built[f"{kind}_mw"].reindex(price.index) / MW_PER_GW * price).sum())
        (life,) = book.yearly(f"{kind}_life_a")
        capital = book.value(f"{kind}_capex_jpy_k_per_kw") * annuity(
            float(book.inputs.resolved["finance"]["discount_rate"]), book.value(f"{kind}_life_a")
        )
        fixed = book.value(f"{kind}_opex_jpy_k_per_kw_a")
        share = capital / (capital + fixed)
        figures = (
            book.parameter(f"{kind}_capex_jpy_k_per_kw", share),
            book.parameter(life.name, life.elasticity * share),
            book.parameter(f"{kind}_opex_jpy_k_per_kw_a", 1.0 - share),
        )
        lines.append(Line(f"new {kind}", money, figures))
    return lines


def _grid_lines(plan: Plan, book: _Book) -> list[Line]:
    """Batteries, firm capacity, interties, fibre."""
    inputs, areas = book.inputs, plan.tables["areas"].set_index("area")
    battery = inputs.storage.reset_index().query("storage == 'battery'").set_index("area")
    built = areas.reindex(battery.index)
    links = plan.tables["interties"].set_index("intertie")["expansion_mw"].reindex(inputs.interties.index)
    flows = plan.tables["flows"].set_index(["node", "workload", "site"])["served_it_mw"] / MW_PER_GW
    fibre = inputs.routes["fibre_jpy_bn_per_gw_a"].reindex(flows.index)
    life = book.yearly("battery_life_a", "battery_opex_share")
    return [
        Line(
            "battery power",
            float((built["battery_mw"] * battery["power_jpy_bn_per_gw_a"]).sum()) / MW_PER_GW,
            (book.parameter("battery_power_capex_jpy_k_per_kw"), *life),
        ),
        Line(
            "battery energy",
            float((built["battery_mwh"] * battery["energy_jpy_bn_per_gwh_a"]).sum()) / MW_PER_GW,
            (book.parameter("battery_energy_capex_jpy_k_per_kwh"), *life),
        ),
        *_firm_capacity(areas, book),
        Line(
            "intertie expansion",
            float((links * inputs.interties["expansion_jpy_bn_per_gw_a"]).sum()) / MW_PER_GW,
            (
                book.table("interties", "expansion_jpy_k_per_kw"),
                *book.yearly("intertie_life_a", "intertie_opex_share"),
            ),
        ),
        Line("fibre", float((flows * fibre).sum()), _fibre_figures(flows, book)),
        *_fibre_expansion(plan, book),
    ]


def _firm_capacity(areas: pd.DataFrame, book: _Book) -> list[Line]:
    """Capacity bought for the margin; no line where none is asked for."""
    if book.inputs.settings.adequacy_margin is None:
        return []
    price = book.inputs.settings.firm_capacity_jpy_bn_per_gw_a
    money = float(areas["firm_capacity_mw"].sum()) / MW_PER_GW * price
    return [Line("firm capacity", money, (book.parameter("firm_capacity_jpy_k_per_kw_a"),))]


def _fibre_expansion(plan: Plan, book: _Book) -> list[Line]:
    """Capacity added to links of a fibre graph; no line where fibre is leased."""
    table = plan.tables["fibre"]
    if table.empty:
        return []
    money = float((table["expansion_gbps"] * table["expansion_jpy_per_gbps_a"]).sum()) / 1e9
    cost = book.table("fibre_links", "expansion_jpy_k_per_gbps")
    return [Line("fibre expansion", money, (cost, *book.yearly("fibre_life_a", "fibre_opex_share")))]


def _fibre_figures(flows: pd.Series, book: _Book) -> tuple[Figure, ...]:
    """Distance and both ends, by what each adds to the bill of the routes used; traffic per MW."""
    ends = 2.0 * book.value("fibre_end_jpy_per_gbps_month") * 12.0 * MW_PER_GW / 1e9
    per_mw = book.inputs.workloads["gbps_per_mw"].reindex(flows.index.get_level_values("workload"))
    bill = float((flows * book.inputs.routes["fibre_jpy_bn_per_gw_a"].reindex(flows.index)).sum())
    share = float((flows.to_numpy() * per_mw.to_numpy()).sum()) * ends / bill if bill > 0.0 else 0.0
    over_links = _over_links(flows, per_mw, book) / bill if bill > 0.0 else 0.0
    common = (
        book.parameter("fibre_jpy_per_gbps_km_month", 1.0 - share - over_links),
        book.parameter("fibre_end_jpy_per_gbps_month", share),
        book.table("workloads", "gbps_per_mw"),
    )
    if not over_links:
        return common
    length = book.table("fibre_links", "route_factor", over_links)
    return (*common, book.parameter("fibre_use_jpy_per_gbps_km_month", over_links), length)


def _over_links(flows: pd.Series, per_mw: pd.Series, book: _Book) -> float:
    """Part of the bill that is use of the links of a fibre graph. [JPY bn/a]"""
    inputs = book.inputs
    if not len(inputs.fibre_links):
        return 0.0
    km = inputs.fibre_paths["fibre_link"].map(inputs.fibre_links["km"].to_dict())
    by_pair = km.groupby([inputs.fibre_paths["node"], inputs.fibre_paths["site"]]).sum()
    pairs = pd.MultiIndex.from_arrays([flows.index.get_level_values(end) for end in ("node", "site")])
    gbps_km = (
        flows.to_numpy() * per_mw.to_numpy() * MW_PER_GW * by_pair.reindex(pairs, fill_value=0.0).to_numpy()
    )
    photonic = bool(inputs.resolved.get("network", {}).get("photonic", False))
    ratio = book.value("photonic_use_cost_ratio") if photonic else 1.0
    return float(gbps_km.sum()) * book.value("fibre_use_jpy_per_gbps_km_month") * ratio * 12.0 / 1e9


def _dispatch_lines(plan: Plan, book: _Book) -> list[Line]:
    """Fuel, CO2, and lost load with spilled output: with the plan less without it."""
    inputs = book.inputs
    table = plan.tables["generation"].set_index(["area", "source"])
    moved = (table["energy_gwh"] - table["energy_before_gwh"]).groupby(level=[0, 1]).sum()
    energy = moved.reindex(inputs.fleets.index).fillna(0.0)
    co2_price = book.value("co2_price_jpy_per_t") * 1e-6
    co2 = float((energy * inputs.fleets["co2_kt_per_gwh"]).sum()) * co2_price
    fuel = float((energy * inputs.fleets["cost_jpy_bn_per_gwh"]).sum()) - co2
    rest = float(plan.figures["dispatch_cost_jpy_bn_per_a"]) - fuel - co2
    emitting = (book.table("fleets", "co2_kg_per_kwh"), book.parameter("co2_price_jpy_per_t"))
    lost = (book.parameter("voll_jpy_per_kwh"), book.parameter("spill_jpy_per_kwh"))
    return [
        Line("fuel", fuel, (book.table("fleets", "cost_jpy_per_kwh"),)),
        Line("CO2", co2, emitting),
        Line("lost load and spilled output", rest, lost),
    ]


def capture_lines(plan: Plan, capture: Capture, book: _Book) -> list[Line]:
    """Return gross capture, base case, by market line, with the figures that drive it.

    With `y = x / K` the curve is `G = K (1 - exp(-y))`: its elasticity to the displaced payments x is
    `y / (exp(y) - 1)`, and to the ceiling K the rest to one.
    """
    base = capture.by_account[capture.by_account["case"] == "base"].set_index("account")
    captured, ceilings = base["gross_jpy_bn"].to_dict(), base["ceiling_jpy_bn"].to_dict()
    lines = []
    for account in map(str, base.index):
        gross, ceiling = float(captured[account]), float(ceilings[account])
        if gross <= 0.0 or ceiling <= 0.0:
            continue
        fill = -log1p(-min(gross / ceiling, _LARGEST_FILL))
        weight = fill / expm1(fill)
        offer, limit = _offer(account, plan, book), _ceiling(account, capture.year, book)
        names = dict.fromkeys([*offer, *limit])
        both = {name: weight * offer.get(name, 0.0) + (1.0 - weight) * limit.get(name, 0.0) for name in names}
        figures = tuple(book.parameter(name, elasticity) for name, elasticity in both.items())
        lines.append(Line(f"gross capture {account}", gross, figures))
    return lines


def _offer(account: str, plan: Plan, book: _Book) -> dict[str, float]:
    """Elasticities of the displaced payments `x = rho eff phi v q`, with sales in proportion to u."""
    rho, omega = book.value(f"rho_{account}"), book.value("omega")
    kept = max(0.0, rho - 1.0 + omega)
    share = book.inputs.workload_accounts["share"].xs(account, level="account")
    sold = plan.sold_mw.assign(
        line_mw=plan.sold_mw["sold_mw"] * plan.sold_mw["workload"].map(share).fillna(0.0)
    )
    by_mode = sold.groupby("mode")["line_mw"].sum()
    domestic, platform = rho * float(by_mode.get("domestic", 0.0)), kept * float(by_mode.get("platform", 0.0))
    through = platform / (domestic + platform) if domestic + platform > 0.0 else 0.0
    plain = {f"{stem}_{account}": 1.0 for stem in ("phi", "v", "u")}
    if through == 0.0:
        return {**plain, f"rho_{account}": 1.0}
    return {
        **plain,
        f"rho_{account}": (1.0 - through) + through * rho / kept,
        "omega": through * omega / kept,
    }


def _ceiling(account: str, year: int, book: _Book) -> dict[str, float]:
    """Elasticities of `K = alpha S for rho ((1 + g)^n - (1 - s)^n)`, n years after the market figure."""
    years, switch = year - int(_MARKET[-4:]), book.value("switch")
    growth = 1.0 + book.value(f"g_{account}")
    new = growth**years - (1.0 - switch) ** years
    mix = book.value("mix_iaas")
    market = {
        "iaas": {_MARKET: 1.0, "mix_iaas": 1.0},
        "saas": {_MARKET: 1.0, "mix_iaas": -mix / (1.0 - mix)},
    }.get(account, {f"S_{account}{_MARKET[-5:]}": 1.0})
    return {
        **market,
        **{f"{stem}_{account}": 1.0 for stem in ("for", "rho", "alpha")},
        f"g_{account}": (growth - 1.0) * years * growth ** (years - 1) / new,
        "switch": switch * years * (1.0 - switch) ** (years - 1) / new,
    }
