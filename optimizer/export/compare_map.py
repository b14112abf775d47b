"""Charts of the page of a comparison: difference map, cost against capture, what moved in the stacks.

The charts come empty of what depends on the chosen runs; `compare.js` fills their sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.export import palette
from optimizer.export.compare_data import labels_of
from optimizer.export.mapframe import MapFrame, frame_of
from optimizer.export.page_charts import FONT, Charts, plain_figure
from optimizer.export.page_map import SIMPLIFY_PX, draw_elsewhere, empty_map, kilometres, rings
from optimizer.scenario.compared import ComparedRun

if TYPE_CHECKING:
    import geopandas as gpd

GAIN, LOSS = palette.LOWER, palette.UPPER
"""Blue and vermilion: told apart by readers who are colour-blind; losses are hatched besides."""

LARGEST_RADIUS_SHARE = 0.032
"""Radius of the largest difference over the width of the map."""

POINT_DEG = 0.05
"""Radius of the disc that stands for a site without an outline."""

_PAD = 0.08
_LEAST_SPAN = 0.04
"""Axes of the front reach at least this far, relative to the value, where all runs are alike."""


def every_site(runs: Sequence[ComparedRun]) -> pd.DataFrame:
    """Return the sites of all runs, each as the first run that has it says: site, area, names, lon, lat."""
    columns = ["site", "area", "name_en", "name_ja", "lon", "lat"]
    every = pd.concat([run.tables["sites"][columns] for run in runs], ignore_index=True)
    return every.drop_duplicates("site").sort_values("site", kind="stable", ignore_index=True)


def frame_of_runs(runs: Sequence[ComparedRun]) -> MapFrame:
    """Return one picture of the country for all runs; land where a run has outlines of the country."""
    sites = every_site(runs)
    none = pd.DataFrame({"intertie": [], "from_area": [], "to_area": []}, dtype="str")
    links = next((run.tables["interties"] for run in runs if "interties" in run.tables), none)
    middle = sites.groupby("area")[["lon", "lat"]].mean()
    known = links[links["from_area"].isin(middle.index) & links["to_area"].isin(middle.index)]
    return frame_of(sites, known, middle, boundaries_of(runs, sites))


def boundaries_of(runs: Sequence[ComparedRun], sites: pd.DataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Return outlines of sites and areas and neighbouring land; a site without outline gets a small disc."""
    import geopandas as gpd
    import pyogrio
    import shapely

    path = next((found for run in runs if (found := run.outlines()) is not None), None)
    rounds = shapely.buffer(shapely.points(sites[["lon", "lat"]].to_numpy(dtype=float)), POINT_DEG)
    discs = gpd.GeoDataFrame({"site": sites["site"]}, geometry=rounds, crs=4326)
    if path is None:
        areas = discs.assign(area=sites["area"]).dissolve("area").reset_index()[["area", "geometry"]]
        land = gpd.GeoDataFrame({"name": []}, geometry=gpd.GeoSeries([], crs=4326), crs=4326)
        return {"prefectures": discs, "grid_areas": areas, "context": land}
    layers = {
        name: pyogrio.read_dataframe(path, layer=name) for name in ("prefectures", "grid_areas", "land")
    }
    shapes = layers["prefectures"][["site", "geometry"]]
    lost = discs[~discs["site"].isin(shapes["site"])]
    both = gpd.GeoDataFrame(pd.concat([shapes, lost], ignore_index=True), crs=4326)
    outlines = layers["grid_areas"][["area", "geometry"]]
    return {"prefectures": both, "grid_areas": outlines, "context": layers["land"]}


def largest_difference(runs: Sequence[ComparedRun]) -> float:
    """Return the largest difference in new IT capacity any two runs have at a site. [MW]"""
    every = every_site(runs)["site"]
    built = np.array(
        [
            run.tables["sites"].set_index("site")["it_mw"].reindex(every).fillna(0.0).to_numpy(dtype=float)
            for run in runs
        ]
    )
    return float(np.ptp(built, axis=0).max(initial=0.0))


