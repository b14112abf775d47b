"""`wattbit calibrate`: the shipped statistics are its output; incomplete years are refused by the hour."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from operator_files import month_rows, unpack, write_month

from optimizer.cli import main
from optimizer.errors import InputError
from optimizer.inputs.calibrate import NEEDED, calibrate, read_actuals, year_calendar

REPOSITORY = Path(__file__).resolve().parents[2]
REFERENCE = REPOSITORY / ".." / "shared" / "reference"
JAPAN = REPOSITORY / "data" / "japan"
STATISTICS = ("annual", "correlation", "daily", "demand", "profiles", "quantiles")


def test_the_calendar_of_fy2024_follows_from_the_holidays() -> None:
    """365 days, kind by kind; a substitute holiday left out would move it and the workday after it."""
    shipped = pd.read_csv(JAPAN / "weather_calendar.csv")
    ours = year_calendar(pd.DatetimeIndex(shipped["date"]), pd.read_csv(JAPAN / "holidays.csv"))
    pd.testing.assert_frame_equal(ours, shipped, check_dtype=False)


@pytest.fixture
def year(tmp_path: Path) -> Path:
    """A made-up year of two areas in the pack's FY2024."""
    hours = pd.date_range("2024-04-01", periods=8760, freq="h")
    wave = np.sin(np.arange(8760) / 24 * 2 * np.pi)
    noise = np.random.default_rng(1).normal(size=(2, 365)).repeat(24, axis=1)
    tables = []
    for number, area in enumerate(("chubu", "tokyo")):
        figures = dict.fromkeys(NEEDED, 10.0) | {
            "demand": 1000 + 100 * wave + 50 * noise[number],
            "solar": np.maximum(0.0, 300 * -wave) * (1 + 0.2 * np.tanh(noise[number])),
            "wind": 20 + 3 * np.tanh(noise[number]) + wave,
        }
        tables.append(pd.DataFrame({"hour": hours.strftime("%Y-%m-%d %H:%M"), "area": area, **figures}))
    path = tmp_path / "actuals.csv"
    pd.concat(tables).to_csv(path, index=False)
    return path


def test_incomplete_years_are_refused_with_the_hours(year: Path) -> None:
    table = pd.read_csv(year)
    gone = table.drop(index=[100, 101])
    gone.to_csv(year, index=False)
    with pytest.raises(InputError) as caught:
        calibrate(year, None, JAPAN)
    (problem,) = caught.value.problems
    assert problem.code == "E387"
    assert problem.message == "chubu: missing: 2 hours: 2024-04-05 04:00, 2024-04-05 05:00"


def test_faults_of_an_hourly_table_are_named(year: Path) -> None:
    text = year.read_text("utf-8")
    for old, new, code in (
        ("2024-04-01 02:00", "2024-04-01 2 am", "E387"),
        (",chubu,1000.0", ",chubu,many", "E385")
        if ",chubu,1000.0" in text
        else ("chubu,", "chubu,?", "E385"),
        ("biomass", "bio", "E384"),
    ):
        year.write_text(text.replace(old, new, 1), "utf-8")
        with pytest.raises(InputError) as caught:
            read_actuals(year)
        assert caught.value.problems[0].code == code, caught.value.problems


def test_another_year_gets_its_own_calendar(year: Path, tmp_path: Path) -> None:
    """FY2025 begins on a Tuesday after a workday: its first day is a plain workday; FY2024's is a Monday."""
    table = pd.read_csv(year)
    moved = pd.to_datetime(table["hour"]) + pd.Timedelta(days=365)
    table.assign(hour=moved.dt.strftime("%Y-%m-%d %H:%M")).to_csv(year, index=False)
    tables = calibrate(year, None, JAPAN)
    calendar = tables["weather_calendar"]
    assert calendar["date"].iloc[[0, -1]].tolist() == ["2025-04-01", "2026-03-31"]
    assert calendar["day_type"].iloc[0] == "workday"
    assert calendar.set_index("date").loc["2025-11-24", "name_en"] == "Labour Thanksgiving Day observed"


def test_the_command_writes_and_does_not_overwrite(year: Path, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    for name in ("weather_calendar.csv", "renewables_existing.csv"):
        shutil.copy(JAPAN / name, pack / name)
    words = ["calibrate", "--actuals", str(year), "-o", str(pack)]
    assert main(words) == 0
    before = {name: (pack / f"weather_{name}.csv").read_bytes() for name in STATISTICS}
    assert main(words) == 2
    assert main([*words, "--replace"]) == 0
    assert {name: (pack / f"weather_{name}.csv").read_bytes() for name in STATISTICS} == before


def test_a_folder_with_the_imported_table_is_as_good_as_the_table(year: Path, tmp_path: Path) -> None:
    folder = tmp_path / "imported"
    folder.mkdir()
    shutil.copy(year, folder / "actuals_hourly.csv")
    pd.testing.assert_frame_equal(read_actuals(folder), read_actuals(year))
    (folder / "actuals_hourly.csv").rename(folder / "something.csv")
    with pytest.raises(InputError) as caught:
        read_actuals(folder)
    assert caught.value.problems[0].code == "E380"
    assert "actuals_hourly.csv" in caught.value.problems[0].message


def test_import_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_month(tmp_path / "eria_jukyu_202404_01.csv", month_rows("2024-04"))
    target = tmp_path / "out"
    assert main(["import", "eria-jukyu", str(file), "-o", str(target)]) == 0
    assert len(pd.read_csv(target / "actuals_hourly.csv")) == 720
    assert main(["import", "eria-jukyu", str(file), "-o", str(target)]) == 2
    assert main(["import", "eria-jukyo", str(file), "-o", str(target)]) == 2
    assert 'Did you mean "eria-jukyu"' in capsys.readouterr().err
    assert main(["import", "jepx", str(file), "-o", str(target)]) == 3
    assert main(["import", "--list"]) == 0
    assert "eria-jukyu" in capsys.readouterr().out


def test_the_shipped_statistics_are_its_output(tmp_path: Path) -> None:
    """Byte by byte from the actuals of FY2024; any figure drawn otherwise would differ."""
    actuals = REFERENCE / "hourly_fy2024_all_areas.csv.gz"
    if not actuals.is_file():
        pytest.skip("the operators' actuals may not be redistributed: ../shared/reference is not here")
    assert_shipped(calibrate(actuals, None, JAPAN), tmp_path)


@pytest.mark.full
def test_the_shipped_statistics_follow_from_the_operators_own_files(tmp_path: Path) -> None:
    archive = REFERENCE / "eria_jukyu_fy2024.tar.xz"
    if not archive.is_file():
        pytest.skip("the operators' files may not be redistributed: ../shared/reference is not here")
    with tarfile.open(archive) as packed:
        unpack(packed, tmp_path / "files")
    (folder,) = {path.parent for path in (tmp_path / "files").rglob("eria_jukyu_*.csv")}
    assert_shipped(calibrate(folder, None, JAPAN), tmp_path)


def assert_shipped(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    assert set(tables) == {f"weather_{name}" for name in STATISTICS}
    for name, table in tables.items():
        table.to_csv(folder / "table.csv", index=False, lineterminator="\n")
        assert (folder / "table.csv").read_bytes() == (JAPAN / f"{name}.csv").read_bytes(), name
