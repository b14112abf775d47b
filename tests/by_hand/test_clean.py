"""Matching by contracted renewables and the cap on CO2, one hand-solved system each.

Base case of `toy`: 1 GW of IT load costs 187.6 JPY bn/a and draws 8,760 GWh/a at 0.01. Wind at half output costs 65.7
per GW, 0.015 a GWh, 0.005 more than fuel; sun shines 12 h at full output for 54.75 per GW, 0.0125 a GWh, 0.0025 more.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from toy import dispatch_block, planned, price, programme_of, solved, toy

from optimizer.milestones import Plan, Solution

HALVES = [(np.arange(24), 182.5), (np.arange(24, 48), 182.5)]
DAY_AND_NIGHT = [1.0] * 12 + [0.0] * 12
WIND = {"renewables": {("A1", "onshore"): {"cost_jpy_bn_per_gw_a": 65.7}}, "site_cf": 0.5}
SUN = {"renewables": {("A1", "solar"): {"cost_jpy_bn_per_gw_a": 54.75}}, "site_cf": DAY_AND_NIGHT}
LEDGER = ("contracted", "matched", "kept_in", "kept_out", "kept", "unmatched", "overshoot")


def cost(solution: Solution) -> float:
    return solution.cost - solution.baseline_cost


def match(mode: str, share: float, missing: float = 0.1) -> dict:
    """Match so much by the year or by the hour; a missing GWh costs 0.1."""
    return {
        "settings.matching": mode, "settings.matching_share": share, "settings.unmatched_jpy_bn_per_gwh": missing,
        "settings.delivered_within": "area",
    }  # fmt: skip


def test_matching_by_the_year_costs_the_premium_of_renewables():
    """Half of 8,760 GWh from 1 GW of wind: 187.6 + 4,380 · 0.005 = 209.5, price 5 JPY/kWh. Without the rule 187.6."""
    solution, plan = planned(toy(WIND | match("annual", 0.5)))
    assert cost(solution) == pytest.approx(209.5)
    assert solution.siting["renewable"].sum() == pytest.approx(1.0)
    assert price(plan, "matching", "nation") == (pytest.approx(5.0), "JPY/kWh")
    assert cost(solved(toy(WIND | match("none", 0.5)))) == pytest.approx(187.6)


def test_matching_is_bought_out_where_renewables_are_dearer():
    """A missing GWh at 0.003 < 0.005: 187.6 + 4,380 · 0.003 = 200.74, no wind, price 3. Without buying out 209.5."""
    solution, plan = planned(toy(WIND | match("annual", 0.5, missing=0.003)))
    assert cost(solution) == pytest.approx(200.74)
    assert solution.siting["renewable"].sum() == pytest.approx(0.0)
    assert price(plan, "matching", "nation")[0] == pytest.approx(3.0)


def test_contracted_available_counts_only_what_the_plan_builds():
    """2 GW of wind stand already; the plan still adds 1 GW of its own: 209.5. Without the law those would do: 187.6."""
    existing = {"renewables_existing_gw": [[0.0, 2.0, 0.0]], "existing_cf": 0.5}
    solution, _ = planned(toy(WIND | existing | match("annual", 0.5)))
    assert cost(solution) == pytest.approx(209.5)
    assert solution.siting["renewable"].sum() == pytest.approx(1.0)


@cache
def crowded() -> tuple[Solution, Plan]:
    """5 GW must run for 5 GW of demand: there is room for 1 GW of sun, the data center's, by day."""
    must_run = {"fleets": {("A", "coal"): {"min_gw": 5.0}}}
    return planned(toy(SUN | must_run | match("annual", 0.75)))


def test_contracted_is_used_or_does_not_count():
    """0.75 want 1.5 GW of sun, 1 GW finds use, 2,190 GWh are missing: 100 + 54.75 + 43.8 + 219 = 417.55.

    Without it 0.5 GW would be curtailed and counted: 100 + 82.125 + 43.8 = 225.925.
    """
    solution, plan = crowded()
    assert cost(solution) == pytest.approx(417.55)
    assert solution.siting["renewable"].sum() == pytest.approx(1.0)
    assert price(plan, "matching", "nation")[0] == pytest.approx(100.0)


