"""What a bare word of YAML means here: YAML 1.2 core, and no guess where YAML 1.1 would surprise.

`no` is a country, `12:30` a time, `012` a house number: readers of YAML disagree about them, so they are
refused with the line rather than read one way or the other. Anything in quotes is text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

Scalar = str | int | float | bool | None

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_OTHER_BOOL = {"yes", "no", "on", "off"}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_SURPRISES = (
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"), "a number to base 60", "60進数"),
    (re.compile(r"[-+]?0[0-9_]+"), "an octal number", "8進数"),
    (re.compile(r"[-+]?0[xXoObB][0-9a-fA-F_]+"), "a number to another base", "10進数でない数"),
    (
        re.compile(r"[-+]?0[0-9]+\.[0-9]*([eE][-+]?[0-9]+)?"),
        "a number with leading zeros",
        "先頭にゼロのある数",
    ),
    (
        re.compile(r"[-+]?[0-9.][0-9.]*_[0-9_.]*([eE][-+]?[0-9]+)?"),
        "a number with underscores",
        "下線入りの数",
    ),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"), "a date", "日付"),
)
LONGEST_NUMBER = 40


@dataclass(frozen=True)
class Refusal:
    """Why a scalar is not read: code and reason in both languages."""

    code: str
    message: str
    message_ja: str


def read_scalar(text: str, quoted: bool) -> Scalar | Refusal:
    """Return the value of a YAML scalar, or the reason it is refused.

    Args:
        text: the scalar as the YAML reader hands it over, quotes and folding resolved.
        quoted: whether it was written in quotes or as a block; then it is text.
    """
    if any(not letter.isprintable() and letter not in "\n\t" for letter in text):
        return Refusal("E312", "control character in a text", "制御文字は使えません")
    if quoted:
        return text
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    return _bare_word(text)


def _bare_word(text: str) -> Scalar | Refusal:
    """Return a number or a text; refuse what readers of YAML disagree about."""
    if text.lower() in _OTHER_BOOL:
        return _ambiguous("true or false", "真偽値", 'write true or false, or "…" in quotes for text')
    if _NOT_FINITE.fullmatch(text):
        return Refusal("E314", "is not a finite number", "有限の数ではありません")
    if _NUMBER.fullmatch(text):
        return _number(text)
    for pattern, reading, reading_ja in _SURPRISES:
        if len(text) <= LONGEST_NUMBER and pattern.fullmatch(text):
            return _ambiguous(reading, reading_ja, "write a plain decimal number, or put text in quotes")
    return text


def _number(text: str) -> Scalar | Refusal:
    if len(text) > LONGEST_NUMBER:
        return Refusal("E314", f"has more than {LONGEST_NUMBER} digits", f"{LONGEST_NUMBER} 桁を超えています")
    value = int(text) if _INTEGER.fullmatch(text) else float(text)
    if not math.isfinite(float(value)):
        return Refusal("E314", "is too large for a number", "数として大きすぎます")
    return value


def _ambiguous(reading: str, reading_ja: str, fix: str) -> Refusal:
    return Refusal(
        "E313",
        f"some readers of YAML take this for {reading}; {fix}",
        f"{reading_ja}と読まれるおそれがあります。"
        "true/false か普通の十進数で書くか、文字なら引用符で囲んでください",
    )
