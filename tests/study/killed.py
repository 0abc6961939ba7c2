"""A comparison in a process of its own, to be killed: ``python -m tests.study.killed FOLDER [budget]``."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np

from bridle.engine import checkpoint, population
from bridle.study import compare as comparing
from bridle.study.budget import Clock
from bridle.study.compare import compare
from bridle.study.options import Options
from bridle.study.tables import from_arrays

OPTIONS = Options(
    hidden=(6,), epochs=60, splits=3, strengths=2, regularizers=("l2", "dropout", "early_stopping")
)

BUDGETED = dataclasses.replace(OPTIONS, strengths=4, time_budget="1h")
"""With a clock that stands still: all rounds are played, whenever a process is killed."""


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


def main(folder: Path, options: Options) -> None:
    """Compare with slices so short, and saves so frequent, that there are many moments to be killed at."""
    checkpoint.SAVE_SECONDS, checkpoint.SAVE_SHARE = 0.0, float("inf")
    population.SLICE_SECONDS = 0.005
    comparing.Clock = stand_still
    compare(table(), options, store=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), BUDGETED if "budget" in sys.argv[2:] else OPTIONS)
