"""Fingerprints of grids: what is left out leaves blocks and periods alone; everything else counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from toy import change, everything_on, programme_of, random_system

from optimizer.milestones import HourlyYear, Inputs, Programme
from optimizer.model import fingerprint as fp
from optimizer.model.fingerprint import cost_fingerprint, grid_fingerprint
from optimizer.settings import Settings


def other_value(value: Any) -> Any:
    """Return a value that differs."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float | np.floating | np.integer):
        return value * 1.25 + 1
    if isinstance(value, str):
        return f"{value} other"
    if isinstance(value, tuple):
        return value[::-1] if len(value) > 1 else (*value, "B")
    if value is None:
        return 0.5
    return {**value, "A": 0.3}


def with_column(inputs: Inputs, table: str, column: str) -> Inputs:
    """Change one column of a table."""
    frame = getattr(inputs, table)
    values = [other_value(value) for value in frame[column]]
    if column in ("area", "from_area", "to_area"):
        areas = list(inputs.areas.index)
        values = [areas[(areas.index(area) + 1) % len(areas)] for area in frame[column]]
    if column == "nonfirm_limit_gw":
        values = frame[column].to_numpy() * 1.5
    return replace(inputs, **{table: frame.assign(**{column: values})})


def in_tables(inputs: Inputs) -> Iterator[tuple[str, str]]:
    for field in fields(inputs):
        table = getattr(inputs, field.name)
        if isinstance(table, pd.DataFrame) and field.name not in fp.SITING_FIELDS:
            yield from ((field.name, column) for column in table.columns)


def in_words(inputs: Inputs) -> Iterator[tuple[str, str, Inputs]]:
    """Every setting and every array of the year, changed."""
    for owner, part in (("settings", inputs.settings), ("hours", inputs.hours)):
        for field in fields(part):
            value = getattr(part, field.name)
            new = (
                value + (pd.Timedelta(days=1) if field.name == "time" else 1.0)
                if owner == "hours"
                else other_value(value)
            )
            if owner == "settings" and field.name == "weeks":
                new = 3
            if field.name in ("matching", "delivered_within", "goal", "distribution"):
                new = {
                    "matching": "annual",
                    "delivered_within": "area",
                    "goal": "budget",
                    "distribution": "free",
                }[field.name]
                new = {"delivered_within": "nation"}.get(field.name, new) if new == value else new
            yield owner, field.name, replace(inputs, **{owner: replace(part, **{field.name: new})})


def same_blocks(one: Programme, other: Programme) -> bool:
    """Matrix, cost and order of the blocks, entry by entry."""
    return all(
        (one.blocks[n].matrix != other.blocks[n].matrix).nnz == 0
        and np.array_equal(one.blocks[n].cost, other.blocks[n].cost)
        and {k: v.keys for k, v in one.blocks[n].variables.items()}
        == {k: v.keys for k, v in other.blocks[n].variables.items()}
        for n in one.blocks
    )


def same_periods(one: Programme, other: Programme) -> bool:
    """Limits, coupling, hours and weights, entry by entry, and what the grid sees without the plan."""
    pairs = zip((*one.periods, *one.seed), (*other.periods, *other.seed), strict=True)
    return np.array_equal(one.baseline, other.baseline) and all(
        np.array_equal(a.lower, b.lower) and np.array_equal(a.upper, b.upper) and a.weight == b.weight
        and np.array_equal(a.hours, b.hours) and a.coupling.shape == b.coupling.shape and (a.coupling != b.coupling).nnz == 0
        for a, b in pairs
    )  # fmt: skip


@cache
def rich() -> tuple[Inputs, Any, Programme]:
    """A system in which every law has a row, its periods and programme."""
    _, periods = random_system(1)
    inputs = everything_on()
    return inputs, periods, programme_of(inputs, periods, periods[:1])


