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
from optimizer.solve.conflict import NOTHING, Relaxed, best_share, conflicts, least_violation, without
from optimizer.solve.limits import DEMAND, LIMITS, Limit

SHOWN = 5
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
EACH = (
    "contradiction {number}, which ends if any one of these is relaxed:",
    "矛盾 {number}。次のどれか一つを緩めれば解消します:",
)
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
    enough = [(limit, relaxed) for limit in (*found[0], DEMAND) if (relaxed := _alone(siting, limit))]
    rules = [limit for limit, _ in enough if limit is not DEMAND]
    if enough and (rules or len(found) == 1):
        lines: Lines = [TOGETHER if len(found[0]) > 1 else ONE]
        lines += [_indented(_told(asked, limit, relaxed)) for limit, relaxed in enough]
        left = [limit for limit in found[0] if limit not in rules]
        lines += [_indented(ALSO)] if left else []
        lines += [_indented(line) for line in _in_part(asked, left, ([], found[0]))]
    else:
        lines = [_filled(SEVERAL, count=len(found))]
        for number, conflict in enumerate(found, 1):
            lines.append(_indented(_filled(EACH, number=number)))
            others = [limit for other in found if other is not conflict for limit in other]
            lines += [_indented(line) for line in _in_part(asked, (*conflict, DEMAND), (others, conflict))]
    return InfeasibleError(*("\n".join(line[language] for line in lines) for language in (0, 1)))


def _alone(siting: LinearProgramme, limit: Limit) -> Relaxed | None:
    """Return what relaxing one limit takes while all others hold; None where no plan comes of it."""
    relaxed = least_violation(siting, limit)
    if relaxed is None or limit is not DEMAND:
        return relaxed
    asked = float(np.abs(siting.lower[siting.equations[DEMAND.equation].at]).sum())
    is_plan = relaxed.new_it_gw > NONE_LEFT * asked and relaxed.amounts.sum() < (1.0 - NONE_LEFT) * asked
    return relaxed if is_plan else None


def _in_part(asked: _Asked, limits: Sequence[Limit], of: tuple[Sequence[Limit], Sequence[Limit]]) -> Lines:
    """Tell what relaxing a limit takes for one contradiction to end.

    Args:
        asked: the siting problem.
        limits: the limits to tell.
        of: limits of other contradictions, which are left out; and of this one, which alone are kept where
            that is not enough.
    """
    others, conflict = of
    alone = [limit for limit in LIMITS if limit not in conflict]
    told: Lines = []
    for limit in limits:
        for left_out in (others, alone):
            part = replace(asked, siting=without(asked.siting, left_out))
            relaxed = _alone(part.siting, limit)
            if relaxed is not None:
                told.append(_indented(_told(part, limit, relaxed)))
                break
    return told


def _told(asked: _Asked, limit: Limit, relaxed: Relaxed) -> tuple[str, str]:
    keys, amounts = asked.siting.equations[limit.equation].keys, relaxed.amounts * limit.factor
    largest = [i for i in np.argsort(-amounts)[:SHOWN] if amounts[i] > NOTHING]
    reach = _reach(asked, limit, float(relaxed.amounts.sum()))
    lines = []
    for language, (total, colon) in enumerate((("{} in all ({})", ": "), ("計 {} ({})", "。"))):
        unit = limit.unit[language]
        where = ", ".join(f"{_words(keys[i], language)} {amounts[i]:,.1f} {unit}" for i in largest)
        amount = total.format(f"{amounts.sum():,.1f} {unit}", where)
        lines.append(f"{limit.words[language]}: {amount}{colon}{limit.remedy[language]}{reach[language]}")
    return lines[0], lines[1]


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
    if key is None or key == NATION[0]:
        return NATION[language]
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)
