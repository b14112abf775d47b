"""A toy country for the export tests: 3 areas (one an island grid), 5 sites, one of them with a hostile name.

Numbers are made up but consistent: 100 + 200 + 300 MW built = 600 MW in all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from export_toy_tables import (
    area_table,
    bounds_table,
    fibre_table,
    flow_table,
    generation_table,
    hour_table,
    intertie_table,
    other_tables,
    price_table,
    reach_table,
    site_table,
)
from shapely.geometry import box

from optimizer.export.record import RunRecord
from optimizer.milestones import Capture, HourlyYear, Inputs, Plan, Settings

HOSTILE = "=1+1<script>alert(1)</script>"
"""A formula, a tag and (in the Japanese name) a closing tag and a template."""
HOSTILE_JA = "+悪</script><img src=x onerror=alert(2)>{{7*7}}$x$"

AREAS = pd.DataFrame(
    {
        "area": ["east", "island", "west"],
        "name_ja": ["東", "島", "西"],
        "name_en": ["East", "Island", "West"],
        "frequency_hz": [50.0, 60.0, 60.0],
        "lon": [141.0, 128.0, 135.0],
        "lat": [38.0, 26.5, 35.0],
        "as_today_share": [0.6, 0.05, 0.35],
    }
)
SITES = pd.DataFrame(
    {
        "site": ["E1", "E2", "I1", "W1", "W2"],
        "name_ja": ["東一", HOSTILE_JA, "島一", "西一", "西二"],
        "name_en": ["East One", HOSTILE, "Isle One", "West One", "West Two"],
        "area": ["east", "east", "island", "west", "west"],
        "lon": [140.5, 141.5, 128.0, 134.5, 135.5],
        "lat": [38.5, 37.5, 26.5, 34.5, 35.5],
        "it_mw": [100.0, 200.0, 0.0, 300.0, 0.0],
    }
)
INTERTIES = pd.DataFrame(
    {
        "intertie": ["east-west"],
        "name_ja": ["東西連系線"],
        "name_en": ["East-West link"],
        "from_area": ["east"],
        "to_area": ["west"],
        "forward_mw": [1200.0],
        "reverse_mw": [1000.0],
    }
)


def toy_boundaries() -> dict[str, gpd.GeoDataFrame]:
    """One square degree per prefecture, areas dissolved, a piece of neighbouring land."""
    squares = [
        box(lon - 0.5, lat - 0.5, lon + 0.5, lat + 0.5) for lon, lat in zip(SITES.lon, SITES.lat, strict=True)
    ]
    prefectures = gpd.GeoDataFrame({"site": SITES.site}, geometry=squares, crs=4326)
    areas = prefectures.assign(area=SITES.area).dissolve("area").reset_index()[["area", "geometry"]]
    context = gpd.GeoDataFrame({"name": ["Elsewhere"]}, geometry=[box(126, 34, 130, 39)], crs=4326)
    return {"prefectures": prefectures, "grid_areas": areas, "context": context}


def toy_record(hours: int = 24 * 21, lang: str = "en", log: Path | None = None) -> RunRecord:
    """Return the toy country's run."""
    return make_record(SITES, AREAS, INTERTIES, toy_boundaries(), hours=hours, lang=lang, log=log)


def make_record(
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    interties: pd.DataFrame,
    boundaries: dict[str, gpd.GeoDataFrame],
    *,
    hours: int,
    lang: str = "en",
    log: Path | None = None,
) -> RunRecord:
    """Return a run with every table filled by seeded draws around the given skeleton."""
    draw = np.random.default_rng(2030)
    tables = {
        "sites": site_table(sites, draw),
        "flows": flow_table(sites),
        "areas": area_table(areas, sites, draw),
        "generation": generation_table(areas, draw),
        "interties": intertie_table(interties, draw),
        "hours": hour_table(areas, hours, draw),
    }
    tables["prices"] = price_table(tables["sites"], tables["areas"])
    tables["fibre"] = fibre_table(tables["sites"], np.random.default_rng(7))
    tables["fibre_reach"] = reach_table(tables["sites"], np.random.default_rng(8))
    tables |= other_tables(tables)
    capture = make_capture(tables["sites"])
    plan = Plan(
        name="toy",
        title={"en": "Toy country <b>2030</b>", "ja": "おもちゃの国 2030"},
        pack="toy",
        tables=tables,
        figures={},
        sold_mw=pd.DataFrame(),
        renewable_share=pd.Series(0.8, index=areas.area),
        bounds=bounds_table(),
        certificate={"primal": 1.2e-9, "dual": 3.1e-9, "gap": 8.0e-5, "passed": True},
        log=("iteration 1", "iteration 2"),
    )
    return RunRecord(
        plan=plan,
        capture=capture,
        inputs=make_inputs(areas, sites),
        boundaries=boundaries,
        summary=make_summary(tables, capture),
        sources=[
            {
                "title": "Natural Earth 1:10m",
                "publisher": "Natural Earth",
                "address": "naturalearthdata.com",
                "year": 2022,
                "licence": "public domain",
                "grade": "published",
                "used_for": "boundaries.gpkg",
            },
            {"title": HOSTILE, "publisher": "@SUM(A1)", "year": 2024, "licence": "-", "grade": "assumed"},
        ],
        input_files={"scenario.yaml": b"name: toy\n", "data/toy/sites.csv": b"site\nE1\n"},
        model_files={} if log is None else {"solver.log": log},
        lang="ja" if lang == "ja" else "en",
        generated=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    )


