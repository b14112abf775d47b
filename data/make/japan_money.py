"""Digital accounts and the country parameters of Japan."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
GRADES = {"published": "published", "derived": "derived"}
MEANINGS = {
    "S_cloud": "public cloud market in the year, SaaS included",
    "mix_iaas": "share of IaaS and PaaS in the public cloud market",
    "S_ai_inf": "generative-AI services market in the year",
    "S_ai_train": "rented AI training capacity market in the year",
    "for_": "share of the market held by foreign suppliers",
    "rho_": "share of the foreign supplier's bill that leaves the country",
    "g_": "yearly growth of the outflow",
    "switch": "share of the installed base that changes supplier in a year",
    "alpha_": "share of the outflow a domestic supplier could serve",
    "v_": "sales of one fully sold MW of IT at foreign prices",
    "u_": "share of the IT capacity that is sold",
    "phi_": "share of domestic sales diverted from foreign suppliers",
    "pi": "domestic price over foreign price, like for like",
    "H_": "IT hardware per MW of IT and year",
    "m_hw": "imported share of general IT hardware",
    "m_gpu": "imported share of AI hardware",
    "fac": "building and M&E per MW of IT and year",
    "m_fac": "imported share of building and M&E",
    "el": "electricity bill per MW of IT and year",
    "m_fuel": "imported fuel share of the electricity bill",
    "re": "domestic renewable share of the electricity, where no dispatch is at hand",
    "sw_": "imported software and services as a share of sales",
    "own_for": "foreign share in the ownership of domestic operators",
    "margin": "net margin of domestic operators",
    "delta_": "share of the displaced foreign service that would have run on machines imported here",
    "u_for": "sold share of the foreign operator's machines",
    "omega": "share kept at home when sold through a foreign platform",
}
SPELLED_OUT = {
    "see substitutability.csv": "share of each use case that domestic suppliers offer today or have announced, judged use case by use case",
    "CMA < 1 %": "UK Competition and Markets Authority, cloud services market investigation: under 1 % of customers switch a year",
    "IDC 2024 4.14 x 1.163": "IDC Japan: public cloud market 2024 JPY 4.14 tn x 1.163",
    "IDC generative AI 0.1016 x 1.84": "IDC Japan: generative-AI market 2024 JPY 0.1016 tn x 1.84",
    "METI/JFTC/Nikkei for IaaS": "METI, Fair Trade Commission and Nikkei shares for IaaS",
    "Asteres 0.80": "Asterès study for Cigref 0.80",
    "T&T Tokyo": "Turner & Townsend, Tokyo",
    "Sakura FY2025": "utilisation seen in Sakura Internet's GPU business, FY2025",
    "logit IIA with": "logit substitution in proportion to shares, with",
    "own, from the siting plan": "own; the plan's dispatch replaces it",
    "from the siting plan": "the plan's dispatch replaces it",
    "AWS 1.6-2.4 per MW, GPU 2.1, Sakura 2.2": "AWS sales over power 1.6-2.4, GPU rental 72 GPU/132 kW x 3 USD/h = 2.1, Sakura GPU sales 2.2 JPY bn/MW",
}
JUDGED = {"H_iaas", "H_saas", "el", "v_saas", "mix_iaas", "switch"}
"""Graded higher by the collection they come from, but resting on a judgement or on another country."""

CLASSES = {"iaas": "IaaS and PaaS", "saas": "SaaS", "ai_inf": "AI inference", "ai_train": "AI training"}
COLUMNS = ["name", "value", "unit", "price_year", "low", "high", "grade", "source", "meaning"]
ACCOUNTS = (
    # year, payments, receipts, deficit, computer services, grade
    (2023, 9246.3, 3710.3, 5536.0, 3000, "published"),
    (2024, 10300.0, 3649.4, 6650.6, 3900, "assumed"),
    (2025, 10800.0, 4100.0, 6700.0, 4200, "assumed"),
)


def meaning(name: str) -> str:
    """Return the meaning of a capture parameter from its exact name or its prefix."""
    exact = [
        text
        for key, text in MEANINGS.items()
        if name == key or (not key.endswith("_") and name == f"{key}_2025")
    ]
    text = (
        exact[0]
        if exact
        else next(text for key, text in MEANINGS.items() if key.endswith("_") and name.startswith(key))
    )
    suffix = next(
        (label for key, label in CLASSES.items() if name.endswith(f"_{key}") and name != "mix_iaas"), ""
    )
    return f"{text}; {suffix}" if suffix else text


def capture_rows(researched: Path) -> pd.DataFrame:
    """Return the capture parameters under their own names."""
    table = pd.read_csv(researched / "accounts/model_parameters.csv")
    source = table["source_url_or_document"].where(
        table["confidence"] != "estimate", "estimate: " + table["source_url_or_document"]
    )
    source = source.where(table["confidence"] != "recalled-unverified", source + "; recalled, unverified")
    for short, full in SPELLED_OUT.items():
        source = source.str.replace(short, full, regex=False)
    source = source.str.replace("estimate: own", "own estimate; no published figure found")
    return pd.DataFrame(
        {
            "name": table["id"],
            "value": table["base"],
            "unit": table["unit"]
            .str.replace("JPY bn per fully sold IT MW-yr", "JPY bn/MW/a")
            .str.replace("JPY bn/MW-yr", "JPY bn/MW/a")
            .str.replace("per yr", "1/a")
            .replace({"share": "1", "ratio": "1", "share of sales": "1"}),
            "price_year": table["year"]
            .where(table["unit"].str.contains("JPY"))
            .map(lambda year: "" if pd.isna(year) else str(int(year))),
            "low": table["low"],
            "high": table["high"],
            "grade": table["confidence"]
            .map(lambda mark: GRADES.get(mark, "assumed"))
            .where(~table["id"].isin(JUDGED), "assumed"),
            "source": source,
            "meaning": table["id"].map(meaning),
        }
    )[COLUMNS]


def tables(researched: Path) -> dict[str, pd.DataFrame]:
    """Return accounts and the country's parameters."""
    columns = [
        "year",
        "payments_jpy_bn",
        "receipts_jpy_bn",
        "deficit_jpy_bn",
        "computer_payments_jpy_bn",
        "grade",
    ]
    country = pd.read_csv(HERE / "japan_country_parameters.csv", dtype=str, keep_default_na=False)[COLUMNS]
    parameters = pd.concat([capture_rows(researched).astype(str), country]).sort_values("name")
    return {"accounts": pd.DataFrame(ACCOUNTS, columns=columns), "parameters": parameters}
