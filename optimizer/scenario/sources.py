"""Where shipped files lie, and who answers for every figure in them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Literal

from optimizer.errors import InputError, Problem

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder(kind: Literal["data", "scenarios"]) -> Path:
    """Return the folder of shipped data or scenarios, in a checkout or in an installed wheel.

    Args:
        kind: `data` or `scenarios`.

    Returns:
        `optimizer/_shipped/<kind>` of an installed wheel, else `<kind>` beside the package in a checkout.

    Raises:
        InputError: E320, neither folder exists: the installation is not complete.
    """
    for folder in (_PACKAGE / "_shipped" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise InputError(
        [
            Problem(
                kind,
                "E320",
                f"the folder of shipped {kind} is missing; install the package again",
                f"同梱の {kind} フォルダが見つかりません。パッケージを入れ直してください",
            )
        ]
    )


@dataclass(frozen=True)
class Source:
    """One file under `data/` and who answers for it: an entry of `data/sources.toml`."""

    key: str
    file: str
    """Path below the data folder, forward slashes."""

    title: str
    publisher: str
    url: str
    """Address or document."""

    year: str
    retrieved: date
    licence: str
    grade: str
    """`published`, `derived` or `assumed`: the weakest of its figures that matter."""

    method: str
    checked: str
    columns: Mapping[str, str]
    """Unit by column, in file order."""

    rows: int
    sha256: str


def load_sources(folder: Path) -> list[Source]:
    """Read `sources.toml` of a data folder, sorted by file.

    Args:
        folder: the data folder, e.g. `shipped_folder("data")`.

    Returns:
        One record per registered file.

    Raises:
        InputError: the file is missing (E321), not TOML (E324), or an entry lacks a key or has an unknown one
            (E325).
    """
    path = folder / "sources.toml"
    place = f"{folder.name}/{path.name}"
    try:
        entries = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        missing = Problem(place, "E321", "the register of sources is missing", "出典の台帳がありません")
        raise InputError([missing]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        broken = Problem(place, "E324", f"not a TOML file: {error}", f"TOML として読めません: {error}")
        raise InputError([broken]) from None
    expected = {one.name for one in fields(Source)} - {"key"}
    problems = [
        Problem(
            f"{place}:[{key}]",
            "E325",
            f"the entry must have exactly {', '.join(sorted(expected))}",
            f"項目は {', '.join(sorted(expected))} でなければなりません",
        )
        for key, entry in entries.items()
        if not isinstance(entry, dict) or set(entry) != expected
    ]
    if problems:
        raise InputError(problems)
    return sorted((Source(key=key, **entry) for key, entry in entries.items()), key=lambda one: one.file)


def sources_of(hashes: Mapping[str, str], folder: Path) -> list[dict[str, str]]:
    """Return who answers for the files of a pack, by the registers beside it and of the shipped data.

    A register speaks only for the bytes it was written for: a file that changed since, or that it does not
    know, is an assumption of whoever made it.

    Args:
        hashes: SHA-256 by path below the data folder, as in `Pack.hashes`.
        folder: the data folder: the one above the pack.

    Returns:
        One entry per file, sorted: the fields of :class:`Source` without `columns`, as text.
    """
    known: dict[str, Source] = {}
    for register in (shipped_folder("data"), folder):
        try:
            known |= {source.file: source for source in load_sources(register)}
        except InputError:
            continue
    return [_entry(file, hashes[file], known.get(file)) for file in sorted(hashes)]


def _entry(file: str, sha256: str, source: Source | None) -> dict[str, str]:
    if source is None:
        return {"file": file, "grade": "assumed", "title": "not registered", "sha256": sha256}
    entry = {key: str(value) for key, value in asdict(source).items() if key != "columns"}
    if source.sha256 == sha256:
        return entry
    method = f"changed since it was registered as: {source.title}, {source.publisher}"
    return entry | {"grade": "assumed", "title": "changed by the user", "method": method, "sha256": sha256}
