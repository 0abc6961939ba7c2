"""Pictures of one byte a value: kept as bytes, and standardized a batch at a time.

A data set of pictures is four times as large in single precision, and that once for every split that
standardizes it by its own training rows. So pixels lie on the devices once, as bytes. A row of the data is no
more than two numbers: which picture it shows, and which mean and deviation make numbers of it when a batch or
a chunk of an evaluation is taken.

A row's inputs lie together on the devices, pixels or numbers, unlike everything else inside: a batch reads a
few rows of many, and with rows last every input of them would be another line of memory, which took up to
five times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from bridle.checks import Problems
from bridle.errors import DataError
from bridle.types import Array, namespace


@dataclass(frozen=True, eq=False)
class Pictures:
    """Pictures as bytes, wherever the engine takes inputs ``X``.

        x = (pixel - mean) / deviation

    Parameters
    ----------
    pixels
        Unsigned 8-bit integers, (P, H, W, C), or (P, H, W) with one channel, or (P, D) channel by channel.
    mean, deviation
        One number, or one for each channel, (C,), in the unit of the pixels; deviations above 0. Or several
        of them, (S, C).
    rows
        Which picture each row of the data shows, (N,), from 0; one may be shown more than once. None: each
        its own.
    scales
        Which mean and deviation a row has, (N,), from 0. None: the first.

    Raises
    ------
    DataError
        If pixels are no bytes, a mean or deviation is out of range, or rows name what is not there.

    Examples
    --------
    >>> import numpy as np
    >>> from bridle import Dense, Members, Plan, train
    >>> plan = Plan(inputs=4, image=(1, 2, 2), layers=(Dense(1, "linear"),), epochs=2)
    >>> X = Pictures(np.arange(24, dtype=np.uint8).reshape(6, 2, 2), mean=11.5, deviation=7)
    >>> train(plan, Members(), X, [0, 0, 0, 1, 1, 1]).predict(X).shape
    (1, 6, 1)
    >>> len(X), X[:2].shape
    (6, (2, 4))
    """

    pixels: np.ndarray
    mean: Any = 0.0
    deviation: Any = 1.0
    rows: Any = None
    scales: Any = None

    def __post_init__(self) -> None:
        problems = Problems("Pictures", DataError)
        object.__setattr__(self, "pixels", np.asarray(self.pixels))
        if self.pixels.dtype != np.uint8:
            problems.add(
                "pixels", "unsigned 8-bit integers", self.pixels.dtype.name, "Pass other numbers as X."
            )
        for name in ("mean", "deviation"):
            value = np.asarray(getattr(self, name), dtype=np.float64)
            object.__setattr__(self, name, value)
            if value.ndim > 2 or not value.size or not np.all(np.isfinite(value)):
                problems.add(name, "one finite number, or one for each channel, (C,) or (S, C)", value)
        if np.any(self.deviation <= 0):
            problems.add("deviation", "above 0", self.deviation, "A channel of one value may have 1.")
        rows = np.arange(len(self.pixels)) if self.rows is None else self.rows
        rows = _numbers("rows", rows, len(self.pixels), problems)
        counts = {len(np.atleast_2d(one)) for one in (self.mean, self.deviation)} - {1} or {1}
        if len(counts) > 1:
            problems.add("deviation", "as many sets as mean", f"shape {self.deviation.shape}")
        scales = np.zeros(len(rows), np.int32) if self.scales is None else self.scales
        scales = _numbers("scales", scales, min(counts), problems)
        if len(scales) != len(rows):
            problems.add("scales", f"as long as rows, {len(rows)}", len(scales))
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "scales", scales)
        problems.raise_if_any()

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and inputs, (N, D)."""
        return len(self.rows), int(np.prod(self.pixels.shape[1:]))

    def __getitem__(self, some: Any) -> Pictures:
        """Return some rows, of the same pixels."""
        return Pictures(self.pixels, self.mean, self.deviation, self.rows[some], self.scales[some])

    def numbers(self, dtype: str = "float32") -> np.ndarray:
        """Return the rows as numbers, channel by channel, (N, D)."""
        form = self.pixels.shape
        lying = np.moveaxis(self.pixels, 3, 1) if len(form) == 4 else self.pixels
        said = np.broadcast_shapes(self.mean.shape[-1:], self.deviation.shape[-1:], (1,))[0]
        channels = form[3] if len(form) == 4 else said
        image = channels, 1, self.shape[1] // channels
        return dense(whole(held(lying.reshape(form[0], -1), self, image, dtype))).T

    @classmethod
    def together(cls, parts: Sequence[Pictures]) -> Pictures:
        """Return the rows of several sets one after the other; pixels that they share are kept once."""
        places = [(one.pixels.ctypes.data, one.pixels.shape, one.pixels.strides) for one in parts]
        pixels = {place: one.pixels for place, one in zip(places, parts, strict=True)}
        starts = dict(zip(pixels, _starts([len(one) for one in pixels.values()]), strict=True))
        sets = [np.broadcast_arrays(np.atleast_2d(one.mean), np.atleast_2d(one.deviation)) for one in parts]
        width = max(mean.shape[1] for mean, _ in sets)
        means, deviations = (
            [np.broadcast_to(pair[k], (len(pair[k]), width)) for pair in sets] for k in range(2)
        )
        first = _starts([len(mean) for mean, _ in sets])
        return cls(
            next(iter(pixels.values())) if len(pixels) == 1 else np.concatenate(list(pixels.values())),
            np.concatenate(means),
            np.concatenate(deviations),
            np.concatenate([starts[place] + one.rows for place, one in zip(places, parts, strict=True)]),
            np.concatenate([start + one.scales for start, one in zip(first, parts, strict=True)]),
        )


