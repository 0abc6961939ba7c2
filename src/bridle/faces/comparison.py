"""What ``bridle.compare`` gives back: the findings, as tables, words and pictures to work with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bridle.checks import Problems, problem
from bridle.errors import DataError, PlanError
from bridle.faces import files
from bridle.faces.comparison_plots import Plots
from bridle.faces.report import render, render_summary
from bridle.faces.wording import tidy
from bridle.study.findings import Findings, Verdict
from bridle.study.model import Model
from bridle.study.options import Options
from bridle.study.readers import Layout
from bridle.study.scores import SCORES, Task
from bridle.study.tables import Table, from_arrays, load


class Comparison:
    """What a comparison found, to read, to look at, to predict with and to keep.

    Attributes
    ----------
    findings
        All of it as plain data.
    plot
        The pictures, each a method.
    """

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.plot = Plots(findings)

    @property
    def verdict(self) -> Verdict:
        """The answer in words; ``str`` gives the whole paragraph."""
        return self.findings.verdict

    @property
    def best_model(self) -> Model:
        """The recommended network, ready to predict raw rows.

        Raises
        ------
        PlanError
            If nothing was chosen, because the split has no validation rows.
        """
        if self.findings.best_model is None:
            shares = self.findings.options["shares"]
            hint = "Compare with three shares, as in 60/20/20, to have a network chosen."
            raise PlanError(problem("best_model", "the validation share", "above 0", shares[1], hint))
        return self.findings.best_model

    @property
    def table(self) -> pd.DataFrame:
        """One row a regularizer, plain first: scores with 95 % intervals, paired difference, chosen setting.

        ``difference`` is to plain on test rows, positive if better; ``adjusted_p`` is Holm's, ``rank_low``
        and ``rank_high`` are its distribution-free interval, and ``claim`` says what may be said of it.
        ``log_loss_gain`` is by how much the test log loss is lower than plain's, with ``log_loss_p``, where
        the metric is another score of classes. ``to_best`` is the difference to the recommended entry.
        """
        rows = []
        for entry in self.findings.entries:
            row: dict[str, Any] = {"regularizer": entry.name}
            for part in ("train", "validation", "test", "difference", "rank", "log_loss_gain", "to_best"):
                interval = getattr(entry, part)
                for suffix, field in (("", "mean"), ("_low", "low"), ("_high", "high")):
                    row[f"{part}{suffix}"] = float("nan") if interval is None else getattr(interval, field)
            row["adjusted_p"] = float("nan") if entry.adjusted_p is None else entry.adjusted_p
            row["log_loss_p"] = float("nan") if entry.log_loss_p is None else entry.log_loss_p
            row["claim"] = entry.claim
            row["settings"] = dict(entry.settings)
            row["learning_rate"] = entry.learning_rate
            row["zero_share"] = entry.zero_share
            row["trained"], row["diverged"] = entry.trained, entry.diverged
            rows.append(row)
        return pd.DataFrame(rows).set_index("regularizer")

    @property
    def references(self) -> pd.DataFrame:
        """Models of other kinds on the same rows: is a network worth it?

        ``difference`` is the recommended network's on test rows, positive if the network is better;
        ``log_loss_gain`` is by how much its log loss is lower, where the metric is another score of classes.
        """
        rows = []
        for one in self.findings.references:
            row: dict[str, Any] = {"model": one.name}
            for part in ("train", "validation", "test", "difference"):
                interval = getattr(one, part)
                row |= {part: interval.mean, f"{part}_low": interval.low, f"{part}_high": interval.high}
            row["adjusted_p"] = one.adjusted_p
            if one.log_loss_gain is not None:
                row |= {"log_loss_gain": one.log_loss_gain.mean, "log_loss_p": one.log_loss_p}
            rows.append(row)
        return pd.DataFrame(rows).set_index("model") if rows else pd.DataFrame()

    def report(self) -> str:
        """Return the report, a self-contained HTML page."""
        return render(self.findings)

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write report.html, results.json and the recommended network, and return the report's path.

        Raises
        ------
        OutputError
            If the folder cannot be written; then nothing has changed.
        """
        return files.save(self.findings, folder)

    def _repr_html_(self) -> str:
        return render_summary(self.findings)

    def __repr__(self) -> str:
        count, metric = len(self.findings.entries), SCORES[self.findings.metric].words
        data, best = tidy(self.findings.data), self.findings.best
        return f"Comparison({data!r}: {count} entries, {metric}, best {best!r})"


