"""Reading the weather statistics of a pack: every file, every fault, by file and line.

Cells are checked as those of any pack table (`E321` to `E348`); `E350` to `E352` are this module's own.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.pack_table import RawTable, check_header, label_of, read_text_table, typed_table
from optimizer.inputs.weather_statistics import VARIABLES
from optimizer.scenario.tables import MUST_RUN, PARAMETER_COLUMNS, Column, TableSchema

_MONTHS = range(1, 13)
_GROUPS = (12, 3, 6, 9)
_AREA = Column("area", "text", "grid area")
_VARIABLE = Column("variable", "text", "demand, solar or wind", choices=VARIABLES)
_MONTH = Column("month", "1", "calendar month", 1, 12)
_HOUR = Column("hour", "h", "hour of day, start, local time", 0, 23)
_GROUP = Column("month_group", "1", "first of three months; 0: whole year", 0, 12)


def _cf(name: str, meaning: str, low: float = 0.0) -> Column:
    return Column(name, "1", meaning, low, 1.0)


def _mw(name: str, meaning: str) -> Column:
    return Column(name, "MW", meaning, 0.0, 1e6)


def _gwh(name: str, meaning: str) -> Column:
    return Column(name, "GWh", meaning, 0.0, 1e8)


_TABLES = (
    TableSchema(
        "calendar",
        "Every day of the year in order, and what kind of day it is for demand.",
        ("date",),
        (
            Column("date", "text", "day, YYYY-MM-DD"),
            Column("day_type", "text", "kind of day"),
            Column("name_en", "text", "name of the holiday", optional=True),
        ),
    ),
    TableSchema(
        "demand",
        "Mean demand by month, kind of day and hour.",
        ("area", "month", "day_type", "hour"),
        (_AREA, _MONTH, Column("day_type", "text", "kind of day"), _HOUR, _mw("demand_mw", "mean demand")),
    ),
    TableSchema(
        "profiles",
        "Mean day of each month, and how its hours answer to the level of the day.",
        ("area", "month", "hour"),
        (
            _AREA, _MONTH, _HOUR,
            Column("demand_response", "1", "change of demand per change of its daily mean", -5, 5),
            Column("demand_solar_response", "1", "relative change per relative solar anomaly", -5, 5),
            _cf("solar_cf", "mean capacity factor before curtailment"),
            Column("solar_response_cf", "1", "change of the capacity factor per relative anomaly", -2, 2),
            _cf("wind_cf", "mean capacity factor before curtailment"),
            *(_mw(f"{kind}_mw", "mean output") for kind in MUST_RUN),
        ),
    ),
    TableSchema(
        "daily",
        "Spread and persistence of days and hours.",
        ("area", "variable", "month"),
        (
            _AREA, _VARIABLE, _MONTH,
            Column("day_spread", "1", "relative standard deviation of daily means", 0, 5),
            Column("month_drift", "1", "relative change over the month", -2, 2),
            Column("hour_spread", "1", "standard deviation of hours about the day's shape", 0, 10),
            _cf("day_lag", "lag-one correlation of days", -1),
            _cf("hour_lag", "lag-one correlation of hours", -1),
        ),
    ),
    TableSchema(
        "quantiles",
        "Shape of the distribution of daily anomalies.",
        ("area", "variable", "month_group", "probability"),
        (
            _AREA, _VARIABLE, _GROUP, _cf("probability", "probability of staying below"),
            Column("deviations", "1", "daily anomaly in standard deviations", -10, 10),
        ),
    ),
    TableSchema(
        "correlation",
        "Correlations of days, of the whole year's days, and of hours; each pair once.",
        ("scale", "month_group", "area", "variable", "other_area", "other_variable"),
        (
            Column("scale", "text", "what is correlated", choices=("day", "year", "hour")), _GROUP,
            _AREA, _VARIABLE, Column("other_area", "text", "grid area"),
            Column("other_variable", "text", "variable", choices=VARIABLES),
            _cf("correlation", "correlation", -1),
        ),
    ),
    TableSchema(
        "annual",
        "Figures of the year the statistics were taken from.",
        ("area",),
        (
            _AREA, _gwh("demand_gwh", "energy"), _mw("demand_peak_mw", "largest hour"),
            _mw("demand_min_mw", "smallest hour"), _mw("demand_p98_mw", "98th percentile of hours"),
            *(
                column
                for name in ("solar", "wind")
                for column in (
                    _mw(f"{name}_capacity_mw", "capacity the factors refer to"),
                    _cf(f"{name}_cf", "annual capacity factor before curtailment"),
                    _cf(f"{name}_zero_share", "share of hours without output"),
                    _cf(f"{name}_cf_max", "largest hourly capacity factor"),
                )
            ),
            *(_gwh(f"{kind}_gwh", "energy") for kind in MUST_RUN),
            Column("low_spell_days", "d", "longest run of days below half the mean solar and wind", 0, 366),
        ),
    ),
    TableSchema("parameters", "Single numbers of the method.", ("name",), PARAMETER_COLUMNS),
)  # fmt: skip
WEATHER_TABLES: dict[str, TableSchema] = {table.name: table for table in _TABLES}
"""Tables of a pack's weather, each in `weather_<name>.csv`."""


