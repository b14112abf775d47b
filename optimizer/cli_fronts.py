"""Options of `wattbit pareto` and `wattbit ranges`; the work is in `cli_front`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer import cli_exit

fronts = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

Lang = Annotated[
    str | None, typer.Option("--lang", metavar="ja|en", help="Language of messages; default: from LANG.")
]
Json = Annotated[bool, typer.Option("--json", help="One line of JSON on stdout and nothing else there.")]
ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="Name of a shipped scenario, or a file.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value, e.g. policy.min_regional_share=0.4."),
]
Weeks = Annotated[
    int | None, typer.Option("--weeks", min=1, max=52, help="Evenly spaced weeks instead of the year.")
]
Preview = Annotated[bool, typer.Option("--preview", help="Solve representative days only.")]
Workers = Annotated[int | None, typer.Option("--workers", min=1, max=256, help="Worker processes.")]


@fronts.command()
def ranges(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    scenario: ScenarioName,
    *,
    slack: Annotated[str, typer.Option(metavar="SHARE", help="Beyond the least-cost plan, e.g. 2%.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Default: runs/<name>-ranges.")
    ] = None,
    sets: Sets = None,
    plans: Annotated[int, typer.Option(min=0, max=100, help="Plans that differ most.")] = 5,
    patience: Annotated[
        int, typer.Option(min=1, max=1000, help="Most looks at the year's dispatch for one bound.")
    ] = 12,
    weeks: Weeks = None,
    preview: Preview = False,
    workers: Workers = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Least and most at every site and area within a share of the least cost."""
    from optimizer.cli_front import RangesWords, ranges_and_report
    from optimizer.scenario.options import RunOptions

    run_options = RunOptions(output, None, preview, cli_exit.language(lang), weeks, False, workers)
    ranges_and_report(scenario, RangesWords(slack, plans, patience, tuple(sets or ())), run_options, json)


@fronts.command()
def pareto(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    scenario: ScenarioName,
    *,
    axis: Annotated[
        str,
        typer.Option(metavar="AXIS", help="capture, dispersion, co2 or clean: what cost is held against."),
    ],
    points: Annotated[int, typer.Option(min=2, max=200, help="Points, ends included.")] = 8,
    begin: Annotated[
        float | None, typer.Option("--from", help="First value of the scenario's key; default: least cost.")
    ] = None,
    end: Annotated[
        float | None, typer.Option("--to", help="Last value; default: most of the axis that can be reached.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Default: runs/<name>-front-<axis>.")
    ] = None,
    sets: Sets = None,
    weeks: Weeks = None,
    preview: Preview = False,
    workers: Workers = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Front of cost against capture, dispersion, CO2 or clean power."""
    from optimizer.cli_front import FrontWords, front_and_report
    from optimizer.scenario.options import RunOptions

    run_options = RunOptions(output, None, preview, cli_exit.language(lang), weeks, False, workers)
    words = FrontWords(axis, points, (begin, end), tuple(sets or ()))
    front_and_report(scenario, words, run_options, json)
