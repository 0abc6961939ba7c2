"""Laws of penalties on activations: a weighted mean over rows, tracked as part of J, silent units at the limit.

That the update follows their gradient is a law of all penalties, in test_gradients.
"""

from __future__ import annotations

import numpy as np
import pytest

from bridle.engine import Dense, Members, Plan, train
from bridle.registry import REGISTRY
from tests.builders import net, table
from tests.laws.gradients import Case, every_activation, middle_of_grid
from tests.laws.oracles import ACTIVITY_FORMULAS

NAMES = [
    record.name for record in REGISTRY.values() if any(term.on == "activations" for term in record.terms)
]
X, Y = table(40)
HIDDEN = (Dense(6, "tanh"), Dense(5, "relu"))


def plan(name: str, **options) -> Plan:
    layers = (*HIDDEN, Dense(1, "linear"))
    return Plan(inputs=3, layers=layers, dtype="float64", regularizers=(name,), **options)


def outputs_of(weights, m: int) -> list[np.ndarray]:
    """Return the layers' outputs on X by hand, (H, N) each."""
    (w1, b1), (w2, b2), (w3, b3) = ((w[m], b[m]) for w, b in weights)
    first = np.tanh(w1 @ X.T + b1)
    second = np.maximum(w2 @ first + b2, 0)
    return [first, second, w3 @ second + b3]


def test_every_one_has_its_formula() -> None:
    assert set(NAMES) == set(ACTIVITY_FORMULAS), "give the new penalty's formula in tests/laws/oracles.py"


@pytest.mark.parametrize("engine", ["population", "reference"])
@pytest.mark.parametrize("name", NAMES)
def test_the_tracked_penalty_is_the_mean_over_rows(name: str, engine: str) -> None:
    """Full batch, no learning: the penalty of the first weights, one strength for all or one a layer."""
    row_weights = np.random.default_rng(0).random(40)
    for strength, slots in ((0.3, [0.3, 0.3, 0.0]), ([[0.1, 0.0, 0.7]], [0.1, 0.0, 0.7])):
        members = Members(seed=[0], learning_rate=0.0, row_weights=row_weights, **{name: strength})
        outcome = train(plan(name, epochs=2, track=("penalty",)), members, X, Y, engine=engine)
        expected = sum(
            own * np.average(ACTIVITY_FORMULAS[name](a), weights=row_weights)
            for own, a in zip(slots, outputs_of(outcome.weights, 0), strict=True)
        )
        np.testing.assert_allclose(outcome.curves["penalty"][0], expected, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_rows_that_are_there_twice_change_nothing(name: str) -> None:
    """A mean, not a sum: the strength's unit does not depend on the number of rows."""
    members = Members(seed=[1], learning_rate=0.1, **{name: 0.2})
    once = train(plan(name, epochs=30), members, X, Y, engine="reference")
    twice = train(plan(name, epochs=30), members, np.vstack([X, X]), np.append(Y, Y), engine="reference")
    for (w, b), (other_w, other_b) in zip(once.weights, twice.weights, strict=True):
        np.testing.assert_allclose(w, other_w, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(b, other_b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_stronger_the_more_silent(name: str) -> None:
    strengths = [0.0, 0.03, 0.1, 0.3]
    members = Members(seed=[2], learning_rate=0.05, **{name: strengths})
    outcome = train(plan(name, epochs=1500, schedule="cosine"), members, X, Y)
    spoken = [
        sum(ACTIVITY_FORMULAS[name](a).mean() for a in outputs_of(outcome.weights, m)[:2]) for m in range(4)
    ]
    assert spoken[0] > spoken[1] > spoken[2] > spoken[3]
    assert spoken[3] < 0.1 * spoken[0]


@pytest.mark.parametrize("name", NAMES)
def test_the_strength_of_the_outputs_counts_where_it_is_named(name: str) -> None:
    layers = len(every_activation("squared_error").layers)
    options = {"regularizers": (name,)}
    value = middle_of_grid(name)[name]
    all_hidden = Case(every_activation("squared_error", **options), {name: value}).step()
    named = np.full((1, layers), value)
    named[0, -1] = 0
    same = Case(every_activation("squared_error", **options), {name: named}).step()
    named[0, -1] = value
    more = Case(every_activation("squared_error", **options), {name: named}).step()
    for one, other in zip(all_hidden, same, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(all_hidden[-1], more[-1])


def test_mini_batches_track_the_mean_of_their_batches() -> None:
    options = {"epochs": 3, "batch_size": 16, "track": ("penalty",), "regularizers": ("activity_l2",)}
    members = Members(seed=[0], learning_rate=0.0, activity_l2=0.5)
    batches = train(net(**options), members, X, Y)
    whole = train(net(**(options | {"batch_size": None})), members, X, Y)
    np.testing.assert_allclose(batches.curves["penalty"], whole.curves["penalty"], rtol=1e-12)
