"""The tables of a run as Parquet and CSV, checked against their published columns.

Numbers are rounded once (`DECIMALS`), so that Parquet, CSV, maps, page and workbook hold the same figure.
An empty cell is refused by name, except where the column says it may be empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.errors import CertificateError
from optimizer.export.record import RunRecord
from optimizer.milestones import CAPTURE_LINES
from optimizer.scenario.result_tables import PLAN_TABLES
from optimizer.scenario.tables import Column

DECIMALS = 6
HOURLY_DECIMALS = 3
MAY_BE_EMPTY = {
    ("sites", "halls"),
    ("generation", "available_mw"),
    ("watt_bit", "wire_per_fibre"),
    ("front", "asked"),
    ("front", "slope_before_jpy_bn_per_a_per_unit"),
}
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text cell beginning with one of these would be live in a spreadsheet."""

TABLE_MEANINGS = {
    "sites": "Candidate sites: what is built, rents and the price stack, unbuilt sites included.",
    "flows": "Who is served from where.",
    "areas": "Grid areas with the plan and without it.",
    "generation": "Energy by area and source, with the plan and without it.",
    "interties": "Links between grid areas: use, expansion, congestion.",
    "fibre": "Fibre links: use, expansion, rent; empty where fibre is leased.",
    "fibre_reach": "Exchange and landing station each site reaches soonest; empty where fibre is leased.",
    "stack": "The cost of one more MW at every site and for every class, taken apart.",
    "options": "Every site and class side by side: cost of one more MW, price, gap, near-ties.",
    "reasons": "Why the first sites are first, and why the largest place of demand is or is not.",
    "rents": "Who gets the money: price times limit of every law; the change adds up to the plan's cost.",
    "watt_bit": "Watt against bit: a kW by wire against a kW of data centers by fibre, for pairs of areas.",
    "prices": "Duals of the program as prices; one of many where the optimum is degenerate.",
    "hours": "Hourly balance of every area, rounded to a kilowatt.",
    "capture": "Captured outflow of the nation, low, base and high.",
    "capture_accounts": "Captured outflow by line of the cloud market.",
    "capture_attribution": "Captured outflow by site, class and mode; sums to the nation.",
    "curtailment": "Solar and wind curtailed by area and month, with the plan.",
}

_CAPTURE_MEANINGS = {
    "case": "low, base or high",
    "account": "line of the cloud market",
    "site": "site identifier",
    "area": "grid area",
    "workload": "class of computing",
    "mode": "operating mode: who owns and who sells",
    "sold_mw": "IT load sold",
    "outflow_jpy_bn": "cloud and AI bill that leaves the country",
    "addressable_jpy_bn": "of it: what domestic capacity could displace at all",
    "ceiling_jpy_bn": "of it: what is contestable by the target year",
    "gross_jpy_bn": "outflow the plan keeps at home, before leakage",
    "net_jpy_bn": "the same after imports of goods and services and income paid abroad",
    "digital_account_jpy_bn": "effect on the digital account: gross less service imports",
    "share_of_outflow": "gross over outflow",
    "share_of_addressable": "gross over addressable; falls when more is addressable",
    "leakage_goods_jpy_bn": "imported goods: servers, equipment, fuel",
    "leakage_services_jpy_bn": "imported services: licences",
    "leakage_income_jpy_bn": "profit of foreign owners",
    "idle_imports_jpy_bn": "imported hardware built and not sold",
    "revenue_jpy_bn": "domestic sales of the plan's capacity",
    "chord_error_jpy_bn": "exact capture curve less the curve's eight segments",
}
_CURTAILMENT = (
    Column("area", "text", "grid area"),
    Column("month", "1", "calendar month"),
    Column("available_gwh", "GWh", "solar and wind before curtailment"),
    Column("used_gwh", "GWh", "solar and wind used"),
    Column("curtailed_gwh", "GWh", "solar and wind curtailed"),
    Column("curtailment_share", "1", "curtailed over available; 0 where nothing was available"),
)


