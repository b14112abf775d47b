"""Sites finer than those of a pack: points or outlines from a file, joined to the pack by geometry.

Every fine site lies in exactly one coarse site (a prefecture) or is refused with its name. What is a quantity
(headroom, limit, reinforcement, potential, today's stock) is shared out among the fine sites of a coarse one:
nothing is counted twice; what is a price or a climate is taken over. A coarse site without fine ones stays,
with its stock and its renewables, but can host nothing new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from optimizer.errors import InputError, Problem, UsageError
from optimizer.inputs.boundaries import Boundaries, read_boundaries
from optimizer.inputs.importers.boundaries import WGS_84, read_vector, repaired
from optimizer.inputs.importers.ninja import number_of
from optimizer.inputs.pack import Pack, find_pack, read_pack
from optimizer.inputs.pack_points import swapped_problem, without_swapped
from optimizer.inputs.pack_table import RawTable, label_of, read_text_table, typed_table
from optimizer.scenario.tables import PACK_TABLES, Column

Tables = dict[str, pd.DataFrame]

DEFAULTS = "nearest"
TOLERANCE_KM = 10.0
"""A point at sea is taken for the coast this near: outlines are simplified by up to some kilometres."""

SHARED = ("existing_it_mw", "headroom_mw", "site_limit_mw")
"""Columns of `sites` that are quantities: shared out; all others are taken over."""

_BY_GEOMETRY = ("site", "area", "lon", "lat")
_ON_BORDER_DEG = 1e-9
_POINTS_AND_POLYGONS = ("Point", "Polygon", "MultiPolygon")


@dataclass(frozen=True)
class Joined:
    """Fine sites with the coarse site each lies in."""

    table: pd.DataFrame
    """Index site, in order; columns `coarse`, `weight`, lon, lat, and whatever of `sites` the file gives."""

    shapes: gpd.GeoSeries
    """Index site: point or outline, EPSG:4326."""


def read(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read fine sites and make the site tables of a pack from them.

    Args:
        files: one CSV with site, lon, lat (WGS 84), or one vector file with points or polygons. Columns
            called like those of `sites` stand instead of what would be taken over (not `area`: geometry says
            it; an empty cell takes over). `weight` says how quantities are shared; absent: evenly.
        options: `pack` to take from; `defaults` nearest; `key` column with the identifier (default site);
            `tolerance_km` for points at sea; `crs`, `layer`, `encoding` as for boundaries.

    Returns:
        Tables sites, climate, reinforcements, renewable_potential, and the layers of `boundaries`.

    Raises:
        UsageError: an option is missing or unknown.
        InputError: E325, E328, E333, E390 to E393, each with the site named.
    """
    if options.get("defaults", DEFAULTS) != DEFAULTS:
        raise UsageError(f'defaults "{options["defaults"]}": only {DEFAULTS}')
    if "pack" not in options:
        raise UsageError("what should the sites take over? Give --option pack=PACK, e.g. pack=japan")
    if len(files) != 1:
        raise UsageError("give one file of sites")
    pack = read_pack(find_pack(options["pack"]))
    outlines = read_boundaries(pack.folder)
    tolerance = number_of(options, "tolerance_km")
    given = read_sites(files[0], options)
    joined = join(given, outlines, TOLERANCE_KM if tolerance is None else tolerance, label_of(files[0]))
    return fine_tables(joined, pack, outlines)


