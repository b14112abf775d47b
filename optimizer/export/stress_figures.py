"""Pictures of stress tests: the weather years, the regret of plans, the robust plan; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.export import palette
from optimizer.export.figures import DOTS_PER_INCH, STYLE, fonts
from optimizer.export.record import LANGUAGES, Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WORDS: dict[str, dict[Language, str]] = {
    "cost": {"en": "Cost of the plan, JPY bn/a", "ja": "計画の費用 [十億円/年]"},
    "price": {"en": "Price of data-center power, JPY/kWh", "ja": "データセンターの電力価格 [円/kWh]"},
    "curtailed": {"en": "Curtailed, TWh/a", "ja": "出力抑制 [TWh/年]"},
    "shed": {"en": "Unserved, GWh/a", "ja": "供給不足 [GWh/年]"},
    "planned": {"en": "made for", "ja": "計画の年"},
    "unseen": {"en": "unseen", "ja": "未知の年"},
    "seed": {"en": "weather year", "ja": "気象年"},
    "regret": {"en": "Regret by plan and future, JPY bn/a", "ja": "計画と将来ごとの後悔 [十億円/年]"},
    "robust": {"en": "Robust plan, MW of IT by site", "ja": "頑健な計画、地点別IT容量 [MW]"},
    "alone": {"en": "first year alone", "ja": "最初の年だけの計画"},
    "together": {"en": "all years together", "ja": "全気象年の計画"},
}
MOST_SITES = 20


def draw_years(years: pd.DataFrame, folder: Path, title: dict[str, str]) -> None:
    """Write `stress.<lang>.png`: cost, price, curtailment and unserved energy in every weather year.

    Args:
        years: table `years`.
        folder: where to write.
        title: of the scenario, by language.
    """
    panels = (
        ("cost", years["cost_jpy_bn_per_a"]),
        ("price", years["dc_price_jpy_per_kwh"]),
        ("curtailed", years["curtailed_gwh"] / 1e3),
        ("shed", years["shed_gwh"]),
    )
    seeds = [f"{seed:.0f}" for seed in years["seed"]]
    colours = [palette.SITE if planned else palette.SERIES[1] for planned in years["planned"]]

    def paint(figure: Figure, lang: Language) -> None:
        for axes, (word, values) in zip(figure.subplots(2, 2).flat, panels, strict=True):
            axes.scatter(np.arange(len(values)), values, color=colours, edgecolor=palette.INK, s=60)
            axes.grid(axis="y", alpha=0.3)
            axes.set_title(WORDS[word][lang], fontsize=9, loc="left")
            axes.set_xticks(np.arange(len(values)), seeds, fontsize=7)
            if word in ("curtailed", "shed"):
                axes.set_ylim(0.0, max(1.0, 1.1 * float(values.max())))
        figure.supxlabel(
            f"{WORDS['seed'][lang]} ({seeds[0]}: {WORDS['planned'][lang]}; {WORDS['unseen'][lang]})",
            fontsize=8,
        )

    _write(folder, "stress", title, paint)


def draw_regret(matrix: pd.DataFrame, folder: Path, title: dict[str, str]) -> None:
    """Write `regret.<lang>.png`: regret of every plan in every future; `×` where rules are broken.

    Args:
        matrix: table `matrix`.
        folder: where to write.
        title: by language.
    """
    plans, futures = list(dict.fromkeys(matrix["plan"])), list(dict.fromkeys(matrix["future"]))
    shape = (len(plans), len(futures))
    regret = matrix["regret_jpy_bn_per_a"].to_numpy(dtype=float).reshape(shape)
    keeps = matrix["keeps_rules"].to_numpy(dtype=float).reshape(shape)

    def paint(figure: Figure, lang: Language) -> None:
        axes = figure.subplots()
        axes.imshow(np.nan_to_num(regret), cmap="cividis_r", aspect="auto")
        for row, column in np.ndindex(shape):
            text = f"{regret[row, column]:,.1f}" if np.isfinite(regret[row, column]) else ""
            text += "" if keeps[row, column] else " ×"
            light = np.nan_to_num(regret)[row, column] > 0.6 * np.nan_to_num(regret).max()
            axes.text(
                column, row, text, ha="center", va="center", fontsize=8, color="white" if light else "black"
            )
        axes.set_xticks(np.arange(len(futures)), futures, fontsize=8, rotation=20, ha="right")
        axes.set_yticks(np.arange(len(plans)), plans, fontsize=8)
        axes.set_title(WORDS["regret"][lang], fontsize=9, loc="left")

    _write(folder, "regret", title, paint)


def draw_robust(sites: pd.DataFrame, folder: Path, title: dict[str, str]) -> None:
    """Write `robust.<lang>.png`: what the robust plan builds beside the plan for the first year alone.

    Args:
        sites: table `sites`.
        folder: where to write.
        title: by language.
    """
    largest = sites[["it_mw", "first_year_it_mw"]].max(axis=1).sort_values(ascending=False).index
    shown = sites.loc[largest[:MOST_SITES]].iloc[::-1]

    def paint(figure: Figure, lang: Language) -> None:
        axes = figure.subplots()
        at = np.arange(len(shown))
        axes.barh(at + 0.2, shown["it_mw"], 0.4, color=palette.SITE, label=WORDS["together"][lang])
        axes.barh(
            at - 0.2, shown["first_year_it_mw"], 0.4, color=palette.SERIES[1], label=WORDS["alone"][lang]
        )
        axes.set_yticks(at, shown[f"name_{lang}"], fontsize=7)
        axes.set_title(WORDS["robust"][lang], fontsize=9, loc="left")
        axes.legend(fontsize=8, loc="lower right", frameon=False)

    _write(folder, "robust", title, paint)


def _write(folder: Path, name: str, title: dict[str, str], paint: Callable[[Any, Language], None]) -> None:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    for lang in LANGUAGES:
        style: Any = {**STYLE, "font.family": fonts(lang)}
        with mpl.rc_context(style):
            figure = Figure(figsize=(10.0, 5.6), layout="constrained")
            paint(figure, lang)
            figure.suptitle(title[lang], fontsize=11, x=0.01, ha="left")
            figure.savefig(folder / f"{name}.{lang}.png", dpi=DOTS_PER_INCH, metadata={"Software": None})
