"""Points that share a grid: what is left out of a fingerprint, anchors on disk, agreement with fresh solves."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from toy import change, full_system, programme_of, random_system, seeds, silent, with_every_goal

from optimizer.milestones import Inputs, Programme, Solution
from optimizer.model.coupling import representative_days, year_of_weeks
from optimizer.model.fingerprint import cost_fingerprint, grid_fingerprint
from optimizer.run import compiled, compiled_like, restamped
from optimizer.run_desk import Bench, Desk
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions
from optimizer.solve.decompose import solve_programme
from optimizer.solve.pool import Anchor
from optimizer.solve.record import plan_gap
from optimizer.solve.reuse import anchor_from, enrich, make_anchor, recut, solve_from, solve_from_duals
from optimizer.solve.workers import Evaluation, SerialEvaluator

GAP = 1e-4


def system(seed: int) -> tuple[Inputs, Programme]:
    """A random system with its programme and a seed period; number 2 with every choice on."""
    inputs, periods = (full_system if seed == 2 else random_system)(seed)
    inputs = change(inputs, "settings.gap", GAP)
    return inputs, programme_of(inputs, periods, periods[:1])


def moved(inputs: Inputs, seed: int) -> Inputs:
    """Another siting-side point of the same grid: costs, limits, rules and demand of users drawn anew."""
    draw = np.random.default_rng(seed)
    for key in ("sites.headroom_gw", "sites.building_jpy_bn_per_gw_a", "renewables.limit_gw",
                "renewables.cost_jpy_bn_per_gw_a", "interties.expansion_jpy_bn_per_gw_a",
                "storage.energy_jpy_bn_per_gwh_a", "demand.demand_gw"):  # fmt: skip
        table, column = key.split(".")
        values = getattr(inputs, table)[column].to_numpy()
        low = 0.6 if key != "demand.demand_gw" else 0.9
        inputs = change(inputs, key, values * draw.uniform(low, 2.0 - low, len(values)))
    inputs = change(inputs, "settings.allow_abroad", True)
    return change(inputs, "settings.min_regional_share", float(draw.uniform(0.0, 0.5)))


def agree(inputs: Inputs, one: Solution, other: Solution, gap: float = GAP) -> None:
    """Both are certified, and each cost lies within the stated gap of the other's bound."""
    for solution in (one, other):
        assert solution.certificate["passed"]
        assert plan_gap(solution.lower_bound, solution.cost, solution.baseline_cost) <= gap
    assert one.baseline_cost == pytest.approx(other.baseline_cost, rel=1e-9)
    slack = gap * max(1.0, abs(other.cost - other.baseline_cost)) + 1e-9 * abs(other.cost)
    assert one.cost == pytest.approx(other.cost, abs=slack)
    assert one.lower_bound <= other.cost + slack


def identical(one: Solution, other: Solution) -> bool:
    """Same arrays bit for bit: decision, duals, hours, prices, bounds."""
    pairs = [
        (first[name], second[name])
        for part in (
            "siting",
            "siting_duals",
            "siting_reduced",
            "siting_value",
            "dispatch",
            "dispatch_duals",
            "baseline",
            "baseline_duals",
        )
        for first, second in [(getattr(one, part), getattr(other, part))]
        for name in first
    ]
    same = all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs)
    without_time = [s.bounds.drop(columns="elapsed_s") for s in (one, other)]
    return (
        same
        and one.cost == other.cost
        and without_time[0].equals(without_time[1])
        and one.rents.equals(other.rents)
    )


# --- anchors


@cache
def anchored(seed: int) -> tuple[Inputs, Programme, Solution, Anchor]:
    inputs, programme = system(seed)
    solution, anchor = make_anchor(programme, inputs.settings, SerialEvaluator(), silent, keep_duals=True)
    return inputs, programme, solution, anchor


@pytest.mark.parametrize("seed", [1, 2])
def test_an_anchor_is_the_fresh_solve_and_is_read_back_bit_for_bit(seed, tmp_path):
    inputs, programme, solution, anchor = anchored(seed)
    assert identical(solution, solve_programme(programme, inputs.settings, SerialEvaluator(), silent))
    anchor.save(tmp_path / "a" / "x.npz")
    anchor.save(tmp_path / "y.npz")
    assert (tmp_path / "a" / "x.npz").read_bytes() == (tmp_path / "y.npz").read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["x.npz"]
    again = Anchor.load(tmp_path / "y.npz")
    assert (again.name, again.grid, again.with_duals) == (anchor.name, anchor.grid, True)
    assert np.array_equal(again.plan, anchor.plan)
    for part in ("primal", "dual"):
        mine, read = getattr(anchor.known, part), getattr(again.known, part)
        assert mine.keys() == read.keys()
        assert all(np.array_equal(mine[name], read[name]) for name in mine)
    for (cuts, z), (read, z_read) in zip(anchor.known.pool, again.known.pool, strict=True):
        assert np.array_equal(z, z_read)
        assert all(same_cut(one, other) for one, other in zip(cuts, read, strict=True))
    for number, codes in anchor.bases.items():
        assert all(np.array_equal(a, b) for a, b in zip(codes, again.bases[number], strict=True))
    point = compiled_like(programme, moved(inputs, 1))
    first, second = (
        solve_from(a, point, inputs.settings, SerialEvaluator(), silent) for a in (anchor, again)
    )
    assert identical(first, second)


