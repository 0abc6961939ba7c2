"""Members side by side on NumPy: arrays with an axis of members that the mathematics does not see.

The step is written for one member, against the array API standard. On small networks most of its time on
NumPy goes into calling functions, once a member. Here the same lines run once for many members: ``Abreast``
is an array (H, D) to whoever computes with it, and holds (M, H, D). Every operation runs over all members, a
sum is each member's own, and a scalar of each member meets an array of each member. What all members share,
such as the rows of a batch, has an axis of length 1.

A member's numbers do not depend on its company: products are made member by member, sums run over a member's
own numbers in their order, and everything else is element by element.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, Literal

import numpy as np


class Abreast:
    """An array of every member, as one member's.

    Parameters
    ----------
    values
        (M, ...), or (1, ...) for what all members share.

    Examples
    --------
    >>> import numpy as np
    >>> w = Abreast(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]))
    >>> w.shape
    (1, 2)
    >>> strength = Abreast(np.array([10.0, 100.0]))
    >>> np.sum(strength * w).values
    array([ 30., 700.])
    """

    __slots__ = ("values",)

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    @property
    def shape(self) -> tuple[int, ...]:
        """One member's."""
        return self.values.shape[1:]

    @property
    def ndim(self) -> int:
        """One member's."""
        return self.values.ndim - 1

    @property
    def size(self) -> int:
        """One member's."""
        return int(np.prod(self.shape))

    @property
    def dtype(self) -> np.dtype:
        """That of all members."""
        return self.values.dtype

    @property
    def T(self) -> Abreast:
        """The transpose of one member's matrix."""
        return Abreast(np.swapaxes(self.values, -1, -2))

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        return _NAMESPACE

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *given: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            return NotImplemented
        if len(given) == 1:
            return Abreast(ufunc(self.values))
        return Abreast(ufunc(*_aligned(*given)))

    def __array_function__(self, function: Callable, types: Any, given: tuple, options: dict) -> Any:
        return _FUNCTIONS[function](*given, **options) if function in _FUNCTIONS else NotImplemented

    def __getitem__(self, index: Any) -> Abreast:
        return Abreast(self.values[(slice(None), *(index if isinstance(index, tuple) else (index,)))])

    def __bool__(self) -> bool:
        raise TypeError("Members abreast have no truth value in common; select with where.")

    def __matmul__(self, other: Abreast) -> Abreast:
        a, b = self.values, other.values
        return Abreast(a * b if a.shape[-1] == 1 else a @ b)  # a column by a row has nothing to add

    def __neg__(self) -> Abreast:
        return Abreast(-self.values)

    def __invert__(self) -> Abreast:
        return Abreast(~self.values)


def _aligned(*given: Any) -> list[Any]:
    """Return arrays that NumPy broadcasts as the members' own would be, members first."""
    ndim = max(getattr(one, "ndim", 0) for one in given)
    return [_padded(one.values, ndim + 1) if type(one) is Abreast else one for one in given]


def _padded(values: np.ndarray, ndim: int) -> np.ndarray:
    """Return values with axes of length 1 behind the members', ndim in all."""
    if values.ndim >= ndim:
        return values
    return values.reshape(len(values), *(1,) * (ndim - values.ndim), *values.shape[1:])


def _operator(ufunc: np.ufunc) -> tuple[Callable, Callable, Callable]:
    """Return an operator, with its sides exchanged, and in place where the result fits."""

    def forward(self: Abreast, other: Any) -> Abreast:
        a, b = self.values, other
        if type(other) is Abreast:
            b = other.values
            if a.ndim != b.ndim:
                a, b = _padded(a, b.ndim), _padded(b, a.ndim)
        elif isinstance(other, np.ndarray):
            a = _padded(a, b.ndim + 1)
        return Abreast(ufunc(a, b))

    def backward(self: Abreast, other: Any) -> Abreast:
        mine = _padded(self.values, other.ndim + 1) if isinstance(other, np.ndarray) else self.values
        return Abreast(ufunc(other, mine))

    def in_place(self: Abreast, other: Any) -> Abreast:
        if isinstance(other, np.ndarray) and other.ndim > self.ndim:
            return forward(self, other)
        a, b = self.values, _padded(other.values, self.ndim + 1) if type(other) is Abreast else other
        try:
            return Abreast(ufunc(a, b, out=a))
        except ValueError:  # NumPy refuses, before it computes, a result that is larger than its place
            return forward(self, other)

    return forward, backward, in_place


