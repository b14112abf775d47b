"""Rules that were bought out of, and a cap that binds the nation, are said on the console and on the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from export_fixtures import toy_record

from optimizer.cli_run import plan_lines
from optimizer.export.page import write_page
from optimizer.export.page_text import html_tables
from optimizer.export.record import RunRecord
from optimizer.export.tables import published_tables
from optimizer.scenario.rule_words import rule_warnings

MISSED = {
    "unmatched_gwh": 2190.0, "matched_share": 0.5, "missed_rules_jpy_bn_per_a": 219.0,
}  # fmt: skip
EMITTED = {
    "co2_cap_kt": 35_000.0,
    "co2_before_kt_per_a": 39_420.0,
    "co2_kt_per_a": 35_000.0,
    "co2_overshoot_kt": 0.0,
}
BOUGHT = (
    "The plan pays 219.0 JPY bn/a for this, contained in its cost: its figures hold only if buying out of"
)
NATIONAL = (
    "the cap of 35.00 Mt lies below the 39.42 Mt emitted without the plan: the cost of the plan contains"
)


def with_figures(record: RunRecord, figures: dict[str, Any]) -> RunRecord:
    return replace(record, summary={**record.summary, **figures})


def test_what_is_missing_is_said_with_its_price() -> None:
    """2,190 of 8,760 GWh missing at 0.1: 219 JPY bn, 2,190 億円; half of it matched."""
    (missed,) = rule_warnings(MISSED)
    assert missed.text["en"].startswith(
        "2,190 GWh/a of the data centers' electricity lack the contracted renewables asked for (50.0 % of all of it is"
    )
    assert BOUGHT in missed.text["en"]
    assert "2,190 GWh/年" in missed.text["ja"]
    assert "2,190.0 億円/年" in missed.text["ja"]
    assert "CO2" not in missed.text["en"]


def test_co2_beyond_the_cap_is_said_beside_it() -> None:
    """3,504 kt beyond 43.8 Mt, paid with 17.52; 39.42 Mt without the plan lie below the cap: no word of the nation."""
    figures = {
        "co2_cap_kt": 43_800.0, "co2_before_kt_per_a": 39_420.0, "co2_overshoot_kt": 3_504.0,
        "missed_rules_jpy_bn_per_a": 17.52,
    }  # fmt: skip
    (missed,) = rule_warnings(figures)
    assert missed.text["en"].startswith("power stations emit 3,504 kt/a of CO2 beyond the cap of 43.80 Mt. ")
    assert "上限 43.80 Mt を年 3,504 kt 超える" in missed.text["ja"]


@pytest.mark.parametrize(
    ("figures", "count"),
    [({}, 0), (MISSED | {"missed_rules_jpy_bn_per_a": 0.04}, 0), (EMITTED, 1), (MISSED | EMITTED, 2),
     (EMITTED | {"co2_before_kt_per_a": 35_004.0}, 0)],
)  # fmt: skip
def test_nothing_is_said_of_rules_that_are_kept_or_of_rounding(figures: dict[str, Any], count: int) -> None:
    assert len(rule_warnings(figures)) == count


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_console_and_page_say_the_same(lang: str, tmp_path: Path) -> None:
    record = with_figures(toy_record(), MISSED | EMITTED)
    told = "\n".join(plan_lines("x", record.summary, None, lang))
    write_page(record, published_tables(record), tmp_path / "index.html")
    page = (tmp_path / "index.html").read_text("utf-8").replace("&#39;", "'")
    assert page.count('<p class="warning"') == 2
    for one in rule_warnings(record.summary):
        assert one.text[lang] in told
        assert f'<span lang="{lang}">{one.text[lang]}</span>' in page
    assert NATIONAL in page


def test_a_year_of_a_pathway_says_it_with_its_year() -> None:
    year = {
        "capture": {"base": {"net_jpy_bn": 1.0}},
        "regional_share": 0.4,
        "cost_jpy_bn_per_a": 1.0,
        "it_mw_built": 1.0,
    }
    summary = {"years": {"2030": year | MISSED, "2035": year}}
    told = "\n".join(plan_lines("x", summary, None, "en"))
    assert "2030 RULES NOT MET, bought out" in told
    assert "2035 RULES NOT MET" not in told


def test_page_without_rules_has_no_warning(tmp_path: Path) -> None:
    record = toy_record()
    write_page(record, published_tables(record), tmp_path / "index.html")
    assert '<p class="warning"' not in (tmp_path / "index.html").read_text("utf-8")


def test_page_shows_columns_of_a_choice_only_where_it_did_something() -> None:
    record = toy_record()
    tables = published_tables(record)
    off = {name: replace(one, frame=_without(one.frame)) for name, one in tables.items()}
    for shown, expected in ((tables, True), (off, False)):
        keys = [{head.key for head in table.heads} for table in html_tables(record, shown)[:2]]
        assert ["nonfirm_mw" in one for one in keys] == [expected] * 2
        assert ("moved_in_gwh" in keys[1]) is expected


def _without(frame: pd.DataFrame) -> pd.DataFrame:
    names = ("nonfirm_mw", "interrupted_gwh", "shifted_gwh", "moved_out_gwh", "moved_in_gwh")
    return frame.assign(**{name: 0.0 for name in names if name in frame})
