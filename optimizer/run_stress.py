"""A plan frozen and dispatched where it was not made for: other weather years, other futures.

    run folder or scenario ─plan→ StandingPlan ─freeze→ another year's programme ─solve→ a certified year

Dispatch is solved anew with the plan standing as it was built; nothing is sited. docs/stress.md.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from optimizer.analyse.unseen import area_figures, year_figures
from optimizer.errors import CertificateError, InputError, Problem, UsageError
from optimizer.inputs.pack import find_pack
from optimizer.milestones import Inputs, Programme, Solution
from optimizer.model.coupling import BUDGETS, INTERFACE
from optimizer.model.fingerprint import cost_fingerprint
from optimizer.run import make_programme, restamped
from optimizer.run_desk import Desk
from optimizer.scenario.compared import ComparedRun, read_compared
from optimizer.scenario.load import LoadedScenario, load_scenario
from optimizer.scenario.options import ProgressCallback, RunOptions
from optimizer.scenario.sources import shipped_folder
from optimizer.solve.decompose import solve_programme
from optimizer.solve.frozen import completed, freeze
from optimizer.solve.workers import Evaluator

MW_PER_GW = 1000.0
KNOWN_GW = 1e-6
"""How exactly a plan is read from a run's tables: a kilowatt."""

SHOWN_SITES = 5
"""Most names of sites in one message."""

PLAN_FILE = "plan.json"
"""What a robust plan leaves for a stress test: its scenario, how much of the year it saw, what it built."""

HOURS_PER_WEEK, HOURS_PER_DAY, HOURS_PER_YEAR = 168, 24, 8760


@dataclass(frozen=True)
class StandingPlan:
    """A plan that stands: what it decided, and the scenario it was made for."""

    name: str
    title: Mapping[str, str]
    loaded: LoadedScenario
    options: RunOptions
    values: Mapping[str, pd.Series]
    """Value of every siting variable by name and key. [GW, GWh]"""

    inputs: Inputs
    programme: Programme
    """Of the scenario it was made for."""


@dataclass(frozen=True)
class StressedYear:
    """A plan in one year or future: its figures, and which of its siting rules it breaks there."""

    figures: dict[str, Any]
    areas: pd.DataFrame
    broken: pd.DataFrame
    certificate: dict[str, Any]
    solution: Solution


def plan_of(
    name: str, options: RunOptions, desk: Desk, evaluator: Evaluator, progress: ProgressCallback
) -> StandingPlan:
    """Return the plan of a run folder, or of a scenario, which is then solved first.

    Args:
        name: run folder, or name or file of a scenario.
        options: weeks and preview of a scenario; a run folder has its own, see :func:`sized`.
        desk: what was read before.
        evaluator: workers.
        progress: called with a stage name and its figures.

    Raises:
        OptimizerError: whatever is wrong with the input or the programme.
    """
    if (Path(name) / PLAN_FILE).is_file():
        return _plan_of_file(Path(name) / PLAN_FILE, options, desk)
    if (Path(name) / "summary.json").is_file():
        return plan_of_run(read_compared([Path(name)])[0], options, desk, (evaluator, progress))
    return solved_plan(load_scenario(name), options, desk, evaluator, progress)


def sized(name: str, options: RunOptions) -> RunOptions:
    """Return the options with the hours a plan is stressed over: a run's own, else those that are asked.

    Args:
        name: run folder, or name or file of a scenario.
        options: weeks and preview as asked.

    Raises:
        UsageError: other hours are asked than those a run folder was solved for.
    """
    own = _own_size(Path(name))
    if own is None:
        return options
    asked = {"preview": options.preview, "weeks": options.weeks}
    if (options.preview or options.weeks is not None) and asked != own:
        given = {"--preview": options.preview, f"--weeks {options.weeks}": options.weeks is not None}
        option = " ".join(name for name, is_given in given.items() if is_given)
        raise UsageError(
            f"{name}: a run folder is stressed over the hours it was solved for; leave out {option}, or name "
            f"its scenario instead, or solve the run anew with {option}",
            f"{name}: 結果フォルダは、計算した時間でだけ評価できます。{option} を外すか、フォルダの代わりに"
            f"シナリオを指定するか、{option} を付けて計算し直してください",
        )
    return replace(options, **own)


