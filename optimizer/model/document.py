"""`docs/formulation.md`, written from the equations' own docstrings: it cannot drift from what runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from optimizer.model import cost
from optimizer.model.build import DISPATCH_EQUATIONS, SITING_EQUATIONS, Equation
from optimizer.model.pathway import PATHWAY_EQUATIONS

HEAD = """# The linear program, equation by equation

This page is generated from the docstrings of the functions that build the model
(`python -m optimizer.model.document > docs/formulation.md`); a test fails when it differs.
Each heading is at once a function in `optimizer/model/`, a constraint of the model, an entry of the
`equation` column of `tables/prices.csv`, an anchor on this page, and a test solved by hand.

Internal units are GW, GWh, JPY bn and JPY bn per year; files and tables for people use MW, MWh and JPY.
A *dual* is the change of the yearly cost when the right-hand side grows by one unit; where the text says
"negated", what is published is minus the dual: every published price is positive where something is scarce.

Two problems share one objective. The **siting problem** is static and fine in space: what is built where,
and whom it serves. The **dispatch problem** is hourly and coarse in space: one copper plate per grid area,
joined by interties, one independent block per period (weeks by default). The grid sees the siting problem
only through the right-hand sides of the dispatch block:

$$P_{at} = \\sum_{r \\in a} \\eta_{rt} \\sum_c \\varphi_{ct}\\, q_{rc}, \\qquad
V_{at} + \\sum_{r \\in a, g} \\phi_{rgt}\\, e_{rg}, \\qquad \\bar w_\\ell + y_\\ell,
\\qquad \\bar p_{as} + p_a$$

with hourly power usage effectiveness $\\eta$ (from outdoor temperature), the load profile $\\varphi$ of each
class and the capacity factor $\\phi$ of each site.
"""

PATHWAY = """A pathway has several target years $y$, each with both problems above; $y^-$ is the target
year before, and nothing stands before the first. The objective is $\\sum_y f_y \\cdot \\mathrm{cost}_y$ with
$f_y = D_y / \\sum_{y'} D_{y'}$ and $D_y = \\sum_j (1+i)^{-(j-y_1)}$ over the years $j$ from $y$ until the
next target year (the last stands for as many as the one before it), $i$ the discount rate: the discounted
mean year, in JPY bn/a. Prices of a year are published in its own money: duals divided by $f_y$. The laws here
are all that ties the years.
"""


def render_formulation() -> str:
    """Return the whole page as Markdown."""
    parts = [HEAD, "## Contents\n", _contents()]
    parts.append("## Objective\n")
    parts += [_section(rule) for rule in (cost.siting_cost, cost.dispatch_cost)]
    parts.append("## Siting problem\n")
    parts += [_section(rule) for rule, _ in SITING_EQUATIONS]
    parts.append("## Dispatch problem\n")
    parts += [_section(rule) for rule, _ in DISPATCH_EQUATIONS]
    parts.append(f"## Between target years\n\n{PATHWAY}")
    parts += [_section(rule) for rule, _ in PATHWAY_EQUATIONS]
    return "\n".join(parts).rstrip() + "\n"


def _contents() -> str:
    def lines(equations: tuple[Equation, ...]) -> list[str]:
        return [f"- [`{rule.__name__}`](#{rule.__name__}): {_summary(rule)}" for rule, _ in equations]

    every = SITING_EQUATIONS + DISPATCH_EQUATIONS + PATHWAY_EQUATIONS
    return "\n".join([*lines(every), ""])


def _summary(rule: Callable[..., Any]) -> str:
    return (inspect.getdoc(rule) or "").partition("\n")[0]


def _section(rule: Callable[..., Any]) -> str:
    text = _with_table(inspect.getdoc(rule) or "")
    text = re.sub(r"\.\. math:: (.*?)(?:\n\n|\Z)", lambda m: _displayed(m.group(1)), text, flags=re.DOTALL)
    text = re.sub(r":math:`([^`]*)`", r"$\1$", text)
    text = text.replace("``", "`")
    return f"### {rule.__name__}\n\n{text.strip()}\n"


def _displayed(formula: str) -> str:
    joined = " ".join(line.strip() for line in formula.splitlines())
    return f"$${joined}$$\n\n"


def _with_table(text: str) -> str:
    """Turn a simple reStructuredText table into a Markdown one."""
    lines = text.splitlines()
    rules = [i for i, line in enumerate(lines) if re.fullmatch(r"=+( +=+)+", line)]
    if len(rules) != 3:
        return text
    edges = [match.start() for match in re.finditer(r"=+", lines[rules[0]])]
    head = _cells(lines[rules[0] + 1], edges)
    rows: list[list[str]] = []
    for line in lines[rules[1] + 1 : rules[2]]:
        cells = _cells(line, edges)
        if cells[0]:
            rows.append(cells)
        else:
            rows[-1] = [f"{old} {new}".strip() for old, new in zip(rows[-1], cells, strict=True)]
    table = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    return "\n".join([*lines[: rules[0]], *table, *lines[rules[2] + 1 :]])


def _cells(line: str, edges: list[int]) -> list[str]:
    """Cut a line at column starts; a cell that runs over its column keeps its words."""
    cuts = []
    for edge in edges:
        at = edge
        while 0 < at < len(line) and line[at - 1] != " ":
            at += 1
        cuts.append(min(at, len(line)))
    return [line[a:b].strip() for a, b in zip(cuts, [*cuts[1:], len(line)], strict=True)]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    import sys

    sys.stdout.write(render_formulation())
