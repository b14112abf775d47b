"""What every synthetic year of the shipped pack keeps, whatever the seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.inputs.weather import build_year, read_weather_statistics
from optimizer.milestones import HourlyYear
from optimizer.scenario.tables import MUST_RUN, TECHNOLOGIES

JAPAN = Path(__file__).parents[2] / "data" / "japan"
SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def statistics() -> dict[str, pd.DataFrame]:
    return read_weather_statistics(JAPAN)


@pytest.fixture(scope="module")
def pack() -> dict[str, pd.DataFrame]:
    keys = {
        "areas": ["area"],
        "sites": ["site"],
        "climate": ["site", "month"],
        "renewable_potential": ["site", "technology"],
    }
    return {name: pd.read_csv(JAPAN / f"{name}.csv").set_index(key) for name, key in keys.items()}


@pytest.fixture(scope="module", params=SEEDS)
def year(
    request: pytest.FixtureRequest, statistics: dict[str, pd.DataFrame], pack: dict[str, pd.DataFrame]
) -> HourlyYear:
    return build_year(statistics, pack, pd.DataFrame(), request.param)


@pytest.fixture(scope="module")
def annual(statistics: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return statistics["annual"].set_index("area").sort_index()


def _arrays(year: HourlyYear) -> tuple[np.ndarray, ...]:
    return year.demand_gw, year.must_run_gw, year.existing_cf, year.site_cf, year.temperature_c


def test_a_year_has_8760_hours_without_daylight_saving(year: HourlyYear):
    assert len(year.time) == 8760
    assert year.time.tz is None
    assert (np.diff(year.time.to_numpy()) == np.timedelta64(1, "h")).all()
    assert str(year.time[0]) == "2024-04-01 00:00:00"
    assert [array.shape for array in _arrays(year)] == [
        (10, 8760),
        (10, 4, 8760),
        (10, 3, 8760),
        (47, 3, 8760),
        (47, 8760),
    ]


def test_everything_is_finite_and_within_bounds(year: HourlyYear):
    assert all(np.isfinite(array).all() for array in _arrays(year))
    for cf in (year.existing_cf, year.site_cf):
        assert cf.min() >= 0.0
        assert cf.max() <= 1.0
    assert year.demand_gw.min() > 0.0
    assert year.temperature_c.min() > -25.0
    assert year.temperature_c.max() < 42.0


def test_the_sun_does_not_shine_at_night(year: HourlyYear):
    night = (year.time.hour < 4) | (year.time.hour >= 20)
    assert (year.existing_cf[:, 0, night] == 0.0).all()
    assert (year.site_cf[:, 0, night] == 0.0).all()
    assert (year.existing_cf[:, 1, night] > 0.0).any()


def test_energy_peak_and_capacity_factors_of_the_measured_year(year: HourlyYear, annual: pd.DataFrame):
    """Within 1 % for energy and capacity factors, 0.1 % for the peak; the promise is 2 % and 3 %."""
    assert year.demand_gw.sum(axis=1) == pytest.approx(annual["demand_gwh"].to_numpy(), rel=0.01)
    assert 1e3 * year.demand_gw.max(axis=1) == pytest.approx(annual["demand_peak_mw"].to_numpy(), rel=1e-3)
    assert year.existing_cf[:, 0].mean(axis=1) == pytest.approx(annual["solar_cf"].to_numpy(), rel=0.01)
    assert year.existing_cf[:, 1].mean(axis=1) == pytest.approx(annual["wind_cf"].to_numpy(), rel=0.01)
    for i, kind in enumerate(MUST_RUN):
        assert year.must_run_gw[:, i].sum(axis=1) == pytest.approx(
            annual[f"{kind}_gwh"].to_numpy(), rel=0.01, abs=0.5
        )


def test_sites_have_the_capacity_factor_of_the_pack(year: HourlyYear, pack: dict[str, pd.DataFrame]):
    wanted = pack["renewable_potential"]["cf_annual"].unstack().sort_index()[list(TECHNOLOGIES)].fillna(0.0)
    assert year.site_cf.mean(axis=2) == pytest.approx(wanted.to_numpy(), abs=1e-6)


def test_monthly_temperature_is_the_normal(year: HourlyYear, pack: dict[str, pd.DataFrame]):
    normals = pack["climate"]["temperature_c"].unstack().sort_index().to_numpy()
    means = np.stack(
        [year.temperature_c[:, year.time.month == month].mean(axis=1) for month in range(1, 13)], axis=1
    )
    assert means == pytest.approx(normals, abs=1e-6)


def test_neighbours_move_together_and_far_areas_less(year: HourlyYear, annual: pd.DataFrame):
    """Measured daily demand: Kansai with Chubu above 0.9, with Okinawa far below; independent draws give 0."""
    place = {area: i for i, area in enumerate(annual.index)}
    daily = year.existing_cf[:, 0].reshape(10, 365, 24).mean(axis=2)
    together = np.corrcoef(daily)
    assert together[place["kansai"], place["shikoku"]] > 0.6
    assert together[place["kansai"], place["okinawa"]] < 0.4


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(
    statistics: dict[str, pd.DataFrame], pack: dict[str, pd.DataFrame]
):
    first, again, other = (build_year(statistics, pack, pd.DataFrame(), seed) for seed in (5, 5, 6))
    for one, two, three in zip(_arrays(first), _arrays(again), _arrays(other), strict=True):
        assert one.tobytes() == two.tobytes()
        if one is not first.must_run_gw:
            assert np.abs(one - three).max() > 0.0


def test_row_order_of_the_tables_changes_nothing(
    statistics: dict[str, pd.DataFrame], pack: dict[str, pd.DataFrame]
):
    turned = {name: table[::-1] for name, table in pack.items()}
    shuffled = {name: table if name == "calendar" else table[::-1] for name, table in statistics.items()}
    one, two = (
        build_year(statistics, pack, pd.DataFrame(), 4),
        build_year(shuffled, turned, pd.DataFrame(), 4),
    )
    assert all(a.tobytes() == b.tobytes() for a, b in zip(_arrays(one), _arrays(two), strict=True))
