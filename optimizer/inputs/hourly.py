"""Measured or imported hourly series of a pack, in place of the synthetic ones.

A pack may hold `hourly_site_cf.parquet` (site, technology, hour, cf) and `hourly_areas.parquet` (area,
quantity, hour, value). `hour` counts from 1 January, 00:00 local time, of a year of 365 days: the series are
laid onto the pack's own calendar by month, day and hour. What is not in a file stays synthetic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from optimizer.errors import InputError, Problem
from optimizer.inputs.pack_table import label_of
from optimizer.milestones import Array, HourlyYear
from optimizer.scenario.tables import MUST_RUN, TECHNOLOGIES

HOURS = 8760
SITE_FILE = "hourly_site_cf"
AREA_FILE = "hourly_areas"
HOURLY_FILES = (f"{SITE_FILE}.parquet", f"{AREA_FILE}.parquet")
QUANTITIES = ("demand_mw", *(f"{g}_cf" for g in TECHNOLOGIES), *(f"{kind}_mw" for kind in MUST_RUN))
"""What `hourly_areas.parquet` may hold; `_cf`: of renewables in service."""

_MW_PER_GW = 1000.0


@dataclass(frozen=True)
class _Kind:
    """How one of the two files is laid out."""

    file: str
    place: str
    series: str
    value: str
    names: tuple[str, ...]


_SITES = _Kind(SITE_FILE, "site", "technology", "cf", TECHNOLOGIES)
_AREAS = _Kind(AREA_FILE, "area", "quantity", "value", QUANTITIES)


def check_hourly(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return what is wrong with the hourly files of a pack; nothing where it has none.

    Args:
        folder: the pack.
        tables: its tables, keys as columns or as the index.
    """
    problems: list[Problem] = []
    for kind in (_SITES, _AREAS):
        _read(folder, kind, tables, problems)
    return problems


def with_hourly_files(folder: Path, tables: Mapping[str, pd.DataFrame], year: HourlyYear) -> HourlyYear:
    """Return the year with the pack's own hourly series in place of the synthetic ones.

    Args:
        folder: the pack.
        tables: its tables; axes of the arrays follow the sorted sites and areas.
        year: the synthetic year.

    Returns:
        The year; capacity factors [1], demand and must-run output [GW].

    Raises:
        InputError: E323, E325, E334, E335, E338, E394, E395, each with the file and the first row.
    """
    problems: list[Problem] = []
    sites = _read(folder, _SITES, tables, problems)
    areas = _read(folder, _AREAS, tables, problems)
    if problems:
        raise InputError(problems)
    at = hours_of(year.time)
    site_cf, existing_cf = year.site_cf.copy(), year.existing_cf.copy()
    must_run, demand = year.must_run_gw.copy(), year.demand_gw
    for technology, (values, given) in sites.items():
        site_cf[given, TECHNOLOGIES.index(technology)] = values[given][:, at]
    for quantity, (values, _) in areas.items():
        if quantity == "demand_mw":
            demand = values[:, at] / _MW_PER_GW
        elif quantity.endswith("_cf"):
            existing_cf[:, TECHNOLOGIES.index(quantity.removesuffix("_cf"))] = values[:, at]
        else:
            must_run[:, MUST_RUN.index(quantity.removesuffix("_mw"))] = values[:, at] / _MW_PER_GW
    return replace(year, site_cf=site_cf, existing_cf=existing_cf, must_run_gw=must_run, demand_gw=demand)


def hours_of(time: pd.DatetimeIndex) -> npt.NDArray[np.int64]:
    """Return the hour of a 365-day year, counted from 1 January, of every moment; 29 February reads 28."""
    day = time.day.to_numpy() - ((time.month == 2) & (time.day == 29))
    start = np.array([pd.Timestamp(2001, month, 1).day_of_year - 1 for month in range(1, 13)])
    return np.asarray(
        (start[time.month.to_numpy() - 1] + day - 1) * 24 + time.hour.to_numpy(), dtype=np.int64
    )


Series = dict[str, tuple[Array, npt.NDArray[np.bool_]]]
"""By technology or quantity: values [place, hour] and which places the file gives."""


def _read(folder: Path, kind: _Kind, tables: Mapping[str, pd.DataFrame], problems: list[Problem]) -> Series:
    path = folder / f"{kind.file}.parquet"
    owner = tables.get(f"{kind.place}s")
    if not path.is_file() or owner is None:
        return {}
    label = label_of(path)
    try:
        table = pq.read_table(path, read_dictionary=[kind.place, kind.series]).to_pandas()
    except (pa.ArrowException, OSError):
        problems.append(Problem(label, "E323", "the file is not Parquet", "Parquet として読めません"))
        return {}
    wanted = (kind.place, kind.series, "hour", kind.value)
    if missing := [name for name in wanted if name not in table]:
        problems.append(
            Problem(
                f"{label}:1",
                "E325",
                f"columns are missing: {', '.join(missing)}; the file holds {', '.join(wanted)}",
                f"列 {', '.join(missing)} がありません",
            )
        )
        return {}
    for name in (kind.place, kind.series):  # as categories: a million rows hold a few words
        if not isinstance(table[name].dtype, pd.CategoricalDtype):
            table[name] = table[name].astype(str).astype("category")
        table[name] = table[name].cat.remove_unused_categories().cat.rename_categories(str)
    places = pd.Index(sorted(map(str, _key(owner, kind.place))))
    if not _words_known(table, kind, places, label, problems):
        return {}
    return _laid_out(table, kind, (places, _needed(kind, places, tables)), label, problems)


