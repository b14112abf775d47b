"""From a plan to what it keeps at home: cases, attribution, ranges and the checks on the way."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.capture.accounts import ACCOUNTS, identity, outflow_limit_note
from optimizer.capture.cells import Cells, cells_of
from optimizer.capture.leakage import LEDGER_LINES, Ledger, keep_ledger
from optimizer.capture.ranges import (
    DRAWS,
    SEED,
    as_draws,
    corner_cases,
    draw,
    read_ranges,
    sampled,
    tornado,
)
from optimizer.milestones import Array, Capture, Inputs, Plan

_SHARES = {"share_of_outflow": "outflow_jpy_bn", "share_of_addressable": "addressable_jpy_bn"}
PRINCIPLES = (
    "Only cloud and AI inside computer services can be displaced by data centers; royalties, advertising and "
    "consulting, the larger part of the deficit, cannot.",
    "Ownership captures, location does not: capacity leased to or owned by a foreign cloud captures nothing.",
    "The installed base hardly moves; capture comes from growth.",
    "Gross is not net: machines, licences and fuel are imported. Net can be negative.",
    "Low and high put all parameters at their cautious or hopeful end together: a corner range, not a "
    "confidence interval. The sampled range draws them from low to high.",
)


def _with_shares(lines: dict[str, Array]) -> dict[str, Array]:
    """Return the lines with gross capture as a share of outflow and of the addressable. [1]"""
    shares = {}
    for name, line in _SHARES.items():
        whole = lines[line]
        shares[name] = np.where(whole > 0.0, lines["gross_jpy_bn"] / np.where(whole > 0.0, whole, 1.0), 0.0)
    return {**lines, **shares}


def _national(ledger: Ledger) -> dict[str, Array]:
    """Return every line summed over the market lines. [D]"""
    return _with_shares({line: ledger.lines[line].sum(axis=0) for line in LEDGER_LINES})


def _by_account(cases: list[str], ledger: Ledger) -> pd.DataFrame:
    """Return one row per case and market line."""
    lines = _with_shares(ledger.lines)
    columns = {line: values.T.reshape(-1) for line, values in lines.items()}
    keys = {"case": np.repeat(cases, len(ACCOUNTS)), "account": list(ACCOUNTS) * len(cases)}
    return pd.DataFrame({**keys, **columns})


def _attribution(plan: Plan, cases: list[str], cells: Cells, ledger: Ledger) -> pd.DataFrame:
    """Return gross and net of every row of the plan's sales, in every case."""
    rows = plan.sold_mw[["site", "area", "workload", "mode", "sold_mw"]].reset_index(drop=True)
    gross, net = cells.row_share @ ledger.gross, cells.row_share @ ledger.net
    table = rows.take(np.tile(np.arange(len(rows)), len(cases))).reset_index(drop=True)
    table.insert(0, "case", np.repeat(cases, len(rows)))
    return table.assign(gross_jpy_bn=gross.T.ravel(), net_jpy_bn=net.T.ravel())


def _warnings(cases: dict[str, dict[str, float]], platform_excess: float) -> list[str]:
    """Return what this result gives reason to warn of."""
    base = cases["base"]
    notes = [
        f"Case {case}: net capture is negative; the plan imports more than it displaces."
        for case, lines in cases.items()
        if lines["net_jpy_bn"] < 0.0
    ]
    if base["idle_imports_jpy_bn"] > max(0.0, base["net_jpy_bn"]):
        notes.append("Imported machines that stand idle or displace no sale cost more than the net capture.")
    if platform_excess > 0.01 * base["gross_jpy_bn"]:
        notes.append(
            f"Sales through foreign platforms share one ceiling with domestic sales; read strictly, gross "
            f"capture is JPY {platform_excess:,.1f} bn lower (docs/capture.md, Platforms)."
        )
    return notes


def estimate_capture(plan: Plan, inputs: Inputs) -> Capture:
    """Return how much of the money paid abroad for cloud and AI the plan would keep at home.

    Equations and principles: docs/capture.md.

    Args:
        plan: `sold_mw` by site, area, workload and mode [MW of IT load], `renewable_share` by area [1].
        inputs: `parameters` with low, value and high, `workload_accounts`, `workloads`, `accounts`,
            and the target year in `settings`.

    Returns:
        Cases low, base and high, the same by market line and by row of the plan's sales, the digital
        account's identity, a sampled range and a tornado; JPY bn/a.

    Raises:
        InputError: Parameters that are missing or wrong, all of them at once.
        ValueError: A plan that breaks the hand-over's contract.
    """
    ranges = read_ranges(inputs.parameters)
    cells = cells_of(plan, inputs)
    year = inputs.settings.year
    corners = corner_cases(ranges)
    names = list(corners)
    values = as_draws(list(corners.values()))
    ledger = keep_ledger(cells, values, ranges.base, year)
    national = _national(ledger)
    cases = {
        case: {line: float(value[number]) for line, value in national.items()}
        for number, case in enumerate(names)
    }
    notes = [
        *PRINCIPLES,
        outflow_limit_note(as_draws([ranges.base]), ranges.kappa, inputs.accounts),
        *_warnings(cases, float(ledger.platform_excess[:, names.index("base")].sum())),
    ]
    drawn = draw(ranges, DRAWS, SEED, ranges.growth_correlation)
    return Capture(
        cases=cases,
        by_account=_by_account(names, ledger),
        attribution=_attribution(plan, names, cells, ledger),
        identity=identity(inputs.accounts),
        year=year,
        notes=tuple(note for note in notes if note),
        sampled=sampled(_national(keep_ledger(cells, drawn, ranges.base, year))),
        tornado=tornado(
            ranges, lambda draws: keep_ledger(cells, draws, ranges.base, year).lines["net_jpy_bn"].sum(axis=0)
        ),
    )
