"""`doctor`: examine data packs and say what a planner should look at."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimizer.inputs.doctor import LEVELS, Finding, examine
from optimizer.inputs.pack import find_pack
from optimizer.scenario.problems import escaped
from optimizer.scenario.sources import shipped_folder

INVALID = 3
_STYLE = {"wrong": "bold red", "look": "yellow", "ok": "green"}
_LEVEL_WORDS = {
    "en": {"wrong": "wrong", "look": "look", "ok": "ok"},
    "ja": {"wrong": "誤り", "look": "要確認", "ok": "良"},
}
_HEAD = {"en": ("", "what", "where", "finding and what to do"), "ja": ("", "項目", "場所", "所見と対処")}
_NARROWEST = 100
_MOST_ROWS = 40
_MORE = {
    "en": "… and {count} more; `--json` has them all",
    "ja": "ほか {count} 件。--json ですべて見られます",
}


def report(name: str | None, as_json: bool, lang: str) -> int:
    """Print the findings on one pack, or on every shipped one.

    Args:
        name: a shipped pack or a folder; `None` for all shipped packs.
        as_json: one line of JSON on stdout and nothing else there.
        lang: `en` or `ja`.

    Returns:
        0, or 3 where something is wrong.

    Raises:
        InputError: E320, there is no such pack.
    """
    folders = _shipped() if name is None else [Path(name) if Path(name).is_dir() else find_pack(name)]
    found = {folder.name: examine(folder.resolve()) for folder in folders}
    if as_json:
        rows = [
            {"pack": pack, "level": one.level, "topic": one.topic, "place": one.place, **_words(one, lang)}
            for pack, findings in found.items()
            for one in findings
        ]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False) + "\n")
    else:
        for pack, findings in found.items():
            _print(pack, findings, lang)
    sys.stdout.flush()
    return INVALID if any(one.level == "wrong" for rows in found.values() for one in rows) else 0


def _shipped() -> list[Path]:
    return sorted(path.parent for path in shipped_folder("data").glob("*/areas.csv"))


def _words(finding: Finding, lang: str) -> dict[str, str]:
    if lang == "ja":
        return {"message": finding.message_ja, "advice": finding.advice_ja}
    return {"message": finding.message, "advice": finding.advice}


def _print(pack: str, findings: list[Finding], lang: str) -> None:
    """Print one pack's findings as a table, what is wrong first."""
    console = Console(file=sys.stdout, highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(file=sys.stdout, highlight=False, width=_NARROWEST, color_system=None)
    table = Table(box=None, pad_edge=False, show_edge=False)
    for head in _HEAD[lang]:
        table.add_column(head, overflow="fold")
    ordered = sorted(findings, key=lambda one: LEVELS.index(one.level))
    for one in ordered[:_MOST_ROWS]:
        words = {key: escaped(text) for key, text in _words(one, lang).items()}
        text = words["message"] + (f"\n→ {words['advice']}" if words["advice"] else "")
        level = Text(_LEVEL_WORDS[lang][one.level], style=_STYLE[one.level])
        table.add_row(level, Text(one.topic), Text(escaped(one.place)), Text(text))
    count = {level: sum(1 for one in findings if one.level == level) for level in LEVELS}
    summary = " · ".join(f"{count[level]} {_LEVEL_WORDS[lang][level]}" for level in LEVELS)
    console.print(Text(f"{escaped(pack)}: {summary}", style="bold"))
    console.print(table)
    if len(ordered) > _MOST_ROWS:
        console.print(Text(_MORE[lang].format(count=len(ordered) - _MOST_ROWS)))
