"""Components of the price stack in words, English and Japanese: one wording for every report."""

from __future__ import annotations

ANYWHERE = ("mode_premium", "captured", "operator_mix_least", "operator_mix_most")
"""Components of who operates a class: alike at every site, whichever of them the solver gave it to."""

COMPONENTS: dict[str, tuple[str, str]] = {
    "building": ("building", "建設費"),
    "land": ("land", "土地"),
    "connection": ("grid connection", "系統接続"),
    "energy": ("electricity", "電力"),
    "co2": ("CO2", "CO2"),
    "fibre": ("fibre to the users", "通信回線"),
    "grid_response": ("interruption", "遮断"),
    "additionality": ("room for new renewables", "再エネの追加性"),
    "matching": ("clean power", "再エネの調達"),
    "dispersion": ("the rule of dispersion", "地方分散の規則"),
    "regional_cap": ("the largest share of an area", "エリアの上限"),
    "hazard_exposure": ("the cap on seismic hazard", "地震リスクの上限"),
    "nonfirm_within_need": ("the right to be interrupted", "遮断を受ける権利"),
    "interrupt_hours": ("the hours of interruption it brings", "遮断できる時間"),
    "adequacy": ("firm capacity", "供給力の確保"),
    "relief_within_nonfirm": ("load to interrupt in stressed hours", "需給の厳しい時間に遮断できる負荷"),
    "relief_within_load": ("load that is there to interrupt", "遮断の対象になる負荷"),
    "relief_within_allowance": ("hours to interrupt in stressed times", "需給の厳しい時間の遮断許容"),
    "distribution_as_today": ("today's distribution", "現状の地域配分"),
    "operator_mix_least": ("the operator mix", "運営形態の規則"),
    "operator_mix_most": ("the operator mix", "運営形態の規則"),
    "budget": ("the capital it takes", "資本予算"),
    "mode_premium": ("the operating mode's premium", "運営形態の割増費用"),
    "captured": ("cloud money kept at home", "国内に残るクラウド支出"),
    "within_fibre": ("crowded fibre links", "混雑したファイバ区間"),
    "whole_blocks": ("whole halls", "ホール単位の建設"),
    "build_is_kept": ("what later years keep of it", "後の年に残る価値"),
    "within_site_build_rate": ("builders' pace at the site", "地点の建設速度"),
    "within_nation_build_rate": ("builders' pace in the nation", "全国の建設速度"),
    "not_before_lead_time": ("lead times", "建設期間"),
}
"""Components of the stack in words; rents of a site's own limits are named apart."""

LIMITS: dict[str, tuple[str, str]] = {
    "within_site": ("the IT capacity the site allows", "立地の受入容量"),
    "within_grid_headroom": ("spare grid capacity", "系統の空き容量"),
    "within_nonfirm_limit": ("non-firm connections", "ノンファーム接続枠"),
    "within_built_capacity": ("idle machines", "既設の空き設備"),
    "within_land": ("land", "用地"),
    "within_water": ("water", "水"),
}
"""Limits of a site whose rent says that more would be built there."""


def component_words(component: str) -> tuple[str, str]:
    """Return a component of the stack in words, English and Japanese; a law without words keeps its name."""
    if component in LIMITS:
        english, japanese = LIMITS[component]
        return f"rent of {english}", f"{japanese}の価値"
    return COMPONENTS.get(component, (component, component))
