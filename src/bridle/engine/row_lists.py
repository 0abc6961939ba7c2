"""Which rows a member trains and validates on, and what each of them weighs: lists as users give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bridle.checks import Problems

Weighed = np.ndarray | list[np.ndarray] | None
"""Weights for the rows of the data, (N,), or beside each member's rows, or none."""


def index_lists(name: str, value: Any, problems: Problems) -> list[np.ndarray] | None:
    """Return an index list a member, or None where none was given."""
    if value is None:
        return None
    try:
        lists = [np.asarray(one) for one in value]
    except TypeError:
        lists = []
    if not lists or any(one.ndim != 1 or not np.issubdtype(one.dtype, np.integer) for one in lists):
        problems.add(name, "an index list per member, (M, n)", value, "Give a list of integer arrays.")
        return None
    return lists


def check_range(name: str, lists: Sequence[np.ndarray], data_rows: int, problems: Problems) -> None:
    """Add a problem if a list names a row that the data lack."""
    for one in lists:
        if one.size and (one.min() < 0 or one.max() >= data_rows):
            problems.add(name, f"indices in [0, {data_rows})", int(one.min() if one.min() < 0 else one.max()))
            return


def weight_lists(name: str, value: Any, problems: Problems) -> Weighed:
    """Return weights as one array for the data's rows or as a list a member; None where none were given."""
    if value is None:
        return None
    try:
        is_flat = np.ndim(value[0]) == 0
        lists = [np.asarray(one, dtype=np.float64) for one in ([value] if is_flat else value)]
    except (TypeError, ValueError, IndexError, KeyError):
        is_flat, lists = True, [np.full(1, np.nan)]
    if any(one.ndim != 1 or not np.all(np.isfinite(one)) or np.any(one < 0) for one in lists):
        problems.add(name, "finite and at least 0, (N,) or (M, n)", value)
    return lists[0] if is_flat else lists


def settle_weights(
    name: str, given: Weighed, rows: list[np.ndarray], data_rows: int, problems: Problems
) -> list[np.ndarray]:
    """Return the weights beside each list of rows; one empty array where none were given.

    Parameters
    ----------
    name
        The argument's, for messages.
    given
        From :func:`weight_lists`.
    rows
        A list of rows a member, or one for all.
    data_rows
        N, to which weights of all rows have to fit.
    problems
        Where what does not fit is noted.
    """
    if given is None:
        return [np.empty(0)]
    if isinstance(given, np.ndarray):
        if len(given) != data_rows:
            problems.add(name, f"one weight for each of the {data_rows} rows", len(given))
            return [np.empty(0)]
        weights = [given.take(one, mode="clip") for one in rows]  # check_range names rows that are not there
    else:
        weights = given
        pairs = range(max(len(weights), len(rows)))
        if any(len(weights[k % len(weights)]) != len(rows[k % len(rows)]) for k in pairs):
            problems.add(name, "as long as the member's rows", [len(one) for one in weights])
    if any(one.sum() <= 0 for one in weights):
        problems.add(name, "positive in sum for every member", 0.0)
    return weights
