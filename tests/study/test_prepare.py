"""Preparation: what a column is, what each kind becomes, and that nothing leaks from outside training."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridle.errors import DataError
from bridle.study.columns import column_kind, settle_column, settle_target
from bridle.study.prepare import Preparation, prepare_target


def _mixed(rows=40, seed=0):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": random.normal(40, 10, rows),
            "town": random.choice(["Ur", "Rome", "Troy"], rows),
            "rich": random.random(rows) < 0.5,
            "same": 0.1,
        }
    )
    frame.loc[[1, 5, rows - 1], "age"] = np.nan
    frame.loc[[2, rows - 2], "town"] = np.nan
    return frame


def test_numbers_are_imputed_marked_and_standardized_by_training_rows():
    frame = pd.DataFrame({"a": [1.0, 2.0, np.nan, 9.0, 100.0, np.nan]})
    X = Preparation(frame).fit(frame.iloc[:4]).transform(frame)
    # Training: 1, 2, 9, and the median 2 for the missing cell: mean 3.5, variance (6.25+2.25+2.25+30.25)/4.
    spread = np.sqrt(41 / 4)
    np.testing.assert_allclose(X[:, 0], (np.array([1, 2, 2, 9, 100, 2]) - 3.5) / spread, rtol=1e-12)
    np.testing.assert_array_equal(X[:, 1], [0, 0, 1, 0, 0, 1])


def test_every_kind_has_its_columns_and_names():
    frame = _mixed()
    preparation = Preparation(frame)
    names = ("age", "same", "age is missing", "town is missing", "rich")
    names += ("town = Rome", "town = Troy", "town = Ur")
    assert preparation.feature_names == names
    X = preparation.fit(frame).transform(frame)
    assert X.shape == (40, 8)
    assert X.dtype == np.float64
    np.testing.assert_allclose(X[:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(X[:, 0].std(), 1, rtol=1e-12)
    np.testing.assert_array_equal(X[:, 1], 0)
    np.testing.assert_array_equal(X[:, 3], frame["town"].isna())
    np.testing.assert_array_equal(X[:, 4], frame["rich"])
    most = frame["town"].mode()[0]
    for k, level in enumerate(["Rome", "Troy", "Ur"]):
        np.testing.assert_array_equal(X[:, 5 + k], frame["town"].fillna(most) == level)


@given(st.integers(0, 1000), st.integers(1, 30))
def test_the_width_does_not_depend_on_the_split_and_nothing_is_nan(seed, size):
    frame = _mixed()
    rows = np.random.default_rng(seed).permutation(40)[:size]
    preparation = Preparation(frame).fit(frame.iloc[rows])
    X = preparation.transform(frame)
    assert X.shape == (40, len(preparation.feature_names))
    assert np.isfinite(X).all()
    np.testing.assert_array_equal(preparation.transform(frame.iloc[5:9]), X[5:9])


@given(st.integers(0, 1000))
def test_rows_outside_training_do_not_leak(seed):
    # Everything about the other rows changes, except the table's structure: the inputs of training rows stay.
    random = np.random.default_rng(seed)
    frame = _mixed()
    changed = frame.copy()
    changed.loc[20:, "age"] = changed.loc[20:, "age"] * random.uniform(-9, 9) + random.normal(0, 1e3)
    changed.loc[20:, "town"] = random.permutation(changed.loc[20:, "town"].to_numpy())
    changed.loc[20:, "rich"] = ~changed.loc[20:, "rich"]
    train = frame.iloc[:20]
    fits = [Preparation(whole).fit(whole.iloc[:20]).transform(train) for whole in (frame, changed)]
    assert fits[0].tobytes() == fits[1].tobytes()


def test_what_training_never_saw_is_zero_everywhere():
    frame = pd.DataFrame(
        {
            "town": ["Ur", "Rome"] * 5 + ["Troy"] * 2,
            "age": [1.0, 2.0, 3.0, 4.0] * 2 + [5.0, 6.0, np.nan, np.nan],
            "still": [0.1] * 10 + [7.0, 1e6],
            "on": [True] * 10 + [False] * 2,
        }
    )
    preparation = Preparation(frame).fit(frame.iloc[:10])
    table = pd.DataFrame(preparation.transform(frame), columns=list(preparation.feature_names))
    for name in ("town = Troy", "age is missing", "still", "on"):
        assert (table[name] == 0).all(), name
    assert (table.loc[10:, ["town = Ur", "town = Rome"]] == 0).all(axis=None)
    # A missing age is the training median, though training had none missing.
    assert table.loc[10, "age"] == pytest.approx((3.0 - 3.1) / frame["age"][:10].std(ddof=0))


def test_missing_booleans_and_columns_empty_in_training():
    frame = pd.DataFrame(
        {
            "flag": [True, False, None, True] * 3,
            "word": [np.nan] * 8 + ["b", "c"] * 2,
            "number": [np.nan] * 8 + [1.0, 2.0] * 2,
            "void": [np.nan] * 12,
        }
    )
    preparation = Preparation(frame).fit(frame.iloc[:8])
    X = pd.DataFrame(preparation.transform(frame), columns=list(preparation.feature_names))
    assert np.isfinite(X).all(axis=None)
    assert X["flag"].tolist() == [1, 0, 1, 1] * 3
    assert X["flag is missing"].tolist() == [0, 0, 1, 0] * 3
    assert (X[["word = b", "word = c", "number", "void"]] == 0).all(axis=None)


def test_new_data_may_be_reordered_and_hold_more_but_not_less():
    frame = _mixed()
    preparation = Preparation(frame).fit(frame)
    new = frame[frame.columns[::-1]].assign(extra=1)
    np.testing.assert_array_equal(preparation.transform(new), preparation.transform(frame))
    unknown = frame.assign(town="Atlantis")
    assert (preparation.transform(unknown)[:, 5:] == 0).all()
    with pytest.raises(DataError, match=r"no 'age'.*Did you mean 'Age'"):
        preparation.transform(frame.rename(columns={"age": "Age"}))
    with pytest.raises(DataError, match=r"column 'age' must be a number column"):
        preparation.transform(frame.assign(age="old"))


def test_transform_before_fit_is_refused():
    with pytest.raises(DataError, match="after fit"):
        Preparation(_mixed()).transform(_mixed())


@pytest.mark.parametrize(
    "name", ["'", '"', "</script><script>alert(1)</script>", "\N{HORSE FACE}", "a\nb", "", "[<]"]
)
def test_hostile_column_names_pass_through(name):
    frame = pd.DataFrame({name: [1.0, 2.0, np.nan], "w" + name: ["x", name, "y"]})
    preparation = Preparation(frame).fit(frame)
    assert preparation.feature_names[0] == name
    assert f"w{name} = {name}" in preparation.feature_names
    assert preparation.transform(frame).shape == (3, 5)


@pytest.mark.parametrize(
    ("cells", "kind", "settled"),
    [
        ([1, 2, 3], "number", [1.0, 2.0, 3.0]),
        (pd.array([1, None], dtype="Int64"), "number", [1.0, np.nan]),
        (np.array([1, 2.5, None], dtype=object), "number", [1.0, 2.5, np.nan]),
        (["1", " 2.5", "1e3"], "number", [1.0, 2.5, 1000.0]),
        (["1", "?", "n/a", "2"], "number", [1.0, np.nan, np.nan, 2.0]),
        ([True, False], "boolean", [True, False]),
        (np.array([True, None], dtype=object), "boolean", [True, pd.NA]),
        (["a", "b"], "category", ["a", "b"]),
        (np.array(["a", 1, None, True], dtype=object), "category", ["a", "1", np.nan, "True"]),
        (pd.Categorical(["1", "2"]), "category", ["1", "2"]),
        (pd.Categorical([True, False]), "category", ["True", "False"]),
        (["1", "2", "3+"], "category", ["1", "2", "3+"]),
    ],
)
def test_columns_settle_into_three_kinds(cells, kind, settled):
    column = settle_column(pd.Series(cells), "t", "column 'c'")
    assert column_kind(column) == kind
    for cell, expected in zip(column, settled, strict=True):
        assert cell == expected if pd.notna(expected) else pd.isna(cell)
    if kind == "number":
        assert column.dtype == np.float64


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            ["1.5"] * 20 + ["oops", "2"],
            "t: column 'c', row 21, must be a number like 21 others in its column; got 'oops'.",
        ),
        ([1.0, np.inf], "row 2, must be finite; got inf"),
        (["1", "-inf"], "row 2, must be finite; got -inf"),
        ([1 + 2j, 3.0], "must be made of numbers, booleans, text or dates; got 'complex128'"),
        (pd.to_timedelta([1], "D"), "timedelta64"),
        (np.array([{"a": 1}, 2], dtype=object), "got {'a': 1}"),
        (np.array(["a", [1]], dtype=object), "got [1]"),
    ],
)
def test_columns_that_are_none_of_these_are_refused(cells, words):
    with pytest.raises(DataError) as caught:
        settle_column(pd.Series(cells), "t", "column 'c'")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("cells", "task", "dtype"),
    [
        (["a", "b"] * 5, "classification", "U"),
        ([True, False] * 5, "classification", "b"),
        ([0, 1] * 5, "classification", "i"),
        ([0.0, 1.0] * 5, "classification", "i"),
        (list(range(20)) * 2, "classification", "i"),
        (list(range(21)) * 2, "regression", "f"),
        (list(range(10)), "regression", "f"),
        ([0.5, 1.0] * 5, "regression", "f"),
        (["1", "2", "3+"] * 4, "classification", "U"),
    ],
)
def test_the_target_implies_the_task(cells, task, dtype):
    y, found = settle_target(pd.Series(cells), "t", "y", None)
    assert (found, y.dtype.kind) == (task, dtype)
    assert y.tolist() == cells


def test_the_task_can_be_given():
    y, task = settle_target(pd.Series([3, 4, 5] * 5), "wine", "quality", "regression")
    assert (task, y.dtype.kind) == ("regression", "f")
    y, task = settle_target(pd.Series(range(30)), "t", "y", "classification")
    assert (task, y.dtype.kind) == ("classification", "i")
    with pytest.raises(DataError, match="numbers for a regression; got 'a'"):
        settle_target(pd.Series(["a", "b"] * 5), "t", "y", "regression")
    with pytest.raises(DataError, match=r"whole numbers for a classification; got 0\.5"):
        settle_target(pd.Series([0.5, 1] * 5), "t", "y", "classification")


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_the_target_scale_standardizes_and_inverts(values):
    y = np.array(values)
    scale = prepare_target(y)
    z = scale.transform(y)
    np.testing.assert_allclose(scale.inverse(z), y, rtol=1e-9, atol=1e-9 * np.abs(y).max())
    if np.ptp(y) > 1e-3 * (1 + np.abs(y).max()):
        np.testing.assert_allclose([z.mean(), z.std()], [0, 1], atol=1e-9)


def test_an_equal_target_keeps_its_unit():
    scale = prepare_target([0.1] * 7)
    assert scale.scale == 1
    np.testing.assert_allclose(scale.transform([0.1, 1.1]), [0, 1], atol=1e-12)
