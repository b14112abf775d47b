"""Operators' files written by the tests, in the layouts the ten of them publish; figures are made up."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pandas as pd

HEADER = (
    "DATE,TIME,エリア需要,原子力,火力(LNG),火力(石炭),火力(石油),火力(その他),水力,地熱,バイオマス,"
    "太陽光発電実績,太陽光出力制御量,風力発電実績,風力出力制御量,揚水,蓄電池,連系線,その他,合計"
)
HEADER_22 = HEADER.replace("火力(その他),", "火力(その他),火力出力制御量,").replace(
    "バイオマス,", "バイオマス,バイオマス出力制御量,"
)
FULL_WIDTH = HEADER.replace("(", "（").replace(")", "）").replace("LNG", "ＬＮＧ")
NAMES = (
    "demand", "nuclear", "lng", "coal", "oil", "thermal_other", "hydro", "geothermal", "biomass", "solar",
    "solar_curt", "wind", "wind_curt", "pumped", "battery", "interconn", "other", "total",
)  # fmt: skip


def month_rows(
    month: str, *, step: int = 30, end_labels: bool = False, export_sign: bool = False
) -> list[dict]:
    """Rows of a month by our names: demand 1000 + hour of the day, imports of 100, sun of 50 from 8:00 to 16:00,
    LNG the rest, everything else fixed."""
    start = pd.Timestamp(f"{month}-01")
    rows = []
    for moment in pd.date_range(start, start + pd.offsets.MonthBegin(1), freq=f"{step}min", inclusive="left"):
        row = dict.fromkeys(NAMES, 0)
        row |= {
            "demand": 1000 + moment.hour + (moment.minute == 30) * 10,
            "nuclear": 120,
            "coal": 400,
            "solar": 50 if 8 <= moment.hour < 16 else 0,
        }
        row |= {"solar_curt": 7, "hydro": 100, "other": 3, "interconn": -100 if export_sign else 100}
        row["lng"] = row["demand"] - 120 - 400 - row["solar"] - 100 - 3 - 100
        row["total"] = row["demand"]
        minutes = moment.hour * 60 + moment.minute + (step if end_labels else 0)
        row["day"], row["clock"] = moment, f"{minutes // 60}:{minutes % 60:02d}"
        rows.append(row)
    return rows


def write_month(
    path: Path, rows: list[dict], *, header: str = HEADER, date: str = "%Y/%m/%d", encoding: str = "cp932",
    first: str = "単位[MW平均],,,供給力,,,,,,,,,,,,,,,,",
) -> Path:  # fmt: skip
    """Write rows as a file; 22-column headers get two columns of zeros."""
    lines = [first, header]
    for row in rows:
        values = [str(row[name]) for name in NAMES]
        if header.count(",") > 20:
            values.insert(6, "0")
            values.insert(10, "0")
        lines.append(",".join([row["day"].strftime(date), row["clock"], *values]))
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Unpack with the safe filter where this Python has one (3.11.4 and newer)."""
    archive.extraction_filter = getattr(tarfile, "data_filter", None)
    archive.extractall(folder)
