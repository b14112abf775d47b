"""What is measured on a synthetic year and on a measured one, and how far apart they may be. Arrays only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import ks_2samp

from optimizer.inputs.weather_statistics import LOW_SHARE, longest_low_spell

Array = npt.NDArray[np.float64]
Days = npt.NDArray[np.int64]
Series = dict[str, Array]
"""demand [MW], solar and wind [capacity factor before curtailment], each [A, T]."""

NAMES = ("demand", "solar", "wind")

TARGETS = {
    "annual energy, CF": (0.02, "%"),
    "monthly energy, CF": (0.05, "%"),
    "daily-mean spread": (0.15, "%"),
    "correlation of areas, daily means": (0.10, "abs"),
    "correlation of areas, hours": (0.10, "abs"),
    "load duration KS": (0.05, "abs"),
    "residual load duration KS": (0.05, "abs"),
    "peak demand": (0.03, "%"),
    "low spell outside observed range": (0.0, "days"),
}
"""What a synthetic year must keep, and the largest error allowed."""

INFORMATION = {
    "correlation demand-solar of an area, daily": "abs",
    "correlation demand-wind of an area, daily": "abs",
    "correlation solar-wind of an area, daily": "abs",
    "correlation demand-solar-wind, all pairs of areas": "abs",
    "winter: highest week of residual load": "%",
    "winter: lowest 3 days of sun and wind, share of mean": "abs",
    "summer evening: highest demand": "%",
    "summer evening: highest residual load": "%",
    "residual peak": "%",
    "wind ramp of one hour, 99th percentile": "%",
    "hour-to-hour change, spread": "%",
    "wind duration KS": "abs",
    "solar duration KS": "abs",
    "day-to-day persistence": "abs",
}
"""Measured and shown, without a target, and their units."""

WINTER, SUMMER = (12, 1, 2), (7, 8, 9)
EVENING = range(17, 21)
RAMP_QUANTILE = 0.99
SPELL_BAND = (0.4, 0.6)
"""One year has one longest spell per area: what was seen is widened by moving the threshold, one half."""


def measure(observed: Series, synthetic: Series, annual: pd.DataFrame, month: Days) -> dict[str, Array]:
    """Errors of one synthetic year by area [A], named as in `TARGETS` and `INFORMATION`."""
    daily_observed = np.stack([_daily_anomaly(observed[n], month) for n in NAMES])
    daily = np.stack([_daily_anomaly(synthetic[n], month) for n in NAMES])
    cross = np.abs(_correlation(daily) - _correlation(daily_observed))
    areas = len(annual)
    blocks = cross.reshape(3, areas, 3, areas)
    hourly = [np.abs(np.corrcoef(synthetic[n]) - np.corrcoef(observed[n])) for n in NAMES]
    return {
        "annual energy, CF": _largest(lambda n: _ratio(synthetic[n].mean(axis=1), observed[n].mean(axis=1))),
        "monthly energy, CF": _largest(
            lambda n: _ratio(_monthly(synthetic[n], month), _monthly(observed[n], month)).max(axis=1)
        ),
        "daily-mean spread": _ratio(daily.std(axis=2), daily_observed.std(axis=2)).max(axis=0),
        "correlation of areas, daily means": np.stack([blocks[i, :, i] for i in range(3)]).max(axis=(0, 2)),
        "correlation of areas, hours": np.stack(hourly).max(axis=(0, 2)),
        "load duration KS": _ks(synthetic["demand"], observed["demand"]),
        "residual load duration KS": _ks(_residual(synthetic, annual), _residual(observed, annual)),
        "peak demand": _ratio(synthetic["demand"].max(axis=1), observed["demand"].max(axis=1)),
        "low spell outside observed range": _spell_excess(synthetic, observed, annual),
        "correlation demand-solar of an area, daily": np.diagonal(blocks[0, :, 1]).copy(),
        "correlation demand-wind of an area, daily": np.diagonal(blocks[0, :, 2]).copy(),
        "correlation solar-wind of an area, daily": np.diagonal(blocks[1, :, 2]).copy(),
        "correlation demand-solar-wind, all pairs of areas": cross.max(axis=1).reshape(3, -1).max(axis=0),
        **_extremes(observed, synthetic, annual, month),
        "wind duration KS": _ks(synthetic["wind"], observed["wind"]),
        "solar duration KS": _ks(synthetic["solar"], observed["solar"]),
        "day-to-day persistence": np.abs(_lag(daily) - _lag(daily_observed)).max(axis=0),
    }


def _extremes(observed: Series, synthetic: Series, annual: pd.DataFrame, month: Days) -> dict[str, Array]:
    """Dark calm winter, summer evening, peaks and ramps: errors by area [A]."""
    built, seen = _residual(synthetic, annual), _residual(observed, annual)
    renewable, renewable_seen = (_output(one, annual) for one in (synthetic, observed))
    hours = np.repeat(month, 24)
    winter = np.isin(hours, WINTER)
    evening = np.isin(hours, SUMMER) & np.isin(np.tile(np.arange(24), len(month)), EVENING)
    demand = (synthetic["demand"][:, evening].max(axis=1), observed["demand"][:, evening].max(axis=1))
    ramps = [
        np.quantile(np.abs(np.diff(one["wind"])), RAMP_QUANTILE, axis=1) for one in (synthetic, observed)
    ]
    return {
        "winter: highest week of residual load": _ratio(
            _runs(built, winter, 168).max(axis=1), _runs(seen, winter, 168).max(axis=1)
        ),
        "winter: lowest 3 days of sun and wind, share of mean": np.abs(
            _runs(renewable, winter, 72).min(axis=1) / renewable.mean(axis=1)
            - _runs(renewable_seen, winter, 72).min(axis=1) / renewable_seen.mean(axis=1)
        ),
        "summer evening: highest demand": _ratio(*demand),
        "summer evening: highest residual load": _ratio(
            built[:, evening].max(axis=1), seen[:, evening].max(axis=1)
        ),
        "residual peak": _ratio(built.max(axis=1), seen.max(axis=1)),
        "wind ramp of one hour, 99th percentile": _ratio(*ramps),
        "hour-to-hour change, spread": _largest(
            lambda n: _ratio(np.diff(synthetic[n]).std(axis=1), np.diff(observed[n]).std(axis=1))
        ),
    }


def _largest(error_of: Callable[[str], Array]) -> Array:
    """Largest error over demand, sun and wind [A]."""
    return np.asarray(np.stack([error_of(name) for name in NAMES]).max(axis=0))


def _ratio(built: Array, seen: Array) -> Array:
    """Relative error, absolute value; zero where both are zero."""
    other = np.where(seen == 0.0, 1.0, seen)
    return np.asarray(np.abs((built - seen) / other))


def _runs(values: Array, chosen: npt.NDArray[np.bool_], length: int) -> Array:
    """Means over runs of hours that lie wholly within the chosen ones [A, runs]."""
    whole = np.concatenate([[0], np.cumsum(chosen)])
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    inside = whole[length:] - whole[:-length] == length
    return np.asarray((total[:, length:] - total[:, :-length])[:, inside] / length)


def _monthly(values: Array, month: Days) -> Array:
    days = values.reshape(len(values), -1, 24).mean(axis=2)
    return np.stack([days[:, month == m].mean(axis=1) for m in range(1, 13)], axis=1)


def _daily_anomaly(values: Array, month: Days) -> Array:
    days = values.reshape(len(values), -1, 24).mean(axis=2)
    return np.asarray(days - _monthly(values, month)[:, month - 1])


def _correlation(daily: Array) -> Array:
    return np.corrcoef(daily.reshape(-1, daily.shape[2]))


def _lag(daily: Array) -> Array:
    return np.asarray((daily[:, :, 1:] * daily[:, :, :-1]).mean(axis=2) / (daily**2).mean(axis=2))


def _output(series: Series, annual: pd.DataFrame) -> Array:
    """Sun and wind in service before curtailment [A, T], MW."""
    capacity = {n: annual[f"{n}_capacity_mw"].to_numpy(float)[:, None] for n in ("solar", "wind")}
    return series["solar"] * capacity["solar"] + series["wind"] * capacity["wind"]


def _residual(series: Series, annual: pd.DataFrame) -> Array:
    return np.asarray(series["demand"] - _output(series, annual))


def _ks(one: Array, two: Array) -> Array:
    return np.array([ks_2samp(a, b, method="asymp").statistic for a, b in zip(one, two, strict=True)])


def low_spells(series: Series, annual: pd.DataFrame, share: float = LOW_SHARE) -> Days:
    """Longest run of days with solar and wind below a share of the year's mean [A]."""
    daily = _output(series, annual).reshape(len(annual), -1, 24).mean(axis=2)
    return longest_low_spell(daily / daily.mean(axis=1, keepdims=True), share)


def _spell_excess(synthetic: Series, observed: Series, annual: pd.DataFrame) -> Array:
    """Days by which the longest spell lies outside what the areas of the year saw [A]."""
    built = low_spells(synthetic, annual)
    shortest, longest = (low_spells(observed, annual, share) for share in SPELL_BAND)
    return np.asarray(np.maximum(np.maximum(shortest.min() - built, built - longest.max()), 0).astype(float))
