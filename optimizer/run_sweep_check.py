"""Every point of a sweep checked before the first solve: schema, pack, names, inputs; and grouped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from math import isfinite
from typing import Any

from optimizer.errors import InputError, Problem
from optimizer.inputs.assemble import scenario_parameters
from optimizer.model.fingerprint import cost_fingerprint, grid_fingerprint
from optimizer.run_desk import Desk, data_digest
from optimizer.run_sweep_plan import ID_LETTERS, Planned, SweepOptions, SweepPlan, digest
from optimizer.scenario.load import LoadedScenario
from optimizer.scenario.points import Point, Points, expand
from optimizer.scenario.problems import plain
from optimizer.scenario.sweep import LoadedSweep
from optimizer.scenario.yamlfile import MOST_PROBLEMS

WEEKS, HOURS_PER_WEEK, PREVIEW_HOURS = 52, 168, 12 * 24
WORDS = ("name", "title", "description")
"""Keys that name a scenario; two that differ in nothing else are the same point."""

SITING_ONLY = (
    "policy", "aim", "finance", "solve", "grid.headroom_factor", "grid.reinforcement_factor",
    "grid.reinforcement_delay_a", "grid.site_limit_factor", "grid.renewable_potential_factor",
)  # fmt: skip
"""Keys the grid never sees: points that differ in these alone share a group without looking further. Whether
that is true is checked again where a point is solved, on the inputs themselves."""

SITING_PARAMETERS = re.compile(
    r"\w+_(capex|opex)_\w+|\w+_life_a|land_m2_per_mw|fibre_\w+|mode_premium_\w+|(S|mix|v|g|rho|alpha|for|phi|sw)_\w+"
)
"""Parameters the grid never sees, in the same sense: money spent on sites and fibre, the market for cloud."""


def plan_sweep(sweep: LoadedSweep, options: SweepOptions) -> SweepPlan:
    """Check every point of a sweep and return what will be done; nothing is solved.

    Args:
        sweep: from `load_sweep`.
        options: what is asked besides.

    Raises:
        InputError: everything that is wrong with any point, each problem once, with the points it belongs to.
    """
    checker = _Checker(options)
    points = expand(sweep, checker.ranges)
    planned = [checker.planned(points, point) for point in points.points]
    checker.refuse()
    unique: dict[str, Planned] = {}
    for one in planned:
        if one is not None:
            unique.setdefault(one.id, one)
    return SweepPlan(points, tuple(unique.values()), options, len(planned) - len(unique), checker.area_hours)


class _Checker:
    """Checks points one after another and gathers what is wrong."""

    def __init__(self, options: SweepOptions) -> None:
        self._options = options
        self._desk = Desk()
        self._groups: dict[str, tuple[str, str]] = {}
        self._faults: dict[Problem, list[Point]] = {}
        self.area_hours = 0.0

    def ranges(self, loaded: LoadedScenario) -> dict[str, tuple[float, float]]:
        """Return low and high of every parameter of a scenario's pack that has both."""
        try:
            table = self._desk.pack(loaded).parameters
        except InputError as error:
            raise InputError(loaded.located(error.problems)) from None
        ends = zip(table.index, table["low"].astype(float), table["high"].astype(float), strict=True)
        return {
            str(n): (low, high) for n, low, high in ends if isfinite(low) and isfinite(high) and low < high
        }

    def planned(self, points: Points, point: Point) -> Planned | None:
        """Return a point as it will be solved, or keep what is wrong with it."""
        try:
            loaded = points.scenario(point)
            pack = self._checked_pack(loaded)
            group, family = self._group(loaded, data_digest(pack))
        except InputError as error:
            for item in error.problems:
                self._faults.setdefault(item, []).append(point)
            return None
        one, title = point_id(loaded, pack.hashes, self._options), loaded.scenario.title.model_dump()
        return Planned(point, one, data_digest(pack), group, family, pack.name, title, pack.hashes)

    def refuse(self) -> None:
        """Raise everything found, each problem once.

        Raises:
            InputError: problems of points.
        """
        if self._faults:
            raise InputError(
                [_of_points(item, found) for item, found in self._faults.items()][:MOST_PROBLEMS]
            )

    def _checked_pack(self, loaded: LoadedScenario) -> Any:
        """Return the pack of a scenario whose names are all in it."""
        if loaded.scenario.pathway is not None:
            words = "pathway: a point of a sweep has one target year; write null, or take another base"
            words_ja = "pathway: スイープの点は目標年が一つです。null にするか別の base にしてください"
            raise InputError([Problem(loaded.place("pathway"), "E374", words, words_ja)])
        try:
            pack = self._desk.pack(loaded)
            scenario_parameters(loaded.scenario, pack)
        except InputError as error:
            raise InputError(loaded.located(error.problems)) from None
        hours = PREVIEW_HOURS if self._options.preview else (self._options.weeks or WEEKS) * HOURS_PER_WEEK
        self.area_hours = max(self.area_hours, float(len(pack.tables["areas"]) * hours))
        return pack

    def _group(self, loaded: LoadedScenario, data: str) -> tuple[str, str]:
        """Return grid and cost fingerprint of a scenario; those that differ in siting alone share them."""
        kept = without_keys(loaded.resolved, (*WORDS, *SITING_ONLY))
        own = {
            name: value for name, value in kept["parameters"].items() if not SITING_PARAMETERS.fullmatch(name)
        }
        seen = digest([kept | {"parameters": own}, data])
        if seen not in self._groups:
            inputs = self._desk.inputs(loaded, self._options.of_run())
            self._groups[seen] = grid_fingerprint(inputs), cost_fingerprint(inputs)
        return self._groups[seen]


def point_id(loaded: LoadedScenario, hashes: Mapping[str, str], options: SweepOptions) -> str:
    """Return the name of a point's folder: a hash of everything its answer depends on.

    Args:
        loaded: its scenario; names and titles do not count.
        hashes: SHA-256 of the pack's files.
        options: weeks and preview count.
    """
    asked = {"weeks": options.weeks, "preview": options.preview}
    told = [without_keys(loaded.resolved, WORDS), dict(hashes), version("wattbit"), asked]
    return digest(told)[:ID_LETTERS]


def without_keys(resolved: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return resolved values without some dotted keys."""
    kept = {name: value for name, value in resolved.items() if name not in keys}
    for group, _, rest in (key.partition(".") for key in keys):
        if rest and isinstance(kept.get(group), Mapping):
            kept[group] = {name: value for name, value in kept[group].items() if name != rest}
    return kept


def _of_points(item: Problem, points: list[Point]) -> Problem:
    """Return a problem that names the first point it belongs to, and how many more."""
    more = len(points) - 1
    tail, tail_ja = (f" (and {more} more)", f"（ほか {more} 点）") if more else ("", "")
    first = plain(points[0].label()) if len(points) == 1 else points[0].name
    message_ja = f"点 {first}{tail_ja}: {item.message_ja}" if item.message_ja else ""
    return replace(item, message=f"point {first}{tail}: {item.message}", message_ja=message_ja)
