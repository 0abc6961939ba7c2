"""Value by value: what scikit-learn takes gives the same fit here, and what it refuses is refused."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn import neural_network

import bridle

ROWS = 50
BASE: dict[str, Any] = {"hidden_layer_sizes": (5,), "max_iter": 12, "random_state": 0}
SGD = {"solver": "sgd"}
VALUES: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "hidden_layer_sizes": (
        {},
        [
            (),
            [],
            [4, 3],
            np.array([4, 3]),
            7,
            np.int64(4),
            range(2, 4),
            (4, 0),
            0,
            -1,
            "abc",
            (2.5,),
            None,
            4.0,
        ],
    ),
    "activation": ({}, ["identity", "logistic", "tanh", "relu", "softmax"]),
    "solver": ({}, ["adam", "sgd", "lbfgs", "x"]),
    "alpha": ({}, [0, -1, "a", np.float32(0.1), None]),
    "batch_size": ({}, [1, 50, 51, 0, -1, 2.5, "auto", "x", np.int32(7)]),
    "learning_rate": (SGD, ["constant", "invscaling", "adaptive", "x"]),
    "learning_rate_init": ({}, [0, 1e-9, -1, 0.5, np.float32(0.1)]),
    "power_t": (SGD | {"learning_rate": "invscaling"}, [0, -1, 0.1]),
    "max_iter": ({}, [1, 0, -2, 2.5, np.int64(3)]),
    "shuffle": ({"batch_size": 9}, [False, 0, np.bool_(False), "a"]),
    "random_state": ({}, ["a", np.random.RandomState(3), -1, 3.5]),
    "tol": ({}, [0, -1, 10]),
    "verbose": ({}, [0, 2, -1, "a"]),
    "warm_start": ({}, [True, 1]),
    "momentum": (SGD, [0, 1, 1.5, -0.1]),
    "nesterovs_momentum": (SGD, [False, 1]),
    "early_stopping": ({}, [1, np.bool_(True)]),
    "validation_fraction": ({"early_stopping": True}, [0, 1, 0.999, -0.1, 0.5]),
    "beta_1": ({}, [0, 1, 0.5]),
    "beta_2": ({}, [0, 1, 0.5]),
    "epsilon": ({}, [0, -1, 1]),
    "n_iter_no_change": ({}, [1, 0, np.inf, 2.5, -1]),
    "max_fun": ({"solver": "lbfgs"}, [0, 1, 2.5]),
}


def table() -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(ROWS, 4))
    return X, (X[:, 0] > 0).astype(int)


X, Y = table()
TARGETS: dict[str, Any] = {
    "classes": np.digitize(X[:, 0], [-0.5, 0.5]),
    "strings": np.array(["yes", "no"])[Y],
    "objects": np.array(["yes", "no"], dtype=object)[Y],
    "bools": Y.astype(bool),
    "column": Y[:, None],
    "list": Y.tolist(),
    "labels": np.stack([Y, 1 - Y, Y], axis=1),
    "sparse labels": sparse.csr_matrix(np.stack([Y, 1 - Y], axis=1)),
    "one class": np.zeros(ROWS, dtype=int),
    "numbers": X[:, 0],
    "NaN": np.full(ROWS, np.nan),
}
CALLS = [
    "fit fit",
    "fit partial_fit",
    "partial_fit partial_fit",
    "partial_fit fit",
    "fit partial_fit partial_fit",
]


def fitted(library: Any, kind: str, given: dict[str, Any], y: Any, calls: str = "fit") -> Any:
    """Return a fitted estimator, or the error it raised."""
    state = given.get("random_state")
    if isinstance(state, np.random.RandomState):
        given = given | {"random_state": np.random.RandomState(3)}
    model = getattr(library, kind)(**BASE | given)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for call in calls.split():
                more = {"classes": np.unique(y)} if call == "partial_fit" and kind == "MLPClassifier" else {}
                getattr(model, call)(X, y, **more)
        except (ValueError, TypeError, AttributeError) as error:
            return error
    return model


def assert_alike(kind: str, given: dict[str, Any], y: Any, calls: str = "fit") -> None:
    """Raise unless both libraries end with the same network, or both with an error."""
    theirs, mine = (fitted(library, kind, given, y, calls) for library in (neural_network, bridle))
    if isinstance(theirs, Exception):
        assert isinstance(mine, ValueError | TypeError | AttributeError), "scikit-learn refuses it"
        return
    assert not isinstance(mine, Exception), mine
    for one, other in zip(mine.coefs_ + mine.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-8)
    attributes = {name for name in vars(theirs) if name.endswith("_") and not name.startswith("_")}
    assert attributes <= set(vars(mine))
    np.testing.assert_allclose(mine.loss_, theirs.loss_, rtol=1e-7, atol=1e-12)
    asked = [model.predict(X) for model in (mine, theirs)]
    one, other = (np.asarray(y.todense()) if sparse.issparse(y) else y for y in asked)
    assert (one.dtype, one.shape) == (other.dtype, other.shape)
    assert np.array_equal(one, other) if one.dtype.kind != "f" else np.allclose(one, other, atol=1e-8)


@pytest.mark.parametrize("name", VALUES)
def test_values_of_a_parameter(name: str, capsys: Any) -> None:
    context, values = VALUES[name]
    for value in values:
        assert_alike("MLPClassifier", context | {name: value}, Y)
        assert_alike("MLPRegressor", context | {name: value}, X[:, 0])


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "x"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_losses(loss: str, solver: str) -> None:
    for y in (np.abs(X[:, 1]), np.zeros(ROWS), np.round(np.exp(X[:, 0]))):
        assert_alike("MLPRegressor", {"loss": loss, "solver": solver}, y)


@pytest.mark.parametrize("name", TARGETS)
def test_targets(name: str) -> None:
    assert_alike("MLPClassifier", {}, TARGETS[name])
    if np.asarray(Y).dtype.kind in "biuf" and not sparse.issparse(TARGETS[name]):
        assert_alike("MLPRegressor", {}, TARGETS[name])


@pytest.mark.parametrize("calls", CALLS)
def test_calls_after_each_other(calls: str) -> None:
    for given in ({}, {"warm_start": True}, {"solver": "sgd", "learning_rate": "adaptive", "tol": 0.1}):
        assert_alike("MLPClassifier", given, Y, calls)
        assert_alike("MLPRegressor", given, X[:, 0], calls)
    for given in ({"solver": "lbfgs"}, {"early_stopping": True}):
        if "partial" in calls:
            assert_alike("MLPClassifier", given, Y, calls)


def test_every_parameter_attribute_and_method_is_there() -> None:
    for kind in ("MLPClassifier", "MLPRegressor"):
        theirs, mine = getattr(neural_network, kind), getattr(bridle, kind)
        before, after = (inspect.signature(one.__init__).parameters for one in (theirs, mine))
        assert [name for name in after if name in before] == list(before)
        assert all(after[name].default == before[name].default for name in before)
        assert all(after[name].kind == before[name].kind for name in before)
        assert set(VALUES) | {"self", "loss"} >= set(before)
        methods = {name for name in dir(theirs) if not name.startswith("_")}
        assert methods <= set(dir(mine))


def test_a_fitted_network_keeps_its_form_whatever_the_parameters_become() -> None:
    """As in scikit-learn, predictions are those of the fit, but for the activation, which is asked each time."""
    changes: list[dict[str, Any]] = [
        {"hidden_layer_sizes": (7, 7)}, {"hidden_layer_sizes": ()}, {"batch_size": 0}, {"alpha": -1.0},
        {"solver": "x"}, {"activation": "tanh"}, {"loss": "poisson"},
    ]  # fmt: skip
    for change in changes:
        theirs, mine = (fitted(library, "MLPRegressor", {}, X[:, 0]) for library in (neural_network, bridle))
        for model in (theirs, mine):
            model.set_params(**change)
        np.testing.assert_allclose(mine.predict(X), theirs.predict(X), atol=1e-8)
    normal = bridle.MLPRegressor(normalization="batch", **BASE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = normal.fit(X, X[:, 0]).predict(X)
    np.testing.assert_array_equal(normal.set_params(normalization=None).predict(X), before)


def test_a_training_that_diverges_is_an_error_and_not_a_network() -> None:
    for given in (
        {"solver": "sgd", "learning_rate_init": 1e6},
        {"n_members": 2, "learning_rate_init": 1e200},
    ):
        error = fitted(bridle, "MLPRegressor", given, X[:, 0])
        assert isinstance(error, ValueError)
        assert "non-finite parameter weights" in str(error)


def test_warm_starts_keep_the_best_weights_of_before() -> None:
    """scikit-learn keeps its best weights by reference, and the second fit trains them along."""
    model = bridle.MLPClassifier(early_stopping=True, warm_start=True, tol=10.0, n_iter_no_change=2, **BASE)
    model.fit(X, Y)
    best = [w.copy() for w in model.coefs_]
    score = model.best_validation_score_
    model.fit(X, Y)
    assert model.best_validation_score_ == score
    for one, other in zip(model.coefs_, best, strict=True):
        np.testing.assert_array_equal(one, other)
