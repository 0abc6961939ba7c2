"""Random numbers without state: a hash of (seed, purpose, step, layer, unit, row).

A draw depends on what it is for and on nothing else, so a member gets the same numbers alone or in company,
on any number of devices, resumed or not, on NumPy or on JAX, and the mask of a row does not depend on its
place in the batch. Everything is 32-bit integer arithmetic on arrays, which a compiler fuses into the
operation that uses it: about a tenth of the cost of a stateful generator.

Fields enter one at a time into a key of two 32-bit words (never as one linear combination such as
``seed * 7919 + step``, which repeats). A fold is a bijection of the key for a given field and one-to-one in
the field for a given key, so two different fields never lead from one key to the same key. ``scramble`` is
the two-multiplication finalizer ``lowbias32`` found by C. Wellons' hash prospector (2018).

Keys have the shape (1, 1): they broadcast against units (H, 1) and rows (1, B), and NumPy wraps overflow
silently on arrays where it would warn on scalars.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

import numpy as np

from bridle.types import Array, namespace

Key: TypeAlias = tuple[Array, Array]

_GOLDEN = np.uint32(0x9E3779B9)
_ODD = np.uint32(0x85EBCA6B)
_FIRST = np.uint32(0x7FEB352D)
_SECOND = np.uint32(0x846CA68B)
_UNIT_IN_24_BITS = 2.0**-24
_WORDS = 2.0**32
_PACKED_UP_TO = 2**16
_ERFINV_CENTER = (
    2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06, 0.00021858087, -0.00125372503,
    -0.00417768164, 0.246640727, 1.50140941,
)  # fmt: skip
_ERFINV_TAIL = (
    -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613,
    0.00943887047, 1.00167406, 2.83297682,
)  # fmt: skip


class Purpose(IntEnum):
    """What a stream is for; streams of different purposes are independent."""

    INITIAL_WEIGHTS = 1
    ROW_ORDER = 2
    DROPOUT = 3
    SPLIT = 4
    DATA = 5
    INPUT_DROPOUT = 6
    GAUSSIAN_DROPOUT = 7
    ALPHA_DROPOUT = 8
    GAUSSIAN_NOISE = 9
    INPUT_NOISE = 10
    DROP_CONNECT = 11
    CUTTING = 12
    PREDICTION = 13
    MIXING = 14
    SWAPPING = 15
    SMOOTHING = 16
    ROTATION = 17
    TRANSLATION = 18
    SHIFT = 19
    ZOOM = 20
    SHEAR = 21
    CROP = 22
    HORIZONTAL_FLIP = 23
    VERTICAL_FLIP = 24
    BRIGHTNESS = 25
    CONTRAST = 26
    SATURATION = 27
    HUE = 28
    BLUR = 29
    VGG = 30
    INCEPTION = 31
    ERASING = 32
    SPATIAL_DROPOUT = 33


def scramble(x: Array) -> Array:
    """Return a bijective mix of 32-bit words in which every input bit reaches every output bit."""
    x = (x ^ (x >> 16)) * _FIRST
    x = (x ^ (x >> 15)) * _SECOND
    return x ^ (x >> 16)


def key_of(seed: Array, purpose: Purpose) -> Key:
    """Return the key of a seed (an unsigned 32-bit array that broadcasts to (1, 1)) and a purpose."""
    xp = namespace(seed)
    seed = xp.reshape(xp.astype(seed, xp.uint32), (1, 1))
    return fold(fold((seed * _GOLDEN, seed ^ _ODD), seed), xp.full_like(seed, int(purpose)))


def fold(key: Key, field: Array) -> Key:
    """Mix one more field (unsigned 32-bit) into a key; the words change places, so both get mixed."""
    first, second = key
    first = scramble(first ^ field)
    second = scramble(second + first * _GOLDEN + _ODD)
    return second, first


def field(value: Array, like: Array) -> Array:
    """Return a counter (a step, a layer) as a (1, 1) field for :func:`fold`."""
    xp = namespace(like)
    return xp.reshape(xp.astype(xp.asarray(value), xp.uint32), (1, 1))


def row_words(rows: Array) -> Array:
    """Return one word for every row id (unsigned 32-bit), shaped as rows: made once, used in every step."""
    return scramble(scramble(rows * _GOLDEN + _ODD) + _FIRST)


def words(key: Key, units: Array, rows: Array) -> Array:
    """Return one 32-bit word for every (unit, row).

        word = scramble'((row ^ offset) * factor),    offset and odd factor from the key and the unit

    Parameters
    ----------
    key
        The stream, two words of shape (1, 1).
    units
        Unit numbers, (H, 1), unsigned 32-bit.
    rows
        From :func:`row_words`, (1, B). They do not depend on the key, so that a step costs two
        multiplications a pair and nothing a row.

    Returns
    -------
    words
        (H, B), unsigned 32-bit; ``scramble'`` is the second half of :func:`scramble`.
    """
    first, second = key
    offset = scramble(scramble(units ^ first) + second)
    factor = scramble(offset ^ second) | 1
    mixed = (rows ^ offset) * factor
    mixed = (mixed ^ (mixed >> 15)) * _SECOND
    return mixed ^ (mixed >> 16)


def uniform(key: Key, units: Array, rows: Array, dtype: Array) -> Array:
    """Return uniform draws in [0, 1) with 24 bits, (H, B): the same values in float32 and float64."""
    xp = namespace(rows)
    return xp.astype(words(key, units, rows) >> 8, dtype) * xp.asarray(_UNIT_IN_24_BITS, dtype=dtype)


def keeps(key: Key, units: Array, rows: Array, rate: Array) -> Array:
    """Return True with probability ``1 - rate``, (H, B): a word against a threshold, no conversion.

    Parameters
    ----------
    key, units, rows
        As in :func:`words`.
    rate
        The probability of False, a floating scalar in [0, 1).
    """
    xp = namespace(rows)
    threshold = xp.astype(xp.asarray(rate * _WORDS), xp.uint32)
    return words(key, units, rows) >= threshold


def normals(key: Key, units: Array, rows: Array, dtype: Array) -> Array:
    """Return standard normal draws, (H, B), from one word each; within 5.3 of 0.

    The inverse error function by Giles (2010), Approximating the erfinv function, table 5, single precision:
    two polynomials, exact to about 2e-7, whatever the dtype.
    """
    drawn = words(key, units, rows)
    xp = namespace(drawn)
    x = xp.astype(drawn >> 8, dtype) * (2 * _UNIT_IN_24_BITS) + (_UNIT_IN_24_BITS - 1)
    w = -xp.log((1 - x) * (1 + x))
    center = _polynomial(w - 2.5, _ERFINV_CENTER)
    tail = _polynomial(xp.sqrt(w) - 3.0, _ERFINV_TAIL)
    return xp.where(w < 5, center, tail) * x * 2**0.5


def _polynomial(x: Array, coefficients: tuple[float, ...]) -> Array:
    value = namespace(x).full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def permutation(key: Key, count: int) -> Array:
    """Return a random order of ``range(count)``, (count,): positions sorted by one word each.

    Up to 65,536 positions, a position takes the place of its word's lowest bits and one array is sorted, in a
    sixth of the time of an index sort; at least 16 random bits are left, and ties fall in order of position.
    """
    xp = namespace(key[0])
    positions = xp.reshape(xp.arange(count, dtype=xp.uint32), (1, count))
    drawn = xp.reshape(words(key, xp.zeros((1, 1), dtype=xp.uint32), row_words(positions)), (count,))
    if count > _PACKED_UP_TO:
        return xp.argsort(drawn, stable=True)
    low = np.uint32(2 ** max(count - 1, 1).bit_length() - 1)
    return xp.astype(xp.sort((drawn & ~low) | positions[0]) & low, xp.int32)


def normal(key: Key, shape: tuple[int, int]) -> np.ndarray:
    """Return standard normal draws, float64, (units, inputs), by Box and Muller (1958). NumPy only.

    Initial weights are drawn here for both engines: the logarithm and cosine of NumPy and of the compiler
    differ in the last bit, and a network must start the same everywhere.
    """
    units = np.arange(shape[0], dtype=np.uint32)[:, None]
    rows = row_words(np.arange(shape[1], dtype=np.uint32)[None, :])
    radius, angle = (words(fold(key, np.full((1, 1), part, dtype=np.uint32)), units, rows) for part in (0, 1))
    u = (radius + 0.5) * 2.0**-32
    return np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * (angle * 2.0**-32))
