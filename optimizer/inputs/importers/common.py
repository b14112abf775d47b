"""What every importer needs: bytes to text, text to numbers, faults with file and line.

Codes `E380` to `E389` mean the same for every kind of file, see `docs/errors.md`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.pack_table import LARGEST_FILE_BYTES, label_of

SHOWN = 5
"""Cells of one column, or moments of one file, named one by one before the rest is counted."""

ENCODINGS = ("utf-8-sig", "cp932")


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

    Raises:
        InputError: E380 no such file, or too large; E381 neither UTF-8 nor CP932; E382 empty.
    """
    faults = Faults(path)
    if not path.is_file():
        faults.add(0, "E380", "no such file", "ファイルがありません")
        faults.fail()
    if path.stat().st_size > LARGEST_FILE_BYTES:
        limit = LARGEST_FILE_BYTES // 1_000_000
        faults.add(0, "E380", f"the file is larger than {limit} MB", f"ファイルが {limit} MB を超えています")
        faults.fail()
    raw = path.read_bytes()
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


def numbers(cells: pd.Series, lines: pd.Series, name: str, faults: Faults) -> pd.Series:
    """Turn the cells of one column into numbers; note those that are not.

    Args:
        cells: text; spaces around it and commas between thousands are accepted.
        lines: line of the file each cell stands on.
        name: column as the file names it.
        faults: where E385 (not a number) and E386 (empty or not finite) go.

    Returns:
        Finite numbers where the cell was sound, NaN elsewhere.
    """
    text = cells.str.strip()
    plain = text.str.replace(r"^([+-]?\d{1,3})((?:,\d{3})+)(\.\d+)?$", _without_commas, regex=True)
    values = pd.to_numeric(plain, errors="coerce").astype(float)
    infinite = ~np.isfinite(values)
    for at in list(cells.index[infinite])[:SHOWN]:
        line, cell = int(lines.loc[at]), str(text.loc[at])
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


def _without_commas(match: object) -> str:
    return str(match.group(0)).replace(",", "")  # type: ignore[attr-defined]


def _decoded(raw: bytes) -> str | None:
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _first_undecodable_line(raw: bytes) -> int:
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if _decoded(line) is None:
            return number
    return 0
