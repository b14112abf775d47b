"""What differs between the inputs of several runs: keys of the scenario, files, cells, parameters."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from optimizer.scenario.catalogue import facts_of
from optimizer.scenario.compared import ITSELF, KEPT, ComparedRun
from optimizer.scenario.problems import plain, shown
from optimizer.scenario.tables import OPTIONAL_TABLES, PACK_TABLES, TableSchema

KINDS = ("version", "solved", "scenario", "parameter", "file", "cell")
"""In the order of showing: by what, which hours, what was asked, single numbers, files by hash, cells."""

LARGEST_TABLE_BYTES = 200_000
MOST_CELLS = 200
"""Cells of one table that are named; how many more there are is said."""

_SAID_ELSEWHERE = ("name", "title", "description")
_OF_PARAMETER = ("value", "low", "high", "grade")


@dataclass(frozen=True)
class Fact:
    """One input that is not the same in all runs, with its value in each; None where a run has no such."""

    kind: str
    name: str
    unit: str
    values: tuple[str | None, ...]


def uncompared(one: ComparedRun, other: ComparedRun) -> tuple[str, ...]:
    """Return the kinds of inputs that are not compared, as one of two runs does not keep them."""
    return tuple(kind for kind in KEPT if kind not in one.kept or one.kept[kind] != other.kept.get(kind))


def unknown_inputs(one: ComparedRun, other: ComparedRun) -> tuple[str, ...]:
    """Return those of :func:`uncompared` that may differ: same files hold the same numbers and cells."""
    lost = uncompared(one, other)
    is_known = not {"scenario", "file"} & set(lost) and one.hashes == other.hashes
    return tuple(kind for kind in lost if not (is_known and kind in ("parameter", "cell")))


def varying_facts(runs: Sequence[ComparedRun]) -> list[Fact]:
    """Return every input that differs between some of the runs, sorted by kind and name.

    Returns:
        Kind `version` (of wattbit), `solved` (hours and periods), `scenario` (dotted key), `parameter`
        (`name.value`, `.low`, `.high`, `.grade`), `file` (first digits of the SHA-256) and `cell`
        (`table.csv: key / column`; only CSV tables with a known key, up to 200 kB, of which every run kept a
        copy).
    """
    found = _facts("version", runs, [{"wattbit": (run.version, "")} for run in runs])
    found += _facts("solved", runs, [_of_size(run) for run in runs])
    found += _facts("scenario", runs, [_of_scenario(run) for run in runs])
    found += _facts("parameter", runs, [_of_parameters(run) for run in runs])
    hashes = [{name: (digest[:12], "") for name, digest in run.hashes.items()} for run in runs]
    files = _facts("file", runs, hashes)
    found += files
    for file in files:
        found += _cells(file.name, runs)
    return found


def _facts(
    kind: str, runs: Sequence[ComparedRun], each: Sequence[Mapping[str, tuple[str, str]]]
) -> list[Fact]:
    """Return what differs between mappings of name to value and unit, among runs compared in a kind."""
    origins = [run.kept.get(kind) if kind in KEPT else ITSELF for run in runs]
    groups = [
        [at for at, other in enumerate(origins) if other == origin]
        for origin in dict.fromkeys(origins)
        if origin is not None
    ]
    names = sorted({name for one in each for name in one})
    found = []
    for name in names:
        cells = [one.get(name) for one in each]
        values = tuple(None if cell is None else cell[0] for cell in cells)
        if any(len({values[at] for at in group}) > 1 for group in groups):
            found.append(Fact(kind, name, next(cell[1] for cell in cells if cell is not None), values))
    return found


def _of_size(run: ComparedRun) -> dict[str, tuple[str, str]]:
    hours, periods = run.solved or (0, 0)
    return {"hours": (str(hours), "h"), "periods": (str(periods), "")} if hours else {}


def _of_scenario(run: ComparedRun) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}

    def walk(node: Mapping[str, Any], path: tuple[str, ...]) -> None:
        for key, value in node.items():
            here = (*path, str(key))
            if len(here) == 1 and key in _SAID_ELSEWHERE:
                continue
            if isinstance(value, Mapping):
                walk(value, here)
            else:
                facts = facts_of(here)
                found[".".join(plain(part) for part in here)] = (_said(value), facts.unit if facts else "")

    walk(run.scenario, ())
    return found


def _of_parameters(run: ComparedRun) -> dict[str, tuple[str, str]]:
    found = {}
    for row in run.parameters:
        unit = str(row.get("unit") or "")
        for column in _OF_PARAMETER:
            if row.get(column) is not None:
                found[f"{row['name']}.{column}"] = (_said(row[column]), "" if column == "grade" else unit)
    return found


def _said(value: Any) -> str:
    """A value as text: words as they are, whole numbers without a point, everything else as written."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return shown(value)


def _cells(file: str, runs: Sequence[ComparedRun]) -> list[Fact]:
    """Cells of one table that differ; none where a run has no copy, it is large, or has no known key."""
    name = file.rpartition("/")[2].removesuffix(".csv")
    schema = PACK_TABLES.get(name) or OPTIONAL_TABLES.get(name)
    if schema is None or not file.endswith(".csv"):
        return []
    tables: list[dict[str, tuple[str, str]]] = []
    for run in runs:
        if run.kept.get("cell") != ITSELF:
            tables.append({})
            continue
        data = run.copy_of(file)
        if data is None or len(data) > LARGEST_TABLE_BYTES:
            return []
        tables.append(_cells_of(data, schema, file.rpartition("/")[2]))
    facts = _facts("cell", runs, tables)
    if len(facts) <= MOST_CELLS:
        return facts
    rest = len(facts) - MOST_CELLS
    digests = tuple(run.hashes[file][:12] if file in run.hashes else None for run in runs)
    more = Fact("cell", f"{file.rpartition('/')[2]}: … and {rest} more cells", "", digests)
    return [*facts[:MOST_CELLS], more]


def _cells_of(data: bytes, schema: TableSchema, file: str) -> dict[str, tuple[str, str]]:
    """Return every cell of a table by `file: key / column`; nothing where its key columns are not there."""
    lines = csv.reader(data.decode("utf-8-sig", errors="replace").splitlines())
    head = next(lines, [])
    if not set(schema.key) <= set(head):
        return {}
    units = {column.name: "" if column.is_text else column.unit for column in schema.columns}
    found = {}
    for row in lines:
        cells = dict(zip_longest(head, row[: len(head)], fillvalue=""))
        key = ", ".join(plain(cells[part]) for part in schema.key)
        for column, value in cells.items():
            if column not in schema.key:
                found[f"{file}: {key} / {plain(column)}"] = (plain(value), units.get(column, ""))
    return found
