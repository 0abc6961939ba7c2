"""Laws of optimizers as plain functions: against optax where conventions agree, else against their formulas."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax

from bridle.rules.steps import OPTIMIZERS, Constants

Path = list[np.ndarray]
LEARNING_RATE = 0.05

CONSTANTS: dict[str, tuple[str, Constants]] = {
    "sgd": ("sgd", Constants()),
    "momentum": ("sgd", Constants(momentum=0.9)),
    "nesterov": ("sgd", Constants(momentum=0.7, nesterov=True)),
    "adam": ("adam", Constants()),
    "adam, other constants": ("adam", Constants(beta1=0.5, beta2=0.9, epsilon=1e-3)),
    "rmsprop": ("rmsprop", Constants(beta2=0.9)),
    "adam without memory": ("adam", Constants(beta1=0.0, beta2=0.0, epsilon=0.1)),
}
ORACLES: dict[str, Callable[[Constants], optax.GradientTransformation]] = {
    "sgd": lambda c: optax.sgd(LEARNING_RATE, momentum=c.momentum or None, nesterov=c.nesterov),
    "adam": lambda c: optax.adam(LEARNING_RATE, b1=c.beta1, b2=c.beta2, eps=c.epsilon),
    "rmsprop": lambda c: optax.rmsprop(LEARNING_RATE, decay=c.beta2, eps=c.epsilon, eps_in_sqrt=False),
}


def gradients(count: int = 40) -> Path:
    """Return gradients of changing size, one coordinate always 0 and one coordinate sometimes 0."""
    rng = np.random.default_rng(0)
    path = [rng.normal(size=(3, 4)) * 10.0 ** rng.integers(-4, 2) for _ in range(count)]
    for i, gradient in enumerate(path):
        gradient[0, 0] = 0
        gradient[1, 1] *= i % 3 == 0
    return path


def steps(optimizer: str, constants: Constants, learning_rates: np.ndarray | None = None) -> Path:
    """Return the steps of a rule along the gradients, from zero slots, on NumPy."""
    rule = OPTIMIZERS[optimizer]
    slots = tuple(np.zeros((3, 4)) for _ in range(rule.count_slots(constants)))
    taken = []
    for i, gradient in enumerate(gradients()):
        rate = np.float64(LEARNING_RATE if learning_rates is None else learning_rates[i])
        step, slots, effective = rule.step(gradient, slots, rate, np.float64(i), constants)
        assert len(slots) == rule.count_slots(constants)
        assert np.all(np.asarray(effective) >= 0)
        taken.append(step)
    return taken


def assert_steps_are_optax_steps(name: str) -> None:
    """At a constant rate sgd, momentum, Nesterov's and adam mean the same here and there."""
    optimizer, constants = CONSTANTS[name]
    with jax.enable_x64(True):
        oracle = ORACLES[optimizer](constants)
        state = oracle.init(jnp.zeros((3, 4)))
        for mine, gradient in zip(steps(optimizer, constants), gradients(), strict=True):
            update, state = oracle.update(jnp.asarray(gradient), state)
            np.testing.assert_allclose(mine, -np.asarray(update), rtol=1e-11, atol=1e-16)


def assert_momentum_follows_its_recurrence(nesterov: bool) -> None:
    """v <- mu v - lr g, w <- w + v, also under a falling rate, where optax differs."""
    constants = Constants(momentum=0.6, nesterov=nesterov)
    rates = LEARNING_RATE / (1 + 0.1 * np.arange(40))
    v = np.zeros((3, 4))
    for mine, gradient, rate in zip(steps("sgd", constants, rates), gradients(), rates, strict=True):
        v = 0.6 * v - rate * gradient
        expected = 0.6 * v - rate * gradient if nesterov else v
        np.testing.assert_allclose(mine, -expected, rtol=1e-13, atol=1e-18)


def assert_adam_follows_its_recurrence(place: str) -> None:
    """Both places of epsilon, under a falling rate, as Kingma and Ba write them."""
    constants = Constants(beta1=0.8, beta2=0.95, epsilon=1e-2, epsilon_place=place)
    rates = LEARNING_RATE / (1 + 0.1 * np.arange(40))
    m, v = np.zeros((3, 4)), np.zeros((3, 4))
    for t, (mine, g, rate) in enumerate(
        zip(steps("adam", constants, rates), gradients(), rates, strict=True), 1
    ):
        m, v = 0.8 * m + 0.2 * g, 0.95 * v + 0.05 * g**2
        if place == "after_correction":
            expected = rate * (m / (1 - 0.8**t)) / (np.sqrt(v / (1 - 0.95**t)) + 1e-2)
        else:
            expected = rate * np.sqrt(1 - 0.95**t) / (1 - 0.8**t) * m / (np.sqrt(v) + 1e-2)
        np.testing.assert_allclose(mine, expected, rtol=1e-12, atol=1e-18)


def assert_effective_step_is_all_the_movement_of_one_gradient(optimizer: str, constants: Constants) -> None:
    """Momentum goes on moving along a gradient: by lr (1 + mu + mu^2 + ...) in all. Others move at once."""
    rule = OPTIMIZERS[optimizer]
    slots = tuple(np.zeros((3, 4)) for _ in range(rule.count_slots(constants)))
    gradient, rate = gradients()[0], np.float64(LEARNING_RATE)
    moved, slots, effective = rule.step(gradient, slots, rate, np.float64(0), constants)
    for i in range(1, 400 if constants.momentum else 1):
        step, slots, _ = rule.step(np.zeros((3, 4)), slots, rate, np.float64(i), constants)
        moved = moved + step
    np.testing.assert_allclose(moved, effective * gradient, rtol=1e-12)
