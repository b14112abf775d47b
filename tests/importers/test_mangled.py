"""A mangled copy of every format: exit code 3, a named code, the file, the line; no traceback, nothing written.

Each format gives a good small file (imported first, so that a mangled copy fails for its damage alone) and the
places where a figure, a date and a name stand.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas as pd
import pytest
import test_boundaries
import test_jepx
import test_occto
import test_pypsa
from operator_files import month_rows, write_month
from test_ninja import write_ninja

from optimizer.cli import main
from optimizer.inputs.pack import find_pack

JAPAN = find_pack("japan")


class Text(NamedTuple):
    """A format of lines and commas: how to make a good file, and where things stand in it (counted from 0)."""

    make: Callable[[Path], Path]
    options: tuple[str, ...]
    header: int
    figure: tuple[int, int]
    moment: tuple[int, int] | None = None
    encoding: str = "utf-8"
    skipped: tuple[str, ...] = ()
    folder: bool = False


def make_operator(folder: Path) -> Path:
    return write_month(folder / "eria_jukyu_202404_01.csv", month_rows("2024-04"))


def make_prices(folder: Path) -> Path:
    return test_jepx.write(folder, test_jepx.rows())


def make_flows(folder: Path) -> Path:
    return test_occto.write(folder, test_occto.FLOW_HEADER, test_occto.flow_rows())


def make_ninja(folder: Path) -> Path:
    return write_ninja(folder / "ninja_wind_35.0000_139.0000.csv", capacity=2.0)


def make_table(folder: Path) -> Path:
    return Path(shutil.copy(JAPAN / "sites.csv", folder / "sites.csv"))


def make_points(folder: Path) -> Path:
    path = folder / "points.csv"
    path.write_text("site,lon,lat\nx1,139.70,35.69\nx2,135.50,34.69\nx3,141.35,43.06\n", "utf-8")
    return path


def make_network(folder: Path) -> Path:
    for name, text in test_pypsa.FILES.items():
        (folder / name).write_text(text, "utf-8")
    return folder / "generators.csv"


TEXTS = {
    "eria-jukyu": Text(make_operator, (), 1, (10, 5), (10, 0), "cp932"),
    "jepx": Text(make_prices, (), 0, (10, 5), (10, 0), "cp932"),
    "occto": Text(make_flows, (), 1, (10, 13), (10, 1), "utf-8-sig"),
    "ninja": Text(make_ninja, ("site=JP-14",), 3, (10, 2), (10, 0)),
    "csv": Text(make_table, (), 0, (10, 7)),
    "sites": Text(make_points, ("pack=japan",), 0, (2, 1)),
    "pypsa": Text(make_network, ("jpy_per_currency=160",), 0, (3, 3), folder=True),
}


def rows_of(raw: bytes, kind: Text) -> list[list[str]]:
    return [line.replace('"', "").split(",") for line in raw.decode(kind.encoding).splitlines()]


def joined(rows: list[list[str]], kind: Text) -> bytes:
    return ("\r\n".join(",".join(row) for row in rows) + "\r\n").encode(kind.encoding)


def with_cell(raw: bytes, kind: Text, at: tuple[int, int] | None, value: str) -> bytes:
    assert at is not None
    rows = rows_of(raw, kind)
    rows[at[0]][at[1]] = value
    return joined(rows, kind)


def cut(raw: bytes, kind: Text) -> bytes:
    """The file ends in the first cell of a row in its middle."""
    lines = raw.splitlines(keepends=True)
    middle = max(len(lines) // 2, kind.header + 2)
    return b"".join(lines[:middle]) + lines[middle][:2]


def without_column(raw: bytes, kind: Text) -> bytes:
    rows, column = rows_of(raw, kind), kind.figure[1]
    return joined([row[:column] + row[column + 1 :] if len(row) > column else row for row in rows], kind)


def renamed(raw: bytes, kind: Text) -> bytes:
    return with_cell(raw, kind, (kind.header, kind.figure[1]), "something_else")


def twice(raw: bytes, kind: Text) -> bytes:
    rows = rows_of(raw, kind)
    return joined([*rows[: kind.figure[0] + 1], rows[kind.figure[0]], *rows[kind.figure[0] + 1 :]], kind)


def times_thousand(raw: bytes, kind: Text) -> bytes:
    rows, column = rows_of(raw, kind), kind.figure[1]
    for row in rows[kind.header + 1 :]:
        if len(row) > column and re.fullmatch(r"-?[\d.]+", row[column]):
            row[column] = f"{float(row[column]) * 1000 + 1000:g}"
    return joined(rows, kind)


DAMAGE: dict[str, tuple[bool, Callable[[bytes, Text], bytes]]] = {
    "cut in the middle": (True, cut),
    "another encoding": (False, lambda raw, kind: raw.decode(kind.encoding).encode("utf-16")),
    "bytes of no encoding": (True, lambda raw, kind: raw.replace(b"\n", b"\n\xff\xfd\xfe", 6)),
    "header renamed": (True, renamed),
    "column dropped": (True, without_column),
    "letters in a number": (True, lambda raw, kind: with_cell(raw, kind, kind.figure, "12o")),
    "NaN": (True, lambda raw, kind: with_cell(raw, kind, kind.figure, "NaN")),
    "infinite": (True, lambda raw, kind: with_cell(raw, kind, kind.figure, "inf")),
    "row twice": (True, twice),
    "a day that is none": (True, lambda raw, kind: with_cell(raw, kind, kind.moment, "2024/13/45")),
    "empty": (False, lambda raw, kind: b""),
    "binary junk": (False, lambda raw, kind: bytes(range(256)) * 40),
    "a zip that is none": (False, lambda raw, kind: b"PK\x03\x04" + bytes(200)),
    "another delimiter": (False, lambda raw, kind: raw.replace(b",", b";")),
    "times 1000": (False, times_thousand),
}
"""By name: whether a line must be named, and what is done to the file."""

ABSENT = {*((kind, "a day that is none") for kind in ("csv", "sites", "pypsa")), ("pypsa", "times 1000")}
"""Where a format has no dates, or no limit: a generator of a network may have any size."""

LINELESS = {("csv", "bytes of no encoding")}
"""Tables of a pack are decoded as a whole."""

CASES = [(kind, damage) for kind in TEXTS for damage in DAMAGE if (kind, damage) not in ABSENT]


def refused(kind: str, files: list[Path], options: tuple[str, ...], target: Path, capsys) -> list[str]:
    """Import, expect a refusal that leaves nothing; the lines on stderr."""
    capsys.readouterr()
    given = [word for option in options for word in ("--option", option)]
    code = main(["import", kind, *map(str, files), "-o", str(target), "--lang", "en", *given])
    said = capsys.readouterr()
    assert code == 3, (code, said.err)
    assert "Traceback" not in said.err
    assert said.out == ""
    assert not target.exists(), "nothing is written"
    lines = said.err.splitlines()
    assert re.search(r"  E3\d\d  ", lines[0]), lines[0]
    return lines


def accepted(kind: str, files: list[Path], options: tuple[str, ...], target: Path) -> None:
    given = [word for option in options for word in ("--option", option)]
    assert main(["import", kind, *map(str, files), "-o", str(target), *given]) == 0


@pytest.mark.parametrize("kind", TEXTS)
def test_the_good_file_is_imported(kind: str, tmp_path: Path) -> None:
    text = TEXTS[kind]
    (tmp_path / "in").mkdir()
    path = text.make(tmp_path / "in")
    accepted(kind, [path.parent if text.folder else path], text.options, tmp_path / "out")


@pytest.mark.parametrize(("kind", "damage"), CASES)
def test_a_mangled_file_is_named_and_nothing_is_written(
    kind: str, damage: str, tmp_path: Path, capsys
) -> None:
    text, (has_line, mangle) = TEXTS[kind], DAMAGE[damage]
    (tmp_path / "in").mkdir()
    path = text.make(tmp_path / "in")
    path.write_bytes(mangle(path.read_bytes(), text))
    lines = refused(kind, [path.parent if text.folder else path], text.options, tmp_path / "out", capsys)
    assert any(path.name in line.split("  E3")[0] for line in lines), lines
    if has_line and (kind, damage) not in LINELESS:
        assert any(re.search(rf"{re.escape(path.name)}:\d+", line) for line in lines), lines


def make_workbook(folder: Path) -> Path:
    """Two sheets, as a person might send them."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name in ("areas", "sites"):
        sheet = book.create_sheet(name)
        table = pd.read_csv(JAPAN / f"{name}.csv", dtype=str, keep_default_na=False)
        sheet.append(list(table))
        for row in table.itertuples(index=False):
            sheet.append([float(cell) if re.fullmatch(r"-?\d+\.?\d*", cell) else cell for cell in row])
    book.save(folder / "mine.xlsx")
    return folder / "mine.xlsx"


