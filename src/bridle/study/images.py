"""Images as a table: one column a pixel, so that everything that is honest about tables holds for them too.

A split, a seal, a group, a hash of the data, a saved model: all of them speak of rows and columns, and an
image is a row of pixels, channel by channel, each from the top left to the bottom right. What differs is
said by the table's ``image`` (C, H, W): pixels of a channel share one mean and one standard deviation,
learned from the training images alone (:class:`PixelPreparation`), and 8-bit pixels stay 8-bit until a batch
is taken: all splits train on the table's own bytes, each with its own numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from bridle.checks import problem
from bridle.engine.pixels import Inputs, Pictures
from bridle.errors import DataError
from bridle.study.columns import settle_target
from bridle.study.learned import Numbers
from bridle.study.prepare import Learned, Preparation, Structure
from bridle.study.readers.images import Images, shaped
from bridle.study.readers.limits import Refusal
from bridle.study.scores import Task
from bridle.study.table import FEWEST_ROWS, Sealed, Table

Form = tuple[int, int, int]
"""Channels, height and width."""

CHANNELS = "channels"
"""The scale of a preparation of pixels: each channel has mean 0 and variance 1."""

_COLORS = ("red", "green", "blue")
_PIECE = 4_096


def pixel_names(form: Form) -> list[str]:
    """Return the columns' names of images (C, H, W), rows and columns counted from 1.

    Examples
    --------
    >>> pixel_names((1, 1, 2)), pixel_names((3, 1, 1))
    (['pixel 1,1', 'pixel 1,2'], ['red 1,1', 'green 1,1', 'blue 1,1'])
    """
    channels, height, width = form
    colors = _COLORS if channels == len(_COLORS) else ("pixel",)
    return [f"{c} {i + 1},{j + 1}" for c in colors for i in range(height) for j in range(width)]


def flat(pixels: np.ndarray) -> np.ndarray:
    """Return images (N, H, W, C) as rows (N, C * H * W): channel by channel, each row by row."""
    return np.ascontiguousarray(np.moveaxis(pixels, 3, 1)).reshape(len(pixels), -1)


def upright(rows: np.ndarray, form: Form) -> np.ndarray:
    """Return rows (N, C * H * W) as images (N, H, W, C); the inverse of :func:`flat`."""
    return np.moveaxis(rows.reshape(len(rows), *form), 1, 3)


def frame_of(images: Images) -> pd.DataFrame:
    """Return the raw columns of images, one a pixel."""
    return pd.DataFrame(flat(images.pixels), columns=pixel_names(images.form))


def table_of(name: str, images: Images, task: Task | None = None) -> Table:
    """Check images and labels, and return them as a table.

    Parameters
    ----------
    name
        What messages and reports call the data.
    images
        As a reader gave them.
    task
        Overrides the task that the labels imply.

    Raises
    ------
    DataError
        If there are no labels, or too few images, or an original is sealed while its copy is not.
    """
    refuse = Refusal(name)
    if images.labels is None:
        hint = "Name their file: --labels FILE (labels=); in an .npz call them y."
        refuse("labels", "known", None, hint)
    rows = len(images.pixels) - images.sealed
    if rows < FEWEST_ROWS:
        hint = "Training, validation and test images are taken from them."
        refuse("images", f"at least {FEWEST_ROWS}", rows, hint)
    frame = frame_of(images)
    labels = pd.Series(images.labels).infer_objects()
    y, settled = settle_target(labels, name, images.target, task)
    classes = tuple(np.unique(y).tolist()) if settled == "classification" else None
    groups = copies = None
    if images.origins is not None:
        if set(images.origins[:rows]) & set(images.origins[rows:]):
            refuse("test images", "no copies of training images, nor these of them", "some that are")
        groups = pd.factorize(images.origins[:rows])[0]
        copies = None if images.copies is None else images.copies[:rows]
    return Table(
        name=name,
        frame=frame.iloc[:rows],
        y=y[:rows],
        task=settled,
        target=images.target,
        classes=classes,
        notes=images.notes if copies is None else (*images.notes, _told(copies)),
        sealed=Sealed(frame.iloc[rows:].reset_index(drop=True), y[rows:]) if images.sealed else None,
        groups=groups,
        image=images.form,
        copies=copies,
        names=images.names[:rows],
    )


def from_pixels(X: np.ndarray, y: Any, name: str = "arrays", task: Task | None = None) -> Table:
    """Return a table of images given as an array.

    Parameters
    ----------
    X
        (N, H, W) or (N, H, W, C) of 1 or 3 channels: whole numbers from 0 to 255, or floats.
    y
        Labels or values, (N,).
    name
        What messages and reports call the data.
    task
        Overrides the task that the labels imply.

    Raises
    ------
    DataError
        If shapes or values do not fit.
    """
    pixels = shaped(X, "X", Refusal(name))
    labels = y.reset_index(drop=True) if isinstance(y, pd.Series) else pd.Series(np.asarray(y).reshape(-1))
    if len(labels) != len(pixels):
        value = f"{len(labels)} labels"
        raise DataError(problem(name, "y", f"as long as X, {len(pixels)} images", value))
    title = str(labels.name) if labels.name not in (None, "") else "target"
    names = tuple(map(str, range(len(pixels))))
    return table_of(name, Images(pixels, labels.to_numpy(), names, target=title), task)


def _told(copies: np.ndarray) -> str:
    count = int(copies.sum())
    return (
        f"{count:,} of {len(copies):,} images are copies. Copies stay with their original in every split, "
        "and are left out of validation and test rows."
    )


class PixelPreparation(Preparation):
    """Turns raw pixels into network inputs: mean 0 and variance 1 in each channel of the training images.

    A pixel that never varied in training is not set to 0, as a table's column is: moved images reach it.

    Parameters
    ----------
    form
        Channels, height and width.

    Examples
    --------
    >>> frame = pd.DataFrame(np.array([[0, 2], [2, 0]], dtype=np.uint8), columns=pixel_names((1, 1, 2)))
    >>> PixelPreparation((1, 1, 2)).fit(frame).transform(frame).tolist()
    [[-1.0, 1.0], [1.0, -1.0]]
    """

    def __init__(self, form: Form) -> None:
        kinds: dict[str, Any] = dict.fromkeys(pixel_names(form), "number")
        self.structure = Structure(kinds, {}, (), {}, CHANNELS, form)
        self.learned: Learned | None = None

    def fit(self, frame: pd.DataFrame) -> PixelPreparation:
        """Learn each channel's mean and standard deviation from the training images."""
        form = self.structure.image
        assert form is not None
        cells = self._cells(frame).reshape(len(frame), form[0], -1)
        pieces = range(0, len(cells), _PIECE)
        count = cells.shape[0] * cells.shape[2]
        means = sum(cells[at : at + _PIECE].sum(axis=(0, 2), dtype=np.float64) for at in pieces) / count
        squares = (
            np.square(cells[at : at + _PIECE] - means[:, None], dtype=np.float64).sum(axis=(0, 2))
            for at in pieces
        )
        scales = np.sqrt(sum(squares) / count)
        area = math.prod(form[1:])
        each = np.repeat(means, area)
        numbers = Numbers(each, each, np.repeat(np.where(scales > 0, scales, 1.0), area), None)
        self.learned = Learned(numbers, {}, {}, np.zeros(len(each), dtype=bool))
        return self

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the inputs of images, (N, C * H * W) float32.

        Raises
        ------
        DataError
            If ``fit`` has not run, or columns are missing.
        """
        if self.learned is None:
            hint = "Call fit(training rows)."
            raise DataError(problem("preparation", "transform", "called after fit", "no fit", hint))
        numbers = self.learned.numbers
        inputs = self._cells(frame).astype(np.float32)
        inputs -= numbers.means.astype(np.float32)
        inputs *= (1 / numbers.scales).astype(np.float32)
        return inputs

    def inputs(self, frame: pd.DataFrame, rows: np.ndarray | None = None) -> Inputs:
        """Return the inputs of images as the engine takes them: 8-bit pixels stay where and what they are."""
        cells, form = self._cells(frame), self.structure.image
        if cells.dtype != np.uint8 or self.learned is None or form is None:
            return super().inputs(frame, rows)
        first = slice(None, None, math.prod(form[1:]))  # the pixels of a channel share their numbers
        learned = self.learned.numbers
        return Pictures(cells, learned.means[first], learned.scales[first], rows)

    def _cells(self, frame: pd.DataFrame) -> np.ndarray:
        names = list(self.structure.kinds)
        if list(frame.columns) != names:
            frame = self.settle(frame)[names]
        return frame.to_numpy()
