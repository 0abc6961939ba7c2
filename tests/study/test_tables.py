"""Tables from every source, and one clear message for everything that is none."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from bridle.errors import DataError
from bridle.study.generators import GENERATORS, draw
from bridle.study.tables import EMBEDDED, from_arrays, load

HOSTILE = [
    "it's",
    'say "hi"',
    "</script><script>alert(1)</script>",
    "\N{HORSE FACE}",
    "two\nlines",
    " a;b,c ",
]


@pytest.fixture
def file(tmp_path):
    def write(content, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def _rows(count, row=lambda i: f"{i / 7},{i % 2}"):
    return "\n".join(row(i) for i in range(count)) + "\n"


def _message(call, *arguments, **settings):
    with pytest.raises(DataError) as caught:
        call(*arguments, **settings)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


@pytest.mark.parametrize("name", GENERATORS)
def test_generators_are_tables_that_can_be_drawn_again(name):
    table = load(name, rows=60, noise=0.01, seed=3)
    X, y = draw(name, 60, 0.01, 3)
    np.testing.assert_array_equal(table.frame.to_numpy(), X)
    np.testing.assert_array_equal(table.y, y)
    assert (table.name, table.rows, table.task, table.target) == (name, 60, "classification", "class")
    assert table.classes == tuple(range(GENERATORS[name].classes))
    np.testing.assert_array_equal(table.generator.draw(3)[0], X)
    assert tuple(table.frame.columns) == GENERATORS[name].features
    assert load(name).rows == GENERATORS[name].rows


@pytest.mark.parametrize(
    ("name", "shape", "task", "classes"),
    [
        ("iris", (150, 4), "classification", 3),
        ("wine", (178, 13), "classification", 3),
        ("breast_cancer", (569, 30), "classification", 2),
        ("diabetes", (442, 10), "regression", None),
    ],
)
def test_embedded_sets(name, shape, task, classes):
    table = load(name)
    assert (table.frame.shape, table.task, table.target) == (shape, task, EMBEDDED[name][1])
    assert (table.classes and len(table.classes)) == classes
    assert table.generator is None
    assert not table.notes


def test_another_column_of_an_embedded_set_may_be_the_target():
    table = load("iris", "petal width (cm)")
    assert table.task == "regression"
    assert "species" in table.frame.columns


def test_codes_are_indices_of_the_classes():
    table = load("iris")
    assert [table.classes[code] for code in table.codes] == table.y.tolist()
    diabetes = load("diabetes")
    assert diabetes.codes is diabetes.y
    assert from_arrays(np.eye(12), [True, False] * 6).codes.tolist() == [1, 0] * 6


def test_a_file_of_all_kinds_of_columns(file):
    path = file(
        "age,town,rich,y\n"
        + _rows(12, lambda i: f"{i if i % 5 else 'NA'},{'Ur' if i % 3 else ''},True,k{i % 2}")
    )
    table = load(path, "y")
    assert [str(dtype) for dtype in table.frame.dtypes] == ["float64", "object", "bool"]
    assert table.frame["age"].isna().sum() == 3
    assert table.frame["town"].isna().sum() == 4
    assert table.classes == ("k0", "k1")
    assert table.notes == ("Constant, kept, and of no help: 'rich'.",)
    assert table.name == str(path)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda raw: b"\xef\xbb\xbf" + raw])
def test_separators_line_ends_compression_and_byte_order_marks(file, separator, ending, pack):
    text = ("a,y\n" + _rows(12)).replace(",", separator).replace("\n", ending)
    table = load(str(file(pack(text.encode()))), "y")
    assert table.frame.columns.tolist() == ["a"]
    np.testing.assert_allclose(table.frame["a"], np.arange(12) / 7)
    assert table.classes == (0, 1)


def test_hostile_column_names_pass_through_files_and_frames(file):
    frame = pd.DataFrame({name: np.arange(12.0) + k for k, name in enumerate(HOSTILE)})
    frame["y"] = ["a", "b"] * 6
    path = file(frame.to_csv(index=False))
    for table in (load(path, "y"), from_arrays(frame, "y")):
        assert table.frame.columns.tolist() == HOSTILE
        pd.testing.assert_frame_equal(table.frame, frame[HOSTILE])
    assert load(path, HOSTILE[2]).target == HOSTILE[2]
    assert repr(HOSTILE[4]) in _message(load, path, "nothing like it")


def test_an_unnamed_column_that_counts_the_rows_is_left_out(file):
    frame = pd.DataFrame({"a": np.arange(12) / 7, "y": np.repeat([0, 1], 6)})
    table = load(file(frame.to_csv()), "y")
    assert table.frame.columns.tolist() == ["a"]
    assert table.notes == (
        "Column 'unnamed 1' identifies rows (12 different values in 12 rows); it is left out.",
    )
    named = load(file(frame.to_csv(index_label="visit")), "y")
    assert named.frame.columns.tolist() == ["visit", "a"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "an empty file"),
        ("\n \n", "an empty file"),
        ("a,y\n", "a header without rows"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data"),
        (b"\xef\xbb\xbfa,y\n1,caf\xe9\n", "must be text in utf-8-sig; got b'\\xe9'. See line 2"),
        ("just some prose\nand more\n", "first row must be of at least two cells"),
        (
            "a,y\n" + _rows(12, lambda i: "1,2,3"),
            "got '2 in the header, 3 in every row'. Which column has no name?",
        ),
        ("a,y\n1,2\n1,2,3\n", "as many as in the first, 2,; got '3 in row 3"),
        ('a,y\n"1,2\n', "as many as in the first, 2,; got '1 in row 2"),
        ('"' + "x" * 200_000, "cells must be of at most 131,072 characters"),
        (b"\x1f\x8bnot gzip", "gzip must be undamaged"),
        ("a,b,a,y\n" + _rows(12, lambda i: "1,2,3,4"), "column names must be all different; got ['a']"),
        ("a,y\n" + _rows(9), "rows must be at least 10; got 9"),
        ("a,Y\n" + _rows(12), "must be one of 'a' or 'Y'; got 'y'. Did you mean 'Y'?"),
        ("a,y\n" + _rows(12, lambda i: f"{i},same"), "at least two different values; got 'same'"),
        ("a,y\n" + _rows(12, lambda i: f"{i},0.5"), "at least two different values; got 0.5"),
        (
            "a,y\n" + _rows(12, lambda i: f"{i},{'' if i == 3 else i / 7}"),
            "target 'y', row 4, must be known; got nan",
        ),
        (
            "a,y\n" + _rows(12, lambda i: f"{i},{'inf' if i == 3 else i / 7}"),
            "target 'y', row 4, must be finite; got inf",
        ),
        (
            "a,y\n" + _rows(12, lambda i: f"{'-inf' if i == 3 else i},{i % 2}"),
            "column 'a', row 4, must be finite; got -inf",
        ),
        (
            "a,y\n" + _rows(12, lambda i: f"{'abc' if i == 3 else i},{i % 2}"),
            "column 'a', row 4, must be a number like 11 others",
        ),
        (
            "a,y\n" + _rows(1001, lambda i: f"name {i},{i % 2}"),
            "at least one column beside the target; got \"0, after 'a' as identifiers\"",
        ),
    ],
)
def test_a_file_that_is_no_table_gives_one_clear_message(file, content, words):
    path = file(content)
    message = _message(load, path, "y")
    assert words in message
    assert message.startswith(f"{path}: ")


def test_unknown_sources(tmp_path):
    assert "Did you mean 'moons'?" in _message(load, "mons")
    message = _message(load, "irsi")
    assert "Did you mean 'iris'?" in message
    assert "or the path of a file that exists" in message
    assert "nowhere.csv" in _message(load, tmp_path / "nowhere.csv", "y")
    assert "folder must be of classes" in _message(load, tmp_path, "y")


def test_names_come_before_files_and_paths_after(file, monkeypatch, tmp_path):
    path = file("a,y\n" + _rows(12), "moons")
    monkeypatch.chdir(tmp_path)
    assert load("moons").generator is not None
    assert load("./moons", "y").rows == 12
    assert load(path.relative_to(tmp_path), "y").rows == 12


def test_settings_that_do_not_belong_to_the_source(file):
    path = file("a,b,y\n" + _rows(12, lambda i: f"{i},{i},{i % 2}"))
    assert "target must be named: one of 'a', 'b' or 'y'; got None" in _message(load, path)
    assert "rows must be left out" in _message(load, "iris", rows=30)
    assert "noise must be left out" in _message(load, path, "y", noise=0.1)
    assert "target must be 'class'; got 'x1'" in _message(load, "moons", "x1")
    assert "rows must be" in _message(load, "moons", rows=-3)
    wide = file(",".join(f"c{i}" for i in range(50)) + "\n")
    assert "or 30 more" in _message(load, file(wide.read_text() + _rows(12, lambda i: "1," * 49 + "1")))


def test_arrays_lists_and_frames_give_the_same_table():
    X, y = draw("moons", 40)
    frame = pd.DataFrame(X, columns=["x0", "x1"], index=np.arange(40)[::-1])
    tables = [
        from_arrays(X, y),
        from_arrays(X.tolist(), y.tolist()),
        from_arrays(X.tolist(), y[:, None]),
        from_arrays(frame, pd.Series(y, name="target", index=np.arange(40) + 7)),
        from_arrays(frame.assign(target=y), "target"),
    ]
    for table in tables:
        pd.testing.assert_frame_equal(table.frame, tables[0].frame)
        np.testing.assert_array_equal(table.y, y)
        assert (table.target, table.classes, table.task) == ("target", (0, 1), "classification")


def test_arrays_may_mix_numbers_and_text_and_miss_features():
    table = from_arrays([[1, "a", None]] * 6 + [[2.5, "b", True]] * 6, ["no"] * 6 + ["yes"] * 6)
    assert [str(dtype) for dtype in table.frame.dtypes] == ["float64", "object", "boolean"]
    assert table.frame["x2"].isna().sum() == 6
    assert from_arrays(pd.DataFrame({0: range(12), 1: 2.0}), np.arange(12) / 7).frame.columns.tolist() == [
        "0",
        "1",
    ]


def test_a_target_of_any_kind():
    X = np.eye(30)
    assert from_arrays(X, np.arange(30) / 7).task == "regression"
    assert from_arrays(X, np.arange(30) % 3, task="regression").y.dtype == np.float64
    assert from_arrays(X, pd.Series(pd.Categorical(["u", "v"] * 15))).classes == ("u", "v")


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        (
            np.arange(12),
            np.arange(12),
            "X must be two-dimensional, rows by features; got (12,). Use X.reshape(-1, 1)",
        ),
        (np.ones((3, 4, 5, 6, 7)), np.arange(3), "two-dimensional"),
        (np.ones((3, 4, 5)), np.arange(3), "images must be at least 10; got 3."),
        ([[1, 2], [3]] * 6, [0, 1] * 6, "two-dimensional"),
        ([np.ones((2, 3)), np.ones((2, 4))], [0, 1], "rows of equal length"),
        (3.0, [0, 1], "two-dimensional"),
        (np.eye(12), np.arange(11), "y must be as long as X, 12 rows; got '11 rows'"),
        (np.eye(12), np.eye(12), "y must be one-dimensional"),
        (np.eye(12), "target", "or 'x11'; got 'target'."),
        (
            np.eye(12) * 1j,
            [0, 1] * 6,
            "column 'x0' must be made of numbers, booleans, text or dates; got 'complex128'",
        ),
        (np.eye(12), [1j, 2] * 6, "target 'target' must be made of numbers, booleans, text or dates"),
        (np.full((12, 2), {}), [0, 1] * 6, "got {}"),
        (np.eye(12), [0, None] * 6, "missing in 6 of 12 rows"),
        (np.where(np.eye(12), np.inf, 0), [0, 1] * 6, "column 'x0', row 1, must be finite"),
        (np.empty((12, 0)), [0, 1] * 6, "at least one column beside the target"),
        (pd.DataFrame([[1, 2]] * 12, columns=["a", "a"]), [0, 1] * 6, "column names must be all different"),
        (pd.DataFrame([[1, 2]] * 12, columns=[" ", " "]), [0, 1] * 6, "column names must be all different"),
        (pd.DataFrame({"span": pd.to_timedelta(range(12), "D")}), [0, 1] * 6, "timedelta64"),
    ],
)
def test_arrays_that_are_no_table_give_one_clear_message(X, y, words):
    assert words in _message(from_arrays, X, y)
