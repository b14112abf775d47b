"""`import` and `calibrate`: other people's files into tables of a pack."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from optimizer.errors import UsageError


def list_kinds(as_json: bool, lang: str) -> None:
    """Print every kind of file that can be imported, and what comes out."""
    from optimizer.inputs.importers import REGISTRY

    if as_json:
        rows = [
            {"kind": one.kind, "title": one.title, "title_ja": one.title_ja, "meaning": one.meaning}
            for one in REGISTRY.values()
        ]
        _print([json.dumps(rows, ensure_ascii=False)])
        return
    lines = []
    for one in REGISTRY.values():
        lines += [f"{one.kind}", f"  {one.title_ja if lang == 'ja' else one.title}", f"  → {one.meaning}"]
        lines += [f"  --option {name}=…  {meaning}" for name, meaning in one.options.items()]
    _print(lines)


def import_files(
    kind: str, files: Iterable[str], options: Iterable[str], target: tuple[Path, bool], lang: str = "en"
) -> None:
    """Read files of one kind and write their tables into a folder.

    Args:
        kind: name of an importer.
        files: the files; a folder stands for every file in it, in order of name.
        options: `NAME=VALUE`.
        target: the folder, and whether files that are there may be replaced.
        lang: `en` or `ja`, of what is said afterwards on stderr: notes, and what the pack lacks yet.

    Raises:
        UsageError: unknown kind or option, no files, a file is there already.
        InputError: every fault of every file; E379, or a fault of what is imported, where it does not fit the
            pack in the folder.
    """
    from optimizer.cli_exit import say
    from optimizer.cli_import_pack import PackAfter
    from optimizer.export.imported import write_imported
    from optimizer.inputs.importers import find_importer, notes_of

    importer = find_importer(kind)
    tables = importer.read(_paths(files), _options(options))
    after = PackAfter(target[0])
    written = write_imported(tables, target[0], replace=target[1], check=after)
    rows = [len(table) for table in tables.values()]
    _print([f"{path}: {count:,} rows" for path, count in zip(written, rows, strict=True)])
    say(*(note.line(lang) for note in notes_of(tables)), *after.lines(lang))


def calibrate_pack(given: tuple[Path | None, Path | None, Path | None], target: tuple[Path, bool]) -> None:
    """Write the weather statistics of a pack from a year of actuals, or from one drawn from its climate.

    Args:
        given: folder of `eria_jukyu` files, or one hourly table as CSV; CSV with area, technology (solar,
            wind) and value [MW], where None takes what the pack has in service (`renewables_existing.csv`);
            a climatology instead of both.
        target: the pack, and whether its statistics may be replaced.

    Raises:
        UsageError: neither actuals nor climatology, or both; a file is there already.
        InputError: faults of the files; hours of the year that are missing (E387).
    """
    from optimizer.export.imported import write_imported

    actuals, capacity, climatology = given
    if (actuals is None) == (climatology is None) or (climatology is not None and capacity is not None):
        raise UsageError("give --actuals FOLDER [--capacity CSV], or --climatology TOML")
    if actuals is not None:
        from optimizer.inputs.calibrate import calibrate

        tables = calibrate(actuals, capacity, target[0])
    else:
        from optimizer.inputs.calibrate_climate import climatology_tables

        tables = climatology_tables(cast(Path, climatology), target[0])
    written = write_imported(tables, target[0], replace=target[1])
    _print([str(path) for path in written])


def _paths(files: Iterable[str]) -> list[Path]:
    paths: list[Path] = []
    for name in files:
        path = Path(name)
        paths += sorted(child for child in path.iterdir() if child.is_file()) if path.is_dir() else [path]
    if not paths:
        raise UsageError("there are no files to import")
    return paths


def _options(words: Iterable[str]) -> Mapping[str, str]:
    options: dict[str, str] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or not name:
            raise UsageError(f"--option {word}: write NAME=VALUE")
        if name in options:
            raise UsageError(f"--option {name} was given twice")
        options[name] = value
    return options


def _print(lines: list[str]) -> None:
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()
