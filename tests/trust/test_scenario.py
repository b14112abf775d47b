"""Scenarios: what they inherit, what the command line changes, and that documents and schema say the same."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from optimizer.errors import InputError
from optimizer.scenario.catalogue import catalogue
from optimizer.scenario.document import scenario_document
from optimizer.scenario.jsonschema import scenario_schema, schema_named, schema_names
from optimizer.scenario.load import LoadedScenario, load_scenario, shipped_scenarios
from optimizer.scenario.schema import Scenario
from optimizer.scenario.sources import shipped_folder
from optimizer.scenario.tables import PACK_TABLES
from optimizer.scenario.yamlfile import Branch, Leaf, Listing, Node, parse_yaml

REPOSITORY = Path(__file__).resolve().parents[2]


def write(folder: Path, text: str, name: str = "s.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def load(folder: Path, text: str, *sets: str) -> LoadedScenario:
    return load_scenario(write(folder, text), sets)


# --- the shipped scenarios ------------------------------------------------------------------------


def test_everything_2030_turns_every_choice_on() -> None:
    """Each instrument differs from the root, where it is off: a choice added to the model and left out here is found.

    What stays is no choice of an instrument: the question itself, the sizes of the pack, how hard to solve.
    """
    every, root = (load_scenario(name).resolved for name in ("everything-2030", "japan-2030"))
    kept = {
        "policy": {"metropolitan_areas", "operator_mix", "min_regional_share", "additionality", "distribution"},
        "grid": {
            "headroom_factor", "reinforcement_factor", "reinforcement_delay_a", "site_limit_factor",
            "renewable_potential_factor", "intertie_expansion", "new_batteries", "new_renewables",
            "nonfirm_hours", "co2_price_jpy_per_t",
        },
        "flexibility": set(),
        "clean": {"delivered_within"},
        "network": {"fibre_capacity_factor", "photonic", "route_factor", "rtt_limit_ms"},
    }  # fmt: skip
    for block, same in kept.items():
        assert {key for key in root[block] if every[block][key] == root[block][key]} == same, block
    assert (
        every["demand"]["announced_foreign_mw"]
        == load_scenario("hyperscaler-wave").resolved["demand"]["announced_foreign_mw"]
    )
    grid = every["grid"]
    assert (grid["new_renewables"], grid["new_batteries"], grid["intertie_expansion"]) == (True, True, True)


def test_shipped_scenarios_are_found_and_can_be_read() -> None:
    assert {"germany-2030", "japan-2030", "tokyo-as-usual", "watt-bit-regional"} <= set(shipped_scenarios())
    for name in shipped_scenarios():
        assert load_scenario(name).scenario.name == name


def test_the_root_scenario_holds_the_agreed_values() -> None:
    root = load_scenario("japan-2030").scenario
    assert root.demand.growth_it_mw == 4400
    assert root.finance.discount_rate == 0.04
    assert root.policy.additionality == 1
    assert root.solve.gap == 1e-4
    mix = {mode: root.policy.mode_bounds(mode) for mode in ("domestic", "platform", "leased", "foreign")}
    assert mix == {
        "domestic": (0.3, 0.3),
        "platform": (0.1, 0.1),
        "leased": (0.2, 0.2),
        "foreign": (0.4, 0.4),
    }


def test_children_change_one_thing_each() -> None:
    root = load_scenario("japan-2030").resolved
    for name, path, value in (
        ("tokyo-as-usual", ("policy", "distribution"), "as_today"),
        ("watt-bit-regional", ("policy", "min_regional_share"), 0.8),
    ):
        loaded = load_scenario(name)
        assert loaded.changes == {path[0]: {path[1]: value}}
        expected = {**root, path[0]: {**root[path[0]], path[1]: value}}
        for word in ("name", "title", "description"):
            expected[word] = loaded.resolved[word]
            assert loaded.resolved[word] != root[word]
        assert loaded.resolved == expected


# --- inheritance ----------------------------------------------------------------------------------


def test_a_chain_of_files_merges_key_by_key(tmp_path: Path) -> None:
    write(
        tmp_path,
        "base: japan-2030\nsolve: {gap: 1e-3, workers: 1}\nparameters: {a: 1, b: 2}\n",
        "mother.yaml",
    )
    loaded = load(tmp_path, "base: mother.yaml\nsolve: {gap: 0.01}\nparameters: {b: null, c: 3}\n")
    assert loaded.scenario.solve.gap == 0.01
    assert loaded.scenario.solve.workers == 1
    assert loaded.scenario.solve.max_iterations == load_scenario("japan-2030").scenario.solve.max_iterations
    assert loaded.scenario.parameters == {"a": 1, "c": 3}
    assert [Path(file.source).name for file in loaded.files] == ["s.yaml", "mother.yaml", "japan-2030.yaml"]
    assert loaded.changes == {"solve": {"gap": 0.01}, "parameters": {"b": None, "c": 3}}
    assert Path(loaded.place("solve", "workers")).name == "mother.yaml:2:29"
    assert Path(loaded.place("solve", "gap")).name == "s.yaml:2:14"
    assert loaded.place("solve", "no_such_key") == loaded.place("solve")


def test_operator_mix_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Merged key by key, domestic would keep max 0.3 and contradict its new min."""
    policy = load(
        tmp_path, "base: japan-2030\npolicy: {operator_mix: {domestic: {min: 0.6}}}\n"
    ).scenario.policy
    assert policy.mode_bounds("domestic") == (0.6, 1)
    assert policy.mode_bounds("foreign") == (0, 1)


