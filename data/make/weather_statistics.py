"""Write the weather statistics of a pack from one year of hourly actuals.

    python data/make/weather_statistics.py ACTUALS CAPACITY OUT

ACTUALS: CSV with hour, area, demand, solar, solar_curt, wind, wind_curt, hydro, geothermal, biomass,
thermal_other [MW]. CAPACITY: CSV with area, technology (solar, wind), value [MW in service]. OUT: folder of
the pack; `weather_calendar.csv` must already be there. Only statistics leave this script.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from optimizer.inputs.weather_statistics import compute_statistics


def main(actuals_file: str, capacity_file: str, folder: str) -> None:
    """Read, compute, write `weather_<table>.csv`."""
    out = Path(folder)
    capacity = (
        pd.read_csv(capacity_file).pivot(index="area", columns="technology", values="value").astype(float)
    )
    calendar = pd.read_csv(out / "weather_calendar.csv")
    tables = compute_statistics(pd.read_csv(actuals_file), capacity, calendar)
    for name, table in tables.items():
        table.to_csv(out / f"weather_{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main(*sys.argv[1:4])
