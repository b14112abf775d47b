"""What a column and a table are: the words every table schema is written with."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf


@dataclass(frozen=True)
class Column:
    """One column: its name, unit, meaning and what values it may take."""

    name: str
    unit: str
    """Unit as printed; `text` marks a column of words, `1` a pure number."""

    meaning: str
    low: float = -inf
    high: float = inf
    refers: str = ""
    """`table.column` whose values this column must be among."""

    optional: bool = False
    """Whether a cell may be empty."""

    choices: tuple[str, ...] = ()
    """Allowed words, where there are only a few."""

    @property
    def is_text(self) -> bool:
        """Whether the column holds words rather than numbers."""
        return self.unit == "text"


@dataclass(frozen=True)
class TableSchema:
    """One table: its file stem, key columns, columns and meaning."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    may_be_empty: bool = False
    """Whether a header without rows is an answer: there is none of it in the country."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in file order."""
        return tuple(column.name for column in self.columns)


def text_column(name: str, meaning: str, refers: str = "", choices: tuple[str, ...] = ()) -> Column:
    """Return a column of words that may not be empty."""
    return Column(name, "text", meaning, refers=refers, choices=choices)


def share_column(name: str, meaning: str) -> Column:
    """Return a column of shares, 0 to 1."""
    return Column(name, "1", meaning, 0.0, 1.0)
