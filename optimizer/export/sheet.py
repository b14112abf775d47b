"""One plain page in both languages: cards, charts and tables in sections, without a network.

Words from data pass Jinja's escaping or a JSON block, never a script; the security policy is that of
`index.html`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from optimizer.export.page import bokeh_scripts, document_of, inert_json, policy, templates
from optimizer.export.page_charts import Charts
from optimizer.export.provenance import version_of
from optimizer.export.words import Both

_TEMPLATE = Path(__file__).with_name("template")


@dataclass(frozen=True)
class Card:
    """One headline figure."""

    label: Both
    shown: Both
    note: Both


@dataclass(frozen=True)
class Head:
    """Heading of a column of a table; numbers stand to the right."""

    words: Both
    number: bool = True


@dataclass(frozen=True)
class Table:
    """A table of words; every cell in both languages."""

    heads: Sequence[Head]
    rows: Sequence[Sequence[Both]]


@dataclass(frozen=True)
class Part:
    """One section: words, a chart by its name, a key of signs, a table."""

    head: Both
    texts: Sequence[Both] = ()
    chart: str = ""
    key: Sequence[tuple[str, Both]] = ()
    table: Table | None = None


@dataclass(frozen=True)
class Sheet:
    """Everything the page says."""

    kind: Both
    title: Both
    lead: Both
    cards: Sequence[Card]
    parts: Sequence[Part] = field(default_factory=tuple)
    credit: str = ""


def same(text: str) -> Both:
    """Return a text that is the same in both languages."""
    return {"en": text, "ja": text}


def write_sheet(target: Path, sheet: Sheet, charts: Charts) -> None:
    """Write the page; the same content gives the same bytes.

    Args:
        target: the file.
        sheet: words and tables; a part with a chart names one of the charts' roots.
        charts: Bokeh models, in the language the page opens in.
    """
    environment = templates()
    styles = [(_TEMPLATE / name).read_text("utf-8") for name in ("page.css", "compare.css")]
    scripts = [*bokeh_scripts(), (_TEMPLATE / "page.js").read_text("utf-8")]
    page = environment.get_template("sheet.html").render(
        lang=charts.lang,
        kind=sheet.kind,
        title=sheet.title,
        lead=sheet.lead,
        cards=sheet.cards,
        parts=sheet.parts,
        credit=sheet.credit,
        version=version_of("wattbit"),
        style="".join(styles),
        scripts=scripts,
        policy=policy(scripts),
        content=inert_json(document_of(charts)),
    )
    target.write_text(page, encoding="utf-8")
