"""An import into a pack leaves a pack that validates, says what is missing yet, or is refused as a whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from test_ninja import write_ninja

from optimizer.cli import main
from optimizer.inputs.importers import REGISTRY, Note, Noted
from optimizer.inputs.pack import find_pack
from optimizer.scenario.tables import PACK_TABLES

HOURS_FILE = "hourly_site_cf.parquet"


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of the shipped pack of Germany with the shared figures beside it."""
    shipped = find_pack("germany")
    shutil.copytree(shipped, tmp_path / "mine")
    shutil.copy(shipped.parent / "parameters.csv", tmp_path / "parameters.csv")
    return tmp_path / "mine"


@pytest.fixture
def ninja(tmp_path: Path) -> Path:
    return write_ninja(tmp_path / "ninja_wind_50.0000_9.0000.csv")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def sites_of(pack: Path) -> list[str]:
    return [str(site) for site in pd.read_csv(pack / "sites.csv")["site"]]


def test_one_site_of_many_is_written_and_what_is_missing_is_said(pack, ninja, capsys):
    """Hours of one site leave all others without: E338, said at once and not found at the next run."""
    first = sites_of(pack)[0]
    words = ["import", "ninja", str(ninja), "-o", str(pack), "--option", f"site={first}"]
    assert main([*words, "--lang", "en"]) == 0
    said = capsys.readouterr().err
    assert "written; the pack does not yet validate, 1 problem:" in said
    assert "mine/hourly_site_cf.parquet  E338" in said
    assert "Traceback" not in said
    assert main(["validate", str(pack)]) == 3
    assert main([*words, "--lang", "ja"]) == 0  # the same hours again change nothing
    assert "まだ検証を通りません" in capsys.readouterr().err


def test_a_second_site_is_added_and_the_last_one_makes_the_pack_whole(pack, ninja, capsys):
    *most, last = sites_of(pack)
    assert main(["import", "ninja", str(ninja), "-o", str(pack), "--option", f"site={last}"]) == 0
    hours = pd.read_parquet(pack / HOURS_FILE)
    pd.concat([hours.assign(site=site) for site in most]).to_parquet(pack / HOURS_FILE, index=False)
    assert main(["validate", str(pack)]) != 0
    capsys.readouterr()
    assert main(["import", "ninja", str(ninja), "-o", str(pack), "--option", f"site={last}"]) == 0
    assert capsys.readouterr().err == ""
    table = pd.read_parquet(pack / HOURS_FILE)
    assert len(table) == 8760 * (len(most) + 1)
    assert main(["validate", str(pack)]) == 0


def test_other_hours_of_a_site_need_replace_and_replace_no_other_site(pack, ninja, tmp_path):
    one, two = sites_of(pack)[:2]
    for site in (one, two):
        assert main(["import", "ninja", str(ninja), "-o", str(pack), "--option", f"site={site}"]) == 0
    text = ninja.read_text().splitlines()
    ninja.write_text("\n".join([*text[:4], *(line[:-6] + "0.5000" for line in text[4:])]) + "\n")
    words = ["import", "ninja", str(ninja), "-o", str(pack), "--option", f"site={one}"]
    before = content(pack)
    assert main(words) == 2
    assert content(pack) == before
    assert main([*words, "--replace"]) == 0
    cf = pd.read_parquet(pack / HOURS_FILE).groupby("site")["cf"].max()
    assert cf[one] == 0.5
    assert cf[two] == pytest.approx(0.8759)


def test_a_site_the_pack_does_not_have_is_refused_and_nothing_is_written(pack, ninja, capsys):
    before = content(pack)
    words = ["import", "ninja", str(ninja), "-o", str(pack), "--option", "site=NOWHERE"]
    assert main(words) == 3
    said = capsys.readouterr().err
    assert "mine/hourly_site_cf.parquet:1  E334" in said
    assert content(pack) == before


def test_a_right_pack_is_not_broken_in_files_the_import_does_not_touch(pack, tmp_path, capsys):
    """Areas renamed alone: every site would point nowhere."""
    areas = pd.read_csv(pack / "areas.csv", dtype=str, keep_default_na=False)
    areas["area"] = areas["area"] + "-new"
    areas.to_csv(tmp_path / "areas.csv", index=False)
    before = content(pack)
    words = ["import", "csv", str(tmp_path / "areas.csv"), "-o", str(pack), "--replace"]
    assert main(words) == 3
    said = capsys.readouterr().err
    assert "/mine  E379" in said
    assert 'E334  area "south_west" is not in table areas. Did you mean "south_west-new"?' in said
    assert content(pack) == before


def test_an_empty_folder_is_filled_step_by_step(pack, tmp_path, capsys):
    """Each table says what is missing yet; the last one says nothing more."""
    folder = tmp_path / "step" / "new"
    shutil.copytree(pack.parent / "mine", tmp_path / "source")
    names = ["areas", "sites"]
    for name in names:
        source = tmp_path / "source" / f"{name}.csv"
        assert main(["import", "csv", str(source), "-o", str(folder), "--lang", "en"]) == 0
        said = capsys.readouterr().err
        assert "the pack does not yet validate" in said
        assert "new/climate.csv  E321" in said
    wanted = {*PACK_TABLES, "parameters"} - set(names)
    rest = [path for path in sorted((tmp_path / "source").glob("*.csv")) if path.stem in wanted]
    assert main(["import", "csv", *map(str, rest), "-o", str(folder), "--lang", "en"]) == 0
    assert capsys.readouterr().err == ""


def test_notes_are_said_in_both_languages_and_are_no_fault(pack, tmp_path, capsys):
    leap = write_ninja(tmp_path / "ninja_wind_50.0000_9.0000_2020.csv", year=2020)
    folder = tmp_path / "bare"
    words = ["import", "ninja", str(leap), "-o", str(folder), "--option", "site=X"]
    assert main([*words, "--lang", "en"]) == 0
    assert "29 February left out" in capsys.readouterr().err
    assert main([*words, "--lang", "ja"]) == 0
    assert "2 月 29 日を除きました" in capsys.readouterr().err


def test_any_reader_may_leave_notes():
    tables = Noted({"sites": pd.DataFrame()}, [Note("said", "伝えた")])
    assert list(tables) == ["sites"]
    assert [note.line("ja") for note in tables.notes] == ["伝えた"]
    assert set(REGISTRY) >= {"ninja", "csv"}
