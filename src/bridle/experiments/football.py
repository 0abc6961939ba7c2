"""Where should the goalkeeper kick? 211 positions on a pitch, and who won the ball there.

The tutorial's network has 20 and 3 hidden units, far more than a line between two crowds needs, and 30,000
updates to use them. Its dropout reaches 95 % on the test positions, the best of all; but the generator is
reseeded inside every forward pass, so the same units are silenced for the same rows in every update. That is
not dropout: it gives each row its own smaller network, and the training cost falls to a third of the plain
network's. Corrected, every update draws its own masks.

    plan = Plan(inputs=2, layers=(Dense(20), Dense(3), Dense(1, "linear")), epochs=30_000,
                regularizers=("l2", "dropout"), dtype="float64", track=("penalty",))
    members = Members(learning_rate=0.3, l2=[0, 0.7 / 211, 0], dropout=[0, 0, 0.14])
    train(plan, members, X, y, initial=first_weights(), draws=one_mask(211))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from bridle.engine import Dense, Plan, Recorded
from bridle.experiments.experiment import Experiment
from bridle.experiments.matfile import load_positions
from bridle.experiments.parts import Part, Published, Request, cross
from bridle.experiments.results import Result
from bridle.experiments.sentences import against, average, capital, percent
from bridle.study.generators import draw
from bridle.study.split import split_rows
from bridle.types import Weights

TRAIN_ROWS, TEST_ROWS = 211, 200
KEEP = 0.86
LAMBDA = 0.7
WINDOW = ((-0.75, 0.5), (-0.75, 0.7))
PLAN = Plan(
    inputs=2,
    layers=(Dense(20), Dense(3), Dense(1, "linear")),
    loss="binary_cross_entropy",
    epochs=30_000,
    regularizers=("l2", "dropout"),
    dtype="float64",
    initializer="lecun",
    track=("penalty", "weight_norm"),
)
NEW = ", new split"
_DEAD = 0.6
COST_STEPS = (0, 10_000, 20_000)
FIGURES = {
    "plain": (0.948, 0.915, 0.65574, 0.16330, 0.13852),
    "l2": (0.938, 0.930, 0.69745, 0.26849, 0.26809),
    "one mask": (0.929, 0.950, 0.65439, 0.06102, 0.06058),
}


def positions(request: Request) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return training and test positions with labels: the file's, or a synthetic pitch of the same size."""
    if request.data is not None:
        return load_positions(request.data, request.keys)
    X, y = draw("pitch", rows=TRAIN_ROWS + TEST_ROWS, seed=0)
    return X[:TRAIN_ROWS], y[:TRAIN_ROWS], X[TRAIN_ROWS:], y[TRAIN_ROWS:]


def first_weights(seed: int = 3) -> Weights:
    """Return the tutorial's first weights: normal draws over sqrt(fan in), layer by layer, biases 0."""
    random = np.random.RandomState(seed)
    pairs = zip(PLAN.sizes[1:], PLAN.sizes[:-1], strict=True)
    return [(random.randn(out, fan_in) / np.sqrt(fan_in), np.zeros((out, 1))) for out, fan_in in pairs]


def one_mask(rows: int, seed: int = 1) -> Recorded:
    """Return the mask that a generator reseeded in every forward pass draws again and again."""
    random = np.random.RandomState(seed)
    return Recorded(keep=[random.rand(1, units, rows) < KEEP for units in PLAN.sizes[1:-1]])


def make(name: str, request: Request) -> Part:
    """Return one part of the experiment."""
    X, y, X_test, y_test = positions(request)
    plan = request.shorten(PLAN)
    window = WINDOW if request.data else None
    common: dict[str, Any] = {"X": X, "y": y, "learning_rate": 0.3, "initial": first_weights()}
    if name == "published":
        return Part(
            name,
            "The tutorial's first weights, full batches, learning rate 0.3, and for dropout the one mask "
            "that its generator, reseeded in every forward pass, draws in all 30,000 updates.",
            (cross(plan, _variants("one mask", len(y)), [0], draws=one_mask(len(y)), **common),),
            (X_test, y_test),
            f"the {len(y_test)} test positions",
            published=_figures(request),
            log_every=10_000,
            window=window,
        )
    if name == "corrected":
        return Part(
            name,
            "The same first weights, and a mask of its own for every update of dropout.",
            (cross(plan, _variants("dropout", len(y)), [0], **common),),
            (X_test, y_test),
            f"the {len(y_test)} test positions",
            log_every=10_000,
            window=window,
        )
    return _measured(replace(plan, dtype="float32"), request)


