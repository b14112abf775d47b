"""Imported tables become files of a pack: each appears whole, by rename, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from optimizer.errors import DiskError, UsageError
from optimizer.export.gis import STEADY_DATE


def write_imported(tables: Mapping[str, pd.DataFrame], folder: Path, *, replace: bool = False) -> list[Path]:
    """Write tables into `folder`, made if missing: `<name>.csv`, a GeoDataFrame as `<name>.gpkg`.

    Args:
        tables: by file name without ending; the index is not written. `hourly_…` becomes Parquet; a
            GeoDataFrame called `file.layer` becomes that layer of `file.gpkg`.
        folder: the pack, or any folder.
        replace: let files that are there already, with other content, be replaced.

    Returns:
        The files, in order of the tables.

    Raises:
        UsageError: a file is there already and may not be replaced, or `folder` is a file.
        DiskError: a file could not be written.
    """
    targets = {name: folder / _file_name(name, table) for name, table in tables.items()}
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give a folder with -o")
    there = sorted({path.name for path in targets.values() if path.exists()})
    if there and not replace:
        raise UsageError(f"{folder} has {', '.join(there)} already; add --replace, or give another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".imported-", dir=folder) as name:
            drafts = {
                path: _written(key, tables[key], Path(name) / path.name) for key, path in targets.items()
            }
            for path, draft in drafts.items():
                draft.replace(path)
    except OSError as error:
        raise DiskError(f"could not write into {folder}: {error.strerror or error}") from error
    return list(targets.values())


def _file_name(name: str, table: pd.DataFrame) -> str:
    if hasattr(table, "to_file"):
        return f"{name.partition('.')[0]}.gpkg"
    return f"{name}.parquet" if name.startswith("hourly_") else f"{name}.csv"


def _written(name: str, table: pd.DataFrame, draft: Path) -> Path:
    to_layer = getattr(table, "to_file", None)
    if callable(to_layer):
        layer = name.partition(".")[2] or name
        _add_layer(table, draft, layer)
    elif draft.suffix == ".parquet":
        table.to_parquet(draft, index=False, compression="zstd")
    else:
        table.to_csv(draft, index=False, lineterminator="\n", encoding="utf-8")
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    return draft


def _add_layer(table: pd.DataFrame, draft: Path, layer: str) -> None:
    """Write one layer of a GeoPackage, with a steady date: the same tables give the same bytes."""
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STEADY_DATE})
    try:
        pyogrio.write_dataframe(table, draft, layer=layer, driver="GPKG", append=draft.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
