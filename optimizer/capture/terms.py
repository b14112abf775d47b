"""The capture model as a linear programme can hold it: displaced yen per GW sold, ceilings, segments.

    y_ic = sum over sites, classes w and modes k in M_i of  rho_c phi_c v_c share_wc  q_rwk
    G_c  = (1 - eff_c) H(y_dc; K_c) + eff_c H(y_hc; K_c),   H(y; K) = K (1 - exp(-y / K))

i is `domestic` (sold by a domestic operator itself) or `home` (that, and what is sold through a foreign
platform). This is the strict reading of sales through platforms (docs/capture.md, Platforms): platforms alone
never keep more than `eff K`. Each H is concave and its weight is at least 0, so a linear programme can hold
it as the chords of `curve`, without integers. For a domestic plan it is the one curve in x.

The very parameters, ceilings and chords of the estimate of a finished plan, base case.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from optimizer.capture.accounts import ACCOUNTS, by_line, market
from optimizer.capture.curve import SLOPES, WIDTHS
from optimizer.capture.leakage import efficiency
from optimizer.capture.ranges import as_draws, read_ranges
from optimizer.milestones import Inputs

MW_PER_GW = 1000.0


def with_capture_terms(inputs: Inputs) -> Inputs:
    """Return the inputs with what a goal asks of the capture model.

    Args:
        inputs: `parameters` (base values), `workload_accounts` (share) and the target year in `settings`.

    Returns:
        The same with three more tables.
        capture_lines: Index account. outflow_jpy_bn, ceiling_jpy_bn, platform_kept (eff) [1].
        capture_offers: Index workload, account. displaced_jpy_bn_per_gw_a: payment abroad displaced by a GW
            sold all year in a home mode, before eff and before the curve.
        capture_segments: Index segment. width (multiple of the ceiling), slope (captured per displaced yen).

    Raises:
        InputError: Parameters that are missing or wrong, all of them at once.
    """
    values = as_draws([read_ranges(inputs.parameters).base])
    national = market(values, inputs.settings.year)
    rho = by_line(values, "rho")
    lines = pd.DataFrame(
        {
            "outflow_jpy_bn": national.outflow[:, 0],
            "ceiling_jpy_bn": national.ceiling[:, 0],
            "platform_kept": efficiency("platform", rho, values["omega"])[:, 0],
        },
        index=pd.Index(ACCOUNTS, name="account"),
    )
    per_gw = pd.Series(
        (rho * by_line(values, "phi") * by_line(values, "v"))[:, 0] * MW_PER_GW, index=lines.index
    )
    share = inputs.workload_accounts["share"]
    share = share[share > 0.0]
    account = share.index.get_level_values("account")
    offers = pd.DataFrame({"displaced_jpy_bn_per_gw_a": share * per_gw.reindex(account).to_numpy()})
    segments = pd.DataFrame({"width": WIDTHS, "slope": SLOPES}).rename_axis("segment")
    return replace(inputs, capture_lines=lines, capture_offers=offers, capture_segments=segments)
