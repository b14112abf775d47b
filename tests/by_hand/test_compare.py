"""Runs against a base: every number on paper, and what would make it another."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from compare_toy import BASE_STACK, OTHER_STACK, Toy, write_sweep, write_toy

from optimizer.analyse.compare import Comparison, compare_runs
from optimizer.cli import main
from optimizer.errors import InputError, UsageError
from optimizer.scenario.compared import ComparedRun, read_compared
from optimizer.scenario.compared_figures import stacks_of
from optimizer.scenario.stack_words import component_words

OTHER = Toy(
    name="other",
    cost=103.0,
    megawatt={"N1": 20.0, "S1": 130.0, "S2": 0.0},
    served={"x": 10.0, "y": 30.0},
    stack=OTHER_STACK,
    gross=50.0,
    net=10.0,
    price={"north": 9.5, "south": 12.0},
    scenario={"policy": {"min_regional_share": 0.2}, "finance": {"discount_rate": 0.03}},
    parameters={"wacc": 0.05},
    headroom={"N1": 300.0, "S1": 25.0},
)


def runs_of(folder: Path, *toys: Toy) -> list[ComparedRun]:
    return read_compared([write_toy(folder / f"{number}-{toy.name}", toy) for number, toy in enumerate(toys)])


def compared(folder: Path, *toys: Toy, base: str | None = None) -> Comparison:
    return compare_runs(runs_of(folder, *toys), base)


def cell(
    comparison: Comparison, figure: str, place: str = "", part: str = "", table: str | None = None
) -> dict:
    rows = comparison.differences
    rows = rows[(rows["figure"] == figure) & (rows["place"] == place) & (rows["part"] == part)]
    rows = rows if table is None else rows[rows["table"] == table]
    assert len(rows) == 1
    return dict(rows.iloc[0])


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compared(tmp_path_factory.mktemp("runs"), Toy(), OTHER)


def test_differences_are_run_less_base(both):
    """Cost 103 − 100 = 3, 3 %. N1 20 − 100 = −80 of 100. Price 9.5 − 9 = 0.5. CO2 of the plan 2 × (200 − 150)."""
    cost = cell(both, "cost_jpy_bn_per_a")
    assert (cost["base"], cost["value"], cost["difference"], cost["unit"]) == (100.0, 103.0, 3.0, "JPY bn/a")
    assert cost["relative"] == pytest.approx(0.03)
    site = cell(both, "it_mw", "N1")
    assert (site["difference"], site["relative"], site["unit"]) == (-80.0, -0.8, "MW")
    assert site["name_ja"] == "苫小牧"
    assert cell(both, "it_mw", "south")["difference"] == 80.0
    price = cell(both, "price_jpy_per_kwh", "north")
    assert (price["difference"], price["unit"]) == (0.5, "JPY/kWh")
    assert cell(both, "co2_of_plan_kt")["base"] == 100.0
    assert cell(both, "cost_per_captured_jpy")["base"] == 2.5
    assert cell(both, "cost_per_captured_jpy")["value"] == 103.0 / 50.0


def test_the_other_base_turns_the_signs(tmp_path):
    turned = compared(tmp_path, Toy(), OTHER, base="1-other")
    assert turned.base == "1-other"
    assert cell(turned, "cost_jpy_bn_per_a")["difference"] == -3.0
    assert cell(turned, "it_mw", "N1")["difference"] == 80.0
    assert cell(turned, "it_mw", "N1")["relative"] == 4.0  # of 20, not of 100


def test_relative_to_zero_is_empty_not_infinite(both):
    assert np.isnan(cell(both, "it_mw", "S2")["relative"])
    assert cell(both, "it_mw", "S2")["state"] == "same"


def test_cheapest_site_of_an_area_by_class(both):
    """South, class x: S1 41 + 11 = 52 and S2 42 + 11 = 53; then 51.5. Class y is out of S2's reach."""
    row = cell(both, name := "cost_jpy_m_per_mw_a", "south", "x")
    assert (row["base"], row["value"]) == (52.0, 51.5)
    assert cell(both, name, "south", "y")["base"] == 58.0


