"""Read one table of a pack from CSV and say, cell by cell, what is wrong with it.

Nothing is guessed: an empty cell is not zero, `NA` is a word, full-width digits are named. UTF-8 with or
without byte-order mark is read, CP932 (Japanese Excel) too.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.errors import Problem
from optimizer.scenario.tables import Column

if TYPE_CHECKING:  # the sparse matrices behind it are slow to load, and an import needs none
    from optimizer.milestones import Array

LARGEST_FILE_BYTES = 50_000_000
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)|#(n/a|div/0!|value!|ref!)", re.IGNORECASE)
_THOUSANDTH = {"MW": "kW", "MWh": "kWh", "GWh": "MWh"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII)
_LARGEST_PLAUSIBLE_MW = {
    "existing_it_mw": 1e4,
    "headroom_mw": 2e4,
    "site_limit_mw": 2e4,
    "size_mw": 2e4,
    "forward_mw": 5e4,
    "reverse_mw": 5e4,
    "expansion_limit_mw": 1e5,
    "capacity_mw": 2e5,
    "potential_mw": 2e5,
    "power_mw": 1e5,
    "demand_mw": 5e5,
    "demand_peak_mw": 5e5,
    "mw_now": 1e4,
    "mw_final": 1e4,
}
"""Above these a figure in a MW column is taken for kW; wide enough for China or the United States."""


@dataclass(frozen=True)
class RawTable:
    """A CSV file as text: header, rows and the line each row starts on."""

    label: str
    """File as named in messages, e.g. `data/japan/sites.csv`."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


def label_of(path: Path) -> str:
    """Return the last three parts of `path` with forward slashes: how messages name a file."""
    return "/".join(path.parts[-3:])


def read_text_table(path: Path, problems: list[Problem], may_be_empty: bool = False) -> RawTable | None:
    """Read the CSV file `path` as text; append problems instead of raising.

    Args:
        path: the file.
        problems: where to append what is wrong (E321, E323, E324, E339, E345, E348).
        may_be_empty: whether a header without rows is an answer.

    Returns:
        The table, or None where nothing can be read.
    """
    label = label_of(path)
    if not path.is_file():
        problems.append(
            Problem(
                label,
                "E321",
                "the file is missing; every table of the pack must be there",
                "ファイルがありません。パックの表はすべて必要です",
            )
        )
        return None
    if path.stat().st_size > LARGEST_FILE_BYTES:
        limit = LARGEST_FILE_BYTES // 1_000_000
        problems.append(
            Problem(
                label,
                "E348",
                f"the file is larger than {limit} MB; nothing of it was read",
                f"ファイルが {limit} MB を超えています。読み込みませんでした",
            )
        )
        return None
    text = _decode(path.read_bytes())
    if text is None:
        problems.append(
            Problem(
                label,
                "E323",
                "the file is neither UTF-8 nor CP932; save it as CSV UTF-8",
                "文字コードが UTF-8 でも CP932 でもありません。CSV UTF-8 で保存してください",
            )
        )
        return None
    return _parse(label, text, problems, may_be_empty)


def _decode(raw: bytes) -> str | None:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _parse(label: str, text: str, problems: list[Problem], may_be_empty: bool) -> RawTable | None:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[str, ...]] = []
    lines: list[int] = []
    before = 0
    try:
        for record in reader:
            start, before = before + 1, reader.line_num
            cells = tuple(cell.strip() for cell in record)
            if any(cells):
                records.append(cells)
                lines.append(start)
    except csv.Error as error:
        problems.append(
            Problem(
                f"{label}:{before + 1}",
                "E324",
                f"not a CSV table from here on ({error}); check the quotes",
                "ここから CSV として読めません。引用符を確かめてください",
            )
        )
        return None
    if len(records) < (1 if may_be_empty else 2):
        problems.append(no_rows(label, may_be_empty))
        return None
    return _same_width(RawTable(label, records[0], tuple(records[1:]), tuple(lines[1:])), problems)


