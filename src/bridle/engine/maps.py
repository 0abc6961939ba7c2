"""What stages do with a batch: the maps that have weights, and the pooling that has none.

Between stages a batch is (D, B), whatever its rows are. A map knows the shapes that the plan gave it and
calls the operation; convolution and pooling see the same memory as pictures. Weights are (out, in)
everywhere: of a convolution (channels, C k k), one row a filter, so that penalties, decay, bounds,
initializers and files need not know what a picture is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from bridle.ops.affine import affine_backward, affine_forward, affine_weights_backward
from bridle.ops.convolution import Window, conv2d_backward, conv2d_forward, conv2d_weights_backward
from bridle.ops.pictures import Image, as_pictures, flatten
from bridle.ops.pooling import (
    average_pool_backward,
    average_pool_forward,
    global_average_pool_backward,
    global_average_pool_forward,
    max_pool_backward,
    max_pool_forward,
)
from bridle.types import Array


class Affine(NamedTuple):
    """A dense map, ``z = w x + b``: every output sees every input, and sees it once."""

    inputs: int
    units: int

    @property
    def image(self) -> None:
        """The outputs are no pictures."""
        return None

    @property
    def places(self) -> int:
        """At how many places the same weights are used."""
        return 1

    @property
    def channels(self) -> int:
        """The rows of w, one a unit."""
        return self.units

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of w."""
        return self.units, self.inputs

    @property
    def fan_out(self) -> int:
        """How many outputs an input reaches."""
        return self.units

    def forward(self, x: Array, w: Array, b: Array) -> tuple[Array, Any]:
        """Return z, (H, B), and a cache."""
        return affine_forward(x, w, b)

    def weights_backward(self, dz: Array, cache: Any) -> tuple[Array, Array]:
        """Return dw and db."""
        return affine_weights_backward(dz, cache)

    def backward(self, dz: Array, cache: Any) -> tuple[Array, Array, Array]:
        """Return dx, dw and db."""
        return affine_backward(dz, cache)


class Convolution(NamedTuple):
    """A convolution of pictures ``given``: ``channels`` values at each of the window's places."""

    given: Image
    channels: int
    window: Window

    @property
    def image(self) -> Image:
        """The outputs' shape, (C, H, W)."""
        return self.channels, *self.window.places

    @property
    def places(self) -> int:
        """At how many places the same weights are used."""
        return math.prod(self.window.places)

    @property
    def units(self) -> int:
        """C H W of the outputs."""
        return math.prod(self.image)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of w."""
        return self.channels, self.given[0] * self.window.kernel**2

    @property
    def margins(self) -> tuple[int, int, int, int]:
        """The rows and columns of zeros above, before, below and behind the pictures."""
        window = self.window
        below = window.padded_height - window.height - window.top
        return window.top, window.left, below, window.padded_width - window.width - window.left

    @property
    def fan_out(self) -> int:
        """How many outputs a pixel reaches with stride 1."""
        return self.channels * self.window.kernel**2

    def forward(self, x: Array, w: Array, b: Array) -> tuple[Array, Any]:
        """Return z, (C H W, B), and a cache."""
        z, cache = conv2d_forward(as_pictures(x, self.given), w, b, self.window)
        return flatten(z), cache

    def weights_backward(self, dz: Array, cache: Any) -> tuple[Array, Array]:
        """Return dw and db."""
        return conv2d_weights_backward(as_pictures(dz, self.image), cache)

    def backward(self, dz: Array, cache: Any) -> tuple[Array, Array, Array]:
        """Return dx, dw and db."""
        dx, dw, db = conv2d_backward(as_pictures(dz, self.image), cache)
        return flatten(dx), dw, db


Map: TypeAlias = Affine | Convolution


class Pooling(NamedTuple):
    """Pictures ``given`` made smaller, by squares of a ``size``.

    The ``kind`` is "max", "average", or "global": each channel's mean, whatever the size.
    """

    given: Image
    kind: str
    size: int = 1

    @property
    def image(self) -> Image:
        """The outputs' shape, (C, H, W)."""
        channels, height, width = self.given
        if self.kind == "global":
            return channels, 1, 1
        return channels, height // self.size, width // self.size

    def forward(self, a: Array) -> tuple[Array, Any]:
        """Return the pooled pictures, (C H W, B), and a cache."""
        out, cache = _POOLING[self.kind][0](as_pictures(a, self.given), self.size)
        return flatten(out), cache

    def backward(self, da: Array, cache: Any) -> Array:
        """Return the gradient of what was pooled, (C H W, B)."""
        return flatten(_POOLING[self.kind][1](as_pictures(da, self.image), cache))


_POOLING: dict[str, tuple[Callable[[Array, int], tuple[Array, Any]], Callable[[Array, Any], Array]]] = {
    "max": (max_pool_forward, max_pool_backward),
    "average": (average_pool_forward, average_pool_backward),
    "global": (lambda x, _: global_average_pool_forward(x), global_average_pool_backward),
}
