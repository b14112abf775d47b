"""`wattbit init`: a folder to start from: data and a scenario that runs, or tables to fill in."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from optimizer.errors import DiskError, UsageError

TEMPLATES = ("xlsx", "csv")

_SCENARIO = """\
# yaml-language-server: $schema=scenario.schema.json
# Your scenario: what differs from the base. Run it:  wattbit run {path}
# Every key, its unit and range: docs/scenario.md, or `wattbit schema scenario`.
base: {base}
name: {name}
title: {{ja: 試算, en: My first plan}}
description: {{ja: データパック {pack} による試算, en: A first plan from the tables of pack {pack}}}

# Where the tables are. `./` counts from this file. Change the tables, then: wattbit validate {folder}
pack: ./{pack}

# The country's own. The values are those of {base}: for another country change every one of them.
year: {year}
finance: {{discount_rate: {discount_rate}}}   # real, a year
demand: {{growth_it_mw: {growth_it_mw}}}      # new IT load, MW
policy:
  metropolitan_areas: {metropolitan_areas}    # what does not count as regional; areas of {pack}/areas.csv
  operator_mix:                               # who owns and sells the capacity: shares, least and most
{operator_mix}

# Take the # away to change a value.
#   min_regional_share: 0.4                 # at least this share outside the metropolitan areas, 0 to 1
# grid: {{headroom_factor: 1.2}}             # spare grid capacity, times
# weather: {{year_seed: 2}}                  # another synthetic year
# parameters: {{voll_jpy_per_kwh: 1000}}     # any number of {pack}/parameters.csv, by name
"""


def init(folder: Path, pack: str, template: str | None, lang: str) -> None:
    """Write a starting point into `folder`, which must be new or empty.

    Args:
        folder: without `template`: gets `<pack>/`, the shared `parameters.csv`, `sources.toml`,
            `scenario.yaml` and its schema; with one: `<pack>.xlsx`, or `<pack>-csv/` with one CSV per table.
        pack: name of a shipped pack, or a folder.
        template: `xlsx`, `csv` or None.
        lang: language of what is printed.

    Raises:
        UsageError: an unknown template, or the folder holds something.
        InputError: no such pack, or it is wrong.
        DiskError: the folder cannot be written.
    """
    from optimizer.inputs.pack import find_pack

    if template is not None and template not in TEMPLATES:
        raise UsageError(f'template "{template}": one of {", ".join(TEMPLATES)}')
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} is there already and not empty; give a new folder")
    source = find_pack(pack)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".init-", dir=folder.parent) as name:
            draft = Path(name) / "new"
            draft.mkdir()
            if template is None:
                _write_start(source, draft, folder)
            else:
                _write_template(source, draft, template)
            if folder.exists():
                folder.rmdir()
            draft.rename(folder)
    except OSError as error:
        raise DiskError(f"could not write {folder}: {error.strerror or error}") from error
    _say(folder, source.name, template, lang)


def _write_start(source: Path, draft: Path, folder: Path) -> None:
    """Write pack, shared parameters, their register, scenario and its schema."""
    from optimizer.scenario.sources import shipped_folder

    shutil.copytree(source, draft / source.name)
    shared = source.parent / "parameters.csv"
    shutil.copyfile(shared if shared.is_file() else shipped_folder("data") / shared.name, draft / shared.name)
    register = source.parent / "sources.toml"
    if register.is_file():
        text = _register_of(register.read_text("utf-8"), source.name)
        (draft / register.name).write_text(text, "utf-8")
    schema = shipped_folder("scenarios") / "scenario.schema.json"
    if schema.is_file():
        shutil.copyfile(schema, draft / schema.name)
    words = {
        "name": _scenario_name(folder.resolve().name),
        "path": folder / "scenario.yaml",
        "folder": folder / source.name,
        "pack": source.name,
    }
    (draft / "scenario.yaml").write_text(_SCENARIO.format(**words, **_country(source)), "utf-8")


def _country(source: Path) -> dict[str, object]:
    """Return the base, and what a scenario says of one country alone, as the base has it.

    The base is the scenario shipped for the pack. A pack of somebody's own has none: it takes the first one
    that inherits from no other, and the area with the largest stock in place of its metropolitan areas.
    """
    import yaml

    from optimizer.inputs.pack import read_pack
    from optimizer.scenario.load import load_scenario, shipped_scenarios

    shipped = {name: load_scenario(name) for name in shipped_scenarios()}
    own = [name for name in shipped if name.startswith(f"{source.name}-")]
    base = own[0] if own else next(name for name, one in shipped.items() if len(one.files) == 1)
    scenario = shipped[base].scenario
    sites = read_pack(source).tables["sites"]
    areas = [area for area in scenario.policy.metropolitan_areas if area in set(sites["area"])]
    largest = str(sites.groupby("area")["existing_it_mw"].sum().idxmax())
    mix = [
        f"    {mode}: {{min: {bounds.min:g}, max: {bounds.max:g}}}"
        for mode, bounds in scenario.policy.operator_mix.items()
    ]
    return {
        "base": base,
        "year": scenario.year,
        "discount_rate": f"{scenario.finance.discount_rate:g}",
        "growth_it_mw": f"{scenario.demand.growth_it_mw:g}",
        "metropolitan_areas": yaml.safe_dump(areas or [largest], default_flow_style=True).strip(),
        "operator_mix": "\n".join(mix),
    }


def _scenario_name(folder: str) -> str:
    """Return a folder's name as a scenario may be called: lower-case letters, digits, `-`, `_`, `.`."""
    name = re.sub(r"[^a-z0-9_.-]+", "-", folder.lower()).strip("-._")
    return name[:80] or "my-plan"


