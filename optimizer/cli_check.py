"""`validate`, `schema`, `scenarios`, `sources`: what can be said without solving anything."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from optimizer.cli_words import WORDS
from optimizer.errors import InputError, Problem, UsageError
from optimizer.scenario.figures import figures_of_run, resting_of_run, shipped_figures
from optimizer.scenario.load import LoadedScenario, load_scenario, shipped_scenarios
from optimizer.scenario.problems import escaped, nearest


def validate_all(files: Iterable[str], lang: str) -> None:
    """Check every scenario and every data-pack folder named, and print one line for each that is right.

    Raises:
        InputError: every problem of every file.
    """
    problems: list[Problem] = []
    lines: list[str] = []
    packs: dict[Path, list[Problem]] = {}
    for name in files:
        try:
            kind = _check_pack(Path(name)) if Path(name).is_dir() else _check_scenario(name, packs)
        except InputError as error:
            problems += error.problems
        else:
            lines.append(f"{name}: {WORDS[lang][kind]} {WORDS[lang]['valid']}")
    _print(lines)
    if problems:
        raise InputError(list(dict.fromkeys(problems)))


def _check_pack(folder: Path) -> str:
    from optimizer.inputs.pack_whole import whole_pack_faults

    if problems := whole_pack_faults(folder):
        raise InputError(problems)
    return "pack"


def _check_scenario(name: str, packs: dict[Path, list[Problem]]) -> str:
    """Check one scenario and, once for all that use it, its whole pack."""
    from optimizer.inputs.pack import find_pack
    from optimizer.inputs.pack_whole import whole_pack_faults

    loaded = load_scenario(name)
    check_names(loaded)
    folder = find_pack(loaded.scenario.pack, loaded.folders())
    if folder not in packs:
        packs[folder] = whole_pack_faults(folder, reach=False)
    if packs[folder]:
        raise InputError(loaded.located(packs[folder]))
    return "scenario"


def check_names(loaded: LoadedScenario) -> None:
    """Check that areas, classes and parameters a scenario names exist in its data pack.

    Raises:
        InputError: those that do not, with the line that names them; or the faults of the pack.
    """
    from optimizer.inputs.assemble import scenario_parameters
    from optimizer.inputs.pack import find_pack, read_pack

    try:
        pack = read_pack(find_pack(loaded.scenario.pack, loaded.folders()))
        scenario_parameters(loaded.scenario, pack)
        if loaded.scenario.sites != "pack":
            from optimizer.inputs.candidates import with_sites

            with_sites(pack, loaded.scenario.sites)
        if loaded.scenario.network.fibre != "leased":
            from optimizer.inputs.fibre_tables import with_fibre

            with_fibre(pack, loaded.scenario.network.fibre)
    except InputError as error:
        raise InputError(loaded.located(error.problems)) from None


def print_schema(name: str) -> None:
    """Print the JSON Schema of `scenario` or of a table of a pack, those of the weather included.

    Raises:
        UsageError: there is no such table.
    """
    from optimizer.inputs.weather_tables import WEATHER_TABLES
    from optimizer.scenario.jsonschema import schema_named, schema_names, table_schema

    weather = {f"weather_{stem}": table for stem, table in WEATHER_TABLES.items()}
    known = [*schema_names(), *weather]
    if name not in known:
        near = nearest(name, known)
        guess = f' Did you mean "{near}"?' if near else ""
        raise UsageError(f"no schema named {name!r}.{guess} There are: {', '.join(known)}")
    found = table_schema(replace(weather[name], name=name)) if name in weather else schema_named(name)
    _print([json.dumps(found, ensure_ascii=False, indent=2)])


def list_scenarios(as_json: bool, lang: str) -> None:
    """Print the shipped scenarios with title and file."""
    loaded = [load_scenario(name) for name in shipped_scenarios()]
    if as_json:
        rows = [
            {"name": item.scenario.name, "title": item.resolved["title"], "file": str(item.files[0].path)}
            for item in loaded
        ]
        _print([json.dumps(rows, ensure_ascii=False)])
        return
    width = max((len(item.scenario.name) for item in loaded), default=0)
    _print([f"{item.scenario.name:<{width}}  {getattr(item.scenario.title, lang)}" for item in loaded])


def list_sources(run_folder: Path | None, as_json: bool, lang: str) -> None:
    """Print every figure of a run, or of the shipped data, with grade and source; assumed ones first.

    Raises:
        InputError: E315, the folder is not a run.
    """
    figures = shipped_figures() if run_folder is None else figures_of_run(run_folder)
    resting = {} if run_folder is None else resting_of_run(run_folder)
    if as_json:
        _print([json.dumps(figures | {"rests_on": resting}, ensure_ascii=False)])
        return
    lines = [*_resting_lines(resting, lang), WORDS[lang]["figures"]]
    for row in figures["parameters"]:
        band = f" ({row['low']} … {row['high']})" if row["low"] and row["high"] else ""
        lines.append(
            f"  {row['grade']:<9}  {row['name']} = {row['value']} {row['unit']}{band}: {row['meaning']}"
        )
        lines.append(f"  {'':<9}  ← {row['source']}" + (f" [{row['file']}]" if row["file"] else ""))
    lines.append(WORDS[lang]["documents"])
    for row in figures["sources"]:
        lines.append(f"  {row['grade']:<9}  {row['file']}: {row['title']}")
        lines.append(f"  {'':<9}  ← {row['publisher']}, {row['year']}, {row['url']}")
    _print([escaped(line) for line in lines])


def _resting_lines(resting: dict[str, Any], lang: str) -> list[str]:
    """Say how much of cost and capture rests on assumed figures, the largest lines first."""
    if not resting:
        return []
    lines = [WORDS[lang]["resting"]]
    for kind in ("cost", "capture"):
        lines.append(f"  {resting[f'assumed_share_of_{kind}']:>6.1%}  {WORDS[lang][f'resting_{kind}']}")
        rows = [row for row in resting["lines"] if row["kind"] == kind and abs(row["jpy_bn_per_a"]) >= 0.05]
        for row in sorted(rows, key=lambda row: -abs(row["jpy_bn_per_a"])):
            money = f"{row['jpy_bn_per_a']:,.1f} {WORDS[lang]['jpy_bn']}"
            lines.append(f"          {row['assumed_share']:>6.1%}  {row['line']}, {money}")
    return lines


def _print(lines: list[str]) -> None:
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()
