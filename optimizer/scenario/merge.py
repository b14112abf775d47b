"""Inheritance of scenarios: a tree of values laid over another, places kept."""

from __future__ import annotations

from typing import Any

from optimizer.scenario.problems import Place
from optimizer.scenario.yamlfile import Branch, Leaf, Listing, Node

Path = tuple[str, ...]

WHOLE = (
    ("policy", "operator_mix"), ("policy", "operator_mix_by_workload"), ("demand", "workload_shares"),
    ("demand", "announced_foreign_mw"),
)  # fmt: skip
"""Mappings that are one statement: a file that gives them replaces the inherited one as a whole."""

NAMED = (("network", "rtt_limit_ms"), ("parameters",))
"""Mappings with names the user chooses: `null` takes an inherited entry out again."""


def lay_over(base: Node, change: Node, path: Path = (), whole: tuple[Path, ...] = WHOLE) -> Node:
    """Return `base` with `change` laid over it: mappings merge key by key, everything else is replaced.

    Args:
        base: inherited values.
        change: values that win.
        path: where in the scenario the two stand.
        whole: mappings that are replaced rather than merged.
    """
    if not isinstance(base, Branch) or not isinstance(change, Branch) or path in whole:
        return change
    items, keys = dict(base.items), dict(base.keys)
    for name, value in change.items.items():
        inherited = items.get(name)
        if path in NAMED and inherited is not None and isinstance(value, Leaf) and value.value is None:
            del items[name], keys[name]
            continue
        items[name] = value if inherited is None else lay_over(inherited, value, (*path, name), whole)
        keys[name] = change.keys[name]
    return Branch(items, keys, change.place)


def without(tree: Branch, names: tuple[str, ...]) -> Branch:
    """Return the mapping without some of its keys."""
    return Branch(
        {name: value for name, value in tree.items.items() if name not in names},
        {name: place for name, place in tree.keys.items() if name not in names},
        tree.place,
    )


def to_plain(node: Node) -> Any:
    """Return the tree as dictionaries, lists and scalars."""
    if isinstance(node, Branch):
        return {name: to_plain(value) for name, value in node.items.items()}
    if isinstance(node, Listing):
        return [to_plain(item) for item in node.items]
    return node.value


def places_of(node: Node, path: Path = ()) -> tuple[dict[Path, Place], dict[Path, Place]]:
    """Return the place of every value and of every key, by path; list entries are numbered from 0.

    A value that is a mapping or list is placed at its key, where the reader looks for it.
    """
    values, keys = {path: node.place}, {path: node.place}
    if isinstance(node, Branch):
        entries = [(name, child, node.keys[name]) for name, child in node.items.items()]
    elif isinstance(node, Listing):
        entries = [(str(number), child, child.place) for number, child in enumerate(node.items)]
    else:
        entries = []
    for name, child, key_place in entries:
        inner_values, inner_keys = places_of(child, (*path, name))
        values.update(inner_values)
        keys.update(inner_keys)
        keys[(*path, name)] = key_place
        if not isinstance(child, Leaf):
            values[(*path, name)] = key_place
    return values, keys
