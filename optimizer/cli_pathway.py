"""What `wattbit run` prints of a pathway: one line per target year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

YEAR_WORDS = {
    "en": ("IT capacity", "outside the metropolises", "JPY bn/a", "net capture"),
    "ja": ("IT容量", "大都市圏外", "十億円/年", "純還流額"),
}


def year_lines(years: Mapping[str, Mapping[str, Any]], lang: str) -> list[tuple[str, str]]:
    """Return target year and its plan in short: what stands, where, at what cost, and what stays at home.

    Args:
        years: summary of every target year, as under `years` in `summary.json`.
        lang: `en` or `ja`.
    """
    built, regional, money, net = YEAR_WORDS[lang]
    rows = []
    for year, summary in years.items():
        captured = summary["capture"]["base"]["net_jpy_bn"]
        outside = f"{regional} {100 * summary['regional_share']:.0f} %"
        cost = f"{summary['cost_jpy_bn_per_a']:,.0f} {money}"
        stands = f"{built} {summary['it_mw_built']:,.0f} MW"
        rows.append((year, f"{stands} · {outside} · {cost} · {net} {captured:,.0f} {money}"))
    return rows
