"""`front.html`: the front with its tangents, its marginal price, capacity by area, and every figure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.export import palette
from optimizer.export.front_figure import AREA_COLOURS, WORDS, axis_label, direction_of, price_label, tangents
from optimizer.export.page_charts import Charts, plain_figure
from optimizer.export.record import Language
from optimizer.export.sheet import Card, Head, Part, Sheet, Table, same, write_sheet
from optimizer.export.words import Both, figure, money

if TYPE_CHECKING:
    from optimizer.export.front_folder import FrontRecord


def write_front_page(
    target: Path, record: FrontRecord, tables: Mapping[str, pd.DataFrame], lang: Language
) -> None:
    """Write the page; the same front gives the same bytes.

    Args:
        target: the file.
        record: axis and summary.
        tables: as published.
        lang: language the page opens in; it has both.
    """
    charts = Charts(lang)
    _add_cost(charts, record, tables["front"])
    _add_price(charts, record, tables["front"])
    names = _add_areas(charts, record, tables["front_areas"])
    axis, title = record.axis, record.summary["title"]
    sheet = Sheet(
        kind={"en": "front", "ja": "フロント"},
        title={"en": f"Cost against {axis.en}", "ja": f"費用と{axis.ja}"},
        lead={
            "en": f"{title['en']}. The least cost of so much of the aim: every point is a certified plan.",
            "ja": f"{title['ja']}。目標の各水準を満たす最小費用。どの点も証明された計画。",
        },
        cards=_cards(record, tables["front"]),
        parts=_parts(record, tables, names),
    )
    write_sheet(target, sheet, charts)


def _cards(record: FrontRecord, front: pd.DataFrame) -> list[Card]:
    first, last = front.iloc[0], front.iloc[-1]
    unit = record.axis.unit

    def ends(row: pd.Series, label: Both) -> Card:
        cost = float(row["cost_jpy_bn_per_a"])
        shown = {"en": money(cost, "en"), "ja": money(cost, "ja")}
        return Card(label, shown, same(f"{row['x']:,.2f} {unit}"))

    agree = record.summary["prices_and_costs_agree"]
    return [
        ends(first, {"en": "First point", "ja": "最初の点"}),
        ends(last, {"en": "Last point", "ja": "最後の点"}),
        Card(
            {"en": "Price at the last point", "ja": "最後の点の価格"},
            same(figure(float(last["price"]))),
            same(record.axis.price_unit),
        ),
        Card(
            {"en": "Largest proven gap", "ja": "証明された幅の最大"},
            same(f"{record.summary['largest_gap']:.1e}"),
            same(f"≤ {record.summary['gap_asked']:.0e}"),
        ),
        Card(
            {"en": "Prices and costs agree", "ja": "価格と費用の整合"},
            {"en": "yes" if agree else "no", "ja": "はい" if agree else "いいえ"},
            {"en": "every tangent lies below every point", "ja": "どの接線もすべての点の下にある"},
        ),
    ]


def _parts(
    record: FrontRecord, tables: Mapping[str, pd.DataFrame], names: list[tuple[str, Both]]
) -> list[Part]:
    tangent = {
        "en": "Grey: from point to point. The short lines have the slope of the marginal price, the dual of "
        "the row that asks. They lie below the front: it is convex.",
        "ja": "灰色は点を結ぶ線。短い線の傾きは限界価格（目標の制約の双対変数）。線が下にあり、凸である。",
    }
    penalty = {
        "en": "Where a rule may be bought out (CO2, matching), the table has what is missed; its price is "
        "the penalty.",
        "ja": "超過料で免れる制約（CO2、再エネ調達）では、未達分を表に示す。その価格は超過料。",
    }
    parts = [
        Part({"en": "Cost", "ja": "費用"}, [tangent], "front"),
        Part(WORDS["price"], chart="price"),
        Part({"en": "New IT capacity by grid area", "ja": "エリア別の新設IT容量"}, [], "areas", names),
        Part({"en": "Every point", "ja": "すべての点"}, [], table=_table(record, tables["front"])),
    ]
    if tables["front"]["missed"].abs().max() > 1e-6:
        parts[-1] = Part(parts[-1].head, [penalty], table=parts[-1].table)
    return parts


def _table(record: FrontRecord, front: pd.DataFrame) -> Table:
    unit, price = record.axis.unit, record.axis.price_unit
    heads = [
        Head(same("#")),
        Head({"en": f"asked [{unit}]", "ja": f"要求 [{unit}]"}),
        Head({"en": "reached", "ja": "達成"}),
        Head({"en": "missed", "ja": "未達"}),
        Head({"en": "cost [JPY bn/a]", "ja": "費用 [十億円/年]"}),
        Head({"en": "proven gap", "ja": "証明された幅"}),
        Head({"en": f"price [{price}]", "ja": f"価格 [{price}]"}),
        Head({"en": f"price [JPY bn/a per {unit}]", "ja": f"価格 [十億円/年/{unit}]"}),
        Head({"en": "slope from the point before", "ja": "前の点からの傾き"}),
        Head({"en": "start", "ja": "開始"}, False),
    ]
    start: dict[str, Both] = {
        "fresh": {"en": "fresh", "ja": "最初から"},
        "shared": {"en": "shared cuts", "ja": "カット共有"},
    }
    rows = []
    for _, row in front.iterrows():
        slope = float(row["slope_before_jpy_bn_per_a_per_unit"])
        figures = [
            f"{row['point']:.0f}",
            "–" if np.isnan(row["asked"]) else f"{row['x']:,.3f}",
            f"{row['reached']:,.3f}",
            f"{row['missed']:,.3f}",
            f"{row['cost_jpy_bn_per_a']:,.3f}",
            f"{row['gap']:.1e}",
            figure(float(row["price"])),
            figure(float(row["price_jpy_bn_per_a_per_unit"])),
            figure(slope),
        ]
        rows.append([*(same(text) for text in figures), start[str(row["start"])]])
    return Table(heads, rows)


def _both(record: FrontRecord, label: Any) -> Both:
    return {"en": label(record, "en"), "ja": label(record, "ja")}


def _chart(charts: Charts, name: str, record: FrontRecord, front: pd.DataFrame, y: Both) -> Any:
    from bokeh.models import Range1d

    x = front["x"].to_numpy(dtype=float)
    pad = 0.04 * max(float(np.ptp(x)), 1e-9)
    low, high = float(x.min()) - pad, float(x.max()) + pad
    options: dict[str, Any] = {
        "height": 360 if name == "front" else 240,
        "x_range": Range1d(start=low, end=high) if direction_of(front) > 0 else Range1d(start=high, end=low),
        "tools": "pan,wheel_zoom,box_zoom,reset,save",
        "name": name,
    }
    return plain_figure(charts, name, (_both(record, axis_label), y), options)


def _add_cost(charts: Charts, record: FrontRecord, front: pd.DataFrame) -> None:
    from bokeh.models import ColumnDataSource, HoverTool

    chart = _chart(charts, "front", record, front, WORDS["cost"])
    chart.line(front["x"].tolist(), front["cost_jpy_bn_per_a"].tolist(), line_color="#9aa5ad", line_width=1.4)
    pieces = tangents(front, direction_of(front))
    chart.multi_line(
        [along.tolist() for along, _ in pieces],
        [height.tolist() for _, height in pieces],
        line_color=palette.UPPER,
        line_width=2.4,
    )
    columns = ("x", "cost_jpy_bn_per_a", "price", "gap", "reached")
    source = ColumnDataSource({name: front[name].tolist() for name in columns}, name="front-source")
    drawn = chart.scatter(
        "x", "cost_jpy_bn_per_a", size=10, fill_color=palette.LOWER, line_color="white", source=source
    )
    hover = HoverTool(renderers=[drawn])
    unit, price = record.axis.unit, record.axis.price_unit
    tips = {
        "en": [(unit, "@x{0,0.00}"), ("JPY bn/a", "@cost_jpy_bn_per_a{0,0.00}"), (price, "@price{0,0.000}")],
        "ja": [(unit, "@x{0,0.00}"), ("十億円/年", "@cost_jpy_bn_per_a{0,0.00}"), (price, "@price{0,0.000}")],
    }
    charts.say(hover, "front-hover", {"tooltips": tips})
    chart.add_tools(hover)
    charts.roots["front"] = chart


def _add_price(charts: Charts, record: FrontRecord, front: pd.DataFrame) -> None:
    chart = _chart(charts, "price", record, front, _both(record, price_label))
    x, price = front["x"].tolist(), front["price"].tolist()
    chart.step(x, price, mode="center", line_color=palette.UPPER, line_width=1.6)
    chart.scatter(x, price, size=8, fill_color=palette.UPPER, line_color="white")
    chart.y_range.start = 0.0
    charts.roots["price"] = chart


def _add_areas(charts: Charts, record: FrontRecord, table: pd.DataFrame) -> list[tuple[str, Both]]:
    """Add capacity by area as lines; return the key of areas: their first letter on the chart and names."""
    from bokeh.models import ColumnDataSource, HoverTool

    front = table.drop_duplicates("point").sort_values("point")
    chart = _chart(charts, "areas", record, front, WORDS["areas"])
    chart.height = 340
    key: list[tuple[str, Both]] = []
    dashes = ("solid", "dashed", "dotted")
    for number, (_, rows) in enumerate(table.groupby("area", sort=False)):
        names = {lang: str(rows[f"name_{lang}"].iloc[0]) for lang in ("en", "ja")}
        colour, dash = AREA_COLOURS[number % len(AREA_COLOURS)], dashes[number // len(AREA_COLOURS) % 3]
        columns: dict[str, Any] = {"x": rows["x"].tolist(), "y": rows["it_mw"].tolist()}
        columns |= {f"name_{lang}": [name] * len(rows) for lang, name in names.items()}
        columns["name"] = columns[f"name_{charts.lang}"]
        source = ColumnDataSource(columns, name=f"area-{number}")
        charts.words[f"area-{number}"] = {"column:name": {"en": "name_en", "ja": "name_ja"}}
        chart.line("x", "y", source=source, line_color=colour, line_width=2, line_dash=dash)
        chart.scatter("x", "y", source=source, size=7, fill_color=colour, line_color="white")
        mark = str(number + 1)
        chart.text(
            rows["x"].iloc[-1:].tolist(), rows["it_mw"].iloc[-1:].tolist(), text=[mark], x_offset=7,
            text_baseline="middle", text_font_size="12px", text_color=palette.INK,
        )  # fmt: skip
        key.append((mark, names))
    hover = HoverTool()
    tips = [("", "@name"), ("MW", "@y{0,0}")]
    charts.say(hover, "areas-hover", {"tooltips": {"en": tips, "ja": tips}})
    chart.add_tools(hover)
    chart.y_range.start = 0.0
    charts.roots["areas"] = chart
    return key
