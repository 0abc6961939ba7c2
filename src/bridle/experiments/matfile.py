"""Positions from a MATLAB file: two inputs and a label a row, for training and for testing.

Files differ in what they call their arrays, and in whether rows or columns are the examples; both are told
apart here. The format of MATLAB 7.3 is another one altogether (HDF5) and is refused with the way out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from bridle.checks import did_you_mean, one_of, problem
from bridle.errors import DataError

_INPUTS = 2
_HDF = b"MATLAB 7.3"


def load_positions(
    path: str, keys: Sequence[str] = ("X", "y", "Xval", "yval")
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Load training and test positions.

    Parameters
    ----------
    path
        A .mat file of version 4 to 7.2.
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
    arrays = _read(path)
    shown = sorted(name for name in arrays if not name.startswith("__"))
    for key in keys:
        if key not in arrays:
            hint = did_you_mean(key, shown) or "Name the four arrays with --keys X,y,Xval,yval."
            raise DataError(problem(path, "array", one_of(shown) or "in the file", key, hint))
    X, y = _pair(path, arrays, keys[0], keys[1])
    X_test, y_test = _pair(path, arrays, keys[2], keys[3])
    classes = np.unique(np.concatenate([y, y_test]))
    if len(classes) != 2:
        raise DataError(problem(path, f"labels in {keys[1]!r} and {keys[3]!r}", "two", classes.tolist()))
    return X, (y == classes[1]).astype(np.int64), X_test, (y_test == classes[1]).astype(np.int64)


def _read(path: str) -> Mapping[str, np.ndarray]:
    try:
        with open(path, "rb") as file:
            is_hdf = file.read(len(_HDF)) == _HDF
        arrays: Mapping[str, np.ndarray] = {} if is_hdf else loadmat(path)
    except FileNotFoundError:
        raise DataError(problem("reproduce", "data", "the path of a .mat file that exists", path)) from None
    except (OSError, ValueError, TypeError, NotImplementedError, MatReadError) as error:
        hint = f"The reader says: {' '.join(str(error).split())[:120]}."
        raise DataError(problem("reproduce", "data", "a .mat file that can be read", path, hint)) from error
    if is_hdf:
        hint = "Save it again in MATLAB with save(file, '-v7'), or in Octave with save -v7."
        raise DataError(problem(path, "file", "MATLAB's version 7.2 or older", "version 7.3 (HDF5)", hint))
    return arrays


def _pair(
    path: str, arrays: Mapping[str, np.ndarray], inputs: str, labels: str
) -> tuple[np.ndarray, np.ndarray]:
    X, y = np.asarray(arrays[inputs]), np.asarray(arrays[labels])
    if X.ndim != 2 or _INPUTS not in X.shape or X.dtype.kind not in "fiu":
        raise DataError(problem(path, f"shape of {inputs!r}", "(N, 2) or (2, N), numbers", X.shape))
    if y.dtype.kind not in "fiub" or y.size != max(y.shape, default=0):
        raise DataError(problem(path, f"shape of {labels!r}", "(N,), (N, 1) or (1, N), numbers", y.shape))
    y = y.ravel()
    if X.shape[1] != _INPUTS or (X.shape[0] == _INPUTS and len(y) != _INPUTS):
        X = X.T
    if len(X) != len(y):
        raise DataError(problem(path, f"length of {labels!r}", f"{len(X)}, as {inputs!r} has rows", len(y)))
    X = X.astype(np.float64)
    if not np.isfinite(X).all():
        raise DataError(problem(path, repr(inputs), "finite", float(X[~np.isfinite(X)][0])))
    return X, y
