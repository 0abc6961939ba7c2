"""Laws of pictures at the door: the plan's image, and the order in which pixels lie inside."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from bridle.engine import Dense, Plan
from bridle.engine.examples import encode_inputs
from bridle.errors import DataError, PlanError
from tests.builders import net


def test_an_image_is_three_sides_whose_product_are_the_inputs():
    plan = Plan(inputs=24, image=[np.int64(3), 2, 4], layers=(Dense(1, "linear"),))
    assert plan.image == (3, 2, 4)
    assert Plan.from_json(plan.to_json()) == plan
    assert hash(Plan.from_json(plan.to_json())) == hash(plan)
    with pytest.raises(PlanError, match=r"inputs must be 24, the product of image=\(3, 2, 4\); got 25"):
        Plan(inputs=25, image=(3, 2, 4), layers=(Dense(1, "linear"),))
    for wrong in [(4, 6), (1, 0, 24), (1.0, 4, 6), (True, 4, 6), "abc", 24]:
        with pytest.raises(PlanError, match=r"image must be None or three whole numbers of at least 1"):
            Plan(inputs=24, image=wrong, layers=(Dense(1, "linear"),))


def test_perturbations_know_the_picture_and_the_target_that_favors_no_class():
    plan = Plan(inputs=24, image=(3, 2, 4), layers=(Dense(5, "linear"),), loss="cross_entropy")
    assert plan.about[:2] == (1 / 5, (3, 2, 4))
    assert dataclasses.replace(plan, loss="binary_cross_entropy", image=None).about[:2] == (0.5, None)


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_lie_inside_channel_by_channel_each_row_by_row(channels):
    height, width, count = 2, 4, 5
    plan = Plan(
        inputs=channels * height * width, image=(channels, height, width), layers=(Dense(1, "linear"),)
    )
    pictures = np.random.default_rng(0).normal(size=(count, height, width, channels)).astype(np.float32)
    x = encode_inputs(plan, pictures)
    for n, c, i, j in np.ndindex(count, channels, height, width):
        assert x[(c * height + i) * width + j, n] == pictures[n, i, j, c]
    np.testing.assert_array_equal(encode_inputs(plan, x.T), x)  # rows that lie so already stay
    if channels == 1:
        np.testing.assert_array_equal(encode_inputs(plan, pictures[..., 0]), x)


def test_pictures_of_another_shape_are_refused_with_both_that_fit():
    plan = Plan(inputs=24, image=(3, 2, 4), layers=(Dense(1, "linear"),))
    expected = r"X's shape must be \(N, 24\), the plan's inputs, or \(N, 2, 4, 3\), with N at least 1"
    for shape in [(5, 4, 2, 3), (5, 3, 2, 4), (5, 2, 4), (0, 2, 4, 3)]:
        with pytest.raises(DataError, match=expected):
            encode_inputs(plan, np.zeros(shape))
    with pytest.raises(DataError, match=r"X's shape must be \(N, 3\), the plan's inputs, with"):
        encode_inputs(net(), np.zeros((3, 1, 2)))
