"""Which rows train, which choose, and which judge.

Validation rows choose the strength and the epoch, so their score is too good; only test rows, which chose
nothing, tell how the winner does on new data. How much to hold out depends on how many rows there are: a
thousand rows measure an accuracy to about one percent, whether they come from two thousand or two million.
Splits are stratified in classification: every class is in every part, in proportion. A split is a function
of the target, the shares and the seed alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from bridle.checks import Problems, problem
from bridle.errors import DataError

Shares = tuple[float, float, float]

# See bridle.study.generators: a seed's streams are separated by purpose.
_PURPOSE = 0x7370_6C69
_PARTS = ("training", "validation", "test")
_ROWS = (1e4, 1e6, 1e7)
_HELD_OUT = (0.2, 0.01, 0.0025)
_ROUNDING = 1e-6


class Split(NamedTuple):
    """Row indices of the three parts, each ascending; disjoint, and together all rows."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def default_shares(rows: int) -> Shares:
    """Return the shares of training, validation and test rows that suit a number of rows.

    60/20/20 up to 10^4 rows, 98/1/1 at 10^6, and 99.5/0.25/0.25 from 10^7 on. Between, the logarithm of
    the held-out share is linear in the logarithm of the rows: it is continuous, and more rows never mean
    fewer validation rows.

    Parameters
    ----------
    rows
        Number of rows N, at least 1.

    Returns
    -------
    train, validation, test
        Shares that sum to 1.

    Raises
    ------
    DataError
        If rows is not a whole number of at least 1.

    Notes
    -----
    Source of the three anchors: Ng (2017), Improving Deep Neural Networks, week 1, Train/Dev/Test sets.

    Examples
    --------
    >>> [round(share, 4) for share in default_shares(300)]
    [0.6, 0.2, 0.2]
    >>> [round(share, 4) for share in default_shares(1_000_000)]
    [0.98, 0.01, 0.01]
    """
    found = Problems("split", DataError)
    found.check_integer("rows", rows, 1)
    found.raise_if_any()
    held_out = float(np.exp(np.interp(math.log(rows), np.log(_ROWS), np.log(_HELD_OUT))))
    return 1 - 2 * held_out, held_out, held_out


def parse_shares(text: str) -> Shares:
    """Read shares such as ``60/20/20``, ``0.6/0.2/0.2``, or ``70/30`` for no validation part.

    Parameters
    ----------
    text
        Two numbers (training, test) or three (training, validation, test) with slashes between them, that
        sum to 100 or to 1.

    Returns
    -------
    train, validation, test
        Shares that sum to 1.

    Raises
    ------
    DataError
        If the text is none of these.

    Examples
    --------
    >>> parse_shares("70/30")
    (0.7, 0.0, 0.3)
    """
    example = "Write for example 60/20/20 (training/validation/test) or 70/30 (training/test)."
    try:
        numbers = [float(word) for word in str(text).split("/")]
    except ValueError:
        allowed = "numbers with slashes between them"
        raise DataError(problem("split", "shares", allowed, text, example)) from None
    if len(numbers) not in (2, 3):
        raise DataError(problem("split", "shares", "two or three numbers", text, example))
    total = sum(numbers)
    if not any(math.isclose(total, whole, rel_tol=_ROUNDING) for whole in (1, 100)):
        raise DataError(
            problem("split", "shares", "numbers that sum to 100", text, f"They sum to {total:g}. {example}")
        )
    shares = [number / total for number in numbers]
    return _checked((shares[0], 0.0 if len(shares) == 2 else shares[1], shares[-1]), text)


def split_rows(y: np.ndarray, shares: Shares, seed: int, stratify: bool = True) -> Split:
    """Split rows at random into training, validation and test rows.

    A held-out part has ``N * share`` rows, rounded; when stratified, ``n_c * share`` of them are of class c,
    to within one row. A class too rare for that still gets one row in every part, so that parts can differ
    from their share by a row for each rare class.

    Parameters
    ----------
    y
        Class labels or indices, (N,), or any values when not stratified.
    shares
        Training, validation and test shares that sum to 1; a share of 0 makes an empty part.
    seed
        A whole number of at least 0.
    stratify
        True in classification: every class in every part that is not empty.

    Returns
    -------
    Split
        Index arrays, each ascending, disjoint and exhaustive.

    Raises
    ------
    DataError
        If the shares are no shares, or a class (or the table) has fewer rows than there are parts.

    Examples
    --------
    >>> split = split_rows([0, 1] * 10, (0.6, 0.2, 0.2), seed=0)
    >>> [part.size for part in split]
    [12, 4, 4]
    """
    found = Problems("split", DataError)
    found.check_integer("seed", seed, 0)
    found.raise_if_any()
    wanted = np.array(_checked(shares, shares))
    labels = np.asarray(y) if stratify else np.zeros(len(y), dtype=np.int64)
    classes, codes, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    _check_sizes(classes if stratify else None, sizes, int(np.count_nonzero(wanted)))
    random = np.random.default_rng([_PURPOSE, int(seed)])
    order = random.permutation(labels.size)
    members = np.split(order[np.argsort(codes[order], kind="stable")], np.cumsum(sizes)[:-1])
    pieces = [
        np.split(rows, np.cumsum(counts)[:-1])
        for rows, counts in zip(members, _allot(sizes, wanted), strict=True)
    ]
    return Split(*(np.sort(np.concatenate(part)) for part in zip(*pieces, strict=True)))


def _allot(sizes: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return how many rows of each class go to each part, (classes, 3)."""
    # Rounding the running totals instead of each class keeps the parts' sizes right: with ten classes of
    # seven rows, rounding each would make all ten errors the same.
    upto = np.concatenate([[0], np.cumsum(sizes)])
    held_out = np.diff(np.floor(upto[:, None] * shares[1:] + 0.5), axis=0).astype(np.int64)
    counts = np.column_stack([sizes - held_out.sum(axis=1), held_out])
    for row in counts:
        for part in np.flatnonzero(shares):
            missing = max(0, 1 - int(row[part]))
            row[part] += missing
            row[np.argmax(row)] -= missing
    return counts


def _check_sizes(classes: np.ndarray | None, sizes: np.ndarray, parts: int) -> None:
    need = f"at least {parts}, one for each part that is not empty"
    if classes is None or not sizes.size:
        if sizes.sum() < parts:
            raise DataError(problem("split", "the number of rows", need, int(sizes.sum())))
        return
    found = Problems("split", DataError)
    for name, size in zip(classes.tolist(), sizes.tolist(), strict=True):
        if size < parts:
            hint = "Add rows of this class, leave it out, or hold out fewer parts."
            found.add(f"the number of rows of class {name!r}", need, size, hint)
    found.raise_if_any()


def _checked(shares: Shares, given: object) -> Shares:
    found = Problems("split", DataError)
    if len(shares) != 3 or not math.isclose(sum(shares), 1, rel_tol=_ROUNDING):
        found.add("shares", f"three numbers ({', '.join(_PARTS)}) that sum to 1", given)
    elif min(shares) < 0 or shares[0] == 0:
        found.add("shares", "at least 0, and above 0 for the training rows", given)
    found.raise_if_any()
    return shares