def make_capture(sites: pd.DataFrame) -> Capture:
    cases = {}
    for case, factor in (("low", 0.5), ("base", 1.0), ("high", 1.6)):
        cases[case] = {
            "outflow_jpy_bn": 4400.0 * (0.8 + 0.2 * factor),
            "addressable_jpy_bn": 1100.0 * factor,
            "ceiling_jpy_bn": 700.0 * factor,
            "gross_jpy_bn": 250.0 * factor,
            "net_jpy_bn": 140.0 * factor - 20,
            "digital_account_jpy_bn": 230.0 * factor,
            "share_of_outflow": 250.0 * factor / (4400.0 * (0.8 + 0.2 * factor)),
            "share_of_addressable": 250 / 1100,
            "leakage_goods_jpy_bn": 80.0,
            "leakage_services_jpy_bn": 20.0,
            "leakage_income_jpy_bn": 10.0,
            "idle_imports_jpy_bn": 5.0,
            "revenue_jpy_bn": 320.0 * factor,
            "chord_error_jpy_bn": 0.4,
        }
    by_account = pd.DataFrame(
        [
            {
                "case": case,
                "account": account,
                "outflow_jpy_bn": lines["outflow_jpy_bn"] / 4,
                "gross_jpy_bn": 1.0,
            }
            for case, lines in cases.items()
            for account in ("iaas", "saas", "ai_inf", "ai_train")
        ]
    )
    built = sites[sites.it_mw > 0]
    share = built.it_mw / built.it_mw.sum()
    attribution = pd.concat(
        [
            pd.DataFrame(
                {
                    "case": case,
                    "site": built.site,
                    "area": built.area,
                    "workload": "general",
                    "mode": "domestic",
                    "sold_mw": 0.8 * built.it_mw,
                    "gross_jpy_bn": share * lines["gross_jpy_bn"],
                    "net_jpy_bn": share * lines["net_jpy_bn"],
                }
            )
            for case, lines in cases.items()
        ],
        ignore_index=True,
    )
    identity = {
        "payments_jpy_bn": 9246.3,
        "receipts_jpy_bn": 3710.3,
        "deficit_jpy_bn": 5536.0,
        "residual_jpy_bn": 0.0,
    }
    return Capture(
        cases, by_account, attribution, identity, notes=("Ownership captures, location does not.",)
    )


def make_inputs(areas: pd.DataFrame, sites: pd.DataFrame) -> Inputs:
    """Inputs with what the exports read; the rest is empty."""
    empty, none = pd.DataFrame(), np.zeros((0, 0))
    parameters = pd.DataFrame(
        {
            "name": ["discount_rate", "voll", "route_factor"],
            "value": [0.04, 1000.0, 1.9],
            "unit": ["1/a", "JPY/kWh", "1"],
            "price_year": [np.nan, 2024.0, np.nan],
            "low": [0.02, 500.0, np.nan],
            "high": [0.06, 3000.0, np.nan],
            "grade": ["published", "derived", "assumed"],
            "source": ["Ministry <i>paper</i>", "=cmd()", "own reasoning"],
            "meaning": ["real discount rate", "value of lost load", "fibre length per distance"],
        }
    ).set_index("name")
    settings = Settings(
        "serve", 2030, ("east",), 0.3, 1.0, "free", False, 1.0, 0.001, 1e-4, 100, 600.0, 2, None, False
    )
    hours = HourlyYear(pd.DatetimeIndex([]), none, none, none, none, none)
    return Inputs(
        name="toy",
        title={"en": "Toy country", "ja": "おもちゃの国"},
        pack="toy",
        settings=settings,
        areas=areas.set_index("area"),
        sites=sites.set_index("site"),
        reinforcements=empty,
        renewables=empty,
        renewables_existing_gw=none,
        workloads=empty,
        operator_mix=empty,
        modes=empty,
        demand=empty,
        nodes=empty,
        routes=empty,
        interties=empty,
        storage=empty,
        fleets=empty,
        hours=hours,
        pue=none,
        profile=none,
        technologies=("solar", "onshore", "offshore"),
        accounts=empty,
        workload_accounts=empty,
        parameters=parameters,
        resolved={"name": "toy", "goal": "serve", "policy": {"min_regional_share": 0.3}},
    )


def make_summary(tables: dict[str, pd.DataFrame], capture: Capture) -> dict[str, object]:
    areas = tables["areas"]
    lines = list(capture.cases["base"])[:8]
    return {
        "scenario": "toy",
        "status": "optimal",
        "hours": 504,
        "areas": len(areas),
        "sites": len(tables["sites"]),
        "periods": 3,
        "cost_jpy_bn_per_a": 412.345678,
        "system_cost_jpy_bn_per_a": 5200.25,
        "lower_bound_jpy_bn_per_a": 5200.21,
        "gap": 9.7e-5,
        "gap_system": 7.7e-6,
        "iterations": 12,
        "it_mw_built": float(tables["sites"].it_mw.sum()),
        "it_mw_by_area": dict(zip(areas.area, areas.it_mw, strict=True)),
        "new_renewable_mw": 812.5,
        "curtailment_share": 0.0213,
        "certificate": {"primal": 1.2e-9, "dual": 3.1e-9, "gap": 8.0e-5, "passed": True},
        "capture": {case: {line: values[line] for line in lines} for case, values in capture.cases.items()},
        "wall_s": 12.3,
        "peak_rss_mb": 345.6,
    }
