"""The folder of a front: tables, figure, page. It appears whole, by rename, as that of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from optimizer.export.folder import appearing
from optimizer.export.provenance import to_json
from optimizer.export.record import Language
from optimizer.export.tables import published, write_tables
from optimizer.scenario.columns import Column

_POINT = Column("point", "1", "number of the point, in order")
FRONT_TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "front": (
        "Least cost of so much of an aim, point by point.",
        (
            _POINT,
            Column("asked", "as the scenario's key", "value asked for; empty where nothing was asked"),
            Column("x", "unit of the axis", "asked for; reached where nothing was asked"),
            Column("reached", "unit of the axis", "what the plan has of the aim"),
            Column("missed", "unit of the axis", "not kept: paid for at the pack's penalty"),
            Column("cost_jpy_bn_per_a", "JPY bn/a", "cost of the plan"),
            Column("lower_bound_jpy_bn_per_a", "JPY bn/a", "no plan for this costs less: proven"),
            Column("gap", "1", "proven gap of the plan"),
            Column("over_first_jpy_bn_per_a", "JPY bn/a", "cost beyond that of the first point"),
            Column("price_jpy_bn_per_a_per_unit", "JPY bn/a per unit", "marginal price: slope of the front"),
            Column("price", "price_unit of summary.json", "the same as it is published elsewhere"),
            Column("slope_before_jpy_bn_per_a_per_unit", "JPY bn/a per unit", "from the point before"),
            Column("start", "text", "fresh, or shared: from the cuts of points before it"),
        ),
    ),
    "front_areas": (
        "New IT capacity by point and grid area.",
        (
            _POINT,
            Column("x", "unit of the axis", "as in table front"),
            Column("area", "text", "grid area"),
            Column("name_en", "text", "English name"),
            Column("name_ja", "text", "Japanese name"),
            Column("it_mw", "MW", "new IT capacity"),
        ),
    ),
}
"""Tables of a front: meaning and columns, in file order."""


class AxisWords(Protocol):
    """What the folder needs to know of an axis; see `optimizer.analyse.pareto.Axis`."""

    @property
    def name(self) -> str:
        """Its name on the command line."""

    @property
    def unit(self) -> str:
        """Of places on it."""

    @property
    def price_unit(self) -> str:
        """Of the price as it is published elsewhere."""

    @property
    def en(self) -> str:
        """What it is."""

    @property
    def ja(self) -> str:
        """The same in Japanese."""


@dataclass(frozen=True)
class FrontRecord:
    """Everything the folder is written from."""

    axis: AxisWords
    tables: Mapping[str, pd.DataFrame]
    summary: Mapping[str, Any]
    """Content of `summary.json`: the same for the same input."""

    statistics: Mapping[str, float] = field(default_factory=dict)
    """Differ from run to run; in no file."""


def write_front(record: FrontRecord, folder: Path, lang: Language) -> None:
    """Write the folder; the same front gives the same bytes.

    Hold `locked(folder)` and call `check_target(folder)` before, as for a run.

    Raises:
        DiskError: a file could not be written; nothing is left behind.
    """
    from optimizer.export.front_figure import write_front_figure
    from optimizer.export.front_page import write_front_page

    tables = published(FRONT_TABLES, record.tables)
    frames = {name: table.frame for name, table in tables.items()}
    with appearing(folder) as draft:
        write_tables(tables.values(), draft)
        write_front_figure(record, frames, draft, lang)
        write_front_page(draft / "front.html", record, frames, lang)
        (draft / "summary.json").write_text(to_json(dict(record.summary)), "utf-8")
