"""From daily levels to hours: the month's mean day, its answer to the level, and hourly noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter
from scipy.special import expit

from optimizer.inputs.weather_days import Array, Climate, symmetric_power
from optimizer.inputs.weather_statistics import HOURS, VARIABLES, day_levels, lag_one, log_odds

_LEAST_LEVEL = 0.03  # a day keeps at least this share of its month's mean: zero days would stay zero
_LEAST_CF = 1e-9  # areas without wind divide by this, not by zero
_PEAK_SHARE = 0.98  # the share of hours the peak correction leaves as they are
_ROUNDS = 6
_NOISE_ROUNDS = 4
_LEVEL_ROUNDS = 10
_ONSET = ((1.0,), (1.0,), (1.0, 1.0))  # wind changes build up over two hours
_LARGEST_LAG = 0.995
_NIGHT_HOURS = 6


def draw_noise(climate: Climate, generator: np.random.Generator) -> Array:
    """Draw hourly noise: persistent, correlated between areas, no daily mean, variance one [V, A, D, 24]."""
    hours = len(climate.month) * HOURS
    shape = (len(VARIABLES), len(climate.areas), len(climate.month), HOURS)
    noise = np.empty(shape)
    for i in range(len(VARIABLES)):
        white = generator.standard_normal((len(climate.areas), hours))
        shocks = np.einsum("ij,jt->it", symmetric_power(climate.hour_correlation[i], 0.5), white)
        persistence = climate.hour_lag[i]
        for _ in range(_NOISE_ROUNDS):
            row = np.stack(
                [lfilter(_ONSET[i], [1.0, -a], b) for a, b in zip(persistence, shocks, strict=True)]
            )
            noise[i] = without_daily_mean(row).reshape(shape[1:])
            missed = climate.hour_lag[i] - lag_one(noise[i].reshape(row.shape))
            persistence = np.clip(persistence + missed, 0.0, _LARGEST_LAG)
    return np.asarray(noise / noise.std(axis=(2, 3), keepdims=True))


def without_daily_mean(values: Array) -> Array:
    """Take the daily means out by a line from noon to noon, so that midnight stays smooth [A, T]."""
    for _ in range(_ROUNDS):
        values = values - day_levels(values.reshape(len(values), -1, HOURS).mean(axis=2))
    return values


def plateau_levels(daily: Array) -> Array:
    """Lay daily levels out on the hours: flat by day, straight across the night [A, D, 24]."""
    before = np.concatenate([daily[:, :1], daily[:, :-1]], axis=1)[:, :, None]
    after = np.concatenate([daily[:, 1:], daily[:, -1:]], axis=1)[:, :, None]
    hour = np.arange(HOURS) + 0.5
    back = np.clip(0.5 - hour / (2 * _NIGHT_HOURS), 0.0, None)
    ahead = np.clip(0.5 - (HOURS - hour) / (2 * _NIGHT_HOURS), 0.0, None)
    return np.asarray(daily[:, :, None] * (1.0 - back - ahead) + before * back + after * ahead)


def demand_gw(climate: Climate, anomalies: Array, noise: Array) -> Array:
    """Return demand: mean day, answer to the day's level and to sunshine, noise; energy and peak kept [A, T].

    D = m (s_h + β_h a + γ_h b + σ n), with m the mean of month and day type, s_h its day, a and b the day's
    anomalies of demand and sunshine, n the noise.
    """
    month = climate.month
    mean = climate.demand_mw.mean(axis=2, keepdims=True)
    departure = (
        plateau_levels(anomalies[0]) * climate.profiles["demand_response"][:, month]
        + plateau_levels(anomalies[1]) * climate.profiles["demand_solar_response"][:, month]
        + climate.hour_spread[0][:, month, None] * noise
    )
    for _ in range(_ROUNDS):
        departure = departure + day_levels(anomalies[0] - departure.mean(axis=2)).reshape(departure.shape)
    demand = climate.demand_mw + mean * departure
    demand *= _month_factor(climate.demand_mw, demand, month)
    return with_peak(demand.reshape(len(demand), -1), climate.annual["demand_peak_mw"].to_numpy(float)) / 1e3


def with_peak(values: Array, peak: Array) -> Array:
    """Stretch the highest two in a hundred hours of each row so that the largest is `peak` [A, T]."""
    shoulder = np.quantile(values, _PEAK_SHARE, axis=1, keepdims=True)
    largest = values.max(axis=1, keepdims=True)
    stretch = (peak[:, None] - shoulder) / np.maximum(largest - shoulder, 1e-12)
    return np.where(values > shoulder, shoulder + (values - shoulder) * stretch, values)


def solar_cf(climate: Climate, anomalies: Array, noise: Array) -> Array:
    """Return the solar capacity factor: mean day, answer to the level, clouds; dark hours zero [A, T]."""
    month = climate.month
    mean = climate.profiles["solar_cf"][:, month]
    level = np.maximum(anomalies, _LEAST_LEVEL - 1.0)[:, :, None]
    cf = mean + level * climate.profiles["solar_response_cf"][:, month]
    cf = np.maximum(cf, 0.0) + climate.hour_spread[1][:, month, None] * mean * noise
    cf = np.where(mean > 0.0, cf, 0.0)
    wanted = mean.mean(axis=2) * (1.0 + level[:, :, 0])
    ceiling = climate.annual["solar_cf_max"].to_numpy(float)[:, None, None]
    for _ in range(_ROUNDS):
        cf = np.clip(cf, 0.0, ceiling)
        have = cf.mean(axis=2)
        cf = cf * np.divide(wanted, have, out=np.ones_like(have), where=have > 0.0)[:, :, None]
    return _calibrated(cf, mean, climate, "solar")


def wind_cf(climate: Climate, anomalies: Array, noise: Array) -> Array:
    """Return the wind capacity factor: a line through the daily levels, the mean day, gusts [A, T].

    Gusts are added to the log-odds of output over its largest value, so that calm and storm both flatten.
    """
    month = climate.month
    ceiling = np.maximum(climate.annual["wind_cf_max"].to_numpy(float)[:, None, None], _LEAST_CF)
    mean = np.maximum(climate.profiles["wind_cf"][:, month], _LEAST_CF)
    wanted = mean.mean(axis=2) * np.maximum(1.0 + anomalies, _LEAST_LEVEL)
    shape = mean / mean.mean(axis=2, keepdims=True)
    odds = log_odds(day_levels(wanted).reshape(mean.shape) * shape / ceiling)
    odds = odds + climate.hour_spread[2][:, month, None] * noise
    for _ in range(_LEVEL_ROUNDS):
        cf = ceiling * expit(odds)
        odds = odds + day_levels(np.log(wanted / cf.mean(axis=2))).reshape(mean.shape)
    return _calibrated(ceiling * expit(odds), climate.profiles["wind_cf"][:, month], climate, "wind")


def _calibrated(cf: Array, mean: Array, climate: Climate, name: str) -> Array:
    """Still the measured share of hours; bring months to their mean, up to the largest value seen [A, T]."""
    ceiling = climate.annual[f"{name}_cf_max"].to_numpy(float)[:, None, None]
    for row, share in zip(cf, climate.annual[f"{name}_zero_share"].to_numpy(float), strict=True):
        row[row <= np.quantile(row, share)] *= float(share <= 0.0)
    for _ in range(_ROUNDS):
        cf = np.clip(cf, 0.0, ceiling)
        cf = cf * _month_factor(mean, cf, climate.month)
    return np.asarray(np.clip(cf, 0.0, ceiling).reshape(len(cf), -1))


def _month_factor(wanted: Array, have: Array, month: npt.NDArray[np.int64]) -> Array:
    """Return what brings each month's sum of `have` to that of `wanted`, laid out on days [A, D, 1]."""
    factor = np.ones((*have.shape[:2], 1))
    for month_now in range(12):
        days = month == month_now
        total = have[:, days].sum(axis=(1, 2))
        ratio = np.divide(wanted[:, days].sum(axis=(1, 2)), total, out=np.ones_like(total), where=total > 0.0)
        factor[:, days] = ratio[:, None, None]
    return factor
