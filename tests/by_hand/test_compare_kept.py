"""What is compared and what is not: other hours, inputs one side does not keep, damaged and changed files."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from compare_toy import Toy, write_sweep, write_toy

from optimizer.analyse.compare import compare_runs
from optimizer.cli import main
from optimizer.errors import InputError
from optimizer.export.folder import write_manifest
from optimizer.scenario.compared import read_compared

OTHER = Toy(
    name="other",
    cost=103.0,
    megawatt={"N1": 20.0, "S1": 130.0, "S2": 0.0},
    headroom={"N1": 300.0, "S1": 25.0},
)


def test_other_hours_are_a_changed_input_and_prove_nothing(tmp_path, capsys):
    """Twelve days against a week: 288 h in 12 periods, 168 h in one; the same hours say nothing."""
    days, week = Toy(hours=(288, 12)), Toy(name="week", cost=90.0, hours=(168, 1))
    both = [write_toy(tmp_path / "runs" / toy.name, toy) for toy in (days, week)]
    found = compare_runs(read_compared(both)).inputs
    assert found[["kind", "name", "unit", "base", "value"]].to_numpy().tolist() == [
        ["solved", "hours", "h", "288", "168"],
        ["solved", "periods", "", "12", "1"],
    ]
    places = [str(write_toy(tmp_path / toy.name, toy)) for toy in (days, week, replace(days, name="days"))]
    words = ["compare", *places, "-o", str(tmp_path / "out"), "--lang"]
    assert main([*words, "en"]) == 0
    said = capsys.readouterr().out
    assert said.count("other hours were solved (base 12 × 24 h, run 1 × 168 h)") == 1
    assert main([*words, "ja"]) == 0
    assert "解いた時間が異なります (基準 12 × 24 h、比較 1 × 168 h)" in capsys.readouterr().out
    rows = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["runs"]
    assert [row.get("other_hours") for row in rows] == [None, True, False]
    assert [row["solved"] for row in rows] == ["12 × 24 h", "1 × 168 h", "12 × 24 h"]


FREE, TODAY = ({"policy": {"min_regional_share": 0.0, "distribution": word}} for word in ("free", "today"))


def points_of(folder: Path, asked: bool) -> list[Path]:
    """One point each of two sweeps: the same axis, and bases that differ in one key."""
    sweeps = [
        write_sweep(folder / word, [Toy(name=word, scenario=base)], asked=asked)
        for word, base in (("free", FREE), ("today", TODAY))
    ]
    for sweep in sweeps:
        for file in (sweep / "sweep.json", sweep / "runs" / f"{0:016x}" / "DONE.json"):
            told = json.loads(file.read_text("utf-8"))
            for row in (*told.get("points", ()), told):
                row["axes"] = {"finance.discount_rate": 0.03}
            file.write_text(json.dumps(told), "utf-8")
    return [sweep / "runs" / f"{0:016x}" for sweep in sweeps]


def test_points_of_two_sweeps_are_compared_in_what_they_were_asked(tmp_path):
    """The axis is alike; what differs is one key of the bases, and the files are the same."""
    found = compare_runs(read_compared(points_of(tmp_path, asked=True))).inputs
    assert found[["kind", "name", "base", "value", "state"]].to_numpy().tolist() == [
        ["scenario", "policy.distribution", "free", "today", "differs"]
    ]


def test_points_that_keep_nothing_are_unknown_not_alike(tmp_path, capsys):
    """Folders of before: two sweeps say nothing of each other's inputs; points of one differ by their axes."""
    places = points_of(tmp_path, asked=False)
    found = compare_runs(read_compared(places)).inputs
    assert found[["kind", "state"]].to_numpy().tolist() == [
        [kind, "not_compared"] for kind in ("scenario", "parameter", "file", "cell")
    ]
    words = ["compare", *map(str, places), "-o", str(tmp_path / "out"), "--lang"]
    assert main([*words, "en"]) == 0
    said = capsys.readouterr().out
    assert "inputs changed unknown" in said
    assert said.count("not compared, as one side does not keep them: scenario, parameters, files, cells") == 1
    assert main([*words, "ja"]) == 0
    assert "変わった入力 不明" in capsys.readouterr().out
    row = json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))["runs"][1]
    assert row["inputs_changed"] is None
    assert row["inputs_not_compared"] == ["scenario", "parameter", "file", "cell"]


