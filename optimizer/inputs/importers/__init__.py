"""Public files of others, read into tidy tables: one module per kind, one small face.

    KIND ─▶ Importer.load() ─▶ read(files, options) ─▶ {table name: table} ─▶ export.imported.write_imported

A reader is `read(files, options) -> Tables`. It tolerates the quirks of the real files (encodings, layouts,
date styles) and is strict about their content: every fault of every file is said at once as `InputError`,
with file, line, value, what is allowed and the likely fix. A reader writes nothing; what is no fault and
worth knowing it says as `Note`, by returning `Noted`. Its module is imported when it is asked for.

To add one: write the module, add a row to `REGISTRY`, its error codes to `docs/errors.md`, its section to
`docs/importers.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, cast

import pandas as pd

from optimizer.errors import UsageError

Tables = dict[str, pd.DataFrame]
"""Tables by name, written as `<name>.csv`; a GeoDataFrame as the layer `<name>` of `<name>.gpkg`."""


class Note(NamedTuple):
    """Something a reader did that its user should know; no fault."""

    message: str
    """English."""

    message_ja: str
    """The same in Japanese."""

    def line(self, lang: str) -> str:
        """Return the note in `lang` (`en` or `ja`)."""
        return self.message_ja if lang == "ja" else self.message


class Noted(dict[str, "pd.DataFrame"]):
    """Tables by name, and what to say about them after they are written."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], notes: Sequence[Note] = ()) -> None:
        super().__init__(tables)
        self.notes = tuple(notes)


def notes_of(tables: Mapping[str, pd.DataFrame]) -> tuple[Note, ...]:
    """Return the notes a reader left with its tables; a plain dictionary has none."""
    return tables.notes if isinstance(tables, Noted) else ()


Reader = Callable[[Sequence[Path], Mapping[str, str]], Tables]


class Importer(NamedTuple):
    """One kind of file: what it is and which function reads it."""

    kind: str
    """Name on the command line, e.g. `eria-jukyu`."""

    title: str
    """What the files are, English."""

    title_ja: str
    """The same in Japanese."""

    meaning: str
    """What comes out: tables, columns, units."""

    reader: str
    """`module:function`, imported lazily."""

    options: Mapping[str, str] = {}
    """What may be given with `--option NAME=VALUE`: name and meaning."""

    def load(self) -> Reader:
        """Import the module and return its reader."""
        module, function = self.reader.split(":")
        return cast(Reader, getattr(import_module(module), function))

    def read(self, files: Sequence[Path], options: Mapping[str, str]) -> Tables:
        """Read `files` into tidy tables.

        Args:
            files: the files, in any order.
            options: what was given with `--option`; unknown names are refused.

        Returns:
            Tables by name.

        Raises:
            UsageError: an option this kind does not know.
            InputError: every fault of every file.
        """
        for name in options:
            if name not in self.options:
                allowed = ", ".join(self.options) or "none"
                raise UsageError(f'import {self.kind} has no option "{name}"; there are: {allowed}')
        return self.load()(files, options)


_HERE = "optimizer.inputs.importers"

_VECTOR: dict[str, str] = {
    "crs": "reference system where the file states none, e.g. EPSG:6668",
    "layer": "layer, where the file has several",
    "encoding": "of text, where a Shapefile has no .cpg",
}

