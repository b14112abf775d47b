"""The page's map: prefectures shaded by a chosen metric, sites sized by MW, interties by loading."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from optimizer.export import palette
from optimizer.export.mapfibre import fibre_pieces
from optimizer.export.mapframe import WIDTH_PER_HEIGHT, MapFrame, map_frame, simpler
from optimizer.export.page_charts import FONT, Charts
from optimizer.export.page_data import Metric, map_metrics
from optimizer.export.record import RunRecord
from optimizer.export.tables import Published

MAP_WIDTH_PX = 900
SIMPLIFY_PX = 0.3
"""Bends of outlines below this go; finer than a point of the screen, for whoever zooms in."""

SIMPLIFY_ELSEWHERE_PX = 1.2
SHOWN_BEYOND = 0.13
"""Land kept beyond the edge of the map, over its width, for whoever moves it."""

LARGEST_RADIUS_SHARE = 0.0215
"""Radius of the largest circle over the width of the map: it grows and shrinks with the map."""

POINTED_AT = 0.3
"""Share of a fibre link, from either end, that does not answer to pointing."""

_TIPS: list[tuple[str, str, str]] = [
    ("New IT capacity", "新設IT容量", "@it_mw{0,0} MW"),
    ("Standing today", "既設IT負荷", "@existing{0,0} MW"),
    ("Grid rent", "系統接続枠の価値", "@grid_rent{0,0} JPY/kW/a"),
    ("One more MW: site and power", "追加1MWの費用（立地と電力）", "@all_in{0,0.0} JPY m/MW/a"),
    ("– building", "– 建屋・設備", "@building{0,0.0}"),
    ("– land", "– 土地", "@land{0,0.0}"),
    ("– connection", "– 接続", "@connection{0,0.0}"),
    ("– grid rent", "– 系統接続枠", "@grid{0,0.0}"),
    ("– electricity", "– 電力", "@energy{0,0.0}"),
    ("Captured, gross", "国内に残る額（総額）", "@captured{0,0.0} JPY bn/a"),
]


def add_map(charts: Charts, record: RunRecord, tables: dict[str, Published]) -> None:
    """Add the map and its metric picker to the charts."""
    from bokeh.models import ColumnDataSource, HoverTool, LinearColorMapper
    from bokeh.models.annotations import ColorBar
    from bokeh.palettes import interp_palette

    frame, metrics = map_frame(record), map_metrics(tables)
    chart = empty_map(frame)
    draw_elsewhere(chart, frame)
    columns = _shape_columns(frame, tables, metrics)
    shapes = ColumnDataSource(columns | {"name": columns[f"name_{charts.lang}"]}, name="map-shapes")
    charts.words["map-shapes"] = {"column:name": {"en": "name_en", "ja": "name_ja"}}
    low, high = scale_of(metrics[0])
    mapper = LinearColorMapper(
        palette=list(interp_palette(palette.SEQUENTIAL, 64)), low=low, high=high, name="map-colours"
    )
    land = chart.multi_polygons(
        "xs",
        "ys",
        source=shapes,
        fill_color={"field": "value", "transform": mapper},
        line_color="#8d979f",
        line_width=0.5,
    )
    tips = {
        "en": [("", "@name"), *((en, text) for en, _, text in _TIPS)],
        "ja": [("", "@name"), *((ja, text) for _, ja, text in _TIPS)],
    }
    hover = HoverTool(renderers=[land])
    charts.say(hover, "map-hover", {"tooltips": tips})
    chart.add_tools(hover)
    _draw_fibre(charts, chart, fibre_pieces(record, frame))
    _draw_links(charts, chart, frame, tables)
    _draw_sites(chart, frame, tables)
    bar = ColorBar(
        color_mapper=mapper,
        orientation="horizontal",
        height=10,
        title_text_font=FONT,
        title_text_font_style="normal",
        major_label_text_font=FONT,
        name="map-bar",
        padding=6,
    )
    bar.title = metrics[0].label[charts.lang]
    chart.add_layout(bar, "below")
    _add_picker(charts, metrics, {"shapes": shapes, "mapper": mapper, "bar": bar})
    charts.roots["map"] = chart


def scale_of(metric: Metric) -> tuple[float, float]:
    """Return the ends of the colour scale: from zero for amounts, from the smallest value for prices."""
    low, high = float(metric.values.min()), float(metric.values.max())
    if metric.key not in ("all_in", "price"):
        low = min(0.0, low)
    return low, high if high > low else low + 1.0


def empty_map(frame: MapFrame) -> Any:
    """Return the map's figure without anything on it."""
    from bokeh.models import Range1d
    from bokeh.plotting import figure

    left, bottom, right, top = frame.extent
    chart = figure(
        sizing_mode="scale_width",
        width=MAP_WIDTH_PX,
        height=round(MAP_WIDTH_PX / WIDTH_PER_HEIGHT) + 64,
        x_range=Range1d(start=left, end=right),
        y_range=Range1d(start=bottom, end=top),
        tools="pan,wheel_zoom,reset,save",
        active_scroll=None,
        name="map",
    )
    chart.axis.visible = False
    chart.grid.visible = False
    chart.toolbar.logo = None
    chart.toolbar.autohide = True
    chart.background_fill_color = palette.SEA
    chart.outline_line_color = "#c9d1d8"
    chart.min_border = 2
    return chart


