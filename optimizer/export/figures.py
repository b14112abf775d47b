"""The map of the plan for print and slides: PNG, SVG and PDF, Japanese and English."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.export import palette
from optimizer.export.mapfibre import draw_fibre, loading_handles
from optimizer.export.mapframe import WIDTH_PER_HEIGHT, MapFrame, map_frame
from optimizer.export.mapland import draw_inset_box, draw_sea
from optimizer.export.record import LANGUAGES, Language, RunRecord
from optimizer.export.words import credit_line, headlines, north_to_south, title_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
LABELLED_SITES = 8
LARGEST_CIRCLE_PT2 = 640.0
SMALLEST_DRAWN_MW = 0.5

WORDS: dict[str, dict[str, str]] = {
    "sites": {"en": "New IT capacity at a site", "ja": "立地点の新設IT容量"},
    "shade": {"en": "New IT capacity in the region, MW", "ja": "地域の新設IT容量 [MW]"},
    "none": {"en": "none", "ja": "なし"},
    "over": {"en": "over", "ja": "超"},
    "links": {"en": "Intertie: mean loading", "ja": "連系線の平均利用率"},
    "fibre": {"en": "Fibre link: loading", "ja": "ファイバ区間の利用率"},
    "bars": {"en": "New IT capacity by grid area, MW", "ja": "エリア別の新設IT容量 [MW]"},
    "kilometres": {"en": "km", "ja": "km"},
}

STYLE: dict[str, Any] = {
    "svg.hashsalt": "wattbit",
    "svg.fonttype": "path",
    "pdf.fonttype": 3,
    "axes.unicode_minus": False,
    "text.color": palette.INK,
    "axes.edgecolor": palette.SOFT_INK,
    "text.parse_math": False,
}


def write_maps(record: RunRecord, folder: Path) -> None:
    """Write `plan.<lang>.{png,svg,pdf}` in both languages, and `plan.{png,svg,pdf}` in the chosen one."""
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    frame = map_frame(record)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        for lang in LANGUAGES:
            style: Any = {**STYLE, "font.family": fonts(lang)}
            with mpl.rc_context(style):
                _save(draw_map(record, frame, lang), folder, lang)
    for kind in ("png", "svg", "pdf"):
        (folder / f"plan.{kind}").write_bytes((folder / f"plan.{record.lang}.{kind}").read_bytes())


def draw_map(record: RunRecord, frame: MapFrame, lang: Language) -> Figure:
    """Return the figure: map on the left; figures, areas and legends on the right."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.333, 7.5), facecolor="white")
    FigureCanvasAgg(figure)
    title = title_of(record, lang)
    size = min(21.0, 21.0 * 52 / max(_width(title), 1))
    bold(figure.text(0.024, 0.956, shortened(title, 90), fontsize=max(size, 13), va="center"))
    axes = figure.add_axes((0.018, 0.055, 0.625, 0.625 * 13.333 / 7.5 / WIDTH_PER_HEIGHT))
    _draw_land(axes, record, frame, lang)
    draw_fibre(axes, record, frame)
    _draw_links(axes, record, frame)
    _draw_sites(axes, record, frame, lang)
    draw_scale_bar(axes, frame, lang)
    _draw_headlines(figure, record, lang)
    _draw_bars(figure.add_axes((0.735, 0.385, 0.235, 0.27)), record, lang)
    _draw_legends(figure, record, lang)
    figure.text(0.024, 0.022, shortened(credit_line(record, lang), 230), fontsize=7.5, color=palette.SOFT_INK)
    return figure


def fonts(lang: Language) -> list[str]:
    """Return font families; Japanese glyphs come from the package matplotlib-fontja, not from the system."""
    from matplotlib import font_manager
    from matplotlib_fontja import get_font_ttf_path

    path = str(get_font_ttf_path())
    font_manager.fontManager.addfont(path)
    japanese = font_manager.FontProperties(fname=path).get_name()
    return [japanese, "DejaVu Sans"] if lang == "ja" else ["DejaVu Sans", japanese]


