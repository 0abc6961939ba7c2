"""What training returns: weights, curves and statuses of all members, as NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bridle.engine.epoch import CHUNK
from bridle.engine.examples import encode_inputs
from bridle.engine.members import Members
from bridle.engine.network import forward
from bridle.engine.plan import Plan
from bridle.engine.prediction import predict_population
from bridle.errors import Status
from bridle.ops.losses import LOSSES
from bridle.types import Weights


@dataclass(frozen=True, eq=False)
class Outcome:
    """The trained members of one plan.

    Attributes
    ----------
    plan, members
        What was trained.
    weights
        One (w, b) a layer, (M, out, in) and (M, out, 1): the last weights, and for members with finite
        patience the restored best ones.
    best_weights
        At the best epoch of the plan's ``monitor``; the last ones where nothing was watched.
    best_epoch
        (M,), from 1; 0 where nothing was watched or nothing finite was seen.
    epochs
        (M,), epochs trained.
    curves
        By name, (M, E): "train_loss" and, for classifiers, "train_accuracy", measured in the training pass
        (with its noise, before its updates), and "validation_..." after the epoch. NaN after a stop and at
        epochs that were not validated.
    status
        (M,) of :class:`~bridle.errors.Status`.
    classes
        The labels in the order of the outputs, None for regression.
    note
        Anything unusual about the machine, or empty.
    """

    plan: Plan
    members: Members
    weights: Weights
    best_weights: Weights
    best_epoch: np.ndarray
    epochs: np.ndarray
    curves: dict[str, np.ndarray]
    status: np.ndarray
    classes: np.ndarray | None
    note: str = ""

    def predict(self, X: Any, *, best: bool = False) -> np.ndarray:
        """Return every member's predictions.

        Parameters
        ----------
        X
            Inputs, (N, D).
        best
            Use ``best_weights`` instead of ``weights``.

        Returns
        -------
        predictions
            (M, N, K): probabilities, with one output that of the second class; or values.

        Raises
        ------
        DataError
            If X does not fit the plan.
        """
        x = encode_inputs(self.plan, X, "X")
        return predict_population(self.plan, self.best_weights if best else self.weights, x)

    def member_weights(self, m: int, *, best: bool = False) -> Weights:
        """Return one member's weights, (out, in) and (out, 1) for each layer."""
        return [(w[m], b[m]) for w, b in (self.best_weights if best else self.weights)]

    def __repr__(self) -> str:
        ended = {status: int(np.sum(self.status == status)) for status in Status}
        counts = ", ".join(f"{count} {status.name.lower()}" for status, count in ended.items() if count)
        return f"Outcome({len(self.members)} members: {counts})"


def predict_member(plan: Plan, weights: Weights, X: Any) -> np.ndarray:
    """Return one member's predictions on plain NumPy, (N, K), as :meth:`Outcome.predict` does for all.

    Parameters
    ----------
    plan
        The layers and the loss.
    weights
        One (w, b) a layer, (out, in) and (out, 1).
    X
        Inputs, (N, D).

    Raises
    ------
    DataError
        If X does not fit the plan.
    """
    x = encode_inputs(plan, X)
    link = LOSSES[plan.loss].link
    chunks = [link(forward(plan, weights, x[:, at : at + CHUNK])[0]) for at in range(0, x.shape[1], CHUNK)]
    return np.hstack(chunks).T