@pytest.mark.parametrize(
    ("cost", "state"),
    [(100.0, "same"), (100.19, "within_proof"), (100.21, "differs"), (99.85, "within_proof")],
)
def test_cost_within_the_two_gaps_is_within_the_proof(tmp_path, cost, state):
    """Gaps 1e-3: |d| ≤ 0.1 + 0.1002 is not told apart; with a tenth of the gaps 0.19 is."""
    assert (
        cell(compared(tmp_path / "a", Toy(), Toy(name="b", cost=cost)), "cost_jpy_bn_per_a")["state"] == state
    )
    fine = compared(tmp_path / "b", Toy(gap=1e-4), Toy(name="b", cost=cost, gap=1e-4))
    assert cell(fine, "cost_jpy_bn_per_a")["state"] == ("same" if cost == 100 else "differs")


@pytest.mark.parametrize(("megawatt", "state"), [(100.25, "within_proof"), (100.35, "differs")])
def test_capacity_of_a_site_is_judged_by_the_nations(tmp_path, megawatt, state):
    """1e-3 × 150 + 1e-3 × 150.3 = 0.30 MW; of the site's own 100 MW it would be 0.20 and 0.25 would differ."""
    other = Toy(name="b", megawatt={"N1": megawatt, "S1": 50.0, "S2": 0.0})
    assert cell(compared(tmp_path, Toy(), other), "it_mw", "N1")["state"] == state


def test_a_site_of_one_run_is_absent_in_the_other_not_zero(tmp_path):
    """Without S2 there is nothing to subtract; the sites that moved count what was there."""
    stack = {key: parts for key, parts in OTHER_STACK.items() if key[0] != "S2"}
    one = Toy(megawatt={"N1": 100.0, "S1": 50.0}, stack=stack)
    other = Toy(name="b", megawatt={"N1": 100.0, "S1": 10.0, "S2": 40.0})
    there = cell(found := compared(tmp_path / "a", one, other), "it_mw", "S2")
    assert there["state"] == "absent_in_base"
    assert np.isnan(there["base"])
    assert np.isnan(there["difference"])
    moved = found.why.set_index("site")["difference_mw"]
    assert moved.to_dict() == {"S1": -40.0, "S2": 40.0}
    assert "Osaka gains 40 MW: there is no such site in the base." in found.why["words"].to_list()
    back = compared(tmp_path / "b", other, one)
    assert cell(back, "it_mw", "S2")["state"] == "absent_in_run"
    zero = compared(tmp_path / "c", Toy(megawatt={"N1": 100.0, "S1": 50.0, "S2": 0.0}), other)
    assert cell(zero, "it_mw", "S2")["state"] == "differs"


def test_a_ratio_to_what_is_not_positive_is_absent(both):
    """Net capture of the base is −5: a cost per such a yen is nobody's figure; 103 / 10 in the other."""
    row = cell(both, "cost_per_net_captured_jpy")
    assert row["state"] == "absent_in_base"
    assert row["value"] == 10.3


def test_an_empty_cell_is_refused_not_compared(tmp_path):
    folder = write_toy(tmp_path / "a", Toy())
    table = pd.read_parquet(folder / "tables" / "sites.parquet")
    table.loc[1, "it_mw"] = np.nan
    table.to_parquet(folder / "tables" / "sites.parquet")
    with pytest.raises(InputError, match=r"E378  sites\.it_mw:S1"):
        compare_runs([*read_compared([folder]), *runs_of(tmp_path, OTHER)])


def test_stacks_are_of_one_mix_of_the_classes(tmp_path):
    """Mixes 3:1 and 1:3 have the mean 1:1. N1: energy 11, then (11 + 13.4) / 2 = 12.2; headroom 0, then 3.1.

    By each run's own mix energy would be 10.5 and 12.8: a difference of 2.3, half of it no price at all.
    """
    stacks = stacks_of(runs_of(tmp_path, Toy(), OTHER))
    at = {name: number for number, name in enumerate(stacks.components)}
    assert stacks.components[:2] == ("building", "energy")
    assert stacks.values[:, 0, at["energy"]] == pytest.approx([11.0, 12.2])
    assert stacks.values[:, 0, at["within_grid_headroom"]] == pytest.approx([0.0, 3.1])
    assert stacks.values[:, 0, at["building"]] == pytest.approx([42.0, 42.0])
    assert stacks.values[:, 2, at["energy"]] == pytest.approx([11.0, 11.4])  # S2: class x alone