def test_a_run_and_a_point_are_compared_in_what_both_keep(tmp_path, capsys):
    """A run keeps parameters and copies, a point scenario and hashes: one key, and one file where it differs.

    Where the files are the same nothing is left to compare; where one differs its cells are not known.
    """
    run = write_toy(tmp_path / "run", Toy(scenario=FREE))
    same = write_sweep(tmp_path / "same", [Toy(name="same", scenario=TODAY)], asked=True)
    moved = Toy(name="moved", scenario=TODAY, headroom={"N1": 300.0, "S1": 25.0})
    edited = write_sweep(tmp_path / "edited", [moved], asked=True)
    found = compare_runs(read_compared([run, same, edited])).inputs
    assert found[["run", "kind", "name", "state"]].to_numpy().tolist() == [
        ["same", "scenario", "policy.distribution", "differs"],
        ["moved", "scenario", "policy.distribution", "differs"],
        ["moved", "file", "pack/sites.csv", "differs"],
        ["moved", "parameter", "", "not_compared"],
        ["moved", "cell", "", "not_compared"],
    ]
    assert main(["compare", str(run), str(edited), "-o", str(tmp_path / "out"), "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "inputs changed 2" in said
    assert said.count("not compared, as one side does not keep them: parameters, cells") == 1


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda folder: (folder / "provenance.json").unlink(), "E315"),
        (lambda folder: (folder / "tables" / "sites.parquet").unlink(), "E377"),
        (lambda folder: (folder / "tables" / "areas.parquet").write_text("junk"), "E377  .*cannot be read"),
        (lambda folder: (folder / "tables" / "stack.parquet").write_bytes(b"PAR1"), "E377  .*cannot be read"),
        (lambda folder: (folder / "summary.json").write_text("{}"), "E377"),
        (lambda folder: (folder / "summary.json").write_text("["), "E377"),
        (lambda folder: (folder / "years" / "2030").mkdir(parents=True), "E377"),
    ],
)
def test_what_is_not_a_run_is_named(tmp_path, spoil, code):
    folder = write_toy(tmp_path / "run", Toy())
    spoil(folder)
    with pytest.raises(InputError, match=code):
        read_compared([folder])


@pytest.mark.parametrize("file", ["tables/sites.parquet", "summary.json", "provenance.json"])
def test_a_file_that_was_changed_is_refused_by_name(tmp_path, file):
    """The manifest knows every file read; what it does not match is a changed folder, readable or not."""
    folder, other = (write_toy(tmp_path / toy.name, toy) for toy in (Toy(), OTHER))
    write_manifest(folder)
    assert len(read_compared([folder])) == 1
    (folder / file).write_bytes((other / file).read_bytes())
    with pytest.raises(InputError, match=f"{file}  E378  .*the folder was changed"):
        read_compared([folder])


def test_a_changed_point_is_refused(tmp_path):
    place = write_sweep(tmp_path / "sweep", [Toy()], asked=True) / "runs" / f"{0:016x}"
    write_manifest(place)
    assert len(read_compared([place])) == 1
    (place / "asked.json").write_text('{"scenario": {}}', "utf-8")
    with pytest.raises(InputError, match=r"asked\.json  E378"):
        read_compared([place])


def test_without_copies_cells_are_not_compared(tmp_path):
    """A run whose inputs/ was deleted: its hashes still say which file differs, nobody knows where."""
    places = [write_toy(tmp_path / toy.name, toy) for toy in (Toy(), OTHER)]
    shutil.rmtree(places[1] / "inputs")
    rows = compare_runs(read_compared(places)).inputs
    cells = rows[rows["kind"] == "cell"]
    assert cells[["name", "state"]].to_numpy().tolist() == [["", "not_compared"]]
    assert rows["name"].to_list().count("pack/sites.csv") == 1
