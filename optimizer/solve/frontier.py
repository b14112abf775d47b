"""The most a budget can capture, whatever it costs a year: the siting problem for captured yen alone.

The dispatch of power sets no limit here: it can always shed or spill. The dual of the budget is then exactly
what one more yen of budget would add to what is captured, free of yearly cost.
"""

from __future__ import annotations

import numpy as np

from optimizer.milestones import LinearProgramme
from optimizer.solve.highs import LinearSolver


def capture_frontier(siting: LinearProgramme, capture_value: float) -> dict[str, float]:
    """Return the largest capture within the budget and what one more yen of budget adds to it.

    Args:
        siting: the compiled siting problem.
        capture_value: what a captured yen is worth in its objective; 0 where the goal is no budget.

    Returns:
        capture_jpy_bn [JPY bn/a] and jpy_per_budget_jpy [JPY/a per JPY]; empty without a budget.
    """
    rows = siting.equations["budget"].at if "budget" in siting.equations else np.array([], dtype=np.int64)
    if not len(rows) or capture_value <= 0.0:
        return {}
    chords = siting.variables["capture_segment"].at
    cost = np.zeros(len(siting.cost))
    cost[chords] = siting.cost[chords] / capture_value
    solver = LinearSolver(
        siting.matrix,
        cost,
        (siting.lower, siting.upper),
        (siting.column_lower, siting.column_upper),
        "largest capture",
    )
    answer = solver.solve()
    return {
        "capture_jpy_bn": -float(answer.objective),
        "jpy_per_budget_jpy": -float(answer.row_dual[rows].sum()),
    }
