"""Write `data/<pack>/datapackage.json` (Frictionless Data Package) from the schemas the code checks with.

Usage: python data/make/datapackage.py [--check] [PACK…]

A pack is a name under `data/` or the path of a folder (`mycountry/austria`); without any, every pack under `data/`. With --check nothing is written; fails when a file is stale.
"""

from __future__ import annotations

import json
import math
import sys
import tomllib
from pathlib import Path
from typing import Any

from optimizer.inputs.weather_tables import WEATHER_TABLES
from optimizer.scenario.tables import OPTIONAL_TABLES, PACK_TABLES, PARAMETER_COLUMNS, Column, TableSchema

DATA = Path(__file__).resolve().parents[1]
PROFILE = "tabular-data-package"
PARAMETERS = TableSchema(
    "parameters", "Single numbers with range, grade and source.", ("name",), PARAMETER_COLUMNS
)


def schemas() -> dict[str, TableSchema]:
    """Return every table a pack may hold, by the stem of its file."""
    weather = {f"weather_{name}": table for name, table in WEATHER_TABLES.items()}
    return {**PACK_TABLES, **OPTIONAL_TABLES, "parameters": PARAMETERS, **weather}


def rendering(pack: Path) -> dict[str, Any]:
    """Return the package of a pack: one resource per known table that is there, and the outlines."""
    register = tomllib.loads((pack.parent / "sources.toml").read_text("utf-8"))
    sources = {entry["file"]: entry for entry in register.values()}
    known = schemas()
    resources = [
        resource(known[path.stem], path.stem, sources.get(f"{pack.name}/{path.name}", {}))
        for path in sorted(pack.glob("*.csv"))
        if path.stem in known
    ]
    outlines = sources.get(f"{pack.name}/boundaries.gpkg", {})
    resources.append(
        {
            "name": "boundaries",
            "path": "boundaries.gpkg",
            "format": "gpkg",
            "mediatype": "application/geopackage+sqlite3",
            "description": "Outlines: layers prefectures [site], grid_areas [area], land [name]; EPSG:4326.",
            **origin(outlines),
        }
    )
    return {
        "profile": PROFILE,
        "name": f"wattbit-{pack.name}".lower().replace("_", "-"),
        "title": f"wattbit data pack {pack.name}",
        "description": "Tables of one country for wattbit; who answers for each: sources, and ../sources.toml.",
        "resources": resources,
    }


def resource(table: TableSchema, stem: str, source: dict[str, Any]) -> dict[str, Any]:
    """Return one table as a Tabular Data Resource."""
    schema: dict[str, Any] = {
        "fields": [field(column) for column in table.columns],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }
    links = [foreign_key(column) for column in table.columns if column.refers]
    if links:
        schema["foreignKeys"] = links
    return {
        "name": stem.replace("_", "-"),
        "path": f"{stem}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "description": table.meaning,
        **origin(source),
        "schema": schema,
    }


def origin(source: dict[str, Any]) -> dict[str, Any]:
    """Return title, grade, source and licence of a registered file; nothing for one that is not."""
    if not source:
        return {}
    return {
        "title": source["title"],
        "grade": source["grade"],
        "sources": [{"title": source["publisher"], "path": source["url"]}],
        "licenses": [{"title": source["licence"]}],
    }


def field(column: Column) -> dict[str, Any]:
    """Return one column with unit, meaning and constraints."""
    constraints: dict[str, Any] = {"required": not column.optional}
    if column.choices:
        constraints["enum"] = list(column.choices)
    if math.isfinite(column.low):
        constraints["minimum"] = column.low
    if math.isfinite(column.high):
        constraints["maximum"] = column.high
    return {
        "name": column.name,
        "type": "string" if column.is_text else "number",
        **({} if column.is_text else {"unit": column.unit}),
        "description": column.meaning,
        "constraints": constraints,
    }


def foreign_key(column: Column) -> dict[str, Any]:
    """Return the reference of a column to another table."""
    table, _, target = column.refers.partition(".")
    return {"fields": [column.name], "reference": {"resource": table.replace("_", "-"), "fields": [target]}}


def text(pack: Path) -> str:
    """Return the file's content."""
    return json.dumps(rendering(pack), ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    names = [word for word in sys.argv[1:] if not word.startswith("--")]
    packs = [Path(name) if "/" in name else DATA / name for name in names] or sorted(
        path.parent for path in DATA.glob("*/areas.csv")
    )
    stale = []
    for pack in packs:
        file, content = pack / "datapackage.json", text(pack)
        if file.is_file() and file.read_text("utf-8") == content:
            continue
        stale.append(pack.name)
        if "--check" not in sys.argv:
            file.write_text(content, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"stale: {', '.join(stale)}; run data/make/datapackage.py\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