def test_name_and_title_are_the_files_own(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, "base: japan-2030\n", "regional-40.yaml")).scenario
    assert scenario.name == "regional-40"
    assert (scenario.title.ja, scenario.title.en) == ("regional-40", "regional-40")
    assert scenario.description is None
    with pytest.raises(InputError, match="E305"):
        load_scenario(write(tmp_path, "base: japan-2030\n", "Not a name.yaml"))


def test_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbfbase: japan-2030\r\nsolve: {gap: 1e-3}\r\n")
    assert load_scenario(path).scenario.solve.gap == 1e-3


def test_scenarios_are_frozen_and_equal_scenarios_have_equal_digests(tmp_path: Path) -> None:
    loaded = load(tmp_path, "base: japan-2030\nname: n\nyear: 2031\nsolve: {gap: 0.00010}\n")
    again = load(tmp_path, "solve: {gap: 1e-4}\nname: n\nbase: japan-2030\n", "year=2031")
    assert loaded.digest() == again.digest()
    assert loaded.digest() != load_scenario("japan-2030").digest()
    with pytest.raises(ValidationError):
        loaded.scenario.solve.gap = 1.0  # type: ignore[misc]


# --- --set ----------------------------------------------------------------------------------------


def test_overrides_are_yaml_values_and_the_last_wins() -> None:
    loaded = load_scenario(
        "japan-2030",
        (
            "policy.min_regional_share=0.4", "policy.min_regional_share=0.25", "policy.metropolitan_areas=[tokyo]",
            "grid.new_batteries=false", "parameters.voll=3e3", "grid.co2_price_jpy_per_t = 5000", "solve.gap=1e-3",
            "network.rtt_limit_ms={training: 30}", "network.rtt_limit_ms.general=20", "name=mine",
        ),
    )  # fmt: skip
    scenario = loaded.scenario
    assert scenario.policy.min_regional_share == 0.25
    assert scenario.policy.metropolitan_areas == ("tokyo",)
    assert scenario.grid.new_batteries is False
    assert scenario.parameters == {"voll": 3000}
    assert scenario.grid.co2_price_jpy_per_t == 5000
    assert scenario.network.rtt_limit_ms == {"training": 30, "general": 20}
    assert scenario.name == "mine"
    assert loaded.place("solve", "gap") == "--set solve.gap=1e-3"


