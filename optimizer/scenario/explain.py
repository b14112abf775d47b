"""pydantic's findings in a planner's words: where, what was written, what is allowed, the likely fix."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from optimizer.errors import Problem
from optimizer.scenario.catalogue import KeyFacts, child_names, facts_of
from optimizer.scenario.problems import Place, did_you_mean, nearest, plain, problem, shown
from optimizer.scenario.yamlfile import REFUSED, missing_space

Path = tuple[str, ...]
Words = tuple[str, str, str]
"""Code, English, Japanese."""

_MAPPING = {"dict_type", "model_type", "model_attributes_type"}
_RANGE = {"greater_than_equal", "less_than_equal", "greater_than", "less_than"}


def explain(
    finding: Mapping[str, Any], places: Mapping[Path, Place], keys: Mapping[Path, Place]
) -> Problem | None:
    """Return one pydantic finding as a problem at the line of its key.

    Args:
        finding: one entry of `ValidationError.errors()`.
        places: place of every value of the scenario.
        keys: place of every key of the scenario.

    Returns:
        The problem, codes E301 to E306; None where the value was already refused by the reader.
    """
    if finding["input"] is REFUSED:
        return None
    path = tuple(str(part) for part in finding["loc"] if part != "[key]")
    about_key = finding["type"] == "extra_forbidden" or "[key]" in finding["loc"]
    code, message, message_ja = _words(finding, path, about_key)
    if finding["type"] == "value_error":
        path = (*path, *_contradiction(finding)[0].split("."))
    place = _nearest_place(path, keys if about_key else places)
    name = plain(".".join(path))
    return problem(place, code, f"{name}: {message}", f"{name}: {message_ja}")


def _nearest_place(path: Path, places: Mapping[Path, Place]) -> Place:
    while path and path not in places:
        path = path[:-1]
    return places[path]


def _contradiction(finding: Mapping[str, Any]) -> list[str]:
    """Return key below the group and message in both languages, of values that contradict each other."""
    return str(finding["ctx"]["error"]).split("|", 2)


def _words(finding: Mapping[str, Any], path: Path, about_key: bool) -> Words:
    if about_key:
        return _unknown_key(path)
    if finding["type"] == "missing":
        return _missing(path)
    if finding["type"] == "value_error":
        _, message, message_ja = _contradiction(finding)
        return "E306", message, message_ja
    facts = facts_of(path)
    if facts is None:
        return (
            "E303",
            f"got {shown(finding['input'])}; {finding['msg']}",
            f"値 {shown(finding['input'])} は使えません",
        )
    return _wrong_value(finding, facts)


def _unknown_key(path: Path) -> Words:
    known = child_names(path[:-1])
    guess, guess_ja = did_you_mean(path[-1], known)
    allowed, allowed_ja = "", ""
    if not guess and known:
        allowed, allowed_ja = f" Allowed: {', '.join(known)}.", f"使えるキー: {'、'.join(known)}。"
    if not known:
        allowed = " Allowed: letters, digits, `-`, `_`, `.`, at most 80."
        allowed_ja = "使えるのは英数字と - _ . (80 字以内)。"
    return "E301", f"unknown key.{guess}{allowed}", f"知らないキーです。{guess_ja}{allowed_ja}"


def _missing(path: Path) -> Words:
    facts = facts_of(path)
    allowed = f" ({facts.allowed()})" if facts else ""
    allowed_ja = f" ({facts.allowed('ja')})" if facts else ""
    return (
        "E302",
        f"missing key{allowed}. Write it, or inherit every other key with `base: japan-2030`",
        f"キーがありません{allowed_ja}。書き足すか、`base: japan-2030` で他の値を受け継いでください",
    )


def _wrong_value(finding: Mapping[str, Any], facts: KeyFacts) -> Words:
    got = shown(finding["input"])
    kind = str(finding["type"])
    allowed, allowed_ja = facts.allowed(), facts.allowed("ja")
    if kind in _RANGE:
        return "E304", f"got {got}; allowed: {allowed}", f"値 {got} は範囲外です。使える値: {allowed_ja}"
    if kind == "literal_error":
        word = str(finding["input"])
        near = nearest(word, list(facts.choices)) if isinstance(finding["input"], str) else None
        hint, hint_ja = (f'. Did you mean "{near}"?', f"。「{near}」ではありませんか?") if near else ("", "")
        return (
            "E305",
            f"got {got}; allowed: {allowed}{hint}",
            f"値 {got} は使えません。使える値: {allowed_ja}{hint_ja}",
        )
    if kind.startswith("string_") and kind != "string_type":
        form = _form(kind, facts)
        return "E305", f"got {got}; allowed: {form[0]}", f"値 {got} は使えません。使える文字: {form[1]}"
    hint, hint_ja = _type_hint(finding["input"], kind)
    return (
        "E303",
        f"got {_type_of(finding['input'])}{got}; allowed: {allowed}{hint}",
        f"値 {got} は型が違います。使える値: {allowed_ja}{hint_ja}",
    )


def _form(kind: str, facts: KeyFacts) -> tuple[str, str]:
    if kind == "string_pattern_mismatch":
        return (
            f"a word that matches {facts.pattern or 'letters, digits, - _ .'}",
            facts.pattern or "英数字と - _ .",
        )
    if kind == "string_too_short":
        return "text that is not empty", "空でない文字列"
    return "a shorter text", "もっと短い文字列"


def _type_of(value: Any) -> str:
    names = {
        str: "text ",
        dict: "keys with values ",
        list: "a list ",
        bool: "",
        int: "number ",
        float: "number ",
    }
    return names.get(type(value), "")


def _type_hint(value: Any, kind: str) -> tuple[str, str]:
    """Return what to write instead of a text that looks like a number, or like keys without spaces."""
    if not isinstance(value, str):
        return "", ""
    glued = missing_space(value) if kind in _MAPPING else None
    if glued is not None:
        return f"; {glued[0]}", f"。{glued[1]}"
    if len(value) > 40:
        return "", ""
    folded = unicodedata.normalize("NFKC", value).replace(",", "").replace(" ", "").strip()
    try:
        float(folded)
    except ValueError:
        return "", ""
    return (
        f". Write {folded} without quotes, commas or full-width digits",
        f"。引用符・カンマ・全角なしで {folded} と書いてください",
    )
