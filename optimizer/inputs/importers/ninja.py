"""Capacity factors of Renewables.ninja: hourly CSV of one point each, time in UTC.

The files open with comment lines; the last of them is JSON with units and parameters (`lat`, `lon`,
`capacity` in kW). Columns `time` (UTC), `local_time` (where asked for), `electricity` (kW). A year has 8,760
or 8,784 hours in UTC; local time wraps round its end, 29 February is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.errors import Problem, UsageError
from optimizer.inputs.hourly import HOURS, SITE_FILE, hours_of
from optimizer.inputs.importers import Note, Noted, Tables
from optimizer.inputs.importers.common import Faults, numbers, read_each, read_text, records_of, together
from optimizer.inputs.network import great_circle_km
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.milestones import Array
from optimizer.scenario.tables import TECHNOLOGIES

_NAME = re.compile(r"ninja_(?P<kind>pv|wind)_(?P<lat>-?\d+\.\d+)_(?P<lon>-?\d+\.\d+)")
_KINDS = {"pv": "solar", "wind": "onshore"}
_HEADER = ("time", "electricity")
_TITLE = re.compile(r"Renewables\.ninja (PV|Wind)", re.IGNORECASE)
_TOLERANCE_KM = 25.0
_SPARE = 1e-6
"""Above a capacity factor of 1 by rounding."""


@dataclass(frozen=True)
class _Point:
    """One file: where and what it is, and its hours."""

    faults: Faults
    technology: str | None
    lon: float | None
    lat: float | None
    capacity_kw: float | None
    offset_h: float | None
    time: pd.DatetimeIndex
    """UTC, naive."""

    cf: Array


def read(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read one file per site and technology.

    Args:
        files: as downloaded (`ninja_pv_35.0000_139.0000_….csv`).
        options: `site` for a single file; else `pack`, whose nearest site (within `tolerance_km`, default 25)
            a file's coordinates mean; `technology` where the file does not say, or `offshore`; `utc_offset_h`
            where the file has no `local_time`; `capacity_kw` where it states none.

    Returns:
        `hourly_site_cf`: site, technology, hour (of a 365-day year, local time), cf [1].

    Raises:
        InputError: E380-E386 as for every file; E394 hours, E395 values, E396 what the file does not say.
    """
    points = read_each(files, lambda path: _read_point(path, options))
    sites = _sites(points, options)
    frames = []
    for point, site in zip(points, sites, strict=True):
        technology = point.technology or ""
        cf = local_year(point.time, point.cf, point.offset_h or 0.0)
        frames.append(
            pd.DataFrame({"site": site, "technology": technology, "hour": np.arange(HOURS), "cf": cf})
        )
    table = pd.concat(frames, ignore_index=True)
    table = table.sort_values(["site", "technology", "hour"], ignore_index=True)
    return Noted({SITE_FILE: table}, _notes(points))


def _notes(points: Sequence[_Point]) -> list[Note]:
    """Say where a leap day was left out."""
    leap = [point.faults.label for point in points if len(point.time) > HOURS]
    if not leap:
        return []
    words = ", ".join(leap[:5]) + (f" and {len(leap) - 5} more" if len(leap) > 5 else "")
    return [
        Note(
            f"{words}: 29 February left out; a year here has 365 days",
            f"{words}: 2 月 29 日を除きました（1 年は 365 日）",
        )
    ]


def local_year(utc: pd.DatetimeIndex, values: Array, offset_h: float) -> Array:
    """Return the values of one year by local hour of a 365-day year, counted from 1 January [8760].

    Hours pushed over either end of the year by the offset come back at the other; 29 February is left out.

    Args:
        utc: moments of one year, 8,760 or 8,784 hours.
        values: one per moment.
        offset_h: local time less UTC; half hours count to the earlier full hour.
    """
    local = utc + pd.Timedelta(hours=int(np.floor(offset_h)))
    kept = ~((local.month == 2) & (local.day == 29))
    result = np.zeros(HOURS)
    result[hours_of(local[kept])] = values[kept]
    return result


def check_year(time: pd.DatetimeIndex, lines: Sequence[int], faults: Faults) -> None:
    """Note moments that are not one whole year of consecutive hours (E394)."""
    step = np.diff(time.asi8) if len(time) > 1 else np.array([])
    hour = int((time[:1] + pd.Timedelta(hours=1)).asi8[0] - time.asi8[0]) if len(time) else 0
    odd = np.flatnonzero(step != hour)
    if len(odd):
        at = int(odd[0]) + 1
        message = f"after {time[at - 1]} comes {time[at]}: hours are missing, twice or not in order"
        faults.add(lines[at], "E394", message, f"{time[at - 1]} の次が {time[at]} です。1 時間ごとに必要です")
    elif len(time) not in (HOURS, HOURS + 24):
        message = f"{len(time):,} hours; one whole year is 8,760 or 8,784"
        faults.add(0, "E394", message, f"{len(time):,} 時間です。1 年分（8,760 か 8,784）が必要です")
    elif len(time) == HOURS + 24 and not bool(((time.month == 2) & (time.day == 29)).any()):
        message = "8,784 hours without a 29 February: one day too many"
        faults.add(0, "E394", message, "2 月 29 日がないのに 8,784 時間あります")


