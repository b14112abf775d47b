"""Renewables.ninja: UTC becomes local time, a year stays a year, and what a file does not say is asked for."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.errors import InputError, UsageError
from optimizer.inputs.importers import find_importer

NINJA = find_importer("ninja")


def write_ninja(
    path: Path, year: int = 2019, local: bool = True, capacity: float = 1.0, kind: str = "Wind"
) -> Path:
    """Three comment lines and hourly rows, as the site writes them; the value is hour of the UTC year / 10,000."""
    utc = pd.date_range(f"{year}-01-01", f"{year}-12-31 23:00", freq="h")
    params = {
        "lat": 35.0,
        "lon": 139.0,
        "date_from": f"{year}-01-01",
        "dataset": "merra2",
        "capacity": capacity,
    }
    units = {"time": "UTC", "local_time": "Asia/Tokyo", "electricity": "kW"}
    head = [
        f"# Renewables.ninja {kind} (Point API) - 35.0000, 139.0000 - Version: 1.1 - License: CC-BY-NC",
        "# Units: time in UTC, local_time in Asia/Tokyo, electricity in kW",
        "# " + json.dumps({"units": units, "params": params}),
        "time,local_time,electricity" if local else "time,electricity",
    ]
    kw = np.arange(len(utc)) / 10_000 * capacity
    for moment, value in zip(utc, kw, strict=True):
        own = f"{moment + pd.Timedelta(hours=9):%Y-%m-%d %H:%M}," if local else ""
        head.append(f"{moment:%Y-%m-%d %H:%M},{own}{value:.4f}")
    path.write_text("\n".join(head) + "\n")
    return path


def codes(*arguments) -> list[str]:
    with pytest.raises(InputError) as caught:
        NINJA.read(*arguments)
    assert all(problem.message_ja for problem in caught.value.problems)
    return [problem.code for problem in caught.value.problems]


def test_utc_becomes_local_time_and_wraps_round_the_year(tmp_path):
    """00:00 UTC on 1 January is 09:00 in Japan: hour 9 holds value 0; hour 0 holds that of 15:00 UTC, 31 December."""
    table = NINJA.read(
        [write_ninja(tmp_path / "ninja_wind_35.0000_139.0000_corrected.csv")], {"site": "JP-13"}
    )
    cf = table["hourly_site_cf"].set_index("hour")["cf"]
    assert len(cf) == 8760
    assert cf[9] == 0.0
    assert cf[0] == pytest.approx((8760 - 9) / 10_000)
    assert set(table["hourly_site_cf"]["technology"]) == {"onshore"}


def test_leap_day_is_left_out(tmp_path):
    """2020 has 8,784 hours; 28 February 23:00 and 1 March 00:00 local become neighbours, 25 hours apart in UTC."""
    path = write_ninja(tmp_path / "ninja_pv_35.0000_139.0000.csv", year=2020)
    cf = NINJA.read([path], {"site": "X"})["hourly_site_cf"].set_index("hour")["cf"]
    march = (31 + 28) * 24
    assert len(cf) == 8760
    assert cf[march] - cf[march - 1] == pytest.approx(25 / 10_000)


def test_output_is_divided_by_the_capacity_in_the_header(tmp_path):
    path = write_ninja(tmp_path / "ninja_wind_35.0000_139.0000.csv", capacity=500.0)
    cf = NINJA.read([path], {"site": "X"})["hourly_site_cf"]["cf"]
    assert cf.max() == pytest.approx(0.8759)


def test_coordinates_find_the_site_of_the_pack(tmp_path):
    """35.0 N, 139.0 E is 40 km from Shizuoka's capital and farther from any other."""
    path = write_ninja(tmp_path / "ninja_wind_35.0000_139.0000.csv")
    table = NINJA.read([path], {"pack": "japan", "tolerance_km": "80"})["hourly_site_cf"]
    assert set(table["site"]) == {"JP-22"}
    assert codes([path], {"pack": "japan", "tolerance_km": "5"}) == ["E393"]


def test_two_files_of_one_site_are_refused(tmp_path):
    files = [write_ninja(tmp_path / f"ninja_wind_35.0000_139.0000_{n}.csv") for n in "ab"]
    assert codes(files, {"pack": "japan", "tolerance_km": "80"}) == ["E393"]


@pytest.mark.parametrize(
    ("mangle", "code", "line"),
    [
        (lambda rows: rows[:3] + rows[4:], "E384", 4),  # no header
        (lambda rows: rows[:-5], "E394", 0),  # five hours short
        (lambda rows: rows[:100] + rows[101:], "E394", 101),  # one hour out of the middle
        (lambda rows: [*rows[:50], "2019-01-02 22:00", *rows[51:]], "E394", 51),  # a row cut short
        (lambda rows: [*rows[:50], "someday,2019-01-02 07:00,0.1", *rows[51:]], "E394", 51),
        (lambda rows: [*rows[:50], "2019-01-02 22:00,2019-01-03 07:00,n/a", *rows[51:]], "E385", 51),
        (lambda rows: [*rows[:50], "2019-01-02 22:00,2019-01-03 07:00,", *rows[51:]], "E386", 51),
        (lambda rows: [*rows[:50], "2019-01-02 22:00,2019-01-03 07:00,1.2", *rows[51:]], "E395", 51),
        (lambda rows: [*rows[:50], "2019-01-02 22:00,2019-01-03 07:00,-0.1", *rows[51:]], "E395", 51),
    ],
)
def test_mangled_file_is_named_with_its_line(tmp_path, mangle, code, line):
    path = write_ninja(tmp_path / "ninja_wind_35.0000_139.0000.csv")
    path.write_text("\n".join(mangle(path.read_text().splitlines())) + "\n")
    with pytest.raises(InputError) as caught:
        NINJA.read([path], {"site": "X"})
    first = caught.value.problems[0]
    assert first.code == code
    assert first.place.endswith(f"{path.name}:{line}" if line else path.name)


def test_what_the_file_does_not_say_is_asked_for(tmp_path):
    silent = write_ninja(tmp_path / "ninja_wind_35.0000_139.0000.csv", local=False)
    assert codes([silent], {"site": "X"}) == ["E396"]
    assert len(NINJA.read([silent], {"site": "X", "utc_offset_h": "9"})["hourly_site_cf"]) == 8760
    nameless = tmp_path / "download.csv"
    nameless.write_text("\n".join(silent.read_text().splitlines()[3:]))
    assert codes([nameless], {"site": "X", "utc_offset_h": "9"}) == ["E396"]
    with pytest.raises(UsageError, match="which sites"):
        NINJA.read([silent], {"utc_offset_h": "9"})
    with pytest.raises(UsageError, match="no option"):
        NINJA.read([silent], {"colour": "red"})


def test_missing_and_binary_files_are_named(tmp_path):
    assert codes([tmp_path / "ninja_pv_1.0_1.0.csv"], {"site": "X"}) == ["E380"]
    binary = tmp_path / "ninja_pv_1.0_2.0.csv"
    binary.write_bytes(b"\x80\x81\xff\xfe\x00")
    assert codes([binary], {"site": "X"})[0] == "E381"
