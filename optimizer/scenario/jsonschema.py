"""JSON Schema of scenario files, sweep files and tables of a data pack, for editors and other programs."""

from __future__ import annotations

import math
from typing import Any

from optimizer.scenario.schema import Scenario
from optimizer.scenario.sweep import Sweep
from optimizer.scenario.tables import OPTIONAL_TABLES, PACK_TABLES, PARAMETER_COLUMNS, Column, TableSchema

PARAMETERS = TableSchema("parameters", "Single numbers of a pack.", ("name",), PARAMETER_COLUMNS)

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FREE = ("description",)
"""Keys every file may leave out."""

_WHOLE = ("title", "description")
"""Groups that are not inherited: where they are given, they are given whole."""


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file.

    With `base` every key may be left out; without, every key but `description` must be there.
    """
    schema = Scenario.model_json_schema()
    definitions = {name: _closed(part) for name, part in schema["$defs"].items()}
    complete: dict[str, Any] = {
        "required": [name for name in schema["required"] if name not in _FREE],
        "properties": {
            name: {"required": definitions[_target(part)]["required"]}
            for name, part in schema["properties"].items()
            if _target(part) in definitions and name not in _WHOLE
        },
    }
    for group in complete["properties"]:
        definitions[_target(schema["properties"][group])].pop("required", None)
    base = {
        "type": "string",
        "minLength": 1,
        "description": "Scenario to inherit from: name of a shipped one, or a file beside this one.",
    }
    return {
        "$schema": DIALECT,
        "title": "wattbit scenario",
        "description": " ".join(str(schema["description"]).split()),
        "type": "object",
        "additionalProperties": False,
        "properties": {"base": base, **_closed(schema)["properties"]},
        "if": {"not": {"required": ["base"]}},
        "then": complete,
        "$defs": definitions,
    }


def table_schema(table: TableSchema) -> dict[str, Any]:
    """Return the JSON Schema of one row of a pack's table, with unit and meaning of every column."""
    return {
        "$schema": DIALECT,
        "title": f"{table.name}.csv",
        "description": f"{table.meaning} One row; the key is {', '.join(table.key)}.",
        "type": "object",
        "additionalProperties": False,
        "properties": {column.name: _column(column) for column in table.columns},
        "required": [column.name for column in table.columns if not column.optional],
        "x-key": list(table.key),
    }


def sweep_schema() -> dict[str, Any]:
    """Return the JSON Schema of a sweep file; cases may be a list of names."""
    schema = Sweep.model_json_schema()
    top = _closed(schema)["properties"]
    names = {"type": "array", "items": {"type": "string", "minLength": 1}}
    cases = {"description": top["cases"].pop("description"), "anyOf": [top["cases"], names]}
    return {
        "$schema": DIALECT,
        "title": "wattbit sweep",
        "description": " ".join(str(schema["description"]).split()),
        "type": "object",
        "additionalProperties": False,
        "properties": top | {"cases": cases},
        "$defs": {name: _closed(part) for name, part in schema["$defs"].items()},
    }


def schema_names() -> list[str]:
    """Return what `schema_named` knows: `scenario`, `sweep`, every table of a pack, and its `parameters`."""
    return ["scenario", "sweep", *PACK_TABLES, *OPTIONAL_TABLES, PARAMETERS.name]


def schema_named(name: str) -> dict[str, Any]:
    """Return the JSON Schema of `scenario`, `sweep` or a table; raises KeyError for any other name."""
    if name == "sweep":
        return sweep_schema()
    tables = PACK_TABLES | OPTIONAL_TABLES | {PARAMETERS.name: PARAMETERS}
    return scenario_schema() if name == "scenario" else table_schema(tables[name])


def _target(part: dict[str, Any]) -> str:
    """Return the name of the group a key holds, be it that the key may be null instead."""
    if "anyOf" in part:
        return next((name for option in part["anyOf"] if (name := _target(option))), "")
    return str(part.get("$ref", "")).rsplit("/", 1)[-1]


def _closed(part: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of an object's schema without generated titles, its text on one line."""
    kept = {key: value for key, value in part.items() if key != "title"}
    if "description" in kept:
        kept["description"] = " ".join(str(kept["description"]).split())
    if "properties" in kept:
        kept["properties"] = {name: _closed(value) for name, value in kept["properties"].items()}
    if "patternProperties" in kept:
        kept["additionalProperties"] = False
    if "anyOf" in kept:
        kept["anyOf"] = [_closed(option) for option in kept["anyOf"]]
    return kept


def _column(column: Column) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": f"{column.meaning} [{column.unit}]", "type": "number"}
    if column.is_text:
        schema = {"description": column.meaning, "type": "string", "minLength": 1}
    if column.choices:
        schema["enum"] = list(column.choices)
    if math.isfinite(column.low):
        schema["minimum"] = column.low
    if math.isfinite(column.high):
        schema["maximum"] = column.high
    if column.refers:
        schema["x-refers"] = column.refers
    return schema
