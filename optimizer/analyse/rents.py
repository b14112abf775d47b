"""Who gets the money: price times limit of every law, so that what is paid and what is earned is the cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from optimizer.milestones import Inputs, Solution

USERS = ("users of computing", "計算資源の利用者")
CONSUMERS = ("other electricity users", "他の電力需要家")
OWNERS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("within_grid", "within_reinforcement", "within_nonfirm", "interrupt"), "grid", "系統（地点）"),
    (("within_site", "within_land", "within_water"), "sites", "立地"),
    (("within_built_capacity",), "standing machines", "既存設備"),
    (("whole_blocks", "bounds"), "halls", "データホール"),
    (("within_renewable", "renewable_available"), "renewables", "再エネ"),
    (("within_battery", "storage_", "firm_battery"), "storage", "蓄電・揚水"),
    (("within_line", "intertie_", "assist_within"), "lines", "連系線"),
    (("within_fibre",), "fibre", "光ファイバ"),
    (("fleet_",), "power stations", "発電所"),
)
"""Beginnings of laws, and who owns what they limit; any other law is a rule."""

RULES = ("rules", "政策・ルール")
SERVED, BALANCE = "serve_demand", "energy_balance"
COLUMNS = ("law", "part", "owner", "owner_ja", "jpy_bn_per_a", "before_jpy_bn_per_a", "change_jpy_bn_per_a")

DUST_JPY_BN = 1e-9


def rents(inputs: Inputs, solution: Solution) -> pd.DataFrame:
    """Return what each law's price times its limit comes to. [JPY bn/a]

    Positive is paid, negative is earned by whoever owns what is scarce. The column with the plan adds up to
    the proven lower bound of the system's cost, the one before to the cost without the plan, the change to
    the cost of the plan within the gap.

    Args:
        inputs: what was asked.
        solution: the certified answer.

    Returns:
        Columns law, part (the class, where users pay), owner, owner_ja, jpy_bn_per_a, before_jpy_bn_per_a,
        change_jpy_bn_per_a; largest change first.
    """
    if solution.rents.empty:
        return pd.DataFrame({name: pd.Series(dtype=float) for name in COLUMNS})
    workloads = set(inputs.workloads.index)
    laws = zip(solution.rents["law"], solution.rents["key"], strict=True)
    parts = [key.rpartition(" / ")[2] if law == SERVED else "" for law, key in laws]
    table = solution.rents.assign(part=[part if part in workloads else "" for part in parts])
    money = ["jpy_bn_per_a", "before_jpy_bn_per_a"]
    table = table.groupby(["law", "part"], sort=True)[money].sum().reset_index()
    table = table[(table[money].abs() > DUST_JPY_BN).any(axis=1)]
    owners = [_owner(law) for law in table["law"]]
    table = table.assign(
        owner=[english for english, _ in owners],
        owner_ja=[japanese for _, japanese in owners],
        change_jpy_bn_per_a=table["jpy_bn_per_a"] - table["before_jpy_bn_per_a"],
    )
    order = np.argsort(-table["change_jpy_bn_per_a"].abs().to_numpy(), kind="stable")
    return table[list(COLUMNS)].take(order).reset_index(drop=True)


def _owner(law: str) -> tuple[str, str]:
    if law == SERVED:
        return USERS
    if law == BALANCE:
        return CONSUMERS
    return next(((en, ja) for starts, en, ja in OWNERS if law.startswith(starts)), RULES)


def rent_figures(table: pd.DataFrame, solution: Solution) -> dict[str, Any]:
    """Return the headline figures of who pays and of whole halls.

    Returns:
        explained_jpy_bn_per_a: the plan's cost as its prices explain it; rent_change_jpy_bn_by_owner; and,
        where halls are whole, gap_blocks [1] and wholeness_jpy_bn_per_a. Nothing for a year of a pathway.
    """
    if table.empty:
        return {}
    change = table["change_jpy_bn_per_a"]
    return {
        "explained_jpy_bn_per_a": float(change.sum()),
        "rent_change_jpy_bn_by_owner": {
            str(owner): float(value)
            for owner, value in change.groupby(table["owner"], sort=True).sum().items()
        },
        **{
            name: solution.blocks[name]
            for name in ("gap_blocks", "wholeness_jpy_bn_per_a")
            if solution.blocks
        },
    }
