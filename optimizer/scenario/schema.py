"""What a planner may choose: every key of a scenario file, with unit, meaning and range.

No key has a value here: all values are written in `scenarios/japan-2030.yaml`, and other
scenarios inherit from it. `docs/scenario.md` and the JSON Schema are made from this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import fsum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from optimizer.scenario.schema_base import Frozen as _Frozen
from optimizer.scenario.schema_base import contradiction as _contradiction
from optimizer.scenario.schema_choices import Clean, Flexibility
from optimizer.scenario.schema_pathway import Pathway

MODES = ("domestic", "platform", "leased", "foreign")
GOALS_NOW = ("serve",)
"""Goals this version can solve; the others are known words with an error of their own."""

SHARE_TOLERANCE = 1e-9
"""Rounding allowed where shares are summed: they are written by people in decimals."""

Share = Annotated[float, Field(ge=0, le=1)]
Factor = Annotated[float, Field(ge=0, le=100)]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)]
Words = Annotated[str, Field(min_length=1, max_length=400)]
Mode = Literal["domestic", "platform", "leased", "foreign"]


class Bilingual(_Frozen):
    """The same words twice."""

    ja: Words
    """Japanese."""

    en: Words
    """English."""


class Demand(_Frozen):
    """The computing to be placed."""

    growth_it_mw: Annotated[float, Field(ge=1, le=1_000_000)]
    """New IT load of the nation by the target year, before division by utilisation. [MW]"""

    workload_shares: dict[Identifier, Share] | None
    """Share of the new IT load in each class of computing; sums to 1; null takes the pack's table. [1]"""

    existing_spare_share: Share
    """Share of the IT capacity standing today that is idle and may serve new load. [1]"""

    allow_abroad: bool
    """Whether load may be served from abroad, at the price of the pack's parameters."""

    announced_foreign_mw: dict[Identifier, Annotated[float, Field(ge=0, le=1_000_000)]]
    """Foreign-owned IT capacity in service by the target year, by grid area, on top of `growth_it_mw` and of
    what stands today: it draws power like any data center, is placed already, and captures nothing; `{}` is
    none. A file that gives it replaces the inherited one as a whole. [MW]"""

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Demand:
        shares = self.workload_shares
        if shares is not None and abs(fsum(shares.values()) - 1) > SHARE_TOLERANCE:
            total = f"{fsum(shares.values()):.10g}"
            raise _contradiction(
                "workload_shares",
                f"sum to {total}; they must sum to 1",
                f"合計が {total} です。1 にしてください",
            )
        return self


class ShareBounds(_Frozen):
    """Bounds of one operating mode; a bound left out does not bind."""

    min: Share = 0.0
    """Least share of the IT load sold in this mode; left out: no lower bound. [1]"""

    max: Share = 1.0
    """Largest share of the IT load sold in this mode; left out: no upper bound. [1]"""


def _bounds_of(mix: Mapping[Mode, ShareBounds], mode: str) -> tuple[float, float]:
    bounds = {str(name): value for name, value in mix.items()}
    return (bounds[mode].min, bounds[mode].max) if mode in bounds else (0.0, 1.0)


def _check_mix(key: str, mix: Mapping[Mode, ShareBounds]) -> None:
    """Refuse bounds no mix of modes can keep."""
    for mode, bounds in mix.items():
        if bounds.min > bounds.max:
            words = f"min {bounds.min:g} > max {bounds.max:g}"
            fix = "write both, or the mode without the other"
            raise _contradiction(f"{key}.{mode}", f"{words}; {fix}", f"{words} です。両方書いてください")
    low = fsum(bounds.min for bounds in mix.values())
    high = fsum(_bounds_of(mix, mode)[1] for mode in MODES)
    if low > 1 + SHARE_TOLERANCE:
        raise _contradiction(
            key,
            f"min shares sum to {low:.10g}; the sum must not exceed 1",
            f"min の合計が {low:.10g} です。1 以下にしてください",
        )
    if high < 1 - SHARE_TOLERANCE:
        raise _contradiction(
            key,
            f"max shares sum to {high:.10g}; the sum must reach 1",
            f"max の合計が {high:.10g} です。1 以上にしてください",
        )