def _key(table: pd.DataFrame, name: str) -> pd.Index:
    return pd.Index(table[name]) if name in table else table.index.get_level_values(name)


def _words_known(
    table: pd.DataFrame, kind: _Kind, places: pd.Index, label: str, problems: list[Problem]
) -> bool:
    """Note places and series nobody knows, and values that are no numbers."""
    sound = True
    known = ((kind.place, list(places), "E334"), (kind.series, list(kind.names), "E335"))
    for column, allowed, code in known:
        words = table[column].cat
        wrong = [at for at, word in enumerate(words.categories) if word not in allowed]
        odd = np.flatnonzero(words.codes.isin([-1, *wrong]))
        if len(odd):
            sound = False
            word, names = str(table.at[odd[0], column]), ", ".join(allowed[:12])
            problems.append(
                Problem(
                    f"{label}:{odd[0] + 1}",
                    code,
                    f'{column} "{word}" is not known here ({len(odd)} rows); one of {names}',
                    f"{column}「{word}」は使えません（{len(odd)} 行）。{names} など",
                )
            )
    for column in ("hour", kind.value):
        if not pd.api.types.is_numeric_dtype(table[column]):
            sound = False
            problems.append(
                Problem(
                    label,
                    "E329",
                    f"column {column} does not hold numbers",
                    f"列 {column} が数値ではありません",
                )
            )
    return sound


def _needed(kind: _Kind, places: pd.Index, tables: Mapping[str, pd.DataFrame]) -> dict[str, set[str]]:
    """Which places every series must give: all areas; all sites that offer the technology."""
    if kind is _AREAS:
        return {name: set(places) for name in kind.names}
    potential = tables.get("renewable_potential")
    needed: dict[str, set[str]] = {name: set() for name in kind.names}
    if potential is not None:
        plain = potential if "site" in potential else potential.reset_index()
        offered = plain[(plain["potential_mw"] > 0) & (plain["cf_annual"] > 0)]
        for site, technology in zip(offered["site"], offered["technology"], strict=True):
            needed[str(technology)].add(str(site))
    return needed


def _laid_out(
    table: pd.DataFrame,
    kind: _Kind,
    expected: tuple[pd.Index, dict[str, set[str]]],
    label: str,
    problems: list[Problem],
) -> Series:
    """Return values by series [place, hour]; note hours missing or twice, and values out of range."""
    places, needed = expected
    result: Series = {}
    hour = table["hour"].to_numpy(dtype=float)
    value = table[kind.value].to_numpy(dtype=float)
    owners, named = table[kind.place].cat, table[kind.series].cat
    where = places.get_indexer(owners.categories)[owners.codes.to_numpy()]
    for code, name in enumerate(map(str, named.categories)):
        rows = np.flatnonzero(named.codes.to_numpy() == code)
        problems += _faults_of_values(rows, hour[rows], value[rows], (name, label))
        inside = rows[(hour[rows] >= 0) & (hour[rows] < HOURS)]
        count = np.zeros((len(places), HOURS), dtype=np.int32)
        values = np.zeros((len(places), HOURS))
        at = (where[inside], hour[inside].astype(np.int64))
        np.add.at(count, at, 1)
        values[at] = value[inside]
        given = np.asarray(count.any(axis=1), dtype=np.bool_)
        lacking = sorted(needed[name] - set(places[given]))
        if lacking:
            words = ", ".join(lacking[:5]) + (f" and {len(lacking) - 5} more" if len(lacking) > 5 else "")
            message = f"{name}: no hours for {words}; give every {kind.place}, or take {name} out of the file"
            message_ja = f"{name}: {words} の値がありません。すべての地点を入れてください"
            problems.append(Problem(label, "E338", message, message_ja))
        for place in np.flatnonzero(given & (count != 1).any(axis=1))[:5]:
            absent, twice = int((count[place] == 0).sum()), int((count[place] > 1).sum())
            message = (
                f"{name}, {places[place]}: {absent} hours missing, {twice} twice; 8,760 hours, 0 to 8759"
            )
            message_ja = f"{name}, {places[place]}: 欠落 {absent} 時間、重複 {twice} 時間"
            problems.append(Problem(label, "E394", message, message_ja))
        result[name] = (values, given)
    return result


def _faults_of_values(
    rows: npt.NDArray[np.intp], hour: Array, value: Array, named: tuple[str, str]
) -> list[Problem]:
    name, label = named
    problems: list[Problem] = []
    wrong_hour = np.flatnonzero((hour % 1 != 0) | ~(hour >= 0) | ~(hour < HOURS))
    high = np.inf if name.endswith("_mw") else 1.0
    wrong_value = np.flatnonzero(~np.isfinite(value) | (value < 0) | (value > high))
    if len(wrong_hour):
        first = wrong_hour[0]
        message = f"{name}: hour {hour[first]:g} is not a whole number of 0 to 8759 ({len(wrong_hour)} rows)"
        message_ja = f"{name}: hour {hour[first]:g} は 0〜8759 の整数ではありません"
        problems.append(Problem(f"{label}:{rows[first] + 1}", "E394", message, message_ja))
    if len(wrong_value):
        first = wrong_value[0]
        allowed = "0 or more, finite" if high == np.inf else "0 to 1"
        message = f"{name} = {value[first]:g} is not within {allowed} ({len(wrong_value)} rows)"
        message_ja = f"{name} = {value[first]:g} は範囲外です（{allowed}、{len(wrong_value)} 行）"
        problems.append(Problem(f"{label}:{rows[first] + 1}", "E395", message, message_ja))
    return problems
