"""Sea, land and the box of the islands on printed maps: what lies under every drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.export import palette
from optimizer.export.mapframe import MapFrame
from optimizer.export.record import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INSET = {"en": "island grid, same scale", "ja": "独立系統（同縮尺）"}


def draw_sea(axes: Axes, frame: MapFrame) -> None:
    """Set the axes to the picture's extent and draw the sea, and the land of other countries."""
    left, bottom, right, top = frame.extent
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)
    axes.set_autoscale_on(False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor(palette.SEA)
    for spine in axes.spines.values():
        spine.set_color("#c9d1d8")
    if len(frame.context):
        grey = palette.LAND_ELSEWHERE
        frame.context.plot(ax=axes, color=grey, edgecolor=grey, linewidth=0.5, aspect=None, zorder=1)


def draw_plain_land(axes: Axes, frame: MapFrame, lang: Language) -> None:
    """Draw sea and land in one pale shade: the ground of maps whose subject lies on top."""
    draw_sea(axes, frame)
    draw_inset_box(axes, frame, lang)
    frame.outlines.plot(ax=axes, color=palette.LAND_HOME, aspect=None, zorder=3.8)
    frame.prefectures.plot(
        ax=axes, color="#f4f5f3", edgecolor="#aab3ba", linewidth=0.35, aspect=None, zorder=4
    )
    frame.outlines.boundary.plot(ax=axes, color="#6b7680", linewidth=0.6, aspect=None, zorder=4.1)
    axes.set(xlabel="", ylabel="")


def draw_inset_box(axes: Axes, frame: MapFrame, lang: Language) -> None:
    """Draw the box of the island grids, where there is one."""
    from matplotlib.patches import Rectangle

    if frame.inset is None:
        return
    left, bottom, right, top = frame.inset
    axes.add_patch(
        Rectangle(
            (left, bottom), right - left, top - bottom, facecolor="white", edgecolor="#7d8890", zorder=3.5
        )
    )
    axes.text(left + 14, top - 14, _INSET[lang], fontsize=8, color=palette.SOFT_INK, va="top", zorder=8)
