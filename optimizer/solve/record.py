"""What happened while a programme was solved: bounds, worst certificates, log lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer.solve.master import Vertex
from optimizer.solve.workers import Evaluation

Report = Callable[[str, dict[str, Any]], None]


@dataclass
class Record:
    """What happened: bounds by iteration, worst certificates, log lines."""

    started: float
    report: Report
    rows: list[dict[str, Any]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=lambda: {"primal": 0.0, "dual": 0.0, "gap": 0.0})
    solves: int = 0
    retries: int = 0

    def note(self, evaluations: Sequence[Evaluation]) -> None:
        """Keep the worst residuals over all solves."""
        for found in evaluations:
            self._keep(found.certificate.primal, found.certificate.dual, found.certificate.gap)
            self.retries += found.attempt != "warm"
        self.solves += len(evaluations)

    def rely_on(self, evaluations: Sequence[Evaluation]) -> None:
        """Keep the worst residuals of cuts that were found before: the proof rests on them, too."""
        for found in evaluations:
            self._keep(found.certificate.primal, found.certificate.dual, found.certificate.gap)

    def note_vertex(self, vertex: Vertex) -> None:
        """Keep the residuals of a master solve."""
        found = vertex.answer.certificate
        self._keep(found.primal, found.dual, found.gap)
        self.solves += 1
        self.retries += vertex.answer.attempt != "warm"

    def _keep(self, primal: float, dual: float, gap: float) -> None:
        for name, value in (("primal", primal), ("dual", dual), ("gap", gap)):
            self.worst[name] = max(self.worst[name], value)

    def bounds(self, stage: str, lower: float, upper: float, baseline: float) -> None:
        """Record the bounds after an iteration and report them."""
        row = {
            "stage": stage,
            "iteration": len(self.rows) + 1,
            "lower_jpy_bn_per_a": lower,
            "upper_jpy_bn_per_a": upper,
            "gap_plan": plan_gap(lower, upper, baseline),
            "gap_system": (upper - lower) / max(1e-9, abs(upper)),
            "elapsed_s": time.monotonic() - self.started,
        }
        self.rows.append(row)
        self.log.append(
            f"{stage:<8} {row['iteration']:3d}  lower {lower:14.6f}  "
            f"upper {upper:14.6f}  gap of plan {row['gap_plan']:9.2e}"
        )
        self.report("bounds", row)


def plan_gap(lower: float, upper: float, baseline: float) -> float:
    """Gap relative to the plan's own cost, `(UB − LB) / (UB − baseline)`.

    A plan that costs (almost) nothing, or saves, is measured against 1 JPY bn/a at least.
    """
    return (upper - lower) / max(1.0, abs(upper - baseline))
