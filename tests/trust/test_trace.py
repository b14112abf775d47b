"""One command from a figure to the line it rests on; and what `sources` says to those who give something else."""

import json
import shutil
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.scenario.load import load_scenario
from optimizer.scenario.sources import sources_of

PACK = read_pack(find_pack("japan"))
SHARES = {"assumed_share_of_cost": 0.91, "assumed_share_of_capture": 0.83}
LINES = [
    {"kind": "cost", "line": "building", "jpy_bn_per_a": 1664.4, "assumed_share": 1.0, "figures": []},
    {"kind": "cost", "line": "fuel", "jpy_bn_per_a": -33.0, "assumed_share": 0.0, "figures": []},
]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A run folder of hand-written results beside true copies of the inputs."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    loaded = load_scenario("japan-2030", ["parameters.pue_cap=1.7"])
    shutil.copytree(PACK.folder, folder / "inputs" / "data" / "japan")
    shutil.copy(PACK.folder.parent / "parameters.csv", folder / "inputs" / "data")
    (folder / "inputs" / "scenario.resolved.yaml").write_text(loaded.resolved_yaml(), "utf-8")
    parameters = PACK.parameters.reset_index().astype(object).to_dict("records")
    for row in parameters:
        if row["name"] == "pue_cap":
            row |= {"value": 1.7, "grade": "assumed", "source": "scenario 'japan-2030'"}
    provenance = {
        "pack": "japan", "scenario": loaded.resolved, "parameters": parameters,
        "sources": sources_of(PACK.hashes, PACK.folder.parent), "rests_on": SHARES | {"lines": LINES},
    }  # fmt: skip
    (folder / "provenance.json").write_text(json.dumps(provenance, default=str), "utf-8")
    summary = {"cost_jpy_bn_per_a": 2251.4, "it_mw_by_area": {"tokyo": 1900.0}, "gap": 2e-6,
               "capture": {"base": {"net_jpy_bn": 320.2}}}  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
    (folder / "tables").mkdir()
    (folder / "tables" / "sites.csv").write_text(
        "site,area,it_mw\nJP-01,hokkaido,338.5\nJP-12,tokyo,0\n", "utf-8-sig"
    )
    (folder / "tables" / "pathway.csv").write_text(
        "year,site,area,it_mw,new_it_mw\n2027,JP-01,hokkaido,150,150\n2030,JP-01,hokkaido,338.5,188.5\n",
        "utf-8",
    )
    (folder / "tables" / "pathway_prices.csv").write_text(
        "equation,year,index,price\nnot_before_lead_time,2027,line / hokkaido-tohoku,812.5\n"
        "within_site_build_rate,2030,JP-01,950\nbuild_is_kept,2030,it / JP-01 / domestic,70\n",
        "utf-8",
    )
    return folder


