"""Laws of plans: every problem at once, JSON there and back, hashing, what they derive; layers' first weights."""

from __future__ import annotations

import json
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from bridle.engine import Dense, Plan, Residual
from bridle.engine.admission import INITIALIZERS, MONITORS, TRACKS
from bridle.engine.initial import initial_weights
from bridle.engine.layer_admission import NORMALIZATIONS
from bridle.errors import PlanError
from bridle.ops import ACTIVATIONS, LOSSES
from bridle.registry import REGISTRY
from bridle.rules.decay import UNITS
from bridle.rules.schedules import SCHEDULES
from bridle.rules.steps import OPTIMIZERS
from tests.builders import net

FOR_ANY_PLAN = sorted(
    record.name
    for record in REGISTRY.values()
    if record.requires in ("", "selu") and not any(term.first_layer_only for term in record.terms)
)
SHARES = st.floats(0, 1, exclude_max=True)
HIDDEN = st.builds(
    lambda kind, *rest: kind(*rest),
    st.sampled_from([Dense, Residual]),
    st.integers(2, 99),
    st.sampled_from(sorted(ACTIVATIONS)),
    st.sampled_from([None, *NORMALIZATIONS]),
)
LAST = st.builds(Dense, st.integers(2, 99), st.just("linear"))
PLANS = st.builds(
    Plan,
    inputs=st.integers(1, 500),
    layers=st.builds(lambda hidden, last: [*hidden, last], st.lists(HIDDEN, max_size=3), LAST),
    loss=st.sampled_from(sorted(LOSSES)),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    momentum=SHARES,
    nesterov=st.booleans(),
    beta1=SHARES,
    epsilon=st.floats(1e-300, 1),
    schedule=st.sampled_from(sorted(SCHEDULES)),
    decay=st.floats(0, 100),
    warmup=SHARES,
    epochs=st.integers(1, 10**9),
    batch_size=st.none() | st.integers(1, 10**6),
    regularizers=st.lists(st.sampled_from(FOR_ANY_PLAN), unique=True),
    dtype=st.sampled_from(["float32", "float64"]),
    initializer=st.none() | st.sampled_from(INITIALIZERS),
    l1_at_zero=st.floats(-1, 1),
    decay_biases=st.booleans(),
    weight_decay_unit=st.sampled_from(UNITS),
    monitor=st.sampled_from([monitor for monitor in MONITORS if "accuracy" not in monitor]),
    evaluate_every=st.integers(1, 99),
    track=st.lists(st.sampled_from(TRACKS), unique=True),
)


@given(plan=PLANS)
def test_a_plan_comes_back_from_json_as_it_was(plan: Plan) -> None:
    again = Plan.from_json(plan.to_json())
    assert again == plan
    assert hash(again) == hash(plan)
    assert again.to_json() == plan.to_json()


@given(plan=PLANS, other=PLANS)
def test_plans_are_equal_if_their_json_is(plan: Plan, other: Plan) -> None:
    assert (plan == other) == (json.loads(plan.to_json()) == json.loads(other.to_json()))


def test_numpys_numbers_are_pythons_in_a_plan() -> None:
    plan = net(
        inputs=np.int64(3),
        layers=(Dense(np.int32(2), "linear"),),
        momentum=np.float32(0.5),
        nesterov=np.True_,
    )
    assert plan == net(layers=(Dense(2, "linear"),), momentum=0.5, nesterov=True)
    assert Plan.from_json(plan.to_json()) == plan


def test_lists_and_generators_become_tuples() -> None:
    plan = net(layers=[Dense(3), Dense(1, "linear")], regularizers=(name for name in ("l1", "l2")))
    assert plan.layers == (Dense(3), Dense(1, "linear"))
    assert plan.regularizers == ("l1", "l2")
    assert len({plan, net(layers=plan.layers, regularizers=["l1", "l2"])}) == 1


def test_a_plan_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        net().epochs = 3  # type: ignore[misc]


WRONG: dict[str, Any] = {
    "inputs": [0, 1.5, "3", None, True],
    "layers": [(), None, Dense(3), [3], (Dense(0),), (Dense(3, "rleu"),)],
    "image": [(3,), (1, 2, 2), "x", (1, 0, 3)],
    "resampling": ["cubic", None],
    "fill": ["wrap", 0],
    "loss": ["bce", None],
    "optimizer": ["adamw"],
    "momentum": [1.01, -0.1, float("nan"), "0.9"],
    "nesterov": ["yes", 1],
    "beta1": [1.0],
    "beta2": [1.0, -1],
    "epsilon": [0, -1e-8, float("inf")],
    "epsilon_place": ["inside"],
    "schedule": ["cosin"],
    "decay": [-1],
    "warmup": [1],
    "epochs": [0, 2.0],
    "batch_size": [0, -1, 2.5],
    "regularizers": ["l2", None, ("ridge",), ("l2", "l2"), ([],), (["l2"], ["l2"])],
    "dtype": ["float16", np.float32],
    "initializer": ["xavier"],
    "initializer_factor": [-1, float("inf")],
    "penalty_scale": ["rows"],
    "decay_biases": ["no"],
    "strength_schedules": [{"l2": "cosin"}, {"l2": "cosine"}, "l2", 3, [("l2",)]],
    "l1_form": ["proximal"],
    "l1_at_zero": [1.1, -2],
    "weight_decay_unit": ["step"],
    "monitor": ["train_accuracy", "loss"],
    "evaluate_every": [0],
    "cycles": [0, 2.5],
    "track": ["penalty", ("norm",)],
}


