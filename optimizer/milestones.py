"""What the stages hand to one another. Frozen, and free of solver and GIS objects.

    Scenario + pack ─inputs→ Inputs ─model→ Programme ─solve→ Solution ─analyse→ Plan ─capture→ Capture

Units inside: GW, GWh, JPY bn, JPY bn per year. Plan and Capture hold figures for people: MW, GWh, JPY.
Axes of arrays, always in this order: area A, site R, technology G, workload C, intertie L, hour T.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse as sp

from optimizer.settings import Settings

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HourlyYear:
    """One year of weather and demand, 8,760 hours in local time without daylight saving."""

    time: pd.DatetimeIndex
    """Start of each hour, naive local time; T entries."""

    demand_gw: Array
    """Demand of each area without the plan's data centers [A, T]."""

    must_run_gw: Array
    """Output of hydro, geothermal, biomass and other thermal [A, M, T], M = `tables.MUST_RUN`."""

    existing_cf: Array
    """Capacity factor of renewables in service, before curtailment [A, G, T]."""

    site_cf: Array
    """Capacity factor of new renewables at each site [R, G, T]."""

    temperature_c: Array
    """Outdoor air temperature at each site [R, T], degC."""


def no_pairs() -> pd.DataFrame:
    """Return no pair of areas, with the columns of :attr:`Inputs.between_areas`."""
    index = pd.MultiIndex.from_arrays([[], []], names=["from_area", "to_area"])
    return pd.DataFrame(columns=["distance_km", "fibre_jpy_per_gbps_a"], index=index, dtype=float)


def no_links() -> pd.DataFrame:
    """Return the links of a country whose fibre is leased: none, with the columns of a graph."""
    columns = ["name_ja", "name_en", "from_node", "to_node", "kind"]
    numbers = ["km", "rtt_ms", "capacity_tbps", "limit_tbps", "expansion_jpy_bn_per_tbps_a"]
    return pd.DataFrame(columns=columns + numbers).astype(dict.fromkeys(numbers, float))


@dataclass(frozen=True)
class Inputs:
    """Everything the programme needs, checked, in internal units, sorted canonically.

    Tables are indexed by their key; the order of rows is the order of the array axes.
    """

    name: str
    title: dict[str, str]
    pack: str
    settings: Settings
    areas: pd.DataFrame
    """Index area. name_ja, name_en, frequency_hz, lon, lat, as_today_share [1]."""

    sites: pd.DataFrame
    """Index site. name_ja, name_en, area, lon, lat, existing_it_gw, spare_it_gw, headroom_gw,
    site_limit_gw, nonfirm_limit_gw, pue_peak [1], building_jpy_bn_per_gw_a, land_jpy_bn_per_gw_a,
    connection_jpy_bn_per_gw_a (per GW of connection), seismic_share_30a [1]; spent once:
    building_jpy_bn_per_gw, land_jpy_bn_per_gw, connection_jpy_bn_per_gw."""

    reinforcements: pd.DataFrame
    """Index site, step. size_gw, cost_jpy_bn_per_gw_a, cost_jpy_bn_per_gw (spent once)."""

    renewables: pd.DataFrame
    """Index site, technology. limit_gw, cost_jpy_bn_per_gw_a, cost_jpy_bn_per_gw (spent once)."""

    renewables_existing_gw: Array
    """Capacity in service [A, G]."""

    technologies: tuple[str, ...]
    """Names along the technology axis."""

    workloads: pd.DataFrame
    """Index workload. name_ja, name_en, utilisation, rtt_limit_ms, gbps_per_mw, flexible_share, load_gw."""

    operator_mix: pd.DataFrame
    """Index workload, mode. min_share, max_share [1]."""

    modes: pd.DataFrame
    """Index mode. name_ja, name_en, premium_jpy_bn_per_gw_a (on top of the building)."""

    demand: pd.DataFrame
    """Index node, workload. demand_gw, abroad_jpy_bn_per_gw_a."""

    nodes: pd.DataFrame
    """Index node. name_ja, name_en, lon, lat."""

    routes: pd.DataFrame
    """Index node, workload, site: pairs within the latency limit only. rtt_ms, fibre_jpy_bn_per_gw_a."""

    interties: pd.DataFrame
    """Index intertie. name_ja, name_en, from_area, to_area, forward_gw, reverse_gw, loss_share,
    expansion_limit_gw, expansion_jpy_bn_per_gw_a, expansion_jpy_bn_per_gw (spent once)."""

    storage: pd.DataFrame
    """Index area, storage. power_gw, energy_gwh, charge_efficiency, discharge_efficiency,
    expansion_limit_gw, power_jpy_bn_per_gw_a, energy_jpy_bn_per_gwh_a; spent once: power_jpy_bn_per_gw,
    energy_jpy_bn_per_gwh."""

    fleets: pd.DataFrame
    """Index area, fleet. available_gw, min_gw, cost_jpy_bn_per_gwh (with CO2 price), co2_kt_per_gwh."""

    hours: HourlyYear
    pue: Array
    """Facility power per IT power [R, T]."""

    profile: Array
    """Load of each class relative to its mean [C, T]."""

    accounts: pd.DataFrame
    """Index year: the digital account, see `tables.PACK_TABLES['accounts']`."""

    workload_accounts: pd.DataFrame
    """Index workload, account. share [1]."""

    parameters: pd.DataFrame
    """Index name. value, unit, price_year, low, high, grade, source, meaning: every single number."""

    between_areas: pd.DataFrame = field(default_factory=no_pairs)
    """Index from_area, to_area: distance_km and fibre_jpy_per_gbps_a between label points, leased or over new
    capacity of the graph; pairs no fibre joins are left out."""

    site_resources: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Index site, only sites with a limit. land_km2, water_hm3_per_a; empty where there is none."""

    resolved: dict[str, Any] = field(default_factory=dict)
    """The scenario as resolved, for the record."""

    fibre_nodes: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Index fibre_node. name_ja, name_en, kind, lon, lat; empty where fibre is leased, like those below."""

    fibre_links: pd.DataFrame = field(default_factory=no_links)
    """Index fibre_link. name_ja, name_en, from_node, to_node, kind, km, rtt_ms, capacity_tbps, limit_tbps,
    expansion_jpy_bn_per_tbps_a."""

    fibre_paths: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Columns node, site, fibre_link: one row per link passed on the quickest way."""

    fibre_reach: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Columns site, kind, fibre_node, rtt_ms: exchange and landing station each site reaches soonest."""

    capture_lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Index account. outflow_jpy_bn, ceiling_jpy_bn, platform_kept [1]; empty where the goal is to serve."""

    capture_offers: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Index workload, account. displaced_jpy_bn_per_gw_a: payment abroad a GW sold at home would displace."""

    capture_segments: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Index segment. width (multiple of the ceiling), slope (captured per displaced yen) [1]."""

    announced_foreign: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Index area. it_gw, electricity_gwh (a year): foreign capacity that is part of `hours.demand_gw`."""


