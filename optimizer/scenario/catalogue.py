"""Every key a scenario may hold, as facts: the one place that documentation, errors and proposals read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from optimizer.scenario.schema import Scenario

_UNIT = re.compile(r"^(?P<meaning>.*?)\s*\[(?P<unit>[^\]]+)\]$", re.DOTALL)
_KINDS_JA = {
    "number": "数",
    "integer": "整数",
    "boolean": "true か false",
    "string": "文字",
    "object": "キーと値の組",
    "array": "リスト",
}
_KINDS_EN = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "text",
    "object": "keys with values",
    "array": "a list",
}


@dataclass(frozen=True)
class KeyFacts:
    """One key: dotted path (`*` for names the user chooses), meaning, unit and allowed values."""

    path: str
    kind: str
    """JSON type: number, integer, boolean, string, object or array."""

    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    nullable: bool = False
    names: tuple[str, ...] = ()
    """For a path that ends in `*`: the names that may stand there; empty where any may."""

    def allowed(self, lang: str = "en") -> str:
        """Return the allowed values in words, e.g. `a number from 0 to 1`."""
        japanese = lang == "ja"
        if self.choices:
            text = ("、" if japanese else ", ").join(self.choices)
        else:
            text = (_KINDS_JA if japanese else _KINDS_EN)[self.kind] + self._range(japanese)
        if self.unit and self.unit != "1":
            text += f" [{self.unit}]"
        return text + ("(または null)" if japanese else " (or null)") * self.nullable

    def _range(self, japanese: bool) -> str:
        if self.low is None or self.high is None:
            return ""
        if japanese:
            return f"({self.low:.10g} 以上 {self.high:.10g} 以下)"
        return f" from {self.low:.10g} to {self.high:.10g}"


@cache
def catalogue() -> dict[str, KeyFacts]:
    """Return every key of a scenario by dotted path, groups included, in the order they are declared."""
    schema = Scenario.model_json_schema()
    return {facts.path: facts for facts in _walk(schema, schema.get("$defs", {}), "")}


def facts_of(path: tuple[str, ...]) -> KeyFacts | None:
    """Return the facts of one key, with names the user chose matched by `*`; None if there is no such key."""
    known: list[str] = []
    for part in path:
        prefix = ".".join(known)
        name = f"{prefix}.{part}" if prefix else part
        star = f"{prefix}.*"
        if name in catalogue():
            known.append(part)
        elif star in catalogue():
            known.append("*")
        else:
            return None
    return catalogue().get(".".join(known))


def child_names(path: tuple[str, ...]) -> list[str]:
    """Return the keys a group may hold; empty where the user chooses them freely."""
    facts = facts_of(path) if path else None
    prefix = f"{facts.path}." if facts else ""
    if path and facts is None:
        return []
    star = catalogue().get(prefix + "*")
    if star is not None:
        return list(star.names)
    names = (name.removeprefix(prefix) for name in catalogue() if name.startswith(prefix))
    return [name for name in names if "." not in name]


def _walk(schema: dict[str, Any], definitions: dict[str, Any], prefix: str) -> Iterator[KeyFacts]:
    for name, part in schema.get("properties", {}).items():
        yield from _one(name, part, definitions, prefix)


def _one(name: str, part: dict[str, Any], definitions: dict[str, Any], prefix: str) -> Iterator[KeyFacts]:
    path = prefix + name
    merged, nullable = _resolve(part, definitions)
    facts = _facts(path, merged, nullable)
    yield facts
    yield from _walk(merged, definitions, path + ".")
    free = [*merged.get("patternProperties", {}).values(), merged.get("additionalProperties")]
    if isinstance(free[0], dict):
        inner, _ = _resolve(free[0], definitions)
        names = tuple(merged.get("propertyNames", {}).get("enum", ()))
        entry = _facts(f"{path}.*", inner, nullable=False)
        yield replace(entry, unit=facts.unit, names=names, meaning=entry.meaning or "One entry, by name.")
        yield from _walk(inner, definitions, f"{path}.*.")


def _resolve(part: dict[str, Any], definitions: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the schema of a value, references and null branches folded in, and whether null is allowed."""
    options = part.get("anyOf", [])
    nullable = {"type": "null"} in options
    for option in options:
        if option != {"type": "null"}:
            part = {**part, **option}
    if "$ref" in part:
        target = definitions[part["$ref"].rsplit("/", 1)[1]]
        part = {**target, **{key: value for key, value in part.items() if key != "$ref"}}
    return part, nullable


def _facts(path: str, part: dict[str, Any], nullable: bool) -> KeyFacts:
    text = " ".join(str(part.get("description", "")).split())
    match = _UNIT.match(text)
    return KeyFacts(
        path=path,
        kind=str(part.get("type", "object")),
        meaning=match["meaning"] if match else text,
        unit=match["unit"] if match else "",
        low=part.get("minimum"),
        high=part.get("maximum"),
        choices=tuple(part.get("enum", ())),
        pattern=str(part.get("pattern", "")),
        nullable=nullable,
    )
