"""Why a plan moved: the price stacks of the sites that gained or lost most, and a sentence for each.

The stacks are those of :func:`optimizer.scenario.compared_figures.stacks_of`: one mix of the classes for all
runs, so that a difference is one of prices. What moves at every site alike (another discount rate on every
building) moves no plan: a sentence names the components that moved most against the middle site, that is
against the median of the component's difference over all sites, and gives both. Components of who operates a
class are alike at every site; they count in the sum and are not named. The page says the same sentences from
the same numbers (`compare.js`).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.scenario.compared_figures import BUILT, Array, Stacks
from optimizer.scenario.stack_words import ANYWHERE, component_words

MOVED = 8
"""How many sites are explained for each run."""

NAMED = 3
"""How many components are named in a sentence."""

WORTH_SAYING = 0.05
"""Smallest difference of a component that is named: it is printed with one decimal. [JPY m/MW/a]"""

_WHY = ["run", "site", "name_en", "name_ja", "base_mw", "value_mw", "difference_mw"]


def moved_sites(differences: pd.DataFrame) -> pd.DataFrame:
    """Return the sites whose new IT capacity differs most, beyond the proof, the largest difference first.

    A site that one run does not have counts with the capacity it has in the other.

    Args:
        differences: those of one run, see `optimizer.analyse.compare.compare_runs`.

    Returns:
        Columns run, site, name_en, name_ja, base_mw, value_mw (NaN where absent), difference_mw; at most
        :data:`MOVED` rows.
    """
    built = differences[(differences["table"] == "sites") & (differences["figure"] == BUILT)]
    built = built.assign(
        difference_mw=built["value"].fillna(0.0) - built["base"].fillna(0.0),
        site=built["place"],
        base_mw=built["base"],
        value_mw=built["value"],
    )
    moved = built[~built["state"].isin(("same", "within_proof")) & (built["difference_mw"] != 0)]
    order = np.lexsort([moved["site"].to_numpy(dtype=str), -moved["difference_mw"].abs().to_numpy()])
    return moved.iloc[order[:MOVED]][_WHY].reset_index(drop=True)


def reasons_table(stacks: Stacks, at: tuple[int, int], differences: pd.DataFrame) -> pd.DataFrame:
    """Say for the sites that moved most what moved in their price stacks.

    Args:
        stacks: of all runs.
        at: places of the base and of the run among them.
        differences: of this run.

    Returns:
        The columns of :func:`moved_sites`; stack_difference (of the whole stack), median_difference (the same
        at the middle site; both NaN where there is no stack to compare) [JPY m/MW/a]; words, words_ja.
    """
    moved = moved_sites(differences)
    change = stacks.values[at[1]] - stacks.values[at[0]]
    change = np.column_stack([change, change.sum(axis=1)])
    known = change[~np.isnan(change).any(axis=1)]
    middle = np.median(known, axis=0) if len(known) else np.full(change.shape[1], np.nan)
    places = {site: number for number, site in enumerate(stacks.sites)}
    rows = []
    for _, site in moved.iterrows():
        here = places.get(str(site["site"]))
        parts = change[here] if here is not None else np.full(change.shape[1], np.nan)
        named = named_parts(stacks.components, parts, middle)
        whole = float(parts[-1]), float(middle[-1])
        rows.append((*whole, *(sentence(site, named, whole, lang) for lang in (0, 1))))
    return moved.assign(
        **dict(
            zip(
                ("stack_difference", "median_difference", "words", "words_ja"),
                zip(*rows, strict=True) if rows else ([], [], [], []),
                strict=True,
            )
        )
    )


def named_parts(components: tuple[str, ...], parts: Array, middle: Array) -> list[tuple[str, float, float]]:
    """Return the components that moved most against the middle site, with the differences here and there."""
    worth = [
        (name, float(here), float(there))
        for name, here, there in zip(components, parts[:-1], middle[:-1], strict=True)
        if name not in ANYWHERE and abs(here - there) >= WORTH_SAYING
    ]
    return sorted(worth, key=lambda one: -abs(one[1] - one[2]))[:NAMED]


def sentence(
    site: pd.Series, parts: list[tuple[str, float, float]], totals: tuple[float, float], lang: int
) -> str:
    """Return one sentence: what the site gains or loses, what moved in its stack, and at the middle site.

    Args:
        site: name_en, name_ja, base_mw, value_mw, difference_mw.
        parts: components and their differences here and at the middle site, JPY m/MW/a.
        totals: the same of the whole stack; NaN without a stack.
        lang: 0 English, 1 Japanese.
    """
    megawatt = float(site["difference_mw"])
    amount = f"{abs(megawatt):,.0f} MW"
    missing = _why_no_stack(site)[lang]
    if lang:
        head = f"{site['name_ja']}は{amount}{'増' if megawatt > 0 else '減'}："
        if np.isnan(totals[0]):
            return f"{head}{missing}。"
        said = [f"{component_words(name)[1]} {_signed(a)}（{_signed(b)}）" for name, a, b in parts]
        body = "、".join(said) or "内訳の変化は中央の地点と同じ"
        whole = f"合計 {_signed(totals[0])}（{_signed(totals[1])}）"
        return f"{head}{body}。{whole}。百万円/MW/年、括弧内は全地点の中央値。"
    head = f"{site['name_en']} {'gains' if megawatt > 0 else 'loses'} {amount}: "
    if np.isnan(totals[0]):
        return f"{head}{missing}."
    said = [f"{component_words(name)[0]} {_signed(a)} ({_signed(b)})" for name, a, b in parts]
    body = ", ".join(said) or "its stack moved as at the middle site"
    whole = f"in all {_signed(totals[0])} ({_signed(totals[1])})"
    return f"{head}{body}; {whole} JPY m/MW a, in brackets the middle site."


def _signed(value: float) -> str:
    """A difference with one decimal and its sign; what rounds to zero is +0.0."""
    text = f"{abs(value):,.1f}"
    return ("-" if value < 0 and text.strip("0.,") else "+") + text


def _why_no_stack(site: pd.Series) -> tuple[str, str]:
    """Say why there is nothing to compare: the site is absent in a run, or its stack is."""
    if np.isnan(float(site["base_mw"])):
        return "there is no such site in the base", "基準にはない地点"
    if np.isnan(float(site["value_mw"])):
        return "there is no such site in the run", "比較側にはない地点"
    return "no price stack to compare", "比べられる費用の内訳がない"


def stack_table(stacks: Stacks, at: tuple[int, int], why: pd.DataFrame) -> pd.DataFrame:
    """Return the price stacks of the sites that moved most side by side.

    Returns:
        Columns run, site, component, base, value, difference [JPY m/MW/a]; no row for a site without a stack
        in both runs.
    """
    places = {site: number for number, site in enumerate(stacks.sites)}
    rows = []
    for run, site in zip(why["run"], why["site"], strict=True):
        if site not in places:
            continue
        before, value = (stacks.values[number, places[site]] for number in at)
        if np.isnan(before).any() or np.isnan(value).any():
            continue
        for name, one, other in zip(stacks.components, before, value, strict=True):
            if one != 0 or other != 0:
                rows.append((run, site, name, float(one), float(other), float(other - one)))
    return pd.DataFrame(rows, columns=["run", "site", "component", "base", "value", "difference"])
