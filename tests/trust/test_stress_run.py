"""Stress, regret and the robust plan of a real, small country, from the command line to the files."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from one_area import NOTHING, one_area_pack

from optimizer.cli import main
from optimizer.cli_stress import _WORDS
from optimizer.export.stress_folder import STRESS_TABLES


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("stress")
    one_area_pack(made, *NOTHING)
    (made / "more.yaml").write_text(
        "base: ./scenario.yaml\nname: more\ndemand: {growth_it_mw: 200}\n", "utf-8"
    )
    return made


@pytest.fixture(scope="module")
def run(folder: Path) -> Path:
    assert main(["run", str(folder / "scenario.yaml"), "--preview", "-o", str(folder / "run"), "--json"]) == 0
    return folder / "run"


def figures(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out)


def table(folder: Path, name: str) -> pd.DataFrame:
    frame = pd.read_parquet(folder / "tables" / f"{name}.parquet")
    assert list(frame.columns) == [column.name for column in STRESS_TABLES[name][1]]
    assert (folder / "tables" / f"{name}.csv").is_file()
    return frame


def test_a_run_folder_stands_in_other_weather(folder, run, capsys):
    """In its own year it costs what the run said, read back from tables; other years cost something else."""
    capsys.readouterr()
    words = ["stress", str(run), "--weather-years", "2", "--json"]
    assert main([*words, "-o", str(folder / "stress")]) == 0
    summary, said = figures(capsys), json.loads((run / "summary.json").read_text("utf-8"))
    assert summary["planned"]["cost_jpy_bn_per_a"] == pytest.approx(said["cost_jpy_bn_per_a"], rel=1e-5)
    years = table(folder / "stress", "years")
    assert len(years) == 3
    assert years["planned"].tolist() == [1, 0, 0]
    assert years["cost_jpy_bn_per_a"].nunique() == 3
    assert years["certificate"].max() <= 1e-6
    areas = table(folder / "stress", "areas")
    assert areas["shed_gwh"].sum() == pytest.approx(years["shed_gwh"].sum())
    assert areas["dc_gwh"].iloc[0] == pytest.approx(said["dc_electricity_gwh"], rel=1e-6)
    assert (folder / "stress" / "stress.ja.png").stat().st_size > 10_000
    assert (folder / "stress" / "MANIFEST.sha256").is_file()


@pytest.mark.parametrize("words", [["--weeks", "1"], ["--preview", "--weeks", "2"]])
def test_a_run_folder_keeps_its_hours(words, folder, run, capsys):
    """12 days were solved: a week is refused in both languages before anything is read, not answered with 12 days."""
    capsys.readouterr()
    target, asked = folder / "other-hours", ["stress", str(run), "--weather-years", "1", *words]
    for lang, told in (("en", "the hours it was solved for"), ("ja", "計算した時間でだけ")):
        assert main([*asked, "--lang", lang, "-o", str(target)]) == 2
        said = capsys.readouterr()
        assert told in said.err
        assert words[0] in said.err
    assert not target.exists()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["48", "--preview"], "a preview is made of single days"),
        (["168", "--weeks", "1"], "168 h or more know everything"),
        (["30", "--weeks", "1"], "whole days, e.g. 48"),
    ],
)
def test_hours_that_show_nothing_are_refused_before_anything_is_solved(
    asked, told, folder, capsys, monkeypatch
):
    """48 h of a preview's days of 24 h would be the same dispatch twice: 0 JPY, said as if something were found."""

    def solved(*given: object) -> None:
        raise AssertionError("something is solved")

    monkeypatch.setattr("optimizer.run_stress.plan_of", solved)
    words = ["stress", str(folder / "scenario.yaml"), "--lang", "en", "-o", str(folder / "nothing")]
    assert main([*words, "--foresight-hours", *asked]) == 2
    assert told in capsys.readouterr().err


def test_foresight_of_a_week_is_told(folder, capsys):
    """A country without stores loses nothing: 0.00, never -0.00."""
    target = folder / "week"
    asked = [
        "stress",
        str(folder / "scenario.yaml"),
        "--weeks",
        "1",
        "--foresight-hours",
        "24",
        "--lang",
        "en",
    ]
    assert main([*asked, "-o", str(target)]) == 0
    said = capsys.readouterr().out
    assert "24 h of foresight cost 0.00 JPY bn/a (0.000% of dispatch)" in said
    assert "dispatched over 168 h\n" in said
    assert len(table(target, "foresight")) == 1


def test_nothing_is_not_less_than_nothing():
    """A saving of 1e-9 is rounding: 0.00, not -0.00."""
    line = _WORDS["en"]["rolling"].format(hours=24, cost=-1e-9, share=-1e-12)
    assert line == "24 h of foresight cost 0.00 JPY bn/a (0.000% of dispatch)"


