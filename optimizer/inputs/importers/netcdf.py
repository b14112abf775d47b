"""netCDF through xarray, which is an optional part of the installation: `pip install "wattbit[weather]"`."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.pack_table import label_of

Static = dict[str, pd.DataFrame]
Series = dict[tuple[str, str], pd.DataFrame]


def open_netcdf(path: Path) -> Any:
    """Read a netCDF file whole.

    Args:
        path: netCDF 3 or 4.

    Returns:
        An `xarray.Dataset`, in memory, the file closed.

    Raises:
        InputError: E380 no such file; E397 xarray or h5netcdf is not installed, or the file is not netCDF.
    """
    label = label_of(path)
    if not path.is_file():
        raise InputError([Problem(label, "E380", "no such file", "ファイルがありません")])
    try:
        for name in (
            "h5py",
            "h5netcdf",
        ):  # xarray finds them by itself; asked for here to say what is missing
            import_module(name)
        import xarray as xr
    except ImportError as error:
        message = f'reading netCDF needs {error.name}; install it: pip install "wattbit[weather]"'
        message_ja = f'netCDF には {error.name} が必要です: pip install "wattbit[weather]"'
        raise InputError([Problem(label, "E397", message, message_ja)]) from None
    try:
        with xr.open_dataset(path) as data:
            return data.load()
    except (OSError, ValueError, TypeError, KeyError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        problem = Problem(label, "E397", f"not a netCDF file: {reason}", "netCDF として読めません")
        raise InputError([problem]) from None


def network_of_netcdf(path: Path) -> tuple[Static, Series]:
    """Return the tables of a PyPSA network: `<component>_<attribute>` and `<component>_t_<attribute>`.

    Raises:
        InputError: as :func:`open_netcdf`.
    """
    data = open_netcdf(path)
    static: Static = {}
    series: Series = {}
    components = sorted(
        {str(name)[:-2] for name in data.dims if str(name).endswith("_i") and "_t_" not in str(name)}
    )
    for component in components:
        index = pd.Index(map(str, data[f"{component}_i"].to_numpy()), name="name")
        prefix, dimension = f"{component}_", f"{component}_i"
        own = [
            str(name)
            for name in data.data_vars
            if str(name).startswith(prefix) and data[name].dims == (dimension,)
        ]
        static[component] = pd.DataFrame(
            {name.removeprefix(prefix): data[name].to_numpy() for name in own}, index=index
        )
        for name in map(str, data.data_vars):
            if name.startswith(f"{component}_t_") and data[name].ndim == 2:
                attribute = name.removeprefix(f"{component}_t_")
                columns = [str(word) for word in data[f"{name}_i"].to_numpy()]
                time = pd.to_datetime(np.asarray(data["snapshots"].to_numpy()))
                values = data[name].transpose("snapshots", f"{name}_i").to_numpy()
                series[component, attribute] = pd.DataFrame(values, index=time, columns=columns)
    return static, series
