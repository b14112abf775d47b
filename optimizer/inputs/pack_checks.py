"""What must hold between the rows and tables of a pack, beyond each cell.

Tables come from `pack_table.typed_table`: the index of every row is its place, `file:line`.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

import pandas as pd

from optimizer.errors import Problem
from optimizer.inputs.pack_parameters import check_parameter_values
from optimizer.scenario.tables import MUST_RUN, OPTIONAL_TABLES, PACK_TABLES, TableSchema

_TOLERANCE = 1e-6
_SHARES = (
    # table, column, grouped by, what the sum must be
    ("nodes", "demand_share", "", 1.0),
    ("workloads", "share", "", 1.0),
    ("workload_accounts", "share", "workload", 1.0),
    ("workload_profiles", "load_pu", "workload", 24.0),
)
_SERIES = (
    # table, grouped by, counter, values it must take, table of the group
    ("climate", "site", "month", range(1, 13), "sites"),
    ("workload_profiles", "workload", "hour", range(24), "workloads"),
    ("workload_accounts", "workload", "", range(0), "workloads"),
)
_MODES = ("domestic", "platform", "leased", "foreign")
_LONGEST_STORAGE_H = 3000.0
"""Beyond a season of full output: MWh written as kWh."""

RESERVED_FLEETS = (*MUST_RUN, "renewable", "import", "storage", "storage_loss", "shed", "spill", "must_run")
"""Words the result tables use for other sources of energy: a fleet of that name would be added to them."""

_WHOLE = ("month", "hour", "step", "year", "in_service_year", "earliest_year", "firm_from_year")


def check_rows(schema: TableSchema, table: pd.DataFrame) -> list[Problem]:
    """Return problems inside one table: keys (E333), whole numbers (E349), swapped coordinates (E322)."""
    problems: list[Problem] = []
    key = [name for name in schema.key if name in table]
    if len(key) == len(schema.key):
        repeated = table.duplicated(key, keep="first") & table[key].notna().all(axis=1)
        for row in table.index[repeated]:
            value = ", ".join(str(table.at[row, name]) for name in key)
            problems.append(
                Problem(
                    str(row),
                    "E333",
                    f'{" and ".join(key)} "{value}" is there already; one row per key',
                    f"{'・'.join(key)}「{value}」が重複しています。1 行だけにしてください",
                )
            )
    for name in [name for name in _WHOLE if name in table]:
        values = table[name].dropna()
        for row in values.index[values % 1 != 0]:
            problems.append(
                Problem(
                    str(row),
                    "E349",
                    f"{name} = {values[row]:g} must be a whole number",
                    f"{name} = {values[row]:g} は整数でなければなりません",
                )
            )
    return problems


def check_references(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return cells that point to a row that is not there (E334)."""
    problems: list[Problem] = []
    for name, table in tables.items():
        for column in (PACK_TABLES | OPTIONAL_TABLES)[name].columns:
            other, _, target = column.refers.partition(".")
            if not other or column.name not in table or other not in tables or target not in tables[other]:
                continue
            known = [str(value) for value in tables[other][target]]
            for row in table.index[~table[column.name].isin(known)]:
                word = str(table.at[row, column.name])
                if word:
                    problems.append(_unknown_reference(str(row), column.name, word, other, known))
    return problems


