"""Sweep files: what they mean, and that whatever is wrong is said at its line before anything is solved."""

from __future__ import annotations

import json
import random
import re
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from one_area import NOTHING, one_area_pack

from optimizer.cli import main
from optimizer.errors import InputError
from optimizer.model.fingerprint import grid_fingerprint
from optimizer.run_desk import Desk
from optimizer.run_sweep_check import SITING_PARAMETERS, plan_sweep, point_id
from optimizer.run_sweep_plan import SweepOptions, counted
from optimizer.scenario.jsonschema import sweep_schema
from optimizer.scenario.load import load_scenario
from optimizer.scenario.points import Points, expand, unit_points
from optimizer.scenario.sources import shipped_folder
from optimizer.scenario.sweep import Sample, count_points, load_sweep, shipped_sweeps

REPOSITORY = Path(__file__).resolve().parents[2]
PREVIEW = SweepOptions(Path("nowhere"), preview=True)

WHOLE = """\
base: ./scenario.yaml
name: everything
cases:
  plain: {}
  titled: {title: {ja: 題, en: Titled}, finance: {discount_rate: 0.06}}
  other: {base: germany-2030, pack: ./island, policy: {metropolitan_areas: []}}
grid:
  demand.growth_it_mw: [100, 200]
  policy.metropolitan_areas: [[], [east]]
sample:
  method: lhs
  points: 5
  seed: 3
  over:
    parameters.building_life_a: range
    grid.headroom_factor: {low: 0.5, high: 1.5}
    weather.year_seed: {low: 1, high: 3}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A country of one area with a scenario, for sweeps beside it."""
    made = tmp_path_factory.mktemp("sweeps")
    one_area_pack(made, *NOTHING)
    return made


