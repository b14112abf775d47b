"""The map of differences for print, slides and QGIS: PNG in both languages, GeoPackage."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.export import palette
from optimizer.export.compare_data import labels_of
from optimizer.export.compare_map import GAIN, LOSS, every_site, frame_of_runs, largest_difference
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
from optimizer.export.mapframe import WIDTH_PER_HEIGHT, MapFrame
from optimizer.export.mapland import draw_plain_land
from optimizer.export.record import LANGUAGES, Language
from optimizer.scenario.compared import ComparedRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_MAPS = 12
"""Runs that get a picture; all of them are on the page and in the GeoPackage."""

LARGEST_CIRCLE_PT2 = 1100.0
SMALLEST_DRAWN_MW = 0.5
_HATCH = "/////"

WORDS: dict[str, dict[str, str]] = {
    "against": {"en": "against", "ja": "基準："},
    "hours": {"en": "other hours were solved", "ja": "解いた時間が異なる"},
    "map": {"en": "New IT capacity, run less base, MW", "ja": "新設IT容量の差（比較－基準）[MW]"},
    "more": {"en": "more than in the base", "ja": "基準より多い"},
    "less": {"en": "less than in the base", "ja": "基準より少ない"},
    "bars": {"en": "By grid area, MW", "ja": "エリア別 [MW]"},
    "none": {"en": "no difference", "ja": "差なし"},
    "credit": {
        "en": "Made with Natural Earth; figures: differences.csv",
        "ja": "Made with Natural Earth、数値は differences.csv",
    },
}
HEADLINES = (
    ("cost_jpy_bn_per_a", 1), ("capture.base.gross_jpy_bn", 1), ("new_renewable_mw", 0), ("co2_kt", 0),
)  # fmt: skip
"""Figures beside the map, with their decimals."""


def swings(differences: pd.DataFrame, table: str) -> pd.Series:
    """Return how much more IT capacity the run has, by site or area; an absent one counts as none. [MW]"""
    rows = differences[(differences["table"] == table) & (differences["figure"] == "it_mw")]
    change = rows["value"].fillna(0.0) - rows["base"].fillna(0.0)
    return pd.Series(change.to_numpy(dtype=float), index=rows["place"].to_numpy())


def map_names(runs: Sequence[ComparedRun], base: str) -> dict[str, str]:
    """Return the file stem of the map of every run but the base, for the first :data:`MOST_MAPS` of them."""
    others = [run.key for run in runs if run.key != base][:MOST_MAPS]
    return {key: f"{number:02d}-{_slug(key)}" for number, key in enumerate(others, 1)}


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "run"


def write_difference_maps(
    runs: Sequence[ComparedRun], base: str, differences: pd.DataFrame, folder: Path
) -> None:
    """Write `<number>-<run>.<lang>.png` for the first runs, and `differences.gpkg` with all of them.

    Args:
        runs: all, the base among them.
        base: its name.
        differences: of all runs, see `optimizer.analyse.compare.compare_runs`.
        folder: made if need be.
    """
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    frame, labels = frame_of_runs(runs), labels_of(runs)
    size = {run.key: run.solved for run in runs}
    largest = max(largest_difference(runs), 1.0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        for key, stem in map_names(runs, base).items():
            own = _north_first(differences[differences["run"] == key], every_site(runs))
            for lang in LANGUAGES:
                style: Any = {**STYLE, "font.family": fonts(lang)}
                with mpl.rc_context(style):
                    note = "" if size[key] == size[base] else f" · {WORDS['hours'][lang]}"
                    names = labels[key][lang], shortened(labels[base][lang], 60 if note else 70) + note
                    figure = draw_difference(frame, own, names, largest, lang)
                    file = folder / f"{stem}.{lang}.png"
                    figure.savefig(file, dpi=DOTS_PER_INCH, metadata={"Software": None})
    _write_geopackage(runs, differences, folder / "differences.gpkg")


def _north_first(own: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Return the differences with the rows of areas from north to south, as people read a map."""
    north = sites.groupby("area")["lat"].mean()
    areas = own["table"] == "areas"
    order = own.loc[areas, "place"].map(north).sort_values(ascending=False, kind="stable").index
    return pd.concat([own.loc[order], own[~areas]])


