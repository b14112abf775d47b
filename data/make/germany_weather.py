"""Weather and demand of Germany from climatology, in the form of a year of actuals.

No operator file is at hand. This script draws one hourly year (2025) from monthly capacity factors, the
height of the sun, Weibull winds and demand shapes, all stated below and all assumed, and passes it through the
same `compute_statistics` that reads real actuals. Replace it with actuals as soon as there are any:
`python data/make/weather_statistics.py ACTUALS CAPACITY data/germany`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from germany_grid import EXISTING
from germany_sites import AREAS
from scipy.signal import lfilter
from scipy.special import ndtr

from optimizer.inputs.weather_statistics import compute_statistics

Array = npt.NDArray[np.float64]
SEED = 2025
NAMES = [row[0] for row in AREAS]
LON, LAT = np.array([row[3] for row in AREAS]), np.array([row[4] for row in AREAS])
DEMAND_TWH = {
    "central": 63.0,
    "east": 78.0,
    "north": 74.5,
    "south_east": 74.5,
    "south_west": 65.0,
    "west": 110.0,
}
"""Load of the public grid, 465 TWh together: the order of 2024; recalled, unverified. Split by own estimate."""
DEMAND_MONTH = (1.095, 1.095, 1.035, 0.985, 0.955, 0.945, 0.945, 0.94, 0.96, 1.0, 1.045, 1.03)
DAY = {"workday": 1.06, "first_workday": 1.045, "saturday": 0.915, "holiday": 0.82, "festive": 0.86}
HOUR = (
    78, 75, 74, 74, 77, 84, 97, 107, 112, 114, 115, 116, 114, 112, 110, 108, 109, 115, 118, 114, 107, 101, 93, 85,
)  # fmt: skip
HOUR_SUMMER_NOON = 0.02
SOLAR_CF = {
    "central": 0.103,
    "east": 0.105,
    "north": 0.098,
    "south_east": 0.112,
    "south_west": 0.110,
    "west": 0.098,
}
SOLAR_MONTH = (0.225, 0.47, 0.94, 1.415, 1.64, 1.74, 1.70, 1.515, 1.175, 0.70, 0.305, 0.175)
ONSHORE_CF = {
    "central": 0.175,
    "east": 0.215,
    "north": 0.25,
    "south_east": 0.16,
    "south_west": 0.155,
    "west": 0.19,
}
OFFSHORE_CF = 0.37
WIND_MONTH = (1.40, 1.38, 1.15, 0.92, 0.80, 0.70, 0.68, 0.68, 0.85, 1.05, 1.18, 1.35)
MUST_RUN_TWH = {
    # hydro, geothermal, biomass, waste and heat-led stations
    "central": (1.3, 0.0, 2.5, 5.0), "east": (0.6, 0.0, 8.0, 5.0), "north": (0.3, 0.0, 11.5, 4.0),
    "south_east": (11.5, 0.2, 8.5, 3.5), "south_west": (4.4, 0.0, 4.5, 2.5), "west": (0.5, 0.0, 5.0, 10.0),
}  # fmt: skip
MUST_RUN_MONTH = {
    "hydro": (0.85, 0.85, 0.95, 1.05, 1.25, 1.30, 1.20, 1.05, 0.95, 0.85, 0.85, 0.85),
    "geothermal": (1.0,) * 12,
    "biomass": (1.06, 1.05, 1.02, 1.0, 0.97, 0.96, 0.96, 0.96, 0.97, 1.0, 1.02, 1.03),
    "thermal_other": (1.5, 1.45, 1.25, 0.95, 0.75, 0.65, 0.62, 0.62, 0.72, 0.98, 1.2, 1.31),
}
HOLIDAYS = {
    "2025-01-01": "New Year", "2025-04-18": "Good Friday", "2025-04-21": "Easter Monday", "2025-05-01": "Labour Day",
    "2025-05-29": "Ascension Day", "2025-06-09": "Whit Monday", "2025-10-03": "German Unity Day",
    "2025-12-25": "Christmas Day", "2025-12-26": "Second Day of Christmas",
}  # fmt: skip
FESTIVE = (*pd.date_range("2025-01-01", "2025-01-05"), *pd.date_range("2025-12-23", "2025-12-31"))
REACH_KM = {"demand": 1500.0, "solar": 500.0, "wind": 550.0}
SOLAR_DAY_SPREAD, WIND_HOUR_LAG, DEMAND_DAY_SPREAD, DEMAND_HOUR_NOISE = 0.45, 0.962, 0.025, 0.008
CUT_SPEED, STEEPNESS, LARGEST_WIND_CF, LARGEST_SOLAR_CF = 9.5, 1.7, 0.90, 0.72


def calendar() -> pd.DataFrame:
    """Return the table `weather_calendar` for the civil year 2025, nation-wide holidays only."""
    rows, after_break = [], False
    for day in pd.date_range("2025-01-01", "2025-12-31"):
        name = HOLIDAYS.get(f"{day:%Y-%m-%d}", "")
        kind = "saturday" if day.day_of_week == 5 else "first_workday" if after_break else "workday"
        if day.day_of_week == 6 or name:
            kind = "holiday"
        if day in FESTIVE:
            kind = "festive"
        after_break = kind in ("holiday", "festive", "saturday")
        rows.append((f"{day:%Y-%m-%d}", kind, name))
    return pd.DataFrame(rows, columns=["date", "day_type", "name_en"])


def together(generator: np.random.Generator, name: str, steps: int, lag: float) -> Array:
    """Draw standard normal series of the areas, correlated by distance and persistent [A, steps]."""
    north, east = (LAT[:, None] - LAT) * 111.0, (LON[:, None] - LON) * 70.0
    root = np.linalg.cholesky(np.exp(-np.hypot(north, east) / REACH_KM[name]) + 1e-9 * np.eye(len(NAMES)))
    white = root @ generator.standard_normal((len(NAMES), steps + 200))
    drawn = lfilter([np.sqrt(1.0 - lag**2)], [1.0, -lag], white)[:, 200:]
    return np.asarray((drawn - drawn.mean(axis=1, keepdims=True)) / drawn.std(axis=1, keepdims=True))


def solar(generator: np.random.Generator, time: pd.DatetimeIndex, month: npt.NDArray[np.int64]) -> Array:
    """Return hourly capacity factors with the stated means of month and year [A, T]."""
    day, hour = time.day_of_year.to_numpy(), time.hour.to_numpy() + 0.5
    tilt = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    angle = np.radians(15.0 * (hour[None] - 12.0) + (LON[:, None] - 15.0))
    lat = np.radians(LAT)[:, None]
    height = np.sin(lat) * np.sin(tilt) + np.cos(lat) * np.cos(tilt) * np.cos(angle)
    clear = np.maximum(height, 0.0) ** 1.2
    sky = np.repeat(ndtr(together(generator, "solar", len(time) // 24, 0.35)), 24, axis=1)
    level = np.clip(1.0 + SOLAR_DAY_SPREAD * np.sqrt(12.0) * (sky - 0.5), 0.1, None)
    raw = clear * level * np.clip(1.0 + 0.12 * together(generator, "solar", len(time), 0.6), 0.3, 1.7)
    return to_month(
        raw, month, [[SOLAR_CF[a] * share for share in SOLAR_MONTH] for a in NAMES], LARGEST_SOLAR_CF
    )


def wind(generator: np.random.Generator, month: npt.NDArray[np.int64]) -> Array:
    """Return hourly capacity factors of all wind in service, land and sea [A, T]."""
    rank = np.clip(ndtr(together(generator, "wind", len(month), WIND_HOUR_LAG)), 1e-6, 1.0 - 1e-6)
    speed = 7.5 * np.sqrt(-np.log(1.0 - rank))
    raw = 1.0 / (1.0 + np.exp(-(speed - CUT_SPEED) / STEEPNESS))
    fleet = {a: EXISTING[a][1:] for a in NAMES}
    mean = [(ONSHORE_CF[a] * fleet[a][0] + OFFSHORE_CF * fleet[a][1]) / sum(fleet[a]) for a in NAMES]
    return to_month(raw, month, [[cf * share for share in WIND_MONTH] for cf in mean], LARGEST_WIND_CF)


def to_month(raw: Array, month: npt.NDArray[np.int64], wanted: list[list[float]], largest: float) -> Array:
    """Scale every month to its mean, capped at the largest factor; the cap is made up for [A, T]."""
    result = np.empty_like(raw)
    for area, now in np.ndindex(len(wanted), 12):
        hours = month == now + 1
        series = raw[area, hours]
        for _ in range(20):
            series = np.minimum(series * wanted[area][now] / series.mean(), largest)
        result[area, hours] = series
    return result


def demand(
    generator: np.random.Generator, time: pd.DatetimeIndex, month: npt.NDArray[np.int64], kind: pd.Series
) -> Array:
    """Return hourly demand of the areas [A, T], MW."""
    season = np.array(DEMAND_MONTH)[month - 1]
    shape = np.array(HOUR) / np.mean(HOUR)
    noon = HOUR_SUMMER_NOON * (np.abs(time.hour.to_numpy() - 12.5) < 3) * np.cos(2 * np.pi * (month - 7) / 12)
    habit = np.repeat(kind.map(DAY).to_numpy(float), 24)
    cold = np.repeat(together(generator, "demand", len(time) // 24, 0.75), 24, axis=1)
    strength = DEMAND_DAY_SPREAD * (0.6 + 0.4 * np.cos(2 * np.pi * (month - 1) / 12))
    hourly = 1.0 + DEMAND_HOUR_NOISE * together(generator, "demand", len(time), 0.8)
    relative = (season * habit * (shape[time.hour] + noon))[None] * (1.0 + strength * cold) * hourly
    energy = np.array([DEMAND_TWH[a] for a in NAMES]) * 1e6
    return np.asarray(relative / relative.sum(axis=1, keepdims=True) * energy[:, None])


def actuals() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the drawn year in the form of operators' actuals, the capacity in service, and the calendar."""
    days = calendar()
    time = pd.date_range(days["date"].iloc[0], periods=8760, freq="h")
    month = time.month.to_numpy(np.int64)
    streams = [np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence(SEED).spawn(3)]
    load = demand(streams[0], time, month, days["day_type"])
    sun, air = solar(streams[1], time, month), wind(streams[2], month)
    capacity = pd.DataFrame(
        [(EXISTING[a][0], sum(EXISTING[a][1:])) for a in NAMES], index=NAMES, columns=["solar", "wind"]
    ).astype(float)
    frames = []
    for i, area in enumerate(NAMES):
        frame = pd.DataFrame(
            {"hour": time, "area": area, "demand": load[i], "solar_curt": 0.0, "wind_curt": 0.0}
        )
        frame["solar"], frame["wind"] = (
            sun[i] * capacity.at[area, "solar"],
            air[i] * capacity.at[area, "wind"],
        )
        for (name, shares), twh in zip(MUST_RUN_MONTH.items(), MUST_RUN_TWH[area], strict=True):
            share = np.array(shares)[month - 1]
            frame[name] = twh * 1e6 * share / share.sum()
        frames.append(frame)
    return pd.concat(frames, ignore_index=True), capacity, days


