"""Siting problems of further points: figures put into a model that stands give what a fresh model gives, exactly."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pyomo.environ as pyo
import pytest
from toy import change, everything_on, full_system, random_system

from optimizer.milestones import Inputs, LinearProgramme
from optimizer.model.build import build_siting, restate_siting
from optimizer.model.coupling import Periods, year_of_weeks
from optimizer.run_desk import Desk
from optimizer.run_pathway import of_year
from optimizer.run_siting import SitingDesk
from optimizer.scenario.load import load_scenario, shipped_scenarios
from optimizer.scenario.options import RunOptions
from optimizer.solve.compile import Compiler, compile_programme

WEIGHTS = (1.0, 2.0)
TABLES = (
    "areas", "sites", "reinforcements", "renewables", "workloads", "operator_mix", "modes", "demand", "routes",
    "interties", "storage", "fleets", "site_resources", "fibre_links", "capture_lines", "capture_offers",
    "capture_segments",
)  # fmt: skip
UNREAD = {
    "rtt_ms", "km", "lon", "lat", "frequency_hz", "existing_it_gw", "pue_mean", "min_gw", "co2_kt_per_gwh",
    "rtt_limit_ms", "flexible_share", "load_gw", "share", "charge_efficiency", "discharge_efficiency",
    "cost_jpy_bn_per_gwh", "energy_gwh",
}  # fmt: skip
"""Columns the siting problem does not read, or only for stores that are none here."""


def differences(one: LinearProgramme, other: LinearProgramme) -> list[str]:
    """Names of what is not the same to the last bit."""
    found = []
    for field in fields(LinearProgramme):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name in ("equations", "variables"):
            same = list(mine) == list(theirs) and all(
                mine[name].keys == theirs[name].keys and _same(mine[name].at, theirs[name].at)
                for name in mine
            )
        elif field.name == "matrix":
            parts = ((getattr(mine, n), getattr(theirs, n)) for n in ("data", "indices", "indptr"))
            same = mine.shape == theirs.shape and all(_same(a, b) for a, b in parts)
        else:
            same = _same(np.asarray(mine), np.asarray(theirs))
        found += [] if same else [field.name]
    return found


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def fresh(inputs: Inputs) -> LinearProgramme:
    return compile_programme(build_siting(inputs, WEIGHTS), hourly=False)


@cache
def standing() -> tuple[Inputs, LinearProgramme, pyo.ConcreteModel, Compiler]:
    """A system with every law, and its model, which all tests of one figure use one after another."""
    inputs = everything_on()
    model = build_siting(inputs, WEIGHTS)
    return inputs, fresh(inputs), model, Compiler(model)


def restated(inputs: Inputs) -> LinearProgramme:
    _, _, model, compiler = standing()
    return compiler.again(*restate_siting(model, inputs, WEIGHTS))


def figures() -> list[str]:
    """Every number the siting problem reads, by table and column, and settings."""
    inputs = everything_on()
    columns = [
        f"{table}.{column}"
        for table in TABLES
        for column, values in getattr(inputs, table).items()
        if values.dtype.kind == "f"
        and column not in UNREAD
        and (values != 0.0).any()
        and column != "max_share"  # 0.9 of 1 is another rule, so another set
    ]
    return [*columns, *(f"settings.{name}" for name in SETTINGS), "pue", "profile"]


SETTINGS = (
    "min_regional_share", "additionality", "nonfirm_hours", "matching_share", "co2_cap_kt", "max_hazard",
    "land_km2_per_gw", "water_hm3_per_gwh", "adequacy_margin", "firm_capacity_jpy_bn_per_gw_a", "capture_share",
    "budget_jpy_bn", "capture_value_jpy_per_jpy", "block_gw",
)  # fmt: skip


@pytest.mark.parametrize("key", figures())
def test_a_figure_put_into_a_standing_model_is_compiled_as_in_a_fresh_one(key):
    """0.9 of each figure in turn, then the figure again; a law that missed its parameter would stay as it was."""
    inputs, before, _, _ = standing()
    table, _, name = key.partition(".")
    old = getattr(getattr(inputs, table), name) if name else getattr(inputs, table)
    other = change(inputs, key, old * 0.9 if name else _row_by_row(old))
    expected = fresh(other)
    assert differences(before, expected), "the figure is read"
    assert differences(restated(other), expected) == []
    assert differences(restated(inputs), before) == []


def _row_by_row(values: np.ndarray) -> np.ndarray:
    return values[0] * 0.95


def test_other_groups_of_the_same_sets_are_summed_over_again():
    """Two sites change places between areas: a law that kept its old sum would differ from the fresh one."""
    inputs = everything_on()
    sites = inputs.sites
    first = sites.index[0]
    second = sites.index[(sites["area"] != sites["area"].iloc[0]).to_numpy()][0]
    swap = {first: sites.at[second, "area"], second: sites.at[first, "area"]}
    other = change(inputs, "sites.area", swap)
    metropolitan = {str(sites.at[first, "area"]), str(sites.at[second, "area"])}
    kept, other = (
        change(i, "settings.metropolitan_areas", tuple(sorted(metropolitan))) for i in (inputs, other)
    )
    model = build_siting(kept, WEIGHTS)
    compiler = Compiler(model)
    differ, written = restate_siting(model, other, WEIGHTS)
    assert {"regional_cap", "adequacy", "distribution_as_today"} <= written <= differ
    expected = fresh(other)
    assert differences(expected, fresh(kept))
    assert differences(compiler.again(differ, written), expected) == []


def test_a_point_that_fails_leaves_nothing_behind():
    inputs = everything_on()
    periods: Periods = [(np.arange(24), weight) for weight in WEIGHTS]
    desk = SitingDesk()
    desk.problems(inputs, periods, ())
    wrong = change(change(inputs, "sites.headroom_gw", 7.0), "interties.expansion_limit_gw", float("nan"))
    with pytest.raises(ValueError, match="line_limit"):
        desk.problems(wrong, periods, ())
    other = change(inputs, "sites.site_limit_gw", 9.0)
    assert differences(desk.problems(other, periods, ())[0], fresh(other)) == []


def test_other_sets_are_written_afresh_and_weights_have_their_own_problem():
    """Systems of other areas, sites and rules one after another on one desk, with a seed of its own weight."""
    desk = SitingDesk()
    year: Periods = [(np.arange(24), weight) for weight in WEIGHTS]
    seed: Periods = [(np.arange(24), 3.0)]
    for inputs in (everything_on(), random_system(1)[0], full_system(2)[0], everything_on(), everything_on()):
        siting, seed_siting = desk.problems(inputs, year, seed)
        assert differences(siting, fresh(inputs)) == []
        weights = (3.0,) if len(seed_siting.variables["match_budget"].at) == 1 else WEIGHTS
        assert differences(seed_siting, compile_programme(build_siting(inputs, weights), hourly=False)) == []


@cache
def shipped(name: str) -> list[Inputs]:
    """Inputs of a shipped scenario, of each of its target years where it has several."""
    loaded = load_scenario(name)
    years = loaded.scenario.pathway.years if loaded.scenario.pathway else (None,)
    options = RunOptions(
        output=None, goal=None, preview=False, lang="en", weeks=2, keep_model=False, workers=None
    )
    return [DESK.inputs(loaded if year is None else of_year(loaded, year), options) for year in years]


DESK, SITING = Desk(), SitingDesk()


@pytest.mark.parametrize("name", sorted(shipped_scenarios()))
def test_shipped_scenarios_on_one_desk_are_compiled_as_afresh(name):
    """Each, its target years, and each with other costs and limits drawn anew, after what stood there before."""
    periods = year_of_weeks(2)
    weights = [weight for _, weight in periods]
    for number, inputs in enumerate(shipped(name)):
        for one in (inputs, _drawn(inputs, number)):
            expected = compile_programme(build_siting(one, weights), hourly=False)
            assert differences(SITING.problems(one, periods, ())[0], expected) == []


def _drawn(inputs: Inputs, seed: int) -> Inputs:
    draw = np.random.default_rng(seed)
    for key in ("sites.headroom_gw", "sites.building_jpy_bn_per_gw_a", "renewables.cost_jpy_bn_per_gw_a",
                "routes.fibre_jpy_bn_per_gw_a", "demand.demand_gw", "interties.expansion_limit_gw"):  # fmt: skip
        table, column = key.split(".")
        values = getattr(inputs, table)[column].to_numpy()
        inputs = change(inputs, key, values * draw.uniform(0.6, 1.4, len(values)))
    share = replace(inputs.settings, min_regional_share=0.1, additionality=0.7)
    return replace(inputs, settings=share)
