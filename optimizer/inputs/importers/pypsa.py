"""A PyPSA network into grid areas, interties, fleets, renewables and storage.

Read from the folder of `network.export_to_csv_folder` (`buses.csv`, `generators-p_max_pu.csv` …) or from
`network.export_to_netcdf`. Power is MW, money per MWh. What PyPSA calls capital cost is a yearly cost; ours
is an overnight cost: expansion is left out, not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.errors import InputError, Problem, UsageError
from optimizer.inputs.hourly import AREA_FILE, HOURS
from optimizer.inputs.importers import Note, Noted
from optimizer.inputs.importers.ninja import local_year, number_of
from optimizer.inputs.importers.pypsa_network import (
    Network,
    identifier,
    numbers,
    of_folder,
    of_netcdf,
    pairs,
    words,
)
from optimizer.inputs.importers.workbook import checked_frames
from optimizer.inputs.pack_table import label_of
from optimizer.milestones import Array
from optimizer.scenario.tables import MUST_RUN, STORAGES, TECHNOLOGIES

Tables = dict[str, pd.DataFrame]

ELECTRIC = ("AC", "DC", "electricity", "low voltage", "")
CARRIERS = {
    "solar": "solar", "solar-hsat": "solar", "solar rooftop": "solar", "pv": "solar",
    "onwind": "onshore", "onshore wind": "onshore", "wind": "onshore",
    "offwind": "offshore", "offwind-ac": "offshore", "offwind-dc": "offshore", "offwind-float": "offshore",
    "offshore wind": "offshore", "ror": "hydro", "hydro": "hydro", "geothermal": "geothermal",
    "biomass": "biomass", "phs": "pumped", "pumped hydro": "pumped", "battery": "battery",
    "load": "skip", "load-shedding": "skip", "load shedding": "skip",
}  # fmt: skip
"""Carriers with a place of their own; any other generator is a dispatchable fleet called like its carrier."""

PLACES = (*TECHNOLOGIES, *STORAGES, *MUST_RUN, "fleet", "skip")
_FREQUENCY_HZ = {"frequency_hz": 50.0}


def read(files: Sequence[Path], options: Mapping[str, str]) -> Tables:
    """Read a network.

    Args:
        files: the CSV files of one folder, or one netCDF file.
        options: `map` buses to areas, `carriers` to technologies, `jpy_per_currency`, `utc_offset_h`.

    Returns:
        Those of areas, interties, fleets, renewables_existing, storage that have rows, and `hourly_areas`
        where the snapshots are a whole year.

    Raises:
        UsageError: an option is missing or wrong.
        InputError: E380-E386, E397 netCDF cannot be read here, E398 what the network lacks or means.
    """
    netcdf = [path for path in files if path.suffix == ".nc"]
    if netcdf and len(files) > 1:
        raise UsageError("give one netCDF file, or the folder of CSV files")
    network = of_netcdf(netcdf[0]) if netcdf else of_folder(files)
    area_of = _areas_of_buses(network, options.get("map"))
    places = _places(network, options.get("carriers"))
    units = _units(network, area_of, places)
    tables = {
        "areas": _areas(network, area_of),
        "interties": _interties(network, area_of),
        "fleets": _fleets(network, units, number_of(options, "jpy_per_currency")),
        "renewables_existing": _renewables(units, sorted(set(area_of.values()))),
        "storage": _storage(network, area_of, places),
    }
    hourly = _hourly(network, area_of, units, number_of(options, "utc_offset_h") or 0.0)
    checked = checked_frames({name: table for name, table in tables.items() if len(table)}, network.label)
    return Noted(checked | ({AREA_FILE: hourly} if hourly is not None else {}), _notes(network, units))


def _notes(network: Network, units: pd.DataFrame) -> list[Note]:
    """Say which demand and which must-run stations no table holds, since they have no year of hours."""
    nothing = pd.DataFrame()
    notes = []
    if not _whole_year(network.series.get(("loads", "p_set"), nothing)):
        notes.append(
            Note(
                "demand is not taken: loads-p_set has no year of hours; the pack needs weather_*.csv",
                "需要は取り込みません（loads-p_set に1年分の時間がありません）。weather_*.csv が必要です",
            )
        )
    available = network.series.get(("generators", "p_max_pu"), nothing)
    timed = available.columns if _whole_year(available) else nothing.columns
    left = units[units["place"].isin(MUST_RUN) & ~units.index.isin(timed)]
    for kind, power in left.groupby("place")["p_nom"].sum().items():
        notes.append(
            Note(
                f"{power:,.0f} MW of {kind} are not taken: must-run stations are hours, and "
                "generators-p_max_pu has no year of them",
                f"{kind} {power:,.0f} MW は取り込みません（generators-p_max_pu に1年分の時間がありません）",
            )
        )
    return notes


def _areas_of_buses(network: Network, path: str | None) -> dict[str, str]:
    """Return the area of every electric bus."""
    buses = network.static["buses"]
    carrier = words(buses, "carrier", "AC")
    electric = buses.index[carrier.isin(ELECTRIC)]
    if path is None:
        return {bus: identifier(bus) for bus in electric}
    given = pairs(Path(path), "bus", "area")
    lost = [bus for bus in electric if bus not in given]
    if lost:
        message = f"{len(lost)} buses have no area, e.g. {', '.join(lost[:5])}"
        raise InputError([Problem(label_of(Path(path)), "E398", message, "エリアのない母線があります")])
    return {bus: given[bus] for bus in electric}


def _places(network: Network, path: str | None) -> dict[str, str]:
    """Return where each carrier belongs, by lower-case carrier."""
    places = dict(CARRIERS)
    if path is not None:
        own = {key.lower(): value for key, value in pairs(Path(path), "carrier", "technology").items()}
        wrong = {value for value in own.values() if value not in PLACES}
        if wrong:
            message = f'technology "{min(wrong)}": one of {", ".join(PLACES)}'
            raise InputError(
                [Problem(label_of(Path(path)), "E335", message, f"{', '.join(PLACES)} のいずれか")]
            )
        places |= own
    return places


def _units(network: Network, area_of: Mapping[str, str], places: Mapping[str, str]) -> pd.DataFrame:
    """Return generators on electric buses: area, carrier, place, numbers with PyPSA's defaults."""
    table = network.static["generators"]
    table = table[table["bus"].astype(str).isin(list(area_of))]
    carrier = words(table, "carrier", "")
    place = carrier.str.lower().map(dict(places)).fillna("fleet")
    units = pd.DataFrame(
        {
            "area": table["bus"].astype(str).map(dict(area_of)),
            "carrier": carrier,
            "place": place,
            "p_nom": numbers(table, "p_nom", 0.0),
            "p_max_pu": numbers(table, "p_max_pu", 1.0),
            "p_min_pu": numbers(table, "p_min_pu", 0.0),
            "efficiency": numbers(table, "efficiency", 1.0),
            "marginal_cost": numbers(table, "marginal_cost", 0.0),
        }
    )
    nameless = units.index[(units["place"] == "fleet") & (units["carrier"] == "") & (units["p_nom"] > 0)]
    if len(nameless):
        line = int(np.flatnonzero(table.index == nameless[0])[0]) + 2
        message = f'generator "{nameless[0]}" has no carrier ({len(nameless)} in all): which fuel is it?'
        raise InputError(
            [Problem(f"{network.label}/generators.csv:{line}", "E398", message, "carrier がありません")]
        )
    stored = units.index[units["place"].isin(STORAGES)]
    return units[(units["place"] != "skip") & ~units.index.isin(stored)]


