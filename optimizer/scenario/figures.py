"""Every figure the shipped data or a finished run rests on, with who answers for it."""

from __future__ import annotations

import csv
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimizer.errors import InputError, Problem
from optimizer.scenario.sources import load_sources, shipped_folder

GRADES = ("assumed", "derived", "published")
"""In this order: what a planner should doubt first comes first."""

_FIGURE = ("name", "value", "unit", "low", "high", "grade", "source", "meaning")
_DOCUMENT = ("file", "title", "publisher", "year", "url", "grade", "method")


def shipped_figures() -> dict[str, list[dict[str, str]]]:
    """Return the single numbers and the tables of the shipped data, the most doubtful first.

    Returns:
        `parameters`: name, value, unit, low, high, grade, source, meaning; `sources`: file, title, publisher,
        year, url, grade, method. A pack's own figure stands instead of the shared one of the same name.

    Raises:
        InputError: the installation is not complete.
    """
    data = shipped_folder("data")
    rows: dict[str, Any] = {}
    for path in (data / "parameters.csv", *sorted(data.glob("*/parameters.csv"))):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows |= {str(row["name"]): row for row in csv.DictReader(file)}
    return _tidy(list(rows.values()), [asdict(source) for source in load_sources(data)])


def figures_of_run(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Return the same as `shipped_figures` for a finished run, from its `provenance.json`.

    Raises:
        InputError: E315, the folder holds no readable `provenance.json`.
    """
    path = folder / "provenance.json"
    try:
        content = json.loads(path.read_text("utf-8"))
        return _tidy(content["parameters"], content["sources"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        message = f"not a run folder, its provenance cannot be read: {reason}"
        message_ja = f"実行結果のフォルダではありません (provenance.json が読めません: {reason})"
        raise InputError([Problem(str(path), "E315", message, message_ja)]) from None


def _tidy(parameters: list[Any], sources: list[Any]) -> dict[str, list[dict[str, str]]]:
    tables = {"parameters": (parameters, _FIGURE), "sources": (sources, _DOCUMENT)}
    return {
        name: sorted(
            ({column: _text(row.get(column)) for column in columns} for row in rows),
            key=lambda row: (GRADES.index(row["grade"]) if row["grade"] in GRADES else -1, *row.values()),
        )
        for name, (rows, columns) in tables.items()
    }


def _text(value: Any) -> str:
    return "" if value is None else str(value)