def written(folder: Path, text: str, name: str = "sweep.yaml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def points_of(folder: Path, text: str) -> Points:
    return expand(load_sweep(written(folder, text)), lambda loaded: {"building_life_a": (15.0, 25.0)})


def problems_of(action: Any) -> list[str]:
    with pytest.raises(InputError) as found:
        action()
    assert all(item.message_ja for item in found.value.problems), "every message has a Japanese twin"
    return [item.line() for item in found.value.problems]


def test_points_are_cases_times_grid_times_sample_in_order(folder: Path) -> None:
    """3 cases, 2 x 2 values, 5 draws: 60 points; the sample varies fastest, the case slowest."""
    points = points_of(folder, WHOLE)
    assert (len(points.points), count_points(points.sweep.sweep)) == (60, 60)
    assert [point.name for point in points.points[:2]] == ["plain-01", "plain-02"]
    assert [point.case for point in points.points[::20]] == ["plain", "titled", "other"]
    assert [point.axes["demand.growth_it_mw"] for point in points.points[:20:5]] == [100, 100, 200, 200]
    assert [point.axes["policy.metropolitan_areas"] for point in points.points[:20:5]] == [[], ["east"]] * 2
    draws = [tuple(point.axes.values())[2:] for point in points.points]
    assert draws[:5] * 12 == draws, (
        "the same draws everywhere: differences are those of the case and the grid"
    )
    first = points.scenario(points.points[25])
    assert first.scenario.finance.discount_rate == 0.06
    assert first.scenario.title.en.startswith("everything · Titled · demand.growth_it_mw=100")
    assert (
        first.scenario.parameters["building_life_a"] == points.points[25].axes["parameters.building_life_a"]
    )
    assert first.folders()[0] == folder


def test_a_latin_hypercube_has_one_point_in_every_fifth(folder: Path) -> None:
    """15 to 25 in five strata of 2: the floor of (value - 15) / 2 takes every number from 0 to 4 once."""
    axes = [point.axes for point in points_of(folder, WHOLE).points[:5]]
    lives = [float(values["parameters.building_life_a"]) for values in axes]
    assert sorted(int((life - 15) // 2) for life in lives) == [0, 1, 2, 3, 4]
    assert all(values["weather.year_seed"] in (1, 2, 3) for values in axes)
    assert all(isinstance(values["weather.year_seed"], int) for values in axes)
    assert all(0.5 <= values["grid.headroom_factor"] <= 1.5 for values in axes)


def test_samples_follow_their_seed_and_sobol_is_balanced() -> None:
    """The first 16 points of a scrambled Sobol sequence put 8 in each half of every axis."""
    over = {"grid.headroom_factor": "range", "finance.discount_rate": "range", "solve.gap": "range"}
    one, same, other = (
        unit_points(Sample.model_validate({"method": "sobol", "points": 16, "seed": seed, "over": over}))
        for seed in (1, 1, 2)
    )
    assert one == same != other
    assert [sum(point[axis] < 0.5 for point in one) for axis in range(3)] == [8, 8, 8]
    odd = Sample.model_validate({"method": "sobol", "points": 5, "seed": 1, "over": over})
    assert unit_points(odd) == one[:5]


@pytest.mark.parametrize("name", shipped_sweeps())
def test_shipped_sweeps_are_right(name: str) -> None:
    loaded = load_sweep(name)
    assert loaded.file.text.startswith("# yaml-language-server: $schema=sweep.schema.json\n")
    points = expand(loaded, lambda scenario: dict.fromkeys(ALL_RANGES, (1.0, 2.0)))
    for point in points.points[:: max(1, len(points.points) // 5)]:
        assert points.scenario(point).scenario.name == point.name


ALL_RANGES = (
    "building_life_a", "building_opex_share", "land_m2_per_mw", "fibre_jpy_per_gbps_km_month", "S_cloud_2025", "g_iaas",
    "rho_iaas", "alpha_iaas", "solar_capex_jpy_k_per_kw", "onshore_capex_jpy_k_per_kw", "offshore_capex_jpy_k_per_kw",
    "battery_energy_capex_jpy_k_per_kwh",
)  # fmt: skip


def test_the_json_schema_file_is_what_the_schema_says(capsys: pytest.CaptureFixture[str]) -> None:
    file = shipped_folder("scenarios") / "sweeps" / "sweep.schema.json"
    assert json.loads(file.read_text("utf-8")) == sweep_schema()
    assert main(["schema", "sweep"]) == 0
    assert json.loads(capsys.readouterr().out) == sweep_schema()


def test_a_case_that_is_given_twice_is_refused_at_its_line(tmp_path: Path) -> None:
    """A list of names becomes cases of these names: of two that are alike one would be lost without a word."""
    with pytest.raises(InputError) as raised:
        load_sweep(written(tmp_path, "cases: [japan-2030, germany-2030, japan-2030]\n"))
    assert "sweep.yaml:1:35  E372  cases: two are called japan-2030; keep one" in str(raised.value)


def test_the_example_of_the_documentation_has_the_points_it_says(tmp_path: Path) -> None:
    """3 × 9 × 16 = 432, none the same as another: a case whose only key is sampled would leave 288."""
    document = (REPOSITORY / "docs" / "sweeps.md").read_text("utf-8")
    example = re.search(r"```yaml\n(.*?)```", document, re.DOTALL)
    assert example is not None
    assert "3 × 9 × 16 = 432" in document
    plan = plan_sweep(load_sweep(written(tmp_path, example[1])), PREVIEW)
    assert (len(plan.planned), plan.same) == (432, 0)


HUGE = "base: ./scenario.yaml\ngrid:\n" + "".join(
    f"  {key}: [{', '.join(str(1 + n / 1000) for n in range(1000))}]\n"
    for key in (
        "demand.growth_it_mw",
        "grid.headroom_factor",
        "grid.site_limit_factor",
        "network.route_factor",
    )
)


def test_a_grid_of_a_million_million_points_is_only_counted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four axes of 1,000 values are 10^12 points: refused by counting, in two seconds and a few MB."""
    file = written(folder, HUGE)
    before, began = psutil.Process().memory_info().rss, time.monotonic()
    code = main(["sweep", str(file), "-o", str(folder / "out"), "--lang", "en"])
    took, grown_mb = time.monotonic() - began, (psutil.Process().memory_info().rss - before) / 1e6
    told = capsys.readouterr().err
    assert code == 3
    assert (
        "sweep.yaml:2:1  E371  1,000,000,000,000 points; limits.max_points is 10,000; vary fewer keys" in told
    )
    assert grown_mb < 100
    assert took < 2
    assert not (folder / "out").exists()
    raised = written(
        folder, "base: ./scenario.yaml\nlimits: {max_points: 3}\ngrid: {grid.headroom_factor: [1, 2, 3, 4]}\n"
    )
    assert problems_of(lambda: load_sweep(raised)) == [
        f"{raised}:3:1  E371  4 points; limits.max_points is 3; raise it (at most 100,000), or vary fewer keys"
    ]


FAULTS = {
    "bse: japan-2030": '1:1  E301  bse: unknown key. Did you mean "base"?',
    "base: 3": "1:7  E303  base: got 3; allowed: text",
    "name: Upper": "1:7  E305  name: got \"Upper\"; allowed: lower-case letters",
    "name: x": "1:1  E302  base: missing key",
    "base: nowhere": "1:7  E315  \"nowhere\": no scenario of this name",
    "base: ./nowhere.yaml": "1:7  E315",
    "base: japan-2030\nbase: japan-2030": '2:1  E309  "base" is given twice',
    "base: &a japan-2030\nname: *a": "1:7  E310  anchors",
    "base: !!str japan-2030": "1:7  E310  tag",
    "- a": "1:1  E319  write",
    "base: japan-2030\ngrid: {grid.headrom_factor: [1]}": '2:8  E301  grid.headrom_factor: unknown key. Did you mean "headroom_factor"?',
    "base: japan-2030\ngrid: {grid.headroom_factor: 1}": "2:30  E303  grid.grid.headroom_factor: got 1; allowed: a list",
    "base: japan-2030\ngrid: {grid.headroom_factor: []}": "2:8  E303  grid.grid.headroom_factor: got []; allowed: one entry",
    "base: japan-2030\ngrid: {grid.headroom_factor: [1, 2, 1]}": "2:37  E372  grid.headroom_factor: 1 is given twice",
    "base: japan-2030\ngrid: {base: [a]}": "2:8  E372  base: cannot vary within a sweep; use cases",
    "base: japan-2030\ngrid: {pathway.years: [[2030]]}": "2:8  E372  pathway.years: cannot vary",
    "base: japan-2030\ngrid: {grid: [{}], grid.headroom_factor: [1]}": "E306  grid.grid.headroom_factor: and grid.grid set",
    "base: japan-2030\nsample: {method: sobol, points: 4, seed: 1, over: {grid.headroom_factor: {low: 2, high: 1}}}":
        "2:80  E306  sample.over.grid.headroom_factor.low: low 2 is not below high 1",
    "base: japan-2030\nsample: {method: sobol, points: 4, seed: 1, over: {grid.headroom_factor: 3}}":
        "2:74  E303  sample.over.grid.headroom_factor: got 3; allowed: {low: …, high: …}, or range",
    "base: japan-2030\nsample: {method: sobel, points: 4, seed: 1, over: {grid.headroom_factor: range}}":
        "2:18  E305  sample.method: got \"sobel\"; allowed: sobol or lhs",
    "base: japan-2030\nsample: {method: lhs, points: 0, seed: 1, over: {grid.headroom_factor: range}}":
        "2:31  E304  sample.points: got 0; allowed: 1 or more",
    "base: japan-2030\nsample: {method: lhs, seed: 1, over: {grid.headroom_factor: range}}": "2:1  E302  sample.points: missing key",
    "base: japan-2030\nlimits: {max_points: 1000000}": "2:22  E304  limits.max_points: got 1000000; allowed: at most 100,000",
    "base: japan-2030\nlimits: {memory: 5}": "2:10  E301  limits.memory: unknown key",
    "cases: [japan-2030, nowhere]": "1:21  E315  \"nowhere\"",
    "base: japan-2030\ncases: {a: {finance: {discount: 0.1}}}": '2:23  E301  finance.discount: unknown key. Did you mean "discount_rate"?',
    "base: japan-2030\ncases: {A b: {}}": "2:9  E301  cases.A b: unknown key",
    "base: japan-2030\ncases: {a: 3}": "2:12  E303  cases.a: got 3; allowed: the name of a scenario, or keys with values",
    "base: japan-2030\nsample: {method: lhs, points: 1, seed: 1, over: {grid.headroom_factor: rang}}":
        "2:72  E305  sample.over.grid.headroom_factor: got \"rang\"; allowed: range",
}  # fmt: skip


@pytest.mark.parametrize("text", FAULTS)
def test_faults_of_the_file_have_code_and_line(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, text)
    lines = problems_of(lambda: expand(load_sweep(file), lambda loaded: {}))
    assert any(
        f"{file}:{FAULTS[text]}" in line or (FAULTS[text].startswith("E") and FAULTS[text] in line)
        for line in lines
    ), lines


PIECES = (
    "", "null", "[]", "{}", "-1", "1e400", "range", "&a x", "*a", "!!python/object:os.system", "'", '"', ": ", "- ", "\t", "９９",
    "{low: 1, high: 0}", "[[1]]", "true", "no", "012", "over: {a: b}", "base", "cases", "x" * 300, "\x00", "\n", "  ", "#",
)  # fmt: skip


@pytest.mark.parametrize("rounds", [100, pytest.param(5000, marks=pytest.mark.full)])
def test_mangled_sweep_files_are_refused_with_a_line_or_read(folder: Path, rounds: int) -> None:
    """Any text at all: points, or problems with a code, both languages and this file's name; never another error."""
    draw = random.Random(5)
    texts = [WHOLE, *(path.read_text("utf-8") for path in shipped_sweeps().values())]
    refused: list[InputError] = []
    for _ in range(rounds):
        text = draw.choice(texts)
        for _ in range(draw.randint(1, 3)):
            at, length = draw.randrange(len(text)), draw.choice((0, 1, 1, 5, 20))
            text = text[:at] + draw.choice(PIECES) + text[at + length :]
        try:
            points = points_of(folder, text)
            for point in points.points[:3]:
                points.scenario(point)
        except InputError as error:
            refused.append(error)
    problems = [item for error in refused for item in error.problems]
    assert all(item.message_ja and re.fullmatch(r"E3\d\d", item.code) for item in problems)
    assert len(refused) > rounds / 4


def test_a_sampled_key_without_a_range_is_named(folder: Path) -> None:
    over = "over: {grid.headroom_factor: range, parameters.building_life_a: range, parameters.nope: range}"
    lines = problems_of(
        lambda: points_of(
            folder, f"base: ./scenario.yaml\nsample: {{method: lhs, points: 2, seed: 1, {over}}}\n"
        )
    )
    assert [line.split("  ", 2)[1:] for line in lines] == [
        ["E373", f"{key}: `range` is for parameters.NAME with a low below its high in the pack; write {{low: …, high: …}}"]
        for key in ("grid.headroom_factor", "parameters.nope")
    ]  # fmt: skip


def test_every_point_is_checked_before_the_first_solve(folder: Path) -> None:
    """Six points: a factor below zero in three (schema), an area nobody has in three others (pack): named, each once."""
    text = (
        "base: ./scenario.yaml\ngrid:\n  grid.headroom_factor: [1, -1]\n"
        "  policy.metropolitan_areas: [[], [nowhere], [east, nowhere]]\n"
    )
    file = written(folder, text)
    lines = problems_of(lambda: plan_sweep(load_sweep(file), PREVIEW))
    assert [line.split("  ", 1)[1] for line in lines] == [
        "E360  point sweep-2 (grid.headroom_factor=1, policy.metropolitan_areas=[…: policy.metropolitan_areas: "
        "'nowhere' is not in pack 'island'; it has east",
        "E360  point sweep-3 (grid.headroom_factor=1, policy.metropolitan_areas=[…: policy.metropolitan_areas: "
        "'nowhere' is not in pack 'island'; it has east",
        "E304  point sweep-4 (and 2 more): grid.headroom_factor: got -1; allowed: a number from 0 to 100",
    ]
    assert [line.split("  ", 1)[0] for line in lines] == [f"{file}:{at}" for at in ("4:35", "4:46", "3:29")]
    paths = "base: ./scenario.yaml\ncases:\n  way: pathway-2035\n"
    assert any(
        "E374" in line
        for line in problems_of(lambda: plan_sweep(load_sweep(written(folder, paths)), PREVIEW))
    )


def test_a_point_is_what_it_asks_not_what_it_is_called(folder: Path) -> None:
    """Two cases that say the same are one point; another title is the same point, another week is not."""
    text = "base: ./scenario.yaml\ncases:\n  a: {}\n  b: {title: {ja: い, en: B}}\n  c: {demand: {growth_it_mw: 301}}\n"
    plan = plan_sweep(load_sweep(written(folder, text)), PREVIEW)
    assert ([one.point.name for one in plan.planned], plan.same) == (["a", "c"], 1)
    renamed = plan_sweep(load_sweep(written(folder, text.replace("a: {}", "z: {}"))), PREVIEW)
    assert [one.id for one in renamed.planned] == [one.id for one in plan.planned]
    loaded = load_scenario(str(folder / "scenario.yaml"))
    ids = {point_id(loaded, {"f": "1"}, SweepOptions(Path("x"), weeks=weeks)) for weeks in (None, 1, 2)}
    assert len(ids | {point_id(loaded, {"f": "2"}, SweepOptions(Path("y")))}) == 4
    told = counted(plan)
    assert (told["points"], told["of"], told["same"], len(told["groups"])) == (2, 2, 1, 1)
    assert told["estimate_s"] > 0


def test_keys_said_to_be_of_the_sites_alone_leave_the_grid_as_it_is(folder: Path) -> None:
    """Every such key changed at once: the same fingerprint; counterfactual: another CO2 price, another fingerprint."""
    desk, file = Desk(), str(folder / "scenario.yaml")
    base = desk.inputs(load_scenario(file), PREVIEW.of_run())
    names = [str(name) for name in base.parameters.index if SITING_PARAMETERS.fullmatch(str(name))]
    assert {"building_life_a", "S_cloud_2025", "fibre_jpy_per_gbps_km_month"} <= set(names)
    sets = [
        f"parameters.{name}={base.parameters['value'][name] * 0.99:.6g}"
        for name in names
        if name != "route_factor"
    ]
    sets += [
        "policy.min_regional_share=0.2", "policy.additionality=0.1", "policy.max_hazard=0.9", "policy.min_areas=1",
        "finance.discount_rate=0.07", "grid.headroom_factor=2", "grid.reinforcement_factor=2", "grid.reinforcement_delay_a=1",
        "grid.site_limit_factor=2", "grid.renewable_potential_factor=2", "solve.gap=1e-3", "aim.public_share=0.5",
        "policy.operator_mix={domestic: {min: 0.1}}",
    ]  # fmt: skip
    changed = desk.inputs(load_scenario(file, sets), PREVIEW.of_run())
    assert grid_fingerprint(changed) == grid_fingerprint(base)
    dearer = desk.inputs(load_scenario(file, ["grid.co2_price_jpy_per_t=9000"]), PREVIEW.of_run())
    assert grid_fingerprint(dearer) != grid_fingerprint(base)
