"""The hourly year: weather and demand, drawn from statistics, the same for the same seed.

    statistics ─unpack→ Climate ─scores, anomalies→ days ─shapes, noise→ areas ─bend→ sites → HourlyYear

Method, equations and measured fidelity: `docs/weather.md`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.weather_days import Climate, draw_days, must_run_gw, unpack
from optimizer.inputs.weather_hours import demand_gw, draw_noise, solar_cf, wind_cf
from optimizer.inputs.weather_sites import keyed, site_cf, temperature_c
from optimizer.inputs.weather_statistics import HOURS
from optimizer.inputs.weather_tables import read_weather_statistics
from optimizer.milestones import Array, HourlyYear
from optimizer.scenario.tables import TECHNOLOGIES

__all__ = ["build_year", "read_weather_statistics"]

_PARAMETERS = (
    "site_solar_share", "site_wind_share", "offshore_smoothing_h", "temperature_spread_c",
    "temperature_warm_spread_c", "temperature_day_lag", "temperature_demand_correlation",
    "temperature_balance_c", "temperature_band_c", "temperature_half_range_c", "temperature_sun_share",
    "temperature_peak_h",
)  # fmt: skip


def build_year(
    tables: dict[str, pd.DataFrame],
    pack_tables: dict[str, pd.DataFrame],
    parameters: pd.DataFrame,
    seed: int,
) -> HourlyYear:
    """Build one synthetic year of 8,760 hours; the same seed gives the same bytes.

    Args:
        tables: what `read_weather_statistics` returns.
        pack_tables: `areas`, `sites`, `climate` (degC), `renewable_potential` (cf_annual), as in the pack's
            schema; array axes follow the sorted areas and sites.
        parameters: single numbers by name; its rows win over those of `tables["parameters"]`.
        seed: number of the year, zero or above.

    Returns:
        Demand [GW], must-run output [GW], capacity factors [1], temperature [degC].

    Raises:
        InputError: E356 areas of pack and statistics differ, E357 a capacity factor cannot be reached, E358
            a parameter is missing, E359 a monthly normal is missing.
    """
    climate = unpack(tables)
    areas, sites = keyed(pack_tables["areas"], ["area"]), keyed(pack_tables["sites"], ["site"])
    _same_areas(climate, areas)
    known = _parameters(tables["parameters"], parameters)
    streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(seed).spawn(4)]
    scores, anomalies = draw_days(climate, streams[0])
    noise = draw_noise(climate, streams[1])
    sun = solar_cf(climate, anomalies[1], noise[1])
    wind = wind_cf(climate, anomalies[2], noise[2])
    # Wind in service is measured as one: land and sea farms together.
    existing = np.stack([sun, wind, wind], axis=1)
    area_of_site = areas.index.get_indexer(pd.Index(sites["area"]))
    cf_annual, normals = _cf_annual(pack_tables, sites), _normals(pack_tables, sites)
    place = (normals, area_of_site)
    return HourlyYear(
        time=_hours_of(climate.date),
        demand_gw=demand_gw(climate, anomalies, noise[0]),
        must_run_gw=must_run_gw(climate),
        existing_cf=existing,
        site_cf=site_cf(existing, area_of_site, cf_annual, known, streams[2]),
        temperature_c=temperature_c(climate, place, (scores, anomalies), known, streams[3]),
    )


def _hours_of(days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Every hour of the days; 29 February is not one of them."""
    start = np.repeat(days.to_numpy(), HOURS)
    hour = np.tile(np.arange(HOURS), len(days)).astype("timedelta64[h]")
    return pd.DatetimeIndex(start + hour, name="time")


def _same_areas(climate: Climate, areas: pd.DataFrame) -> None:
    wanted, known = set(areas.index), set(climate.areas)
    if wanted != known:
        odd = ", ".join(sorted(wanted ^ known))
        raise InputError(
            [Problem("areas.csv", "E356", f"areas of the pack and of its weather differ: {odd}")]
        )


def _parameters(shipped: pd.DataFrame, given: pd.DataFrame) -> dict[str, float]:
    """Values by name without the prefix `weather_`; rows of `given` win."""
    known: dict[str, float] = {}
    for table in (shipped, given):
        if len(table):
            known.update({str(name): float(x) for name, x in keyed(table, ["name"])["value"].items()})
    values = {name: known.get(f"weather_{name}", np.nan) for name in _PARAMETERS}
    missing = [name for name, value in values.items() if not np.isfinite(value)]
    if missing:
        raise InputError(
            [Problem("parameters.csv", "E358", f"parameter weather_{name} is missing") for name in missing]
        )
    return values


def _cf_annual(pack_tables: dict[str, pd.DataFrame], sites: pd.DataFrame) -> Array:
    """Annual capacity factor by site and technology [R, G]; zero where the pack offers none."""
    wide = keyed(pack_tables["renewable_potential"], ["site", "technology"])["cf_annual"].unstack()
    return wide.reindex(index=sites.index, columns=list(TECHNOLOGIES)).fillna(0.0).to_numpy(float)


def _normals(pack_tables: dict[str, pd.DataFrame], sites: pd.DataFrame) -> Array:
    """Monthly normals by site [R, 12], degC."""
    wide = keyed(pack_tables["climate"], ["site", "month"])["temperature_c"].unstack()
    wide = wide.reindex(index=sites.index, columns=range(1, 13))
    if wide.isna().to_numpy().any():
        missing = [str(site) for site in wide.index[wide.isna().any(axis=1)]]
        raise InputError(
            [Problem("climate.csv", "E359", f"site {site}: a monthly normal is missing") for site in missing]
        )
    return wide.to_numpy(float)
