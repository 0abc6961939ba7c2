"""Laws of terms: prox = argmin by brute force, identity at 0, limits, and value, gradient and prox at one."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bridle.engine import Dense, Members, Plan, train
from bridle.engine.step import penalty_value
from bridle.registry import REGISTRY, Term
from tests.laws.gradients import middle_of_grid
from tests.laws.oracles import PENALTY_FORMULAS, penalty
from tests.laws.proximal import (
    assert_prox_beats_its_neighborhood,
    assert_prox_is_argmin,
    assert_prox_limits,
    assert_prox_moves_against_the_subgradient,
    assert_thresholds_are_per_coordinate,
)

PENALTIES = [record for record in REGISTRY.values() if record.family == "penalty"]
TERMS = [
    pytest.param(term, id=f"{record.name}-{i}") for record in PENALTIES for i, term in enumerate(record.terms)
]
PROXIMAL = [param for param in TERMS if param.values[0].prox is not None]
SIZES = st.floats(-1e6, 1e6, allow_subnormal=False)


def test_every_penalty_has_terms_and_every_term_a_way_to_act() -> None:
    for record in PENALTIES:
        assert record.terms, record.name
        for term in record.terms:
            assert (term.gradient is None) != (term.prox is None), record.name
            assert (term.prox is None) == (term.subgradient is None), record.name
    assert not any(record.terms for record in REGISTRY.values() if record.family != "penalty")


@pytest.mark.parametrize("term", PROXIMAL)
@pytest.mark.parametrize(
    "law",
    [
        assert_prox_is_argmin,
        assert_prox_beats_its_neighborhood,
        assert_thresholds_are_per_coordinate,
        assert_prox_moves_against_the_subgradient,
    ],
)
def test_a_prox_obeys(law, term: Term) -> None:
    law(term)


@pytest.mark.parametrize("term", PROXIMAL)
def test_a_prox_has_its_limits(term: Term, dtype: str) -> None:
    assert_prox_limits(term, dtype)


@pytest.mark.parametrize("term", PROXIMAL)
@given(pair=arrays(np.float64, (2, 3, 2), elements=SIZES), threshold=st.floats(0, 1e6))
def test_a_prox_brings_points_nearer_and_never_past_zero(
    term: Term, pair: np.ndarray, threshold: float
) -> None:
    assert term.prox is not None
    first, second = (term.prox(w, np.float64(threshold)) for w in pair)
    assert np.linalg.norm(first - second) <= np.linalg.norm(pair[0] - pair[1]) * (1 + 1e-12)
    assert np.all(first * pair[0] >= 0)
    assert np.all(np.abs(first) <= np.abs(pair[0]))


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_finite_everywhere_and_nothing_at_strength_zero(term: Term, dtype: str) -> None:
    number = np.dtype(dtype).type
    w = np.random.default_rng(0).normal(size=(4, 3)).astype(dtype)
    for parameters in (w, np.zeros_like(w)):
        assert term.value(parameters, number(0)) == 0
        for strength in (0.0, 1e-30, 1.0, 1e30):
            parts = [term.value(parameters, number(strength))]
            if term.gradient is not None:
                parts.append(term.gradient(parameters, number(strength)))
            if term.subgradient is not None:
                parts.append(term.subgradient(parameters, number(strength), 1.0))
            for part in parts:
                assert np.all(np.isfinite(part))
                assert np.asarray(part).dtype == w.dtype
    assert term.value(np.zeros_like(w), number(3)) == 0
    assert term.value(w, number(3)) > 0


@pytest.mark.parametrize("term", TERMS)
def test_a_terms_value_is_linear_in_strength_and_convex_in_the_parameters(term: Term) -> None:
    rng = np.random.default_rng(1)
    w, u = rng.normal(size=(2, 4, 3))
    one = np.float64(1)
    np.testing.assert_allclose(term.value(w, np.float64(2.5)), 2.5 * term.value(w, one), rtol=1e-14)
    assert term.value((w + u) / 2, one) <= (term.value(w, one) + term.value(u, one)) / 2


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_the_same_on_jax(term: Term) -> None:
    w = np.random.default_rng(2).normal(size=(4, 3))
    w[0, 0] = 0
    with jax.enable_x64(True):
        pairs = [(term.value(w, 0.3), term.value(jnp.asarray(w), jnp.asarray(0.3)))]
        if term.gradient is not None:
            pairs.append((term.gradient(w, 0.3), term.gradient(jnp.asarray(w), jnp.asarray(0.3))))
        if term.prox is not None and term.subgradient is not None:
            pairs.append((term.prox(w, 0.3), term.prox(jnp.asarray(w), jnp.asarray(0.3))))
            pairs.append(
                (term.subgradient(w, 0.3, 1.0), term.subgradient(jnp.asarray(w), jnp.asarray(0.3), 1.0))
            )
        for mine, theirs in pairs:
            np.testing.assert_allclose(mine, np.asarray(theirs), rtol=1e-15)


@pytest.mark.parametrize("at_zero", [-1.0, 0.0, 0.5, 1.0])
def test_a_subgradient_takes_the_value_at_zero_that_it_is_given(at_zero: float) -> None:
    for param in PROXIMAL:
        (term,) = param.values
        if term.grouped_by != "coordinates":  # a group's subgradient at zero is 0
            continue
        slope = term.subgradient(np.array([[-2.0, 0.0, -0.0, 3.0]]), np.float64(2), at_zero)
        np.testing.assert_array_equal(slope, [[-2, 2 * at_zero, 2 * at_zero, 2]])


@pytest.mark.parametrize(
    "record", [one for one in PENALTIES if not one.reaches_rows], ids=lambda record: record.name
)
def test_the_penalty_is_its_formula_summed_over_layers(record) -> None:
    assert record.name in PENALTY_FORMULAS, "give the new penalty's formula in tests/laws/oracles.py"
    plan = Plan(inputs=2, layers=(Dense(3), Dense(1, "linear")), regularizers=(record.name,), dtype="float64")
    rng = np.random.default_rng(3)
    weights = [
        (rng.normal(size=(3, 2)), rng.normal(size=(3, 1))),
        (rng.normal(size=(1, 3)), rng.normal(size=(1, 1))),
    ]
    settings = {name: np.asarray(value) for name, value in middle_of_grid(record.name).items()}
    np.testing.assert_allclose(
        penalty_value(plan, weights, settings), penalty(plan, weights, settings), rtol=1e-14
    )
    settings[record.strength.name] = np.array([0.0, 0.5])
    np.testing.assert_allclose(
        penalty_value(plan, weights, settings), penalty(plan, weights, settings), rtol=1e-14
    )


def test_elastic_net_at_its_ends_is_l1_and_l2_to_the_bit() -> None:
    rng = np.random.default_rng(4)
    X, y = rng.normal(size=(30, 3)), rng.normal(size=30)
    parts = {
        "inputs": 3,
        "layers": (Dense(4, "tanh"), Dense(1, "linear")),
        "loss": "squared_error",
        "epochs": 20,
    }

    def trained(name: str, **settings: float):
        plan = Plan(regularizers=(name,), dtype="float64", **parts)
        return train(plan, Members(seed=[1], learning_rate=0.1, **settings), X, y, engine="reference").weights

    for ratio, name in ((1.0, "l1"), (0.0, "l2")):
        ours = trained("elastic_net", elastic_net=0.05, elastic_net_ratio=ratio)
        for (w, b), (other_w, other_b) in zip(ours, trained(name, **{name: 0.05}), strict=True):
            np.testing.assert_array_equal(w, other_w)
            np.testing.assert_array_equal(b, other_b)


def test_two_kinks_on_one_parameter_add_up() -> None:
    """l1 and the l1 part of elastic_net: two soft thresholds in a row are one of their sum."""
    soft = REGISTRY["l1"].terms[0].prox
    assert soft is not None
    w = np.random.default_rng(5).normal(size=(6, 6))
    np.testing.assert_allclose(soft(soft(w, 0.2), 0.3), soft(w, 0.5), atol=1e-15)
