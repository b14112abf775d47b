"""The command line `wattbit`: parse, call, print. Heavy imports stay inside the commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from optimizer import cli_exit
from optimizer.cli_fronts import fronts

app = typer.Typer(
    name="wattbit",
    help="Where should a country's data centers stand, on whose power, and what does it keep by it?",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(fronts)

Lang = Annotated[
    str | None, typer.Option("--lang", metavar="ja|en", help="Language of messages; default: from LANG.")
]
Json = Annotated[bool, typer.Option("--json", help="One line of JSON on stdout and nothing else there.")]
Run = Annotated[Path | None, typer.Argument(metavar="[RUN]", help="Run folder; left out: the shipped data.")]
ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="Name of a shipped scenario, or a file.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="DIR", help="Run folder; default: runs/<name>.")
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value, e.g. policy.min_regional_share=0.4."),
]
Cluster = Annotated[
    str | None,
    typer.Option("--cluster", metavar="tcp://HOST:PORT", help="Dask scheduler whose workers do the work."),
]


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"wattbit {version('wattbit')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Where should a country's data centers stand, on whose power, and what does it keep by it?"""


@app.command()
def run(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    scenario: ScenarioName,
    *,
    output: Output = None,
    sets: Sets = None,
    goal: Annotated[str | None, typer.Option(metavar="GOAL", help="Goal instead of the scenario's.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Solve representative days only.")] = False,
    lang: Lang = None,
    json: Json = False,
    weeks: Annotated[
        int | None,
        typer.Option(min=1, max=52, help="Solve this many evenly spaced weeks instead of the year."),
    ] = None,
    keep_model: Annotated[
        bool, typer.Option("--keep-model", help="Write the stacked program as model/stacked.mps.gz.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Worker processes.")] = None,
    cluster: Cluster = None,
) -> None:
    """Solve a scenario and write the plan with maps, tables and page."""
    from optimizer.cli_run import run_and_report
    from optimizer.scenario.options import RunOptions

    language = cli_exit.language(lang)
    options = RunOptions(output, goal, preview, language, weeks, keep_model, workers, cluster)
    run_and_report(scenario, tuple(sets or ()), options, as_json=json)


@app.command()
def sweep(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    file: Annotated[str, typer.Argument(metavar="SWEEP", help="Name of a shipped sweep, or a file.")],
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Sweep folder; default: runs/<name>.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Points solved side by side.")] = 1,
    shard: Annotated[
        str | None, typer.Option(metavar="K/N", help="Every N-th point from the K-th; then wattbit merge.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Keep what is done, do the rest.")] = False,
    retry: Annotated[bool, typer.Option("--retry-failed", help="The same; failed points again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check and count; solve nothing.")] = False,
    weeks: Annotated[
        int | None, typer.Option(min=1, max=52, help="Evenly spaced weeks instead of the year.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Solve representative days only.")] = False,
    cluster: Cluster = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Solve many scenarios: cases, a grid, a sample; resumable."""
    from optimizer.cli_sweep import SweepWords, sweep_and_report

    words = SweepWords(output, jobs, shard, resume, retry, weeks, preview, cli_exit.language(lang), cluster)
    sweep_and_report(file, words, dry_run=dry_run, as_json=json)


@app.command()
def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR…", help="Folders of a sweep's shards.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of the whole sweep.")],
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Join the shards of a sweep."""
    from optimizer.cli_sweep import merge_and_report

    merge_and_report(folders, output, as_json=json, lang=cli_exit.language(lang))


@app.command()
def validate(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Scenario files, or data-pack folders.")
    ],
    lang: Lang = None,
) -> None:
    """Check scenario files and data packs."""
    from optimizer.cli_check import validate_all

    validate_all(files, cli_exit.language(lang))


