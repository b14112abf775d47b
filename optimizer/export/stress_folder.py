"""The folder of a stress test, of a regret table or of a robust plan: tables, picture, summary; by rename."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.export.folder import appearing
from optimizer.export.provenance import to_json
from optimizer.export.tables import Published, write_tables
from optimizer.scenario.columns import Column

_FUTURE = Column("future", "text", "weather year or scenario the plan is dispatched in")
_PLAN = Column("plan", "text", "the plan that stands")
_COSTS = (
    Column("cost_jpy_bn_per_a", "JPY bn/a", "system with the plan less the same system without it"),
    Column("siting_cost_jpy_bn_per_a", "JPY bn/a", "part of the cost that is siting"),
    Column("dispatch_cost_jpy_bn_per_a", "JPY bn/a", "part of the cost that is dispatch"),
    Column("system_cost_jpy_bn_per_a", "JPY bn/a", "system with the plan"),
)
_AREAS = (
    Column("area", "text", "grid area"),
    Column("dc_gwh", "GWh/a", "electricity drawn by the new data centers"),
    Column("dc_price_jpy_per_kwh", "JPY/kWh", "mean energy price of what the new data centers draw"),
    Column("price_jpy_per_kwh", "JPY/kWh", "mean energy price over the hours"),
    Column("shed_gwh", "GWh/a", "load shed (unserved energy), with the plan"),
    Column("shed_before_gwh", "GWh/a", "the same without the plan"),
    Column("curtailed_gwh", "GWh/a", "solar and wind curtailed, with the plan"),
    Column("curtailment_share", "1", "curtailed share of available solar and wind"),
    Column("co2_kt", "kt/a", "CO2 of power stations in the area, with the plan"),
    Column("co2_before_kt", "kt/a", "the same without the plan"),
)
STRESS_TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "years": (
        "The plan in every weather year: cost and how the year goes, for the nation.",
        (
            _FUTURE,
            Column("seed", "1", "weather.year_seed"),
            Column("planned", "1", "1 in the year the plan was made for"),
            *_COSTS,
            Column("dc_price_jpy_per_kwh", "JPY/kWh", "mean energy price of what the new data centers draw"),
            Column("shed_gwh", "GWh/a", "load shed (unserved energy), with the plan"),
            Column("shed_before_gwh", "GWh/a", "the same without the plan"),
            Column("curtailed_gwh", "GWh/a", "solar and wind curtailed, with the plan"),
            Column("co2_kt", "kt/a", "CO2 of power stations, with the plan"),
            Column("co2_change_kt", "kt/a", "the same less that without the plan"),
            Column("certificate", "1", "worst relative residual of the year's proof"),
        ),
    ),
    "areas": (
        "The plan in every weather year by grid area.",
        (_FUTURE, Column("seed", "1", "weather.year_seed"), *_AREAS),
    ),
    "broken": (
        "Siting rules a standing plan does not keep where it is dispatched; they are told, not mended.",
        (
            _FUTURE,
            Column("law", "text", "rule; anchor in docs/formulation.md"),
            Column("amount", "unit of the rule", "by how much, in all"),
            Column("share", "1", "by how much at the worst place, of what the rule weighs there"),
        ),
    ),
    "foresight": (
        "Weeks dispatched with the weather known only some hours ahead, against the whole week known.",
        (
            Column("week", "1", "number of the week"),
            Column(
                "perfect_jpy_bn",
                "JPY bn",
                "dispatch of the week, all of it known, the same first and last level",
            ),
            Column("rolling_jpy_bn", "JPY bn", "dispatch of the week, known only some hours ahead"),
            Column("cost_of_not_knowing_jpy_bn", "JPY bn", "the difference"),
            Column("perfect_shed_gwh", "GWh", "load shed, all known"),
            Column("rolling_shed_gwh", "GWh", "load shed, known only some hours ahead"),
            Column("weight", "1", "weeks of the year it stands for"),
        ),
    ),
    "matrix": (
        "Every plan in every future.",
        (
            _PLAN,
            _FUTURE,
            *_COSTS,
            Column("regret_jpy_bn_per_a", "JPY bn/a", "cost less that of the best plan in this future"),
            Column("shed_gwh", "GWh/a", "load shed, with the plan"),
            Column("co2_change_kt", "kt/a", "CO2 with the plan less that without it"),
            Column("keeps_rules", "1", "1 where the plan keeps the future's siting rules"),
            Column("broken", "text", "rules it does not keep, with the share by which"),
        ),
    ),
    "regret": (
        "Every plan over all futures, and which plan each measure picks.",
        (
            _PLAN,
            Column("expected_jpy_bn_per_a", "JPY bn/a", "mean cost over the futures"),
            Column("cvar_jpy_bn_per_a", "JPY bn/a", "mean cost of the dearest futures (CVaR)"),
            Column("worst_jpy_bn_per_a", "JPY bn/a", "largest cost"),
            Column("worst_regret_jpy_bn_per_a", "JPY bn/a", "largest regret"),
            Column("expected_regret_jpy_bn_per_a", "JPY bn/a", "mean regret"),
            Column("eligible", "1", "1 where the plan keeps the siting rules of every future"),
            Column("picked_by", "text", "measures that pick this plan"),
        ),
    ),
    "sites": (
        "What the robust plan builds.",
        (
            Column("site", "text", "site identifier"),
            Column("name_ja", "text", "Japanese name"),
            Column("name_en", "text", "English name"),
            Column("area", "text", "grid area"),
            Column("it_mw", "MW", "new IT capacity built"),
            Column("solar_mw", "MW", "new solar"),
            Column("onshore_mw", "MW", "new onshore wind"),
            Column("offshore_mw", "MW", "new offshore wind"),
            Column("first_year_it_mw", "MW", "new IT capacity of the plan for the first year alone"),
        ),
    ),
    "mean_year": ("The mean over the weather years by grid area, with the robust plan.", _AREAS),
    "robust_years": (
        "The robust plan in every weather year it was made for.",
        (
            _FUTURE,
            Column("seed", "1", "weather.year_seed"),
            Column("dispatch_jpy_bn_per_a", "JPY bn/a", "dispatch with the plan"),
            Column("before_jpy_bn_per_a", "JPY bn/a", "dispatch without the plan"),
            Column("cost_jpy_bn_per_a", "JPY bn/a", "siting, and the difference of the two"),
        ),
    ),
}
"""Tables by name: meaning and columns, in file order."""


def write_stress(
    tables: Mapping[str, pd.DataFrame],
    summary: Mapping[str, Any],
    folder: Path,
    draw: Callable[[Path], None],
) -> None:
    """Write the folder; the same content gives the same bytes.

    Hold `locked(folder)` and call `check_target(folder)` before, as for a run.

    Args:
        tables: frames by their names in :data:`STRESS_TABLES`.
        summary: content of `summary.json`.
        folder: the target; an earlier one of ours is replaced.
        draw: writes its pictures into the folder it is given.

    Raises:
        DiskError: a file could not be written; nothing is left behind.
    """
    with appearing(folder) as draft:
        write_tables([published(name, frame) for name, frame in tables.items()], draft / "tables")
        draw(draft)
        (draft / "summary.json").write_text(to_json(dict(summary)), "utf-8")


def published(name: str, frame: pd.DataFrame) -> Published:
    """Return a frame as it is written: columns in order, words as text and numbers as numbers."""
    meaning, columns = STRESS_TABLES[name]
    kinds = {column.name: "str" if column.is_text else "float64" for column in columns}
    typed = frame.reindex(columns=list(kinds)).astype(kinds).reset_index(drop=True)
    return Published(name, meaning, columns, typed)
