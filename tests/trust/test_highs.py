"""The only door to the solver: what it refuses, what it says when there is no answer, and why no plan exists."""

from __future__ import annotations

import highspy
import numpy as np
import pytest
import scipy.sparse as sp
from toy import change, programme_of, random_system, solved, toy

from optimizer.errors import CertificateError, InfeasibleError, LimitError
from optimizer.milestones import Inputs, LinearProgramme
from optimizer.solve import highs
from optimizer.solve.highs import LinearSolver
from optimizer.solve.stacked import solve_stacked, stacked_solver


def little() -> dict[str, np.ndarray]:
    """Return min x + 2y with x + y = 1 and x − y ≤ 0.5, 0 ≤ x, y ≤ 3: x 0.75, y 0.25, cost 1.25."""
    return {
        "A": np.array([[1.0, 1.0], [1.0, -1.0]]), "c": np.array([1.0, 2.0]), "L": np.array([1.0, -np.inf]),
        "U": np.array([1.0, 0.5]), "l": np.zeros(2), "u": np.array([3.0, 3.0]),
    }  # fmt: skip


def solver(parts: dict[str, np.ndarray], name: str = "little") -> LinearSolver:
    matrix = sp.csr_matrix(parts["A"])
    return LinearSolver(matrix, parts["c"], (parts["L"], parts["U"]), (parts["l"], parts["u"]), name)


def test_little_programme_on_paper():
    """x 0.75, y 0.25, cost 1.25; duals 1.5 and −0.5: 1 · 1.5 + 0.5 · (−0.5) = 1.25."""
    answer = solver(little()).solve()
    assert answer.objective == pytest.approx(1.25)
    assert answer.x == pytest.approx([0.75, 0.25])
    assert answer.row_dual == pytest.approx([1.5, -0.5])


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize(
    ("part", "value"),
    [
        *((part, np.nan) for part in "cALUlu"),
        *((part, sign * np.inf) for part in "cA" for sign in (1, -1)),
        ("L", np.inf), ("l", np.inf), ("U", -np.inf), ("u", -np.inf),
    ],
)  # fmt: skip
def test_number_that_is_none_is_refused_by_name(part, value, position):
    """Every position of the programme: the solver would say "optimal" to some of them."""
    parts = little()
    parts[part].flat[position] = value
    with pytest.raises(ValueError, match=r"siting problem: a cost, coefficient or bound"):
        solver(parts, "siting problem")


@pytest.mark.parametrize(
    ("part", "value"), [("L", np.nan), ("L", np.inf), ("U", -np.inf), ("l", np.nan), ("u", np.nan)]
)
def test_changed_bounds_are_refused_too(part, value):
    held, parts = solver(little()), little()
    held.solve()
    parts[part][0] = value
    with pytest.raises(ValueError, match="not a usable number"):
        held.set_bounds((parts["L"], parts["U"]), (parts["l"], parts["u"]))


def test_added_rows_are_refused_too():
    held = solver(little())
    with pytest.raises(ValueError, match="not a usable number"):
        held.add_rows(sp.csr_matrix(np.array([[np.nan, 1.0]])), np.zeros(1), np.ones(1))


@pytest.mark.parametrize(
    ("option", "value"),
    [("tresads", 1), ("mip_feasibility_tolerance", 0.1), ("threads", "two"), ("presolve", True)],
)
def test_unknown_option_is_refused(option, value):
    with pytest.raises(ValueError, match="list of options"):
        solver(little())._set(option, value)


def test_option_that_does_not_stick_is_refused():
    with pytest.raises((ValueError, CertificateError)):
        solver(little())._set("presolve", "perhaps")


def test_infeasible_is_said_after_three_attempts():
    parts = little()
    parts["L"][0] = parts["U"][0] = 9.0
    with pytest.raises(
        InfeasibleError, match=r"warm: Infeasible; cold: .*; cold without presolve: Infeasible"
    ):
        solver(parts).solve()


def test_unbounded_is_no_answer():
    parts = little()
    parts["c"], parts["u"], parts["A"] = -parts["c"], np.full(2, np.inf), np.array([[1.0, -1.0], [1.0, -1.0]])
    parts["L"], parts["U"] = np.full(2, -np.inf), np.full(2, 1.0)
    with pytest.raises(CertificateError, match="no certified optimum"):
        solver(parts).solve()


def test_time_limit_is_no_answer_and_does_not_add_up():
    """A whole random system in no time: refused; then, on the same object, in time: solved."""
    inputs, periods = random_system(12)
    programme = programme_of(inputs, periods)
    with pytest.raises(LimitError, match="no optimum within"):
        solve_stacked(programme, 1e-6)
    held, _ = stacked_solver(programme)
    with pytest.raises(LimitError):
        held.solve(1e-6)
    assert held.solve(60.0).certificate.passed


