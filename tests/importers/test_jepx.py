"""Spot prices of the exchange: the real layout with made-up figures, and damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.errors import InputError
from optimizer.inputs.importers import find_importer
from optimizer.inputs.importers.jepx import AREAS

READ = find_importer("jepx").read
NAMES = list(AREAS)
HEADER = [
    "受渡日", "時刻コード", "売り入札量(kWh)", "買い入札量(kWh)", "約定総量(kWh)", "システムプライス(円/kWh)",
    *(f"エリアプライス{name}(円/kWh)" for name in NAMES), "スポット・時間前平均価格(円/kWh)",
    "α上限値×スポット・時間前平均価格(円/kWh)", "売りブロック入札総量(kWh)",
]  # fmt: skip


def rows(days: int = 2) -> list[list[str]]:
    """Slot s of day d: system price d + s / 100, area number k costs k more; day 1 is 2024/04/01."""
    return [
        [f"2024/04/{day:02d}", str(slot), "1", "2", "3", f"{day + slot / 100:.2f}",
         *(f"{day + slot / 100 + k:.2f}" for k in range(1, 10)), "", "", "5"]
        for day in range(1, days + 1)
        for slot in range(1, 49)
    ]  # fmt: skip


def write(folder: Path, table: list[list[str]], header: list[str] = HEADER, encoding: str = "cp932") -> Path:
    path = folder / "spot_summary_2024.csv"
    text = "\r\n".join(",".join(row) for row in [header, *table]) + "\r\n" + ("," * 17 + "\r\n") * 5
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig"])
def test_slots_become_hours(tmp_path: Path, encoding: str) -> None:
    """Slot 1 begins at midnight: hour 0 is the mean of slots 1 and 2, 1.015; were it 2 and 3, 1.025."""
    table = READ([write(tmp_path, rows(), encoding=encoding)], {})["actuals_spot_prices"]
    assert list(table) == ["hour", "area", "price_jpy_per_kwh"]
    assert len(table) == 48 * 10
    price = table.set_index(["area", "hour"])["price_jpy_per_kwh"]
    assert price["system", "2024-04-01 00:00"] == pytest.approx(1.015)
    assert price["hokkaido", "2024-04-01 00:00"] == pytest.approx(2.015)
    assert price["kyushu", "2024-04-02 23:00"] == pytest.approx(2 + 0.475 + 9)
    assert table["price_jpy_per_kwh"].map(lambda value: len(str(value))).max() <= 6, (
        "11.15, not 11.149999999999999"
    )


def test_the_older_name_of_the_day(tmp_path: Path) -> None:
    table = READ([write(tmp_path, rows(), ["年月日", *HEADER[1:]])], {})["actuals_spot_prices"]
    assert len(table) == 480


def altered(number: int, column: int, value: str) -> list[list[str]]:
    table = rows()
    table[number][column] = value
    return table


FAULTS = {
    "text for a price": ("E385", 12, altered(10, 6, "-")),
    "empty price": ("E386", 12, altered(10, 6, "")),
    "slot 49": ("E387", 12, altered(10, 1, "49")),
    "no such day": ("E387", 12, altered(10, 0, "2024/04/31")),
    "slot twice": ("E387", 98, [*rows(), rows()[-1]]),
    "slot missing": ("E387", 0, rows()[:40] + rows()[41:]),
    "below zero": ("E389", 12, altered(10, 6, "-1")),
    "above the ceiling": ("E389", 12, altered(10, 6, "1200")),
    "cut within a row": ("E384", 97, [*rows()[:-1], rows()[-1][:9]]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_is_named_with_its_line(tmp_path: Path, fault: str) -> None:
    code, line, table = FAULTS[fault]
    path = write(tmp_path, table)
    with pytest.raises(InputError) as caught:
        READ([path], {})
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].place.endswith(f"spot_summary_2024.csv:{line}" if line else "2024.csv")


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        READ([write(tmp_path, rows(), ["DATE", *HEADER[1:]])], {})
    assert caught.value.problems[0].code == "E383"
    with pytest.raises(InputError) as caught:
        READ([write(tmp_path, rows(), [*HEADER[:6], "エリアプライス沖縄(円/kWh)", *HEADER[7:]])], {})
    assert caught.value.problems[0].code == "E384"


def test_the_same_year_twice_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, rows())
    with pytest.raises(InputError) as caught:
        READ([path, path], {})
    assert caught.value.problems[0].code == "E388"
