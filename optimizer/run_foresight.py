"""A plan dispatched with the weather known only some hours ahead: every day anew, the stores carried over.

Each week begins and ends with its stores as full as with the whole week known, so the difference in cost is
foresight and nothing else. In between, what is stored at the end of a window is worth the area's mean price
of the year, less the loss of taking it out: what an operator knows without knowing the week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from optimizer.analyse.foresight import HOURS_PER_DAY, foresight_figures, windows
from optimizer.errors import CertificateError, UsageError
from optimizer.milestones import Array, Inputs, LinearProgramme, Period, Programme
from optimizer.model.coupling import BUDGETS
from optimizer.run import compiled
from optimizer.run_stress import HOURS_PER_WEEK, StandingPlan
from optimizer.scenario.options import RunOptions
from optimizer.solve.frozen import columns_of
from optimizer.solve.workers import Detail, Evaluator


@dataclass(frozen=True)
class _Window:
    """One window: of which week, from where, how many of its hours are kept."""

    week: int
    step: int
    kept: int


def check_foresight(ahead: int, size: RunOptions) -> None:
    """Refuse hours that no period of the year shows anything with, before anything is solved.

    Args:
        ahead: hours known at the start of every day. [h]
        size: weeks and preview of the year that is dispatched.

    Raises:
        UsageError: hours that are no whole days, or not fewer than a period has.
    """
    _check_days(ahead)
    if size.preview:
        raise UsageError(
            f"--foresight-hours {ahead}: a preview is made of single days, within which all is known; take a "
            "run of whole weeks (the year, or --weeks N)",
            f"--foresight-hours {ahead}: プレビューは一日ごとの計算なので、予測時間の影響を見られません。"
            "通年か --weeks N の結果を使ってください",
        )
    if ahead >= HOURS_PER_WEEK:
        raise UsageError(
            f"--foresight-hours {ahead}: dispatch is solved week by week, so {HOURS_PER_WEEK} h or more know "
            "everything; take fewer, e.g. 48",
            f"--foresight-hours {ahead}: 計算は週ごとなので、{HOURS_PER_WEEK} 時間以上ではすべてが既知です。"
            "48 など、もっと短くしてください",
        )


def _check_days(ahead: int) -> None:
    if ahead < HOURS_PER_DAY or ahead % HOURS_PER_DAY:
        raise UsageError(
            f"--foresight-hours {ahead}: whole days, e.g. 48",
            f"--foresight-hours {ahead}: 24 の倍数にしてください (例: 48)",
        )


def foresight_weeks(
    plan: StandingPlan, ahead: int, evaluator: Evaluator
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Dispatch the plan's own year with so many hours known; return its weeks, and the year in short.

    Raises:
        UsageError: hours that are no whole days or not fewer than a period has, or rules that look over whole
            weeks or years.
    """
    check_foresight(ahead, plan.options)
    z = np.maximum(np.nan_to_num(columns_of(plan.programme.siting, plan.values)), 0.0)
    weeks = rolling_weeks(plan.inputs, plan.programme, z[plan.programme.interface], ahead, evaluator)
    return weeks, foresight_figures(weeks, ahead)


def rolling_weeks(
    inputs: Inputs, programme: Programme, z: Array, ahead: int, evaluator: Evaluator
) -> pd.DataFrame:
    """Dispatch every period of a programme day by day, looking so many hours ahead.

    Args:
        inputs: of the year.
        programme: its periods are the weeks.
        z: interface values of the plan.
        ahead: hours known at the start of every day; whole days. [h]
        evaluator: workers.

    Returns:
        Table `foresight` of :data:`optimizer.export.stress_folder.STRESS_TABLES`.

    Raises:
        UsageError: hours that are no whole days, or rules that look over whole weeks or years.
        CertificateError: an answer did not pass its certificate.
    """
    _check(programme, ahead)
    numbers = range(len(programme.periods))
    evaluator.load(programme.blocks, programme.periods)
    perfect = evaluator.details(numbers, z)
    level = np.array([one.primal["level"][:, -1] for one in perfect])
    year, plans = _windows(inputs, programme, ahead)
    blocks = {length: _opened(block) for length, block in year.blocks.items()}
    blocks = {n: _valued(block, _worth(inputs, programme, perfect)) for n, block in blocks.items()}
    periods = [
        _carrying(programme, period, blocks, (window, level), z)
        for period, window in zip(year.periods, plans, strict=True)
    ]
    evaluator.load(blocks, periods)
    carried = level.copy()
    cost, shed = np.zeros(len(level)), np.zeros(len(level))
    for step in range(max(window.step for window in plans) + 1):
        asked = [number for number, window in enumerate(plans) if window.step == step]
        for number, found in zip(
            asked, evaluator.details(asked, np.concatenate([z, carried.ravel()])), strict=True
        ):
            _check_certificate(found)
            window, block = plans[number], year.blocks[len(periods[number].hours)]
            cost[window.week] += _cost(block, found, window.kept)
            shed[window.week] += float(found.primal["shed"][:, : window.kept].sum())
            carried[window.week] = found.primal["level"][:, window.kept - 1]
    return _table(programme, perfect, cost, shed)


