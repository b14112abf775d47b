"""`docs/scenario.md`, written from the schema and from the root scenario: it cannot fall behind."""

from __future__ import annotations

from typing import Any

from optimizer.scenario.catalogue import KeyFacts, catalogue
from optimizer.scenario.load import load_scenario

_HEAD = """# Scenario files

Generated from `optimizer/scenario/schema.py`; a test keeps it so.

A scenario is a small YAML file: `base:` names the scenario it inherits from, the rest is what it changes.

```yaml
base: japan-2030                 # a shipped scenario, or a file: ../other.yaml
name: regional-40
title: {ja: 地方分散40%, en: 40 % outside Tokyo and Kansai}
policy: {min_regional_share: 0.4}
```

`wattbit validate FILE` checks it and says everything that is wrong, with line and column.
`wattbit run FILE --set policy.min_regional_share=0.3` changes single values; `--set` knows every key below.
`wattbit schema scenario` prints the JSON Schema for editors.

How inheritance works:

- Groups merge key by key; numbers, words and lists are replaced.
- `policy.operator_mix` and `demand.workload_shares` are one statement each: a file that gives one replaces
  the inherited one as a whole.
- In `parameters` and `network.rtt_limit_ms`, `null` takes an inherited entry out again.
- `name`, `title` and `description` are not inherited.
- A scenario without `base` must give every key. Only `scenarios/japan-2030.yaml` does; the last column is
  its value.

YAML is read as version 1.2 and without guessing: `yes`, `no`, `12:30`, `012`, `1_000`, dates, `.inf`, tags,
anchors, aliases and duplicate keys are refused with their line. Numbers may be written `1e-4`.
"""


def scenario_document() -> str:
    """Return the text of `docs/scenario.md`: every key with meaning, unit, allowed values and root value."""
    values = load_scenario("japan-2030").resolved
    parts = [_HEAD]
    keys = list(catalogue().values())
    top = [facts for facts in keys if "." not in facts.path]
    parts.append(_table("The scenario", "", [facts for facts in top if not _is_group(facts)], values))
    for group in top:
        if _is_group(group):
            rows = [facts for facts in keys if facts.path.startswith(group.path + ".")]
            parts.append(_table(f"`{group.path}`", group.meaning, rows, values))
    return "\n".join(parts)


def _is_group(facts: KeyFacts) -> bool:
    return any(path.startswith(facts.path + ".") for path in catalogue())


def _table(title: str, meaning: str, rows: list[KeyFacts], values: dict[str, Any]) -> str:
    lines = [f"## {title}", "", *([meaning, ""] if meaning else [])]
    lines += ["| key | meaning | unit | allowed | japan-2030 |", "|---|---|---|---|---|"]
    for facts in rows:
        unit = facts.unit or "–"
        allowed = facts.allowed().replace(f" [{facts.unit}]", "").replace("|", "\\|")
        lines.append(
            f"| `{facts.path}` | {facts.meaning} | {unit} | {allowed} | {_value(facts.path, values)} |"
        )
    return "\n".join(lines) + "\n"


def _value(path: str, values: dict[str, Any]) -> str:
    """Return the root scenario's value of a key as printed; a dash for groups and names the user chooses."""
    node: Any = values
    for part in path.split("."):
        if part == "*" or node is None:  # a name the user chooses, or a group that is off
            return "–"
        node = node[part]
    if isinstance(node, dict):
        return "–" if node else "`{}`"
    if isinstance(node, list):
        return f"`[{', '.join(str(item) for item in node)}]`"
    if isinstance(node, str):
        return node
    return f"`{'null' if node is None else str(node).lower()}`"
