"""A table from wherever it comes: a synthetic problem, an embedded data set, a file, arrays or a frame.

Whatever the source, a :class:`~bridle.study.table.Table` comes out of
:func:`~bridle.study.table.assemble`, which settles columns and target, or, where its rows are images, of
:func:`~bridle.study.images.table_of`. The task follows from the target
(``bridle.study.columns.settle_target`` says how); ``task=`` overrides it. How files are read is the business
of ``bridle.study.readers``.
"""

from __future__ import annotations

import dataclasses
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets

from bridle.checks import did_you_mean, one_of, problem
from bridle.errors import DataError
from bridle.study.generators import GENERATORS, Recipe, draw
from bridle.study.images import from_pixels, table_of
from bridle.study.readers import Images, Layout, read
from bridle.study.readers.frames import from_polars, is_polars, series_from_polars
from bridle.study.readers.header import refuse_duplicates
from bridle.study.readers.limits import Refusal, beside
from bridle.study.scores import Task
from bridle.study.table import Choice, Table, assemble

__all__ = ["EMBEDDED", "EMBEDDED_IMAGES", "Table", "from_arrays", "load"]

EMBEDDED = {
    "iris": (datasets.load_iris, "species"),
    "wine": (datasets.load_wine, "cultivar"),
    "breast_cancer": (datasets.load_breast_cancer, "diagnosis"),
    "diabetes": (datasets.load_diabetes, "progression"),
}
"""The tables that come with scikit-learn: how to load each, and what its target is called."""

EMBEDDED_IMAGES = ("digits",)
"""The images that come with scikit-learn."""

_BRIGHTEST_DIGIT = 16

_GENERATED_TARGET = "class"


def load(
    source: str | PathLike[str],
    target: str | int | None = None,
    *,
    rows: int | None = None,
    noise: float | None = None,
    seed: int = 0,
    task: Task | None = None,
    drop: tuple[str, ...] = (),
    group: str | None = None,
    weights: str | None = None,
    layout: Layout | None = None,
) -> Table:
    """Load a table by name or from a file.

    Parameters
    ----------
    source
        A generator (``moons`` ...), an embedded data set (``iris`` ...), or the path of a file: CSV in its
        dialects, ARFF, .npz, .npy, .mat of version 5, or Parquet; each may be gzipped. Images: ``digits``, a
        folder of classes with PNG or JPEG pictures, idx files, or an .npz whose X is (N, H, W[, C]). Names
        come first: write ``./moons`` for a file of that name.
    target
        Column to predict, or -1 for the last. Needed for a file, unless it says itself (an array ``y``).
    rows, noise, seed
        For a generator alone: see :func:`bridle.study.generators.draw`.
    task
        Overrides the task that the target implies.
    drop
        Columns to leave out.
    group
        A column; rows that are equal in it stay together in every split, and it is no feature.
    weights
        A column that says what each row weighs, in training and in every score; it is no feature.
    layout
        How the file is laid out, where it does not tell itself.

    Raises
    ------
    DataError
        If there is no such source, or it cannot be used as a table.

    Examples
    --------
    >>> table = load("iris")
    >>> table.frame.shape, table.task, table.classes
    ((150, 4), 'classification', ('setosa', 'versicolor', 'virginica'))
    """
    name = str(source)
    named = isinstance(source, str)
    choice = Choice(None if target is None else str(target), tuple(drop), group, task, weights)
    known = [*GENERATORS, *EMBEDDED, *EMBEDDED_IMAGES]
    layout = layout or Layout()
    if named and name in known and layout != Layout():
        told = [what for what, value in vars(layout).items() if value != vars(Layout())[what]]
        raise DataError(problem(name, "layout", "left out where no file is read", ", ".join(told)))
    if named and name in GENERATORS:
        return _generated(name, rows, noise, seed, choice)
    for what, value in (("rows", rows), ("noise", noise)):
        if value is not None:
            raise DataError(problem(name, what, "left out for data that are not generated", value))
    if named and name in EMBEDDED:
        frame, default = _embedded(name)
        return assemble(name, frame, _with_target(choice, default))
    if named and name in EMBEDDED_IMAGES:
        return _as_images(name, _digits(), choice)
    path = Path(source)
    if not path.exists():
        allowed = f"{one_of(known)}, or the path of a file that exists"
        hint = did_you_mean(name, known) or beside(path)
        raise DataError(problem(name, "source", allowed, name, hint))
    raw = read(path, layout)
    if isinstance(raw, Images):
        return _as_images(name, raw, choice)
    found = assemble(name, raw.frame, _with_target(choice, raw.target), sealed=raw.sealed, notes=raw.notes)
    laid_out = {
        "header": layout.header is not False,
        "missing": list(layout.missing),
        "columns": list(raw.frame.columns),
    }
    return dataclasses.replace(found, source=laid_out)


