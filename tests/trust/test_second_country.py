"""A country nobody tuned for: the same schema, the same commands, no code of its own."""

from __future__ import annotations

import importlib
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from optimizer.cli import main
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.inputs.weather import build_year, read_weather_statistics
from optimizer.inputs.weather_tables import WEATHER_TABLES
from optimizer.scenario.sources import shipped_folder
from optimizer.scenario.tables import PACK_TABLES

DATA = shipped_folder("data")
ROOT = Path(__file__).resolve().parents[2]
PACK = read_pack(find_pack("germany"))
PACKS = sorted(path.parent for path in DATA.glob("*/areas.csv"))
TABLES = PACK.tables


@pytest.fixture(scope="module")
def make() -> Iterator[ModuleType]:
    """The scripts of `data/make`, importable by name."""
    sys.path.insert(0, str(ROOT / "data/make"))
    yield importlib.import_module("germany_weather")
    sys.path.remove(str(ROOT / "data/make"))


def test_no_module_knows_a_country() -> None:
    """Areas, sites and packs are data: no module of the package names one of either country."""
    words = {
        str(x) for pack in ("japan", "germany") for x in read_pack(find_pack(pack)).tables["sites"].index
    }
    words |= {"germany", "frankfurt", "hokkaido", "kansai", "kyushu"}
    pattern = re.compile(rf"['\"]({'|'.join(sorted(map(re.escape, words)))})['\"]")
    named = [
        path.name for path in (ROOT / "optimizer").rglob("*.py") if pattern.search(path.read_text("utf-8"))
    ]
    assert [name for name in named if name not in _IMPORTERS] == []


_IMPORTERS = {path.name for path in (ROOT / "optimizer/inputs/importers").glob("*.py")} | {
    "cli_init.py",
    "cli.py",
}
"""Importers read formats of one country by nature."""


def test_national_totals_are_those_a_power_engineer_knows() -> None:
    """Germany about 2025: 84 million people, 111 GW solar, 65 GW onshore, 9 GW offshore, 37 GW gas, no nuclear."""
    assert TABLES["nodes"]["population_persons"].sum() == pytest.approx(84.7e6, rel=0.01)
    existing = TABLES["renewables_existing"]["capacity_mw"].groupby("technology").sum() / 1e3
    assert existing["solar"] == pytest.approx(111, abs=6)
    assert existing["onshore"] == pytest.approx(65, abs=3)
    assert existing["offshore"] == pytest.approx(9.2, abs=0.5)
    fleets = TABLES["fleets"]["capacity_mw"].groupby("fleet").sum() / 1e3
    assert "nuclear" not in fleets
    assert fleets["gas_cc"] + fleets["gas_gt"] == pytest.approx(37, abs=2)
    assert fleets["coal"] <= 8.0, "what the law leaves in 2030"
    assert fleets["lignite"] <= 9.0
    pumped = TABLES["storage"].xs("pumped", level="storage")["power_mw"].sum()
    assert pumped == pytest.approx(7700, abs=300), "with Vianden"
    stock = TABLES["sites"]["existing_it_mw"]
    assert stock.sum() == pytest.approx(2970, abs=100)
    assert stock["DE-HE"] / stock.sum() == pytest.approx(0.36, abs=0.03), "Frankfurt"


def test_the_drawn_year_is_believable() -> None:
    year = build_year(read_weather_statistics(PACK.folder), PACK.tables, PACK.parameters, 1)
    nation = year.demand_gw.sum(axis=0)
    assert nation.sum() / 1e3 == pytest.approx(465, rel=0.01)
    assert 72 < nation.max() < 80
    assert 28 < nation.min() < 40
    winter = nation[year.time.month == 1].mean()
    assert 1.08 < winter / nation[year.time.month == 7].mean() < 1.25
    solar, wind = year.existing_cf[:, 0], year.existing_cf[:, 1]
    assert solar.mean() == pytest.approx(0.105, abs=0.01)
    assert solar[:, year.time.hour == 0].max() == 0.0
    noon = solar.mean(axis=0).reshape(365, 24).mean(axis=0).argmax()
    assert noon in (11, 12), "civil time without daylight saving"
    by_area = dict(zip(PACK.tables["areas"].index, wind.mean(axis=1), strict=True))
    assert by_area["north"] > by_area["west"] > by_area["south_east"]
    dark = wind[:, year.time.month == 12].mean() / wind[:, year.time.month == 7].mean()
    assert dark > 1.5, "windy winters"
    assert np.corrcoef(wind)[0, 1:].min() > 0.2


