"""The plan as map layers: GeoPackage with styles, GeoJSON, KML. Longitude first, WGS 84, six decimals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from optimizer.export import palette, styles
from optimizer.export.record import Language, RunRecord
from optimizer.export.tables import Published

if TYPE_CHECKING:
    import geopandas as gpd

STEADY_DATE = "2000-01-01T00:00:00.000Z"
"""Written instead of the clock, so that the same plan gives the same bytes."""


def write_gis(record: RunRecord, tables: dict[str, Published], folder: Path) -> None:
    """Write `plan.gpkg` (prefectures, areas, interties, fibre, sites), `plan.geojson` and `plan.kml`."""
    import pyogrio

    folder.mkdir(parents=True, exist_ok=True)
    layers = make_layers(record, tables)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STEADY_DATE})
    try:
        _write_geopackage(layers, record.lang, folder / "plan.gpkg")
        _write_geojson(layers, folder / "plan.geojson")
        _write_kml(layers, record.lang, folder / "plan.kml")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def make_layers(record: RunRecord, tables: dict[str, Published]) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers: prefectures and areas (polygons), interties and fibre (lines), sites (points).

    Fibre is there only where the plan uses a graph of links.
    """
    import geopandas as gpd
    from shapely.geometry import LineString

    sites, areas, links = (tables[name].frame for name in ("sites", "areas", "interties"))
    points = gpd.GeoDataFrame(sites, geometry=gpd.points_from_xy(sites["lon"], sites["lat"]), crs=4326)
    short = [
        "site",
        "name_ja",
        "name_en",
        "area",
        "existing_it_mw",
        "it_mw",
        "all_in_jpy_m_per_mw_a",
        "grid_rent_jpy_per_kw_a",
        "gross_capture_jpy_bn",
        "net_capture_jpy_bn",
    ]
    shapes = record.boundaries["prefectures"][["site", "geometry"]].to_crs(4326)
    prefectures = gpd.GeoDataFrame(shapes.merge(sites[short], on="site", how="inner", validate="one_to_one"))
    outlines = record.boundaries["grid_areas"][["area", "geometry"]].to_crs(4326)
    polygons = gpd.GeoDataFrame(outlines.merge(areas, on="area", how="inner", validate="one_to_one"))
    label = record.inputs.areas[["lon", "lat"]]
    lines = [
        LineString([tuple(label.loc[start]), tuple(label.loc[end])])
        for start, end in zip(links["from_area"], links["to_area"], strict=True)
    ]
    interties = gpd.GeoDataFrame(links, geometry=lines, crs=4326)
    layers = {"prefectures": prefectures, "areas": polygons, "interties": interties}
    if len(tables["fibre"].frame):
        layers["fibre"] = _fibre_lines(tables["fibre"].frame)
    return layers | {"sites": points}


def _fibre_lines(links: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return fibre links as straight lines between their ends."""
    import geopandas as gpd
    from shapely.geometry import LineString

    ends = ["from_lon", "from_lat", "to_lon", "to_lat"]
    lines = [LineString([(a, b), (c, d)]) for a, b, c, d in links[ends].itertuples(index=False)]
    return gpd.GeoDataFrame(links.drop(columns=ends), geometry=lines, crs=4326)


def _write_geopackage(layers: dict[str, gpd.GeoDataFrame], lang: Language, file: Path) -> None:
    import pyogrio

    for number, (name, layer) in enumerate(layers.items()):
        solid = layer
        if name in ("prefectures", "areas"):
            solid = layer.set_geometry(_all_multi(layer))
        pyogrio.write_dataframe(solid, file, layer=name, driver="GPKG", append=number > 0)
    pyogrio.write_dataframe(
        _style_rows(layers, lang),
        file,
        layer="layer_styles",
        driver="GPKG",
        append=True,
        layer_options={"FID": "id", "DESCRIPTION": "default styles"},
    )


def _all_multi(layer: gpd.GeoDataFrame) -> gpd.GeoSeries:
    from shapely.geometry import MultiPolygon, Polygon

    return layer.geometry.map(lambda shape: MultiPolygon([shape]) if isinstance(shape, Polygon) else shape)


def _style_rows(layers: dict[str, gpd.GeoDataFrame], lang: Language) -> pd.DataFrame:
    limits = palette.class_limits(layers["sites"]["it_mw"].to_numpy(dtype=float))
    documents = {
        "prefectures": styles.graduated_fill("it_mw", limits),
        "areas": styles.outline_style(),
        "interties": styles.link_style(),
        "fibre": styles.link_style(palette.FIBRE_LOADINGS, palette.FIBRE_WIDTHS),
        "sites": styles.point_style(f"name_{lang}"),
    }
    documents = {name: style for name, style in documents.items() if name in layers}
    rows = len(documents)
    return pd.DataFrame(
        {
            "f_table_catalog": [""] * rows,
            "f_table_schema": [""] * rows,
            "f_table_name": list(documents),
            "f_geometry_column": ["geom"] * rows,
            "styleName": list(documents),
            "styleQML": list(documents.values()),
            "styleSLD": [""] * rows,
            "useAsDefault": [True] * rows,
            "description": [""] * rows,
            "owner": [""] * rows,
            "ui": [""] * rows,
            "update_time": [STEADY_DATE] * rows,
        }
    )


def _write_geojson(layers: dict[str, gpd.GeoDataFrame], file: Path) -> None:
    """Sites, interties and fibre in one collection, as RFC 7946 has it: no CRS member, WGS 84."""
    import geopandas as gpd
    import pyogrio

    sites = layers["sites"].assign(kind="site")
    links = layers["interties"].assign(kind="intertie")
    parts = [sites, links]
    if "fibre" in layers:
        parts.append(layers["fibre"].rename(columns={"kind": "laid"}).assign(kind="fibre"))
    every = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=4326)
    first = ["kind", *(name for name in every.columns if name not in ("kind", "geometry")), "geometry"]
    pyogrio.write_dataframe(
        every[first],
        file,
        driver="GeoJSON",
        layer="plan",
        layer_options={"RFC7946": "YES", "COORDINATE_PRECISION": "6"},
    )


def _write_kml(layers: dict[str, gpd.GeoDataFrame], lang: Language, file: Path) -> None:
    import pyogrio

    columns = {
        "sites": [
            "site",
            "area",
            "it_mw",
            "connection_mw",
            "nonfirm_mw",
            "grid_rent_jpy_per_kw_a",
            "all_in_jpy_m_per_mw_a",
        ],
        "interties": [
            "intertie",
            "forward_mw",
            "reverse_mw",
            "expansion_mw",
            "loading_share",
            "congested_hours",
        ],
        "fibre": ["fibre_link", "capacity_gbps", "used_gbps", "expansion_gbps", "loading_share", "rtt_ms"],
    }
    for number, (name, kept) in enumerate((one, kept) for one, kept in columns.items() if one in layers):
        layer = layers[name][[*kept, "geometry"]].assign(Name=layers[name][f"name_{lang}"])
        pyogrio.write_dataframe(layer, file, layer=name, driver="LIBKML", append=number > 0)
