"""A pathway in the user's words: what stands where by when, what is new, and what waiting costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.analyse.fibre import JPY_PER_GBPS
from optimizer.analyse.year import JPY_PER_KW
from optimizer.milestones import Plan, Solution
from optimizer.scenario.pathway_tables import PATHWAY_TABLES

TINY = 1e-6
"""Prices below this are rounding of the solver. [JPY/kW/a]"""


DUST = 1e-9
"""What is built below this is rounding of the solver. [GW]"""


@dataclass(frozen=True)
class _Price:
    sign: float
    meaning: str
    meaning_ja: str


PATHWAY_PRICES = {
    "build_is_kept": _Price(
        1, "what it costs to keep one more unit than the year would build afresh",
        "前の目標年から1単位多く引き継ぐ費用",
    ),
    "within_site_build_rate": _Price(
        -1, "price of waiting: value of one more kW this site's builders could add by then",
        "待つことの価格：この地点でその年までに1kW多く建てられる価値",
    ),
    "within_nation_build_rate": _Price(
        -1, "price of waiting: value of one more kW the nation's builders could add by then",
        "待つことの価格：全国でその年までに1kW多く建てられる価値",
    ),
    "not_before_lead_time": _Price(
        -1, "price of the lead time: value of one unit standing by then already",
        "リードタイムの価格：その年に1単位が既にある価値",
    ),
}  # fmt: skip
"""Published duals of the laws between target years, by equation."""

_UNITS = {"battery_energy": (JPY_PER_KW, "JPY/kWh/a"), "fibre": (JPY_PER_GBPS, "JPY/(Gb/s)/a")}


def pathway_figures(
    solution: Solution,
    summaries: Mapping[int, Mapping[str, Any]],
    weight: Mapping[int, float],
    stands_for: Mapping[int, float],
) -> dict[str, Any]:
    """Return the headline figures of a pathway, without those of its years.

    Args:
        solution: the answer of the whole: the discounted mean year.
        summaries: summary of every target year.
        weight: how much each year counts; sums to 1. [1]
        stands_for: years each stands for, discounted to the first target year. [a]
    """
    plan = solution.cost - solution.baseline_cost
    open_gap = max(0.0, solution.cost - solution.lower_bound)
    cost = {year: float(summary["cost_jpy_bn_per_a"]) for year, summary in summaries.items()}
    return {
        "status": "optimal",
        "year": max(summaries),
        "cost_jpy_bn_per_a": plan,
        "present_value_jpy_bn": sum(stands_for[year] * cost[year] for year in cost),
        "system_cost_jpy_bn_per_a": solution.cost,
        "baseline_cost_jpy_bn_per_a": solution.baseline_cost,
        "lower_bound_jpy_bn_per_a": solution.lower_bound,
        "gap": open_gap / max(1.0, abs(plan)),
        "gap_system": open_gap / max(1e-9, abs(solution.cost)),
        "iterations": solution.iterations,
        "periods": solution.periods,
        "weight_by_year": {str(year): value for year, value in weight.items()},
        "discounted_years_by_year": {str(year): value for year, value in stands_for.items()},
        "certificate": {key: solution.certificate[key] for key in ("primal", "dual", "gap", "passed")},
    }


def pathway_tables(
    plans: Mapping[int, Plan], solution: Solution, weight: Mapping[int, float]
) -> dict[str, pd.DataFrame]:
    """Return the tables of a pathway with the columns of `PATHWAY_TABLES`.

    Args:
        plans: the answer of every target year, in order.
        solution: the answer of the whole, with the prices of the laws between years.
        weight: how much each year counts. [1]
    """
    sites = _stacked(plans, "sites", "site", {"it_mw": "new_it_mw", "connection_mw": "new_connection_mw"})
    tables = {
        "pathway": sites.assign(waiting_jpy_per_kw_a=_waiting(sites, solution, weight)),
        "pathway_areas": _stacked(plans, "areas", "area", {"it_mw": "new_it_mw"}),
        "pathway_interties": _stacked(plans, "interties", "intertie", {}),
        "pathway_prices": _prices(solution, weight),
    }
    return {name: tables[name][[column.name for column in PATHWAY_TABLES[name]]] for name in tables}


def _stacked(plans: Mapping[int, Plan], name: str, key: str, new: Mapping[str, str]) -> pd.DataFrame:
    """Return a table of all years with what each adds to the year before."""
    parts: list[pd.DataFrame] = []
    before: pd.DataFrame | None = None
    for year, plan in plans.items():
        table = plan.tables[name].set_index(key)
        fresh = {
            added: table[stock]
            - (0.0 if before is None else before[stock].reindex(table.index, fill_value=0.0))
            for stock, added in new.items()
        }
        parts.append(table.assign(year=year, **fresh).reset_index())
        before = table
    return pd.concat(parts, ignore_index=True)


def _dual(solution: Solution, law: str) -> dict[tuple[Any, ...], float]:
    """Return the prices of a law between years in money of the mean year. [JPY bn/GW/a]"""
    place = solution.programme.equations.get(law)
    if place is None:
        return {}
    values = PATHWAY_PRICES[law].sign * solution.siting_duals[law].to_numpy()
    return dict(zip(place.keys, values.tolist(), strict=True))


def _waiting(sites: pd.DataFrame, solution: Solution, weight: Mapping[int, float]) -> list[float]:
    here, nation = _dual(solution, "within_site_build_rate"), _dual(solution, "within_nation_build_rate")
    return [
        max(0.0, here.get((year, site), 0.0) + nation.get((year,), 0.0)) / weight[year] * JPY_PER_KW
        for year, site in zip(sites["year"], sites["site"], strict=True)
    ]


def _stood(solution: Solution) -> set[tuple[Any, ...]]:
    """Return year, variable and key of what was built before: keeping nothing has no price worth telling."""
    found: set[tuple[Any, ...]] = set()
    if "build_is_kept" not in solution.programme.equations:
        return found
    years = list(dict.fromkeys(key[0] for key in solution.siting["it"].index))
    for name, values in solution.siting.items():
        for (year, *rest), built in zip(values.index, values.to_numpy(), strict=True):
            if built > DUST:
                found |= {(later, name, " / ".join(map(str, rest))) for later in years if later > year}
    return found


def _prices(solution: Solution, weight: Mapping[int, float]) -> pd.DataFrame:
    rows = []
    stood = _stood(solution)
    for law, words in PATHWAY_PRICES.items():
        for (year, *rest), value in _dual(solution, law).items():
            factor, unit = _UNITS.get(str(rest[0]) if rest else "", (JPY_PER_KW, "JPY/kW/a"))
            price = value / weight[year] * factor
            kept = law != "build_is_kept" or (year, *rest) in stood
            if price > TINY * factor and kept:
                index = " / ".join(map(str, rest)) or "nation"
                rows.append((law, year, index, price, unit, words.meaning, words.meaning_ja))
    columns = [column.name for column in PATHWAY_TABLES["pathway_prices"]]
    return pd.DataFrame(rows, columns=columns)


def mean_resting(
    lines: Mapping[int, list[dict[str, Any]]], weight: Mapping[int, float]
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Return what cost and capture of the mean year rest on.

    Args:
        lines: lines of every target year, as :func:`optimizer.analyse.provenance_shares.resting` gives them.
        weight: how much each year counts; sums to 1. [1]

    Returns:
        `assumed_share_of_cost` and `assumed_share_of_capture`, and the lines weighted; elasticities are those
        of the last year that has the line.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    moved: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for year, found in lines.items():
        for line in found:
            key = (line["kind"], line["line"])
            moved.setdefault(key, []).append((weight[year] * line["jpy_bn_per_a"], line["assumed_share"]))
            rows[key] = line
    merged = [
        row | {"jpy_bn_per_a": sum(jpy for jpy, _ in moved[key]), "assumed_share": _yen_weighted(moved[key])}
        for key, row in rows.items()
    ]
    shares = {
        f"assumed_share_of_{kind}": _yen_weighted(
            [(row["jpy_bn_per_a"], row["assumed_share"]) for row in merged if row["kind"] == kind]
        )
        for kind in dict.fromkeys(row["kind"] for row in merged)
    }
    return shares, merged


def _yen_weighted(parts: list[tuple[float, float]]) -> float:
    total = sum(abs(jpy) for jpy, _ in parts)
    return sum(abs(jpy) * share for jpy, share in parts) / total if total > 0 else 0.0
