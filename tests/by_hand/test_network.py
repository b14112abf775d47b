"""The quickest way over a graph on the equator, where one degree is 111.195 km; 0.01 ms/km, 0.5 ms at the ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.inputs.between import between_areas
from optimizer.inputs.network import (
    FibreNetwork,
    links_in_service,
    network_over,
    network_parameters,
    routes_within_latency,
)

DEGREE = 111.1949
VALUE = {
    "fibre_rtt_ms_per_km": 0.01, "route_factor": 2.0, "rtt_equipment_ms": 0.5, "fibre_hop_rtt_ms": 0.1,
    "fibre_jpy_per_gbps_km_month": 12.0, "fibre_end_jpy_per_gbps_month": 3000.0,
    "fibre_use_jpy_per_gbps_km_month": 3.0, "photonic_equipment_rtt_ms": 0.03, "photonic_hop_rtt_ms": 0.0,
    "photonic_use_cost_ratio": 0.5,
}  # fmt: skip
LINK = {
    "kind": "land", "route_factor": 1.5, "capacity_gbps": 1000.0, "expansion_limit_gbps": 5000.0,
    "expansion_jpy_k_per_gbps": 40.0, "in_service_year": np.nan,
}  # fmt: skip


def points(**lon: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"lon": lon, "lat": 0.0, "name_ja": dict.fromkeys(lon, "名"), "name_en": dict.fromkeys(lon, "n")}
    )


FIBRE = points(a=0.0, b=1.0, c=2.0, d=9.0).assign(kind=["town", "exchange", "landing", "town"])
WORK = pd.DataFrame(
    {"rtt_limit_ms": [100.0], "gbps_per_mw": [2.0]}, index=pd.Index(["general"], name="workload")
)


def links(*rows: dict[str, Any], year: int = 2030, value: dict[str, float] = VALUE) -> FibreNetwork:
    table = pd.DataFrame([LINK | row for row in rows])
    table.index = pd.Index(
        [f"{row['from_node']}{row['to_node']}{i}" for i, row in enumerate(rows)], name="fibre_link"
    )
    return FibreNetwork(FIBRE, links_in_service(FIBRE, table, year, value, 0.125))


def link(first: str, second: str, **other: float) -> dict[str, Any]:
    return {"from_node": first, "to_node": second, **other}


CHAIN = (link("a", "b"), link("b", "c"))


def routed(
    network: FibreNetwork | None, value: dict[str, float] = VALUE, work: pd.DataFrame = WORK, **sites: float
):
    nodes, places = points(N=0.0), points(**(sites or {"S": 2.0}))
    for table, name in ((nodes, "node"), (places, "site")):
        table.index.name = name
    return network_over((nodes, places), work, network, value)


def test_links_have_length_time_and_yearly_cost():
    """1.5 · 111.195 = 166.79 km, 1.668 + 0.1 ms; JPY 40 k/(Gb/s) · 0.125 is 5 k a year: 0.005 JPY bn/(Tb/s)/a."""
    table = links(*CHAIN).links
    assert table["km"].tolist() == pytest.approx([1.5 * DEGREE] * 2, rel=1e-6)
    assert table["rtt_ms"].tolist() == pytest.approx([0.015 * DEGREE + 0.1] * 2, rel=1e-6)
    assert table["expansion_jpy_bn_per_tbps_a"].tolist() == pytest.approx([0.005] * 2)
    assert table[["capacity_tbps", "limit_tbps"]].iloc[0].tolist() == [1.0, 5.0]


def test_round_trip_and_price_add_up_along_the_way():
    """Two links: 0.5 + 2 · (1.668 + 0.1) = 4.036 ms, 333.6 km · 3 + 6,000 a month. Leased: 0.5 + 4.448, 12 · 222.4."""
    routes, network = routed(links(*CHAIN))
    one = routes.loc[("N", "general", "S")]
    assert one["rtt_ms"] == pytest.approx(0.5 + 2 * (0.015 * DEGREE + 0.1), rel=1e-6)
    per_gbps_month = 3.0 * 3.0 * DEGREE + 6000.0
    assert one["fibre_jpy_bn_per_gw_a"] == pytest.approx(per_gbps_month * 12 * 2000 / 1e9, rel=1e-6)
    assert set(network.paths["fibre_link"]) == {"ab0", "bc1"}
    leased, nothing = routed(None)
    assert leased.loc[("N", "general", "S"), "rtt_ms"] == pytest.approx(0.5 + 0.04 * DEGREE, rel=1e-6)
    assert len(nothing.paths) == len(nothing.links) == 0


def test_equipment_decides_which_way_is_quickest():
    """Direct a–c at factor 1.52 takes 3.380 + 0.1 ms, the chain 3.336 + 0.2: direct. All-photonic: the chain, 3.366."""
    rows = (*CHAIN, link("a", "c", route_factor=1.52))
    assert set(routed(links(*rows))[1].paths["fibre_link"]) == {"ac2"}
    photonic = network_parameters(VALUE, photonic=True)
    routes, network = routed(links(*rows, value=photonic), photonic)
    assert set(network.paths["fibre_link"]) == {"ab0", "bc1"}
    assert routes["rtt_ms"].iloc[0] == pytest.approx(0.03 + 0.03 * DEGREE, rel=1e-6)
    per_gbps_month = 1.5 * 3.0 * DEGREE + 6000.0
    assert routes["fibre_jpy_bn_per_gw_a"].iloc[0] == pytest.approx(per_gbps_month * 24e-6, rel=1e-6)


def test_light_stays_as_fast_as_it_is():
    """All-photonic leaves 2 · 166.79 km · 0.01 = 3.336 of 4.036 ms: 83 % remain, not 1/200."""
    today = routed(links(*CHAIN))[0]["rtt_ms"].iloc[0]
    photonic = network_parameters(VALUE, photonic=True)
    then = routed(links(*CHAIN, value=photonic), photonic)[0]["rtt_ms"].iloc[0]
    assert then / today == pytest.approx(3.3658 / 4.0358, rel=1e-3)


def test_limit_counts_equipment_and_absent_is_not_zero():
    """4.036 ms: a limit of 4.0 leaves no route, 4.1 leaves one; without the 0.7 ms of equipment 4.0 would do."""
    for limit, count in ((4.0, 0), (4.1, 1)):
        assert len(routed(links(*CHAIN), work=WORK.assign(rtt_limit_ms=limit))[0]) == count


def test_a_place_off_the_graph_hangs_on_the_nearest_node():
    """Site half a degree beyond c: leased tail of 55.6 km straight, 111.2 km of fibre: 4.036 + 1.112 ms, + 12 · 55.6."""
    one = routed(links(*CHAIN), S=2.5)[0].iloc[0]
    assert one["rtt_ms"] == pytest.approx(0.7 + 0.04 * DEGREE, rel=1e-6)
    per_gbps_month = 9.0 * DEGREE + 6.0 * DEGREE + 6000.0
    assert one["fibre_jpy_bn_per_gw_a"] == pytest.approx(per_gbps_month * 24e-6, rel=1e-6)


def test_no_way_is_no_route():
    """d has no link: a site there is not served, and at home no link is passed."""
    routes, network = routed(links(*CHAIN), S=9.0, home=0.0)
    assert [site for _, _, site in routes.index] == ["home"]
    assert len(network.paths) == 0
    assert routes["rtt_ms"].iloc[0] == pytest.approx(0.5)


def test_of_two_links_between_the_same_towns_the_quicker_carries():
    """Land at 1.5 and sea at 1.2, written the other way round: sea, 1.334 ms less light each."""
    rows = (link("a", "b"), link("b", "a", route_factor=1.2), link("b", "c"))
    assert set(routed(links(*rows))[1].paths["fibre_link"]) == {"ba1", "bc2"}


def test_a_link_counts_from_its_first_year():
    """Due in 2031: not there for a plan of 2030, there for 2031."""
    rows = (link("a", "b"), link("b", "c", in_service_year=2031.0))
    assert len(routed(links(*rows))[0]) == 0
    assert len(routed(links(*rows, year=2031))[0]) == 1


def test_sites_know_their_exchange_and_landing_station():
    """From S at c: landing at once (0.5), the exchange at b after one link (0.5 + 1.768)."""
    reach = routed(links(*CHAIN))[1].reach.set_index("kind")
    assert reach["fibre_node"].to_dict() == {"exchange": "b", "landing": "c"}
    assert reach["rtt_ms"].to_dict() == pytest.approx(
        {"exchange": 0.6 + 0.015 * DEGREE, "landing": 0.5}, rel=1e-6
    )
    assert len(routed(links(*CHAIN), S=9.0)[1].reach) == 0


def test_paths_are_those_of_a_walk_one_pair_at_a_time():
    """Forty drawn graphs: lengths along the paths equal the least time of Floyd and Warshall's algorithm."""
    for seed in range(40):
        draw = np.random.default_rng(seed)
        names = list("abcdefg")
        fibre = pd.DataFrame(
            {
                "lon": draw.uniform(0, 5, 7),
                "lat": draw.uniform(0, 5, 7),
                "name_ja": "名",
                "name_en": "n",
                "kind": "town",
            },
            index=pd.Index(names, name="fibre_node"),
        )
        pairs = [(p, q) for i, p in enumerate(names) for q in names[i + 1 :] if draw.random() < 0.4]
        if not pairs:
            continue
        table = pd.DataFrame([LINK | link(p, q, route_factor=float(draw.uniform(1, 2))) for p, q in pairs])
        table.index = pd.Index([f"{p}{q}" for p, q in pairs], name="fibre_link")
        network = FibreNetwork(fibre, links_in_service(fibre, table, 2030, VALUE, 0.1))
        nodes, sites = fibre.rename_axis("node"), fibre.rename_axis("site")
        routes, found = network_over((nodes, sites), WORK.assign(rtt_limit_ms=1e9), network, VALUE)
        least = pd.DataFrame(np.where(np.eye(7) > 0, 0.0, np.inf), index=names, columns=names)
        for (p, q), ms in zip(pairs, network.links["rtt_ms"], strict=True):
            least.loc[p, q] = least.loc[q, p] = ms
        for k in names:
            least = np.minimum(least, least[[k]].to_numpy() + least.loc[[k]].to_numpy())
        along = found.paths.assign(ms=found.paths["fibre_link"].map(network.links["rtt_ms"]))
        total = along.groupby(["node", "site"])["ms"].sum()
        for (node, _, site), rtt in routes["rtt_ms"].items():
            assert rtt == pytest.approx(0.5 + least.loc[node, site])
            assert total.get((node, site), 0.0) == pytest.approx(least.loc[node, site])
        assert len(routes) == int(np.isfinite(least.to_numpy()).sum())


