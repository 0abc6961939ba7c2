"""What a regularizer costs: the time of an update with it, relative to the plain network's.

Both are timed in turn, a pair at a time, in processor time over all cores, and the median of the pairs'
ratios is shown, so that a machine that is busy or slows down in between slows both. Strengths are those in
the middle of the default grids. A line whose members did not all complete is void.
``python -m benchmarks.costs dropout l1`` times some; ``--markdown`` writes the table of docs/costs.md.
"""

from __future__ import annotations

import dataclasses
import statistics
import sys
import time

import numpy as np

from benchmarks.problems import PROBLEMS
from bridle import REGISTRY, Dense, Members, Plan, Status, train
from bridle.registry import Regularizer

MOST = 1.6
EXEMPT = ("fgsm",)
"""Two passes over the batch cannot cost less than two."""
PAIRS, EPOCHS = 3, 6
PROBLEM = PROBLEMS["medium"]


def timed(plan: Plan, **settings: float) -> float:
    """Return the seconds of processor time of one training, over all cores.

    Raises
    ------
    RuntimeError
        If a member did not complete: its time would mean nothing.
    """
    X, y = PROBLEM.data()
    members = Members(seed=np.arange(PROBLEM.members), learning_rate=PROBLEM.learning_rate, **settings)
    began = time.process_time()
    outcome = train(plan, members, X, y)
    seconds = time.process_time() - began
    if any(status is not Status.COMPLETED for status in outcome.status):
        raise RuntimeError(f"{plan.regularizers}: {outcome}")
    return seconds


def plans_of(record: Regularizer) -> tuple[Plan, Plan]:
    """Return the plain plan and the one with a regularizer, on the architecture that it asks for."""
    plain = PROBLEM.plan(epochs=EPOCHS, regularizers=())
    if record.requires == "selu":
        layers = tuple(Dense(layer.units, "selu") for layer in plain.layers[:-1])
        plain = dataclasses.replace(plain, layers=(*layers, plain.layers[-1]))
    if record.name == "early_stopping":
        plain = dataclasses.replace(plain, monitor="train_loss")
    return plain, dataclasses.replace(plain, regularizers=(record.name,))


def middle(record: Regularizer) -> float:
    """Return the strength to time at; patience is in shares of all epochs, and must not end the training."""
    if record.name == "early_stopping":
        return float(EPOCHS)
    return record.strength.grid[len(record.strength.grid) // 2]


def cost_of(record: Regularizer) -> tuple[float, float, float]:
    """Return the median ratio to plain, the lowest and the highest of the pairs."""
    plain, plan = plans_of(record)
    settings = {record.strength.name: middle(record)}
    timed(plain)
    timed(plan, **settings)
    ratios = [timed(plan, **settings) / timed(plain) for _ in range(PAIRS)]
    return statistics.median(ratios), min(ratios), max(ratios)


def main(names: list[str]) -> int:
    """Print the costs; 1 where one is above ``MOST``."""
    markdown = "--markdown" in names
    chosen = [name for name in names if not name.startswith("-")] or list(REGISTRY)
    sizes = "-".join(map(str, PROBLEM.sizes))
    what = f"{sizes}, batch {PROBLEM.batch}, {PROBLEM.optimizer}, {PROBLEM.members} members"
    print(f"\nAn update's cost relative to plain's ({what}); the median, lowest and highest of {PAIRS} pairs")
    if markdown:
        print("\n| regularizer | cost | pairs |\n| --- | --- | --- |")
    above = []
    for name in chosen:
        ratio, lowest, highest = cost_of(REGISTRY[name])
        spread = f"{lowest:.2f} to {highest:.2f}"
        print(
            f"| {name} | {ratio:.2f} | {spread} |" if markdown else f"  {name:20s}{ratio:8.2f} x   {spread}",
            flush=True,
        )
        if ratio > MOST and name not in EXEMPT:
            above.append(name)
    if above:
        print(f"\nAbove {MOST}: {', '.join(above)}")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
