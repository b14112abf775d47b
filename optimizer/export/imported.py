"""Imported tables become files of a pack: each appears whole, by rename, or not at all.

Hours (`hourly_….parquet`) are added to those that are there, series by series; every other file is replaced.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from optimizer.errors import DiskError, UsageError


def write_imported(
    tables: Mapping[str, pd.DataFrame],
    folder: Path,
    *,
    replace: bool = False,
    check: Callable[[Mapping[str, Path]], None] | None = None,
) -> list[Path]:
    """Write tables into `folder`, made if missing: `<name>.csv`, a GeoDataFrame as `<name>.gpkg`.

    Args:
        tables: by file name without ending; the index is not written. `hourly_…` becomes Parquet; a
            GeoDataFrame called `file.layer` becomes that layer of `file.gpkg`.
        folder: the pack, or any folder.
        replace: let files that are there already, with other content, be replaced; of hours only the series
            (site and technology, area and quantity) that are given again.
        check: called when every file is drafted and none is in place, with the drafts by final name; what it
            raises keeps all of them out.

    Returns:
        The files, in order of the tables.

    Raises:
        UsageError: a file is there already and may not be replaced, or `folder` is a file.
        DiskError: a file could not be written.
    """
    targets = {name: folder / _file_name(name, table) for name, table in tables.items()}
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; give a folder with -o")
    there = sorted({path.name for path in targets.values() if path.exists() and path.suffix != ".parquet"})
    if there and not replace:
        raise UsageError(f"{folder} has {', '.join(there)} already; add --replace, or give another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".imported-", dir=folder) as name:
            drafts = {
                path: _written(key, _merged(tables[key], path, replace), Path(name) / path.name)
                for key, path in targets.items()
            }
            if check is not None:
                check({path.name: draft for path, draft in drafts.items()})
            for path, draft in drafts.items():
                draft.replace(path)
    except OSError as error:
        raise DiskError(f"could not write into {folder}: {error.strerror or error}") from error
    return list(targets.values())


def _file_name(name: str, table: pd.DataFrame) -> str:
    if hasattr(table, "to_file"):
        return f"{name.partition('.')[0]}.gpkg"
    return f"{name}.parquet" if name.startswith("hourly_") else f"{name}.csv"


def _merged(table: pd.DataFrame, path: Path, replace: bool) -> pd.DataFrame:
    """Add hours to the series a file of hours holds; any other table is returned as it is.

    Raises:
        UsageError: a series is there with other values, or the file is none of ours, without `replace`.
    """
    if path.suffix != ".parquet" or not path.exists():
        return table
    try:
        old = pd.read_parquet(path)
    except (OSError, ValueError):
        old = pd.DataFrame()
    if list(old.columns) != list(table.columns):
        if replace:
            return table
        raise UsageError(f"{path} is there already and holds something else; add --replace")
    series = list(table.columns[:2])
    again = pd.MultiIndex.from_frame(old[series]).isin(pd.MultiIndex.from_frame(table[series]))
    if again.any() and not replace:
        _refuse_other_hours(old[again], table, path)
    order = [*series, "hour"]
    return pd.concat([old[~again], table], ignore_index=True).sort_values(order, ignore_index=True)


def _refuse_other_hours(old: pd.DataFrame, new: pd.DataFrame, path: Path) -> None:
    order, series = list(new.columns[:3]), list(new.columns[:2])
    both = old.merge(new, on=order, how="outer", suffixes=("", "_new"))
    value = str(new.columns[3])
    named = pd.MultiIndex.from_frame(old[series]).unique()
    both = both[pd.MultiIndex.from_frame(both[series]).isin(named)]
    if not both[value].equals(both[f"{value}_new"].rename(value)):
        words = "; ".join(" ".join(map(str, key)) for key in named[:5])
        raise UsageError(f"{path.name} has other hours of {words} already; add --replace to replace these")


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

    from optimizer.export.gis import STEADY_DATE  # geometry is heavy, and few imports have any

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STEADY_DATE})
    try:
        pyogrio.write_dataframe(table, draft, layer=layer, driver="GPKG", append=draft.exists())
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
