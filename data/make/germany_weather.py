"""Weather and demand of Germany: the year that `data/germany/climatology.toml` describes, and single numbers.

No operator file is at hand: nearly all is assumed. The tables but `weather_parameters` are also written by
`wattbit calibrate --climatology data/germany/climatology.toml -o data/germany --replace`; with actuals, by
`wattbit calibrate --actuals`.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from optimizer.inputs.calibrate_climate import climatology_tables


def tables(japan: Path, germany: Path) -> dict[str, pd.DataFrame]:
    """Return the weather tables; the method's single numbers are those of the Japanese pack but for climate.

    `germany` must hold `climatology.toml`, `areas.csv` and `renewables_existing.csv`.
    """
    parameters = pd.read_csv(japan / "weather_parameters.csv").set_index("name")
    ours = {
        "weather_temperature_balance_c": (
            19.0,
            16.0,
            22.0,
            "demand answers to cold far more than to warmth: little cooling in homes; own estimate",
        ),
        "weather_temperature_spread_c": (
            3.6,
            3.0,
            4.5,
            "day-to-day deviation of daily means in winter in Central Europe; own estimate",
        ),
        "weather_temperature_warm_spread_c": (3.0, 2.3, 3.6, "the same in July and August; own estimate"),
        "weather_temperature_half_range_c": (
            4.2,
            3.0,
            5.0,
            "mean daily range of inland stations 7 to 10 degC; own estimate",
        ),
    }
    parameters["source"] = (
        parameters["source"] + "; taken over from the Japanese pack, own estimate for Germany"
    )
    for name, (value, low, high, source) in ours.items():
        parameters.loc[name, ["value", "low", "high", "source"]] = [value, low, high, source]
    parameters["grade"] = "assumed"
    drawn = climatology_tables(germany / "climatology.toml", germany)
    return {**drawn, "weather_parameters": parameters.reset_index()}
