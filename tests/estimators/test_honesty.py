"""No parameter is decoration: another value changes the fit, or raises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from bridle import MLPClassifier, MLPRegressor
from bridle.estimators.constructor import offered_records
from bridle.registry import REGISTRY

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:batch_size=.* is more than:UserWarning"),
]

BASE: dict[str, Any] = {
    "hidden_layer_sizes": (6, 5),
    "max_iter": 4,
    "learning_rate_init": 0.05,
    "random_state": 0,
}
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


def table(kind: type) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    return X, (X[:, 0] > 0.4).astype(int) if kind is MLPClassifier else np.abs(X[:, 0] * X[:, 1])


def trace(model: Any, capsys: Any) -> list[np.ndarray]:
    """Return all that a fit shows: its weights, its history, what it prints; twice, for what a second fit starts from."""
    X, y = table(type(model))
    found: list[np.ndarray] = []
    for _ in range(2):
        model.fit(X, y)
        found += [*model.coefs_, *model.intercepts_, np.asarray(model.n_iter_)]
    return [*found, np.asarray(len(capsys.readouterr().out))]


def differ(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return any(
        a.shape != b.shape or a.dtype != b.dtype or not np.array_equal(a, b)
        for a, b in zip(one, other, strict=True)
    )


def changes(kind: type, context: dict[str, Any], name: str, value: Any, capsys: Any) -> bool:
    """Return whether another value of a parameter shows, as a difference or as an error."""
    before = kind(**(BASE | context))
    after = clone(before).set_params(**{name: value})
    base = trace(before, capsys)
    try:
        return differ(base, trace(after, capsys))
    except (ValueError, TypeError):
        return True


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize("name", OTHERS)
def test_a_parameter_of_the_network_changes_the_fit(kind: type, name: str, capsys: Any) -> None:
    context, value = OTHERS[name]
    if name not in kind().get_params():
        pytest.skip(f"{kind.__name__} has no parameter {name}")
    assert changes(kind, context, name, value, capsys)


@pytest.mark.parametrize("name", [record.name for record in offered_records()])
def test_a_regularizer_changes_the_fit(name: str, capsys: Any) -> None:
    record = REGISTRY[name]
    context = {"activation": record.requires} if record.requires in ("selu",) else {}
    strength = record.strength
    value = strength.grid[-1] * (10 if record.family == "penalty" else 1)
    if np.isinf(strength.default):
        value = strength.grid[0] / 10  # a bound binds when it is tight
    assert changes(MLPClassifier, context, strength.name, value, capsys)
    for setting in record.settings[1:]:
        other = setting.low + 0.25 if setting.default != setting.low + 0.25 else setting.low + 0.5
        on = context | {strength.name: value}
        assert changes(MLPClassifier, on, setting.name, other, capsys), setting.name
        assert changes(MLPClassifier, context, setting.name, other, capsys), "alone it must be refused"


def test_every_parameter_is_asked_here() -> None:
    regularizers = {setting.name for record in offered_records() for setting in record.settings}
    for kind in (MLPClassifier, MLPRegressor):
        assert set(kind().get_params()) - regularizers <= set(OTHERS)
