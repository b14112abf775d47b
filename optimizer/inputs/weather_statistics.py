"""Statistics of an hourly year of actuals, compact enough to ship, rich enough to build years from.

Pure functions: tables in, tables out. `wattbit calibrate` writes them into a pack.
A day is told apart from its month only by pooled figures: no value of a single day leaves this module
except the yearly extremes. Sources of the method: `docs/weather.md`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.scenario.tables import MUST_RUN

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

VARIABLES = ("demand", "solar", "wind")
"""Variables with day-to-day variation, in the order of every array of this method."""

LOW_SHARE = 0.5
"""A day is low whose sun and wind give less than this share of their mean over the year."""

HOURS = 24
_PROBABILITIES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 1.0)
_MUST_RUN_COLUMN = {"other_thermal": "thermal_other"}
_SHARE_FLOOR = 0.01
_DAYLIGHT_SHARE = 0.1
_DARK_SHARE = 0.002


def month_group(month: Whole) -> Whole:
    """Return the first month of the three-month group each month belongs to (12, 3, 6 or 9)."""
    return np.asarray(np.array([12, 3, 6, 9])[month % 12 // 3], dtype=np.int64)


def day_levels(wind_cf: Array) -> Array:
    """Return the hourly line through daily means, straight from noon to noon [..., D*24].

    Args:
        wind_cf: daily means [..., D].
    """
    days = wind_cf.shape[-1]
    position = np.clip((np.arange(days * HOURS) - 11.5) / HOURS, 0.0, days - 1.0)
    before = np.minimum(position.astype(np.int64), days - 2)
    share = position - before
    return np.asarray(wind_cf[..., before] * (1.0 - share) + wind_cf[..., before + 1] * share)


def compute_statistics(
    actuals: pd.DataFrame, capacity_mw: pd.DataFrame, calendar: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Compute every statistics table of one year.

    Args:
        actuals: one row per hour and area: hour, area, demand, solar, solar_curt, wind, wind_curt, hydro,
            geothermal, biomass, thermal_other. [MW]
        capacity_mw: index area, columns solar, wind: capacity in service. [MW]
        calendar: one row per day of the year in order: date, day_type.

    Returns:
        Tables `demand`, `profiles`, `daily`, `quantiles`, `correlation`, `annual`, as in `weather_tables`.
    """
    areas = sorted(actuals["area"].unique())
    frame = actuals.assign(hour=pd.to_datetime(actuals["hour"])).sort_values(["area", "hour"])
    shape = (len(areas), len(calendar), HOURS)
    capacity = capacity_mw.loc[areas]
    series = {"demand": frame["demand"].to_numpy(float).reshape(shape)}
    series |= {name: _capacity_factor(frame, name, capacity, shape) for name in ("solar", "wind")}
    must_run = {
        kind: frame[_MUST_RUN_COLUMN.get(kind, kind)].to_numpy(float).reshape(shape) for kind in MUST_RUN
    }
    month = pd.DatetimeIndex(calendar["date"]).month.to_numpy(np.int64)
    day_type = calendar["day_type"].to_numpy(str)
    demand, demand_means = _demand_table(series["demand"], areas, month, day_type)
    anomalies, trend = _daily_anomalies(series, demand_means, month)
    level = {**anomalies, "demand": anomalies["demand"] + trend * month_position(month)}
    profiles, residuals = _profiles(series, must_run, level, demand_means, (areas, month))
    absolute = _absolute(anomalies, series, month)
    return {
        "demand": demand,
        "profiles": profiles,
        "daily": _daily(anomalies, absolute, {**residuals, "trend": trend}, (areas, month)),
        "quantiles": _quantiles(anomalies, (areas, month)),
        "correlation": _correlation(absolute, series, residuals, (areas, month)),
        "annual": annual_figures(series, must_run, capacity, areas),
    }


def _capacity_factor(
    frame: pd.DataFrame, name: str, capacity: pd.DataFrame, shape: tuple[int, int, int]
) -> Array:
    energy = (frame[name] + frame[f"{name}_curt"]).to_numpy(float).reshape(shape)
    return np.asarray(energy / capacity[name].to_numpy(float)[:, None, None])


