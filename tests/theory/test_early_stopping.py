"""Theory of early stopping: descent on a linear model is a spectral filter, close to that of ridge."""

from __future__ import annotations

import numpy as np

from bridle.engine import Members, train
from tests.theory.linear_models import D, N, X, Y, linear

RATE = 0.05
CENTERED, TARGET = X - X.mean(axis=0), Y - Y.mean()
VALUES, VECTORS = np.linalg.eigh(CENTERED.T @ CENTERED / N)
PROJECTED = VECTORS.T @ (CENTERED.T @ TARGET / N)


def by_descent(epochs: int, rate: float = RATE) -> np.ndarray:
    """Return the engine's weights after some epochs of full-batch descent from zero on centered data."""
    zero = [(np.zeros((1, D)), np.zeros((1, 1)))]
    outcome = train(linear(epochs), Members(learning_rate=rate), CENTERED, TARGET, initial=zero)
    return outcome.weights[0][0][0, 0]


def test_descent_from_zero_is_a_filter_of_the_eigenvalues() -> None:
    """w_t = sum_j (1 - (1 - lr s_j)^t) / s_j v_j v_j' X'y/N (Goodfellow et al. 2016, equation 7.39)."""
    for epochs in (1, 10, 100, 1000):
        filtered = (1 - (1 - RATE * VALUES) ** epochs) / VALUES * PROJECTED
        np.testing.assert_allclose(by_descent(epochs), VECTORS @ filtered, rtol=1e-9, atol=1e-12)


def test_the_filter_of_descent_is_within_a_fifth_of_that_of_ridge() -> None:
    """|(1 - e^-x) - x / (1 + x)| <= 0.204 for x = lr t s, so early stopping is close to l2 = 1 / (lr t)."""
    largest = 0.0
    rate = 0.005  # slow descent is gradient flow
    for epochs in (10, 50, 200, 600, 2000, 10_000):
        stopped = VECTORS.T @ by_descent(epochs, rate) * VALUES / PROJECTED
        shrunk = VALUES / (VALUES + 1 / (rate * epochs))
        largest = max(largest, np.abs(stopped - shrunk).max())
        assert np.all(np.abs(stopped - shrunk) < 0.21)
    assert largest > 0.15, "and no closer: the bound is nearly reached"


def test_stopping_by_validation_is_nearly_as_good_as_the_best_ridge() -> None:
    """Few rows, much noise: the best epoch's true risk is within a quarter of the best strength's, far below both ends."""
    rng = np.random.default_rng(3)
    few, dimension = 30, D
    truth = rng.normal(size=dimension) * 0.4
    risks = {"stopped": [], "ridge": [], "trained out": [], "nothing": []}
    for _ in range(20):
        inputs = rng.normal(size=(few, dimension))
        y = inputs @ truth + 2.0 * rng.normal(size=few)
        zero = [(np.zeros((1, dimension)), np.zeros((1, 1)))]
        held = rng.normal(size=(500, dimension))
        outcome = train(
            linear(400, regularizers=("early_stopping",)),
            Members(learning_rate=RATE, patience=400), inputs, y, initial=zero,
            validation=(held, held @ truth + 2.0 * rng.normal(size=500)),
        )  # fmt: skip
        risks["stopped"].append(((outcome.best_weights[0][0][0, 0] - truth) ** 2).sum())
        path = [
            np.linalg.solve(inputs.T @ inputs / few + strength * np.eye(dimension), inputs.T @ y / few)
            for strength in np.geomspace(1e-4, 100, 60)
        ]
        risks["ridge"].append(min(((w - truth) ** 2).sum() for w in path))
        risks["trained out"].append(((path[0] - truth) ** 2).sum())
        risks["nothing"].append((truth**2).sum())
    mean = {name: np.mean(values) for name, values in risks.items()}
    assert mean["stopped"] < 1.25 * mean["ridge"]
    assert mean["stopped"] < 0.8 * mean["trained out"]
    assert mean["stopped"] < mean["nothing"]
