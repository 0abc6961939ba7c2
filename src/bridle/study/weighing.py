"""What each row weighs: read from a column or an array, checked, and brought to a mean of 1.

A weight says how many rows a row stands for. It enters the training loss, the validation loss and every
score, so that a row of weight 2 counts as if it were there twice. A row of weight 0 counts nowhere, and is
left out at the start. Only ratios matter: weights are divided by their mean, so that strengths keep their
unit, and weights that are all equal are no weights at all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from bridle.checks import problem
from bridle.errors import DataError
from bridle.study.columns import column_kind, settle_column


class Weighing(NamedTuple):
    """Weights with a mean of 1, None if all are equal, of a table's rows and of its sealed test rows.

    ``rows`` are those that weigh anything, ``sealed_rows`` how many of them are sealed, ``left_out`` how many
    rows weigh nothing.
    """

    weights: np.ndarray | None = None
    of_sealed: np.ndarray | None = None
    rows: np.ndarray | None = None
    sealed_rows: int = 0
    left_out: int = 0


def weigh(column: pd.Series, name: str, title: str, sealed: int = 0) -> Weighing:
    """Return what a column of weights says; the last ``sealed`` rows are test rows, with a mean of their own.

    Raises
    ------
    DataError
        See :func:`settle_weights`; also if every sealed row weighs 0.
    """
    every = settle_weights(column, name, title)
    rows = np.flatnonzero(every)
    first = int(np.searchsorted(rows, len(every) - sealed))
    if sealed and first == len(rows):
        raise DataError(problem(name, f"weights {title!r}", "above 0 for some test rows", "0 in every one"))
    known, own = np.split(every[rows], [first])
    return Weighing(
        with_mean_one(known), with_mean_one(own) if sealed else None, rows, len(own), len(every) - len(rows)
    )


def settle_weights(column: pd.Series, name: str, title: str) -> np.ndarray:
    """Return a column's weights as floats, (N,).

    Parameters
    ----------
    column
        Raw cells, (N,).
    name, title
        For messages: the table, and what the weights are called.

    Raises
    ------
    DataError
        If a cell is missing, no number, infinite or below 0, or all of them are 0. Rows are counted from 1.
    """
    what, hint = f"weights {title!r}", "Mend the cell, or leave the row out."
    allowed = "a finite number of at least 0"
    missing = np.flatnonzero(column.isna())
    if missing.size:
        raise DataError(problem(name, f"{what}, row {missing[0] + 1},", allowed, None, hint))
    cells = settle_column(column, name, what)
    if column_kind(cells) != "number":
        raise DataError(problem(name, what, "numbers of at least 0", cells.tolist()[0]))
    weights = cells.to_numpy(np.float64, na_value=np.nan)
    wrong = np.flatnonzero(~(weights >= 0))
    if wrong.size:
        raise DataError(
            problem(name, f"{what}, row {wrong[0] + 1},", allowed, float(weights[wrong[0]]), hint)
        )
    if not weights.any():
        raise DataError(problem(name, what, "above 0 for some rows", "0 in every row"))
    return weights


def with_mean_one(weights: np.ndarray) -> np.ndarray | None:
    """Return weights divided by their mean, or None where all are equal.

    Examples
    --------
    >>> with_mean_one(np.array([1.0, 3.0])).tolist(), with_mean_one(np.array([3.0, 3.0]))
    ([0.5, 1.5], None)
    """
    return None if np.ptp(weights) == 0 else weights / weights.mean()
