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


def provenance_of_run(folder: Path) -> dict[str, Any]:
    """Return the whole `provenance.json` of a run; it names its pack, parameters, sources and scenario.

    Raises:
        InputError: E315, the folder holds no readable `provenance.json`.
    """
    keys = ("pack", "parameters", "sources", "scenario")
    return _of_run(folder, lambda content: {key: content[key] for key in keys} | dict(content))


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
        raise InputError([_not_a_run(folder, error)]) from None


def _not_a_run(folder: Path, error: Exception) -> Problem:
    """Say what was given instead of a run folder, and what to write."""
    found = sorted(str(path.parent) for path in Path("runs").glob("*/provenance.json"))
    runs = f" Runs here: {', '.join(found[:5])}." if found else ""
    runs_ja = f" ここにある実行結果: {'、'.join(found[:5])}。" if found else ""
    here = next((one for one in folder.parents if (one / "provenance.json").is_file()), None)
    if here is not None and folder.exists():
        words = (
            f"this lies inside a run; give its folder: {here}",
            f"実行結果の中のものです。フォルダを指定: {here}",
        )
    elif (folder / "areas.csv").is_file() or (shipped_folder("data") / folder / "areas.csv").is_file():
        words = (
            "this is a data pack, not a run. `wattbit sources` lists the shipped data, "
            f"`wattbit doctor {folder}` examines the pack.{runs}",
            "データパックです。`wattbit sources` で同梱データ、"
            f"`wattbit doctor {folder}` でパックを調べます。{runs_ja}",
        )
    elif folder.suffix in (".yaml", ".yml") or (shipped_folder("scenarios") / f"{folder}.yaml").is_file():
        words = (
            f"this is a scenario, not a run; solve it first: wattbit run {folder}.{runs}",
            f"シナリオです。先に実行してください: wattbit run {folder}。{runs_ja}",
        )
    elif not folder.exists():
        words = (
            f"no such folder; give one written by `wattbit run`.{runs}",
            f"フォルダがありません。`wattbit run` の結果のフォルダを指定してください。{runs_ja}",
        )
    else:
        reason = getattr(error, "strerror", None) or type(error).__name__
        words = (
            f"not a run folder, its provenance.json cannot be read: {reason}; give one written by "
            f"`wattbit run`.{runs}",
            f"実行結果のフォルダではありません (provenance.json が読めません: {reason})。{runs_ja}",
        )
    return Problem(str(folder), "E315", *words)


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
