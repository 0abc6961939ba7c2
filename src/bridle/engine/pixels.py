"""Pictures of one byte a value: kept as bytes, and standardized a batch at a time.

A data set of pictures is four times as large in single precision. So pixels stay bytes on the way to the
devices and on them, and become numbers when a batch or a chunk of an evaluation is taken, with a mean and a
deviation for each channel that whoever trains has found, on training rows alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

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
        Unsigned 8-bit integers, (N, H, W, C), or (N, H, W) with one channel, or (N, D) channel by channel.
    mean, deviation
        One number, or one for each channel, (C,), in the unit of the pixels; deviations above 0.

    Raises
    ------
    DataError
        If pixels are no bytes, or a mean or deviation is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from bridle import Dense, Members, Plan, train
    >>> plan = Plan(inputs=4, image=(1, 2, 2), layers=(Dense(1, "linear"),), epochs=2)
    >>> X = Pictures(np.arange(24, dtype=np.uint8).reshape(6, 2, 2), mean=11.5, deviation=7)
    >>> train(plan, Members(), X, [0, 0, 0, 1, 1, 1]).predict(X).shape
    (1, 6, 1)
    """

    pixels: np.ndarray
    mean: Any = 0.0
    deviation: Any = 1.0

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
            if value.ndim > 1 or not np.all(np.isfinite(value)):
                problems.add(name, "one finite number, or one for each channel", value)
        if np.any(self.deviation <= 0):
            problems.add("deviation", "above 0", self.deviation, "A channel of one value may have 1.")
        problems.raise_if_any()


class Pixels(NamedTuple):
    """Inputs as the engine holds them: bytes (D, N), and each input's mean and 1 / deviation, (D, 1)."""

    values: Array
    mean: Array
    factor: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """(D, N)."""
        return self.values.shape

    @property
    def dtype(self) -> Any:
        """What they become."""
        return self.factor.dtype


def held(values: np.ndarray, pictures: Pictures, image: tuple[int, int, int], dtype: str) -> Pixels:
    """Return bytes (N, D), channel by channel, as the engine holds them.

    Raises
    ------
    DataError
        If means or deviations are of another number of channels.
    """
    problems = Problems("Pictures", DataError)
    for name in ("mean", "deviation"):
        value = getattr(pictures, name)
        if value.ndim and len(value) != image[0]:
            problems.add(name, f"one number, or {image[0]}, as the plan's image has channels", value)
    problems.raise_if_any()
    area = image[1] * image[2]
    mean, factor = (
        np.repeat(np.broadcast_to(one, image[0]), area)[:, None].astype(dtype)
        for one in (pictures.mean, 1 / pictures.deviation)
    )
    return Pixels(np.ascontiguousarray(values.T), mean, factor)


def over_rows(x: Any, change: Callable[[Array], Array]) -> Any:
    """Return inputs after a change of their array of rows last, bytes or not, that touches no value."""
    return x._replace(values=change(x.values)) if isinstance(x, Pixels) else change(x)


def dense(x: Any) -> Array:
    """Return inputs as numbers, ``(pixel - mean) / deviation`` where they are bytes, (D, B)."""
    if not isinstance(x, Pixels):
        return x
    return (namespace(x.values).astype(x.values, x.factor.dtype) - x.mean) * x.factor
