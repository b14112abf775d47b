"""`wattbit sources RUN --number NAME`: one figure, how it is made, and every line it rests on."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from optimizer.errors import UsageError
from optimizer.scenario.figures import provenance_of_run
from optimizer.scenario.pathway_tables import PATHWAY_TABLES, RESULT_TABLES
from optimizer.scenario.problems import escaped, nearest
from optimizer.scenario.trace_groups import Trace
from optimizer.scenario.trace_read import Ingredient, Row, RunFiles, counts, ingredients, keys_of
from optimizer.scenario.traces import HOW, TRACES, trace_of

KEYS: dict[str, tuple[str, ...]] = {
    "sites": ("site",),
    "flows": ("node", "workload", "site"),
    "areas": ("area",),
    "generation": ("area", "source"),
    "interties": ("intertie",),
    "prices": ("equation", "index"),
    "hours": ("time", "area"),
    "pathway": ("year", "site"),
    "pathway_areas": ("year", "area"),
    "pathway_interties": ("year", "intertie"),
    "pathway_prices": ("equation", "year", "index"),
}
"""Columns that name a row of a result, in the order written after the colon; else its first column."""

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "how": "how",
        "laws": "laws",
        "share": "of it rests on assumed figures, by elasticity (docs/assumed.md); largest lines:",
        "inputs": "inputs",
        "rows": "rows",
        "own": "its own row",
        "none": "rests on no input",
    },
    "ja": {
        "how": "算出",
        "laws": "制約",
        "share": "が仮定値に依る（弾力性による、docs/assumed.md）。大きい項目：",
        "inputs": "入力",
        "rows": "行",
        "own": "この行の値",
        "none": "入力に基づかない",
    },
}


def trace_figure(folder: Path, name: str, as_json: bool, lang: str) -> None:
    """Print where one figure of a run comes from.

    Args:
        folder: run folder.
        name: key of `summary.json` (`cost_jpy_bn_per_a`, `capture.base.net_jpy_bn`), or `table.column`, or
            one cell, `table.column:KEY` with the keys of the row separated by commas.
        as_json: one line of JSON, every row of every input in it.
        lang: `en` or `ja`.

    Raises:
        InputError: E315, the folder is not a run.
        UsageError: the run has no such figure; the nearest name is proposed.
    """
    run = RunFiles(provenance_of_run(folder), lambda file: _bytes(folder / "inputs" / file))
    figure = _figure(folder, name)
    found = ingredients(figure["trace"], run, figure["at"])
    resting = _lines_of(run.provenance.get("rests_on") or {}, figure["trace"].kind)
    if as_json:
        content = {
            **{key: figure[key] for key in ("figure", "value", "unit", "file")},
            "how": HOW[figure["trace"].how][lang],
            "laws": [f"docs/formulation.md#{law}" for law in figure["trace"].laws],
            "assumed_share": resting[0],
            "grades": counts(found),
            "inputs": [asdict(one) | {"file": f"inputs/{one.file}"} for one in found],
        }
        sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")
    else:
        lines = [*_head(figure, resting, lang), *_inputs(found, lang)]
        sys.stdout.write("".join(escaped(line) + "\n" for line in lines))
    sys.stdout.flush()


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _figure(folder: Path, name: str) -> dict[str, Any]:
    """Return name, value, unit and file of a figure, how it is made, and the keys of its row."""
    plain, _, keys = name.partition(":")
    if keys and plain in TRACES and plain.partition(".")[0] not in RESULT_TABLES:
        plain, keys = f"{plain}.{keys}", ""
    trace = trace_of(plain)
    if trace is None:
        names = [_with_case(one) for one in TRACES]
        near = next((one for one in names if one.endswith(f".{plain}")), "") or nearest(plain, names)
        guess = f' Did you mean "{near}"?' if near else ""
        raise UsageError(
            f"no figure named {plain!r}.{guess} Write a key of summary.json, e.g. cost_jpy_bn_per_a or "
            "capture.base.net_jpy_bn, or table.column[:row], e.g. sites.it_mw:JP-01"
        )
    table, _, column = plain.partition(".")
    if table in RESULT_TABLES and column:
        return _of_table(folder, (table, column, keys), trace)
    value: Any = json.loads((folder / "summary.json").read_text("utf-8"))
    for part in plain.split("."):
        if not isinstance(value, Mapping) or part not in value:
            there = (
                f" there; it has {', '.join(value)}" if part != plain and isinstance(value, Mapping) else ""
            )
            raise UsageError(f"{plain}: summary.json of this run has no {part!r}{there}")
        value = value[part]
    at = {"area": plain.split(".")[1]} if "_by_area." in plain else {}
    unit = plain.partition("_jpy_")[0] != plain and "JPY bn/a" if plain.endswith(("_bn", "bn_per_a")) else ""
    return {
        "figure": name,
        "value": value,
        "unit": unit or "",
        "file": "summary.json",
        "at": at,
        "trace": trace,
    }


def _with_case(name: str) -> str:
    """Return a figure of the summary as it is asked for: those of the capture model have a case."""
    head, _, line = name.partition(".")
    return f"{head}.base.{line}" if head == "capture" and line else name


def _of_table(folder: Path, where: tuple[str, str, str], trace: Trace) -> dict[str, Any]:
    table, column, keys = where
    file = f"tables/{table}.csv"
    data = _bytes(folder / file)
    if data is None:
        raise UsageError(f"{file} is not in this run")
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    unit = next(one.unit for one in RESULT_TABLES[table] if one.name == column)
    shown = {"figure": f"{table}.{column}", "unit": "" if unit == "text" else unit, "file": file}
    if not keys:
        return shown | {"value": f"{len(rows)} rows", "at": {}, "trace": trace}
    columns = KEYS.get(table, (RESULT_TABLES[table][0].name,))
    wanted = dict(zip(columns, keys.split(","), strict=False))
    for line, row in enumerate(rows, 2):
        if all(row[key] == word for key, word in wanted.items()):
            at = keys_of(table, row) | (_place_of(table, row["index"]) if "index" in row else {})
            trace = replace(trace, laws=(row["equation"],)) if "equation" in row else trace
            cell = f"{table}.{column}:{','.join(wanted.values())}"
            return shown | {
                "figure": cell,
                "value": row[column],
                "file": f"{file}:{line}",
                "at": at,
                "trace": trace,
            }
    first = columns[0]
    near = nearest(wanted[first], sorted({row[first] for row in rows}))
    guess = f' Did you mean "{near}"?' if near else ""
    raise UsageError(f"{file} has no row with {', '.join(f'{k}={v}' for k, v in wanted.items())}.{guess}")


def _place_of(table: str, index: str) -> dict[str, str]:
    """Return the key an index of a price begins with: a site or an area, whichever table has it.

    Prices between target years begin with what is built, where they are about one thing of many.
    """
    parts = index.split(" / ")
    first = parts[1] if table in PATHWAY_TABLES and len(parts) > 1 else parts[0]
    return {"site": first} if "-" in first else {"area": first}


def _lines_of(resting: Mapping[str, Any], kind: str) -> tuple[float | None, list[Mapping[str, Any]]]:
    if not kind or not resting:
        return None, []
    lines = [line for line in resting["lines"] if line["kind"] == kind]
    return float(resting[f"assumed_share_of_{kind}"]), sorted(
        lines, key=lambda row: -abs(row["jpy_bn_per_a"])
    )


def _head(
    figure: dict[str, Any], resting: tuple[float | None, list[Mapping[str, Any]]], lang: str
) -> list[str]:
    words, trace = _WORDS[lang], figure["trace"]
    value = figure["value"]
    text = f"{value:,.6g}" if isinstance(value, float) else str(value)
    lines = [
        f"{figure['figure']} = {text} {figure['unit']}".rstrip() + f"   [{figure['file']}]",
        f"  {words['how']}: {HOW[trace.how][lang]}",
    ]
    if trace.laws:
        lines.append(f"  {words['laws']}: " + ", ".join(f"docs/formulation.md#{law}" for law in trace.laws))
    share, rows = resting
    if share is not None:
        lines.append(f"  {share:.1%} {words['share']}")
        lines += [
            f"    {row['jpy_bn_per_a']:>9,.1f} JPY bn/a  {row['assumed_share']:>6.1%}  {row['line']}"
            for row in rows[:8]
        ]
    return lines


def _inputs(found: list[Ingredient], lang: str) -> list[str]:
    words = _WORDS[lang]
    if not found:
        return [f"  {words['none']}"]
    total = ", ".join(f"{number} {grade}" for grade, number in counts(found).items())
    lines = [f"  {words['inputs']}: {total}"]
    for one in found:
        own = [row for row in one.rows if row.own]
        lines.append(f"  {one.grade:<9}  {_place(one, own)}")
        lines += [f"  {'':<9}    {words['own']}, line {row.line}: {row.value} {one.unit}" for row in own[1:]]
        lines.append(f"  {'':<9}  ← {one.source}")
    return lines


def _place(one: Ingredient, own: list[Row]) -> str:
    """Return file, line and value: of the row's own cell, of the only one, or of all with their range."""
    rows = own[:1] or list(one.rows)
    key = f"[{rows[0].key}]" if own and len(one.rows) > 1 else ""
    count = f", {len(rows)} rows," if len(rows) != 1 else " ="
    return f"inputs/{one.place(rows)}  {one.name}{key}{count} {one.shown(rows)}".rstrip()
