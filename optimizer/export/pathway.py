"""The run folder of a pathway: `years/<year>/` as any run leaves it, and above what ties them together."""

from __future__ import annotations

import html
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.export import palette
from optimizer.export.folder import appearing
from optimizer.export.record import LANGUAGES, Language, RunRecord
from optimizer.export.tables import Published, checked_frame, write_tables
from optimizer.scenario.pathway_tables import PATHWAY_MEANINGS, PATHWAY_TABLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
_AREA_COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
    "#d55e00", "#8c6d31", "#5b6673", "#b3257c", "#b0b7bf",
)  # fmt: skip

WORDS: dict[str, dict[str, str]] = {
    "stands": {"en": "New IT capacity that stands, MW", "ja": "整備済みの新設IT容量 [MW]"},
    "rest": {"en": "other areas", "ja": "その他"},
    "year": {"en": "target year", "ja": "目標年"},
    "built": {"en": "IT, MW", "ja": "IT容量 MW"},
    "new": {"en": "of it new, MW", "ja": "うち新設 MW"},
    "regional": {"en": "outside the metropolises", "ja": "大都市圏外"},
    "cost": {"en": "cost, JPY bn/a", "ja": "費用 十億円/年"},
    "net": {"en": "net capture, JPY bn/a", "ja": "純還流 十億円/年"},
    "open": {"en": "plan, map and tables of the year", "ja": "その年の計画・地図・表"},
}


@dataclass(frozen=True)
class PathwayRecord:
    """One solved pathway, as `write_pathway` takes it."""

    years: dict[int, RunRecord]
    """The run of every target year, in order."""

    tables: dict[str, pd.DataFrame]
    """Tables with the columns of `PATHWAY_TABLES`."""

    summary: dict[str, Any]
    """Content of `summary.json` without run statistics."""

    scenario: str
    """The scenario as resolved, as a file."""

    title: dict[str, str]
    statistics: Callable[[], dict[str, float]]
    resting: list[dict[str, Any]] = field(default_factory=list)
    """What the lines of the mean year rest on, for provenance."""

    model_files: dict[str, Path] = field(default_factory=dict)
    """Files that move into `model/`, by name."""


def write_pathway(record: PathwayRecord, folder: Path) -> None:
    """Write the run folder of a pathway; it appears whole by rename.

    Args:
        record: everything the run produced.
        folder: the target; see `docs/pathway.md` for what it will hold.

    Raises:
        CertificateError: a table holds an empty or infinite number.
        DiskError: a file could not be written; nothing is left behind.
    """
    from optimizer.export.provenance import to_json, write_datapackage, write_model, write_provenance
    from optimizer.export.run_folder import write_inputs, write_run_files

    tables = published_pathway(record.tables)
    last = record.years[max(record.years)]
    files = last.input_files | {"scenario.resolved.yaml": record.scenario.encode()}
    top = replace(last, summary=record.summary, input_files=files, resting=record.resting)
    top = replace(top, model_files=record.model_files)
    with appearing(folder) as draft:
        for year, one in record.years.items():
            write_run_files(one, draft / "years" / str(year))
        write_tables(tables.values(), draft / "tables")
        write_figures(record, draft / "figures")
        write_inputs(top.input_files, draft / "inputs")
        write_model(top, draft / "model")
        write_datapackage(tables, top, draft)
        write_provenance(top, draft)
        (draft / "index.html").write_text(pathway_page(record), encoding="utf-8")
        summary = record.summary | record.statistics()
        (draft / "summary.json").write_text(to_json(summary), encoding="utf-8")


def published_pathway(tables: Mapping[str, pd.DataFrame]) -> dict[str, Published]:
    """Return the tables of a pathway, columns checked, rounded, no empty cell."""
    return {
        name: Published(name, PATHWAY_MEANINGS[name], columns, checked_frame(name, columns, tables[name]))
        for name, columns in PATHWAY_TABLES.items()
    }


def write_figures(record: PathwayRecord, folder: Path) -> None:
    """Write `build-up.<lang>.{png,svg}`: what stands by target year, stacked by grid area."""
    import matplotlib as mpl

    from optimizer.export.figures import STYLE, fonts

    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        for lang in LANGUAGES:
            style: Any = {**STYLE, "font.family": fonts(lang)}
            with mpl.rc_context(style):
                figure = draw_build_up(record, lang)
                figure.savefig(
                    folder / f"build-up.{lang}.png", dpi=DOTS_PER_INCH, metadata={"Software": None}
                )
                figure.savefig(folder / f"build-up.{lang}.svg", metadata={"Date": None, "Creator": None})


def draw_build_up(record: PathwayRecord, lang: Language) -> Figure:
    """Return the figure: one bar per target year at its place in time, one colour per grid area."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    table = record.tables["pathway_areas"]
    wide = table.pivot(index="year", columns="area", values="it_mw")
    names = table.drop_duplicates("area").set_index("area")[f"name_{lang}"]
    order = list(wide.iloc[-1].sort_values(ascending=False, kind="stable").index)
    figure = Figure(figsize=(10, 6), facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.09, 0.1, 0.66, 0.76))
    bottom = pd.Series(0.0, index=wide.index)
    for number, area in enumerate(order):
        colour = _AREA_COLOURS[number % len(_AREA_COLOURS)]
        axes.bar(
            wide.index, wide[area], 1.2, bottom=bottom, color=colour, edgecolor="white", label=names[area]
        )
        bottom = bottom + wide[area]
    for year, total in bottom.items():
        axes.text(
            float(str(year)), float(total), f"{total:,.0f}", ha="center", va="bottom", color=palette.INK
        )
    axes.set_xticks(list(wide.index))
    axes.set_ylabel(WORDS["stands"][lang])
    axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    figure.text(0.09, 0.93, record.title[lang], fontsize=15, color=palette.INK)
    return figure


def pathway_page(record: PathwayRecord) -> str:
    """Return `index.html`: the years in a table, each leading to its own page; no script, no outside."""
    lang = next(iter(record.years.values())).lang
    figure = f"figures/build-up.{lang}.svg"
    heads = ("year", "built", "new", "regional", "cost", "net")
    rows = "\n".join(_row(record, year, lang) for year in record.years)
    title = html.escape(record.title[lang])
    head = "".join(f"<th>{html.escape(WORDS[name][lang])}</th>" for name in heads)
    return f"""<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src 'self'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font-family: system-ui, sans-serif; color: {palette.INK}; max-width: 60rem; margin: 2rem auto; }}
td, th {{ padding: .4rem .9rem; text-align: right; border-bottom: 1px solid #c9d1d8; }}
img {{ max-width: 100%; }}
</style>
</head>
<body>
<h1>{title}</h1>
<table>
<thead><tr>{head}<th></th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<img src="{figure}" alt="{html.escape(WORDS["stands"][lang])}">
</body>
</html>
"""


def _row(record: PathwayRecord, year: int, lang: Language) -> str:
    summary = record.years[year].summary
    areas = record.tables["pathway_areas"]
    new = float(areas.loc[areas["year"] == year, "new_it_mw"].sum())
    cells = (
        str(year),
        f"{summary['it_mw_built']:,.0f}",
        f"{new:,.0f}",
        f"{100 * summary['regional_share']:.0f} %",
        f"{summary['cost_jpy_bn_per_a']:,.0f}",
        f"{summary['capture']['base']['net_jpy_bn']:,.0f}",
    )
    link = f'<a href="years/{year}/index.html">{html.escape(WORDS["open"][lang])}</a>'
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + f"<td>{link}</td></tr>"