def tables(japan: Path) -> dict[str, pd.DataFrame]:
    """Return the weather tables; the method's single numbers are those of the Japanese pack but for climate."""
    series, capacity, days = actuals()
    parameters = pd.read_csv(japan / "weather_parameters.csv").set_index("name")
    ours = {
        "weather_temperature_balance_c": (
            19.0,
            16.0,
            22.0,
            "demand answers to cold far more than to warmth: little cooling in homes; own estimate",
        ),
        "weather_temperature_spread_c": (
            3.6,
            3.0,
            4.5,
            "day-to-day deviation of daily means in winter in Central Europe; own estimate",
        ),
        "weather_temperature_warm_spread_c": (3.0, 2.3, 3.6, "the same in July and August; own estimate"),
        "weather_temperature_half_range_c": (
            4.2,
            3.0,
            5.0,
            "mean daily range of inland stations 7 to 10 degC; own estimate",
        ),
    }
    parameters["source"] = (
        parameters["source"] + "; taken over from the Japanese pack, own estimate for Germany"
    )
    for name, (value, low, high, source) in ours.items():
        parameters.loc[name, ["value", "low", "high", "source"]] = [value, low, high, source]
    parameters["grade"] = "assumed"
    result = compute_statistics(series, capacity, days)
    named = {f"weather_{name}": table for name, table in result.items()}
    return {**named, "weather_calendar": days, "weather_parameters": parameters.reset_index()}
