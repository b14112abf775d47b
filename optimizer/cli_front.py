"""`wattbit pareto` and `wattbit ranges`: fronts of cost, and how far plans of nearly the least cost reach."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optimizer.cli_run import ProgressConsole, bounds_line, stage_line
from optimizer.cli_words import WORDS
from optimizer.errors import InputError, UsageError
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.scenario.problems import escaped

SHOWN = 12
"""Most lines of a table in the terminal."""

TOLERANCE = 0.001
"""Ranges: accepted distance of what is proven and what is reached, of the nation's new IT capacity. [1]"""

LARGEST_SLACK = 1.0

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "within": "plans within {slack} of {cost} JPY bn/a",
        "site": "sites",
        "area": "grid area",
        "least": "least",
        "plan": "plan",
        "most": "most MW",
        "differ": "plans that differ most",
        "elsewhere": "MW elsewhere",
        "looks": "looks at the dispatch; bounds not settled within",
        "written": "written to",
        "always": "always",
        "sometimes": "sometimes",
        "never": "never",
        "open": "open",
        "asked": "asked",
        "reached": "reached",
        "cost": "cost JPY bn/a",
        "price": "price",
    },
    "ja": {
        "within": "費用 {cost} 十億円/年から {slack} 以内の計画",
        "site": "地点",
        "area": "エリア",
        "least": "最小",
        "plan": "計画",
        "most": "最大 MW",
        "differ": "最も異なる計画",
        "elsewhere": "MW が別の場所",
        "looks": "回の給電計算、誤差内に収まらない行",
        "written": "書き出し先",
        "always": "必ず",
        "sometimes": "場合による",
        "never": "なし",
        "open": "未確定",
        "asked": "要求",
        "reached": "達成",
        "cost": "費用 十億円/年",
        "price": "価格",
    },
}


@dataclass(frozen=True)
class RangesWords:
    """What the command line of `wattbit ranges` says."""

    slack: str
    plans: int
    patience: int
    sets: tuple[str, ...]


def ranges_and_report(name: str, words: RangesWords, run: RunOptions, as_json: bool) -> None:
    """Find near-optimal ranges of a scenario, write their folder, and say them in short.

    Raises:
        OptimizerError: wrong usage, input, programme, proof or disk.
    """
    slack = share_of(words.slack, "--slack")
    loaded = load_scenario(name, words.sets)
    run = _with_folder(run, Path("runs") / f"{loaded.scenario.name}-ranges")
    from optimizer.run_ranges import RangesOptions, run_ranges

    options = RangesOptions(slack, words.plans, TOLERANCE, words.patience)
    try:
        record = run_ranges(loaded, options, run, progress(run.lang))
    except InputError as error:
        raise InputError(loaded.located(error.problems)) from None
    summary = dict(record.summary) | dict(record.statistics)
    lines = _ranges_lines(summary, record.tables, run)
    _tell(summary, lines, as_json)


def share_of(text: str, option: str) -> float:
    """Return a share written as `2%` or `0.02`.

    Raises:
        UsageError: it is neither, or not above 0 and at most 100 %.
    """
    plain = text.strip().replace("％", "%")
    try:
        value = float(plain.removesuffix("%")) / (100.0 if plain.endswith("%") else 1.0)
    except ValueError:
        value = float("nan")
    if not 0.0 < value <= LARGEST_SLACK:
        raise UsageError(f"{option} {text!r}: write a share above 0 and at most 100 %, e.g. 2% or 0.02")
    return value


def progress(lang: str) -> ProgressCallback:
    """Return a callback that prints one line on stderr per stage and per iteration."""
    console = ProgressConsole()

    def show(stage: str, fields: Any) -> None:
        bounds = "gap_plan" in fields
        text = bounds_line(fields, lang) if bounds else stage_line(stage, fields, lang)
        console.say(text, bold=not bounds and stage not in ("ranges", "point"))

    return show


def _with_folder(run: RunOptions, default: Path) -> RunOptions:
    from dataclasses import replace

    return run if run.output is not None else replace(run, output=default)


