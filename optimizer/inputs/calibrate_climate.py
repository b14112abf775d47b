"""Weather statistics of a pack from its climate, where nobody publishes hours.

climatology.toml ─▶ one drawn year, in the form of operators' actuals ─▶ compute_statistics ─▶ tables
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.inputs.calibrate import read_capacity
from optimizer.inputs.climatology import Climatology, calendar_of, read_climatology
from optimizer.inputs.climatology_year import Place, drawn_year
from optimizer.inputs.importers.common import Faults, numbers, read_rows
from optimizer.inputs.weather_statistics import compute_statistics


def climatology_tables(path: Path, pack: Path) -> dict[str, pd.DataFrame]:
    """Draw one year from a climatology and compute the weather statistics of a pack from it.

    Args:
        path: the TOML file.
        pack: folder of the pack; its `areas.csv` says where the areas are, its `renewables_existing.csv` what
            solar and wind was in service [MW].

    Returns:
        `weather_calendar` and the statistics, by file name without ending.

    Raises:
        InputError: E380 to E389, every fault of the file at once.
    """
    climate = read_climatology(path)
    places = _places(pack)
    _same_areas(path, climate, places)
    calendar = calendar_of(path, climate)
    in_service = read_capacity(None, pack, list(places.index))
    sea = _offshore_share(pack, list(places.index))
    area = Place(tuple(places.index), places["lon"].to_numpy(), places["lat"].to_numpy(), sea)
    _reachable(path, climate, area.onshore_and_offshore_cf(climate))
    actuals = drawn_year(climate, calendar, area, in_service)
    tables = compute_statistics(actuals, in_service, calendar)
    return {f"weather_{name}": table for name, table in tables.items()} | {"weather_calendar": calendar}


def _places(pack: Path) -> pd.DataFrame:
    """Longitude and latitude of the areas, by area."""
    faults = Faults(pack / "areas.csv")
    rows = read_rows(pack / "areas.csv", "area", faults)
    for name in ("lon", "lat"):
        if name not in rows:
            faults.add(1, "E384", f'column "{name}" is missing', f"列「{name}」がありません")
    faults.fail()
    values = {name: numbers(rows[name], rows["line"], name, faults) for name in ("lon", "lat")}
    faults.fail()
    return pd.DataFrame({"area": rows["area"], **values}).set_index("area").sort_index()


def _offshore_share(pack: Path, areas: list[str]) -> npt.NDArray[np.float64]:
    """Offshore wind over all wind in service, by area [A]."""
    path = pack / "renewables_existing.csv"
    faults = Faults(path)
    rows = read_rows(path, "area", faults)
    megawatt = numbers(rows["capacity_mw"], rows["line"], "capacity_mw", faults)
    faults.fail()
    wide = megawatt.groupby([rows["area"], rows["technology"]]).sum().unstack(fill_value=0)
    wide = wide.reindex(index=areas, columns=["onshore", "offshore"], fill_value=0.0)
    return np.asarray(wide["offshore"] / wide.sum(axis=1))


def _same_areas(path: Path, climate: Climatology, places: pd.DataFrame) -> None:
    """Refuse a climatology whose areas are not those of the pack."""
    faults = Faults(path)
    for area in sorted(set(places.index) - set(climate.area)):
        faults.add(0, "E384", f"area.{area}: the key is missing", f"area.{area}: キーがありません")
    for area in sorted(set(climate.area) - set(places.index)):
        known = ", ".join(places.index)
        faults.add(
            0, "E384", f"area.{area}: the pack has no such area; it has {known}", f"area.{area}: エリア"
        )
    faults.fail()


def _reachable(path: Path, climate: Climatology, wind_cf: Mapping[str, float]) -> None:
    """Refuse months whose mean capacity factor is above the largest of an hour."""
    faults = Faults(path)
    for name, sky in (("solar", climate.solar), ("wind", climate.wind)):
        for area, figures in climate.area.items():
            mean = max(sky.month) * (figures.solar_cf if name == "solar" else wind_cf[area])
            if mean >= sky.largest_cf:
                words = f"mean of a month {mean:.2f} is above {name}.largest_cf {sky.largest_cf:g}"
                faults.add(0, "E389", f"area.{area}: {words}", f"area.{area}: 月平均の設備利用率 {mean:.2f}")
    faults.fail()
