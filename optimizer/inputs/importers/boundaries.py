"""Outlines from any vector file (GeoPackage, GeoJSON, Shapefile), and N03 of Japan's national land data.

The reference system must be in the file or given; broken rings are repaired where that keeps the area, and
refused where it would not (a bow-tie); features of one site are joined; the result is the `boundaries.gpkg`
of a pack, EPSG:4326.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely
from shapely.geometry import MultiPolygon

from optimizer.errors import InputError, Problem, UsageError
from optimizer.inputs.boundaries import read_boundaries
from optimizer.inputs.importers.ninja import number_of
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.inputs.pack_table import label_of

Tables = dict[str, pd.DataFrame]

WGS_84 = 4326
METRES_PER_DEGREE = 111_320.0
"""Along a meridian; turns the tolerance of simplification into degrees."""

_KEPT = 1e-6
"""Relative change of area up to which a repair is a repair."""

_OURS = ("geometry", "place")
"""Columns of a file as read that are not attributes of it."""

_POLYGONS = ("Polygon", "MultiPolygon")
N03_COLUMNS = ("N03_001", "N03_007")
"""Prefecture's name, code of the municipality (five digits, the first two are the prefecture's)."""

LEVELS = ("prefecture", "municipality")


def read(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read outlines of sites from vector files.

    Args:
        files: GeoPackage, GeoJSON, Shapefile or anything OGR reads; together one set of outlines.
        options: `key` column that names the site (default `site`), `area` column that names the grid area, or
            `pack` whose table of sites says it; `crs`, `layer`, `encoding`, `simplify_m`.

    Returns:
        Layers `boundaries.prefectures` [site], `boundaries.grid_areas` [area], `boundaries.land` [name].

    Raises:
        InputError: E380, E325, E328, E334, E338, E390, E391, E392.
    """
    key = options.get("key", "site")
    features = _together([read_vector(path, options) for path in files])
    _require(features, [key, *([options["area"]] if "area" in options else [])], files)
    sites = dissolved(features, key, files).rename(columns={key: "site"})
    named = features.assign(site=features[key])
    if "area" in options:  # before `site` was written: the two columns may be one, or called alike
        named, options = named.assign(_area=features[options["area"]]), {**options, "area": "_area"}
    return _layers(sites, named, options, label_of(files[0]))


def read_n03(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read prefectures or municipalities from N03 files (attributes N03_001 and N03_007, JGD2011).

    Args:
        files: Shapefile or GeoJSON, the whole country or by prefecture.
        options: `level` prefecture (sites `JP-01` … `JP-47`) or municipality (sites are the five-digit codes;
            land that belongs to none is left out); `pack` whose sites name the grid areas; `crs`, `encoding`,
            `simplify_m`.

    Returns:
        Layers as :func:`read`.

    Raises:
        InputError: as :func:`read`. UsageError: an unknown level.
    """
    level = options.get("level", LEVELS[0])
    if level not in LEVELS:
        raise UsageError(f'level "{level}": one of {", ".join(LEVELS)}')
    features = _together([read_vector(path, options) for path in files])
    _require(features, list(N03_COLUMNS), files)
    code = features["N03_007"].astype("string").str.strip()
    own = code.str.fullmatch(r"\d{5}").fillna(False).astype(bool)
    number = code.where(own).str[:2].groupby(features["N03_001"]).transform("first")
    features = features.assign(site="JP-" + number)
    if level == "municipality":
        features = features.assign(prefecture=features["site"], site=code)[own & ~code.str.endswith("000")]
    sites = dissolved(features, "site", files)
    return _layers(sites, features, options, label_of(files[0]))


def read_vector(path: Path, options: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Read one vector file whole, with a reference system.

    Args:
        path: the file.
        options: `layer`, needed where there are several; `crs` for files that state none; `encoding` of text
            (a Shapefile without .cpg is tried as UTF-8, then CP932).

    Returns:
        Every feature in EPSG:4326; columns as in the file and `place`, how messages name the feature.

    Raises:
        InputError: E380 no such file, E390 no reference system, E391 not readable, or which layer.
    """
    label = label_of(path)
    _known_encoding(options.get("encoding"))
    if not path.exists():
        raise _fault(label, "E380", "no such file", "ファイルがありません")
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(path)]
        layer = _layer(layers, options.get("layer"), label)
        table = _with_text(path, layer, options.get("encoding"))
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        reason = str(error).splitlines()[0][:120]
        raise _fault(
            label, "E391", f"no vector data can be read: {reason}", "ベクタデータとして読めません"
        ) from None
    if not isinstance(table, gpd.GeoDataFrame) or not len(table):
        raise _fault(label, "E391", "the file holds no features with geometry", "地物がありません")
    table = table.assign(place=[f"{label}:feature {number}" for number in range(1, len(table) + 1)])
    return _in_wgs_84(table, options.get("crs"), label)


