"""Capital and money over time, checked on paper. The docstring is the paper."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer import finance
from optimizer.finance import annuity, present_value, price_base


def test_annuity_repays_one_yen_over_two_years():
    """At 10 % over 2 years: 0.10 / (1 - 1/1.21) = 0.121 / 0.21 = 0.576190.

    Paid 0.576190 twice: 0.576190/1.1 + 0.576190/1.21 = 0.523810 + 0.476190 = 1.
    Without interest it would be 0.5; with payments at the start of the year 0.523810.
    """
    assert annuity(0.10, 2) == pytest.approx(0.121 / 0.21, rel=1e-14)


def test_annuity_at_rate_zero_is_one_over_life():
    """No interest: a 36-year line costs 1/36 a year; the formula alone would be 0/0."""
    assert annuity(0.0, 36) == pytest.approx(1 / 36, rel=1e-15)


def test_annuity_is_smooth_at_tiny_rates():
    """rate 1e-12, life 20: 1/20 + rate (20 + 1)/40 = 0.05 + 5e-13. The naive formula is wrong by 1e-5."""
    assert annuity(1e-12, 20) == pytest.approx(0.05 + 5.25e-13, abs=1e-15)


def test_present_value_of_100_for_two_years():
    """100/1.05 + 100/1.1025 = 95.238095 + 90.702948 = 185.941043, not 200."""
    assert present_value(100, 0.05, 2) == pytest.approx(185.941043, abs=1e-6)


def test_price_base_moves_both_ways():
    """Index 100 in 2020 and 111 in 2025: 200 of 2020 are 222 of 2025, and back again."""
    index = {2020: 100.0, 2025: 111.0}
    assert price_base(200, 2020, 2025, index) == pytest.approx(222)
    assert price_base(222, 2025, 2020, index) == pytest.approx(200)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, -2.0])
def test_a_rate_that_cannot_be_is_refused(bad):
    with pytest.raises(ValueError, match="rate"):
        annuity(bad, 20)


@pytest.mark.parametrize("bad", [0.0, -3.0, float("nan"), float("inf")])
def test_a_life_that_cannot_be_is_refused(bad):
    with pytest.raises(ValueError, match="life_a"):
        annuity(0.04, bad)


def test_money_that_is_not_a_number_or_has_no_index_is_refused():
    with pytest.raises(ValueError, match="yearly"):
        present_value(float("nan"), 0.04, 20)
    with pytest.raises(ValueError, match="amount"):
        price_base(float("inf"), 2020, 2020, {})
    with pytest.raises(ValueError, match="no year 2021"):
        price_base(1.0, 2021, 2020, {2020: 100.0})
    with pytest.raises(ValueError, match="above zero"):
        price_base(1.0, 2020, 2021, {2020: 100.0, 2021: 0.0})


def test_annuity_survives_the_smallest_rates():
    """5e-324 is the smallest number above zero: 1/1.5 = 0.666667, not the 0.5 of a quotient that lost its digits."""
    assert annuity(5e-324, 1.5) == pytest.approx(1 / 1.5, rel=1e-12)


@given(st.floats(0.0, 0.3), st.floats(1.0, 60.0))
def test_paying_the_annuity_is_worth_the_capital(rate, life_a):
    assert present_value(annuity(rate, life_a), rate, life_a) == pytest.approx(1.0, rel=1e-12)
    assert annuity(rate, life_a) >= max(rate, 1 / life_a) - 1e-12


def test_the_examples_in_the_docstrings_run():
    result = doctest.testmod(finance)
    assert result.attempted >= 7
    assert result.failed == 0
