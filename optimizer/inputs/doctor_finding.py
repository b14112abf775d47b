"""What the doctor says about a pack, and what it looks at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.inputs.pack import Pack
from optimizer.milestones import HourlyYear

LEVELS = ("wrong", "look", "ok")
_SHOWN = 8


@dataclass(frozen=True)
class Finding:
    """One thing the doctor found, in English and Japanese."""

    level: str
    """One of `LEVELS`."""

    topic: str
    place: str
    """File, area, site or parameter concerned."""

    message: str
    message_ja: str
    advice: str = ""
    """What to do; empty where all is well or the message says it."""

    advice_ja: str = ""


@dataclass(frozen=True)
class Subject:
    """A pack that can be read, with one drawn year and its single numbers."""

    pack: Pack
    year: HourlyYear
    value: dict[str, float]


def listed(names: Iterable[object], shown: int = _SHOWN) -> str:
    """Return names as one text, the first few and how many more."""
    words = [str(name) for name in names]
    more = f" … (+{len(words) - shown})" if len(words) > shown else ""
    return ", ".join(words[:shown]) + more
