"""The doctor on the power system: is there enough of it, is it joined, do its figures have the right size?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from optimizer.inputs.doctor_finding import Finding, Subject, listed
from optimizer.inputs.pack_checks import RESERVED_FLEETS
from optimizer.scenario.tables import TECHNOLOGIES

MW_PER_GW = 1000.0
_COMFORTABLE_MARGIN = 0.05
_HOPELESS_MARGIN = -0.15
_HEADROOM_SHARE = (0.003, 0.4)
_POTENTIAL_OVER_EXISTING = 3.0
_POTENTIAL_ALWAYS_FINE_MW = 2000.0
_YEARLY_CF = {"solar": (0.07, 0.30), "wind": (0.08, 0.55)}
_SITE_CF = {"solar": (0.08, 0.32), "onshore": (0.12, 0.55), "offshore": (0.20, 0.62)}
_ROUND_TRIP = (0.55, 0.98)


@dataclass(frozen=True)
class _Band:
    """What a column usually holds."""

    table: str
    column: str
    low: float
    high: float
    unit: str


_BANDS = (
    _Band("sites", "building_jpy_m_per_mw", 500, 5000, "JPY m/MW"),
    _Band("sites", "land_jpy_per_m2", 100, 5e6, "JPY/m2"),
    _Band("sites", "connection_jpy_k_per_kw", 2, 300, "JPY k/kW"),
    _Band("reinforcements", "cost_jpy_k_per_kw", 5, 1000, "JPY k/kW"),
    _Band("interties", "expansion_jpy_k_per_kw", 10, 1500, "JPY k/kW"),
    _Band("interties", "loss_share", 0.0, 0.12, "1"),
    _Band("fleets", "cost_jpy_per_kwh", 0.2, 80, "JPY/kWh"),
    _Band("fleets", "co2_kg_per_kwh", 0.0, 1.4, "kg/kWh"),
    _Band("fleets", "availability_share", 0.3, 1.0, "1"),
    _Band("climate", "temperature_c", -40, 42, "degC"),
)


def check_adequacy(subject: Subject) -> list[Finding]:
    """Peak demand against what runs without sun and wind, with imports, by area and for the nation."""
    tables = subject.pack.tables
    areas = tables["areas"].index
    peak, must_run = _peaks(subject)
    fleets = tables["fleets"]
    own = _by_area((fleets["capacity_mw"] * fleets["availability_share"]), areas)
    own = own + _by_area(tables["storage"]["power_mw"], areas) + must_run
    imports = _imports(subject, areas)
    margin = (own + imports) / peak - 1.0
    nation = float(own.sum() / peak.sum() - 1.0)
    findings = []
    for area in areas:
        if margin[area] < _COMFORTABLE_MARGIN:
            short = peak[area] - own[area] - imports[area]
            findings.append(_short(str(area), float(margin[area]), float(short)))
    return [*findings, _national_margin(nation, float(peak.sum()) / MW_PER_GW)]


def _national_margin(margin: float, peak_gw: float) -> Finding:
    short = margin < 0.0
    return Finding(
        "wrong" if margin < _HOPELESS_MARGIN else "look" if short else "ok",
        "adequacy",
        "fleets.csv",
        f"fleets, must-run and storage of the nation cover the sum of the areas' peaks ({peak_gw:,.1f} GW) "
        f"with {margin:+.0%}, without sun and wind",
        f"太陽光・風力なしの全国の電源・貯蔵は、最大需要の計 {peak_gw:,.1f} GW に対し余裕 {margin:+.0%}",
        "add what is missing: reserves, imports, stations left out; or check the peak" if short else "",
        "不足分（予備力、隣国からの輸入、漏れた発電所）を足すか、最大需要を見直します" if short else "",
    )


def _short(area: str, margin: float, short_mw: float) -> Finding:
    level = "wrong" if margin < _HOPELESS_MARGIN else "look"
    lack = f", {short_mw:,.0f} MW short" if short_mw > 0.0 else ""
    return Finding(
        level,
        "adequacy",
        area,
        f"without sun and wind the area covers its peak with {margin:+.0%}{lack}, imports included; "
        "expect high prices or lost load there",
        f"太陽光・風力なしの余裕は連系線込みで {margin:+.0%}。高い価格や供給不足が出ます",
        "check fleets.csv and interties.csv of the area, and the peak of its demand",
        "このエリアの fleets.csv、interties.csv、最大需要を確かめます",
    )


def _peaks(subject: Subject) -> tuple[pd.Series, pd.Series]:
    """Largest demand of each area in the target year, and its must-run output then [MW]."""
    areas = subject.pack.tables["areas"].index
    demand = subject.year.demand_gw * subject.value["background_demand_ratio"]
    hour = demand.argmax(axis=1)
    rows = np.arange(len(areas))
    steady = subject.year.must_run_gw.sum(axis=1)[rows, hour]
    return pd.Series(demand[rows, hour] * MW_PER_GW, areas), pd.Series(steady * MW_PER_GW, areas)


def _by_area(values: pd.Series, areas: pd.Index) -> pd.Series:
    return values.groupby(level="area").sum().reindex(areas, fill_value=0.0)


def _imports(subject: Subject, areas: pd.Index) -> pd.Series:
    """Capacity of the links into each area, as they stand [MW]."""
    links = subject.pack.tables["interties"]
    into = links.groupby("to_area")["forward_mw"].sum().reindex(areas, fill_value=0.0)
    return into + links.groupby("from_area")["reverse_mw"].sum().reindex(areas, fill_value=0.0)


def check_headroom(subject: Subject) -> list[Finding]:
    """Spare grid capacity against peak demand, and site limits the grid can never reach."""
    tables = subject.pack.tables
    sites, (peak, _) = tables["sites"], _peaks(subject)
    share = float(sites["headroom_mw"].sum() / peak.sum())
    low, high = _HEADROOM_SHARE
    usual = low <= share <= high
    findings = [
        Finding(
            "ok" if usual else "look",
            "headroom",
            "sites.csv",
            f"spare grid capacity is {share:.1%} of peak demand",
            f"系統の空き容量は最大需要の {share:.1%}",
            "" if usual else f"usual is {low:.1%} to {high:.0%}: is the column in MW, and spare, not total?",
            "" if usual else f"通常 {low:.1%}〜{high:.0%}。単位 (MW) と「空き」の意味を確かめます",
        )
    ]
    steps = (
        tables["reinforcements"]["size_mw"].groupby(level="site").sum().reindex(sites.index, fill_value=0.0)
    )
    caught = sites.index[(sites["headroom_mw"] + steps) < sites["site_limit_mw"]]
    if len(caught):
        findings.append(
            Finding(
                "look",
                "headroom",
                "reinforcements.csv",
                f"headroom and all steps together stay below the site limit at {listed(caught)}: the grid, "
                "not the site, is the limit there",
                f"{listed(caught)} では増強を全部しても候補地の上限に届きません",
                "add a step, or leave it if no more can be built",
                "段階を足すか、意図どおりならそのままにします",
            )
        )
    return findings


def check_renewables(subject: Subject) -> list[Finding]:
    """New potential against what stands, and capacity factors of areas and sites."""
    tables = subject.pack.tables
    new = tables["renewable_potential"]["potential_mw"].groupby(level="technology").sum()
    old = tables["renewables_existing"]["capacity_mw"].groupby(level="technology").sum()
    findings = []
    for kind in TECHNOLOGIES:
        fresh, stands = float(new.get(kind, 0.0)), float(old.get(kind, 0.0))
        large = kind != "offshore" and fresh > max(
            _POTENTIAL_OVER_EXISTING * stands, _POTENTIAL_ALWAYS_FINE_MW
        )
        findings.append(
            Finding(
                "look" if large else "ok",
                "renewables",
                kind,
                f"{fresh / 1e3:,.1f} GW new beside {stands / 1e3:,.1f} GW in service",
                f"新設余地 {fresh / 1e3:,.1f} GW、既設 {stands / 1e3:,.1f} GW",
                "can so much be built by the target year? The column is not the technical potential"
                if large
                else "",
                "目標年までに建てられる量ですか（技術的ポテンシャルではありません）" if large else "",
            )
        )
    return [*findings, _yearly_factors(subject), _site_factors(subject)]


def _yearly_factors(subject: Subject) -> Finding:
    mean = subject.year.existing_cf.mean(axis=2)
    areas = subject.pack.tables["areas"].index
    existing = subject.pack.tables["renewables_existing"]["capacity_mw"]
    odd = []
    for column, (kind, (low, high)) in enumerate(_YEARLY_CF.items()):
        names = ("solar",) if kind == "solar" else ("onshore", "offshore")
        for row, area in enumerate(areas):
            stands = sum(float(existing.get((area, name), 0.0)) for name in names)
            if stands > 0.0 and not low <= mean[row, column] <= high:
                odd.append(f"{area} {kind} {mean[row, column]:.3f}")
    return _factors(
        "hours", "weather_annual.csv", odd, f"solar {mean[:, 0].mean():.3f}, wind {mean[:, 1].mean():.3f}"
    )


def _site_factors(subject: Subject) -> Finding:
    table = subject.pack.tables["renewable_potential"]
    offered = table[table["potential_mw"] > 0.0]
    factors = offered["cf_annual"].reset_index()
    rows = zip(factors["site"], factors["technology"], factors["cf_annual"], strict=True)
    odd = [
        f"{at} {kind} {cf:.3f}" for at, kind, cf in rows if not _SITE_CF[kind][0] <= cf <= _SITE_CF[kind][1]
    ]
    means = offered["cf_annual"].groupby(level="technology").mean()
    return _factors(
        "renewables", "renewable_potential.csv", odd, ", ".join(f"{k} {x:.3f}" for k, x in means.items())
    )


def _factors(topic: str, place: str, odd: list[str], usual: str) -> Finding:
    if not odd:
        message = (f"capacity factors are believable: {usual}", f"設備利用率は妥当です: {usual}")
        return Finding("ok", topic, place, *message)
    return Finding(
        "look",
        topic,
        place,
        f"unusual yearly capacity factors: {listed(odd)}",
        f"設備利用率が通常の範囲外: {listed(odd)}",
        "shares of 1, not percent; AC capacity; energy before curtailment",
        "百分率でなく 0〜1、交流側の容量、抑制前の電力量で計算します",
    )


def check_sizes(subject: Subject) -> list[Finding]:
    """Costs, efficiencies and temperatures in the bands usual anywhere; fleet names free for use."""
    findings = [_band(subject, band) for band in _BANDS]
    storage = subject.pack.tables["storage"]
    trip = storage["charge_efficiency"] * storage["discharge_efficiency"]
    low, high = _ROUND_TRIP
    odd = _named(trip[(trip < low) | (trip > high)])
    if odd:
        findings.append(
            Finding(
                "look", "sizes", "storage.csv",
                f"round-trip efficiency outside {low:g} to {high:g}: {listed(odd)}",
                f"往復効率が {low:g}〜{high:g} の外: {listed(odd)}",
                "the columns are one way each: the product is the round trip",
                "列は片道ずつで、積が往復です",
            )
        )  # fmt: skip
    taken = sorted({str(f) for _, f in subject.pack.tables["fleets"].index} & set(RESERVED_FLEETS))
    if taken:
        findings.append(
            Finding(
                "wrong", "sizes", "fleets.csv",
                f"a fleet is called {listed(taken)}: result tables use the word for something else",
                f"電源名 {listed(taken)} は結果の表で別の意味に使われます",
                "take another name, e.g. `abroad` for what neighbours send",
                "別の名前にします（隣国からの輸入なら abroad など）",
            )
        )  # fmt: skip
    unusual = [one for one in findings if one.level != "ok"]
    return unusual or [
        Finding(
            "ok", "sizes", subject.pack.name,
            f"costs, efficiencies and temperatures lie in the usual bands ({len(_BANDS) + 1} checks)",
            f"費用・効率・気温は通常の範囲内です（{len(_BANDS) + 1} 項目）",
        )
    ]  # fmt: skip


def _band(subject: Subject, band: _Band) -> Finding:
    column = subject.pack.tables[band.table][band.column]
    outside = column[(column < band.low) | (column > band.high)]
    place = f"{band.table}.csv"
    if not len(outside):
        return Finding("ok", "sizes", place, f"{band.column} usual", f"{band.column} は通常の範囲")
    worst = _named(outside)
    usual = f"{band.low:g} – {band.high:g} {band.unit}"
    return Finding(
        "look",
        "sizes",
        place,
        f"{band.column} outside the usual {usual}: {listed(worst)}",
        f"{band.column} が通常の {usual} の外: {listed(worst)}",
        "check unit, currency and decimal point",
        "単位・通貨・小数点を確かめます",
    )


def _named(values: pd.Series) -> list[str]:
    """Return each figure with its key, `site/step 12`."""
    keys = values.index.to_frame().astype(str).to_numpy().tolist()
    return [f"{'/'.join(key)} {x:g}" for key, x in zip(keys, values.round(3), strict=True)]


def check_interties(subject: Subject) -> list[Finding]:
    """Which areas are joined, and which stand alone."""
    areas = subject.pack.tables["areas"].index
    links = subject.pack.tables["interties"]
    a, b = areas.get_indexer(pd.Index(links["from_area"])), areas.get_indexer(pd.Index(links["to_area"]))
    graph = coo_matrix((np.ones(len(links)), (a, b)), shape=(len(areas), len(areas)))
    count, label = connected_components(graph, directed=False)
    main = np.bincount(label).argmax()
    alone = [str(area) for area in areas[label != main]]
    if count == 1:
        return [
            Finding(
                "ok", "interties", "interties.csv",
                f"{len(links)} links join all {len(areas)} areas",
                f"{len(links)} 本の連系線が {len(areas)} エリアをすべて結びます",
            )
        ]  # fmt: skip
    return [
        Finding(
            "look",
            "interties",
            "interties.csv",
            f"not joined to the main grid: {listed(alone)}",
            f"本系統と連系していません: {listed(alone)}",
            "right for an island; otherwise add the link",
            "島なら正しい。そうでなければ連系線を足します",
        )
    ]


POWER_CHECKS: tuple[Callable[[Subject], list[Finding]], ...] = (
    check_adequacy,
    check_headroom,
    check_renewables,
    check_sizes,
    check_interties,
)
