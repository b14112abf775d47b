r"""Whole halls: for those who cannot build a part of one. Off unless the scenario gives a size.

The number of halls is continuous in this programme; the solver makes it whole (`optimizer.solve.blocks`).
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from optimizer.milestones import Inputs
from optimizer.model import units as u
from optimizer.model.components import index_set, number, variable


def add_blocks(m: Any, inputs: Inputs) -> None:
    """Add the number of halls of every site; none where sizes are continuous."""
    size = inputs.settings.block_gw
    index_set(m, "BLOCK_SITES", [] if size is None else list(inputs.sites.index))
    number(m, "block_size", size or 0.0, u.POWER)
    variable(m, "halls", m.BLOCK_SITES, u.ONE)


def whole_blocks(m: Any, r: str) -> Any:
    r"""New IT capacity of a site fills halls of one size; the modes share them.

    .. math:: \sum_k b_{rk} - B\, n_r = 0 \qquad \forall r

    ==========  ==================  ==================================================  ====
    symbol      name                meaning                                             unit
    ==========  ==================  ==================================================  ====
    :math:`b`   ``it``              new IT capacity of mode k at r                      GW
    :math:`n`   ``halls``           number of halls, whole in the answer                1
    :math:`B`   ``block_size``      IT capacity of a hall                               GW
    ==========  ==================  ==================================================  ====

    Dual, negated: rent of a hall at the fixed number of halls; below zero where they stand partly empty.
    [JPY bn/GW/a]
    """
    return pyo.quicksum(m.it[r, k] for k in m.MODES) - m.block_size * m.halls[r] == 0.0 * m.one_gw
