"""Fronts and ranges of a real, small country: from the command line to the files, twice the same."""

from __future__ import annotations

import hashlib
import html
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from one_area import one_area_pack

from optimizer.cli import main
from optimizer.export.words import figure

AXIS = ["--set", "policy.operator_mix={}", "--set", "parameters.mode_premium_domestic_jpy_m_per_mw_a=40"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("small")
    one_area_pack(made)
    return made


def called(*words: Any) -> int:
    return main([str(word) for word in (*words, "--preview", "--workers", 1)])


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def ranges(folder: Path) -> Path:
    assert called("ranges", folder / "scenario.yaml", "--slack", "2%", "--plans", 2, "-o", folder / "r") == 0
    return folder / "r"


@pytest.fixture(scope="module")
def front(folder: Path) -> Path:
    words = ("pareto", folder / "scenario.yaml", "--axis", "capture", "--points", 3, *AXIS)
    assert called(*words, "-o", folder / "f") == 0
    return folder / "f"


def test_ranges_hold_the_plan_and_say_what_is_proven(ranges: Path):
    table, summary = pd.read_csv(ranges / "ranges.csv"), json.loads((ranges / "summary.json").read_text())
    assert (table["least_proven_mw"] <= table["least_reached_mw"]).all()
    assert (table["least_reached_mw"] <= table["plan_mw"] + 1e-6).all()
    assert (table["plan_mw"] <= table["most_reached_mw"] + 1e-6).all()
    assert (table["most_reached_mw"] <= table["most_proven_mw"]).all()
    apart = (table["most_proven_mw"] - table["most_reached_mw"]).max()
    assert (apart <= summary["tolerance_mw"]) == (summary["open_bounds"] == 0)
    assert summary["certificate"]["passed"]
    nation = table[table["kind"] == "area"]
    assert len(nation) == 1
    # the one area is the nation: all of its capacity stands there in every plan
    assert nation["class"].tolist() == ["always"]
    assert float(nation["plan_mw"].iloc[0]) == pytest.approx(summary["it_mw"], abs=1e-3)
    plans = pd.read_csv(ranges / "plans.csv")
    budget = summary["budget_jpy_bn_per_a"]
    assert budget == pytest.approx(1.02 * summary["cost_jpy_bn_per_a"])
    assert (plans["cost_jpy_bn_per_a"] <= budget + 1e-6).all()
    assert plans["over_plan"].iloc[0] == 0.0


def test_a_front_rises_and_its_prices_bracket_its_slopes(front: Path):
    table, summary = pd.read_csv(front / "front.csv"), json.loads((front / "summary.json").read_text())
    assert summary["prices_and_costs_agree"]
    assert summary["largest_gap"] <= summary["gap_asked"]
    assert table["start"].tolist() == ["fresh", "shared", "shared"]
    assert (table["reached"].diff().iloc[1:] > 0).all()
    assert (table["cost_jpy_bn_per_a"].diff().iloc[1:] > 0).all()
    assert table["price"].iloc[-1] > 0
    slope, price = table["slope_before_jpy_bn_per_a_per_unit"], table["price_jpy_bn_per_a_per_unit"]
    width = summary["gap_asked"] * table["cost_jpy_bn_per_a"].max() / table["x"].diff().iloc[1:]
    assert (slope.iloc[1:] <= price.iloc[1:] + width).all()
    assert (slope.iloc[1:] >= price.shift().iloc[1:] - width).all()
    areas = pd.read_csv(front / "front_areas.csv")
    assert len(areas) == 3


def test_the_same_input_gives_the_same_bytes(folder: Path, ranges: Path, front: Path):
    words = (
        "ranges",
        folder / "scenario.yaml",
        "--slack",
        "0.02",
        "--plans",
        2,
        "-o",
        folder / "again" / "r",
    )
    assert called(*words) == 0
    again = ("pareto", folder / "scenario.yaml", "--axis", "capture", "--points", 3, *AXIS)
    assert called(*again, "-o", folder / "again" / "f") == 0
    assert digests(folder / "again" / "r") == digests(ranges)
    assert digests(folder / "again" / "f") == digests(front)


def test_pages_ask_the_network_for_nothing(ranges: Path, front: Path):
    for page in (ranges / "ranges.html", front / "front.html"):
        text = html.unescape(page.read_text("utf-8"))
        assert "default-src 'none'" in text
        assert "<script src" not in text


def test_figures_have_thousands_separators_and_no_powers_of_ten():
    """7,525 beside 1.123e+04 in one column: two ways to write a number."""
    values = (11230.4, 7525.0, 0.012341, 0.5, -2.5, -1e-9, 1234567.0, float("nan"))
    assert [figure(value) for value in values] == [
        *("11,230", "7,525", "0.01234", "0.5", "-2.5", "0", "1,234,567", "–"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ranges", "--slack", "0"), "--slack"),
        (("ranges", "--slack", "2%", "--set", "solve.block_mw=50"), "solve.block_mw=null"),
        (
            ("ranges", "--slack", "2%", "--set", "goal=budget", "--set", "aim.budget_jpy_bn=9000"),
            "goal=serve",
        ),
        (("pareto", "--axis", "beauty"), "capture, dispersion, co2, clean"),
        (("pareto", "--axis", "clean", "--from", "0.5", "--to", "0.2"), "give a --from below --to"),
        (("pareto", "--axis", "dispersion", "--from", "0.8", "--to", "0.8"), "0.8 → 0.8"),
        (("pareto", "--axis", "co2", "--from", "1", "--to", "2"), "give a --from above --to"),
        (("pareto", "--axis", "dispersion", "--to", "nan"), "--to nan: write a number"),
        (("pareto", "--axis", "dispersion", "--to", "5"), "--to: policy.min_regional_share: got 5"),
    ],
)
def test_what_has_no_front_is_refused_before_solving(words, said, folder: Path, capsys, monkeypatch):
    def solved(*given: object) -> None:
        raise AssertionError("something is solved")

    monkeypatch.setattr("optimizer.run_pareto.Line.solve", solved)
    monkeypatch.setattr("optimizer.run_ranges._solved", solved)
    code = called(words[0], folder / "scenario.yaml", *words[1:], "-o", folder / "no")
    assert code == 2
    assert said in capsys.readouterr().err
    assert not (folder / "no").exists()
