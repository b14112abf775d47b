"""Capacity factors from netCDF: by bus or by grid cell, in local time; and a clear word where xarray is absent."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.errors import InputError, UsageError
from optimizer.inputs.importers import find_importer
from optimizer.inputs.pack import find_pack, read_pack

ATLITE = find_importer("atlite")
JAPAN = {"technology": "solar", "utc_offset_h": "9"}


def test_absent_package_is_named_with_the_fix(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    (tmp_path / "x.nc").write_bytes(b"CDF")
    with pytest.raises(InputError) as caught:
        ATLITE.read([tmp_path / "x.nc"], JAPAN)
    assert caught.value.problems[0].code == "E397"
    assert 'pip install "wattbit[weather]"' in caught.value.problems[0].message


@pytest.fixture
def xarray():
    pytest.importorskip("h5py", reason="optional: pip install wattbit[weather]")
    return pytest.importorskip("xarray", reason="optional: pip install wattbit[weather]")


def save(
    xarray, path: Path, name: str = "profile", scale: float = 1e-4, periods: int = 8760, **extra
) -> Path:
    """As PyPSA-Eur: profile over bus and time, with a bin axis of one; value = hour · scale, second bus half."""
    time = pd.date_range("2019-01-01", periods=periods, freq="h")
    values = np.arange(periods) * scale * np.array([[1.0], [0.5]])
    own = xarray.DataArray(
        values[:, None, :],
        dims=("bus", "bin", "time"),
        coords={"bus": ["a", "b"], "bin": [0], "time": time},
        name=name,
    )
    xarray.Dataset({name: own, "p_nom_max": ("bus", [1.0, 2.0])} | extra).to_netcdf(path, engine="h5netcdf")
    return path


def codes(path: Path, **options: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        ATLITE.read([path], JAPAN | options)
    assert all(problem.message_ja for problem in caught.value.problems)
    return [problem.code for problem in caught.value.problems]


def test_profiles_by_bus_in_local_time(xarray, tmp_path):
    table = ATLITE.read([save(xarray, tmp_path / "x.nc")], JAPAN)["hourly_site_cf"]
    wide = table.pivot(index="hour", columns="site", values="cf")
    assert wide["a"][9] == 0.0
    assert wide["a"][1009] == pytest.approx(0.1)
    assert wide["b"][1009] == pytest.approx(0.05)


def test_buses_are_joined_to_sites_one_to_one(xarray, tmp_path):
    path, names = save(xarray, tmp_path / "x.nc"), tmp_path / "map.csv"
    names.write_text("bus,site\na,JP-01\nb,JP-02\n")
    assert set(ATLITE.read([path], JAPAN | {"map": str(names)})["hourly_site_cf"]["site"]) == {
        "JP-01",
        "JP-02",
    }
    names.write_text("bus,site\na,JP-01\nb,JP-01\n")
    assert codes(path, map=str(names)) == ["E393"]
    names.write_text("bus,site\na,JP-01\n")
    assert codes(path, map=str(names)) == ["E396"]


def test_grid_is_read_at_the_sites_of_the_pack(xarray, tmp_path):
    """Cells of one degree holding (longitude − 120)/100: Tokyo, 139.69 E, lies in the cell of 140."""
    time = pd.date_range("2020-01-01", periods=8784, freq="h")
    x, y = np.arange(120.0, 150.0), np.arange(24.0, 48.0)
    values = np.broadcast_to((x - 120) / 100, (len(time), len(y), len(x)))
    grid = xarray.DataArray(values, dims=("time", "y", "x"), coords={"time": time, "y": y, "x": x})
    xarray.Dataset({"capacity factor": grid.astype("float32")}).to_netcdf(
        tmp_path / "x.nc", engine="h5netcdf"
    )
    table = ATLITE.read([tmp_path / "x.nc"], JAPAN | {"pack": "japan"})["hourly_site_cf"]
    sites = read_pack(find_pack("japan")).tables["sites"]
    assert len(table) == 8760 * len(sites)
    mean = table.groupby("site")["cf"].mean()
    expected = (sites["lon"].round() - 120) / 100
    assert mean["JP-13"] == pytest.approx(0.20)
    assert np.abs(mean - expected).max() < 1e-6
    xarray.Dataset({"cf": grid[:, :5, :5]}).to_netcdf(tmp_path / "y.nc", engine="h5netcdf")
    assert set(codes(tmp_path / "y.nc", pack="japan")) == {"E393"}
    with pytest.raises(UsageError, match="grid"):
        ATLITE.read([tmp_path / "x.nc"], JAPAN)


def test_mangled_files_are_named(xarray, tmp_path):
    assert codes(save(xarray, tmp_path / "a.nc", scale=1e-3)) == ["E395", "E395"]
    assert codes(save(xarray, tmp_path / "b.nc", periods=100)) == ["E394"]
    assert codes(tmp_path / "absent.nc") == ["E380"]
    (tmp_path / "c.nc").write_text("no data")
    assert codes(tmp_path / "c.nc") == ["E397"]
    time = pd.date_range("2019-01-01", periods=24, freq="h")
    wind = xarray.Dataset(
        {"u100": ("time", np.ones(24)), "v100": ("time", np.ones(24))}, coords={"time": time}
    )
    wind.to_netcdf(tmp_path / "d.nc", engine="h5netcdf")
    with pytest.raises(InputError, match="atlite first"):
        ATLITE.read([tmp_path / "d.nc"], JAPAN)


def test_options_are_asked_for(xarray, tmp_path):
    path = save(xarray, tmp_path / "x.nc")
    for options, words in (({"utc_offset_h": "9"}, "technology"), ({"technology": "solar"}, "UTC")):
        with pytest.raises(UsageError, match=words):
            ATLITE.read([path], options)
