"""`wattbit run`: progress on stderr while bounds close, then the plan in short."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from optimizer.cli_pathway import year_lines
from optimizer.cli_words import AREAS_SHOWN, WORDS
from optimizer.errors import InputError, UsageError
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.scenario.rule_words import rule_warnings


def run_and_report(name: str, sets: tuple[str, ...], options: RunOptions, as_json: bool) -> None:
    """Load, solve and report one scenario.

    Args:
        name: name of a shipped scenario, or a file.
        sets: `key=value` overrides; `options.goal` is laid over them.
        options: what the command line asks; an output of `None` becomes `runs/<name>`.
        as_json: one line of JSON on stdout instead of the plan in words.

    Raises:
        OptimizerError: whatever is wrong with the input, the program, the proof or the disk.
    """
    check_cluster(options.cluster, f"--workers {options.workers}" if options.workers is not None else None)
    goal = (f"goal={options.goal}",) if options.goal is not None else ()
    loaded = load_scenario(name, (*sets, *goal))
    if options.output is None:
        options = replace(options, output=Path("runs") / loaded.scenario.name)
    from optimizer.run import run_scenario

    try:
        result = run_scenario(loaded, options, progress_printer(options.lang))
    except InputError as error:
        raise InputError(loaded.located(error.problems)) from None
    except BrokenPipeError as error:
        raise RuntimeError("a worker process ended early") from error
    if as_json:
        line = json.dumps(result.summary, ensure_ascii=False, allow_nan=False)
        sys.stdout.write(line + "\n")
    else:
        title = getattr(loaded.scenario.title, options.lang)
        lines = plan_lines(title, result.summary, result.folder, options.lang)
        sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def check_cluster(address: str | None, beside: str | None) -> None:
    """Refuse an address that is none, and a number of processes beside it.

    Args:
        address: of a Dask scheduler.
        beside: the option that says how many processes this machine starts, as given.

    Raises:
        UsageError: either.
    """
    if address is None:
        return
    if re.fullmatch(r"(tcp|tls)://(\[[0-9a-fA-F:.]+\]|[\w.-]+):[0-9]{1,5}", address) is None:
        raise UsageError(f"--cluster {address}: write the scheduler's address, e.g. tcp://10.0.0.5:8786")
    if beside is not None:
        raise UsageError(
            f"{beside}: --cluster has as many workers as were started there; leave one of them out"
        )


class ProgressConsole(Console):
    """A console on stderr whose reader may leave: rich would end the whole run.

    Colour only on a terminal, and never with NO_COLOR set.
    """

    def __init__(self) -> None:
        coloured = sys.stderr.isatty() and "NO_COLOR" not in os.environ
        super().__init__(
            stderr=True,
            color_system="auto" if coloured else None,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
        )
        self._since = time.monotonic()

    def seconds(self) -> float:
        """Return the time since the console was made. [s]"""
        return time.monotonic() - self._since

    def say(self, text: str, *, bold: bool) -> None:
        """Print one line after the time; nothing where nobody reads any more."""
        try:
            self.print(f"{self.seconds():7.1f} s  {text}", style="bold" if bold else None)
        except OSError:
            return

    def on_broken_pipe(self) -> None:
        """Say nothing more."""
        self.quiet = True


def progress_printer(lang: str) -> ProgressCallback:
    """Return a callback that prints one line on stderr per stage and per iteration.

    A closed stderr silences it and stops nothing.
    """
    console = ProgressConsole()

    def show(stage: str, fields: Mapping[str, Any]) -> None:
        bounds = "gap_plan" in fields
        text = bounds_line(fields, lang) if bounds else stage_line(stage, fields, lang)
        console.say(text, bold=not bounds)

    return show


def bounds_line(fields: Mapping[str, Any], lang: str) -> str:
    """Return one iteration as a line: number, proven bounds of the plan's cost, gap."""
    words = WORDS[lang]
    lower, upper = fields.get("lower_jpy_bn_per_a"), fields.get("upper_jpy_bn_per_a")
    gap = fields["gap_plan"]
    if fields.get("stage") == "days":
        return f"{words['iteration']} {fields.get('iteration', 0):>3}   {words['stage_seed']}"
    return (
        f"{words['iteration']} {fields.get('iteration', 0):>3}   {words['bounds']} "
        f"{_number(lower, 3)} … {_number(upper, 3)} {words['jpy_bn']}   {words['gap']} {_gap(gap)}"
    )


def stage_line(stage: str, fields: Mapping[str, Any], lang: str) -> str:
    """Return one stage as a line, with whatever it reports."""
    name = WORDS[lang].get(f"stage_{stage}", stage.replace("_", " "))
    details = ", ".join(f"{key} {_plain(value)}" for key, value in fields.items())
    return f"{name}  {details}".rstrip()


def plan_lines(title: str, summary: Mapping[str, Any], folder: Path | None, lang: str) -> list[str]:
    """Return the plan in short: cost, capacity by area, capture, certificate, where the files are."""
    words = WORDS[lang]
    if isinstance(summary.get("years"), Mapping):
        return _pathway_lines(title, summary, folder, lang)
    rows = [
        ("cost", f"{_number(summary.get('cost_jpy_bn_per_a'), 1)} {words['jpy_bn']}"),
        ("gap", f"{_gap(summary.get('gap'))} ({summary.get('iterations', '–')} {words['iterations']})"),
        ("built", f"{_number(summary.get('it_mw_built'), 0)} MW"),
        ("by_area", _areas(summary.get("it_mw_by_area"))),
        ("renewable", _renewable(summary.get("new_renewable_mw"))),
        ("curtailment", _percent(summary.get("curtailment_share"))),
        ("fibre", _fibre(summary, words)),
        *_capture(summary.get("capture"), words),
        *_goal(summary, words),
        ("certificate", words[_verdict(summary.get("certificate"))]),
        ("time", f"{_number(summary.get('wall_s'), 1)} s, {_number(summary.get('peak_rss_mb'), 0)} MB"),
        ("folder", str(folder or "–")),
    ]
    status = summary.get("status")
    head = title if status in (None, "optimal") else f"{title} [{status}]"
    shown = [*((words[key], text) for key, text in rows), *_warnings(summary, lang)]
    return [head, *(f"  {_padded(name)}  {text}" for name, text in shown)]


