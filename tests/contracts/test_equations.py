"""One name in five places: equation function, constraint, document, price table, by-hand test."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pyomo.environ as pyo
import pytest
from toy import everything_on

from optimizer.analyse.prices import PRICES
from optimizer.model.build import (
    DISPATCH_EQUATIONS,
    EQUATIONS,
    SITING_EQUATIONS,
    build_dispatch,
    build_siting,
)

BY_HAND = Path(__file__).parents[1] / "by_hand"
RULES = [rule for rule, _ in EQUATIONS]
RULE_IDS = [rule.__name__ for rule in RULES]
UNITS = {
    "JPY bn/(Tb/s)/a", "JPY bn/GW/a", "JPY bn/GWh", "JPY bn/GWh/a", "JPY bn/kt", "JPY bn/km2/a", "JPY bn/hm3", "JPY/JPY", "1/a",
}  # fmt: skip


@pytest.fixture(scope="module")
def models() -> tuple[pyo.ConcreteModel, pyo.ConcreteModel]:
    inputs = everything_on()
    return build_siting(inputs), build_dispatch(inputs, 24)


def stories_by_hand() -> dict[str, str]:
    """Name and docstring of every test in tests/by_hand/."""
    found = {}
    for file in sorted(BY_HAND.glob("test_*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found[node.name] = ast.get_docstring(node) or ""
    return found


@pytest.mark.parametrize("name", RULE_IDS)
def test_equation_has_a_test_by_hand_with_its_counterfactual(name):
    """At least one `test_<equation>_…` whose docstring shows numbers and says what happens without the law."""
    stories = [text for test, text in stories_by_hand().items() if test.startswith(f"test_{name}_")]
    assert stories, f"no tests/by_hand/ test named test_{name}_…"
    assert any(re.search(r"\d", text) for text in stories)
    assert any(re.search(r"[Ww]ithout|Free:|Unshed", text) for text in stories)


@pytest.mark.parametrize("rule", RULES, ids=RULE_IDS)
def test_equation_is_documented(rule):
    """One sentence, the equation, a table of symbols, and what the dual is with a known unit."""
    text = inspect.getdoc(rule) or ""
    assert re.match(r"[A-Z].*\.\n", text), "one sentence of meaning"
    assert ".. math::" in text
    assert re.search(r"^=+(  =+){3}$", text, flags=re.MULTILINE), "symbol table of four columns"
    dual = re.search(r"^Dual[:,].*\[([^\]]+)\]", text, flags=re.MULTILINE | re.DOTALL)
    assert dual, "a sentence that begins with Dual and ends with a unit"
    assert dual.group(1) in UNITS


@pytest.mark.parametrize("rule", RULES, ids=RULE_IDS)
def test_symbols_are_names_of_the_model(rule, models):
    """Every ``name`` of the symbol table is a parameter or variable of the model that holds the law."""
    model = models[0] if rule in [one for one, _ in SITING_EQUATIONS] else models[1]
    names = re.findall(r"``(\w+)``", inspect.getdoc(rule) or "")
    assert names
    for name in names:
        assert model.component(name) is not None, name
        assert model.component(name).ctype in (pyo.Param, pyo.Var), name


@pytest.mark.parametrize(("number", "equations"), [(0, SITING_EQUATIONS), (1, DISPATCH_EQUATIONS)])
def test_constraints_are_the_equations_in_reading_order(number, equations, models):
    names = [law.name for law in models[number].component_objects(pyo.Constraint, active=True)]
    assert names == [rule.__name__ for rule, _ in equations]


def test_published_prices_are_of_equations():
    assert set(PRICES) <= {rule.__name__ for rule, _ in SITING_EQUATIONS}


@pytest.mark.parametrize("name", PRICES)
def test_sign_of_the_price_is_the_documented_one(name):
    """ "Dual, negated" is published with a minus, "Dual" with a plus; a law with ≥ or = keeps its sign."""
    text = inspect.getdoc(next(rule for rule in RULES if rule.__name__ == name)) or ""
    assert PRICES[name].sign == (-1 if "Dual, negated" in text else 1)


@pytest.mark.parametrize("rule", RULES, ids=RULE_IDS)
def test_row_has_the_sense_that_was_written(rule, models):
    """Proves no row is turned round by Pyomo: `≥` in the document is a lower limit, `≤` an upper one.

    With variables on both sides of `≥` Pyomo writes `≤`; the dual changes sign and a price is lost.
    """
    model = models[0] if rule in [one for one, _ in SITING_EQUATIONS] else models[1]
    math = (inspect.getdoc(rule) or "").partition(".. math::")[2].partition("\n\n=")[0]
    law = next((one for one in model.component(rule.__name__).values()), None)
    assert law is not None, "the system of this test has no such row"
    sense = {r"\ge": (True, False), r"\le": (False, True)}
    for word, (low, high) in sense.items():
        if re.search(rf"\{word}(?![a-z])", math):
            assert (law.lower is not None, law.upper is not None) == (low, high)
