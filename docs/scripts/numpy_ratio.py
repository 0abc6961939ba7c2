"""How long the tutorials' own NumPy loops would take for what is measured: a slice of each is timed.

    python docs/scripts/numpy_ratio.py [FOLDER ...]

For every population of every measured part, a loop as the tutorials write it (one network, forward, backward
and update on NumPy arrays) is timed over a slice of its updates, in seconds of one processor and on one
thread, so that neither other work on the machine nor idle threads count, and multiplied by members and
updates. Folders that ``bridle reproduce`` has written say how long bridle took by the clock, for the ratio.
"""

from __future__ import annotations

import json
import math
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from bridle.experiments import CATALOG, Population, Request, find

SLICE = 300


def seconds_of(population: Population) -> float:
    """Return the seconds that a NumPy loop would take for all members of a population."""
    plan = population.plan
    rows = population.rows_of(0)
    X, y = population.X[rows], population.y[rows]
    batch = min(plan.batch_size or len(rows), len(rows))
    t = np.eye(plan.outputs)[y].T if plan.outputs > 1 else y[None, :].astype(float)
    random = np.random.default_rng(0)
    weights = [[0.1 * random.normal(size=(b, a)), np.zeros((b, 1))] for a, b in pairwise(plan.sizes)]
    speeds = [[np.zeros_like(w), np.zeros_like(b)] for w, b in weights]
    drops = bool(np.any(np.asarray(population.members.settings.get("dropout", 0)) > 0))
    steps = SLICE if len(rows) < 1_000 else SLICE // 10
    began = time.process_time()
    for _ in range(steps):
        chosen = random.permutation(len(rows))[:batch] if batch < len(rows) else slice(None)
        step(X[chosen].T, t[:, chosen], weights, speeds, plan.momentum, random if drops else None)
    each = (time.process_time() - began) / steps
    updates = plan.epochs * math.ceil(len(rows) / batch)
    return each * updates * len(population.variants)


def step(x, t, weights, speeds, momentum, random) -> None:
    """Train one network by one update, as the tutorials do, with an L2 penalty and perhaps dropout."""
    a, activations, masks = x, [x], []
    for k, (w, b) in enumerate(weights):
        z = w @ a + b
        if k < len(weights) - 1:
            a = np.maximum(z, 0)
            mask = (random.random(a.shape) < 0.86) / 0.86 if random is not None else None
            a = a if mask is None else a * mask
            masks.append(mask)
            activations.append(a)
    if len(t) == 1:
        p = 1 / (1 + np.exp(-z))
    else:
        e = np.exp(z - z.max(axis=0))
        p = e / e.sum(axis=0)
    np.mean(np.log(np.clip(np.where(t > 0, p, 1 - p), 1e-7, 1)))  # the cost, which every tutorial computes
    d = (p - t) / x.shape[1]
    for k in reversed(range(len(weights))):
        w, b = weights[k]
        dw, db = d @ activations[k].T + 1e-3 * w, d.sum(axis=1, keepdims=True)
        if k:
            d = (w.T @ d) * (activations[k] > 0)
            d = d if masks[k - 1] is None else d * masks[k - 1]
        for i, g in enumerate((dw, db)):
            speeds[k][i] = momentum * speeds[k][i] - 1e-3 * g
            weights[k][i] = weights[k][i] + speeds[k][i]


def main() -> None:
    """Print a line an experiment, and the sums."""
    took = {}
    for folder in sys.argv[1:]:
        results = json.loads((Path(folder) / "results.json").read_text(encoding="utf-8"))
        took[results["experiment"]] = results["parts"]["measured"]["seconds"]
    total, own = 0.0, 0.0
    for name in CATALOG:
        part = find(name).make("measured", Request())
        with threadpool_limits(1):
            seconds = sum(seconds_of(one) for one in part.populations)
        total, own = total + seconds, own + took.get(name, 0.0)
        beside = f", bridle {took[name]:.0f} s: {seconds / took[name]:.1f} times" if name in took else ""
        print(f"{name}: NumPy loops {seconds / 60:.0f} min{beside}")
    print(
        f"all: NumPy loops {total / 60:.0f} min"
        + (f", bridle {own / 60:.1f} min: {total / own:.1f} times" if own else "")
    )


if __name__ == "__main__":
    main()
