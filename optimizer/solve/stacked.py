"""The extensive form: siting and every dispatch block in one programme, assembled from the same matrices.

For tests, for benchmarks, and for whoever wants another solver's opinion of our optimum.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from optimizer.milestones import LinearProgramme, Programme, Rows
from optimizer.solve.bounds import Reduced, reduce_programme
from optimizer.solve.highs import Answer, LinearSolver


def stack(programme: Programme) -> LinearProgramme:
    """Return the whole problem as one linear programme; objective is the system cost. [JPY bn/a]"""
    siting = programme.siting
    width = len(siting.cost)
    rows: list[list[Any]] = [[siting.matrix] + [None] * len(programme.periods)]
    lower, upper, cost = [siting.lower], [siting.upper], [siting.cost]
    column_lower, column_upper = [siting.column_lower], [siting.column_upper]
    for number, period in enumerate(programme.periods):
        block = programme.blocks[len(period.hours)]
        spread = sp.csr_matrix(
            (np.ones(len(programme.interface)), (np.arange(len(programme.interface)), programme.interface)),
            shape=(len(programme.interface), width),
        )
        row: list[Any] = [-(period.coupling @ spread)] + [None] * len(programme.periods)
        row[number + 1] = block.matrix
        rows.append(row)
        lower.append(period.lower)
        upper.append(period.upper)
        cost.append(block.cost * period.weight)
        column_lower.append(block.column_lower)
        column_upper.append(block.column_upper)
    return LinearProgramme(
        matrix=sp.csr_matrix(sp.block_array(rows)),
        cost=np.concatenate(cost),
        lower=np.concatenate(lower),
        upper=np.concatenate(upper),
        column_lower=np.concatenate(column_lower),
        column_upper=np.concatenate(column_upper),
        equations={},
        variables=siting.variables,
    )


def stacked_solver(programme: Programme) -> tuple[LinearSolver, Reduced]:
    """Return a solver of the whole problem, single-variable rows as bounds, and how it was reduced."""
    whole = stack(programme)
    reduced = reduce_programme(whole)
    limits = reduced.limits(whole.lower, whole.upper)
    rows, columns = (limits.row_lower, limits.row_upper), (limits.column_lower, limits.column_upper)
    return LinearSolver(reduced.matrix, whole.cost, rows, columns, "stacked programme"), reduced


def solve_stacked(programme: Programme, time_limit_s: float) -> Answer:
    """Solve the whole problem at once, certified."""
    return stacked_solver(programme)[0].solve(time_limit_s)


def write_stacked(programme: Programme, file: Path) -> None:
    """Write the whole problem as gzipped MPS with names a person can read.

    Columns are `variable(key)` or `variable(key,hour)@period`, rows likewise by equation; the objective is
    the system cost. [JPY bn/a]
    """
    solver, reduced = stacked_solver(programme)
    rows = _names(programme.siting.equations, "", False)
    columns = _names(programme.siting.variables, "", False)
    for number, period in enumerate(programme.periods):
        block = programme.blocks[len(period.hours)]
        rows += _names(block.equations, f"@{number}", True)
        columns += _names(block.variables, f"@{number}", True)
    solver.name([rows[row] for row in reduced.kept], columns)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "stacked.mps"
        solver.write(plain)
        with plain.open("rb") as source, gzip.GzipFile(file, "wb", mtime=0) as target:
            shutil.copyfileobj(source, target)


def _names(places: dict[str, Rows], suffix: str, hourly: bool) -> list[str]:
    names: dict[int, str] = {}
    for name, place in places.items():
        for key, at in zip(place.keys, place.at, strict=True):
            words = ",".join(map(str, key)) if isinstance(key, tuple) else str(key)
            if not hourly:
                names[int(at)] = f"{name}({words})"
                continue
            for hour, column in enumerate(at):
                names[int(column)] = f"{name}({words},{hour}){suffix}"
    return [names[number].replace(" ", "_") for number in range(len(names))]
