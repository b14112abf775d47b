"""The command line: exit codes, what goes to stdout and stderr, languages, and how fast it greets."""

from __future__ import annotations

import errno
import json
import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from optimizer import cli_exit
from optimizer.cli import main
from optimizer.errors import (
    CertificateError,
    ClusterError,
    DiskError,
    InfeasibleError,
    InputError,
    InterruptedSweepError,
    LimitError,
    LockedError,
    OptimizerError,
    Problem,
    UsageError,
)
from optimizer.scenario.load import LoadedScenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.scenario.sources import shipped_folder

SUMMARY: dict[str, Any] = {
    "scenario": "japan-2030",
    "status": "optimal",
    "cost_jpy_bn_per_a": 1234.5678,
    "gap": 5.6e-5,
    "iterations": 23,
    "it_mw_built": 5500.4,
    "it_mw_by_area": {"tokyo": 2000.0, "hokkaido": 3500.4, "okinawa": 0.0},
    "new_renewable_mw": 4321.0,
    "curtailment_share": 0.031,
    "certificate": {"primal": 1e-9, "dual": 1e-9, "gap": 1e-9, "passed": True},
    "capture": {
        case: {"gross_jpy_bn": value, "net_jpy_bn": value / 2, "share_of_outflow": value / 1000}
        for case, value in (("low", 10.0), ("base", 20.0), ("high", 40.0))
    },
    "wall_s": 41.5,
    "peak_rss_mb": 987.0,
    "title_ja": "日本",
}


@dataclass(frozen=True)
class Result:
    folder: Path
    summary: dict[str, Any]


@dataclass
class Call:
    loaded: LoadedScenario | None = None
    options: RunOptions | None = None


def as_run(monkeypatch: pytest.MonkeyPatch, action: Callable[[], dict[str, Any]]) -> Call:
    """Put `action` in the place of the whole run; remembers what it was asked."""
    call = Call()

    def run_scenario(loaded: LoadedScenario, options: RunOptions, progress: ProgressCallback) -> Result:
        call.loaded, call.options = loaded, options
        progress("inputs", {})
        for iteration, gap in ((1, 0.5), (2, 5.6e-5)):
            progress("bounds", {
                "iteration": iteration, "lower_jpy_bn_per_a": 1234.5 * (1 - gap), "upper_jpy_bn_per_a": 1234.5,
                "gap_plan": gap, "elapsed_s": 1.0,
            })  # fmt: skip
        summary = action()
        assert options.output is not None
        return Result(options.output, summary)

    module = ModuleType("optimizer.run")
    module.run_scenario = run_scenario  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "optimizer.run", module)
    return call


def raising(error: BaseException) -> Callable[[], dict[str, Any]]:
    def action() -> dict[str, Any]:
        raise error

    return action


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


# --- run ------------------------------------------------------------------------------------------


