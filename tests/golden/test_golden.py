"""Pinned results: the figures of a tiny country over two weeks, and the text of the two smallest programmes.

`pytest tests/golden --update-golden` rewrites them; the commit that does says in one sentence what moved them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from toy import YEAR, change, silent, toy

from optimizer.analyse.plan import make_plan
from optimizer.milestones import Inputs
from optimizer.model.build import build_dispatch, build_siting
from optimizer.run import make_programme
from optimizer.solve.decompose import solve_programme
from optimizer.solve.workers import SerialEvaluator

HERE = Path(__file__).parent


def tiny_country() -> Inputs:
    """Two areas, three sites, a floor outside B, wind, a battery, a link; 8,760 hours, of which two weeks are solved."""
    rows = {
        "fleets": {
            ("A", "coal"): {"available_gw": 5.0, "min_gw": 1.0, "cost_jpy_bn_per_gwh": 0.009},
            ("A", "lng"): {"available_gw": 4.0, "cost_jpy_bn_per_gwh": 0.013},
            ("B", "lng"): {"available_gw": 4.0, "cost_jpy_bn_per_gwh": 0.012},
            ("B", "oil"): {"available_gw": 2.0, "cost_jpy_bn_per_gwh": 0.021},
        },
        "interties": {"AB": {"forward_gw": 0.5, "reverse_gw": 0.4, "loss_share": 0.03, "expansion_limit_gw": 0.6}},
        "storage": {("A", "pumped"): {"power_gw": 0.5, "energy_gwh": 4.0, "charge_efficiency": 0.85},
                    ("B", "battery"): {"expansion_limit_gw": 1.0, "power_jpy_bn_per_gw_a": 2.0}},
        "renewables": {("B1", "onshore"): {"limit_gw": 0.9, "cost_jpy_bn_per_gw_a": 23.0},
                       ("A1", "solar"): {"limit_gw": 2.0, "cost_jpy_bn_per_gw_a": 15.0}},
        "reinforcements": {("A1", 1): {"size_gw": 0.5}, ("B1", 1): {"cost_jpy_bn_per_gw_a": 4.0}},
    }  # fmt: skip
    inputs = toy(
        rows,
        sites={"A1": "A", "A2": "A", "B1": "B"},
        workloads=("fast", "slow"),
        nodes=("N", "S"),
        hours=8760,
    )
    hour = np.arange(8760)
    season, day = np.cos(2 * np.pi * hour / YEAR), np.sin(2 * np.pi * (hour - 9) / 24)
    gust = 0.5 + 0.45 * np.sin(2 * np.pi * hour / 71.0 + np.sin(hour / 997.0))
    for key, value in {
        "demand_gw": np.vstack([5 + 0.8 * season + 0.9 * day, 3.5 + 0.5 * season + 0.6 * day]),
        "existing_cf": np.clip(day, 0, None) * 0.7,
        "renewables_existing_gw": [[1.5, 0.0, 0.0], [0.8, 0.0, 0.0]],
        "site_cf": np.stack([np.clip(day, 0, None) * 0.75, gust, gust]),
        "pue": np.vstack([1.25 - 0.05 * season, 1.3 - 0.05 * season, 1.15 - 0.03 * season]),
        "profile": np.vstack([1 + 0.25 * day, np.ones(8760)]),
        "sites.pue_peak": [1.3, 1.35, 1.18],
        "sites.building_jpy_bn_per_gw_a": [104.0, 100.0, 96.0],
        "sites.land_jpy_bn_per_gw_a": [12.0, 9.0, 1.5],
        "sites.connection_jpy_bn_per_gw_a": [3.0, 3.5, 4.0],
        "sites.headroom_gw": [0.4, 0.3, 0.35],
        "sites.site_limit_gw": [1.2, 0.8, 1.5],
        "workloads.utilisation": [0.6, 0.8],
        "demand.demand_gw": [0.3, 0.2, 0.25, 0.35],
        "settings.min_regional_share": 0.45,
        "settings.metropolitan_areas": ("B",),
        "settings.weeks": 2,
        "settings.gap": 1e-8,
        "routes.fibre_jpy_bn_per_gw_a": np.linspace(0, 3, 12),
    }.items():
        inputs = change(inputs, key, value)
    far = [("N", "fast", "B1")]
    return type(inputs)(**{**vars(inputs), "routes": inputs.routes.drop(index=far)})


def pinned(file: Path, text: str, update: bool) -> str:
    if update:
        file.write_text(text, encoding="utf-8")
    return file.read_text(encoding="utf-8")


def test_figures_of_a_tiny_country(update_golden):
    """The path of a run without files: representative days first, two weeks that stand for the year, plan."""
    inputs = tiny_country()
    programme = make_programme(inputs)
    assert [len(period.hours) for period in programme.periods] == [168, 168]
    assert len(programme.seed) == 12
    solution = solve_programme(programme, inputs.settings, SerialEvaluator(), silent)
    plan = make_plan(inputs, solution)
    figures = pd.json_normalize(plan.figures, sep=".").iloc[0].to_dict()
    moving = ("iterations", "gap", "gap_system", "price_jpy_per_kwh_by_area.A", "price_jpy_per_kwh_by_area.B")
    figures = {n: value for n, value in figures.items() if n not in moving}  # duals at a kink may differ
    figures |= {f"sites.it_mw.{row.site}": row.it_mw for row in plan.tables["sites"].itertuples()}
    here = {name: float(f"{v:.9g}") if isinstance(v, float) else str(v) for name, v in figures.items()}
    text = json.dumps(here, indent=1, sort_keys=True) + "\n"
    expected = json.loads(pinned(HERE / "tiny_country.json", text, update_golden))
    assert set(here) == set(expected)
    for name, value in expected.items():
        allowed = pytest.approx(value, rel=1e-6, abs=1e-5) if isinstance(value, float) else value
        assert here[name] == allowed, name


@pytest.mark.parametrize("name", ["siting", "dispatch"])
def test_text_of_the_smallest_programme(name, update_golden, tmp_path):
    """One site, one area, two hours: every row and number can be read and checked by eye."""
    rows = {
        "reinforcements": {("A1", 1): {}},
        "renewables": {("A1", "solar"): {}},
        "storage": {("A", "battery"): {}},
    }
    inputs = toy(rows | {"settings.min_regional_share": 0.2}, sites={"A1": "A", "B1": "B"})
    model = build_siting(inputs) if name == "siting" else build_dispatch(inputs, 2)
    file = tmp_path / "model.lp"
    model.write(str(file), io_options={"symbolic_solver_labels": True})
    text = file.read_text(encoding="utf-8")
    assert text == pinned(HERE / f"smallest_{name}.lp", text, update_golden)
