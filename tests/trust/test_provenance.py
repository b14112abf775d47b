"""No number enters a plan without a source, and no source changes in silence."""

import csv
import hashlib
from collections import Counter
from pathlib import Path

import pytest

from optimizer.errors import InputError
from optimizer.scenario.sources import load_sources, shipped_folder
from optimizer.scenario.tables import PACK_TABLES

DATA = shipped_folder("data")
SOURCES = load_sources(DATA)
GRADES = {"published", "derived", "assumed"}


def files_on_disk() -> set[str]:
    return {path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.suffix in {".csv", ".gpkg"}}


def test_every_file_has_a_source_and_every_source_a_file():
    assert files_on_disk() == {source.file for source in SOURCES}
    assert Counter(source.file for source in SOURCES).most_common(1)[0][1] == 1


@pytest.mark.parametrize("source", SOURCES, ids=[source.file for source in SOURCES])
def test_file_is_what_its_source_says(source):
    raw = (DATA / source.file).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == source.sha256, (
        "re-check the file, then run data/make/register.py"
    )
    assert source.grade in GRADES
    for words in (
        source.title,
        source.publisher,
        source.url,
        source.year,
        source.licence,
        source.method,
        source.checked,
    ):
        assert len(words.strip()) > 3 or words.isdigit()
    if source.file.endswith(".csv"):
        header, *rows = list(csv.reader(raw.decode("utf-8").splitlines()))
        assert header == list(source.columns)
        assert len(rows) == source.rows
        assert b"\r" not in raw
        assert not raw.startswith(b"\xef\xbb\xbf")
    assert all(unit for unit in source.columns.values())


def test_units_in_the_register_are_those_of_the_schema():
    for source in SOURCES:
        schema = PACK_TABLES.get(Path(source.file).stem)
        if schema and "/" in source.file:
            assert source.columns == {column.name: column.unit for column in schema.columns}, source.file


def test_one_changed_digit_is_caught(tmp_path):
    """Without the hash a plan could rest on a figure nobody registered."""
    source = next(source for source in SOURCES if source.file == "japan/interties.csv")
    changed = (DATA / source.file).read_bytes().replace(b"6050", b"6060", 1)
    assert hashlib.sha256(changed).hexdigest() != source.sha256


@pytest.mark.parametrize(
    ("text", "code"),
    [(None, "E321"), ("[a\n", "E324"), ('[a]\nfile = "x.csv"\n', "E325"), ("a = 1\n", "E325")],
    ids=["missing", "not TOML", "keys missing", "not a table"],
)
def test_broken_register_is_named(tmp_path, text, code):
    if text is not None:
        (tmp_path / "sources.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_sources(tmp_path)
    assert [problem.code for problem in caught.value.problems] == [code]
