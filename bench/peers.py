"""Ours against HiGHS on the very same linear programme, and another reader's opinion of our optimum."""

from __future__ import annotations

import gzip
import multiprocessing
import shutil
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from optimizer.inputs.pack import find_pack, read_pack
from optimizer.milestones import Inputs, Programme, Solution
from optimizer.run import make_inputs, make_programme
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions
from optimizer.solve.decompose import solve_programme
from optimizer.solve.stacked import write_stacked
from optimizer.solve.workers import start_workers

WORKERS = 2
REPEATS = 3
"""Our solves take seconds and other work may disturb them; a peer's take minutes and are timed once."""

METHODS = {
    "simplex": {},
    "interior point": {"solver": "ipm", "run_crossover": "off"},
}
"""Options given to HiGHS; nothing set means what HiGHS chooses."""


@dataclass(frozen=True)
class Ours:
    """Our answer to a programme of so many weeks."""

    seconds: float
    """Median of `REPEATS` solves."""

    every_s: tuple[float, ...]
    cost: float
    """System cost at the published vertex. [JPY bn/a]"""

    lower_bound: float
    gap: float
    """Of the plan. [1]"""


@dataclass(frozen=True)
class Theirs:
    """HiGHS's answer to the stacked programme."""

    seconds: float
    objective: float | None
    """None where the time limit came first. [JPY bn/a]"""

    rows: int
    columns: int
    simplex_iterations: int
    log: str
    """HiGHS's own log."""


def programme_of(scenario: str, weeks: int) -> tuple[Inputs, Programme]:
    """Return inputs and compiled programme of so many evenly spaced weeks."""
    loaded = load_scenario(scenario)
    options = RunOptions(None, None, False, "en", weeks, False, WORKERS)
    inputs = make_inputs(loaded, read_pack(find_pack(loaded.scenario.pack)), options)
    return inputs, make_programme(inputs)


def solve_ours(inputs: Inputs, programme: Programme) -> Ours:
    """Solve with the decomposition, `REPEATS` times: the answer of the last, the median of the times."""
    timed = [_solve_once(inputs, programme) for _ in range(REPEATS)]
    seconds, solution = tuple(pair[0] for pair in timed), timed[-1][1]
    gap = float(solution.bounds["gap_plan"].iloc[-1])
    return Ours(float(np.median(seconds)), seconds, solution.cost, solution.lower_bound, gap)


def _solve_once(inputs: Inputs, programme: Programme) -> tuple[float, Solution]:
    """Two worker processes, standing before the clock starts: in a run they start while inputs are read."""
    evaluator = start_workers(WORKERS)
    try:
        evaluator.workers_peak_rss_mb()  # waits until the processes stand
        started = time.perf_counter()
        solution = solve_programme(programme, inputs.settings, evaluator, _silent)
        return time.perf_counter() - started, solution
    finally:
        evaluator.close()


def _silent(_stage: str, _fields: dict[str, Any]) -> None:
    return


def solve_theirs(programme: Programme, method: str, limit_s: float) -> Theirs:
    """Give HiGHS the stacked programme, in a process of its own, from the file anyone can read."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stacked.mps.gz"
        write_stacked(programme, file)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
            return Theirs(**pool.submit(_highs, str(file), METHODS[method], limit_s).result())


def _highs(file: str, options: dict[str, str], limit_s: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "highs.log"
        solver = _read(Path(file))
        solver.setOptionValue("log_file", str(log))
        solver.setOptionValue("output_flag", True)
        solver.setOptionValue("log_to_console", False)
        solver.setOptionValue("time_limit", limit_s)
        for name, value in options.items():
            solver.setOptionValue(name, value)
        started = time.perf_counter()
        solver.run()
        seconds = time.perf_counter() - started
        done = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        info, lp = solver.getInfo(), solver.getLp()
        theirs = Theirs(
            seconds, float(info.objective_function_value) if done else None, lp.num_row_, lp.num_col_,
            int(info.simplex_iteration_count), log.read_text(encoding="utf-8"),
        )  # fmt: skip
    return asdict(theirs)


def _read(file: Path) -> highspy.Highs:
    """Return a fresh HiGHS holding the programme of a gzipped MPS file, every option as HiGHS ships it."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "stacked.mps"
        with gzip.open(file, "rb") as packed, plain.open("wb") as target:
            shutil.copyfileobj(packed, target)
        if solver.readModel(str(plain)) == highspy.HighsStatus.kError:
            raise RuntimeError(f"HiGHS cannot read {file.name}")
    return solver


def second_opinion(file: Path) -> float:
    """Read a stacked programme afresh and solve it with scipy's `linprog`. [JPY bn/a]"""
    lp = _read(file).getLp()
    matrix = sp.csc_matrix(
        (lp.a_matrix_.value_, lp.a_matrix_.index_, lp.a_matrix_.start_), shape=(lp.num_row_, lp.num_col_)
    ).tocsr()
    lower, upper = np.array(lp.row_lower_), np.array(lp.row_upper_)
    equal = lower == upper
    least, most = ~equal & np.isfinite(lower), ~equal & np.isfinite(upper)
    found = linprog(
        lp.col_cost_,
        A_ub=sp.vstack([matrix[most], -matrix[least]]),
        b_ub=np.concatenate([upper[most], -lower[least]]),
        A_eq=matrix[equal],
        b_eq=upper[equal],
        bounds=list(zip(lp.col_lower_, lp.col_upper_, strict=True)),
    )
    if not found.success or found.fun is None:
        raise RuntimeError(f"scipy found no optimum: {found.message}")
    return float(found.fun) + float(lp.offset_)
