"""Row 10 and 12 of the trust matrix: every faulty scenario gets its own code, line and column, all at once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from optimizer.errors import InputError
from optimizer.scenario.load import load_scenario

HEAD = "base: japan-2030\nname: faulty\n"

FAULTS = {
    # name: (what follows HEAD, place of the problem, code, words that must appear)
    "unknown group": ("polcy: {min_regional_share: 0.4}\n", "3:1", "E301", '"policy"'),
    "unknown key": ("policy:\n  min_regionl_share: 0.4\n", "4:3", "E301", '"min_regional_share"'),
    "key with capital": ("Demand: {growth_it_mw: 1}\n", "3:1", "E301", '"demand"'),
    "key with hyphen": ("demand: {growth-it-mw: 10}\n", "3:10", "E301", '"growth_it_mw"'),
    "key without likeness": ("policy: {xyzzy: 1}\n", "3:10", "E301", "Allowed: min_regional_share"),
    "unknown mode": ("policy: {operator_mix: {foregn: {min: 0.1}}}\n", "3:25", "E301", '"foreign"'),
    "unknown bound": ("policy: {operator_mix: {foreign: {mini: 0.1}}}\n", "3:35", "E301", '"min"'),
    "bad identifier": ('parameters: {"a b": 1}\n', "3:14", "E301", "letters, digits"),
    "merge key": ("<<: {}\n", "3:1", "E301", "unknown key"),
    "text for number": ("finance: {discount_rate: four}\n", "3:26", "E303", "a number from 0 to 0.5"),
    "quoted number": ('demand: {growth_it_mw: "4400"}\n', "3:24", "E303", "Write 4400 without quotes"),
    "full-width digits": ("demand: {growth_it_mw: ４４００}\n", "3:24", "E303", "Write 4400"),
    "thousands comma": ("demand:\n  growth_it_mw: 4,400\n", "4:17", "E303", "Write 4400"),
    "number with unit": ("demand: {growth_it_mw: 4400 MW}\n", "3:24", "E303", "4400 MW"),
    "percent": ("policy: {min_regional_share: 40%}\n", "3:30", "E303", "a number from 0 to 1"),
    "number for boolean": ("grid: {new_batteries: 1}\n", "3:23", "E303", "true or false"),
    "boolean for number": ("finance: {discount_rate: true}\n", "3:26", "E303", "a number"),
    "fraction for integer": ("solve: {workers: 1.5}\n", "3:18", "E303", "a whole number"),
    "null for number": ("finance: {discount_rate: null}\n", "3:26", "E303", "got null"),
    "empty value": ("finance:\n  discount_rate:\n", "4:17", "E303", "got null"),
    "empty group": ("finance:\n", "3:9", "E303", "keys with values"),
    "number for group": ("finance: 0.04\n", "3:10", "E303", "keys with values"),
    "list for group": ("policy: [1, 2]\n", "3:1", "E303", "keys with values"),
    "word for list": ("policy: {metropolitan_areas: tokyo}\n", "3:30", "E303", "a list"),
    "number in list": ("policy: {metropolitan_areas: [tokyo, 3]}\n", "3:38", "E303", "got 3"),
    "title in one language": ("title: {ja: 東京}\n", "3:1", "E302", "title.en: missing key"),
    "title as text": ("title: Tokyo\n", "3:8", "E303", "keys with values"),
    "share above 1": ("policy: {min_regional_share: 40}\n", "3:30", "E304", "from 0 to 1"),
    "negative": ("demand: {growth_it_mw: -1}\n", "3:24", "E304", "got -1"),
    "rate in percent": ("finance: {discount_rate: 4}\n", "3:26", "E304", "from 0 to 0.5"),
    "zero gap": ("solve: {gap: 0}\n", "3:14", "E304", "from 1e-08"),
    "no workers": ("solve: {workers: 0}\n", "3:18", "E304", "from 1 to 256"),
    "year past": ("year: 1999\n", "3:7", "E304", "from 2025 to 2060"),
    "negative latency": ("network: {rtt_limit_ms: {training: -3}}\n", "3:36", "E304", "[ms]"),
    "wrong word": ("policy: {distribution: asis}\n", "3:24", "E305", "free, as_today"),
    "goal misspelt": ("goal: srve\n", "3:7", "E305", '"serve"'),
    "empty title": ('title: {ja: "", en: x}\n', "3:13", "E305", "not empty"),
    "mix above 1": (
        "policy:\n  operator_mix: {domestic: {min: 0.6}, foreign: {min: 0.6}}\n", "4:3", "E306", "1.2"),
    "mix below 1": (
        "policy:\n  operator_mix:\n    domestic: {max: 0.1}\n    platform: {max: 0.1}\n"
        "    leased: {max: 0.1}\n    foreign: {max: 0.1}\n", "4:3", "E306", "0.4"),
    "min above max": (
        "policy: {operator_mix: {domestic: {min: 0.6, max: 0.5}}}\n", "3:25", "E306", "min 0.6 > max 0.5"),
    "shares not 1": ("demand: {workload_shares: {training: 0.5}}\n", "3:10", "E306", "sum to 0.5"),
    "area twice": ("policy: {metropolitan_areas: [tokyo, tokyo]}\n", "3:10", "E306", "twice"),
    "goal without aim": ("goal: budget\n", "3:7", "E306", "needs aim.budget_jpy_bn"),
    "mix of a class above 1": (
        "policy:\n  operator_mix_by_workload:\n    training: {domestic: {min: 0.6}, foreign: {min: 0.6}}\n",
        "5:5", "E306", "1.2"),
    "no space after colon in braces": (
        "policy: {max_area_share: {hokkaido:0.05}}\n", "3:27", "E308", 'a space is missing after the colon: write "hokkaido: 0.05"'),
    "no space after colon of a known key": ("policy: {min_areas:4}\n", "3:10", "E308", 'write "min_areas: 4"'),
    "no space after colon alone": (
        "policy:\n  max_area_share:\n    hokkaido:0.05\n", "5:5", "E303", "a space is missing after the colon"),
    "no space after two colons": (
        "policy:\n  max_area_share:\n    hokkaido:0.05\n    tokyo:0.3\n", "5:5", "E303", "a space is missing after the colon"),
    "no space after colon before another key": (
        "policy:\n  min_areas:4\n  max_hazard: 0.1\n", "5:13", "E308", 'line 4: a space is missing after the colon: write "min_areas: 4"'),
    "open bracket": ("policy: [\n", "4:1", "E308", "brackets"),
    "tab indentation": ("policy:\n\tmin_regional_share: 0.4\n", "4:1", "E308", "indentation"),
    "colon in text": ("title: {ja: a: b, en: c}\n", "3:14", "E308", "colons"),
    "duplicate group": ("policy: {}\ngrid: {}\npolicy: {}\n", "5:1", "E309", "line 3"),
    "duplicate key": ("solve:\n  gap: 1e-3\n  gap: 1e-4\n", "5:3", "E309", "line 4"),
    "tag": ("parameters: {a: !!float 3}\n", "3:17", "E310", "tag"),
    "dangerous tag": ("parameters: !!python/object/apply:os.system [id]\n", "3:13", "E310", "tag"),
    "anchor": ("policy: &p {min_regional_share: 0}\n", "3:9", "E310", "anchors"),
    "alias": ("parameters: {a: *x}\n", "3:17", "E310", "aliases"),
    "second document": ("---\nname: two\n", "3:1", "E310", "more than one document"),
    "mapping as key": ("? {a: 1}\n: 2\n", "3:3", "E310", "one word"),
    "too deep": ("parameters: " + "[" * 50 + "]" * 50 + "\n", "3:52", "E311", "40 levels"),
    "control character": ("title: {ja: \"a\\x07\", en: b}\n", "3:13", "E312", "control character"),
    "yes": ("grid: {new_batteries: yes}\n", "3:23", "E313", "true or false"),
    "Norway": ("pack: NO\n", "3:7", "E313", "quotes"),
    "off": ("grid: {new_renewables: off}\n", "3:24", "E313", "true or false"),
    "sexagesimal": ("solve: {time_limit_s: 12:30}\n", "3:23", "E313", "base 60"),
    "octal": ("weather: {year_seed: 012}\n", "3:22", "E313", "octal"),
    "hexadecimal": ("weather: {year_seed: 0x1F}\n", "3:22", "E313", "another base"),
    "underscores": ("demand: {growth_it_mw: 4_400}\n", "3:24", "E313", "underscores"),
    "leading zero": ("finance: {discount_rate: 00.5}\n", "3:26", "E313", "leading zeros"),
    "date": ("parameters: {a: 2030-01-01}\n", "3:17", "E313", "date"),
    "infinity": ("demand: {growth_it_mw: .inf}\n", "3:24", "E314", "finite"),
    "not a number": ("parameters: {a: .nan}\n", "3:17", "E314", "finite"),
    "overflow": ("parameters: {a: 1e999}\n", "3:17", "E314", "too large"),
    "endless integer": ("parameters: {a: " + "9" * 5000 + "}\n", "3:17", "E314", "digits"),
}  # fmt: skip


def problems_of(path: Path, *sets: str) -> list[tuple[str, str, str]]:
    with pytest.raises(InputError) as caught:
        load_scenario(path, sets)
    for problem in caught.value.problems:
        assert problem.message_ja, f"{problem.code} has no Japanese: {problem.message}"
        assert problem.line("ja").isprintable()
        assert problem.line("en").isprintable()
    return [(item.place.removeprefix(f"{path}:"), item.code, item.message) for item in caught.value.problems]


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_named_once_with_its_line(name: str, tmp_path: Path) -> None:
    text, place, code, words = FAULTS[name]
    path = tmp_path / "faulty.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    found = problems_of(path)
    assert [(found[0][0], found[0][1])] == [(place, code)]
    assert words in found[0][2]
    assert len(found) == 1, "one fault, one line"


def test_without_the_faults_the_head_is_a_scenario(tmp_path: Path) -> None:
    path = tmp_path / "faulty.yaml"
    path.write_text(HEAD, encoding="utf-8")
    assert load_scenario(path).scenario.name == "faulty"


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_text(HEAD + "goal: srve\nyear: 1\npolcy: 3\nsolve: {gap: yes, workers: 0}\n", encoding="utf-8")
    found = sorted((place, code) for place, code, _ in problems_of(path, "grid.nothing=1"))
    assert found == [
        ("--set grid.nothing=1", "E301"),
        ("3:7", "E305"), ("4:7", "E304"), ("5:1", "E301"), ("6:14", "E313"), ("6:28", "E304"),
    ]  # fmt: skip


BYTES = {
    "empty": (b"", "", "E319"),
    "only a comment": (b"# nothing\n", "", "E319"),
    "a list": (b"- 1\n", "1:1", "E319"),
    "a word": (b"hello\n", "1:1", "E319"),
    "cp932": ("name: 東京\n".encode("cp932"), "1:7", "E312"),
    "utf-16": ("base: japan-2030\n".encode("utf-16"), "1:1", "E312"),
    "nul": (b"name: a\x00b\n", "", "E312"),
    "1 MB": (b"#" * 1_000_001, "", "E311"),
    "alias bomb": (b"a: &a [x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "1:4", "E310"),
    "deep nesting": (b"[" * 500_000, "1:41", "E311"),
    "many values": (b"a: [" + b"1," * 400_000 + b"]", "1:20001", "E311"),
}


def test_a_wrong_name_is_said_once_though_the_title_would_repeat_it(tmp_path: Path) -> None:
    for name, code in (("3", "E303"), ("A b", "E305"), ("a" * 900, "E305"), ("''", "E305"), ("yes", "E313")):
        path = tmp_path / "s.yaml"
        path.write_text(f"base: japan-2030\nname: {name}\n", encoding="utf-8")
        assert [(place, found) for place, found, _ in problems_of(path)] == [("2:7", code)]


def test_a_hostile_file_is_refused_within_2_s(tmp_path: Path) -> None:
    """Processor time; without a limit on values this took 6 s, and a list 16 s and 340 MB."""
    path = tmp_path / "s.yaml"
    start = time.process_time()
    path.write_text(
        "base: japan-2030\nparameters:\n" + "".join(f" k{i}: x\n" for i in range(80_000)), "utf-8"
    )
    assert [code for _, code, _ in problems_of(path)] == ["E311"]
    assert time.process_time() - start < 2


@pytest.mark.parametrize("name", BYTES)
def test_whole_files_that_cannot_be_read(name: str, tmp_path: Path) -> None:
    content, place, code = BYTES[name]
    path = tmp_path / "s.yaml"
    path.write_bytes(content)
    found = problems_of(path)
    assert (found[0][0].removeprefix(str(path)), found[0][1]) == (place, code)


def test_a_folder_or_a_missing_file_is_not_a_scenario(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    assert problems_of(tmp_path / "folder.yaml")[0][1] == "E315"
    assert problems_of(tmp_path / "absent.yaml")[0][1] == "E315"
    assert problems_of(Path("a\0b.yaml"))[0][1] == "E315"


def test_a_wrong_value_in_the_base_is_shown_in_the_base(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("base: japan-2030\nname: b\nsolve: {gap: 5}\n", encoding="utf-8")
    (tmp_path / "child.yaml").write_text("base: base.yaml\nname: c\nyear: 2031\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(tmp_path / "child.yaml")
    assert [Path(item.place).name for item in caught.value.problems] == ["base.yaml:3:14"]


def test_base_in_a_circle_too_long_or_absent(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("base: b.yaml\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("base: a.yaml\n", encoding="utf-8")
    assert [item[1] for item in problems_of(tmp_path / "a.yaml")] == ["E316"]
    for number in range(25):
        (tmp_path / f"s{number}.yaml").write_text(f"base: s{number + 1}.yaml\n", encoding="utf-8")
    assert [item[1] for item in problems_of(tmp_path / "s0.yaml")] == ["E316"]
    (tmp_path / "c.yaml").write_text("name: c\nbase: japn-2030\n", encoding="utf-8")
    assert problems_of(tmp_path / "c.yaml") == [("2:1", "E315", problems_of(tmp_path / "c.yaml")[0][2])]
    assert 'Did you mean "japan-2030"?' in problems_of(tmp_path / "c.yaml")[0][2]
    (tmp_path / "d.yaml").write_text("base: [japan-2030]\n", encoding="utf-8")
    assert [item[1] for item in problems_of(tmp_path / "d.yaml")] == ["E316"]


def test_without_base_every_missing_key_is_named(tmp_path: Path) -> None:
    root = load_scenario("japan-2030")
    path = tmp_path / "root.yaml"
    text = root.resolved_yaml()
    path.write_text(text, encoding="utf-8")
    assert load_scenario(path).scenario == root.scenario
    lines = [line for line in text.splitlines() if not line.startswith(("  gap:", "year:"))]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = {message.split(":")[0] for _, code, message in problems_of(path) if code == "E302"}
    assert found == {"solve.gap", "year"}
