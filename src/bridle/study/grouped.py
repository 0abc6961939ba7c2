"""Splits that keep groups whole: all rows of a patient, a user or a day are on one side.

Rows of one group resemble each other. With some of them in training and others in the test, a network that
remembers the group looks as if it understood the problem. Groups have sizes and classes of their own, so
shares and class proportions can only be approached: groups come in random order, each goes where it brings
the parts closest to their shares, and the best of a few orders is kept.
"""

from __future__ import annotations

import numpy as np

from bridle.checks import problem
from bridle.errors import DataError
from bridle.study.split import Shares, Split

_PURPOSE = 0x6772_7073
_ORDERS, _MOST_ORDERS = 4, 100


def split_groups(
    y: np.ndarray, groups: np.ndarray, shares: Shares, seed: int, stratify: bool = True
) -> Split:
    """Split rows into training, validation and test rows without splitting a group.

    Parameters
    ----------
    y
        Class labels or indices, (N,), or any values when not stratified.
    groups
        Numbers from 0, (N,); rows of equal number stay together.
    shares
        Training, validation and test shares that sum to 1; a share of 0 makes an empty part.
    seed
        A whole number of at least 0.
    stratify
        Whether parts should have the classes in proportion; training has every class in any case.

    Raises
    ------
    DataError
        If there are fewer groups than parts, or some class is in too few groups.

    Examples
    --------
    >>> split = split_groups([0, 1] * 10, np.arange(20) // 2, (0.6, 0.2, 0.2), seed=0)
    >>> [part.size for part in split]
    [12, 4, 4]
    """
    wanted = np.array(shares)
    parts = np.flatnonzero(wanted)
    count = int(np.max(groups)) + 1
    if count < len(parts):
        hint = "Each part needs a group of its own."
        raise DataError(problem("split", "the number of groups", f"at least {len(parts)}", count, hint))
    _, codes = np.unique(y, return_inverse=True) if stratify else (None, np.zeros(len(y), dtype=np.int64))
    tally = np.zeros((count, int(codes.max()) + 1))
    np.add.at(tally, (groups, codes), 1)
    random = np.random.default_rng([_PURPOSE, int(seed)])
    best, closest = None, np.inf
    for tried in range(_MOST_ORDERS):
        if best is not None and tried >= _ORDERS:
            break
        placed, distance = _place(tally, wanted, parts, random.permutation(count))
        filled = np.isin(parts, placed).all() and tally[placed == parts[0]].sum(axis=0).all()
        if filled and distance < closest:
            best, closest = placed, distance
    if best is None:
        hint = "Name a column with more groups, or hold out fewer parts."
        raise DataError(
            problem("split", "groups", "many enough for each part, with all classes in training", count, hint)
        )
    return Split(*(np.flatnonzero(best[groups] == part) for part in range(3)))


def _place(
    tally: np.ndarray, wanted: np.ndarray, parts: np.ndarray, order: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the part of each group, and how far the parts are from their shares of each class."""
    shares = tally / tally.sum(axis=0)
    missing = np.repeat(wanted[parts, None], tally.shape[1], axis=1)
    placed = np.zeros(len(tally), dtype=np.int64)
    for group in order:
        # (m - s)^2 - m^2 is least where the group fills the largest gap
        at = int(np.argmin(((shares[group] - 2 * missing) * shares[group]).sum(axis=1)))
        missing[at] -= shares[group]
        placed[group] = parts[at]
    return placed, float(np.square(missing).sum())
