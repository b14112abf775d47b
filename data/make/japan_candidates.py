"""Build `data/japan/candidates.csv` (announced and standing data centers with who owns them) and from it
`data/japan/candidate_sites.csv` (what is still to be built, one row per town).

Usage: python data/make/japan_candidates.py [RESEARCHED_FOLDER]

Without a folder only the sites are made again, from the table that is there. Aggregates are left out (they would
count projects twice). A figure that is an estimate, or not read in a source, is graded assumed. Run
`data/make/register.py` and `data/make/datapackage.py` afterwards.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

TARGET = Path(__file__).resolve().parents[1] / "japan" / "candidates.csv"
SITES = TARGET.with_name("candidate_sites.csv")
OWNERSHIP = {
    "domestic": "domestic",
    "domestic developer": "developer",
    "joint": "joint",
    "foreign": "foreign",
    "foreign-led": "foreign",
}
STATUS = {
    "operating": "operating",
    "completed/opening": "operating",
    "operating/expanding": "expanding",
    "under construction": "construction",
    "conversion": "construction",
    "planned": "planned",
    "proposal": "proposed",
}
BASIS = {"IT": "it", "receiving": "receiving", "-": ""}

TOWNS_JA = {
    "East Osaka": "東大阪市",
    "Fuchu": "府中市",
    "Inzai": "印西市",
    "Itoshima": "糸島市",
    "Kitakyushu": "北九州市",
    "Koto": "江東区",
    "Minoh": "箕面市",
    "Nanto": "南砺市",
    "Osaka": "大阪市",
    "Saitama": "さいたま市",
    "Sakai": "堺市",
    "Seika": "精華町",
    "Shirakawa": "白河市",
    "Shiroi": "白井市",
    "Tomakomai": "苫小牧市",
    "Tsukuba": "つくば市",
    "western Tokyo": "東京西部",
}
MODES = {"domestic": "domestic", "developer": "leased", "joint": "leased", "foreign": "foreign"}
"""How the model says ownership: a building of a developer or of a joint venture is let to foreign clouds (assumed)."""

MODE_ORDER = ("domestic", "leased", "foreign")


def identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def grade(row: pd.Series) -> str:
    """Published only where confidence says so and no note calls the MW an estimate or recalled."""
    known = pd.notna(row["mw_now"]) or pd.notna(row["mw_final"])
    doubt = re.search(r"estimate|recalled", str(row["note"]))
    return "published" if known and row["confidence"] == "published" and not doubt else "assumed"


def table(researched: Path) -> pd.DataFrame:
    rows = pd.read_csv(researched / "geo/existing_dc.csv", dtype={"code": str})
    rows = rows[rows["status"] != "aggregate"]
    return pd.DataFrame(
        {
            "candidate": rows["name"].map(identifier),
            "name_en": rows["name"],
            "operator": rows["operator"],
            "ownership": rows["ownership"].map(OWNERSHIP),
            "region": "JP-" + rows["code"],
            "locality": rows["city"],
            "lon": rows["lon"],
            "lat": rows["lat"],
            "mw_now": rows["mw_now"],
            "mw_final": rows["mw_final"],
            "mw_basis": rows["mw_basis"].map(BASIS),
            "status": rows["status"].map(STATUS),
            "source": rows["source"].replace("-", "list of Japanese data centers, recalled"),
            "grade": rows.apply(grade, axis=1),
        }
    ).sort_values("candidate")


def sites(candidates: pd.DataFrame) -> pd.DataFrame:
    """Return one row per town with announced MW beyond what stands; place and ownership weighted by MW.

    A project whose final size is not known, or is reached, has nothing to add and is left out.
    """
    growing = candidates.assign(mw=candidates["mw_final"] - candidates["mw_now"].fillna(0.0))
    growing = growing[growing["mw"] > 0]
    rows = []
    for (region, town), group in growing.groupby(["region", "locality"]):
        mode = group["ownership"].map(MODES)
        share = {
            name: round(float(group.loc[mode == name, "mw"].sum() / group["mw"].sum()), 6)
            for name in MODE_ORDER
        }
        rows.append(
            {
                "site": f"{region}-{identifier(town)}",
                "name_ja": f"{TOWNS_JA[town]}（公表計画）",
                "name_en": f"{town} (announced)",
                "lon": round(float((group["lon"] * group["mw"]).sum() / group["mw"].sum()), 4),
                "lat": round(float((group["lat"] * group["mw"]).sum() / group["mw"].sum()), 4),
                "projects": " ".join(group["candidate"]),
                "it_mw": group.loc[group["mw_basis"] == "it", "mw"].sum(),
                "receiving_mw": group.loc[group["mw_basis"] == "receiving", "mw"].sum(),
                **{f"{name}_share": share[name] for name in MODE_ORDER},
                "grade": "published" if (group["grade"] == "published").all() else "assumed",
            }
        )
    return pd.DataFrame(rows).sort_values("site")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        table(Path(sys.argv[1])).to_csv(TARGET, index=False, lineterminator="\n", encoding="utf-8")
    sites(pd.read_csv(TARGET)).to_csv(SITES, index=False, lineterminator="\n", encoding="utf-8")
