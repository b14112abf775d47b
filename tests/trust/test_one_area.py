"""A country of one grid area: "there is none" is an answer, from the tables to the last file of a run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from browser import CHROMIUM, in_browser
from one_area import AREA, NOTHING, edited, one_area_pack

from optimizer.cli import main
from optimizer.inputs.doctor import examine
from optimizer.inputs.pack import read_pack
from optimizer.scenario.tables import OPTIONAL_TABLES, PACK_TABLES

FILES = [
    "index.html",
    "summary.json",
    "summary.xlsx",
    "provenance.json",
    "datapackage.json",
    "MANIFEST.sha256",
    "maps/plan.gpkg",
    "maps/plan.geojson",
    "maps/plan.kml",
    "maps/plan.png",
    "maps/plan.svg",
    "maps/plan.pdf",
    "maps/plan.ja.png",
    "maps/plan.en.png",
    "tables/interties.parquet",
    "tables/interties.csv",
    "tables/sites.parquet",
    "tables/prices.parquet",
    "model/certificate.json",
    "inputs/assembled/interties.csv",
    "inputs/assembled/storage.csv",
    "inputs/data/island/interties.csv",
]


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    return one_area_pack(tmp_path, *NOTHING)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A solved run of a country with nothing to join, store, reinforce or build renewables with.

    Outlines of other regions stay in its file: nobody asks for them. There is no neighbouring land.
    """
    folder = tmp_path_factory.mktemp("one")
    scenario = one_area_pack(folder, *NOTHING)
    outlines = folder / "island" / "boundaries.gpkg"
    layers = {name: gpd.read_file(outlines, layer=name) for name in ("prefectures", "grid_areas", "land")}
    for name, key in (("prefectures", "site"), ("grid_areas", "area")):
        stranger = layers[name].iloc[:1].assign(**{key: "elsewhere"})
        layers[name] = pd.concat([layers[name], stranger], ignore_index=True)
    layers["land"] = layers["land"].iloc[:0]
    outlines.unlink()
    for name, layer in layers.items():
        layer.to_file(outlines, layer=name, driver="GPKG")
    assert main(["validate", str(folder / "island")]) == 0
    words = [
        "run",
        str(scenario),
        "--weeks",
        "1",
        "--workers",
        "1",
        "-o",
        str(folder / "run"),
        "--keep-model",
    ]
    assert main(words) == 0
    return folder / "run"


def test_every_file_is_there(run: Path) -> None:
    missing = [name for name in FILES if not (run / name).is_file() or (run / name).stat().st_size == 0]
    assert missing == []


def test_the_answer_is_that_of_one_copper_plate(run: Path) -> None:
    """300 MW of load at the classes' utilisation is 473.1 MW of IT, and all of it in the one area there is.

    By class: 300 MW · Σ share / utilisation. A country that lost an area or a class would build less.
    """
    workloads = read_pack(run.parent / "island").tables["workloads"]
    built = 300.0 * float((workloads["share"] / workloads["utilisation"]).sum())
    summary = json.loads((run / "summary.json").read_text("utf-8"))
    assert summary["certificate"]["passed"]
    assert summary["gap"] <= 1e-4
    assert summary["it_mw_by_area"] == {AREA: pytest.approx(built, rel=1e-6)}
    assert (
        summary["intertie_expansion_mw"] == summary["reinforcement_mw"] == summary["new_renewable_mw"] == 0.0
    )
    assert summary["new_battery_mw"] == 0.0
    assert summary["shed_gwh"] == pytest.approx(0.0, abs=1e-6)


def test_empty_tables_keep_their_types(run: Path) -> None:
    """Text without rows is still text: written as `null` it could not be joined to another run's."""
    schema = pq.read_schema(run / "tables/interties.parquet")
    assert pq.read_metadata(run / "tables/interties.parquet").num_rows == 0
    assert {name: str(schema.field(name).type) for name in ("intertie", "from_area", "forward_mw")} == {
        "intertie": "large_string",
        "from_area": "large_string",
        "forward_mw": "double",
    }


def test_maps_and_workbook_open(run: Path) -> None:
    layers = {
        name: gpd.read_file(run / "maps/plan.gpkg", layer=name) for name in ("sites", "interties", "areas")
    }
    assert [len(layers[name]) for name in ("sites", "interties", "areas")] == [6, 0, 1]
    drawn = gpd.read_file(run / "maps/plan.gpkg", layer="prefectures")
    assert "elsewhere" not in set(drawn["site"])
    assert len(json.loads((run / "maps/plan.geojson").read_text("utf-8"))["features"]) > 0
    book = openpyxl.load_workbook(run / "summary.xlsx")
    assert {"Sites", "Areas", "Interties", "Prices"} <= set(book.sheetnames)
    assert book["Interties"].max_row <= 3, "a header, and no link"


@pytest.mark.browser
@in_browser
def test_the_page_is_silent(run: Path) -> None:
    from playwright.sync_api import sync_playwright

    complaints: list[str] = []
    with sync_playwright() as play:
        page = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((run / "index.html").as_uri())
        page.wait_for_timeout(1500)
        assert page.locator("canvas").count() > 0
    assert complaints == []


def test_the_doctor_has_nothing_against_it(scenario: Path) -> None:
    assert [one for one in examine(scenario.parent / "island") if one.level == "wrong"] == []


def test_each_table_says_whether_none_is_an_answer(
    scenario: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A header alone is refused exactly where rows are needed; a file without a header everywhere."""
    schemas = PACK_TABLES | OPTIONAL_TABLES
    pack = scenario.parent / "island"
    for name, schema in schemas.items():
        path = pack / f"{name}.csv"
        path.write_text(",".join(schema.column_names) + "\n", "utf-8")
    assert main(["validate", str(pack)]) == 3
    refused = set(re.findall(r"(\w+)\.csv  E339", capsys.readouterr().err))
    assert refused == {name for name, schema in schemas.items() if not schema.may_be_empty}
    for name in schemas:
        (pack / f"{name}.csv").write_text("", "utf-8")
    assert main(["validate", str(pack)]) == 3
    assert set(re.findall(r"(\w+)\.csv  E339", capsys.readouterr().err)) == set(schemas)


def test_one_site_serves_the_country(tmp_path: Path) -> None:
    scenario = one_area_pack(tmp_path, *NOTHING)
    pack = tmp_path / "island"
    for name in ("sites", "climate", "nodes"):
        edited(pack / f"{name}.csv", lambda table: table[table[table.columns[0]] == "DE-ST"])
    edited(pack / "nodes.csv", lambda table: table.assign(demand_share=1))
    edited(pack / "sites.csv", lambda table: table.assign(site_limit_mw=2000, headroom_mw=2000))
    words = ["run", str(scenario), "--preview", "--workers", "1", "-o", str(tmp_path / "run")]
    assert main(words) == 0
    (site,) = pd.read_parquet(tmp_path / "run/tables/sites.parquet").itertuples()
    assert site.it_mw == pytest.approx(473.0769, abs=1e-3)
