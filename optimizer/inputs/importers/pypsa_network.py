"""The tables of a PyPSA network as its files hold them, checked; and its defaults for what is not written."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.importers.common import Faults, read_text, records_of
from optimizer.inputs.importers.netcdf import network_of_netcdf
from optimizer.inputs.pack_table import label_of

NEEDED = ("buses", "generators")
KNOWN = (*NEEDED, "lines", "links", "loads", "storage_units", "carriers")
SERIES = (("generators", "p_max_pu"), ("loads", "p_set"))
"""What of the hourly values is read."""

COLUMNS = {
    "generators": ("bus", "p_nom"),
    "lines": ("bus0", "bus1"),
    "links": ("bus0", "bus1"),
    "loads": ("bus",),
    "storage_units": ("bus",),
}
"""What a component cannot do without."""

NUMBERS = (
    "x", "y", "s_nom", "s_max_pu", "p_nom", "p_max_pu", "p_min_pu", "efficiency", "marginal_cost", "p_set",
    "max_hours", "efficiency_store", "efficiency_dispatch", "co2_emissions",
)  # fmt: skip


@dataclass(frozen=True)
class Network:
    """A PyPSA network as tables."""

    label: str
    static: dict[str, pd.DataFrame]
    """Component → attributes, index name."""

    series: dict[tuple[str, str], pd.DataFrame]
    """(component, attribute) → values by snapshot and name."""


def of_netcdf(path: Path) -> Network:
    """Read `network.export_to_netcdf`.

    Raises:
        InputError: E380, E397, E398.
    """
    static, series = network_of_netcdf(path)
    return complete(Network(label_of(path), static, series))


def of_folder(files: Sequence[Path]) -> Network:
    """Read the files of `network.export_to_csv_folder`; others beside them are left alone.

    Raises:
        InputError: E333, E385, E386, E398.
    """
    static: dict[str, pd.DataFrame] = {}
    series: dict[tuple[str, str], pd.DataFrame] = {}
    problems: list[Problem] = []
    label = label_of(files[0].parent)
    for path in files:
        component, _, attribute = path.stem.partition("-")
        if path.suffix != ".csv" or component not in KNOWN:
            continue
        if attribute and (component, attribute) not in SERIES:
            continue
        table = _table(path)
        if attribute:
            series[component, attribute] = _numeric(table, list(table.columns), path, problems)
        else:
            columns = [name for name in NUMBERS if name in table]
            static[component] = _numeric(table, columns, path, problems)
    if problems:
        raise InputError(problems)
    return complete(Network(label, static, series))


def _table(path: Path) -> pd.DataFrame:
    text = read_text(path)
    try:  # an empty cell is PyPSA's default; `NaN` is a word
        table = pd.read_csv(io.StringIO(text), index_col=0, keep_default_na=False, na_values=[""])
    except (ValueError, OSError) as error:
        reason = str(error).splitlines()[0][:120]
        problem = Problem(label_of(path), "E398", f"not a table of a network: {reason}", "表として読めません")
        raise InputError([problem]) from None
    table.index = table.index.map(str)
    return table


def _numeric(table: pd.DataFrame, columns: list[str], path: Path, problems: list[Problem]) -> pd.DataFrame:
    """Return columns as numbers, empty cells NaN; note what is neither (E385) and gaps of series (E386)."""
    result = table.copy()
    for column in columns:
        values = pd.to_numeric(table[column], errors="coerce").astype(float)
        values = values.where(np.isfinite(values))
        words_in = table.index[values.isna() & table[column].notna()]
        gaps = table.index[values.isna()] if "-" in path.stem else words_in[:0]
        for at, code in ((words_in, "E385"), (gaps.difference(words_in), "E386")):
            if len(at):
                line = int(np.flatnonzero(table.index == at[0])[0]) + 2
                what = (
                    f'"{str(table.at[at[0], column])[:30]}" is not a number' if code == "E385" else "is empty"
                )
                message = f"{column}: {what} ({len(at)} rows)"
                problems.append(
                    Problem(f"{label_of(path)}:{line}", code, message, f"{column} が数値ではありません")
                )
        result[column] = values
    return result


def complete(network: Network) -> Network:
    """Refuse a network without buses or generators, with names twice, or with ends that are no bus."""
    problems = [
        Problem(
            network.label, "E398", f"{name} are missing: is this a PyPSA network?", f"{name} がありません"
        )
        for name in NEEDED
        if name not in network.static or not len(network.static[name])
    ]
    buses = set(network.static.get("buses", pd.DataFrame()).index)
    for component, table in network.static.items():
        problems += _absent(network.label, component, table)
        for at in map(int, np.flatnonzero(table.index.duplicated())):
            message = f'{component}: "{table.index[at]}" is there twice'
            place = f"{network.label}/{component}.csv:{at + 2}"
            problems.append(Problem(place, "E333", message, f"「{table.index[at]}」が重複"))
        for column in ("p_nom", "s_nom"):
            negative = table.index[pd.to_numeric(table[column]) < 0] if column in table else table.index[:0]
            for name in negative[:5]:
                line = int(np.flatnonzero(table.index == name)[0]) + 2
                message = f'{component} "{name!s}": {column} is below zero'
                place = f"{network.label}/{component}.csv:{line}"
                problems.append(Problem(place, "E332", message, f"{column} が負です"))
        for end in ("bus", "bus0", "bus1"):
            if end not in table or not buses:
                continue
            for name in list(table.index[~table[end].astype(str).isin(buses)])[:5]:
                line = int(np.flatnonzero(table.index == name)[0]) + 2
                message = f'{component} "{name}": {end} "{table.at[name, end]!s}" is not in buses'
                place = f"{network.label}/{component}.csv:{line}"
                problems.append(Problem(place, "E398", message, f"{end} が buses にありません"))
    if problems:
        raise InputError(problems)
    return network


def _absent(label: str, component: str, table: pd.DataFrame) -> list[Problem]:
    """Return attributes without which a component says nothing; PyPSA writes them whenever it has rows."""
    return [
        Problem(
            f"{label}/{component}.csv:1",
            "E398",
            f'column "{name}" is missing, there are {", ".join(map(str, table.columns))[:80]}; was the file '
            "edited, or written with another delimiter?",
            f"列「{name}」がありません",
        )
        for name in COLUMNS.get(component, ())
        if len(table) and name not in table
    ]


def pairs(path: Path, left: str, right: str) -> dict[str, str]:
    """Return two columns of a CSV file as a mapping.

    Raises:
        InputError: E380 no file, E325 a column is missing, E381, E382 its text, E384 a row too wide.
    """
    faults = Faults(path)
    rows = [
        (line, [cell.strip() for cell in row])
        for line, row in enumerate(records_of(read_text(path).splitlines(), 1, faults), start=1)
        if any(row)
    ]
    header = rows[0][1]
    if not {left, right} <= set(header):
        faults.add(
            1,
            "E325",
            f"columns {left} and {right} are needed; the file has {', '.join(header)[:80]}",
            f"列 {left}・{right} が必要です",
        )
        faults.fail()
    at, to = header.index(left), header.index(right)
    for line, row in rows:
        if len(row) != len(header):
            faults.add(
                line,
                "E384",
                f"{len(row)} cells where the header has {len(header)}; quote cells that hold a comma",
                f"見出しは {len(header)} 列、この行は {len(row)} 列です",
            )
    faults.fail()
    return {row[at]: row[to] for _, row in rows[1:]}


def identifier(name: str) -> str:
    """Return a name as an identifier: lower case, no spaces."""
    return re.sub(r"[^\w.-]+", "_", str(name).strip().lower())


def words(table: pd.DataFrame, column: str, missing: str) -> pd.Series:
    """Return a column as words; `missing` where the column is absent."""
    if column not in table:
        return pd.Series(missing, index=table.index, dtype=object)
    return table[column].fillna("").astype(str).str.strip()


def numbers(table: pd.DataFrame, column: str, default: float) -> pd.Series:
    """Return a column as numbers, PyPSA's own default where a cell is empty or the column absent."""
    if column not in table:
        return pd.Series(default, index=table.index, dtype=float)
    return pd.to_numeric(table[column], errors="coerce").astype(float).fillna(default)