def test_the_sentence_follows_from_the_stacks(both):
    """N1: headroom +3.1, energy +1.2, operator mix +4.5 in the sum only: 8.8. S1: energy −0.5; S2: +0.4.

    At the middle site headroom 0, energy 0.4, the whole stack 0.4.
    """
    rows = both.why.set_index("site")
    assert list(both.why["site"]) == ["N1", "S1"]
    assert rows["stack_difference"].to_list() == pytest.approx([8.8, -0.5])
    assert rows["median_difference"].to_list() == pytest.approx([0.4, 0.4])
    assert rows["words"]["N1"] == (
        "Tomakomai loses 80 MW: rent of spare grid capacity +3.1 (+0.0), electricity +1.2 (+0.4); "
        "in all +8.8 (+0.4) JPY m/MW a, in brackets the middle site."
    )
    assert rows["words_ja"]["S1"] == (
        "千葉は80 MW増：電力 -0.5（+0.4）。合計 -0.5（+0.4）。百万円/MW/年、括弧内は全地点の中央値。"
    )
    side = both.stacks.set_index(["site", "component"])
    assert side.loc[("N1", "energy")][["base", "value", "difference"]].to_list() == pytest.approx(
        [11.0, 12.2, 1.2]
    )


def test_what_moves_everywhere_alike_is_no_reason(tmp_path):
    """Buildings 5 dearer at every site: in the sum, not named; 2 more at N1 alone, and they are, 7 against 5."""
    dearer = {key: parts | {"building": parts["building"] + 5} for key, parts in BASE_STACK.items()}
    moved = Toy(name="b", megawatt={"N1": 90.0, "S1": 60.0, "S2": 0.0}, stack=dearer)
    words = compared(tmp_path / "a", Toy(), moved).why["words"].to_list()
    end = "JPY m/MW a, in brackets the middle site."
    assert words[0] == (
        f"Tomakomai loses 10 MW: its stack moved as at the middle site; in all +5.0 (+5.0) {end}"
    )
    more = {
        key: parts | {"building": parts["building"] + 2 * (key[0] == "N1")} for key, parts in dearer.items()
    }
    words = compared(tmp_path / "b", Toy(), replace(moved, stack=more)).why["words"].to_list()
    assert words[0] == f"Tomakomai loses 10 MW: building +7.0 (+5.0); in all +7.0 (+5.0) {end}"


def test_a_law_without_words_keeps_its_name():
    assert component_words("within_grid_headroom") == ("rent of spare grid capacity", "系統の空き容量の価値")
    assert component_words("a_law_of_tomorrow") == ("a_law_of_tomorrow", "a_law_of_tomorrow")


def test_changed_inputs_key_by_key(both):
    """A key, a key only one has, a parameter, a file by hash, and the one cell in it that differs."""
    rows = both.inputs.set_index("name")
    assert set(rows.index) == {
        "policy.min_regional_share", "finance.discount_rate", "wacc.value", "pack/sites.csv",
        "sites.csv: S1 / headroom_mw",
    }  # fmt: skip
    share = rows.loc["policy.min_regional_share"]
    assert (share["base"], share["value"], share["unit"], share["kind"]) == ("0", "0.2", "1", "scenario")
    assert rows.loc["finance.discount_rate", "state"] == "absent_in_base"
    assert rows.loc["wacc.value", ["base", "value", "unit"]].to_list() == ["0.04", "0.05", "1/a"]
    assert rows.loc["sites.csv: S1 / headroom_mw", ["base", "value", "unit"]].to_list() == ["20", "25", "MW"]
    assert len(rows.loc["pack/sites.csv", "base"]) == 12


def test_versions_may_differ_and_are_said(tmp_path):
    found = compared(tmp_path, Toy(), Toy(name="b", version="0.2.0")).inputs
    assert found[["kind", "name", "base", "value"]].to_numpy().tolist() == [
        ["version", "wattbit", "0.1.0", "0.2.0"]
    ]


def test_another_country_is_refused_and_a_copy_of_the_pack_is_not(tmp_path):
    """A pack of another name with the same grid areas is the user's own edit; one with others is a country."""
    mine = Toy(name="mine", pack="my-plan")
    assert set(compared(tmp_path / "a", Toy(), mine).differences["state"]) == {"same"}
    areas = {"north": ("North", "北"), "west": ("West", "西")}
    with pytest.raises(InputError, match="E376") as refused:
        compared(tmp_path / "b", Toy(), replace(mine, areas=areas))
    assert refused.value.exit_code == 3
    assert "my-plan" in str(refused.value)