def check_factors(cf: Array, lines: Sequence[int], faults: Faults) -> None:
    """Note capacity factors that are not within 0 and 1 (E395)."""
    wrong = np.flatnonzero(~((cf >= -_SPARE) & (cf <= 1.0 + _SPARE)))
    if len(wrong):
        at = int(wrong[0])
        message = (
            f"capacity factor {cf[at]:.4g} is not within 0 and 1 ({len(wrong)} hours); "
            "is the capacity behind the file right?"
        )
        message_ja = f"設備利用率 {cf[at]:.4g} が 0〜1 にありません（{len(wrong)} 時間）"
        faults.add(lines[at], "E395", message, message_ja)


_ALLOWED = {
    "utc_offset_h": (-12.0, 14.0),
    "capacity_kw": (1e-6, 1e9),
    "tolerance_km": (0.0, 20_000.0),
    "jpy_per_currency": (1e-9, 1e9),
    "simplify_m": (0.0, 1e6),
}
"""What the options that are numbers may be."""


def number_of(options: Mapping[str, str], name: str) -> float | None:
    """Return an option as a number, None where it was not given.

    Raises:
        UsageError: it is not a number, or not one that means anything.
    """
    if name not in options:
        return None
    try:
        value = float(options[name])
    except ValueError:
        raise UsageError(f'{name} "{options[name]}" is not a number') from None
    low, high = _ALLOWED[name]
    if not low <= value <= high:
        raise UsageError(f'{name} "{options[name]}" is not a number of {low:g} to {high:g}')
    return value


def _read_point(path: Path, options: Mapping[str, str]) -> _Point:
    text, faults = read_text(path), Faults(path)
    rows = text.splitlines()
    start = next((n for n, row in enumerate(rows) if not row.startswith(("#", '"#'))), len(rows))
    comments = "\n".join(rows[:start])
    point = _told(path, comments, options, faults)
    records = records_of(rows[start:], start + 1, faults)
    header = [cell.strip().lower() for cell in records[0]] if records else []
    missing = [name for name in _HEADER if name not in header]
    if missing:
        faults.add(
            start + 1,
            "E384",
            f"columns {', '.join(missing)} not found, there are {', '.join(header)[:80]}; "
            "download hourly data of a point as CSV",
            f"列 {', '.join(missing)} がありません。地点の時間値 CSV を使ってください",
        )
        faults.fail()
    return _with_hours(point, header, records[1:], start + 2)


def _told(path: Path, comments: str, options: Mapping[str, str], faults: Faults) -> _Point:
    """Return what name, comments and options say about the file, without its hours."""
    name, title, params = _NAME.search(path.name), _TITLE.search(comments), _params(comments)
    kind = name["kind"] if name else (title[1].lower() if title else None)
    technology = options.get("technology", _KINDS.get(kind or ""))
    if technology is not None and technology not in TECHNOLOGIES:
        raise UsageError(f'technology "{technology}": one of {", ".join(TECHNOLOGIES)}')
    if technology is None:
        message = "neither name nor comments say PV or Wind; give --option technology=solar|onshore|offshore"
        faults.add(1, "E396", message, "太陽光か風力か分かりません。--option technology= で指定してください")
    lat = params.get("lat", name["lat"] if name else None)
    lon = params.get("lon", name["lon"] if name else None)
    capacity = number_of(options, "capacity_kw")
    stated = params.get("capacity")
    if capacity is None and stated is not None:
        capacity = float(stated)
    return _Point(
        faults,
        technology,
        None if lon is None else float(lon),
        None if lat is None else float(lat),
        capacity,
        number_of(options, "utc_offset_h"),
        pd.DatetimeIndex([]),
        np.zeros(0),
    )


def _params(comments: str) -> dict[str, Any]:
    """Return the parameters of the JSON comment; empty where there is none."""
    for line in comments.splitlines():
        start = line.find("{")
        if start < 0:
            continue
        try:
            params = json.loads(line[start:].rstrip('"').replace('""', '"')).get("params", {})
        except (ValueError, AttributeError, RecursionError):
            continue
        if isinstance(params, dict):
            numeric = {key: params[key] for key in ("lat", "lon", "capacity") if key in params}
            return {key: value for key, value in numeric.items() if _is_number(value)}
    return {}


def _is_number(value: Any) -> bool:
    try:
        return bool(np.isfinite(float(value)))
    except (TypeError, ValueError):
        return False


