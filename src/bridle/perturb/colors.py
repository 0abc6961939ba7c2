"""Light and color of pictures changed, pixel by pixel.

All of it is linear in the pixel values, so that it means the same on values that were standardized with one
mean and deviation for all channels; channels that were standardized apart have other weights of lightness.
Nothing is clipped: standardized inputs have no largest value.
"""

from __future__ import annotations

import math

from bridle.types import Array, namespace

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in a pixel's lightness: Recommendation ITU-R BT.601, section 2.5.1."""

_FROM_BLUE, _FROM_RED = (
    1.772,
    1.402,
)  # twice what is left of blue's and of red's weight: BT.601, section 2.5.2


def brightened(images: Array, amount: Array) -> Array:
    """Return ``x + amount``: pictures (C, H, W, B), one amount a row, (1, B), in the unit of the inputs."""
    return images + amount


def contrasted(images: Array, factor: Array) -> Array:
    """Return pictures stretched around their means: ``m + factor (x - m)``, m each channel's mean.

    Parameters
    ----------
    images
        Pictures, (C, H, W, B).
    factor
        One a row, (1, B): 0 leaves the mean alone, 1 the picture as it is.
    """
    mean = namespace(images).mean(images, axis=(1, 2), keepdims=True)
    return mean + factor * (images - mean)


def saturated(images: Array, factor: Array) -> Array:
    """Return pictures stretched around their gray: ``g + factor (x - g)``, g a pixel's :func:`lightness`.

    Parameters
    ----------
    images
        Pictures in red, green and blue, (3, H, W, B).
    factor
        One a row, (1, B): 0 leaves gray, 1 the picture as it is.
    """
    gray = lightness(images)
    return gray + factor * (images - gray)


def tinted(images: Array, degrees: Array) -> Array:
    """Return pictures whose hue is turned, at the same lightness.

        Cb = (B - g) / 1.772,    Cr = (R - g) / 1.402
        Cb <- cos Cb - sin Cr,   Cr <- sin Cb + cos Cr

    with g a pixel's :func:`lightness`: a rotation of the plane of color differences.

    Source: Recommendation ITU-R BT.601, section 2.5.2, for the plane; Haeberli (1993), Matrix operations for
    image processing, for hue as a rotation that keeps lightness.

    Parameters
    ----------
    images
        Pictures in red, green and blue, (3, H, W, B).
    degrees
        How far, one angle a row, (1, B).
    """
    xp = namespace(images)
    gray = lightness(images)
    blue, red = (images[2:] - gray) / _FROM_BLUE, (images[:1] - gray) / _FROM_RED
    c, s = xp.cos(degrees * (math.pi / 180)), xp.sin(degrees * (math.pi / 180))
    new_blue, new_red = (c * blue - s * red) * _FROM_BLUE, (s * blue + c * red) * _FROM_RED
    new_green = -(LUMA[0] * new_red + LUMA[2] * new_blue) / LUMA[1]
    return gray + xp.concat([new_red, new_green, new_blue], axis=0)


def lightness(images: Array) -> Array:
    """Return ``g = 0.299 R + 0.587 G + 0.114 B`` of pictures (3, H, W, B), (1, H, W, B)."""
    return LUMA[0] * images[:1] + LUMA[1] * images[1:2] + LUMA[2] * images[2:]
