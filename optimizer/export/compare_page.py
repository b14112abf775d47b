"""`compare.html`: any run against any base as one file that works without a network.

What the browser needs is one JSON block of plain values; its script subtracts, judges and writes the words.
Words from data reach the page as text nodes, never as markup; the security policy is that of `index.html`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from optimizer.errors import UsageError
from optimizer.export import compare_map
from optimizer.export.compare_data import page_data
from optimizer.export.page import bokeh_scripts, document_of, inert_json, policy, templates
from optimizer.export.page_charts import Charts
from optimizer.export.provenance import version_of
from optimizer.export.record import Language
from optimizer.scenario.compared import ComparedRun
from optimizer.scenario.compared_figures import nation_figures

_TEMPLATE = Path(__file__).with_name("template")
_COST, _CAPTURE = "cost_jpy_bn_per_a", "capture.base.gross_jpy_bn"


def write_compare_page(target: Path, runs: Sequence[ComparedRun], base: str, lang: Language) -> None:
    """Write the page; the same runs give the same bytes.

    Args:
        target: the file.
        runs: at least two, of one country, as `optimizer.scenario.compared.read_compared` reads them.
        base: `key` of the run the page opens with as its base; the first other run is opened beside it.
        lang: language the page opens in, `en` or `ja`; it has both.

    Raises:
        UsageError: fewer than two runs, or no run of the base's name.
        InputError: E378, a figure that is empty.
    """
    keys = [run.key for run in runs]
    if len(keys) < 2 or base not in keys:
        raise UsageError(f"a comparison takes two runs or more, and base {base!r} among them")
    charts = Charts(lang)
    scale = compare_map.add_difference_map(charts, runs)
    compare_map.add_moves(charts)
    compare_map.add_front(charts, runs, [_point(run) for run in runs])
    environment = templates()
    styles = [(_TEMPLATE / name).read_text("utf-8") for name in ("page.css", "compare.css")]
    scripts = [*bokeh_scripts(), (_TEMPLATE / "compare.js").read_text("utf-8")]
    content = document_of(charts) | {
        "data": page_data(runs, keys.index(base)),
        "scale": scale,
        "colours": {"gain": compare_map.GAIN, "loss": compare_map.LOSS},
    }
    page = environment.get_template("compare.html").render(
        lang=lang,
        title={"en": f"{len(runs)} runs compared", "ja": f"{len(runs)}件の比較"},
        versions=sorted({run.version for run in runs if run.version}),
        credit="Made with Natural Earth" if any(run.outlines() for run in runs) else "",
        version=version_of("wattbit"),
        gain=compare_map.GAIN,
        loss=compare_map.LOSS,
        style="".join(styles),
        scripts=scripts,
        policy=policy(scripts),
        content=inert_json(content),
    )
    target.write_text(page, encoding="utf-8")


def _point(run: ComparedRun) -> tuple[float, float]:
    """Cost and gross capture of a run; NaN where it has none."""
    found = nation_figures(run)
    return found.get(_COST, float("nan")), found.get(_CAPTURE, float("nan"))
