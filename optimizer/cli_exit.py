"""How a command ends: every exception becomes an exit code and plain lines on stderr."""

from __future__ import annotations

import errno
import os
import platform
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import typer
from typer.exceptions import TyperException

from optimizer.errors import InputError, OptimizerError, UsageError

INTERRUPTED = 130
BUG = 70
DISK = 74
MOST_LINES = 50
COMMANDS = (
    "run",
    "sweep",
    "merge",
    "validate",
    "sources",
    "schema",
    "doctor",
    "init",
    "import",
    "calibrate",
    "scenarios",
    "compare",
    "stress",
    "robust",
)
_DISK_ERRORS = {
    *(errno.ENOSPC, errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR),
    *(errno.EEXIST, errno.ENOENT, errno.ENAMETOOLONG, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.EXDEV),
    *(errno.ENOTEMPTY, errno.EBUSY, errno.ELOOP, getattr(errno, "EDQUOT", errno.ENOSPC)),
}


def language(asked: str | None) -> str:
    """Return `ja` or `en`: as asked, else from LC_ALL, LC_MESSAGES or LANG.

    Raises:
        UsageError: another language was asked for.
    """
    if asked in ("ja", "en"):
        return asked
    if asked is not None:
        raise UsageError(f"--lang {asked!r}: there is ja and en")
    spoken = next(
        (value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), ""
    )
    return "ja" if spoken.lower().startswith("ja") else "en"


def language_of(words: Sequence[str]) -> str:
    """Return the language of messages for a command line that may not even parse."""
    asked = None
    for number, word in enumerate(words):
        if word == "--lang" and number + 1 < len(words):
            asked = words[number + 1]
        elif word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
    return language(asked if asked in ("ja", "en") else None)


def guarded(command: Callable[[], Any], words: Sequence[str]) -> int:
    """Run a command and return its exit code; whatever it raises is said on stderr, without a traceback."""
    _make_streams_printable()
    lang = language_of(words)
    _end_politely_when_told()
    try:
        result = command()
        sys.stdout.flush()
        code = result if isinstance(result, int) else 0
        return code if code != INTERRUPTED else _interrupted(lang)
    except SystemExit:
        return _reader_left()
    except (TyperException, OptimizerError) as error:
        return _refused(error, words, lang)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted(lang)
    except Exception as error:
        return _unexpected(error, lang)


def _end_politely_when_told() -> None:
    """A polite end (SIGTERM) takes the way of Ctrl-C: workers end, nothing half-written stays."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _interrupted(lang: str) -> int:
    say({"ja": "中断しました。何も書き出していません。", "en": "Interrupted. Nothing was written."}[lang])
    return INTERRUPTED


def _refused(error: TyperException | OptimizerError, words: Sequence[str], lang: str) -> int:
    if isinstance(error, OptimizerError):
        say(*_lines_of(error, lang))
        return error.exit_code
    say(error.format_message(), _help_line(words, lang))
    return UsageError.exit_code


def _unexpected(error: Exception, lang: str) -> int:
    if isinstance(error, BrokenPipeError):
        return _reader_left()
    if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
        return _disk_error(error, lang)
    return _bug(error, lang)


def say(*lines: str) -> None:
    """Print lines on stderr; a closed stderr is no reason to fail."""
    try:
        for line in lines:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()
    except OSError:
        return


def problem_lines(error: InputError, lang: str) -> list[str]:
    """Return every problem as one line, at most fifty, and then how many more there are."""
    lines = [problem.line(lang) for problem in error.problems[:MOST_LINES]]
    left = len(error.problems) - len(lines)
    more = {"ja": f"ほか {left} 件", "en": f"… and {left} more"}[lang]
    return [*lines, more] if left else lines


def _lines_of(error: OptimizerError, lang: str) -> list[str]:
    if lang == "ja" and error.message_ja:
        return error.message_ja.splitlines()
    if not isinstance(error, InputError):
        return str(error).splitlines() or [type(error).__name__]
    count = len(error.problems)
    plural = "" if count == 1 else "s"
    total = {
        "ja": f"誤り {count} 件。何も解いていません。",
        "en": f"{count} error{plural}. Nothing was solved.",
    }
    return [*problem_lines(error, lang), total[lang]]


def _help_line(words: Sequence[str], lang: str) -> str:
    named = words[0] if words and words[0] in COMMANDS else ""
    command = " ".join(part for part in ("wattbit", named, "--help") if part)
    return {"ja": f"使い方: {command}", "en": f"Try: {command}"}[lang]


def _disk_error(error: OSError, lang: str) -> int:
    where = f"{error.filename}: " if error.filename else ""
    say(
        {"ja": f"ファイルの読み書きに失敗しました。{where}", "en": f"disk: {where}"}[lang]
        + str(error.strerror)
    )
    return DISK


def _reader_left() -> int:
    """Whoever read our output has stopped reading, as `head` does: not an error.

    typer turns a closed stdout into SystemExit and an interrupt into the result 130 before we see them.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return 0


def _bug(error: BaseException, lang: str) -> int:
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    path = _crash_file(error)
    kept = str(path) if path else "-"
    say(
        {
            "ja": f"プログラムの誤りです ({reason})。詳細: {kept}",
            "en": f"This is a bug ({reason}). Details: {kept}",
        }[lang]
    )
    return BUG


def _crash_file(error: BaseException) -> Path | None:
    """Write what a maintainer needs into the system's temporary folder; None where even that fails."""
    try:
        with tempfile.NamedTemporaryFile(
            "w",
            prefix="wattbit-crash-",
            suffix=".txt",
            delete=False,
            encoding="utf-8",
            errors="backslashreplace",
        ) as file:
            file.write(f"wattbit {' '.join(sys.argv[1:])}\n{platform.platform()} Python {sys.version}\n\n")
            file.write("".join(traceback.format_exception(error)))
            return Path(file.name)
    except OSError:
        return None


def _make_streams_printable() -> None:
    """Letters a terminal cannot show are escaped, not fatal; a redirected stdout is UTF-8."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is None:
            continue
        if stream.isatty():
            reconfigure(errors="backslashreplace")
        else:
            reconfigure(encoding="utf-8", errors="backslashreplace")
