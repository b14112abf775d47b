"""Build `data/japan/candidates.csv`: announced and standing data centers with who owns them.

Usage: python data/make/japan_candidates.py RESEARCHED_FOLDER

Aggregates are left out (they would count projects twice). A figure that is an estimate, or not read in a source,
is graded assumed. Run `data/make/register.py` and `data/make/datapackage.py` afterwards.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

TARGET = Path(__file__).resolve().parents[1] / "japan" / "candidates.csv"
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


if __name__ == "__main__":
    table(Path(sys.argv[1])).to_csv(TARGET, index=False, lineterminator="\n", encoding="utf-8")
