"""Options and files nobody would write by intent: a named error or a wrong command line, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
import test_boundaries
import test_jepx
import test_pypsa
from operator_files import month_rows, write_month
from test_ninja import write_ninja

from optimizer.cli import main


def refused(kind: str, file: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Import into a new folder; exit code and what was said; nothing may be written."""
    target = file.parent / "out"
    given = [word for option in options for word in ("--option", option)]
    code = main(["import", kind, str(file), "-o", str(target), "--lang", "en", *given])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert code == 0 or not target.exists(), "nothing is written"
    return code, said


@pytest.mark.parametrize(
    "option",
    [
        *("utc_offset_h=nan", "utc_offset_h=inf", "utc_offset_h=1e30", "utc_offset_h=100000"),
        *("capacity_kw=0", "capacity_kw=-1", "capacity_kw=nan", "site= "),
    ],
)
def test_numbers_of_ninja_that_mean_nothing(tmp_path, capsys, option):
    file = write_ninja(tmp_path / "ninja_wind_35.0000_139.0000.csv", capacity=2.0)
    given = {"site": "site=JP-14", "utc_offset_h": "utc_offset_h=9"}
    given[option.partition("=")[0]] = option
    code, said = refused("ninja", file, list(given.values()), capsys)
    assert code == 2, said
    assert option.partition("=")[0] in said


@pytest.mark.parametrize("option", ["simplify_m=nan", "simplify_m=-5", "simplify_m=inf", "encoding=klingon"])
def test_options_of_outlines_that_mean_nothing(tmp_path, capsys, option):
    file = test_boundaries.squares(tmp_path / "b.geojson", area=["x", "y"])
    code, said = refused("boundaries", file, ["area=area", option], capsys)
    assert code == 2, said


def test_one_column_for_site_and_area_and_a_column_that_is_none(tmp_path, capsys):
    file = test_boundaries.squares(tmp_path / "b.geojson", area=["x", "y"])
    assert refused("boundaries", file, ["key=geometry", "area=area"], capsys)[0] == 3
    assert refused("boundaries", file, ["key=site", "area=geometry"], capsys)[0] == 3
    assert refused("boundaries", file, ["key=area", "area=area"], capsys)[0] == 0


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("bus,area\n東京,x\n".encode("utf-16"), "E381"),
        (b"", "E382"),
        (b"root:x:0:0\n", "E325"),
        (b"bus,area\nb1,x,y\n", "E384"),
        (b'bus,area\n"' + b"x\n" * 200_000, "E384"),
    ],
)
def test_a_map_of_buses_that_is_no_table(tmp_path, capsys, content, code):
    folder = tmp_path / "network"
    folder.mkdir()
    for name, text in test_pypsa.FILES.items():
        (folder / name).write_text(text, "utf-8")
    (tmp_path / "map.csv").write_bytes(content)
    options = ["jpy_per_currency=160", f"map={tmp_path / 'map.csv'}"]
    number, said = refused("pypsa", folder, options, capsys)
    assert number == 3, said
    assert code in said
    assert "map.csv" in said


@pytest.mark.parametrize("kind", ["jepx", "ninja"])
def test_a_quote_that_swallows_the_rest_of_a_long_file(tmp_path, capsys, kind):
    if kind == "jepx":
        file = test_jepx.write(tmp_path, test_jepx.rows())
    else:
        file = write_ninja(tmp_path / "ninja_wind_35.0000_139.0000.csv", capacity=2.0)
    lines = file.read_bytes().splitlines()
    lines[6] = lines[6].replace(b",", b',"', 1)
    file.write_bytes(b"\n".join([*lines, *[b"," * 40] * 5000]))
    options = ["site=JP-14", "utc_offset_h=9"] if kind == "ninja" else []
    code, said = refused(kind, file, options, capsys)
    assert code == 3, said
    assert f"{file.name}:7  E384" in said


@pytest.mark.parametrize(("factor", "unit"), [(1000.0, "kW"), (0.001, "GW")])
def test_an_operator_file_in_another_unit(tmp_path, capsys, factor, unit):
    rows = [
        {key: value * factor if isinstance(value, int | float) else value for key, value in row.items()}
        for row in month_rows("2024-04")
    ]
    file = write_month(tmp_path / "eria_jukyu_202404_01.csv", rows)
    code, said = refused("eria-jukyu", file, [], capsys)
    assert code == 3, said
    assert "E389" in said
    assert f"is it {unit}?" in said


def test_a_year_before_there_were_operators(tmp_path, capsys):
    file = write_month(tmp_path / "eria_jukyu_000004_01.csv", month_rows("2024-04"))
    code, said = refused("eria-jukyu", file, [], capsys)
    assert code == 3
    assert "E383" in said


def test_a_workbook_damaged_anywhere_is_no_workbook(tmp_path, capsys):
    """A flipped byte in a packed sheet is noticed by zlib, not by zipfile; parts nobody reads may be damaged."""
    assert main(["init", str(tmp_path / "new"), "--template", "xlsx"]) == 0
    good = next((tmp_path / "new").rglob("*.xlsx")).read_bytes()
    file = tmp_path / "damaged.xlsx"
    codes = []
    for at in range(2000, len(good) - 2000, len(good) // 10):
        file.write_bytes(good[:at] + bytes(byte ^ 0x5A for byte in good[at : at + 8]) + good[at + 8 :])
        codes.append(main(["import", "xlsx", str(file), "-o", str(tmp_path / f"out-{at}"), "--lang", "en"]))
    assert set(codes) <= {0, 3}, capsys.readouterr().err
    assert codes.count(3) > 2
