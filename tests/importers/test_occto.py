"""OCCTO's exports of the interties: both layouts with made-up figures, and damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.errors import InputError
from optimizer.inputs.importers import find_importer

READ = find_importer("occto").read
FLOW_HEADER = [
    "連系線", "対象日付", "対象時刻", "運用容量(順方向)", "運用容量(逆方向)", "広域調整枠(順方向)",
    "広域調整枠(逆方向)", "マージン(順方向)", "マージン(逆方向)", "空容量(順方向)", "空容量(逆方向)",
    "計画潮流(順方向)", "計画潮流(逆方向)", "潮流実績",
]  # fmt: skip
PLAN_HEADER = [
    "対象断面", "策定日", "策定／更新後", "連系線", "年月日", "時刻", "方向", "空容量", "計画潮流",
    "広域調整枠", "マージン", "運用容量", "運用容量決定要因", "最新更新年月日時刻",
]  # fmt: skip


def label(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def flow_rows(link: str = "関門連系線") -> list[list[str]]:
    """Actual flow −(minutes of the END of the period): 5 in the first, 60 in the last of the first hour."""
    return [
        [
            link,
            "2026/09/06",
            label(end),
            "370",
            "-2010",
            "0",
            "0",
            "0",
            "0",
            "0",
            "0",
            "-900",
            "-900",
            str(-end),
        ]
        for end in range(5, 1441, 5)
    ]


def plan_rows() -> list[list[str]]:
    return [
        ["翌日", "20260920", "策定", "相馬双葉幹線", "2026/09/21", label(end), way, "0", str(end), "0", "0", capacity,
         "熱容量（作業）", "2026/09/20 16:50:08"]
        for end in range(30, 1441, 30)
        for way, capacity in (("順方向", "5550"), ("逆方向", "-2360"))
    ]  # fmt: skip


def write(folder: Path, header: list[str], rows: list[list[str]], name: str = "rkl.csv") -> Path:
    path = folder / name
    lines = ["UPDATE,2026/09/22 10:00", *(",".join(f'"{cell}"' for cell in row) for row in [header, *rows])]
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("utf-8-sig"))
    return path


def test_actual_flows_by_hour(tmp_path: Path) -> None:
    """Ends 00:05 … 01:00 are hour 0: mean −32.5. Read as starts, 00:00 … 00:55, it would be −27.5."""
    table = READ([write(tmp_path, FLOW_HEADER, flow_rows())], {})["actuals_interties"]
    assert list(table) == ["hour", "intertie", "forward_mw", "reverse_mw", "planned_mw", "flow_mw"]
    assert len(table) == 24
    first, last = table.iloc[0], table.iloc[-1]
    assert (first["hour"], first["intertie"]) == ("2026-09-06 00:00", "chugoku-kyushu")
    assert first["flow_mw"] == pytest.approx(-32.5)
    assert (first["forward_mw"], first["reverse_mw"], first["planned_mw"]) == (370, 2010, -900)
    assert (last["hour"], last["flow_mw"]) == ("2026-09-06 23:00", pytest.approx(-1412.5))


def test_capacity_and_plan_by_hour(tmp_path: Path) -> None:
    table = READ([write(tmp_path, PLAN_HEADER, plan_rows())], {})["actuals_interties"]
    first = table.iloc[0]
    assert (first["intertie"], first["forward_mw"], first["reverse_mw"]) == ("tohoku-tokyo", 5550, 2360)
    assert first["planned_mw"] == pytest.approx(45.0)
    assert table["flow_mw"].isna().all()


def edited(number: int, column: int, value: str) -> list[list[str]]:
    rows = flow_rows()
    rows[number][column] = value
    return rows


FAULTS = {
    "unknown link": ("E383", 13, edited(10, 0, "青函隧道")),
    "text for a flow": ("E385", 13, edited(10, 13, "欠測")),
    "empty flow": ("E386", 13, edited(10, 13, "")),
    "0:00 is no end": ("E387", 13, edited(10, 2, "00:00")),
    "moment missing": ("E387", 0, flow_rows()[:10] + flow_rows()[11:]),
    "moment twice": ("E387", 291, [*flow_rows(), flow_rows()[0]]),
    "kW for MW": ("E389", 13, edited(10, 13, "-900000")),
    "sign wrong": ("E389", 13, edited(10, 13, "1400")),
    "cut within a row": ("E384", 290, [*flow_rows()[:-1], flow_rows()[-1][:8]]),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_damage_is_named_with_its_line(tmp_path: Path, fault: str) -> None:
    code, line, rows = FAULTS[fault]
    with pytest.raises(InputError) as caught:
        READ([write(tmp_path, FLOW_HEADER, rows)], {})
    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].place.endswith(f"rkl.csv:{line}" if line else "rkl.csv")


def test_half_of_a_plan_is_refused(tmp_path: Path) -> None:
    for rows, code in (
        (plan_rows()[1:], "E387"),
        ([*plan_rows(), plan_rows()[0]], "E387"),
        ([[*row[:6], "南向き", *row[7:]] for row in plan_rows()], "E385"),
    ):
        with pytest.raises(InputError) as caught:
            READ([write(tmp_path, PLAN_HEADER, rows)], {})
        assert caught.value.problems[0].code == code


def test_other_files_and_the_same_file_twice(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        READ([write(tmp_path, ["受渡日", "時刻コード"], [["2026/09/06", "1"]])], {})
    assert caught.value.problems[0].code == "E383"
    path = write(tmp_path, FLOW_HEADER, flow_rows())
    with pytest.raises(InputError) as caught:
        READ([path, path], {})
    assert caught.value.problems[0].code == "E388"