def test_contracted_is_used_not_spilled_to_be_counted():
    """Spilling 0.5 GW of coal at 1 JPY/kWh would make room for sun: without the spill in the law, 228.115."""
    solution, _ = crowded()
    assert solution.dispatch["spill"].sum() == pytest.approx(0.0, abs=1e-9)
    assert solution.dispatch["contracted"][0] == pytest.approx(np.array(DAY_AND_NIGHT))


def test_contracted_not_curtailed_where_must_run_is_spilled():
    """6 GW must run for 5 GW, 1 GW is spilled at 1 JPY/kWh (8.76 a year); the data center takes it by night.

    By day 1 GW of sun is used and counts, coal is spilled as before: 100 + 54.75 − 4.38 = 150.37. Without the law
    the sun would count without being used: 145.99; without leave to spill as before nothing counts by day at all.
    """
    must_run = {"fleets": {("A", "coal"): {"min_gw": 6.0}}}
    solution, _ = planned(toy(SUN | must_run | match("annual", 0.5)))
    assert solution.baseline_cost == pytest.approx(6 * 87.6 + 8.76)
    assert cost(solution) == pytest.approx(150.37)
    assert solution.dispatch["used_renewable"][0] == pytest.approx(np.array(DAY_AND_NIGHT))


TWO = {"sites": {"A1": "A", "B1": "B"}}
IN_B = {
    "renewables": {("B1", "onshore"): {"cost_jpy_bn_per_gw_a": 65.7}}, "site_cf": 0.5,
    "sites.site_limit_gw": [10.0, 0.0],
}  # fmt: skip


def test_matched_from_contracted_in_the_same_zone():
    """Load in A, wind in B: nothing in A's zone, 4,380 GWh missing: 187.6 + 438 = 625.6. In one nation 209.5.

    Without the law nothing need be contracted at all: 187.6.
    """
    inside = match("hourly", 0.5)
    assert cost(solved(toy(IN_B | inside, **TWO))) == pytest.approx(625.6)
    nation = inside | {"settings.delivered_within": "nation"}
    assert cost(solved(toy(IN_B | nation, **TWO))) == pytest.approx(209.5)


def test_matched_within_load_of_the_hour():
    """0.75 by the hour, sun by day only: 0.5 is matched, 2,190 GWh are missing: 187.6 + 10.95 + 219 = 417.55.

    Without it (by the year) 1.5 GW of sun match 0.75: 187.6 + 6,570 · 0.0025 = 204.025.
    """
    solution, plan = planned(toy(SUN | match("hourly", 0.75)))
    assert cost(solution) == pytest.approx(417.55)
    assert solution.dispatch["matched"][0] == pytest.approx(np.array(DAY_AND_NIGHT))
    assert price(plan, "matching", "nation")[0] == pytest.approx(100.0)
    assert cost(solved(toy(SUN | match("annual", 0.75)))) == pytest.approx(204.025)


def test_matched_within_load_follows_work_that_waits():
    """0.4 GW of night work waits for the sun: 0.5 + 0.2 of the load is matched by 1.4 GW of sun, 0.05 is missing.

    200 + 1.4 · 54.75 + 0.6 · 43.8 + 438 · 0.1 = 346.73. Without s in the law: 0.5 matched, 219 missing in place of 43.8.
    """
    waits = {"workloads.utilisation": 0.5, "workloads.flexible_share": 0.4, "settings.shift": True}
    solution, _ = planned(toy(SUN | waits | match("hourly", 0.75)))
    assert cost(solution) == pytest.approx(346.73)
    assert solution.dispatch["matched"][0] == pytest.approx(np.array([1.4] * 12 + [0.0] * 12))


