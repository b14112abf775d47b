"""A country's data pack: find it, read it, and refuse it with every fault named at once.

Codes of this module and its two helpers, all `E320` to `E349`: see `docs/errors.md`.
"""

from __future__ import annotations

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
)
from optimizer.inputs.pack_points import without_swapped
from optimizer.inputs.pack_table import check_header, label_of, read_text_table, typed_table
from optimizer.scenario.sources import shipped_folder
from optimizer.scenario.tables import (
    LIMIT_TABLES,
    OPTIONAL_TABLES,
    PACK_TABLES,
    PARAMETER_COLUMNS,
    TableSchema,
)

_CLASSES = ("iaas", "saas", "ai_inf", "ai_train")
_BY_CLASS = ("for", "rho", "g", "alpha", "v", "u", "phi", "H", "sw", "delta")
COUNTRY_PARAMETERS = (
    *("S_cloud_2025", "mix_iaas", "S_ai_inf_2025", "S_ai_train_2025", "switch", "pi", "m_hw", "m_gpu"),
    *("fac", "m_fac", "el", "m_fuel", "re", "re_for", "own_for", "margin", "u_for", "omega"),
    *("jpy_per_usd", "fx_elasticity", "computer_share_of_cloud", "growth_correlation"),
    *(f"{prefix}_{line}" for prefix in _BY_CLASS for line in _CLASSES),
)
"""Parameters a pack must bring itself; all others may come from the shared `data/parameters.csv`."""


@dataclass(frozen=True)
class Pack:
    """The tables of one country as read, checked and sorted; units as in the files."""

    name: str
    tables: dict[str, pd.DataFrame]
    """One per entry of `PACK_TABLES`, indexed by its key, rows in order of the key; of `LIMIT_TABLES` those
    there are."""

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


@dataclass(frozen=True)
class TablesAsRead:
    """The tables of a pack as far as they can be read, and everything found wrong with them."""

    folder: Path
    tables: dict[str, pd.DataFrame]
    """By name, keys as columns; the index of every row is its place, `file:line`."""

    parameters: pd.DataFrame
    """As in `Pack`; empty where a file of them cannot be read."""

    problems: tuple[Problem, ...]


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
    return pack_of(tables_as_read(folder))


def tables_as_read(folder: Path) -> TablesAsRead:
    """Read every table and parameter of the pack in `folder`, and gather what is wrong instead of raising.

    Raises:
        InputError: E320, there is no such folder.
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
        name: _read_table(folder / f"{name}.csv", schema, problems)
        for name, schema in _schemas(folder).items()
    }
    tables = {name: table for name, table in raw.items() if table is not None}
    for check in (check_references, check_sums, check_complete, check_identities):
        problems += check(tables)
    problems += check_hourly(folder, tables)
    problems += _optional_faults(folder)
    parameters = _read_parameters(_shared_parameters(folder), folder, problems)
    return TablesAsRead(folder, tables, parameters, tuple(problems))


def pack_of(read: TablesAsRead) -> Pack:
    """Return the pack of tables without a fault.

    Raises:
        InputError: every problem, in order of file and line.
    """
    if read.problems:
        raise InputError(sorted(read.problems, key=place_order))
    return Pack(
        name=read.folder.name,
        tables={name: _canonical(table, _schemas(read.folder)[name]) for name, table in read.tables.items()},
        parameters=read.parameters,
        folder=read.folder,
        hashes=_hashes(read.folder, _shared_parameters(read.folder)),
    )


def _shared_parameters(folder: Path) -> Path:
    beside = folder.parent / "parameters.csv"
    return beside if beside.is_file() else shipped_folder("data") / "parameters.csv"


def _schemas(folder: Path) -> dict[str, TableSchema]:
    """Return the tables of the pack a plan rests on: all it needs, and of the others those that limit it."""
    limits = {name: OPTIONAL_TABLES[name] for name in LIMIT_TABLES if (folder / f"{name}.csv").is_file()}
    return PACK_TABLES | limits


def _optional_faults(folder: Path) -> list[Problem]:
    """Return what is wrong with tables a pack may hold and a plan does not need."""
    problems: list[Problem] = []
    for name, schema in OPTIONAL_TABLES.items():
        if name not in LIMIT_TABLES and (folder / f"{name}.csv").is_file():
            _read_table(folder / f"{name}.csv", schema, problems)
    return problems


def place_order(problem: Problem) -> tuple[str, int, str]:
    """Return what problems are sorted by: file, line, code."""
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
    found = without_swapped(text, found)
    problems += found + check_rows(schema, table)
    return table


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
    problems += _shared_missing(shared, set(together["name"]))
    return together.set_index("name").sort_index()


def _shared_missing(shared: Path, have: set[str]) -> list[Problem]:
    """Return parameters of the shipped table that the tables of a pack lack (E347)."""
    shipped = shipped_folder("data") / "parameters.csv"
    if shared == shipped:
        return []
    text = read_text_table(shipped, [])
    names = [row[0] for row in text.rows] if text is not None else []
    return [
        Problem(
            label_of(shared),
            "E347",
            f'parameter "{name}" is missing; copy its row from the shipped parameters.csv (wattbit init)',
            f"パラメータ「{name}」がありません。同梱の parameters.csv から行を写してください",
        )
        for name in names
        if name not in have
    ]


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
        if path.stem not in set(OPTIONAL_TABLES) - set(LIMIT_TABLES)  # no plan rests on them
    )
    result = {f"{folder.name}/{path.name}": sha256(path.read_bytes()).hexdigest() for path in files}
    result[shared.name] = sha256(shared.read_bytes()).hexdigest()
    return result
