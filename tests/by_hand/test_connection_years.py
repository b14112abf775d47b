"""What of the local grid can be had by the target year: dated steps, waiting sites, capacity held back."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from optimizer.errors import InputError
from optimizer.inputs.assemble import scenario_parameters
from optimizer.inputs.pack import Pack, find_pack, read_pack
from optimizer.inputs.rules import area_caps, firm_now, rule_faults, site_resources, steps_in_time
from optimizer.scenario.load import load_scenario
from optimizer.scenario.schema import Scenario

LIMITS = "site,land_ha,water_m3_per_a,firm_from_year\nJP-12,30,2500000,2033\nJP-13,,,2029\nJP-01,12,,\n"


def scenario(*settings: str) -> Scenario:
    return load_scenario("japan-2030", list(settings)).scenario


@pytest.fixture(scope="module")
def pack() -> Pack:
    return read_pack(find_pack("japan"))


@pytest.fixture
def limited(tmp_path) -> Pack:
    """The Japanese pack with limits at three prefectures."""
    source = find_pack("japan")
    folder = tmp_path / "japan"
    folder.mkdir()
    for file in source.iterdir():
        if file.suffix in {".csv", ".gpkg"}:
            (folder / file.name).symlink_to(file)
    (folder / "site_resources.csv").write_text(LIMITS, "utf-8")
    return read_pack(folder)


def test_steps_count_from_their_year_on(pack):
    """2028, 2029, 2030: all three in 2030, one in 2028, none in 2027; two years late: one in 2030. Undated: always."""
    steps = {(year, late): steps_in_time(scenario(f"year={year}", f"grid.reinforcement_delay_a={late}"), pack)["JP-13"].tolist()
             for year, late in ((2030, 0), (2028, 0), (2027, 0), (2030, 2))}  # fmt: skip
    assert steps == {(2030, 0): [1, 1, 1], (2028, 0): [1, 0, 0], (2027, 0): [0, 0, 0], (2030, 2): [1, 0, 0]}
    table = pack.tables["reinforcements"].assign(earliest_year=float("nan"))
    undated = replace(pack, tables=pack.tables | {"reinforcements": table})
    assert steps_in_time(scenario("year=2027"), undated).eq(1).all()


def test_a_waiting_site_has_no_firm_connection_before_its_year(limited):
    """Chiba from FY2033, Tokyo from FY2029, in 2030: Chiba has none and no steps; Tokyo has. Without: all have."""
    asked = scenario()
    known = firm_now(asked, limited)
    assert (known["JP-12"], known["JP-13"], known["JP-27"]) == (0.0, 1.0, 1.0)
    steps = steps_in_time(asked, limited)
    assert steps["JP-12"].eq(0).all()
    assert steps["JP-13"].eq(1).all()
    assert firm_now(scenario("year=2033"), limited).eq(1).all()


def test_land_and_water_come_in_the_units_of_the_model(limited, pack):
    """30 ha = 0.3 km2; 2.5 million m3 = 2.5 hm3; an empty cell is no limit; a pack without the table has none."""
    table = site_resources(limited)
    assert table.loc["JP-12"].tolist() == pytest.approx([0.3, 2.5])
    assert table.loc["JP-01", "land_km2"] == pytest.approx(0.12)
    assert pd.isna(table.loc["JP-13", "land_km2"])
    assert pd.isna(table.loc["JP-01", "water_hm3_per_a"])
    assert site_resources(pack).empty
    assert "japan/site_resources.csv" in limited.hashes


def test_a_limit_of_an_unknown_site_is_refused(limited):
    (limited.folder / "site_resources.csv").write_text(LIMITS.replace("JP-12", "JP-99"), "utf-8")
    with pytest.raises(InputError) as caught:
        read_pack(limited.folder)
    assert [problem.code for problem in caught.value.problems] == ["E334"]


def test_caps_are_the_smaller_of_share_and_one_over_n(pack):
    """Tokyo 0.3 and at least four areas: Tokyo 0.25, all others 0.25; at least two: Tokyo 0.3, others 0.5."""
    four = area_caps(
        scenario("policy.max_area_share={tokyo: 0.3}", "policy.min_areas=4").policy,
        pack.tables["areas"].index,
    )
    two = area_caps(
        scenario("policy.max_area_share={tokyo: 0.3}", "policy.min_areas=2").policy,
        pack.tables["areas"].index,
    )
    assert (four["tokyo"], four["kansai"]) == (0.25, 0.25)
    assert (two["tokyo"], two["kansai"]) == (0.3, 0.5)
    assert set(area_caps(scenario().policy, pack.tables["areas"].index).values()) == {1.0}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["policy.min_areas=11"], ["11 areas are asked for; pack 'japan' has 10"]),
        (["policy.max_area_share={hokkaido: 0.1, tohoku: 0.1, tokyo: 0.1, chubu: 0.1, hokuriku: 0, kansai: 0.1, "
          "chugoku: 0.1, shikoku: 0.1, kyushu: 0.1, okinawa: 0}", "policy.max_hazard=0"],
         ["the largest shares of all areas sum to 0.8", "0 is below the hazard of the safest site"]),
        (["policy.min_regional_share=0.9", "policy.min_areas=10"], ["may have 0.8 together"]),
        (["policy.max_area_share={tokyo: 0.5}", "policy.distribution=as_today"], ["'tokyo' keeps its 0.6"]),
    ],
)  # fmt: skip
def test_contradictory_caps_are_told_all_at_once(settings, words, pack):
    """Sum 0.8 below 1, ten areas of eleven, 8 · 0.1 below 0.9, Tokyo's 62 % above 50 %: E361 each."""
    with pytest.raises(InputError) as caught:
        scenario_parameters(scenario(*settings), pack)
    assert {problem.code for problem in caught.value.problems} == {"E361"}
    told = "\n".join(problem.message for problem in caught.value.problems)
    assert all(word in told for word in words), told
    assert len(caught.value.problems) == len(words)


def test_a_cap_on_an_unknown_area_is_named(pack):
    with pytest.raises(InputError) as caught:
        scenario_parameters(scenario("policy.max_area_share={tokio: 0.5}"), pack)
    assert [problem.code for problem in caught.value.problems] == ["E360"]


def test_rules_of_the_shipped_scenarios_can_be_met(pack):
    for name in ("japan-2030", "tokyo-as-usual", "watt-bit-regional", "resilient-2030"):
        assert rule_faults(load_scenario(name).scenario, pack) == []
