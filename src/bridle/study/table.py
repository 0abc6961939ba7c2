"""What a table is once it is settled: features of four kinds, a target, a task, and what stays together.

However a table came, it passes through :func:`assemble`: the target is taken out, columns that the user or
the rules of ``bridle.study.notice`` leave out are gone, every column has its kind, and what cannot be a table
is refused with one message before any network trains. Nothing is imputed, scaled or encoded here: that needs
to know which rows train (``bridle.study.prepare``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from bridle.checks import did_you_mean, one_of, problem
from bridle.errors import DataError
from bridle.study.columns import column_kind, date_format, settle_column, settle_target
from bridle.study.generators import Recipe
from bridle.study.notice import find_useless
from bridle.study.scores import Task
from bridle.study.statistics import effective_rows
from bridle.study.weighing import Weighing, weigh

FEWEST_ROWS = 10
_MOST_LISTED = 20


@dataclass(frozen=True, eq=False)
class Sealed:
    """Rows that are the test for every seed: raw features, target and weights, as the table's."""

    frame: pd.DataFrame
    y: np.ndarray
    weights: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Table:
    """Data ready to be split: raw features (N, columns), and a target (N,).

    ``y`` holds labels (text, booleans or whole numbers) in classification, and then ``classes`` its sorted
    distinct values; in regression it holds floats, and ``classes`` is None. ``notes`` are sentences for the
    user. ``generator`` is the recipe of synthetic data, with which more can be drawn. ``sealed`` are test
    rows that somebody else has set aside. ``groups`` (N,) numbers rows that must stay together.
    ``weights`` (N,) say what each row weighs, None if all weigh the same, and ``weighed_by`` who says so.
    ``dates`` says how the columns that hold dates as text were written, ``source`` how the file was laid out.
    ``image`` is the form (C, H, W) of rows that are images (``bridle.study.images``), and ``copies`` (N,)
    says which of them are copies of others: they train, and nothing is scored on them; ``names`` say where
    each image came from.
    """

    name: str
    frame: pd.DataFrame
    y: np.ndarray
    task: Task
    target: str
    classes: tuple[Any, ...] | None
    notes: tuple[str, ...] = ()
    generator: Recipe | None = None
    sealed: Sealed | None = None
    groups: np.ndarray | None = None
    weights: np.ndarray | None = None
    weighed_by: str = ""
    dates: dict[str, str] = field(default_factory=dict)
    source: dict[str, Any] = field(default_factory=dict)
    image: tuple[int, int, int] | None = None
    copies: np.ndarray | None = None
    names: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows, N, without sealed ones."""
        return len(self.y)

    @property
    def size(self) -> str:
        """How large the table is, in words."""
        words = f"{self.rows:,} rows, {self.frame.shape[1]} columns"
        if self.image is not None:
            channels, height, width = self.image
            color = "gray" if channels == 1 else "in color"
            words = f"{self.rows:,} images of {height} x {width} pixels, {color}"
        if self.weights is None:
            return words
        equal = effective_rows(self.rows, self.weights)
        return f"{words}, weighed by {self.weighed_by} (as precise as {equal:,.0f} rows of equal weight)"

    @property
    def codes(self) -> np.ndarray:
        """The target as the engine and the scores take it: class indices, or the floats of a regression."""
        return self.encode(self.y)

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return targets as class indices, or as they are in a regression."""
        return y if self.classes is None else np.searchsorted(np.array(self.classes), y)


@dataclass(frozen=True)
class Choice:
    """What a user says about a table's columns.

    ``target`` names a column, or counts from the end: "-1" is the last, where no column is called so.
    ``drop`` are left out; rows of equal ``group`` stay on one side of every split; ``weights`` are what rows
    weigh; ``task`` overrides what the target implies.
    """

    target: str | None = None
    drop: tuple[str, ...] = ()
    group: str | None = None
    task: Task | None = None
    weights: str | None = None


