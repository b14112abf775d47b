"""`eria_jukyu_YYYYMM_AA.csv`: supply and demand of one area and month, from its transmission operator.

What differs between the ten operators, and is read all the same: CP932 or UTF-8; full-width brackets;
lines above the header, some marked as final; 20 or 22 columns, in any order; three styles of dates; hours
or half hours; times that label the start of the half hour or, in Kyushu, its end (`24:00`); a column
nobody fills; spaces and commas in numbers; empty rows to the end of the longest month. Kyushu counts what
it sends as positive: the sign of the interties is the one under which supply equals demand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.importers import Note, Noted, Tables
from optimizer.inputs.importers.common import (
    SHOWN,
    Faults,
    named_moments,
    note_repeated,
    numbers,
    read_rows,
    together,
)
from optimizer.inputs.importers.plausible import check_plausible

AREAS = {
    "01": "hokkaido",
    "02": "tohoku",
    "03": "tokyo",
    "04": "chubu",
    "05": "hokuriku",
    "06": "kansai",
    "07": "chugoku",
    "08": "shikoku",
    "09": "kyushu",
    "10": "okinawa",
}
"""Number of the area in a file's name."""

COLUMNS = {
    "エリア需要": "demand",
    "太陽光発電実績": "solar",
    "太陽光出力制御量": "solar_curt",
    "風力発電実績": "wind",
    "風力出力制御量": "wind_curt",
    "原子力": "nuclear",
    "水力": "hydro",
    "地熱": "geothermal",
    "バイオマス": "biomass",
    "火力(石炭)": "coal",
    "火力(LNG)": "lng",
    "火力(石油)": "oil",
    "火力(その他)": "thermal_other",
    "揚水": "pumped",
    "蓄電池": "battery",
    "連系線": "interconn",
}
"""Columns of a file that are imported, in the order they are written, all MW."""

_BALANCE_ONLY = {"その他": "other", "合計": "total"}
_NOT_SUPPLY = {"demand", "solar_curt", "wind_curt", "total"}
_KNOWN_EXTRA = {"火力出力制御量", "バイオマス出力制御量"}
_BALANCE_MW = 50.0
"""Difference of supply and demand allowed in one row; the real files of FY2024 stay within 3 MW."""

_BALANCE_SHARE = 0.01
"""The same as a share of demand; the larger of the two counts."""

_NAME = re.compile(r"eria_jukyu_(\d{4})(\d{2})_(\d{2})")
_DATE = r"^(\d{4})[/-]?(\d{1,2})[/-]?(\d{1,2})$"
_TIME = r"^(\d{1,2}):(\d{2})(?::00)?$"
_DAY_MINUTES = 1440
_EARLIEST = 1990
"""A year before this in a name is a slip of the hand; the operators began in 2016."""

_DECIMALS = 1
"""Hourly means to 0.1 MW: the finest any operator publishes."""


class _Month(NamedTuple):
    """What the name of a file says."""

    area: str
    start: pd.Timestamp

    @property
    def end(self) -> pd.Timestamp:
        return self.start + pd.offsets.MonthBegin(1)