def test_what_is_left_out_of_the_grid_fingerprint_leaves_the_grid_alone():
    """Every excluded column and setting changed at once, one by one named; without the list nothing could be shared."""
    inputs, periods, programme = rich()
    one = inputs
    for table, columns in fp.SITING_COLUMNS.items():
        for column in columns:
            if column in getattr(inputs, table).columns:
                changed = with_column(inputs, table, column)
                assert grid_fingerprint(changed) == grid_fingerprint(inputs), (table, column)
                one = with_column(one, table, column)
    for owner, name, changed in in_words(inputs):
        if name in (*fp.SITING_SETTINGS, *fp.SITING_HOURS):
            assert grid_fingerprint(changed) == grid_fingerprint(inputs), name
            if name not in ("goal", "metropolitan_areas", "area_caps", "budget_jpy_bn"):
                one = replace(
                    one,
                    **{owner: replace(getattr(one, owner), **{name: getattr(getattr(changed, owner), name)})},
                )
    few = {
        "demand": inputs.demand * 1.1,
        "routes": inputs.routes * 1.1,
        "parameters": inputs.parameters * 2.0,
        "name": "other",
    }
    assert set(few) < set(fp.SITING_FIELDS)
    one = replace(one, **few)
    assert grid_fingerprint(one) == grid_fingerprint(inputs)
    other = programme_of(one, periods, periods[:1])
    assert same_blocks(programme, other)
    assert same_periods(programme, other)
    assert not np.array_equal(programme.siting.cost, other.siting.cost)


def test_everything_else_is_in_the_grid_fingerprint():
    """Each column, setting and hour that is not listed makes another grid."""
    inputs, _, _ = rich()
    mine, counted = grid_fingerprint(inputs), 0
    for table, column in in_tables(inputs):
        if column not in fp.SITING_COLUMNS.get(table, ()):
            assert grid_fingerprint(with_column(inputs, table, column)) != mine, (table, column)
            counted += 1
    for _, name, changed in in_words(inputs):
        if name not in (*fp.SITING_SETTINGS, *fp.SITING_HOURS):
            assert grid_fingerprint(changed) != mine, name
            counted += 1
    for name in ("pue", "profile", "renewables_existing_gw"):
        assert grid_fingerprint(replace(inputs, **{name: getattr(inputs, name) + 0.1})) != mine, name
    for table in ("renewables", "interties", "storage", "fleets", "sites"):
        assert grid_fingerprint(replace(inputs, **{table: getattr(inputs, table).iloc[:-1]})) != mine, table
    assert grid_fingerprint(change(inputs, "sites.nonfirm_limit_gw", 0.0)) != mine
    assert grid_fingerprint(change(inputs, "settings.co2_cap_kt", None)) != mine
    assert counted >= 35


def test_cost_fingerprint_is_of_matrix_and_cost():
    """Limits and coupling make the same blocks; what prices them, another digest."""
    inputs, periods, programme = rich()
    mine, one = cost_fingerprint(inputs), inputs
    for table, columns in fp.LIMIT_COLUMNS.items():
        for column in columns:
            one = change(one, f"{table}.{column}", getattr(inputs, table)[column].to_numpy() * 0.9)
    one = change(one, "demand_gw", inputs.hours.demand_gw * 1.1)
    one = change(one, "profile", inputs.profile[:, ::-1])
    one = change(one, "renewables_existing_gw", inputs.renewables_existing_gw * 2)
    one = change(one, "settings.gateway_gw", 0.5)
    assert cost_fingerprint(one) == mine
    assert grid_fingerprint(one) != grid_fingerprint(inputs)
    other = programme_of(one, periods, periods[:1])
    assert same_blocks(programme, other)
    assert not same_periods(programme, other)
    for key, value in (("fleets.cost_jpy_bn_per_gwh", 0.02), ("interties.loss_share", 0.5), ("pue", 1.7),
                       ("settings.voll_jpy_bn_per_gwh", 2.0), ("fleets.co2_kt_per_gwh", 0.7)):  # fmt: skip
        assert cost_fingerprint(change(inputs, key, value)) != mine, key
    still = change(inputs, "settings.move", False)  # without moved work PUE is coupling only
    assert cost_fingerprint(change(still, "pue", 1.7)) == cost_fingerprint(still)


def test_every_field_is_known():
    """A listed word that is no field is a mistake in the list."""
    assert set(fp.SITING_FIELDS) | set(fp.LIMIT_FIELDS) <= {field.name for field in fields(Inputs)}
    assert set(fp.SITING_SETTINGS) | set(fp.LIMIT_SETTINGS) <= {field.name for field in fields(Settings)}
    assert set(fp.SITING_HOURS) <= {field.name for field in fields(HourlyYear)}
