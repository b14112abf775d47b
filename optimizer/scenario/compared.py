"""Finished runs as they are compared: one small reader for run folders, points of a sweep, and sweeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.errors import UsageError
from optimizer.scenario.compared_files import read_json, read_tables, refuse, refuse_changed
from optimizer.scenario.figures import provenance_of_run
from optimizer.scenario.sources import shipped_folder

DONE, ASKED, SWEEP, POINTS = "DONE.json", "asked.json", "sweep.json", "runs"
OUTLINES = "boundaries.gpkg"
_PLACE = "inputs/data/"


KEPT = ("scenario", "parameter", "file", "cell")
"""Kinds of inputs a folder may keep: keys of the scenario, single numbers, hashes, copies of tables."""

ITSELF = "itself"


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
    """See `optimizer.scenario.compared_files.read_tables`."""

    parameters: tuple[Mapping[str, Any], ...] = ()
    """Rows name, value, unit, low, high, grade of every single number."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of every file of the data by path, e.g. `pack/sites.csv`, `parameters.csv`."""

    kept: Mapping[str, str] = field(default_factory=dict)
    """Which of :data:`KEPT` is known, and from where: :data:`ITSELF`, or a sweep that says how its points
    differ. Two runs are compared in a kind that both know from the same."""

    @property
    def solved(self) -> tuple[int, int] | None:
        """Hours that were solved, and in how many periods; None where the summary does not say."""
        hours, periods = (self.summary.get(name) for name in ("hours", "periods"))
        return (int(hours), int(periods)) if hours and periods else None

    @property
    def solved_words(self) -> str:
        """The same in words of any language, e.g. `12 × 24 h`; empty where the summary does not say."""
        hours, periods = self.solved or (0, 1)
        if not hours or hours % periods:
            return f"{hours} h" if hours else ""
        return f"{periods} × {hours // periods} h"

    def copy_of(self, file: str) -> bytes | None:
        """Return the run's own copy of a file of its data by the path of :attr:`hashes`; None without one."""
        head, _, tail = file.partition("/")
        inside = [Path(self.pack).name, tail] if head == "pack" and tail else [file]
        path = self.folder.joinpath("inputs", "data", *inside)
        return path.read_bytes() if path.is_file() else None

    def outlines(self) -> Path | None:
        """Return the file of boundaries: the run's copy, the pack's, or that of a shipped country; else None.

        A shipped country is the run's where their grid areas are the same.
        """
        pack, areas = Path(self.pack), set(self.tables["areas"]["area"])
        shipped = shipped_folder("data")
        places = [self.folder / "inputs" / "data" / pack.name] if pack.name else []
        places += [place for place in (shipped / pack.name, pack) if pack.name]
        places += [
            table.parent
            for table in sorted(shipped.glob("*/areas.csv"))
            if set(pd.read_csv(table, usecols=["area"], dtype="str")["area"]) == areas
        ]
        return next((place / OUTLINES for place in places if (place / OUTLINES).is_file()), None)


