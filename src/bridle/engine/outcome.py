"""What training returns: weights, curves and statuses of all members, as NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bridle.engine.epoch import CHUNK
from bridle.engine.examples import columns, encode_inputs
from bridle.engine.members import Members
from bridle.engine.network import forward
from bridle.engine.plan import Plan
from bridle.engine.reference import on_numpy
from bridle.engine.sampling import (
    Sampled,
    Sampling,
    check_samples,
    no_moments,
    observed,
    prediction_seed,
    words_of_places,
)
from bridle.errors import Status
from bridle.ops.losses import LOSSES
from bridle.types import Weights


class Ensemble(NamedTuple):
    """The snapshots of all members, pairs (M, C, ...), and who predicts: shares (M, 1 + C).

    The first share is that of the last weights, which is 1 where snapshots are off.
    """

    snapshots: Weights
    shares: np.ndarray

    def of_member(self, m: int) -> Weights:
        """Return the snapshots that predict for a member, pairs with a leading axis, or none."""
        chosen = self.shares[m, 1:] > 0
        return (
            [(first[m, chosen], second[m, chosen]) for first, second in self.snapshots] if any(chosen) else []
        )


@dataclass(frozen=True, eq=False)
class Outcome:
    """The trained members of one plan.

    Attributes
    ----------
    plan, members
        What was trained.
    weights
        One (w, b) a layer, (M, out, in) and (M, out, 1): the last weights, and for members with finite
        patience the restored best ones. Behind them, where layers are normalized, (gain, offset) of each of
        those, and then (mean, variance) of each with batch normalization, all (M, out, 1).
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
    ensemble
        Of snapshots, which :meth:`predict` averages, where the plan has "snapshots".
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
    ensemble: Ensemble | None = None

    def predict(self, X: Any, *, best: bool = False, samples: int | None = None, draw: int = 0) -> np.ndarray:
        """Return every member's predictions.

        Parameters
        ----------
        X
            Inputs, (N, D).
        best
            Use ``best_weights`` instead of ``weights``.
        samples
            S, passes with the plan's noise on, whose mean is returned. None: one pass without noise.
        draw
            Of the noise; another number is another sample.

        Returns
        -------
        predictions
            (M, N, K): probabilities, with one output that of the second class; or values.

        Raises
        ------
        DataError
            If X does not fit the plan.
        PlanError
            If there is no noise to sample.
        """
        if samples is not None:
            return self.predict_samples(X, samples, best=best, draw=draw).mean
        from bridle.engine.prediction import predict_population  # JAX is imported only where it computes

        x = encode_inputs(self.plan, X, "X")
        predictions = predict_population(self.plan, self.best_weights if best else self.weights, x)
        if best or self.ensemble is None:
            return predictions
        shares = self.ensemble.shares[:, :, None, None]
        mixed = np.where(shares[:, 0] > 0, predictions, 0)
        for c in range(shares.shape[1] - 1):
            snapshot = [(first[:, c], second[:, c]) for first, second in self.ensemble.snapshots]
            theirs = predict_population(self.plan, snapshot, x)
            mixed = np.where(shares[:, 1 + c] > 0, mixed + shares[:, 1 + c] * theirs, mixed)
        return mixed

    def predict_samples(self, X: Any, samples: int, *, best: bool = False, draw: int = 0) -> Sampled:
        """Return the mean and the spread of every member's predictions over noisy passes, (M, N, K) each.

        Dropout and all other noise of the plan stays on at its full strength, normalization stays in
        evaluation. A row's draws belong to its place in X. Of an ensemble, the last weights answer alone.

            mean = (1/S) sum_s p_s,    spread^2 = (1/S) sum_s (p_s - mean)^2

        Source: Gal and Ghahramani (2016), equations 6 and 7, without the noise of the observations.

        Parameters
        ----------
        X, best, draw
            As in :meth:`predict`.
        samples
            S, at least 1.

        Raises
        ------
        DataError
            If X does not fit the plan.
        PlanError
            If there is no noise to sample.
        """
        from bridle.engine.prediction import sample_population

        check_samples(self.plan, samples)
        x = encode_inputs(self.plan, X, "X")
        seeds = np.broadcast_to(self.members.seed, len(self.members))
        own = Sampling(prediction_seed(seeds, draw), self.members.settings_for(self.plan))
        return sample_population(self.plan, self.best_weights if best else self.weights, own, x, samples)

    def member_weights(self, m: int, *, best: bool = False) -> Weights:
        """Return one member's weights, (out, in) and (out, 1) for each layer.

        Where snapshots predict together, all pairs come once more behind them, an axis of snapshots first.
        """
        own = [(w[m], b[m]) for w, b in (self.best_weights if best else self.weights)]
        return own if best or self.ensemble is None else own + self.ensemble.of_member(m)

    def __repr__(self) -> str:
        ended = {status: int(np.sum(self.status == status)) for status in Status}
        counts = ", ".join(f"{count} {status.name.lower()}" for status, count in ended.items() if count)
        return f"Outcome({len(self.members)} members: {counts})"


