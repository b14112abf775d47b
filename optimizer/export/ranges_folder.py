"""The folder of near-optimal ranges: tables, map, page. It appears whole, by rename, as that of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.export.folder import appearing
from optimizer.export.provenance import to_json
from optimizer.export.record import Language
from optimizer.export.tables import published, write_tables
from optimizer.milestones import Inputs
from optimizer.scenario.columns import Column

if TYPE_CHECKING:
    import geopandas as gpd

_PLAN = Column("plan", "1", "number of the plan; 0 is the least-cost plan")
_KIND = Column("kind", "text", "area or site")
_PLACE = Column("place", "text", "identifier of the area or site")
_NAMES = (Column("name_en", "text", "English name"), Column("name_ja", "text", "Japanese name"))

RANGES_TABLES: dict[str, tuple[str, tuple[Column, ...]]] = {
    "ranges": (
        "Least and most new IT capacity of every area and site within the budget.",
        (
            _KIND,
            _PLACE,
            Column("area", "text", "grid area"),
            *_NAMES,
            Column("least_proven_mw", "MW", "no plan within the budget has less: proven"),
            Column("least_reached_mw", "MW", "a plan within the budget has this little: certified"),
            Column("plan_mw", "MW", "in the least-cost plan"),
            Column("most_reached_mw", "MW", "a plan within the budget has this much: certified"),
            Column("most_proven_mw", "MW", "no plan within the budget has more: proven"),
            Column("class", "text", "always, sometimes, never or open; docs/fronts.md"),
            Column("settled", "text", "yes where proven and reached are within the tolerance, else no"),
            Column("evaluations", "1", "looks at the year's dispatch this row took beyond those before it"),
        ),
    ),
    "plans": (
        "Plans within the budget that differ most, the least-cost plan first.",
        (
            _PLAN,
            Column("cost_jpy_bn_per_a", "JPY bn/a", "true cost of the plan"),
            Column("over_plan", "1", "cost beyond that of the least-cost plan, relative to it"),
            Column("over_least_proven", "1", "at most so much beyond the least cost there can be: proven"),
            Column("elsewhere_than_nearest_mw", "MW", "stands elsewhere than in the nearest plan before it"),
            Column("elsewhere_than_plan_mw", "MW", "stands elsewhere than in the least-cost plan"),
            Column("sites_used", "1", "sites with new IT capacity"),
        ),
    ),
    "plan_places": (
        "New IT capacity of these plans by area and site.",
        (_PLAN, _KIND, _PLACE, *_NAMES, Column("it_mw", "MW", "new IT capacity")),
    ),
}
"""Tables of near-optimal ranges: meaning and columns, in file order."""


@dataclass(frozen=True)
class RangesRecord:
    """Everything the folder is written from."""

    inputs: Inputs
    boundaries: Mapping[str, gpd.GeoDataFrame]
    """As in `optimizer.export.record.RunRecord`."""

    tables: Mapping[str, pd.DataFrame]
    summary: Mapping[str, Any]
    """Content of `summary.json`: the same for the same input."""

    statistics: Mapping[str, float] = field(default_factory=dict)
    """Differ from run to run; in no file."""


def write_ranges(record: RangesRecord, folder: Path, lang: Language) -> None:
    """Write the folder; the same ranges give the same bytes.

    Hold `locked(folder)` and call `check_target(folder)` before, as for a run.

    Raises:
        DiskError: a file could not be written; nothing is left behind.
    """
    from optimizer.export.ranges_map import write_ranges_maps
    from optimizer.export.ranges_page import write_ranges_page

    tables = published(RANGES_TABLES, record.tables)
    with appearing(folder) as draft:
        write_tables(tables.values(), draft)
        frames = {name: table.frame for name, table in tables.items()}
        write_ranges_maps(record, frames, draft / "maps")
        write_ranges_page(draft / "ranges.html", record, frames, lang)
        (draft / "summary.json").write_text(to_json(dict(record.summary)), "utf-8")
