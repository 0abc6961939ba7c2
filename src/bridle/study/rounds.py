"""The data of each split: drawn or split anew, prepared on its own training rows, and stacked for the engine.

Splits are repeated, so what an interval shows includes the luck of the split. Synthetic data are even drawn
anew, and scored on many fresh rows. Test rows never reach the engine: they wait here, prepared with the
training rows' statistics, for the one look at the end.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bridle.engine.pixels import Inputs, Pictures, numbers_of
from bridle.study.grouped import split_groups
from bridle.study.images import PixelPreparation
from bridle.study.options import Settled
from bridle.study.prepare import Preparation, TargetScale, prepare_target
from bridle.study.split import Split, split_rows
from bridle.study.tables import Table

FRESH_ROWS = 10_000
_FRESH_SEED = 2**31


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows, prepared: inputs x (n, D), and the truth y as class indices or in the target's unit.

    ``groups`` (n,) are numbers, equal for rows that belong together; None if every row is its own. ``rows``
    (n,) are the rows' numbers in the table, None where they are nobody else's. ``weights`` (n,) say what each
    row weighs in scores, None if all weigh the same.
    """

    x: Inputs
    y: np.ndarray
    groups: np.ndarray | None = None
    rows: np.ndarray | None = None
    weights: np.ndarray | None = None

    @property
    def units(self) -> np.ndarray:
        """Numbers of what was drawn independently, the same in every split: groups, or rows; (n,)."""
        if self.groups is not None:
            return self.groups
        return np.arange(len(self.y)) if self.rows is None else self.rows


@dataclass(frozen=True, eq=False)
class Round:
    """One split's data.

    ``number`` counts splits from 0; ``scale`` turns a regression's target into the engine's unit; ``whole``
    holds the raw rows that were split; ``row_weights`` (n,) are those of the training rows in training, the
    product of the rows' own weights and their classes', None if all are 1.
    """

    number: int
    preparation: Preparation
    scale: TargetScale | None
    train: Part
    validation: Part
    test: Part
    whole: pd.DataFrame
    row_weights: np.ndarray | None = None

    @property
    def frame(self) -> pd.DataFrame:
        """The raw training rows."""
        return self.whole.iloc[self.train.rows]


@dataclass(frozen=True, eq=False)
class Stack:
    """All rounds' training and validation rows for the engine, and where each round's lie among them.

    ``row_weights`` belong to ``rows``, in training; ``weights`` (N,) are all rows' in validation and scores.
    None if all are 1.
    """

    x: Inputs
    y: np.ndarray
    rows: list[np.ndarray]
    validation_rows: list[np.ndarray]
    row_weights: list[np.ndarray] | None = None
    weights: np.ndarray | None = None


def make_rounds(table: Table, options: Settled) -> list[Round]:
    """Return the data of splits 0, 1, ...

    Raises
    ------
    DataError
        If a class is too rare, or there are too few rows, for the shares.
    """
    return [_make_round(table, options, number) for number in range(options.splits)]


def _make_round(table: Table, options: Settled, number: int) -> Round:
    frame, y = table.frame, table.codes
    if table.generator is not None:
        X, y = table.generator.draw(number)
        frame = pd.DataFrame(X, columns=table.frame.columns)
    split = _split(table, y, options, number)
    preparation = _preparation(table, frame, options).fit(frame.iloc[split.train])

    def part(some: pd.DataFrame, truth: np.ndarray, rows: np.ndarray | None = None) -> Part:
        groups, weights = (
            None if rows is None or given is None else given[rows] for given in (table.groups, table.weights)
        )
        x = preparation.inputs(some, rows)
        return Part(x, truth if rows is None else truth[rows], groups, rows, weights)

    if table.generator is not None:
        fresh, truth = table.generator.draw(_FRESH_SEED + number, FRESH_ROWS)
        test = part(pd.DataFrame(fresh, columns=frame.columns), truth)
    elif table.sealed is not None:
        test = part(table.sealed.frame, table.encode(table.sealed.y))
        test = dataclasses.replace(test, weights=table.sealed.weights)
    else:
        test = part(frame, y, split.test)
    train = part(frame, y, split.train)
    return Round(
        number=number,
        preparation=preparation,
        scale=prepare_target(y[split.train]) if table.task == "regression" else None,
        train=train,
        validation=part(frame, y, split.validation),
        test=test,
        whole=frame,
        row_weights=_row_weights(train, options),
    )


def _row_weights(train: Part, options: Settled) -> np.ndarray | None:
    if options.class_weight is None:
        return train.weights
    of_class = balanced_weights(train.y)
    return of_class if train.weights is None else train.weights * of_class


def _preparation(table: Table, frame: pd.DataFrame, options: Settled) -> Preparation:
    if table.image is not None:
        return PixelPreparation(table.image)
    return Preparation(frame, options.scale, table.dates)


def _split(table: Table, y: np.ndarray, options: Settled, number: int) -> Split:
    stratify = table.task == "classification"
    if table.groups is None:
        return split_rows(y, options.shares, number, stratify)
    split = split_groups(y, table.groups, options.shares, number, stratify)
    if table.copies is None:
        return split
    # A copy is what training makes of an image; how good a network is shows on the images themselves.
    held_out = (rows[~table.copies[rows]] for rows in (split.validation, split.test))
    return Split(split.train, *held_out)


def balanced_weights(classes: np.ndarray) -> np.ndarray:
    """Return weights with which every class counts the same, ``N / (K n_c)`` for rows of class c, (N,).

    Examples
    --------
    >>> balanced_weights(np.array([0, 0, 0, 1])).round(3).tolist()
    [0.667, 0.667, 0.667, 2.0]
    """
    _, codes, counts = np.unique(classes, return_inverse=True, return_counts=True)
    return len(codes) / (len(counts) * counts[codes])


def stack(rounds: list[Round]) -> Stack:
    """Return the rounds' training and validation rows as the engine takes them."""
    x, y, start = [], [], 0
    rows: list[np.ndarray] = []
    validation_rows: list[np.ndarray] = []
    for one in rounds:
        for part, indices in ((one.train, rows), (one.validation, validation_rows)):
            x.append(part.x)
            y.append(part.y if one.scale is None else one.scale.transform(part.y))
            indices.append(np.arange(start, start + len(part.y), dtype=np.int32))
            start += len(part.y)
    weights = [one.row_weights for one in rounds if one.row_weights is not None]
    own = [part.weights for one in rounds for part in (one.train, one.validation) if part.weights is not None]
    return Stack(
        _together(x),
        np.concatenate(y),
        rows,
        validation_rows,
        weights or None,
        np.concatenate(own) if own else None,
    )


def _together(parts: list[Inputs]) -> Inputs:
    pictures = [one for one in parts if isinstance(one, Pictures)]
    return Pictures.together(pictures) if pictures else np.concatenate([numbers_of(one) for one in parts])


def loss_of(table: Table) -> tuple[int, str]:
    """Return the outputs that a network for the table has, and its loss."""
    if table.classes is None:
        return 1, "squared_error"
    classes = len(table.classes)
    return (1, "binary_cross_entropy") if classes == 2 else (classes, "cross_entropy")


def varied_in(table: Table) -> str:
    """Return what differs between splits, in words."""
    if table.generator is not None:
        return "the data (drawn anew), the initial weights and the noise of training"
    parts = "train and which validate" if table.sealed is not None else "train, validate and test"
    return f"which rows {parts}, the initial weights and the noise of training"
