"""Finished runs as they are compared: one small reader for run folders, points of a sweep, and sweeps."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import InputError, Problem, UsageError
from optimizer.scenario.figures import provenance_of_run
from optimizer.scenario.sources import shipped_folder

NEEDED = ("sites", "areas", "stack")
"""Tables without which nothing can be compared."""

WANTED = ("options", "flows", "interties")
"""Tables that are read where they are there."""

DONE = "DONE.json"
POINTS = "runs"
_PLACE = "inputs/data/"


@dataclass(frozen=True)
class ComparedRun:
    """One finished run, as far as a comparison needs it."""

    key: str
    """Name by which the run is shown and chosen; no two compared runs share one."""

    title: Mapping[str, str]
    folder: Path
    pack: str
    version: str
    """Version of wattbit that wrote it; empty where it is not written down."""

    summary: Mapping[str, Any]
    """Content of `summary.json`."""

    scenario: Mapping[str, Any]
    """The scenario as resolved."""

    tables: Mapping[str, pd.DataFrame]
    """`sites`, `areas`, `stack`, and of :data:`WANTED` those that are there."""

    parameters: tuple[Mapping[str, Any], ...] = ()
    """Rows name, value, unit, low, high, grade of every single number."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of every file of the data by path, e.g. `pack/sites.csv`, `parameters.csv`."""

    def copy_of(self, file: str) -> bytes | None:
        """Return the run's own copy of a file of its data by the path of :attr:`hashes`; None without one."""
        head, _, tail = file.partition("/")
        inside = [Path(self.pack).name, tail] if head == "pack" and tail else [file]
        path = self.folder.joinpath("inputs", "data", *inside)
        return path.read_bytes() if path.is_file() else None

    def outlines(self) -> Path | None:
        """Return the file of boundaries: the run's own copy, else that of the shipped pack; None without."""
        pack = Path(self.pack).name
        own = self.folder / "inputs" / "data" / pack / "boundaries.gpkg"
        shipped = shipped_folder("data") / pack / "boundaries.gpkg"
        return next((path for path in (own, shipped) if path.is_file()), None)


def read_compared(folders: Sequence[Path]) -> list[ComparedRun]:
    """Return the runs behind some folders, in order.

    Args:
        folders: run folders, points of a sweep (`runs/<id>`), or whole sweeps: all points that were solved.

    Returns:
        Runs with names of their own: the folder's name, the name of a point, with a number where it is
        there twice.

    Raises:
        InputError: E315, a folder is none of these; E368, a run of several years, a point that failed, or a
            run that lacks a table.
        UsageError: a folder is given twice.
    """
    places = [place for folder in folders for place in _points_of(folder)]
    resolved = [place.resolve() for place in places]
    if twice := [place for place in places if resolved.count(place.resolve()) > 1]:
        raise UsageError(f"{twice[0]} is given twice; a run is compared with others")
    return _named([read_one(place) for place in places])


def read_one(folder: Path) -> ComparedRun:
    """Return one run, from its run folder or from a point of a sweep; see :func:`read_compared`."""
    if (folder / DONE).is_file():
        return _of_point(folder)
    provenance = provenance_of_run(folder)
    if (folder / "years").is_dir():
        years = ", ".join(sorted(str(path) for path in (folder / "years").iterdir() if path.is_dir()))
        _refuse(
            folder,
            f"a run of several target years; compare its years: {years}",
            f"複数年の結果です。年ごとに指定してください: {years}",
        )
    summary = _json(folder / "summary.json")
    hashes = {
        _inside(str(row["path"]).removeprefix(_PLACE), str(provenance["pack"])): str(row["sha256"])
        for row in provenance.get("inputs", ())
        if str(row["path"]).startswith(_PLACE)
    }
    return ComparedRun(
        key=folder.resolve().name,
        title=_title(provenance["scenario"], folder.resolve().name),
        folder=folder,
        pack=str(provenance["pack"]),
        version=str(provenance.get("version", "")),
        summary=_proven(folder, summary),
        scenario=provenance["scenario"],
        tables=_tables(folder),
        parameters=tuple(provenance["parameters"]),
        hashes=hashes,
    )