def read_weather_statistics(folder: Path) -> dict[str, pd.DataFrame]:
    """Read and check `weather_<table>.csv` of a pack.

    Args:
        folder: the pack.

    Returns:
        One table per entry of `WEATHER_TABLES`, plain index; whole-number columns as integers.

    Raises:
        InputError: every problem at once: cells `E321`-`E348`; E350 a row twice; E351 a row missing (area,
            month, hour, pair); E352 the calendar is not 365 consecutive days, 29 February left out.
    """
    tables, problems = weather_tables_and_faults(folder)
    if problems:
        raise InputError(problems)
    return {name: table.reset_index(drop=True) for name, table in tables.items()}


def weather_tables_and_faults(folder: Path) -> tuple[dict[str, pd.DataFrame], list[Problem]]:
    """Return the tables of a pack's weather as far as they can be read, and everything wrong with them.

    The index of every row is its place, `file:line`.
    """
    problems: list[Problem] = []
    tables: dict[str, pd.DataFrame] = {}
    for name, schema in WEATHER_TABLES.items():
        raw = read_text_table(Path(folder) / f"weather_{name}.csv", problems)
        if raw is not None:
            _read_one(raw, schema, tables, problems)
    if not problems:
        problems += _unknown_areas(tables)
        problems += _calendar_problems(tables["calendar"]) or _missing_rows(tables, Path(folder))
    return tables, problems


def _unknown_areas(tables: dict[str, pd.DataFrame]) -> list[Problem]:
    """Name areas that have statistics in one table and no row in `weather_annual.csv`, once per table."""
    known = set(tables["annual"]["area"])
    problems = []
    for name, table in tables.items():
        for column in [name for name in ("area", "other_area") if name in table]:
            odd = table[column][~table[column].isin(known)].drop_duplicates()
            problems += [
                Problem(
                    str(place),
                    "E356",
                    f'{column} "{area}" of weather_{name} is not in weather_annual; remove its rows, or '
                    "add it there",
                    f"{column}「{area}」は weather_annual にありません",
                )
                for place, area in odd.items()
            ]
    return problems


def _read_one(
    raw: RawTable, schema: TableSchema, tables: dict[str, pd.DataFrame], problems: list[Problem]
) -> None:
    """Type one table; append repeated keys."""
    before = len(problems)
    check_header(raw, schema.columns, problems)
    if len(problems) > before:
        return
    table = typed_table(raw, schema.columns, problems)
    for place in table.index[table.duplicated(list(schema.key))]:
        problems.append(
            Problem(str(place), "E350", f"the row's {', '.join(schema.key)} appear twice; keep one")
        )
    whole = [name for name in ("month", "hour", "month_group") if name in table]
    if len(problems) == before:
        table = table.astype(dict.fromkeys(whole, "int64"))
    tables[schema.name] = table


def _calendar_problems(calendar: pd.DataFrame) -> list[Problem]:
    """Find days that do not follow one another, and a year that is not 365 days; 29 February is no day."""
    dates = pd.to_datetime(calendar["date"], format="%Y-%m-%d", errors="coerce")
    written = list(zip(calendar.index.astype(str), calendar["date"].astype(str), strict=True))
    step = dates.diff().dt.days.fillna(1)  # no step: the first day, or a day named above
    step -= (dates.dt.is_leap_year & (dates.dt.strftime("%m-%d") == "03-01") & (step == 2)).astype(int)
    problems = [
        Problem(place, "E352", f'date "{date}" is not a day, YYYY-MM-DD')
        for (place, date), bad in zip(written, dates.isna(), strict=True)
        if bad
    ]
    problems += [
        Problem(place, "E352", f'date "{date}" does not follow the day above it')
        for (place, date), days in zip(written, step, strict=True)
        if days != 1
    ]
    if len(calendar) != 365:
        last = str(calendar.index[-1])
        problems.append(Problem(last, "E352", f"the calendar has {len(calendar)} days; a year here has 365"))
    return problems


def _missing_rows(tables: dict[str, pd.DataFrame], folder: Path) -> list[Problem]:
    """Name every combination of keys that the year needs and a table lacks."""
    areas = sorted(tables["annual"]["area"])
    probabilities = sorted(set(tables["quantiles"]["probability"]))
    calendar = tables["calendar"]
    month = pd.to_datetime(calendar["date"]).dt.month
    kinds = sorted(set(zip(month, calendar["day_type"], strict=True)))
    labels = [(area, name) for name in VARIABLES for area in areas]
    pairs = [(one, two) for i, one in enumerate(labels) for two in labels[:i]]
    scales = [("day", group) for group in _GROUPS] + [("year", 0)]
    correlation = [(*scale, *one, *two) for scale in scales for one, two in pairs]
    correlation += [("hour", 0, *one, *two) for one, two in pairs if one[1] == two[1]]
    product = pd.MultiIndex.from_product
    wanted = {
        "demand": [(a, m, kind, h) for a in areas for m, kind in kinds for h in range(24)],
        "profiles": list(product([areas, _MONTHS, range(24)])),
        "daily": list(product([areas, VARIABLES, _MONTHS])),
        "quantiles": list(product([areas, VARIABLES, _GROUPS, probabilities])),
        "correlation": correlation,
    }
    problems = []
    for name, rows in wanted.items():
        key = list(WEATHER_TABLES[name].key)
        have = set(tables[name][key].itertuples(index=False, name=None))
        gone = [row for row in rows if row not in have]
        place = label_of(folder / f"weather_{name}.csv")
        problems += [
            Problem(
                place, "E351", "no row for " + ", ".join(f"{k} {v}" for k, v in zip(key, row, strict=True))
            )
            for row in gone[:20]
        ]
        if len(gone) > 20:
            problems.append(Problem(place, "E351", f"and {len(gone) - 20} more rows are missing"))
    return problems
