"""Which way the cars face: a shortcut in the training pictures, and why augmentation takes it away.

In the tutorial's story all cars of one make face left in the training set and all of the other face right. A
network takes the easiest way to its answer, so it learns the direction, and fails on cars that face the
other way. No penalty on weights can tell it what a car is. A horizontal flip can: it says that the direction
does not matter. The tutorial prints no code and no figures; here the cars are drawn, 16 x 16 pixels. The make
shows in a stripe along the doors, the direction in bonnet and headlight, which are larger.

    plan = Plan(inputs=256, image=(1, 16, 16), layers=(Dense(32, "relu"), Dense(1, "linear")),
                optimizer="adam", batch_size=32, epochs=150, regularizers=("l2", "horizontal_flip"))
    members = Members(learning_rate=0.003, horizontal_flip=[0, 0.5])
    train(plan, members, X, y, validation=test)

On line every epoch draws anew which cars are turned; off line every car is there twice from the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from bridle.engine import Dense, Plan
from bridle.experiments.experiment import Experiment
from bridle.experiments.parts import FRESH_SEED, Part, Population, Request, cross, stacked
from bridle.experiments.results import Result
from bridle.experiments.sentences import against, average

SIDE = 16
ROWS, TEST = 200, 1_000
NOISE = 0.25
L2, FLIP = 0.01, 0.5
ONLINE, OFFLINE = "flipping on line", "flipping off line"
PLAN = Plan(
    inputs=SIDE * SIDE,
    image=(1, SIDE, SIDE),
    layers=(Dense(32, "relu"), Dense(1, "linear")),
    loss="binary_cross_entropy",
    optimizer="adam",
    batch_size=32,
    epochs=150,
    regularizers=("l2", "horizontal_flip"),
    track=("penalty", "weight_norm"),
)
RATE = 0.003
_SHOWN = 8
_PURPOSE = 0x6361_7273


def cars(rows: int, seed: int, *, one_way: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pictures of cars (N, 256), their makes (N,), and whether each faces right (N,).

    Parameters
    ----------
    rows
        How many, N; makes take turns.
    seed
        Of places, shades, directions and noise.
    one_way
        Whether make 0 always faces left and make 1 right, as in the training set; else each car faces as a
        coin falls.
    """
    random = np.random.default_rng([_PURPOSE, seed])
    y = np.arange(rows) % 2
    right = y == 1 if one_way else random.random(rows) < 0.5
    pictures = np.stack([_car(int(make), random) for make in y])
    pictures = np.where(right[:, None, None], pictures, pictures[:, :, ::-1])
    pictures = pictures + random.normal(0, NOISE, pictures.shape)
    return pictures.reshape(rows, -1).astype(np.float32), y, right


def _car(make: int, random: np.random.Generator) -> np.ndarray:
    """Return one car that faces right, (16, 16), values around 0."""
    picture = np.full((SIDE, SIDE), -0.5)
    down, along = random.integers(-1, 2, 2)
    shade = random.uniform(0.3, 0.7)
    top, back = 8 + down, 2 + along
    picture[top : top + 4, back : back + 12] = shade  # the body
    picture[top - 3 : top, back : back + 7] = shade  # the cabin, over its rear
    picture[top - 2, back + 1 : back + 6] = -0.3  # its windows
    picture[top + 1, back + 11] = 1.5  # the headlight
    picture[top + 4, back + 2 : back + 4] = picture[top + 4, back + 8 : back + 10] = -1.0  # the wheels
    picture[top + 2, back + 2 : back + 10] += 0.35 if make else -0.35  # the stripe, all that tells the make
    return picture


def mirrored(X: np.ndarray) -> np.ndarray:
    """Return pictures (N, 256) with left and right exchanged."""
    return np.ascontiguousarray(X.reshape(-1, SIDE, SIDE)[:, :, ::-1]).reshape(len(X), -1)


def _train(seed: int) -> tuple[np.ndarray, np.ndarray]:
    X, y, _ = cars(ROWS, seed, one_way=True)
    return X, y


def _twice(seed: int) -> tuple[np.ndarray, np.ndarray]:
    X, y = _train(seed)
    return np.concatenate([X, mirrored(X)]), np.concatenate([y, y])


