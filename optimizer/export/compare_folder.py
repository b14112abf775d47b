"""The folder of a comparison: page, tables, workbook, maps. It appears whole, by rename, as that of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.errors import UsageError
from optimizer.export.compare_data import labels_of
from optimizer.export.compare_figures import map_names, write_difference_maps
from optimizer.export.compare_page import write_compare_page
from optimizer.export.folder import appearing
from optimizer.export.provenance import to_json, version_of
from optimizer.export.record import Language
from optimizer.export.tables import Published, write_tables
from optimizer.scenario.columns import Column
from optimizer.scenario.compared import ComparedRun

_STEADY_DATE = datetime(2000, 1, 1)
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

_RUN = Column("run", "text", "name of the run; compared with the base")
_STATE = Column(
    "state", "text", "same, within_proof, differs, absent_in_base or absent_in_run; docs/compare.md"
)
COMPARE_TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "differences": (
        "Every compared figure of every run, less the base.",
        (
            _RUN,
            Column("table", "text", "nation, areas, sites, or classes: areas by class of computing"),
            Column("place", "text", "site or area; empty for the nation"),
            Column("part", "text", "class of computing; empty without one"),
            Column("name_en", "text", "English name of the place"),
            Column("name_ja", "text", "Japanese name of the place"),
            Column("figure", "text", "what is compared"),
            Column("unit", "text", "unit of base, value and difference"),
            Column("base", "as `unit`", "in the base; empty where absent"),
            Column("value", "as `unit`", "in the run; empty where absent"),
            Column("difference", "as `unit`", "value less base; empty where one is absent"),
            Column("relative", "1", "difference over the size of base; empty where base is zero or absent"),
            _STATE,
        ),
    ),
    "inputs": (
        "Inputs of every run that are not those of the base.",
        (
            _RUN,
            Column("kind", "text", "version, solved, scenario, parameter, file or cell"),
            Column("name", "text", "key, parameter, file, or table: row / column; empty where not compared"),
            Column("unit", "text", "unit of the values; empty without one"),
            Column("base", "text", "in the base; empty where absent"),
            Column("value", "text", "in the run; empty where absent"),
            Column(
                "state", "text", f"{_STATE.meaning}; not_compared: one of the two does not keep this kind"
            ),
        ),
    ),
    "why": (
        "Sites that gained or lost most, and what moved in their price stacks.",
        (
            _RUN,
            Column("site", "text", "site identifier"),
            Column("name_en", "text", "English name"),
            Column("name_ja", "text", "Japanese name"),
            Column("base_mw", "MW", "new IT capacity in the base; empty where the site is absent"),
            Column("value_mw", "MW", "new IT capacity in the run; empty where the site is absent"),
            Column("difference_mw", "MW", "gained; an absent site counts as none"),
            Column(
                "stack_difference", "JPY m/MW/a", "cost of one more MW, run less base; empty without a stack"
            ),
            Column("median_difference", "JPY m/MW/a", "the same at the middle site"),
            Column("words", "text", "in words"),
            Column("words_ja", "text", "in words, Japanese"),
        ),
    ),
    "stacks": (
        "Price stacks of these sites side by side, per MW of one mix of the classes.",
        (
            _RUN,
            Column("site", "text", "site identifier"),
            Column("component", "text", "what is paid for: a cost, or the rent of a law"),
            Column("base", "JPY m/MW/a", "in the base"),
            Column("value", "JPY m/MW/a", "in the run"),
            Column("difference", "JPY m/MW/a", "value less base"),
        ),
    ),
}
"""Tables of a comparison: meaning and columns, in file order."""


@dataclass(frozen=True)
class ComparedTables:
    """What is written: the runs, which of them is the base, and the tables of :data:`COMPARE_TABLES`."""

    runs: Sequence[ComparedRun]
    base: str
    tables: Mapping[str, pd.DataFrame]


def check_not_inside(folder: Path, runs: Sequence[ComparedRun]) -> None:
    """Refuse to write over a run that is compared, into one, or around one.

    Raises:
        UsageError: names the run.
    """
    target = folder.resolve()
    for run in runs:
        place = run.folder.resolve()
        if target == place or target in place.parents or place in target.parents:
            raise UsageError(f"-o {folder}: {run.folder} is one of the compared runs; name another folder")


def write_comparison(compared: ComparedTables, folder: Path, lang: Language) -> dict[str, Any]:
    """Write the folder of a comparison; the same runs give the same bytes.

    Hold `locked(folder)` and call `check_target(folder)` before, as for a run.

    Args:
        compared: runs, base and tables.
        folder: the target; an earlier comparison there is replaced.
        lang: language the page opens in.

    Returns:
        Content of `summary.json`.

    Raises:
        DiskError: a file could not be written; nothing is left behind.
    """
    tables = {
        name: Published(name, meaning, columns, _typed(compared.tables[name], columns))
        for name, (meaning, columns) in COMPARE_TABLES.items()
    }
    summary = summary_of(compared)
    with appearing(folder) as draft:
        write_compare_page(draft / "compare.html", compared.runs, compared.base, lang)
        write_tables(tables.values(), draft)
        write_difference_maps(compared.runs, compared.base, compared.tables["differences"], draft / "maps")
        write_workbook(compared, tables, draft / "summary.xlsx")
        (draft / "summary.json").write_text(to_json(summary), "utf-8")
    return summary


def summary_of(compared: ComparedTables) -> dict[str, Any]:
    """Return the comparison in short: base, headline differences of every run, how many of each state."""
    differences = compared.tables["differences"]
    maps, labels = map_names(compared.runs, compared.base), labels_of(compared.runs)
    base = next(run for run in compared.runs if run.key == compared.base)
    runs = []
    for run in compared.runs:
        own = differences[differences["run"] == run.key]
        nation = own[(own["table"] == "nation") & own["difference"].notna()]
        row: dict[str, Any] = {"run": run.key, "title": labels[run.key], "version": run.version}
        row["solved"] = run.solved_words
        if run.key != compared.base:
            row["differences"] = dict(zip(nation["figure"], nation["difference"].astype(float), strict=True))
            row["states"] = {
                str(name): int(count) for name, count in own["state"].value_counts().sort_index().items()
            }
            row["other_hours"] = run.solved != base.solved
            row |= _inputs_of(compared.tables["inputs"], run.key)
            row["map"] = f"maps/{maps[run.key]}.en.png" if run.key in maps else None
        runs.append(row)
    return {"comparison": True, "base": compared.base, "version": version_of("wattbit"), "runs": runs}


def _inputs_of(inputs: pd.DataFrame, run: str) -> dict[str, Any]:
    """How many inputs of a run are not the base's (None: unknown), and which kinds are not compared."""
    own = inputs[inputs["run"] == run]
    lost = own.loc[own["state"] == "not_compared", "kind"].tolist()
    count = None if "scenario" in lost else len(own) - len(lost)
    return {"inputs_changed": count, "inputs_not_compared": lost}


