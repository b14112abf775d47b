"""`wattbit init DIR` leaves a folder that runs as it is, from anywhere, and touches nothing that is there."""

import json
import shutil
from pathlib import Path

import pytest

from optimizer.cli import main
from optimizer.inputs.pack import read_pack
from optimizer.scenario.load import load_scenario
from optimizer.scenario.sources import load_sources, sources_of
from optimizer.scenario.tables import LIMIT_TABLES, OPTIONAL_TABLES


@pytest.fixture(scope="module")
def start(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("init") / "My Plan"
    assert main(["init", str(folder)]) == 0
    return folder


def test_folder_is_complete_and_registered(start):
    assert {path.name for path in start.iterdir()} == {
        "japan", "parameters.csv", "scenario.schema.json", "scenario.yaml", "sources.toml",
    }  # fmt: skip
    pack = read_pack(start / "japan")
    files = {source.file: source.sha256 for source in load_sources(start)}
    for table in set(OPTIONAL_TABLES) - set(LIMIT_TABLES):
        assert files.pop(f"japan/{table}.csv"), "registered, but no plan of the first scenario rests on it"
    assert set(pack.hashes) == set(files)
    assert pack.hashes == files


def test_a_table_that_was_changed_is_no_longer_vouched_for(start, tmp_path):
    """Its register still says published; without this the page would, too."""
    folder = tmp_path / "mine"
    shutil.copytree(start, folder)
    path = folder / "japan" / "areas.csv"
    path.write_text(path.read_text("utf-8").replace("Nagoya", "Toyota"), "utf-8")
    shutil.copy(path, folder / "japan" / "holidays_of_mine.csv")
    entries = {entry["file"]: entry for entry in sources_of(read_pack(folder / "japan").hashes, folder)}
    assert (entries["japan/areas.csv"]["grade"], entries["japan/areas.csv"]["title"]) == (
        "assumed",
        "changed by the user",
    )
    assert entries["japan/holidays_of_mine.csv"]["title"] == "not registered"
    assert entries["japan/accounts.csv"]["grade"] == "published", "untouched, and still vouched for"


def test_scenario_is_valid_from_any_folder(start, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = load_scenario(str(start / "scenario.yaml"))
    assert loaded.scenario.name == "my-plan"
    assert main(["validate", str(start / "scenario.yaml")]) == 0
    shutil.move(start / "japan", start / "moved")
    try:
        assert main(["validate", str(start / "scenario.yaml")]) == 3
    finally:
        shutil.move(start / "moved", start / "japan")


def test_commented_keys_of_the_scenario_are_real(start, tmp_path):
    """Take the # away, as the file says, and it still loads."""
    text = (start / "scenario.yaml").read_text("utf-8")
    head, tail = text.split("# Take the # away to change a value.\n")
    opened = "".join(line.removeprefix("# ") for line in tail.splitlines(keepends=True))
    (start / "open.yaml").write_text(head + opened, "utf-8")
    assert load_scenario(str(start / "open.yaml")).scenario.policy.min_regional_share == 0.4
    (start / "open.yaml").unlink()


def test_what_is_there_is_left_alone(start, tmp_path, capsys):
    assert main(["init", str(start)]) == 2
    assert "not empty" in capsys.readouterr().err
    assert main(["init", str(tmp_path / "x"), "--template", "ods"]) == 2
    assert main(["init", str(tmp_path / "x"), "--pack", "atlantis"]) == 3
    assert list(tmp_path.iterdir()) == [], "nothing half-made is left behind"
    (tmp_path / "empty").mkdir()
    assert main(["init", str(tmp_path / "empty")]) == 0


@pytest.mark.full
def test_it_runs_at_once(start, tmp_path, capsys):
    words = [
        "run",
        str(start / "scenario.yaml"),
        "--preview",
        "--json",
        "-o",
        str(tmp_path / "run"),
        "--workers",
        "1",
    ]
    assert main(words) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["status"], summary["sites"]) == ("optimal", 47)
    assert (tmp_path / "run/index.html").is_file()
