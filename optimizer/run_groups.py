"""Which points of a group its anchor is made from, and anchors on disk: made once, believed if whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.errors import DiskError
from optimizer.export.sweep_folder import ANCHORS, replace_files
from optimizer.run_sweep_plan import Planned

if TYPE_CHECKING:
    from optimizer.solve.pool import Anchor

MOST_FAR = 4
"""Most far points that enrich an anchor."""

POINTS_PER_FAR = 4
"""A group has one far point for so many points: exploring must pay for itself."""


def anchor_points(group: Sequence[Planned]) -> list[Planned]:
    """Return the points an anchor is made from: the first, and those farthest from all taken so far.

    Distance is Euclidean over axes scaled to [0, 1] within the group; where values are no numbers, and
    between cases, it is 0 or 1. Of points equally far the first counts. [1]

    Args:
        group: points of a group, in point order.
    """
    taken = [0]
    far = min(MOST_FAR, (len(group) - 1) // POINTS_PER_FAR)
    places = _places(group)
    nearest = np.full(len(group), np.inf)
    for _ in range(far):
        distance = np.sqrt(sum(_apart(column, taken[-1]) for column in places))
        nearest = np.minimum(nearest, distance)
        taken.append(int(np.argmax(nearest)))
    return [group[at] for at in taken]


class Families:
    """Groups by what their blocks cost: the first of a family leads, the others can start from its duals."""

    def __init__(self, members: Mapping[str, Sequence[Planned]]) -> None:
        self.members = members
        self._of: dict[str, list[str]] = {}
        for group, points in members.items():
            self._of.setdefault(points[0].family, []).append(group)

    def lead(self, group: str) -> str:
        """Return the first group of the family."""
        return self._of[self.members[group][0].family][0]

    def is_source(self, group: str) -> bool:
        """Tell whether other groups start from this one."""
        return group == self.lead(group) and len(self._of[self.members[group][0].family]) > 1

    def needs_anchor(self, group: str) -> bool:
        """Tell whether a group starts from anything: a point alone in its family is solved afresh."""
        return len(self.members[group]) > 1 or len(self._of[self.members[group][0].family]) > 1

    def made_from(self, group: str) -> list[str]:
        """Return what a group's anchor is made from: points, and the group it starts from."""
        points = [planned.id for planned in anchor_points(self.members[group])]
        lead = self.lead(group)
        told = self.made_from(lead) if group != lead else ["with duals"] if self.is_source(group) else []
        return [version("wattbit"), *points, *told]


def _places(group: Sequence[Planned]) -> list[Any]:
    columns: list[Any] = [np.array([planned.point.case for planned in group])]
    for axis in group[0].point.axes:
        values = [planned.point.axes[axis] for planned in group]
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
            numbers = np.array(values, dtype=float)
            columns.append((numbers - numbers.min()) / max(float(np.ptp(numbers)), 1e-300))
        else:
            columns.append(np.array([json.dumps(value, sort_keys=True) for value in values]))
    return columns


def _apart(column: Any, at: int) -> Any:
    if column.dtype.kind == "f":
        return (column - column[at]) ** 2
    return (column != column[at]).astype(float)


def stored_anchor(folder: Path, group: str, made_from: Sequence[str]) -> tuple[bool, Path | None]:
    """Return whether a group's anchor was made already, and its file; None where none could be made.

    Args:
        folder: of the sweep.
        group: grid fingerprint.
        made_from: identifiers of the points it is to be made from; one made from others is not taken.
    """
    file, note = _files(folder, group)
    try:
        told = json.loads(note.read_text("utf-8"))
        if told["made_from"] != list(made_from):
            return False, None
        if told["sha256"] is None:
            return True, None
        return (True, file) if told["sha256"] == _sha256(file) else (False, None)
    except (OSError, ValueError, KeyError, TypeError):
        return False, None


def store_anchor(folder: Path, group: str, made_from: Sequence[str], anchor: Anchor | None) -> Path | None:
    """Write a group's anchor, then a note that says it is whole; return its file.

    Raises:
        DiskError: a file could not be written.
    """
    file, note = _files(folder, group)
    try:
        if anchor is not None:
            anchor.save(file)
            file.chmod(0o644)
        told = {"made_from": list(made_from), "sha256": None if anchor is None else _sha256(file)}
    except OSError as error:
        raise DiskError(f"could not write {file}: {error.strerror or error}") from error
    replace_files(note.parent, {note.name: (json.dumps(told) + "\n").encode()})
    return file if anchor is not None else None


def _files(folder: Path, group: str) -> tuple[Path, Path]:
    return folder / ANCHORS / f"{group}.npz", folder / ANCHORS / f"{group}.json"


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
