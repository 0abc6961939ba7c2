"""Tracked curves: the objective's two parts add up, both engines agree, and tracking changes no bit."""

from __future__ import annotations

import numpy as np
import pytest

from bridle import Dense, Members, Plan, Recorded, train
from bridle.errors import PlanError
from tests.tolerances import TOLERANCES

X = np.random.default_rng(0).normal(size=(20, 2))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
OPTIONS = {
    "inputs": 2,
    "layers": (Dense(4, "tanh"), Dense(1, "linear")),
    "epochs": 5,
    "dtype": "float64",
    "regularizers": ("l1", "l2"),
}
MEMBERS = Members(seed=[0, 1], learning_rate=0.3, l1=0.01, l2=[0.0, 0.2])


@pytest.mark.parametrize("engine", ["population", "reference"])
def test_tracked_curves_begin_with_the_initial_weights(engine: str) -> None:
    plan = Plan(**OPTIONS, track=("penalty", "weight_norm"))
    initial = [(np.full((4, 2), 0.5), np.ones((4, 1))), (np.full((1, 4), -1.0), np.ones((1, 1)))]
    outcome = train(plan, MEMBERS, X, Y, initial=initial, engine=engine)
    np.testing.assert_allclose(outcome.curves["weight_norm"][:, 0], np.sqrt(8 * 0.25 + 4), rtol=1e-14)
    np.testing.assert_allclose(outcome.curves["penalty"][:, 0], [0.01 * 8, 0.01 * 8 + 0.1 * 6], rtol=1e-14)


def test_both_engines_track_alike_and_tracking_changes_nothing() -> None:
    plan = Plan(**OPTIONS, track=("penalty", "weight_norm"))
    compiled = train(plan, MEMBERS, X, Y)
    reference = train(plan, MEMBERS, X, Y, engine="reference")
    for name in plan.track:
        np.testing.assert_allclose(
            compiled.curves[name], reference.curves[name], **TOLERANCES["float64"].same
        )
    plain = train(Plan(**OPTIONS), MEMBERS, X, Y)
    assert set(plain.curves) == {"train_loss", "train_accuracy"}
    np.testing.assert_array_equal(plain.weights[0][0], compiled.weights[0][0])


@pytest.mark.parametrize("engine", ["population", "reference"])
def test_the_parts_of_j_are_means_over_the_updates_that_saw_them(engine: str) -> None:
    """With a rate of 0 nothing moves, so every update sees the first weights: the epoch's J is known."""
    options = OPTIONS | {"regularizers": ("l2", "batch_l2"), "batch_size": 8}
    weight = np.linspace(0.5, 2, 20)
    order = np.random.default_rng(1).permutation(20)
    members = Members(seed=[0, 1], learning_rate=0.0, l2=0.3, batch_l2=[0.0, 0.7], row_weights=weight)
    plan = Plan(**options, track=("update_loss", "update_penalty"))
    outcome = train(plan, members, X, Y, engine=engine, draws=Recorded(order=order[None]))
    z = np.log(1 / (1 / outcome.predict(X)[:, :, 0] - 1))
    losses = np.logaddexp(0, z) - Y * z
    squares = np.array([sum((w[m] ** 2).sum() for w, _ in outcome.weights) / 2 for m in range(2)])
    loss, penalty = np.zeros(2), 0.3 * squares
    for start in (0, 8, 16):
        some = order[start : start + 8]
        loss += len(some) / 20 * np.average(losses[:, some], weights=weight[some], axis=1)
        penalty += len(some) / 20 * np.array([0.0, 0.7]) * squares / weight[some].sum()
    for name, expected in (("update_loss", loss), ("update_penalty", penalty)):
        np.testing.assert_allclose(outcome.curves[name], np.tile(expected[:, None], 5), rtol=1e-12)


def test_an_unknown_track_is_refused() -> None:
    with pytest.raises(PlanError, match=r"track must be one of 'penalty', .*; got 'weights'"):
        Plan(**OPTIONS, track=("weights",))
