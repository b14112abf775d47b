"""One plan for many weather years: the decomposition over years finds what the stacked programme finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from toy import change, programme_of, random_system, silent, solved

from optimizer.milestones import Inputs, Period, Programme
from optimizer.model.coupling import make_periods
from optimizer.risk_measures import cvar
from optimizer.run_robust import Asked, RobustAnswer, WeatherYears, solve_years
from optimizer.scenario.options import RunOptions
from optimizer.solve.highs import LinearSolver
from optimizer.solve.stacked import solve_stacked, stack

GAP = 1e-8
OPTIONS = RunOptions(None, None, False, "en", None, False, 1)


@dataclass
class Drawn:
    """Years of a drawn system; stands for `WeatherYears`, whose weather is drawn from statistics."""

    years: Sequence[Inputs]
    programme: Programme
    folder: Path

    @property
    def seeds(self) -> range:
        return range(len(self.years))

    @property
    def first(self) -> Inputs:
        return self.years[0]

    def periods(self, year: int) -> tuple[Period, ...]:
        cut = [(period.hours, period.weight) for period in self.programme.periods]
        return make_periods(self.years[year], self.programme.blocks, cut)


def weather(inputs: Inputs, seed: int) -> Inputs:
    """The same system in a year of other demand and other sun and wind."""
    draw, hours = np.random.default_rng(seed), inputs.hours
    demand = hours.demand_gw * draw.uniform(0.8, 1.15, hours.demand_gw.shape)
    site_cf = np.clip(hours.site_cf * draw.uniform(0.6, 1.4, hours.site_cf.shape), 0.0, 1.0)
    return change(change(inputs, "demand_gw", demand), "site_cf", site_cf)


@cache
def system(seed: int) -> tuple[tuple[Inputs, ...], Programme]:
    inputs, periods = random_system(seed)
    inputs = change(inputs, "settings.gap", GAP)
    years = (inputs, *(weather(inputs, 10 * seed + number) for number in range(2)))
    return years, programme_of(inputs, periods)


def robust(
    years: Sequence[Inputs],
    programme: Programme,
    folder: Path,
    measure: str,
    *,
    alpha: float = 0.5,
    workers: int = 1,
) -> RobustAnswer:
    source: WeatherYears = Drawn(years, programme, folder)  # type: ignore[assignment]
    asked = Asked(tuple(range(len(years))), measure, alpha, OPTIONS)
    return solve_years(source, asked, workers, silent)[0]


def side_by_side(
    years: Sequence[Inputs], programme: Programme, folder: Path
) -> tuple[Programme, list[slice]]:
    """Every period of every year in one programme, each year at its full weight; where each year's columns are."""
    source = Drawn(years, programme, folder)
    periods = [source.periods(year) for year in range(len(years))]
    at, places = len(programme.siting.cost), []
    for each in periods:
        width = sum(len(programme.blocks[len(period.hours)].cost) for period in each)
        places.append(slice(at, at + width))
        at += width
    return replace(programme, periods=tuple(period for each in periods for period in each)), places


def stacked_risk(
    years: Sequence[Inputs], programme: Programme, folder: Path, before: np.ndarray, alpha: float
) -> float:
    """Least siting cost plus CVaR of the years, as one linear programme: columns x, level t, excess of each year."""
    together, places = side_by_side(years, programme, folder)
    whole = stack(together)
    count, width = len(years), len(whole.cost)
    rows = sp.lil_matrix((count, width + 1 + count))
    for year, place in enumerate(places):
        rows[year, place] = -whole.cost[place]
        rows[year, width] = rows[year, width + 1 + year] = 1.0
    siting = np.where(np.arange(width) < len(programme.siting.cost), whole.cost, 0.0)
    share = 1.0 / max(1.0, (1.0 - alpha) * count)
    wide = sp.hstack([whole.matrix, sp.csr_matrix((whole.matrix.shape[0], 1 + count))])
    solver = LinearSolver(
        sp.csr_matrix(sp.vstack([wide, rows])),
        np.concatenate([siting, [1.0], np.full(count, share)]),
        (np.concatenate([whole.lower, -before]), np.concatenate([whole.upper, np.full(count, np.inf)])),
        (
            np.concatenate([whole.column_lower, [-np.inf], np.zeros(count)]),
            np.concatenate([whole.column_upper, np.full(1 + count, np.inf)]),
        ),
        "stacked years",
    )
    return solver.solve().objective


