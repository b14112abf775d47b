"""The certificate catches wrong answers and passes right ones; it needs no solver to say so."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import scipy.sparse as sp
from toy import programme_of, random_system

from optimizer.milestones import LinearProgramme
from optimizer.solve.certificate import TOLERANCE, Certificate, certify
from optimizer.solve.highs import Answer, LinearSolver
from optimizer.solve.stacked import stack


def random_lp(seed: int) -> LinearProgramme:
    """Return a dense little programme with one answer: ranges, equalities, free rows, finite and infinite bounds."""
    draw = np.random.default_rng(seed)
    rows, columns = 6, 9
    matrix = sp.csr_matrix(draw.normal(size=(rows, columns)))
    inside = draw.uniform(0.5, 2, columns)
    activity = matrix @ inside
    lower, upper = activity - draw.uniform(0.1, 1, rows), activity + draw.uniform(0.1, 1, rows)
    lower[0] = upper[0] = activity[0]
    lower[1], upper[2] = -np.inf, np.inf
    top = np.where(draw.random(columns) < 0.5, 4.0, 1e3)
    return LinearProgramme(matrix, draw.normal(size=columns), lower, upper, np.zeros(columns), top, {}, {})


def check(lp: LinearProgramme, x: np.ndarray, y: np.ndarray) -> Certificate:
    return certify(lp.matrix, lp.cost, (lp.lower, lp.upper), (lp.column_lower, lp.column_upper), (x, y))


def solve(lp: LinearProgramme) -> Answer:
    rows, columns = (lp.lower, lp.upper), (lp.column_lower, lp.column_upper)
    return LinearSolver(lp.matrix, lp.cost, rows, columns, "test").solve()


@cache
def right(seed: int) -> tuple[LinearProgramme, np.ndarray, np.ndarray]:
    lp = random_lp(seed)
    answer = solve(lp)
    return lp, answer.x, answer.row_dual


def at(values: np.ndarray, place: int, value: float) -> np.ndarray:
    changed = values.copy()
    changed[place] = value
    return changed


def where_it_counts(x: np.ndarray, y: np.ndarray) -> tuple[int, int]:
    return int(np.argmax(np.abs(x) > 1e-6)), int(np.argmax(np.abs(y)))


def signs(draw: np.random.Generator, count: int) -> np.ndarray:
    return draw.choice([-1.0, 1.0], count)


KINDS = {
    "one primal value": lambda x, y, i, j, size, draw: (at(x, i, x[i] + size), y),
    "one dual value": lambda x, y, i, j, size, draw: (x, at(y, j, y[j] + size)),
    "sign of a dual": lambda x, y, i, j, size, draw: (x, at(y, j, -y[j])),
    "sign of all duals": lambda x, y, i, j, size, draw: (x, -y),
    "NaN primal": lambda x, y, i, j, size, draw: (at(x, i, np.nan), y),
    "NaN dual": lambda x, y, i, j, size, draw: (x, at(y, j, np.nan)),
    "infinite primal": lambda x, y, i, j, size, draw: (at(x, i, np.inf), y),
    "infinite dual": lambda x, y, i, j, size, draw: (x, at(y, j, -np.inf)),
    "shift primal": lambda x, y, i, j, size, draw: (x + size * signs(draw, len(x)), y),
    "shift dual": lambda x, y, i, j, size, draw: (x, y + size * signs(draw, len(y))),
    "swap primal": lambda x, y, i, j, size, draw: (np.roll(x, 1), y),
    "swap dual": lambda x, y, i, j, size, draw: (x, np.roll(y, 1)),
    "zero primal": lambda x, y, i, j, size, draw: (0.0 * x, y),
    "zero dual": lambda x, y, i, j, size, draw: (x, 0.0 * y),
    "scaled primal": lambda x, y, i, j, size, draw: (x * (1 + size), y),
    "scaled dual": lambda x, y, i, j, size, draw: (x, y * (1 + size)),
}
"""Ways to be wrong: values x, duals y, a place in each that counts, a size of 3e-4 to 1, a source of chance."""


def corrupted(kind: str, seed: int) -> tuple[LinearProgramme, np.ndarray, np.ndarray]:
    lp, x, y = right(seed)
    draw = np.random.default_rng(seed)
    size = 10.0 ** draw.uniform(-3.5, 0)
    return (lp, *KINDS[kind](x, y, *where_it_counts(x, y), size, draw))


@pytest.mark.parametrize("seed", range(20))
def test_answer_to_another_question_is_caught(seed):
    """The certified answer to the opposite cost is no answer to ours."""
    lp = random_lp(seed)
    wrong = solve(replace(lp, cost=-lp.cost))
    assert not check(lp, wrong.x, wrong.row_dual).passed


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kind", KINDS)
def test_corrupted_answer_is_caught(kind, seed):
    """16 kinds × 20 programmes = 320 wrong answers, each by at least 3e-4; none may pass."""
    assert not check(*corrupted(kind, seed)).passed


@pytest.mark.parametrize("seed", range(20))
def test_right_answer_passes_tightly(seed):
    found = check(*right(seed))
    assert found.passed
    assert max(found.primal, found.dual, found.gap) <= 1e-9


def test_right_answer_of_a_whole_system_passes_tightly():
    """Stacked programme of a random system, unreduced: its own duals come back through the bounds reduction."""
    from optimizer.solve.bounds import reduce_programme

    inputs, periods = random_system(12)
    whole = stack(programme_of(inputs, periods[:2]))
    reduced = reduce_programme(whole)
    limits = reduced.limits(whole.lower, whole.upper)
    rows, columns = (limits.row_lower, limits.row_upper), (limits.column_lower, limits.column_upper)
    answer = LinearSolver(reduced.matrix, whole.cost, rows, columns, "whole").solve()
    dual = reduced.duals(limits, answer.row_dual, answer.reduced_cost)
    found = check(whole, answer.x, dual)
    assert max(found.primal, found.dual, found.gap) <= 1e-9
    assert found.dual_objective == pytest.approx(answer.objective, rel=1e-9)


def test_dual_objective_is_a_bound_even_when_duals_are_wrong():
    """Any duals give a bound from below where every column is bounded: never above the optimum."""
    for seed in range(20):
        lp, x, y = right(seed)
        wrong = y + np.random.default_rng(seed).normal(size=len(y)) * 0.1
        wrong = np.where(np.isneginf(lp.lower), np.minimum(wrong, 0), wrong)
        wrong = np.where(np.isposinf(lp.upper), np.maximum(wrong, 0), wrong)
        assert check(lp, x, wrong).dual_objective <= lp.cost @ x + 1e-9


def test_feasible_point_that_is_not_optimal_fails_by_its_gap_alone():
    """min x, 1 ≤ x ≤ 2: x = 2 is feasible, dual 1 is right, gap |2 − 1| / 2 = 0.5."""
    matrix = sp.csr_matrix(np.array([[1.0]]))
    one = np.ones(1)
    found = certify(matrix, one, (one, np.array([np.inf])), (np.zeros(1), 2 * one), (2 * one, one))
    assert (found.primal, found.dual, found.gap) == (0.0, 0.0, 0.5)
    assert not found.passed


def test_the_gate_is_where_it_is_published():
    assert TOLERANCE == 1e-6
    assert Certificate(1e-6, 1e-6, 1e-6, 0.0).passed
    for worst in ((2e-6, 0, 0), (0, 2e-6, 0), (0, 0, 2e-6), (np.nan, 0, 0), (0, np.nan, 0), (0, 0, np.inf)):
        assert not Certificate(*worst, 0.0).passed