def _unknown_reference(where: str, column: str, word: str, other: str, known: list[str]) -> Problem:
    close = get_close_matches(word, known, n=1) or get_close_matches(word.lower(), known, n=1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    hint_ja = f"「{close[0]}」ではありませんか" if close else "表か綴りを直してください"
    return Problem(
        where,
        "E334",
        f'{column} "{word}" is not in table {other}.{hint}',
        f"{column}「{word}」は表 {other} にありません。{hint_ja}",
    )


def check_sums(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return shares that do not sum to 1 and profiles whose mean is not 1 (E337)."""
    problems: list[Problem] = []
    for name, column, group, expected in _SHARES:
        table = tables.get(name)
        if table is None or column not in table or (group and group not in table):
            continue
        if table[column].isna().any():  # reported cell by cell already
            continue
        keys = table[group] if group else pd.Series("all rows", index=table.index)
        for key, total in table.groupby(keys)[column].sum().items():
            if abs(float(total) - expected) > _TOLERANCE * max(1.0, expected):
                problems.append(
                    Problem(
                        str(table.index[keys == key][0]),
                        "E337",
                        f"{column} of {key} sums to {total:.6g} and must sum to {expected:g}",
                        f"{column}（{key}）の合計が {total:.6g} です。{expected:g} でなければなりません",
                    )
                )
    return problems


def check_complete(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return months and hours that are missing, and sites or classes without any (E338)."""
    problems: list[Problem] = []
    for name, group, counter, values, parent in _SERIES:
        table, owners = tables.get(name), tables.get(parent)
        if table is None or owners is None or group not in table or group not in owners:
            continue
        for key in owners[group]:
            rows = table.index[table[group] == key]
            missing = sorted(set(values) - set(table.loc[rows, counter])) if counter in table else []
            if missing or not len(rows):
                where = str(rows[0]) if len(rows) else str(table.index[0]).partition(":")[0]
                what = f"{counter} {', '.join(map(str, missing))}" if missing else "every row"
                problems.append(
                    Problem(
                        where,
                        "E338",
                        f'{group} "{key}" lacks {what}; add the missing rows',
                        f"{group}「{key}」に {what} がありません。行を足してください",
                    )
                )
    return problems


def check_identities(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return accounts that do not add up (E341) and interties from an area to itself (E346)."""
    problems: list[Problem] = []
    accounts = tables.get("accounts", pd.DataFrame())
    money = ["payments_jpy_bn", "receipts_jpy_bn", "deficit_jpy_bn"]
    if set(money) <= set(accounts):
        rest = accounts[money[0]] - accounts[money[1]] - accounts[money[2]]
        for row in accounts.index[rest.abs() > 0.5]:
            problems.append(
                Problem(
                    str(row),
                    "E341",
                    f"payments less receipts differ from the deficit by {rest[row]:.1f} JPY bn",
                    f"支払−受取と赤字が {rest[row]:.1f} 十億円食い違います",
                )
            )
    problems += _modes(tables) + _storage_hours(tables)
    interties = tables.get("interties", pd.DataFrame())
    if {"from_area", "to_area"} <= set(interties):
        for row in interties.index[
            (interties["from_area"] == interties["to_area"]) & (interties["from_area"] != "")
        ]:
            problems.append(
                Problem(
                    str(row),
                    "E346",
                    f'an intertie joins "{interties.at[row, "from_area"]!s}" to itself',
                    f"連系線の両端が同じエリア「{interties.at[row, 'from_area']!s}」です",
                )
            )
    return problems


def _modes(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return operating modes without a row (E338): scenarios share the capacity out among all four."""
    table = tables.get("modes", pd.DataFrame())
    lacking = [mode for mode in _MODES if "mode" in table and mode not in set(table["mode"])]
    return [
        Problem(
            str(table.index[0]),
            "E338",
            f'mode "{mode}" is missing; add its row, all of {", ".join(_MODES)} are needed',
            f"mode「{mode}」がありません。行を足してください",
        )
        for mode in lacking
    ]


def _storage_hours(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Return storage that would run for months at full power (E336)."""
    table = tables.get("storage", pd.DataFrame())
    if not {"power_mw", "energy_mwh"} <= set(table):
        return []
    power, energy = table["power_mw"].astype(float), table["energy_mwh"].astype(float)
    return [
        Problem(
            str(row),
            "E336",
            f"energy_mwh = {energy[row]:g} is {energy[row] / power[row]:,.0f} hours of power_mw = "
            f"{power[row]:g}; kWh in a MWh column? Then it is {energy[row] / 1000:g}",
            f"energy_mwh = {energy[row]:g} は出力の {energy[row] / power[row]:,.0f} 時間分です。"
            f"kWh なら {energy[row] / 1000:g} MWh です",
        )
        for row in table.index[(power > 0.0) & (energy > _LONGEST_STORAGE_H * power)]
    ]


def check_fleet_names(fleets: pd.DataFrame, place: str) -> list[Problem]:
    """Return fleets whose name the result tables use for something else (E355).

    Args:
        fleets: index area, fleet.
        place: the file.
    """
    return [
        Problem(
            place,
            "E355",
            f'{area}: a fleet is called "{fleet}", which the result tables use for something else; take '
            "another name, e.g. abroad for what neighbours send",
            f"{area}: 電源名「{fleet}」は結果の表で別の意味に使われます。別の名前にしてください",
        )
        for area, fleet in fleets.index
        if fleet in RESERVED_FLEETS
    ]


def check_parameter_rows(table: pd.DataFrame) -> list[Problem]:
    """Return parameters named twice (E333) or outside their own range (E340)."""
    problems: list[Problem] = []
    if not {"name", "value", "low", "high"} <= set(table):
        return problems
    problems += check_parameter_values(table)
    for row in table.index[table.duplicated("name")]:
        problems.append(
            Problem(
                str(row),
                "E333",
                f'name "{table.at[row, "name"]!s}" is there already; one row per key',
                f"name「{table.at[row, 'name']!s}」が重複しています。1 行だけにしてください",
            )
        )
    wrong = (
        (table["low"] > table["value"]) | (table["high"] < table["value"]) | (table["low"] > table["high"])
    )
    for row in table.index[wrong]:
        low, value, high = table.loc[row, ["low", "value", "high"]].astype(float)
        problems.append(
            Problem(
                str(row),
                "E340",
                f"{table.at[row, 'name']!s}: value {value:g} is not within low {low:g} to high {high:g}",
                f"{table.at[row, 'name']!s}: 値 {value:g} が low {low:g}〜high {high:g} にありません",
            )
        )
    return problems