def compare(
    X: Any,
    y: Any = None,
    *,
    target: str | None = None,
    task: Task | None = None,
    rows: int | None = None,
    noise: float | None = None,
    drop: Sequence[str] = (),
    group: str | None = None,
    weights: Any = None,
    layout: Layout | None = None,
    progress: Callable[[str, float, float], None] | None = None,
    store: str | PathLike[str] | None = None,
    fresh: bool = False,
    **options: Any,
) -> Comparison:
    """Compare regularizers on data: which helps, how strong, and how sure are we?

    Parameters
    ----------
    X
        Features (N, D) as array or data frame, or images (N, H, W) or (N, H, W, C) as array; or, without y,
        the name of a generator or an embedded data set, or the path of a file with ``target=`` or of images.
    y
        Target (N,), or the name of a column of the frame X.
    target
        Column to predict, where X is a path, a name or a frame.
    task
        "classification" or "regression"; None lets the target decide.
    rows, noise
        Of a generator: how many rows, and the noise's standard deviation.
    drop, group
        Columns to leave out; the column whose equal rows stay on one side of every split.
    weights
        What each row weighs, in training and in every score: a column's name, or an array (N,) beside X.
    layout
        How a file is laid out, where it does not tell itself.
    progress
        Called with a phase in words, the fraction done, and the seconds left (inf if unknown).
    store
        A folder in which the comparison keeps its state, as the command does under ``--out``: stopped at any
        moment, the same call goes on where it was; :func:`bridle.runs` reads what is kept. None: nothing is.
    fresh
        Begin anew instead of going on where this call was stopped.
    options
        The fields of :class:`bridle.study.options.Options`: hidden, epochs, splits, seeds, regularizers,
        learning_rates, optimizer, batch_size, metric, shares, strengths, choose, fixed, scale, class_weight,
        time_budget.
        None means the default.

    Returns
    -------
    Comparison
        With ``table``, ``verdict``, ``plot``, ``best_model``, ``findings`` and ``save(folder)``.

    Raises
    ------
    PlanError
        If an option does not exist or is out of range.
    DataError
        If the data cannot be used, or changed since the unfinished comparison in ``store`` began.
    OutputError
        If ``store`` cannot be written, or another process holds it.
    """
    # The studies bring the engine and its compiler along; what only shows findings does without.
    from bridle.study.compare import compare as run

    chosen = make_options(options)
    columns = {"drop": tuple(drop), "group": group, "weights": weights, "task": task}
    table = make_table(X, y, target, rows, noise, layout, columns)
    return Comparison(run(table, chosen, progress, None if store is None else Path(store), fresh))


def make_options(options: dict[str, Any], where: str = "compare", without: Collection[str] = ()) -> Options:
    """Return options from keywords; None means the default, lists become tuples.

    ``where`` is who asks, ``without`` are fields that mean nothing there.

    Raises
    ------
    PlanError
        If there is no such option.
    """
    known = [name for name in Options.__dataclass_fields__ if name not in without]
    found = Problems(where)
    for name in options:
        found.check_choice("option", name, known)
    found.raise_if_any()
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        if name == "fixed" and isinstance(value, dict):
            given[name] = tuple(value.items())
        elif isinstance(value, (list, np.ndarray)):
            given[name] = tuple(value)
        elif name in ("hidden", "learning_rates", "regularizers") and not isinstance(value, tuple):
            given[name] = (value,)
    return Options(**given)


def make_table(
    X: Any,
    y: Any,
    target: str | None,
    rows: int | None,
    noise: float | None,
    layout: Layout | None,
    columns: dict[str, Any],
    where: str = "compare",
) -> Table:
    """Return the table of what was passed to ``bridle.compare`` or ``bridle.diagnose``.

    Raises
    ------
    PlanError, DataError
        If arguments do not go together, or the data cannot be used.
    """
    if isinstance(X, (str, PathLike)):
        if y is not None:
            raise PlanError(problem(where, "y", "left out when X is a name or a path", y, "Use target=."))
        weights = columns["weights"]
        if weights is not None and not isinstance(weights, str):
            allowed = "the name of a column when X is a name or a path"
            raise PlanError(problem(where, "weights", allowed, weights))
        return load(X, target, rows=rows, noise=noise, layout=layout, **columns)
    for what, value in (("rows", rows), ("noise", noise)):
        if value is not None:
            raise DataError(problem(where, what, "left out for data that are not generated", value))
    if layout is not None:
        raise DataError(problem(where, "layout", "left out where X is no file", layout))
    if (y is None) == (target is None):
        raise DataError(problem(where, "y", "the target, or target= the name of a column of X", y))
    return from_arrays(X, target if y is None else y, **columns)