def add_difference_map(charts: Charts, runs: Sequence[ComparedRun]) -> dict[str, float]:
    """Add the map; circles and labels are empty until two runs are chosen.

    Returns:
        `radius` of the largest circle [km] and `largest`, the difference it stands for [MW].
    """
    from bokeh.models import ColumnDataSource, HoverTool

    frame, sites = frame_of_runs(runs), every_site(runs).set_index("site", drop=False)
    chart = empty_map(frame)
    draw_elsewhere(chart, frame)
    order = sites.loc[frame.prefectures["site"]]
    xs, ys = rings(frame.prefectures.geometry, kilometres(frame, SIMPLIFY_PX))
    names = {f"name_{lang}": order[f"name_{lang}"].tolist() for lang in ("en", "ja")}
    blank = ["–"] * len(order)
    columns: dict[str, Any] = {
        "xs": xs,
        "ys": ys,
        "site": order["site"].tolist(),
        "name": names[f"name_{charts.lang}"],
    }
    land = ColumnDataSource(
        columns | names | {"base": blank, "run": blank, "difference": blank}, name="map-land"
    )
    charts.words["map-land"] = {"column:name": {"en": "name_en", "ja": "name_ja"}}
    fill = {"fill_color": "#f4f5f3", "line_color": "#aab3ba", "line_width": 0.5}
    drawn = chart.multi_polygons("xs", "ys", source=land, **fill)
    hover = HoverTool(renderers=[drawn])
    lines = [("base", "基準", "@base"), ("run", "比較", "@run"), ("difference", "差", "@difference")]
    tips = {
        "en": [("", "@name"), *((en, text) for en, _, text in lines)],
        "ja": [("", "@name"), *((ja, text) for _, ja, text in lines)],
    }
    charts.say(hover, "map-hover", {"tooltips": tips})
    chart.add_tools(hover)
    places = frame.sites.loc[sites["site"]]
    where = {"site": sites["site"].tolist(), "x": places["x"].tolist(), "y": places["y"].tolist()}
    _add_circles(chart, where)
    charts.roots["map"] = chart
    wide = frame.extent[2] - frame.extent[0]
    return {"radius": LARGEST_RADIUS_SHARE * wide, "largest": max(largest_difference(runs), 1.0)}


def _add_circles(chart: Any, where: dict[str, list[Any]]) -> None:
    """Circles of gains and losses over all sites, and their labels, for the page's script to fill."""
    from bokeh.models import ColumnDataSource

    count = len(where["site"])
    columns: dict[str, Any] = {
        **where,
        "radius": [0.0] * count,
        "colour": [GAIN] * count,
        "hatch": [" "] * count,
    }
    circles = ColumnDataSource(columns, name="map-sites")
    chart.circle(
        "x",
        "y",
        radius="radius",
        source=circles,
        fill_color="colour",
        fill_alpha=0.78,
        line_color=palette.INK,
        line_width=0.8,
        hatch_pattern="hatch",
        hatch_color="white",
        hatch_alpha=0.9,
        hatch_scale=8,
        hatch_weight=1.1,
    )
    add_labels(chart, "map-labels")


def add_labels(chart: Any, name: str) -> None:
    """Add words that the page's script places: x, y, text, offsets and alignment."""
    from bokeh.models import ColumnDataSource

    keys = ("x", "y", "text", "dx", "dy", "align")
    labels = ColumnDataSource({key: [] for key in keys}, name=name)
    chart.text(
        "x",
        "y",
        text="text",
        x_offset="dx",
        y_offset="dy",
        text_align="align",
        text_baseline="middle",
        source=labels,
        text_font={"value": FONT},
        text_font_size="12px",
        text_color=palette.INK,
        background_fill_color="white",
        background_fill_alpha=0.72,
        padding=1,
    )


