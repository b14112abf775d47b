"""What whoever makes a pack for another country meets first: a scenario that says its own things, and clear words."""

from __future__ import annotations

import importlib
import shutil
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import yaml
from shapely.geometry import box

from optimizer.cli import main
from optimizer.scenario.load import load_scenario


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("country") / "mycountry"
    assert main(["init", str(folder), "--pack", "germany"]) == 0
    return folder


@pytest.mark.parametrize(
    ("pack", "base", "areas"),
    [("germany", "germany-2030", ["central"]), ("japan", "japan-2030", ["tokyo", "kansai"])],
)
def test_what_belongs_to_the_country_is_written_not_inherited(
    tmp_path: Path, pack: str, base: str, areas: list[str]
) -> None:
    """Inherited keys are the ones a new country forgets: its load, its metropolis, who sells there."""
    assert main(["init", str(tmp_path / "mine"), "--pack", pack]) == 0
    written = yaml.safe_load((tmp_path / "mine/scenario.yaml").read_text("utf-8"))
    model = load_scenario(base).resolved
    assert written["base"] == base
    assert written["policy"]["metropolitan_areas"] == areas
    assert written["policy"]["operator_mix"] == model["policy"]["operator_mix"]
    assert written["demand"] == {"growth_it_mw": model["demand"]["growth_it_mw"]}
    assert written["finance"] == {"discount_rate": model["finance"]["discount_rate"]}
    assert written["year"] == model["year"]
    assert written["description"]["en"] not in ("", model["description"]["en"])
    mine = load_scenario(str(tmp_path / "mine/scenario.yaml")).resolved
    for key in ("name", "title", "description", "pack"):
        model.pop(key), mine.pop(key)
    assert mine == model, "the first run of the folder answers the question of its base"


def test_a_pack_of_ones_own_gets_a_scenario_that_fits_it(start: Path, tmp_path: Path) -> None:
    """Its areas are in no shipped scenario: the area with the largest stock stands in for the metropolis."""
    pack = tmp_path / "lake"
    shutil.copytree(start / "germany", pack)
    shutil.copy(start / "parameters.csv", tmp_path)
    for file in pack.glob("*.csv"):
        file.write_text(file.read_text("utf-8").replace("central", "shore"), "utf-8")
    assert main(["init", str(tmp_path / "mine"), "--pack", str(pack)]) == 0
    loaded = load_scenario(str(tmp_path / "mine/scenario.yaml"))
    assert loaded.scenario.policy.metropolitan_areas == ("shore",), "Frankfurt, 1,080 of 2,970 MW"


def test_a_fault_of_an_inherited_key_says_where_to_mend_it(
    start: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The base is somebody else's file: nobody should be sent there to change it."""
    folder = tmp_path / "mine"
    shutil.copytree(start, folder)
    scenario = folder / "scenario.yaml"
    scenario.write_text("base: germany-2030\nname: mine\npack: ./germany\n", "utf-8")
    for file in (folder / "germany").glob("*.csv"):
        file.write_text(file.read_text("utf-8").replace("central", "shore"), "utf-8")
    assert main(["validate", str(scenario)]) == 3
    said = capsys.readouterr().err
    assert "germany-2030.yaml:" in said
    assert (
        f"override policy.metropolitan_areas in your own scenario {scenario}, which inherits it from" in said
    )
    assert main(["validate", str(scenario), "--lang", "ja"]) == 3
    assert "継承" in capsys.readouterr().err
    scenario.write_text(scenario.read_text("utf-8") + "policy: {metropolitan_areas: [centre]}\n", "utf-8")
    assert main(["validate", str(scenario)]) == 3
    own = capsys.readouterr().err
    assert f"{scenario}:4:" in own
    assert "inherits" not in own, "what the file itself says is mended where it stands"


@pytest.fixture(scope="module")
def outlines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, gpd.GeoDataFrame]:
    """A country of two units between a neighbour and the sea; the two sources disagree by a sixtieth of a degree."""
    folder = tmp_path_factory.mktemp("outlines")
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "data/make"))
    try:
        boundaries = importlib.import_module("boundaries")
    finally:
        sys.path.pop(0)
    units = {"XX-1": box(10.015, 46, 12, 48), "XX-2": box(12, 46, 14, 48), "XX-3": box(12, 48, 14, 50)}
    gpd.GeoDataFrame(
        {"iso_3166_2": list(units), "adm0_a3": "XXX"}, geometry=list(units.values()), crs=4326
    ).to_file(folder / "build.json", driver="GeoJSON")
    world = {"Homeland": box(10, 46, 14, 50).difference(box(10, 48, 12, 50)), "Next": box(4, 40, 10, 55)}
    gpd.GeoDataFrame({"name": list(world)}, geometry=list(world.values()), crs=4326).to_file(
        folder / "countries-10m.json", layer="countries", driver="GeoJSON"
    )
    boundaries.write(
        (folder / "build.json", folder),
        {"XX-1": "plain", "XX-2": "plain"},
        ("Homeland", "XXX"),
        folder / "boundaries.gpkg",
    )
    return {name: gpd.read_file(folder / "boundaries.gpkg", layer=name) for name in ("prefectures", "land")}


def test_no_sea_between_a_country_and_its_neighbour(outlines: dict[str, gpd.GeoDataFrame]) -> None:
    """The strip 10.000 to 10.015 east belongs to neither source's neighbour nor site; it was drawn as sea."""
    land = outlines["land"].set_index("name").geometry
    drawn = outlines["prefectures"].union_all().union(land.union_all())
    border = box(9.9, 46.2, 10.2, 47.8)
    strip = 0.015 * 1.6
    assert border.difference(drawn).area < 0.01 * strip
    without = land["Next"].union(outlines["prefectures"].union_all())
    assert border.difference(without).area == pytest.approx(strip, rel=0.05), "what the band closes"
    assert not drawn.intersects(box(10.3, 45, 13.9, 45.95)), "the coast stays where it is"


def test_the_country_beside_its_sites_is_land(outlines: dict[str, gpd.GeoDataFrame]) -> None:
    """The third unit has no site: it is drawn as land of the country, and is no outline of a site."""
    assert list(outlines["prefectures"]["site"]) == ["XX-1", "XX-2"]
    land = outlines["land"].set_index("name").geometry["Homeland"]
    assert land.contains(box(12.1, 47.99, 13.9, 49.2)), "and reaches under the sites: no white line between"


def test_a_country_outside_the_checkout_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a folder the script knows the shipped data alone, and `doctor` complains for ever."""
    folder = tmp_path / "mine"
    assert main(["init", str(folder), "--pack", "germany"]) == 0
    storage = folder / "germany/storage.csv"
    storage.write_text(storage.read_text("utf-8").replace("2500", "2400"), "utf-8")
    pack = str(folder / "germany")
    assert main(["doctor", pack, "--lang", "en"]) == 0
    assert "changed since they were" in " ".join(capsys.readouterr().out.split())
    monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "data/make"))
    register = importlib.import_module("register")
    shipped = (register.DATA / "sources.toml").read_bytes()
    monkeypatch.setattr(sys, "argv", ["register.py", str(folder)])
    assert register.main() == 0
    assert (register.DATA / "sources.toml").read_bytes() == shipped
    assert main(["doctor", pack, "--lang", "en"]) == 0
    assert "changed since they were" not in " ".join(capsys.readouterr().out.split())
