"""Every error this package raises on purpose.

OptimizerError
├── UsageError        the command line is wrong                        → exit 2
├── InputError        scenarios, tables or files are wrong: every      → exit 3
│                     problem at once, each with place, value, fix
├── InfeasibleError   no plan meets the scenario's limits              → exit 4
├── LimitError        a time or iteration limit came before the proof  → exit 5
├── CertificateError  an answer did not pass our own check             → exit 6
├── ClusterError      a Dask cluster is away, or has other versions    → exit 69
├── DiskError         a file could not be written                      → exit 74
├── LockedError       another run is writing the same folder           → exit 75
└── InterruptedSweepError  somebody stopped a sweep; what was done is saved → exit 130

Anything else that escapes is a bug: exit 70, one line and a crash file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input, in the words of whoever wrote it."""

    place: str
    """Where: `file:line:column`, as exactly as known."""

    code: str
    """Stable code, `E3xx`; listed in `docs/errors.md`."""

    message: str
    """What was found, what is allowed, the likely fix. English."""

    message_ja: str = ""
    """The same in Japanese; empty where there is no translation."""

    def line(self, lang: str = "en") -> str:
        """Return the problem as one printable line in `lang` (`en` or `ja`)."""
        text = self.message_ja if lang == "ja" and self.message_ja else self.message
        return f"{self.place}  {self.code}  {text}"


class OptimizerError(Exception):
    """Base class: catch this to catch them all; the message is English, `message_ja` Japanese or empty."""

    exit_code = 70

    def __init__(self, message: str = "", message_ja: str = "") -> None:
        self.message_ja = message_ja
        super().__init__(message)


class UsageError(OptimizerError):
    """The command line is wrong."""

    exit_code = 2


class InputError(OptimizerError):
    """Scenarios, tables or files are wrong; carries every problem found."""

    exit_code = 3

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.line() for problem in self.problems))


class InfeasibleError(OptimizerError):
    """No plan meets the limits of the scenario; the message says which, in English and Japanese."""

    exit_code = 4


class LimitError(OptimizerError):
    """A time or iteration limit was reached before the gap was proven."""

    exit_code = 5


class CertificateError(OptimizerError):
    """A solver answer failed our own check of feasibility, duals or gap."""

    exit_code = 6


class ClusterError(OptimizerError):
    """The Dask cluster did not answer, stayed away, or runs other versions; what was done is saved."""

    exit_code = 69


class DiskError(OptimizerError):
    """A file or folder could not be written."""

    exit_code = 74


class LockedError(OptimizerError):
    """Another run is writing the same folder."""

    exit_code = 75


class InterruptedSweepError(OptimizerError):
    """A sweep was interrupted; the points that were done are saved, the message says where."""

    exit_code = 130