for _name, _ufunc in {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "pow": np.power,
    "mod": np.remainder, "and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor,
    "rshift": np.right_shift, "lshift": np.left_shift,
}.items():  # fmt: skip
    for _prefix, _method in zip(("", "r", "i"), _operator(_ufunc), strict=True):
        setattr(Abreast, f"__{_prefix}{_name}__", _method)
for _name, _ufunc in {
    "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "eq": np.equal, "ne": np.not_equal,
}.items():  # fmt: skip
    setattr(Abreast, f"__{_name}__", _operator(_ufunc)[0])


def _where(condition: Any, chosen: Any, other: Any) -> Abreast:
    """Select; where a switch has one position for all members, its side is taken as it is."""
    if isinstance(condition, Abreast) and condition.ndim == 0:
        if condition.values.all() and _has_form_of_both(chosen, other):
            return chosen
        if not condition.values.any() and _has_form_of_both(other, chosen):
            return other
    return Abreast(np.where(*_aligned(condition, chosen, other)))


def _has_form_of_both(side: Any, other: Any) -> bool:
    """Return whether a select between the two has the shape and the dtype of the first."""
    if not isinstance(side, Abreast) or getattr(other, "dtype", side.dtype) != side.dtype:
        return False
    return side.shape == np.broadcast_shapes(side.shape, getattr(other, "shape", ()))


def _reduction(function: Callable) -> Callable:
    def reduced(x: Abreast, axis: int | None = None, keepdims: bool = False) -> Abreast:
        if axis is None:  # a member's numbers in one row, so that they are added in one order
            return Abreast(function(x.values.reshape(len(x.values), -1), axis=1))
        return Abreast(function(x.values, axis=axis + 1 if axis >= 0 else axis, keepdims=keepdims))

    return reduced


def _like(function: Callable) -> Callable:
    def made(x: Abreast, *given: Any, **options: Any) -> Abreast:
        return Abreast(function(x.values, *given, **options))

    return made


def _reshape(x: Abreast, shape: int | tuple[int, ...]) -> Abreast:
    return Abreast(x.values.reshape(len(x.values), *(shape if isinstance(shape, tuple) else (shape,))))


def _take(x: Abreast, index: np.ndarray, axis: int, mode: Literal["raise", "clip"] = "raise") -> Abreast:
    return Abreast(np.take(x.values, index, axis=axis + 1, mode=mode))


def _expand_dims(x: Abreast, axis: int) -> Abreast:
    return Abreast(np.expand_dims(x.values, axis + 1 if axis >= 0 else axis))


def _stack(parts: list[Any]) -> Abreast:
    return Abreast(np.stack(np.broadcast_arrays(*_aligned(*parts)), axis=1))


_FUNCTIONS: dict[Callable, Callable] = {
    np.where: _where, np.reshape: _reshape, np.take: _take, np.stack: _stack, np.expand_dims: _expand_dims,
    np.sum: _reduction(np.sum), np.max: _reduction(np.max), np.min: _reduction(np.min),
    np.all: _reduction(np.all), np.argmax: _reduction(np.argmax),
    np.zeros_like: _like(np.zeros_like), np.ones_like: _like(np.ones_like), np.full_like: _like(np.full_like),
    np.astype: _like(np.astype), np.clip: _like(np.clip), np.round: _like(np.round),
}  # fmt: skip


def _asarray(x: Any, dtype: Any = None) -> Any:
    if isinstance(x, Abreast):
        return x if dtype is None else Abreast(np.asarray(x.values, dtype=dtype))
    return np.asarray(x, dtype=dtype)


_NAMESPACE = ModuleType("numpy", "NumPy, whose functions find their way by themselves, all but ``asarray``.")
vars(_NAMESPACE).update(vars(np) | {"asarray": _asarray})