def test_leased_routes_are_as_before():
    """Without a graph the routes are those of the great circle, to the last bit."""
    nodes, sites = points(N=0.0), points(S=2.0)
    plain = routes_within_latency(nodes, sites, WORK, VALUE)
    assert plain.equals(network_over((nodes, sites), WORK, None, VALUE)[0])


def test_fibre_between_areas_is_new_capacity_on_the_quickest_way():
    """Two links of 166.79 km, 5,000 a year each to widen: 12 · (3 · 333.58 + 6,000) + 10,000 = 94,009 JPY/(Gb/s)/a.

    Leased it would be 12 · (12 · 222.39 + 6,000) = 104,024; without widening 84,009. To d leads no fibre: no pair.
    """
    areas = points(A=0.0, C=2.0, D=9.0)
    areas.index.name = "area"
    table = between_areas(areas, links(*CHAIN), VALUE)
    assert table.loc[("A", "C"), "fibre_jpy_per_gbps_a"] == pytest.approx(94_009, abs=1)
    assert table.loc[("C", "A"), "fibre_jpy_per_gbps_a"] == pytest.approx(94_009, abs=1)
    assert table.loc[("A", "C"), "distance_km"] == pytest.approx(2 * DEGREE, rel=1e-6)
    assert set(table.index) == {("A", "C"), ("C", "A")}
    leased = between_areas(areas, None, VALUE)
    assert leased.loc[("A", "C"), "fibre_jpy_per_gbps_a"] == pytest.approx(104_024, abs=1)
    assert len(leased) == 6


def test_fibre_between_areas_follows_the_quick_way_not_the_cheap_one():
    """A third, longer link from a to c costs nothing to widen, but light takes longer on it: 94,009 as before."""
    detour = link("a", "c", route_factor=3.0, expansion_jpy_k_per_gbps=0.0)
    areas = points(A=0.0, C=2.0)
    table = between_areas(areas, links(*CHAIN, detour), VALUE)
    assert table["fibre_jpy_per_gbps_a"].tolist() == pytest.approx([94_009] * 2, abs=1)