def asked(run: Path, name: str, capsys, *more: str) -> dict:
    assert main(["sources", str(run), "--number", name, "--json", "--lang", "en", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_cell_leads_to_its_own_lines(run, capsys):
    """Hokkaido: 500 MW of headroom stand in line 2 of sites.csv; without the key all 47 rows would be listed."""
    found = asked(run, "sites.it_mw:JP-01", capsys)
    assert (found["value"], found["unit"], found["file"]) == ("338.5", "MW", "tables/sites.csv:2")
    (headroom,) = [one for one in found["inputs"] if one["name"] == "sites.headroom_mw"]
    own = [row for row in headroom["rows"] if row["own"]]
    assert own == [{"line": 2, "key": "JP-01", "value": "500", "own": True}]
    assert (headroom["file"], headroom["grade"], headroom["unit"]) == (
        "inputs/data/japan/sites.csv", "assumed", "MW",
    )  # fmt: skip
    assert "japan_sites, Candidate sites" in headroom["source"]
    (steps,) = [one for one in found["inputs"] if one["name"] == "reinforcements.size_mw"]
    assert [row["line"] for row in steps["rows"] if row["own"]] == [2, 3, 4]
    assert "docs/formulation.md#within_grid_headroom" in found["laws"]
    first = [any(row["own"] for row in one["rows"]) for one in found["inputs"]]
    assert first == sorted(first, reverse=True), "its own rows come first"


def test_a_cell_of_a_pathway_leads_to_its_lines(run, capsys):
    """New in Hokkaido by 2030: 188.5 in line 3 of its table; its headroom, its lead times and the law that keeps it."""
    found = asked(run, "pathway.new_it_mw:2030,JP-01", capsys)
    assert (found["value"], found["unit"], found["file"]) == ("188.5", "MW", "tables/pathway.csv:3")
    (headroom,) = [one for one in found["inputs"] if one["name"] == "sites.headroom_mw"]
    assert [row["key"] for row in headroom["rows"] if row["own"]] == ["JP-01"]
    assert "docs/formulation.md#build_is_kept" in found["laws"]


@pytest.mark.parametrize(
    ("cell", "value", "law"),
    [
        ("within_site_build_rate,2030,JP-01", "950", "within_site_build_rate"),
        ("build_is_kept,2030,it / JP-01 / domestic", "70", "build_is_kept"),
    ],
)
def test_a_price_between_years_leads_to_its_law_and_site(run, capsys, cell, value, law):
    found = asked(run, f"pathway_prices.price:{cell}", capsys)
    assert found["value"] == value
    assert found["laws"] == [f"docs/formulation.md#{law}"]
    (headroom,) = [one for one in found["inputs"] if one["name"] == "sites.headroom_mw"]
    assert [row["key"] for row in headroom["rows"] if row["own"]] == ["JP-01"]


def test_lines_are_those_of_the_files(run, capsys):
    """Every value is read back from the line named: an offset of one would be seen in the first row."""
    found = asked(run, "cost_jpy_bn_per_a", capsys)
    checked = 0
    for one in found["inputs"]:
        lines = (run / one["file"]).read_text("utf-8").splitlines()
        for row in one["rows"] if not one["name"].startswith("scenario ") else []:
            text = lines[row["line"] - 1]
            assert row["key"].split(", ")[0] in text
            assert row["value"] in text or float(row["value"]) in _numbers(text)
            checked += 1
    assert checked > 1000
    assert found["assumed_share"] == 0.91
    assert sum(found["grades"].values()) == len(found["inputs"])


def _numbers(text: str) -> list[float]:
    cells = [cell.strip() for cell in text.replace(":", ",").split(",")]
    return [float(cell) for cell in cells if cell.replace(".", "", 1).replace("-", "", 1).isdigit()]


def test_a_choice_of_the_scenario_is_named_with_its_line(run, capsys):
    found = {one["name"]: one for one in asked(run, "cost_jpy_bn_per_a", capsys)["inputs"]}
    growth = found["scenario demand.growth_it_mw"]
    line = (run / growth["file"]).read_text("utf-8").splitlines()[growth["rows"][0]["line"] - 1]
    assert line.strip() == "growth_it_mw: 4400.0"
    assert growth["grade"] == "scenario"
    assert found["pue_cap"]["file"] == "inputs/scenario.resolved.yaml", "the scenario's own 1.7"
    assert found["pue_cap"]["rows"][0]["value"] == "1.7"
    assert found["pue_floor"]["file"] == "inputs/data/parameters.csv"
    assert "fibre_links.capacity_gbps" not in found, "leased fibre: the graph of links does not count"
    assert "scenario network.route_factor" not in found, "null: taken from the pack, which is listed"


def test_an_area_of_the_summary_and_words_of_the_plain_text(run, capsys):
    found = asked(run, "it_mw_by_area.tokyo", capsys)
    (fleets,) = [one for one in found["inputs"] if one["name"] == "fleets.capacity_mw"]
    assert {row["key"].split(", ")[0] for row in fleets["rows"] if row["own"]} == {"tokyo"}
    assert asked(run, "it_mw_by_area:tokyo", capsys)["value"] == found["value"] > 0, "a colon as with tables"
    assert main(["sources", str(run), "--number", "cost_jpy_bn_per_a", "--lang", "en"]) == 0
    text = capsys.readouterr().out
    assert "cost_jpy_bn_per_a = 2,251.4 JPY bn/a" in text
    assert "91.0% of it rests on assumed figures" in text
    assert "inputs/data/japan/sites.csv:2-48  sites.headroom_mw, 47 rows, 10 … 1300 MW" in text
    assert main(["sources", str(run), "--number", "gap", "--lang", "ja"]) == 0
    assert "入力に基づかない" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cost_jpy_bn_per", 'Did you mean "cost_jpy_bn_per_a"'),
        ("sites.it_nw", 'Did you mean "sites.it_mw"'),
        ("sites.it_mw:JP-011", 'no row with site=JP-011. Did you mean "JP-01"'),
        ("it_mw_by_area.tokio", "has no 'tokio'"),
        ("net_jpy_bn", 'Did you mean "capture.base.net_jpy_bn"'),
        ("capture.net_jpy_bn", "has no 'net_jpy_bn' there; it has base"),
        ("flows.served_it_mw", "tables/flows.csv is not in this run"),
    ],
)
def test_an_unknown_figure_is_met_with_the_nearest(run, capsys, name, said):
    assert main(["sources", str(run), "--number", name, "--lang", "en"]) == 2
    assert said in capsys.readouterr().err


def test_a_figure_needs_a_run(capsys):
    assert main(["sources", "--number", "gap"]) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nowhere", "no such folder; give one written by `wattbit run`. Runs here: runs/mine."),
        ("runs/mine/tables", "this lies inside a run; give its folder: runs/mine"),
        ("runs/mine/summary.json", "this lies inside a run; give its folder: runs/mine"),
        ("japan", "this is a data pack, not a run"),
        ("japan-2030", "this is a scenario, not a run; solve it first: wattbit run japan-2030"),
        ("mine.yaml", "this is a scenario, not a run; solve it first: wattbit run mine.yaml"),
        (".", "not a run folder, its provenance.json cannot be read: No such file or directory"),
    ],
)
def test_what_is_not_a_run_is_called_what_it_is(run, monkeypatch, capsys, given, said):
    """Before, each of these said only that provenance.json cannot be read."""
    monkeypatch.chdir(run.parents[1])
    if not Path("runs").exists():
        Path("runs").symlink_to(run.parent)
    assert main(["sources", given, "--lang", "en"]) == 3
    told = capsys.readouterr().err
    assert "E315" in told
    assert said in told