REGISTRY: dict[str, Importer] = {
    importer.kind: importer
    for importer in (
        Importer(
            "eria-jukyu",
            "Supply and demand of the ten areas, half-hourly, as the transmission operators publish it",
            "エリア需給実績 (一般送配電事業者 10 社)",
            "actuals_hourly: hour (start, local time), area, then MW: demand, solar, solar_curt, wind, "
            "wind_curt, nuclear, hydro, geothermal, biomass, coal, lng, oil, thermal_other, pumped, battery, "
            "interconn",
            f"{_HERE}.eria_jukyu:read",
            {"incomplete": "yes: accept months with hours missing at their end, e.g. the current one"},
        ),
        Importer(
            "jepx",
            "Day-ahead spot prices of the power exchange (spot_summary)",
            "JEPX スポット市場 取引結果",
            "actuals_spot_prices: hour (start, local time), area (system: whole market), price_jpy_per_kwh",
            f"{_HERE}.jepx:read",
        ),
        Importer(
            "occto",
            "Interties: actual flow, or capacity and planned flow, as OCCTO exports them",
            "広域機関 連系線潮流実績・空容量",
            "actuals_interties: hour (start, local time), intertie, forward_mw, reverse_mw (operating "
            "capacity), planned_mw, flow_mw (positive forward)",
            f"{_HERE}.occto:read",
        ),
        Importer(
            "boundaries",
            "Outlines of sites: GeoPackage, GeoJSON, Shapefile, anything OGR reads",
            "地点の境界 (GeoPackage・GeoJSON・Shapefile など)",
            "boundaries.gpkg: layers prefectures [site], grid_areas [area], land [name], EPSG:4326",
            f"{_HERE}.boundaries:read",
            {
                "key": "column that names the site; default: site",
                "area": "column that names the grid area; or give pack",
                "pack": "pack whose sites say the grid area, and whose land outside is kept",
                "simplify_m": "tolerance of simplification, metres; default: none",
            }
            | _VECTOR,
        ),
        Importer(
            "n03",
            "Prefectures or municipalities of Japan: administrative areas N03 of the national land data",
            "国土数値情報 行政区域 (N03)",
            "boundaries.gpkg, as for boundaries",
            f"{_HERE}.boundaries:read_n03",
            {
                "level": "prefecture (default; sites JP-01 to JP-47) or municipality (five-digit codes)",
                "pack": "pack whose sites say the grid area, and whose land outside is kept",
                "simplify_m": "tolerance of simplification, metres; default: none",
            }
            | _VECTOR,
        ),
        Importer(
            "sites",
            "Sites finer than the pack's: CSV with site, lon, lat, or a GIS file of points or outlines",
            "県より細かい候補地 (点・面)",
            "sites, climate, reinforcements, renewable_potential, boundaries.gpkg",
            "optimizer.inputs.site_join:read",
            {
                "pack": "pack to take climate, headroom and costs from",
                "defaults": "nearest (default): from the coarse site around, or the nearest one",
                "key": "column with the identifier; default: site",
                "tolerance_km": "how far off the coast a point may lie; default: 10",
            }
            | _VECTOR,
        ),
        Importer(
            "ninja",
            "Capacity factors of Renewables.ninja, one CSV per point and technology",
            "Renewables.ninja の設備利用率 (地点別 CSV)",
            "hourly_site_cf.parquet: site, technology, hour (of a 365-day year, local time), cf",
            f"{_HERE}.ninja:read",
            {
                "site": "the site, for a single file",
                "pack": "pack whose nearest site the coordinates of a file mean",
                "tolerance_km": "how far that may be; default: 25",
                "technology": "solar, onshore or offshore, instead of what the file says",
                "utc_offset_h": "local time less UTC, where the file has no local_time: 9 for Japan",
                "capacity_kw": "capacity behind the file, where it does not say",
            },
        ),
        Importer(
            "atlite",
            "Capacity factors in netCDF, as atlite and PyPSA-Eur write them: time by bus, or by y and x",
            "設備利用率の netCDF (atlite・PyPSA-Eur)",
            "hourly_site_cf.parquet, as for ninja",
            f"{_HERE}.atlite:read",
            {
                "technology": "solar, onshore or offshore",
                "pack": "pack whose sites a grid of y and x is read at",
                "map": "CSV with columns bus, site, where buses are not called like the sites",
                "variable": "variable to read, where there are several",
                "utc_offset_h": "local time less UTC: 9 for Japan",
            },
        ),
        Importer(
            "pypsa",
            "A PyPSA network: the folder of network.export_to_csv_folder, or its netCDF",
            "PyPSA ネットワーク (CSV フォルダまたは netCDF)",
            "areas, interties, fleets, renewables_existing, storage; hourly_areas.parquet from a whole year",
            f"{_HERE}.pypsa:read",
            {
                "map": "CSV with columns bus, area, to join buses; default: every bus is an area",
                "carriers": "CSV with columns carrier, technology, to read carriers unknown here",
                "jpy_per_currency": "JPY per unit of the network's money, for costs",
                "utc_offset_h": "local time less UTC of the snapshots; default: 0",
            },
        ),
        Importer(
            "xlsx",
            "Tables of a pack in a workbook: wattbit init DIR --template xlsx writes one to fill in",
            "データパックの Excel ブック",
            "every table whose sheet is there",
            f"{_HERE}.workbook:read",
        ),
        Importer(
            "csv",
            "Tables of a pack in CSV files with a row of units: wattbit init DIR --template csv",
            "データパックの CSV (単位行つき)",
            "every table whose file is given",
            f"{_HERE}.workbook:read_csv_tables",
        ),
    )
}
"""Every kind by name, in the order `wattbit import --list` shows."""


def find_importer(kind: str) -> Importer:
    """Return the importer called `kind`.

    Raises:
        UsageError: there is none; the message names those that exist.
    """
    if kind in REGISTRY:
        return REGISTRY[kind]
    near = get_close_matches(kind, REGISTRY, n=1)
    guess = f' Did you mean "{near[0]}"?' if near else ""
    raise UsageError(f"cannot import {kind!r}.{guess} Kinds: {', '.join(REGISTRY)}")