def _areas(network: Network, area_of: Mapping[str, str]) -> pd.DataFrame:
    buses = network.static["buses"].loc[list(area_of)]
    missing = [name for name in ("x", "y") if name not in buses]
    if missing or not np.isfinite(buses[["x", "y"]].to_numpy(dtype=float)).all():
        message = "x and y (longitude, latitude) of the buses are needed, and some are missing"
        raise InputError([Problem(f"{network.label}/buses.csv", "E398", message, "母線の x・y が必要です")])
    at = buses[["x", "y"]].astype(float).groupby(pd.Series(area_of).rename("area")).mean().round(6)
    names = pd.Series(at.index, index=at.index)
    table = pd.DataFrame(
        {"name_ja": names, "name_en": names, **_FREQUENCY_HZ, "lon": at["x"], "lat": at["y"]}
    )
    return table.assign(hub=names).rename_axis("area").reset_index()


def _interties(network: Network, area_of: Mapping[str, str]) -> pd.DataFrame:
    """Return lines and links between areas, one per pair; links to other kinds of energy are left out."""
    parts = []
    for component, nominal, high, low in (
        ("lines", "s_nom", "s_max_pu", ""),
        ("links", "p_nom", "p_max_pu", "p_min_pu"),
    ):
        table = network.static.get(component, pd.DataFrame())
        if not len(table):
            continue
        capacity = numbers(table, nominal, 0.0)
        reverse = numbers(table, high, 1.0) if not low else (-numbers(table, low, 0.0)).clip(lower=0.0)
        parts.append(
            pd.DataFrame(
                {
                    "a": table["bus0"].astype(str).map(dict(area_of)),
                    "b": table["bus1"].astype(str).map(dict(area_of)),
                    "forward": capacity * numbers(table, high, 1.0),
                    "reverse": capacity * reverse,
                    "lost": capacity * (1.0 - (numbers(table, "efficiency", 1.0) if low else 1.0)),
                    "nominal": capacity,
                }
            )
        )
    if not parts:
        return pd.DataFrame()
    ends = pd.concat(parts).dropna(subset=["a", "b"])
    ends = ends[(ends["a"] != ends["b"]) & (ends["nominal"] > 0)]
    turned = ends["a"] > ends["b"]
    swap = {"a": "b", "b": "a", "forward": "reverse", "reverse": "forward"}
    ends = pd.concat([ends[~turned], ends[turned].rename(columns=swap)])
    total = ends.groupby(["a", "b"]).sum().reset_index()
    name = total["a"] + "-" + total["b"]
    return pd.DataFrame(
        {
            "intertie": name,
            "name_ja": name,
            "name_en": name,
            "from_area": total["a"],
            "to_area": total["b"],
            "forward_mw": total["forward"].round(3),
            "reverse_mw": total["reverse"].round(3),
            "loss_share": (total["lost"] / total["nominal"]).round(6),
            "expansion_limit_mw": 0.0,
            "expansion_jpy_k_per_kw": 0.0,
        }
    )


