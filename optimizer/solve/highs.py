"""The only door to HiGHS. What comes out was checked by our own certificate, or an error was raised.

Defends against the traps listed in the design notes: non-finite numbers, silent options, clocks that add up,
warm-started answers slightly off, presolve that calls a feasible programme infeasible, unfinished answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.errors import CertificateError, InfeasibleError, LimitError
from optimizer.milestones import Array
from optimizer.solve.certificate import TOLERANCE, Certificate, certify, whole_residual

OPTIONS: dict[str, type] = {
    "solver": str,
    "presolve": str,
    "run_crossover": str,
    "threads": int,
    "time_limit": float,
    "primal_feasibility_tolerance": float,
    "dual_feasibility_tolerance": float,
    "simplex_strategy": int,
    "random_seed": int,
    "mip_rel_gap": float,
    "mip_abs_gap": float,
    "output_flag": bool,
}
"""Options we ever set; anything else is a bug, not a silent no-op."""

FEASIBILITY = 1e-9
LOOSE = 1e-7
LOOSELY = "cold with looser tolerance"
"""Last attempt, where the solver gives up at the tight tolerance; the certificate judges as ever."""

AGAIN = "again from its basis"
"""Second attempt: the factors of the last basis made anew, which takes away what many pivots left behind."""

REFINABLE = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kUnknown)
"""How a solve ended whose basis may be optimal for all that its answer is a little off."""

GATE = 1e-9
"""Residual above which an answer is solved again, at last cold, before the public tolerance is applied."""


@dataclass(frozen=True)
class Answer:
    """A certified optimum of one linear programme."""

    objective: float
    x: Array
    row_dual: Array
    reduced_cost: Array
    iterations: int
    certificate: Certificate
    attempt: str
    """Which attempt gave it: `warm`, `again from its basis`, `cold`, `cold without presolve`."""


class LinearSolver:
    """One linear programme held by one HiGHS object; keeps its basis between solves.

    Args:
        matrix: A, rows × columns.
        cost: c, one per column.
        rows: lower and upper row limits.
        columns: lower and upper column bounds.
        name: what to call the programme in messages.
    """

    def __init__(
        self, matrix: sp.csr_matrix, cost: Array, rows: tuple[Array, Array], columns: tuple[Array, Array],
        name: str,
    ) -> None:  # fmt: skip
        self.label = name
        self._matrix = sp.csr_matrix(matrix)
        self._cost = np.array(cost, dtype=float)
        self._rows = (np.array(rows[0], dtype=float), np.array(rows[1], dtype=float))
        self._columns = (np.array(columns[0], dtype=float), np.array(columns[1], dtype=float))
        self._highs = highspy.Highs()
        self._set("output_flag", False)
        self._set("threads", 1)
        self._tolerance = 0.0
        self._tolerate(FEASIBILITY)
        self._pass_model()

    def _tolerate(self, residual: float) -> None:
        if residual != self._tolerance:
            self._set("primal_feasibility_tolerance", residual)
            self._set("dual_feasibility_tolerance", residual)
            self._tolerance = residual

    def _set(self, option: str, value: str | int | float | bool) -> None:
        if option not in OPTIONS or not isinstance(value, OPTIONS[option]):
            raise ValueError(f"option {option}={value!r} is not on the list of options we set")
        _ok(self._highs.setOptionValue(option, value), f"set {option}")
        status, seen = self._highs.getOptionValue(option)
        _ok(status, f"read back {option}")
        if seen != value:
            raise ValueError(f"option {option} was set to {value!r} but reads {seen!r}")

    def _check_finite(self) -> None:
        bounds = (*self._rows, *self._columns)
        finite = np.isfinite(self._cost).all() and np.isfinite(self._matrix.data).all()
        sane = all(not np.isnan(bound).any() for bound in bounds)
        lowest = all(not np.isposinf(bound).any() for bound in (self._rows[0], self._columns[0]))
        highest = all(not np.isneginf(bound).any() for bound in (self._rows[1], self._columns[1]))
        if not (finite and sane and lowest and highest):
            raise ValueError(f"{self.label}: a cost, coefficient or bound is not a usable number")

    def _pass_model(self) -> None:
        self._check_finite()
        columnwise = sp.csc_matrix(self._matrix)
        columnwise.sort_indices()
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = columnwise.shape[1], columnwise.shape[0]
        lp.col_cost_ = self._cost
        lp.row_lower_, lp.row_upper_ = self._rows
        lp.col_lower_, lp.col_upper_ = self._columns
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_ = columnwise.indptr
        lp.a_matrix_.index_ = columnwise.indices
        lp.a_matrix_.value_ = columnwise.data
        _ok(self._highs.passModel(lp), "pass the model")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the programme as it stands."""
        return len(self._rows[0]), len(self._cost)

    @property
    def row_limits(self) -> tuple[Array, Array]:
        """Lower and upper limits of the rows as they stand."""
        return self._rows[0].copy(), self._rows[1].copy()

    def set_bounds(self, rows: tuple[Array, Array], columns: tuple[Array, Array]) -> None:
        """Replace row limits and column bounds; only those that differ are passed on. The basis is kept."""
        changed_rows, changed_columns = _changed(self._rows, rows), _changed(self._columns, columns)
        self._rows, self._columns = rows, columns
        self._check_finite()
        ends = (rows[0][changed_rows], rows[1][changed_rows])
        _ok(self._highs.changeRowsBounds(len(changed_rows), changed_rows, *ends), "change row limits")
        ends = (columns[0][changed_columns], columns[1][changed_columns])
        _ok(
            self._highs.changeColsBounds(len(changed_columns), changed_columns, *ends), "change column bounds"
        )

    @property
    def basis(self) -> highspy.HighsBasis:
        """The last basis: a place to start from, for this programme with other bounds."""
        basis: highspy.HighsBasis = self._highs.getBasis()
        return basis

    def start_from(self, basis: highspy.HighsBasis) -> None:
        """Start the next solve from a basis and nothing else: edge weights of earlier solves are dropped."""
        _ok(self._highs.clearSolver(), "forget earlier solves")
        _ok(self._highs.setBasis(basis), "take a basis")

    def set_cost(self, cost: Array) -> None:
        """Replace the cost of the columns; only those that differ are passed on. The basis is kept."""
        changed = np.flatnonzero(self._cost != cost).astype(np.int32)
        self._cost = np.array(cost, dtype=float)
        self._check_finite()
        _ok(self._highs.changeColsCost(len(changed), changed, self._cost[changed]), "change costs")

    def set_row(self, row: int, lower: float, upper: float) -> None:
        """Replace the limits of one row; the basis is kept."""
        self._rows[0][row], self._rows[1][row] = lower, upper
        self._check_finite()
        _ok(self._highs.changeRowBounds(row, lower, upper), "change a row's limits")

    def add_rows(self, matrix: sp.csr_matrix, lower: Array, upper: Array) -> None:
        """Add rows; the basis is kept, with the new rows basic."""
        matrix = sp.csr_matrix(matrix)
        self._matrix = sp.csr_matrix(sp.vstack([self._matrix, matrix]))
        self._rows = (np.concatenate([self._rows[0], lower]), np.concatenate([self._rows[1], upper]))
        self._check_finite()
        start = matrix.indptr[:-1].astype(np.int32)
        status = self._highs.addRows(
            len(lower), lower, upper, matrix.nnz, start, matrix.indices.astype(np.int32), matrix.data
        )
        _ok(status, "add rows")

    def solve(self, time_limit_s: float = 600.0) -> Answer:
        """Solve to a certified optimal vertex by the simplex method.

        Raises:
            InfeasibleError: infeasible with and without presolve.
            LimitError: the time limit was reached.
            CertificateError: no attempt passed the certificate.
        """
        self._set("solver", "simplex")
        seen: list[str] = []
        best: Answer | None = None
        status = highspy.HighsModelStatus.kNotset
        for attempt in ("warm", AGAIN, "cold", "cold without presolve", LOOSELY):
            if attempt == LOOSELY and best is not None:
                break
            if attempt == AGAIN:
                if status not in REFINABLE or not self.basis.valid:
                    continue
                self.start_from(self.basis)
            elif attempt != "warm":
                _ok(self._highs.clearSolver(), "forget the basis")
            self._set("presolve", "off" if attempt == "cold without presolve" else "choose")
            self._tolerate(LOOSE if attempt == LOOSELY else FEASIBILITY)
            status = self._run(time_limit_s)
            seen.append(f"{attempt}: {self._highs.modelStatusToString(status)}")
            if status == highspy.HighsModelStatus.kTimeLimit:
                words_ja = f"{self.label}: {time_limit_s:g} 秒以内に最適解が求まりませんでした"
                raise LimitError(f"{self.label}: no optimum within {time_limit_s:g} s", words_ja)
            if status != highspy.HighsModelStatus.kOptimal:
                continue
            answer = self._answer(attempt)
            worst = max(answer.certificate.primal, answer.certificate.dual, answer.certificate.gap)
            if worst <= GATE:
                return answer
            seen[-1] += f" (residual {worst:.1e})"
            if answer.certificate.passed and (best is None or _worst(answer) < _worst(best)):
                best = answer
        if best is not None:
            return best
        if status == highspy.HighsModelStatus.kInfeasible:
            raise InfeasibleError(f"{self.label}: no solution meets every limit ({'; '.join(seen)})")
        raise CertificateError(f"{self.label}: no certified optimum ({'; '.join(seen)})")

    def revalue(self, cost: Array) -> Array:
        r"""Return the rows' values under another cost at the last basis, :math:`B^\top y = e_B`.

        The change of `cost · x` per unit of a row's limit while the basis stays: at a degenerate optimum, one
        of the sides of a kink.

        Raises:
            CertificateError: the solver has no basis, or its answer does not fit the matrix.
        """
        status, basic = self._highs.getBasicVariables()
        _ok(status, "tell the basic variables")
        columns, rows = basic[basic >= 0], -1 - basic[basic < 0]
        status, values = self._highs.getBasisTransposeSolve(
            np.where(basic >= 0, cost[np.maximum(basic, 0)], 0.0)
        )
        _ok(status, "solve with the basis")
        y = np.asarray(values, dtype=float)
        y[rows] = 0.0
        off = np.abs((cost - self._matrix.T @ y)[columns]).max(initial=0.0)
        if not off <= TOLERANCE * max(1.0, float(np.abs(cost).max(initial=0.0))):
            raise CertificateError(f"{self.label}: the basis gave values that are off by {off:.1e}")
        return y

    def solve_whole(
        self, columns: npt.NDArray[np.int64], most: Array, gap: float, time_limit_s: float
    ) -> tuple[Array, float]:
        """Solve with some columns whole, by branch and bound on a copy; this programme is left as it is.

        Args:
            columns: columns that must be whole.
            most: how large they may be, where their bounds allow more.
            gap: accepted distance of the answer from the dual bound, in units of the objective.
            time_limit_s: after this the best answer so far is returned, with the bound proven by then.

        Returns:
            Values of all columns, rows checked by us; and HiGHS's lower bound of the optimum.

        Raises:
            InfeasibleError: no whole numbers meet every limit.
            LimitError: the time was over before any answer was found.
            CertificateError: the answer breaks a limit or is not whole.
        """
        upper = self._columns[1].copy()
        # a fractional bound of a whole column is taken for an answer (HiGHS 1.15.1): round it first
        upper[columns] = np.floor(np.minimum(upper[columns], most) + FEASIBILITY)
        rows, bounds = self.row_limits, (self._columns[0], upper)
        copy = LinearSolver(self._matrix, self._cost, rows, bounds, f"{self.label} in whole numbers")
        status = copy._branch(columns, gap, time_limit_s)
        if status == highspy.HighsModelStatus.kInfeasible:
            raise InfeasibleError(f"{copy.label}: no solution meets every limit")
        found = copy._highs.getSolution()
        if status == highspy.HighsModelStatus.kTimeLimit and not found.value_valid:
            words_ja = f"{copy.label}: {time_limit_s:g} 秒以内に計画が見つかりませんでした"
            raise LimitError(f"{copy.label}: no plan found within {time_limit_s:g} s", words_ja)
        x, bound = np.array(found.col_value), float(copy._highs.getInfo().mip_dual_bound)
        worst = whole_residual(self._matrix @ x, rows, x, bounds, x[columns])
        if not (worst <= TOLERANCE and np.isfinite(bound)):
            raise CertificateError(f"{copy.label}: the answer is off by {worst:.1e}, bound {bound}")
        return x, bound

    def _branch(
        self, columns: npt.NDArray[np.int64], gap: float, time_limit_s: float
    ) -> highspy.HighsModelStatus:
        """Run branch and bound; what presolve calls infeasible is asked again without it."""
        self._set("random_seed", 1)
        self._set("mip_rel_gap", 0.0)
        self._set("mip_abs_gap", float(gap))
        kinds = np.full(len(columns), int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        status = self._highs.changeColsIntegrality(len(columns), columns.astype(np.int32), kinds)
        _ok(status, "ask for whole numbers")
        done = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit)
        found = self._run(time_limit_s)
        if found not in done:
            self._set("presolve", "off")
            _ok(self._highs.clearSolver(), "forget earlier solves")
            found = self._run(time_limit_s)
        return found

    def interior_point(self, time_limit_s: float = 600.0) -> Array | None:
        """Return a point inside the feasible set near its centre, or None if the method did not finish.

        The point is a trial, never an answer: it carries no certificate.
        """
        self._set("solver", "ipx")
        self._set("run_crossover", "off")
        self._set("presolve", "choose")
        _ok(self._highs.clearSolver(), "forget the basis")
        if self._run(time_limit_s) != highspy.HighsModelStatus.kOptimal:
            return None
        x = np.array(self._highs.getSolution().col_value)
        return x if np.isfinite(x).all() else None

    def name(self, rows: list[str], columns: list[str]) -> None:
        """Name rows and columns, for a file that a person may read."""
        for row, name in enumerate(rows):
            _ok(self._highs.passRowName(row, name), "name a row")
        for column, name in enumerate(columns):
            _ok(self._highs.passColName(column, name), "name a column")

    def write(self, file: Path) -> None:
        """Write the programme in the format of the file's suffix (`.mps`, `.lp`)."""
        _ok(self._highs.writeModel(str(file)), f"write {file.name}")

    def _run(self, time_limit_s: float) -> highspy.HighsModelStatus:
        self._set("time_limit", float(self._highs.getRunTime() + time_limit_s))
        if self._highs.run() == highspy.HighsStatus.kError:  # from a bad basis; cold, it may go well
            return highspy.HighsModelStatus.kSolveError
        found: highspy.HighsModelStatus = self._highs.getModelStatus()
        return found

    def _answer(self, attempt: str) -> Answer:
        solution, info = self._highs.getSolution(), self._highs.getInfo()
        x, y = np.array(solution.col_value), np.array(solution.row_dual)
        certificate = certify(self._matrix, self._cost, self._rows, self._columns, (x, y))
        return Answer(
            objective=float(np.sum(self._cost * x)),
            x=x,
            row_dual=y,
            reduced_cost=self._cost - self._matrix.T @ y,
            iterations=int(info.simplex_iteration_count),
            certificate=certificate,
            attempt=attempt,
        )


