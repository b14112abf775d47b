"""From a figure of a run to the lines of the files it rests on: reads the run's own copies of its inputs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from optimizer.scenario.merge import places_of
from optimizer.scenario.pathway_tables import RESULT_TABLES
from optimizer.scenario.tables import OPTIONAL_TABLES, PACK_TABLES
from optimizer.scenario.trace_groups import Trace
from optimizer.scenario.traces import ONLY_WHERE
from optimizer.scenario.yamlfile import parse_yaml

GRADES = ("assumed", "scenario", "derived", "published")
"""Grades of inputs in the order of showing; `scenario`: a choice of whoever asks, not a figure."""

_RESOLVED = "scenario.resolved.yaml"
_LINKS = ("site", "area", "node", "workload", "intertie")
"""Key columns that name a row of a result and rows of the inputs alike."""


@dataclass(frozen=True)
class Row:
    """One figure of an input file."""

    line: int
    key: str
    value: str
    own: bool = False
    """Whether the row belongs to the very row of the result that was asked for."""


@dataclass(frozen=True)
class Ingredient:
    """One input of a figure: a column of a table, a parameter, or a choice of the scenario."""

    name: str
    file: str
    """Path below the run's `inputs/`."""

    unit: str
    grade: str
    source: str
    """Title, publisher and address; of a parameter, its own source."""

    rows: tuple[Row, ...] = field(default=())

    def place(self, rows: Sequence[Row] | None = None) -> str:
        """Return file and lines of some rows; left out: of all."""
        lines = [row.line for row in (self.rows if rows is None else rows) if row.line]
        span = f":{lines[0]}" + (f"-{lines[-1]}" if len(lines) > 1 else "") if lines else ""
        return f"{self.file}{span}"

    def shown(self, rows: Sequence[Row] | None = None) -> str:
        """Return the value of some rows, or their range, with its unit; nothing for words in many rows."""
        values = [row.value for row in (self.rows if rows is None else rows) if row.value]
        unit = "" if self.unit == "1" else f" {self.unit}".rstrip()
        if len(values) == 1:
            return f"{values[0]}{unit}"
        try:
            numbers = sorted(float(value) for value in values)
        except ValueError:
            return ""
        return f"{numbers[0]:g} … {numbers[-1]:g}{unit}" if numbers else ""


@dataclass(frozen=True)
class RunFiles:
    """What a trace needs of a run: its provenance, and the copies of its inputs by path below `inputs/`."""

    provenance: Mapping[str, Any]
    read: Callable[[str], bytes | None]

    @property
    def pack(self) -> str:
        """Name of the data pack."""
        return str(self.provenance["pack"])


def ingredients(trace: Trace, run: RunFiles, at: Mapping[str, str] | None = None) -> list[Ingredient]:
    """Return the inputs of a figure with the lines they stand in: its own rows first, then assumed ones.

    Args:
        trace: how the figure is made.
        run: the run's files; an input the run did not use is left out.
        at: keys of the row of the result, e.g. site and area: its own rows of the inputs are marked.
    """
    book = _Book(run)
    found = [one for name in trace.inputs for one in book.find(name, at or {})]
    return sorted(found, key=lambda one: (not any(row.own for row in one.rows), _rank(one.grade)))


def counts(found: Iterable[Ingredient]) -> dict[str, int]:
    """Return the number of inputs by grade, assumed ones first."""
    grades = [one.grade for one in found]
    return {grade: grades.count(grade) for grade in sorted(set(grades), key=_rank)}


def _rank(grade: str) -> int:
    return GRADES.index(grade) if grade in GRADES else -1


