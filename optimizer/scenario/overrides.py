"""`--set policy.min_regional_share=0.4`: single values changed from the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optimizer.errors import Problem
from optimizer.scenario.catalogue import child_names, facts_of
from optimizer.scenario.problems import Place, did_you_mean, plain, problem
from optimizer.scenario.yamlfile import Branch, Leaf, Listing, Node, parse_yaml


@dataclass(frozen=True)
class Override:
    """One value to lay over a scenario."""

    path: tuple[str, ...]
    tree: Branch
    """The value, nested below the keys of `path`."""


def read_override(text: str) -> tuple[Override | None, list[Problem]]:
    """Return one `key=value` as a tree to lay over a scenario, or the problems with it.

    Args:
        text: dotted key, `=`, and a YAML value: `solve.gap=1e-3`, `policy.metropolitan_areas=[tokyo]`.

    Returns:
        The value with its path, and problems E301, E317 or those of the YAML reader.
    """
    place = Place(f"--set {plain(text)}")
    key, equals, value_text = text.partition("=")
    path = tuple(part.strip() for part in key.split("."))
    if not equals or not all(path):
        words = ("write key=value, e.g. policy.min_regional_share=0.4", "key=value の形で書いてください")
        return None, [problem(place, "E317", *words)]
    known = _unknown_key(path, place)
    if known is not None:
        return None, [known]
    if not value_text.strip():
        words = ("the value is empty; write null for none", "値がありません。値なしは null と書いてください")
        return None, [problem(place, "E317", *words)]
    value, problems = parse_yaml(value_text, place.source)
    if value is None or problems:
        return None, [
            Problem(place.text(), item.code, item.message, item.message_ja) for item in problems
        ] or [problem(place, "E317", "the value is empty", "値がありません")]
    return Override(path, _nest(path, _placed(value, place), place)), []


def read_overrides(texts: Sequence[str]) -> tuple[list[Override], list[Problem]]:
    """Return all overrides in the order given, and every problem with them."""
    read = [read_override(text) for text in texts]
    overrides = [override for override, _ in read if override is not None]
    return overrides, [found for _, problems in read for found in problems]


def _unknown_key(path: tuple[str, ...], place: Place) -> Problem | None:
    if path[0] == "base":
        words = (
            "base: cannot be set here; write it in a file",
            "base はここでは変えられません。ファイルに書いてください",
        )
        return problem(place, "E317", *words)
    for depth in range(1, len(path) + 1):
        if facts_of(path[:depth]) is not None:
            continue
        name = plain(".".join(path[:depth]))
        known = child_names(path[: depth - 1])
        guess, guess_ja = did_you_mean(path[depth - 1], known)
        listing = f" Allowed: {', '.join(known)}." if known and not guess else ""
        listing_ja = f"使えるキー: {'、'.join(known)}。" if known and not guess else ""
        return problem(
            place,
            "E301",
            f"{name}: unknown key.{guess}{listing}",
            f"{name}: 知らないキーです。{guess_ja}{listing_ja}",
        )
    return None


def _placed(node: Node, place: Place) -> Node:
    """Return the tree with every place replaced: a command line has no lines."""
    if isinstance(node, Branch):
        items = {name: _placed(value, place) for name, value in node.items.items()}
        return Branch(items, dict.fromkeys(node.keys, place), place)
    if isinstance(node, Listing):
        return Listing(tuple(_placed(item, place) for item in node.items), place)
    return Leaf(node.value, place)


def _nest(path: tuple[str, ...], value: Node, place: Place) -> Branch:
    tree = Branch({path[-1]: value}, {path[-1]: place}, place)
    for name in reversed(path[:-1]):
        tree = Branch({name: tree}, {name: place}, place)
    return tree
