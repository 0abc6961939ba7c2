"""A comparison in a process of its own, to be killed: ``python -m tests.study.killed FOLDER``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bridle.engine import checkpoint, population
from bridle.study.compare import compare
from bridle.study.options import Options
from bridle.study.tables import from_arrays

OPTIONS = Options(
    hidden=(6,), epochs=60, splits=3, strengths=2, regularizers=("l2", "dropout", "early_stopping")
)


def table(shift: float = 0.0):
    """Return a small table; ``shift`` changes one cell."""
    random = np.random.default_rng(0)
    X = random.normal(size=(90, 3))
    y = (X[:, 0] + random.normal(size=90) > 0).astype(int)
    X[0, 0] += shift
    return from_arrays(X, y, name="cloud")


def main(folder: Path) -> None:
    """Compare with slices so short, and saves so frequent, that there are many moments to be killed at."""
    checkpoint.SAVE_SECONDS, checkpoint.SAVE_SHARE = 0.0, float("inf")
    population.SLICE_SECONDS = 0.005
    compare(table(), OPTIONS, store=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
