"""Duals as prices: sign, unit and words of each fixed here and nowhere else. Positive where scarce."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.analyse.fibre import JPY_PER_GBPS
from optimizer.analyse.room import unused_shares
from optimizer.analyse.year import JPY_PER_KW, JPY_PER_KWH, JPY_PER_M2, JPY_PER_M3, Year
from optimizer.milestones import Inputs, Solution
from optimizer.scenario.result_tables import PLAN_TABLES


@dataclass(frozen=True)
class Price:
    """How the dual of an equation is published."""

    sign: float
    factor: float
    """From JPY bn per internal unit to the published unit."""

    unit: str
    meaning: str
    meaning_ja: str
    always: bool = False
    """Whether zero prices are listed too."""


Row = tuple[str, str, float, str, float, str, str]
"""Row of the table of prices, in the order of its columns."""

JPY_PER_T = 1e6
"""One JPY bn/kt in JPY/t."""

PRICES: dict[str, Price] = {
    "serve_demand": Price(
        1, 1.0, "JPY m/MW/a", "cost of serving one more MW of IT load of this class here",
        "この需要地・用途のIT負荷を1MW追加で賄う費用",
    ),
    "within_grid_headroom": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "grid rent: value of one more kW of spare grid capacity at the site",
        "系統レント：当該地点の空き容量1kWの価値", True,
    ),
    "within_site": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "site rent: value of one more kW of IT capacity the site allows",
        "立地レント：当該地点の受入余地1kWの価値", True,
    ),
    "whole_blocks": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "value of one more kW of halls at the fixed number of halls",
        "棟数を固定したときのホール1kW追加の価値",
    ),
    "within_nonfirm_limit": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "value of one more kW of non-firm connection the site may have",
        "ノンファーム接続枠1kWの価値",
    ),
    "nonfirm_within_need": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "value of one more kW of load that a non-firm connection may feed",
        "ノンファーム接続で受けられる負荷1kWの価値",
    ),
    "interrupt_hours": Price(
        -1, JPY_PER_KWH, "JPY/kWh", "value of one more kWh of the year's allowance of interruption",
        "年間の遮断許容量1kWhの価値",
    ),
    "within_reinforcement_step": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "value of one more kW in this reinforcement step",
        "この増強段階を1kW拡げる価値",
    ),
    "within_renewable_potential": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "renewable rent: value of one more kW of potential here",
        "再エネレント：導入余地1kWの価値",
    ),
    "within_battery_limit": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "value of one more kW of battery sites", "蓄電池の導入枠1kWの価値",
    ),
    "within_line_limit": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "value of one more kW of permitted intertie expansion",
        "連系線の増強枠1kWの価値",
    ),
    "within_fibre": Price(
        -1, JPY_PER_GBPS, "JPY/(Gb/s)/a", "fibre rent: value of one more Gb/s on the link",
        "ファイバレント：区間の容量1Gb/sの価値",
    ),
    "within_fibre_limit": Price(
        -1, JPY_PER_GBPS, "JPY/(Gb/s)/a", "value of one more Gb/s that may be added to the link",
        "この区間の増設枠1Gb/sの価値",
    ),
    "additionality": Price(
        -1, JPY_PER_KWH, "JPY/kWh", "value of one more kWh of new renewables the rule would allow",
        "追加性の上限を1kWh緩める価値", True,
    ),
    "matching": Price(
        1, JPY_PER_KWH, "JPY/kWh", "clean premium: cost of matching one more kWh with contracted renewables",
        "クリーン電力プレミアム：契約再エネで1kWh追加で賄う費用", True,
    ),
    "co2_cap": Price(
        -1, JPY_PER_T, "JPY/t", "price of CO2 under the cap, beside the price on fuel",
        "排出上限によるCO2価格（燃料に含む価格とは別）", True,
    ),
    "operator_mix_least": Price(
        1, JPY_PER_KW, "JPY/kW/a", "price of the least share of this operating mode", "運営形態の下限の価格",
    ),
    "operator_mix_most": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "price of the largest share of this operating mode",
        "運営形態の上限の価格",
    ),
    "dispersion": Price(
        1, JPY_PER_KW, "JPY/kW/a",
        "price of dispersion: cost of one more kW that must stand outside the metropolises",
        "分散の価格：大都市圏外に1kW追加で置く費用", True,
    ),
    "distribution_as_today": Price(
        1, JPY_PER_KW, "JPY/kW/a", "cost of one more kW forced into the area by today's distribution",
        "現状の地域配分によりこのエリアに1kW追加する費用",
    ),
    "regional_cap": Price(
        -1, JPY_PER_KW, "JPY/kW/a",
        "price of the area's largest share: of one more kW that must stand elsewhere",
        "エリア上限の価格：他エリアに1kW追加で置く費用", True,
    ),
    "hazard_exposure": Price(
        -1, JPY_PER_KW, "JPY/kW/a",
        "price of the hazard cap: of one kW standing where the 30-year probability is 1, not 0",
        "地震リスク上限の価格：30年確率1の地点に立つ1kWあたり", True,
    ),
    "within_land": Price(
        -1, JPY_PER_M2, "JPY/m2/a", "rent of land for data centers at the site",
        "当該地点の用地1m2の価値", True,
    ),
    "within_water": Price(
        -1, JPY_PER_M3, "JPY/m3", "rent of water for data centers at the site", "当該地点の水1m3の価値", True,
    ),
    "adequacy": Price(
        1, JPY_PER_KW, "JPY/kW/a",
        "price of firm capacity: of one more kW that can be counted on in stressed hours",
        "供給力の価格：需給の厳しい時間に確保する1kWの価値", True,
    ),
    "relief_within_nonfirm": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "value of one more kW of load that may be interrupted in stressed hours",
        "需給の厳しい時間に遮断できる負荷1kWの価値",
    ),
    "relief_within_allowance": Price(
        -1, JPY_PER_KWH, "JPY/kWh", "value of one more kWh a year that may be interrupted in stressed hours",
        "需給の厳しい時間に遮断できる年間1kWhの価値",
    ),
    "assist_within_intertie": Price(
        -1, JPY_PER_KW, "JPY/kW/a", "value of one more kW of intertie for help in stressed hours",
        "需給の厳しい時間の応援融通に使う連系線容量1kWの価値",
    ),
    "capture_target": Price(
        1, 1.0, "JPY/JPY", "marginal cost of one more captured yen", "国内に残る額をもう1円増やす費用", True,
    ),
    "budget": Price(
        -1, 1.0, "1/a",
        "value of one more yen of budget: captured yen at their value, less what they cost a year",
        "予算をもう1円増やす価値（国内に残る額の評価額－年間費用）", True,
    ),
}  # fmt: skip
"""Published duals of the siting problem, by equation."""

TINY = 1e-6

PINNED = 1e-9
"""Rounding allowed where least shares are summed."""


def price_table(inputs: Inputs, solution: Solution, year: Year) -> pd.DataFrame:
    """List every published price, long form, with what the plan leaves unused of the limit behind it."""
    duals = solution.siting_duals | _mode_duals(inputs, solution) | _over_hours(solution.siting_duals, np.sum)
    unused = unused_shares(inputs, solution)
    unused |= _over_hours(unused, np.min)
    nothing = pd.Series(dtype=float)
    rows = [
        row
        for name, price in PRICES.items()
        for row in _siting_prices(name, price, duals.get(name, nothing), unused.get(name, nothing))
    ]
    rows += _share_price(solution, _least(unused["dispersion"]))
    rows += _hazard_price(solution, _least(unused["hazard_exposure"]))
    rows += _energy_prices(inputs, year)
    rows += _congestion(inputs, solution)
    return pd.DataFrame(rows, columns=[column.name for column in PLAN_TABLES["prices"]])


def _mode_duals(inputs: Inputs, solution: Solution) -> dict[str, pd.Series]:
    """Duals of the mode rules, free of what belongs to serving the class at all.

    Where the least shares of a class sum to one, any amount may be added to the rules of all its modes and
    taken from the price of serving it. The amount is fixed so that the cheapest mode's rule is worth nothing.
    """
    mix = inputs.operator_mix
    least = solution.siting_duals["operator_mix_least"].reindex(mix.index, fill_value=0.0)
    most = solution.siting_duals["operator_mix_most"].reindex(mix.index, fill_value=0.0)
    net = least + most
    pinned = mix["min_share"].groupby("workload").transform("sum") > 1.0 - PINNED
    net = net.where(~pinned, net - net.groupby(level="workload").transform("min"))
    return {"operator_mix_least": net.clip(lower=0.0), "operator_mix_most": net.clip(upper=0.0)}


def _over_hours(by_law: dict[str, pd.Series], joined: Callable[[list[float]], float]) -> dict[str, pd.Series]:
    """Join figures of stressed hours by place: duals add up, as a kW that stands there helps in each hour."""
    return {
        name: _joined_over_last(by_law[name], joined)
        for name in ("adequacy", "relief_within_nonfirm", "assist_within_intertie")
        if len(by_law.get(name, ()))
    }


def _joined_over_last(values: pd.Series, joined: Callable[[list[float]], float]) -> pd.Series:
    places: dict[object, list[float]] = {}
    for key, value in values.items():
        assert isinstance(key, tuple)
        places.setdefault(key[0] if len(key) == 2 else key[:-1], []).append(float(value))
    index = pd.Index(list(places), tupleize_cols=False)
    return pd.Series([joined(found) for found in places.values()], index=index, dtype=float)


def _least(values: pd.Series) -> float:
    return float(values.min()) if len(values) else 0.0


def _siting_prices(name: str, price: Price, duals: pd.Series, unused: pd.Series) -> list[Row]:
    values = price.sign * price.factor * duals.to_numpy(dtype=float)
    values = np.where(np.abs(values) > TINY, values, 0.0)
    left = dict(zip(unused.index, unused.to_numpy(dtype=float), strict=True))
    return [
        _row(name, _words(key), value, price, left.get(key, 0.0))
        for key, value in zip(duals.index, values, strict=True)
        if price.always or value > 0
    ]


def _share_price(solution: Solution, unused_share: float) -> list[Row]:
    built = float(solution.siting["it"].sum())
    per_point = float(solution.siting_duals["dispersion"].sum()) * built / 100.0
    price = Price(
        1, 1.0, "JPY bn/a per %-point", "cost of raising the least regional share by one percentage point",
        "地方比率の下限を1ポイント上げる費用",
    )  # fmt: skip
    return [_row("dispersion", "share", max(0.0, per_point), price, unused_share)]


def _hazard_price(solution: Solution, unused_share: float) -> list[Row]:
    """Cost of a cap on hazard that is one percentage point lower; no row without a cap."""
    duals = solution.siting_duals.get("hazard_exposure", pd.Series(dtype=float))
    built = float(solution.siting["it"].sum())
    price = Price(
        1, 1.0, "JPY bn/a per %-point",
        "cost of lowering the cap on mean seismic hazard by one percentage point",
        "平均地震リスクの上限を1ポイント下げる費用",
    )  # fmt: skip
    values = np.maximum(-duals.to_numpy(dtype=float), 0.0) * built / 100.0
    return [_row("hazard_exposure", "share", value, price, unused_share) for value in values]


def _energy_prices(inputs: Inputs, year: Year) -> list[Row]:
    mean = year.price @ year.weight / year.weight.sum()
    price = Price(
        1, 1.0, "JPY/kWh", "energy price of the area, mean over the year", "エリア電力価格（年平均）"
    )
    return [
        _row("energy_balance", area, value, price)
        for area, value in zip(inputs.areas.index, mean, strict=True)
    ]


def _congestion(inputs: Inputs, solution: Solution) -> list[Row]:
    rows = []
    for name, end in (("intertie_forward", "to_area"), ("intertie_backward", "from_area")):
        rent = -(solution.dispatch_duals[name] @ solution.weight) * JPY_PER_KW
        price = Price(
            1, 1.0, "JPY/kW/a", f"congestion rent: value of one more kW towards the {end.replace('_', ' ')}",
            "混雑レント：連系線容量1kWの価値",
        )  # fmt: skip
        rents = zip(inputs.interties.index, np.where(rent > TINY, rent, 0.0), strict=True)
        rows += [_row(name, link, value, price) for link, value in rents]
    return rows


def _row(equation: str, place: str, value: float, price: Price, unused_share: float = 0.0) -> Row:
    words = price.meaning, price.meaning_ja
    return equation, place, float(value), price.unit, float(unused_share), *words


def _words(key: object) -> str:
    if key is None:
        return "nation"
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)
