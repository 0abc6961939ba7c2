"""bridle.trace shows the step that the engine takes, and marks the penalties' terms."""

from __future__ import annotations

import numpy as np
import pytest

import bridle
from bridle import Dense, Members, Plan, Residual, train

X = np.random.default_rng(1).normal(size=(6, 2))
Y = np.array([0, 1, 0, 1, 1, 0])
MEMBER = Members(seed=5, learning_rate=0.2, l2=0.3, dropout=0.25)


def plan(**changes: object) -> Plan:
    fields = {"inputs": 2, "layers": (Dense(4), Dense(1, "linear")), "epochs": 1, "dtype": "float64"}
    return Plan(**fields | {"regularizers": ("l2", "dropout")} | changes)  # type: ignore[arg-type]


def test_the_trace_ends_where_the_engine_ends() -> None:
    steps = bridle.trace(plan(), MEMBER, X, Y)
    outcome = train(plan(), MEMBER, X, Y, engine="reference")
    for k, (w, b) in enumerate(outcome.member_weights(0), start=1):
        np.testing.assert_array_equal(steps[f"W{k} after"], w)
        np.testing.assert_array_equal(steps[f"b{k} after"], b)
    np.testing.assert_allclose(steps["J data"], outcome.curves["train_loss"][0, 0], rtol=1e-14)


def test_the_arrays_fit_together() -> None:
    steps = bridle.trace(plan(), MEMBER, X, Y)
    np.testing.assert_array_equal(steps["x"], X.T)
    np.testing.assert_allclose(steps["a1 noisy"], np.maximum(steps["z1"], 0) * steps["keep1"] / 0.75)
    np.testing.assert_allclose(steps["dW2"], steps["dz2"] @ steps["a1 noisy"].T)
    step = 0.2 * (steps["dW1"] + steps["dW1 l2"])
    np.testing.assert_allclose(steps["W1 after"], steps["W1"] - step, rtol=1e-13)


def test_the_penalty_is_marked_and_the_shapes_are_shown() -> None:
    text = str(bridle.trace(plan(), MEMBER, X, Y))
    marked = [line for line in text.splitlines() if line.startswith("->")]
    assert [line.split()[1] for line in marked] == ["dW1", "dW2"]
    assert all("l2" in line for line in marked)
    assert "(4, 6)" in text


@pytest.mark.parametrize("form", ["prox", "subgradient"])
def test_l1_says_in_which_form_it_acts(form: str) -> None:
    steps = bridle.trace(plan(regularizers=("l1",), l1_form=form), Members(l1=0.1), X, Y)
    assert ("by prox" if form == "prox" else "joins the gradient") in str(steps)
    np.testing.assert_allclose(steps["dW1 l1"], 0.1 * np.sign(steps["W1"]))


def test_normalization_has_its_own_lines_and_blocks_are_refused() -> None:
    layers = (Dense(4, "relu", "batch"), Dense(1, "linear"))
    steps = bridle.trace(plan(layers=layers, regularizers=()), Members(), X, Y)
    z = steps["z1"]
    standard = (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(steps["n1"], standard, rtol=1e-12)
    np.testing.assert_array_equal(steps["a1"], np.maximum(steps["n1"], 0))
    assert steps["dgain1"].shape == (4, 1)
    np.testing.assert_allclose(steps["db1"], 0, atol=1e-15)
    with pytest.raises(bridle.BridleError, match="trace: layers must be Dense"):
        bridle.trace(plan(layers=(Residual(3), Dense(1, "linear"))), MEMBER, X, Y)
