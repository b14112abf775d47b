"""pydantic's findings in a sweep file in a planner's words, as `explain` does for scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.errors import Problem
from optimizer.scenario.problems import Place, did_you_mean, plain, problem, shown
from optimizer.scenario.yamlfile import REFUSED

Path = tuple[str, ...]

_LEVELS: dict[Path, tuple[str, ...]] = {
    (): ("name", "title", "description", "base", "cases", "grid", "sample", "limits"),
    ("title",): ("ja", "en"),
    ("description",): ("ja", "en"),
    ("sample",): ("method", "points", "seed", "over"),
    ("limits",): ("max_points", "time_per_point_s", "memory_per_point_mb"),
}
_RANGES = ("greater_than_equal", "less_than_equal", "greater_than", "less_than")
_BRANCHES = ("Range", "literal['range']", "str", "constrained-str", "dict[str,any]")
"""Names pydantic gives to the alternatives of a value; no keys of the file."""


def explain_sweep(
    finding: Mapping[str, Any], places: Mapping[Path, Place], keys: Mapping[Path, Place]
) -> Problem | None:
    """Return one pydantic finding as a problem at the line of its key; None where the reader refused it.

    Args:
        finding: one entry of `ValidationError.errors()`.
        places: place of every value of the sweep file.
        keys: place of every key.
    """
    if finding["input"] is REFUSED or _of_other_branch(finding):
        return None
    path = tuple(str(part) for part in finding["loc"] if not _is_label(str(part)))
    about_key = finding["type"] == "extra_forbidden" or "[key]" in finding["loc"]
    code, message, message_ja = _words(finding, path, about_key)
    if finding["type"] == "value_error":
        group, _, rest = str(finding["ctx"]["error"]).partition("|")[0].partition(".")
        path = (*path, group, *_rest(group, rest))
    name = plain(".".join(path)) or "sweep"
    return problem(
        _nearest(path, keys if about_key else places), code, f"{name}: {message}", f"{name}: {message_ja}"
    )


def _is_label(part: str) -> bool:
    """Tell whether a step of a path is pydantic's name for an alternative, not a key of the file."""
    return part == "[key]" or part in _BRANCHES or part.startswith("function-after[")


def _of_other_branch(finding: Mapping[str, Any]) -> bool:
    """Tell whether a finding is about an alternative nobody meant: what is written says which one is."""
    is_text, kind = isinstance(finding["input"], str), str(finding["type"])
    if "literal['range']" in finding["loc"]:
        return not is_text
    if "over" in finding["loc"] and kind == "model_type":
        return is_text
    return tuple(finding["loc"][:1]) == ("cases",) and kind == "string_type"


def _rest(group: str, rest: str) -> Path:
    """Return the path below a group: a key of a scenario holds dots and is one step."""
    if group == "sample" and rest.startswith("over."):
        return ("over", rest.removeprefix("over."))
    return (rest,) if rest else ()


def _nearest(path: Path, places: Mapping[Path, Place]) -> Place:
    while path and path not in places:
        path = path[:-1]
    return places[path]


def _words(finding: Mapping[str, Any], path: Path, about_key: bool) -> tuple[str, str, str]:
    kind, got = str(finding["type"]), shown(finding["input"])
    if about_key:
        return _unknown(path)
    if kind == "missing":
        return "E302", "missing key", "キーがありません"
    if kind == "value_error":
        _, message, message_ja = str(finding["ctx"]["error"]).split("|", 2)
        return "E306", message, message_ja
    allowed, allowed_ja = _allowed(finding)
    code = "E304" if kind in _RANGES else "E305" if kind in _FORMS else "E303"
    return code, f"got {got}; allowed: {allowed}", f"値 {got} は使えません。使える値: {allowed_ja}"


def _unknown(path: Path) -> tuple[str, str, str]:
    known = list(_LEVELS.get(path[:-1], ()))
    guess, guess_ja = did_you_mean(path[-1], known)
    names = ", ".join(known) or "lower-case letters, digits, `-`, `_`, `.`, at most 60"
    names_ja = "、".join(known) or "英小文字・数字と - _ . (60 字以内)"
    return (
        "E301",
        f"unknown key.{guess} Allowed: {names}.",
        f"知らないキーです。{guess_ja}使えるキー: {names_ja}。",
    )


_FORMS = {
    "string_pattern_mismatch": ("lower-case letters, digits, `-`, `_`, `.`", "英小文字・数字と - _ ."),
    "string_too_short": ("text that is not empty", "空でない文字列"),
    "string_too_long": ("a shorter text", "もっと短い文字列"),
    "literal_error": ("", ""),
}
_KINDS = {
    "int_type": ("a whole number", "整数"),
    "int_from_float": ("a whole number", "整数"),
    "float_type": ("a number", "数"),
    "finite_number": ("a finite number", "有限の数"),
    "list_type": ("a list of values: [0.1, 0.2]", "値のリスト: [0.1, 0.2]"),
    "dict_type": ("keys with values", "キーと値の組"),
    "model_type": ("keys with values", "キーと値の組"),
    "string_type": ("text", "文字"),
    "too_short": ("one entry or more", "一つ以上"),
    "too_long": ("fewer entries", "もっと少ない数"),
}


def _allowed(finding: Mapping[str, Any]) -> tuple[str, str]:
    kind, facts = str(finding["type"]), finding.get("ctx", {})
    if kind in _RANGES:
        low, high = facts.get("ge"), facts.get("le")
        return (
            (f"{low:,} or more", f"{low:,} 以上")
            if low is not None
            else (f"at most {high:,}", f"{high:,} 以下")
        )
    if kind == "literal_error":
        words = str(facts.get("expected", "")).replace("'", "")
        return words, words
    if tuple(finding["loc"][:1]) == ("cases",) and kind == "dict_type":
        return "the name of a scenario, or keys with values", "シナリオ名、またはキーと値の組"
    if "over" in finding["loc"] and kind in ("model_type", "dict_type"):
        return "{low: …, high: …}, or range for a parameter of the pack", "{low: …, high: …} か range"
    return _FORMS.get(kind) or _KINDS.get(kind, (str(finding["msg"]), "別の書き方"))
