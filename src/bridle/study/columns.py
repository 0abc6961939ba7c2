"""What a column is: a number, a boolean, a category or a date, and when it is none of them.

Cells arrive as files and frames have them: numbers as text, missing cells as ``?``, dates in three national
orders. Here each column settles into one kind, the same for every row, or is refused with the row at fault.
Nothing is learned from the cells' values beyond that: statistics belong to training rows alone
(``bridle.study.prepare``).
"""

from __future__ import annotations

import datetime
import re
from typing import Any, Literal, NoReturn

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from bridle.checks import problem
from bridle.errors import DataError
from bridle.study.scores import Task

Kind = Literal["number", "boolean", "category", "date"]

_MISSING = frozenset(
    ("", "?", "-", ".", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "<na>", "nil", "missing")
)
_MOSTLY = 0.9
_MOST_CLASSES = 20
_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?"
_TIMES = ("", " %H:%M", " %H:%M:%S")
_ISO = "ISO8601"
DATE_FORMATS = (
    _ISO,
    *(day + time for day in ("%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y") for time in _TIMES),
)
"""How dates may be written as text: 2024-01-31, 2024/01/31, 31.01.2024, 31/01/2024 or 01/31/2024."""


def column_kind(column: pd.Series) -> Kind:
    """Return the kind of a settled column: ``number``, ``boolean``, ``category`` or ``date``."""
    if dtypes.is_bool_dtype(column):
        return "boolean"
    if dtypes.is_datetime64_any_dtype(column):
        return "date"
    return "number" if dtypes.is_numeric_dtype(column) else "category"


def settle_column(column: pd.Series, where: str, what: str, *, few: int = 0) -> pd.Series:
    """Return a column as one of the four kinds, missing cells included.

    Numbers become float64 with NaN for missing cells, yes-or-no cells bool (``boolean`` if some are
    missing), dates datetime64 without a zone (times of a zone in UTC), and the rest objects that are strings
    or NaN. Text of which every cell reads as a number, or as a date, is that, save for missing cells; pandas'
    ``category`` type keeps it from that.

    Parameters
    ----------
    column
        Raw cells, (N,).
    where, what
        For messages: the table, and the column in words.
    few
        Text with at most so many distinct values is a category even if it looks like numbers or dates.

    Raises
    ------
    DataError
        If a number is infinite, more than nine in ten texts are numbers but some are not, dates can be read
        in two ways, or a cell is neither a number, nor a boolean, nor text, nor a date. Rows are counted
        from 1.
    """
    if dtypes.is_bool_dtype(column) and not isinstance(column.dtype, pd.CategoricalDtype):
        return column if column.notna().all() and column.dtype == bool else _as_boolean(column)
    if dtypes.is_numeric_dtype(column) and not dtypes.is_complex_dtype(column):
        return _finite(column, where, what)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return as_text(column)
    if dtypes.is_datetime64_any_dtype(column):
        return _without_zone(column)
    if not (dtypes.is_object_dtype(column) or dtypes.is_string_dtype(column)):
        _refuse(where, what, str(column.dtype))
    cells = column.dropna()
    kinds = {type(cell) for cell in cells}
    for kind in kinds:
        if not issubclass(kind, (str, bool, int, float, np.bool_, np.integer, np.floating, datetime.date)):
            _refuse(where, what, next(cell for cell in cells if type(cell) is kind))
    if kinds and all(issubclass(kind, datetime.date) for kind in kinds):
        return _objects_as_dates(column, where, what)
    if not kinds or not any(issubclass(kind, (str, bool, np.bool_, datetime.date)) for kind in kinds):
        return _finite(column, where, what)
    if all(issubclass(kind, (bool, np.bool_)) for kind in kinds):
        return _as_boolean(column)
    return _settle_text(as_text(column), where, what, few)


def _settle_text(column: pd.Series, where: str, what: str, few: int) -> pd.Series:
    if column.nunique() <= few:
        return column
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    reads = numbers.notna()
    strange = column.notna() & ~reads & ~stands_for_missing(column)
    if reads.any() and not strange.any():
        return _finite(numbers, where, what)
    if reads.sum() > _MOSTLY * (reads.sum() + strange.sum()):
        row = int(np.flatnonzero(strange)[0])
        raise DataError(
            problem(
                where,
                f"{what}, row {row + 1},",
                f"a number like {int(reads.sum())} others in its column",
                column.iloc[row],
                "Mend the cell, or leave it empty if the value is missing.",
            )
        )
    written = date_format(column, where, what)
    return column if written is None else read_dates(column, written)


def stands_for_missing(column: pd.Series) -> pd.Series:
    """Return which texts stand for a missing value wherever numbers or dates are expected."""
    return column.astype("str").str.strip().str.casefold().isin(_MISSING) & column.notna()


