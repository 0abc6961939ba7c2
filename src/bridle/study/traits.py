"""What a closer look at the recommended network found, as plain data (:mod:`bridle.study.portrait`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Importance:
    """By how much the error rises when a column is shuffled over the rows: ``mean``, and each split's."""

    column: str
    mean: float
    splits: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Predicted and observed shares in bins of rows, (b,) each, with the rows in each.

    With two classes they are those of the second class; with more, of the likeliest class being the true one.
    """

    predicted: np.ndarray
    observed: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True, eq=False)
class Portrait:
    """The recommended networks of all splits, on the rows named ``held_out``.

    ``importances`` begin with the largest. ``confusion`` (K, K) adds up the rows' weights, 1 where there are
    none, by true and by predicted class; it is empty, and ``calibration`` None, in a regression.
    """

    held_out: str
    importances: tuple[Importance, ...]
    calibration: Calibration | None
    confusion: np.ndarray


@dataclass(frozen=True, eq=False)
class Strip:
    """Some training images as a regularizer of these ``settings`` shows them, 8-bit, (K, H, W, C)."""

    settings: dict[str, float]
    images: np.ndarray


@dataclass(frozen=True, eq=False)
class Sheet:
    """One entry's strips, the weakest setting first."""

    name: str
    strips: tuple[Strip, ...]


@dataclass(frozen=True, eq=False)
class Mistake:
    """A held-out image that the recommended network of its split takes for another class.

    ``image`` is 8-bit, (H, W, C), ``name`` where it came from, ``probability`` what the network gives the
    class that it takes it for.
    """

    image: np.ndarray
    name: str
    truth: str
    taken_for: str
    probability: float


@dataclass(frozen=True, eq=False)
class Gallery:
    """Images to look at: some of training as they are (K, H, W, C), as augmented, and those mistaken."""

    examples: np.ndarray
    sheets: tuple[Sheet, ...]
    mistakes: tuple[Mistake, ...] = ()
