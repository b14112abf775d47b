"""The hourly year on paper: two areas whose means can be added up by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from weather_fixtures import MUST_RUN_MW, SUN, WIND, pack_tables, weather_parameters, weather_tables

from optimizer.errors import InputError
from optimizer.inputs.weather import build_year, read_weather_statistics
from optimizer.inputs.weather_days import recoloured
from optimizer.inputs.weather_hours import with_peak
from optimizer.inputs.weather_sites import bent_to_mean, smooth_normals
from optimizer.inputs.weather_statistics import compute_statistics, lag_one, longest_low_spell

CALM = {"demand": 0.0, "solar": 0.0, "wind": 0.0}
NONE = pd.DataFrame()


def test_without_spread_every_hour_is_the_mean_day():
    """313 workdays at 1,000 MW and 52 holidays at 800 MW: 24 h × (313 × 1.0 + 52 × 0.8) = 8,510.4 GWh.

    Days 6, 13, …, 363 of 0 to 364 are holidays: 52. Counted as workdays the year would be 8,760 GWh.
    """
    year = build_year(weather_tables(CALM), pack_tables(), NONE, 0)
    assert np.unique(year.demand_gw.round(9)) == pytest.approx([0.8, 1.0])
    assert year.demand_gw.sum() / 2 == pytest.approx(8510.4)
    assert year.existing_cf[0, 0, :24] == pytest.approx(SUN)
    assert year.existing_cf[1, 1] == pytest.approx(np.full(8760, WIND))


@pytest.mark.parametrize("seed", [0, 1])
def test_spread_moves_days_but_not_energy(seed: int):
    """Mean of the triangle 4.2 / 24 = 0.175, wind 0.3, energy 8,510.4 GWh: spread must not change them.

    Without the monthly calibration the clipped wind of a spread of one half would come out above 0.3.
    """
    year = build_year(weather_tables(), pack_tables(), NONE, seed)
    assert year.existing_cf[:, 0].mean(axis=1) == pytest.approx([0.175, 0.175], rel=1e-3)
    assert year.existing_cf[:, 1].mean(axis=1) == pytest.approx([0.3, 0.3], rel=1e-3)
    assert year.demand_gw.sum(axis=1) == pytest.approx([8510.4, 8510.4], rel=5e-3)
    assert year.demand_gw.max(axis=1) == pytest.approx([1.5, 1.5])
    assert np.unique(year.demand_gw.round(6)).size > 1000
    daily = year.existing_cf[0, 1].reshape(365, 24).mean(axis=1)
    assert daily.std() / daily.mean() == pytest.approx(0.5, rel=0.1)


def test_an_area_without_wind_has_none():
    """Zero capacity factor all year in the west: zero, not a division by zero; the east keeps its 0.3."""
    tables = weather_tables()
    west = tables["profiles"]["area"] == "west"
    tables["profiles"].loc[west, "wind_cf"] = 0.0
    tables["annual"].loc[tables["annual"]["area"] == "west", ["wind_cf", "wind_cf_max"]] = 0.0
    closed = pack_tables()["renewable_potential"].drop(index=("c", "onshore"))
    year = build_year(tables, pack_tables() | {"renewable_potential": closed}, NONE, 0)
    assert year.existing_cf[1, 1].max() == 0.0
    assert year.existing_cf[0, 1].mean() == pytest.approx(0.3, rel=1e-3)


def test_must_run_is_the_mean_of_the_month_and_hour():
    """40, 30, 20, 10 MW all year: 0.04 GW of hydro in every hour; MW taken for GW would be 40."""
    year = build_year(weather_tables(), pack_tables(), NONE, 0)
    assert year.must_run_gw.shape == (2, 4, 8760)
    assert year.must_run_gw[0, :, 4321] == pytest.approx([mw / 1000 for mw in MUST_RUN_MW.values()])


def test_sites_reach_their_own_mean_and_closed_ones_stay_dark():
    """Solar 0.16, onshore 0.35 at every site, offshore 0.45 at site a only; the area itself has 0.175 and 0.3."""
    cf = build_year(weather_tables(), pack_tables(), NONE, 0).site_cf
    wanted = [[0.16, 0.35, 0.45], [0.16, 0.35, 0.0], [0.16, 0.35, 0.0]]
    assert cf.mean(axis=2) == pytest.approx(np.array(wanted), rel=1e-6)
    assert np.abs(cf[0, 1] - cf[1, 1]).max() > 0.01  # two sites of one area are not the same series
    assert np.diff(cf[0, 2]).std() < np.diff(cf[0, 1]).std()  # the sea is smoother


def test_a_mean_is_reached_by_a_power_not_by_a_factor():
    """0.25^p and 1^p have mean 0.75 at p = 1/2: 0.5 and 1. A factor 1.2 would give 0.3 and an impossible 1.2."""
    assert bent_to_mean(np.array([[0.25, 1.0]]), np.array([0.75]), "solar") == pytest.approx(
        np.array([[0.5, 1.0]])
    )


def test_a_mean_above_the_lit_hours_is_refused():
    """Two lit hours of four cannot average 0.5: every lit hour would have to be one."""
    with pytest.raises(InputError, match="E357"):
        bent_to_mean(np.array([[0.0, 0.0, 0.4, 0.6]]), np.array([0.5]), "solar")


def test_peak_stretches_only_the_highest_hours():
    """0 … 100: the 98th percentile is 98, so 99 → 98 + 1 × (110 − 98)/2 = 104 and 100 → 110; 97 stays."""
    stretched = with_peak(np.arange(101.0)[None], np.array([110.0]))[0]
    assert stretched[97:] == pytest.approx([97, 98, 104, 110])
    assert stretched[:98] == pytest.approx(np.arange(98.0))


def test_normals_keep_their_monthly_means_between_smooth_days():
    """Twelve normals 1 … 12: a plain line through mid-months would miss January (1, next to 12) by degrees."""
    month = pd.date_range("2024-04-01", periods=365).month.to_numpy(np.int64) - 1
    daily = smooth_normals(np.arange(1.0, 13.0)[None], month)
    means = [daily[0, month == m].mean() for m in range(12)]
    assert means == pytest.approx(np.arange(1.0, 13.0))
    assert np.abs(np.diff(daily[0])).max() < 1.0


def test_temperature_keeps_every_normal():
    """The mean of August is its normal, 15 − 10 cos(6.5 π/6) = 24.66 °C, whatever the days do."""
    year = build_year(weather_tables(), pack_tables(), NONE, 3)
    august = year.temperature_c[0, year.time.month == 8]
    assert august.mean() == pytest.approx(24.659, abs=1e-3)
    assert august.std() > 2.0


def test_recolouring_gives_the_correlation_asked_for():
    """Two series with correlation 0 become 0.8 exactly, and each keeps most of itself."""
    sample = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    moved = recoloured(sample, np.array([[1.0, 0.8], [0.8, 1.0]]))
    assert np.corrcoef(moved.T)[0, 1] == pytest.approx(0.8)
    # root of [[1, .8], [.8, 1]]: eigenvalues 1.8 and 0.2, diagonal (√1.8 + √0.2)/2 = 0.894
    assert moved[1, 0] == pytest.approx(0.8944 - 0.4472, abs=1e-4)


def test_lag_and_spell_by_hand():
    """+ − + − has lag −1. Below one half: two days, then one; the longest run is two."""
    assert lag_one(np.array([1.0, -1.0, 1.0, -1.0])) == pytest.approx(-1.0)
    assert longest_low_spell(np.array([[0.4, 0.4, 0.6, 0.3]]), 0.5).tolist() == [2]


def _actuals() -> pd.DataFrame:
    """One area; demand 1,000 MW, every seventh day 700 MW, ± 10 % on alternate days; curtailed wind."""
    hour = pd.date_range("2024-04-01", periods=8760, freq="h")
    day = np.arange(8760) // 24
    level = np.where(day % 7 == 6, 700.0, 1000.0) * np.where(day % 2 == 0, 1.1, 0.9)
    sun = np.tile(SUN, 365) * 100.0 * np.where(day % 3 == 0, 0.5, 1.0)
    generator = np.random.Generator(np.random.PCG64(1))
    wind = 20.0 + 10.0 * generator.random(8760)
    zero = dict.fromkeys(("hydro", "geothermal", "biomass", "thermal_other"), 5.0)
    return pd.DataFrame(
        {
            "hour": hour,
            "area": "one",
            "demand": level,
            "solar": sun,
            "solar_curt": 0.0,
            "wind": wind,
            "wind_curt": 5.0,
            **zero,
        }
    )


def test_statistics_of_a_year_made_by_hand():
    """Holiday over workday 0.7; curtailed wind counts: mean near (25 + 5)/100 = 0.30, not 0.25."""
    capacity = pd.DataFrame({"solar": [100.0], "wind": [100.0]}, index=["one"])
    tables = compute_statistics(_actuals(), capacity, weather_tables()["calendar"])
    demand = tables["demand"].set_index(["month", "day_type", "hour"])["demand_mw"]
    assert demand[(7, "holiday", 3)] / demand[(7, "workday", 3)] == pytest.approx(0.7, abs=0.03)
    annual = tables["annual"].iloc[0]
    assert annual["wind_cf"] == pytest.approx(0.30, abs=0.002)
    assert annual["demand_peak_mw"] == pytest.approx(1100.0)
    assert annual["hydro_gwh"] == pytest.approx(43.8)
    assert tables["profiles"]["solar_cf"].max() == pytest.approx(0.6 * (1 - 0.5 / 3), rel=0.03)
    daily = tables["daily"].set_index(["variable", "month"])
    assert daily.at[("demand", 7), "day_spread"] == pytest.approx(0.1, rel=0.1)
    assert daily.at[("demand", 7), "day_lag"] < -0.8  # days alternate


def _write(folder: Path, tables: dict[str, pd.DataFrame]) -> Path:
    for name, table in tables.items():
        table.to_csv(folder / f"weather_{name}.csv", index=False)
    return folder


def test_a_sound_folder_is_read(tmp_path: Path):
    tables = read_weather_statistics(_write(tmp_path, weather_tables()))
    assert len(tables["profiles"]) == 2 * 12 * 24
    assert build_year(tables, pack_tables(), NONE, 0).demand_gw.shape == (2, 8760)


def test_a_year_with_29_february_is_read_without_it(tmp_path: Path):
    """FY2023 has 366 days; its calendar goes from 28 February to 1 March, and so do the hours: the last is 31 March.

    Refused (E352), no pack could hold the statistics of such a year; counted through, the year would end on 30 March.
    """
    days = pd.date_range("2023-04-01", "2024-03-31")
    days = days[days != "2024-02-29"]
    tables = weather_tables()
    tables["calendar"]["date"] = days.strftime("%Y-%m-%d")
    year = build_year(read_weather_statistics(_write(tmp_path, tables)), pack_tables(), NONE, 0)
    assert [str(year.time[i]) for i in (-1, 333 * 24 + 23, 334 * 24)] == [
        "2024-03-31 23:00:00", "2024-02-28 23:00:00", "2024-03-01 00:00:00"
    ]  # fmt: skip
    gap = tables["calendar"].replace("2024-03-01", "2024-02-29")
    with pytest.raises(InputError, match="E352"):
        read_weather_statistics(_write(tmp_path, tables | {"calendar": gap}))


FAULTS = {
    "missing hour": (
        "profiles",
        lambda t: t.drop(index=5),
        "E351",
        "weather_profiles.csv  E351  no row for area east, month 1, hour 5",
    ),
    "missing month": ("daily", lambda t: t[t["month"] != 7], "E351", "month 7"),
    "missing pair": ("correlation", lambda t: t.drop(index=0), "E351", "scale day"),
    "repeated row": ("demand", lambda t: pd.concat([t, t.tail(1)]), "E350", "weather_demand.csv:1154"),
    "empty cell": (
        "demand",
        lambda t: t.assign(demand_mw=t["demand_mw"].where(t.index != 9)),
        "E328",
        "weather_demand.csv:11",
    ),
    "day left out": ("calendar", lambda t: t.drop(index=58), "E352", "weather_calendar.csv:60"),
    "no such day": (
        "calendar",
        lambda t: t.replace("2024-04-30", "2024-04-31"),
        "E352",
        "weather_calendar.csv:31",
    ),
    "short year": ("calendar", lambda t: t.head(364), "E352", "364 days"),
    "no column": ("annual", lambda t: t.drop(columns="wind_cf"), "E325", "wind_cf"),
    "cf of 30": ("profiles", lambda t: t.assign(wind_cf=30.0), "E332", "wind_cf"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named_with_file_and_line(fault: str, tmp_path: Path):
    table, spoil, code, words = FAULTS[fault]
    tables = weather_tables()
    _write(tmp_path, tables | {table: spoil(tables[table])})
    with pytest.raises(InputError) as caught:
        read_weather_statistics(tmp_path)
    assert code in {problem.code for problem in caught.value.problems}
    assert words in str(caught.value)


def test_areas_parameters_and_normals_must_be_there():
    """Each fault has its own code; a missing parameter is never a silent default."""
    tables, pack = weather_tables(), pack_tables()
    with pytest.raises(InputError, match=r"E356.*west"):
        build_year(tables, pack | {"areas": pack["areas"].drop(index="west")}, NONE, 0)
    few = tables | {"parameters": weather_parameters().drop(index=0)}
    with pytest.raises(InputError, match=r"E358.*weather_site_solar_share"):
        build_year(few, pack, NONE, 0)
    assert build_year(few, pack, weather_parameters(), 0).demand_gw.shape == (2, 8760)
    with pytest.raises(InputError, match=r"E359.*site b"):
        build_year(tables, pack | {"climate": pack["climate"].drop(index=("b", 3))}, NONE, 0)