def hours_of(programme: Programme) -> int:
    """Return how many hours of the year a programme dispatches. [h]"""
    return sum(len(period.hours) for period in programme.periods)


def _own_size(folder: Path) -> dict[str, Any] | None:
    """Return weeks and preview of a finished run; None where the folder says nothing, or is none."""
    try:
        if (folder / PLAN_FILE).is_file():
            size = json.loads((folder / PLAN_FILE).read_text("utf-8"))["size"]
            return {"preview": size["preview"], "weeks": size["weeks"]}
        return _size_of(json.loads((folder / "summary.json").read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):  # said where the plan is read
        return None


def solved_plan(
    loaded: LoadedScenario,
    options: RunOptions,
    desk: Desk,
    evaluator: Evaluator,
    progress: ProgressCallback,
) -> StandingPlan:
    """Solve a scenario; its plan stands from here on."""
    _check_single_year(loaded)
    progress("inputs", {})
    inputs = desk.inputs(loaded, options)
    progress("compile", {})
    programme = make_programme(inputs)
    solution = solve_programme(programme, inputs.settings, evaluator, progress)
    return _standing(loaded, options, solution.siting, (inputs, programme))


def plan_of_run(
    run: ComparedRun, options: RunOptions, desk: Desk, tools: tuple[Evaluator, ProgressCallback]
) -> StandingPlan:
    """Return the plan of a finished run from its tables and its own copies of the inputs.

    What the tables do not hold (non-firm connections) is found by solving its scenario again.

    Raises:
        InputError: E315, the run has no table of flows.
    """
    loaded, options = scenario_of(run), replace(options, **_size_of(run.summary))
    _check_single_year(loaded)
    if loaded.scenario.grid.nonfirm_share > 0.0:
        return solved_plan(loaded, options, desk, *tools)
    inputs = desk.inputs(loaded, options)
    programme = make_programme(inputs)
    values = completed(programme.siting, _seen(run, programme), KNOWN_GW)
    return _standing(loaded, options, values, (inputs, programme))


def plan_file(loaded: LoadedScenario, options: RunOptions, values: Mapping[str, pd.Series]) -> str:
    """Return the content of :data:`PLAN_FILE`: what the grid sees of a plan, and the scenario as resolved."""
    pack = find_pack(loaded.scenario.pack, loaded.folders())
    shipped = pack.parent == shipped_folder("data")
    built = [
        [name, key if isinstance(key, tuple) else [key], float(value)]
        for name in INTERFACE
        for key, value in zip(list(values[name].index), values[name], strict=True)
        if value > 0.0
    ]
    resolved = loaded.resolved if shipped else loaded.resolved | {"pack": str(pack.resolve())}
    size = {"weeks": options.weeks, "preview": options.preview}
    return json.dumps({"scenario": resolved, "size": size, "built_gw": built}, ensure_ascii=False) + "\n"


def _plan_of_file(file: Path, options: RunOptions, desk: Desk) -> StandingPlan:
    try:
        told = json.loads(file.read_text("utf-8"))
        loaded, options = _loaded(told["scenario"]), replace(options, **told["size"])
        built = {(name, tuple(key)): float(value) for name, key, value in told["built_gw"]}
    except (ValueError, KeyError, TypeError) as error:
        words = f"not a plan that wattbit robust wrote: {error}"
        raise InputError([Problem(str(file), "E315", words, "wattbit robust の計画ではありません")]) from None
    inputs = desk.inputs(loaded, options)
    programme = make_programme(inputs)
    values = {}
    for name in INTERFACE:
        keys = list(programme.siting.variables[name].keys)
        known = [built.get((name, key if isinstance(key, tuple) else (key,)), 0.0) for key in keys]
        values[name] = pd.Series(known, index=keys, dtype=float)
    values = completed(programme.siting, values, KNOWN_GW)
    standing = _standing(loaded, options, values, (inputs, programme))
    return replace(standing, name=f"{standing.name} (robust)")


def scenario_of(run: ComparedRun) -> LoadedScenario:
    """Return the scenario of a finished run as it was resolved, over the run's own copy of the data."""
    own = (run.folder / "inputs" / "data" / Path(run.pack).name).resolve()
    return _loaded(dict(run.scenario) | ({"pack": str(own)} if (own / "areas.csv").is_file() else {}))


def _loaded(resolved: Mapping[str, Any]) -> LoadedScenario:
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "scenario.resolved.yaml"
        file.write_text(yaml.safe_dump(dict(resolved), allow_unicode=True, sort_keys=False), "utf-8")
        return load_scenario(file)


def _check_single_year(loaded: LoadedScenario) -> None:
    if loaded.scenario.pathway is not None:
        raise UsageError("a pathway has a plan for every target year; name the folder of one of its years")


def _standing(
    loaded: LoadedScenario,
    options: RunOptions,
    values: Mapping[str, pd.Series],
    made: tuple[Inputs, Programme],
) -> StandingPlan:
    scenario = loaded.scenario
    return StandingPlan(scenario.name, scenario.title.model_dump(), loaded, options, values, *made)


def _size_of(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return how much of the year a run solved."""
    hours, periods = int(summary["hours"]), int(summary["periods"])
    preview = hours == HOURS_PER_DAY * periods
    whole = preview or hours == HOURS_PER_YEAR
    return {"preview": preview, "weeks": None if whole else hours // HOURS_PER_WEEK}


def _seen(run: ComparedRun, programme: Programme) -> dict[str, pd.Series]:
    """Return what the grid sees of a run, from its tables. [GW, GWh]"""
    if "flows" not in run.tables:
        words = "the tables of this run do not say which site serves whom; name its scenario instead"
        words_ja = "この結果には配分の表がありません。シナリオを指定してください"
        raise InputError([Problem(str(run.folder), "E315", words, words_ja)])
    variables = programme.siting.variables
    served = run.tables["flows"].groupby(["site", "workload"])["served_it_mw"].sum()
    sites: Any = run.tables["sites"].set_index("site")
    areas: Any = run.tables["areas"].set_index("area")
    links: Any = run.tables["interties"].set_index("intertie")
    value: dict[str, Callable[[Any], float]] = {
        "hosted": lambda key: float(served.get(key, 0.0)),
        "renewable": lambda key: float(sites.at[key[0], f"{key[1]}_mw"]),
        "battery_power": lambda key: float(areas.at[key, "battery_mw"]),
        "battery_energy": lambda key: float(areas.at[key, "battery_mwh"]),
        "line": lambda key: float(links.at[key, "expansion_mw"]),
    }
    return {
        name: pd.Series(
            [get(key) / MW_PER_GW for key in variables[name].keys], index=list(variables[name].keys)
        )
        for name, get in value.items()
    }


def of_weather(loaded: LoadedScenario, seed: int) -> LoadedScenario:
    """Return the scenario in another weather year."""
    scenario = loaded.scenario
    weather = scenario.weather.model_copy(update={"year_seed": seed})
    other = scenario.model_copy(update={"weather": weather})
    return replace(loaded, scenario=other, resolved=other.model_dump(mode="json"))


def in_weather(plan: StandingPlan, seed: int, desk: Desk, evaluator: Evaluator) -> StressedYear:
    """Dispatch a standing plan in another weather year.

    Args:
        plan: stands as it is.
        seed: `weather.year_seed` of the year.
        desk: what was read before.
        evaluator: workers.

    Raises:
        CertificateError: an answer did not pass its certificate.
    """
    inputs = desk.inputs(of_weather(plan.loaded, seed), plan.options)
    same = cost_fingerprint(inputs) == cost_fingerprint(plan.inputs)
    programme = restamped(plan.programme, inputs) if same else make_programme(inputs)
    return stand(plan, inputs, programme, evaluator)


def stand(plan: StandingPlan, inputs: Inputs, programme: Programme, evaluator: Evaluator) -> StressedYear:
    """Dispatch a standing plan in a year or future, with the system without the plan beside it.

    Args:
        plan: stands as it is.
        inputs: of the future.
        programme: compiled from them.
        evaluator: workers.

    Raises:
        UsageError: the plan has built where the future has nothing.
        CertificateError: an answer did not pass its certificate.
    """
    try:
        frozen = freeze(programme.siting, plan.values, BUDGETS, INTERFACE)
    except ValueError as error:
        raise _no_place(plan, inputs, error) from None
    programme = replace(programme, siting=frozen.siting, seed=())
    settings = replace(inputs.settings, block_gw=None, capture_value_jpy_per_jpy=0.0)
    solution = solve_programme(programme, settings, evaluator, _silent)
    if not solution.certificate["passed"]:
        raise CertificateError(f"the answer did not pass its certificate: {solution.certificate}")
    areas = area_figures(inputs, solution)
    return StressedYear(year_figures(areas, solution), areas, frozen.broken, solution.certificate, solution)


def _no_place(plan: StandingPlan, inputs: Inputs, error: ValueError) -> UsageError:
    """Return in words which sites of a plan a future lacks."""
    hosted, sites = plan.values["hosted"], plan.inputs.sites
    built = {key[0] for key, value in hosted.items() if isinstance(key, tuple) and value > KNOWN_GW}
    lost = [site for site in sites.index if site in built and site not in inputs.sites.index]
    if not lost:
        return UsageError(f"{plan.name}: {error}; compare plans and futures of one country")
    more, others = len(lost) - SHOWN_SITES, inputs.name
    tail, tail_ja = (f" and {more} more", f" ほか {more} 地点") if more > 0 else ("", "")
    en, ja = (", ".join(map(str, sites.loc[lost[:SHOWN_SITES], f"name_{lang}"])) for lang in ("en", "ja"))
    other = "is a plan of another country" if len(lost) == len(built) else "builds at sites that are lacking"
    return UsageError(
        f"{plan.name} {other}: {others} has no {en}{tail}; compare plans and futures of one country "
        "and one set of sites",
        f"{plan.name} の地点がシナリオ {others} にありません: {ja}{tail_ja}。"
        "同じ国・同じ地点区分の計画と将来を比べてください",
    )


def weather_years(
    plan: StandingPlan,
    seeds: Sequence[int],
    tools: tuple[Desk, Evaluator, ProgressCallback],
) -> dict[str, pd.DataFrame]:
    """Dispatch a standing plan in many weather years; the year it was made for comes first.

    Args:
        plan: stands as it is.
        seeds: unseen years.
        tools: what was read before, workers, progress.

    Returns:
        Tables of :data:`optimizer.export.stress_folder.STRESS_TABLES`: years, areas, broken. Memory does not
        grow with the number of years.
    """
    desk, evaluator, progress = tools
    planned = plan.loaded.scenario.weather.year_seed
    years, areas, broken = [], [], []
    for number, seed in enumerate((planned, *seeds)):
        found = in_weather(plan, seed, desk, evaluator)
        name = f"weather {seed}"
        kind = {"future": name, "seed": float(seed), "planned": float(seed == planned)}
        worst = max(found.certificate[part] for part in ("primal", "dual", "gap", "duality"))
        years.append(kind | found.figures | {"certificate": worst})
        areas.append(found.areas.assign(future=name, seed=float(seed)))
        broken.append(found.broken.assign(future=name))
        progress("year", {"done": number, "years": len(seeds), "name": name, "figures": found.figures})
    return {
        "years": pd.DataFrame(years),
        "areas": pd.concat(areas, ignore_index=True),
        "broken": pd.concat(broken, ignore_index=True),
    }


def _silent(stage: str, fields: Mapping[str, Any]) -> None:
    """Say nothing: a year is told when it is done."""


__all__ = [
    "StandingPlan",
    "StressedYear",
    "hours_of",
    "in_weather",
    "plan_of",
    "sized",
    "stand",
    "weather_years",
]
