"""What a regularizer costs: the time of an update with it, relative to the plain network's.

Both are timed in turn, a pair at a time, in processor time over all cores, and the median of the pairs'
ratios is shown, so that a machine that is busy or slows down in between slows both. Strengths are those in
the middle of the default grids. Augmentations are timed on pictures, on a network of their own, and so are
cutout and cutmix once more. A line whose members did not all complete is void.
``python -m benchmarks.costs dropout l1`` times some; ``--markdown`` writes the table of docs/costs.md.
"""

from __future__ import annotations

import dataclasses
import statistics
import sys
import time

import numpy as np

from benchmarks.problems import PROBLEMS, Problem
from bridle import REGISTRY, Dense, Members, Plan, Status, train
from bridle.registry import Regularizer

MOST = 1.6
EXEMPT = ("fgsm",)
"""Two passes over the batch cannot cost less than two."""
PAIRS, EPOCHS = 3, 6
TABLE, PICTURES, COLORS = (PROBLEMS[name] for name in ("medium", "gray pictures", "pictures in color"))
MOST_OF_IMAGES = 1.5
TOGETHER = "rotation+translation+zoom+shear"
EVERYWHERE = ("cutout", "cutmix")
ON_PICTURES = (*(name for name in REGISTRY if REGISTRY[name].family == "images"), TOGETHER, *EVERYWHERE)
"""What is timed on pictures: names of the registry, and four motions that are one reading of the picture."""


def timed(problem: Problem, plan: Plan, **settings: float) -> float:
    """Return the seconds of processor time of one training, over all cores.

    Raises
    ------
    RuntimeError
        If a member did not complete: its time would mean nothing.
    """
    X, y = problem.data()
    members = Members(seed=np.arange(problem.members), learning_rate=problem.learning_rate, **settings)
    began = time.process_time()
    outcome = train(plan, members, X, y)
    seconds = time.process_time() - began
    if any(status is not Status.COMPLETED for status in outcome.status):
        raise RuntimeError(f"{plan.regularizers}: {outcome}")
    return seconds


def plans_of(problem: Problem, records: list[Regularizer]) -> tuple[Plan, Plan]:
    """Return the plain plan and the one with regularizers, on the architecture that they ask for."""
    plain = problem.plan(epochs=EPOCHS, regularizers=())
    if any(record.requires == "selu" for record in records):
        layers = tuple(Dense(layer.units, "selu") for layer in plain.layers[:-1])
        plain = dataclasses.replace(plain, layers=(*layers, plain.layers[-1]))
    if any(record.name == "early_stopping" for record in records):
        plain = dataclasses.replace(plain, monitor="train_loss")
    return plain, dataclasses.replace(plain, regularizers=tuple(record.name for record in records))


def middle(record: Regularizer) -> float:
    """Return the strength to time at; patience is in shares of all epochs, and must not end the training."""
    if record.name == "early_stopping":
        return float(EPOCHS)
    return record.strength.grid[len(record.strength.grid) // 2]


def cost_of(problem: Problem, name: str) -> tuple[float, float, float]:
    """Return the median ratio to plain, the lowest and the highest of the pairs."""
    records = [REGISTRY[part] for part in name.split("+")]
    plain, plan = plans_of(problem, records)
    settings = {record.strength.name: middle(record) for record in records}
    timed(problem, plain)
    timed(problem, plan, **settings)
    ratios = [timed(problem, plan, **settings) / timed(problem, plain) for _ in range(PAIRS)]
    return statistics.median(ratios), min(ratios), max(ratios)


def section(problem: Problem, names: list[str], most: float, markdown: bool) -> list[str]:
    """Print the costs on a problem, and return the names of those above ``most``."""
    if not names:
        return []
    sizes = "-".join(map(str, problem.sizes))
    what = f"{problem.name}: {sizes}, batch {problem.batch}, {problem.optimizer}, {problem.members} members"
    print(f"\nAn update's cost relative to plain's ({what}); the median, lowest and highest of {PAIRS} pairs")
    if markdown:
        print("\n| regularizer | cost | pairs |\n| --- | --- | --- |")
    above = []
    for name in names:
        ratio, lowest, highest = cost_of(problem, name)
        spread = f"{lowest:.2f} to {highest:.2f}"
        print(
            f"| {name} | {ratio:.2f} | {spread} |" if markdown else f"  {name:34s}{ratio:8.2f} x   {spread}",
            flush=True,
        )
        if ratio > most and name not in EXEMPT:
            above.append(f"{name} ({ratio:.2f}, at most {most})")
    return above


def main(names: list[str]) -> int:
    """Print the costs; 1 where one is above ``MOST``, or ``MOST_OF_IMAGES`` on pictures."""
    markdown = "--markdown" in names
    chosen = [name for name in names if not name.startswith("-")] or [*REGISTRY, TOGETHER]
    on_pictures = [name for name in ON_PICTURES if name in chosen]
    in_color = [name for name in on_pictures if name in REGISTRY and "color" in REGISTRY[name].requires]
    above = [
        *section(
            TABLE, [name for name in chosen if name not in ON_PICTURES or name in EVERYWHERE], MOST, markdown
        ),
        *section(PICTURES, [name for name in on_pictures if name not in in_color], MOST_OF_IMAGES, markdown),
        *section(COLORS, in_color, MOST_OF_IMAGES, markdown),
    ]
    if above:
        print(f"\nToo dear: {', '.join(above)}")
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
