"""`summary.xlsx`: the plan for people who live in Excel. Numbers are numbers, words are never formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isnan
from pathlib import Path
from typing import Any

from optimizer.export.provenance import parameter_rows, source_rows
from optimizer.export.record import RunRecord
from optimizer.export.tables import Published
from optimizer.export.words import title_of
from optimizer.scenario.tables import Column

_OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_STEADY_DATE = datetime(2000, 1, 1)
SHEETS = ("Summary", "Sites", "Areas", "Interties", "Prices", "Capture", "Assumptions", "Sources")
_UNIT_SUFFIXES = {
    "_jpy_bn_per_a": "JPY bn/a",
    "_jpy_bn": "JPY bn/a",
    "_mw": "MW",
    "_share": "1",
    "hours": "h",
}
_MEANINGS = {
    "scenario": ("scenario", "シナリオ"),
    "status": ("outcome of the solve", "計算の結果"),
    "hours": ("hours of the year in the plan", "対象時間数"),
    "areas": ("grid areas", "エリア数"),
    "sites": ("candidate sites", "候補地数"),
    "periods": ("periods solved", "期間数"),
    "cost_jpy_bn_per_a": ("cost of the plan: with minus without", "計画の費用（計画あり－なし）"),
    "system_cost_jpy_bn_per_a": ("cost of the power system and the plan", "電力系統と計画の総費用"),
    "lower_bound_jpy_bn_per_a": ("proven lower bound of the system cost", "総費用の下界（証明済み）"),
    "gap": ("gap of the plan: distance to the proven bound", "計画の最適性ギャップ"),
    "gap_system": ("gap relative to the system cost", "総費用に対するギャップ"),
    "iterations": ("iterations", "反復回数"),
    "it_mw_built": ("new IT capacity", "新設IT容量"),
    "new_renewable_mw": ("new solar and wind", "新設の太陽光・風力"),
    "assumed_share_of_cost": (
        "share of the cost that rests on assumed figures",
        "仮定の数値に依る費用の割合",
    ),
    "assumed_share_of_capture": (
        "share of gross capture that rests on assumed figures",
        "仮定の数値に依る取り戻し額の割合",
    ),
    "curtailment_share": ("curtailed share of solar and wind", "太陽光・風力の抑制率"),
}


def write_workbook(record: RunRecord, tables: dict[str, Published], file: Path) -> None:
    """Write the workbook: eight sheets, frozen headers, a row of units, two charts."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(file), _OPTIONS)
    book.set_properties(
        {"title": title_of(record, "en"), "created": _STEADY_DATE, "author": "", "company": ""}
    )
    formats = {
        "head": book.add_format(
            {
                "bold": True,
                "bg_color": "#20578f",
                "font_color": "#ffffff",
                "text_wrap": True,
                "valign": "top",
                "border": 1,
                "border_color": "#ffffff",
            }
        ),
        "unit": book.add_format({"italic": True, "font_color": "#5b6673", "bg_color": "#eef2f5"}),
        "title": book.add_format({"bold": True, "font_size": 16}),
        "text": book.add_format({"valign": "top"}),
        "wrap": book.add_format({"valign": "top", "text_wrap": True}),
        "assumed": book.add_format({"valign": "top", "bg_color": "#fff1cc"}),
        **{
            name: book.add_format({"num_format": name, "valign": "top"})
            for name in ("#,##0", "#,##0.0", "0.00", "0.0%", "0.00E+00", "General")
        },
    }
    sheets = {name: book.add_worksheet(name) for name in SHEETS}
    _write_summary(sheets["Summary"], record, formats)
    for name in ("Sites", "Areas", "Interties", "Prices", "Capture"):
        table = tables[name.lower()]
        frame = table.frame
        if name == "Sites":
            frame = frame.sort_values(["it_mw", "site"], ascending=[False, True], kind="stable")
        _write_table(sheets[name], table.columns, frame.to_dict("records"), formats)
    _write_assumptions(sheets["Assumptions"], record, formats)
    rows = source_rows(record)
    columns = tuple(Column(key, "text", key) for key in (rows[0] if rows else {"title": ""}))
    _write_table(sheets["Sources"], columns, rows, formats)
    _add_charts(book, sheets, tables)
    book.close()


def _write_summary(sheet: Any, record: RunRecord, formats: Mapping[str, Any]) -> None:
    sheet.write_string(0, 0, title_of(record, record.lang), formats["title"])
    for column, word in enumerate(("key", "value", "unit", "meaning", "意味")):
        sheet.write_string(2, column, word, formats["head"])
    row = 3
    for key, value in flat(record.steady_summary):
        english, japanese = _MEANINGS.get(key, ("", ""))
        unit = next((unit for suffix, unit in _UNIT_SUFFIXES.items() if key.endswith(suffix)), "")
        if key.startswith("it_mw"):
            unit = "MW"
        sheet.write_string(row, 0, key, formats["text"])
        _write_cell(sheet, (row, 1), value, _number_format(key, unit), formats)
        for column, text in ((2, unit), (3, english), (4, japanese)):
            sheet.write_string(row, column, text, formats["text"])
        row += 1
    sheet.freeze_panes(3, 1)
    for column, width in enumerate((38, 16, 10, 42, 30)):
        sheet.set_column(column, column, width)


