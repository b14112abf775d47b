"""A country's data pack: find it, read it, and refuse it with every fault named at once.

Codes of this module and its two helpers, all `E320` to `E349`: see `docs/errors.md`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path

import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.hourly import HOURLY_FILES, check_hourly
from optimizer.inputs.pack_checks import (
    check_complete,
    check_identities,
    check_parameter_rows,
    check_references,
    check_rows,
    check_sums,
    swapped_rows,
)
from optimizer.inputs.pack_table import check_header, label_of, read_text_table, typed_table
from optimizer.scenario.sources import shipped_folder
from optimizer.scenario.tables import OPTIONAL_TABLES, PACK_TABLES, PARAMETER_COLUMNS, TableSchema

_CLASSES = ("iaas", "saas", "ai_inf", "ai_train")
_BY_CLASS = ("for", "rho", "g", "alpha", "v", "u", "phi", "H", "sw", "delta")
COUNTRY_PARAMETERS = (
    *("S_cloud_2025", "mix_iaas", "S_ai_inf_2025", "S_ai_train_2025", "switch", "pi", "m_hw", "m_gpu"),
    *("fac", "m_fac", "el", "m_fuel", "re", "own_for", "margin", "u_for", "omega"),
    *("jpy_per_usd", "fx_elasticity"),
    *(f"{prefix}_{line}" for prefix in _BY_CLASS for line in _CLASSES),
)
"""Parameters a pack must bring itself; all others may come from the shared `data/parameters.csv`."""


@dataclass(frozen=True)
class Pack:
    """The tables of one country as read, checked and sorted; units as in the files."""

    name: str
    tables: dict[str, pd.DataFrame]
    """One per entry of `PACK_TABLES`, indexed by its key, rows in order of the key."""

    parameters: pd.DataFrame
    """Index name; columns of `PARAMETER_COLUMNS`. Shared rows, then `weather_parameters.csv`, then the pack's
    own `parameters.csv`; the later wins."""

    folder: Path
    hashes: dict[str, str]
    """SHA-256 of every CSV, GeoPackage and hourly file, by path below the data folder: `japan/sites.csv`."""


def find_pack(name: str, near: Sequence[Path] = ()) -> Path:
    """Return the folder of the pack `name`: a shipped one, or a folder given by its path.

    Args:
        name: e.g. `japan` or `./mypack`.
        near: folders a relative path counts from, before the current one: those of the scenario's files.

    Raises:
        InputError: E320, no such pack; the message names those that exist.
    """
    data = shipped_folder("data")
    shipped = sorted(child.name for child in data.iterdir() if (child / "areas.csv").is_file())
    if name in shipped:
        return data / name
    if "/" in name or "\\" in name:
        for folder in (*near, Path()):
            if (folder / name).is_dir():
                return folder / name
    close = get_close_matches(name, shipped, n=1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    have = ", ".join(shipped) or "none"
    raise InputError(
        [
            Problem(
                "pack",
                "E320",
                f'pack "{name}" is not known; shipped: {have}; or give a folder, e.g. ./mypack.{hint}',
                f"パック「{name}」がありません。同梱: {have}。フォルダは ./mypack のように指定します",
            )
        ]
    )


def read_pack(folder: Path) -> Pack:
    """Read and check every table and parameter of the pack in `folder`.

    Args:
        folder: holds one CSV per entry of `PACK_TABLES` and `parameters.csv`; the shared `parameters.csv` is
            taken from the folder above, or else from the shipped data.

    Returns:
        The pack; all figures finite and within bounds, all references met, all shares summing to 1.

    Raises:
        InputError: with every problem of every file, codes E320 to E349.
    """
    if not folder.is_dir():
        raise InputError(
            [
                Problem(
                    label_of(folder), "E320", "the pack's folder is missing", "パックのフォルダがありません"
                )
            ]
        )
    problems: list[Problem] = []
    raw = {
        name: _read_table(folder / f"{name}.csv", schema, problems) for name, schema in PACK_TABLES.items()
    }
    tables = {name: table for name, table in raw.items() if table is not None}
    for check in (check_references, check_sums, check_complete, check_identities):
        problems += check(tables)
    problems += check_hourly(folder, tables)
    problems += _optional_faults(folder)
    shared = folder.parent / "parameters.csv"
    if not shared.is_file():
        shared = shipped_folder("data") / "parameters.csv"
    parameters = _read_parameters(shared, folder, problems)
    if problems:
        raise InputError(sorted(problems, key=_place_order))
    return Pack(
        name=folder.name,
        tables={name: _canonical(table, PACK_TABLES[name]) for name, table in tables.items()},
        parameters=parameters,
        folder=folder,
        hashes=_hashes(folder, shared),
    )


def _optional_faults(folder: Path) -> list[Problem]:
    """Return what is wrong with tables a pack may hold and a plan does not need."""
    problems: list[Problem] = []
    for name, schema in OPTIONAL_TABLES.items():
        if (folder / f"{name}.csv").is_file():
            _read_table(folder / f"{name}.csv", schema, problems)
    return problems


def _place_order(problem: Problem) -> tuple[str, int, str]:
    file, _, line = problem.place.partition(":")
    return file, int(line) if line.isdigit() else 0, problem.code


def _read_table(path: Path, schema: TableSchema, problems: list[Problem]) -> pd.DataFrame | None:
    """Return one table with its cells checked, or None where it cannot be read."""
    text = read_text_table(path, problems, schema.may_be_empty)
    if text is None:
        return None
    check_header(text, schema.columns, problems)
    found: list[Problem] = []
    table = typed_table(text, schema.columns, found)
    if {"lon", "lat"} <= set(text.header):
        written = pd.DataFrame(list(text.rows), columns=list(text.header))[["lon", "lat"]].apply(
            pd.to_numeric, errors="coerce"
        )
        for row in swapped_rows(written):
            where = f"{text.label}:{text.lines[row]}"
            found = [
                one for one in found if not (one.place == where and re.match(r"(lon|lat) =", one.message))
            ]
            found.append(_swapped(where, text.rows[row][0], written.iloc[row]))
    problems += found + check_rows(schema, table)
    return table


def _swapped(where: str, key: str, point: pd.Series) -> Problem:
    lon, lat = float(point["lon"]), float(point["lat"])
    return Problem(
        where,
        "E322",
        f'"{key}": lon {lon:g}, lat {lat:g} lie far from the other rows; longitude and latitude look swapped',
        f"「{key}」: lon {lon:g}, lat {lat:g} が他の行から離れています。経度と緯度が逆のようです",
    )


def _read_parameters(shared: Path, folder: Path, problems: list[Problem]) -> pd.DataFrame:
    """Return the shared parameters with the pack's weather rows and its own rows on top."""
    own, weather = folder / "parameters.csv", folder / "weather_parameters.csv"
    frames: list[pd.DataFrame] = []
    for path in (shared, weather, own) if weather.is_file() else (shared, own):
        text = read_text_table(path, problems)
        if text is None:
            return pd.DataFrame()
        check_header(text, PARAMETER_COLUMNS, problems)
        table = typed_table(text, PARAMETER_COLUMNS, problems)
        if "name" not in table:
            return pd.DataFrame()
        problems += check_parameter_rows(table)
        frames.append(table)
    problems += [
        Problem(
            label_of(own),
            "E347",
            f'parameter "{name}" is missing; the capture model needs it',
            f"パラメータ「{name}」がありません",
        )
        for name in COUNTRY_PARAMETERS
        if name not in set(frames[-1]["name"])
    ]
    together = pd.concat(frames, ignore_index=True).drop_duplicates("name", keep="last")
    return together.set_index("name").sort_index()


def _canonical(table: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    """Return the table indexed by its key, sorted, columns in the order of the schema."""
    result = table.reset_index(drop=True)
    for column in schema.columns:
        if column.name not in result:  # optional and absent: the cell is empty, not zero
            result[column.name] = "" if column.is_text else float("nan")
        elif column.name in schema.key and not column.is_text:
            result[column.name] = result[column.name].astype("int64")
    return result[list(schema.column_names)].set_index(list(schema.key)).sort_index()


def _hashes(folder: Path, shared: Path) -> dict[str, str]:
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix in {".csv", ".gpkg"} or path.name in HOURLY_FILES
        if path.stem not in OPTIONAL_TABLES  # no plan rests on them
    )
    result = {f"{folder.name}/{path.name}": sha256(path.read_bytes()).hexdigest() for path in files}
    result[shared.name] = sha256(shared.read_bytes()).hexdigest()
    return result