@pytest.mark.parametrize("name", WRONG)
def test_every_wrong_value_is_one_clear_problem(name: str) -> None:
    for value in WRONG[name]:
        with pytest.raises(PlanError) as caught:
            net(**{name: value})
        lines = str(caught.value).splitlines()
        assert lines[0].startswith("Plan: ")
        assert any(name.rstrip("s") in line for line in lines)
        assert all(" must be " in line and "; got " in line and line[-1] in ".?" for line in lines)


def test_every_parameter_is_checked() -> None:
    assert set(WRONG) == set(Plan.__dataclass_fields__)


def test_outputs_are_raw_where_the_loss_turns_them_into_predictions() -> None:
    for loss in LOSSES:
        layers = (Dense(3), Dense(2, "sigmoid"))
        if loss == "squared_error":
            assert net(layers=layers, loss=loss).layers == layers
        else:
            with pytest.raises(PlanError, match="activation of the last layer must be 'linear' with"):
                net(layers=layers, loss=loss)


def test_a_velocity_that_never_dies_down_has_no_step_for_proximal_operators() -> None:
    for name in ("l1", "group_lasso"):
        with pytest.raises(PlanError, match=f"momentum must be below 1 with '{name}'; got 1"):
            net(momentum=1, regularizers=(name,))
    assert net(momentum=1, regularizers=("l1",), l1_form="subgradient").momentum == 1
    assert net(momentum=1, regularizers=("l1",), optimizer="adam").momentum == 1
    assert net(momentum=1, regularizers=("l2", "weight_decay")).momentum == 1


def test_all_problems_are_named_at_once_with_hints() -> None:
    with pytest.raises(PlanError) as caught:
        Plan(inputs=0, layers=(Dense(1, "rleu"),), loss="poison", batch_size=0, regularizers=("dropuot",))
    text = str(caught.value)
    assert len(text.splitlines()) == 5
    for hint in ("'relu'", "'poisson'", "'dropout'", "None means all rows in one batch."):
        assert hint in text


def test_what_a_loss_does_not_know_is_refused() -> None:
    with pytest.raises(PlanError, match="at least 2 with 'cross_entropy'"):
        net(loss="cross_entropy", outputs=1)
    with pytest.raises(PlanError, match="knows no accuracy"):
        net(loss="squared_error", monitor="validation_accuracy")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "[]",
        "{}",
        '{"layers": 3}',
        '{"layers": []}',
        '{"layers": [{"units": 1, "bias": 2}], "inputs": 1}',
    ],
)
def test_text_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PlanError):
        Plan.from_json(text)


def test_an_unknown_field_is_refused_with_the_one_that_was_meant() -> None:
    fields = json.loads(net().to_json()) | {"epoch": 3}
    with pytest.raises(PlanError, match="Did you mean 'epochs'"):
        Plan.from_json(json.dumps(fields))


def test_what_a_plan_derives() -> None:
    plan = net(inputs=7, outputs=2, regularizers=("dropout", "l1"), loss="squared_error")
    assert plan.sizes == (7, 8, 4, 2)
    assert plan.outputs == 2
    assert not plan.classifies
    assert net().classifies
    assert [record.name for record in plan.records] == ["l1", "dropout"]
    assert list(plan.settings) == ["l1", "dropout"]
    assert plan.has("l1")
    assert not plan.has("l2")
    assert [len(own.terms) for own in plan.hooks.arrays] == [1, 0] * 3


@pytest.mark.parametrize("name", INITIALIZERS)
def test_first_weights_have_their_initializers_variance(name: str) -> None:
    plan = Plan(
        inputs=300,
        layers=(Dense(200, "relu"), Dense(100, "linear")),
        initializer=name,
        initializer_factor=0.5,
    )
    kind, _, shape = name.partition("_")
    for (w, b), (fan_in, out) in zip(initial_weights(plan, 3), ((300, 200), (200, 100)), strict=True):
        variance = {"he": 2 / fan_in, "glorot": 2 / (fan_in + out), "lecun": 1 / fan_in, "normal": 1.0}[
            kind
        ] / 4
        assert abs(w.var() / variance - 1) < 5 * np.sqrt(2 / w.size)
        assert abs(w.mean()) < 5 * np.sqrt(variance / w.size)
        if shape == "uniform":
            assert np.abs(w).max() <= np.sqrt(3 * variance) * (1 + 1e-6)
        assert np.all(b == 0)
        assert w.dtype == b.dtype == np.float32


def test_without_a_name_the_activation_chooses_the_initializer() -> None:
    layers = (Dense(200, "relu"), Dense(200, "linear"))
    own = initial_weights(Plan(inputs=100, layers=layers), 0)
    he, glorot = (
        initial_weights(Plan(inputs=100, layers=layers, initializer=name), 0) for name in ("he", "glorot")
    )
    np.testing.assert_array_equal(own[0][0], he[0][0])
    np.testing.assert_array_equal(own[1][0], glorot[1][0])


def test_first_weights_differ_between_seeds_and_layers_and_not_between_dtypes() -> None:
    square = {"inputs": 4, "layers": (Dense(4), Dense(4, "linear")), "initializer": "he"}
    one, other = (initial_weights(Plan(**square), seed) for seed in (0, 1))
    assert not np.any(one[0][0] == other[0][0])
    assert not np.any(one[0][0] == one[1][0])
    double = initial_weights(Plan(**square, dtype="float64"), 0)
    np.testing.assert_array_equal(one[0][0], double[0][0].astype(np.float32))


def test_every_activation_names_an_initializer_that_exists() -> None:
    assert {op.initializer for op in ACTIVATIONS.values()} <= set(INITIALIZERS)