def _warnings(summary: Mapping[str, Any], lang: str, prefix: str = "") -> list[tuple[str, str]]:
    """Return what is to be said of rules of clean power; nothing where they are kept."""
    return [(f"{prefix}{one.label[lang]}", one.text[lang]) for one in rule_warnings(summary)]


def _pathway_lines(title: str, summary: Mapping[str, Any], folder: Path | None, lang: str) -> list[str]:
    """Return a pathway in short: its mean cost, its years, certificate, where the files are."""
    words = WORDS[lang]
    worth = _number(summary.get("present_value_jpy_bn"), 0)
    rows = [
        (words["mean_cost"], f"{_number(summary.get('cost_jpy_bn_per_a'), 1)} {words['jpy_bn']}"),
        (words["present_value"], f"{worth} {words['jpy_bn_once']}"),
        (
            words["gap"],
            f"{_gap(summary.get('gap'))} ({summary.get('iterations', '–')} {words['iterations']})",
        ),
        *year_lines(summary["years"], lang),
        *(row for year, one in summary["years"].items() for row in _warnings(one, lang, f"{year} ")),
        (words["certificate"], words[_verdict(summary.get("certificate"))]),
        (
            words["time"],
            f"{_number(summary.get('wall_s'), 1)} s, {_number(summary.get('peak_rss_mb'), 0)} MB",
        ),
        (words["folder"], str(folder or "–")),
    ]
    return [title, *(f"  {_padded(name)}  {text}" for name, text in rows)]


def _capture(capture: Any, words: Mapping[str, str]) -> list[tuple[str, str]]:
    if not isinstance(capture, Mapping):
        return []
    cases = [(case, capture[case]) for case in ("low", "base", "high") if case in capture]
    rows = []
    for key, line in (("gross", "gross_jpy_bn"), ("net", "net_jpy_bn")):
        figures = " · ".join(f"{words[case]} {_number(lines.get(line), 1)}" for case, lines in cases)
        rows.append((key, f"{figures} {words['jpy_bn']}"))
    share = " · ".join(f"{words[case]} {_percent(lines.get('share_of_outflow'))}" for case, lines in cases)
    return [*rows, ("share", share)]


def _goal(summary: Mapping[str, Any], words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what a goal other than least cost has to say."""
    rows = []
    if "marginal_cost_jpy_per_captured_jpy" in summary:
        rows.append(("next_yen", f"{_number(summary['marginal_cost_jpy_per_captured_jpy'], 3)} JPY/JPY"))
    if "marginal_capture_jpy_per_budget_jpy" in summary:
        spent, allowed = summary.get("capital_jpy_bn"), summary.get("budget_jpy_bn")
        rows.append(("capital", f"{_number(spent, 0)} / {_number(allowed, 0)} {words['jpy_bn_once']}"))
        per_budget = _number(summary["marginal_capture_jpy_per_budget_jpy"], 3)
        rows.append(("next_budget", f"{per_budget} {words['jpy_a_per_jpy']}"))
    if "captured_jpy_a_per_public_jpy" in summary:
        per_public = _number(summary["captured_jpy_a_per_public_jpy"], 3)
        rows.append(("per_public", f"{per_public} {words['jpy_a_per_jpy']}"))
    return rows


def _verdict(certificate: Any) -> str:
    if not isinstance(certificate, Mapping) or "passed" not in certificate:
        return "unknown"
    return "passed" if certificate["passed"] else "failed"


def _areas(built: Any) -> str:
    """Return MW by area, largest first; areas with less than half a MW are not named."""
    if not isinstance(built, Mapping):
        return "–"
    ordered = sorted(built.items(), key=lambda item: (-float(item[1]), item[0]))
    named = [f"{area} {value:,.0f}" for area, value in ordered if value >= 0.5]
    rest = " …" if len(named) > AREAS_SHOWN else ""
    return " · ".join(named[:AREAS_SHOWN]) + rest if named else "–"


def _renewable(value: Any) -> str:
    if not isinstance(value, Mapping):
        return f"{_number(value, 0)} MW"
    return " · ".join(f"{kind} {_number(mw, 0)}" for kind, mw in value.items()) + " MW"


def _fibre(summary: Mapping[str, Any], words: Mapping[str, str]) -> str:
    cost, added, mean = (
        summary.get(key) for key in ("fibre_jpy_bn_per_a", "fibre_expansion_gbps", "rtt_mean_ms")
    )
    return f"{_number(cost, 1)} {words['jpy_bn']} · +{_number(added, 0)} Gb/s · {_number(mean, 1)} ms"


def _number(value: Any, digits: int) -> str:
    return f"{value:,.{digits}f}" if isinstance(value, int | float) else "–"


def _percent(value: Any) -> str:
    return f"{100 * value:.1f} %" if isinstance(value, int | float) else "–"


def _gap(value: Any) -> str:
    return f"{value:.1e}" if isinstance(value, int | float) else "–"


def _plain(value: Any) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def _padded(text: str) -> str:
    """Return a label filled up to one width; a Japanese letter is two columns wide."""
    width = sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)
    return text + " " * max(0, 28 - width)
