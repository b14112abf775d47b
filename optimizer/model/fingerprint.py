"""Which points share a grid: digests of what enters the dispatch blocks, their limits and their coupling.

What only the siting problem (or nothing in the programme) reads is left out **by name**, in the lists below;
everything else counts. So a field somebody adds tomorrow counts until it is listed: a mistake costs speed,
never truth. A test changes every listed field and finds the same blocks, any other and finds another digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from optimizer.milestones import HourlyYear, Inputs
from optimizer.settings import Settings

NAMES = ("name_ja", "name_en", "lon", "lat")

SITING_FIELDS = (
    "name", "title", "reinforcements", "operator_mix", "modes", "demand", "nodes", "routes", "accounts",
    "workload_accounts", "parameters", "between_areas", "site_resources", "resolved", "fibre_nodes",
    "fibre_links", "fibre_paths", "fibre_reach", "capture_lines", "capture_offers", "capture_segments",
    "announced_foreign",
)  # fmt: skip
"""Fields of `Inputs` no dispatch block reads; what `parameters` and `resolved` bring about is in others."""

SITING_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "areas": (*NAMES, "frequency_hz", "as_today_share"),
    "sites": (
        *NAMES, "existing_it_gw", "spare_it_gw", "headroom_gw", "site_limit_gw", "nonfirm_limit_gw",
        "pue_peak", "pue_mean", "seismic_share_30a", "building_jpy_bn_per_gw_a", "land_jpy_bn_per_gw_a",
        "connection_jpy_bn_per_gw_a", "building_jpy_bn_per_gw", "land_jpy_bn_per_gw",
        "connection_jpy_bn_per_gw",
    ),
    "renewables": ("limit_gw", "cost_jpy_bn_per_gw_a", "cost_jpy_bn_per_gw"),
    "workloads": ("name_ja", "name_en", "rtt_limit_ms", "gbps_per_mw", "share", "load_gw"),
    "interties": (
        "name_ja", "name_en", "expansion_limit_gw", "expansion_jpy_bn_per_gw_a", "expansion_jpy_bn_per_gw",
    ),
    "storage": (
        "expansion_limit_gw", "power_jpy_bn_per_gw_a", "energy_jpy_bn_per_gwh_a", "power_jpy_bn_per_gw",
        "energy_jpy_bn_per_gwh",
    ),
}  # fmt: skip
"""Columns of tables no dispatch block reads; of `nonfirm_limit_gw` only which sites have any counts."""

SITING_SETTINGS = (
    "goal", "year", "metropolitan_areas", "min_regional_share", "additionality", "distribution",
    "allow_abroad", "gap", "max_iterations", "time_limit_s", "workers", "nonfirm_hours", "matching_share",
    "co2_cap_kt",
    "area_caps", "max_hazard", "land_km2_per_gw", "water_hm3_per_gwh", "adequacy_margin",
    "firm_capacity_jpy_bn_per_gw_a", "storage_credit_hours", "capture_share", "budget_jpy_bn",
    "capture_value_jpy_per_jpy", "public_share", "block_gw", "block_gap",
)  # fmt: skip
"""Settings no dispatch block reads; of `co2_cap_kt` only whether there is a cap counts."""

SITING_HOURS = ("temperature_c",)
"""Fields of the year no dispatch block reads; what temperature brings about is in `pue`."""

LIMIT_FIELDS = ("hours", "renewables_existing_gw", "profile", "technologies")
"""Fields of `Inputs` that are limits or coupling of a block, not its matrix or cost."""

LIMIT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "workloads": ("utilisation", "flexible_share"),
    "interties": ("forward_gw", "reverse_gw"),
    "storage": ("power_gw", "energy_gwh"),
    "fleets": ("available_gw", "min_gw"),
}
"""Columns that are limits or coupling of a block."""

LIMIT_SETTINGS = ("gateway_gw",)
"""Settings that are limits of a block."""


def grid_fingerprint(inputs: Inputs) -> str:
    """Return the digest of everything that enters dispatch: blocks, limits, coupling, periods and weights.

    Points with the same digest have the same blocks, periods and interface columns, entry by entry, so every
    cut and basis of one holds for the other.

    Args:
        inputs: checked inputs.

    Returns:
        sha256, 64 hex digits.
    """
    return _digest(inputs, SITING_FIELDS, SITING_COLUMNS, (SITING_SETTINGS, SITING_HOURS))


def cost_fingerprint(inputs: Inputs) -> str:
    """Return the digest of what makes matrix and cost of the blocks, and the columns the grid sees.

    Points with the same digest differ in limits and coupling only (demand, weather, load, capacity in
    service): the duals of one are valid bounds of the other.

    Args:
        inputs: checked inputs.

    Returns:
        sha256, 64 hex digits.
    """
    columns = {
        name: (*SITING_COLUMNS.get(name, ()), *LIMIT_COLUMNS.get(name, ()))
        for name in {*SITING_COLUMNS, *LIMIT_COLUMNS}
    }
    pue = () if inputs.settings.move else ("pue",)  # moved work weighs by the areas' mean
    return _digest(
        inputs, (*SITING_FIELDS, *LIMIT_FIELDS, *pue), columns, ((*SITING_SETTINGS, *LIMIT_SETTINGS), ())
    )


def _digest(
    inputs: Inputs,
    without: tuple[str, ...],
    columns: Mapping[str, tuple[str, ...]],
    words: tuple[tuple[str, ...], tuple[str, ...]],
) -> str:
    digest = hashlib.sha256()
    nonfirm = inputs.sites["nonfirm_limit_gw"].to_numpy(dtype=float) > 0
    _add(digest, "nonfirm", nonfirm)
    _add(digest, "co2_cap", inputs.settings.co2_cap_kt is not None)
    for field in fields(inputs):
        value = getattr(inputs, field.name)
        if field.name in without:
            continue
        if isinstance(value, pd.DataFrame):
            _add_table(digest, field.name, value, columns.get(field.name, ()))
        elif isinstance(value, Settings | HourlyYear):
            left_out = words[isinstance(value, HourlyYear)]
            for part in fields(value):
                if part.name not in left_out:
                    _add(digest, f"{field.name}.{part.name}", getattr(value, part.name))
        else:
            _add(digest, field.name, value)
    return digest.hexdigest()


def _add_table(digest: Any, name: str, table: pd.DataFrame, without: tuple[str, ...]) -> None:
    _add(digest, f"{name} index", list(table.index))
    for column in sorted(column for column in table.columns if column not in without):
        values = table[column]
        plain = values.to_numpy() if values.dtype.kind in "fiub" else list(values)
        _add(digest, f"{name}.{column}", plain)


def _add(digest: Any, name: str, value: Any) -> None:
    if isinstance(value, pd.DatetimeIndex):
        value = value.to_numpy().astype("datetime64[s]").astype(np.int64)
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        digest.update(f"{name} {value.dtype.str} {value.shape} ".encode())
        digest.update(np.ascontiguousarray(value).data)
    else:
        digest.update(f"{name} {value!r}\n".encode())
