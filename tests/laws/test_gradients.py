"""Laws of gradients: every op, every loss, every term, the network and the whole objective J."""

from __future__ import annotations

import numpy as np
import pytest

from bridle.engine import Dense, Plan
from bridle.engine.step import Batch
from bridle.ops import ACTIVATIONS, LOSSES, affine_backward, affine_forward
from bridle.ops.affine import affine_weights_backward
from bridle.registry import REGISTRY
from tests.laws.gradients import (
    Case,
    assert_activation_backward,
    assert_affine_backward,
    assert_dropout_backward,
    assert_loss_backward,
    assert_network_backward,
    assert_objective_gradient,
    assert_term_gradient,
    every_activation,
    flattened,
    middle_of_grid,
)

TERMS = [
    pytest.param(term, id=f"{record.name}-{i}")
    for record in REGISTRY.values()
    for i, term in enumerate(record.terms)
]
UNSCALED = [
    record.name
    for record in REGISTRY.values()
    if record.terms and all(term.per == "objective" for term in record.terms)
]
IN_THE_OBJECTIVE = [
    record.name
    for record in REGISTRY.values()
    if record.family in ("penalty", "noise") and not record.requires.startswith("pictures")
]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_differentiated(name: str) -> None:
    assert_activation_backward(name)


def test_the_affine_map_is_differentiated() -> None:
    assert_affine_backward()


def test_the_first_layers_shorter_backward_agrees_with_the_whole() -> None:
    rng = np.random.default_rng(0)
    _, cache = affine_forward(rng.normal(size=(3, 5)), rng.normal(size=(4, 3)), rng.normal(size=(4, 1)))
    dz = rng.normal(size=(4, 5))
    for one, other in zip(affine_weights_backward(dz, cache), affine_backward(dz, cache)[1:], strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9])
def test_dropout_is_differentiated(rate: float) -> None:
    assert_dropout_backward(rate)


@pytest.mark.parametrize("name", LOSSES)
def test_a_weighted_mean_loss_is_differentiated(name: str) -> None:
    assert_loss_backward(name)


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_differentiated(term) -> None:
    assert_term_gradient(term)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_network_is_differentiated(loss: str) -> None:
    assert_network_backward(loss)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_update_follows_the_gradient_of_the_data_loss(loss: str) -> None:
    assert_objective_gradient(every_activation(loss))


@pytest.mark.parametrize("name", IN_THE_OBJECTIVE)
def test_the_update_follows_the_gradient_of_the_objective(name: str) -> None:
    plan = every_activation("cross_entropy", 3, regularizers=(name,), l1_form="subgradient")
    assert_objective_gradient(plan, middle_of_grid(name))


def test_the_update_follows_the_gradient_with_everything_at_once_and_a_strength_a_layer() -> None:
    plan = every_activation(
        "binary_cross_entropy", regularizers=tuple(IN_THE_OBJECTIVE), l1_form="subgradient"
    )
    layers = len(plan.layers)
    settings = {key: value for name in IN_THE_OBJECTIVE for key, value in middle_of_grid(name).items()}
    settings["l2"] = np.linspace(0, 0.3, layers)[None, :]
    settings["l1"] = np.linspace(0.2, 0, layers)[None, :]
    settings["dropout"] = np.linspace(0.1, 0.4, layers)[None, :]
    assert_objective_gradient(plan, settings)


@pytest.mark.parametrize("name", UNSCALED)
def test_the_batch_scale_divides_strengths_by_the_batchs_weight(name: str) -> None:
    options = {"regularizers": (name,), "l1_form": "subgradient"}
    given = middle_of_grid(name)
    strength = REGISTRY[name].strength.name
    scaled = Case(every_activation("squared_error", penalty_scale="batch", **options), given)
    given[strength] /= scaled.weight.sum()
    plain = Case(every_activation("squared_error", **options), given)
    for one, other in zip(scaled.step(), plain.step(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_the_batchs_own_l2_is_l2_divided_by_the_batchs_weight_once_whatever_the_scale() -> None:
    plain = Case(every_activation("squared_error", regularizers=("l2",)), {"l2": 0.5})
    for scale in ("objective", "batch"):
        plan = every_activation("squared_error", regularizers=("batch_l2",), penalty_scale=scale)
        scaled = Case(plan, {"batch_l2": 0.5 * plain.weight.sum()})
        for one, other in zip(scaled.step(), plain.step(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_an_update_on_one_row_of_weight_two_is_that_on_the_row_twice() -> None:
    plan = Plan(
        inputs=3, layers=(Dense(4, "tanh"), Dense(1, "linear")), loss="squared_error", dtype="float64"
    )
    case = Case(plan)
    twice = Case(plan)
    case.batch = case.batch._replace(weight=np.where(np.arange(9) == 4, 2.0, 1.0)[None, :])
    order = np.array([0, 1, 2, 3, 4, 4, 5, 6, 7, 8])
    batch = twice.batch
    x, t, _, ids, words = (part[:, order] for part in batch)
    twice.batch = Batch(x, t, np.ones((1, 10)), ids, words)
    for one, other in zip(case.step(), twice.step(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-15)


def test_the_gradient_of_a_strength_of_zero_is_that_of_the_plan_without_it_to_the_bit() -> None:
    bare = Case(every_activation("cross_entropy", 3)).step()
    for name in IN_THE_OBJECTIVE:
        record = REGISTRY[name]
        for form in ("prox", "subgradient"):
            plan = every_activation("cross_entropy", 3, regularizers=(name,), l1_form=form)
            off = Case(plan, {record.strength.name: record.strength.off}).step()
            for one, other in zip(bare, off, strict=True):
                np.testing.assert_array_equal(one, other)


def test_the_objective_does_not_penalize_what_a_record_does_not_name() -> None:
    """Weights alone move under l1 and l2, biases alone under their own."""
    for name in ("l1", "l2", "elastic_net", "l1_bias", "l2_bias", "weight_decay"):
        plan = every_activation("squared_error", regularizers=(name,), l1_form="subgradient")
        case, bare = Case(plan, middle_of_grid(name)), Case(every_activation("squared_error"))
        changed = [
            not np.array_equal(one, other) for one, other in zip(case.step(), bare.step(), strict=True)
        ]
        on_biases = name.endswith("_bias")
        assert changed == [on_biases if i % 2 else not on_biases for i in range(len(flattened(case.weights)))]


def test_a_batch_whose_rows_all_weigh_nothing_moves_nothing_but_the_penalties() -> None:
    """Weights of bootstrap samples are often 0, and the last batch of an epoch may be small."""
    case = Case(every_activation("squared_error", regularizers=("l2",)), {"l2": 0.5})
    case.batch = case.batch._replace(weight=np.zeros((1, 9)))
    for i, (taken, part) in enumerate(zip(case.step(), flattened(case.weights), strict=True)):
        np.testing.assert_allclose(taken, 0.5 * part if i % 2 == 0 else 0 * part, atol=1e-12)