def add_front(charts: Charts, runs: Sequence[ComparedRun], points: list[tuple[float, float]]) -> None:
    """Add cost against capture, one point per run that has both; the script colours base and chosen run."""
    from bokeh.models import ColumnDataSource, HoverTool, Range1d, TapTool

    labels_of_runs = list(labels_of(runs).values())
    here = [number for number, point in enumerate(points) if np.isfinite(point).all()]
    xs, ys = ([points[number][axis] for number in here] for axis in (0, 1))
    labels = (
        {"en": "Cost of the plan [JPY bn/a]", "ja": "計画の費用 [十億円/年]"},
        {"en": "Kept at home, gross, base case [JPY bn/a]", "ja": "国内に残る額（総額・基準）[十億円/年]"},
    )
    options: dict[str, Any] = {"height": 380, "tools": "pan,wheel_zoom,box_zoom,reset,save", "name": "front"}
    chart = plain_figure(charts, "front", labels, options)
    spans = [_span(values) for values in (xs, ys)]
    chart.x_range, chart.y_range = (Range1d(start=low, end=high) for low, high in spans)
    columns: dict[str, Any] = {
        "number": here,
        "x": xs,
        "y": ys,
        "name": [labels_of_runs[number][charts.lang] for number in here],
        "name_en": [labels_of_runs[number]["en"] for number in here],
        "name_ja": [labels_of_runs[number]["ja"] for number in here],
        "key": [runs[number].key for number in here],
        "colour": ["#9aa5ad"] * len(here),
        "size": [9.0] * len(here),
        "marker": ["circle"] * len(here),
    }
    source = ColumnDataSource(columns, name="front-source")
    charts.words["front-source"] = {"column:name": {"en": "name_en", "ja": "name_ja"}}
    drawn = chart.scatter(
        "x", "y", size="size", marker="marker", fill_color="colour", line_color="white", source=source
    )
    drawn.nonselection_glyph = None
    hover = HoverTool(renderers=[drawn])
    tips = [("", "@name"), ("", "@key"), ("JPY bn/a", "@x{0,0.0} → @y{0,0.0}")]
    charts.say(hover, "front-hover", {"tooltips": {"en": tips, "ja": tips}})
    chart.add_tools(hover, TapTool(renderers=[drawn]))
    add_labels(chart, "front-labels")
    charts.roots["front"] = chart


def _span(values: list[float]) -> tuple[float, float]:
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    wide = max(high - low, _LEAST_SPAN * max(abs(low), abs(high)), 1e-9)
    middle = (low + high) / 2
    return middle - wide * (0.5 + 2 * _PAD), middle + wide * (0.5 + 2 * _PAD)


def add_moves(charts: Charts) -> None:
    """Add what moved in the price stacks: one bar per site, dearer to the right, cheaper to the left."""
    from bokeh.models import ColumnDataSource, FactorRange, HoverTool, Range1d
    from bokeh.models.annotations import Span

    labels: tuple[dict[str, str], dict[str, str]] = (
        {"en": "Run less base [JPY m/MW/a]", "ja": "比較－基準 [百万円/MW/年]"},
        {"en": "", "ja": ""},
    )
    options: dict[str, Any] = {"height": 340, "y_range": FactorRange(name="moves-sites"), "name": "moves"}
    options |= {"tools": "save", "x_range": Range1d(start=-1, end=1)}
    chart = plain_figure(charts, "moves", labels, options)
    keys = ("site", "left", "right", "colour", "component", "value")
    bars = ColumnDataSource({key: [] for key in keys}, name="moves-source")
    drawn = chart.hbar(
        y="site",
        left="left",
        right="right",
        height=0.66,
        fill_color="colour",
        line_color="white",
        source=bars,
    )
    totals = ColumnDataSource({"site": [], "total": []}, name="moves-totals")
    chart.scatter(
        "total", "site", size=11, marker="diamond", fill_color="white", line_color=palette.INK, source=totals
    )
    chart.add_layout(Span(location=0, dimension="height", line_color=palette.INK, line_width=1))
    hover = HoverTool(renderers=[drawn])
    tips = [("", "@site"), ("@component", "@value{+0,0.0}")]
    charts.say(hover, "moves-hover", {"tooltips": {"en": tips, "ja": tips}})
    chart.add_tools(hover)
    charts.roots["moves"] = chart
