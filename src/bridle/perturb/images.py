"""Augmentations: what each draws for a row, and what it makes of the picture.

A motion (rotation, shift, crop ...) returns where pixels come from; all motions of a plan are composed before
the picture is read once. The others return changed pictures, (C, H, W, B). Every draw hashes the row's id and
the update, and a strength of 0 draws exactly what moves nothing. What becomes of pixels is in the modules
beside this one: :mod:`~bridle.perturb.motions`, :mod:`~bridle.perturb.warps`, :mod:`~bridle.perturb.flips`,
:mod:`~bridle.perturb.colors`, :mod:`~bridle.perturb.blurs`, :mod:`~bridle.perturb.boxes`.

Strengths are scalars; ``key`` is the update's stream, ``rows`` are the words of the row ids, (1, B), and
``image`` is (C, H, W).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

from bridle.perturb.about import About
from bridle.perturb.blurs import blurred
from bridle.perturb.boxes import erased, within
from bridle.perturb.colors import brightened, contrasted, saturated, tinted
from bridle.perturb.draws import row_uniform, symmetric
from bridle.perturb.flips import flipped_horizontally, flipped_vertically
from bridle.perturb.motions import Motion, cropped, sheared, shifted, turned, zoomed
from bridle.streams import Key
from bridle.types import Array, namespace, where_on

Shape: TypeAlias = tuple[int, int, int]
Change: TypeAlias = Callable[[Array, Key, Array, Array], Array]
"""``change(images, key, rows, strength)`` returns pictures, (C, H, W, B)."""

LEAST_ERASED, MOST_ERASED = 0.02, 0.4
LONGEST_ERASED = 10 / 3
"""Zhong et al. (2020), section 4: shares of the picture's area, and of one side in the other."""


def on_pictures(
    change: Change,
) -> Callable[[Array, Array, Key, Array, Array, About], tuple[Array, Array]]:
    """Return a change of pictures as a perturbation of rows (D, B), which at strength 0 stay to the bit."""

    def apply(
        x: Array, t: Array, key: Key, rows: Array, strength: Array, about: About
    ) -> tuple[Array, Array]:
        def change_pixels(x: Array) -> Array:
            images = namespace(x).reshape(x, (*(about.image or ()), x.shape[1]))
            return namespace(x).reshape(change(images, key, rows, strength), x.shape)

        return where_on(strength > 0, change_pixels, x), t

    return apply


def rotation(key: Key, rows: Array, strength: Array, image: Shape) -> Motion:
    """Return turns by an angle ~ U(-strength, strength) degrees."""
    return turned(symmetric(key, 0, rows, strength))


def translation(key: Key, rows: Array, strength: Array, image: Shape) -> Motion:
    """Return shifts by shares ~ U(-strength, strength) of the height and, apart, of the width."""
    _, height, width = image
    return shifted(height * symmetric(key, 0, rows, strength), width * symmetric(key, 1, rows, strength))


def shift(key: Key, rows: Array, strength: Array, image: Shape) -> Motion:
    """Return shifts by whole pixels down and, apart, right: any of -n ... n, n = floor(strength)."""
    xp = namespace(rows)
    most = xp.floor(strength)

    def whole(which: int) -> Array:
        return xp.floor(row_uniform(key, which, rows, strength) * (2 * most + 1)) - most

    return shifted(whole(0), whole(1))


def zoom(key: Key, rows: Array, strength: Array, image: Shape) -> Motion:
    """Return enlargements by a factor ~ U(1 - strength, 1 + strength)."""
    return zoomed(1 + symmetric(key, 0, rows, strength))


def shear(key: Key, rows: Array, strength: Array, image: Shape) -> Motion:
    """Return slants whose slope is ~ U(-strength, strength) pixels sideways for each pixel up."""
    return sheared(symmetric(key, 0, rows, strength))


def crop(key: Key, rows: Array, strength: Array, image: Shape) -> Motion:
    """Return windows of the picture's form with a share of its area ~ U(1 - strength, 1), anywhere in it."""
    side = namespace(rows).sqrt(1 - strength * row_uniform(key, 0, rows, strength))
    return _window(key, rows, side, side, image)


