"""Changing the import changes nothing: the same weights, losses and scores as scikit-learn's, to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.datasets import make_multilabel_classification, make_regression

import bridle

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CLASSIFIERS: dict[str, dict[str, Any]] = {
    "adam": {"max_iter": 20},
    "adam-batches": {"max_iter": 20, "batch_size": 32, "alpha": 0.5, "beta_1": 0.8, "epsilon": 1e-3},
    "sgd": {"max_iter": 20, "solver": "sgd", "batch_size": 32},
    "sgd-plain": {"max_iter": 20, "solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.1},
    "sgd-undamped": {"max_iter": 8, "solver": "sgd", "momentum": 1.0, "learning_rate_init": 1e-3},
    "sgd-classical": {"max_iter": 20, "solver": "sgd", "nesterovs_momentum": False, "activation": "tanh"},
    "unshuffled": {"max_iter": 20, "batch_size": 70, "shuffle": False, "activation": "identity"},
    "invscaling": {
        "max_iter": 20,
        "solver": "sgd",
        "batch_size": 32,
        "learning_rate": "invscaling",
        "learning_rate_init": 0.5,
        "power_t": 0.3,
    },
    "adaptive": {
        "solver": "sgd",
        "batch_size": 32,
        "learning_rate": "adaptive",
        "learning_rate_init": 0.2,
        "tol": 0.01,
        "activation": "logistic",
    },
    "stalls": {"tol": 0.05, "n_iter_no_change": 4, "hidden_layer_sizes": (20, 10)},
    "early": {"early_stopping": True, "validation_fraction": 0.2, "n_iter_no_change": 5},
    "lbfgs": {"solver": "lbfgs", "max_iter": 20, "alpha": 1.0, "hidden_layer_sizes": (8,)},
}
REGRESSORS: dict[str, dict[str, Any]] = {
    "adam": {"max_iter": 30},
    "early": {"max_iter": 60, "early_stopping": True, "alpha": 0.1},
    "poisson": {"max_iter": 30, "loss": "poisson", "batch_size": 64},
    "outputs": {"max_iter": 30, "batch_size": 64, "tol": 0.01},
}


def assert_alike(mine: Any, theirs: Any, X: np.ndarray) -> None:
    """Raise unless two fitted networks are the same to 1e-8, with the same history."""
    pairs = [
        *zip(mine.coefs_, theirs.coefs_, strict=True),
        *zip(mine.intercepts_, theirs.intercepts_, strict=True),
    ]
    for one, other in pairs:
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-8)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_"):
        assert getattr(mine, name) == getattr(theirs, name), name
    np.testing.assert_allclose(mine.loss_, theirs.loss_, rtol=1e-8)
    for name in ("loss_curve_", "validation_scores_", "best_loss_", "best_validation_score_"):
        other = getattr(theirs, name, None)
        if other is None:
            assert getattr(mine, name, None) is None, name
        else:
            assert isinstance(getattr(mine, name), type(other) if isinstance(other, list) else float)
            np.testing.assert_allclose(getattr(mine, name), other, rtol=1e-8, err_msg=name)
    np.testing.assert_allclose(mine.predict(X), theirs.predict(X), rtol=1e-7)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", CLASSIFIERS)
def test_a_classifier_is_scikit_learns(case: str, weighted: bool, digits: tuple) -> None:
    X, y = digits
    weight = np.random.default_rng(0).uniform(0.2, 3, len(y)) if weighted else None
    given = {"random_state": 3} | CLASSIFIERS[case]
    mine = bridle.MLPClassifier(**given).fit(X, y, sample_weight=weight)
    theirs = neural_network.MLPClassifier(**given).fit(X, y, sample_weight=weight)
    assert_alike(mine, theirs, X)
    np.testing.assert_allclose(mine.predict_proba(X), theirs.predict_proba(X), atol=1e-8)
    np.testing.assert_array_equal(mine.classes_, theirs.classes_)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("case", REGRESSORS)
def test_a_regressor_is_scikit_learns(case: str, weighted: bool) -> None:
    targets = 3 if case == "outputs" else 1
    X, y = make_regression(200, 10, n_targets=targets, noise=3, random_state=0)
    y = np.round(np.exp(y / 200)) if case == "poisson" else y / 100
    weight = np.random.default_rng(0).uniform(0.2, 3, len(y)) if weighted else None
    given = {"random_state": 3} | REGRESSORS[case]
    mine = bridle.MLPRegressor(**given).fit(X, y, sample_weight=weight)
    theirs = neural_network.MLPRegressor(**given).fit(X, y, sample_weight=weight)
    assert_alike(mine, theirs, X)


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_the_compiled_engine_is_scikit_learns_too(solver: str, digits: tuple) -> None:
    X, y = digits
    given = {
        "solver": solver,
        "batch_size": 64,
        "max_iter": 20,
        "random_state": 1,
        "learning_rate_init": 0.01,
    }
    mine = bridle.MLPClassifier(engine="population", **given).fit(X, y)
    assert_alike(mine, neural_network.MLPClassifier(**given).fit(X, y), X)


def test_two_classes_and_several_labels_a_row_are_scikit_learns(digits: tuple) -> None:
    X, y = digits
    several, labels = make_multilabel_classification(100, random_state=0)
    for inputs, targets in ((X, np.where(y > 4, "high", "low")), (several, labels)):
        given = {"max_iter": 15, "batch_size": 40, "random_state": 0, "early_stopping": targets.ndim == 1}
        mine = bridle.MLPClassifier(**given).fit(inputs, targets)
        theirs = neural_network.MLPClassifier(**given).fit(inputs, targets)
        for one, other in zip(mine.coefs_, theirs.coefs_, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-8)
        np.testing.assert_array_equal(mine.predict(inputs), theirs.predict(inputs))
        np.testing.assert_allclose(
            mine.predict_log_proba(inputs), theirs.predict_log_proba(inputs), rtol=1e-7
        )


@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_epochs_one_at_a_time_and_warm_starts_are_scikit_learns(solver: str, digits: tuple) -> None:
    X, y = digits
    given = {"solver": solver, "random_state": 0, "max_iter": 5}
    mine, theirs = bridle.MLPClassifier(**given), neural_network.MLPClassifier(**given)
    for part in (slice(0, 100), slice(100, 300), slice(40, 41)):
        for model in (mine, theirs):
            model.partial_fit(X[part], y[part], classes=np.arange(10), sample_weight=1 + y[part])
    assert_alike(mine, theirs, X)
    mine, theirs = (model.set_params(warm_start=True) for model in (mine, theirs))
    for _ in range(2):
        assert_alike(mine.fit(X, y), theirs.fit(X, y), X)
