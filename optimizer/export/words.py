"""Figures in words, Japanese and English: the same wording on map, page and workbook."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.export.record import Language, RunRecord

MOST_DECIMALS = 6
SMALLEST = 0.5 * 10.0**-MOST_DECIMALS
"""Numbers below this are shown as nothing."""

Both = dict[str, str]
"""A text in both languages, keys `en` and `ja`."""


@dataclass(frozen=True)
class Headline:
    """One headline figure: its key in `summary.json`, its value, and how to say it."""

    key: str
    value: float
    label: Both
    shown: Both
    note: Both


def money(jpy_bn: float, lang: Language) -> str:
    """Return a yearly sum of money, e.g. `¥412 bn/a` or `4,123億円/年`."""
    if lang == "ja":
        return f"{jpy_bn * 10:,.0f}億円/年"
    sign = "−" if jpy_bn < 0 else ""
    digits = 0 if abs(jpy_bn) >= 100 else 1
    return f"{sign}¥{abs(jpy_bn):,.{digits}f} bn/a"


def figure(value: float) -> str:
    """Return a number to about four digits, with thousands separators and never as a power of ten.

    Example:
        >>> figure(11230.4), figure(7525.0), figure(0.012341), figure(-2.5), figure(0.0)
        ('11,230', '7,525', '0.01234', '-2.5', '0')
    """
    if not math.isfinite(value):
        return "–"
    if abs(value) < SMALLEST:
        return "0"
    digits = min(MOST_DECIMALS, max(0, 3 - math.floor(math.log10(abs(value)))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits else text


def percent(share: float, digits: int = 1) -> str:
    """Return a share as a percentage."""
    return f"{share * 100:,.{digits}f} %"


def headlines(record: RunRecord) -> list[Headline]:
    """Return the headline figures, as cards of the page and lines of the map."""
    summary = record.summary
    low, base, high = (summary["capture"][case] for case in ("low", "base", "high"))
    both = _both_money
    gross = base["gross_jpy_bn"]
    return [
        Headline(
            "it_mw_built",
            summary["it_mw_built"],
            {"en": "New IT capacity", "ja": "新設IT容量"},
            _same(f"{summary['it_mw_built']:,.0f} MW"),
            _same(""),
        ),
        Headline(
            "cost_jpy_bn_per_a",
            summary["cost_jpy_bn_per_a"],
            {"en": "Cost of the plan", "ja": "計画の費用"},
            both(summary["cost_jpy_bn_per_a"]),
            {
                "en": "with the plan less without; servers excluded",
                "ja": "計画あり－なしの差。サーバ費は含まない",
            },
        ),
        Headline(
            "capture.base.gross_jpy_bn",
            gross,
            {"en": "Outflow kept at home, gross", "ja": "国内に残る流出額（総額）"},
            both(gross),
            {lang: _range(low["gross_jpy_bn"], high["gross_jpy_bn"], lang) for lang in ("en", "ja")},
        ),
        Headline(
            "capture.base.share_of_outflow",
            base["share_of_outflow"],
            {"en": "of the cloud and AI outflow", "ja": "クラウド・AI流出額に占める割合"},
            _same(percent(base["share_of_outflow"])),
            {
                "en": f"net of imports {money(base['net_jpy_bn'], 'en')}",
                "ja": f"輸入等控除後 {money(base['net_jpy_bn'], 'ja')}",
            },
        ),
        Headline(
            "new_renewable_mw",
            summary["new_renewable_mw"],
            {"en": "New solar and wind", "ja": "新設の太陽光・風力"},
            _same(f"{summary['new_renewable_mw']:,.0f} MW"),
            _same(""),
        ),
        Headline(
            "curtailment_share",
            summary["curtailment_share"],
            {"en": "Solar and wind curtailed", "ja": "太陽光・風力の抑制率"},
            _same(percent(summary["curtailment_share"])),
            _same(""),
        ),
        *goal_headlines(summary),
    ]


def goal_headlines(summary: Mapping[str, Any]) -> list[Headline]:
    """Return what a goal other than least cost has to say: the next captured yen, what capital buys."""
    found = []
    if "marginal_cost_jpy_per_captured_jpy" in summary:
        asked, price = summary["capture_share_asked"], summary["marginal_cost_jpy_per_captured_jpy"]
        found.append(
            Headline(
                "marginal_cost_jpy_per_captured_jpy",
                price,
                {"en": "Cost of one more captured yen", "ja": "国内に残る額をもう1円増やす費用"},
                {"en": f"¥{price:,.2f}", "ja": f"{price:,.2f}円"},
                {"en": f"{percent(asked)} of the outflow asked for", "ja": f"目標は流出額の{percent(asked)}"},
            )
        )
    if "marginal_capture_jpy_per_budget_jpy" in summary:
        found += _budget_headlines(summary)
    return found


def _budget_headlines(summary: Mapping[str, Any]) -> list[Headline]:
    spent, allowed = summary["capital_jpy_bn"], summary["budget_jpy_bn"]
    more = summary["marginal_capture_jpy_per_budget_jpy"]
    public = summary.get("captured_jpy_a_per_public_jpy")
    per_public = {
        "en": "" if public is None else f"; ¥{public:,.2f} a year per public yen",
        "ja": "" if public is None else f"。公費1円あたり年{public:,.2f}円",
    }
    return [
        Headline(
            "capital_jpy_bn",
            spent,
            {"en": "Capital spent", "ja": "設備投資額"},
            {"en": f"¥{spent:,.0f} bn", "ja": f"{spent * 10:,.0f}億円"},
            {
                "en": f"of ¥{allowed:,.0f} bn; machines excluded",
                "ja": f"予算{allowed * 10:,.0f}億円。サーバは含まない",
            },
        ),
        Headline(
            "marginal_capture_jpy_per_budget_jpy",
            more,
            {"en": "Captured by one more yen of budget", "ja": "予算をもう1円増やすと国内に残る額"},
            {"en": f"¥{more:,.3f}/a", "ja": f"年{more:,.3f}円"},
            {
                lang: f"{first}{per_public[lang]}"
                for lang, first in (
                    ("en", f"kept at home ¥{summary['captured_jpy_bn_per_a']:,.0f} bn/a"),
                    ("ja", f"国内に残る額 {summary['captured_jpy_bn_per_a'] * 10:,.0f}億円/年"),
                )
            },
        ),
    ]


def title_of(record: RunRecord, lang: Language) -> str:
    """Return the title of the scenario in `lang`, or its name."""
    title: Mapping[str, str] = record.plan.title
    return title.get(lang) or title.get("en") or record.plan.name


def north_to_south(record: RunRecord, areas: pd.DataFrame) -> pd.DataFrame:
    """Return the table of areas from north to south, as people read a map; files keep the canonical order."""
    latitude = areas["area"].map(record.inputs.areas["lat"])
    return areas.iloc[(-latitude).argsort(kind="stable")]


def credit_line(record: RunRecord, lang: Language) -> str:
    """Return the source line under a map: boundaries first, then who published the figures."""
    listed: list[Any] = [source.get("publisher") for source in record.sources]
    words = [
        str(source.get(key, "")) for source in record.sources for key in ("title", "publisher", "method")
    ]
    natural_earth = any("Natural Earth" in text for text in words)
    names: list[str] = []
    for publisher in listed:
        text = str(publisher or "").strip()
        ours = "Natural Earth" in text or "this project" in text
        if text and not ours and len(text) <= 60 and text not in names:
            names.append(text)
    head = ["Made with Natural Earth"] if natural_earth else []
    more = len(names) - 3
    tail = {"en": f" and {more} more", "ja": f" 他{more}件"}[lang] if more > 0 else ""
    label = {"en": "figures: ", "ja": "数値："}[lang]
    figures = [label + ", ".join(names[:3]) + tail] if names else []
    detail = {"en": "all sources in provenance.json", "ja": "全出典は provenance.json"}[lang]
    return "; ".join([*head, *figures, detail])


def _same(text: str) -> Both:
    return {"en": text, "ja": text}


def _both_money(jpy_bn: float) -> Both:
    return {"en": money(jpy_bn, "en"), "ja": money(jpy_bn, "ja")}


def _range(low: float, high: float, lang: Language) -> str:
    if lang == "ja":
        return f"低位～高位 {low * 10:,.0f}～{high * 10:,.0f}億円"
    return f"low to high ¥{low:,.0f}–{high:,.0f} bn"