def _with_hours(point: _Point, header: list[str], records: list[list[str]], first: int) -> _Point:
    """Return the point with its hours, checked."""
    faults = point.faults
    filled = [
        (number, row) for number, row in enumerate(records, start=first) if any(cell.strip() for cell in row)
    ]
    short = [number for number, row in filled if len(row) < len(header)]
    if short or not filled:
        where = short[0] if short else first
        faults.add(where, "E394", "the row is cut short; download the file again", "行が途中で切れています")
        faults.fail()
    lines = pd.Series([number for number, _ in filled])
    frame = pd.DataFrame([row[: len(header)] for _, row in filled], columns=header)
    time = pd.to_datetime(frame["time"].str.strip(), errors="coerce", format="mixed")
    if time.isna().any():
        at = int(np.flatnonzero(time.isna())[0])
        message = f'time "{frame["time"].iloc[at][:30]}" is not a moment like 2019-01-01 00:00'
        faults.add(int(lines[at]), "E394", message, "時刻として読めません")
    kw = numbers(frame["electricity"], lines, "electricity", faults)
    faults.fail()
    utc = pd.DatetimeIndex(time)
    check_year(utc, list(lines), faults)
    capacity = point.capacity_kw if point.capacity_kw else 1.0
    cf = kw.to_numpy(dtype=float) / capacity
    check_factors(cf, list(lines), faults)
    offset = point.offset_h if point.offset_h is not None else _offset(frame, utc, faults)
    faults.fail()
    return replace(point, time=utc, cf=np.clip(cf, 0.0, 1.0), offset_h=offset)


def _offset(frame: pd.DataFrame, utc: pd.DatetimeIndex, faults: Faults) -> float | None:
    """Return local time less UTC by the file's own columns: the smallest of the year, no summer time. [h]"""
    if "local_time" not in frame:
        message = (
            "the file has no local_time; say how far local time is ahead of UTC: --option utc_offset_h=9"
        )
        faults.add(
            1, "E396", message, "local_time 列がありません。--option utc_offset_h=9 のように指定してください"
        )
        return None
    local = pd.to_datetime(frame["local_time"].str.strip(), errors="coerce", format="mixed")
    ahead = (pd.DatetimeIndex(local) - utc) / pd.Timedelta(hours=1)
    if local.isna().any() or ahead.max() - ahead.min() > 1.0 or max(ahead.max(), -ahead.min()) > 14.0:
        message = "local_time and time do not differ by one time zone; give --option utc_offset_h"
        faults.add(1, "E396", message, "local_time と time の差が一定ではありません")
        return None
    return float(ahead.min())


def _sites(points: Sequence[_Point], options: Mapping[str, str]) -> list[str]:
    """Return the site every file stands for; each site and technology once."""
    if "site" in options:
        if len(points) > 1:
            raise UsageError("option site means one file; for several give pack and let coordinates decide")
        if not options["site"].strip():
            raise UsageError("option site is empty; --option site=SITE")
        return [options["site"]]
    if "pack" not in options:
        raise UsageError("which sites are the files? Give --option site=SITE or --option pack=PACK")
    table = read_pack(find_pack(options["pack"])).tables["sites"]
    given = number_of(options, "tolerance_km")
    tolerance = _TOLERANCE_KM if given is None else given
    found: list[str] = []
    problems: list[Problem] = []
    taken: dict[tuple[str, str | None], str] = {}
    for point in points:
        site, problem = _nearest(point, table, tolerance)
        label = point.faults.label
        if problem is None and (other := taken.get((site, point.technology))) is not None:
            message = f"{other} is {point.technology} of site {site} already; one file each"
            problem = Problem(label, "E393", message, f"{other} と同じ地点・同じ電源です")
        if problem is not None:
            problems.append(problem)
        taken.setdefault((site, point.technology), label)
        found.append(site)
    together(problems)
    return found


def _nearest(point: _Point, table: pd.DataFrame, tolerance: float) -> tuple[str, Problem | None]:
    label = point.faults.label
    if point.lon is None or point.lat is None:
        message = "neither name nor comments give coordinates; import the file alone with --option site=SITE"
        return "", Problem(label, "E396", message, "座標が分かりません。--option site= で指定してください")
    here = pd.DataFrame({"lon": [point.lon], "lat": [point.lat]})
    distance = great_circle_km(here, table)[0]
    at = int(np.argmin(distance))
    site = str(table.index[at])
    if distance[at] <= tolerance:
        return site, None
    message = (
        f"point {point.lat:g}, {point.lon:g} is {distance[at]:.0f} km from the nearest site {site}; "
        f"the tolerance is {tolerance:g} km (--option tolerance_km)"
    )
    return site, Problem(
        label, "E393", message, f"最寄りの地点 {site} から {distance[at]:.0f} km 離れています"
    )