BasisCodes = tuple[npt.NDArray[np.int8], npt.NDArray[np.int8]]
"""Status of every column and every row of a basis, as HiGHS numbers them."""


def basis_codes(basis: highspy.HighsBasis) -> BasisCodes:
    """Return a basis as two arrays of numbers, to be kept or sent."""
    parts = [np.fromiter(map(int, part), dtype=np.int8) for part in (basis.col_status, basis.row_status)]
    return parts[0], parts[1]


def basis_of(codes: BasisCodes) -> highspy.HighsBasis:
    """Return the basis that :func:`basis_codes` wrote down."""
    status = [highspy.HighsBasisStatus(number) for number in range(5)]
    basis = highspy.HighsBasis()
    basis.col_status, basis.row_status = ([status[code] for code in part.tolist()] for part in codes)
    basis.valid, basis.alien = True, False
    return basis


def _changed(old: tuple[Array, Array], new: tuple[Array, Array]) -> npt.NDArray[np.int32]:
    return np.flatnonzero((old[0] != new[0]) | (old[1] != new[1])).astype(np.int32)


def _worst(answer: Answer) -> float:
    return max(answer.certificate.primal, answer.certificate.dual, answer.certificate.gap)


def _ok(status: highspy.HighsStatus, doing: str) -> None:
    if status != highspy.HighsStatus.kOk:
        raise CertificateError(f"the solver refused to {doing}: {status}")
