"""`wattbit validate PACK` finds before solving what would make a run fail: mangled copies, by the real command."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from one_area import edited, one_area_pack

from optimizer.capture import ranges
from optimizer.cli import main
from optimizer.inputs.doctor import examine
from optimizer.inputs.pack import COUNTRY_PARAMETERS
from optimizer.inputs.pack_parameters import limit_of
from optimizer.scenario.sources import shipped_folder
from optimizer.scenario.tables import PACK_TABLES

DATA = shipped_folder("data")
Change = Callable[[pd.DataFrame], pd.DataFrame]
JUDGEMENTS = ("adequacy", "money")
"""Where the doctor says `wrong` of a pack that runs: an answer comes, and is not worth reading."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return one_area_pack(tmp_path_factory.mktemp("sound")).parent


@pytest.fixture
def pack(sound: Path, tmp_path: Path) -> Path:
    """A small country, its shared parameters beside it."""
    shutil.copytree(sound, tmp_path / "data")
    return tmp_path / "data" / "island"


def set_cell(row: str, column: str, value: object) -> Change:
    """Change a cell of the row whose first column is `row`."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        assert (table.iloc[:, 0] == row).any()
        table.loc[table.iloc[:, 0] == row, column] = str(value)
        return table

    return change


def times(column: str, factor: float) -> Change:
    return lambda table: table.assign(**{column: table[column].astype(float) * factor})


def without(row: str) -> Change:
    return lambda table: table[table.iloc[:, 0] != row]


def swapped(table: pd.DataFrame) -> pd.DataFrame:
    return table.rename(columns={"lon": "lat", "lat": "lon"})[list(table.columns)]


def said(pack: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["validate", str(pack)]) == 3
    return capsys.readouterr().err


def relayer(pack: Path, change: Callable[[dict[str, gpd.GeoDataFrame]], object]) -> None:
    path = pack / "boundaries.gpkg"
    layers = {name: gpd.read_file(path, layer=name) for name in ("prefectures", "grid_areas", "land")}
    change(layers)
    path.unlink()
    for name, layer in layers.items():
        layer.to_file(path, layer=name, driver="GPKG")


def test_the_small_country_is_sound(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(pack), str(pack.parent / "scenario.yaml")]) == 0
    assert capsys.readouterr().out.count("ok") == 2


MANGLED: list[tuple[str, Change, str]] = [
    # file, change, what is said: place, code, and a word of the fix
    ("sites.csv", set_cell("DE-SN", "area", "esat"), r'sites\.csv:\d+  E334  area "esat"'),
    ("sites.csv", set_cell("DE-SN", "headroom_mw", -5), r"sites\.csv:\d+  E332  headroom_mw = -5"),
    ("sites.csv", set_cell("DE-SN", "headroom_mw", 200000), r"sites\.csv:\d+  E336 .*kW in a MW column\? Then it is 200"),
    ("sites.csv", swapped, r'sites\.csv:2  E322  "DE-BB": lon 52.4, lat 13.06'),
    ("nodes.csv", swapped, r"nodes\.csv:2  E322"),
    ("areas.csv", swapped, r"areas\.csv:2  E322"),
    ("sites.csv", set_cell("DE-SN", "lon", -13.7), r"sites\.csv:\d+  E332  lon = -13.7, .*a sign or a decimal point"),
    ("nodes.csv", set_cell("DE-SN", "lat", 0.51), r"nodes\.csv:\d+  E332  lon = [\d.]+, lat = 0.51"),
    ("fleets.csv", times("capacity_mw", 1000.0), r"fleets\.csv:\d+  E336"),
    ("fleets.csv", lambda t: t.assign(fleet=t["fleet"].replace("abroad", "import")), r'fleets\.csv  E355 .*"import"'),
    ("storage.csv", times("energy_mwh", 1000.0), r"storage\.csv:\d+  E336 .*kWh in a MWh column"),
    ("modes.csv", without("leased"), r'modes\.csv:\d+  E338  mode "leased"'),
    ("workloads.csv", lambda t: t.assign(rtt_limit_ms="0.4"), r"workloads\.csv  E354  \w+: no site reaches"),
    ("climate.csv", lambda t: t[(t["site"] != "DE-SN") | (t["month"] != "7")], r"climate\.csv:\d+  E338"),
    ("weather_demand.csv", times("demand_mw", 1000.0), r"weather_demand\.csv:\d+  E336 .*kW in a MW column"),
    ("weather_annual.csv", times("demand_peak_mw", 1000.0), r"weather_annual\.csv:2  E336"),
    ("weather_calendar.csv", lambda t: t.iloc[:-1], r"weather_calendar\.csv:\d+  E352  the calendar has 364 days"),
    ("weather_profiles.csv", lambda t: t.iloc[:-1], r"weather_profiles\.csv  E351  no row for"),
    ("weather_annual.csv", lambda t: t.assign(area="west"), r'areas\.csv:2  E356  area "east" has no weather'),
    ("weather_daily.csv", lambda t: pd.concat([t, t.iloc[:1].assign(area="west")]), r'weather_daily\.csv:\d+  E356'),
    ("weather_parameters.csv", without("weather_site_wind_share"), r"E358  parameter weather_site_wind_share"),
    ("weather_parameters.csv", set_cell("weather_temperature_day_lag", "value", 1), r"weather_parameters\.csv:\d+  E332"),
    ("renewable_potential.csv", lambda t: t.assign(cf_annual="0.79"), r"E357  cf_annual 0.79 cannot be reached"),
    ("parameters.csv", without("computer_share_of_cloud"), r"parameters\.csv  E347 .*computer_share_of_cloud"),
    ("parameters.csv", set_cell("S_cloud_2025", "unit", "JPY m"), r'parameters\.csv:\d+  E335  S_cloud_2025: unit "JPY m"'),
    ("parameters.csv", set_cell("jpy_per_usd", "unit", "EUR/USD"), r'parameters\.csv:\d+  E335  jpy_per_usd: unit "EUR/USD" .*; JPY/USD'),
    ("../parameters.csv", set_cell("pue_slope_per_k", "unit", "1"), r'data/parameters\.csv:\d+  E335  pue_slope_per_k: unit "1"'),
    ("parameters.csv", set_cell("growth_correlation", "high", 1.5), r"parameters\.csv:\d+  E332  growth_correlation: high 1.5"),
    ("../parameters.csv", set_cell("building_life_a", "low", 0), r"data/parameters\.csv:\d+  E332  building_life_a: low 0"),
    ("../parameters.csv", without("pue_cap"), r"data/parameters\.csv  E347  parameter \"pue_cap\""),
]  # fmt: skip


@pytest.mark.parametrize("case", MANGLED, ids=[f"{one[0]}-{at}" for at, one in enumerate(MANGLED)])
def test_a_mangled_table_is_named(
    pack: Path, case: tuple[str, Change, str], capsys: pytest.CaptureFixture[str]
) -> None:
    file, change, words = case
    edited(pack / file, change)
    text = said(pack, capsys)
    assert re.search(words, text), text


CHOICES: list[tuple[str, Change, str]] = [
    ("fibre_links.csv", set_cell("JP-01_ls-tomakomai", "to_node", "JP-02x"), r'fibre_links\.csv:2  E334  to_node "JP-02x"'),
    ("fibre_links.csv", set_cell("JP-01_ls-tomakomai", "to_node", "JP-01"), r"fibre_links\.csv:2  E346"),
    ("candidate_sites.csv", lambda t: t.assign(lat=[-42.72, *t["lat"][1:]]), r"candidate_sites\.csv:2  E393"),
    ("candidate_sites.csv", lambda t: t.assign(site=["JP-01", *t["site"][1:]]), r"candidate_sites\.csv:2  E333"),
]  # fmt: skip


@pytest.mark.parametrize("case", CHOICES, ids=[f"{one[0]}-{at}" for at, one in enumerate(CHOICES)])
def test_tables_a_scenario_may_choose_are_joined_too(
    tmp_path: Path, case: tuple[str, Change, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it `validate` calls the pack right and a run with `sites: candidates` or the graph refuses it."""
    file, change, words = case
    pack = Path(shutil.copytree(DATA / "japan", tmp_path / "japan"))
    edited(pack / file, change)
    text = said(pack, capsys)
    assert re.search(words, text), text


