"""How sure: the parameters, the low and high corners, seeded draws, and what moves the answer most.

`low` and `high` put every parameter whose effect on net capture has a known sign at the end that lowers
or raises it: a corner range, wider than any confidence interval. The sampled range draws each
parameter by itself and comes out much narrower.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite

import numpy as np
import pandas as pd
from scipy.special import ndtr

from optimizer.capture.accounts import ACCOUNTS
from optimizer.errors import InputError, Problem
from optimizer.milestones import Array

DIRECTIONS: dict[str, int] = {
    "S_cloud_2025": 1, "mix_iaas": 0, "S_ai_inf_2025": 1, "S_ai_train_2025": 1,
    "for": 1, "rho": 1, "g": 1, "switch": 1, "alpha": 1,
    "v": 1, "u": 1, "phi": 1, "pi": -1,
    "H": -1, "m_hw": -1, "m_gpu": -1, "fac": -1, "m_fac": -1, "el": 0, "m_fuel": 0, "re_for": -1,
    "sw": -1, "own_for": -1, "margin": -1, "delta": 1, "u_for": -1, "omega": 1,
}  # fmt: skip
"""Sign of the effect on net capture, by parameter or by stem of `<stem>_<account>`.

0: the sign depends on the plan (which lines it sells, whose power it runs on); such a parameter keeps its
base value in `low` and `high`, and moves in the sampled range and the tornado.
"""

_PER_ACCOUNT = ("for", "rho", "g", "alpha", "v", "u", "phi", "H", "sw", "delta")

NAMES = tuple(
    name
    for stem in DIRECTIONS
    for name in ([f"{stem}_{account}" for account in ACCOUNTS] if stem in _PER_ACCOUNT else [stem])
)
"""Every parameter the capture model needs."""

_REQUIRED = (*NAMES, "computer_share_of_cloud", "growth_correlation")

DRAWS = 2_000
SEED = 1
_PERCENTILES = {"p05": 5, "p50": 50, "p95": 95}
_SCALE_TO_BN = {"JPY bn": 1.0, "JPY tn": 1e3}


@dataclass(frozen=True)
class Ranges:
    """Low, base and high of every parameter in `NAMES`; money in JPY bn."""

    low: dict[str, float]
    base: dict[str, float]
    high: dict[str, float]
    kappa: float
    """Share of computer services payments that is cloud and AI, for a check only [1]."""

    growth_correlation: float
    """How far the growth rates of the lines move together in the draws [1]."""


def stem_of(name: str) -> str:
    """Return the key of `DIRECTIONS` for a parameter: `v` for `v_iaas`, itself for `mix_iaas`."""
    return next((stem for stem in _PER_ACCOUNT for account in ACCOUNTS if name == f"{stem}_{account}"), name)


def _row_problem(name: str, ends: tuple[float, float, float], unit: str) -> str:
    """Return what is wrong with a parameter's low, value and high, or an empty text."""
    low, value, high = ends
    if not all(map(isfinite, ends)):
        return f"{name}: value, low and high must be finite numbers, got {value}, {low}, {high}"
    if not low <= value <= high:
        return f"{name}: low <= value <= high must hold, got {low} <= {value} <= {high}"
    if name.startswith("S_") and unit not in _SCALE_TO_BN:
        return f'{name}: unit "{unit}" is unknown; allowed: {", ".join(_SCALE_TO_BN)}'
    return ""


def read_ranges(parameters: pd.DataFrame) -> Ranges:
    """Return the capture model's parameters with their ranges.

    A parameter with an empty low or high is certain on that side: the end is its value.

    Args:
        parameters: Index name; value, unit, low, high. Market sizes in JPY tn or JPY bn.

    Raises:
        InputError: Parameters that are missing, not finite, out of order or in an unknown unit;
            all of them at once.
    """
    values = parameters["value"].astype(float)
    columns = [
        parameters["low"].astype(float).fillna(values),
        values,
        parameters["high"].astype(float).fillna(values),
    ]
    found = {
        str(name): (float(low), float(value), float(high))
        for name, low, value, high in zip(parameters.index, *columns, strict=True)
    }
    units = {str(name): str(unit) for name, unit in parameters["unit"].items()}
    problems = [f"{name}: the capture model needs this parameter" for name in _REQUIRED if name not in found]
    problems += [_row_problem(name, found[name], units[name]) for name in _REQUIRED if name in found]
    if any(problems):
        raise InputError([Problem("parameters", "E370", text) for text in problems if text])
    scale = {name: _SCALE_TO_BN[units[name]] if name.startswith("S_") else 1.0 for name in NAMES}
    low, base, high = ({name: found[name][end] * scale[name] for name in NAMES} for end in range(3))
    return Ranges(
        low,
        base,
        high,
        kappa=found["computer_share_of_cloud"][1],
        growth_correlation=found["growth_correlation"][1],
    )


