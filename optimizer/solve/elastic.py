"""Why no plan exists: which of the planner's limits contradict each other, and how far each must give.

What relaxing one limit takes is found with all others in force. Where no single one is enough, there are
several contradictions: each is told by itself, with what relaxing a limit takes to end that one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.errors import InfeasibleError
from optimizer.milestones import LinearProgramme
from optimizer.settings import Settings
from optimizer.solve.conflict import (
    NOTHING,
    Relaxed,
    best_share,
    conflicts,
    given_up,
    least_violation,
    without,
)
from optimizer.solve.limits import DEMAND, LIMITS, Limit

SHOWN = 5
SMALL = 0.1
"""Amounts below this are told as such, in published units."""

DIGITS = 4
"""Of a share that is in reach; rounded to the side that can be asked for."""

NONE_LEFT = 0.01
"""A plan with less of the load than this is no plan: the limits contradict each other at any load."""

ONE = (
    "no plan meets every limit of the scenario. Relaxing any one of these would be enough:",
    "シナリオのすべての制約を満たす計画はありません。次のどれか一つを緩めれば足ります:",
)
TOGETHER = (
    "no plan meets every limit of the scenario: these contradict each other. Relaxing any one of these would "
    "be enough:",
    "シナリオのすべての制約を満たす計画はありません。次の制約が互いに矛盾します。"
    "どれか一つを緩めれば足ります:",
)
SEVERAL = (
    "no plan meets every limit of the scenario, and no single one is enough to relax: there are {count} "
    "contradictions",
    "シナリオのすべての制約を満たす計画はなく、一つを緩めるだけでは足りません。矛盾が {count} 件あります",
)
NONE = (
    "no plan meets every limit of the scenario: these contradict each other, and no single one is enough to "
    "relax:",
    "シナリオのすべての制約を満たす計画はありません。次の制約が互いに矛盾し、一つを緩めるだけでは足りません:",
)
EACH = (
    "contradiction {number}; relaxing any one of these ends it:",
    "矛盾 {number}。次のどれか一つを緩めれば解消します:",
)
NEITHER = (
    "contradiction {number}; no single one of these ends it:",
    "矛盾 {number}。次のどれか一つを緩めるだけでは解消しません:",
)
LESS = ("less load would end it too:", "負荷を減らしても解消します:")
ALSO = (
    "part of it too, but if this alone is relaxed, another contradiction stays:",
    "これも矛盾に関わりますが、これだけを緩めても別の矛盾が残ります:",
)
NATION = ("nation", "全国")
Lines = list[tuple[str, str]]


class NoWholeHallsError(InfeasibleError):
    """A plan exists, but none of whole halls: the message says what to do."""


@dataclass(frozen=True)
class _Asked:
    """The siting problem and what the scenario asks of shares."""

    siting: LinearProgramme
    shares: dict[str, float]
    """By equation: the one share of the new IT capacity, or of the outflow, that it asks for. [1]"""


def explain_infeasible(siting: LinearProgramme, settings: Settings | None = None) -> InfeasibleError:
    """Return an error that names, in the planner's words, the limits that contradict each other.

    Args:
        siting: the siting problem nobody can meet.
        settings: the scenario's numbers, to say which share would be within reach.

    Returns:
        Each limit with how far it would have to give, by itself; the load asked for comes last, and only
        where a plan for less of it exists. English and Japanese.
    """
    asked = _Asked(siting, {} if settings is None else _shares(siting, settings))
    found = conflicts(siting)
    if not found:
        words = ", ".join(limit.words[0] for limit in (*LIMITS, DEMAND))
        return InfeasibleError(
            f"no plan meets every limit of the scenario, and no single one is enough to relax: {words}"
        )
    several = len(found) > 1
    lines: Lines = [_filled(SEVERAL, count=len(found))] if several else []
    for number, conflict in enumerate(found, 1):
        others = [limit for other in found if other is not conflict for limit in given_up(other)]
        told = _contradiction(asked, conflict, others)
        if several:
            head = NEITHER if told[0] == NONE else EACH
            told = [_indented(line) for line in (_filled(head, number=number), *told[1:])]
        lines += told
    return InfeasibleError(*("\n".join(line[language] for line in lines) for language in (0, 1)))


def _contradiction(asked: _Asked, conflict: Sequence[Limit], others: Sequence[Limit]) -> Lines:
    """Tell one contradiction: what ends it by itself, then what takes part in it, the load last.

    Args:
        asked: the siting problem.
        conflict: limits that cannot hold together.
        others: limits left out, for other contradictions are told apart.
    """
    rest = replace(asked, siting=without(asked.siting, others))
    alone = replace(asked, siting=without(asked.siting, [one for one in LIMITS if one not in conflict]))
    enough = _relaxed(rest, conflict)
    ending = [limit for limit, _ in enough]
    part = _relaxed(alone, [limit for limit in conflict if limit not in ending])
    load = [_indented(_told(rest, *one)) for one in _relaxed(rest, [DEMAND])]
    told = [_indented(_told(rest, *one)) for one in enough]
    also = [_indented(_told(alone, *one)) for one in part]
    if not told and conflict:
        return [NONE, *also, *([LESS, *load] if load else [])]
    deeper = [_indented(line) for line in (ALSO, *also)] if also else []
    return [TOGETHER if len(conflict) > 1 else ONE, *told, *load, *deeper]


def _relaxed(asked: _Asked, limits: Sequence[Limit]) -> list[tuple[Limit, Relaxed]]:
    found = [(limit, _alone(asked.siting, limit)) for limit in limits]
    return [(limit, relaxed) for limit, relaxed in found if relaxed is not None]


def _alone(siting: LinearProgramme, limit: Limit) -> Relaxed | None:
    """Return what relaxing one limit takes while all others hold; None where no plan comes of it."""
    relaxed = least_violation(siting, limit)
    if relaxed is None or limit is not DEMAND:
        return relaxed
    asked = float(np.abs(siting.lower[siting.equations[DEMAND.equation].at]).sum())
    is_plan = relaxed.new_it_gw > NONE_LEFT * asked and relaxed.amounts.sum() < (1.0 - NONE_LEFT) * asked
    return relaxed if is_plan else None


def _told(asked: _Asked, limit: Limit, relaxed: Relaxed) -> tuple[str, str]:
    keys, amounts = asked.siting.equations[limit.equation].keys, relaxed.amounts * limit.factor
    largest = [i for i in np.argsort(-amounts)[:SHOWN] if amounts[i] > NOTHING]
    reach = _reach(asked, limit, float(relaxed.amounts.sum()))
    lines = []
    for language, (total, colon) in enumerate((("{} in all ({})", ": "), ("計 {} ({})", "。"))):
        unit = limit.unit[language]
        where = ", ".join(f"{_words(keys[i], language)} {_amount(amounts[i])} {unit}" for i in largest)
        amount = total.format(f"{_amount(amounts.sum())} {unit}", where)
        lines.append(f"{limit.words[language]}: {amount}{colon}{limit.remedy[language]}{reach[language]}")
    return lines[0], lines[1]


def _amount(amount: float) -> str:
    return f"{amount:,.1f}" if amount >= SMALL else f"<{SMALL:g}"


def _reach(asked: _Asked, limit: Limit, short: float) -> tuple[str, str]:
    """Say which share would be within reach, rounded so that it can be asked for."""
    share = asked.shares.get(limit.equation)
    if share is None:
        return "", ""
    if limit.equation == "capture_target":
        whole = float(asked.siting.lower[asked.siting.equations["capture_target"].at].sum())
        reach = _rounded(share * (1.0 - short / whole), least=True)
        within = f"{whole - short:,.1f} of {whole:,.1f}", f"{whole:,.1f} のうち {whole - short:,.1f}"
        return (
            f" to {reach:.4f} or less ({within[0]} JPY bn/a is within reach)",
            f" ({reach:.4f} 以下。{within[1]} 十億円/年が可能)",
        )
    best = best_share(asked.siting, limit, share)
    if best is None:
        return "", ""
    side, side_ja = ("less", "以下") if limit.sign > 0 else ("more", "以上")
    reach = _rounded(best, least=limit.sign > 0)
    if limit.equation == "regional_cap":
        return (
            f" until an area may have {reach:g} or {side} (now {share:g})",
            f" (エリアの上限が {reach:g} {side_ja}になるまで。現在 {share:g})",
        )
    return f" from {share:g} to {reach:g} or {side}", f" ({share:g} から {reach:g} {side_ja}へ)"


def _rounded(share: float, *, least: bool) -> float:
    scaled = share * 10**DIGITS
    whole = np.floor(scaled + NOTHING) if least else np.ceil(scaled - NOTHING)
    return float(max(0.0, whole) / 10**DIGITS)


def _shares(siting: LinearProgramme, settings: Settings) -> dict[str, float]:
    """Return the share that each rule asks for, where it asks for one."""
    caps = {share for share in settings.area_caps.values() if share < 1.0}
    shares = {
        "dispersion": settings.min_regional_share,
        "hazard_exposure": settings.max_hazard,
        "regional_cap": caps.pop() if len(caps) == 1 else None,
        "capture_target": settings.capture_share,
    }
    tied = "within_nation_build_rate" in siting.equations  # years in one problem: shares by year
    return {name: share for name, share in shares.items() if share is not None and not tied}


def _filled(words: tuple[str, str], **values: int) -> tuple[str, str]:
    return words[0].format_map(values), words[1].format_map(values)


def _indented(line: tuple[str, str]) -> tuple[str, str]:
    return "  " + line[0], "  " + line[1]


def _words(key: object, language: int) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return " / ".join(NATION[language] if part in (None, NATION[0]) else str(part) for part in parts)
