"""Images as files hold them, before anything is learned of them: pixels, labels, and what is a copy of what.

Whatever the form (a folder of pictures, idx files, arrays), pixels come as (N, H, W, C) and 8-bit values stay
8-bit. A set that ``bridle augment`` enlarged says which image each copy was made from; rows of one origin
belong on one side of every split, and only originals are worth scoring.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bridle.study.readers.limits import MOST_CELLS, Refusal

CHANNELS = (1, 3)
"""Gray, or red, green and blue."""

MARKS = ("origin", "copy")
"""What ``bridle augment`` adds to an .npz: each image's origin as a number, and whether it is a copy."""


@dataclass(frozen=True, eq=False)
class Images:
    """Images with their labels.

    Parameters
    ----------
    pixels
        (N, H, W, C) of 8-bit values 0 to 255, or of floats.
    labels
        (N,), or None where nothing says them.
    names
        Where each image came from: a file's path within its folder, or its number.
    origins
        (N,) numbers, equal for an image and its copies; None if every image is its own.
    copies
        (N,), whether each image is a copy; None if none is.
    sealed
        How many images at the end are test images for every seed.
    notes
        Sentences for the user.
    target
        What the labels are called.
    """

    pixels: np.ndarray
    labels: np.ndarray | None
    names: tuple[str, ...]
    origins: np.ndarray | None = None
    copies: np.ndarray | None = None
    sealed: int = 0
    notes: tuple[str, ...] = ()
    target: str = "class"

    @property
    def form(self) -> tuple[int, int, int]:
        """Channels, height and width, (C, H, W)."""
        _, height, width, channels = self.pixels.shape
        return channels, height, width


def shaped(pixels: np.ndarray, what: str, refuse: Refusal) -> np.ndarray:
    """Return an array of images as (N, H, W, C), its values 8-bit or 32-bit floats.

    Parameters
    ----------
    pixels
        (N, H, W) for gray images, or (N, H, W, C) of 1 or 3 channels; whole numbers from 0 to 255, booleans,
        or finite floats.
    what, refuse
        How messages call the array, and what raises them.

    Raises
    ------
    DataError
        If the shape or the values are not those of images.
    """
    if pixels.ndim == 3:
        pixels = pixels[..., None]
    if pixels.ndim != 4 or not pixels.size or pixels.shape[3] not in CHANNELS:
        hint = "Put channels last; leave transparency out."
        refuse(what, "images (N, H, W), or (N, H, W, C) of 1 or 3 channels", pixels.shape, hint)
    check_size(pixels.shape, refuse)
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind == "b":
        return pixels.astype(np.uint8) * 255
    if pixels.dtype.kind in "iu" and pixels.min() >= 0 and pixels.max() <= 255:
        return pixels.astype(np.uint8)
    if pixels.dtype.kind not in "iuf":
        refuse(what, "of numbers", str(pixels.dtype))
    with np.errstate(over="ignore"):
        small = pixels.astype(np.float32)
    if not np.isfinite(small).all():
        refuse(what, "of finite numbers", "values that are none")
    return small


def check_size(shape: tuple[int, ...], refuse: Refusal) -> None:
    """Refuse more values than the limit on cells, before anything of their size is made."""
    if math.prod(shape) > MOST_CELLS:
        value = f"{' x '.join(map(str, shape))} of them"
        refuse("images", f"at most {MOST_CELLS:,} values in all", value, "Take a part, or make them smaller.")


def are_images(arrays: Mapping[str, np.ndarray]) -> bool:
    """Return whether the array X of a file holds images, one a label: (N, H, W) or (N, H, W, 1 or 3)."""
    x, y = arrays["X"], arrays.get("y")
    fits = x.ndim == 3 or (x.ndim == 4 and x.shape[3] in CHANNELS)
    return fits and x.dtype.kind in "biuf" and x.size > 0 and (y is None or y.shape[:1] == x.shape[:1])


def to_images(arrays: Mapping[str, np.ndarray], keys: Mapping[str, str], refuse: Refusal) -> Images:
    """Return the images of a file's arrays by role, and by ``MARKS`` what is a copy of what.

    Raises
    ------
    DataError
        If arrays do not fit together.
    """
    train = _one_set(arrays, "X", "y", keys, refuse)
    if all(name in arrays for name in MARKS):
        for name in MARKS:
            if arrays[name].shape != (len(train.names),) or arrays[name].dtype.kind not in "biu":
                refuse(
                    f"array {name!r}",
                    f"one number for each of {len(train.names):,} images",
                    arrays[name].shape,
                )
        train = replace(train, origins=arrays["origin"].astype(np.int64), copies=arrays["copy"].astype(bool))
    return (
        with_test(train, _one_set(arrays, "Xval", "yval", keys, refuse), refuse)
        if "Xval" in arrays
        else train
    )


def _one_set(
    arrays: Mapping[str, np.ndarray], inputs: str, target: str, keys: Mapping[str, str], refuse: Refusal
) -> Images:
    pixels = shaped(arrays[inputs], f"array {keys[inputs]!r}", refuse)
    names = tuple(map(str, range(len(pixels))))
    if target not in arrays:
        return Images(pixels, None, names)
    y = arrays[target]
    if y.size != len(pixels):
        refuse(f"array {keys[target]!r}", f"one label for each of {len(pixels):,} images", y.shape)
    return Images(pixels, y.reshape(-1), names, target=keys[target])


def with_test(train: Images, test: Images, refuse: Refusal) -> Images:
    """Return images with those of another set behind them, sealed as the test of every seed.

    Raises
    ------
    DataError
        If the two are of different forms, only one has labels, or a copy in one was made from the other.
    """
    if train.pixels.shape[1:] != test.pixels.shape[1:]:
        refuse("images", f"of the training images' form, {train.form} (C, H, W)", test.form)
    if (train.labels is None) != (test.labels is None):
        refuse("labels", "there for training and test images, or for neither", "one of both")
    count, more = len(train.names), len(test.names)
    both = train.origins is not None or test.origins is not None
    return Images(
        pixels=np.concatenate([train.pixels, test.pixels]),
        labels=None if train.labels is None else np.concatenate([train.labels, np.asarray(test.labels)]),
        names=(*train.names, *test.names),
        origins=np.concatenate([_origins(train), count + _origins(test)]) if both else None,
        copies=np.concatenate([_copies(train), _copies(test)]) if both else None,
        sealed=more,
        notes=(*train.notes, *test.notes, f"The {more:,} test images are the test rows of every seed."),
        target=train.target,
    )


def _origins(images: Images) -> np.ndarray:
    return np.arange(len(images.names)) if images.origins is None else images.origins


def _copies(images: Images) -> np.ndarray:
    return np.zeros(len(images.names), dtype=bool) if images.copies is None else images.copies