def _measured(plan: Plan, request: Request) -> Part:
    """Return the part with seeds: the 411 positions are all there is, so they are split anew as well."""
    X, y, X_test, y_test = positions(request)
    everything, labels = np.concatenate([X, X_test]), np.concatenate([y, y_test])
    seeds = list(range(request.seeds))
    share = len(y) / len(labels)
    splits = [split_rows(labels, (share, 0.0, 1 - share), seed) for seed in seeds]
    common: dict[str, Any] = {"X": everything, "y": labels, "learning_rate": 0.3}
    given = common | {
        "rows": [np.arange(len(y))] * len(seeds),
        "test_rows": [np.arange(len(y), len(labels))] * len(seeds),
    }
    anew = common | {"rows": [one.train for one in splits], "test_rows": [one.test for one in splits]}
    fresh, fixed = _variants("dropout", len(y)), {"one mask": {"dropout": 1 - KEEP}}
    again = {name + NEW: settings for name, settings in fresh.items()}
    return Part(
        "measured",
        "First on the tutorial's own split, where seeds differ in first weights and masks: with fresh masks, "
        "and with the one mask of the published run. Then on new splits of all positions.",
        (
            cross(plan, fresh, seeds, **given),
            cross(plan, fixed, seeds, draws=one_mask(len(labels)), **given),
            cross(plan, again, seeds, **anew),
        ),
        None,
        f"the tutorial's {len(y_test)} test positions, or, for new splits, the positions left out",
        baseline=dict.fromkeys(again, "plain" + NEW),
        overlap=dict.fromkeys(again, len(y_test) / len(y)),
        varied="the first weights and the masks; for new splits, also which positions train",
        log_every=10_000,
        window=WINDOW if request.data else None,
    )


def strengths(request: Request) -> Part:
    """Return the tutorial's network with l2 of many strengths, from none to far too much."""
    X, y, X_test, y_test = positions(request)
    grid = [0.0, *np.geomspace(1e-4, 0.1, 10)]
    variants = {f"l2 {strength:.2g}": {"l2": strength} for strength in grid}
    plan = replace(request.shorten(PLAN), dtype="float32", track=())
    return Part(
        "strengths",
        "One seed, one strength after another.",
        (cross(plan, variants, [0], X, y, learning_rate=0.3, initial=first_weights()),),
        (X_test, y_test),
        f"the {len(y_test)} test positions",
        window=WINDOW if request.data else None,
    )


def _variants(name: str, rows: int) -> dict[str, dict[str, float]]:
    return {"plain": {}, "l2": {"l2": LAMBDA / rows}, name: {"dropout": 1 - KEEP}}


def _figures(request: Request) -> tuple[Published, ...]:
    """Return the tutorial's figures; they belong to its own positions and its 30,000 updates."""
    meets = request.data is not None and request.epochs is None
    why = "" if meets else "they belong to the tutorial's own positions and 30,000 updates"
    costs = [f"cost at step {step:,}" for step in COST_STEPS]
    return tuple(
        Published(variant, quantity, value, 3 if "accuracy" in quantity else 5, meets, why)
        for variant, values in FIGURES.items()
        for quantity, value in zip(["train accuracy", "test accuracy", *costs], values, strict=True)
    )


def answer(results: Mapping[str, Result]) -> list[str]:
    """Return what follows, the answer to the question first."""
    found = []
    measured = results.get("measured")
    if measured is not None:
        found += [
            "With a fresh mask in every update, dropout reaches "
            f"{average(measured, 'dropout')} on the test positions.",
            f"On new splits of all positions it reaches {average(measured, 'dropout' + NEW)}. Plain reaches "
            f"{average(measured, 'plain')} and {average(measured, 'plain' + NEW)}.",
            capital(against(measured, "one mask", "dropout"))
            + " The one mask of the published run is what differs.",
            capital(against(measured, "dropout", "plain")),
            capital(against(measured, "l2", "plain")),
            capital(against(measured, "dropout" + NEW, "plain" + NEW)),
            capital(against(measured, "l2" + NEW, "plain" + NEW)),
            *_silent(measured),
            "The intervals of the tutorial's own split hold for its 200 test positions, the same in every "
            "seed; those of new splits hold for new positions from the same pitch.",
        ]
    published = results.get("published")
    if published is not None:
        train, test = (published.scores("one mask", part)[0] for part in ("train_accuracy", "test_accuracy"))
        mended = ""
        if "corrected" in results:
            score = results["corrected"].scores("dropout", "test_accuracy")[0]
            mended = f" With fresh masks the same first weights end at {percent(score)}."
        found.append(
            f"As published, with one mask throughout, dropout ends at {percent(train)} on the training and "
            f"{percent(test)} on the test positions: one seed, one mask, 200 positions.{mended}"
        )
    return found


def _silent(measured: Result) -> list[str]:
    """Return a sentence about networks whose units all died early, if there are any."""
    scores = {name: measured.scores(name, "train_accuracy") for name in ("plain", "l2", "dropout")}
    dead = {name: int(np.sum(one < _DEAD)) for name, one in scores.items()}
    if not any(dead.values()):
        return []
    counts = ", ".join(f"{count} with {name}" for name, count in dead.items())
    return [
        f"Of {measured.seeds} networks each, some never learn (training accuracy below {100 * _DEAD:.0f} %): "
        f"{counts}. They end up guessing one class. They count, and they are why "
        "the intervals around plain are wide."
    ]


def _notes(request: Request) -> list[str]:
    if request.data is not None:
        return []
    return [
        "No .mat file was given: a synthetic pitch stands in for the tutorial's positions, "
        "so its figures cannot be met. Give the file with --data."
    ]


EXPERIMENT = Experiment(
    name="football",
    title="Where should the goalkeeper kick?",
    features=("x position", "y position"),
    classes=("other team", "own team"),
    make=make,
    answer=answer,
    notes=_notes,
    sweep=strengths,
    pitch=True,
)
