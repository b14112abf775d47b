"""Colours that colour-blind readers can tell apart, and round class limits; size repeats colour."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SHADES = ("#f3f4f1", "#d7ebdd", "#a8d8cd", "#6bbac2", "#3a8fb7", "#20578f")
"""Prefectures: nothing, then five classes (light to dark)."""

SEQUENTIAL = ("#f4f6ee", "#d7ebdd", "#a8d8cd", "#6bbac2", "#3a8fb7", "#2a72a5", "#20578f", "#163d6b")
"""Continuous scale of the page's map."""

SITE = "#e69f00"
SITE_EDGE = "#3b2a00"
LOADINGS = ("#e3b3cf", "#d072a8", "#b3257c", "#6d0149")
"""Interties by loading, quarter by quarter."""

LOADING_LIMITS = (0.25, 0.5, 0.75)
QUARTERS = ("0 – 25 %", "25 – 50 %", "50 – 75 %", "75 – 100 %")
LOADING_WIDTHS = (1.5, 2.8, 4.4, 6.4)
"""Line widths beside `LOADINGS`, points."""

FIBRE_LOADINGS = ("#9aa1a8", "#6d757e", "#434b55", "#11161c")
FIBRE_WIDTHS = (0.7, 1.2, 1.8, 2.6)
"""Fibre links by loading, quarter by quarter: thinner than interties, and grey."""

LAND_ELSEWHERE = "#e4e4e0"
LAND_HOME = "#ededea"
"""Land of the country's grid areas in which no site lies."""

SEA = "#fbfcfd"
INK = "#1d2733"
SOFT_INK = "#5b6673"
LOWER, UPPER = "#0072b2", "#d55e00"
SERIES = ("#8c6d31", "#b0b7bf", "#009e73", "#56b4e9", "#cc79a7", "#f0e442")
"""Sources in the dispatch plot: must-run, thermal, renewable, imports, storage, shed."""

_ROUND = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)


def class_limits(values: npt.NDArray[np.float64]) -> list[float]:
    """Return four ascending round limits that split the range up to the largest value into five classes."""
    top = float(values.max()) if values.size else 0.0
    below = [limit for limit in _ROUND if limit < max(top, 17.0)]
    return [float(limit) for limit in below[-4:]]


def class_of(value: float, limits: list[float]) -> int:
    """Return 0 for nothing built (below half a unit), else 1 plus the number of limits below `value`."""
    return 0 if value < 0.5 else 1 + int(np.searchsorted(limits, value, side="left"))


def loading_class(share: float) -> int:
    """Return 0 to 3: the quarter of its capacity a link is loaded with."""
    return int(np.searchsorted(LOADING_LIMITS, share, side="right"))
