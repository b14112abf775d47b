"""Where a run comes from: version, scenario, inputs, parameters, sources, and what each table means.

Time, host and durations are in the block `written` of `provenance.json` and in no other file.
"""

from __future__ import annotations

import hashlib
import json
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.export.record import RunRecord
from optimizer.export.tables import Published

LIBRARIES = (
    "bokeh",
    "geopandas",
    "highspy",
    "matplotlib",
    "numpy",
    "pandas",
    "pyarrow",
    "pyogrio",
    "pyomo",
    "scipy",
    "shapely",
    "xlsxwriter",
)
GRADES = ("assumed", "derived", "published")
"""The order of showing: what is assumed comes first."""


def write_provenance(record: RunRecord, folder: Path) -> None:
    """Write `provenance.json`."""
    summary = record.summary
    content = {
        "product": "wattbit",
        "version": version_of("wattbit"),
        "scenario": record.inputs.resolved,
        "pack": record.inputs.pack,
        "inputs": [
            {"path": f"inputs/{name}", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in sorted(record.input_files.items())
        ],
        "parameters": parameter_rows(record),
        "sources": record.sources,
        "rests_on": {**_shares(summary), "lines": record.resting},
        "libraries": {name: version_of(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "capture_identity": record.capture.identity,
        "notes": list(record.capture.notes),
        "written": {
            "time": record.generated.isoformat(),
            "host": platform.node(),
            "system": platform.platform(),
            "wall_s": summary.get("wall_s"),
            "peak_rss_mb": summary.get("peak_rss_mb"),
            "stages_s": record.timings,
            "iterations_elapsed_s": [float(value) for value in record.plan.bounds.get("elapsed_s", [])],
        },
    }
    (folder / "provenance.json").write_text(to_json(content), encoding="utf-8")


def _shares(summary: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in summary.items() if key.startswith("assumed_share_of_")}


def write_datapackage(tables: dict[str, Published], record: RunRecord, folder: Path) -> None:
    """Write `datapackage.json` (Frictionless): every table with columns, units and meaning."""
    resources = []
    for table in tables.values():
        for kind, media in (("parquet", "application/vnd.apache.parquet"), ("csv", "text/csv")):
            path = f"tables/{table.name}.{kind}"
            data = (folder / path).read_bytes()
            resources.append(
                {
                    "name": f"{table.name}-{kind}",
                    "path": path,
                    "title": table.name,
                    "description": table.meaning,
                    "format": kind,
                    "mediatype": media,
                    **({"encoding": "utf-8"} if kind == "csv" else {}),
                    "bytes": len(data),
                    "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
                    "rows": len(table.frame),
                    "schema": {"fields": _fields(table), "missingValues": [""]},
                }
            )
    content = {
        "profile": "data-package",
        "name": record.plan.name.lower().replace("_", "-"),
        "title": record.plan.title.get("en", record.plan.name),
        "version": version_of("wattbit"),
        "resources": resources,
    }
    (folder / "datapackage.json").write_text(to_json(content), encoding="utf-8")


def write_model(record: RunRecord, folder: Path) -> None:
    """Write `bounds.csv` and `certificate.json`, and move in the solver's own files.

    The seconds of each iteration are in `provenance.json` instead: the bounds repeat, the clock does not.
    """
    import shutil

    folder.mkdir(parents=True, exist_ok=True)
    bounds = record.plan.bounds.drop(columns=["elapsed_s"], errors="ignore")
    bounds.to_csv(folder / "bounds.csv", index=False, lineterminator="\n")
    (folder / "certificate.json").write_text(to_json(record.plan.certificate), encoding="utf-8")
    for name, source in sorted(record.model_files.items()):
        shutil.move(source, folder / Path(name).name)
    if not (folder / "solver.log").exists():
        (folder / "solver.log").write_text("".join(f"{line}\n" for line in record.plan.log), encoding="utf-8")


def parameter_rows(record: RunRecord) -> list[dict[str, Any]]:
    """Return every single number of the run with unit, range, grade and source; assumed ones first."""
    rows = record.inputs.parameters.reset_index().to_dict("records")
    clean = [{str(key): None if pd.isna(value) else value for key, value in row.items()} for row in rows]
    return sorted(clean, key=lambda row: (_grade_rank(row.get("grade")), str(row.get("name"))))


def source_rows(record: RunRecord) -> list[dict[str, str]]:
    """Return the register of sources as texts, assumed ones first."""
    keys = list(dict.fromkeys(key for source in record.sources for key in source))
    rows = [{key: _plain(source.get(key, "")) for key in keys} for source in record.sources]
    return sorted(rows, key=lambda row: _grade_rank(row.get("grade")))


def version_of(package: str) -> str:
    """Return the installed version, or `not installed` (a checkout run in place)."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def to_json(content: Any) -> str:
    """Return readable JSON; a number that is not finite is refused, a numpy number becomes a plain one."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False, default=_json_value) + "\n"


def _json_value(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, tuple | set | frozenset):
        return sorted(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a JSON file")


def _fields(table: Published) -> list[dict[str, str]]:
    return [
        {
            "name": column.name,
            "type": "string" if column.is_text else "number",
            **({} if column.is_text else {"unit": column.unit}),
            "description": column.meaning,
        }
        for column in table.columns
    ]


def _grade_rank(grade: object) -> int:
    return GRADES.index(str(grade)) if grade in GRADES else len(GRADES)


def _plain(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_plain(part) for part in value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_plain(part)}" for key, part in value.items())
    return str(value)