@dataclass(frozen=True)
class Rows:
    """Where a named equation (or variable) lives in a compiled programme."""

    keys: tuple[Any, ...]
    """Keys along the first axis; for dispatch, without the hour."""

    at: npt.NDArray[np.int64]
    """Row (or column) numbers: [key] in the siting problem, [key, hour] in a dispatch block; [key, 0] there
    for what belongs to the whole period."""


@dataclass(frozen=True)
class LinearProgramme:
    """A linear programme as arrays: `lower ≤ A x ≤ upper`, `column_lower ≤ x ≤ column_upper`, min `c x`."""

    matrix: sp.csr_matrix
    cost: Array
    lower: Array
    upper: Array
    column_lower: Array
    column_upper: Array
    equations: dict[str, Rows]
    variables: dict[str, Rows]
    emission: Array | None = None
    """CO2 of one unit of each column; None where nobody asks. [kt/GWh]"""

    shared: tuple[str, ...] = ()
    """Equations of a dispatch block whose limits are the period's shares of yearly totals."""


@dataclass(frozen=True)
class Period:
    """One period of the year: which block it uses, its right-hand sides, and how siting moves them."""

    hours: npt.NDArray[np.int64]
    """Hours of the year the period covers."""

    weight: float
    """How many such periods the year has; Σ weight · len(hours) = 8,760."""

    lower: Array
    """Lower limits of the block's rows without the plan."""

    upper: Array
    """Upper limits of the block's rows without the plan."""

    coupling: sp.csr_matrix
    """What one unit of each interface column adds to the limits of the block's rows."""


@dataclass(frozen=True)
class Programme:
    """The compiled programme: siting, dispatch blocks by length, periods, and the seed's periods."""

    siting: LinearProgramme
    interface: npt.NDArray[np.int64]
    """Columns of the siting problem that the grid sees, in the order of `Period.coupling`."""

    blocks: dict[int, LinearProgramme]
    periods: tuple[Period, ...]
    seed: tuple[Period, ...]
    seed_siting: LinearProgramme
    """The siting problem over the seed's periods: another where a yearly rule is shared out over periods."""

    seed_interface: npt.NDArray[np.int64]
    """Columns of the seed's siting problem that the grid sees."""

    baseline: Array
    """Interface values of the same system without the plan: zero, but no rule of the plan binds."""

    seed_baseline: Array
    """The same for the seed's periods."""


