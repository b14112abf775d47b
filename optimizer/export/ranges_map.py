"""The map of always, sometimes, never: PNG and SVG in both languages, GeoPackage.

A disc is what every plan within the budget has at a site, the ring around it what some plan has: areas are
capacity. Colour is repeated by hatch and sign: filled always, hatched sometimes, a cross never, dashed open.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.export import palette
from optimizer.export.figures import (
    DOTS_PER_INCH,
    LABELLED_SITES,
    STYLE,
    bold,
    circle_box,
    draw_scale_bar,
    fonts,
    legend_of,
    place_label,
    shortened,
)
from optimizer.export.gis import STEADY_DATE
from optimizer.export.mapframe import WIDTH_PER_HEIGHT, MapFrame, frame_of
from optimizer.export.mapland import draw_plain_land
from optimizer.export.record import LANGUAGES, Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optimizer.export.ranges_folder import RangesRecord

LARGEST_RING_PT2 = 1300.0
COLOURS = {"always": palette.LOWER, "sometimes": palette.SITE, "never": "#7d8890", "open": "#cc79a7"}
"""Blue, orange, grey, pink: told apart by readers who are colour-blind; hatch and sign repeat them."""

_HATCH = "/////"
_CREDIT = {
    "en": "Made with Natural Earth; figures: ranges.csv",
    "ja": "Made with Natural Earth、数値は ranges.csv",
}

CLASS_WORDS: dict[str, dict[str, str]] = {
    "always": {"en": "always: every such plan builds here", "ja": "必ず：どの計画でもここに建つ"},
    "sometimes": {"en": "sometimes: some do, some do not", "ja": "場合による：建つ計画も建たない計画もある"},
    "never": {"en": "never: none does", "ja": "なし：どの計画でもここには建たない"},
    "open": {"en": "open: not decided by the proof", "ja": "未確定：証明では決まらない"},
}
_WORDS: dict[str, dict[str, str]] = {
    "title": {"en": "Always, sometimes, never", "ja": "必ず・場合による・なし"},
    "disc": {"en": "disc: least; ring: most, MW", "ja": "円：最小、輪：最大 [MW]"},
    "bars": {"en": "By grid area: least, plan, most, MW", "ja": "エリア別：最小・計画・最大 [MW]"},
    "plan": {"en": "least-cost plan", "ja": "最小費用の計画"},
}


def within(record: RangesRecord) -> dict[str, str]:
    """Return what the plans have in common, in words."""
    slack, cost = float(record.summary["slack"]), float(record.summary["cost_jpy_bn_per_a"])
    return {
        "en": f"New IT capacity of all plans within {slack * 100:g} % of the least cost (¥{cost:,.0f} bn/a)",
        "ja": f"費用が最小（{cost * 10:,.0f}億円/年）から {slack * 100:g} % 以内のすべての計画の新設IT容量",
    }


def frame_for(record: RangesRecord) -> MapFrame:
    """Return the picture of the country."""
    inputs = record.inputs
    return frame_of(
        inputs.sites.reset_index(), inputs.interties.reset_index(), inputs.areas, dict(record.boundaries)
    )


def write_ranges_maps(record: RangesRecord, tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write `ranges.<lang>.{png,svg}` and `ranges.gpkg` (layers `sites`, `areas`)."""
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    frame = frame_for(record)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        for lang in LANGUAGES:
            style: Any = {**STYLE, "font.family": fonts(lang)}
            with mpl.rc_context(style):
                figure = draw_ranges(record, frame, tables["ranges"], lang)
                file = folder / f"ranges.{lang}"
                figure.savefig(
                    file.with_suffix(f".{lang}.png"), dpi=DOTS_PER_INCH, metadata={"Software": None}
                )
                figure.savefig(file.with_suffix(f".{lang}.svg"), metadata={"Date": None, "Creator": None})
    _write_geopackage(record, tables["ranges"], folder / "ranges.gpkg")