Inputs: TypeAlias = np.ndarray | Pictures
"""Rows that are ready for a network, (N, D)."""


def numbers_of(x: Inputs) -> np.ndarray:
    """Return rows as numbers, (N, D)."""
    return x.numbers() if isinstance(x, Pictures) else x


def _starts(lengths: list[int]) -> list[int]:
    return np.cumsum([0, *lengths[:-1]]).tolist()


def _numbers(name: str, value: Any, end: int, problems: Problems) -> np.ndarray:
    """Return numbers of things as (N,), checked to lie in [0, end)."""
    found = np.asarray(value)
    found = found if found.size else found.astype(np.int32)  # an empty list has no dtype of its own
    is_there = found.dtype.kind in "iu" and not np.any((found < 0) | (found >= end))
    if found.ndim != 1 or not is_there:
        problems.add(name, f"whole numbers from 0 to {end - 1}, (N,)", value)
        return np.zeros(found.size, dtype=np.int32)
    return found.astype(np.int32)


class ByRow(NamedTuple):
    """Numbers as the devices keep them, (N, D): a row's inputs lie together, as a picture's pixels do."""

    values: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(D, N)."""
        return self.values.shape[::-1]


class Pixels(NamedTuple):
    """Inputs as the engine keeps them.

    ``values`` are bytes, one picture a row, (P, D); ``mean`` and ``factor``, 1 / deviation, are (S, C).
    ``picture`` and ``scale`` (N,) say which of them each row of the data is.
    """

    values: Array
    mean: Array
    factor: Array
    picture: Array
    scale: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(D, N)."""
        return self.values.shape[1], self.picture.shape[0]

    @property
    def dtype(self) -> Any:
        """What they become."""
        return self.factor.dtype


class Taken(NamedTuple):
    """Some rows of :class:`Pixels`, rows last: bytes (D, B), and means and factors of channels, (C, B)."""

    values: Array
    mean: Array
    factor: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(D, B)."""
        return self.values.shape


def held(values: np.ndarray, pictures: Pictures, image: tuple[int, int, int], dtype: str) -> Pixels:
    """Return bytes (P, D), channel by channel, as the engine holds them.

    Raises
    ------
    DataError
        If means or deviations are of another number of channels.
    """
    problems = Problems("Pictures", DataError)
    for name in ("mean", "deviation"):
        value = getattr(pictures, name)
        if value.ndim and value.shape[-1] != image[0]:
            problems.add(name, f"one number, or {image[0]}, as the plan's image has channels", value)
    problems.raise_if_any()
    sets = np.broadcast_shapes(*(np.atleast_2d(one).shape for one in (pictures.mean, pictures.deviation)))
    mean, factor = (
        np.broadcast_to(one, (sets[0], image[0])).astype(dtype)
        for one in (pictures.mean, 1 / pictures.deviation)
    )
    return Pixels(np.ascontiguousarray(values), mean, factor, pictures.rows, pictures.scales)


def by_row(x: Any) -> Any:
    """Return inputs, (D, N), as the devices keep them."""
    return ByRow(x.T) if isinstance(x, np.ndarray) else x


def taken(x: Any, index: Array) -> Any:
    """Return some rows of inputs, rows last: of bytes as they are."""
    xp = namespace(index)
    if isinstance(x, ByRow):
        return xp.take(x.values, index, axis=0, mode="clip").T
    if not isinstance(x, Pixels):
        return xp.take(x, index, axis=1, mode="clip")
    scale, picture = (xp.take(one, index, mode="clip") for one in (x.scale, x.picture))
    of_scale = (xp.take(one, scale, axis=0, mode="clip").T for one in (x.mean, x.factor))
    return Taken(xp.take(x.values, picture, axis=0, mode="clip").T, *of_scale)


def whole(x: Any) -> Any:
    """Return all rows of inputs, rows last."""
    return taken(x, np.arange(x.shape[1])) if isinstance(x, Pixels) else x


def over_rows(x: Any, change: Callable[[Array], Array]) -> Any:
    """Return inputs after a change of their arrays of rows last, bytes or not, that touches no value."""
    return Taken(*map(change, x)) if isinstance(x, Taken) else change(x)


def dense(x: Any) -> Array:
    """Return inputs as numbers, ``(pixel - mean) / deviation`` where they are bytes, (D, B)."""
    if not isinstance(x, Taken):
        return x
    xp = namespace(x.values)
    channels, rows = x.mean.shape
    pixels = xp.reshape(xp.astype(x.values, x.factor.dtype), (channels, -1, rows))
    return xp.reshape((pixels - x.mean[:, None]) * x.factor[:, None], x.shape)
