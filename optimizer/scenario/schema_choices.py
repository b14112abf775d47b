"""What a planner may choose of flexible computing and of rules of clean power."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from optimizer.scenario.schema_base import Frozen as _Frozen


class Flexibility(_Frozen):
    """Whether computing that can wait does so, `flexible_share` of each class."""

    shift: bool
    """Whether flexible work may wait until another hour of the same day."""

    move: bool
    """Whether flexible work may be done for an hour by idle machines in another grid area."""


class Clean(_Frozen):
    """What the plan's own renewables must cover, and what the nation may emit.

    Both rules are soft: what is missing is bought out at a price of the pack's parameters
    (`unmatched_jpy_per_kwh`, `co2_overshoot_jpy_per_t`), and a run that does so says it on the console, on
    the page and in `missed_rules_jpy_bn_per_a` of `summary.json`.
    """

    matching: Literal["none", "annual", "hourly"]
    """How contracted renewables must cover the data centers' electricity: not at all, over the year, or in
    the hour of use, batteries included."""

    share: Annotated[float, Field(ge=0, le=1)]
    """Share of the data centers' electricity to be matched; what is not matched pays
    `unmatched_jpy_per_kwh` for each kWh. [1]"""

    delivered_within: Literal["area", "nation"]
    """With hourly matching: whether power must be contracted in the same grid area, or anywhere in the
    nation."""

    co2_cap_mt: Annotated[float, Field(ge=0, le=100_000)] | None
    """Cap on the yearly CO2 of all the nation's power stations; null is no cap. What is emitted beyond it
    pays `co2_overshoot_jpy_per_t`. A cap below what the nation emits without the plan charges the abatement
    of the whole nation to the plan, and the run says so. [Mt/a]"""
