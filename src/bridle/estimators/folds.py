"""Which rows the networks of a path train on, which choose among them, and which tell them to stop."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.model_selection import check_cv, train_test_split

from bridle.estimators.rows import Rows, split


def one_part(
    rows: Rows, share: float, classifies: bool, random_state: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Return masks of the rows that train and that choose, (1, N) each: one share, drawn.

    Classes keep their shares in both parts if each of them has two rows and both parts have room for all.

    Parameters
    ----------
    rows
        All rows.
    share
        Of the rows that choose, in (0, 1).
    classifies
        Whether targets are classes.
    random_state
        Draws the part.
    """
    count = len(rows.t)
    stratify = None
    if classifies and rows.y.ndim == 1:
        labels, sizes = np.unique(rows.y, return_counts=True)
        room = min(int(np.ceil(share * count)), int((1 - share) * count))
        stratify = rows.y if sizes.min() > 1 and room >= len(labels) > 1 else None
    train, chooses = train_test_split(
        np.arange(count), test_size=share, random_state=random_state, stratify=stratify
    )
    return _mask(train, count)[None], _mask(chooses, count)[None]


def by_splitter(rows: Rows, cv: Any, classifies: bool, groups: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return masks of the rows that train and that choose in each fold of a splitter, (F, N) each.

    Parameters
    ----------
    rows, classifies
        As in :func:`one_part`.
    cv
        A number of folds, a splitter of scikit-learn, or the splits themselves.
    groups
        Of the rows, (N,), for splitters that keep groups together; or None.
    """
    count = len(rows.t)
    splits = check_cv(cv, rows.y, classifier=classifies).split(rows.X, rows.y, groups)
    pairs = [(_mask(train, count), _mask(chooses, count)) for train, chooses in splits]
    trains, choose = zip(*pairs, strict=True)
    return np.stack(trains), np.stack(choose)


def stopping_rows(
    model: Any, rows: Rows, kept: np.ndarray, random_state: np.random.RandomState
) -> list[np.ndarray]:
    """Return for each fold, of its own rows, those that stop its networks: the share that fit would draw.

    Parameters
    ----------
    model
        The network; its ``validation_fraction`` is the share.
    rows
        All rows.
    kept
        (F, N), the rows that each fold may use.
    random_state
        Draws them, as :func:`~bridle.estimators.stochastic.split` does.
    """
    places = [np.flatnonzero(some) for some in kept]
    return [split(model, Rows(some, some, rows.t[some], None), random_state)[1].X for some in places]


def _mask(places: np.ndarray, count: int) -> np.ndarray:
    return np.isin(np.arange(count), places)
