"""Bias, variance and noise: where the loss of many networks, trained on resampled rows, comes from.

Squared error has its classic decomposition. For log-loss the right average of the members is the geometric
one, renormalized (Heskes 1998): then the mean loss of the members is a bias, the divergence of the truth from
the average, plus a variance, the mean divergence of the average from the members, plus the noise, the
entropy of the truth. Both add up exactly, row by row, for any number of members.

Where only labels or targets are known and not the probabilities or means behind them, noise and bias cannot
be told apart: then the truth is what was observed, its noise is 0, and ``bias`` holds both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bridle.checks import problem
from bridle.errors import DataError

_SMALLEST = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Decomposition:
    """The members' mean loss on each row and its parts, (N,) each: ``loss = bias + variance + noise``.

    ``bias`` is squared for squared error. ``average`` is what the average member predicts, (N,) or (N, K).
    """

    loss: np.ndarray
    bias: np.ndarray
    variance: np.ndarray
    noise: np.ndarray
    average: np.ndarray


def decompose_squared_error(
    predictions: np.ndarray, truth: np.ndarray, noise: float | np.ndarray = 0.0
) -> Decomposition:
    """Decompose the mean squared error of members.

        mean_m E (f_m - y)^2 = (f - E y)^2 + mean_m (f_m - f)^2 + Var y,   f = mean_m f_m

    Parameters
    ----------
    predictions
        Of M members for N rows, (M, N).
    truth
        E y given the inputs, (N,); or, where it is not known, y itself.
    noise
        Var y given the inputs, at least 0, a number or (N,); 0 where y itself is given.

    Raises
    ------
    DataError
        If the shapes do not fit, or a number is not finite.

    Notes
    -----
    Source: Geman, Bienenstock and Doursat (1992), Neural networks and the bias/variance dilemma, section 2.2.
    The factor 1/2 of the training objective is left out.

    Examples
    --------
    >>> found = decompose_squared_error(np.array([[1.0], [3.0]]), np.array([1.0]), noise=0.5)
    >>> [float(part[0]) for part in (found.loss, found.bias, found.variance, found.noise)]
    [2.5, 1.0, 1.0, 0.5]
    """
    f = _finite(predictions, "predictions", 2)
    y = _finite(truth, "truth", 1)
    if y.shape != f.shape[1:]:
        raise DataError(problem("decomposition", "truth", f"of shape {f.shape[1:]}", y.shape))
    spread = np.broadcast_to(_finite(noise, "noise", None), y.shape)
    average = f.mean(axis=0)
    return Decomposition(
        loss=np.square(f - y).mean(axis=0) + spread,
        bias=np.square(average - y),
        variance=np.square(f - average).mean(axis=0),
        noise=spread,
        average=average,
    )


def decompose_log_loss(probabilities: np.ndarray, truth: np.ndarray) -> Decomposition:
    """Decompose the mean log-loss of members.

        mean_m E_y -log q_m(y) = KL(p || q) + mean_m KL(q || q_m) + H(p),   q = exp(mean_m log q_m) / Z

    Parameters
    ----------
    probabilities
        q_m, of M members for N rows and K classes, (M, N, K). Those below 2e-16 are taken as that much, and
        all are renormalized, so that no loss is infinite.
    truth
        p, the classes' true probabilities, (N, K); or, where they are not known, 1 for the label and 0 for
        all others.

    Raises
    ------
    DataError
        If the shapes do not fit, or a number is not finite.

    Notes
    -----
    Source: Heskes (1998), Bias/variance decompositions for likelihood-based estimators, equations 2.5 to 2.7.

    Examples
    --------
    >>> members = np.array([[[0.5, 0.5]], [[0.9, 0.1]]])
    >>> found = decompose_log_loss(members, np.array([[1.0, 0.0]]))
    >>> found.average.round(3).tolist(), [round(float(part[0]), 4) for part in (found.bias, found.variance)]
    ([[0.75, 0.25]], [0.2877, 0.1116])
    """
    q = np.maximum(_finite(probabilities, "probabilities", 3), _SMALLEST)
    p = _finite(truth, "truth", 2)
    if p.shape != q.shape[1:]:
        raise DataError(problem("decomposition", "truth", f"of shape {q.shape[1:]}", p.shape))
    logs = np.log(q / q.sum(axis=2, keepdims=True))
    mean = logs.mean(axis=0)
    # log of the sum of exp(mean), at most 0 by the inequality of the means: minus the variance.
    largest = mean.max(axis=1, keepdims=True)
    total = largest + np.log(np.exp(mean - largest).sum(axis=1, keepdims=True))
    average = mean - total
    own = np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0).sum(axis=1)
    return Decomposition(
        loss=-(p * logs).sum(axis=2).mean(axis=0),
        bias=own - (p * average).sum(axis=1),
        variance=-total[:, 0],
        noise=-own,
        average=np.exp(average),
    )


def _finite(values: object, what: str, axes: int | None) -> np.ndarray:
    found = np.asarray(values, dtype=np.float64)
    if axes is not None and found.ndim != axes:
        raise DataError(problem("decomposition", what, f"an array of {axes} axes", found.shape))
    if not np.isfinite(found).all():
        raise DataError(problem("decomposition", what, "finite", float(found[~np.isfinite(found)][0])))
    return found
