"""Tiny systems by hand: `Inputs` with round numbers, and the real path from them to a solution.

The default system is one area, one site, one class, one flat day that stands for the year:
building 100 JPY bn/GW/a, fuel 0.01 JPY bn/GWh (10 JPY/kWh), 5 GW of demand, 1 GW of IT load to place. On paper:
1 GW · 100 + 1 GW · 8,760 h · 0.01 = 187.6 JPY bn/a, on top of 5 · 8,760 · 0.01 = 438 without the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fibre_toy import star
from rules_toy import with_rules

from optimizer.analyse.plan import make_plan
from optimizer.milestones import HourlyYear, Inputs, LinearProgramme, Plan, Programme, Settings, Solution
from optimizer.model.build import WITHOUT_HOUR, build_dispatch
from optimizer.run import compiled
from optimizer.scenario.tables import MUST_RUN, TECHNOLOGIES
from optimizer.solve.compile import compile_programme
from optimizer.solve.decompose import solve_programme
from optimizer.solve.workers import Evaluator, SerialEvaluator

YEAR = 8760.0
MODES = ("domestic", "platform", "leased", "foreign")
Periods = Sequence[tuple[np.ndarray, float]]

SITE = {
    "existing_it_gw": 0.0, "spare_it_gw": 0.0, "headroom_gw": 10.0, "site_limit_gw": 10.0, "nonfirm_limit_gw": 0.0, "pue_peak": 1.0,
    "pue_mean": 1.0, "building_jpy_bn_per_gw_a": 100.0, "land_jpy_bn_per_gw_a": 0.0,
    "connection_jpy_bn_per_gw_a": 0.0, "seismic_share_30a": 0.1,
    "building_jpy_bn_per_gw": 1000.0, "land_jpy_bn_per_gw": 0.0, "connection_jpy_bn_per_gw": 0.0,
}  # fmt: skip
COLUMNS: dict[str, dict[str, float | str]] = {
    "reinforcements": {"size_gw": 1.0, "cost_jpy_bn_per_gw_a": 10.0, "cost_jpy_bn_per_gw": 100.0},
    "renewables": {"limit_gw": 10.0, "cost_jpy_bn_per_gw_a": 10.0, "cost_jpy_bn_per_gw": 100.0},
    "interties": {
        "name_ja": "連系", "name_en": "link", "from_area": "A", "to_area": "B", "forward_gw": 1.0, "reverse_gw": 1.0,
        "loss_share": 0.0, "expansion_limit_gw": 0.0, "expansion_jpy_bn_per_gw_a": 10.0, "expansion_jpy_bn_per_gw": 100.0,
    },
    "storage": {
        "power_gw": 0.0, "energy_gwh": 0.0, "charge_efficiency": 1.0, "discharge_efficiency": 1.0,
        "expansion_limit_gw": 0.0, "power_jpy_bn_per_gw_a": 10.0, "energy_jpy_bn_per_gwh_a": 1.0,
        "power_jpy_bn_per_gw": 100.0, "energy_jpy_bn_per_gwh": 10.0,
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
    places: tuple[dict[str, str], list[str]], workloads: list[str], nodes: list[str], hours: int,
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
            named | {"utilisation": 1.0, "rtt_limit_ms": 100.0, "gbps_per_mw": 0.0, "flexible_share": 0.0, "share": 1 / len(workloads), "load_gw": 1.0},
            index=pd.Index(workloads, name="workload"),
        ),
        operator_mix=pd.DataFrame({"min_share": 0.0, "max_share": 1.0}, index=mix),
        modes=pd.DataFrame(named | {"premium_jpy_bn_per_gw_a": 0.0}, index=pd.Index(MODES, name="mode")),
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
    return compiled(inputs, periods, seed)


def seeds(quick: Sequence[int], more: Iterable[int] = ()) -> list[Any]:
    """Return seeds of every test run, then those of the full-size run only."""
    return [*quick, *(pytest.param(seed, marks=pytest.mark.full) for seed in more if seed not in quick)]


def silent(stage: str, figures: dict[str, Any]) -> None:
    """Report nothing."""


def solved(inputs: Inputs, periods: Periods | None = None, evaluator: Evaluator | None = None) -> Solution:
    """Solve by the decomposition, as a run does, in this process."""
    programme = programme_of(inputs, periods)
    return solve_programme(programme, inputs.settings, evaluator or SerialEvaluator(), silent)


def planned(inputs: Inputs, periods: Periods | None = None) -> tuple[Solution, Plan]:
    """Solve, and tidy the answer as a run does."""
    solution = solved(inputs, periods)
    return solution, make_plan(inputs, solution)


def price(plan: Plan, equation: str, index: str) -> tuple[float, str]:
    """Return a published price and its unit."""
    table = plan.tables["prices"]
    row = table[(table["equation"] == equation) & (table["index"] == index)]
    assert len(row) == 1, (equation, index, table)
    return float(row["price"].iloc[0]), str(row["unit"].iloc[0])


def plan_cost(inputs: Inputs, periods: Periods | None = None) -> float:
    """Cost of the plan: system with it less system without it. [JPY bn/a]"""
    solution = solved(inputs, periods)
    return solution.cost - solution.baseline_cost


def dispatch_block(inputs: Inputs) -> LinearProgramme:
    """Compile one dispatch block over every hour drawn."""
    return compile_programme(
        build_dispatch(inputs, len(inputs.hours.time)), hourly=True, without_hour=WITHOUT_HOUR
    )


def random_system(seed: int) -> tuple[Inputs, Periods]:
    """Return a seeded system with everything on, and two to four periods of different length and weight."""
    draw = np.random.default_rng(seed)
    areas = ["A", "B", "C", "D"][: draw.integers(2, 5)]
    placed = {f"{areas[i % len(areas)]}{i}": areas[i % len(areas)] for i in range(draw.integers(3, 7))}
    lengths = draw.choice([24, 36], size=draw.integers(2, 5))
    weights = draw.uniform(0.5, 2.0, len(lengths))
    weights *= YEAR / (weights @ lengths)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    periods = [
        (np.arange(start, start + length), float(w))
        for start, length, w in zip(starts, lengths, weights, strict=False)
    ]
    hours = int(lengths.sum())
    nodes, workloads = ["N1", "N2", "N3"], ["fast", "slow"]
    inputs = toy(_random_tables(draw, areas, placed), sites=placed, areas=areas, workloads=workloads, nodes=nodes,
                 hours=hours)  # fmt: skip
    for key, value in (
        _random_columns(draw, inputs) | _random_hours(draw, inputs) | _random_rules(draw, areas)
    ).items():
        inputs = change(inputs, key, value)
    keep = draw.random(len(inputs.routes)) < 0.8
    keep |= inputs.routes.index.get_level_values("site") == next(iter(placed))
    return replace(inputs, routes=inputs.routes[keep]), periods


RESPONSE = {
    "sites.nonfirm_limit_gw": 0.3, "settings.nonfirm_hours": 40.0, "settings.interrupt_jpy_bn_per_gwh": 0.02,
    "settings.shift": True, "settings.shift_jpy_bn_per_gwh": 0.0005, "settings.move": True,
    "settings.move_jpy_bn_per_gwh": 0.001, "settings.gateway_gw": 0.2, "workloads.flexible_share": [0.0, 0.4],
}  # fmt: skip
"""Non-firm connections and flexible computing, as changes to a system of two classes."""

CLEAN = {
    "settings.matching": "hourly", "settings.matching_share": 0.3, "settings.delivered_within": "area",
    "settings.unmatched_jpy_bn_per_gwh": 0.1, "settings.co2_overshoot_jpy_bn_per_kt": 0.2,
}  # fmt: skip
"""Hourly matching in every area; a cap on CO2 is added by the caller, in kt/a."""


def full_system(seed: int) -> tuple[Inputs, Periods]:
    """Return :func:`random_system` with every choice of computing and of clean power on, and a cap that binds."""
    inputs, periods = random_system(seed)
    emitted = solved(inputs, periods)
    rate = inputs.fleets["co2_kt_per_gwh"].to_numpy()
    for key, value in (RESPONSE | CLEAN).items():
        inputs = change(inputs, key, value)
    cap = 0.97 * float(rate @ emitted.dispatch["gen"] @ emitted.weight)
    inputs = change(inputs, "settings.co2_cap_kt", cap)
    if seed % 2:
        inputs = change(inputs, "settings.delivered_within", "nation")
    return inputs, periods


def everything_on() -> Inputs:
    """Return a system in which every law of both problems has a row."""
    inputs = with_rules(random_system(1)[0], 1)
    for key, value in (RESPONSE | CLEAN | {"settings.co2_cap_kt": 1000.0}).items():
        inputs = change(inputs, key, value)
    inputs = change(inputs, "settings.distribution", "as_today")
    inputs = change(inputs, "settings.block_gw", 0.05)
    return with_every_goal(star(change(inputs, "settings.allow_abroad", True), 1))


def with_every_goal(inputs: Inputs) -> Inputs:
    """Return the inputs with a market for cloud services, a share of it to capture, a budget, dearer modes."""
    offers = pd.MultiIndex.from_product([inputs.workloads.index, ["cloud"]], names=["workload", "account"])
    market = {"outflow_jpy_bn": [200.0], "ceiling_jpy_bn": [50.0], "platform_kept": [0.5]}
    inputs = replace(
        inputs,
        capture_lines=pd.DataFrame(market, index=pd.Index(["cloud"], name="account")),
        capture_offers=pd.DataFrame({"displaced_jpy_bn_per_gw_a": 100.0}, index=offers),
        capture_segments=pd.DataFrame({"width": [1.0, 1.0], "slope": [0.8, 0.4]}).rename_axis("segment"),
    )
    for key, value in {
        "settings.capture_share": 0.05,
        "settings.budget_jpy_bn": 5000.0,
        "settings.capture_value_jpy_per_jpy": 10.0,
        "modes.premium_jpy_bn_per_gw_a": [20.0, 10.0, 5.0, 0.0],
    }.items():
        inputs = change(inputs, key, value)
    return inputs


def _random_tables(draw: np.random.Generator, areas: list[str], placed: dict[str, str]) -> dict[str, Rows]:
    def between(low: float, high: float) -> float:
        return float(draw.uniform(low, high))

    fleets: dict[Any, dict[str, float]] = {}
    for area in areas:
        for fleet, cost in (("coal", 0.006), ("lng", 0.012), ("oil", 0.04)):
            size = between(1.0, 2.5) if fleet != "oil" else 6.0
            least = size * between(0.0, 0.4) if fleet == "coal" else 0.0
            fleets[area, fleet] = {
                "available_gw": size,
                "min_gw": least,
                "cost_jpy_bn_per_gwh": cost * between(0.8, 1.2),
            }
    storage: dict[Any, dict[str, float]] = {}
    for area in areas:
        power = between(0.2, 0.8)
        storage[area, "battery"] = {
            "charge_efficiency": 0.95, "discharge_efficiency": 0.93, "expansion_limit_gw": between(0.1, 1.5),
            "power_jpy_bn_per_gw_a": between(0.5, 4), "energy_jpy_bn_per_gwh_a": between(0.5, 3),
        }  # fmt: skip
        storage[area, "pumped"] = {"power_gw": power, "energy_gwh": power * 6, "charge_efficiency": 0.85, "discharge_efficiency": 0.88}  # fmt: skip
    pairs = list(pairwise(areas)) + ([(areas[-1], areas[0])] if len(areas) > 2 else [])
    interties = {
        f"{a}-{b}": {
            "from_area": a, "to_area": b, "forward_gw": between(0.1, 0.6), "reverse_gw": between(0.1, 0.6),
            "loss_share": between(0.0, 0.06), "expansion_limit_gw": between(0.0, 1.0),
            "expansion_jpy_bn_per_gw_a": between(3, 20),
        }
        for a, b in pairs
    }  # fmt: skip
    steps = {(r, j): {"size_gw": between(0.1, 0.5), "cost_jpy_bn_per_gw_a": 5.0 * j + between(0, 3)} for r in placed for j in (1, 2)}  # fmt: skip
    renewables = {
        (r, g): {"limit_gw": between(0.3, 2.0), "cost_jpy_bn_per_gw_a": between(12, 35)}
        for r in placed
        for g in TECHNOLOGIES[: draw.integers(1, 4)]
    }
    return {"fleets": fleets, "storage": storage, "interties": interties, "reinforcements": steps, "renewables": renewables}  # fmt: skip


def _random_columns(draw: np.random.Generator, inputs: Inputs) -> dict[str, Any]:
    count, routes = len(inputs.sites), len(inputs.routes)
    return {
        "sites.headroom_gw": draw.uniform(0.2, 0.6, count),
        "sites.site_limit_gw": draw.uniform(0.6, 1.5, count),
        "sites.building_jpy_bn_per_gw_a": draw.uniform(80, 120, count),
        "sites.land_jpy_bn_per_gw_a": draw.uniform(0, 20, count),
        "sites.connection_jpy_bn_per_gw_a": draw.uniform(1, 5, count),
        "sites.spare_it_gw": draw.uniform(0, 0.1, count) * (draw.random() < 0.5),
        "sites.pue_peak": draw.uniform(1.3, 1.5, count),
        "workloads.utilisation": draw.uniform(0.5, 0.9, len(inputs.workloads)),
        "demand.demand_gw": draw.uniform(0.02, 0.25, len(inputs.demand)),
        "demand.abroad_jpy_bn_per_gw_a": draw.uniform(150, 1500, len(inputs.demand)),
        "routes.fibre_jpy_bn_per_gw_a": draw.uniform(0, 5, routes),
        "areas.as_today_share": draw.dirichlet(np.ones(len(inputs.areas)) * 5),
    }


def _random_hours(draw: np.random.Generator, inputs: Inputs) -> dict[str, Any]:
    steps, areas, sites = len(inputs.hours.time), len(inputs.areas), len(inputs.sites)
    day = np.arange(steps) % 24
    sun = np.clip(np.sin(np.pi * (day - 6) / 12), 0, None)
    shape = 1 + 0.25 * np.sin(2 * np.pi * (day - 9) / 24) + draw.normal(0, 0.05, (areas, steps))
    wind = draw.uniform(0, 1, (sites, 2, steps)) ** 2
    return {
        "demand_gw": draw.uniform(2, 6, areas)[:, None] * shape,
        "must_run_gw": draw.uniform(0, 0.4, (areas, len(MUST_RUN), 1)) * np.ones(steps),
        "existing_cf": sun * draw.uniform(0.3, 0.9, (areas, len(TECHNOLOGIES), 1)),
        "renewables_existing_gw": draw.uniform(0, 1.5, (areas, len(TECHNOLOGIES))),
        "site_cf": np.concatenate([np.broadcast_to(0.8 * sun, (sites, 1, steps)), wind], axis=1),
        "pue": 1.2 + draw.uniform(0, 0.1, (sites, 1)) + 0.1 * np.sin(2 * np.pi * (day - 8) / 24),
        "profile": 1 + 0.2 * np.sin(2 * np.pi * (day - np.array([[10], [2]])) / 24),
    }


def _random_rules(draw: np.random.Generator, areas: list[str]) -> dict[str, Any]:
    kind = draw.integers(0, 3)
    return {
        "settings.metropolitan_areas": (areas[0],),
        "settings.min_regional_share": float(draw.uniform(0.3, 0.8)) * float(kind != 1),
        "settings.distribution": "as_today" if kind == 1 else "free",
        "settings.allow_abroad": bool(kind != 0),
        "settings.additionality": float(draw.choice([0.0, 0.3, 1.0])),
        "operator_mix.min_share": {(c, "foreign"): 0.1 for c in ("fast", "slow")}
        | {("fast", "platform"): 0.2},
        "operator_mix.max_share": {("fast", "domestic"): 0.5, ("slow", "leased"): 0.0},
    }
