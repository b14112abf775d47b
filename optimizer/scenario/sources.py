"""Where shipped files lie, and who answers for every figure in them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from optimizer.errors import InputError, Problem

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped_folder(kind: Literal["data", "scenarios"]) -> Path:
    """Return the folder of shipped data or scenarios, in a checkout or in an installed wheel.

    Args:
        kind: `data` or `scenarios`.

    Returns:
        `optimizer/_shipped/<kind>` of an installed wheel, else `<kind>` beside the package in a checkout.

    Raises:
        InputError: E320, neither folder exists: the installation is not complete.
    """
    for folder in (_PACKAGE / "_shipped" / kind, _PACKAGE.parent / kind):
        if folder.is_dir():
            return folder
    raise InputError(
        [
            Problem(
                kind,
                "E320",
                f"the folder of shipped {kind} is missing; install the package again",
                f"同梱の {kind} フォルダが見つかりません。パッケージを入れ直してください",
            )
        ]
    )
