"""One plan for many weather years, as one programme: least expected cost, CVaR, or cost in the dearest year.

The first year is solved alone; the duals behind its cuts are valid for all other years, so the search over
all years starts from cuts nobody had to solve for. Then every trial point is dispatched in every year.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.analyse.unseen import area_figures
from optimizer.errors import CertificateError, UsageError
from optimizer.milestones import Array, Inputs, Period, Programme, Solution
from optimizer.model.coupling import BUDGETS, make_periods
from optimizer.model.fingerprint import cost_fingerprint
from optimizer.run import make_programme, statistics_since
from optimizer.run_desk import Desk
from optimizer.run_stress import hours_of, of_weather, plan_file
from optimizer.scenario.load import LoadedScenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.solve.answer import Known, joined
from optimizer.solve.certificate import TOLERANCE
from optimizer.solve.decompose import search_year, without_plan
from optimizer.solve.frozen import by_name
from optimizer.solve.master import Cuts
from optimizer.solve.record import Record, plan_gap
from optimizer.solve.reuse import make_anchor
from optimizer.solve.risk import solve_risk
from optimizer.solve.workers import start_workers
from optimizer.solve.years import Years, YearsEvaluator

MW_PER_GW = 1000.0
MEASURES = ("expected", "cvar", "worst")
BUILT_MW = 1e-3
_ARRAYS = ("demand_gw", "must_run_gw", "existing_cf", "site_cf", "temperature_c")


@dataclass(frozen=True)
class Asked:
    """Which years, and what is to be least over them."""

    seeds: tuple[int, ...]
    measure: str
    alpha: float
    options: RunOptions


@dataclass
class WeatherYears:
    """Draws weather years, keeps them on disk and makes their periods; travels to the workers."""

    loaded: LoadedScenario
    options: RunOptions
    seeds: tuple[int, ...]
    first: Inputs
    programme: Programme
    folder: Path
    _desk: Desk | None = field(default=None, repr=False)

    def inputs(self, year: int) -> Inputs:
        """Return the inputs of a year: those of the first with other hours.

        Raises:
            UsageError: the years' dispatch problems differ in more than their limits.
        """
        file = self.folder / f"weather-{year}.npz"
        if not file.exists():
            self._draw(year, file)
        with np.load(file, allow_pickle=False) as found:
            hours = replace(self.first.hours, **{name: found[name] for name in _ARRAYS})
            return replace(self.first, hours=hours, pue=found["pue"])

    def periods(self, year: int) -> tuple[Period, ...]:
        """Return the periods of a year."""
        cut = [(period.hours, period.weight) for period in self.programme.periods]
        return make_periods(self.inputs(year), self.programme.blocks, cut)

    def mean(self) -> Inputs:
        """Return the mean year: dispatch is linear in it, so means over the years belong to it."""
        count = len(self.seeds)
        total = {name: np.zeros_like(getattr(self.first.hours, name)) for name in _ARRAYS}
        pue = np.zeros_like(self.first.pue)
        for year in range(count):
            one = self.inputs(year)
            pue += one.pue / count
            for name in _ARRAYS:
                total[name] += getattr(one.hours, name) / count
        return replace(self.first, hours=replace(self.first.hours, **total), pue=pue)

    def _draw(self, year: int, file: Path) -> None:
        self._desk = self._desk or Desk()
        inputs = self._desk.inputs(of_weather(self.loaded, self.seeds[year]), self.options)
        if cost_fingerprint(inputs) != cost_fingerprint(self.first):
            raise UsageError(
                "weather changes more than limits here (work moves between areas, at the weather's PUE): "
                "set flexibility.move: false"
            )
        arrays = {name: getattr(inputs.hours, name) for name in _ARRAYS}
        draft = file.with_suffix(".draft")
        with draft.open("wb") as content:
            np.savez(content, pue=inputs.pue, **arrays)
        draft.replace(file)


@dataclass(frozen=True)
class RobustAnswer:
    """One plan over many years: `solution` holds the plan, and the mean over the years of its hours."""

    solution: Solution
    first: Solution
    """Of the first year alone."""

    cost: float
    """Measure of the plan's cost: siting, and dispatch less the same without the plan. [JPY bn/a]"""

    lower_bound: float
    before: Array
    """Dispatch of every year without the plan. [JPY bn/a]"""

    after: Array
    """Dispatch of every year with the plan. [JPY bn/a]"""

    certificate: dict[str, Any]

    @property
    def gap(self) -> float:
        """How far cost and bound are apart, relative to the plan's cost. [1]"""
        return plan_gap(self.lower_bound, self.cost, 0.0)


