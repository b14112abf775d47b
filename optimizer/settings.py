"""The scenario's numbers that enter the programme: part of `Inputs`, see `optimizer.milestones`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """The scenario's numbers that enter the programme, already in internal units."""

    goal: str
    year: int
    metropolitan_areas: tuple[str, ...]
    min_regional_share: float
    additionality: float
    distribution: str
    """`free`, or `as_today`: each area keeps its share of today's stock."""

    allow_abroad: bool
    voll_jpy_bn_per_gwh: float
    spill_jpy_bn_per_gwh: float
    gap: float
    max_iterations: int
    time_limit_s: float
    workers: int
    weeks: int | None
    preview: bool

    nonfirm_hours: float = 0.0
    """Hours a year for which a non-firm connection may be interrupted."""

    interrupt_jpy_bn_per_gwh: float = 0.0
    shift: bool = False
    """Whether flexible work may wait within the day."""

    shift_jpy_bn_per_gwh: float = 0.0
    move: bool = False
    """Whether flexible work may be done in another area."""

    move_jpy_bn_per_gwh: float = 0.0
    gateway_gw: float = 0.0
    """Work an area's fibre can take in and send out at once, in facility power."""

    matching: str = "none"
    """`none`, `annual` or `hourly`: how the plan's renewables must cover its data centers."""

    matching_share: float = 0.0
    delivered_within: str = "nation"
    """`area` or `nation`: where hourly matched power must be contracted."""

    unmatched_jpy_bn_per_gwh: float = 0.0
    co2_cap_kt: float | None = None
    """Cap on the CO2 of all power stations; None is no cap. [kt/a]"""

    co2_overshoot_jpy_bn_per_kt: float = 0.0

    area_caps: Mapping[str, float] = field(default_factory=dict)
    """Largest share of the new IT capacity by area; an area left out is free. [1]"""

    max_hazard: float | None = None
    """Largest mean seismic hazard of the new IT capacity; None is no cap. [1]"""

    land_km2_per_gw: float = 0.0
    water_hm3_per_gwh: float = 0.0
    """Water per IT energy; hm3 is a million m3."""

    adequacy_margin: float | None = None
    """Firm capability over load in stressed hours, less one; None asks for none. [1]"""

    firm_capacity_jpy_bn_per_gw_a: float = 0.0
    storage_credit_hours: float = 1.0
    """Hours a store must hold out for its power to count as firm."""

    capture_share: float | None = None
    """Least share of the cloud outflow to capture; None is no target. [1]"""

    budget_jpy_bn: float | None = None
    """Most that may be spent once on building; None is no budget."""

    capture_value_jpy_per_jpy: float = 0.0
    """What a captured yen is worth in the objective; 0 unless the goal is a budget."""

    public_share: float = 0.0
    """Public part of the budget; 0 where none is stated. [1]"""

    block_gw: float | None = None
    """IT capacity of one hall; None builds any size."""

    block_gap: float | None = None
    """Accepted gap with whole halls, relative to the plan's cost; None takes :attr:`gap`. [1]"""
