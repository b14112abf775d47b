"""Every law that can carry a rent is named in words, English and Japanese, wherever a planner meets it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from toy import everything_on

from optimizer.analyse.rents import OWNERS, RULES
from optimizer.analyse.stacks import BALANCED, CO2, COST_OF, ENERGY, SERVED, VALUE_OF
from optimizer.model.build import DISPATCH_EQUATIONS, SITING_EQUATIONS, build_siting
from optimizer.model.pathway import PATHWAY_EQUATIONS
from optimizer.scenario.stack_words import COMPONENTS, LIMITS, component_words
from optimizer.solve.compile import compile_programme

ACTIVITY = ("sold", "hosted", "run", "it", "connection", "nonfirm")
"""Variables of one more MW at a site: a law with a row on one of them is a component of its price stack."""

JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
SAME_IN_BOTH = {"co2"}


def laws_of_the_stack() -> set[str]:
    programme = compile_programme(build_siting(everything_on()), hourly=False)
    columns = np.concatenate([programme.variables[name].at.ravel() for name in ACTIVITY])
    touched = {
        name
        for name, rows in programme.equations.items()
        if programme.matrix[rows.at.ravel()][:, columns].nnz
    }
    between_years = {rule.__name__ for rule, _ in PATHWAY_EQUATIONS}
    return (touched | between_years) - {SERVED, *BALANCED}


COMPONENTS_OF_STACK = sorted(
    laws_of_the_stack()
    | {"building", "land", "mode_premium", ENERGY, CO2, "grid_response"}
    | set(COST_OF.values())
    | set(VALUE_OF.values())
)


def test_the_walk_finds_the_laws():
    """Laws that were once without words are among those walked; laws that touch no site are not."""
    assert {"nonfirm_within_need", "interrupt_hours", "within_fibre", "relief_within_load"} <= set(
        COMPONENTS_OF_STACK
    )
    assert "within_line_limit" not in COMPONENTS_OF_STACK


@pytest.mark.parametrize("name", COMPONENTS_OF_STACK)
def test_component_of_the_stack_has_words_in_both_languages(name):
    english, japanese = component_words(name)
    assert name in COMPONENTS or name in LIMITS
    assert "_" not in english
    assert not JAPANESE.search(english)
    assert JAPANESE.search(japanese) or name in SAME_IN_BOTH


def test_no_words_for_what_is_no_component():
    """A law renamed leaves no words behind."""
    assert (set(COMPONENTS) | set(LIMITS)) == set(COMPONENTS_OF_STACK)


def test_every_owner_of_a_rent_has_words_and_a_law():
    """Laws begin with what their owner is known by; any other law is a rule. Both languages everywhere."""
    laws = [rule.__name__ for rule, _ in SITING_EQUATIONS + DISPATCH_EQUATIONS + PATHWAY_EQUATIONS]
    for starts, english, japanese in (*OWNERS, ((), *RULES)):
        assert JAPANESE.search(japanese), english
        assert not JAPANESE.search(english)
        for start in starts:
            assert start == "bounds" or any(law.startswith(start) for law in laws), start
