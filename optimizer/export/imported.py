"""Imported tables become files of a pack: each appears whole, by rename, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from optimizer.errors import DiskError, UsageError


def write_imported(tables: Mapping[str, pd.DataFrame], folder: Path, *, replace: bool = False) -> list[Path]:
    """Write tables into `folder`, made if missing: `<name>.csv`, a GeoDataFrame as `<name>.gpkg`.

    Args:
        tables: by file name without ending; the index is not written.
        folder: the pack, or any folder.
        replace: let files that are there already, with other content, be replaced.

    Returns:
        The files, in order of the tables.

    Raises:
        UsageError: a file is there already and may not be replaced, or `folder` is a file.
        DiskError: a file could not be written.
    """
    targets = {name: folder / f"{name}{_ending(table)}" for name, table in tables.items()}
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give a folder with -o")
    there = [path.name for path in targets.values() if path.exists()]
    if there and not replace:
        raise UsageError(f"{folder} has {', '.join(there)} already; add --replace, or give another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".imported-", dir=folder) as name:
            drafts = [(_written(tables[key], Path(name) / path.name), path) for key, path in targets.items()]
            for draft, path in drafts:
                draft.replace(path)
    except OSError as error:
        raise DiskError(f"could not write into {folder}: {error.strerror or error}") from error
    return list(targets.values())


def _ending(table: pd.DataFrame) -> str:
    return ".gpkg" if hasattr(table, "to_file") else ".csv"


def _written(table: pd.DataFrame, draft: Path) -> Path:
    to_layer = getattr(table, "to_file", None)
    if callable(to_layer):
        to_layer(draft, layer=draft.stem, driver="GPKG")
    else:
        table.to_csv(draft, index=False, lineterminator="\n", encoding="utf-8")
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    return draft
