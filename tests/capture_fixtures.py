"""Small plans and inputs for the capture tests; parameters as researched, written out once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np
import pandas as pd

from optimizer.milestones import Inputs, Plan, Settings

LINES = ("iaas", "saas", "ai_inf", "ai_train")
MIX = {"iaas": 0.5, "saas": 0.05, "ai_inf": 0.3, "ai_train": 0.15}
"""Installed MW by market line in the research prototype."""

UTILISATION = {"iaas": 0.65, "saas": 0.65, "ai_inf": 0.60, "ai_train": 0.65}

_SINGLE = {
    "S_cloud_2025": (4.2, 4.82, 5.4), "mix_iaas": (0.52, 0.573, 0.62), "S_ai_inf_2025": (0.12, 0.187, 0.35),
    "S_ai_train_2025": (0.03, 0.07, 0.12), "switch": (0.005, 0.01, 0.03), "pi": (0.85, 1.0, 1.15),
    "m_hw": (0.7, 0.85, 0.95), "m_gpu": (0.9, 0.95, 0.98), "fac": (0.09, 0.113, 0.15),
    "m_fac": (0.1, 0.18, 0.3), "el": (0.12, 0.182, 0.26), "m_fuel": (0.2, 0.3, 0.4),
    "re_for": (0.1, 0.2, 0.3), "own_for": (0.0, 0.2, 0.5), "margin": (0.02, 0.07, 0.15),
    "u_for": (0.65, 0.75, 0.85), "omega": (0.45, 0.6, 0.8), "computer_share_of_cloud": (0.35, 0.5, 0.65),
    "growth_correlation": (0.0, 0.0, 1.0),
}  # fmt: skip
_BY_LINE = {
    "for": ((0.6, 0.7, 0.78), (0.45, 0.6, 0.75), (0.75, 0.85, 0.95), (0.4, 0.6, 0.8)),
    "rho": ((0.5, 0.65, 0.78), (0.35, 0.65, 0.78), (0.6, 0.75, 0.85), (0.6, 0.75, 0.85)),
    "g": ((0.08, 0.12, 0.16), (0.06, 0.1, 0.14), (0.3, 0.45, 0.6), (0.15, 0.3, 0.45)),
    "alpha": ((0.2, 0.35, 0.55), (0.05, 0.1, 0.2), (0.1, 0.25, 0.45), (0.3, 0.5, 0.75)),
    "v": ((1.4, 2.2, 3.2), (2.5, 4.0, 6.0), (1.3, 2.1, 3.2), (1.2, 1.9, 2.9)),
    "u": ((0.5, 0.65, 0.8), (0.5, 0.65, 0.8), (0.4, 0.6, 0.8), (0.45, 0.65, 0.85)),
    "phi": ((0.45, 0.65, 0.85), (0.4, 0.6, 0.8), (0.55, 0.75, 0.9), (0.5, 0.7, 0.9)),
    "H": ((0.28, 0.4, 0.6), (0.28, 0.4, 0.6), (0.6, 0.77, 1.0), (0.6, 0.77, 1.0)),
    "sw": ((0.03, 0.07, 0.15), (0.03, 0.08, 0.15), (0.02, 0.05, 0.15), (0.01, 0.04, 0.1)),
    "delta": ((0.6, 0.8, 0.95), (0.3, 0.5, 0.8), (0.1, 0.3, 0.6), (0.1, 0.3, 0.6)),
}
RANGES = _SINGLE | {
    f"{stem}_{line}": ends
    for stem, all_ends in _BY_LINE.items()
    for line, ends in zip(LINES, all_ends, strict=True)
}


def parameters(**values: float) -> pd.DataFrame:
    """The researched parameters; a named one becomes certain at the value given."""
    rows = {name: (value, low, high) for name, (low, value, high) in RANGES.items()}
    rows |= {name: (value, value, value) for name, value in values.items()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high"])
    table["unit"] = ["JPY tn" if name.startswith("S_") else "1" for name in table.index]
    return table.rename_axis("name")


def accounts(computer_payments_jpy_bn: float = 4200.0) -> pd.DataFrame:
    rows = [
        (2022, 8000.0, 3200.0, 4800.0, np.nan, "derived"),
        (2023, 9246.3, 3710.3, 5536.0, 3000.0, "published"),
        (2025, 10800.0, 4100.0, 6700.0, computer_payments_jpy_bn, "assumed"),
    ]
    columns = [
        "year",
        "payments_jpy_bn",
        "receipts_jpy_bn",
        "deficit_jpy_bn",
        "computer_payments_jpy_bn",
        "grade",
    ]
    return pd.DataFrame(rows, columns=columns).set_index("year")


def make_inputs(
    table: pd.DataFrame | None = None,
    year: int = 2030,
    shares: Mapping[tuple[str, str], float] | None = None,
    utilisation: Mapping[str, float] | None = None,
) -> Inputs:
    """Inputs with what capture reads; one workload per market line unless `shares` says otherwise."""
    shares = shares or {(line, line): 1.0 for line in LINES}
    index = pd.MultiIndex.from_tuples(list(shares), names=["workload", "account"])
    settings = Settings(**{field.name: None for field in fields(Settings)} | {"goal": "serve", "year": year})
    read = {
        "name": "test",
        "settings": settings,
        "workloads": pd.DataFrame({"utilisation": dict(utilisation or UTILISATION)}).rename_axis("workload"),
        "accounts": accounts(),
        "workload_accounts": pd.DataFrame({"share": list(shares.values())}, index=index),
        "parameters": parameters() if table is None else table,
    }
    # Capture must not read anything else: every other hand-over is absent.
    return Inputs(**{field.name: None for field in fields(Inputs)} | read)


Row = tuple[str, str, str, str, float, float]
"""site, area, workload, mode, sold MW, built MW."""


def make_plan(rows: Sequence[Row], renewable: Mapping[str, float] | None = None) -> Plan:
    """A plan that sells the rows given; power 80 % renewable unless `renewable` says otherwise."""
    columns = ["site", "area", "workload", "mode", "sold_mw", "built_mw"]
    sold = pd.DataFrame(list(rows), columns=columns).astype({"sold_mw": float, "built_mw": float})
    areas = dict.fromkeys(sold["area"].unique(), 0.8) | dict(renewable or {})
    return Plan(
        name="test", title={"en": "test"}, pack="test", tables={}, figures={}, sold_mw=sold,
        renewable_share=pd.Series(areas, dtype=float), bounds=pd.DataFrame(), certificate={},
    )  # fmt: skip


def prototype_rows(
    built_mw: float, mode: str = "domestic", site: str = "JP-01", area: str = "hokkaido"
) -> list[Row]:
    """Rows of the prototype's plan: installed MW by line, sold at each line's utilisation."""
    return [
        (site, area, line, mode, built_mw * MIX[line] * UTILISATION[line], built_mw * MIX[line])
        for line in LINES
    ]
