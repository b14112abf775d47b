"""A second opinion for the dispatch: the same hours written as a PyPSA network, solved by PyPSA's own equations.

Areas are buses, fleets and new and existing renewables are generators, interties a link each way with its losses,
storage a store behind two links with its own power and losses, shedding a dear generator, spilling a sink. PyPSA
reads our `Inputs` only: no matrix, no coupling, no stamped limit. The plan's batteries, lines, renewables and load are
put in as numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from toy import change, programme_of, random_system

from optimizer.milestones import Array, Inputs
from optimizer.run import make_inputs, read_asked_pack
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions
from optimizer.solve.workers import SerialEvaluator

AGREE = 1e-6
MUCH = 1e4


@dataclass(frozen=True)
class Decision:
    """What a plan gives the grid, in the units and order of `Inputs`."""

    hosted: Array
    renewable: Array
    battery_power: Mapping[str, float]
    battery_energy: Mapping[str, float]
    line: Mapping[str, float]

    def interface(self) -> Array:
        parts = (self.battery_power, self.battery_energy, self.line)
        return np.concatenate([self.hosted.ravel(), self.renewable, *(list(part.values()) for part in parts)])


@pytest.fixture(scope="module")
def pypsa() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(
            "pypsa", reason="PyPSA is not installed: pip install -r requirements-dev.txt"
        )


def some_decision(inputs: Inputs, seed: int) -> Decision:
    """A bit of everything, drawn, within the limits."""
    draw = np.random.default_rng(seed)
    batteries = [area for area, kind in inputs.storage.index if kind == "battery"]
    power = {area: draw.uniform(0.1, 0.5) for area in batteries}
    return Decision(
        hosted=draw.uniform(0.02, 0.3, (len(inputs.sites), len(inputs.workloads))),
        renewable=draw.uniform(0.1, 0.5, len(inputs.renewables)),
        battery_power=power,
        battery_energy={area: gw * draw.uniform(1, 6) for area, gw in power.items()},
        line={link: draw.uniform(0.0, 0.3) for link in inputs.interties.index},
    )


def ours(inputs: Inputs, decision: Decision, hours: Array) -> tuple[float, Array]:
    """Cost [JPY bn] and area prices [area, hour] of our dispatch of one period at the decision."""
    programme = programme_of(inputs, [(hours, 1.0)])
    workers = SerialEvaluator()
    workers.load(programme.blocks, programme.periods)
    (found,) = workers.details([0], decision.interface())
    return found.evaluation.cost, found.dual["energy_balance"]


def network(pypsa: ModuleType, inputs: Inputs, decision: Decision, hours: Array) -> Any:
    """The same hours as a PyPSA network; GW, GWh and JPY bn throughout."""
    n = pypsa.Network(snapshots=range(len(hours)))
    area_of, year, rules = inputs.sites["area"].to_numpy(), inputs.hours, inputs.settings
    it = inputs.pue[:, hours] * (decision.hosted @ inputs.profile[:, hours])
    for i, a in enumerate(inputs.areas.index):
        n.add("Bus", a)
        must_run = year.must_run_gw[i][:, hours].sum(axis=0)
        n.add("Load", f"{a} demand", bus=a, p_set=year.demand_gw[i, hours] - must_run)
        n.add("Load", f"{a} data centers", bus=a, p_set=it[area_of == a].sum(axis=0))
        n.add("Generator", f"{a} shed", bus=a, p_nom=MUCH, marginal_cost=rules.voll_jpy_bn_per_gwh)
        spill = {"p_min_pu": -1.0, "p_max_pu": 0.0, "marginal_cost": -rules.spill_jpy_bn_per_gwh}
        n.add("Generator", f"{a} spill", bus=a, p_nom=MUCH, **spill)
        for j, kind in enumerate(inputs.technologies):
            built = inputs.renewables_existing_gw[i, j]
            n.add("Generator", f"{a} {kind}", bus=a, p_nom=built, p_max_pu=year.existing_cf[i, j, hours])
    for (site, kind), gw in zip(inputs.renewables.index, decision.renewable, strict=True):
        cf = year.site_cf[inputs.sites.index.get_loc(site), inputs.technologies.index(kind)][hours]
        n.add("Generator", f"new {site} {kind}", bus=inputs.sites.loc[site, "area"], p_nom=gw, p_max_pu=cf)
    for (a, name), fleet in inputs.fleets.iterrows():
        size = fleet["available_gw"]
        least = {"p_min_pu": fleet["min_gw"] / size} if size > 0 else {}
        n.add(
            "Generator", f"{a} {name}", bus=a, p_nom=size, marginal_cost=fleet["cost_jpy_bn_per_gwh"], **least
        )
    for (a, kind), store in inputs.storage.iterrows():
        battery = kind == "battery"
        power = store["power_gw"] + (decision.battery_power[a] if battery else 0.0)
        energy = store["energy_gwh"] + (decision.battery_energy[a] if battery else 0.0)
        inside = f"{a} {kind}"
        into, out = store["charge_efficiency"], store["discharge_efficiency"]
        n.add("Bus", inside)
        n.add("Store", inside, bus=inside, e_nom=energy, e_cyclic=True)
        n.add("Link", f"{inside} in", bus0=a, bus1=inside, p_nom=power, efficiency=into)
        n.add("Link", f"{inside} out", bus0=inside, bus1=a, p_nom=power / out, efficiency=out)
    for name, tie in inputs.interties.iterrows():
        more, kept = decision.line[name], 1.0 - tie["loss_share"]
        one, two = tie["from_area"], tie["to_area"]
        n.add("Link", f"{name} there", bus0=one, bus1=two, p_nom=tie["forward_gw"] + more, efficiency=kept)
        n.add("Link", f"{name} back", bus0=two, bus1=one, p_nom=tie["reverse_gw"] + more, efficiency=kept)
    return n


def theirs(pypsa: ModuleType, inputs: Inputs, decision: Decision, hours: Array) -> tuple[float, Array]:
    """Cost [JPY bn] and area prices [area, hour] of the network, solved by HiGHS as PyPSA calls it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        n = network(pypsa, inputs, decision, hours)
        status, condition = n.optimize(solver_name="highs", log_to_console=False)
        assert (status, condition) == ("ok", "optimal")
        prices = n.buses_t.marginal_price[list(inputs.areas.index)]
        return float(n.objective), prices.to_numpy().T


