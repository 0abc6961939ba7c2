"""Bias, variance and noise add up, and on linear regression they are the closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridle.engine import Dense, Members, Plan, train
from bridle.errors import DataError
from bridle.study.diagnosis.decomposition import decompose_log_loss, decompose_squared_error

N, D, SIGMA, STRENGTH = 12, 3, 0.7, 0.2
RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(N, D))
BETA = np.array([1.0, -2.0, 0.5])
NEW = RANDOM.normal(size=(20, D))


def every_noise() -> np.ndarray:
    """Return 2N noises whose mean is 0 and whose covariance is sigma^2 I, exactly: (2N, N)."""
    each = SIGMA * np.sqrt(N) * np.eye(N)
    return np.concatenate([each, -each])


def hat(strength: float) -> np.ndarray:
    """Return what ridge without an intercept multiplies the targets by, (D, N)."""
    return np.linalg.solve(X.T @ X / N + strength * np.eye(D), X.T / N)


@pytest.mark.parametrize("strength", [0.0, STRENGTH])
def test_squared_error_of_linear_regression_is_the_closed_form(strength: float) -> None:
    """Bias x (H X - I) beta, variance sigma^2 |x H|^2, noise sigma^2: ordinary least squares and ridge."""
    targets = X @ BETA + every_noise()
    predictions = (hat(strength) @ targets.T).T @ NEW.T
    found = decompose_squared_error(predictions, NEW @ BETA, noise=SIGMA**2)
    bias = NEW @ (hat(strength) @ X - np.eye(D)) @ BETA
    np.testing.assert_allclose(found.bias, bias**2, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.variance, SIGMA**2 * ((NEW @ hat(strength)) ** 2).sum(axis=1), rtol=1e-8)
    np.testing.assert_allclose(found.noise, SIGMA**2)
    assert (found.bias.max() > 0.01) == (strength > 0)


def test_trained_networks_have_the_closed_forms_too() -> None:
    """A population of linear networks with l2, each with a noise of its own, has ridge's bias and variance."""
    noises = every_noise()
    targets = (X @ BETA + noises).ravel()
    rows = np.arange(len(noises) * N).reshape(len(noises), N)
    plan = Plan(
        inputs=D, layers=(Dense(1, "linear"),), loss="squared_error", epochs=3000, dtype="float64", regularizers=("l2",)
    )  # fmt: skip
    # Twins with the opposite inputs and targets keep the bias at 0: ridge without an intercept.
    data, answers = np.tile(X, (len(noises), 1)), targets
    outcome = train(
        plan,
        Members(
            learning_rate=0.2, l2=STRENGTH, rows=[np.concatenate([own, own + len(data)]) for own in rows]
        ),
        np.concatenate([data, -data]),
        np.concatenate([answers, -answers]),
        initial=[(np.zeros((1, D)), np.zeros((1, 1)))],
    )
    found = decompose_squared_error(outcome.predict(NEW)[:, :, 0], NEW @ BETA, SIGMA**2)
    bias = NEW @ (hat(STRENGTH) @ X - np.eye(D)) @ BETA
    np.testing.assert_allclose(found.bias, bias**2, atol=1e-9)
    np.testing.assert_allclose(found.variance, SIGMA**2 * ((NEW @ hat(STRENGTH)) ** 2).sum(axis=1), atol=1e-9)


@given(st.integers(0, 2**31), st.integers(2, 9), st.floats(0, 3))
def test_squared_error_adds_up(seed: int, members: int, noise: float) -> None:
    random = np.random.default_rng(seed)
    f, y = random.normal(scale=10, size=(members, 6)), random.normal(size=6)
    found = decompose_squared_error(f, y, noise)
    np.testing.assert_allclose(found.loss, ((f - y) ** 2).mean(axis=0) + noise, rtol=1e-12)
    np.testing.assert_allclose(found.bias + found.variance + found.noise, found.loss, atol=1e-8)


@given(st.integers(0, 2**31), st.integers(2, 9), st.integers(2, 5), st.booleans())
def test_log_loss_adds_up_and_its_parts_are_divergences(
    seed: int, members: int, classes: int, observed: bool
) -> None:
    random = np.random.default_rng(seed)
    q = random.dirichlet(np.full(classes, 0.3), size=(members, 6)).clip(1e-12)
    q /= q.sum(axis=2, keepdims=True)
    p = (
        np.eye(classes)[random.integers(classes, size=6)]
        if observed
        else random.dirichlet(np.ones(classes), 6)
    )
    found = decompose_log_loss(q, p)
    np.testing.assert_allclose(found.loss, -(p * np.log(q)).sum(axis=2).mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(found.bias + found.variance + found.noise, found.loss, atol=1e-8)
    average = found.average
    np.testing.assert_allclose(average.sum(axis=1), 1)
    divergence = (average * (np.log(average) - np.log(q))).sum(axis=2).mean(axis=0)
    np.testing.assert_allclose(found.variance, divergence, atol=1e-8)
    positive = np.where(p > 0, p, 1)
    np.testing.assert_allclose(found.bias, (p * (np.log(positive) - np.log(average))).sum(axis=1), atol=1e-8)
    assert (found.bias > -1e-12).all()
    assert (found.variance > -1e-12).all()
    assert np.all(found.noise == 0) == observed


def test_the_average_is_the_one_of_least_mean_divergence() -> None:
    """No other distribution is nearer to the members: what makes the variance a variance (Heskes 1998)."""
    random = np.random.default_rng(0)
    q = random.dirichlet(np.ones(3), size=(5, 1))
    average = decompose_log_loss(q, np.array([[1.0, 0.0, 0.0]])).average[0]

    def mean_divergence(one: np.ndarray) -> float:
        return float((one * (np.log(one) - np.log(q[:, 0]))).sum(axis=1).mean())

    least = mean_divergence(average)
    others = random.dirichlet(200 * average, size=500)
    assert all(mean_divergence(one) > least for one in others)


def test_equal_members_have_no_variance_and_probabilities_of_zero_do_no_harm() -> None:
    same = np.tile([[0.25, 0.75]], (4, 3, 1))
    np.testing.assert_allclose(decompose_log_loss(same, np.eye(2)[[0, 1, 1]]).variance, 0, atol=1e-15)
    sure = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    found = decompose_log_loss(sure, np.array([[1.0, 0.0]]))
    assert np.isfinite([found.loss, found.bias, found.variance]).all()
    np.testing.assert_allclose(found.bias + found.variance, found.loss)


@pytest.mark.parametrize(
    ("decompose", "arguments", "message"),
    [
        (decompose_squared_error, (np.ones((2, 3)), np.ones(2)), "truth must be of shape"),
        (decompose_squared_error, (np.ones(3), np.ones(3)), "an array of 2 axes"),
        (decompose_squared_error, (np.full((2, 3), np.nan), np.ones(3)), "predictions must be finite"),
        (decompose_log_loss, (np.ones((2, 3, 2)), np.ones((3, 3))), "truth must be of shape"),
    ],
)
def test_refusals(decompose, arguments: tuple, message: str) -> None:
    with pytest.raises(DataError, match=message):
        decompose(*arguments)
