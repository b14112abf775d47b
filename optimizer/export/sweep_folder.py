"""The folder of a sweep: what is done is on disk, whole, and nothing else is believed.

    sweep.json            the points in order, and what was asked: the same for every shard
    runs/<id>/DONE.json   one point, appeared by rename with its tables; the truth, for resume and for results
    anchors/              what groups of points start from; may be deleted, is made again
    results.*, summary.xlsx, failures.csv, statistics.csv, compare.html    made from the DONE files at the end

A folder of `runs` counts as done if every file is as its `MANIFEST.sha256` says; any other is done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import DiskError, InputError, Problem, UsageError
from optimizer.export.folder import MANIFEST, appearing
from optimizer.export.provenance import to_json
from optimizer.export.tables import Published, write_tables
from optimizer.scenario.columns import Column

_DRAFT = re.compile(r"\.(writing-|[\w.-]+\.(writing|replaced)-|[0-9a-z]+\.(npz|json)\.)")
"""Names of what is being written: by this module, by `folder.appearing`, by an anchor's `save`."""

DONE, PLAN, RUNS, ANCHORS, STATISTICS = "DONE.json", "sweep.json", "runs", "anchors", "statistics.json"
ASKED = "asked.json"


@dataclass(frozen=True)
class Done:
    """One finished point, as its `DONE.json` says it."""

    id: str
    name: str
    case: str
    axes: Mapping[str, Any]
    status: str
    """`ok` or `failed`."""

    summary: Mapping[str, Any]
    error: Mapping[str, Any] | None


def check_sweep_folder(folder: Path, resume: bool) -> None:
    """Refuse, before anything is solved, a folder the sweep may not be written into.

    Raises:
        UsageError: it is a file, holds something that is no sweep, or points and nobody said `--resume`.
        DiskError: the place cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; choose another folder with -o")
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    found = [name for name in found if not _is_draft(name)]
    if found and PLAN not in found and not set(found) <= {RUNS, ANCHORS}:
        raise UsageError(f"{folder} is not empty and not a sweep of wattbit; choose another folder with -o")
    if not resume and any((folder / RUNS).glob(f"*/{DONE}")):
        raise UsageError(
            f"{folder} holds points of a sweep; --resume takes them and does the rest, or choose another -o"
        )
    try:
        (folder / RUNS).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder):
            pass
    except OSError as error:
        raise DiskError(f"cannot write into {folder}: {error.strerror or error}") from error


def clear_drafts(folder: Path) -> None:
    """Remove what a killed sweep was writing; nothing else, whatever its name begins with."""
    for part in (folder, folder / RUNS, folder / ANCHORS):
        for draft in [path for path in part.glob(".*") if _is_draft(path.name)]:
            if draft.is_dir() and not draft.is_symlink():
                shutil.rmtree(draft, ignore_errors=True)
            else:
                draft.unlink(missing_ok=True)


def _is_draft(name: str) -> bool:
    return bool(_DRAFT.match(name))


def write_point(
    folder: Path,
    done: Done,
    tables: Iterable[Published],
    statistics: Mapping[str, Any],
    asked: Mapping[str, Any],
) -> None:
    """Write the folder of one point; it appears whole, by rename.

    Args:
        folder: of the sweep.
        done: what the point answered.
        tables: its small tables.
        statistics: seconds and memory, which differ from run to run.
        asked: the scenario as resolved, and the SHA-256 of the files of its data.

    Raises:
        DiskError: a file could not be written; nothing is left behind.
    """
    with appearing(folder / RUNS / done.id) as draft:
        write_parquet(tables, draft / "tables")
        (draft / STATISTICS).write_text(to_json(dict(statistics)), "utf-8")
        (draft / ASKED).write_text(to_json(dict(asked)), "utf-8")
        (draft / DONE).write_text(to_json(asdict(done)), "utf-8")


def write_parquet(tables: Iterable[Published], folder: Path) -> None:
    """Write each table as `<name>.parquet` with the same bytes for the same figures."""
    import pyarrow as pa
    from pyarrow import parquet

    for table in tables:
        folder.mkdir(parents=True, exist_ok=True)
        arrow = pa.Table.from_pandas(table.frame, preserve_index=False).replace_schema_metadata(None)
        parquet.write_table(arrow, folder / f"{table.name}.parquet", compression="zstd")


def read_done(folder: Path, ids: Iterable[str]) -> dict[str, Done]:
    """Return the finished ones of the points asked for; what is cut or changed is not finished."""
    found = ((one, _done_of(folder / RUNS / one)) for one in ids)
    return {one: done for one, done in found if done is not None}


def read_statistics(folder: Path, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return seconds and memory of finished points."""
    found: dict[str, dict[str, Any]] = {}
    for one in ids:
        try:
            found[one] = json.loads((folder / RUNS / one / STATISTICS).read_text("utf-8"))
        except (OSError, ValueError):
            found[one] = {}
    return found


