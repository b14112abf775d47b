"""Capital and money over time: annuity, present value, price base. Pure; rates and shares are fractions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import expm1, isfinite, log1p


def _check_rate(rate: float) -> None:
    """Raise ValueError unless `rate` is finite and above -1."""
    if not (isfinite(rate) and rate > -1.0):
        raise ValueError(f"rate must be finite and above -1, got {rate!r}")


def _check_life(life_a: float) -> None:
    """Raise ValueError unless `life_a` is finite and above zero."""
    if not (isfinite(life_a) and life_a > 0.0):
        raise ValueError(f"life_a must be finite and above zero, got {life_a!r}")


def annuity(rate: float, life_a: float) -> float:
    """Return the yearly payment that repays one unit of capital over its life. [1/a]

    The equation is `rate / (1 - (1 + rate)^-life)`, and `1 / life` at rate zero. Payments fall at
    the end of each year. Evaluated through `expm1` and `log1p`, exact also for tiny rates.

    Args:
        rate: Real discount rate [1/a], above -1.
        life_a: Life of the asset [a], above zero.

    Returns:
        Share of the capital to be paid each year [1/a].

    Raises:
        ValueError: A rate or life that is not finite or out of range.

    Examples:
        >>> round(annuity(0.04, 20), 6)
        0.073582
        >>> annuity(0.0, 20)
        0.05
        >>> round(present_value(annuity(0.04, 20), 0.04, 20), 12)
        1.0
    """
    _check_rate(rate)
    _check_life(life_a)
    if abs(rate) < 1e-200:  # zero, or so near that the quotient below would lose its digits
        return 1.0 / life_a
    return rate / -expm1(-life_a * log1p(rate))


def present_value(yearly: float, rate: float, life_a: float) -> float:
    """Return what a constant yearly payment over `life_a` years is worth today. [unit of `yearly` x a]

    Args:
        yearly: Payment at the end of every year [any money per year].
        rate: Real discount rate [1/a], above -1.
        life_a: Number of years [a], above zero.

    Returns:
        `yearly / annuity(rate, life_a)`.

    Raises:
        ValueError: A number that is not finite or out of range.

    Examples:
        >>> round(present_value(100.0, 0.05, 2), 3)
        185.941
        >>> present_value(100.0, 0.0, 2)
        200.0
    """
    if not isfinite(yearly):
        raise ValueError(f"yearly must be finite, got {yearly!r}")
    return yearly / annuity(rate, life_a)


def price_base(amount: float, from_year: int, to_year: int, index: Mapping[int, float]) -> float:
    """Return `amount` in the prices of `to_year`. [unit of `amount`]

    Args:
        amount: Money in prices of `from_year`.
        from_year: Price year of `amount`.
        to_year: Price year asked for.
        index: Price level by year, any base, above zero.

    Returns:
        `amount · index[to_year] / index[from_year]`; `amount` itself where the years are equal.

    Raises:
        ValueError: A year the index lacks, or a price level that is not above zero.

    Examples:
        >>> round(price_base(100.0, 2020, 2025, {2020: 100.0, 2025: 111.0}), 6)
        111.0
        >>> price_base(100.0, 2020, 2020, {})
        100.0
    """
    if not isfinite(amount):
        raise ValueError(f"amount must be finite, got {amount!r}")
    if from_year == to_year:
        return amount
    for year in (from_year, to_year):
        if year not in index:
            raise ValueError(f"the price index has no year {year}")
        if not (isfinite(index[year]) and index[year] > 0.0):
            raise ValueError(f"the price index of {year} must be above zero, got {index[year]!r}")
    return amount * index[to_year] / index[from_year]


def year_weights(years: Sequence[int], rate: float) -> dict[int, float]:
    """Return how much each target year counts in the discounted mean year of a pathway; they sum to 1. [1]

    A target year stands for itself and the years until the next; the last one for as many as the one before.
    With `D(y) = sum of (1 + rate)^-(j - first)` over the years `j` it stands for, the weight is
    `D(y) / sum of D`.

    Args:
        years: Target years, increasing.
        rate: Real discount rate [1/a], above -1.

    Raises:
        ValueError: No years, or years that do not increase; a rate out of range.

    Examples:
        >>> year_weights([2027, 2030, 2035], 0.0)
        {2027: 0.23076923076923078, 2030: 0.38461538461538464, 2035: 0.38461538461538464}
        >>> year_weights([2030], 0.04)
        {2030: 1.0}
        >>> weights = year_weights([2030, 2031], 0.25)
        >>> round(weights[2030] / weights[2031], 12)
        1.25
    """
    discounted = years_discounted(years, rate)
    total = sum(discounted.values())
    return {year: value / total for year, value in discounted.items()}


def years_discounted(years: Sequence[int], rate: float) -> dict[int, float]:
    """Return the years each target year stands for, discounted to the first target year. [a]

    Raises:
        ValueError: No years, or years that do not increase; a rate out of range.

    Examples:
        >>> years_discounted([2027, 2030, 2035], 0.0)
        {2027: 3.0, 2030: 5.0, 2035: 5.0}
    """
    _check_rate(rate)
    if not years or any(after <= before for before, after in pairwise(years)):
        raise ValueError(f"years must increase, got {list(years)}")
    spans = [after - before for before, after in pairwise(years)]
    spans = [*spans, spans[-1] if spans else 1]
    return {
        year: sum((1.0 + rate) ** -(year + late - years[0]) for late in range(span))
        for year, span in zip(years, spans, strict=True)
    }
