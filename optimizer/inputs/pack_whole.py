"""Everything that would make a run of a pack fail with an input error, found before anything is solved.

    tables ─┬─ outlines ──┬─ areas of the weather, outlines of sites, coordinates ─ the drawn year ─ reach
            └─ weather ───┘

`wattbit validate PACK` raises all of it at once; `wattbit doctor` says it as `wrong` and goes on from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.boundaries import Boundaries, boundaries_of, layers_as_read
from optimizer.inputs.hourly import with_hourly_files
from optimizer.inputs.pack import Pack, TablesAsRead, pack_of, place_order, tables_as_read
from optimizer.inputs.pack_checks import check_fleet_names
from optimizer.inputs.pack_points import swapped_problem
from optimizer.inputs.pack_reach import unserved_nodes
from optimizer.inputs.pack_table import label_of
from optimizer.inputs.weather import build_year
from optimizer.inputs.weather_tables import weather_tables_and_faults
from optimizer.milestones import HourlyYear

_SEED = 1
_ROUND_THE_COUNTRY_DEG = 1.0
_MOST = 0.9
_LISTED = 5
_POINTS = ("areas", "sites", "nodes")


@dataclass(frozen=True)
class WholePack:
    """A pack with its outlines and one drawn year, as far as they could be read, and every fault by topic."""

    pack: Pack | None
    outlines: Boundaries | None
    year: HourlyYear | None
    faults: Mapping[str, tuple[Problem, ...]]
    """Topics `tables`, `outlines`, `hours`."""


def look_at_whole(folder: Path) -> WholePack:
    """Read tables, weather, outlines and hourly files of a pack, and draw one year from them.

    Args:
        folder: the pack.

    Returns:
        What could be read, and every fault of it; the year is drawn where tables and weather are sound.

    Raises:
        InputError: E320, there is no such folder.
    """
    read = tables_as_read(folder)
    outlines, of_outlines = _outlines(read)
    statistics, of_hours = weather_tables_and_faults(folder)
    of_hours = of_hours + _areas_differ(read, statistics)
    pack, year = None, None
    if not read.problems:
        pack = pack_of(read)
        if not of_hours:
            year, of_hours = _drawn(pack, statistics)
    known = {(one.place, one.code) for one in read.problems}
    faults = {
        "tables": read.problems,
        "outlines": tuple(of_outlines),
        "hours": tuple(one for one in of_hours if (one.place, one.code) not in known),
    }
    return WholePack(pack, outlines, year, faults)


def whole_pack_faults(folder: Path, reach: bool = True) -> list[Problem]:
    """Return everything that would make a run of this pack fail, in order of file and line.

    Args:
        folder: the pack.
        reach: whether users no site can serve in time count (a scenario may leave their load abroad), and
            tables only some scenarios use: announced sites, the graph of fibre.

    Raises:
        InputError: E320, there is no such folder.
    """
    whole = look_at_whole(folder)
    problems = [one for topic in whole.faults.values() for one in topic]
    if whole.pack is not None:
        problems += check_fleet_names(whole.pack.tables["fleets"], f"{label_of(folder / 'fleets.csv')}")
        if reach and not problems:  # joined to sound sites and outlines; a scenario checks what it chose
            problems += _faults_of_choices(whole.pack)
        if reach:
            problems += _unserved(whole.pack)
    return sorted(dict.fromkeys(problems), key=place_order)


def _faults_of_choices(pack: Pack) -> list[Problem]:
    """Return what is wrong with tables a scenario may choose: announced sites, the graph of fibre."""
    from optimizer.inputs.candidates import CANDIDATES, with_sites
    from optimizer.inputs.fibre_tables import LINKS, NODES, with_fibre

    problems: list[Problem] = []
    try:
        if (pack.folder / f"{CANDIDATES}.csv").is_file():
            with_sites(pack, "candidates")
    except InputError as error:
        problems += error.problems
    try:
        if any((pack.folder / f"{name}.csv").is_file() for name in (NODES, LINKS)):
            with_fibre(pack, "graph")
    except InputError as error:
        problems += error.problems
    return problems


def _unserved(pack: Pack) -> list[Problem]:
    """Return classes of computing whose users no site reaches in time (E354)."""
    value = {str(name): float(x) for name, x in pack.parameters["value"].items()}
    tables = pack.tables
    place = label_of(pack.folder / "workloads.csv")
    return [
        Problem(
            place,
            "E354",
            f"{workload}: no site reaches {_listed(nodes)} within {limit:g} ms; add a site nearby or relax "
            "rtt_limit_ms (a scenario with allow_abroad: true may leave the load abroad)",
            f"{workload}: {limit:g} ms 以内に {_listed(nodes)} へ届く候補地がありません",
        )
        for workload, nodes, limit in unserved_nodes(
            tables["nodes"], tables["sites"], tables["workloads"], value
        )
    ]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _drawn(pack: Pack, statistics: dict[str, pd.DataFrame]) -> tuple[HourlyYear | None, list[Problem]]:
    """Draw a year as a run would; E353 where its figures are not finite."""
    plain = {name: table.reset_index(drop=True) for name, table in statistics.items()}
    place = label_of(pack.folder / "weather_daily.csv")
    message = "no year can be drawn from the weather statistics: {}; are they those of one year of hours?"
    try:
        with np.errstate(all="ignore"):
            year = build_year(plain, pack.tables, pack.parameters, _SEED)
        year = with_hourly_files(pack.folder, pack.tables, year)
    except InputError as error:
        return None, list(error.problems)
    except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        return None, [Problem(place, "E353", message.format(error), "気象統計から 1 年を作れません")]
    odd = [
        name
        for name in ("demand_gw", "must_run_gw", "existing_cf", "site_cf", "temperature_c")
        if not np.isfinite(getattr(year, name)).all()
    ]
    if odd:
        words = f"{', '.join(odd)} not finite"
        return None, [Problem(place, "E353", message.format(words), "気象統計から 1 年を作れません")]
    return year, []


def _areas_differ(read: TablesAsRead, statistics: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return areas without weather, and weather without an area (E356)."""
    if "areas" not in read.tables or "annual" not in statistics:
        return []
    ours, theirs = read.tables["areas"].get("area"), statistics["annual"].get("area")
    if ours is None or theirs is None:
        return []
    without = [
        Problem(
            str(place),
            "E356",
            f'area "{area}" has no weather: weather_annual.csv has {_listed(sorted(theirs))}; make the '
            "weather tables of these areas (docs/new-country.md, step 5)",
            f"エリア「{area}」の気象統計がありません。weather_*.csv をこのエリアで作り直してください",
        )
        for place, area in ours[~ours.isin(theirs)].items()
    ]
    return without + [
        Problem(
            str(place),
            "E356",
            f'area "{area}" is not in areas.csv, which has {_listed(sorted(ours))}; the weather tables are '
            "those of other areas",
            f"エリア「{area}」は areas.csv にありません",
        )
        for place, area in theirs[~theirs.isin(ours)].items()
    ]


