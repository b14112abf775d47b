"""Day-to-day variation: correlated, persistent, with the measured distribution of every month.

Days are drawn from a Gaussian copula. Latent scores follow z_t = φ∘z_{t−1} + ε_t + θ∘ε_{t−1} with the
covariance of the shocks such that R is the correlation of the scores. Within each month the scores are
ranked and the ranks are read off the measured quantiles: every month keeps its mean and its spread,
whatever the seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.inputs.weather_spells import without_longer_spells
from optimizer.inputs.weather_statistics import HOURS, VARIABLES, lag_one, month_group, month_position
from optimizer.scenario.tables import MUST_RUN

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_GROUPS = (12, 3, 6, 9)
_RUN_IN_DAYS = 30
_ROUNDS = 12
_STEP = 0.6
_CLOSE = 0.05
_BUILD_UP = (0.5, 0.0, 0.0)  # θ: warmth and cold reach demand over two days, sun and wind at once
_LARGEST_LAG = 0.85
_LAG_WEIGHT = 0.2
_LEAST_EIGENVALUE = 1e-3


@dataclass(frozen=True)
class Climate:
    """The statistics as arrays. V variables, A areas, D days, P probabilities, 12 months, 24 hours."""

    areas: tuple[str, ...]
    date: pd.DatetimeIndex
    """First hour of each day, D entries."""

    month: Whole
    """Calendar month less one of each day [D]."""

    group: Whole
    """Position of each day's month group in `12, 3, 6, 9` [D]."""

    demand_mw: Array
    """Mean demand of the month and day type, laid out on the days [A, D, 24]."""

    profiles: dict[str, Array]
    """Columns of `weather_profiles.csv`, each [A, 12, 24]."""

    day_spread: Array
    """Relative standard deviation of daily means [V, A, 12]."""

    month_drift: Array
    """Relative change of the level over each month [V, A, 12]."""

    hour_spread: Array
    """Standard deviation of hours about the day's shape [V, A, 12]."""

    month_mean: Array
    """Mean of each month: MW, capacity factors [V, A, 12]."""

    day_lag: Array
    """Lag-one correlation of days [V, A]."""

    hour_lag: Array
    """Lag-one correlation of hours [V, A]."""

    probability: Array
    quantiles: Array
    """Daily anomalies in standard deviations [V, A, 4, P]."""

    day_correlation: Array
    """Correlation of days, variable major [4, V*A, V*A]."""

    year_correlation: Array
    """Correlation of daily means over the year with habit and drift left in [V*A, V*A]."""

    hour_correlation: Array
    """Correlation of hours between areas [V, A, A]."""

    annual: pd.DataFrame
    """`weather_annual.csv`, index area."""


def unpack(tables: dict[str, pd.DataFrame]) -> Climate:
    """Lay the checked tables out as arrays, areas in sorted order."""
    annual = tables["annual"].set_index("area").sort_index()
    areas = tuple(str(area) for area in annual.index)
    calendar = tables["calendar"]
    date = pd.DatetimeIndex(calendar["date"])
    month = date.month.to_numpy(np.int64)
    demand_mw = _demand_on_days(tables["demand"], areas, month, calendar["day_type"].to_numpy(str))
    profiles = tables["profiles"].sort_values(["area", "month", "hour"])
    daily = tables["daily"].set_index(["variable", "area", "month"]).sort_index()
    daily = daily.reindex(list(VARIABLES), level="variable")
    by_month = {name: daily[name].to_numpy(float).reshape(3, -1, 12) for name in daily.columns}
    probability, quantiles = _quantiles(tables["quantiles"], areas)
    by_hour = {
        name: profiles[name].to_numpy(float).reshape(len(areas), 12, HOURS)
        for name in profiles.columns.drop(["area", "month", "hour"])
    }
    of_month = [demand_mw[:, month == m].mean(axis=(1, 2)) for m in range(1, 13)]
    return Climate(
        areas=areas,
        date=date,
        month=month - 1,
        group=np.searchsorted([1, 4, 7, 10], month_group(month) % 12 + 1) % 4,
        demand_mw=demand_mw,
        profiles=by_hour,
        month_mean=np.stack(
            [np.stack(of_month, axis=1), by_hour["solar_cf"].mean(axis=2), by_hour["wind_cf"].mean(axis=2)]
        ),
        day_spread=by_month["day_spread"],
        month_drift=by_month["month_drift"],
        hour_spread=by_month["hour_spread"],
        day_lag=by_month["day_lag"][:, :, 0],
        hour_lag=by_month["hour_lag"][:, :, 0],
        probability=probability,
        quantiles=quantiles,
        day_correlation=np.stack([_matrix(tables["correlation"], areas, ("day", g)) for g in _GROUPS]),
        year_correlation=_matrix(tables["correlation"], areas, ("year", 0)),
        hour_correlation=_blocks(_matrix(tables["correlation"], areas, ("hour", 0)), len(areas)),
        annual=annual,
    )