@pytest.mark.parametrize("seed", [5, pytest.param(12, marks=pytest.mark.full)])
def test_pypsa_finds_our_dispatch_cost_and_prices(seed, pypsa):
    """Same cost to 1e-6. Prices: where demand is moved a little either way and both slopes agree, theirs is ours."""
    inputs, periods = random_system(seed)
    hours, decision = periods[0][0][:24], some_decision(inputs, seed)
    (cost, price), (their_cost, their_price) = (
        ours(inputs, decision, hours),
        theirs(pypsa, inputs, decision, hours),
    )
    assert their_cost == pytest.approx(cost, rel=AGREE)
    same = np.isclose(price, their_price, rtol=1e-6, atol=1e-9)
    assert same.mean() > 0.5
    kinks = 0
    for a, t in np.argwhere(~same)[:2]:
        left, right = slopes(inputs, decision, hours, (int(a), int(t)))
        allowed = 1e-4 * max(abs(left), abs(right))
        for one in (price[a, t], their_price[a, t]):
            assert left - allowed <= one <= right + allowed
        kinks += right - left > allowed
    assert kinks == len(np.argwhere(~same)[:2]), "prices differ only where the cost has a kink"


def slopes(inputs: Inputs, decision: Decision, hours: Array, place: tuple[int, int]) -> tuple[float, float]:
    """Left and right slope of our dispatch cost along the demand of one area in one hour. [JPY bn/GWh]"""
    step, costs = 1e-6, []
    for s in (-1, 0, 1):
        demand = inputs.hours.demand_gw.copy()
        demand[place[0], hours[place[1]]] += s * step
        costs.append(ours(change(inputs, "demand_gw", demand), decision, hours)[0])
    return (costs[1] - costs[0]) / step, (costs[2] - costs[1]) / step


def test_pypsa_would_notice_a_wrong_number(pypsa):
    """Counterfactual: with 10 % of the losses of links left out and pumps 2 % better the costs differ by over 1e-5."""
    inputs, periods = random_system(5)
    hours, decision = periods[0][0][:24], some_decision(inputs, 5)
    other = change(inputs, "interties.loss_share", inputs.interties["loss_share"].to_numpy() * 0.9)
    other = change(other, "storage.charge_efficiency", inputs.storage["charge_efficiency"].to_numpy() * 1.02)
    cost, their_cost = ours(inputs, decision, hours)[0], theirs(pypsa, other, decision, hours)[0]
    assert abs(their_cost / cost - 1.0) > 1e-5


@pytest.mark.full
def test_pypsa_finds_the_cost_of_a_week_of_japan(pypsa):
    """Ten areas, every fleet, pumped storage and intertie of the shipped pack, a week in August, a drawn plan."""
    loaded = load_scenario("japan-2030")
    options = RunOptions(None, None, False, "en", None, False, 1)
    inputs = make_inputs(loaded, read_asked_pack(loaded, options), options)
    hours = np.arange(20 * 168, 21 * 168)
    decision = some_decision(inputs, 1)
    cost, price = ours(inputs, decision, hours)
    their_cost, their_price = theirs(pypsa, inputs, decision, hours)
    assert their_cost == pytest.approx(cost, rel=AGREE)
    assert np.isclose(price, their_price, rtol=1e-6, atol=1e-9).mean() > 0.5
