"""Convolution of pictures: a window moves over the pixels, and every place sees the same weights.

Forward, the patches under the window are laid side by side as columns, and one matrix product does the rest.
Backward, the same product transposed gives the patches' gradients, and each pixel adds up those of all the
patches that it was part of. Laying out and adding up are slices of whole pixels, never one number at a time.

As everywhere in deep learning this is a correlation: the window is not turned around.

Source: Goodfellow, Bengio and Courville (2016), Deep Learning, equation 9.6; as a matrix product,
Chellapilla, Puri and Simard (2006), High performance convolutional neural networks for document processing,
section 3.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from bridle.ops.pictures import Image, in_blocks, placed
from bridle.ops.special import settled
from bridle.types import Array, namespace

Padding = int | Literal["same", "valid"]


class Window(NamedTuple):
    """A square window of ``kernel`` by ``kernel`` pixels that moves by ``stride`` over pictures.

    The pictures, ``height`` by ``width``, lie in zeros, ``top`` rows of them above and ``left`` columns
    before: ``padded_height`` by ``padded_width`` in all.
    """

    kernel: int
    stride: int
    height: int
    width: int
    top: int
    left: int
    padded_height: int
    padded_width: int

    @property
    def places(self) -> tuple[int, int]:
        """How many places it comes to, downwards and to the right; not positive where it does not fit."""
        return (
            (self.padded_height - self.kernel) // self.stride + 1,
            (self.padded_width - self.kernel) // self.stride + 1,
        )


def window_over(image: Image, kernel: int, stride: int = 1, padding: Padding = "same") -> Window:
    """Return how a window moves over pictures.

    Parameters
    ----------
    image
        (C, H, W).
    kernel, stride
        At least 1.
    padding
        "valid": no zeros, the window stays inside. A number: so many zeros on each side. "same": as many as
        make ceil(H / stride) by ceil(W / stride) places, the odd one below and to the right.
    """
    _, height, width = image
    if padding == "valid":
        padding = 0
    if padding != "same":
        return Window(
            kernel, stride, height, width, padding, padding, height + 2 * padding, width + 2 * padding
        )
    down, right = (max(0, (-(-side // stride) - 1) * stride + kernel - side) for side in (height, width))
    return Window(kernel, stride, height, width, down // 2, right // 2, height + down, width + right)


class ConvolutionCache(NamedTuple):
    """What the backward pass needs of the forward pass: the patches, (C k k, P B), weights and window."""

    patches: Array
    w: Array
    window: Window


def patches_of(x: Array, window: Window) -> Array:
    """Return what the window sees at each of its P places as a column, (C k k, P B), channels outermost."""
    xp = namespace(x)
    k, s, (down, right) = window.kernel, window.stride, window.places
    x = placed(settled(x), window.padded_height, window.padded_width, window.top, window.left)

    def tap(i: int, j: int) -> Array:
        return x[:, i : i + s * (down - 1) + 1 : s, j : j + s * (right - 1) + 1 : s, :]

    # row by row: a compiler makes a short stack in one pass, and copies each part of a long one first
    rows = [xp.stack([tap(i, j) for j in range(k)], axis=1) for i in range(k)]
    return xp.reshape(xp.stack(rows, axis=1), (x.shape[0] * k * k, down * right * x.shape[3]))


def patches_backward(dpatches: Array, window: Window, batch: int) -> Array:
    """Return ``dx``, (C, H, W, B): each pixel's sum over the patches that it is part of."""
    xp = namespace(dpatches)
    k, s, (down, right) = window.kernel, window.stride, window.places
    taps = xp.reshape(dpatches, (-1, k * k, down, right, batch))
    parts = []
    for tap in range(k * k):
        i, j = divmod(tap, k)
        # x[:, i : i + s down : s, j : j + s right : s] was this tap: its pixels are s apart, zeros in between
        apart = in_blocks(taps[:, tap], s, 0)[:, : s * (down - 1) + 1, : s * (right - 1) + 1]
        parts.append(placed(apart, window.padded_height, window.padded_width, i, j))
    dx: Array = settled(sum(parts[1:], parts[0]))  # pooling reads each sum several times
    return dx[:, window.top : window.top + window.height, window.left : window.left + window.width]


def conv2d_forward(x: Array, w: Array, b: Array, window: Window) -> tuple[Array, ConvolutionCache]:
    """Return the convolution of a batch of pictures.

        z[o, u, v] = b_o + sum_c sum_i sum_j w[o, c, i, j] x[c, s u + i - top, s v + j - left]

    with zeros where a pixel lies outside.

    Parameters
    ----------
    x
        Pictures, (C, H, W, B).
    w
        Weights, (O, C k k): a channel's window lies row by row, one channel after the other.
    b
        Biases, (O, 1).
    window
        From :func:`window_over`.

    Returns
    -------
    z
        (O, H', W', B), H' by W' the window's places.
    cache
        The patches, the weights and the window.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.arange(9.0).reshape(1, 3, 3, 1)
    >>> z, _ = conv2d_forward(x, np.ones((1, 4)), np.zeros((1, 1)), window_over((1, 3, 3), 2, 1, "valid"))
    >>> z[0, :, :, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    patches = patches_of(x, window)
    z = w @ patches + b
    return namespace(x).reshape(z, (w.shape[0], *window.places, x.shape[3])), ConvolutionCache(
        patches, w, window
    )


def conv2d_weights_backward(dz: Array, cache: ConvolutionCache) -> tuple[Array, Array]:
    """Return the gradients of the parameters alone, for the first layer, whose pictures are data.

    Parameters
    ----------
    dz
        (O, H', W', B).
    cache
        From :func:`conv2d_forward`.

    Returns
    -------
    dw, db
        (O, C k k) and (O, 1).
    """
    return _weights_backward(_flat(dz), cache)


def conv2d_backward(dz: Array, cache: ConvolutionCache) -> tuple[Array, Array, Array]:
    """Return the gradients of all that entered :func:`conv2d_forward`.

    Parameters
    ----------
    dz
        (O, H', W', B).
    cache
        From :func:`conv2d_forward`.

    Returns
    -------
    dx, dw, db
        (C, H, W, B), (O, C k k) and (O, 1).
    """
    flat = _flat(dz)
    dpatches = cache.w.T @ flat  # z = w @ patches + b
    return patches_backward(dpatches, cache.window, dz.shape[3]), *_weights_backward(flat, cache)


def _flat(dz: Array) -> Array:
    """Return the outputs' gradients, (O, H', W', B), as (O, P B), made before they are flat.

    What a compiler makes as (O, P B), it makes number by number, each from its place in so long a row.
    """
    return namespace(dz).reshape(settled(dz), (dz.shape[0], -1))


def _weights_backward(dz: Array, cache: ConvolutionCache) -> tuple[Array, Array]:
    """Return the gradients of the parameters; z = w @ patches + b, summed over places and rows."""
    dw = settled(cache.patches @ dz.T).T  # the long side first: measured a third faster
    return dw, namespace(dz).sum(dz, axis=1, keepdims=True)
