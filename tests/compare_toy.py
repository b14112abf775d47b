"""Toy runs to compare, as folders: two areas, three sites, two classes, figures one can add up on paper."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

AREAS = {"north": ("North", "北"), "south": ("South", "南")}
SITES = {
    "N1": ("north", "Tomakomai", "苫小牧", 141.6, 42.6),
    "S1": ("south", "Chiba", "千葉", 140.1, 35.6),
    "S2": ("south", "Osaka", "大阪", 135.5, 34.7),
}
Stack = dict[tuple[str, str], dict[str, float]]

BASE_STACK: Stack = {
    ("N1", "x"): {"building": 40.0, "energy": 10.0},
    ("N1", "y"): {"building": 44.0, "energy": 12.0},
    ("S1", "x"): {"building": 41.0, "energy": 11.0},
    ("S1", "y"): {"building": 45.0, "energy": 13.0},
    ("S2", "x"): {"building": 42.0, "energy": 11.0},
}
"""S2 is out of reach of class y."""

OTHER_STACK: Stack = {
    ("N1", "x"): {"building": 40.0, "energy": 11.0, "within_grid_headroom": 3.0},
    ("N1", "y"): {"building": 44.0, "energy": 13.4, "within_grid_headroom": 3.2, "operator_mix_least": 9.0},
    ("S1", "x"): {"building": 41.0, "energy": 10.5},
    ("S1", "y"): {"building": 45.0, "energy": 12.5},
    ("S2", "x"): {"building": 42.0, "energy": 11.4},
}
"""N1: energy +1.0 and +1.4, headroom +3.0 and +3.2, operator mix 0 and +9.0; S1: energy −0.5; S2: energy +0.4."""


@dataclass
class Toy:
    """What a toy run says; everything else is alike."""

    name: str = "base"
    cost: float = 100.0
    gap: float = 1e-3
    megawatt: dict[str, float] = field(default_factory=lambda: {"N1": 100.0, "S1": 50.0, "S2": 0.0})
    served: dict[str, float] = field(default_factory=lambda: {"x": 30.0, "y": 10.0})
    stack: Stack = field(default_factory=lambda: BASE_STACK)
    gross: float = 40.0
    net: float = -5.0
    price: dict[str, float] = field(default_factory=lambda: {"north": 9.0, "south": 12.0})
    scenario: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, float] = field(default_factory=lambda: {"wacc": 0.04})
    headroom: dict[str, float] = field(default_factory=lambda: {"N1": 300.0, "S1": 20.0})
    title: dict[str, str] | None = None
    pack: str = "toy"
    version: str = "0.1.0"
    hours: tuple[int, int] | None = (8736, 52)
    """Hours solved, and in how many periods; None where the summary does not say."""

    areas: dict[str, tuple[str, str]] = field(default_factory=lambda: dict(AREAS))
    names: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def built(self) -> float:
        return sum(self.megawatt.values())


def site_table(toy: Toy) -> pd.DataFrame:
    """Sites with what a comparison reads, and the coarse stack of the table of sites."""
    rows = []
    for site, megawatt in toy.megawatt.items():
        area, en, ja, lon, lat = SITES[site]
        en, ja = toy.names.get(site, (en, ja))
        first = toy.stack.get((site, "x"), {})
        coarse = {"building": first.get("building", 0.0), "energy": first.get("energy", 0.0)}
        coarse |= {"grid": first.get("within_grid_headroom", 0.0)}
        stack = {
            f"{name}_jpy_m_per_mw_a": coarse.get(name, 0.0)
            for name in ("building", "land", "connection", "grid", "energy", "capacity")
        }
        row = {
            "site": site,
            "name_ja": ja,
            "name_en": en,
            "area": area,
            "lon": lon,
            "lat": lat,
            "it_mw": megawatt,
        }
        rows.append({**row, "grid_rent_jpy_per_kw_a": 1000.0 * coarse["grid"], **stack})
    return pd.DataFrame(rows)


def tables_of(toy: Toy) -> dict[str, pd.DataFrame]:
    sites = site_table(toy)
    built = sites.groupby("area")["it_mw"].sum()
    areas = pd.DataFrame(
        [
            {
                "area": area, "name_ja": ja, "name_en": en, "it_mw": float(built.get(area, 0.0)),
                "new_renewable_mw": 10.0, "price_jpy_per_kwh": toy.price.get(area, 1.0),
                "curtailment_share": 0.01, "co2_kt": 200.0, "co2_before_kt": 150.0,
            }
            for area, (en, ja) in toy.areas.items()
        ]
    )  # fmt: skip
    stack = pd.DataFrame(
        [
            {
                "site": site,
                "area": SITES[site][0],
                "workload": load,
                "component": name,
                "jpy_m_per_mw_a": value,
            }
            for (site, load), parts in toy.stack.items()
            for name, value in parts.items()
        ]
    )
    options = pd.DataFrame(
        [{"site": "N1", "workload": load, "served_mw": value} for load, value in toy.served.items()]
    )
    return {"sites": sites, "areas": areas, "stack": stack, "options": options}


def summary_of(toy: Toy) -> dict[str, Any]:
    case = {"gross_jpy_bn": toy.gross, "net_jpy_bn": toy.net}
    size = dict(zip(("hours", "periods"), toy.hours, strict=True)) if toy.hours else {}
    return {
        **size,
        "cost_jpy_bn_per_a": toy.cost,
        "gap": toy.gap,
        "it_mw_built": toy.built,
        "new_renewable_mw": 20.0,
        "capture": {"low": case, "base": case, "high": case},
    }


def write_tables(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, frame in tables.items():
        frame.to_parquet(folder / f"{name}.parquet")


def site_lines(toy: Toy) -> str:
    """The one table of the data."""
    return "site,headroom_mw\n" + "".join(f"{site},{value:g}\n" for site, value in toy.headroom.items())


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def scenario_of(toy: Toy) -> dict[str, Any]:
    """The scenario as resolved."""
    title = toy.title or {"en": toy.name.title(), "ja": toy.name}
    return {"name": toy.name, "title": title, "policy": {"min_regional_share": 0.0}, **toy.scenario}


def write_toy(folder: Path, toy: Toy) -> Path:
    """Write the parts of a run folder that a comparison reads."""
    write_tables(tables_of(toy), folder / "tables")
    (folder / "summary.json").write_text(json.dumps(summary_of(toy)), "utf-8")
    data = folder / "inputs" / "data" / toy.pack
    data.mkdir(parents=True)
    (data / "sites.csv").write_text(site_lines(toy), "utf-8")
    provenance = {
        "version": toy.version,
        "pack": toy.pack,
        "scenario": scenario_of(toy),
        "parameters": [
            {"name": name, "value": value, "unit": "1/a", "low": None, "high": 0.08, "grade": "assumed"}
            for name, value in toy.parameters.items()
        ],
        "sources": [],
        "inputs": [{"path": f"inputs/data/{toy.pack}/sites.csv", "sha256": hash_of(site_lines(toy))}],
    }
    (folder / "provenance.json").write_text(json.dumps(provenance), "utf-8")
    return folder


def write_sweep(folder: Path, toys: list[Toy], failed: int = 0, asked: bool = False) -> Path:
    """Write the folder of a sweep: points in order, the last ones failed; sites and areas only.

    With `asked` every point keeps what it was asked; folders of before do not.
    """
    points = []
    for number, toy in enumerate(toys):
        name = f"{number:016x}"
        points.append({"number": number, "id": name, "name": toy.name, "case": "", "axes": toy.scenario})
        place = folder / "runs" / name
        is_ok = number < len(toys) - failed
        tables = tables_of(toy)
        write_tables({key: tables[key] for key in ("sites", "areas")} if is_ok else {}, place / "tables")
        done: dict[str, Any] = {"id": name, "name": toy.name, "case": "", "axes": toy.scenario}
        done |= {"status": "ok" if is_ok else "failed", "summary": summary_of(toy) if is_ok else {}}
        done["error"] = None if is_ok else {"exit_code": 4, "kind": "InfeasibleError", "message": "no plan"}
        (place / "DONE.json").write_text(json.dumps(done), "utf-8")
        if asked:
            hashes = {f"{toy.pack}/sites.csv": hash_of(site_lines(toy))}
            told = {"scenario": scenario_of(toy), "pack": toy.pack, "hashes": hashes}
            (place / "asked.json").write_text(json.dumps(told), "utf-8")
    plan = {"name": "toy", "title": {"en": "Toy", "ja": "玩具"}, "wattbit": "0.1.0", "points": points}
    (folder / "sweep.json").write_text(json.dumps(plan), "utf-8")
    return folder
