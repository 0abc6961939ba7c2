"""Pictures out of focus: a Gaussian blur of another width in every row."""

from __future__ import annotations

from bridle.types import Array, namespace

REACH = 3
"""Pixels to each side that a blurred pixel is made of: a compiled program needs one number for all rows."""


def blurred(images: Array, deviation: Array) -> Array:
    """Return pictures, each pixel a mean of those around it, along columns and then along lines.

        w_k = exp(-k^2 / (2 deviation^2)) / sum_k exp(-k^2 / (2 deviation^2)),    k = -3 ... 3

    Beyond the border lies the border pixel. It is ``scipy.ndimage.gaussian_filter(..., radius=3,
    mode="nearest")``; up to a deviation of 1.5 pixels what is cut off is under 5 % of the weight.

    Parameters
    ----------
    images
        Pictures, (C, H, W, B).
    deviation
        Of the Gaussian, in pixels, one a row, (1, B); rows of 0 stay.
    """
    xp = namespace(images)
    is_on = deviation > 0
    width = xp.where(is_on, deviation, xp.ones_like(deviation))
    weights = [xp.exp(-(k * k) / (2 * width * width)) for k in range(REACH + 1)]
    total = weights[0] + 2 * sum(weights[1:])
    out = images
    for axis in (1, 2):
        size = images.shape[axis]
        wide = _bordered(out, axis)
        moved = [_cut(wide, axis, start, start + size) for start in range(2 * REACH + 1)]
        out = moved[REACH] * (weights[0] / total)
        for k in range(1, REACH + 1):
            out = out + (moved[REACH - k] + moved[REACH + k]) * (weights[k] / total)
    return xp.where(is_on, out, images)


def _bordered(images: Array, axis: int) -> Array:
    """Return pictures with their border pixels repeated ``REACH`` times on both sides along an axis."""
    first, last = _cut(images, axis, 0, 1), _cut(images, axis, images.shape[axis] - 1, None)
    return namespace(images).concat([*[first] * REACH, images, *[last] * REACH], axis=axis)


def _cut(images: Array, axis: int, start: int, stop: int | None) -> Array:
    return images[(slice(None),) * axis + (slice(start, stop),)]
