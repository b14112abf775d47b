"""A year without actuals: what the file says is what the tables give; what it cannot mean is named by key."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.cli import main
from optimizer.errors import InputError
from optimizer.inputs.calibrate import read_capacity
from optimizer.inputs.calibrate_climate import climatology_tables
from optimizer.inputs.climatology import calendar_of, read_climatology
from optimizer.inputs.climatology_year import Place, drawn_year
from optimizer.scenario.sources import shipped_folder

GERMANY = shipped_folder("data") / "germany"
FILE = GERMANY / "climatology.toml"


def changed(folder: Path, *pairs: tuple[str, str]) -> Path:
    text = FILE.read_text("utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "climatology.toml"
    path.write_text(text, "utf-8")
    return path


def codes(path: Path) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        climatology_tables(path, GERMANY)
    return [(problem.code, problem.message.split(":")[0]) for problem in caught.value.problems]


def test_the_command_writes_the_shipped_tables_byte_by_byte(tmp_path: Path) -> None:
    """Without the pack's own areas and capacities the command would have nothing to draw from."""
    pack = tmp_path / "lake"
    pack.mkdir()
    words = ["calibrate", "--climatology", str(FILE), "-o", str(pack)]
    assert main(words) == 3
    for name in ("areas.csv", "renewables_existing.csv"):
        shutil.copy(GERMANY / name, pack)
    assert main(words) == 0
    written = sorted(path.name for path in pack.glob("weather_*.csv"))
    assert len(written) == 7
    for name in written:
        assert (pack / name).read_bytes() == (GERMANY / name).read_bytes(), name
    assert main(words) == 2, "nothing is replaced unasked"
    assert main([*words, "--replace"]) == 0


def test_neither_or_both_is_a_question_of_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "-o", str(tmp_path)]) == 2
    assert main(["calibrate", "--actuals", "x", "--climatology", str(FILE), "-o", str(tmp_path)]) == 2
    assert main(["calibrate", "--capacity", "x", "--climatology", str(FILE), "-o", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("--climatology TOML") == 3


def test_the_drawn_year_has_the_energy_the_file_says(tmp_path: Path) -> None:
    """Two areas at 40°S, 150°E, ten hours east: 3 and 5 TWh, sun 0.2 over the year, most in January."""
    text = FILE.read_text("utf-8").split("# Load of the public grid")[0]
    text = text.replace("utc_offset_h = 1 ", "utc_offset_h = 10")
    month = "month = [0.225, 0.47, 0.94, 1.415, 1.64, 1.74, 1.7, 1.515, 1.175, 0.7, 0.305, 0.175]"
    south = "month = [1.6, 1.4, 1.2, 0.9, 0.6, 0.4, 0.4, 0.6, 0.9, 1.2, 1.4, 1.4]"
    assert month in text
    for name, energy in (("bay", 3.0), ("cape", 5.0)):
        text += f"[area.{name}]\ndemand_twh = {energy}\nsolar_cf = 0.2\nonshore_cf = 0.3\nhydro_twh = 0.5\n"
        text += "geothermal_twh = 0\nbiomass_twh = 0\nother_thermal_twh = 0.1\n"
    path = tmp_path / "south.toml"
    path.write_text(text.replace(month, south), "utf-8")
    climate = read_climatology(path)
    place = Place(("bay", "cape"), np.array([150.0, 150.0]), np.array([-40.0, -38.0]), np.array([0.0, 0.5]))
    fleet = pd.DataFrame({"solar": [100.0, 200.0], "wind": [50.0, 80.0]}, index=["bay", "cape"])
    year = drawn_year(climate, calendar_of(path, climate), place, fleet).set_index("area")
    assert year.loc["bay", "demand"].sum() == pytest.approx(3e6)
    assert year.loc["cape", "demand"].sum() == pytest.approx(5e6)
    assert year.loc["bay", "hydro"].sum() == pytest.approx(0.5e6)
    assert year.loc["bay", "thermal_other"].sum() == pytest.approx(0.1e6)
    bay = year.loc["bay"].set_index("hour")
    december = bay.loc["2025-12", "solar"].mean() / 100
    assert december == pytest.approx(0.2 * 1.4, rel=1e-4)
    assert bay.loc["2025-06", "solar"].mean() / 100 == pytest.approx(0.2 * 0.4, rel=1e-4)
    noon = bay["solar"].groupby(bay.index.hour).mean().idxmax()
    assert noon in (11, 12), "with Germany's clock it would be at 2 in the night"
    wind = year.loc["cape", "wind"].mean() / 80
    assert wind == pytest.approx((0.3 + 0.37) / 2 * np.mean(climate.wind.month), rel=0.02), (
        "half of it at sea"
    )
    assert year.loc["bay", "wind"].max() <= 50 * climate.wind.largest_cf + 1e-9


def test_the_calendar_follows_from_holidays_and_festive_weeks(tmp_path: Path) -> None:
    path = changed(tmp_path, ('"2025-05-01" = "Labour Day"', '"2025-05-07" = "Lake Day"'))
    days = calendar_of(path, read_climatology(path)).set_index("date")["day_type"]
    assert (days["2025-05-01"], days["2025-05-07"], days["2025-05-08"]) == (
        "workday",
        "holiday",
        "first_workday",
    )
    assert days["2025-12-27"] == "festive", "a Saturday, were it not for the festive week"
    assert len(days) == 365
    leap = changed(tmp_path, ("year = 2025", "year = 2024"), ('"2025-', '"2024-'))
    assert "2024-02-29" not in set(calendar_of(leap, read_climatology(leap))["date"])


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("[solar]", "[solar", "E383", "not TOML"),
        ("seed = 2025", "sead = 2025", "E384", "seed"),
        ("hour_spread = 0.12", "hour_spread = -1", "E385", "solar.hour_spread"),
        ("demand_twh = 63", "demand_twh = nan", "E385", "area.central.demand_twh"),
        ("month = [0.225, 0.47,", "month = [0.47,", "E385", "solar.month"),
        ("month = [0.225,", "month = [2.225,", "E385", "solar"),
        ("festive = 0.86", "feast = 0.86", "E385", "demand"),
        ("onshore_cf = 0.25", "onshore_cf = 0.8", "E389", "area.north"),
        ("[area.west]", "[area.far_west]", "E384", "area.west"),
        ('"2025-05-01"', '"2025-05-32"', "E387", "'2025-05-32' is not a day of 2025, YYYY-MM-DD"),
    ],
)
def test_what_the_file_cannot_mean_is_named_by_key(
    tmp_path: Path, old: str, new: str, code: str, key: str
) -> None:
    assert (code, key) in codes(changed(tmp_path, (old, new)))


def test_every_fault_comes_at_once(tmp_path: Path) -> None:
    path = changed(tmp_path, ("seed = 2025", "sead = 2025"), ("day_lag = 0.35", "day_lag = 1.35"))
    assert codes(path) == [("E384", "seed"), ("E385", "solar.day_lag"), ("E384", "sead")]


def test_capacity_in_service_adds_land_and_sea() -> None:
    assert read_capacity(None, GERMANY, ["north"]).loc["north", "wind"] == 22700 + 7400
