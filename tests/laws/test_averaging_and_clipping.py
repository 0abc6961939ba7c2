"""Laws of averages, clipping and cutout: closed forms, limits, and what training does with them."""

from __future__ import annotations

import numpy as np
import pytest

from bridle import Members, streams, train
from bridle.perturb.about import About
from bridle.perturb.rows import cut_out
from bridle.rules.averaging import moved_average, running_mean
from bridle.rules.clipping import clipped
from bridle.streams import Purpose
from tests.builders import flat, net, table

RNG = np.random.default_rng(0)


def layers() -> list[tuple[np.ndarray, np.ndarray]]:
    return [
        (RNG.normal(size=(4, 3)), RNG.normal(size=(4, 1))),
        (RNG.normal(size=(1, 4)), RNG.normal(size=(1, 1))),
    ]


def test_the_moving_average_is_the_geometric_sum() -> None:
    history = [layers() for _ in range(9)]
    average = history[0]
    for weights in history[1:]:
        average = moved_average(average, weights, np.float64(0.8))
    shares = np.array([0.8**8, *(0.2 * 0.8 ** (8 - k) for k in range(1, 9))])
    expected = sum(share * flat(weights) for share, weights in zip(shares, history, strict=True))
    np.testing.assert_allclose(flat(average), expected, rtol=1e-12)
    assert shares.sum() == pytest.approx(1)


def test_the_running_mean_is_the_mean() -> None:
    history = [layers() for _ in range(7)]
    mean = layers()
    for count, weights in enumerate(history, start=1):
        mean = running_mean(mean, weights, np.float64(count))
    np.testing.assert_allclose(flat(mean), np.mean([flat(one) for one in history], axis=0), rtol=1e-12)


def test_gradients_are_shortened_together_and_only_when_too_long() -> None:
    gradients = layers()
    norm = np.linalg.norm(flat(gradients))
    for bound in (0.1 * norm, 0.999 * norm):
        short = flat(clipped(gradients, np.float64(bound)))
        assert np.linalg.norm(short) == pytest.approx(bound)
        np.testing.assert_allclose(short / bound, flat(gradients) / norm, rtol=1e-12)
    for bound in (norm, 2 * norm, np.inf):
        np.testing.assert_array_equal(flat(clipped(gradients, np.float64(bound))), flat(gradients))
    zeros = [(0 * w, 0 * b) for w, b in gradients]
    np.testing.assert_array_equal(flat(clipped(zeros, np.float64(1))), 0)


def test_swa_predicts_with_the_mean_of_the_last_epochs_and_ema_with_its_average() -> None:
    X, y = table()
    plan = {"epochs": 10, "batch_size": 16}
    every = [
        train(net(**plan | {"epochs": epochs}), Members(learning_rate=0.1), X, y).weights
        for epochs in range(1, 11)
    ]
    mean = train(net(**plan, regularizers=("swa",)), Members(learning_rate=0.1, swa=0.4), X, y).weights
    np.testing.assert_allclose(flat(mean), np.mean([flat(one) for one in every[6:]], axis=0), rtol=1e-10)
    whole = {"epochs": 6}
    steps = [train(net(epochs=k), Members(learning_rate=0.1), X, y).weights for k in range(1, 7)]
    first = train(net(epochs=1), Members(learning_rate=0.0), X, y).weights
    expected = flat(first)
    for one in steps:
        expected = 0.7 * expected + 0.3 * flat(one)
    average = train(net(**whole, regularizers=("ema",)), Members(learning_rate=0.1, ema=0.7), X, y).weights
    np.testing.assert_allclose(flat(average), expected, rtol=1e-10)


def test_clipping_bounds_the_first_step_of_training() -> None:
    X, y = table()
    plan = net(epochs=1, regularizers=("gradient_clipping",))
    still = train(net(epochs=1), Members(learning_rate=0.0), X, y).weights
    moved = train(plan, Members(learning_rate=0.5, gradient_clipping=0.01), X, y).weights
    assert np.linalg.norm(flat(moved) - flat(still)) == pytest.approx(0.5 * 0.01)


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_cutout_cuts_a_quarter_of_the_columns_of_the_rows_that_take_part(strength: float) -> None:
    x, t = np.ones((40, 5000)), np.ones((1, 5000))
    key = streams.key_of(np.zeros((1, 1), np.uint32), Purpose.CUTTING)
    rows = streams.row_words(np.arange(5000, dtype=np.uint32)[None, :])
    cut, same = cut_out(x, t, key, rows, np.float64(strength), About(0.5, None))
    np.testing.assert_array_equal(same, t)
    share = 1 - cut.mean(axis=0)
    assert share.mean() == pytest.approx(strength / 4, abs=5 * np.sqrt(1 / 12 / 5000) + 1e-12)
    assert np.mean(share > 0) == pytest.approx(strength * (1 - 1 / 20.5), abs=0.05)
    assert (strength == 0) == bool(np.all(cut == x))