def date_format(column: pd.Series, where: str, what: str) -> str | None:
    """Return how the dates of a text column are written, one of ``DATE_FORMATS``; None if it holds no dates.

    Raises
    ------
    DataError
        If every cell can be read with the day first and with the month first.
    """
    cells = column.dropna()
    cells = cells[~stands_for_missing(cells)].astype("str").str.strip()
    if cells.empty or not re.fullmatch(_DATE, cells.iloc[0]) or not cells.str.fullmatch(_DATE).all():
        return None
    fits = [written for written in DATE_FORMATS if _parse(cells, written).notna().all()]
    if len(fits) == 2 and not _parse(cells, fits[0]).equals(_parse(cells, fits[1])):
        hint = "Write them as 2024-01-31."
        raise DataError(problem(where, what, "made of dates that read in one way", cells.iloc[0], hint))
    return fits[0] if fits else None


def read_dates(column: pd.Series, written: str) -> pd.Series:
    """Return a text column as datetime64; what is not written that way is missing."""
    return _without_zone(_parse(column.astype("str").str.strip(), written))


def _parse(cells: pd.Series, written: str) -> pd.Series:
    if written == _ISO:  # pandas' own ISO 8601 would also read 2020.1 and the like
        cells = cells.where(cells.str.fullmatch(r"\d{4}-\d{2}-\d{2}([T ].*)?", na=False))
    return pd.to_datetime(cells, format=written, errors="coerce", utc=True)


def _without_zone(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    return column.astype("datetime64[us]")


def _objects_as_dates(column: pd.Series, where: str, what: str) -> pd.Series:
    try:
        return _without_zone(pd.to_datetime(column, utc=True))
    except (ValueError, OverflowError):
        return _refuse(where, what, column.dropna().iloc[0])


def _finite(column: pd.Series, where: str, what: str) -> pd.Series:
    values = pd.to_numeric(column).to_numpy(dtype=np.float64, na_value=np.nan)
    infinite = np.flatnonzero(np.isinf(values))
    if infinite.size:
        row = int(infinite[0])
        raise DataError(problem(where, f"{what}, row {row + 1},", "finite", float(values[row])))
    return pd.Series(values, index=column.index, name=column.name)


def _as_boolean(column: pd.Series) -> pd.Series:
    column = column.astype("boolean")
    return column.astype(bool) if column.notna().all() else column


def as_text(column: pd.Series) -> pd.Series:
    """Return cells as strings or NaN; a whole number reads the same whether a frame holds it as 1 or 1.0."""
    cells = column.astype(object)
    return cells.map(_cell_as_text, na_action="ignore").astype(object).where(cells.notna(), np.nan)


def _cell_as_text(cell: Any) -> str:
    whole = isinstance(cell, (float, np.floating)) and np.isfinite(cell) and cell == int(cell)
    return str(int(cell)) if whole else str(cell)


def _refuse(where: str, what: str, value: Any) -> NoReturn:
    allowed = "made of numbers, booleans, text or dates"
    raise DataError(problem(where, what, allowed, value, "Convert the column, or leave it out."))


def settle_target(column: pd.Series, name: str, target: str, task: Task | None) -> tuple[np.ndarray, Task]:
    """Return the target as labels or floats, (N,), and the task it implies, unless that is given.

    Text, booleans, and whole numbers with at most 20 distinct values that are also at most half as many as
    the rows are classes; all other numbers are a regression.

    Raises
    ------
    DataError
        If a value is missing or infinite, all are equal, or they do not fit the given task.
    """
    what = f"target {target!r}"
    missing = np.flatnonzero(column.isna())
    if missing.size:
        hint = f"It is missing in {missing.size} of {len(column)} rows; fill it in or leave them out."
        raise DataError(
            problem(name, f"{what}, row {missing[0] + 1},", "known", column.tolist()[missing[0]], hint)
        )
    cells = settle_column(column, name, what, few=_MOST_CLASSES)
    kind, distinct = column_kind(cells), cells.nunique()
    if distinct < 2:
        raise DataError(problem(name, what, "of at least two different values", cells.tolist()[0]))
    if kind == "date":
        raise DataError(problem(name, what, "numbers, text or booleans", "dates", "Choose another column."))
    if kind != "number":
        if task == "regression":
            raise DataError(problem(name, what, "numbers for a regression", cells.tolist()[0]))
        _refuse_many_classes(cells, name, what)
        return np.array(cells.tolist()), "classification"
    y = cells.to_numpy()
    whole = bool(np.all(y == np.round(y)))
    if task is None:
        few = distinct <= _MOST_CLASSES and 2 * distinct <= y.size
        task = "classification" if whole and few else "regression"
    if task == "regression":
        return y, task
    if not whole or np.abs(y).max() >= 2**53:
        fraction = float(y[y != np.round(y)][0]) if not whole else float(np.abs(y).max())
        raise DataError(problem(name, what, "text, booleans or whole numbers for a classification", fraction))
    return y.astype(np.int64), task


def _refuse_many_classes(cells: pd.Series, name: str, what: str) -> None:
    if 2 * cells.nunique() > len(cells):
        hint = "Each class needs several rows; is this the target?"
        allowed = "text with at most half as many different values as rows"
        raise DataError(problem(name, what, allowed, cells.nunique(), hint))
