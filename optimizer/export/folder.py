"""The run folder: appears whole, by rename, or not at all.

    temporary folder beside the target → every file → MANIFEST.sha256 → fsync → rename

Two processes cannot write the same folder (`locked`). A run that was killed leaves the target as it was;
what it left beside it (`.<name>.writing-*`, `.<name>.replaced-*`) is settled by the next holder of the lock.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optimizer.errors import DiskError, LockedError, UsageError

MANIFEST = "MANIFEST.sha256"
_MARKS = (MANIFEST, "summary.json")
_BYSTANDERS = (".DS_Store", "Thumbs.db", "desktop.ini", "plan.gpkg-wal", "plan.gpkg-shm", "plan.qgz~")
"""Files that viewers leave in a folder; not a user's work."""


def check_target(folder: Path) -> None:
    """Refuse, before anything is solved, a folder the run may not become.

    Raises:
        UsageError: it is a file, or holds something that is not a run of ours.
        DiskError: the place cannot be written.
    """
    if folder == Path() or folder.resolve() in (Path.cwd(), *Path.cwd().parents):
        raise UsageError(
            f"-o {folder}: the run would take the place of the folder you are in; name a new one"
        )
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; choose another folder with -o")
    if folder.is_dir():
        _refuse_foreign_files(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.writing-", dir=folder.parent):
            pass
    except OSError as error:
        raise DiskError(f"cannot write beside {folder}: {error.strerror or error}") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the right to write `folder`; also settles what a killed run left beside it.

    Raises:
        LockedError: another process holds it.
        DiskError: the lock file cannot be made.
    """
    folder = folder.resolve()
    lock = folder.with_name(folder.name + ".lock")
    descriptor = _take_lock(lock)
    try:
        _settle(folder)
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """Give a temporary folder that becomes `folder` at the end; on any failure nothing is left.

    Raises:
        DiskError: a file could not be written.
    """
    folder = folder.resolve()
    draft: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.writing-", dir=folder.parent))
        draft.chmod(0o755)
        yield draft
        write_manifest(draft)
        _sync(draft)
        _put_in_place(draft, folder)
    except OSError as error:
        raise DiskError(f"could not write {folder}: {error.strerror or error}") from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def files_under(folder: Path) -> list[str]:
    """Return the relative paths of all files, forward slashes, sorted."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())


def write_manifest(folder: Path) -> None:
    """Write `MANIFEST.sha256`, one line per file as `sha256sum --check` reads it."""
    lines = [
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n"
        for name in files_under(folder)
    ]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8")


def _refuse_foreign_files(folder: Path) -> None:
    found = [name for name in files_under(folder) if Path(name).name not in _BYSTANDERS]
    if not found:
        return
    if any(mark not in found for mark in _MARKS):
        raise UsageError(f"{folder} is not empty and not a run of wattbit; choose another folder with -o")
    lines = (folder / MANIFEST).read_text("utf-8").splitlines()
    ours = {line[66:] for line in lines} | {MANIFEST}
    if foreign := [name for name in found if name not in ours]:
        raise UsageError(
            f"{folder} holds files this tool did not write ({foreign[0]}); move them, or choose another -o"
        )


def _take_lock(lock: Path) -> int:
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        while True:
            descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(descriptor)
                raise LockedError(f"another run is writing {lock.name.removesuffix('.lock')}") from error
            if _still_there(lock, descriptor):
                return descriptor
            os.close(descriptor)  # the holder before us removed the file: take the new one
    except OSError as error:
        raise DiskError(f"cannot lock {lock}: {error.strerror or error}") from error


def _still_there(lock: Path, descriptor: int) -> bool:
    try:
        return os.stat(lock).st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _settle(folder: Path) -> None:
    """Bring back a run that a killed writer had moved aside, remove its drafts."""
    for aside in sorted(folder.parent.glob(f".{_literal(folder.name)}.replaced-*")):
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(folder)
    for draft in folder.parent.glob(f".{_literal(folder.name)}.writing-*"):
        shutil.rmtree(draft, ignore_errors=True)


def _literal(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _put_in_place(draft: Path, folder: Path) -> None:
    aside = folder.with_name(f".{folder.name}.replaced-{os.getpid()}")
    if folder.exists():
        folder.rename(aside)
    try:
        draft.rename(folder)
    except OSError:
        if aside.exists():
            aside.rename(folder)
        raise
    _sync_one(folder.parent)
    shutil.rmtree(aside, ignore_errors=True)


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        _sync_one(path)


def _sync_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
