"""The digital account and the market behind it: what leaves, what could stay, what is contestable.

    D = M - X                                payments less receipts (identity)
    O_c = S_c f_c rho_c (1 + g_c)^(t - t0)   outflow: market, foreign share, share of the bill that leaves
    A_c = alpha_c O_c                        addressable
    chi_c = max(0, 1 - (O_c0 / O_c) (1 - s)^(t - t0))      contestable: new work plus switching
    K_c = alpha_c chi_c O_c                  ceiling, 0 <= K <= A <= O

c is a line of the cloud market, t the year, t0 = 2025. Money in JPY bn/a.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.milestones import Array

ACCOUNTS = ("iaas", "saas", "ai_inf", "ai_train")
"""Lines of the cloud market, in the order of the account axis C."""

BASE_YEAR = 2025
"""Year of the market sizes `S_..._2025`: growth counts from here."""


@dataclass(frozen=True)
class Market:
    """The cloud and AI market by line; arrays [C, D], D parameter draws, JPY bn/a."""

    outflow: Array
    addressable: Array
    ceiling: Array


def by_line(values: Mapping[str, Array], stem: str) -> Array:
    """Return the four parameters `<stem>_<account>` as one array [C, D]."""
    return np.stack([values[f"{stem}_{account}"] for account in ACCOUNTS])


def market_sizes(values: Mapping[str, Array]) -> Array:
    """Return the domestic market of each line in 2025, whoever sells it. [JPY bn/a], [C, D]"""
    cloud, mix = values["S_cloud_2025"], values["mix_iaas"]
    return np.stack([cloud * mix, cloud * (1.0 - mix), values["S_ai_inf_2025"], values["S_ai_train_2025"]])


def outflow(values: Mapping[str, Array], year: int) -> Array:
    """Return what is paid abroad for each line in `year`. [JPY bn/a], [C, D]"""
    growth = (1.0 + by_line(values, "g")) ** (year - BASE_YEAR)
    return market_sizes(values) * by_line(values, "for") * by_line(values, "rho") * growth


def market(values: Mapping[str, Array], year: int) -> Market:
    """Return outflow, addressable outflow and contestable ceiling of each line.

    Args:
        values: Parameters by name, money in JPY bn, arrays [D].
        year: Target year; at 2025 nothing is contestable yet.

    Returns:
        Arrays [C, D] in JPY bn/a, with `0 <= ceiling <= addressable <= outflow`.
    """
    leaving = outflow(values, year)
    years = year - BASE_YEAR
    staying = (1.0 + by_line(values, "g")) ** -years * (1.0 - values["switch"]) ** years
    contestable = np.clip(1.0 - staying, 0.0, 1.0)
    addressable = by_line(values, "alpha") * leaving
    return Market(leaving, addressable, addressable * contestable)


def identity(accounts: pd.DataFrame) -> dict[str, float]:
    """Return the account of the latest published year and how far it is from adding up.

    Args:
        accounts: Index year; payments_jpy_bn, receipts_jpy_bn, deficit_jpy_bn, grade.

    Returns:
        year, payments_jpy_bn, receipts_jpy_bn, deficit_jpy_bn and
        `residual_jpy_bn = payments - receipts - deficit`. Where no year is graded `published`,
        the latest complete year; empty for an empty table.
    """
    columns = ["payments_jpy_bn", "receipts_jpy_bn", "deficit_jpy_bn"]
    complete = accounts.dropna(subset=columns)
    published = complete[complete["grade"] == "published"]
    chosen = published if len(published) else complete
    if chosen.empty:
        return {}
    year = max(int(str(label)) for label in chosen.index)
    payments, receipts, deficit = (float(chosen[column].loc[year]) for column in columns)
    return {
        "year": float(year),
        "payments_jpy_bn": payments,
        "receipts_jpy_bn": receipts,
        "deficit_jpy_bn": deficit,
        "residual_jpy_bn": payments - receipts - deficit,
    }


def outflow_limit_note(values: Mapping[str, Array], kappa: float, accounts: pd.DataFrame) -> str:
    """Return a warning where the built-up outflow exceeds its place in the official account.

    The check is `sum_c O_c <= kappa M_computer` in the latest year that states computer services
    payments: cloud and AI are a part of computer services, so a breach means that the market
    build-up and the balance of payments disagree. Empty text where the check holds or cannot be made.

    Args:
        values: Parameters by name, arrays [D]; the first draw is checked.
        kappa: Share of computer services payments that is cloud and AI [1].
        accounts: Index year; computer_payments_jpy_bn may be empty.
    """
    known = accounts["computer_payments_jpy_bn"].dropna()
    if known.empty:
        return ""
    year = max(int(str(label)) for label in known.index)
    ours = float(outflow(values, year)[:, 0].sum())
    limit = kappa * float(known.loc[year])
    if ours <= limit:
        return ""
    return (
        f"Built up from market sizes, the cloud and AI outflow of {year} is JPY {ours:,.0f} bn; the official "
        f"account allows {limit:,.0f} (computer services payments {float(known.loc[year]):,.0f} times the "
        f"cloud share {kappa:g}, itself an estimate). Read yen figures with this difference of "
        f"{ours / limit - 1.0:.0%} in mind."
    )


def yen_from_dollars(usd_bn: float, jpy_per_usd: float) -> float:
    """Return dollars in yen. [JPY bn]

    Examples:
        >>> round(yen_from_dollars(23.6, 147.46), 1)
        3480.1
    """
    return usd_bn * jpy_per_usd


def outflow_at_rate(outflow_jpy_bn: float, rate: float, reference_rate: float, elasticity: float) -> float:
    """Return the outflow at another exchange rate; the difference is never credited as capture. [JPY bn/a]

    Args:
        outflow_jpy_bn: Outflow at the reference rate [JPY bn/a].
        rate: Exchange rate asked for [JPY/USD].
        reference_rate: Exchange rate behind the outflow [JPY/USD].
        elasticity: Elasticity of the yen value to the rate [1].

    Examples:
        >>> round(outflow_at_rate(1000.0, 90.0, 100.0, 0.7), 1)
        928.9
    """
    return float(outflow_jpy_bn * (rate / reference_rate) ** elasticity)


def subscription_bill(subscribers: float, jpy_per_month: float) -> float:
    """Return the yearly gross bill of subscribers to a foreign service, before rho. [JPY bn/a]

    Examples:
        >>> subscription_bill(30e6, 3000.0)
        1080.0
    """
    return subscribers * jpy_per_month * 12.0 / 1e9
