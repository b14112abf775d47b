"""Pages made from what runs must equal what is committed."""

from pathlib import Path

from optimizer.model.document import render_formulation

DOCS = Path(__file__).parents[2] / "docs"


def test_formulation_page_is_the_equations():
    """Proves docs/formulation.md is generated; edit a docstring without regenerating and this fails."""
    assert (DOCS / "formulation.md").read_text(encoding="utf-8") == render_formulation()