def _known_encoding(name: str | None) -> None:
    try:
        codecs.lookup(name or "utf-8")
    except LookupError:
        raise UsageError(f'encoding "{name}" is not known; e.g. utf-8, cp932') from None


def repaired(table: gpd.GeoDataFrame, kinds: Sequence[str] = _POLYGONS) -> gpd.GeoDataFrame:
    """Return the features with valid geometry of the kinds wanted.

    Rings that touch themselves are repaired: the area stays. A ring that crosses itself (a bow-tie) has no
    area anyone can mean, and is refused.

    Raises:
        InputError: E392 for every feature without geometry, of another kind, or beyond repair.
    """
    problems = []
    shapes = shapely.force_2d(table.geometry.to_numpy())
    for at, shape in enumerate(shapes):
        place = str(table["place"].iloc[at])
        if shape is None or shape.is_empty:
            problems.append(Problem(place, "E392", "the geometry is missing", "図形がありません"))
        elif shape.geom_type not in kinds:
            words = f"a {shape.geom_type} where {' or '.join(kinds)} is needed"
            problems.append(Problem(place, "E392", words, f"図形の種類が {shape.geom_type} です"))
        elif not shape.is_valid:
            shapes[at] = _repaired(shape)
            if shapes[at] is None:
                why = shapely.is_valid_reason(shape)
                problems.append(
                    Problem(
                        place,
                        "E392",
                        f"the outline crosses itself ({why}) and cannot be repaired without guessing; "
                        "redraw it, e.g. with QGIS 'Fix geometries', and look at the result",
                        f"輪郭が自己交差しています（{why}）。QGIS などで直してください",
                    )
                )
    if problems:
        raise InputError(problems)
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))


def dissolved(features: gpd.GeoDataFrame, key: str, files: Sequence[Path]) -> gpd.GeoDataFrame:
    """Return one outline per value of `key`, sorted.

    Raises:
        InputError: E328 features without a key; E392.
    """
    empty = features[key].isna() | (features[key].astype("string").str.strip() == "")
    if empty.any():
        problems = [
            Problem(str(place), "E328", f"column {key} is empty: which site is it?", f"列 {key} が空です")
            for place in features.loc[empty, "place"][:20]
        ]
        raise InputError(problems)
    sound = repaired(features)
    name = sound[key].astype("string").str.strip().astype(object)
    joined = sound.assign(**{key: name})[[key, "geometry"]].dissolve(key, sort=True).reset_index()
    return gpd.GeoDataFrame(joined[[key, "geometry"]], crs=WGS_84)


