"""Sweep files: many scenarios in one small file, read as strictly as scenarios are.

    points = cases × grid × sample

A case is a named set of changes, or a scenario by its name; an axis of the grid lists values of one key;
the sample draws several keys at once between their low and high. What each point is: `points`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from optimizer.errors import InputError, Problem
from optimizer.scenario.load import SUFFIXES, ScenarioFile
from optimizer.scenario.merge import places_of, to_plain
from optimizer.scenario.overrides import read_override
from optimizer.scenario.problems import Place, did_you_mean, plain, problem
from optimizer.scenario.schema import Bilingual, Words
from optimizer.scenario.schema_base import Frozen, contradiction
from optimizer.scenario.sources import shipped_folder
from optimizer.scenario.sweep_words import explain_sweep
from optimizer.scenario.yamlfile import MOST_PROBLEMS, Branch, Leaf, Listing, Node, parse_yaml, read_text

MOST_POINTS = 100_000
"""No sweep has more points, whatever its `limits.max_points` says."""

USUAL_MOST_POINTS = 10_000
"""Most points where a sweep file says nothing."""

NOT_AXES = ("base", "name", "title", "description", "pathway")
"""Keys that name a scenario, or make it another kind of question; no axis."""

Key = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=200)]
CaseName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=60)]


class Range(Frozen):
    """Where the values of a sampled key lie."""

    low: float
    """Least value, in the unit of the key."""

    high: float
    """Largest value, in the unit of the key."""

    @model_validator(mode="after")
    def _low_first(self) -> Range:
        if self.low >= self.high:
            words = f"low {self.low:g} is not below high {self.high:g}"
            raise contradiction("low", words, f"low {self.low:g} が high {self.high:g} 以上です")
        return self


class Sample(Frozen):
    """Points spread evenly through the ranges of several keys, by a seed."""

    method: Literal["sobol", "lhs"]
    """`sobol`: a scrambled Sobol sequence, best with 2, 4, 8, 16 … points; `lhs`: a Latin hypercube."""

    points: Annotated[int, Field(ge=1, le=MOST_POINTS)]
    """Number of points."""

    seed: Annotated[int, Field(ge=0, le=2_147_483_647)]
    """The same seed gives the same points."""

    over: Annotated[dict[Key, Range | Literal["range"]], Field(min_length=1, max_length=500)]
    """Ranges by key, keys as in `--set`; `range` takes low and high of a parameter from the pack."""


class Limits(Frozen):
    """What a sweep may grow to, and what one of its points may use."""

    max_points: Annotated[int, Field(ge=1, le=MOST_POINTS)] = USUAL_MOST_POINTS
    """Most points of the sweep; more are refused before any is written down."""

    time_per_point_s: Annotated[float, Field(ge=1, le=1_000_000)] | None = None
    """Longest time to solve one point; left out or null: `solve.time_limit_s` of the point. [s]"""

    memory_per_point_mb: Annotated[float, Field(ge=100, le=10_000_000)] | None = None
    """Most memory of the process that solves a point; left out or null: no limit. [MB]"""


class Sweep(Frozen):
    """Many scenarios: every case, with every combination of the grid, at every point of the sample."""

    name: CaseName
    """Names the sweep and its folder; may be left out: then it is the name of the file."""

    title: Bilingual
    """Heading of the results; may be left out: then it is the name."""

    description: Bilingual | None = None
    """What the sweep asks; may be left out."""

    base: Words | None = None
    """Scenario all points inherit from: name of a shipped one, or a file beside this one. May be left out
    where every case is a scenario."""

    cases: dict[CaseName, Words | dict[str, Any]] = Field(default={})
    """By name: changes as in a scenario file (with a `base` of their own if need be), or the name of a
    scenario. A list of names is short for cases of that name. Left out: the base alone."""

    grid: dict[Key, Annotated[list[Any], Field(min_length=1)]] = Field(default={})
    """Values by key, keys as in `--set`: every combination is a point."""

    sample: Sample | None = None
    """Points between low and high of several keys at once."""

    limits: Limits = Limits()
    """What the sweep may grow to, and what one of its points may use."""

    @model_validator(mode="after")
    def _keys_do_not_meet(self) -> Sweep:
        seen: dict[str, str] = {}
        sampled = self.sample.over if self.sample else {}
        for group, keys in (("grid", self.grid), ("sample.over", sampled)):
            for key in keys:
                if other := next((known for known in seen if _meet(key, known)), None):
                    words = f"and {seen[other]}.{other} set the same value; keep one"
                    words_ja = f"と {seen[other]}.{other} が同じ値を決めています。一つにしてください"
                    raise contradiction(f"{group}.{key}", words, words_ja)
                seen[key] = group
        return self

    @property
    def axes(self) -> list[str]:
        """Keys that vary, those of the grid first."""
        return [*self.grid, *(self.sample.over if self.sample else ())]


def _meet(one: str, other: str) -> bool:
    return one == other or one.startswith(other + ".") or other.startswith(one + ".")


@dataclass(frozen=True)
class LoadedSweep:
    """A checked sweep file, and where every value of it was written."""

    sweep: Sweep
    file: ScenarioFile
    tree: Branch
    places: Mapping[tuple[str, ...], Place]

    def place(self, *path: str) -> Place:
        """Return where a value was written, or the nearest group around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.file.source))


