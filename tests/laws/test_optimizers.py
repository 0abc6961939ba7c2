"""Laws of update rules: optax's steps, scikit-learn's steps, recurrences, effective steps, weight decay."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neural_network._stochastic_optimizers import AdamOptimizer, SGDOptimizer

from bridle.rules.decay import UNITS, decayed
from bridle.rules.steps import OPTIMIZERS, Constants
from tests.laws.rule_laws import (
    CONSTANTS,
    LEARNING_RATE,
    ORACLES,
    assert_adam_follows_its_recurrence,
    assert_effective_step_is_all_the_movement_of_one_gradient,
    assert_momentum_follows_its_recurrence,
    assert_steps_are_optax_steps,
    gradients,
    steps,
)


def test_every_optimizer_has_an_oracle() -> None:
    assert set(OPTIMIZERS) == set(ORACLES) == {optimizer for optimizer, _ in CONSTANTS.values()}


@pytest.mark.parametrize("name", CONSTANTS)
def test_steps_are_those_of_optax(name: str) -> None:
    assert_steps_are_optax_steps(name)


@pytest.mark.parametrize("nesterov", [False, True])
def test_momentum_is_that_of_the_tutorials(nesterov: bool) -> None:
    assert_momentum_follows_its_recurrence(nesterov)


@pytest.mark.parametrize("place", ["after_correction", "before_correction"])
def test_adam_is_that_of_the_paper(place: str) -> None:
    assert_adam_follows_its_recurrence(place)


def test_steps_are_those_of_scikit_learn() -> None:
    shape = (3, 4)
    pairs = [
        (
            AdamOptimizer([np.zeros(shape)], LEARNING_RATE),
            "adam",
            Constants(epsilon_place="before_correction"),
        ),
        (
            SGDOptimizer([np.zeros(shape)], LEARNING_RATE, momentum=0.9, nesterov=False),
            "sgd",
            Constants(momentum=0.9),
        ),
        (
            SGDOptimizer([np.zeros(shape)], LEARNING_RATE, momentum=0.9, nesterov=True),
            "sgd",
            Constants(momentum=0.9, nesterov=True),
        ),
    ]
    for theirs, optimizer, constants in pairs:
        for mine, gradient in zip(steps(optimizer, constants), gradients(), strict=True):
            (update,) = theirs._get_updates([gradient])
            np.testing.assert_allclose(mine, -update, rtol=1e-11, atol=1e-16)


@pytest.mark.parametrize("name", CONSTANTS)
def test_the_effective_step_is_all_the_movement_of_one_gradient(name: str) -> None:
    assert_effective_step_is_all_the_movement_of_one_gradient(*CONSTANTS[name])


def test_adam_without_correction_differs_only_in_where_epsilon_stands() -> None:
    """With epsilon nothing beside sqrt(v), the two places are one rule."""
    pair = [
        steps("adam", Constants(epsilon=1e-30, epsilon_place=f"{place}_correction"))
        for place in ("after", "before")
    ]
    for one, other in zip(*pair, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    moved = [
        steps("adam", Constants(epsilon=1e-2, epsilon_place=f"{place}_correction"))
        for place in ("after", "before")
    ]
    assert not np.allclose(moved[0][0], moved[1][0])


@pytest.mark.parametrize("name", CONSTANTS)
def test_no_gradient_is_no_step_and_no_nan(name: str, dtype: str) -> None:
    optimizer, constants = CONSTANTS[name]
    rule = OPTIMIZERS[optimizer]
    zero = np.zeros((2, 2), dtype)
    slots = tuple(zero for _ in range(rule.count_slots(constants)))
    for count in (0, 1, 10, 10_000_000):
        step, after, _ = rule.step(zero, slots, np.asarray(0.1, dtype), np.asarray(count, dtype), constants)
        np.testing.assert_array_equal(step, 0)
        assert all(np.all(np.isfinite(slot)) for slot in after)
        assert step.dtype == dtype
        assert all(slot.dtype == dtype for slot in after)


def test_momentum_zero_keeps_no_slots_and_is_plain_descent_to_the_bit() -> None:
    assert OPTIMIZERS["sgd"].count_slots(Constants()) == 0
    assert OPTIMIZERS["sgd"].count_slots(Constants(momentum=0.1)) == 1
    for step, gradient in zip(steps("sgd", Constants(nesterov=True)), gradients(), strict=True):
        np.testing.assert_array_equal(step, LEARNING_RATE * gradient)


def test_decay_shrinks_in_the_unit_it_is_given_in(dtype: str) -> None:
    w = np.random.default_rng(0).normal(size=(3, 4)).astype(dtype)
    decay, rate = np.asarray(0.2, dtype), np.asarray(0.1, dtype)
    close = {"rtol": 1e-6 if dtype == "float32" else 1e-14}
    np.testing.assert_allclose(decayed(w, decay, rate, "learning_rate"), w * (1 - 0.02), **close)
    np.testing.assert_allclose(decayed(w, decay, rate, "update"), w * 0.8, **close)
    np.testing.assert_array_equal(decayed(w, np.asarray(1, dtype), rate, "update"), 0)
    for unit in UNITS:
        off = decayed(w, np.asarray(0, dtype), rate, unit)
        np.testing.assert_array_equal(off, w)
        assert off.dtype == w.dtype
