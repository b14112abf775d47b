"""Weather statistics of a pack from a year of actuals: files in, tables out.

operators' files or an hourly table ─▶ one complete year ─▶ compute_statistics ─▶ weather_<table>.csv
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from optimizer.inputs.importers.common import Faults, named_moments, numbers, read_rows
from optimizer.inputs.importers.eria_jukyu import COLUMNS
from optimizer.inputs.importers.eria_jukyu import read as read_eria_jukyu
from optimizer.inputs.weather_statistics import compute_statistics
from optimizer.scenario.tables import MUST_RUN

NEEDED = (
    "demand", "solar", "solar_curt", "wind", "wind_curt",
    *(name if name != "other_thermal" else "thermal_other" for name in MUST_RUN),
)  # fmt: skip
"""Columns the statistics are taken from, all MW."""

_DAYS = 365
_FILE = re.compile(r"eria_jukyu_(\d{6})_(\d{2})")


@dataclass(frozen=True)
class MeasuredYear:
    """One complete year of actuals."""

    hours: pd.DataFrame
    """8,760 rows per area: hour, area and figures [MW]; 29 February left out."""

    calendar: pd.DataFrame
    """365 days: date, day_type, name_en."""

    calendar_is_new: bool
    """The year is not the pack's own: its calendar was made from `holidays.csv`."""


def calibrate(actuals: Path, capacity: Path | None, pack: Path) -> dict[str, pd.DataFrame]:
    """Compute the weather statistics of a year of actuals.

    Args:
        actuals: folder of `eria_jukyu_YYYYMM_AA.csv`, or one hourly CSV with hour, area and `NEEDED` [MW].
        capacity: CSV with area, technology (solar, wind) and value [MW in service]; None takes
            `renewables_existing.csv` of the pack.
        pack: folder of the pack; `weather_calendar.csv` says the year and the kinds of day. For another
            year the calendar is written anew from `holidays.csv` (date, day_type, name_en).

    Returns:
        Tables by file name without ending: `weather_demand`, `weather_profiles`, …; `weather_calendar` too
        where it is new.

    Raises:
        InputError: E380 to E389; E387 names the hours of the year that an area lacks.
    """
    year = read_year(actuals, pack)
    in_service = read_capacity(capacity, pack, sorted(year.hours["area"].unique()))
    tables = compute_statistics(year.hours, in_service, year.calendar)
    named = {f"weather_{name}": table for name, table in tables.items()}
    return named | ({"weather_calendar": year.calendar} if year.calendar_is_new else {})


def read_year(actuals: Path, pack: Path) -> MeasuredYear:
    """Read actuals that hold every hour of one year, and its kinds of day.

    Args:
        actuals: as for `read_actuals`.
        pack: folder of the pack; its calendar says on which day a year begins.

    Raises:
        InputError: E380 to E389; E387 names months and hours of the year that an area lacks.
    """
    hours = read_actuals(actuals)
    hours = hours[hours["hour"].str.slice(5, 10) != "02-29"]
    calendar, is_new = _calendar_for(hours, pack)
    check_year(hours, pd.DatetimeIndex(calendar["date"]), actuals)
    return MeasuredYear(hours, calendar, is_new)


def read_actuals(path: Path) -> pd.DataFrame:
    """Read a year of actuals: a folder of operators' files, or one hourly table.

    Args:
        path: folder of `eria_jukyu_*.csv`, also in folders within it; or a CSV (also compressed) with hour,
            area and figures in MW; or a folder that holds it as `actuals_hourly.csv`.

    Returns:
        Columns hour, area and all figures of the table [MW].

    Raises:
        InputError: E380 to E389.
    """
    if path.is_dir():
        imported = path / "actuals_hourly.csv"
        if imported.is_file() and not any(path.rglob("*eria_jukyu_*.csv*")):
            return _hourly_table(imported)  # what `wattbit import eria-jukyu` wrote
        return read_eria_jukyu(_operator_files(path), {})["actuals_hourly"]
    return _hourly_table(path)


