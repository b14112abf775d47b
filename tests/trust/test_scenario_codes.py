"""Every error code in the program is explained in `docs/errors.md`, and the other way round."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_codes_of_the_program_and_of_the_document_are_the_same() -> None:
    sources = (path.read_text("utf-8") for path in sorted((REPOSITORY / "optimizer").rglob("*.py")))
    used = {code for text in sources for code in re.findall(r'"(E3\d\d)"', text)}
    document = (REPOSITORY / "docs/errors.md").read_text("utf-8")
    explained = re.findall(r"^\| (E3\d\d) \|", document, flags=re.MULTILINE)
    assert sorted(used) == explained, "used and explained, in order, each once"