def _done_of(run: Path) -> Done | None:
    try:
        for line in (run / MANIFEST).read_text("utf-8").splitlines():
            if hashlib.sha256((run / line[66:]).read_bytes()).hexdigest() != line[:64]:
                return None
        done = Done(**json.loads((run / DONE).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return done if done.id == run.name and done.status in ("ok", "failed") else None


def write_plan(folder: Path, plan: Mapping[str, Any], text: str) -> None:
    """Write the points in order, and a copy of the sweep file."""
    replace_files(folder, {PLAN: to_json(dict(plan)).encode(), "sweep.yaml": text.encode()})


def read_plan(folder: Path) -> dict[str, Any]:
    """Return the points of a sweep folder in order, and what was asked.

    Raises:
        InputError: E315, it is no folder of a sweep.
    """
    try:
        plan = json.loads((folder / PLAN).read_text("utf-8"))
        if isinstance(plan, dict) and isinstance(plan["points"], list):
            return plan
        reason = f"{PLAN} is not one of ours"
    except (OSError, ValueError, KeyError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    words = f"not the folder of a sweep: {PLAN}: {reason}"
    raise InputError([Problem(str(folder), "E315", words, f"スイープのフォルダではありません ({PLAN})")])


def take_runs(source: Path, target: Path, ids: Iterable[str]) -> None:
    """Copy folders of points from one sweep folder into another; each appears whole.

    Raises:
        DiskError: a file could not be written.
    """
    for one in ids:
        with appearing(target / RUNS / one) as draft:
            for path in sorted((source / RUNS / one).rglob("*")):
                place = draft / path.relative_to(source / RUNS / one)
                if path.is_dir():
                    place.mkdir(exist_ok=True)
                elif path.name != MANIFEST:
                    shutil.copyfile(path, place)


def replace_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of a sweep folder; each takes the place of the old one at once.

    Raises:
        DiskError: a file could not be written; the old one is still there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            descriptor, draft = tempfile.mkstemp(prefix=f".{name}.writing-", dir=folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(draft).chmod(0o644)
                Path(draft).replace(folder / name)
            finally:
                Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(f"could not write {folder}: {error.strerror or error}") from error


def table_files(name: str, meaning: str, frame: pd.DataFrame, *, parquet: bool) -> dict[str, bytes]:
    """Return a table as CSV (UTF-8 with BOM, no live formulas) and, if asked, as Parquet."""
    texts = {str(column): not pd.api.types.is_numeric_dtype(frame[column]) for column in frame.columns}
    columns = tuple(Column(column, "text" if text else "", column) for column, text in texts.items())
    with tempfile.TemporaryDirectory() as scratch:
        write_tables([Published(name, meaning, columns, frame)], Path(scratch))
        kinds = ("parquet", "csv") if parquet else ("csv",)
        return {f"{name}.{kind}": (Path(scratch) / f"{name}.{kind}").read_bytes() for kind in kinds}
