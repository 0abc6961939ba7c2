"""The pictures of a comparison for a notebook: sheets with a picture a regularizer, and single ones."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bridle.checks import problem
from bridle.errors import DataError
from bridle.faces import boundaries, forest, pictures, plots, portrait_pictures
from bridle.study.findings import Findings


class Plots:
    """The pictures of a comparison, as Matplotlib figures: ``figure.savefig("losses.png")``."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def losses(self) -> Figure:
        """Draw training and validation loss over the epochs: medians over runs, bands hold 80 %."""
        return pictures.on_sheet(plots.losses(self._findings), "Loss over epochs")

    def strengths(self) -> Figure:
        """Draw validation loss against strength, with the plain network's and the chosen strength."""
        found = plots.strengths(self._findings)
        if not found:
            raise DataError(problem("plot", "strengths", "of at least one regularizer", "plain alone"))
        return pictures.on_sheet(found, "Validation loss against strength")

    def boundaries(self) -> Figure:
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
        return pictures.on_sheet(found, "Decision boundaries", columns=4)

    def weights(self) -> Figure:
        """Draw the weights' histograms, with the share of those that are exactly 0."""
        return pictures.on_sheet(plots.weights(self._findings), "Weights")

    def importances(self) -> Axes:
        """Draw by how much the recommended network's error rises when each column is shuffled.

        Raises
        ------
        DataError
            If there is a single column.
        """
        return self._alone(portrait_pictures.importances(self._findings), "importances", "two columns")

    def calibration(self) -> Axes:
        """Draw the recommended network's probabilities against how often they come true.

        Raises
        ------
        DataError
            In a regression.
        """
        return self._alone(portrait_pictures.calibration(self._findings), "calibration", "a classification")

    @staticmethod
    def _alone(picture: pictures.Picture | None, name: str, needed: str) -> Axes:
        if picture is None:
            raise DataError(problem("plot", name, f"of {needed}", "another table"))
        return pictures.alone(picture).axes[0]

    def errors(self) -> Axes:
        """Draw the plain network's errors on training and held-out rows beside those of the references."""
        return pictures.alone(forest.errors(self._findings)).axes[0]

    def forest(self) -> Axes:
        """Draw the paired test differences to plain with their intervals, the largest gain first."""
        return pictures.alone(forest.forest(self._findings)).axes[0]
