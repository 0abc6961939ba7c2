"""The pictures of a comparison for a notebook, as Matplotlib axes: one a regularizer, or single ones.

Each method draws on axes of its own, or on those passed as ``ax``. ``axes.figure`` is the figure to save; a
notebook's cell that ends in such a call shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from bridle.checks import one_of, problem
from bridle.errors import DataError
from bridle.faces import boundaries, forest, pictures, plots, portrait_pictures, strength_pictures
from bridle.faces.shown import Sheet
from bridle.study.findings import Findings


class Plots:
    """The pictures of a comparison.

    ``losses``, ``strengths``, ``boundaries`` and ``weights`` are a picture a regularizer: they return an
    array of Matplotlib's axes, on one figure, in the table's order. With a regularizer's name they return its
    axes alone. ``ax`` takes axes to draw on: one for a single picture, else as many as there are pictures.
    """

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def losses(self, name: str | None = None, ax: Any = None) -> Any:
        """Draw training and validation loss over the epochs: medians over runs, bands hold 80 %."""
        return _each(plots.losses(self._findings), "Loss over epochs", name, ax)

    def strengths(self, name: str | None = None, ax: Any = None) -> Any:
        """Draw validation loss against strength, with the plain network's and the chosen strength.

        Raises
        ------
        DataError
            If nothing has a strength.
        """
        found = strength_pictures.strengths(self._findings)
        if not found:
            raise DataError(problem("plot", "strengths", "of at least one regularizer", "plain alone"))
        return _each(found, "Validation loss against strength", name, ax)

    def boundaries(self, name: str | None = None, ax: Any = None) -> Any:
        """Draw what each network predicts over the plane of two inputs, or over a slice, with points.

        Raises
        ------
        DataError
            If fewer than two columns are numbers.
        """
        found = boundaries.boundaries(self._findings)
        if not found:
            value = f"{len(self._findings.features)} inputs"
            raise DataError(problem("plot", "boundaries", "of at least two columns of numbers", value))
        return _each(found, "Decision boundaries", name, ax, columns=4)

    def weights(self, name: str | None = None, ax: Any = None) -> Any:
        """Draw the weights' histograms, with the share of those that are exactly 0."""
        return _each(plots.weights(self._findings), "Weights", name, ax)

    def importances(self, ax: Axes | None = None) -> Axes:
        """Draw by how much the recommended network's error rises when each column is shuffled.

        Raises
        ------
        DataError
            If there is a single column.
        """
        return _alone(portrait_pictures.importances(self._findings), "importances", "two columns", ax)

    def calibration(self, ax: Axes | None = None) -> Axes:
        """Draw the recommended network's probabilities against how often they come true.

        Raises
        ------
        DataError
            In a regression.
        """
        return _alone(portrait_pictures.calibration(self._findings), "calibration", "a classification", ax)

    def confusion(self, ax: Axes | None = None) -> Axes:
        """Draw which classes the recommended network takes for which, with rows' counts and shares.

        Raises
        ------
        DataError
            In a regression, or with more than a dozen classes.
        """
        needed = "a classification with a dozen classes or fewer"
        return _alone(portrait_pictures.confusion_picture(self._findings), "confusion", needed, ax)

    def errors(self, ax: Axes | None = None) -> Axes:
        """Draw the plain network's errors on training and held-out rows beside those of the references."""
        return pictures.drawn(forest.errors(self._findings), ax)

    def forest(self, ax: Axes | None = None) -> Axes:
        """Draw the paired test differences to plain with their intervals, the largest gain first."""
        return pictures.drawn(forest.forest(self._findings), ax)


def _each(
    found: Sequence[pictures.Picture], heading: str, name: str | None, ax: Any, columns: int = 3
) -> Any:
    if name is not None:
        names = [one.name for one in found]
        if name not in names:
            raise DataError(problem("plot", "name", one_of(names), name))
        return pictures.drawn(found[names.index(name)], ax)
    if ax is None:
        return Sheet.of(pictures.on_sheet(found, heading, columns).axes)
    given = np.ravel(np.array(ax, dtype=object))
    if len(given) != len(found):
        hint = "Name a regularizer to draw its picture alone."
        raise DataError(problem("plot", "ax", f"{len(found)} axes, one a picture", len(given), hint))
    return np.array([pictures.drawn(*pair, titled=True) for pair in zip(found, given, strict=True)])


def _alone(picture: pictures.Picture | None, name: str, needed: str, ax: Axes | None) -> Axes:
    if picture is None:
        raise DataError(problem("plot", name, f"of {needed}", "another table"))
    return pictures.drawn(picture, ax)
