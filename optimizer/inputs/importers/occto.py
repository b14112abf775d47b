"""OCCTO's exports of the interties: actual flow by five minutes, or capacity and plan by half hour.

UTF-8 with byte-order mark or CP932, a first line `UPDATE`, times that label the END of the period
(`24:00`), all cells quoted. Two layouts, told apart by their header: actual flow (one row per link and
moment: operating capacity both ways, planned flow, actual flow) and capacity (one row per link, half hour
and direction: spare and operating capacity, planned flow). Flows are positive in the link's forward
direction; capacities of the reverse direction are written negative there, and positive here.
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

INTERTIES = {
    "北海道・本州間電力連系設備": "hokkaido-tohoku",
    "相馬双葉幹線": "tohoku-tokyo",
    "周波数変換設備": "tokyo-chubu",
    "三重東近江線": "chubu-kansai",
    "南福光連系所・南福光変電所の連系設備": "chubu-hokuriku",
    "越前嶺南線": "hokuriku-kansai",
    "西播東岡山線・山崎智頭線": "kansai-chugoku",
    "阿南紀北直流幹線": "kansai-shikoku",
    "本四連系線": "chugoku-shikoku",
    "関門連系線": "chugoku-kyushu",
    "中部フェンス": "chubu-fence",
    "北陸フェンス": "hokuriku-fence",
    "関西フェンス": "kansai-fence",
    "関西-中国(東)": "kansai-chugoku-east",
    "関西-中国(西)": "kansai-chugoku-west",
}
"""Links, and the cuts that replaced three of them in March 2026; forward is first to second."""

_FLOW = {
    "運用容量(順方向)": "forward_mw",
    "運用容量(逆方向)": "reverse_mw",
    "計画潮流(順方向)": "planned_mw",
    "潮流実績": "flow_mw",
}
_PLAN = {"計画潮流": "planned_mw", "運用容量": "capacity_mw"}
_DIRECTIONS = {"順方向": "forward_mw", "逆方向": "reverse_mw"}
_OUT = ("forward_mw", "reverse_mw", "planned_mw", "flow_mw")
_STEP = {"flow": 5, "plan": 30}
_LARGEST_MW = 50_000.0
_TOLERANCE = 1.5
"""Flows beyond this many times the operating capacity, and 500 MW, are taken for an error of the file."""


def read(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read OCCTO's intertie exports into hourly tables.

    Args:
        files: exports of either layout, any number.
        options: none.

    Returns:
        `actuals_interties`: hour (start, local time), intertie, forward_mw, reverse_mw (operating capacity,
        both positive), planned_mw, flow_mw (positive forward; empty where the export has only plans), means
        over the hour; sorted by intertie and hour.

    Raises:
        InputError: E380 to E389, every fault of every file.
    """
    del options
    table = pd.concat(read_each(files, _read_one))
    key = ["intertie", "hour"]
    twice = table[table.duplicated(key) & table["flow_mw"].notna()]
    if len(twice):
        faults = Faults(files[-1])
        shown = named_moments(list(twice["hour"]))
        faults.add(0, "E388", f"hours that another file has already: {shown}", f"別のファイルと重複: {shown}")
        faults.fail()
    table = table.sort_values([*key, "flow_mw"]).drop_duplicates(key)  # where both exist, the actual one
    table["hour"] = pd.DatetimeIndex(table["hour"]).strftime("%Y-%m-%d %H:%M")
    return {"actuals_interties": table[["hour", "intertie", *_OUT]].reset_index(drop=True)}


def _read_one(path: Path) -> pd.DataFrame:
    """Hourly means of one file: hour, intertie and `_OUT`."""
    faults = Faults(path)
    rows = read_rows(path, ("連系線", "対象断面"), faults)
    kind = "flow" if "潮流実績" in rows.columns else "plan"
    day, time = ("対象日付", "対象時刻") if kind == "flow" else ("年月日", "時刻")
    wanted = ["連系線", day, time, *(_FLOW if kind == "flow" else (*_PLAN, "方向"))]
    header_line = int(rows["line"].iloc[0]) - 1
    for name in wanted:
        if list(rows.columns).count(name) != 1:
            faults.add(
                header_line, "E384", f'column "{name}" must be there once', f"列「{name}」が 1 つ必要です"
            )
    faults.fail()
    rows = rows.assign(
        intertie=_links(rows, faults),
        start=_starts(rows[day], rows[time], (rows["line"], _STEP[kind]), faults),
    )
    faults.fail()
    table = _flow(rows, faults) if kind == "flow" else _plan(rows, faults)
    _check_limits(table, faults)
    _check_complete(table, _STEP[kind], faults)
    faults.fail()
    table["hour"] = table["start"].dt.floor("h")
    return table.groupby(["intertie", "hour"])[list(_OUT)].mean().reset_index()


