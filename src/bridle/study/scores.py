"""How good are the predictions: one record a score, and everything else iterates over ``SCORES``.

Classification scores take class indices (N,) and probabilities (N, K), also for two classes; regression
scores take values (N,) twice. All of them are defined wherever they can be: probabilities of exactly 0 and 1
are no error, and neither is a class that happens to be missing from the rows at hand. Predictions that are
not finite, as a diverged member makes them, score NaN: the statistics drop and count it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn import metrics

from bridle.checks import did_you_mean, one_of, problem
from bridle.errors import DataError
from bridle.study.statistics import mean_of

Task = Literal["classification", "regression"]

CALIBRATION_BINS = 15
"""Bins of equal width over [0, 1] for the calibration error, as many as Guo et al. (2017) take."""

_WRITTEN = {"r2": "R²", "rmse": "RMSE", "mae": "MAE", "auc": "AUC", "f1": "F1"}


@dataclass(frozen=True)
class Score:
    """One score's record.

    Called with the truth, the predictions and perhaps weights (N,) above 0, it returns a number, or NaN where
    it is not defined: with whole weights that of rows repeated as often. ``percent`` says whether people
    read it as a percentage.
    """

    name: str
    function: Callable[[np.ndarray, np.ndarray, np.ndarray | None], float]
    greater_is_better: bool
    task: Task
    sentence: str
    percent: bool = False

    def __call__(
        self, y_true: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None = None
    ) -> float:
        """Return the score of predictions against the truth."""
        truth, predicted = (_classes if self.task == "classification" else _values)(y_true, predictions)
        if weights is not None and weights.shape != truth.shape:
            raise DataError(problem("score", "weights", f"of shape {truth.shape}", weights.shape))
        return float(self.function(truth, predicted, weights)) if np.isfinite(predicted).all() else math.nan

    @property
    def words(self) -> str:
        """Its name for reading: ``balanced accuracy``, ``AUC``."""
        return _WRITTEN.get(self.name, self.name.replace("_", " "))

    def show(self, value: float) -> str:
        """Return a value as text: ``93.4 %`` or ``0.123``."""
        return f"{100 * value:.1f} %" if self.percent else f"{value:.3g}"


def find_score(name: str) -> Score:
    """Return a score's record.

    Raises
    ------
    DataError
        If there is none of this name.
    """
    if name not in SCORES:
        raise DataError(problem("score", "name", one_of(SCORES), name, did_you_mean(name, SCORES)))
    return SCORES[name]


def _accuracy(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    return mean_of(p.argmax(axis=1) == y, w)


def _balanced_accuracy(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    # Recall is not defined for a class without rows, so the mean runs over those that occur.
    return metrics.recall_score(
        y, p.argmax(axis=1), labels=np.unique(y), average="macro", zero_division=0, sample_weight=w
    )


def _log_loss(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    # As scikit-learn has it, at a twentieth of its time: a jackknife takes scores by the hundred.
    least = np.finfo(np.float64).eps
    told = p[np.arange(y.size), y] / p.sum(axis=1)
    return -mean_of(np.log(np.clip(told, least, 1 - least)), w)


def _auc(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    # With two classes, ranking by the one is ranking by the other.
    ranked = [1] if p.shape[1] == 2 else np.unique(y)
    areas = [
        metrics.roc_auc_score(y == k, p[:, k], sample_weight=w)
        for k in ranked
        if 0 < np.count_nonzero(y == k) < y.size
    ]
    return float(np.mean(areas)) if areas else math.nan


def _f1(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    return metrics.f1_score(y, p.argmax(axis=1), average="macro", zero_division=0, sample_weight=w)


def _brier(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    squares = np.square(p - np.eye(p.shape[1])[y]).sum(axis=1)
    # Two classes count the same error twice; Brier's own convention for yes-or-no forecasts counts it once.
    return mean_of(squares, w) / (2 if p.shape[1] == 2 else 1)


def _calibration_error(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> float:
    # Guo et al. (2017), equation 3: sum over bins of n_b/N |share right - mean confidence|.
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    bins = np.minimum((confidence * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    excess = (right - confidence) * (1 if w is None else w)
    sums = np.bincount(bins, excess, minlength=CALIBRATION_BINS)
    return float(np.abs(sums).sum()) / (y.size if w is None else float(w.sum()))


def _r2(y: np.ndarray, predicted: np.ndarray, w: np.ndarray | None) -> float:
    return metrics.r2_score(y, predicted, sample_weight=w) if y.size > 1 else math.nan


def _rmse(y: np.ndarray, predicted: np.ndarray, w: np.ndarray | None) -> float:
    return math.sqrt(mean_of(np.square(predicted - y), w))


def _mae(y: np.ndarray, predicted: np.ndarray, w: np.ndarray | None) -> float:
    return mean_of(np.abs(predicted - y), w)


def _classes(y_true: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or p.shape[1] < 2:
        raise DataError(problem("score", "probabilities", "of shape (N, K) with K at least 2", p.shape))
    y = np.asarray(y_true)
    if y.shape != p.shape[:1] or not y.size:
        raise DataError(problem("score", "classes", f"of shape ({max(1, len(p))},)", y.shape))
    if y.dtype.kind not in "iub" or y.min() < 0 or y.max() >= p.shape[1]:
        hint = "Labels become indices by Table.codes."
        raise DataError(problem("score", "classes", f"indices from 0 to {p.shape[1] - 1}", y.tolist(), hint))
    return y.astype(np.int64), p


def _values(y_true: np.ndarray, predictions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    predicted = np.asarray(predictions, dtype=np.float64)
    if predicted.ndim == 2 and predicted.shape[1] == 1:
        predicted = predicted[:, 0]
    y = np.asarray(y_true, dtype=np.float64)
    if predicted.ndim != 1 or y.shape != predicted.shape or not y.size:
        raise DataError(problem("score", "predictions", f"of shape {y.shape}, not empty", predicted.shape))
    return y, predicted


SCORES: dict[str, Score] = {
    score.name: score
    for score in (
        Score(
            "accuracy", _accuracy, True, "classification", "share of rows whose likeliest class is true", True
        ),
        Score(
            "balanced_accuracy",
            _balanced_accuracy,
            True,
            "classification",
            "mean over the classes of the share of their rows that is found",
            True,
        ),
        Score(
            "log_loss",
            _log_loss,
            False,
            "classification",
            "mean of -log of the probability given to the true class",
        ),
        Score(
            "auc",
            _auc,
            True,
            "classification",
            "chance that a row of a class ranks above a row of the others, mean over the classes",
        ),
        Score(
            "f1", _f1, True, "classification", "harmonic mean of precision and recall, mean over the classes"
        ),
        Score(
            "brier",
            _brier,
            False,
            "classification",
            "mean squared error of the probabilities (of one of them, if there are two classes)",
        ),
        Score(
            "calibration_error",
            _calibration_error,
            False,
            "classification",
            f"mean gap between confidence and share of right answers, in {CALIBRATION_BINS} equal bins",
        ),
        Score("r2", _r2, True, "regression", "share of the target's variance that is explained"),
        Score("rmse", _rmse, False, "regression", "root of the mean squared error, in the target's unit"),
        Score("mae", _mae, False, "regression", "mean absolute error, in the target's unit"),
    )
}
"""Every score by name, in the order in which lists show them."""


def second_score(metric: Score) -> Score | None:
    """Return the score that stands beside another with claims of its own, None where there is none.

    Log loss, of classes: it sees how sure predictions are, and so finds what others leave open.
    """
    log_loss = SCORES["log_loss"]
    return log_loss if metric.task == log_loss.task and metric is not log_loss else None
