"""Everything a run leaves behind, written in one go."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from optimizer.errors import UsageError
from optimizer.export.folder import appearing
from optimizer.export.record import RunRecord

if TYPE_CHECKING:
    from collections.abc import Mapping


def write_run(result: RunRecord, folder: Path) -> None:
    """Write the run folder; it appears whole by rename, and replaces an earlier run of ours.

    Hold `locked(folder)` around the whole run, and call `check_target(folder)` before solving.

    Args:
        result: everything the run produced.
        folder: the target; see `docs/run-folder.md` for what it will hold.

    Raises:
        CertificateError: a table holds an empty or infinite number.
        UsageError: boundaries do not fit the sites, or an input path leaves the folder.
        DiskError: a file could not be written; nothing is left behind.
    """
    with appearing(folder) as draft:
        write_run_files(result, draft)


def write_run_files(result: RunRecord, draft: Path) -> None:
    """Write every file of a run into a folder that is being written; see :func:`write_run`."""
    from optimizer.export.figures import write_maps
    from optimizer.export.gis import write_gis
    from optimizer.export.page import write_page
    from optimizer.export.provenance import to_json, write_datapackage, write_model, write_provenance
    from optimizer.export.tables import published_tables, write_tables
    from optimizer.export.workbook import write_workbook

    tables = published_tables(result)
    draft.mkdir(parents=True, exist_ok=True)
    write_tables(tables.values(), draft / "tables")
    write_gis(result, tables, draft / "maps")
    write_maps(result, draft / "maps")
    write_page(result, tables, draft / "index.html")
    write_workbook(result, tables, draft / "summary.xlsx")
    write_inputs(result.input_files, draft / "inputs")
    write_model(result, draft / "model")
    write_datapackage(tables, result, draft)
    write_provenance(result, draft)
    summary = result.summary | result.statistics()
    (draft / "summary.json").write_text(to_json(summary), encoding="utf-8")


def write_inputs(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the copies of the inputs; a path that would leave the folder is refused."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in sorted(files.items()):
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
            raise UsageError(f"input {name!r} has no place inside the run folder")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
