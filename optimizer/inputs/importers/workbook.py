"""Tables of a pack from a workbook (`wattbit init --template xlsx`) or from CSV files with a row of units.

Values are read, nothing is calculated: a formula counts with the value the spreadsheet stored for it. Faults
name sheet and cell.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.pack_checks import (
    check_complete,
    check_identities,
    check_parameter_rows,
    check_references,
    check_rows,
    check_sums,
)
from optimizer.inputs.pack_table import (
    RawTable,
    check_header,
    label_of,
    no_rows,
    read_text_table,
    typed_table,
)
from optimizer.scenario.tables import PACK_TABLES, PARAMETER_COLUMNS, Column

Tables = dict[str, pd.DataFrame]

LARGEST_UNPACKED_BYTES = 200_000_000
MOST_ROWS = 200_000
IGNORED = ("readme", "notes")
"""Sheets that are not tables, whatever they hold; those that start with `_` neither."""

_DECIMALS = re.compile(r"0\.(0+)")
_DAMAGED = (zipfile.BadZipFile, zlib.error, struct.error, RuntimeError, NotImplementedError, IndexError)
_NOT_A_BOOK = (*_DAMAGED, KeyError, ValueError, OSError, EOFError)


def read(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read the sheets of workbooks into tables of a pack.

    Args:
        files: `.xlsx`; a table may be in one of them only.
        options: none.

    Returns:
        Tables by name as text cells, columns in the order of the schema.

    Raises:
        InputError: E380 no file, E399 no workbook, sheet or value, and every code of a pack's table.
    """
    problems: list[Problem] = []
    raw: dict[str, RawTable] = {}
    for path in files:
        for name, table in _sheets(path, problems).items():
            _add(raw, name, table, problems)
    return _checked(raw, problems)


