"""What the page says in tables and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.export.record import RunRecord
from optimizer.export.tables import Published
from optimizer.export.words import Both, north_to_south

NOTES: tuple[Both, ...] = (
    {
        "en": "Perfect foresight within a week: storage and plants know the weather of the week ahead, so "
        "real costs are higher.",
        "ja": "1週間の中では天候・需要を完全に予見している。実際の費用はこれより高くなる。",
    },
    {
        "en": "Grid areas are copper plates inside: lines within an area count only through headroom and "
        "reinforcement steps.",
        "ja": "エリア内の送電制約は、空き容量と増強ステップだけで表している。",
    },
    {
        "en": "Sizes are continuous: a plan may hold a fraction of a building.",
        "ja": "規模は連続値で、建物の単位には丸めていない。",
    },
    {
        "en": "The existing fleet is given, not chosen: the plan adds only what its data centers contract.",
        "ja": "既存の電源は所与であり、計画はデータセンターが契約する分だけを追加する。",
    },
    {
        "en": "Where the optimum is degenerate, prices are one valid set of several.",
        "ja": "最適解が退化している場合、価格は成立しうる組の一つである。",
    },
    {
        "en": "Servers are outside the cost: it covers buildings, land, connection, grid, renewables, "
        "storage and energy. Their import is counted in the net capture.",
        "ja": "サーバ費用は計画の費用に含まない（輸入額は控除後の額で考慮）。",
    },
    {
        "en": "Ownership captures, location does not: capacity leased to or owned by a foreign cloud "
        "captures nothing.",
        "ja": "国内に残る額は所有と販売の主体で決まる。立地だけでは残らない。",
    },
)

_WORDS: dict[str, Both] = {
    "solar": {"en": "solar", "ja": "太陽光"},
    "onshore": {"en": "onshore wind", "ja": "陸上風力"},
    "offshore": {"en": "offshore wind", "ja": "洋上風力"},
}


@dataclass(frozen=True)
class Head:
    """One column of a table of the page: where its value comes from and how it is shown."""

    key: str
    label: Both
    unit: str = ""
    digits: int = 0
    is_text: bool = False
    is_share: bool = False


@dataclass(frozen=True)
class HtmlTable:
    """A sortable table: columns and rows."""

    name: str
    heads: tuple[Head, ...]
    rows: list[dict[str, Any]]


def _name() -> Head:
    return Head("name", {"en": "Name", "ja": "名称"}, is_text=True)


_MW, _STACK = "MW", "JPY m/MW/a"
_SITES = (
    _name(),
    Head("area", {"en": "Area", "ja": "エリア"}, is_text=True),
    Head("it_mw", {"en": "New IT", "ja": "新設IT"}, _MW),
    Head("existing_it_mw", {"en": "Standing", "ja": "既設"}, _MW),
    Head("site_limit_mw", {"en": "Site limit", "ja": "立地上限"}, _MW),
    Head("connection_mw", {"en": "Connection", "ja": "接続"}, _MW),
    Head("nonfirm_mw", {"en": "Non-firm", "ja": "ノンファーム接続"}, _MW),
    Head("headroom_mw", {"en": "Headroom", "ja": "空き容量"}, _MW),
    Head("reinforcement_mw", {"en": "Reinforced", "ja": "増強"}, _MW),
    Head("grid_rent_jpy_per_kw_a", {"en": "Grid rent", "ja": "接続枠の価値"}, "JPY/kW/a"),
    Head(
        "all_in_jpy_m_per_mw_a",
        {"en": "One more MW: site and power", "ja": "追加1MWの費用（立地と電力）"},
        _STACK,
        1,
    ),
    Head("building_jpy_m_per_mw_a", {"en": "of it building", "ja": "うち建屋"}, _STACK, 1),
    Head("land_jpy_m_per_mw_a", {"en": "Land", "ja": "土地"}, _STACK, 1),
    Head("connection_jpy_m_per_mw_a", {"en": "Connection", "ja": "接続"}, _STACK, 1),
    Head("grid_jpy_m_per_mw_a", {"en": "Grid", "ja": "系統"}, _STACK, 1),
    Head("energy_jpy_m_per_mw_a", {"en": "Electricity", "ja": "電力"}, _STACK, 1),
    Head("capacity_jpy_m_per_mw_a", {"en": "Firm capacity", "ja": "供給力"}, _STACK, 1),
    Head("gross_capture_jpy_bn", {"en": "Captured", "ja": "国内に残る額"}, "JPY bn/a", 1),
)
_AREAS = (
    _name(),
    Head("it_mw", {"en": "New IT", "ja": "新設IT"}, _MW),
    Head("it_share", {"en": "Share", "ja": "割合"}, "%", 1, is_share=True),
    Head("dc_electricity_gwh", {"en": "Electricity of data centers", "ja": "電力量"}, "GWh/a"),
    Head("nonfirm_mw", {"en": "Non-firm connections", "ja": "ノンファーム接続"}, _MW),
    Head("interrupted_gwh", {"en": "Interrupted", "ja": "遮断量"}, "GWh/a"),
    Head("shifted_gwh", {"en": "Put off", "ja": "時間移動"}, "GWh/a"),
    Head("moved_out_gwh", {"en": "Moved out", "ja": "他エリアへ移動"}, "GWh/a"),
    Head("moved_in_gwh", {"en": "Moved in", "ja": "他エリアから移動"}, "GWh/a"),
    Head("peak_demand_mw", {"en": "Peak demand", "ja": "最大需要"}, _MW),
    Head("new_renewable_mw", {"en": "New solar, wind", "ja": "新設再エネ"}, _MW),
    Head("battery_mw", {"en": "New batteries", "ja": "新設蓄電池"}, _MW),
    Head("price_jpy_per_kwh", {"en": "Price", "ja": "価格"}, "JPY/kWh", 2),
    Head("price_before_jpy_per_kwh", {"en": "without plan", "ja": "計画なし"}, "JPY/kWh", 2),
    Head("curtailment_share", {"en": "Curtailed", "ja": "抑制率"}, "%", 1, is_share=True),
    Head("curtailment_before_share", {"en": "without plan", "ja": "計画なし"}, "%", 1, is_share=True),
    Head("net_import_gwh", {"en": "Net import", "ja": "純受電"}, "GWh/a"),
    Head("co2_kt", {"en": "CO₂", "ja": "CO₂"}, "kt/a"),
    Head("co2_average_kg_per_kwh", {"en": "of a kWh", "ja": "平均排出係数"}, "kg/kWh", 3),
    Head("co2_marginal_kg_per_kwh", {"en": "of one more", "ja": "限界排出係数"}, "kg/kWh", 3),
    Head("capacity_margin_share", {"en": "Capacity margin", "ja": "供給予備率"}, "%", 1, is_share=True),
    Head("capacity_margin_assisted_share", {"en": "with help", "ja": "応援込み"}, "%", 1, is_share=True),
    Head(
        "capacity_margin_assisted_before_share",
        {"en": "without plan", "ja": "計画なし"},
        "%",
        1,
        is_share=True,
    ),
    Head("firm_capacity_mw", {"en": "Firm capacity bought", "ja": "確保する供給力"}, _MW),
)
_RENTS = (
    Head("name", {"en": "Who pays or earns", "ja": "払う・得る人"}, is_text=True),
    Head("change_jpy_bn_per_a", {"en": "Change by the plan", "ja": "計画による変化"}, "JPY bn/a", 1),
)
_INTERTIES = (
    _name(),
    Head("forward_mw", {"en": "Forward", "ja": "順方向"}, _MW),
    Head("reverse_mw", {"en": "Reverse", "ja": "逆方向"}, _MW),
    Head("expansion_mw", {"en": "Expansion", "ja": "増強"}, _MW),
    Head("loading_share", {"en": "Mean loading", "ja": "平均利用率"}, "%", 1, is_share=True),
    Head("congested_hours", {"en": "Congested", "ja": "混雑時間"}, "h/a"),
    Head("congestion_rent_jpy_bn", {"en": "Congestion rent", "ja": "混雑収入"}, "JPY bn/a", 1),
)

_CHOICES = ("nonfirm_mw", "interrupted_gwh", "shifted_gwh", "moved_out_gwh", "moved_in_gwh")
"""Columns of choices that are off in most scenarios."""


def html_tables(record: RunRecord, tables: dict[str, Published]) -> list[HtmlTable]:
    """Return sites (built first, dearest last among the unbuilt), areas, interties and rents.

    Columns of choices that did nothing anywhere are left out.
    """
    sites = tables["sites"].frame.sort_values(
        ["it_mw", "all_in_jpy_m_per_mw_a", "site"], ascending=[False, True, True], kind="stable"
    )
    names = tables["areas"].frame.set_index("area")
    rows = sites.to_dict("records")
    for row in rows:
        row["area_en"], row["area_ja"] = names.at[row["area"], "name_en"], names.at[row["area"], "name_ja"]
    return [
        HtmlTable(
            "sites",
            _used(_SITES, sites),
            [{str(key): value for key, value in row.items()} for row in rows],
        ),
        HtmlTable(
            "areas",
            _used(_AREAS, tables["areas"].frame),
            _records(north_to_south(record, tables["areas"].frame)),
        ),
        HtmlTable("interties", _INTERTIES, _records(tables["interties"].frame)),
        HtmlTable("rents", _RENTS, _records(_by_owner(tables["rents"].frame))),
    ]


def _used(heads: tuple[Head, ...], frame: pd.DataFrame) -> tuple[Head, ...]:
    """Leave out the columns of choices that did nothing anywhere."""
    return tuple(head for head in heads if head.key not in _CHOICES or bool(frame[head.key].any()))


def _by_owner(rents: pd.DataFrame) -> pd.DataFrame:
    """Add up what each payer and owner gains or loses by the plan, payers first."""
    named = rents.rename(columns={"owner": "name_en", "owner_ja": "name_ja"})
    by = named.groupby(["name_en", "name_ja"], sort=True)["change_jpy_bn_per_a"].sum().reset_index()
    return by.sort_values("change_jpy_bn_per_a", ascending=False, kind="stable")


USED_UP = 0.01
"""A limit of which less than this part is left is said to bind."""


def binding_rows(record: RunRecord, tables: dict[str, Published], most: int = 5) -> list[dict[str, Any]]:
    """Return one row per law and unit with a price: how many places it binds, and where it is dearest.

    Laws priced everywhere (balances) come last: they always have a price. A limit the plan leaves room under
    does not bind: its price is no more than what the gap allows.
    """
    names, prices = place_names(record, tables), tables["prices"].frame
    rows = []
    for (equation, unit), group in prices.groupby(["equation", "unit"], sort=True):
        active = group[(group["price"].abs() > 1e-6) & (group["unused_share"] <= USED_UP)]
        if active.empty:
            continue
        top = active.reindex(active["price"].abs().sort_values(ascending=False, kind="stable").index)[:most]
        places = [
            {**_place(str(place), names), "price": float(price)}
            for place, price in zip(top["index"], top["price"], strict=True)
        ]
        first = top.iloc[0]
        rows.append(
            {
                "equation": equation,
                "unit": unit,
                "count": len(active),
                "of": len(group),
                "places": places,
                "meaning": {"en": first["meaning"], "ja": first["meaning_ja"]},
            }
        )
    return sorted(rows, key=lambda row: row["count"] == row["of"] > 1)


def _place(index: str, names: dict[str, Both]) -> Both:
    """Return the words for an index such as `site` or `site / class`."""
    parts = [names.get(part, {"en": part, "ja": part}) for part in index.split(" / ")]
    return {lang: " / ".join(part[lang] for part in parts) for lang in ("en", "ja")}


def place_names(record: RunRecord, tables: dict[str, Published]) -> dict[str, Both]:
    """Return names of sites, areas, interties and classes by their identifiers."""
    classes = {
        str(name): {"en": str(row["name_en"]), "ja": str(row["name_ja"])}
        for name, row in record.inputs.workloads.iterrows()
    }
    return (
        _WORDS
        | classes
        | {
            str(row[key]): {"en": str(row["name_en"]), "ja": str(row["name_ja"])}
            for name, key in (
                ("sites", "site"),
                ("areas", "area"),
                ("interties", "intertie"),
                ("fibre", "fibre_link"),
            )
            for row in tables[name].frame.to_dict("records")
        }
    )


def price_table(prices: pd.DataFrame) -> list[dict[str, Any]]:
    """Return all prices that are not zero, dearest first within each law."""
    active = prices[prices["price"].abs() > 1e-6]
    ordered = active.sort_values(["equation", "unit", "price"], ascending=[True, True, False], kind="stable")
    return _records(ordered)


def capture_rows(record: RunRecord) -> list[dict[str, Any]]:
    """Return every line of the capture with its three cases."""
    labels: list[tuple[str, str, str]] = [
        ("outflow_jpy_bn", "Outflow: cloud and AI", "流出額（クラウド・AI）"),
        ("addressable_jpy_bn", "of it addressable", "うち対応可能"),
        ("ceiling_jpy_bn", "of it contestable: the ceiling", "うち獲得上限"),
        ("gross_jpy_bn", "Captured, gross", "国内に残る額（総額）"),
        ("share_of_outflow", "– share of the outflow", "– 流出額に占める割合"),
        ("share_of_addressable", "– share of the addressable", "– 対応可能額に占める割合"),
        ("leakage_goods_jpy_bn", "less imported goods", "－ 財の輸入"),
        ("leakage_services_jpy_bn", "less imported services", "－ サービスの輸入"),
        ("leakage_income_jpy_bn", "less income paid abroad", "－ 対外所得支払"),
        ("net_jpy_bn", "Captured, net", "控除後"),
        ("digital_account_jpy_bn", "Effect on the digital account", "デジタル収支への効果"),
        ("idle_imports_jpy_bn", "Warning: imports for capacity built and not sold", "注意：未販売分の輸入"),
    ]
    cases = record.capture.cases
    return [
        {
            "key": key,
            "en": english,
            "ja": japanese,
            "is_share": key.startswith("share"),
            **{case: cases[case][key] for case in ("low", "base", "high")},
        }
        for key, english, japanese in labels
        if all(key in cases[case] for case in ("low", "base", "high"))
    ]


def said() -> set[str]:
    """Return the English sentences of the notes."""
    return {note["en"] for note in NOTES}


def shown_sources(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return what the page shows of each source; the whole register is in `provenance.json`."""
    keys = ("grade", "title", "publisher", "year", "url", "address", "licence", "method", "checked")
    used = [key for key in keys if any(row.get(key) for row in rows)]
    return [{key: row.get(key, "") for key in used} for row in rows]


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]