def assemble(
    name: str,
    frame: pd.DataFrame,
    choice: Choice,
    *,
    target: tuple[str, pd.Series] | None = None,
    weights: tuple[str, pd.Series] | None = None,
    sealed: int = 0,
    notes: Sequence[str] = (),
    generator: Recipe | None = None,
) -> Table:
    """Check features and target, settle what they are, and return the table.

    Parameters
    ----------
    name
        What messages and reports call the table.
    frame
        Raw columns, the target among them unless it is given.
    choice
        Which column is what.
    target
        The target's name and column, where it is not in the frame.
    weights
        The weights' name and column, where they are not in the frame.
    sealed
        So many rows at the end are the test rows of every seed.
    notes, generator
        Kept with the table.

    Raises
    ------
    DataError
        If a column that was named is not there, there are too few rows, or a column is refused.
    """
    if target is None:
        title = _resolve(name, frame.columns, choice.target)
        target, frame = (title, frame[title]), frame.drop(columns=title)
    title, column = target
    _check_known(name, "drop", choice.drop, [*frame.columns, title])
    for what, one in (("group", choice.group), ("weights", choice.weights)):
        _check_known(name, what, [] if one is None else [one], frame.columns)
    if choice.weights is not None:
        weights = (choice.weights, frame[choice.weights])
    weighed = Weighing() if weights is None else weigh(weights[1], name, weights[0], sealed)
    if weighed.left_out:
        frame, column = (one.iloc[weighed.rows].reset_index(drop=True) for one in (frame, column))
        sealed = weighed.sealed_rows
        notes = (*notes, f"Left out: {weighed.left_out:,} rows of weight 0.")
    groups = None if choice.group is None else _groups(name, frame[choice.group], sealed)
    gone = {*choice.drop, choice.group, choice.weights}
    rows = len(frame) - sealed
    if rows < FEWEST_ROWS:
        hint = "Training, validation and test rows are taken from them."
        raise DataError(problem(name, "rows", f"at least {FEWEST_ROWS}", rows, hint))
    raw = {each: frame[each] for each in frame.columns if each not in gone}
    settled = {each: settle_column(cells, name, f"column {each!r}") for each, cells in raw.items()}
    kept = {each: cells.iloc[:rows] for each, cells in settled.items()}
    useless, more = find_useless(kept, name) if generator is None else ([], [])
    features = [each for each in settled if each not in useless]
    if not features:
        value = f"0, after {one_of(useless)} as identifiers" if useless else 0
        raise DataError(problem(name, "features", "at least one column beside the target", value))
    y, task = settle_target(column, name, title, choice.task)
    classes = tuple(np.unique(y).tolist()) if task == "classification" else None
    whole = pd.DataFrame({each: settled[each] for each in features})
    return Table(
        name=name,
        frame=whole.iloc[:rows],
        y=y[:rows],
        task=task,
        target=title,
        classes=classes,
        notes=(*notes, *more),
        generator=generator,
        sealed=Sealed(whole.iloc[rows:].reset_index(drop=True), y[rows:], weighed.of_sealed)
        if sealed
        else None,
        groups=groups,
        weights=weighed.weights,
        weighed_by="" if weights is None or weighed.weights is None else weights[0],
        dates=_written_dates(name, {each: raw[each] for each in features}, whole),
    )


def listed(names: Sequence[str] | pd.Index) -> str:
    """Return columns as English, the first twenty by name."""
    shown = one_of(names[:_MOST_LISTED])
    return shown if len(names) <= _MOST_LISTED else f"{shown}, or {len(names) - _MOST_LISTED} more"


def _resolve(name: str, columns: pd.Index, target: str | None) -> str:
    if target is None:
        hint = "Name it: --target NAME, or --target -1 for the last column (target= in Python)."
        raise DataError(problem(name, "target", f"named: {listed(columns)}", None, hint))
    if target in columns:
        return str(target)
    if target.startswith("-") and target[1:].isdigit() and 1 <= int(target[1:]) <= len(columns):
        return str(columns[int(target)])
    raise DataError(problem(name, "target", listed(columns), target, did_you_mean(target, columns)))


def _check_known(name: str, what: str, given: Collection[str], columns: Collection[str]) -> None:
    for one in given:
        if one not in columns:
            known = list(columns)
            hint = f"Name one at a time, each with {what}." if "," in one else did_you_mean(one, known)
            raise DataError(problem(name, what, listed(known), one, hint))


def _groups(name: str, column: pd.Series, sealed: int) -> np.ndarray:
    missing = np.flatnonzero(column.isna())
    if missing.size:
        hint = "Rows that belong to no group need groups of their own."
        raise DataError(problem(name, f"group, row {missing[0] + 1},", "known", None, hint))
    return pd.factorize(column)[0][: len(column) - sealed]


def _written_dates(name: str, raw: dict[str, pd.Series], settled: pd.DataFrame) -> dict[str, str]:
    found = {}
    for each, cells in raw.items():
        if column_kind(settled[each]) == "date" and not pd.api.types.is_datetime64_any_dtype(cells):
            known = cells.dropna()
            written = date_format(cells, name, each) if known.map(type).eq(str).all() else None
            if written is not None:
                found[each] = written
    return found
