"""Tables, workbook, provenance: what is written is what was decided, and words from data stay words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from export_fixtures import HOSTILE, HOSTILE_JA, toy_record

from optimizer.errors import CertificateError
from optimizer.export.provenance import to_json, write_datapackage, write_model, write_provenance
from optimizer.export.record import RunRecord
from optimizer.export.tables import curtailment_by_month, inert_cell, published_tables, write_tables
from optimizer.export.workbook import SHEETS, write_workbook
from optimizer.scenario.result_tables import PLAN_TABLES

NAMES = {*PLAN_TABLES, "capture", "capture_accounts", "capture_attribution", "curtailment"}


@pytest.fixture(scope="module")
def record() -> RunRecord:
    return toy_record()


@pytest.fixture(scope="module")
def tables_folder(record: RunRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    write_tables(published_tables(record).values(), folder)
    return folder


def changed(record: RunRecord, table: str, column: str, value: object, row: int = 0) -> RunRecord:
    frame = record.plan.tables[table].copy()
    frame.loc[row, column] = value
    return replace(record, plan=replace(record.plan, tables=record.plan.tables | {table: frame}))


def test_every_table_is_written_in_both_forms_with_the_published_columns(tables_folder: Path) -> None:
    assert {file.stem for file in tables_folder.glob("*.parquet")} == NAMES
    assert {file.stem for file in tables_folder.glob("*.csv")} == NAMES
    for name, columns in PLAN_TABLES.items():
        found = pd.read_parquet(tables_folder / f"{name}.parquet").columns.tolist()
        assert found == [column.name for column in columns]


def test_csv_and_parquet_hold_the_same_figures(tables_folder: Path) -> None:
    for name in NAMES:
        parquet = pd.read_parquet(tables_folder / f"{name}.parquet")
        csv = pd.read_csv(tables_folder / f"{name}.csv", encoding="utf-8-sig", keep_default_na=False,
                          na_values={column: [""] for column in parquet.select_dtypes("number")})  # fmt: skip
        for column in parquet:
            if parquet[column].dtype == np.float64:
                np.testing.assert_array_equal(
                    csv[column].to_numpy(float), parquet[column].to_numpy(), err_msg=f"{name}.{column}"
                )
            else:
                assert csv[column].tolist() == [inert_cell(text) for text in parquet[column]]


def test_csv_begins_with_a_byte_order_mark_for_japanese_excel(tables_folder: Path) -> None:
    for file in tables_folder.glob("*.csv"):
        assert file.read_bytes().startswith(b'\xef\xbb\xbf"')


@pytest.mark.parametrize("text", ["=1+1", "+81", "-x", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert inert_cell(text) == f"'{text}"
    assert inert_cell(f"a{text}") == f"a{text}"


def test_negative_numbers_keep_their_sign_and_stay_numbers(record: RunRecord, tmp_path: Path) -> None:
    """Only words are guarded: with an apostrophe the column would become text in Excel."""
    write_tables([published_tables(changed(record, "areas", "net_import_gwh", -12.5))["areas"]], tmp_path)
    assert pd.read_csv(tmp_path / "areas.csv", encoding="utf-8-sig")["net_import_gwh"].iloc[0] == -12.5


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("table", "column"), [("sites", "it_mw"), ("hours", "price_jpy_per_kwh"), ("prices", "price")]
)
def test_a_number_that_is_not_finite_is_refused_by_name(
    record: RunRecord, table: str, column: str, value: float
) -> None:
    with pytest.raises(CertificateError, match=rf"table {table}, column {column}, row 3"):
        published_tables(changed(record, table, column, value, row=2))


def test_a_missing_word_is_refused_and_the_documented_empty_column_is_not(record: RunRecord) -> None:
    with pytest.raises(CertificateError, match="table sites, column name_en, row 1"):
        published_tables(changed(record, "sites", "name_en", None))
    available = published_tables(record)["generation"].frame["available_mw"]
    assert available.isna().sum() == 3  # `renewable` of three areas: not a fleet
    with pytest.raises(CertificateError, match="available_mw"):
        published_tables(changed(record, "generation", "available_mw", np.inf))


def test_a_missing_column_is_refused_by_name(record: RunRecord) -> None:
    tables = record.plan.tables | {"flows": record.plan.tables["flows"].drop(columns="rtt_ms")}
    with pytest.raises(CertificateError, match="table flows: columns rtt_ms are missing"):
        published_tables(replace(record, plan=replace(record.plan, tables=tables)))


def test_curtailment_weighs_hours_and_splits_months() -> None:
    """Two hours of weight 10 in April, 100 MW available and 25 curtailed: 2 GWh, 0.5 GWh, a quarter. May has no sun."""
    hours = pd.DataFrame(
        {
            "time": ["2030-04-30 22:00", "2030-04-30 23:00", "2030-05-01 00:00"],
            "area": "a",
            "weight": 10.0,
            "renewable_available_mw": [100.0, 100.0, 0.0],
            "renewable_mw": [75.0, 75.0, 0.0],
            "curtailed_mw": [25.0, 25.0, 0.0],
        }
    )
    april, may = curtailment_by_month(hours).to_dict("records")
    assert (april["month"], april["available_gwh"], april["curtailed_gwh"]) == (4, 2.0, 0.5)
    assert (april["curtailment_share"], may["curtailment_share"]) == (0.25, 0.0)


def test_workbook_has_the_sheets_no_formula_and_the_figures_of_the_tables(
    record: RunRecord, tmp_path: Path
) -> None:
    tables = published_tables(record)
    write_workbook(record, tables, tmp_path / "summary.xlsx")
    book = openpyxl.load_workbook(tmp_path / "summary.xlsx")
    assert tuple(book.sheetnames) == SHEETS
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert not any(cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row)
    sites = book["Sites"]
    heads = [cell.value for cell in sites[1]]
    assert [cell.value for cell in sites[2]][heads.index("it_mw")] == "MW"
    built = {row[0].value: row[heads.index("it_mw")].value for row in sites.iter_rows(min_row=3)}
    assert built == dict(zip(tables["sites"].frame["site"], tables["sites"].frame["it_mw"], strict=True))
    assert next(iter(built)) == "W1"  # 300 MW: built sites first
    names = [row[heads.index("name_en")].value for row in sites.iter_rows(min_row=3)]
    assert HOSTILE in names  # as a string, unchanged
    assert sites.freeze_panes == "B3"
    assert len(book["Summary"]._charts) == 2
    values = {row[0].value: row[1].value for row in book["Summary"].iter_rows(min_row=4)}
    assert values["cost_jpy_bn_per_a"] == record.summary["cost_jpy_bn_per_a"]
    assert "wall_s" not in values  # differs from run to run


def test_assumed_parameters_come_first_and_empty_bounds_stay_empty(record: RunRecord, tmp_path: Path) -> None:
    write_workbook(record, published_tables(record), tmp_path / "summary.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "summary.xlsx")["Assumptions"]
    assert [sheet.cell(row, 1).value for row in (2, 3, 4)] == ["assumed", "derived", "published"]
    assert sheet.cell(2, 5).value is None


def test_provenance_names_version_inputs_parameters_and_sources(record: RunRecord, tmp_path: Path) -> None:
    write_provenance(record, tmp_path)
    content = json.loads((tmp_path / "provenance.json").read_text("utf-8"))
    assert content["scenario"] == record.inputs.resolved
    by_path = {entry["path"]: entry["sha256"] for entry in content["inputs"]}
    assert by_path["inputs/scenario.yaml"] == hashlib.sha256(b"name: toy\n").hexdigest()
    assert [row["grade"] for row in content["parameters"]] == ["assumed", "derived", "published"]
    assert content["parameters"][0]["low"] is None
    assert content["sources"] == record.sources
    assert content["written"]["time"] == "2026-11-22T09:00:00+00:00"
    assert content["libraries"]["pandas"] == pd.__version__


def test_datapackage_describes_every_column_with_unit_and_meaning(
    record: RunRecord, tables_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "tables").symlink_to(tables_folder)
    tables = published_tables(record)
    write_datapackage(tables, record, tmp_path)
    content = json.loads((tmp_path / "datapackage.json").read_text("utf-8"))
    assert len(content["resources"]) == 2 * len(NAMES)
    for resource in content["resources"]:
        data = (tmp_path / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
        fields = resource["schema"]["fields"]
        assert [one["name"] for one in fields] == list(tables[resource["title"]].frame.columns)
        assert all(one["description"] and (one["type"] == "string" or one["unit"]) for one in fields)


def test_bounds_hold_no_clock_and_solver_files_are_moved(tmp_path: Path) -> None:
    log = tmp_path / "scratch.log"
    log.write_text("solved\n")
    write_model(toy_record(log=log), tmp_path / "model")
    assert "elapsed_s" not in pd.read_csv(tmp_path / "model/bounds.csv").columns
    assert (tmp_path / "model/solver.log").read_text() == "solved\n"
    assert not log.exists()
    assert json.loads((tmp_path / "model/certificate.json").read_text())["passed"] is True


def test_json_refuses_a_number_that_is_not_finite() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"gap": float("nan")})
    assert json.loads(to_json({"n": np.float64(1.5), "who": HOSTILE_JA})) == {"n": 1.5, "who": HOSTILE_JA}