def test_a_site_and_an_area_without_outline(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The counterfactual is the run: without the check it would solve, and then fail to draw."""

    def lose(layers: dict[str, gpd.GeoDataFrame]) -> None:
        layers["prefectures"] = layers["prefectures"][layers["prefectures"]["site"] != "DE-SN"]
        layers["grid_areas"]["area"] = "west"

    relayer(pack, lose)
    text = said(pack, capsys)
    assert re.search(r'sites\.csv:\d+  E343  site "DE-SN" has no outline', text)
    assert re.search(r'areas\.csv:2  E343  area "east" has no outline', text)
    assert "2 errors" in text


def test_outlines_in_metres_swapped_twice_or_as_points(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    original = (pack / "boundaries.gpkg").read_bytes()

    def told(change: Callable[[dict[str, gpd.GeoDataFrame]], object]) -> str:
        (pack / "boundaries.gpkg").write_bytes(original)
        relayer(pack, change)
        return said(pack, capsys)

    def metres(layers: dict[str, gpd.GeoDataFrame]) -> None:
        for name, layer in layers.items():
            layers[name] = layer.to_crs(25833).set_crs(4326, allow_override=True)

    def crossed(layers: dict[str, gpd.GeoDataFrame]) -> None:
        for layer in layers.values():
            layer["geometry"] = shapely.transform(layer.geometry.to_numpy(), lambda xy: xy[:, ::-1])

    def twice(layers: dict[str, gpd.GeoDataFrame]) -> None:
        layers["prefectures"] = pd.concat([layers["prefectures"], layers["prefectures"].iloc[:1]])

    def points(layers: dict[str, gpd.GeoDataFrame]) -> None:
        layers["prefectures"]["geometry"] = layers["prefectures"].geometry.representative_point()

    def other(layers: dict[str, gpd.GeoDataFrame]) -> None:
        layers["prefectures"] = layers["prefectures"].to_crs(25833)

    assert "no degrees" in told(metres)
    assert re.search(r"boundaries\.gpkg  E322 .*x and y of the outlines look swapped", told(crossed))
    assert re.search(r'boundaries\.gpkg:prefectures:DE-BB  E333  site "DE-BB"', told(twice))
    assert re.search(r"E343  a Point where an outline belongs", told(points))
    assert re.search(r"boundaries\.gpkg:prefectures  E344", told(other))


def test_everything_at_once(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Table, weather, parameter, two layers of outlines: five faults, one reading."""
    edited(pack / "sites.csv", set_cell("DE-SN", "area", "esat"))
    edited(pack / "weather_demand.csv", times("demand_mw", -1.0))
    edited(pack / "parameters.csv", without("omega"))

    def spoil(layers: dict[str, gpd.GeoDataFrame]) -> None:
        layers["prefectures"] = layers["prefectures"][layers["prefectures"]["site"] != "DE-SN"]
        layers["grid_areas"] = layers["grid_areas"].to_crs(25833)

    relayer(pack, spoil)
    text = said(pack, capsys)
    for code in ("E334", "E332", "E347", "E343", "E344"):
        assert code in text, text


def test_a_scenario_is_checked_with_its_whole_pack(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pack / "weather_daily.csv").unlink()
    assert main(["validate", str(pack.parent / "scenario.yaml")]) == 3
    assert "weather_daily.csv  E321" in capsys.readouterr().err


_QUICK = 10
_EVERY = [pytest.param(at, marks=() if at % _QUICK == 0 else pytest.mark.full) for at in range(len(MANGLED))]


@pytest.mark.parametrize("at", _EVERY)
def test_what_the_doctor_calls_wrong_is_an_error_of_validate(
    pack: Path, at: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong of the doctor, judgements apart, is never `ok` of validate, and names the same places."""
    file, change, _ = MANGLED[at]
    edited(pack / file, change)
    wrong = [one for one in examine(pack) if one.level == "wrong" and one.topic not in JUDGEMENTS]
    assert wrong
    text = said(pack, capsys)
    for one in wrong:
        code = one.message.split("  ")[0]
        assert code in text if re.fullmatch(r"E3\d\d", code) else ("E354" in text or "E355" in text)


@pytest.mark.parametrize("name", ["japan", "germany"])
def test_shipped_packs_have_no_fault(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(DATA / name)]) == 0


def test_every_parameter_of_the_capture_model_is_asked_for() -> None:
    """A name the capture model reads and no pack must bring would fail after the solve (E370)."""
    assert set(ranges._REQUIRED) - set(COUNTRY_PARAMETERS) == set()
    lives = limit_of("battery_life_a")
    assert lives is not None
    assert lives.low > 0.0, "an annuity has no life of zero years"


def test_every_table_can_be_mangled_and_is_named(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A column that must be there lost from each table: one E325 each, all in one reading."""
    for name, schema in PACK_TABLES.items():
        lost = [column.name for column in schema.columns if not column.optional][-1]
        edited(pack / f"{name}.csv", lambda table, lost=lost: table.drop(columns=lost))
    text = said(pack, capsys)
    assert set(re.findall(r"(\w+)\.csv:1  E325", text)) == set(PACK_TABLES)


def test_a_run_without_an_outline_ends_before_it_is_solved(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It used to solve the year, and then could not draw the map."""

    def lose(layers: dict[str, gpd.GeoDataFrame]) -> None:
        layers["prefectures"] = layers["prefectures"][layers["prefectures"]["site"] != "DE-SN"]

    relayer(pack, lose)
    words = [
        "run",
        str(pack.parent / "scenario.yaml"),
        "--preview",
        "--workers",
        "1",
        "-o",
        str(tmp_path / "run"),
    ]
    assert main(words) == 3
    text = capsys.readouterr().err
    assert 'sites.csv  E343  "DE-SN" has no outline' in text
    assert "writing the linear program" not in text
    assert not (tmp_path / "run").exists()


def test_a_scenario_may_not_give_a_parameter_without_a_meaning(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A life of -1 years is no annuity: it used to end as a bug, exit 70."""
    words = ["run", str(pack.parent / "scenario.yaml"), "--set", "parameters.building_life_a=-1", "--preview"]
    assert main([*words, "--workers", "1", "-o", str(tmp_path / "run")]) == 3
    assert "E332  parameters.building_life_a: -1 is outside 0.5 to 500" in capsys.readouterr().err
