"""Limits that contradict each other only together, on paper: named, with how far each must give, in both languages.

Area A stands on ground of hazard 0.26, area B on 0.06; 1 GW of load. A mean of at most 0.10 needs 0.8 of it in B:
0.26 (1 - b) + 0.06 b = 0.10. Half in each area at most gives 0.16.
"""

from __future__ import annotations

import pytest
from toy import programme_of, solved, toy

from optimizer.errors import InfeasibleError
from optimizer.milestones import Inputs
from optimizer.run import with_names
from optimizer.solve.conflict import best_share, conflicts
from optimizer.solve.elastic import explain_infeasible
from optimizer.solve.limits import LIMITS

REGIONS = {"A1": "A", "B1": "B"}
GROUND = {"sites.seismic_share_30a": [0.26, 0.06]}
SAFE = {"settings.max_hazard": 0.10}
SPREAD = {"settings.area_caps": {"A": 0.5, "B": 0.5}}
MIX = {"operator_mix.min_share": {("general", "domestic"): 0.7, ("general", "foreign"): 0.5}}


def system(*changes: dict) -> Inputs:
    merged: dict = dict(GROUND)
    for one in changes:
        merged |= one
    return toy(merged, sites=REGIONS)


def explained(inputs: Inputs) -> InfeasibleError:
    return explain_infeasible(programme_of(inputs).siting, inputs.settings)


def test_two_rules_that_contradict_only_together_are_named():
    """Hazard 0.06 GW above the cap, or B 0.3 GW above its half; each rule alone has a plan. Demand is no part of it:
    less of it contradicts as much."""
    with pytest.raises(InfeasibleError) as caught:
        solved(system(SAFE, SPREAD))
    assert str(caught.value).splitlines() == [
        "no plan meets every limit of the scenario: these contradict each other. Relaxing any one of these would be enough:",
        "  IT capacity above the largest share of an area: 300.0 MW in all (B 300.0 MW): raise policy.max_area_share or "
        "lower policy.min_areas until an area may have 0.8 or more (now 0.5)",
        "  IT capacity times seismic hazard above the cap: 60.0 MW in all (nation 60.0 MW): raise policy.max_hazard from "
        "0.1 to 0.16 or more",
    ]
    for alone in (SAFE, SPREAD):
        assert solved(system(alone)).certificate["passed"]


@pytest.mark.parametrize(
    "relaxed", [{"settings.max_hazard": 0.16}, {"settings.area_caps": {"A": 0.8, "B": 0.8}}]
)
def test_what_is_told_is_enough_and_no_more_than_needed(relaxed):
    """The shares told have a plan; 0.001 less has none."""
    assert solved(system(SAFE, SPREAD, relaxed)).certificate["passed"]
    name, value = next(iter(relaxed.items()))
    tighter = (
        {key: share - 0.001 for key, share in value.items()} if isinstance(value, dict) else value - 0.001
    )
    with pytest.raises(InfeasibleError):
        solved(system(SAFE, SPREAD, {name: tighter}))


def test_it_is_told_in_japanese():
    words = explained(system(SAFE, SPREAD)).message_ja
    assert "次の制約が互いに矛盾します" in words
    assert "policy.max_hazard を上げる (0.1 から 0.16 以上へ)" in words
    assert "計 60.0 MW (全国 60.0 MW)" in words
    assert "IT負荷" not in words


def test_a_rule_and_a_limit_of_sites_contradict():
    """Nine tenths outside A, and B takes 0.5 GW: 0.4 GW missing at B, or half outside; half the load would fit too.

    With 0.5 / 0.9 GW of load all fits: 444 MW less.
    """
    lines = str(
        explained(
            toy({"settings.min_regional_share": 0.9, "sites.site_limit_gw": [10.0, 0.5]}, sites=REGIONS)
        )
    ).splitlines()
    assert (
        lines[1]
        == "  IT capacity missing at sites: 400.0 MW in all (B1 400.0 MW): raise grid.site_limit_factor"
    )
    assert lines[2] == (
        "  IT capacity short of the regional share: 400.0 MW in all (nation 400.0 MW): lower policy.min_regional_share "
        "from 0.9 to 0.5 or less"
    )
    assert lines[3].startswith("  IT load that cannot be hosted within its latency limit: 444.4 MW in all")
    assert len(lines) == 4


