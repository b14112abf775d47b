"""Where the headline figures of the page come from: how each is made, its inputs with file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.export.provenance import parameter_rows
from optimizer.export.record import RunRecord
from optimizer.scenario.trace_groups import Trace
from optimizer.scenario.trace_read import Ingredient, RunFiles, counts, ingredients
from optimizer.scenario.traces import HOW, trace_of

LINES_SHOWN = 6


@dataclass(frozen=True)
class Origin:
    """What the page says of one headline figure."""

    anchor: str
    how: Mapping[str, str]
    laws: tuple[str, ...]
    share: float | None
    """Share that rests on assumed figures [1]; None where no lines say so."""

    lines: Sequence[Mapping[str, Any]]
    """Largest lines of cost or capture: line, jpy_bn_per_a, assumed_share."""

    grades: Mapping[str, int]
    inputs: list[Ingredient]


def origins(record: RunRecord, keys: list[str]) -> dict[str, Origin]:
    """Return where each figure of the summary named in `keys` comes from."""
    run = RunFiles(
        {
            "pack": record.inputs.pack,
            "scenario": record.inputs.resolved,
            "parameters": parameter_rows(record),
            "sources": record.sources,
        },
        record.input_files.get,
    )
    return {key: _origin(key, trace_of(key) or Trace("counted"), run, record) for key in keys}


def _origin(key: str, trace: Trace, run: RunFiles, record: RunRecord) -> Origin:
    found = ingredients(trace, run)
    share = record.summary.get(f"assumed_share_of_{trace.kind}") if trace.kind else None
    lines = [line for line in record.resting if trace.kind and line["kind"] == trace.kind]
    largest = sorted(lines, key=lambda line: -abs(line["jpy_bn_per_a"]))[:LINES_SHOWN]
    anchor = "from-" + key.replace(".", "-").replace("_", "-")
    return Origin(anchor, HOW[trace.how], trace.laws, share, largest, counts(found), found)
