"""Measure what augmentation brings on 1,000 images of MNIST, and write its part of the page.

    python docs/scripts/mnist_augmented.py FOLDER             # the four idx files; minutes
    python docs/scripts/mnist_augmented.py FOLDER --quick     # one epoch, on the screen alone

Draws of 1,000 training images, no image in two of them; all networks of a draw share its first weights and
are tested on the 10,000 test images. Nothing is chosen: every strength was set beforehand, so there are no
validation images. The perceptron is Nielsen's: 784-30-10, sigmoid, ten yes-or-no losses, weights from a
standard normal, steps of 0.5, batches of 10, 400 epochs, and l2 with his lambda 0.1, here 0.1 / 1,000.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy import stats

from bridle import Conv, Dense, Members, Plan, Pool, Status, train
from bridle.perturb.motions import shifted
from bridle.perturb.warps import warped
from bridle.study.readers import read

DOCS = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- augmented -->\n", "<!-- end of augmented -->\n"
DRAWS, ROWS, SIDE = 5, 1_000, 28
LAMBDA = 0.1
PUBLISHED = {"plain": 82.2, "l2": 87.0}
SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
"""Off line: each image, and it moved by one pixel down, up, right and left."""

PERCEPTRON = Plan(
    inputs=SIDE * SIDE,
    layers=(Dense(30, "sigmoid"), Dense(10, "linear")),
    loss="binary_cross_entropy",
    batch_size=10,
    epochs=400,
    initializer="normal",
    regularizers=("l2",),
    evaluate_every=400,
)
CONVOLUTIONAL = Plan(
    inputs=SIDE * SIDE,
    image=(1, SIDE, SIDE),
    layers=(Conv(8, 3), Pool(2), Conv(16, 3), Pool(2), Dense(64), Dense(10, "linear")),
    loss="cross_entropy",
    optimizer="adam",
    batch_size=50,
    epochs=60,
    regularizers=("dropout", "rotation", "shift"),
    fill="constant",
    evaluate_every=60,
)
VARIANTS: Mapping[str, Mapping[str, float | list[float]]] = {
    "plain": {},
    "dropout": {"dropout": [0.0, 0.0, 0.0, 0.5]},
    "shift + rotation on line": {"shift": 2.0, "rotation": 10.0},
    "shift + rotation on line, dropout": {"shift": 2.0, "rotation": 10.0, "dropout": [0.0, 0.0, 0.0, 0.5]},
}
"""The convolutional network's: shifts of at most 2 pixels, turns of at most 10 degrees, half of 64 units."""


