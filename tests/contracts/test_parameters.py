"""Every single number has a unit, a grade, a source, a meaning and an honest range; the pack is believable."""

import re
from pathlib import Path

import pint
import pytest

from optimizer.inputs.pack import COUNTRY_PARAMETERS, find_pack, read_pack

PACK = read_pack(find_pack("japan"))
PARAMETERS = PACK.parameters
TABLES = PACK.tables
COMMON = (
    "building_life_a building_opex_share connection_life_a reinforcement_life_a grid_opex_share land_m2_per_mw "
    "battery_power_capex_jpy_k_per_kw battery_energy_capex_jpy_k_per_kwh battery_opex_share battery_life_a "
    "intertie_life_a intertie_opex_share intertie_derate_share voll_jpy_per_kwh spill_jpy_per_kwh co2_price_jpy_per_t "
    "fibre_jpy_per_gbps_km_month fibre_end_jpy_per_gbps_month fibre_rtt_ms_per_km rtt_equipment_ms route_factor "
    "pue_floor pue_slope_per_k pue_threshold_c pue_cap background_demand_ratio "
    "fossil_fuel_price_ratio"
)
NEW_RENEWABLES = [
    f"{technology}_{item}"
    for technology in ("solar", "onshore", "offshore")
    for item in ("capex_jpy_k_per_kw", "opex_jpy_k_per_kw_a", "life_a")
]


@pytest.mark.parametrize("name", [*COMMON.split(), *NEW_RENEWABLES, *COUNTRY_PARAMETERS])
def test_parameter_the_code_needs_is_there(name):
    assert name in PARAMETERS.index


def test_every_parameter_is_documented():
    assert PARAMETERS["grade"].isin(["published", "derived", "assumed"]).all()
    for column in ("unit", "source", "meaning"):
        assert (PARAMETERS[column].str.len() > 0).all()
    assert (PARAMETERS["source"].str.len() >= 10).all(), PARAMETERS["source"][
        PARAMETERS["source"].str.len() < 10
    ]


def test_every_parameter_lies_in_its_range():
    ranged = PARAMETERS.dropna(subset=["low", "high"])
    assert len(ranged) == len(PARAMETERS)
    assert (ranged["low"] <= ranged["value"]).all()
    assert (ranged["value"] <= ranged["high"]).all()


def test_money_carries_its_year_and_physics_does_not():
    money = PARAMETERS["unit"].str.contains("JPY")
    assert PARAMETERS.loc[money, "price_year"].notna().all(), PARAMETERS[
        money & PARAMETERS["price_year"].isna()
    ]
    assert PARAMETERS.loc[~money, "price_year"].isna().all()


def test_units_can_be_read():
    """Every unit is a product of known words, so that a typing error does not stay unseen."""
    registry = pint.UnitRegistry(case_sensitive=True)
    words = {"JPY": "[yen]", "USD": "[dollar]"}
    for word, dimension in words.items():
        registry.define(f"{word} = {dimension}")
    for unit in sorted(set(PARAMETERS["unit"])):
        plain = (
            re.sub(r"JPY (k|bn|tn|m)\b", "JPY", unit).replace("Gb/s", "gigabit/second").replace("m2", "m**2")
        )
        plain = re.sub(r"\ba\b", "year", plain).replace("degC", "kelvin")
        registry.parse_expression(plain)
    with pytest.raises(pint.UndefinedUnitError):
        registry.parse_expression("JPY/kWhh")


def test_unverified_figures_are_never_called_published():
    recalled = PARAMETERS["source"].str.contains("recalled|own estimate|assum", case=False)
    assert (PARAMETERS.loc[recalled, "grade"] == "assumed").all(), PARAMETERS[
        recalled & (PARAMETERS["grade"] != "assumed")
    ]


def test_capture_parameters_agree_with_the_research():
    table = Path(__file__).parents[3] / "shared/data/accounts/model_parameters.csv"
    if not table.is_file():
        pytest.skip("the researched tables are not beside this checkout")
    import pandas as pd

    research = pd.read_csv(table).set_index("id")
    ours = PARAMETERS.loc[research.index]
    assert (ours["value"] == research["base"]).all()
    assert (ours["low"] == research["low"]).all()
    assert (ours["high"] == research["high"]).all()


def test_account_identity_of_2023():
    year = TABLES["accounts"].loc[2023]
    assert year["payments_jpy_bn"] - year["receipts_jpy_bn"] == pytest.approx(5536.0, abs=1e-9)


def test_national_mix_of_market_lines():
    """IaaS .50, SaaS .05, inference .30, training .15: shares of classes times their lines."""
    lines = TABLES["workload_accounts"]["share"] * TABLES["workloads"]["share"]
    nation = lines.groupby("account").sum()
    assert nation.to_dict() == pytest.approx(
        {"iaas": 0.5, "saas": 0.05, "ai_inf": 0.3, "ai_train": 0.15}, abs=1e-6
    )


def test_national_totals_are_those_a_power_engineer_knows():
    capacity = TABLES["fleets"]["capacity_mw"].groupby("fleet").sum() / 1000
    assert capacity["nuclear"] == pytest.approx(14.6, abs=0.2)  # fifteen units in operation
    assert 42 < capacity["coal"] + capacity["coal_reserve"] < 54
    assert 65 < capacity["lng_new"] + capacity["lng_cc"] + capacity["lng_steam"] < 85
    existing = TABLES["renewables_existing"]["capacity_mw"].groupby("technology").sum()
    assert existing["onshore"] + existing["offshore"] == pytest.approx(5840, abs=1)  # JWPA, December 2024
    assert existing["solar"] == pytest.approx(72000, rel=0.03)
    pumped = TABLES["storage"].xs("pumped", level="storage")["power_mw"].sum()
    assert pumped == pytest.approx(27500, rel=0.02)
    potential = TABLES["renewable_potential"]["potential_mw"].groupby("technology").sum() / 1000
    assert 20 < potential["solar"] < 46
    assert 5 < potential["onshore"] < 12
    assert 2 < potential["offshore"] < 5.7


def test_kansai_shikoku_is_its_nameplate_not_its_outage():
    link = TABLES["interties"].loc["kansai-shikoku"]
    assert (link["forward_mw"], link["reverse_mw"]) == (1400, 1400)


def test_today_continued_can_be_built_in_the_tokyo_area():
    """62 % of 6.5 GW IT at the largest PUE needs 6.4 GW of grid; without the steps only 3.1 GW."""
    sites, steps = TABLES["sites"], TABLES["reinforcements"]["size_mw"].groupby("site").sum()
    tokyo = sites[sites["area"] == "tokyo"]
    needed_it = 0.62 * 6500
    assert tokyo["existing_it_mw"].sum() / sites["existing_it_mw"].sum() == pytest.approx(0.62, abs=0.01)
    assert tokyo["site_limit_mw"].sum() > needed_it
    grid = (tokyo["headroom_mw"] + steps.loc[tokyo.index]).sum()
    assert grid > needed_it * PARAMETERS.at["pue_cap", "value"] > tokyo["headroom_mw"].sum()


def test_reinforcement_grows_dearer_with_each_step():
    cost = TABLES["reinforcements"]["cost_jpy_k_per_kw"]
    assert (cost.groupby("site").diff().dropna() > 0).all()
