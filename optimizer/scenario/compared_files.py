"""Files of a finished run as a comparison reads them: damaged or changed ones are refused by name."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd
from pyarrow import ArrowException

from optimizer.errors import InputError, Problem

NEEDED = ("sites", "areas")
"""Tables without which nothing can be compared."""

WANTED = ("stack", "options", "flows", "interties")
"""Tables that are read where they are there."""

MANIFEST = "MANIFEST.sha256"


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Return :data:`NEEDED`, and of :data:`WANTED` the tables that are there.

    Raises:
        InputError: E377, a table is missing or cannot be read; E378, it was changed.
    """
    place = folder / "tables" if (folder / "tables").is_dir() else folder
    tables = {}
    for name in (*NEEDED, *WANTED):
        file = place / f"{name}.parquet"
        if file.is_file():
            tables[name] = _table(file)
            refuse_changed(folder, file)
        elif name in NEEDED:
            refuse(
                file, f"table {name} is missing; run it again", f"表 {name} がありません。再実行してください"
            )
    return tables


def _table(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(io.BytesIO(file.read_bytes()))
    except (OSError, ValueError, KeyError, ArrowException) as error:
        words = f"this table cannot be read: {type(error).__name__}; run it again"
        refuse(file, words, "表が読めません。再実行してください")


def read_json(file: Path) -> dict[str, Any]:
    """Return the content of a file of plain values.

    Raises:
        InputError: E377, it cannot be read, or is not ours.
    """
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        refuse(file, f"cannot be read: {type(error).__name__}", "読めません")
    if not isinstance(content, dict):
        refuse(file, "is not what wattbit writes", "wattbit の書いた形ではありません")
    return dict(content)


def refuse_changed(folder: Path, *files: Path) -> None:
    """Refuse files of a run that are not what its manifest says; the years of a pathway share one manifest.

    Raises:
        InputError: E378, names the file.
    """
    for root in (folder, folder.parent.parent):
        try:
            lines = (root / MANIFEST).read_text("utf-8").splitlines()
        except (OSError, ValueError):
            continue
        known = {line[66:]: line[:64] for line in lines}
        for file in files:
            said = known.get(file.relative_to(root).as_posix())
            if said is not None and hashlib.sha256(file.read_bytes()).hexdigest() != said:
                words = f"is not what {MANIFEST} says: the folder was changed; run it again"
                words_ja = f"{MANIFEST} と一致しません。フォルダが変更されています。再実行してください"
                raise InputError([Problem(str(file), "E378", words, words_ja)])


def refuse(place: Path, words: str, words_ja: str) -> NoReturn:
    """Say what cannot be compared.

    Raises:
        InputError: E377.
    """
    raise InputError([Problem(str(place), "E377", words, words_ja)])