def test_run_prints_the_plan_in_short(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call = as_run(monkeypatch, lambda: SUMMARY)
    assert main(["run", "japan-2030"]) == 0
    out, err = capsys.readouterr()
    for words in (
        "Japan 2030", "1,234.6 JPY bn/a", "5.6e-05 (23 iterations)", "5,500 MW", "hokkaido 3,500 · tokyo 2,000",
        "low 10.0 · base 20.0 · high 40.0", "3.1 %", "passed", "runs/japan-2030",
    ):  # fmt: skip
        assert words in out
    assert "okinawa" not in out
    assert re.search(r"iteration +2 +bounds 1,234\.431 … 1,234\.500 JPY bn/a +gap, proven 5\.6e-05", err)
    assert "\x1b" not in out + err
    assert call.options == RunOptions(Path("runs/japan-2030"), None, False, "en", None, False, None)


def test_run_passes_every_option_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    call = as_run(monkeypatch, lambda: SUMMARY)
    words = [
        "run", "tokyo-as-usual", "-o", str(tmp_path / "out"), "--set", "policy.min_regional_share=0.4",
        "--set", "solve.gap=1e-3", "--goal", "serve", "--preview", "--lang", "ja", "--weeks", "4", "--keep-model",
        "--workers", "1",
    ]  # fmt: skip
    assert main(words) == 0
    assert call.options == RunOptions(tmp_path / "out", "serve", True, "ja", 4, True, 1)
    assert call.loaded is not None
    assert call.loaded.scenario.policy.min_regional_share == 0.4
    assert call.loaded.scenario.policy.distribution == "as_today"
    assert call.loaded.scenario.solve.gap == 1e-3
    assert call.loaded.overrides == ("policy.min_regional_share=0.4", "solve.gap=1e-3", "goal=serve")


def test_json_is_one_line_and_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_run(monkeypatch, lambda: SUMMARY)
    assert main(["run", "japan-2030", "--json"]) == 0
    out, _ = capsys.readouterr()
    assert out.count("\n") == 1
    assert json.loads(out) == SUMMARY
    assert "日本" in out


def test_json_never_holds_a_number_that_is_not_finite(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_run(monkeypatch, lambda: {**SUMMARY, "gap": float("nan")})
    assert main(["run", "japan-2030", "--json"]) == 70
    assert capsys.readouterr().out == ""


def test_run_speaks_japanese(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    as_run(monkeypatch, lambda: SUMMARY)
    monkeypatch.setenv("LANG", "ja_JP.UTF-8")
    assert main(["run", "japan-2030"]) == 0
    out, err = capsys.readouterr()
    assert "日本2030 最適配置" in out
    assert "計画の費用" in out
    assert "反復" in err
    assert main(["run", "japan-2030", "--lang", "en"]) == 0
    assert "cost of the plan" in capsys.readouterr().out


def test_a_short_summary_is_printed_without_inventing_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_run(monkeypatch, lambda: {"status": "preview", "certificate": {"passed": False}})
    assert main(["run", "japan-2030"]) == 0
    out, _ = capsys.readouterr()
    assert "[preview]" in out
    assert "FAILED" in out
    assert "JPY bn/a" in out


def test_infeasible_is_told_in_the_language_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both languages are in the error; an error with English alone stays English."""
    as_run(monkeypatch, raising(InfeasibleError("raise it", "上げてください")))
    assert main(["run", "japan-2030", "--lang", "ja"]) == 4
    assert capsys.readouterr().err.splitlines()[-1] == "上げてください"
    assert main(["run", "japan-2030", "--lang", "en"]) == 4
    assert capsys.readouterr().err.splitlines()[-1] == "raise it"
    as_run(monkeypatch, raising(InfeasibleError("raise it")))
    assert main(["run", "japan-2030", "--lang", "ja"]) == 4
    assert capsys.readouterr().err.splitlines()[-1] == "raise it"


# --- exit codes -----------------------------------------------------------------------------------

PROBLEM = Problem("data/x.csv:3", "E322", "wrong", "違います")
ROOT_SCENARIO = shipped_folder("scenarios") / "japan-2030.yaml"
GAP_LINE = 1 + ROOT_SCENARIO.read_text("utf-8").splitlines().index("  gap: 1.0e-4")
ENDINGS: dict[str, tuple[BaseException, int, str]] = {
    "usage": (UsageError("the folder is a file"), 2, "the folder is a file"),
    "input": (InputError([PROBLEM, PROBLEM]), 3, "data/x.csv:3  E322  wrong"),
    "infeasible": (InfeasibleError("raise the headroom of Tomakomai"), 4, "Tomakomai"),
    "limit": (LimitError("gap 3e-4 after 60 iterations"), 5, "3e-4"),
    "certificate": (CertificateError("dual residual 1e-3"), 6, "dual residual"),
    "disk error": (DiskError("could not write runs/x"), 74, "runs/x"),
    "full disk": (OSError(errno.ENOSPC, "No space left on device", "runs/a.csv"), 74, "runs/a.csv: No space"),
    "read-only": (PermissionError(errno.EACCES, "Permission denied", "runs"), 74, "Permission denied"),
    "input in a key": (
        InputError([Problem("scenario:solve.gap", "E360", "x")]),
        3,
        f"japan-2030.yaml:{GAP_LINE}:8  E360",
    ),
    "locked": (LockedError("another run is writing runs/x"), 75, "another run"),
    "bug": (ZeroDivisionError("division by zero"), 70, "ZeroDivisionError: division by zero"),
    "odd system error": (OSError(errno.ENOEXEC, "Exec format error"), 70, "Exec format error"),
    "memory": (MemoryError(), 70, "MemoryError"),
    "lost worker": (BrokenPipeError(errno.EPIPE, "Broken pipe"), 70, "worker process ended early"),
    "interrupt": (KeyboardInterrupt(), 130, "Interrupted"),
    "cluster": (ClusterError("no worker for 600 s; 3 of 8 points are saved"), 69, "3 of 8 points are saved"),
    "interrupted sweep": (InterruptedSweepError("3 of 8 points are saved"), 130, "3 of 8 points are saved"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_every_end_has_its_code_and_no_traceback(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    error, code, words = ENDINGS[name]
    as_run(monkeypatch, raising(error))
    assert main(["run", "japan-2030", "--json"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert "Traceback" not in err
    crash_files = list(tmp_path.glob("wattbit-crash-*.txt"))
    assert len(crash_files) == (1 if code == 70 else 0)
    for path in crash_files:
        assert str(path) in err
        assert "Traceback" in path.read_text("utf-8")


def test_every_error_class_has_an_ending_here() -> None:
    tested = {type(error) for error, _, _ in ENDINGS.values()}
    assert set(OptimizerError.__subclasses__()) <= tested


def test_problems_are_counted_in_both_languages(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("base: japan-2030\nname: s\nsolve: {gap: 5, workers: 0}\n", encoding="utf-8")
    assert main(["run", str(path)]) == 3
    _, err = capsys.readouterr()
    assert err.splitlines() == [
        f"{path}:3:14  E304  solve.gap: got 5; allowed: a number from 1e-08 to 0.1",
        f"{path}:3:26  E304  solve.workers: got 0; allowed: a whole number from 1 to 256",
        "2 errors. Nothing was solved.",
    ]
    assert main(["run", str(path), "--lang=ja"]) == 3
    assert capsys.readouterr().err.splitlines()[-1] == "誤り 2 件。何も解いていません。"
    assert main(["run", "japan-2030", "--set", "solve.gap=7"]) == 3
    assert capsys.readouterr().err.splitlines()[-1] == "1 error. Nothing was solved."
    assert list(tmp_path.iterdir()) == [path], "nothing is written"


def test_at_most_fifty_problems_are_printed() -> None:
    lines = cli_exit.problem_lines(InputError([PROBLEM] * 60), "en")
    assert len(lines) == 51
    assert lines[-1] == "… and 10 more"


USAGE = (
    [], ["run"], ["rnu", "x"], ["run", "a", "b"], ["run", "japan-2030", "--bogus"], ["run", "japan-2030", "--weeks", "0"],
    ["run", "japan-2030", "--weeks", "53"], ["run", "japan-2030", "--weeks", "x"], ["run", "japan-2030", "--lang", "fr"],
    ["run", "japan-2030", "--workers", "0"], ["validate"], ["schema", "aras"], ["--bogus"],
)  # fmt: skip


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
def test_a_wrong_command_line_is_exit_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    assert (out + err).strip()


def test_a_goal_without_its_aim_is_told_from_an_unknown_one(capsys: pytest.CaptureFixture[str]) -> None:
    for goal, aim in (("capture", "aim.capture_share"), ("budget", "aim.budget_jpy_bn")):
        assert main(["run", "japan-2030", "--goal", goal]) == 3
        told = capsys.readouterr().err
        assert "E306" in told
        assert f"goal: {goal} needs {aim}" in told
    assert main(["run", "japan-2030", "--goal", "captur"]) == 3
    assert "E305" in capsys.readouterr().err


def test_a_signal_ends_in_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt() -> dict[str, Any]:
        signal.raise_signal(signal.SIGINT)
        time.sleep(5)
        return SUMMARY

    as_run(monkeypatch, interrupt)
    inherited = signal.signal(signal.SIGINT, signal.default_int_handler)  # else a background suite ignores it
    try:
        assert main(["run", "japan-2030", "--lang", "ja"]) == 130
    finally:
        signal.signal(signal.SIGINT, inherited)
    assert "中断しました" in capsys.readouterr().err


# --- validate, schema, scenarios, sources ---------------------------------------------------------


def test_validate_names_every_problem_of_every_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["validate", "japan-2030", "tokyo-as-usual"]) == 0
    assert capsys.readouterr().out.splitlines() == ["japan-2030: scenario ok", "tokyo-as-usual: scenario ok"]
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("base: japan-2030\nname: a\nyear: 1\n", encoding="utf-8")
    second.write_text("name: [\n", encoding="utf-8")
    assert main(["validate", str(first), "japan-2030", str(second)]) == 3
    out, err = capsys.readouterr()
    assert out == "japan-2030: scenario ok\n"
    assert [line.split("  ")[1] for line in err.splitlines()[:-1]] == ["E304", "E308"]
    assert err.splitlines()[-1] == "2 errors. Nothing was solved."


def test_validate_checks_the_names_a_scenario_uses(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(
        "base: japan-2030\nname: s\npolicy: {metropolitan_areas: [tokio]}\nparameters: {no_such_number: 1}\n",
        encoding="utf-8",
    )
    assert main(["validate", str(path)]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert sorted(line.split("  ")[0] for line in lines[:-1]) == [f"{path}:3:10", f"{path}:4:1"]


def test_validate_checks_a_data_pack(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    assert main(["validate", str(tmp_path / "pack")]) == 3
    assert "areas.csv" in capsys.readouterr().err


def test_schema_prints_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["schema"], ["schema", "scenario"], ["schema", "sites"]):
        assert main(words) == 0
        assert json.loads(capsys.readouterr().out)["$schema"].startswith("https://json-schema.org")


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"germany-2030", "japan-2030", "tokyo-as-usual", "watt-bit-regional"} <= set(names)
    assert main(["scenarios", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == names


def test_sources_of_the_data_and_of_a_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["sources", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    grades = [row["grade"] for row in figures["parameters"]]
    assert grades == sorted(grades), "assumed first, then derived, then published"
    assert all(row["source"] and row["unit"] for row in figures["parameters"])
    assert {"japan/sites.csv", "japan/parameters.csv"} <= {row["file"] for row in figures["sources"]}
    assert main(["sources"]) == 0
    assert "assumed" in capsys.readouterr().out
    assert main(["sources", str(tmp_path)]) == 3
    assert "E315" in capsys.readouterr().err
    row = {"name": "x\x1b[2J", "value": 1, "unit": "1", "grade": "assumed", "source": "me", "meaning": "m"}
    (tmp_path / "provenance.json").write_text(
        json.dumps({"parameters": [row], "sources": []}), encoding="utf-8"
    )
    assert main(["sources", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "x\\u001b[2J = 1 1: m" in out
    assert "\x1b" not in out
    for wrong in ("[]", "{", '{"parameters": [3], "sources": []}', "[" * 100_000):
        (tmp_path / "provenance.json").write_text(wrong, encoding="utf-8")
        assert main(["sources", str(tmp_path)]) == 3
        capsys.readouterr()
