"""Weather statistics of a pack from a year of actuals: files in, tables out.

operators' files or an hourly table ─▶ one complete year ─▶ compute_statistics ─▶ weather_<table>.csv
"""

from __future__ import annotations

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
    hours = read_actuals(actuals)
    hours = hours[hours["hour"].str.slice(5, 10) != "02-29"]
    calendar, is_new = _calendar_for(hours, pack)
    check_year(hours, pd.DatetimeIndex(calendar["date"]), actuals)
    in_service = _capacity(capacity, pack, sorted(hours["area"].unique()))
    tables = compute_statistics(hours, in_service, calendar)
    named = {f"weather_{name}": table for name, table in tables.items()}
    return named | ({"weather_calendar": calendar} if is_new else {})


def read_actuals(path: Path) -> pd.DataFrame:
    """Read a year of actuals: a folder of operators' files, or one hourly table.

    Args:
        path: folder of `eria_jukyu_*.csv`, or a CSV (also compressed) with hour, area and figures in MW.

    Returns:
        Columns hour, area and all figures of the table [MW].

    Raises:
        InputError: E380 to E389.
    """
    if path.is_dir():
        files = sorted(path.glob("*eria_jukyu_*.csv"))
        if not files:
            faults = Faults(path)
            faults.add(
                0, "E380", "no eria_jukyu_*.csv in this folder", "eria_jukyu_*.csv がこのフォルダにありません"
            )
            faults.fail()
        return read_eria_jukyu(files, {})["actuals_hourly"]
    return _hourly_table(path)


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
        InputError: E387 with the hours missing, twice, or outside the year.
    """
    faults = Faults(path)
    full = pd.DatetimeIndex([day + pd.Timedelta(hours=hour) for day in days for hour in range(24)])
    for area, group in actuals.groupby("area"):
        have = pd.DatetimeIndex(group["hour"])
        for word, word_ja, moments in (
            ("missing", "欠落", full.difference(have)),
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
    first = str(hours["hour"].min())[:10]
    if path.is_file():
        calendar = _dated(path)
        days = set(hours["hour"].str.slice(0, 10))
        if len(days & set(calendar["date"])) * 2 > len(days):
            if len(calendar) != _DAYS:
                _fail_days(path, f"the calendar has {len(calendar)} days")
            return calendar, False
    source = pack / "holidays.csv"
    holidays = _dated(source)
    start = pd.Timestamp(first).replace(day=1)
    year = pd.date_range(start, start + pd.DateOffset(years=1), inclusive="left")
    year = year[~((year.month == 2) & (year.day == 29))]
    if not (
        holidays["date"].min() <= f"{year[-1]:%Y-%m-%d}" and f"{year[0]:%Y-%m-%d}" <= holidays["date"].max()
    ):
        _fail_days(source, f"no holiday of the year from {start:%Y-%m-%d} is listed; add them")
    return year_calendar(year, holidays), True


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


def _capacity(path: Path | None, pack: Path, areas: list[str]) -> pd.DataFrame:
    """Solar and wind in service by area, MW."""
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
