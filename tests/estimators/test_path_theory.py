"""Paths against mathematics: the strongest strength, optimality along the path, and scikit-learn's own paths.

Without hidden layers the objective is convex, and its minimum is known by the Karush-Kuhn-Tucker conditions: the
loss pulls at a weight exactly as hard as the penalty holds it, and at a zero no harder. With hidden layers the same
conditions hold wherever training comes to rest. Gradients here are written down anew, in float64.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, lasso_path

from bridle import MLPClassifier, MLPRegressor, RegularizationPathClassifier, RegularizationPathRegressor
from bridle.estimators.strengths import NOTHING_LEARNED

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

ROWS, INPUTS = 60, 5
SETTLED: dict[str, Any] = {
    "hidden_layer_sizes": (),
    "solver": "sgd",
    "momentum": 0.9,
    "alpha": 0.0,
    "learning_rate_init": 0.2,
    "batch_size": ROWS,
    "max_iter": 700,
    "n_iter_no_change": np.inf,
    "engine": "reference",
}
GROUPS = {"l1": None, "input_group_lasso": 1, "group_lasso": 0}
"""The axis of weights (in, out) that belongs to one group; l1 has none."""


def table(outputs: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(ROWS, INPUTS))
    y = X @ rng.normal(size=(INPUTS, outputs)) * [[1.0, 0.3, 0.1][:outputs]] + rng.normal(
        size=(ROWS, outputs)
    )
    return X, y, rng.uniform(0.2, 2.0, ROWS)


def slope(X: np.ndarray, error: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the gradient of the mean loss by the weights of a linear network, (in, out)."""
    return X.T @ (weight[:, None] * error) / weight.sum()


def residual(name: str, coef: np.ndarray, gradient: np.ndarray, strength: float) -> float:
    """Return how far weights (in, out) are from the conditions of a minimum, in the unit of the gradient."""
    axis = GROUPS[name]
    if axis is None:
        off = np.maximum(np.abs(gradient) - strength, 0)
        return float(np.where(coef == 0, off, np.abs(gradient + strength * np.sign(coef))).max())
    hold = strength * np.sqrt(coef.shape[axis])
    norm = np.linalg.norm(coef, axis=axis, keepdims=True)
    at_zero = np.maximum(np.linalg.norm(gradient, axis=axis, keepdims=True) - hold, 0)
    elsewhere = np.linalg.norm(gradient + hold * coef / np.where(norm > 0, norm, 1), axis=axis, keepdims=True)
    return float(np.where(norm == 0, at_zero, elsewhere).max())


@pytest.mark.parametrize(
    ("kind", "name"),
    [*(("values", name) for name in GROUPS), ("classes", "l1"), ("classes", "group_lasso"), ("counts", "l1")],
)
def test_a_linear_path_is_optimal_at_every_strength(kind: str, name: str) -> None:
    """Zeros are zeros and the rest is pulled as hard as it is held: from the strongest strength on, all of them."""
    X, y, weight = table(3 if kind != "counts" else 1)
    given: dict[str, Any] = {"regularizer": name, "n_strengths": 3, "smallest": 0.1, "random_state": 0}
    if kind == "classes":
        labels = y.argmax(axis=1)
        path: Any = RegularizationPathClassifier(MLPClassifier(**SETTLED), **given)
        path.fit(X, labels, sample_weight=weight)
        target = np.eye(3)[labels]
    elif kind == "counts":
        target = np.round(np.exp(0.3 * y))
        path = RegularizationPathRegressor(MLPRegressor("poisson", **SETTLED), **given)
        path.fit(X, target[:, 0], sample_weight=weight)
    else:
        target = y
        path = RegularizationPathRegressor(MLPRegressor(**SETTLED), **given).fit(X, y, sample_weight=weight)
    mean = np.average(target, weights=weight, axis=0)
    nothing = np.zeros((INPUTS, target.shape[1]))
    at_zero = slope(X, mean - target, weight)
    assert residual(name, nothing, at_zero, path.strength_max_ * (1 + 1e-9)) == 0
    assert residual(name, nothing, at_zero, path.strength_max_ * (1 - 1e-6)) > 0
    assert np.abs(path.coef_path_[0][-1]).max() < 1e-6  # on the border itself training only comes near
    assert path.path_["nonzero"][0] > 0
    for coef, bias, strength in zip(*path.coef_path_, *path.intercept_path_, path.strengths_, strict=True):
        error = predicted(kind, X @ coef + bias) - target
        assert residual(name, coef, slope(X, error, weight), strength) < 1e-6
        np.testing.assert_allclose(weight @ error, 0, atol=1e-5)


