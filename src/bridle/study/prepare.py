"""How columns become the numbers a network takes.

Numbers get the median where missing and then mean 0 and variance 1 (or a normal distribution, by quantiles);
dates become five numbers; booleans 0 and 1; a category one input for each of its levels. A category of more
than 50 levels keeps the 49 that are most frequent in training, and the others share one input. Each column
that can be missing has one more input that marks it.

The *structure* -- which columns there are, which levels, where cells can be missing -- comes from the whole
table, so that the number of inputs is the same for every split; every *number* -- medians, means, variances,
the most frequent levels -- comes from the training rows alone. What never varied in training is 0 everywhere:
its weights would still have their random initial values, so a level first seen in the test rows must not
reach them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bridle.checks import Problems, did_you_mean, one_of, problem
from bridle.engine.pixels import Inputs
from bridle.errors import DataError
from bridle.study.columns import Kind, as_text, column_kind, read_dates, settle_column, stands_for_missing
from bridle.study.learned import SCALES, Levels, Numbers, learn_mode

MOST_LEVELS = 50
"""Inputs of one categorical column, at most."""

DATE_PARTS = ("days since 1970", "month", "day", "weekday", "hour")
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Structure:
    """What a preparation knows of the whole table: kinds, levels, columns with gaps, how dates are written.

    ``scale`` is one of ``SCALES``, or that of pixels; ``image`` (C, H, W) is the form of rows of pixels.
    """

    kinds: dict[str, Kind]
    levels: dict[str, list[str]]
    gaps: tuple[str, ...]
    dates: dict[str, str]
    scale: str
    image: tuple[int, int, int] | None = None

    def of(self, kind: Kind) -> list[str]:
        """Return the columns of a kind."""
        return [name for name, its_kind in self.kinds.items() if its_kind == kind]


@dataclass(frozen=True, eq=False)
class Learned:
    """What a preparation knows of the training rows; ``still`` (D,) are the inputs that never varied."""

    numbers: Numbers
    modes: dict[str, float]
    levels: dict[str, Levels]
    still: np.ndarray


class Preparation:
    """Turns a table's raw columns into network inputs, with statistics of the training rows only.

    Parameters
    ----------
    frame
        The WHOLE table's feature columns, (N, columns): gives the structure (columns, kinds, levels, where
        cells may be missing) and no statistics.
    scale
        "standard" or "quantile".
    dates
        How the text columns that hold dates are written, by name: see ``bridle.study.columns.DATE_FORMATS``.

    Examples
    --------
    >>> frame = pd.DataFrame({"age": [20.0, 40.0, np.nan], "town": ["Ur", "Rome", "Ur"]})
    >>> preparation = Preparation(frame).fit(frame.iloc[:2])
    >>> preparation.feature_names
    ('age', 'age is missing', 'town = Rome', 'town = Ur')
    >>> preparation.transform(frame).tolist()
    [[-1.0, 0.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
    """

    def __init__(
        self, frame: pd.DataFrame, scale: str = "standard", dates: Mapping[str, str] | None = None
    ) -> None:
        if scale not in SCALES:
            raise DataError(
                problem("preparation", "scale", one_of(SCALES), scale, did_you_mean(scale, SCALES))
            )
        settled = {name: settle_column(frame[name], "table", f"column {name!r}") for name in frame.columns}
        kinds = {name: column_kind(column) for name, column in settled.items()}
        self.structure = Structure(
            kinds=kinds,
            levels={
                n: sorted(settled[n].dropna().unique()) for n, kind in kinds.items() if kind == "category"
            },
            gaps=tuple(name for name, column in settled.items() if column.isna().any()),
            dates=dict(dates or {}),
            scale=scale,
        )
        self.learned: Learned | None = None

    @classmethod
    def restore(cls, structure: Structure, learned: Learned) -> Preparation:
        """Return a fitted preparation of its parts."""
        self = cls.__new__(cls)
        self.structure, self.learned = structure, learned
        return self

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the D inputs: numbers, dates' parts, marks of missing cells, booleans, levels.

        Before ``fit``, the levels of a column with too many have no names of their own yet.
        """
        structure = self.structure
        return (
            *structure.of("number"),
            *(f"{name}: {part}" for name in structure.of("date") for part in DATE_PARTS),
            *(f"{name} is missing" for name in structure.gaps),
            *structure.of("boolean"),
            *(f"{name} = {level}" for name in structure.of("category") for level in self._level_names(name)),
        )

    def _level_names(self, name: str) -> list[str]:
        if self.learned is not None:
            levels = self.learned.levels[name]
            return [*levels.own, *(["others"] if levels.others else [])]
        known = self.structure.levels[name]
        if len(known) <= MOST_LEVELS:
            return known
        return [*(f"frequent level {k + 1}" for k in range(MOST_LEVELS - 1)), "others"]

    def fit(self, frame: pd.DataFrame) -> Preparation:
        """Learn medians, means, variances and most frequent levels from the training rows."""
        cells, structure = self.settle(frame), self.structure
        learned = Learned(
            Numbers.learn(self._numbers(cells), structure.scale),
            {name: learn_mode(cells[name].to_numpy()) for name in structure.of("boolean")},
            {
                name: Levels.learn(cells[name].to_numpy(), structure.levels[name], MOST_LEVELS)
                for name in structure.of("category")
            },
            np.zeros(0, dtype=bool),
        )
        inputs = self._inputs(cells, learned)
        self.learned = Learned(learned.numbers, learned.modes, learned.levels, np.ptp(inputs, axis=0) == 0)
        return self

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the inputs of rows, (N, D) float64; columns may come in any order, more are ignored.

        Raises
        ------
        DataError
            If ``fit`` has not run, or columns are missing or not of their kind: all of them at once.
        """
        if self.learned is None:
            hint = "Call fit(training rows)."
            raise DataError(problem("preparation", "transform", "called after fit", "no fit", hint))
        inputs = self._inputs(self.settle(frame), self.learned)
        inputs[:, self.learned.still] = 0.0
        return inputs

    def inputs(self, frame: pd.DataFrame, rows: np.ndarray | None = None) -> Inputs:
        """Return the inputs of rows as the engine takes them, (n, D); of those numbered, or of all."""
        some = frame if rows is None else frame.iloc[rows]
        if some.empty:
            return np.empty((0, len(self.feature_names)), dtype=np.float32)
        return self.transform(some).astype(np.float32, copy=False)

    def _inputs(self, cells: pd.DataFrame, learned: Learned) -> np.ndarray:
        structure = self.structure
        booleans = [
            np.where(np.isnan(cells[name]), learned.modes[name], cells[name])
            for name in structure.of("boolean")
        ]
        blocks = [
            learned.numbers.apply(self._numbers(cells)),
            *(cells[name].isna().to_numpy(np.float64).reshape(-1, 1) for name in structure.gaps),
            *(one.reshape(-1, 1) for one in booleans),
            *(learned.levels[name].apply(cells[name].to_numpy()) for name in structure.of("category")),
        ]
        return np.hstack(blocks)

    def _numbers(self, cells: pd.DataFrame) -> np.ndarray:
        """Return numbers and dates' parts, (N, D), NaN where missing."""
        columns = [cells[name].to_numpy(np.float64) for name in self.structure.of("number")]
        for name in self.structure.of("date"):
            columns += date_parts(cells[name])
        return np.column_stack(columns) if columns else np.empty((len(cells), 0))

    def settle(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows with every column as its kind has it: floats, 0 and 1, text, dates; NaN where missing.

        Raises
        ------
        DataError
            If columns are missing or not of their kind: all of them at once.
        """
        problems = Problems("table", DataError)
        names = list(map(str, frame.columns))
        for name in self.structure.kinds:
            if name not in names:
                hint = did_you_mean(name, names) or "bridle inspect lists the model's columns."
                problems.add("columns", "all of training's", f"no {name!r}", hint)
        problems.raise_if_any()
        columns = {
            name: self._settle(frame[name], name, kind, problems)
            for name, kind in self.structure.kinds.items()
        }
        problems.raise_if_any()
        return pd.DataFrame(columns, index=frame.index)

    def _settle(self, column: pd.Series, name: str, kind: Kind, problems: Problems) -> pd.Series:
        if kind == "category":
            return as_text(column)
        what = f"column {name!r}"
        is_text = pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)
        if is_text and stands_for_missing(column.dropna()).all():
            column = pd.Series(np.nan, index=column.index)
        elif kind == "date" and is_text and name in self.structure.dates:
            known = column.notna() & ~stands_for_missing(column)
            column = read_dates(column, self.structure.dates[name])
            if (column.isna() & known).any():
                row = int(np.flatnonzero(column.isna() & known)[0]) + 1
                allowed = f"dates written as in training, {self.structure.dates[name]}"
                problems.add(f"{what}, row {row},", allowed, "another text")
        settled = settle_column(column, "table", what)
        found = column_kind(settled)
        if kind == "date":
            fits = found == "date" or settled.isna().all()
            values = settled.astype("datetime64[us]") if fits else settled
        else:
            fits = found in ("number", "boolean")
            cells = settled.to_numpy(np.float64, na_value=np.nan) if fits else settled
            values = pd.Series(cells, index=column.index)
            fits = fits and (kind == "number" or bool(values.dropna().isin((0.0, 1.0)).all()))
        if not fits:
            problems.add(what, f"a {kind} column", settled.dropna().tolist()[0])
        return values


def date_parts(dates: pd.Series) -> list[np.ndarray]:
    """Return days since 1970, month, day of the month, day of the week (0 is Monday) and hour, (N,) each.

    Examples
    --------
    >>> [float(part[0]) for part in date_parts(pd.Series(pd.to_datetime(["1970-01-02 12:00"])))]
    [1.5, 1.0, 2.0, 4.0, 12.0]
    """
    # In microseconds, as the columns are: nanoseconds end in 1677 and 2262.
    days = (dates - pd.Timestamp(0).as_unit("us")) / _DAY
    parts = (days, dates.dt.month, dates.dt.day, dates.dt.day_of_week, dates.dt.hour)
    return [np.asarray(part, dtype=np.float64) for part in parts]


@dataclass(frozen=True)
class TargetScale:
    """The affine map between a regression target and what the network predicts, (y - mean) / scale."""

    mean: float
    scale: float

    def transform(self, y: np.ndarray) -> np.ndarray:
        """Return ``(y - mean) / scale``, (N,)."""
        return (np.asarray(y, dtype=np.float64) - self.mean) / self.scale

    def inverse(self, z: np.ndarray) -> np.ndarray:
        """Return ``mean + scale * z``: predictions in the target's own unit."""
        return self.mean + self.scale * np.asarray(z, dtype=np.float64)


def prepare_target(y_train: np.ndarray) -> TargetScale:
    """Return the scale on which the training targets have mean 0 and variance 1.

    Parameters
    ----------
    y_train
        Targets of the training rows, (N,). If all are equal, the scale is 1.

    Examples
    --------
    >>> scale = prepare_target([1.0, 3.0])
    >>> scale.transform([1.0, 3.0]).tolist(), float(scale.inverse(0.5))
    ([-1.0, 1.0], 2.5)
    """
    y = np.asarray(y_train, dtype=np.float64)
    return TargetScale(float(np.mean(y)), float(np.std(y)) if np.ptp(y) else 1.0)
