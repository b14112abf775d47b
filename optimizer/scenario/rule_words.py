"""What a planner must know of rules of clean power that were bought out of, or that bind the whole nation.

One wording for the console and the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SMALLEST_SHOWN = 0.05
"""Least sum that a figure with one decimal shows. [JPY bn/a]"""

SMALLEST_QUANTITY = 1e-3
"""What is missing below this (a MWh, a tonne) is rounding of the solver. [GWh/a], [kt/a]"""

KT_PER_MT = 1000.0
SMALLEST_MT = 0.005
"""Least difference that a figure in Mt with two decimals shows."""

Both = dict[str, str]
"""A text in both languages, keys `en` and `ja`."""


@dataclass(frozen=True)
class RuleWarning:
    """Something the figures of a plan do not say by themselves: a label, and the sentences."""

    label: Both
    text: Both


def rule_warnings(figures: Mapping[str, Any]) -> list[RuleWarning]:
    """Return what is to be said of the rules of clean power, nothing where they are kept or off.

    Args:
        figures: headline figures as in `summary.json`.
    """
    return [*_missed(figures), *_national(figures)]


def _missed(figures: Mapping[str, Any]) -> list[RuleWarning]:
    """Rules not met: how much is missing, what is paid for it, and what that means for the plan."""
    paid = float(figures.get("missed_rules_jpy_bn_per_a", 0.0))
    if paid <= SMALLEST_SHOWN:
        return []
    lacks = [*_unmatched(figures), *_overshoot(figures)]
    english = (
        f"{'; '.join(one['en'] for one in lacks)}. The plan pays {paid:,.1f} JPY bn/a for this, contained in "
        "its cost: its figures hold only if buying out of the rules is acceptable."
    )
    japanese = (
        f"{'。'.join(one['ja'] for one in lacks)}。計画はその代償として {paid * 10:,.1f} 億円/年を支払い、"
        "費用に含む。計画の数値は、規則を買い取りで済ませてよい場合にだけ成り立つ。"
    )
    label = {"en": "RULES NOT MET, bought out", "ja": "未達の規則（買い取り分）"}
    return [RuleWarning(label, {"en": english, "ja": japanese})]


def _unmatched(figures: Mapping[str, Any]) -> list[Both]:
    missing = float(figures.get("unmatched_gwh", 0.0))
    if missing < SMALLEST_QUANTITY:
        return []
    amount, share = _amount(missing), f"{100.0 * float(figures['matched_share']):.1f} %"
    english = (
        f"{amount} GWh/a of the data centers' electricity lack the contracted renewables asked for "
        f"({share} of all of it is matched)"
    )
    japanese = f"データセンターの電力のうち {amount} GWh/年で契約再エネが不足（全体の充当率は {share}）"
    return [{"en": english, "ja": japanese}]


def _overshoot(figures: Mapping[str, Any]) -> list[Both]:
    beyond = float(figures.get("co2_overshoot_kt", 0.0))
    if beyond < SMALLEST_QUANTITY:
        return []
    amount, cap = _amount(beyond), _mt(figures["co2_cap_kt"])
    return [
        {
            "en": f"power stations emit {amount} kt/a of CO2 beyond the cap of {cap} Mt",
            "ja": f"発電のCO2は上限 {cap} Mt を年 {amount} kt 超える",
        }
    ]


def _national(figures: Mapping[str, Any]) -> list[RuleWarning]:
    """A cap below what is emitted without the plan: the plan pays for the nation's abatement."""
    if "co2_cap_kt" not in figures:
        return []
    cap, before = float(figures["co2_cap_kt"]), float(figures["co2_before_kt_per_a"])
    if before - cap < SMALLEST_MT * KT_PER_MT:
        return []
    english = (
        f"the cap of {_mt(cap)} Mt lies below the {_mt(before)} Mt emitted without the plan: the cost of the "
        "plan contains national abatement"
    )
    japanese = (
        f"上限 {_mt(cap)} Mt は、計画がない場合の排出量 {_mt(before)} Mt を下回る。"
        "計画の費用には国全体の排出削減の費用が含まれる"
    )
    label = {"en": "CO2 CAP ON THE NATION", "ja": "国全体にかかるCO2上限"}
    return [RuleWarning(label, {"en": f"{english}.", "ja": f"{japanese}。"})]


def _amount(value: float) -> str:
    """Return a quantity with as many digits as it needs to be seen."""
    return f"{value:,.0f}" if value >= 10.0 else f"{value:.2g}"


def _mt(kt: float) -> str:
    return f"{kt / KT_PER_MT:,.2f}"