def _check(programme: Programme, ahead: int) -> None:
    _check_days(ahead)
    block = next(iter(programme.blocks.values()))
    rules = [name for name in BUDGETS if len(programme.siting.variables[name].at)]
    rules += [name for name in ("kept_level",) if name in block.equations and block.equations[name].keys]
    if rules:
        raise UsageError(
            "foresight is for scenarios without rules over weeks or years (hours of interruption, matching, "
            f"a cap on CO2): {', '.join(rules)}"
        )


def _windows(inputs: Inputs, programme: Programme, ahead: int) -> tuple[Programme, list[_Window]]:
    """Return the windows of all weeks as periods, those of the first day first."""
    cut, plans = [], []
    for week, period in enumerate(programme.periods):
        for step, (start, end) in enumerate(windows(len(period.hours), ahead)):
            cut.append((period.hours[start:end], 1.0))
            plans.append(_Window(week, step, min(HOURS_PER_DAY, end - start)))
    order = sorted(range(len(cut)), key=lambda at: (plans[at].step, plans[at].week))
    year = compiled(inputs, [cut[at] for at in order], ())
    return year, [plans[at] for at in order]


def _opened(block: LinearProgramme) -> LinearProgramme:
    """Return a block whose first hour begins with what is carried over, not with what the last leaves."""
    matrix = sp.lil_matrix(block.matrix)
    for row, column in _ends(block):
        matrix[row, column] = 0.0
    lower = block.lower.copy()
    lower[block.equations["storage_energy"].at[:, -1]] = 0.0
    opened = sp.csr_matrix(matrix)
    opened.eliminate_zeros()
    return replace(block, matrix=opened, lower=lower)


def _ends(block: LinearProgramme) -> list[tuple[int, int]]:
    first, last = block.equations["storage_level"].at[:, 0], block.variables["level"].at[:, -1]
    return [(int(row), int(column)) for row, column in zip(first, last, strict=True)]


def _worth(inputs: Inputs, programme: Programme, perfect: Sequence[Detail]) -> Mapping[Any, float]:
    """Worth of a stored GWh at the end of a window: the area's mean price, less the loss. [JPY bn/GWh]"""
    weight = np.concatenate([np.full(len(p.hours), p.weight) for p in programme.periods])
    price = np.concatenate([one.dual["energy_balance"] for one in perfect], axis=1) @ weight / weight.sum()
    mean = dict(zip(inputs.areas.index, price, strict=True))
    left = inputs.storage["discharge_efficiency"]
    return {key: float(mean[key[0]] * value) for key, value in zip(left.index, left, strict=True)}


def _valued(block: LinearProgramme, worth: Mapping[Any, float]) -> LinearProgramme:
    place, cost = block.variables["level"], block.cost.copy()
    for key, column in zip(place.keys, place.at[:, -1], strict=True):
        cost[column] -= worth[key]
    return replace(block, cost=cost)


def _carrying(
    programme: Programme,
    period: Period,
    blocks: Mapping[int, LinearProgramme],
    week: tuple[_Window, Array],
    z: Array,
) -> Period:
    """Return a window that takes what is carried over as further interface values, by week and store."""
    (window, level), block = week, blocks[len(period.hours)]
    weeks, stores = level.shape
    rows = block.equations["storage_level"].at[:, 0]
    columns = window.week * stores + np.arange(stores)
    shape = (len(block.lower), weeks * stores)
    carried = sp.csr_matrix((np.ones(stores), (rows, columns)), shape=shape)
    lower, upper = period.lower.copy(), period.upper.copy()
    last = block.equations["storage_energy"].at[:, -1]
    lower[last] = -(period.coupling[last] @ z)
    if period.hours[-1] == programme.periods[window.week].hours[-1]:
        lower[last] += level[window.week]
        upper[last] = lower[last]
    coupling = sp.csr_matrix(sp.hstack([period.coupling, carried]))
    return replace(period, lower=lower, upper=upper, coupling=coupling)


def _cost(block: LinearProgramme, found: Detail, kept: int) -> float:
    """Return what the hours that are kept cost, without the value of what is stored. [JPY bn]"""
    return float(
        sum(
            (block.cost[place.at][:, :kept] * found.primal[name][:, :kept]).sum()
            for name, place in block.variables.items()
            if place.at.size
        )
    )


def _check_certificate(found: Detail) -> None:
    if not found.evaluation.certificate.passed:
        raise CertificateError(f"the answer did not pass its certificate: {found.evaluation.certificate}")


def _table(programme: Programme, perfect: Sequence[Detail], cost: Array, shed: Array) -> pd.DataFrame:
    weight = np.array([period.weight for period in programme.periods])
    known = np.array([one.evaluation.cost for one in perfect]) / weight
    return pd.DataFrame(
        {
            "week": np.arange(1.0, len(weight) + 1.0),
            "perfect_jpy_bn": known,
            "rolling_jpy_bn": cost,
            "cost_of_not_knowing_jpy_bn": cost - known,
            "perfect_shed_gwh": [float(one.primal["shed"].sum()) for one in perfect],
            "rolling_shed_gwh": shed,
            "weight": weight,
        }
    )
