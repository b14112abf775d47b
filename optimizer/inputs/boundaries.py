"""Outlines of sites and grid areas, for maps only: no figure of the plan comes from a polygon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from optimizer.errors import InputError, Problem
from optimizer.inputs.pack_table import label_of

_LARGEST_LON, _LARGEST_LAT = 180.5, 90.5
_LAYERS = {"prefectures": "site", "grid_areas": "area", "land": "name"}


@dataclass(frozen=True)
class Boundaries:
    """Polygons in longitude and latitude, WGS 84."""

    sites: gpd.GeoDataFrame
    """Index site, one geometry each."""

    areas: gpd.GeoDataFrame
    """Index area, one geometry each."""

    land: gpd.GeoDataFrame
    """Neighbouring land, for context; column name."""


def read_boundaries(folder: Path) -> Boundaries:
    """Read `boundaries.gpkg` of a pack folder and check it.

    Args:
        folder: the pack's folder.

    Returns:
        Sites, areas and neighbouring land, EPSG:4326, valid geometries, sorted by key.

    Raises:
        InputError: the file (E321, E323), a layer or a geometry (E343), a key column (E325) or the reference
            system (E344) is missing or broken; a key is there twice (E333).
    """
    layers, problems = layers_as_read(folder)
    if problems:
        raise InputError(problems)
    return boundaries_of(layers)


def boundaries_of(layers: dict[str, gpd.GeoDataFrame]) -> Boundaries:
    """Return the three layers of :func:`layers_as_read`, keyed and sorted."""
    return Boundaries(
        sites=layers["prefectures"].set_index("site").sort_index(),
        areas=layers["grid_areas"].set_index("area").sort_index(),
        land=layers["land"],
    )


def layers_as_read(folder: Path) -> tuple[dict[str, gpd.GeoDataFrame], list[Problem]]:
    """Return the layers of `boundaries.gpkg` by name, as far as they can be read, and their faults."""
    path = folder / "boundaries.gpkg"
    if not path.is_file():
        problem = Problem(
            label_of(path),
            "E321",
            "the file of boundaries is missing; maps need it (wattbit import boundaries)",
            "境界ファイルがありません。wattbit import boundaries で作れます",
        )
        return {}, [problem]
    problems: list[Problem] = []
    try:
        present = {str(name) for name, _ in pyogrio.list_layers(path)}
    except pyogrio.errors.DataSourceError:
        problem = Problem(
            label_of(path), "E323", "the file is not a GeoPackage", "GeoPackage として読めません"
        )
        return {}, [problem]
    layers = {
        layer: _read_layer(path, layer, key, problems)
        if layer in present
        else _missing(path, layer, problems)
        for layer, key in _LAYERS.items()
    }
    return layers, problems


def require_outlines(outlines: Boundaries, folder: Path, sites: pd.Index, areas: pd.Index) -> None:
    """Refuse a pack that could be solved and not be drawn.

    Args:
        outlines: those of the pack.
        folder: the pack, for messages.
        sites: names that need an outline in layer `prefectures`.
        areas: names that need one in `grid_areas`.

    Raises:
        InputError: E343, with every site and area that has none.
    """
    lost = [("sites", name) for name in sites if name not in outlines.sites.index]
    lost += [("areas", name) for name in areas if name not in outlines.areas.index]
    if lost:
        raise InputError(
            [
                Problem(
                    label_of(folder / f"{table}.csv"),
                    "E343",
                    f'"{name}" has no outline in boundaries.gpkg: maps cannot be drawn',
                    f"「{name}」の境界が boundaries.gpkg にありません",
                )
                for table, name in lost
            ]
        )


def _missing(path: Path, layer: str, problems: list[Problem]) -> gpd.GeoDataFrame:
    problems.append(
        Problem(f"{label_of(path)}:{layer}", "E343", "the layer is missing", "レイヤーがありません")
    )
    return gpd.GeoDataFrame()


def _read_layer(path: Path, layer: str, key: str, problems: list[Problem]) -> gpd.GeoDataFrame:
    """Return one layer; append what is wrong with it."""
    place = f"{label_of(path)}:{layer}"
    table = gpd.read_file(path, layer=layer)
    if key not in table:
        problems.append(Problem(place, "E325", f'column "{key}" is missing', f"列「{key}」がありません"))
    if table.crs is None or table.crs.to_epsg() != 4326:
        problems.append(
            Problem(
                place,
                "E344",
                f"the reference system is {table.crs or 'not given'}; save the layer as EPSG:4326",
                f"座標参照系が {table.crs or '未設定'} です。EPSG:4326 で保存してください",
            )
        )
    problems += _wrong_shapes(table, key, place)
    broken = table.index[table.geometry.isna() | table.geometry.is_empty | ~table.geometry.is_valid]
    for row in broken:
        name = table.at[row, key] if key in table else row
        problems.append(
            Problem(
                f"{place}:{name}",
                "E343",
                "the geometry is missing or crosses itself; repair it, e.g. with QGIS 'Fix geometries'",
                "図形がないか自己交差しています。QGIS の「ジオメトリの修復」などで直してください",
            )
        )
    return table


def _wrong_shapes(table: gpd.GeoDataFrame, key: str, place: str) -> list[Problem]:
    """Return keys that are there twice (E333), shapes that are no outlines (E343), and metres (E344)."""
    problems: list[Problem] = []
    keys = table[key] if key in table and key != _LAYERS["land"] else table.index.to_series()
    problems += [
        Problem(
            f"{place}:{name}",
            "E333",
            f'{key} "{name}" is there already; join its parts into one',
            f"「{name}」が重複しています",
        )
        for name in keys[keys.duplicated()]
    ]
    kinds = table.geometry.geom_type
    problems += [
        Problem(
            f"{place}:{keys[row]}",
            "E343",
            f"a {kinds[row]} where an outline belongs; save polygons",
            "面（ポリゴン）ではありません",
        )
        for row in table.index[kinds.notna() & ~kinds.isin(("Polygon", "MultiPolygon"))]
    ]
    west, south, east, north = table.total_bounds if len(table) else (0.0, 0.0, 0.0, 0.0)
    if min(west, -east) < -_LARGEST_LON or min(south, -north) < -_LARGEST_LAT:
        message = (
            f"coordinates reach from ({west:g}, {south:g}) to ({east:g}, {north:g}), which are no degrees"
        )
        advice = "; reproject the layer to EPSG:4326 (x longitude, y latitude)"
        problems.append(
            Problem(place, "E344", message + advice, "座標が度ではありません。EPSG:4326 に変換してください")
        )
    return problems