@dataclass(frozen=True)
class Solution:
    """What the solver said, as plain numbers; internal units, prices per unit of the constraint."""

    siting: dict[str, pd.Series]
    """Value of every siting variable, by name, indexed like the variable."""

    siting_duals: dict[str, pd.Series]
    """d(cost)/d(right-hand side) of every siting equation, JPY bn/a per GW (or per unit)."""

    siting_reduced: dict[str, pd.Series]
    """Reduced cost of every siting variable with the dispatch value included, JPY bn/a per GW."""

    siting_value: dict[str, pd.Series]
    """d(dispatch cost)/d(siting variable), as the master that proved the bound sees it, JPY bn/a per GW."""

    programme: LinearProgramme
    """The siting problem that was solved: its rows take prices apart."""

    dispatch: dict[str, Array]
    """Hourly value of every dispatch variable [index..., T] at the plan."""

    dispatch_duals: dict[str, Array]
    """Hourly dual of every dispatch equation [index..., T], JPY bn per GWh of that hour."""

    dispatch_index: dict[str, tuple[Any, ...]]
    """Keys of the first axis of every dispatch array, by component name."""

    baseline: dict[str, Array]
    """`dispatch` of the same system without the plan."""

    baseline_duals: dict[str, Array]
    """`dispatch_duals` of the same system without the plan."""

    hour: npt.NDArray[np.int64]
    """Hour of the year behind each entry of the T axis."""

    weight: Array
    """Hours of the year each entry stands for; sums to 8,760."""

    cost: float
    """System cost with the plan, JPY bn/a (upper bound, at the published vertex)."""

    lower_bound: float
    """Proven lower bound of the system cost, JPY bn/a."""

    baseline_cost: float
    """System cost without the plan, JPY bn/a."""

    siting_cost: float
    """Part of `cost` that is siting, not dispatch, JPY bn/a."""

    bounds: pd.DataFrame
    """One row per iteration: iteration, lower_jpy_bn_per_a, upper_jpy_bn_per_a, gap_plan, gap_system,
    elapsed_s, stage."""

    certificate: dict[str, Any]
    """primal, dual, gap (worst relative figures over all solves), passed, details."""

    periods: int
    iterations: int
    log: tuple[str, ...] = ()
    period_cost: Array = field(default_factory=lambda: np.zeros(0))
    """Weighted dispatch cost of every period with the plan, JPY bn/a."""

    baseline_period_cost: Array = field(default_factory=lambda: np.zeros(0))
    """The same without the plan."""

    rents: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Columns law, key, jpy_bn_per_a, before_jpy_bn_per_a: price times limit of every law, with the plan and
    without it; siting laws by their key. The sums are a proven lower bound and the cost without the plan."""

    blocks: dict[str, float] = field(default_factory=dict)
    """Where halls are whole: block_mw, gap_blocks, wholeness_jpy_bn_per_a, integrality; empty elsewhere."""
    frontier: dict[str, float] = field(default_factory=dict)
    """Where the goal is a budget: capture_jpy_bn, the most it can capture whatever it costs a year, and
    jpy_per_budget_jpy, what one more yen of budget would add to that."""


@dataclass(frozen=True)
class Plan:
    """The answer in the user's words: tidy tables in people's units, and headline figures."""

    name: str
    title: dict[str, str]
    pack: str
    tables: dict[str, pd.DataFrame]
    """Tables by name with the columns of `PLAN_TABLES`, default integer index."""

    figures: dict[str, Any]
    """Headline figures under the names of `summary.json`, without capture and run statistics."""

    sold_mw: pd.DataFrame
    """IT load sold: columns site, area, workload, mode, sold_mw, built_mw (IT capacity behind it)."""

    renewable_share: pd.Series
    """Index area: share of the new data centers' power that is domestic renewable energy. [1]"""

    bounds: pd.DataFrame
    """Copy of `Solution.bounds`."""

    certificate: dict[str, Any]
    """Copy of `Solution.certificate`."""

    log: tuple[str, ...] = ()


CAPTURE_LINES = (
    "outflow_jpy_bn",
    "addressable_jpy_bn",
    "ceiling_jpy_bn",
    "gross_jpy_bn",
    "net_jpy_bn",
    "digital_account_jpy_bn",
    "share_of_outflow",
    "share_of_addressable",
)
"""Published for every case, under these names in `summary.json`."""


@dataclass(frozen=True)
class Capture:
    """How much cloud money the plan keeps at home; money in JPY bn per year."""

    cases: dict[str, dict[str, float]]
    """`low`, `base`, `high` → `CAPTURE_LINES` and further lines: leakage_goods_jpy_bn,
    leakage_services_jpy_bn, leakage_income_jpy_bn, idle_imports_jpy_bn, revenue_jpy_bn,
    chord_error_jpy_bn (exact curve against the programme's eight segments)."""

    by_account: pd.DataFrame
    """Columns case, account and the lines, one row per case and market line."""

    attribution: pd.DataFrame
    """Columns case, site, area, workload, mode, sold_mw, gross_jpy_bn, net_jpy_bn; sums to the nation."""

    identity: dict[str, float]
    """The digital account of the reference year: payments, receipts, deficit and the residual."""

    year: int = 2030
    notes: tuple[str, ...] = ()
    sampled: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Columns line, p05, p50, p95: every line under seeded draws inside the parameters' ranges."""

    tornado: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Columns parameter, low, high, net_at_low, net_at_high, swing (JPY bn/a), largest swing first."""
