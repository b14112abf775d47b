"""A country of one grid area, cut out of a shipped pack: nothing to join, nothing stored, nothing planned."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd

from optimizer.scenario.sources import shipped_folder

AREA = "east"
SOURCE = "germany"
NOTHING = (
    "interties",
    "intertie_projects",
    "storage",
    "renewables_existing",
    "renewable_potential",
    "reinforcements",
)
"""Tables whose honest content is a header and no row."""

SCENARIO = """\
base: germany-2030
name: one-area
title: {ja: 一つのエリア, en: One area}
pack: ./island
demand: {growth_it_mw: 300}
policy: {metropolitan_areas: [], additionality: 0}
solve: {workers: 1}
"""


def one_area_pack(folder: Path, *empty: str) -> Path:
    """Write `island`, a scenario for it and the shared parameters into `folder`; return the scenario.

    Args:
        folder: an empty folder.
        empty: tables left with their header only.
    """
    data = shipped_folder("data")
    pack = folder / "island"
    shutil.copytree(data / SOURCE, pack, ignore=shutil.ignore_patterns("datapackage.json"))
    shutil.copy(data / "parameters.csv", folder / "parameters.csv")
    sites = edited(pack / "sites.csv", lambda t: t[t["area"] == AREA])
    for path in sorted(pack.glob("*.csv")):
        edited(path, lambda table: _cut(table, set(sites["site"])))
    edited(pack / "nodes.csv", _shared_out)
    for name in empty:
        header_only(pack / f"{name}.csv")
    _cut_outlines(pack / "boundaries.gpkg", set(sites["site"]))
    scenario = folder / "scenario.yaml"
    scenario.write_text(SCENARIO, "utf-8")
    return scenario


def edited(path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Change a table of text cells in place and return it."""
    table = change(pd.read_csv(path, dtype=str, keep_default_na=False))
    table.to_csv(path, index=False)
    return table


def header_only(path: Path) -> None:
    """Keep the first line of a CSV file."""
    path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")


def _cut(table: pd.DataFrame, sites: set[str]) -> pd.DataFrame:
    """Keep the rows that speak of the one area and its sites."""
    for column in ("area", "other_area", "from_area", "to_area"):
        if column in table:
            table = table[table[column] == AREA]
    if "intertie" in table and "project" in table:
        table = table[table["intertie"] == ""]
    for column in ("site", "node"):
        if column in table:
            table = table[table[column].isin(sites)]
    return table


def _shared_out(nodes: pd.DataFrame) -> pd.DataFrame:
    share = nodes["demand_share"].astype(float)
    return nodes.assign(demand_share=share / share.sum())


def _cut_outlines(path: Path, sites: set[str]) -> None:
    layers = {name: gpd.read_file(path, layer=name) for name in ("prefectures", "grid_areas", "land")}
    layers["prefectures"] = layers["prefectures"][layers["prefectures"]["site"].isin(sites)]
    layers["grid_areas"] = layers["grid_areas"][layers["grid_areas"]["area"] == AREA]
    path.unlink()
    for name, layer in layers.items():
        layer.to_file(path, layer=name, driver="GPKG")
