"""Curves that reports draw, as plain data: validation loss against strength, and losses over epochs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Discarded:
    """A strength that a time budget discarded: the validation losses, (R,), at the epoch it had come to."""

    strength: float
    epoch: int
    losses: np.ndarray


@dataclass(frozen=True, eq=False)
class StrengthCurve:
    """Validation loss against strength for one regularizer, each strength at its best learning rate.

    ``strengths`` (n,), ascending, ``losses`` (n, R) for R splits, ``plain`` (R,) the plain network's;
    ``label`` is the setting on the axis, with its unit; ``chosen`` an index of ``strengths``. ``discarded``
    are strengths that were not trained to the end.
    """

    name: str
    label: str
    strengths: np.ndarray
    losses: np.ndarray
    plain: np.ndarray
    chosen: int
    discarded: tuple[Discarded, ...] = ()


@dataclass(frozen=True, eq=False)
class LossCurves:
    """Loss over epochs for one regularizer's setting of lowest mean validation loss.

    ``epochs`` (e,), ``train`` and ``validation`` (r, e) for r runs (splits times seeds), NaN after a stop;
    ``stops`` (r,), the epoch whose weights are used.
    """

    name: str
    epochs: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    stops: np.ndarray