def _tell(summary: dict[str, Any], lines: list[str], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(summary, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        sys.stdout.write("".join(escaped(line) + "\n" for line in lines))
    sys.stdout.flush()


def _ranges_lines(summary: dict[str, Any], tables: Any, run: RunOptions) -> list[str]:
    words = _WORDS[run.lang]
    slack, cost = f"{summary['slack'] * 100:g} %", f"{summary['cost_jpy_bn_per_a']:,.1f}"
    counts = summary["classes"].get("site", {})
    told = " · ".join(f"{words[name]} {count}" for name, count in counts.items())
    lines = [summary["title"][run.lang], f"  {words['within'].format(slack=slack, cost=cost)}"]
    lines += [f"  {words['site']}: {told}", ""]
    ranges = tables["ranges"]
    areas = ranges[ranges["kind"] == "area"].sort_values("most_reached_mw", ascending=False, kind="stable")
    lines.append(f"  {words['least']:>10} {words['plan']:>10} {words['most']:>10}  {words['area']}")
    for _, row in areas[:SHOWN].iterrows():
        figures = (row["least_reached_mw"], row["plan_mw"], row["most_reached_mw"])
        text = " ".join(f"{value:10,.0f}" for value in figures)
        lines.append(f"  {text}  {row[f'name_{run.lang}']}: {words[row['class']]}")
    lines += ["", f"  {words['differ']}"]
    for _, row in tables["plans"].iloc[1 : SHOWN + 1].iterrows():
        over = f"+{row['over_plan'] * 100:.2f} %"
        lines.append(f"  {over:>10}  {row['elsewhere_than_plan_mw']:,.0f} {words['elsewhere']}")
    looks = f"{summary['evaluations']} {words['looks']} {summary['tolerance_mw']:,.1f} MW: "
    lines += ["", f"  {looks}{summary['open_bounds']}", f"  {words['written']}  {run.output}"]
    lines.append(f"  {WORDS[run.lang]['time']}  {summary['wall_s']:,.1f} s")
    return lines


@dataclass(frozen=True)
class FrontWords:
    """What the command line of `wattbit pareto` says."""

    axis: str
    points: int
    ends: tuple[float | None, float | None]
    sets: tuple[str, ...]


AXIS_NAMES = ("capture", "dispersion", "co2", "clean")


def front_and_report(name: str, words: FrontWords, run: RunOptions, as_json: bool) -> None:
    """Solve a front, write its folder, and say it in short.

    Raises:
        OptimizerError: wrong usage, input, programme, proof or disk.
    """
    if words.axis not in AXIS_NAMES:
        raise UsageError(f"--axis {words.axis!r}: write one of {', '.join(AXIS_NAMES)}")
    loaded = load_scenario(name, words.sets)
    run = _with_folder(run, Path("runs") / f"{loaded.scenario.name}-front-{words.axis}")
    from optimizer.run_pareto import FrontOptions, run_pareto

    options = FrontOptions(words.axis, words.points, *words.ends, words.sets)
    record = run_pareto(name, options, run, progress(run.lang))
    summary = dict(record.summary) | dict(record.statistics)
    _tell(summary, _front_lines(record, summary, run), as_json)


def _front_lines(record: Any, summary: dict[str, Any], run: RunOptions) -> list[str]:
    from optimizer.export.words import figure

    words, axis = _WORDS[run.lang], record.axis
    heads = (
        f"{words['asked']} {axis.unit}",
        words["reached"],
        words["cost"],
        f"{words['price']} {axis.price_unit}",
    )
    lines = [f"{summary['title'][run.lang]}: {getattr(axis, run.lang)}"]
    lines.append("  " + "  ".join(f"{head:>16}" for head in heads))
    for _, row in record.tables["front"].iterrows():
        asked = "–" if row["asked"] != row["asked"] else f"{row['x']:,.3f}"
        reached, cost = f"{row['reached']:,.3f}", f"{row['cost_jpy_bn_per_a']:,.3f}"
        texts = (asked, reached, cost, figure(float(row["price"])))
        lines.append("  " + "  ".join(f"{text:>16}" for text in texts))
    lines += ["", f"  {words['written']}  {run.output}"]
    lines.append(f"  {WORDS[run.lang]['time']}  {summary['wall_s']:,.1f} s")
    return lines
