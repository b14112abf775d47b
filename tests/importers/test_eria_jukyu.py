"""Operators' supply and demand: every layout, every trap, every kind of damage; and the 120 real files."""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pandas as pd
import pytest
from operator_files import FULL_WIDTH, HEADER, HEADER_22, month_rows, unpack, write_month

from optimizer.errors import InputError, UsageError
from optimizer.inputs.importers import find_importer
from optimizer.inputs.importers.common import read_text
from optimizer.inputs.importers.eria_jukyu import AREAS, COLUMNS

REFERENCE = Path(__file__).resolve().parents[2] / ".." / "shared" / "reference"
READ = find_importer("eria-jukyu").read
MONTH = "2024-04"


def imported(path: Path, **options: str) -> pd.DataFrame:
    return READ([path], options)["actuals_hourly"]


def plain(folder: Path, area: str = "01") -> Path:
    return folder / f"eria_jukyu_202404_{area}.csv"


LAYOUTS = {
    "20 columns, CP932": {},
    "22 columns": {"header": HEADER_22},
    "full-width brackets": {"header": FULL_WIDTH},
    "UTF-8 with mark": {"encoding": "utf-8-sig"},
    "short dates": {"date": "%Y/%-m/%-d"},
    "dates without slashes": {"date": "%Y%m%d"},
    "marked as final": {"first": "単位[MW平均],,,供給力(確報),,,"},
    "two lines above": {"first": "確報\r\n単位[MW平均]"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_says_the_same(tmp_path: Path, layout: str) -> None:
    """On paper: hour h is the mean of 1000 + h and 1010 + h; 30 days of it; the wrong column moves a sum."""
    table = imported(write_month(plain(tmp_path), month_rows(MONTH), **LAYOUTS[layout]))
    assert list(table) == ["hour", "area", *COLUMNS.values()]
    assert len(table) == 720
    assert table["hour"].iloc[0] == "2024-04-01 00:00"
    assert table["hour"].iloc[-1] == "2024-04-30 23:00"
    assert set(table["area"]) == {"hokkaido"}
    assert table["demand"].iloc[5] == 1010.0
    assert table["demand"].sum() == pytest.approx(30 * sum(1005 + hour for hour in range(24)))
    assert (table[["nuclear", "coal", "solar_curt", "hydro", "interconn"]] == [120, 400, 7, 100, 100]).all(
        axis=None
    )
    assert table["solar"].sum() == 30 * 8 * 50


def test_end_labels_and_reversed_sign_of_kyushu(tmp_path: Path) -> None:
    """0:30 … 24:00 labels ends: read as starts, every hour's demand would be half an hour off."""
    rows = month_rows(MONTH, end_labels=True, export_sign=True)
    table = imported(write_month(plain(tmp_path, "09"), rows, date="%Y%m%d"))
    assert table["demand"].iloc[:2].tolist() == [1005.0, 1006.0]
    assert (table["interconn"] == 100.0).all()


def test_end_labels_that_say_midnight_of_the_next_day(tmp_path: Path) -> None:
    rows = month_rows(MONTH, end_labels=True)
    for row in rows:
        if row["clock"] == "24:00":
            row |= {"clock": "0:00", "day": row["day"] + pd.Timedelta(days=1)}
    table = imported(write_month(plain(tmp_path), rows))
    assert table["demand"].iloc[[0, 23, 24]].tolist() == [1005.0, 1028.0, 1005.0]


def test_hourly_rows_are_taken_as_they_are(tmp_path: Path) -> None:
    assert imported(write_month(plain(tmp_path), month_rows(MONTH, step=60)))["demand"].iloc[3] == 1003.0


def test_thousands_spaces_blank_rows_and_a_column_nobody_fills(tmp_path: Path) -> None:
    rows = month_rows(MONTH)
    for row in rows:
        row |= {"geothermal": "", "thermal_other": "0 "}
    rows[0]["total"] = '"1,000"'
    path = write_month(plain(tmp_path), rows)
    path.write_bytes(path.read_bytes() + (",".join([""] * 20) + "\r\n").encode() * 48)
    table = imported(path)
    assert (table["geothermal"] == 0.0).all()
    assert len(table) == 720


def without(rows: list[dict], *numbers: int) -> list[dict]:
    return [row for number, row in enumerate(rows) if number not in numbers]


def changed(rows: list[dict], number: int, **values: object) -> list[dict]:
    rows[number] |= values
    return rows


FAULTS = {
    "text in a number": ("E385", 13, lambda r: changed(r, 10, coal="n/a")),
    "full stop for a number": ("E385", 13, lambda r: changed(r, 10, coal=".")),
    "not finite": ("E385", 13, lambda r: changed(r, 10, coal="1e999")),
    "empty cell": ("E386", 13, lambda r: changed(r, 10, coal="")),
    "no demand at all": ("E386", 3, lambda r: [row | {"demand": ""} for row in r]),
    "not a date": ("E387", 13, lambda r: changed(r, 10, clock="25:00")),
    "missing half hour": ("E387", 13, lambda r: without(r, 10)),
    "half hour twice": ("E387", 14, lambda r: [*r[:11], *r[10:]]),
    "cut after a row": ("E387", 902, lambda r: r[:900]),
    "another month": ("E388", 4, lambda r: month_rows("2024-05")),
    "out of order": ("E387", 14, lambda r: [*r[:10], r[11], r[10], *r[12:]]),
    "a day that is none": ("E387", 1443, lambda r: [*r, r[-1] | {"clock": "24:30"}]),
    "does not balance": ("E389", 13, lambda r: changed(r, 10, coal=900)),
    "no rows": ("E382", 2, lambda r: []),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_is_named_with_its_line(tmp_path: Path, fault: str) -> None:
    code, line, damage = FAULTS[fault]
    path = write_month(plain(tmp_path), damage(month_rows(MONTH)))
    with pytest.raises(InputError) as caught:
        imported(path)
    place = f"{tmp_path.name}/{path.name}"
    problem = next(one for one in caught.value.problems if one.code == code)
    assert problem.place.endswith(f"{place}:{line}" if line else place)
    assert problem.message_ja


BYTES = {
    "wrong bytes": ("E381", 3, lambda raw: raw.replace(b"2024/04/01", b"\xff\xfd\xfe4/04/01", 1)),
    "empty file": ("E382", 0, lambda raw: b""),
    "only blanks": ("E382", 0, lambda raw: b"\r\n \r\n"),
    "another kind of file": ("E383", 1, lambda raw: b"a,b\n1,2\n"),
    "a page instead of a file": ("E383", 1, lambda raw: b"<html><body>404</body></html>"),
    "column missing": ("E384", 2, lambda raw: raw.replace("水力,".encode("cp932"), b"", 1)),
    "column unknown": (
        "E384",
        2,
        lambda raw: raw.replace("水力,".encode("cp932"), "潮力,".encode("cp932"), 1),
    ),
    "column twice": ("E384", 2, lambda raw: raw.replace("水力,".encode("cp932"), "地熱,".encode("cp932"), 1)),
    "cut within a row": ("E384", 1442, lambda raw: raw[:-30]),
    "too many cells": ("E384", 3, lambda raw: raw.replace(b",1000,", b",1,000,", 1)),
    "broken gzip": ("E381", 1, lambda raw: b"\x1f\x8b\x08" + raw),
}


@pytest.mark.parametrize("fault", BYTES)
def test_mangled_bytes_are_named(tmp_path: Path, fault: str) -> None:
    code, line, damage = BYTES[fault]
    path = write_month(plain(tmp_path), month_rows(MONTH))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(InputError) as caught:
        imported(path)
    place = f"{tmp_path.name}/{path.name}"
    assert any(
        one.code == code and one.place.endswith(f"{place}:{line}" if line else place)
        for one in caught.value.problems
    ), caught.value.problems


def test_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    one = write_month(plain(tmp_path, "01"), changed(month_rows(MONTH), 0, coal="?"))
    two = write_month(plain(tmp_path, "02"), without(month_rows(MONTH), 5))
    with pytest.raises(InputError) as caught:
        READ([one, two, tmp_path / "eria_jukyu_202404_03.csv", tmp_path / "april.csv"], {})
    assert [problem.code for problem in caught.value.problems] == ["E385", "E387", "E380", "E383"]


def test_a_month_given_twice_is_refused(tmp_path: Path) -> None:
    path = write_month(plain(tmp_path), month_rows(MONTH))
    with pytest.raises(InputError) as caught:
        READ([path, path], {})
    assert caught.value.problems[0].code == "E388"


def test_the_current_month_only_where_asked_for(tmp_path: Path) -> None:
    """41 half hours are 20 whole hours; a half hour alone is no hour."""
    path = write_month(plain(tmp_path), month_rows(MONTH)[:41])
    with pytest.raises(InputError):
        imported(path)
    assert len(imported(path, incomplete="yes")) == 20
    with pytest.raises(UsageError, match="incomplete"):
        imported(path, tolerant="yes")


def test_a_half_hourly_month_in_under_two_seconds(tmp_path: Path) -> None:
    path = write_month(plain(tmp_path), month_rows(MONTH))
    start = time.process_time()
    imported(path)
    assert time.process_time() - start < 2.0


def test_importing_a_month_with_start_up_takes_under_two_seconds(tmp_path: Path) -> None:
    """Processor time of a new process, start-up included; measured 1.1 s, 1.6 s with all imports at once."""
    path = write_month(plain(tmp_path), month_rows(MONTH))
    words = ["import", "eria-jukyu", str(path), "-o", str(tmp_path / "out")]
    code = "import sys; from optimizer.cli import main; sys.exit(main(sys.argv[1:]))"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 2.0


def test_an_import_of_tables_loads_no_geometry_and_no_model(tmp_path: Path) -> None:
    path = write_month(plain(tmp_path), month_rows(MONTH))
    code = (
        "import sys; from optimizer.cli import main; main(sys.argv[1:]); "
        "print([name for name in ('scipy', 'geopandas', 'optimizer.milestones') if name in sys.modules])"
    )
    words = ["import", "eria-jukyu", str(path), "-o", str(tmp_path / "out")]
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


SWAPS = (
    ("nuclear", "lng"),
    ("solar", "wind"),
    ("solar", "hydro"),
    ("solar", "geothermal"),
    ("nuclear", "solar"),
    ("wind", "interconn"),
)


def swapped(rows: list[dict], one: str, other: str) -> list[dict]:
    return [row | {one: row[other], other: row[one]} for row in rows]


@pytest.mark.parametrize(("one", "other"), SWAPS)
def test_swapped_columns_are_named_though_their_sum_is_the_same(tmp_path: Path, one: str, other: str) -> None:
    """Wind blows 20 here, ships 100 out at times; unswapped the month is sound."""
    rows = [row | {"wind": 20, "interconn": row["interconn"] - 20} for row in month_rows(MONTH)]
    if other == "interconn":
        rows = [row | {"lng": row["lng"] + 200, "interconn": row["interconn"] - 200} for row in rows]
    imported(write_month(plain(tmp_path), rows))
    path = write_month(plain(tmp_path), swapped(rows, one, other))
    with pytest.raises(InputError) as caught:
        imported(path)
    first = caught.value.problems[0]
    titles = {ours: name for name, ours in COLUMNS.items()}
    assert first.code == "E389"
    assert first.place.rpartition(":")[2].isdigit()
    assert "swapped" in first.message
    assert f'"{titles[one]}"' in first.message
    assert f'"{titles[other]}"' in first.message


def test_sunshine_at_night_is_named_with_its_line(tmp_path: Path) -> None:
    """Row 10 is 5:00, row 46 is 23:00 of the first day: line 49 of the file; 4 MW of metering noise pass."""
    rows = month_rows(MONTH)
    imported(write_month(plain(tmp_path), changed(rows, 46, solar=4)))
    path = write_month(plain(tmp_path), changed(month_rows(MONTH), 46, solar=40))
    with pytest.raises(InputError) as caught:
        imported(path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.rpartition(":")[2]) == ("E389", "49")


def with_columns_swapped(path: Path, folder: Path, one: str, other: str) -> Path | None:
    """A copy of an operator's file with two columns exchanged; None where they hold the same."""
    rows = list(csv.reader(read_text(path).splitlines()))
    head = next(number for number, row in enumerate(rows) if row and row[0] == "DATE")
    names = [name.strip() for name in rows[head]]
    first, second = names.index(one), names.index(other)
    full = [row for row in rows[head + 1 :] if len(row) > max(first, second)]
    if all(row[first].strip() in ("0", "") and row[second].strip() in ("0", "") for row in full):
        return None
    for row in full:
        row[first], row[second] = row[second], row[first]
    copy = folder / path.name
    with copy.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return copy


@pytest.mark.parametrize("month", ["202406", pytest.param("", marks=pytest.mark.full)])
def test_real_files_with_columns_swapped_are_refused(
    real_files: list[Path], month: str, tmp_path: Path
) -> None:
    """Nuclear and LNG, solar and wind, of every area; where nothing ran in both, a swap changes nothing."""
    for path in [path for path in real_files if month in path.name]:
        for one, other in (("原子力", "火力(LNG)"), ("太陽光発電実績", "風力発電実績")):
            copy = with_columns_swapped(path, tmp_path, one, other)
            if copy is None:
                continue
            with pytest.raises(InputError) as caught:
                imported(copy)
            assert "swapped" in caught.value.problems[0].message, (path.name, one)


@pytest.fixture(scope="module")
def real_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    archive = REFERENCE / "eria_jukyu_fy2024.tar.xz"
    if not archive.is_file():
        pytest.skip("the operators' files may not be redistributed: ../shared/reference is not here")
    folder = tmp_path_factory.mktemp("eria")
    with tarfile.open(archive) as packed:
        unpack(packed, folder)
    return sorted(folder.rglob("eria_jukyu_*.csv"))


@pytest.mark.parametrize("month", ["202404", pytest.param("", marks=pytest.mark.full)])
def test_real_files_equal_an_independent_reading(real_files: list[Path], month: str) -> None:
    """The hourly extract was made by others; every figure is equal. A sign or a label wrong moves them."""
    files = [path for path in real_files if month in path.name]
    assert len(files) == (10 if month else 120)
    ours = READ(files, {})["actuals_hourly"]
    theirs = pd.read_csv(REFERENCE / "hourly_fy2024_all_areas.csv.gz")
    theirs = theirs[theirs["hour"].str.startswith(f"{month[:4]}-{month[4:]}" if month else "")]
    theirs = theirs.sort_values(["area", "hour"], ignore_index=True)
    assert set(ours["area"]) == set(AREAS.values())
    assert list(ours) == list(theirs)
    assert (ours[["hour", "area"]] == theirs[["hour", "area"]]).all(axis=None)
    figures = list(COLUMNS.values())
    assert (ours[figures] == theirs[figures]).all(axis=None)
    supply = [name for name in figures if name not in ("demand", "solar_curt", "wind_curt")]
    gap = ours[supply].sum(axis=1) - ours["demand"]
    assert gap.groupby(ours["area"]).mean().abs().max() < 350.0  # what the files call other supply


def test_layouts_here_are_those_of_the_header_row() -> None:
    assert HEADER.count(",") == 19
    assert HEADER_22.count(",") == 21
