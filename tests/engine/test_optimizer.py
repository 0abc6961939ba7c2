"""Arrays that lie end to end take the steps that each would take by itself, to the bit."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from bridle import Dense, Members, train
from bridle.engine import optimizer
from bridle.engine.optimizer import EndToEnd, by_array, laid_out
from bridle.engine.reference import first_state
from bridle.engine.session import Session
from tests.builders import flat, net, table

X, Y = table()
RULES = [
    {"optimizer": "sgd"},
    {"optimizer": "sgd", "momentum": 0.9, "nesterov": True},
    {"optimizer": "rmsprop"},
    {"optimizer": "adam"},
    {"optimizer": "adam", "epsilon_place": "before_correction"},
]
NORMALIZED = (Dense(8, "relu", normalization="batch"), Dense(4, "tanh"), Dense(1, "linear"))
ACTING = ("l1", "weight_decay", "max_norm", "l2")
"""One that acts at each place around the step, so that effective steps and shapes matter."""

LEAN = """
import sys
import numpy as np
from bridle import MLPClassifier
X = np.random.default_rng(0).normal(size=(60, 3))
network = MLPClassifier((4,), max_iter=2, early_stopping=True).fit(X, X[:, 0] > 0)
network.predict_proba(X), network.score(X, X[:, 0] > 0)
assert "jax" not in sys.modules, "JAX was imported"
"""


def trained(dtype: str = "float64", **rule) -> tuple[Session, dict[str, np.ndarray]]:
    plan = net(**rule, regularizers=ACTING, batch_size=16, epochs=5, layers=NORMALIZED, dtype=dtype)
    members = Members(seed=[3], learning_rate=0.05, l1=0.01, weight_decay=0.02, max_norm=1.5, l2=0.03)
    session = Session(plan, members, X, Y, engine="reference")
    return session, session.advance(5)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join(map(str, rule.values())))
def test_blocks_change_no_bit(rule: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizer, "MOST_NUMBERS", 0)
    whole, curves = trained(**rule)
    monkeypatch.setattr(optimizer, "MOST_AT_ONCE", 4)
    monkeypatch.setattr(optimizer, "BLOCK", 7)
    cut, own = trained(**rule)
    np.testing.assert_array_equal(flat(whole.weights, 0), flat(cut.weights, 0))
    np.testing.assert_array_equal(curves["train_loss"], own["train_loss"])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: "-".join(map(str, rule.values())))
def test_end_to_end_changes_no_bit(rule: dict, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    together, curves = trained(dtype, **rule)
    monkeypatch.setattr(optimizer, "MOST_NUMBERS", 0)
    apart, own = trained(dtype, **rule)
    np.testing.assert_array_equal(flat(together.weights, 0), flat(apart.weights, 0))
    np.testing.assert_array_equal(curves["train_loss"], own["train_loss"])
    for slots, others in zip(together.state.slots, apart.state.slots, strict=True):
        assert len(slots) == len(others)
        for one, other in zip(slots, others, strict=True):
            assert one.shape == other.shape
            np.testing.assert_array_equal(one, other)


def test_slots_come_back_in_the_arrays_shapes() -> None:
    plan = net(optimizer="adam", layers=NORMALIZED)
    members = Members(seed=[3])
    weights = [(w[0], b[0]) for w, b in Session(plan, members, X, Y, engine="reference").weights]
    slots = first_state(plan, weights).slots
    numbers = iter(range(10**6))
    marked = [tuple(np.full_like(one, next(numbers)) for one in own) for own in slots]
    lying = laid_out(plan, marked, weights)
    assert isinstance(lying, EndToEnd)
    assert len(lying.slots) == 2
    assert laid_out(plan, lying, weights) is lying
    for own, back in zip(marked, by_array(lying), strict=True):
        for one, other in zip(own, back, strict=True):
            np.testing.assert_array_equal(one, other)


def test_a_large_network_and_one_without_slots_stay_apart() -> None:
    for plan in (net(optimizer="adam", inputs=2**14), net(optimizer="sgd")):
        weights = [tuple(np.zeros(shape) for shape in pair.shapes) for pair in plan.pairs]
        slots = first_state(plan, weights).slots
        assert laid_out(plan, slots, weights) is slots


def test_the_engines_agree_where_one_lies_end_to_end() -> None:
    plan = net(optimizer="adam", regularizers=ACTING, batch_size=16, epochs=8, dtype="float64")
    members = Members(seed=[3, 4], learning_rate=0.05, l1=0.01, weight_decay=0.02, max_norm=1.5, l2=0.03)
    compiled, plain = (train(plan, members, X, Y, engine=engine) for engine in ("population", "reference"))
    for m in range(2):
        np.testing.assert_allclose(flat(compiled.weights, m), flat(plain.weights, m), rtol=1e-9, atol=1e-11)


def test_a_fit_on_numpy_leaves_jax_where_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LEAN], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
