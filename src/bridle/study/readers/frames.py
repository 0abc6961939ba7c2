"""Data frames of other kinds as pandas frames: polars' without any bridge package, and Arrow's columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def is_polars(frame: Any, kind: str = "DataFrame") -> bool:
    """Return whether an object is a polars frame (or Series), without importing polars."""
    of = type(frame)
    return of.__name__ == kind and of.__module__.partition(".")[0] == "polars"


def from_polars(frame: Any) -> pd.DataFrame:
    """Return a polars frame's columns as a pandas frame; missing cells are NaN, NaT or None."""
    return pd.DataFrame({name: series_from_polars(frame.get_column(name)) for name in frame.columns})


def series_from_polars(series: Any) -> pd.Series:
    """Return a polars Series as a pandas Series."""
    kind = series.dtype
    if kind.is_numeric() and not kind.is_decimal():
        return pd.Series(series.to_numpy(), name=series.name)
    cells = series.to_list()
    if kind.is_decimal():
        values = [np.nan if cell is None else float(cell) for cell in cells]
        return pd.Series(values, dtype=np.float64, name=series.name)
    if str(kind).startswith(("Date", "Datetime")):
        return pd.Series(pd.to_datetime(pd.Series(cells, dtype=object)), name=series.name)
    if str(kind).startswith(("Categorical", "Enum")):
        return pd.Series(pd.Categorical(cells), name=series.name)
    column = pd.Series(np.array([*cells, None], dtype=object)[:-1], name=series.name)
    return column if str(kind) != "Boolean" or series.null_count() else column.astype(bool)
