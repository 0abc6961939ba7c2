"""Members abreast are the reference engine's, whatever their plan; and no member feels its company."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle import Dense, Members, Plan, Residual
from bridle.engine import team
from bridle.engine.abreast import Abreast
from bridle.engine.session import Session
from bridle.engine.team import can_be_abreast
from bridle.errors import Status
from bridle.ops.activations import ACTIVATIONS
from bridle.registry import REGISTRY
from tests.builders import flat, net, table
from tests.tolerances import TOLERANCES

X, Y = table()
OUT = np.column_stack([Y, 1 - Y, Y]).astype(float)
CLOSE = TOLERANCES["float64"].same
TRACK = ("update_loss", "update_penalty", "penalty", "weight_norm")
PENALTIES = [
    record.name
    for record in REGISTRY.values()
    if not record.reaches_rows and not record.requires and record.name not in ("early_stopping", "snapshots")
]


def trained(
    plan: Plan, members: Members, y: np.ndarray, abreast: bool, validates: bool = False
) -> tuple[Any, dict[str, np.ndarray]]:
    held_out = (X[:9], y[:9]) if validates else None
    session = Session(plan, members, X, y, held_out, engine="reference", abreast=abreast)
    assert type(session._team).__name__ == ("Team" if abreast else "_Plain")
    return session, session.advance(plan.epochs)


def compare(plan: Plan, members: Members, y: np.ndarray = Y, validates: bool = False) -> None:
    """Compare weights and curves with those of the members one by one."""
    (many, curves), (one_by_one, expected) = (
        trained(plan, members, y, abreast, validates) for abreast in (True, False)
    )
    assert curves.keys() == expected.keys()
    for name, curve in expected.items():
        np.testing.assert_allclose(curves[name], curve, **CLOSE, err_msg=name)
    for m in range(len(members)):
        np.testing.assert_allclose(flat(many.weights, m), flat(one_by_one.weights, m), **CLOSE)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("name", PENALTIES)
def test_every_regularizer_is_that_of_one_member(name: str, optimizer: str) -> None:
    """Its strengths differ, one is off; weights of rows differ, and the last batch is smaller."""
    strength = REGISTRY[name].strength
    values = [strength.off, strength.grid[0], strength.grid[-1]]
    settings = {one.name: one.low + 0.25 for one in REGISTRY[name].settings[1:]}
    weights = np.random.default_rng(0).integers(0, 3, size=(3, 50)).astype(float)
    plan = net(regularizers=(name,), optimizer=optimizer, batch_size=16, epochs=4, track=TRACK)
    own = Members(
        learning_rate=[0.1, 0.05, 0.02], row_weights=list(weights), **{strength.name: values}, **settings
    )
    compare(plan, own)
    if name in ("l1", "l2", "group_lasso"):
        by_layer = np.linspace(strength.grid[0], strength.grid[-1], 3 * plan.depth).reshape(3, -1)
        compare(plan, Members(learning_rate=0.05, **{strength.name: by_layer}))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_loss(activation: str) -> None:
    layers = (Dense(5, activation), Residual(4, activation), Dense(3, "linear"))
    for loss in ("binary_cross_entropy", "cross_entropy", "squared_error", "poisson"):
        plan = net(layers=layers, loss=loss, optimizer="rmsprop", batch_size=16, epochs=2)
        y = OUT / OUT.sum(axis=1, keepdims=True) if loss == "cross_entropy" else OUT
        compare(plan, Members(seed=[0, 1, 0, 0], learning_rate=[0.01, 0.02, 0.03, 0.0]), y, validates=True)


@pytest.mark.parametrize("normalization", ["batch", "layer"])
def test_normalization(normalization: str) -> None:
    layers = (Dense(5, "relu", normalization), Dense(1, "linear"))
    plan = net(layers=layers, optimizer="adam", batch_size=16, epochs=3)
    compare(plan, Members(learning_rate=[0.01, 0.02, 0.03]), validates=True)


def test_no_member_feels_its_company(monkeypatch: Any) -> None:
    """The same bits among five, alone, and in parts of one; resting and diverging neighbors included."""
    plan = net(regularizers=("l1",), optimizer="adam", batch_size=16, epochs=12, dtype="float32")
    given = {"l1": [0.0, 1e-3, 1e-2, 0.1, 0.2], "learning_rate": [0.01, 0.02, 3e38, 0.05, 0.01]}
    session = Session(plan, Members(**given), X, Y, engine="reference", abreast=True)
    session.advance(4)
    session.rest(1)
    rested = flat(session.weights, 1)
    curves = session.advance(5)
    np.testing.assert_array_equal(flat(session.weights, 1), rested)
    assert np.isnan(curves["train_loss"][1]).all()
    assert session.state.status[2] == Status.DIVERGED.code
    one_by_one = Session(plan, Members(**given), X, Y, engine="reference")
    one_by_one.advance(4)
    np.testing.assert_array_equal(session.state.epoch[2], one_by_one.state.epoch[2])
    for m in (0, 2, 3, 4):
        own = Members(**{name: values[m] for name, values in given.items()})
        alone = Session(plan, own, X, Y, engine="reference", abreast=True)
        alone.advance(9)
        np.testing.assert_array_equal(flat(alone.weights, 0), flat(session.weights, m))
    monkeypatch.setattr(team, "MOST_NUMBERS", 1)
    apart = Session(plan, Members(**given), X, Y, engine="reference", abreast=True)
    apart.advance(9)
    for m in (0, 2, 3, 4):
        np.testing.assert_array_equal(flat(apart.weights, m), flat(session.weights, m))


def test_what_draws_noise_or_sees_pictures_is_not_trained_abreast() -> None:
    assert can_be_abreast(net(regularizers=("l2", "max_norm")))
    for name in ("dropout", "mixup", "activity_l2", "fgsm"):
        assert not can_be_abreast(net(regularizers=(name,)))
    session = Session(
        net(regularizers=("dropout",)), Members(dropout=0.2), X, Y, engine="reference", abreast=True
    )
    assert np.isfinite(session.advance(1)["train_loss"]).all()


def test_arrays_abreast_are_those_of_each_member() -> None:
    """Operators and functions, with scalars of each member and with what they share."""
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3, 4, 5))
    s, shared = rng.normal(size=3), rng.normal(size=(1, 4, 5))
    expressions = [
        lambda a, b, s, c: a * s + b / c - 2,
        lambda a, b, s, c: 1 - s * (a @ b.T),
        lambda a, b, s, c: np.sum(a * c) * s,
        lambda a, b, s, c: np.sum(a, axis=0, keepdims=True) + np.max(b, axis=1, keepdims=True),
        lambda a, b, s, c: np.where(s > 0, a, b),
        lambda a, b, s, c: np.where(s > 9, a, b) - 2 * np.where(s < 9, a, b),
        lambda a, b, s, c: np.where((a > b) | (c < 0), s, 0.0),
        lambda a, b, s, c: np.stack([s, np.sum(a), 1 + s]),
        lambda a, b, s, c: -(np.reshape(a, (5, 4))[1:, 2] ** 2),
        lambda a, b, s, c: np.full_like(a, 2.0) + np.ones_like(s) - np.zeros_like(b),
        lambda a, b, s, c: np.exp(a)[:, :1] @ c[:1],
        lambda a, b, s, c: np.take(c, np.array([2, 0]), axis=1) * s,
    ]
    for number, expression in enumerate(expressions):
        found = expression(*map(Abreast, (a, b, s, shared)))
        for m in range(3):
            expected = expression(a[m], b[m], s[m], shared[0])
            np.testing.assert_allclose(found.values[m], expected, rtol=1e-14, err_msg=str(number))
            assert found.shape == np.shape(expected)
    total = Abreast(shared)
    total += Abreast(a)
    np.testing.assert_array_equal(total.values, shared + a)
    scalars = Abreast(s.copy())
    scalars += s  # a vector that all members share, as long as there are members
    np.testing.assert_array_equal(scalars.values, s[:, None] + s)
    scalars = Abreast(s.copy())
    scalars += Abreast(a)
    np.testing.assert_array_equal(scalars.values, s[:, None, None] + a)
    with pytest.raises(TypeError, match="no truth value in common"):
        bool(Abreast(s) > 0)
