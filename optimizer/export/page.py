"""`index.html`: the plan as one file that works without a network.

Words from data pass Jinja's escaping or a JSON block, never a script. The content security policy admits only
the scripts whose hashes it lists; `unsafe-eval` is there because Bokeh compiles its callbacks in the browser.
"""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.export import page_text
from optimizer.export.page_charts import Charts, add_bounds, add_capture, add_prices
from optimizer.export.page_map import add_map, fibre_key
from optimizer.export.page_origins import origins
from optimizer.export.provenance import parameter_rows, source_rows, version_of
from optimizer.export.record import RunRecord
from optimizer.export.tables import Published
from optimizer.export.words import credit_line, headlines, money, north_to_south, percent, title_of
from optimizer.scenario.rule_words import rule_warnings

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATE = Path(__file__).with_name("template")


def templates() -> Environment:
    """Return the templates of pages: text is escaped, a name that is missing is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_TEMPLATE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def write_page(record: RunRecord, tables: dict[str, Published], file: Path) -> None:
    """Write the page."""
    charts = Charts(record.lang)
    add_map(charts, record, tables)
    add_capture(charts, record)
    add_bounds(charts, record.plan.bounds)
    add_prices(charts, tables, north_to_south(record, tables["areas"].frame))
    environment = templates()
    environment.filters.update({"number": number, "percent": percent})
    scripts = [*bokeh_scripts(), (_TEMPLATE / "page.js").read_text("utf-8")]
    content = environment.get_template("page.html").render(
        record=record,
        title={lang: title_of(record, lang) for lang in ("en", "ja")},
        headlines=headlines(record),
        origins=origins(record, [headline.key for headline in headlines(record)]),
        summary=record.steady_summary,
        cost={lang: money(record.summary["system_cost_jpy_bn_per_a"], lang) for lang in ("en", "ja")},
        credit={lang: credit_line(record, lang) for lang in ("en", "ja")},
        version=version_of("wattbit"),
        tables=page_text.html_tables(record, tables),
        warnings=rule_warnings(record.summary),
        fibre_key=fibre_key(tables),
        binding=page_text.binding_rows(record, tables),
        prices=page_text.price_table(tables["prices"].frame),
        capture_rows=page_text.capture_rows(record),
        parameters=parameter_rows(record),
        sources=page_text.shown_sources(source_rows(record)),
        notes=page_text.NOTES,
        more_notes=[note for note in record.capture.notes if note not in page_text.said()],
        style=(_TEMPLATE / "page.css").read_text("utf-8"),
        scripts=scripts,
        policy=policy(scripts),
        bokeh=inert_json(document_of(charts)),
    )
    file.write_text(content, encoding="utf-8")


def number(value: float, digits: int = 0) -> str:
    """Return a number with thousands separators; a rounded zero has no sign."""
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if not any(digit in text for digit in "123456789") else text


def bokeh_scripts() -> list[str]:
    """Return Bokeh's own scripts from the installed package: core and widgets."""
    from bokeh.resources import Resources

    return [str(script) for script in Resources(mode="inline", components=["bokeh", "bokeh-widgets"]).js_raw]


def policy(scripts: list[str]) -> str:
    """Return the content security policy: nothing from outside, only these scripts."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes} 'unsafe-eval'; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
    )


def document_of(charts: Charts) -> dict[str, Any]:
    """Return what the browser embeds: the document with steady ids, where each root goes, and the words."""
    from bokeh.document import Document

    document = Document()
    with document.models.freeze():  # one walk over all models instead of one per root
        for root in charts.roots.values():
            document.add_root(root)
    content = document.to_json(deferred=False)
    names: dict[str, str] = {}
    steady = _renamed(content, names)
    steady["title"] = ""
    places = {names[str(root.id)]: f"chart-{name}" for name, root in charts.roots.items()}
    return {
        "docs": {"plan": steady},
        "items": [{"docid": "plan", "roots": places, "root_ids": list(places)}],
        "words": charts.words,
    }


def inert_json(content: Any) -> str:
    """Return JSON that cannot close the script element it stands in."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _renamed(node: Any, names: dict[str, str]) -> Any:
    """Number Bokeh's model ids in the order they appear: its own counter depends on what ran before."""
    if isinstance(node, dict):
        return {
            key: names.setdefault(str(value), f"m{len(names) + 1}")
            if key == "id" and isinstance(value, str)
            else _renamed(value, names)
            for key, value in node.items()
        }
    if isinstance(node, list | tuple):
        return [_renamed(value, names) for value in node]
    return node
