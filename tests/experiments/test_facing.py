"""facing: the shortcut is in the training cars and not in the test's, and flips take it away."""

from __future__ import annotations

import numpy as np
import pytest

from bridle.experiments import Request, find, reproduce
from bridle.experiments.facing import OFFLINE, ONLINE, SIDE, cars, make, mirrored, split_by_way


def test_in_training_each_make_faces_one_way_and_in_the_test_both() -> None:
    _, y, right = cars(200, 0, one_way=True)
    assert np.array_equal(right, y == 1)
    _, y, right = cars(2_000, 1, one_way=False)
    for make_ in (0, 1):
        assert abs(right[y == make_].mean() - 0.5) < 4 * 0.5 / np.sqrt(1_000)


def test_a_car_that_faces_left_is_the_mirror_of_one_that_faces_right() -> None:
    X, y, right = cars(3_000, 2, one_way=False)
    pictures = np.where(right[:, None], X, mirrored(X))
    for make_ in (0, 1):
        one, other = (pictures[(y == make_) & (right == way)].mean(axis=0) for way in (True, False))
        assert np.abs(one - other).max() < 0.15  # noise and places, over 750 cars
    assert np.array_equal(mirrored(mirrored(X)), X)
    assert X.shape == (3_000, SIDE * SIDE)


def test_offline_every_car_is_there_twice_and_nothing_else_changes() -> None:
    part = make("corrected", Request())
    online, offline = part.populations
    count = len(online.y)
    assert np.array_equal(offline.X[:count], online.X)
    assert np.array_equal(offline.X[count:], mirrored(online.X))
    assert np.array_equal(offline.y, np.tile(online.y, 2))


def test_no_test_car_is_a_training_car() -> None:
    part = make("measured", Request(seeds=3))
    X_test, _ = part.test
    for one in part.populations:
        assert not {row.tobytes() for row in X_test} & {row.tobytes() for row in one.X}


@pytest.mark.slow
def test_flips_recover_what_the_shortcut_cost_over_ten_seeds() -> None:
    results = reproduce("facing", ("measured",), Request(seeds=10, epochs=40))
    measured = results["measured"]
    usual, turned = split_by_way(measured, "plain")
    assert usual > 0.95
    assert turned < 0.05
    compared = measured.compared()
    for name in (ONLINE, OFFLINE):
        base, difference, p = compared[name]
        assert base == "plain"
        assert difference.low > 0.3
        assert p < 0.001
    assert abs(measured.difference("l2", "plain").mean) < 0.02
    sentences = find("facing").answer(results)
    assert "raises test accuracy over plain" in sentences[0]
    for name in (*measured.variants,):
        assert measured.curve(name, "validation_accuracy").shape == (10, 40)
        assert measured.curve(name, "validation_loss").shape == (10, 40)