@app.command()
def sources(
    run_folder: Run = None,
    number: Annotated[
        str | None,
        typer.Option(
            "--number", metavar="NAME", help="Trace one figure, e.g. cost_jpy_bn_per_a, sites.it_mw:JP-01."
        ),
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """List every figure, with source and grade."""
    from optimizer.cli_check import list_sources
    from optimizer.errors import UsageError

    if number is None:
        list_sources(run_folder, as_json=json, lang=cli_exit.language(lang))
        return
    if run_folder is None:
        raise UsageError("--number needs a run: wattbit sources RUN --number NAME")
    from optimizer.cli_trace import trace_figure

    trace_figure(run_folder, number, as_json=json, lang=cli_exit.language(lang))


@app.command()
def compare(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN…", help="Run folders, points, or sweeps.")],
    *,
    base: Annotated[
        str | None, typer.Option(metavar="RUN", help="Compare with this one; default: the first.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Default: runs/compare.")
    ] = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Compare finished runs: what differs, and why."""
    from optimizer.cli_compare import compare_and_report

    compare_and_report(runs, base, output, json, cli_exit.language(lang))


@app.command()
def stress(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    plans: Annotated[
        list[str], typer.Argument(metavar="RUN|SCENARIO…", help="Plans: run folders, or scenarios.")
    ],
    *,
    weather_years: Annotated[
        int, typer.Option(min=0, max=1000, help="Dispatch the plan in so many unseen weather years.")
    ] = 0,
    first_seed: Annotated[
        int | None, typer.Option(min=0, help="First unseen year; default: after the plan's own.")
    ] = None,
    foresight_hours: Annotated[
        int | None, typer.Option(metavar="H", help="Dispatch week by week, H hours known: 24 to 144.")
    ] = None,
    across: Annotated[
        list[str] | None, typer.Option(metavar="SCENARIO", help="A future for every plan; may be repeated.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="CVaR: mean of the dearest 1 - alpha of the futures.")] = 0.9,
    output: Output = None,
    weeks: Annotated[
        int | None,
        typer.Option(min=1, max=52, help="Scenarios: evenly spaced weeks instead of the year."),
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Scenarios: representative days only. A run has its own hours.")
    ] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Worker processes.")] = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Dispatch a standing plan where it was not made for."""
    from optimizer.cli_stress import StressWords, stress_and_report
    from optimizer.scenario.options import RunOptions

    options = RunOptions(None, None, preview, cli_exit.language(lang), weeks, False, workers)
    given = (weather_years, first_seed, foresight_hours, tuple(across or ()))
    stress_and_report(plans, StressWords(output, *given, alpha, options), as_json=json)


@app.command()
def robust(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    scenario: ScenarioName,
    *,
    weather_years: Annotated[int, typer.Option(min=1, max=1000, help="Weather years in one program.")],
    measure: Annotated[str, typer.Option(metavar="expected|cvar|worst", help="What is least.")] = "expected",
    alpha: Annotated[float, typer.Option(help="CVaR: mean of the dearest 1 - alpha of the years.")] = 0.9,
    first_seed: Annotated[
        int | None, typer.Option(min=0, help="First year; default: the scenario's.")
    ] = None,
    output: Output = None,
    weeks: Annotated[
        int | None, typer.Option(min=1, max=52, help="Evenly spaced weeks instead of the year.")
    ] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Representative days only.")] = False,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Worker processes.")] = None,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Make one plan for many weather years, in one program."""
    from optimizer.cli_stress import StressWords, robust_and_report
    from optimizer.scenario.options import RunOptions

    options = RunOptions(None, None, preview, cli_exit.language(lang), weeks, False, workers)
    words = StressWords(output, weather_years, first_seed, None, (), alpha, options, measure)
    robust_and_report(scenario, words, as_json=json)


@app.command()
def schema(
    name: Annotated[
        str, typer.Argument(metavar="[scenario|sweep|TABLE]", help="What to describe.")
    ] = "scenario",
) -> None:
    """Print the JSON Schema of scenarios, sweeps or a table."""
    from optimizer.cli_check import print_schema

    print_schema(name)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
    pack: Annotated[str, typer.Option(metavar="PACK", help="Shipped pack to start from.")] = "japan",
    template: Annotated[
        str | None, typer.Option(metavar="xlsx|csv", help="Write tables to fill in instead.")
    ] = None,
    lang: Lang = None,
) -> None:
    """Make a folder to start from: data, a scenario, or a template."""
    from optimizer.cli_init import init as make

    make(folder, pack, template, cli_exit.language(lang))


@app.command("import")
def import_(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help="What the files are; see --list.")
    ] = None,
    files: Annotated[list[str] | None, typer.Argument(metavar="FILE…", help="Files, or folders.")] = None,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="PACK", help="Folder to write into.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option("--option", metavar="NAME=VALUE", help="See --list.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace files that are there.")] = False,
    show: Annotated[bool, typer.Option("--list", help="List the kinds and what comes out.")] = False,
    lang: Lang = None,
    json: Json = False,
) -> None:
    """Read public files of others into tables."""
    from optimizer.cli_import import import_files, list_kinds
    from optimizer.errors import UsageError

    if show:
        list_kinds(as_json=json, lang=cli_exit.language(lang))
        return
    if kind is None or not files or output is None:
        raise UsageError("write: wattbit import KIND FILE… -o PACK; kinds: wattbit import --list")
    import_files(kind, files, option or (), (output, replace), cli_exit.language(lang))


@app.command()
def calibrate(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PACK", help="Pack to write into.")],
    *,
    actuals: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Operators' files, or one hourly CSV.")
    ] = None,
    capacity: Annotated[
        Path | None, typer.Option(metavar="CSV", help="area, technology, value: MW in service that year.")
    ] = None,
    climatology: Annotated[
        Path | None, typer.Option(metavar="TOML", help="No actuals: draw the year from this climate.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the pack's statistics.")] = False,
    lang: Lang = None,
) -> None:
    """Write a pack's weather statistics from actuals, or from climate."""
    from optimizer.cli_import import calibrate_pack

    cli_exit.language(lang)
    calibrate_pack((actuals, capacity, climatology), (output, replace))


@app.command()
def doctor(
    pack: Annotated[
        str | None, typer.Argument(metavar="[PACK|FOLDER]", help="Left out: every shipped pack.")
    ] = None,
    json: Json = False,
    lang: Lang = None,
) -> None:
    """Examine a data pack and say what to look at."""
    from optimizer.cli_doctor import report

    raise typer.Exit(report(pack, as_json=json, lang=cli_exit.language(lang)))


@app.command()
def scenarios(json: Json = False, lang: Lang = None) -> None:
    """List the shipped scenarios."""
    from optimizer.cli_check import list_scenarios

    list_scenarios(as_json=json, lang=cli_exit.language(lang))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; never raises and never shows a traceback.

    Args:
        arguments: words after `wattbit`; `None` takes them from the process.

    Returns:
        0 ok · 2 usage · 3 invalid input · 4 infeasible · 5 limit · 6 certificate · 7 sweep with failures ·
        69 cluster away · 70 bug · 74 disk · 75 folder locked · 130 interrupted.
    """
    for pool in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(pool, "1")  # processes share the cores, threads would only fight over them
    words = list(sys.argv[1:] if arguments is None else arguments)
    return cli_exit.guarded(lambda: app(args=words, prog_name="wattbit", standalone_mode=False), words)
