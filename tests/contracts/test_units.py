"""Units of both problems; and the rule that makes the year fast: no number of the hour in the dispatch matrix."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.util.check_units import assert_units_consistent, assert_units_equivalent
from toy import change, everything_on

from optimizer.milestones import Inputs, LinearProgramme
from optimizer.model import units as u
from optimizer.model.build import WITHOUT_HOUR, build_dispatch, build_siting
from optimizer.model.coupling import coupling_matrix, period_limits
from optimizer.solve.compile import compile_programme

HOURS = 24


@cache
def system() -> Inputs:
    """Every table filled, every rule on."""
    return everything_on()


@cache
def models() -> tuple[pyo.ConcreteModel, pyo.ConcreteModel]:
    return build_siting(system()), build_dispatch(system(), HOURS)


def compiled_block(model: pyo.ConcreteModel) -> LinearProgramme:
    return compile_programme(model, hourly=True, without_hour=WITHOUT_HOUR)


@pytest.mark.parametrize("number", [0, 1])
def test_units_are_consistent(number):
    """Every law and both objectives: GW with GW, GWh with GWh, JPY bn/a with JPY bn/a."""
    assert_units_consistent(models()[number])


@pytest.mark.parametrize("number", [0, 1])
def test_every_parameter_and_variable_has_a_unit(number):
    for component in models()[number].component_objects((pyo.Param, pyo.Var)):
        one = next(iter(component.values())) if component.is_indexed() else component
        assert pyo.units.get_units(one) is not None, component.name


def test_objectives_are_money():
    """Siting in JPY bn a year, dispatch in JPY bn of the period: the weight makes the year."""
    siting, dispatch = models()
    assert_units_equivalent(siting.objective.expr, u.MONEY_PER_YEAR)
    assert_units_equivalent(dispatch.objective.expr, u.MONEY)


def test_inconsistent_units_would_be_noticed():
    """Counterfactual: a law that compares energy with power must fail the check."""
    model = pyo.ConcreteModel()
    model.power = pyo.Var(units=u.POWER)
    model.energy = pyo.Var(units=u.ENERGY)
    model.wrong = pyo.Constraint(expr=model.power <= model.energy)
    with pytest.raises(Exception, match=r"[Uu]nits"):
        assert_units_consistent(model)


def test_dispatch_matrix_knows_no_hour():
    """Compiled for another year of weather, demand and load, matrix and costs are the same, entry by entry.

    Of the PUE the matrix may know the mean over the year, never the hour: it swings about the same mean here.
    """
    inputs = change(system(), "pue", 1.25)
    draw = np.random.default_rng(1)
    other = inputs
    for key in ("demand_gw", "must_run_gw", "existing_cf", "site_cf"):
        shape = getattr(inputs.hours, key).shape
        other = change(other, key, draw.uniform(0.1, 0.9, shape))
    swing = np.resize([1.0, 1.5], inputs.pue.shape[1])
    other = change(change(other, "pue", swing), "profile", 0.7)
    one, two = (compiled_block(build_dispatch(i, HOURS)) for i in (inputs, other))
    assert (one.matrix != two.matrix).nnz == 0
    assert (one.cost == two.cost).all()
    assert (one.lower == two.lower).all()
    assert (one.upper == two.upper).all()


def test_dispatch_matrix_repeats_every_hour():
    """Each hour of a law has the same coefficients, so none of them can vary with time."""
    block = compiled_block(models()[1])
    for name, rows in block.equations.items():
        for of_key in rows.at:
            entries = {tuple(sorted(block.matrix[row].data.round(12))) for row in of_key}
            assert len(entries) == 1, name
    for name, columns in block.variables.items():
        for of_key in columns.at:
            assert len(set(block.cost[of_key])) == 1, name


def _write_area_numbers(
    model: pyo.ConcreteModel, inputs: Inputs, at: tuple[int, int],
    decided: tuple[np.ndarray, np.ndarray, dict[str, float]],
) -> None:  # fmt: skip
    """Load, machines, weather and connections of every area in one hour, from the formulation."""
    (t, hour), (hosted, built, weak), year = at, decided, inputs.hours
    waits, used = (inputs.workloads[c].to_numpy() for c in ("flexible_share", "utilisation"))
    for i, area in enumerate(inputs.areas.index):
        inside = [r for r in range(len(inputs.sites)) if inputs.sites["area"].iloc[r] == area]
        load, flexible, idle = 0.0, 0.0, 0.0
        for r in inside:
            for c in range(len(inputs.workloads)):
                one, pue = inputs.profile[c, hour], inputs.pue[r, hour]
                load += pue * one * hosted[r, c]
                flexible += waits[c] * pue * one * hosted[r, c]
                idle += pue * max(0.0, 1 / used[c] - one) * hosted[r, c] if waits[c] > 0 else 0.0
        model.net_demand[area, t] = year.demand_gw[i, hour] - year.must_run_gw[i, :, hour].sum()
        model.dc_load[area, t], model.flexible_load[area, t] = load, flexible
        model.idle_computing[area, t], model.gateway[area, t] = idle, inputs.settings.gateway_gw
        model.nonfirm_connection[area, t] = sum(weak[inputs.sites.index[r]] for r in inside)
        model.existing_available[area, t] = year.existing_cf[i, :, hour] @ inputs.renewables_existing_gw[i]
        new = sum(
            gw * year.site_cf[inputs.sites.index.get_loc(r), inputs.technologies.index(g), hour]
            for (r, g), gw in zip(inputs.renewables.index, built, strict=True)
            if inputs.sites.loc[r, "area"] == area
        )
        model.new_available[area, t] = model.contractable[area, t] = new
        least = sum(fleet["min_gw"] for (a, _), fleet in inputs.fleets.iterrows() if a == area)
        model.unavoidable_spill[area, t] = max(0.0, least - pyo.value(model.net_demand[area, t]))


def test_stamped_limits_are_what_pyomo_gives_with_the_numbers_in_place():
    """Write the numbers of an hour and a decision into Pyomo's mutable parameters: the compiled limits must be ours.

    Independent of the coupling matrix: load, weather and capacity are computed here from the formulation.
    """
    inputs, hours = system(), np.arange(HOURS) + 12
    draw = np.random.default_rng(3)
    sites, classes = len(inputs.sites), len(inputs.workloads)
    hosted = draw.uniform(0, 1, (sites, classes))
    built = draw.uniform(0, 1, len(inputs.renewables))
    power, energy = (
        dict(zip(inputs.areas.index, draw.uniform(0, 1, len(inputs.areas)), strict=True)) for _ in "pe"
    )
    line = dict(zip(inputs.interties.index, draw.uniform(0, 1, len(inputs.interties)), strict=True))
    batteries = [area for area, kind in inputs.storage.index if kind == "battery"]
    weak = dict(zip(inputs.sites.index, draw.uniform(0, 1, sites), strict=True))
    stopped = dict(zip(inputs.areas.index, draw.uniform(0, 9, len(inputs.areas)), strict=True))
    to_match, allowed = draw.uniform(0, 9, 2)
    model = build_dispatch(inputs, HOURS)
    for t, hour in enumerate(hours):
        _write_area_numbers(model, inputs, (t, int(hour)), (hosted, built, weak))
        for key, fleet in inputs.fleets.iterrows():
            model.available[key, t], model.minimum[key, t] = fleet["available_gw"], fleet["min_gw"]
        for (area, kind), store in inputs.storage.iterrows():
            battery = kind == "battery"
            model.storage_power[area, kind, t] = store["power_gw"] + battery * power[area]
            model.storage_energy_limit[area, kind, t] = store["energy_gwh"] + battery * energy[area]
        for link, tie in inputs.interties.iterrows():
            model.forward_capacity[link, t] = tie["forward_gw"] + line[link]
            model.backward_capacity[link, t] = tie["reverse_gw"] + line[link]
    for area in inputs.areas.index:
        model.interruptible[area] = stopped[area]
    model.to_match["nation"], model.co2_allowed["nation"] = to_match, allowed
    theirs, block = compiled_block(model), compiled_block(models()[1])
    z = np.concatenate(
        [
            hosted.ravel(),
            built,
            [power[a] for a in batteries],
            [energy[a] for a in batteries],
            list(line.values()),
            list(weak.values()),
            list(stopped.values()),
            [to_match],
            [allowed],
        ]
    )
    lower, upper = period_limits(inputs, block, hours)
    shift = coupling_matrix(inputs, block, hours) @ z
    assert (theirs.matrix != block.matrix).nnz == 0
    np.testing.assert_allclose(lower + shift, theirs.lower, atol=1e-9)
    np.testing.assert_allclose(upper + shift, theirs.upper, atol=1e-9)