def robust_plan(
    loaded: LoadedScenario, asked: Asked, progress: ProgressCallback
) -> tuple[dict[str, pd.DataFrame], dict[str, Any], str]:
    """Find the plan for many weather years and say what it builds and costs.

    Args:
        loaded: checked scenario; siting rules are those of the first year.
        asked: years and measure.
        progress: called with a stage name and its figures.

    Returns:
        Tables sites, mean_year, robust_years of :data:`optimizer.export.stress_folder.STRESS_TABLES`, the
        content of `summary.json`, and that of the file by which a stress test finds the plan.

    Raises:
        UsageError: the scenario has a pathway, yearly rules or whole halls, or the measure is unknown.
        OptimizerError: as a run does.
    """
    started = time.monotonic()
    _check(loaded, asked)
    progress("inputs", {})
    first = Desk().inputs(of_weather(loaded, asked.seeds[0]), asked.options)
    progress("compile", {})
    programme = make_programme(first)
    _check_rules(programme)
    workers = asked.options.workers or loaded.scenario.solve.workers
    with tempfile.TemporaryDirectory(prefix="wattbit-years-") as scratch:
        source = WeatherYears(loaded, asked.options, asked.seeds, first, programme, Path(scratch))
        answer, peak_mb = solve_years(source, asked, workers, progress)
        mean = source.mean()
    tables = {
        "sites": _sites(first, answer),
        "mean_year": area_figures(mean, answer.solution),
        "robust_years": _years(asked, answer),
    }
    summary = _summary(loaded, asked, answer, tables)
    summary |= {"hours": hours_of(programme), "preview": asked.options.preview}
    summary["statistics"] = statistics_since(started, peak_mb)()
    first_year = of_weather(loaded, asked.seeds[0])
    return tables, summary, plan_file(first_year, asked.options, answer.solution.siting)


def solve_years(
    source: WeatherYears, asked: Asked, workers: int, progress: ProgressCallback
) -> tuple[RobustAnswer, float]:
    """Solve the first year alone, then all years together.

    Args:
        source: the years and the first one's programme.
        asked: years and measure.
        workers: processes.
        progress: called with a stage name and its figures.

    Returns:
        The answer, and the peak memory of the workers. [MB]
    """
    programme, settings = source.programme, source.first.settings
    progress("first", {})
    with closing(start_workers(workers)) as alone:
        first, anchor = make_anchor(programme, settings, alone, progress, keep_duals=True)
        peak_mb = alone.workers_peak_rss_mb()
    progress("together", {})
    count = len(asked.seeds)
    settings = replace(settings, time_limit_s=_time_limit_s(source))
    years = Years(programme, source, (1.0 / count,) * count, source.folder)
    with closing(YearsEvaluator(years, workers)) as evaluator:
        means, each = evaluator.recut(anchor)
        del anchor
        known = without_plan(programme, evaluator)
        before = _costs(evaluator)
        likely = asked.measure == "expected" or (asked.measure == "cvar" and asked.alpha == 0.0)
        if likely or count == 1:
            known = replace(known, pool=(*known.pool, *means))
            solution = search_year(programme, settings, evaluator, progress, known).solution
            baseline = solution.baseline_cost
            bounds = solution.cost - baseline, solution.lower_bound - baseline
            certificate = solution.certificate
        else:
            asking = (evaluator, before, asked.alpha if asked.measure == "cvar" else 1.0)
            solution, bounds, certificate = _least_risk(source, (first, known, each), asking, progress)
        after = _costs(evaluator)
        peak_mb = max(peak_mb, evaluator.workers_peak_rss_mb())
    if not certificate["passed"]:
        raise CertificateError(f"the answer did not pass its certificate: {certificate}")
    return RobustAnswer(solution, first, *bounds, before, after, certificate), peak_mb


def _least_risk(
    source: WeatherYears,
    found: tuple[Solution, Known, Sequence[Cuts]],
    asked: tuple[YearsEvaluator, Array, float],
    progress: ProgressCallback,
) -> tuple[Solution, tuple[float, float], dict[str, Any]]:
    """Return the plan whose dearest years cost least with the mean of its hours, bounds and residuals."""
    programme, (first, known, cuts), (evaluator, before, _) = source.programme, found, asked
    settings = replace(source.first.settings, time_limit_s=_time_limit_s(source))
    record = Record(time.monotonic(), progress)
    answer = solve_risk(programme, settings, asked, cuts, record)
    z = np.maximum(answer.y[programme.interface], 0.0)
    dispatch, duals = joined(evaluator.details(range(len(programme.periods)), z))
    siting_cost = float(programme.siting.cost @ answer.y)
    solution = replace(
        first,
        siting=by_name(programme.siting, answer.y),
        siting_cost=siting_cost,
        dispatch=dispatch,
        dispatch_duals=duals,
        baseline=known.primal,
        baseline_duals=known.dual,
        cost=siting_cost + float(answer.years.mean()),
        baseline_cost=float(before.mean()),
    )
    certificate = {**record.worst, "solves": record.solves, "solved_again": record.retries}
    certificate["passed"] = max(record.worst.values()) <= TOLERANCE
    return solution, (answer.cost, answer.lower_bound), certificate