def test_one_bound_can_be_set_and_the_whole_mix_too() -> None:
    one = load_scenario("japan-2030", ("policy.operator_mix.domestic.max=0.35",)).scenario.policy
    assert one.mode_bounds("domestic") == (0.3, 0.35)
    assert one.mode_bounds("foreign") == (0.4, 0.4)
    whole = load_scenario("japan-2030", ("policy.operator_mix={domestic: {min: 0.5}}",)).scenario.policy
    assert whole.mode_bounds("domestic") == (0.5, 1)
    assert whole.mode_bounds("foreign") == (0, 1)


BAD_SETS = {
    "policy.min_regional_share": ("E317", "key=value"),
    "=3": ("E317", "key=value"),
    "solve..gap=3": ("E317", "key=value"),
    "solve.gap=": ("E317", "empty"),
    "solve.gap=# nothing": ("E317", "empty"),
    "base=tokyo-as-usual": ("E317", "base"),
    "polcy.min_regional_share=0.4": ("E301", '"policy"'),
    "policy.min_regionl_share=0.4": ("E301", '"min_regional_share"'),
    "solve.gap.x=1": ("E301", "unknown key"),
    "solve.gap=yes": ("E313", "true or false"),
    "solve.gap=[1": ("E308", "YAML"),
    "solve.gap=0.5": ("E304", "0.1"),
    "solve.gap=small": ("E303", "a number"),
    "parameters.x=.nan": ("E314", "finite"),
    "parameters={a: &b 1}": ("E310", "anchors"),
    "goal=capture": ("E306", "needs aim.capture_share"),
    "aim.capture_share=1.2": ("E304", "1"),
    "aim.budget_jpy_bn=0": ("E304", "1"),
}


@pytest.mark.parametrize("text", BAD_SETS)
def test_a_wrong_override_is_quoted(text: str) -> None:
    with pytest.raises(InputError) as caught:
        load_scenario("japan-2030", (text,))
    (problem,) = caught.value.problems
    assert problem.place == f"--set {text}"
    assert problem.code == BAD_SETS[text][0]
    assert BAD_SETS[text][1] in problem.message


# --- values YAML may not guess --------------------------------------------------------------------


def plain(node: Node | None) -> Any:
    if isinstance(node, Branch):
        return {name: plain(value) for name, value in node.items.items()}
    return [plain(item) for item in node.items] if isinstance(node, Listing) else node and node.value


def test_scalars_follow_yaml_1_2() -> None:
    """YAML 1.1 reads 1e-4 as text and 0o7 as text; PyYAML alone would return the former as a string."""
    text = "[1e-4, .5, 5., -0, +3, 1.0e+3, ~, null, '', true, False, 'yes', \"012\", tokyo, a:b, 1.2.3]"
    tree, problems = parse_yaml(text, "s")
    assert not problems
    assert plain(tree) == [
        1e-4, 0.5, 5.0, 0, 3, 1000.0, None, None, "", True, False, "yes", "012", "tokyo", "a:b", "1.2.3",
    ]  # fmt: skip
    assert isinstance(tree, Listing)
    assert isinstance(tree.items[0], Leaf)
    assert (tree.items[0].place.line, tree.items[0].place.column) == (1, 2)


# --- documents and JSON Schema --------------------------------------------------------------------


def test_every_key_has_a_meaning_and_every_figure_a_unit() -> None:
    dimensionless_counts = {
        "year",
        "pathway.start_year",
        "weather.year_seed",
        "solve.max_iterations",
        "solve.workers",
        "parameters.*",
    }
    for path, facts in catalogue().items():
        assert facts.meaning, path
        if facts.kind in ("number", "integer"):
            assert facts.unit or path in dimensionless_counts, f"{path} has no unit"
            assert facts.low is not None or path == "parameters.*", f"{path} has no range"


def test_no_key_has_a_value_in_the_code() -> None:
    """Values live in the root scenario; the bounds of a mode are the one exception: left out means no bound."""

    def defaults(model: Any, prefix: str) -> list[str]:
        found: list[str] = []
        for name, field in model.model_fields.items():
            found += [] if field.is_required() else [prefix + name]
            if hasattr(field.annotation, "model_fields"):
                found += defaults(field.annotation, f"{prefix}{name}.")
        return found

    assert defaults(Scenario, "") == []