def _outlines(read: TablesAsRead) -> tuple[Boundaries | None, list[Problem]]:
    """Read the outlines; say which site or area has none, and which points lie the wrong way round."""
    layers, problems = layers_as_read(read.folder)
    outlines = None if problems else boundaries_of(layers)
    for table, key, layer in (("sites", "site", "prefectures"), ("areas", "area", "grid_areas")):
        rows, shapes = read.tables.get(table, pd.DataFrame()).get(key), layers.get(layer)
        if rows is None or shapes is None or key not in shapes:
            continue
        lost = rows[~rows.isin(shapes[key]) & (rows != "")]
        problems += [
            Problem(
                str(place),
                "E343",
                f'{key} "{name}" has no outline: maps cannot be drawn; add a polygon with {key} = {name} to '
                f"layer {layer} of boundaries.gpkg",
                f"「{name}」の境界がありません。boundaries.gpkg のレイヤー {layer} に足してください",
            )
            for place, name in lost.items()
        ]
    return outlines, problems + (_crossed(read, outlines) if outlines is not None else [])


def _far(place: str, point: tuple[float, float], box: tuple[tuple[float, float], ...]) -> Problem:
    (west, east), (south, north) = box
    return Problem(
        place,
        "E332",
        f"lon = {point[0]:g}, lat = {point[1]:g} deg lie outside the country of boundaries.gpkg: "
        f"{west:.1f} to {east:.1f}, {south:.1f} to {north:.1f}; a sign or a decimal point?",
        f"lon = {point[0]:g}, lat = {point[1]:g} は境界データの国の外です（経度 {west:.1f}〜{east:.1f}、"
        f"緯度 {south:.1f}〜{north:.1f}）。符号か小数点を確かめてください",
    )


def _crossed(read: TablesAsRead, outlines: Boundaries) -> list[Problem]:
    """Return points outside the country: E322 where they lie inside it when swapped, E332 where not."""
    if not len(outlines.sites):
        return []
    west, south, east, north = outlines.sites.total_bounds
    margin = _ROUND_THE_COUNTRY_DEG
    said = {one.place for one in read.problems if one.code == "E322"}
    problems: list[Problem] = []
    count = 0
    for name in _POINTS:
        table = read.tables.get(name, pd.DataFrame())
        if not {"lon", "lat"} <= set(table):
            continue
        lon, lat = table["lon"], table["lat"]
        box_lon, box_lat = (west - margin, east + margin), (south - margin, north + margin)
        inside = lon.between(*box_lon) & lat.between(*box_lat)
        swapped = ~inside & lat.between(*box_lon) & lon.between(*box_lat)
        count += len(table)
        problems += [
            swapped_problem(
                str(place), str(table.iloc[:, 0].to_dict()[place]), (float(lon[place]), float(lat[place]))
            )
            for place in table.index[swapped]
            if str(place) not in said
        ]
        lost = ~inside & ~swapped & lon.notna() & lat.notna()
        problems += [
            _far(str(place), (float(lon[place]), float(lat[place])), (box_lon, box_lat))
            for place in table.index[lost]
            if str(place) not in said
        ]
    if problems and len(problems) >= _MOST * count:
        place = label_of(read.folder / "boundaries.gpkg")
        message = (
            "every point of the tables lies outside; x and y of the outlines look swapped: x is longitude"
        )
        return [Problem(place, "E322", message, "図形の経度と緯度が逆のようです（x が経度）")]
    return problems