def load_sweep(name_or_path: str | Path) -> LoadedSweep:
    """Read a sweep file and check all that can be checked without its scenarios.

    Args:
        name_or_path: name of a shipped sweep, or a file (with `.yaml`, `.yml` or a folder in the name).

    Returns:
        The sweep and the place of every value.

    Raises:
        InputError: every problem found, codes E301 to E319 and E371 to E373, with file, line and column.
    """
    path = _find(os.fspath(name_or_path))
    source = os.fspath(name_or_path) if path.suffix in SUFFIXES else str(path)
    text, problems = read_text(path, source)
    tree, found = parse_yaml(text, source) if text is not None else (None, [])
    problems += found
    if not isinstance(tree, Branch):
        if not problems:
            words = ("write `key: value` lines, e.g. `base: japan-2030`", "`base: …` のように書いてください")
            problems = [problem(tree.place if tree else Place(source), "E319", *words)]
        raise InputError(problems)
    problems += _cases_twice(tree.items.get("cases"))
    tree = _completed(tree, path.stem)
    places, keys = places_of(tree)
    sweep = None
    try:
        sweep = Sweep.model_validate(to_plain(tree))
    except ValidationError as error:
        told = (explain_sweep(finding, places, keys) for finding in error.errors(include_url=False))
        problems += [item for item in told if item is not None]
    problems += _axis_faults(tree)
    if sweep is None or problems:
        raise InputError(list(dict.fromkeys(problems))[:MOST_PROBLEMS])
    loaded = LoadedSweep(sweep, ScenarioFile(path, source, text or ""), tree, places)
    _refuse_too_many(loaded)
    return loaded


def count_points(sweep: Sweep) -> int:
    """Return how many points a sweep has: cases times grid times sample; nothing is written down."""
    sizes = [max(1, len(sweep.cases)), *(len(values) for values in sweep.grid.values())]
    return math.prod(sizes) * (sweep.sample.points if sweep.sample else 1)


def shipped_sweeps() -> dict[str, Path]:
    """Return the shipped sweep files by name, in alphabetical order."""
    return {path.stem: path for path in sorted((shipped_folder("scenarios") / "sweeps").glob("*.yaml"))}


def _find(name: str) -> Path:
    if name in shipped_sweeps():
        return shipped_sweeps()[name].resolve()
    path = Path(name)
    is_path = name.endswith(SUFFIXES) or "/" in name or os.sep in name
    try:
        if is_path and path.exists():
            return path.resolve()
    except (OSError, ValueError):
        is_path = True
    guess, guess_ja = ("", "") if is_path else did_you_mean(name, list(shipped_sweeps()))
    have = ", ".join(shipped_sweeps())
    message = "no such file" if is_path else f"no sweep of this name.{guess} Shipped: {have}"
    message_ja = (
        "ファイルがありません" if is_path else f"その名前のスイープはありません。{guess_ja}同梱: {have}"
    )
    raise InputError([problem(Place(plain(name)), "E315", message, message_ja)])


def _completed(tree: Branch, stem: str) -> Branch:
    """Return the tree with name and title filled in, and a list of scenarios as cases of their names."""
    items, keys = dict(tree.items), dict(tree.keys)
    given = items.get("name")
    name = given if isinstance(given, Leaf) else Leaf(stem.lower(), tree.place)
    words = Leaf(str(name.value)[:80] or "–", name.place)
    title = Branch({"ja": words, "en": words}, dict.fromkeys(("ja", "en"), name.place), name.place)
    for key, value in (("name", name), ("title", title)):
        items.setdefault(key, value)
        keys.setdefault(key, tree.place)
    cases = items.get("cases")
    if isinstance(cases, Listing):
        names = {_case_name(item): item for item in cases.items}
        items["cases"] = Branch(dict(names), {n: item.place for n, item in names.items()}, cases.place)
    return Branch(items, keys, tree.place)