def test_the_document_is_what_the_schema_says() -> None:
    assert (REPOSITORY / "docs/scenario.md").read_text("utf-8") == scenario_document()


def test_the_json_schema_file_is_what_the_schema_says() -> None:
    written = (shipped_folder("scenarios") / "scenario.schema.json").read_text("utf-8")
    assert json.loads(written) == scenario_schema()
    for path in shipped_scenarios().values():
        assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=scenario.schema.json\n")


TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "integer": int, "number": int | float,
}  # fmt: skip


def follows(schema: dict[str, Any], value: Any, root: dict[str, Any]) -> bool:
    """Return whether a value follows a JSON Schema, for the keywords our schemas use."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    kind = schema.get("type")
    target = root["$defs"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else {}
    applies = "if" in schema and follows(schema["if"], value, root)
    return all((
        not target or follows(target, value, root),
        "anyOf" not in schema or any(follows(option, value, root) for option in schema["anyOf"]),
        not applies or follows(schema["then"], value, root),
        "not" not in schema or not follows(schema["not"], value, root),
        kind is None or (isinstance(value, TYPES[kind]) and (number or kind not in ("integer", "number"))),
        "enum" not in schema or value in schema["enum"],
        not isinstance(value, str) or re.search(schema.get("pattern", ""), value),
        not isinstance(value, str) or len(value) >= schema.get("minLength", 0),
        not number or schema.get("minimum", value) <= value <= schema.get("maximum", value),
        not isinstance(value, list) or all(follows(schema.get("items", {}), item, root) for item in value),
        not isinstance(value, dict) or object_follows(schema, value, root),
    ))  # fmt: skip


def object_follows(schema: dict[str, Any], value: dict[str, Any], root: dict[str, Any]) -> bool:
    if any(name not in value for name in schema.get("required", [])):
        return False
    for name, item in value.items():
        if "propertyNames" in schema and not follows(schema["propertyNames"], name, root):
            return False
        parts = [
            part for pattern, part in schema.get("patternProperties", {}).items() if re.search(pattern, name)
        ]
        if name in schema.get("properties", {}):
            parts.append(schema["properties"][name])
        if not parts:
            rest = schema.get("additionalProperties", True)
            if rest is False:
                return False
            parts.append({} if rest is True else rest)
        if not all(follows(part, item, root) for part in parts):
            return False
    return True


def test_the_json_schema_accepts_what_we_ship_and_refuses_what_we_refuse() -> None:
    schema = scenario_schema()
    shipped = {
        name: plain(parse_yaml(path.read_text("utf-8"), name)[0])
        for name, path in shipped_scenarios().items()
    }
    for name, value in shipped.items():
        assert follows(schema, value, schema), name
    root = shipped["japan-2030"]
    assert not follows(schema, {**root, "solve": {"gap": 1e-4}}, schema), "no base, missing keys"
    assert follows(schema, {"base": "japan-2030", "solve": {"gap": 1e-4}}, schema)
    for wrong in (
        {"polcy": {}}, {"solve": {"gap": 5}}, {"solve": {"workers": 1.5}}, {"title": {"ja": "x"}},
        {"policy": {"operator_mix": {"foregn": {}}}}, {"parameters": {"a b": 1}}, {"grid": {"new_batteries": 1}},
        {"demand": {"workload_shares": {"x": 2}}}, {"policy": {"distribution": "asis"}},
    ):  # fmt: skip
        assert not follows(schema, {"base": "japan-2030", **wrong}, schema), wrong


def test_every_table_has_a_json_schema() -> None:
    assert {"scenario", *PACK_TABLES} <= set(schema_names())
    for name, table in PACK_TABLES.items():
        schema = schema_named(name)
        assert list(schema["properties"]) == list(table.column_names)
        assert all(
            "[" in part["description"] or part["type"] == "string" for part in schema["properties"].values()
        )