def _time_limit_s(source: WeatherYears) -> float:
    """Return the limit of all years together: that of the scenario is one year's."""
    return source.first.settings.time_limit_s * len(source.seeds)


def _costs(evaluator: YearsEvaluator) -> Array:
    return np.array([evaluator.costs[year] for year in sorted(evaluator.costs)])


def _check(loaded: LoadedScenario, asked: Asked) -> None:
    if asked.measure not in MEASURES:
        raise UsageError(f"--measure {asked.measure}: there is {', '.join(MEASURES)}")
    if not 0.0 <= asked.alpha < 1.0:
        raise UsageError(f"--alpha {asked.alpha}: 0 or more, and less than 1")
    if loaded.scenario.pathway is not None:
        raise UsageError("a pathway has a plan for every target year; make a scenario of one of them robust")
    if loaded.scenario.solve.block_mw is not None:
        raise UsageError("a robust plan is of any size; leave out solve.block_mw")


def _check_rules(programme: Programme) -> None:
    rules = [name for name in BUDGETS if len(programme.siting.variables[name].at)]
    if rules:
        raise UsageError(
            "yearly rules (hours of interruption, matching, a cap on CO2) are shared out over one year's "
            f"weeks; a robust plan cannot have them: {', '.join(rules)}"
        )


def _sites(inputs: Inputs, answer: RobustAnswer) -> pd.DataFrame:
    def built(solution: Solution) -> Array:
        it = solution.siting["it"]
        by_site = dict.fromkeys(inputs.sites.index, 0.0)
        for (site, _), gw in zip(list(it.index), it.to_numpy(dtype=float), strict=True):
            by_site[site] += max(0.0, float(gw))
        return np.array(list(by_site.values())) * MW_PER_GW

    table = inputs.sites[["name_ja", "name_en", "area"]].reset_index()
    table["it_mw"], table["first_year_it_mw"] = built(answer.solution), built(answer.first)
    new = answer.solution.siting["renewable"]
    for technology in ("solar", "onshore", "offshore"):
        value = dict(zip(new.index, new, strict=True))
        table[f"{technology}_mw"] = [
            max(0.0, value.get((site, technology), 0.0)) * MW_PER_GW for site in table["site"]
        ]
    return table


def _years(asked: Asked, answer: RobustAnswer) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "future": [f"weather {seed}" for seed in asked.seeds],
            "seed": [float(seed) for seed in asked.seeds],
            "dispatch_jpy_bn_per_a": answer.after,
            "before_jpy_bn_per_a": answer.before,
            "cost_jpy_bn_per_a": answer.solution.siting_cost + answer.after - answer.before,
        }
    )


def _summary(
    loaded: LoadedScenario, asked: Asked, answer: RobustAnswer, tables: Mapping[str, pd.DataFrame]
) -> dict[str, Any]:
    areas, sites = tables["mean_year"], tables["sites"]
    costs = tables["robust_years"]["cost_jpy_bn_per_a"]
    return {
        "kind": "robust",
        "scenario": loaded.scenario.name,
        "measure": asked.measure,
        "alpha": asked.alpha if asked.measure == "cvar" else None,
        "weather_years": len(asked.seeds),
        "seeds": list(asked.seeds),
        "cost_jpy_bn_per_a": answer.cost,
        "lower_bound_jpy_bn_per_a": answer.lower_bound,
        "gap": answer.gap,
        "siting_cost_jpy_bn_per_a": answer.solution.siting_cost,
        "mean_cost_jpy_bn_per_a": float(costs.mean()),
        "worst_cost_jpy_bn_per_a": float(costs.max()),
        "it_mw_built": float(sites["it_mw"].sum()),
        "it_mw_moved": float((sites["it_mw"] - sites["first_year_it_mw"]).abs().sum() / 2.0),
        "sites_built": int((sites["it_mw"] > BUILT_MW).sum()),
        "price_jpy_per_kwh_by_area": dict(zip(areas["area"], areas["price_jpy_per_kwh"], strict=True)),
        "shed_gwh": float(areas["shed_gwh"].sum()),
        "curtailed_gwh": float(areas["curtailed_gwh"].sum()),
        "certificate": answer.certificate,
    }


__all__ = ["Asked", "RobustAnswer", "WeatherYears", "robust_plan", "solve_years"]
