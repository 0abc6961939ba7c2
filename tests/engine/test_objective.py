"""The whole objective for quasi-Newton methods: its gradient is that of its value, and rough terms are refused."""

from __future__ import annotations

import numpy as np
import pytest

from bridle.engine.objective import check_smooth, objective_and_gradient
from bridle.errors import PlanError
from tests.laws.gradients import Case, every_activation, flattened, paired
from tests.laws.oracles import central_differences
from tests.tolerances import TOLERANCES

SMOOTH = ("l2", "batch_l2", "l2_bias", "activity_l2")


@pytest.mark.parametrize("scale", ["objective", "batch"])
@pytest.mark.parametrize("loss", ["cross_entropy", "squared_error"])
def test_the_gradient_is_that_of_the_value(loss: str, scale: str) -> None:
    plan = every_activation(loss, 3, regularizers=SMOOTH, penalty_scale=scale)
    layers = np.linspace(0, 0.3, len(plan.layers))
    case = Case(plan, {"l2": layers[None, :], "batch_l2": 2.0, "l2_bias": 0.4, "activity_l2": 0.2})
    flat = flattened(case.weights)

    def value(*parts: np.ndarray) -> float:
        return float(sum(objective_and_gradient(plan, case.member, paired(parts), case.batch)[:2]))

    _, _, gradient = objective_and_gradient(plan, case.member, case.weights, case.batch)
    for i, mine in enumerate(flattened(gradient)):

        def moved(one: np.ndarray, i: int = i) -> float:
            return value(*flat[:i], one, *flat[i + 1 :])

        np.testing.assert_allclose(
            mine, central_differences(moved, flat[i]), **TOLERANCES["float64"].differences
        )
    for mine, step in zip(flattened(gradient), case.step(), strict=True):
        np.testing.assert_allclose(mine, step, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", ["l1", "dropout", "weight_decay", "max_norm", "group_lasso"])
def test_what_is_not_smooth_is_refused(name: str) -> None:
    with pytest.raises(PlanError, match=rf"without a kink.*got .*{name}"):
        check_smooth(every_activation("cross_entropy", 3, regularizers=("l2", name)), "test")