def test_runs_of_one_name_get_a_number_and_one_run_is_refused(tmp_path):
    places = [write_toy(tmp_path / part / "run", Toy()) for part in ("a", "b")]
    assert [run.key for run in read_compared(places)] == ["run", "run (2)"]
    with pytest.raises(UsageError, match="twice"):
        read_compared([places[0], places[0]])
    with pytest.raises(UsageError, match="two runs or more"):
        compare_runs(read_compared(places[:1]))
    with pytest.raises(UsageError, match="'nobody' is not among the runs"):
        compare_runs(read_compared(places), "nobody")


def test_a_sweep_is_all_its_solved_points(tmp_path):
    """Three points, the last failed: two runs, in the sweep's order; the stacks are those of the sites table."""
    axes = [{"finance.discount_rate": rate} for rate in (0.03, 0.04, 0.05)]
    toys = [
        replace(OTHER, name="p1", scenario=axes[0]),
        Toy(name="p0", scenario=axes[1]),
        Toy(name="p2", scenario=axes[2]),
    ]
    runs = read_compared([write_sweep(tmp_path / "sweep", toys, failed=1)])
    assert [run.key for run in runs] == ["p1", "p0"]
    found = compare_runs(runs, "p0")
    assert cell(found, "cost_jpy_bn_per_a")["difference"] == 3.0
    assert found.inputs["name"].to_list() == ["finance.discount_rate"]
    assert found.why["words"][0].startswith(
        "Tomakomai loses 80 MW: rent of spare grid capacity +3.0 (+0.0), electricity +1.0"
    )
    with pytest.raises(InputError, match="E377  this point of the sweep was not solved: no plan"):
        read_compared([tmp_path / "sweep" / "runs" / f"{2:016x}"])


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_command_writes_the_same_bytes_twice(tmp_path, capsys):
    """Folder, tables, maps; the base as a folder that is not among the runs; nothing over a compared run."""
    places = [str(write_toy(tmp_path / toy.name, toy)) for toy in (Toy(), OTHER)]
    target = tmp_path / "out"
    words = ["compare", places[1], "--base", places[0], "-o", str(target), "--json", "--lang", "en"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["base"] == "base"
    assert told["runs"][1]["differences"]["cost_jpy_bn_per_a"] == 3.0
    first = files_of(target)
    assert {
        "compare.html", "differences.csv", "differences.parquet", "inputs.csv", "why.csv", "stacks.csv", "summary.xlsx",
        "summary.json", "MANIFEST.sha256", "maps/differences.gpkg", "maps/01-other.en.png", "maps/01-other.ja.png",
    } <= set(first)  # fmt: skip
    assert main(words) == 0
    assert files_of(target) == first
    rows = list(csv.DictReader(first["differences.csv"].decode("utf-8-sig").splitlines()))
    absent = next(row for row in rows if row["figure"] == "cost_per_net_captured_jpy")
    assert (absent["base"], absent["value"], absent["difference"]) == ("", "10.3", "")
    capsys.readouterr()
    assert main(["compare", *places, "-o", places[0], "--lang", "en"]) == 2
    assert "is one of the compared runs" in capsys.readouterr().err


def test_the_command_says_it_in_words(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    places = [str(write_toy(tmp_path / toy.name, toy)) for toy in (Toy(), OTHER)]
    assert main(["compare", *places, "--lang", "ja"]) == 0
    said = capsys.readouterr().out
    assert "基準: base (base)" in said
    assert "費用 +3.0 十億円/年" in said
    assert "苫小牧は80 MW減：系統の空き容量の価値 +3.1（+0.0）、電力 +1.2（+0.4）" in said
    assert (tmp_path / "runs" / "compare" / "compare.html").is_file()
    newer = str(write_toy(tmp_path / "newer", Toy(name="newer", version="0.2.0")))
    assert main(["compare", places[0], newer, "--lang", "en"]) == 0
    assert "different versions of wattbit" in capsys.readouterr().err
    assert main(["compare", places[0], "--lang", "en"]) == 2
    assert main(["compare", *places, "--base", "nobody", "--lang", "en"]) == 2
    assert "neither a folder nor a name" in capsys.readouterr().err
