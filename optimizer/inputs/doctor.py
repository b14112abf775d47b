"""`wattbit doctor`: is a data pack complete, and would a planner believe it?

    read → weather → outlines → power (`doctor_power`) → demand, money, grades (`doctor_rest`)

Each check returns findings in a planner's words: `ok`, `look` (possible, but unusual: see that it is meant)
or `wrong` (a run fails, or its answer is not worth reading). The bands are wide: outside them is no
country we know of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np

from optimizer.errors import InputError, Problem
from optimizer.inputs.boundaries import Boundaries
from optimizer.inputs.doctor_finding import LEVELS, Finding, Subject, listed
from optimizer.inputs.doctor_power import POWER_CHECKS
from optimizer.inputs.doctor_rest import REST_CHECKS
from optimizer.inputs.pack import Pack
from optimizer.inputs.pack_whole import look_at_whole

__all__ = ["LEVELS", "Finding", "examine"]

_POINT_TOLERANCE_DEG = 0.05
"""How far a site's point may lie outside its simplified outline (a port, an island)."""


def examine(folder: Path) -> list[Finding]:
    """Check a pack and say what is right, unusual and wrong with it.

    Args:
        folder: the pack.

    Returns:
        Findings in the order of the checks; what cannot be read ends the examination, with every fault named.
    """
    try:
        whole = look_at_whole(folder)
    except InputError as error:
        return _faults("tables", error.problems)
    faults = [one for topic, problems in whole.faults.items() for one in _faults(topic, problems)]
    pack, year = whole.pack, whole.year
    if pack is None:
        return faults
    findings = [
        Finding(
            "ok",
            "tables",
            folder.name,
            f"{len(pack.tables)} tables and {len(pack.parameters)} single numbers: complete, within their "
            "bounds, references met",
            f"{len(pack.tables)} 表と {len(pack.parameters)} 個の数値: 欠落なし、範囲内、参照も一致",
        ),
        *faults,
    ]
    if whole.outlines is not None and not whole.faults["outlines"]:
        findings.append(_points(pack, whole.outlines))
    if year is None:
        return findings
    subject = Subject(pack, year, {str(n): float(x) for n, x in pack.parameters["value"].items()})
    checks: tuple[Callable[[Subject], list[Finding]], ...] = (*POWER_CHECKS, *REST_CHECKS)
    return [*findings, *(finding for check in checks for finding in check(subject))]


def _faults(topic: str, problems: Iterable[Problem]) -> list[Finding]:
    return [
        Finding(
            "wrong",
            topic,
            one.place,
            f"{one.code}  {one.message}",
            f"{one.code}  {one.message_ja or one.message}",
        )
        for one in problems
    ]


def _points(pack: Pack, outlines: Boundaries) -> Finding:
    sites = pack.tables["sites"]
    points = gpd.GeoSeries(gpd.points_from_xy(sites["lon"], sites["lat"], crs=4326), index=sites.index)
    own = outlines.sites.geometry.reindex(sites.index)
    gap = np.array([point.distance(shape) for point, shape in zip(points, own, strict=True)])
    away = [str(site) for site in sites.index[gap > _POINT_TOLERANCE_DEG]]
    if away:
        return Finding(
            "look",
            "outlines",
            "sites.csv",
            f"the point of {listed(away)} lies outside its own outline",
            f"{listed(away)} の座標が自分の境界の外にあります",
            "correct lon and lat in sites.csv, or the key of the polygon",
            "sites.csv の経度・緯度か図形のキーを直します",
        )
    return Finding(
        "ok",
        "outlines",
        "boundaries.gpkg",
        f"{len(sites)} sites and {len(outlines.areas)} areas have outlines, points lie inside",
        f"候補地 {len(sites)}、エリア {len(outlines.areas)} の境界があり、座標はその中にあります",
    )
