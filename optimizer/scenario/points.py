"""The points of a sweep: every one a checked scenario of its own, made again whenever it is asked for.

Order: cases as written, then the grid with its last axis fastest, then the sample. A point is light (its
number and the values on its axes); its scenario is laid together from the case and these values on demand.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optimizer.errors import InputError, Problem
from optimizer.scenario.catalogue import facts_of
from optimizer.scenario.explain import explain
from optimizer.scenario.load import SUFFIXES, LoadedScenario, load_scenario
from optimizer.scenario.merge import WHOLE, lay_over, places_of, to_plain, without
from optimizer.scenario.problems import Place, plain, problem, shown
from optimizer.scenario.schema import Scenario
from optimizer.scenario.sweep import LoadedSweep, Sample, count_points, node_of
from optimizer.scenario.yamlfile import MOST_PROBLEMS, Branch, Leaf, Node

Ranges = Callable[[LoadedScenario], Mapping[str, tuple[float, float]]]
"""Low and high of every parameter of a scenario's pack that has both."""

LONGEST_TITLE = 400
SIGNIFICANT = 6
"""Digits of a sampled value: what a planner can read and type again."""


@dataclass(frozen=True)
class Point:
    """One point: its place in the order, its name, and what it sets."""

    number: int
    """From 1, in point order."""

    name: str
    case: str
    """Name of the case; empty where the sweep has none."""

    axes: Mapping[str, Any]
    """Value by key, grid first, then sample."""

    def label(self) -> str:
        """Return the point in words: its name and what it sets."""
        sets = ", ".join(f"{key}={shown(value)}" for key, value in self.axes.items())
        return f"{self.name} ({sets})" if sets else self.name


@dataclass(frozen=True)
class Case:
    """A scenario that points are laid over: resolved, as a tree with the place of every value."""

    loaded: LoadedScenario
    tree: Node
    words: Mapping[str, str]
    """Its title in both languages; empty for the base of a sweep without cases."""


@dataclass(frozen=True)
class Points:
    """All points of a sweep, and how to make the scenario of each."""

    sweep: LoadedSweep
    cases: Mapping[str, Case]
    points: tuple[Point, ...]

    def scenario(self, point: Point) -> LoadedScenario:
        """Return the checked scenario of a point.

        Raises:
            InputError: the point contradicts the schema; places are those of the sweep file.
        """
        case = self.cases[point.case]
        tree = case.tree
        for key, value in point.axes.items():
            path = tuple(key.split("."))
            node = self._node(key, value)
            tree = lay_over(tree, _nested(path, node), whole=(*WHOLE, path))
        tree = lay_over(tree, _identity(self.sweep, case, point))
        files = (self.sweep.file, *case.loaded.files)
        return _checked(tree, replace(case.loaded, files=files))

    def _node(self, key: str, value: Any) -> Node:
        group = ("grid", key) if key in self.sweep.sweep.grid else ("sample", "over", key)
        if group[0] == "grid":
            values = self.sweep.sweep.grid[key]
            at = next(n for n, one in enumerate(values) if one is value or one == value)
            return node_of(value, self.sweep.places, (*group, str(at)), self.sweep.place(*group))
        return Leaf(value, self.sweep.place(*group))


def expand(sweep: LoadedSweep, ranges: Ranges) -> Points:
    """Return all points of a sweep, in order; their scenarios are not checked yet.

    Args:
        sweep: from :func:`load_sweep`; its number of points is within its limit.
        ranges: low and high of the parameters of a scenario's pack, for sampled keys that say `range`.

    Raises:
        InputError: faults of the base or of a case, each located in the file it was written in; E373, a
            sampled key says `range` and is no parameter with low and high.
    """
    cases, problems = _cases(sweep)
    drawn: dict[str, Sequence[Mapping[str, Any]]] = {}
    for name, case in cases.items() if not problems else ():
        found, faults = _sampled(sweep, ranges(case.loaded) if _asks_range(sweep) else {})
        drawn[name] = found
        problems += faults
    if problems:
        raise InputError(list(dict.fromkeys(problems))[:MOST_PROBLEMS])
    return Points(sweep, cases, tuple(_in_order(sweep, drawn)))


