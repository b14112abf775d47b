"""The wheel alone, in an empty folder: what a planner who installs it gets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUMMARY_KEYS = {
    *("scenario", "status", "hours", "areas", "sites", "periods", "cost_jpy_bn_per_a"),
    *("system_cost_jpy_bn_per_a", "lower_bound_jpy_bn_per_a", "gap", "gap_system", "iterations"),
    *("it_mw_built", "it_mw_by_area", "new_renewable_mw", "curtailment_share", "certificate", "capture"),
    *("wall_s", "peak_rss_mb"),
}
CAPTURE_KEYS = {
    *("outflow_jpy_bn", "addressable_jpy_bn", "ceiling_jpy_bn", "gross_jpy_bn", "net_jpy_bn"),
    *("digital_account_jpy_bn", "share_of_outflow", "share_of_addressable"),
}


@dataclass(frozen=True)
class Installed:
    """A wheel, and the folder it was installed into: nothing else of this project is importable from there."""

    wheel: Path
    target: Path

    def wattbit(self, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the installed command in a folder."""
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
        return subprocess.run(
            [sys.executable, str(self.target / "bin" / "wattbit"), *words],
            cwd=folder,
            env=kept | {"PYTHONPATH": str(self.target), "PYTHONNOUSERSITE": "1", "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )


def _quietly(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    _quietly("build", "--wheel", "--no-isolation", "--outdir", str(folder), ".")
    (wheel,) = folder.glob("*.whl")
    target = folder / "installed"
    _quietly("pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(target), str(wheel))
    return Installed(wheel, target)


@pytest.fixture(scope="module")
def preview(
    installed: Installed, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("empty")
    words = ("run", "japan-2030", "--preview", "--json", "-o", "plan", "--workers", "1")
    return folder, installed.wattbit(folder, *words)


def test_wheel_carries_data_and_scenarios_but_not_the_scripts_that_make_them(installed: Installed) -> None:
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    shipped = {name.removeprefix("optimizer/_shipped/") for name in names if "/_shipped/" in name}
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "data", "scenarios"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert {"data/sources.toml", "data/parameters.csv", "scenarios/japan-2030.yaml"} <= shipped
    assert not any(name.startswith(("data/make/", "tests/", "bench/")) for name in shipped | names)
    if tracked.returncode == 0:
        assert shipped == {name for name in tracked.stdout.split() if not name.startswith("data/make/")}


def test_the_command_is_the_installed_one(installed: Installed, tmp_path: Path) -> None:
    where = "import optimizer, pathlib; print(pathlib.Path(optimizer.__file__).parent)"
    done = subprocess.run(
        [sys.executable, "-c", where], cwd=tmp_path, env={"PYTHONPATH": str(installed.target)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(done.stdout.strip()) == installed.target / "optimizer"


def test_run_from_an_empty_folder(
    preview: tuple[Path, subprocess.CompletedProcess[str]], installed: Installed
) -> None:
    folder, done = preview
    assert done.returncode == 0, done.stderr
    assert [path.name for path in folder.iterdir() if not path.name.startswith(".")] == ["plan"]
    summary = json.loads((folder / "plan" / "summary.json").read_text(encoding="utf-8"))
    printed = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    for figures in (summary, printed):
        assert figures.keys() >= SUMMARY_KEYS
        assert figures["capture"].keys() == {"low", "base", "high"}
        assert all(case.keys() >= CAPTURE_KEYS for case in figures["capture"].values())
        assert figures["certificate"].keys() >= {"primal", "dual", "gap", "passed"}
    assert summary["certificate"]["passed"] is True
    assert summary["it_mw_built"] == printed["it_mw_built"] > 0
    assert (summary["areas"], summary["sites"]) == (10, 47)


def test_sources_of_the_run_and_of_the_wheel(
    preview: tuple[Path, subprocess.CompletedProcess[str]], installed: Installed
) -> None:
    folder, _ = preview
    for words in (("sources",), ("sources", "plan")):
        done = installed.wattbit(folder, *words)
        assert done.returncode == 0, done.stderr
        assert "assumed" in done.stdout


def test_exit_0_valid(installed: Installed, tmp_path: Path) -> None:
    done = installed.wattbit(tmp_path, "validate", "japan-2030", "tokyo-as-usual", "watt-bit-regional")
    assert (done.returncode, done.stdout.count("\n")) == (0, 3), done.stderr


def test_exit_2_unknown_option(installed: Installed, tmp_path: Path) -> None:
    done = installed.wattbit(tmp_path, "run", "japan-2030", "--fast")
    assert (done.returncode, done.stdout) == (2, "")


def test_exit_3_every_fault_with_its_line_and_nothing_written(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("base: japan-2030\ndemnd: {growth_it_mw: 1}\ngoal: cheap\n")
    done = installed.wattbit(tmp_path, "run", "mine.yaml", "-o", "plan")
    assert done.returncode == 3
    assert "mine.yaml:2" in done.stderr
    assert "mine.yaml:3" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_exit_4_no_plan_can_host_a_terawatt(installed: Installed, tmp_path: Path) -> None:
    words = ("run", "japan-2030", "--preview", "--workers", "1", "--set", "demand.growth_it_mw=1000000")
    done = installed.wattbit(tmp_path, *words, "-o", "plan")
    assert done.returncode == 4, done.stderr
    assert not (tmp_path / "plan").exists()
