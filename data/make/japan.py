"""Build `data/japan/*.csv` and `boundaries.gpkg` from a folder of researched tables.

Usage: python data/make/japan.py RESEARCHED_FOLDER [HOURLY_FY2024_CSV_GZ]

RESEARCHED_FOLDER holds `power/`, `accounts/` and `geo/`. The hourly file (operators' own actuals of FY2024)
is only used for the largest outputs by fuel. Run `data/make/register.py` afterwards.
"""

from __future__ import annotations

import sys
from pathlib import Path

import japan_demand
import japan_grid
import japan_money
import japan_sites

TARGET = Path(__file__).resolve().parents[1] / "japan"


def main() -> None:
    researched = Path(sys.argv[1])
    hourly = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    TARGET.mkdir(exist_ok=True)
    tables = {
        **japan_sites.tables(researched),
        **japan_grid.tables(researched, hourly),
        **japan_demand.tables(researched),
        **japan_money.tables(researched),
    }
    for name, table in tables.items():
        table.to_csv(TARGET / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
    japan_sites.write_boundaries(researched, TARGET / "boundaries.gpkg")


if __name__ == "__main__":
    main()
