"""Shares of yearly totals: what a period buys at a price, and the cheapest mix of shares that were tried."""

from __future__ import annotations

import numpy as np
import pytest
from toy import full_system, programme_of, silent

from optimizer.solve.decompose import solve_programme
from optimizer.solve.shares import Shares, _cheapest_mix
from optimizer.solve.workers import SerialEvaluator


def test_the_cheapest_mix_on_paper():
    """Two periods, two points each: 0 or 4 of a total of 6; the second period saves 3 per unit, the first 1.

    Cost of period one 10 or 6, of period two 20 or 8. The total 6 is 4 of period two and 2 of period one, halfway:
    8 + 8. Scaling both alike (3 and 3) would cost 7 + 11.
    """
    value = np.array([[10.0, 6.0], [20.0, 8.0]])
    used = np.array([[[0.0, 4.0], [0.0, 4.0]]])
    mix = _cheapest_mix(value, used, np.array([6.0]), np.array([False]))
    assert mix == pytest.approx(np.array([[0.5, 0.5], [0.0, 1.0]]))
    assert float((mix * value).sum()) == pytest.approx(16.0)


def test_a_total_out_of_reach_is_met_as_far_as_a_mix_can():
    """No mix of 0 and 4 in two periods reaches 10: both use 4, though it costs more than not to."""
    value, used = np.array([[1.0, 6.0], [2.0, 8.0]]), np.array([[[0.0, 4.0], [0.0, 4.0]]])
    mix = _cheapest_mix(value, used, np.array([10.0]), np.array([True]))
    assert mix == pytest.approx(np.array([[0.0, 1.0], [0.0, 1.0]]))


def test_a_total_to_stay_within_need_not_be_used():
    """Using nothing is cheapest and allowed; were the total one to reach, both would use 4 each."""
    value, used = np.array([[1.0, 6.0], [2.0, 8.0]]), np.array([[[0.0, 4.0], [0.0, 4.0]]])
    mix = _cheapest_mix(value, used, np.array([8.0]), np.array([False]))
    assert mix == pytest.approx(np.array([[1.0, 0.0], [1.0, 0.0]]))
    assert _cheapest_mix(value, used, np.array([8.0]), np.array([True])) == pytest.approx(1.0 - mix)


@pytest.mark.parametrize("seed", range(2))
def test_what_a_period_buys_is_a_cut_like_any_other(seed):
    """Given the shares it bought, the period costs the same; where it bought some, one more is worth its price."""
    inputs, periods = full_system(seed)
    programme = programme_of(inputs, periods)
    evaluator = SerialEvaluator()
    solution = solve_programme(programme, inputs.settings, evaluator, silent)
    shares = Shares(programme, evaluator)
    y = np.concatenate([series.to_numpy() for series in solution.siting.values()])
    dual = 0.99 * np.concatenate([series.to_numpy() for series in solution.siting_duals.values()])
    bought, z = shares.bought(y, dual)
    given = evaluator.evaluate([found.period for found in bought], z)
    inside = 0
    for free, fixed in zip(bought, given, strict=True):
        assert free.cost == pytest.approx(fixed.cost, rel=1e-9)
        assert free.bound == pytest.approx(fixed.cost, rel=1e-9)
        place, weight = shares._places[free.period], programme.periods[free.period].weight
        price, most = dual[place.row], shares._totals(y)[place.row] / weight
        some = (np.abs(price) > 1e-6) & (z[place.at] > 1e-6) & (z[place.at] < most - 1e-6)
        assert free.gradient[place.at][some] == pytest.approx(weight * price[some], rel=1e-6)
        inside += int(some.sum())
    assert inside > 0


@pytest.mark.parametrize("seed", range(3))
def test_shared_out_anew_the_totals_stay(seed):
    """Totals of every rule are those of the decision, wherever its shares were; nothing else of it changes."""
    inputs, periods = full_system(seed)
    programme = programme_of(inputs, periods)
    evaluator = SerialEvaluator()
    evaluator.load(programme.blocks, (*programme.periods, *programme.seed))
    shares = Shares(programme, evaluator)
    y = np.full(len(programme.siting.cost), 0.1)
    found, z = shares.bought(y, np.zeros(len(programme.siting.lower)))
    pool = [
        (tuple(evaluator.evaluate(range(len(programme.periods)), programme.baseline)), programme.baseline)
    ]
    shared = shares.mixed(y, [*pool, (tuple(found), z)])
    touched = np.zeros(len(y), dtype=bool)
    weight = np.array([period.weight for period in programme.periods])
    assert shares.any
    for row in shares._rows:
        columns = np.array([place.column[place.row == row][0] for place in shares._places])
        touched[columns] = True
        assert shared[columns] @ weight == pytest.approx(y[columns] @ weight, rel=1e-9)
        assert (shared[columns] >= -1e-12).all()
    assert (shared[~touched] == y[~touched]).all()
