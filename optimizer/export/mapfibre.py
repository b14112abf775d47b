"""The fibre graph on the flat picture of the country: straight lines between towns, by loading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.export import palette
from optimizer.export.mapframe import MapFrame
from optimizer.export.record import RunRecord

if TYPE_CHECKING:
    import geopandas as gpd

Points = npt.NDArray[np.float64]

MOVED_KM = 1e-3
"""A site farther than this from where it was projected stands in the inset."""


def fibre_pieces(record: RunRecord, frame: MapFrame) -> pd.DataFrame:
    """Return the fibre links as they are drawn, the least loaded first.

    A link to the islands of the inset is cut: on the map it runs the way it goes, as far as the map shows;
    in the inset it comes in from there.

    Args:
        record: the run; its table `fibre` is empty where fibre is leased.
        frame: the picture, from :func:`optimizer.export.mapframe.map_frame`.

    Returns:
        Columns of the table `fibre` and x0, y0, x1, y1 [km]; one row per piece.
    """
    links = record.plan.tables["fibre"].sort_values("loading_share", kind="stable").reset_index(drop=True)
    ends = ("x0", "y0", "x1", "y1")
    if links.empty:
        return links.assign(**{end: pd.Series(dtype=float) for end in ends})
    first, second = (_projected(links, end, frame) for end in ("from", "to"))
    apart, shift = _apart(record, frame)
    pieces = [
        (row, *piece)
        for row, (a, b) in enumerate(zip(first, second, strict=True))
        for piece in _drawn((a, b), (_is_apart(a, apart), _is_apart(b, apart)), shift, frame)
    ]
    table = pd.DataFrame(pieces, columns=["row", *ends])
    return links.iloc[table["row"]].reset_index(drop=True).join(table[list(ends)])


def _projected(links: pd.DataFrame, end: str, frame: MapFrame) -> Points:
    """Ends of the links on the flat picture, nothing moved [link, 2]. [km]"""
    return _flat(links[f"{end}_lon"], links[f"{end}_lat"], frame)


def _flat(lon: pd.Series, lat: pd.Series, frame: MapFrame) -> Points:
    import geopandas as gpd

    points: gpd.GeoSeries = gpd.GeoSeries(gpd.points_from_xy(lon, lat, crs=4326)).to_crs(
        frame.prefectures.crs
    )
    return np.column_stack([points.x.to_numpy(), points.y.to_numpy()])


def _apart(record: RunRecord, frame: MapFrame) -> tuple[tuple[Points, npt.NDArray[np.bool_]], Points]:
    """Where the sites lie, which of them stand in the inset, and how far they were moved. [km]"""
    sites = record.plan.tables["sites"]
    true = _flat(sites["lon"], sites["lat"], frame)
    moved = frame.sites.loc[sites["site"]].to_numpy(dtype=float) - true
    is_moved = np.hypot(moved[:, 0], moved[:, 1]) > MOVED_KM
    shift = moved[is_moved][0] if is_moved.any() else np.zeros(2)
    return (true, is_moved), shift


def _is_apart(point: Points, sites: tuple[Points, npt.NDArray[np.bool_]]) -> bool:
    """Whether the site nearest to a point stands in the inset."""
    true, is_moved = sites
    return bool(is_moved[int(((true - point) ** 2).sum(axis=1).argmin())])


def _drawn(
    line: tuple[Points, Points], apart: tuple[bool, bool], shift: Points, frame: MapFrame
) -> list[tuple[float, float, float, float]]:
    """Return the pieces of one link: where it truly runs, and in the inset, moved with the islands."""
    from shapely.geometry import LineString, box

    if frame.inset is None:
        return [(float(line[0][0]), float(line[0][1]), float(line[1][0]), float(line[1][1]))]
    inset = box(*frame.inset)
    shown = []
    if not all(apart):
        shown.append(LineString(line).intersection(box(*frame.extent)).difference(inset))
    if any(apart):
        shown.append(LineString([end + shift for end in line]).intersection(inset))
    parts = [part for shape in shown for part in getattr(shape, "geoms", [shape])]
    return [
        (*part.coords[0], *part.coords[-1])
        for part in parts
        if part.geom_type == "LineString" and part.length > 0
    ]


def draw_fibre(axes: Any, record: RunRecord, frame: MapFrame) -> None:
    """Draw the links below interties and sites: thin and grey, darker and wider with loading."""
    for piece in fibre_pieces(record, frame).to_dict("records"):
        rank = palette.loading_class(float(piece["loading_share"]))
        along = ([piece["x0"], piece["x1"]], [piece["y0"], piece["y1"]])
        width = palette.FIBRE_WIDTHS[rank]
        axes.plot(*along, color="white", linewidth=width + 1.2, zorder=4.5, solid_capstyle="round")
        axes.plot(
            *along, color=palette.FIBRE_LOADINGS[rank], linewidth=width, zorder=4.6, solid_capstyle="round"
        )


def loading_handles(colours: Sequence[str], widths_pt: Sequence[float]) -> list[Any]:
    """Return the lines of a legend of loading, quarter by quarter."""
    from matplotlib.lines import Line2D

    return [
        Line2D([], [], color=colour, linewidth=width, label=text, solid_capstyle="round")
        for colour, width, text in zip(colours, widths_pt, palette.QUARTERS, strict=True)
    ]