def _links(rows: pd.DataFrame, faults: Faults) -> pd.Series:
    """Our name of each row's link."""
    links = rows["連系線"].map(INTERTIES)
    unknown = rows[links.isna()].drop_duplicates("連系線")
    for line, name in zip(unknown["line"], unknown["連系線"], strict=True):
        faults.add(
            int(line),
            "E383",
            f"link {name[:40]!r} is not known; known are {', '.join(list(INTERTIES)[:3])}, …",
            f"連系線「{name[:40]}」は未知です",
        )
    return links


def _starts(day: pd.Series, time: pd.Series, where: tuple[pd.Series, int], faults: Faults) -> pd.Series:
    """Start of each period; the file labels its end."""
    lines, step = where
    parts = day.str.extract(r"^(\d{4})[/-]?(\d{1,2})[/-]?(\d{1,2})$").astype(float)
    date = pd.to_datetime(parts.set_axis(["year", "month", "day"], axis=1), errors="coerce")
    clock = time.str.extract(r"^(\d{1,2}):(\d{2})$").astype(float)
    minutes = clock[0] * 60 + clock[1]
    bad = date.isna() | ~minutes.between(step, 1440) | (minutes % step != 0)
    written = day + " " + time
    for line, cell in list(zip(lines[bad], written[bad], strict=True))[:SHOWN]:
        faults.add(
            int(line),
            "E387",
            f"{cell[:40]!r} is not a day and the end of a period of {step} minutes, 00:{step:02d} to 24:00",
            f"{cell[:40]!r} は日付と {step} 分単位の終わりの時刻ではありません",
        )
    return date + pd.to_timedelta(minutes - step, unit="min")


def _flow(rows: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    table = rows[["intertie", "start", "line"]].copy()
    for name, ours in _FLOW.items():
        table[ours] = numbers(rows[name], rows["line"], name, faults)
    table["reverse_mw"] = table["reverse_mw"].abs()
    faults.fail()
    return table


def _plan(rows: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    """One row per link and half hour out of one per direction."""
    odd = rows[~rows["方向"].isin(list(_DIRECTIONS))]
    for line, cell in list(zip(odd["line"], odd["方向"], strict=True))[:SHOWN]:
        faults.add(
            int(line), "E385", f"direction {cell[:40]!r} is not 順方向 or 逆方向", f"方向 {cell[:40]!r}"
        )
    values = {ours: numbers(rows[name], rows["line"], name, faults) for name, ours in _PLAN.items()}
    faults.fail()
    table = rows[["intertie", "start", "line"]].assign(
        direction=rows["方向"].map(_DIRECTIONS), capacity=values["capacity_mw"].abs(), **values
    )
    if table.duplicated(["intertie", "start", "direction"]).any():
        line = int(table.loc[table.duplicated(["intertie", "start", "direction"]), "line"].iloc[0])
        faults.add(line, "E387", "link, half hour and direction are given twice", "同じ行が重複しています")
        faults.fail()
    wide = table.pivot(index=["intertie", "start"], columns="direction", values="capacity")
    wide = wide.reindex(columns=list(_DIRECTIONS.values()))
    lone = wide[wide.isna().any(axis=1)]
    if len(lone):
        shown = named_moments([f"{link} {start}" for link, start in lone.index])
        faults.add(0, "E387", f"one direction is missing: {shown}", f"片方向がありません: {shown}")
        faults.fail()
    first = table.drop_duplicates(["intertie", "start"]).set_index(["intertie", "start"])
    wide = wide.assign(planned_mw=first["planned_mw"], flow_mw=float("nan"), line=first["line"])
    return wide.reset_index()


def _check_limits(table: pd.DataFrame, faults: Faults) -> None:
    """Note flows and capacities that cannot be."""
    for name in _OUT:
        over = table[table[name].abs() > _LARGEST_MW]
        for line, value in list(zip(over["line"], over[name], strict=True))[:SHOWN]:
            faults.add(
                int(line), "E389", f"{name} {value:g}: too large for MW; kW?", f"{name} {value:g}: kW?"
            )
    flow = table["flow_mw"].fillna(table["planned_mw"])
    capacity = table["forward_mw"].where(flow >= 0, table["reverse_mw"])
    over = table[flow.abs() > capacity * _TOLERANCE + 500.0]
    for line in list(over["line"])[:SHOWN]:
        faults.add(
            int(line),
            "E389",
            "the flow is far beyond the operating capacity of its direction; is a sign wrong?",
            "潮流が運用容量を大きく超えています。符号を確かめてください",
        )


def _check_complete(table: pd.DataFrame, step: int, faults: Faults) -> None:
    """Note periods given twice, and missing between a link's first and last day."""
    for link, start in table.groupby("intertie")["start"]:
        note_repeated(start, table["line"], f"{link}: ", faults)
        last = start.max().normalize() + pd.Timedelta(days=1)
        full = pd.date_range(start.min().normalize(), last, freq=f"{step}min", inclusive="left")
        if len(gone := full.difference(pd.DatetimeIndex(start))):
            shown = named_moments(list(gone))
            faults.add(0, "E387", f"{link}: missing: {shown}", f"{link}: 欠落: {shown}")