def with_changes(change: Callable[[openpyxl.Workbook], None]) -> Callable[[Path], None]:
    def mangle(path: Path) -> None:
        book = openpyxl.load_workbook(path)
        change(book)
        book.save(path)

    return mangle


def set_cell(name: str, value: object) -> Callable[[Path], None]:
    return with_changes(lambda book: book["sites"].__setitem__(name, value))


def times_thousand_mw(book: openpyxl.Workbook) -> None:
    for row in range(2, 49):
        book["sites"][f"H{row}"] = float(book["sites"][f"H{row}"].value) * 1000 + 1e5


def row_again(book: openpyxl.Workbook) -> None:
    book["sites"].append([cell.value for cell in book["sites"][2]])


def cut_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zip_of_words(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("words.txt", "no workbook")


WORKBOOK: dict[str, tuple[str, Callable[[Path], None]]] = {
    "cut in the middle": ("", cut_file),
    "header renamed": ("!", set_cell("H1", "something_else")),
    "column dropped": ("!", with_changes(lambda book: book["sites"].delete_cols(8))),
    "letters in a number": ("!H3", set_cell("H3", "12o")),
    "NaN": ("!H3", set_cell("H3", "NaN")),
    "infinite": ("!H3", set_cell("H3", "inf")),
    "row twice": ("!", with_changes(row_again)),
    "a date for a number": ("!H3", set_cell("H3", pd.Timestamp("2026-01-02").to_pydatetime())),
    "times 1000": ("!H2", with_changes(times_thousand_mw)),
    "empty": ("", lambda path: path.write_bytes(b"") and None),
    "binary junk": ("", lambda path: path.write_bytes(bytes(range(256)) * 40) and None),
    "a zip that is none": ("", lambda path: path.write_bytes(b"PK\x03\x04" + bytes(200)) and None),
    "a zip of something else": ("", zip_of_words),
}


@pytest.mark.parametrize("damage", WORKBOOK)
def test_a_mangled_workbook_names_sheet_and_cell(damage: str, tmp_path: Path, capsys) -> None:
    place, mangle = WORKBOOK[damage]
    path = make_workbook(tmp_path)
    mangle(path)
    lines = refused("xlsx", [path], (), tmp_path / "out", capsys)
    assert any("mine.xlsx" in line and (f"sites{place}" in line if place else True) for line in lines), lines


GEOJSON: dict[str, Callable[[bytes], bytes]] = {
    "cut in the middle": lambda raw: raw[: len(raw) // 2],
    "another encoding": lambda raw: raw.decode().encode("utf-16"),
    "header renamed": lambda raw: raw.replace(b'"site"', b'"something"'),
    "column dropped": lambda raw: raw.replace(b'"grid"', b'"g"'),
    "letters in a number": lambda raw: raw.replace(b"2.0", b"2o", 1),
    "NaN": lambda raw: raw.replace(b"2.0", b"NaN", 1),
    "times 1000": lambda raw: raw.replace(b"2.0", b"2000.0"),
    "empty": lambda raw: b"",
    "binary junk": lambda raw: bytes(range(256)) * 40,
    "a zip that is none": lambda raw: b"PK\x03\x04" + bytes(200),
}


@pytest.mark.parametrize("damage", GEOJSON)
def test_mangled_outlines_are_named(damage: str, tmp_path: Path, capsys) -> None:
    path = test_boundaries.squares(tmp_path / "outlines.geojson")
    path.write_bytes(GEOJSON[damage](path.read_bytes()))
    lines = refused("boundaries", [path], ("area=grid",), tmp_path / "out", capsys)
    assert any("outlines.geojson" in line for line in lines), lines


BINARY: dict[str, Callable[[bytes], bytes]] = {
    "cut in the middle": lambda raw: raw[: len(raw) // 2],
    "cut at its start": lambda raw: raw[100:],
    "empty": lambda raw: b"",
    "binary junk": lambda raw: bytes(range(256)) * 40,
    "a zip that is none": lambda raw: b"PK\x03\x04" + bytes(200),
    "a page instead": lambda raw: b"<html><body>404</body></html>",
    "text instead": lambda raw: b"a,b\n1,2\n",
    "zeros": lambda raw: bytes(len(raw)),
}


@pytest.mark.parametrize("damage", BINARY)
@pytest.mark.parametrize("name", ["n03.shp", "n03.gpkg"])
def test_mangled_administrative_areas_are_named(name: str, damage: str, tmp_path: Path, capsys) -> None:
    path = test_boundaries.n03(tmp_path / name, ["13101", "13102"], ["東京都"] * 2)
    path.write_bytes(BINARY[damage](path.read_bytes()))
    options = ("pack=japan", "level=municipality")
    lines = refused("n03", [path], options, tmp_path / "out", capsys)
    assert any(name in line for line in lines), lines


@pytest.mark.parametrize("damage", BINARY)
def test_mangled_netcdf_is_named(damage: str, tmp_path: Path, capsys) -> None:
    """Where netCDF cannot be read at all the same code says so; the file is named either way."""
    path = tmp_path / "profile.nc"
    path.write_bytes(BINARY[damage](b"\x89HDF\r\n\x1a\n" + bytes(4000)))
    lines = refused("atlite", [path], ("technology=solar", "utc_offset_h=9"), tmp_path / "out", capsys)
    assert any("profile.nc" in line for line in lines), lines
