"""Pictures of fitted estimators, in scikit-learn's way: from_estimator, plot, and axes to go on with.

They draw what a fit has computed and kept; nothing is trained again, and only the boundary asks the network
for predictions. The colors are those of bridle's reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from bridle.checks import problem
from bridle.errors import DataError
from bridle.faces.palette import CLASSES, INK, SOFT, tones

_CELLS = 200
STYLES = ("-", "--", ":")
"""Of lines whose colors have been used before."""

MOST_NAMED = 10
"""Inputs of a path that are named beside their lines."""


def _axes(axes: Any, count: int = 1) -> Any:
    """Return axes to draw on, new ones beside each other where none are given."""
    import matplotlib.pyplot as plt

    if axes is None:
        _, axes = plt.subplots(1, count, figsize=(4.2 * count, 3.2), layout="constrained")
    elif np.size(axes) != count:
        raise DataError(problem("Display", "axes", f"{count} of matplotlib's", np.size(axes)))
    return axes


def _fitted(estimator: Any, attribute: str) -> Any:
    """Return the network or the path to draw: a pipeline's last step, or the network that a path has chosen.

    Raises
    ------
    DataError
        If a path is asked for and a network is given.
    """
    found = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if attribute != "path_" and hasattr(found, "path_"):
        return found.estimator_
    if attribute == "path_" and hasattr(found, "coefs_"):
        hint = "Fit a RegularizationPathClassifier or ...Regressor."
        raise DataError(problem("Display", "estimator", "a fitted path", type(found).__name__, hint))
    check_is_fitted(found, attribute)
    return found


def _along_strengths(axes: Any, strengths: np.ndarray) -> np.ndarray:
    """Return where strengths stand on a logarithmic axis; 0 and infinity stand a step beyond its ends."""
    inside = strengths[(strengths > 0) & np.isfinite(strengths)]
    low, high = (inside.min(), inside.max()) if inside.size else (1.0, 1.0)
    places = np.where(strengths > 0, np.where(np.isfinite(strengths), strengths, 10 * high), low / 10)
    axes.set_xscale("log")
    for value, name in ((0, "0"), (np.inf, "inf")):
        for place in places[strengths == value]:
            axes.annotate(
                name, (place, 0), (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
                ha="center", color=INK.light,
            )  # fmt: skip
    return places


@dataclass
class LossCurveDisplay:
    """Training and validation loss over the epochs, one line a member.

    Parameters
    ----------
    train, validation
        (E, M); validation None where no rows were held out.

    Examples
    --------
    >>> from bridle import MLPRegressor
    >>> from bridle.estimators.displays import LossCurveDisplay
    >>> X = [[0.0], [1.0], [2.0], [3.0]]
    >>> model = MLPRegressor(hidden_layer_sizes=3, tol=1.0, random_state=0).fit(X, [0.0, 1.0, 2.0, 3.0])
    >>> LossCurveDisplay.from_estimator(model).axes_.get_xlabel()
    'epoch'
    """

    train: np.ndarray
    validation: np.ndarray | None = None

    @classmethod
    def from_estimator(cls, estimator: Any, axes: Any = None) -> LossCurveDisplay:
        """Draw the curves of a network fitted by sgd or adam."""
        estimator = _fitted(estimator, "curves_")
        curves = {name: np.asarray(values, dtype=float) for name, values in estimator.curves_.items()}
        if "train_loss" not in curves:
            raise DataError(problem("LossCurveDisplay", "solver", "'sgd' or 'adam'", estimator.solver))
        by_member = {name: curve.reshape(len(curve), -1) for name, curve in curves.items()}
        return cls(by_member["train_loss"], by_member.get("validation_loss")).plot(axes)

    def plot(self, axes: Any = None) -> LossCurveDisplay:
        """Draw on the given axes, or new ones; they are kept as ``axes_``."""
        self.axes_ = _axes(axes)
        epochs = np.arange(1, len(self.train) + 1)
        for m, curve in enumerate(self.train.T):
            self.axes_.plot(
                epochs, curve, color=SOFT.light, linewidth=1.1, label="training" if m == 0 else None
            )
        for m, curve in enumerate([] if self.validation is None else self.validation.T):
            label = "validation" if m == 0 else None
            self.axes_.plot(epochs, curve, color=CLASSES[0].light, linewidth=1.4, label=label)
        self.axes_.set_xlabel("epoch")
        self.axes_.set_ylabel("loss")
        self.axes_.legend(frameon=False)
        return self


@dataclass
class StrengthCurveDisplay:
    """Training and validation loss over the strengths, the latter with its standard error."""

    strengths: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    error: np.ndarray
    chosen: int
    regularizer: str

    @classmethod
    def from_estimator(cls, estimator: Any, axes: Any = None) -> StrengthCurveDisplay:
        """Draw the losses of a fitted path."""
        estimator = _fitted(estimator, "path_")
        path = estimator.path_
        losses = path["train_loss"], path["validation_loss"], path["standard_error"]
        shown = cls(path["strength"], *losses, estimator.best_index_, estimator.regularizer)
        return shown.plot(axes)

    def plot(self, axes: Any = None) -> StrengthCurveDisplay:
        """Draw on the given axes, or new ones; they are kept as ``axes_``."""
        self.axes_ = _axes(axes)
        color = tones([self.regularizer])[self.regularizer].light
        low, high = self.validation - self.error, self.validation + self.error
        at = _along_strengths(self.axes_, self.strengths)
        self.axes_.fill_between(at, low, high, color=color, alpha=0.18, linewidth=0)
        dots = {"marker": "o", "markersize": 2.5}
        self.axes_.plot(at, self.train, color=SOFT.light, linewidth=1.1, label="training", **dots)
        self.axes_.plot(at, self.validation, color=color, label="validation", **dots)
        self.axes_.axvline(at[self.chosen], color=INK.light, linewidth=0.8, linestyle=":", label="chosen")
        self.axes_.set_xlabel(self.regularizer)
        self.axes_.set_ylabel("loss")
        self.axes_.legend(frameon=False)
        return self


@dataclass
class PathDisplay:
    """A path: beside the losses over the strengths, the norm of each input's weights, (S, D).

    The inputs that last longest are named: those with the largest sum of norms along the path.
    """

    losses: StrengthCurveDisplay
    norms: np.ndarray
    names: Sequence[str]

    @classmethod
    def from_estimator(cls, estimator: Any, axes: Any = None) -> PathDisplay:
        """Draw a fitted path on two axes."""
        axes = _axes(axes, 2)
        estimator = _fitted(estimator, "path_")
        losses = StrengthCurveDisplay.from_estimator(estimator, axes[0])
        first = estimator.coef_path_[0].astype(float)
        norms = np.sqrt((first**2).sum(axis=-1))
        norms = norms.mean(axis=1) if norms.ndim == 3 else norms
        names = getattr(estimator, "feature_names_in_", [f"input {k}" for k in range(norms.shape[1])])
        return cls(losses, norms, list(names)).plot(axes)

    def plot(self, axes: Any = None) -> PathDisplay:
        """Draw the norms on the second of two axes, which are kept as ``axes_``."""
        self.axes_ = _axes(axes, 2)
        at = _along_strengths(self.axes_[1], self.losses.strengths)
        largest = np.argsort(-self.norms.sum(axis=0), kind="stable")
        for k, d in enumerate(largest):
            style: dict[str, Any] = {"color": SOFT.light}
            if k < MOST_NAMED:
                tone, line = CLASSES[k % len(CLASSES)].light, STYLES[k // len(CLASSES) % len(STYLES)]
                style = {"color": tone, "linestyle": line, "label": self.names[d]}
            self.axes_[1].plot(at, self.norms[:, d], linewidth=1.0, marker="o", markersize=2, **style)
        self.axes_[1].legend(frameon=False, fontsize="x-small")
        self.axes_[1].set_xlabel(self.losses.regularizer)
        self.axes_[1].set_ylabel("norm of an input's weights")
        return self


@dataclass
class BoundaryDisplay:
    """What a network of two inputs answers over a rectangle, (cells, cells), and where its classes meet."""

    first: np.ndarray
    second: np.ndarray
    classes: np.ndarray

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any, y: Any = None, axes: Any = None) -> BoundaryDisplay:
        """Draw the regions of a classifier over the range of X, (N, 2), and the rows on them."""
        last = _fitted(estimator, "coefs_")
        is_of_labels = getattr(last, "out_activation_", "") == "logistic" and last.n_outputs_ > 1
        if not hasattr(last, "classes_") or is_of_labels:
            raise DataError(problem("BoundaryDisplay", "estimator", "a classifier of one label a row", last))
        X = X.toarray() if sparse.issparse(X) else np.asarray(X, dtype=float)
        if X.ndim != 2 or X.shape[1] != 2:
            raise DataError(problem("BoundaryDisplay", "X's shape", "(N, 2)", X.shape))
        margin = 0.1 * np.ptp(X, axis=0)
        ends = zip(X.min(axis=0) - margin, X.max(axis=0) + margin, strict=True)
        first, second = (np.linspace(low, high, _CELLS) for low, high in ends)
        grid = np.stack([cells.ravel() for cells in np.meshgrid(first, second)], axis=1)
        names = getattr(estimator, "feature_names_in_", None)
        asked = grid if names is None else pd.DataFrame(grid, columns=names)
        answers = np.searchsorted(estimator.classes_, estimator.predict(asked))
        shown = cls(first, second, answers.reshape(_CELLS, _CELLS)).plot(axes)
        if y is not None:
            for k, label in enumerate(estimator.classes_):
                some = np.asarray(y) == label
                tone = CLASSES[k % len(CLASSES)].light
                shown.axes_.scatter(
                    *X[some].T, s=14, color=tone, edgecolor="white", linewidth=0.4, label=label
                )
            shown.axes_.legend(frameon=False)
        return shown

    def plot(self, axes: Any = None) -> BoundaryDisplay:
        """Draw on the given axes, or new ones; they are kept as ``axes_``."""
        self.axes_ = _axes(axes)
        count = int(self.classes.max()) + 1
        colors = [CLASSES[k % len(CLASSES)].light for k in range(count)]
        levels = np.arange(count + 1) - 0.5
        self.axes_.contourf(self.first, self.second, self.classes, levels, colors=colors, alpha=0.25)
        if count > 1:
            self.axes_.contour(
                self.first, self.second, self.classes, levels[1:-1], colors=INK.light, linewidths=0.8
            )
        return self


@dataclass
class WeightsDisplay:
    """Each layer's weights, (in, out), as a picture; white is exactly or nearly 0, one scale for all."""

    coefs: list[np.ndarray]

    @classmethod
    def from_estimator(cls, estimator: Any, axes: Any = None) -> WeightsDisplay:
        """Draw the weights of a fitted network, with several members those of the first."""
        estimator = _fitted(estimator, "coefs_")
        return cls([w[0] if w.ndim == 3 else w for w in estimator.coefs_]).plot(axes)

    def plot(self, axes: Any = None) -> WeightsDisplay:
        """Draw a layer on each of the given axes, or new ones; they are kept as ``axes_``."""
        self.axes_ = np.atleast_1d(_axes(axes, len(self.coefs)))
        most = max(float(np.abs(w).max()) for w in self.coefs) or 1.0
        for k, (one, w) in enumerate(zip(self.axes_, self.coefs, strict=True)):
            one.imshow(w, cmap="RdBu_r", vmin=-most, vmax=most, aspect="auto", interpolation="nearest")
            one.set_title(f"layer {k + 1}")
            one.set_xlabel("unit")
            one.set_ylabel("input")
        return self
