"""The workbook that is written can be read back to the same tables, and every planted fault names its cell."""

import hashlib
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from optimizer.cli import main
from optimizer.errors import InputError
from optimizer.export.imported import write_imported
from optimizer.inputs.importers import find_importer
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.scenario.tables import PACK_TABLES

XLSX, CSV = find_importer("xlsx"), find_importer("csv")
JAPAN = find_pack("japan")


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "new"
    assert main(["init", str(folder), "--template", "xlsx"]) == 0
    return folder / "japan.xlsx"


def edited(template: Path, tmp_path: Path, *changes: tuple[str, str, object]) -> Path:
    """A copy of the workbook with cells changed: (sheet, cell, value)."""
    book = openpyxl.load_workbook(template)
    for sheet, cell, value in changes:
        book[sheet][cell] = value
    path = tmp_path / "mine.xlsx"
    book.save(path)
    return path


def faults(importer, *files: Path) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        importer.read(list(files), {})
    assert all(problem.message_ja for problem in caught.value.problems)
    return [(problem.place.rpartition(".xlsx:")[2], problem.code) for problem in caught.value.problems]


def test_what_is_written_is_read_back_to_the_shipped_pack(template, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(JAPAN, folder)
    write_imported(XLSX.read([template], {}), folder, replace=True)
    mine, shipped = read_pack(folder), read_pack(JAPAN)
    for name in PACK_TABLES:
        if name in shipped.tables:
            pd.testing.assert_frame_equal(mine.tables[name], shipped.tables[name])
    pd.testing.assert_frame_equal(mine.parameters, shipped.parameters)


def test_none_is_an_answer_where_the_schema_says_so(template, tmp_path):
    """Header and units only: no intertie is a fact, no area is a mistake (E339, once, on its sheet)."""
    book = openpyxl.load_workbook(template)
    for name in ("interties", "intertie_projects"):
        book[name].delete_rows(3, 500)
    book.save(tmp_path / "island.xlsx")
    tables = XLSX.read([tmp_path / "island.xlsx"], {})
    assert (len(tables["interties"]), len(tables["sites"])) == (0, 47)
    folder = tmp_path / "copy"
    shutil.copytree(JAPAN, folder)
    write_imported(tables, folder, replace=True)
    assert len(read_pack(folder).tables["interties"]) == 0
    book["accounts"].delete_rows(3, 500)
    book.save(tmp_path / "island.xlsx")
    assert ("accounts", "E339") in faults(XLSX, tmp_path / "island.xlsx")


@pytest.mark.parametrize("pack", ["japan", "germany"])
def test_an_unedited_workbook_gives_back_every_file_byte_by_byte(pack, tmp_path):
    """Order of rows, `0.50` and `1000.0`, columns nobody fills: as the shipped files have them."""
    assert main(["init", str(tmp_path / "new"), "--template", "xlsx", "--pack", pack]) == 0
    filled = tmp_path / "new" / f"{pack}.xlsx"
    write_imported(XLSX.read([filled], {}), tmp_path / "out")
    written = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert {f"{name}.csv" for name in PACK_TABLES if (find_pack(pack) / f"{name}.csv").is_file()} <= set(
        written
    )
    differing = [
        name
        for name in written
        if (tmp_path / "out" / name).read_bytes() != (find_pack(pack) / name).read_bytes()
    ]
    assert differing == []


def test_an_edited_number_keeps_all_its_digits(template, tmp_path):
    """A cell that shows two decimals and holds 0.123456 is 0.123456; one that holds 0.5 is shown as 0.50."""
    book = openpyxl.load_workbook(template)
    book["sites"]["H3"].number_format = book["sites"]["H4"].number_format = "0.00"
    book["sites"]["H3"], book["sites"]["H4"] = 250.123456, 250.5
    book.save(tmp_path / "mine.xlsx")
    assert list(XLSX.read([tmp_path / "mine.xlsx"], {})["sites"]["headroom_mw"][:2]) == [
        "250.123456",
        "250.50",
    ]


def test_same_tables_same_bytes(template, tmp_path):
    assert main(["init", str(tmp_path / "again"), "--template", "xlsx"]) == 0
    one, two = (
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (template, tmp_path / "again/japan.xlsx")
    )
    assert one == two


def test_sheets_have_units_notes_drop_downs_and_limits(template):
    book = openpyxl.load_workbook(template)
    sites = book["sites"]
    names = [cell.value for cell in sites[1]]
    assert names == list(PACK_TABLES["sites"].column_names)
    headroom = names.index("headroom_mw") + 1
    assert sites.cell(2, headroom).value == "MW"
    assert "spare grid capacity" in sites.cell(1, headroom).comment.text
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sites.data_validations.dataValidation}
    assert rules["D3"].type == "list"
    assert rules["D3"].formula1.startswith("areas!$A$3")
    seismic = rules[sites.cell(3, names.index("seismic_share_30a") + 1).coordinate]
    assert (seismic.type, float(seismic.formula1), float(seismic.formula2)) == ("decimal", 0.0, 1.0)
    modes = {rule.formula1 for rule in book["storage"].data_validations.dataValidation if rule.type == "list"}
    assert '"pumped,battery"' in modes