def draw_elsewhere(chart: Any, frame: MapFrame) -> None:
    """Draw neighbouring land, the box of the inset, and the land of the grid areas."""
    from shapely.geometry import box

    wide = frame.extent[2] - frame.extent[0]
    near = frame.context.geometry.intersection(box(*frame.extent).buffer(SHOWN_BEYOND * wide))
    _draw_land(chart, near[~near.is_empty], palette.LAND_ELSEWHERE, kilometres(frame, SIMPLIFY_ELSEWHERE_PX))
    if frame.inset is not None:
        left, bottom, right, top = frame.inset
        chart.quad(left=left, right=right, bottom=bottom, top=top, fill_color="white", line_color="#7d8890")
    _draw_land(chart, frame.outlines.geometry, palette.LAND_HOME, kilometres(frame, SIMPLIFY_PX))


def _draw_land(chart: Any, shapes: Any, colour: str, tolerance_km: float) -> None:
    """Land nobody points at; its line closes the hair between neighbours."""
    if len(shapes):
        xs, ys = rings(shapes, tolerance_km)
        chart.multi_polygons(xs, ys, fill_color=colour, line_color=colour, line_width=0.7)


def kilometres(frame: MapFrame, pixels: float) -> float:
    """Return how long some points of the screen are on the map."""
    return pixels * (frame.extent[2] - frame.extent[0]) / MAP_WIDTH_PX


