"""The shipped fibre graph, and what is wrong with a graph of one's own: each fault with its code and line."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.errors import InputError
from optimizer.inputs.assemble import scenario_parameters
from optimizer.inputs.between import between_areas
from optimizer.inputs.fibre_tables import with_fibre
from optimizer.inputs.network import (
    FibreNetwork,
    great_circle_km,
    links_in_service,
    network_parameters,
    ways_over_graph,
)
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.scenario.load import load_scenario

PACK = read_pack(find_pack("japan"))
GRAPH = with_fibre(PACK, "graph")


def round_trips(year: int = 2030, *, photonic: bool = False) -> pd.DataFrame:
    """Round trips between prefectures over the shipped links. [ms]"""
    value = scenario_parameters(load_scenario("japan-2030").scenario, GRAPH)["value"].to_dict()
    own = network_parameters(value, photonic=photonic)
    nodes, places = GRAPH.tables["fibre_nodes"], PACK.tables["nodes"]
    links = links_in_service(nodes, GRAPH.tables["fibre_links"], year, own, 0.13)
    ways, _ = ways_over_graph((places, places), FibreNetwork(nodes, links), own)
    return pd.DataFrame(ways.rtt_ms, index=places.index, columns=places.index)


def copy_of_pack(folder: Path) -> Path:
    shutil.copytree(PACK.folder, folder / "japan")
    shutil.copy(PACK.folder.parent / "parameters.csv", folder)
    return folder / "japan"


def faults(folder: Path) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        with_fibre(replace(PACK, folder=folder), "graph")
    return [(problem.code, problem.place.rpartition("/")[2]) for problem in caught.value.problems]


def test_leased_is_the_pack_itself_and_graph_adds_two_hashed_tables():
    assert with_fibre(PACK, "leased") is PACK
    added = set(GRAPH.tables) - set(PACK.tables)
    assert added == {"fibre_nodes", "fibre_links"}
    assert set(GRAPH.hashes) - set(PACK.hashes) == {"japan/fibre_nodes.csv", "japan/fibre_links.csv"}


def test_every_prefecture_reaches_every_other():
    """47 × 47 finite round trips, symmetric, 0.5 ms at home; Tokyo–Osaka 9.1, quoted 8.5 between the exchanges."""
    ms = round_trips()
    assert np.isfinite(ms.to_numpy()).all()
    np.testing.assert_allclose(ms, ms.T)
    assert np.diag(ms) == pytest.approx([0.5] * 47)
    assert ms.loc["JP-13", "JP-27"] == pytest.approx(9.1, abs=0.1)
    assert ms.loc["JP-13", "JP-04"] == pytest.approx(6.4, abs=0.1)


def test_the_japan_sea_cable_counts_from_its_year():
    """Akita–Fukuoka: shorter from FY2028 on, unchanged elsewhere."""
    before, after = round_trips(2027), round_trips(2028)
    assert after.loc["JP-05", "JP-40"] < before.loc["JP-05", "JP-40"] - 1.0
    assert after.loc["JP-13", "JP-27"] == before.loc["JP-13", "JP-27"]


def test_moved_work_needs_no_law_of_its_own_on_the_graph():
    """Decision 0008: 2 Tb/s of moved work per area is less than the links over any border spare (least: Okinawa, 4).

    New links for all of it, every area to its farthest, half sending: JPY 1.1 bn a year, of a plan of 2,251. Were the
    gateway 10 Tb/s, four areas' borders would be too narrow: then the work would have to load the graph.
    """
    value = scenario_parameters(load_scenario("japan-2030").scenario, GRAPH)["value"].to_dict()
    own, areas = network_parameters(value, photonic=False), PACK.tables["areas"]
    nodes, yearly = GRAPH.tables["fibre_nodes"], 0.13
    links = links_in_service(nodes, GRAPH.tables["fibre_links"], 2030, own, yearly)
    nearest = great_circle_km(nodes, PACK.tables["sites"]).argmin(axis=1)
    area = pd.Series(PACK.tables["sites"]["area"].to_numpy()[nearest], index=nodes.index)
    ends = [area[links[end]].to_numpy() for end in ("from_node", "to_node")]
    spare = {
        name: float(links.loc[(ends[0] == name) != (ends[1] == name), "capacity_tbps"].sum())
        for name in areas.index
    }
    gateway_tbps = value["gateway_gbps"] / 1000.0
    assert gateway_tbps == 2.0
    assert min(spare.values()) == pytest.approx(4.0)
    assert spare["okinawa"] == min(spare.values())
    assert sum(tbps < 10.0 for tbps in spare.values()) == 4
    graph = FibreNetwork(nodes, links)
    free = replace(graph, links=links.assign(expansion_jpy_bn_per_tbps_a=0.0))
    widening = between_areas(areas, graph, own) - between_areas(areas, free, own)
    farthest = widening["fibre_jpy_per_gbps_a"].groupby(level="from_area").max()
    cost_jpy_bn = float(farthest.sum()) * value["gateway_gbps"] / 2.0 / 1e9
    assert 0.9 < cost_jpy_bn < 1.3


def test_all_photonic_links_save_equipment_and_no_light():
    """Never slower; at home 0.03 ms; no pair keeps less than 70 % of a way longer than 5 ms: light stays."""
    today, then = round_trips(), round_trips(photonic=True)
    assert (then <= today).all().all()
    assert np.diag(then) == pytest.approx([0.03] * 47)
    assert (then / today).to_numpy()[today.to_numpy() > 5.0].min() > 0.7


def test_a_pack_without_links_can_only_lease():
    loaded = load_scenario("germany-2030", ["network.fibre=graph"])
    with pytest.raises(InputError) as caught:
        with_fibre(read_pack(find_pack("germany")), loaded.scenario.network.fibre)
    assert {problem.code for problem in caught.value.problems} == {"E321"}
    assert "network.fibre: leased" in str(caught.value)
    assert caught.value.problems[0].message_ja


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("JP-02_JP-03,JP-02,JP-03", "JP-02_JP-03,JP-02,JP-99", ("E334", "fibre_links.csv:3")),
        ("JP-02_JP-03,JP-02,JP-03", "JP-02_JP-03,JP-02,JP-02", ("E346", "fibre_links.csv:3")),
        (
            "JP-02_JP-03,JP-02,JP-03,land,1.73",
            "JP-02_JP-03,JP-02,JP-03,land,0.9",
            ("E332", "fibre_links.csv:3"),
        ),
        ("JP-02_JP-03,JP-02,JP-03,land", "JP-02_JP-03,JP-02,JP-03,air", ("E335", "fibre_links.csv:3")),
        (
            "JP-02_JP-03,JP-02,JP-03,land,1.73,4000",
            "JP-02_JP-03,JP-02,JP-03,land,1.73,",
            ("E328", "fibre_links.csv:3"),
        ),
        ("JP-02_JP-03,JP-02", "JP-01_ls-tomakomai,JP-02", ("E333", "fibre_links.csv:3")),
        ("route_factor", "routefactor", ("E325", "fibre_links.csv:1")),
    ],
)
def test_faults_of_links_have_code_and_line(tmp_path, old, new, fault):
    folder = copy_of_pack(tmp_path)
    file = folder / "fibre_links.csv"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    assert fault in faults(folder)


def test_a_route_factor_for_leased_fibre_contradicts_a_graph():
    """Links have their own; a key that would be ignored is refused by name."""
    assert load_scenario("japan-2030", ["network.route_factor=1.7"])
    with pytest.raises(InputError, match="route_factor"):
        load_scenario("japan-2030", ["network.fibre=graph", "network.route_factor=1.7"])
