"""What a worker of a Dask cluster does for us: keep parcels, make calls, tell its software."""

from __future__ import annotations

import io
import os
import pickle
import platform
import re
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from shutil import rmtree
from typing import Any

SUFFIX = ".tar"
"""Parcels of this ending are folders."""


@dataclass(frozen=True)
class Held:
    """Stands for a parcel among the arguments of a call; the function gets its file, or its folder."""

    name: str


@dataclass(frozen=True)
class NotHeld:
    """A worker was asked for a parcel it does not have: it is to be sent again."""

    name: str


@dataclass(frozen=True)
class Failed:
    """What a call raised."""

    error: Exception


_shelf: list[Path] = []
"""Where this process keeps parcels."""


def software() -> dict[str, str]:
    """Return versions by name: of Python, of this package, of all it is pinned to, of Dask."""
    names = ["wattbit", "distributed"]
    for line in requires("wattbit") or ():
        if "extra ==" not in line:
            names.append(re.split(r"[^\w.-]", line, maxsplit=1)[0])
    return {"python": platform.python_version()} | {name: _version(name) for name in sorted(names)}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def keep(name: str, content: bytes, dask_worker: Any = None) -> None:
    """Put a parcel on the shelf: it appears whole or not at all.

    Args:
        name: of the parcel; one that ends in `.tar` is unpacked.
        content: its bytes.
        dask_worker: given by Dask: the worker, whose local folder is used.
    """
    place = _place(dask_worker) / name
    if place.exists():
        return
    scratch = Path(tempfile.mkdtemp(dir=place.parent))
    try:
        draft = scratch / "draft"
        if name.endswith(SUFFIX):
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                archive.extractall(draft, filter="data")
        else:
            draft.write_bytes(content)
        os.rename(draft, place)
    finally:
        rmtree(scratch)


def drop(names: Sequence[str], dask_worker: Any = None) -> None:
    """Clear parcels away."""
    for name in names:
        place = _place(dask_worker) / name
        if place.is_dir():
            rmtree(place)
        else:
            place.unlink(missing_ok=True)


def _place(worker: Any) -> Path:
    if not _shelf or not _shelf[0].is_dir():
        local = None if worker is None else worker.local_directory
        _shelf[:] = [Path(tempfile.mkdtemp(prefix="wattbit-", dir=local))]
    return _shelf[0]


def answer(call: bytes) -> bytes:
    """Make a pickled call; return its value, :class:`Failed` or :class:`NotHeld`, pickled."""
    function, arguments = pickle.loads(call)
    given = []
    for argument in arguments:
        place = _shelf[0] / argument.name if isinstance(argument, Held) and _shelf else None
        if isinstance(argument, Held) and (place is None or not place.exists()):
            return pickle.dumps(NotHeld(argument.name))
        given.append(argument if place is None else place)
    try:
        return pickle.dumps(function(*given))
    except Exception as error:
        return pickle.dumps(Failed(error))


def folder_parcel(files: Sequence[tuple[Path, str]]) -> bytes:
    """Return files as a parcel that is unpacked to a folder: each with its name there."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for file, name in files:
            archive.add(file, name)
    return content.getvalue()
