"""The page in a real browser: offline, silent, true to summary.json, deaf to hostile names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from browser import Watched, bokeh, in_browser, opened
from export_fixtures import HOSTILE, HOSTILE_JA, toy_record

from optimizer.export.page import inert_json, number, policy, write_page
from optimizer.export.page_data import duration_curve, stretches
from optimizer.export.page_text import binding_rows
from optimizer.export.tables import published_tables

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "index.html"
    record = toy_record()
    write_page(record, published_tables(record), file)
    return file


@pytest.fixture(scope="module")
def watched(page_file: Path) -> Iterator[Watched]:
    with opened(page_file, Watched) as watched:
        yield watched


def test_page_is_one_small_file(page_file: Path) -> None:
    assert page_file.stat().st_size < 8e6
    text = page_file.read_text("utf-8")
    assert 'http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;' in text
    assert "<script src" not in text
    assert '<link rel="stylesheet"' not in text


def test_hostile_words_are_escaped_in_the_file(page_file: Path) -> None:
    text = page_file.read_text("utf-8")
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "Toy country &lt;b&gt;2030" in text
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in text


@in_browser
def test_nothing_but_the_file_is_asked_for_and_nothing_is_complained(
    watched: Watched, page_file: Path
) -> None:
    assert [url for url in watched.requests if not url.startswith(("data:", "blob:"))] == [page_file.as_uri()]
    assert watched.complaints == []


@in_browser
def test_headline_figures_equal_the_summary(watched: Watched) -> None:
    summary = toy_record().summary
    cards = watched.page.eval_on_selector_all(
        "[data-key]", "all => all.map(one => [one.dataset.key, one.dataset.value, one.innerText])"
    )
    assert len(cards) == 6
    for key, value, _ in cards:
        expected: Any = summary
        for part in key.split("."):
            expected = expected[part]
        assert float(value) == expected
    shown = {key: text for key, _, text in cards}
    assert shown["it_mw_built"] == "600 MW"
    assert shown["cost_jpy_bn_per_a"] == "¥412 bn/a"
    assert shown["capture.base.share_of_outflow"] == "5.7 %"


@in_browser
def test_site_table_shows_built_sites_first_and_sorts(watched: Watched) -> None:
    page = watched.page
    column = "rows => rows.map(row => row.cells[2].innerText)"
    assert page.eval_on_selector_all("#table-sites tbody tr", column) == ["300", "200", "100", "0", "0"]
    page.click("#table-sites thead th:nth-child(3) button")
    page.click("#table-sites thead th:nth-child(3) button")
    assert page.eval_on_selector_all("#table-sites tbody tr", column) == ["0", "0", "100", "200", "300"]
    page.focus("#table-sites thead th:nth-child(3) button")
    page.keyboard.press("Enter")
    assert page.eval_on_selector_all("#table-sites tbody tr", column)[0] == "300"


@in_browser
def test_metric_picker_changes_the_map(watched: Watched) -> None:
    page = watched.page
    values = "Array.from(named('map-shapes').data.value)"
    assert bokeh(page, values) == [100, 200, 0, 300, 0]
    page.select_option("#chart-metric select", label="Grid rent [JPY/kW/a]")
    rents = published_tables(toy_record())["sites"].frame["grid_rent_jpy_per_kw_a"]
    assert bokeh(page, values) == pytest.approx(rents.tolist())
    assert bokeh(page, "named('map-colours').high") == pytest.approx(rents.max())
    assert bokeh(page, "named('map-bar').title") == "Grid rent [JPY/kW/a]"


def test_a_limit_with_room_is_not_said_to_bind() -> None:
    """The toy's cap on CO2 has a price of 9.7 and 1.5 % unused; with nothing unused it would be listed."""
    record = toy_record()
    tables = published_tables(record)
    assert "co2_cap" not in {row["equation"] for row in binding_rows(record, tables)}
    tables["prices"].frame["unused_share"] = 0.0
    assert "co2_cap" in {row["equation"] for row in binding_rows(record, tables)}


@in_browser
def test_area_picker_changes_the_curves(watched: Watched) -> None:
    page = watched.page
    before = bokeh(page, "Array.from(named('curve').data.price)")
    page.select_option("#chart-area select", label="Island")
    after = bokeh(page, "Array.from(named('curve').data.price)")
    assert before != after
    hours = published_tables(toy_record())["hours"].frame
    assert after[0] == pytest.approx(hours[hours["area"] == "island"]["price_jpy_per_kwh"].max(), rel=1e-6)
    assert after == sorted(after, reverse=True)


@in_browser
def test_language_switch_reaches_text_charts_and_pickers(watched: Watched) -> None:
    page = watched.page
    page.click("[data-set-lang=ja]")
    assert page.inner_text("h1") == "おもちゃの国 2030"
    assert page.get_attribute("html", "lang") == "ja"
    assert bokeh(page, "named('metric').title") == "地図に表示"
    assert bokeh(page, "named('duration-y').axis_label") == "円/kWh"
    assert bokeh(page, "named('map-shapes').data.name[0]") == "東一"
    assert not page.is_visible("text=What binds")
    page.click("[data-set-lang=en]")
    assert page.inner_text("h1") == "Toy country <b>2030</b>"
    assert page.is_visible("text=What binds")


