"""The table of sites says what one more MW costs there: the sum of the columns it names, and nothing else."""

from __future__ import annotations

import pytest
from toy import planned, toy

from optimizer.scenario.result_tables import PLAN_TABLES

ALL_IN = "all_in_jpy_m_per_mw_a"
CHANGES = {
    "sites.land_jpy_bn_per_gw_a": 5.0, "sites.connection_jpy_bn_per_gw_a": 10.0, "sites.pue_peak": 1.4,
    "routes.fibre_jpy_bn_per_gw_a": 50.0,
}  # fmt: skip


def test_site_cost_is_the_sum_of_the_six_columns_before_it():
    """Building 100, land 5, connection 1.4 · 10, energy 87.6: 206.6. The fibre, 50, is in the stack alone: 256.6."""
    _, plan = planned(toy(CHANGES))
    columns = [column.name for column in PLAN_TABLES["sites"]]
    at = columns.index(ALL_IN)
    named = columns[at - 6 : at]
    assert [name.split("_")[0] for name in named] == [
        "building", "land", "connection", "grid", "energy", "capacity"
    ]  # fmt: skip
    site = plan.tables["sites"].iloc[0]
    assert site[ALL_IN] == pytest.approx(206.6)
    assert site[named].sum() == pytest.approx(206.6)
    assert plan.tables["stack"]["jpy_m_per_mw_a"].sum() == pytest.approx(256.6)


def test_its_meaning_names_what_it_is():
    meaning = next(column.meaning for column in PLAN_TABLES["sites"] if column.name == ALL_IN)
    assert meaning.startswith("sum of the six columns before it")
    assert "stack.csv" in meaning
