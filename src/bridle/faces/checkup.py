"""What ``bridle.diagnose`` gives back: the diagnosis, as tables, words and pictures to work with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from bridle.checks import problem
from bridle.errors import DataError
from bridle.faces import diagnose_pictures, files, forest, pictures, plots
from bridle.faces.comparison import make_options, make_table
from bridle.faces.diagnose_report import IGNORED, render, render_summary
from bridle.faces.wording import tidy
from bridle.study.diagnosis.findings import Examination
from bridle.study.findings import Verdict
from bridle.study.readers import Layout
from bridle.study.scores import SCORES, Task


class CheckupPlots:
    """The pictures of a diagnosis, as Matplotlib axes: ``axes.figure.savefig("curve.png")``.

    Each draws on axes of its own, which a notebook shows where they are a cell's value, or on those passed as
    ``ax``.
    """

    def __init__(self, examination: Examination) -> None:
        self._found = examination

    def errors(self, ax: Axes | None = None) -> Axes:
        """Draw the errors on training and validation rows beside those of the references."""
        return pictures.drawn(forest.errors(self._found), ax)

    def gains(self, ax: Axes | None = None) -> Axes:
        """Draw what each piece of advice would gain, with 95 % intervals.

        Raises
        ------
        DataError
            If there is no advice.
        """
        found = self._found
        return pictures.drawn(self._there(forest.gains(found.advice, found.metric), "gains"), ax)

    def learning_curve(self, ax: Axes | None = None) -> Axes:
        """Draw error against training rows, with the law through it and what it foretells.

        Raises
        ------
        DataError
            If the diagnosis was interrupted before it.
        """
        return pictures.drawn(
            self._there(diagnose_pictures.learning_curve(self._found), "learning curve"), ax
        )

    def training(self, ax: Axes | None = None) -> Axes:
        """Draw training and validation loss over the epochs: medians over runs, bands hold 80 %."""
        return pictures.drawn(plots.loss_pictures((self._found.training,))[0], ax)

    def shares(self, ax: Axes | None = None) -> Axes:
        """Draw the parts of the loss over bootstrap members: bias, variance, noise.

        Raises
        ------
        DataError
            If the diagnosis was interrupted before it.
        """
        return pictures.drawn(self._there(diagnose_pictures.shares(self._found), "shares"), ax)

    def ladder(self, ax: Axes | None = None) -> Axes:
        """Draw the loss over the first hundred updates for a ladder of learning rates, noise off.

        Raises
        ------
        DataError
            If the diagnosis was interrupted before it.
        """
        return pictures.drawn(self._there(diagnose_pictures.ladder(self._found), "ladder"), ax)

    @staticmethod
    def _there(picture: pictures.Picture | None, name: str) -> pictures.Picture:
        if picture is None:
            allowed = "a part of the diagnosis that was reached"
            raise DataError(problem("plot", name, allowed, "an interrupted or too small study"))
        return picture


class Checkup:
    """What ails a network: to read, to look at and to keep.

    Attributes
    ----------
    findings
        All of it as plain data.
    plot
        The pictures, each a method.
    """

    def __init__(self, findings: Examination) -> None:
        self.findings = findings
        self.plot = CheckupPlots(findings)

    @property
    def verdict(self) -> Verdict:
        """The answer in words; ``str`` gives the whole paragraph."""
        return self.findings.verdict

    @property
    def table(self) -> pd.DataFrame:
        """One row an error, lower being better, each with its 95 % interval."""
        diagnosis = self.findings.diagnosis
        rows = {
            "training error": diagnosis.train_error,
            "validation error": diagnosis.held_out_error,
            "gap": diagnosis.gap,
            **{f"{name}, validation error": one for name, one in diagnosis.references.items()},
            f"training error above {diagnosis.reachable}": diagnosis.excess,
        }
        if self.findings.curve is not None and self.findings.curve.outlook is not None:
            outlook = self.findings.curve.outlook
            rows["validation error with twice the rows"] = outlook.error
            rows["gain of twice the rows"] = outlook.gain
        cells = [(name, one.mean, one.low, one.high) for name, one in rows.items()]
        return pd.DataFrame(cells, columns=["quantity", "mean", "low", "high"]).set_index("quantity")

    @property
    def advice(self) -> pd.DataFrame:
        """What to do next, the largest expected gain first, with 95 % intervals and where they come from."""
        cells = [
            (one.what, one.gain.mean, one.gain.low, one.gain.high, one.basis, one.sure, one.how)
            for one in self.findings.advice
        ]
        columns = ["what", "gain", "gain_low", "gain_high", "basis", "sure", "how"]
        return pd.DataFrame(cells, columns=columns).set_index("what")

    @property
    def curve(self) -> pd.DataFrame:
        """Mean errors by number of training rows; empty if the diagnosis was interrupted before."""
        found = self.findings.curve
        if found is None:
            return pd.DataFrame(columns=["train", "validation"])
        means = {"train": found.train.mean(axis=0), "validation": found.validation.mean(axis=0)}
        return pd.DataFrame(means, index=pd.Index(found.sizes, name="rows"))

    def report(self) -> str:
        """Return the report, a self-contained HTML page."""
        return render(self.findings)

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write report.html and results.json, and return the report's path.

        Raises
        ------
        OutputError
            If the folder cannot be written; then nothing has changed.
        """
        return files.save_page(self.findings.as_json(), self.report(), folder)

    def _repr_html_(self) -> str:
        return render_summary(self.findings)

    def __repr__(self) -> str:
        found = self.findings
        return f"Checkup({tidy(found.data)!r}, {SCORES[found.metric].words}: {found.verdict.headline})"


def diagnose(
    X: Any,
    y: Any = None,
    *,
    target: str | None = None,
    target_error: float | None = None,
    task: Task | None = None,
    rows: int | None = None,
    noise: float | None = None,
    drop: Sequence[str] = (),
    group: str | None = None,
    weights: Any = None,
    layout: Layout | None = None,
    progress: Callable[[str, float, float], None] | None = None,
    **options: Any,
) -> Checkup:
    """Diagnose the plain network on data: bias or variance, how much of each, and what would help.

    Parameters
    ----------
    X, y, target, task, rows, noise, drop, group, weights, layout
        The data, as for :func:`bridle.compare`.
    target_error
        The error that can be reached, in the metric's unit (a share for accuracy); None: what the best of
        scikit-learn's references reaches on the same rows.
    progress
        Called with a phase in words, the fraction done, and the seconds left (inf if unknown).
    options
        Fields of :class:`bridle.study.options.Options`: hidden, epochs, splits, seeds, learning_rates,
        optimizer, batch_size, metric, shares, scale, class_weight. None means the default.

    Returns
    -------
    Checkup
        With ``table``, ``advice``, ``curve``, ``verdict``, ``plot``, ``findings`` and ``save(folder)``.

    Raises
    ------
    PlanError
        If an option does not exist or is out of range.
    DataError
        If the data cannot be used.
    """
    # The studies bring the engine and its compiler along; what only shows findings does without.
    from bridle.study.diagnosis.examine import examine

    chosen = make_options(options, "diagnose", without=IGNORED)
    columns = {"drop": tuple(drop), "group": group, "weights": weights, "task": task}
    table = make_table(X, y, target, rows, noise, layout, columns, "diagnose")
    return Checkup(examine(table, chosen, target_error, progress))
