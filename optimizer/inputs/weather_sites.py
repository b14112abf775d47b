"""From areas to sites: capacity factors of new renewables and the temperature outdoors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import uniform_filter1d
from scipy.signal import lfilter

from optimizer.errors import InputError, Problem
from optimizer.inputs.weather_days import Array, Climate, symmetric_power
from optimizer.inputs.weather_statistics import HOURS, day_levels
from optimizer.scenario.tables import TECHNOLOGIES

_TOLERANCE = 1e-9
_STEPS = 60


def keyed(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the table indexed by its key columns, whether they are columns or the index already, sorted."""
    plain = table if all(key in table.columns for key in keys) else table.reset_index()
    return plain.set_index(keys).sort_index()


def site_cf(
    existing_cf: Array,
    area_of_site: npt.NDArray[np.int64],
    cf_annual: Array,
    settings: dict[str, float],
    generator: np.random.Generator,
) -> Array:
    """Return the capacity factor of new renewables at each site [R, G, T].

    Each site follows its area, departs from it by its own daily level (which the sites of an area share
    out among them), and is bent by a power, cf^p, until its mean over the year is `cf_annual`.

    Args:
        existing_cf: capacity factor of each area [A, G, T].
        area_of_site: position of each site's area [R].
        cf_annual: wanted mean over the year, zero where there is nothing to build [R, G].
        settings: parameters `site_solar_share`, `site_wind_share`, `offshore_smoothing_h`.
        generator: source of randomness.
    """
    days = existing_cf.shape[2] // HOURS
    own = generator.standard_normal((2, len(area_of_site), days))
    own -= _area_mean(own, area_of_site)
    sun = np.repeat(np.exp(settings["site_solar_share"] * own[0]), HOURS, axis=1)
    wind = np.exp(settings["site_wind_share"] * day_levels(own[1]))
    offshore = uniform_filter1d(existing_cf[:, 2], int(settings["offshore_smoothing_h"]), axis=1, mode="wrap")
    drivers = {
        "solar": (existing_cf[:, 0], sun),
        "onshore": (existing_cf[:, 1], wind),
        "offshore": (offshore, wind),
    }
    result = np.zeros((len(area_of_site), len(TECHNOLOGIES), existing_cf.shape[2]))
    for i, technology in enumerate(TECHNOLOGIES):
        area, factor = drivers[technology]
        open_here = cf_annual[:, i] > 0.0
        raw = np.minimum(area[area_of_site[open_here]] * factor[open_here], 1.0)
        result[open_here, i] = bent_to_mean(raw, cf_annual[open_here, i], technology)
    return result


def _area_mean(values: Array, area_of_site: npt.NDArray[np.int64]) -> Array:
    """Mean over the sites of each area, laid out on the sites; sites are the second axis."""
    result = np.empty_like(values)
    for area in np.unique(area_of_site):
        members = area_of_site == area
        result[:, members] = values[:, members].mean(axis=1, keepdims=True)
    return result


def bent_to_mean(values: Array, mean: Array, name: str) -> Array:
    """Raise each row to the power that gives it the wanted mean; stays within 0 and 1 [R, T].

    Newton on log mean(x^p) = log m, which is convex in p.

    Raises:
        InputError: a wanted mean is at or above the share of hours that are not zero (E357).
    """
    if not len(values):
        return values
    positive = values > 0.0
    bad = mean >= positive.mean(axis=1)
    if bad.any():
        raise InputError(
            [
                Problem(
                    f"renewable_potential.{name}",
                    "E357",
                    f"cf_annual {wanted:g} cannot be reached: only {share:.2f} of the hours have any output",
                )
                for wanted, share in zip(mean[bad], positive.mean(axis=1)[bad], strict=True)
            ]
        )
    logs = np.log(np.where(positive, values, 1.0))
    power = np.ones((len(values), 1))
    target = np.log(mean)[:, None]
    for _ in range(_STEPS):
        bent = np.where(positive, np.exp(power * logs), 0.0)
        total = bent.mean(axis=1, keepdims=True)
        error = np.log(total) - target
        if np.abs(error).max() < _TOLERANCE:
            break
        power = np.maximum(power - error * total / (bent * logs).mean(axis=1, keepdims=True), power / 10.0)
    return np.asarray(bent)


def temperature_c(
    climate: Climate,
    sites: tuple[Array, npt.NDArray[np.int64]],
    daily: tuple[Array, Array],
    settings: dict[str, float],
    generator: np.random.Generator,
) -> Array:
    """Return outdoor temperature at each site; the mean of every month is its normal [R, T], degC.

    Args:
        climate: calendar and correlations.
        sites: monthly normals [R, 12], degC, and position of each site's area [R].
        daily: latent scores [V, A, D] and relative anomalies [V, A, D] of the days.
        settings: parameters `temperature_*`.
        generator: source of randomness.
    """
    (normals_c, area_of_site), (scores, anomalies) = sites, daily
    month = climate.month
    own = generator.standard_normal((len(climate.areas), len(month)))
    areas = len(climate.areas)
    shared = symmetric_power(climate.day_correlation.mean(axis=0)[:areas, :areas], 0.5)
    lag = settings["temperature_day_lag"]
    own = lfilter([np.sqrt(1.0 - lag**2)], [1.0, -lag], np.einsum("ij,jd->id", shared, own), axis=1)
    warm = np.clip(
        (normals_c - settings["temperature_balance_c"]) / settings["temperature_band_c"], -1.0, 1.0
    )
    share = settings["temperature_demand_correlation"] * warm[:, month]
    anomaly = share * scores[0][area_of_site] + np.sqrt(1.0 - share**2) * own[area_of_site]
    for month_now in np.unique(month):
        days = month == month_now
        anomaly[:, days] -= anomaly[:, days].mean(axis=1, keepdims=True)
    lower = (settings["temperature_spread_c"] - settings["temperature_warm_spread_c"]) * np.clip(
        warm[:, month], 0.0, 1.0
    )
    level = smooth_normals(normals_c, month) + (settings["temperature_spread_c"] - lower) * anomaly
    sun = np.clip(anomalies[1][area_of_site], -1.0, 1.0)
    half_range = settings["temperature_half_range_c"] * (1.0 + settings["temperature_sun_share"] * sun)
    cycle = np.cos(2.0 * np.pi * (np.arange(HOURS) - settings["temperature_peak_h"]) / HOURS)
    return np.asarray((level[:, :, None] + half_range[:, :, None] * cycle).reshape(len(normals_c), -1))


def smooth_normals(normals: Array, month: npt.NDArray[np.int64]) -> Array:
    """Return daily values, straight from mid-month to mid-month, with the monthly means kept [R, D]."""
    days = len(month)
    middle = np.array([np.flatnonzero(month == m).mean() for m in range(12)])
    order = np.argsort(middle)
    knots = np.concatenate([[middle[order[-1]] - days], middle[order], [middle[order[0]] + days]])
    weight = np.zeros((days, 12))
    for place, m in enumerate(order):
        hat = np.zeros(14)
        hat[place + 1] = 1.0
        if place == 0:
            hat[13] = 1.0
        if place == 11:
            hat[0] = 1.0
        weight[:, m] = np.interp(np.arange(days), knots, hat)
    averages = np.stack([weight[month == m].mean(axis=0) for m in range(12)])
    return np.asarray(np.einsum("dm,rm->rd", weight, np.linalg.solve(averages, normals.T).T))