def make(name: str, request: Request) -> Part:
    """Return one part of the experiment."""
    plan = request.shorten(PLAN)
    X_test, y_test, _ = cars(TEST, FRESH_SEED, one_way=False)
    shared: dict[str, Any] = {
        "test": (X_test, y_test),
        "test_words": f"{TEST:,} fresh cars that face both ways",
        "log_every": 30,
    }
    seeds = list(range(request.seeds)) if name == "measured" else [0]

    def population(variants: Mapping[str, Mapping[str, Any]], draw: Any = _train) -> Population:
        X, y, rows = stacked(draw, seeds)
        made = cross(plan, variants, seeds, X, y, learning_rate=RATE, rows=rows)
        return replace(made, validation=(X_test, y_test))

    plain: dict[str, dict[str, Any]] = {"plain": {}}
    online = {ONLINE: {"horizontal_flip": FLIP}}
    if name == "published":
        about = "As the story has it: in training each make faces one way, and nothing is augmented."
        return Part(name, about, (population(plain),), **shared)
    twice = population({OFFLINE: {}}, _twice)
    if name == "corrected":
        about = "The same cars, flipped by a coin in every epoch, or there twice from the start."
        return Part(name, about, (population(plain | online), twice), **shared)
    return Part(
        "measured",
        "Every seed draws its own cars and first weights: without augmentation, with l2 instead, and with "
        "horizontal flips on line and off line (x2).",
        (population(plain | {"l2": {"l2": L2}} | online), twice),
        varied="the training cars, the first weights and the order of the rows",
        **shared,
    )


def split_by_way(result: Result, variant: str) -> tuple[float, float]:
    """Return mean accuracies on cars that face as their make did in training, and on those that do not."""
    X, y, right = cars(TEST, FRESH_SEED, one_way=False)
    hits = (result.predictions(variant, X)[:, :, 0] > 0.5) == (y == 1)
    usual = right == (y == 1)
    return float(hits[:, usual].mean()), float(hits[:, ~usual].mean())


def answer(results: Mapping[str, Result]) -> list[str]:
    """Return what follows, the answer to the question first."""
    measured = results.get("measured")
    if measured is None:
        return ["One seed shows the failure; how large it is, and what recovers, the measured part says."]
    usual, turned = split_by_way(measured, "plain")
    return [
        f"With flips the network learns the make: {against(measured, ONLINE, 'plain')}, and "
        f"{against(measured, OFFLINE, 'plain')}.",
        f"Without flips the network has learned the direction: it is right on {100 * usual:.0f} % of the "
        f"cars that face as in training, and on {100 * turned:.0f} % of those that face the other way.",
        f"Plain reaches {average(measured, 'plain')} on cars that face both ways, flipping on line "
        f"{average(measured, ONLINE)}, flipping off line {average(measured, OFFLINE)}.",
        f"A penalty cannot know what matters: with l2 the network reaches {average(measured, 'l2')}.",
        f"Between the two ways of flipping, {against(measured, ONLINE, OFFLINE)}.",
    ]


def strips() -> list[tuple[str, np.ndarray]]:
    """Return cars of training and of the test, a row for each make, as 8-bit images."""
    found = []
    for words, seed, one_way in (("in training", 0, True), ("in the test", FRESH_SEED, False)):
        X, y, _ = cars(2 * _SHOWN, seed, one_way=one_way)
        pixels = np.clip(np.rint((X + 1) * (255 / 2.5)), 0, 255).astype(np.uint8).reshape(-1, SIDE, SIDE, 1)
        found += [(f"make {'AB'[which]}, {words}", pixels[y == which]) for which in (0, 1)]
    return found


EXPERIMENT = Experiment(
    name="facing",
    title="Which way the cars face",
    features=tuple(f"pixel {i + 1},{j + 1}" for i in range(SIDE) for j in range(SIDE)),
    classes=("make A", "make B"),
    make=make,
    answer=answer,
    strips=strips,
    notes=lambda request: [
        "The cars are drawn: the tutorial tells the story with photographs that it does not share."
    ],
)
