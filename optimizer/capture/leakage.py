"""From sold machines to captured and lost yen: who sells, what is imported, what leaves as income.

Per cell n (area, workload, mode, market line; see `cells`), with q sold and b installed IT MW:

    F = phi v q                                displaced foreign bill
    x = rho eff F                              displaced payment abroad, into the curve
    goods    = phi [b (h + e (1 - re)) - delta min(b, q / u_for) (h + e (1 - re_for))] s, at least 0
    services = sw pi F s                       domestic mode only: a platform's fee is already in eff
    income   = own margin pi F s
    s = G / x                                  share of the offer that really displaces (the curve)

h is imported hardware and building equipment, e imported fuel, both per installed MW and year.
Money in JPY bn/a, power in MW.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.capture.accounts import ACCOUNTS, by_line, market
from optimizer.capture.cells import HOME_MODES, Cells
from optimizer.capture.curve import chord_error, gross_capture
from optimizer.milestones import Array

_IS_AI = np.array([[account.startswith("ai")] for account in ACCOUNTS])


LEAKAGE_LINES = ("leakage_goods_jpy_bn", "leakage_services_jpy_bn", "leakage_income_jpy_bn")
"""What is subtracted from gross capture to give net capture."""

LEDGER_LINES = (
    "outflow_jpy_bn",
    "addressable_jpy_bn",
    "ceiling_jpy_bn",
    "gross_jpy_bn",
    "net_jpy_bn",
    "digital_account_jpy_bn",
    *LEAKAGE_LINES,
    "idle_imports_jpy_bn",
    "revenue_jpy_bn",
    "chord_error_jpy_bn",
)
"""Lines of money a ledger keeps, in the order they are published."""


@dataclass(frozen=True)
class _Offer:
    """What each cell sells and could displace; arrays [N, D]."""

    sold: Array
    """IT load sold [MW]."""

    kept: Array
    """Share of a displaced payment that stays, by mode [1]."""

    bill: Array
    """Displaced foreign bill F [JPY bn/a]."""

    displaced: Array
    """Displaced payment abroad x [JPY bn/a]."""


@dataclass(frozen=True)
class Ledger:
    """What a plan captures and loses under D parameter draws."""

    lines: dict[str, Array]
    """Line → [C, D] by market line, JPY bn/a."""

    gross: Array
    """Gross capture of each cell [N, D]."""

    net: Array
    """Net capture of each cell [N, D]."""

    platform_excess: Array
    """Gross capture beyond what it were if platform sales could fill only `eff K` [C, D], JPY bn/a."""


def efficiency(mode: str, rho: Array, omega: Array) -> Array:
    """Return the share of a displaced payment that stays, by operating mode. [1]

    `domestic` 1; `platform` `max(0, 1 - (1 - omega) / rho)`: of the bill, 1 - omega goes to the
    foreign platform, where rho would have left; `leased` and `foreign` 0.
    """
    if mode == "domestic":
        return np.ones(np.broadcast_shapes(rho.shape, omega.shape))
    if mode == "platform":
        safe = np.where(rho > 0.0, rho, 1.0)
        return np.where(rho > 0.0, np.maximum(0.0, 1.0 - (1.0 - omega) / safe), 0.0)
    return np.zeros(np.broadcast_shapes(rho.shape, omega.shape))


def hardware_imports(values: Mapping[str, Array]) -> Array:
    """Return imported servers and building equipment per installed IT MW. [JPY bn/MW/a], [C, D]"""
    imported = np.where(_IS_AI, values["m_gpu"], values["m_hw"])
    return by_line(values, "H") * imported + values["fac"] * values["m_fac"]


def _goods(cells: Cells, values: Mapping[str, Array], sold: Array) -> Array:
    """Return imports of goods of a cell in full use, less those of the cloud it displaces. [N, D]"""
    line = cells.line
    hardware = hardware_imports(values)[line]
    fuel = values["el"] * values["m_fuel"]
    here = cells.in_use_mw * (hardware + fuel * (1.0 - cells.renewable_share))
    displaced_mw = np.minimum(cells.in_use_mw, sold / values["u_for"])
    there = displaced_mw * (hardware + fuel * (1.0 - values["re_for"]))
    extra = here - by_line(values, "delta")[line] * there
    return by_line(values, "phi")[line] * np.maximum(0.0, extra)


def _offer(cells: Cells, values: Mapping[str, Array], planned: Mapping[str, float]) -> _Offer:
    """Return what each cell sells, and how much payment abroad that could displace."""
    line = cells.line
    rho = by_line(values, "rho")
    sales = by_line(values, "u") / np.array([[planned[f"u_{account}"]] for account in ACCOUNTS])
    sold = np.minimum(cells.sold_mw * sales[line], np.maximum(cells.sold_mw, cells.in_use_mw))
    kept = np.zeros_like(sold)
    for mode in HOME_MODES:
        kept += (cells.mode == mode) * efficiency(mode, rho, values["omega"])[line]
    bill = by_line(values, "phi")[line] * by_line(values, "v")[line] * sold
    return _Offer(sold, kept, bill, rho[line] * kept * bill)


def _lost(cells: Cells, values: Mapping[str, Array], offer: _Offer, working: Array) -> dict[str, Array]:
    """Return leakage as goods, services and income, and the warning on idle imports. [N, D]"""
    line = cells.line
    hardware = hardware_imports(values)[line]
    paid = values["pi"] * offer.bill * working
    idle_mw = np.where(offer.kept > 0.0, cells.built_mw - cells.in_use_mw * working, 0.0)
    return {
        "leakage_goods_jpy_bn": _goods(cells, values, offer.sold) * working,
        "leakage_services_jpy_bn": (cells.mode == "domestic") * by_line(values, "sw")[line] * paid,
        "leakage_income_jpy_bn": values["own_for"] * values["margin"] * paid,
        "idle_imports_jpy_bn": by_line(values, "phi")[line] * hardware * idle_mw,
    }


def _platform_excess(
    cells: Cells, values: Mapping[str, Array], offer: _Offer, ceiling: Array, gross: Array
) -> Array:
    """Return how far the one curve in x flatters sales through a foreign platform, at least 0. [C, D]

    Every yen displaced through a platform keeps only eff of itself, so platform sales alone can never keep
    more than eff K, while the curve in x lets them approach K. With y the displaced payments before eff
    and sales of both modes drawing on the same customers, the careful figure is
    `(1 - eff) K (1 - exp(-y_domestic / K)) + eff K (1 - exp(-(y_domestic + y_platform) / K))`.
    """
    rho = by_line(values, "rho")
    before = rho[cells.line] * offer.bill
    domestic = cells.sum_to_line(before * (cells.mode == "domestic"))
    platform = cells.sum_to_line(before * (cells.mode == "platform"))
    kept = efficiency("platform", rho, values["omega"])
    careful = (1.0 - kept) * gross_capture(domestic, ceiling) + kept * gross_capture(
        domestic + platform, ceiling
    )
    excess: Array = np.maximum(0.0, gross - careful)
    return excess


def keep_ledger(cells: Cells, values: Mapping[str, Array], planned: Mapping[str, float], year: int) -> Ledger:
    """Return gross capture, leakage and net of a plan, by market line and by cell.

    Args:
        cells: The plan by area, workload, mode and market line.
        values: Parameters by name, money in JPY bn, arrays [D].
        planned: The parameters' base values: `u` over its base value scales the plan's sales.
        year: Target year.

    Returns:
        All of `LEDGER_LINES` [C, D] in JPY bn/a, with gross and net of every cell [N, D].
    """
    national = market(values, year)
    offer = _offer(cells, values, planned)
    displaced = cells.sum_to_line(offer.displaced)
    gross = gross_capture(displaced, national.ceiling)
    certain = np.where(displaced > 0.0, gross / np.where(displaced > 0.0, displaced, 1.0), 0.0)[cells.line]
    lost = _lost(cells, values, offer, np.where(offer.kept > 0.0, certain, 0.0))
    by_account = {name: cells.sum_to_line(part) for name, part in lost.items()}
    leakage = sum(by_account[name] for name in LEAKAGE_LINES)
    sold_at_home = np.isin(cells.mode, HOME_MODES) * offer.sold
    lines = {
        "outflow_jpy_bn": national.outflow,
        "addressable_jpy_bn": national.addressable,
        "ceiling_jpy_bn": national.ceiling,
        "gross_jpy_bn": gross,
        "net_jpy_bn": gross - leakage,
        "digital_account_jpy_bn": gross - by_account["leakage_services_jpy_bn"],
        **by_account,
        "revenue_jpy_bn": cells.sum_to_line(values["pi"] * by_line(values, "v")[cells.line] * sold_at_home),
        "chord_error_jpy_bn": chord_error(displaced, national.ceiling),
    }
    gross_cell = offer.displaced * certain
    net_cell = gross_cell - sum(lost[name] for name in LEAKAGE_LINES)
    excess = _platform_excess(cells, values, offer, national.ceiling, gross)
    return Ledger(lines, gross_cell, net_cell, excess)