def _typed(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return the columns in order, words as text and numbers as numbers also where there is no row."""
    kinds = {column.name: "str" if column.is_text else "float64" for column in columns}
    return frame[list(kinds)].astype(kinds).reset_index(drop=True)


def write_workbook(compared: ComparedTables, tables: Mapping[str, Published], file: Path) -> None:
    """Write `summary.xlsx`: headline figures of all runs side by side, then every table; never a formula."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(file), _OPTIONS)
    book.set_properties({"title": "wattbit compare", "created": _STEADY_DATE, "author": "", "company": ""})
    formats = {
        "head": book.add_format(
            {"bold": True, "bg_color": "#20578f", "font_color": "#ffffff", "text_wrap": True}
        ),
        "unit": book.add_format({"italic": True, "font_color": "#5b6673", "bg_color": "#eef2f5"}),
        "text": book.add_format({"valign": "top"}),
        "number": book.add_format({"num_format": "#,##0.00####", "valign": "top"}),
        "share": book.add_format({"num_format": "0.0%", "valign": "top"}),
    }
    headlines = _side_by_side(compared)
    _write_sheet(book.add_worksheet("Headlines"), headlines, formats)
    for name, sheet in (
        ("differences", "Differences"),
        ("inputs", "Inputs"),
        ("why", "Why"),
        ("stacks", "Stacks"),
    ):
        _write_sheet(book.add_worksheet(sheet), tables[name], formats)
    book.close()


def _side_by_side(compared: ComparedTables) -> Published:
    """Figures of the nation: one row per figure, the base and every run in columns."""
    rows = compared.tables["differences"]
    rows = rows[rows["table"] == "nation"]
    order = pd.MultiIndex.from_frame(rows[["figure", "unit"]].drop_duplicates())
    wide = rows.pivot(index=["figure", "unit"], columns="run", values="value").reindex(order)
    base = rows.drop_duplicates(["figure", "unit"]).set_index(["figure", "unit"])["base"].reindex(order)
    others = [run.key for run in compared.runs if run.key != compared.base]
    frame = pd.concat([base.rename(f"{compared.base} (base)"), wide[others]], axis=1).reset_index()
    columns = tuple(
        Column(str(name), "text" if name in ("figure", "unit") else "as `unit`", str(name))
        for name in frame.columns
    )
    return Published("headlines", "Headline figures of all runs.", columns, frame)


def _write_sheet(sheet: Any, table: Published, formats: Mapping[str, Any]) -> None:
    for number, column in enumerate(table.columns):
        sheet.write_string(0, number, column.name, formats["head"])
        sheet.write_string(1, number, "" if column.is_text else column.unit, formats["unit"])
        texts = table.frame[column.name].astype("str") if column.is_text else pd.Series(dtype="str")
        longest = max([len(column.name), *texts.str.len().tolist()])
        sheet.set_column(number, number, min(max(longest, 10), 70))
        style = formats["share" if column.name == "relative" else "number"]
        for line, value in enumerate(table.frame[column.name].tolist(), start=2):
            if column.is_text:
                sheet.write_string(line, number, str(value), formats["text"])
            elif np.isfinite(value):
                sheet.write_number(line, number, value, style)
    sheet.freeze_panes(2, 1)
    if len(table.frame):
        sheet.autofilter(1, 0, len(table.frame) + 1, len(table.columns) - 1)
