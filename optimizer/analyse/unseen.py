"""What a dispatched year costs and how it goes: by nation and by area, with the plan and without it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.analyse.year import Year, add_by, dc_load, with_plan, without_plan
from optimizer.milestones import Array, Inputs, Solution

MW_PER_GW = 1000.0


def area_figures(inputs: Inputs, solution: Solution) -> pd.DataFrame:
    """Return the year by area.

    Args:
        inputs: of the year.
        solution: its dispatch.

    Returns:
        Columns area, dc_gwh (drawn by the new data centers), dc_price_jpy_per_kwh (mean over what they draw;
        over the hours where they draw nothing), price_jpy_per_kwh (mean over the hours), shed_gwh,
        shed_before_gwh, curtailed_gwh, curtailment_share, co2_kt, co2_before_kt. A year's totals.
    """
    after, before = with_plan(inputs, solution), without_plan(inputs, solution)
    load = dc_load(inputs, solution)
    drawn = after.total(load)
    hours = after.weight.sum()
    mean = (after.price * after.weight).sum(axis=1) / hours
    paid = (after.price * load * after.weight).sum(axis=1)
    available = after.total(after.available)
    curtailed = available - after.total(after.used_renewable)
    return pd.DataFrame(
        {
            "area": list(inputs.areas.index),
            "dc_gwh": drawn,
            "dc_price_jpy_per_kwh": np.where(drawn > 0, paid / np.where(drawn > 0, drawn, 1.0), mean),
            "price_jpy_per_kwh": mean,
            "shed_gwh": after.total(after.shed),
            "shed_before_gwh": before.total(before.shed),
            "curtailed_gwh": np.maximum(curtailed, 0.0),
            "curtailment_share": np.divide(
                np.maximum(curtailed, 0.0), available, out=np.zeros_like(available), where=available > 0
            ),
            "co2_kt": _co2_kt(inputs, after),
            "co2_before_kt": _co2_kt(inputs, before),
        }
    )


def year_figures(areas: pd.DataFrame, solution: Solution) -> dict[str, Any]:
    """Return the year for the nation: sums over the areas, and what it costs. [JPY bn/a]

    Args:
        areas: from :func:`area_figures`.
        solution: its dispatch.
    """
    drawn = float(areas["dc_gwh"].sum())
    paid = float((areas["dc_gwh"] * areas["dc_price_jpy_per_kwh"]).sum())
    return {
        "cost_jpy_bn_per_a": solution.cost - solution.baseline_cost,
        "siting_cost_jpy_bn_per_a": solution.siting_cost,
        "dispatch_cost_jpy_bn_per_a": solution.cost - solution.siting_cost - solution.baseline_cost,
        "system_cost_jpy_bn_per_a": solution.cost,
        "dc_price_jpy_per_kwh": paid / drawn if drawn > 0 else 0.0,
        "shed_gwh": float(areas["shed_gwh"].sum()),
        "shed_before_gwh": float(areas["shed_before_gwh"].sum()),
        "curtailed_gwh": float(areas["curtailed_gwh"].sum()),
        "co2_kt": float(areas["co2_kt"].sum()),
        "co2_change_kt": float((areas["co2_kt"] - areas["co2_before_kt"]).sum()),
    }


def _co2_kt(inputs: Inputs, year: Year) -> Array:
    rate = inputs.fleets["co2_kt_per_gwh"].to_numpy(dtype=float)
    by_fleet = year.total(year.gen) * rate
    area = inputs.fleets.index.get_level_values("area")
    return add_by(by_fleet[:, None], area, inputs.areas.index)[:, 0]