def same_cut(one: Evaluation, other: Evaluation) -> bool:
    plain = all(
        getattr(one, n) == getattr(other, n)
        for n in ("period", "cost", "bound", "iterations", "certificate", "attempt", "rents")
    )
    arrays = [(one.gradient, other.gradient), (one.row_dual, other.row_dual)]
    arrays += [(one.prices[n], other.prices[n]) for n in one.prices]
    return plain and one.prices.keys() == other.prices.keys() and all(np.array_equal(a, b) for a, b in arrays)


def test_a_damaged_anchor_is_refused(tmp_path):
    _, _, _, anchor = anchored(1)
    anchor.save(tmp_path / "x.npz")
    content = (tmp_path / "x.npz").read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"no archive"):
        (tmp_path / "x.npz").write_bytes(damaged)
        with pytest.raises(ValueError, match=r"x\.npz is damaged"):
            Anchor.load(tmp_path / "x.npz")


def test_an_anchor_of_another_grid_is_refused():
    inputs, _, _, anchor = anchored(1)
    _, other = system(2)
    with pytest.raises(ValueError, match="another grid"):
        solve_from(anchor, other, inputs.settings, SerialEvaluator(), silent)


@pytest.mark.parametrize("seed", seeds([1, 3, 5], [4, 6, 7]))
def test_points_agree_with_fresh_solves(seed):
    """Eight points on each of six systems, from one anchor and fresh, to the stated gap; and with fewer solves."""
    inputs, programme, _, anchor = anchored(seed)
    evaluator = SerialEvaluator()
    from_anchor = fresh = 0
    for number in range(8):
        point = compiled_like(programme, moved(inputs, 10 * seed + number))
        one = solve_from(anchor, point, inputs.settings, evaluator, silent)
        other = solve_programme(point, inputs.settings, SerialEvaluator(), silent)
        agree(inputs, one, other)
        from_anchor, fresh = from_anchor + one.certificate["solves"], fresh + other.certificate["solves"]
    assert from_anchor < fresh


@pytest.mark.parametrize("seed", [1, 5])
def test_order_makes_no_difference(seed):
    """Points in two orders, and one after an unrelated solve, in one process: the same arrays bit for bit."""
    inputs, programme, _, anchor = anchored(seed)
    points = [compiled_like(programme, moved(inputs, number)) for number in range(4)]
    evaluator = SerialEvaluator()
    found = [solve_from(anchor, point, inputs.settings, evaluator, silent) for point in points]
    _, other, _, elsewhere = anchored(3)
    solve_from(elsewhere, other, inputs.settings, evaluator, silent)
    again = [solve_from(anchor, point, inputs.settings, evaluator, silent) for point in points[::-1]][::-1]
    assert all(identical(one, two) for one, two in zip(found, again, strict=True))
    alone = solve_from(anchor, points[2], inputs.settings, SerialEvaluator(), silent)
    assert identical(alone, found[2])
    assert not identical(found[0], found[1])


def test_far_points_enrich_the_pool():
    """After the cuts of a far point are in the pool, it is proven at once."""
    inputs, programme, _, anchor = anchored(5)
    point = compiled_like(programme, moved(inputs, 77))
    before = solve_from(anchor, point, inputs.settings, SerialEvaluator(), silent)
    more = enrich(anchor, point, inputs.settings, SerialEvaluator(), silent)
    after = solve_from(more, point, inputs.settings, SerialEvaluator(), silent)
    assert len(more.known.pool) > len(anchor.known.pool)
    assert before.iterations > after.iterations == 1
    assert more.with_duals
    assert more.name == anchor.name


