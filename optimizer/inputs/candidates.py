"""Announced projects as sites of their own, beside what they leave of the pack's sites.

A scenario asks for them with `sites: candidates`. Every town of `candidate_sites` is joined by geometry to
the one site of the pack it lies in, its parent, and takes from it:

- IT capacity: what is announced, together no more than the parent allows by the target year; the rest stays.
- Headroom: the announced connection; what is left stays with the parent, as do its reinforcements.
- Prices, climate and weather are the parent's own; stock and renewables stay with the parent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256

import geopandas as gpd
import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.boundaries import Boundaries, read_boundaries
from optimizer.inputs.importers.boundaries import WGS_84
from optimizer.inputs.pack import Pack
from optimizer.inputs.pack_checks import check_rows
from optimizer.inputs.pack_table import check_header, read_text_table, typed_table
from optimizer.inputs.site_join import TOLERANCE_KM, join
from optimizer.milestones import HourlyYear
from optimizer.scenario.tables import OPTIONAL_TABLES, PACK_TABLES

CANDIDATES = "candidate_sites"
MODE_SHARES = ("domestic_share", "leased_share", "foreign_share")
_DISC_DEG = 0.05
"""Radius of a town on maps, about 5 km; no figure comes from it."""


@dataclass(frozen=True)
class FinerPack(Pack):
    """A pack whose tables hold finer sites than its files."""

    coarse: Pack
    """The pack as its files say: the weather is drawn for this one."""

    parents: dict[str, str]
    """The coarse site each site lies in; a coarse site lies in itself."""


def drawn_for(pack: Pack) -> Pack:
    """Return the pack the weather is drawn for: the same hours with announced projects or without."""
    return pack.coarse if isinstance(pack, FinerPack) else pack


def with_sites(pack: Pack, sites: str) -> Pack:
    """Return the pack with the set of sites a scenario asks for.

    Args:
        pack: as read.
        sites: `pack` returns it as it is; `candidates` puts the towns of `candidate_sites` beside the rest.

    Raises:
        InputError: E321, the pack has no candidates; E325 to E337, E393, their table is wrong.
    """
    if sites == "pack":
        return pack
    towns = read_candidates(pack)
    tables = pack.tables | {
        "sites": _sites(towns, pack),
        "renewable_potential": _without_potential(towns, pack.tables["renewable_potential"]),
    }
    file = pack.folder / f"{CANDIDATES}.csv"
    hashes = pack.hashes | {f"{pack.folder.name}/{file.name}": sha256(file.read_bytes()).hexdigest()}
    parents = {str(site): str(parent) for site, parent in towns["parent"].items()}
    every = {str(site): parents.get(str(site), str(site)) for site in tables["sites"].index}
    return FinerPack(pack.name, tables, pack.parameters, pack.folder, hashes, pack, every)


def read_candidates(pack: Pack) -> pd.DataFrame:
    """Read `candidate_sites` of a pack and find each town's parent.

    Returns:
        Index site, sorted; columns of the table and `parent`.

    Raises:
        InputError: as :func:`with_sites`.
    """
    path, problems = pack.folder / f"{CANDIDATES}.csv", list[Problem]()
    if not path.is_file():
        message = f'pack "{pack.name}" has no {path.name}: write `sites: pack`, or add the table'
        message_ja = (
            f"パック「{pack.name}」に {path.name} がありません。`sites: pack` にするか表を加えてください"
        )
        raise InputError([Problem("scenario:sites", "E321", message, message_ja)])
    text = read_text_table(path, problems)
    if text is None:
        raise InputError(problems)
    schema = OPTIONAL_TABLES[CANDIDATES]
    check_header(text, schema.columns, problems)
    table = typed_table(text, schema.columns, problems)
    if not problems:
        problems += check_rows(schema, table) + _share_faults(table) + _taken_names(table, pack)
    if problems:
        raise InputError(problems)
    place = pd.Series(table.index, index=table.index)
    points = gpd.GeoDataFrame(
        table[["site"]].assign(place=place),
        geometry=gpd.points_from_xy(table["lon"], table["lat"], crs=WGS_84),
    )
    joined = join(points.reset_index(drop=True), read_boundaries(pack.folder), TOLERANCE_KM, text.label)
    return table.set_index("site").sort_index().assign(parent=joined.table["coarse"])


def year_of_sites(year: HourlyYear, pack: Pack) -> HourlyYear:
    """Return the hours of a pack's own sites as those of its finer sites: each has its parent's."""
    if not isinstance(pack, FinerPack):
        return year
    own = pack.coarse.tables["sites"].index
    at = own.get_indexer(pd.Index([pack.parents[str(site)] for site in pack.tables["sites"].index]))
    return replace(year, site_cf=year.site_cf[at], temperature_c=year.temperature_c[at])


def outlines_of(pack: Pack) -> Boundaries:
    """Return the outlines of a pack's sites: a disc for each announced town, cut out of its parent."""
    outlines = read_boundaries(pack.folder)
    if not isinstance(pack, FinerPack):
        return outlines
    sites = pack.tables["sites"]
    shapes = outlines.sites.geometry.copy()
    for site, parent in pack.parents.items():
        if site == parent:
            continue
        land = outlines.sites.geometry.loc[parent]
        point = gpd.points_from_xy([sites.at[site, "lon"]], [sites.at[site, "lat"]])[0]
        disc = point.buffer(_DISC_DEG)
        shapes.loc[site] = disc.intersection(land) if disc.intersects(land) else disc
        shapes.loc[parent] = shapes.loc[parent].difference(disc)
    frame = gpd.GeoDataFrame(geometry=shapes.rename_axis("site").sort_index(), crs=WGS_84)
    return replace(outlines, sites=frame)