def _demand_on_days(
    table: pd.DataFrame, areas: tuple[str, ...], month: Whole, day_type: npt.NDArray[np.str_]
) -> Array:
    """Mean demand of each day's month and kind [A, D, 24]."""
    wide = table.pivot(index=["area", "month", "day_type"], columns="hour", values="demand_mw")
    days = [np.repeat(areas, len(month)), np.tile(month, len(areas)), np.tile(day_type, len(areas))]
    return wide.reindex(pd.MultiIndex.from_arrays(days)).to_numpy(float).reshape(len(areas), -1, HOURS)


def _quantiles(table: pd.DataFrame, areas: tuple[str, ...]) -> tuple[Array, Array]:
    wide = table.pivot(index=["variable", "area", "month_group"], columns="probability", values="deviations")
    rows = pd.MultiIndex.from_product([VARIABLES, areas, _GROUPS])
    values = wide.reindex(rows).to_numpy(float)
    return wide.columns.to_numpy(float), values.reshape(len(VARIABLES), len(areas), len(_GROUPS), -1)


def _matrix(table: pd.DataFrame, areas: tuple[str, ...], part: tuple[str, int]) -> Array:
    """Symmetric correlation matrix of one scale and month group, variable major."""
    place = {
        (area, name): i * len(areas) + j for i, name in enumerate(VARIABLES) for j, area in enumerate(areas)
    }
    rows = table[(table["scale"] == part[0]) & (table["month_group"] == part[1])]
    first = [place[key] for key in zip(rows["area"], rows["variable"], strict=True)]
    second = [place[key] for key in zip(rows["other_area"], rows["other_variable"], strict=True)]
    matrix = np.eye(len(place))
    matrix[first, second] = matrix[second, first] = rows["correlation"].to_numpy(float)
    return matrix


def _blocks(matrix: Array, size: int) -> Array:
    return np.stack(
        [matrix[i * size : (i + 1) * size, i * size : (i + 1) * size] for i in range(len(VARIABLES))]
    )


def symmetric_power(matrix: Array, exponent: float, floor: float = 0.0) -> Array:
    """Return a power of a symmetric matrix with its eigenvalues held at or above `floor`."""
    values, vectors = np.linalg.eigh(matrix)
    powers = np.maximum(values, floor) ** exponent
    return np.asarray(np.einsum("ij,j,kj->ik", vectors, powers, vectors))


def draw_days(climate: Climate, generator: np.random.Generator) -> tuple[Array, Array]:
    """Draw the latent scores of every day and the relative anomalies of its means, each [V, A, D].

    A year is short: sampled correlation and persistence would wander from the measured ones by 0.1 and more.
    The same random numbers are therefore passed through the process again, with its two inputs moved by what
    was missed, until both are close; the closest trial is kept.
    """
    lag = persistence = climate.day_lag.reshape(-1)
    target = latent = climate.year_correlation
    shocks = _shocks(climate, generator)
    ladders = _ladders(climate)
    drift = climate.month_drift[:, :, climate.month] * month_position(climate.month + 1)
    scale = climate.month_mean[:, :, climate.month]
    least = np.inf
    for _ in range(_ROUNDS):
        trial = recoloured(_autoregression(climate, persistence, shocks), latent)
        trial = trial.T.reshape(*climate.day_lag.shape, -1)
        drawn = daily_anomalies(climate, trial, ladders)
        off = target - _whole_year(climate, drawn + drift)
        missed = lag - lag_one(drawn * scale).reshape(-1)
        error = np.abs(off).max() + _LAG_WEIGHT * np.abs(missed).max()
        if error < least:
            least, scores, anomalies = error, trial, drawn + drift
        if least < _CLOSE:
            break
        latent = symmetric_power(latent + _STEP * off, 1.0, _LEAST_EIGENVALUE)
        latent = latent / np.sqrt(np.diag(latent)[:, None] * np.diag(latent)[None, :])
        persistence = np.clip(persistence + _STEP * missed, 0.0, _LARGEST_LAG)

    def share(trial: Array) -> Array:
        return _renewable_share(climate, daily_anomalies(climate, trial, ladders))

    ordered = without_longer_spells(scores, share, climate.month, int(climate.annual["low_spell_days"].max()))
    if ordered is scores:
        return scores, anomalies
    return ordered, daily_anomalies(climate, ordered, ladders) + drift


def _renewable_share(climate: Climate, anomalies: Array) -> Array:
    """Daily output of sun and wind in service over its mean over the year [A, D]."""
    capacity = climate.annual[["solar_capacity_mw", "wind_capacity_mw"]].to_numpy(float).T[:, :, None]
    levels = np.maximum(1.0 + anomalies[1:], 0.0)
    output = (capacity * climate.month_mean[1:, :, climate.month] * levels).sum(axis=0)
    mean = output.mean(axis=1, keepdims=True)
    return np.asarray(np.divide(output, mean, out=np.ones_like(output), where=mean > 0.0))


