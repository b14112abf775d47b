"""Longitude and latitude the wrong way round, told from the figures themselves."""

from __future__ import annotations

import re

import pandas as pd

from optimizer.errors import Problem
from optimizer.inputs.pack_table import RawTable


def without_swapped(text: RawTable, found: list[Problem]) -> list[Problem]:
    """Return the problems of a table with one E322 in place of what swapped coordinates break."""
    if not {"lon", "lat"} <= set(text.header):
        return found
    written = pd.DataFrame(list(text.rows), columns=list(text.header))[["lon", "lat"]].apply(
        pd.to_numeric, errors="coerce"
    )
    for row in swapped_rows(written):
        where = f"{text.label}:{text.lines[row]}"
        found = [one for one in found if not (one.place == where and re.match(r"(lon|lat) =", one.message))]
        point = written.iloc[row]
        found.append(swapped_problem(where, text.rows[row][0], (float(point["lon"]), float(point["lat"]))))
    return found


def swapped_problem(where: str, key: str, point: tuple[float, float]) -> Problem:
    """Return the problem of a point that lies where its longitude and latitude would if swapped (E322)."""
    lon, lat = point
    return Problem(
        where,
        "E322",
        f'"{key}": lon {lon:g}, lat {lat:g} lie far from where they belong; longitude and latitude '
        "look swapped",
        f"「{key}」: lon {lon:g}, lat {lat:g} が本来の位置から離れています。経度と緯度が逆のようです",
    )


def swapped_rows(table: pd.DataFrame) -> list[int]:
    """Return rows whose longitude and latitude lie where the other belongs, judged by the other rows.

    Works on the numbers as written: call before range checks drop them.
    """
    points = table[["lon", "lat"]].dropna()
    swapped = (points["lat"].abs() > 90) & (points["lon"].abs() <= 90)
    if len(points) >= 3:
        lon, lat = float(points["lon"].median()), float(points["lat"].median())
        as_is = (points["lon"] - lon).abs() + (points["lat"] - lat).abs()
        crossed = (points["lon"] - lat).abs() + (points["lat"] - lon).abs()
        swapped |= (crossed < 30) & (as_is > 2 * crossed + 30)
    return [row for row, bad in enumerate(table.index.isin(points.index[swapped])) if bad]
