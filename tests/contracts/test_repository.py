"""The repository itself: its shape, its size, what it must not contain, and that its rules are kept."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "optimizer").rglob("*.py"))
REQUIREMENTS = ("requirements.txt", "requirements-dev.txt", "requirements-cluster.txt")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+) \\$", re.MULTILINE)
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def _tokens(module: Path) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(module.read_text(encoding="utf-8")).readline))


def test_top_level_is_as_agreed() -> None:
    folders = ("optimizer", "data", "scenarios", "tests", "bench", "docs", "docs/decisions")
    files = ("pyproject.toml", "README.md", "CHANGELOG.md", "Makefile", ".ci/run", *REQUIREMENTS)
    assert [name for name in folders if not (ROOT / name).is_dir()] == []
    assert [name for name in files if not (ROOT / name).is_file()] == []


def test_pyproject_is_the_only_configuration_file() -> None:
    others = ("setup.py", "setup.cfg", "tox.ini", "pytest.ini", "ruff.toml", "mypy.ini", ".importlinter")
    assert [name for name in others if (ROOT / name).exists()] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_the_house_rules(module: Path) -> None:
    tokens = _tokens(module)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    assert not _calls_print(tokens)
    assert [comment for comment in comments if re.search(r"TODO|FIXME|XXX|HACK", comment)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_short(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) < 400


def _calls_print(tokens: list[tokenize.TokenInfo]) -> bool:
    """`print(` as a call of the builtin; `console.print(` is a method of something else."""
    triples = zip([None, *tokens], tokens, tokens[1:], strict=False)
    return any(
        now.string == "print"
        and after.string == "("
        and (before is None or before.string not in (".", "def"))
        for before, now, after in triples
    )


def test_print_is_told_from_a_method_named_print(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("console.print(1)\n")
    assert not _calls_print(_tokens(module))
    module.write_text("console.print(1)\nprint(2)\n")
    assert _calls_print(_tokens(module))


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_and_hashed_and_names_no_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert [line for line in lines if not PINNED.match(line)] == []
    blocks = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert not re.search(r"://|--index|--extra-index|--find-links|--trusted-host|file:", text)


def test_requirements_and_pyproject_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"] + project["build-system"]["requires"]
    extra = project["project"]["optional-dependencies"]
    run, dev, cluster = (
        dict(PINNED.findall((ROOT / name).read_text(encoding="utf-8"))) for name in REQUIREMENTS
    )
    for pins, requirements in (
        (run, wanted), (dev, wanted + extra["dev"]), (cluster, wanted + extra["cluster"])
    ):  # fmt: skip
        for requirement in requirements:
            name, version = requirement.split("==")
            assert pins[name.lower()] == version, requirement
    for pins in (run, cluster):
        assert {name: dev.get(name) for name in pins} == pins, "what is run is what is tested"


def test_pyproject_names_no_registry() -> None:
    assert "://" not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    dead = []
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        goal = page.parent / name if name else page
        if not goal.exists() or (anchor and goal.suffix == ".md" and anchor not in _anchors(goal)):
            dead.append(target)
    assert dead == []


def _anchors(page: Path) -> set[str]:
    """Anchors of a page: its headings as hosting sites write them, and explicit ones."""
    text = page.read_text(encoding="utf-8")
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}
    return slugs | set(re.findall(r'(?:id|name)="([^"]+)"', text))


def test_decisions_are_numbered_dated_and_complete() -> None:
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.search(r"^20\d\d-\d\d-\d\d · (accepted|superseded by \d{4})$", text, re.MULTILINE), (
            page.name
        )
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], (
            page.name
        )


def test_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
