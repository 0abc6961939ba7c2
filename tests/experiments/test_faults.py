"""What is wrong in the tutorials, in numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bridle.experiments import Request, faults
from bridle.experiments.runs import run_part


def test_dropout_keeps_the_mean_and_raises_the_variance_as_the_formula_says() -> None:
    mean, variance, expected = faults.variance_after_dropout(0.3, seeds=20)
    assert mean.low < 1 < mean.high
    assert variance.low > 1.3
    assert variance.low - 0.02 < expected < variance.high + 0.02


def test_the_logits_form_is_finite_where_the_others_are_not() -> None:
    found = faults.losses_at(40.0)
    assert found["on logits"] == pytest.approx(40.0)
    assert math.isinf(found["log(1 - p)"])
    assert math.isinf(found["epsilon on p alone"])


def test_weight_decay_is_stable_below_two() -> None:
    assert faults.decay_at(1.9) < 1e-8
    assert faults.decay_at(2.1) > 1e8


def test_the_parts_run_and_say_their_numbers() -> None:
    request = Request(seeds=2, epochs=200)
    results = {
        "batch": run_part(faults.batch_penalty(request)),
        "stopping": run_part(faults.stopping_on_the_test_set(request)),
    }
    found = faults.sentences(results)
    assert set(found) == {"variance", "epsilon", "stability", "batch", "stopping"}
    assert np.isfinite(faults.optimism(results["stopping"]).mean)