def load(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return training images (60,000, 784) in [0, 1], labels, and the same of the test."""
    images = read(folder)
    x = images.pixels.reshape(len(images.pixels), -1).astype(np.float32) / 255
    y = np.asarray(images.labels).astype(np.int64)
    return x[: -images.sealed], y[: -images.sealed], x[-images.sealed :], y[-images.sealed :]


def moved(x: np.ndarray) -> np.ndarray:
    """Return images (n, 784) and below them their shifts by one pixel, (5 n, 784); what comes in is 0."""
    pictures = x.T.reshape(1, SIDE, SIDE, len(x))
    made = []
    for down, right in SHIFTS:
        motion = shifted(*(np.full((1, len(x)), float(by), dtype=np.float32) for by in (down, right)))
        made.append(warped(pictures, motion, "nearest", "constant").reshape(SIDE * SIDE, -1).T)
    return np.concatenate(made)


def accuracies(plan: Plan, members: Members, x: np.ndarray, y: np.ndarray, test: tuple) -> np.ndarray:
    """Train a population and return its members' test accuracies in percent, (M,).

    Raises
    ------
    RuntimeError
        If a member diverged.
    """
    outcome = train(plan, members, x, y)
    if any(status is not Status.COMPLETED for status in outcome.status):
        raise RuntimeError(str(outcome))
    return 100 * (outcome.predict(test[0]).argmax(axis=2) == test[1]).mean(axis=1)


def perceptrons(data: tuple, draws: list[np.ndarray], quick: bool) -> dict[str, np.ndarray]:
    """Return the perceptron's test accuracies by variant, (DRAWS,) each."""
    x, y, *test = data
    one_hot, seeds = np.eye(10, dtype=np.float32), list(range(DRAWS))
    plan = replace(PERCEPTRON, epochs=1, evaluate_every=1) if quick else PERCEPTRON
    taken = np.concatenate(draws)
    rows = [np.arange(k * ROWS, (k + 1) * ROWS) for k in seeds]
    found = {}
    for name, l2 in (("plain", 0.0), ("l2", LAMBDA / ROWS)):
        members = Members(seed=seeds, learning_rate=0.5, rows=rows, l2=l2)
        found[name] = accuracies(plan, members, x[taken], one_hot[y[taken]], tuple(test))
    larger, labels = moved(x[taken]), np.tile(y[taken], len(SHIFTS))
    spread = [np.concatenate([own + k * len(taken) for k in range(len(SHIFTS))]) for own in rows]
    for name, l2 in (("shifts off line, x5", 0.0), ("l2, shifts off line, x5", LAMBDA / ROWS)):
        members = Members(seed=seeds, learning_rate=0.5, rows=spread, l2=l2)
        fewer = replace(plan, epochs=max(1, plan.epochs // len(SHIFTS)), evaluate_every=1)
        found[name] = accuracies(fewer, members, larger, one_hot[labels], tuple(test))
    return found


def convolutional(data: tuple, draws: list[np.ndarray], quick: bool) -> dict[str, np.ndarray]:
    """Return the convolutional network's test accuracies by variant, (DRAWS,) each."""
    x, y, *test = data
    seeds = list(range(DRAWS))
    plan = replace(CONVOLUTIONAL, epochs=1, evaluate_every=1) if quick else CONVOLUTIONAL
    mean, deviation = x.mean(), x.std()
    x, test_x = (x - mean) / deviation, (test[0] - mean) / deviation
    off = {"dropout": [0.0] * 4, "shift": 0.0, "rotation": 0.0}
    names = [name for name in VARIANTS for _ in seeds]
    members = Members(
        seed=seeds * len(VARIANTS),
        learning_rate=0.001,
        rows=[draws[k] for _ in VARIANTS for k in seeds],
        **{key: [VARIANTS[name].get(key, value) for name in names] for key, value in off.items()},
    )
    scores = accuracies(plan, members, x, y, (test_x, test[1])).reshape(len(VARIANTS), DRAWS)
    return dict(zip(VARIANTS, scores, strict=True))


def interval(values: np.ndarray) -> tuple[float, float, float]:
    """Return the mean with its 95 % interval over the draws, Student's."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean()), float(values.mean() - half), float(values.mean() + half)


def table(network: str, found: dict[str, np.ndarray]) -> list[str]:
    """Return lines of the page's table, each variant with its paired difference to plain."""
    lines = []
    for name, values in found.items():
        mean, low, high = interval(values)
        published = f"{PUBLISHED[name]:.1f}" if network == "perceptron" and name in PUBLISHED else ""
        change = ""
        if name != "plain":
            middle, least, most = interval(values - found["plain"])
            change = f"{middle:+.2f} ({least:+.2f} to {most:+.2f})"
        lines.append(
            f"| {network} | {name} | {published} | {mean:.2f} ({low:.2f} to {high:.2f}) | {change} |"
        )
    return lines


def main() -> None:
    """Measure, and write the section unless it was a quick look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    data = load(given.folder)
    order = np.random.default_rng(0).permutation(len(data[1]))
    draws = [np.sort(order[k * ROWS : (k + 1) * ROWS]) for k in range(DRAWS)]
    began = time.process_time()
    body = [
        "| network | variant | published, % | test accuracy here, % | difference to plain, points |",
        "| --- | --- | --- | --- | --- |",
        *table("perceptron", perceptrons(data, draws, given.quick)),
    ]
    print("\n".join(body), flush=True)
    more = table("convolutional", convolutional(data, draws, given.quick))
    print("\n".join(more))
    minutes = (time.process_time() - began) / 60
    body += [*more, "", f"Processor time: {minutes:.0f} minutes, both cores together."]
    if not given.quick:
        page = DOCS / "experiments" / "mnist.md"
        before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
        _, _, after = rest.partition(END)
        page.write_text(f"{before}{BEGIN}{chr(10).join(body)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