def _operator_files(folder: Path) -> list[Path]:
    """Operators' files in a folder and below, each month of an area once."""
    faults = Faults(folder)
    found: dict[tuple[str, ...], Path] = {}
    for file in sorted([*folder.rglob("*eria_jukyu_*.csv"), *folder.rglob("*eria_jukyu_*.csv.gz")]):
        if file.name.startswith("."):  # what some archivers leave beside each file
            continue
        match = _FILE.search(file.name)
        other = found.setdefault(match.groups() if match else (str(file),), file)
        if other is not file and other.read_bytes() != file.read_bytes():
            names = f"{other.relative_to(folder)}, {file.relative_to(folder)}"
            faults.add(
                0,
                "E388",
                f"two different files of the same area and month: {names}; keep the newer revision only",
                f"同じエリア・年月で内容の異なるファイル: {names}。新しい版だけを残してください",
            )
    if not found:
        faults.add(
            0,
            "E380",
            "no eria_jukyu_*.csv in this folder or below it, and no actuals_hourly.csv in it",
            "eria_jukyu_*.csv も actuals_hourly.csv もこのフォルダにありません",
        )
    faults.fail()
    return sorted(found.values())


def _hourly_table(path: Path) -> pd.DataFrame:
    """One hourly CSV, every figure checked."""
    faults = Faults(path)
    rows = read_rows(path, "hour", faults)
    line = int(rows["line"].iloc[0]) - 1
    for name in ("hour", "area", *NEEDED):
        if list(rows.columns).count(name) != 1:
            faults.add(line, "E384", f'column "{name}" must be there once', f"列「{name}」が 1 つ必要です")
    faults.fail()
    moments = pd.to_datetime(rows["hour"], errors="coerce", format="%Y-%m-%d %H:%M")
    for bad, cell in list(zip(rows.loc[moments.isna(), "line"], rows["hour"][moments.isna()], strict=True))[
        :5
    ]:
        faults.add(int(bad), "E387", f"{cell[:40]!r} is not an hour, YYYY-MM-DD HH:MM", f"時刻 {cell[:40]!r}")
    figures = {
        name: numbers(rows[name], rows["line"], name, faults) for name in COLUMNS.values() if name in rows
    }
    faults.fail()
    return pd.DataFrame({"hour": rows["hour"], "area": rows["area"], **figures})


def check_year(actuals: pd.DataFrame, days: pd.DatetimeIndex, path: Path) -> None:
    """Refuse actuals that do not hold every hour of the year's days once per area.

    Raises:
        InputError: E387 with the months and hours missing, hours twice, or outside the year.
    """
    faults = Faults(path)
    full = pd.DatetimeIndex([day + pd.Timedelta(hours=hour) for day in days for hour in range(24)])
    for area, group in actuals.groupby("area"):
        have = pd.DatetimeIndex(group["hour"])
        gone = full.difference(have)
        months = sorted(set(full.strftime("%Y-%m")) - set(have.strftime("%Y-%m")))
        if months:
            words = ", ".join(months)
            faults.add(0, "E387", f"{area}: missing: all of {words}", f"{area}: 欠落: {words} の全時間")
        for word, word_ja, moments in (
            ("missing", "欠落", gone[~gone.strftime("%Y-%m").isin(months)]),
            ("given twice", "重複", have[have.duplicated()]),
            (f"outside {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}", "期間外", have.difference(full)),
        ):
            if len(moments):
                shown = f"{len(moments)} hours: {named_moments([f'{m:%Y-%m-%d %H:%M}' for m in moments])}"
                faults.add(0, "E387", f"{area}: {word}: {shown}", f"{area}: {word_ja}: {shown}")
    faults.fail()


def year_calendar(days: pd.DatetimeIndex, holidays: pd.DataFrame) -> pd.DataFrame:
    """Return the kind of every day: Saturdays, holidays (Sundays too), festive days, and workdays.

    Args:
        days: the year's days in order, without 29 February.
        holidays: date (YYYY-MM-DD), day_type (`holiday` or `festive`), name_en.

    Returns:
        date, day_type, name_en; the first workday after a break is a kind of its own.
    """
    named = holidays.set_index("date")
    since = pd.date_range(days[0] - pd.Timedelta(days=7), days[-1])
    weekend = pd.Series(
        since.day_of_week.map({5: "saturday", 6: "holiday"}), index=since.strftime("%Y-%m-%d")
    )
    kind = named["day_type"].reindex(weekend.index).fillna(weekend)
    after_break = kind.shift().notna()
    kind = kind.fillna(after_break.map({True: "first_workday", False: "workday"}))
    table = pd.DataFrame({"date": days.strftime("%Y-%m-%d")})
    table["day_type"] = kind.reindex(table["date"]).to_numpy()
    table["name_en"] = named["name_en"].reindex(table["date"]).to_numpy()
    return table


