r"""How far an aim can reach, whatever it costs: the siting problem alone.

Dispatch sets no limit here: it can always shed or spill.
"""

from __future__ import annotations

import numpy as np

from optimizer.milestones import Array, LinearProgramme
from optimizer.solve.highs import LinearSolver

ROUNDS = 30
CLOSE = 1e-9
"""Where a further round of the ratio gains less than this."""


def largest_capture(siting: LinearProgramme, value: Array) -> float:
    """Return the most that can be captured. [JPY bn/a]

    Args:
        siting: the compiled siting problem of goal capture; its share must be within reach.
        value: captured yen of one unit of every column.
    """
    return float(value @ _solver(siting, -value, np.zeros(len(siting.lower), dtype=bool)).solve().x)


def largest_share(siting: LinearProgramme, part: Array, whole: Array, rule: str) -> float:
    r"""Return the largest share a part can have of the whole, `part · y / whole · y`, without the rule on it.

    By Dinkelbach's method: with the share :math:`\sigma` of the last round, the next decision is the optimum
    of :math:`\max\, (part - \sigma\, whole) \cdot y`; it is the largest when that is nothing.

    Args:
        siting: the compiled siting problem.
        part: coefficients of the part by column.
        whole: coefficients of the whole, which is never nothing.
        rule: equation that asks for a share; left aside.
    """
    free = np.zeros(len(siting.lower), dtype=bool)
    free[siting.equations[rule].at] = True
    solver, share = _solver(siting, np.zeros(len(siting.cost)), free), 0.0
    for _ in range(ROUNDS):
        solver.set_cost(share * whole - part)
        y = solver.solve().x
        total = float(whole @ y)
        found = float(part @ y) / total if total > 0.0 else 0.0
        if found <= share + CLOSE:
            break
        share = found
    return share


def _solver(siting: LinearProgramme, cost: Array, free: np.ndarray) -> LinearSolver:
    rows = np.where(free, -np.inf, siting.lower), np.where(free, np.inf, siting.upper)
    return LinearSolver(siting.matrix, cost, rows, (siting.column_lower, siting.column_upper), "reach")
