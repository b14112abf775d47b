"""What each column of a dispatch block emits, so that the CO2 of the marginal unit can be read off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.milestones import Inputs, LinearProgramme


def with_emissions(inputs: Inputs, block: LinearProgramme) -> LinearProgramme:
    """Return the compiled dispatch block with the CO2 rate of every column.

    Args:
        inputs: checked inputs; `fleets.co2_kt_per_gwh` is the rate of each fleet.
        block: the compiled block.

    Returns:
        The same block; `emission` has one rate per column. [kt/GWh]
    """
    place = block.variables["gen"]
    rates = inputs.fleets["co2_kt_per_gwh"]
    emission = np.zeros(len(block.cost))
    for key, columns in zip(place.keys, place.at, strict=True):
        emission[columns] = float(rates.to_numpy()[rates.index.get_loc(key)])
    return replace(block, emission=emission)
