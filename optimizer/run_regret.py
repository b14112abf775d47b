"""Plans across futures: every plan stands in every future, dispatched there; nothing is sited anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.analyse.regret import Regret, regret_of
from optimizer.errors import UsageError
from optimizer.model.fingerprint import cost_fingerprint
from optimizer.run import make_programme, restamped
from optimizer.run_desk import Desk
from optimizer.run_stress import StandingPlan, StressedYear, hours_of, plan_of, plan_of_run, stand
from optimizer.scenario.compared import read_compared
from optimizer.scenario.load import LoadedScenario, load_scenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.solve.workers import Evaluator

RULE_TOLERANCE = 0.01
"""A rule is kept where the plan misses it by less than this part of what it weighs: other weather alone moves
a cooling peak or a year's mean by as much. [1]"""


def plans_across(
    names: Sequence[str],
    futures: Sequence[str],
    asked: tuple[RunOptions, float],
    tools: tuple[Evaluator, ProgressCallback],
) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Dispatch every plan in every future and say what each measure picks.

    Args:
        names: run folders, folders of sweeps (every point is a plan), or scenarios, which are solved first.
        futures: names or files of scenarios.
        asked: size of the year (left out: that of the first plan), and alpha of CVaR [1].
        tools: workers and progress.

    Returns:
        Tables matrix and regret of :data:`optimizer.export.stress_folder.STRESS_TABLES`, and the content of
        `summary.json`.

    Raises:
        OptimizerError: whatever is wrong with the input or a programme.
    """
    (options, alpha), desk = asked, Desk()
    if not 0.0 <= alpha < 1.0:
        raise UsageError(f"--alpha {alpha}: 0 or more, and less than 1")
    plans = _named([plan for name in names for plan in _plans(name, options, desk, tools)])
    size = options if options.weeks or options.preview else plans[0].options
    known, rows = [], {}
    for at, future in enumerate(futures):
        loaded = load_scenario(future)
        known.append(loaded.scenario.name if loaded.scenario.name not in known else future)
        for number, row in enumerate(_in_future(plans, (loaded, known[at], size), desk, tools)):
            rows[number, at] = row
    matrix = pd.DataFrame([rows[n, f] for n in range(len(plans)) for f in range(len(futures))])
    hours = int(matrix.pop("hours").iloc[0])
    found_regret = _regret(plans, matrix, len(futures), alpha)
    matrix["regret_jpy_bn_per_a"] = found_regret.regret.ravel()
    summary = {
        "kind": "regret",
        "plans": [plan.name for plan in plans],
        "futures": known,
        "hours": hours,
        "preview": size.preview,
        "plan_hours": [hours_of(plan.programme) for plan in plans],
        "alpha": alpha,
        "picks": found_regret.picks,
    }
    return {"matrix": matrix, "regret": found_regret.table}, summary


def _in_future(
    plans: Sequence[StandingPlan],
    future: tuple[LoadedScenario, str, RunOptions],
    desk: Desk,
    tools: tuple[Evaluator, ProgressCallback],
) -> Iterator[dict[str, Any]]:
    """Yield the row of every plan in a future, which is compiled once."""
    (loaded, name, size), (evaluator, progress), first = future, tools, plans[0]
    inputs = desk.inputs(loaded, replace(size, output=None))
    same = cost_fingerprint(inputs) == cost_fingerprint(first.inputs)
    alike = same and (first.options.weeks, first.options.preview) == (size.weeks, size.preview)
    programme = restamped(first.programme, inputs) if alike else make_programme(inputs)
    for plan in plans:
        row = _row(plan.name, name, stand(plan, inputs, programme, evaluator))
        row["hours"] = hours_of(programme)
        told = {"cost": row["cost_jpy_bn_per_a"], "broken": not row["keeps_rules"]}
        progress("cell", {"plan": plan.name, "future": name, **told})
        yield row


def _plans(
    name: str, options: RunOptions, desk: Desk, tools: tuple[Evaluator, ProgressCallback]
) -> list[StandingPlan]:
    folder = Path(name)
    if folder.is_dir() and not (folder / "summary.json").is_file():
        return [_called(plan_of_run(run, options, desk, tools), run.key) for run in read_compared([folder])]
    return [plan_of(name, options, desk, *tools)]


def _called(plan: StandingPlan, name: str) -> StandingPlan:
    return replace(plan, name=name)


def _named(plans: Sequence[StandingPlan]) -> list[StandingPlan]:
    """Return the plans with names that tell them apart."""
    names = [plan.name for plan in plans]
    return [
        plan if names.count(plan.name) == 1 else _called(plan, f"{plan.name} #{number}")
        for number, plan in enumerate(plans, 1)
    ]


def _row(plan: str, future: str, found: StressedYear) -> dict[str, Any]:
    broken = found.broken[found.broken["share"] > RULE_TOLERANCE]
    told = ", ".join(f"{law} {share:.1%}" for law, share in zip(broken["law"], broken["share"], strict=True))
    kept = float(not len(broken))
    return {"plan": plan, "future": future, **found.figures, "keeps_rules": kept, "broken": told}


def _regret(plans: Sequence[StandingPlan], matrix: pd.DataFrame, futures: int, alpha: float) -> Regret:
    shape = (len(plans), futures)
    cost = matrix["cost_jpy_bn_per_a"].to_numpy(dtype=float).reshape(shape)
    keeps = matrix["keeps_rules"].to_numpy(dtype=float).reshape(shape) > 0
    return regret_of([plan.name for plan in plans], np.asarray(cost), np.asarray(keeps), alpha)
