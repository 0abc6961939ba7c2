"""Laws of rows: folds of different widths, bootstrap samples, weights and validation sets, each as if alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bridle.engine import Members, Plan, train
from bridle.errors import Status
from tests.builders import assert_same_bits, flat, net, table
from tests.tolerances import TOLERANCES

X, Y = table(60)
RAGGED = net(regularizers=("dropout",), epochs=15, batch_size=16, dtype="float32")


def test_folds_of_different_widths_are_each_as_if_alone() -> None:
    cuts = [0, 11, 23, 35, 47, 60]
    folds = [np.setdiff1d(np.arange(60), np.arange(low, high)) for low, high in pairwise(cuts)]
    held = [np.arange(low, high) for low, high in pairwise(cuts)]
    settings = {"seed": np.arange(5), "learning_rate": [0.1, 0.2, 0.1, 0.05, 0.1]}
    together = train(RAGGED, Members(**settings, dropout=0.2, rows=folds, validation_rows=held), X, Y)
    for m in (0, 4):
        own = {name: values[m] for name, values in settings.items()}
        alone = Members(**own, dropout=0.2, rows=[folds[m]], validation_rows=[held[m]])
        assert_same_bits(train(RAGGED, alone, X, Y), 0, together, m)


def test_own_rows_of_one_width_are_as_if_shared() -> None:
    """One list for all and a list for each are laid out differently on the devices."""
    rng = np.random.default_rng(0)
    lists = [rng.permutation(60)[:40] for _ in range(4)]
    together = train(RAGGED, Members(seed=np.arange(4), dropout=0.2, rows=lists), X, Y)
    for m in (0, 3):
        alone = train(RAGGED, Members(seed=m, dropout=0.2, rows=[lists[m]]), X, Y)
        assert_same_bits(alone, 0, together, m)
    repeated = train(RAGGED, Members(seed=np.arange(4), dropout=0.2, rows=[lists[1]] * 4), X, Y)
    assert_same_bits(repeated, 1, together, 1)


def test_members_without_validation_rows_have_no_validation_curve() -> None:
    members = Members(
        rows=[np.arange(50), np.arange(50)], validation_rows=[np.arange(50, 60), np.array([], int)]
    )
    outcome = train(net(epochs=3, dtype="float32"), members, X, Y)
    assert np.all(np.isfinite(outcome.curves["validation_loss"][0]))
    assert np.all(np.isnan(outcome.curves["validation_loss"][1]))
    assert list(outcome.best_epoch > 0) == [True, False]
    np.testing.assert_array_equal(flat(outcome.best_weights, 1), flat(outcome.weights, 1))
    assert {curve.dtype.name for curve in outcome.curves.values()} == {"float32"}


def test_a_validation_set_beside_the_data_is_rows_of_the_data() -> None:
    plan = net(epochs=12, regularizers=("early_stopping", "dropout"), batch_size=16)
    settings = {"seed": [0, 1], "learning_rate": 0.2, "patience": 3, "dropout": 0.3}
    beside = train(plan, Members(**settings), X[:45], Y[:45], validation=(X[45:], Y[45:]))
    inside = Members(**settings, rows=[np.arange(45)], validation_rows=[np.arange(45, 60)])
    within = train(plan, inside, X, Y)
    for m in range(2):
        assert_same_bits(beside, m, within, m)


@pytest.mark.parametrize("engine", ["population", "reference"])
def test_a_row_twice_is_a_row_of_weight_two(engine: str) -> None:
    plan = net(epochs=20, regularizers=("l2", "dropout"))
    twice = Members(l2=0.1, dropout=0.2, rows=[np.r_[np.arange(40), np.arange(10)]])
    heavy = Members(
        l2=0.1, dropout=0.2, rows=[np.arange(40)], row_weights=[np.where(np.arange(40) < 10, 2.0, 1.0)]
    )
    one, other = (train(plan, members, X, Y, engine=engine) for members in (twice, heavy))
    np.testing.assert_allclose(flat(one.weights, 0), flat(other.weights, 0), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(one.curves["train_loss"], other.curves["train_loss"], rtol=1e-11)


def test_weights_scale_out_and_a_weight_of_zero_is_a_row_that_is_not_there() -> None:
    plan = net(epochs=20)
    weight = np.random.default_rng(1).random(60)
    one, other = (train(plan, Members(row_weights=weight * scale), X, Y) for scale in (1.0, 1000.0))
    np.testing.assert_allclose(flat(one.weights, 0), flat(other.weights, 0), rtol=1e-11)
    weight[10:] = 0
    without = train(plan, Members(rows=[np.arange(10)], row_weights=weight), X, Y)
    zeroed = train(plan, Members(row_weights=weight), X, Y)
    np.testing.assert_allclose(flat(zeroed.weights, 0), flat(without.weights, 0), rtol=1e-11)


def test_the_order_of_rows_does_not_matter_to_a_full_batch_beyond_rounding() -> None:
    plan = net(epochs=20, regularizers=("dropout",))
    order = np.random.default_rng(2).permutation(60)
    one, other = (train(plan, Members(dropout=0.3, rows=[rows]), X, Y) for rows in (np.arange(60), order))
    np.testing.assert_allclose(flat(one.weights, 0), flat(other.weights, 0), rtol=1e-9, atol=1e-12)


def test_a_batch_size_beyond_the_rows_is_the_full_batch_to_the_bit() -> None:
    plans = [net(epochs=9, batch_size=size, dtype="float32") for size in (None, 60, 999)]
    outcomes = [train(plan, Members(seed=3), X, Y) for plan in plans]
    for outcome in outcomes[1:]:
        assert_same_bits(outcome, 0, outcomes[0], 0)


@pytest.mark.parametrize("engine", ["population", "reference"])
def test_validation_over_many_chunks_is_the_mean_over_its_rows(engine: str) -> None:
    X_val, y_val = table(50_000 if engine == "population" else 3_001, seed=9)
    plan = net(epochs=2)
    outcome = train(plan, Members(seed=[0, 1]), X, Y, validation=(X_val, y_val), engine=engine)
    p = outcome.predict(X_val)[:, :, 0]
    losses = -np.log(np.where(y_val == 1, p, 1 - p))
    close = TOLERANCES["float64"].same
    np.testing.assert_allclose(outcome.curves["validation_loss"][:, -1], losses.mean(axis=1), **close)
    np.testing.assert_allclose(
        outcome.curves["validation_accuracy"][:, -1], ((p > 0.5) == y_val).mean(axis=1), **close
    )


def test_predictions_of_many_rows_are_those_of_a_forward_pass_in_numpy(dtype: str) -> None:
    outcome = train(net(epochs=2, dtype=dtype), Members(seed=[0, 1, 2]), X, Y)
    many, _ = table(50_000, seed=4)
    predicted = outcome.predict(many)
    assert predicted.shape == (3, 50_000, 1)
    assert predicted.dtype == dtype
    for m in range(3):
        a = many.T
        for (w, b), act in zip(
            outcome.member_weights(m), (lambda z: np.maximum(z, 0), np.tanh, lambda z: z), strict=True
        ):
            a = act(w.astype(float) @ a + b)
        expected = 1 / (1 + np.exp(-a[0]))
        np.testing.assert_allclose(
            predicted[m, :, 0], expected, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-6
        )


def test_a_fold_of_one_row_trains() -> None:
    plan = Plan(inputs=3, layers=net().layers, epochs=5, batch_size=4, dtype="float32")
    outcome = train(plan, Members(rows=[[7]]), X, Y)
    assert outcome.status[0] is Status.COMPLETED