class Policy(_Frozen):
    """Rules the plan must keep."""

    min_regional_share: Share
    """Least share of the nation's new IT capacity outside `metropolitan_areas`; 0 is no rule. [1]"""

    metropolitan_areas: Annotated[tuple[Identifier, ...], Field(strict=False)]
    """Grid areas that do not count as regional; identifiers of the pack's areas."""

    operator_mix: dict[Mode, ShareBounds]
    """Who owns and sells the capacity: bounds on the share of each operating mode in the IT load sold of
    every class; a mode left out is free. A file that gives `operator_mix` replaces the inherited one as a
    whole. [1]"""

    operator_mix_by_workload: dict[Identifier, dict[Mode, ShareBounds]]
    """Bounds of single classes of computing, by class and mode; a class named here leaves `operator_mix`,
    a mode left out is free in it; `{}` is none. A file that gives it replaces the inherited one as a whole.
    [1]"""

    additionality: Annotated[float, Field(ge=0, le=100)]
    """New renewable energy the plan may build, per energy its data centers draw. [1]"""

    max_area_share: dict[Identifier, Share]
    """Largest share of the nation's new IT capacity in a grid area, by identifier of the pack's areas; an
    area left out is free; `{}` is no rule. [1]"""

    min_areas: Annotated[int, Field(ge=1, le=1000)]
    """Least number of grid areas with new IT capacity: no area gets more than 1 / `min_areas` of it, so that
    at least so many have some; 1 is no rule. [1]"""

    max_hazard: Share | None
    """Largest mean seismic hazard of the new IT capacity, weighted by MW: the probability of JMA 6-lower or
    more in 30 years of the sites table; null is no rule. [1]"""

    distribution: Literal["free", "as_today"]
    """`free`: the optimizer places the capacity; `as_today`: each grid area keeps its share of today's
    stock."""

    @model_validator(mode="after")
    def _mix_can_be_met(self) -> Policy:
        _check_mix("operator_mix", self.operator_mix)
        for workload, mix in self.operator_mix_by_workload.items():
            _check_mix(f"operator_mix_by_workload.{workload}", mix)
        return self

    @model_validator(mode="after")
    def _areas_are_named_once(self) -> Policy:
        if len(set(self.metropolitan_areas)) < len(self.metropolitan_areas):
            raise _contradiction("metropolitan_areas", "an area is named twice", "同じエリアが二度あります")
        return self

    def mode_bounds(self, mode: str, workload: str = "") -> tuple[float, float]:
        """Return least and largest share of `mode` in a class [1]; a mode not named is free: (0, 1)."""
        return _bounds_of(self.operator_mix_by_workload.get(workload, self.operator_mix), mode)


class Aim(_Frozen):
    """What the goals `capture` and `budget` ask for; the goal `serve` does not look at it."""

    capture_share: Annotated[float, Field(ge=0.0001, le=1)] | None
    """Goal `capture`: least share of the cloud and AI outflow of the target year to keep at home, gross, base
    case of the capture model; null where the goal is another. [1]"""

    budget_jpy_bn: Annotated[float, Field(ge=1, le=1_000_000)] | None
    """Goal `budget`: most that may be spent once on buildings, land, connection, grid, renewables, batteries
    and lines, public and private together, machines not counted; null where the goal is another. [JPY bn]"""

    public_share: Share
    """Public part of the budget, for captured yen per public yen; 0 where none is stated. [1]"""


class Finance(_Frozen):
    """How money spent once becomes money per year."""

    discount_rate: Annotated[float, Field(ge=0, le=0.5)]
    """Real cost of capital, before tax. [1/a]"""


class Grid(_Frozen):
    """How far the power system may be used and widened."""

    headroom_factor: Factor
    """Multiplies the spare grid capacity of every site. [1]"""

    reinforcement_factor: Factor
    """Multiplies the size of every step of local grid reinforcement; cost per kW stays. [1]"""

    reinforcement_delay_a: Annotated[int, Field(ge=0, le=50)]
    """Years by which every dated step of local grid reinforcement is late; a step counts if it can be in
    service by the target year. [a]"""

    adequacy_margin: Annotated[float, Field(ge=0, le=1)] | None
    """Capacity margin: least firm capability over load in the stressed hours of the year, less one, in every
    area, with help over interties; what the plan lacks is bought as firm capacity. Load behind
    non-firm connections needs none as far as `nonfirm_hours` last through stressed evenings; null asks for
    none. [1]"""

    site_limit_factor: Factor
    """Multiplies the IT capacity every site allows. [1]"""

    renewable_potential_factor: Factor
    """Multiplies the new renewable capacity every site can host. [1]"""

    intertie_expansion: bool
    """Whether the plan may expand the links between grid areas."""

    new_batteries: bool
    """Whether the plan may build batteries."""

    new_renewables: bool
    """Whether the plan may build solar and wind."""

    nonfirm_share: Share
    """Non-firm connection a site may take, per its `site_limit_mw` at peak PUE: it needs no headroom, and may
    be interrupted; 0 is none. [1]"""

    nonfirm_hours: Annotated[float, Field(ge=0, le=8760)]
    """Hours a year for which a non-firm connection may be interrupted, at the price of the pack's parameters.
    [h/a]"""

    co2_price_jpy_per_t: Annotated[float, Field(ge=0, le=1_000_000)] | None
    """Price of CO2 on the fuel of power stations; null takes the pack's parameter. [JPY/t]"""


