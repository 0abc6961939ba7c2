"""Data and closed forms of linear models, shared by the tests of theory."""

from __future__ import annotations

from typing import Any

import numpy as np

from bridle.engine import Dense, Members, Outcome, Plan, train

N, D = 80, 6
RNG = np.random.default_rng(0)
MIXED = RNG.normal(size=(D, D))
X = RNG.normal(size=(N, D)) @ (np.eye(D) + 0.3 * MIXED)
COEFFICIENTS = np.array([2.0, -1.5, 0.0, 0.0, 0.7, 0.0])
Y = X @ COEFFICIENTS + 0.5 + RNG.normal(size=N)
LABELS = (np.median(Y) < Y).astype(int)


def linear(epochs: int, loss: str = "squared_error", **options: Any) -> Plan:
    """Return a network without hidden layers: a linear model trained by full-batch descent in float64."""
    return Plan(inputs=D, layers=(Dense(1, "linear"),), loss=loss, epochs=epochs, dtype="float64", **options)


def fit(plan: Plan, y: np.ndarray = Y, engine: str = "population", **settings: Any) -> Outcome:
    """Train from zero weights, at a rate below 1 / largest curvature for squared errors."""
    zero = [(np.zeros((1, D)), np.zeros((1, 1)))]
    members = Members(**({"learning_rate": 0.9 / curvature()} | settings))
    return train(plan, members, X, y, initial=zero, engine=engine)


def curvature() -> float:
    """Return the largest eigenvalue of the mean squared error's Hessian, biases included."""
    with_ones = np.hstack([X, np.ones((N, 1))])
    return float(np.linalg.eigvalsh(with_ones.T @ with_ones / N)[-1])


def ridge(l2: float) -> tuple[np.ndarray, float]:
    """Return the minimizer of 1/(2N) |y - Xw - b|^2 + l2/2 |w|^2: a free intercept centers the data."""
    centered, target = X - X.mean(axis=0), Y - Y.mean()
    w = np.linalg.solve(centered.T @ centered / N + l2 * np.eye(D), centered.T @ target / N)
    return w, float(Y.mean() - X.mean(axis=0) @ w)


def coefficients(outcome: Outcome, m: int = 0) -> tuple[np.ndarray, float]:
    """Return a member's weights and intercept."""
    ((w, b),) = outcome.member_weights(m)
    return w[0], float(b[0, 0])


def smooth_gradient(w: np.ndarray, b: float) -> np.ndarray:
    """Return the gradient of 1/(2N) |y - Xw - b|^2 in w."""
    return X.T @ (X @ w + b - Y) / N


def strength_max(residual: np.ndarray) -> float:
    """Return the least l1 strength at which all weights are zero, from the residual of the intercept alone."""
    return float(np.abs(X.T @ residual).max() / N)