def _shocks(climate: Climate, generator: np.random.Generator) -> Array:
    """Draw the shocks ε of every day, coloured so that the scores have the correlation of their season."""
    both = climate.day_lag.reshape(-1) + np.repeat(_BUILD_UP, len(climate.areas))
    # Variance and covariance of the process for unit shocks: 1 + Σ_k (φ+θ)² φ^(2k).
    carried = 1.0 + np.outer(both, both) / (1.0 - np.outer(climate.day_lag, climate.day_lag))
    white = generator.standard_normal((_RUN_IN_DAYS + len(climate.month), len(both)))
    groups = np.concatenate([np.full(_RUN_IN_DAYS, climate.group[0]), climate.group])
    shocks = np.empty_like(white)
    for group, matrix in enumerate(climate.day_correlation):
        root = symmetric_power(matrix / carried, 0.5)
        shocks[groups == group] = np.einsum("ij,dj->di", root, white[groups == group])
    return shocks


def _autoregression(climate: Climate, persistence: Array, shocks: Array) -> Array:
    """Run z_t = φ∘z_{t−1} + ε_t + θ∘ε_{t−1} over the year, unit variance [D, V*A]."""
    scores = shocks.copy()
    scores[1:] += np.repeat(_BUILD_UP, len(climate.areas)) * shocks[:-1]
    for day in range(1, len(scores)):
        scores[day] += persistence * scores[day - 1]
    scores = scores[_RUN_IN_DAYS:]
    return np.asarray(scores / scores.std(axis=0))


def recoloured(sample: Array, target: Array) -> Array:
    """Return the sample moved as little as possible so that its correlation is the target.

    The map is the optimal transport between two centred Gaussians, T = C^-½ (C^½ R C^½)^½ C^-½.

    Args:
        sample: one row per day, one column per series [d, n].
        target: wanted correlation matrix R [n, n].
    """
    centred = sample - sample.mean(axis=0)
    values, vectors = np.linalg.eigh(np.einsum("di,dj->ij", centred, centred) / len(sample))
    deviations = np.sqrt(np.maximum(values, _LEAST_EIGENVALUE))
    root = np.einsum("ij,j,kj->ik", vectors, deviations, vectors)
    inverse = np.einsum("ij,j,kj->ik", vectors, 1.0 / deviations, vectors)
    middle = symmetric_power(_product(root, target, root), 0.5)
    return np.asarray(np.einsum("ij,dj->di", _product(inverse, middle, inverse), centred))


def _product(first: Array, second: Array, third: Array) -> Array:
    return np.asarray(np.einsum("ij,jk->ik", np.einsum("ij,jk->ik", first, second), third))


def _whole_year(climate: Climate, anomalies: Array) -> Array:
    """Correlation of daily means over the year, habit and drift left in, months taken out [V*A, V*A]."""
    daily = climate.month_mean[:, :, climate.month] * (1.0 + anomalies)
    daily[0] = climate.demand_mw.mean(axis=2) * (1.0 + anomalies[0])
    for month in np.unique(climate.month):
        days = climate.month == month
        daily[:, :, days] -= daily[:, :, days].mean(axis=2, keepdims=True)
    flat = daily.reshape(climate.day_lag.size, -1)
    covariance = np.einsum("id,jd->ij", flat, flat)
    deviation = np.sqrt(np.maximum(np.diag(covariance), np.finfo(float).tiny))
    return np.asarray(covariance / deviation[:, None] / deviation[None, :])


def _ladders(climate: Climate) -> dict[int, Array]:
    """Anomalies a month's days take, lowest first, in standard deviations: {month: [V, A, days]}."""
    ladders = {}
    for month in np.unique(climate.month):
        days = climate.month == month
        probability = (np.arange(days.sum()) + 0.5) / days.sum()
        quantiles = climate.quantiles[:, :, climate.group[days][0]]
        ladder = np.empty((*quantiles.shape[:2], len(probability)))
        for i, j in np.ndindex(ladder.shape[:2]):
            ladder[i, j] = np.interp(probability, climate.probability, quantiles[i, j])
        ladders[int(month)] = ladder
    return ladders


def daily_anomalies(climate: Climate, scores: Array, ladders: dict[int, Array]) -> Array:
    """Map scores to relative anomalies: zero mean, no trend, measured spread in every month [V, A, D]."""
    anomalies = np.empty_like(scores)
    position = month_position(climate.month + 1)
    drifting = np.abs(climate.month_drift).max(axis=(1, 2)) > 0.0
    for month, ladder in ladders.items():
        days = climate.month == month
        rank = scores[:, :, days].argsort(axis=2, kind="stable").argsort(axis=2, kind="stable")
        deviation = np.take_along_axis(ladder, rank, axis=2)
        deviation -= deviation.mean(axis=2, keepdims=True)
        slope = (deviation * position[days]).sum(axis=2) / (position[days] ** 2).sum()
        deviation -= (slope * drifting[:, None])[:, :, None] * position[days]
        deviation /= deviation.std(axis=2, keepdims=True)
        anomalies[:, :, days] = deviation * climate.day_spread[:, :, month, None]
    return anomalies


def must_run_gw(climate: Climate) -> Array:
    """Mean output of must-run stations by month and hour, laid out on the year [A, M, T]."""
    output = np.stack([climate.profiles[f"{kind}_mw"] for kind in MUST_RUN], axis=1)
    return np.asarray(output[:, :, climate.month].reshape(len(climate.areas), len(MUST_RUN), -1) / 1e3)
