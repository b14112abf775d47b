"""One flat picture of the country, shared by the printed map and the page.

Equal-area projection fitted to the sites; kilometres. A grid area without any intertie (an island grid)
is moved into an inset at the same scale, into the corner where it hides least.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.errors import UsageError
from optimizer.export.record import RunRecord

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

SMALLEST_PART_SHARE = 0.003
"""Parts of the land smaller than this share of it do not widen the picture."""

SMALLEST_INSET_PART_SHARE = 0.05
MARGIN_KM = 40.0
WIDTH_PER_HEIGHT = 1.3
"""Shape of the picture, printed and on the page."""


@dataclass(frozen=True)
class MapFrame:
    """Geometry to draw, kilometres, insets already moved."""

    prefectures: gpd.GeoDataFrame
    """Columns site, area, geometry."""

    outlines: gpd.GeoDataFrame
    """Grid areas: columns area, geometry."""

    context: gpd.GeoDataFrame
    sites: pd.DataFrame
    """Index site: x, y."""

    links: pd.DataFrame
    """Index intertie: x0, y0, x1, y1."""

    extent: Box
    inset: Box | None


def map_frame(record: RunRecord) -> MapFrame:
    """Project the run's geometry and move island grids into the inset; see :func:`frame_of`."""
    tables = record.plan.tables
    return frame_of(tables["sites"], tables["interties"], record.inputs.areas, record.boundaries)


def frame_of(
    sites: pd.DataFrame, links: pd.DataFrame, areas: pd.DataFrame, boundaries: dict[str, gpd.GeoDataFrame]
) -> MapFrame:
    """Project the geometry of sites and links and move island grids into the inset.

    Args:
        sites: columns site, area, lon, lat.
        links: columns intertie, from_area, to_area.
        areas: index area; lon and lat of its label.
        boundaries: `prefectures` (column site), `grid_areas` (column area), `context`.

    Raises:
        UsageError: boundaries without a coordinate system, or a site without a boundary.
    """
    import geopandas as gpd

    flat = _projected(boundaries, sites)
    area_of = dict(zip(sites["site"], sites["area"], strict=True))
    if lost := sorted(set(area_of) - set(flat["prefectures"]["site"])):
        raise UsageError(f"boundaries: no prefecture for sites {', '.join(lost[:5])}")
    known = flat["prefectures"][
        flat["prefectures"]["site"].isin(area_of)
    ]  # an outline without a site is none
    prefectures = known.assign(area=known["site"].map(area_of))
    crs = prefectures.crs
    points = gpd.GeoSeries(
        gpd.points_from_xy(sites["lon"], sites["lat"], crs=4326).to_crs(crs), index=sites["site"]
    )
    labels = gpd.GeoSeries(
        gpd.points_from_xy(areas["lon"], areas["lat"], crs=4326).to_crs(crs), index=areas.index
    )

    linked = set(links["from_area"]) | set(links["to_area"])
    apart = set(areas.index) - linked if linked else set()
    is_apart = prefectures["area"].isin(apart).to_numpy()
    extent = _widened(_extent(prefectures.geometry[~is_apart], SMALLEST_PART_SHARE))
    inset, shift = None, (0.0, 0.0)
    if is_apart.any():
        inset, shift = _place_inset(prefectures, is_apart, extent)
    moved = prefectures.copy()
    moved.loc[is_apart, "geometry"] = moved.geometry[is_apart].translate(*shift)
    outlines = flat["grid_areas"][flat["grid_areas"]["area"].isin(areas.index)].copy()
    outline_apart = outlines["area"].isin(apart).to_numpy()
    outlines.loc[outline_apart, "geometry"] = outlines.geometry[outline_apart].translate(*shift)
    site_apart = sites["area"].isin(apart).to_numpy()
    return MapFrame(
        prefectures=moved,
        outlines=outlines,
        context=flat["context"],
        sites=pd.DataFrame(
            {
                "x": points.x.to_numpy() + site_apart * shift[0],
                "y": points.y.to_numpy() + site_apart * shift[1],
            },
            index=sites["site"],
        ),
        links=_link_ends(links, labels),
        extent=extent,
        inset=inset,
    )


def simpler(shapes: gpd.GeoSeries, tolerance_km: float) -> gpd.GeoSeries:
    """Return shapes with fewer points; neighbours keep their common border, so nothing gapes between them.

    Args:
        shapes: polygons; other kinds are left out of each shape.
        tolerance_km: smaller bends go.
    """
    import geopandas as gpd
    import shapely
    from shapely.geometry import MultiPolygon

    areal = [
        MultiPolygon([part for part in shapely.get_parts([shape]) if part.geom_type == "Polygon"])
        for shape in shapes
    ]
    return gpd.GeoSeries(shapely.coverage_simplify(areal, tolerance_km), index=shapes.index, crs=shapes.crs)


def _projected(boundaries: dict[str, gpd.GeoDataFrame], sites: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    south, north = float(sites["lat"].min()), float(sites["lat"].max())
    sixth = (north - south) / 6
    middle_lon = (float(sites["lon"].min()) + float(sites["lon"].max())) / 2
    equal_area = (
        f"+proj=aea +lat_1={south + sixth:.3f} +lat_2={north - sixth + 0.01:.3f} "
        f"+lat_0={(south + north) / 2:.3f} +lon_0={middle_lon:.3f} +datum=WGS84 +units=km"
    )
    for name, layer in boundaries.items():
        if layer.crs is None:
            raise UsageError(f"boundaries: layer {name} has no coordinate system")
    return {name: layer.to_crs(equal_area) for name, layer in boundaries.items()}


def _extent(geometry: gpd.GeoSeries, smallest_share: float) -> Box:
    parts = geometry.explode(index_parts=False)
    large = parts[parts.area >= smallest_share * parts.area.sum()]
    left, bottom, right, top = large.total_bounds
    return (left - MARGIN_KM, bottom - MARGIN_KM, right + MARGIN_KM, top + MARGIN_KM)


def _widened(extent: Box) -> Box:
    """Return the box grown around its middle to the shape of the picture."""
    left, bottom, right, top = extent
    more_wide = max(0.0, (top - bottom) * WIDTH_PER_HEIGHT - (right - left)) / 2
    more_high = max(0.0, (right - left) / WIDTH_PER_HEIGHT - (top - bottom)) / 2
    return (left - more_wide, bottom - more_high, right + more_wide, top + more_high)


def _place_inset(
    prefectures: gpd.GeoDataFrame, is_apart: np.ndarray, extent: Box
) -> tuple[Box, tuple[float, float]]:
    """Return the inset box in the emptiest corner of `extent`, and the shift that moves the islands there."""
    from shapely.geometry import box

    left, bottom, right, top = _extent(prefectures.geometry[is_apart], SMALLEST_INSET_PART_SHARE)
    wide, high = right - left, top - bottom
    land: BaseGeometry = prefectures.geometry[~is_apart].union_all()
    corners = [
        (x, y, x + wide, y + high)
        for y in (extent[3] - high, extent[1])
        for x in (extent[0], extent[2] - wide)
    ]
    chosen = min(corners, key=lambda corner: box(*corner).intersection(land).area)
    return chosen, (chosen[0] - left, chosen[1] - bottom)


def _link_ends(links: pd.DataFrame, labels: gpd.GeoSeries) -> pd.DataFrame:
    start, end = labels.reindex(links["from_area"]), labels.reindex(links["to_area"])
    return pd.DataFrame(
        {"x0": start.x.to_numpy(), "y0": start.y.to_numpy(), "x1": end.x.to_numpy(), "y1": end.y.to_numpy()},
        index=links["intertie"],
    )
