"""The front for print and slides: cost with tangents, marginal price, capacity by area. PNG and SVG."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.export import palette
from optimizer.export.figures import DOTS_PER_INCH, STYLE, bold, fonts, shortened
from optimizer.export.record import LANGUAGES, Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from optimizer.export.front_folder import FrontRecord

AREA_COLOURS = (
    "#20578f", "#56b4e9", "#009e73", "#f0e442", "#e69f00",
    "#d55e00", "#cc79a7", "#8c6d31", "#b0b7bf", "#1d2733",
)  # fmt: skip
"""One per area, in order, then over again with hatches."""

LONGEST_TANGENT = 0.2
"""A tangent is drawn no higher or lower than this part of the height of the front. [1]"""

HATCHES = ("", "////", "....", "xxxx")

WORDS: dict[str, dict[str, str]] = {
    "title": {"en": "Cost against", "ja": "費用と"},
    "cost": {"en": "Cost of the plan [JPY bn/a]", "ja": "計画の費用 [十億円/年]"},
    "price": {"en": "Marginal price", "ja": "限界価格"},
    "areas": {"en": "New IT capacity [MW]", "ja": "新設IT容量 [MW]"},
    "tangent": {"en": "marginal price as a slope", "ja": "限界価格（傾き）"},
    "points": {"en": "least cost, certified", "ja": "最小費用（証明済み）"},
    "credit": {"en": "figures: front.csv, front_areas.csv", "ja": "数値は front.csv、front_areas.csv"},
}


def axis_label(record: FrontRecord, lang: Language) -> str:
    """Return the words of the axis with its unit."""
    return f"{getattr(record.axis, lang)} [{record.axis.unit}]"


def price_label(record: FrontRecord, lang: Language) -> str:
    """Return the words of the price with its unit."""
    return f"{WORDS['price'][lang]} [{record.axis.price_unit}]"


def write_front_figure(
    record: FrontRecord, tables: Mapping[str, pd.DataFrame], folder: Path, lang: Language
) -> None:
    """Write `front.<lang>.{png,svg}` in both languages, and `front.{png,svg}` in the chosen one."""
    import matplotlib as mpl

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        for one in LANGUAGES:
            style: Any = {**STYLE, "font.family": fonts(one)}
            with mpl.rc_context(style):
                figure = draw_front(record, tables, one)
                figure.savefig(folder / f"front.{one}.png", dpi=DOTS_PER_INCH, metadata={"Software": None})
                figure.savefig(folder / f"front.{one}.svg", metadata={"Date": None, "Creator": None})
    for kind in ("png", "svg"):
        (folder / f"front.{kind}").write_bytes((folder / f"front.{lang}.{kind}").read_bytes())


def draw_front(record: FrontRecord, tables: Mapping[str, pd.DataFrame], lang: Language) -> Figure:
    """Return the figure: the front with its tangents, its price below, capacity by area beside."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.333, 7.5), facecolor="white")
    FigureCanvasAgg(figure)
    title = f"{WORDS['title'][lang]} {getattr(record.axis, lang)}"
    bold(figure.text(0.05, 0.955, shortened(title, 80), fontsize=18, va="center"))
    name = shortened(record.summary["title"][lang], 90)
    figure.text(0.05, 0.915, name, fontsize=11, va="center", color=palette.SOFT_INK)
    front = tables["front"]
    cost, price = figure.add_axes((0.07, 0.44, 0.5, 0.43)), figure.add_axes((0.07, 0.09, 0.5, 0.26))
    _draw_cost(cost, record, front, lang)
    _draw_price(price, record, front, lang)
    _draw_areas(figure.add_axes((0.65, 0.28, 0.33, 0.59)), record, tables["front_areas"], lang)
    figure.text(0.05, 0.018, WORDS["credit"][lang], fontsize=7.5, color=palette.SOFT_INK)
    return figure


def _plain(axes: Axes, down: bool) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(axis="y", color="#e8ecef", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8.5)
    if down:
        axes.invert_xaxis()


