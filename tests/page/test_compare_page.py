"""The page of a comparison in a real browser: any base, true to the tables, offline, deaf to hostile names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from browser import Watched, bokeh, in_browser, opened
from compare_toy import OTHER_STACK, Toy, tables_of, write_sweep, write_toy

from optimizer.analyse.compare import compare_runs
from optimizer.errors import UsageError
from optimizer.export.compare_page import write_compare_page
from optimizer.scenario.compared import ComparedRun, read_compared

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.browser

HOSTILE = '"><img src=x onerror=alert(1)></script><script>alert(2)</script>{{7*7}}'
TOYS = (
    Toy(),
    Toy(
        name="other", cost=103.0, megawatt={"N1": 20.0, "S1": 130.0, "S2": 0.0}, stack=OTHER_STACK, gross=50.0, net=10.0,
        served={"x": 10.0, "y": 30.0}, price={"north": 9.5, "south": 12.0},
        scenario={"policy": {"min_regional_share": 0.2, "note": HOSTILE}}, title={"en": HOSTILE, "ja": f"悪{HOSTILE}"},
    ),
    Toy(name="third", cost=103.1, megawatt={"N1": 60.0, "S1": 90.0, "S2": 5.0}, version="0.2.0"),
    Toy(name="fourth", megawatt={"N1": 100.0, "S1": 45.0}, served={"x": 10.0, "y": 30.0}, hours=(168, 1)),
)  # fmt: skip


TOYS = tuple(replace(toy, names={"S1": (HOSTILE, f"悪{HOSTILE}")}) for toy in TOYS)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[ComparedRun]:
    folder = tmp_path_factory.mktemp("runs")
    return read_compared([write_toy(folder / toy.name, toy) for toy in TOYS])


@pytest.fixture(scope="module")
def page_file(runs: list[ComparedRun], tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "compare.html"
    write_compare_page(file, runs, "base", "en")
    return file


class Compared(Watched):
    """A comparison, with its pickers and figures."""

    def choose(self, run: str, base: str) -> None:
        """Pick a run and a base by name; the page shows them when it says so."""
        for picker, key in (("#pick-base", base), ("#pick-run", run), ("#pick-base", base)):
            labels = self.page.eval_on_selector_all(
                f"{picker} option", "all => all.map(one => one.textContent)"
            )
            at = next(
                number for number, label in enumerate(labels) if label.endswith(f" — {key}") or label == key
            )
            self.page.select_option(picker, str(at))
        self.page.wait_for_selector(f"html[data-shown='{run} - {base}']")

    def cells(self) -> dict[tuple[str, str], float]:
        """Every figure on the page by its row and role."""
        found = self.page.eval_on_selector_all(
            "[data-row]", "all => all.map(one => [one.dataset.row, one.dataset.role, one.dataset.value])"
        )
        return {(row, role): float(value) for row, role, value in found}

    def shown(self, row: str, role: str) -> str:
        return self.page.inner_text(f'[data-row="{row}"][data-role={role}]').strip()


@pytest.fixture(scope="module")
def watched(page_file: Path) -> Iterator[Compared]:
    with opened(page_file, Compared) as watched:
        yield watched


def test_the_same_runs_give_the_same_page(runs: list[ComparedRun], page_file: Path, tmp_path: Path) -> None:
    write_compare_page(tmp_path / "again.html", runs, "base", "en")
    assert (tmp_path / "again.html").read_bytes() == page_file.read_bytes()
    with pytest.raises(UsageError, match="nobody"):
        write_compare_page(tmp_path / "no.html", runs, "nobody", "en")


def test_hostile_words_are_data_only(page_file: Path) -> None:
    text = page_file.read_text("utf-8")
    assert "<img src=x" not in text
    assert "<script>alert" not in text
    assert 'http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;' in text


@in_browser
def test_nothing_is_asked_for_and_nothing_complained(watched: Compared, page_file: Path) -> None:
    for run, base in (("other", "base"), ("fourth", "other"), ("third", "fourth")):
        watched.choose(run, base)
    assert [url for url in watched.requests if not url.startswith(("data:", "blob:"))] == [page_file.as_uri()]
    assert watched.complaints == []
    assert watched.page.locator("main img").count() == 0


@in_browser
@pytest.mark.parametrize("base", ["base", "other", "fourth"])
def test_every_figure_equals_the_tables_for_any_base(
    watched: Compared, runs: list[ComparedRun], base: str
) -> None:
    """Base, run, difference, relative and state of every row; the sentences letter by letter, in both languages."""
    comparison = compare_runs(runs, base)
    for run in (key for key in comparison.runs if key != base):
        watched.choose(run, base)
        cells = watched.cells()
        rows = comparison.differences[comparison.differences["run"] == run]
        compared = 0
        for _, row in rows.iterrows():
            key = "|".join(row[["table", "place", "part", "figure"]])
            for role, column in (("base", "base"), ("run", "value"), ("difference", "difference")):
                np.testing.assert_equal(cells[key, role], row[column], err_msg=f"{key} {role}")
                compared += 1
        assert compared == 3 * len(rows) > 60
        why = comparison.why[comparison.why["run"] == run]
        for lang, words in (("en", "words"), ("ja", "words_ja")):
            watched.page.click(f"[data-set-lang={lang}]")
            said = watched.page.eval_on_selector_all(
                "#why li[data-site]", "all => all.map(one => one.textContent)"
            )
            assert said == why[words].to_list()
        watched.page.click("[data-set-lang=en]")
        inputs = comparison.inputs[comparison.inputs["run"] == run]
        listed = watched.page.eval_on_selector_all(
            "#table-inputs tbody tr", "all => all.map(one => one.dataset.name)"
        )
        assert listed == inputs["name"].to_list()
        states = watched.page.eval_on_selector_all(
            "#table-nation tbody tr",
            "all => all.map(one => one.querySelector('[data-state]')?.dataset.state ?? 'differs')",
        )
        assert states == rows[rows["table"] == "nation"]["state"].to_list()


@in_browser
def test_base_picker_changes_the_numbers_to_those_on_paper(watched: Compared) -> None:
    """N1: 100, 20, 60 MW. Cost 100, 103, 103.1, gaps 1e-3: 3.1 differs, 0.1 is in the proof of 0.206."""
    watched.choose("third", "base")
    assert watched.shown("sites|N1||it_mw", "difference") == "-40"
    assert watched.shown("nation|||cost_jpy_bn_per_a", "difference") == "+3.1"
    assert watched.shown("nation|||cost_jpy_bn_per_a", "relative") == "+3.1 %"
    watched.choose("third", "other")
    assert watched.shown("sites|N1||it_mw", "difference") == "+40"
    assert watched.shown("nation|||cost_jpy_bn_per_a", "difference") == "+0.1"
    card = watched.page.locator(".card[data-key=cost_jpy_bn_per_a]")
    assert card.locator(".mark").inner_text() == "within the proof"
    watched.choose("third", "base")
    assert card.locator(".mark").count() == 0
    watched.page.click("#swap")
    assert watched.page.get_attribute("html", "data-shown") == "base - third"
    assert watched.shown("sites|N1||it_mw", "difference") == "+40"


@in_browser
def test_what_a_run_does_not_have_is_absent(watched: Compared) -> None:
    watched.choose("fourth", "base")
    assert watched.shown("sites|S2||it_mw", "run") == "absent"
    assert watched.shown("sites|S2||it_mw", "difference") == "–"
    assert watched.shown("sites|S2||it_mw", "base") == "0"


@in_browser
def test_map_circles_are_sized_and_coloured_by_the_difference(watched: Compared) -> None:
    """Other less base: N1 −80 (hatched), S1 +80; the largest circle is 85 MW: S1 130 against 45 of the fourth run.

    Area in proportion: third less base has half the difference at N1, so the radius is 1/√2 of it.
    """
    page = watched.page
    circles = "(({site, radius, colour, hatch}) => site.map((one, at) => [one, radius[at], colour[at], hatch[at]]))(named('map-sites').data)"
    watched.choose("other", "base")
    found = {row[0]: row[1:] for row in bokeh(page, circles)}
    assert found["N1"][1:] == ["#d55e00", "/"]
    assert found["S1"][1:] == ["#0072b2", " "]
    assert found["N1"][0] == found["S1"][0] > 0
    assert found["S2"][0] == 0
    full = page.evaluate("() => JSON.parse(document.getElementById('plan-data').textContent).scale")
    assert full["largest"] == 85.0
    assert found["N1"][0] == pytest.approx(full["radius"] * (80 / 85) ** 0.5)
    watched.choose("third", "base")
    half = {row[0]: row[1] for row in bokeh(page, circles)}
    assert half["N1"] == pytest.approx(found["N1"][0] / 2**0.5)
    assert "Tomakomai -40" in bokeh(page, "Array.from(named('map-labels').data.text)")


@in_browser
def test_front_has_every_run_and_a_click_chooses_it(watched: Compared) -> None:
    page = watched.page
    watched.choose("other", "base")
    assert bokeh(page, "Array.from(named('front-source').data.x)") == [100.0, 103.0, 103.1, 100.0]
    assert bokeh(page, "Array.from(named('front-source').data.y)") == [40.0, 50.0, 40.0, 40.0]
    assert bokeh(page, "Array.from(named('front-source').data.marker)")[:2] == ["square", "diamond"]
    bokeh(page, "(named('front-source').selected.indices = [2], 0)")
    page.wait_for_selector("html[data-shown='third - base']")


@in_browser
def test_side_by_side_stacks_and_bars(watched: Compared) -> None:
    """N1: electricity 11 → 12.2, headroom 0 → 3.1, the operator mix 4.5: the sum goes from 53 to 61.8."""
    watched.choose("other", "base")
    cells = watched.page.eval_on_selector_all(
        "#stacks table[data-site=N1] td",
        "all => all.map(one => [one.dataset.component, Number(one.dataset.value)])",
    )
    by = {name: [value for one, value in cells if one == name] for name, _ in cells}
    assert by["energy"] == pytest.approx([11.0, 12.2, 1.2])
    assert by["within_grid_headroom"] == pytest.approx([0.0, 3.1, 3.1])
    assert by["total"] == pytest.approx([53.0, 61.8, 8.8])
    bars = bokeh(watched.page, "Array.from(named('moves-source').data.value)")
    assert sum(bars) == pytest.approx(8.8 - 0.5)


@in_browser
def test_words_in_both_languages_and_the_note_on_versions(watched: Compared) -> None:
    page = watched.page
    assert "0.1.0, 0.2.0" in page.inner_text("#versions")
    page.click("[data-set-lang=ja]")
    watched.choose("other", "base")
    assert page.inner_text("h1") == "4件の比較"
    assert page.inner_text(".card[data-key=cost_jpy_bn_per_a] h2") == "計画の費用"
    assert bokeh(page, "named('front-x').axis_label") == "計画の費用 [十億円/年]"
    assert not page.is_visible("text=Why the plan moved")
    page.click("[data-set-lang=en]")
    assert page.is_visible("text=Why the plan moved")


@in_browser
def test_other_hours_are_said_and_no_sign_is_proven(watched: Compared) -> None:
    """The fourth run solved one week, the others the year: said for its pairs only, in both languages."""
    page = watched.page
    watched.choose("third", "base")
    assert not page.is_visible("#hours")
    assert "the sign of the difference of the least costs is proven" in page.inner_text(".notes")
    watched.choose("fourth", "base")
    assert "base 52 × 168 h, run 1 × 168 h" in page.inner_text("#hours")
    assert "is proven" not in page.inner_text("body")
    page.click("[data-set-lang=ja]")
    assert "基準 52 × 168 h、比較 1 × 168 h" in page.inner_text("#hours")
    assert "証明されている。" not in page.inner_text("body")
    page.click("[data-set-lang=en]")
    watched.choose("third", "base")
    assert not page.is_visible("#hours")


@in_browser
def test_what_one_side_does_not_keep_is_said(watched: Compared, tmp_path: Path) -> None:
    """A run and a point: the file differs, its cells are not known; a point of before keeps nothing."""
    moved = Toy(name="moved", headroom={"N1": 300.0, "S1": 25.0})
    places = [write_toy(tmp_path / "run", Toy())]
    places += [
        write_sweep(tmp_path / word, [replace(moved, name=word)], asked=word == "new")
        for word in ("new", "old")
    ]
    write_compare_page(tmp_path / "page.html", read_compared(places), "run", "en")
    other = Compared(watched.page.context.browser.new_page())
    other.page.goto((tmp_path / "page.html").as_uri())
    other.page.wait_for_selector("html[data-ready=yes]")
    other.choose("new", "run")
    names = "all => all.map(one => one.dataset.name)"
    assert other.page.eval_on_selector_all("#table-inputs [data-name]", names) == ["pack/sites.csv"]
    said = other.page.inner_text("#inputs-lost")
    assert said == "Not compared, as one side does not keep them: parameter, cell"
    other.choose("old", "run")
    assert other.page.inner_text("#inputs-none") == "unknown"
    assert other.page.inner_text("#inputs-lost").endswith("scenario, parameter, file (hash), cell")
    assert other.complaints == []
    other.page.close()


@pytest.mark.full
def test_two_hundred_runs_make_a_page_of_ten_megabytes_at_most(
    runs: list[ComparedRun], tmp_path: Path
) -> None:
    """50 sites × 9 components × 200 runs, all different: numbers, not tables for 40,000 pairs."""
    draw = np.random.default_rng(5)
    names = [f"S{number:02}" for number in range(50)]
    sites, stack = tables_of(TOYS[0])["sites"], []
    for load in ("x", "y"):
        for site in names:
            stack += [(site, "north", load, f"component_{part}") for part in range(9)]
    many = []
    for number in range(200):
        tables = dict(runs[0].tables)
        wide = sites.iloc[[0] * 50].assign(
            site=names, it_mw=draw.uniform(0, 900, 50), lon=draw.uniform(130, 145, 50)
        )
        tables["sites"] = wide.reset_index(drop=True)
        frame = runs[0].tables["stack"].iloc[[0] * len(stack)].reset_index(drop=True)
        frame[["site", "area", "workload", "component"]] = stack
        tables["stack"] = frame.assign(jpy_m_per_mw_a=draw.uniform(0, 99, len(stack)))
        scenario = {"finance": {"discount_rate": float(draw.uniform())}}
        many.append(replace(runs[0], key=f"point-{number}", tables=tables, scenario=scenario))
    write_compare_page(tmp_path / "many.html", many, "point-7", "ja")
    assert (tmp_path / "many.html").stat().st_size < 10e6
