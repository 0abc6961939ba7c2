"""Converted strengths make the same objective, whichever way it is written."""

from __future__ import annotations

import numpy as np
import pytest

from bridle.errors import PlanError
from bridle.registry import units

W = np.array([[1.5, -2.0], [0.25, 3.0]])
SQUARES = float((W**2).sum())


def penalty(l2: float) -> float:
    return l2 * 0.5 * SQUARES


def test_each_unit_gives_the_penalty_that_its_owner_writes() -> None:
    assert penalty(units.from_lambda_over_m(0.7, 211)) == pytest.approx(0.7 / (2 * 211) * SQUARES)
    assert penalty(units.from_lambda_sum_squares(5e-4)) == pytest.approx(5e-4 * SQUARES)
    assert penalty(units.from_sklearn_alpha(0.3, 128)) == pytest.approx(0.5 * 0.3 * SQUARES / 128)
    assert units.from_sklearn_alpha(units.to_sklearn_alpha(0.01, 64), 64) == pytest.approx(0.01)
    assert units.to_keras_l2(0.01) * SQUARES == pytest.approx(penalty(0.01))
    assert units.from_keep_prob(0.86) == pytest.approx(0.14)
    assert (1 - units.from_torch_weight_decay(0.1, 0.01)) * W == pytest.approx(W - 0.01 * 0.1 * W)


@pytest.mark.parametrize(
    ("convert", "arguments", "message"),
    [
        (units.from_lambda_over_m, (-1.0, 10), "strength must be a number of at least 0"),
        (units.from_lambda_over_m, (1.0, 0), "rows must be a whole number of at least 1"),
        (units.from_sklearn_alpha, (float("nan"), 10), "strength must be"),
        (units.from_keep_prob, (0.0,), "kept must be above 0"),
        (units.from_keep_prob, (1.2,), "kept must be a number in"),
    ],
)
def test_refusals(convert, arguments: tuple, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        convert(*arguments)
