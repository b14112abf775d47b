"""`spot_summary_YYYY.csv`: day-ahead prices of the Japanese power exchange, half hour by half hour.

CP932; one row per day and slot (1 to 48, slot 1 begins at midnight); the system price and nine area
prices among many other columns, whose number differs by year; empty rows at the end. A year's file grows
day by day: it may end before the year does, but every day it has is whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from optimizer.inputs.importers import Tables
from optimizer.inputs.importers.common import (
    SHOWN,
    Faults,
    named_moments,
    note_repeated,
    numbers,
    read_each,
    read_rows,
)

AREAS = {
    "北海道": "hokkaido",
    "東北": "tohoku",
    "東京": "tokyo",
    "中部": "chubu",
    "北陸": "hokuriku",
    "関西": "kansai",
    "中国": "chugoku",
    "四国": "shikoku",
    "九州": "kyushu",
}
"""Areas of the exchange; Okinawa is not part of it."""

_DAY = ("受渡日", "年月日")
_SLOT = "時刻コード"
_PRICES = {"システムプライス(円/kWh)": "system"} | {
    f"エリアプライス{name}(円/kWh)": area for name, area in AREAS.items()
}
_LOWEST, _HIGHEST = 0.0, 999.0
"""The exchange takes bids from 0.01 to 999 JPY/kWh."""

_SLOTS = 48

_DECIMALS = 4
"""Bids have two decimals, so the mean of two slots has three: rounding only takes off the dust of halving."""


def read(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read spot summaries into one hourly table of prices.

    Args:
        files: `spot_summary_YYYY.csv`, any number.
        options: none.

    Returns:
        `actuals_spot_prices`: hour (start, local time), area (`system`: the whole market) and
        price_jpy_per_kwh, the mean of the hour's two slots; sorted by area and hour.

    Raises:
        InputError: E380 to E389, every fault of every file.
    """
    del options
    table = pd.concat(read_each(files, _read_one))
    if (twice := table.index[table.index.duplicated()]).size:
        faults = Faults(files[-1])
        faults.add(
            0,
            "E388",
            f"hours that another file has already: {named_moments(list(twice))}; give each year once",
            f"別のファイルと重複: {named_moments(list(twice))}",
        )
        faults.fail()
    long = table.reset_index().melt("hour", var_name="area", value_name="price_jpy_per_kwh")
    long = long.sort_values(["area", "hour"], ignore_index=True)
    long["hour"] = pd.DatetimeIndex(long["hour"]).strftime("%Y-%m-%d %H:%M")
    return {"actuals_spot_prices": long}


def _read_one(path: Path) -> pd.DataFrame:
    """Hourly prices of one file: index hour, one column per area."""
    faults = Faults(path)
    rows = read_rows(path, _DAY, faults)
    header_line = int(rows["line"].iloc[0]) - 1
    for name in (_SLOT, *_PRICES):
        if list(rows.columns).count(name) != 1:
            faults.add(
                header_line,
                "E384",
                f'column "{name}" must be there once; is it a spot summary?',
                f"列「{name}」が 1 つ必要です",
            )
    faults.fail()
    start = _starts(rows, faults)
    values = pd.DataFrame(
        {area: numbers(rows[name], rows["line"], name, faults) for name, area in _PRICES.items()}
    )
    faults.fail()
    _check_prices(values, rows["line"], faults)
    _check_days(start, rows["line"], faults)
    faults.fail()
    return values.groupby(start.dt.floor("h").rename("hour")).mean().round(_DECIMALS)


def _starts(rows: pd.DataFrame, faults: Faults) -> pd.Series:
    """Start of each slot as a moment."""
    name = next(name for name in _DAY if name in rows.columns)
    parts = rows[name].str.extract(r"^(\d{4})[/-]?(\d{1,2})[/-]?(\d{1,2})$").astype(float)
    day = pd.to_datetime(parts.set_axis(["year", "month", "day"], axis=1), errors="coerce")
    slot = pd.to_numeric(rows[_SLOT], errors="coerce")
    bad = day.isna() | ~slot.isin(range(1, _SLOTS + 1))
    written = rows[name] + " " + rows[_SLOT]
    for line, cell in list(zip(rows.loc[bad, "line"], written[bad], strict=True))[:SHOWN]:
        faults.add(
            int(line),
            "E387",
            f"{cell[:40]!r} is not a day and a slot from 1 to {_SLOTS}",
            f"{cell[:40]!r} は日付と 1〜{_SLOTS} の時刻コードではありません",
        )
    faults.fail()
    return day + pd.to_timedelta((slot - 1) * 30, unit="min")


def _check_prices(values: pd.DataFrame, lines: pd.Series, faults: Faults) -> None:
    """Note prices the exchange cannot have."""
    for area in values:
        off = ~values[area].between(_LOWEST, _HIGHEST)
        for line, price in list(zip(lines[off], values[area][off], strict=True))[:SHOWN]:
            faults.add(
                int(line),
                "E389",
                f"price {price:g} JPY/kWh of {area}; allowed {_LOWEST:g} to {_HIGHEST:g}",
                f"{area} の価格 {price:g} 円/kWh は範囲外です",
            )


def _check_days(start: pd.Series, lines: pd.Series, faults: Faults) -> None:
    """Note slots given twice, and missing between the first and the last day."""
    note_repeated(start, lines, "", faults)
    last = start.max().normalize() + pd.Timedelta(days=1)
    full = pd.date_range(start.min().normalize(), last, freq="30min", inclusive="left")
    if len(gone := full.difference(pd.DatetimeIndex(start))):
        faults.add(
            0,
            "E387",
            f"missing: {named_moments(list(gone))}; download the file again",
            f"欠落: {named_moments(list(gone))}",
        )
