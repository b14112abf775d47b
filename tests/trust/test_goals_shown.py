"""What a planner sees of goals, modes and announced capacity: words, traces, lines of cost, shipped scenarios."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from aims import budgeted, capturing, with_market
from toy import change, planned, solved, toy

from optimizer.analyse.goal import captured_by_chords, goal_figures
from optimizer.analyse.provenance_shares import _Book, cost_lines
from optimizer.cli_run import plan_lines
from optimizer.errors import InputError
from optimizer.export.words import goal_headlines
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.milestones import Inputs
from optimizer.run import make_inputs
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions
from optimizer.scenario.traces import trace_of
from tests.by_hand.test_shares import graded

OPTIONS = RunOptions(None, None, True, "en", None, False, 1)
PREMIUM = [20.0, 20.0, 0.0, 0.0]


def market() -> Inputs:
    return with_market(toy({"modes.premium_jpy_bn_per_gw_a": PREMIUM, "settings.allow_abroad": True}))


def figures_of(inputs: Inputs) -> dict[str, object]:
    solution, plan = planned(inputs)
    return plan.figures | goal_figures(inputs, solution)


def test_every_figure_of_a_goal_has_a_trace():
    both = figures_of(capturing(market(), 0.1)) | figures_of(
        change(budgeted(market(), 400.0), "settings.public_share", 0.5)
    )
    new = [
        name for name in both if "captur" in name or "capital" in name or "budget" in name or name == "goal"
    ]
    assert len(new) == 11
    assert [name for name in new if trace_of(name) is None] == []


def test_a_target_is_told_with_its_price():
    """0.25 JPY for one more captured yen, as solved by hand in tests/by_hand/test_goals.py."""
    figures = figures_of(capturing(market(), 0.1))
    (card,) = goal_headlines(figures)
    assert card.shown["en"] == "¥0.25"
    assert "10.0 %" in card.note["en"]
    told = "\n".join(plan_lines("x", figures, None, "en"))
    assert "one more captured yen         0.250 JPY/JPY" in told
    assert goal_headlines(figures_of(market())) == []


def test_a_budget_is_told_with_what_it_buys():
    """400 of 400 JPY bn; 0.08 JPY a year for one more; half of it public: 32 / 200 = 0.16."""
    figures = figures_of(change(budgeted(market(), 400.0), "settings.public_share", 0.5))
    spent, more = goal_headlines(figures)
    assert spent.shown == {"en": "¥400 bn", "ja": "4,000億円"}
    assert more.shown["en"] == "¥0.080/a"
    assert "¥0.16 a year per public yen" in more.note["en"]
    told = "\n".join(plan_lines("x", figures, None, "ja"))
    assert "400 / 400 十億円" in told
    assert "0.160 円/年 per 円" in told


def test_premiums_are_a_line_of_cost_and_of_the_price_stack():
    """0.3 GW domestic at 20: a line of 6 JPY bn/a, all lines 193.6; without it 6 of them would have no source."""
    rule = {
        "modes.premium_jpy_bn_per_gw_a": PREMIUM,
        "operator_mix.min_share": {("general", "domestic"): 0.3},
    }
    inputs = graded(toy(rule))
    _, plan = planned(inputs)
    lines = {line.name: line for line in cost_lines(plan, _Book(inputs, {}))}
    premium = lines["premium of operating modes"]
    assert premium.jpy_bn_per_a == pytest.approx(6.0)
    assert [figure.name for figure in premium.figures] == ["mode_premium_domestic_jpy_m_per_mw_a"]
    assert sum(line.jpy_bn_per_a for line in lines.values()) == pytest.approx(193.6, rel=1e-6)
    stack = plan.tables["stack"].set_index("component")["jpy_m_per_mw_a"]
    assert stack["mode_premium"] == pytest.approx(6.0)
    assert stack["building"] == pytest.approx(100.0)


def test_announced_load_captures_nothing():
    """Half a GW more in the background: the same sales, the same captured yen, dearer baseline."""
    inputs = capturing(market(), 0.1)
    more = change(inputs, "demand_gw", 5.5)
    one, two = solved(inputs), solved(more)
    assert captured_by_chords(more, two).sum() == pytest.approx(captured_by_chords(inputs, one).sum())
    assert two.baseline_cost - one.baseline_cost == pytest.approx(0.5 * 8760 * 0.01)


def test_hyperscaler_wave_is_load_on_two_areas_and_nothing_else():
    """449 and 112 MW at utilisation 0.75 and a PUE of 1.2 to 1.3: 505 to 550 MW of power on average."""
    pack = read_pack(find_pack("japan"))
    plain, wave = (
        make_inputs(load_scenario(name, ()), pack, OPTIONS) for name in ("japan-2030", "hyperscaler-wave")
    )
    added = wave.hours.demand_gw - plain.hours.demand_gw
    rows = dict(zip(plain.areas.index, added.mean(axis=1) * 1000, strict=True))
    assert 505 < rows.pop("tokyo") + rows.pop("kansai") < 550
    assert set(rows.values()) == {0.0}
    assert added.min() >= 0.0
    assert wave.demand.equals(plain.demand)
    assert wave.sites.equals(plain.sites)
    assert plain.announced_foreign.empty
    assert wave.announced_foreign["it_gw"].to_dict() == {"tokyo": 0.449, "kansai": 0.112}
    assert wave.announced_foreign["electricity_gwh"].sum() == pytest.approx(added.sum(), rel=1e-9)


def test_mix_of_one_class_leaves_the_others_alone(tmp_path: Path):
    """Training all domestic; the other classes keep the root's mix, and a mode left out of the class is free."""
    file = tmp_path / "mine.yaml"
    text = "base: japan-2030\npolicy: {operator_mix_by_workload: {training: {domestic: {min: 1.0}}}}\n"
    file.write_text(text, encoding="utf-8")
    inputs = make_inputs(load_scenario(str(file), ()), read_pack(find_pack("japan")), OPTIONS)
    mix = inputs.operator_mix
    assert mix.loc["training"].to_numpy().tolist() == [[1.0, 1.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]
    assert np.allclose(mix.loc["general"]["min_share"], [0.3, 0.1, 0.2, 0.4])
    file.write_text(text.replace("training", "trainig"), encoding="utf-8")
    with pytest.raises(InputError, match="operator_mix_by_workload"):
        make_inputs(load_scenario(str(file), ()), read_pack(find_pack("japan")), OPTIONS)


def test_dollars_of_the_wave_become_the_megawatts_of_the_file():
    """14 bn × 149.57 = 2,094 JPY bn over 2.27 + 5 × 0.40; 2.9 bn over 2.27 + 5 × 0.77: 490 + 71 = 561 MW."""
    found = load_scenario("hyperscaler-wave", ()).scenario.demand.announced_foreign_mw
    aws = 14.0 * 149.57 / (2.27 + 5 * 0.40)
    microsoft = 2.9 * 149.57 / (2.27 + 5 * 0.77)
    assert sum(found.values()) == pytest.approx(aws + microsoft, abs=1.0)


def test_shipped_goals_are_what_they_say():
    tenth, sovereign = (load_scenario(name, ()).scenario for name in ("capture-10", "sovereign-ai"))
    assert (tenth.goal, tenth.aim.capture_share, dict(tenth.policy.operator_mix)) == ("capture", 0.1, {})
    assert (sovereign.goal, sovereign.aim.budget_jpy_bn) == ("budget", 3000.0)
    assert sovereign.aim.public_share * 3000 == pytest.approx(1000.0)


def test_reasons_do_not_tell_sites_apart_by_who_operates_there():
    """Two like sites, one of 0.5 GW: a vertex runs domestic capacity at one and foreign at the other, by chance.

    Their stacks differ by a premium of 20 against the yen captured; named as a reason, either would be made up.
    """
    inputs = toy(
        {"modes.premium_jpy_bn_per_gw_a": PREMIUM, "sites.site_limit_gw": [0.5, 10.0]},
        sites={"A1": "A", "A2": "A"},
    )
    _, plan = planned(capturing(with_market(inputs), 0.2))
    assert set(plan.tables["stack"]["component"]) >= {"captured", "mode_premium"}
    told = " ".join(plan.tables["reasons"]["words"])
    assert "A1" in told or "name" in told
    assert "keeps at home" not in told
    assert "operates" not in told
    assert "cheaper by" not in told