def test_the_hours_are_told(folder, run, capsys):
    """288 h of a preview on the console and in the summary; a plan of a week in a future of 12 days is named."""
    capsys.readouterr()
    asked = ["stress", str(run), "--preview", "--across", str(folder / "scenario.yaml")]
    assert main([*asked, "--lang", "en", "-o", str(folder / "told")]) == 0
    said = capsys.readouterr().out
    assert "dispatched over 288 h (preview: representative days)\n" in said
    assert "was made over" not in said
    summary = json.loads((folder / "told" / "summary.json").read_text("utf-8"))
    assert (summary["hours"], summary["preview"], summary["plan_hours"]) == (288, True, [288])
    asked = ["stress", str(run), "--weather-years", "1", "--lang", "ja", "-o", str(folder / "one")]
    assert main(asked) == 0
    assert "給電計算の対象 288 時間（プレビュー: 代表日）\n" in capsys.readouterr().out
    assert json.loads((folder / "one" / "summary.json").read_text("utf-8"))["hours"] == 288


def test_plans_across_futures(folder, run, capsys):
    """The plan for less load does not serve the future with more: it is told, and not picked."""
    capsys.readouterr()
    more, least = str(folder / "more.yaml"), str(folder / "scenario.yaml")
    words = ["stress", str(run), more, "--across", least, "--across", more, "--preview", "--json"]
    assert main([*words, "-o", str(folder / "regret")]) == 0
    summary = figures(capsys)
    matrix = table(folder / "regret", "matrix")
    assert len(matrix) == 4
    assert set(summary["futures"]) == {"one-area", "more"} or len(summary["futures"]) == 2
    broken = matrix[matrix["keeps_rules"] == 0]
    assert len(broken)
    assert broken["broken"].str.contains("serve_demand").any()
    own = matrix[matrix["plan"] == matrix["future"]]
    assert own["regret_jpy_bn_per_a"].abs().max() < 1e-3
    assert len(table(folder / "regret", "regret")) == 2
    assert (folder / "regret" / "regret.en.png").is_file()


def test_a_plan_of_another_country_is_said(folder, run, capsys):
    """By names of sites, not by a variable and its key."""
    target, names = folder / "abroad", pd.read_csv(folder / "island" / "sites.csv")
    asked = ["stress", str(run), "--across", "japan-2030", "--preview", "-o", str(target)]
    for lang, told in (
        ("en", "is a plan of another country: japan-2030 has no "),
        ("ja", "japan-2030 にありません"),
    ):
        assert main([*asked, "--lang", lang]) == 2
        said = capsys.readouterr().err
        assert told in said
        assert any(name in said for name in names[f"name_{lang}"])
        assert "hosted" not in said
    assert not target.exists()


def test_a_robust_plan_is_written(folder, capsys):
    capsys.readouterr()
    words = ["robust", str(folder / "scenario.yaml"), "--weather-years", "2", "--preview", "--json"]
    assert main([*words, "-o", str(folder / "robust")]) == 0
    summary = figures(capsys)
    assert summary["gap"] <= 1e-4
    sites = table(folder / "robust", "sites")
    assert sites["it_mw"].sum() == pytest.approx(summary["it_mw_built"])
    assert summary["it_mw_built"] > 50.0
    years = table(folder / "robust", "robust_years")
    assert years["cost_jpy_bn_per_a"].mean() == pytest.approx(summary["cost_jpy_bn_per_a"], rel=1e-9)
    mean = table(folder / "robust", "mean_year")
    assert mean["dc_price_jpy_per_kwh"].gt(0).all()
    # It stands in a stress test, and costs there what it cost here.
    words = ["stress", str(folder / "robust"), "--weather-years", "1", "--json"]
    assert main([*words, "-o", str(folder / "stood")]) == 0
    stood = table(folder / "stood", "years")["cost_jpy_bn_per_a"]
    assert stood.to_numpy() == pytest.approx(years["cost_jpy_bn_per_a"].to_numpy(), rel=1e-5)


@pytest.mark.parametrize(
    "words",
    [
        ["stress", "RUN"],
        ["stress", "RUN", "RUN", "--weather-years", "1"],
        ["stress", "RUN", "--foresight-hours", "30"],
        ["stress", "RUN", "--across", "SCENARIO", "--alpha", "1.5"],
        ["stress", "RUN", "--weather-years", "1", "--alpha", "1.5"],
        ["robust", "SCENARIO", "--weather-years", "2", "--measure", "best"],
        ["robust", "SCENARIO", "--weather-years", "2", "--alpha", "-1"],
        ["robust", "pathway-2035", "--weather-years", "2"],
    ],
)
def test_wrong_usage_is_said(words, folder, run, capsys):
    named = {"RUN": str(run), "SCENARIO": str(folder / "scenario.yaml")}
    target = folder / "refused"
    assert main([*(named.get(word, word) for word in words), "--preview", "-o", str(target)]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not target.exists()
