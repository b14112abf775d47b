"""The page's charts as Bokeh models. Words that change with the language are collected, not baked in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.export import page_data, palette
from optimizer.export.record import RunRecord
from optimizer.export.tables import Published
from optimizer.export.words import Both, money

FONT = "system-ui, 'Hiragino Sans', 'Noto Sans CJK JP', 'Yu Gothic', Meiryo, sans-serif"

CLOSE_GAP = 0.01
"""Iterations whose bounds are farther apart than this share of the cost are not drawn."""


@dataclass
class Charts:
    """Charts under construction: roots by name, and words by model name and property."""

    lang: str
    roots: dict[str, Any] = field(default_factory=dict)
    words: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def say(self, model: Any, name: str, texts: dict[str, dict[str, Any]]) -> None:
        """Name the model, give its properties the words of the first language, remember both."""
        model.name = name
        self.words[name] = texts
        for prop, both in texts.items():
            setattr(model, prop, both[self.lang])


def plain_figure(charts: Charts, name: str, labels: tuple[Both, Both], options: dict[str, Any]) -> Any:
    """Return a quiet figure with axis labels in both languages."""
    from bokeh.plotting import figure

    settings: dict[str, Any] = {
        "sizing_mode": "stretch_width",
        "height": 300,
        "tools": "pan,xwheel_zoom,box_zoom,reset,save",
        "active_scroll": None,
        "toolbar_location": "above",
    }
    chart = figure(**(settings | options))
    chart.outline_line_color = None
    chart.toolbar.logo = None
    chart.toolbar.autohide = True
    chart.background_fill_color = "#ffffff"
    for axis, label, which in zip((chart.xaxis[0], chart.yaxis[0]), labels, "xy", strict=True):
        axis.axis_label_text_font = axis.major_label_text_font = FONT
        axis.axis_label_text_font_style = "normal"
        axis.axis_line_color = axis.major_tick_line_color = "#b6bfc7"
        axis.minor_tick_line_color = None
        axis.major_label_text_color = axis.axis_label_text_color = palette.SOFT_INK
        charts.say(axis, f"{name}-{which}", {"axis_label": dict(label)})
    chart.xgrid[0].grid_line_color = None
    chart.ygrid[0].grid_line_color = "#e8ecef"
    return chart


def add_capture(charts: Charts, record: RunRecord) -> None:
    """Outflow → addressable → ceiling → gross → net, base as bars, low to high as whiskers."""
    from bokeh.models import ColumnDataSource, NumeralTickFormatter

    lines: list[tuple[str, Both]] = [
        ("outflow_jpy_bn", {"en": "Outflow: cloud and AI", "ja": "流出額（クラウド・AI）"}),
        ("addressable_jpy_bn", {"en": "Addressable", "ja": "対応可能"}),
        ("ceiling_jpy_bn", {"en": "Contestable: the ceiling", "ja": "獲得上限"}),
        ("gross_jpy_bn", {"en": "Captured, gross", "ja": "国内に残る額（総額）"}),
        ("net_jpy_bn", {"en": "Captured, net of imports", "ja": "輸入等控除後"}),
    ]
    cases = record.capture.cases
    rows = np.arange(len(lines), 0, -1, dtype=float)
    base = [cases["base"][key] for key, _ in lines]
    shown = {lang: [money(value, "ja" if lang == "ja" else "en") for value in base] for lang in ("en", "ja")}
    both = np.array([[cases[case][key] for case in ("low", "high")] for key, _ in lines])
    reach = np.maximum(np.array(base), both.max(axis=1))
    source = ColumnDataSource(
        {
            "y": rows,
            "base": base,
            "low": both.min(axis=1),
            "high": both.max(axis=1),
            "reach": reach,
            "colour": list(palette.SHADES[1:]),
            "text": shown[charts.lang],
            "text_en": shown["en"],
            "text_ja": shown["ja"],
        },
        name="capture-source",
    )
    charts.words["capture-source"] = {"column:text": {"en": "text_en", "ja": "text_ja"}}
    options = {
        "height": 270,
        "x_range": (min(0.0, float(both.min()) * 1.1), float(reach.max()) * 1.45),
        "y_range": (0.4, len(lines) + 0.6),
        "tools": "",
    }
    chart = plain_figure(
        charts, "capture", ({"en": "JPY bn/a", "ja": "十億円/年"}, {"en": "", "ja": ""}), options
    )
    chart.toolbar_location = None
    chart.hbar(y="y", right="base", height=0.62, color="colour", source=source)
    chart.segment(x0="low", x1="high", y0="y", y1="y", line_width=2, color=palette.INK, source=source)
    for end in ("low", "high"):
        chart.scatter(
            end, "y", marker="dash", angle=np.pi / 2, size=13, line_width=2, color=palette.INK, source=source
        )
    chart.text(
        "reach",
        "y",
        text="text",
        x_offset=10,
        text_baseline="middle",
        text_font={"value": FONT},
        text_font_size="13px",
        text_color=palette.INK,
        source=source,
    )
    labels = {
        lang: {int(row): words[lang] for row, (_, words) in zip(rows, lines, strict=True)}
        for lang in ("en", "ja")
    }
    chart.xaxis[0].formatter = NumeralTickFormatter(format="0,0")
    axis = chart.yaxis[0]
    axis.ticker = [int(row) for row in rows]
    charts.words["capture-y"]["major_label_overrides"] = labels
    axis.major_label_overrides = labels[charts.lang]
    axis.major_label_text_font_size = "13px"
    chart.ygrid[0].grid_line_color = None
    charts.roots["capture"] = chart


def add_bounds(charts: Charts, bounds: pd.DataFrame) -> None:
    """Lower and upper bound of the system cost: last stage, iterations within `CLOSE_GAP`."""
    from bokeh.models import HoverTool, NumeralTickFormatter

    if "stage" in bounds:
        bounds = bounds[bounds["stage"] == bounds["stage"].iloc[-1]]
    near = bounds[bounds["gap_system"] <= CLOSE_GAP]
    bounds = near if len(near) >= 3 else bounds
    steps = bounds[["iteration", "lower_jpy_bn_per_a", "upper_jpy_bn_per_a"]].to_numpy(dtype=float)
    steps = steps[np.isfinite(steps).all(axis=1)]
    shown = steps if len(steps) else np.array([[0.0, 0.0, 1.0]])
    low, high = float(shown[:, 1].min()), float(shown[:, 2].max())
    room = max((high - low) * 0.15, abs(high) * 1e-6, 1e-6)
    options = {"height": 300, "y_range": (low - room, high + room)}
    labels = ({"en": "iteration", "ja": "反復"}, {"en": "system cost, JPY bn/a", "ja": "総費用 [十億円/年]"})
    chart = plain_figure(charts, "bounds", labels, options)
    names: tuple[Both, Both] = (
        {"en": "proven lower bound", "ja": "下界（証明済み）"},
        {"en": "best plan found", "ja": "最良の計画"},
    )
    for column, colour, words, mark in zip(
        (1, 2), (palette.LOWER, palette.UPPER), names, ("circle", "square"), strict=True
    ):
        line = chart.line(
            steps[:, 0],
            steps[:, column],
            line_width=2,
            color=colour,
            line_dash="solid" if column == 1 else "dashed",
            legend_label=words[charts.lang],
        )
        chart.scatter(steps[:, 0], steps[:, column], marker=mark, size=6, color=colour)
        chart.add_tools(HoverTool(renderers=[line], tooltips=[("", "@y{0,0.000}")]))
    chart.yaxis[0].formatter = NumeralTickFormatter(format="0,0.0")
    finish_legend(charts, chart, "bounds", names)
    charts.roots["bounds"] = chart


def finish_legend(charts: Charts, chart: Any, name: str, texts: tuple[Both, ...]) -> None:
    """Style the legend and let its labels follow the language."""
    legend = chart.legend[0]
    legend.label_text_font = FONT
    legend.border_line_color = None
    legend.background_fill_alpha = 0.75
    for number, (item, both) in enumerate(zip(legend.items, texts, strict=True)):
        item.name = f"{name}-legend-{number}"
        charts.words[item.name] = {"label": {lang: {"value": text} for lang, text in both.items()}}


def add_prices(charts: Charts, tables: dict[str, Published], areas: pd.DataFrame) -> None:
    """Price-duration curve and dispatch of a chosen area; the pickers serve both."""
    from bokeh.models import ColumnDataSource, CustomJS
    from bokeh.models.widgets import Select

    hours = tables["hours"].frame
    weight = page_data.by_area(hours, "weight")
    curves: dict[str, dict[str, Any]] = {}
    for column in ("price_jpy_per_kwh", "price_before_jpy_per_kwh"):
        for area, price in page_data.by_area(hours, column).items():
            curves.setdefault(area, {})[column[:-12]] = page_data.duration_curve(price, weight[area])
    first = str(areas.sort_values("it_mw", ascending=False, kind="stable")["area"].iloc[0])
    share = np.linspace(0, 100, page_data.CURVE_POINTS).astype(np.float32)
    curve = ColumnDataSource({"share": share, **curves[first]}, name="curve")
    picker = Select(value=first, sizing_mode="stretch_width")
    options = {
        lang: [
            [str(area), str(name)] for area, name in zip(areas["area"], areas[f"name_{lang}"], strict=True)
        ]
        for lang in ("en", "ja")
    }
    charts.say(picker, "area", {"options": options, "title": {"en": "Grid area", "ja": "エリア"}})
    charts.roots["area"] = picker
    _duration_chart(charts, curve, _price_axis(hours["price_jpy_per_kwh"].to_numpy()))

    found = page_data.stretches(hours)
    weeks, source = _dispatch_data(hours, found, first)
    week = Select(value=found[0].key, sizing_mode="stretch_width")
    charts.say(
        week,
        "week",
        {
            "options": {lang: [[s.key, s.label[lang]] for s in found] for lang in ("en", "ja")},
            "title": {"en": "Stretch of the year", "ja": "期間"},
        },
    )
    charts.roots["week"] = week
    _dispatch_chart(charts, source)
    show = CustomJS(
        args={
            "picker": picker,
            "week": week,
            "curve": curve,
            "curves": curves,
            "weeks": weeks,
            "source": source,
        },
        code="""
        const entry = (map, key) => map instanceof Map ? map.get(key) : map[key];
        const copy = (map) => Object.fromEntries(map instanceof Map ? map : Object.entries(map));
        curve.data = {share: curve.data.share, ...copy(entry(curves, picker.value))};
        source.data = copy(entry(weeks, picker.value + '|' + week.value));
        """,
    )
    picker.js_on_change("value", show)
    week.js_on_change("value", show)


def _price_axis(price: npt.NDArray[np.float64]) -> tuple[tuple[float, float], Both]:
    """Return the range of a price axis that a few hours of shortage do not flatten, and its label."""
    highest, usual = float(price.max()), float(np.quantile(price, 0.998))
    if highest <= 2.0 * usual:
        return (min(0.0, float(price.min())), 1.05 * max(highest, 1.0)), {"en": "JPY/kWh", "ja": "円/kWh"}
    cut = (min(0.0, float(price.min())), 1.25 * usual)
    return cut, {
        "en": f"JPY/kWh (cut; dearest hour {highest:,.0f})",
        "ja": f"円/kWh (上端省略、最高 {highest:,.0f})",
    }


def _duration_chart(charts: Charts, curve: Any, axis: tuple[tuple[float, float], Both]) -> None:
    labels = ({"en": "share of the year, %", "ja": "年間に占める割合 [%]"}, axis[1])
    options = {"height": 300, "x_range": (0, 100), "y_range": axis[0]}
    chart = plain_figure(charts, "duration", labels, options)
    names: tuple[Both, Both] = (
        {"en": "with the plan", "ja": "計画あり"},
        {"en": "without", "ja": "計画なし"},
    )
    for column, colour, dash, words in zip(
        ("price", "price_before"), (palette.UPPER, palette.LOWER), ("solid", "dashed"), names, strict=True
    ):
        chart.line(
            "share",
            column,
            source=curve,
            line_width=2,
            color=colour,
            line_dash=dash,
            legend_label=words[charts.lang],
        )
    finish_legend(charts, chart, "duration", names)
    charts.roots["duration"] = chart


def _dispatch_data(
    hours: pd.DataFrame, found: list[page_data.Stretch], first: str
) -> tuple[dict[str, Any], Any]:
    from bokeh.models import ColumnDataSource

    time = pd.to_datetime(pd.Series(hours["time"].unique())).to_numpy().astype("datetime64[ms]").astype(float)
    weeks: dict[str, dict[str, Any]] = {
        f"{area}|{stretch.key}": {
            "time": time[stretch.start : stretch.stop],
            **{
                name: np.round(values[stretch.start : stretch.stop], 3).astype(np.float32)
                for name, values in series.items()
            },
        }
        for area, series in page_data.dispatch_series(hours).items()
        for stretch in found
    }
    return weeks, ColumnDataSource(weeks[f"{first}|{found[0].key}"])


def _dispatch_chart(charts: Charts, source: Any) -> None:
    labels = ({"en": "", "ja": ""}, {"en": "GW", "ja": "GW"})
    chart = plain_figure(charts, "dispatch", labels, {"height": 360, "x_axis_type": "datetime"})
    stack = ["must_run", "thermal", "renewable", "imports", "discharge", "shed"]
    names: tuple[Both, ...] = (
        {"en": "must-run", "ja": "水力・地熱・バイオマス等"},
        {"en": "thermal and nuclear", "ja": "火力・原子力"},
        {"en": "solar and wind", "ja": "太陽光・風力"},
        {"en": "import (export below zero)", "ja": "受電（負は送電）"},
        {"en": "storage (charging below zero)", "ja": "蓄電（負は充電）"},
        {"en": "shed", "ja": "供給不足"},
        {"en": "demand", "ja": "需要"},
        {"en": "demand with the data centers", "ja": "需要＋データセンター"},
    )
    chart.varea_stack(
        stack,
        x="time",
        color=list(palette.SERIES),
        source=source,
        legend_label=[words[charts.lang] for words in names[:6]],
    )
    chart.varea_stack(
        ["exports", "charging"], x="time", color=[palette.SERIES[3], palette.SERIES[4]], source=source
    )
    chart.line(
        "time",
        "demand",
        source=source,
        color=palette.INK,
        line_width=1.5,
        line_dash="dotted",
        legend_label=names[6][charts.lang],
    )
    chart.line(
        "time", "with_dc", source=source, color=palette.INK, line_width=2, legend_label=names[7][charts.lang]
    )
    finish_legend(charts, chart, "dispatch", names)
    legend = chart.legend[0]
    legend.orientation = "horizontal"
    legend.ncols = 4
    legend.location = "left"
    chart.add_layout(legend, "below")
    charts.roots["dispatch"] = chart
    options = {"height": 150, "x_axis_type": "datetime", "x_range": chart.x_range, "tools": ""}
    price = plain_figure(charts, "price", (labels[0], {"en": "JPY/kWh", "ja": "円/kWh"}), options)
    price.toolbar_location = None
    price.line("time", "price", source=source, color=palette.UPPER, line_width=2)
    for both in (chart, price):
        both.min_border_left = 70
    charts.roots["price"] = price
