"""Images on a page: strips of training images at every strength, and the images that were mistaken.

They are PNG in the page itself, so that it still opens with the network off. All of them together get a
budget of bytes, and are made smaller or fewer until they meet it: a report stays below half a megabyte.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np

from bridle.faces.wording import settings_words, share, tidy
from bridle.registry import REGISTRY
from bridle.study.findings import Findings
from bridle.study.names import in_words
from bridle.study.traits import Gallery, Mistake

_BUDGET = 180_000
"""Bytes of all images of a page, encoded."""

_SIZES = ((48, 6), (32, 6), (32, 4), (24, 4), (16, 4), (16, 3))
"""The longest side of an image and images in a strip, the finest first."""

_GAP = 2


@dataclass(frozen=True)
class Photo:
    """One picture of a page: what it is in words, what is read out, its source and its size in pixels."""

    words: str
    alt: str
    source: str
    width: int
    height: int


@dataclass(frozen=True)
class Album:
    """The pictures of a report: training images as they are, strips by entry, and mistakes."""

    examples: Photo
    sheets: tuple[tuple[str, tuple[Photo, ...]], ...]
    mistakes: tuple[Photo, ...]


def album_of(findings: Findings) -> Album | None:
    """Return a report's images, as fine as the budget allows; None where rows are no images."""
    if findings.gallery is None:
        return None
    made = [_album(findings.gallery, side, count) for side, count in _SIZES]
    return next((one for one in made if _bytes(one) <= _BUDGET), _without_most_sheets(made[-1]))


def _album(gallery: Gallery, side: int, count: int) -> Album:
    def strip(images: np.ndarray, words: str, alt: str) -> Photo:
        return _photo(_side_by_side([_small(one, side) for one in images[:count]]), words, alt)

    number = min(count, len(gallery.examples))
    sheets = []
    for sheet in gallery.sheets:
        name = in_words(sheet.name)
        strips = []
        for one in sheet.strips:
            words = settings_words(one.settings, sheet.name) + _unit(one.settings)
            strips.append(strip(one.images, words, f"The same {number} images after {name}, {words}."))
        sheets.append((sheet.name, tuple(strips)))
    examples = strip(gallery.examples, "as they are", f"{number} training images as they are.")
    return Album(examples, tuple(sheets), tuple(_mistake(one, side) for one in gallery.mistakes))


def _unit(settings: dict[str, float]) -> str:
    """Return what a single setting is measured in, where that is a word for reading."""
    (name, *more) = settings
    unit = next((one.unit for record in REGISTRY.values() for one in record.settings if one.name == name), "")
    return f" {unit}" if not more and unit in ("degrees", "pixels") else ""


def _mistake(one: Mistake, side: int) -> Photo:
    truth, guess = tidy(one.truth, 24), tidy(one.taken_for, 24)
    place = f"; {tidy(one.name, 40)}" if "." in one.name else ""
    words = f"{truth}, taken for {guess} ({share(one.probability)}){place}"
    return _photo(_small(one.image, side), words, f"An image of class {truth} that was taken for {guess}.")


def _bytes(album: Album) -> int:
    photos = [album.examples, *album.mistakes, *(one for _, strips in album.sheets for one in strips)]
    return sum(len(one.source) for one in photos)


def _without_most_sheets(album: Album) -> Album:
    """Return an album with as many sheets as the budget allows, the first ones."""
    kept: list[tuple[str, tuple[Photo, ...]]] = []
    for sheet in album.sheets:
        if _bytes(Album(album.examples, (*kept, sheet), album.mistakes)) > _BUDGET:
            break
        kept.append(sheet)
    return Album(album.examples, tuple(kept), album.mistakes)


def photo_of(images: np.ndarray, words: str) -> Photo:
    """Return 8-bit images (n, H, W, C) side by side."""
    return _photo(_side_by_side(list(images)), words, f"{len(images)} images: {words}.")


def _small(image: np.ndarray, side: int) -> np.ndarray:
    """Return an 8-bit image (H, W, C) whose longer side is at most so many pixels."""
    from PIL import Image

    height, width = image.shape[:2]
    if max(height, width) <= side:
        return image
    factor = side / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    made = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).resize(size, Image.Resampling.BOX)
    return np.asarray(made).reshape(size[1], size[0], -1)


def _side_by_side(images: list[np.ndarray]) -> np.ndarray:
    """Return images in a row; gray gaps are seen beside black and white, on any paper."""
    height, _, channels = images[0].shape
    gap = np.full((height, _GAP, channels), 128, dtype=np.uint8)
    return np.concatenate([part for one in images for part in (gap, one)][1:], axis=1)


def _photo(image: np.ndarray, words: str, alt: str) -> Photo:
    from PIL import Image

    stream = io.BytesIO()
    made = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    made.save(stream, "PNG", optimize=True)
    source = "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
    return Photo(words, alt, source, image.shape[1], image.shape[0])
