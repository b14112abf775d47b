"""One hourly year drawn from a climatology: height of the sun, Rayleigh winds, demand shapes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.signal import lfilter
from scipy.special import ndtr

from optimizer.inputs.climatology import Climatology
from optimizer.inputs.weather_statistics import HOURS
from optimizer.scenario.tables import MUST_RUN

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

KM_PER_DEGREE = 111.0
AIR_MASS_EXPONENT = 1.2
"""Clear-sky output over the sine of the sun's height: low sun passes more air."""

DARKEST_DAY, DARKEST_HOUR, BRIGHTEST_HOUR = 0.1, 0.3, 1.7
"""Bounds of the level of a day and of an hour against the clear sky, before months are set right."""

SPIN_UP_STEPS = 200
ROUNDS = 20
"""Of scaling a month to its mean while hours stand at the cap."""


@dataclass(frozen=True)
class Place:
    """Where the areas are, and how much of their wind stands at sea."""

    areas: tuple[str, ...]
    lon: Array
    lat: Array
    offshore_share: Array

    def onshore_and_offshore_cf(self, climate: Climatology) -> dict[str, float]:
        """Return the year's capacity factor of all wind in service, by area. [1]"""
        return {
            area: climate.area[area].onshore_cf * (1.0 - sea) + climate.wind.offshore_cf * sea
            for area, sea in zip(self.areas, self.offshore_share.tolist(), strict=True)
        }


def drawn_year(
    climate: Climatology, calendar: pd.DataFrame, place: Place, in_service: pd.DataFrame
) -> pd.DataFrame:
    """Return a year in the form of operators' actuals, nothing curtailed.

    Args:
        climate: the climatology.
        calendar: date and day_type of the 365 days.
        place: areas in order.
        in_service: the same areas in order, columns solar and wind. [MW]

    Returns:
        hour, area, demand, solar, solar_curt, wind, wind_curt and must-run output, MW; area by area.
    """
    days = pd.DatetimeIndex(calendar["date"])
    time = pd.DatetimeIndex([day + pd.Timedelta(hours=hour) for day in days for hour in range(HOURS)])
    seeds = np.random.SeedSequence(climate.seed).spawn(3)
    load, sun, air = (np.random.Generator(np.random.PCG64(seed)) for seed in seeds)
    series = {
        "demand": _demand(load, climate, place, (time, calendar["day_type"])),
        "solar": _solar(sun, climate, place, time),
        "wind": _wind(air, climate, place, time.month.to_numpy(np.int64)),
    }
    frames = []
    for i, area in enumerate(place.areas):
        figures = {name: values[i] for name, values in series.items()}
        for name in ("solar", "wind"):
            figures[name] = figures[name] * in_service[name].to_numpy(float)[i]
            figures[f"{name}_curt"] = np.zeros(len(time))
        for kind in MUST_RUN:
            share = np.array(getattr(climate.must_run, kind))[time.month.to_numpy(np.int64) - 1]
            energy_mwh = getattr(climate.area[area], f"{kind}_twh") * 1e6
            figures["thermal_other" if kind == "other_thermal" else kind] = energy_mwh * share / share.sum()
        frames.append(pd.DataFrame({"hour": time, "area": area, **figures}))
    return pd.concat(frames, ignore_index=True)


def _together(generator: np.random.Generator, place: Place, reach_km: float, steps: int, lag: float) -> Array:
    """Standard normal series of the areas, correlated by distance and persistent [A, steps]."""
    wide = round(KM_PER_DEGREE * float(np.cos(np.radians(place.lat.mean()))))
    north = (place.lat[:, None] - place.lat) * KM_PER_DEGREE
    east = (place.lon[:, None] - place.lon) * wide
    count = len(place.areas)
    root = np.linalg.cholesky(np.exp(-np.hypot(north, east) / reach_km) + 1e-9 * np.eye(count))
    white = root @ generator.standard_normal((count, steps + SPIN_UP_STEPS))
    drawn = lfilter([np.sqrt(1.0 - lag**2)], [1.0, -lag], white)[:, SPIN_UP_STEPS:]
    return np.asarray((drawn - drawn.mean(axis=1, keepdims=True)) / drawn.std(axis=1, keepdims=True))


