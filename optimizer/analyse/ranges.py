"""Near-optimal ranges as tables: least and most of every site and area, plans that differ most.

Class of a place: `always` some capacity within the budget (the proven least is at least `some_mw`), `never`
(the proven most is less), `sometimes` (plans within the budget with and without are known), `open` where what
is proven and what is reached lie on either side of `some_mw`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

CLASSES = ("always", "sometimes", "never", "open")


@dataclass(frozen=True)
class Place:
    """A site or an area."""

    kind: str
    """`site` or `area`."""

    id: str
    area: str
    name_en: str
    name_ja: str
    sites: tuple[str, ...]


@dataclass(frozen=True)
class Range:
    """What is proven and what is reached for the new IT capacity of a place. [MW]"""

    plan: float
    least_outer: float
    """No plan within the budget has less."""

    least_inner: float
    """A plan within the budget has this little."""

    most_inner: float
    """A plan within the budget has this much."""

    most_outer: float
    """No plan within the budget has more."""

    evaluations: int
    """Looks at the dispatch this range took beyond those before it."""


def places_of(sites: pd.DataFrame, areas: pd.DataFrame) -> list[Place]:
    """Return all areas in which there is a site, then all sites, in the order of the tables.

    Args:
        sites: index site; area, name_en, name_ja.
        areas: index area; name_en, name_ja.
    """
    found = []
    for area, row in areas.iterrows():
        inside = tuple(str(site) for site in sites.index[sites["area"] == area])
        if inside:
            found.append(
                Place("area", str(area), str(area), str(row["name_en"]), str(row["name_ja"]), inside)
            )
    for site, row in sites.iterrows():
        names = str(row["name_en"]), str(row["name_ja"])
        found.append(Place("site", str(site), str(row["area"]), *names, (str(site),)))
    return found


def class_of(found: Range, some_mw: float) -> str:
    """Return the class of a place, see above."""
    if found.least_outer >= some_mw:
        return "always"
    if found.most_outer < some_mw:
        return "never"
    if found.least_inner < some_mw <= found.most_inner:
        return "sometimes"
    return "open"


def range_table(places: Sequence[Place], ranges: Sequence[Range], tolerance_mw: float) -> pd.DataFrame:
    """Return one row per place: names, least, plan, most, what is proven and what is reached, class.

    Args:
        places: areas and sites.
        ranges: of each.
        tolerance_mw: accepted distance of what is proven and what is reached; less capacity is none.
    """
    rows = [
        {
            "kind": place.kind,
            "place": place.id,
            "area": place.area,
            "name_en": place.name_en,
            "name_ja": place.name_ja,
            "least_proven_mw": _no_dust(found.least_outer),
            "least_reached_mw": _no_dust(found.least_inner),
            "plan_mw": _no_dust(found.plan),
            "most_reached_mw": _no_dust(found.most_inner),
            "most_proven_mw": _no_dust(found.most_outer),
            "class": class_of(found, tolerance_mw),
            "settled": "yes" if _settled(found, tolerance_mw) else "no",
            "evaluations": float(found.evaluations),
        }
        for place, found in zip(places, ranges, strict=True)
    ]
    return pd.DataFrame(rows)


def _no_dust(megawatt: float) -> float:
    """Return a capacity without the solver's rounding below nothing. [MW]"""
    return megawatt if megawatt > 0.0 else 0.0


def _settled(found: Range, tolerance_mw: float) -> bool:
    apart = max(found.most_outer - found.most_inner, found.least_inner - found.least_outer)
    return apart <= tolerance_mw * (1.0 + 1e-9)


def plan_table(
    costs: Sequence[float], distances: Sequence[float], capacity: pd.DataFrame, best: Mapping[str, float]
) -> pd.DataFrame:
    """Return one row per plan: its cost, how far from the least, how much stands elsewhere.

    Args:
        costs: true cost of each plan, the first is the least-cost plan. [JPY bn/a]
        distances: from the nearest of the plans before it. [MW]
        capacity: one row per plan, one column per site. [MW]
        best: `cost` and `lower` bound of the least cost, `baseline` without the plan. [JPY bn/a]
    """
    plan = np.array(costs) - best["baseline"]
    least = best["cost"] - best["baseline"]
    first = capacity.to_numpy()[0]
    return pd.DataFrame(
        {
            "plan": np.arange(len(plan), dtype=float),
            "cost_jpy_bn_per_a": plan,
            "over_plan": (plan - least) / max(1.0, abs(least)),
            "over_least_proven": (np.array(costs) - best["lower"]) / max(1.0, abs(least)),
            "elsewhere_than_nearest_mw": np.array(distances),
            "elsewhere_than_plan_mw": 0.5 * np.abs(capacity.to_numpy() - first).sum(axis=1),
            "sites_used": (capacity.to_numpy() > 0.5).sum(axis=1).astype(float),
        }
    )


def capacity_table(capacity: pd.DataFrame, places: Sequence[Place]) -> pd.DataFrame:
    """Return new IT capacity by plan and place, areas and sites, long. [MW]"""
    rows = [
        {
            "plan": float(number),
            "kind": place.kind,
            "place": place.id,
            "name_en": place.name_en,
            "name_ja": place.name_ja,
            "it_mw": float(max(row[list(place.sites)].sum(), 0.0)),
        }
        for number, (_, row) in enumerate(capacity.iterrows())
        for place in places
    ]
    return pd.DataFrame(rows)
