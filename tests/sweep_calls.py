"""Functions for worker processes: they end in all the ways a process can. Light, so that workers start fast."""

from __future__ import annotations

import os
import random
import signal
import time


def double(value: int) -> int:
    return 2 * value


def die(value: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return value


def die_once(file: str, value: int) -> int:
    if not os.path.exists(file):
        open(file, "w").close()
        os.kill(os.getpid(), signal.SIGSEGV)
    return value


def grow(megabytes: int) -> int:
    block = bytearray(random.randbytes(1) * (megabytes * 1024 * 1024))
    time.sleep(20)
    return len(block)


def wait_for(seconds: float) -> float:
    time.sleep(seconds)
    return seconds