def read_csv_tables(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read CSV files named after the tables of a pack (`sites.csv`); a second row of units is checked.

    Args:
        files: UTF-8 or CP932.
        options: none.

    Returns:
        As :func:`read`.

    Raises:
        InputError: as :func:`read`.
    """
    problems: list[Problem] = []
    raw: dict[str, RawTable] = {}
    for path in files:
        if not path.is_file():
            problems.append(Problem(label_of(path), "E380", "no such file", "ファイルがありません"))
            continue
        if path.stem not in _schemas():
            problems.append(_unknown(label_of(path), path.stem))
            continue
        if (table := read_text_table(path, problems, _may_be_empty(path.stem))) is not None:
            _add(raw, path.stem, table, problems)
    return _checked(raw, problems)


def checked_frames(frames: Mapping[str, pd.DataFrame], label: str) -> Tables:
    """Return tables made by another importer after every check of a cell and of references among them.

    Raises:
        InputError: every code of a pack's table; the place is `label:table`, then the row.
    """
    raw = {}
    for name, frame in frames.items():
        words = [[_text(value) for value in row] for row in frame.itertuples(index=False)]
        rows = tuple(tuple(row) for row in words)
        raw[name] = RawTable(f"{label}:{name}", tuple(frame.columns), rows, tuple(range(1, len(frame) + 1)))
    _checked(raw, [])
    return dict(frames)


def _text(value: object) -> str:
    return repr(float(value)) if isinstance(value, int | float) else str(value)


def _schemas() -> dict[str, tuple[Column, ...]]:
    return {name: schema.columns for name, schema in PACK_TABLES.items()} | {"parameters": PARAMETER_COLUMNS}


def _may_be_empty(name: str) -> bool:
    return name in PACK_TABLES and PACK_TABLES[name].may_be_empty


def _add(raw: dict[str, RawTable], name: str, table: RawTable, problems: list[Problem]) -> None:
    if name in raw:
        message = f"table {name} is there already, in {raw[name].label}; one of them"
        problems.append(Problem(table.label, "E399", message, f"表 {name} が重複しています"))
    raw[name] = table


def _checked(raw: Mapping[str, RawTable], problems: list[Problem]) -> Tables:
    """Return the tables as text after every check a pack gets; place every fault on its cell."""
    schemas, typed, result = _schemas(), {}, {}
    for name, given in raw.items():
        columns = schemas[name]
        found: list[Problem] = []
        table = _without_units(given, columns, found)
        if not table.rows and not _may_be_empty(name):
            found.append(no_rows(given.label.rstrip("!"), may_be_empty=False))
        check_header(table, columns, found)
        typed[name] = typed_table(table, columns, found)
        found += (
            check_parameter_rows(typed[name])
            if name == "parameters"
            else check_rows(PACK_TABLES[name], typed[name])
        )
        problems += found
        words = pd.DataFrame(list(table.rows), columns=list(table.header))
        words = words.loc[:, ~words.columns.duplicated()]
        unused = {column.name for column in columns if column.optional and _is_unused(words, column.name)}
        kept = [column.name for column in columns if column.name in words and column.name not in unused]
        result[name] = words.reindex(columns=kept)
    tables = {name: table for name, table in typed.items() if name in PACK_TABLES}
    for check in (check_references, check_sums, check_complete, check_identities):
        problems += check(tables)
    if problems:
        raise InputError([_on_cell(problem, raw) for problem in problems])
    return result


def _is_unused(words: pd.DataFrame, name: str) -> bool:
    """Whether a column that may be left out has rows and no cell is filled: a template offers it."""
    return name in words and len(words) > 0 and bool((words[name] == "").all())


def _without_units(table: RawTable, columns: Sequence[Column], problems: list[Problem]) -> RawTable:
    """Take the row of units off, if there is one, and refuse other units than the schema's."""
    unit = {column.name: column.unit for column in columns}
    if not table.rows:
        return table
    first = dict(zip(table.header, table.rows[0], strict=True))
    agree = sum(1 for name, cell in first.items() if unit.get(name) == cell)
    if agree * 2 < len(first):
        return table
    for name, cell in first.items():
        if name in unit and cell != unit[name]:
            message = f'{name} is in {unit[name]}, the row of units says "{cell}"; convert the figures'
            message_ja = f"{name} の単位は {unit[name]} です（「{cell}」とあります）。換算してください"
            problems.append(Problem(f"{table.label}:{table.lines[0]}", "E399", message, message_ja))
    return replace(table, rows=table.rows[1:], lines=table.lines[1:])


def _on_cell(problem: Problem, raw: Mapping[str, RawTable]) -> Problem:
    """Return the problem with `sheet!B7` as its place where its row and column are known."""
    from openpyxl.utils import get_column_letter

    label, _, line = problem.place.rpartition(":")
    table = next((one for one in raw.values() if one.label == label and "!" in label), None)
    if table is None or not line.isdigit():
        return problem
    word = re.match(r'(?:column )?"?(\w+)', problem.message)
    name = word[1] if word else ""
    letter = get_column_letter(table.header.index(name) + 1) if name in table.header else ""
    return replace(problem, place=f"{label}{letter}{line}")


def _sheets(path: Path, problems: list[Problem]) -> dict[str, RawTable]:
    """Return every table of a workbook as text; note what is no table."""
    label = label_of(path)
    if not path.is_file():
        problems.append(Problem(label, "E380", "no such file", "ファイルがありません"))
        return {}
    books = _opened(path)
    if books is None:
        message = "not an Excel workbook (.xlsx), protected by a password, or too large; save it as .xlsx"
        problems.append(Problem(label, "E399", message, "Excel ブック (.xlsx) として読めません"))
        return {}
    values, formulas = books
    result: dict[str, RawTable] = {}
    for sheet in values.sheetnames:
        name = sheet.strip().lower()
        if name in IGNORED or name.startswith("_"):
            continue
        if name not in _schemas():
            problems.append(_unknown(f"{label}:{sheet}", name))
            continue
        sheets, none = (values[sheet], formulas[sheet]), _may_be_empty(name)
        if (table := _table(*sheets, f"{label}:{sheet}!", none, problems)) is not None:
            result[name] = table
    if not result and not problems:
        message = f"no sheet is a table; sheets are called {', '.join(list(_schemas())[:6])} …"
        problems.append(Problem(label, "E399", message, "表のシートがありません"))
    return result


def _unknown(place: str, name: str) -> Problem:
    close = get_close_matches(name, list(_schemas()), n=1)
    hint = (
        f'Did you mean "{close[0]}"?' if close else f"There are: {', '.join(_schemas())}; start notes with _"
    )
    return Problem(place, "E399", f'no table is called "{name}". {hint}', f"表「{name}」はありません")


def _opened(path: Path) -> tuple[Any, Any] | None:
    """Return the workbook with stored values, and with formulas; None where it is none."""
    import openpyxl

    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > LARGEST_UNPACKED_BYTES:
                return None
        return openpyxl.load_workbook(path, data_only=True), openpyxl.load_workbook(path, data_only=False)
    except (
        *_NOT_A_BOOK,
        openpyxl.utils.exceptions.InvalidFileException,
        SyntaxError,
        TypeError,
        AttributeError,
    ):
        return None


def _table(
    values: Any, formulas: Any, label: str, may_be_empty: bool, problems: list[Problem]
) -> RawTable | None:
    """Return one sheet as text: first row the header, empty rows and columns at the end left out."""
    if not hasattr(values, "iter_rows") or values.max_row > MOST_ROWS:
        problems.append(Problem(label[:-1], "E399", "a chart, or too many rows", "表ではありません"))
        return None
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for number, cells in enumerate(values.iter_rows(), start=1):
        words = tuple(_word(cell, formulas, label, problems) for cell in cells)
        if any(words):
            rows.append(words)
            lines.append(number)
    if len(rows) < (1 if may_be_empty else 2):
        problems.append(no_rows(label[:-1], may_be_empty))
        return None
    width = max(at for at, name in enumerate(rows[0], start=1) if name)
    for words, number in zip(rows, lines, strict=True):
        if any(words[width:]):
            message = "a value to the right of the last column with a name; remove it, or name the column"
            problems.append(Problem(f"{label}{number}", "E399", message, "列名のない列に値があります"))
    cut = [words[:width] for words in rows]
    return RawTable(label, cut[0], tuple(cut[1:]), tuple(lines[1:]))


def _as_shown(value: float, shape: str) -> str:
    """Return a number with the decimals its cell shows, where that is the whole number; else nothing."""
    places = _DECIMALS.fullmatch(shape)
    text = f"{value:.{len(places[1])}f}" if places else ""
    return text if text and float(text) == value else ""


def _word(cell: Any, formulas: Any, label: str, problems: list[Problem]) -> str:
    """Return a cell as text: numbers without trailing zeros, words stripped, never calculated."""
    value = cell.value
    if value is None:
        if formulas[cell.coordinate].data_type == "f":
            message = "a formula without a stored value; open and save the workbook, or paste the value"
            problems.append(
                Problem(f"{label}{cell.coordinate}", "E399", message, "数式に値が保存されていません")
            )
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, datetime | date):
        message = (
            f"a date ({value:%Y-%m-%d}) where a number or a word belongs; set the cell's format to General"
        )
        problems.append(Problem(f"{label}{cell.coordinate}", "E399", message, "日付になっています"))
        return ""
    if isinstance(value, int | float):
        shown = _as_shown(float(value), str(cell.number_format))
        if shown:
            return shown
        return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    return re.sub(r"\s*[\r\n]+\s*", " ", str(value)).strip()
