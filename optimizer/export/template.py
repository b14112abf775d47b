"""A workbook to fill in: one sheet per table of a pack, with units, notes, drop-downs and limits.

Row 1 names the columns, row 2 their units, rows from 3 on are data. `wattbit import xlsx` reads it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.scenario.tables import PACK_TABLES, PARAMETER_COLUMNS, Column

FIRST_DATA_ROW = 2
"""Counted from zero, as xlsxwriter does."""

SPARE_ROWS = 500
"""Empty rows below the data that carry drop-downs and limits too."""

MOST_DECIMALS = 12
"""Decimals a cell may be told to show; numbers with more are shown as the spreadsheet likes."""

LONGEST_LIST = 255
"""Excel takes no longer list of allowed words inside a cell's rule."""

GUIDE = "README"
_STEADY_DATE = datetime(2000, 1, 1)
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_LINES = (
    ("wattbit: data pack as a workbook", "wattbit データパック（Excel 版）"),
    (
        "One sheet per table. Row 1: column; row 2: unit; data from row 3.",
        "1 枚が 1 表。1 行目 列名、2 行目 単位、3 行目から値。",
    ),
    (
        "The rows are those of the shipped pack: change, add, remove.",
        "値は同梱パックのもの。書き換え・追加・削除してください。",
    ),
    (
        "Point at a header to read what the column means and what it may hold.",
        "見出しのメモに意味と範囲があります。",
    ),
    (
        "An empty cell is not zero. Shares are 0 to 1. Power is MW.",
        "空欄はゼロではありません。割合は 0〜1、電力は MW。",
    ),
    (
        "Read it back: wattbit import xlsx FILE -o PACK --replace",
        "取り込み: wattbit import xlsx ファイル -o フォルダ --replace",
    ),
)


