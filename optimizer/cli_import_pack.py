"""An import into a pack: is the pack as a whole still right, and if not, whose fault is it?

Three answers, for those who fill a pack step by step and for those who mend one that works:

- what is imported contradicts the pack (a site it does not have): refused, always;
- a pack that is right would be wrong afterwards in files the import does not touch: refused;
- rows are merely missing yet, or the pack was unfinished before: written, and what is missing is said.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from optimizer.errors import InputError, Problem
from optimizer.inputs.pack_table import label_of
from optimizer.scenario.tables import OPTIONAL_TABLES, PACK_TABLES

UNFINISHED = ("E321", "E338")
"""A file, or rows of a file, that are not there yet."""

_CHECKED = {f"{name}.csv" for name in (*PACK_TABLES, *OPTIONAL_TABLES, "parameters", "weather_parameters")}
_SHOWN = 8


class PackAfter:
    """The check `write_imported` calls; `missing` holds what the pack lacks afterwards."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.missing: tuple[Problem, ...] = ()

    def __call__(self, drafts: Mapping[str, Path]) -> None:
        """Read the pack as it would be with the drafts in place.

        Raises:
            InputError: the drafts contradict the pack, or a pack that is right would be wrong (E379).
        """
        touched = any(name in _CHECKED or name.startswith("hourly_") for name in drafts)
        is_pack = (self.folder / "areas.csv").is_file() or "areas.csv" in drafts
        if not (touched and is_pack):
            return
        found = _faults_with(self.folder, drafts)
        own = [one for one in found if _file_of(one) in drafts and one.code not in UNFINISHED]
        if own:
            raise InputError(own)
        wrong = [one for one in found if one.code not in UNFINISHED]
        if wrong and not _faults(self.folder):
            raise InputError([_would_break(self.folder), *wrong])
        self.missing = tuple(found)

    def lines(self, lang: str) -> list[str]:
        """Return what to tell after writing: nothing where the pack is whole."""
        if not self.missing:
            return []
        count = len(self.missing)
        head = {
            "en": f"written; the pack does not yet validate, {count} problem{'s' if count > 1 else ''}:",
            "ja": f"書き込みました。パックはまだ検証を通りません（{count} 件）:",
        }[lang]
        more = {
            "en": f"the whole list: wattbit validate {self.folder}",
            "ja": f"全件は wattbit validate {self.folder}",
        }[lang]
        return [head, *(f"  {one.line(lang)}" for one in self.missing[:_SHOWN]), more]


def _would_break(folder: Path) -> Problem:
    return Problem(
        label_of(folder),
        "E379",
        "the pack is right and would be wrong after this import, so nothing was written; import all tables "
        "that belong together at once, or start in an empty folder",
        "取り込むと正しいパックが壊れるため、書き込みませんでした。関連する表をまとめて取り込むか、"
        "空のフォルダから始めてください",
    )


def _file_of(problem: Problem) -> str:
    return problem.place.partition(":")[0].rpartition("/")[2]


def _faults(folder: Path) -> list[Problem]:
    from optimizer.inputs.pack import read_pack

    try:
        read_pack(folder)
    except InputError as error:
        return list(error.problems)
    return []


def _faults_with(folder: Path, drafts: Mapping[str, Path]) -> list[Problem]:
    """Return the faults of the pack with the drafts laid over it, placed in the pack itself."""
    with tempfile.TemporaryDirectory(prefix="wattbit-import-") as name:
        view = Path(name) / folder.resolve().name
        view.mkdir()
        shared = folder.resolve().parent / "parameters.csv"
        files = {file.name: file for file in folder.iterdir() if file.is_file()}
        for file, source in (files | dict(drafts)).items():
            _link(source, view / file)
        if shared.is_file():
            _link(shared, view.parent / shared.name)
        there, here = (label_of(place / "x")[:-1] for place in (view, folder))
        return [
            replace(one, place=here + one.place.removeprefix(there)) if one.place.startswith(there) else one
            for one in _faults(view)
        ]


def _link(source: Path, target: Path) -> None:
    """Lay a file into a view by a link, or as a copy where links are not allowed."""
    try:
        os.symlink(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
