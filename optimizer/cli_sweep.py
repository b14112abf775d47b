"""`wattbit sweep` and `wattbit merge`: check, count, tell every point with the time left, report."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from optimizer.cli_run import ProgressConsole, check_cluster
from optimizer.errors import UsageError
from optimizer.scenario.options import ProgressCallback
from optimizer.scenario.points import sweep_folder_of
from optimizer.scenario.problems import escaped
from optimizer.scenario.sweep import load_sweep

if TYPE_CHECKING:
    from optimizer.run_sweep import SweepReport
    from optimizer.run_sweep_plan import SweepOptions

FAILURES = 7
QUIET_S = 0.5
"""Points that follow one another faster are not all told."""

GROUPS_SHOWN = 20


@dataclass(frozen=True)
class SweepWords:
    """The options of the command line as given."""

    output: Path | None
    jobs: int
    shard: str | None
    resume: bool
    retry_failed: bool
    weeks: int | None
    preview: bool
    lang: str
    cluster: str | None = None


def sweep_and_report(name: str, words: SweepWords, *, dry_run: bool, as_json: bool) -> None:
    """Check a sweep, solve what is not done yet, and report; exit code 7 where points failed.

    Args:
        name: name of a shipped sweep, or a file.
        words: the options as given.
        dry_run: say what would be done and solve nothing.
        as_json: one line of JSON on stdout.

    Raises:
        OptimizerError: whatever is wrong with the input, the folder or the disk; an interruption.
        Exit: with code 7, points failed.
    """
    shard = read_shard(words.shard)
    check_cluster(words.cluster, f"--jobs {words.jobs}" if words.jobs > 1 else None)
    loaded = load_sweep(name)
    from optimizer.run_sweep import run_sweep
    from optimizer.run_sweep_check import plan_sweep
    from optimizer.run_sweep_plan import SweepOptions, counted

    progress = sweep_printer(words.lang)
    progress("check", {})
    folder = words.output or sweep_folder_of(loaded)
    options = SweepOptions(
        folder, words.jobs, shard, words.resume, words.retry_failed, words.weeks, words.preview, words.lang,
        words.cluster,
    )  # fmt: skip
    plan = plan_sweep(loaded, options)
    if dry_run:
        told = counted(plan)
        _print([json.dumps(told)] if as_json else plan_lines(told, options))
        return
    _end(run_sweep(plan, progress), as_json=as_json, lang=words.lang)


def merge_and_report(folders: list[Path], output: Path, *, as_json: bool, lang: str) -> None:
    """Join shards and report; exit code 7 where points failed or are missing.

    Raises:
        OptimizerError: the folders do not belong together, or the disk.
        Exit: with code 7, points failed or are in none of the folders.
    """
    from optimizer.run_sweep import merge_sweeps

    report = merge_sweeps(folders, output, lang)
    _end(report, as_json=as_json, lang=lang, whole=True)


def read_shard(text: str | None) -> tuple[int, int] | None:
    """Return K and N of `K/N`.

    Raises:
        UsageError: it is something else.
    """
    if text is None:
        return None
    match = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})", text)
    if match is None or int(match[1]) > int(match[2]):
        raise UsageError(f"--shard {text}: write K/N with K from 1 to N, e.g. 1/4")
    return int(match[1]), int(match[2])


def sweep_printer(lang: str) -> ProgressCallback:
    """Return a callback that prints one line on stderr per point, with the time left."""
    console, last = ProgressConsole(), [-QUIET_S]

    def tell(stage: str, fields: Mapping[str, Any]) -> None:
        if stage != "point":
            console.say(_STAGES[lang].get(stage, stage), bold=True)
            return
        failed, final = fields["status"] != "ok", fields["done"] == fields["points"]
        if console.seconds() - last[0] >= QUIET_S or failed or final:
            last[0] = console.seconds()
            console.say(point_line(fields, lang), bold=failed)

    return tell


_STAGES = {
    "en": {
        "check": "checking every point",
        "anchor": "exploring from a few points",
        "results": "writing results",
    },
    "ja": {"check": "すべての点を検査", "anchor": "代表点で系統を把握", "results": "結果を書き出し"},
}


def point_line(fields: Mapping[str, Any], lang: str) -> str:
    """Return one finished point as a line: how many, its name, how it ended, time taken, time left."""
    width = len(str(fields["points"]))
    words = {"en": ("point", "failed", "left"), "ja": ("点", "失敗", "残り")}[lang]
    line = (
        f"{words[0]} {fields['done']:>{width}}/{fields['points']}  {fields['name']}  {fields['wall_s']:.1f} s"
    )
    if fields["done"] < fields["points"]:
        line += f"   {words[2]} {duration(fields['left_s'])}"
    if fields["status"] != "ok":
        error = fields["error"] or {}
        reason = (lang == "ja" and error.get("message_ja")) or error.get("message", "")
        line += f"   {words[1]}: {escaped(str(reason).splitlines()[0][:200] if reason else '')}"
    return line


def duration(seconds: float) -> str:
    """Return a time in words: 45 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def plan_lines(told: Mapping[str, Any], options: SweepOptions) -> list[str]:
    """Return what a dry run says."""
    japanese = options.lang == "ja"
    count, of, same, groups = told["points"], told["of"], told["same"], told["groups"]
    head = _points(count, options.lang)
    if count != of:
        head += f"（全 {of:,} 点のうち）" if japanese else f" of {of:,}"
    if same:
        head += f"、重複 {same:,} 点は除く" if japanese else f"; {same:,} more are the same as others"
    plural = "group" if len(groups) == 1 else "groups"
    sharing = "points of one share what is learned about its grid"
    lines = [head, f"グループ {len(groups)}" if japanese else f"{len(groups)} {plural}: {sharing}"]
    lines += [f"  {group['group']}  {group['points']:,}" for group in groups[:GROUPS_SHOWN]]
    if len(groups) > GROUPS_SHOWN:
        lines.append(f"  … {len(groups) - GROUPS_SHOWN} more")
    time = duration(told["estimate_s"])
    lines.append(
        f"所要時間の目安 {time}" if japanese else f"about {time} with {options.jobs} at a time, roughly"
    )
    return lines


def _end(report: SweepReport, *, as_json: bool, lang: str, whole: bool = False) -> None:
    if as_json:
        _print([json.dumps(asdict(report) | {"folder": str(report.folder)}, ensure_ascii=False)])
    else:
        _print(report_lines(report, lang))
    if report.failed or (whole and report.missing):
        raise typer.Exit(FAILURES)


def report_lines(report: SweepReport, lang: str) -> list[str]:
    """Return how a sweep ended, in short."""
    names = {
        "en": ("solved", "failed", "not done yet", "taken over", "time", "written to"),
        "ja": ("解けた点", "失敗", "未計算", "再利用", "時間", "書き出し先"),
    }[lang]
    counts = (report.ok, report.failed, report.missing, report.reused)
    lines = [
        f"  {name}  {count:,}"
        for name, count in zip(names, counts, strict=False)
        if count or name == names[0]
    ]
    if report.failed:
        lines[1] += "  → failures.csv"
    return [
        _points(report.points, lang),
        *lines,
        f"  {names[4]}  {duration(report.wall_s)}",
        f"  {names[5]}  {report.folder}",
    ]


def _points(count: int, lang: str) -> str:
    if lang == "ja":
        return f"{count:,} 点"
    return f"{count:,} point{'' if count == 1 else 's'}"


def _print(lines: list[str]) -> None:
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()
