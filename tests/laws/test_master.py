"""The siting problem with many cuts: few of them take part, all of them hold."""

from __future__ import annotations

import numpy as np
import pytest
from toy import programme_of, random_system, seeds

from optimizer.milestones import Programme
from optimizer.solve.master import Cuts, Master
from optimizer.solve.workers import SerialEvaluator


def many_cuts(programme: Programme, number: int) -> list[Cuts]:
    """Return cuts of the system without the plan and at decisions drawn at random, the first of them last."""
    evaluator = SerialEvaluator()
    evaluator.load(programme.blocks, programme.periods)
    generator = np.random.default_rng(7)
    points = [programme.baseline]
    points += [
        programme.baseline + generator.uniform(0.0, 2.0, len(programme.baseline)) for _ in range(number)
    ]
    year = range(len(programme.periods))
    return [(tuple(evaluator.evaluate(year, z)), z) for z in points[::-1]]


def master_of(programme: Programme) -> Master:
    return Master(programme.siting, programme.interface, len(programme.periods))


@pytest.mark.parametrize("seed", seeds(range(3), range(20)))
def test_cuts_that_join_when_they_are_broken_give_the_optimum_of_all_cuts(seed):
    """Added one by one with a solve between (all take part) or at once (the broken ones do): one optimum."""
    programme = programme_of(*random_system(seed))
    pool = many_cuts(programme, 12)
    one, other, hinted = master_of(programme), master_of(programme), master_of(programme)
    for cuts, z in pool:
        one.add_cuts(cuts, z)
        one.solve()
    other.add_pool(pool)
    hinted.add_pool(pool, pool[3][1])
    all_in, few = one.solve(), other.solve()
    assert hinted.solve().lower_bound == pytest.approx(few.lower_bound, rel=1e-9)
    assert few.lower_bound == pytest.approx(all_in.lower_bound, rel=1e-9)
    z = few.y[programme.interface]
    theta = few.answer.x[other.columns :]
    for cuts, at in pool:
        for cut in cuts:
            assert theta[cut.period] >= cut.bound + cut.gradient @ (z - at) - 1e-7 * (1.0 + abs(cut.bound))
    assert len(one._joined) == len(pool) * len(programme.periods)
    for held in (other, hinted):
        assert len(np.unique(held._joined)) == len(held._joined) <= len(one._joined)
    latest = master_of(programme)
    latest.add_pool(pool[-1:])
    assert latest.solve().lower_bound <= few.lower_bound * (1 + 1e-9)


def test_without_the_cuts_that_are_broken_the_bound_would_be_too_low():
    """The counterfactual: only the latest cuts prove less. Level sets are bounded by all cuts, joined or not."""
    programme = programme_of(*random_system(1))
    pool = many_cuts(programme, 12)
    latest, master = master_of(programme), master_of(programme)
    latest.add_pool(pool[-1:])
    master.add_pool(pool)
    vertex = master.solve()
    assert latest.solve().lower_bound < vertex.lower_bound - 0.1
    assert len(master._joined) < len(pool) * len(programme.periods)
    assert master.centre(vertex.lower_bound + 1.0) is not None
    assert master._level is not None
    rows = len(master._level_set[2][0])
    assert master._level.shape[0] == rows + len(pool) * len(programme.periods)