def battery(power: float = 1.0, energy: float = 0.5, limit: float = 10.0) -> dict:
    """Losses 20 % in, 10 % out; JPY bn per GW and per GWh a year."""
    return {
        "storage": {
            ("A", "battery"): {
                "charge_efficiency": 0.8, "discharge_efficiency": 0.9, "expansion_limit_gw": limit,
                "power_jpy_bn_per_gw_a": power, "energy_jpy_bn_per_gwh_a": energy,
            }
        }
    }  # fmt: skip


DAY_DEAR = {
    "fleets": {("A", "base"): {"available_gw": 8.0}, ("A", "peak"): {"cost_jpy_bn_per_gwh": 0.0124}},
    "demand_gw": [9.0] * 12 + [5.0] * 12,
}
"""Fuel 12.4 JPY/kWh by day, 10 by night: no reason for a battery but the rule."""


@cache
def kept(name: str = "flat") -> tuple[Solution, Plan]:
    """0.75 by the hour: 6 GWh a night out of the battery, 6 / 0.72 = 8.333 GWh a day into it."""
    given = {"flat": battery(), "day dear": battery() | DAY_DEAR, "dear energy": battery(energy=5.0)}
    return planned(toy(SUN | match("hourly", 0.75) | given[name]))


def test_kept_level_loses_contracted_energy_on_the_way():
    """Sun (12 + 8.333) / 12 = 1.6944 GW, battery 0.6944 GW and 6.667 GWh: 100 + 92.7708 + 4.0278 + 21.9 = 218.6986.

    Without losses in the ledger 18 / 12 = 1.5 GW of sun would do. One more matched GWh needs 1 / 0.72 of sun, room
    for it in the battery, and saves fuel: 0.0173611 + 0.0003171 + 0.0015221 − 0.01 = 0.0092003.
    """
    solution, plan = kept()
    assert cost(solution) == pytest.approx(
        100 + 54.75 * (12 + 6 / 0.72) / 12 + 0.69444444 + 3.33333333 + 21.9
    )
    assert solution.siting["renewable"].sum() == pytest.approx(20.3333333 / 12)
    assert solution.dispatch["kept_out"].sum() == pytest.approx(6.0)
    assert solution.dispatch["kept_in"].sum() == pytest.approx(6.0 / 0.72)
    assert price(plan, "matching", "nation")[0] == pytest.approx(9.2003, abs=1e-4)


def test_kept_while_charging_draws_the_battery_by_day():
    """Day fuel 12.4, night 10: the battery still draws by day, when the sun is contracted: 218.6986 again.

    Without it: it would draw by night and deliver at once, 8.333 · 365 · 0.0024 and the 3.333 of energy less: 208.065.
    """
    solution, _ = kept("day dear")
    assert cost(solution) == pytest.approx(cost(kept()[0]))
    assert solution.dispatch["charge"][0, 12:] == pytest.approx(np.zeros(12), abs=1e-9)


def test_kept_until_discharged_delivers_by_night():
    """Day fuel 12.4, night 10: the battery still delivers by night, when it is matched: 218.6986 again.

    Without it: it would deliver by day at once, 6 · 365 · 0.0024 and the 3.333 of energy less: 210.109.
    """
    solution, _ = kept("day dear")
    assert solution.dispatch["discharge"][0, :12] == pytest.approx(np.zeros(12), abs=1e-9)
    assert solution.dispatch["discharge"].sum() == pytest.approx(6.0)


def test_kept_within_level_is_held_by_a_battery_that_is_full():
    """Battery energy at 5 a GWh: 6.667 GWh are bought all the same: 218.6986 + 30 = 248.6986.

    Without it a battery without energy, drawing and delivering at once by day and by night, would do: 223.88.
    """
    solution, _ = kept("dear energy")
    assert cost(solution) == pytest.approx(248.69861111)
    assert solution.siting["battery_energy"].sum() == pytest.approx(6.0 / 0.9)


