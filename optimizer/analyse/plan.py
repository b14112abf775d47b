"""The answer in the user's words: one tidy table per topic, in MW, GWh and JPY, and the headline figures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.analyse.emissions import emission_columns, marginal_rate
from optimizer.analyse.fibre import fibre_figures, fibre_table, reach_table
from optimizer.analyse.goal import in_yen_alone
from optimizer.analyse.instruments import instrument_columns, instrument_figures
from optimizer.analyse.margins import capacity_margins
from optimizer.analyse.power import contracted_share, renewable_share
from optimizer.analyse.prices import price_table
from optimizer.analyse.reasons import reasons
from optimizer.analyse.rents import rent_figures, rents
from optimizer.analyse.site_table import built_by_mode, site_table, sold_table
from optimizer.analyse.stacks import price_stacks
from optimizer.analyse.watt_bit import watt_bit
from optimizer.analyse.year import MW, Year, add_by, dc_load, hosted_load, positions, with_plan, without_plan
from optimizer.milestones import Array, Inputs, Plan, Solution
from optimizer.scenario.result_tables import PLAN_TABLES
from optimizer.scenario.tables import MUST_RUN

TINY_MW = 1e-4
"""Flows below this are rounding of the solver, not plans."""


def make_plan(inputs: Inputs, solution: Solution) -> Plan:
    """Rename, re-sign and tidy what the solver said.

    Args:
        inputs: what was asked, internal units.
        solution: the certified answer, internal units.

    Returns:
        Tables with the columns of `PLAN_TABLES` and headline figures named as in `summary.json`.
    """
    solution = in_yen_alone(inputs, solution)
    after, before = with_plan(inputs, solution), without_plan(inputs, solution)
    load = dc_load(inputs, solution)
    margins, national = capacity_margins(inputs, solution)
    stack, options = price_stacks(inputs, solution)
    tables = {
        "sites": site_table(inputs, solution, after),
        "flows": _flows(inputs, solution),
        "areas": _areas(inputs, solution, (after, before), load).join(margins).reset_index(names="area"),
        "generation": _generation(inputs, solution, after, before),
        "interties": _interties(inputs, solution, after),
        "prices": price_table(inputs, solution, after),
        "fibre": fibre_table(inputs, solution),
        "fibre_reach": reach_table(inputs),
        "stack": stack,
        "options": options,
        "watt_bit": watt_bit(inputs, after),
        "hours": _hours(inputs, solution, (after, before), load),
    }
    tables["reasons"] = reasons(inputs, tables)
    tables["rents"] = rents(inputs, solution)
    return Plan(
        name=inputs.name,
        title=inputs.title,
        pack=inputs.pack,
        tables={name: _in_order(name, table) for name, table in tables.items()},
        figures=_figures(inputs, solution, (after, before), tables, national),
        sold_mw=sold_table(inputs, solution),
        renewable_share=renewable_share(inputs, solution, after, after.total(load)),
        bounds=solution.bounds,
        certificate=solution.certificate,
        log=solution.log,
    )


def _in_order(name: str, table: pd.DataFrame) -> pd.DataFrame:
    return table[[column.name for column in PLAN_TABLES[name]]].reset_index(drop=True)


def _flows(inputs: Inputs, solution: Solution) -> pd.DataFrame:
    sold = inputs.routes.assign(served_it_mw=solution.siting["sold"].to_numpy() * MW)
    return sold[sold["served_it_mw"] > TINY_MW].reset_index()


def _areas(inputs: Inputs, solution: Solution, years: tuple[Year, Year], load: Array) -> pd.DataFrame:
    after, before = years
    area = inputs.sites["area"]
    built = built_by_mode(inputs, solution).sum(axis=1).groupby(area).sum()
    hosted = hosted_load(inputs, solution).sum(axis=1).groupby(area).sum()
    renewable = solution.siting["renewable"]
    renewable = renewable.groupby(area.loc[[site for site, _ in renewable.index]].to_numpy()).sum()
    demand = inputs.hours.demand_gw[:, solution.hour]
    it_mw = _by_area(inputs, built)
    low, high = np.quantile(after.price, (0.05, 0.95), axis=1)
    return pd.DataFrame(
        {
            "name_ja": inputs.areas["name_ja"],
            "name_en": inputs.areas["name_en"],
            "it_mw": it_mw,
            "it_share": it_mw / max(it_mw.sum(), TINY_MW),
            "served_it_mw": _by_area(inputs, hosted),
            "dc_electricity_gwh": after.total(load),
            "demand_gwh": after.total(demand),
            "peak_demand_mw": (demand + load).max(axis=1) * MW,
            "new_renewable_mw": _by_area(inputs, renewable),
            "battery_mw": _by_area(inputs, solution.siting["battery_power"]),
            "battery_mwh": _by_area(inputs, solution.siting["battery_energy"]),
            "price_jpy_per_kwh": after.price @ after.weight / after.weight.sum(),
            "price_before_jpy_per_kwh": before.price @ before.weight / before.weight.sum(),
            "price_p05_jpy_per_kwh": low,
            "price_p95_jpy_per_kwh": high,
            "curtailed_gwh": after.total(_curtailed(after)),
            "curtailment_share": _share(_curtailed(after), after),
            "curtailment_before_share": _share(_curtailed(before), before),
            "net_import_gwh": after.total(after.net_import),
            "shed_gwh": after.total(after.shed),
            "co2_kt": _co2(inputs, after),
            "co2_before_kt": _co2(inputs, before),
            **emission_columns(inputs, solution, after),
            **instrument_columns(inputs, solution),
        },
        index=inputs.areas.index,
    )


def _by_area(inputs: Inputs, gigawatts: pd.Series) -> Array:
    """Return a quantity of every area, nothing where there is none. [MW]"""
    return gigawatts.reindex(inputs.areas.index, fill_value=0.0).to_numpy(dtype=float) * MW


def _curtailed(year: Year) -> Array:
    return np.maximum(year.available - year.used_renewable, 0.0)


def _share(curtailed: Array, year: Year) -> Array:
    available = year.total(year.available)
    return np.divide(year.total(curtailed), available, out=np.zeros_like(available), where=available > 0)


def _co2(inputs: Inputs, year: Year) -> Array:
    emitted = year.total(year.gen) * inputs.fleets["co2_kt_per_gwh"].to_numpy()
    return add_by(emitted[:, None], inputs.fleets.index.get_level_values("area"), inputs.areas.index)[:, 0]


def _generation(inputs: Inputs, solution: Solution, after: Year, before: Year) -> pd.DataFrame:
    must_run = inputs.hours.must_run_gw[:, :, solution.hour]
    areas, fleets = inputs.areas.index, inputs.fleets.index
    kinds = [(kind, must_run[:, number], must_run[:, number]) for number, kind in enumerate(MUST_RUN)]
    kinds += [
        ("renewable", after.used_renewable, before.used_renewable),
        ("storage", after.storage, before.storage),
        ("import", after.net_import, before.net_import),
        ("shed", after.shed, before.shed),
        ("spill", -after.spill, -before.spill),
    ]
    parts = [(after.gen, before.gen), *((new, old) for _, new, old in kinds)]
    available = np.full(len(fleets) + len(kinds) * len(areas), np.nan)
    available[: len(fleets)] = inputs.fleets["available_gw"].to_numpy() * MW
    table = pd.DataFrame(
        {
            "area": [*fleets.get_level_values("area"), *areas.tolist() * len(kinds)],
            "source": [*fleets.get_level_values("fleet"), *(kind for kind, _, _ in kinds for _ in areas)],
            "energy_gwh": np.concatenate([after.total(new) for new, _ in parts]),
            "energy_before_gwh": np.concatenate([before.total(old) for _, old in parts]),
            "max_mw": np.concatenate([new.max(axis=1) * MW for new, _ in parts]),
            "available_mw": available,
        }
    )
    return table.sort_values(["area", "source"], kind="stable")


def _interties(inputs: Inputs, solution: Solution, year: Year) -> pd.DataFrame:
    links = inputs.interties
    expansion = np.maximum(solution.siting["line"].to_numpy(), 0.0)
    forward_limit = (links["forward_gw"].to_numpy() + expansion)[:, None]
    backward_limit = (links["reverse_gw"].to_numpy() + expansion)[:, None]
    used = np.maximum(_ratio(year.forward, forward_limit), _ratio(year.backward, backward_limit))
    first = year.price[positions(inputs.areas.index, links["from_area"])]
    second = year.price[positions(inputs.areas.index, links["to_area"])]
    arrives = (1.0 - links["loss_share"].to_numpy())[:, None]
    rent = year.forward * (second * arrives - first) + year.backward * (first * arrives - second)
    return links[["name_ja", "name_en", "from_area", "to_area"]].assign(
        forward_mw=links["forward_gw"] * MW,
        reverse_mw=links["reverse_gw"] * MW,
        expansion_mw=expansion * MW,
        forward_gwh=year.total(year.forward),
        reverse_gwh=year.total(year.backward),
        loading_share=year.total(used) / year.weight.sum(),
        congested_hours=year.total((used > 1.0 - 1e-6).astype(float)),
        congestion_rent_jpy_bn=year.total(rent) / 1000.0,
    ).reset_index(names="intertie")  # fmt: skip


def _ratio(flow: Array, limit: Array) -> Array:
    return np.asarray(np.divide(flow, limit, out=np.zeros_like(flow), where=limit > 0))


def _hours(inputs: Inputs, solution: Solution, years: tuple[Year, Year], load: Array) -> pd.DataFrame:
    after, before = years
    areas, steps = len(inputs.areas), len(solution.hour)
    in_gw = {
        "demand_mw": inputs.hours.demand_gw[:, solution.hour],
        "dc_load_mw": load,
        "must_run_mw": inputs.hours.must_run_gw.sum(axis=1)[:, solution.hour],
        "renewable_available_mw": after.available,
        "renewable_mw": after.used_renewable,
        "curtailed_mw": _curtailed(after),
        "thermal_mw": add_by(after.gen, inputs.fleets.index.get_level_values("area"), inputs.areas.index),
        "storage_mw": after.storage,
        "net_import_mw": after.net_import,
        "shed_mw": after.shed,
        "spill_mw": after.spill,
    }
    time = inputs.hours.time[solution.hour].strftime("%Y-%m-%d %H:%M")
    table = {
        "time": time.take(np.tile(np.arange(steps), areas)),
        "area": inputs.areas.index.repeat(steps),
        "weight": np.tile(solution.weight, areas),
        **{name: values.ravel() * MW for name, values in in_gw.items()},
        "price_jpy_per_kwh": after.price.ravel(),
        "price_before_jpy_per_kwh": before.price.ravel(),
        "co2_marginal_kg_per_kwh": marginal_rate(solution).ravel(),
    }
    return pd.DataFrame(table)


def _figures(
    inputs: Inputs,
    solution: Solution,
    years: tuple[Year, Year],
    tables: dict[str, pd.DataFrame],
    national_margin: tuple[float, float],
) -> dict[str, Any]:
    after, before = years
    areas, sites = tables["areas"].set_index("area"), tables["sites"]
    outside = ~areas.index.isin(inputs.settings.metropolitan_areas)
    built = float(areas["it_mw"].sum())
    dc_gwh = float(areas["dc_electricity_gwh"].to_numpy().sum())
    plan = solution.cost - solution.baseline_cost
    return {
        "scenario": inputs.name,
        "status": "optimal",
        "year": inputs.settings.year,
        "hours": len(solution.hour),
        "areas": len(inputs.areas),
        "sites": len(inputs.sites),
        "periods": solution.periods,
        "cost_jpy_bn_per_a": plan,
        "siting_cost_jpy_bn_per_a": solution.siting_cost,
        "dispatch_cost_jpy_bn_per_a": plan - solution.siting_cost,
        "system_cost_jpy_bn_per_a": solution.cost,
        "baseline_cost_jpy_bn_per_a": solution.baseline_cost,
        "lower_bound_jpy_bn_per_a": solution.lower_bound,
        "gap": max(0.0, solution.cost - solution.lower_bound) / max(1.0, abs(plan)),
        "gap_system": max(0.0, solution.cost - solution.lower_bound) / max(1e-9, abs(solution.cost)),
        "iterations": solution.iterations,
        "it_mw_built": built,
        "it_mw_served": float(areas["served_it_mw"].sum()),
        "it_mw_abroad": float(solution.siting.get("abroad", pd.Series(dtype=float)).sum()) * MW,
        "it_mw_by_area": {str(name): float(mw) for name, mw in areas["it_mw"].items()},
        "regional_share": float(areas["it_mw"][outside].sum()) / max(built, TINY_MW),
        "dispersion_price_jpy_per_kw_a": _price(tables["prices"], "dispersion", "JPY/kW/a"),
        "dispersion_price_jpy_bn_per_point": _price(tables["prices"], "dispersion", "JPY bn/a per %-point"),
        "new_renewable_mw": float(areas["new_renewable_mw"].sum()),
        "new_renewable_mw_by_technology": {g: float(sites[f"{g}_mw"].sum()) for g in inputs.technologies},
        "new_battery_mw": float(areas["battery_mw"].sum()),
        "intertie_expansion_mw": float(tables["interties"]["expansion_mw"].sum()),
        "reinforcement_mw": float(sites["reinforcement_mw"].sum()),
        **fibre_figures(inputs, solution),
        "dc_electricity_gwh": dc_gwh,
        "contracted_renewable_share": contracted_share(inputs, solution, after, dc_gwh),
        "curtailment_share": _national_curtailment(after),
        "curtailment_before_share": _national_curtailment(before),
        "price_jpy_per_kwh_by_area": {str(a): float(p) for a, p in areas["price_jpy_per_kwh"].items()},
        "price_before_jpy_per_kwh_by_area": {
            str(a): float(p) for a, p in areas["price_before_jpy_per_kwh"].items()
        },
        "capacity_margin_by_area": {
            str(a): float(share) for a, share in areas["capacity_margin_assisted_share"].items()
        },
        "capacity_margin_before_by_area": {
            str(a): float(share) for a, share in areas["capacity_margin_assisted_before_share"].items()
        },
        "capacity_margin_before_share": national_margin[0],
        "capacity_margin_share": national_margin[1],
        "firm_capacity_mw": float(areas["firm_capacity_mw"].sum()),
        "firm_capacity_lacking_mw": float(areas["firm_capacity_lacking_mw"].sum()),
        "seismic_exposure_share": float(
            (sites["it_mw"] * sites["seismic_share_30a"]).sum() / max(built, TINY_MW)
        ),
        "largest_area_share": float(areas["it_share"].max()),
        "co2_change_kt_per_a": float((areas["co2_kt"] - areas["co2_before_kt"]).sum()),
        "shed_gwh": float(areas["shed_gwh"].sum()),
        **instrument_figures(inputs, solution, areas),
        **rent_figures(tables["rents"], solution),
    }


def _national_curtailment(year: Year) -> float:
    available = float(year.total(year.available).sum())
    return float(year.total(_curtailed(year)).sum()) / available if available > 0 else 0.0


def _price(prices: pd.DataFrame, equation: str, unit: str) -> float:
    found = prices["price"][(prices["equation"] == equation) & (prices["unit"] == unit)]
    return float(found.sum())