def test_a_single_limit_keeps_its_words():
    """Hazard 0.06 at best and 0.05 asked: nothing else takes part, and no load would do."""
    lines = str(explained(system({"settings.max_hazard": 0.05}))).splitlines()
    assert lines == [
        "no plan meets every limit of the scenario. Relaxing any one of these would be enough:",
        "  IT capacity times seismic hazard above the cap: 10.0 MW in all (nation 10.0 MW): raise policy.max_hazard from "
        "0.05 to 0.06 or more",
    ]


def test_two_contradictions_at_once_are_told_one_by_one():
    """Hazard against caps, and least shares of modes above one: each told with what ends it, whatever the other does."""
    inputs = system(SAFE, SPREAD, MIX)
    names = [[limit.equation for limit in one] for one in conflicts(programme_of(inputs).siting)]
    assert sorted(map(sorted, names)) == [["hazard_exposure", "regional_cap"], ["operator_mix_least"]]
    words = str(explained(inputs))
    assert "no single one is enough to relax: there are 2 contradictions" in words
    assert "policy.max_hazard from 0.1 to 0.16 or more" in words
    assert "least share: 200.0 MW in all" in words
    assert "矛盾 2。" in explained(inputs).message_ja


def test_a_family_that_contradicts_itself_is_named_alone():
    """Caps of 0.3 in both areas leave 0.4 of the capacity nowhere: hazard takes no part, relaxing it is no help.

    It still asks for 0.8 in B, so that is what the caps must allow: 0.5 GW more than 0.3.
    """
    words = str(explained(system(SAFE, {"settings.area_caps": {"A": 0.3, "B": 0.3}})))
    assert "largest share of an area: 500.0 MW in all (B 500.0 MW)" in words
    assert "until an area may have 0.8 or more (now 0.3)" in words
    assert "max_hazard" not in words


FLOOR = {"settings.min_regional_share": 0.9}


def test_a_rule_of_two_contradictions_is_enough_and_the_other_is_not():
    """Half in B at most contradicts the hazard (0.8 in B) and the floor (0.9): 0.9 in B ends both, the hazard one."""
    lines = str(explained(system(SAFE, SPREAD, FLOOR))).splitlines()
    assert lines[1].endswith("400.0 MW in all (B 400.0 MW): raise policy.max_area_share or lower policy.min_areas until "
                             "an area may have 0.9 or more (now 0.5)")  # fmt: skip
    assert lines[2] == "  part of it too, but if this alone is relaxed, another contradiction stays:"
    assert lines[3].startswith("    IT capacity times seismic hazard above the cap: 60.0 MW")
    assert lines[3].endswith("from 0.1 to 0.16 or more")


def test_where_no_single_rule_is_enough_it_is_said():
    """Mean 0.07 needs 0.95 in B, which takes 0.92; the floor of 0.9 contradicts halves. Neither hazard nor caps is enough."""
    site = {"sites.site_limit_gw": [10.0, 0.92]}
    lines = str(explained(system({"settings.max_hazard": 0.07}, SPREAD, FLOOR, site))).splitlines()
    assert lines[0].endswith("these contradict each other, and no single one is enough to relax:")
    assert "450.0 MW in all (B 450.0 MW)" in lines[1]
    assert "policy.max_hazard from 0.07 to 0.16 or more" in lines[2]
    assert len(lines) == 3


def test_limits_that_can_be_met_are_no_contradiction():
    assert conflicts(programme_of(system(SAFE)).siting) == []


def test_best_share_is_the_edge():
    """Half of 1 GW fits into B: at most 0.5 of the capacity outside A; with 10 GW of room all of it, 1."""
    rule = next(limit for limit in LIMITS if limit.equation == "dispersion")
    for room, share in ((0.5, 0.5), (10.0, 1.0)):
        changes = {"settings.min_regional_share": 0.9, "sites.site_limit_gw": [10.0, room]}
        assert best_share(programme_of(toy(changes, sites=REGIONS)).siting, rule, 0.9) == pytest.approx(share)


def test_sites_are_called_by_their_names_in_both_languages():
    sites = toy(sites=REGIONS).sites.assign(name_en=["Tomakomai", "B"], name_ja=["苫小牧", "B"])
    error = with_names(InfeasibleError("A1 is full", "A1は満杯"), sites)
    assert (str(error), error.message_ja) == ("Tomakomai is full", "苫小牧は満杯")


def test_a_little_is_not_told_as_nothing():
    """A cap of 0.79999 where 0.8 is needed: 0.01 MW."""
    words = str(explained(system(SAFE, {"settings.area_caps": {"A": 0.79999, "B": 0.79999}})))
    assert "largest share of an area: <0.1 MW in all (B <0.1 MW)" in words
    assert "until an area may have 0.8 or more" in words
