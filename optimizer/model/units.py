"""Units of the two problems: GW, GWh, JPY bn; a year is a unit of its own, not 8,766 hours."""

from __future__ import annotations

import pyomo.environ as pyo

U = pyo.units
if "JPY_bn" not in U.pint_registry:
    U.load_definitions_from_strings(
        ["JPY_bn = [currency]", "annum = [accounting_year]", "kt_CO2 = [co2]", "Tbps = [traffic]"]
    )

ONE = U.dimensionless
POWER = U.GW
HOUR = U.hour
AREA = U.km**2
AREA_PER_POWER = U.km**2 / U.GW
YEARLY_WATER = U.hm**3 / U.annum
WATER_PER_ENERGY = U.hm**3 / (U.GW * U.hour)
ENERGY = U.GW * U.hour
MONEY = U.JPY_bn
MONEY_PER_ENERGY = U.JPY_bn / (U.GW * U.hour)
MONEY_PER_YEAR = U.JPY_bn / U.annum
CAPITAL = U.JPY_bn / U.GW
POWER_RATE = U.JPY_bn / U.GW / U.annum
ENERGY_RATE = U.JPY_bn / (U.GW * U.hour) / U.annum
YEARLY_ENERGY = U.GW * U.hour / U.annum
YEARLY_ENERGY_PER_POWER = U.hour / U.annum
PER_YEAR = 1 / U.annum
YEAR = U.annum
POWER_PER_YEAR = U.GW / U.annum
CO2 = U.kt_CO2
YEARLY_CO2 = U.kt_CO2 / U.annum
CO2_PER_ENERGY = U.kt_CO2 / (U.GW * U.hour)
MONEY_PER_CO2 = U.JPY_bn / U.kt_CO2
TRAFFIC = U.Tbps
TRAFFIC_PER_POWER = U.Tbps / U.GW
TRAFFIC_RATE = U.JPY_bn / U.Tbps / U.annum
