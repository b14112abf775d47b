r"""Runs side by side: what differs from a base, whether the proof can tell, and why the plan moved.

**Within the proof.** A run publishes a plan whose cost is proven to be within its gap :math:`\gamma` of the
least possible one. The least costs of two runs therefore differ by

.. math:: d^* \in [\, d - \gamma_r C_r,\; d + \gamma_b C_b \,], \qquad d = C_r - C_b

and a difference of published costs no larger than :math:`\gamma_r |C_r| + \gamma_b |C_b|` is marked
`within_proof`: the least costs may as well be the same. Beyond it the sign of their difference is proven.
The same rule is laid over every other figure: :math:`|d| \le \gamma_r |v_r| + \gamma_b |v_b|`, where for new
IT capacity of a site or an area :math:`v` is the nation's, because the money of the gap could move that much
of the capacity at the plan's mean cost. For these figures the mark is a screen, not a theorem: an optimum
may be flat, and plans within the gap may differ by more. Differences up to the rounding of the tables (1e-6)
are within the proof too. The gap itself is compared as it is. Under `goal: budget` the least that is proven
is cost less the value of what is captured, so that there the test on cost alone is a screen as well. All this
is between runs over the same hours; between others the marks stay, and the sign of nothing is proven.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.analyse.compare_why import reasons_table, stack_table
from optimizer.errors import InputError, Problem, UsageError
from optimizer.scenario.compared import ComparedRun
from optimizer.scenario.compared_facts import uncompared, unknown_inputs, varying_facts
from optimizer.scenario.compared_figures import BUILT, KEYS, figure_of, in_order, run_figures, stacks_of

ROUNDING = 1e-6
"""Digits of the published tables; smaller differences are none. In the unit of the figure."""

SAME, WITHIN, DIFFERS = "same", "within_proof", "differs"
NOT_IN_BASE, NOT_IN_RUN = "absent_in_base", "absent_in_run"
NOT_COMPARED = "not_compared"
"""State of a kind of inputs that one of two runs does not keep."""

STATES = (SAME, WITHIN, DIFFERS, NOT_IN_BASE, NOT_IN_RUN)
"""What a difference is; a figure that one run does not have is absent there, never zero."""


@dataclass(frozen=True)
class Comparison:
    """Some runs against one of them, as tables; see :func:`compare_runs` for the columns."""

    base: str
    runs: tuple[str, ...]
    differences: pd.DataFrame
    inputs: pd.DataFrame
    why: pd.DataFrame
    stacks: pd.DataFrame


def compare_runs(runs: Sequence[ComparedRun], base: str | None = None) -> Comparison:
    """Compare finished runs with one of them.

    Args:
        runs: at least two, of one country, with names of their own.
        base: name of the run the others are compared with; left out: the first.

    Returns:
        `differences`: run, table (nation, areas, sites, classes), place, part (class of computing), name_en,
        name_ja, figure, unit, base, value, difference, relative (empty where the base is zero or a value is
        absent), state (one of :data:`STATES`). `inputs`: run, kind, name, unit, base, value (text, empty
        where absent), state, or :data:`NOT_COMPARED` for a whole kind. `why` and `stacks`: see
        :mod:`optimizer.analyse.compare_why`.

    Raises:
        UsageError: fewer than two runs, or no run of the base's name.
        InputError: E376, runs of different countries; E378, a figure that is empty.
    """
    chosen = base_of(runs, base)
    refuse_other_countries(runs, chosen)
    figures = {run.key: run_figures(run).set_index(KEYS) for run in runs}
    others = [run for run in runs if run.key != chosen.key]
    differences = [_differences(run, chosen, figures) for run in others]
    stacks = stacks_of(runs)
    keys = [run.key for run in runs]
    reasons = [
        reasons_table(stacks, (keys.index(chosen.key), keys.index(run.key)), found.assign(run=run.key))
        for run, found in zip(others, differences, strict=True)
    ]
    moved = [
        stack_table(stacks, (keys.index(chosen.key), keys.index(run.key)), why)
        for run, why in zip(others, reasons, strict=True)
    ]
    return Comparison(
        base=chosen.key,
        runs=tuple(keys),
        differences=pd.concat(differences, ignore_index=True),
        inputs=_inputs(runs, keys.index(chosen.key)),
        why=pd.concat(reasons, ignore_index=True),
        stacks=pd.concat(moved, ignore_index=True),
    )


def base_of(runs: Sequence[ComparedRun], base: str | None) -> ComparedRun:
    """Return the run to compare with: the one named, or the first.

    Raises:
        UsageError: fewer than two runs, or none of this name.
    """
    if len(runs) < 2:
        raise UsageError("a comparison takes two runs or more: wattbit compare RUN RUN … [--base RUN]")
    for run in runs:
        if base is None or run.key == base:
            return run
    raise UsageError(f"--base {base!r} is not among the runs: {', '.join(run.key for run in runs[:8])}")


def refuse_other_countries(runs: Sequence[ComparedRun], base: ComparedRun) -> None:
    """Refuse runs whose pack has another name and other grid areas: their figures say nothing of each other.

    Raises:
        InputError: E376, one line for each such run.
    """
    home = set(base.tables["areas"]["area"])
    problems = [
        Problem(
            str(run.folder),
            "E376",
            f"made from pack {run.pack!r}, the base {base.key!r} from {base.pack!r}; their grid areas "
            "are others; compare runs of one country",
            f"データパック {run.pack!r} の結果です。基準 {base.key!r} は {base.pack!r} です。"
            "同じ国の結果どうしを比べてください",
        )
        for run in runs
        if run.pack != base.pack and set(run.tables["areas"]["area"]) != home
    ]
    if problems:
        raise InputError(problems)


def _differences(run: ComparedRun, base: ComparedRun, figures: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Compare one run with the base, figure by figure, in the order of the base and then of the run."""
    here, there = figures[run.key], figures[base.key]
    index = there.index.append(here.index.difference(there.index, sort=False))
    value, before = (frame["value"].reindex(index).to_numpy(dtype=float) for frame in (here, there))
    names = pd.concat([there, here[~here.index.isin(there.index)]])[["name_en", "name_ja"]]
    frame = index.to_frame(index=False).assign(
        name_en=names["name_en"].to_numpy(), name_ja=names["name_ja"].to_numpy()
    )
    frame["unit"] = [
        figure_of(table, name).unit for table, name in zip(frame["table"], frame["figure"], strict=True)
    ]
    difference = value - before
    scale = np.abs(before) > 0
    frame = frame.assign(base=before, value=value, difference=difference)
    frame["relative"] = np.divide(difference, np.abs(before), out=np.full(len(frame), np.nan), where=scale)
    frame["state"] = states(frame, run, base)
    frame.insert(0, "run", run.key)
    return in_order(frame)


