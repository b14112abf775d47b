"""Tables of the toy country of the export tests: made up, seeded, consistent with one another."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from optimizer.scenario.result_tables import PLAN_TABLES


def _filled(name: str, frame: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    """Add the columns of the contract that are missing, numbers 1 to 100, in file order."""
    rows = len(frame)
    for column in PLAN_TABLES[name]:
        if column.name not in frame.columns:
            frame[column.name] = "x" if column.is_text else draw.uniform(1, 100, rows)
    return frame[[column.name for column in PLAN_TABLES[name]]]


def site_table(sites: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    frame = sites.copy()
    rows = len(frame)
    frame["it_mw_domestic"] = 0.6 * frame.it_mw
    frame["it_mw_platform"] = 0.1 * frame.it_mw
    frame["it_mw_leased"] = 0.3 * frame.it_mw
    frame["it_mw_foreign"] = 0.0
    frame["served_it_mw"] = 0.8 * frame.it_mw
    frame["connection_mw"] = 1.3 * frame.it_mw
    frame["headroom_mw"] = draw.uniform(50, 800, rows).round(0)
    frame["site_limit_mw"] = draw.uniform(300, 1500, rows).round(0)
    frame["reinforcement_mw"] = np.maximum(0, frame.connection_mw - frame.headroom_mw)
    frame["electricity_gwh"] = frame.served_it_mw * 1.25 * 8.76
    frame["pue_mean"] = draw.uniform(1.22, 1.32, rows)
    frame["grid_rent_jpy_per_kw_a"] = np.where(frame.it_mw > 0, draw.uniform(0, 9000, rows), 0)
    frame["site_rent_jpy_per_kw_a"] = np.where(frame.it_mw > 250, draw.uniform(0, 5000, rows), 0)
    frame["building_jpy_m_per_mw_a"] = draw.uniform(95, 110, rows)
    frame["land_jpy_m_per_mw_a"] = draw.uniform(1, 20, rows)
    frame["connection_jpy_m_per_mw_a"] = draw.uniform(2, 6, rows)
    frame["grid_jpy_m_per_mw_a"] = frame.grid_rent_jpy_per_kw_a / 1e3
    frame["energy_jpy_m_per_mw_a"] = draw.uniform(85, 130, rows)
    stack = ["building", "land", "connection", "grid", "energy"]
    frame["all_in_jpy_m_per_mw_a"] = sum(frame[f"{part}_jpy_m_per_mw_a"] for part in stack)
    frame["gross_capture_jpy_bn"] = frame.it_mw * 0.3
    frame["net_capture_jpy_bn"] = frame.it_mw * 0.15
    return _filled("sites", frame, draw)


def flow_table(sites: pd.DataFrame) -> pd.DataFrame:
    built = sites[sites.it_mw > 0]
    return pd.DataFrame(
        {
            "node": built.site,
            "workload": "general",
            "site": built.site,
            "served_it_mw": 0.8 * built.it_mw,
            "rtt_ms": 2.5,
        }
    ).reset_index(drop=True)


def area_table(areas: pd.DataFrame, sites: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    frame = areas[["area", "name_ja", "name_en"]].copy()
    frame["it_mw"] = frame.area.map(sites.groupby("area").it_mw.sum()).fillna(0.0)
    frame["it_share"] = frame.it_mw / frame.it_mw.sum()
    frame["served_it_mw"] = 0.8 * frame.it_mw
    frame["price_jpy_per_kwh"] = draw.uniform(9, 14, len(frame))
    frame["price_before_jpy_per_kwh"] = frame.price_jpy_per_kwh - 0.4
    frame["curtailment_share"] = draw.uniform(0, 0.06, len(frame))
    frame["curtailment_before_share"] = frame.curtailment_share + 0.004
    return _filled("areas", frame, draw)


def generation_table(areas: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    rows = [
        {"area": area, "source": source, "available_mw": np.nan if source == "renewable" else 5000.0}
        for area in areas.area
        for source in ("nuclear", "lng_cc", "renewable")
    ]
    return _filled("generation", pd.DataFrame(rows), draw)


def intertie_table(interties: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    frame = interties.copy()
    frame["loading_share"] = draw.uniform(0.05, 0.95, len(frame))
    frame["congested_hours"] = (frame.loading_share**2 * 8760).round(0)
    return _filled("interties", frame, draw)


def fibre_table(sites: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    """Return a chain of fibre links from site to site."""
    first, second = sites.iloc[:-1].reset_index(drop=True), sites.iloc[1:].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "fibre_link": first.site + "_" + second.site,
            "name_ja": first.name_ja + " – " + second.name_ja,
            "name_en": first.name_en + " – " + second.name_en,
            "kind": "land",
            "from_node": first.site,
            "to_node": second.site,
        }
    )
    for end, of in (("from", first), ("to", second)):
        frame[f"{end}_lon"], frame[f"{end}_lat"] = of.lon, of.lat
    frame["loading_share"] = draw.uniform(0.05, 0.95, len(frame))
    return _filled("fibre", frame, draw)


def other_tables(known: Collection[str]) -> dict[str, pd.DataFrame]:
    """Return two rows of every table of a plan that is not known yet."""
    draw = np.random.default_rng(9)
    return {
        name: _filled(name, pd.DataFrame(index=range(2)), draw) for name in PLAN_TABLES if name not in known
    }


def reach_table(sites: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    return _filled("fibre_reach", pd.DataFrame({"site": sites.site, "kind": "exchange"}), draw)


def price_table(sites: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    headroom = pd.DataFrame(
        {
            "equation": "within_grid_headroom",
            "index": sites.site,
            "price": sites.grid_rent_jpy_per_kw_a,
            "unit": "JPY/kW/a",
            "unused_share": 0.0,
            "meaning": "value of one more kW of grid headroom",
            "meaning_ja": "系統の空き容量1kWの価値",
        }
    )
    energy = pd.DataFrame(
        {
            "equation": "energy_balance",
            "index": areas.area,
            "price": areas.price_jpy_per_kwh,
            "unit": "JPY/kWh",
            "unused_share": 0.0,
            "meaning": "mean energy price",
            "meaning_ja": "平均エネルギー価格",
        }
    )
    floor = pd.DataFrame(
        {
            "equation": ["regional_share_floor"],
            "index": ["nation"],
            "price": [1234.5],
            "unit": ["JPY/kW/a"],
            "unused_share": [0.0],
            "meaning": ["cost of one more kW outside the metropolitan areas"],
            "meaning_ja": ["大都市圏外に1kW多く置く費用"],
        }
    )
    slack = pd.DataFrame(
        {
            "equation": ["co2_cap"],
            "index": ["nation"],
            "price": [9.7],
            "unit": ["JPY/t"],
            "unused_share": [0.015],
            "meaning": ["price of CO2 under the cap"],
            "meaning_ja": ["排出上限によるCO2価格"],
        }
    )
    return pd.concat([headroom, energy, floor, slack], ignore_index=True)


def hour_table(areas: pd.DataFrame, hours: int, draw: np.random.Generator) -> pd.DataFrame:
    time = pd.date_range("2030-04-01", periods=hours, freq="h")
    frames = []
    for number, area in enumerate(areas.area):
        scale = 3000.0 * (1 + number % 4)
        demand = scale * (1 + 0.25 * np.sin(2 * np.pi * (time.hour - 9) / 24) + draw.normal(0, 0.03, hours))
        sun = scale * 0.6 * np.clip(np.sin(np.pi * (time.hour.to_numpy() - 6) / 12), 0, None)
        curtailed = np.clip(sun - 0.45 * scale, 0, None)
        frame = pd.DataFrame({"time": time.strftime("%Y-%m-%d %H:%M"), "area": area, "weight": 8760 / hours})
        frame["demand_mw"] = demand
        frame["dc_load_mw"] = 250.0
        frame["must_run_mw"] = 0.1 * scale
        frame["renewable_available_mw"] = sun
        frame["renewable_mw"] = sun - curtailed
        frame["curtailed_mw"] = curtailed
        frame["storage_mw"] = 0.05 * scale * np.sin(2 * np.pi * (time.hour - 12) / 24)
        frame["net_import_mw"] = 0.02 * scale
        frame["shed_mw"] = 0.0
        frame["spill_mw"] = 0.0
        supplied = frame[["must_run_mw", "renewable_mw", "storage_mw", "net_import_mw"]].sum(axis=1)
        frame["thermal_mw"] = frame.demand_mw + 250.0 - supplied
        frame["price_jpy_per_kwh"] = np.where(curtailed > 0, 0.0, 8 + 6 * frame.thermal_mw / scale)
        frame["price_before_jpy_per_kwh"] = frame.price_jpy_per_kwh * 0.97
        frame["co2_marginal_kg_per_kwh"] = np.where(curtailed > 0, 0.0, 0.5)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def bounds_table() -> pd.DataFrame:
    step = np.arange(1, 13)
    lower, upper = 5200 - 900 * 0.45**step, 5200 + 500 * 0.5**step
    return pd.DataFrame(
        {
            "iteration": step,
            "lower_jpy_bn_per_a": lower,
            "upper_jpy_bn_per_a": upper,
            "gap_plan": (upper - lower) / 400,
            "gap_system": (upper - lower) / 5200,
            "elapsed_s": 2.5 * step,
            "stage": "full",
        }
    )
