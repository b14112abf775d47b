"""Why the first sites are first, and why the largest city is or is not: the price stacks in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.milestones import Inputs
from optimizer.scenario.stack_words import ANYWHERE, COMPONENTS, LIMITS

FIRST = 3
"""How many sites are explained, beside the largest place of demand."""

NAMED = 2
"""How many components are named in favour of a site, and against it."""

WORTH_SAYING = 0.5
"""Smallest difference that is named. [JPY m/MW/a]"""

WHOLE = "whole_blocks"
"""Component of the fixed numbers of halls: a consequence of whole sizes, not a cost of the place."""

MW = 1000.0


def reasons(inputs: Inputs, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Say why the largest sites of the plan are chosen and why the largest place of demand is or is not.

    Args:
        inputs: what was asked.
        tables: `sites`, `stack` and `options` of the plan.

    Returns:
        Columns site, rank (by new IT capacity; equal ones share it), it_mw, words, words_ja; the largest
        three sites and the site nearest to the node with the largest demand.
    """
    sites = tables["sites"].set_index("site")
    stack = _per_load(inputs, tables["stack"])
    own = stack.drop(columns=[*LIMITS, *ANYWHERE, WHOLE], errors="ignore")
    beyond = (own - own.median()).T
    missing = _gap(inputs, tables["options"])
    order = sites["it_mw"].sort_values(ascending=False, kind="stable").index
    place = sites["it_mw"].round(6).rank(ascending=False, method="min")
    chosen = [str(site) for site in order[:FIRST] if sites["it_mw"][site] > 0]
    capital = _largest_place(inputs)
    rows = []
    for site in dict.fromkeys([*chosen, capital]):
        if site not in stack.index:
            continue
        block = inputs.settings.block_gw
        last = _decided(site, stack, float(missing.get(site, 0.0)), block, float(sites["halls"][site]))
        words, words_ja = _sentence(site, sites, beyond[site], last)
        rows.append(
            {
                "site": site,
                "rank": float(place[site]),
                "it_mw": float(sites["it_mw"][site]),
                "words": words,
                "words_ja": words_ja,
            }
        )
    return pd.DataFrame(rows, columns=["site", "rank", "it_mw", "words", "words_ja"])


def _weights(inputs: Inputs) -> pd.Series:
    load = inputs.workloads["load_gw"]
    return load / load.sum() if load.sum() > 0 else load * 0.0 + 1.0 / len(load)


def _per_load(inputs: Inputs, stack: pd.DataFrame) -> pd.DataFrame:
    """Stack of each site for the plan's mix of the classes it can serve; sites × components. [JPY m/MW/a]"""
    weight = stack["workload"].map(_weights(inputs))
    weighted = stack.assign(weight=weight, value=stack["jpy_m_per_mw_a"] * weight)
    wide = weighted.groupby(["site", "component"])["value"].sum().unstack(fill_value=0)
    reached = weighted.drop_duplicates(["site", "workload"]).groupby("site")["weight"].sum()
    return wide.div(reached.where(reached > 0, 1.0), axis=0)


def _gap(inputs: Inputs, options: pd.DataFrame) -> pd.Series:
    """Least gap of each site over the classes it can serve: zero where anything is served. [JPY m/MW/a]"""
    return options.groupby("site")["gap_jpy_m_per_mw_a"].min()


def _largest_place(inputs: Inputs) -> str:
    """Site nearest to the node that asks for most."""
    asked = inputs.demand["demand_gw"].groupby(level="node").sum().reindex(inputs.nodes.index, fill_value=0.0)
    lon, lat = inputs.nodes[["lon", "lat"]].to_numpy(dtype=float)[int(asked.to_numpy().argmax())]
    east = (inputs.sites["lon"].to_numpy() - lon) * np.cos(np.radians(lat))
    north = inputs.sites["lat"].to_numpy() - lat
    return str(inputs.sites.index[int((east**2 + north**2).argmin())])


def _decided(
    site: str, stack: pd.DataFrame, missing: float, block_gw: float | None, halls: float
) -> tuple[str, str] | None:
    """Say what decided in the end: a limit of the site, whole halls or the price; None where nothing did."""
    here = dict(zip(stack.columns, stack.to_numpy(dtype=float)[list(stack.index).index(site)], strict=True))
    binding = [name for name in LIMITS if here.get(name, 0.0) > WORTH_SAYING]
    if binding:
        limits = " and ".join(LIMITS[name][0] for name in binding)
        return (
            f"more would be built but for {limits}",
            f"{'・'.join(LIMITS[name][1] for name in binding)}が上限",
        )
    rent = abs(here.get(WHOLE, 0.0))
    if block_gw is not None and max(missing, rent) > WORTH_SAYING:
        size = f"{block_gw * MW:,.0f}"
        if halls > 0:
            return (
                f"sizes are whole halls of {size} MW, here {halls:,.0f}",
                f"規模は{size} MWのホール単位で、ここは{halls:,.0f}棟",
            )
        return (
            f"sizes are whole halls of {size} MW, and the cheapest plan of whole halls has none here",
            f"規模は{size} MWのホール単位で、最も安い計画はここに建てない",
        )
    if missing > WORTH_SAYING:
        return f"{missing:,.0f} too dear to be chosen", f"選ばれるにはあと{missing:,.0f}高い"
    return None


def _sentence(
    site: str, sites: pd.DataFrame, beyond: pd.Series, last: tuple[str, str] | None
) -> tuple[str, str]:
    beyond = beyond.sort_values()
    ordered = list(zip(beyond.index, beyond.to_numpy(), strict=True))
    better = [(name, value) for name, value in ordered if value < -WORTH_SAYING][:NAMED]
    worse = [(name, value) for name, value in ordered[::-1] if value > WORTH_SAYING][:NAMED]
    built = float(sites["it_mw"][site])
    en = [
        f"{sites['name_en'][site]} {'gets ' + format(built, ',.0f') + ' MW' if built > 0 else 'gets nothing'}"
    ]
    ja = [f"{sites['name_ja'][site]}は{format(built, ',.0f') + ' MW' if built > 0 else '選ばれない'}"]
    for verb, verb_ja, some in (("cheaper by", "安い", better), ("dearer by", "高い", worse)):
        if some:
            listed = ", ".join(f"{_word(name, 0)} {abs(value):,.0f}" for name, value in some)
            en.append(f"{verb} {listed} than the middle of all sites")
            listed = "、".join(f"{_word(name, 1)} {abs(value):,.0f}" for name, value in some)
            ja.append(f"全地点の中央値より{listed}{verb_ja}")
    if last is not None:
        en.append(last[0])
        ja.append(last[1])
    return "; ".join(en) + " (JPY m per MW of load and year).", "。".join(
        ja
    ) + "（IT負荷1MWあたり百万円/年）。"


def _word(component: object, language: int) -> str:
    words = COMPONENTS.get(str(component))
    return words[language] if words else str(component)