def read(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read operators' files into one hourly table.

    Args:
        files: `eria_jukyu_YYYYMM_AA.csv`, any number, any order.
        options: `incomplete=yes` accepts months whose last hours are missing.

    Returns:
        `actuals_hourly`: hour (start, local time), area, and the columns of `COLUMNS` [MW], sorted by area
        and hour; half hours are averaged, to 0.1 MW. Imports over interties are positive.

    Raises:
        InputError: E380 to E389, every fault of every file.
    """
    incomplete = options.get("incomplete", "no") == "yes"
    problems: list[Problem] = []
    frames: dict[_Month, pd.DataFrame] = {}
    unfilled: dict[str, dict[str, None]] = {}
    for path in files:
        try:
            month, frame, empty = _read_one(path, incomplete)
            if month in frames:
                _fail_twice(path, month)
        except InputError as error:
            problems += error.problems
        else:
            frames[month] = frame
            unfilled.setdefault(month.area, {}).update(dict.fromkeys(empty))
    together(problems)
    table = pd.concat(frames.values()).sort_values(["area", "hour"], ignore_index=True)
    hours = pd.DatetimeIndex(table["hour"])
    table["hour"] = hours.strftime("%Y-%m-%d %H:%M")
    return Noted({"actuals_hourly": table}, _notes(unfilled))


def _notes(unfilled: Mapping[str, Mapping[str, None]]) -> list[Note]:
    """Say which columns had no figure at all and were taken as zero."""
    return [
        Note(
            f"{area}: no figure in {', '.join(names)}; taken as zero",
            f"{area}: {'・'.join(names)} は全行空欄のため 0 としました",
        )
        for area, names in unfilled.items()
        if names
    ]


def _fail_twice(path: Path, month: _Month) -> None:
    faults = Faults(path)
    faults.add(
        0,
        "E388",
        f"{month.area} {month.start:%Y-%m} was given in another file already; give each month once",
        f"{month.area} の {month.start:%Y-%m} は別のファイルにもあります。1 つにしてください",
    )
    faults.fail()


def _read_one(path: Path, incomplete: bool) -> tuple[_Month, pd.DataFrame, list[str]]:
    """Read one file: hourly means, hour as a moment; and the columns nobody filled."""
    faults = Faults(path)
    month = _month_of(path, faults)
    rows = read_rows(path, "DATE", faults)
    _check_columns(rows, faults)
    faults.fail()
    moments, step = _starts(rows, month, faults)
    values = _values(rows, faults)
    faults.fail()
    values["interconn"] *= _sign(values)
    _check_balance(values, rows["line"], faults)
    _check_complete((moments, rows["line"]), step, (month, incomplete), faults)
    faults.fail()
    titles = {ours: name for name, ours in COLUMNS.items()}
    check_plausible(values, moments, (rows["line"], titles), faults)
    faults.fail()
    hour = moments.dt.floor("h").rename("hour")
    hourly = values[list(COLUMNS.values())].groupby(hour).mean().round(_DECIMALS).reset_index()
    if incomplete:
        hourly = hourly[hourly["hour"].map(hour.value_counts()).eq(60 // step)]
    hourly.insert(1, "area", month.area)
    empty = [name for name in (*COLUMNS, *_BALANCE_ONLY) if (rows[name] == "").all()]
    return month, hourly, empty


def _month_of(path: Path, faults: Faults) -> _Month:
    """Area and month in the name of the file."""
    match = _NAME.search(path.name)
    if (
        match is None
        or match[3] not in AREAS
        or not (1 <= int(match[2]) <= 12 and int(match[1]) >= _EARLIEST)
    ):
        faults.add(
            0,
            "E383",
            "the name does not say area and month; call it eria_jukyu_YYYYMM_AA.csv, AA from 01 (Hokkaido) "
            "to 10 (Okinawa)",
            "ファイル名からエリアと年月が分かりません。eria_jukyu_YYYYMM_AA.csv としてください",
        )
        faults.fail()
        raise AssertionError  # not reached: fail() raised
    return _Month(AREAS[match[3]], pd.Timestamp(int(match[1]), int(match[2]), 1))


def _check_columns(rows: pd.DataFrame, faults: Faults) -> None:
    """Note columns that are missing, unknown or there twice."""
    line = int(rows["line"].iloc[0]) - 1 if len(rows) else 0
    given = [name for name in rows.columns if name not in ("line", "")]
    wanted = ["DATE", "TIME", *COLUMNS, *_BALANCE_ONLY]
    for name in wanted:
        if name not in given:
            faults.add(
                line,
                "E384",
                f'column "{name}" is missing; was the file cut or edited?',
                f"列「{name}」がありません",
            )
    for name in sorted({name for name in given if given.count(name) > 1}):
        faults.add(line, "E384", f'column "{name}" appears twice; keep one', f"列「{name}」が重複しています")
    for name in given:
        if name not in wanted and name not in _KNOWN_EXTRA:
            faults.add(
                line,
                "E384",
                f'column "{name}" is not known, so supply cannot be summed; remove it if it is not supply',
                f"列「{name}」は未知の列です",
            )


def _starts(rows: pd.DataFrame, month: _Month, faults: Faults) -> tuple[pd.Series, int]:
    """Start of each row's period as a moment, and its length in minutes."""
    day = rows["DATE"].str.extract(_DATE).astype(float)
    clock = rows["TIME"].str.extract(_TIME).astype(float)
    parts = {"year": day[0], "month": day[1], "day": day[2]}
    moment = pd.to_datetime(pd.DataFrame(parts), errors="coerce")
    minutes = clock[0] * 60 + clock[1]
    bad = moment.isna() | ~minutes.between(0, _DAY_MINUTES) | (minutes % 30 != 0)
    written = rows["DATE"] + " " + rows["TIME"]
    for line, cell in list(zip(rows.loc[bad, "line"], written[bad], strict=True))[:SHOWN]:
        faults.add(
            int(line),
            "E387",
            f"{cell[:40]!r} is not a day and half hour, e.g. 2024/4/1 0:30",
            f"{cell[:40]!r} は日付と 30 分単位の時刻ではありません",
        )
    faults.fail()
    step = 30 if (minutes % 60 == 30).any() else 60
    label = moment + pd.to_timedelta(minutes, unit="min")
    ends = (minutes == _DAY_MINUTES).any() or (label.eq(month.end).any() and not label.eq(month.start).any())
    return label - pd.Timedelta(minutes=step if ends else 0), step


def _values(rows: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    """Every column as numbers under our names; a column without one figure is zero."""
    columns = {}
    for name, ours in (COLUMNS | _BALANCE_ONLY).items():
        cells = rows[name]
        if ours != "demand" and (cells == "").all():
            columns[ours] = pd.Series(0.0, index=rows.index)
        else:
            columns[ours] = numbers(cells, rows["line"], name, faults)
    return pd.DataFrame(columns)


def _supply(values: pd.DataFrame) -> pd.Series:
    return values[[name for name in values if name not in _NOT_SUPPLY]].sum(axis=1)


def _sign(values: pd.DataFrame) -> float:
    """1 where imports are positive in the file, −1 where exports are."""
    gap = _supply(values) - values["demand"]
    reversed_gap = gap - 2.0 * values["interconn"]
    return -1.0 if reversed_gap.abs().sum() < gap.abs().sum() else 1.0


def _check_balance(values: pd.DataFrame, lines: pd.Series, faults: Faults) -> None:
    """Note rows whose supply is not their demand."""
    gap = (_supply(values) - values["demand"]).abs()
    allowed = (_BALANCE_SHARE * values["demand"].abs()).clip(lower=_BALANCE_MW)
    off = gap > allowed
    for at in list(values.index[off])[:SHOWN]:
        faults.add(
            int(lines.loc[at]),
            "E389",
            f"supply and demand differ by {gap.loc[at]:,.0f} MW, allowed {allowed.loc[at]:,.0f} MW; one of "
            "the figures is wrong",
            f"供給と需要の差が {gap.loc[at]:,.0f} MW あります (許容 {allowed.loc[at]:,.0f} MW)",
        )
    if (more := int(off.sum()) - SHOWN) > 0:
        faults.add(0, "E389", f"{more} more rows do not balance", f"他 {more} 行も需給が一致しません")


def _check_complete(
    rows: tuple[pd.Series, pd.Series], step: int, wanted: tuple[_Month, bool], faults: Faults
) -> None:
    """Note moments outside the month, twice, out of order, or missing, each on its line."""
    moments, lines = rows
    month, incomplete = wanted
    outside = moments[(moments < month.start) | (moments >= month.end)]
    if len(outside):
        faults.add(
            int(lines.loc[outside.index[0]]),
            "E388",
            f"the name says {month.start:%Y-%m}, rows are of {named_moments(list(outside))}; rename the file "
            "or download it again",
            f"ファイル名は {month.start:%Y-%m} ですが、別の月の行があります",
        )
        return
    note_repeated(moments, lines, "", faults)
    _check_order(moments[~moments.duplicated()], lines, faults)
    full = pd.date_range(month.start, month.end, freq=f"{step}min", inclusive="left")
    gone = full.difference(pd.DatetimeIndex(moments))
    if incomplete and len(gone):
        gone = gone[gone < moments.max()]
    if len(gone):
        after = moments.index[moments > gone[0]]
        faults.add(
            int(lines.loc[after[0] if len(after) else moments.index[-1]]),
            "E387",
            f"missing before here: {named_moments(list(gone))}; download the file again"
            if len(after)
            else f"missing after here: {named_moments(list(gone))}; download the file again",
            f"欠落: {named_moments(list(gone))}",
        )


def _check_order(moments: pd.Series, lines: pd.Series, faults: Faults) -> None:
    """Note the first row that is earlier than the one before it."""
    back = moments.index[moments.diff() < pd.Timedelta(0)]
    if len(back):
        when = f"{moments.at[back[0]]:%Y-%m-%d %H:%M}"
        faults.add(
            int(lines.loc[back[0]]),
            "E387",
            f"{when} comes after a later moment ({len(back)} rows out of order); sort the rows, or download "
            "the file again",
            f"{when} が前の行より早い時刻です（{len(back)} 行）。時刻順に並べてください",
        )
