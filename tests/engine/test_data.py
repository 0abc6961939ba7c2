"""Laws of data at the door: labels, indices, memberships and values; one clear error for what cannot be used."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bridle.engine import Members, Plan, Recorded, train
from bridle.engine.examples import encode_inputs, encode_targets
from bridle.errors import BridleError, DataError, PlanError
from tests.builders import answers, flat, net, table

X, Y = table(20)
QUICK: dict[str, Any] = {"engine": "reference"}


def quick(plan: Plan, X: Any, y: Any, **rest: Any):
    return train(plan, Members(), X, y, **(QUICK | rest))


def encoded(loss: str, outputs: int, y: Any):
    return encode_targets(net(loss=loss, outputs=outputs), y, len(y))


def test_inputs_are_rows_last_in_the_plans_dtype_each_rows_together(dtype: str) -> None:
    x = encode_inputs(net(dtype=dtype), X.tolist())
    assert x.shape == (3, 20)
    assert x.dtype == dtype
    assert x.flags.f_contiguous
    np.testing.assert_allclose(x, X.T, rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        ([0, 1, 1, 0], [0, 1]),
        ([0.0, 1.0, 1.0, 0.0], [0.0, 1.0]),
        ([False, True, True, False], [False, True]),
        (["no", "yes", "yes", "no"], ["no", "yes"]),
        (np.array(["no", "yes", "yes", "no"], object), ["no", "yes"]),
        ([-1, 1, 1, -1], [-1, 1]),
        ([[3], [7], [7], [3]], [3, 7]),
    ],
)
def test_two_labels_of_any_kind_are_zero_and_one(y: Any, classes: list) -> None:
    data = encoded("binary_cross_entropy", 1, y)
    np.testing.assert_array_equal(data.t, [[0, 1, 1, 0]])
    assert data.classes is not None
    assert data.classes.tolist() == classes


def test_indices_stand_for_themselves_even_if_some_do_not_occur() -> None:
    data = encoded("cross_entropy", 4, [0, 3, 3])
    np.testing.assert_array_equal(data.t.T, np.eye(4)[[0, 3, 3]])
    only_ones = encoded("binary_cross_entropy", 1, [1, 1])
    np.testing.assert_array_equal(only_ones.t, [[1, 1]])


def test_other_labels_are_sorted() -> None:
    data = encoded("cross_entropy", 3, ["dog", "ant", "cat", "ant"])
    assert data.classes is not None
    assert data.classes.tolist() == ["ant", "cat", "dog"]
    np.testing.assert_array_equal(data.t.T, np.eye(3)[[2, 0, 1, 0]])


def test_memberships_are_taken_as_they_are() -> None:
    shares = np.array([[0.2, 0.8], [1.0, 0.0]])
    np.testing.assert_array_equal(encoded("cross_entropy", 2, shares).t, shares.T)
    np.testing.assert_array_equal(encoded("binary_cross_entropy", 1, [0.2, 0.9]).t, [[0.2, 0.9]])
    np.testing.assert_array_equal(
        encoded("binary_cross_entropy", 2, [[0.2, 0.9], [1, 1]]).t, [[0.2, 1], [0.9, 1]]
    )
    assert encoded("cross_entropy", 2, shares).classes is None


def test_values_are_columns() -> None:
    np.testing.assert_array_equal(encoded("squared_error", 1, [1.5, -2]).t, [[1.5, -2]])
    np.testing.assert_array_equal(encoded("poisson", 2, [[1, 2], [0, 3]]).t, [[1, 0], [2, 3]])


WRONG: list[tuple[str, int, Any, str]] = [
    ("binary_cross_entropy", 1, ["a", "b", "c", "a"], "classes in y must be 2"),
    ("binary_cross_entropy", 1, [0.2, 1.7, 0.1, 0.5], "classes in y must be 2"),
    ("binary_cross_entropy", 2, [[0.2, 1.7]] * 4, r"y must be memberships in \[0, 1\]; got 1.7"),
    ("binary_cross_entropy", 2, [["a", "b"]] * 4, "labels, \\(N,\\), or memberships that are numbers"),
    ("binary_cross_entropy", 1, [0, 1, np.nan, 1], "y must be finite; got nan. Drop rows without target."),
    ("binary_cross_entropy", 1, np.array(["a", None, "b", "a"], object), "labels of one kind"),
    ("cross_entropy", 3, [0, 1, 2, 3], "classes in y must be 3"),
    (
        "cross_entropy",
        3,
        [[0.5, 0.5, 0.5]] * 4,
        "sum of each row of y must be 1 for 'cross_entropy'; got 1.5",
    ),
    ("cross_entropy", 3, [[0.5, 0.5]] * 4, "columns of y must be 3, the plan's outputs; got 2"),
    ("squared_error", 1, [1, 2, 3], r"y's shape must be \(4,\) or \(4, 1\); got \(3,\)"),
    ("squared_error", 1, [[[1]]] * 4, "y's shape must be"),
    ("squared_error", 2, [1, 2, 3, 4], "columns of y must be 2"),
    ("squared_error", 1, ["a", "b", "c", "d"], "y must be numbers"),
    ("squared_error", 1, [1, 2, np.inf, 4], "y must be finite; got inf"),
    ("squared_error", 1, [[1], [1, 2], [3], [4]], "y must be an array"),
    ("squared_error", 1, 3, "y's shape must be"),
    ("poisson", 1, [1, 2, -1, 4], "y must be counts of at least 0; got -1.0"),
]


@pytest.mark.parametrize(("loss", "outputs", "y", "message"), WRONG, ids=lambda value: str(value)[:30])
def test_targets_that_do_not_fit_are_refused(loss: str, outputs: int, y: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        quick(net(loss=loss, outputs=outputs), X[:4], y)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([["a", "b", "c"]] * 20, r"X must be an array of numbers, \(N, D\)"),
        ([[1], [2, 3]], "X must be an array of numbers"),
        (X[:, :2], r"X's shape must be \(N, 3\), the plan's inputs"),
        (X[0], "X's shape must be"),
        (X[:0], "with N at least 1"),
        (
            np.where(np.arange(60).reshape(20, 3) == 7, np.nan, X),
            r"X\[2, 1\] must be finite in float64; got nan",
        ),
        (None, "X"),
    ],
    ids=["words", "ragged", "narrow", "flat", "empty", "nan", "none"],
)
def test_inputs_that_do_not_fit_are_refused(inputs: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        quick(net(), inputs, Y)


def test_numbers_beyond_single_precision_are_refused_there_and_welcome_in_double() -> None:
    large = X * 1e39
    with pytest.raises(DataError, match=r"finite in float32; got -?inf"):
        quick(net(dtype="float32"), large, Y)
    with pytest.raises(DataError, match="y must be finite in float32; got 1e\\+39"):
        quick(net(dtype="float32", loss="squared_error"), X, np.full(20, 1e39))
    encode_inputs(net(), large)


def test_validation_labels_must_be_known_from_training() -> None:
    names = np.array(["no", "yes"])[Y]
    outcome = quick(net(epochs=2), X, names, validation=(X[:3], names[:3]))
    assert outcome.classes is not None
    assert outcome.classes.tolist() == ["no", "yes"]
    with pytest.raises(DataError, match="validation y must be one of the training labels"):
        quick(net(epochs=2), X, names, validation=(X[:3], ["no", "maybe", "yes"]))
    with pytest.raises(DataError, match="validation y must be one of the training labels"):
        quick(net(epochs=2), X, names, validation=(X[:3], [0, 1, 1]))
    with pytest.raises(DataError, match="validation X's shape"):
        quick(net(epochs=2), X, Y, validation=(X[:3, :2], Y[:3]))
    for pair in (X, (X,), "both"):
        with pytest.raises(PlanError, match=r"validation must be a pair \(X, y\)"):
            quick(net(epochs=2), X, Y, validation=pair)


def test_arguments_of_other_kinds_are_refused_together() -> None:
    with pytest.raises(PlanError) as caught:
        train(None, {}, X, Y, engine="gpu")  # type: ignore[arg-type]
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("train: engine must be one of 'population' or 'reference'; got 'gpu'.")


def first(**changes: Any) -> list:
    weights = [
        (np.zeros((8, 3)), np.zeros(8)),
        (np.zeros((4, 8)), np.zeros((4, 1))),
        (np.zeros((1, 4)), np.zeros(1)),
    ]
    return [changes.get(f"layer{k}", layer) for k, layer in enumerate(weights)]


@pytest.mark.parametrize(
    ("initial", "message"),
    [
        (first()[:2], "initial must be a list of 3 pairs"),
        (first(layer0=(np.zeros((3, 8)), np.zeros(8))), r"shape of initial w\[0\] must be \(8, 3\)"),
        (first(layer1=(np.zeros((4, 8)), np.zeros(8))), r"shape of initial b\[1\] must be \(4, 1\)"),
        (first(layer1=(np.zeros((5, 4, 8)), np.zeros(4))), r"shape of initial w\[1\]"),
    ],
)
def test_first_weights_that_do_not_fit_are_refused(initial: list, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        quick(net(), X, Y, initial=initial)


def test_first_weights_may_be_shared_or_each_members_own() -> None:
    rng = np.random.default_rng(0)
    own = [(rng.normal(size=(2, *w.shape)), rng.normal(size=(2, w.shape[0], 1))) for w, _ in first()]
    outcome = train(net(epochs=1), Members(learning_rate=[0.0, 0.0]), X, Y, initial=own, engine="reference")
    for m in range(2):
        np.testing.assert_array_equal(flat(outcome.weights, m), flat(own, m))
    shared = [(w[0], b[0, :, 0]) for w, b in own]
    outcome = train(
        net(epochs=1), Members(learning_rate=[0.0, 0.0]), X, Y, initial=shared, engine="reference"
    )
    np.testing.assert_array_equal(flat(outcome.weights, 1), flat(own, 0))


DROPOUT = net(regularizers=("dropout",), epochs=3, batch_size=8)  # 3 updates an epoch
KEEP = [np.ones((9, units, 20), bool) for units in (8, 4)]


@pytest.mark.parametrize(
    ("plan", "draws", "message"),
    [
        (DROPOUT, {"order": np.arange(20)}, "shape of order must be"),
        (
            DROPOUT,
            {"order": np.tile(np.arange(20), (2, 1))},
            "shape of order must be \\(at least 3 or 1, 20\\)",
        ),
        (DROPOUT, {"order": np.tile(np.arange(19), (3, 1))}, "shape of order must be"),
        (DROPOUT, {"order": np.zeros((1, 20))}, "order must be permutations of 0 to 19"),
        (DROPOUT, {"keep": KEEP[:1]}, "keep must be one array for each of the 2 hidden layers; got 1"),
        (
            DROPOUT,
            {"keep": [one[:5] for one in KEEP]},
            r"shape of keep\[0\] must be \(at least 9 or 1, 8, 20\)",
        ),
        (DROPOUT, {"keep": [KEEP[0], KEEP[0]]}, r"shape of keep\[1\] must be"),
        (net(), {"keep": KEEP}, "keep must be absent, or the plan's regularizers include 'dropout'"),
    ],
)
def test_recorded_draws_that_do_not_fit_are_refused(plan: Plan, draws: dict, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        quick(plan, X, Y, draws=Recorded(**draws))


def test_every_error_of_this_folder_is_bridles_own() -> None:
    assert issubclass(DataError, BridleError)
    with pytest.raises(ValueError, match="train: y's shape"):
        quick(net(), X, answers("squared_error", 3))
