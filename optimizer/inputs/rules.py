"""Rules of a scenario for the areas and sites of its pack: what they mean, whether any plan meets them."""

from __future__ import annotations

from math import fsum

import pandas as pd

from optimizer.errors import Problem
from optimizer.inputs.pack import Pack
from optimizer.scenario.schema import SHARE_TOLERANCE, Policy, Scenario

M2_PER_HA = 1e4
M2_PER_KM2 = 1e6
M3_PER_HM3 = 1e6


def area_caps(policy: Policy, areas: pd.Index) -> dict[str, float]:
    """Return the largest share of the new IT capacity of each area; 1 where no rule speaks of it. [1]

    The smaller of `max_area_share` and 1 / `min_areas`: with no area above 1/N at least N areas have some.
    """
    shares = {str(name): share for name, share in policy.max_area_share.items()}
    return {str(area): min(shares.get(str(area), 1.0), 1.0 / policy.min_areas) for area in areas}


def rule_faults(scenario: Scenario, pack: Pack) -> list[Problem]:
    """Return every rule of the scenario that no plan could meet in this pack, code E361, all at once."""
    policy, areas = scenario.policy, pack.tables["areas"].index
    caps = area_caps(policy, areas)
    found: list[tuple[str, str, str]] = []
    most = fsum(caps.values())
    if policy.min_areas > len(areas):
        found.append((
            "min_areas",
            f"{policy.min_areas} areas are asked for; pack '{pack.name}' has {len(areas)}",
            f"{policy.min_areas} エリアを求めていますが、パックには {len(areas)} エリアしかありません",
        ))  # fmt: skip
    elif most < 1.0 - SHARE_TOLERANCE:
        found.append((
            "max_area_share",
            f"the largest shares of all areas sum to {most:.6g}; they must reach 1 (min_areas caps each at "
            f"{1.0 / policy.min_areas:.6g})",
            f"全エリアの上限の合計が {most:.6g} です。1 以上にしてください",
        ))  # fmt: skip
    regional = fsum(cap for area, cap in caps.items() if area not in policy.metropolitan_areas)
    if regional < policy.min_regional_share - SHARE_TOLERANCE:
        found.append((
            "max_area_share",
            f"the areas outside metropolitan_areas may have {regional:.6g} together; min_regional_share asks "
            f"for {policy.min_regional_share:g}",
            f"大都市圏外の上限の合計 {regional:.6g} が min_regional_share に届きません",
        ))  # fmt: skip
    found += _against_today(policy, pack, caps) + _against_hazard(policy, pack)
    return [Problem(f"scenario:policy.{key}", "E361", f"policy.{key}: {en}", ja) for key, en, ja in found]


def _against_today(policy: Policy, pack: Pack, caps: dict[str, float]) -> list[tuple[str, str, str]]:
    """Areas whose share of today's stock, which `as_today` asks for, is above their cap."""
    if policy.distribution != "as_today":
        return []
    return [
        (
            "max_area_share",
            f"'{area}' keeps its {share:.4g} of today's stock (distribution: as_today); its cap is {cap:.4g}",
            f"「{area}」の現状比率 {share:.4g} (as_today) が上限 {cap:.4g} を超えています",
        )
        for (area, cap), share in zip(caps.items(), today_share(pack), strict=True)
        if share > cap + SHARE_TOLERANCE
    ]  # fmt: skip


def _against_hazard(policy: Policy, pack: Pack) -> list[tuple[str, str, str]]:
    """A cap below the hazard of the safest site."""
    safest = float(pack.tables["sites"]["seismic_share_30a"].min())
    if policy.max_hazard is None or policy.max_hazard >= safest:
        return []
    return [
        (
            "max_hazard",
            f"{policy.max_hazard:g} is below the hazard of the safest site, {safest:g}",
            f"{policy.max_hazard:g} は最も安全な地点の値 {safest:g} より小さい値です",
        )
    ]


def today_share(pack: Pack) -> pd.Series:
    """Return each area's share of today's stock; equal shares where there is none. [1]"""
    areas, sites = pack.tables["areas"].index, pack.tables["sites"]
    today = sites["existing_it_mw"].groupby(sites["area"]).sum().reindex(areas, fill_value=0.0)
    return today / today.sum() if today.sum() > 0 else pd.Series(1.0 / len(areas), areas)


def site_resources(pack: Pack) -> pd.DataFrame:
    """Return land [km2] and water [hm3/a] of the sites that have a limit; no rows without the table."""
    table = pack.tables.get("site_resources")
    if table is None:
        return pd.DataFrame(columns=["land_km2", "water_hm3_per_a"], dtype=float)
    return pd.DataFrame(
        {
            "land_km2": table["land_ha"] * M2_PER_HA / M2_PER_KM2,
            "water_hm3_per_a": table["water_m3_per_a"] / M3_PER_HM3,
        }
    )


def firm_now(scenario: Scenario, pack: Pack) -> pd.Series:
    """Return by site whether a new firm connection can be had by the target year: 1, or 0 while it waits."""
    sites = pack.tables["sites"].index
    table = pack.tables.get("site_resources")
    if table is None:
        return pd.Series(1.0, sites)
    waits = table["firm_from_year"] > scenario.year  # an empty cell is no wait
    return 1.0 - waits.reindex(sites, fill_value=False).astype(float)


def steps_in_time(scenario: Scenario, pack: Pack) -> pd.Series:
    """Return by step of reinforcement whether it can be in service by the target year: 1 or 0.

    A step without a year can. A late step, or one of a site that waits for firm connections, stays with size
    zero: its price says what it would be worth in time.
    """
    table = pack.tables["reinforcements"]
    year = table["earliest_year"].fillna(float("-inf")) + scenario.grid.reinforcement_delay_a
    site = table.index.get_level_values("site")
    known = firm_now(scenario, pack).reindex(site).to_numpy(dtype=float)
    return pd.Series((year <= scenario.year).to_numpy(dtype=float) * known, table.index)