def _save(figure: Figure, folder: Path, lang: Language) -> None:
    figure.savefig(folder / f"plan.{lang}.png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    figure.savefig(folder / f"plan.{lang}.svg", metadata={"Date": None, "Creator": None})
    figure.savefig(
        folder / f"plan.{lang}.pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None}
    )


def _draw_land(axes: Axes, record: RunRecord, frame: MapFrame, lang: Language) -> None:
    draw_sea(axes, frame)
    built = record.plan.tables["sites"].set_index("site")["it_mw"]
    limits = palette.class_limits(built.to_numpy(dtype=float))
    main, moved = frame.prefectures, frame.prefectures.iloc[:0]
    if frame.inset is not None:
        draw_inset_box(axes, frame, lang)
        x, y = frame.sites["x"], frame.sites["y"]
        inside = x.between(frame.inset[0], frame.inset[2]) & y.between(frame.inset[1], frame.inset[3])
        is_moved = main["site"].map(inside).to_numpy(dtype=bool)
        main, moved = frame.prefectures[~is_moved], frame.prefectures[is_moved]
    for layer, order in ((main, 3.0), (moved, 4.0)):
        colours = [palette.SHADES[palette.class_of(float(built[site]), limits)] for site in layer["site"]]
        if colours:
            home = frame.outlines[frame.outlines["area"].isin(layer["area"])]
            home.plot(ax=axes, color=palette.LAND_HOME, aspect=None, zorder=order - 0.1)
            layer.plot(ax=axes, color=colours, edgecolor="#9aa5ad", linewidth=0.35, aspect=None, zorder=order)
    frame.outlines.boundary.plot(ax=axes, color="#6b7680", linewidth=0.6, aspect=None, zorder=4.1)
    axes.set(xlabel="", ylabel="")


def _draw_links(axes: Axes, record: RunRecord, frame: MapFrame) -> None:
    loading = record.plan.tables["interties"]["loading_share"].to_numpy(dtype=float)
    for share, (_, ends) in zip(loading, frame.links.iterrows(), strict=True):
        rank = palette.loading_class(float(share))
        width = palette.LOADING_WIDTHS[rank]
        along = ([ends["x0"], ends["x1"]], [ends["y0"], ends["y1"]])
        axes.plot(*along, color="white", linewidth=width + 2, zorder=5, solid_capstyle="round")
        axes.plot(*along, color=palette.LOADINGS[rank], linewidth=width, zorder=5.1, solid_capstyle="round")


def _circle_scale(sites: pd.DataFrame) -> float:
    return LARGEST_CIRCLE_PT2 / max(float(sites["it_mw"].max()), 1.0)


def _draw_sites(axes: Axes, record: RunRecord, frame: MapFrame, lang: Language) -> None:
    sites = record.plan.tables["sites"].set_index("site")
    built = sites[sites["it_mw"] >= SMALLEST_DRAWN_MW].sort_values("it_mw", ascending=False, kind="stable")
    where = frame.sites.loc[built.index]
    sizes = built["it_mw"].to_numpy(dtype=float) * _circle_scale(sites)
    axes.scatter(
        where["x"],
        where["y"],
        s=sizes,
        color=palette.SITE,
        edgecolor=palette.SITE_EDGE,
        linewidth=0.8,
        alpha=0.92,
        zorder=6,
    )
    taken = [circle_box(axes, x, y, size) for x, y, size in zip(where["x"], where["y"], sizes, strict=True)]
    for (x, y), size, (_, site) in list(
        zip(where[["x", "y"]].to_numpy(), sizes, built.iterrows(), strict=False)
    )[:LABELLED_SITES]:
        text = f"{shortened(str(site[f'name_{lang}']), 24)} {site['it_mw']:,.0f}"
        place_label(axes, text, (float(x), float(y)), float(size), taken)


def circle_box(axes: Axes, x: float, y: float, size: float) -> Any:
    """Return the box around a circle, pixels; size as `scatter` takes it."""
    from matplotlib.transforms import Bbox

    radius = np.sqrt(size) / 2 * axes.figure.dpi / 72
    centre = axes.transData.transform((x, y))
    return Bbox([centre - radius, centre + radius])


def place_label(axes: Axes, text: str, at: tuple[float, float], size: float, taken: list[Any]) -> None:
    """Put the label where it covers least: eight places around the circle are tried, near and far."""
    from matplotlib.patheffects import withStroke

    label = axes.annotate(
        text,
        at,
        xytext=(0, 0),
        textcoords="offset points",
        fontsize=9,
        zorder=9,
        ha="center",
        va="center",
        path_effects=[withStroke(linewidth=2.6, foreground="white")],
    )
    offset, distance = _best_place(axes, label.get_window_extent(), size, taken)
    label.set_position(offset)
    if distance > 15:
        line = {
            "arrowstyle": "-",
            "color": palette.INK,
            "linewidth": 0.6,
            "shrinkA": 0,
            "shrinkB": np.sqrt(size) / 2,
        }
        axes.annotate(
            "",
            at,
            xytext=(offset[0] * 0.8, offset[1]),
            textcoords="offset points",
            arrowprops=line,
            zorder=8.5,
        )
    taken.append(label.get_window_extent().padded(2))


def _best_place(axes: Axes, extent: Any, size: float, taken: list[Any]) -> tuple[tuple[float, float], float]:
    """Return the offset in points, and its distance from the circle, where the label covers least."""
    points = axes.figure.dpi / 72
    half = np.array([extent.width, extent.height]) / 2 / points
    frame = axes.get_window_extent()
    best, least = ((0.0, 0.0), 0.0), np.inf
    for distance in (2, 12, 24, 40, 60):
        for angle in np.deg2rad([0, 180, 45, -45, 135, -135, 90, -90, 20, -20, 160, -160]):
            direction = np.array([np.cos(angle), np.sin(angle)])
            offset = direction * (np.sqrt(size) / 2 + distance + half)
            moved = extent.translated(*(offset * points))
            outside = not (frame.contains(*moved.min) and frame.contains(*moved.max))
            penalty = sum(_overlap(moved, other) for other in taken) + 1e6 * outside + 3.0 * distance
            if penalty < least:
                best, least = ((float(offset[0]), float(offset[1])), float(distance)), penalty
    return best


def _overlap(one: Any, other: Any) -> float:
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return float(wide * high) if wide > 0 and high > 0 else 0.0


def draw_scale_bar(axes: Axes, frame: MapFrame, lang: Language) -> None:
    """Draw a round length of about a sixth of the map."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    wide = (frame.extent[2] - frame.extent[0]) / 6
    length = max(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if step <= max(wide, 1))
    x, y = right - length - (right - left) * 0.03, bottom + (top - bottom) * 0.035
    axes.plot([x, x + length], [y, y], color=palette.INK, linewidth=2, zorder=8, solid_capstyle="butt")
    axes.text(
        x + length / 2,
        y + (top - bottom) * 0.012,
        f"{length:,} {WORDS['kilometres'][lang]}",
        fontsize=8,
        ha="center",
        zorder=8,
    )


def _draw_headlines(figure: Figure, record: RunRecord, lang: Language) -> None:
    for number, headline in enumerate(headlines(record)[:4]):
        x, y = 0.662 + 0.165 * (number % 2), 0.865 - 0.115 * (number // 2)
        figure.text(x, y + 0.045, headline.label[lang], fontsize=8.5, color=palette.SOFT_INK)
        bold(figure.text(x, y, headline.shown[lang], fontsize=17))
        figure.text(x, y - 0.022, shortened(headline.note[lang], 44), fontsize=7, color=palette.SOFT_INK)


def _draw_bars(axes: Axes, record: RunRecord, lang: Language) -> None:
    areas = north_to_south(record, record.plan.tables["areas"])
    rows = np.arange(len(areas))
    axes.barh(
        rows, areas["it_mw"], color=palette.SITE, edgecolor=palette.SITE_EDGE, linewidth=0.5, height=0.68
    )
    axes.set_yticks(rows, [shortened(str(name), 16) for name in areas[f"name_{lang}"]], fontsize=8)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    top = max(float(areas["it_mw"].max()), 1.0)
    axes.set_xlim(0, top * 1.32)
    for row, (megawatt, share) in enumerate(zip(areas["it_mw"], areas["it_share"], strict=True)):
        axes.text(
            megawatt + top * 0.02, row, f"{megawatt:,.0f}  ({share * 100:.0f} %)", va="center", fontsize=7.5
        )
    bold(axes.figure.text(0.662, 0.668, WORDS["bars"][lang], fontsize=9.5))


def _draw_legends(figure: Figure, record: RunRecord, lang: Language) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    sites = record.plan.tables["sites"]
    limits = palette.class_limits(sites["it_mw"].to_numpy(dtype=float))
    ranges = [WORDS["none"][lang], f"– {limits[0]:,.0f}"]
    ranges += [f"{low:,.0f} – {high:,.0f}" for low, high in pairwise(limits)]
    last = (
        f"{limits[-1]:,.0f}{WORDS['over'][lang]}"
        if lang == "ja"
        else f"{WORDS['over'][lang]} {limits[-1]:,.0f}"
    )
    ranges.append(last)
    shades = [
        Patch(facecolor=colour, edgecolor="#9aa5ad", label=text)
        for colour, text in zip(palette.SHADES, ranges, strict=True)
    ]
    scale = _circle_scale(sites)
    circles = [
        Line2D(
            [],
            [],
            linestyle="",
            marker="o",
            markersize=float(np.sqrt(limit * scale)),
            label=f"{limit:,.0f} MW",
            markerfacecolor=palette.SITE,
            markeredgecolor=palette.SITE_EDGE,
            markeredgewidth=0.8,
        )
        for limit in limits[1:]
    ]
    lines = loading_handles(palette.LOADINGS, palette.LOADING_WIDTHS)
    fibres = loading_handles(palette.FIBRE_LOADINGS, palette.FIBRE_WIDTHS)
    has_fibre = len(record.plan.tables["fibre"]) > 0
    legend_of(figure, shades, WORDS["shade"][lang], (0.662, 0.345), 3)
    legend_of(figure, circles, WORDS["sites"][lang], (0.662, 0.248 if has_fibre else 0.235), 3)
    if len(record.plan.tables["interties"]):
        legend_of(figure, lines, WORDS["links"][lang], (0.662, 0.145 if has_fibre else 0.118), 4)
    if has_fibre:
        legend_of(figure, fibres, WORDS["fibre"][lang], (0.662, 0.088), 4)


def legend_of(figure: Figure, handles: list[Any], title: str, at: tuple[float, float], columns: int) -> None:
    """Add a legend without a frame at a place of the figure."""
    legend = figure.legend(
        handles=handles,
        title=title,
        loc="upper left",
        bbox_to_anchor=at,
        ncols=columns,
        frameon=False,
        fontsize=8,
        title_fontproperties={"size": 9.5},
        alignment="left",
        columnspacing=1.2,
        handletextpad=0.8,
        handlelength=max(2.0, *(_diameter(handle) / 8 for handle in handles)),
        borderaxespad=0,
        labelspacing=0.6,
    )
    bold(legend.get_title())


def _diameter(handle: Any) -> float:
    """Size of the handle's circle in points; 0 where it has none."""
    return float(handle.get_markersize()) if hasattr(handle, "get_markersize") else 0.0


def bold(text: Any) -> None:
    """Thicken by a stroke: the Japanese font of the package has one weight only."""
    from matplotlib.patheffects import withStroke

    text.set_path_effects([withStroke(linewidth=text.get_fontsize() / 22, foreground=palette.INK)])


def _width(text: str) -> int:
    """Width in Latin letters; a Japanese letter counts for two."""
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def shortened(text: str, length: int) -> str:
    """Return the text, or its beginning with an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"
