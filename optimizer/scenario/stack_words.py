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
    "adequacy": ("firm capacity", "供給力の確保"),
    "distribution_as_today": ("today's distribution", "現状の地域配分"),
    "operator_mix_least": ("the operator mix", "運営形態の規則"),
    "operator_mix_most": ("the operator mix", "運営形態の規則"),
    "budget": ("the capital it takes", "資本予算"),
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
