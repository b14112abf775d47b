"""Scenario files: find them, follow `base:`, merge, check, and say everything that is wrong at once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from optimizer.errors import InputError, Problem
from optimizer.scenario.explain import explain
from optimizer.scenario.merge import lay_over, places_of, to_plain, without
from optimizer.scenario.overrides import Override, read_overrides
from optimizer.scenario.problems import Place, did_you_mean, escaped, plain, problem, shown
from optimizer.scenario.schema import Scenario
from optimizer.scenario.sources import shipped_folder
from optimizer.scenario.yamlfile import MOST_PROBLEMS, Branch, Leaf, Node, parse_yaml, read_text

DEEPEST_CHAIN = 20
SUFFIXES = (".yaml", ".yml")
_IDENTITY = ("base", "name", "title", "description")


@dataclass(frozen=True)
class ScenarioFile:
    """One file a scenario was made from."""

    path: Path
    source: str
    """The file as the user named it."""

    text: str


@dataclass(frozen=True)
class LoadedScenario:
    """A checked scenario, and where every value of it was written."""

    scenario: Scenario
    files: tuple[ScenarioFile, ...]
    """The file asked for first, the root scenario last."""

    overrides: tuple[str, ...]
    """`key=value` of the command line, as given."""

    changes: dict[str, Any]
    """What the file and the command line say on top of the base, as plain values."""

    resolved: dict[str, Any]
    """Every key with its value, as plain values."""

    places: Mapping[tuple[str, ...], Place]

    def place(self, *path: str) -> str:
        """Return where the value of a key was written, or the nearest group around it: `file:line:column`."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path].text() if path in self.places else self.files[0].source

    def located(self, problems: Sequence[Problem]) -> list[Problem]:
        """Return problems whose place is `scenario:dotted.key` with the place where that key was written.

        A key inherited from another file is not to be changed there: the message says where to override it.
        """
        return [
            self._located(item, item.place.removeprefix("scenario:"))
            if item.place.startswith("scenario:")
            else item
            for item in problems
        ]

    def _located(self, item: Problem, key: str) -> Problem:
        place = self.place(*key.split("."))
        asked, *inherited = (escaped(file.source) for file in self.files)
        if (source := place.rsplit(":", 2)[0]) not in inherited:
            return replace(item, place=place)
        words = f"; override {key} in your own scenario {asked}, which inherits it from {source}"
        words_ja = f"。{key} は {source} から継承しています。{asked} に書いて上書きしてください"
        return replace(
            item,
            place=place,
            message=item.message + words,
            message_ja=item.message_ja + words_ja if item.message_ja else "",
        )

    def folders(self) -> list[Path]:
        """Return the folders of the scenario's files, the one asked for first."""
        return [file.path.parent for file in self.files]

    def digest(self) -> str:
        """Return the SHA-256 of all resolved values: equal digests, equal scenarios."""
        text = json.dumps(self.resolved, ensure_ascii=False, sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def resolved_yaml(self) -> str:
        """Return all resolved values as a scenario file without `base`."""
        return yaml.safe_dump(self.resolved, allow_unicode=True, sort_keys=False, width=100)


@dataclass(frozen=True)
class _Document:
    file: ScenarioFile
    tree: Branch


def load_scenario(name_or_path: str | Path, overrides: Sequence[str] = ()) -> LoadedScenario:
    """Read a scenario with everything it inherits, lay the overrides over it, and check it.

    Args:
        name_or_path: name of a shipped scenario, or a file (with `.yaml`, `.yml` or a folder in the name).
        overrides: `key=value` texts, e.g. `policy.min_regional_share=0.4`; later ones win.

    Returns:
        The scenario, its files, the changes it makes, and the place of every value.

    Raises:
        InputError: every problem found, codes E301 to E319, each with file, line and column.
    """
    documents, problems = _chain(os.fspath(name_or_path))
    sets, found = read_overrides(overrides)
    problems += found
    if not documents:
        raise InputError(_in_order(problems))
    tree: Node = documents[-1].tree
    for document in reversed(documents[:-1]):
        tree = lay_over(without(tree, _IDENTITY) if isinstance(tree, Branch) else tree, document.tree)
    assembled = _with_identity(_with_overrides(tree, sets), documents[0])
    scenario, found = _validate(assembled, complete=not problems)
    problems += found
    if scenario is None or problems:
        raise InputError(_in_order(problems))
    return LoadedScenario(
        scenario=scenario,
        files=tuple(document.file for document in documents),
        overrides=tuple(overrides),
        changes=to_plain(_with_overrides(without(documents[0].tree, _IDENTITY), sets)),
        resolved=scenario.model_dump(mode="json"),
        places=places_of(assembled)[0],
    )


def _with_overrides(tree: Node, overrides: Sequence[Override]) -> Node:
    for override in overrides:
        tree = lay_over(tree, override.tree, whole=(override.path,))
    return tree


def shipped_scenarios() -> dict[str, Path]:
    """Return the shipped scenario files by name, in alphabetical order."""
    return {path.stem: path for path in sorted(shipped_folder("scenarios").glob("*.yaml"))}


def _in_order(problems: list[Problem]) -> list[Problem]:
    """Return each problem once, at most `MOST_PROBLEMS`, in the order found."""
    return list(dict.fromkeys(problems))[:MOST_PROBLEMS]


def _chain(asked: str) -> tuple[list[_Document], list[Problem]]:
    """Return the file asked for and everything it inherits from, root last, and the problems met."""
    documents: list[_Document] = []
    problems: list[Problem] = []
    seen: dict[Path, str] = {}
    name, folder, place = asked, Path(), Place(asked)
    while True:
        path, found = _find(name, folder, place)
        if path is None:
            return documents, problems + found
        if path in seen or len(seen) >= DEEPEST_CHAIN:
            return documents, [*problems, _endless(place, [*seen.values(), name], path in seen)]
        seen[path] = name
        source = asked if not documents else _displayed(path)
        source = _displayed(path) if source in _shipped_names() else source
        document, found = _read(path, source)
        problems += found
        if document is None:
            return documents, problems
        documents.append(document)
        base = document.tree.items.get("base")
        if base is None:
            return documents, problems
        place, folder = document.tree.keys["base"], path.parent
        if not isinstance(base, Leaf) or not isinstance(base.value, str) or not base.value:
            words = (
                "base: must be the name of a scenario or a file",
                "base: シナリオ名かファイル名を書いてください",
            )
            return documents, [*problems, problem(place, "E316", *words)]
        name = base.value


def _shipped_names() -> list[str]:
    """Return the names of the shipped scenarios; empty where the installation has none."""
    try:
        return list(shipped_scenarios())
    except InputError:
        return []


def _displayed(path: Path) -> str:
    """Return a path as short as it can be said from the current folder."""
    try:
        relative = os.path.relpath(path)
    except ValueError:
        return str(path)
    return relative if not relative.startswith("..") else str(path)


def _endless(place: Place, names: list[str], cycle: bool) -> Problem:
    if cycle:
        way = " → ".join(plain(name) for name in names[-4:])
        return problem(place, "E316", f"base: goes round in a circle: {way}", f"base: 循環しています: {way}")
    words = f"more than {DEEPEST_CHAIN} files inherit from one another"
    return problem(place, "E316", f"base: {words}", f"base: 継承が {DEEPEST_CHAIN} 段を超えています")


def _find(name: str, folder: Path, place: Place) -> tuple[Path | None, list[Problem]]:
    """Return the file a scenario name or path means; relative paths count from `folder`."""
    is_path = name.endswith(SUFFIXES) or "/" in name or os.sep in name
    if not is_path and name in _shipped_names():
        return shipped_scenarios()[name].resolve(), []
    path = folder / name
    try:
        if is_path and path.exists():
            return path.resolve(), []
    except (OSError, ValueError):
        return None, [
            problem(
                place, "E315", f"{shown(name)}: not a file name", f"{shown(name)}: ファイル名ではありません"
            )
        ]
    known = _shipped_names()
    guess, guess_ja = did_you_mean(name, known) if not is_path else ("", "")
    if is_path:
        words = (f"{shown(name)}: no such file", f"{shown(name)}: ファイルがありません")
        return None, [problem(place, "E315", *words)]
    shipped = ", ".join(known)
    return None, [
        problem(
            place,
            "E315",
            f"{shown(name)}: no scenario of this name.{guess} Shipped: {shipped}; a file ends in .yaml",
            f"{shown(name)}: その名前のシナリオはありません。{guess_ja}同梱: {shipped}。"
            "ファイルは .yaml で終わる名前で指定してください",
        )
    ]


def _read(path: Path, source: str) -> tuple[_Document | None, list[Problem]]:
    text, problems = read_text(path, source)
    if text is None:
        return None, problems
    tree, problems = parse_yaml(text, source)
    if isinstance(tree, Branch):
        return _Document(ScenarioFile(path, source, text), tree), problems
    if not problems:
        place = tree.place if tree is not None else Place(source)
        words = (
            "write `key: value` lines, e.g. `base: japan-2030`",
            "`base: japan-2030` のように書いてください",
        )
        problems = [problem(place, "E319", *words)]
    return None, problems


def _with_identity(tree: Node, document: _Document) -> Branch:
    """Return the tree without `base`, with name, title and description filled in where they may be absent."""
    place = Place(document.file.source)
    branch = without(tree, ("base",)) if isinstance(tree, Branch) else Branch({}, {}, place)
    words: dict[str, Node] = {"description": Leaf(None, place)}
    if "base" in document.tree.items:
        given = branch.items.get("name")
        name = given if isinstance(given, Leaf) else Leaf(document.file.path.stem, place)
        words_of_title = Leaf(str(name.value)[:80] or "–", name.place)
        both: dict[str, Node] = {"ja": words_of_title, "en": words_of_title}
        words |= {"name": name, "title": Branch(both, dict.fromkeys(both, place), place)}
    return Branch({**words, **branch.items}, {**dict.fromkeys(words, place), **branch.keys}, branch.place)


def _validate(tree: Branch, complete: bool) -> tuple[Scenario | None, list[Problem]]:
    """Return the checked scenario, or every problem; missing keys are told only of a complete chain."""
    places, keys = places_of(tree)
    try:
        scenario = Scenario.model_validate(to_plain(tree))
    except ValidationError as error:
        findings = error.errors(include_url=False)[:MOST_PROBLEMS]
        if not complete:
            findings = [finding for finding in findings if finding["type"] != "missing"]
        problems = [explain(finding, places, keys) for finding in findings]
        return None, [item for item in problems if item is not None]
    return scenario, []
