"""What the page of a comparison computes from: every compared figure of every run, as compact arrays.

The page subtracts in the browser, so that any run can be the base: 200 runs are 200 rows of numbers, not
40,000 tables. Numbers are doubles in base64, texts are written once.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from optimizer.export.words import Both
from optimizer.scenario.compared import KEPT, ComparedRun
from optimizer.scenario.compared_facts import varying_facts
from optimizer.scenario.compared_figures import FIGURES, KEYS, Array, in_order, run_figures, stacks_of
from optimizer.scenario.stack_words import ANYWHERE, component_words

LARGEST_STACK = 250_000
"""Numbers of price stacks that are kept as doubles; more of them are kept to seven digits."""

COLOURS = (
    "#20578f", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00",
    "#8c6d31", "#5b6673", "#b3257c", "#b0b7bf", "#f0e442", "#3b2a00",
)  # fmt: skip
"""Components of a stack; colour-blind readers have the table beside them."""

FIRST_COLOURS = {"energy": "#e69f00", "co2": "#5b6673", "within_grid_headroom": "#d55e00"}

WORDS: dict[str, Both] = {
    "same": {"en": "no difference", "ja": "差なし"},
    "within_proof": {"en": "within the proof", "ja": "証明の範囲内"},
    "absent": {"en": "absent", "ja": "なし"},
    "base": {"en": "base", "ja": "基準"},
    "run": {"en": "run", "ja": "比較"},
    "difference": {"en": "difference", "ja": "差"},
    "gains": {"en": "gains", "ja": "増"},
    "loses": {"en": "loses", "ja": "減"},
    "total": {"en": "sum of the stack", "ja": "合計"},
    "version": {"en": "version", "ja": "版"},
    "solved": {"en": "solved", "ja": "求解"},
    "other_hours": {
        "en": "Other hours were solved: base {base}, run {run}. Every difference contains that of the hours; "
        "its sign is not proven.",
        "ja": "解いた時間が異なります（基準 {base}、比較 {run}）。"
        "差には時間の違いが含まれ、差の符号は証明されません。",
    },
    "scenario": {"en": "scenario", "ja": "シナリオ"},
    "parameter": {"en": "parameter", "ja": "パラメータ"},
    "file": {"en": "file (hash)", "ja": "ファイル (ハッシュ)"},
    "cell": {"en": "cell", "ja": "セル"},
    "place": {"en": "place", "ja": "地点"},
    "component": {"en": "JPY m/MW/a", "ja": "百万円/MW/年"},
    "nothing": {"en": "nothing", "ja": "なし"},
    "unknown": {"en": "unknown", "ja": "不明"},
    "lost": {
        "en": "Not compared, as one side does not keep them:",
        "ja": "一方に記録がなく比べていないもの：",
    },
}
"""Words the page's script writes; all others stand in its template."""


def page_data(runs: Sequence[ComparedRun], base: int) -> dict[str, Any]:
    """Return what the page's script needs, as plain values.

    Args:
        runs: in the order of showing.
        base: which of them the page opens with as the base.

    Returns:
        runs; rows of figures with a matrix [run, row]; stacks [run, site, component]; facts with a
        matrix [fact, run] of places in `texts`.

    Raises:
        InputError: E378, a figure that is empty.
    """
    rows, values = _figures(runs)
    labels, kept = labels_of(runs), _kept(runs)
    return {
        "base": base,
        "run": next(number for number in range(len(runs)) if number != base),
        "runs": [
            {
                "key": run.key,
                **labels[run.key],
                "gap": float(run.summary["gap"]),
                "built": float(run.summary.get("it_mw_built", 0.0)),
                "version": run.version,
                "solved": run.solved_words,
                **kept[number],
            }
            for number, run in enumerate(runs)
        ],
        "figures": {
            f"{table}.{one.name}": {
                "unit": one.unit,
                "en": one.en,
                "ja": one.ja,
                "digits": one.digits,
                "share": one.unit == "1",
            }
            for table, known in FIGURES.items()
            for one in known
        },
        "rows": {name: [str(text) for text in rows[name]] for name in rows.columns},
        "values": doubles(values),
        "stack": _stack(runs),
        "facts": _facts(runs),
        "words": WORDS,
    }


def labels_of(runs: Sequence[ComparedRun]) -> dict[str, Both]:
    """Return what each run is called on page and maps: its title, or its name where titles are alike."""
    titles = [tuple(run.title.values()) for run in runs]
    return {
        run.key: {lang: run.title[lang] if titles.count(title) == 1 else run.key for lang in ("en", "ja")}
        for run, title in zip(runs, titles, strict=True)
    }


def doubles(values: Array) -> str:
    """Return numbers as base64 of little-endian doubles, row by row."""
    return base64.b64encode(np.ascontiguousarray(values, dtype="<f8").tobytes()).decode()


def _figures(runs: Sequence[ComparedRun]) -> tuple[pd.DataFrame, Array]:
    """Every figure any run has, in the order of the first that has it; NaN where a run has none."""
    tables = [run_figures(run) for run in runs]
    named = in_order(pd.concat(tables, ignore_index=True).drop_duplicates(KEYS))
    index = pd.MultiIndex.from_frame(named[KEYS])
    values = [table.set_index(KEYS)["value"].reindex(index).to_numpy(dtype=float) for table in tables]
    return named[[*KEYS, "name_en", "name_ja"]], np.array(values)


def _stack(runs: Sequence[ComparedRun]) -> dict[str, Any]:
    """Price stacks of all sites."""
    stacks = stacks_of(runs)
    short = stacks.values.size > LARGEST_STACK
    return {
        "sites": list(stacks.sites),
        "components": [
            {
                "name": name,
                "en": component_words(name)[0],
                "ja": component_words(name)[1],
                "named": name not in ANYWHERE,
                "colour": _colour(name, number),
            }
            for number, name in enumerate(stacks.components)
        ],
        "values": base64.b64encode(
            np.ascontiguousarray(stacks.values, dtype="<f4" if short else "<f8").tobytes()
        ).decode(),
        "bytes": 4 if short else 8,
    }


def _colour(name: str, number: int) -> str:
    rest = [colour for colour in COLOURS if colour not in FIRST_COLOURS.values()]
    return FIRST_COLOURS.get(name, rest[number % len(rest)])


def _kept(runs: Sequence[ComparedRun]) -> list[dict[str, Any]]:
    """Numbers that are alike for runs compared in a kind of inputs (None: not kept), and for equal files."""
    places = {kind: list(dict.fromkeys(run.kept.get(kind) for run in runs)) for kind in KEPT}
    files = [tuple(sorted(run.hashes.items())) for run in runs]
    numbers = {one: number for number, one in enumerate(dict.fromkeys(files))}
    return [
        {
            "kept": {kind: places[kind].index(run.kept[kind]) if kind in run.kept else None for kind in KEPT},
            "files": numbers[own],
        }
        for run, own in zip(runs, files, strict=True)
    ]


def _facts(runs: Sequence[ComparedRun]) -> dict[str, Any]:
    """Inputs that differ, texts written once; -1 where a run has no such."""
    facts = varying_facts(runs)
    texts = {text: 0 for fact in facts for text in fact.values if text is not None}
    places = {text: number for number, text in enumerate(texts)}
    return {
        "kind": [fact.kind for fact in facts],
        "name": [fact.name for fact in facts],
        "unit": [fact.unit for fact in facts],
        "texts": list(texts),
        "values": [[-1 if text is None else places[text] for text in fact.values] for fact in facts],
    }
