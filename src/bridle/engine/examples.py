"""The data as the engine holds it: rows last, targets dense, labels encoded once.

Outside, rows come first and labels are whatever the user has; inside, inputs are (D, N), those of a row
together in memory as they came, and targets (K, N).
Pictures come as (N, H, W) or (N, H, W, C), as files and screens have them, and lie inside in the order of the
plan's ``image``, (C, H, W), one picture a column.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from bridle.checks import problem
from bridle.engine.abreast import Abreast
from bridle.engine.pixels import Pictures, Pixels, dense, held, taken
from bridle.engine.plan import Plan
from bridle.engine.sparse_rows import SparseInputs, full
from bridle.errors import DataError
from bridle.types import Array


class Examples(NamedTuple):
    """Inputs (D, N) and targets (K, N) in the plan's dtype; ``classes`` are the labels in target order.

    Inputs may be :class:`~bridle.engine.pixels.Pixels`, the reference engine's also
    :class:`~bridle.engine.sparse_rows.SparseInputs`.
    """

    x: Any
    t: Array
    classes: np.ndarray | None


def columns(x: Any, index: Array) -> Array:
    """Return the columns of inputs (D, N) that belong to some rows, (D, B), not of pictures' bytes but dense.

    Sparse ones may be :class:`~bridle.engine.sparse_rows.SparseRows`.
    """
    if isinstance(x, SparseInputs):
        return x.columns(index)
    if isinstance(x, Abreast):
        return Abreast(full(columns(x.values[0], index))[None])  # rows are the members' in common
    if isinstance(x, np.ndarray):
        return np.take(x.T, index, axis=0).T  # a row's inputs lie together: read as one, and left so
    return dense(taken(x, index))


def joined(x: Any, more: Any) -> Any:
    """Return two sets of inputs, (D, N) each, one after the other.

    Raises
    ------
    DataError
        If only one of them are bytes, or they are standardized apart.
    """
    if isinstance(x, Pixels) or isinstance(more, Pixels):
        alike = isinstance(x, Pixels) and isinstance(more, Pixels)
        if not alike or not all(map(np.array_equal, x[1:3], more[1:3])):
            hint = "Give both as Pictures with the mean and deviation of the training rows."
            raise DataError(problem("train", "validation X", "standardized as X is", more, hint))
        return x._replace(
            values=np.concatenate([x.values, more.values]),
            picture=np.concatenate([x.picture, len(x.values) + more.picture]),
            scale=np.concatenate([x.scale, more.scale]),
        )
    if isinstance(x, SparseInputs):
        return SparseInputs(sparse.vstack([x.rows, more.rows]), x.plan)
    return np.hstack([x, more])


def encode_inputs(plan: Plan, X: Any, what: str = "X") -> Any:
    """Return inputs as (D, N), checked; sparse ones stay sparse.

    Parameters
    ----------
    plan
        Its D inputs, which an ``image`` gives the order (C, H, W).
    X
        (N, D), in that order; with an image also (N, H, W, C), or (N, H, W) where C is 1, and
        :class:`~bridle.engine.pixels.Pictures`.
    what
        The argument's name for messages.

    Raises
    ------
    DataError
        If X has another shape or no row, or holds NaN or infinity.
    """
    if isinstance(X, Pictures):
        if plan.image is None:
            hint = "Say how the inputs are pictures: Plan(image=(channels, height, width))."
            raise DataError(problem("train", what, "numbers where the plan has no image", X, hint))
        if not len(X):
            raise DataError(problem("train", f"{what}'s rows", "at least one", 0))
        return held(_flattened(plan, X.pixels, what), X, plan.image, plan.dtype)
    is_sparse = sparse.issparse(X)
    x: Any
    try:
        with np.errstate(over="ignore"):  # what is too large for the dtype is infinite, and refused below
            x = X.tocsr().astype(plan.dtype) if is_sparse else np.asarray(X, dtype=plan.dtype)
    except (TypeError, ValueError) as error:
        raise DataError(
            problem("train", what, "an array of numbers, (N, D)", X, "Encode categories first.")
        ) from error
    x = _flattened(plan, x, what)
    if not np.all(np.isfinite(x.data if is_sparse else x)):
        x = x.toarray() if is_sparse else x
        row, column = np.argwhere(~np.isfinite(x))[0]
        raise DataError(
            problem(
                "train",
                f"{what}[{row}, {column}]",
                f"finite in {plan.dtype}",
                float(x[row, column]),
                "Impute missing values first.",
            )
        )
    return SparseInputs(x, plan) if is_sparse else np.ascontiguousarray(x).T


def _flattened(plan: Plan, x: Any, what: str) -> Any:
    """Return one row of D values a picture, channels first; rows that are flat already stay."""
    allowed = f"(N, {plan.inputs}), the plan's inputs"
    if plan.image is not None:
        channels, height, width = plan.image
        allowed += f", or (N, {height}, {width}, {channels})"
        if x.ndim == 3 and channels == 1:
            x = x[..., None]
        if x.shape[1:] == (height, width, channels):
            x = np.reshape(np.moveaxis(x, 3, 1), (x.shape[0], plan.inputs))
    if x.ndim != 2 or x.shape[1] != plan.inputs or x.shape[0] == 0:
        raise DataError(problem("train", f"{what}'s shape", f"{allowed}, with N at least 1", x.shape))
    return x


def encode_targets(
    plan: Plan, y: Any, rows: int, what: str = "y", classes: np.ndarray | None = None
) -> Examples:
    """Return the targets as (K, N) with an empty x, and the labels they stand for.

    Accepted are labels or class indices, (N,); for classifiers also memberships in [0, 1], (N,) or (N, K);
    for regression values, (N,) or (N, K).

    Parameters
    ----------
    plan
        Decides the form by its loss and outputs.
    y
        Targets, rows first.
    rows
        N, the rows of the inputs.
    what
        The argument's name for messages.
    classes
        Labels of the training targets, when validation targets are encoded.

    Raises
    ------
    DataError
        If lengths, widths or values do not fit the loss.
    """
    try:
        values = np.asarray(y)
    except ValueError as error:
        raise DataError(problem("train", what, "an array, (N,) or (N, K)", y)) from error
    if values.shape[:1] != (rows,) or values.ndim > 2:
        raise DataError(
            problem("train", f"{what}'s shape", f"({rows},) or ({rows}, {plan.outputs})", values.shape)
        )
    if plan.classifies:
        t, classes = _memberships(plan, values, what, classes)
    else:
        t, classes = _finite(values, what), None
        if plan.loss == "poisson" and t.min() < 0:
            raise DataError(problem("train", what, "counts of at least 0", float(t.min())))
    t = t[:, None] if t.ndim == 1 else t
    if t.shape[1] != plan.outputs:
        raise DataError(
            problem("train", f"columns of {what}", f"{plan.outputs}, the plan's outputs", t.shape[1])
        )
    largest = np.abs(t).max()
    if largest > np.finfo(plan.dtype).max:
        raise DataError(problem("train", what, f"finite in {plan.dtype}", float(largest)))
    return Examples(np.empty((0, rows)), np.ascontiguousarray(t.T, dtype=plan.dtype), classes)


def _finite(values: np.ndarray, what: str) -> np.ndarray:
    try:
        numbers = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(problem("train", what, "numbers", values)) from error
    if not np.all(np.isfinite(numbers)):
        raise DataError(
            problem(
                "train",
                what,
                "finite",
                float(numbers[~np.isfinite(numbers)].flat[0]),
                "Drop rows without target.",
            )
        )
    return numbers


def _memberships(
    plan: Plan, values: np.ndarray, what: str, classes: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    numeric = values.dtype.kind in "biuf"
    if values.ndim == 2 and values.shape[1] == 1 and plan.outputs == 1:
        values = values[:, 0]
    if numeric:
        numbers = _finite(values, what)
        is_share = numbers.min() >= 0 and numbers.max() <= 1
        whole = bool(np.all(numbers == np.round(numbers)))
        if values.ndim == 2 or (plan.outputs == 1 and is_share and not whole):
            if not is_share:
                raise DataError(problem("train", what, "memberships in [0, 1]", float(numbers.max())))
            sums = numbers.sum(axis=1) if plan.loss == "cross_entropy" and values.ndim == 2 else np.ones(1)
            if np.any(np.abs(sums - 1) > 1e-3):
                wrong = float(sums[np.argmax(np.abs(sums - 1))])
                raise DataError(
                    problem("train", f"sum of each row of {what}", "1 for 'cross_entropy'", wrong)
                )
            return numbers, classes
    elif values.ndim == 2:
        raise DataError(problem("train", what, "labels, (N,), or memberships that are numbers", values))
    count = 2 if plan.outputs == 1 else plan.outputs
    if classes is None:
        classes = _classes(values, count, numeric, what)
    index = np.searchsorted(classes, values)
    index[index == len(classes)] = 0
    unknown = classes[index] != values
    if np.any(unknown):
        raise DataError(
            problem("train", what, f"one of the training labels {classes.tolist()}", values[unknown][0])
        )
    return (index.astype(np.float64) if plan.outputs == 1 else np.eye(count)[index]), classes


def _classes(values: np.ndarray, count: int, numeric: bool, what: str) -> np.ndarray:
    """Indices 0 .. K - 1 stand for themselves, even if some do not occur; other labels are sorted."""
    try:
        found = np.unique(values)
    except TypeError as error:
        raise DataError(
            problem("train", what, "labels of one kind", values, "Drop rows without label.")
        ) from error
    if numeric and np.isin(found, np.arange(count)).all():
        return np.arange(count).astype(values.dtype) if values.dtype.kind != "b" else np.array([False, True])
    if len(found) != count:
        raise DataError(
            problem("train", f"classes in {what}", f"{count}, as the plan's outputs say", found.tolist())
        )
    return found