def _case_name(item: Node) -> str:
    """Return what a case of a plain list is called: its scenario, or its file without folder and ending."""
    return Path(str(to_plain(item))).stem


def _cases_twice(cases: Node | None) -> list[Problem]:
    """Return entries of a plain list of cases that are called like one before them (E372)."""
    problems = []
    for name, place in _repeated(cases, _case_name) if isinstance(cases, Listing) else ():
        words = f"cases: two are called {plain(name)}; keep one, or write `name: scenario` for each"
        words_ja = f"cases: {plain(name)} が二つあります。一つにするか「名前: シナリオ」で書いてください"
        problems.append(problem(place, "E372", words, words_ja))
    return problems


def _axis_faults(tree: Branch) -> list[Problem]:
    """Return keys that cannot vary (E301, E372) and values given twice (E372)."""
    problems: list[Problem] = []
    grid, sample = tree.items.get("grid"), tree.items.get("sample")
    over = sample.items.get("over") if isinstance(sample, Branch) else None
    for group in (grid, over):
        for key in group.items if isinstance(group, Branch) else ():
            problems += _key_faults(key, group.keys[key]) if isinstance(group, Branch) else []
    for key, values in grid.items.items() if isinstance(grid, Branch) else ():
        if isinstance(values, Listing):
            problems += _twice(key, values)
    return problems


def _key_faults(key: str, place: Place) -> list[Problem]:
    if key.split(".", maxsplit=1)[0] in NOT_AXES:
        words = f"{plain(key)}: cannot vary within a sweep; use cases"
        return [problem(place, "E372", words, f"{plain(key)} は軸にできません。cases を使ってください")]
    _, found = read_override(f"{key}=null")
    return [problem(place, item.code, item.message, item.message_ja) for item in found]


def _twice(key: str, values: Listing) -> list[Problem]:
    problems = []
    for said, place in _repeated(values, lambda item: repr(to_plain(item))):
        words = f"{plain(key)}: {plain(said)} is given twice; keep one"
        words_ja = f"{plain(key)}: {plain(said)} が二度あります。一つにしてください"
        problems.append(problem(place, "E372", words, words_ja))
    return problems


def _repeated(listing: Listing, called: Callable[[Node], str]) -> Iterator[tuple[str, Place]]:
    """Yield what an entry is called, and its place, where an entry before it is called the same."""
    seen: set[str] = set()
    for item in listing.items:
        said = called(item)
        if said in seen:
            yield said, item.place
        seen.add(said)


def _refuse_too_many(loaded: LoadedSweep) -> None:
    """Refuse a sweep of more points than its limit, by counting alone."""
    count, limit = count_points(loaded.sweep), loaded.sweep.limits.max_points
    if count <= limit:
        return
    most = f"limits.max_points is {limit:,}"
    raise_it = f"raise it (at most {MOST_POINTS:,}), or vary fewer keys" if count <= MOST_POINTS else ""
    message = f"{count:,} points; {most}; {raise_it or 'vary fewer keys, or sample them'}"
    message_ja = (
        f"点の数が {count:,} で上限 {limit:,} (limits.max_points) を超えています。軸や値を減らしてください"
    )
    place = loaded.place("grid" if loaded.sweep.grid else "sample")
    raise InputError([problem(place, "E371", message, message_ja)])


def node_of(value: Any, places: Mapping[tuple[str, ...], Place], path: tuple[str, ...], place: Place) -> Node:
    """Return plain values as a tree, each at its known place or at that of the group around it."""
    here = places.get(path, place)
    if isinstance(value, Mapping):
        items = {str(name): node_of(child, places, (*path, str(name)), here) for name, child in value.items()}
        keys = {name: places.get((*path, name), here) for name in items}
        return Branch(items, keys, here)
    if isinstance(value, list | tuple):
        entries = enumerate(value)
        return Listing(tuple(node_of(child, places, (*path, str(n)), here) for n, child in entries), here)
    return Leaf(value, here)