@pytest.mark.parametrize("seed", [1, 3])
def test_least_expected_cost_is_that_of_the_stacked_years(seed, tmp_path):
    """Four years at a third each; the plan of the first year alone costs more over them, or the test says nothing."""
    years, programme = system(seed)
    answer = robust(years, programme, tmp_path, "expected")
    together, _ = side_by_side(years, programme, tmp_path)
    third = replace(together, periods=tuple(replace(p, weight=p.weight / 3) for p in together.periods))
    optimum = solve_stacked(third, 100.0).objective
    assert answer.solution.cost == pytest.approx(optimum, rel=1e-6)
    assert answer.lower_bound <= answer.cost * (1 + 1e-12)
    assert answer.gap <= GAP
    assert answer.certificate["passed"]
    assert answer.solution.siting_cost + answer.after.mean() == pytest.approx(optimum, rel=1e-6)
    assert abs(answer.first.siting_cost - answer.solution.siting_cost) > 1e-3  # other years move the plan


@pytest.mark.parametrize(
    ("seed", "measure", "alpha"), [(1, "cvar", 0.5), (2, "cvar", 0.4), (2, "worst", 0.9), (3, "worst", 0.9)]
)
def test_least_risk_is_that_of_the_stacked_years(seed, measure, alpha, tmp_path):
    years, programme = system(seed)
    answer = robust(years, programme, tmp_path, measure, alpha=alpha)
    asked = 1.0 if measure == "worst" else alpha
    optimum = stacked_risk(years, programme, tmp_path, answer.before, asked)
    assert answer.cost == pytest.approx(optimum, rel=1e-6)
    plan = answer.solution.siting_cost + answer.after - answer.before
    assert cvar(plan, asked) == pytest.approx(optimum, rel=1e-6)
    assert answer.gap <= GAP


def test_measures_order_as_they_must(tmp_path):
    """Mean ≤ CVaR ≤ worst; the plan for the worst year has the lowest worst year, that for the mean the lowest mean."""
    years, programme = system(2)
    found = {}
    for measure in ("expected", "cvar", "worst"):
        (tmp_path / measure).mkdir()
        found[measure] = robust(years, programme, tmp_path / measure, measure)
    assert found["expected"].cost <= found["cvar"].cost <= found["worst"].cost
    plan = {name: one.solution.siting_cost + one.after - one.before for name, one in found.items()}
    assert plan["worst"].max() < plan["expected"].max() - 1e-3
    assert plan["expected"].mean() < plan["worst"].mean() - 1e-3


def test_a_year_twice_changes_nothing(tmp_path):
    """Each of two years twice is each of them once; one year twice among three is not."""
    years, programme = system(1)
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    one, other = years[0], years[2]
    once = robust((one, other), programme, folders[0], "expected")
    twice = robust((one, other, one, other), programme, folders[1], "expected")
    thrice = robust((one, one, other), programme, folders[2], "expected")
    assert twice.cost == pytest.approx(once.cost, rel=1e-7)
    assert twice.solution.siting_cost == pytest.approx(once.solution.siting_cost, rel=1e-6)
    assert abs(thrice.cost - once.cost) > 1e-3


def test_one_year_is_the_ordinary_answer(tmp_path):
    years, programme = system(3)
    _, periods = random_system(3)
    ordinary = solved(years[0], periods)
    for measure in ("expected", "worst"):
        folder = tmp_path / measure
        folder.mkdir()
        answer = robust(years[:1], programme, folder, measure)
        assert answer.cost == pytest.approx(ordinary.cost - ordinary.baseline_cost, rel=1e-7)
        for name, values in ordinary.dispatch.items():
            assert answer.solution.dispatch[name].shape == values.shape, name


def test_two_workers_find_what_one_finds(tmp_path):
    """Years are dealt out to processes; sums are taken in another order, so to rounding."""
    years, programme = system(3)
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
    one = robust(years, programme, tmp_path / "1", "expected")
    two = robust(years, programme, tmp_path / "2", "expected", workers=2)
    assert two.cost == pytest.approx(one.cost, rel=1e-9)
    assert two.after == pytest.approx(one.after, rel=1e-6)


@pytest.mark.parametrize(
    ("alpha", "value"), [(0.0, 3.0), (0.5, 4.5), (0.75, 6.0), (0.99, 6.0), (0.4, (6 + 3 + 0.4 * 2) / 2.4)]
)
def test_cvar_by_hand(alpha, value):
    """1, 2, 3, 6: all 3; the dearest half (6 + 3) / 2; the dearest third 6; of 60 % (6 + 3 + 0.4 · 2) / 2.4."""
    assert cvar(np.array([3.0, 1.0, 6.0, 2.0]), alpha) == pytest.approx(value, rel=1e-12)
