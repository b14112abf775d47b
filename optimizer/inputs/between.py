"""How far areas lie from one another, and what fibre between them costs."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from optimizer.inputs.network import ENDS, MONTHS_PER_YEAR, great_circle_km


def between_areas(areas: pd.DataFrame, value: Mapping[str, float]) -> pd.DataFrame:
    """Return distance and price of leased fibre between the label points of every two areas.

    Args:
        areas: index area; lon, lat. [deg]
        value: parameters by name.

    Returns:
        Index from_area, to_area, without pairs of an area with itself; distance_km [km] and
        fibre_jpy_per_gbps_a, by distance plus both ends [JPY/(Gb/s)/a].
    """
    distance = great_circle_km(areas, areas)
    index = pd.MultiIndex.from_product([areas.index, areas.index], names=["from_area", "to_area"])
    monthly = (
        value["fibre_jpy_per_gbps_km_month"] * distance + ENDS * value["fibre_end_jpy_per_gbps_month"]
    ).ravel()
    table = pd.DataFrame(
        {"distance_km": distance.ravel(), "fibre_jpy_per_gbps_a": monthly * MONTHS_PER_YEAR}, index=index
    )
    return table[index.get_level_values(0) != index.get_level_values(1)]