@pytest.mark.parametrize(
    "words", [{"goal": "capture"}, {"goal": "budget"}, {"block_gw": 0.05, "block_gap": 1e-3}]
)
def test_goals_and_whole_halls_start_from_the_same_cuts(words):
    """Rows and objective of the siting problem may be others: the cuts speak of dispatch alone."""
    inputs, programme, _, anchor = anchored(1)
    point = change(moved(with_every_goal(inputs), 3), "settings.goal", "serve")
    aims = {"capture_share": 0.05, "budget_jpy_bn": 5000.0, "capture_value_jpy_per_jpy": 10.0}
    chosen = {"capture": ("capture_share",), "budget": ("budget_jpy_bn", "capture_value_jpy_per_jpy")}.get(
        words.get("goal", ""), ()
    )
    aims = {
        name: value if name in chosen else type(value)() if name.endswith("per_jpy") else None
        for name, value in aims.items()
    }
    point = replace(point, settings=replace(point.settings, **(aims | words)))
    assert grid_fingerprint(point) == grid_fingerprint(inputs)
    programme = compiled_like(programme, point)
    one = solve_from(anchor, programme, point.settings, SerialEvaluator(), silent)
    other = solve_programme(programme, point.settings, SerialEvaluator(), silent)
    agree(point, one, other, max(GAP, words.get("block_gap", 0.0)))


# --- other limits: cuts from stored duals


def weather(inputs: Inputs, seed: int) -> Inputs:
    """The same system in a milder year: less demand, more wind, more stations in service, another profile."""
    draw = np.random.default_rng(seed)
    hours = inputs.hours
    inputs = change(inputs, "demand_gw", hours.demand_gw * draw.uniform(0.85, 0.98, hours.demand_gw.shape))
    inputs = change(
        inputs, "site_cf", np.clip(hours.site_cf * draw.uniform(1.0, 1.3, hours.site_cf.shape), 0, 1)
    )
    inputs = change(inputs, "profile", inputs.profile[:, ::-1])
    return change(inputs, "fleets.available_gw", inputs.fleets["available_gw"].to_numpy() * 1.05)


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_cuts_from_stored_duals_are_valid_and_those_of_the_old_limits_are_not(seed):
    """Never above the true cost, at 5 decisions; the old cuts are, somewhere: they must not be taken over."""
    inputs, programme, _, anchor = anchored(seed)
    other = weather(inputs, seed)
    assert cost_fingerprint(other) == cost_fingerprint(inputs)
    new = restamped(programme, other)
    cuts = recut(anchor, new)
    evaluator = SerialEvaluator()
    evaluator.load(new.blocks, new.periods)
    draw = np.random.default_rng(seed)
    places = [
        new.baseline,
        cuts[-1][1],
        *(new.baseline + draw.uniform(0, 0.2, len(new.baseline)) for _ in range(3)),
    ]
    above, tight = 0.0, np.inf
    for there in places:
        for number, found in enumerate(evaluator.evaluate(range(len(new.periods)), there)):
            for (made, z), (old, _) in zip(cuts, anchor.known.pool, strict=True):
                below = made[number].bound + made[number].gradient @ (there - z)
                assert below <= found.cost + 1e-7 * max(1.0, abs(found.cost))
                tight = min(tight, (found.cost - below) / abs(found.cost))
                was = old[number].bound + old[number].gradient @ (there - z)
                above = max(above, (was - found.cost) / abs(found.cost))
    assert tight < 0.1  # they say something
    assert above > 1e-3  # the counterfactual: cuts of the old limits are wrong here


@pytest.mark.parametrize("seed", [1, 2])
def test_an_anchor_from_other_weather_agrees(seed):
    inputs, programme, _, anchor = anchored(seed)
    other = weather(inputs, seed)
    new = restamped(programme, other)
    solution, mine = anchor_from(anchor, new, other.settings, SerialEvaluator(), silent)
    agree(other, solution, solve_programme(new, other.settings, SerialEvaluator(), silent))
    assert identical(solution, solve_from_duals(anchor, new, other.settings, SerialEvaluator(), silent))
    point = compiled_like(new, moved(other, 5))
    one = solve_from(mine, point, other.settings, SerialEvaluator(), silent)
    agree(other, one, solve_programme(point, other.settings, SerialEvaluator(), silent))


def test_without_duals_nothing_is_recut():
    _, programme, _, anchor = anchored(1)
    bare = replace(
        anchor,
        known=replace(
            anchor.known,
            pool=tuple((tuple(replace(c, row_dual=None) for c in cuts), z) for cuts, z in anchor.known.pool),
        ),
    )
    with pytest.raises(ValueError, match="no duals"):
        recut(bare, programme)


# --- the shipped country


DESK = Desk()


def japan(*sets: str, weeks: int) -> Inputs:
    return DESK.inputs(
        load_scenario("japan-2030", sets), RunOptions(None, None, False, "en", weeks, False, 1)
    )


