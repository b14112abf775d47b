"""YAML with line numbers, read safely: no tags, aliases, duplicate keys, guesses or deep nesting.

All problems of a file are collected; what is refused is replaced by `REFUSED`, so that the rest can still be
checked. Values keep their place through merging, which is how a wrong value in a base file is found there.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from optimizer.errors import Problem
from optimizer.scenario.problems import Place, plain, problem, shown
from optimizer.scenario.scalars import Refusal, read_scalar

LARGEST_FILE_BYTES = 1_000_000
DEEPEST = 40
MOST_VALUES = 10_000
"""More than any scenario needs; keeps the time to refuse a hostile file below a second."""

MOST_PROBLEMS = 100
_GLUED = re.compile(r"([^\W\d][\w.-]{0,79}):([^\s:/][^\s:]{0,79})(?=\s|$)")
"""A key, a colon and a value without a space: YAML reads one word."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Refused:
    """Stands where a value was refused; already reported."""

    def __repr__(self) -> str:
        return "refused"


REFUSED = _Refused()


@dataclass(frozen=True)
class Leaf:
    """One scalar, or `REFUSED`."""

    value: Any
    place: Place


@dataclass(frozen=True)
class Listing:
    """One list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True)
class Branch:
    """One mapping; `keys` holds the place of every key."""

    items: dict[str, Node]
    keys: dict[str, Place]
    place: Place


Node = Leaf | Listing | Branch


class _StopReadingError(Exception):
    """The rest of the file cannot be read; the reason is already among the problems."""


@dataclass
class _Reader:
    source: str
    events: Iterator[Any]
    problems: list[Problem] = field(default_factory=list)
    values: int = 0

    def place(self, event: Any) -> Place:
        return Place(self.source, event.start_mark.line + 1, event.start_mark.column + 1)

    def report(self, place: Place, code: str, words: tuple[str, str]) -> None:
        self.problems.append(problem(place, code, *words))
        if len(self.problems) >= MOST_PROBLEMS:
            raise _StopReadingError


def read_text(path: Path, source: str) -> tuple[str | None, list[Problem]]:
    """Return the text of a regular UTF-8 file of at most 1 MB (a byte order mark is dropped), or problems."""
    place = Place(source)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return None, [problem(place, "E315", "is not a file", "ファイルではありません")]
        if status.st_size > LARGEST_FILE_BYTES:
            size = f"{status.st_size:,} bytes; a scenario has at most {LARGEST_FILE_BYTES:,}"
            return None, [
                problem(place, "E311", f"file too large: {size}", f"ファイルが大きすぎます ({size})")
            ]
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, [problem(place, "E315", f"cannot be read: {reason}", f"読めません: {reason}")]
    return _decode(content, source)


def _decode(content: bytes, source: str) -> tuple[str | None, list[Problem]]:
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, error.start - (before.rfind(b"\n") + 1) + 1
        return None, [
            problem(
                Place(source, line, column),
                "E312",
                f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8",
                f"バイト 0x{content[error.start]:02x} は UTF-8 ではありません。UTF-8 で保存してください",
            )
        ]


def parse_yaml(text: str, source: str) -> tuple[Node | None, list[Problem]]:
    """Return the one document of `text` as a tree with places, and every problem found on the way.

    Args:
        text: YAML.
        source: name to print in front of line and column.

    Returns:
        The tree, or None where there is none or the syntax is broken; and the problems, codes E308 to E314.
    """
    reader = _Reader(source, iter(()))
    root: Node | None = None
    try:
        reader.events = yaml.parse(text, Loader=_LOADER)
        root = _document(reader)
    except _StopReadingError:
        root = None
    except yaml.YAMLError as error:
        reader.problems.append(_syntax_problem(error, source, text))
        root = None
    return root, reader.problems


def missing_space(written: str) -> tuple[str, str] | None:
    """Return the advice to put a space after the colon of `hokkaido:0.05`; None where it is not that."""
    found = _GLUED.match(written.strip())
    if found is None:
        return None
    right = plain(f"{found[1]}: {found[2]}")
    return (
        f'a space is missing after the colon: write "{right}"',
        f"コロンの後に空白がありません。「{right}」と書いてください",
    )


def _syntax_problem(error: yaml.YAMLError, source: str, text: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = Place(source, mark.line + 1, mark.column + 1) if mark else Place(source)
    if isinstance(error, yaml.reader.ReaderError):
        return problem(place, "E312", "control character in the file", "ファイルに制御文字があります")
    words = [getattr(error, "context", None), getattr(error, "problem", None)]
    reason = plain(", ".join(word for word in words if word) or "syntax")
    line, advice = _glued_above(text, mark.line if mark else 0)
    if advice is not None:
        return problem(place, "E308", f"line {line}: {advice[0]}", f"{line} 行目: {advice[1]}")
    return problem(
        place,
        "E308",
        f"not YAML: {reason}; check indentation, colons, brackets and quotes near here",
        f"YAML として読めません ({reason})。この付近の字下げ・コロン・括弧・引用符を確かめてください",
    )


def _glued_above(text: str, before: int) -> tuple[int, tuple[str, str] | None]:
    """Return the line above a place, and what is wrong with it where its colon has no space."""
    lines = text[:LARGEST_FILE_BYTES].splitlines()[:before]
    return len(lines), missing_space(lines[-1]) if lines else None


def _document(reader: _Reader) -> Node | None:
    root: Node | None = None
    documents = 0
    for event in reader.events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                words = (
                    "more than one document: remove the line `---`",
                    "文書が二つ以上あります。`---` の行を除いてください",
                )
                reader.report(reader.place(event), "E310", words)
                raise _StopReadingError
        elif isinstance(event, yaml.NodeEvent):
            root = _node(reader, event, 1)
    return root


def _node(reader: _Reader, event: Any, depth: int) -> Node:
    place = reader.place(event)
    if depth > DEEPEST:
        words = (f"nested deeper than {DEEPEST} levels", f"入れ子が {DEEPEST} 段を超えています")
        reader.report(place, "E311", words)
        raise _StopReadingError
    reader.values += 1
    if reader.values > MOST_VALUES:
        words = (f"more than {MOST_VALUES:,} values", f"値が {MOST_VALUES:,} 個を超えています")
        reader.report(place, "E311", words)
        raise _StopReadingError
    if isinstance(event, yaml.AliasEvent):
        words = (
            "aliases (*name) are not accepted: write the value out",
            "別名 (*name) は使えません。値を直接書いてください",
        )
        reader.report(place, "E310", words)
        return Leaf(REFUSED, place)
    _refuse_anchor_and_tag(reader, event, place)
    node: Node
    if isinstance(event, yaml.MappingStartEvent):
        node = _branch(reader, place, depth)
    elif isinstance(event, yaml.SequenceStartEvent):
        node = _listing(reader, place, depth)
    else:
        node = _leaf(reader, event, place)
    return node if event.tag is None else Leaf(REFUSED, place)


def _refuse_anchor_and_tag(reader: _Reader, event: Any, place: Place) -> None:
    if event.anchor is not None:
        words = (
            "anchors (&name) are not accepted: remove it",
            "アンカー (&name) は使えません。除いてください",
        )
        reader.report(place, "E310", words)
    if event.tag is not None:
        tag = shown(event.tag)
        words = (f"tag {tag} is not accepted: remove it", f"タグ {tag} は使えません。除いてください")
        reader.report(place, "E310", words)


def _leaf(reader: _Reader, event: Any, place: Place) -> Leaf:
    value = read_scalar(event.value, quoted=not event.implicit[0])
    if isinstance(value, Refusal):
        got = shown(event.value)
        reader.report(place, value.code, (f"{got}: {value.message}", f"{got}: {value.message_ja}"))
        return Leaf(REFUSED, place)
    return Leaf(value, place)


def _listing(reader: _Reader, place: Place, depth: int) -> Listing:
    items: list[Node] = []
    for event in reader.events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        items.append(_node(reader, event, depth + 1))
    return Listing(tuple(items), place)


def _branch(reader: _Reader, place: Place, depth: int) -> Branch:
    items: dict[str, Node] = {}
    keys: dict[str, Place] = {}
    for event in reader.events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        key, key_place = _key(reader, event, depth)
        value = _node(reader, next(reader.events), depth + 1)
        if key is None:
            continue
        glued = missing_space(key) if isinstance(value, Leaf) and value.value is None else None
        if glued is not None:
            reader.report(key_place, "E308", glued)
            continue
        if key in items:
            first = keys[key].line
            words = (
                f'"{plain(key)}" is given twice (first in line {first}): keep one',
                f"「{plain(key)}」が二度書かれています (最初は {first} 行目)。一つにしてください",
            )
            reader.report(key_place, "E309", words)
            continue
        items[key], keys[key] = value, key_place
    return Branch(items, keys, place)


def _key(reader: _Reader, event: Any, depth: int) -> tuple[str | None, Place]:
    """Return a key as written; only scalars can be keys."""
    place = reader.place(event)
    if isinstance(event, yaml.ScalarEvent):
        _refuse_anchor_and_tag(reader, event, place)
        return str(event.value), place
    _node(reader, event, depth + 1)
    if not isinstance(event, yaml.AliasEvent):
        words = ("a key must be one word", "キーは一語でなければなりません")
        reader.report(place, "E310", words)
    return None, place
