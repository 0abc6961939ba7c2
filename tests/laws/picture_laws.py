"""Laws of operations on pictures as plain functions, which the planted bugs of ``tests/sabotage`` call too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from scipy.signal import correlate2d

from bridle.engine import Plan
from bridle.ops import convolution, pooling
from bridle.types import Array
from tests.laws.gradients import EXACT, Case, agree, flattened
from tests.laws.oracles import automatic, central_differences

Geometry = tuple[tuple[int, int, int], int, int, Any, int]
GEOMETRIES: dict[str, Geometry] = {
    "one channel": ((1, 5, 7), 3, 1, "same", 3),
    "one pixel": ((3, 1, 1), 3, 1, "same", 2),
    "valid": ((2, 6, 5), 3, 1, "valid", 1),
    "even window": ((2, 5, 6), 2, 1, "same", 2),
    "stride": ((3, 7, 6), 3, 2, "same", 3),
    "stride and rest": ((2, 8, 9), 3, 3, "valid", 1),
    "padded by two": ((1, 4, 6), 4, 3, 2, 2),
    "kernel of one": ((3, 4, 3), 1, 1, "same", 3),
    "shortcut": ((2, 5, 4), 1, 2, "same", 1),
    "whole picture": ((2, 4, 3), 3, 1, 0, 2),
}
"""Image, kernel, stride, padding and rows of the batch."""

POOLS = {"max": "max_pool", "average": "average_pool"}


def drawn(name: str, outputs: int = 3) -> tuple[convolution.Window, np.ndarray, np.ndarray, np.ndarray]:
    """Return a geometry's window with pictures, weights and biases."""
    image, kernel, stride, padding, batch = GEOMETRIES[name]
    rng = np.random.default_rng(len(name))
    window = convolution.window_over(image, kernel, stride, padding)
    shapes = (*image, batch), (outputs, image[0] * kernel**2), (outputs, 1)
    return window, *(rng.normal(size=shape) for shape in shapes)


def assert_is_a_correlation(name: str) -> None:
    """Forward = the compiler's own convolution, and SciPy's channel by channel."""
    image, kernel, stride, padding, batch = GEOMETRIES[name]
    window, x, w, b = drawn(name)
    z, _ = convolution.conv2d_forward(x, w, b, window)
    filters = w.reshape(-1, image[0], kernel, kernel)
    around = padding.upper() if isinstance(padding, str) else [(padding, padding)] * 2
    with jax.enable_x64(True):
        theirs = jax.lax.conv_general_dilated(np.moveaxis(x, 3, 0), filters, (stride, stride), around)
    np.testing.assert_allclose(z, np.moveaxis(np.asarray(theirs), 0, 3) + b[:, :, None, None], **EXACT.same)
    below, right = window.padded_height - image[1] - window.top, window.padded_width - image[2] - window.left
    wide = np.pad(x, ((0, 0), (window.top, below), (window.left, right), (0, 0)))
    for o, n in np.ndindex(len(w), batch):
        channels = [correlate2d(wide[c, :, :, n], filters[o, c], "valid") for c in range(image[0])]
        np.testing.assert_allclose(z[o, :, :, n], sum(channels)[::stride, ::stride] + b[o], **EXACT.same)


def assert_convolution_backward(name: str) -> None:
    window, *arguments = drawn(name)
    z, cache = convolution.conv2d_forward(*arguments, window)
    dz = np.random.default_rng(1).normal(size=z.shape)

    def seen(*given: Array) -> Array:
        return (convolution.conv2d_forward(*given, window)[0] * dz).sum()

    mine = convolution.conv2d_backward(dz, cache)
    assert_gradient(seen, arguments, mine)
    for alone, together in zip(convolution.conv2d_weights_backward(dz, cache), mine[1:], strict=True):
        np.testing.assert_array_equal(alone, together)


def assert_gradient(seen: Callable[..., Array], arguments: Any, mine: Any) -> None:
    """A gradient is that of central differences and that of automatic differentiation."""
    numeric = []
    for i in range(len(arguments)):

        def moved(one: Array, i: int = i) -> Array:
            return seen(*arguments[:i], one, *arguments[i + 1 :])

        numeric.append(central_differences(moved, arguments[i]))
    agree(mine, numeric, automatic(seen, *arguments))


def pictures(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Return pictures without two pixels so near that a difference could change places."""
    rng = np.random.default_rng(seed)
    return rng.permutation(np.prod(shape)).reshape(shape) / 7.0


def assert_pool_is_a_loop(kind: str, size: int, shape: tuple[int, ...]) -> None:
    x = pictures(shape)
    out, _ = getattr(pooling, f"{POOLS[kind]}_forward")(x, size)
    assert out.shape == (shape[0], shape[1] // size, shape[2] // size, shape[3])
    for c, u, v, n in np.ndindex(out.shape):
        square = x[c, u * size : (u + 1) * size, v * size : (v + 1) * size, n]
        wanted = square.max() if kind == "max" else square.mean()
        np.testing.assert_allclose(out[c, u, v, n], wanted, **EXACT.same)


def assert_pool_backward(kind: str, size: int, shape: tuple[int, ...]) -> None:
    forward, backward = (getattr(pooling, f"{POOLS[kind]}_{way}") for way in ("forward", "backward"))
    x = pictures(shape)
    out, cache = forward(x, size)
    dout = np.random.default_rng(2).normal(size=out.shape)
    assert_gradient(lambda x: (forward(x, size)[0] * dout).sum(), [x], [backward(dout, cache)])


def assert_ties_go_to_the_first() -> None:
    """Among equal maxima the first in reading order takes the whole gradient, on both libraries."""
    rng = np.random.default_rng(3)
    x = rng.integers(0, 3, size=(2, 6, 9, 4)).astype(float)
    x[0, :3] = 0.0
    dout = rng.normal(size=(2, 2, 3, 4))
    wanted = np.zeros_like(x)
    for c, u, v, n in np.ndindex(dout.shape):
        square = x[c, 3 * u : 3 * u + 3, 3 * v : 3 * v + 3, n]
        i, j = np.unravel_index(square.argmax(), square.shape)  # argmax: the first
        wanted[c, 3 * u + i, 3 * v + j, n] = dout[c, u, v, n]
    np.testing.assert_array_equal(pooling.max_pool_backward(dout, pooling.max_pool_forward(x, 3)[1]), wanted)
    with jax.enable_x64(True):
        cache = pooling.max_pool_forward(jax.numpy.asarray(x), 3)[1]
        np.testing.assert_array_equal(pooling.max_pool_backward(jax.numpy.asarray(dout), cache), wanted)


def assert_network_gradient(plan: Plan, settings: Mapping[str, Any] | None = None) -> None:
    """The update's direction is the gradient of J: by autodiff in full, by differences along one line an array."""
    case = Case(plan, settings)
    flat = flattened(case.weights[: case.learned])
    mine, rng = case.step(), np.random.default_rng(8)
    for one, derived in zip(mine, automatic(case.traced, *flat), strict=True):
        np.testing.assert_allclose(one, derived, rtol=1e-10, atol=1e-11, err_msg="against autodiff")
    for i, part in enumerate(flat):
        line = rng.normal(size=part.shape)

        def along(step: np.ndarray, i: int = i, line: np.ndarray = line) -> float:
            return case.value(*flat[:i], flat[i] + step * line, *flat[i + 1 :])

        slope = central_differences(along, np.zeros(()))
        np.testing.assert_allclose((mine[i] * line).sum(), slope, **EXACT.differences)