class _Book:
    """The input files of one run, each read once."""

    def __init__(self, run: RunFiles) -> None:
        self.run = run
        self.sources = {str(row.get("file", "")): row for row in run.provenance["sources"]}
        self.parameters = {str(row["name"]): row for row in run.provenance["parameters"]}
        self.table = cache(self._table)
        self.lines_of_parameters = cache(self._lines_of_parameters)
        self.scenario_lines = cache(self._scenario_lines)

    def find(self, name: str, at: Mapping[str, str]) -> Iterator[Ingredient]:
        kind, _, rest = name.partition(":")
        if kind == "parameter":
            yield from (self._parameter(one) for one in sorted(self.parameters) if fnmatchcase(one, rest))
        elif kind == "scenario":
            yield from self._choice(rest)
        elif self._counts(kind.partition(".")[0]):
            yield from self._column(*name.partition(".")[::2], at)

    def _counts(self, table: str) -> bool:
        """Whether the scenario uses a table that is there for those who ask for it."""
        key, wanted = ONLY_WHERE.get(table, ("", ""))
        return not key or any(row.value == wanted for one in self._choice(key) for row in one.rows)

    def _parameter(self, name: str) -> Ingredient:
        row = self.parameters[name]
        file, line = self.lines_of_parameters().get(name, ("", 0))
        value = Row(line, name, str(row["value"]))
        grade, source = str(row.get("grade") or "assumed"), str(row.get("source") or "")
        if source.startswith("scenario '"):
            file, line = _RESOLVED, self.scenario_lines().get(f"parameters.{name}", 0)
            value = Row(line, name, str(row["value"]))
        return Ingredient(name, file, str(row.get("unit") or ""), grade, source, (value,))

    def _choice(self, key: str) -> Iterator[Ingredient]:
        value: Any = self.run.provenance["scenario"]
        for part in key.split("."):
            if not isinstance(value, Mapping) or part not in value:
                return
            value = value[part]
        if value is None:  # taken from the pack, which is listed
            return
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        row = Row(self.scenario_lines().get(key, 0), key, text)
        yield Ingredient(f"scenario {key}", _RESOLVED, "", "scenario", "choice of the scenario", (row,))

    def _column(self, table: str, column: str, at: Mapping[str, str]) -> Iterator[Ingredient]:
        file = f"data/{self.run.pack}/{table}.csv"
        rows = self.table(file)
        if rows is None or (column and rows and column not in rows[0][1]):
            return
        schema = (PACK_TABLES | OPTIONAL_TABLES).get(table)
        keys = schema.key if schema else ()
        unit = next((one.unit for one in schema.columns if one.name == column), "") if schema else ""
        links = {name: word for name, word in at.items() if rows and name in rows[0][1]}
        found = tuple(
            Row(
                line,
                ", ".join(row[name] for name in keys if name in row),
                row.get(column, "") if column else "",
                bool(links) and all(row[name] == word for name, word in _narrow(links).items()),
            )
            for line, row in rows
        )
        source = self.sources.get(f"{self.run.pack}/{table}.csv", {})
        grade = str(source.get("grade") or "assumed")
        yield Ingredient(
            f"{table}.{column}" if column else table, file, "" if unit == "text" else unit, grade,
            _source_line(source), found,
        )  # fmt: skip

    def _table(self, file: str) -> list[tuple[int, dict[str, str]]] | None:
        data = self.run.read(file)
        if data is None:
            return None
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig", errors="replace")))
        header = next(reader, [])
        return [(reader.line_num, dict(zip(header, row, strict=False))) for row in reader if row]

    def _lines_of_parameters(self) -> dict[str, tuple[str, int]]:
        """File and line of every parameter: the pack's own, else its weather's, else the shared."""
        found: dict[str, tuple[str, int]] = {}
        folder = f"data/{self.run.pack}"
        for file in ("data/parameters.csv", f"{folder}/weather_parameters.csv", f"{folder}/parameters.csv"):
            for line, row in self.table(file) or []:
                found[row.get("name", "")] = (file, line)
        return found

    def _scenario_lines(self) -> dict[str, int]:
        data = self.run.read(_RESOLVED)
        tree = parse_yaml(data.decode("utf-8", errors="replace"), _RESOLVED)[0] if data else None
        if tree is None:
            return {}
        return {".".join(path): place.line for path, place in places_of(tree)[1].items() if path}


def _narrow(links: Mapping[str, str]) -> Mapping[str, str]:
    """A site names its row; its area would add nothing."""
    return {"site": links["site"]} if "site" in links else links


def _source_line(source: Mapping[str, Any]) -> str:
    words = [str(source.get(name) or "") for name in ("key", "title", "publisher", "url")]
    return ", ".join(word for word in words if word) or "not registered"


def keys_of(table: str, row: Mapping[str, str]) -> dict[str, str]:
    """Return what of a row of a result names rows of the inputs: its site, area, node, class, link."""
    known = {column.name for column in RESULT_TABLES[table]}
    return {name: row[name] for name in _LINKS if name in known and row.get(name)}
