"""The plan as the accounts see it: sold and built IT load by area, workload, mode and market line.

Sites of one area, workload and mode are one cell: they share power, buyers and seller, so splitting a
site changes nothing. The cell's figures go back to its sites pro rata of what each sells. Modes that capture
nothing have no cell: nothing goes back to their sites.
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
    strange = set(sales["mode"].unique()) - set(MODES)
    if strange:
        raise ValueError(f"plan.sold_mw names unknown modes: {sorted(strange)}")
    unknown = set(sales["workload"].unique()) - workloads
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
    sales = _checked(plan, set(inputs.workload_accounts.index.get_level_values("workload")))
    utilisation = inputs.workloads["utilisation"]
    needed = sales["sold_mw"] / sales["workload"].map(utilisation).astype(float)
    sales = sales.assign(in_use_mw=np.minimum(sales["built_mw"], needed))
    groups = sales.groupby(_CELL, sort=True)
    grouped = groups[["sold_mw", "in_use_mw", "built_mw"]].sum().reset_index()
    at_home = grouped["workload"][grouped["mode"].isin(HOME_MODES)]
    cells = _lines_of(at_home, inputs.workload_accounts["share"])
    group = cells["group"].to_numpy()
    figures = grouped[["sold_mw", "in_use_mw", "built_mw"]].to_numpy(dtype=float)
    of_cell = figures[group] * cells["share"].to_numpy()[:, None]
    power = grouped["area"].map(plan.renewable_share).to_numpy(dtype=float)[group]
    return Cells(
        sold_mw=of_cell[:, :1],
        in_use_mw=of_cell[:, 1:2],
        built_mw=of_cell[:, 2:],
        renewable_share=np.clip(power, 0.0, 1.0)[:, None],
        mode=grouped["mode"].to_numpy(dtype=str)[group][:, None],
        line=cells["line"].to_numpy(),
        row_share=_row_share(sales["sold_mw"], figures[:, 0], (groups.ngroup(), cells["group"])),
    )


def _lines_of(workloads: pd.Series, shares: pd.Series) -> pd.DataFrame:
    """Return a cell for each market line of each group's workload: group, line, share of the workload.

    Args:
        workloads: workload of each group, by its number.
        shares: share of each market line in each workload. [1]
    """
    accounts: dict[str, list[tuple[str, float]]] = {}
    for (workload, account), share in zip(shares.index, shares, strict=True):
        accounts.setdefault(workload, []).append((account, share))
    cells = [
        (number, ACCOUNTS.index(account), share)
        for number, workload in workloads.items()
        for account, share in accounts[workload]
    ]
    table = pd.DataFrame(cells, columns=["group", "line", "share"])
    return table.astype({"group": np.int64, "line": np.int64, "share": float})


def _row_share(sold_mw: pd.Series, total_mw: Array, groups: tuple[pd.Series, pd.Series]) -> Array:
    """Return the share of each row of sales in each cell, pro rata of what it sells. [rows, N]

    Args:
        sold_mw: what each row sells.
        total_mw: what all rows of each area, workload and mode sell.
        groups: number of area, workload and mode of each row and of each cell.
    """
    of_row, of_cell = (numbers.to_numpy() for numbers in groups)
    sold, total = sold_mw.to_numpy(dtype=float), total_mw[of_row]
    part = np.where(total > 0.0, sold / np.where(total > 0.0, total, 1.0), 0.0)
    return np.where(of_row[:, None] == of_cell, part[:, None], 0.0)