@cache
def japan_base(weeks: int) -> tuple[Inputs, Programme, Anchor]:
    base = japan(weeks=weeks)
    blocks = None if weeks == 4 else japan_base(4)[1].blocks
    programme = compiled(base, year_of_weeks(weeks), representative_days(base), blocks)
    return (
        base,
        programme,
        make_anchor(programme, base.settings, SerialEvaluator(), silent, keep_duals=True)[1],
    )


@pytest.mark.parametrize(
    "sets",
    [
        ("policy.min_regional_share=0.8", "grid.headroom_factor=0.9"),
        *(
            pytest.param((word,), marks=pytest.mark.full)
            for word in ("grid.headroom_factor=0.8", "finance.discount_rate=0.03", "policy.additionality=0.5")
        ),
    ],
)
def test_a_japan_point_agrees_with_its_fresh_solve(sets):
    """Two weeks of the national scenario; points of headroom, rules and money. In the full-size run, 52 points."""
    base, programme, anchor = japan_base(2)
    inputs = japan(*sets, weeks=2)
    assert grid_fingerprint(inputs) == grid_fingerprint(base)
    point = compiled_like(programme, inputs)
    one = solve_from(anchor, point, inputs.settings, SerialEvaluator(), silent)
    other = solve_programme(point, inputs.settings, SerialEvaluator(), silent)
    agree(inputs, one, other, inputs.settings.gap)
    assert one.certificate["solves"] < other.certificate["solves"]


def hours_solved(solution: Solution, weeks: int) -> float:
    """Hours of dispatch solved: every look at the year or the seed's twelve days, and each once without the plan."""
    looks = solution.bounds["stage"].value_counts()
    days = (1 + looks["days"]) * 12 * 24 if "days" in looks else 0
    return float((1 + looks["year"]) * weeks * 168 + days)


@pytest.mark.parametrize(
    ("sets", "at_most"),
    [
        (("weather.year_seed=2",), 0.95),
        pytest.param(("parameters.background_demand_ratio=1.03",), 0.8, marks=pytest.mark.full),
    ],
)
def test_japan_with_other_weather_or_demand_starts_from_stored_duals(sets, at_most):
    """The first bound is within 1e-3 where a fresh solve's is not within 1; fewer hours solved; same answer."""
    (base, programme, anchor), other = japan_base(4), japan(*sets, weeks=4)
    assert cost_fingerprint(base) == cost_fingerprint(other)
    assert grid_fingerprint(base) != grid_fingerprint(other)
    new = restamped(programme, other)
    one, _ = anchor_from(anchor, new, other.settings, SerialEvaluator(), silent)
    afresh = compiled(other, year_of_weeks(4), representative_days(other), programme.blocks)
    fresh = solve_programme(afresh, other.settings, SerialEvaluator(), silent)
    agree(other, one, fresh, other.settings.gap)
    first = [float(s.bounds.loc[s.bounds["stage"] == "year", "gap_plan"].iloc[0]) for s in (one, fresh)]
    assert first[0] < 1e-3
    assert first[1] > 1.0
    assert hours_solved(one, 4) <= at_most * hours_solved(fresh, 4)


def test_a_worker_compiles_blocks_again_only_where_their_matrix_or_cost_differs():
    """Other weather: the blocks at hand, and the programme a new worker makes; another CO2 price: new blocks."""
    base, other, dearer = (
        japan(*sets, weeks=2) for sets in ((), ("weather.year_seed=7",), ("grid.co2_price_jpy_per_t=9000",))
    )
    bench = Bench()
    made = [bench.programme(inputs, grid_fingerprint(inputs)) for inputs in (base, other, dearer)]
    assert made[1].blocks is made[0].blocks
    assert made[2].blocks is not made[0].blocks
    alone = Bench().programme(other, grid_fingerprint(other))
    assert alone.blocks is not made[0].blocks
    for here, there in zip((*made[1].periods, *made[1].seed), (*alone.periods, *alone.seed), strict=True):
        assert np.array_equal(here.hours, there.hours)
        assert np.array_equal(here.lower, there.lower)
        assert np.array_equal(here.upper, there.upper)
        assert (here.coupling != there.coupling).nnz == 0
    for length, block in alone.blocks.items():
        assert np.array_equal(made[1].blocks[length].cost, block.cost)
        assert (made[1].blocks[length].matrix != block.matrix).nnz == 0
    assert not np.array_equal(made[1].periods[0].lower, made[0].periods[0].lower)
    assert not np.array_equal(made[2].blocks[168].cost, made[0].blocks[168].cost)