def _window(key: Key, rows: Array, height: Array, width: Array, image: Shape) -> Motion:
    """Return windows of shares of the sides, placed by draws of their own."""
    top, left = (row_uniform(key, which, rows, height) for which in (1, 2))
    return cropped(height, width, top, left, image[1:])


def horizontal_flip(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures, left and right exchanged with probability ``strength``."""
    return flipped_horizontally(images, row_uniform(key, 0, rows, strength) < strength)


def vertical_flip(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures, top and bottom exchanged with probability ``strength``."""
    return flipped_vertically(images, row_uniform(key, 0, rows, strength) < strength)


def brightness(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures with an amount ~ U(-strength, strength) added, one for all of a picture."""
    return brightened(images, symmetric(key, 0, rows, strength))


def contrast(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures stretched around their channels' means by a factor ~ U(1 - strength, 1 + strength)."""
    return contrasted(images, 1 + symmetric(key, 0, rows, strength))


def saturation(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures stretched around their gray by a factor ~ U(1 - strength, 1 + strength)."""
    return saturated(images, 1 + symmetric(key, 0, rows, strength))


def hue(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures whose hue is turned by an angle ~ U(-strength, strength) degrees."""
    return tinted(images, symmetric(key, 0, rows, strength))


def blur(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures blurred by a Gaussian of deviation ~ U(0, strength) pixels."""
    return blurred(images, strength * row_uniform(key, 0, rows, strength))


def random_erasing(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures, with probability ``strength`` 0 in a box inside of them.

    Its area is a share ~ U(0.02, 0.4) of the picture's, its height over its width r with
    log r ~ U(-log(10/3), log(10/3)); sides are rounded, and cut where they are longer than the picture's.
    """
    xp = namespace(images)
    _, height, width, _ = images.shape
    takes_part, area, y, x = (row_uniform(key, which, rows, strength) for which in range(4))
    longest = xp.full((), math.log(LONGEST_ERASED), dtype=strength.dtype)
    form = xp.exp(symmetric(key, 4, rows, longest))
    pixels = (LEAST_ERASED + (MOST_ERASED - LEAST_ERASED) * area) * (height * width)
    box = within(y, x, xp.sqrt(pixels * form), xp.sqrt(pixels / form), (height, width))
    return xp.where(takes_part < strength, erased(images, box), images)


def vgg_crop(key: Key, rows: Array, strength: Array, image: Shape) -> Motion:
    """Return windows with 1 - strength / 8 of each side, anywhere in the picture: 224 of 256 pixels at 1."""
    side = 1 - strength / 8 + 0 * row_uniform(key, 0, rows, strength)
    return _window(key, rows, side, side, image)


def inception_crop(key: Key, rows: Array, strength: Array, image: Shape) -> Motion:
    """Return windows of another area and form, anywhere in the picture.

    The share of the area is ~ U(1 - 0.92 strength, 1) and height over width r times the picture's, with
    log r ~ U(-1, 1) strength log(4/3). A side that would be longer than the picture's is the picture's.
    """
    xp = namespace(rows)
    area = 1 - (0.92 * strength) * row_uniform(key, 0, rows, strength)
    form = xp.exp(symmetric(key, 3, rows, strength * math.log(4 / 3)))
    height, width = (
        xp.minimum(side, xp.ones_like(side)) for side in (xp.sqrt(area * form), xp.sqrt(area / form))
    )
    return _window(key, rows, height, width, image)


def vgg_flip(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures, left and right exchanged with probability ``strength / 2``."""
    return flipped_horizontally(images, row_uniform(key, 4, rows, strength) < strength / 2)


def inception_change(images: Array, key: Key, rows: Array, strength: Array) -> Array:
    """Return pictures flipped as for :func:`vgg_flip`, then brighter, with other contrast and saturation.

    The amount that is added is ~ U(-1/2, 1/2) strength, both factors are ~ 1 + U(-1/2, 1/2) strength; only
    pictures of three channels have a saturation.
    """
    images = vgg_flip(images, key, rows, strength)
    half = strength / 2
    images = brightened(images, symmetric(key, 5, rows, half))
    images = contrasted(images, 1 + symmetric(key, 6, rows, half))
    return saturated(images, 1 + symmetric(key, 7, rows, half)) if images.shape[0] == 3 else images