def _in_order(sweep: LoadedSweep, drawn: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[Point]:
    grid, count = sweep.sweep.grid, count_points(sweep.sweep)
    alone, width = not sweep.sweep.axes, len(str(count))
    number = 0
    for case, draws in drawn.items():
        for values in product(*grid.values()):
            for sampled in draws:
                number += 1
                stem = case or sweep.sweep.name
                name = stem if alone else f"{stem}-{number:0{width}d}"
                yield Point(number, name, case, {**dict(zip(grid, values, strict=True)), **sampled})


def _cases(sweep: LoadedSweep) -> tuple[dict[str, Case], list[Problem]]:
    """Return every case as a complete scenario, or what is wrong with them."""
    cases: dict[str, Case] = {}
    problems: list[Problem] = []
    bases: dict[str, LoadedScenario] = {}
    for name in sweep.sweep.cases or ("",):
        try:
            cases[name] = _case(sweep, name, bases)
        except InputError as error:
            problems += error.problems
    return cases, problems


def _case(sweep: LoadedSweep, name: str, bases: dict[str, LoadedScenario]) -> Case:
    given = sweep.sweep.cases[name] if name else {}
    here = ("cases", name) if name else ()
    if isinstance(given, str):
        loaded = _base(sweep, given, sweep.place(*here), bases)
        return Case(loaded, _tree(loaded), loaded.scenario.title.model_dump())
    own = given.get("base")
    base, place = (own, sweep.place(*here, "base")) if own else (sweep.sweep.base, sweep.place("base"))
    if not isinstance(base, str):
        words = "base: missing key; name the scenario that points inherit from, e.g. japan-2030"
        raise InputError([problem(sweep.place(*here), "E302", words, "base: キーがありません")])
    loaded = _base(sweep, base, place, bases)
    if not name:
        return Case(loaded, _tree(loaded), {})
    changes = _subtree(sweep.tree, here)
    tree = lay_over(_tree(loaded), without(changes, ("base", "name", "title", "description")))
    tree = lay_over(tree, _nested(("title",), _both(name, changes.place)))
    if "title" in changes.items:
        tree = lay_over(tree, _nested(("title",), changes.items["title"]))
    checked = _checked(tree, replace(loaded, files=(sweep.file, *loaded.files)))
    return Case(checked, tree, checked.scenario.title.model_dump())


def _base(sweep: LoadedSweep, name: str, place: Place, bases: dict[str, LoadedScenario]) -> LoadedScenario:
    """Return a scenario the sweep names; a file counts from the folder of the sweep file."""
    if name not in bases:
        is_path = name.endswith(SUFFIXES) or "/" in name
        asked = str(sweep.file.path.parent / name) if is_path else name
        try:
            bases[name] = load_scenario(asked)
        except InputError as error:
            moved = [replace(p, place=place.text()) if p.place == asked else p for p in error.problems]
            raise InputError(moved) from None
    return bases[name]


def _tree(loaded: LoadedScenario) -> Node:
    return node_of(loaded.resolved, loaded.places, (), Place(loaded.files[0].source))


def _subtree(tree: Node, path: tuple[str, ...]) -> Branch:
    for name in path:
        tree = tree.items[name] if isinstance(tree, Branch) else tree
    if not isinstance(tree, Branch):
        raise ValueError(f"no mapping at {path}")
    return tree


def _nested(path: tuple[str, ...], node: Node) -> Branch:
    tree = node
    for name in reversed(path):
        tree = Branch({name: tree}, {name: node.place}, node.place)
    if not isinstance(tree, Branch):
        raise ValueError("the path is empty")
    return tree


def _both(words: str, place: Place) -> Branch:
    leaf = Leaf(words, place)
    return Branch({"ja": leaf, "en": leaf}, {"ja": place, "en": place}, place)


def _identity(sweep: LoadedSweep, case: Case, point: Point) -> Branch:
    """Return name and title of a point, as a tree to lay over its scenario."""
    place = Place(sweep.file.source)
    sets = [f"{key}={shown(value)}" for key, value in point.axes.items()]
    titles: dict[str, Node] = {
        lang: Leaf(" · ".join([words, *filter(None, [case.words.get(lang)]), *sets])[:LONGEST_TITLE], place)
        for lang, words in sweep.sweep.title.model_dump().items()
    }
    items: dict[str, Node] = {
        "name": Leaf(point.name, place),
        "title": Branch(titles, dict.fromkeys(titles, place), place),
        "description": Leaf(None, place),
    }
    return Branch(items, dict.fromkeys(items, place), place)


def _checked(tree: Node, like: LoadedScenario) -> LoadedScenario:
    """Return the scenario of a tree, or raise every problem with the place of its value."""
    places, keys = places_of(tree)
    try:
        scenario = Scenario.model_validate(to_plain(tree))
    except ValidationError as error:
        told = (explain(finding, places, keys) for finding in error.errors(include_url=False)[:MOST_PROBLEMS])
        raise InputError([item for item in told if item is not None]) from None
    return replace(
        like, scenario=scenario, resolved=scenario.model_dump(mode="json"), places=places, changes={}
    )


def _asks_range(sweep: LoadedSweep) -> bool:
    sample = sweep.sweep.sample
    return sample is not None and "range" in sample.over.values()


def _sampled(
    sweep: LoadedSweep, ranges: Mapping[str, tuple[float, float]]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Return the values of every point of the sample by key, and keys whose range is not known (E373)."""
    sample = sweep.sweep.sample
    if sample is None:
        return [{}], []
    problems, ends = [], {}
    for key, given in sample.over.items():
        if given != "range":
            ends[key] = (given.low, given.high)
            continue
        group, _, name = key.partition(".")
        if group == "parameters" and name in ranges:
            ends[key] = ranges[name]
            continue
        words = (
            "`range` is for parameters.NAME with a low below its high in the pack; write {low: …, high: …}"
        )
        words_ja = "range は低位・高位のある parameters.NAME 用です。{low: …, high: …} と書いてください"
        place = sweep.place("sample", "over", key)
        problems.append(problem(place, "E373", f"{plain(key)}: {words}", f"{plain(key)}: {words_ja}"))
    if problems:
        return [], problems
    return [
        {key: _value(key, *ends[key], unit) for key, unit in zip(ends, row, strict=True)}
        for row in unit_points(sample)
    ], []


def unit_points(sample: Sample) -> list[list[float]]:
    """Return the points of a sample in the unit cube, one list per point, by seed."""
    from scipy.stats import qmc

    size = len(sample.over)
    with warnings.catch_warnings():  # a number of points that is no power of two is the user's choice
        warnings.simplefilter("ignore")
        engine: qmc.QMCEngine
        if sample.method == "sobol":
            engine = qmc.Sobol(size, scramble=True, rng=sample.seed)
        else:
            engine = qmc.LatinHypercube(size, rng=sample.seed)
        drawn = engine.random(sample.points)
    return [[float(value) for value in row] for row in drawn]


def _value(key: str, low: float, high: float, unit: float) -> float | int:
    """Return a value between low and high, readable; a whole number where the key wants one."""
    facts = facts_of(tuple(key.split(".")))
    if facts is not None and facts.kind == "integer":
        first, last = math.ceil(low), math.floor(high)
        return min(last, first + math.floor(unit * (last - first + 1)))
    value = float(f"{low + unit * (high - low):.{SIGNIFICANT}g}")
    return min(max(value, low), high)


def sweep_folder_of(sweep: LoadedSweep) -> Path:
    """Return where a sweep is written if nobody says otherwise."""
    return Path("runs") / sweep.sweep.name
