"""Capacity factors in netCDF, as atlite and PyPSA-Eur write them, into hourly series of sites.

A variable over time and buses (`time × bus`, `time × dim_0`, …), or over time and a grid (`time × y × x`),
read at the cell nearest to each site. Times are UTC. Raw ERA5 fields (wind, irradiance) are not turned into
power here: that is atlite's work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem, UsageError
from optimizer.inputs.hourly import HOURS, SITE_FILE
from optimizer.inputs.importers.common import Faults
from optimizer.inputs.importers.netcdf import open_netcdf
from optimizer.inputs.importers.ninja import check_factors, check_year, local_year, number_of
from optimizer.inputs.importers.pypsa_network import pairs
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.milestones import Array
from optimizer.scenario.tables import TECHNOLOGIES

Tables = dict[str, pd.DataFrame]

TIMES = ("time", "snapshot", "snapshots", "valid_time")
GRIDS = (("y", "x"), ("lat", "lon"), ("latitude", "longitude"))
USUAL = ("profile", "capacity factor", "capacity_factor", "cf", "specific generation")
RAW = ("u100", "v100", "ssrd", "wnd100m", "influx_direct", "influx_toa", "t2m")


def read(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read capacity factors of one technology.

    Args:
        files: one netCDF file.
        options: `technology`, `utc_offset_h`; `variable` where there are several; for buses `map` (bus →
            site) where they are not called like sites; for a grid `pack`, whose sites it is read at.

    Returns:
        `hourly_site_cf`: site, technology, hour (of a 365-day year, local time), cf [1].

    Raises:
        UsageError: an option is missing or wrong.
        InputError: E380, E393 a site outside the grid, E394 hours, E395 values, E396 no such variable, E397.
    """
    technology = options.get("technology")
    if technology not in TECHNOLOGIES:
        raise UsageError(f"which technology is it? Give --option technology={'|'.join(TECHNOLOGIES)}")
    offset = number_of(options, "utc_offset_h")
    if offset is None:
        raise UsageError("the file is in UTC; say how far local time is ahead: --option utc_offset_h=9")
    if len(files) != 1:
        raise UsageError("give one netCDF file")
    data, faults = open_netcdf(files[0]), Faults(files[0])
    values = _variable(data, options.get("variable"), faults)
    time = next(str(name) for name in values.dims if str(name) in TIMES)
    utc = pd.DatetimeIndex(pd.to_datetime(values[time].to_numpy()))
    sites, factors = _by_site(values, time, options, faults)
    check_year(utc, [0] * len(utc), faults)
    for row in factors:
        check_factors(row, [0] * len(utc), faults)
    faults.fail()
    frames = [
        pd.DataFrame(
            {
                "site": site,
                "technology": technology,
                "hour": np.arange(HOURS),
                "cf": np.clip(local_year(utc, row, offset), 0.0, 1.0),
            }
        )
        for site, row in sorted(zip(sites, factors, strict=True), key=lambda pair: pair[0])
    ]
    return {SITE_FILE: pd.concat(frames, ignore_index=True)}


def _variable(data: Any, wanted: str | None, faults: Faults) -> Any:
    """Return the variable over time, without axes of length one."""
    hourly = [str(name) for name in data.data_vars if any(str(axis) in TIMES for axis in data[name].dims)]
    names = [wanted] if wanted else [name for name in hourly if name in USUAL] or hourly
    if len(names) != 1 or names[0] not in hourly:
        have = ", ".join(hourly) or "none"
        raw = " (raw weather: make capacity factors with atlite first)" if set(hourly) & set(RAW) else ""
        message = (
            f"which variable holds capacity factors? --option variable=NAME; over time there are: {have}{raw}"
        )
        faults.add(0, "E396", message, f"変数を指定してください（時間軸のある変数: {have}）")
        faults.fail()
    values = data[names[0]]
    single = [axis for axis in values.dims if values.sizes[axis] == 1 and str(axis) not in TIMES]
    values = values.isel(dict.fromkeys(single, 0))
    if values.ndim not in (2, 3) or (values.ndim == 3 and _grid(values) is None):
        message = (
            f"{names[0]} runs over {', '.join(map(str, values.dims))}; time by bus, or by y and x, is read"
        )
        faults.add(0, "E396", message, "時間×母線、または時間×y×x の変数が必要です")
        faults.fail()
    return values


def _grid(values: Any) -> tuple[str, str] | None:
    return next((pair for pair in GRIDS if set(pair) <= set(map(str, values.dims))), None)


def _by_site(values: Any, time: str, options: Mapping[str, str], faults: Faults) -> tuple[list[str], Array]:
    """Return sites and their factors [site, time]."""
    grid = _grid(values) if values.ndim == 3 else None
    if grid is not None:
        return _at_sites(values, (time, *grid), options, faults)
    axis = next(str(name) for name in values.dims if str(name) != time)
    buses = [str(name) for name in values[axis].to_numpy()]
    sites = buses
    if "map" in options:
        site_of = pairs(Path(options["map"]), "bus", "site")
        lost = [bus for bus in buses if bus not in site_of]
        if lost:
            message = f"{len(lost)} buses are not in {options['map']}: {', '.join(lost[:5])}"
            faults.add(0, "E396", message, "地点のない母線があります")
            faults.fail()
        sites = [site_of[bus] for bus in buses]
    if len(set(sites)) < len(sites):
        twice = sorted({site for site in sites if sites.count(site) > 1})
        faults.add(
            0, "E393", f"site {twice[0]} has more than one bus; one each", "1 地点に複数の母線があります"
        )
        faults.fail()
    return sites, np.asarray(values.transpose(axis, time).to_numpy(), dtype=float)


def _at_sites(
    values: Any, axes: tuple[str, str, str], options: Mapping[str, str], faults: Faults
) -> tuple[list[str], Array]:
    """Return the cell around every site of the pack; refuse sites outside the grid."""
    if "pack" not in options:
        raise UsageError("the file is a grid; say whose sites it is read at: --option pack=PACK")
    time, north, east = axes
    sites = read_pack(find_pack(options["pack"])).tables["sites"]
    lat, lon = values[north].to_numpy().astype(float), values[east].to_numpy().astype(float)
    rows, columns = [], []
    for site, place in sites.iterrows():
        row, column = int(np.abs(lat - place["lat"]).argmin()), int(np.abs(lon - place["lon"]).argmin())
        if abs(lat[row] - place["lat"]) > _half(lat) or abs(lon[column] - place["lon"]) > _half(lon):
            message = f"site {site} ({place['lat']:g}, {place['lon']:g}) lies outside the grid"
            faults.problems.append(Problem(faults.label, "E393", message, f"地点 {site} は格子の外です"))
        rows.append(row)
        columns.append(column)
    if faults.problems:
        raise InputError(faults.problems[:20])
    cube = values.transpose(north, east, time).to_numpy()
    return [str(site) for site in sites.index], np.asarray(cube[rows, columns], dtype=float)


def _half(axis: Array) -> float:
    """Return half the width of a cell, and a little for rounding."""
    return float(np.abs(np.diff(axis)).max()) * 0.5 + 1e-6 if len(axis) > 1 else 0.5
