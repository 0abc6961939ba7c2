"""Positions from a MATLAB file: two inputs and a label a row, for training and for testing.

The file is read as any other table's; what is asked of it beyond that, a plane, two classes and test rows, is
checked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bridle.checks import problem
from bridle.errors import DataError
from bridle.study.readers import Layout, read_table
from bridle.study.readers.layout import ROLES

_INPUTS = 2


def load_positions(
    path: str, keys: Sequence[str] = ROLES
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load training and test positions.

    Parameters
    ----------
    path
        A .mat file of version 5, or an .npz file.
    keys
        What the file calls its training inputs, training labels, test inputs and test labels. Inputs are
        (N, 2) or (2, N); labels (N,), (N, 1) or (1, N), of two values.

    Returns
    -------
    X, y, X_test, y_test
        (N, 2) and (N,) with classes 0 and 1.

    Raises
    ------
    DataError
        If the file cannot be read, a key is missing, or shapes or labels do not fit.
    """
    if not Path(path).is_file():
        raise DataError(problem("reproduce", "data", "the path of a .mat file that exists", path))
    raw = read_table(Path(path), Layout(keys=dict(zip(ROLES, keys, strict=True))))
    if raw.target is None or not raw.sealed:
        raise DataError(problem(path, "file", "a .mat file with training and test rows", Path(path).name))
    inputs = raw.frame.drop(columns=raw.target)
    if inputs.shape[1] != _INPUTS:
        raise DataError(problem(path, f"columns of {keys[0]!r}", str(_INPUTS), inputs.shape[1]))
    if not np.isfinite(inputs.to_numpy(dtype=np.float64)).all():
        raise DataError(
            problem(path, f"cells of {keys[0]!r} and {keys[2]!r}", "finite", "missing or infinite")
        )
    X, labels = inputs.to_numpy(dtype=np.float64), raw.frame[raw.target].to_numpy()
    classes, y = np.unique(labels, return_inverse=True)
    if len(classes) != 2:
        raise DataError(problem(path, f"labels in {keys[1]!r} and {keys[3]!r}", "two", classes.tolist()))
    train = len(X) - raw.sealed
    return X[:train], y[:train], X[train:], y[train:]
