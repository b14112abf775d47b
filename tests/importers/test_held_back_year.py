"""Another year's actuals on paper: what is refused, what is taken from the year, and runs of low days."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from operator_files import month_rows, write_month
from toy import toy

from bench.conditions import COLUMNS, SHIPPED, read_conditions, under_conditions
from bench.measures import measure
from optimizer.errors import InputError
from optimizer.inputs.calibrate import read_actuals, read_year
from optimizer.inputs.weather_spells import without_longer_spells
from optimizer.inputs.weather_statistics import longest_low_spell

JAPAN = Path(__file__).resolve().parents[2] / "data" / "japan"
HOURS = 8760


def year_of(first: str, areas: tuple[str, ...] = ("A", "B")) -> pd.DataFrame:
    """A: nuclear 1 GW in April and 2 GW after, coal 3 GW, 4 in 201 hours; B: no nuclear, oil 20 MW."""
    hour = pd.date_range(first, periods=HOURS, freq="h")
    names = ("demand", "solar", "solar_curt", "wind", "wind_curt", "nuclear", "hydro", "geothermal", "biomass",
             "coal", "lng", "oil", "thermal_other", "pumped", "battery", "interconn")  # fmt: skip
    tables = []
    for area in areas:
        table = pd.DataFrame(
            {"hour": hour.strftime("%Y-%m-%d %H:%M"), "area": area, **dict.fromkeys(names, 10.0)}
        )
        table["pumped"] = -500.0
        table["coal"] = 3000.0 if area == "A" else 0.0
        table.loc[:200, "coal"] = 4000.0 if area == "A" else 0.0
        table["nuclear"] = np.where(hour.month == 4, 1000.0, 2000.0) if area == "A" else 0.0
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def test_files_in_folders_are_found_and_a_second_revision_is_refused(tmp_path: Path) -> None:
    """One month in a folder of its own is read; a copy is the same file; another revision is named with its twin."""
    rows = month_rows("2023-07")
    first = tmp_path / "2023" / "eria_jukyu_202307_06.csv"
    first.parent.mkdir()
    write_month(first, rows)
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / first.name).write_bytes(first.read_bytes())
    (tmp_path / "copy" / f"._{first.name}").write_bytes(b"\0")
    assert len(read_actuals(tmp_path)) == 31 * 24
    (tmp_path / "copy" / first.name).write_bytes(first.read_bytes() + b"\r\n")
    with pytest.raises(InputError, match="E388") as caught:
        read_actuals(tmp_path)
    assert "2023/eria_jukyu_202307_06.csv, copy/eria_jukyu_202307_06.csv" in str(caught.value)


def test_a_missing_month_is_called_by_its_name(tmp_path: Path) -> None:
    """April of B is gone, and one hour of A: a month and an hour; not 720 hours, and the year still begins in April."""
    table = year_of("2025-04-01")
    gone = (table["area"] == "B") & table["hour"].str.startswith("2025-04") | (table.index == 5000)
    table[~gone].to_csv(tmp_path / "actuals.csv", index=False)
    with pytest.raises(InputError) as caught:
        read_year(tmp_path / "actuals.csv", JAPAN)
    assert [problem.message for problem in caught.value.problems] == [
        "A: missing: 1 hours: 2025-10-26 08:00",
        "B: missing: all of 2025-04",
    ]


def test_29_february_is_left_out_and_the_year_is_the_one_most_hours_are_of(tmp_path: Path) -> None:
    """FY2023 has 8,784 hours; 8,760 remain. Its first hour missing would else move the year's beginning."""
    hour = pd.date_range("2023-04-01", "2024-03-31 23:00", freq="h").strftime("%Y-%m-%d %H:%M")
    zero = dict.fromkeys(year_of("2025-04-01").columns.drop(["hour", "area"]), 1.0)
    pd.DataFrame({"hour": hour, "area": "A", **zero}).to_csv(tmp_path / "actuals.csv", index=False)
    year = read_year(tmp_path / "actuals.csv", JAPAN)
    assert len(year.hours) == HOURS
    assert year.calendar["date"].iloc[[0, 333, 334, 364]].tolist() == [
        "2023-04-01", "2024-02-28", "2024-03-01", "2024-03-31"
    ]  # fmt: skip
    assert year.calendar_is_new


def existing() -> object:
    fleets = {
        ("A", "nuclear"): {"available_gw": 5.0, "min_gw": 5.0},
        ("A", "coal"): {"available_gw": 2.0, "min_gw": 1.0, "cost_jpy_bn_per_gwh": 0.009},
        ("B", "oil"): {"available_gw": 1.0},
    }
    return toy({"fleets": fleets}, areas=("A", "B"), hours=HOURS)


def conditions_file(path: Path) -> Path:
    """A's coal reached 3,200 MW in the pack's year; coal costs half as much again in the year that begins in 2025."""
    rows = [
        ("peak", "A:coal", "2024", 3200.0),
        ("peak", "B:oil", "2024", 20.0),
        ("fuel_cost", "coal", "all", 1.0),
        ("fuel_cost", "coal", "2025", 1.5),
        ("price", "A", "2024", 11.0),
    ]
    table = pd.DataFrame(rows, columns=["kind", "name", "year", "forward"])
    table.assign(reverse=None, unit="1", grade="assumed", source="paper")[list(COLUMNS)].to_csv(
        path, index=False
    )
    return path