PLANTED = [
    ("sites", "H3", "about 300", "E329"),
    ("sites", "H4", -1, "E332"),
    ("sites", "H5", None, "E328"),
    ("sites", "D6", "tokio", "E334"),
    ("sites", "M7", 26, "E332"),
    ("storage", "B3", "flywheel", "E335"),
    ("climate", "B9", 6.5, "E349"),
]


def test_every_planted_fault_names_its_cell_all_at_once(template, tmp_path):
    found = faults(
        XLSX, edited(template, tmp_path, *((sheet, cell, value) for sheet, cell, value, _ in PLANTED))
    )
    for sheet, cell, _, code in PLANTED:
        assert (f"{sheet}!{cell}", code) in found, (sheet, cell, found)


def test_units_changed_by_hand_are_refused(template, tmp_path):
    assert faults(XLSX, edited(template, tmp_path, ("sites", "H2", "GW"))) == [("sites!H2", "E399")]


def test_unknown_sheet_and_unknown_column(template, tmp_path):
    book = openpyxl.load_workbook(template)
    book["sites"].title = "site"
    book["fleets"]["C1"] = "capacity_gw"
    book.create_sheet("_scratch")["A1"] = "left alone"
    path = tmp_path / "mine.xlsx"
    book.save(path)
    found = faults(XLSX, path)
    assert ("site", "E399") in found
    assert ("fleets!C1", "E326") in found


def test_formulas_count_with_their_stored_value_and_never_run(template, tmp_path):
    """A formula no spreadsheet has calculated has no value; text that looks like one stays text."""
    path = edited(template, tmp_path, ("sites", "H3", "=1+1"))
    assert ("sites!H3", "E399") in faults(XLSX, path)
    words = edited(template, tmp_path, ("sites", "C3", "'=cmd|x"))
    assert XLSX.read([words], {})["sites"]["name_en"][0] == "'=cmd|x"


def test_dates_where_numbers_belong(template, tmp_path):
    import datetime

    path = edited(template, tmp_path, ("sites", "H3", datetime.datetime(2026, 1, 2)))
    assert ("sites!H3", "E399") in faults(XLSX, path)


def test_no_workbook_at_all(tmp_path):
    text = tmp_path / "x.xlsx"
    text.write_text("site,lon\n")
    assert [code for _, code in faults(XLSX, text)] == ["E399"]
    assert [code for _, code in faults(XLSX, tmp_path / "absent.xlsx")] == ["E380"]
    book = openpyxl.Workbook()
    book.active.title = "README"
    book.save(text)
    assert [code for _, code in faults(XLSX, text)] == ["E399"]


def test_one_table_alone_is_enough_and_twice_is_too_much(template, tmp_path):
    book = openpyxl.load_workbook(template)
    for name in book.sheetnames:
        if name != "areas":
            del book[name]
    path = tmp_path / "areas.xlsx"
    book.save(path)
    assert list(XLSX.read([path], {})) == ["areas"]
    assert [code for _, code in faults(XLSX, path, path)] == ["E399"]


def test_csv_templates_go_round_too(tmp_path):
    assert main(["init", str(tmp_path / "new"), "--template", "csv"]) == 0
    files = sorted((tmp_path / "new" / "japan-csv").iterdir())
    folder = tmp_path / "copy"
    shutil.copytree(JAPAN, folder)
    write_imported(CSV.read(files, {}), folder, replace=True)
    assert (folder / "sites.csv").read_bytes() == (JAPAN / "sites.csv").read_bytes()
    sites = next(path for path in files if path.stem == "sites")
    lines = sites.read_text("utf-8-sig").splitlines()
    lines[1] = lines[1].replace("JPY/m2", "USD/m2")
    sites.write_text("\n".join(lines), "utf-8")
    (tmp_path / "citys.csv").write_text("site\n", "utf-8")
    with pytest.raises(InputError) as caught:
        CSV.read([sites, tmp_path / "citys.csv"], {})
    assert [(problem.place.rsplit("/", 1)[-1], problem.code) for problem in caught.value.problems] == [
        ("citys.csv", "E399"),
        ("sites.csv:2", "E399"),
    ]


@pytest.mark.parametrize("name", ["sites.csv", "nowhere.csv", "nowhere"])
def test_a_csv_file_that_is_not_there_is_called_that(tmp_path, name):
    with pytest.raises(InputError) as caught:
        CSV.read([tmp_path / name], {})
    assert [(problem.place.rsplit("/", 1)[-1], problem.code) for problem in caught.value.problems] == [
        (name, "E380")
    ]
