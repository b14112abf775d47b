"""Recount rows and hashes of every file under `data/` in `sources.toml`, or under another folder that has one.

Usage: python data/make/register.py [--check] [FOLDER]

Fails, and changes nothing, when a file has no entry, an entry has no file, or the columns differ.
With --check it only compares and fails when a figure is stale.
"""

from __future__ import annotations

import csv
import hashlib
import re
import sys
import tomllib
from pathlib import Path

DATA = Path(__file__).resolve().parents[1]


def measured(path: Path) -> tuple[list[str], int, str]:
    """Return columns, number of rows and SHA-256 of a CSV or GeoPackage; for the latter over all layers."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if path.suffix == ".gpkg":
        import pyogrio

        layers = [pyogrio.read_info(path, layer=name) for name, _ in pyogrio.list_layers(path)]
        columns = sorted({str(field) for info in layers for field in info["fields"]})
        return columns, sum(int(info["features"]) for info in layers), digest
    with path.open(encoding="utf-8", newline="") as file:
        records = [record for record in csv.reader(file) if record]
    return records[0], len(records) - 1, digest


def main() -> int:
    folders = [Path(word) for word in sys.argv[1:] if not word.startswith("-")]
    data = folders[0] if folders else DATA
    register = data / "sources.toml"
    text = register.read_text("utf-8")
    entries = tomllib.loads(text)
    files = {
        str(path.relative_to(data).as_posix()) for path in data.rglob("*") if path.suffix in {".csv", ".gpkg"}
    }
    named = {entry["file"] for entry in entries.values()}
    faults = [f"{file}: no entry in sources.toml" for file in sorted(files - named)]
    faults += [f"{file}: the entry has no file" for file in sorted(named - files)]
    for key, entry in entries.items():
        if entry["file"] not in files:
            continue
        columns, rows, digest = measured(data / entry["file"])
        stated = list(entry["columns"])
        if sorted(columns) != sorted(stated) if entry["file"].endswith(".gpkg") else columns != stated:
            faults.append(f"{entry['file']}: columns are {columns}, sources.toml says {stated}")
        if "--check" in sys.argv and (entry["rows"], entry["sha256"]) != (rows, digest):
            faults.append(f"{entry['file']}: rows or hash are stale; run data/make/register.py")
        section = re.compile(rf"(?ms)^\[{re.escape(key)}\]$.*?(?=^\[|\Z)")
        block = section.search(text)
        if block is None:
            faults.append(f"{entry['file']}: section [{key}] is not plain")
            continue
        fresh = re.sub(r"(?m)^rows = .*$", f"rows = {rows}", block.group())
        fresh = re.sub(r"(?m)^sha256 = .*$", f'sha256 = "{digest}"', fresh)
        text = text[: block.start()] + fresh + text[block.end() :]
    if faults:
        sys.stderr.write("\n".join(faults) + "\n")
        return 1
    if "--check" not in sys.argv:
        register.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