MIDDLE_OF_SECOND_SHAPE = """() => {
    const named = (name) => Bokeh.documents.at(-1).get_model_by_name(name);
    const map = named("map"), shapes = named("map-shapes").data;
    const middle = (all) => (Math.min(...all) + Math.max(...all)) / 2;
    const share = (value, range) => (value - range.start) / (range.end - range.start);
    const frame = [...Bokeh.index.roots].find((view) => view.model === map).frame.bbox;
    return [frame.left + share(middle(shapes.xs[1][0][0]), map.x_range) * frame.width,
            frame.top + (1 - share(middle(shapes.ys[1][0][0]), map.y_range)) * frame.height];
}"""


@in_browser
def test_tooltip_shows_the_price_stack_and_the_hostile_name_as_text(watched: Watched) -> None:
    page = watched.page
    page.locator("#chart-map").scroll_into_view_if_needed()
    box = page.locator("#chart-map").bounding_box()
    assert box is not None
    across, down = page.evaluate(MIDDLE_OF_SECOND_SHAPE)
    page.mouse.move(box["x"] + across - 5, box["y"] + down - 5)
    page.mouse.move(box["x"] + across, box["y"] + down)
    values = page.locator(".bk-tooltip-row-value")
    values.first.wait_for()
    texts = [text.strip() for text in values.all_inner_texts()]
    assert texts[:2] == [HOSTILE, "200 MW"]
    assert len(texts) == 11  # name, four headline figures, five parts of the stack, capture
    assert page.locator("img, .bk-tooltip-content script").count() == 0
    assert watched.complaints == []


MIDDLE_OF_A_FIBRE_LINK = """() => {
    const named = (name) => Bokeh.documents.at(-1).get_model_by_name(name);
    const map = named("map"), fibre = named("map-fibre").data;
    const share = (value, range) => (value - range.start) / (range.end - range.start);
    const frame = [...Bokeh.index.roots].find((view) => view.model === map).frame.bbox;
    const at = fibre.name_en.findIndex((name) => name.startsWith("West One"));
    return [frame.left + share((fibre.x0[at] + fibre.x1[at]) / 2, map.x_range) * frame.width,
            frame.top + (1 - share((fibre.y0[at] + fibre.y1[at]) / 2, map.y_range)) * frame.height];
}"""


@in_browser
def test_tooltip_of_a_fibre_link_shows_its_loading(watched: Watched) -> None:
    """Half way between the towns the link answers: its name, loading, use, capacity, expansion, round trip, rent."""
    page = watched.page
    page.locator("#chart-map").scroll_into_view_if_needed()
    box = page.locator("#chart-map").bounding_box()
    assert box is not None
    across, down = page.evaluate(MIDDLE_OF_A_FIBRE_LINK)
    page.mouse.move(box["x"] + across - 5, box["y"] + down - 5)
    page.mouse.move(box["x"] + across, box["y"] + down)
    shown = page.locator(".bk-tooltip-row-value", has_text="West One – West Two")
    shown.first.wait_for()
    assert page.locator(".bk-tooltip-row-label", has_text="Fibre loading").count() == 1
    assert watched.complaints == []


@in_browser
def test_print_hides_the_pickers(watched: Watched) -> None:
    watched.page.emulate_media(media="print")
    assert not watched.page.is_visible("#chart-metric")
    assert not watched.page.is_visible(".tongue")
    watched.page.emulate_media(media="screen")


def test_json_block_cannot_close_its_script() -> None:
    text = inert_json({"name": HOSTILE_JA, "break": "\u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": HOSTILE_JA, "break": "\u2028"}


def test_policy_admits_only_hashed_scripts() -> None:
    """SHA-256 of the empty script, base64: 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=."""
    assert "script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'unsafe-eval';" in policy([""])


def test_duration_curve_weighs_hours() -> None:
    """Price 20 in 1 of 10 weighted hours, 5 in the other 9: 20 up to 10 % of the year, then 5."""
    curve = duration_curve(np.array([5.0, 20.0]), np.array([9.0, 1.0]))
    share = np.linspace(0, 1, curve.size)
    assert set(curve[share <= 0.1]) == {20.0}
    assert set(curve[share > 0.1001]) == {5.0}


def test_stretches_are_whole_weeks_and_never_cross_a_gap() -> None:
    hours = published_tables(toy_record(hours=24 * 21))["hours"].frame
    assert all(stretch.stop - stretch.start == 168 for stretch in stretches(hours))
    days = hours[hours["time"].str[8:10].astype(int) % 2 == 0]  # every other day only
    assert all(stretch.stop - stretch.start == 24 for stretch in stretches(days))


def test_a_rounded_zero_has_no_sign() -> None:
    assert [number(-0.0001), number(-0.04, 1), number(-1234.5, 1)] == ["0", "0.0", "-1,234.5"]