def tangents(front: pd.DataFrame, more: float) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return a piece of the tangent at every point: half the way to its neighbours, at its price."""
    x, cost = (front[name].to_numpy(dtype=float) for name in ("x", "cost_jpy_bn_per_a"))
    slope = more * front["price_jpy_bn_per_a_per_unit"].to_numpy(dtype=float)
    middle = (x[1:] + x[:-1]) / 2.0
    ends = np.concatenate([x[:1], middle]), np.concatenate([middle, x[-1:]])
    pieces = []
    tall = LONGEST_TANGENT * max(float(np.ptp(cost)), 1e-9)
    for number, here in enumerate(x):
        reach = tall / max(abs(slope[number]), 1e-12)
        along = np.clip([ends[0][number], ends[1][number]], here - reach, here + reach)
        pieces.append((along, cost[number] + slope[number] * (along - here)))
    return pieces


def direction_of(front: pd.DataFrame) -> float:
    """Return +1 where more of the unit is more of the aim, −1 where less is."""
    x = front["x"].to_numpy(dtype=float)
    return 1.0 if x[-1] >= x[0] else -1.0


def _draw_cost(axes: Axes, record: FrontRecord, front: pd.DataFrame, lang: Language) -> None:
    more = direction_of(front)
    _plain(axes, more < 0)
    axes.plot(front["x"], front["cost_jpy_bn_per_a"], color="#9aa5ad", linewidth=1.2, zorder=2)
    label = WORDS["tangent"][lang]
    for along, height in tangents(front, more):
        axes.plot(along, height, color=palette.UPPER, linewidth=2.0, zorder=3, label=label)
        label = "_nolegend_"
    axes.plot(
        front["x"], front["cost_jpy_bn_per_a"], linestyle="", marker="o", markersize=6, zorder=4,
        color=palette.LOWER, label=WORDS["points"][lang],
    )  # fmt: skip
    axes.set_ylabel(WORDS["cost"][lang], fontsize=9.5)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.legend(frameon=False, fontsize=8.5, loc="upper left")


def _draw_price(axes: Axes, record: FrontRecord, front: pd.DataFrame, lang: Language) -> None:
    _plain(axes, direction_of(front) < 0)
    axes.plot(
        front["x"], front["price"], color=palette.UPPER, marker="o", markersize=5, linewidth=1.2,
        drawstyle="steps-mid",
    )  # fmt: skip
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel(axis_label(record, lang), fontsize=9.5)
    axes.set_ylabel(price_label(record, lang), fontsize=9.5)


def _draw_areas(axes: Axes, record: FrontRecord, table: pd.DataFrame, lang: Language) -> None:
    wide = table.pivot(index="point", columns="area", values="it_mw")
    areas = table.drop_duplicates("area").set_index("area")
    x = table.drop_duplicates("point").sort_values("point")["x"].to_numpy(dtype=float)
    below = np.zeros(len(wide))
    rows = np.arange(len(wide), dtype=float)
    for number, area in enumerate(areas.index):
        values = wide[area].to_numpy(dtype=float)
        colour = AREA_COLOURS[number % len(AREA_COLOURS)]
        hatch = HATCHES[(number // len(AREA_COLOURS)) % len(HATCHES)]
        name = shortened(str(areas.at[area, f"name_{lang}"]), 16)
        axes.bar(
            rows,
            values,
            bottom=below,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.4,
            label=name,
        )
        below += values
    digits = 0 if np.ptp(x) > 20 else 1
    axes.set_xticks(
        rows, [f"{value:,.{digits}f}" for value in x], fontsize=8, rotation=45 if len(x) > 8 else 0
    )
    _plain(axes, False)
    axes.set_xlabel(axis_label(record, lang), fontsize=9.5)
    axes.set_title(WORDS["areas"][lang], fontsize=9.5, loc="left")
    axes.legend(
        frameon=False, fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.17), columnspacing=1.2
    )