def draw_difference(
    frame: MapFrame, own: pd.DataFrame, names: tuple[str, str], largest: float, lang: Language
) -> Figure:
    """Return the figure: where the run has more and less, headline differences, differences by area.

    Args:
        frame: the picture of the country.
        own: differences of this run.
        names: of the run and of the base.
        largest: the difference the largest circle stands for, MW.
        lang: language of all words.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.333, 7.5), facecolor="white")
    FigureCanvasAgg(figure)
    bold(figure.text(0.024, 0.962, shortened(names[0], 60), fontsize=19, va="center"))
    against = f"{WORDS['against'][lang]} {names[1]}"
    figure.text(0.024, 0.922, against, fontsize=11, va="center", color=palette.SOFT_INK)
    axes = figure.add_axes((0.018, 0.045, 0.61, 0.61 * 13.333 / 7.5 / WIDTH_PER_HEIGHT))
    draw_plain_land(axes, frame, lang)
    _draw_circles(axes, frame, own, largest, lang)
    draw_scale_bar(axes, frame, lang)
    _draw_headlines(figure, own, lang)
    _draw_bars(figure.add_axes((0.735, 0.285, 0.235, 0.33)), own, lang)
    _draw_legend(figure, largest, lang)
    figure.text(0.024, 0.018, WORDS["credit"][lang], fontsize=7.5, color=palette.SOFT_INK)
    return figure


def _draw_circles(axes: Axes, frame: MapFrame, own: pd.DataFrame, largest: float, lang: Language) -> None:
    change = swings(own, "sites")
    change = change[change.abs() >= SMALLEST_DRAWN_MW]
    change = change.iloc[np.lexsort([change.index.to_numpy(dtype=str), -change.abs().to_numpy()])]
    names = own.drop_duplicates("place").set_index("place")[f"name_{lang}"]
    where = frame.sites.loc[change.index]
    sizes = change.abs().to_numpy() / largest * LARGEST_CIRCLE_PT2
    for colour, hatch, some in ((GAIN, None, change > 0), (LOSS, _HATCH, change < 0)):
        part = some.to_numpy()
        edge = "white" if hatch else palette.INK
        axes.scatter(
            where["x"][part], where["y"][part], s=sizes[part], facecolor=colour, edgecolor=edge,
            hatch=hatch, linewidth=0.6, alpha=0.88, zorder=6,
        )  # fmt: skip
    taken = [circle_box(axes, x, y, size) for x, y, size in zip(where["x"], where["y"], sizes, strict=True)]
    points = list(zip(where["x"], where["y"], change.index, change, sizes, strict=True))
    for x, y, site, value, size in points[:LABELLED_SITES]:
        text = f"{shortened(str(names[site]), 24)} {signed(float(value), 0)}"
        place_label(axes, text, (float(x), float(y)), float(size), taken)


def _draw_headlines(figure: Figure, own: pd.DataFrame, lang: Language) -> None:
    from optimizer.scenario.compared_figures import figure_of

    nation = own[own["table"] == "nation"].set_index("figure")
    for number, (name, digits) in enumerate(HEADLINES):
        if name not in nation.index or np.isnan(_cell(nation, name, "difference")):
            continue
        known = figure_of("nation", name)
        x, y = 0.652 + 0.17 * (number % 2), 0.845 - 0.115 * (number // 2)
        figure.text(x, y + 0.045, getattr(known, lang), fontsize=8.5, color=palette.SOFT_INK)
        shown = f"{signed(_cell(nation, name, 'difference'), digits)} {known.unit}"
        bold(figure.text(x, y, shown, fontsize=15))
        before, value = (_cell(nation, name, column) for column in ("base", "value"))
        note = f"{before:,.{digits}f} → {value:,.{digits}f}"
        figure.text(x, y - 0.022, note, fontsize=7.5, color=palette.SOFT_INK)


def _cell(frame: pd.DataFrame, row: str, column: str) -> float:
    return float(frame[column].to_numpy(dtype=float)[frame.index.get_loc(row)])


def signed(value: float, digits: int) -> str:
    """Return a difference with its sign; one that rounds to nothing has none."""
    text = f"{value:+,.{digits}f}"
    return text if any(digit in text for digit in "123456789") else text.lstrip("+-")


def _draw_bars(axes: Axes, own: pd.DataFrame, lang: Language) -> None:
    change = swings(own, "areas")
    names = own[own["table"] == "areas"].drop_duplicates("place").set_index("place")[f"name_{lang}"]
    rows = np.arange(len(change))
    bars = axes.barh(rows, change, color=[GAIN if value > 0 else LOSS for value in change], height=0.66)
    for bar, value in zip(bars, change, strict=True):
        if value < 0:
            bar.set_hatch(_HATCH)
            bar.set_edgecolor("white")
            bar.set_linewidth(0)
    axes.set_yticks(rows, [shortened(str(names[place]), 16) for place in change.index], fontsize=8)
    axes.invert_yaxis()
    axes.set_xticks([])
    axes.tick_params(length=0)
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(False)
    most = max(float(change.abs().max()), 1.0)
    axes.set_xlim(min(0.0, float(change.min())) - 0.42 * most, max(0.0, float(change.max())) + 0.42 * most)
    axes.axvline(0, color=palette.SOFT_INK, linewidth=0.8)
    for at, size in enumerate(change.to_numpy(dtype=float).tolist()):
        away, to = (0.03 * most, "left") if size >= 0 else (-0.03 * most, "right")
        axes.text(size + away, at, signed(size, 0), va="center", ha=to, fontsize=7.5)
    bold(axes.figure.text(0.652, 0.63, WORDS["bars"][lang], fontsize=9.5))


def _draw_legend(figure: Figure, largest: float, lang: Language) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    signs = [
        Patch(facecolor=GAIN, label=WORDS["more"][lang]),
        Patch(facecolor=LOSS, edgecolor="white", hatch=_HATCH, label=WORDS["less"][lang]),
    ]
    limits = [limit for limit in palette.class_limits(np.array([largest]))[1:] if limit <= largest]
    circles = [
        Line2D(
            [], [], linestyle="", marker="o", label=f"{limit:,.0f} MW",
            markersize=float(np.sqrt(limit / largest * LARGEST_CIRCLE_PT2)),
            markerfacecolor="#c9d1d8", markeredgecolor=palette.INK, markeredgewidth=0.6,
        )
        for limit in limits
    ]  # fmt: skip
    legend_of(figure, signs, WORDS["map"][lang], (0.652, 0.235), 2)
    if circles:
        legend_of(figure, circles, "", (0.652, 0.15), 3)


def _write_geopackage(runs: Sequence[ComparedRun], differences: pd.DataFrame, file: Path) -> None:
    """Write layer `differences`: one point per run and site; filter by `run` in QGIS."""
    import geopandas as gpd
    import pyogrio

    rows = differences[(differences["table"] == "sites") & (differences["figure"] == "it_mw")]
    places = every_site(runs).set_index("site")
    where = places.loc[rows["place"]]
    columns = {"place": "site", "base": "base_mw", "value": "run_mw", "difference": "difference_mw"}
    kept = ["run", "place", "name_ja", "name_en", "base", "value", "difference", "state"]
    layer = gpd.GeoDataFrame(
        rows[kept].rename(columns=columns).reset_index(drop=True),
        geometry=gpd.points_from_xy(where["lon"], where["lat"]),
        crs=4326,
    )
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STEADY_DATE})
    try:
        pyogrio.write_dataframe(layer, file, layer="differences", driver="GPKG")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