def read_compared(folders: Sequence[Path]) -> list[ComparedRun]:
    """Return the runs behind some folders, in order.

    Args:
        folders: run folders, points of a sweep (`runs/<id>`), or whole sweeps: all points that were solved.

    Returns:
        Runs with names of their own: the folder's name, the name of a point, with a number where it is
        there twice.

    Raises:
        InputError: E315, a folder is none of these; E377, a run of several years, a point that failed, or a
            run that lacks a table or has one that cannot be read; E378, a file was changed.
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
        refuse(
            folder,
            f"a run of several target years; compare its years: {years}",
            f"複数年の結果です。年ごとに指定してください: {years}",
        )
    summary = read_json(folder / "summary.json")
    refuse_changed(folder, folder / "summary.json", folder / "provenance.json")
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
        tables=read_tables(folder),
        parameters=tuple(provenance["parameters"]),
        hashes=hashes,
        kept={kind: ITSELF for kind in KEPT if kind != "cell" or (folder / "inputs" / "data").is_dir()},
    )


def _of_point(folder: Path) -> ComparedRun:
    """Return a point of a sweep: what `DONE.json` says, what it was asked, and its tables."""
    done = read_json(folder / DONE)
    if done.get("status") != "ok":
        error = done.get("error") or {}
        words = str(error.get("message") or done.get("status")) if isinstance(error, Mapping) else str(error)
        refuse(folder, f"this point of the sweep was not solved: {words}", f"解けなかった点です: {words}")
    sweep = folder.parent.parent / SWEEP
    asked = read_json(sweep) if sweep.is_file() else {}
    points = [point for point in asked.get("points", ()) if point.get("id") == folder.name]
    own = read_json(folder / ASKED) if (folder / ASKED).is_file() else {}
    known = {**asked, **(points[0] if points else {}), **done, **own}
    refuse_changed(folder, *(file for file in (folder / DONE, folder / ASKED) if file.is_file()))
    name, pack = str(known.get("name") or folder.name), str(known.get("pack") or "")
    scenario = known.get("scenario")
    kept = {"scenario": ITSELF, "file": ITSELF}
    if not isinstance(scenario, Mapping):
        of_sweep = str(sweep.resolve())
        kept = {"scenario": of_sweep, **dict.fromkeys(KEPT[1:], f"{of_sweep} {pack}")} if points else {}
        scenario = _nested(known.get("axes") or {}) | ({"case": known["case"]} if known.get("case") else {})
    title = points[0].get("title") if points else None
    return ComparedRun(
        key=name,
        title=_title({"title": title}, name),
        folder=folder,
        pack=pack,
        version=str(known.get("version") or known.get("wattbit") or ""),
        summary=_proven(folder, done["summary"]),
        scenario=scenario,
        tables=read_tables(folder),
        hashes={_inside(str(file), pack): str(value) for file, value in (known.get("hashes") or {}).items()},
        kept=kept,
    )


def _nested(axes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the axis values of a point as a scenario would hold them: dotted keys become groups."""
    content: dict[str, Any] = {}
    for key, value in axes.items():
        *groups, last = str(key).split(".")
        place = content
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return content


def _points_of(folder: Path) -> list[Path]:
    """Return the folder itself, or the solved points of a sweep, in its order."""
    points = {path.parent.name: path.parent for path in (folder / POINTS).glob(f"*/{DONE}")}
    if not points or (folder / DONE).is_file():
        return [folder]
    asked = read_json(folder / SWEEP)["points"] if (folder / SWEEP).is_file() else []
    order = dict.fromkeys([*(str(point["id"]) for point in asked), *sorted(points)])
    here = [points[one] for one in order if one in points]
    kept = [point for point in here if read_json(point / DONE).get("status") == "ok"]
    if not kept:
        refuse(folder, "no point of this sweep was solved", "このスイープには解けた点がありません")
    return kept


def left_out(folders: Sequence[Path]) -> int:
    """Return how many points of the sweeps among some folders were not solved, and so are not compared."""
    sweeps = [folder for folder in folders if not (folder / DONE).is_file()]
    points = [path for folder in sweeps for path in sorted((folder / POINTS).glob(f"*/{DONE}"))]
    return sum(read_json(path).get("status") != "ok" for path in points)


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


def _proven(folder: Path, summary: Mapping[str, Any]) -> Mapping[str, Any]:
    gap = summary.get("gap")
    if not isinstance(gap, int | float) or not gap >= 0:
        refuse(folder, "the summary has no proven gap", "証明済みの差 (gap) がありません")
    return summary


def _inside(file: str, pack: str) -> str:
    """Return a path without the pack's own name, so that packs of two names can be compared."""
    head, _, tail = file.partition("/")
    return f"pack/{tail}" if tail and head == Path(pack).name else file


def _title(scenario: Mapping[str, Any], name: str) -> dict[str, str]:
    title = scenario.get("title") or {}
    return {lang: str(title.get(lang) or name) for lang in ("en", "ja")}
