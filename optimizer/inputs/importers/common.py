"""What every importer needs: bytes to text, text to numbers, faults with file and line.

Codes `E380` to `E389` mean the same for every kind of file, see `docs/errors.md`.
"""

from __future__ import annotations

import csv
import gzip
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.pack_table import LARGEST_FILE_BYTES, label_of

T = TypeVar("T")

SHOWN = 5
"""Cells of one column, or moments of one file, named one by one before the rest is counted."""

ENCODINGS = ("utf-8-sig", "cp932")
_NEVER_WRITTEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\uf8f0-\uf8f3\ufffd]")
"""Control characters, and what CP932 makes of bytes it does not have."""

_HEADER_WITHIN = 20
_THOUSANDS = r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?"


class Faults:
    """Problems of one file as they are found; `fail` gives them all at once."""

    def __init__(self, path: Path) -> None:
        self.label = label_of(path)
        self.problems: list[Problem] = []

    def add(self, line: int, code: str, message: str, message_ja: str) -> None:
        """Note one problem; line 0 means the whole file."""
        place = f"{self.label}:{line}" if line else self.label
        self.problems.append(Problem(place, code, message, message_ja))

    def fail(self) -> None:
        """Raise what was noted, if anything.

        Raises:
            InputError: every problem noted.
        """
        if self.problems:
            raise InputError(self.problems)


def read_text(path: Path) -> str:
    """Return the whole file as text, NFKC-normalised (full-width brackets and digits become plain).

    A file compressed with gzip is read too.

    Raises:
        InputError: E380 no such file, or too large; E381 neither UTF-8 nor CP932; E382 empty.
    """
    faults = Faults(path)
    if not path.is_file():
        faults.add(0, "E380", "no such file", "ファイルがありません")
        faults.fail()
    raw = _bytes_of(path)
    if len(raw) > LARGEST_FILE_BYTES:
        limit = LARGEST_FILE_BYTES // 1_000_000
        faults.add(0, "E380", f"the file is larger than {limit} MB", f"ファイルが {limit} MB を超えています")
        faults.fail()
    text = _decoded(raw)
    if text is None:
        line = _first_undecodable_line(raw)
        faults.add(
            line,
            "E381",
            "bytes that are neither UTF-8 nor CP932; download the file again or save it as CSV UTF-8",
            "UTF-8 でも CP932 でもありません。再度ダウンロードするか CSV UTF-8 で保存してください",
        )
        faults.fail()
    elif not text.strip():
        faults.add(
            0, "E382", "the file is empty; download it again", "ファイルが空です。再度取得してください"
        )
        faults.fail()
    return unicodedata.normalize("NFKC", text or "")


def read_rows(path: Path, first_column: str | tuple[str, ...], faults: Faults) -> pd.DataFrame:
    """Read the table below the header row that starts with `first_column`, every cell as text.

    Args:
        path: the file; lines above the header are left out, rows without any figure too.
        first_column: first cell of the header row, or the several it may be.
        faults: where E382 (no rows), E383 (no such header) and E384 (rows of another width) go, and fail.

    Returns:
        One column per name of the header, and `line`, the line of the file each row stands on.
    """
    text = read_text(path).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    header = next(
        (i for i, line in enumerate(lines[:_HEADER_WITHIN]) if _starts_with(line, first_column)), None
    )
    if header is None:
        name = first_column if isinstance(first_column, str) else " / ".join(first_column)
        faults.add(
            1,
            "E383",
            f'no header row that starts with "{name}" in the first {_HEADER_WITHIN} lines; is it '
            "another kind of file?",
            f"先頭が「{name}」の見出し行がありません。別の種類のファイルではありませんか",
        )
        faults.fail()
        raise AssertionError  # not reached: fail() raised
    names = records_of([lines[header]], header + 1, faults)[0]
    while names and not names[-1].strip():
        names.pop()
    rows = _cells(lines, header, len(names), faults)
    rows.columns = pd.Index([name.strip() for name in names])
    rows["line"] = np.arange(header + 2, header + 2 + len(rows))
    filled = (rows[rows.columns[:-1]] != "").any(axis=1)
    if not filled.any():
        faults.add(
            header + 1, "E382", "no rows below the header; download the file again", "データ行がありません"
        )
    faults.fail()
    return rows[filled].copy()


def records_of(lines: Sequence[str], first: int, faults: Faults) -> list[list[str]]:
    """Return lines as cells; a quote that is never closed swallows what follows, and fails.

    Args:
        lines: without their ends.
        first: line of the file the first of them stands on.
        faults: where E384 goes.
    """
    reader = csv.reader(lines)
    records: list[list[str]] = []
    before = 0
    try:
        for record in reader:
            before = reader.line_num
            records.append(record)
    except csv.Error:
        faults.add(
            first + before,
            "E384",
            "a cell that starts here has no end; is there a quote too many?",
            "ここから始まるセルが終わりません。引用符が余分ではありませんか",
        )
        faults.fail()
    return records


def _starts_with(line: str, first_column: str | tuple[str, ...]) -> bool:
    return line.lstrip().removeprefix('"').startswith(first_column)


