"""Public files of others, read into tidy tables: one module per kind, one small face.

    KIND ─▶ Importer.load() ─▶ read(files, options) ─▶ {table name: table} ─▶ export.imported.write_imported

A reader is `read(files, options) -> Tables`. It tolerates the quirks of the real files (encodings, layouts,
date styles) and is strict about their content: every fault of every file is said at once as `InputError`,
with file, line, value, what is allowed and the likely fix. A reader writes nothing. Its module is imported
when it is asked for.

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