def _demand_table(
    demand: Array, areas: list[str], month: Whole, day_type: npt.NDArray[np.str_]
) -> tuple[pd.DataFrame, Array]:
    """Mean demand by month, day type and hour, as a table and laid out on the days [A, D, 24]."""
    levels = _day_type_levels(demand.mean(axis=2), month, day_type)
    means = np.empty_like(demand)
    rows = []
    for month_now, kind in sorted(set(zip(month.tolist(), day_type.tolist(), strict=True))):
        days = (month == month_now) & (day_type == kind)
        shape = demand[:, days].mean(axis=1)
        mean = shape / shape.mean(axis=1, keepdims=True) * levels[:, days][:, :1]
        means[:, days] = mean[:, None]
        rows += [
            (area, month_now, kind, hour, round(float(mean[i, hour]), 1))
            for i, area in enumerate(areas)
            for hour in range(HOURS)
        ]
    table = pd.DataFrame(rows, columns=["area", "month", "day_type", "hour", "demand_mw"])
    return table.sort_values(["area", "month", "day_type", "hour"], ignore_index=True), means


def _day_type_levels(daily: Array, month: Whole, day_type: npt.NDArray[np.str_]) -> Array:
    """Daily mean demand of each month and day type, energy of the month kept [A, D].

    A month has four Saturdays: their own mean is weather more than habit. What a day type makes of the
    commonest day type of its month is therefore pooled over three months.
    """
    kinds, counts = np.unique(day_type, return_counts=True)
    common = np.empty_like(daily)
    for month_now in np.unique(month):
        days = month == month_now
        common[:, days] = daily[:, days & (day_type == kinds[counts.argmax()])].mean(axis=1, keepdims=True)
    ratio = np.empty_like(daily)
    for _, days in _groups(month):
        for kind in kinds:
            chosen = days & (day_type == kind)
            if chosen.any():
                ratio[:, chosen] = (daily / common)[:, chosen].mean(axis=1, keepdims=True)
    levels = common * ratio
    return levels * _month_mean(daily, month) / _month_mean(levels, month)


def _daily_anomalies(
    series: dict[str, Array], demand_means: Array, month: Whole
) -> tuple[dict[str, Array], Array]:
    """Relative departure of each day's mean from its month (demand: and day type, and trend) [A, D].

    Also returns the trend of demand, its relative change over each month, laid out on the days [A, D].
    """
    demand = series["demand"].mean(axis=2) / demand_means.mean(axis=2) - 1.0
    position = month_position(month)
    slope = _month_mean(demand * position, month) / _month_mean(position[None] ** 2, month)
    anomalies = {"demand": demand - slope * position}
    for name in ("solar", "wind"):
        daily = series[name].mean(axis=2)
        anomalies[name] = daily / _month_mean(daily, month) - 1.0
    return anomalies, slope


def month_position(month: Whole) -> Array:
    """Return how far each day lies from the middle of its month, from −½ to ½ [D]."""
    position = np.empty(len(month))
    for month_now in np.unique(month):
        days = month == month_now
        position[days] = (np.arange(days.sum()) + 0.5) / days.sum() - 0.5
    return position


def _month_mean(values: Array, month: Whole) -> Array:
    """Mean over the days of each month, laid out on the days; the day axis is the second."""
    result = np.empty_like(values)
    for month_now in np.unique(month):
        days = month == month_now
        result[:, days] = values[:, days].mean(axis=1, keepdims=True)
    return result


def _responses(departure: Array, drivers: list[Array]) -> list[Array]:
    """Least-squares slopes of hourly departures [A, d, 24] on daily drivers [A, d], each [A, 24]."""
    design = np.stack(drivers, axis=2)
    gram = np.einsum("adi,adj->aij", design, design)
    moment = np.einsum("adi,adh->aih", design, departure)
    slopes = np.linalg.solve(gram, moment)
    return [slopes[:, i] for i in range(len(drivers))]


