"""Laws of losses and activations: values against SciPy and scikit-learn, finite at logits of +-1000, hits."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import special
from sklearn import metrics

from bridle.ops import ACTIVATIONS, LOSSES, dropout_forward
from tests.laws.oracles import ACTIVATION_FORMULAS, LOSS_FORMULAS, targets
from tests.tolerances import Tolerance

CLASSIFIERS = [name for name, loss in LOSSES.items() if loss.hits is not None]
EXTREMES = np.array([-1000.0, -88.8, -20.0, -1e-30, 0.0, 1e-30, 20.0, 88.8, 1000.0])


def logits(dtype: str) -> np.ndarray:
    return np.stack(np.meshgrid(EXTREMES, EXTREMES)).reshape(2, -1).astype(dtype)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_its_formula(name: str, dtype: str, tolerance: Tolerance) -> None:
    assert name in LOSS_FORMULAS, "give the new loss's formula in tests/laws/oracles.py"
    rng = np.random.default_rng(0)
    z, t = (rng.normal(size=(3, 40)) * 4).astype(dtype), targets(name, 3, 40, rng).astype(dtype)
    losses, _ = LOSSES[name].forward(z, t)
    assert losses.shape == (1, 40)
    assert losses.dtype == dtype
    expected = LOSS_FORMULAS[name](z.astype(float), t.astype(float)).sum(axis=0)
    np.testing.assert_allclose(losses[0], expected, **tolerance.same)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifiers_loss_and_gradient_are_finite_at_a_thousand(name: str, dtype: str) -> None:
    z = logits(dtype)
    for t in (np.zeros_like(z), np.ones_like(z), np.tile(np.array([[1], [0]], dtype), z.shape[1])):
        losses, cache = LOSSES[name].forward(z, t)
        dz = LOSSES[name].backward(np.ones_like(losses), cache)
        assert np.all(np.isfinite(losses))
        assert np.all(np.isfinite(dz))
        assert np.all(np.abs(dz) <= 1)
        assert dz.dtype == z.dtype


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_confident_mistake_costs_its_logit_and_not_infinity(name: str, dtype: str) -> None:
    z = np.array([[-1000.0], [0.0]], dtype)
    t = np.array([[1.0], [0.0]], dtype)
    losses, _ = LOSSES[name].forward(z, t)
    other = np.log(2) if name == "binary_cross_entropy" else 0
    np.testing.assert_allclose(losses[0, 0], 1000 + other, rtol=1e-6)


def test_losses_without_classes_are_finite_as_far_as_their_values_are(dtype: str) -> None:
    z, t = logits(dtype), np.ones_like(logits(dtype))
    for name in set(LOSSES) - set(CLASSIFIERS):
        inside = z if name != "poisson" else np.minimum(z, dtype_limit(dtype))
        losses, cache = LOSSES[name].forward(inside, t)
        assert np.all(np.isfinite(losses)), name
        assert np.all(np.isfinite(LOSSES[name].backward(np.ones_like(losses), cache))), name


def dtype_limit(dtype: str) -> float:
    """The largest logarithm of a count that has a count."""
    return float(np.log(np.finfo(dtype).max)) - 1


def test_expected_counts_beyond_the_dtype_are_infinite_and_never_nan(dtype: str) -> None:
    with np.errstate(over="ignore"):
        losses, cache = LOSSES["poisson"].forward(np.full((1, 1), 1000.0, dtype), np.full((1, 1), 3.0, dtype))
    assert losses[0, 0] == np.inf
    assert cache.prediction[0, 0] == np.inf


def test_losses_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(3, 50)) * 2
    label = rng.integers(3, size=50)
    one_hot = np.eye(3)[label].T
    losses, cache = LOSSES["cross_entropy"].forward(z, one_hot)
    np.testing.assert_allclose(cache.prediction, special.softmax(z, axis=0), rtol=1e-13)
    np.testing.assert_allclose(
        losses.mean(), metrics.log_loss(label, special.softmax(z, axis=0).T), rtol=1e-13
    )

    yes = rng.integers(2, size=(1, 50)).astype(float)
    losses, cache = LOSSES["binary_cross_entropy"].forward(z[:1], yes)
    np.testing.assert_allclose(cache.prediction, special.expit(z[:1]), rtol=1e-13)
    np.testing.assert_allclose(losses.mean(), metrics.log_loss(yes[0], special.expit(z[0])), rtol=1e-13)

    t = rng.normal(size=(3, 50))
    losses, _ = LOSSES["squared_error"].forward(z, t)
    expected = 3 * metrics.mean_squared_error(t.T, z.T) / 2
    np.testing.assert_allclose(losses.mean(), expected, rtol=1e-13)

    counts = rng.poisson(3, size=(1, 50)).astype(float)
    losses, cache = LOSSES["poisson"].forward(z[:1], counts)
    at_best = (counts - special.xlogy(counts, counts))[0]
    deviance = 2 * (losses[0] - at_best)
    np.testing.assert_allclose(
        deviance.mean(), metrics.mean_poisson_deviance(counts[0], np.exp(z[0])), rtol=1e-11
    )


def test_two_logits_of_a_choice_are_one_logit_of_a_yes_or_no() -> None:
    z = np.random.default_rng(2).normal(size=(1, 30)) * 5
    t = (np.arange(30) % 2)[None, :].astype(float)
    two, _ = LOSSES["cross_entropy"].forward(np.vstack([np.zeros_like(z), z]), np.vstack([1 - t, t]))
    one, _ = LOSSES["binary_cross_entropy"].forward(z, t)
    np.testing.assert_allclose(two, one, rtol=1e-12, atol=1e-14)


@given(z=arrays(np.float64, (3, 4), elements=st.floats(-50, 50)), shift=st.floats(-100, 100))
def test_a_choice_depends_on_differences_of_logits_only(z: np.ndarray, shift: float) -> None:
    t = np.eye(3)[[0, 1, 2, 0]].T
    here, moved = (LOSSES["cross_entropy"].forward(one, t) for one in (z, z + shift))
    np.testing.assert_allclose(here[0], moved[0], atol=1e-11)
    np.testing.assert_allclose(moved[1].prediction.sum(axis=0), 1, rtol=1e-13)


def test_the_link_is_what_the_loss_holds_to_be_the_prediction(dtype: str) -> None:
    rng = np.random.default_rng(3)
    for name, loss in LOSSES.items():
        z, t = rng.normal(size=(3, 9)).astype(dtype), targets(name, 3, 9, rng).astype(dtype)
        np.testing.assert_array_equal(loss.link(z), loss.forward(z, t)[1].prediction)


def test_the_gradient_vanishes_where_the_prediction_is_the_target() -> None:
    z = np.random.default_rng(4).normal(size=(3, 9))
    for name, loss in LOSSES.items():
        t = loss.link(z)
        dz = loss.backward(np.ones((1, 9)), loss.forward(z, t)[1])
        np.testing.assert_array_equal(dz, 0, err_msg=name)


def test_a_row_is_hit_if_all_its_answers_or_its_one_choice_are_right() -> None:
    hits = LOSSES["binary_cross_entropy"].hits
    assert hits is not None
    z = np.array([[1.0, 1.0, -1.0, 0.0], [-2.0, 2.0, -1.0, -1.0]])
    t = np.array([[1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 0.4, 0.0]])
    np.testing.assert_array_equal(hits(z, t), [[True, False, True, False]])
    hits = LOSSES["cross_entropy"].hits
    assert hits is not None
    np.testing.assert_array_equal(
        hits(z, np.array([[1.0, 1, 0, 1], [0, 0, 1, 0]])), [[True, False, False, True]]
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_its_formula_and_finite_at_a_thousand(
    name: str, dtype: str, tolerance: Tolerance
) -> None:
    z = np.concatenate([EXTREMES, np.linspace(-5, 5, 41)]).astype(dtype)[None, :]
    op = ACTIVATIONS[name]
    a, cache = op.forward(z)
    assert a.dtype == dtype
    if name in ACTIVATION_FORMULAS:
        np.testing.assert_allclose(a, ACTIVATION_FORMULAS[name](z.astype(float)), **tolerance.same)
    dz = op.backward(np.ones_like(z), cache)
    assert np.all(np.isfinite(dz))
    assert dz.dtype == dtype


def test_the_derivative_of_relu_at_zero_is_zero() -> None:
    op = ACTIVATIONS["relu"]
    _, cache = op.forward(np.array([[0.0, -0.0]]))
    np.testing.assert_array_equal(op.backward(np.ones((1, 2)), cache), 0)


def test_ops_on_jax_are_those_on_numpy() -> None:
    """exp and tanh of the two libraries differ by up to 5 ulp; everything else must not add to that."""
    rng = np.random.default_rng(5)
    z = rng.normal(size=(3, 17)) * 3
    with jax.enable_x64(True):
        for name, op in ACTIVATIONS.items():
            mine, cache = op.forward(z)
            theirs, their_cache = op.forward(jnp.asarray(z))
            np.testing.assert_allclose(mine, np.asarray(theirs), rtol=2e-15, err_msg=name)
            back, their_back = op.backward(z, cache), op.backward(jnp.asarray(z), their_cache)
            np.testing.assert_allclose(back, np.asarray(their_back), rtol=1e-13, atol=1e-14, err_msg=name)
        for name, loss in LOSSES.items():
            t = targets(name, 3, 17, rng)
            mine, _ = loss.forward(z, t)
            theirs, _ = loss.forward(jnp.asarray(z), jnp.asarray(t))
            np.testing.assert_allclose(mine, np.asarray(theirs), rtol=1e-13, atol=1e-14, err_msg=name)


def test_dropout_keeps_the_mean_and_raises_the_variance_as_its_documentation_says(dtype: str) -> None:
    rng = np.random.default_rng(6)
    rate = np.asarray(0.3, dtype=dtype)
    a = np.full((1, 1_000_000), 2.0, dtype)
    out, _ = dropout_forward(a, rng.random(a.shape) >= 0.3, rate)
    assert out.dtype == dtype
    variance = 0.3 / 0.7 * 4
    assert abs(out.mean(dtype=float) - 2) < 5 * np.sqrt(variance / a.size)
    np.testing.assert_allclose(out.var(dtype=float), variance, rtol=0.01)


def test_dropout_at_rate_zero_is_the_identity_whatever_the_mask(dtype: str) -> None:
    a = np.random.default_rng(7).normal(size=(3, 4)).astype(dtype)
    out, _ = dropout_forward(a, np.zeros((3, 4), bool), np.asarray(0, dtype=dtype))
    np.testing.assert_array_equal(out, a)


def test_one_mask_for_all_rows_is_a_column() -> None:
    a = np.ones((3, 4))
    out, _ = dropout_forward(a, np.array([[True], [False], [True]]), np.float64(0.5))
    np.testing.assert_array_equal(out, np.array([[2.0], [0.0], [2.0]]) * np.ones((1, 4)))
