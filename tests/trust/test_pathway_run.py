"""A pathway as a planner meets it: what a scenario may say, the tables, the folder, the figures' traces."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from export_fixtures import toy_record
from pathway_toy import pathway, rules_of
from toy import change, toy

from optimizer.analyse.pathway import mean_resting, pathway_figures, pathway_tables
from optimizer.analyse.plan import make_plan
from optimizer.cli_pathway import year_lines
from optimizer.errors import InputError
from optimizer.export.folder import MANIFEST, files_under
from optimizer.export.pathway import PathwayRecord, write_pathway
from optimizer.finance import year_weights, years_discounted
from optimizer.run_pathway import of_year
from optimizer.run_pathway import rules_of as rules_of_scenario
from optimizer.scenario.load import load_scenario
from optimizer.scenario.pathway_tables import PATHWAY_TABLES
from optimizer.scenario.traces import trace_of

BASE = "base: pathway-2035\npathway:\n  "


def refused(tmp_path: Path, text: str) -> str:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as found:
        load_scenario(str(file))
    return found.value.problems[0].line()


@pytest.mark.parametrize(
    ("keys", "code", "words"),
    [
        ("years: [2030, 2027, 2035]", "E306", "2027 does not come after 2030"),
        ("years: [2030, 2030, 2035]", "E306", "2030 does not come after 2030"),
        ("start_year: 2027", "E306", "2027 does not come after 2027"),
        ("years: [2027, 2030, 2061]", "E306", "2061 is beyond the years from 2025 to 2060"),
        ("years: [2024, 2030, 2035]", "E306", "2024 is beyond"),
        ("years: [2027, 2030]", "E306", "3 values for 2 years"),
        ("growth_it_mw: [2200, 4400, 2200]", "E306", "falls from 4400 to 2200"),
        ("lead_a: {tidal: 3}", "E301", "tidal"),
        ("parameters: {co2_price_jpy_per_t: [3000, 4000]}", "E306", "2 values for 3 years"),
        ("parameters: {solar_capex_jpy_k_per_kw: [1, 2, 3]}", "E301", "solar_capex_jpy_k_per_kw"),
        ("site_rate_mw_per_a: 0", "E304", "0"),
    ],
)
def test_a_pathway_that_cannot_be_is_named_with_its_line(tmp_path, keys, code, words):
    line = refused(tmp_path, BASE + keys + "\n")
    assert code in line
    assert words in line
    assert re.search(r"mine\.yaml:[23]:", line)


def test_a_pathway_is_for_serving(tmp_path):
    text = "base: pathway-2035\ngoal: capture\naim: {capture_share: 0.1}\n"
    told = refused(tmp_path, text)
    assert "pathway: is for goal: serve" in told
    assert "for capture write pathway: null and one target year" in told, "what to do instead"
    assert "years/YEAR/summary.json" in told
    advice = ["pathway=null", "year=2030", "goal=capture", "aim.capture_share=0.05"]
    assert load_scenario("pathway-2035", advice).scenario.pathway is None, "the advice works"
    halls = "base: pathway-2035\nsolve: {block_mw: 50}\n"
    assert "pathway: is for halls of any size" in refused(tmp_path, halls)


def test_each_year_is_a_scenario_of_its_own():
    """4,400 MW are those of 2030, counted from the start; 4.4 GW more than 2027's would be 6,600."""
    loaded = load_scenario("pathway-2035")
    one = of_year(loaded, 2030)
    assert (one.scenario.year, one.scenario.demand.growth_it_mw) == (2030, 4400)
    assert one.scenario.pathway is None
    assert one.scenario.name == "pathway-2035-2030"
    assert one.scenario.parameters == {}
    assert of_year(load_scenario("pathway-carbon"), 2030).scenario.parameters == {"co2_price_jpy_per_t": 3377}
    rules = rules_of_scenario(loaded.scenario.pathway, 0.04)
    assert rules.site_rate_gw_per_a == pytest.approx(0.15)
    assert sum(rules.weight.values()) == pytest.approx(1.0)
    assert rules.weight[2027] == pytest.approx(
        years_discounted([2027, 2030, 2035], 0.04)[2027] / 10.3851, rel=1e-4
    )