def test_wrong_answer_is_solved_again_and_refused_if_it_stays_wrong(monkeypatch):
    """A solver that says "optimal" with duals of the wrong sign, every time: refused, with the residuals told."""
    real = LinearSolver._answer

    def flipped(self, attempt):
        answer = real(self, attempt)
        wrong = highs.certify(
            self._matrix, self._cost, self._rows, self._columns, (answer.x, -answer.row_dual)
        )
        return highs.Answer(
            answer.objective, answer.x, -answer.row_dual, answer.reduced_cost, 0, wrong, attempt
        )

    monkeypatch.setattr(LinearSolver, "_answer", flipped)
    with pytest.raises(CertificateError, match="residual"):
        solver(little()).solve()


@pytest.mark.parametrize("wrong", [("warm",), ("warm", "again from its basis")])
def test_slightly_wrong_warm_answer_is_replaced_by_one_from_new_factors_or_a_cold_one(monkeypatch, wrong):
    """Answers off by 1e-4 (a known trap): the first that is not is returned, and said to be what it is."""
    real, seen = LinearSolver._answer, []

    def off(self, attempt):
        seen.append(attempt)
        answer = real(self, attempt)
        if attempt not in wrong:
            return answer
        x = answer.x + 1e-4
        bad = highs.certify(self._matrix, self._cost, self._rows, self._columns, (x, answer.row_dual))
        return highs.Answer(answer.objective, x, answer.row_dual, answer.reduced_cost, 0, bad, attempt)

    monkeypatch.setattr(LinearSolver, "_answer", off)
    answer = solver(little()).solve()
    right = {1: "again from its basis", 2: "cold"}[len(wrong)]
    assert (answer.attempt, seen) == (right, [*wrong, right])
    assert answer.x == pytest.approx([0.75, 0.25])


def test_unfinished_answers_are_not_answers(monkeypatch):
    """Iteration limit, solver error or "unknown": never loaded, whatever the point looks like."""
    for status in ("kIterationLimit", "kUnknown", "kSolveError", "kUnboundedOrInfeasible", "kNotset"):
        monkeypatch.setattr(
            LinearSolver, "_run", lambda self, limit, s=status: getattr(highspy.HighsModelStatus, s)
        )
        with pytest.raises(CertificateError):
            solver(little()).solve()


def test_solver_that_gives_up_is_asked_once_more_with_a_looser_tolerance(monkeypatch):
    """Three times "unknown" at 1e-9: the fourth, at 1e-7, is certified as ever; the next solve is tight again."""
    real, tolerances = LinearSolver._run, []

    def gives_up_when_tight(self, limit):
        tolerances.append(self._highs.getOptionValue("primal_feasibility_tolerance")[1])
        return real(self, limit) if tolerances[-1] > 1e-8 else highspy.HighsModelStatus.kUnknown

    monkeypatch.setattr(LinearSolver, "_run", gives_up_when_tight)
    held = solver(little())
    answer = held.solve()
    assert tolerances == [1e-9, 1e-9, 1e-9, 1e-7]
    assert answer.certificate.passed
    assert answer.x == pytest.approx([0.75, 0.25])
    monkeypatch.setattr(LinearSolver, "_run", real)
    assert held.solve().attempt == "warm"
    assert held._highs.getOptionValue("primal_feasibility_tolerance")[1] == 1e-9


REGIONS = {"A1": "A", "B1": "B"}
PLANTED: dict[str, tuple[dict, str, dict]] = {
    "headroom": (
        {"sites.headroom_gw": 0.2, "reinforcements": {("A1", 1): {"size_gw": 0.3}}},
        "grid headroom missing at sites: 300.0 MW", {"sites.headroom_gw": [0.5, 0.2]},
    ),
    "land": (
        {"sites.site_limit_gw": 0.4}, "IT capacity missing at sites: 200.0 MW", {"sites.site_limit_gw": [0.6, 0.4]},
    ),
    "floor without room in the region": (
        {"settings.min_regional_share": 0.9, "sites.site_limit_gw": [10.0, 0.5]},
        "IT capacity short of the regional share: 400.0 MW", {"settings.min_regional_share": 0.5},
    ),
    "floor without a region": (
        {"settings.min_regional_share": 0.5, "settings.metropolitan_areas": ("A", "B")},
        "IT capacity short of the regional share: 500.0 MW", {"settings.min_regional_share": 0.0},
    ),
    "as today without room": (
        {"settings.distribution": "as_today", "areas.as_today_share": [0.3, 0.7], "sites.site_limit_gw": [10.0, 0.5]},
        "IT capacity away from today's distribution", {"settings.distribution": "free"},
    ),
    "two least shares above one": (
        {"operator_mix.min_share": {("general", "domestic"): 0.7, ("general", "foreign"): 0.5}},
        "IT load short of an operating mode's least share: 200.0 MW", {"operator_mix.min_share": 0.2},
    ),
    "largest shares below one": (
        {"operator_mix.max_share": 0.2}, "IT load above an operating mode's largest share: 200.0 MW",
        {"operator_mix.max_share": 0.25},
    ),
    "floor against today's distribution": (
        {"settings.distribution": "as_today", "areas.as_today_share": [0.8, 0.2], "settings.min_regional_share": 0.5},
        "IT capacity short of the regional share: 300.0 MW", {"settings.min_regional_share": 0.2},
    ),
    "least share above the largest": (
        {"operator_mix.min_share": {("general", "foreign"): 0.5}, "operator_mix.max_share": {("general", "foreign"): 0.3}},
        "IT load short of an operating mode's least share: 200.0 MW", {"operator_mix.min_share": {("general", "foreign"): 0.3}},
    ),
    "more load than any limit allows": (
        {"demand.demand_gw": 30.0, "sites.headroom_gw": 100.0}, "IT load that cannot be hosted", {"demand.demand_gw": 20.0},
    ),
}  # fmt: skip