def _register_of(text: str, pack: str) -> str:
    """Return the entries of the register that belong to one pack, and those of the shared files."""
    sections = re.split(r"(?m)^(?=\[)", text)
    kept = [sections[0]]
    for section in sections[1:]:
        (entry,) = tomllib.loads(section).values()
        file = str(entry.get("file", ""))
        if file.startswith(f"{pack}/") or "/" not in file:
            kept.append(section)
    return "".join(kept)


def _write_template(source: Path, draft: Path, template: str) -> None:
    """Write the tables of a pack as a workbook, or as CSV with a row of units."""
    import pandas as pd

    from optimizer.inputs.pack import read_pack
    from optimizer.scenario.tables import PACK_TABLES, PARAMETER_COLUMNS

    read_pack(source)  # a template of a pack that is wrong would hand its faults on
    if template == "xlsx":
        from optimizer.export.template import write_template
        from optimizer.inputs.pack_table import read_text_table

        found = {name: read_text_table(source / f"{name}.csv", []) for name in (*PACK_TABLES, "parameters")}
        words = {
            name: pd.DataFrame(list(table.rows), columns=list(table.header), dtype=str)
            for name, table in found.items()
            if table is not None
        }
        write_template(words, words.pop("parameters"), draft / f"{source.name}.xlsx")
        return
    columns = {name: schema.columns for name, schema in PACK_TABLES.items()}
    folder = draft / f"{source.name}-csv"
    folder.mkdir()
    for name, given in (columns | {"parameters": PARAMETER_COLUMNS}).items():
        path = source / f"{name}.csv"
        if not path.is_file():
            continue
        text = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        unit = {column.name: column.unit for column in given}
        units = pd.DataFrame([{column: unit.get(str(column), "") for column in text}])
        pd.concat([units, text]).to_csv(
            folder / path.name, index=False, lineterminator="\n", encoding="utf-8-sig"
        )


def _say(folder: Path, pack: str, template: str | None, lang: str) -> None:
    place = os.fspath(folder)
    if template is None:
        lines = {
            "en": [
                f"written: {place}/{pack}, {place}/scenario.yaml",
                f"next: wattbit run {place}/scenario.yaml",
            ],
            "ja": [f"作成: {place}/{pack}、{place}/scenario.yaml", f"次: wattbit run {place}/scenario.yaml"],
        }
    else:
        what = f"{pack}.xlsx" if template == "xlsx" else f"{pack}-csv/*.csv"
        lines = {
            "en": [
                f"written: {place}/{what}",
                "next: fill it in, then wattbit init MINE, then "
                f"wattbit import {template} {place}/{what} -o MINE/{pack} --replace",
            ],
            "ja": [
                f"作成: {place}/{what}",
                "次: 記入し、wattbit init MINE の後に "
                f"wattbit import {template} {place}/{what} -o MINE/{pack} --replace",
            ],
        }
    sys.stdout.write("\n".join(lines[lang if lang in lines else "en"]) + "\n")
