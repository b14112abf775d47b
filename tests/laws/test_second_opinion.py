"""A second opinion: other solvers on our matrices, and the programme written down again from the design text.

`independent_cost` reads only the files of `inputs/assembled/`, as anyone who has a run folder could, and writes the
linear programme of the formulation in its own words: one `sold[n, c, r, k]` instead of our `hosted` and `run`, one
signed pair of flows, one column per law in plain scipy. It shares no code, matrix or name order with the model.
"""

from __future__ import annotations

import io
import json
from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog
from toy import Periods, change, programme_of, random_system, solved, toy

from optimizer.export.assembled import assembled_files
from optimizer.milestones import LinearProgramme
from optimizer.solve.stacked import solve_stacked, stack

AGREE = 1e-6


class Ledger:
    """Rows and columns of a linear programme, by name."""

    def __init__(self) -> None:
        self.columns: dict[tuple, int] = {}
        self.cost: list[float] = []
        self.rows: dict[str, list[tuple[dict[int, float], float]]] = {"<=": [], "=": []}

    def price(self, name: tuple, cost: float) -> None:
        self.cost[self.at(name)] += cost

    def at(self, name: tuple) -> int:
        if name not in self.columns:
            self.columns[name] = len(self.columns)
            self.cost.append(0.0)
        return self.columns[name]

    def law(self, terms: list[tuple[float, tuple]], sense: str, right: float) -> None:
        row: dict[int, float] = defaultdict(float)
        for factor, name in terms:
            row[self.at(name)] += factor
        if sense == ">=":
            row, right, sense = {i: -v for i, v in row.items()}, -right, "<="
        self.rows[sense].append((row, right))

    def least_cost(self, method: str) -> float:
        parts = {}
        for sense, rows in self.rows.items():
            entries = [(i, j, v) for i, (row, _) in enumerate(rows) for j, v in row.items()]
            i, j, v = map(np.array, zip(*entries, strict=True))
            matrix = sp.csr_matrix((v, (i.astype(int), j.astype(int))), shape=(len(rows), len(self.cost)))
            parts[sense] = (matrix, np.array([right for _, right in rows]))
        found = linprog(self.cost, *parts["<="], *parts["="], bounds=(0, None), method=method)
        assert found.status == 0, found.message
        return float(found.fun)


def independent_cost(files: Mapping[str, bytes], periods: Periods, method: str = "highs-ds") -> float:
    """System cost [JPY bn/a] of the programme as the design text has it, from the files of a run folder."""
    table = {
        name.split("/")[1].split(".")[0]: pd.read_parquet(io.BytesIO(data))
        if name.endswith("parquet")
        else pd.read_csv(io.BytesIO(data))
        for name, data in files.items()
        if not name.endswith("json")
    }
    rules = json.loads(files["assembled/settings.json"])
    lp = Ledger()
    _siting(lp, table, rules)
    for period in periods:
        _dispatch(lp, table, rules, period)
    return lp.least_cost(method)


def _siting(lp: Ledger, table: dict[str, pd.DataFrame], rules: dict) -> None:
    modes, sites = list(table["modes"]["mode"]), table["sites"].set_index("site")
    utilisation = table["workloads"].set_index("workload")["utilisation"]
    sold = [(n, c, r, k) for n, c, r in table["routes"][["node", "workload", "site"]].itertuples(index=False) for k in modes]  # fmt: skip
    for row in table["routes"].itertuples():
        for k in modes:
            lp.price(("sold", row.node, row.workload, row.site, k), row.fibre_jpy_bn_per_gw_a)
    for d in table["demand"].itertuples():
        served = [(1.0, ("sold", *key)) for key in sold if key[:2] == (d.node, d.workload)]
        if rules["allow_abroad"]:
            lp.price(("abroad", d.node, d.workload), d.abroad_jpy_bn_per_gw_a)
            served.append((1.0, ("abroad", d.node, d.workload)))
        lp.law(served, "=", d.demand_gw)
    for r, site in sites.iterrows():
        it = [(1.0, ("it", r, k)) for k in modes]
        for k in modes:
            lp.price(("it", r, k), site.building_jpy_bn_per_gw_a + site.land_jpy_bn_per_gw_a)
            run = [(1.0 / utilisation[key[1]], ("sold", *key)) for key in sold if key[2:] == (r, k)]
            lp.law([*run, (-1.0, ("it", r, k))], "<=", site.spare_it_gw if k == "domestic" else 0.0)
        lp.price(("firm", r), site.connection_jpy_bn_per_gw_a)
        lp.law([(site.pue_peak * f, v) for f, v in it] + [(-1.0, ("firm", r))], "<=", 0.0)
        steps = table["reinforcements"][table["reinforcements"]["site"] == r]
        lp.law([(1.0, ("firm", r))] + [(-1.0, ("step", r, j)) for j in steps["step"]], "<=", site.headroom_gw)
        lp.law(it, "<=", site.site_limit_gw)
    for s in table["reinforcements"].itertuples():
        lp.price(("step", s.site, s.step), s.cost_jpy_bn_per_gw_a)
        lp.law([(1.0, ("step", s.site, s.step))], "<=", s.size_gw)
    for e in table["renewables"].itertuples():
        lp.price(("re", e.site, e.technology), e.cost_jpy_bn_per_gw_a)
        lp.law([(1.0, ("re", e.site, e.technology))], "<=", e.limit_gw)
    for b in table["storage"][table["storage"]["storage"] == "battery"].itertuples():
        lp.price(("battery_gw", b.area), b.power_jpy_bn_per_gw_a)
        lp.price(("battery_gwh", b.area), b.energy_jpy_bn_per_gwh_a)
        lp.law([(1.0, ("battery_gw", b.area))], "<=", b.expansion_limit_gw)
    for i in table["interties"].itertuples():
        lp.price(("line", i.intertie), i.expansion_jpy_bn_per_gw_a)
        lp.law([(1.0, ("line", i.intertie))], "<=", i.expansion_limit_gw)
    _rules(lp, table, rules, sold)


