"""The climate of a country without published hours: a small TOML file, read and checked.

Described in `docs/importers.md`; `data/germany/climatology.toml` is one.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from optimizer.inputs.calibrate import year_calendar
from optimizer.inputs.importers.common import Faults, read_text

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Above = Annotated[float, Field(gt=0)]
Months = Annotated[tuple[Amount, ...], Field(min_length=12, max_length=12)]
DAY_TYPES = ("workday", "first_workday", "saturday", "holiday", "festive")
UNEVEN = 0.05
"""How far the mean of twelve relative months may lie from one."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Sky(_Part):
    """What sun and wind have in common."""

    month: Months
    """Capacity factor of each month over that of the year; the mean is one. [1]"""

    largest_cf: Annotated[float, Field(gt=0, le=1)]
    """No hour of an area is above it. [1]"""

    hour_lag: Annotated[float, Field(ge=0, lt=1)]
    """Correlation of an hour's departure with the next. [1]"""

    reach_km: Above
    """Distance over which the correlation of areas falls to 1/e."""

    @model_validator(mode="after")
    def _months_average_to_one(self) -> Self:
        if abs(sum(self.month) / 12 - 1.0) > UNEVEN:
            raise ValueError(f"month: the mean of the twelve is {sum(self.month) / 12:.3f}; it must be 1")
        return self


class Solar(_Sky):
    """Sunshine: the height of the sun times weather."""

    day_spread: Amount
    """Standard deviation of a day's level. [1]"""

    day_lag: Annotated[float, Field(ge=0, lt=1)]
    hour_spread: Amount


class Wind(_Sky):
    """Rayleigh-distributed wind through a smooth power curve: half output at `half_speed_m_s`."""

    offshore_cf: Share
    scale_m_s: Above
    half_speed_m_s: Above
    steepness_m_s: Above


class Demand(_Part):
    """Shape of demand, the same in every area."""

    month: Months
    hour: Annotated[tuple[Amount, ...], Field(min_length=24, max_length=24)]
    day_type: dict[str, Above]
    summer_noon: float
    """Added to the relative demand around noon in high summer, taken off in deep winter. [1]"""

    winter_day_spread: Amount
    summer_day_spread: Amount
    day_lag: Annotated[float, Field(ge=0, lt=1)]
    hour_spread: Amount
    hour_lag: Annotated[float, Field(ge=0, lt=1)]
    reach_km: Above

    @model_validator(mode="after")
    def _every_kind_of_day(self) -> Self:
        if set(self.day_type) != set(DAY_TYPES):
            raise ValueError(f"day_type: needs {', '.join(DAY_TYPES)}, and no other")
        return self


class MustRun(_Part):
    """Output of must-run power by month, any scale."""

    hydro: Months
    geothermal: Months
    biomass: Months
    other_thermal: Months


class Area(_Part):
    """Energy of the year and capacity factors of one grid area."""

    demand_twh: Above
    solar_cf: Above
    onshore_cf: Above
    hydro_twh: Amount
    geothermal_twh: Amount
    biomass_twh: Amount
    other_thermal_twh: Amount


class Climatology(_Part):
    """A file `climatology.toml`, checked."""

    year: Annotated[int, Field(ge=1950, le=2100)]
    seed: Annotated[int, Field(ge=0)]
    utc_offset_h: Annotated[float, Field(ge=-12, le=14)]
    holidays: dict[str, str]
    festive: list[Annotated[tuple[str, ...], Field(min_length=2, max_length=2)]]
    demand: Demand
    solar: Solar
    wind: Wind
    must_run: MustRun
    area: dict[str, Area]


def read_climatology(path: Path) -> Climatology:
    """Read and check a climatology.

    Raises:
        InputError: E380 to E382 the file; E383 it is not TOML; E384 a key missing or unknown; E385 a
            value that cannot be.
    """
    faults = Faults(path)
    try:
        tree = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        faults.add(0, "E383", f"not TOML: {error}", "TOML として読めません")
        faults.fail()
    try:
        return Climatology.model_validate(tree)
    except ValidationError as error:
        for finding in error.errors(include_url=False):
            key = ".".join(map(str, finding["loc"]))
            what = str(finding["msg"]).removeprefix("Value error, ")
            code = "E384" if finding["type"] in ("missing", "extra_forbidden") else "E385"
            words = {"missing": "the key is missing", "extra_forbidden": "unknown key"}
            message = words.get(finding["type"], what[0].lower() + what[1:])
            faults.add(0, code, f"{key}: {message}", f"{key}: キーまたは値を確認してください")
        faults.fail()
        raise AssertionError from error  # not reached: fail() raised


def calendar_of(path: Path, climate: Climatology) -> pd.DataFrame:
    """Return the kind of every day of the year, without 29 February: date, day_type, name_en.

    Raises:
        InputError: E387 a day that is none of the year.
    """
    faults = Faults(path)
    days = pd.date_range(f"{climate.year}-01-01", f"{climate.year}-12-31")
    days = days[~((days.month == 2) & (days.day == 29))]
    known = set(days.strftime("%Y-%m-%d"))
    for day in [*climate.holidays, *(day for pair in climate.festive for day in pair)]:
        if day not in known:
            faults.add(
                0,
                "E387",
                f"{day!r} is not a day of {climate.year}, YYYY-MM-DD",
                f"{day!r} は日付ではありません",
            )
    faults.fail()
    kind = dict.fromkeys(climate.holidays, "holiday")
    for first, last in climate.festive:
        kind |= dict.fromkeys(pd.date_range(first, last).strftime("%Y-%m-%d"), "festive")
    named = pd.DataFrame({"date": list(kind), "day_type": list(kind.values())})
    named["name_en"] = named["date"].map(climate.holidays)
    return year_calendar(days, named)
