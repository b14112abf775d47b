"""The limits a planner owns, in the planner's words: how each may give, and what to change for it."""

from __future__ import annotations

from dataclasses import dataclass

MW = 1000.0
HA = 100.0
"""One km2 in hectares."""

M3 = 1e6
"""One hm3 in m3."""


@dataclass(frozen=True)
class Limit:
    """A family of limits a planner owns."""

    equation: str
    sign: float
    """+1: relaxing adds to the row's activity, −1: takes from it, 0: either way."""

    words: tuple[str, str]
    """What is missing or too much, English and Japanese."""

    remedy: tuple[str, str]
    """What to change, English and Japanese."""

    unit: tuple[str, str] = ("MW", "MW")
    factor: float = MW
    """From the row's internal unit to `unit`."""

    @property
    def is_rule(self) -> bool:
        """Whether it is the planner's own rule, not what sites, grid and builders allow."""
        return not self.equation.startswith("within_")


YEN, YEN_PER_YEAR = ("JPY bn", "十億円"), ("JPY bn/a", "十億円/年")

DEMAND = Limit(
    "serve_demand",
    1,
    ("IT load that cannot be hosted within its latency limit", "遅延の上限内で受け入れられないIT負荷"),
    (
        "lower demand.growth_it_mw, or set demand.allow_abroad",
        "demand.growth_it_mw を下げるか、demand.allow_abroad を有効にする",
    ),
)
"""What is asked for: where it is part of a contradiction it is named last."""

LIMITS = (
    Limit("within_site", -1, ("IT capacity missing at sites", "地点で足りないIT容量"),
          ("raise grid.site_limit_factor", "grid.site_limit_factor を上げる")),
    Limit("within_grid_headroom", -1, ("grid headroom missing at sites", "地点で足りない系統の空き容量"),
          ("raise grid.headroom_factor or grid.reinforcement_factor, or lower grid.reinforcement_delay_a",
           "grid.headroom_factor か grid.reinforcement_factor を上げるか、"
           "grid.reinforcement_delay_a を下げる")),
    Limit("within_fibre_limit", -1, ("capacity missing on fibre links", "光ファイバ区間で足りない容量"),
          ("raise expansion_limit_gbps in fibre_links.csv or network.fibre_capacity_factor",
           "fibre_links.csv の expansion_limit_gbps か network.fibre_capacity_factor を上げる"),
          ("Gb/s", "Gb/s"), MW),
    Limit("within_land", -1, ("land missing at sites", "地点で足りない用地"),
          ("raise land_ha in site_resources.csv", "site_resources.csv の land_ha を上げる"),
          ("ha", "ha"), HA),
    Limit("within_water", -1, ("water missing at sites", "地点で足りない水"),
          ("raise water_m3_per_a in site_resources.csv", "site_resources.csv の water_m3_per_a を上げる"),
          ("m3/a", "m3/年"), M3),
    Limit("within_site_build_rate", -1,
          ("IT capacity builders cannot add in time at sites", "地点で建設が間に合わないIT容量"),
          ("raise pathway.site_rate_mw_per_a", "pathway.site_rate_mw_per_a を上げる")),
    Limit("within_nation_build_rate", -1,
          ("IT capacity builders cannot add in time", "全国で建設が間に合わないIT容量"),
          ("raise pathway.nation_rate_mw_per_a", "pathway.nation_rate_mw_per_a を上げる")),
    Limit("distribution_as_today", 0,
          ("IT capacity away from today's distribution", "現状の地域配分から外れるIT容量"),
          ("set policy.distribution: free", "policy.distribution: free にする")),
    Limit("operator_mix_least", 1,
          ("IT load short of an operating mode's least share", "運営形態の下限に足りないIT負荷"),
          ("lower policy.operator_mix", "policy.operator_mix の min を下げる")),
    Limit("operator_mix_most", -1,
          ("IT load above an operating mode's largest share", "運営形態の上限を超えるIT負荷"),
          ("raise policy.operator_mix", "policy.operator_mix の max を上げる")),
    Limit("dispersion", 1,
          ("IT capacity short of the regional share", "地方の割合に足りないIT容量"),
          ("lower policy.min_regional_share", "policy.min_regional_share を下げる")),
    Limit("regional_cap", -1,
          ("IT capacity above the largest share of an area", "エリアの上限を超えるIT容量"),
          ("raise policy.max_area_share or lower policy.min_areas",
           "policy.max_area_share を上げるか policy.min_areas を下げる")),
    Limit("hazard_exposure", -1,
          ("IT capacity times seismic hazard above the cap", "地震リスクの上限を超える「IT容量×確率」"),
          ("raise policy.max_hazard", "policy.max_hazard を上げる")),
    Limit("budget", -1,
          ("budget short of the least a plan costs to build", "計画の建設に最低限必要な額に足りない予算"),
          ("raise aim.budget_jpy_bn by as much, or set demand.allow_abroad",
           "aim.budget_jpy_bn をその分上げるか、demand.allow_abroad を有効にする"), YEN, 1.0),
    Limit("capture_target", 1, ("capture short of the share asked for", "求めた割合に足りない国内に残る額"),
          ("lower aim.capture_share", "aim.capture_share を下げる"), YEN_PER_YEAR, 1.0),
)  # fmt: skip
"""In the order in which a contradiction is searched: what is left out first is named last, so that of several
contradictions the one among the rules of policy is found before one with limits of sites and grid.
"""
