"""`ranges.html`: always, sometimes, never on a map, ranges of areas and sites, plans that differ most."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.export import palette
from optimizer.export.mapframe import MapFrame
from optimizer.export.page_charts import Charts
from optimizer.export.page_map import SIMPLIFY_PX, draw_elsewhere, empty_map, kilometres, rings
from optimizer.export.ranges_map import CLASS_WORDS, COLOURS, frame_for, within
from optimizer.export.record import Language
from optimizer.export.sheet import Card, Head, Part, Sheet, Table, same, write_sheet
from optimizer.export.words import Both, money

if TYPE_CHECKING:
    from optimizer.export.ranges_folder import RangesRecord

LARGEST_RADIUS_SHARE = 0.034
"""Radius of the largest ring over the width of the map."""

_KIND: Both = {"en": "near-optimal ranges", "ja": "準最適の範囲"}
_SHORT: dict[str, Both] = {
    "always": {"en": "always", "ja": "必ず"},
    "sometimes": {"en": "sometimes", "ja": "場合による"},
    "never": {"en": "never", "ja": "なし"},
    "open": {"en": "open", "ja": "未確定"},
}
_SIGNS = {"always": "●", "sometimes": "◍", "never": "×", "open": "◌"}


def write_ranges_page(
    target: Path, record: RangesRecord, tables: Mapping[str, pd.DataFrame], lang: Language
) -> None:
    """Write the page; the same ranges give the same bytes.

    Args:
        target: the file.
        record: summary, inputs and boundaries.
        tables: as published.
        lang: language the page opens in; it has both.
    """
    charts = Charts(lang)
    _add_map(charts, record, tables["ranges"])
    title = {
        lang: f"{head}: {record.summary['title'][lang]}"
        for lang, head in (("en", "Always, sometimes, never"), ("ja", "必ず・場合による・なし"))
    }
    sheet = Sheet(
        kind=_KIND,
        title=title,
        lead=_lead(record),
        cards=_cards(record),
        parts=_parts(tables),
        credit="Made with Natural Earth",
    )
    write_sheet(target, sheet, charts)


def _lead(record: RangesRecord) -> Both:
    words = within(record)
    return {
        "en": f"{words['en']}. Every bound is proven from outside by cuts and reached from inside by a plan "
        "whose dispatch was solved; the two are shown where they differ.",
        "ja": f"{words['ja']}。限界は外側からカットで証明し、内側からは給電を解いた計画で確かめた。",
    }


def _cards(record: RangesRecord) -> list[Card]:
    summary = record.summary
    counts = summary["classes"].get("site", {})
    shown = [
        Card(
            {"en": "Least cost of the plan", "ja": "計画の最小費用"},
            {lang: money(float(summary["cost_jpy_bn_per_a"]), lang) for lang in ("en", "ja")},
            same(f"≥ {float(summary['least_cost_proven_jpy_bn_per_a']):,.2f} JPY bn/a"),
        ),
        Card(
            {"en": "Budget", "ja": "上限"},
            {lang: money(float(summary["budget_jpy_bn_per_a"]), lang) for lang in ("en", "ja")},
            same(f"+{float(summary['slack']) * 100:g} %"),
        ),
    ]
    shown += [
        Card(_SHORT[name], same(f"{counts.get(name, 0)}"), {"en": "sites", "ja": "地点"})
        for name in ("always", "sometimes", "never")
    ]
    tolerance, open_bounds = float(summary["tolerance_mw"]), summary["open_bounds"]
    note = {
        "en": f"within {tolerance:,.1f} MW, but for {open_bounds} rows; {summary['evaluations']} dispatches",
        "ja": f"誤差 {tolerance:,.1f} MW 以内（{open_bounds}行を除く）・給電計算 {summary['evaluations']}回",
    }
    shown.append(
        Card({"en": "Proven and reached", "ja": "証明と到達"}, same("✓" if not open_bounds else "~"), note)
    )
    return shown


def _parts(tables: Mapping[str, pd.DataFrame]) -> list[Part]:
    ranges = tables["ranges"]
    key = [(_SIGNS[name], words) for name, words in CLASS_WORDS.items()]
    areas, sites = (ranges[ranges["kind"] == kind] for kind in ("area", "site"))
    order = sites.sort_values(["most_reached_mw"], ascending=False, kind="stable")
    disc = {
        "en": "Disc: what every such plan has there. Ring: the most some plan has. Areas are capacity.",
        "ja": "円：どの計画にもある容量。輪：ある計画での最大。面積が容量に比例。",
    }
    differ = {
        "en": "Each is as far as we could get from all before it, within the budget; its cost is its own, "
        "solved hour by hour. Plan 0 is the least-cost plan.",
        "ja": "上限内で、前の計画からできるだけ離れた計画。費用は毎時の給電を解いた値。0は最小費用の計画。",
    }
    return [
        Part({"en": "Where", "ja": "地図"}, [disc], "map", key),
        Part({"en": "Grid areas", "ja": "エリア"}, table=_range_table(areas)),
        Part({"en": "Sites", "ja": "候補地"}, table=_range_table(order)),
        Part(
            {"en": "Plans that differ most", "ja": "最も異なる計画"},
            [differ],
            table=_plan_table(tables["plans"]),
        ),
        Part(
            {"en": "These plans by grid area, MW", "ja": "計画別・エリア別 [MW]"},
            table=_by_area(tables["plan_places"]),
        ),
    ]


def _range_table(rows: pd.DataFrame) -> Table:
    heads = [
        Head({"en": "place", "ja": "場所"}, False),
        Head({"en": "class", "ja": "分類"}, False),
        Head({"en": "least, proven [MW]", "ja": "最小（証明）[MW]"}),
        Head({"en": "least, reached", "ja": "最小（到達）"}),
        Head({"en": "plan", "ja": "計画"}),
        Head({"en": "most, reached", "ja": "最大（到達）"}),
        Head({"en": "most, proven", "ja": "最大（証明）"}),
    ]
    figures = ("least_proven_mw", "least_reached_mw", "plan_mw", "most_reached_mw", "most_proven_mw")
    cells = [
        [
            {"en": str(row["name_en"]), "ja": str(row["name_ja"])},
            {lang: f"{_SIGNS[row['class']]} {text}" for lang, text in _SHORT[row["class"]].items()},
            *(same(f"{row[name]:,.1f}") for name in figures),
        ]
        for _, row in rows.iterrows()
    ]
    return Table(heads, cells)


def _plan_table(plans: pd.DataFrame) -> Table:
    heads = [
        Head({"en": "plan", "ja": "計画"}),
        Head({"en": "cost [JPY bn/a]", "ja": "費用 [十億円/年]"}),
        Head({"en": "beyond plan 0", "ja": "計画0との差"}),
        Head({"en": "elsewhere than in plan 0 [MW]", "ja": "計画0と異なる容量 [MW]"}),
        Head({"en": "elsewhere than in the nearest before", "ja": "最も近い計画と異なる容量"}),
        Head({"en": "sites used", "ja": "使う地点"}),
    ]
    rows = [
        [
            same(f"{row['plan']:.0f}"),
            same(f"{row['cost_jpy_bn_per_a']:,.2f}"),
            same(f"+{row['over_plan'] * 100:.2f} %"),
            same(f"{row['elsewhere_than_plan_mw']:,.0f}"),
            same(f"{row['elsewhere_than_nearest_mw']:,.0f}"),
            same(f"{row['sites_used']:.0f}"),
        ]
        for _, row in plans.iterrows()
    ]
    return Table(heads, rows)


def _by_area(places: pd.DataFrame) -> Table:
    areas = places[places["kind"] == "area"]
    wide = areas.pivot(index="place", columns="plan", values="it_mw")
    names = areas.drop_duplicates("place").set_index("place")
    heads = [
        Head({"en": "area", "ja": "エリア"}, False),
        *(Head(same(f"{plan:.0f}")) for plan in wide.columns),
    ]
    rows = [
        [
            {"en": str(names.at[area, "name_en"]), "ja": str(names.at[area, "name_ja"])},
            *(same(f"{value:,.0f}") for value in wide.loc[area]),
        ]
        for area in names.index
    ]
    return Table(heads, rows)


def _add_map(charts: Charts, record: RangesRecord, table: pd.DataFrame) -> None:
    from bokeh.models import ColumnDataSource, HoverTool

    frame = frame_for(record)
    chart = empty_map(frame)
    draw_elsewhere(chart, frame)
    xs, ys = rings(frame.prefectures.geometry, kilometres(frame, SIMPLIFY_PX))
    chart.multi_polygons(xs, ys, fill_color="#f4f5f3", line_color="#aab3ba", line_width=0.5)
    sites = table[table["kind"] == "site"].sort_values("most_reached_mw", ascending=False, kind="stable")
    columns = _columns(frame, sites, charts.lang)
    source = ColumnDataSource(columns, name="map-sites")
    charts.words["map-sites"] = {
        "column:name": {"en": "name_en", "ja": "name_ja"},
        "column:class": {"en": "class_en", "ja": "class_ja"},
    }
    drawn = _draw(chart, source)
    hover = HoverTool(renderers=drawn)
    figures = [
        ("least_reached_mw", "least", "最小"),
        ("plan_mw", "plan", "計画"),
        ("most_reached_mw", "most", "最大"),
    ]
    tips = {
        lang: [("", "@name: @class"), *((words[at], f"@{words[0]}{{0,0.0}} MW") for words in figures)]
        for at, lang in ((1, "en"), (2, "ja"))
    }
    charts.say(hover, "map-hover", {"tooltips": tips})
    chart.add_tools(hover)
    charts.roots["map"] = chart


def _columns(frame: MapFrame, sites: pd.DataFrame, lang: str) -> dict[str, Any]:
    """Return what the map draws and says of every site."""
    where = frame.sites.loc[sites["place"]]
    wide = frame.extent[2] - frame.extent[0]
    largest = max(float(sites["most_reached_mw"].max()), 1.0)
    built = {"ring": "most_reached_mw", "disc": "least_reached_mw"}
    size = {
        name: LARGEST_RADIUS_SHARE * wide * np.sqrt(sites[column].to_numpy(dtype=float) / largest)
        for name, column in built.items()
    }
    size["ring"][(sites["class"] == "never").to_numpy()] = 0.0
    names = {one: [_SHORT[name][one] for name in sites["class"]] for one in ("en", "ja")}
    return {
        "x": where["x"].tolist(),
        "y": where["y"].tolist(),
        "colour": [COLOURS[name] for name in sites["class"]],
        "hatch": [" " if name == "always" else "right_diagonal_line" for name in sites["class"]],
        "cross": [9.0 if name == "never" else 0.0 for name in sites["class"]],
        **{name: values.tolist() for name, values in size.items()},
        **{f"name_{one}": sites[f"name_{one}"].tolist() for one in ("en", "ja")},
        **{f"class_{one}": names[one] for one in ("en", "ja")},
        "name": sites[f"name_{lang}"].tolist(),
        "class": names[lang],
        **{column: sites[column].tolist() for column in sites.columns if column.endswith("_mw")},
    }


def _draw(chart: Any, source: Any) -> list[Any]:
    """Draw rings, discs and crosses; rings and crosses answer to pointing."""
    line = {"line_color": "colour", "line_width": 1.6}
    hatch = {"hatch_pattern": "hatch", "hatch_color": "colour", "hatch_scale": 8, "hatch_weight": 1.0}
    ring = chart.circle(
        "x", "y", radius="ring", source=source, fill_color="white", fill_alpha=0.7, **line, **hatch
    )
    edge = {"line_color": palette.INK, "line_width": 0.6}
    chart.circle("x", "y", radius="disc", source=source, fill_color="colour", **edge)
    cross = chart.scatter(
        "x", "y", size="cross", marker="x", line_color="colour", line_width=1.6, source=source
    )
    return [ring, cross]
