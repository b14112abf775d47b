"""The laws between target years keep the same standard as every other: document, by-hand test, units, sense, price."""

import inspect
import re
from functools import cache

import pyomo.environ as pyo
import pytest
from test_equations import UNITS, stories_by_hand
from toy import everything_on, programme_of

from optimizer.analyse.pathway import PATHWAY_PRICES
from optimizer.model.pathway import KINDS, LINKED, PATHWAY_EQUATIONS, PathwayRules, build_pathway
from optimizer.scenario.catalogue import catalogue

RULES = [rule for rule, _ in PATHWAY_EQUATIONS]


@cache
def model() -> pyo.ConcreteModel:
    siting = programme_of(everything_on()).siting
    rules = PathwayRules(2025, {2027: 0.5, 2030: 0.5}, 1.0, 1.0, {"line": 9, "solar": 9})
    return build_pathway({2027: siting, 2030: siting}, rules)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_law_between_years_is_documented_and_solved_by_hand(rule):
    text, name = inspect.getdoc(rule) or "", rule.__name__
    assert re.match(r"[A-Z].*\.\n", text)
    assert ".. math::" in text
    assert re.search(r"^=+(  =+){3}$", text, flags=re.MULTILINE)
    dual = re.search(r"^Dual[:,].*\[([^\]]+)\]", text, flags=re.MULTILINE | re.DOTALL)
    assert dual
    assert dual.group(1) in UNITS
    for symbol in re.findall(r"``(\w+)``", text):
        assert model().component(symbol).ctype in (pyo.Param, pyo.Var), symbol
    stories = [story for test, story in stories_by_hand().items() if test.startswith(f"test_{name}_")]
    assert any(re.search(r"\d", story) and "Without" in story for story in stories)
    assert PATHWAY_PRICES[name].sign == (-1 if "Dual, negated" in text else 1)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_row_has_the_sense_that_was_written(rule):
    math = (inspect.getdoc(rule) or "").partition(".. math::")[2].partition("\n\n=")[0]
    law = next(iter(model().component(rule.__name__).values()))
    assert (law.lower is not None, law.upper is not None) == (
        (True, False) if r"\ge" in math else (False, True)
    )


def test_everything_that_is_built_is_kept():
    """A new variable with a capacity limit must join `LINKED`, or it could be taken down between years."""
    kept = {name for _, name, *_ in model().KEPT}
    assert kept == set(LINKED)
    limits = {"it", "reinforce", "renewable", "battery_power", "line", "fibre"}
    assert limits <= kept


def test_kinds_with_a_lead_time_are_those_of_the_scenario():
    assert set(catalogue()["pathway.lead_a.*"].names) == set(KINDS)