def states(frame: pd.DataFrame, run: ComparedRun, base: ComparedRun) -> list[str]:
    """Say of every difference what it is; the rule is at the top of this module.

    Args:
        frame: columns table, figure, base, value, difference; NaN where a run does not have the figure.
        run: gives the gap and the nation's new IT capacity.
        base: the same.
    """
    before, value = frame["base"].to_numpy(dtype=float), frame["value"].to_numpy(dtype=float)
    by_place = ((frame["figure"] == BUILT) & frame["table"].isin(("sites", "areas"))).to_numpy()
    reach = sum(
        float(one.summary["gap"])
        * np.where(by_place, float(one.summary.get("it_mw_built", 0.0)), np.abs(column))
        for one, column in ((run, value), (base, before))
    )
    reach = np.where(frame["figure"] == "gap", 0.0, np.maximum(reach, ROUNDING))
    size = np.abs(value - before)
    found = np.where(size == 0, SAME, np.where(size <= reach, WITHIN, DIFFERS))
    found = np.where(np.isnan(value), NOT_IN_RUN, np.where(np.isnan(before), NOT_IN_BASE, found))
    return [str(state) for state in found]


def _inputs(runs: Sequence[ComparedRun], base: int) -> pd.DataFrame:
    """Every input of a run that is not what it is in the base, and what is not compared, run by run."""
    facts = varying_facts(runs)
    rows = []
    for at, run in enumerate(runs):
        skipped = uncompared(run, runs[base]) if at != base else ()
        for fact in facts:
            before, value = fact.values[base], fact.values[at]
            if value != before and fact.kind not in skipped:
                state = NOT_IN_BASE if before is None else NOT_IN_RUN if value is None else DIFFERS
                rows.append((run.key, fact.kind, fact.name, fact.unit, before or "", value or "", state))
        for kind in unknown_inputs(run, runs[base]) if at != base else ():
            rows.append((run.key, kind, "", "", "", "", NOT_COMPARED))
    return pd.DataFrame(rows, columns=["run", "kind", "name", "unit", "base", "value", "state"])
