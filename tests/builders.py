"""Small data and plans that the tests of several folders share, and how two outcomes are compared to the bit."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import numpy as np

from bridle.engine import Dense, Outcome, Plan
from bridle.registry import REGISTRY
from bridle.types import Weights

PICTURE = (3, 2, 2)


def needs_pictures(names: Collection[str]) -> bool:
    """Return whether one of some regularizers is of pictures."""
    found = [REGISTRY[name] for name in names if isinstance(name, str) and name in REGISTRY]
    return any(record.requires.startswith("pictures") for record in found)


def table(rows: int = 50, inputs: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return rows first: normal inputs and noisy labels 0 or 1 that no straight line separates."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, inputs))
    score = X[:, 0] * X[:, 1] + 0.5 * X[:, -1] + 0.3 * rng.normal(size=rows)
    return X, (score > 0).astype(int)


def answers(loss: str, rows: int = 50, outputs: int = 1, seed: int = 1) -> np.ndarray:
    """Return targets for a loss, (N,) or (N, K)."""
    rng = np.random.default_rng(seed)
    if loss == "cross_entropy":
        return rng.integers(outputs, size=rows)
    if loss == "poisson":
        return rng.poisson(2.0, size=(rows, outputs)).astype(float)
    if loss == "squared_error":
        return rng.normal(size=(rows, outputs))
    return rng.integers(2, size=(rows, outputs) if outputs > 1 else rows)


def net(inputs: int = 3, outputs: int = 1, **options: Any) -> Plan:
    """Return a plan with two hidden layers, relu and tanh, in float64 unless told otherwise.

    Its inputs are small pictures where a regularizer asks for them.
    """
    layers = (Dense(8, "relu"), Dense(4, "tanh"), Dense(outputs, "linear"))
    names = options.get("regularizers", ())
    image = PICTURE if isinstance(names, Collection) and needs_pictures(names) else None
    inputs = math.prod(PICTURE) if image else inputs
    common = {"inputs": inputs, "image": image, "layers": layers, "epochs": 20, "dtype": "float64"}
    return Plan(**common | options)


def off_values(name: str) -> dict[str, float]:
    """Return the setting at which a regularizer is the identity."""
    setting = REGISTRY[name].strength
    assert setting.off is not None
    return {setting.name: setting.off}


def flat(weights: Weights, m: int | None = None) -> np.ndarray:
    """Return all parameters of a member (or of an unstacked network) as one vector."""
    return np.concatenate([(part if m is None else part[m]).ravel() for layer in weights for part in layer])


def assert_same_bits(mine: Outcome, m: int, theirs: Outcome, k: int) -> None:
    """Raise unless member m of one outcome and member k of another are equal in every bit that is reported."""
    for name in ("weights", "best_weights"):
        np.testing.assert_array_equal(
            flat(getattr(mine, name), m), flat(getattr(theirs, name), k), err_msg=f"{name} of {m} and {k}"
        )
    for name in set(mine.curves) | set(theirs.curves):
        np.testing.assert_array_equal(mine.curves[name][m], theirs.curves[name][k], err_msg=name)
    assert mine.status[m] is theirs.status[k]
    assert mine.best_epoch[m] == theirs.best_epoch[k]
    assert mine.epochs[m] == theirs.epochs[k]