def _rules(lp: Ledger, table: dict[str, pd.DataFrame], rules: dict, sold: list[tuple]) -> None:
    modes, sites = list(table["modes"]["mode"]), table["sites"].set_index("site")
    by_site = table["hours_sites"].groupby("site", observed=True)
    pue = {r: frame["pue"].to_numpy() for r, frame in by_site}
    load = {
        c: f["load_pu"].to_numpy() for c, f in table["hours_workloads"].groupby("workload", observed=True)
    }
    drawn = [(8760.0 * float(np.mean(pue[key[2]] * load[key[1]])), ("sold", *key)) for key in sold]
    made = [
        (8760.0 * float(by_site.get_group(e.site)[f"{e.technology}_cf"].mean()), ("re", e.site, e.technology))
        for e in table["renewables"].itertuples()
    ]
    lp.law(made + [(-rules["additionality"] * f, v) for f, v in drawn], "<=", 0.0)
    for m in table["operator_mix"].itertuples():
        every = [("sold", *key) for key in sold if key[1] == m.workload]
        own = [(1.0, v) for v in every if v[-1] == m.mode]
        lp.law(own + [(-m.min_share, v) for v in every], ">=", 0.0)
        lp.law(own + [(-m.max_share, v) for v in every], "<=", 0.0)
    share = rules["min_regional_share"]
    it = [("it", r, k) for r in sites.index for k in modes]
    outside = [(1.0, v) for v in it if sites.loc[v[1], "area"] not in rules["metropolitan_areas"]]
    lp.law(outside + [(-share, v) for v in it], ">=", 0.0)
    if rules["distribution"] == "as_today":
        for a in table["areas"].itertuples():
            inside = [(1.0, v) for v in it if sites.loc[v[1], "area"] == a.area]
            lp.law(inside + [(-a.as_today_share, v) for v in it], "=", 0.0)


