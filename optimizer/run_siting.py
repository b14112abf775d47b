"""The siting problem from inputs to arrays; for a further point of a sweep, with figures changed only."""

from __future__ import annotations

from collections import OrderedDict

import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from optimizer.milestones import Inputs, LinearProgramme
from optimizer.model.build import build_siting, restate_siting
from optimizer.model.components import OtherSetsError
from optimizer.model.coupling import BUDGETS, Periods
from optimizer.solve.compile import Compiler

Written = tuple[pyo.ConcreteModel, Compiler]

KEPT = 2
"""How many problems a desk keeps: of a year and of its seed."""


class SitingDesk:
    """Siting problems a process has written, by the weights of their periods.

    Where a further one has the same sets, its figures are put into the model, and only the laws that read
    what differs are compiled again. What comes out is the same, entry by entry, as if it were written afresh.
    """

    def __init__(self) -> None:
        self._written: OrderedDict[tuple[float, ...], Written] = OrderedDict()

    def problems(
        self, inputs: Inputs, year: Periods, seed: Periods
    ) -> tuple[LinearProgramme, LinearProgramme]:
        """Return the siting problem over the year and over the seed: the same where no rule is shared out.

        Raises:
            InfeasibleError: somebody asks for load that no site may serve.
        """
        siting = self._problem(inputs, year)
        by_period = any(len(siting.variables[name].at) for name in BUDGETS)
        return siting, self._problem(inputs, seed) if by_period and seed else siting

    def _problem(self, inputs: Inputs, periods: Periods) -> LinearProgramme:
        weights = tuple(weight for _, weight in periods)
        known = self._written.pop(weights, None)  # one that fails half-way is not put back
        with PauseGC():
            written = known if known and _restated(known, inputs, weights) else _written(inputs, weights)
        self._written[weights] = written
        while len(self._written) > KEPT:
            self._written.popitem(last=False)
        return written[1].programme


def _written(inputs: Inputs, weights: tuple[float, ...]) -> Written:
    model = build_siting(inputs, weights)
    return model, Compiler(model)


def _restated(known: Written, inputs: Inputs, weights: tuple[float, ...]) -> bool:
    """Put the figures of other inputs into a known problem; false where the sets are other ones."""
    model, compiler = known
    try:
        differ, rewritten = restate_siting(model, inputs, weights)
    except OtherSetsError:
        return False
    compiler.again(differ, rewritten)
    return True
