"""Planted bugs MUST turn the laws red: each test breaks one thing and sees its law raise.

A law that stays green here proves nothing elsewhere. The bugs are planted where NumPy runs, because a compiled
program that is already in memory would not see them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bridle import streams
from bridle.engine import Members, maps, reference, step
from bridle.ops import ACTIVATIONS, LOSSES
from bridle.registry import REGISTRY
from bridle.rules.steps import OPTIMIZERS
from tests.builders import net, table
from tests.laws import gradients, masks, proximal, rule_laws
from tests.laws.gradients import every_activation
from tests.theory import linear_laws
from tests.twins.twin_laws import assert_one_update, assert_twins
from tests.vocabulary.stream_keys import assert_no_excess_collisions, dropout_keys

Plant = pytest.MonkeyPatch
L2 = every_activation("squared_error", regularizers=("l2",))


def assert_red(law: Callable[..., Any], *arguments: Any, **options: Any) -> None:
    with pytest.raises(AssertionError):
        law(*arguments, **options)


@pytest.mark.parametrize("name", LOSSES)
def test_a_losss_gradient_with_the_wrong_sign(monkeypatch: Plant, name: str) -> None:
    sound = LOSSES[name]
    monkeypatch.setitem(
        LOSSES, name, sound._replace(backward=lambda weight, cache: -sound.backward(weight, cache))
    )
    assert_red(gradients.assert_loss_backward, name)
    assert_red(gradients.assert_network_backward, name)
    assert_red(gradients.assert_objective_gradient, every_activation(name))


@pytest.mark.parametrize("name", LOSSES)
def test_a_sum_over_rows_where_a_mean_belongs(monkeypatch: Plant, name: str) -> None:
    sound = LOSSES[name]
    monkeypatch.setitem(
        LOSSES, name, sound._replace(backward=lambda weight, cache: sound.backward(9 * weight, cache))
    )
    assert_red(gradients.assert_objective_gradient, every_activation(name))


def test_row_weights_that_are_forgotten(monkeypatch: Plant) -> None:
    sound = LOSSES["squared_error"]
    forgetful = sound._replace(backward=lambda w, cache: sound.backward(np.full_like(w, w.mean()), cache))
    monkeypatch.setitem(LOSSES, "squared_error", forgetful)
    assert_red(gradients.assert_loss_backward, "squared_error")
    assert_red(gradients.assert_objective_gradient, every_activation("squared_error"))


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "linear"])
def test_an_activation_that_is_passed_through_in_reverse(monkeypatch: Plant, name: str) -> None:
    monkeypatch.setitem(ACTIVATIONS, name, ACTIVATIONS[name]._replace(backward=lambda da, cache: da))
    assert_red(gradients.assert_activation_backward, name)


def test_tanh_without_its_square(monkeypatch: Plant) -> None:
    monkeypatch.setitem(
        ACTIVATIONS, "tanh", ACTIVATIONS["tanh"]._replace(backward=lambda da, a: da * (1 - a))
    )
    assert_red(gradients.assert_activation_backward, "tanh")
    assert_red(gradients.assert_network_backward, "squared_error")


def test_layers_chained_without_the_weights(monkeypatch: Plant) -> None:
    def detached(dz: np.ndarray, cache: Any) -> tuple:
        return np.zeros_like(cache.x), *maps.affine_weights_backward(dz, cache)

    monkeypatch.setattr(maps, "affine_backward", detached)
    assert_red(gradients.assert_network_backward, "cross_entropy")


@pytest.mark.parametrize("name", ["l2", "l2_bias", "elastic_net"])
def test_a_detached_penalty(monkeypatch: Plant, name: str) -> None:
    record = REGISTRY[name]
    terms = tuple(replace(t, gradient=(lambda w, s: 0 * w) if t.gradient else None) for t in record.terms)
    monkeypatch.setitem(REGISTRY, name, replace(record, terms=terms))
    plan = every_activation("squared_error", regularizers=(name,), l1_form="subgradient")
    assert_red(gradients.assert_objective_gradient, plan, gradients.middle_of_grid(name))
    for term in terms:
        if term.gradient:
            assert_red(gradients.assert_term_gradient, term)


def test_a_penalty_without_its_half(monkeypatch: Plant) -> None:
    record = REGISTRY["l2"]
    doubled = replace(record.terms[0], gradient=lambda w, strength: 2 * strength * w)
    monkeypatch.setitem(REGISTRY, "l2", replace(record, terms=(doubled,)))
    assert_red(gradients.assert_term_gradient, doubled)
    assert_red(gradients.assert_objective_gradient, L2, {"l2": 0.3})
    assert_red(linear_laws.assert_l2_is_ridge, engine="reference")


def test_penalized_biases(monkeypatch: Plant) -> None:
    record = REGISTRY["l2"]
    both = (*record.terms, replace(record.terms[0], on="biases"))
    monkeypatch.setitem(REGISTRY, "l2", replace(record, terms=both))
    assert_red(gradients.assert_objective_gradient, L2, {"l2": 0.3})
    assert_red(linear_laws.assert_l2_is_ridge, engine="reference")


def test_a_penalty_of_the_wrong_layer(monkeypatch: Plant) -> None:
    monkeypatch.setattr(step, "at_layer", lambda value, k: value if value.ndim == 0 else value[-1])
    layers = len(L2.layers)
    assert_red(gradients.assert_objective_gradient, L2, {"l2": np.linspace(0, 0.5, layers)[None, :]})


def test_a_prox_that_pushes_outwards() -> None:
    term = REGISTRY["l1"].terms[0]
    outwards = replace(term, prox=lambda w, threshold: w + np.sign(w) * threshold)
    for law in (proximal.assert_prox_is_argmin, proximal.assert_prox_beats_its_neighborhood):
        assert_red(law, outwards)
    assert_red(proximal.assert_prox_limits, outwards, "float64")


def test_a_prox_that_jumps_over_zero() -> None:
    term = REGISTRY["l1"].terms[0]
    jumping = replace(term, prox=lambda w, threshold: w - np.sign(w) * threshold)
    assert_red(proximal.assert_prox_is_argmin, jumping)
    assert_red(proximal.assert_prox_limits, jumping, "float64")


def test_a_prox_with_the_bare_learning_rate_under_adam_and_momentum(monkeypatch: Plant) -> None:
    for name in ("adam", "sgd"):
        sound = OPTIMIZERS[name]

        def bare(gradient, slots, learning_rate, count, constants, sound=sound) -> tuple:
            taken, slots, _ = sound.step(gradient, slots, learning_rate, count, constants)
            return taken, slots, learning_rate

        monkeypatch.setitem(OPTIMIZERS, name, sound._replace(step=bare))
    for name in ("adam", "momentum", "nesterov"):
        assert_red(linear_laws.assert_l1_is_the_lasso, name, engine="reference")
        law = rule_laws.assert_effective_step_is_all_the_movement_of_one_gradient
        assert_red(law, *rule_laws.CONSTANTS[name])


def test_momentum_with_the_wrong_sign(monkeypatch: Plant) -> None:
    def wrong(gradient, slots, learning_rate, count, constants) -> tuple:
        v = -constants.momentum * slots[0] - learning_rate * gradient
        return -v, (v,), learning_rate

    monkeypatch.setitem(OPTIMIZERS, "sgd", OPTIMIZERS["sgd"]._replace(step=wrong))
    assert_red(rule_laws.assert_steps_are_optax_steps, "momentum")
    assert_red(rule_laws.assert_momentum_follows_its_recurrence, False)


def test_adam_without_its_corrections(monkeypatch: Plant) -> None:
    sound = OPTIMIZERS["adam"]

    def late(gradient, slots, learning_rate, count, constants) -> tuple:
        return sound.step(gradient, slots, learning_rate, count + 1e9, constants)

    monkeypatch.setitem(OPTIMIZERS, "adam", sound._replace(step=late))
    assert_red(rule_laws.assert_steps_are_optax_steps, "adam")
    assert_red(rule_laws.assert_adam_follows_its_recurrence, "before_correction")


def test_a_mask_that_is_used_again_in_the_next_update(monkeypatch: Plant) -> None:
    sound = step.draw_noise

    def stale(plan, member, state, batch, recorded) -> Any:
        return sound(plan, member, state._replace(updates=state.updates // 2), batch, recorded)

    monkeypatch.setattr(gradients, "draw_noise", stale)
    assert_red(masks.assert_masks_are_fresh)


def test_a_mask_that_ignores_the_seed(monkeypatch: Plant) -> None:
    sound = streams.key_of
    monkeypatch.setattr(streams, "key_of", lambda seed, purpose: sound(np.zeros_like(seed), purpose))
    assert_red(masks.assert_masks_are_fresh)


def test_a_mask_that_is_tied_to_the_place_in_the_batch(monkeypatch: Plant) -> None:
    sound = streams.keeps

    def by_place(key, units, rows, rate) -> np.ndarray:
        return sound(key, units, streams.row_words(np.arange(rows.size, dtype=np.uint32)[None, :]), rate)

    monkeypatch.setattr(streams, "keeps", by_place)
    assert_red(masks.assert_masks_belong_to_rows)


def test_dropout_that_is_not_scaled(monkeypatch: Plant) -> None:
    monkeypatch.setattr(gradients, "dropout_forward", lambda a, keep, rate: (a * keep, None))
    assert_red(gradients.assert_dropout_backward, 0.3)


def test_a_linear_key(monkeypatch: Plant) -> None:
    def linear(key: streams.Key, field: np.ndarray) -> streams.Key:
        return np.uint32(0) * field, key[1] * np.uint32(7919) + field

    monkeypatch.setattr(streams, "fold", linear)
    assert_red(assert_no_excess_collisions, dropout_keys(16, 20_000, 2))


X, Y = table(50)
MEMBERS = Members(seed=[0], learning_rate=0.1)


def test_a_last_batch_that_is_dropped(monkeypatch: Plant) -> None:
    sound = reference.cuts
    monkeypatch.setattr(reference, "cuts", lambda plan, count: sound(plan, count)[:-1])
    assert_red(assert_twins, net(epochs=10, batch_size=16), MEMBERS, X, Y)


def test_an_order_of_rows_that_is_never_renewed(monkeypatch: Plant) -> None:
    sound = reference.row_order
    monkeypatch.setattr(reference, "row_order", lambda member, epoch, count: sound(member, 0 * epoch, count))
    assert_red(assert_twins, net(epochs=10, batch_size=16), MEMBERS, X, Y)


def test_a_twin_that_computes_in_single_precision(monkeypatch: Plant) -> None:
    sound = ACTIVATIONS["tanh"]

    def rough(z: Any) -> tuple:
        if not isinstance(z, np.ndarray):
            return sound.forward(z)
        a = np.tanh(z.astype(np.float32)).astype(z.dtype)
        return a, a

    monkeypatch.setitem(ACTIVATIONS, "tanh", sound._replace(forward=rough))
    assert_red(assert_one_update, net(), MEMBERS, X, Y)
    assert_red(assert_twins, net(epochs=100), MEMBERS, X, Y)
