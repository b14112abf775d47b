"""Headlines of the page lead to their inputs, grades and shares, offline, and words of data stay words."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from export_fixtures import toy_record

from optimizer.export.page import write_page
from optimizer.export.tables import published_tables
from optimizer.export.words import headlines

HOSTILE = '"><script>alert(1)</script>'
LINES = [
    {"kind": "cost", "line": f"building {HOSTILE}", "jpy_bn_per_a": 90.0, "assumed_share": 1.0},
    {"kind": "cost", "line": "fuel", "jpy_bn_per_a": 10.0, "assumed_share": 0.1},
    {"kind": "capture", "line": "gross capture iaas", "jpy_bn_per_a": 5.0, "assumed_share": 0.83},
]


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> str:
    record = toy_record()
    tables = b"site,headroom_mw\nE1,500\nE2,20\n"
    sources = [{"file": "toy/sites.csv", "title": HOSTILE, "publisher": "p", "grade": "published"}]
    record = replace(
        record,
        inputs=replace(record.inputs, pack="toy"),
        input_files=record.input_files | {"data/toy/sites.csv": tables},
        summary=record.summary | {"assumed_share_of_cost": 0.91, "assumed_share_of_capture": 0.83},
        sources=[*record.sources, *sources],
        resting=LINES,
    )
    file: Path = tmp_path_factory.mktemp("page") / "index.html"
    write_page(record, published_tables(record), file)
    return file.read_text("utf-8")


def test_every_headline_leads_to_its_inputs(text):
    """First click: the headline; second: its inputs, each with file and line."""
    links = re.findall(r'<h2><a href="#(from-[a-z-]+)">', text)
    assert len(links) == len(headlines(toy_record())) == len(set(links))
    assert all(f'<div class="origin" id="{link}">' in text for link in links)
    assert '<a href="inputs/data/toy/sites.csv">data/toy/sites.csv:2-3</a>' in text
    assert "20 … 500 MW" in text


def test_a_run_of_a_part_of_the_year_says_so(text, tmp_path):
    """504 hours stand for a year; with 8,760 the sentence is gone."""
    assert "504 hours stand for the whole year" in text
    record = toy_record()
    whole = replace(record, summary=record.summary | {"hours": 8760})
    write_page(whole, published_tables(record), tmp_path / "index.html")
    assert "stand for the whole year" not in (tmp_path / "index.html").read_text("utf-8")


def test_assumed_shares_are_shown(text):
    """0.91 of cost on its card and in its section; figures without lines of their own say none."""
    cards = text[text.index('class="cards"') : text.index('class="map"')]
    assert len(re.findall(r"91 % rests on assumed figures", cards)) == 1
    assert len(re.findall(r"83 % rests on assumed figures", cards)) == 2
    origin = text[text.index('id="from-cost-jpy-bn-per-a"') :]
    assert "<b>91.0 %</b>" in origin
    assert origin.index("90.0 (100 %)") < origin.index("10.0 (10 %)")


def test_words_of_data_stay_words(text):
    assert HOSTILE not in text
    assert "building &#34;&gt;&lt;script&gt;alert(1)" in text
    section = text[text.index('id="where-from"') : text.index(">Assumptions<")]
    assert not re.search(r'(?:href|src)="(?!#from-|inputs/)', section), "no link leaves the run folder"
