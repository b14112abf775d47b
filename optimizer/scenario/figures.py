"""Every figure the shipped data or a finished run rests on, with who answers for it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from optimizer.errors import InputError, Problem
from optimizer.scenario.sources import load_sources, shipped_folder

_Taken = TypeVar("_Taken")

GRADES = ("assumed", "derived", "published")
"""In this order: what a planner should doubt first comes first."""

_FIGURE = ("name", "value", "unit", "low", "high", "grade", "source", "meaning", "file")
_DOCUMENT = ("file", "title", "publisher", "year", "url", "grade", "method")


def shipped_figures() -> dict[str, list[dict[str, str]]]:
    """Return the single numbers and the tables of the shipped data, the most doubtful first.

    Returns:
        `parameters`: name, value, unit, low, high, grade, source, meaning, file; `sources`: file, title,
        publisher, year, url, grade, method. Shared and each pack's own figures, told apart by `file`.

    Raises:
        InputError: the installation is not complete.
    """
    data = shipped_folder("data")
    rows: list[Any] = []
    for path in (data / "parameters.csv", *sorted(data.glob("*/parameters.csv"))):
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows += [{**row, "file": path.relative_to(data).as_posix()} for row in csv.DictReader(file)]
    return _tidy(rows, [asdict(source) for source in load_sources(data)])


def figures_of_run(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Return the same as `shipped_figures` for a finished run, from its `provenance.json`.

    Raises:
        InputError: E315, the folder holds no readable `provenance.json`.
    """
    return _of_run(folder, lambda content: _tidy(content["parameters"], content["sources"]))


def resting_of_run(folder: Path) -> dict[str, Any]:
    """Return what share of a run's cost and capture rests on assumed figures, and on which.

    Returns:
        `assumed_share_of_cost`, `assumed_share_of_capture` [1] and `lines`: kind, line, jpy_bn_per_a,
        assumed_share. Empty for a run written before these were kept.

    Raises:
        InputError: E315, the folder holds no readable `provenance.json`.
    """
    return _of_run(folder, _shares)


def _shares(content: Any) -> dict[str, Any]:
    kept = content.get("rests_on")
    if not kept:
        return {}
    numbers = ("jpy_bn_per_a", "assumed_share")
    lines = [
        {"kind": str(row["kind"]), "line": str(row["line"]), **{name: float(row[name]) for name in numbers}}
        for row in kept["lines"]
    ]
    shares = {name: float(kept[name]) for name in ("assumed_share_of_cost", "assumed_share_of_capture")}
    return {**shares, "lines": lines}


def _of_run(folder: Path, take: Callable[[Any], _Taken]) -> _Taken:
    """Return what `take` finds in a run's provenance; whatever is wrong with it is one error."""
    path = folder / "provenance.json"
    try:
        return take(json.loads(path.read_text("utf-8")))
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
