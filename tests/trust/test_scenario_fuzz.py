"""Row 10 of the trust matrix: mutated scenario files end in exit 0 or 3, never in a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from optimizer.errors import InputError
from optimizer.scenario.load import load_scenario, shipped_scenarios

FRAGMENTS = (
    "yes", "no", "NO", "12:30", "012", ".nan", ".inf", "-.inf", "1e999", "9" * 400, "null", "~", "''", '"', "'", "{",
    "}", "[", "]", ":", ": ", "- ", "? ", "&a ", "*a", "!!python/name:os.system ", "!x ", "|", ">", "%", "@", "`", "\t",
    "\n", "\n\n", "  ", "#", "---\n", "...\n", "<<: *a\n", "base: s.yaml\n", "\u3000", "４４", "\x00", "\x07", "\x1b[2J",
    "\u2028", "\ufeff", "😀", "é", "\\ud800", '"\\ud800"', '"\\x1b"', "1_000", "0x1F", "true", "-1", "1e-4", "key", "=",
)  # fmt: skip


def mutated(text: str, chance: random.Random) -> bytes:
    """Return the text after one to six random edits: cut, copy, insert, replace, or a flipped byte."""
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((1, 2, 8, 40, 200)))
        piece = chance.choice((chance.choice(FRAGMENTS), text[start:end] * 2, "", text[end : end + 30]))
        text = text[:start] + piece + text[end if chance.random() < 0.6 else start :]
    content = bytearray(text.encode("utf-8", "replace"))
    if content and chance.random() < 0.2:
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def refusal(name: str | Path, *sets: str) -> InputError | None:
    """Return the error of a scenario that is refused; any other exception escapes and fails the test."""
    try:
        load_scenario(name, sets)
    except InputError as error:
        return error
    return None


def assert_printable(error: InputError, what: str) -> None:
    assert error.problems, what
    for problem in error.problems:
        assert problem.line("en").isprintable(), f"{what}: {problem!r}"
        assert problem.line("ja").isprintable(), f"{what}: {problem!r}"
        assert problem.code.startswith("E3"), f"{what}: {problem!r}"


def outcomes(seeds: range, folder: Path) -> dict[str, int]:
    texts = [path.read_text("utf-8") for path in shipped_scenarios().values()]
    texts.append("base: japan-2030\nname: small\npolicy: {min_regional_share: 0.4}\nparameters: {a: 1}\n")
    counts = {"accepted": 0, "refused": 0}
    path = folder / "s.yaml"
    for seed in seeds:
        chance = random.Random(seed)
        path.write_bytes(mutated(chance.choice(texts), chance))
        error = refusal(path)
        counts["accepted" if error is None else "refused"] += 1
        if error is not None:
            assert_printable(error, f"seed {seed}")
    return counts


def test_400_mutated_files_are_accepted_or_refused(tmp_path: Path) -> None:
    counts = outcomes(range(400), tmp_path)
    assert counts["refused"] >= 200, "mutations must break something, or this proves nothing"
    assert counts["accepted"] >= 20


@pytest.mark.full
def test_10000_mutated_files_are_accepted_or_refused(tmp_path: Path) -> None:
    counts = outcomes(range(10_000), tmp_path)
    assert sum(counts.values()) == 10_000


def test_random_overrides_are_accepted_or_refused() -> None:
    chance = random.Random(7)
    keys = (
        "solve.gap",
        "policy.operator_mix",
        "parameters.x",
        "title.ja",
        "a.b",
        "",
        ".",
        "policy..x",
        "weather",
    )
    for _ in range(300):
        text = chance.choice(keys) + chance.choice(("=", "==", "", " = ")) + chance.choice(FRAGMENTS)
        error = refusal("japan-2030", text)
        if error is not None:
            assert_printable(error, text)