def _solar(
    generator: np.random.Generator, climate: Climatology, place: Place, time: pd.DatetimeIndex
) -> Array:
    """Hourly capacity factors with the stated means of month and year [A, T]."""
    sky = climate.solar
    day, hour = time.day_of_year.to_numpy(), time.hour.to_numpy() + 0.5
    tilt = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    angle = np.radians(15.0 * (hour[None] - 12.0) + (place.lon[:, None] - 15.0 * climate.utc_offset_h))
    lat = np.radians(place.lat)[:, None]
    height = np.sin(lat) * np.sin(tilt) + np.cos(lat) * np.cos(tilt) * np.cos(angle)
    clear = np.maximum(height, 0.0) ** AIR_MASS_EXPONENT
    steps = len(time)
    rank = ndtr(_together(generator, place, sky.reach_km, steps // HOURS, sky.day_lag))
    level = np.clip(
        1.0 + sky.day_spread * np.sqrt(12.0) * (np.repeat(rank, HOURS, axis=1) - 0.5), DARKEST_DAY, None
    )
    noise = sky.hour_spread * _together(generator, place, sky.reach_km, steps, sky.hour_lag)
    raw = clear * level * np.clip(1.0 + noise, DARKEST_HOUR, BRIGHTEST_HOUR)
    wanted = [[climate.area[area].solar_cf * share for share in sky.month] for area in place.areas]
    return _to_month(raw, time.month.to_numpy(np.int64), wanted, sky.largest_cf)


def _wind(generator: np.random.Generator, climate: Climatology, place: Place, month: Whole) -> Array:
    """Hourly capacity factors of all wind in service, land and sea [A, T]."""
    sky = climate.wind
    normal = _together(generator, place, sky.reach_km, len(month), sky.hour_lag)
    rank = np.clip(ndtr(normal), 1e-6, 1.0 - 1e-6)
    speed = sky.scale_m_s * np.sqrt(-np.log(1.0 - rank))
    raw = 1.0 / (1.0 + np.exp(-(speed - sky.half_speed_m_s) / sky.steepness_m_s))
    mean = place.onshore_and_offshore_cf(climate)
    wanted = [[mean[area] * share for share in sky.month] for area in place.areas]
    return _to_month(raw, month, wanted, sky.largest_cf)


def _to_month(raw: Array, month: Whole, wanted: list[list[float]], largest: float) -> Array:
    """Scale every month to its mean, capped at the largest factor; the cap is made up for [A, T]."""
    result = np.zeros_like(raw)
    for area, now in np.ndindex(len(wanted), 12):
        hours = month == now + 1
        series = raw[area, hours]
        if not series.any():
            continue  # polar night
        for _ in range(ROUNDS):
            series = np.minimum(series * wanted[area][now] / series.mean(), largest)
        result[area, hours] = series
    return result


def _demand(
    generator: np.random.Generator,
    climate: Climatology,
    place: Place,
    when: tuple[pd.DatetimeIndex, pd.Series],
) -> Array:
    """Hourly demand of the areas [A, T], MW."""
    (time, kind), habit = when, climate.demand
    month = time.month.to_numpy(np.int64)
    summer = np.cos(2 * np.pi * (month - (7 if place.lat.mean() >= 0 else 1)) / 12)
    season = np.array(habit.month)[month - 1]
    shape = np.array(habit.hour) / np.mean(habit.hour)
    noon = habit.summer_noon * (np.abs(time.hour.to_numpy() - 12.5) < 3) * summer
    level = np.repeat(kind.map(habit.day_type).to_numpy(float), HOURS)
    days = len(time) // HOURS
    weather = np.repeat(_together(generator, place, habit.reach_km, days, habit.day_lag), HOURS, axis=1)
    low, high = habit.summer_day_spread, habit.winter_day_spread
    spread = (high + low) / 2 - (high - low) / 2 * summer
    noise = habit.hour_spread * _together(generator, place, habit.reach_km, len(time), habit.hour_lag)
    relative = (season * level * (shape[time.hour] + noon))[None] * (1.0 + spread * weather) * (1.0 + noise)
    energy = np.array([climate.area[area].demand_twh for area in place.areas]) * 1e6
    return np.asarray(relative / relative.sum(axis=1, keepdims=True) * energy[:, None])
