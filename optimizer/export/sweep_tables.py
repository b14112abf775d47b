"""The tables of a sweep: one row per point, in point order, made from the DONE files and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from optimizer.export.sweep_folder import Done, table_files
from optimizer.export.tables import Published, checked_frame
from optimizer.export.workbook import flat
from optimizer.milestones import CAPTURE_LINES, Capture, Plan
from optimizer.scenario.columns import Column
from optimizer.scenario.result_tables import PLAN_TABLES

POINT_TABLES = ("areas", "sites", "prices", "flows", "interties", "stack", "options")
"""Tables of a plan that every point keeps, for comparisons; `capture` goes with them."""

IDENTITY = ("number", "name", "id", "case", "status")
_STEADY_DATE = datetime(2000, 1, 1)
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}


def point_tables(plan: Plan, capture: Capture) -> dict[str, pd.DataFrame]:
    """Return the small tables of a point, checked and rounded as those of a run.

    Raises:
        CertificateError: a cell is empty or not finite.
    """
    tables = {name: checked_frame(name, PLAN_TABLES[name], plan.tables[name]) for name in POINT_TABLES}
    cases = pd.DataFrame.from_dict(capture.cases, orient="index")
    lines = [*CAPTURE_LINES, *(name for name in cases.columns if name not in CAPTURE_LINES)]
    nation = cases.reindex(columns=lines).reset_index(names="case")
    tables["capture"] = checked_frame("capture", _columns(nation), nation)
    return tables


def published(tables: Mapping[str, pd.DataFrame]) -> list[Published]:
    """Return tables as they are written."""
    return [Published(name, name, _columns(frame), frame) for name, frame in tables.items()]


def _columns(frame: pd.DataFrame) -> tuple[Column, ...]:
    texts = {str(name): not pd.api.types.is_numeric_dtype(frame[name]) for name in frame.columns}
    return tuple(Column(name, "text" if text else "1", name) for name, text in texts.items())


def results_frame(points: Sequence[Mapping[str, Any]], done: Mapping[str, Done]) -> pd.DataFrame:
    """Return one row per point that is done: identity, axis values, every figure of its summary.

    Args:
        points: number, id, name, case and axes of every point, in order.
        done: finished points by id.

    Returns:
        Numbers as numbers, empty where a point failed; an axis with any value that is no number is text.
    """
    rows = [point for point in points if point["id"] in done]
    frame: dict[str, Any] = {
        key: [point[key] for point in rows] for key in ("number", "name", "id", "case")
    } | {"status": [done[point["id"]].status for point in rows]}
    axes = dict.fromkeys(axis for point in points for axis in point["axes"])
    for axis in axes:
        frame[axis] = _axis([point["axes"].get(axis) for point in rows])
    figures = [_figures(done[point["id"]]) for point in rows]
    for name in dict.fromkeys(name for figure in figures for name in figure):
        if name not in frame:
            frame[name] = np.array([figure.get(name, np.nan) for figure in figures], dtype=float)
    return pd.DataFrame(frame).astype(dict.fromkeys(("name", "id", "case", "status"), "str"))


def _axis(values: Sequence[Any]) -> Any:
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return np.array(values, dtype=float)
    texts = [value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for value in values]
    return pd.array(texts, dtype="str")


def _figures(done: Done) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in flat(done.summary)
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def failures_frame(points: Sequence[Mapping[str, Any]], done: Mapping[str, Done]) -> pd.DataFrame:
    """Return one row per point that failed: what it sets, exit code, kind and message in both languages."""
    rows = []
    for point in points:
        answer = done.get(point["id"])
        if answer is None or answer.error is None:
            continue
        sets = json.dumps(point["axes"], ensure_ascii=False)
        rows.append(
            [point["number"], point["name"], point["id"], point["case"], sets, *map(answer.error.get, _ERROR)]
        )
    columns = ["number", "name", "id", "case", "axes", *_ERROR]
    texts = [name for name in columns if name not in ("number", "exit_code")]
    whole = {"number": "int64", "exit_code": "int64"}
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(texts, "str") | whole)


_ERROR = ("exit_code", "kind", "message", "message_ja")


def statistics_frame(
    points: Sequence[Mapping[str, Any]], statistics: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Return seconds and memory of every finished point: what differs from run to run."""
    rows = [point for point in points if point["id"] in statistics]
    frame: dict[str, Any] = {key: [point[key] for point in rows] for key in ("number", "name", "id")}
    for name in ("wall_s", "peak_rss_mb"):
        frame[name] = np.array([statistics[point["id"]].get(name, np.nan) for point in rows], dtype=float)
    return pd.DataFrame(frame).astype({"number": "int64", "name": "str", "id": "str"})


def result_files(plan: Mapping[str, Any], done: Mapping[str, Done]) -> dict[str, bytes]:
    """Return the files a sweep ends with, by name: the same bytes for the same DONE files.

    Args:
        plan: content of `sweep.json`.
        done: finished points by id.
    """
    points = plan["points"]
    results, failures = results_frame(points, done), failures_frame(points, done)
    return {
        **table_files("results", "One row per point of the sweep.", results, parquet=True),
        **table_files("failures", "Points that failed, and why.", failures, parquet=False),
        "summary.xlsx": workbook(plan, results, failures),
    }


def workbook(plan: Mapping[str, Any], results: pd.DataFrame, failures: pd.DataFrame) -> bytes:
    """Return the results as an Excel file; text stays text, whatever it begins with."""
    import xlsxwriter

    file = BytesIO()
    book = xlsxwriter.Workbook(file, _OPTIONS)
    title = str(plan["title"]["en"])
    book.set_properties({"title": title, "created": _STEADY_DATE, "author": "", "company": ""})
    head = book.add_format({"bold": True, "bg_color": "#20578f", "font_color": "#ffffff", "text_wrap": True})
    sheet = book.add_worksheet("Sweep")
    counts = results["status"].value_counts()
    lines = [
        ("title", title), ("題名", str(plan["title"]["ja"])), ("name", plan["name"]),
        ("points", len(plan["points"])), *((word, int(counts.get(word, 0))) for word in ("ok", "failed")),
    ]  # fmt: skip
    for row, (key, value) in enumerate(lines):
        sheet.write_string(row, 0, key, head)
        _write(sheet, row, 1, value)
    sheet.set_column(0, 1, 24)
    for name, frame in (("Results", results), ("Failures", failures)):
        _write_frame(book.add_worksheet(name), frame, head)
    book.close()
    return file.getvalue()


def _write_frame(sheet: Any, frame: pd.DataFrame, head: Any) -> None:
    for column, name in enumerate(frame.columns):
        sheet.write_string(0, column, str(name), head)
        sheet.set_column(column, column, min(max(len(str(name)), 10), 24))
        for row, value in enumerate(frame[name].tolist(), start=1):
            _write(sheet, row, column, value)
    sheet.freeze_panes(1, 2)
    if len(frame):
        sheet.autofilter(0, 0, len(frame), len(frame.columns) - 1)


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, int | float):
        if np.isfinite(value):
            sheet.write_number(row, column, value)
        return
    sheet.write_string(row, column, str(value))