def no_rows(place: str, may_be_empty: bool) -> Problem:
    """Return the problem of a table without rows, or without a header where rows are not needed."""
    if may_be_empty:
        message = "the table is empty; where there is none, leave the header and no row"
        return Problem(place, "E339", message, "空です。該当がなければ見出しだけを残してください")
    message = "the table has no rows; a header and at least one row are needed"
    return Problem(place, "E339", message, "行がありません。見出しと 1 行以上が必要です")


def _same_width(table: RawTable, problems: list[Problem]) -> RawTable | None:
    """Refuse rows with more or fewer cells than the header, and control characters."""
    width, sound = len(table.header), True
    for row, line in zip(table.rows, table.lines, strict=True):
        if len(row) != width:
            sound = False
            problems.append(
                Problem(
                    f"{table.label}:{line}",
                    "E324",
                    f"{len(row)} cells where the header has {width}; quote cells that hold a comma",
                    f"見出しは {width} 列、この行は {len(row)} 列です。カンマを含む場合は引用符で囲みます",
                )
            )
        if any(map(_CONTROL.search, row)):
            sound = False
            problems.append(
                Problem(
                    f"{table.label}:{line}",
                    "E345",
                    "a cell holds a control character; type the cell again",
                    "制御文字が含まれています。セルを入力し直してください",
                )
            )
    return table if sound else None


def check_header(table: RawTable, columns: Sequence[Column], problems: list[Problem]) -> None:
    """Append missing (E325), unknown (E326) and repeated (E327) columns of `table`."""
    known = [column.name for column in columns]
    place = f"{table.label}:1"
    for name in dict.fromkeys(table.header):
        if table.header.count(name) > 1:
            problems.append(
                Problem(
                    place,
                    "E327",
                    f'column "{name}" appears twice; keep one',
                    f"列「{name}」が重複しています。1 つにしてください",
                )
            )
        if name not in known:
            problems.append(_unknown_column(place, name, known))
    for column in columns:
        if column.name not in table.header and not column.optional:
            problems.append(
                Problem(
                    place,
                    "E325",
                    f'column "{column.name}" [{column.unit}] is missing: {column.meaning}',
                    f"列「{column.name}」[{column.unit}] がありません",
                )
            )


def _unknown_column(place: str, name: str, known: list[str]) -> Problem:
    close = get_close_matches(name, known, n=1)
    hint = f' Did you mean "{close[0]}"?' if close else f" Allowed: {', '.join(known)}."
    hint_ja = f"「{close[0]}」ではありませんか" if close else f"使える列: {', '.join(known)}"
    return Problem(
        place, "E326", f'column "{name}" is unknown.{hint}', f"列「{name}」は未定義です。{hint_ja}"
    )


def typed_table(table: RawTable, columns: Sequence[Column], problems: list[Problem]) -> pd.DataFrame:
    """Return the table with words as `str` and numbers as float, one row per row of the file.

    Cells that cannot be used are appended to `problems` (E328-E332, E335, E336, E342) and are NaN (or the
    word as written) in the result, so that all later checks still run. Columns absent from the file are
    absent here. The index holds the place of every row, `file:line`.
    """
    data: dict[str, list[str] | list[float] | Array] = {}
    places = [f"{table.label}:{line}" for line in table.lines]
    for column in columns:
        if column.name not in table.header:
            continue
        position = table.header.index(column.name)
        cells = [row[position] for row in table.rows]
        if column.is_text:
            data[column.name] = [
                _word(cell, column, place, problems) for cell, place in zip(cells, places, strict=True)
            ]
        else:
            data[column.name] = _numbers(cells, column, places, problems)
    types = {column.name: "str" if column.is_text else "float64" for column in columns if column.name in data}
    return pd.DataFrame(data, index=pd.Index(places, dtype="str")).astype(types)


def _numbers(
    cells: list[str], column: Column, places: list[str], problems: list[Problem]
) -> list[float] | Array:
    """Return a column of numbers, all at once where nothing is wrong with any, else cell by cell."""
    if all(map(_NUMBER.fullmatch, cells)):
        values = np.array(cells, dtype="float64") if cells else np.empty(0)
        high = min(column.high, _largest_plausible(column))
        if bool(np.all((values >= column.low) & (values <= high) & np.isfinite(values))):
            return values
    return [_number(cell, column, place, problems) for cell, place in zip(cells, places, strict=True)]


