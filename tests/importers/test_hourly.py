"""Imported hours replace the synthetic ones, all of them or none, and land on the right hour of the calendar."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.errors import InputError
from optimizer.export.imported import write_imported
from optimizer.inputs.hourly import HOURS, check_hourly, hours_of, with_hourly_files
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.milestones import HourlyYear
from optimizer.scenario.tables import MUST_RUN, TECHNOLOGIES

PACK = read_pack(find_pack("japan"))
OFFERED = PACK.tables["renewable_potential"].query("potential_mw > 0 and cf_annual > 0").reset_index()
WIND = sorted(OFFERED[OFFERED["technology"] == "onshore"]["site"])


@pytest.fixture(scope="module")
def year() -> HourlyYear:
    areas, sites = len(PACK.tables["areas"]), len(PACK.tables["sites"])
    zero = np.zeros((areas, HOURS))
    return HourlyYear(
        time=pd.date_range("2024-04-01", periods=HOURS, freq="h"),
        demand_gw=zero,
        must_run_gw=np.zeros((areas, len(MUST_RUN), HOURS)),
        existing_cf=np.zeros((areas, len(TECHNOLOGIES), HOURS)),
        site_cf=np.full((sites, len(TECHNOLOGIES), HOURS), 0.5),
        temperature_c=np.zeros((sites, HOURS)),
    )


def site_table(sites: list[str]) -> pd.DataFrame:
    """Capacity factor = hour of the year from 1 January / 10,000."""
    parts = [
        pd.DataFrame(
            {"site": site, "technology": "onshore", "hour": np.arange(HOURS), "cf": np.arange(HOURS) / 1e4}
        )
        for site in sites
    ]
    return pd.concat(parts, ignore_index=True)


def test_hours_are_laid_onto_a_fiscal_year(tmp_path, year):
    """The pack's year starts on 1 April: its first hour is hour 90 · 24 = 2,160 of the calendar year."""
    write_imported({"hourly_site_cf": site_table(WIND)}, tmp_path)
    own = with_hourly_files(tmp_path, PACK.tables, year)
    row = sorted(PACK.tables["sites"].index).index(WIND[0])
    assert own.site_cf[row, 1, 0] == pytest.approx(0.2160)
    assert own.site_cf[row, 1, -1] == pytest.approx(0.2159)
    assert (own.site_cf[:, 0] == 0.5).all(), "solar was not in the file and stays"
    assert (year.site_cf == 0.5).all(), "the synthetic year itself is not touched"


def test_areas_give_demand_factors_and_must_run(tmp_path, year):
    areas = sorted(PACK.tables["areas"].index)
    parts = [
        pd.DataFrame({"area": area, "quantity": name, "hour": np.arange(HOURS), "value": value})
        for area in areas
        for name, value in (("demand_mw", 1500.0), ("solar_cf", 0.25), ("hydro_mw", 200.0))
    ]
    write_imported({"hourly_areas": pd.concat(parts, ignore_index=True)}, tmp_path)
    own = with_hourly_files(tmp_path, PACK.tables, year)
    assert (own.demand_gw == 1.5).all()
    assert (own.existing_cf[:, 0] == 0.25).all()
    assert (own.must_run_gw[:, MUST_RUN.index("hydro")] == 0.2).all()


def test_29_february_reads_28(year):
    leap = pd.DatetimeIndex(["2024-02-28 05:00", "2024-02-29 05:00", "2024-03-01 05:00"])
    assert list(hours_of(leap)) == [(31 + 27) * 24 + 5, (31 + 27) * 24 + 5, (31 + 28) * 24 + 5]


@pytest.mark.parametrize(
    ("mangle", "code"),
    [
        (lambda table: table[table["site"] != WIND[0]], "E338"),  # a site that offers wind is not there
        (lambda table: table.drop(index=17), "E394"),
        (lambda table: pd.concat([table, table.iloc[[17]]]), "E394"),
        (lambda table: table.assign(hour=table["hour"] + 1), "E394"),
        (lambda table: table.assign(cf=table["cf"] + 0.5), "E395"),
        (lambda table: table.assign(cf=-table["cf"]), "E395"),
        (lambda table: table.assign(cf=table["cf"].where(table.index != 5)), "E395"),
        (lambda table: table.assign(site=table["site"].replace(WIND[0], "JP-99")), "E334"),
        (lambda table: table.assign(technology="tidal"), "E335"),
        (lambda table: table.drop(columns="cf"), "E325"),
        (lambda table: table.assign(cf="much"), "E329"),
    ],
)
def test_mangled_hours_are_refused(tmp_path, year, mangle, code):
    write_imported({"hourly_site_cf": mangle(site_table(WIND))}, tmp_path)
    with pytest.raises(InputError) as caught:
        with_hourly_files(tmp_path, PACK.tables, year)
    assert code in {problem.code for problem in caught.value.problems}
    assert check_hourly(tmp_path, PACK.tables)


def test_reading_a_pack_checks_and_hashes_its_hours(tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(PACK.folder, folder)
    (folder / "hourly_site_cf.parquet").write_bytes(b"not parquet")
    with pytest.raises(InputError) as caught:
        read_pack(folder)
    assert [problem.code for problem in caught.value.problems] == ["E323"]
    write_imported({"hourly_site_cf": site_table(WIND)}, folder, replace=True)
    assert "mine/hourly_site_cf.parquet" in read_pack(folder).hashes


def test_pack_without_hours_is_as_before(tmp_path, year):
    same = with_hourly_files(Path(tmp_path), PACK.tables, year)
    assert replace(same, time=year.time).site_cf.tobytes() == year.site_cf.tobytes()