def test_conditions_come_from_the_year(tmp_path: Path) -> None:
    """Reached in 201 hours, 4,000 over 3,200 MW: 2 GW of coal become 2.5. Nuclear: 1 GW in April, 2 GW after, as must-run.

    The yearly mean, 1.918 GW, would run units in April that stood still. 20 MW of oil are too few for a ratio.
    """
    hours = year_of("2025-04-01")
    known = read_conditions(conditions_file(tmp_path / "c.csv"), "2025", None, hours)
    inputs = existing()
    under = under_conditions(inputs, hours, known)
    assert under.fleets.loc[("A", "coal"), ["available_gw", "min_gw"]].tolist() == pytest.approx([2.5, 1.0])
    assert under.fleets.at[("A", "coal"), "cost_jpy_bn_per_gwh"] == pytest.approx(0.0135)
    assert under.fleets.at[("B", "oil"), "available_gw"] == pytest.approx(1.0)
    assert ("A", "nuclear") not in under.fleets.index
    added = under.hours.must_run_gw.sum(axis=1) - inputs.hours.must_run_gw.sum(axis=1)
    assert added[0, [0, 719, 720, -1]] == pytest.approx([1.0, 1.0, 2.0, 2.0])
    assert not added[1].any()
    assert not len(known.price)  # the price of 2024 is not that of 2025
    assert any("judged year: an input" in note[2] for note in known.notes)


def test_spot_prices_of_the_year_win_over_the_file(tmp_path: Path) -> None:
    """Mean of 8 and 12 in the year is 10; an hour of the year before, at 100, does not count."""
    spot = tmp_path / "actuals_spot_prices.csv"
    rows = [("2025-03-31 23:00", 100.0), ("2025-04-01 00:00", 8.0), ("2025-04-01 01:00", 12.0)]
    pd.DataFrame([(h, "A", p) for h, p in rows], columns=["hour", "area", "price_jpy_per_kwh"]).to_csv(
        spot, index=False
    )
    known = read_conditions(SHIPPED, "2025", spot, year_of("2025-04-01"))
    assert known.price.to_dict() == {"A": 10.0}
    with pytest.raises(InputError, match="E388"):
        read_conditions(SHIPPED, "2027", spot, year_of("2027-04-01"))


def test_a_conditions_file_is_checked(tmp_path: Path) -> None:
    path = conditions_file(tmp_path / "c.csv")
    path.write_text(path.read_text("utf-8").replace("fuel_cost", "fuel_price"), "utf-8")
    with pytest.raises(InputError, match=r"E384.*fuel_price"):
        read_conditions(path, "2025", None, year_of("2025-04-01"))


def test_shipped_conditions_leave_the_plants_of_their_own_year_alone() -> None:
    """Thirty high outputs of FY2024 are there, so a year with the same ones changes no plant."""
    table = pd.read_csv(SHIPPED, dtype={"year": str})
    peaks = table[table["kind"] == "peak"]
    assert len(peaks) == 30
    assert set(peaks["year"]) == {"2024"}


def test_a_run_of_low_days_is_broken_by_exchanging_days_of_its_month() -> None:
    """Eight low days of thirty in a row, at most five seen: one exchange leaves runs of four and three.

    The days themselves stay: the same thirty values, both areas moved together.
    """
    first = np.ones(30)
    first[10:18] = 0.1
    scores = np.stack([first, np.arange(30.0) + 1.0])[None]
    month = np.zeros(30, dtype=np.int64)
    broken = without_longer_spells(scores, lambda s: s[0], month, 5)
    assert longest_low_spell(broken[0], 0.5).tolist() == [4, 0]
    assert sorted(broken[0, 0]) == sorted(first)
    moved = np.flatnonzero(broken[0, 1] != scores[0, 1])
    assert len(moved) == 2
    assert without_longer_spells(scores, lambda s: s[0], month, 8) is scores


def test_extremes_are_measured_where_they_happen() -> None:
    """Demand of one August evening 10 % higher: that row says 10 %, the peak too; winter rows say nothing."""
    month = pd.date_range("2025-04-01", periods=365).month.to_numpy(np.int64)
    rng = np.random.default_rng(1)
    seen = {name: 1.0 + 0.1 * rng.random((2, HOURS)) for name in ("demand", "solar", "wind")}
    seen["demand"] *= 100.0
    built = {name: values.copy() for name, values in seen.items()}
    evening = (pd.date_range("2025-04-01", periods=HOURS, freq="h") == "2025-08-10 18:00").argmax()
    seen["demand"][0, evening] = 200.0
    built["demand"][0, evening] = 220.0
    annual = pd.DataFrame({"solar_capacity_mw": [0.0, 0.0], "wind_capacity_mw": [1.0, 1.0]}, index=["A", "B"])
    found = measure(seen, built, annual, month)
    assert found["summer evening: highest demand"] == pytest.approx([0.1, 0.0])
    assert found["peak demand"] == pytest.approx([0.1, 0.0])
    assert found["winter: highest week of residual load"] == pytest.approx([0.0, 0.0])
    assert found["correlation solar-wind of an area, daily"] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert found["wind ramp of one hour, 99th percentile"] == pytest.approx([0.0, 0.0])
