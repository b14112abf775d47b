"""One run in a process of its own: when each stage began, and what came out, as one line of JSON.

    python -m bench.year SCENARIO FOLDER [WEEKS]

With WEEKS so many evenly spaced weeks are solved, and the stacked programme is written.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizer.run import run_scenario
from optimizer.scenario.load import load_scenario
from optimizer.scenario.options import RunOptions


def main(scenario: str, folder: str, weeks: str | None = None) -> None:
    """Run, and print the moment at which each stage began. [s since the epoch]"""
    began: dict[str, float] = {}

    def note(stage: str, fields: Mapping[str, Any]) -> None:
        now = time.time()
        if stage in ("inputs", "compile", "write"):
            began[stage] = now
        elif stage == "bounds":
            began.setdefault("solve", now - float(fields["elapsed_s"]))
            began["analyse"] = now

    count = None if weeks is None else int(weeks)
    options = RunOptions(
        output=Path(folder), goal=None, preview=False, lang="en", weeks=count, keep_model=count is not None,
        workers=None,
    )  # fmt: skip
    result = run_scenario(load_scenario(scenario), options, note)
    report = {"began": began, "end": time.time(), "summary": result.summary}
    sys.stdout.write(json.dumps(report, allow_nan=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
