"""A comparison in a process of its own, to be killed: ``python -m tests.study.killed FOLDER [WHEN]``.

WHEN is ``budget`` for a comparison with a time budget, which somebody else kills. Or it is ``MOMENT DELAY``:
once the fraction done has reached MOMENT, SIGKILL comes DELAY seconds later, whatever is going on then, be it
a training or the writing of a file; the moment "finishing" is when the networks are written and their row is
not. Such a process ends in no other way.
"""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from bridle.engine import checkpoint, population
from bridle.study import compare as comparing
from bridle.study import store
from bridle.study.budget import Clock
from bridle.study.compare import compare
from bridle.study.options import Options
from bridle.study.tables import from_arrays

OPTIONS = Options(
    hidden=(6,), epochs=60, splits=3, strengths=2, regularizers=("l2", "dropout", "early_stopping")
)

BUDGETED = dataclasses.replace(OPTIONS, strengths=4, time_budget="1h")
"""With a clock that stands still: all rounds are played, whenever a process is killed."""

FINISHING = "finishing"


def stand_still(seconds: float, began: float) -> Clock:
    """Return a clock on which no time passes."""
    return Clock(seconds, 0.0, lambda: 0.0)


def table(shift: float = 0.0):
    """Return a small table; ``shift`` changes one cell."""
    random = np.random.default_rng(0)
    X = random.normal(size=(90, 3))
    y = (X[:, 0] + random.normal(size=90) > 0).astype(int)
    X[0, 0] += shift
    return from_arrays(X, y, name="cloud")


def die() -> None:
    """End as ``kill -9`` ends a process."""
    os.kill(os.getpid(), signal.SIGKILL)


def make_reaper(moment: str, delay: float):
    """Return a progress report after which the process dies, and see to it that it does not end before."""
    armed, write = threading.Event(), store.write

    def report(phase: str, fraction: float, left: float) -> None:
        if moment != FINISHING and fraction >= float(moment) and not armed.is_set():
            armed.set()
            threading.Timer(delay, die).start()

    def write_networks(place: Path, files: dict[str, bytes]) -> None:
        if armed.is_set():
            time.sleep(60)  # death comes in time, however busy the machine is
        write(place, files)
        die()

    store.write = write_networks
    return report


def main(folder: Path, *when: str) -> None:
    """Compare with slices so short, and saves so frequent, that there are many moments to be killed at."""
    checkpoint.SAVE_SECONDS, checkpoint.SAVE_SHARE = 0.0, float("inf")
    population.SLICE_SECONDS = 0.005
    comparing.Clock = stand_still
    if when == ("budget",):
        compare(table(), BUDGETED, store=folder)
    else:
        compare(table(), OPTIONS, make_reaper(when[0], float(when[1])), folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