def _profiles(
    series: dict[str, Array],
    must_run: dict[str, Array],
    anomalies: dict[str, Array],
    demand_means: Array,
    axes: tuple[list[str], Whole],
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Mean day of each month and its answer to the daily level; what is left over, hour by hour."""
    areas, month = axes
    relative = (series["demand"] - demand_means) / demand_means.mean(axis=2, keepdims=True)
    residuals = {name: np.zeros_like(relative) for name in VARIABLES}
    frames = []
    for month_now in range(1, 13):
        days = month == month_now
        level, sun = anomalies["demand"][:, days], anomalies["solar"][:, days]
        on_level, on_sun = _responses(relative[:, days], [level, sun])
        fitted = level[:, :, None] * on_level[:, None] + sun[:, :, None] * on_sun[:, None]
        residuals["demand"][:, days] = relative[:, days] - fitted
        solar, wind = series["solar"][:, days], series["wind"][:, days]
        mean = solar.mean(axis=1)
        mean[mean < _DARK_SHARE * mean.max(axis=1, keepdims=True)] = 0.0  # meters that never read zero
        (solar_response,) = _responses(solar - mean[:, None], [sun])
        solar_response[mean == 0.0] = 0.0
        left = solar - mean[:, None] - sun[:, :, None] * solar_response[:, None]
        daylight = mean > _DAYLIGHT_SHARE * mean.max(axis=1, keepdims=True)
        residuals["solar"][:, days] = np.divide(
            left, mean[:, None], out=np.zeros_like(left), where=np.broadcast_to(daylight[:, None], left.shape)
        )
        values = {
            "demand_response": on_level,
            "demand_solar_response": on_sun,
            "solar_cf": mean,
            "solar_response_cf": solar_response,
            "wind_cf": wind.mean(axis=1),
            **{f"{kind}_mw": must_run[kind][:, days].mean(axis=1) for kind in MUST_RUN},
        }
        frames.append(_tidy(values, areas, month_now))
    residuals["wind"], residuals["wind_weight"] = _wind_residual(series["wind"], month)
    table = pd.concat(frames).sort_values(["area", "month", "hour"], ignore_index=True)
    return table, residuals


def _tidy(values: dict[str, Array], areas: list[str], month_now: int) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "area": np.repeat(areas, HOURS),
            "month": month_now,
            "hour": np.tile(np.arange(HOURS), len(areas)),
        }
    )
    for name, value in values.items():
        table[name] = np.round(value.reshape(-1), 1 if name.endswith("_mw") else 5)
    return table


def _wind_residual(wind: Array, month: Whole) -> tuple[Array, Array]:
    """Log-odds of hourly wind over the line through daily means and the month's mean day [A, D, 24].

    Also returns what a unit of log-odds is worth in output, u (1 − u): a calm hour's odds swing widely and
    mean little.
    """
    ceiling = wind.max(axis=(1, 2), keepdims=True)
    daily = wind.mean(axis=2)
    level = day_levels(daily).reshape(wind.shape)
    shape = _month_mean(wind, month) / _month_mean(daily, month)[:, :, None]
    usual = np.clip(level * shape / ceiling, _SHARE_FLOOR, 1.0 - _SHARE_FLOOR)
    left = log_odds(wind / ceiling) - log_odds(usual)
    return np.asarray(left - day_levels(left.mean(axis=2)).reshape(wind.shape)), usual * (1.0 - usual)


def log_odds(share: Array) -> Array:
    """Return ln(x / (1 − x)) of shares held a little inside zero and one."""
    inside = np.clip(share, _SHARE_FLOOR, 1.0 - _SHARE_FLOOR)
    return np.asarray(np.log(inside / (1.0 - inside)))


def lag_one(values: Array) -> Array:
    """Return the lag-one correlation along the last axis, for values without a mean."""
    square = np.maximum((values**2).mean(axis=-1), np.finfo(float).tiny)
    return np.asarray((values[..., 1:] * values[..., :-1]).mean(axis=-1) / square)


def _daily(
    anomalies: dict[str, Array], absolute: Array, residuals: dict[str, Array], axes: tuple[list[str], Whole]
) -> pd.DataFrame:
    """Spread between days and between hours, and persistence, by area, variable and month."""
    areas, month = axes
    rows = []
    for i, name in enumerate(VARIABLES):
        day_lag = lag_one(absolute[i])
        weight = residuals["wind_weight"] if name == "wind" else np.ones_like(residuals[name])
        hour_lag = lag_one((residuals[name] * weight).reshape(len(areas), -1))
        for month_now in range(1, 13):
            days = month == month_now
            spread = anomalies[name][:, days].std(axis=1)
            noise = _noise(residuals[name][:, days], weight[:, days])
            drift = residuals["trend"][:, days][:, 0] if name == "demand" else np.zeros(len(areas))
            rows += [
                (area, name, month_now, *(round(float(x), 4) for x in figures))
                for area, *figures in zip(areas, spread, drift, noise, day_lag, hour_lag, strict=True)
            ]
    columns = ["area", "variable", "month", "day_spread", "month_drift", "hour_spread", "day_lag", "hour_lag"]
    return pd.DataFrame(rows, columns=columns).sort_values(["area", "variable", "month"], ignore_index=True)


def _noise(residual: Array, weight: Array) -> Array:
    """Weighted standard deviation of the hourly residual where it exists (solar: in daylight) [A]."""
    squares = weight**2 * (residual != 0.0)
    return np.asarray(np.sqrt((residual**2 * squares).sum(axis=(1, 2)) / squares.sum(axis=(1, 2))))


def _groups(month: Whole) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    group = month_group(month)
    for first in (12, 3, 6, 9):
        yield first, group == first


def _quantiles(anomalies: dict[str, Array], axes: tuple[list[str], Whole]) -> pd.DataFrame:
    """Shape of the distribution of daily means, in standard deviations, pooled over three months."""
    areas, month = axes
    rows = []
    for name in VARIABLES:
        values = anomalies[name]
        spread = np.sqrt(_month_mean(values**2 - _month_mean(values, month) ** 2, month))
        standard = (values - _month_mean(values, month)) / spread
        for first, days in _groups(month):
            levels = np.quantile(standard[:, days], _PROBABILITIES, axis=1)
            rows += [
                (area, name, first, probability, round(float(levels[k, i]), 3))
                for i, area in enumerate(areas)
                for k, probability in enumerate(_PROBABILITIES)
            ]
    columns = ["area", "variable", "month_group", "probability", "deviations"]
    return pd.DataFrame(rows, columns=columns)


def _absolute(anomalies: dict[str, Array], series: dict[str, Array], month: Whole) -> Array:
    """Daily anomalies in the unit of the variable [V, A, D]."""
    means = {name: _month_mean(series[name].mean(axis=2), month) for name in VARIABLES}
    return np.stack([anomalies[name] * means[name] for name in VARIABLES])


def _correlation(
    absolute: Array, series: dict[str, Array], residuals: dict[str, Array], axes: tuple[list[str], Whole]
) -> pd.DataFrame:
    """Correlations of days, of hours (same variable only), and of days with habit and drift left in."""
    areas, month = axes
    labels = [(area, name) for name in VARIABLES for area in areas]
    matrices = [("day", first, _pearson(absolute[:, :, days])) for first, days in _groups(month)]
    daily = [series[name].mean(axis=2) for name in VARIABLES]
    matrices.append(("year", 0, _pearson(np.stack([row - _month_mean(row, month) for row in daily]))))
    hourly = np.stack([residuals[name] for name in VARIABLES])
    matrices.append(("hour", 0, _pearson(hourly)))
    rows = []
    for scale, first, matrix in matrices:
        for i, one in enumerate(labels):
            for j, two in enumerate(labels[:i]):
                if scale != "hour" or one[1] == two[1]:
                    rows.append((scale, first, *one, *two, round(float(matrix[i, j]), 3)))
    columns = ["scale", "month_group", "area", "variable", "other_area", "other_variable", "correlation"]
    return pd.DataFrame(rows, columns=columns)


def _pearson(values: Array) -> Array:
    return np.asarray(np.corrcoef(values.reshape(values.shape[0] * values.shape[1], -1)))


def longest_low_spell(daily_share: Array, threshold: float) -> Whole:
    """Return the longest run of days below a threshold [A].

    Args:
        daily_share: output of the day over the mean of its month [A, D].
        threshold: what counts as low. [1]
    """
    longest = np.zeros(len(daily_share), dtype=np.int64)
    run = np.zeros(len(daily_share), dtype=np.int64)
    for low in (daily_share < threshold).T:
        run = (run + 1) * low
        longest = np.maximum(longest, run)
    return longest


def annual_figures(
    series: dict[str, Array], must_run: dict[str, Array], capacity: pd.DataFrame, areas: list[str]
) -> pd.DataFrame:
    """Return energy, peaks, capacity factors and extremes of the year, one row per area."""
    table = pd.DataFrame({"area": areas})
    table["demand_gwh"] = (series["demand"].sum(axis=(1, 2)) / 1e3).round(1)
    table["demand_peak_mw"] = series["demand"].max(axis=(1, 2)).round(1)
    table["demand_min_mw"] = series["demand"].min(axis=(1, 2)).round(1)
    table["demand_p98_mw"] = np.quantile(series["demand"], 0.98, axis=(1, 2)).round(1)
    for name in ("solar", "wind"):
        table[f"{name}_capacity_mw"] = capacity[name].to_numpy(float)
        table[f"{name}_cf"] = series[name].mean(axis=(1, 2)).round(5)
        table[f"{name}_zero_share"] = (series[name] <= 0.0).mean(axis=(1, 2)).round(4)
        table[f"{name}_cf_max"] = series[name].max(axis=(1, 2)).round(4)
    for kind in MUST_RUN:
        table[f"{kind}_gwh"] = (must_run[kind].sum(axis=(1, 2)) / 1e3).round(1)
    output = sum(
        series[name].mean(axis=2) * capacity[name].to_numpy(float)[:, None] for name in ("solar", "wind")
    )
    mean = np.asarray(output).mean(axis=1, keepdims=True)
    table["low_spell_days"] = longest_low_spell(np.asarray(output) / mean, LOW_SHARE)
    return table
