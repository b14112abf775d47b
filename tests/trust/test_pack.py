"""Every fault of a pack is named with its own code and line, all of them at once, and the shipped pack has none."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from optimizer.errors import InputError
from optimizer.inputs.boundaries import read_boundaries
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.scenario.sources import shipped_folder
from optimizer.scenario.tables import PACK_TABLES

JAPAN = shipped_folder("data") / "japan"


@pytest.fixture
def pack(tmp_path) -> Path:
    """A writable copy of the shipped pack with the shared parameters above it."""
    folder = tmp_path / "data" / "copy"
    shutil.copytree(JAPAN, folder, ignore=shutil.ignore_patterns("weather_*", "*.gpkg"))
    shutil.copy(JAPAN.parent / "parameters.csv", folder.parent / "parameters.csv")
    return folder


def edit(path: Path, line: int, column: str, cell: str) -> None:
    """Overwrite one cell; `line` counts from 1, the header is line 1."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    table.loc[line - 2, column] = cell
    table.to_csv(path, index=False)


def faults(folder: Path) -> set[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        read_pack(folder)
    assert all(problem.message and problem.message_ja for problem in caught.value.problems)
    return {(problem.place.rsplit("/", 1)[-1], problem.code) for problem in caught.value.problems}


def test_shipped_pack_is_clean_and_canonical():
    pack = read_pack(find_pack("japan"))
    assert set(pack.tables) == set(PACK_TABLES)
    assert len(pack.tables["sites"]) == 47
    assert len(pack.tables["areas"]) == 10
    for name, table in pack.tables.items():
        assert list(table.index.names) == list(PACK_TABLES[name].key)
        assert table.index.is_unique
        assert table.index.is_monotonic_increasing
    assert pack.tables["climate"].index.get_level_values("month").dtype == "int64"
    assert len(pack.hashes["japan/sites.csv"]) == 64
    assert pack.parameters.at["jpy_per_usd", "value"] == 149.57


PLANTED = [
    # table, line, column, cell, code: every kind of bad cell, each on a line of its own
    ("sites", 3, "headroom_mw", "", "E328"),
    ("sites", 4, "headroom_mw", "about 300", "E329"),
    ("sites", 5, "headroom_mw", "３００", "E330"),
    ("sites", 6, "headroom_mw", "NaN", "E331"),
    ("sites", 7, "headroom_mw", "1e999", "E331"),
    ("sites", 8, "headroom_mw", "#N/A", "E331"),
    ("sites", 9, "headroom_mw", "-inf", "E331"),
    ("sites", 10, "headroom_mw", "-1", "E332"),
    ("sites", 11, "headroom_mw", "300000", "E336"),
    ("sites", 12, "headroom_mw", "1,200", "E342"),
    ("sites", 13, "headroom_mw", "1_200", "E329"),
    ("sites", 14, "area", "tokio", "E334"),
    ("sites", 15, "connection_jpy_k_per_kw", "20000", "E332"),
    ("sites", 16, "seismic_share_30a", "26", "E332"),
    ("sites", 17, "name_ja", "", "E328"),
    ("sites", 18, "existing_it_mw", "560000", "E336"),
    ("storage", 3, "storage", "flywheel", "E335"),
    ("climate", 7, "month", "6.5", "E349"),
    ("climate", 2, "site", "JP-48", "E334"),
    ("interties", 4, "to_area", "tokyo", "E346"),
    ("accounts", 2, "deficit_jpy_bn", "5500", "E341"),
    ("parameters", 5, "high", "0", "E340"),
    ("parameters", 6, "grade", "guess", "E335"),
    ("parameters", 7, "source", "", "E328"),
    ("workloads", 2, "share", "0.3", "E337"),
    ("areas", 5, "frequency_hz", "16.7", "E332"),
    ("fleets", 4, "capacity_mw", "5000000", "E336"),
    ("fleets", 5, "co2_kg_per_kwh", "864", "E332"),
]


def test_every_planted_fault_has_its_own_code_and_line_all_at_once(pack):
    """One reading names all 28; a reader that stopped at the first would need 28 rounds."""
    for table, line, column, cell, _ in PLANTED:
        edit(pack / f"{table}.csv", line, column, cell)
    found = faults(pack)
    expected = {(f"{table}.csv:{line}", code) for table, line, _, _, code in PLANTED}
    assert expected <= found
    # what follows from the planted ones: January of JP-01 and June of JP-01 are gone
    assert found - expected == {("climate.csv:3", "E338")}


def test_a_control_character_is_refused(pack):
    edit(pack / "sites.csv", 14, "name_en", "To\x07kyo")
    assert ("sites.csv:14", "E345") in faults(pack)


def test_swapped_coordinates_are_one_problem_with_both_figures(pack):
    edit(pack / "sites.csv", 14, "lon", "35.8")
    edit(pack / "sites.csv", 14, "lat", "140.1")
    with pytest.raises(InputError) as caught:
        read_pack(pack)
    (problem,) = caught.value.problems
    assert problem.code == "E322"
    assert problem.place.endswith("copy/sites.csv:14")
    assert "35.8" in problem.message
    assert "140.1" in problem.message


def test_column_missing_unknown_and_twice(pack):
    path = pack / "fleets.csv"
    text = path.read_text("utf-8")
    path.write_text(text.replace("min_share", "min_shar", 1), encoding="utf-8")
    assert {("fleets.csv:1", "E325"), ("fleets.csv:1", "E326")} <= faults(pack)
    path.write_text(text.replace("min_share", "capacity_mw", 1), encoding="utf-8")
    assert ("fleets.csv:1", "E327") in faults(pack)


def test_unknown_column_gets_a_likely_fix(pack):
    path = pack / "fleets.csv"
    path.write_text(path.read_text("utf-8").replace("min_share", "min_shar", 1), encoding="utf-8")
    with pytest.raises(InputError, match='Did you mean "min_share"'):
        read_pack(pack)


def test_duplicate_key_names_the_second_row(pack):
    edit(pack / "areas.csv", 5, "area", "chubu")
    assert ("areas.csv:5", "E333") in faults(pack)


def test_shares_and_profiles_must_sum(pack):
    edit(pack / "nodes.csv", 2, "demand_share", "0.5")
    edit(pack / "workload_profiles.csv", 2, "load_pu", "2.0")
    found = faults(pack)
    assert ("nodes.csv:2", "E337") in found
    assert ("workload_profiles.csv:2", "E337") in found


def test_a_missing_month_and_hour_are_named(pack):
    for name, line in (("climate", 9), ("workload_profiles", 3)):
        path = pack / f"{name}.csv"
        rows = path.read_text("utf-8").splitlines()
        del rows[line - 1]
        path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    codes = [code for _, code in faults(pack)]
    assert codes.count("E338") == 2


def test_a_month_13_is_out_of_range_and_leaves_a_gap(pack):
    edit(pack / "climate.csv", 13, "month", "13")
    assert {("climate.csv:13", "E332"), ("climate.csv:2", "E338")} <= faults(pack)


def test_missing_file_empty_file_broken_quotes_and_ragged_row(pack):
    (pack / "modes.csv").unlink()
    (pack / "areas.csv").write_text("area,name_ja\n", encoding="utf-8")
    (pack / "accounts.csv").write_text('year,payments_jpy_bn\n2023,"1\n', encoding="utf-8")
    with (pack / "nodes.csv").open("a", encoding="utf-8") as file:
        file.write("JP-99,x\n")
    found = faults(pack)
    assert {("modes.csv", "E321"), ("areas.csv", "E339"), ("nodes.csv:49", "E324")} <= found
    assert any(place.startswith("accounts.csv") and code == "E324" for place, code in found)


def test_missing_capture_parameter_is_named(pack):
    path = pack / "parameters.csv"
    rows = [row for row in path.read_text("utf-8").splitlines() if not row.startswith("omega,")]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert faults(pack) == {("parameters.csv", "E347")}


def test_unreadable_bytes_are_refused_by_name(pack):
    (pack / "modes.csv").write_bytes(b"mode,name_ja,name_en\ndomestic,\xff\xfe\x81,x\n")
    assert ("modes.csv", "E323") in faults(pack)


def test_too_large_a_file_is_not_read(pack, monkeypatch):
    monkeypatch.setattr("optimizer.inputs.pack_table.LARGEST_FILE_BYTES", 3000)
    assert ("climate.csv", "E348") in faults(pack)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_japanese_excel_encodings_read_the_same(pack, encoding):
    path = pack / "sites.csv"
    path.write_text(path.read_text("utf-8"), encoding=encoding)
    assert read_pack(pack).tables["sites"].at["JP-13", "name_ja"] == "東京都"


def test_order_of_rows_changes_nothing(pack):
    path = pack / "sites.csv"
    header, *rows = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")
    pd.testing.assert_frame_equal(read_pack(pack).tables["sites"], read_pack(JAPAN).tables["sites"])


def test_an_id_na_stays_a_word(pack):
    """Namibia is no missing value: pandas' default reading would make it one."""
    for name, column in (
        ("areas", "area"),
        ("sites", "area"),
        ("fleets", "area"),
        ("renewables_existing", "area"),
        ("storage", "area"),
        ("interties", "from_area"),
        ("interties", "to_area"),
    ):
        path = pack / f"{name}.csv"
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        table[column] = table[column].replace("okinawa", "NA")
        table.to_csv(path, index=False)
    assert "NA" in read_pack(pack).tables["areas"].index


def test_pack_names(tmp_path):
    assert find_pack("japan") == JAPAN
    (tmp_path / "mine").mkdir()
    assert find_pack(str(tmp_path / "mine")) == tmp_path / "mine"
    for wrong in ("japn", "../../etc/passwd", ""):
        with pytest.raises(InputError) as caught:
            find_pack(wrong)
        assert [problem.code for problem in caught.value.problems] == ["E320"]


def test_pack_rows_win_over_shared_parameters(pack):
    with (pack / "parameters.csv").open("a", encoding="utf-8") as file:
        file.write("voll_jpy_per_kwh,700,JPY/kWh,2022,,,assumed,test,test\n")
    assert read_pack(pack).parameters.at["voll_jpy_per_kwh", "value"] == 700
    assert read_pack(JAPAN).parameters.at["voll_jpy_per_kwh", "value"] == 600


def test_boundaries_match_the_pack():
    pack, outlines = read_pack(JAPAN), read_boundaries(JAPAN)
    assert list(outlines.sites.index) == list(pack.tables["sites"].index)
    assert list(outlines.areas.index) == list(pack.tables["areas"].index)
    assert outlines.sites.crs.to_epsg() == 4326
    assert (JAPAN / "boundaries.gpkg").stat().st_size < 1_000_000


def test_broken_boundaries_are_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        read_boundaries(tmp_path)
    assert caught.value.problems[0].code == "E321"
    (tmp_path / "boundaries.gpkg").write_bytes(b"not a database")
    with pytest.raises(InputError) as caught:
        read_boundaries(tmp_path)
    assert caught.value.problems[0].code == "E323"
