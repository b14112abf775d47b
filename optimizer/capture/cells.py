"""The plan as the accounts see it: sold and built IT load by area, workload, mode and market line.

Sites of one area, workload and mode are one cell: they share power, buyers and seller, so splitting a
site changes nothing. The cell's figures go back to its sites pro rata of what each sells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.capture.accounts import ACCOUNTS
from optimizer.milestones import Array, Inputs, Plan

HOME_MODES = ("domestic", "platform")
"""Modes in which a domestic operator owns the machines and sells the service."""

MODES = (*HOME_MODES, "leased", "foreign")
"""All operating modes; the last two capture nothing."""

_CELL = ["area", "workload", "mode"]


@dataclass(frozen=True)
class Cells:
    """N cells; columns [N, 1] so that they broadcast over parameter draws [N, D]."""

    sold_mw: Array
    """IT load the plan sells, yearly mean."""

    in_use_mw: Array
    """Installed IT capacity that these sales need."""

    built_mw: Array
    """Installed IT capacity, in use or not."""

    renewable_share: Array
    """Share of domestic renewables in the data centers' power of the area [1]."""

    mode: npt.NDArray[np.str_]
    """Operating mode of each cell [N, 1]."""

    line: npt.NDArray[np.int64]
    """Market line of each cell, position in `ACCOUNTS` [N]."""

    row_share: Array
    """Share of each row of `Plan.sold_mw` in each cell's sales [rows, N]: back from cells to sites."""

    def sum_to_line(self, cell_values: Array) -> Array:
        """Return cell values [N, D] summed by market line [C, D]."""
        member = (np.arange(len(ACCOUNTS))[:, None] == self.line).astype(float)
        total: Array = member @ cell_values
        return total


def _checked(plan: Plan, workloads: set[str]) -> pd.DataFrame:
    """Return the plan's sales; raise ValueError where they are not finite, negative or unknown."""
    sales = plan.sold_mw.reset_index(drop=True)
    figures = sales[["sold_mw", "built_mw"]].to_numpy(dtype=float)
    if not (np.isfinite(figures).all() and (figures >= 0.0).all()):
        raise ValueError("plan.sold_mw must be finite and at least 0 in every row")
    strange = set(sales["mode"]) - set(MODES)
    if strange:
        raise ValueError(f"plan.sold_mw names unknown modes: {sorted(strange)}")
    unknown = set(sales["workload"]) - workloads
    if unknown:
        raise ValueError(f"plan.sold_mw names workloads without accounts: {sorted(unknown)}")
    power = plan.renewable_share.reindex(sales["area"].unique()).to_numpy(dtype=float)
    if not ((power >= -1e-9) & (power <= 1.0 + 1e-9)).all():
        raise ValueError("plan.renewable_share must be between 0 and 1 in every area that sells")
    return sales


def cells_of(plan: Plan, inputs: Inputs) -> Cells:
    """Return the plan's sales by area, workload, mode and market line.

    Capacity in use is sales over the planned utilisation of the workload, at most what is built.

    Args:
        plan: `sold_mw` (site, area, workload, mode, sold_mw, built_mw) and `renewable_share` by area.
        inputs: `workloads` (utilisation) and `workload_accounts` (share).

    Raises:
        ValueError: Sales, shares or workloads that break the hand-over's contract.
    """
    accounts = inputs.workload_accounts.reset_index()[["workload", "account", "share"]]
    sales = _checked(plan, set(accounts["workload"]))
    utilisation = inputs.workloads["utilisation"]
    needed = sales["sold_mw"] / sales["workload"].map(utilisation).astype(float)
    sales = sales.assign(in_use_mw=np.minimum(sales["built_mw"], needed), row=np.arange(len(sales)))
    grouped = sales.groupby(_CELL, sort=True)[["sold_mw", "in_use_mw", "built_mw"]].sum().reset_index()
    cells = grouped.merge(accounts, on="workload", how="left")
    share = cells["share"].to_numpy(dtype=float)[:, None]
    figures = cells[["sold_mw", "in_use_mw", "built_mw"]].to_numpy(dtype=float) * share
    power = cells["area"].map(plan.renewable_share).to_numpy(dtype=float)
    return Cells(
        sold_mw=figures[:, :1],
        in_use_mw=figures[:, 1:2],
        built_mw=figures[:, 2:],
        renewable_share=np.clip(power, 0.0, 1.0)[:, None],
        mode=cells["mode"].to_numpy(dtype=str)[:, None],
        line=np.array([ACCOUNTS.index(account) for account in cells["account"]], dtype=np.int64),
        row_share=_row_share(sales, cells),
    )


def _row_share(sales: pd.DataFrame, cells: pd.DataFrame) -> Array:
    """Return the share of each row of sales in each cell, pro rata of what it sells. [rows, N]"""
    total = sales.groupby(_CELL)["sold_mw"].transform("sum").to_numpy(dtype=float)
    sold = sales["sold_mw"].to_numpy(dtype=float)
    part = np.where(total > 0.0, sold / np.where(total > 0.0, total, 1.0), 0.0)
    numbers = cells[_CELL].assign(cell=np.arange(len(cells)))
    pairs = sales[[*_CELL, "row"]].merge(numbers, on=_CELL)
    share = np.zeros((len(sales), len(cells)))
    share[pairs["row"], pairs["cell"]] = part[pairs["row"]]
    return share
