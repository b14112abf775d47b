"""The fibre graph of a pack: `fibre_nodes` and `fibre_links`, read only where a scenario asks for them.

A pack without them can only use leased fibre. A link counts once it is in service by the target year.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pandas as pd

from optimizer.errors import InputError, Problem
from optimizer.inputs.pack import Pack
from optimizer.inputs.pack_checks import check_rows
from optimizer.inputs.pack_table import check_header, read_text_table, typed_table
from optimizer.scenario.tables import OPTIONAL_TABLES

NODES, LINKS = "fibre_nodes", "fibre_links"


def with_fibre(pack: Pack, fibre: str) -> Pack:
    """Return the pack with the fibre a scenario asks for.

    Args:
        pack: as read.
        fibre: `leased` returns it as it is; `graph` adds the tables `fibre_nodes` and `fibre_links`.

    Raises:
        InputError: E321, the pack has no fibre graph; E325 to E349, its tables are wrong.
    """
    if fibre == "leased":
        return pack
    tables = _read(pack)
    files = [pack.folder / f"{name}.csv" for name in tables]
    hashes = {f"{pack.folder.name}/{file.name}": sha256(file.read_bytes()).hexdigest() for file in files}
    return replace(pack, tables=pack.tables | tables, hashes=pack.hashes | hashes)


def _read(pack: Pack) -> dict[str, pd.DataFrame]:
    """Read and check both tables; index is their key, rows in order of the key."""
    problems: list[Problem] = []
    tables = {name: _one(pack, name, problems) for name in (NODES, LINKS)}
    if problems:
        raise InputError(problems)
    nodes, links = tables[NODES], tables[LINKS]
    problems += _end_faults(nodes, links)
    if problems:
        raise InputError(problems)
    return {
        name: table.set_index(OPTIONAL_TABLES[name].key[0]).sort_index() for name, table in tables.items()
    }


def _one(pack: Pack, name: str, problems: list[Problem]) -> pd.DataFrame:
    path, schema = pack.folder / f"{name}.csv", OPTIONAL_TABLES[name]
    if not path.is_file():
        message = f'pack "{pack.name}" has no {path.name}: write `network.fibre: leased`, or add the table'
        message_ja = (
            f"パック「{pack.name}」に {path.name} がありません。"
            "`network.fibre: leased` にするか表を加えてください"
        )
        problems.append(Problem("scenario:network.fibre", "E321", message, message_ja))
        return pd.DataFrame()
    text = read_text_table(path, problems)
    if text is None:
        return pd.DataFrame()
    check_header(text, schema.columns, problems)
    table = typed_table(text, schema.columns, problems)
    problems += check_rows(schema, table)
    for column in schema.columns:
        if column.optional and column.name not in table:
            table[column.name] = "" if column.is_text else float("nan")
    return table


def _end_faults(nodes: pd.DataFrame, links: pd.DataFrame) -> list[Problem]:
    """Return links that end nowhere (E334) or where they begin (E346)."""
    known = set(nodes["fibre_node"])
    problems = []
    for row, link in links.iterrows():
        for end in ("from_node", "to_node"):
            if link[end] not in known:
                message = f'{end} "{link[end]}" is not in table {NODES}'
                message_ja = f"{end}「{link[end]}」は表 {NODES} にありません"
                problems.append(Problem(str(row), "E334", message, message_ja))
        if link["from_node"] == link["to_node"]:
            message = f'a fibre link joins "{link["from_node"]}" to itself'
            message_ja = f"光ファイバ区間の両端が同じ「{link['from_node']}」です"
            problems.append(Problem(str(row), "E346", message, message_ja))
    return problems
