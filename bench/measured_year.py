"""Both tables of one measured year: fidelity and back-test.

    python -m bench.measured_year --actuals FOLDER_OR_CSV [--spot FILE_OR_FOLDER] [--capacity CSV]
                                  [--conditions CSV] [--seeds 10] [--weeks N] [--skip-synthetic]

`make bench-year ACTUALS=… SPOT=…` is this command. FOLDER: operators' files of one year, also in folders
within it. Exits 1 when a target of the method or of the back-test is missed, 3 when the files are wrong.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.backtest import PACK, Asked, backtest
from bench.conditions import SHIPPED
from bench.fidelity import SEEDS, fidelity
from optimizer.errors import InputError
from optimizer.inputs.calibrate import read_year
from optimizer.inputs.pack import find_pack


def main(  # noqa: PLR0913 - one parameter per option is how Typer declares a command
    *,
    actuals: Annotated[Path, typer.Option(help="folder of operators' files, or one hourly table")],
    spot: Annotated[Path | None, typer.Option(help="spot_summary files, or actuals_spot_prices.csv")] = None,
    capacity: Annotated[
        Path | None, typer.Option(help="area, technology, value [MW] in service that year")
    ] = None,
    conditions: Annotated[Path, typer.Option(help="conditions of the year")] = SHIPPED,
    seeds: Annotated[int, typer.Option(help="synthetic years, seeds 0, 1, …")] = SEEDS,
    weeks: Annotated[int | None, typer.Option(help="evenly spaced weeks instead of the year")] = None,
    skip_synthetic: Annotated[
        bool, typer.Option("--skip-synthetic", help="back-test on measured hours only")
    ] = False,
) -> None:
    """Read once, compare twice, judge."""
    console = Console(width=170)
    folder = find_pack(PACK)
    try:
        year = read_year(actuals, folder)
        faithful = fidelity(console, year, (capacity, folder), seeds)
        asked = Asked(conditions, spot, weeks, None if skip_synthetic else 1)
        tested, _ = backtest(console, year, asked)
    except InputError as error:
        Console(stderr=True).print(str(error), markup=False, highlight=False)
        sys.exit(error.exit_code)
    said = {True: "met", False: "MISSED"}
    console.print(f"Fidelity of the method: {said[faithful]}. Back-test: {said[tested]}.")
    sys.exit(0 if faithful and tested else 1)


if __name__ == "__main__":
    typer.run(main)