def _fleets(network: Network, units: pd.DataFrame, jpy_per_currency: float | None) -> pd.DataFrame:
    fleet = units[(units["place"] == "fleet") & (units["p_nom"] > 0)]
    if not len(fleet):
        return pd.DataFrame()
    if jpy_per_currency is None:
        raise UsageError(
            "what is the network's money worth? Give --option jpy_per_currency=163 (EUR), =1 (JPY)"
        )
    carriers = network.static.get("carriers", pd.DataFrame())
    burnt = numbers(carriers, "co2_emissions", 0.0) if len(carriers) else pd.Series(dtype=float)
    co2 = fleet["carrier"].map(burnt).fillna(0.0) / fleet["efficiency"]
    weighted = pd.DataFrame(
        {
            "area": fleet["area"],
            "fleet": fleet["carrier"].map(identifier),
            "capacity_mw": fleet["p_nom"],
            "availability_share": fleet["p_max_pu"] * fleet["p_nom"],
            "min_share": fleet["p_min_pu"] * fleet["p_nom"],
            "cost_jpy_per_kwh": fleet["marginal_cost"] * jpy_per_currency / 1000.0 * fleet["p_nom"],
            "co2_kg_per_kwh": co2 * fleet["p_nom"],
        }
    )
    total = weighted.groupby(["area", "fleet"]).sum()
    for column in total.columns[1:]:
        total[column] = (total[column] / total["capacity_mw"]).round(6)
    return total.reset_index()


def _renewables(units: pd.DataFrame, areas: list[str]) -> pd.DataFrame:
    own = units[units["place"].isin(TECHNOLOGIES)].groupby(["area", "place"])["p_nom"].sum()
    every = pd.MultiIndex.from_product([areas, list(TECHNOLOGIES)], names=["area", "technology"])
    return (
        own.rename_axis(["area", "technology"])
        .reindex(every, fill_value=0.0)
        .rename("capacity_mw")
        .reset_index()
    )


