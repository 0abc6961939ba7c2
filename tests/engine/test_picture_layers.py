"""Laws of plans with convolutions: their shapes, what they refuse, their first weights and their JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from bridle.engine import Conv, Dense, GlobalPool, Plan, Pool, Residual, ResidualConv
from bridle.engine.initial import initial_weights
from bridle.errors import PlanError

LAYERS = (
    Conv(4, 3, "relu", normalization="batch"),
    Pool(2),
    ResidualConv(4),
    ResidualConv(6, 3, "tanh", 2, "batch"),
    Pool(2, "average"),
    GlobalPool(),
    Residual(5),
    Dense(3, "linear"),
)


def pictured(*layers: Any, image: Any = (2, 9, 7), **options: Any) -> Plan:
    inputs = math.prod(image) if image else 126
    return Plan(**{"inputs": inputs, "image": image, "layers": layers, "loss": "cross_entropy"} | options)


def test_layers_with_weights_are_counted_and_dense_ones_flatten() -> None:
    plan = pictured(*LAYERS)
    assert plan.depth == 5
    assert plan.sizes == (126, 4 * 4 * 3, 4 * 4 * 3, 6, 5, 3)
    assert plan.outputs == 3
    assert [pair.shapes[0] for pair in plan.pairs if pair.kind == "affine"] == [
        (4, 18), (4, 36), (4, 36), (6, 36), (6, 54), (6, 4), (5, 6), (5, 5), (5, 6), (3, 5),
    ]  # fmt: skip
    assert [pair.shapes for pair in plan.pairs if pair.kind == "statistics"] == [
        ((4, 1), (4, 1)), ((6, 1), (6, 1)), ((6, 1), (6, 1)),
    ]  # fmt: skip
    assert pictured(Conv(4, 3), Dense(2, "linear")).pairs[1].shapes[0] == (2, 4 * 9 * 7)
    assert [pair.reads_inputs for pair in plan.pairs][:3] == [True, False, False]


def test_shapes_follow_stride_padding_and_pools() -> None:
    for layers, units in [
        ((Conv(4, 3, stride=2),), 4 * 5 * 4),
        ((Conv(4, 3, padding="valid"),), 4 * 7 * 5),
        ((Conv(4, 3, padding=2),), 4 * 11 * 9),
        ((Conv(4, 3), Pool(2)), 4 * 4 * 3),
        ((Conv(4, 3), Pool(2), Pool(3)), 4 * 1 * 1),
        ((Conv(4, 3), GlobalPool()), 4),
        ((ResidualConv(4, stride=3),), 4 * 3 * 3),
    ]:
        assert pictured(*layers, Dense(2, "linear")).sizes[1] == units, layers


def test_plans_with_pictures_survive_the_round_trip_through_json() -> None:
    plan = pictured(*LAYERS)
    assert Plan.from_json(plan.to_json()) == plan
    assert hash(Plan.from_json(plan.to_json())) == hash(plan)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((Conv(0, 3),), r"layers\[0\].channels must be a whole number of at least 1; got 0"),
        ((Conv(2, 0),), r"layers\[0\].kernel must be a whole number of at least 1; got 0"),
        ((Conv(2, 3, stride=0),), r"layers\[0\].stride must be a whole number of at least 1; got 0"),
        ((Conv(2, 3, padding="full"),), r"layers\[0\].padding must be a whole number of at least 0; got 'full'. Or"),
        ((Conv(2, 3, "rilu"),), r"layers\[0\].activation must be one of .*; got 'rilu'. Did you mean 'silu'"),
        ((Conv(2, 3, normalization="layer"),), r"layers\[0\].normalization must be 'batch'; got 'layer'"),
        ((Conv(2, 8, padding="valid"),), r"layers\[0\].kernel must be at most 7, for pictures \(2, 9, 7\)"),
        ((Conv(2, 3), Pool(8)), r"layers\[1\].size must be at most 7, for pictures \(2, 9, 7\); got 8"),
        ((Conv(2, 3), Pool(2, "min")), r"layers\[1\].kind must be one of 'max' or 'average'; got 'min'"),
        ((Pool(2),), r"layers\[0\] must be a layer with weights where it is the first; got Pool"),
        ((Dense(3), Conv(2, 3)), r"layers\[1\] must be Dense or Residual where what enters are no pictures"),
        ((Dense(3), Pool(2)), "Pictures end at the first dense layer"),
    ],
)  # fmt: skip
def test_layers_that_cannot_be_are_refused(layers: tuple, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        pictured(*layers, Dense(2, "linear"))


def test_convolutions_need_an_image_and_end_dense() -> None:
    with pytest.raises(PlanError, match=r"Say what the inputs are: image=\(C, H, W\)"):
        pictured(Conv(2, 3), Dense(2, "linear"), image=None)
    for last in (Conv(2, 3), GlobalPool()):
        with pytest.raises(PlanError, match="the last layer must be Dense"):
            pictured(Conv(2, 3), last)
    with pytest.raises(PlanError, match="Dense, Residual, Conv, ResidualConv, Pool or GlobalPool; got"):
        pictured("Conv", Dense(2, "linear"))


def test_inputs_have_no_groups_under_shared_weights() -> None:
    with pytest.raises(
        PlanError, match=r"the first layer must be Dense with 'input_group_lasso'.*shares its"
    ):
        pictured(Conv(2, 3), Dense(2, "linear"), regularizers=("input_group_lasso",))
    pictured(Conv(2, 3), Dense(2, "linear"), regularizers=("group_lasso", "sparse_group_lasso"))


@pytest.mark.parametrize(
    ("initializer", "variance"), [("he", 2 / 400), ("lecun", 1 / 400), ("glorot", 2 / 1200)]
)
def test_first_weights_count_the_pixels_of_a_window(initializer: str, variance: float) -> None:
    plan = pictured(Conv(32, 5), Dense(2, "linear"), image=(16, 9, 7), initializer=initializer)
    w, b = initial_weights(plan, 0)[0]
    assert w.shape == (32, 400)
    assert np.mean(w.astype(float) ** 2) == pytest.approx(variance, rel=0.05)
    assert not b.any()