def test_a_value_of_the_year_counts_before_those_of_all_years():
    """3,914 JPY/t in 2035 though `grid` says 9,000 and `parameters` 8,000; without it the pathway's year would have 9,000."""
    sets = ["grid.co2_price_jpy_per_t=9000", "parameters.co2_price_jpy_per_t=8000"]
    year = of_year(load_scenario("pathway-carbon", sets), 2035).scenario
    assert year.grid.co2_price_jpy_per_t is None
    assert year.parameters["co2_price_jpy_per_t"] == 3914
    none = of_year(load_scenario("pathway-2035", sets), 2035).scenario
    assert none.grid.co2_price_jpy_per_t == 9000


def two_sites():
    """A1 costs 100, A2 110; 0.5 GW/a each; 0.9 GW in 2027, 3.5 in 2030 (solved by hand in tests/by_hand)."""
    sites = change(toy(sites={"A1": "A", "A2": "A"}), "sites.building_jpy_bn_per_gw_a", [100.0, 110.0])
    sites = change(sites, "operator_mix.min_share", {("general", "domestic"): 1.0})
    years = {2027: change(sites, "demand.demand_gw", 0.9), 2030: change(sites, "demand.demand_gw", 3.5)}
    rules = rules_of(years, site_rate_gw_per_a=0.5)
    whole, each = pathway(years, rules)
    return rules, whole, {year: make_plan(inputs, each[year]) for year, inputs in years.items()}


@pytest.fixture(scope="module")
def solved():
    return two_sites()


def test_tables_say_what_is_new_and_what_waiting_costs(solved):
    """A1: 900 MW, then 1,500 new, 2,400 in all; one more kW there by 2030 is worth 10,000 JPY/a."""
    rules, whole, plans = solved
    tables = pathway_tables(plans, whole, rules.weight)
    sites = tables["pathway"].set_index(["year", "site"])
    assert sites["it_mw"].to_dict() == pytest.approx(
        {(2027, "A1"): 900.0, (2027, "A2"): 0.0, (2030, "A1"): 2400.0, (2030, "A2"): 1100.0}, abs=1e-6
    )
    assert sites.loc[(2030, "A1"), "new_it_mw"] == pytest.approx(1500.0)
    assert sites.loc[(2027, "A1"), "new_it_mw"] == pytest.approx(900.0)
    assert sites["waiting_jpy_per_kw_a"].to_dict() == pytest.approx(
        {(2027, "A1"): 0.0, (2027, "A2"): 0.0, (2030, "A1"): 10_000.0, (2030, "A2"): 0.0}, abs=1e-3
    )
    prices = tables["pathway_prices"]
    row = prices[prices["equation"] == "within_site_build_rate"].iloc[0]
    assert (row["year"], row["index"], row["unit"]) == (2030, "A1", "JPY/kW/a")
    assert row["price"] == pytest.approx(10_000.0)
    assert not (prices["index"].str.contains("battery")).any(), "nothing was built: no price of keeping it"


def test_figures_add_up(solved):
    """Present value: 3 years at 168.84 and 3 at 667.6 without discount are 2,509.32; the mean year costs 418.22."""
    rules, whole, plans = solved
    years = list(plans)
    summaries = {year: plan.figures for year, plan in plans.items()}
    figures = pathway_figures(whole, summaries, rules.weight, years_discounted(years, 0.0))
    assert figures["cost_jpy_bn_per_a"] == pytest.approx(418.22)
    assert figures["present_value_jpy_bn"] == pytest.approx(2509.32)
    assert figures["weight_by_year"] == {"2027": 0.5, "2030": 0.5}
    assert figures["gap"] <= 1e-6
    assert [key for key in figures if trace_of(key) is None] == []
    assert trace_of("years.2030.it_mw_built") == trace_of("it_mw_built")
    assert trace_of("years.2030.capture.base.net_jpy_bn") == trace_of("capture.low.net_jpy_bn")
    assert trace_of("years.2030.tomorrow") is None


