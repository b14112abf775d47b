"""Power stations whose fuel costs differ between target years, as one list that all years share.

The dispatch blocks of a pathway are the same in every year: a year is told from another by limits alone. So a
fleet whose cost differs stands in the list once for every year, and can run only in its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from optimizer.milestones import Inputs

RATES = ["cost_jpy_bn_per_gwh", "co2_kt_per_gwh"]
SIZES = ["available_gw", "min_gw"]


def with_common_fleets(inputs: Mapping[int, Inputs]) -> dict[int, Inputs]:
    """Return the inputs of every target year with the same fleets at the same costs.

    Args:
        inputs: by target year; the same fleets in all of them.

    Returns:
        The very inputs where no cost differs. Else fleets that cost the same in all years as they are, and of
        each other one row per year, named `fleet @ year`, of size zero in the other years.
    """
    tables = {year: one.fleets for year, one in inputs.items()}
    first = next(iter(tables.values()))
    alike = pd.Series(True, index=first.index)
    for table in tables.values():
        alike &= (table[RATES] == first[RATES]).all(axis=1)
    if alike.all():
        return dict(inputs)
    found = {}
    for year, one in inputs.items():
        parts = [one.fleets[alike]]
        for other, table in tables.items():
            names = [(area, f"{fleet} @ {other}") for area, fleet in table.index[~alike]]
            own = table[~alike].set_axis(pd.MultiIndex.from_tuples(names, names=table.index.names))
            parts.append(own if other == year else own.assign(**dict.fromkeys(SIZES, 0.0)))
        found[year] = replace(one, fleets=pd.concat(parts).sort_index())
    return found