def read_sites(path: Path, options: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Read points or outlines; columns `site`, `geometry`, `place`, `weight` and those of the table `sites`.

    Raises:
        InputError: E325 no key, E328 empty key, E333 a key twice, E390 to E392.
    """
    key = options.get("key", "site")
    if not path.is_file():
        raise InputError([_no_file(path, key)])
    if path.suffix.lower() in (".csv", ".txt"):
        table = _points_of_csv(path, key)
    else:
        table = read_vector(path, options)
        if key not in table:
            have = ", ".join(str(name) for name in table.columns if name not in ("geometry", "place"))
            message = f'column "{key}" is missing; the file has {have} (--option key=NAME)'
            raise InputError([Problem(label_of(path), "E325", message, f"列「{key}」がありません")])
        table = _attributes(repaired(table, _POINTS_AND_POLYGONS), key, label_of(path))
    name = table[key].astype("string").str.strip().fillna("")
    problems = [
        Problem(str(place), "E328", f"column {key} is empty: the site has no name", f"列 {key} が空です")
        for place in table.loc[name == "", "place"]
    ]
    problems += [
        Problem(
            str(place),
            "E333",
            f'site "{word}" is there already; one row per site',
            f"「{word}」が重複しています",
        )
        for place, word in zip(table["place"], name, strict=True)
        if word and (name == word).sum() > 1
    ]
    if problems:
        raise InputError(problems[:50])
    return table.assign(site=name.astype(object))


def _no_file(path: Path, key: str) -> Problem:
    return Problem(
        label_of(path),
        "E321",
        f"there is no such file of sites; give a CSV with columns {key}, lon, lat (WGS 84), or a GeoPackage, "
        "GeoJSON or Shapefile of points or outlines (docs/sites.md)",
        f"候補地のファイルがありません。列 {key}、lon、lat の CSV か、点・面の GIS ファイルを指定します",
    )


def join(given: gpd.GeoDataFrame, outlines: Boundaries, tolerance_km: float, label: str) -> Joined:
    """Find the one coarse site each fine site lies in; an outline by a point inside it.

    Args:
        given: from :func:`read_sites`.
        outlines: coarse sites of the pack.
        tolerance_km: how far at sea a point may lie from the nearest outline.
        label: file, for messages.

    Raises:
        InputError: E393 for every point on a border, too far from every outline, or where another one is.
    """
    shapes = gpd.GeoSeries(
        given.geometry.to_numpy(), index=pd.Index(given["site"], name="site"), crs=given.crs
    )
    shapes = shapes.to_crs(WGS_84)
    points = shapes.representative_point()
    problems: list[Problem] = []
    coarse: dict[str, str] = {}
    tree = shapely.STRtree(outlines.sites.geometry.to_numpy())
    for (site, point), place in zip(points.items(), given["place"], strict=True):
        names = outlines.sites.index[np.sort(tree.query(point, predicate="dwithin", distance=_ON_BORDER_DEG))]
        if len(names) > 1:
            message = f'"{site}" lies on the border of {" and ".join(map(str, names))}; move it to one side'
            problems.append(
                Problem(
                    str(place), "E393", message, f"「{site}」は境界上にあります。どちらかに動かしてください"
                )
            )
        elif len(names) == 1:
            coarse[str(site)] = str(names[0])
        else:
            name, distance = _nearest(point, outlines.sites)
            coarse[str(site)] = name
            if distance > tolerance_km:
                crossed = shapely.Point(point.y, point.x)
                lies = len(tree.query(crossed, predicate="dwithin", distance=_ON_BORDER_DEG)) > 0
                far = (name, distance, tolerance_km)
                problems.append(
                    swapped_problem(str(place), str(site), (point.x, point.y))
                    if lies
                    else _too_far(str(place), str(site), (point.x, point.y), far)
                )
    problems += _same_place(points, given)
    if problems:
        raise InputError(problems[:50])
    columns = [
        name for name in given.columns if name in PACK_TABLES["sites"].column_names or name == "weight"
    ]
    table = pd.DataFrame(given[columns]).set_index("site")
    table = table.assign(coarse=pd.Series(coarse), lon=points.x.round(6), lat=points.y.round(6)).sort_index()
    return Joined(table.assign(weight=_weights(table, label)), shapes.loc[table.index])


def _too_far(place: str, site: str, point: tuple[float, float], far: tuple[str, float, float]) -> Problem:
    name, distance, tolerance = far
    return Problem(
        place,
        "E393",
        f'"{site}" ({point[1]:.4f}, {point[0]:.4f}) lies {distance:.0f} km off {name}; the tolerance is '
        f"{tolerance:g} km (--option tolerance_km)",
        f"「{site}」は {name} から {distance:.0f} km 離れています（許容 {tolerance:g} km）",
    )


def fine_tables(joined: Joined, pack: Pack, outlines: Boundaries) -> Tables:
    """Return the site tables of a pack with the fine sites in place of the coarse ones."""
    kept = [site for site in pack.tables["sites"].index if site not in set(joined.table["coarse"])]
    share = joined.table["weight"] / joined.table.groupby("coarse")["weight"].transform("sum")
    tables = {
        "sites": _sites(joined, share, kept, pack),
        "climate": _by_site(pack.tables["climate"], joined, kept),
        "reinforcements": _by_site(pack.tables["reinforcements"], joined, [], ("size_mw", share)),
        "renewable_potential": _by_site(
            pack.tables["renewable_potential"], joined, kept, ("potential_mw", share)
        ),
    }
    cells = _cells(joined, outlines).rename("geometry")
    whole = outlines.sites.geometry.loc[kept]
    shapes = gpd.GeoDataFrame(pd.concat([cells, whole]).rename_axis("site").reset_index(), crs=WGS_84)
    shapes = shapes.set_geometry("geometry")
    return tables | {
        "boundaries.prefectures": shapes.sort_values("site", ignore_index=True),
        "boundaries.grid_areas": outlines.areas.reset_index()[["area", "geometry"]],
        "boundaries.land": outlines.land[["name", "geometry"]],
    }


def _points_of_csv(path: Path, key: str) -> gpd.GeoDataFrame:
    """Read lon and lat, WGS 84 by definition, and every other column the table `sites` knows."""
    problems: list[Problem] = []
    text = read_text_table(path, problems)
    schema = {column.name: column for column in PACK_TABLES["sites"].columns}
    wanted = [Column(key, "text", "identifier of the site"), schema["lon"], schema["lat"]]
    if text is None:
        raise InputError(problems)
    problems += [
        Problem(
            f"{text.label}:1",
            "E325",
            f'column "{column.name}" is missing',
            f"列「{column.name}」がありません",
        )
        for column in wanted
        if column.name not in text.header
    ]
    if not problems:
        table = typed_table(text, [*wanted, *_extra(key)], problems)
        problems = without_swapped(text, problems)
    if problems:
        raise InputError(problems)
    points = gpd.points_from_xy(table["lon"], table["lat"], crs=WGS_84)
    place = pd.Series(table.index, index=table.index)
    return gpd.GeoDataFrame(table.assign(place=place), geometry=points).reset_index(drop=True)


def _extra(key: str) -> list[Column]:
    """Return the columns a file may give beside the key and the place; each may be empty."""
    own = [column for column in PACK_TABLES["sites"].columns if column.name not in (key, *_BY_GEOMETRY)]
    weight = Column("weight", "1", "share of the coarse site's quantities", 0.0, optional=True)
    return [*(replace(column, optional=True) for column in own), weight]


def _attributes(table: gpd.GeoDataFrame, key: str, label: str) -> gpd.GeoDataFrame:
    """Return the key, the geometry and the columns the table `sites` knows, checked like cells of a table."""
    problems: list[Problem] = []
    wanted = [column for column in _extra(key) if column.name in table]
    words = [table[column.name].astype("string").fillna("").str.strip() for column in wanted]
    rows = tuple(zip(*words, strict=True)) if words else ((),) * len(table)
    raw = RawTable(label, tuple(column.name for column in wanted), rows, tuple(range(1, len(table) + 1)))
    typed = typed_table(raw, wanted, problems)
    if problems:
        raise InputError(problems)
    return gpd.GeoDataFrame(
        typed.set_index(table.index).assign(**{key: table[key], "place": table["place"]}),
        geometry=table.geometry,
    )


def _nearest(point: shapely.Point, sites: gpd.GeoDataFrame) -> tuple[str, float]:
    """Return the coarse site nearest to a point and the distance, km, on a plane touching the earth there."""
    plane = f"+proj=aeqd +lat_0={point.y} +lon_0={point.x} +datum=WGS84 +units=km"
    near = sites.geometry.iloc[np.argsort(shapely.distance(sites.geometry.to_numpy(), point))[:5]].to_crs(
        plane
    )
    distance = near.distance(shapely.Point(0, 0))
    return str(distance.idxmin()), float(distance.min())


def _same_place(points: gpd.GeoSeries, given: gpd.GeoDataFrame) -> list[Problem]:
    xy = pd.DataFrame({"x": points.x.round(6), "y": points.y.round(6)})
    twice = xy.duplicated(keep="first").to_numpy()
    return [
        Problem(
            str(place),
            "E393",
            f'"{site}" stands where another site stands; merge them or move one by some metres',
            f"「{site}」と同じ位置に別の地点があります",
        )
        for site, place, bad in zip(points.index, given["place"], twice, strict=True)
        if bad
    ]


def _weights(table: pd.DataFrame, label: str) -> pd.Series:
    if "weight" not in table:
        return pd.Series(1.0, index=table.index)
    weight = pd.to_numeric(table["weight"], errors="coerce").fillna(0.0)
    total = weight.groupby(table["coarse"]).transform("sum")
    if (weight < 0).any() or (total <= 0).any():
        at = str(table.index[(weight < 0) | (total <= 0)][0])
        message = f'weight of "{at}" or of all sites beside it is not above zero'
        raise InputError([Problem(label, "E332", message, f"「{at}」の weight が 0 以下です")])
    return weight


def _sites(joined: Joined, share: pd.Series, kept: list[str], pack: Pack) -> pd.DataFrame:
    coarse = pack.tables["sites"]
    fine = coarse.loc[joined.table["coarse"]].set_axis(joined.table.index, axis=0)
    for column in SHARED:
        fine[column] = (fine[column] * share).round(9)
    labels = fine[["name_ja", "name_en"]].apply(lambda words: words + " " + words.index.astype(str))
    fine[["name_ja", "name_en"]] = labels
    for column in joined.table.columns.intersection(coarse.columns):
        own = joined.table[column]
        fine[column] = own.where(own.notna() & (own.astype("string") != ""), fine[column]).to_numpy()
    rest = coarse.loc[kept].assign(headroom_mw=0.0, site_limit_mw=0.0)
    table = pd.concat([fine, rest]).rename_axis("site").sort_index().reset_index()
    return table[list(PACK_TABLES["sites"].column_names)]


def _by_site(
    table: pd.DataFrame, joined: Joined, kept: list[str], shared: tuple[str, pd.Series] | None = None
) -> pd.DataFrame:
    """Return rows of a table by site, repeated for every fine site of a coarse one; quantities shared out."""
    plain = table.reset_index()
    pairs = joined.table[["coarse"]].rename_axis("fine").reset_index()
    fine = pairs.merge(plain, left_on="coarse", right_on="site").drop(columns=["coarse", "site"])
    fine = fine.rename(columns={"fine": "site"})
    if shared is not None:
        column, share = shared
        fine[column] = (fine[column] * fine["site"].map(share)).round(9)
    both = pd.concat([fine, plain[plain["site"].isin(kept)]], ignore_index=True)
    return both.sort_values([str(name) for name in table.index.names], ignore_index=True)[list(plain.columns)]


def _cells(joined: Joined, outlines: Boundaries) -> gpd.GeoSeries:
    """Return an outline for every fine site: its own, or the land nearer to it than to its neighbours."""
    cells = joined.shapes.copy()
    for coarse, sites in joined.table.groupby("coarse").groups.items():
        points = joined.shapes.loc[sites]
        if (points.geom_type != "Point").any():
            continue
        land = outlines.sites.geometry.loc[coarse]
        on_land = shapely.get_point(shapely.shortest_line(land, points.to_numpy()), 0)
        cells.loc[sites] = voronoi_cells(on_land, land)
    flat = cells[cells.geom_type == "Point"]
    if len(flat):
        raise InputError(
            [Problem("sites", "E392", "points and outlines are mixed in one coarse site", "点と面が混在")]
        )
    return cells


def voronoi_cells(points: np.ndarray, land: shapely.Geometry) -> np.ndarray:
    """Return for every point the part of `land` nearer to it than to the others, in degrees."""
    if len(points) == 1:
        return np.array([land], dtype=object)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=land, ordered=True)
    )
    cut = shapely.intersection(cells, land)
    parts = [[part for part in shapely.get_parts([cell]) if "Polygon" in part.geom_type] for cell in cut]
    return np.array([shapely.union_all(part) for part in parts], dtype=object)