def flat(content: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return nested mappings as dotted keys and plain values, in order."""
    rows: list[tuple[str, Any]] = []
    for key, value in content.items():
        if isinstance(value, Mapping):
            rows += flat(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", value))
    return rows


def _write_table(
    sheet: Any, columns: Sequence[Column], rows: Sequence[Mapping[Any, Any]], formats: Mapping[str, Any]
) -> None:
    for number, column in enumerate(columns):
        sheet.write_string(0, number, column.name, formats["head"])
        sheet.write_string(1, number, "" if column.is_text else column.unit, formats["unit"])
        if column.meaning != column.name:
            sheet.write_comment(0, number, column.meaning, {"author": ""})
        longest = max([len(column.name), *(len(str(row[column.name])) for row in rows if column.is_text)])
        sheet.set_column(number, number, min(max(longest, 9), 60 if column.is_text else 16))
    for line, row in enumerate(rows, start=2):
        for number, column in enumerate(columns):
            style = "text" if column.is_text else _number_format(column.name, column.unit)
            _write_cell(sheet, (line, number), row[column.name], style, formats)
    sheet.freeze_panes(2, 1)
    if rows:
        sheet.autofilter(1, 0, len(rows) + 1, len(columns) - 1)


def _write_assumptions(sheet: Any, record: RunRecord, formats: Mapping[str, Any]) -> None:
    names = ("grade", "name", "value", "unit", "low", "high", "price_year", "meaning", "source")
    for number, (name, width) in enumerate(zip(names, (11, 34, 12, 14, 12, 12, 11, 52, 60), strict=True)):
        sheet.write_string(0, number, name, formats["head"])
        sheet.set_column(number, number, width)
    for line, row in enumerate(parameter_rows(record), start=1):
        for number, name in enumerate(names):
            style = "General" if isinstance(row.get(name), int | float) else "text"
            style = "assumed" if name == "grade" and row.get("grade") == "assumed" else style
            _write_cell(sheet, (line, number), row.get(name), style, formats)
    sheet.freeze_panes(1, 2)


def _write_cell(
    sheet: Any, place: tuple[int, int], value: Any, style: str, formats: Mapping[str, Any]
) -> None:
    """Write a number as a number, anything else as a string; an empty value stays an empty cell."""
    if value is None or (isinstance(value, float) and isnan(value)):
        sheet.write_blank(*place, None, formats["text"])
    elif isinstance(value, bool):
        sheet.write_boolean(*place, value, formats["text"])
    elif isinstance(value, int | float):
        sheet.write_number(*place, value, formats[style])
    else:
        sheet.write_string(*place, str(value), formats["text" if style not in ("wrap", "assumed") else style])


def _number_format(name: str, unit: str) -> str:
    if name.endswith("share") or "share_of" in name:
        return "0.0%"
    if "gap" in name or name.startswith("certificate"):
        return "0.00E+00"
    if unit in ("deg", "1", "JPY/kWh", "ms") or unit.startswith("as "):
        return "0.00" if unit != "1" or name == "pue_mean" else "General"
    return "#,##0.0" if unit.startswith("JPY") else "#,##0"


def _add_charts(book: Any, sheets: Mapping[str, Any], tables: dict[str, Published]) -> None:
    areas, capture = tables["areas"], tables["capture"]
    names = [column.name for column in areas.columns]
    last = len(areas.frame) + 1
    bars = book.add_chart({"type": "bar"})
    bars.add_series(
        {
            "name": "New IT capacity, MW",
            "categories": ["Areas", 2, names.index("name_en"), last, names.index("name_en")],
            "values": ["Areas", 2, names.index("it_mw"), last, names.index("it_mw")],
            "fill": {"color": "#e69f00"},
        }
    )
    bars.set_title({"name": "New IT capacity by grid area, MW"})
    bars.set_y_axis({"reverse": True})
    bars.set_legend({"none": True})
    sheets["Summary"].insert_chart("G3", bars, {"x_scale": 1.2, "y_scale": 1.3})
    lines = [column.name for column in capture.columns]
    columns = book.add_chart({"type": "column"})
    first, final = lines.index("outflow_jpy_bn"), lines.index("net_jpy_bn")
    for row, colour in zip(range(len(capture.frame)), ("#a8d8cd", "#3a8fb7", "#20578f"), strict=False):
        columns.add_series(
            {
                "name": ["Capture", 2 + row, 0],
                "categories": ["Capture", 0, first, 0, final],
                "values": ["Capture", 2 + row, first, 2 + row, final],
                "fill": {"color": colour},
            }
        )
    columns.set_title({"name": "From outflow to net capture, JPY bn/a"})
    sheets["Summary"].insert_chart("G24", columns, {"x_scale": 1.2, "y_scale": 1.3})
