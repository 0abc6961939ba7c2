"""Laws of masks: fresh in every update, layer and seed; tied to rows; recorded ones taken as they are."""

from __future__ import annotations

import numpy as np

from bridle.engine import Dense, Members, Plan, Recorded, train
from tests.builders import answers, flat
from tests.laws.masks import assert_masks_are_fresh, assert_masks_belong_to_rows


def test_masks_are_fresh() -> None:
    assert_masks_are_fresh()


def test_masks_belong_to_rows() -> None:
    assert_masks_belong_to_rows()


def test_recorded_masks_are_taken_as_they_are() -> None:
    """A unit that is never kept never learns; scaled up, the kept ones are a smaller network's."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 3)), answers("squared_error", 12)
    plan = Plan(
        inputs=3, layers=(Dense(4, "tanh"), Dense(1, "linear")), loss="squared_error", epochs=7, dtype="float64",
        regularizers=("dropout",),
    )  # fmt: skip
    keep = np.ones((1, 4, 12), bool)
    keep[0, 2] = False
    outcome = train(
        plan, Members(learning_rate=0.1, dropout=0.5), X, y, engine="reference", draws=Recorded(keep=[keep])
    )
    first = train(plan, Members(learning_rate=0.0, dropout=0.5), X, y, engine="reference")
    np.testing.assert_array_equal(outcome.weights[0][0][0, 2], first.weights[0][0][0, 2])
    moved = np.abs(flat(outcome.weights, 0) - flat(first.weights, 0))
    assert np.count_nonzero(moved[:12]) == 9
