"""MATLAB files: the usual one, transposed arrays, other names, and the version that is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from bridle.errors import DataError
from bridle.experiments.matfile import load_positions

RANDOM = np.random.default_rng(0)
X, X_TEST = RANDOM.normal(size=(7, 2)), RANDOM.normal(size=(5, 2))
Y, Y_TEST = np.array([0, 1, 0, 1, 1, 0, 1], dtype=np.uint8), np.array([0, 1, 0, 1, 1], dtype=np.uint8)


def written(folder: Path, **arrays: np.ndarray) -> str:
    path = folder / "positions.mat"
    savemat(path, arrays)
    return str(path)


def assert_loaded(found: tuple[np.ndarray, ...]) -> None:
    for mine, theirs in zip(found, (X, Y, X_TEST, Y_TEST), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("column", [True, False])
def test_rows_or_columns_may_be_the_examples(tmp_path: Path, column: bool) -> None:
    shaped = {"y": Y[:, None] if column else Y[None, :], "yval": Y_TEST[:, None] if column else Y_TEST}
    turned = {"X": X, "Xval": X_TEST} if column else {"X": X.T, "Xval": X_TEST.T}
    assert_loaded(load_positions(written(tmp_path, **shaped, **turned)))


def test_arrays_may_have_other_names_and_labels_other_values(tmp_path: Path) -> None:
    path = written(tmp_path, A=X, b=np.where(Y, 5, 3), C=X_TEST, d=np.where(Y_TEST, 5, 3))
    assert_loaded(load_positions(path, ("A", "b", "C", "d")))
    with pytest.raises(DataError, match=r"key for X must be one of 'A', 'b', 'C', 'd'; got 'X'"):
        load_positions(path)


def test_version_73_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "new.mat"
    path.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512, b"\0"))
    with pytest.raises(DataError, match=r"must be a \.mat of version 5; got 'version 7\.3'\. .*-v7"):
        load_positions(str(path))


def test_what_is_no_mat_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.mat"
    path.write_text("x1,x2,class\n" * 60)
    with pytest.raises(DataError, match=r"a \.mat file with training and test rows; got 'table\.mat'"):
        load_positions(str(path))
    with pytest.raises(DataError, match=r"that exists"):
        load_positions(str(tmp_path / "absent.mat"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"X": np.zeros((7, 3)), "Xval": np.zeros((5, 3))}, r"columns of 'X' must be 2; got 3"),
        ({"y": Y[:-1]}, r"array 'X' must be of 6 rows"),
        ({"y": np.zeros(7), "yval": np.zeros(5)}, r"labels in 'y' and 'yval' must be two"),
        ({"X": np.full((7, 2), np.nan)}, r"cells of 'X' and 'Xval' must be finite"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, change: dict, message: str) -> None:
    arrays = {"X": X, "y": Y, "Xval": X_TEST, "yval": Y_TEST} | change
    with pytest.raises(DataError, match=message):
        load_positions(written(tmp_path, **arrays))


def test_the_tutorials_own_file(shared: Path) -> None:
    X, y, X_test, y_test = load_positions(str(shared / "data" / "football.mat"))
    assert (X.shape, y.shape, X_test.shape, y_test.shape) == ((211, 2), (211,), (200, 2), (200,))
    assert set(y) == {0, 1}