def _of_point(folder: Path) -> ComparedRun:
    """Return a point of a sweep: `DONE.json` with name, summary, scenario and hashes, and its tables."""
    done = _json(folder / DONE)
    if done.get("status") != "ok":
        words = str(done.get("error") or done.get("status"))
        _refuse(folder, f"this point of the sweep was not solved: {words}", f"解けなかった点です: {words}")
    scenario = done.get("scenario") or {}
    name = str(done.get("name") or folder.name)
    return ComparedRun(
        key=name,
        title=_title({"title": done.get("title") or scenario.get("title")}, name),
        folder=folder,
        pack=str(done.get("pack") or scenario.get("pack") or ""),
        version=str(done.get("version") or ""),
        summary=_proven(folder, done["summary"]),
        scenario=scenario,
        tables=_tables(folder),
        parameters=tuple(done.get("parameters") or ()),
        hashes={
            _inside(str(file), str(done.get("pack") or scenario.get("pack") or "")): str(value)
            for file, value in (done.get("hashes") or {}).items()
        },
    )


def _points_of(folder: Path) -> list[Path]:
    """Return the folder itself, or the solved points of a sweep in the order of their files."""
    points = sorted(path.parent for path in (folder / POINTS).glob(f"*/{DONE}"))
    if not points or (folder / DONE).is_file():
        return [folder]
    solved = [(point, _json(point / DONE)) for point in points]
    kept = [(done.get("number", 0), point) for point, done in solved if done.get("status") == "ok"]
    if not kept:
        _refuse(folder, "no point of this sweep was solved", "このスイープには解けた点がありません")
    return [point for _, point in sorted(kept, key=lambda one: (one[0], one[1].name))]


def _named(runs: list[ComparedRun]) -> list[ComparedRun]:
    """Give runs of one name a number, the first keeps the name."""
    taken: set[str] = set()
    named = []
    for run in runs:
        key, number = run.key, 2
        while key in taken:
            key, number = f"{run.key} ({number})", number + 1
        taken.add(key)
        named.append(replace(run, key=key))
    return named


def _tables(folder: Path) -> dict[str, pd.DataFrame]:
    place = folder / "tables" if (folder / "tables").is_dir() else folder
    tables = {}
    for name in (*NEEDED, *WANTED):
        file = place / f"{name}.parquet"
        if file.is_file():
            tables[name] = pd.read_parquet(file)
        elif name in NEEDED:
            _refuse(
                file, f"table {name} is missing; run it again", f"表 {name} がありません。再実行してください"
            )
    return tables


def _proven(folder: Path, summary: Mapping[str, Any]) -> Mapping[str, Any]:
    gap = summary.get("gap")
    if not isinstance(gap, int | float) or not gap >= 0:
        _refuse(folder, "the summary has no proven gap", "証明済みの差 (gap) がありません")
    return summary


def _inside(file: str, pack: str) -> str:
    """Return a path without the pack's own name, so that packs of two names can be compared."""
    head, _, tail = file.partition("/")
    return f"pack/{tail}" if tail and head == Path(pack).name else file


def _title(scenario: Mapping[str, Any], name: str) -> dict[str, str]:
    title = scenario.get("title") or {}
    return {lang: str(title.get(lang) or name) for lang in ("en", "ja")}


def _json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        _refuse(file, f"cannot be read: {type(error).__name__}", "読めません")
    if not isinstance(content, dict):
        _refuse(file, "is not what wattbit writes", "wattbit の書いた形ではありません")
    return dict(content)


def _refuse(place: Path, words: str, words_ja: str) -> None:
    raise InputError([Problem(str(place), "E368", words, words_ja)])