def test_kept_while_charging_within_the_batterys_power():
    """0.25 GW of battery: 3 GWh in, 2.16 out, 3.84 a day missing: 100 + 68.4375 + 35.916 + 1.45 + 140.16 = 345.9635.

    Without batteries 417.55; without a limit on it 218.6986.
    """
    solution, _ = planned(toy(SUN | match("hourly", 0.75) | battery(limit=0.25)))
    assert cost(solution) == pytest.approx(345.9635)


def test_matched_reaches_budget_on_the_windy_days():
    """Wind on every other day only: all 4,380 GWh are matched on those: 209.5; budget 24 GWh a windy day, 0 on others.

    Shared evenly, half would be missing; without the rule 187.6. Price 5 JPY/kWh.
    """
    gusts = WIND | {"site_cf": [1.0] * 24 + [0.0] * 24}
    solution, plan = planned(toy(gusts | match("annual", 0.5), hours=48), HALVES)
    assert cost(solution) == pytest.approx(209.5)
    assert list(solution.siting["match_budget"]) == pytest.approx([24.0, 0.0])
    assert price(plan, "matching", "nation")[0] == pytest.approx(5.0)


def capped(cap: float | None, beyond: float = 0.2, lng: float = 100.0) -> dict:
    """Coal at 10 JPY/kWh and 0.9 kt/GWh, LNG at 14 and 0.4: 1 kt less costs 0.004 / 0.5 = 0.008."""
    fleets = {
        ("A", "coal"): {"co2_kt_per_gwh": 0.9},
        ("A", "lng"): {"co2_kt_per_gwh": 0.4, "cost_jpy_bn_per_gwh": 0.014, "available_gw": lng},
    }
    return {"fleets": fleets, "settings.co2_cap_kt": cap, "settings.co2_overshoot_jpy_bn_per_kt": beyond}


def test_co2_cap_switches_coal_to_gas():
    """6 GW of coal emit 47,304 kt; 43,800 need 7,008 GWh of LNG at 0.004 more: 187.6 + 28.032 = 215.632; 8,000 JPY/t.

    Without the cap 187.6.
    """
    solution, plan = planned(toy(capped(43_800.0)))
    assert cost(solution) == pytest.approx(215.632)
    assert price(plan, "co2_cap", "nation") == (pytest.approx(8_000.0), "JPY/t")
    assert solution.dispatch["gen"] @ solution.weight == pytest.approx([45_552.0, 7_008.0])
    assert cost(solved(toy(capped(None)))) == pytest.approx(187.6)


def test_co2_cap_is_overshot_at_its_price():
    """Beyond the cap at 0.005 a kt < 0.008: 187.6 + 3,504 · 0.005 = 205.12, 5,000 JPY/t. Without that price 215.632."""
    solution, plan = planned(toy(capped(43_800.0, beyond=0.005)))
    assert cost(solution) == pytest.approx(205.12)
    assert price(plan, "co2_cap", "nation")[0] == pytest.approx(5_000.0)


def test_co2_cap_does_not_bind_the_system_without_the_plan():
    """Without the plan 39,420 kt are emitted, more than 35,000: 438 all the same. Capped, it would cost 473.36.

    With the plan 12,304 kt less: 187.6 + 12,304 · 0.008 = 286.032: the plan pays for the whole system's cap.
    """
    solution = solved(toy(capped(35_000.0)))
    assert solution.baseline_cost == pytest.approx(438.0)
    assert cost(solution) == pytest.approx(286.032)


def test_co2_within_budget_is_spent_where_coal_is_needed():
    """Demand 1 and 9 GW on alternate days, 3 GW of LNG: 215.632 again, 0.008 a kt on both.

    Shared evenly 21,900 kt a half: the high days could save 6,570 of 17,520 kt: +52.56 + 2,190. Without the cap 187.6.
    """
    demand = {"demand_gw": [1.0] * 24 + [9.0] * 24}
    solution, _ = planned(toy(capped(43_800.0, lng=3.0) | demand, hours=48), HALVES)
    assert cost(solution) == pytest.approx(215.632)
    assert solution.dispatch_duals["co2_within_budget"] == pytest.approx(np.array([[-0.008, -0.008]]))
    spent = solution.siting["co2_budget"].to_numpy()
    assert spent @ [182.5, 182.5] == pytest.approx(43_800.0)


