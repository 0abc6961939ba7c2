"""Laws of light, color, blur and boxes in pictures: the formulas, Pillow's and SciPy's pictures, and no change."""

from __future__ import annotations

import colorsys

import jax
import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy import ndimage

from bridle.perturb.blurs import REACH, blurred
from bridle.perturb.boxes import around, erased, is_in, within
from bridle.perturb.colors import brightened, contrasted, lightness, saturated, tinted

ROWS = 6
IMAGES = np.random.default_rng(0).uniform(size=(3, 7, 10, ROWS))
SIZE = IMAGES.shape[1:3]


def drawn(low: float, high: float, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).uniform(low, high, size=(1, ROWS))


def pillow(images: np.ndarray, b: int) -> Image.Image:
    return Image.fromarray(np.moveaxis(images[..., b], 0, 2).astype(np.uint8))


WHOLE = np.round(IMAGES * 100 + 70)


@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.5])
def test_saturation_is_pillows_to_a_level(factor: float) -> None:
    """Pillow rounds the gray and the result to whole levels."""
    mine = saturated(WHOLE, np.full((1, ROWS), factor))
    for b in range(ROWS):
        theirs = np.moveaxis(np.asarray(ImageEnhance.Color(pillow(WHOLE, b)).enhance(factor)), 2, 0)
        np.testing.assert_allclose(mine[..., b], theirs, atol=1.1 + abs(1 - factor) / 2)


@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.4])
def test_contrast_is_pillows_of_a_gray_picture_to_a_level(factor: float) -> None:
    gray = WHOLE[:1]
    mine = contrasted(gray, np.full((1, ROWS), factor))
    for b in range(ROWS):
        picture = Image.fromarray(gray[0, ..., b].astype(np.uint8))
        theirs = np.asarray(ImageEnhance.Contrast(picture).enhance(factor))
        np.testing.assert_allclose(mine[0, ..., b], theirs, atol=1.1 + abs(1 - factor) / 2)


def test_brightness_and_contrast_are_their_formulas_in_every_row() -> None:
    amount = drawn(-1, 1)
    np.testing.assert_array_equal(brightened(IMAGES, amount), IMAGES + amount)
    stretched = contrasted(IMAGES, amount)
    np.testing.assert_allclose(stretched.mean(axis=(1, 2)), IMAGES.mean(axis=(1, 2)), rtol=1e-12)
    np.testing.assert_allclose(
        stretched.std(axis=(1, 2)), np.abs(amount) * IMAGES.std(axis=(1, 2)), rtol=1e-12
    )


def test_hue_keeps_lightness_and_turns_the_color_differences() -> None:
    angle = drawn(-180, 180)
    turned = tinted(IMAGES, angle)
    np.testing.assert_allclose(lightness(turned), lightness(IMAGES), rtol=1e-12)

    def plane(images: np.ndarray) -> np.ndarray:
        gray = lightness(images)[0]
        return (images[2] - gray) / 1.772 + 1j * (images[0] - gray) / 1.402

    np.testing.assert_allclose(plane(turned), plane(IMAGES) * np.exp(1j * np.radians(angle)), atol=1e-12)
    np.testing.assert_allclose(tinted(turned, -angle), IMAGES, atol=1e-12)
    np.testing.assert_allclose(tinted(IMAGES, np.full((1, ROWS), 360.0)), IMAGES, atol=1e-12)


def test_gray_pictures_have_no_hue_and_no_saturation() -> None:
    gray = np.repeat(IMAGES[:1], 3, axis=0)
    np.testing.assert_allclose(tinted(gray, drawn(-180, 180)), gray, atol=1e-12)
    np.testing.assert_allclose(saturated(gray, drawn(0, 2)), gray, atol=1e-12)


def test_hue_and_saturation_are_the_standard_librarys_colors() -> None:
    """In the plane of I and Q: the same lightness, and for saturation the same direction."""
    factor = drawn(0.2, 2)
    stretched, turned = saturated(IMAGES, factor), tinted(IMAGES, drawn(-90, 90))
    for b in range(ROWS):
        before, more, other = (
            colorsys.rgb_to_yiq(*images[:, 2, 3, b]) for images in (IMAGES, stretched, turned)
        )
        np.testing.assert_allclose(other[0], before[0], atol=2e-3)  # its weights of lightness have two digits
        np.testing.assert_allclose(more[1:], factor[0, b] * np.array(before[1:]), atol=2e-3)


def test_blur_is_scipys() -> None:
    deviation = drawn(0.2, 1.5)
    deviation[0, 0] = 0
    mine = blurred(IMAGES, deviation)
    np.testing.assert_array_equal(mine[..., 0], IMAGES[..., 0])
    for b in range(1, ROWS):
        for c in range(3):
            theirs = ndimage.gaussian_filter(IMAGES[c, ..., b], deviation[0, b], radius=REACH, mode="nearest")
            np.testing.assert_allclose(mine[c, ..., b], theirs, rtol=1e-12)


def test_what_moves_nothing_moves_no_bit() -> None:
    nought, one = np.zeros((1, ROWS)), np.ones((1, ROWS))
    np.testing.assert_array_equal(brightened(IMAGES, nought), IMAGES)
    np.testing.assert_array_equal(blurred(IMAGES, nought), IMAGES)
    for change, value in ((contrasted, one), (saturated, one), (tinted, nought)):
        np.testing.assert_allclose(change(IMAGES, value), IMAGES, rtol=1e-13)


@pytest.mark.parametrize("place", [around, within])
def test_a_box_erases_its_pixels_and_no_others(place) -> None:
    height, width = drawn(0, 9, 3), drawn(0, 12, 4)
    box = place(drawn(0, 1), drawn(0, 1, 2), height, width, SIZE)
    out = erased(IMAGES, box)
    for b in range(ROWS):
        top, left, tall, wide = (int(one[0, b]) for one in box)
        expected = IMAGES[..., b].copy()
        expected[:, max(top, 0) : max(top + tall, 0), max(left, 0) : max(left + wide, 0)] = 0
        np.testing.assert_array_equal(out[..., b], expected)


def test_boxes_within_are_inside_and_boxes_around_are_centered() -> None:
    rng = np.random.default_rng(5)
    y, x = rng.uniform(size=(2, 1, 4000))
    box = within(y, x, 14 * y, 20 * x, SIZE)
    assert np.all(
        (box.top >= 0) & (box.left >= 0) & (box.top + box.height <= 7) & (box.left + box.width <= 10)
    )
    assert set(within(y, x, 0 * y + 5, 0 * x + 8, SIZE).top.ravel()) == {0, 1, 2}
    box = around(y, x, 0 * y + 3, 0 * x + 5, SIZE)
    assert set(box.top.ravel() + 1) == set(range(7))
    assert set(box.left.ravel() + 2) == set(range(10))


def test_a_pixel_is_as_likely_in_the_middle_of_a_box_as_another() -> None:
    rng = np.random.default_rng(6)
    y, x = rng.uniform(size=(2, 1, 20_000))
    middle = is_in(around(y, x, np.ones_like(y), np.ones_like(x), SIZE), SIZE)[0]
    share = middle.mean(axis=-1)
    assert np.all(np.abs(share - 1 / 70) < 5 * np.sqrt(1 / 70 / 20_000))


def test_numpy_and_jax_agree() -> None:
    amount = drawn(0.1, 1)
    with jax.enable_x64(True):
        for change in (brightened, contrasted, saturated, tinted, blurred):
            theirs = np.asarray(jax.jit(change)(IMAGES, amount))
            np.testing.assert_allclose(change(IMAGES, amount), theirs, rtol=1e-12, atol=1e-12)