def in_conflict(name: str) -> Inputs:
    return toy(PLANTED[name][0], sites=REGIONS)


@pytest.mark.parametrize("name", PLANTED)
def test_planted_conflict_is_named_with_its_size(name):
    """The planner reads which limit gives, by how many MW, and what to change."""
    with pytest.raises(InfeasibleError) as caught:
        solved(in_conflict(name))
    assert PLANTED[name][1] in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("name", PLANTED)
def test_relaxing_the_planted_limit_by_what_was_said_is_enough(name):
    inputs = in_conflict(name)
    for key, value in PLANTED[name][2].items():
        inputs = change(inputs, key, value)
    assert solved(inputs).certificate["passed"]


def test_two_conflicts_at_once_name_no_single_limit():
    """Headroom in B and least shares above one: no single limit is enough, and it says so."""
    changes = PLANTED["headroom"][0] | PLANTED["two least shares above one"][0]
    with pytest.raises(InfeasibleError) as caught:
        solved(toy(changes | {"demand.demand_gw": 1.0}, sites=REGIONS))
    lines = str(caught.value).splitlines()
    assert "no single one" in lines[0] or all("cannot be hosted" in line for line in lines[1:])


def test_demand_without_a_route_is_named():
    inputs = toy(sites=REGIONS, nodes=("N", "S"))
    only_north = inputs.routes[inputs.routes.index.get_level_values("node") == "N"]
    inputs = type(inputs)(**{**vars(inputs), "routes": only_north})
    with pytest.raises(InfeasibleError, match=r"latency limit of 1 of the demands.*S / general"):
        solved(inputs)


def test_programme_type_is_what_tests_assume():
    assert isinstance(programme_of(toy()).siting, LinearProgramme)


def little_in_whole_numbers(limit: float = 2.5) -> LinearSolver:
    """Largest x + 2 y with x + y no more than a limit, y no more than 1.5."""
    ends = np.array([-np.inf]), np.array([limit])
    columns = np.zeros(2), np.array([np.inf, 1.5])
    return LinearSolver(sp.csr_matrix([[1.0, 1.0]]), np.array([-1.0, -2.0]), ends, columns, "little")


def test_whole_numbers_by_branch_and_bound():
    """Any size: x = 1, y = 1.5 gives −4. Whole: both 1, −3; only x whole: the same −4. The programme itself stays as it was."""
    solver, most = little_in_whole_numbers(), np.array([10.0, 10.0])
    x, bound = solver.solve_whole(np.array([0, 1]), most, 1e-9, 60.0)
    assert x.tolist() == pytest.approx([1.0, 1.0])
    assert bound == pytest.approx(-3.0)
    x, bound = solver.solve_whole(np.array([0]), most[:1], 1e-9, 60.0)
    assert x.tolist() == pytest.approx([1.0, 1.5])
    assert solver.solve().objective == pytest.approx(-4.0)


def test_no_whole_numbers_is_infeasible_without_presolve_too():
    """x + y = 0.5 in whole numbers: none. With any size there is an answer."""
    ends = np.array([0.5]), np.array([0.5])
    columns = np.zeros(2), np.full(2, np.inf)
    solver = LinearSolver(sp.csr_matrix([[1.0, 1.0]]), np.ones(2), ends, columns, "little")
    with pytest.raises(InfeasibleError, match="in whole numbers"):
        solver.solve_whole(np.array([0, 1]), np.full(2, 10.0), 1e-9, 60.0)
    assert solver.solve().objective == pytest.approx(0.5)


def test_values_under_another_cost_are_those_of_the_basis():
    """min 1·x + 2·y with x + y = 3, x ≤ 2: y is free to move, so the row is worth 2; where a unit of y emits 7, 7."""
    ends = np.array([3.0]), np.array([3.0])
    columns = np.zeros(2), np.array([2.0, np.inf])
    solver = LinearSolver(sp.csr_matrix([[1.0, 1.0]]), np.array([1.0, 2.0]), ends, columns, "little")
    assert solver.solve().row_dual.tolist() == pytest.approx([2.0])
    assert solver.revalue(np.array([5.0, 7.0])).tolist() == pytest.approx([7.0])
