"""`wattbit stress` and `wattbit robust`: plans where they were not made for, one plan for many years."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.cli_run import ProgressConsole, bounds_line
from optimizer.errors import UsageError
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.scenario.problems import escaped


@dataclass(frozen=True)
class StressWords:
    """The options of the command line as given."""

    output: Path | None
    weather_years: int
    first_seed: int | None
    foresight_hours: int | None
    across: tuple[str, ...]
    alpha: float
    options: RunOptions
    measure: str = "expected"


_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "year": "{name}: cost {cost:z,.1f} JPY bn/a, unserved {shed:z,.2f} GWh, power {price:z.2f} JPY/kWh",
        "cell": "{plan} in {future}: cost {cost:z,.1f} JPY bn/a{broken}",
        "broken": ", rules broken",
        "inputs": "reading inputs",
        "compile": "compiling",
        "first": "the first year alone",
        "together": "all years together",
        "foresight": "week by week with {hours} h of foresight",
        "written": "written to {folder}",
        "hours": "dispatched over {hours:,} h",
        "preview": " (preview: representative days)",
        "made": "{plan} was made over {hours:,} h",
        "planned": "planned  ",
        "unseen": "unseen   ",
        "mean": "mean cost {mean:z,.1f} JPY bn/a ({least:z,.1f} to {most:z,.1f}), "
        "unserved ≤ {shed:z,.2f} GWh",
        "none": "no rule of the siting problem is broken",
        "some": "siting rules not kept in some year: {laws}",
        "rolling": "{hours} h of foresight cost {cost:z,.2f} JPY bn/a ({share:z.3%} of dispatch)",
        "picks": "{measure}: {plan}",
        "robust": "{measure}, {years} a: {cost:z,.1f} JPY bn/a, gap {gap:.0e}; {sites} sites; {wall:.0f} s",
    },
    "ja": {
        "year": "{name}: 費用 {cost:z,.1f} 十億円/年、供給不足 {shed:z,.2f} GWh、DC電力 {price:z.2f} 円/kWh",
        "cell": "{plan} → {future}: 費用 {cost:z,.1f} 十億円/年{broken}",
        "broken": "（立地の条件を満たさない）",
        "inputs": "入力を読み込み",
        "compile": "モデルを作成",
        "first": "最初の年だけ",
        "together": "全気象年",
        "foresight": "{hours} 時間先までの予測で週ごとに運用",
        "written": "書き出し先 {folder}",
        "hours": "給電計算の対象 {hours:,} 時間",
        "preview": "（プレビュー: 代表日）",
        "made": "{plan} は {hours:,} 時間で作成した計画",
        "planned": "計画の年 ",
        "unseen": "未知の年 ",
        "mean": "費用 {mean:z,.1f}（{least:z,.1f}～{most:z,.1f}）十億円/年、供給不足 {shed:z,.2f} GWh/年",
        "none": "立地の条件はすべて満たす",
        "some": "満たさない立地の条件: {laws}",
        "rolling": "予測 {hours} 時間の運用は {cost:z,.2f} 十億円/年 高い（運用費の {share:z.3%}）",
        "picks": "{measure}: {plan}",
        "robust": "{years} 気象年 {measure}: {cost:z,.2f} 十億円/年、{gap:.1e}、{sites} 地点、{wall:.0f} 秒",
    },
}


def stress_and_report(names: Sequence[str], words: StressWords, *, as_json: bool) -> None:
    """Stress one plan in weather years, or plans across futures; write the folder and say it in short.

    Args:
        names: run folders, scenarios, or (across futures) folders of sweeps.
        words: the options as given.
        as_json: one line of JSON on stdout, the content of `summary.json`.

    Raises:
        OptimizerError: whatever is wrong with the input, the programme or the disk; wrong usage.
    """
    check_alpha(words.alpha)
    if words.across:
        across = _regret(names, words)
        _end(across, as_json=as_json)
        return
    if len(names) != 1:
        raise UsageError("one plan in weather years, or several with --across SCENARIO")
    if words.weather_years < 1 and words.foresight_hours is None:
        raise UsageError("write --weather-years N, --foresight-hours H, or --across SCENARIO")
    _end(_weather(names[0], words), as_json=as_json)


def check_alpha(alpha: float) -> None:
    """Refuse an alpha of CVaR that is none, whether it is used or not.

    Raises:
        UsageError: it is less than 0, or 1 or more.
    """
    if not 0.0 <= alpha < 1.0:
        raise UsageError(
            f"--alpha {alpha}: 0 or more, and less than 1", f"--alpha {alpha}: 0 以上 1 未満にしてください"
        )


Reported = tuple[Mapping[str, Any], list[str]]
"""Content of `summary.json`, and lines for people."""


def _weather(name: str, words: StressWords) -> Reported:
    from optimizer.export.stress_figures import draw_years
    from optimizer.export.stress_folder import write_stress
    from optimizer.run_desk import Desk
    from optimizer.run_stress import hours_of, plan_of, sized, weather_years

    lang, told = words.options.lang, stress_printer(words.options.lang)
    folder = words.output or Path("runs") / "stress"
    options = sized(name, words.options)
    if words.foresight_hours is not None:
        from optimizer.run_foresight import check_foresight

        check_foresight(words.foresight_hours, options)
    with ExitStack() as stack:
        evaluator = _begin(stack, folder, words.options)
        desk = Desk()
        plan = plan_of(name, options, desk, evaluator, told)
        first = words.first_seed or plan.loaded.scenario.weather.year_seed + 1
        seeds = [first + number for number in range(words.weather_years)]
        tables = weather_years(plan, seeds, (desk, evaluator, told))
        size = {"hours": hours_of(plan.programme), "preview": plan.options.preview}
        summary: dict[str, Any] = {"kind": "stress", "plan": plan.name, **size, **_spread(tables["years"])}
        if words.foresight_hours is not None:
            from optimizer.run_foresight import foresight_weeks

            told("foresight", {"hours": words.foresight_hours})
            tables["foresight"], summary["foresight"] = foresight_weeks(
                plan, words.foresight_hours, evaluator
            )
        title = dict(plan.title)
        write_stress(tables, summary, folder, lambda draft: draw_years(tables["years"], draft, title))
    return summary, _weather_lines(summary, tables["broken"], folder, lang)


def _spread(years: pd.DataFrame) -> dict[str, Any]:
    """Return the planned year and the unseen ones in short."""
    kept = (
        "cost_jpy_bn_per_a",
        "dc_price_jpy_per_kwh",
        "shed_gwh",
        "curtailed_gwh",
        "co2_kt",
        "co2_change_kt",
    )
    made_for, unseen = years[years["planned"] > 0], years[years["planned"] == 0]
    shown = unseen if len(unseen) else made_for
    return {
        "weather_years": len(unseen),
        "seeds": [int(seed) for seed in years["seed"]],
        "planned": {name: float(made_for[name].iloc[0]) for name in kept},
        "unseen_mean": {name: float(shown[name].mean()) for name in kept},
        "unseen_least": {name: float(shown[name].min()) for name in kept},
        "unseen_most": {name: float(shown[name].max()) for name in kept},
        "certificate": float(years["certificate"].max()),
    }


def _weather_lines(summary: Mapping[str, Any], broken: pd.DataFrame, folder: Path, lang: str) -> list[str]:
    words = _WORDS[lang]

    def told(head: str, parts: tuple[str, str, str]) -> str:
        mean, least, most = (summary[part] for part in parts)
        return head + words["mean"].format(
            mean=mean["cost_jpy_bn_per_a"], least=least["cost_jpy_bn_per_a"],
            most=most["cost_jpy_bn_per_a"], shed=most["shed_gwh"],
        )  # fmt: skip

    lines = [_hours_line(summary, lang), told(words["planned"], ("planned",) * 3)]
    if summary["weather_years"]:
        lines.append(told(words["unseen"], ("unseen_mean", "unseen_least", "unseen_most")))
    worst = broken.groupby("law")["share"].max()
    laws = ", ".join(f"{law} {share:.2%}" for law, share in worst.items())
    lines.append(words["some"].format(laws=laws) if laws else words["none"])
    if "foresight" in summary:
        found = summary["foresight"]
        lines.append(
            words["rolling"].format(
                cost=found["cost_of_not_knowing_jpy_bn_per_a"],
                share=found["share_of_dispatch"],
                hours=found["hours_ahead"],
            )
        )
    return [*lines, words["written"].format(folder=folder)]


def _regret(names: Sequence[str], words: StressWords) -> Reported:
    from optimizer.export.stress_figures import draw_regret
    from optimizer.export.stress_folder import write_stress
    from optimizer.run_regret import plans_across

    lang, told = words.options.lang, stress_printer(words.options.lang)
    folder = words.output or Path("runs") / "regret"
    with ExitStack() as stack:
        evaluator = _begin(stack, folder, words.options)
        tables, summary = plans_across(names, words.across, (words.options, words.alpha), (evaluator, told))
        title = {"en": "Plans across futures", "ja": "将来ごとの計画の評価"}
        write_stress(tables, summary, folder, lambda draft: draw_regret(tables["matrix"], draft, title))
    lines = [
        _WORDS[lang]["picks"].format(measure=measure, plan=plan) for measure, plan in summary["picks"].items()
    ]
    return summary, [*_size_lines(summary, lang), *lines, _WORDS[lang]["written"].format(folder=folder)]


def _hours_line(summary: Mapping[str, Any], lang: str) -> str:
    """Return over which part of the year dispatch was solved."""
    words = _WORDS[lang]
    return words["hours"].format(hours=summary["hours"]) + (words["preview"] if summary["preview"] else "")


def _size_lines(summary: Mapping[str, Any], lang: str) -> list[str]:
    """Return over which hours the futures are, and which plans were made over others."""
    made = zip(summary["plans"], summary["plan_hours"], strict=True)
    others = [_WORDS[lang]["made"].format(plan=n, hours=h) for n, h in made if h != summary["hours"]]
    return [_hours_line(summary, lang), *others]


def robust_and_report(name: str, words: StressWords, *, as_json: bool) -> None:
    """Solve one plan for many weather years, write the folder and say it in short.

    Raises:
        OptimizerError: whatever is wrong with the input, the programme, the proof or the disk.
    """
    from optimizer.export.folder import check_target, locked
    from optimizer.export.stress_figures import draw_robust
    from optimizer.export.stress_folder import write_stress
    from optimizer.run_robust import Asked, robust_plan
    from optimizer.run_stress import PLAN_FILE
    from optimizer.scenario.load import load_scenario

    lang = words.options.lang
    loaded = load_scenario(name)
    folder = words.output or Path("runs") / f"{loaded.scenario.name}-robust"
    check_target(folder)
    first = words.first_seed or loaded.scenario.weather.year_seed
    seeds = tuple(first + number for number in range(words.weather_years))
    asked = Asked(seeds, words.measure, words.alpha, words.options)
    with locked(folder):
        tables, summary, plan = robust_plan(loaded, asked, stress_printer(lang))

        def draw(draft: Path) -> None:
            draw_robust(tables["sites"], draft, loaded.scenario.title.model_dump())
            (draft / PLAN_FILE).write_text(plan, "utf-8")

        write_stress(tables, summary, folder, draw)
    line = _WORDS[lang]["robust"].format(
        measure=words.measure, years=len(seeds), cost=summary["cost_jpy_bn_per_a"], gap=summary["gap"],
        sites=summary["sites_built"], wall=summary["statistics"]["wall_s"],
    )  # fmt: skip
    lines = [_hours_line(summary, lang), line, _WORDS[lang]["written"].format(folder=folder)]
    _end((summary, lines), as_json=as_json)


def _begin(stack: ExitStack, folder: Path, options: RunOptions) -> Any:
    """Refuse a folder the result may not become, hold it, and start workers."""
    from optimizer.export.folder import check_target, locked
    from optimizer.solve.workers import start_workers

    check_target(folder)
    stack.enter_context(locked(folder))
    evaluator = start_workers(options.workers or 1)
    stack.callback(evaluator.close)
    return evaluator


def _end(reported: Reported, *, as_json: bool) -> None:
    summary, lines = reported
    if as_json:
        sys.stdout.write(json.dumps(summary, ensure_ascii=False, allow_nan=False) + "\n")
    else:
        sys.stdout.write("".join(escaped(line) + "\n" for line in lines))
    sys.stdout.flush()


def stress_printer(lang: str) -> ProgressCallback:
    """Return a callback that prints one line on stderr per year, cell, stage and iteration."""
    console, words = ProgressConsole(), _WORDS[lang]
    lines: dict[str, Callable[[Mapping[str, Any]], str]] = {
        "year": lambda told: words["year"].format(
            name=told["name"],
            cost=told["figures"]["cost_jpy_bn_per_a"],
            shed=told["figures"]["shed_gwh"],
            price=told["figures"]["dc_price_jpy_per_kwh"],
        ),
        "cell": lambda told: words["cell"].format(
            plan=told["plan"],
            future=told["future"],
            cost=told["cost"],
            broken=words["broken"] if told["broken"] else "",
        ),
        "bounds": lambda told: bounds_line(told, lang),
        "foresight": lambda told: words["foresight"].format(hours=told["hours"]),
    }

    def tell(stage: str, fields: Mapping[str, Any]) -> None:
        if stage in lines:
            console.say(lines[stage](fields), bold=False)
        elif stage in words:
            console.say(words[stage], bold=True)

    return tell
