"""Figures in words, Japanese and English: the same wording on map, page and workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.export.record import Language, RunRecord

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