def _dispatch(lp: Ledger, table: dict[str, pd.DataFrame], rules: dict, period: tuple) -> None:
    hours, weight = period
    of_area = dict(list(table["hours_areas"].groupby("area", observed=True)))
    sites, modes = table["sites"].set_index("site"), list(table["modes"]["mode"])
    of_site = {
        r: f.set_index("hour").to_dict() for r, f in table["hours_sites"].groupby("site", observed=True)
    }
    load = {
        c: f.set_index("hour")["load_pu"].to_dict()
        for c, f in table["hours_workloads"].groupby("workload", observed=True)
    }
    routes = list(table["routes"][["node", "workload", "site"]].itertuples(index=False, name=None))
    renewables = list(table["renewables"].itertuples())
    area_of = dict(sites["area"])
    fleets, storage, links = (list(table[name].itertuples()) for name in ("fleets", "storage", "interties"))
    for a in table["areas"]["area"]:
        frame = of_area[a].set_index("hour")
        existing = frame[[c for c in frame if c.startswith("existing_")]].sum(axis=1)
        must_run = frame[
            [c for c in frame if not c.startswith(("existing_", "demand_")) and c != "area"]
        ].sum(axis=1)
        for t in hours:
            terms: list[tuple[float, tuple]] = [
                (1.0, ("shed", a, t)),
                (-1.0, ("spill", a, t)),
                (1.0, ("used", a, t)),
            ]
            lp.price(("shed", a, t), weight * rules["voll_jpy_bn_per_gwh"])
            lp.price(("spill", a, t), weight * rules["spill_jpy_bn_per_gwh"])
            new = [(-of_site[e.site][f"{e.technology}_cf"][t], ("re", e.site, e.technology))
                   for e in renewables if area_of[e.site] == a]  # fmt: skip
            lp.law([(1.0, ("used", a, t)), *new], "<=", existing[t])
            for f in (f for f in fleets if f.area == a):
                lp.price(("gen", a, f.fleet, t), weight * f.cost_jpy_bn_per_gwh)
                lp.law([(1.0, ("gen", a, f.fleet, t))], "<=", f.available_gw)
                lp.law([(1.0, ("gen", a, f.fleet, t))], ">=", f.min_gw)
                terms.append((1.0, ("gen", a, f.fleet, t)))
            for s in (s for s in storage if s.area == a):
                terms += [(1.0, ("out", a, s.storage, t)), (-1.0, ("in", a, s.storage, t))]
                before = hours[-1] if t == hours[0] else t - 1
                lp.law([(1.0, ("level", a, s.storage, t)), (-1.0, ("level", a, s.storage, before)),
                        (-s.charge_efficiency, ("in", a, s.storage, t)),
                        (1.0 / s.discharge_efficiency, ("out", a, s.storage, t))], "=", 0.0)  # fmt: skip
                more = [(-1.0, ("battery_gw", a))] if s.storage == "battery" else []
                longer = [(-1.0, ("battery_gwh", a))] if s.storage == "battery" else []
                lp.law([(1.0, ("in", a, s.storage, t)), *more], "<=", s.power_gw)
                lp.law([(1.0, ("out", a, s.storage, t)), *more], "<=", s.power_gw)
                lp.law([(1.0, ("level", a, s.storage, t)), *longer], "<=", s.energy_gwh)
            for i in links:
                if i.from_area == a:
                    terms += [(-1.0, ("there", i.intertie, t)), (1.0 - i.loss_share, ("back", i.intertie, t))]
                    lp.law(
                        [(1.0, ("there", i.intertie, t)), (-1.0, ("line", i.intertie))], "<=", i.forward_gw
                    )
                    lp.law([(1.0, ("back", i.intertie, t)), (-1.0, ("line", i.intertie))], "<=", i.reverse_gw)
                if i.to_area == a:
                    terms += [(-1.0, ("back", i.intertie, t)), (1.0 - i.loss_share, ("there", i.intertie, t))]
            terms += [(-of_site[r]["pue"][t] * load[c][t], ("sold", n, c, r, k))
                      for n, c, r in routes if area_of[r] == a for k in modes]  # fmt: skip
            lp.law(terms, "=", float(frame["demand_gw"][t] - must_run[t]))


def scipy_cost(programme: LinearProgramme, method: str) -> float:
    """Give our unreduced matrices to scipy: rows as rows, no bound of ours among them."""
    equal = programme.lower == programme.upper
    up, down = ~equal & np.isfinite(programme.upper), ~equal & np.isfinite(programme.lower)
    matrix = programme.matrix
    found = linprog(
        programme.cost,
        sp.vstack([matrix[up], -matrix[down]]),
        np.concatenate([programme.upper[up], -programme.lower[down]]),
        matrix[equal],
        programme.lower[equal],
        bounds=np.column_stack([programme.column_lower, programme.column_upper]),
        method=method,
    )
    assert found.status == 0, found.message
    return float(found.fun)


@pytest.mark.parametrize("seed", [0, 5])
def test_independent_programme_finds_our_cost(seed):
    """Proves model, coupling, stamping and decomposition against the design text, everything on."""
    inputs, periods = random_system(seed)
    ours, theirs = solved(inputs, periods).cost, independent_cost(assembled_files(inputs), periods)
    assert ours == pytest.approx(theirs, rel=AGREE)


def test_independent_programme_would_notice_a_missing_law():
    """Counterfactual: the second opinion is no rubber stamp; one law changed in the files moves its cost."""
    inputs, periods = random_system(5)
    periods = periods[:1]
    ours = solved(inputs, periods).cost
    for key, value in (
        ("workloads.utilisation", 0.4), ("interties.loss_share", 0.3), ("storage.discharge_efficiency", 0.5),
    ):  # fmt: skip
        other = independent_cost(assembled_files(change(inputs, key, value)), periods)
        assert abs(other - ours) > 1e-5 * ours, key


def test_independent_programme_agrees_on_paper_arithmetic():
    """Default toy: 438 without the plan, 187.6 for it: the independent programme is right by hand, too."""
    inputs = toy()
    cost = independent_cost(assembled_files(inputs), [(np.arange(24), 365.0)])
    assert cost == pytest.approx(438.0 + 187.6, rel=1e-9)


@pytest.mark.parametrize("seed", [3, 8])
@pytest.mark.parametrize("method", ["highs-ds", "highs-ipm"])
def test_scipy_agrees_on_our_matrices(seed, method):
    """Proves the bounds reduction, the solver door and the stack: another solver interface, unreduced rows."""
    inputs, periods = random_system(seed)
    programme = programme_of(inputs, periods)
    assert scipy_cost(stack(programme), method) == pytest.approx(
        solve_stacked(programme, 60.0).objective, rel=AGREE
    )