def from_arrays(
    X: Any,
    y: Any,
    *,
    name: str = "arrays",
    task: Task | None = None,
    drop: tuple[str, ...] = (),
    group: str | None = None,
    weights: Any = None,
) -> Table:
    """Make a table of arrays, lists or a data frame.

    Parameters
    ----------
    X
        Features, (N, D): numbers, booleans, text or dates. A frame's (pandas or polars) columns keep their
        names; others are called x0, x1 and so on. Images, (N, H, W) or (N, H, W, C): 8-bit values or floats.
    y
        Target, (N,): an array, a list, a Series, or the name of a column of the frame X. Rows are matched by
        position.
    name
        What messages and reports call the table.
    task
        Overrides the task that the target implies.
    drop, group
        Columns of X: see :func:`load`.
    weights
        What each row weighs, (N,): an array, a list, a Series, or the name of a column of the frame X.

    Raises
    ------
    DataError
        If the shapes do not fit, or the cells are no numbers, booleans, text or dates.

    Examples
    --------
    >>> table = from_arrays(np.eye(12), np.arange(12) % 2)
    >>> table.task, table.classes, table.frame.columns[0]
    ('classification', (0, 1), 'x0')
    """
    X = from_polars(X) if is_polars(X) else X
    y, weights = (series_from_polars(one) if is_polars(one, "Series") else one for one in (y, weights))
    if isinstance(X, pd.DataFrame):
        frame = X.set_axis([str(column) for column in X.columns], axis=1).reset_index(drop=True)
    else:
        cells = _as_array(X, name, "X")
        if cells.ndim in (3, 4):
            _refuse_columns(name, tuple(drop), group, weights)
            return from_pixels(cells.astype(float) if cells.dtype == object else cells, y, name, task)
        if cells.ndim != 2:
            hint = "Use X.reshape(-1, 1) for a single feature." if cells.ndim == 1 else ""
            raise DataError(problem(name, "X", "two-dimensional, rows by features", cells.shape, hint))
        frame = pd.DataFrame(cells, columns=[f"x{i}" for i in range(cells.shape[1])]).infer_objects()
    refuse_duplicates(list(frame.columns), Refusal(name))
    named = weights if isinstance(weights, str) else None
    weighed = None if weights is None or named else _beside(weights, frame, name, "weights", "weights")
    choice = Choice(y if isinstance(y, str) else None, tuple(drop), group, task, named)
    target = None if isinstance(y, str) else _beside(y, frame, name, "y", "target")
    return assemble(name, frame, choice, target=target, weights=weighed)


def _beside(values: Any, frame: pd.DataFrame, where: str, what: str, otherwise: str) -> tuple[str, pd.Series]:
    """Return a column that was given beside X, by position, and what it is called."""
    title = str(values.name) if isinstance(values, pd.Series) and values.name not in (None, "") else otherwise
    column = values if isinstance(values, pd.Series) else _column(values, where, what)
    if len(column) != len(frame):
        raise DataError(problem(where, what, f"as long as X, {len(frame)} rows", f"{len(column)} rows"))
    return title, column.reset_index(drop=True)


def _generated(name: str, rows: int | None, noise: float | None, seed: int, choice: Choice) -> Table:
    X, y = draw(name, rows, noise, seed)
    generator = GENERATORS[name]
    recipe = Recipe(generator, len(y), generator.noise if noise is None else noise)
    frame = pd.DataFrame(X, columns=list(generator.features)).assign(**{_GENERATED_TARGET: y})
    if choice.target not in (None, _GENERATED_TARGET):
        raise DataError(problem(name, "target", repr(_GENERATED_TARGET), choice.target))
    for what, value in (("drop", choice.drop), ("group", choice.group), ("weights", choice.weights)):
        if value:
            raise DataError(problem(name, what, "left out for generated data", value))
    return assemble(name, frame, _with_target(choice, _GENERATED_TARGET), generator=recipe)


def _as_images(name: str, images: Images, choice: Choice) -> Table:
    if choice.target not in (None, images.target):
        hint = "Their labels come with them."
        raise DataError(problem(name, "target", "left out for images", choice.target, hint))
    _refuse_columns(name, choice.drop, choice.group, choice.weights)
    return table_of(name, images, choice.task)


def _refuse_columns(name: str, drop: tuple[str, ...], group: str | None, weights: Any) -> None:
    for what, value in (("drop", drop or None), ("group", group), ("weights", weights)):
        if value is not None:
            raise DataError(problem(name, what, "left out for images, which have no columns", value))


def _digits() -> Images:
    bunch = datasets.load_digits()
    pixels = np.round(bunch.images * (255 / _BRIGHTEST_DIGIT)).astype(np.uint8)
    return Images(pixels[..., None], bunch.target, tuple(map(str, range(len(pixels)))), target="digit")


def _with_target(choice: Choice, default: str | None) -> Choice:
    target = default if choice.target is None else choice.target
    return dataclasses.replace(choice, target=target)


def _as_array(values: Any, where: str, what: str) -> np.ndarray:
    try:  # lists as objects, so that one that mixes numbers and text does not become all text
        return np.asarray(values) if hasattr(values, "__array__") else np.array(values, dtype=object)
    except ValueError:
        raise DataError(problem(where, what, "rows of equal length", values)) from None


def _column(values: Any, where: str, what: str) -> pd.Series:
    cells = _as_array(values, where, what)
    if cells.ndim == 2 and cells.shape[1] == 1:
        cells = cells[:, 0]
    if cells.ndim != 1:
        raise DataError(problem(where, what, "one-dimensional, one value a row", cells.shape))
    return pd.Series(cells).infer_objects()


def _embedded(name: str) -> tuple[pd.DataFrame, str]:
    loader, target = EMBEDDED[name]
    bunch = loader(as_frame=True)
    labels = bunch.get("target_names")
    y = bunch.target if labels is None else np.asarray(labels)[bunch.target]
    return bunch.data.assign(**{target: y}), target
