"""Another value for every parameter of a network and setting of a regularizer, and whether it shows in a fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridle.registry import Regularizer, Setting

SGD = {"solver": "sgd"}
OTHERS: dict[str, tuple[dict[str, Any], Any]] = {
    "hidden_layer_sizes": ({}, (6, 4)),
    "activation": ({}, "tanh"),
    "solver": ({}, "sgd"),
    "alpha": ({}, 0.5),
    "batch_size": ({}, 7),
    "learning_rate": (SGD, "invscaling"),
    "learning_rate_init": ({}, 0.02),
    "power_t": (SGD | {"learning_rate": "invscaling"}, 0.2),
    "max_iter": ({}, 3),
    "shuffle": ({"batch_size": 7}, False),
    "random_state": ({}, 1),
    "tol": ({"n_iter_no_change": 1}, 10.0),
    "verbose": ({}, True),
    "warm_start": ({}, True),
    "momentum": (SGD, 0.5),
    "nesterovs_momentum": (SGD, False),
    "early_stopping": ({}, True),
    "validation_fraction": ({"early_stopping": True}, 0.3),
    "beta_1": ({}, 0.5),
    "beta_2": ({}, 0.9),
    "epsilon": ({}, 0.1),
    "n_iter_no_change": ({"tol": 10.0}, 1),
    "max_fun": ({"solver": "lbfgs"}, 2),
    "class_weight": ({}, "balanced"),
    "normalization": ({}, "batch"),
    "regularizers": ({}, {"l2": [0.1, 0.0, 0.2]}),
    "n_members": ({}, 2),
    "dtype": ({}, "float32"),
    "engine": ({}, "compiled"),
    "loss": ({}, "poisson"),
}
"""For each parameter, what else must be set for it to matter, and another value."""


def strong(record: Regularizer) -> float:
    """Return a strength of a regularizer that a short fit shows."""
    if np.isinf(record.strength.default):
        return record.strength.grid[0] / 10  # a bound binds when it is tight
    return record.strength.grid[-1] * (10 if record.family == "penalty" else 1)


def another(setting: Setting) -> float:
    """Return a value of a setting that is not its default."""
    return setting.low + (0.25 if setting.default != setting.low + 0.25 else 0.5)


def differ(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return any(
        a.shape != b.shape or a.dtype != b.dtype or not np.array_equal(a, b)
        for a, b in zip(one, other, strict=True)
    )
