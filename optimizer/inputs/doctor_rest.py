"""The doctor on demand, latency, money, and on who answers for the figures."""

from __future__ import annotations

from collections.abc import Callable

from optimizer.errors import InputError
from optimizer.inputs.doctor_finding import Finding, Subject, listed
from optimizer.inputs.network import routes_within_latency
from optimizer.inputs.pack_reach import unserved_nodes
from optimizer.scenario.sources import load_sources

_KWH_PER_HEAD = (300.0, 30_000.0)
_LOAD_FACTOR = (0.35, 0.90)
_MUCH_ASSUMED = 0.75
_BN_PER_TN = 1000.0
_LINES = ("iaas", "saas", "ai_inf", "ai_train")


def check_demand(subject: Subject) -> list[Finding]:
    """Electricity per head and load factor: kW for MW, MWh for GWh and missing zeros show here."""
    people = float(subject.pack.tables["nodes"]["population_persons"].sum())
    energy = float(subject.year.demand_gw.sum())
    factor = energy / len(subject.year.time) / float(subject.year.demand_gw.sum(axis=0).max())
    head = energy * 1e6 / people if people > 0.0 else 0.0
    usual = _within(head, _KWH_PER_HEAD) and _within(factor, _LOAD_FACTOR)
    return [
        Finding(
            "ok" if usual else "look",
            "demand",
            "weather_demand.csv",
            f"{energy / 1e3:,.0f} TWh a year, {head:,.0f} kWh per head, load factor {factor:.2f}",
            f"年間 {energy / 1e3:,.0f} TWh、1 人当たり {head:,.0f} kWh、負荷率 {factor:.2f}",
            "" if usual else "unusual: is demand in MW, is the population that of the areas?",
            "" if usual else "通常の範囲外です。単位 (MW) と人口を確かめます",
        )
    ]


def check_latency(subject: Subject) -> list[Finding]:
    """Which users no site can serve in time, class by class."""
    tables = subject.pack.tables
    nodes, sites, workloads = tables["nodes"], tables["sites"], tables["workloads"]
    findings = [
        Finding(
            "wrong", "latency", workload,
            f"no site reaches {listed(lost)} within {limit:g} ms: no plan unless load stays abroad",
            f"{limit:g} ms 以内に {listed(lost)} へ届く候補地がありません",
            "add a site nearby, relax rtt_limit_ms, or allow_abroad: true in the scenario",
            "近くに候補地を足す、rtt_limit_ms を緩める、または allow_abroad: true にします",
        )
        for workload, lost, limit in unserved_nodes(nodes, sites, workloads, subject.value)
    ]  # fmt: skip
    if findings:
        return findings
    routes = routes_within_latency(nodes, sites, workloads, subject.value)
    fewest = int(routes.groupby(level=["workload", "node"]).size().min())
    return [
        Finding(
            "ok", "latency", "workloads.csv",
            f"every node is served in every class; the fewest choices are {fewest} of {len(sites)} sites",
            f"すべての需要点・用途に届きます。選択肢は最少で {len(sites)} 候補地中 {fewest}",
        )
    ]  # fmt: skip


