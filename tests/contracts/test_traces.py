"""Every published figure says how it is made and from which inputs; a new one without a trace fails here."""

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pandas as pd
import pytest

from optimizer.inputs.pack import find_pack, read_pack
from optimizer.inputs.weather_tables import WEATHER_TABLES
from optimizer.milestones import CAPTURE_LINES, Capture
from optimizer.model.build import EQUATIONS
from optimizer.model.pathway import PATHWAY_EQUATIONS
from optimizer.run import make_summary
from optimizer.scenario.catalogue import catalogue
from optimizer.scenario.pathway_tables import PATHWAY_TABLES, RESULT_TABLES
from optimizer.scenario.result_tables import PLAN_TABLES
from optimizer.scenario.tables import OPTIONAL_TABLES, PACK_TABLES
from optimizer.scenario.trace_groups import references
from optimizer.scenario.traces import HOW, TRACES, trace_of
from tests.toy import planned, toy

PACK = read_pack(find_pack("japan"))
MEASURED = ("wall_s", "peak_rss_mb", "assumed_share_of_cost", "assumed_share_of_capture")
REFERENCES = sorted({name for trace in TRACES.values() for name in trace.inputs})
NOT_IN_A_RUN = {"computer_share_of_cloud", "fx_elasticity", "growth_correlation"}
"""Parameters of ranges and of a warning: no published base figure is made from them."""


def leaves(content, prefix=""):
    for key, value in content.items():
        yield from leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else (f"{prefix}{key}",)


def test_every_column_of_every_result_has_a_trace():
    columns = {f"{table}.{column.name}" for table, all_of in RESULT_TABLES.items() for column in all_of}
    assert {name for name in columns if trace_of(name) is None} == set()
    assert {name for name in TRACES if name.split(".")[0] in RESULT_TABLES and "." in name} == columns
    assert set(RESULT_TABLES) == set(PLAN_TABLES) | set(PATHWAY_TABLES)
    assert trace_of("pathway.waiting_jpy_per_kw_a").laws == (
        "within_site_build_rate",
        "within_nation_build_rate",
    )
    assert trace_of("pathway.figure_of_tomorrow") is None


def test_every_key_of_the_summary_has_a_trace():
    """Add a key to `summary.json` without saying where it comes from, and this fails."""
    lines = dict.fromkeys((*CAPTURE_LINES, "idle_imports_jpy_bn"), 1.0)
    capture = Capture(dict.fromkeys(("low", "base", "high"), lines), pd.DataFrame(), pd.DataFrame(), {})
    summary = make_summary(planned(toy())[1], capture)
    names = [*leaves(summary), *MEASURED]
    assert len(names) > 60
    assert [name for name in names if trace_of(name) is None] == []
    assert trace_of("capture.base.net_jpy_bn") == trace_of("capture.low.net_jpy_bn")
    assert trace_of("figure_of_tomorrow") is None
    assert trace_of("sites.figure_of_tomorrow") is None
    assert all(trace_of(f"capture.high.{line}") for line in CAPTURE_LINES)


@pytest.mark.parametrize("name", REFERENCES)
def test_every_input_named_exists(name):
    kind, _, rest = name.partition(":")
    table, _, column = name.partition(".")
    if kind == "parameter":
        assert any(fnmatchcase(str(one), rest) for one in PACK.parameters.index)
    elif kind == "scenario":
        assert any(key == rest or key.startswith(f"{rest}.") for key in catalogue())
    elif column:
        assert column in (PACK_TABLES | OPTIONAL_TABLES)[table].column_names
    else:
        assert table.removeprefix("weather_") in WEATHER_TABLES


def test_every_parameter_and_every_number_of_the_pack_is_behind_some_figure():
    """The other way round: an input no trace names would be invisible to whoever asks."""
    named = [name.removeprefix("parameter:") for name in REFERENCES if name.startswith("parameter:")]
    lost = {
        str(one) for one in PACK.parameters.index if not any(fnmatchcase(str(one), name) for name in named)
    }
    assert lost == NOT_IN_A_RUN
    numbers = {
        f"{table.name}.{column.name}"
        for table in PACK_TABLES.values()
        for column in table.columns
        if not column.is_text and column.name not in table.key
    }
    assert numbers - set(REFERENCES) == {
        "accounts.payments_jpy_bn", "accounts.receipts_jpy_bn",
        "accounts.deficit_jpy_bn", "accounts.computer_payments_jpy_bn",
        "areas.frequency_hz", "nodes.population_persons",
    }, "shown on maps, or the check of the account: no figure of the plan is made from them"  # fmt: skip


def test_laws_and_words_exist():
    anchors = set(re.findall(r"(?m)^### (\w+)$", Path("docs/formulation.md").read_text("utf-8")))
    laws = {law for trace in TRACES.values() for law in trace.laws}
    assert laws <= anchors
    assert {trace.how for trace in TRACES.values()} <= set(HOW)
    assert len(EQUATIONS) > 20
    assert laws >= {"serve_demand", "energy_balance", *(rule.__name__ for rule, _ in PATHWAY_EQUATIONS)}


def test_groups_are_taken_apart_once():
    """`land` and `building` share the discount rate: it is listed once."""
    names = references(("land", "building"))
    assert names.count("scenario:finance.discount_rate") == 1
    assert names[:2] == ("sites.land_jpy_per_m2", "parameter:land_m2_per_mw")
    assert replace(TRACES["sites.it_mw"]).inputs.count("scenario:finance.discount_rate") == 1