def test_tables_are_what_the_scripts_write(make: ModuleType) -> None:
    """Every table but the outlines is rebuilt; a figure changed by hand in a CSV would be lost unseen."""
    grid, money, sites = (importlib.import_module(f"germany_{name}") for name in ("grid", "money", "sites"))
    built = {
        **sites.tables(),
        **grid.tables(),
        **money.tables(DATA / "japan"),
        **make.tables(DATA / "japan", PACK.folder),
    }
    assert set(built) == {path.stem for path in PACK.folder.glob("*.csv")}
    for name, table in built.items():
        written = pd.read_csv(PACK.folder / f"{name}.csv", keep_default_na=False, dtype=str)
        again = table.to_csv(index=False, lineterminator="\n")
        assert written.to_csv(index=False, lineterminator="\n") == pd.read_csv(
            io.StringIO(again), keep_default_na=False, dtype=str
        ).to_csv(index=False, lineterminator="\n"), name


@pytest.mark.parametrize("pack", PACKS, ids=[pack.name for pack in PACKS])
def test_datapackage_is_what_the_schemas_say(make: ModuleType, pack: Path) -> None:
    datapackage = importlib.import_module("datapackage")
    written = (pack / "datapackage.json").read_text("utf-8")
    assert written == datapackage.text(pack), "run python data/make/datapackage.py"
    content = json.loads(written)
    names = {one["path"] for one in content["resources"]}
    assert {f"{name}.csv" for name in PACK_TABLES} <= names
    assert {f"weather_{name}.csv" for name in WEATHER_TABLES} <= names
    assert all((pack / name).is_file() for name in names)
    for one in content["resources"]:
        if one["format"] == "csv":
            header = (pack / one["path"]).read_text("utf-8").splitlines()[0].split(",")
            fields = {field["name"]: field for field in one["schema"]["fields"]}
            assert set(header) <= set(fields)
            assert set(one["schema"]["primaryKey"]) <= set(header)
            assert all(field["description"] for field in fields.values())
            assert all(field["unit"] for field in fields.values() if field["type"] == "number")


def test_a_changed_bound_changes_the_datapackage(make: ModuleType) -> None:
    """The counterfactual: the file says what the checks check, so it moves with them."""
    datapackage = importlib.import_module("datapackage")
    column = next(c for c in PACK_TABLES["sites"].columns if c.name == "lat")
    field = datapackage.field(column)
    assert field["constraints"] == {"required": True, "minimum": -90, "maximum": 90}
    assert field["unit"] == "deg"


@pytest.mark.parametrize(
    "name", [*PACK_TABLES, "parameters", *(f"weather_{stem}" for stem in WEATHER_TABLES)]
)
def test_every_table_has_a_schema_on_the_command_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", name]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["title"] == f"{name}.csv"
    header = (PACK.folder / f"{name}.csv").read_text("utf-8").splitlines()[0].split(",")
    assert list(schema["properties"]) == header


def test_it_runs_and_says_what_it_rests_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    assert main(["run", "germany-2030", "--preview", "--workers", "1", "-o", str(run), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["certificate"]["passed"]
    assert summary["it_mw_built"] == pytest.approx(2000 / 0.634, rel=0.02)
    assert set(summary["it_mw_by_area"]) == set(TABLES["areas"].index)
    assert summary["shed_gwh"] == pytest.approx(0.0, abs=1.0)
    assert 0.95 < summary["assumed_share_of_cost"] <= 1.0, "nearly every figure of this pack is assumed"
    provenance = json.loads((run / "provenance.json").read_text("utf-8"))
    lines = provenance["rests_on"]["lines"]
    cost = sum(row["jpy_bn_per_a"] for row in lines if row["kind"] == "cost")
    assert cost == pytest.approx(summary["cost_jpy_bn_per_a"], rel=1e-6)
    gross = sum(row["jpy_bn_per_a"] for row in lines if row["kind"] == "capture")
    assert gross == pytest.approx(summary["capture"]["base"]["gross_jpy_bn"], rel=1e-6)
    page = (run / "index.html").read_text("utf-8")
    assert "Made with Natural Earth" in page
    assert not re.search(r"prefecture or a line|in the prefecture|都道府県や", page)
    assert main(["sources", str(run)]) == 0
    out = capsys.readouterr().out
    assert f"{summary['assumed_share_of_cost']:.1%}" in out
    assert out.index("assumed  ") < out.index("published  ")


@pytest.mark.full
def test_the_whole_year_is_certified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "germany-2030", "-o", str(tmp_path / "run"), "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["certificate"]["passed"]
    assert summary["gap"] <= 1e-4
    assert summary["hours"] == 8760
