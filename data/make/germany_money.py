"""Digital account and parameters of Germany. Money is converted from EUR at `JPY_PER_EUR`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from germany_sites import JPY_PER_EUR

ACCOUNTS = (
    # year, EUR bn paid, received, of payments computer services: telecommunications, computer and information
    (2022, 47.0, 41.0, 41.0),
    (2023, 51.0, 44.0, 45.0),
    (2024, 55.0, 47.0, 48.0),
)
RECALLED = "recalled, unverified"
OWN = "own estimate; no published figure found"
WORLD = "taken over from the Japanese pack: world price of machines and services; own estimate for Germany"
LINES = {"iaas": "IaaS and PaaS", "saas": "SaaS", "ai_inf": "AI inference", "ai_train": "AI training"}
SINGLE = (
    # name, value, unit, price year, low, high, grade, source, meaning
    ("jpy_per_eur", 169.0, "JPY/EUR", 2025, 155, 180, "assumed", "149.57 JPY/USD times about 1.13 USD/EUR in 2025; recalled, unverified", "rate at which every figure of this pack was converted from EUR; for the record, not used again"),
    ("jpy_per_usd", 149.57, "JPY/USD", 2025, 130, 160, "published", "Federal Reserve H.10 annual mean 2025 (149.5686), https://github.com/datasets/exchange-rates", "exchange rate of the price base"),
    ("fx_elasticity", 0.7, "1", None, 0.5, 1.0, "assumed", WORLD, "elasticity of the outflow in home currency to the exchange rate"),
    ("background_demand_ratio", 1.03, "1", None, 0.97, 1.2, "assumed", "own estimate: heat pumps and cars up, industry down; official outlooks are higher, but so is their build-out of wind and sun", "demand of the target year without the new data centers over that of the weather year"),
    ("computer_share_of_cloud", 0.4, "1", None, 0.25, 0.6, "assumed", OWN, "largest believable share of cloud and AI in computer services payments"),
    ("growth_correlation", 0.5, "1", None, 0.0, 1.0, "assumed", WORLD, "correlation of the growth rates of the four market lines in the sampled range of capture"),
    ("S_cloud_2025", 3.7, "JPY tn", 2025, 2.9, 4.6, "assumed", "EUR 22 bn, industry surveys between EUR 17 and 27 bn; recalled, unverified", "public cloud market in the year, SaaS included"),
    ("S_ai_inf_2025", 0.15, "JPY tn", 2025, 0.08, 0.30, "assumed", "EUR 0.9 bn; own estimate beside the Japanese market", "generative-AI services market in the year"),
    ("S_ai_train_2025", 0.05, "JPY tn", 2025, 0.02, 0.10, "assumed", "EUR 0.3 bn; own estimate", "rented AI training capacity market in the year"),
    ("mix_iaas", 0.50, "1", None, 0.42, 0.58, "assumed", "recalled, unverified: business software weighs more than in the world mix of 0.57", "share of IaaS and PaaS in the public cloud market"),
    ("switch", 0.01, "1/a", None, 0.005, 0.03, "assumed", "UK Competition and Markets Authority, cloud services market investigation: under 1 % of customers switch a year", "share of the installed base that changes supplier in a year"),
    ("pi", 1.0, "1", None, 0.85, 1.2, "assumed", "estimate: parity by assumption", "domestic price over foreign price, like for like"),
    ("m_hw", 0.90, "1", None, 0.75, 0.97, "assumed", OWN, "imported share of general IT hardware"),
    ("m_gpu", 0.97, "1", None, 0.92, 0.99, "assumed", OWN, "imported share of AI hardware"),
    ("fac", 0.089, "JPY bn/MW/a", 2025, 0.07, 0.11, "assumed", "own estimate: EUR 10.5 m/MW over 20 years", "building and M&E per MW of IT and year"),
    ("m_fac", 0.15, "1", None, 0.08, 0.30, "assumed", OWN, "imported share of building and M&E"),
    ("el", 0.23, "JPY bn/MW/a", 2025, 0.14, 0.30, "assumed", "own estimate: 8760 h x 0.8 x PUE 1.3 x 25 JPY/kWh (EUR 0.15/kWh)", "electricity bill per MW of IT and year"),
    ("m_fuel", 0.20, "1", None, 0.10, 0.30, "assumed", OWN, "imported fuel share of the electricity bill"),
    ("re", 0.8, "1", None, 0.5, 1.0, "assumed", "own estimate; the plan's dispatch replaces it", "domestic renewable share of the electricity, where no dispatch is at hand"),
    ("re_for", 0.5, "1", None, 0.4, 0.6, "assumed", "own estimate: about the renewable share of the national mix without a contract", "domestic renewable share of the electricity a displaced foreign cloud would have used"),
    ("own_for", 0.30, "1", None, 0.1, 0.5, "assumed", OWN, "foreign share in the ownership of domestic operators"),
    ("margin", 0.07, "1", None, 0.02, 0.15, "assumed", OWN, "net margin of domestic operators"),
    ("u_for", 0.75, "1", None, 0.65, 0.85, "assumed", OWN, "sold share of the foreign operator's machines"),
    ("omega", 0.6, "1", None, 0.45, 0.8, "assumed", "own estimate; sovereign offers of domestic operators on foreign software", "share kept at home when sold through a foreign platform"),
    ("co2_price_jpy_per_t", 12700, "JPY/t", 2025, 10000, 20000, "assumed", "EU emissions trading, about EUR 75 per t in 2025; recalled, unverified", "price of CO2 in dispatch"),
    ("voll_jpy_per_kwh", 676, "JPY/kWh", 2025, 500, 1700, "assumed", "harmonised upper clearing price of the day-ahead market, EUR 4,000/MWh; recalled, unverified", "value of lost load"),
    ("solar_capex_jpy_k_per_kw", 101, "JPY k/kW", 2025, 85, 135, "assumed", "EUR 600/kW ground-mounted; recalled, unverified", "new ground-mounted solar, capital cost per AC kW"),
    ("solar_opex_jpy_k_per_kw_a", 2.2, "JPY k/kW/a", 2025, 1.7, 3.0, "assumed", "EUR 13/kW; recalled, unverified", "new solar, fixed cost"),
    ("onshore_capex_jpy_k_per_kw", 270, "JPY k/kW", 2025, 235, 320, "assumed", "EUR 1,600/kW; recalled, unverified", "new onshore wind, capital cost"),
    ("onshore_opex_jpy_k_per_kw_a", 7.6, "JPY k/kW/a", 2025, 6.0, 10.0, "assumed", "EUR 45/kW; recalled, unverified", "new onshore wind, fixed cost"),
    ("offshore_capex_jpy_k_per_kw", 540, "JPY k/kW", 2025, 440, 700, "assumed", "EUR 3,200/kW without the operator's grid connection; recalled, unverified", "new offshore wind, capital cost"),
    ("offshore_opex_jpy_k_per_kw_a", 15.0, "JPY k/kW/a", 2025, 12.0, 20.0, "assumed", "EUR 90/kW; recalled, unverified", "new offshore wind, fixed cost"),
    ("battery_power_capex_jpy_k_per_kw", 25, "JPY k/kW", 2025, 17, 40, "assumed", "EUR 150/kW; own estimate", "grid battery: converter and connection"),
    ("battery_energy_capex_jpy_k_per_kwh", 34, "JPY k/kWh", 2025, 22, 45, "assumed", "EUR 200/kWh; own estimate", "grid battery: cells and works"),
    ("fibre_jpy_per_gbps_km_month", 6, "JPY/(Gb/s)/km/month", 2025, 3, 12, "assumed", "own estimate: half the Japanese figure, more carriers on each route", "leased capacity by distance"),
    ("route_factor", 1.6, "1", None, 1.4, 1.9, "assumed", "own estimate: a meshed inland network, shorter detours than along Japan's coasts", "length of fibre over great circle"),
)  # fmt: skip
BY_LINE = (
    # stem, unit, price year, source, meaning, then low, value, high for iaas, saas, ai_inf, ai_train
    ("for", "1", None, "estimate: European suppliers hold 15 % of the European cloud (Synergy 2022-2024), domestic ones somewhat more at home", "share of the market held by foreign suppliers", (.70, .80, .87), (.50, .65, .78), (.75, .85, .95), (.50, .70, .85)),
    ("rho", "1", None, "estimate: Asterès study for Cigref 0.80; invoices come from Ireland and Luxembourg", "share of the foreign supplier's bill that leaves the country", (.65, .80, .90), (.55, .75, .88), (.65, .80, .90), (.65, .80, .90)),
    ("g", "1/a", None, "estimate: industry surveys; recalled, unverified", "yearly growth of the outflow", (.10, .15, .20), (.07, .11, .15), (.30, .45, .60), (.15, .30, .45)),
    ("alpha", "1", None, "estimate: as in the Japanese pack, not judged use case by use case for Germany", "share of the outflow a domestic supplier could serve", (.20, .35, .55), (.08, .15, .25), (.10, .25, .45), (.30, .50, .75)),
    ("v", "JPY bn/MW/a", 2025, WORLD, "sales of one fully sold MW of IT at foreign prices", (1.4, 2.2, 3.2), (2.5, 4.0, 6.0), (1.3, 2.1, 3.2), (1.2, 1.9, 2.9)),
    ("u", "1", None, WORLD, "share of the IT capacity that is sold", (.50, .65, .80), (.50, .65, .80), (.40, .60, .80), (.45, .65, .85)),
    ("phi", "1", None, "estimate: logit substitution in proportion to shares, with foreign share 0.65-0.85", "share of domestic sales diverted from foreign suppliers", (.50, .70, .88), (.40, .60, .80), (.55, .75, .90), (.50, .70, .90)),
    ("H", "JPY bn/MW/a", 2025, WORLD, "IT hardware per MW of IT and year", (.28, .40, .60), (.28, .40, .60), (.60, .77, 1.0), (.60, .77, 1.0)),
    ("sw", "1", None, WORLD, "imported software and services as a share of sales", (.03, .07, .15), (.02, .06, .12), (.02, .05, .15), (.01, .04, .10)),
    ("delta", "1", None, "own estimate: Frankfurt hosts most of what Germany buys abroad", "share of the displaced foreign service that would have run on machines imported here", (.60, .80, .95), (.30, .50, .80), (.10, .40, .70), (.10, .30, .60)),
)  # fmt: skip
COLUMNS = ["name", "value", "unit", "price_year", "low", "high", "grade", "source", "meaning"]


def account_table() -> pd.DataFrame:
    """Return the table `accounts`, every year graded assumed."""
    rows = []
    for year, paid, received, computer in ACCOUNTS:
        out, back = round(paid * JPY_PER_EUR, 1), round(received * JPY_PER_EUR, 1)
        rows.append((year, out, back, round(out - back, 1), round(computer * JPY_PER_EUR, 1), "assumed"))
    columns = [
        "year", "payments_jpy_bn", "receipts_jpy_bn", "deficit_jpy_bn", "computer_payments_jpy_bn", "grade",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def parameter_table() -> pd.DataFrame:
    """Return the table `parameters`, by name."""
    rows = list(SINGLE)
    for stem, unit, year, source, meaning, *ranges in BY_LINE:
        for (line, words), (low, value, high) in zip(LINES.items(), ranges, strict=True):
            rows.append(
                (f"{stem}_{line}", value, unit, year, low, high, "assumed", source, f"{meaning}; {words}")
            )
    table = pd.DataFrame(rows, columns=COLUMNS).sort_values("name")
    return table.assign(price_year=table["price_year"].astype("Int64"))


def tables(japan: Path) -> dict[str, pd.DataFrame]:
    """Return accounts and parameters, and the tables that define classes and modes, the same as in Japan."""
    same = ("workloads", "workload_profiles", "workload_accounts", "modes")
    return {
        "accounts": account_table(),
        "parameters": parameter_table(),
        **{name: pd.read_csv(japan / f"{name}.csv") for name in same},
    }