class Network(_Frozen):
    """What distance does to the user."""

    fibre: Literal["leased", "graph"]
    """`leased`: any distance at a price per km, without limit; `graph`: the pack's links (`fibre_links`) with
    length, capacity and cost of new capacity, every user on the quickest way."""

    fibre_capacity_factor: Factor
    """Multiplies the capacity every link of a graph can spare today; what may be added stays. [1]"""

    photonic: bool
    """Whether links are all-photonic: equipment adds what the `photonic_` parameters say; light stays as
    fast as it is."""

    route_factor: Annotated[float, Field(ge=1, le=10)] | None
    """Length of leased fibre per straight-line distance; null takes the pack's parameter. Links of a graph
    have factors of their own in the pack. [1]"""

    rtt_limit_ms: dict[Identifier, Annotated[float, Field(ge=0.1, le=10_000)]] | None
    """Largest round-trip time between user and site, by class of computing; a class left out, or null, takes
    the pack's table. [ms]"""

    @model_validator(mode="after")
    def _links_have_their_own_length(self) -> Network:
        if self.fibre == "graph" and self.route_factor is not None:
            raise _contradiction(
                "route_factor",
                "is for leased fibre, and fibre is graph; write null, or change fibre_links of the pack",
                "は借用回線用です（fibre: graph）。null にするか、表 fibre_links を変えてください",
            )
        return self


class Weather(_Frozen):
    """Which synthetic year the plan is made for."""

    year_seed: Annotated[int, Field(ge=0, le=2_147_483_647)]
    """Seed of the synthetic year of weather and demand; the same seed gives the same hours."""


class Solve(_Frozen):
    """When the solver may stop, and what it may use."""

    gap: Annotated[float, Field(ge=1e-8, le=0.1)]
    """Proven distance from the optimum at which the plan is accepted, relative to the plan's own cost. [1]"""

    max_iterations: Annotated[int, Field(ge=1, le=10_000)]
    """Most iterations of the decomposition."""

    time_limit_s: Annotated[float, Field(ge=1, le=1_000_000)]
    """Longest time to solve. [s]"""

    workers: Annotated[int, Field(ge=1, le=256)]
    """Processes that solve periods side by side."""

    block_mw: Annotated[float, Field(ge=0.1, le=10_000)] | None
    """IT capacity of one hall where only whole halls are built; null builds any size. [MW]"""

    block_gap: Annotated[float, Field(ge=1e-8, le=0.1)] | None
    """Proven distance at which a plan of whole halls is accepted, relative to the plan's own cost; null takes
    `gap`. [1]"""


class Scenario(_Frozen):
    """One complete set of choices. A file with `base` gives only what it changes."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=80)]
    """Names the run and its folder: lower-case letters, digits, `-`, `_`, `.`. A file with `base` may
    leave it out: then it is the name of the file."""

    title: Bilingual
    """Heading of the results. A file with `base` may leave it out: then it is the name."""

    description: Bilingual | None
    """What the scenario asks; may be left out; not inherited."""

    pack: Words
    """Data pack: the name of a shipped one, or a folder of tables, written with a `/` (`./mypack`)."""

    sites: Literal["pack", "candidates"]
    """`pack`: the pack's table of sites as it stands; `candidates`: announced projects (`candidate_sites`) as
    sites of their own, and what they leave of the pack's sites."""

    year: Annotated[int, Field(ge=2025, le=2060)]
    """Target year: what is in service by its end counts."""

    goal: Literal["serve", "capture", "budget"]
    """`serve`: host the load at least cost. `capture`: the same, and keep a share of the cloud outflow at
    home (`aim.capture_share`). `budget`: keep as much of it as capital allows (`aim.budget_jpy_bn`)."""

    aim: Aim
    demand: Demand
    policy: Policy
    finance: Finance
    grid: Grid
    flexibility: Flexibility
    clean: Clean
    network: Network
    weather: Weather

    pathway: Pathway | None
    """Several target years in one plan; null is one, `year`."""

    @model_validator(mode="after")
    def _goal_has_its_aim(self) -> Scenario:
        needed = {"capture": ("capture_share", "0.1"), "budget": ("budget_jpy_bn", "3000")}
        key, example = needed.get(self.goal, ("public_share", ""))
        if getattr(self.aim, key) is None:
            raise _contradiction(
                "goal",
                f"{self.goal} needs aim.{key}, e.g. {example}",
                f"{self.goal} には aim.{key} が必要です。例 {example}",
            )
        if self.pathway is not None and self.solve.block_mw is not None:
            raise _contradiction(
                "pathway",
                "is for halls of any size; write null, or solve.block_mw: null",
                "は棟の大きさが自由な場合用です。null にするか、solve.block_mw を null にしてください",
            )
        if self.pathway is not None and self.goal != "serve":
            raise _contradiction(
                "pathway",
                f"is for goal: serve; for {self.goal} write pathway: null and one target year (year: 2030), "
                "or keep goal: serve and read what each year captures in years/YEAR/summary.json",
                f"は goal: serve 用です。{self.goal} は pathway: null とし year を1年ずつ解いてください。"
                "または serve のまま、各年に国内に残る額を years/年/summary.json で読めます",
            )
        return self

    parameters: dict[Identifier, float]
    """Other values for single numbers of the pack, by name and in the unit of `data/parameters.csv`."""

    solve: Solve