def corner_cases(ranges: Ranges) -> dict[str, dict[str, float]]:
    """Return the parameters of `low`, `base` and `high`: conservative, central, optimistic for capture."""
    ends = {-1: ranges.low, 0: ranges.base, 1: ranges.high}
    signs = {"low": -1, "base": 0, "high": 1}
    return {
        case: {name: ends[sign * DIRECTIONS[stem_of(name)]][name] for name in NAMES}
        for case, sign in signs.items()
    }


def as_draws(cases: list[Mapping[str, float]]) -> dict[str, Array]:
    """Return parameter sets as one array per parameter, one entry per set. [D]"""
    return {name: np.array([case[name] for case in cases]) for name in NAMES}


def draw(ranges: Ranges, draws: int, seed: int, growth_correlation: float = 0.0) -> dict[str, Array]:
    """Return seeded triangular draws of every parameter (low, mode = base, high).

    The growth rates of the four lines may move together through a normal copula; all other
    parameters are independent.

    Args:
        ranges: Low, base and high of every parameter.
        draws: Number of draws D.
        seed: Seed of the generator; equal seeds give equal draws.
        growth_correlation: Correlation of the growth rates' normal scores [1], 0 to 1.
    """
    generator = np.random.default_rng(seed)
    common = generator.standard_normal(draws)
    values = {}
    for name in NAMES:
        own = generator.standard_normal(draws)
        together = growth_correlation if stem_of(name) == "g" else 0.0
        uniform = ndtr(np.sqrt(together) * common + np.sqrt(1.0 - together) * own)
        values[name] = _triangular(uniform, ranges.low[name], ranges.base[name], ranges.high[name])
    return values


def _triangular(uniform: Array, low: float, mode: float, high: float) -> Array:
    """Return the inverse of the triangular distribution function at `uniform`."""
    if high == low:
        return np.full_like(uniform, low)
    peak = (mode - low) / (high - low)
    rising = low + np.sqrt(uniform * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - uniform) * (high - low) * (high - mode))
    return np.where(uniform < peak, rising, falling)


def sampled(lines: Mapping[str, Array]) -> pd.DataFrame:
    """Return the 5th, 50th and 95th percentile of national lines over their draws.

    Args:
        lines: Line → [D].

    Returns:
        Columns line, p05, p50, p95.
    """
    rows = [[line, *np.percentile(values, list(_PERCENTILES.values()))] for line, values in lines.items()]
    return pd.DataFrame(rows, columns=["line", *_PERCENTILES])


def tornado(ranges: Ranges, net_of: Callable[[dict[str, Array]], Array]) -> pd.DataFrame:
    """Return net capture with one parameter at a time at its low and high end, all others at base.

    Args:
        ranges: Low, base and high of every parameter.
        net_of: Net capture [JPY bn/a] of parameter draws: name → [D] gives [D].

    Returns:
        Columns parameter, low, high (JPY bn or as the parameter's unit), net_at_low, net_at_high, swing
        (JPY bn/a); largest swing first, equal swings by name.
    """
    moved = [{**ranges.base, name: end[name]} for end in (ranges.low, ranges.high) for name in NAMES]
    net = net_of(as_draws(list(moved))).reshape(2, len(NAMES))
    table = pd.DataFrame(
        {
            "parameter": NAMES,
            "low": [ranges.low[name] for name in NAMES],
            "high": [ranges.high[name] for name in NAMES],
            "net_at_low": net[0],
            "net_at_high": net[1],
            "swing": np.abs(net[1] - net[0]),
        }
    )
    return table.sort_values(["swing", "parameter"], ascending=[False, True], ignore_index=True)
