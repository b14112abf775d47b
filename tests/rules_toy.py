"""Adequacy, caps, land and water for the random systems of `toy`, tight enough to bind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.milestones import Inputs


def with_rules(inputs: Inputs, seed: int) -> Inputs:
    """Return the inputs with a capacity margin, a cap on the first area and on hazard, land and water limits."""
    draw = np.random.default_rng(seed)
    sites = inputs.sites.index
    land, water = (pd.Series(draw.uniform(low, 2 * low, len(sites)), sites) for low in (0.25, 4.0))
    table = pd.DataFrame({"land_km2": land.iloc[::2], "water_hm3_per_a": water.iloc[1:]}, index=sites)
    scarce = np.array([0.75 if fleet == "oil" else 1.0 for _, fleet in inputs.fleets.index])
    hazard = draw.uniform(0.01, 0.5, len(sites))
    settings = replace(
        inputs.settings,
        max_hazard=float(hazard.mean()),
        area_caps={inputs.areas.index[0]: 0.45},
        land_km2_per_gw=0.6,
        water_hm3_per_gwh=0.0018,
        adequacy_margin=1.5,
        firm_capacity_jpy_bn_per_gw_a=9.0,
        storage_credit_hours=4.0,
    )
    fleets = inputs.fleets.assign(available_gw=inputs.fleets["available_gw"] * scarce)
    sited = inputs.sites.assign(seismic_share_30a=hazard)
    return replace(inputs, settings=settings, fleets=fleets, sites=sited, site_resources=table)