def test_what_the_mean_year_rests_on_is_weighted_by_yen():
    """0.5 · 100 at 80 % and 0.5 · 300 at 40 % are 200 at 50 %; unweighted the share would be 60 %."""

    def line(jpy: float, share: float) -> dict[str, object]:
        return {
            "kind": "cost",
            "line": "building",
            "jpy_bn_per_a": jpy,
            "assumed_share": share,
            "figures": [],
        }

    lines = {2027: [line(100.0, 0.8)], 2030: [line(300.0, 0.4)]}
    shares, merged = mean_resting(lines, {2027: 0.5, 2030: 0.5})
    assert shares == {"assumed_share_of_cost": pytest.approx(0.5)}
    assert merged[0]["jpy_bn_per_a"] == pytest.approx(200.0)
    assert merged[0]["assumed_share"] == pytest.approx(0.5)


def record_of(lang: str = "en") -> PathwayRecord:
    one = toy_record(hours=48, lang=lang)
    one = replace(one, summary=one.summary | {"regional_share": 0.5})
    plans = {2027: one.plan, 2030: one.plan}
    weight = year_weights(list(plans), 0.04)
    _, whole, _ = two_sites()
    tables = pathway_tables(
        plans, replace(whole, siting_duals={}, programme=replace(whole.programme, equations={})), weight
    )
    return PathwayRecord(
        years={2027: one, 2030: one},
        tables=tables,
        summary={"scenario": "toy", "status": "optimal", "years": {"2027": one.summary, "2030": one.summary}},
        scenario="name: toy\n",
        title={"en": "Toy <b>path</b>", "ja": "道筋"},
        statistics=dict,
    )


def test_the_folder_holds_every_year_and_what_ties_them(tmp_path):
    folder = tmp_path / "run"
    record = record_of()
    write_pathway(record, folder)
    names = set(files_under(folder))
    for year in (2027, 2030):
        for name in (
            "index.html",
            "summary.xlsx",
            "summary.json",
            "tables/sites.csv",
            "maps/plan.gpkg",
            "provenance.json",
        ):
            assert f"years/{year}/{name}" in names
    for table, columns in PATHWAY_TABLES.items():
        frame = pd.read_parquet(folder / "tables" / f"{table}.parquet")
        assert list(frame.columns) == [column.name for column in columns]
    assert {
        "figures/build-up.en.png",
        "figures/build-up.ja.svg",
        "datapackage.json",
        "provenance.json",
    } <= names
    lines = dict(reversed(line.split("  ", 1)) for line in (folder / MANIFEST).read_text().splitlines())
    assert set(lines) == names - {MANIFEST}
    assert (
        hashlib.sha256((folder / "years/2030/summary.json").read_bytes()).hexdigest()
        == lines["years/2030/summary.json"]
    )
    assert json.loads((folder / "summary.json").read_text("utf-8"))["status"] == "optimal"
    page = (folder / "index.html").read_text("utf-8")
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert 'href="years/2030/index.html"' in page
    assert "<script" not in page
    write_pathway(record, folder)  # a run of ours is replaced


def test_a_line_for_each_year():
    summary = {
        "it_mw_built": 6938.4, "regional_share": 0.73, "cost_jpy_bn_per_a": 2211.2,
        "capture": {"base": {"net_jpy_bn": 314.6}},
    }  # fmt: skip
    [(year, text)] = year_lines({"2030": summary}, "en")
    assert year == "2030"
    assert (
        text
        == "IT capacity 6,938 MW · outside the metropolises 73 % · 2,211 JPY bn/a · net capture 315 JPY bn/a"
    )
    assert "十億円/年" in year_lines({"2030": summary}, "ja")[0][1]
