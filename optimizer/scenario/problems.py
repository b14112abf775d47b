"""Places in files and problems found there, in English and Japanese."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from optimizer.errors import Problem

LONGEST_SHOWN = 60
LONGEST_COMPARED = 64


@dataclass(frozen=True)
class Place:
    """Where a value was written; line and column count from 1, line 0 means the whole of `source`."""

    source: str
    line: int = 0
    column: int = 0

    def text(self) -> str:
        """Return `source:line:column`, or the source alone where there is no line."""
        source = escaped(self.source)
        return f"{source}:{self.line}:{self.column}" if self.line else source


def problem(place: Place, code: str, message: str, message_ja: str) -> Problem:
    """Return one problem at `place`."""
    return Problem(place.text(), code, message, message_ja)


def shown(value: Any) -> str:
    """Return a value as one short printable piece of text, safe for any terminal."""
    if isinstance(value, float | int) and not isinstance(value, bool):
        text = repr(value)
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return plain(text)


def escaped(text: str) -> str:
    """Return text with every letter a terminal might obey written as an escape."""
    return "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text)


def plain(text: str) -> str:
    """Return a key as printable text, shortened; keys come from files and may hold anything."""
    safe = escaped(text)
    return safe if len(safe) <= LONGEST_SHOWN else safe[:LONGEST_SHOWN] + "…"


def nearest(word: str, known: list[str]) -> str | None:
    """Return the known word most like `word`, or None; long words are not compared."""
    if len(word) > LONGEST_COMPARED:
        return None
    folded = {name.lower(): name for name in known}
    near = get_close_matches(word.lower().replace("-", "_").strip(), list(folded), n=1)
    return folded[near[0]] if near else None


def did_you_mean(word: str, known: list[str]) -> tuple[str, str]:
    """Return the proposal of the nearest known word, English and Japanese; empty if none is near."""
    near = nearest(word, known)
    return (f' Did you mean "{near}"?', f"「{near}」ではありませんか?") if near else ("", "")
