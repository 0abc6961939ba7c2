"""Theory of groups and bounds: zeros from the largest strength on and not just below, KKT, and bounds out of reach."""

from __future__ import annotations

import numpy as np
import pytest

from bridle.engine import Dense, Members, Outcome, Plan, train
from tests.builders import assert_same_bits, net, table
from tests.theory.linear_models import D, N, X, Y, curvature

K = 3
RNG = np.random.default_rng(5)
MANY = np.column_stack([Y, Y[::-1] + 0.3 * X[:, 1], RNG.normal(size=N)])
RESIDUAL = MANY - MANY.mean(axis=0)
PULL = RESIDUAL.T @ X / N
"""Minus the gradient at zero weights and free intercepts, (K, D)."""
AXIS = {"group_lasso": 1, "input_group_lasso": 0}
LARGEST = {name: np.linalg.norm(PULL, axis=axis) / np.sqrt(PULL.shape[axis]) for name, axis in AXIS.items()}
"""For each group the strength from which on it is zero while all others are."""
OPTIONS = {
    "sgd": {"epochs": 6000},
    "adam": {"epochs": 12_000, "optimizer": "adam", "schedule": "cosine"},
}

CASES = [
    ("group_lasso", "sgd"),
    ("group_lasso", "adam"),
    pytest.param("input_group_lasso", "sgd", marks=pytest.mark.slow),
    pytest.param("input_group_lasso", "adam", marks=pytest.mark.slow),
]


def fit(name: str, optimizer: str, strengths: np.ndarray) -> Outcome:
    plan = Plan(
        inputs=D, layers=(Dense(K, "linear"),), loss="squared_error", dtype="float64", regularizers=(name,),
        **OPTIONS[optimizer],
    )  # fmt: skip
    zero = [(np.zeros((K, D)), np.zeros((K, 1)))]
    rate = 0.9 / curvature() if optimizer == "sgd" else 0.02
    return train(plan, Members(learning_rate=rate, **{name: strengths}), X, MANY, initial=zero)


@pytest.mark.parametrize(("name", "optimizer"), CASES)
def test_groups_are_zero_from_the_largest_strength_on_and_not_just_below(name: str, optimizer: str) -> None:
    top = LARGEST[name].max()
    outcome = fit(name, optimizer, top * np.array([0.99, 1 + 1e-9, 3.0, 1000.0]))
    alive = [np.count_nonzero(np.any(outcome.weights[0][0][m] != 0, axis=AXIS[name])) for m in range(4)]
    assert alive == [1, 0, 0, 0]
    first = np.any(outcome.weights[0][0][0] != 0, axis=AXIS[name])
    assert np.argmax(first) == np.argmax(LARGEST[name]), "the group that pulls most comes first"
    for m in (1, 2, 3):
        np.testing.assert_allclose(outcome.weights[0][1][m, :, 0], MANY.mean(axis=0), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("name", "optimizer"), CASES)
def test_solutions_satisfy_their_optimality_conditions(name: str, optimizer: str) -> None:
    """A group of zeros is pulled by less than its strength; another exactly by it, along itself."""
    axis = AXIS[name]
    strengths = LARGEST[name].max() * np.array([0.05, 0.3, 0.7])
    outcome = fit(name, optimizer, strengths)
    zeros = 0
    for m, strength in enumerate(strengths):
        w, b = outcome.member_weights(m)[0]
        pull = (MANY - X @ w.T - b[:, 0]).T @ X / N
        norm = np.linalg.norm(w, axis=axis, keepdims=True)
        bound = strength * np.sqrt(w.shape[axis])
        dead = norm == 0
        zeros += np.count_nonzero(dead)
        assert np.all(np.linalg.norm(pull, axis=axis, keepdims=True)[dead] <= bound * (1 + 1e-6))
        expected = bound * w / np.where(dead, 1, norm)
        alive = np.broadcast_to(~dead, w.shape)
        np.testing.assert_allclose(pull[alive], expected[alive], rtol=1e-5, atol=1e-7)
    assert zeros > 0, "the law must be able to fail"


def test_a_norm_without_bound_and_one_out_of_reach_are_plain() -> None:
    """max_norm at infinity is the plan without it, to the bit; at a bound that no unit reaches, up to rounding."""
    inputs, labels = table(50)
    options = {"epochs": 30, "layers": (Dense(6, "tanh"), Dense(1, "linear"))}
    plain = train(net(**options), Members(learning_rate=0.3), inputs, labels)
    plan = net(regularizers=("max_norm",), **options)
    bounded = train(plan, Members(learning_rate=0.3, max_norm=[np.inf, 1e6, 0.5]), inputs, labels)
    assert_same_bits(bounded, 0, plain, 0)
    for (w, b), (other_w, other_b) in zip(bounded.weights, plain.weights, strict=True):
        np.testing.assert_allclose(w[1], other_w[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(b[1], other_b[0], rtol=1e-9, atol=1e-12)
        assert np.all(np.linalg.norm(w[2], axis=1) <= 0.5 * (1 + 1e-12))
    assert not np.allclose(bounded.weights[0][0][2], plain.weights[0][0][0])
