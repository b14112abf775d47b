"""The keys of a pathway: several target years in one plan."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, model_validator

from optimizer.scenario.schema_base import Frozen, contradiction

FIRST, LAST = 2025, 2060
"""Target years there can be."""

Load = Annotated[float, Field(ge=1, le=1_000_000)]
Rate = Annotated[float, Field(ge=0.1, le=1_000_000)]
ByYear = Literal["background_demand_ratio", "co2_price_jpy_per_t", "fossil_fuel_price_ratio"]
"""Parameters that may differ between years: nothing that was built is paid for by them."""

Kind = Literal["it", "reinforce", "solar", "onshore", "offshore", "battery", "line", "fibre"]


class Pathway(Frozen):
    """Several target years in one plan; what is built stays.

    The years and their load take the place of `year` and `demand.growth_it_mw`.
    """

    start_year: Annotated[int, Field(ge=2020, le=2059)]
    """Nothing of the plan stands at the end of this year: build rates and lead times count from it."""

    years: Annotated[tuple[int, ...], Field(strict=False, min_length=1, max_length=8)]
    """Target years from 2025 to 2060, increasing. Each stands for itself and the years until the next, the
    last for as many as the one before it."""

    growth_it_mw: Annotated[tuple[Load, ...], Field(strict=False, min_length=1, max_length=8)]
    """New IT load of the nation by each target year, counted from the start, not from the year before.
    [MW]"""

    site_rate_mw_per_a: Rate | None
    """Most IT capacity one site can add a year; null is no limit. [MW/a]"""

    nation_rate_mw_per_a: Rate | None
    """Most IT capacity the nation can add a year; null is no limit. [MW/a]"""

    lead_a: dict[Kind, Annotated[int, Field(ge=0, le=40)]]
    """Years from the start until the first of a kind can stand; a kind left out is ready at once. [a]"""

    parameters: dict[ByYear, Annotated[tuple[float, ...], Field(strict=False, min_length=1, max_length=8)]]
    """Values of parameters by target year, in the unit of `data/parameters.csv`: price of CO2 (it counts
    before `grid.co2_price_jpy_per_t`), of fossil fuels, other demand; `{}`: the same in all years. Costs of
    building cannot differ: what stands is paid for in every year it stands."""

    @model_validator(mode="after")
    def _years_follow(self) -> Pathway:
        if beyond := [year for year in self.years if not FIRST <= year <= LAST]:
            raise contradiction(
                "years",
                f"{beyond[0]} is beyond the years from {FIRST} to {LAST}",
                f"{beyond[0]} は {FIRST} から {LAST} の範囲にありません",
            )
        for before, after in pairwise((self.start_year, *self.years)):
            if after <= before:
                raise contradiction(
                    "years and start_year",
                    f"{after} does not come after {before}; years must increase, the first after start_year",
                    f"{after} は {before} より後ではありません。start_year の後から順に書いてください",
                )
        return self

    @model_validator(mode="after")
    def _load_grows(self) -> Pathway:
        if len(self.growth_it_mw) != len(self.years):
            raise contradiction(
                "growth_it_mw and years",
                f"{len(self.growth_it_mw)} values for {len(self.years)} years; give one for each year",
                f"値が {len(self.growth_it_mw)} 個、年が {len(self.years)} 個です。年ごとに1個書いてください",
            )
        for before, after in pairwise(self.growth_it_mw):
            if after < before:
                raise contradiction(
                    "growth_it_mw",
                    f"falls from {before:g} to {after:g}; give the load of each year counted from the start",
                    f"{before:g} から {after:g} に減っています。開始年からの累計を書いてください",
                )
        return self

    @model_validator(mode="after")
    def _values_for_every_year(self) -> Pathway:
        for name, values in self.parameters.items():
            if len(values) != len(self.years):
                raise contradiction(
                    f"parameters.{name} and years",
                    f"{len(values)} values for {len(self.years)} years; give one for each year",
                    f"値が {len(values)} 個、年が {len(self.years)} 個です。年ごとに1個書いてください",
                )
        return self