def test_no_rule_leaves_the_simpler_programme():
    """Off is off: prices of rules that are off change no number; no column of a ledger, no row of a rule."""
    off = {
        "settings.matching_share": 0.5, "settings.unmatched_jpy_bn_per_gwh": 0.1, "settings.delivered_within": "area",
        "settings.co2_overshoot_jpy_bn_per_kt": 0.2,
    }  # fmt: skip
    plain, other = dispatch_block(toy(SUN)), dispatch_block(toy(SUN | off))
    assert (plain.matrix != other.matrix).nnz == 0
    assert (plain.cost == other.cost).all()
    assert [plain.variables[name].at.size for name in LEDGER] == [0] * len(LEDGER)
    siting, changed = (programme_of(toy(SUN | more)).siting for more in ({}, off))
    assert (siting.matrix != changed.matrix).nnz == 0
    assert (siting.lower == changed.lower).all()
    assert solved(toy(SUN)).cost == solved(toy(SUN | off)).cost


def test_what_is_missing_of_a_match_is_a_figure_of_the_plan():
    """No renewables may be built, all power is to be matched: everything drawn is missing, and paid for."""
    inputs = toy(
        {
            "settings.matching": "annual",
            "settings.matching_share": 1.0,
            "settings.unmatched_jpy_bn_per_gwh": 0.05,
            "renewables.limit_gw": 0.0,
            "settings.additionality": 0.0,
        }
    )
    _, plan = planned(inputs)
    figures = plan.figures
    assert figures["unmatched_gwh"] == pytest.approx(figures["dc_electricity_gwh"], rel=1e-6)
    assert figures["missed_rules_jpy_bn_per_a"] == pytest.approx(0.05 * figures["unmatched_gwh"], rel=1e-9)
    assert figures["matched_share"] == pytest.approx(0.0, abs=1e-9)
    assert "co2_overshoot_kt" not in figures  # no cap, no figure
    assert "unmatched_gwh" not in planned(toy())[1].figures


def test_matched_share_is_what_is_asked_less_what_is_missing():
    """0.75 of 8,760 GWh asked, 2,190 missing: 0.5 matched. Per what is asked it would be 6,570 − 2,190 of it: 0.667."""
    _, plan = planned(toy(SUN | match("hourly", 0.75)))
    assert plan.figures["unmatched_gwh"] == pytest.approx(2190.0)
    assert plan.figures["matched_share"] == pytest.approx(0.5)
    by_year = planned(toy(SUN | match("annual", 0.75)))[1].figures
    assert by_year["matched_share"] == pytest.approx(0.75)


def test_co2_of_the_nation_stands_beside_its_cap():
    """6 GW of coal at 0.9: 47,304 kt, 3,504 over 43,800, paid at 0.005: 17.52; without the plan 5 GW, 39,420 kt."""
    figures = planned(toy(capped(43_800.0, beyond=0.005)))[1].figures
    names = (
        "co2_cap_kt",
        "co2_kt_per_a",
        "co2_before_kt_per_a",
        "co2_overshoot_kt",
        "missed_rules_jpy_bn_per_a",
    )
    assert [figures[name] for name in names] == pytest.approx([43_800.0, 47_304.0, 39_420.0, 3_504.0, 17.52])
    kept = planned(toy(capped(43_800.0)))[1].figures
    assert (kept["co2_kt_per_a"], kept["co2_overshoot_kt"]) == (pytest.approx(43_800.0), pytest.approx(0.0))
    assert {name for name in planned(toy(capped(None)))[1].figures if name in names} == set()