def networks_of(plan: Plan, weights: Weights) -> list[Weights]:
    """Return the networks whose predictions' mean a member predicts: its snapshots, or its weights alone.

    Parameters
    ----------
    plan
        The layers.
    weights
        From :meth:`Outcome.member_weights`.
    """
    snapshots = weights[len(plan.pairs) :]
    if not snapshots:
        return [weights]
    return [[(first[k], second[k]) for first, second in snapshots] for k in range(len(snapshots[0][0]))]


def predict_member(plan: Plan, weights: Weights, X: Any) -> np.ndarray:
    """Return one member's predictions on plain NumPy, (N, K), as :meth:`Outcome.predict` does for all.

    Parameters
    ----------
    plan
        The layers and the loss.
    weights
        One (w, b) a layer, (out, in) and (out, 1), and what :meth:`Outcome.member_weights` gives besides.
    X
        Inputs, (N, D), perhaps sparse.

    Raises
    ------
    DataError
        If X does not fit the plan.
    """
    x = encode_inputs(plan, X)
    link = LOSSES[plan.loss].link
    networks = networks_of(plan, weights)

    def predicted(network: Weights) -> np.ndarray:
        return np.hstack([link(forward(plan, network, columns(x, cut))[0]) for cut in _cuts(x)]).T

    with on_numpy():
        return sum(map(predicted, networks[1:]), predicted(networks[0])) / len(networks)


def sample_member(
    plan: Plan,
    weights: Weights,
    X: Any,
    samples: int,
    *,
    seed: int = 0,
    settings: Mapping[str, Any] | None = None,
    draw: int = 0,
) -> Sampled:
    """Return one member's mean and spread over noisy passes on plain NumPy, (N, K) each.

    Parameters
    ----------
    plan, weights, X
        As in :func:`predict_member`.
    samples, draw
        As in :meth:`Outcome.predict_samples`, whose numbers these are up to rounding.
    seed, settings
        The member's seed and strengths.

    Raises
    ------
    DataError
        If X does not fit the plan.
    PlanError
        If there is no noise to sample, or settings are none of the plan's.
    """
    check_samples(plan, samples)
    x = encode_inputs(plan, X)
    strengths = Members(seed=seed, **(settings or {})).settings_for(plan)
    own = Sampling(
        prediction_seed(np.array([seed]), draw)[0], {name: one[0] for name, one in strengths.items()}
    )
    words = words_of_places(x.shape[1])
    last, chunks = weights[: len(plan.pairs)], []
    with on_numpy():
        for cut in _cuts(x):
            some = columns(x, cut)
            moments = no_moments(plan, some)
            for k in range(samples):
                moments = observed(plan, last, some, words[:, cut], own, np.asarray(k), moments)
            chunks.append(moments)
    mean, squares = (np.hstack(parts).T for parts in zip(*chunks, strict=True))
    return Sampled(mean, np.sqrt(squares / samples))


def _cuts(x: Any) -> list[np.ndarray]:
    return [np.arange(at, min(at + CHUNK, x.shape[1])) for at in range(0, x.shape[1], CHUNK)]
