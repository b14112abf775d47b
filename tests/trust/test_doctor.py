"""The doctor: shipped packs are fit to run, and each planted fault is found, by name, with what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from optimizer.cli import main
from optimizer.inputs.doctor import LEVELS, Finding, examine
from optimizer.scenario.sources import shipped_folder

DATA = shipped_folder("data")
Edit = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A writable copy of the smaller pack, with parameters and register above it."""
    folder = tmp_path / "data" / "germany"
    shutil.copytree(DATA / "germany", folder)
    for name in ("parameters.csv", "sources.toml"):
        shutil.copy(DATA / name, folder.parent / name)
    return folder


def edit(path: Path, change: Edit) -> None:
    change(pd.read_csv(path, keep_default_na=False)).to_csv(path, index=False)


def times(column: str, factor: float) -> Edit:
    return lambda table: table.assign(**{column: table[column] * factor})


def found(findings: list[Finding], topic: str, level: str) -> list[Finding]:
    return [one for one in findings if (one.topic, one.level) == (topic, level)]


@pytest.mark.parametrize("name", sorted(path.parent.name for path in DATA.glob("*/areas.csv")))
def test_nothing_is_wrong_with_a_shipped_pack(name: str) -> None:
    findings = examine(DATA / name)
    assert [one for one in findings if one.level == "wrong"] == []
    assert {one.topic for one in findings} == {
        "tables", "outlines", "adequacy", "headroom", "renewables", "hours", "sizes", "interties", "demand",
        "latency", "money", "grades",
    }  # fmt: skip
    assert all(one.level in LEVELS and one.message and one.message_ja for one in findings)
    assert all(one.advice and one.advice_ja for one in findings if one.level == "look")


def test_the_island_is_named() -> None:
    (island,) = found(examine(DATA / "japan"), "interties", "look")
    assert "okinawa" in island.message


FAULTS: list[tuple[str, Edit, str, str, str]] = [
    ("fleets.csv", times("capacity_mw", 0.3), "adequacy", "wrong", "fleets.csv"),
    ("fleets.csv", lambda t: t.assign(fleet=t["fleet"].replace("abroad", "import")), "sizes", "wrong", "import"),
    ("fleets.csv", times("cost_jpy_per_kwh", 20.0), "sizes", "look", "cost_jpy_per_kwh"),
    ("sites.csv", times("headroom_mw", 20.0), "headroom", "look", "spare grid capacity"),
    ("sites.csv", times("site_limit_mw", 10.0), "headroom", "look", "DE-BB"),
    ("sites.csv", times("building_jpy_m_per_mw", 0.01), "sizes", "look", "building_jpy_m_per_mw"),
    ("sites.csv", lambda t: t.assign(lon=t["lon"].where(t["site"] != "DE-SN", 7.0)), "outlines", "look", "DE-SN"),
    ("renewable_potential.csv", times("potential_mw", 20.0), "renewables", "look", "solar"),
    ("renewable_potential.csv", times("cf_annual", 0.5), "renewables", "look", "DE-BB solar"),
    ("storage.csv", lambda t: t.assign(charge_efficiency=0.5, discharge_efficiency=0.5), "sizes", "look", "round-trip"),
    ("interties.csv", lambda t: t[~(t["intertie"].str.contains("east")) | t["intertie"].str.contains("south_east")
                                  & ~t["intertie"].str.startswith("east")], "interties", "look", "east"),
    ("nodes.csv", times("population_persons", 0.001), "demand", "look", "per head"),
    ("workloads.csv", lambda t: t.assign(rtt_limit_ms=0.4), "latency", "wrong", "no site reaches"),
    ("parameters.csv", lambda t: t.assign(
        value=t["value"].where(t["name"] != "S_cloud_2025", 30.0), high=t["high"].where(t["name"] != "S_cloud_2025", 40.0)
    ), "money", "wrong", "outflow"),
    ("sites.csv", lambda t: t, "grades", "look", "changed since"),
]  # fmt: skip


@pytest.fixture(scope="module")
def untouched() -> list[Finding]:
    return examine(DATA / "germany")


@pytest.mark.parametrize(
    "fault", FAULTS, ids=[f"{fault[0]}-{fault[2]}-{i}" for i, fault in enumerate(FAULTS)]
)
def test_planted_fault_is_found(
    pack: Path, untouched: list[Finding], fault: tuple[str, Edit, str, str, str]
) -> None:
    """Each fault changes one file; without it the same pack shows no such finding."""
    file, change, topic, level, words = fault
    before = found(untouched, topic, level)
    assert not any(words in one.message or words == one.place for one in before)
    edit(pack / file, change)
    if file == "interties.csv":
        kept = pd.read_csv(pack / file)["intertie"]
        edit(pack / "intertie_projects.csv", lambda t: t[t["intertie"].isin(kept)])
    if words == "changed since":
        (pack / file).write_text((pack / file).read_text("utf-8") + "\n", encoding="utf-8")
    hits = [one for one in found(examine(pack), topic, level) if words in one.message or words == one.place]
    assert hits
    assert all(one.advice for one in hits)


def test_what_cannot_be_read_is_named_and_ends_the_examination(pack: Path) -> None:
    (pack / "storage.csv").unlink()
    edit(pack / "sites.csv", lambda t: t.assign(area=t["area"].replace("east", "esat")))
    findings = examine(pack)
    assert {one.level for one in findings} == {"wrong"}
    assert any("E321" in one.message for one in findings)
    assert any("E334" in one.message and "esat" in one.message for one in findings)


def test_missing_weather_and_outlines_are_two_findings(pack: Path) -> None:
    (pack / "weather_daily.csv").unlink()
    (pack / "boundaries.gpkg").unlink()
    findings = examine(pack)
    assert found(findings, "hours", "wrong")
    assert found(findings, "outlines", "wrong")


def test_a_pack_nobody_registered(pack: Path) -> None:
    (pack.parent / "sources.toml").unlink()
    (finding,) = [one for one in found(examine(pack), "grades", "look") if one.place == "sources.toml"]
    assert "nobody answers" in finding.message


def test_command(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", str(pack)]) == 0
    out = capsys.readouterr().out
    assert "germany: 0 wrong" in out
    assert "103 of" not in out or "assumed" in out
    assert main(["doctor", "germany", "--json", "--lang", "ja"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["pack"] for row in rows} == {"germany"}
    assert any("仮定" in row["message"] for row in rows)
    (pack / "storage.csv").unlink()
    assert main(["doctor", str(pack)]) == 3
    assert "E321" in capsys.readouterr().out
    assert main(["doctor", "atlantis"]) == 3
    assert "E320" in capsys.readouterr().err


def test_words_from_data_are_inert(pack: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Markup and control sequences in a name reach the terminal as text."""
    edit(
        pack / "fleets.csv",
        lambda t: t.assign(cost_jpy_per_kwh=t["cost_jpy_per_kwh"] * 20, fleet="[red]" + t["fleet"]),
    )
    assert main(["doctor", str(pack)]) == 0
    assert "[red]" in capsys.readouterr().out