def _calendar_for(hours: pd.DataFrame, pack: Path) -> tuple[pd.DataFrame, bool]:
    """Calendar of the actuals' year: the pack's own, or a new one; and whether it is new."""
    path = pack / "weather_calendar.csv"
    start = pd.Timestamp(str(hours["hour"].min())[:10]).replace(day=1)
    if path.is_file():
        calendar = _dated(path)
        start = _fullest_year(hours, pd.Timestamp(calendar["date"].iloc[0]))
        days = set(hours["hour"].str.slice(0, 10))
        if len(days & set(calendar["date"])) * 2 > len(days):
            if len(calendar) != _DAYS:
                _fail_days(path, f"the calendar has {len(calendar)} days")
            return calendar, False
    source = pack / "holidays.csv"
    holidays = _dated(source)
    year = pd.date_range(start, start + pd.DateOffset(years=1), inclusive="left")
    year = year[~((year.month == 2) & (year.day == 29))]
    if not (
        holidays["date"].min() <= f"{year[-1]:%Y-%m-%d}" and f"{year[0]:%Y-%m-%d}" <= holidays["date"].max()
    ):
        _fail_days(source, f"no holiday of the year from {start:%Y-%m-%d} is listed; add them")
    return year_calendar(year, holidays), True


def _fullest_year(hours: pd.DataFrame, like: pd.Timestamp) -> pd.Timestamp:
    """First day, in month and day like another year's, of the year with most of the hours."""
    first = f"{like:%m-%d}"
    year = hours["hour"].str.slice(0, 4).astype(int) - (hours["hour"].str.slice(5, 10) < first)
    return pd.Timestamp(f"{year.mode().iloc[0]}-{first}")


def _fail_days(path: Path, what: str) -> None:
    faults = Faults(path)
    faults.add(
        0,
        "E384",
        f"{what}; a year here has {_DAYS} days, YYYY-MM-DD",
        f"{_DAYS} 日分の日付 YYYY-MM-DD が必要です",
    )
    faults.fail()


def _dated(path: Path) -> pd.DataFrame:
    """A table of days: date, day_type, name_en."""
    rows = read_rows(path, "date", Faults(path))
    dates = pd.to_datetime(rows["date"], errors="coerce", format="%Y-%m-%d")
    if dates.isna().any() or not {"day_type", "name_en"} <= set(rows):
        _fail_days(path, "columns date, day_type and name_en are needed")
    return rows.drop(columns="line").reset_index(drop=True)


def read_capacity(path: Path | None, pack: Path, areas: list[str]) -> pd.DataFrame:
    """Read solar and wind in service by area.

    Args:
        path: CSV with area, technology and value [MW]; None takes `renewables_existing.csv` of the pack.
        pack: folder of the pack.
        areas: areas wanted.

    Returns:
        Index area, columns solar and wind. [MW]

    Raises:
        InputError: E380 to E389; E389 names areas without either.
    """
    source = pack / "renewables_existing.csv" if path is None else path
    faults = Faults(source)
    rows = read_rows(source, "area", faults)
    figure = "value" if "value" in rows else "capacity_mw"
    for name in ("technology", figure):
        if name not in rows:
            faults.add(1, "E384", f'column "{name}" is missing', f"列「{name}」がありません")
    faults.fail()
    kind = rows["technology"].replace({"onshore": "wind", "offshore": "wind"})
    values = numbers(rows[figure], rows["line"], figure, faults)
    faults.fail()
    wide = (
        values.groupby([rows["area"], kind]).sum().unstack().reindex(index=areas, columns=["solar", "wind"])
    )
    for area in wide.index[~(wide > 0).all(axis=1)]:
        faults.add(0, "E389", f"{area}: solar and wind in service must be above zero", f"{area}: 設備容量")
    faults.fail()
    return wide