def predicted(kind: str, z: np.ndarray) -> np.ndarray:
    if kind == "values":
        return z
    p = np.exp(z)
    return p / p.sum(axis=1, keepdims=True) if kind == "classes" else p


def test_the_path_of_a_linear_network_is_the_lasso_path() -> None:
    X, y, _ = table(1)
    path = RegularizationPathRegressor(MLPRegressor(**SETTLED), n_strengths=8, smallest=0.02, random_state=0)
    path.fit(X, y[:, 0])
    centered = X - X.mean(axis=0), y[:, 0] - y.mean()
    strengths, coefs, _ = lasso_path(*centered, alphas=path.strengths_, tol=1e-12, max_iter=100_000)
    np.testing.assert_allclose(strengths[::-1], path.strengths_)
    np.testing.assert_allclose(path.coef_path_[0][:, :, 0], coefs.T[::-1], atol=1e-7)
    assert ((path.coef_path_[0][:, :, 0] == 0) == (coefs.T[::-1] == 0)).all()
    steps = np.diff(np.concatenate([[np.inf], path.path_["nonzero"]]))
    assert (steps <= 0).all()


def test_the_path_of_a_logistic_network_reaches_the_objective_of_logistic_regression() -> None:
    X, y, weight = table(1)
    labels = (y[:, 0] > 0).astype(int)
    path = RegularizationPathClassifier(
        MLPClassifier(**SETTLED), n_strengths=4, smallest=0.05, random_state=0
    )
    path.fit(X, labels, sample_weight=weight)
    mass = weight.sum()

    def objective(coef: np.ndarray, bias: float, strength: float) -> float:
        z = X @ coef + bias
        return float(weight @ (np.logaddexp(0, z) - labels * z) / mass + strength * np.abs(coef).sum())

    for coef, bias, strength in zip(*path.coef_path_, *path.intercept_path_, path.strengths_, strict=True):
        rival = LogisticRegression(
            l1_ratio=1.0, C=1 / (strength * mass), solver="saga", tol=1e-9, max_iter=50_000, random_state=0
        )
        rival.fit(X, labels, sample_weight=weight)
        theirs = objective(rival.coef_[0], rival.intercept_[0], strength)
        ours = objective(coef[:, 0], bias[0], strength)
        assert ours < theirs + 1e-9  # a minimum is not above any other point
        assert ours == pytest.approx(theirs, abs=1e-4)


@pytest.mark.parametrize("name", GROUPS)
def test_with_hidden_layers_training_comes_to_rest_where_the_conditions_hold(name: str) -> None:
    """Weights of the second layer are held by a little l2 too: else they grow, and those of the first vanish."""
    X, y, _ = table(1)
    network = MLPRegressor(
        regularizers={"l2": [0.0, 0.02]},
        **SETTLED
        | {
            "hidden_layer_sizes": (4,),
            "activation": "tanh",
            "engine": "population",
            "max_iter": 3000,
            "learning_rate_init": 0.05,
        },
    )
    path = RegularizationPathRegressor(network, regularizer=name, strengths=[0.02, 0.1], random_state=0)
    path.fit(X, y[:, 0])
    for k, strength in enumerate(path.strengths_):
        (w, v), (b, c) = ([part[k] for part in parts] for parts in (path.coef_path_, path.intercept_path_))
        hidden = np.tanh(X @ w + b)
        error = (hidden @ v + c - y) / ROWS
        slopes = X.T @ (error @ v.T * (1 - hidden**2)), hidden.T @ error + 0.02 * v
        assert residual(name, w, slopes[0], strength) < 1e-5
        held = (
            residual(name, v, slopes[1], strength) if name != "input_group_lasso" else np.abs(slopes[1]).max()
        )
        assert held < 1e-5
    assert (w == 0).any()


def test_with_hidden_layers_the_strongest_strength_is_the_smallest_of_the_search_that_teaches_nothing() -> (
    None
):
    X, y, _ = table(1)
    network = MLPRegressor(hidden_layer_sizes=(4,), max_iter=80, learning_rate_init=0.05, engine="reference")
    path = RegularizationPathRegressor(network, n_strengths=3, smallest=0.1, random_state=0).fit(X, y[:, 0])
    strongest = path.strength_max_
    constant = y.var() / 2
    asked = RegularizationPathRegressor(network, strengths=[0.5 * strongest, strongest], random_state=0)
    losses = asked.fit(X, y[:, 0]).path_["train_loss"]
    assert losses[1] > (1 - NOTHING_LEARNED) * constant > losses[0]
