"""The programme's own inputs as files, so that anyone can write the linear programme down again.

`inputs/assembled/` holds every table of `Inputs` in internal units (GW, GWh, JPY bn/a) and the hourly year
as drawn.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict

import numpy as np
import pandas as pd

from optimizer.milestones import Array, Inputs
from optimizer.scenario.tables import MUST_RUN

TABLES = (
    "areas", "sites", "reinforcements", "renewables", "workloads", "operator_mix", "modes", "demand", "nodes",
    "routes", "interties", "storage", "fleets", "accounts", "workload_accounts", "parameters",
)  # fmt: skip

WHERE_ASKED = ("capture_lines", "capture_offers", "capture_segments", "announced_foreign")
"""Tables a run has only where its scenario asks for them."""


def assembled_files(inputs: Inputs) -> dict[str, bytes]:
    """Return file contents by path below `inputs/`; numbers keep all their digits."""
    files = {f"assembled/{name}.csv": _csv(getattr(inputs, name)) for name in TABLES}
    optional = {name: getattr(inputs, name) for name in WHERE_ASKED}
    files |= {f"assembled/{name}.csv": _csv(table) for name, table in optional.items() if not table.empty}
    asked = {name: value for name, value in asdict(inputs.settings).items() if name != "workers"}
    if not inputs.site_resources.empty:
        files["assembled/site_resources.csv"] = _csv(inputs.site_resources)
    settings = json.dumps(asked, ensure_ascii=False, indent=1, allow_nan=False)
    files["assembled/settings.json"] = settings.encode()
    files["assembled/hours_areas.parquet"] = _parquet(_area_hours(inputs))
    files["assembled/hours_sites.parquet"] = _parquet(_site_hours(inputs))
    files["assembled/hours_workloads.parquet"] = _parquet(
        _long(inputs, {"load_pu": inputs.profile}, ("workload", inputs.workloads.index))
    )
    return files


def _area_hours(inputs: Inputs) -> pd.DataFrame:
    year = inputs.hours
    columns = {"demand_gw": year.demand_gw}
    columns |= {f"{kind}_gw": year.must_run_gw[:, number] for number, kind in enumerate(MUST_RUN)}
    existing = year.existing_cf * inputs.renewables_existing_gw[:, :, None]
    columns |= {f"existing_{g}_gw": existing[:, number] for number, g in enumerate(inputs.technologies)}
    return _long(inputs, columns, ("area", inputs.areas.index))


def _site_hours(inputs: Inputs) -> pd.DataFrame:
    columns = {"pue": inputs.pue}
    columns |= {f"{g}_cf": inputs.hours.site_cf[:, number] for number, g in enumerate(inputs.technologies)}
    return _long(inputs, columns, ("site", inputs.sites.index))


def _long(inputs: Inputs, columns: dict[str, Array], axis: tuple[str, pd.Index]) -> pd.DataFrame:
    name, keys = axis
    steps = len(inputs.hours.time)
    table = {
        name: pd.Categorical(np.repeat(keys, steps), categories=keys),
        "hour": np.tile(np.arange(steps, dtype=np.int32), len(keys)),
    }
    return pd.DataFrame(table | {column: values.ravel() for column, values in columns.items()})


def _csv(table: pd.DataFrame) -> bytes:
    return table.reset_index().to_csv(index=False, lineterminator="\n", float_format="%.17g").encode()


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()
