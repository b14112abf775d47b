"""`wattbit compare RUN…`: finished runs, points of a sweep or whole sweeps, against one of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from optimizer.cli_exit import say
from optimizer.errors import UsageError
from optimizer.scenario.problems import escaped

SHOWN_RUNS = 12
SHOWN_SITES = 3

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "base": "base",
        "cost": "cost",
        "capture": "kept at home, gross",
        "jpy_bn": "JPY bn/a",
        "inputs": "inputs changed",
        "none": "no site moved beyond the proof",
        "more": "more runs; all are in the folder",
        "written": "written to",
        "page": "page",
        "left": "points of the sweep were not solved and are left out",
        "absent": "absent",
        "unknown": "unknown",
        "lost": "not compared, as one side does not keep them:",
        "scenario": "scenario",
        "parameter": "parameters",
        "file": "files",
        "cell": "cells",
        "comma": ", ",
        "hours": "other hours were solved (base {base}, run {run}): every difference contains that of the "
        "hours; its sign is not proven",
        "versions": "Written by different versions of wattbit; differences may come from the program:",
    },
    "ja": {
        "base": "基準",
        "cost": "費用",
        "capture": "国内に残る額 (総額)",
        "jpy_bn": "十億円/年",
        "inputs": "変わった入力",
        "none": "証明の範囲を超えて変わった地点はない",
        "more": "件（すべてフォルダにあります）",
        "written": "書き出し先",
        "page": "ページ",
        "left": "件の点は解けなかったため除きました",
        "absent": "なし",
        "unknown": "不明",
        "lost": "一方に記録がなく比べていないもの:",
        "scenario": "シナリオ",
        "parameter": "パラメータ",
        "file": "ファイル",
        "cell": "セル",
        "comma": "、",
        "hours": "解いた時間が異なります (基準 {base}、比較 {run})。"
        "差には時間の違いが含まれ、差の符号は証明されません",
        "versions": "wattbit の版が異なる結果です。差の一部はプログラムの違いによる可能性があります:",
    },
}


def compare_and_report(
    folders: Sequence[Path], base: str | None, output: Path | None, as_json: bool, lang: str
) -> None:
    """Compare runs, write the folder of the comparison, and say the differences in short.

    Args:
        folders: run folders, points of a sweep, or sweeps.
        base: folder or name of the run to compare with; left out: the first. A folder that is not among
            `folders` is taken in.
        output: where to write; left out: `runs/compare`.
        as_json: one line of JSON on stdout, the content of `summary.json`.
        lang: `en` or `ja`.

    Raises:
        OptimizerError: E315, E376, E377, E378 (docs/errors.md); wrong usage; the disk.
    """
    from optimizer.analyse.compare import compare_runs
    from optimizer.export.compare_folder import ComparedTables, check_not_inside, write_comparison
    from optimizer.export.folder import check_target, locked
    from optimizer.scenario.compared import left_out, read_compared

    target = output or Path("runs") / "compare"
    runs = read_compared(_with_base(folders, base))
    check_not_inside(target, runs)
    check_target(target)
    comparison = compare_runs(runs, _base_key(base, [(run.key, run.folder) for run in runs]))
    names = ("differences", "inputs", "why", "stacks")
    tables = {name: getattr(comparison, name) for name in names}
    with locked(target):
        compared = ComparedTables(runs, comparison.base, tables)
        summary = write_comparison(compared, target, "ja" if lang == "ja" else "en")
    if missing := left_out(folders):
        say(f"{missing} {_WORDS[lang]['left']}")
    versions = sorted({run.version for run in runs if run.version})
    if len(versions) > 1:
        say(f"{_WORDS[lang]['versions']} {', '.join(versions)}")
    if as_json:
        sys.stdout.write(json.dumps(summary, ensure_ascii=False, allow_nan=False) + "\n")
        return
    lines = [*_short(summary, comparison.why.to_dict("records"), lang), "", *_where(target, lang)]
    sys.stdout.write("".join(escaped(line) + "\n" for line in lines))


def _with_base(folders: Sequence[Path], base: str | None) -> list[Path]:
    """Return the folders with the base's among them, where the base is a folder of its own."""
    every = list(folders)
    inside = [place.resolve() for place in every]
    if base is not None and Path(base).is_dir():
        place = Path(base).resolve()
        if place not in inside and not any(one in place.parents for one in inside):
            every.insert(0, Path(base))
    return every


def _base_key(base: str | None, known: Sequence[tuple[str, Path]]) -> str | None:
    """Return the name of the base, which may have been given as a folder."""
    if base is None or any(key == base for key, _ in known):
        return base
    place = Path(base).resolve()
    for key, folder in known:
        if folder.resolve() == place:
            return key
    names = ", ".join(key for key, _ in known[:8])
    raise UsageError(f"--base {base!r} is neither a folder nor a name among the runs: {names}")


def _short(summary: dict[str, Any], why: Sequence[dict[Any, Any]], lang: str) -> list[str]:
    words = _WORDS[lang]
    title = {row["run"]: row["title"][lang] for row in summary["runs"]}
    size = {row["run"]: row["solved"] for row in summary["runs"]}
    lines = [f"{words['base']}: {title[summary['base']]} ({summary['base']})"]
    others = [row for row in summary["runs"] if row["run"] != summary["base"]]
    for row in others[:SHOWN_RUNS]:
        found = row["differences"]
        money = [
            f"{words[name]} {_signed(found.get(key), words['absent'])} {words['jpy_bn']}"
            for name, key in (("cost", "cost_jpy_bn_per_a"), ("capture", "capture.base.gross_jpy_bn"))
        ]
        lines += ["", f"{row['title'][lang]} ({row['run']})"]
        count = words["unknown"] if row["inputs_changed"] is None else row["inputs_changed"]
        lines.append("  " + " · ".join([*money, f"{words['inputs']} {count}"]))
        if lost := row["inputs_not_compared"]:
            lines.append(f"  {words['lost']} {words['comma'].join(words[kind] for kind in lost)}")
        if row["other_hours"]:
            sizes = {"base": size[summary["base"]] or "?", "run": size[row["run"]] or "?"}
            lines.append("  ! " + words["hours"].format_map(sizes))
        sites = [one for one in why if one["run"] == row["run"]][:SHOWN_SITES]
        said = [str(one["words_ja" if lang == "ja" else "words"]) for one in sites]
        lines += [f"  {text}" for text in said or [words["none"]]]
    if len(others) > SHOWN_RUNS:
        lines += ["", f"… {len(others) - SHOWN_RUNS} {words['more']}"]
    return lines


def _where(target: Path, lang: str) -> list[str]:
    words = _WORDS[lang]
    return [f"{words['written']}  {target}", f"{words['page']}  {target / 'compare.html'}"]


def _signed(value: Any, absent: str) -> str:
    if not isinstance(value, int | float):
        return absent
    text = f"{value:+,.1f}"
    return text if any(digit in text for digit in "123456789") else text.lstrip("+-")