def draw_ranges(record: RangesRecord, frame: MapFrame, table: pd.DataFrame, lang: Language) -> Figure:
    """Return the figure: discs and rings on the land, ranges of the areas beside it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.333, 7.5), facecolor="white")
    FigureCanvasAgg(figure)
    title = f"{_WORDS['title'][lang]}: {record.summary['title'][lang]}"
    bold(figure.text(0.024, 0.962, shortened(title, 80), fontsize=18, va="center"))
    figure.text(0.024, 0.922, within(record)[lang], fontsize=11, va="center", color=palette.SOFT_INK)
    axes = figure.add_axes((0.018, 0.045, 0.61, 0.61 * 13.333 / 7.5 / WIDTH_PER_HEIGHT))
    draw_plain_land(axes, frame, lang)
    sites = table[table["kind"] == "site"].set_index("place")
    _draw_sites(axes, frame, sites, lang)
    draw_scale_bar(axes, frame, lang)
    areas = table[table["kind"] == "area"]
    _draw_bars(figure.add_axes((0.735, 0.38, 0.235, 0.5)), _north_first(record, areas), lang)
    _draw_legend(figure, sites, lang)
    figure.text(0.024, 0.018, _CREDIT[lang], fontsize=7.5, color=palette.SOFT_INK)
    return figure


def _north_first(record: RangesRecord, areas: pd.DataFrame) -> pd.DataFrame:
    north = record.inputs.areas["lat"].reindex(areas["place"]).to_numpy()
    return areas.iloc[np.argsort(-north, kind="stable")]


def _scale(sites: pd.DataFrame) -> float:
    return LARGEST_RING_PT2 / max(float(sites["most_reached_mw"].max()), 1.0)


def _draw_sites(axes: Axes, frame: MapFrame, sites: pd.DataFrame, lang: Language) -> None:
    where, scale = frame.sites.loc[sites.index], _scale(sites)
    order = sites.sort_values("most_reached_mw", ascending=False, kind="stable")
    for name, rows in order.groupby("class", sort=True):
        at, colour = where.loc[rows.index], COLOURS[str(name)]
        if name == "never":
            axes.scatter(at["x"], at["y"], s=22, marker="x", color=colour, linewidth=1.2, zorder=5.8)
            continue
        hatch = None if name == "always" else _HATCH
        style = "dashed" if name == "open" else "solid"
        ring: dict[str, Any] = {"facecolor": "white", "edgecolor": colour, "hatch": hatch, "linestyle": style}
        axes.scatter(
            at["x"], at["y"], s=rows["most_reached_mw"] * scale, linewidth=1.3, alpha=0.85, zorder=6, **ring
        )
        disc = rows["least_reached_mw"] * scale
        axes.scatter(
            at["x"], at["y"], s=disc, facecolor=colour, edgecolor=palette.INK, linewidth=0.5, zorder=6.1
        )
    sizes = (order["most_reached_mw"] * scale).to_numpy(dtype=float)
    spots = where.loc[order.index].to_numpy(dtype=float)
    taken = [circle_box(axes, x, y, size) for (x, y), size in zip(spots, sizes, strict=True)]
    shown = zip(order.index[:LABELLED_SITES], spots, sizes, strict=False)
    for site, (x, y), size in shown:
        text = f"{shortened(str(order.at[site, f'name_{lang}']), 24)} {_span(order.loc[site])}"
        place_label(axes, text, (float(x), float(y)), float(size), taken)


def _span(row: Any) -> str:
    return f"{row['least_reached_mw']:,.0f}–{row['most_reached_mw']:,.0f}"


def _draw_bars(axes: Axes, areas: pd.DataFrame, lang: Language) -> None:
    rows = np.arange(len(areas))
    least, most = (areas[name].to_numpy(dtype=float) for name in ("least_reached_mw", "most_reached_mw"))
    colours = [COLOURS[name] for name in areas["class"]]
    bars = axes.barh(rows, most - least, left=least, height=0.6, color="white", edgecolor=colours)
    for bar, name in zip(bars, areas["class"], strict=True):
        bar.set_linewidth(1.2)
        bar.set_hatch(None if name == "always" else _HATCH)
    axes.barh(rows, least, height=0.6, color=colours)
    axes.plot(areas["plan_mw"], rows, linestyle="", marker="D", markersize=5, color=palette.INK, zorder=5)
    axes.set_yticks(rows, [shortened(str(name), 16) for name in areas[f"name_{lang}"]], fontsize=8)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    top = max(float(most.max()), 1.0)
    axes.set_xlim(0, top * 1.42)
    for at, (_, row) in enumerate(areas.iterrows()):
        axes.text(float(row["most_reached_mw"]) + top * 0.03, at, _span(row), va="center", fontsize=7.5)
    bold(axes.figure.text(0.652, 0.895, _WORDS["bars"][lang], fontsize=9.5))


def _draw_legend(figure: Figure, sites: pd.DataFrame, lang: Language) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    counts = sites["class"].value_counts()
    signs: list[Any] = []
    for name, words in CLASS_WORDS.items():
        if name == "open" and not counts.get(name, 0):
            continue
        label = f"{words[lang]} ({counts.get(name, 0)})"
        if name == "never":
            signs.append(Line2D([], [], linestyle="", marker="x", color=COLOURS[name], label=label))
        elif name == "always":
            signs.append(Patch(facecolor=COLOURS[name], edgecolor=palette.INK, label=label))
        else:
            style = "dashed" if name == "open" else "solid"
            box: dict[str, Any] = {"facecolor": "white", "edgecolor": COLOURS[name], "linestyle": style}
            signs.append(Patch(hatch=_HATCH, label=label, **box))
    plan = Line2D(
        [], [], linestyle="", marker="D", color=palette.INK, markersize=5, label=_WORDS["plan"][lang]
    )
    legend_of(figure, [*signs, plan], _WORDS["title"][lang], (0.652, 0.34), 1)
    largest = float(sites["most_reached_mw"].max())
    limits = [one for one in palette.class_limits(np.array([largest]))[1:] if one <= largest]
    circles = [
        Line2D(
            [], [], linestyle="", marker="o", label=f"{limit:,.0f}",
            markersize=float(np.sqrt(limit * _scale(sites))),
            markerfacecolor="white", markeredgecolor=palette.INK, markeredgewidth=0.9,
        )
        for limit in limits
    ]  # fmt: skip
    if circles:
        bold(figure.text(0.652, 0.16, _WORDS["disc"][lang], fontsize=9.5))
        legend_of(figure, circles, "", (0.652, 0.135), 4)


def _write_geopackage(record: RangesRecord, table: pd.DataFrame, file: Path) -> None:
    """Write layers `sites` (points) and `areas` (polygons) with every column of ranges.csv."""
    import geopandas as gpd
    import pyogrio
    from shapely.geometry import MultiPolygon, Polygon

    rows = table[table["kind"] == "site"].rename(columns={"place": "site"}).drop(columns="kind")
    where = record.inputs.sites.loc[rows["site"]]
    points = gpd.GeoDataFrame(
        rows.reset_index(drop=True), geometry=gpd.points_from_xy(where["lon"], where["lat"]), crs=4326
    )
    outlines = record.boundaries["grid_areas"][["area", "geometry"]].to_crs(4326)
    areas = table[table["kind"] == "area"].drop(columns=["kind", "place"])
    polygons = gpd.GeoDataFrame(outlines.merge(areas, on="area", how="inner", validate="one_to_one"))
    solid = polygons.geometry.map(lambda one: MultiPolygon([one]) if isinstance(one, Polygon) else one)
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STEADY_DATE})
    try:
        pyogrio.write_dataframe(points, file, layer="sites", driver="GPKG")
        pyogrio.write_dataframe(polygons.set_geometry(solid), file, layer="areas", driver="GPKG", append=True)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
