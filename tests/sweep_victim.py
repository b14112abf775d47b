"""A sweep that is killed, again and again: `python sweep_victim.py FOLDER ROUNDS SEED inline|processes`.

Every round is a process group of its own that begins or resumes the sweep and is ended by SIGKILL at a random
moment; the last is left alone. Prints one line of JSON: kills that hit, points begun though they were done, the
number of folders, the digests of the results.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sweep_toy import digests, fake_anchor, fake_plan, fake_point, fakes, silent

from optimizer.export.sweep_folder import read_done
from optimizer.run_engine import Call, LocalEngine
from optimizer.run_points import make_group_anchor, solve_point
from optimizer.run_sweep import run_sweep

COUNT = 20


class FakeProcesses(LocalEngine):
    """Worker processes that make fake calls."""

    def submit(self, call: Call) -> None:
        instead = {solve_point: fake_point, make_group_anchor: fake_anchor}
        call.function = instead[call.function]
        super().submit(call)


def child(folder: Path, kind: str) -> int:
    """Begin or resume the sweep in a process group of its own; return its number."""
    number = os.fork()
    if number:
        return number
    os.setsid()
    try:
        plan = fake_plan(folder, COUNT, resume=True)
        run_sweep(plan, silent, lambda plan: fakes(room=2) if kind == "inline" else FakeProcesses(2))
    except BaseException as error:
        sys.stderr.write(f"{error!r}\n")
        os._exit(1)
    os._exit(0)


def main(folder: Path, rounds: int, seed: int, kind: str) -> None:
    """Kill, resume, count."""
    draw = random.Random(seed)
    ids = [planned.id for planned in fake_plan(folder, COUNT).planned]
    log = folder.with_suffix(".log")
    os.environ["SWEEP_LOG"] = str(log)
    hits = again = finished = 0
    began = time.monotonic()
    os.waitpid(child(folder.with_name(f"{folder.name}-undisturbed"), kind), 0)
    longest = time.monotonic() - began
    for _ in range(rounds):
        done = set(read_done(folder, ids))
        log.write_text("", "utf-8")
        if len(done) == len(ids) and draw.random() < 0.7:  # start over, so that kills meet unfinished work
            finished += 1
            folder.rename(folder.with_name(f"{folder.name}-{finished}"))
            done = set()
        number = child(folder, kind)
        time.sleep(draw.uniform(0.0, longest))
        try:
            os.killpg(number, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(number, signal.SIGKILL)
        hits += os.waitpid(number, 0)[1] == signal.SIGKILL
        again += len(done & set(log.read_text("utf-8").split()))
    code = os.waitstatus_to_exitcode(os.waitpid(child(folder, kind), 0)[1])
    answer = {
        "code": code, "hits": hits, "again": again, "runs": len(list((folder / "runs").iterdir())),
        "done": len(read_done(folder, ids)), "digests": digests(folder),
        "left": sorted(path.name for path in folder.rglob(".*")),
    }  # fmt: skip
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
