"""Laws of gradients as plain functions: every backward = central differences = automatic differentiation.

They raise AssertionError, so that the planted bugs of ``tests/sabotage`` can call them and see them raise.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from bridle import streams
from bridle.engine import Dense, Members, Plan
from bridle.engine.members import Member
from bridle.engine.network import backward, forward
from bridle.engine.reference import first_state
from bridle.engine.step import Batch, State, draw_noise, penalty_value, update
from bridle.ops import (
    ACTIVATIONS,
    LOSSES,
    affine_backward,
    affine_forward,
    dropout_backward,
    dropout_forward,
)
from bridle.registry import REGISTRY, Term
from bridle.types import Array, Weights
from tests.laws.oracles import activity, automatic, central_differences, objective, targets
from tests.tolerances import TOLERANCES

EXACT = TOLERANCES["float64"]
RATE = 2.0**-10
"""A learning rate so small that no parameter turns its sign, where l1's gradient jumps; exact in binary."""


def agree(mine: Any, differences: Any, derived: Any) -> None:
    """Raise unless a gradient equals both oracles; the differences at their own tolerance."""
    for one, other, third in zip(mine, differences, derived, strict=True):
        np.testing.assert_allclose(one, other, **EXACT.differences, err_msg="against differences")
        np.testing.assert_allclose(one, third, rtol=1e-11, atol=1e-12, err_msg="against autodiff")


def away_from_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return numbers at which no activation has a kink within reach of a difference."""
    return rng.normal(size=shape) + rng.choice([-0.01, 0.01], shape)


def assert_activation_backward(name: str) -> None:
    rng = np.random.default_rng(1)
    z, da = away_from_zero(rng, (4, 7)) * 2, rng.normal(size=(4, 7))
    op = ACTIVATIONS[name]
    a, cache = op.forward(z)
    assert a.shape == z.shape

    def seen(z: Array) -> Array:
        return (op.forward(z)[0] * da).sum()

    agree([op.backward(da, cache)], [central_differences(seen, z)], automatic(seen, z))


def assert_affine_backward() -> None:
    rng = np.random.default_rng(2)
    arguments = [rng.normal(size=shape) for shape in ((3, 5), (4, 3), (4, 1))]
    dz = rng.normal(size=(4, 5))

    def seen(*given: Array) -> Array:
        return (affine_forward(*given)[0] * dz).sum()

    numeric = []
    for i in range(3):

        def moved(one: Array, i: int = i) -> Array:
            return seen(*arguments[:i], one, *arguments[i + 1 :])

        numeric.append(central_differences(moved, arguments[i]))
    agree(affine_backward(dz, affine_forward(*arguments)[1]), numeric, automatic(seen, *arguments))


def assert_dropout_backward(rate: float) -> None:
    rng = np.random.default_rng(3)
    a, dout = rng.normal(size=(2, 4, 6))
    keep = rng.random((4, 6)) >= 0.4
    out, cache = dropout_forward(a, keep, np.float64(rate))
    np.testing.assert_allclose(out, a * keep / (1 - rate) if rate else a, **EXACT.same)

    def seen(a: Array) -> Array:
        return (dropout_forward(a, keep, np.float64(rate))[0] * dout).sum()

    agree([dropout_backward(dout, cache)], [central_differences(seen, a)], automatic(seen, a))


def assert_loss_backward(name: str) -> None:
    """d mean loss / dz, with row weights, of which one is 0 and the sum is not 1."""
    rng = np.random.default_rng(4)
    z, t = rng.normal(size=(3, 8)) * 2, targets(name, 3, 8, rng)
    weight = rng.random((1, 8)) * 5
    weight[0, 2] = 0
    loss = LOSSES[name]

    def seen(z: Array) -> Array:
        return (loss.forward(z, t)[0] * weight).sum() / weight.sum()

    mine = loss.backward(weight / weight.sum(), loss.forward(z, t)[1])
    agree([mine], [central_differences(seen, z)], automatic(seen, z))


def every_activation(loss: str, outputs: int = 2, normalization: str | None = None, **options: Any) -> Plan:
    """Return a plan whose hidden layers have all activations in turn."""
    hidden = tuple(
        Dense(units, name, normalization)
        for units, name in zip(itertools.cycle((5, 4, 5, 3)), ACTIVATIONS, strict=False)
    )
    return Plan(inputs=3, layers=(*hidden, Dense(outputs, "linear")), loss=loss, dtype="float64", **options)


def not_zero(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Return normal draws moved outwards by 0.05, so that a small update turns no sign."""
    drawn = rng.normal(size=shape)
    return drawn + 0.05 * np.sign(drawn)