def _cells(lines: list[str], header: int, width: int, faults: Faults) -> pd.DataFrame:
    """Every line below the header as cells, exactly `width` of them."""
    records = records_of(lines[header + 1 :], header + 2, faults)
    odd = [
        (number, len(record))
        for number, record in enumerate(records, start=header + 2)
        if any(record) and (len(record) < width or any(cell.strip() for cell in record[width:]))
    ]
    filled = sum(any(record) for record in records)
    if len(odd) > 1 and len(odd) == filled:
        faults.add(
            header + 1,
            "E384",
            f"the header has {width} columns, the rows {odd[0][1]}; a name is missing or was edited",
            f"見出しは {width} 列、データは {odd[0][1]} 列です",
        )
        odd = []
    for number, cells_there in odd[:SHOWN]:
        what = "the file was cut here, or edited" if cells_there < width else "quote cells that hold a comma"
        faults.add(
            number,
            "E384",
            f"{cells_there} cells where the header has {width}; {what}",
            f"見出しは {width} 列、この行は {cells_there} 列です",
        )
    if (more := len(odd) - SHOWN) > 0:
        faults.add(0, "E384", f"{more} more rows of another width", f"他 {more} 行も列数が違います")
    faults.fail()
    blank = [""] * width
    cells = [[cell.strip() for cell in (record + blank)[:width]] for record in records]
    return pd.DataFrame(cells, columns=range(width), dtype=str)


def numbers(cells: pd.Series, lines: pd.Series, name: str, faults: Faults) -> pd.Series:
    """Turn the cells of one column into numbers; note those that are not.

    Args:
        cells: text without spaces around it; commas between thousands are accepted.
        lines: line of the file each cell stands on.
        name: column as the file names it.
        faults: where E385 (not a number) and E386 (empty or not finite) go.

    Returns:
        Finite numbers where the cell was sound, NaN elsewhere.
    """
    values = pd.to_numeric(cells, errors="coerce").astype(float)
    if values.isna().any():
        commas = cells.str.replace(",", "", regex=False).where(cells.str.fullmatch(_THOUSANDS), cells)
        values = pd.to_numeric(commas, errors="coerce").astype(float)
    infinite = ~np.isfinite(values)
    for at in list(cells.index[infinite])[:SHOWN]:
        line, cell = int(lines.loc[at]), str(cells.loc[at])
        if cell == "":
            faults.add(line, "E386", f'"{name}" is empty; empty is not zero', f"「{name}」が空欄です")
        else:
            faults.add(
                line,
                "E385",
                f'"{name}": {cell[:40]!r} is not a number; correct the cell or download the file again',
                f"「{name}」の値 {cell[:40]!r} は数値ではありません",
            )
    if (more := int(infinite.sum()) - SHOWN) > 0:
        faults.add(
            0,
            "E385",
            f'"{name}": {more} more cells are not numbers',
            f"「{name}」に他 {more} 件の誤りがあります",
        )
    return values.where(~infinite)


def note_repeated(moments: pd.Series, lines: pd.Series, what: str, faults: Faults) -> None:
    """Note moments that were there before (E387), each on its line.

    Args:
        moments: one per row.
        lines: line of the file each row stands on, same index.
        what: words before the moment, e.g. a link and a colon; may be empty.
        faults: where to note.
    """
    repeated = moments.index[moments.duplicated()]
    for at in list(repeated)[:SHOWN]:
        first = int(lines.loc[moments.index[moments == moments.at[at]][0]])
        when = f"{what}{moments.at[at]:%Y-%m-%d %H:%M}"
        faults.add(
            int(lines.loc[at]),
            "E387",
            f"{when} is given twice, first in line {first}; keep one",
            f"{when} が重複しています（最初は {first} 行目）",
        )
    if (more := len(repeated) - SHOWN) > 0:
        faults.add(0, "E387", f"{what}{more} more rows given twice", f"{what}他 {more} 行も重複しています")


def named_moments(moments: Sequence[object]) -> str:
    """Return the first few of many moments as words, and how many more there are."""
    shown = ", ".join(str(moment) for moment in moments[:SHOWN])
    return shown if len(moments) <= SHOWN else f"{shown} and {len(moments) - SHOWN} more"


def together(problems: Sequence[Problem]) -> None:
    """Raise all problems at once, if there are any.

    Raises:
        InputError: every problem given.
    """
    if problems:
        raise InputError(list(problems))


def read_each(files: Iterable[Path], read_one: Callable[[Path], T]) -> list[T]:
    """Read every file, and name the faults of all of them before giving up.

    Raises:
        InputError: every problem of every file.
    """
    problems: list[Problem] = []
    found: list[T] = []
    for path in files:
        try:
            found.append(read_one(path))
        except InputError as error:
            problems += error.problems
    together(problems)
    return found


def _bytes_of(path: Path) -> bytes:
    """Content of a file, unpacked if it is gzip; never more than one byte above the limit."""
    with path.open("rb") as plain:
        start = plain.read(2)
    if start != b"\x1f\x8b":
        with path.open("rb") as plain:
            return plain.read(LARGEST_FILE_BYTES + 1)
    try:
        with gzip.open(path) as packed:
            return packed.read(LARGEST_FILE_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return b"\xff\xff"  # neither UTF-8 nor CP932: named as such


def _decoded(raw: bytes) -> str | None:
    for encoding in ENCODINGS:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _NEVER_WRITTEN.search(text) is None:
            return text
    return None


def _first_undecodable_line(raw: bytes) -> int:
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if _decoded(line) is None:
            return number
    return 0