def simplified(outlines: gpd.GeoDataFrame, metres: float) -> gpd.GeoDataFrame:
    """Return outlines with fewer points; neighbours keep their common border where they have one."""
    if metres <= 0:
        return outlines
    tolerance = metres / METRES_PER_DEGREE
    shapes = outlines.geometry.to_numpy()
    if shapely.coverage_is_valid(shapes):
        fewer = shapely.coverage_simplify(shapes, tolerance)
    else:
        fewer = shapely.simplify(shapes, tolerance, preserve_topology=True)
    sound = [
        shape if ok else before
        for shape, ok, before in zip(fewer, shapely.is_valid(fewer), shapes, strict=True)
    ]
    return outlines.set_geometry(gpd.GeoSeries(sound, index=outlines.index, crs=outlines.crs))


def _repaired(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return the shape made valid where its area stays, else None; the signed area of a bow-tie cancels."""
    valid = shapely.make_valid(shape)
    parts = [part for part in shapely.get_parts([valid]) if part.geom_type in _POLYGONS]
    parts = [piece for part in parts for piece in shapely.get_parts([part])]
    whole = MultiPolygon(parts)
    if not parts or not whole.is_valid or abs(whole.area - shape.area) > _KEPT * whole.area:
        return None
    return whole


def _layers(
    sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame, options: Mapping[str, str], label: str
) -> Tables:
    """Return the three layers of a pack's boundaries."""
    sites = simplified(sites, number_of(options, "simplify_m") or 0.0)
    area_of = _areas(sites, features, options, label)
    areas = sites.assign(area=sites["site"].map(area_of))[["area", "geometry"]]
    land = gpd.GeoDataFrame({"name": []}, geometry=[], crs=WGS_84)
    if "pack" in options:
        folder = find_pack(options["pack"])
        if (folder / "boundaries.gpkg").is_file():
            land = read_boundaries(folder).land[["name", "geometry"]]
    return {
        "boundaries.prefectures": sites[["site", "geometry"]],
        "boundaries.grid_areas": areas.dissolve("area", sort=True).reset_index()[["area", "geometry"]],
        "boundaries.land": land,
    }


def _areas(
    sites: gpd.GeoDataFrame, features: gpd.GeoDataFrame, options: Mapping[str, str], label: str
) -> dict[str, str]:
    """Return the grid area of every site: from a column, or from the pack's sites."""
    if "area" in options:
        given = features[["site", options["area"]]].astype("string").drop_duplicates()
        twice = given[given.duplicated("site")]["site"]
        if len(twice):
            raise _fault(
                label,
                "E393",
                f'site "{twice.iloc[0]}" lies in two areas; one each',
                "2 つのエリアに属する地点があります",
            )
        return {str(site): str(area) for site, area in given.itertuples(index=False)}
    if "pack" not in options:
        raise UsageError(
            "which grid area is each outline in? Give --option area=COLUMN or --option pack=PACK"
        )
    table = read_pack(find_pack(options["pack"])).tables["sites"]["area"]
    known = {str(site): str(area) for site, area in table.items()}
    if "prefecture" in features:  # municipalities: the prefecture's area
        pairs = features[["site", "prefecture"]].drop_duplicates("site")
        known |= {
            str(site): known[str(above)] for site, above in pairs.itertuples(index=False) if above in known
        }
    problems = [
        Problem(
            label,
            "E334",
            f'"{site}" is not a site of pack {options["pack"]}; the outlines and the sites must be the same',
            f"「{site}」はパック {options['pack']} の地点にありません",
        )
        for site in sites["site"]
        if site not in known
    ]
    missing = [] if "prefecture" in features else sorted(set(table.index) - set(sites["site"]))
    problems += [
        Problem(label, "E338", f'site "{site}" has no outline', f"地点「{site}」の図形がありません")
        for site in missing
    ]
    if problems:
        raise InputError(problems[:50])
    return known


def _layer(layers: Sequence[str], wanted: str | None, label: str) -> str:
    if wanted is None and len(layers) == 1:
        return layers[0]
    if wanted in layers:
        return str(wanted)
    names = ", ".join(layers)
    words = f'no layer "{wanted}"' if wanted else "which layer?"
    raise _fault(
        label,
        "E391",
        f"{words} Give --option layer=NAME; there are: {names}",
        f"レイヤーを指定してください: {names}",
    )


def _with_text(path: Path, layer: str, encoding: str | None) -> gpd.GeoDataFrame:
    """Read a layer; the text of a Shapefile that states no encoding is UTF-8 or CP932, never Latin-1."""
    tried: list[str | None] = [encoding]
    if encoding is None and path.suffix.lower() == ".shp" and not path.with_suffix(".cpg").is_file():
        tried = ["utf-8", "cp932"]
    for name in tried[:-1]:
        try:
            with np.errstate(invalid="ignore"):  # coordinates that are no numbers are named afterwards
                return pyogrio.read_dataframe(path, layer=layer, encoding=name)
        except UnicodeDecodeError:
            continue
    with np.errstate(invalid="ignore"):
        return pyogrio.read_dataframe(path, layer=layer, encoding=tried[-1])


def _in_wgs_84(table: gpd.GeoDataFrame, stated: str | None, label: str) -> gpd.GeoDataFrame:
    corners = shapely.get_coordinates(table.geometry.to_numpy(), return_index=True)
    broken = corners[1][~np.isfinite(corners[0]).all(axis=1)]
    if len(broken):
        message = f"feature {broken[0] + 1}: a coordinate is not a finite number; repair or redraw it"
        raise _fault(label, "E392", message, f"地物 {broken[0] + 1} の座標が数値ではありません")
    if table.crs is None and stated is None:
        raise _fault(
            label,
            "E390",
            "the file does not say its reference system (no .prj?); if you know it, add it, "
            "e.g. --option crs=EPSG:6668 for JGD2011",
            "座標参照系がありません（.prj がない？）。--option crs=EPSG:6668 のように指定してください",
        )
    if stated is not None:
        given = _system(stated, label)
        if table.crs is not None and given != table.crs:
            own = table.crs.to_string()[:40]
            message = f"the file says {own}, the option says {stated}; leave the option out"
            raise _fault(label, "E390", message, "ファイルの座標参照系と指定が異なります")
        table = table.set_crs(given)
    moved = table.to_crs(WGS_84)
    left, bottom, right, top = moved.total_bounds
    if not (-180.0 <= left <= right <= 180.0 and -90.0 <= bottom <= top <= 90.0):
        swapped = -90.0 <= left <= right <= 90.0 and -180.0 <= bottom <= top <= 180.0
        found = f"coordinates {left:.0f} to {right:.0f}, {bottom:.0f} to {top:.0f} are not degrees"
        guess, guess_ja = (
            ("longitude and latitude look swapped", "経度と緯度が逆のようです")
            if swapped
            else ("wrong crs?", "座標参照系を確かめてください")
        )
        raise _fault(label, "E390", f"{found}; {guess}", f"座標が経緯度の範囲を超えています。{guess_ja}")
    return moved


def _system(stated: str, label: str) -> pyproj.CRS:
    try:
        return pyproj.CRS(stated)
    except pyproj.exceptions.CRSError:
        message = f'"{stated}" is not a reference system; write e.g. EPSG:4326'
        raise _fault(label, "E390", message, "座標参照系が不明です") from None


def _together(tables: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=WGS_84)


def _require(table: gpd.GeoDataFrame, columns: Sequence[str], files: Sequence[Path]) -> None:
    have = ", ".join(name for name in table.columns if name not in _OURS)
    problems = [
        Problem(
            label_of(files[0]),
            "E325",
            f'column "{column}" is missing; the file has {have}',
            f"列「{column}」がありません。ある列: {have}",
        )
        for column in columns
        if column not in table or column in _OURS
    ]
    if problems:
        raise InputError(problems)


def _fault(place: str, code: str, message: str, message_ja: str) -> InputError:
    return InputError([Problem(place, code, message, message_ja)])
