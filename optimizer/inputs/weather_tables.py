"""Reading the weather statistics of a pack: every file, every fault, by file and line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

TABLES = ("calendar", "demand", "profiles", "daily", "quantiles", "correlation", "annual", "parameters")


def read_weather_statistics(folder: Path) -> dict[str, pd.DataFrame]:
    """Read `weather_<table>.csv` of a pack."""
    return {name: pd.read_csv(Path(folder) / f"weather_{name}.csv") for name in TABLES}
