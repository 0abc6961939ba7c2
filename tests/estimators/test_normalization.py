"""Normalized estimators: what they predict is the formula of what they have learned, whichever way they got there."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from bridle import MLPClassifier, MLPRegressor, RegularizationPathRegressorCV
from bridle.errors import BridleError
from bridle.ops.normalization import EPSILON

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

KINDS = ("batch", "layer")
QUICK: dict[str, Any] = {
    "hidden_layer_sizes": (6, 5),
    "max_iter": 8,
    "learning_rate_init": 0.03,
    "random_state": 0,
    "batch_size": 32,
    "activation": "tanh",
}


def table(rows: int = 70) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(rows, 4)) * [1, 5, 0.1, 2] + 3
    return X, X[:, 0] + np.sin(X[:, 1]) + 0.1 * rng.normal(size=rows)


def by_formula(model: Any, X: np.ndarray, member: Any = ...) -> np.ndarray:
    """Return what one member predicts for regression, from its attributes."""
    a = X
    for k, (w, b) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        a = a @ w[member] + b[member]
        if k == len(model.coefs_) - 1:
            return a[:, 0]
        if model.normalization == "batch":
            a = (a - model.means_[k][member]) / np.sqrt(model.variances_[k][member] + EPSILON)
        else:
            a = (a - a.mean(axis=1, keepdims=True)) / np.sqrt(a.var(axis=1, keepdims=True) + EPSILON)
        a = np.tanh(model.gains_[k][member] * a + model.offsets_[k][member])
    return a


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_the_formula(kind: str, solver: str) -> None:
    X, y = table()
    model = MLPRegressor(normalization=kind, solver=solver, **QUICK).fit(X, y)
    assert [part.shape for part in model.gains_] == [(6,), (5,)]
    assert all(np.any(part != 1) for part in model.gains_)
    assert hasattr(model, "means_") == (kind == "batch")
    np.testing.assert_allclose(model.predict(X), by_formula(model, X), rtol=1e-9)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
    plain = model.set_params(normalization=None).fit(X, y)
    assert not hasattr(plain, "gains_")
    np.testing.assert_array_equal(plain.coefs_[0], MLPRegressor(solver=solver, **QUICK).fit(X, y).coefs_[0])


@pytest.mark.parametrize("kind", KINDS)
def test_both_engines_and_several_members_are_averaged(kind: str) -> None:
    X, y = table()
    model = MLPRegressor(normalization=kind, n_members=2, **QUICK).fit(X, y)
    assert model.gains_[0].shape == (2, 6)
    mean = (by_formula(model, X, 0) + by_formula(model, X, 1)) / 2
    np.testing.assert_allclose(model.predict(X), mean, rtol=1e-9)
    if kind == "layer":
        return  # compiling takes seconds, and the twins of the engines cover it
    compiled = clone(model).set_params(engine="population").fit(X, y)
    np.testing.assert_allclose(compiled.predict(X), model.predict(X), rtol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_epochs_one_at_a_time_are_a_fit(kind: str) -> None:
    X, y = table()
    whole = MLPRegressor(normalization=kind, **QUICK | {"batch_size": "auto"}).fit(X, y)
    parts = clone(whole)
    for _ in range(whole.n_iter_):
        parts.partial_fit(X, y)
    np.testing.assert_allclose(parts.predict(X), whole.predict(X), rtol=1e-9)
    before = [part.copy() for part in whole.offsets_]
    whole.set_params(warm_start=True).fit(X, y)
    assert whole.loss_ < parts.loss_
    assert np.abs(whole.offsets_[0] - before[0]).max() < 1
    other = "layer" if kind == "batch" else "batch"
    assert np.isfinite(whole.set_params(normalization=other).partial_fit(X, y).predict(X)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_early_stopping_brings_back_all_of_the_best_network(kind: str) -> None:
    X, y = table()
    held_out = X[:20], y[:20]
    model = MLPRegressor(
        normalization=kind, early_stopping=True, **QUICK | {"max_iter": 40, "n_iter_no_change": 4}
    )
    model.fit(X[20:], y[20:], validation_data=held_out)
    assert model.score(*held_out) == pytest.approx(model.best_validation_score_)
    assert model.best_validation_score_ == max(model.validation_scores_)


def test_lbfgs_ends_where_the_evaluated_network_is_the_trained_one() -> None:
    """Statistics are those of all rows, so that the loss at the end is that of the predictions."""
    X, y = table()
    weight = np.random.default_rng(1).uniform(0.1, 2, len(y))
    model = MLPRegressor(
        normalization="batch", solver="lbfgs", alpha=0.0, random_state=0, max_iter=30, hidden_layer_sizes=(4,)
    ).fit(X, y, sample_weight=weight)
    half = np.average((model.predict(X) - y) ** 2, weights=weight) / 2
    assert model.loss_ == pytest.approx(half, rel=1e-9)
    z = X @ model.coefs_[0] + model.intercepts_[0]
    np.testing.assert_allclose(model.means_[0], np.average(z, weights=weight, axis=0))


def test_paths_of_normalized_networks() -> None:
    X, y = table()
    network = MLPRegressor(normalization="batch", **QUICK | {"max_iter": 5})
    path = RegularizationPathRegressorCV(network, strengths=[1e-3, 1e-2], cv=3, random_state=0, warm=True)
    path.fit(X, y)
    assert [part.shape for part in path.coef_path_] == [(2, 4, 6), (2, 6, 5), (2, 5, 1)]
    np.testing.assert_allclose(path.predict(X), by_formula(path.estimator_, X), rtol=1e-9)


def test_importances_count_what_acts() -> None:
    """An input of small scale has large weights, and so has every input of a unit with a large deviation."""
    X, y = table()
    model = MLPRegressor(normalization="batch", **QUICK).fit(X, y)
    acting = model.coefs_[0] * model.gains_[0] / np.sqrt(model.variances_[0] + EPSILON)
    norms = np.linalg.norm(acting, axis=1)
    np.testing.assert_allclose(model.feature_importances_, norms / norms.sum())


def test_callbacks_look_at_normalized_copies() -> None:
    pytest.importorskip("sklearn.callback", reason="needs scikit-learn 1.9, which has callbacks")
    X, y = table()
    seen = []

    class Look:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context):
            pass

        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            seen.append(fitted_estimator.predict(X))

    for solver in ("adam", "lbfgs"):
        seen.clear()
        model = MLPRegressor(normalization="batch", solver=solver, **QUICK).set_callbacks(Look()).fit(X, y)
        np.testing.assert_array_equal(seen[-1], model.predict(X))
        assert np.abs(seen[0] - seen[-1]).max() > 0


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"normalization": "bacth"}, "Did you mean 'batch'"),
        (
            {"normalization": "layer", "hidden_layer_sizes": ()},
            "normalization must be None without hidden layers",
        ),
        ({"normalization": "batch", "ema": 0.9}, "normalization must be None or 'layer' with ema"),
        ({"normalization": "layer", "hidden_layer_sizes": (1,)}, "at least 2 with normalization 'layer'"),
    ],
)
def test_mistakes_are_named(given: dict[str, Any], message: str) -> None:
    X, y = table()
    with pytest.raises(BridleError, match=message):
        MLPClassifier(**(QUICK | given)).fit(X, y > 4)
