"""What points of one grid share, frozen and on disk: cuts, bases, the system without the plan.

The file is a compressed archive of plain arrays, written whole or not at all and read back bit for bit.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from optimizer.milestones import Array
from optimizer.solve.answer import Known
from optimizer.solve.certificate import Certificate
from optimizer.solve.highs import BasisCodes
from optimizer.solve.master import Cuts
from optimizer.solve.workers import Evaluation

FORMAT = 2
"""Number of the file's layout; a file of another number is not read."""

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Anchor:
    """Where the points of one grid start from: an answer depends on this and the point, nothing else."""

    known: Known
    """The system without the plan, and the cut pool: evaluations by iteration with interface values."""

    bases: dict[int, BasisCodes]
    """Basis of every period at the anchor's plan."""

    plan: Array
    """Interface values of the anchor's published plan."""

    grid: str = ""
    """Fingerprint of the grid this belongs to, where the maker gave one."""

    name: str = ""
    """Stands for the bases: sha256 over them."""

    @property
    def with_duals(self) -> bool:
        """Whether every cut carries the duals it came from, so that it can be made anew for other limits."""
        return all(found.row_dual is not None for cuts, _ in self.known.pool for found in cuts)

    def save(self, path: Path) -> None:
        """Write the anchor; the file appears whole or not at all, the same anchor as the same bytes.

        Raises:
            OSError: the disk refused.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez_compressed(file, allow_pickle=False, **_arrays(self))
                file.flush()
                os.fsync(file.fileno())
            os.replace(scratch, path)
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @staticmethod
    def load(path: Path) -> Anchor:
        """Read what :meth:`save` wrote.

        Raises:
            OSError: there is no such file, or it cannot be read.
            ValueError: the file is not an anchor of this layout, or damaged.
        """
        try:
            with path.open("rb") as content, np.load(content, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, TypeError, AttributeError) as error:
            raise ValueError(f"{path.name} is damaged") from error
        if int(arrays.get("format", np.array(0))) != FORMAT:
            raise ValueError(f"{path.name} is no anchor of layout {FORMAT}")
        return _anchor(arrays)


def bases_name(bases: Mapping[int, BasisCodes]) -> str:
    """Return the name that stands for the bases."""
    digest = hashlib.sha256()
    for number in sorted(bases):
        digest.update(f"{number} {len(bases[number][0])} ".encode())
        for part in bases[number]:
            digest.update(part.tobytes())
    return digest.hexdigest()


def _arrays(anchor: Anchor) -> Arrays:
    pool = anchor.known.pool
    numbers = sorted(anchor.bases)
    arrays: Arrays = {
        "format": np.array(FORMAT),
        "grid": np.array(anchor.grid),
        "plan": anchor.plan,
        "basis_of": np.array(numbers, dtype=np.int64),
        "z": np.array([z for _, z in pool]),
    }
    for part, label in enumerate(("columns", "rows")):
        arrays[f"basis_{label}"], arrays[f"basis_{label}_count"] = _chained(
            [anchor.bases[number][part] for number in numbers], np.dtype(np.int8)
        )
    arrays |= _numbers([found for cuts, _ in pool for found in cuts])
    arrays |= {f"primal:{name}": values for name, values in anchor.known.primal.items()}
    return arrays | {f"dual:{name}": values for name, values in anchor.known.dual.items()}


def _numbers(cuts: Sequence[Evaluation]) -> Arrays:
    laws = list(dict.fromkeys(law for found in cuts for law in found.rents))
    arrays: Arrays = {
        "gradient": np.array([found.gradient for found in cuts]),
        "figures": np.array([[found.cost, found.bound, *_residuals(found.certificate)] for found in cuts]),
        "counts": np.array([[found.period, found.iterations] for found in cuts], dtype=np.int64),
        "attempt": np.array([found.attempt for found in cuts]),
        "laws": np.array(laws),
        "rents": np.array([[found.rents.get(law, np.nan) for law in laws] for found in cuts]),
    }
    for name in cuts[0].prices:
        values, shapes = _chained([found.prices[name].ravel() for found in cuts], np.dtype(float))
        arrays[f"price:{name}"], arrays[f"price_count:{name}"] = values, shapes
        arrays[f"price_shape:{name}"] = np.array([found.prices[name].shape for found in cuts])
    if all(found.row_dual is not None for found in cuts):
        duals = [found.row_dual for found in cuts if found.row_dual is not None]
        arrays["row_dual"], arrays["row_dual_count"] = _chained(duals, np.dtype(float))
    return arrays


def _residuals(found: Certificate) -> tuple[float, float, float, float]:
    return found.primal, found.dual, found.gap, found.dual_objective


def _chained(
    parts: Sequence[npt.NDArray[Any]], kind: np.dtype[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    empty: list[npt.NDArray[Any]] = [np.zeros(0, dtype=kind)]
    return np.concatenate([*empty, *parts]), np.array([len(part) for part in parts], dtype=np.int64)


def _split(values: npt.NDArray[Any], counts: npt.NDArray[np.int64]) -> list[npt.NDArray[Any]]:
    return np.split(values, np.cumsum(counts)[:-1]) if len(counts) else []


def _anchor(arrays: Arrays) -> Anchor:
    cuts = _cuts(arrays)
    each = len(cuts) // len(arrays["z"])
    pool: list[Cuts] = [
        (tuple(cuts[number * each : (number + 1) * each]), z) for number, z in enumerate(arrays["z"])
    ]
    parts = [
        _split(arrays[f"basis_{label}"], arrays[f"basis_{label}_count"]) for label in ("columns", "rows")
    ]
    numbers = arrays["basis_of"].tolist()
    bases = {number: codes for number, *codes in zip(numbers, *parts, strict=True)}
    known = Known(tuple(pool), _named(arrays, "primal"), _named(arrays, "dual"))
    codes: dict[int, BasisCodes] = {number: (part[0], part[1]) for number, part in bases.items()}
    return Anchor(known, codes, arrays["plan"], str(arrays["grid"]), bases_name(codes))


def _cuts(arrays: Arrays) -> list[Evaluation]:
    laws, rents = arrays["laws"].tolist(), arrays["rents"]
    prices = {
        name: [
            values.reshape(tuple(shape))
            for values, shape in zip(
                _split(whole, arrays[f"price_count:{name}"]), arrays[f"price_shape:{name}"], strict=True
            )
        ]
        for name, whole in _named(arrays, "price").items()
    }
    count = len(arrays["figures"])
    duals: Sequence[Array | None] = [None] * count
    if "row_dual" in arrays:
        duals = _split(arrays["row_dual"], arrays["row_dual_count"])
    return [
        Evaluation(
            period=int(arrays["counts"][number, 0]),
            cost=float(arrays["figures"][number, 0]),
            bound=float(arrays["figures"][number, 1]),
            gradient=arrays["gradient"][number],
            iterations=int(arrays["counts"][number, 1]),
            certificate=Certificate(*arrays["figures"][number, 2:].tolist()),
            attempt=str(arrays["attempt"][number]),
            prices={name: values[number] for name, values in prices.items()},
            rents={
                law: float(rents[number, at])
                for at, law in enumerate(laws)
                if not np.isnan(rents[number, at])
            },
            row_dual=duals[number],
        )
        for number in range(count)
    ]


def _named(arrays: Arrays, kind: str) -> Arrays:
    return {name.removeprefix(f"{kind}:"): a for name, a in arrays.items() if name.startswith(f"{kind}:")}