@dataclass(frozen=True)
class Published:
    """One table as it is written: frame, columns and meaning."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    frame: pd.DataFrame


def published_tables(record: RunRecord) -> dict[str, Published]:
    """Return every table of the run, columns checked, rounded, no empty cell.

    Raises:
        CertificateError: a column is missing or a cell is empty or not finite; names table, column and row.
    """
    plan = record.plan
    frames = {name: (columns, plan.tables[name]) for name, columns in PLAN_TABLES.items()}
    for name, frame in _capture_frames(record).items():
        frames[name] = (tuple(_capture_column(str(column)) for column in frame.columns), frame)
    frames["curtailment"] = (_CURTAILMENT, curtailment_by_month(plan.tables["hours"]))
    return {
        name: Published(name, TABLE_MEANINGS[name], columns, checked_frame(name, columns, frame))
        for name, (columns, frame) in frames.items()
    }


def published(
    meanings: Mapping[str, tuple[str, tuple[Column, ...]]], frames: Mapping[str, pd.DataFrame]
) -> dict[str, Published]:
    """Return tables with their meaning, columns checked, rounded, no empty cell.

    Args:
        meanings: meaning and columns of each table, in file order.
        frames: its rows.

    Raises:
        CertificateError: as :func:`published_tables`.
    """
    return {
        name: Published(name, meaning, columns, checked_frame(name, columns, frames[name]))
        for name, (meaning, columns) in meanings.items()
    }


def curtailment_by_month(hours: pd.DataFrame) -> pd.DataFrame:
    """Return solar and wind available, used and curtailed by area and month, GWh."""
    weight_gwh = hours["weight"].to_numpy(dtype=float) / 1e3
    energy = pd.DataFrame(
        {
            "area": hours["area"],
            "month": hours["time"].astype(str).str[5:7].astype(int),
            "available_gwh": hours["renewable_available_mw"] * weight_gwh,
            "used_gwh": hours["renewable_mw"] * weight_gwh,
            "curtailed_gwh": hours["curtailed_mw"] * weight_gwh,
        }
    )
    monthly = energy.groupby(["area", "month"], sort=True, observed=True).sum().reset_index()
    available = monthly["available_gwh"].to_numpy(dtype=float)
    curtailed = monthly["curtailed_gwh"].to_numpy(dtype=float)
    monthly["curtailment_share"] = np.divide(
        curtailed, available, out=np.zeros_like(available), where=available > 0
    )
    return monthly


def write_tables(tables: Iterable[Published], folder: Path) -> None:
    """Write each table as `<name>.parquet` and `<name>.csv` (UTF-8 with BOM, for Japanese Excel).

    In CSV a text cell that a spreadsheet would run gets a leading apostrophe; Parquet holds it as it is.
    """
    import pyarrow as pa
    import pyarrow.csv as arrow_csv
    from pyarrow import parquet

    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        arrow = pa.Table.from_pandas(table.frame, preserve_index=False).replace_schema_metadata(None)
        parquet.write_table(arrow, folder / f"{table.name}.parquet", compression="zstd")
        inert = pa.Table.from_pandas(inert_text(table), preserve_index=False)
        with open(folder / f"{table.name}.csv", "wb") as file:
            file.write(b"\xef\xbb\xbf")
            arrow_csv.write_csv(inert, file)


def inert_text(table: Published) -> pd.DataFrame:
    """Return the frame with every text cell made harmless to a spreadsheet."""
    frame = table.frame.copy(deep=False)
    for column in table.columns:
        if column.is_text:
            texts = frame[column.name]
            inert = {text: inert_cell(text) for text in texts.unique()}
            if any(text != safe for text, safe in inert.items()):
                frame[column.name] = texts.map(inert)
    return frame


def inert_cell(text: str) -> str:
    """Return `text` with a leading apostrophe where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _capture_frames(record: RunRecord) -> dict[str, pd.DataFrame]:
    cases = pd.DataFrame.from_dict(record.capture.cases, orient="index")
    lines = [*CAPTURE_LINES, *(name for name in cases.columns if name not in CAPTURE_LINES)]
    nation = cases.reindex(columns=lines).reset_index(names="case")
    return {
        "capture": nation,
        "capture_accounts": record.capture.by_account,
        "capture_attribution": record.capture.attribution,
    }


def _capture_column(name: str) -> Column:
    if name in ("case", "account", "site", "area", "workload", "mode"):
        unit = "text"
    elif name.endswith("_jpy_bn"):
        unit = "JPY bn/a"
    else:
        unit = "MW" if name.endswith("_mw") else "1"
    return Column(name, unit, _CAPTURE_MEANINGS.get(name, name.replace("_", " ")))


def checked_frame(name: str, columns: tuple[Column, ...], frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table, columns in order, numbers rounded; a missing column or empty cell is refused."""
    missing = [column.name for column in columns if column.name not in frame.columns]
    if missing:
        raise CertificateError(f"table {name}: columns {', '.join(missing)} are missing")
    decimals = HOURLY_DECIMALS if name == "hours" else DECIMALS
    checked: dict[str, object] = {}
    for column in columns:
        values = frame[column.name]
        if column.is_text:
            _refuse(name, column.name, values.isna().to_numpy())
            checked[column.name] = values.astype("str").array  # text also where there is no row
            continue
        numbers = values.to_numpy(dtype=np.float64)
        empty_allowed = (name, column.name) in MAY_BE_EMPTY
        _refuse(name, column.name, np.isinf(numbers) if empty_allowed else ~np.isfinite(numbers))
        checked[column.name] = np.round(numbers, decimals) + 0.0  # no minus zero
    return pd.DataFrame(checked)


def _refuse(table: str, column: str, bad: np.ndarray) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise CertificateError(
            f"table {table}, column {column}, row {row + 1}: empty or not finite ({int(bad.sum())} cells)"
        )