def _sites(towns: pd.DataFrame, pack: Pack) -> pd.DataFrame:
    """Return the towns and what they leave of the pack's sites."""
    whole, value = pack.tables["sites"], pack.parameters["value"]
    own = whole.loc[towns["parent"]].set_axis(towns.index, axis=0)
    announced = towns["it_mw"] + towns["receiving_mw"] / float(value["pue_floor"])
    together = announced.groupby(towns["parent"]).transform("sum")
    kept = np.minimum(1.0, own["site_limit_mw"] / together)
    connection = towns["it_mw"] * float(value["pue_cap"]) + towns["receiving_mw"]
    fine = own.assign(
        name_ja=towns["name_ja"],
        name_en=towns["name_en"],
        lon=towns["lon"],
        lat=towns["lat"],
        existing_it_mw=0.0,
        headroom_mw=(connection * kept).round(6),
        site_limit_mw=(announced * kept).round(6),
    )
    rest = whole.copy()
    for column in ("headroom_mw", "site_limit_mw"):
        taken = fine[column].groupby(towns["parent"]).sum().reindex(rest.index, fill_value=0.0)
        rest[column] = (rest[column] - taken).clip(lower=0.0).round(6)
    return pd.concat([fine, rest]).rename_axis("site").sort_index()[list(whole.columns)]


def _without_potential(towns: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with rows for each town where nothing is to be built: that stays the parent's."""
    plain = table.reset_index()
    pairs = towns[["parent"]].rename_axis("town").reset_index()
    rows = pairs.merge(plain, left_on="parent", right_on="site").assign(potential_mw=0.0)
    rows = rows.drop(columns=["parent", "site"]).rename(columns={"town": "site"})
    both = pd.concat([rows, plain], ignore_index=True)
    return both.set_index(list(PACK_TABLES["renewable_potential"].key)).sort_index()[list(table.columns)]


def _share_faults(table: pd.DataFrame) -> list[Problem]:
    total = table[list(MODE_SHARES)].sum(axis=1)
    return [
        Problem(
            str(row),
            "E337",
            f"{', '.join(MODE_SHARES)} sum to {total[row]:.6g} and must sum to 1",
            f"{'・'.join(MODE_SHARES)} の合計が {total[row]:.6g} です。1 にしてください",
        )
        for row in table.index[(total - 1.0).abs() > 1e-5]
    ]


def _taken_names(table: pd.DataFrame, pack: Pack) -> list[Problem]:
    return [
        Problem(
            str(row),
            "E333",
            f'site "{table.at[row, "site"]!s}" is in the table sites already; give the town another name',
            f"「{table.at[row, 'site']!s}」は表 sites にあります。別の識別子にしてください",
        )
        for row in table.index[table["site"].isin(pack.tables["sites"].index)]
    ]
