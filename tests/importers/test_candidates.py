"""Announced projects as sites: what they take from their prefecture, what they leave, and whose they are."""

import importlib.util
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.cli import main
from optimizer.errors import InputError
from optimizer.inputs.candidates import FinerPack, drawn_for, outlines_of, with_sites, year_of_sites
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.milestones import HourlyYear
from optimizer.scenario.load import load_scenario

PACK = read_pack(find_pack("japan"))
FINER = with_sites(PACK, "candidates")
SITES, WHOLE = FINER.tables["sites"], PACK.tables["sites"]
TABLE = pd.read_csv(PACK.folder / "candidate_sites.csv").set_index("site")
SCRIPT = Path(__file__).parents[2] / "data" / "make" / "japan_candidates.py"


def test_the_sites_are_made_from_the_projects():
    """On paper: 697 MW counted as IT, 5,335 MW at the connection, 17 towns; Sakai is two projects, 90 + 250 MW."""
    spec = importlib.util.spec_from_file_location("japan_candidates", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    made = script.sites(pd.read_csv(PACK.folder / "candidates.csv")).set_index("site")
    pd.testing.assert_frame_equal(made, TABLE)
    assert len(TABLE) == 17
    assert TABLE[["it_mw", "receiving_mw"]].sum().to_dict() == {"it_mw": 697.0, "receiving_mw": 5335.0}
    assert TABLE.at["JP-27-sakai", "receiving_mw"] == 340.0
    assert TABLE.at["JP-27-sakai", "projects"] == "osaka-sakai-dc sakai-ai-dc"


def test_each_town_takes_from_its_prefecture_and_no_more():
    parents = pd.Series(FINER.parents)
    limit = SITES["site_limit_mw"].groupby(parents).sum()
    np.testing.assert_allclose(limit, WHOLE["site_limit_mw"], rtol=1e-9)
    assert SITES.at["JP-16-nanto", "site_limit_mw"] == 400.0, "announced 3,100; Toyama can build 400 by 2030"
    assert SITES.at["JP-16-nanto", "headroom_mw"] == pytest.approx(3100 * 400 / (3100 / 1.2))
    assert SITES.at["JP-16", "site_limit_mw"] == 0.0
    assert SITES.at["JP-08-tsukuba", "site_limit_mw"] == pytest.approx(1000 / 1.2)
    assert SITES.at["JP-40", "headroom_mw"] == 430 - 300 - 120
    assert SITES.at["JP-27", "headroom_mw"] == 0.0, "announced 790, spare 260: not less than nothing"
    assert SITES["existing_it_mw"].sum() == WHOLE["existing_it_mw"].sum()
    untouched = WHOLE.index.difference(pd.Index(TABLE.index.str[:5]))
    pd.testing.assert_frame_equal(SITES.loc[untouched], WHOLE.loc[untouched])


def test_weather_stock_and_renewables_stay_with_the_prefecture():
    """Drawn for 64 sites instead of 47 the same seed would give another year, and no plan could be compared."""
    assert drawn_for(FINER) is PACK
    assert drawn_for(PACK) is PACK
    old, new = (pack.tables["renewable_potential"]["potential_mw"] for pack in (PACK, FINER))
    assert new.sum() == old.sum()
    assert new["JP-12-inzai"].sum() == 0.0
    cf = np.arange(47.0)[:, None, None] * np.ones((47, 3, 2))
    year = HourlyYear(pd.DatetimeIndex([]), *(np.zeros((1, 1)),) * 2, np.zeros((1, 1, 1)), cf, cf[:, 0])
    finer = year_of_sites(year, FINER)
    at = SITES.index.get_loc("JP-12-inzai")
    assert (finer.site_cf[at] == WHOLE.index.get_loc("JP-12")).all()
    assert finer.temperature_c.shape == (64, 2)
    assert year_of_sites(year, PACK) is year


def test_a_run_names_the_table_it_rests_on_and_others_do_not():
    assert set(FINER.hashes) - set(PACK.hashes) == {"japan/candidate_sites.csv"}
    assert isinstance(FINER, FinerPack)
    assert with_sites(PACK, "pack") is PACK


def test_every_site_has_an_outline_and_none_overlap():
    shapes = outlines_of(FINER).sites.geometry
    assert list(shapes.index) == list(SITES.index)
    assert shapes.is_valid.all()
    assert shapes["JP-08"].intersection(shapes["JP-08-tsukuba"]).area < 1e-9


def test_the_mix_of_the_scenario_is_that_of_the_announcements():
    """2,960 of 6,938 MW as announced, the rest as in japan-2030; a new table of candidates changes the mix."""
    scenario = load_scenario("candidates-2030").scenario
    assert scenario.sites == "candidates"
    announced = SITES.loc[TABLE.index, "site_limit_mw"]
    assert announced.sum() == pytest.approx(2959.5, abs=0.1)
    part = announced.sum() / 6938.46
    default = {"domestic": 0.30, "platform": 0.10, "leased": 0.20, "foreign": 0.40}
    for mode, share in default.items():
        own = (announced * TABLE[f"{mode}_share"]).sum() / announced.sum() if mode != "platform" else 0.0
        expected = part * own + (1 - part) * share
        assert scenario.policy.mode_bounds(mode) == (pytest.approx(expected, abs=0.0075),) * 2


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("domestic_share", 0.5, "E337"),
        ("site", "JP-01", "E333"),
        ("lon", 150.0, "E393"),
        ("it_mw", -1, "E332"),
    ],
)
def test_a_wrong_table_is_refused_by_line(tmp_path, column, value, code):
    folder = tmp_path / "japan"
    shutil.copytree(PACK.folder, folder)
    table = pd.read_csv(folder / "candidate_sites.csv", dtype={column: object})
    table.loc[0, column] = value
    table.to_csv(folder / "candidate_sites.csv", index=False)
    copy = FinerPack(**{**vars(PACK), "folder": folder}, coarse=PACK, parents={})
    with pytest.raises(InputError) as caught:
        with_sites(copy, "candidates")
    assert code in [problem.code for problem in caught.value.problems]
    assert all(":2" in problem.place for problem in caught.value.problems)


def test_a_pack_without_candidates_says_so(tmp_path, capsys):
    """Said by `validate` already, with the line that asks for them."""
    file = tmp_path / "mine.yaml"
    file.write_text("base: germany-2030\nsites: candidates\n", "utf-8")
    assert main(["validate", str(file), "--lang", "en"]) == 3
    assert "mine.yaml:2:8  E321" in (said := capsys.readouterr().err)
    assert "candidate_sites.csv" in said
