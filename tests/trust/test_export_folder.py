"""The run folder: whole or absent, one writer, the same bytes for the same plan."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from export_fixtures import toy_record

from optimizer.errors import DiskError, LockedError, UsageError
from optimizer.export import gis
from optimizer.export.folder import MANIFEST, appearing, check_target, files_under, locked
from optimizer.export.run_folder import write_inputs, write_run

TESTS = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "toy"
    write_run(toy_record(hours=48), folder)
    return folder


def small_write(folder: Path, text: str = "new") -> None:
    with appearing(folder) as draft:
        (draft / "summary.json").write_text(text)


def neighbours(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.iterdir())


def test_everything_promised_is_there(run: Path) -> None:
    names = set(files_under(run))
    promised = {"index.html", "summary.xlsx", "summary.json", "provenance.json", "datapackage.json", MANIFEST,
                "maps/plan.gpkg", "maps/plan.geojson", "maps/plan.kml", "maps/plan.png", "maps/plan.ja.svg",
                "maps/plan.en.pdf", "model/solver.log", "model/bounds.csv", "model/certificate.json",
                "inputs/scenario.yaml", "inputs/data/toy/sites.csv", "tables/hours.parquet", "tables/hours.csv"}  # fmt: skip
    assert promised <= names
    assert neighbours(run) == ["toy"]


def test_manifest_lists_every_other_file_with_its_hash(run: Path) -> None:
    lines = dict(reversed(line.split("  ", 1)) for line in (run / MANIFEST).read_text().splitlines())
    assert set(lines) == set(files_under(run)) - {MANIFEST}
    for name, digest in lines.items():
        assert hashlib.sha256((run / name).read_bytes()).hexdigest() == digest, name


def test_same_plan_same_bytes_in_another_process_place_and_time_zone(run: Path, tmp_path: Path) -> None:
    """Only provenance.json may differ (host), and so the manifest."""
    code = f"""
        import sys
        sys.path.insert(0, {str(TESTS)!r})
        from pathlib import Path
        from export_fixtures import toy_record
        from optimizer.export.run_folder import write_run
        from bokeh.models import Range1d
        Range1d()  # moves the counter of Bokeh's ids on
        write_run(toy_record(hours=48), Path({str(tmp_path)!r}) / "other")
    """
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "America/New_York", "LANG": "C"}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        check=True,
        env=environment,
        cwd=TESTS.parent,
    )
    other = tmp_path / "other"
    assert files_under(other) == files_under(run)
    different = {
        name for name in files_under(run) if (run / name).read_bytes() != (other / name).read_bytes()
    }
    assert different <= {"provenance.json", MANIFEST}


def test_a_run_of_ours_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "run"
    with appearing(target) as draft:
        (draft / "summary.json").write_text("old")
        (draft / "gone.txt").write_text("x")
    check_target(target)
    small_write(target)
    assert files_under(target) == [MANIFEST, "summary.json"]
    assert (target / "summary.json").read_text() == "new"
    assert neighbours(target) == ["run"]


@pytest.mark.parametrize("names", [["thesis.docx"], ["summary.json"], [MANIFEST]])
def test_a_folder_that_is_not_a_run_is_refused_before_solving(tmp_path: Path, names: list[str]) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    for name in names:
        (target / name).write_text("x")
    with pytest.raises(UsageError, match="not a run of wattbit"):
        check_target(target)


def test_a_users_file_inside_a_run_is_never_deleted(tmp_path: Path) -> None:
    target = tmp_path / "run"
    small_write(target)
    (target / "maps").mkdir()
    (target / "maps" / "plan.gpkg-wal").write_text("left by QGIS")
    check_target(target)
    (target / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"did not write \(notes.txt\)"):
        check_target(target)


def test_a_file_in_the_way_is_refused_and_an_empty_folder_is_fine(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        check_target(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    check_target(tmp_path / "empty")
    small_write(tmp_path / "empty")
    assert (tmp_path / "empty" / "summary.json").exists()
    check_target(tmp_path / "deep" / "new")
    with pytest.raises(DiskError):
        check_target(tmp_path / "file" / "below")


def test_a_failing_write_leaves_the_old_run_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "run"
    small_write(target, "old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gis, "write_gis", full)  # after the tables are written
    with pytest.raises(DiskError, match="No space left on device"):
        write_run(toy_record(hours=48), target)
    assert (target / "summary.json").read_text() == "old"
    assert neighbours(target) == ["run"]


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with appearing(tmp_path / "run") as draft:
            (draft / "half.txt").write_text("x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


KILLED = """
    import os, signal, sys
    from pathlib import Path
    from optimizer.export import folder
    target = Path(sys.argv[1])
    def stop(*_):
        os.kill(os.getpid(), signal.SIGKILL)
    if sys.argv[2] == "between":
        real = Path.rename
        def rename(self, to):
            if ".writing-" in self.name:
                stop()
            return real(self, to)
        Path.rename = rename
    else:
        setattr(folder, sys.argv[2], stop)
    with folder.locked(target), folder.appearing(target) as draft:
        (draft / "summary.json").write_text("new")
"""


@pytest.mark.parametrize("moment", ["write_manifest", "_sync", "_put_in_place", "between"])
def test_a_killed_write_is_settled_by_the_next_one(tmp_path: Path, moment: str) -> None:
    """Counterfactual: without `locked` settling, a kill between the two renames would lose the old run."""
    target = tmp_path / "run"
    small_write(target, "old")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(target), moment], check=False, cwd=TESTS.parent
    )
    assert done.returncode == -signal.SIGKILL
    if moment != "between":
        assert (target / "summary.json").read_text() == "old"
    with locked(target):
        assert (target / "summary.json").read_text() == "old"
    assert neighbours(target) == ["run"]


def test_two_writers_one_wins_the_other_is_told(tmp_path: Path) -> None:
    target = tmp_path / "run"
    code = "import sys; from pathlib import Path; from optimizer.export.folder import locked\nwith locked(Path(sys.argv[1])): pass"
    with locked(target):
        with pytest.raises(LockedError, match="another run is writing run"), locked(target):
            pass
        other = subprocess.run(
            [sys.executable, "-c", code, str(target)],
            capture_output=True,
            text=True,
            check=False,
            cwd=TESTS.parent,
        )
        assert "LockedError" in other.stderr
    with locked(target):
        pass
    assert list(tmp_path.iterdir()) == []
    assert LockedError.exit_code == 75


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "..\\evil", ""])
def test_an_input_path_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no place inside"):
        write_inputs({name: b"x"}, tmp_path / "inputs")
    assert not list(tmp_path.rglob("*evil*"))