def check_money(subject: Subject) -> list[Finding]:
    """The market behind the capture against the official account."""
    value, accounts = subject.value, subject.pack.tables["accounts"]
    cloud, mix = value["S_cloud_2025"], value["mix_iaas"]
    sizes = dict(
        zip(
            _LINES,
            (cloud * mix, cloud * (1 - mix), value["S_ai_inf_2025"], value["S_ai_train_2025"]),
            strict=True,
        )
    )
    outflow = _BN_PER_TN * sum(sizes[c] * value[f"for_{c}"] * value[f"rho_{c}"] for c in _LINES)
    known = accounts["computer_payments_jpy_bn"].dropna()
    if known.empty:
        return [
            Finding(
                "look", "money", "accounts.csv",
                f"cloud and AI outflow is JPY {outflow:,.0f} bn; no computer services payments to check with",
                f"クラウド・AI の流出は {outflow:,.0f} 十億円。照合できる支払がありません",
                "fill computer_payments_jpy_bn of one year", "computer_payments_jpy_bn を 1 年分書きます",
            )
        ]  # fmt: skip
    paid = float(known.iloc[-1])
    share, limit = outflow / paid, value["computer_share_of_cloud"]
    level = "ok" if share <= limit else "look" if share <= 1.0 else "wrong"
    return [
        Finding(
            level,
            "money",
            "parameters.csv",
            f"cloud and AI outflow of 2025: JPY {outflow:,.0f} bn, {share:.0%} of computer services payments",
            f"2025 年のクラウド・AI の流出は {outflow:,.0f} 十億円、コンピュータサービス支払の {share:.0%}",
            "" if level == "ok" else f"above {limit:.0%}: lower S_*, for_* or rho_*, or correct the account",
            "" if level == "ok" else f"{limit:.0%} を超えます。S_*、for_*、rho_* か支払額を見直します",
        )
    ]


def check_grades(subject: Subject) -> list[Finding]:
    """How many figures are assumed, and files nobody answers for."""
    grades = subject.pack.parameters["grade"]
    share = float((grades == "assumed").mean())
    much = share > _MUCH_ASSUMED
    findings = [
        Finding(
            "look" if much else "ok",
            "grades",
            "parameters.csv",
            f"{int((grades == 'assumed').sum())} of {len(grades)} single numbers are assumed ({share:.0%})",
            f"数値 {len(grades)} 個のうち {int((grades == 'assumed').sum())} 個が仮定 ({share:.0%})",
            "read results as a first picture; replace the figures `wattbit sources RUN` puts first"
            if much
            else "",
            "結果は第一印象として読み、wattbit sources RUN の上位から置き換えます" if much else "",
        )
    ]
    return [*findings, *_registered(subject)]


def _registered(subject: Subject) -> list[Finding]:
    """Compare the files of the pack with the register beside it."""
    pack = subject.pack
    own = {name: digest for name, digest in pack.hashes.items() if name.startswith(f"{pack.name}/")}
    try:
        register = {one.file: one for one in load_sources(pack.folder.parent)}
    except InputError:
        register = {}
    missing = sorted(name for name in own if name not in register)
    stale = sorted(name for name in own if name in register and register[name].sha256 != own[name])
    assumed = sum(1 for name in own if name in register and register[name].grade == "assumed")
    findings = []
    if missing:
        findings.append(
            Finding(
                "look", "grades", "sources.toml",
                f"nobody answers for {listed(missing)}: every figure in them counts as assumed",
                f"出典の登録がありません: {listed(missing)}。すべて仮定として扱います",
                "add an entry per file to sources.toml beside the pack (docs/new-country.md, step 8)",
                "パックの隣の sources.toml に 1 ファイル 1 項目で登録します (docs/new-country.md)",
            )
        )  # fmt: skip
    if stale:
        findings.append(
            Finding(
                "look", "grades", "sources.toml",
                f"changed since they were registered: {listed(stale)}",
                f"登録後に変更されています: {listed(stale)}",
                "re-check the source, then python data/make/register.py FOLDER (docs/new-country.md, step 8)",
                "出典を見直し、python data/make/register.py フォルダ を実行します",
            )
        )  # fmt: skip
    return findings or [
        Finding(
            "ok", "grades", "sources.toml",
            f"all {len(own)} files are registered, {assumed} of them graded assumed",
            f"{len(own)} ファイルすべて登録済み、うち {assumed} が仮定",
        )
    ]  # fmt: skip


def _within(value: float, band: tuple[float, float]) -> bool:
    return band[0] <= value <= band[1]


REST_CHECKS: tuple[Callable[[Subject], list[Finding]], ...] = (
    check_demand,
    check_latency,
    check_money,
    check_grades,
)