class Case:
    """One batch, one state and one member of a plan, on NumPy."""

    def __init__(self, plan: Plan, settings: Mapping[str, Any] | None = None, seed: int = 5) -> None:
        rng = np.random.default_rng(seed)
        self.plan = plan
        self.x = rng.normal(size=(plan.inputs, 9))
        self.t = targets(plan.loss, plan.outputs, 9, rng)
        self.weight = rng.random((1, 9)) * 3
        self.rows = rng.permutation(9).astype(np.uint32)[None, :]
        self.weights: Weights = [
            (not_zero(rng, pair.shapes[0]) * 0.6, not_zero(rng, pair.shapes[1]) * 0.3)
            for pair in plan.pairs
            if pair.kind != "statistics"
        ]
        self.learned = len(self.weights)
        self.weights += [
            (rng.normal(size=pair.shapes[0]), rng.random(pair.shapes[1]) + 0.5)
            for pair in plan.pairs[self.learned :]
        ]
        settled = Members(seed=[3], learning_rate=[RATE], **(settings or {})).settle(plan, 9)[0]
        as_arrays = {name: np.asarray(value) for name, value in settled.settings.items()}
        self.member: Member = settled._replace(settings=as_arrays)
        self.state: State = first_state(plan, self.weights)
        self.batch = Batch(self.x, self.t, self.weight, self.rows, streams.row_words(self.rows))

    def step(self) -> list[np.ndarray]:
        """Return what one small update of gradient descent takes away, by the learning rate: the gradient."""
        state, _ = update(self.plan, self.member, self.state, self.batch, np.float64(10))
        pairs = zip(self.weights[: self.learned], state.weights, strict=False)
        return [(old - new) / RATE for before, after in pairs for old, new in zip(before, after, strict=True)]

    def value(self, *flat: np.ndarray) -> float:
        """Return J, by formulas that share nothing with the engine but its masks.

        Where noise other than dropout is injected, its draws are known to the engine alone; and convolutions
        have laws of their own. Then J is the engine's forward pass, and the law holds the backward pass to it.
        """
        if self.plan.image is not None or any(
            record.injection is not None and record.name != "dropout" for record in self.plan.records
        ):
            return float(self.traced(*flat))
        return objective(
            self.plan, paired(flat), self.x, self.t, self.weight[0], self.member.settings, self.keep()
        )

    def keep(self) -> dict[int, np.ndarray] | None:
        """Return the masks of this update, read off a forward pass through the engine."""
        noise = draw_noise(self.plan, self.member, self.state, self.batch, None)
        if noise is None:
            return None
        _, caches = forward(self.plan, self.weights, self.x, noise)
        return {k: cache.noise[0][1].keep for k, cache in enumerate(caches) if cache.noise}  # dropout alone

    def traced(self, *flat: Array) -> Array:
        """Return J by the engine's own forward functions, for automatic differentiation."""
        weights = paired(flat)
        noise = draw_noise(self.plan, self.member, self.state, self.batch, None)
        weights = weights + [
            tuple(jaxed(part, flat[0]) for part in one) for one in self.weights[self.learned :]
        ]
        row_weights = jaxed(self.weight, flat[0])
        z, caches = forward(self.plan, weights, jaxed(self.x, flat[0]), noise, row_weights)
        losses, _ = LOSSES[self.plan.loss].forward(z, jaxed(self.t, flat[0]))
        spoken = activity(self.plan, [one.out for one in caches], self.weight[0], self.member.settings)
        mass = self.weight.sum()
        mean = (losses * self.weight).sum() / mass
        return mean + spoken + penalty_value(self.plan, weights, self.member.settings, mass)


def jaxed(array: np.ndarray, like: Array) -> Array:
    return like.__array_namespace__().asarray(array)


def flattened(weights: Weights) -> list[np.ndarray]:
    return [part for layer in weights for part in layer]


def paired(flat: Any) -> Weights:
    return [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]


def assert_objective_gradient(plan: Plan, settings: Mapping[str, Any] | None = None) -> None:
    """The update's direction is the gradient of the whole J, penalties and masks included."""
    case = Case(plan, settings)
    flat = flattened(case.weights[: case.learned])
    numeric = []
    for i in range(len(flat)):

        def moved(one: np.ndarray, i: int = i) -> float:
            return case.value(*flat[:i], one, *flat[i + 1 :])

        numeric.append(central_differences(moved, flat[i]))
    agree(case.step(), numeric, automatic(case.traced, *flat))


def assert_network_backward(loss: str) -> None:
    """engine.network's chain alone: forward by the oracle's formulas, backward by hand."""
    case = Case(every_activation(loss))
    z, caches = forward(case.plan, case.weights, case.x)
    _, cache = LOSSES[loss].forward(z, case.t)
    dz = LOSSES[loss].backward(case.weight / case.weight.sum(), cache)
    gradients = flattened(backward(case.plan, dz, caches))
    flat = flattened(case.weights)
    assert [g.shape for g in gradients] == [p.shape for p in flat]
    for mine, derived in zip(gradients, automatic(case.traced, *flat), strict=True):
        np.testing.assert_allclose(mine, derived, rtol=1e-11, atol=1e-12)


def middle_of_grid(name: str) -> dict[str, float]:
    """Return a record's settings at the middle of its grid, strong enough to be seen, others at a quarter."""
    record = REGISTRY[name]
    grid = record.strength.grid
    given = {record.strength.name: grid[len(grid) // 2] * (20 if record.family == "penalty" else 1)}
    for setting in record.settings[1:]:
        given[setting.name] = setting.low + 0.25
    return given


def assert_term_gradient(term: Term) -> None:
    """A term's gradient (or subgradient away from 0) is that of its value."""
    rng = np.random.default_rng(6)
    w = away_from_zero(rng, (4, 5))
    strength = np.float64(0.7)

    def seen(w: Array) -> Array:
        return term.value(w, strength)

    if term.gradient is not None:
        mine = term.gradient(w, strength)
    else:
        assert term.subgradient is not None
        mine = term.subgradient(w, strength, 0.0)
    agree([mine], [central_differences(seen, w)], automatic(seen, w))