def _storage(network: Network, area_of: Mapping[str, str], places: Mapping[str, str]) -> pd.DataFrame:
    table = network.static.get("storage_units", pd.DataFrame())
    if not len(table):
        return pd.DataFrame()
    table = table[table["bus"].astype(str).isin(list(area_of))]
    kind = words(table, "carrier", "").str.lower().map(dict(places))
    odd = table.index[~kind.isin((*STORAGES, "hydro", "skip"))]
    if len(odd):
        line = int(np.flatnonzero(table.index == odd[0])[0]) + 2
        carrier = table.at[odd[0], "carrier"] if "carrier" in table else ""
        message = (
            f'storage unit "{odd[0]!s}": carrier "{carrier!s}" is not known; say what it is with --option '
            f"carriers=FILE (columns carrier, technology: {', '.join(STORAGES)} or skip)"
        )
        problem = Problem(
            f"{network.label}/storage_units.csv:{line}", "E398", message, f"carrier「{carrier!s}」は未知です"
        )
        raise InputError([problem])
    kept = kind.isin(STORAGES) & (numbers(table, "p_nom", 0.0) > 0)
    power = numbers(table, "p_nom", 0.0)[kept]
    weighted = pd.DataFrame(
        {
            "area": table["bus"].astype(str).map(dict(area_of))[kept],
            "storage": kind[kept],
            "power_mw": power,
            "energy_mwh": power * numbers(table, "max_hours", 1.0)[kept],
            "charge_efficiency": power * numbers(table, "efficiency_store", 1.0)[kept],
            "discharge_efficiency": power * numbers(table, "efficiency_dispatch", 1.0)[kept],
            "expansion_limit_mw": 0.0,
        }
    )
    total = weighted.groupby(["area", "storage"]).sum()
    for column in ("charge_efficiency", "discharge_efficiency"):
        total[column] = (total[column] / total["power_mw"]).round(6)
    return total.reset_index()


def _hourly(
    network: Network, area_of: Mapping[str, str], units: pd.DataFrame, offset_h: float
) -> pd.DataFrame | None:
    """Return demand, capacity factors, hydro by area where the snapshots are a year of hours, else None."""
    available = network.series.get(("generators", "p_max_pu"), pd.DataFrame())
    demand = network.series.get(("loads", "p_set"), pd.DataFrame())
    areas = sorted(set(area_of.values()))
    series: dict[str, dict[str, Array]] = {}
    if _whole_year(demand):
        loads = network.static.get("loads", pd.DataFrame())
        bus = loads["bus"].astype(str).map(dict(area_of)) if "bus" in loads else pd.Series(dtype=object)
        constant = numbers(loads, "p_set", 0.0) if len(loads) else pd.Series(dtype=float)
        by_area = {area: np.zeros(len(demand)) for area in areas}
        for load, area in bus.dropna().items():
            own = demand[load].to_numpy(dtype=float) if load in demand else float(constant.to_dict()[load])
            by_area[str(area)] = by_area[str(area)] + own
        series["demand_mw"] = by_area
    if _whole_year(available):
        series |= _availability(available, units, areas)
    frames = []
    for quantity, by_area in series.items():
        index = pd.DatetimeIndex(pd.to_datetime((demand if quantity == "demand_mw" else available).index))
        for area in areas:
            values = np.clip(local_year(index, by_area[area], offset_h), 0.0, None)
            frames.append(
                pd.DataFrame({"area": area, "quantity": quantity, "hour": np.arange(HOURS), "value": values})
            )
    return pd.concat(frames, ignore_index=True) if frames else None


def _availability(
    available: pd.DataFrame, units: pd.DataFrame, areas: list[str]
) -> dict[str, dict[str, Array]]:
    """Return capacity factors of renewables, weighted by capacity, and output of must-run kinds [MW]."""
    result: dict[str, dict[str, Array]] = {}
    for place in (*TECHNOLOGIES, *MUST_RUN):
        own = units[(units["place"] == place) & units.index.isin(available.columns)]
        if not len(own):
            continue
        quantity = f"{place}_cf" if place in TECHNOLOGIES else f"{place}_mw"
        result[quantity] = {}
        for area in areas:
            here = own[own["area"] == area]
            weight = here["p_nom"].to_numpy(dtype=float)
            output = available[list(here.index)].to_numpy(dtype=float) @ weight
            total = weight.sum()
            result[quantity][area] = output / total if place in TECHNOLOGIES and total > 0 else output
    return result


def _whole_year(table: pd.DataFrame) -> bool:
    return len(table) in (HOURS, HOURS + 24)