def _word(cell: str, column: Column, place: str, problems: list[Problem]) -> str:
    if not cell and not column.optional:
        problems.append(_empty(column, place))
    elif column.choices and cell and cell not in column.choices:
        close = get_close_matches(cell, column.choices, n=1)
        hint = f' Did you mean "{close[0]}"?' if close else ""
        allowed = ", ".join(column.choices)
        problems.append(
            Problem(
                place,
                "E335",
                f'{column.name} "{cell}" is not allowed; one of {allowed}.{hint}',
                f"{column.name}「{cell}」は使えません。{allowed} のいずれかにしてください",
            )
        )
    return cell


def _empty(column: Column, place: str) -> Problem:
    return Problem(
        place,
        "E328",
        f"{column.name} [{column.unit}] is empty; an empty cell is not zero, write the figure",
        f"{column.name} [{column.unit}] が空です。空欄はゼロではありません。値を書いてください",
    )


def _number(cell: str, column: Column, place: str, problems: list[Problem]) -> float:
    if not cell:
        if not column.optional:
            problems.append(_empty(column, place))
        return math.nan
    problem = _not_a_number(cell, column, place)
    if problem is None:
        value = float(cell)
        problem = _outside(value, column, place)
        if problem is None:
            return value
    problems.append(problem)
    return math.nan


def _not_a_number(cell: str, column: Column, place: str) -> Problem | None:
    """Return what keeps `cell` from being a finite number, if anything does."""
    if _NUMBER.fullmatch(cell):
        if math.isfinite(float(cell)):
            return None
        return _not_finite(cell, column, place)
    if _NOT_FINITE.fullmatch(cell):
        return _not_finite(cell, column, place)
    narrow = unicodedata.normalize("NFKC", cell)
    if narrow != cell and _NUMBER.fullmatch(narrow):
        return Problem(
            place,
            "E330",
            f'{column.name} "{cell}" is written in full-width digits; write {narrow}',
            f"{column.name}「{cell}」は全角です。半角で {narrow} と書いてください",
        )
    if _THOUSANDS.fullmatch(narrow):
        plain = narrow.replace(",", "")
        return Problem(
            place,
            "E342",
            f'{column.name} "{cell}" has thousands separators; write {plain}',
            f"{column.name}「{cell}」に桁区切りがあります。{plain} と書いてください",
        )
    return Problem(
        place,
        "E329",
        f'{column.name} "{cell}" is not a number; the unit is {column.unit} and stays in the column name',
        f"{column.name}「{cell}」は数値ではありません。単位（{column.unit}）は列名だけに書きます",
    )


def _not_finite(cell: str, column: Column, place: str) -> Problem:
    return Problem(
        place,
        "E331",
        f'{column.name} "{cell}" is not a finite number; write the figure or remove the row',
        f"{column.name}「{cell}」は有限の数ではありません。値を書くか行を削除してください",
    )


def _largest_plausible(column: Column) -> float:
    return _LARGEST_PLAUSIBLE_MW.get(column.name, math.inf) if column.unit == "MW" else math.inf


def _outside(value: float, column: Column, place: str) -> Problem | None:
    """Return what is wrong with the size of `value`, if anything is."""
    small = _THOUSANDTH.get(column.unit)
    if small is not None and value > min(_largest_plausible(column), column.high):
        unit = column.unit
        return Problem(
            place,
            "E336",
            f"{column.name} = {value:g} {unit} is too large; {small} in a {unit} column? "
            f"Then it is {value / 1000:g}",
            f"{column.name} = {value:g} {unit} は大きすぎます。{small} なら {value / 1000:g} {unit} です",
        )
    if column.low <= value <= column.high:
        return None
    return Problem(
        place,
        "E332",
        f"{column.name} = {value:g} {column.unit} is outside {column.low:g} to {column.high:g}: "
        f"{column.meaning}",
        f"{column.name} = {value:g} {column.unit} は範囲外です（{column.low:g}〜{column.high:g}）",
    )
