"""Tiny systems by hand: `Inputs` with round numbers, and the real path from them to a solution.

The default system is one area, one site, one class, one flat day that stands for the year:
building 100 JPY bn/GW/a, fuel 0.01 JPY bn/GWh (10 JPY/kWh), 5 GW of demand, 1 GW of IT load to place. On paper:
1 GW · 100 + 1 GW · 8,760 h · 0.01 = 187.6 JPY bn/a, on top of 5 · 8,760 · 0.01 = 438 without the plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.milestones import HourlyYear, Inputs, LinearProgramme, Programme, Settings, Solution
from optimizer.model.build import build_dispatch, build_siting
from optimizer.model.coupling import interface_columns, make_period
from optimizer.scenario.tables import MUST_RUN, TECHNOLOGIES
from optimizer.solve.compile import compile_programme
from optimizer.solve.decompose import solve_programme
from optimizer.solve.workers import Evaluator, SerialEvaluator

YEAR = 8760.0
MODES = ("domestic", "platform", "leased", "foreign")
Periods = Sequence[tuple[np.ndarray, float]]

SITE = {
    "existing_it_gw": 0.0, "spare_it_gw": 0.0, "headroom_gw": 10.0, "site_limit_gw": 10.0, "pue_peak": 1.0,
    "pue_mean": 1.0, "building_jpy_bn_per_gw_a": 100.0, "land_jpy_bn_per_gw_a": 0.0,
    "connection_jpy_bn_per_gw_a": 0.0, "seismic_share_30a": 0.1,
}  # fmt: skip
COLUMNS: dict[str, dict[str, float | str]] = {
    "reinforcements": {"size_gw": 1.0, "cost_jpy_bn_per_gw_a": 10.0},
    "renewables": {"limit_gw": 10.0, "cost_jpy_bn_per_gw_a": 10.0},
    "interties": {
        "name_ja": "連系", "name_en": "link", "from_area": "A", "to_area": "B", "forward_gw": 1.0, "reverse_gw": 1.0,
        "loss_share": 0.0, "expansion_limit_gw": 0.0, "expansion_jpy_bn_per_gw_a": 10.0,
    },
    "storage": {
        "power_gw": 0.0, "energy_gwh": 0.0, "charge_efficiency": 1.0, "discharge_efficiency": 1.0,
        "expansion_limit_gw": 0.0, "power_jpy_bn_per_gw_a": 10.0, "energy_jpy_bn_per_gwh_a": 1.0,
    },
    "fleets": {"available_gw": 100.0, "min_gw": 0.0, "cost_jpy_bn_per_gwh": 0.01, "co2_kt_per_gwh": 0.5},
}  # fmt: skip
KEYS = {
    "reinforcements": ["site", "step"], "renewables": ["site", "technology"], "interties": ["intertie"],
    "storage": ["area", "storage"], "fleets": ["area", "fleet"],
}  # fmt: skip
Rows = Mapping[Any, Mapping[str, Any]]


def toy(
    changes: Mapping[str, Any] | None = None, *, sites: Mapping[str, str] | None = None, areas: Sequence[str] = (),
    workloads: Sequence[str] = ("general",), nodes: Sequence[str] = ("N",), hours: int = 24,
) -> Inputs:  # fmt: skip
    """Return a tiny system.

    Args:
        changes: `"table": {key: {column: value}}` gives the rows of a table that may be empty (reinforcements,
            renewables, interties, storage, fleets); `"table.column"` sets a column (scalar, list or dict by key);
            `"settings.name"` a setting; `"demand_gw"`, `"existing_cf"`, `"site_cf"`, `"must_run_gw"`, `"pue"`,
            `"profile"`, `"renewables_existing_gw"` an array (broadcast to its axes).
        sites: area of every site; default one site A1 in area A.
        areas: areas in order; default those the sites stand in.
        workloads: classes of computing.
        nodes: where the users are; every node reaches every site.
        hours: length of the year drawn. [h]
    """
    placed = dict(sites or {"A1": "A"})
    names = list(areas) or sorted(set(placed.values()))
    given = dict(changes or {})
    tables = {name: _table(name, given.pop(name, _default_rows(name, names))) for name in COLUMNS}
    inputs = _inputs((placed, names), list(workloads), list(nodes), hours, tables)
    for key, value in given.items():
        inputs = change(inputs, key, value)
    return inputs


def change(inputs: Inputs, key: str, value: Any) -> Inputs:
    """Return the inputs with one column, setting or array changed; see :func:`toy` for keys."""
    if "." not in key:
        return _with_array(inputs, key, value)
    table, column = key.split(".")
    if table == "settings":
        return replace(inputs, settings=replace(inputs.settings, **{column: value}))
    frame = getattr(inputs, table).copy()
    if column not in frame.columns:
        raise KeyError(key)
    if isinstance(value, Mapping):
        for row, number in value.items():
            frame.loc[row, column] = number
    else:
        frame[column] = value
    return replace(inputs, **{table: frame})


def _with_array(inputs: Inputs, key: str, value: Any) -> Inputs:
    if key in ("pue", "profile", "renewables_existing_gw"):
        return replace(inputs, **{key: np.broadcast_to(value, getattr(inputs, key).shape).astype(float)})
    array = np.broadcast_to(value, getattr(inputs.hours, key).shape).astype(float)
    return replace(inputs, hours=replace(inputs.hours, **{key: array}))


def _default_rows(name: str, areas: Sequence[str]) -> Rows:
    return {(area, "coal"): {} for area in areas} if name == "fleets" else {}


def _table(name: str, rows: Rows) -> pd.DataFrame:
    keys, columns = KEYS[name], COLUMNS[name]
    index = (
        pd.MultiIndex.from_tuples(list(rows), names=keys)
        if rows and len(keys) > 1
        else pd.MultiIndex.from_arrays([[]] * len(keys), names=keys)
        if len(keys) > 1
        else pd.Index(list(rows), name=keys[0], dtype=object)
    )
    data = {c: [row.get(c, default) for row in rows.values()] for c, default in columns.items()}
    types = {c: float for c, default in columns.items() if isinstance(default, float)}
    return pd.DataFrame(data, index=index).astype(types)


def _inputs(
    placed: dict[str, str], areas: list[str], workloads: list[str], nodes: list[str], hours: int,
    tables: dict[str, pd.DataFrame],
) -> Inputs:  # fmt: skip
    placed, areas = places
    count, steps = len(placed), hours
    site_index = pd.Index(list(placed), name="site")
    sites = pd.DataFrame(
        {"name_ja": site_index, "name_en": site_index, "area": list(placed.values())}, index=site_index
    )
    sites = sites.assign(lon=135.0 + np.arange(count), lat=35.0, **SITE)
    load = pd.MultiIndex.from_product([nodes, workloads], names=["node", "workload"])
    mix = pd.MultiIndex.from_product([workloads, MODES], names=["workload", "mode"])
    routes = pd.MultiIndex.from_product([nodes, workloads, list(placed)], names=["node", "workload", "site"])
    named = {"name_ja": "名", "name_en": "name"}
    return Inputs(
        name="toy",
        title={"en": "Toy", "ja": "おもちゃ"},
        pack="toy",
        settings=Settings("serve", 2030, ("A",), 0.0, 1.0, "free", False, 1.0, 0.001, 1e-9, 200, 300.0, 1, None, False),
        areas=pd.DataFrame(
            named | {"frequency_hz": 50.0, "lon": 135.0, "lat": 35.0, "as_today_share": 1.0 / len(areas)},
            index=pd.Index(areas, name="area"),
        ),
        sites=sites,
        renewables_existing_gw=np.zeros((len(areas), len(TECHNOLOGIES))),
        technologies=TECHNOLOGIES,
        workloads=pd.DataFrame(
            named | {"utilisation": 1.0, "rtt_limit_ms": 100.0, "share": 1 / len(workloads), "load_gw": 1.0},
            index=pd.Index(workloads, name="workload"),
        ),
        operator_mix=pd.DataFrame({"min_share": 0.0, "max_share": 1.0}, index=mix),
        modes=pd.DataFrame(named, index=pd.Index(MODES, name="mode")),
        demand=pd.DataFrame({"demand_gw": 1.0, "abroad_jpy_bn_per_gw_a": 2000.0}, index=load),
        nodes=pd.DataFrame(named | {"lon": 135.0, "lat": 35.0}, index=pd.Index(nodes, name="node")),
        routes=pd.DataFrame({"rtt_ms": 5.0, "fibre_jpy_bn_per_gw_a": 0.0}, index=routes),
        hours=HourlyYear(
            time=pd.date_range("2030-04-01", periods=steps, freq="h"),
            demand_gw=np.full((len(areas), steps), 5.0),
            must_run_gw=np.zeros((len(areas), len(MUST_RUN), steps)),
            existing_cf=np.zeros((len(areas), len(TECHNOLOGIES), steps)),
            site_cf=np.zeros((count, len(TECHNOLOGIES), steps)),
            temperature_c=np.full((count, steps), 15.0),
        ),
        pue=np.ones((count, steps)),
        profile=np.ones((len(workloads), steps)),
        accounts=pd.DataFrame({"payments_jpy_bn": [1.0]}, index=pd.Index([2024], name="year")),
        workload_accounts=pd.DataFrame({"share": [1.0]}, index=pd.Index(["general"], name="workload")),
        parameters=pd.DataFrame({"value": [1.0]}, index=pd.Index(["one"], name="name")),
        **tables,
    )  # fmt: skip


def whole_year(inputs: Inputs) -> Periods:
    """Return one period of every hour drawn, weighted to a year."""
    steps = len(inputs.hours.time)
    return [(np.arange(steps), YEAR / steps)]


def programme_of(inputs: Inputs, periods: Periods | None = None, seed: Periods = ()) -> Programme:
    """Compile the two problems and stamp the periods, as a run does."""
    periods = whole_year(inputs) if periods is None else periods
    siting = compile_programme(build_siting(inputs), hourly=False)
    lengths = sorted({len(hours) for hours, _ in (*periods, *seed)})
    blocks = {length: compile_programme(build_dispatch(inputs, length), hourly=True) for length in lengths}
    return Programme(
        siting=siting,
        interface=interface_columns(siting),
        blocks=blocks,
        periods=tuple(make_period(inputs, blocks[len(hours)], hours, weight) for hours, weight in periods),
        seed=tuple(make_period(inputs, blocks[len(hours)], hours, weight) for hours, weight in seed),
    )


def silent(stage: str, figures: dict[str, Any]) -> None:
    """Report nothing."""


def solved(inputs: Inputs, periods: Periods | None = None, evaluator: Evaluator | None = None) -> Solution:
    """Solve by the decomposition, as a run does, in this process."""
    programme = programme_of(inputs, periods)
    return solve_programme(programme, inputs.settings, evaluator or SerialEvaluator(), silent)


def plan_cost(inputs: Inputs, periods: Periods | None = None) -> float:
    """Cost of the plan: system with it less system without it. [JPY bn/a]"""
    solution = solved(inputs, periods)
    return solution.cost - solution.baseline_cost


def dispatch_block(inputs: Inputs) -> LinearProgramme:
    """Compile one dispatch block over every hour drawn."""
    return compile_programme(build_dispatch(inputs, len(inputs.hours.time)), hourly=True)