def rings(shapes: Any, tolerance_km: float) -> tuple[list[Any], list[Any]]:
    """Return Bokeh's nested lists: per shape its polygons, per polygon its outer ring and holes."""
    xs: list[Any] = []
    ys: list[Any] = []
    digits = max(1, math.ceil(-math.log10(tolerance_km / 4)))
    for shape in simpler(shapes, tolerance_km):
        polygons = [part for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon"]
        groups = [[part.exterior, *part.interiors] for part in polygons]
        xs.append([[np.round(ring.xy[0], digits).tolist() for ring in group] for group in groups])
        ys.append([[np.round(ring.xy[1], digits).tolist() for ring in group] for group in groups])
    return xs, ys


def _shape_columns(frame: MapFrame, tables: dict[str, Published], metrics: list[Metric]) -> dict[str, Any]:
    sites = tables["sites"].frame.set_index("site", drop=False)
    order = sites.index.get_indexer(pd.Index(frame.prefectures["site"]))
    rows = sites.iloc[order]
    xs, ys = rings(frame.prefectures.geometry, kilometres(frame, SIMPLIFY_PX))
    stack = {
        part: rows[f"{part}_jpy_m_per_mw_a"].to_numpy(dtype=float)
        for part in ("building", "land", "connection", "grid", "energy")
    }
    return {
        "xs": xs,
        "ys": ys,
        "name_en": rows["name_en"].tolist(),
        "name_ja": rows["name_ja"].tolist(),
        "existing": rows["existing_it_mw"].to_numpy(dtype=float),
        **stack,
        **{metric.key: metric.values[order] for metric in metrics},
        "value": metrics[0].values[order],
    }


def _draw_links(charts: Charts, chart: Any, frame: MapFrame, tables: dict[str, Published]) -> None:
    from bokeh.models import ColumnDataSource, HoverTool

    links = tables["interties"].frame
    if links.empty:
        return
    rank = [palette.loading_class(share) for share in links["loading_share"]]
    source = ColumnDataSource(
        {
            **{end: frame.links[end].to_numpy() for end in ("x0", "y0", "x1", "y1")},
            "colour": [palette.LOADINGS[number] for number in rank],
            "width": [palette.LOADING_WIDTHS[number] * 1.3 for number in rank],
            "under": [palette.LOADING_WIDTHS[number] * 1.3 + 3 for number in rank],
            "name_en": links["name_en"].tolist(),
            "name_ja": links["name_ja"].tolist(),
            "name": links[f"name_{charts.lang}"].tolist(),
            "loading": links["loading_share"].to_numpy() * 100,
            **{
                key: links[key].to_numpy()
                for key in ("forward_mw", "reverse_mw", "expansion_mw", "congested_hours")
            },
        },
        name="map-links",
    )
    charts.words["map-links"] = {"column:name": {"en": "name_en", "ja": "name_ja"}}
    ends = {end: end for end in ("x0", "y0", "x1", "y1")}
    chart.segment(**ends, source=source, line_color="white", line_width="under", line_cap="round")
    drawn = chart.segment(**ends, source=source, line_color="colour", line_width="width", line_cap="round")
    hover = HoverTool(renderers=[drawn])
    lines = [
        ("Mean loading", "平均利用率", "@loading{0.0} %"),
        ("Capacity", "容量", "@forward_mw{0,0} / @reverse_mw{0,0} MW"),
        ("Expansion", "増強", "@expansion_mw{0,0} MW"),
        ("Congested", "混雑時間", "@congested_hours{0,0} h/a"),
    ]
    charts.say(
        hover,
        "link-hover",
        {
            "tooltips": {
                "en": [("", "@name"), *((en, text) for en, _, text in lines)],
                "ja": [("", "@name"), *((ja, text) for _, ja, text in lines)],
            }
        },
    )
    chart.add_tools(hover)


def _draw_fibre(charts: Charts, chart: Any, pieces: pd.DataFrame) -> None:
    """Links of the fibre graph, thin and grey, darker and wider with loading; none where fibre is leased."""
    from bokeh.models import ColumnDataSource, HoverTool

    if pieces.empty:
        return
    rank = [palette.loading_class(share) for share in pieces["loading_share"]]
    figures = ("capacity_gbps", "used_gbps", "expansion_gbps", "rtt_ms", "rent_jpy_per_gbps_a")
    source = ColumnDataSource(
        {
            **{end: pieces[end].to_numpy() for end in ("x0", "y0", "x1", "y1")},
            **_middles(pieces),
            **{key: pieces[key].to_numpy() for key in figures},
            "colour": [palette.FIBRE_LOADINGS[number] for number in rank],
            "width": [palette.FIBRE_WIDTHS[number] * 1.3 for number in rank],
            "name_en": pieces["name_en"].tolist(),
            "name_ja": pieces["name_ja"].tolist(),
            "name": pieces[f"name_{charts.lang}"].tolist(),
            "loading": pieces["loading_share"].to_numpy() * 100,
        },
        name="map-fibre",
    )
    charts.words["map-fibre"] = {"column:name": {"en": "name_en", "ja": "name_ja"}}
    ends = {end: end for end in ("x0", "y0", "x1", "y1")}
    chart.segment(**ends, source=source, line_color="colour", line_width="width", line_cap="round")
    middle = {end: f"middle_{end}" for end in ends}
    target = chart.segment(**middle, source=source, line_width=8, line_alpha=0.0)
    hover = HoverTool(renderers=[target])
    lines = [
        ("Fibre loading", "ファイバ利用率", "@loading{0.0} %"),
        ("Use", "利用", "@used_gbps{0,0} Gb/s"),
        ("Capacity", "容量", "@capacity_gbps{0,0} Gb/s"),
        ("Expansion", "増設", "@expansion_gbps{0,0} Gb/s"),
        ("Round trip", "往復遅延", "@rtt_ms{0.00} ms"),
        ("Fibre rent", "ファイバレント", "@rent_jpy_per_gbps_a{0,0} JPY/(Gb/s)/a"),
    ]
    tips = {
        "en": [("", "@name"), *((en, text) for en, _, text in lines)],
        "ja": [("", "@name"), *((ja, text) for _, ja, text in lines)],
    }
    charts.say(hover, "fibre-hover", {"tooltips": tips})
    chart.add_tools(hover)


def _middles(pieces: pd.DataFrame) -> dict[str, Any]:
    """Return the ends of the middle part of each line: in towns, where links meet, the region answers."""
    found: dict[str, Any] = {}
    for axis in ("x", "y"):
        first, second = pieces[f"{axis}0"].to_numpy(), pieces[f"{axis}1"].to_numpy()
        aside = POINTED_AT * (second - first)
        found |= {f"middle_{axis}0": first + aside, f"middle_{axis}1": second - aside}
    return found


def fibre_key(tables: dict[str, Published]) -> list[tuple[str, float, str]]:
    """Return colour, width and words of each class of fibre links; nothing where fibre is leased."""
    if tables["fibre"].frame.empty:
        return []
    widths = [1.3 * width for width in palette.FIBRE_WIDTHS]
    return list(zip(palette.FIBRE_LOADINGS, widths, palette.QUARTERS, strict=True))


def _draw_sites(chart: Any, frame: MapFrame, tables: dict[str, Published]) -> None:
    """Circles only where something is built; hovering is left to the prefecture underneath."""
    sites = tables["sites"].frame
    megawatt = sites["it_mw"].to_numpy(dtype=float)
    built = megawatt >= 0.5
    order = np.argsort(-megawatt[built], kind="stable")
    place = frame.sites.to_numpy()[built][order]
    largest = LARGEST_RADIUS_SHARE * (frame.extent[2] - frame.extent[0])
    chart.circle(
        place[:, 0],
        place[:, 1],
        radius=largest * np.sqrt(megawatt[built][order] / max(megawatt.max(), 1.0)),
        fill_color=palette.SITE,
        fill_alpha=0.9,
        line_color=palette.SITE_EDGE,
    )


def _add_picker(charts: Charts, metrics: list[Metric], models: dict[str, Any]) -> None:
    from bokeh.models import CustomJS
    from bokeh.models.widgets import Select

    picker = Select(value=metrics[0].key, sizing_mode="stretch_width")
    options = {lang: [[metric.key, metric.label[lang]] for metric in metrics] for lang in ("en", "ja")}
    charts.say(picker, "metric", {"options": options, "title": {"en": "Show on the map", "ja": "地図に表示"}})
    scales = {metric.key: list(scale_of(metric)) for metric in metrics}
    picker.js_on_change(
        "value",
        CustomJS(
            args={**models, "scales": scales},
            code="""
            const scale = scales instanceof Map ? scales.get(cb_obj.value) : scales[cb_obj.value];
            mapper.low = scale[0];
            mapper.high = scale[1];
            shapes.data = {...shapes.data, value: shapes.data[cb_obj.value]};
            const chosen = cb_obj.options.find((option) => option[0] === cb_obj.value);
            bar.title = chosen[1];
            """,
        ),
    )
    charts.roots["metric"] = picker