def write_template(tables: Mapping[str, pd.DataFrame], parameters: pd.DataFrame, file: Path) -> None:
    """Write the workbook; the same tables give the same bytes.

    Args:
        tables: tables of a pack by name, keys as columns or as the index; missing ones get an empty sheet.
            Numbers may be text as a CSV writes them: the cell shows as many decimals, so that reading the
            sheet back gives the same text.
        parameters: the pack's own single numbers, columns of `PARAMETER_COLUMNS`.
        file: where.
    """
    import xlsxwriter

    file.parent.mkdir(parents=True, exist_ok=True)
    book = xlsxwriter.Workbook(str(file), _OPTIONS)
    book.set_properties({"title": "wattbit data pack", "created": _STEADY_DATE, "author": ""})
    formats = {
        "head": book.add_format(
            {"bold": True, "bg_color": "#20578f", "font_color": "#ffffff", "text_wrap": True}
        ),
        "unit": book.add_format({"italic": True, "font_color": "#5b6673", "bg_color": "#eef2f5"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        "text": book.add_format({"num_format": "@"}),
        "number": book.add_format({"num_format": "General"}),
    } | {
        f"number{places}": book.add_format({"num_format": "0." + "0" * places})
        for places in range(1, MOST_DECIMALS + 1)
    }
    _write_guide(book.add_worksheet(GUIDE), formats)
    sizes = {name: len(table) for name, table in tables.items()}
    for name, schema in PACK_TABLES.items():
        sheet = book.add_worksheet(name)
        _write_sheet(sheet, schema.columns, _plain(tables.get(name), schema.columns), formats)
        _write_rules(sheet, schema.columns, sizes)
    sheet = book.add_worksheet("parameters")
    _write_sheet(sheet, PARAMETER_COLUMNS, _plain(parameters, PARAMETER_COLUMNS), formats)
    _write_rules(sheet, PARAMETER_COLUMNS, {"": len(parameters)})
    book.close()


def _plain(table: pd.DataFrame | None, columns: Sequence[Column]) -> pd.DataFrame:
    names = [column.name for column in columns]
    if table is None:
        return pd.DataFrame(columns=names)
    flat = table if all(name in table for name in names) else table.reset_index()
    return flat.reindex(columns=names)


def _write_guide(sheet: Any, formats: Mapping[str, Any]) -> None:
    sheet.set_column(0, 1, 72)
    for row, (english, japanese) in enumerate(_LINES):
        sheet.write_string(row, 0, english, formats["title"] if row == 0 else None)
        sheet.write_string(row, 1, japanese, formats["title"] if row == 0 else None)
    for row, (name, schema) in enumerate(PACK_TABLES.items(), start=len(_LINES) + 1):
        sheet.write_string(row, 0, f"{name}: {schema.meaning}")


def _write_sheet(
    sheet: Any, columns: Sequence[Column], table: pd.DataFrame, formats: Mapping[str, Any]
) -> None:
    for at, column in enumerate(columns):
        sheet.write_string(0, at, column.name, formats["head"])
        sheet.write_string(1, at, column.unit, formats["unit"])
        sheet.write_comment(0, at, _note(column), {"x_scale": 2.2, "author": ""})
        sheet.set_column(at, at, max(12, min(30, len(column.name) + 2)))
        for row, value in enumerate(table[column.name], start=FIRST_DATA_ROW):
            if column.is_text or value == "":
                if str(value):
                    sheet.write_string(row, at, str(value), formats["text"])
            elif isfinite(float(value)):
                sheet.write_number(row, at, float(value), formats[_shape(value)])
    sheet.freeze_panes(FIRST_DATA_ROW, 1)


def _shape(value: object) -> str:
    """Return the format that shows a number written as text with its decimals; `number` for all others."""
    whole, point, decimals = str(value).partition(".") if isinstance(value, str) else ("", "", "")
    plain = bool(point) and whole.removeprefix("-").isdigit() and decimals.isdigit()
    return f"number{len(decimals)}" if plain and len(decimals) <= MOST_DECIMALS else "number"


def _note(column: Column) -> str:
    """Return what a header's note says: meaning, unit, range, allowed words, where it points."""
    lines = [column.meaning, f"unit: {column.unit}"]
    if isfinite(column.low) or isfinite(column.high):
        lines.append(f"from {column.low:g} to {column.high:g}")
    if column.choices:
        lines.append("one of: " + ", ".join(column.choices))
    if column.refers:
        table, _, name = column.refers.partition(".")
        lines.append(f"must be in sheet {table}, column {name}")
    lines.append("may be empty" if column.optional else "must not be empty")
    return "\n".join(lines)


def _write_rules(sheet: Any, columns: Sequence[Column], sizes: Mapping[str, int]) -> None:
    """Add drop-downs for words and references, and limits for numbers."""
    last = FIRST_DATA_ROW + max([*sizes.values(), 0]) + SPARE_ROWS
    for at, column in enumerate(columns):
        rule: dict[str, Any] | None = None
        if column.choices and len(",".join(column.choices)) <= LONGEST_LIST:
            rule = {"validate": "list", "source": list(column.choices)}
        elif column.refers:
            table, _, name = column.refers.partition(".")
            position = PACK_TABLES[table].column_names.index(name)
            letter = chr(ord("A") + position)
            end = FIRST_DATA_ROW + sizes.get(table, 0) + SPARE_ROWS
            rule = {"validate": "list", "source": f"={table}!${letter}${FIRST_DATA_ROW + 1}:${letter}${end}"}
        elif not column.is_text and isfinite(column.low) and isfinite(column.high):
            rule = {
                "validate": "decimal",
                "criteria": "between",
                "minimum": column.low,
                "maximum": column.high,
            }
        if rule is not None:
            note = {"error_title": column.name, "error_message": f"{column.meaning[:200]} [{column.unit}]"}
            sheet.data_validation(
                FIRST_DATA_ROW, at, last, at, rule | note | {"ignore_blank": column.optional}
            )
